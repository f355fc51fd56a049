//! Schemes with key pairs and with JSON Web Tokens: published vectors, every
//! form in which a key is written, and what is refused.
//!
//! The keys in `asymmetric/keys` were made with OpenSSL for these tests alone.

mod program;
mod tokens;

use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Cover, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::{KeyError, Keys, SecretProblem, SignError};
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::{Code, Verdict};
use std::sync::Arc;

const NOW: i64 = 1_760_000_000;

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("asymmetric/keys/", $name))
    };
}

fn builtin(id: &str) -> Arc<Provider> {
    Catalogue::builtin().get(id).unwrap()
}

/// A provider of one table.
fn made(table: &str) -> Arc<Provider> {
    let mut catalogue = Catalogue::builtin();
    catalogue.add("made.toml", &format!("[made]\nheader = \"X\"\n{table}")).unwrap();
    catalogue.get("made").unwrap()
}

fn try_keys(provider: &Provider, secret: &str) -> Result<Keys, SecretProblem> {
    let keys = provider.keys(&[Secret::new(secret).unwrap()]);
    keys.map_err(|error| match error {
        KeyError::BadSecret { problem, .. } => problem,
        other => panic!("{other}"),
    })
}

fn keys(provider: &Provider, secret: &str) -> Keys {
    try_keys(provider, secret).unwrap().with_webhook_id(Some("FAKEWEBHOOKID"))
}

fn message<'m>(headers: &'m Headers, body: &'m [u8]) -> Message<'m> {
    Message { method: "POST", target: "/hook", headers, body, url: Some("https://example.test/hook") }
}

fn verify_at(
    provider: &Provider,
    keys: &Keys,
    headers: &[(String, Vec<u8>)],
    body: &[u8],
    at: i64,
) -> Verdict {
    let headers = Headers::from_pairs(headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())));
    provider.verify(keys, &message(&headers, body), Timestamp::from_seconds(at), None)
}

fn sign(provider: &Provider, keys: &Keys, body: &[u8]) -> Result<Vec<(String, Vec<u8>)>, SignError> {
    let headers = Headers::default();
    let at = Timestamp::from_seconds(NOW);
    Ok(provider.sign(keys, &message(&headers, body), at, Some("msg_1"), None)?.headers)
}

fn all_of_key_pairs() -> Vec<Arc<Provider>> {
    let all = Catalogue::builtin().all();
    let found: Vec<_> = all.into_iter().filter(|provider| provider.kind().has_key_pair()).collect();
    assert_eq!(found.len(), 6);
    found
}

/// RFC 8032, 7.1, tests 2 and 3: seed, public key, message, signature.
const RFC_8032: [[&str; 4]; 2] = [
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
];

#[test]
fn ed25519_gives_the_published_signatures() {
    let provider = made("kind = \"ed25519\"\nsecret = \"hex\"\n");
    for [seed, public, body, signature] in RFC_8032 {
        let body = hex::decode(body).unwrap();
        let pair = keys(&provider, &format!("{seed}{public}"));
        assert_eq!(sign(&provider, &pair, &body).unwrap(), [("X".to_owned(), signature.as_bytes().to_vec())]);
        let public = keys(&provider, public);
        let arrived = [("X".to_owned(), signature.as_bytes().to_vec())];
        assert!(verify_at(&provider, &public, &arrived, &body, NOW).verified());
        assert_eq!(verify_at(&provider, &public, &arrived, b"other", NOW).code, Code::Mismatch);
        // The same with the group order added to S is not a second spelling (RFC 8032, 5.1.7).
        let mut greater = hex::decode(signature).unwrap();
        greater[63] |= 0xe0;
        let arrived = [("X".to_owned(), hex::encode(greater).into_bytes())];
        assert_eq!(verify_at(&provider, &public, &arrived, &body, NOW).code, Code::Mismatch);
    }
}

