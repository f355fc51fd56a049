//! Claim 20: what was sent is what is verified, kept, passed on, exported and
//! replayed, to the byte, whatever the body is.

use crate::harness::target::{Application, Received};
use crate::harness::{Home, hmac_sha256_hex, raw_exchange, status_of};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hookctl::journal::Reader;
use serde_json::Value;

const SECRET: &str = "not-a-secret-of-the-corpus";

/// Documents that parsers disagree about, and bytes that are no document.
fn corpus() -> Vec<Vec<u8>> {
    let mut corpus: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    corpus.extend((0x80..=0xff).step_by(4).map(|byte| [b"{\"a\":\"", &[byte][..], b"\"}"].concat()));
    let numbers = [
        "0",
        "-0",
        "-0.0",
        "1E2",
        "1e+2",
        "0.1000",
        "1.0",
        "01",
        "+1",
        ".5",
        "1.",
        "0x1F",
        "NaN",
        "Infinity",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "1e400",
        "1e-400",
        "123456789012345678901234567890",
        "3.141592653589793238462643383279",
    ];
    corpus.extend(numbers.iter().map(|number| format!("{{\"n\":{number}}}").into_bytes()));
    let texts = [
        "",
        " ",
        "\r\n",
        "{}",
        "[]",
        "null",
        "true",
        "nul",
        "{",
        "}",
        "[",
        "]",
        ",",
        "{\"a\"}",
        "{\"a\":}",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "// c\n{}",
        "{}{}",
        "{}\n{}",
        "[1][2]",
        " {\"a\" : 1 } \t\r\n",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"\":0}",
        "\"\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\\x41\"",
        "\"\\u00e9\"",
        "\"é\"",
        "\"e\u{301}\"",
        "\"tab\tin string\"",
        "\"line\nin string\"",
        "\"nul\0in string\"",
        "\u{feff}{\"bom\":8}",
        "\u{2028}\u{2029}",
        "\u{202e}{}",
        "\u{0}",
        "{\"z\":1,\"a\":2,\"m\":3}",
        "<?xml version=\"1.0\"?><a b=\"c\">&amp;</a>",
        "a=1&b=%20&b=+&c",
        "payload=%7B%7D",
        "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n",
        "plain\ntext\n",
        "\x1b]0;title\x07",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
    ];
    corpus.extend(texts.iter().map(|text| text.as_bytes().to_vec()));
    let bytes: [&[u8]; 9] = [
        b"\xff\xfe{\0}\0",
        b"\xfe\xff\0{\0}",
        b"\xff\xfe\0\0{\0\0\0}\0\0\0",
        b"\"\xed\xa0\x80\"",
        b"\"\xc0\xaf\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\"\xe2\x82\"",
        b"\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01",
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xabV*\xc9,HU\xb2R\0\0\x1a\x17\xf3\x82\x0a\0\0\0",
    ];
    corpus.extend(bytes.iter().map(|bytes| bytes.to_vec()));
    corpus.push([vec![b'['; 100_000], vec![b']'; 100_000]].concat());
    corpus.push(b"{\"a\":".repeat(50_000));
    corpus.push(format!("\"{}\"", "x".repeat(5 << 20)).into_bytes());
    corpus.push(format!("[{}1]", "1,".repeat(999_999)).into_bytes());
    corpus.extend((0..60).map(noise));
    corpus
}

/// Bytes without a pattern, the same in every run.
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let length = next() % 4_096;
    (0..length).map(|_| next().to_le_bytes()[3]).collect()
}

/// Header lines whose order, case, repeats and bytes matter.
const FIELDS: &[u8] = b"x-LOWER-upper: a\r\nX-Repeat: 1\r\nContent-Type: application/json\r\nx-repeat: 2\r\nX-Latin: caf\xe9\r\nX-Utf8: caf\xc3\xa9\r\nX-Tab:\ta \tb\r\n";

