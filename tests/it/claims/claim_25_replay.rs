//! Claim 25: a replay is refused where the scheme allows it, to the second, and
//! admitted where it does not.
//!
//! Every delivery here is signed rightly, by hand, over the timestamp as it is
//! written: only the rule about time decides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookctl::hook::delivery::Message;
use hookctl::hook::digest::{HashName, Mac, Sink as _};
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Cover};
use hookctl::hook::secret::Secret;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::Code::{self, InFuture, Malformed, Mismatch, TooOld, Verified};
use std::time::Duration;

const NOW: i64 = 1_760_000_000;
const KEY: &[u8] = b"fake-secret-one-";
const BODY: &str = r#"{"type":"x"}"#;

/// A scheme whose deliveries are written by hand: `TS` stands for the
/// timestamp and `SIG` for the signature.
struct Scheme {
    provider: &'static str,
    secret: &'static str,
    /// What is signed, with `BODY` for the body.
    content: &'static str,
    base64: bool,
    headers: &'static [(&'static str, &'static str)],
}

const STRIPE: Scheme = Scheme {
    provider: "stripe",
    secret: "fake-secret-one-",
    content: "TS.BODY",
    base64: false,
    headers: &[("Stripe-Signature", "t=TS,v1=SIG")],
};
const SLACK: Scheme = Scheme {
    provider: "slack",
    secret: "fake-secret-one-",
    content: "v0:TS:BODY",
    base64: false,
    headers: &[("X-Slack-Request-Timestamp", "TS"), ("X-Slack-Signature", "v0=SIG")],
};
const STANDARD_WEBHOOKS: Scheme = Scheme {
    provider: "standard-webhooks",
    secret: "whsec_ZmFrZS1zZWNyZXQtb25lLQ==",
    content: "msg_1.TS.BODY",
    base64: true,
    headers: &[("webhook-id", "msg_1"), ("webhook-timestamp", "TS"), ("webhook-signature", "v1,SIG")],
};
const WEBFLOW: Scheme = Scheme {
    provider: "webflow",
    secret: "fake-secret-one-",
    content: "TS:BODY",
    base64: false,
    headers: &[("x-webflow-timestamp", "TS"), ("x-webflow-signature", "SIG")],
};
const TWITCH: Scheme = Scheme {
    provider: "twitch",
    secret: "fake-secret-one-",
    content: "msg_1TSBODY",
    base64: false,
    headers: &[
        ("Twitch-Eventsub-Message-Id", "msg_1"),
        ("Twitch-Eventsub-Message-Timestamp", "TS"),
        ("Twitch-Eventsub-Message-Signature", "sha256=SIG"),
    ],
};
const KLAVIYO: Scheme = Scheme {
    provider: "klaviyo",
    secret: "fake-secret-one-",
    content: "BODYTS",
    base64: false,
    headers: &[("Klaviyo-Timestamp", "TS"), ("Klaviyo-Signature", "SIG")],
};

impl Scheme {
    /// The verdict on a delivery that is signed over this timestamp and carries `carried`.
    fn judged(&self, signed: &str, carried: &str, tolerance: Option<Duration>) -> Code {
        let mut mac = Mac::new(HashName::Sha256, KEY);
        mac.write(self.content.replace("TS", signed).replace("BODY", BODY).as_bytes());
        let tag = mac.finish();
        let tag = if self.base64 { STANDARD.encode(tag.as_bytes()) } else { hex::encode(tag.as_bytes()) };
        let written = |value: &str| value.replace("TS", carried).replace("SIG", &tag);
        let headers = Headers::from_pairs(self.headers.iter().map(|(name, value)| (*name, written(value))));
        self.verify(&headers, tolerance)
    }

    fn verify(&self, headers: &Headers, tolerance: Option<Duration>) -> Code {
        let provider = Catalogue::builtin().get(self.provider).unwrap();
        let keys = provider.keys(&[Secret::new(self.secret).unwrap()]).unwrap();
        let message = Message { method: "POST", target: "/", headers, body: BODY.as_bytes(), url: None };
        provider.verify(&keys, &message, Timestamp::from_seconds(NOW), tolerance).code
    }

