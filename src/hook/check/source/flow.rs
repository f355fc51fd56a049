//! Which names hold what an HMAC gave, what was parsed, and what was written again.

use super::dialect::{Dialect, HARMLESS};
use super::statements::Statement;
use std::collections::BTreeSet;

/// How often names are followed through assignments.
const ROUNDS: usize = 4;
/// The longest left side of an assignment.
const LONGEST_LEFT: usize = 120;

/// The names of a file by what they hold.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// What an HMAC gave, and the HMAC itself.
    pub(super) computed: BTreeSet<String>,
    /// What was read from JSON.
    pub(super) parsed: BTreeSet<String>,
    /// What was read from JSON and written again.
    pub(super) rewritten: BTreeSet<String>,
    /// Functions that compare what was computed.
    pub(super) verifiers: BTreeSet<String>,
}

impl Flow {
    /// Follows the statements of a file.
    pub(super) fn of(dialect: Dialect, statements: &[Statement]) -> Self {
        let mut flow = Self::default();
        for _ in 0..ROUNDS {
            let before = flow.size();
            for (at, statement) in statements.iter().enumerate() {
                flow.follow(dialect, statement);
                flow.follow_result(dialect, statements, at);
                flow.follow_verifier(dialect, statements, at);
            }
            if flow.size() == before {
                break;
            }
        }
        flow
    }

    fn size(&self) -> usize {
        self.computed.len() + self.parsed.len() + self.rewritten.len()
    }

    fn follow(&mut self, dialect: Dialect, statement: &Statement) {
        if dialect == Dialect::Go && dialect.parses().iter().any(|call| statement.code.contains(call)) {
            // `json.Unmarshal(body, &event)`.
            let after = statement.code.rsplit_once('&').map(|(_, after)| after).unwrap_or_default();
            self.parsed.extend(words(after).next().map(|(_, word)| word.to_owned()));
        }
        if dialect == Dialect::Rust {
            // axum's extractor: `Json(event): Json<Event>`.
            let extracted = statement.code.split("Json(").skip(1).filter(|after| after.contains("): "));
            self.parsed
                .extend(extracted.filter_map(|after| words(after).next()).map(|(_, word)| word.to_owned()));
        }
        let Some((names, right)) = assignment(&statement.code) else { return };
        if self.is_computed(dialect, right) {
            self.computed.extend(names);
        } else if self.is_rewritten(dialect, right) {
            self.rewritten.extend(names);
        } else if self.is_parsed(dialect, right) && !writes(dialect, right) {
            self.parsed.extend(names);
        }
    }

    /// A function whose result is computed is as good as a name.
    fn follow_result(&mut self, dialect: Dialect, statements: &[Statement], at: usize) {
        let Some(statement) = statements.get(at) else { return };
        let last = matches!(dialect, Dialect::Rust | Dialect::Ruby)
            && statements.get(at..).is_some_and(|rest| ends_block(statement, rest));
        let given = match statement.code.strip_prefix("return") {
            Some(given)
                if !given.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_') =>
            {
                given
            }
            _ if last && assignment(&statement.code).is_none() => statement.code.as_str(),
            _ => return,
        };
        if !self.is_computed(dialect, given) {
            return;
        }
        self.computed.extend(around(dialect, statements, at));
    }

    fn follow_verifier(&mut self, dialect: Dialect, statements: &[Statement], at: usize) {
        let Some(statement) = statements.get(at) else { return };
        if dialect.is_safe(&statement.code)
            || calls(&statement.code).any(|call| self.verifiers.contains(call))
        {
            self.verifiers.extend(around(dialect, statements, at));
        }
    }

    /// Whether an expression is what an HMAC gave: it holds one, or a name that
    /// does, and nothing is done to it that makes something else of it.
    pub(super) fn is_computed(&self, dialect: Dialect, code: &str) -> bool {
        let made = dialect.hmacs().iter().any(|hmac| code.contains(hmac));
        (made || holds(code, &self.computed))
            && !dialect.is_safe(code)
            && !compares(code)
            && !is_length(code)
            && (made || calls(code).all(|call| HARMLESS.contains(&call) || self.computed.contains(call)))
    }

    fn is_parsed(&self, dialect: Dialect, code: &str) -> bool {
        dialect.parses().iter().any(|parse| contains_word(code, parse)) || holds(code, &self.parsed)
    }

    /// Whether an expression writes again what was parsed.
    pub(super) fn is_rewritten(&self, dialect: Dialect, code: &str) -> bool {
        writes(dialect, code) && self.is_parsed(dialect, code)
    }
}

fn writes(dialect: Dialect, code: &str) -> bool {
    dialect.writes().iter().any(|write| code.contains(write))
}

/// The function that a statement stands in.
fn around(dialect: Dialect, statements: &[Statement], at: usize) -> Option<String> {
    let statement = statements.get(at)?;
    let outer = statements.get(..at)?.iter().rev().filter(|outer| outer.indent < statement.indent);
    outer.filter(|outer| begins_function(dialect, outer)).map(|outer| function(dialect, outer)).next()?
}

/// Whether a statement begins a function, with a name or without one.
pub(super) fn begins_function(dialect: Dialect, statement: &Statement) -> bool {
    let arrow = dialect == Dialect::JavaScript && statement.end == b'{' && statement.code.contains("=>");
    let method = dialect == Dialect::JavaScript && statement.end == b'{' && is_method(&statement.code);
    let worded =
        dialect.functions().iter().any(|word| words(&statement.code).any(|(_, found)| found == *word));
    arrow || method || worded || function(dialect, statement).is_some()
}

