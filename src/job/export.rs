//! Writes deliveries out for other tools: HAR, and curl scripts.
//!
//! JSON lines are `ui`'s records. Changes nothing: what a format cannot hold as
//! text goes in base64 (HAR) or in a file of its own (curl).

use crate::hook::attempt::Outcome;
use crate::hook::curl::{self, BodyFrom};
use crate::hook::headers::Headers;
use crate::journal::{Entry, KeptAttempt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The outer parts of an HTTP Archive; entries go between, separated by commas.
///
/// See the HAR 1.2 specification, <http://www.softwareishard.com/blog/har-12-spec/>.
pub fn har_frame() -> (String, &'static str) {
    let creator = json!({ "name": "hookctl", "version": env!("CARGO_PKG_VERSION") });
    (format!("{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":["), "]}}\n")
}

/// One delivery as an entry of an HTTP Archive: the request as it came, and the
/// last target's answer, or the status that the sender got.
pub fn har_entry(entry: &Entry) -> Value {
    let delivery = &entry.delivery;
    let last = entry.attempts.last();
    let took = entry.listed.answer.as_ref().map_or(0.0, |answer| answer.took.as_secs_f64() * 1000.0);
    json!({
        "startedDateTime": delivery.received.to_string(),
        "time": took,
        "request": {
            "method": delivery.head.method(),
            "url": url_of(entry),
            "httpVersion": version(delivery.head.version()),
            "cookies": [],
            "headers": pairs(delivery.head.headers()),
            "queryString": query(delivery.head.query()),
            "postData": content("text", delivery.head.headers(), &delivery.body),
            "headersSize": delivery.head.as_bytes().len(),
            "bodySize": delivery.body.len(),
        },
        "response": response(last, entry),
        "cache": {},
        "timings": { "send": 0, "wait": took, "receive": 0 },
        "comment": format!("delivery {} verdict {}", entry.listed.seq, entry.listed.verdict.code),
    })
}

fn response(last: Option<&KeptAttempt>, entry: &Entry) -> Value {
    let (status, headers, body) = match last.map(|kept| &kept.attempt.outcome) {
        Some(Outcome::Answered(answer)) => (answer.status, answer.headers.clone(), answer.body.clone()),
        _ => (
            entry.listed.answer.as_ref().map_or(0, |answer| answer.status),
            Headers::default(),
            bytes::Bytes::new(),
        ),
    };
    json!({
        "status": status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs(&headers),
        "content": content("text", &headers, &body),
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": body.len(),
    })
}

const fn version(version: u8) -> &'static str {
    match version {
        10 => "HTTP/1.0",
        20 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

/// The URL as the sender's Host header and target give it.
pub fn url_of(entry: &Entry) -> String {
    let head = &entry.delivery.head;
    let host = head.headers().get("host").map_or("localhost".into(), String::from_utf8_lossy);
    format!("http://{host}{}", head.target())
}

/// A value that is not UTF-8 is shown with replacement marks: HAR has no other place for it.
fn pairs(headers: &Headers) -> Vec<Value> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    headers.iter().map(|field| json!({ "name": field.name, "value": text(field.value) })).collect()
}

fn query(query: Option<&str>) -> Vec<Value> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

fn content(key: &str, headers: &Headers, body: &[u8]) -> Value {
    let mime = headers
        .get("content-type")
        .map_or_else(String::new, |value| String::from_utf8_lossy(value).into_owned());
    match std::str::from_utf8(body) {
        Ok(text) => json!({ "mimeType": mime, "size": body.len(), key: text }),
        Err(_) => {
            json!({ "mimeType": mime, "size": body.len(), key: STANDARD.encode(body), "encoding": "base64" })
        }
    }
}

/// Writes one delivery as a POSIX shell script, with the body beside it where it
/// has one, into `folder`. The script sends to its first argument, or to `http://localhost:3000`.
///
/// # Errors
/// When a file cannot be written.
pub fn curl_script(entry: &Entry, folder: &Path) -> std::io::Result<PathBuf> {
    let name = format!("{:06}", entry.listed.seq);
    let body = folder.join(format!("{name}.body"));
    let script = folder.join(format!("{name}.sh"));
    if !entry.delivery.body.is_empty() {
        write_private(&body, &entry.delivery.body, 0o600)?;
    }
    write_private(&script, &script_text(entry, &name), 0o700)?;
    Ok(script)
}

fn script_text(entry: &Entry, name: &str) -> Vec<u8> {
    let head = &entry.delivery.head;
    // The URL is put together in the script, so that the target can be chosen
    // when it runs; everything that came from outside is a quoted word.
    let empty = entry.delivery.body.is_empty();
    let body = if empty { BodyFrom::Nothing } else { BodyFrom::File("BODY") };
    let command = curl::command(head.method(), "URL", head.headers(), body);
    let url = curl::quote(head.target().as_bytes());
    let mut text =
        b"#!/bin/sh\n# Sends one recorded delivery again: sh FILE [http://host:port]\nset -eu\n".to_vec();
    text.extend_from_slice(b"base=${1:-http://localhost:3000}\n");
    text.extend_from_slice(b"here=$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && pwd)\n");
    text.extend_from_slice(b"target=");
    text.extend(url);
    text.push(b'\n');
    let placed = match empty {
        // Only what came from outside could look like the place of a body.
        true => command,
        false => replace_last(&command, b"'@BODY'", format!("\"@$here/{name}.body\"").as_bytes()),
    };
    text.extend(replace_first(&placed, b"--url 'URL'", b"--url \"${base%/}$target\""));
    text.push(b'\n');
    text
}

/// Only the method, a single token, stands before the URL, so the first match is ours.
fn replace_first(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    replace_at(text, from, to, text.windows(from.len()).position(|window| window == from))
}

/// The body is the last word, so the last match is ours.
fn replace_last(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    replace_at(text, from, to, text.windows(from.len()).rposition(|window| window == from))
}

fn replace_at(text: &[u8], from: &[u8], to: &[u8], at: Option<usize>) -> Vec<u8> {
    let parts = at.and_then(|at| Some((text.get(..at)?, text.get(at + from.len()..)?)));
    parts.map_or_else(|| text.to_vec(), |(before, after)| [before, to, after].concat())
}

fn write_private(path: &Path, content: &[u8], mode: u32) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)?.write_all(content)
}
