//! `hookctl providers`: the signature schemes, built in and your own.

mod keygen;
mod list;
mod new;
mod next;
mod record;
pub mod reference;
mod show;
mod test;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::hook::provider::kinds;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  hookctl providers list hub
  hookctl providers show stripe
  hookctl providers new acme acme.toml
  hookctl providers test acme.toml";

/// Look signature schemes up, built in and your own, and describe new ones
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
    /// List providers with their schemes in short
    #[command(
        after_help = "Examples:\n  hookctl providers list\n  hookctl providers list x-hub-signature\n  hookctl providers list --kind token\n  hookctl providers list --json --jq .id"
    )]
    List(ListArgs),
    /// Show one provider's scheme: what is signed, how, and what people get wrong
    ///
    /// The signed example is made with an invented secret and verifies as it stands. Deadlines and retries are
    /// shown where the vendor states them, and left out where only others do.
    #[command(
        after_help = "Examples:\n  hookctl providers show stripe\n  hookctl providers show koji --json --jq .sample.headers"
    )]
    Show {
        /// The provider
        #[arg(value_name = "ID", add = ArgValueCandidates::new(super::complete::providers))]
        id: String,
    },
    /// Write a commented file to describe a new provider in
    ///
    /// It loads as it is, and every field is explained beside it. A file that is there is never written over.
    #[command(
        after_help = "Examples:\n  hookctl providers new acme acme.toml\n  hookctl providers new acme | less"
    )]
    New(NewArgs),
    /// Make a key pair for local tests, where only the vendor has the private key
    ///
    /// The private key is kept as the provider's signing secret, in a file that only you can read; `sign`, `trigger`
    /// and `listen` use it from then on. The public key is printed in the vendor's own form.
    #[command(after_help = keygen::EXAMPLES)]
    Keygen(keygen::KeygenArgs),
    /// Check a provider file, or one provider: sign and verify with it, run its vectors
    ///
    /// Of a file, every provider in it is tried. Exits with 1 when a provider does not hold or a vector is judged
    /// otherwise than it expects, and with 3 when the file cannot be used.
    #[command(
        after_help = "Examples:\n  hookctl providers test acme.toml\n  hookctl providers test acme.toml --jq 'select(.outcome == \"fail\")'\n  hookctl providers test stripe"
    )]
    Test {
        /// The file, or a provider's id
        #[arg(value_name = "FILE|ID", value_hint = ValueHint::FilePath)]
        wanted: PathBuf,
    },
}

/// Which providers to list.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Only those with this text in their id, header, scheme, note or documentation link, whatever its case
    #[arg(value_name = "SEARCH")]
    pub search: Option<String>,
    /// Only schemes of this kind; repeat for several
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(kinds()))]
    pub kind: Vec<String>,
}

/// Which profile to write.
#[derive(Args, Clone, Debug)]
pub struct NewArgs {
    /// The new provider's id: small letters, digits and hyphens
    #[arg(value_name = "ID")]
    pub id: String,
    /// Where to write it; standard output unless named
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}

/// Runs `hookctl providers`.
pub fn run(args: &ProvidersArgs, context: &Context) -> Result<Exit, CommandError> {
    match &args.command {
        ProvidersCommand::List(wanted) => {
            list::run(wanted, &context.catalogue(&args.provider_file)?, context)
        }
        ProvidersCommand::Show { id } => {
            let catalogue = context.catalogue(&args.provider_file)?;
            show::run(context.provider(&catalogue, id)?.as_ref(), &catalogue, context)
        }
        ProvidersCommand::New(wanted) => new::run(wanted, context),
        ProvidersCommand::Keygen(keygen) => {
            let catalogue = context.catalogue(&args.provider_file)?;
            keygen::run(keygen, context.provider(&catalogue, &keygen.id)?.as_ref(), context)
        }
        ProvidersCommand::Test { wanted } => test::run(wanted, args, context),
    }
}
