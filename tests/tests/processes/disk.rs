//! A small disk of its own, which programs fill to the last byte.
//!
//! It lies in memory and is mounted in a namespace that a shell holds: no right is needed that a user has not, where
//! the system lets users have namespaces. Programs that [`Disk::before`] starts see it in the place of a folder; this
//! process does not.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::server::fresh_folder;

/// What the shell says when a line is done, before how it ended.
const DONE: &str = "done:";
/// The disk's size while it is not small, bytes.
const SIZE: u64 = 256 * 1024 * 1024;

/// The disk.
pub struct Disk {
    shell: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    mount: TempDir,
    folder: PathBuf,
}

impl Disk {
    /// Lays it over a folder, with what lies there.
    ///
    /// # Errors
    /// Why this machine does not let it.
    pub fn over(folder: &Path) -> Result<Self, String> {
        let mut shell = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("unshare: {error}"))?;
        let (input, output) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()));
        let mut disk = Self { shell, input, output, mount: fresh_folder(), folder: folder.to_owned() };
        let (mount, folder) = (disk.mount.path().display().to_string(), folder.display());
        disk.ask(&format!("mount -t tmpfs -o size={SIZE} none {mount}"))?;
        disk.ask(&format!("cp -a {folder}/. {mount}/"))?;
        disk.ask(&format!("mount --bind {mount} {folder}"))?;
        Ok(disk)
    }

    /// Has the shell do a line; returns what that said.
    fn ask(&mut self, line: &str) -> Result<String, String> {
        let asked = writeln!(self.input, "{{ {line}; }} 2>&1; echo {DONE}$?");
        asked.map_err(|error| format!("{line}: {error}"))?;
        let mut said = String::new();
        loop {
            let mut next = String::new();
            if self.output.read_line(&mut next).map_err(|error| format!("{line}: {error}"))? == 0 {
                return Err(format!("{line}: no namespace was given"));
            }
            match next.trim_end().strip_prefix(DONE) {
                Some("0") => return Ok(said),
                Some(code) => return Err(format!("{line}: {code}: {said}")),
                None => said.push_str(&next),
            }
        }
    }

    /// What a program is started by that is to see the disk.
    pub fn before(&self) -> Vec<String> {
        let target = self.shell.id().to_string();
        ["nsenter", "--target", &target, "--user", "--mount", "--preserve-credentials", "--"].map(str::to_owned).into()
    }

    /// Leaves so many bytes of room.
    pub fn leave(&mut self, bytes: u64) {
        let mount = self.mount.path().display().to_string();
        let used = self.ask(&format!("df --output=used --block-size=1 {mount} | tail -n 1")).unwrap();
        let size = used.trim().parse::<u64>().unwrap() + bytes;
        self.ask(&format!("mount -o remount,size={size} {mount}")).unwrap();
    }

    /// Leaves all the room that there is.
    pub fn leave_all(&mut self) {
        self.leave(SIZE);
    }

    /// Copies what lies on it to where this process sees it.
    pub fn bring(&mut self) -> TempDir {
        let to = fresh_folder();
        self.ask(&format!("cp -a {}/. {}/", self.folder.display(), to.path().display())).unwrap();
        to
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
