//! The keys to sign with: from what was given or stored, else asked for.

use super::context::Context;
use super::error::CommandError;
use crate::config::secrets::{Secrets, variable_of};
use crate::hook::provider::Provider;
use crate::hook::signature::Keys;
use crate::ui::prompt;
use std::sync::Arc;

/// The keys of a provider. Where no secret is known and somebody sits in front
/// of a terminal, it is asked for without an echo; otherwise the error names
/// the ways to give it.
pub(super) fn of(
    provider: &Arc<Provider>,
    secrets: &Secrets,
    context: &Context,
) -> Result<Keys, CommandError> {
    let id = provider.id();
    let mut found = context.secrets_of(secrets, id)?;
    if found.is_empty() && context.gate().may_prompt() {
        let asked = prompt::secret(context.gate(), &format!("signing secret of {id}"))
            .map_err(|error| CommandError::config("could not read the signing secret").because(&error))?;
        found.push(asked);
    }
    if found.is_empty() {
        return Err(CommandError::config(format!("no signing secret is known for `{id}`"))
            .hint(format!("give it with `--secret-file FILE` or in {}", variable_of(id))));
    }
    provider
        .keys(&found)
        .map_err(|error| CommandError::config("could not use the signing secret").because(&error))
}
