//! The rules of a scheme one by one, over every scheme of the catalogue with a
//! shared secret that is no token: what it signs verifies, and each way of being wrong is refused by
//! the rule that names it.

use super::{Arrived, Scheme, TARGET, URL, now, schemes, secret};
use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Cover, Kind, Place, SecretForm};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::{KeyError, SignError};
use hookctl::hook::verdict::Code;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn what_is_signed_verifies() {
    for scheme in schemes() {
        let verdict = scheme.verify(&scheme.arrived(&scheme.body("text")));
        assert!(verdict.verified(), "{}: {verdict:?}", scheme.provider.id());
        let warned = verdict.reason.contains("a replay cannot be detected");
        assert_eq!(warned, !scheme.provider.replay_detectable(), "{}: {verdict:?}", scheme.provider.id());
        let partly = verdict.reason.contains("only some fields");
        assert_eq!(partly, scheme.provider.cover() == Cover::Fields, "{verdict:?}");
    }
}

#[test]
fn another_secret_is_a_mismatch() {
    for mut scheme in schemes() {
        let arrived = scheme.arrived(&scheme.body("text"));
        scheme.keys = scheme.provider.keys(&[secret(&scheme.provider, "fake-secret-two")]).unwrap();
        scheme.refused(&arrived, Code::Mismatch, "another secret");
        // With both at hand, either holds: secrets are rotated.
        let both = ["fake-secret-two", "fake-secret-one"].map(|seed| secret(&scheme.provider, seed));
        scheme.keys = scheme.provider.keys(&both).unwrap();
        assert!(scheme.verify(&arrived).verified(), "{}", scheme.provider.id());
    }
}

#[test]
fn a_missing_or_empty_signature_is_refused() {
    for scheme in schemes() {
        let body = scheme.body("text");
        let arrived = scheme.arrived(&body);
        let bare = Arrived { target: TARGET.to_owned(), body, ..scheme.without_headers(&arrived) };
        scheme.refused(&bare, Code::NoHeader, "nothing");
        if !scheme.provider.signature_headers().is_empty() {
            scheme.refused(&scheme.with_value(&arrived, b""), scheme.empty(), "an empty value");
            scheme.refused(&scheme.with_value(&arrived, b"  "), scheme.empty(), "spaces");
        }
    }
}

impl Scheme {
    fn empty(&self) -> Code {
        if self.provider.kind() == Kind::Basic { Code::WrongPrefix } else { Code::Malformed }
    }
}

#[test]
fn a_signature_that_is_no_signature_is_refused() {
    for scheme in schemes().into_iter().filter(Scheme::signs) {
        let arrived = scheme.arrived(&scheme.body("text"));
        let signature = scheme.signature(&arrived);
        let with = |new: &str| scheme.with_signature(&arrived, new);
        let alone = scheme.value(&arrived) == signature;
        let emptied = if alone { Code::Malformed } else { Code::BadEncoding };
        scheme.refused(&with(""), emptied, "only what stands before the signature");
        for (new, what) in [
            (signature[..signature.len() - 1].to_owned(), "a truncated signature"),
            (format!("{signature}0"), "one digit too many"),
            (format!("0{signature}"), "one digit in front"),
            (signature[..8].to_owned(), "a short signature"),
            (format!("{signature}{signature}"), "a doubled signature"),
            ("z~".repeat(signature.len() / 2), "garbage of the right length"),
            ("0".repeat(2_000), "a long one"),
        ] {
            scheme.refused(&with(&new), Code::BadEncoding, what);
        }
        let first = if signature.starts_with('0') { "1" } else { "0" };
        scheme.refused(&with(&format!("{first}{}", &signature[1..])), Code::Mismatch, "another first digit");
        scheme.refused(
            &with(&scheme.provider.encode().encode(&vec![0; scheme.provider.hash().bytes()])),
            Code::Mismatch,
            "zeros",
        );
    }
}

#[test]
fn a_value_without_its_prefix_is_refused() {
    let mut prefixed = 0;
    for scheme in schemes().into_iter().filter(Scheme::signs) {
        let arrived = scheme.arrived(&scheme.body("text"));
        let signature = scheme.signature(&arrived);
        let headers = scheme.provider.signature_headers();
        let Some((_, value)) = arrived.headers.iter().find(|(name, _)| headers.iter().any(|h| **h == **name))
        else {
            continue;
        };
        if *value == signature.as_bytes() {
            continue;
        }
        prefixed += 1;
        scheme.refused(&scheme.with_value(&arrived, signature.as_bytes()), Code::WrongPrefix, "no prefix");
        scheme.refused(&scheme.with_value(&arrived, b"\xff\xfe garbage"), Code::WrongPrefix, "garbage");
        let upper = String::from_utf8_lossy(value).replace(&signature, "").to_uppercase() + &signature;
        if upper.as_bytes() != value {
            scheme.refused(&scheme.with_value(&arrived, upper.as_bytes()), Code::WrongPrefix, "capitals");
        }
    }
    assert!(prefixed > 20, "{prefixed}");
}

