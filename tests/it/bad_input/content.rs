//! Odd but honest content: kept byte for byte, forwarded byte for byte, shown safely.

use super::bytes_of;
use crate::application::Door;
use crate::harness::{Home, hmac_sha256_hex, raw_exchange, status_of};
use serde_json::Value;

const SECRET: &str = "fake-github-secret";

struct Case {
    name: &'static str,
    header: Vec<u8>,
    body: Vec<u8>,
}

fn case(name: &'static str, header: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Case {
    Case { name, header: header.as_ref().to_vec(), body: body.as_ref().to_vec() }
}

fn cases() -> Vec<Case> {
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let all_bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let hostile = "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil/\x1b\\\u{9b}31m\r\x08\x7f\u{202e}\u{2066}\u{200f}\u{feff}";
    vec![
        case("a UTF-8 header value", "Zażółć gęślą ☃", "{}"),
        case("a Latin-1 header value", b"caf\xe9 \xa0\xff", "{}"),
        case("an empty body", "plain", ""),
        case("a binary body", "plain", all_bytes),
        case("a body that is not JSON", "plain", "<xml>&amp; {not json\r\n\r\nPOST / HTTP/1.1\r\n\r\n"),
        case("JSON with duplicate keys", "plain", r#"{"a":1,"a":2,"b":{"c":1,"c":null},"a":3}"#),
        case("deep nesting of lists", "plain", nested("[", "]")),
        case("deep nesting of objects", "plain", nested("{\"a\":", "}")),
        case(
            "huge numbers",
            "plain",
            r#"{"a":1e999999,"b":-123456789012345678901234567890.000000000000000000001,"c":1E+2,"d":-0}"#,
        ),
        case("a BOM", "plain", "\u{feff}{\"a\": 1}\n"),
        case("ANSI and bidi control characters", "plain", hostile),
        case("ANSI and bidi control characters in JSON", "plain", format!("{{\"{hostile}\":\"{hostile}\"}}")),
        case(
            "escaped control characters in JSON",
            "plain",
            r#"{"type":"\u001b[2J\u202e","a\u001b":"\u001b]0;x\u0007\ud800"}"#,
        ),
        case("bidi and C1 control characters in a header", "a\u{202e}b\u{9b}31mc", "{}"),
    ]
}

/// The request: its head's lines between the first and the last are the same at the target.
fn request(case: &Case, number: usize) -> (Vec<u8>, Vec<u8>) {
    let signature = hmac_sha256_hex(SECRET, &case.body);
    let start =
        format!("Content-Type: application/json\r\nX-Hub-Signature-256: sha256={signature}\r\nX-Odd: ");
    let length = case.body.len();
    let end = format!(
        "\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: {number}\r\nContent-Length: {length}\r\n\r\n"
    );
    let lines = [start.as_bytes(), &case.header, end.as_bytes()].concat();
    let all = [&b"POST /odd?x=1 HTTP/1.1\r\nHost: sender\r\nConnection: close\r\n"[..], &lines, &case.body]
        .concat();
    (all, lines)
}

/// What a terminal may be sent: no control characters but line ends, nothing that turns text around.
#[track_caller]
fn assert_safe(name: &str, shown: &[u8]) {
    let text = std::str::from_utf8(shown).unwrap_or_else(|_| panic!("{name}: not UTF-8"));
    let odd = text.chars().find(|character| {
        let bidi =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (character.is_control() && *character != '\n') || bidi || *character == '\u{feff}'
    });
    assert_eq!(odd, None, "{name}");
}

fn header<'a>(record: &'a Value, name: &str) -> &'a Value {
    record["headers"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap()
}

