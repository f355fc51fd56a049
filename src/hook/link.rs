//! A participant's link with the reference that comes back in webhook and API.
//!
//! The link is the vendor's and may hold a query of its own, which is kept. The
//! value is written as RFC 3986 wants it (a space is `%20`, a plus `%2B`), so
//! that every reader gets the same text back, whether it decodes forms or URLs.

use super::form;
use std::fmt::Write as _;

/// The longest reference: longer than any id, shorter than what servers refuse in a URL.
pub const LONGEST_REFERENCE: usize = 1_024;

/// Why there is no link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nothing that a browser may be sent to.
    #[error("the vendor's link is no http or https URL")]
    NotHttp,
    /// An empty reference says nothing about anybody.
    #[error("the reference is empty")]
    Empty,
    /// A reference that no URL carries safely.
    #[error("the reference has {bytes} bytes; {LONGEST_REFERENCE} is the most")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

/// Refuses what is not an `http` or `https` URL with a host, or holds what no URL holds.
///
/// # Errors
/// Says that it is none.
pub fn check(link: &str) -> Result<(), LinkError> {
    let lower = link.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let clean = link.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    if host.is_empty() || !clean { Err(LinkError::NotHttp) } else { Ok(()) }
}

/// The link with `name` set to `value`; another value of that name is replaced,
/// everything else stays as it is.
///
/// # Errors
/// When the link is no URL, or the value is empty or too long.
pub fn with_parameter(link: &str, name: &str, value: &str) -> Result<String, LinkError> {
    check(link)?;
    if value.is_empty() {
        return Err(LinkError::Empty);
    }
    if value.len() > LONGEST_REFERENCE {
        return Err(LinkError::TooLong { bytes: value.len() });
    }
    let (address, fragment) = link.split_once('#').map_or((link, None), |(a, f)| (a, Some(f)));
    let (path, query) = address.split_once('?').map_or((address, ""), |(path, query)| (path, query));
    let mut fields: Vec<String> = query
        .split('&')
        .filter(|field| !field.is_empty() && form::find(field.as_bytes(), name).is_none())
        .map(str::to_owned)
        .collect();
    fields.push(format!("{}={}", percent(name), percent(value)));
    let mut new = format!("{path}?{}", fields.join("&"));
    if let Some(fragment) = fragment {
        new.push('#');
        new.push_str(fragment);
    }
    Ok(new)
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
pub fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://app.userjourneys.ai/i/xK9mR2pQ";

    fn with(link: &str, value: &str) -> String {
        with_parameter(link, "reference_id", value).unwrap()
    }

    #[test]
    fn a_reference_comes_back_as_it_was_whoever_decodes_it() {
        for value in ["user_12345", "ann+test@example.com", "a b&c=d#e?f/g%20h", "Zoë 🎤", "%2B", "'\"<>"]
        {
            let link = with(LINK, value);
            let (path, query) = link.split_once('?').unwrap();
            assert_eq!(path, LINK);
            assert!(query.bytes().all(|byte| byte.is_ascii_graphic()), "{link}");
            assert!(!query.contains('+'), "a plus is read as a space by some: {link}");
            // As a form decodes it, and as a URL decodes it.
            assert_eq!(form::find(query.as_bytes(), "reference_id").unwrap().as_ref(), value.as_bytes());
            let as_url = query.strip_prefix("reference_id=").unwrap().replace("%2B", "+");
            assert!(!as_url.contains('&') && !as_url.contains('#'), "{as_url}");
        }
        assert_eq!(with(LINK, "ann+test@x.io"), format!("{LINK}?reference_id=ann%2Btest%40x.io"));
        assert_eq!(with(LINK, "a b"), format!("{LINK}?reference_id=a%20b"));
    }

    #[test]
    fn a_query_that_is_there_stays_and_an_old_reference_goes() {
        for (link, expected) in [
            ("https://h/i/x?lang=de", "https://h/i/x?lang=de&reference_id=u1"),
            ("https://h/i/x?", "https://h/i/x?reference_id=u1"),
            ("https://h/i/x?a=1&", "https://h/i/x?a=1&reference_id=u1"),
            ("https://h/i/x?reference_id=old&a=%20b", "https://h/i/x?a=%20b&reference_id=u1"),
            ("https://h/i/x?reference%5Fid=old", "https://h/i/x?reference_id=u1"),
            ("https://h/i/x?a=1#top", "https://h/i/x?a=1&reference_id=u1#top"),
            ("https://h/i/x#top?a=1", "https://h/i/x?reference_id=u1#top?a=1"),
        ] {
            assert_eq!(with(link, "u1"), expected, "{link}");
        }
    }

    #[test]
    fn only_web_links_and_references_that_say_something() {
        for link in [
            "",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://h/ x",
            "-h",
            "https://h/\u{1b}[2J",
            "https://h/\"",
            "http:h",
        ] {
            assert_eq!(with_parameter(link, "reference_id", "u"), Err(LinkError::NotHttp), "{link}");
        }
        assert_eq!(with_parameter(LINK, "reference_id", ""), Err(LinkError::Empty));
        let long = "a".repeat(LONGEST_REFERENCE + 1);
        assert_eq!(with_parameter(LINK, "reference_id", &long), Err(LinkError::TooLong { bytes: 1_025 }));
        assert!(check("HTTPS://App.example:8080/i/x").is_ok());
    }
}
