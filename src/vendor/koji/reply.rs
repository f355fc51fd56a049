//! What the interviewer replies: events, or JSON. The content type decides, not
//! the path that was asked.

use crate::vendor::call::Answer;
use crate::vendor::error::{Misshapen, Trouble, VendorError};
use crate::vendor::generation::Generation;
use crate::vendor::{reading, sse};
use serde_json::Value;

/// The interviewer's reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// What is said.
    pub text: String,
    /// The state of the interview, such as `active`, where it is told.
    pub status: Option<String>,
    /// How many messages there are, where it is told.
    pub messages: Option<u64>,
    /// Whether the vendor said that this is all of it. A stream may end without saying so.
    pub ended: bool,
    /// Which generation answered.
    pub generation: Generation,
    /// The whole answer: the object, or the data of the events.
    pub raw: Value,
}

pub(super) fn read(answer: &Answer, generation: Generation) -> Result<Reply, VendorError> {
    let stream = match answer.content_type().as_deref() {
        Some("text/event-stream") => true,
        Some(kind) if kind.ends_with("json") => false,
        // Not said: events begin with the name of a field.
        _ => [&b"data:"[..], b"event:", b":", b"id:"]
            .iter()
            .any(|start| answer.body.trim_ascii_start().starts_with(start)),
    };
    if stream { streamed(answer, generation) } else { whole(answer, generation) }
}

fn whole(answer: &Answer, generation: Generation) -> Result<Reply, VendorError> {
    let raw = answer.json()?;
    let inside = reading::member(&raw, &["interviewer_response", "response", "reply", "message"]);
    let said = inside.and_then(|inside| match inside {
        Value::String(text) => Some(text.clone()),
        object => reading::text(object, &TEXTS),
    });
    let Some(text) = said.or_else(|| reading::text(&raw, &TEXTS)) else {
        return Err(answer.error(Trouble::Misshapen(Misshapen::Not("a reply with a text"))));
    };
    Ok(Reply {
        text,
        status: reading::text(&raw, &["interview_status", "status"]),
        messages: reading::count(&raw, &["messages_count", "message_count"]),
        ended: true,
        generation,
        raw,
    })
}

const TEXTS: [&str; 5] = ["content", "text", "delta", "message", "token"];

fn streamed(answer: &Answer, generation: Generation) -> Result<Reply, VendorError> {
    if answer.headers.contains_key(http::header::CONTENT_ENCODING) {
        // Says what it is.
        answer.json()?;
    }
    let body = String::from_utf8_lossy(&answer.body);
    let mut reply = Reply {
        text: String::new(),
        status: None,
        messages: None,
        ended: false,
        generation,
        raw: Value::Null,
    };
    let mut raw = Vec::new();
    for event in sse::events(&body) {
        if event.data.trim() == sse::DONE {
            reply.ended = true;
            break;
        }
        let data = serde_json::from_str(&event.data).unwrap_or(Value::String(event.data));
        if event.kind == "error" || data.get("error").is_some_and(|error| !error.is_null()) {
            return Err(answer.error(Trouble::Misshapen(Misshapen::Failed)));
        }
        if matches!(event.kind.as_str(), "done" | "end" | "complete") {
            reply.ended = true;
        }
        take(&mut reply, &data);
        raw.push(data);
    }
    reply.raw = Value::Array(raw);
    Ok(reply)
}

/// Adds what one event says.
fn take(reply: &mut Reply, data: &Value) {
    match data {
        Value::String(text) => reply.text.push_str(text),
        Value::Object(_) => {
            let nested = || reading::text(reading::member(data, &["delta", "message"])?, &TEXTS);
            if let Some(text) = reading::text(data, &TEXTS).or_else(nested) {
                reply.text.push_str(&text);
            }
            reply.status = reading::text(data, &["interview_status", "status"]).or(reply.status.take());
            reply.messages = reading::count(data, &["messages_count", "message_count"]).or(reply.messages);
        }
        _ => {}
    }
}
