//! Who sent it, when nobody says: what `verify` and `listen` make of deliveries
//! whose provider is not named.

use crate::harness::{Home, Ran, hmac_sha256_hex, post};
use serde_json::{Value, json};

const HEX: &str = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

fn verify(home: &Home, headers: &[&str], body: &str, more: &[&str], known: &[(&str, &str)]) -> Ran {
    let mut args = vec!["verify", "--data", body];
    args.extend(headers.iter().flat_map(|header| ["-H", header]));
    args.extend(more);
    home.run_with(args, b"", known)
}

/// The verdict's record of how the provider was recognised.
fn recognised(headers: &[&str], body: &str, known: &[(&str, &str)]) -> (i32, Value) {
    let home = Home::default();
    let ran = verify(&home, headers, body, &["--json"], known);
    (ran.code(), ran.records().remove(0))
}

#[test]
fn one_s_own_header_in_its_own_form_is_certain() {
    let (code, record) = recognised(&[&format!("X-Koji-Signature: sha256={HEX}")], "{}", &[]);
    assert_eq!((code, &record["provider"]), (3, &"koji".into()));
    assert_eq!(record["recognised"], json!({"sureness": "certain", "by": ["header", "shape"], "rivals": []}));
}

#[test]
fn one_s_own_header_in_another_form_is_likely_and_says_what_is_wrong() {
    let known = [("KOJI_WEBHOOK_SECRET", "fake-koji-secret")];
    let (code, record) = recognised(&["X-Koji-Signature: nonsense"], "{}", &known);
    assert_eq!((code, &record["provider"], &record["code"]), (1, &"koji".into(), &"wrong_prefix".into()));
    assert_eq!(record["recognised"]["sureness"], "likely");
}

#[test]
fn equals_are_named_and_none_is_chosen() {
    let headers = [
        "svix-id: msg_1",
        "svix-timestamp: 1760000000",
        "svix-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ];
    let (code, record) = recognised(&headers, "{}", &[]);
    assert_eq!((code, &record["provider"], &record["code"]), (2, &Value::Null, &"unknown_provider".into()));
    assert_eq!(record["recognised"]["sureness"], "unsure");
    assert_eq!(record["recognised"]["rivals"], json!(["svix", "clerk", "resend"]));
    assert!(record["reason"].as_str().unwrap().contains("svix, clerk, resend"), "{record}");
}

#[test]
fn a_signature_that_holds_under_a_provider_s_own_secret_is_proof() {
    let body = r#"{"object":"page"}"#;
    let header =
        format!("X-Hub-Signature-256: sha256={}", hmac_sha256_hex("fake-app-secret", body.as_bytes()));
    let (code, record) = recognised(&[&header], body, &[("GITHUB_WEBHOOK_SECRET", "fake-app-secret")]);
    assert_eq!((code, &record["provider"]), (0, &"github".into()), "{record}");
    assert_eq!(record["recognised"]["sureness"], "certain");
    assert!(record["recognised"]["by"].as_array().unwrap().contains(&"signature".into()), "{record}");

    // Under a secret that was given for anybody, whoever signs alike would hold as well.
    let home = Home::default();
    let args = ["--json", "--secret-env", "S"];
    let ran = verify(&home, &[&header], body, &args, &[("S", "fake-app-secret")]);
    let record = ran.expect(0).records().remove(0);
    assert_eq!(
        (&record["provider"], &record["recognised"]["sureness"]),
        (&"facebook".into(), &"likely".into())
    );
    assert_eq!(record["recognised"]["rivals"], json!(["github", "whatsapp"]));
}

#[test]
fn nothing_is_said_where_the_provider_was_named() {
    let home = Home::default();
    let header = format!("X-Koji-Signature: sha256={HEX}");
    let args = ["--provider", "koji", "--json"];
    let ran = verify(&home, &[&header], "{}", &args, &[("KOJI_WEBHOOK_SECRET", "fake")]);
    assert_eq!(ran.expect(1).records()[0].get("recognised"), None);
}

#[test]
fn how_sure_it_is_is_said_in_words() {
    let home = Home::default();
    let header = format!("X-Hub-Signature-256: sha256={HEX}");
    let said = verify(&home, &[&header], r#"{"object":"page"}"#, &[], &[]).out();
    let words =
        "likely, by its header, the form of its value and its body; github and whatsapp sign the same way";
    assert!(said.contains(words), "{said}");
}

#[test]
fn the_listener_says_it_with_each_delivery() {
    let home = Home::default();
    let listening = home.listen(["--no-journal"]);
    let signature = format!("sha256={HEX}");
    let cases: [(&str, &str, &str, &str); 3] = [
        ("X-Koji-Signature", "{}", "koji", "certain"),
        ("X-Hub-Signature-256", r#"{"object":"page"}"#, "facebook", "likely"),
        ("X-Other", "{}", "", "unknown"),
    ];
    for (header, body, provider, sureness) in cases {
        post(listening.address, "/", &[(header, &signature)], body.as_bytes());
        let verdict = listening.next("delivery")["verdict"].clone();
        assert_eq!(verdict["provider"].as_str().unwrap_or_default(), provider, "{verdict}");
        let said = verdict["recognised"]["sureness"].as_str().unwrap_or("unknown");
        assert_eq!(said, sureness, "{verdict}");
    }
    listening.stop();
}
