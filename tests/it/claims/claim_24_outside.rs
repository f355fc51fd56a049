//! Claim 24, from outside: hostile signatures given to the program end with the
//! exit code of the contract, and a listener answers them 401.

use crate::harness::{Home, hmac_sha256_hex, post, raw_exchange, status_of};

const SECRET: &str = "fake-secret-one";
const BODY: &str = r#"{"type":"interview.completed","data":{"interview_id":"int_1"}}"#;

/// The exit code, the code of the verdict, and the headers of a delivery from
/// Koji; `SIG` stands for its signature in hex.
const KOJI: &[(i32, &str, &[&str])] = &[
    (0, "verified", &["X-Koji-Signature: sha256=SIG"]),
    // A name has no case, and white space around a value is none of it.
    (0, "verified", &["x-koji-signature: \t sha256=SIG \t"]),
    // Either of two headers may be the right one: an added one spoils nothing.
    (0, "verified", &["X-Koji-Signature: sha256=SIG", "X-Koji-Signature: sha256=00"]),
    (0, "verified", &["X-Koji-Signature: ", "X-Koji-Signature: sha256=SIG"]),
    (1, "no_header", &[]),
    (1, "no_header", &["X-Koji_Signature: sha256=SIG"]),
    (1, "no_header", &["X-Koji-Signature-256: sha256=SIG"]),
    (1, "no_header", &["X-Hub-Signature-256: sha256=SIG"]),
    (1, "malformed", &["X-Koji-Signature: "]),
    (1, "bad_encoding", &["X-Koji-Signature: sha256="]),
    (1, "bad_encoding", &["X-Koji-Signature: sha256=SIG0"]),
    (1, "bad_encoding", &["X-Koji-Signature: sha256=SIG,sha256=SIG"]),
    (1, "bad_encoding", &["X-Koji-Signature: sha256= SIG"]),
    (1, "bad_encoding", &["X-Koji-Signature: sha256=sha256=SIG"]),
    (
        1,
        "bad_encoding",
        &["X-Koji-Signature: sha256=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"],
    ),
    (1, "wrong_prefix", &["X-Koji-Signature: SIG"]),
    (1, "wrong_prefix", &["X-Koji-Signature: SHA256=SIG"]),
    (1, "wrong_prefix", &["X-Koji-Signature: sha1=SIG"]),
    (1, "wrong_prefix", &["X-Koji-Signature: sha512=SIG"]),
    (1, "wrong_prefix", &["X-Koji-Signature: none="]),
    (1, "wrong_prefix", &["X-Koji-Signature: sha256:SIG"]),
    (1, "wrong_prefix", &["X-Koji-Signature: v1=SIG"]),
    (1, "wrong_prefix", &["X-Koji-Signature: \"sha256=SIG\""]),
    (
        1,
        "mismatch",
        &["X-Koji-Signature: sha256=0000000000000000000000000000000000000000000000000000000000000000"],
    ),
];

#[test]
fn every_refusal_ends_with_the_exit_code_of_the_contract() {
    let home = Home::default();
    let secret = home.secret("koji", SECRET);
    let signature = hmac_sha256_hex(SECRET, BODY.as_bytes());
    for (exit, code, headers) in KOJI {
        let mut args = vec!["verify", "--data", BODY, "--provider", "koji", "--json", "--secret-file"];
        args.push(secret.to_str().unwrap());
        let headers: Vec<String> = headers.iter().map(|header| header.replace("SIG", &signature)).collect();
        headers.iter().for_each(|header| args.extend(["-H", header]));
        let ran = home.run(args).expect(*exit);
        assert_eq!(ran.records()[0]["code"], *code, "{headers:?}");
    }
}

#[test]
fn other_keys_and_other_bytes_end_with_one_and_no_key_with_three() {
    let home = Home::default();
    let verify = |signed_with: &str, signed: &[u8], secret: &str| {
        let header = format!("X-Koji-Signature: sha256={}", hmac_sha256_hex(signed_with, signed));
        let args = ["verify", "--data", BODY, "--provider", "koji", "--secret-env", "GIVEN", "-H", &header];
        home.run_with(args, b"", &[("GIVEN", secret)]).code()
    };
    assert_eq!(verify(SECRET, BODY.as_bytes(), SECRET), 0, "the control");
    let compact: serde_json::Value = serde_json::from_str(BODY).unwrap();
    let spaced = serde_json::to_string_pretty(&compact).unwrap();
    for (signed_with, signed) in [
        ("fake-secret-two", BODY.to_owned()),
        ("fake-secret-one ", BODY.to_owned()),
        ("Fake-secret-one", BODY.to_owned()),
        ("fake-secret-on", BODY.to_owned()),
        ("", BODY.to_owned()),
        (SECRET, format!("{BODY}\n")),
        (SECRET, format!("\u{feff}{BODY}")),
        (SECRET, spaced),
        (SECRET, String::new()),
    ] {
        assert_eq!(verify(signed_with, signed.as_bytes(), SECRET), 1, "{signed_with:?} over {signed:?}");
    }
    assert_eq!(verify("", BODY.as_bytes(), ""), 3, "no secret is no reason to accept");
    let missing =
        ["verify", "--data", BODY, "--provider", "koji", "--secret-file", "/nonexistent", "-H", "a: b"];
    home.run(missing).expect(3);
    home.run(["verify", "--data", BODY, "--provider", "kojy", "-H", "a: b"]).expect(2);
}

#[test]
fn a_signature_over_http_is_taken_from_the_head_alone() {
    let home = Home::default();
    let secret = home.secret("koji", SECRET);
    let listening = home.listen(["--provider", "koji", "--secret-file", secret.to_str().unwrap()]);
    let signature = format!("sha256={}", hmac_sha256_hex(SECRET, BODY.as_bytes()));
    let posted = |headers: &[(&str, &str)]| post(listening.address, "/", headers, BODY.as_bytes());
    assert_eq!(posted(&[("X-Koji-Signature", &signature)]), 200, "the control");
    let large = "0".repeat(8_192);
    let lists = format!("sha256={}", ["00"; 2_000].join(","));
    for value in ["", "sha256=", "sha1=", &signature[7..], &signature[..70], "\u{e9}", &large, &lists] {
        assert_eq!(posted(&[("X-Koji-Signature", value)]), 401, "{value:.80}");
    }
    assert_eq!(posted(&[]), 401);
    // A trailer comes after the body: it is no place for what the body is judged by.
    let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n";
    let body = format!("{:x}\r\n{BODY}\r\n0\r\n", BODY.len());
    let trailer =
        format!("{head}Trailer: X-Koji-Signature\r\n\r\n{body}X-Koji-Signature: {signature}\r\n\r\n");
    let header = format!("{head}X-Koji-Signature: {signature}\r\n\r\n{body}\r\n");
    assert_eq!(status_of(&raw_exchange(listening.address, header.as_bytes())), 200, "the control");
    assert_eq!(status_of(&raw_exchange(listening.address, trailer.as_bytes())), 401);
    assert_eq!(listening.stop().0, 0);
}
