//! A request as an HTTPie command.
//!
//! HTTPie reads `Name:=value` as JSON and `Name:@value` as a file to read, so a
//! space stands behind the colon; `--` stands before everything of the sender's,
//! because a header's name may begin with a dash. A value in which it would
//! take a backslash away, or that is no text, is refused.

use super::shell::{Given, given};
use super::word::word;
use super::{CodeError, Request};

/// Headers that HTTPie adds unless it is told not to.
const ADDS: [&str; 5] = ["Accept", "Accept-Encoding", "Connection", "Content-Type", "User-Agent"];
/// What HTTPie reads in an item, so that a backslash before it is taken away.
const SEPARATORS: &str = ":;=@";

/// What HTTPie leaves as it is in a path and a query, beside letters, digits and escapes.
const KEPT: &[u8] = b"-._~!$&'()*+,;=:@/?";

/// The command.
pub(super) fn httpie(request: &Request<'_>) -> Result<String, CodeError> {
    if !is_target_kept(&request.ascii_target()) {
        return Err(CodeError::Url { tool: "HTTPie" });
    }
    let (before, options, after) = match given(request) {
        Given::Nothing => (String::new(), "--ignore-stdin".to_owned(), String::new()),
        Given::Word(word) => (String::new(), format!("--ignore-stdin --raw={word}"), String::new()),
        Given::Pipe(before) => (before + " |\n", String::new(), String::new()),
        Given::File(file) => (String::new(), String::new(), format!(" \\\n  < {file}")),
    };
    let gap = if options.is_empty() { "" } else { " " };
    let mut text = format!("{before}http --print=hb --ignore-netrc --path-as-is{gap}{options} \\\n  -- ");
    text.push_str(&word(request.method.as_bytes()));
    let mut item = |word: &str| {
        text.push_str(" \\\n  ");
        text.push_str(word);
    };
    item(&word(request.url().as_bytes()));
    for (name, value) in request.fields() {
        let refused = || CodeError::Header { name: name.to_owned() };
        let value = std::str::from_utf8(value).ok().filter(|value| is_kept(value)).ok_or_else(refused)?;
        let field = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        item(&word(field.as_bytes()));
    }
    for name in ADDS.into_iter().filter(|name| !request.has(name)) {
        item(&word(format!("{name}:").as_bytes()));
    }
    text.push_str(&after);
    text.push('\n');
    Ok(text)
}

/// Whether HTTPie sends a value as it is: a backslash before a separator is lost.
fn is_kept(value: &str) -> bool {
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' && letters.next().is_some_and(|next| SEPARATORS.contains(next)) {
            return false;
        }
    }
    true
}

/// Whether HTTPie sends a path and query as they are: it escapes what is not
/// usual there, and writes escapes in capitals and only where they are needed.
fn is_target_kept(target: &str) -> bool {
    let mut parts = target.split('%');
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || KEPT.contains(&byte));
    let escaped = |part: &str| {
        let Some((digits, rest)) = part.split_at_checked(2) else { return false };
        let code = u8::from_str_radix(digits, 16).ok();
        let needed = |code: u8| !code.is_ascii_alphanumeric() && !b"-._~".contains(&code);
        code.is_some_and(needed) && !digits.contains(|digit: char| digit.is_ascii_lowercase()) && plain(rest)
    };
    parts.next().is_some_and(plain) && parts.all(escaped)
}
