//! Talks to a running sandbox through its control API.

use super::super::context::Context;
use super::super::error::CommandError;
use super::super::exit::Exit;
use super::super::values;
use super::{AdvanceArgs, CompleteArgs, ResetArgs, WhichArgs, found};
use crate::outbound::api::{Api, ApiError, ApiOptions};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use std::time::Duration;

/// An advance of the clock waits for every handler on its way.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs `hookctl sandbox complete`.
pub(super) fn complete(args: &CompleteArgs, context: &Context) -> Result<Exit, CommandError> {
    let body = json!({
        "study": args.study,
        "reference_id": args.reference_id,
        "quality": args.quality,
        "provider": args.provider,
        "email": args.email,
        "name": args.name,
    });
    let told = call(&args.which, context, "complete", &body)?;
    let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let line = format!("completed interview {} of `{}`", text("interview_id"), text("study_name"));
    show(context, "interview", told, &line)
}

/// Runs `hookctl sandbox advance`.
pub(super) fn advance(args: &AdvanceArgs, context: &Context) -> Result<Exit, CommandError> {
    values::duration("DURATION", &args.by)?;
    let told = call(&args.which, context, "advance", &json!({ "by": args.by }))?;
    let line =
        format!("the sandbox's clock shows {}", told.get("now").and_then(Value::as_str).unwrap_or("?"));
    show(context, "clock", told, &line)
}

/// Runs `hookctl sandbox reset`.
pub(super) fn reset(args: &ResetArgs, context: &Context) -> Result<Exit, CommandError> {
    let told = call(&args.which, context, "reset", &json!({}))?;
    show(context, "reset", told, "the sandbox is as at its start; its keys are the same")
}

/// The answer as a record, or a line.
fn show(context: &Context, kind: &str, told: Value, line: &str) -> Result<Exit, CommandError> {
    if !context.json() {
        return context.line(line);
    }
    let mut record = json!({ "v": 1, "type": kind });
    if let (Some(record), Value::Object(told)) = (record.as_object_mut(), told) {
        record.extend(told);
    }
    context.record(&record)?;
    Ok(Exit::Done)
}

/// Posts to the control API of the sandbox and reads its answer.
pub(super) fn call(
    which: &WhichArgs,
    context: &Context,
    path: &str,
    body: &Value,
) -> Result<Value, CommandError> {
    send(which, context, http::Method::POST, path, Bytes::from(body.to_string()))
}

/// Asks the control API of the sandbox.
pub(super) fn ask(which: &WhichArgs, context: &Context, path: &str) -> Result<Value, CommandError> {
    send(which, context, http::Method::GET, path, Bytes::new())
}

fn send(
    which: &WhichArgs,
    context: &Context,
    method: http::Method,
    path: &str,
    body: Bytes,
) -> Result<Value, CommandError> {
    let url = found::url(which, context)?;
    let request = http::Request::builder()
        .method(method)
        .uri(format!("{url}/_sandbox/{path}"))
        .header(CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|error| CommandError::usage(format!("`{url}` is no URL of a sandbox")).because(&error))?;
    let api = Api::new(ApiOptions { timeout: PATIENCE, idle_timeout: PATIENCE, ..ApiOptions::default() });
    let answer = context.runtime()?.block_on(api.send(request)).map_err(|error| unreachable(&url, &error))?;
    let said = serde_json::from_slice::<Value>(answer.body());
    match (answer.status().as_u16(), said) {
        (200..=299, Ok(said)) => Ok(said),
        (status, Ok(said)) if said.get("message").is_some() => Err(refused(status, &said)),
        (status, _) => {
            Err(CommandError::new(Exit::Network, format!("`{url}` is no sandbox: it answered {status}"))
                .hint("name the sandbox with `--url URL`, as `hookctl sandbox` printed it"))
        }
    }
}

fn unreachable(url: &str, error: &ApiError) -> CommandError {
    CommandError::new(Exit::Network, format!("could not reach the sandbox at `{url}`"))
        .because(error)
        .hint("start one with `hookctl sandbox`, or name one with `--url URL`")
}

fn refused(status: u16, said: &Value) -> CommandError {
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (exit, hint) = match text("error").as_str() {
        "study_closed" => (
            Exit::No,
            "name another study; `hookctl sandbox advance 7d` begins a new week, `hookctl sandbox reset` puts all back",
        ),
        "ambiguous" => (Exit::Usage, "name the study by its id"),
        "unknown_delivery" => (Exit::Usage, "hookctl sandbox deliveries list"),
        "not_found" => (Exit::Usage, "name a study that `hookctl sandbox` listed at its start"),
        "validation_error" => (Exit::Usage, "hookctl sandbox complete --help"),
        _ if status >= 500 => (Exit::Network, "stop the sandbox and start it again"),
        _ => (Exit::Refused, "hookctl sandbox --help"),
    };
    let mut error = CommandError::new(exit, "the sandbox refused");
    error.causes.push(text("message"));
    error.hint(hint)
}
