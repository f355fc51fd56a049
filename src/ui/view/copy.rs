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
