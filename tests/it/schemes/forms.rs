//! What single vendors do in their own way: forms of the URL and the body, and
//! headers that the sender chooses.

use super::{Arrived, NOW, Scheme, now, secret};
use crate::harness::hmac_sha256_hex;
use hookctl::hook::delivery::Message;
use hookctl::hook::digest::{HashName, Mac, Sink as _};
use hookctl::hook::encoding::Encoding;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::Catalogue;
use hookctl::hook::signature::SignError;
use hookctl::hook::verdict::Code;

const SECRET: &str = "fake-secret-one";

fn scheme(id: &str) -> Scheme {
    let provider = Catalogue::builtin().get(id).unwrap();
    let keys = provider.keys(&[secret(&provider, SECRET)]).unwrap();
    Scheme { provider, keys }
}

/// The signature of a text, made without any profile.
fn by_hand(hash: HashName, text: &[u8]) -> Vec<u8> {
    let mut mac = Mac::new(hash, SECRET.as_bytes());
    mac.write(text);
    Encoding::Base64.encode(mac.finish().as_bytes()).into_bytes()
}

fn sent(url: &str, body: &[u8], headers: &[(&str, &[u8])]) -> Arrived {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
    Arrived { url: url.to_owned(), headers, ..Arrived::bare(body) }
}

#[test]
fn twilio_may_sign_the_port_of_the_scheme_or_leave_it_out() {
    let twilio = scheme("twilio");
    for (signed, seen) in [
        ("https://example.test:443/h?x=1", "https://example.test/h?x=1"),
        ("https://example.test/h?x=1", "https://example.test:443/h?x=1"),
        ("http://example.test:80/h", "http://example.test/h"),
        ("https://example.test:443/h?b=It%27s", "https://example.test/h?b=It's"),
        ("https://example.test/h?b=It's", "https://example.test:443/h?b=It's"),
    ] {
        let signature = by_hand(HashName::Sha1, format!("{signed}a1b2").as_bytes());
        let arrived = sent(seen, b"b=2&a=1", &[("X-Twilio-Signature", &signature)]);
        assert!(twilio.verify(&arrived).verified(), "{signed} for {seen}");
        for other in
            ["https://example.test:8443/h?x=1", "http://example.test/h?x=1&y", "https://other.test/h"]
        {
            let elsewhere = Arrived { url: other.to_owned(), ..arrived.clone() };
            twilio.refused(&elsewhere, Code::Mismatch, other);
        }
    }
    // Whoever has no such habit is held to the letter.
    let signature = by_hand(HashName::Sha256, b"https://example.test:443/h{}");
    let arrived = sent("https://example.test/h", b"{}", &[("x-square-hmacsha256-signature", &signature)]);
    scheme("square").refused(&arrived, Code::Mismatch, "another port");
}