#[test]
fn hex_digits_may_be_capitals() {
    for scheme in schemes().into_iter().filter(Scheme::signs) {
        let arrived = scheme.arrived(&scheme.body("text"));
        let signature = scheme.signature(&arrived);
        if signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let capitals = scheme.with_signature(&arrived, &signature.to_uppercase());
            assert!(scheme.verify(&capitals).verified(), "{}", scheme.provider.id());
        }
    }
}

#[test]
fn one_changed_byte_of_what_is_signed_is_a_mismatch() {
    for scheme in schemes().into_iter().filter(|scheme| scheme.provider.cover() != Cover::Nothing) {
        let mut arrived = scheme.arrived(&scheme.body("text"));
        arrived.body = String::from_utf8(arrived.body).unwrap().replace("text", "tezt").into_bytes();
        scheme.refused(&arrived, Code::Mismatch, "another body");
        if scheme.provider.cover() == Cover::Body && !scheme.provider.id().contains("mandrill") {
            let mut longer = scheme.arrived(&scheme.body("text"));
            longer.body.push(b'x');
            scheme.refused(&longer, Code::Mismatch, "a longer body");
        }
    }
}

#[test]
fn the_tolerance_holds_in_both_directions_to_the_second() {
    let mut timed = 0;
    for scheme in schemes().into_iter().filter(|scheme| scheme.provider.replay_detectable()) {
        timed += 1;
        let arrived = scheme.arrived(&scheme.body("text"));
        let given = scheme.provider.tolerance().is_none().then(|| Duration::from_secs(300));
        let limit = scheme.provider.tolerance().or(given).unwrap();
        for (at, code) in [
            (now().plus(limit), Code::Verified),
            (now().plus(limit + Duration::from_secs(1)), Code::TooOld),
            (now().minus(limit), Code::Verified),
            (now().minus(limit + Duration::from_secs(1)), Code::InFuture),
        ] {
            let verdict = scheme.verify_at(&arrived, at, given);
            assert_eq!(verdict.code, code, "{}: {}", scheme.provider.id(), verdict.reason);
        }
        if given.is_some() {
            let years = now().plus(Duration::from_secs(400_000_000));
            assert!(scheme.verify_at(&arrived, years, None).verified(), "no tolerance, no judgement");
        }
    }
    assert!(timed > 30, "{timed}");
}

#[test]
fn a_time_that_is_not_there_or_is_none_is_refused() {
    for scheme in schemes().into_iter().filter(|scheme| scheme.provider.replay_detectable()) {
        let arrived = scheme.arrived(&scheme.body("text"));
        let timed: Vec<usize> = (0..arrived.headers.len())
            .filter(|at| arrived.headers[*at].0.to_lowercase().contains("timestamp"))
            .collect();
        for at in timed {
            let mut without = arrived.clone();
            without.headers.remove(at);
            scheme.refused(&without, Code::NoHeader, "no timestamp");
            for other in ["", "0", "soon", "1760000001", "-1", "99999999999999999999999999"] {
                let mut changed = arrived.clone();
                changed.headers[at].1 = other.as_bytes().to_vec();
                scheme.refused(&changed, Code::Mismatch, "another timestamp");
            }
        }
    }
}

#[test]
fn an_added_header_neither_spoils_nor_helps() {
    for scheme in schemes().into_iter().filter(Scheme::signs) {
        let Some(name) = scheme.provider.signature_headers().first() else { continue };
        let arrived = scheme.arrived(&scheme.body("text"));
        for forged in [&b""[..], b"garbage", b"\xff", b"sha256=00", b"t=1,v1=00"] {
            for (at, position) in [(0, "before"), (arrived.headers.len(), "after")] {
                let mut more = arrived.clone();
                more.headers.insert(at, (name.to_string(), forged.to_vec()));
                let verdict = scheme.verify(&more);
                assert!(verdict.verified(), "{} {position}: {verdict:?}", scheme.provider.id());
            }
        }
        let mut forged = scheme.with_signature(&arrived, &"0".repeat(scheme.signature(&arrived).len()));
        let again: Vec<_> = forged.headers.clone();
        forged.headers.extend(again);
        assert!(!scheme.verify(&forged).verified(), "{}", scheme.provider.id());
    }
}

