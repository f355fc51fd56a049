//! Argument groups that several commands share, so that one thing has one flag everywhere.

use crate::config::secrets::Given;
use crate::hook::secret::Secret;
use clap::{Args, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::PathBuf;

/// Options that every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Everywhere")]
pub struct Everywhere {
    /// The profile whose account, secrets and target are used; see `hookctl login`
    #[arg(short, long, global = true, value_name = "NAME", env = "HOOKCTL_PROFILE", hide_env = true, add = ArgValueCandidates::new(super::complete::profiles))]
    pub profile: Option<String>,
    /// Write results as text or as JSON lines
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        env = "HOOKCTL_OUTPUT",
        hide_env = true
    )]
    pub output: Option<OutputFormat>,
    /// Write results as JSON lines: short for `--output json`
    #[arg(long, global = true, conflicts_with = "output")]
    pub json: bool,
    /// Filter each JSON record with a jq expression
    #[arg(long, global = true, value_name = "EXPR")]
    pub jq: Option<String>,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: ColorWhen,
    /// Say less: no narration, no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say where secrets, providers and the journal come from
    #[arg(short, long, global = true, overrides_with = "verbose")]
    pub verbose: bool,
    /// Never ask; fail instead
    #[arg(long, global = true, env = "HOOKCTL_NO_INPUT", hide_env = true)]
    pub no_input: bool,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// When colour is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal that can show it.
    Auto,
    /// Into files and pipes as well.
    Always,
    /// Not at all.
    Never,
}

/// Where signing secrets come from.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Signing secret")]
pub struct SecretArgs {
    /// Read the signing secret from a file, or from standard input for `-`; repeat for several
    ///
    /// Where none is given, it comes from the provider's variable, such as KOJI_WEBHOOK_SECRET, or from the file
    /// named after the provider in the `secrets` folder of the settings.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub secret_file: Vec<PathBuf>,
    /// Read the signing secret from this environment variable; repeat for several
    #[arg(long, value_name = "NAME")]
    pub secret_env: Vec<String>,
    /// The signing secret itself; every process of the machine can see it, so for quick tests only
    #[arg(long, value_name = "VALUE", hide_possible_values = true)]
    pub secret: Vec<String>,
}

impl SecretArgs {
    /// The sources in the order of their kinds: files, variables, values.
    ///
    /// # Errors
    /// When `--secret` is empty.
    pub fn given(&self) -> Result<Vec<Given>, super::error::CommandError> {
        let files = self.secret_file.iter().map(|path| Ok(Given::File(path.clone())));
        let variables = self.secret_env.iter().map(|name| Ok(Given::Variable(name.clone())));
        let values = self.secret.iter().map(|value| {
            Secret::new(value.as_bytes()).map(Given::Value).map_err(|error| {
                super::error::CommandError::config("the signing secret cannot be used")
                    .because(&error)
                    .hint("give it with `--secret-file FILE` or `--secret-env NAME`")
            })
        });
        files.chain(variables).chain(values).collect()
    }
}

/// Which provider's scheme applies.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Provider")]
pub struct ProviderArgs {
    /// The sender whose signature scheme applies; see `hookctl providers list`
    #[arg(long, value_name = "ID", env = "HOOKCTL_PROVIDER", hide_env = true, add = ArgValueCandidates::new(super::complete::providers))]
    pub provider: Option<String>,
    /// Add or override providers from a TOML file; repeat for several
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub provider_file: Vec<PathBuf>,
    /// The id that the vendor gave the webhook, for schemes that sign it without sending it, such as PayPal's
    #[arg(long, value_name = "ID")]
    pub webhook_id: Option<String>,
}

/// The bytes of a payload.
#[derive(Args, Clone, Debug, Default)]
pub struct PayloadArgs {
    /// File that holds the payload, or `-` for standard input; its bytes are used as they are
    #[arg(value_name = "PAYLOAD", value_hint = ValueHint::FilePath)]
    pub payload: Option<PathBuf>,
    /// The payload itself
    #[arg(long, value_name = "STRING", conflicts_with = "payload")]
    pub data: Option<String>,
}
