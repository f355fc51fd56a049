//! JSON that is read before the delivery was verified, in the same function.

use super::Lint;
use super::dialect::Dialect;
use super::flow::{Flow, assignment, begins_function, calls, contains_word, holds};
use super::statements::Statement;
use crate::hook::check::Symptom;

/// The places of a file.
pub(super) fn find(dialect: Dialect, statements: &[Statement], flow: &Flow) -> Vec<Lint> {
    (0..statements.len()).filter_map(|at| of(dialect, statements, at, flow)).collect()
}

fn of(dialect: Dialect, statements: &[Statement], at: usize, flow: &Flow) -> Option<Lint> {
    let statement = statements.get(at)?;
    let place = dialect
        .reads()
        .iter()
        .filter(|read| contains_word(&statement.code, read))
        .find_map(|read| statement.code.find(read))?;
    let (names, _) = assignment(&statement.code)?;
    let before = statements.get(..at)?;
    let start = before
        .iter()
        .rposition(|outer| outer.indent < statement.indent && begins_function(dialect, outer))?;
    let outer = statements.get(start)?.indent;
    let after = statements.get(at + 1..)?;
    let length = after.iter().position(|next| !next.code.is_empty() && next.indent <= outer);
    let after = after.get(..length.unwrap_or(after.len()))?;
    let verifies = |statement: &&Statement| {
        dialect.is_safe(&statement.code)
            || dialect.hmacs().iter().any(|hmac| statement.code.contains(hmac))
            || calls(&statement.code).any(|call| flow.verifiers.contains(call))
    };
    if verifies(&statement) || statements.get(start + 1..at)?.iter().any(|statement| verifies(&statement)) {
        return None;
    }
    // Some schemes sign a member of the body, or have a secret for each account that is named in it.
    let uses = |statement: &Statement| {
        let code = assignment(&statement.code).map_or(statement.code.as_str(), |(_, right)| right);
        holds(code, &flow.parsed) || names.iter().any(|name| code.contains(name.as_str()))
    };
    let first = after.iter().position(|statement| verifies(&statement))?;
    let until = after.get(..=first)?;
    (!until.iter().any(uses)).then(|| Lint {
        symptom: Symptom::ReadFirst,
        line: statement.line_at(place),
        said: "reads the body as JSON before it is verified".to_owned(),
    })
}
