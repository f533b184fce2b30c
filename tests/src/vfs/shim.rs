//! The VFS itself: each method tells [`hear`] what is asked, and hands it on to the system's VFS.
#![allow(unsafe_code, reason = "SQLite takes a VFS only as a table of C functions over its own memory")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::Once;

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use super::{Fault, Request, hear};

/// A file of this VFS. SQLite gives the memory; the system's own file lies behind it, at [`real`].
#[repr(C)]
struct File {
    base: sqlite3_file,
    /// None for a file without a name: temporary, and gone with its process.
    path: Option<Box<PathBuf>>,
}

/// What a request is answered with when it fails so; none if such a fault does not touch it.
pub(super) fn code(fault: Fault, request: Request<'_>) -> Option<c_int> {
    match (fault, request) {
        (Fault::Unreadable, Request::Read) => Some(ffi::SQLITE_IOERR_READ),
        (Fault::Full, Request::Write { .. }) => Some(ffi::SQLITE_FULL),
        (Fault::Unreadable | Fault::Full, _) | (Fault::Io, Request::Read) => None,
        (Fault::Io, Request::Open { .. }) => Some(ffi::SQLITE_CANTOPEN),
        (Fault::Io, Request::Write { .. }) => Some(ffi::SQLITE_IOERR_WRITE),
        (Fault::Io, Request::Truncate(_)) => Some(ffi::SQLITE_IOERR_TRUNCATE),
        (Fault::Io, Request::Sync) => Some(ffi::SQLITE_IOERR_FSYNC),
        (Fault::Io, Request::Delete { .. }) => Some(ffi::SQLITE_IOERR_DELETE),
    }
}

/// Registers the VFS as the process's default; once.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: the default VFS lives as long as the process, and so does the one made of it here, since it is leaked.
        // Its other methods take any VFS as their first argument and look only at what was copied.
        unsafe {
            let system = ffi::sqlite3_vfs_find(std::ptr::null());
            assert!(!system.is_null(), "SQLite has a default VFS");
            let mut own = *system;
            own.szOsFile += c_int::try_from(size_of::<File>()).expect("a small struct");
            own.pNext = std::ptr::null_mut();
            own.zName = c"rundan-faults".as_ptr();
            own.xOpen = Some(open);
            own.xDelete = Some(delete);
            let registered = ffi::sqlite3_vfs_register(Box::into_raw(Box::new(own)), 1);
            assert_eq!(registered, ffi::SQLITE_OK);
        }
    });
}

/// The system's VFS: the one that this one was put in front of.
fn system() -> *mut sqlite3_vfs {
    // SAFETY: the name is a C string; the VFS is never unregistered.
    unsafe { ffi::sqlite3_vfs_find(c"unix".as_ptr()) }
}

/// The system's file behind one of this VFS.
///
/// # Safety
/// `file` must have come from [`open`].
unsafe fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: `szOsFile` made room for both, and the size of `File` is a multiple of a pointer's alignment.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// The methods of the system's file.
///
/// # Safety
/// `file` must have been opened by [`open`].
unsafe fn methods(file: *mut sqlite3_file) -> &'static sqlite3_io_methods {
    // SAFETY: an open file's table of methods is static.
    unsafe { &*(*real(file)).pMethods }
}

/// Hears of a request about an open file.
///
/// # Safety
/// `file` must have been opened by [`open`].
unsafe fn ask(file: *mut sqlite3_file, request: Request<'_>) -> Result<(), c_int> {
    // SAFETY: `open` wrote the struct, and only `close` takes it apart.
    match unsafe { &(*file.cast::<File>()).path } {
        Some(path) => hear(path, request),
        None => Ok(()),
    }
}

