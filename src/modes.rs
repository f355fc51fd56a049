//! Files and folders for their owner alone, whatever the umask says.
//!
//! What hookctl keeps holds secrets and what people said. Modes that somebody
//! widened are narrowed again, and it is said. Systems without modes go without.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// A file's mode, and a folder's.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Makes the folders that are missing; one that is there is left as it is.
///
/// # Errors
/// When the disk refuses.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        create_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => set_mode(folder, FOLDER_MODE),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens a file for reading and writing that was not there before.
///
/// # Errors
/// When it is there, or the disk refuses.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(FILE_MODE);
    }
    let file = options.open(path)?;
    // A umask can take the owner's own mode away at creation.
    set_mode(path, FILE_MODE)?;
    Ok(file)
}

/// Opens a file for reading and writing, and creates it where there is none.
///
/// # Errors
/// When the disk refuses.
pub fn open(path: &Path) -> io::Result<File> {
    match create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).write(true).open(path)
        }
        other => other,
    }
}

/// Makes what was created, renamed or removed in a folder durable.
///
/// # Errors
/// When the disk refuses.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Takes a file or folder away from group and others; says what it changed.
pub fn repair(path: &Path) -> Option<String> {
    let (mode, narrow) = open_to_others(path)?;
    let shown = path.display();
    Some(match set_mode(path, narrow) {
        Ok(()) => format!("`{shown}` was open to other users (mode {mode:03o}); it is {narrow:03o} now"),
        Err(error) => format!("`{shown}` is open to other users (mode {mode:03o}): {error}"),
    })
}

/// The mode of a file or folder that group or others can use, and the mode it should have.
pub fn open_to_others(path: &Path) -> Option<(u32, u32)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found = fs::metadata(path).ok()?;
        let mode = found.permissions().mode() & 0o777;
        let narrow = if found.is_dir() { FOLDER_MODE } else { FILE_MODE };
        (mode & 0o077 != 0).then_some((mode, narrow))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}
