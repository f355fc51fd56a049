//! A request as a curl command that sends these bytes from any POSIX shell; in the
//! target, curl itself percent-encodes what is not ASCII and drops a fragment.
//!
//! Every word is single-quoted, so nothing a stranger sent is ever read as
//! shell, nor as fish; curl's own additions (`Accept`, `User-Agent`, a content type, URL
//! globbing, path squashing) are switched off.

use super::headers::Headers;

/// Headers that curl writes by itself from the URL and the body.
pub(super) const OWN: [&str; 3] = ["host", "content-length", "transfer-encoding"];
/// Headers that curl adds unless it is told not to.
pub(super) const ADDS: [&str; 4] = ["Accept", "User-Agent", "Content-Type", "Expect"];

/// Where the body comes from.
#[derive(Clone, Copy, Debug)]
pub enum BodyFrom<'a> {
    /// No body; said to have no bytes where the headers name a length.
    Nothing,
    /// The words of the command itself; must hold no NUL byte.
    Inline(&'a [u8]),
    /// A file, named as the shell will see it.
    File(&'a str),
}

/// Quotes one word for a POSIX shell and for fish, which reads `\'` and `\\`
/// between single quotes: a backslash that would begin one stands outside of them.
pub fn quote(word: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for (at, byte) in word.iter().enumerate() {
        let ends_or_escapes = || matches!(word.get(at.saturating_add(1)), None | Some(b'\\' | b'\''));
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            b'\\' if ends_or_escapes() => quoted.extend_from_slice(br"'\\'"),
            other => quoted.push(*other),
        }
    }
    quoted.push(b'\'');
    quoted
}

/// A word as it is typed in a shell: quoted only where one needs it.
pub fn word(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=./:,@%+".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    String::from_utf8_lossy(&quote(text.as_bytes())).into_owned()
}

/// Words as they are typed behind a command, each with a space before it.
pub fn words<W: AsRef<str>>(words: &[W]) -> String {
    words.iter().map(|text| format!(" {}", word(text.as_ref()))).collect()
}

/// The command, one option a line, without a line ending at its end.
pub fn command(method: &str, url: &str, headers: &Headers, body: BodyFrom<'_>) -> Vec<u8> {
    let mut text = b"curl --globoff --path-as-is --include ".to_vec();
    if method == "HEAD" && matches!(body, BodyFrom::Nothing) {
        // With `--request` curl waits for the body that the answer only announces.
        text.extend_from_slice(b"--head");
    } else {
        text.extend_from_slice(b"--request ");
        text.extend(quote(method.as_bytes()));
    }
    let mut option = |name: &str, value: &[u8]| {
        text.extend_from_slice(b" \\\n  ");
        text.extend_from_slice(name.as_bytes());
        text.push(b' ');
        text.extend(quote(value));
    };
    option("--url", url.as_bytes());
    for field in headers.iter() {
        if OWN.iter().any(|own| field.name.eq_ignore_ascii_case(own)) {
            continue;
        }
        let mut line = field.name.as_bytes().to_vec();
        if field.value.is_empty() {
            // curl drops `Name:`; `Name;` sends it empty.
            line.push(b';');
        } else {
            line.extend_from_slice(b": ");
            line.extend_from_slice(field.value);
        }
        option("--header", &line);
    }
    for name in ADDS {
        if headers.get(name).is_none() {
            option("--header", format!("{name}:").as_bytes());
        }
    }
    match body {
        // Said to be empty, and not only not there.
        BodyFrom::Nothing if method != "HEAD" && headers.get("content-length").is_some() => {
            option("--data-raw", b"");
        }
        BodyFrom::Nothing => {}
        // `--data-raw` does not read a leading `@` as a file name.
        BodyFrom::Inline(bytes) => option("--data-raw", bytes),
        BodyFrom::File(name) => option("--data-binary", format!("@{name}").as_bytes()),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        assert_eq!(word("localhost:3000/webhooks/koji"), "localhost:3000/webhooks/koji");
        assert_eq!(word("wc -l < x"), "'wc -l < x'");
        assert_eq!(word("3000/?a=1"), "'3000/?a=1'");
        assert_eq!(word(""), "''");
    }

    #[test]
    fn a_quoted_word_ends_only_where_it_should() {
        assert_eq!(text(&quote(b"it's $(here) `now` \\ \"")), r#"'it'\''s $(here) `now` \ "'"#);
        assert_eq!(text(&quote(b"")), "''");
    }

    /// A bug once: pasted into fish, the second quote of a payload ended the word.
    #[test]
    fn a_backslash_stands_between_quotes_only_where_fish_reads_it_as_itself() {
        assert_eq!(text(&quote(br"a\'; b #")), r"'a'\\''\''; b #'");
        assert_eq!(text(&quote(br"\\u00e4\")), r"''\\'\u00e4'\\''");
        let command = command("POST", "http://a/", &Headers::default(), BodyFrom::Inline(br#"{"a":"\n"}"#));
        assert!(text(&command).ends_with(r#"--data-raw '{"a":"\n"}'"#));
    }

    /// A bug once: curl waited for a body that an answer to HEAD does not have.
    #[test]
    fn a_request_without_a_body_is_sent_without_one() {
        let none = Headers::default();
        let head = text(&command("HEAD", "http://a/", &none, BodyFrom::Nothing));
        assert!(head.contains("--include --head \\\n") && !head.contains("--request"), "{head}");
        let get = text(&command("GET", "http://a/", &none, BodyFrom::Nothing));
        assert!(get.contains("--request 'GET'") && !get.contains("--data"), "{get}");
        let empty = Headers::from_pairs([("Content-Length", "0")]);
        let post = text(&command("POST", "http://a/", &empty, BodyFrom::Nothing));
        assert!(post.ends_with("--data-raw ''"), "{post}");
        let head = text(&command("HEAD", "http://a/", &empty, BodyFrom::Nothing));
        assert!(!head.contains("--data"), "{head}");
    }

    #[test]
    fn a_request_becomes_a_command_that_adds_nothing() {
        let headers = Headers::from_pairs([
            ("Host", "a"),
            ("X-Sig", "v='1'"),
            ("X-Empty", ""),
            ("Content-Type", "a/b"),
        ]);
        let command = text(&command("POST", "http://localhost:3000/a[1]", &headers, BodyFrom::Inline(b"@x")));
        assert!(command.contains("--header 'X-Sig: v='\\''1'\\'''"), "{command}");
        assert!(command.contains("--header 'X-Empty;'"));
        assert!(command.contains("--header 'Accept:'") && !command.contains("--header 'Content-Type:'"));
        assert!(command.contains("--data-raw '@x'") && !command.contains("Host"));
    }
}
