//! `rundan-server`: serves a municipality's units, and does what their operator asks for.

mod args;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use rundan_server::admin::{self, Answer, Command, Lock};
use rundan_server::seams::{Clock, OffsetClock, SystemRandom};
use rundan_server::serve::{self, Certificate};
use rundan_server::{Server, backup, ledger};
use rundan_sync::PublicKey;
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use args::{Action, Args, ServeArgs};

/// How long commands under way may take once the server has stopped.
const LAST_COMMANDS: Duration = Duration::from_secs(10);
/// The exit code of an import that refused some rows.
const SOME_REFUSED: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_from_env("RUNDAN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = tokio::runtime::Runtime::new().context("Could not start").and_then(|runtime| {
        let outcome = runtime.block_on(run(args));
        // A command that waits for a disk which does not answer is not waited for.
        runtime.shutdown_timeout(LAST_COMMANDS);
        outcome
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            let advice = error.downcast_ref::<rundan_server::Error>().and_then(rundan_server::Error::advice);
            let advice = advice.map(|advice| format!(". {advice}")).unwrap_or_default();
            eprintln!("rundan-server: {error:#}{advice}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<ExitCode> {
    match args.action {
        Action::Serve(serve) => {
            run_server(&args.database, args.clock_offset, serve).await?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Verify { file } => {
            write!(std::io::stdout(), "{}", backup::prove(file.as_deref().unwrap_or(&args.database))?)?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Restore { file } => {
            let Some(_lock) = Lock::take(&args.database)? else {
                bail!("A rundan-server runs with {}: stop it first", args.database.display());
            };
            let proof = backup::restore(&args.database, &file, OffsetClock(args.clock_offset).now())?;
            write!(std::io::stdout(), "{proof}")?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Drill { folder } => {
            let found = backup::drill(&args.database, &folder, OffsetClock(args.clock_offset), SystemRandom).await?;
            write!(std::io::stdout(), "{found}")?;
            Ok(ExitCode::SUCCESS)
        }
        Action::VerifyLedger { file, key } if key.is_some() || !args.database.exists() => {
            let trusted = key.as_deref().map(read_key).transpose()?;
            let findings = ledger::prove_file(&file, trusted)?;
            tell(Answer::Ledger { text: findings.to_string(), is_sound: findings.faults.is_empty() }, None)
        }
        other => {
            let output = other.output();
            let answer = ask(&args.database, args.clock_offset, other.command()?).await?;
            tell(answer, output.as_deref())
        }
    }
}

fn read_key(text: &str) -> Result<PublicKey> {
    let mut key = [0; 32];
    hex::decode_to_slice(text, &mut key).context("The key is not 64 hexadecimal digits")?;
    Ok(PublicKey(key))
}

/// Has a command done: by this process if it gets the database's lock, by the running server if not.
async fn ask(database: &Path, clock_offset: i64, command: Command) -> Result<Answer> {
    match Lock::take(database)? {
        Some(_) if !database.exists() && !matches!(command, Command::Init { .. }) => bail!(no_database(database)),
        Some(_lock) => {
            let server = Server::open(database, OffsetClock(clock_offset), SystemRandom).await?;
            Ok(admin::run(&server, command).await)
        }
        None => Ok(admin::ask_running(database, &command).context("The running server does not answer")?),
    }
}

async fn run_server(database: &Path, clock_offset: i64, args: ServeArgs) -> Result<()> {
    let Some(_lock) = Lock::take(database)? else {
        bail!("Another rundan-server runs with {}: stop it first", database.display());
    };
    if !database.exists() {
        bail!(no_database(database));
    }
    let signal = serve::stop_signal().context("Could not listen for signals")?;
    let input_ends = args.until_input_ends.then(input_ends);
    let stop = async move {
        match input_ends {
            Some(input_ends) => tokio::select! { biased; () = signal => {}, _ = input_ends => {} },
            None => signal.await,
        }
    };
    let server = Server::open(database, OffsetClock(clock_offset), SystemRandom).await?;
    let certificate = args.certificate.zip(args.key).map(|(certificate, key)| Certificate { certificate, key });
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let ready = move |address: SocketAddr| {
        // A closed standard output is no reason to stop.
        let _ = writeln!(std::io::stdout(), "{scheme}://{address}");
    };
    Ok(serve::serve(server, database, args.listen, certificate, ready, stop).await?)
}

fn no_database(database: &Path) -> String {
    format!("There is no database {}: make one with `rundan-server init --unit NAME`", database.display())
}

/// Done when the standard input ends.
fn input_ends() -> oneshot::Receiver<()> {
    let (ended, ends) = oneshot::channel();
    std::thread::spawn(move || {
        // An input that cannot be read has ended too; nobody listens when the server has stopped.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = ended.send(());
    });
    ends
}

fn tell(answer: Answer, output: Option<&Path>) -> Result<ExitCode> {
    let mut stdout = std::io::stdout();
    match answer {
        Answer::Unit(unit) => writeln!(stdout, "{unit}")?,
        Answer::Code(code) => writeln!(stdout, "{code}")?,
        Answer::Revoked(vaults) if vaults.is_empty() => bail!("There was no vault to revoke"),
        Answer::Revoked(vaults) => writeln!(stdout, "{}", vaults.join("\n"))?,
        Answer::BackedUp(file, proof) => write!(stdout, "{}\n{proof}", file.display())?,
        Answer::Exported(bytes) => match output {
            Some(path) => {
                std::fs::write(path, &bytes).with_context(|| format!("Could not write {}", path.display()))?;
            }
            None => stdout.write_all(&bytes)?,
        },
        Answer::Imported { text, json, has_refused } => {
            write!(stdout, "{text}")?;
            if let Some(path) = output {
                std::fs::write(path, json).with_context(|| format!("Could not write {}", path.display()))?;
            }
            if has_refused {
                return Ok(ExitCode::from(SOME_REFUSED));
            }
        }
        Answer::Ledger { text, is_sound } => {
            write!(stdout, "{text}")?;
            if !is_sound {
                return Ok(ExitCode::FAILURE);
            }
        }
        Answer::PublicKey(key) => writeln!(stdout, "{key}")?,
        Answer::Failed(why) => bail!(why),
    }
    Ok(ExitCode::SUCCESS)
}