#[test]
fn twilio_names_the_digest_of_a_body_that_is_no_form() {
    let twilio = scheme("twilio");
    let body = br#"{"a": "text"}"#;
    let digest = hex::encode(HashName::Sha256.digest(body).as_bytes());
    let url = format!("https://example.test/hooks?x=1&bodySHA256={digest}");
    let arrived = sent(&url, body, &[("X-Twilio-Signature", &by_hand(HashName::Sha1, url.as_bytes()))]);
    assert!(twilio.verify(&arrived).verified());
    // Signing adds the digest to a URL that lacks it.
    let none = Headers::default();
    let message = Message {
        method: "POST",
        target: super::TARGET,
        headers: &none,
        body,
        url: Some("https://example.test/hooks?x=1"),
    };
    let signed = twilio.provider.sign(&twilio.keys, &message, now(), None, None).unwrap();
    assert_eq!(signed.target.unwrap(), format!("/hooks?x=1&bodySHA256={digest}"));
    assert_eq!(signed.headers, arrived.headers);
    let tampered = Arrived { body: br#"{"a": "tezt"}"#.to_vec(), ..arrived.clone() };
    twilio.refused(&tampered, Code::Mismatch, "a body of another digest");
}

#[test]
fn hubspot_may_sign_the_url_as_sent_or_with_some_escapes_decoded() {
    let hubspot = scheme("hubspot-v3");
    let timestamp = format!("{NOW}000");
    let url = "https://example.test/h%20?e=a%40b.c&t=%3a%2F";
    for signed in [url, "https://example.test/h%20?e=a@b.c&t=:/"] {
        let text = format!("POST{signed}{{}}{timestamp}");
        let signature = by_hand(HashName::Sha256, text.as_bytes());
        let headers: [(&str, &[u8]); 2] =
            [("X-HubSpot-Signature-v3", &signature), ("X-HubSpot-Request-Timestamp", timestamp.as_bytes())];
        assert!(hubspot.verify(&sent(url, b"{}", &headers)).verified(), "{signed}");
        hubspot.refused(&sent("https://example.test/h", b"{}", &headers), Code::Mismatch, "another URL");
    }
    let all = format!("POSThttps://example.test/h ?e=a@b.c&t=:/{{}}{timestamp}");
    let signature = by_hand(HashName::Sha256, all.as_bytes());
    let headers: [(&str, &[u8]); 2] =
        [("X-HubSpot-Signature-v3", &signature), ("X-HubSpot-Request-Timestamp", timestamp.as_bytes())];
    hubspot.refused(&sent(url, b"{}", &headers), Code::Mismatch, "an escape that HubSpot leaves");
}

#[test]
fn box_may_sign_the_escapes_of_a_body_that_arrives_as_letters() {
    let boxed = scheme("box");
    let time = "2025-10-09T08:53:20Z";
    let arrives = |body: &str, signed: &str| {
        let signature = by_hand(HashName::Sha256, format!("{signed}{time}").as_bytes());
        let headers: [(&str, &[u8]); 2] =
            [("BOX-SIGNATURE-PRIMARY", &signature), ("BOX-DELIVERY-TIMESTAMP", time.as_bytes())];
        sent("https://example.test/", body.as_bytes(), &headers)
    };
    let letters = "{\"name\":\"\u{e9}/\u{1f600}\"}";
    let escapes = r#"{"name":"\u00e9\/\ud83d\ude00"}"#;
    for (body, signed) in [(letters, letters), (escapes, escapes), (letters, escapes)] {
        let verdict = boxed.verify(&arrives(body, signed));
        assert!(verdict.verified(), "{body} signed as {signed}: {verdict:?}");
    }
    boxed.refused(&arrives(escapes, letters), Code::Mismatch, "letters that were escaped on the way");
    boxed.refused(&arrives("{\"name\":\"\u{e8}/\u{1f600}\"}", escapes), Code::Mismatch, "another letter");
    // What is judged in the second form is judged in time as well.
    let late = now().plus(std::time::Duration::from_secs(601));
    assert_eq!(boxed.verify_at(&arrives(letters, escapes), late, None).code, Code::TooOld);
    // Nobody else's body is read in two ways.
    let signature = hmac_sha256_hex(SECRET, escapes.as_bytes());
    let arrived = sent("https://example.test/", letters.as_bytes(), &[("X-Signature", signature.as_bytes())]);
    scheme("segment").refused(&arrived, Code::BadEncoding, "a signature of another hash");
    scheme("clickup").refused(&arrived, Code::Mismatch, "an escaped body");
}

#[test]
fn easypost_signs_with_the_decomposed_secret() {
    let easypost = Catalogue::builtin().get("easypost").unwrap();
    let verify = |secret: &str| {
        let keys = easypost.keys(&[hookctl::hook::secret::Secret::new(secret).unwrap()]).unwrap();
        let signature = hmac_sha256_hex("se\u{301}cret-fi", b"{}");
        let arrived = sent(
            "https://example.test/",
            b"{}",
            &[("X-Hmac-Signature", format!("hmac-sha256-hex={signature}").as_bytes())],
        );
        Scheme { provider: easypost.clone(), keys }.verify(&arrived).code
    };
    assert_eq!(verify("s\u{e9}cret-\u{fb01}"), Code::Verified);
    assert_eq!(verify("se\u{301}cret-fi"), Code::Verified);
    assert_eq!(verify("secret-fi"), Code::Mismatch);
}

#[test]
fn each_of_adyens_elements_carries_a_signature_of_its_own() {
    let adyen = scheme("adyen-standard");
    let arrived = adyen.arrived(&adyen.body("text"));
    let text = String::from_utf8(arrived.body.clone()).unwrap();
    let signatures: Vec<&str> =
        text.split("hmacSignature\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(signatures.len(), 2);
    assert_ne!(signatures[0], signatures[1]);
    let swapped = text
        .replace(signatures[0], "first")
        .replace(signatures[1], signatures[0])
        .replace("first", signatures[1]);
    let changed = |body: String| Arrived { body: body.into_bytes(), ..arrived.clone() };
    adyen.refused(&changed(swapped), Code::Mismatch, "the signatures of one another");
    let doubled = text.replace(signatures[1], signatures[0]);
    adyen.refused(&changed(doubled), Code::Mismatch, "one signature twice");
}

/// The headers that Contentful signs are those that it lists.
#[test]
fn contentful_signs_what_it_lists_and_must_list_its_time() {
    let contentful = scheme("contentful");
    let arrived = contentful.arrived(br#"{"a":"text"}"#);
    let list = String::from_utf8(arrived.clone().header("x-contentful-signed-headers").clone()).unwrap();
    assert_eq!(list, "content-type,x-contentful-signed-headers,x-contentful-timestamp");
    let signed = |list: &str, timestamp: &str, more: &[(&str, &[u8])]| {
        let value = |name: &str| match name {
            "x-contentful-timestamp" => timestamp.to_owned(),
            "x-contentful-signed-headers" => list.to_owned(),
            _ => {
                let found = more.iter().find(|(known, _)| *known == name);
                found.map_or(String::new(), |(_, value)| String::from_utf8_lossy(value).into_owned())
            }
        };
        let headers: Vec<String> = list.split(',').map(|name| format!("{name}:{}", value(name))).collect();
        let text = format!("POST\n/hooks?x%253D1\n{}\n{{}}", headers.join(";"));
        let signature = hmac_sha256_hex(SECRET, text.as_bytes());
        let own: [(&str, &[u8]); 3] = [
            ("X-Contentful-Signature", signature.as_bytes()),
            ("X-Contentful-Signed-Headers", list.as_bytes()),
            ("X-Contentful-Timestamp", timestamp.as_bytes()),
        ];
        sent(super::URL, b"{}", &[&own[..], more].concat())
    };
    let time = format!("{NOW}000");
    let own = "x-contentful-signed-headers,x-contentful-timestamp";
    assert!(contentful.verify(&signed(own, &time, &[])).verified());
    let more = format!("a,{own},z");
    assert!(contentful.verify(&signed(&more, &time, &[("z", b"1"), ("a", b"2")])).verified());
    // A header that is listed and not there was taken away, whatever the tag says.
    contentful.refused(&signed(&more, &time, &[("z", b"1")]), Code::NoHeader, "a lost header");
    contentful.refused(
        &signed("x-contentful-signed-headers", &time, &[]),
        Code::Malformed,
        "no time in the list",
    );
    contentful.refused(&signed("x-contentful-timestamp", &time, &[]), Code::Malformed, "no list in the list");
    let many = format!("{own}{}", ",a".repeat(63));
    contentful.refused(&signed(&many, &time, &[("a", b"2")]), Code::Malformed, "too many names");
    let late = format!("{}", NOW * 1_000 - 30_001);
    contentful.refused(&signed(own, &late, &[]), Code::TooOld, "an old time");
    let mut without = signed(own, &time, &[]);
    without.headers.retain(|(name, _)| name != "X-Contentful-Signed-Headers");
    contentful.refused(&without, Code::NoHeader, "no list");
}

#[test]
fn coinbase_signs_the_headers_that_the_signature_names() {
    let coinbase = scheme("coinbase-cdp-v1");
    let mut arrived = coinbase.arrived(br#"{"a":"text"}"#);
    let value = String::from_utf8(arrived.header("x-hook0-signature").clone()).unwrap();
    assert!(value.starts_with("t=1760000000,h=content-type x-hook0-id,v1="), "{value}");
    // An older version beside it neither helps nor spoils.
    let (before, signature) = value.split_once(",h=").unwrap();
    let older = format!("{before},v0={},h={signature}", "0".repeat(64));
    *arrived.header("x-hook0-signature") = older.into_bytes();
    assert!(coinbase.verify(&arrived).verified());
    for (value, code) in [
        (value.replace("h=content-type x-hook0-id,", ""), Code::Malformed),
        (value.replace("content-type x-hook0-id", "x-hook0-id content-type"), Code::Mismatch),
        (value.replace("content-type x-hook0-id", "content-type"), Code::Mismatch),
        (value.replace("content-type x-hook0-id", ""), Code::Mismatch),
        (value.replace("x-hook0-id", "x-not-there"), Code::NoHeader),
        (value.replace("x-hook0-id", &"a ".repeat(70)), Code::Malformed),
        (value.replace("v1=", "v0="), Code::WrongPrefix),
    ] {
        coinbase.refused(&coinbase.with_value(&arrived, value.as_bytes()), code, &value);
    }
}

#[test]
fn what_the_list_of_a_replayed_delivery_said_is_not_signed_again() {
    let contentful = scheme("contentful");
    let old = Headers::from_pairs([
        ("X-Contentful-Timestamp", "1"),
        ("X-Contentful-Signed-Headers", "x-contentful-timestamp,evil"),
        ("X-Contentful-Topic", "ContentManagement.Entry.publish"),
    ]);
    let message = Message { method: "POST", target: "/", headers: &old, body: b"{}", url: None };
    let signed = contentful.provider.sign(&contentful.keys, &message, now(), None, None).unwrap();
    let topic = ("X-Contentful-Topic".to_owned(), b"ContentManagement.Entry.publish".to_vec());
    let headers: Vec<_> = signed.headers.into_iter().chain([topic]).collect();
    let arrived = Arrived { target: "/".to_owned(), headers, ..Arrived::bare(b"{}") };
    assert!(contentful.verify(&arrived).verified());
}

#[test]
fn a_url_whose_digest_is_of_another_body_is_not_signed() {
    let twilio = scheme("twilio");
    let headers = Headers::default();
    let url = Some("https://example.test/?bodySHA256=00");
    let message = Message { method: "POST", target: "/", headers: &headers, body: b"{}", url };
    let error = twilio.provider.sign(&twilio.keys, &message, now(), None, None).unwrap_err();
    assert!(matches!(error, SignError::Params(_)), "{error}");
}
