//! What a job says, as JSON lines on standard output.
//!
//! Notes are talk and go to standard error as text. A filter of the caller
//! (`--jq`) may turn a record into any number of lines. Does not know the
//! filter's language and does not stop the job when the output is closed: who
//! owns the streams does, through `Streams::when_broken`.

use super::explanation::DiagnosedRecord;
use super::record::{
    AttemptRecord, DeliveryRecord, InterviewRecord, ReadyRecord, RejectedRecord, SummaryRecord,
};
use super::stream::{Streams, WriteError};
use super::text::note;
use crate::job::report::{Delivered, Event, Next, Report};
use serde::Serialize;
use std::sync::Arc;

/// Turns one record into the lines to print instead of it.
pub trait Lines: Send + Sync {
    /// The lines for one record, each without its line ending.
    ///
    /// # Errors
    /// Says what is wrong in a sentence fragment, as a warning to the user.
    fn lines(&self, record: &str) -> Result<Vec<String>, String>;
}

impl<F: Fn(&str) -> Result<Vec<String>, String> + Send + Sync> Lines for F {
    fn lines(&self, record: &str) -> Result<Vec<String>, String> {
        self(record)
    }
}

/// Prints events as JSON lines.
pub struct JsonReport {
    streams: Arc<Streams>,
    lines: Option<Box<dyn Lines>>,
}

impl std::fmt::Debug for JsonReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonReport").field("filtered", &self.lines.is_some()).finish_non_exhaustive()
    }
}

impl JsonReport {
    /// Prints to the standard output of `streams`, through `lines` if given.
    pub fn new(streams: Arc<Streams>, lines: Option<Box<dyn Lines>>) -> Self {
        Self { streams, lines }
    }

    /// Prints one record of any kind.
    ///
    /// # Errors
    /// When standard output is closed or cannot take it.
    pub fn print(&self, record: &impl Serialize) -> Result<(), WriteError> {
        let Some(filter) = &self.lines else { return self.streams.record(record) };
        let record = serde_json::to_string(record).map_err(|error| WriteError::Record(Arc::new(error)))?;
        match filter.lines(&record) {
            Ok(lines) => lines.iter().try_for_each(|line| self.streams.json_line(line)),
            Err(problem) => {
                self.streams.warn(&problem, None);
                Ok(())
            }
        }
    }
}

impl JsonReport {
    /// A delivery, and behind it a record of each attempt that it holds: whoever looks for
    /// attempts finds those before the answer as well.
    fn delivery(&self, delivered: &Delivered) -> Result<(), WriteError> {
        self.print(&DeliveryRecord::from(delivered))?;
        let event = delivered.checked.facts.event.as_deref();
        delivered.attempts.iter().try_for_each(|attempt| {
            self.print(&AttemptRecord::new(delivered.seq, event, attempt, Some(Next::Nothing)))
        })
    }
}

