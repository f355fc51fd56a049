use super::*;
use crate::hook::check::{Case, Expect, Script, Suite};
use crate::hook::delivery::Message;
use crate::hook::provider::{Catalogue, Kind};
use crate::hook::sample;
use crate::hook::verdict::Verdict;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

fn workshop(provider: &Arc<Provider>) -> Workshop {
    let secret = fresh_secret(provider, 1).unwrap();
    let keys = provider.keys(&[secret]).unwrap();
    let keys = keys.with_webhook_id(Some("WH-fake")).with_public_key("fake-public-key");
    let target = Target::parse("http://localhost:3000/webhooks", None).unwrap();
    Workshop::new(Arc::clone(provider), keys, target, 7).unwrap()
}

fn sample(provider: &Provider) -> Sample {
    sample::samples(provider.id()).first().cloned().unwrap_or_else(|| Sample::generic(provider))
}

/// The body without the framing of its chunks.
fn content(request: &Request) -> Vec<u8> {
    if request.head.headers().get("transfer-encoding").is_none() {
        return request.body.to_vec();
    }
    let (mut content, mut rest) = (Vec::new(), &request.body[..]);
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        content.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 4 + size..];
        if size == 0 {
            assert!(rest.is_empty());
            return content;
        }
    }
}

fn verdict(workshop: &Workshop, request: &Request) -> Verdict {
    let url = format!("{}{}", workshop.target.origin(), request.head.target());
    let message = Message {
        method: request.head.method(),
        target: request.head.target(),
        headers: request.head.headers(),
        body: &content(request),
        url: Some(&url),
    };
    workshop.provider.verify(&workshop.keys, &message, NOW, None)
}

/// Those of one request; large ones have a test of their own.
fn sends_changes(case: &&Case) -> bool {
    let large = [Change::Size1Mib, Change::Size5Mib];
    case.script == Script::Send && !case.change.iter().any(|change| large.contains(change))
}

