//! HMACs over JSON that was parsed and written again.

use super::Lint;
use super::dialect::Dialect;
use super::flow::{Flow, calls, words};
use super::statements::Statement;
use crate::hook::check::Symptom;

/// Calls that give an HMAC its bytes.
const FEEDS: [&str; 6] =
    [".update(", ".Write(", ".doFinal(", ".ComputeHash(", ".HashData(", ".chain_update("];

/// The HMACs of a file over what was written again.
pub(super) fn find(dialect: Dialect, statements: &[Statement], flow: &Flow) -> Vec<Lint> {
    statements.iter().filter_map(|statement| of(dialect, statement, flow)).collect()
}

fn of(dialect: Dialect, statement: &Statement, flow: &Flow) -> Option<Lint> {
    let code = &statement.code;
    let made = dialect.hmacs().iter().any(|hmac| code.contains(hmac));
    let fed = FEEDS.iter().any(|feed| code.contains(feed))
        && words(code).any(|(_, word)| flow.computed.contains(word));
    let called = calls(code).any(|call| flow.computed.contains(call) || flow.verifiers.contains(call));
    if !made && !fed && !called {
        return None;
    }
    let name = words(code).find(|(_, word)| flow.rewritten.contains(*word)).map(|(at, _)| at);
    let expression = dialect
        .writes()
        .iter()
        .find_map(|write| code.find(write))
        .filter(|_| flow.is_rewritten(dialect, code));
    let at = expression.or(name)?;
    Some(Lint {
        symptom: Symptom::Rewritten,
        line: statement.line_at(at),
        said: "computes the signature over a body that was parsed and written again".to_owned(),
    })
}
