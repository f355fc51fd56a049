//! Who signs a delivery again for `events replay`.

use super::super::ReplayArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::keys;
use crate::config::secrets::Secrets;
use crate::hook::provider::Catalogue;
use crate::job::replay::Resign;
use crate::journal::Entry;
use std::sync::Arc;

/// Finds out who signs a delivery again.
pub(super) struct Signer {
    catalogue: Catalogue,
    secrets: Secrets,
    named: Option<String>,
    webhook_id: Option<String>,
}

impl Signer {
    pub(super) fn new(args: &ReplayArgs, context: &Context) -> Result<Option<Self>, CommandError> {
        if !args.resign && !args.edit {
            return Ok(None);
        }
        Ok(Some(Self {
            catalogue: context.catalogue(&args.provider.provider_file)?,
            secrets: context.secrets(&args.secret)?,
            named: args.provider.provider.clone(),
            webhook_id: args.provider.webhook_id.clone(),
        }))
    }

    pub(super) fn of(&self, entry: &Entry, context: &Context) -> Result<Resign, CommandError> {
        let known = entry.listed.verdict.provider.as_deref();
        let id = self.named.as_deref().or(known).ok_or_else(|| {
            CommandError::usage(format!("the provider of delivery {} is not known", entry.listed.seq))
                .hint("name it with `--provider ID`")
        })?;
        let provider = context.provider(&self.catalogue, id)?;
        let keys = keys::of(&provider, &self.secrets, self.webhook_id.as_deref(), context)?;
        Ok(Resign { provider, keys: Arc::new(keys) })
    }
}
