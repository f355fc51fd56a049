//! Claim 7, its parts a and c: retries come at the published times, by what was
//! answered, on a clock that stands still; and `interviews reconcile` finds each
//! interview whose webhook the vendor gave up on, and no other.

use crate::harness::script::{Script, answer};
use crate::harness::target::Application;
use crate::harness::{Home, Ran};
use hookctl::hook::attempt::{Answer, Failure, FailureKind, Outcome};
use hookctl::hook::headers::Headers;
use hookctl::hook::schedule::{Schedule, retry_after_text};
use hookctl::hook::time::Timestamp;
use hookctl::job::sandbox::conversation::{self, End, Start};
use hookctl::job::sandbox::deliveries::{Deliveries, Delivering};
use hookctl::job::sandbox::faults::{Faults, Share};
use hookctl::job::sandbox::history::{Delivery, Stage};
use hookctl::job::sandbox::payload::KojiEvents;
use hookctl::job::sandbox::script::Quality;
use hookctl::job::sandbox::state::registrations::Registration;
use hookctl::job::sandbox::state::studies::Study;
use hookctl::job::sandbox::{self, Options, Running};
use std::collections::BTreeSet;
use std::time::Duration;

/// 2026-03-11T14:32:00Z.
const START: Timestamp = Timestamp::from_seconds(1_773_239_520);
const DAY: Duration = Duration::from_secs(86_400);
const SECRET: &str = "whsec_fake_sandbox_secret";

fn answered(status: u16) -> Outcome {
    Outcome::Answered(Answer { status, headers: Headers::default(), body: bytes::Bytes::new() })
}

/// When each try after the first is made, in seconds from the first, if each goes like this.
fn moments(schedule: &Schedule, outcome: &Outcome, asked: Option<&str>, jitter: f64) -> Vec<f64> {
    let (mut now, mut found) = (START, Vec::new());
    while schedule.tries_again_after(outcome) {
        let wait = asked.and_then(|text| retry_after_text(text, now));
        let tries = u32::try_from(found.len()).unwrap() + 1;
        let Some(next) = schedule.next(START, tries, now, wait, jitter) else { break };
        found.push(next.since(START).as_secs_f64());
        now = next;
    }
    found
}

#[test]
fn a_target_is_tried_again_by_what_it_answered_at_the_published_times() {
    let forward = Schedule::forward();
    for status in [200, 204, 301, 302, 307, 400, 401, 403, 404, 410, 413, 422] {
        assert!(moments(&forward, &answered(status), None, 0.5).is_empty(), "{status} is final");
    }
    let published = [1, 5, 30, 120, 600, 1_800, 1_800];
    let again = [408, 425, 429, 500, 501, 502, 503, 504, 599].map(answered).into_iter();
    let kinds = [
        FailureKind::Refused,
        FailureKind::Unresolved,
        FailureKind::Timeout,
        FailureKind::Reset,
        FailureKind::Tls,
    ];
    let broken = kinds.map(|kind| Outcome::Failed(Failure { kind, detail: String::new() }));
    for outcome in again.chain(broken) {
        for jitter in [0.0, 0.3, 1.0] {
            let found = moments(&forward, &outcome, None, jitter);
            let gaps = std::iter::once(found[0]).chain(found.windows(2).map(|pair| pair[1] - pair[0]));
            for (gap, planned) in gaps.zip(published) {
                let share = gap / f64::from(planned);
                assert!((0.85..=1.15).contains(&share), "{outcome:?}: {gap} s for {planned} s");
            }
            let last = found[found.len() - 1];
            assert!((257_000.0..=259_200.0).contains(&last), "given up after 72 h, not after {last} s");
        }
    }
}

