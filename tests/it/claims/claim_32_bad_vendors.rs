//! Claim 32: the API client behaves whatever a vendor answers. The words for
//! each shape are held in `vendor::failures`; here are exit codes and memory of
//! the running program, and the tables of what is sent again and of fields.

use crate::harness::script::{Act, Script, answer, json, text};
use crate::harness::{Home, Ran};
use hookctl::hook::secret::Secret;
use hookctl::outbound::api::Api;
use hookctl::vendor::retry::Policy;
use hookctl::vendor::{BaseUrl, Client, Failure, Paging, UserJourneys};
use serde_json::Value;
use std::process::Child;

const KEY: &str = "uj_live_CANARYfake000000000000000000a1b2";
const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];
const LIMIT: usize = 4 << 20;

/// The most that a process had in memory until it ended, in KiB. It is looked
/// at again and again: when it is gone, nobody knows any more.
fn peak_until_the_end(child: &mut Child) -> u64 {
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let seen = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(seen.unwrap_or_default());
        std::thread::yield_now();
    }
    peak
}

/// Answers of a call, each as large as it can be, and how the program ends.
fn largest() -> Vec<(&'static str, Act, i32)> {
    let ok = |body: String| answer(200, &JSON, &body);
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[".to_vec();
    let packed = text(200, &[("Content-Encoding", "gzip")], &"\u{1f}".repeat(LIMIT));
    vec![
        ("one string", ok(format!("\"{}\"", "a".repeat(LIMIT - 2))), 0),
        ("escapes", ok(format!("\"{}\"", "\\n".repeat(LIMIT / 2 - 1))), 0),
        ("objects", ok(format!("[{}0]", "{\"a\":0},".repeat(16_000))), 0),
        (
            "objects with texts",
            ok(format!("[{}0]", format!("{{\"a\":\"{}\"}},", "x".repeat(250)).repeat(16_000))),
            0,
        ),
        ("lists", ok(format!("[{}0]", "[],".repeat(24_000))), 0),
        ("too many values", ok(format!("[{}0]", "0,".repeat(LIMIT / 2 - 2))), 5),
        ("depth", ok("[".repeat(LIMIT)), 5),
        ("one byte too many", ok(format!("\"{}\"", "a".repeat(LIMIT - 1))), 5),
        ("no end", Act::Endless(head, vec![b' '; 64 << 10]), 5),
        ("gzip", Act::Answer(packed.into_bytes()), 5),
        ("words of an error", json(400, &format!("{{\"error\":\"{}\"}}", "a".repeat(LIMIT - 12))), 4),
        ("text of an error", answer(400, &[], &"a ".repeat(LIMIT / 2)), 4),
        ("a page of HTML", answer(200, &[], &format!("<html>{}", "<p>".repeat(LIMIT / 3 - 2))), 5),
    ]
}

/// In KiB. A program that is not optimised has more code, and what is read of it counts.
#[cfg(target_os = "linux")]
const MOST: u64 = if cfg!(debug_assertions) { 52 << 10 } else { 48 << 10 };

#[cfg(target_os = "linux")]
#[test]
fn no_answer_takes_48_mib() {
    for (what, act, code) in largest() {
        let script = Script::new([act]);
        let home = Home::default();
        // Records take more than the bytes as they came.
        let mut command = home.command(["api", "GET", "/studies", "--base-url", &script.base(), "--json"]);
        let mut child = command.env("USERJOURNEYS_API_KEY", KEY).spawn().unwrap();
        let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let out = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
        let err = std::thread::spawn(move || std::io::read_to_string(&mut stderr).unwrap());
        let peak = peak_until_the_end(&mut child);
        let (written, said) = (out.join().unwrap(), err.join().unwrap());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{what}: {said}");
        assert!(peak > 0 && peak < MOST, "{what}: {peak} KiB");
        assert!(said.len() < 2_000 && !said.contains("CANARY"), "{what}: {said}");
        assert!(code != 0 || written > 40_000, "{what}: {written}");
    }
}

fn vendor(script: &Script) -> UserJourneys {
    let base = BaseUrl::parse(&script.base()).unwrap();
    let client = Client::new(Api::default(), base, Some(Secret::new(KEY).unwrap()));
    UserJourneys::new(client.with_policy(Policy { speed: 10_000.0, ..Policy::default() }))
}

#[tokio::test]
async fn what_is_sent_again_and_how_often() {
    let refusals = [400, 401, 402, 403, 404, 405, 409, 410, 413, 418, 422, 501, 505, 599];
    let passing = [408, 425, 429, 500, 502, 503, 504];
    for (statuses, times) in [(&refusals[..], 1), (&passing[..], 4)] {
        for status in statuses {
            let script = Script::new((0..4).map(|_| json(*status, "{}")));
            let error = vendor(&script).study("a").await.unwrap_err();
            assert_eq!((error.status(), script.lines().len()), (Some(*status), times), "{status}");
        }
    }
}

#[tokio::test]
async fn retry_after_in_every_form() {
    // Seconds and dates are honoured up to a minute; beyond, nobody waits; nonsense counts as not there.
    for (value, again) in [
        ("0", true),
        ("1", true),
        ("60", true),
        ("61", false),
        ("3600", false),
        ("1000000000", false),
        ("99999999999999999999999999", false),
        ("-1", true),
        ("1e9", true),
        ("abc", true),
        ("", true),
        ("Thu, 01 Jan 1970 00:00:00 GMT", true),
        ("Thu, 31 Dec 2099 23:59:59 GMT", false),
    ] {
        for status in [429, 503] {
            let script =
                Script::new([answer(status, &[("Retry-After", value)], "{}"), json(200, "{\"data\":[]}")]);
            let got = vendor(&script).studies(&Paging::default()).await;
            assert_eq!(got.is_ok(), again, "{status} {value}");
            assert_eq!(script.left(), usize::from(!again));
        }
    }
}

#[tokio::test]
async fn fields_that_nobody_expects() {
    let odd: [&str; 14] = [
        "null",
        "true",
        "-1",
        "0",
        "1e30",
        "-1e-400",
        "1000000000000000000000000000000",
        "\"\"",
        "\"\\u0000\\u202e\"",
        "\"unheard_of\"",
        "[]",
        "{}",
        "[[1]]",
        "{\"limit\":-1,\"used\":1e30}",
    ];
    let names = [
        "name",
        "status",
        "accepting_responses",
        "limits",
        "supported_languages",
        "questions",
        "interview_count",
        "interview_link",
        "created_at",
        "quality_score",
        "duration_secs",
        "transcript",
        "answers",
        "structured_answers",
        "analysis",
        "study_id",
        "reference_id",
        "github_pr_number",
        "is_streaming",
        "message_count",
        "has_more",
    ];
    for value in odd {
        let fields: Vec<String> = names.iter().map(|name| format!("\"{name}\":{value}")).collect();
        let object = format!("{{\"id\":\"x\",{}}}", fields.join(","));
        let script = Script::new((0..4).map(|_| json(200, &object)));
        let vendor = vendor(&script);
        let raw: Value = serde_json::from_str(&object).unwrap();
        let interview = vendor.interview("x").await.unwrap();
        drop((interview.transcript(), interview.answers()));
        assert_eq!(interview.raw, raw);
        assert_eq!(vendor.study("x").await.unwrap().raw, raw);
        assert_eq!(vendor.release("x").await.unwrap().raw, raw);
        assert_eq!(vendor.chat("x").await.unwrap().raw, raw);
    }
}

#[tokio::test]
async fn nothing_where_json_was_expected() {
    for status in [200, 201, 202, 204, 206] {
        let script = Script::new([answer(status, &[], "")]);
        let error = vendor(&script).study("a").await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (Failure::Shape, Some(status)), "{error}");
    }
}

#[test]
fn exit_codes_of_the_program() {
    for (status, code) in
        [(200, 0), (204, 0), (302, 5), (400, 4), (401, 4), (404, 4), (409, 4), (422, 4), (500, 5), (503, 5)]
    {
        let body = if status == 204 { "" } else { "{\"message\":\"told\"}" };
        let script = Script::new([answer(status, &[("X-Request-Id", "req_7")], body)]);
        let home = Home::default();
        let args = ["api", "POST", "/studies", "--base-url", &script.base()];
        let ran: Ran = home.run_with(args, b"", &[("USERJOURNEYS_API_KEY", KEY)]).expect(code);
        if status >= 400 {
            for part in [&format!("answered {status}"), "told", "req_7", "POST /studies"] {
                assert!(ran.err().contains(part), "{part}: {}", ran.err());
            }
        }
    }
}
