//! Files for their owner alone: written whole or not at all, read up to a limit.
//!
//! A file is written beside its place, flushed to the disk, moved over the old
//! one, and the folder is flushed: after a power cut there is the old file or
//! the new one.

use crate::modes;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The largest file that is read: far over any real one.
const MAX_FILE: u64 = 64 * 1024;

/// How old a half-written file is when its writer is surely gone.
const ABANDONED: Duration = Duration::from_secs(60);

/// How long a change waits for its turn, and between two looks.
const TURN: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(5);

/// How half-written files end.
const HALF: &str = ".tmp";

/// Puts `bytes` at `path`, whole, and makes the folders that are missing.
///
/// # Errors
/// When the disk refuses; what was at `path` before is still there then.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, |beside| fs::rename(beside, path))
}

/// The same where nothing is yet: what is there is never replaced.
///
/// # Errors
/// When something is there (`AlreadyExists`), or the disk refuses.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, |beside| {
        // A second name is refused where one is taken, which renaming is not.
        fs::hard_link(beside, path)?;
        fs::remove_file(beside)
    })
}

fn put(path: &Path, bytes: &[u8], place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
    modes::create_folder(folder)?;
    sweep(folder, &name);
    let beside = folder.join(format!(".{name}.{}{HALF}", crate::clock::fresh_id()));
    let written = fill(&beside, bytes).and_then(|()| place(&beside));
    if let Err(error) = written {
        // The disk is full or read-only: half a secret is of no use to anybody.
        drop(fs::remove_file(&beside));
        return Err(error);
    }
    modes::sync_folder(folder)
}

/// The content of a file; `None` when there is none.
///
/// # Errors
/// When it cannot be read, or is over 64 KiB.
pub fn read(path: &Path) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    if is_pipe(path) {
        // Opening one waits until somebody writes into it, which may be never.
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe, not a file"));
    }
    match File::open(path) {
        Ok(file) => whole(file).map(Some),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The content of a file that the user named, or of standard input for `-`.
///
/// # Errors
/// When it cannot be read, or is over 64 KiB.
pub fn read_named(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    if path == Path::new("-") { whole(io::stdin().lock()) } else { whole(File::open(path)?) }
}

fn whole(source: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut content = Zeroizing::new(Vec::new());
    if source.take(MAX_FILE + 1).read_to_end(&mut content)? as u64 > MAX_FILE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is over 64 KiB"));
    }
    Ok(content)
}

/// Removes a file; gives whether there was one.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => path.parent().map_or(Ok(()), modes::sync_folder).map(|()| true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether an error says that nothing is there.
pub fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A folder, the folders in it, and all files in both.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| {
        let found = fs::read_dir(folder).into_iter().flatten().flatten();
        found.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let mut found = vec![folder.to_owned()];
    for path in entries(folder) {
        if path.is_dir() {
            found.extend(entries(&path));
        }
        found.push(path);
    }
    found
}

/// Waits for the turn to change what is in `folder`, until the file is dropped:
/// of two who read, change and write one file at once, one would lose its change.
///
/// # Errors
/// When somebody else has it for long, or the disk refuses.
pub fn turn(folder: &Path) -> io::Result<File> {
    modes::create_folder(folder)?;
    // A folder can be locked as it is, and nothing is left in it.
    #[cfg(unix)]
    let file = File::open(folder)?;
    #[cfg(not(unix))]
    let file = modes::open(&folder.join("lock"))?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < TURN => std::thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => {
                let reason = "another hookctl is changing it, and does not end";
                return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

fn is_pipe(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

fn fill(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = modes::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Removes what writers that were killed left of this file: it may hold a secret.
fn sweep(folder: &Path, name: &str) {
    let begin = format!(".{name}.");
    for path in half_written(folder) {
        let of_it = path.file_name().is_some_and(|found| found.to_string_lossy().starts_with(&begin));
        if of_it && abandoned(&path) {
            drop(fs::remove_file(path));
        }
    }
}

/// Half-written files of a folder.
pub fn half_written(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(HALF)).collect()
}

/// Whether a file is what a killed writer left.
pub fn is_abandoned(path: &Path) -> bool {
    path.to_string_lossy().ends_with(HALF) && abandoned(path)
}

fn abandoned(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|found| found.modified()).ok();
    changed.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > ABANDONED)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_whole_for_its_owner_alone_and_leaves_nothing_beside_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b/key");
        assert!(read(&path).unwrap().is_none());
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap().unwrap().as_slice(), b"two");
        assert_eq!(
            (mode(&path), mode(path.parent().unwrap()), mode(&home.path().join("a"))),
            (0o600, 0o700, 0o700)
        );
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert!(remove(&path).unwrap());
        assert!(!remove(&path).unwrap());
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let home = tempfile::tempdir().unwrap();
        // A folder cannot be replaced by a file.
        let path = home.path().join("key");
        fs::create_dir(&path).unwrap();
        assert!(write(&path, b"new").is_err());
        assert!(path.is_dir());
        assert!(half_written(home.path()).is_empty());
    }

    #[test]
    fn a_wider_mode_is_narrowed_and_said_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        write(&path, b"one").unwrap();
        assert_eq!(modes::repair(&path), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(modes::repair(&path).unwrap().contains("mode 644); it is 600 now"));
        assert_eq!(modes::repair(&path), None);
    }

    #[test]
    fn what_a_killed_writer_left_goes_with_the_next_write() {
        let home = tempfile::tempdir().unwrap();
        let (old, fresh) = (home.path().join(".key.1.tmp"), home.path().join(".key.2.tmp"));
        for path in [&old, &fresh] {
            fs::write(path, b"half").unwrap();
        }
        let long_ago = std::time::SystemTime::now() - ABANDONED * 2;
        File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
        write(&home.path().join("key"), b"one").unwrap();
        assert!(!old.exists(), "its writer is gone");
        assert!(fresh.exists(), "its writer may be at work");
    }

    #[test]
    fn an_endless_file_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        fs::write(&path, vec![b'a'; 64 * 1024 + 1]).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