#[test]
fn every_case_can_be_made_for_every_provider_that_it_applies_to_and_is_what_it_says() {
    let (mut made, mut wrong) = (0, Vec::new());
    for provider in Catalogue::builtin().all() {
        let (workshop, sample) = (workshop(&provider), sample(&provider));
        for case in Suite::builtin().cases().iter().filter(sends_changes) {
            if case.inapplicable(&provider).is_some() {
                continue;
            }
            made += 1;
            let verdict = match workshop.make(&sample, "chk_7_1", NOW, &case.change) {
                Ok(request) => verdict(&workshop, &request),
                Err(error) => {
                    wrong.push(format!("{} {}: {error}: {error:?}", provider.id(), case.id));
                    continue;
                }
            };
            let wanted = match case.expect {
                Expect::Accepted | Expect::AcceptedOrTooLarge => true,
                Expect::Refused => false,
                Expect::Answered | Expect::RefusedOrClosed => continue,
            };
            if verdict.verified() != wanted {
                wrong.push(format!("{} {}: {}", provider.id(), case.id, verdict.reason));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(made > 3_000, "{made}");
}

#[test]
fn the_same_seed_makes_the_same_request_and_another_seed_another() {
    let koji = Catalogue::builtin().get("koji").unwrap();
    let (one, sample) = (workshop(&koji), sample(&koji));
    let other = Workshop { seed: 8, ..one.clone() };
    let changes = [Change::OtherSecret];
    let made = |workshop: &Workshop| workshop.make(&sample, &workshop.id(1), NOW, &changes).unwrap();
    assert_eq!(made(&one), made(&one));
    assert_ne!(made(&one).body, made(&other).body);
    assert_ne!(one.id(1), one.id(2));
    let again = Workshop::new(Arc::clone(&koji), one.keys.clone(), one.target.clone(), 7).unwrap();
    assert_eq!(made(&one), made(&again));
}

#[test]
fn only_what_carries_the_secret_itself_is_to_be_masked() {
    let secret_header = |id: &str| {
        let provider = Catalogue::builtin().get(id).unwrap();
        workshop(&provider).make(&sample(&provider), "one", NOW, &[]).unwrap().secret_header
    };
    assert_eq!(secret_header("gitlab-token").as_deref(), Some("X-Gitlab-Token"));
    assert_eq!(secret_header("postmark").as_deref(), Some("Authorization"));
    assert_eq!(secret_header("koji"), None);
    assert_eq!(secret_header("monday"), None);
}

#[test]
fn a_header_with_something_else_than_the_secret_is_shown_and_the_secret_elsewhere_is_not() {
    let gitlab = Catalogue::builtin().get("gitlab-token").unwrap();
    let (workshop, sample) = (workshop(&gitlab), sample(&gitlab));
    let secret_header = |change| workshop.make(&sample, "one", NOW, &[change]).unwrap().secret_header;
    for change in [Change::NoSignature, Change::EmptySignature, Change::OtherSecret, Change::GarbageSignature]
    {
        assert_eq!(secret_header(change), None, "{change:?}");
    }
    for change in
        [Change::ShortSignature, Change::LongSignature, Change::HugeSignature, Change::OneRightHeader]
    {
        assert_eq!(secret_header(change).as_deref(), Some("X-Gitlab-Token"), "{change:?}");
    }
    assert_eq!(secret_header(Change::OtherHeader).as_deref(), Some("X-Hub-Signature-256"));
}

#[test]
fn a_signature_in_the_body_or_the_url_is_taken_away_whole() {
    for (id, name) in
        [("mailgun", "\"signature\":\""), ("adyen-standard", "hmacSignature"), ("braintree", "bt_signature")]
    {
        let provider = Catalogue::builtin().get(id).unwrap();
        let (workshop, sample) = (workshop(&provider), sample(&provider));
        let holds = |changes: &[Change]| {
            let request = workshop.make(&sample, "one", NOW, changes).unwrap();
            String::from_utf8_lossy(&request.body).contains(name)
        };
        assert!(holds(&[]) && !holds(&[Change::NoSignature]), "{id}");
    }
    let pandadoc = Catalogue::builtin().get("pandadoc").unwrap();
    let made = workshop(&pandadoc).make(&sample(&pandadoc), "one", NOW, &[Change::NoSignature]).unwrap();
    assert_eq!(made.head.target(), "/webhooks");
}

#[test]
fn the_head_has_what_a_vendor_sends_and_one_length() {
    let github = Catalogue::builtin().get("github").unwrap();
    let mut workshop = workshop(&github);
    workshop.headers =
        vec![("X-Mine".to_owned(), b"1".to_vec()), ("content-length".to_owned(), b"3".to_vec())];
    let made = |changes: &[Change]| workshop.make(&sample(&github), "one", NOW, changes).unwrap();
    let good = made(&[]);
    let head = good.head.headers();
    assert_eq!(head.get("host"), Some(&b"localhost:3000"[..]));
    assert_eq!(head.all("content-length").count(), 1);
    assert_eq!(head.get("content-length"), Some(good.body.len().to_string().as_bytes()));
    assert_eq!(head.get("x-mine"), Some(&b"1"[..]));
    assert!(head.get("x-github-event").is_some());
    let get = made(&[Change::Get]);
    assert_eq!((get.head.method(), get.body.len(), get.head.headers().len()), ("GET", 0, 2));
    let chunked = made(&[Change::Chunked]);
    assert!(chunked.head.headers().get("content-length").is_none());
    let upper = made(&[Change::UpperCaseNames]);
    assert!(upper.head.headers().iter().all(|field| field.name == field.name.to_ascii_uppercase()));
}

#[test]
fn sizes_are_what_they_are_called() {
    for id in ["koji", "github", "twilio", "hubspot-v3"] {
        let provider = Catalogue::builtin().get(id).unwrap();
        let workshop = workshop(&provider);
        let length = |change| workshop.make(&sample(&provider), "one", NOW, &[change]).unwrap().body.len();
        assert_eq!(length(Change::Size100Kib), 102 * 1024, "{id}");
        assert_eq!(length(Change::Size1Mib), 1024 * 1024, "{id}");
        assert_eq!(length(Change::Size5Mib), 5 * 1024 * 1024, "{id}");
    }
}

#[test]
fn a_wrong_signature_is_of_the_form_of_the_right_one() {
    for id in ["koji", "stripe", "standard-webhooks", "gitlab-token", "postmark", "discord"] {
        let provider = Catalogue::builtin().get(id).unwrap();
        let workshop = workshop(&provider);
        let made = |changes: &[Change]| workshop.make(&sample(&provider), "one", NOW, changes).unwrap();
        let name = provider.signature_headers().first().unwrap();
        let (good, wrong) = (made(&[]), made(&[Change::TwoWrongHeaders]));
        let value = |request: &Request| request.head.headers().get(name).unwrap().to_vec();
        assert_eq!(wrong.head.headers().all(name).count(), 2, "{id}");
        assert_eq!(value(&good).len(), value(&wrong).len(), "{id}");
        assert_ne!(value(&good), value(&wrong), "{id}");
        assert_eq!(prefix(&provider).is_empty(), matches!(id, "discord" | "gitlab-token"), "{id}");
    }
    assert_eq!(Catalogue::builtin().get("postmark").unwrap().kind(), Kind::Basic);
}

#[test]
fn odd_bytes_are_the_same_value() {
    use serde_json::Value;
    for id in ["koji", "userjourneys", "stripe", "github", "sendgrid", "adyen-standard", "linear", "okta"] {
        let provider = Catalogue::builtin().get(id).unwrap();
        let (workshop, sample) = (workshop(&provider), sample(&provider));
        let body = |changes: &[Change]| workshop.make(&sample, "one", NOW, changes).unwrap().body;
        // Signatures in the body are those of its bytes, so they are left out of the comparison.
        let read = |bytes: &[u8]| {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            let mut value: Value = serde_json::from_slice(text).unwrap();
            let outermost = if value.is_array() { value.get_mut(0).unwrap() } else { &mut value };
            let added = outermost.as_object_mut().unwrap().shift_remove("hookctl_check");
            (value, added)
        };
        let (good, none) = read(&body(&[]));
        assert_eq!(none, None);
        for change in [
            Change::Indented,
            Change::Spaced,
            Change::Reordered,
            Change::EscapedSlashes,
            Change::LargeNumbers,
            Change::DuplicateKeys,
            Change::TrailingNewline,
            Change::Crlf,
            Change::Bom,
        ] {
            let odd = body(&[change]);
            assert_ne!(odd, body(&[]), "{id} {change:?}");
            assert_eq!(read(&odd).0, good, "{id} {change:?}");
        }
        for (change, letters) in [
            (Change::NonAscii, "Gr\u{fc}\u{df}e"),
            (Change::Emoji, "\u{1f680}"),
            (Change::UnicodeEscapes, "Gr\\u00fc"),
        ] {
            let odd = body(&[change]);
            assert!(String::from_utf8_lossy(&odd).contains(letters), "{id} {change:?}");
            let (value, added) = read(&odd);
            assert!(value != good || added.is_some(), "{id} {change:?}");
        }
    }
}

#[test]
fn what_is_left_out_or_added_is_what_the_case_says() {
    let koji = Catalogue::builtin().get("koji").unwrap();
    let (workshop, sample) = (workshop(&koji), sample(&koji));
    let text = |changes: &[Change]| {
        String::from_utf8(workshop.make(&sample, "one", NOW, changes).unwrap().body.to_vec()).unwrap()
    };
    assert!(
        text(&[]).contains("\"participant\"") && !text(&[Change::MissingFields]).contains("\"participant\"")
    );
    assert!(text(&[Change::MissingFields]).contains("\"interview_id\""));
    assert!(text(&[Change::NullData]).contains("\"data\":null"));
    assert!(text(&[Change::UnknownEvent]).contains("\"type\":\"hookctl.check.unknown_event\""));
    assert_eq!(text(&[Change::UnknownFields]).matches("hookctl_check").count(), 2);
    assert!(text(&[Change::OldEvent]).contains("2026-04-"), "{}", text(&[Change::OldEvent]));
    assert_eq!(text(&[Change::EmptyObject]), "{}");
    let changed = text(&[Change::ByteChanged]);
    assert_eq!(changed.len(), text(&[]).len());
    assert_eq!(changed.bytes().zip(text(&[]).bytes()).filter(|(one, other)| one != other).count(), 1);
}

/// Every change that a case makes.
fn every_change() -> impl Iterator<Item = Change> {
    Suite::builtin().cases().iter().flat_map(|case| case.change.iter().copied())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_payload_can_be_tried(body in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        "[\\[\\]{}:,\"a/1 \\\\]{0,30}".prop_map(String::into_bytes),
        r#"\{"(type|data|event)":("[ -~]{0,8}"|null|\{\}|\[\{\}\])\}"#.prop_map(String::into_bytes),
    ]) {
        for id in ["koji", "stripe", "twilio", "mailgun", "monday"] {
            let provider = Catalogue::builtin().get(id).unwrap();
            let (workshop, sample) = (workshop(&provider), Sample::of_payload(body.clone(), &provider));
            for change in every_change().filter(|change| !matches!(change, Change::Size1Mib | Change::Size5Mib)) {
                if let Ok(request) = workshop.make(&sample, "one", NOW, &[change]) {
                    prop_assert_eq!(request.id.as_str(), "one");
                }
            }
        }
    }
}

#[test]
fn the_right_signature_of_a_forged_request_is_known() {
    let mut known = 0;
    // Key pairs take long to make, and one has no right signature like any other.
    let all = Catalogue::builtin().all();
    for provider in all.into_iter().filter(|one| !one.kind().has_key_pair() || &**one.id() == "discord") {
        let workshop = workshop(&provider);
        let make = |changes: &[Change]| workshop.make(&sample(&provider), "one", NOW, changes).unwrap();
        let (good, forged) = (make(&[]), make(&[Change::OtherSecret]));
        assert_eq!(good.right, forged.right, "{}", provider.id());
        let shared = matches!(provider.kind(), Kind::Hmac | Kind::Hash | Kind::JwtHs);
        assert_eq!(shared, !good.right.is_empty(), "{}", provider.id());
        known += usize::from(shared);
    }
    assert!(known > 80, "{known}");
    let koji = workshop(&Catalogue::builtin().get("koji").unwrap());
    let changed = koji.make(&sample(&koji.provider), "one", NOW, &[Change::ByteChanged]).unwrap();
    let key = koji.keys.first().unwrap().secret();
    let right = hmac_sha256(key, &changed.body);
    assert_eq!(changed.right, [right]);
    let stripe = workshop(&Catalogue::builtin().get("stripe").unwrap());
    let reused = stripe.make(&sample(&stripe.provider), "one", NOW, &[Change::ReusedTimestamp]).unwrap();
    assert_eq!(reused.right.len(), 2);
}

fn hmac_sha256(key: &[u8], content: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(content);
    mac.finalize().into_bytes().to_vec()
}