impl Report for JsonReport {
    fn report(&self, event: &Event) {
        let written = match event {
            Event::Ready(ready) => self.print(&ReadyRecord::from(&**ready)),
            Event::Delivery(delivered) => self.delivery(delivered),
            Event::Attempt(attempted) => self.print(&AttemptRecord::from(&**attempted)),
            Event::Interview(interviewed) => self.print(&InterviewRecord::from(&**interviewed)),
            Event::Diagnosed(diagnosed) => self.print(&DiagnosedRecord::from(&**diagnosed)),
            Event::Rejected(rejected) => self.print(&RejectedRecord::from(rejected)),
            Event::Summary(summary) => self.print(&SummaryRecord::from(&**summary)),
            // There is no diagnosis: so says the absence of its record.
            Event::Unexplained { .. } => Ok(()),
            Event::Note(said) => {
                note(&self.streams, said);
                Ok(())
            }
        };
        // The streams keep the failure and have told their owner.
        drop(written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::attempt::FailureKind;
    use crate::hook::verdict::Code;
    use crate::job::report::{Attempted, Level, Note, Ready, Rejected};
    use crate::ui::fixture::{AT, answered, attempt, checked, delivered, failed};
    use crate::ui::stream::captured;
    use crate::ui::style::Look;
    use serde_json::{Value, json};

    fn records(filter: Option<Box<dyn Lines>>, events: &[Event]) -> Vec<String> {
        let (streams, out, _) = captured(Look { colors: true, ..Look::PLAIN }, false);
        let report = JsonReport::new(streams, filter);
        events.iter().for_each(|event| report.report(event));
        out.text().lines().map(str::to_owned).collect()
    }

    fn record(event: Event) -> Value {
        serde_json::from_str(&records(None, &[event])[0]).unwrap()
    }

    #[test]
    fn a_delivery_is_one_record_with_everything_in_it() {
        let given = delivered(
            checked(Code::Verified, "the signature holds"),
            vec![attempt("http://localhost:3000/hooks", answered(200))],
        );
        assert_eq!(
            record(Event::Delivery(Arc::new(given))),
            json!({
                "v": 1, "type": "delivery", "seq": 12, "received": AT.rfc3339_millis(),
                "peer": "127.0.0.1:51234", "method": "POST", "path": "/hooks?team=7", "provider": "koji",
                "event": "interview.completed", "delivery": "int_1", "subject": "Onboarding Feedback",
                "verdict": {
                    "v": 1, "type": "verdict", "verified": true, "provider": "koji", "code": "verified",
                    "reason": "the signature holds", "event": "interview.completed", "delivery": "int_1",
                },
                "answer": {"status": 200, "by": "policy", "took_ms": 12.345},
                "duplicate_of": null, "size": 44,
                "headers": [
                    {"name": "Host", "value": "localhost:4400"},
                    {"name": "X-Koji-Signature", "value": "sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
                    {"name": "Content-Type", "value": "application/json"},
                    {"name": "X-Odd", "value_base64": "//4="},
                    {"name": "X-Odd", "value": "two"},
                ],
                "body": "{\"event\":\"interview.completed\",\"score\":1.10}",
                "attempts": [{
                    "v": 1, "type": "attempt", "seq": 12, "event": "interview.completed",
                    "target": "http://localhost:3000/hooks", "number": 1, "started": AT.rfc3339_millis(),
                    "took_ms": 12.0, "delivered": true, "status": 200, "failure": null,
                    "headers": [{"name": "Content-Type", "value": "text/plain"}], "body": "ok",
                }],
            })
        );
    }

    #[test]
    fn records_begin_with_version_and_type() {
        let given = delivered(checked(Code::Verified, "ok"), Vec::new());
        let mut repeated = given.clone();
        repeated.duplicate_of = Some(9);
        let attempted = Attempted {
            seq: 12,
            event: None,
            attempt: attempt("http://localhost:3000/", failed(FailureKind::Refused, "connection refused")),
            next: Next::RetryAt(AT),
            again: Vec::new(),
        };
        let rejected = Rejected {
            at: AT,
            peer: "[::1]:5".parse().unwrap(),
            status: None,
            code: "not_http",
            reason: "not HTTP".to_owned(),
        };
        let ready = Ready {
            address: "127.0.0.1:1".parse().unwrap(),
            url: "http://127.0.0.1:1".to_owned(),
            answer: crate::job::report::AnswerPolicy::Ack,
            retries: true,
            targets: Vec::new(),
            provider: None,
            secrets: Vec::new(),
            journal: None,
            named_journal: String::new(),
            inspector: None,
        };
        let events = [
            Event::Ready(Arc::new(ready)),
            Event::Delivery(Arc::new(given)),
            Event::Delivery(Arc::new(repeated)),
            Event::Attempt(Arc::new(attempted)),
            Event::Rejected(rejected),
            Event::Note(Note { level: Level::Warning, text: "talk".to_owned(), hint: None }),
            Event::Summary(Box::default()),
        ];
        let lines = records(None, &events);
        let types = ["ready", "delivery", "duplicate", "attempt", "rejected", "summary"];
        assert_eq!(lines.len(), types.len());
        for (line, name) in lines.iter().zip(types) {
            assert!(line.starts_with(&format!("{{\"v\":1,\"type\":\"{name}\"")), "{line}");
        }
        let attempt: Value = serde_json::from_str(&lines[3]).unwrap();
        assert_eq!(attempt["failure"], json!({"kind": "refused", "detail": "connection refused"}));
        assert_eq!(attempt["next"], json!({"action": "retry", "at": AT.rfc3339_millis()}));
    }

    #[test]
    fn an_attempt_before_the_answer_is_a_record_too() {
        let tried = vec![attempt("http://localhost:3000/", answered(200))];
        let given = delivered(checked(Code::Verified, "ok"), tried);
        let lines = records(None, &[Event::Delivery(Arc::new(given))]);
        let read = |line: &String| serde_json::from_str::<Value>(line).unwrap();
        let [delivery, attempt] = &lines.iter().map(read).collect::<Vec<_>>()[..] else {
            panic!("{lines:?}")
        };
        assert_eq!((&delivery["type"], &attempt["type"]), (&json!("delivery"), &json!("attempt")));
        let mut nested = delivery["attempts"][0].clone();
        nested["next"] = json!({"action": "nothing"});
        assert_eq!(&nested, attempt, "the same twice");
    }

    #[test]
    fn a_body_that_is_not_text_is_base64() {
        let mut checked = checked(Code::Verified, "ok");
        checked.delivery.body = bytes::Bytes::from_static(b"\xff\x00");
        let record = record(Event::Delivery(Arc::new(delivered(checked, Vec::new()))));
        assert_eq!((record.get("body"), &record["body_base64"]), (None, &json!("/wA=")));
    }

    #[test]
    fn a_filter_decides_what_is_printed() {
        let given = Event::Delivery(Arc::new(delivered(checked(Code::Verified, "ok"), Vec::new())));
        let twice = |record: &str| {
            let value: Value = serde_json::from_str(record).unwrap();
            Ok(vec![value["seq"].to_string(), "\"\u{9b}\"".to_owned()])
        };
        assert_eq!(records(Some(Box::new(twice)), std::slice::from_ref(&given)), ["12", "\"\\u009b\""]);
        assert!(records(Some(Box::new(|_: &str| Ok(Vec::new()))), std::slice::from_ref(&given)).is_empty());
        assert!(records(Some(Box::new(|_: &str| Err("no".to_owned()))), &[given]).is_empty());
    }
}
