//! The journal for a person and for a program: a line and a record a delivery,
//! and one delivery whole.
//!
//! The same names and the same pieces as `listen` shows. Does not read the
//! journal: it is given what was read.

use super::delivery;
use super::fields::fields;
use super::human;
use super::interview;
use super::page::Page;
use super::pretty;
use super::record::{AnswerRecord, DeliveryRecord, VerdictRecord, milliseconds};
use super::sanitize::Charset;
use super::style::Role;
use super::table::{Cell, table};
use crate::hook::attempt::{FailureKind, Sent};
use crate::hook::delivery::Checked;
use crate::hook::headers::Head;
use crate::journal::{Entry, LastAttempt, Listed, OutboxRow, OutboxState};
use serde::Serialize;
use serde_json::Value;

/// What is owed to one target of a delivery.
#[derive(Clone, Debug, Serialize)]
pub struct OwedRecord<'a> {
    target: &'a str,
    state: &'static str,
    tries: u32,
    /// While it waits.
    due: Option<String>,
}

impl<'a> From<&'a OutboxRow> for OwedRecord<'a> {
    fn from(row: &'a OutboxRow) -> Self {
        Self {
            target: &row.target,
            state: row.state.as_str(),
            tries: row.tries,
            due: (row.state == OutboxState::Pending).then(|| row.due.rfc3339_millis()),
        }
    }
}

/// How the last attempt of a delivery went.
#[derive(Clone, Debug, Serialize)]
pub struct ForwardedRecord<'a> {
    status: Option<u16>,
    failure: Option<&'static str>,
    took_ms: f64,
    target: &'a str,
    attempts: u64,
}

impl<'a> From<&'a LastAttempt> for ForwardedRecord<'a> {
    fn from(last: &'a LastAttempt) -> Self {
        Self {
            status: last.status,
            failure: last.failure.map(FailureKind::as_str),
            took_ms: milliseconds(last.duration),
            target: &last.target,
            attempts: last.count,
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
    method: &'a str,
    /// Path and query, as in the record of a delivery.
    path: &'a str,
    provider: Option<&'a str>,
    event: Option<&'a str>,
    delivery: Option<&'a str>,
    subject: Option<&'a str>,
    verdict: VerdictRecord<'a>,
    answer: Option<AnswerRecord<'a>>,
    duplicate_of: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_body: Option<bool>,
    size: u64,
    outbox: Vec<OwedRecord<'a>>,
    forwarded: Option<ForwardedRecord<'a>>,
    mark: Option<&'a str>,
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
            method: &listed.method,
            path: &listed.target,
            provider: listed.verdict.provider.as_deref(),
            event: listed.facts.event.as_deref(),
            delivery: listed.facts.delivery_id.as_deref(),
            subject: listed.facts.subject.as_deref(),
            verdict: VerdictRecord::new(&listed.verdict, &listed.facts),
            answer: answer(listed),
            duplicate_of: listed.duplicate_of,
            same_body: listed.same_body,
            size: listed.body_bytes,
            outbox: listed.outbox.iter().map(OwedRecord::from).collect(),
            forwarded: listed.last_attempt.as_ref().map(ForwardedRecord::from),
            mark: listed.mark.as_deref(),
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
            .with_duplicate_of(entry.listed.duplicate_of, entry.listed.same_body)
            .with_kept_attempts(entry);
        let interview = entry.interview.as_ref().map(|kept| &*kept.object);
        EntryRecord {
            delivery,
            outbox: entry.listed.outbox.iter().map(OwedRecord::from).collect(),
            mark: entry.listed.mark.as_deref(),
            interview: interview.and_then(|object| serde_json::from_slice(object).ok()),
        }
    }
}

/// A delivery of the journal, whole.
#[derive(Clone, Debug, Serialize)]
pub struct EntryRecord<'a> {
    #[serde(flatten)]
    delivery: DeliveryRecord<'a>,
    outbox: Vec<OwedRecord<'a>>,
    /// What a person wrote beside it.
    mark: Option<&'a str>,
    /// What the vendor's API says of it, where that was fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    interview: Option<Value>,
}

fn answer(listed: &Listed) -> Option<AnswerRecord<'_>> {
    let answer = listed.answer.as_ref()?;
    Some(AnswerRecord { status: answer.status, by: &answer.by, took_ms: milliseconds(answer.took) })
}

