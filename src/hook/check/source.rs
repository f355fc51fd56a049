//! What a handler's source shows and no request can: signatures that are
//! compared byte by byte until one differs, bodies that are written again before
//! they are signed, and bodies that are read before they are verified.
//!
//! No parser: statements, and which names hold what an HMAC gave. Where that
//! does not suffice to be sure it keeps silent; a false alarm costs more than
//! a miss.

mod compared;
mod dialect;
mod flow;
mod lexer;
mod read_first;
mod rewritten;
mod statements;

use super::finding::Symptom;
pub use dialect::Dialect;
use flow::Flow;

/// The longest file that is read, in bytes.
pub const LONGEST_FILE: usize = 1024 * 1024;

/// Something in a file that should be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// What; each belongs to one case of the group `source`.
    pub symptom: Symptom,
    /// The line, from 1.
    pub line: u32,
    /// What was seen, as a sentence without its subject.
    pub said: String,
}

impl Lint {
    /// The id of the case that the lint is about.
    pub const fn case(&self) -> &'static str {
        match self.symptom {
            Symptom::Rewritten => "raw-body",
            Symptom::ReadFirst => "verify-before-parse",
            _ => "constant-time",
        }
    }
}

/// Reads a file's text. The lints come in the order of their lines.
pub fn lint(dialect: Dialect, text: &str) -> Vec<Lint> {
    let Some(text) = text.get(..text.len().min(LONGEST_FILE)) else { return Vec::new() };
    let source = lexer::read(dialect, text);
    let statements = statements::split(dialect, &source);
    let flow = Flow::of(dialect, &statements);
    let mut lints = compared::find(dialect, &statements, &flow);
    // Who signs what he sends may write it as he likes: only who compares is a receiver.
    if !lints.is_empty() || statements.iter().any(|statement| dialect.is_safe(&statement.code)) {
        lints.extend(rewritten::find(dialect, &statements, &flow));
        lints.extend(read_first::find(dialect, &statements, &flow));
    }
    lints.sort_by_key(|lint| lint.line);
    lints.dedup_by_key(|lint| (lint.line, lint.symptom));
    lints
}

#[cfg(test)]
mod tests;
