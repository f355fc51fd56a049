//! Which deliveries a list shows, as conditions of SQL.
//!
//! Values are always bound, never put into the text. jq filters are not its
//! business: callers apply them to what comes back.

use crate::hook::time::Timestamp;
use crate::hook::verdict::Code;
use rusqlite::types::Value;
use std::ops::RangeInclusive;

/// Which way a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Order {
    /// The newest delivery first.
    #[default]
    NewestFirst,
    /// The oldest delivery first.
    OldestFirst,
}

/// A status, or a class of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Exactly this one.
    Exact(u16),
    /// Those of a hundred, such as 2 for 200 to 299.
    Class(u16),
}

impl StatusFilter {
    /// Reads `204` or `2xx`.
    pub fn parse(text: &str) -> Option<Self> {
        let class = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"));
        match (class, text.len()) {
            (Some(class), 3) => class.parse().ok().filter(|class| (1..=5).contains(class)).map(Self::Class),
            (None, 3) => text.parse().ok().filter(|status| (100..=999).contains(status)).map(Self::Exact),
            _ => None,
        }
    }

    /// Whether a status is meant.
    pub fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => status == exact,
            Self::Class(class) => status / 100 == class,
        }
    }
}

/// Which deliveries to list: those that meet every condition given.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Names of events; `*` at the end stands for any rest. Any of them.
    pub events: Vec<String>,
    /// The provider's id.
    pub provider: Option<String>,
    /// Codes of the verdict. Any of them.
    pub verdicts: Vec<Code>,
    /// What the sender was answered.
    pub status: Option<StatusFilter>,
    /// Received at this moment or later.
    pub since: Option<Timestamp>,
    /// Received before this moment.
    pub until: Option<Timestamp>,
    /// These bytes are in the head, the body, the event's name or the subject.
    pub text: Option<String>,
    /// A target lacks it.
    pub undelivered: bool,
    /// It was given up for a target.
    pub dead: bool,
    /// A person marked it.
    pub marked: bool,
    /// Its number is one of these.
    pub seqs: Option<RangeInclusive<u64>>,
    /// Which way.
    pub order: Order,
    /// Where to go on: the last number of the page before.
    pub after: Option<u64>,
    /// The most deliveries of a page.
    pub limit: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            provider: None,
            verdicts: Vec::new(),
            status: None,
            since: None,
            until: None,
            text: None,
            undelivered: false,
            dead: false,
            marked: false,
            seqs: None,
            order: Order::default(),
            after: None,
            limit: 50,
        }
    }
}

/// How a statement asks whether a delivery is in the outbox, or marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tables {
    /// Goes through that table first: it is the shorter one.
    Lead,
    /// Looks there for each delivery: only few are left.
    Follow,
}

/// Conditions that all must hold, with their values in order.
#[derive(Debug, Default)]
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn require(&mut self, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.sql.push(sql.into());
        self.values.extend(values);
    }
}

fn number(number: u64) -> Value {
    Value::Integer(super::signed(number))
}

impl Filter {
    /// Whether the contents must be searched.
    pub(super) fn reads_contents(&self) -> bool {
        self.text.is_some()
    }

    /// What follows the tables of a statement over `deliveries d` (and `contents
    /// c`, where it reads those), with its values.
    pub(super) fn to_sql(&self, tables: Tables) -> (String, Vec<Value>) {
        let mut all = Conditions::default();
        self.what(&mut all);
        self.where_it_went(&mut all);
        self.other_tables(&mut all, tables);
        self.which(&mut all);
        let direction = match self.order {
            Order::NewestFirst => "DESC",
            Order::OldestFirst => "ASC",
        };
        let conditions =
            if all.sql.is_empty() { String::new() } else { format!("WHERE {}", all.sql.join(" AND ")) };
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        all.values.push(Value::Integer(limit));
        (format!("{conditions} ORDER BY d.seq {direction} LIMIT ?"), all.values)
    }