/// A list: a line a delivery, columns in line with each other.
pub fn list(page: &mut Page, items: &[Listed]) {
    table(page, &items.iter().map(|listed| cells(page.look().charset, listed)).collect::<Vec<_>>());
}

fn cells(charset: Charset, listed: &Listed) -> Vec<Cell> {
    let subject = listed.facts.subject.as_deref().unwrap_or_default();
    let (role, mark) = delivery::judged(&listed.verdict);
    let verdict = format!("{} {}", mark.text(charset), listed.verdict.code);
    let status = listed.answer.as_ref().map(|answer| answer.status.to_string());
    let mut rest = Cell::new(Role::Plain, "");
    if let Some(worst) = worst(listed) {
        rest = rest.and(Role::Url, worst.target);
        if let Some(last) = worst.attempt {
            let how = last.status.map_or_else(
                || last.failure.map_or("failed", |failure| failure.as_str()).to_owned(),
                |status| status.to_string(),
            );
            rest = rest.and(Role::Plain, format!(" {how}"));
        }
    }
    let rest = still(rest, listed);
    vec![
        Cell::new(Role::Seq, format!("#{}", listed.seq)),
        Cell::new(Role::Dim, listed.received.local_date_and_time()),
        named(listed),
        Cell::new(role, verdict),
        Cell::new(Role::Plain, status.unwrap_or_default()),
        rest,
        Cell::new(Role::Dim, subject),
    ]
}

/// What a delivery is called: its event, or in its place method and path, as `listen` says it.
pub(super) fn named(listed: &Listed) -> Cell {
    let Some(event) = &listed.facts.event else {
        let path = listed.target.split('?').next().unwrap_or_default();
        let what: String = format!("{} {path}", listed.method).chars().take(delivery::MAX_EVENT).collect();
        return Cell::new(Role::Plain, what);
    };
    Cell::new(Role::Event, event)
}

/// How the target fares that fares worst.
pub(super) struct Worst<'l> {
    /// The newest attempt, or where that went well and another target lacks the delivery, the newest that failed there.
    pub(super) attempt: Option<&'l LastAttempt>,
    /// How often that target was tried, or all of them, where it was more than once.
    pub(super) tries: Option<String>,
    /// The target, with its path where that tells it from others.
    pub(super) target: String,
}

/// The target that a list shows of a delivery that was passed on: that of the
/// newest attempt, unless it took the delivery and another did not.
pub(super) fn worst(listed: &Listed) -> Option<Worst<'_>> {
    let last = listed.last_attempt.as_ref()?;
    let owed = &listed.outbox;
    if let Some(row) = owed.iter().find(|row| row.is_of(&last.target)) {
        let tries = (row.tries > 1).then(|| format!("(try {})", row.tries));
        return Some(Worst {
            attempt: Some(last),
            tries,
            target: delivery::short_target(&last.target, owed.len() == 1),
        });
    }
    let lacking = owed.iter().min_by_key(|row| match row.state {
        OutboxState::Dead => 0,
        OutboxState::Missed => 1,
        OutboxState::Pending => 2,
    });
    if let Some(row) = lacking.filter(|_| last.taken()) {
        return Some(Worst {
            attempt: listed.last_failed.as_ref().filter(|failed| row.is_of(&failed.target)),
            tries: None,
            target: delivery::short_target(&row.target, false),
        });
    }
    // How many targets there are is not known here, so these are not the tries of one.
    let tries = (last.count > 1).then(|| format!("({} attempts)", last.count));
    let target = delivery::short_target(&last.target, owed.is_empty());
    Some(Worst { attempt: Some(last), tries, target })
}

