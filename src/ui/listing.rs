//! The journal for a person and for a program: a line and a record a delivery,
//! and one delivery whole.
//!
//! The same names and the same pieces as `listen` shows. Does not read the
//! journal: it is given what was read.

use super::delivery;
use super::human;
use super::page::Page;
use super::pretty;
use super::record::{AnswerRecord, DeliveryRecord, VerdictRecord, milliseconds};
use super::style::Role;
use crate::hook::delivery::Checked;
use crate::journal::{Entry, Listed, OutboxRow, OutboxState};
use serde::Serialize;

/// The most columns of a subject in a list.
const MAX_SUBJECT: usize = 32;

/// What is owed to one target of a delivery.
#[derive(Clone, Debug, Serialize)]
pub struct OwedRecord<'a> {
    target: &'a str,
    state: &'static str,
    tries: u32,
    due: String,
}

impl<'a> From<&'a OutboxRow> for OwedRecord<'a> {
    fn from(row: &'a OutboxRow) -> Self {
        Self {
            target: &row.target,
            state: row.state.as_str(),
            tries: row.tries,
            due: row.due.rfc3339_millis(),
        }
    }
}

/// A delivery as `events list` gives it: the facts without headers and body.
#[derive(Clone, Debug, Serialize)]
pub struct ListedRecord<'a> {
    v: u8,
    r#type: &'static str,
    seq: u64,
    received: String,
    peer: String,
    provider: Option<&'a str>,
    event: Option<&'a str>,
    delivery: Option<&'a str>,
    subject: Option<&'a str>,
    verdict: VerdictRecord<'a>,
    answer: Option<AnswerRecord<'a>>,
    duplicate_of: Option<u64>,
    size: u64,
    outbox: Vec<OwedRecord<'a>>,
}

impl<'a> ListedRecord<'a> {
    /// The record of a listed delivery.
    pub fn new(listed: &'a Listed) -> Self {
        Self {
            v: super::record::VERSION,
            r#type: if listed.duplicate_of.is_some() { "duplicate" } else { "delivery" },
            seq: listed.seq,
            received: listed.received.rfc3339_millis(),
            peer: listed.peer.to_string(),
            provider: listed.verdict.provider.as_deref(),
            event: listed.facts.event.as_deref(),
            delivery: listed.facts.delivery_id.as_deref(),
            subject: listed.facts.subject.as_deref(),
            verdict: VerdictRecord::new(&listed.verdict, &listed.facts),
            answer: answer(listed),
            duplicate_of: listed.duplicate_of,
            size: listed.body_bytes,
            outbox: listed.outbox.iter().map(OwedRecord::from).collect(),
        }
    }
}

/// What `EntryRecord` is made of; kept apart because the record borrows from it.
#[derive(Clone, Debug)]
pub struct EntryParts {
    checked: Checked,
}

impl From<&Entry> for EntryParts {
    fn from(entry: &Entry) -> Self {
        Self { checked: entry.checked() }
    }
}

impl EntryParts {
    /// The whole record of a delivery: facts, headers, body, attempts, what is owed.
    pub fn record<'a>(&'a self, entry: &'a Entry) -> EntryRecord<'a> {
        let delivery = DeliveryRecord::new(Some(entry.listed.seq), &self.checked)
            .with_content(&self.checked)
            .with_answer(answer(&entry.listed))
            .with_duplicate_of(entry.listed.duplicate_of)
            .with_attempts(entry.attempts.iter().map(|kept| &kept.attempt));
        EntryRecord { delivery, outbox: entry.listed.outbox.iter().map(OwedRecord::from).collect() }
    }
}

/// A delivery of the journal, whole.
#[derive(Clone, Debug, Serialize)]
pub struct EntryRecord<'a> {
    #[serde(flatten)]
    delivery: DeliveryRecord<'a>,
    outbox: Vec<OwedRecord<'a>>,
}

fn answer(listed: &Listed) -> Option<AnswerRecord<'_>> {
    let answer = listed.answer.as_ref()?;
    Some(AnswerRecord { status: answer.status, by: &answer.by, took_ms: milliseconds(answer.took) })
}

