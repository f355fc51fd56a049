//! Journals that cannot be opened or pruned, and what mends it.

use super::error::CommandError;
use crate::journal::{OpenError, WriteError};
use std::path::Path;

/// A journal that cannot be opened, with the command that mends it.
pub(super) fn not_opened(error: &OpenError, path: &Path) -> CommandError {
    let hint = match error {
        OpenError::Locked { pid: Some(pid), .. } => {
            format!("stop process {pid} (`kill {pid}`), or keep another journal with `--journal FILE`")
        }
        OpenError::Locked { pid: None, .. } => "stop the other listener, or use `--journal FILE`".to_owned(),
        OpenError::NotFound { .. } => {
            "`hookctl listen` makes it with the first delivery; another is named with `--journal FILE`"
                .to_owned()
        }
        OpenError::ReadOnly { .. } => {
            format!("chmod u+rw `{}` and its folder, or use `--journal FILE`", path.display())
        }
        OpenError::Unreadable { .. } => format!(
            "chmod u+r `{}` and u+x its folder, or read another with `--journal FILE`",
            path.display()
        ),
        OpenError::DiskFull { .. } => {
            "make room on that disk, or keep the journal on another with `--journal FILE`".to_owned()
        }
        OpenError::NewerSchema { .. } | OpenError::SqliteTooOld { .. } => {
            "install the current hookctl".to_owned()
        }
        OpenError::OlderSchema { .. } => {
            "run `hookctl listen` once: it brings the journal up to date".to_owned()
        }
        OpenError::NotAJournal { .. } => {
            "name a journal, or a file that is not there yet, with `--journal FILE`".to_owned()
        }
        OpenError::NotMade { .. } | OpenError::Io { .. } | OpenError::Sqlite { .. } => {
            "keep another journal with `--journal FILE`".to_owned()
        }
    };
    CommandError::local("could not open the journal").because(error).hint(hint)
}

/// A journal that cannot be pruned. It is what one does when the disk is full, and
/// needs room itself: what is deleted is written down before it is gone.
pub(super) fn not_pruned(error: &WriteError, path: &Path) -> CommandError {
    let told = CommandError::local("could not prune the journal").because(error);
    if *error != WriteError::DiskFull {
        return told;
    }
    told.hint(format!(
        "pruning needs a little room itself: delete something else on that disk, or move `{}` to another \
         and name it with `--journal FILE`",
        path.display()
    ))
}
