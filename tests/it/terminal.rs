//! Nothing in a delivery can drive the terminal: every hostile string in every
//! field, through both reports, judged by a terminal emulator.

use bytes::Bytes;
use hookctl::hook::attempt::{Answer, Attempt, Failure, FailureKind, Outcome};
use hookctl::hook::delivery::{Checked, Delivery, Facts};
use hookctl::hook::headers::{Head, Headers};
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::{Code, Verdict};
use hookctl::job::report::{
    AnswerPolicy, AnsweredBy, Attempted, Delivered, Event, Level, Next, Note, Ready, Rejected, Report,
    SecretOrigin,
};
use hookctl::ui::json::JsonReport;
use hookctl::ui::sanitize::unsafe_to_show;
use hookctl::ui::stream::captured;
use hookctl::ui::style::Look;
use hookctl::ui::text::{Show, TextOptions, TextReport};
use std::sync::Arc;
use std::time::Duration;

const AT: Timestamp = Timestamp::from_seconds(1_773_239_527);

/// Strings that terminals, logs or eyes fall for.
fn hostile() -> Vec<Vec<u8>> {
    let mut strings: Vec<Vec<u8>> = (0..0x20).chain(0x7f..0xa0).map(|byte| vec![b'a', byte, b'b']).collect();
    strings.extend((0x80..0xa0).map(|point| format!("a{}b", char::from_u32(point).unwrap()).into_bytes()));
    let texts = [
        "\x1b]0;PWNED\x07",
        "\x1b]2;PWNED\x1b\\",
        "\x1b]8;;http://evil.test\x07x\x1b]8;;\x07",
        "\x1b]52;c;UFdORUQ=\x07",
        "\x1b]1337;File=:AAAA\x07",
        "\x1bP+q544e\x1b\\",
        "\x1b_Gf=24;AAAA\x1b\\",
        "\x1b[2J",
        "\x1b[6n",
        "\x1b[20t",
        "\x1b[31mred",
        "\x1b[?1049h",
        "\x1bc",
        "\u{9b}2J",
        "\u{9d}0;PWNED\u{9c}",
        "\u{90}q\u{9c}",
        "ok\r\x1b[Kforged",
        "a\x08\x08\x08b",
        "a\n12:00:00  #99  forged  ✓ verified  → 200",
        "a\r\n12:00:00  #99  forged",
        "a\u{2028}b\u{2029}c\u{85}d",
        "\u{202e}drowssap\u{202c}",
        "\u{2066}x\u{2069}",
        "\u{200e}\u{200f}\u{61c}",
        "\u{e0041}\u{e007f}",
        "a\u{200b}\u{200d}\u{2060}\u{feff}b",
        "\u{fff9}x\u{fffb}",
        "\u{115f}\u{3164}\u{2800}",
    ];
    strings.extend(texts.into_iter().map(|text| text.as_bytes().to_vec()));
    strings.push(format!("a{}", "\u{301}".repeat(2_500)).into_bytes());
    strings.push(vec![b'x'; 10_000]);
    strings.push(b"\xc0\x9b\xed\xa0\x80\xf5\xff\x9b2J\x9d0;PWNED\x9c".to_vec());
    strings
}

/// The fields that somebody else fills in.
#[derive(Clone, Copy, Debug)]
enum Field {
    Method,
    Target,
    HeaderName,
    HeaderValue,
    Event,
    Id,
    Subject,
    Reason,
    Body,
    JsonKey,
    JsonString,
    FormBody,
    AnswerHeader,
    AnswerBody,
    FailureDetail,
    TargetUrl,
    AttemptEvent,
    RejectedReason,
    NoteText,
    NoteHint,
    ReadyText,
}

const FIELDS: [Field; 21] = [
    Field::Method,
    Field::Target,
    Field::HeaderName,
    Field::HeaderValue,
    Field::Event,
    Field::Id,
    Field::Subject,
    Field::Reason,
    Field::Body,
    Field::JsonKey,
    Field::JsonString,
    Field::FormBody,
    Field::AnswerHeader,
    Field::AnswerBody,
    Field::FailureDetail,
    Field::TargetUrl,
    Field::AttemptEvent,
    Field::RejectedReason,
    Field::NoteText,
    Field::NoteHint,
    Field::ReadyText,
];

fn attempt(target: &str, outcome: Outcome) -> Attempt {
    Attempt {
        target: target.to_owned(),
        number: 2,
        started: AT,
        duration: Duration::ZERO,
        outcome,
        sent: None,
    }
}

