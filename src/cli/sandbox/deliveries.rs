//! `hookctl sandbox deliveries`: the history of a running sandbox.

use super::super::context::Context;
use super::super::error::CommandError;
use super::super::exit::Exit;
use super::WhichArgs;
use super::remote::{ask, call};
use crate::ui::style::Role;
use crate::ui::table::{Cell, facts, table};
use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;
use serde_json::{Value, json};

/// Arguments of `sandbox deliveries`.
#[derive(Args, Clone, Debug)]
pub struct DeliveriesArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: DeliveriesCommand,
}

/// What to do with deliveries.
#[derive(Clone, Debug, Subcommand)]
pub enum DeliveriesCommand {
    /// List deliveries with their state, oldest first
    #[command(
        after_help = "Examples:\n  hookctl sandbox deliveries list\n  hookctl sandbox deliveries list --provider koji --state pending --json"
    )]
    List(ListArgs),
    /// Show one delivery with its payload and every attempt
    #[command(
        after_help = "Examples:\n  hookctl sandbox deliveries show 3\n  hookctl sandbox deliveries show 3 --json --jq '.payload | fromjson'"
    )]
    Show(OneArgs),
    /// Send a delivery again now; exit 1 when it is not taken
    #[command(after_help = "Examples:\n  hookctl sandbox deliveries retry 3")]
    Retry(OneArgs),
}

/// Arguments of `sandbox deliveries list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Only those of userjourneys or koji
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(crate::cli::complete::vendors))]
    pub provider: Option<String>,
    /// Only this event
    #[arg(long, value_name = "EVENT", add = ArgValueCandidates::new(crate::cli::complete::vendor_events))]
    pub event: Option<String>,
    /// Only those in this state
    #[arg(long, value_name = "STATE", value_parser = ["pending", "delivered", "failed", "dropped"])]
    pub state: Option<String>,
    /// At most so many, the newest
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Which sandbox.
    #[command(flatten)]
    pub which: WhichArgs,
}

/// Arguments of `sandbox deliveries show` and `retry`.
#[derive(Args, Clone, Debug)]
pub struct OneArgs {
    /// The delivery's number
    #[arg(value_name = "N")]
    pub number: u64,
    /// Which sandbox.
    #[command(flatten)]
    pub which: WhichArgs,
}

/// Runs `hookctl sandbox deliveries`.
pub(super) fn run(args: &DeliveriesArgs, context: &Context) -> Result<Exit, CommandError> {
    match &args.command {
        DeliveriesCommand::List(args) => list(args, context),
        DeliveriesCommand::Show(args) => {
            let told = ask(&args.which, context, &format!("deliveries/{}", args.number))?;
            show(&told, context)?;
            Ok(Exit::Done)
        }
        DeliveriesCommand::Retry(args) => retry(args, context),
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number of a record as text, or a word for none.
fn number(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_i64).map_or_else(|| "none".to_owned(), |number| number.to_string())
}

fn list(args: &ListArgs, context: &Context) -> Result<Exit, CommandError> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", &args.limit.to_string());
    for (name, value) in [("provider", &args.provider), ("event", &args.event), ("state", &args.state)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let told = ask(&args.which, context, &format!("deliveries?{}", query.finish()))?;
    let found = told.get("deliveries").and_then(Value::as_array).cloned().unwrap_or_default();
    if context.json() {
        found.iter().try_for_each(|record| context.record(record))?;
        return Ok(Exit::Done);
    }
    if found.is_empty() {
        context.streams().say("nothing was sent that fits");
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    table(&mut page, &found.iter().map(row).collect::<Vec<_>>());
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

fn row(record: &Value) -> Vec<Cell> {
    let state = text(record, "state");
    let retried = record.get("next_try_at").and_then(Value::as_str);
    let next = retried.map_or_else(String::new, |at| format!("next try {at}"));
    vec![
        Cell::new(Role::Seq, format!("#{}", number(record, "id"))),
        Cell::new(Role::Dim, text(record, "created_at")),
        Cell::new(Role::Plain, text(record, "provider")),
        Cell::new(Role::Event, text(record, "event")),
        Cell::new(role(state), state),
        Cell::new(Role::Plain, number(record, "status")),
        Cell::new(Role::Dim, next),
    ]
}

fn role(state: &str) -> Role {
    match state {
        "delivered" => Role::Verified,
        "failed" => Role::Failed,
        _ => Role::Warning,
    }
}

fn show(told: &Value, context: &Context) -> Result<(), CommandError> {
    if context.json() {
        return context.record(told);
    }
    let mut page = context.streams().page();
    let state = text(told, "state");
    page.put(Role::Seq, format!("#{}", number(told, "id"))).space(1);
    page.put(Role::Event, text(told, "event")).space(1).put(role(state), state).end_line();
    let own = |name: &str| vec![text(told, name).to_owned()];
    let next = match text(told, "next_try_at") {
        "" => "none",
        at => at,
    };
    facts(
        &mut page,
        &[
            ("provider", own("provider")),
            ("subject", own("subject")),
            ("url", own("url")),
            ("made", own("created_at")),
            ("next try", vec![next.to_owned()]),
        ],
    );
    page.end_line().put(Role::Dim, "attempts").end_line();
    let attempts = told.get("attempts").and_then(Value::as_array).cloned().unwrap_or_default();
    table(&mut page, &attempts.iter().map(attempt_row).collect::<Vec<_>>());
    page.end_line().put(Role::Dim, "payload").end_line();
    page.put(Role::Plain, text(told, "payload")).end_line();
    context.streams().show(&page)?;
    Ok(())
}

fn attempt_row(attempt: &Value) -> Vec<Cell> {
    let (role, result) = match (attempt.get("status").and_then(Value::as_u64), text(attempt, "detail")) {
        (Some(status @ 200..300), _) => (Role::Verified, status.to_string()),
        (Some(status), _) => (Role::Failed, status.to_string()),
        (None, detail) => (Role::Failed, detail.to_owned()),
    };
    let why = [text(attempt, "kind"), text(attempt, "fault")].join(" ");
    vec![
        Cell::new(Role::Dim, text(attempt, "at")),
        Cell::new(Role::Plain, why.trim_end()),
        Cell::new(role, result),
        Cell::new(Role::Dim, format!("{} ms", number(attempt, "duration_ms"))),
        Cell::new(Role::Plain, text(attempt, "answer")),
    ]
}

fn retry(args: &OneArgs, context: &Context) -> Result<Exit, CommandError> {
    let told = call(&args.which, context, &format!("deliveries/{}/retry", args.number), &json!({}))?;
    show(&told, context)?;
    let taken = text(&told, "state") == "delivered";
    if !taken {
        context.streams().hint("hookctl sandbox deliveries list --state failed");
    }
    Ok(if taken { Exit::Done } else { Exit::No })
}
