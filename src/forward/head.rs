//! The head a target gets, made from the head that came.
//!
//! The target gets the same lines in the same order, case and spelling, with
//! repeats, except:
//!
//! - the request line names the target's path and HTTP/1.1;
//! - the value of Host is the target's (as every proxy of this kind does, or
//!   development servers refuse the request); an absent Host is put first;
//! - the fields that belong to one connection are left out: Connection and what
//!   it names, Keep-Alive, Proxy-Connection, TE, Trailer, Transfer-Encoding,
//!   Upgrade, HTTP2-Settings, Expect;
//! - Content-Length is written, in the place of Transfer-Encoding, where the
//!   sender used chunks or none; a right one stays as it was written;
//! - the user's own fields (`-H`) replace those of their name, or are appended.
//!
//! Nothing else is added, no X-Forwarded-Host either: an application that sees
//! one may build other URLs from it than it does in production.

use crate::hook::headers::{FieldRef, Head, Headers, is_token};
use crate::hook::target::Target;
use bytes::Bytes;

/// Fields of one connection (RFC 9110, 7.6.1) and Expect, which hookctl has already answered.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "expect",
];

/// Words in the names of fields that a webhook's meaning rests on. A sender's
/// Connection field cannot make hookctl drop these: that would let it hide a
/// signature from the application after hookctl verified it.
const MEANINGFUL: [&str; 22] = [
    "signature",
    "sig",
    "hmac",
    "mac",
    "webhook",
    "hook",
    "event",
    "topic",
    "delivery",
    "time",
    "timestamp",
    "transmission",
    "token",
    "secret",
    "auth",
    "verif",
    "content",
    "host",
    "request",
    "challenge",
    "agent",
    "id",
];

/// Why a field of the user's own cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderRefused {
    /// Not a field name.
    #[error("`{name}` is not a header name")]
    Name {
        /// The name as given.
        name: String,
    },
    /// A value with a line break or a control character.
    #[error("the value of the header `{name}` holds a line break or a control character")]
    Value {
        /// The name of the field.
        name: String,
    },
    /// A field that hookctl must write itself.
    #[error("the header `{name}` cannot be set: it frames the request")]
    Framing {
        /// The name as given.
        name: String,
    },
}

/// A field of the user's own that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraHeader {
    name: String,
    value: Vec<u8>,
}

impl ExtraHeader {
    /// Checks a name and a value.
    ///
    /// # Errors
    /// Refuses what would break the head or its framing.
    pub fn new(name: String, value: &[u8]) -> Result<Self, HeaderRefused> {
        if !is_token(name.as_bytes()) {
            return Err(HeaderRefused::Name { name });
        }
        if name.eq_ignore_ascii_case("content-length") || is_hop_by_hop(&name) {
            return Err(HeaderRefused::Framing { name });
        }
        let value = value.trim_ascii().to_vec();
        if value.iter().any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f) {
            return Err(HeaderRefused::Value { name });
        }
        Ok(Self { name, value })
    }
}

fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// What is the same for every delivery.
#[derive(Clone, Debug, Default)]
pub struct HeadPlan {
    extra: Vec<ExtraHeader>,
    kept: Vec<String>,
}

impl HeadPlan {
    /// Takes the user's own fields, and the names of fields that are always kept.
    pub fn new(extra: Vec<ExtraHeader>, kept: Vec<String>) -> Self {
        Self { extra, kept }
    }

    /// Whether nothing of the user's own is added, and the sender's Connection
    /// field names no fields.
    pub fn is_usual(&self, headers: &Headers) -> bool {
        let of_the_connection =
            |word: &str| ["close", "keep-alive", ""].contains(&&*word.to_ascii_lowercase());
        let names_nothing = |value: &[u8]| {
            String::from_utf8_lossy(value).split(',').all(|word| of_the_connection(word.trim()))
        };
        self.extra.is_empty() && headers.all("connection").all(names_nothing)
    }

