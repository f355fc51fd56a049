//! `hookctl providers`: the signature schemes, built in and your own.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::clock;
use crate::config::secrets::variable_of;
use crate::hook::provider::{Catalogue, Provider};
use crate::ui::human;
use crate::ui::style::Role;
use clap::{Args, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use serde::Serialize;
use std::collections::BTreeMap;
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
    #[command(after_help = "Example:\n  hookctl providers list --json --jq .id")]
    List,
    /// Show one provider's scheme
    #[command(after_help = "Example:\n  hookctl providers show koji")]
    Show {
        /// The provider
        #[arg(value_name = "ID", add = ArgValueCandidates::new(super::complete::providers))]
        id: String,
    },
    /// Check a provider file: read it, then sign and verify with every provider in it
    #[command(after_help = "Example:\n  hookctl providers test my-provider.toml")]
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
    settings: BTreeMap<&'a str, &'a str>,
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
            settings: provider.settings().iter().map(|(name, value)| (*name, value.as_str())).collect(),
        }
    }
}

fn list(catalogue: &Catalogue, context: &Context) -> Result<Exit, CommandError> {
    let providers = catalogue.all();
    if context.json() {
        for provider in &providers {
            context.record(&ProviderRecord::new(provider))?;
        }
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    for provider in &providers {
        page.put(Role::Strong, provider.id().as_ref()).pad_to(24);
        page.put(Role::Plain, provider.algorithm()).pad_to(50);
        page.put(Role::Plain, provider.signature_headers().join(", "));
        if provider.supported().is_err() {
            page.space(2).put(Role::Warning, "not supported yet");
        }
        page.end_line();
    }
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

fn show(provider: &Provider, context: &Context) -> Result<Exit, CommandError> {
    if context.json() {
        context.record(&ProviderRecord::new(provider))?;
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    let mut line = |name: &str, value: &str| {
        page.put(Role::Dim, name).pad_to(20).put(Role::Plain, value).end_line();
    };
    line("provider", provider.id());
    line("algorithm", &provider.algorithm());
    if let Err(unsupported) = provider.supported() {
        line("supported", &format!("no: {unsupported}"));
    }
    for (name, value) in provider.settings() {
        line(name, value);
    }
    let replay = match (provider.replay_detectable(), provider.tolerance()) {
        (true, Some(tolerance)) => format!("refused when older or newer than {}", human::duration(tolerance)),
        (true, None) => "the timestamp is signed, but the provider names no tolerance".to_owned(),
        (false, _) => {
            "cannot be detected: nothing that changes from delivery to delivery is signed".to_owned()
        }
    };
    line("replay", &replay);
    line("secret variable", &variable_of(provider.id()));
    line("origin", &provider.origin().to_string());
    context.streams().show(&page)?;
    Ok(Exit::Done)
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
