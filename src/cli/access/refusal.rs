//! Keys, profiles and calls that are refused, each with the command that mends it.

use crate::cli::context::readable;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::config::credentials::KeyError;
use crate::config::profiles::ProfileError;
use crate::vendor::{Failure, VendorError};

/// A key that cannot be used, and the command that mends it.
pub(in crate::cli) fn key_refused(error: &KeyError) -> CommandError {
    let hint = match error {
        KeyError::Unreadable { path, source } => {
            readable(path, source, "name a file that you can read with `--api-key-file FILE`")
        }
        KeyError::Unset(name) => format!("export {name}=..., or name another with `--api-key-env NAME`"),
        KeyError::Empty(_) | KeyError::Letters(_) | KeyError::TooLong(_) => {
            "copy the key once more, and nothing else".to_owned()
        }
        KeyError::OtherVendor { .. } => "name its vendor with `--provider ID`".to_owned(),
        KeyError::SigningSecret(_) => "give a signing secret with `--secret-file FILE`".to_owned(),
    };
    CommandError::config("could not use the API key").because(error).hint(hint)
}

/// A profile that cannot be used, and the command that mends it.
pub(in crate::cli) fn profile_refused(error: &ProfileError) -> CommandError {
    let told = match error {
        ProfileError::Name(_) => {
            return CommandError::usage(error.to_string()).hint("a name such as `shop`: `--profile shop`");
        }
        ProfileError::Busy { .. } => CommandError::local("could not change the profile"),
        ProfileError::Unwritable { .. } => CommandError::local("could not store the profile"),
        ProfileError::Unreadable { .. } | ProfileError::Damaged { .. } => {
            CommandError::config("could not read the profile")
        }
    };
    told.because(error).hint("hookctl doctor")
}

/// A call that failed, with the exit code of its kind and what mends it.
pub(in crate::cli) fn call_failed(what: &str, error: &VendorError) -> CommandError {
    let exit = match error.kind() {
        Failure::Refused | Failure::RateLimited => Exit::Refused,
        Failure::Vendor | Failure::Network | Failure::Timeout | Failure::Shape => Exit::Network,
        Failure::Setup => Exit::Config,
        Failure::Unsupported => Exit::Usage,
    };
    let told = CommandError::new(exit, format!("could not {what}")).because(error);
    match error.remedy() {
        Some(remedy) => told.hint(remedy),
        None => told,
    }
}
