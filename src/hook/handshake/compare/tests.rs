use super::*;
use crate::hook::handshake::Expected;
use crate::hook::headers::Headers;
use bytes::Bytes;

fn ask(method: &str, step: Step, expected: Expected) -> Ask {
    let (method, target) = (method.to_owned(), "/".to_owned());
    Ask { step, method, target, headers: Vec::new(), body: Vec::new(), expected }
}

fn wants(body: Bodies) -> Expected {
    let typed = ("Content-Type".to_owned(), b"text/plain".to_vec());
    Expected { status: Statuses::Exactly(200, None), headers: vec![typed], body }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let headers = Headers::from_pairs(headers.iter().copied());
    Answer { status, headers, body: Bytes::copy_from_slice(body) }
}

const TYPED: &[(&str, &str)] = &[("content-type", "Text/Plain; charset=utf-8")];

/// What is said of a body where `token` is wanted, or JSON with it.
fn of_body(found: &[u8]) -> Option<String> {
    let bodies = Bodies::OneOf(vec![b"token".to_vec(), br#"{"challenge":"token"}"#.to_vec()]);
    let found = compare(&ask("POST", Step::Genuine, wants(bodies)), &answer(200, TYPED, found));
    assert_eq!(found.advice, []);
    found.wrong.first().map(|finding| finding.text.clone())
}

#[test]
fn a_body_that_says_what_is_wanted_is_right_however_it_is_written() {
    for right in
        [&b"token"[..], br#"{"challenge":"token"}"#, b" {\n \"a\": 1, \"challenge\" : \"tok\\u0065n\"} "]
    {
        assert_eq!(of_body(right), None, "{}", String::from_utf8_lossy(right));
    }
}

#[test]
fn each_way_of_being_wrong_has_a_sentence() {
    for (found, text) in [
        (&b""[..], "its body is empty, and must be `token`"),
        (b"token\n", "its body has white space around what was asked for"),
        (b"\"token\"", "its body is a JSON string, and must be the bare text `token`"),
        (b"{}", "its body is `{}`, and must be `token`"),
        (b"other", "its body is `other`, and must be `token`"),
        (b"\xff\xfe", "its body is `\u{fffd}\u{fffd}`, and must be `token`"),
    ] {
        assert_eq!(of_body(found).as_deref(), Some(text));
    }
    let long = of_body(&[b'x'; 100_000]).unwrap();
    assert!(long.len() < 200 && long.contains("xxx...`"), "{long}");
}

#[test]
fn members_of_an_object_are_named() {
    let wanted = || Bodies::OneOf(vec![br#"{"plain":"a","signed":"b"}"#.to_vec()]);
    for (found, text) in [
        (&br#"{"plain":"a"}"#[..], Some("its body lacks `signed`, which must be `\"b\"`")),
        (br#"{"plain":"a","signed":1}"#, Some("its `signed` is `1`, and must be `\"b\"`")),
        (br#"{"signed":"b","plain":"a","more":[]}"#, None),
    ] {
        let found = compare(&ask("POST", Step::Genuine, wants(wanted())), &answer(200, TYPED, found));
        assert_eq!(found.wrong.first().map(|finding| finding.text.as_str()), text);
    }
}

#[test]
fn the_status_comes_first_and_names_the_usual_cause() {
    let of = |step, status: Statuses, found: u16| {
        let expected = Expected { status, headers: Vec::new(), body: Bodies::Empty };
        let found = compare(&ask("POST", step, expected), &answer(found, &[], b"an error page"));
        found.wrong.into_iter().map(|finding| (finding.flaw, finding.text)).collect::<Vec<_>>()
    };
    let exactly = Statuses::Exactly(200, Some(204));
    for (step, status, found, flaw) in [
        (Step::Genuine, exactly, 401, Some(Flaw::Status)),
        (Step::Genuine, exactly, 201, Some(Flaw::Status)),
        (Step::Genuine, exactly, 307, Some(Flaw::Redirect)),
        (Step::Forged, Statuses::Exactly(401, None), 200, Some(Flaw::ForgedTaken)),
        (Step::Forged, Statuses::Exactly(401, None), 500, Some(Flaw::Status)),
        (Step::Delivery, Statuses::Success, 401, Some(Flaw::Status)),
        (Step::ForgedDelivery, Statuses::Refusal, 202, Some(Flaw::ForgedTaken)),
        (Step::ForgedDelivery, Statuses::Refusal, 403, Some(Flaw::BodyNotEmpty)),
        (Step::Genuine, exactly, 204, Some(Flaw::BodyNotEmpty)),
    ] {
        let said = of(step, status, found);
        assert_eq!(said.iter().map(|(flaw, _)| *flaw).collect::<Vec<_>>(), Vec::from_iter(flaw), "{found}");
    }
    let said = of(Step::Genuine, exactly, 405);
    assert_eq!(said[0].1, "it answers 405, and must answer 200 or 204: it does not take this method");
}

#[test]
fn a_content_type_is_advice_and_another_header_is_not() {
    let mut expected = wants(Bodies::Any);
    expected.headers.push(("X-Hook-Secret".to_owned(), b"fake".to_vec()));
    let asked = ask("POST", Step::Genuine, expected);
    let found = compare(&asked, &answer(200, &[("content-type", "text/html")], b"anything"));
    assert_eq!(found.wrong[0].text, "it lacks the header X-Hook-Secret, which must be `fake`");
    assert_eq!(found.advice[0].text, "its Content-Type is `text/html`, and should be `text/plain`");
    let found = compare(&asked, &answer(200, &[TYPED[0], ("x-hook-secret", "fake")], b""));
    assert_eq!(found, Findings::default());
}

#[test]
fn an_answer_to_head_has_no_body_to_judge() {
    let wanted = || wants(Bodies::OneOf(vec![b"token".to_vec()]));
    let found = |method| compare(&ask(method, Step::Genuine, wanted()), &answer(200, TYPED, b"")).wrong.len();
    assert_eq!((found("HEAD"), found("GET")), (0, 1));
}
