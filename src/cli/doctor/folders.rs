//! The folders: there, writable, and closed to others where they hold secrets.

use super::{Finding, Patient};
use crate::config::private;
use crate::modes;
use std::path::Path;

pub(super) fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let folders = match patient.context.folders() {
        Ok(folders) => folders,
        Err(error) => return vec![Finding::error(error)],
    };
    let mut found = Vec::new();
    let journal = folders.journal();
    let data = journal.parent().unwrap_or(Path::new("."));
    for folder in [folders.settings(), data] {
        found.extend(unusable(folder));
    }
    for folder in [folders.profiles(), folders.secrets()] {
        for path in private::files_below(&folder) {
            found.extend(open(&path));
            found.extend(left_over(&path));
        }
    }
    if found.is_empty() {
        found.push(Finding::ok(format!("`{}` and `{}`", folders.settings().display(), data.display())));
    }
    found
}

/// Why nothing can be kept in a folder.
fn unusable(folder: &Path) -> Option<Finding> {
    let shown = folder.display();
    match std::fs::metadata(folder) {
        Ok(found) if !found.is_dir() => Some(Finding::problem(
            format!("`{shown}` is a file where a folder should be"),
            format!("mv {shown} {shown}.old"),
        )),
        Ok(_) => writable(folder).err().map(|error| {
            Finding::problem(
                format!("nothing can be written into `{shown}`: {error}"),
                format!("chmod u+rwx {shown}"),
            )
        }),
        // It is made when something is kept in it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            Some(Finding::problem(format!("cannot look into `{shown}`: {error}"), format!("ls -ld {shown}")))
        }
    }
}

/// Asks the disk itself: modes do not tell of a read-only mount, or a full disk.
fn writable(folder: &Path) -> std::io::Result<()> {
    let trial = folder.join(".hookctl-doctor");
    private::write(&trial, b"")?;
    private::remove(&trial).map(drop)
}

fn open(path: &Path) -> Option<Finding> {
    let (mode, narrow) = modes::open_to_others(path)?;
    let shown = path.display();
    Some(Finding::problem(
        format!("others on this machine can use `{shown}` (mode {mode:03o})"),
        format!("chmod {narrow:03o} {shown}"),
    ))
}

/// A writer that was killed left it; it may hold a secret.
fn left_over(path: &Path) -> Option<Finding> {
    let shown = path.display();
    private::is_abandoned(path).then(|| {
        Finding::problem(format!("`{shown}` was left by a program that was killed"), format!("rm {shown}"))
    })
}
