//! `hookctl providers`: the signature schemes, built in and your own.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::clock;
use crate::config::secrets::variable_of;
use crate::hook::provider::{Catalogue, Provider, Retry};
use crate::ui::human;
use crate::ui::style::Role;
use crate::ui::table::{Cell, facts, table};
use clap::{Args, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  hookctl providers list
  hookctl providers show koji
  hookctl providers test my-provider.toml";

/// Show signature schemes, built in and your own
///
/// Your own providers are `*.toml` files in the settings folder's `providers` folder, or named with
/// `--provider-file`; a table there adds a provider or overrides a built-in one.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ProvidersArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ProvidersCommand,
    /// Add or override providers from a TOML file; repeat for several
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub provider_file: Vec<PathBuf>,
}

/// What to do with providers.
#[derive(Clone, Debug, Subcommand)]
pub enum ProvidersCommand {
    /// List every provider with its scheme in short
    #[command(after_help = "Examples:\n  hookctl providers list --json --jq .id")]
    List,
    /// Show one provider's scheme
    #[command(after_help = "Examples:\n  hookctl providers show koji")]
    Show {
        /// The provider
        #[arg(value_name = "ID", add = ArgValueCandidates::new(super::complete::providers))]
        id: String,
    },
    /// Check a provider file: read it, then sign and verify with every provider in it
    #[command(after_help = "Examples:\n  hookctl providers test my-provider.toml")]
    Test {
        /// The file
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
}

/// Runs `hookctl providers`.
pub fn run(args: &ProvidersArgs, context: &Context) -> Result<Exit, CommandError> {
    match &args.command {
        ProvidersCommand::List => list(&context.catalogue(&args.provider_file)?, context),
        ProvidersCommand::Show { id } => {
            let catalogue = context.catalogue(&args.provider_file)?;
            show(context.provider(&catalogue, id)?.as_ref(), context)
        }
        ProvidersCommand::Test { file } => test(file, args, context),
    }
}

/// The JSON record of a provider.
#[derive(Serialize)]
struct ProviderRecord<'a> {
    v: u8,
    r#type: &'static str,
    id: &'a str,
    kind: String,
    algorithm: String,
    supported: bool,
    signature_headers: Vec<&'a str>,
    tolerance_seconds: Option<u64>,
    replay_detectable: bool,
    deadline_seconds: Option<u64>,
    docs: Option<&'a str>,
    note: Option<&'a str>,
    origin: String,
    settings: Map<String, Value>,
}

impl<'a> ProviderRecord<'a> {
    fn new(provider: &'a Provider) -> Self {
        Self {
            v: 1,
            r#type: "provider",
            id: provider.id(),
            kind: provider.kind().as_str().to_owned(),
            algorithm: provider.algorithm(),
            supported: provider.supported().is_ok(),
            signature_headers: provider.signature_headers().iter().map(AsRef::as_ref).collect(),
            tolerance_seconds: provider.tolerance().map(|time| time.as_secs()),
            replay_detectable: provider.replay_detectable(),
            deadline_seconds: provider.deadline().map(|time| time.as_secs()),
            docs: provider.docs(),
            note: provider.note(),
            origin: provider.origin().to_string(),
            settings: settings(provider),
        }
    }
}

