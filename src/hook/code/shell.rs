//! A request as a curl command. curl's own additions are switched off; see
//! [`crate::hook::curl`], which writes the same for bytes that are no text.

use super::word::{format_of, is_plain, quoted, word};
use super::{BodyPlace, Request};
use crate::hook::curl::ADDS;

/// An argument of a command is this long at the most; `printf` is none, it is the shell's own.
const LONGEST_ARGUMENT: usize = 96 << 10;

/// How a command of the shell gets its body.
pub(super) enum Given {
    /// No body.
    Nothing,
    /// This word.
    Word(String),
    /// Standard input, from this command before the pipe.
    Pipe(String),
    /// The file, as a word.
    File(String),
}

/// How a command gets the body of a request.
pub(super) fn given(request: &Request<'_>) -> Given {
    let body = match request.body_place() {
        BodyPlace::Nowhere => return Given::Nothing,
        BodyPlace::File => return Given::File(quoted(request.file)),
        BodyPlace::Inline(body) => body,
    };
    match std::str::from_utf8(body) {
        Ok(text) if is_plain(text) && text.len() <= LONGEST_ARGUMENT => Given::Word(quoted(text)),
        _ => Given::Pipe(format!("printf {}", format_of(body))),
    }
}

/// The command.
pub(super) fn curl(request: &Request<'_>) -> String {
    let body = given(request);
    let mut text = String::new();
    if let Given::Pipe(before) = &body {
        text.push_str(before);
        text.push_str(" |\n");
    }
    text.push_str("curl --globoff --path-as-is --include");
    if request.method == "HEAD" && request.body.is_empty() {
        // Without it curl waits for the body that the answer only announces.
        text.push_str(" --head");
    }
    text.push_str(" --request ");
    text.push_str(&word(request.method.as_bytes()));
    let mut option = |name: &str, word: &str| {
        text.push_str(" \\\n  ");
        text.push_str(name);
        text.push(' ');
        text.push_str(word);
    };
    option("--url", &word(request.url().as_bytes()));
    for (name, value) in request.fields() {
        // curl drops `Name:`; `Name;` sends it empty.
        let field = match value {
            [] => format!("{name};").into_bytes(),
            value => [name.as_bytes(), b": ", value].concat(),
        };
        option("--header", &word(&field));
    }
    for name in ADDS.into_iter().filter(|name| !request.has(name)) {
        option("--header", &quoted(&format!("{name}:")));
    }
    match body {
        // Said to be empty, and not only not there.
        Given::Nothing if request.has("content-length") => option("--data-raw", "''"),
        Given::Nothing => {}
        // `--data-raw` does not read a leading `@` as a file name.
        Given::Word(word) => option("--data-raw", &word),
        Given::Pipe(_) => option("--data-binary", "@-"),
        Given::File(_) => option("--data-binary", &quoted(&format!("@{}", request.file))),
    }
    text.push('\n');
    text
}
