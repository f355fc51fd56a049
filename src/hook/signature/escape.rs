//! The body as a vendor signs it that escapes letters of JSON, where on the
//! way somebody wrote the letters themselves.
//! <https://github.com/box/box-node-sdk/blob/main/src/internal/utilsNode.ts>

/// Larger bodies are judged as they came: an escaped copy takes up to three times the room.
const LONGEST: usize = 1 << 20;

/// Every letter beyond ASCII as `\uXXXX` and every bare slash as `\/`; `None`
/// where that changes nothing, or the body is no text or too long.
pub(super) fn escaped(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() > LONGEST || !body.iter().any(|byte| *byte == b'/' || *byte >= 0x7f) {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    let mut written = String::with_capacity(text.len() + text.len() / 2);
    let mut before = None;
    for letter in text.chars() {
        match letter {
            '/' if before != Some('\\') => written.push_str("\\/"),
            ' '..='~' | '\0'..='\x1f' => written.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    written.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
        before = Some(letter);
    }
    (written.len() != text.len()).then(|| written.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_bare_slashes_are_escaped_once() {
        let text = |body: &str| escaped(body.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(text("{\"n\":\"\u{e9}/\u{1f600}\"}").unwrap(), r#"{"n":"\u00e9\/\ud83d\ude00"}"#);
        assert_eq!(text(r#"{"a":"\/","b":"\u00e9"}"#), None, "escaped already");
        assert_eq!(text("{}"), None);
        assert_eq!(escaped(b"\xff/"), None);
        assert_eq!(escaped(&[b'/'; LONGEST + 1]), None);
    }
}