#[test]
fn empty_and_undecodable_secrets_make_no_keys() {
    for scheme in schemes() {
        let provider = &scheme.provider;
        assert_eq!(provider.keys(&[]).unwrap_err().code(), Code::NoSecret, "{}", provider.id());
        let bad: &[&str] = match (provider.kind(), provider.secret_form(), provider.id().as_ref()) {
            (Kind::Basic, ..) => &["nocolon"],
            (_, SecretForm::Base64, "openai") => &["whsec_", "whsec_*"],
            (_, SecretForm::Base64, "ripple" | "airtable") => &["*", "whsec_AAAA"],
            (_, SecretForm::Base64, _) => &["whsec_", "whsec_*", "not@base64"],
            (_, SecretForm::Hex, _) => &["abc", "zz"],
            _ => &[],
        };
        for bad in bad {
            let error = provider.keys(&[Secret::new(*bad).unwrap()]).unwrap_err();
            assert_eq!(error.code(), Code::BadSecret, "{} {bad}", provider.id());
            assert!(!error.to_string().contains(bad), "{error}");
            assert_eq!(error.verdict().code, Code::BadSecret);
        }
    }
    let easypost = Catalogue::builtin().get("easypost").unwrap();
    assert!(matches!(easypost.keys(&[Secret::new(vec![0xff]).unwrap()]), Err(KeyError::BadSecret { .. })));
}

#[test]
fn several_secrets_give_several_signatures_where_the_scheme_allows() {
    for scheme in schemes() {
        let seeds = ["fake-secret-one", "fake-secret-two", "fake-secret-three"];
        let keys = scheme.provider.keys(&seeds.map(|seed| secret(&scheme.provider, seed))).unwrap();
        let headers = Headers::default();
        let body = scheme.body("text");
        let message =
            Message { method: "POST", target: TARGET, headers: &headers, body: &body, url: Some(URL) };
        let signed = scheme.provider.sign(&keys, &message, now(), Some("msg_1"), Some("pk"));
        match (scheme.provider.signatures_at_most(), signed) {
            (None, Ok(signed)) => {
                for seed in seeds {
                    let one = Scheme {
                        keys: scheme.provider.keys(&[secret(&scheme.provider, seed)]).unwrap(),
                        provider: Arc::clone(&scheme.provider),
                    };
                    let arrived = Arrived { headers: signed.headers.clone(), ..Arrived::bare(&body) };
                    assert!(one.verify(&arrived).verified(), "{} {seed}", scheme.provider.id());
                }
            }
            (Some(most), Err(SignError::TooManySecrets { most: said, given: 3, .. })) => {
                assert_eq!(most, said);
            }
            (most, signed) => panic!("{}: {most:?} {signed:?}", scheme.provider.id()),
        }
    }
}

#[test]
fn two_secrets_fill_the_two_headers_of_box() {
    let provider = Catalogue::builtin().get("box").unwrap();
    let keys = provider.keys(&["a", "b"].map(|text| Secret::new(text).unwrap())).unwrap();
    let headers = Headers::default();
    let message = Message { method: "POST", target: "/", headers: &headers, body: b"{}", url: None };
    let signed = provider.sign(&keys, &message, now(), None, None).unwrap();
    let names: Vec<&str> = signed.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "BOX-DELIVERY-TIMESTAMP",
            "BOX-SIGNATURE-PRIMARY",
            "BOX-SIGNATURE-SECONDARY",
            "BOX-SIGNATURE-VERSION",
            "BOX-SIGNATURE-ALGORITHM"
        ]
    );
}

