//! What the sandbox has posted, is posting and will post: each delivery with its
//! tries, as the vendor's dashboard shows them. Says nothing about HTTP.

use super::state::{StateError, first};
use crate::hook::time::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::{Value, json};

/// The tables. Moments are microseconds of the sandbox's clock.
pub(super) const SCHEMA: &str = "
CREATE TABLE deliveries(id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL,
  registration INTEGER NOT NULL, event TEXT NOT NULL, subject TEXT NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL,
  state TEXT NOT NULL, created_at INTEGER NOT NULL, due INTEGER, first_failure INTEGER,
  tries INTEGER NOT NULL DEFAULT 0, status INTEGER);
CREATE INDEX deliveries_due ON deliveries(due) WHERE due IS NOT NULL;
CREATE TABLE attempts(delivery INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL,
  url TEXT NOT NULL, kind TEXT NOT NULL, fault TEXT, status INTEGER, failure TEXT, detail TEXT,
  duration_us INTEGER NOT NULL, answer TEXT NOT NULL);
CREATE INDEX attempts_of_delivery ON attempts(delivery);
";

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its first try or for the next.
    Pending,
    /// It was acknowledged.
    Delivered,
    /// Every try failed, or its webhook is gone.
    Failed,
    /// It was never sent: a fault that was asked for.
    Dropped,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Dropped];

    /// The word of records and pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }

    fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text).unwrap_or(Self::Failed)
    }
}

/// Why a request was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The timetable said so.
    Timetable,
    /// Somebody pressed "retry".
    Manual,
    /// A second copy: a fault that was asked for.
    Copy,
    /// The request that verifies a webhook while it is saved.
    Ping,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Timetable, Self::Manual, Self::Copy, Self::Ping];

    /// The word of records and pages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timetable => "timetable",
            Self::Manual => "manual",
            Self::Copy => "copy",
            Self::Ping => "ping",
        }
    }

    fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).unwrap_or(Self::Timetable)
    }
}

/// One webhook on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number, from 1.
    pub id: i64,
    /// `userjourneys` or `koji`.
    pub provider: String,
    /// The number of the registration it is for.
    pub registration: i64,
    /// What it tells.
    pub event: String,
    /// The interview, study or report it is about.
    pub subject: String,
    /// Where it was to go when it was made.
    pub url: String,
    /// Its body: every try sends these bytes.
    pub body: Vec<u8>,
    /// How far it is.
    pub stage: Stage,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub due: Option<Timestamp>,
    /// When its first failed try ended.
    pub first_failure: Option<Timestamp>,
    /// How often the timetable has tried it.
    pub tries: u32,
    /// The status of its last answer.
    pub status: Option<u16>,
}

/// One request of a delivery, and what came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The timetable's number of the try, from 1; 0 for one made by hand.
    pub number: u32,
    /// When it was begun.
    pub at: Timestamp,
    /// Where it went.
    pub url: String,
    /// Why it was made.
    pub kind: Kind,
    /// What was done to it on purpose, such as `corrupted`.
    pub fault: Option<String>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The stable name of what went wrong instead, such as `timeout`.
    pub failure: Option<String>,
    /// The same for a person.
    pub detail: Option<String>,
    /// How long it took, in microseconds.
    pub duration_us: i64,
    /// The beginning of the answer's body.
    pub answer: String,
}

fn micros(at: Option<i64>) -> Option<Timestamp> {
    at.map(Timestamp::from_micros)
}

