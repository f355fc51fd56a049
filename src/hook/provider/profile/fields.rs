//! Each field of a table by itself, in the order of the file, so that the first
//! mistake is the one that is told. What fields say together is `compile`'s.

use super::{CONFIDENCES, ENCODINGS, FIELDS, HASHES, KINDS, LONGEST_SECONDS, SECRETS, TIMES};
use super::{ProfileError, Reader, Table, Value};
use super::{claims, headers, listed, names, path, retry, timestamp, url_escape, vectors};

/// Finds the first field that is not in the schema or has a value that cannot be read.
pub(in crate::hook::provider) fn check_fields(table: &Table) -> Result<(), ProfileError> {
    let read = Reader::of(table);
    table.fields.iter().try_for_each(|field| {
        Reader::known(field, FIELDS)?;
        check_field(&read, &field.name)
    })
}

fn check_field(read: &Reader<'_>, name: &str) -> Result<(), ProfileError> {
    match name {
        "kind" => read.choice(name, &KINDS).map(drop),
        "hash" => read.choice(name, &HASHES).map(drop),
        "encode" => read.choice(name, &ENCODINGS).map(drop),
        "secret" | "secret_without_prefix" => read.choice(name, &SECRETS).map(drop),
        "ts_format" => read.choice(name, &TIMES).map(drop),
        "conf" => read.choice(name, &CONFIDENCES).map(drop),
        "header" => names(read).map(drop),
        "at" | "id" => read.source(name).map(drop),
        "timestamp" => timestamp(read).map(drop),
        "each" => path(read, name).map(drop),
        "value" => written(read),
        "content" => read.template(name).map(drop),
        "dedup" => read.templates(name).map(drop),
        "tolerance" | "deadline" => read.number(name, LONGEST_SECONDS).map(drop),
        "extra" => headers(read, name).map(drop),
        "signed_headers" => listed::signed_headers(read).map(drop),
        "url_escape" => url_escape(read).map(drop),
        "claims" => claims(read).map(drop),
        "url_port" | "body_escape" | "unchecked" => read.flag(name).map(drop),
        "event" | "delivery" | "subject" => read.sources(name).map(drop),
        "detect" | "unsigned" => read.conditions(name).map(drop),
        "supersedes" | "pitfalls" => read.texts(name).map(drop),
        "handshake" => crate::hook::provider::handshake::read(read).map(drop),
        "retry" => retry(read).map(drop),
        "vector" => vectors(read).map(drop),
        _ => read.text(name).map(drop),
    }
}

/// How the signature is written; whether it says all that it must depends on the kind.
fn written(read: &Reader<'_>) -> Result<(), ProfileError> {
    let Some(text) = read.text("value")? else { return Ok(()) };
    Value::parse(text, None).map(drop).map_err(|error| read.error("value", error.to_string()))
}
