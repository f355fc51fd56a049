//! One fault, one case that finds it, and the word for it.

use super::*;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

/// Runs one case against a handler with a fault, with a counter.
async fn found(
    provider: &str,
    ids: &[&str],
    rule: impl Fn(&Call<'_>) -> Do + Send + Sync + 'static,
) -> (Option<Symptom>, String) {
    let server = Server::start(provider, None, rule);
    let plan = only(with_probe(plan(provider, &server), &server), ids);
    assert_eq!(plan.cases.len(), ids.len(), "{ids:?}");
    let report = report(&plan).await;
    let last = finding(&report, ids.last().unwrap());
    (last.symptom, last.reason.clone())
}

macro_rules! faults {
    ($($name:ident: $provider:literal $ids:expr, $symptom:ident, $rule:expr;)+) => {
        $(#[tokio::test]
        async fn $name() {
            let (symptom, reason) = found($provider, &$ids, $rule).await;
            assert_eq!(symptom, Some(Symptom::$symptom), "{reason}");
        })+
    };
}

faults! {
    an_event_it_cannot_handle: "koji" ["each-event"], ServerError,
        |call| if call.says("study.published") { Do::Answer(500, "") } else { Do::Right };
    an_answer_type_it_cannot_handle: "koji" ["each-answer-type"], ServerError,
        |call| if call.says("\"ranking\"") && !call.says("\"scale\"") { Do::Answer(500, "") } else { Do::Right };
    a_challenge_it_does_not_repeat: "slack" ["handshake"], WrongHandshake,
        |_| Do::Right;
    a_conflict_at_the_second: "koji" ["duplicate"], RefusedGood,
        |call| if call.known { Do::Answer(409, "") } else { Do::Right };
    done_twice: "koji" ["duplicate-counted"], CountedTwice, |call| {
        if call.known {
            call.count();
        }
        Do::Right
    };
    an_error_among_ten: "koji" ["duplicate-at-once"], ServerError,
        |call| if call.known { Do::Answer(500, "") } else { Do::Right };
    done_twice_at_once: "koji" ["duplicate-at-once-counted"], CountedTwice, |call| {
        if call.known {
            call.count();
        }
        Do::Right
    };
    an_error_to_what_came_again: "koji" ["lost-answer"], ServerError,
        |call| if call.known { Do::Answer(500, "") } else { Do::Right };
    an_id_noted_before_a_failure: "koji" ["own-failure"], NotCounted,
        |call| if call.says("\"quality_score\":null") { Do::RememberBut(500) } else { Do::Right };
    an_error_when_two_are_there: "koji" ["at-once"], ServerError, {
        let (under_way, arrived) = (AtomicUsize::new(0), AtomicUsize::new(0));
        move |call| {
            // HEAD and two good deliveries come first.
            if arrived.fetch_add(1, Ordering::SeqCst) < 3 || !call.verified {
                return Do::Right;
            }
            let before = under_way.fetch_add(1, Ordering::SeqCst);
            // Until another one is here, too: they come at once.
            while before == 0 && under_way.load(Ordering::SeqCst) < 2 {
                std::thread::yield_now();
            }
            if before > 0 { Do::Answer(503, "") } else { Do::Right }
        }
    };
    an_order_it_insists_on: "koji" ["out-of-order"], RefusedGood, {
        let newest = Mutex::new(String::new());
        move |call| {
            let body: serde_json::Value = serde_json::from_slice(call.body).unwrap_or_default();
            let at = body["timestamp"].as_str().unwrap_or_default().to_owned();
            let mut newest = newest.lock().unwrap();
            if at < *newest {
                return Do::Answer(409, "");
            }
            *newest = at;
            Do::Right
        }
    };
    repeats_told_by_the_object_alone: "koji" ["two-events"], NotCounted, {
        let seen = Mutex::new(HashSet::new());
        move |call| {
            let body: serde_json::Value = serde_json::from_slice(call.body).unwrap_or_default();
            let id = body["data"]["interview_id"].to_string();
            if seen.lock().unwrap().insert(id) { Do::Right } else { Do::Answer(200, "") }
        }
    };
    another_status_than_200: "koji" ["exactly-200"], WrongStatus,
        |call| if call.verified { Do::RightBut(202) } else { Do::Right };
    some_that_are_lost: "koji" ["at-once", "counted"], NotCounted, {
        let calls = AtomicI64::new(0);
        move |_| if calls.fetch_add(1, Ordering::SeqCst) > 4 { Do::Answer(200, "") } else { Do::Right }
    };
    forged_and_done: "koji" ["no-signature", "unchanged"], CountedForged, |call| {
        if !call.verified && call.head.method() == "POST" {
            call.count();
        }
        Do::Right
    };
    an_end_at_half_a_body: "koji" ["hang-up"], Died,
        |call| if call.broken { Do::Die } else { Do::Right };
    read_once: "koji" ["slow-client"], RefusedGood,
        |call| if call.reads > 2 { Do::Answer(401, "") } else { Do::Right };
    half_a_body_believed: "koji" ["long-length"], Believed,
        |call| if call.broken { Do::Answer(200, "") } else { Do::Right };
    a_length_in_letters: "koji" ["bad-length"], ServerError,
        |call| if call.broken { Do::Answer(500, "") } else { Do::Right };
    the_first_of_two_lengths: "koji" ["two-lengths"], Believed,
        |call| if call.broken { Do::Answer(200, "") } else { Do::Right };
    gone_wrong_afterwards: "koji" ["no-signature"], WrongAfterwards, {
        let broken = AtomicBool::new(false);
        move |call| {
            if !call.verified && call.head.method() == "POST" {
                broken.store(true, Ordering::SeqCst);
                return Do::Right;
            }
            if broken.load(Ordering::SeqCst) { Do::Answer(500, "") } else { Do::Right }
        }
    };
    right_once_a_connection: "koji" ["same-connection"], RefusedGood,
        |call| if call.before > 0 { Do::Answer(401, "") } else { Do::Right };
    right_once_a_breath: "koji" ["pipelined"], RefusedGood,
        |call| if call.before > 0 { Do::Answer(401, "") } else { Do::Right };
    closed_without_a_word: "koji" ["no-signature"], Closed,
        |call| if call.verified || call.head.method() == "HEAD" { Do::Right } else { Do::Close };
    a_parser_before_the_signature: "koji" ["reads-first"], ReadFirst, |call| {
        let json = serde_json::from_slice::<serde_json::Value>(call.body).is_ok();
        if json || call.head.method() == "HEAD" { Do::Right } else { Do::Answer(400, "") }
    };
    redirected: "koji" ["good-delivery"], Redirected,
        |call| if call.verified { Do::Answer(302, "") } else { Do::Right };
}

#[tokio::test]
async fn a_case_about_all_answers_has_something_to_look_at_alone() {
    let (symptom, reason) = found("koji", &["unchanged"], |call| {
        if !call.verified && call.head.method() == "POST" {
            call.count();
        }
        Do::Right
    })
    .await;
    assert_eq!(symptom, Some(Symptom::CountedForged), "{reason}");
}

#[tokio::test]
async fn a_connection_that_is_closed_between_two_deliveries_is_not_wrong() {
    let server = Server::start("koji", None, |call| if call.before > 0 { Do::Close } else { Do::Right });
    let report =
        report(&only(plan("koji", &server), &["good-delivery", "same-connection", "pipelined"])).await;
    assert_eq!(failed(&report), []);
    assert_eq!(finding(&report, "same-connection").reason, "closed the connection after 1 of 3");
}

#[tokio::test]
async fn slower_than_the_vendor_waits() {
    let server = Server::start("koji", None, |call| {
        if call.verified {
            std::thread::sleep(Duration::from_millis(30));
        }
        Do::Right
    });
    let mut plan = only(plan("koji", &server), &["good-delivery", "no-signature", "deadline"]);
    plan.deadline = Duration::from_millis(20);
    let report = report(&plan).await;
    assert_eq!(finding(&report, "deadline").symptom, Some(Symptom::TooLate));
    assert_eq!(finding(&report, "no-signature").outcome, Outcome::Skip);
}

/// A plan of which no wait takes long, without the bodies that a busy machine may
/// not have carried by then.
fn hurried(server: &Server) -> Plan {
    let mut plan = plan("koji", server);
    plan.cases.retain(|case| !case.id.starts_with("size-"));
    Plan { deadline: Duration::from_millis(400), ..plan }
}

#[tokio::test]
async fn who_never_answers_anything_gets_no_report() {
    let server = Server::start("koji", None, |_| Do::Silence);
    let error = run_with(&hurried(&server), &Judged::default(), IMPATIENT).await.unwrap_err();
    assert!(matches!(error, CheckError::Silent { .. }), "{error}");
}

#[tokio::test]
async fn who_answers_nothing_but_good_deliveries_is_not_asked_for_ever() {
    let server = Server::start("koji", None, |call| if call.verified { Do::Right } else { Do::Silence });
    let report = report(&hurried(&server)).await;
    assert_eq!(finding(&report, "good-delivery").outcome, Outcome::Pass);
    assert_eq!(finding(&report, "no-signature").symptom, Some(Symptom::NoAnswer));
    let skipped = finding(&report, "at-once");
    assert_eq!(skipped.reason, "the handler left 6 requests without an answer");
}

#[tokio::test]
async fn who_answers_nothing_any_more_is_asked_three_times() {
    let hangs = AtomicBool::new(false);
    let server = Server::start("koji", None, move |call| {
        if hangs.fetch_or(unsigned(call), Ordering::SeqCst) || unsigned(call) {
            Do::Silence
        } else {
            Do::Right
        }
    });
    let report = report(&hurried(&server)).await;
    assert_eq!(finding(&report, "no-signature").symptom, Some(Symptom::NoAnswer));
    let skipped = finding(&report, "at-once");
    assert_eq!(skipped.reason, "the handler left 3 requests without an answer, one after the other");
}

/// A HEAD without an answer was taken for a target without one.
#[tokio::test]
async fn a_head_without_an_answer_is_a_finding() {
    let post = |call: &Call<'_>| call.head.method() == "POST";
    let server = Server::start("koji", None, move |call| if post(call) { Do::Right } else { Do::Silence });
    let report = report(&hurried(&server)).await;
    let silent = ["get", "head", "put", "options"].map(|case| (case, Some(Symptom::NoAnswer)));
    let failed: Vec<_> = failed(&report).into_iter().map(|(case, symptom, _)| (case, symptom)).collect();
    assert_eq!(failed, silent);
}

#[tokio::test]
async fn a_good_delivery_without_an_answer_is_a_finding_when_others_are_answered() {
    for head in [false, true] {
        let server = Server::start("koji", None, move |call| match call.head.method() {
            "POST" if call.verified => Do::Silence,
            "POST" => Do::Right,
            _ if head => Do::Right,
            _ => Do::Silence,
        });
        let report = report(&hurried(&server)).await;
        assert_eq!(finding(&report, "good-delivery").symptom, Some(Symptom::NoAnswer));
        assert_eq!(finding(&report, "no-signature").reason, "a good delivery is not answered");
    }
}

#[tokio::test]
async fn the_limit_of_requests_is_kept_and_said() {
    let server = Server::start("koji", None, |_| Do::Right);
    let mut plan = plan("koji", &server);
    plan.most_requests = 5;
    let report = report(&plan).await;
    assert!(report.requests <= 5, "{}", report.requests);
    // One HEAD more, which only looks whether anything answers.
    assert!(server.state.calls.load(Ordering::SeqCst) <= 6);
    assert_eq!(finding(&report, "at-once").reason, "the limit of 5 requests was reached");
    assert!(server.count() <= 5);
}
