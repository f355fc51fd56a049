//! Journals that cannot be opened, and what mends it.

use super::error::CommandError;
use crate::journal::OpenError;
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
        OpenError::NewerSchema { .. } | OpenError::SqliteTooOld { .. } => {
            "install the current hookctl".to_owned()
        }
        OpenError::OlderSchema { .. } => {
            "run `hookctl listen` once: it brings the journal up to date".to_owned()
        }
        OpenError::NotAJournal { .. } => {
            "name a journal, or a file that is not there yet, with `--journal FILE`".to_owned()
        }
        OpenError::Io { .. } | OpenError::Sqlite { .. } => {
            "keep another journal with `--journal FILE`".to_owned()
        }
    };
    CommandError::local("could not open the journal").because(error).hint(hint)
}