    /// Writes the head for a target. `None` when the request line would break.
    pub fn prepare(
        &self,
        target: &Target,
        request_target: &str,
        delivery: &Head,
        body_length: usize,
    ) -> Option<Bytes> {
        let breaks = |part: &str| part.is_empty() || part.bytes().any(|byte| byte <= b' ' || byte == 0x7f);
        if breaks(delivery.method()) || breaks(request_target) {
            return None;
        }
        let headers = delivery.headers();
        let mut written = Writer {
            out: Vec::with_capacity(delivery.as_bytes().len().saturating_add(128)),
            extra: self.extra.iter().map(|extra| (extra, false)).collect(),
        };
        written.line(&[delivery.method().as_bytes(), b" ", request_target.as_bytes(), b" HTTP/1.1"]);
        let authority = target.authority();
        let own_host = self.extra.iter().any(|extra| extra.name.eq_ignore_ascii_case("host"));
        let mut host = headers.get("host").is_some();
        if !host && !own_host {
            written.field("Host", authority.as_bytes());
        }
        let framing = Framing::of(headers, body_length);
        let mut length = framing == Framing::Missing;
        for field in headers.iter() {
            let named = |name: &str| field.name.eq_ignore_ascii_case(name);
            if written.replaced(field.name) {
                continue;
            }
            if named("host") {
                // The first one only: a second Host is an attack on the reader of the first.
                if std::mem::take(&mut host) {
                    written.field(field.name, authority.as_bytes());
                }
            } else if named("content-length") || named("transfer-encoding") {
                match framing {
                    Framing::AsWritten if named("content-length") => written.as_it_came(field),
                    Framing::Rewritten if !length => {
                        length = true;
                        written.field("Content-Length", body_length.to_string().as_bytes());
                    }
                    _ => {}
                }
            } else if !is_hop_by_hop(field.name) && !self.named_by_connection(headers, field.name) {
                written.as_it_came(field);
            }
        }
        if framing == Framing::Missing {
            written.field("Content-Length", body_length.to_string().as_bytes());
        }
        Some(written.finish())
    }

    /// Whether the sender's Connection field asks to drop this field, and may.
    fn named_by_connection(&self, headers: &Headers, name: &str) -> bool {
        let named = headers.all("connection").any(|value| {
            value
                .split(|byte| *byte == b',')
                .any(|option| option.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        });
        if !named {
            return false;
        }
        let lower = name.to_ascii_lowercase();
        let meaningful = MEANINGFUL.iter().any(|word| lower.contains(word));
        !meaningful && !self.kept.iter().any(|kept| kept.eq_ignore_ascii_case(name))
    }
}

/// Where the length of the body stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// The sender's Content-Length is right; or there is neither a body nor a length.
    AsWritten,
    /// Chunked, or a length that is not the body's: written anew in its place.
    Rewritten,
    /// There is a body and nothing says how long it is (HTTP/2).
    Missing,
}

impl Framing {
    fn of(headers: &Headers, body_length: usize) -> Self {
        let chunked = headers.get("transfer-encoding").is_some();
        let mut lengths = headers.all("content-length");
        match (lengths.next(), lengths.next()) {
            (None, _) if chunked => Self::Rewritten,
            (None, _) if body_length == 0 => Self::AsWritten,
            (None, _) => Self::Missing,
            (Some(only), None) if !chunked && reads_as(only, body_length) => Self::AsWritten,
            (Some(_), _) => Self::Rewritten,
        }
    }
}

fn reads_as(value: &[u8], length: usize) -> bool {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    digits && std::str::from_utf8(value).ok().and_then(|text| text.parse::<usize>().ok()) == Some(length)
}

struct Writer<'a> {
    out: Vec<u8>,
    /// The user's own fields, and whether each is written.
    extra: Vec<(&'a ExtraHeader, bool)>,
}

