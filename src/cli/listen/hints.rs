//! The options with which the commands in a listener's hints do what it does: over
//! its journal, to its targets, as its provider.

use super::{ListenArgs, PathModeArg};
use crate::cli::context::Context;
use std::path::Path;

/// What `events replay` is told beside the target, so that it finds the delivery
/// and sends it where this listener does.
pub(super) fn replay(args: &ListenArgs, context: &Context) -> Vec<String> {
    let mut words = Vec::new();
    if args.path_mode == PathModeArg::Fixed {
        words.extend(["--path-mode", "fixed"].map(str::to_owned));
    }
    words.extend(args.insecure.then(|| "--insecure".to_owned()));
    words.extend(journal(args, context));
    words
}

/// What `listen` is told beside its targets to go on with this journal.
pub(super) fn again(args: &ListenArgs, context: &Context) -> Vec<String> {
    [judging(args, context), replay(args, context)].concat()
}

/// What `verify` is told beside the delivery and its URL to judge it as this listener does.
pub(super) fn verify(args: &ListenArgs, context: &Context) -> Vec<String> {
    let tolerance = args.tolerance.iter().flat_map(|time| ["--tolerance".to_owned(), time.clone()]);
    [judging(args, context), tolerance.collect(), journal(args, context)].concat()
}

/// The profile, the provider, and where its secret is; a secret itself is not printed.
fn judging(args: &ListenArgs, context: &Context) -> Vec<String> {
    let file = |option: &str, path: &Path| [option.to_owned(), path.display().to_string()];
    let mut words = Vec::new();
    // What a variable or a file names is found without.
    let profile = context.profile().filter(|(_, origin)| *origin == "--profile");
    words.extend(profile.into_iter().flat_map(|(name, _)| ["--profile".to_owned(), name.to_owned()]));
    words.extend(args.provider.provider.iter().flat_map(|id| ["--provider".to_owned(), id.clone()]));
    words.extend(args.provider.provider_file.iter().flat_map(|path| file("--provider-file", path)));
    words.extend(args.provider.webhook_id.iter().flat_map(|id| ["--webhook-id".to_owned(), id.clone()]));
    words.extend(args.secret.secret_file.iter().flat_map(|path| file("--secret-file", path)));
    words.extend(args.secret.secret_env.iter().flat_map(|name| ["--secret-env".to_owned(), name.clone()]));
    words
}

/// What names the journal; nothing for the usual one.
pub(super) fn journal(args: &ListenArgs, context: &Context) -> Vec<String> {
    context.naming_journal(args.journal.as_deref())
}