/// One line of a list.
pub fn line(page: &mut Page, listed: &Listed) {
    page.put(Role::Seq, format!("#{}", listed.seq)).pad_to(8);
    page.put(Role::Dim, listed.received.local_date_and_time()).space(2);
    let event = listed.facts.event.as_deref().unwrap_or("-");
    page.put_within(Role::Event, event, 40).space(2);
    if let Some(subject) = &listed.facts.subject {
        page.put_within(Role::Plain, subject, MAX_SUBJECT).space(2);
    }
    delivery::verdict(page, &listed.verdict);
    if let Some(answer) = &listed.answer {
        page.space(2).put(Role::Plain, answer.status.to_string());
    }
    if let Some(last) = &listed.last_attempt {
        let how = last.status.map_or_else(
            || last.failure.map_or("failed", |failure| failure.as_str()).to_owned(),
            |status| status.to_string(),
        );
        page.space(2).put_within(Role::Url, &last.target, 48).space(1).put(Role::Plain, how);
    }
    if let Some(earlier) = listed.duplicate_of {
        page.space(2).put(Role::Warning, format!("duplicate of #{earlier}"));
    }
    for owed in &listed.outbox {
        self::owed(page.space(2), owed);
    }
    page.end_line();
}

fn owed(page: &mut Page, row: &OutboxRow) {
    match row.state {
        OutboxState::Pending => page.put(Role::Warning, format!("waits ({} tries)", row.tries)),
        OutboxState::Dead => page.put(Role::Failed, "dead letter"),
        OutboxState::Missed => page.put(Role::Warning, "not delivered"),
    };
}

/// One delivery whole: facts, headers, body, attempts.
pub fn whole(page: &mut Page, entry: &Entry, reveal: bool) {
    let listed = &entry.listed;
    line(page, listed);
    fact(page, "received", &format!("{} from {}", listed.received.rfc3339_millis(), listed.peer));
    if let Some(provider) = &listed.verdict.provider {
        fact(page, "provider", provider);
    }
    fact(page, "verdict", &format!("{}: {}", listed.verdict.code, listed.verdict.reason));
    if let Some(id) = &listed.facts.delivery_id {
        fact(page, "delivery", id);
    }
    if let Some(answer) = &listed.answer {
        let took = human::duration(answer.took);
        fact(page, "answer", &format!("{} by {} in {took}", answer.status, answer.by));
    }
    for row in &listed.outbox {
        let due = row.due.rfc3339_millis();
        fact(
            page,
            "outbox",
            &format!("{} {} after {} tries, due {due}", row.target, row.state.as_str(), row.tries),
        );
    }
    let head = &entry.delivery.head;
    page.end_line().put(Role::Strong, format!("{} {}", head.method(), head.target())).end_line();
    delivery::fields(page, head.headers(), reveal);
    page.end_line();
    pretty::body(page, &entry.delivery.body, head.headers().get("content-type"), delivery::INDENT);
    for kept in &entry.attempts {
        let attempt = &kept.attempt;
        page.end_line().put(Role::Strong, "attempt").space(1);
        page.put(Role::Dim, attempt.started.rfc3339_millis()).space(2);
        delivery::tried(page, attempt, false);
        page.end_line();
        match &attempt.outcome {
            crate::hook::attempt::Outcome::Answered(answer) => {
                delivery::fields(page, &answer.headers, reveal);
                pretty::body(page, &answer.body, answer.headers.get("content-type"), delivery::INDENT);
                if kept.truncated() {
                    let size = human::size(kept.body_bytes);
                    page.space(delivery::INDENT)
                        .put(Role::Dim, format!("the answer's {size} were cut in the journal"));
                    page.end_line();
                }
            }
            crate::hook::attempt::Outcome::Failed(failure) => {
                page.space(delivery::INDENT).put(Role::Plain, &failure.detail).end_line();
            }
        }
    }
}

fn fact(page: &mut Page, name: &str, value: &str) {
    page.space(2).put(Role::Dim, name).pad_to(14).put(Role::Plain, value).end_line();
}