/// The request with `bytes` in a part of its head; `None` when the parser
/// refuses such a head, so that it never becomes a delivery.
fn head(field: Field, bytes: &[u8]) -> Option<Head> {
    let text = std::str::from_utf8(bytes);
    let mut parts = ("POST", "/hooks", "X-Field", &b"value"[..]);
    match field {
        Field::Method => parts.0 = text.ok()?,
        Field::Target => parts.1 = text.ok()?,
        Field::HeaderName => parts.2 = text.ok()?,
        Field::HeaderValue => parts.3 = bytes,
        _ => {}
    }
    let kind = if matches!(field, Field::FormBody) {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    Head::build(parts.0, parts.1, [("Content-Type", kind.as_bytes()), (parts.2, parts.3)]).ok()
}

fn body(field: Field, bytes: &[u8]) -> Vec<u8> {
    let around = |before: &str, after: &str| [before.as_bytes(), bytes, after.as_bytes()].concat();
    match field {
        Field::Body => bytes.to_vec(),
        Field::JsonKey => around("{\"", "\":1}"),
        Field::JsonString => around("[\"", "\"]"),
        Field::FormBody => around("a=", "&b=c"),
        _ => b"{}".to_vec(),
    }
}

/// The events of a life of a listener with `bytes` in one field.
fn events(field: Field, bytes: &[u8]) -> Option<Vec<Event>> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let given = |wanted: bool, else_: &str| if wanted { text.clone() } else { else_.to_owned() };
    let target = given(matches!(field, Field::TargetUrl), "http://localhost:3000/");
    let detail = given(matches!(field, Field::FailureDetail), "connection refused");
    let answer = Answer {
        status: 302,
        headers: Headers::from_pairs([(
            "Location",
            if matches!(field, Field::AnswerHeader) { bytes } else { b"a" },
        )]),
        body: Bytes::copy_from_slice(if matches!(field, Field::AnswerBody) { bytes } else { b"a" }),
    };
    let failed = Outcome::Failed(Failure { kind: FailureKind::Refused, detail });
    let checked = Checked {
        delivery: Delivery {
            received: AT,
            peer: "127.0.0.1:9".parse().unwrap(),
            head: head(field, bytes)?,
            body: body(field, bytes).into(),
        },
        verdict: Verdict::of(&Arc::from("koji"), Code::Mismatch, given(matches!(field, Field::Reason), "no")),
        facts: Facts {
            event: Some(given(matches!(field, Field::Event), "event")),
            delivery_id: Some(given(matches!(field, Field::Id), "id")),
            subject: Some(given(matches!(field, Field::Subject), "subject")),
            dedup_key: None,
        },
        outbox: Arc::from([]),
    };
    let delivered = Delivered {
        seq: Some(12),
        checked: Arc::new(checked),
        duplicate_of: None,
        same_body: None,
        status: 200,
        answered_by: AnsweredBy::Target,
        took: Duration::ZERO,
        attempts: vec![attempt(&target, Outcome::Answered(answer)), attempt(&target, failed.clone())],
        not_forwarded: None,
    };
    let ready = given(matches!(field, Field::ReadyText), "a");
    Some(vec![
        Event::Ready(Arc::new(Ready {
            address: "127.0.0.1:9".parse().unwrap(),
            url: ready.clone(),
            answer: AnswerPolicy::Mirror,
            retries: true,
            targets: vec![ready.clone()],
            provider: Some(ready.clone()),
            secrets: vec![SecretOrigin { provider: Some(ready.clone()), origin: ready.clone(), file: None }],
            journal: Some(ready.clone()),
            named_journal: String::new(),
            inspector: Some(ready),
        })),
        Event::Delivery(Arc::new(delivered)),
        Event::Attempt(Arc::new(Attempted {
            seq: 12,
            event: Some(given(matches!(field, Field::AttemptEvent), "event")),
            attempt: attempt(&target, failed),
            next: Next::Dead,
            again: vec!["--to".to_owned(), target],
        })),
        Event::Rejected(Rejected {
            at: AT,
            peer: "127.0.0.1:9".parse().unwrap(),
            status: Some(400),
            code: "bad_head",
            reason: given(matches!(field, Field::RejectedReason), "no"),
        }),
        Event::Note(Note {
            level: Level::Warning,
            text: given(matches!(field, Field::NoteText), "note"),
            hint: Some(given(matches!(field, Field::NoteHint), "hint")),
        }),
    ])
}

