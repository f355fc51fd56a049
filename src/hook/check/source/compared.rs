//! Comparisons of what an HMAC gave that end at the first byte that differs.

use super::Lint;
use super::dialect::Dialect;
use super::flow::{Flow, is_length, words};
use super::statements::Statement;
use crate::hook::check::Symptom;

/// Comparing operators, the longer before those that they begin with.
const OPERATORS: [&str; 4] = ["===", "!==", "==", "!="];
/// `a.equals(b)`.
const METHODS: [&str; 7] = [
    ".equals(",
    ".Equals(",
    ".equalsIgnoreCase(",
    ".contentEquals(",
    ".SequenceEqual(",
    ".localeCompare(",
    ".eql?(",
];
/// `equal(a, b)`.
const FUNCTIONS: [&str; 9] = [
    "bytes.Equal(",
    "strings.EqualFold(",
    "reflect.DeepEqual(",
    "slices.Equal(",
    "strcmp(",
    "strcasecmp(",
    "Arrays.equals(",
    "string.Equals(",
    "Buffer.compare(",
];

/// The comparisons of a file.
pub(super) fn find(dialect: Dialect, statements: &[Statement], flow: &Flow) -> Vec<Lint> {
    statements
        .iter()
        .filter(|statement| !is_test(&statement.code))
        .flat_map(|statement| of(dialect, statement, flow))
        .collect()
}

/// Assertions compare what is known.
fn is_test(code: &str) -> bool {
    let first = words(code).next().map(|(_, word)| word).unwrap_or_default();
    first.starts_with("assert") || code.contains("expect(") || code.contains("assert")
}

fn of(dialect: Dialect, statement: &Statement, flow: &Flow) -> Vec<Lint> {
    let code = &statement.code;
    let pair = |at: usize, sign: &str, left: &str, right: &str| {
        let (a, b) = (flow.is_computed(dialect, left), flow.is_computed(dialect, right));
        let other = if a { right } else { left };
        // Two that are computed tell nobody anything.
        (a != b && is_value(other)).then(|| Lint {
            symptom: Symptom::ComparedOpenly,
            line: statement.line_at(at),
            said: format!("compares a computed signature with `{}`", sign.trim_matches(['.', '('])),
        })
    };
    let mut lints = Vec::new();
    for (at, sign) in operators(code) {
        let right = code.get(at + sign.len()..).unwrap_or_default();
        lints.extend(pair(at, sign, left_of(code, at), right_of(right)));
    }
    for sign in METHODS {
        for (at, _) in code.match_indices(sign) {
            let argument = argument(code.get(at + sign.len()..).unwrap_or_default());
            lints.extend(pair(at, sign, left_of(code, at), argument.split(',').next().unwrap_or_default()));
        }
    }
    for sign in FUNCTIONS {
        for (at, _) in code.match_indices(sign) {
            let inside = argument(code.get(at + sign.len()..).unwrap_or_default());
            if let Some((left, right)) = two(inside) {
                lints.extend(pair(at, sign, left, right));
            }
        }
    }
    lints
}

fn operators(code: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
        match OPERATORS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => {
                found.push((at, *sign));
                at += sign.len();
            }
            None => at += 1,
        }
    }
    found
}

/// The operand that ends here.
fn left_of(code: &str, end: usize) -> &str {
    let before = code.get(..end).unwrap_or_default();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, byte) in before.bytes().enumerate().rev() {
        match byte {
            b')' | b']' => depth += 1,
            b'(' | b'[' if depth > 0 => depth -= 1,
            b'(' | b'[' | b'{' | b';' | b',' | b'?' | b'&' | b'|' | b'=' | b'>' if depth == 0 => {
                start = at + 1;
                break;
            }
            _ => {}
        }
    }
    let operand = before.get(start..).unwrap_or_default();
    // What stands before it as a word: `return a`, `if a`, `and a`.
    let last = ["return ", "if ", "elif ", "unless ", "and ", "or ", "not ", "while ", "! ", "until "]
        .iter()
        .filter_map(|word| operand.rfind(word).map(|at| at + word.len()))
        .max();
    operand.get(last.unwrap_or_default()..).unwrap_or_default().trim().trim_start_matches('!')
}

/// The operand that begins here.
fn right_of(after: &str) -> &str {
    let mut depth = 0_usize;
    for (at, byte) in after.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' if depth > 0 => depth -= 1,
            b')' | b']' | b'{' | b';' | b',' | b'?' | b'&' | b'|' if depth == 0 && at > 0 => {
                // `&expected` of Rust and Go.
                if byte == b'&' && after.get(..at).is_some_and(|before| before.trim().is_empty()) {
                    continue;
                }
                return cut(after.get(..at).unwrap_or_default());
            }
            _ => {}
        }
    }
    cut(after)
}

fn cut(operand: &str) -> &str {
    let end = [" and ", " or ", " then", " if ", " else "].iter().filter_map(|word| operand.find(word)).min();
    operand.get(..end.unwrap_or(operand.len())).unwrap_or_default().trim().trim_end_matches(':')
}

/// What stands between the parentheses of a call.
fn argument(after: &str) -> &str {
    let mut depth = 0_usize;
    for (at, byte) in after.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' if depth == 0 => return after.get(..at).unwrap_or_default(),
            b')' | b']' => depth -= 1,
            _ => {}
        }
    }
    after
}

/// The two arguments of a call.
fn two(inside: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return Some((inside.get(..at)?, inside.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

/// Whether an operand can be a signature that somebody sent: no literal, no length.
fn is_value(operand: &str) -> bool {
    let operand = operand.trim();
    let literal = ["null", "nil", "None", "undefined", "true", "false", "True", "False", "NULL"];
    let named = words(operand)
        .any(|(_, word)| !literal.contains(&word) && !word.starts_with(|first: char| first.is_ascii_digit()));
    named && !is_length(operand)
}
