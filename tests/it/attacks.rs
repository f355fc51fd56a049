//! Attacks on the running program: what a stranger, a target or a terminal did
//! to it once, each named after what must not happen again.

use crate::harness::{Home, body_of, hmac_sha256_hex, post, raw_exchange, request, status_of};
use std::io::Write;
use std::net::{Shutdown, TcpStream};

/// A sender that ends its side after one byte made the listener ask for more
/// without ever waiting: as many of them as processors stopped it for good.
#[test]
fn senders_that_end_within_the_first_word_stop_nobody() {
    let listening = Home::default().listen(["--no-journal"]);
    let mut ended = Vec::new();
    for _ in 0..64 {
        let mut sender = TcpStream::connect(listening.address).unwrap();
        sender.write_all(b"P").unwrap();
        sender.shutdown(Shutdown::Write).unwrap();
        ended.push(sender);
    }
    assert_eq!(post(listening.address, "/", &[], b"{}"), 200);
    for _ in &ended {
        let rejected = listening.next("rejected");
        assert_eq!((&rejected["code"], &rejected["status"]), (&"incomplete_head".into(), &400.into()));
    }
    assert_eq!(status_of(&raw_exchange(listening.address, b"PRI * HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    assert_eq!(listening.stop().0, 0);
}

/// jq recurses: a body of opening brackets used up the stack and ended the program.
#[test]
fn a_deeply_nested_payload_does_not_end_a_listener_that_filters() {
    let nested = ["[".repeat(200_000), "]".repeat(200_000)].concat();
    for options in [["--filter", ".a"], ["--until", ".a == 1"], ["--jq", "."]] {
        let home = Home::default();
        let listening = home.listen(options);
        for body in [nested.as_bytes(), &nested.as_bytes()[..200_000]] {
            assert_eq!(post(listening.address, "/", &[], body), 200, "{options:?}");
        }
        assert_eq!(post(listening.address, "/", &[], br#"{"a":1}"#), 200, "{options:?}");
        if options[0] == "--until" {
            assert_eq!(listening.finish().0, 0);
        } else {
            assert_eq!(listening.stop().0, 0, "{options:?}");
        }
        let kept = home.run(["events", "list", "--json", "--jq", ".seq"]).expect(0);
        assert_eq!(kept.out(), "3\n2\n1\n", "{options:?}");
        home.run(["events", "list", "--filter", ".a"]).expect(0);
        home.run(["events", "export", "--jq", ".seq"]).expect(0);
    }
}

/// With one secret for whatever provider a request claims to be of, the answer to
/// one provider's challenge was a valid signature of a delivery under another's scheme.
#[test]
fn a_challenge_is_not_signed_with_a_secret_that_was_given_for_any_provider() {
    let home = Home::default();
    let secret = home.secret("secret", "fake-secret");
    let secret = secret.to_str().unwrap();
    let challenge = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"1760000000abc"}}"#;
    let unsigned = "v0=".to_owned() + &"0".repeat(64);
    let headers = [("x-zm-signature", unsigned.as_str()), ("x-zm-request-timestamp", "1760000000")];
    let asked = request("POST", "/", &headers, challenge.as_bytes());
    let signature = hmac_sha256_hex("fake-secret", b"1760000000abc");
    let answer = |options: &[&str], variables: &[(&str, &str)]| {
        let listening = home.listen_with(options, variables);
        let answer = raw_exchange(listening.address, &asked);
        let signed = String::from_utf8_lossy(body_of(&answer)).contains(&signature);
        (status_of(&answer), signed, listening.stop().2)
    };
    let (status, signed, said) = answer(&["--secret-file", secret], &[]);
    assert_eq!((status, signed), (503, false));
    assert!(said.contains("--provider zoom"), "{said}");
    // Where somebody said that the secret is Zoom's, Zoom is answered.
    let named = answer(&["--secret-file", secret, "--provider", "zoom"], &[]);
    assert_eq!((named.0, named.1), (200, true));
    let stored = answer(&[], &[("ZOOM_WEBHOOK_SECRET", "fake-secret")]);
    assert_eq!((stored.0, stored.1), (200, true));
}