impl Writer<'_> {
    fn line(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.out.extend_from_slice(part);
        }
        self.out.extend_from_slice(b"\r\n");
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        self.line(&[name.as_bytes(), b": ", value]);
    }

    /// The line with a line ending every server reads: some senders end lines with a bare LF.
    fn as_it_came(&mut self, field: FieldRef<'_>) {
        let line = field.line.strip_suffix(b"\n").unwrap_or(field.line);
        self.line(&[line.strip_suffix(b"\r").unwrap_or(line)]);
    }

    /// Writes the user's own fields of this name where the first one of the sender stood.
    fn replaced(&mut self, name: &str) -> bool {
        let mut any = false;
        let mut lines = Vec::new();
        for (extra, written) in &mut self.extra {
            if extra.name.eq_ignore_ascii_case(name) {
                any = true;
                if !std::mem::replace(written, true) {
                    lines.push(*extra);
                }
            }
        }
        for extra in lines {
            self.field(&extra.name, &extra.value);
        }
        any
    }

    fn finish(mut self) -> Bytes {
        let rest: Vec<_> =
            self.extra.iter().filter(|(_, written)| !written).map(|(extra, _)| *extra).collect();
        for extra in rest {
            self.field(&extra.name, &extra.value);
        }
        self.out.extend_from_slice(b"\r\n");
        self.out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prepared(plan: &HeadPlan, head: &[u8], body_length: usize) -> String {
        let target = Target::parse("localhost:3000", None).unwrap();
        let head = Head::parse(head.to_vec()).unwrap();
        let bytes = plan.prepare(&target, head.target(), &head, body_length).unwrap();
        bytes.iter().map(|byte| char::from(*byte)).collect()
    }

    fn plain(head: &str, body_length: usize) -> String {
        prepared(&HeadPlan::default(), head.as_bytes(), body_length)
    }

    fn extra(pairs: &[(&str, &str)]) -> HeadPlan {
        let extra = pairs
            .iter()
            .map(|(name, value)| ExtraHeader::new((*name).to_owned(), value.as_bytes()).unwrap())
            .collect();
        HeadPlan::new(extra, Vec::new())
    }

    #[test]
    fn lines_stay_as_they_came_and_only_the_host_changes() {
        let head = b"POST /a?b=%zz HTTP/1.1\r\nX-b:1\r\nhOST:  sender.test\r\nX-B:   2  \r\nx-c:\t\xff\xfe\t\r\nEmpty:\r\nContent-length:  2\r\n\r\n";
        assert_eq!(
            prepared(&HeadPlan::default(), head, 2),
            "POST /a?b=%zz HTTP/1.1\r\nX-b:1\r\nhOST: localhost:3000\r\nX-B:   2  \r\nx-c:\t\u{ff}\u{fe}\t\r\nEmpty:\r\nContent-length:  2\r\n\r\n"
        );
    }

    #[test]
    fn the_fields_of_one_connection_are_left_out() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, X-Trace\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\nX-Trace: 1\r\nX-Other: 2\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\nTrailer: x\r\nExpect: 100-continue\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(
            plain(head, 0),
            "POST / HTTP/1.1\r\nHost: localhost:3000\r\nX-Other: 2\r\ncontent-length: 0\r\n\r\n"
        );
    }

    #[test]
    fn a_connection_field_cannot_hide_what_a_webhook_rests_on() {
        for name in [
            "X-Koji-Signature",
            "X-Webhook-Event",
            "X-Hub-Signature-256",
            "X-GitHub-Delivery",
            "X-Gitlab-Token",
            "webhook-id",
            "svix-timestamp",
            "Stripe-Signature",
            "X-Shopify-Hmac-Sha256",
            "Authorization",
            "Plaid-Verification",
            "X-Airtable-Content-MAC",
            "close-sig-hash",
            "X-Trello-Webhook",
            "HmacSignature",
            "X-Hook-Secret",
            "Content-Type",
            "Content-Encoding",
            "Idempotency-Key",
            "X-Shopify-Topic",
            "User-Agent",
        ] {
            let head =
                format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close, {name}\r\n{name}: kept\r\n\r\n");
            assert!(plain(&head, 0).contains(&format!("{name}: kept\r\n")), "{name}");
        }
        let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: X-Odd\r\nX-Odd: 1\r\n\r\n";
        assert!(!plain(head, 0).contains("X-Odd"));
        let kept = HeadPlan::new(Vec::new(), vec!["x-odd".to_owned()]);
        assert!(prepared(&kept, head.as_bytes(), 0).contains("X-Odd: 1\r\n"));
    }

    #[test]
    fn no_field_of_a_known_provider_can_be_hidden() {
        let catalogue = crate::hook::provider::Catalogue::builtin();
        let mut checked = 0;
        for provider in catalogue.all() {
            let settings: Vec<String> = provider.settings().map(|(_, value)| value).collect();
            let in_settings =
                settings.iter().flat_map(|value| value.split("header:").skip(1)).filter_map(|rest| {
                    rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').next()
                });
            let names = provider.signature_headers().iter().map(AsRef::as_ref).chain(in_settings);
            for name in names.filter(|name| !name.is_empty()) {
                let head =
                    format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: {name}\r\n{name}: kept\r\n\r\n");
                assert!(plain(&head, 0).contains(&format!("{name}: kept\r\n")), "{} {name}", provider.id());
                checked += 1;
            }
        }
        assert!(checked > 150, "{checked}");
    }

    #[test]
    fn the_length_is_written_only_where_it_is_missing_or_wrong() {
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n";
        assert_eq!(
            plain(chunked, 12),
            "POST / HTTP/1.1\r\nHost: localhost:3000\r\nContent-Length: 12\r\nX: 1\r\n\r\n"
        );
        assert!(plain(chunked, 0).contains("Content-Length: 0\r\n"));
        let bare = "POST / HTTP/2.0\r\nHost: a\r\nX: 1\r\n\r\n".replace("2.0", "1.1");
        assert_eq!(
            plain(&bare, 3),
            "POST / HTTP/1.1\r\nHost: localhost:3000\r\nX: 1\r\nContent-Length: 3\r\n\r\n"
        );
        assert!(!plain(&bare, 0).contains("Content-Length"));
        let both = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(plain(both, 7), "POST / HTTP/1.1\r\nHost: localhost:3000\r\nContent-Length: 7\r\n\r\n");
        let twice = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(plain(twice, 5).matches("Content-Length").count(), 1);
        let wrong = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n";
        assert!(plain(wrong, 5).contains("Content-Length: 5\r\n"));
    }

    #[test]
    fn an_absent_host_is_put_first_and_a_second_is_dropped() {
        assert_eq!(
            plain("POST / HTTP/1.0\r\nX: 1\r\n\r\n", 0),
            "POST / HTTP/1.1\r\nHost: localhost:3000\r\nX: 1\r\n\r\n"
        );
        assert_eq!(plain("GET / HTTP/1.1\r\n\r\n", 0), "GET / HTTP/1.1\r\nHost: localhost:3000\r\n\r\n");
        let two = "POST / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n";
        assert_eq!(plain(two, 0), "POST / HTTP/1.1\r\nHost: localhost:3000\r\n\r\n");
    }

    #[test]
    fn lines_that_end_with_a_bare_line_feed_get_a_whole_ending() {
        assert_eq!(
            plain("POST / HTTP/1.1\nHost: a\nX: 1\n\n", 0),
            "POST / HTTP/1.1\r\nHost: localhost:3000\r\nX: 1\r\n\r\n"
        );
    }

    #[test]
    fn fields_of_the_users_own_replace_or_are_appended() {
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\n\r\n";
        assert_eq!(
            prepared(&extra(&[("x-a", "new"), ("X-New", "n"), ("X-A", "two")]), head, 0),
            "POST / HTTP/1.1\r\nHost: localhost:3000\r\nx-a: new\r\nX-A: two\r\nX-B: 2\r\nX-New: n\r\n\r\n"
        );
        assert_eq!(
            prepared(&extra(&[("Host", "shop.test")]), head, 0),
            "POST / HTTP/1.1\r\nHost: shop.test\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\n\r\n"
        );
        assert_eq!(
            prepared(&extra(&[("Host", "shop.test")]), b"POST / HTTP/1.1\r\nX-A: 1\r\n\r\n", 0),
            "POST / HTTP/1.1\r\nX-A: 1\r\nHost: shop.test\r\n\r\n"
        );
    }

    #[test]
    fn fields_that_would_break_the_head_are_refused() {
        let refused =
            |name: &str, value: &str| ExtraHeader::new(name.to_owned(), value.as_bytes()).unwrap_err();
        for name in ["", "X A", "X:", "X\r\n", "é"] {
            assert!(matches!(refused(name, "v"), HeaderRefused::Name { .. }), "{name:?}");
        }
        for name in ["content-length", "Transfer-Encoding", "Connection", "Upgrade"] {
            assert!(matches!(refused(name, "1"), HeaderRefused::Framing { .. }), "{name}");
        }
        for value in ["a\r\nB: c", "a\nb", "a\0b", "a\u{7f}"] {
            assert!(matches!(refused("X", value), HeaderRefused::Value { .. }), "{value:?}");
        }
    }

    fn any_field() -> impl Strategy<Value = (String, Vec<u8>)> {
        let value = proptest::collection::vec(prop_oneof![0x21_u8..0x7f, 0x80_u8..=0xff], 0..20);
        ("[A-Za-z][A-Za-z0-9_!-]{0,12}", value)
    }

    proptest! {
        #[test]
        fn every_other_line_comes_out_as_it_went_in(fields in proptest::collection::vec(any_field(), 0..20)) {
            let mut head = b"POST /x HTTP/1.1\r\nHost: a\r\n".to_vec();
            let mut expected = b"POST /x HTTP/1.1\r\nHost: localhost:3000\r\n".to_vec();
            for (name, value) in &fields {
                let framing = name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case("content-length");
                if framing || is_hop_by_hop(name) { continue; }
                for out in [&mut head, &mut expected] {
                    out.extend_from_slice(name.as_bytes());
                    out.extend_from_slice(b":");
                    out.extend_from_slice(value);
                    out.extend_from_slice(b"\r\n");
                }
            }
            head.extend_from_slice(b"\r\n");
            expected.extend_from_slice(b"\r\n");
            let target = Target::parse("3000", None).unwrap();
            let parsed = Head::parse(head).unwrap();
            let out = HeadPlan::default().prepare(&target, "/x", &parsed, 0).unwrap();
            prop_assert_eq!(out.as_ref(), expected.as_slice());
        }
    }
}