    fn what(&self, all: &mut Conditions) {
        if !self.events.is_empty() {
            let (mut sql, mut values) = (Vec::new(), Vec::new());
            for event in &self.events {
                if let Some(start) = event.strip_suffix('*') {
                    sql.push("substr(d.event, 1, length(?)) = ?");
                    values.push(Value::Text(start.to_owned()));
                    values.push(Value::Text(start.to_owned()));
                } else {
                    sql.push("d.event = ?");
                    values.push(Value::Text(event.clone()));
                }
            }
            all.require(format!("({})", sql.join(" OR ")), values);
        }
        if let Some(provider) = &self.provider {
            all.require("d.provider = ?", [Value::Text(provider.clone())]);
        }
        if !self.verdicts.is_empty() {
            let marks = vec!["?"; self.verdicts.len()].join(", ");
            let codes = self.verdicts.iter().map(|code| Value::Text(code.as_str().to_owned()));
            all.require(format!("d.code IN ({marks})"), codes);
        }
        if let Some(text) = &self.text {
            // As bytes: a body need not be text.
            let needle = Value::Blob(text.clone().into_bytes());
            all.require(
                "(instr(c.head, ?) OR instr(c.body, ?) OR instr(CAST(d.event AS BLOB), ?) \
                  OR instr(CAST(d.subject AS BLOB), ?))",
                vec![needle; 4],
            );
        }
    }

    fn where_it_went(&self, all: &mut Conditions) {
        match self.status {
            Some(StatusFilter::Exact(status)) => {
                all.require("d.status = ?", [Value::Integer(status.into())]);
            }
            Some(StatusFilter::Class(class)) => {
                all.require("d.status / 100 = ?", [Value::Integer(class.into())]);
            }
            None => {}
        }
    }

    fn other_tables(&self, all: &mut Conditions, tables: Tables) {
        let conditions = [
            (self.undelivered, "outbox", ""),
            (self.dead, "outbox", "state = 'dead'"),
            (self.marked, "marks", ""),
        ];
        for (_, table, state) in conditions.into_iter().filter(|(wanted, ..)| *wanted) {
            all.require(
                match (tables, state) {
                    (Tables::Lead, "") => format!("d.seq IN (SELECT seq FROM {table})"),
                    (Tables::Lead, state) => format!("d.seq IN (SELECT seq FROM {table} WHERE {state})"),
                    (Tables::Follow, "") => format!("EXISTS (SELECT 1 FROM {table} o WHERE o.seq = d.seq)"),
                    (Tables::Follow, state) => {
                        format!("EXISTS (SELECT 1 FROM {table} o WHERE o.seq = d.seq AND {state})")
                    }
                },
                [],
            );
        }
    }

    fn which(&self, all: &mut Conditions) {
        if let Some(since) = self.since {
            all.require("d.received_us >= ?", [Value::Integer(since.micros())]);
        }
        if let Some(until) = self.until {
            all.require("d.received_us < ?", [Value::Integer(until.micros())]);
        }
        if let Some(seqs) = &self.seqs {
            all.require("d.seq BETWEEN ? AND ?", [number(*seqs.start()), number(*seqs.end())]);
        }
        match (self.after, self.order) {
            (Some(after), Order::NewestFirst) => all.require("d.seq < ?", [number(after)]),
            (Some(after), Order::OldestFirst) => all.require("d.seq > ?", [number(after)]),
            (None, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_classes_are_read_and_nothing_else_is() {
        assert_eq!(StatusFilter::parse("204"), Some(StatusFilter::Exact(204)));
        assert_eq!(StatusFilter::parse("2xx"), Some(StatusFilter::Class(2)));
        for wrong in ["", "2", "xx", "20x", "2000", "0xx", "axx", "099", "2xx ", "22xx", "+20", "6xx", "9xx"]
        {
            assert_eq!(StatusFilter::parse(wrong), None, "{wrong}");
        }
        assert!(StatusFilter::Class(2).matches(204) && !StatusFilter::Class(2).matches(304));
        assert!(StatusFilter::Exact(204).matches(204) && !StatusFilter::Exact(204).matches(200));
    }

    #[test]
    fn values_are_bound_and_as_many_as_their_places() {
        let filter = Filter {
            events: vec!["a'b".into(), "c*".into()],
            provider: Some("x' OR 1".into()),
            verdicts: vec![Code::Mismatch, Code::TooOld],
            status: Some(StatusFilter::Class(4)),
            since: Some(Timestamp::from_seconds(1)),
            until: Some(Timestamp::from_seconds(2)),
            text: Some("needle".into()),
            undelivered: true,
            dead: true,
            marked: true,
            seqs: Some(1..=u64::MAX),
            after: Some(9),
            ..Filter::default()
        };
        for tables in [Tables::Lead, Tables::Follow] {
            let (sql, values) = filter.to_sql(tables);
            assert_eq!(sql.matches('?').count(), values.len());
            assert!(!sql.contains("x'") && !sql.contains("needle"));
        }
    }
}