/// Adds what is not settled yet: what is owed to targets, and that it is a repeat.
pub(super) fn still(rest: Cell, listed: &Listed) -> Cell {
    let mut rest = rest;
    let also = |rest: Cell, role: Role, text: String| {
        let gap = if rest.is_empty() { "" } else { "  " };
        rest.and(role, format!("{gap}{text}"))
    };
    for state in [OutboxState::Pending, OutboxState::Dead, OutboxState::Missed] {
        let rows = || listed.outbox.iter().filter(|row| row.state == state);
        let many = rows().count();
        let role = if state == OutboxState::Dead { Role::Failed } else { Role::Warning };
        let text = match (state, many) {
            (_, 0) => continue,
            (OutboxState::Pending, 1) => {
                let tries = rows().map(|row| row.tries).max().unwrap_or_default();
                let tries = human::counted(tries.into(), "try", "tries");
                format!("waits after {tries}, next {}", next_try(listed))
            }
            (OutboxState::Pending, _) => format!("{many} targets wait, next {}", next_try(listed)),
            (OutboxState::Dead, 1) => "dead letter".to_owned(),
            (OutboxState::Dead, _) => format!("{many} dead letters"),
            (OutboxState::Missed, 1) => "not delivered".to_owned(),
            (OutboxState::Missed, _) => format!("not delivered to {many} targets"),
        };
        rest = also(rest, role, text);
    }
    if let Some(mark) = &listed.mark {
        let gap = if mark.is_empty() { "" } else { ": " };
        rest = also(rest, Role::Strong, format!("marked{gap}{mark}"));
    }
    if let Some(earlier) = listed.duplicate_of {
        let amended = delivery::amended(listed.same_body);
        rest = also(rest, Role::Warning, format!("repeats #{earlier}{amended}"));
    }
    rest
}

/// When the next target that waits is tried again: the time, with its date where that is another.
fn next_try(listed: &Listed) -> String {
    let waits = |row: &&OutboxRow| row.state == OutboxState::Pending;
    let due = listed.outbox.iter().filter(waits).map(|row| row.due).min().unwrap_or(listed.received);
    let (whole, came) = (due.local_date_and_time(), listed.received.local_date_and_time());
    let same_day = whole.split(' ').next() == came.split(' ').next();
    if same_day { due.local_time_of_day() } else { whole }
}

/// One delivery whole: facts, headers, body, attempts.
pub fn whole(page: &mut Page, entry: &Entry, reveal: bool) {
    let listed = &entry.listed;
    list(page, std::slice::from_ref(listed));
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
        let tries = human::counted(row.tries.into(), "try", "tries");
        let mut text = format!("{} {} after {tries}", row.target, row.state.as_str());
        if row.state == OutboxState::Pending {
            text.push_str(&format!(", due {}", row.due.rfc3339_millis()));
        }
        fact(page, "outbox", &text);
    }
    let head = &entry.delivery.head;
    page.end_line().put(Role::Strong, format!("{} {}", head.method(), head.target())).end_line();
    fields(page, head.headers(), reveal);
    page.end_line();
    pretty::body(page, &entry.delivery.body, head.headers().get("content-type"), delivery::INDENT);
    for kept in &entry.attempts {
        let attempt = &kept.attempt;
        page.end_line().put(Role::Strong, "attempt").space(1);
        page.put(Role::Dim, attempt.started.rfc3339_millis()).space(2);
        delivery::tried(page, attempt, false);
        page.end_line();
        if let Some(sent) = &attempt.sent {
            changed(page, sent, reveal);
        }
        match &attempt.outcome {
            crate::hook::attempt::Outcome::Answered(answer) => {
                fields(page, &answer.headers, reveal);
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
    interviewed(page, entry);
}

/// What was sent in place of the delivery as it came.
fn changed(page: &mut Page, sent: &Sent, reveal: bool) {
    let Ok(head) = Head::parse(sent.head.clone()) else { return };
    let what = if sent.body.is_some() { "sent with another body" } else { "sent with other headers" };
    page.space(delivery::INDENT).put(Role::Warning, what).put(Role::Dim, ":").end_line();
    page.space(delivery::INDENT).put(Role::Plain, format!("{} {}", head.method(), head.target())).end_line();
    fields(page, head.headers(), reveal);
    if let Some(body) = &sent.body {
        pretty::body(page, body, head.headers().get("content-type"), delivery::INDENT);
    }
    page.space(delivery::INDENT).put(Role::Dim, "answered:").end_line();
}

/// What was fetched of its interview.
fn interviewed(page: &mut Page, entry: &Entry) {
    let Some(kept) = &entry.interview else { return };
    page.end_line().put(Role::Strong, "interview").space(1);
    page.put(Role::Dim, format!("fetched {}", kept.fetched.rfc3339_millis())).end_line();
    match crate::job::interviews::read(&kept.object) {
        Some(read) => interview::whole(page, &read),
        None => pretty::body(page, &kept.object, Some(b"application/json"), delivery::INDENT),
    }
}

fn fact(page: &mut Page, name: &str, value: &str) {
    page.space(2).put(Role::Dim, name).pad_to(14).put(Role::Plain, value).end_line();
}
