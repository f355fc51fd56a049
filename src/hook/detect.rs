//! Recognises which provider sent a delivery.
//!
//! A header's name alone does not do it: nine schemes share
//! `webhook-signature`. So the name, the shape of the value and a second
//! header or field of the body count together, and what is not sure is said
//! to be unsure. Verifies nothing.

use super::condition::Condition;
use super::delivery::Message;
use super::provider::{Catalogue, Kind, Place, Provider, TimePlace};
use super::signature::scope::Scope;
use super::template::{Lookup as _, Source};
use std::collections::HashMap;
use std::sync::Arc;

/// Which provider sent a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detection {
    /// This one.
    Sure(Arc<str>),
    /// One of these, the best first.
    Likely(Vec<Arc<str>>),
    /// Nothing points to any.
    Unknown,
}

/// What a profile's own conditions weigh, and another header of the provider.
const OWN_CONDITIONS: i32 = 100;
const SECOND_HEADER: i32 = 10;
const BODY_FIELD: i32 = 1;

/// Ready to recognise the providers of one catalogue.
#[derive(Debug)]
pub struct Detector {
    providers: Vec<Arc<Provider>>,
    /// Small-letter names of signature headers, with who uses them.
    headers: HashMap<Box<[u8]>, Vec<usize>>,
    /// Providers whose signature is in the body or the query.
    elsewhere: Vec<usize>,
}

#[derive(Clone, Copy)]
struct Candidate<'d> {
    at: usize,
    provider: &'d Provider,
    shape: bool,
    unique: bool,
    score: i32,
}

/// Recognises one delivery; a [`Detector`] does it faster for many.
pub fn detect(catalogue: &Catalogue, message: &Message<'_>) -> Detection {
    Detector::new(catalogue).detect(message)
}

impl Detector {
    /// Reads every profile of the catalogue once.
    pub fn new(catalogue: &Catalogue) -> Self {
        let providers = catalogue.all();
        let mut headers: HashMap<Box<[u8]>, Vec<usize>> = HashMap::new();
        let mut elsewhere = Vec::new();
        for (at, provider) in providers.iter().enumerate() {
            match &provider.place {
                Place::Headers(names) => {
                    for name in names {
                        let name = name.to_ascii_lowercase().into_bytes().into_boxed_slice();
                        headers.entry(name).or_default().push(at);
                    }
                }
                _ => elsewhere.push(at),
            }
        }
        Self { providers, headers, elsewhere }
    }

    /// Recognises one delivery.
    pub fn detect(&self, message: &Message<'_>) -> Detection {
        let mut candidates = self.by_header(message);
        if candidates.is_empty() {
            candidates = self.by_other_place(message);
        }
        if candidates.is_empty() {
            return self.without_signature(message);
        }
        if candidates.iter().any(|candidate| candidate.shape) {
            candidates.retain(|candidate| candidate.shape);
        }
        if let [only] = candidates.as_slice()
            && only.unique
        {
            // Nobody else signs like this: the rest need not be read.
            return if only.shape {
                sure(only)
            } else {
                Detection::Likely(vec![Arc::clone(only.provider.id())])
            };
        }
        let superseded = |id: &str| {
            candidates.iter().any(|other| other.provider.supersedes.iter().any(|old| **old == *id))
        };
        let mut kept: Vec<Candidate<'_>> =
            candidates.iter().copied().filter(|candidate| !superseded(candidate.provider.id())).collect();
        let scope = Scope::new(message);
        for candidate in &mut kept {
            candidate.score = evidence(candidate.provider, &scope);
        }
        // The order of the catalogue decides between equals: the sort is stable.
        kept.sort_by_key(|candidate| (-candidate.score, candidate.at));
        verdict(&kept)
    }

