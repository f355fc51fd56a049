//! The keys to sign with: from what was given or stored, else asked for.

use super::context::Context;
use super::error::CommandError;
use super::shared::SecretArgs;
use crate::config::secrets::{Secrets, variable_of};
use crate::hook::provider::Provider;
use crate::hook::secret::Secret;
use crate::hook::signature::{Keys, SignError};
use crate::ui::prompt;
use std::error::Error;
use std::sync::Arc;

/// The keys of a provider to sign with. Where no secret is known and somebody sits in front
/// of a terminal, it is asked for without an echo; otherwise the error names
/// the ways to give it.
pub(super) fn of(
    provider: &Arc<Provider>,
    secrets: &Secrets,
    webhook_id: Option<&str>,
    context: &Context,
) -> Result<Keys, CommandError> {
    with_secrets(provider, secrets, webhook_id, context).map(|(keys, _)| keys)
}

/// The same, with the secrets that the keys are made of.
pub(super) fn with_secrets(
    provider: &Arc<Provider>,
    secrets: &Secrets,
    webhook_id: Option<&str>,
    context: &Context,
) -> Result<(Keys, Vec<Secret>), CommandError> {
    let id = provider.id();
    if webhook_id.is_none() && provider.signs_webhook_id() {
        return Err(CommandError::usage(format!("`{id}` signs the id that it gave the webhook"))
            .hint("add `--webhook-id ID`; the vendor's dashboard shows it, and for tests any text will do"));
    }
    let mut found = context.secrets_of(secrets, id)?;
    if found.is_empty() && context.gate().may_prompt() {
        let asked = prompt::secret(context.gate(), &format!("signing secret of {id}"))
            .map_err(|error| CommandError::config("could not read the signing secret").because(&error))?;
        found.push(asked);
    }
    if found.is_empty() {
        return Err(CommandError::config(format!("no signing secret is known for `{id}`")).hint(format!(
            "give it with `--secret-file FILE` or in {}{}",
            variable_of(id),
            or_keygen(provider)
        )));
    }
    Ok((signing(provider, &found)?.with_webhook_id(webhook_id), found))
}

/// Keys that can sign, and not only verify.
fn signing(provider: &Arc<Provider>, found: &[Secret]) -> Result<Keys, CommandError> {
    let id = provider.id();
    let keys = provider.keys(found).map_err(|error| {
        CommandError::config("could not use the signing secret").because(&error).hint(bad_secret(provider))
    })?;
    if !keys.can_sign() {
        let mut error = CommandError::config(format!("could not sign as `{id}`"));
        error
            .causes
            .push("the signing secret is the public key, which verifies and does not sign".to_owned());
        let hint = format!("sign with a private key: `hookctl providers keygen {id}` makes one for tests");
        return Err(error.hint(hint));
    }
    Ok(keys)
}

/// Adds what to change to an error whose cause is that something could not be signed.
pub(super) fn with_mend(
    error: CommandError,
    cause: &(dyn Error + 'static),
    args: &SecretArgs,
) -> CommandError {
    match sign_error(cause) {
        Some(SignError::TooManySecrets { most, .. }) => error.hint(leave_out(args, *most)),
        Some(SignError::NoPublicKey(_)) => error
            .hint("add `--public-key KEY`; the vendor's dashboard shows it, and for tests any text will do"),
        _ => error,
    }
}

/// Why something was not signed.
fn sign_error<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e SignError> {
    let mut next = Some(cause);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The options after the first ones; never the secret of a `--secret`.
fn leave_out(args: &SecretArgs, most: usize) -> String {
    let files = args.secret_file.iter().map(|path| format!("`--secret-file {}`", path.display()));
    let variables = args.secret_env.iter().map(|name| format!("`--secret-env {name}`"));
    let values = args.secret.iter().map(|_| "one `--secret`".to_owned());
    let rest: Vec<String> = files.chain(variables).chain(values).skip(most).collect();
    format!("leave out {}", rest.join(" and "))
}

/// What to do about a secret that is not of the provider's form.
fn bad_secret(provider: &Provider) -> String {
    format!("{}{}", form_of_secret(provider.id()), or_keygen(provider))
}

/// Where the form of a provider's secret is told, and how to give another.
pub(super) fn form_of_secret(provider: &str) -> String {
    format!("`hookctl providers show {provider}` tells its form; give another with `--secret-file FILE`")
}

fn or_keygen(provider: &Provider) -> String {
    if !provider.kind().has_key_pair() {
        return String::new();
    }
    format!(", or make a key pair for tests with `hookctl providers keygen {}`", provider.id())
}