fn list(catalogue: &Catalogue, context: &Context) -> Result<Exit, CommandError> {
    let mut providers = catalogue.all();
    // In the order people look a name up.
    providers.sort_by(|a, b| a.id().cmp(b.id()));
    if context.json() {
        for provider in &providers {
            context.record(&ProviderRecord::new(provider))?;
        }
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    let rows: Vec<Vec<Cell>> = providers.iter().map(|provider| row(provider)).collect();
    table(&mut page, &rows);
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

fn row(provider: &Provider) -> Vec<Cell> {
    let (role, algorithm) = match provider.supported() {
        Ok(()) => (Role::Plain, provider.algorithm()),
        Err(_) => (Role::Warning, format!("{}, not supported yet", provider.algorithm())),
    };
    let headers = provider.signature_headers().join(", ");
    let place = if headers.is_empty() { setting(provider, "at") } else { headers };
    vec![
        Cell::new(Role::Strong, provider.id().as_ref()),
        Cell::new(role, algorithm),
        Cell::new(Role::Plain, place),
    ]
}

/// The text of a setting; empty when the provider has none of this name.
fn setting(provider: &Provider, name: &str) -> String {
    let found = settings(provider).remove(name);
    found.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The settings of a provider as JSON values.
fn settings(provider: &Provider) -> Map<String, Value> {
    let text: String =
        provider.settings().iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    // The catalogue wrote it, so it reads back; were it not so, showing less is no reason to fail.
    toml::from_str(&text).unwrap_or_default()
}

/// What the algorithm or another line says already.
const SAID_ELSEWHERE: [&str; 8] =
    ["base", "kind", "hash", "encode", "tolerance", "deadline", "retry", "conf"];

fn show(provider: &Provider, context: &Context) -> Result<Exit, CommandError> {
    if context.json() {
        context.record(&ProviderRecord::new(provider))?;
        return Ok(Exit::Done);
    }
    let known = settings(provider);
    let mut lines: Vec<(&str, Vec<String>)> = vec![("scheme", vec![provider.algorithm()])];
    if let Err(unsupported) = provider.supported() {
        lines.push(("supported", vec![format!("no: {unsupported}")]));
    }
    for (name, _) in provider.settings().iter().filter(|(name, _)| !SAID_ELSEWHERE.contains(name)) {
        let values = known.get(*name).map(|value| values(name, value)).unwrap_or_default();
        lines.push((name, values));
    }
    lines.push(("replay", vec![replay(provider)]));
    if let Some(deadline) = provider.deadline() {
        lines.push(("deadline", vec![human::duration(deadline)]));
    }
    match provider.retry() {
        Some(Retry::After(times)) => {
            let times: Vec<_> = times.iter().map(|time| human::duration(*time)).collect();
            lines.push(("retries", vec![format!("{} after the first failure", times.join(", "))]));
        }
        Some(Retry::Words(words)) => lines.push(("retries", vec![words.clone()])),
        None => {}
    }
    if let Some(confidence) = provider.confidence() {
        lines.push(("source", vec![confidence.title().to_owned()]));
    }
    lines.push(("variable", vec![variable_of(provider.id())]));
    lines.push(("origin", vec![provider.origin().to_string()]));
    let mut page = context.streams().page();
    page.put(Role::Strong, provider.id().as_ref()).end_line();
    facts(&mut page, &lines);
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

fn replay(provider: &Provider) -> String {
    match (provider.replay_detectable(), provider.tolerance()) {
        (true, Some(tolerance)) => {
            format!("refused when signed more than {} ago or ahead", human::duration(tolerance))
        }
        (true, None) => "the time is signed, but the provider names no tolerance: not refused".to_owned(),
        (false, _) => "cannot be detected: the scheme signs no time".to_owned(),
    }
}

/// A setting as lines for a person: the alternatives of a condition in one,
/// everything else that is a list on a line each.
fn values(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) if name == "handshake" => items.iter().map(handshake).collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect()
        }
        single => vec![plain(single)],
    }
}

fn handshake(value: &Value) -> String {
    let field = |name: &str| value.get(name).map(plain);
    let name = field("name").unwrap_or_else(|| "handshake".to_owned());
    let when = field("when").unwrap_or_default();
    format!("{name}, answered {}: {when}", field("status").unwrap_or_else(|| "200".to_owned()))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.trim() != text || text.is_empty() => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" or "),
        other => other.to_string(),
    }
}

/// One provider of a file, tried out.
#[derive(Serialize)]
struct TrialRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    outcome: &'static str,
    reason: String,
}

/// Reads a file and lets each provider in it sign and verify a message of its own.
fn test(file: &Path, args: &ProvidersArgs, context: &Context) -> Result<Exit, CommandError> {
    let mut catalogue = context.catalogue(&args.provider_file)?;
    let text = context.read(file)?;
    let text = std::str::from_utf8(&text)
        .map_err(|error| CommandError::config(format!("`{}` is not text", file.display())).because(&error))?;
    let ids = catalogue
        .add(&file.display().to_string(), text)
        .map_err(|error| CommandError::config("could not use the provider file").because(&error))?;
    let mut good = true;
    for id in &ids {
        let provider = context.provider(&catalogue, id)?;
        let trial = crate::hook::trial::trial(&provider, clock::now());
        good &= trial.is_ok();
        report(id, trial, context)?;
    }
    Ok(if good { Exit::Done } else { Exit::No })
}

fn report(id: &str, trial: Result<String, String>, context: &Context) -> Result<(), CommandError> {
    let (outcome, role, reason) = match trial {
        Ok(reason) => ("pass", Role::Verified, reason),
        Err(reason) => ("fail", Role::Failed, reason),
    };
    if context.json() {
        return context.record(&TrialRecord { v: 1, r#type: "trial", provider: id, outcome, reason });
    }
    let mut page = context.streams().page();
    page.put(role, outcome).pad_to(6).put(Role::Strong, id).space(2).put(Role::Plain, reason).end_line();
    Ok(context.streams().show(&page)?)
}