impl Delivery {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            provider: row.get("provider")?,
            registration: row.get("registration")?,
            event: row.get("event")?,
            subject: row.get("subject")?,
            url: row.get("url")?,
            body: row.get("body")?,
            stage: Stage::parse(&row.get::<_, String>("state")?),
            created_at: Timestamp::from_micros(row.get("created_at")?),
            due: micros(row.get("due")?),
            first_failure: micros(row.get("first_failure")?),
            tries: row.get("tries")?,
            status: row.get("status")?,
        })
    }

    /// Keeps a new delivery and gives it its number.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn insert(mut self, db: &Transaction<'_>) -> Result<Self, StateError> {
        db.prepare_cached(
            "INSERT INTO deliveries(provider, registration, event, subject, url, body, state, created_at, due)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            self.provider,
            self.registration,
            self.event,
            self.subject,
            self.url,
            self.body,
            self.stage.as_str(),
            self.created_at.micros(),
            self.due.map(Timestamp::micros)
        ])?;
        self.id = db.last_insert_rowid();
        Ok(self)
    }

    /// Keeps how far it is.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn update(&self, db: &Transaction<'_>) -> Result<(), StateError> {
        db.prepare_cached(
            "UPDATE deliveries SET state = ?2, due = ?3, first_failure = ?4, tries = ?5, status = ?6 WHERE id = ?1",
        )?
        .execute(params![
            self.id,
            self.stage.as_str(),
            self.due.map(Timestamp::micros),
            self.first_failure.map(Timestamp::micros),
            self.tries,
            self.status
        ])?;
        Ok(())
    }

    /// The delivery of this number.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn find(db: &Transaction<'_>, id: i64) -> Result<Option<Self>, StateError> {
        first(db.query_row("SELECT * FROM deliveries WHERE id = ?1", [id], Self::of))
    }

    /// The last `most` deliveries, newest first.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn latest(db: &Transaction<'_>, most: u32) -> Result<Vec<Self>, StateError> {
        let mut found = db.prepare_cached("SELECT * FROM deliveries ORDER BY id DESC LIMIT ?1")?;
        Ok(found.query_map([most], Self::of)?.collect::<rusqlite::Result<_>>()?)
    }

    /// When the next of all deliveries is due.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn next_due(db: &Transaction<'_>) -> Result<Option<Timestamp>, StateError> {
        let next: Option<i64> = db.query_row("SELECT min(due) FROM deliveries", [], |row| row.get(0))?;
        Ok(micros(next))
    }

    /// Takes what is due at `now` in its order, so that nobody else takes it.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn take_due(db: &Transaction<'_>, now: Timestamp) -> Result<Vec<Self>, StateError> {
        let mut found = db.prepare_cached("SELECT * FROM deliveries WHERE due <= ?1 ORDER BY due, id")?;
        let due = found.query_map([now.micros()], Self::of)?.collect::<rusqlite::Result<_>>()?;
        db.execute("UPDATE deliveries SET due = NULL WHERE due <= ?1", [now.micros()])?;
        Ok(due)
    }

    /// What a former run took and did not bring to an end is due at once.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn recover(db: &Transaction<'_>, now: Timestamp) -> Result<(), StateError> {
        let sql = "UPDATE deliveries SET due = ?1 WHERE state = 'pending' AND due IS NULL";
        db.execute(sql, [now.micros()])?;
        Ok(())
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn forget_all(db: &Transaction<'_>) -> Result<(), StateError> {
        Ok(db.execute_batch("DELETE FROM attempts; DELETE FROM deliveries;")?)
    }

    /// Its requests in their order.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn attempts(&self, db: &Transaction<'_>) -> Result<Vec<Attempt>, StateError> {
        let mut found = db.prepare_cached("SELECT * FROM attempts WHERE delivery = ?1 ORDER BY rowid")?;
        Ok(found.query_map([self.id], Attempt::of)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The delivery as a record: everything but its body and requests.
    pub fn record(&self) -> Value {
        json!({
            "v": 1,
            "type": "sandbox_delivery",
            "id": self.id,
            "provider": self.provider,
            "event": self.event,
            "subject": self.subject,
            "url": self.url,
            "state": self.stage.as_str(),
            "created_at": self.created_at.rfc3339_millis(),
            "tries": self.tries,
            "status": self.status,
            "next_try_at": self.due.map(Timestamp::rfc3339_millis),
        })
    }

    /// The record with its payload and its requests.
    pub fn whole_record(&self, attempts: &[Attempt]) -> Value {
        let mut record = self.record();
        if let Value::Object(members) = &mut record {
            members.insert("payload".to_owned(), json!(String::from_utf8_lossy(&self.body)));
            members.insert("attempts".to_owned(), attempts.iter().map(Attempt::record).collect());
        }
        record
    }
}

impl Attempt {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get("number")?,
            at: Timestamp::from_micros(row.get("at")?),
            url: row.get("url")?,
            kind: Kind::parse(&row.get::<_, String>("kind")?),
            fault: row.get("fault")?,
            status: row.get("status")?,
            failure: row.get("failure")?,
            detail: row.get("detail")?,
            duration_us: row.get("duration_us")?,
            answer: row.get("answer")?,
        })
    }

    /// Keeps a request of this delivery.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn insert(&self, db: &Transaction<'_>, delivery: i64) -> Result<(), StateError> {
        // One of a delivery that was forgotten meanwhile is forgotten too.
        let known = "SELECT 1 FROM deliveries WHERE id = ?1";
        if db.query_row(known, [delivery], |_| Ok(())).optional()?.is_none() {
            return Ok(());
        }
        db.prepare_cached(
            "INSERT INTO attempts(delivery, number, at, url, kind, fault, status, failure, detail, duration_us, answer)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            delivery,
            self.number,
            self.at.micros(),
            self.url,
            self.kind.as_str(),
            self.fault,
            self.status,
            self.failure,
            self.detail,
            self.duration_us,
            self.answer
        ])?;
        Ok(())
    }

    /// How long it took, in milliseconds begun.
    pub fn duration_ms(&self) -> i64 {
        self.duration_us.saturating_add(999) / 1_000
    }

    /// The request as a record.
    pub fn record(&self) -> Value {
        json!({
            "number": (self.number > 0).then_some(self.number),
            "at": self.at.rfc3339_millis(),
            "url": self.url,
            "kind": self.kind.as_str(),
            "fault": self.fault,
            "status": self.status,
            "failure": self.failure,
            "detail": self.detail,
            "duration_ms": self.duration_ms(),
            "answer": self.answer,
        })
    }
}
