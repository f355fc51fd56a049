//! `hookctl providers keygen`: a key pair of one's own, for schemes where only
//! the vendor has the private key.

use crate::cli::context::{Context, unusable};
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::config::secrets::{self, SecretsError};
use crate::hook::provider::Provider;
use crate::hook::secret::Secret;
use crate::hook::signature::{Keys, PublicKey};
use crate::ui::style::Role;
use crate::ui::table::facts;
use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use serde::Serialize;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "Examples:
  hookctl providers keygen discord
      Make a key pair, keep the private key, and print the public one alone,
      as Discord shows it: hookctl providers keygen discord > public.key

  hookctl providers keygen sendgrid --json
      The same as a record, with the file of the private key

  hookctl providers keygen plaid --force
      Make another pair; the former private key stays beside it";

/// Arguments of `providers keygen`.
#[derive(Args, Clone, Debug)]
pub struct KeygenArgs {
    /// The provider
    #[arg(value_name = "ID", add = ArgValueCandidates::new(crate::cli::complete::providers))]
    pub id: String,
    /// Make a new pair even when a key is stored
    #[arg(long)]
    pub force: bool,
    /// Print the private key as well
    #[arg(long)]
    pub print_secret: bool,
}

/// The JSON record of a key pair.
#[derive(Serialize)]
struct PairRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    kind: &'static str,
    result: &'static str,
    public_key: &'a str,
    form: &'static str,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<String>,
}

/// A key pair that is on the disk.
struct Kept {
    secret: Secret,
    public: PublicKey,
    file: PathBuf,
    result: &'static str,
}

/// Runs `hookctl providers keygen`.
pub(super) fn run(args: &KeygenArgs, provider: &Provider, context: &Context) -> Result<Exit, CommandError> {
    let id = provider.id();
    if !provider.kind().has_key_pair() {
        return Err(CommandError::usage(format!("`{id}` has no key pair: both sides have the same secret"))
            .hint(format!("give that secret in {}", secrets::variable_of(id))));
    }
    let folders = context.folders()?;
    let stored = secrets::stored(&folders, id).map_err(|error| unusable(&error))?;
    let kept = match stored.filter(|_| !args.force) {
        Some((secret, file)) => known(provider, secret, file)?,
        None => {
            let secret = provider
                .generate_secret()
                .map_err(|error| CommandError::new(Exit::Bug, "could not make a key pair").because(&error))?;
            let public = public(provider, &keys(provider, &secret)?)?;
            let file = secrets::store(&folders, id, &secret).map_err(|error| not_stored(&error))?;
            Kept { secret, public, file, result: "created" }
        }
    };
    show(args, provider, &kept, context)?;
    if kept.result == "kept" {
        context.streams().warn("a key pair is stored already", Some("`--force` makes a new one"));
    }
    overruled(provider, &kept, context)
}

/// The pair of a key that is stored already.
fn known(provider: &Provider, secret: Secret, file: PathBuf) -> Result<Kept, CommandError> {
    let anew = "`--force` makes a key pair and keeps what is stored beside it";
    let keys = keys(provider, &secret).map_err(|error| error.hint(anew))?;
    if !keys.can_sign() {
        let text =
            format!("`{}` holds the vendor's public key, which verifies its deliveries", file.display());
        return Err(CommandError::config(text).hint(anew));
    }
    Ok(Kept { public: public(provider, &keys)?, secret, file, result: "kept" })
}

fn keys(provider: &Provider, secret: &Secret) -> Result<Keys, CommandError> {
    provider
        .keys(std::slice::from_ref(secret))
        .map_err(|error| CommandError::config("could not use the stored key").because(&error))
}

fn public(provider: &Provider, keys: &Keys) -> Result<PublicKey, CommandError> {
    let none = || CommandError::new(Exit::Bug, "a key pair without a public key");
    provider.public_key(keys).ok_or_else(none)
}

fn not_stored(error: &SecretsError) -> CommandError {
    CommandError::local("could not store the private key").because(error)
}

fn show(args: &KeygenArgs, provider: &Provider, kept: &Kept, context: &Context) -> Result<(), CommandError> {
    let private = args.print_secret.then(|| String::from_utf8_lossy(kept.secret.expose()).into_owned());
    let form = kept.public.form.title();
    if context.json() {
        return context.record(&PairRecord {
            v: 1,
            r#type: "key_pair",
            provider: provider.id(),
            kind: provider.kind().as_str(),
            result: kept.result,
            public_key: &kept.public.text,
            form,
            file: kept.file.display().to_string(),
            private_key: private,
        });
    }
    // What was done is talk; the key is the result, which goes into a file as it is.
    let mut page = context.streams().narration();
    page.put(Role::Strong, kept.result).space(1);
    page.put(Role::Plain, format!("{} key pair of {}", provider.kind().title(), provider.id())).end_line();
    let file = format!("{} (yours alone)", kept.file.display());
    facts(&mut page, &[("private key", vec![file]), ("public key", vec![form.to_owned()])]);
    context.streams().narrate(&page);
    // On lines of their own and not wrapped: they are made to be copied.
    let mut page = context.streams().page();
    for line in private.iter().flat_map(|text| text.lines()).chain(kept.public.text.lines()) {
        page.put(Role::Plain, line).end_line();
    }
    Ok(context.streams().show(&page)?)
}

/// Says when another secret counts before the stored one.
fn overruled(provider: &Provider, kept: &Kept, context: &Context) -> Result<Exit, CommandError> {
    let found = context.secrets(&Default::default())?.of(provider.id()).map_err(|error| unusable(&error))?;
    if let Some((_, origin)) =
        found.first().filter(|(_, origin)| origin.to_string() != kept.file.display().to_string())
    {
        let text = format!("the secret from {origin} counts before the stored private key");
        context.streams().warn(&text, Some("sign with the stored one by `--secret-file FILE`"));
    }
    Ok(Exit::Done)
}
