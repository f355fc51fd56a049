//! From the bytes of a terminal to what was pressed.
//!
//! A sequence may come in pieces; what is left over is kept until more comes or
//! the caller says that nothing will. A paste is one piece of text, whatever it
//! holds, and never commands.

/// One thing a person did at the keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Press {
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Backspace,
    Delete,
    /// Ctrl and this letter.
    Ctrl(char),
    Letter(char),
    Paste(String),
}

/// The longest sequence of a key; what is longer is none.
const LONGEST_KEY: usize = 16;
/// The longest paste that is taken.
const LONGEST_PASTE: usize = 64 << 10;
/// More bytes at once than a person types while the screen is drawn: a paste in one of the few terminals that mark none.
const PASTE: usize = 64;

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// Reads keys out of bytes.
#[derive(Debug, Default)]
pub(super) struct Parser {
    left: Vec<u8>,
}

/// What the first bytes are.
enum First {
    /// A key, or nothing that means something, of so many bytes.
    Found(Option<Press>, usize),
    /// More must come.
    Unfinished,
}

impl Parser {
    /// What was pressed with these bytes and those left over.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Press> {
        if self.left.is_empty() && is_unmarked_paste(bytes) {
            return vec![Press::Paste(String::from_utf8_lossy(bytes).into_owned())];
        }
        self.left.extend_from_slice(bytes);
        self.take(false)
    }

    /// Whether something is left over that more bytes may complete.
    pub(super) fn waits(&self) -> bool {
        !self.left.is_empty() && !self.left.starts_with(PASTE_BEGINS)
    }

    /// What is left over, now that nothing more comes.
    pub(super) fn flush(&mut self) -> Vec<Press> {
        self.take(true)
    }

    fn take(&mut self, all: bool) -> Vec<Press> {
        let mut pressed = Vec::new();
        while !self.left.is_empty() {
            let (press, used) = match first(&self.left) {
                First::Found(press, used) => (press, used),
                First::Unfinished if !all => break,
                // Escape by itself, or with what nobody knows.
                First::Unfinished if self.left == [0x1b] => (Some(Press::Escape), 1),
                First::Unfinished => (None, self.left.len()),
            };
            pressed.extend(press);
            self.left.drain(..used.clamp(1, self.left.len()));
        }
        pressed
    }
}

/// Letters in a row that nobody types so fast. Keys that repeat are all the same.
fn is_unmarked_paste(bytes: &[u8]) -> bool {
    bytes.len() > PASTE && !bytes.contains(&0x1b) && bytes.iter().any(|byte| Some(byte) != bytes.first())
}

fn first(bytes: &[u8]) -> First {
    match bytes {
        [0x1b] | [0x1b, b'O'] => First::Unfinished,
        [0x1b, b'[', ..] if bytes.starts_with(PASTE_BEGINS) => paste(bytes),
        [0x1b, b'[', rest @ ..] => sequence(rest, 2),
        [0x1b, b'O', letter, ..] => First::Found(arrow(*letter), 3),
        // Escape and another key soon after; a key with Alt comes in the same way and means nothing of its own.
        [0x1b, 0x1b | b' '..=b'~' | b'\r' | b'\n', ..] => First::Found(Some(Press::Escape), 1),
        [0x1b, ..] => First::Found(None, 2),
        [byte, ..] if *byte < 0x80 => First::Found(control_or_letter(*byte), 1),
        _ => letter(bytes),
    }
}

fn control_or_letter(byte: u8) -> Option<Press> {
    Some(match byte {
        b'\r' | b'\n' => Press::Enter,
        0x7f | 0x08 => Press::Backspace,
        0x01..=0x1a => Press::Ctrl(char::from(byte + 0x60)),
        b' '..=b'~' => Press::Letter(char::from(byte)),
        _ => return None,
    })
}

fn letter(bytes: &[u8]) -> First {
    let size = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => return First::Found(None, 1),
    };
    let Some(whole) = bytes.get(..size) else { return First::Unfinished };
    let letter = std::str::from_utf8(whole).ok().and_then(|text| text.chars().next());
    match letter {
        Some(letter) => First::Found(Some(Press::Letter(letter)), size),
        None => First::Found(None, 1),
    }
}

/// The rest of `ESC [`: parameters and the letter that ends them.
fn sequence(rest: &[u8], before: usize) -> First {
    let Some(end) = rest.iter().position(|byte| matches!(byte, 0x40..=0x7e)) else {
        return if rest.len() > LONGEST_KEY {
            First::Found(None, before + rest.len())
        } else {
            First::Unfinished
        };
    };
    let (parameters, letter) = (rest.get(..end).unwrap_or_default(), rest.get(end).copied());
    let press = match letter {
        Some(b'~') => numbered(parameters),
        Some(letter) => arrow(letter),
        None => None,
    };
    First::Found(press, before + end + 1)
}

