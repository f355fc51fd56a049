//! What the sandbox posts to registered webhooks, and when.
//!
//! An event becomes a row of the history before anything is sent; the rows that
//! are due are sent and tried again by the vendor's timetable on the sandbox's
//! clock. Decides nothing about interviews and answers no request.

mod advance;
mod compose;
mod in_flight;
mod post;
mod work;

use super::faults::Faults;
use super::history::{Attempt, Delivery, Kind, Stage};
use super::payload::{self, KojiEvents};
use super::state::StateError;
use super::state::registrations::Registration;
use super::timetable::{RetryClock, Timetable};
use super::world::World;
use crate::hook::time::Timestamp;
use crate::outbound::exact::{ExactClient, ExactOptions};
use in_flight::InFlight;
use rusqlite::Transaction;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Why a webhook could not be registered: its receiver did not answer the ping with 200.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the receiver did not answer the verification request with 200: {0}")]
pub struct PingRefused(pub String);

/// How webhooks are delivered.
#[derive(Clone, Debug)]
pub struct Delivering {
    /// Which of Koji's two descriptions of its events is followed.
    pub koji_events: KojiEvents,
    /// What the times of a retry are counted from.
    pub retry_clock: RetryClock,
    /// How often userjourneys tries again; it documents no retries.
    pub retries: u32,
    /// What goes wrong on the way, on purpose.
    pub faults: Faults,
    /// How long, in real time, an advance of the clock waits for handlers that are at work.
    pub patience: Duration,
}

impl Default for Delivering {
    fn default() -> Self {
        Self {
            koji_events: KojiEvents::default(),
            retry_clock: RetryClock::default(),
            retries: 0,
            faults: Faults::default(),
            // A handler always has the time it was promised, however far the clock is moved.
            patience: Timetable::koji(RetryClock::FirstFailure).deadline(),
        }
    }
}

/// The most bytes of a receiver's answer that are read.
const MAX_ANSWER: usize = 1 << 20;

/// The outgoing half of the sandbox.
#[derive(Debug)]
pub struct Deliveries {
    client: ExactClient,
    wake: Notify,
    in_flight: InFlight,
    tasks: Mutex<JoinSet<()>>,
    /// One advance at a time.
    advancing: tokio::sync::Mutex<()>,
}

impl Default for Deliveries {
    fn default() -> Self {
        let options = ExactOptions { max_answer: MAX_ANSWER, ..ExactOptions::default() };
        Self {
            client: ExactClient::new(&options),
            wake: Notify::new(),
            in_flight: InFlight::default(),
            tasks: Mutex::default(),
            advancing: tokio::sync::Mutex::default(),
        }
    }
}

/// One event that is to be told.
struct Told {
    event: &'static str,
    subject: String,
    body: Vec<u8>,
    due: Timestamp,
}

impl Deliveries {
    /// An interview has been completed, passed the gate or not; its row, turns and answers are kept already.
    ///
    /// # Errors
    /// What SQLite said; nothing will be sent then.
    pub fn completed(&self, world: &World, interview: &str) -> Result<(), StateError> {
        world.store.with(|db| {
            let Some((finished, provider, project)) = compose::finished(db, world, interview)? else {
                return Ok(());
            };
            let now = world.clock.now();
            let events = match provider.as_str() {
                "koji" => world.options.delivering.koji_events.of_interview(finished.score),
                _ => vec![(payload::UJ_COMPLETED, 0)],
            };
            for (event, seconds) in events {
                let due = now.plus(Duration::from_secs(seconds));
                let body = match provider.as_str() {
                    "koji" => payload::koji_interview(event, &finished, due),
                    _ => payload::userjourneys(&finished, due),
                };
                let told = Told { event, subject: finished.interview_id.clone(), body, due };
                enqueue(db, world, (&provider, &project), &told)?;
            }
            Ok(())
        })?;
        self.wake.notify_one();
        Ok(())
    }

    /// A webhook is about to be kept; Koji asks its receiver first.
    ///
    /// # Errors
    /// When the vendor would refuse to keep it.
    pub async fn registered(&self, world: &World, registration: &Registration) -> Result<(), PingRefused> {
        if registration.provider != "koji" {
            return Ok(());
        }
        let now = world.clock.now();
        let body = payload::koji_ping(now);
        let mut ping = new(registration, payload::PING, String::new(), body, now);
        let attempt = post::post(world, registration, &ping, (Kind::Ping, 0), None).await;
        let taken = attempt.status.is_some_and(|status| work::timetable(world, "koji").takes(status));
        (ping.stage, ping.status) = (if taken { Stage::Delivered } else { Stage::Failed }, attempt.status);
        (ping.due, ping.tries) = (None, 1);
        let kept = world.store.with(|db| {
            let ping = ping.insert(db)?;
            ping.update(db)?;
            attempt.insert(db, ping.id)
        });
        match (taken, kept) {
            (true, Ok(())) => Ok(()),
            (true, Err(error)) => Err(PingRefused(error.to_string())),
            (false, _) => Err(PingRefused(post::in_words(&attempt))),
        }
    }

