//! What is typed behind `/`: the words of `events list`, without their dashes.
//!
//! `type=interview.* verdict=failed status=4xx since=10m dead`; anything that is
//! no such word is a text to be found. Quotes hold spaces together.

use crate::job::wanted::{WordError, Words};
use std::error::Error;

/// The words that take a value, with the names that `events list` knows them by.
pub(super) const WITH_VALUE: [&str; 8] =
    ["type", "provider", "verdict", "status", "since", "until", "text", "filter"];

/// The words that stand alone.
pub(super) const ALONE: [&str; 3] = ["undelivered", "dead", "marked"];

/// Reads what was typed.
///
/// # Errors
/// Says which word is none, or lacks its value.
pub(super) fn read(line: &str) -> Result<Words, String> {
    let mut words = Words::default();
    let mut texts: Vec<String> = Vec::new();
    let mut pieces = split(line)?.into_iter();
    while let Some(Piece { text, quoted }) = pieces.next() {
        let dashed = text.strip_prefix("--").filter(|_| !quoted);
        let bare = dashed.unwrap_or(&text);
        if !quoted && ALONE.contains(&bare) {
            alone(&mut words, bare);
        } else if let Some((name, value)) = bare.split_once('=').filter(|_| !quoted) {
            give(&mut words, name, value)?;
        } else if let Some(name) = dashed {
            let value = pieces.next().ok_or_else(|| format!("`{name}` lacks its value"))?;
            give(&mut words, name, &value.text)?;
        } else {
            texts.push(text);
        }
    }
    if !texts.is_empty() {
        words.text = Some(texts.join(" "));
    }
    Ok(words)
}

/// An error with its reasons and what would be right, in one line.
pub(super) fn said(error: &WordError) -> String {
    let mut text = error.to_string();
    if let Some(source) = error.source() {
        text = format!("{text}: {source}");
    }
    match error.hint() {
        Some(hint) => format!("{text}; {hint}"),
        None => text,
    }
}

fn alone(words: &mut Words, name: &str) {
    match name {
        "undelivered" => words.undelivered = true,
        "dead" => words.dead = true,
        _ => words.marked = true,
    }
}

fn give(words: &mut Words, name: &str, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Err(format!("`{name}` lacks its value"));
    }
    let value = value.to_owned();
    let listed = || value.split(',').map(str::to_owned).collect::<Vec<_>>();
    match name {
        "type" | "events" => words.types = listed(),
        "verdict" => words.verdict = listed(),
        "provider" => words.provider = Some(value),
        "status" => words.status = Some(value),
        "since" => words.since = Some(value),
        "until" => words.until = Some(value),
        "text" => words.text = Some(value),
        "filter" => words.filter = Some(value),
        _ => {
            let known: Vec<&str> = WITH_VALUE.into_iter().chain(ALONE).collect();
            return Err(format!("there is no `{name}`; one of {}, or a text in quotes", known.join(", ")));
        }
    }
    Ok(())
}

struct Piece {
    text: String,
    /// It begins with a quote, so it is a text whatever it looks like.
    quoted: bool,
}

/// Splits at spaces that are in no quotes.
fn split(line: &str) -> Result<Vec<Piece>, String> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut piece: Option<Piece> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                piece.get_or_insert_with(|| Piece { text: String::new(), quoted: true });
            }
            (None, ' ' | '\t') => pieces.extend(piece.take()),
            _ => piece.get_or_insert_with(|| Piece { text: String::new(), quoted: false }).text.push(letter),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    pieces.extend(piece);
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::time::Timestamp;
    use crate::journal::Order;

    #[test]
    fn the_words_of_events_list_are_read_in_both_spellings() {
        let expected = Words {
            types: vec!["interview.*".into(), "a".into()],
            verdict: vec!["failed".into()],
            status: Some("4xx".into()),
            since: Some("10m".into()),
            filter: Some(".data.score > 3".into()),
            dead: true,
            marked: true,
            ..Words::default()
        };
        for line in [
            "type=interview.*,a verdict=failed status=4xx since=10m filter='.data.score > 3' dead marked",
            "--type interview.*,a --verdict failed --status=4xx --since 10m --filter \".data.score > 3\" --dead --marked",
        ] {
            assert_eq!(read(line), Ok(expected.clone()), "{line}");
        }
    }

    #[test]
    fn the_rest_is_a_text() {
        let text = |line: &str| read(line).unwrap().text;
        assert_eq!(text("customer 42").as_deref(), Some("customer 42"));
        assert_eq!(text("'a=b'").as_deref(), Some("a=b"));
        assert_eq!(text("text=a=b").as_deref(), Some("a=b"));
        assert_eq!(text("'dead'").as_deref(), Some("dead"));
        assert_eq!(read("  "), Ok(Words::default()));
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        for (line, reason) in [
            ("verdct=failed", "there is no `verdct`"),
            ("--nonsense x", "there is no `nonsense`"),
            ("status=", "`status` lacks its value"),
            ("--since", "`since` lacks its value"),
            ("text='a", "a quote is not closed"),
        ] {
            let said = read(line).unwrap_err();
            assert!(said.starts_with(reason), "{line}: {said}");
        }
        let wanted = |line: &str| {
            read(line)
                .unwrap()
                .wanted(Timestamp::from_seconds(0), 10, Order::NewestFirst)
                .map_err(|error| said(&error))
        };
        assert_eq!(
            wanted("status=20").unwrap_err(),
            "`20` is no status; write a status such as 200, or a class such as 4xx"
        );
        assert!(wanted("verdict=nonsense").unwrap_err().contains("one of failed, verified"));
        let wrong = wanted("filter=.a[").unwrap_err();
        assert!(wrong.starts_with("could not use `filter`: `.a[` is not a jq filter: expected"), "{wrong}");
        assert!(wanted("since=10m dead").is_ok());
    }
}
