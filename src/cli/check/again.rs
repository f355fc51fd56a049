//! The command that checks the same handler again, for the reports.

use super::CheckArgs;
use crate::cli::context::Context;
use crate::hook::curl;

/// The command without what chooses cases and files. Values of `--secret` and of headers
/// are left out: a report may be read by many.
pub(super) fn command(args: &CheckArgs, context: &Context) -> String {
    let mut words = vec!["hookctl".to_owned(), "check".to_owned()];
    words.extend(args.own.then(|| "--self".to_owned()));
    words.extend(args.url.clone());
    let profile = context.profile().map(|(name, _)| name.to_owned());
    let named = [
        ("--profile", profile),
        ("--provider", args.provider.provider.clone()),
        ("--webhook-id", args.provider.webhook_id.clone()),
        ("--public-key", args.public_key.clone()),
        ("--data", args.data.as_ref().map(|path| path.display().to_string())),
        ("--probe", args.probe.clone()),
        ("--timeout", args.timeout.clone()),
    ];
    for (flag, value) in named {
        words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
    }
    for path in &args.provider.provider_file {
        words.extend(["--provider-file".to_owned(), path.display().to_string()]);
    }
    for path in &args.secret.secret_file {
        words.extend(["--secret-file".to_owned(), path.display().to_string()]);
    }
    for name in &args.secret.secret_env {
        words.extend(["--secret-env".to_owned(), name.clone()]);
    }
    for header in &args.headers {
        let name = header.split(':').next().unwrap_or_default();
        words.extend(["-H".to_owned(), format!("{name}: ...")]);
    }
    for (flag, given) in [("--insecure", args.insecure), ("--yes", args.yes)] {
        words.extend(given.then(|| flag.to_owned()));
    }
    words.iter().map(|word| curl::word(word)).collect::<Vec<_>>().join(" ")
}