    fn expect(&self, timestamp: &str, code: Code) {
        assert_eq!(self.judged(timestamp, timestamp, None), code, "{} at `{timestamp}`", self.provider);
    }
}

#[test]
fn three_hundred_seconds_pass_and_one_more_does_not_in_both_directions() {
    for scheme in [STRIPE, SLACK, STANDARD_WEBHOOKS] {
        for (age, code) in [
            (0, Verified),
            (299, Verified),
            (300, Verified),
            (301, TooOld),
            (-299, Verified),
            (-300, Verified),
            (-301, InFuture),
        ] {
            scheme.expect(&(NOW - age).to_string(), code);
        }
    }
    // In milliseconds the last one counts.
    for (age, code) in [(300_000, Verified), (300_001, TooOld), (-300_000, Verified), (-300_001, InFuture)] {
        WEBFLOW.expect(&(NOW * 1_000 - age).to_string(), code);
    }
    for (time, code) in [
        ("2025-10-09T08:43:20Z", Verified),
        ("2025-10-09T08:43:19Z", TooOld),
        ("2025-10-09T08:43:19.999Z", TooOld),
        ("2025-10-09T09:03:20Z", Verified),
        ("2025-10-09T09:03:21Z", InFuture),
        // The same moment in another zone.
        ("2025-10-09T10:53:20+02:00", Verified),
    ] {
        TWITCH.expect(time, code);
    }
}

#[test]
fn the_tolerance_can_be_set_also_where_the_vendor_has_none() {
    let judged = |age: i64, seconds| {
        let time = (NOW - age).to_string();
        STRIPE.judged(&time, &time, Some(Duration::from_secs(seconds)))
    };
    assert_eq!((judged(301, 600), judged(600, 600), judged(601, 600)), (Verified, Verified, TooOld));
    assert_eq!((judged(0, 0), judged(1, 0), judged(-1, 0)), (Verified, TooOld, InFuture));
    let at = |time: &str, tolerance| KLAVIYO.judged(time, time, tolerance);
    let minute = Some(Duration::from_secs(60));
    assert_eq!(at("Thu, 09 Oct 2025 08:52:20 GMT", minute), Verified);
    assert_eq!(at("Thu, 09 Oct 2025 08:52:19 GMT", minute), TooOld);
    assert_eq!(at("Thu, 09 Oct 2025 08:54:21 GMT", minute), InFuture);
    assert_eq!(at("Sun, 09 Oct 2005 08:52:19 GMT", None), Verified, "Klaviyo sets no tolerance");
}

/// What is no time is refused although its signature holds; what is one is
/// read as what it says.
#[test]
fn odd_timestamps_are_judged_by_what_they_say() {
    for scheme in [STRIPE, SLACK, STANDARD_WEBHOOKS] {
        for (timestamp, code) in [
            ("0", TooOld),
            ("1", TooOld),
            ("2147483647", InFuture),
            ("2147483648", InFuture),
            ("4294967296", InFuture),
            // Milliseconds where seconds belong: some forty thousand years ahead.
            ("1760000000000", InFuture),
            ("999999999999999", InFuture),
            ("9223372036854775807", Malformed),
            ("9223372036854775808", Malformed),
            ("18446744073709551616", Malformed),
            ("-1", Malformed),
            ("-1760000000", Malformed),
            ("+1760000000", Malformed),
            ("1760000000.0", Malformed),
            ("1.76e9", Malformed),
            ("0x68E77800", Malformed),
            ("1_760_000_000", Malformed),
            // Noughts in front change no number; the signature covers them.
            ("01760000000", Verified),
            ("000001760000000", Verified),
            ("00000000001760000000", Malformed),
            ("NaN", Malformed),
            ("now", Malformed),
            ("2025-10-09T08:53:20Z", Malformed),
            ("\u{ff11}760000000", Malformed),
        ] {
            scheme.expect(timestamp, code);
        }
    }
    // Seconds where milliseconds belong: January 1970.
    WEBFLOW.expect("1760000000", TooOld);
    WEBFLOW.expect("9223372036854775807", Malformed);
    for odd in ["1760000000", "2025-10-09", "2025-10-09T08:53:20", "2025-02-30T00:00:00Z", "x"] {
        TWITCH.expect(odd, Malformed);
    }
}

