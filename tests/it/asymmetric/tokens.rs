//! JSON Web Tokens: the published ones, and every way of being none.

use super::{NOW, all_of_key_pairs, builtin, keys, made, sign, try_keys, verify_at};
use base64::Engine as _;
use hookctl::hook::provider::{Catalogue, Cover, Provider};
use hookctl::hook::signature::Keys;
use hookctl::hook::verdict::Code;
use std::sync::Arc;

/// RFC 7515, A.1 and A.3: both say `{"iss":"joe","exp":1300819380,...}`.
const HS256: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const HS256_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow==";
const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const ES256_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
const EXPIRES: i64 = 1_300_819_380;

fn header(value: &str) -> Vec<(String, Vec<u8>)> {
    vec![("X".to_owned(), value.as_bytes().to_vec())]
}

fn text(bytes: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// A token signed by hand, for a scheme with the secret `fake-secret`.
fn hand_made(header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
    let tag = hex::decode(crate::harness::hmac_sha256_hex("fake-secret", signed.as_bytes())).unwrap();
    format!("{signed}.{}", text(&tag))
}

fn judged(provider: &Provider, keys: &Keys, token: &str, at: i64) -> (Code, String) {
    let verdict = verify_at(provider, keys, &header(token), b"{}", at);
    (verdict.code, verdict.reason.into_owned())
}

fn joe(kind: &str) -> Arc<Provider> {
    made(&format!("kind = \"{kind}\"\nsecret = \"base64\"\nclaims = {{ iss = \"joe\" }}\n"))
}

#[test]
fn the_published_tokens_hold_until_they_expire() {
    for (kind, token, secret) in [("jwt-hs", HS256, HS256_KEY), ("jwt-es256", ES256, ES256_KEY)] {
        let provider = joe(kind);
        let keys = keys(&provider, secret);
        assert_eq!(judged(&provider, &keys, token, EXPIRES - 1).0, Code::Verified);
        assert_eq!(judged(&provider, &keys, token, EXPIRES).0, Code::TooOld);
        // The control: one letter of the claims, one of the signature.
        for at in [token.find('.').unwrap() + 5, token.len() - 20] {
            let mut spoiled = token.to_owned();
            let other = if &token[at..=at] == "A" { "B" } else { "A" };
            spoiled.replace_range(at..=at, other);
            assert_eq!(judged(&provider, &keys, &spoiled, EXPIRES - 1).0, Code::Mismatch, "{kind} {at}");
        }
        assert!(!keys_of_other(&provider, kind, token));
    }
    let annas = made("kind = \"jwt-hs\"\nsecret = \"base64\"\nclaims = { iss = \"anna\" }\n");
    let (code, reason) = judged(&annas, &keys(&annas, HS256_KEY), HS256, 0);
    assert_eq!((code, reason.contains("`iss`")), (Code::Mismatch, true), "{reason}");
}

fn keys_of_other(provider: &Provider, kind: &str, token: &str) -> bool {
    let secret =
        if kind == "jwt-hs" { "ZmFrZQ==".to_owned() } else { include_str!("keys/p256.pem").to_owned() };
    verify_at(provider, &keys(provider, &secret), &header(token), b"{}", EXPIRES - 1).verified()
}

#[test]
fn the_algorithm_is_the_profiles_and_not_the_tokens() {
    let provider = made("kind = \"jwt-hs\"\n");
    let keys = keys(&provider, "fake-secret");
    assert_eq!(judged(&provider, &keys, &hand_made(r#"{"alg":"HS256"}"#, "{}"), NOW).0, Code::Verified);
    // Signed with the right secret and HMAC-SHA-256, whatever the token says of itself.
    for alg in ["none", "None", "HS512", "hs256", "RS256", "ES256", ""] {
        let token = hand_made(&format!("{{\"alg\":\"{alg}\"}}"), "{}");
        let (code, reason) = judged(&provider, &keys, &token, NOW);
        assert_eq!((code, reason.contains("HS256 alone")), (Code::Malformed, true), "{alg}: {reason}");
    }
    let unsigned = format!("{}.{}.", text(br#"{"alg":"none"}"#), text(b"{}"));
    assert_eq!(judged(&provider, &keys, &unsigned, NOW).0, Code::BadEncoding);
    let critical = hand_made(r#"{"alg":"HS256","crit":["x"],"x":1}"#, "{}");
    assert_eq!(judged(&provider, &keys, &critical, NOW).0, Code::Malformed);
    // The public key of one scheme is no shared secret of another (the old confusion of RS256 and HS256).
    let es = joe("jwt-es256");
    let pem = include_str!("keys/p256-public.pem");
    let signed = format!("{}.{}", text(br#"{"alg":"HS256"}"#), text(br#"{"iss":"joe"}"#));
    let tag = hex::decode(crate::harness::hmac_sha256_hex(pem, signed.as_bytes())).unwrap();
    let confused = format!("{signed}.{}", text(&tag));
    let (code, reason) = judged(&es, &super::keys(&es, pem), &confused, NOW);
    assert_eq!((code, reason.contains("ES256 alone")), (Code::Malformed, true), "{reason}");
}

#[test]
fn a_token_is_judged_to_the_second() {
    let timed = made("kind = \"jwt-hs\"\ntolerance = 300\n");
    let free = made("kind = \"jwt-hs\"\n");
    let huge = "9223372036854775808";
    let at = |offset: i64| (NOW + offset).to_string();
    for (provider, claims, code) in [
        (&timed, format!("{{\"iat\":{}}}", at(-299)), Code::Verified),
        (&timed, format!("{{\"iat\":{}}}", at(-300)), Code::Verified),
        (&timed, format!("{{\"iat\":{}}}", at(-301)), Code::TooOld),
        (&timed, format!("{{\"iat\":{}}}", at(300)), Code::Verified),
        (&timed, format!("{{\"iat\":{}}}", at(301)), Code::InFuture),
        (&timed, format!("{{\"iat\":{}.9}}", at(-300)), Code::Verified),
        (&timed, format!("{{\"iat\":{}000}}", at(0)), Code::InFuture),
        (&timed, "{\"iat\":0}".to_owned(), Code::TooOld),
        (&timed, "{\"iat\":-1}".to_owned(), Code::TooOld),
        (&timed, format!("{{\"iat\":{huge}}}"), Code::Malformed),
        (&timed, "{\"iat\":1e300}".to_owned(), Code::Malformed),
        (&timed, format!("{{\"iat\":\"{}\"}}", at(0)), Code::Malformed),
        (&timed, "{\"iat\":null}".to_owned(), Code::Malformed),
        (&timed, "{}".to_owned(), Code::Malformed),
        (&free, "{}".to_owned(), Code::Verified),
        (&free, format!("{{\"iat\":{}}}", at(-86_400)), Code::Verified),
        (&free, format!("{{\"exp\":{}}}", at(1)), Code::Verified),
        (&free, format!("{{\"exp\":{}}}", at(0)), Code::TooOld),
        (&free, format!("{{\"nbf\":{}}}", at(0)), Code::Verified),
        (&free, format!("{{\"nbf\":{}}}", at(1)), Code::InFuture),
        (&free, "{\"exp\":\"soon\"}".to_owned(), Code::Malformed),
        (&free, format!("{{\"exp\":{huge}}}"), Code::Malformed),
    ] {
        let token = hand_made(r#"{"alg":"HS256"}"#, &claims);
        let found = judged(provider, &keys(provider, "fake-secret"), &token, NOW);
        assert_eq!(found.0, code, "{claims}: {}", found.1);
    }
}

#[test]
fn what_is_no_token_is_malformed_and_nothing_panics() {
    for provider in tokens() {
        let secret =
            if provider.kind().has_key_pair() { include_str!("keys/p256.pem") } else { "fake-secret" };
        let keys = keys(&provider, secret);
        let name = provider.signature_headers()[0].to_string();
        let long = "A".repeat(100_000);
        for (value, code) in [
            ("", Code::Malformed),
            ("garbage", Code::Malformed),
            ("a.b", Code::Malformed),
            ("a.b.c.d", Code::Malformed),
            ("..", Code::BadEncoding),
            ("a.b.=", Code::BadEncoding),
            ("a.b.AAAA", Code::Malformed),
            ("é.é.é", Code::BadEncoding),
            (&long, Code::Malformed),
            (&format!("{long}.{long}.{long}"), Code::Malformed),
        ] {
            let arrived = [(name.clone(), value.as_bytes().to_vec())];
            let verdict = verify_at(&provider, &keys, &arrived, b"{}", NOW);
            assert_eq!(verdict.code, code, "{} {value:.20}: {}", provider.id(), verdict.reason);
        }
        assert_eq!(verify_at(&provider, &keys, &[], b"{}", NOW).code, Code::NoHeader);
    }
}

fn tokens() -> Vec<Arc<Provider>> {
    let all = Catalogue::builtin().all();
    let found: Vec<_> = all.into_iter().filter(|provider| provider.kind().is_token()).collect();
    assert_eq!(found.len(), 4);
    found
}

#[test]
fn every_scheme_with_a_token_signs_and_refuses_another_body_url_and_secret() {
    for provider in tokens() {
        let id = provider.id();
        let pair = provider.kind().has_key_pair();
        let (mine, other) = match pair {
            true => (include_str!("keys/p256.pem"), ES256_KEY),
            false => ("fake-secret", "fake-other"),
        };
        let mine = keys(&provider, mine);
        let signed = sign(&provider, &mine, b"{\"a\":1}").unwrap();
        let at = |at| verify_at(&provider, &mine, &signed, b"{\"a\":1}", at);
        assert!(at(NOW).verified(), "{id}: {:?}", at(NOW));
        let stranger = verify_at(&provider, &keys(&provider, other), &signed, b"{\"a\":1}", NOW);
        assert_eq!(stranger.code, Code::Mismatch, "{id}");
        let other_body = verify_at(&provider, &mine, &signed, b"{\"a\":2}", NOW);
        let covered = provider.cover() == Cover::Body;
        assert_eq!(other_body.verified(), !covered, "{id}");
        assert_eq!(covered, &**id != "monday");
        assert_eq!(at(NOW).reason.contains("does not cover the body"), !covered, "{:?}", at(NOW));
        if provider.replay_detectable() {
            assert_eq!((at(NOW + 301).code, at(NOW - 301).code), (Code::TooOld, Code::InFuture));
        }
    }
}

#[test]
fn an_added_token_neither_spoils_nor_helps() {
    let netlify = builtin("netlify");
    let keys = keys(&netlify, "fake-secret");
    let signed = sign(&netlify, &keys, b"{}").unwrap();
    let (name, good) = signed[0].clone();
    let bad = (name.clone(), b"a.b.c.d".to_vec());
    let stale = (name.clone(), sign(&netlify, &keys, b"other").unwrap()[0].1.clone());
    for arrived in [vec![bad.clone(), (name.clone(), good.clone())], vec![stale.clone(), (name, good)]] {
        assert!(verify_at(&netlify, &keys, &arrived, b"{}", NOW).verified());
    }
    assert_eq!(verify_at(&netlify, &keys, &[bad, stale], b"{}", NOW).code, Code::Mismatch);
}

#[test]
fn a_plaid_token_names_its_key_and_so_does_the_refusal() {
    let plaid = builtin("plaid");
    let pair = keys(&plaid, ES256_KEY);
    let public = plaid.public_key(&pair).unwrap().text;
    let kid = public.split("\"kid\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let signed = sign(&plaid, &pair, b"{}").unwrap();
    let token = String::from_utf8(signed[0].1.clone()).unwrap();
    let head = token.split('.').next().unwrap();
    let head = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).unwrap();
    assert_eq!(String::from_utf8(head).unwrap(), format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"JWT"}}"#));
    // As Plaid's API answers it, with an id of its own.
    let answer = format!(r#"{{"key":{},"request_id":"r"}}"#, public.replace(&kid, "vendors-key"));
    assert!(verify_at(&plaid, &keys(&plaid, &answer), &signed, b"{}", NOW).verified());
    let other = keys(&plaid, include_str!("keys/p256.pem"));
    let verdict = verify_at(&plaid, &other, &signed, b"{}", NOW);
    assert!(verdict.reason.contains(&format!("it names `{kid}`")), "{verdict:?}");
}

#[test]
fn sha_512_is_hs512_and_sha_1_is_refused() {
    let provider = made("kind = \"jwt-hs\"\nhash = \"sha512\"\n");
    let pair = keys(&provider, "fake-secret");
    let signed = sign(&provider, &pair, b"{}").unwrap();
    assert!(verify_at(&provider, &pair, &signed, b"{}", NOW).verified());
    let token = hand_made(r#"{"alg":"HS512"}"#, "{}");
    assert_eq!(
        judged(&provider, &pair, &token, NOW).0,
        Code::Mismatch,
        "HMAC-SHA-256 under the name of HS512"
    );
    let sha1 = "[made]\nheader = \"X\"\nkind = \"jwt-hs\"\nhash = \"sha1\"\n";
    assert!(Catalogue::builtin().add("f", sha1).unwrap_err().to_string().contains("HS256"));
    assert!(all_of_key_pairs().iter().all(|provider| try_keys(provider, "fake-secret").is_err()));
}
