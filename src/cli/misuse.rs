//! A command line that cannot be parsed, said the way every other error is said:
//! what is wrong, then the next command to type.
//!
//! Reads what clap found by its kind and context, never by its text.

use super::error::CommandError;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error;

/// How alike two words must be for the one to be meant by the other.
const LIKENESS: f64 = 0.8;

/// What clap refuses, as one of hookctl's own errors.
pub(super) fn refused(refusal: &clap::Error, root: &clap::Command, args: &[String]) -> CommandError {
    let here = Here::of(root, args);
    let found = Found(refusal);
    match refusal.kind() {
        ErrorKind::InvalidSubcommand => here.unknown_command(&found),
        ErrorKind::UnknownArgument => here.unknown_argument(&found),
        ErrorKind::InvalidValue => here.wrong_value(&found),
        ErrorKind::ValueValidation => here.unusable_value(&found, refusal),
        ErrorKind::MissingRequiredArgument => here.missing(&found),
        ErrorKind::ArgumentConflict => here.conflict(&found),
        kind => CommandError::usage(kind.as_str().unwrap_or("the command line cannot be used")),
    }
}

/// What clap says about its error.
struct Found<'e>(&'e clap::Error);

impl Found<'_> {
    fn all(&self, kind: ContextKind) -> Vec<String> {
        match self.0.get(kind) {
            Some(ContextValue::String(text)) => vec![text.clone()],
            Some(ContextValue::Strings(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }

    fn one(&self, kind: ContextKind) -> String {
        self.all(kind).into_iter().next().unwrap_or_default()
    }
}

/// The command that was being parsed.
struct Here<'c> {
    command: &'c clap::Command,
    /// As it is typed: `hookctl events`.
    name: String,
}

impl<'c> Here<'c> {
    /// Follows the words to the innermost command they name; `help` names the one after it.
    fn of(root: &'c clap::Command, args: &[String]) -> Self {
        let mut here = Self { command: root, name: "hookctl".to_owned() };
        for word in args {
            if let Some(inner) = here.command.find_subcommand(word).filter(|_| word != "help") {
                here = Self { command: inner, name: format!("{} {word}", here.name) };
            }
        }
        here
    }

    fn error(&self, message: String) -> CommandError {
        CommandError::usage(message).hint(format!("{} --help", self.name))
    }

    fn unknown_command(&self, found: &Found<'_>) -> CommandError {
        let word = found.one(ContextKind::InvalidSubcommand);
        let error = self.error(format!("there is no command `{} {word}`", self.name));
        if word == "version" {
            return error.hint(format!("{} --version", self.name));
        }
        let known = self.command.get_subcommands().map(clap::Command::get_name);
        match nearest(&word, known) {
            Some(near) => error.hint(format!("did you mean `{} {near}`?", self.name)),
            None => error,
        }
    }

    fn unknown_argument(&self, found: &Found<'_>) -> CommandError {
        let word = found.one(ContextKind::InvalidArg);
        if !word.starts_with('-') {
            let error = self.error(format!("`{}` does not take `{word}`", self.name));
            // Other tools take the target as a plain word.
            let target = self.command.get_name() == "listen";
            return if target { error.hint(format!("{} --forward {word}", self.name)) } else { error };
        }
        let error = self.error(format!("there is no option `{word}` of `{}`", self.name));
        let long = self.command.get_arguments().filter_map(clap::Arg::get_long_and_visible_aliases).flatten();
        // Not clap's own suggestion: to it any two letters of a long word are like that word.
        match nearest(word.trim_start_matches('-'), long) {
            Some(near) => {
                error.hint(format!("did you mean `--{near}`? `{} --help` shows them all", self.name))
            }
            None => error,
        }
    }

    fn wrong_value(&self, found: &Found<'_>) -> CommandError {
        let (name, value) =
            (plain(&found.one(ContextKind::InvalidArg)), found.one(ContextKind::InvalidValue));
        if value.is_empty() {
            return self.error(format!("`{name}` needs a value"));
        }
        let known = found.all(ContextKind::ValidValue);
        let error = self.error(format!("could not use `{name}`: there is no `{value}`"));
        match nearest(&value, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`? It takes {}", known.join(", "))),
            None => error.hint(format!("it takes {}", known.join(", "))),
        }
    }

    fn unusable_value(&self, found: &Found<'_>, refusal: &clap::Error) -> CommandError {
        let (name, value) =
            (plain(&found.one(ContextKind::InvalidArg)), found.one(ContextKind::InvalidValue));
        let mut error = self.error(format!("could not use `{name}`"));
        let number = refusal.source().is_some_and(<dyn Error>::is::<std::num::ParseIntError>);
        error.causes.push(match refusal.source() {
            _ if number => format!("`{value}` is not a number"),
            Some(why) => format!("`{value}`: {why}"),
            None => format!("`{value}` is not a value it takes"),
        });
        error
    }

    fn missing(&self, found: &Found<'_>) -> CommandError {
        let mut missing = found.all(ContextKind::InvalidArg);
        missing.sort_by_key(|name| name.starts_with('-'));
        let names: Vec<String> = missing.iter().map(|name| format!("`{}`", wanted(name))).collect();
        let last = names.len().saturating_sub(1);
        let list = match names.split_at_checked(last) {
            Some((before @ [_, ..], [end])) => format!("{} and {end}", before.join(", ")),
            _ => names.join(", "),
        };
        self.error(format!("`{}` needs {list}", self.name))
    }

    fn conflict(&self, found: &Found<'_>) -> CommandError {
        let name = plain(&found.one(ContextKind::InvalidArg));
        let others: Vec<String> = found
            .all(ContextKind::PriorArg)
            .iter()
            .map(|other| format!("`{}`", plain(other)))
            .filter(|other| *other != format!("`{name}`"))
            .collect();
        if others.is_empty() {
            return self.error(format!("`{name}` can be given only once"));
        }
        self.error(format!("`{name}` cannot be used with {}", others.join(", ")))
    }
}

/// `--event <N>` as `--event`, `<SHELL>` and `[PAYLOAD]` as the bare name.
fn plain(argument: &str) -> String {
    let first = argument.split(' ').next().unwrap_or(argument);
    let name = if first.starts_with('-') { first } else { argument };
    name.trim_end_matches("...").trim_matches(['<', '>', '[', ']']).to_owned()
}

/// `--to <TARGET>` as `--to TARGET`.
fn wanted(argument: &str) -> String {
    argument.trim_end_matches("...").replace(['<', '>', '[', ']'], "")
}

pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // Bounded: the comparison is quadratic.
    let word: String = word.chars().take(64).flat_map(char::to_lowercase).collect();
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&word, known), known))
        .filter(|(likeness, known)| *likeness > LIKENESS && *known != word)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> (String, Option<String>) {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let root = crate::cli::command();
        let words = std::iter::once("hookctl".to_owned()).chain(args.iter().cloned());
        let refusal = root.clone().try_get_matches_from(words).unwrap_err();
        let error = refused(&refusal, &root, &args);
        (error.message, error.hint)
    }

    #[test]
    fn every_refusal_names_the_command_and_the_next_one_to_type() {
        for (line, message, hint) in [
            ("lisen", "there is no command `hookctl lisen`", "did you mean `hookctl listen`?"),
            ("help lisen", "there is no command `hookctl lisen`", "did you mean `hookctl listen`?"),
            ("qqq", "there is no command `hookctl qqq`", "hookctl --help"),
            ("version", "there is no command `hookctl version`", "hookctl --version"),
            (
                "events shw 1",
                "there is no command `hookctl events shw`",
                "did you mean `hookctl events show`?",
            ),
            (
                "listen --forwrd 3000",
                "there is no option `--forwrd` of `hookctl listen`",
                "did you mean `--forward`? `hookctl listen --help` shows them all",
            ),
            ("trigger --as curl", "there is no option `--as` of `hookctl trigger`", "hookctl trigger --help"),
            ("listen 3000", "`hookctl listen` does not take `3000`", "hookctl listen --forward 3000"),
            ("demo 3000", "`hookctl demo` does not take `3000`", "hookctl demo --help"),
            (
                "listen --answer mirrr",
                "could not use `--answer`: there is no `mirrr`",
                "did you mean `mirror`? It takes strict, mirror, ack",
            ),
            ("listen --answer", "`--answer` needs a value", "hookctl listen --help"),
            ("completions", "`hookctl completions` needs `SHELL`", "hookctl completions --help"),
            ("trigger", "`hookctl trigger` needs `EVENT` and `--to TARGET`", "hookctl trigger --help"),
            ("listen --port many", "could not use `--port`", "hookctl listen --help"),
            ("verify --event 3 --data x", "`--event` cannot be used with `--data`", "hookctl verify --help"),
            ("sign --url a --url b", "`--url` can be given only once", "hookctl sign --help"),
        ] {
            assert_eq!(said(line), (message.to_owned(), Some(hint.to_owned())), "{line}");
        }
    }
}
