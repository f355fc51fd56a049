//! `hookctl providers`: the signature schemes, built in and your own.

mod list;
mod record;
mod show;
mod test;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use clap::{Args, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::PathBuf;

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
        ProvidersCommand::List => list::run(&context.catalogue(&args.provider_file)?, context),
        ProvidersCommand::Show { id } => {
            let catalogue = context.catalogue(&args.provider_file)?;
            show::run(context.provider(&catalogue, id)?.as_ref(), context)
        }
        ProvidersCommand::Test { file } => test::run(file, args, context),
    }
}