fn request(body: &[u8]) -> Vec<u8> {
    let signature = hmac_sha256_hex(SECRET, body);
    let start = format!(
        "POST /in%20order?q=%7b&q HTTP/1.1\r\nHost: a\r\nX-Webhook-Signature: sha256={signature}\r\n"
    );
    let end = format!("Connection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    [start.as_bytes(), FIELDS, end.as_bytes(), body].concat()
}

/// The lines of `FIELDS` as they stand in a head.
fn fields_of(head: &[u8]) -> Vec<u8> {
    let ours: Vec<&[u8]> = FIELDS.split_inclusive(|byte| *byte == b'\n').collect();
    let name = |line: &[u8]| line.split(|byte| *byte == b':').next().unwrap().to_ascii_lowercase();
    let names: Vec<Vec<u8>> = ours.iter().map(|line| name(line)).collect();
    let lines = head.split_inclusive(|byte| *byte == b'\n').filter(|line| names.contains(&name(line)));
    lines.flatten().copied().collect()
}

#[track_caller]
fn assert_same(what: &str, received: &[Received], corpus: &[Vec<u8>]) {
    assert_eq!(received.len(), corpus.len(), "{what}");
    for (number, (received, body)) in received.iter().zip(corpus).enumerate() {
        assert!(received.body == *body, "{what}: document {number}");
        assert_eq!(received.target(), "/in%20order?q=%7b&q", "{what}");
        assert_eq!(fields_of(&received.head), FIELDS, "{what}: document {number}");
    }
}

fn body_of(record: &Value) -> Vec<u8> {
    match record["body"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => STANDARD.decode(record["body_base64"].as_str().unwrap()).unwrap(),
    }
}

#[test]
fn every_document_arrives_is_kept_exported_and_replayed_as_it_was_sent() {
    let (home, target, corpus) = (Home::default(), Application::start(), corpus());
    assert!(corpus.len() >= 400, "{}", corpus.len());
    let arguments = ["--provider", "userjourneys", "--forward", &target.url()];
    let listening = home.listen_with(arguments, &[("USERJOURNEYS_WEBHOOK_SECRET", SECRET)]);
    for (number, body) in corpus.iter().enumerate() {
        let answer = raw_exchange(listening.address, &request(body));
        assert_eq!(status_of(&answer), 200, "document {number}");
        let record = listening.any();
        assert_eq!(record["verdict"]["code"], "verified", "document {number}");
        assert!(body_of(&record) == *body, "the record of document {number}");
        assert_eq!(listening.any()["type"], "attempt", "document {number}");
    }
    assert_eq!(listening.stop().0, 0);
    assert_same("forwarded", &target.received(), &corpus);

    let reader = Reader::open(&home.join("data/journal.db")).unwrap();
    for (seq, body) in (1..).zip(&corpus) {
        let entry = reader.get(seq).unwrap().unwrap();
        assert!(entry.delivery.body == *body, "kept document {seq}");
        assert_eq!(fields_of(entry.delivery.head.as_bytes()), FIELDS, "kept document {seq}");
    }
    let exported = home.run(["events", "export"]).expect(0).records();
    assert!(exported.iter().map(body_of).eq(corpus.iter().cloned()), "exported");

    let again = Application::start();
    let range = format!("1..{}", corpus.len());
    home.run(["events", "replay", &range, "--to", &again.url(), "--quiet"]).expect(0);
    assert_same("replayed", &again.received(), &corpus);
    for seq in [1, 40, 300, corpus.len()] {
        let shown = home.run(["events", "show", &seq.to_string(), "--body"]).expect(0);
        assert!(shown.stdout == corpus[seq - 1], "shown document {seq}");
        let whole = home.run(["events", "show", &seq.to_string(), "--raw"]).expect(0);
        assert!(whole.stdout == request(&corpus[seq - 1]), "the request of document {seq}");
    }
}

#[test]
fn every_document_can_be_shown_even_on_a_small_stack() {
    let (home, corpus) = (Home::default(), corpus());
    let listening = home.listen(["--show", "none"]);
    // The deepest ones, the longest ones, and one that is none.
    let chosen: Vec<&Vec<u8>> = corpus.iter().filter(|body| body.len() > 50_000 || body.is_empty()).collect();
    for body in &chosen {
        assert_eq!(status_of(&raw_exchange(listening.address, &request(body))), 200);
    }
    assert_eq!(listening.stop().0, 0);
    for seq in 1..=chosen.len() {
        let small = ["sh", "-c", "ulimit -s 512; exec \"$0\" \"$@\""];
        let command = crate::harness::under(small, &home.command(["events", "show", &seq.to_string()]));
        let shown = crate::harness::Ran::of(command, b"").expect(0);
        assert!(shown.stdout.len() < 1 << 20, "document {seq} is folded, not poured out");
    }
}