/// `async name(a, b) {` of a class, and no `if (...) {`.
fn is_method(code: &str) -> bool {
    let code = code.trim_end();
    let first = words(code).find(|(_, word)| !matches!(*word, "async" | "static" | "public" | "private"));
    let flow = ["if", "for", "while", "switch", "catch", "else", "return", "with"];
    first.is_some_and(|(at, word)| {
        !flow.contains(&word) && code.get(at + word.len()..).is_some_and(|rest| rest.starts_with('('))
    }) && code.ends_with(')')
}

/// Whether the next thing is the end of a block.
fn ends_block(statement: &Statement, rest: &[Statement]) -> bool {
    if statement.end == b'}' {
        return true;
    }
    let next = rest.iter().skip(1).find(|next| !next.code.is_empty() || next.end == b'}');
    next.is_some_and(|next| next.code.is_empty() || next.code == "end")
}

/// The name of the function that a statement begins.
fn function(dialect: Dialect, statement: &Statement) -> Option<String> {
    let code = &statement.code;
    for word in dialect.functions() {
        let named = words(code).skip_while(|(_, found)| found != word).nth(1);
        if let Some((_, name)) = named {
            return Some(name.to_owned());
        }
    }
    match dialect {
        Dialect::JavaScript if statement.end == b'{' && code.contains("=>") => {
            assignment(code).and_then(|(names, _)| names.into_iter().next())
        }
        Dialect::Java | Dialect::Csharp if statement.end == b'{' => {
            let (before, _) = code.split_once('(')?;
            let modified = ["private", "public", "protected", "static", "internal"];
            let first = words(before).next()?.1;
            modified.contains(&first).then(|| words(before).last().map(|(_, name)| name.to_owned()))?
        }
        _ => None,
    }
}

/// The names that an assignment gives a value, and the value.
pub(super) fn assignment(code: &str) -> Option<(Vec<String>, &str)> {
    let bytes = code.as_bytes();
    let at = |place: usize| bytes.get(place).copied().unwrap_or_default();
    let place = (0..bytes.len().min(LONGEST_LEFT)).find(|place| {
        at(*place) == b'='
            && !matches!(at(place + 1), b'=' | b'>' | b'~')
            && !place.checked_sub(1).is_some_and(|before| b"=!<>".contains(&at(before)))
    })?;
    let (left, right) = (code.get(..place)?, code.get(place + 1..)?);
    // `if (x = ...)` and default values of parameters are none.
    if left.contains('(') && !left.starts_with("let ") {
        return None;
    }
    let left = left.trim_end_matches([':', '+', '.', '|', '?', ' ']);
    let names = left.split(',').filter_map(|part| {
        // A type may stand behind a colon.
        let part = part.split(": ").next().unwrap_or(part);
        words(part).last().map(|(_, word)| word.to_owned())
    });
    let names: Vec<String> =
        names.filter(|name| !matches!(name.as_str(), "err" | "_" | "ok" | "error")).collect();
    (!names.is_empty()).then_some((names, right))
}

/// The words of code, each with its place. `$` belongs to a word, as PHP's do.
pub(super) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$';
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = code.get(at..)?;
        let start = at + rest.find(part)?;
        let rest = code.get(start..)?;
        let end = start + rest.find(|letter| !part(letter)).unwrap_or(rest.len());
        at = end;
        Some((start, code.get(start..end)?))
    })
}

/// Whether a name of the set stands in code by itself, and not as a member of something.
pub(super) fn holds(code: &str, names: &BTreeSet<String>) -> bool {
    words(code).any(|(at, word)| {
        let member = code.get(..at).unwrap_or_default().ends_with('.');
        let of_self = ["self.", "this."].iter().any(|own| code.get(..at).unwrap_or_default().ends_with(own));
        let name = word.trim_start_matches('$');
        (!member || of_self) && (names.contains(word) || (woven(code, at) && names.contains(name)))
    })
}

/// `${name}`: the sign belongs to the text and not to the name.
fn woven(code: &str, at: usize) -> bool {
    code.get(..at).is_some_and(|before| before.ends_with('"') || before.ends_with('$'))
}

/// Whether a phrase of code stands at the beginning of a word.
pub(super) fn contains_word(code: &str, phrase: &str) -> bool {
    code.match_indices(phrase).any(|(at, _)| {
        !code
            .get(..at)
            .unwrap_or_default()
            .ends_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

/// The names of everything that is called.
pub(super) fn calls(code: &str) -> impl Iterator<Item = &str> {
    words(code)
        .filter(|(at, word)| {
            let after = code.get(at + word.len()..).unwrap_or_default();
            after.starts_with('(') || after.starts_with("!(")
        })
        .map(|(_, word)| word)
}

fn compares(code: &str) -> bool {
    ["==", "!=", ".equals(", ".Equals("].iter().any(|sign| code.contains(sign))
}

/// Whether an expression gives a length and not the thing.
pub(super) fn is_length(code: &str) -> bool {
    let code = code.trim().trim_end_matches(')').trim_end_matches('(');
    let ends = [".length", ".Length", ".size", ".len", ".bytesize", ".byteLength", ".Count"];
    let begins = ["len(", "strlen(", "typeof ", "Buffer.byteLength(", "mb_strlen("];
    ends.iter().any(|end| code.ends_with(end))
        || begins.iter().any(|begin| code.trim_start_matches('(').starts_with(begin))
}
