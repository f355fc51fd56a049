//! The payloads: read from `payloads.txt`, whose first lines say how they are written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const TABLE: &str = include_str!("payloads.txt");

/// One payload.
#[derive(Clone, Copy)]
pub(super) struct Payload {
    /// From 1 on; what runs says it.
    pub(super) number: usize,
    pub(super) kind: &'static str,
    /// Where a careless page would put it.
    pub(super) context: &'static str,
    line: &'static str,
}

/// Every payload, in the order of the file.
pub(super) fn all() -> Vec<Payload> {
    let (mut kind, mut context, mut found) = ("", "", Vec::new());
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with("---")) {
        if let Some(group) = line.strip_prefix("=== ") {
            (kind, context) = group.split_once(" | ").unwrap();
        } else {
            found.push(Payload { number: found.len() + 1, kind, context, line });
        }
    }
    found
}

impl Payload {
    /// The same under another number.
    pub(super) fn as_number(self, number: usize) -> Self {
        Self { number, ..self }
    }

    /// The bytes that are sent; what asks for an address asks this listener.
    pub(super) fn bytes(&self, listener: &str) -> Vec<u8> {
        let line = self.line.replace('§', &self.number.to_string()).replace('¤', listener);
        expanded(&line)
    }

    /// The same as text.
    pub(super) fn text(&self, listener: &str) -> String {
        String::from_utf8_lossy(&self.bytes(listener)).into_owned()
    }

    /// Those of its characters that the name of a header may have.
    pub(super) fn token(&self, listener: &str) -> String {
        let may = |letter: &char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(*letter);
        self.text(listener).chars().filter(may).collect()
    }

    /// Those of its bytes that a header's value may have.
    pub(super) fn value(&self, listener: &str) -> Vec<u8> {
        let mut bytes = self.bytes(listener);
        bytes.retain(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f));
        bytes
    }

    /// As a path, in which some letters have to be percent-encoded for any server to take it; others stay.
    pub(super) fn path(&self, listener: &str) -> String {
        self.encoded(listener, "<>?#`")
    }

    /// The same as a query.
    pub(super) fn query(&self, listener: &str) -> String {
        self.encoded(listener, "<>#\"")
    }

    fn encoded(&self, listener: &str, refused: &str) -> String {
        let mut text = String::new();
        let encode = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
        for chunk in self.bytes(listener).utf8_chunks() {
            for letter in chunk.valid().chars() {
                if letter <= ' ' || letter == '\u{7f}' || refused.contains(letter) {
                    text.push_str(&encode(letter.encode_utf8(&mut [0; 4]).as_bytes()));
                } else {
                    text.push(letter);
                }
            }
            text.push_str(&encode(chunk.invalid()));
        }
        text
    }
}

/// What stands between `‹` and `›` is spelled out; the innermost first.
fn expanded(line: &str) -> Vec<u8> {
    let Some((before, rest)) = line.split_once('‹') else { return line.as_bytes().to_vec() };
    let mut depth = 1;
    let end = rest.char_indices().find_map(|(at, letter)| {
        depth += i32::from(letter == '‹') - i32::from(letter == '›');
        (depth == 0).then_some(at)
    });
    let (inner, after) = rest.split_at(end.unwrap());
    let mut bytes = before.as_bytes().to_vec();
    bytes.extend(match inner.split_once(':') {
        Some((how, text)) => spelled(how, &expanded(text)),
        None => hex::decode(inner).unwrap(),
    });
    bytes.extend(expanded(after.strip_prefix('›').unwrap()));
    bytes
}

fn spelled(how: &str, bytes: &[u8]) -> Vec<u8> {
    let each = |spell: &dyn Fn(&u8) -> String| bytes.iter().map(spell).collect::<String>().into_bytes();
    let wide = |big: bool| -> Vec<u8> {
        let units = str::from_utf8(bytes).unwrap().encode_utf16();
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    match how {
        "b64" => STANDARD.encode(bytes).into_bytes(),
        "pct" => each(&|byte| format!("%{byte:02x}")),
        "ent" => each(&|byte| format!("&#{byte};")),
        "hex" => each(&|byte| format!("&#x{byte:x}")),
        "u16" => wide(false),
        "feff" => [vec![0xfe, 0xff], wide(true)].concat(),
        "fffe" => [vec![0xff, 0xfe], wide(false)].concat(),
        _ => panic!("`{how}` spells nothing"),
    }
}