#[test]
fn a_target_that_asks_for_time_gets_it_up_to_an_hour() {
    let forward = Schedule::forward();
    for (asked, first) in [
        ("0", 1.0),
        ("20", 20.0),
        ("3600", 3_600.0),
        ("86400", 3_600.0),
        ("Wed, 11 Mar 2026 14:42:00 GMT", 600.0),
        ("Wed, 11 Mar 2026 14:00:00 GMT", 1.0),
        ("-5", 1.0),
        ("soon", 1.0),
    ] {
        for status in [429, 503] {
            assert_eq!(moments(&forward, &answered(status), Some(asked), 0.5)[0], first, "{status} {asked}");
        }
        assert!(moments(&forward, &answered(410), Some(asked), 0.5).is_empty(), "410 stops");
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn start(delivering: Delivering) -> Running {
    let options = Options { speed: 0.0, start_at: Some(START), delivering, ..Options::default() };
    sandbox::start(options).await.unwrap()
}

/// A study without limits, of the project that the sandbox's first keys open.
fn study(running: &Running, provider: &str) -> Study {
    let found = running
        .studies
        .iter()
        .find(|study| study.provider == provider && study.project == "main" && study.status == "active");
    let study = Study { weekly_limit: None, monthly_limit: None, ..found.unwrap().clone() };
    running.world.store.with(|db| study.put(db)).unwrap();
    study
}

fn register(running: &Running, provider: &str, url: &str) {
    let registration = Registration {
        id: 0,
        provider: provider.to_owned(),
        project: "main".to_owned(),
        url: url.to_owned(),
        events: vec!["interview.completed".to_owned()],
        signing_secret: SECRET.to_owned(),
        created_at: START,
    };
    running.world.store.with(|db| registration.insert(db)).unwrap();
}

fn complete(running: &Running, study: &Study, person: usize) -> String {
    let start = Start { reference_id: Some(format!("user_{person}")), ..Start::default() };
    let end = End { quality: Quality::parse("4"), ..End::default() };
    conversation::complete(&running.world, study, start, end).unwrap().id
}

fn history(running: &Running) -> Vec<Delivery> {
    running.world.store.with(|db| Delivery::latest(db, 1_000)).unwrap()
}

/// When the sandbox tried its only delivery, in seconds.
fn tried(running: &Running) -> Vec<u64> {
    let found = history(running);
    let [delivery] = &found[..] else { panic!("one delivery: {found:?}") };
    let attempts = running.world.store.with(|db| delivery.attempts(db)).unwrap();
    attempts.iter().map(|attempt| attempt.at.since(START).as_secs()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_vendor_tries_again_by_its_own_policy_whatever_is_answered() {
    for status in [200, 201, 204, 400, 401, 404, 408, 410, 413, 425, 429, 500, 502, 503, 504] {
        for (provider, expected) in
            [("koji", if status == 200 { &[0][..] } else { &[0, 30, 300, 1_800] }), ("userjourneys", &[0])]
        {
            let running = start(Delivering { koji_events: KojiEvents::Guide, ..Delivering::default() }).await;
            let application = Application::start();
            application.answer(status);
            register(&running, provider, &application.url());
            complete(&running, &study(&running, provider), 1);
            Deliveries::advance(&running.world, DAY).await.unwrap();
            assert_eq!(tried(&running), expected, "{provider} after {status}");
            let taken = status == 200 || (provider == "userjourneys" && status < 300);
            let stage = if taken { Stage::Delivered } else { Stage::Failed };
            assert_eq!(history(&running)[0].stage, stage, "{provider} after {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_failure_and_a_wish_for_time_is_not_asked_of_koji() {
    let elsewhere = Application::start();
    for status in [301, 302, 303, 307, 308, 503] {
        let fields = [("Location", &*elsewhere.url()), ("Retry-After", "7200")];
        let handler = Script::new((0..9).map(|_| answer(status, &fields, "")));
        let running = start(Delivering { koji_events: KojiEvents::Guide, ..Delivering::default() }).await;
        register(&running, "koji", &handler.base());
        complete(&running, &study(&running, "koji"), 1);
        Deliveries::advance(&running.world, DAY).await.unwrap();
        assert_eq!((tried(&running), handler.left()), (vec![0, 30, 300, 1_800], 5), "{status}");
    }
    assert!(elsewhere.received().is_empty(), "a redirect was followed");
}

/// Faults that lose exactly so many of the first deliveries.
fn losing(lost: usize, of: u64) -> Faults {
    let faults = |seed| Faults { drop: Share::parse("25%").unwrap(), seed, ..Faults::default() };
    let count = |faults: &Faults| (1..=of).filter(|delivery| faults.fate(*delivery, 1).dropped).count();
    (0..10_000).map(faults).find(|faults| count(faults) == lost).unwrap()
}

fn reconcile(home: &Home, running: &Running, study: &Study, more: &[&str]) -> Ran {
    let args = ["interviews", "reconcile", "--study", &study.id, "--json", "--since", "2026-03-11T00:00:00Z"];
    let key = running.key("userjourneys").unwrap();
    let variables = [("USERJOURNEYS_API_KEY", key), ("USERJOURNEYS_BASE_URL", &running.uj_base)];
    home.run_with([&args, more].concat(), b"", &variables)
}

/// The ids of a run's missing interviews.
fn missing(ran: &Ran) -> Vec<String> {
    let records = ran.records().into_iter().filter(|record| record["type"] == "missing");
    records.map(|record| record["interview"]["id"].as_str().unwrap().to_owned()).collect()
}

fn set<'a>(ids: impl IntoIterator<Item = &'a String>) -> BTreeSet<&'a str> {
    ids.into_iter().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reconcile_finds_the_50_of_200_that_the_vendor_lost_and_no_other() {
    let running = start(Delivering { faults: losing(50, 200), ..Delivering::default() }).await;
    let study = study(&running, "userjourneys");
    let home = Home::default();
    let secret = home.secret("secret", SECRET);
    let args = ["--provider", "userjourneys", "--secret-file", secret.to_str().unwrap(), "--show", "none"];
    let listening = home.listen(args);
    register(&running, "userjourneys", &listening.url);
    let completed: Vec<String> = (0..200).map(|person| complete(&running, &study, person)).collect();
    Deliveries::advance(&running.world, seconds(60)).await.unwrap();
    assert_eq!(listening.stop().0, 0);
    let lost: Vec<String> =
        history(&running).into_iter().filter(|d| d.stage == Stage::Dropped).map(|d| d.subject).collect();
    assert_eq!((completed.len(), lost.len()), (200, 50));
    let kept = home.run(["events", "list", "--json", "-n", "1000"]).expect(0).records();
    assert_eq!(kept.len(), 150, "what was not lost has arrived");

    let ran = reconcile(&home, &running, &study, &[]).expect(1);
    let found = missing(&ran);
    assert_eq!((found.len(), set(&found)), (50, set(&lost)), "50 of 50, and none too many");
    // Asking changes nothing.
    assert_eq!(missing(&reconcile(&home, &running, &study, &[]).expect(1)), found);

    let ran = reconcile(&home, &running, &study, &["--synthesize"]).expect(0);
    assert_eq!(set(&missing(&ran)), set(&lost));
    let kept = home.run(["events", "list", "--json", "-n", "1000"]).expect(0).records();
    let made: Vec<_> = kept.iter().filter(|record| record["verdict"]["code"] == "synthesized").collect();
    assert_eq!((kept.len(), made.len()), (200, 50), "each is in the journal, marked as made");
    let verified = kept.iter().filter(|record| record["verdict"]["code"] == "verified").count();
    assert_eq!(verified, 150, "nothing that is made counts as verified");
    let again = reconcile(&home, &running, &study, &["--synthesize"]).expect(0);
    assert_eq!(missing(&again), [""; 0], "none is made twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_interview_that_only_a_forgery_tells_of_is_missing() {
    let running = start(Delivering::default()).await;
    let study = study(&running, "userjourneys");
    let home = Home::default();
    let secret = home.secret("secret", SECRET);
    let args = ["--provider", "userjourneys", "--secret-file", secret.to_str().unwrap(), "--show", "none"];
    let listening = home.listen(args);
    let id = complete(&running, &study, 1);
    // The control of the test above: a webhook that anybody may have sent is no arrival.
    let body = serde_json::json!({"event": "interview.completed", "data": {"interview_id": id}}).to_string();
    let headers = [("X-Webhook-Event", "interview.completed"), ("X-Webhook-Signature", "sha256=00")];
    crate::harness::post(listening.address, "/", &headers, body.as_bytes());
    assert_eq!(listening.stop().0, 0);
    let ran = reconcile(&home, &running, &study, &[]).expect(1);
    assert_eq!(missing(&ran), [id]);
    assert!(ran.out().contains("\"refused\":true"), "{}", ran.out());
}