const PAYPAL_BODY: &[u8] = br#"{"id":"WH-FAKE-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}"#;
const PAYPAL_SIGNATURE: &str = "UfXD3Zo76wkY3Ugo6g3vrWwHzw2IAfkYI1iyD1Ad6oa7JsxnV+SInKUtokAWl4ICxyIGCqZNh0IcGpFKi1BxwTRQLu2nwRkdw9XudmfjvhNkcu4g/wAuVeTdCV/a/bs6YVgUss35+GuPGzpNtRBv9rqFY6MRibyHyou0K0G/6DnloopidwTZMfBMXeV2Z6VtOAFa5+Yw6BnHGctmee6/jxhMIR+z4nhtXLD+Jmi/z/JF5lD7JxuWbFg8bo5TVzf5SF2Zy9EdnvbC9ljHR/Aww0NjcQmHjj8nEuBVSO+lzJJQmX1Vw32CrJXpcjev9BUZnf/zm+pIOuOVe8RDe/HVlQ==";
const SENDGRID_SIGNATURE: &str =
    "MEQCIEEEzGt1H6J0QI/52NpGLcrP0lXlWCDtlilb2qUMOqg0AiAeynHZ5qCQCS8t5InnAcEYWHHctiM5mHrkbXZD/6GEjg==";

fn paypal_headers() -> Vec<(String, Vec<u8>)> {
    [
        ("PAYPAL-TRANSMISSION-ID", "fake-transmission-1"),
        ("PAYPAL-TRANSMISSION-TIME", "2026-03-11T14:32:00Z"),
        ("PAYPAL-TRANSMISSION-SIG", PAYPAL_SIGNATURE),
    ]
    .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
    .to_vec()
}

#[test]
fn what_openssl_signed_as_paypal_verifies_with_every_form_of_the_key() {
    let paypal = builtin("paypal");
    assert_eq!(paypal.cover(), Cover::Checksum);
    let base64 = key!("rsa-public.pem").lines().filter(|line| !line.starts_with('-')).collect::<String>();
    for form in
        [key!("rsa-certificate.pem"), key!("rsa-public.pem"), key!("rsa.pem"), key!("rsa-pkcs1.pem"), &base64]
    {
        let keys = keys(&paypal, form);
        let verdict = verify_at(&paypal, &keys, &paypal_headers(), PAYPAL_BODY, NOW);
        assert!(verdict.verified() && verdict.reason.contains("a checksum"), "{verdict:?}");
        assert_eq!(verify_at(&paypal, &keys, &paypal_headers(), b"{}", NOW).code, Code::Mismatch);
    }
    // RSA is deterministic: the private key gives OpenSSL's own signature again.
    let mut headers = paypal_headers();
    headers[1].1 = b"2026-03-11T14:32:00.000Z".to_vec();
    let other = try_keys(&paypal, key!("rsa.pem")).unwrap().with_webhook_id(Some("OTHER"));
    assert_eq!(verify_at(&paypal, &other, &paypal_headers(), PAYPAL_BODY, NOW).code, Code::Mismatch);
    let unknown = try_keys(&paypal, key!("rsa.pem")).unwrap();
    assert_eq!(verify_at(&paypal, &unknown, &paypal_headers(), PAYPAL_BODY, NOW).code, Code::NoWebhookId);
    assert!(matches!(sign(&paypal, &unknown, PAYPAL_BODY), Err(SignError::NoWebhookId(_))));
    assert_eq!(
        verify_at(&paypal, &keys(&paypal, key!("rsa.pem")), &headers, PAYPAL_BODY, NOW).code,
        Code::Mismatch,
        "the time is signed as it is written"
    );
}

#[test]
fn what_openssl_signed_as_sendgrid_verifies_with_every_form_of_the_key() {
    let sendgrid = builtin("sendgrid");
    let headers = [
        ("X-Twilio-Email-Event-Webhook-Signature".to_owned(), SENDGRID_SIGNATURE.as_bytes().to_vec()),
        ("X-Twilio-Email-Event-Webhook-Timestamp".to_owned(), b"1760000000".to_vec()),
    ];
    let jwk = sendgrid_jwk(false);
    let private_jwk = sendgrid_jwk(true);
    let escaped = key!("p256-public.pem").replace('\n', "\\n");
    for form in
        [key!("p256-public.pem"), &escaped, key!("p256.pem"), key!("p256-sec1.pem"), &jwk, &private_jwk]
    {
        let keys = keys(&sendgrid, form);
        let verdict = verify_at(&sendgrid, &keys, &headers, PAYPAL_BODY, NOW);
        assert!(verdict.verified(), "{form}: {verdict:?}");
        assert_eq!(verify_at(&sendgrid, &keys, &headers, b"{}", NOW).code, Code::Mismatch);
    }
}

