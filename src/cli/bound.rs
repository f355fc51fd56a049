//! Addresses that cannot be listened on, and what mends it.

use super::error::CommandError;
use crate::serve::BindError;

/// What could not be done without the address, and the flag that mends it.
pub(super) fn not_bound(what: &str, error: &BindError) -> CommandError {
    let hint = match error {
        BindError::NotHere { .. } => {
            "drop `--host` to listen on this machine only, or name one of its addresses (`--host 0.0.0.0` is all)"
        }
        BindError::InUse { .. } | BindError::NotPermitted { .. } | BindError::Other { .. } => {
            "take another port with `--port PORT`, or a free one with `--port 0`"
        }
    };
    CommandError::local(what).because(error).hint(hint)
}