#[test]
fn what_signing_needs_and_lacks_is_named() {
    let catalogue = Catalogue::builtin();
    let headers = Headers::default();
    let message = Message { method: "POST", target: "/", headers: &headers, body: b"not json", url: None };
    let sign = |id: &str, delivery: Option<&str>, public: Option<&str>| {
        let provider = catalogue.get(id).unwrap();
        let keys = provider.keys(&[secret(&provider, "fake")]).unwrap();
        provider.sign(&keys, &message, now(), delivery, public).unwrap_err()
    };
    assert!(matches!(sign("svix", None, None), SignError::NoId(_)));
    assert!(matches!(sign("svix", Some(""), None), SignError::NoId(_)));
    assert!(matches!(sign("svix", Some("a\r\nb: c"), None), SignError::BadCharacter("id")));
    assert!(matches!(sign("pusher", None, None), SignError::NoPublicKey(_)));
    assert!(matches!(sign("mailgun", None, None), SignError::NoPlace { .. }));
    assert!(matches!(sign("adyen-standard", None, None), SignError::NoElements(_)));
    let (koji, github) = (catalogue.get("koji").unwrap(), catalogue.get("github").unwrap());
    let keys = koji.keys(&[secret(&koji, "fake")]).unwrap();
    assert!(matches!(github.sign(&keys, &message, now(), None, None), Err(SignError::OtherKeys(_))));
    assert_eq!(github.verify(&keys, &message, now(), None).code, Code::BadSecret);
}

#[test]
fn an_empty_array_of_signed_elements_proves_nothing() {
    let scheme = schemes().into_iter().find(|scheme| &**scheme.provider.id() == "adyen-standard").unwrap();
    let bare = |body: &str| Arrived::bare(body.as_bytes());
    scheme.refused(&bare(r#"{"notificationItems":[]}"#), Code::NoHeader, "no elements");
    scheme.refused(&bare(r#"{"notificationItems":{}}"#), Code::Malformed, "no array");
    scheme.refused(&bare("not json"), Code::Malformed, "no JSON");
    // One signed element does not speak for another.
    let signed = String::from_utf8(scheme.arrived(&scheme.body("text")).body).unwrap();
    scheme.refused(
        &bare(&signed.replacen("}]}", "}},{}]}", 1).replacen("}}},{}", "}},{}", 1)),
        Code::NoHeader,
        "one unsigned",
    );
}

/// Found by a random body: to Twilio it is JSON, so its digest goes into the URL that is signed.
#[test]
fn a_brace_alone_is_signed_by_twilio_with_its_digest_in_the_url() {
    let scheme = schemes().into_iter().find(|scheme| &**scheme.provider.id() == "twilio").unwrap();
    let mut arrived = scheme.arrived(b"{");
    assert!(scheme.verify(&arrived).verified());
    arrived.body = b"[".to_vec();
    assert!(!scheme.verify(&arrived).verified());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_body_that_is_signed_verifies_and_no_other(body: Vec<u8>, text in "[a-zA-Z0-9 .é-]{0,40}", at: prop::sample::Index) {
        for scheme in schemes() {
            let in_body = !matches!(scheme.provider.place(), Place::Headers(_) | Place::Query(_));
            let needs_shape = in_body || &**scheme.provider.id() == "linear";
            let body = if needs_shape { scheme.body(&text.replace(' ', "+")) } else { body.clone() };
            let mut arrived = scheme.arrived(&body);
            prop_assert!(scheme.verify(&arrived).verified(), "{}", scheme.provider.id());
            let whole = scheme.provider.setting("content").is_none_or(|content| content.contains("{body"));
            if whole && scheme.provider.cover() == Cover::Body && !body.is_empty() {
                let at = at.index(body.len());
                arrived.body[at] ^= 1;
                prop_assert!(!scheme.verify(&arrived).verified(), "{}", scheme.provider.id());
            }
        }
    }

    #[test]
    fn nothing_that_arrives_panics(value: Vec<u8>, beside: Vec<u8>, body: Vec<u8>, target in "[/?&=%a-z]{0,20}", written in "(t=|v1=|v1,|sha256=|ts=|Basic |[0-9a-f]{64}|[,; ]|.){0,8}") {
        for scheme in schemes() {
            for value in [&value, &written.clone().into_bytes()] {
                let mut arrived = scheme.with_value(&scheme.arrived(&scheme.body("text")), value);
                let names = scheme.provider.signature_headers();
                for (name, old) in &mut arrived.headers {
                    if !names.iter().any(|known| **known == **name) {
                        *old = beside.clone();
                    }
                }
                for body in [&arrived.body.clone(), &body] {
                    let arrived = Arrived { target: target.clone(), headers: arrived.headers.clone(), ..Arrived::bare(body) };
                    let headers = Headers::from_pairs(arrived.headers.iter().map(|(name, value)| (name, value)));
                    let message = Message { method: "POST", target: &arrived.target, headers: &headers, body: &arrived.body, url: None };
                    let _ = scheme.provider.verify(&scheme.keys, &message, now(), None);
                    let _ = scheme.provider.facts(&message);
                    let _ = scheme.provider.handshake(Some(&scheme.keys), &message);
                }
            }
        }
    }
}