/// The key of `p256.pem` as a JSON Web Key.
fn sendgrid_jwk(private: bool) -> String {
    use base64::Engine;
    let base64url = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let text: String = key!("p256.pem").lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let point = &der[der.len() - 64..];
    let at = der.windows(2).position(|window| window == [0x04, 0x20]).unwrap() + 2;
    let d = if private { format!(",\"d\":\"{}\"", base64url(&der[at..at + 32])) } else { String::new() };
    let (x, y) = (base64url(&point[..32]), base64url(&point[32..]));
    format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"{d}}}"#)
}

#[test]
fn a_public_key_verifies_and_does_not_sign() {
    for provider in all_of_key_pairs() {
        let id = provider.id();
        let private = provider.generate_secret().unwrap();
        let private = provider.keys(&[private]).unwrap().with_webhook_id(Some("FAKEWEBHOOKID"));
        let public = keys(&provider, &provider.public_key(&private).unwrap().text);
        let signed = sign(&provider, &private, b"{\"a\":1}").unwrap();
        let verdict = verify_at(&provider, &public, &signed, b"{\"a\":1}", NOW);
        assert!(verdict.verified(), "{id}: {verdict:?}");
        assert_eq!(verify_at(&provider, &public, &signed, b"{\"a\":2}", NOW).code, Code::Mismatch, "{id}");
        let error = sign(&provider, &public, b"{}").unwrap_err();
        assert!(matches!(&error, SignError::NoPrivateKey(_)), "{id}: {error}");
        let stranger = provider.keys(&[provider.generate_secret().unwrap()]).unwrap();
        let stranger = stranger.with_webhook_id(Some("FAKEWEBHOOKID"));
        assert_eq!(verify_at(&provider, &stranger, &signed, b"{\"a\":1}", NOW).code, Code::Mismatch, "{id}");
        // During a rotation either key may have signed.
        let both =
            [private_secret(&provider), Secret::new(provider.public_key(&private).unwrap().text).unwrap()];
        let both = provider.keys(&both).unwrap().with_webhook_id(Some("FAKEWEBHOOKID"));
        assert!(verify_at(&provider, &both, &signed, b"{\"a\":1}", NOW).verified(), "{id}");
    }
}

fn private_secret(provider: &Provider) -> Secret {
    provider.generate_secret().unwrap()
}

#[test]
fn signatures_that_are_none_are_named() {
    for provider in all_of_key_pairs().iter().filter(|provider| !provider.kind().is_token()) {
        let keys = provider.keys(&[private_secret(provider)]).unwrap().with_webhook_id(Some("w"));
        let signed = sign(provider, &keys, b"{}").unwrap();
        let header = &provider.signature_headers()[0];
        let place = signed.iter().position(|(name, _)| **name == **header).unwrap();
        let value = String::from_utf8(signed[place].1.clone()).unwrap();
        let prefix = if value.starts_with("v1a,") { "v1a," } else { "" };
        // One letter that hex and base64 both have, in the middle where no padding is.
        let mut other = value.clone();
        let letter = if &value[24..25] == "0" { "1" } else { "0" };
        other.replace_range(24..25, letter);
        for (spoiled, code) in [
            (String::new(), Code::Malformed),
            (format!("{prefix}!"), Code::BadEncoding),
            (format!("{prefix}é"), Code::BadEncoding),
            (format!("{prefix}AAAA"), Code::BadEncoding),
            (value[..value.len() - 4].to_owned(), Code::BadEncoding),
            (format!("{value}AAAA"), Code::BadEncoding),
            (other.clone(), Code::Mismatch),
            (format!("{prefix}{}", "A".repeat(100_000)), Code::BadEncoding),
        ] {
            let mut arrived = signed.clone();
            arrived[place].1 = spoiled.clone().into_bytes();
            let found = verify_at(provider, &keys, &arrived, b"{}", NOW).code;
            // DER, of which four bytes less may still be within the lengths that there are.
            let near = matches!((found, code), (Code::Mismatch, Code::BadEncoding)) && value.len() < 110;
            assert!(found == code || near, "{}: {spoiled:.60} gives {found}", provider.id());
        }
        let mut arrived = signed.clone();
        arrived.remove(place);
        assert_eq!(verify_at(provider, &keys, &arrived, b"{}", NOW).code, Code::NoHeader);
    }
}