/// # Safety
/// `name` must be null or a C string.
unsafe fn path(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: it is a C string, as SQLite promises.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(&*name.to_string_lossy()).to_owned())
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives room for `szOsFile` bytes at `file`, and a name that is null or a C string.
    unsafe {
        (*file).pMethods = std::ptr::null();
        let path = path(name).map(Box::new);
        if let Some(path) = &path {
            let is_new = flags & ffi::SQLITE_OPEN_CREATE != 0 && !path.exists();
            if let Err(code) = hear(path, Request::Open { is_new }) {
                return code;
            }
        }
        let opened =
            (*system()).xOpen.map_or(ffi::SQLITE_CANTOPEN, |open| open(system(), name, real(file), flags, out));
        if opened == ffi::SQLITE_OK {
            file.cast::<File>().write(File { base: sqlite3_file { pMethods: &raw const METHODS }, path });
        }
        opened
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync_dir: c_int) -> c_int {
    // SAFETY: the name is a C string.
    unsafe {
        if let Some(path) = path(name).filter(|path| path.exists())
            && let Err(code) = hear(&path, Request::Delete { is_synced: sync_dir != 0 })
        {
            return code;
        }
        (*system()).xDelete.map_or(ffi::SQLITE_IOERR_DELETE, |delete| delete(system(), name, sync_dir))
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: the file is open; SQLite does not use it after this.
    unsafe {
        let closed = methods(file).xClose.map_or(ffi::SQLITE_OK, |close| close(real(file)));
        std::ptr::drop_in_place(file.cast::<File>());
        (*file).pMethods = std::ptr::null();
        closed
    }
}

unsafe extern "C" fn read(file: *mut sqlite3_file, to: *mut c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: the file is open, and `to` has room for the amount.
    unsafe {
        match ask(file, Request::Read) {
            Ok(()) => methods(file).xRead.map_or(ffi::SQLITE_IOERR_READ, |read| read(real(file), to, amount, offset)),
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: the file is open, and `from` has the amount.
    unsafe {
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(amount).unwrap_or(0));
        match ask(file, Request::Write { offset: offset.unsigned_abs(), bytes }) {
            Ok(()) => {
                methods(file).xWrite.map_or(ffi::SQLITE_IOERR_WRITE, |write| write(real(file), from, amount, offset))
            }
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    // SAFETY: the file is open.
    unsafe {
        match ask(file, Request::Truncate(size.unsigned_abs())) {
            Ok(()) => methods(file).xTruncate.map_or(ffi::SQLITE_IOERR_TRUNCATE, |truncate| truncate(real(file), size)),
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: the file is open. A sync is heard of before it happens: no other operation comes between, and one that is
    // to fail does not happen.
    unsafe {
        match ask(file, Request::Sync) {
            Ok(()) => methods(file).xSync.map_or(ffi::SQLITE_IOERR_FSYNC, |sync| sync(real(file), flags)),
            Err(code) => code,
        }
    }
}

/// Methods that are handed on as they are.
macro_rules! handed_on {
    ($($name:ident = $method:ident($($argument:ident: $type:ty),*) -> $answer:ty, or $without:expr;)*) => {
        $(unsafe extern "C" fn $name(file: *mut sqlite3_file $(, $argument: $type)*) -> $answer {
            // SAFETY: the file is open; the arguments are SQLite's own.
            unsafe { methods(file).$method.map_or($without, |method| method(real(file) $(, $argument)*)) }
        })*
    };
}

handed_on! {
    file_size = xFileSize(size: *mut i64) -> c_int, or ffi::SQLITE_IOERR_FSTAT;
    lock = xLock(level: c_int) -> c_int, or ffi::SQLITE_IOERR_LOCK;
    unlock = xUnlock(level: c_int) -> c_int, or ffi::SQLITE_IOERR_UNLOCK;
    check_reserved_lock = xCheckReservedLock(out: *mut c_int) -> c_int, or ffi::SQLITE_IOERR_LOCK;
    file_control = xFileControl(operation: c_int, argument: *mut c_void) -> c_int, or ffi::SQLITE_NOTFOUND;
    sector_size = xSectorSize() -> c_int, or 4_096;
    device_characteristics = xDeviceCharacteristics() -> c_int, or 0;
    shm_map = xShmMap(page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int, or ffi::SQLITE_IOERR_SHMMAP;
    shm_lock = xShmLock(offset: c_int, n: c_int, flags: c_int) -> c_int, or ffi::SQLITE_IOERR_SHMLOCK;
    shm_barrier = xShmBarrier() -> (), or ();
    shm_unmap = xShmUnmap(delete: c_int) -> c_int, or ffi::SQLITE_OK;
}

/// Version 2: with shared memory for the write-ahead log, without mapped files, which would be read past this VFS.
static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
