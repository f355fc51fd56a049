//! The journal: readable, whole, and whose it is now.

use super::{Finding, Patient};
use crate::cli::journal::not_opened;
use crate::journal::{OpenError, Reader, owner};
use crate::ui::human::{self, counted};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a look for damage may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let named = patient.context.setting("journal").map(PathBuf::from);
    let Ok(path) = patient.context.journal(named.as_deref()) else { return Vec::new() };
    let reader = match Reader::open(&path) {
        Ok(reader) => reader,
        Err(OpenError::NotFound { .. }) => {
            return vec![Finding::ok("none yet; `hookctl listen` makes it with the first delivery")];
        }
        Err(error) => return vec![Finding::error(not_opened(&error, &path))],
    };
    let mut found = vec![damage(&reader, &path)];
    found.extend(owned(&path));
    found
}

fn damage(reader: &Reader, path: &Path) -> Finding {
    let shown = path.display();
    let mend = format!(
        "save what can be read with `hookctl events export`, then move it away: mv {shown} {shown}.damaged"
    );
    match reader.damage(PATIENCE) {
        Ok(Some(said)) if !said.is_empty() => {
            Finding::problem(format!("`{shown}` is damaged: {}", said.join("; ")), mend)
        }
        Err(error) => Finding::problem(format!("`{shown}` cannot be read: {error}"), mend),
        Ok(whole) => {
            let held = reader.stats().map_or_else(
                |error| error.to_string(),
                |stats| {
                    format!(
                        "{} in {}",
                        counted(stats.deliveries, "delivery", "deliveries"),
                        human::size(stats.bytes)
                    )
                },
            );
            let whole = if whole.is_some() { "" } else { "; too large to be looked through for damage" };
            Finding::ok(format!("`{shown}`: {held}{whole}"))
        }
    }
}

/// A listener at work is no problem, but good to know for whoever starts a second.
fn owned(path: &Path) -> Option<Finding> {
    match owner(path) {
        Ok(None) => None,
        Ok(Some(Some(pid))) => Some(Finding::ok(format!("process {pid} is listening with it"))),
        Ok(Some(None)) => Some(Finding::ok("another process is listening with it")),
        Err(error) => Some(Finding::problem(
            format!("the lock of `{}` cannot be looked at: {error}", path.display()),
            format!("chmod 600 {}.lock", path.display()),
        )),
    }
}
