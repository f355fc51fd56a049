//! Deliveries with a payload in every field that a sender, a target or a vendor's
//! API writes; several fields in each, all with the same payload.

use super::super::SECRET;
use super::elsewhere::{self, Server};
use super::table::Payload;
use crate::harness::{Home, Listening, hmac_sha256_hex, raw_exchange, status_of};
use serde_json::{Value, json};

const KEY: &str = "uj_live_fake0000000000000000000000a1b2";

/// The four ways in which each payload comes, in their order.
pub(super) const WAYS: [Way; 4] = [Way::Interview, Way::Koji, Way::Raw, Way::Form];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    /// Verified, with an interview of the vendor's API, and passed on.
    Interview,
    /// Verified, with the payload as event, subject, id, names and values, and passed on.
    Koji,
    /// The payload is the whole body, called HTML; nothing is signed.
    Raw,
    /// A form, under a signature that is the payload.
    Form,
}

/// Everything that is sent from and to.
pub(super) struct Senders {
    pub(super) home: Home,
    pub(super) payloads: Vec<Payload>,
    /// Where a payload calls when it runs.
    pub(super) canary: Server,
    target: Server,
}

impl Senders {
    pub(super) fn new(payloads: Vec<Payload>) -> Self {
        let canary = elsewhere::listener(payloads.clone());
        let target = elsewhere::target(payloads.clone(), canary.address.to_string());
        let home = Home::default();
        home.secret("secret", SECRET);
        Self { home, payloads, canary, target }
    }

    pub(super) fn listen(&self, provider: &str, more: &[&str]) -> Listening {
        let (target, secret) = (format!("http://{}", self.target.address), self.home.join("secret"));
        let base = format!("{target}/api/v1");
        let args =
            ["--provider", provider, "--secret-file", secret.to_str().unwrap(), "--forward", target.as_str()];
        let variables = [("USERJOURNEYS_API_KEY", KEY), ("USERJOURNEYS_BASE_URL", base.as_str())];
        self.home.listen_with([&args, more].concat(), &variables)
    }

    /// Sends every payload in this way.
    pub(super) fn send(&self, listening: &Listening, way: Way) {
        for payload in &self.payloads {
            let status = status_of(&raw_exchange(listening.address, &self.request(payload, way)));
            // The target's own answer, or that of who holds no signature.
            let right = if way == Way::Raw || way == Way::Form { 401 } else { 200 };
            assert_eq!(
                status,
                right,
                "{way:?} {}: {}",
                payload.number,
                payload.text(&self.canary.address.to_string())
            );
            if way == Way::Interview {
                let record = listening.next("interview");
                assert!(record["failure"].is_null(), "{record}");
            }
        }
    }

    fn request(&self, payload: &Payload, way: Way) -> Vec<u8> {
        let own = self.canary.address.to_string();
        let (text, value) = (payload.text(&own), payload.value(&own));
        let (path, query, token) = (payload.path(&own), payload.query(&own), payload.token(&own));
        let signed = |body: &[u8]| format!("sha256={}", hmac_sha256_hex(SECRET, body)).into_bytes();
        let (body, kind, header, signature) = match way {
            Way::Interview => {
                let body = completed(payload.number, &text).to_string().into_bytes();
                (body.clone(), b"application/json".to_vec(), "X-Webhook-Signature", signed(&body))
            }
            Way::Koji => {
                let body = event(&text).to_string().into_bytes();
                (body.clone(), value.clone(), "X-Koji-Signature", signed(&body))
            }
            Way::Raw => (payload.bytes(&own), b"text/html".to_vec(), "X-Other-Signature", value.clone()),
            Way::Form => {
                let body = format!("{query}={query}&<b>={text}").into_bytes();
                let kind = b"application/x-www-form-urlencoded".to_vec();
                (body, kind, "X-Koji-Signature", value.clone())
            }
        };
        let method = if way == Way::Raw && is_token(&text) { token.as_str() } else { "POST" };
        let mut bytes = format!("{method} /{path}?{query}&{query}= HTTP/1.1\r\nHost: localhost\r\n");
        bytes.push_str(&format!("Connection: close\r\nContent-Length: {}\r\n", body.len()));
        let name = format!("X-{token}");
        let mut bytes = bytes.into_bytes();
        for (name, value) in [
            ("X-Number", payload.number.to_string().as_bytes()),
            (header, &signature),
            ("Content-Type", &kind),
            (&name, &value),
            ("X-GitHub-Delivery", &value),
            ("X-Webhook-Event", &value),
            ("User-Agent", &value),
        ] {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        [bytes, b"\r\n".to_vec(), body].concat()
    }
}

fn is_token(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter))
}

/// A payload as userjourneys sends it.
fn completed(number: usize, payload: &str) -> Value {
    json!({
        "event": "interview.completed",
        "data": {
            "interview_id": format!("int_{number}"), "study_id": payload, "study_name": payload,
            "interview_link": payload, "reference_id": payload, payload: payload,
            "respondent": {"name": payload, payload: [payload, {payload: null}]},
        },
    })
}

/// A payload as Koji sends it; where the text is JSON, it comes as such as well.
fn event(payload: &str) -> Value {
    let whole: Value = serde_json::from_str(payload).unwrap_or_else(|_| json!(payload));
    json!({
        "type": payload, "timestamp": payload,
        "data": {
            "interview_id": payload, "study_id": payload, "study_title": payload,
            "participant": {"external_id": payload, payload: payload, "email": whole},
            "__proto__": {payload: payload}, "constructor": {"prototype": {"html": payload}},
            "structured_answers": [{"type": payload, "value": [payload, whole]}],
        },
        payload: whole,
    })
}