    /// A study has gone live.
    ///
    /// # Errors
    /// What SQLite said; nothing will be sent then.
    pub fn published(&self, world: &World, study: &str) -> Result<(), StateError> {
        self.tell_of_study(world, study, |_, study, now| {
            let published = compose::published(world, study, now);
            Ok((payload::STUDY_PUBLISHED, study.id.clone(), payload::koji_published(&published, now)))
        })
    }

    /// A report of a study was generated or refreshed.
    ///
    /// # Errors
    /// What SQLite said; nothing will be sent then.
    pub fn reported(&self, world: &World, study: &str) -> Result<(), StateError> {
        self.tell_of_study(world, study, |db, study, now| {
            let report = compose::report(db, world, study, now)?;
            Ok((payload::REPORT_GENERATED, report.report_id.clone(), payload::koji_report(&report, now)))
        })
    }

    fn tell_of_study(
        &self,
        world: &World,
        study: &str,
        tell: impl FnOnce(
            &Transaction<'_>,
            &super::state::studies::Study,
            Timestamp,
        ) -> Result<(&'static str, String, Vec<u8>), StateError>,
    ) -> Result<(), StateError> {
        world.store.with(|db| {
            let study = super::state::studies::Study::find(db, study)?;
            // userjourneys has one event only.
            let Some(study) = study.filter(|study| study.provider == "koji") else { return Ok(()) };
            let due = world.clock.now();
            let (event, subject, body) = tell(db, &study, due)?;
            enqueue(db, world, (&study.provider, &study.project), &Told { event, subject, body, due })
        })?;
        self.wake.notify_one();
        Ok(())
    }

    /// Sends a delivery again now, as the button of the vendor's history does;
    /// `None` when there is none of this number. Its timetable goes on unless it is taken.
    ///
    /// # Errors
    /// What SQLite said.
    pub async fn retry(&self, world: &World, id: i64) -> Result<Option<(Delivery, Attempt)>, StateError> {
        work::again(world, id).await
    }

    /// Moves the clock ahead, and on the way does everything that becomes due, in
    /// its order and each at its own moment; gives what the clock shows then.
    ///
    /// # Errors
    /// What SQLite said.
    pub async fn advance(world: &Arc<World>, by: Duration) -> Result<Timestamp, StateError> {
        advance::advance(world, by).await
    }

    /// Everything is as at the start again.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn reset(&self, world: &World) -> Result<(), StateError> {
        self.abort();
        world.store.with(Delivery::forget_all)
    }

    /// Takes up what a former run left under way: a vendor's queue would not lose it either.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn recover(&self, world: &World) -> Result<(), StateError> {
        world.store.with(|db| Delivery::recover(db, world.clock.now()))
    }

    /// Works until the future that runs it is dropped: whatever waits for its moment on the clock.
    pub async fn run(world: Arc<World>) {
        work::run(world).await;
    }
}

/// A delivery that was not tried yet.
fn new(registration: &Registration, event: &str, subject: String, body: Vec<u8>, now: Timestamp) -> Delivery {
    Delivery {
        id: 0,
        provider: registration.provider.clone(),
        registration: registration.id,
        event: event.to_owned(),
        subject,
        url: registration.url.clone(),
        body,
        stage: Stage::Pending,
        created_at: now,
        due: Some(now),
        first_failure: None,
        tries: 0,
        status: None,
    }
}

/// Makes a delivery for every webhook of the project that wants the event.
fn enqueue(
    db: &Transaction<'_>,
    world: &World,
    (provider, project): (&str, &str),
    told: &Told,
) -> Result<(), StateError> {
    for registration in Registration::of_project(db, provider, project)? {
        if !registration.events.iter().any(|event| event == told.event) {
            continue;
        }
        let made = new(&registration, told.event, told.subject.clone(), told.body.clone(), told.due);
        let mut made = made.insert(db)?;
        let fate = world.options.delivering.faults.fate(made.id.unsigned_abs(), 1);
        made.due = (!fate.dropped).then(|| told.due.plus(fate.held));
        if fate.dropped {
            made.stage = Stage::Dropped;
        }
        made.update(db)?;
    }
    Ok(())
}