#[test]
fn odd_content_is_verified_kept_and_forwarded_byte_for_byte_and_shown_safely() {
    let home = Home::default();
    let target = Door::taking();
    let args = ["--provider", "github", "--forward", &target.url()];
    let listening = home.listen_with(args, &[("GITHUB_WEBHOOK_SECRET", SECRET)]);
    for (number, case) in cases().iter().enumerate() {
        let (name, seq) = (case.name, (number + 1).to_string());
        let (sent, lines) = request(case, number);
        assert_eq!(status_of(&raw_exchange(listening.address, &sent)), 200, "{name}");

        let taken = target.wait_for(number + 1).remove(number);
        let start = format!("POST /odd?x=1 HTTP/1.1\r\nHost: {}\r\n", target.address);
        assert!(taken.head == [start.as_bytes(), &lines].concat(), "{name}: the head at the target");
        assert!(taken.body == case.body, "{name}: the body at the target");
        assert!(home.run(["events", "show", &seq, "--raw"]).expect(0).stdout == sent, "{name}: kept");
        assert!(home.run(["events", "show", &seq, "--body"]).expect(0).stdout == case.body, "{name}");

        // JSON is lossless, in the records of the listener and of the journal.
        let record = listening.next("delivery");
        assert_eq!(
            (&record["seq"], &record["verdict"]["code"]),
            (&(number + 1).into(), &"verified".into()),
            "{name}"
        );
        let shown = home.run(["events", "show", &seq, "--json"]).expect(0);
        for record in [&record, &shown.records()[0]] {
            assert!(bytes_of(record, "body") == case.body, "{name}: JSON");
            assert_eq!(bytes_of(header(record, "X-Odd"), "value"), case.header, "{name}: JSON");
        }
        assert!(!shown.stdout.contains(&0x1b), "{name}");

        // Text is safe.
        for args in
            [&["events", "show", &seq][..], &["events", "show", &seq, "--reveal"], &["events", "list"]]
        {
            assert_safe(name, &home.run(args).expect(0).stdout);
        }
        // And replayed byte for byte.
        home.run(["events", "replay", &seq, "--to", &target.url(), "--json"]).expect(0);
        let all = target.taken();
        let replayed = all.iter().filter(|other| **other == taken).count();
        assert!(replayed >= 1, "{name}");
        assert_eq!(all.len(), number + 2, "{name}");
        // Keep the counting simple: one request a case.
        target.forget_last();
    }
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    let exported = home.run(["events", "export"]).expect(0).records();
    assert_eq!(exported.len(), cases().len());
    for (record, case) in exported.iter().zip(cases()) {
        assert!(bytes_of(record, "body") == case.body, "{}: exported", case.name);
    }
}

#[test]
fn odd_content_is_shown_safely_while_it_arrives() {
    let home = Home::default();
    let count = cases().len().to_string();
    let args =
        ["listen", "--port", "0", "--show", "all", "--until", &count, "--for", "60s", "--provider", "github"];
    let mut child = home.command(args).spawn().unwrap();
    let mut errors = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    let address = loop {
        let start = said.len();
        assert_ne!(std::io::BufRead::read_line(&mut errors, &mut said).unwrap(), 0);
        if let Some(address) = said[start..].trim().strip_prefix("listening on http://") {
            break address.parse().unwrap();
        }
    };
    let drained = std::thread::spawn(move || {
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut errors, &mut rest).unwrap();
        rest
    });
    let mut stdout = child.stdout.take().unwrap();
    let shown = std::thread::spawn(move || {
        let mut all = Vec::new();
        std::io::Read::read_to_end(&mut stdout, &mut all).unwrap();
        all
    });
    for (number, case) in cases().into_iter().enumerate() {
        assert_eq!(status_of(&raw_exchange(address, &request(&case, number).0)), 200, "{}", case.name);
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let shown = shown.join().unwrap();
    assert_safe("the listener's text", &shown);
    assert_safe("the listener's narration", &drained.join().unwrap());
    let text = String::from_utf8(shown).unwrap();
    assert!(text.contains("Zażółć gęślą ☃"), "what is harmless is shown as it is");
    assert!(
        text.contains("123456789012345678901234567890.000000000000000000001"),
        "numbers keep their spelling"
    );
}
