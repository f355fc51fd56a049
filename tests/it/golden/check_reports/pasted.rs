//! The curl line of a finding, pasted into a shell, says the very bytes to curl.

use super::run::{Run, request};
use hookctl::hook::check::{Finding, Outcome, Request, Suite};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What the shell gives to curl: its words, and its standard input.
fn told(line: &str) -> (Vec<Vec<u8>>, Vec<u8>) {
    let script =
        format!("curl() {{ printf '%s\\0' \"$@\"; printf '\\n--\\n'; cat; }}\nSECRET=the-secret\n{line}\n");
    let mut shell = Command::new("sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .args(["-c", &script])
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().flush().unwrap();
    let output = shell.wait_with_output().unwrap();
    assert!(output.status.success(), "{line}");
    let mark = b"\0\n--\n";
    let at = output.stdout.windows(mark.len()).position(|bytes| bytes == mark).unwrap();
    let words = output.stdout[..at].split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    (words, output.stdout[at + mark.len()..].to_vec())
}

fn line(run: &Run, request: Request) -> String {
    let case = Suite::builtin().get("no-signature").unwrap();
    let finding =
        Finding { request: Some(request.into()), ..Finding::new(case, Outcome::Fail, "answered 200") };
    hookctl::ui::check::Shown::new(&finding, &run.about(), None).curl.unwrap()
}

#[test]
fn every_byte_of_a_body_arrives() {
    let run = super::run::good();
    let every: Vec<u8> = (0..=255).collect();
    for body in [
        &every[..],
        b"{\"a\":\"it's 100% \\u00e4\"}",
        "ä \u{feff}\u{1f600}\n".as_bytes(),
        b"@file",
        b"-",
        b"\n\n",
        b"\\c",
    ] {
        let line = line(&run, request("POST", &[("Content-Type", b"a/b")], body));
        assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line}");
        let (words, input) = told(&line);
        let at = words.iter().rposition(|word| word.starts_with(b"--data-")).unwrap();
        match words[at].as_slice() {
            b"--data-raw" => assert_eq!(words[at + 1], body, "{line}"),
            b"--data-binary" => {
                assert_eq!((words[at + 1].as_slice(), &input[..]), (&b"@-"[..], body), "{line}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_byte_of_a_header_arrives_and_the_secret_does_not_show() {
    let run = super::run::good();
    let value: Vec<u8> =
        (1..=255).filter(|byte| !matches!(byte, b'\n' | b'\r' | 0..=8 | 11..=31 | 127)).collect();
    let value = value.trim_ascii();
    let odd = request("POST", &[("X-Odd", value), ("X-Empty", b""), ("x-two", b"1"), ("X-Two", b"2")], b"{}");
    let (words, _) = told(&line(&run, odd));
    let has = |wanted: &[u8]| words.iter().any(|word| word == wanted);
    assert!(has(&[b"X-Odd: ", value].concat()), "{words:?}");
    assert!(has(b"X-Empty;") && has(b"x-two: 1") && has(b"X-Two: 2") && has(b"Content-Type:"));
    assert!(!words.iter().any(|word| word.starts_with(b"Content-Length") || word.starts_with(b"Host")));

    for (value, shown) in [("s3cr3t", "the-secret"), ("Basic s3cr3t", "Basic the-secret")] {
        let request = Request {
            secret_header: Some("authorization".to_owned()),
            ..request("POST", &[("Authorization", value.as_bytes())], b"{}")
        };
        let line = line(&run, request);
        assert!(!line.contains("s3cr3t"), "{line}");
        let (words, _) = told(&line);
        assert!(words.contains(&format!("Authorization: {shown}").into_bytes()), "{words:?}");
    }
}

#[test]
fn methods_framing_and_large_bodies() {
    let run = super::run::good();
    let words = |request: Request| {
        let (words, _) = told(&line(&run, request));
        words.into_iter().map(|word| String::from_utf8(word).unwrap()).collect::<Vec<_>>()
    };
    let url = "http://localhost:3000/webhooks/koji?a=1";
    assert_eq!(words(request("HEAD", &[], b"")), ["-gisS", "-I", url]);
    assert_eq!(words(request("GET", &[], b"")), ["-gisS", url]);
    // By itself curl would write no length.
    assert_eq!(words(request("POST", &[], b"")), ["-gisS", "-X", "POST", url, "-H", "Content-Length: 0"]);
    assert_eq!(words(request("PUT", &[], b"x"))[..4], ["-gisS", "-X", "PUT", url]);

    let chunks = b"5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n";
    let chunked = words(request("POST", &[("Transfer-Encoding", b"chunked")], chunks));
    assert_eq!(chunked[chunked.len() - 2..], ["--data-raw", "{\"a\":1}"], "curl writes the chunks");

    let large = line(&run, request("POST", &[], &[b'x'; 5_000]));
    assert!(
        large.ends_with("--data-binary @body # the 5,000 bytes that `--case no-signature` sends"),
        "{large}"
    );
    let wrong = request("POST", &[], b"abc");
    let head = hookctl::hook::headers::Head::build("POST", "/", [("Content-Length", "9")]).unwrap();
    assert!(
        words(Request { head, ..wrong }).contains(&"Content-Length: 9".to_owned()),
        "a wrong length is said"
    );
}
