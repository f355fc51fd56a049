//! What the sandbox posts, when it tries again and what its history says: on a
//! clock that stands still unless it is moved, so that no test waits for it.

use crate::harness::PATIENCE;
use crate::harness::target::{Application, Received};
use hmac::{Hmac, KeyInit, Mac};
use hookctl::hook::time::Timestamp;
use hookctl::job::sandbox::conversation::{self, End, Start};
use hookctl::job::sandbox::deliveries::{Deliveries, Delivering};
use hookctl::job::sandbox::faults::{Faults, Share};
use hookctl::job::sandbox::history::{Attempt, Delivery, Kind, Stage};
use hookctl::job::sandbox::payload::{KOJI_EVENTS, KojiEvents};
use hookctl::job::sandbox::script::Quality;
use hookctl::job::sandbox::state::registrations::Registration;
use hookctl::job::sandbox::state::studies::Study;
use hookctl::job::sandbox::timetable::RetryClock;
use hookctl::job::sandbox::{self, Options, Running};
use serde_json::Value;
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;

/// 2026-03-11T14:32:00Z.
const START: Timestamp = Timestamp::from_seconds(1_773_239_520);
const SECRET: &str = "whsec_fake_sandbox_secret";

/// A sandbox with one study and one webhook that points to an application.
struct Rig {
    running: Running,
    application: Application,
    provider: &'static str,
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Rig {
    async fn start(provider: &'static str, delivering: Delivering) -> Self {
        let application = Application::start();
        let options = Options { speed: 0.0, start_at: Some(START), delivering, ..Options::default() };
        let running = sandbox::start(options).await.unwrap();
        let rig = Self { running, application, provider };
        rig.register(&KOJI_EVENTS);
        let study = Study { weekly_limit: None, monthly_limit: None, ..rig.blank() };
        rig.running.world.store.with(|db| study.put(db)).unwrap();
        rig
    }

    /// Koji with the one event of its guide.
    async fn koji(delivering: Delivering) -> Self {
        Self::start("koji", Delivering { koji_events: KojiEvents::Guide, ..delivering }).await
    }

    fn blank(&self) -> Study {
        Study {
            id: "test-study".to_owned(),
            project: "test-project".to_owned(),
            provider: self.provider.to_owned(),
            code: "TestCode".to_owned(),
            name: "Post-Trial <Feedback>".to_owned(),
            status: "active".to_owned(),
            research_goal: "Why people leave".to_owned(),
            product_name: "Acme".to_owned(),
            languages: vec!["en".to_owned()],
            weekly_limit: None,
            monthly_limit: None,
            created_at: START,
        }
    }

    fn registration(&self, events: &[&str]) -> Registration {
        Registration {
            id: 0,
            provider: self.provider.to_owned(),
            project: "test-project".to_owned(),
            url: format!("{}/hooks?from=sandbox", self.application.url()),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            signing_secret: SECRET.to_owned(),
            created_at: START,
        }
    }

    fn register(&self, events: &[&str]) {
        self.running.world.store.with(|db| self.registration(events).insert(db)).unwrap();
    }

    /// Somebody takes part and finishes.
    fn complete(&self, quality: &str) -> String {
        let world = &self.running.world;
        let study = world.store.with(|db| Study::find(db, "test-study")).unwrap().unwrap();
        let start = Start { reference_id: Some("user_1".to_owned()), ..Start::default() };
        let end = End { quality: Quality::parse(quality), ..End::default() };
        conversation::complete(world, &study, start, end).unwrap().id
    }

    async fn advance(&self, by: Duration) {
        Deliveries::advance(&self.running.world, by).await.unwrap();
    }

    /// The history, oldest first, each with its requests.
    fn history(&self) -> Vec<(Delivery, Vec<Attempt>)> {
        let found = self.running.world.store.with(|db| {
            let latest = Delivery::latest(db, 100)?.into_iter().rev();
            latest.map(|delivery| delivery.attempts(db).map(|attempts| (delivery, attempts))).collect()
        });
        found.unwrap()
    }

    /// When each request of the only delivery was made, in seconds of the sandbox's clock, and its status.
    fn tries(&self) -> Vec<(u64, Option<u16>)> {
        let [(_, attempts)] = &self.history()[..] else { panic!("one delivery") };
        attempts.iter().map(|attempt| (attempt.at.since(START).as_secs(), attempt.status)).collect()
    }

    fn stages(&self) -> Vec<Stage> {
        self.history().into_iter().map(|(delivery, _)| delivery.stage).collect()
    }

    /// Waits, without the clock, until the history is as wanted.
    async fn until(&self, wanted: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !wanted(self) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the history is as wanted");
    }
}

fn event_of(request: &Received) -> String {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    body.get("type").or(body.get("event")).unwrap().as_str().unwrap().to_owned()
}

/// HMAC-SHA256 computed here, over the bytes that came.
fn signature(body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes())).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_fails_thrice_receives_at_0_s_30_s_5_min_and_30_min() {
    let rig = Rig::koji(Delivering::default()).await;
    rig.application.answer(500);
    rig.complete("4");
    rig.advance(seconds(0)).await;
    assert_eq!(rig.tries(), [(0, Some(500))]);
    // One second too early is too early.
    rig.advance(seconds(29)).await;
    assert_eq!(rig.tries().len(), 1);
    rig.advance(seconds(1)).await;
    rig.advance(seconds(269)).await;
    assert_eq!(rig.tries(), [(0, Some(500)), (30, Some(500))]);
    rig.advance(seconds(1)).await;
    rig.application.answer(200);
    rig.advance(seconds(86_400)).await;
    assert_eq!(rig.tries(), [(0, Some(500)), (30, Some(500)), (300, Some(500)), (1_800, Some(200))]);
    assert_eq!(rig.stages(), [Stage::Delivered]);
    let received = rig.application.received();
    assert!(received.iter().all(|request| *request == received[0]), "the same bytes each time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_once_makes_each_retry_at_its_own_moment_and_then_gives_up() {
    for (retry_clock, moments) in
        [(RetryClock::FirstFailure, [0, 30, 300, 1_800]), (RetryClock::Gaps, [0, 30, 330, 2_130])]
    {
        let rig = Rig::koji(Delivering { retry_clock, ..Delivering::default() }).await;
        rig.application.answer(404);
        rig.complete("4");
        rig.advance(seconds(86_400)).await;
        assert_eq!(rig.tries(), moments.map(|at| (at, Some(404))));
        assert_eq!(rig.stages(), [Stage::Failed]);
        assert_eq!(rig.running.world.clock.now(), START.plus(seconds(86_400)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_answers_after_ten_seconds_is_tried_again() {
    let rig = Rig::koji(Delivering { patience: Duration::ZERO, ..Delivering::default() }).await;
    rig.application.close();
    rig.complete("4");
    rig.application.wait_for(1);
    rig.advance(seconds(9)).await;
    assert_eq!(rig.tries(), [], "it still has a second");
    rig.advance(seconds(1)).await;
    assert_eq!(rig.tries(), [(0, None)]);
    let [(delivery, attempts)] = &rig.history()[..] else { panic!("one delivery") };
    assert_eq!(attempts[0].failure.as_deref(), Some("timeout"));
    assert_eq!(delivery.due, Some(START.plus(seconds(40))), "30 s after the failure, which took 10 s");
    rig.application.open();
    rig.advance(seconds(30)).await;
    rig.until(|rig| rig.stages() == [Stage::Delivered]).await;
    assert_eq!(rig.tries(), [(0, None), (40, Some(200))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_answers_200_receives_once() {
    let rig = Rig::koji(Delivering::default()).await;
    rig.complete("4");
    rig.advance(seconds(86_400)).await;
    assert_eq!(rig.tries(), [(0, Some(200))]);
    assert_eq!((rig.stages(), rig.application.received().len()), (vec![Stage::Delivered], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn koji_wants_200_and_userjourneys_takes_any_2xx_and_tries_once() {
    let koji = Rig::koji(Delivering::default()).await;
    koji.application.answer(204);
    koji.complete("4");
    koji.advance(seconds(86_400)).await;
    assert_eq!(koji.tries().len(), 4);

    let userjourneys = Rig::start("userjourneys", Delivering::default()).await;
    userjourneys.application.answer(204);
    userjourneys.complete("insightful");
    userjourneys.advance(seconds(60)).await;
    assert_eq!((userjourneys.tries(), userjourneys.stages()), (vec![(0, Some(204))], vec![Stage::Delivered]));

    let once = Rig::start("userjourneys", Delivering::default()).await;
    once.application.answer(500);
    once.complete("insightful");
    once.advance(seconds(86_400)).await;
    assert_eq!((once.tries(), once.stages()), (vec![(0, Some(500))], vec![Stage::Failed]));

    let asked = Rig::start("userjourneys", Delivering { retries: 2, ..Delivering::default() }).await;
    asked.application.answer(500);
    asked.complete("insightful");
    asked.advance(seconds(86_400)).await;
    assert_eq!(asked.tries().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_is_signed_and_carries_the_vendors_headers_and_no_others() {
    for (provider, header) in [("koji", "X-Koji-Signature"), ("userjourneys", "X-Webhook-Signature")] {
        let rig = Rig::start(provider, Delivering::default()).await;
        rig.complete("5");
        let first = rig.application.wait_for(1).remove(0);
        assert_eq!(first.target(), "/hooks?from=sandbox");
        assert_eq!(first.values(header), [signature(&first.body)]);
        assert_eq!(first.values("content-type"), [b"application/json"]);
        assert_eq!(first.values("x-webhook-event").len(), usize::from(provider == "userjourneys"));
        let lines = first.head.split(|byte| *byte == b'\n').filter(|line| line.contains(&b':')).count();
        assert_eq!(lines, 4 + usize::from(provider == "userjourneys"), "{first:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_and_the_chosen_description_decide_what_arrives() {
    let all = ["interview.quality_scored", "interview.analysis_ready"];
    for (events, quality, first, more) in [
        (KojiEvents::Guide, "3", "interview.completed", &all[..0]),
        (KojiEvents::Guide, "2", "interview.failed_quality_gate", &all[..0]),
        (KojiEvents::Setup, "1", "interview.completed", &all[..]),
        (KojiEvents::Union, "5", "interview.completed", &all[..]),
        (KojiEvents::Union, "1", "interview.failed_quality_gate", &all[..]),
    ] {
        let rig = Rig::start("koji", Delivering { koji_events: events, ..Delivering::default() }).await;
        rig.complete(quality);
        rig.advance(seconds(10)).await;
        let arrived: Vec<String> = rig.application.received().iter().map(event_of).collect();
        assert_eq!(arrived, [&[first], more].concat(), "{events:?} {quality}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_events_that_were_asked_for_are_sent_and_each_webhook_gets_its_own() {
    let rig = Rig::start("koji", Delivering::default()).await;
    rig.running.world.store.with(|db| Registration::delete(db, 1)).unwrap();
    rig.register(&["interview.analysis_ready"]);
    rig.register(&["study.published", "report.generated"]);
    let world = &rig.running.world;
    rig.complete("5");
    world.deliveries.published(world, "test-study").unwrap();
    world.deliveries.reported(world, "test-study").unwrap();
    rig.advance(seconds(10)).await;
    let mut arrived: Vec<String> = rig.application.received().iter().map(event_of).collect();
    arrived.sort();
    assert_eq!(arrived, ["interview.analysis_ready", "report.generated", "study.published"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn koji_asks_a_receiver_before_it_keeps_its_webhook() {
    let rig = Rig::koji(Delivering::default()).await;
    let world = &rig.running.world;
    let registration = rig.registration(&["interview.completed"]);
    world.deliveries.registered(world, &registration).await.unwrap();
    let ping = rig.application.wait_for(1).remove(0);
    assert_eq!(event_of(&ping), "webhook.test");
    assert_eq!(ping.values("x-koji-signature"), [signature(&ping.body)]);
    for status in [401, 204, 500] {
        rig.application.answer(status);
        let refused = world.deliveries.registered(world, &registration).await.unwrap_err();
        assert!(refused.to_string().contains(&status.to_string()), "{refused}");
    }
    let nobody = Registration { url: "http://127.0.0.1:9/".to_owned(), ..registration };
    assert!(world.deliveries.registered(world, &nobody).await.is_err());
    rig.advance(seconds(86_400)).await;
    assert_eq!(rig.application.received().len(), 4, "a ping is not tried again");

    let userjourneys = Rig::start("userjourneys", Delivering::default()).await;
    let world = &userjourneys.running.world;
    world.deliveries.registered(world, &userjourneys.registration(&["interview.completed"])).await.unwrap();
    assert_eq!(userjourneys.application.received().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_by_hand_is_made_at_once_and_ends_the_timetable_when_it_is_taken() {
    let rig = Rig::koji(Delivering::default()).await;
    let world = &rig.running.world;
    rig.application.answer(500);
    rig.complete("4");
    rig.advance(seconds(1)).await;
    let (delivery, attempt) = world.deliveries.retry(world, 1).await.unwrap().unwrap();
    assert_eq!((attempt.status, attempt.kind, delivery.stage), (Some(500), Kind::Manual, Stage::Pending));
    rig.application.answer(200);
    let (delivery, _) = world.deliveries.retry(world, 1).await.unwrap().unwrap();
    assert_eq!((delivery.stage, delivery.due), (Stage::Delivered, None));
    rig.advance(seconds(86_400)).await;
    assert_eq!(rig.tries(), [(0, Some(500)), (1, Some(500)), (1, Some(200))]);
    assert_eq!(world.deliveries.retry(world, 99).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_removed_gets_nothing_more() {
    let rig = Rig::koji(Delivering::default()).await;
    rig.application.answer(500);
    rig.complete("4");
    rig.advance(seconds(0)).await;
    rig.running.world.store.with(|db| Registration::delete(db, 1)).unwrap();
    rig.advance(seconds(86_400)).await;
    assert_eq!(rig.application.received().len(), 1);
    assert_eq!((rig.tries(), rig.stages()), (vec![(0, Some(500)), (30, None)], vec![Stage::Failed]));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_does_what_it_says() {
    let share = Share::ALL;
    let with = |faults| Delivering { faults, ..Delivering::default() };
    let sound = Faults::default();

    let lost = Rig::koji(with(Faults { drop: share, ..sound.clone() })).await;
    lost.complete("4");
    lost.advance(seconds(86_400)).await;
    assert_eq!((lost.application.received().len(), lost.stages()), (0, vec![Stage::Dropped]));

    let doubled = Rig::koji(with(Faults { duplicate: share, ..sound.clone() })).await;
    doubled.complete("4");
    doubled.advance(seconds(86_400)).await;
    let received = doubled.application.received();
    assert!(received.len() == 2 && received[0] == received[1]);
    assert_eq!(doubled.stages(), [Stage::Delivered]);

    let late = Rig::koji(with(Faults { delay: seconds(90), ..sound.clone() })).await;
    late.complete("4");
    late.advance(seconds(89)).await;
    assert_eq!(late.tries(), []);
    late.advance(seconds(1)).await;
    assert_eq!(late.tries(), [(90, Some(200))]);

    let changed = Rig::koji(with(Faults { corrupt: share, ..sound.clone() })).await;
    changed.complete("4");
    let request = changed.application.wait_for(1).remove(0);
    assert_ne!(request.values("x-koji-signature"), [signature(&request.body)]);
    changed.until(|rig| !rig.history()[0].1.is_empty()).await;
    assert_eq!(changed.history()[0].1[0].fault.as_deref(), Some("corrupted"));

    let half = Faults { reorder: Share::parse("50%").unwrap(), seed: 2, ..sound };
    let mixed = Rig::start("koji", with(half)).await;
    for _ in 0..5 {
        mixed.complete("4");
    }
    mixed.advance(seconds(60)).await;
    let order: Vec<i64> = {
        let mut attempts: Vec<(Timestamp, i64)> =
            mixed.history().iter().map(|(delivery, attempts)| (attempts[0].at, delivery.id)).collect();
        attempts.sort();
        attempts.into_iter().map(|(_, id)| id).collect()
    };
    assert_eq!(order.len(), 15);
    assert!(!order.is_sorted(), "{order:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_starts_again_goes_on_with_what_was_pending() {
    let folder = tempfile::tempdir().unwrap();
    let state = sandbox::state::Place::File(folder.path().join("sandbox.db"));
    let application = Application::start();
    application.answer(500);
    let options = || Options {
        speed: 0.0,
        start_at: Some(START),
        state: state.clone(),
        delivering: Delivering { koji_events: KojiEvents::Guide, ..Delivering::default() },
        ..Options::default()
    };
    let rig = Rig { running: sandbox::start(options()).await.unwrap(), application, provider: "koji" };
    rig.register(&["interview.completed"]);
    rig.running.world.store.with(|db| rig.blank().put(db)).unwrap();
    rig.complete("4");
    rig.advance(seconds(10)).await;
    let Rig { running, application, provider } = rig;
    running.stop().await.unwrap();
    let rig = Rig { running: sandbox::start(options()).await.unwrap(), application, provider };
    assert_eq!(rig.running.world.clock.now(), START.plus(seconds(10)));
    rig.application.answer(200);
    rig.advance(seconds(86_400)).await;
    assert_eq!(rig.tries(), [(0, Some(500)), (30, Some(200))]);
    drop(Arc::clone(&rig.running.world));
}
