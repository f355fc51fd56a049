//! Bodies that PHP, Ruby, Go and jq really read and wrote again, signed so and
//! received as they were: each is diagnosed with its code. The fast tests
//! imitate what is done here.

use crate::harness::{Home, Ran, hmac_sha256_hex, require, require_from};
use std::process::{Command, Stdio};

const SECRET: &str = "an-invented-secret";
/// What the languages escape, and what they do not keep: numbers, the order of keys.
const RICH: &str =
    r#"{"type":"x","b":[1,2.50,10.00],"a":{"d":null,"c":true},"u":"https://a/b","s":"é <x> & y","l":[]}"#;
/// Nothing that anybody escapes.
const BARE: &str = r#"{"b": 1, "a": "plain", "e": {"k": []}}"#;
const EMPTY: &str = r#"{"empty":{},"list":[],"u":"a/b"}"#;
const FLOATS: &str = r#"{"rate":0.00001,"total":10.0,"much":1e15,"large":12345678901234567890,"u":"a/b"}"#;

/// What a program makes of a body.
fn written(mut program: Command, body: &str) -> Vec<u8> {
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    let ran = Ran::of(program, body.as_bytes());
    assert_eq!(ran.code(), 0, "{}", ran.block());
    ran.stdout
}

/// The code of what is found behind a body that was signed as it was written again.
fn diagnosed(signed: &[u8], received: &str) -> String {
    let home = Home::default();
    home.secret("secret.txt", SECRET);
    home.write("body.json", received);
    let header = format!("X-Koji-Signature: sha256={}", hmac_sha256_hex(SECRET, signed));
    let verify = ["verify", "body.json", "--provider", "koji", "--secret-file", "secret.txt", "--json", "-H"];
    let records = home.run(verify.into_iter().chain([header.as_str()])).expect(1).records();
    let code = records[0]["diagnosis"]["code"].as_str();
    code.map_or_else(|| "nothing".to_owned(), str::to_owned)
}

/// A case: the words of a program, what it is given, and the code.
type Case<'c> = (&'c str, &'c str, &'c str);

#[track_caller]
fn all(cases: &[Case<'_>], command: impl Fn(&str) -> Command) {
    let mut wrong = Vec::new();
    for (script, body, code) in cases {
        let signed = written(command(script), body);
        let found = diagnosed(&signed, body);
        if found != *code {
            wrong.push(format!(
                "{script}: {code} was taken for {found}: {}",
                String::from_utf8_lossy(&signed)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn what_php_wrote_is_named() {
    require_from("php", "apt-get install php-cli");
    let pretty = "JSON_PRETTY_PRINT";
    let plain = "JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE";
    let both = format!("{pretty} | {plain}");
    let cases = [
        ("0", RICH, "body_slashes_escaped"),
        (pretty, RICH, "body_slashes_escaped"),
        ("JSON_UNESCAPED_UNICODE", RICH, "body_slashes_escaped"),
        ("JSON_UNESCAPED_SLASHES", RICH, "body_ascii_escaped"),
        (plain, RICH, "body_compact"),
        (both.as_str(), RICH, "body_indented"),
        ("0", BARE, "body_compact"),
        (pretty, BARE, "body_indented"),
        ("0, true", EMPTY, "body_slashes_escaped"),
        ("JSON_UNESCAPED_SLASHES, true", EMPTY, "body_compact"),
        ("JSON_PRESERVE_ZERO_FRACTION", FLOATS, "body_slashes_escaped"),
    ];
    all(&cases, |words| {
        let (flags, lists) = words.split_once(", ").unwrap_or((words, "false"));
        let script = format!("echo json_encode(json_decode(stream_get_contents(STDIN), {lists}), {flags});");
        let mut php = Command::new("php");
        php.args(["-d", "serialize_precision=-1", "-r", &script]);
        php
    });
}

#[test]
fn what_ruby_wrote_is_named() {
    require("ruby");
    let cases = [
        ("print value.to_json", RICH, "body_compact"),
        ("print JSON.pretty_generate(value)", RICH, "body_indented"),
        ("print JSON.pretty_generate(value)", BARE, "body_indented"),
        ("puts JSON.generate(value)", BARE, "body_compact"),
        ("print value.to_s", RICH, "body_object_text"),
    ];
    all(&cases, |script| {
        let mut ruby = Command::new("ruby");
        // As on a machine whose language is set: in the C locale Ruby reads ASCII.
        ruby.env("LANG", "C.UTF-8").args([
            "-rjson",
            "-e",
            &format!("value = JSON.parse(STDIN.read)\n{script}"),
        ]);
        ruby
    });
}

/// The standard library alone; nothing is downloaded.
const GO: &str = r#"package main

import (
	"encoding/json"
	"io"
	"os"
)

func main() {
	body, _ := io.ReadAll(os.Stdin)
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		panic(err)
	}
	var out []byte
	switch os.Args[1] {
	case "Marshal":
		out, _ = json.Marshal(value)
	case "RawMessage":
		out, _ = json.Marshal(json.RawMessage(body))
	case "Encoder":
		json.NewEncoder(os.Stdout).Encode(value)
	case "spaces":
		out, _ = json.MarshalIndent(value, "", "  ")
	case "tabs":
		out, _ = json.MarshalIndent(value, "", "\t")
	}
	os.Stdout.Write(out)
}
"#;

#[test]
fn what_go_wrote_is_named() {
    require_from("go", "apt-get install golang-go");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.go"), GO).unwrap();
    let mut build = crate::languages::go(&["build", "-o", "again", "main.go"], folder.path());
    let built = build.output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let cases = [
        ("Marshal", RICH, "body_html_escaped"),
        ("RawMessage", RICH, "body_html_escaped"),
        ("Encoder", RICH, "body_html_escaped"),
        ("spaces", RICH, "body_html_escaped"),
        ("tabs", RICH, "body_html_escaped"),
        ("Marshal", BARE, "body_sorted_keys"),
        ("Encoder", BARE, "body_sorted_keys"),
        ("RawMessage", BARE, "body_compact"),
        ("spaces", BARE, "body_sorted_keys"),
        ("tabs", BARE, "body_sorted_keys"),
    ];
    all(&cases, |word| {
        let mut again = Command::new(folder.path().join("again"));
        again.arg(word);
        again
    });
}

#[test]
fn what_jq_wrote_is_named() {
    require("jq");
    let cases = [
        (".", BARE, "body_indented"),
        ("-c", BARE, "body_compact"),
        ("-S", BARE, "body_sorted_keys"),
        ("-cS", BARE, "body_sorted_keys"),
        ("--tab", BARE, "body_indented"),
        ("-c", RICH, "body_compact"),
    ];
    all(&cases, |word| {
        let mut jq = Command::new("jq");
        jq.args((word != ".").then_some(word)).arg(".");
        jq
    });
}