/// A key as `ESC [ 5 ~`; what follows a `;` are Shift and its kin.
fn numbered(parameters: &[u8]) -> Option<Press> {
    Some(match parameters.split(|byte| *byte == b';').next()? {
        b"1" | b"7" => Press::Home,
        b"4" | b"8" => Press::End,
        b"3" => Press::Delete,
        b"5" => Press::PageUp,
        b"6" => Press::PageDown,
        _ => return None,
    })
}

fn arrow(letter: u8) -> Option<Press> {
    Some(match letter {
        b'A' => Press::Up,
        b'B' => Press::Down,
        b'C' => Press::Right,
        b'D' => Press::Left,
        b'H' => Press::Home,
        b'F' => Press::End,
        b'M' => Press::Enter,
        _ => return None,
    })
}

fn paste(bytes: &[u8]) -> First {
    let inside = bytes.get(PASTE_BEGINS.len()..).unwrap_or_default();
    let end = memchr::memmem::find(inside, PASTE_ENDS);
    match end {
        Some(end) => {
            let text = inside.get(..end).unwrap_or_default();
            let used = PASTE_BEGINS.len() + end + PASTE_ENDS.len();
            let text = (text.len() <= LONGEST_PASTE).then(|| String::from_utf8_lossy(text).into_owned());
            First::Found(text.map(Press::Paste), used)
        }
        None if inside.len() > 2 * LONGEST_PASTE => First::Found(None, bytes.len()),
        None => First::Unfinished,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pressed(bytes: &[u8]) -> Vec<Press> {
        let mut parser = Parser::default();
        let mut found = parser.feed(bytes);
        found.extend(parser.flush());
        found
    }

    #[test]
    fn keys_are_read_in_all_their_spellings() {
        for (bytes, press) in [
            (&b"\x1b[A"[..], Press::Up),
            (b"\x1bOA", Press::Up),
            (b"\x1b[1;5B", Press::Down),
            (b"\x1b[5~", Press::PageUp),
            (b"\x1b[6;2~", Press::PageDown),
            (b"\x1b[H", Press::Home),
            (b"\x1b[4~", Press::End),
            (b"\r", Press::Enter),
            (b"\n", Press::Enter),
            (b"\x1b", Press::Escape),
            (b"\x7f", Press::Backspace),
            (b"\x04", Press::Ctrl('d')),
            (b"j", Press::Letter('j')),
            ("é".as_bytes(), Press::Letter('é')),
            ("🙂".as_bytes(), Press::Letter('🙂')),
        ] {
            assert_eq!(pressed(bytes), [press], "{bytes:?}");
        }
    }

    #[test]
    fn what_nobody_knows_is_nothing() {
        for bytes in [&b"\x1b\x80"[..], b"\x1b[99~", b"\x1b[?1;2c", b"\xff", b"\xc3", b"\x1b[", b"\x00"] {
            assert_eq!(pressed(bytes), [], "{bytes:?}");
        }
        assert_eq!(pressed(b"\x1b\x1b[B"), [Press::Escape, Press::Down]);
    }

    #[test]
    fn a_sequence_may_come_in_pieces() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b"), []);
        assert!(parser.waits());
        assert_eq!(parser.feed(b"["), []);
        assert_eq!(parser.feed(b"Bj"), [Press::Down, Press::Letter('j')]);
        assert!(!parser.waits());
        assert_eq!(parser.feed("é".as_bytes().split_at(1).0), []);
        assert_eq!(parser.feed("é".as_bytes().split_at(1).1), [Press::Letter('é')]);
    }

    #[test]
    fn escape_and_a_key_soon_after_are_two() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b"), []);
        assert_eq!(parser.feed(b"g"), [Press::Escape, Press::Letter('g')]);
        assert_eq!(parser.feed(b"\x1b/a"), [Press::Escape, Press::Letter('/'), Press::Letter('a')]);
    }

    #[test]
    fn a_paste_is_text_and_no_command() {
        assert_eq!(
            pressed(b"\x1b[200~q\x1b[Ar\x1b[201~j"),
            [Press::Paste("q\x1b[Ar".into()), Press::Letter('j')]
        );
        let unmarked = "http://localhost/queue?r".repeat(3);
        assert_eq!(pressed(unmarked.as_bytes()), [Press::Paste(unmarked)]);
        // A key that is held down is no paste, and neither is what was typed ahead.
        assert_eq!(pressed(&[b'j'; 100]).len(), 100);
        assert_eq!(pressed(b"/verdict=failed\r").len(), 16);
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b[200~half"), []);
        assert!(!parser.waits(), "the rest of a paste is waited for as long as it takes");
        assert_eq!(parser.feed(b" and\x1b[201~"), [Press::Paste("half and".into())]);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_end(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..200) {
            let mut parser = Parser::default();
            let (first, second) = bytes.split_at(at.min(bytes.len()));
            parser.feed(first);
            parser.feed(second);
            parser.flush();
            prop_assert!(parser.left.is_empty());
        }
    }
}