/// What both streams got, as text and as JSON.
fn printed(events: &[Event], show: Show) -> (String, String) {
    let look = Look { colors: true, ..Look::PLAIN };
    let (streams, out, err) = captured(look, false);
    let report = TextReport::new(streams, TextOptions { show, reveal: true, keys: true, inspector: true });
    events.iter().for_each(|event| report.report(event));
    let text = out.text() + &err.text();
    let (streams, out, err) = captured(look, false);
    let report = JsonReport::new(streams, None);
    events.iter().for_each(|event| report.report(event));
    assert_eq!(out.text().lines().count(), 6, "a record is one line, and two attempts are in the delivery");
    for line in out.text().lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    (text, out.text() + &err.text())
}

/// Text without the colours that hookctl uses, and without line ends and tabs.
fn without_our_own(text: &str) -> String {
    let mut text = text.replace(['\n', '\t'], "");
    for codes in ["0", "1", "2", "32", "33", "35", "94", "1;31", "1;36"] {
        text = text.replace(&format!("\x1b[{codes}m"), "");
    }
    text
}

/// What a terminal was made to do beyond showing text.
#[derive(Default)]
struct Victim(Vec<String>);

impl vt100::Callbacks for Victim {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0.push("bell".to_owned());
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.0.push(format!("title {}", String::from_utf8_lossy(title)));
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.0.push(format!("clipboard {}", String::from_utf8_lossy(data)));
    }

    fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
        self.0.push(format!("control {byte:#x}"));
    }

    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, byte: u8) {
        self.0.push(format!("escape {byte:#x}"));
    }

    fn unhandled_csi(
        &mut self,
        _: &mut vt100::Screen,
        _: Option<u8>,
        _: Option<u8>,
        _: &[&[u16]],
        letter: char,
    ) {
        self.0.push(format!("csi {letter}"));
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, _: &[&[u8]]) {
        self.0.push("osc".to_owned());
    }
}

fn effects(output: &[u8]) -> Vec<String> {
    let mut terminal = vt100::Parser::new_with_callbacks(24, 200, 0, Victim::default());
    terminal.process(output);
    std::mem::take(&mut terminal.callbacks_mut().0)
}

#[test]
fn no_field_can_drive_the_terminal() {
    let mut tried = 0;
    for field in FIELDS {
        let mut arrived = 0;
        for bytes in hostile() {
            let Some(events) = events(field, &bytes) else { continue };
            arrived += 1;
            for show in [Show::All, Show::None] {
                let (text, json) = printed(&events, show);
                for output in [&text, &json] {
                    let left: Vec<char> =
                        without_our_own(output).chars().filter(|letter| unsafe_to_show(*letter)).collect();
                    assert!(left.is_empty(), "{field:?} {bytes:?}: {left:?}");
                    assert_eq!(effects(output.as_bytes()), [""; 0], "{field:?} {bytes:?}");
                }
                tried += 1;
            }
        }
        assert!(arrived > 0, "{field:?}: nothing was tried");
    }
    assert!(tried > 3_000, "{tried}");
}

#[test]
fn the_judge_sees_what_raw_bytes_do() {
    assert_eq!(effects(b"\x1b]2;PWNED\x07"), ["title PWNED"]);
    assert_eq!(effects(b"\x1b]52;c;UFdORUQ=\x07"), ["clipboard UFdORUQ="]);
    assert!(hostile().iter().filter(|bytes| bytes.contains(&0x1b)).count() > 10);
    let raw: Vec<u8> = hostile().concat();
    assert!(String::from_utf8_lossy(&raw).chars().any(unsafe_to_show));
    assert!(effects(&raw).len() > 10);
}

#[test]
fn no_field_can_forge_a_line() {
    for field in FIELDS {
        let Some(harmless) = events(field, b"abc") else { continue };
        let expected = printed(&harmless, Show::None).0.lines().count();
        for bytes in hostile() {
            let Some(events) = events(field, &bytes) else { continue };
            let (text, _) = printed(&events, Show::None);
            assert_eq!(text.lines().count(), expected, "{field:?} {bytes:?}");
        }
    }
}

#[test]
fn a_flood_of_bytes_makes_a_bounded_page() {
    let flood = vec![0x9b; 400_000];
    for field in FIELDS {
        let Some(events) = events(field, &flood) else { continue };
        let (text, _) = printed(&events, Show::All);
        assert!(text.len() < 200_000, "{field:?}: {}", text.len());
    }
}

#[test]
fn lines_of_a_body_stay_under_their_delivery() {
    let forged = b"a\n12:00:00  #99  forged\r12:00:00\r\n12:00:00  #98  forged";
    let (text, _) = printed(&events(Field::Body, forged).unwrap(), Show::Body);
    let found: Vec<&str> = text.lines().filter(|line| line.contains("forged")).collect();
    assert_eq!(found, ["          12:00:00  #99  forged\\r12:00:00", "          12:00:00  #98  forged"]);
}
