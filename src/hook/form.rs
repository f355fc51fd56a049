//! Reads and changes form fields and query parameters without turning them
//! into text: `application/x-www-form-urlencoded`, byte for byte.
//!
//! A field that occurs twice has its first value. Never fails: bytes that are
//! no valid escape stand for themselves, as browsers and vendors read them.

use std::borrow::Cow;

/// The fields in their order, names and values decoded.
pub fn fields(text: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    raw_fields(text).map(|field| {
        let (name, value) = split(field);
        (decode(name), decode(value))
    })
}

/// The value of the first field of this name.
pub fn find<'a>(text: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    fields(text).find(|(found, _)| found.as_ref() == name.as_bytes()).map(|(_, value)| value)
}

/// The same fields with `name` set: the first one of this name gets the value,
/// others of this name are dropped, and it is added at the end when there is none.
pub fn set(text: &[u8], name: &str, value: &[u8]) -> Vec<u8> {
    let mut new = Vec::with_capacity(text.len() + name.len() + value.len() + 2);
    let mut written = false;
    for field in raw_fields(text) {
        let ours = decode(split(field).0).as_ref() == name.as_bytes();
        if !ours {
            push(&mut new, field);
        } else if !written {
            push(&mut new, &encoded(name, value));
            written = true;
        }
    }
    if !written {
        push(&mut new, &encoded(name, value));
    }
    new
}

fn push(text: &mut Vec<u8>, field: &[u8]) {
    if !text.is_empty() {
        text.push(b'&');
    }
    text.extend_from_slice(field);
}

fn encoded(name: &str, value: &[u8]) -> Vec<u8> {
    let mut text: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    text.push('=');
    text.extend(form_urlencoded::byte_serialize(value));
    text.into_bytes()
}

fn raw_fields(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'&').filter(|field| !field.is_empty())
}

fn split(field: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = field.splitn(2, |byte| *byte == b'=');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = after.get(..2).and_then(|digits| {
            let mut byte = [0];
            hex::decode_to_slice(digits, &mut byte).ok().map(|()| byte[0])
        });
        match (first, escaped) {
            (b'+', _) => decoded.push(b' '),
            (b'%', Some(byte)) => {
                decoded.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => decoded.push(*first),
        }
    }
    Cow::Owned(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_as_bytes() {
        let text = b"a=1+2&b=%2B%ff&&c&d=%4&e=x=y&a=second";
        let got: Vec<_> = fields(text).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        let want: [(&[u8], &[u8]); 6] =
            [(b"a", b"1 2"), (b"b", b"+\xff"), (b"c", b""), (b"d", b"%4"), (b"e", b"x=y"), (b"a", b"second")];
        assert_eq!(got, want.map(|(n, v)| (n.to_vec(), v.to_vec())));
        assert_eq!(find(text, "a").as_deref(), Some(&b"1 2"[..]));
        assert_eq!(find(text, "z"), None);
    }

    #[test]
    fn setting_keeps_the_other_fields_as_they_are_written() {
        assert_eq!(set(b"", "s", b"v"), b"s=v");
        assert_eq!(set(b"a=%41", "s", b"a b|"), b"a=%41&s=a+b%7C");
        assert_eq!(set(b"s=1&a=%41&s=2", "s", b"v"), b"s=v&a=%41");
    }
}
