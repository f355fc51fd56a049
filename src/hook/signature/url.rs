//! The absolute URL that a scheme signs, in every form in which its vendor may
//! have signed it.

use crate::hook::delivery::Message;
use crate::hook::provider::Provider;
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;

/// The forms of one URL; rarely more than one.
pub(super) type Forms<'m> = SmallVec<[Cow<'m, str>; 2]>;

/// The absolute URL of a message.
pub(super) fn url_of<'m>(message: &Message<'m>) -> Cow<'m, str> {
    message.url.map_or_else(
        || {
            let host = String::from_utf8_lossy(message.headers.get("host").unwrap_or_default());
            Cow::Owned(format!("http://{host}{}", message.target))
        },
        Cow::Borrowed,
    )
}

/// Every form in which the vendor may have signed `url`; the first is the one
/// that it documents.
pub(super) fn forms<'m>(provider: &Provider, url: Cow<'m, str>) -> Forms<'m> {
    let mut forms: Forms<'m> = smallvec![];
    forms.extend(escaped(&url, &provider.url_escape).map(Cow::Owned));
    forms.extend(decoded(&url, &provider.url_decode).map(Cow::Owned));
    forms.push(url);
    if provider.url_port {
        let others: Vec<_> = forms.iter().filter_map(|url| other_port(url)).map(Cow::Owned).collect();
        forms.extend(others);
    }
    forms
}

/// The URL with these letters of its query escaped; `None` when there is nothing to escape.
fn escaped(url: &str, letters: &[(char, Box<str>)]) -> Option<String> {
    let (before, query) = url.split_once('?')?;
    if !letters.iter().any(|(letter, _)| query.contains(*letter)) {
        return None;
    }
    let mut text = format!("{before}?");
    for letter in query.chars() {
        match letters.iter().find(|(escaped, _)| *escaped == letter) {
            Some((_, written)) => text.push_str(written),
            None => text.push(letter),
        }
    }
    Some(text)
}

/// The URL with the escapes of these letters, and of no others, decoded;
/// `None` when it has none.
fn decoded(url: &str, letters: &str) -> Option<String> {
    if letters.is_empty() || !url.contains('%') {
        return None;
    }
    let mut parts = url.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut found = false;
    for part in parts {
        let letter = part.split_at_checked(2).and_then(|(digits, rest)| {
            let letter = char::from(u8::from_str_radix(digits, 16).ok()?);
            (letter.is_ascii() && letters.contains(letter)).then_some((letter, rest))
        });
        match letter {
            Some((letter, rest)) => {
                found = true;
                text.push(letter);
                text.push_str(rest);
            }
            None => {
                text.push('%');
                text.push_str(part);
            }
        }
    }
    found.then_some(text)
}

/// The URL with the port of its scheme where it names none, and without it
/// where it does; `None` for any other port.
fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(end)?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // An address in brackets holds colons of its own.
    let after_address = host.rsplit_once(']').map_or(host, |(_, after)| after);
    match authority.strip_suffix(port) {
        Some(bare) => Some(format!("{scheme}://{bare}{tail}")),
        None if after_address.contains(':') => None,
        None => Some(format!("{scheme}://{authority}{port}{tail}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::provider::Catalogue;

    #[test]
    fn only_the_query_is_escaped() {
        let letters = [('\'', "%27".into())];
        assert_eq!(escaped("http://a/it's?b=it's", &letters).unwrap(), "http://a/it's?b=it%27s");
        assert_eq!(escaped("http://a/it's", &letters), None);
        assert_eq!(escaped("http://a/?b=c", &letters), None);
    }

    #[test]
    fn only_the_named_letters_are_decoded_whatever_the_case_of_the_digits() {
        let decode = |url| decoded(url, ":/@'");
        assert_eq!(
            decode("https://a/%3a%3A%2F?e=b%40c&d=%27%20%25").unwrap(),
            "https://a/::/?e=b@c&d='%20%25"
        );
        for same in ["https://a/", "https://a/%20%", "https://a/%4", "https://a/%\u{e9}%zz"] {
            assert_eq!(decode(same), None, "{same}");
        }
        assert_eq!(decoded("https://a/%3A", ""), None);
    }

    #[test]
    fn the_port_of_the_scheme_comes_and_goes() {
        for (with, without) in [
            ("https://a:443/p?q", "https://a/p?q"),
            ("http://a:80", "http://a"),
            ("https://u:p@a:443?q", "https://u:p@a?q"),
            ("https://[::1]:443/", "https://[::1]/"),
        ] {
            assert_eq!(other_port(without).unwrap(), with);
            assert_eq!(other_port(with).unwrap(), without);
        }
        for alone in ["https://a:8443/", "http://a:443/", "a", "ftp://a/", "http://[::1]:8080/"] {
            assert_eq!(other_port(alone), None, "{alone}");
        }
    }

    #[test]
    fn the_first_form_is_the_documented_one() {
        let catalogue = Catalogue::builtin();
        let of = |id: &str, url: &'static str| forms(&catalogue.get(id).unwrap(), url.into()).to_vec();
        assert_eq!(of("square", "https://a/'%3A"), ["https://a/'%3A"]);
        assert_eq!(of("hubspot-v3", "https://a/%3A"), ["https://a/:", "https://a/%3A"]);
        assert_eq!(
            of("twilio", "https://a/?'"),
            ["https://a/?%27", "https://a/?'", "https://a:443/?%27", "https://a:443/?'"]
        );
    }
}
