//! How languages write JSON: a table of styles, and the writer for all of them.

use super::Mistake;
use super::numbers::Numbers;
use super::tree::Node;
use crate::hook::jsontext::{Kind, unescape};
use std::borrow::Cow;

/// One way of writing a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    comma: &'static str,
    colon: &'static str,
    /// What a level is indented by; `None` for one line.
    indent: Option<&'static str>,
    line: &'static str,
    strings: Strings,
    slashes: bool,
    numbers: Numbers,
    order: Order,
    words: [&'static str; 3],
    end: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strings {
    AsTheyStand,
    /// Only what JSON wants escaped.
    Plain,
    /// Nothing but ASCII.
    Ascii,
    /// As Go and Rails: what means something to HTML is escaped.
    Html,
    /// As System.Text.Json: both, in capitals.
    DotNet,
    /// As Python's `repr`.
    Python,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    AsItStands,
    Sorted,
    /// Keys that are array indices come first, by number (ECMA-262, OrdinaryOwnPropertyKeys).
    JavaScript,
}

const STANDING: Style = Style {
    comma: ",",
    colon: ":",
    indent: None,
    line: "\n",
    strings: Strings::AsTheyStand,
    slashes: false,
    numbers: Numbers::AsTheyStand,
    order: Order::AsItStands,
    words: ["true", "false", "null"],
    end: "",
};
const PLAIN: Style = Style { strings: Strings::Plain, ..STANDING };
const NODE: Style = Style { numbers: Numbers::JavaScript, order: Order::JavaScript, ..PLAIN };
const PYTHON: Style = Style { comma: ", ", colon: ": ", numbers: Numbers::Python, ..PLAIN };
const PYTHON_ASCII: Style = Style { strings: Strings::Ascii, ..PYTHON };
const PYTHON_COMPACT: Style = Style { comma: ",", colon: ":", ..PYTHON };
const INDENTED: Style = Style { colon: ": ", ..STANDING };
const NODE_INDENTED: Style = Style { colon: ": ", ..NODE };
const PYTHON_INDENTED: Style = Style { comma: ",", ..PYTHON_ASCII };
const PHP: Style = Style { strings: Strings::Ascii, slashes: true, ..STANDING };
const GO: Style = Style { strings: Strings::Html, ..STANDING };

/// Each way with the mistake it is. Of several that write the same, the first
/// counts, so that what says least stands first.
pub(super) const STYLES: [(Mistake, &str, Style); 44] = [
    (Mistake::BodyCompact, "the body without white space", STANDING),
    (Mistake::BodyCompact, "the body as JSON.stringify writes it", NODE),
    (Mistake::BodyCompact, "the body written compactly, its numbers as they stand", PLAIN),
    (Mistake::BodyCompact, "the body as json.dumps writes it with separators=(',', ':')", PYTHON_COMPACT),
    (
        Mistake::BodySpaced,
        "the body with a space after each comma and colon",
        Style { comma: ", ", colon: ": ", ..STANDING },
    ),
    (Mistake::BodySpaced, "the body as json.dumps writes it with ensure_ascii=False", PYTHON),
    (Mistake::BodyIndented, "the body indented by two spaces", Style { indent: Some("  "), ..INDENTED }),
    (
        Mistake::BodyIndented,
        "the body as JSON.stringify writes it with two spaces",
        Style { indent: Some("  "), ..NODE_INDENTED },
    ),
    (Mistake::BodyIndented, "the body indented by four spaces", Style { indent: Some("    "), ..INDENTED }),
    (
        Mistake::BodyIndented,
        "the body as JSON.stringify writes it with four spaces",
        Style { indent: Some("    "), ..NODE_INDENTED },
    ),
    (Mistake::BodyIndented, "the body indented by tabs", Style { indent: Some("\t"), ..INDENTED }),
    (
        Mistake::BodyIndented,
        "the body as JSON.stringify writes it with tabs",
        Style { indent: Some("\t"), ..NODE_INDENTED },
    ),
    (
        Mistake::BodyIndented,
        "the body indented by two spaces, with CRLF",
        Style { indent: Some("  "), line: "\r\n", ..INDENTED },
    ),
    (
        Mistake::BodyIndented,
        "the body indented by two spaces and a line break at its end",
        Style { indent: Some("  "), end: "\n", ..INDENTED },
    ),
    (Mistake::BodySortedKeys, "the body with its keys sorted", Style { order: Order::Sorted, ..STANDING }),
    (
        Mistake::BodySortedKeys,
        "the body with its keys sorted, as JSON.stringify writes it",
        Style { order: Order::Sorted, ..NODE },
    ),
    (
        Mistake::BodySortedKeys,
        "the body as json.dumps writes it with sort_keys=True and ensure_ascii=False",
        Style { order: Order::Sorted, ..PYTHON },
    ),
    (
        Mistake::BodySortedKeys,
        "the body as json.dumps writes it with sort_keys=True",
        Style { order: Order::Sorted, ..PYTHON_ASCII },
    ),
    (
        Mistake::BodySortedKeys,
        "the body as json.dumps writes it with sort_keys=True and separators=(',', ':')",
        Style { comma: ",", colon: ":", order: Order::Sorted, ..PYTHON_ASCII },
    ),
    (
        Mistake::BodySortedKeys,
        "the body with its keys sorted, indented by two spaces",
        Style { indent: Some("  "), order: Order::Sorted, ..INDENTED },
    ),
    (
        Mistake::BodySortedKeys,
        "the body as json.dumps writes it with sort_keys=True and indent=2",
        Style { indent: Some("  "), order: Order::Sorted, ..PYTHON_INDENTED },
    ),
    (
        Mistake::BodySortedKeys,
        "the body as json.dumps writes it with sort_keys=True and indent=4",
        Style { indent: Some("    "), order: Order::Sorted, ..PYTHON_INDENTED },
    ),
    (Mistake::BodyAsciiEscaped, "the body as json.dumps writes it", PYTHON_ASCII),
    (
        Mistake::BodyAsciiEscaped,
        "the body without white space, with `\\u` escapes",
        Style { strings: Strings::Ascii, ..STANDING },
    ),
    (
        Mistake::BodyAsciiEscaped,
        "the body as json.dumps writes it compactly, with `\\u` escapes",
        Style { strings: Strings::Ascii, ..PYTHON_COMPACT },
    ),
    (
        Mistake::BodyAsciiEscaped,
        "the body as json.dumps writes it with indent=2",
        Style { indent: Some("  "), ..PYTHON_INDENTED },
    ),
    (
        Mistake::BodyAsciiEscaped,
        "the body as json.dumps writes it with indent=4",
        Style { indent: Some("    "), ..PYTHON_INDENTED },
    ),
    (
        Mistake::BodyAsciiEscaped,
        "the body as json.dumps writes it and a line break at its end",
        Style { end: "\n", ..PYTHON_ASCII },
    ),
    (Mistake::BodySlashesEscaped, "the body as PHP's json_encode writes it", PHP),
    (
        Mistake::BodySlashesEscaped,
        "the body as json_encode writes it with JSON_UNESCAPED_UNICODE",
        Style { strings: Strings::Plain, ..PHP },
    ),
    (
        Mistake::BodySlashesEscaped,
        "the body as json_encode writes it with JSON_PRETTY_PRINT",
        Style { indent: Some("    "), colon: ": ", ..PHP },
    ),
    (Mistake::BodyHtmlEscaped, "the body as Go's json.Marshal writes it", GO),
    (
        Mistake::BodyHtmlEscaped,
        "the body as Go's json.Marshal writes a map",
        Style { order: Order::Sorted, ..GO },
    ),
    (Mistake::BodyHtmlEscaped, "the body as Go's json.Encoder writes it", Style { end: "\n", ..GO }),
    (
        Mistake::BodyHtmlEscaped,
        "the body as Go's json.Encoder writes a map",
        Style { order: Order::Sorted, end: "\n", ..GO },
    ),
    (
        Mistake::BodyHtmlEscaped,
        "the body as .NET's JsonSerializer writes it",
        Style { strings: Strings::DotNet, ..STANDING },
    ),
    (
        Mistake::BodyNewlineLost,
        "the body as JSON.stringify writes it and a line break at its end",
        Style { end: "\n", ..NODE },
    ),
    (Mistake::BodyObjectText, "the text of a Python dictionary", PYTHON_TEXT),
    (Mistake::BodyObjectText, "the text of a Ruby hash", Style { colon: "=>", ..RUBY_TEXT }),
    (Mistake::BodyObjectText, "the text of a Ruby hash, with spaces", Style { colon: " => ", ..RUBY_TEXT }),
    (Mistake::BodyIndented, "the body indented by one space", Style { indent: Some(" "), ..INDENTED }),
    (Mistake::BodyIndented, "the body indented by three spaces", Style { indent: Some("   "), ..INDENTED }),
    (
        Mistake::BodyIndented,
        "the body indented by four spaces and a line break at its end",
        Style { indent: Some("    "), end: "\n", ..INDENTED },
    ),
    (Mistake::BodySpaced, "the body with a space after each comma", Style { comma: ", ", ..STANDING }),
];

const PYTHON_TEXT: Style =
    Style { strings: Strings::Python, words: ["True", "False", "None"], numbers: Numbers::Python, ..PYTHON };
const RUBY_TEXT: Style = Style { comma: ", ", words: ["true", "false", "nil"], ..PLAIN };

/// Writes a value.
pub(super) fn write(node: &Node<'_>, style: &Style) -> Vec<u8> {
    let mut out = Vec::new();
    value(node, style, 0, &mut out);
    out.extend_from_slice(style.end.as_bytes());
    out
}

/// As deep as the tree, which is bounded.
fn value(node: &Node<'_>, style: &Style, depth: usize, out: &mut Vec<u8>) {
    match node {
        Node::Scalar(Kind::Number, token) => style.numbers.write(token, out),
        Node::Scalar(Kind::Word, token) => {
            let word = ["true", "false", "null"].iter().position(|word| word.as_bytes() == *token);
            let word = word.and_then(|at| style.words.get(at)).map_or(*token, |word| word.as_bytes());
            out.extend_from_slice(word);
        }
        Node::Scalar(_, token) => string(token, style, out),
        Node::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                between(at, style, depth, out);
                value(item, style, depth + 1, out);
            }
            close(b']', items.is_empty(), style, depth, out);
        }
        Node::Object(members) => {
            out.push(b'{');
            for (at, (key, member)) in ordered(members, style.order).into_iter().enumerate() {
                between(at, style, depth, out);
                string(key, style, out);
                out.extend_from_slice(style.colon.as_bytes());
                value(member, style, depth + 1, out);
            }
            close(b'}', members.is_empty(), style, depth, out);
        }
    }
}

