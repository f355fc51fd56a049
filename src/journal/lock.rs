//! The owner's lock: one `listen` a journal.
//!
//! A lock of the operating system on `<journal>.lock`, not the file's
//! existence, so that one left behind by a killed process blocks nobody. The
//! file is never removed: whoever waits for it would hold a lock on nothing.

use super::error::OpenError;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Held by the process that owns a journal; released when dropped, or by its death.
#[derive(Debug)]
pub(super) struct OwnerLock(File);

/// Where the lock of `journal` lies.
pub(super) fn path_of(journal: &Path) -> PathBuf {
    let mut name = OsString::from(journal);
    name.push(".lock");
    name.into()
}

impl OwnerLock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(journal: &Path) -> Result<Self, OpenError> {
        let path = path_of(journal);
        let mut file = crate::modes::open(&path).map_err(|error| OpenError::io(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked { path: journal.to_owned(), pid: read_pid(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(OpenError::io(&path, error)),
        }
        // Only for people who meet the lock: a full disk must not keep the journal from opening.
        let told = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(std::process::id().to_string().as_bytes()));
        drop(told);
        Ok(Self(file))
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        // Whoever meets an unlocked file must not read a dead owner's number from it.
        drop(self.0.set_len(0));
        // Closing alone is not enough: a process that is being started at this moment has a
        // copy of the file until it runs its own program.
        drop(self.0.unlock());
    }
}

/// Whether somebody owns `journal` now, and who; makes nothing.
///
/// # Errors
/// When the lock is there and cannot be looked at.
pub fn owner(journal: &Path) -> io::Result<Option<Option<u32>>> {
    let mut file = match File::options().read(true).write(true).open(path_of(journal)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(read_pid(&mut file))),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The owner's process id; none when it was not written yet, or cannot be read under a mandatory lock.
fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A journal was locked for a moment after its owner had closed it, by nobody.
    #[test]
    fn a_copy_of_the_file_in_a_process_that_is_being_started_holds_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal.db");
        let lock = OwnerLock::take(&journal).unwrap();
        let copy = lock.0.try_clone().unwrap();
        assert!(matches!(OwnerLock::take(&journal), Err(OpenError::Locked { pid: Some(_), .. })));
        drop(lock);
        drop(OwnerLock::take(&journal).unwrap());
        drop(copy);
    }
}
