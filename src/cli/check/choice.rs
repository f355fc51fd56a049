//! Which cases are run: all, or those that `--case` and `--skip` leave.

use super::CheckArgs;
use crate::cli::error::CommandError;
use crate::cli::misuse::nearest;
use crate::hook::check::{Case, Group, Suite};

/// The cases that were asked for, in the order of the suite.
pub(super) fn cases(args: &CheckArgs) -> Result<Vec<&'static Case>, CommandError> {
    let (wanted, left) = (words("--case", &args.case)?, words("--skip", &args.skip)?);
    let named = |words: &[&str], case: &Case| {
        words.iter().any(|word| *word == case.id || *word == case.group.as_str())
    };
    let chosen: Vec<&Case> = Suite::builtin()
        .cases()
        .iter()
        .filter(|case| wanted.is_empty() || named(&wanted, case))
        .filter(|case| !named(&left, case))
        .collect();
    if chosen.is_empty() {
        return Err(CommandError::usage("no case is left").hint("name fewer with `--skip`"));
    }
    Ok(chosen)
}

/// The cases that are read in the source, and those that send something. Without
/// `--source` the former are none; who asks for one by its name is told so.
pub(super) fn by_source(
    args: &CheckArgs,
    cases: Vec<&'static Case>,
) -> Result<(Vec<&'static Case>, Vec<&'static Case>), CommandError> {
    let (read, sent): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.group == Group::Source);
    if !args.source.is_empty() {
        return Ok((read, sent));
    }
    match read.first() {
        Some(case) if sent.is_empty() => {
            Err(CommandError::usage(format!("the case `{}` can only be seen in the source", case.id))
                .hint("name the handler's files with `--source FILE|DIR`"))
        }
        _ => Ok((Vec::new(), sent)),
    }
}

/// The ids and groups of a flag; several may stand behind one, with commas.
fn words<'a>(flag: &str, given: &'a [String]) -> Result<Vec<&'a str>, CommandError> {
    let words = given.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| known(flag, word)).collect()
}

fn known<'a>(flag: &str, word: &'a str) -> Result<&'a str, CommandError> {
    let suite = Suite::builtin();
    let groups = Group::ALL.map(Group::as_str);
    if suite.get(word).is_some() || groups.contains(&word) {
        return Ok(word);
    }
    let error = CommandError::usage(format!("could not use `{flag}`: there is no case or group `{word}`"));
    let ids = suite.cases().iter().map(|case| case.id.as_str());
    Err(match nearest(word, ids.chain(groups)) {
        Some(near) => error.hint(format!("did you mean `{near}`? `hookctl check --list` shows them all")),
        None => error.hint("hookctl check --list"),
    })
}
