//! A delivery of 1 KB for every row, signed by the profile and checked by hand,
//! and the other way round: whoever cannot do the other's job is no baseline.

use crate::hand::{Hand, Request};
use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Place, Provider};
use hookctl::hook::signature::Keys;
use hookctl::hook::time::Timestamp;
use std::hint::black_box;
use std::sync::Arc;

pub(crate) const NOW: i64 = 1_760_000_000;
pub(crate) const ID: &str = "msg_2Lml5ctQsMkL4mGdRJhzu0A1Bcd";
pub(crate) const PUBLIC_KEY: &str = "fake-public-key";
const ORIGIN: &str = "https://example.test";
const TARGET: &str = "/hooks?x=1";

/// What senders send along anyway.
const USUAL: [(&str, &str); 6] = [
    ("Host", "example.test"),
    ("User-Agent", "Sender/1.0"),
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Content-Type", "application/json"),
    ("Content-Length", "1024"),
];

/// One row's delivery before and after it is signed.
pub(crate) struct Sample {
    provider: Arc<Provider>,
    keys: Keys,
    plain: Delivery,
    signed: Delivery,
}

struct Delivery {
    target: String,
    url: String,
    headers: Headers,
    body: Vec<u8>,
}

impl Delivery {
    fn message(&self) -> Message<'_> {
        let url = Some(self.url.as_str());
        Message { method: "POST", target: &self.target, headers: &self.headers, body: &self.body, url }
    }

    fn request(&self) -> Request<'_> {
        Request {
            method: "POST",
            url: &self.url,
            target: &self.target,
            headers: &self.headers,
            body: &self.body,
        }
    }
}

impl Sample {
    pub(crate) fn new(provider: &Arc<Provider>, hand: &Hand) -> Self {
        let keys = provider.keys(&[hand.secret()]).unwrap();
        let plain = Delivery {
            target: TARGET.to_owned(),
            url: format!("{ORIGIN}{TARGET}"),
            headers: Headers::from_pairs(USUAL),
            body: body(provider),
        };
        let now = Timestamp::from_seconds(NOW);
        let signed = provider.sign(&keys, &plain.message(), now, Some(ID), Some(PUBLIC_KEY)).unwrap();
        let target = signed.target.unwrap_or_else(|| TARGET.to_owned());
        let usual = USUAL.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        let signed = Delivery {
            url: plain.url.clone(),
            target,
            headers: Headers::from_pairs(usual.chain(signed.headers)),
            body: signed.body.unwrap_or_else(|| plain.body.clone()),
        };
        let sample = Self { provider: Arc::clone(provider), keys, plain, signed };
        assert!(sample.verify_by_profile(), "{} by profile", provider.id());
        assert!(hand.verify(&sample.arrived()), "{} by hand", provider.id());
        assert!(hand.agrees(&sample.unsigned(), &sample.arrived()), "{} signed by hand", provider.id());
        sample
    }

    pub(crate) fn unsigned(&self) -> Request<'_> {
        black_box(self.plain.request())
    }

    pub(crate) fn arrived(&self) -> Request<'_> {
        black_box(self.signed.request())
    }

    pub(crate) fn sign_by_profile(&self) -> hookctl::hook::signature::Signed {
        let now = Timestamp::from_seconds(NOW);
        let message = black_box(self.plain.message());
        self.provider.sign(&self.keys, &message, now, Some(ID), Some(PUBLIC_KEY)).unwrap()
    }

    pub(crate) fn verify_by_profile(&self) -> bool {
        let now = Timestamp::from_seconds(NOW);
        self.provider.verify(&self.keys, &black_box(self.signed.message()), now, None).verified()
    }
}

/// A body of 1 KB that has what the row signs.
fn body(provider: &Provider) -> Vec<u8> {
    let start = match (&**provider.id(), provider.place()) {
        ("adyen-standard", _) => r#"{"notificationItems":[{"NotificationRequestItem":{"pspReference":"7914073381342284","originalReference":"","merchantAccountCode":"Fake","merchantReference":"Test-1","amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true","additionalData":{"a":"b"}}}],"n":""#.to_owned(),
        (_, Place::Json(_)) => format!(r#"{{"signature":{{"timestamp":"{NOW}","token":"fake"}},"n":""#),
        (_, Place::Form(_)) => "a=1&bt_payload=".to_owned(),
        ("twilio" | "mandrill", _) => "ToCountry=US&From=%2B14158675310&MessageSid=SM1&Body=".to_owned(),
        ("linear", _) => format!(r#"{{"webhookTimestamp":{NOW}000,"n":""#),
        _ => r#"{"type":"interview.completed","data":{"interview_id":"abc123"},"n":""#.to_owned(),
    };
    let end = if start.starts_with('{') { "\"}" } else { "" };
    let mut body = start.into_bytes();
    body.resize(1_024 - end.len(), b'n');
    body.extend_from_slice(end.as_bytes());
    body
}
