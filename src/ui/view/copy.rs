//! A delivery as a curl command in the clipboard, through the terminal (OSC 52).
//!
//! The command is quoted for a shell, and the sequence carries it in base64, so
//! nothing that a sender wrote reaches the terminal. What would reach it when it
//! is pasted is refused: some terminals obey control characters then.

use crate::hook::curl::{self, BodyFrom};
use crate::journal::Entry;
use crate::ui::page::Page;
use crate::ui::sanitize::{Rules, unsafe_to_show};
use crate::ui::style::Role;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The longest command; terminals take about 74 KiB of base64.
const LONGEST: usize = 48 << 10;

/// The command that sends a delivery to this URL again.
///
/// # Errors
/// Says why it cannot be pasted, with the command that writes it to a file.
pub(super) fn command(entry: &Entry, url: &str) -> Result<String, String> {
    let refused = |why: &str| {
        let seq = entry.listed.seq;
        format!("#{seq} {why}: `hookctl events export --format curl --dir scripts` writes it to a file")
    };
    let delivery = &entry.delivery;
    if delivery.body.len() > LONGEST {
        return Err(refused("is too large for a clipboard"));
    }
    let body = if delivery.body.is_empty() { BodyFrom::Nothing } else { BodyFrom::Inline(&delivery.body) };
    let command = curl::command(delivery.head.method(), url, delivery.head.headers(), body);
    let text = String::from_utf8(command).map_err(|_odd| refused("is not text"))?;
    if text.len() > LONGEST {
        return Err(refused("is too large for a clipboard"));
    }
    if text.chars().any(|letter| unsafe_to_show(letter) && !matches!(letter, '\n' | '\t')) {
        return Err(refused("holds characters that a terminal may obey when they are pasted"));
    }
    Ok(text)
}

/// The bytes that ask a terminal to take a text into its clipboard.
pub(super) fn sequence(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes()
}

/// Puts the command on a page, for a terminal that has no clipboard to give.
pub(super) fn print(page: &mut Page, command: &str) {
    let rules = Rules::body_line(page.look().charset).up_to(LONGEST);
    for line in command.split('\n') {
        page.put_by(Role::Plain, line.as_bytes(), rules).end_line();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::Look;
    use crate::ui::view::fixture::entry;
    use bytes::Bytes;

    const URL: &str = "http://localhost:3000/hooks";

    /// The command for a body, with headers that are text.
    fn of(body: &[u8]) -> Result<String, String> {
        let mut entry = entry(12);
        entry.delivery.head =
            crate::hook::headers::Head::build("POST", "/hooks", [("X-A", &b"it's"[..])]).unwrap();
        entry.delivery.body = Bytes::copy_from_slice(body);
        command(&entry, URL)
    }

    #[test]
    fn a_command_is_quoted_carried_in_base64_and_printed_as_it_is() {
        let command = of(b"{\"a\": \"$(id) `id` '; id\\n\",\n\t\"b\": 1}").unwrap();
        assert!(
            command.starts_with("curl --globoff") && command.contains(r"--header 'X-A: it'\''s'"),
            "{command}"
        );
        let sequence = sequence(&command);
        let inside =
            sequence.strip_prefix(b"\x1b]52;c;").and_then(|rest| rest.strip_suffix(b"\x07")).unwrap();
        assert_eq!(STANDARD.decode(inside).unwrap(), command.as_bytes());
        let mut page = Page::new(Look::PLAIN);
        print(&mut page, &command);
        assert_eq!(page.as_str(), command + "\n");
    }

    #[test]
    fn what_a_terminal_may_obey_when_it_is_pasted_is_not_copied() {
        for body in [
            &b"\x1b[201~\nid\n"[..],
            b"\x9b201~",
            b"a\rb",
            b"\x00",
            b"\x7f",
            "\u{202e}".as_bytes(),
            "\u{9b}".as_bytes(),
        ] {
            let reason = of(body).unwrap_err();
            assert!(reason.contains("hookctl events export --format curl"), "{body:?}: {reason}");
        }
        assert!(of(&vec![b'a'; LONGEST]).unwrap_err().contains("too large"));
        assert!(of(b"").is_ok() && of("日本".as_bytes()).is_ok());
    }
}