    fn by_header(&self, message: &Message<'_>) -> Vec<Candidate<'_>> {
        let mut candidates: Vec<Candidate<'_>> = Vec::new();
        let mut lower = [0; 64];
        for field in message.headers.iter() {
            let name = field.name.as_bytes();
            let Some(room) = lower.get_mut(..name.len()) else { continue };
            room.copy_from_slice(name);
            room.make_ascii_lowercase();
            let Some(users) = self.headers.get(&*room) else { continue };
            for at in users {
                let Some(provider) = self.providers.get(*at) else { continue };
                let shape = has_shape(provider, field.value);
                match candidates.iter_mut().find(|candidate| candidate.at == *at) {
                    Some(known) => known.shape |= shape,
                    None => {
                        let unique = users.len() == 1;
                        candidates.push(Candidate { at: *at, provider, shape, unique, score: 0 });
                    }
                }
            }
        }
        candidates
    }

    fn by_other_place(&self, message: &Message<'_>) -> Vec<Candidate<'_>> {
        let scope = Scope::new(message);
        let candidate = |at: &usize| {
            let provider = self.providers.get(*at)?;
            let source = match (&provider.place, &provider.each) {
                (Place::Headers(_), _) => return None,
                (Place::Json(path), None) => Source::Json(path.clone()),
                (Place::Json(path), Some(array)) => {
                    let path = format!("json:{}.0.{}", array.as_str(), path.as_str());
                    Source::parse(&path).ok()?
                }
                (Place::Form(name), _) => Source::Form(name.clone()),
                (Place::Query(name), _) => Source::Query(name.clone()),
            };
            let value = scope.lookup(&source)?;
            let shape = has_shape(provider, &value);
            // A query parameter called `signature` is nobody's own.
            let unique = !matches!(provider.place, Place::Query(_));
            shape.then_some(Candidate { at: *at, provider, shape, unique, score: 0 })
        };
        self.elsewhere.iter().filter_map(candidate).collect()
    }

    /// Deliveries and handshakes that come without any signature.
    fn without_signature(&self, message: &Message<'_>) -> Detection {
        let scope = Scope::new(message);
        let looks_like = |provider: &&Arc<Provider>| {
            let unsigned = !provider.unsigned.is_empty() && all_hold(&provider.unsigned, &scope);
            // A field of the body or a method is too little to name a provider.
            let telling = |condition: &Condition| {
                condition.sources().all(|source| matches!(source, Source::Header(_) | Source::Query(_)))
            };
            let mut handshakes = provider.handshakes.iter().map(|handshake| &handshake.when);
            unsigned || handshakes.any(|when| telling(when) && when.holds(&scope))
        };
        let ids: Vec<_> =
            self.providers.iter().filter(looks_like).map(|provider| Arc::clone(provider.id())).collect();
        if ids.is_empty() { Detection::Unknown } else { Detection::Likely(ids) }
    }
}

fn sure(candidate: &Candidate<'_>) -> Detection {
    Detection::Sure(Arc::clone(candidate.provider.id()))
}

/// Sure when the best is ahead of the next by at least a header, and is either
/// the only one to use its place or has evidence of its own.
fn verdict(candidates: &[Candidate<'_>]) -> Detection {
    let Some(best) = candidates.first() else { return Detection::Unknown };
    let next = candidates.get(1).map_or(i32::MIN, |next| next.score);
    let ahead = i64::from(best.score) - i64::from(next) >= i64::from(SECOND_HEADER);
    if best.shape && ahead && (best.unique || best.score >= SECOND_HEADER) {
        return sure(best);
    }
    Detection::Likely(candidates.iter().map(|candidate| Arc::clone(candidate.provider.id())).collect())
}

/// Whether a value is written the way the scheme writes it.
fn has_shape(provider: &Provider, value: &[u8]) -> bool {
    match provider.kind {
        Kind::Token => !value.is_empty() && !value.contains(&b' '),
        Kind::Basic => value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic ")),
        Kind::JwtHs | Kind::JwtEs256 => {
            let token = value.strip_prefix(b"Bearer ").unwrap_or(value);
            token.starts_with(b"eyJ") && token.iter().filter(|byte| **byte == b'.').count() == 2
        }
        Kind::Ed25519 | Kind::EcdsaP256 | Kind::RsaSha256 => {
            let signatures = provider.value.read(value).signatures;
            // Ed25519 and P-256 take 64 bytes or a little more, RSA several times that.
            signatures.iter().any(|signature| signature.len() >= provider.encode.length(64))
        }
        Kind::Hmac | Kind::Hash => {
            let written = provider.value.read(value);
            let timed = provider.timestamp != Some(TimePlace::Value) || written.timestamp.is_some();
            let decodes =
                |signature: &&[u8]| provider.encode.decode_tag(signature, provider.hash.bytes()).is_some();
            timed && written.signatures.iter().any(decodes)
        }
    }
}

fn all_hold(conditions: &[Condition], scope: &Scope<'_>) -> bool {
    conditions.iter().all(|condition| condition.holds(scope))
}

/// What else in the message speaks for a provider.
fn evidence(provider: &Provider, scope: &Scope<'_>) -> i32 {
    let mut score = 0;
    if !provider.detect.is_empty() {
        score += if all_hold(&provider.detect, scope) { OWN_CONDITIONS } else { -OWN_CONDITIONS };
    }
    let time = match &provider.timestamp {
        Some(TimePlace::Source(source)) => Some(source),
        _ => None,
    };
    let sources = provider.event.iter().chain(&provider.delivery).chain(&provider.id_source).chain(time);
    let mut seen: Vec<&Source> = Vec::new();
    for source in sources {
        if seen.contains(&source) || scope.lookup(source).is_none() {
            continue;
        }
        seen.push(source);
        score += if matches!(source, Source::Header(_)) { SECOND_HEADER } else { BODY_FIELD };
    }
    for (name, template) in &provider.extra {
        if let (Some(there), Some(wanted)) =
            (scope.message.headers.get(name), template.render_complete(scope))
        {
            score += if there == wanted { SECOND_HEADER } else { -OWN_CONDITIONS };
        }
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::headers::Headers;

    const HEX: &str = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BASE64: &str = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const UJ: &str = r#"{"event":"interview.completed","data":{"study_id":"s"}}"#;

    fn seen(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Detection {
        let filled = |value: &str| value.replace("HEX", HEX).replace("BASE64", BASE64);
        let headers = Headers::from_pairs(headers.iter().map(|(name, value)| (*name, filled(value))));
        let message = Message { method, target, headers: &headers, body: body.as_bytes(), url: None };
        detect(&Catalogue::builtin(), &message)
    }

    fn sure_of(headers: &[(&str, &str)], body: &str) -> Option<String> {
        match seen("POST", "/", headers, body) {
            Detection::Sure(id) => Some(id.to_string()),
            _ => None,
        }
    }

    fn likely(headers: &[(&str, &str)], body: &str) -> Vec<String> {
        match seen("POST", "/", headers, body) {
            Detection::Likely(ids) => ids.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_header_of_ones_own_with_the_right_shape_is_enough() {
        for (header, value, id) in [
            ("x-koji-signature", "sha256=HEX", "koji"),
            ("Stripe-Signature", "t=1,v1=HEX,v0=HEX", "stripe"),
            ("X-Slack-Signature", "v0=HEX", "slack"),
            ("X-Shopify-Hmac-SHA256", "BASE64", "shopify"),
            ("X-Telegram-Bot-Api-Secret-Token", "token", "telegram"),
        ] {
            assert_eq!(sure_of(&[("Host", "a"), (header, value)], "{}").as_deref(), Some(id));
        }
        assert_eq!(likely(&[("X-Koji-Signature", "nonsense")], ""), ["koji"]);
    }

    #[test]
    fn userjourneys_is_known_by_header_and_body_together() {
        let signature = ("X-Webhook-Signature", "sha256=HEX");
        let event = ("X-Webhook-Event", "interview.completed");
        assert_eq!(sure_of(&[signature, event], UJ).as_deref(), Some("userjourneys"));
        assert_eq!(sure_of(&[signature], UJ).as_deref(), Some("userjourneys"));
        let older = UJ.replace("study_id", "experiment_id");
        assert_eq!(sure_of(&[signature], &older).as_deref(), Some("userjourneys"));
        for other in
            ["{}", r#"{"event":"interview.completed"}"#, r#"{"event":"x","data":{"study_id":"s"}}"#, "no"]
        {
            assert_eq!(likely(&[signature], other), ["cursor", "userjourneys"], "{other}");
        }
        // The same header in the shapes of others.
        assert_eq!(likely(&[("X-Webhook-Signature", "t=1,v1=HEX")], UJ), ["ripple"]);
        assert_eq!(
            sure_of(&[("X-Webhook-Signature", "eyJh.eyJi.c"), ("X-Netlify-Event", "deploy")], "{}")
                .as_deref(),
            Some("netlify")
        );
    }

    #[test]
    fn shared_headers_need_a_second_one() {
        let hub = ("X-Hub-Signature-256", "sha256=HEX");
        assert_eq!(
            sure_of(
                &[
                    hub,
                    ("X-Hub-Signature", "sha1=a2114d57b48eac39b9ad189dd8316235a7b4a8d2"),
                    ("X-GitHub-Event", "push")
                ],
                "{}"
            )
            .as_deref(),
            Some("github")
        );
        assert_eq!(sure_of(&[hub], r#"{"object":"whatsapp_business_account"}"#).as_deref(), Some("whatsapp"));
        assert_eq!(likely(&[hub], r#"{"object":"page"}"#).first().map(String::as_str), Some("facebook"));
        let old = ("X-Hub-Signature", "sha256=HEX");
        assert_eq!(sure_of(&[old, ("X-Event-Key", "repo:push")], "{}").as_deref(), Some("bitbucket"));
        assert_eq!(sure_of(&[old, ("X-Atlassian-Webhook-Identifier", "1")], "{}").as_deref(), Some("jira"));
        let sha1 = ("X-Hub-Signature", "sha1=a2114d57b48eac39b9ad189dd8316235a7b4a8d2");
        assert_eq!(sure_of(&[sha1, ("X-GitHub-Event", "push")], "{}").as_deref(), Some("github-sha1"));
        let hubspot = ("X-HubSpot-Signature", "HEX");
        for (version, id) in [("v1", "hubspot-v1"), ("v2", "hubspot-v2")] {
            let headers = [hubspot, ("X-HubSpot-Signature-Version", version)];
            assert_eq!(sure_of(&headers, "[]").as_deref(), Some(id));
        }
        let third = ("X-HubSpot-Signature-v3", "BASE64");
        assert_eq!(
            sure_of(&[hubspot, third, ("X-HubSpot-Request-Timestamp", "1")], "[]").as_deref(),
            Some("hubspot-v3")
        );
    }

    #[test]
    fn the_standard_family_is_told_apart_only_by_what_is_there() {
        let standard =
            [("webhook-id", "m"), ("webhook-timestamp", "1"), ("webhook-signature", "v1a,xx v1,BASE64")];
        let family = likely(&standard, r#"{"type":"a"}"#);
        assert_eq!(family.first().map(String::as_str), Some("standard-webhooks"));
        assert!(family.iter().any(|id| id == "openai"), "{family:?}");
        assert!(!family.iter().any(|id| id == "gocardless" || id == "cloudflare-stream"), "{family:?}");
        let gitlab = [standard[0], standard[1], standard[2], ("X-Gitlab-Event", "Push Hook")];
        assert_eq!(sure_of(&gitlab, "{}").as_deref(), Some("gitlab"));
        let svix = [("svix-id", "m"), ("svix-timestamp", "1"), ("svix-signature", "v1,BASE64")];
        assert_eq!(likely(&svix, "{}"), ["svix", "clerk", "resend"]);
        assert_eq!(likely(&[("Webhook-Signature", "time=1,sig1=HEX")], "{}"), ["cloudflare-stream"]);
        assert_eq!(likely(&[("Webhook-Signature", "HEX")], "{}"), ["gocardless"]);
    }

    #[test]
    fn signatures_in_the_body_are_found() {
        let mailgun = r#"{"signature":{"timestamp":"1","token":"t","signature":"HEX"}}"#.replace("HEX", HEX);
        assert_eq!(sure_of(&[], &mailgun).as_deref(), Some("mailgun"));
        let adyen = r#"{"notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"BASE64"}}}]}"#;
        assert_eq!(sure_of(&[], &adyen.replace("BASE64", BASE64)).as_deref(), Some("adyen-standard"));
        let braintree = "bt_signature=pk%7Ca2114d57b48eac39b9ad189dd8316235a7b4a8d2&bt_payload=x";
        assert_eq!(sure_of(&[], braintree).as_deref(), Some("braintree"));
        let target = format!("/?signature={HEX}");
        assert_eq!(seen("POST", &target, &[], "{}"), Detection::Likely(vec!["pandadoc".into()]));
    }

    #[test]
    fn without_a_signature_nothing_is_sure() {
        let koji = r#"{"type":"interview.completed","data":{"study_id":"s"}}"#;
        assert_eq!(likely(&[], koji), ["koji"]);
        assert_eq!(likely(&[], UJ), ["userjourneys"]);
        assert_eq!(likely(&[("X-Hook-Secret", "s")], "{}"), ["asana"]);
        assert_eq!(seen("GET", "/?crc_token=a", &[], ""), Detection::Likely(vec!["twitter".into()]));
        for body in ["", "{}", r#"{"type":"ping"}"#, r#"{"type":"interview.completed"}"#, "no json"] {
            assert_eq!(seen("POST", "/", &[], body), Detection::Unknown, "{body}");
        }
    }

    #[test]
    fn a_users_provider_is_recognised_too() {
        let mut catalogue = Catalogue::builtin();
        catalogue.add("f", "[mine]\nheader = \"X-Mine\"").unwrap();
        let headers = Headers::from_pairs([("x-mine", HEX)]);
        let message = Message { method: "POST", target: "/", headers: &headers, body: b"", url: None };
        assert_eq!(detect(&catalogue, &message), Detection::Sure("mine".into()));
    }
}
