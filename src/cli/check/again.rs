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
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word as it is typed in a shell.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=./:,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    String::from_utf8_lossy(&curl::quote(word.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        assert_eq!(quoted("localhost:3000/webhooks/koji"), "localhost:3000/webhooks/koji");
        assert_eq!(quoted("wc -l < x"), "'wc -l < x'");
        assert_eq!(quoted("3000/?a=1"), "'3000/?a=1'");
        assert_eq!(quoted(""), "''");
    }
}