fn between(at: usize, style: &Style, depth: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.extend_from_slice(style.comma.as_bytes());
    }
    new_line(style, depth + 1, out);
}

fn close(bracket: u8, empty: bool, style: &Style, depth: usize, out: &mut Vec<u8>) {
    if !empty {
        new_line(style, depth, out);
    }
    out.push(bracket);
}

fn new_line(style: &Style, depth: usize, out: &mut Vec<u8>) {
    if let Some(indent) = style.indent {
        out.extend_from_slice(style.line.as_bytes());
        (0..depth).for_each(|_| out.extend_from_slice(indent.as_bytes()));
    }
}

type Member<'n, 'a> = (&'a [u8], &'n Node<'a>);

fn ordered<'n, 'a>(members: &'n [(&'a [u8], Node<'a>)], order: Order) -> Vec<Member<'n, 'a>> {
    let mut members: Vec<Member<'n, 'a>> = members.iter().map(|(key, node)| (*key, node)).collect();
    match order {
        Order::AsItStands => {}
        Order::Sorted => members.sort_by_cached_key(|(key, _)| unescape(key).into_owned()),
        // The sort is stable: the other keys stay in their order behind.
        Order::JavaScript => members.sort_by_key(|(key, _)| index(key).unwrap_or(u32::MAX)),
    }
    members
}

fn index(key: &[u8]) -> Option<u32> {
    let text = key.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if text.first() == Some(&b'0') && text.len() > 1 || text.len() > 10 {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn string(token: &[u8], style: &Style, out: &mut Vec<u8>) {
    let content = unescape(token);
    let text = match (style.strings, std::str::from_utf8(&content)) {
        (Strings::AsTheyStand, _) | (_, Err(_)) => return out.extend_from_slice(token),
        (_, Ok(text)) => text,
    };
    let quote = match style.strings {
        Strings::Python if !text.contains('\'') || text.contains('"') => '\'',
        _ => '"',
    };
    out.push(quote as u8);
    let mut plain_from = 0;
    for (at, letter) in text.char_indices() {
        let Some(escape) = escaped(letter, quote, style) else { continue };
        out.extend_from_slice(text.get(plain_from..at).unwrap_or_default().as_bytes());
        out.extend_from_slice(escape.as_bytes());
        plain_from = at + letter.len_utf8();
    }
    out.extend_from_slice(text.get(plain_from..).unwrap_or_default().as_bytes());
    out.push(quote as u8);
}

/// How a letter is written where it is not written as itself.
fn escaped(letter: char, quote: char, style: &Style) -> Option<Cow<'static, str>> {
    let python = style.strings == Strings::Python;
    let dot_net = style.strings == Strings::DotNet;
    let short = match letter {
        ' ' | 'a'..='z' | 'A'..='Z' | '0'..='9' => return None,
        '"' if quote == '"' && !dot_net => "\\\"",
        '\'' if quote == '\'' => "\\'",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{8}' if !python => "\\b",
        '\u{c}' if !python => "\\f",
        '/' if style.slashes => "\\/",
        '\0'..='\u{1f}' if python => return Some(format!("\\x{:02x}", letter as u32).into()),
        '\0'..='\u{1f}' => return Some(units(letter, dot_net).into()),
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if style.strings == Strings::Html => {
            return Some(units(letter, false).into());
        }
        '<' | '>' | '&' | '"' | '\'' | '+' | '`' | '\u{7f}' if dot_net => {
            return Some(units(letter, true).into());
        }
        letter if letter.is_ascii() => return None,
        letter if style.strings == Strings::Ascii => return Some(units(letter, false).into()),
        letter if dot_net => return Some(units(letter, true).into()),
        _ => return None,
    };
    Some(Cow::Borrowed(short))
}

fn units(letter: char, capitals: bool) -> String {
    let units = letter.encode_utf16(&mut [0; 2]).to_vec();
    let unit = |unit: &u16| if capitals { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
    units.iter().map(unit).collect()
}