#[test]
fn an_empty_timestamp_is_none() {
    assert_eq!(STRIPE.judged("", "", None), Malformed);
    assert_eq!(SLACK.judged("", "", None), Malformed);
    assert_eq!(STANDARD_WEBHOOKS.judged("", "", None), Malformed);
}

#[test]
fn of_two_timestamps_the_first_counts_and_is_the_signed_one() {
    let (fresh, stale) = (NOW.to_string(), (NOW - 86_400).to_string());
    let two = format!("{fresh},t={stale}");
    assert_eq!(STRIPE.judged(&fresh, &two, None), Verified);
    assert_eq!(STRIPE.judged(&stale, &two, None), Mismatch, "a fresh time before a captured one");
    let two = format!("{stale},t={fresh}");
    assert_eq!(STRIPE.judged(&stale, &two, None), TooOld, "a fresh time behind a captured one");
    // And of two headers the first.
    for (first, second, code) in [(&fresh, &stale, Mismatch), (&stale, &fresh, TooOld)] {
        let mut mac = Mac::new(HashName::Sha256, KEY);
        mac.write(format!("v0:{stale}:{BODY}").as_bytes());
        let signature = format!("v0={}", hex::encode(mac.finish().as_bytes()));
        let headers = Headers::from_pairs([
            ("X-Slack-Request-Timestamp", first),
            ("X-Slack-Request-Timestamp", second),
            ("X-Slack-Signature", &signature),
        ]);
        assert_eq!(SLACK.verify(&headers, None), code);
    }
}

#[test]
fn a_captured_delivery_is_refused_once_it_is_older_than_the_tolerance() {
    let time = (NOW - 300).to_string();
    let mut mac = Mac::new(HashName::Sha256, KEY);
    mac.write(format!("{time}.{BODY}").as_bytes());
    let value = format!("t={time},v1={}", hex::encode(mac.finish().as_bytes()));
    let headers = Headers::from_pairs([("Stripe-Signature", value)]);
    let provider = Catalogue::builtin().get("stripe").unwrap();
    let keys = provider.keys(&[Secret::new(STRIPE.secret).unwrap()]).unwrap();
    let message =
        Message { method: "POST", target: "/", headers: &headers, body: BODY.as_bytes(), url: None };
    let at = |seconds| provider.verify(&keys, &message, Timestamp::from_seconds(NOW + seconds), None).code;
    assert_eq!(
        [at(-600), at(-300), at(0), at(1), at(86_400)],
        [Verified, Verified, Verified, TooOld, TooOld]
    );
}

/// Every profile says what its signature covers, and where it covers no time
/// the verdict says that a replay cannot be told.
#[test]
fn where_no_time_is_signed_it_is_said() {
    let catalogue = Catalogue::builtin();
    for id in ["koji", "userjourneys", "github", "shopify", "gitlab-token", "postmark"] {
        let provider = catalogue.get(id).unwrap();
        assert!(!provider.replay_detectable(), "{id}");
        let secret = Secret::new("user:fake-secret-one").unwrap();
        let keys = provider.keys(&[secret]).unwrap();
        let none = Headers::default();
        let message = Message { method: "POST", target: "/", headers: &none, body: b"{}", url: None };
        let now = Timestamp::from_seconds(NOW);
        let signed = provider.sign(&keys, &message, now, None, None).unwrap();
        let headers = Headers::from_pairs(signed.headers);
        let years = Timestamp::from_seconds(NOW + 400_000_000);
        let verdict = provider.verify(&keys, &Message { headers: &headers, ..message }, years, None);
        assert!(verdict.verified(), "{id}: {verdict:?}");
        assert!(verdict.reason.contains("a replay cannot be detected"), "{id}: {verdict:?}");
    }
    let count = |cover| catalogue.all().iter().filter(|provider| provider.cover() == cover).count();
    let covers = [Cover::Body, Cover::Checksum, Cover::Fields, Cover::Nothing].map(count);
    assert_eq!(covers.iter().sum::<usize>(), catalogue.ids().len());
    assert_eq!(
        covers[1..],
        [1, 3, 6],
        "PayPal; Mailgun, Adyen and Braintree; tokens, credentials and monday"
    );
}