#[test]
fn a_flood_of_signatures_is_bounded_and_the_first_ones_count() {
    let provider = builtin("standard-webhooks-v1a");
    let keys = provider.keys(&[private_secret(&provider)]).unwrap();
    let mut signed = sign(&provider, &keys, b"{}").unwrap();
    let place = signed.iter().position(|(name, _)| name == "webhook-signature").unwrap();
    let value = String::from_utf8(signed[place].1.clone()).unwrap();
    let other = format!("v1a,{}A==", "A".repeat(85));
    let flood = |before: usize| [vec![other.as_str(); before], vec![value.as_str()]].concat().join(" ");
    signed[place].1 = flood(15).into_bytes();
    assert!(verify_at(&provider, &keys, &signed, b"{}", NOW).verified());
    signed[place].1 = flood(16).into_bytes();
    assert_eq!(verify_at(&provider, &keys, &signed, b"{}", NOW).code, Code::Mismatch);
}

#[test]
fn what_is_no_key_of_the_kind_is_named() {
    let (discord, sendgrid, paypal) = (builtin("discord"), builtin("sendgrid"), builtin("paypal"));
    let public = RFC_8032[0][1];
    let not = |kind| SecretProblem::NotAKey(kind);
    let jwk = r#"{"kty":"EC","crv":"P-384","x":"AAAA","y":"AAAA"}"#;
    for (provider, secret, problem) in [
        (&discord, "nothex", SecretProblem::NotHex),
        (&discord, &public[..62], not("Ed25519")),
        (&discord, &public.repeat(2), SecretProblem::Inconsistent),
        (&discord, key!("p256.pem"), not("Ed25519")),
        (&discord, jwk, not("Ed25519")),
        (&sendgrid, "a*b", SecretProblem::NotBase64),
        (&sendgrid, "AAAA", not("ECDSA P-256")),
        (&sendgrid, key!("p384-public.pem"), not("ECDSA P-256")),
        (&sendgrid, key!("rsa.pem"), not("ECDSA P-256")),
        (&sendgrid, jwk, not("ECDSA P-256")),
        (&paypal, key!("p256.pem"), not("RSA-SHA-256")),
        (&paypal, key!("rsa-1024-public.pem"), SecretProblem::ShortRsa),
        (&paypal, "-----BEGIN PUBLIC KEY-----", SecretProblem::BadPem),
        (&paypal, "{}", SecretProblem::BadJwk),
    ] {
        let problem = (problem, secret);
        assert_eq!((try_keys(provider, secret).unwrap_err(), secret), problem, "{}", provider.id());
    }
}

#[test]
fn a_profile_cannot_use_a_key_pair_as_a_shared_secret() {
    for table in [
        "kind = \"ed25519\"\ncontent = \"{secret}{body}\"",
        "kind = \"ed25519\"\n[[made.handshake]]\nwhen = \"query:c\"\nbody = \"{query:c|hmac|hex}\"",
        "kind = \"rsa-sha256\"\n[[made.handshake]]\nwhen = \"query:c\"\ncheck = \"query:t=secret\"",
    ] {
        let error = Catalogue::builtin().add("f", &format!("[made]\nheader = \"X\"\n{table}")).unwrap_err();
        assert!(error.to_string().contains("has a key pair"), "{error}");
    }
}
