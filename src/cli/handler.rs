//! `hookctl verify --as LANGUAGE`: a handler to copy, instead of a verdict.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::verify::VerifyArgs;
use crate::config::secrets::variable_of;
use crate::hook::handler::{self, Language};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde::Serialize;

/// The JSON record of a handler.
#[derive(Serialize)]
struct HandlerRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    language: &'static str,
    code: &'a str,
}

/// Reads `--as`.
pub(super) fn language() -> impl clap::builder::TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::as_str))
        .map(|name| Language::ALL.into_iter().find(|known| known.as_str() == name).unwrap_or_default())
}

/// Prints the handler. Needs neither payload nor secret.
pub(super) fn run(language: Language, args: &VerifyArgs, context: &Context) -> Result<Exit, CommandError> {
    let catalogue = context.catalogue(&args.provider.provider_file)?;
    let provider = context.one_provider(&catalogue, args.provider.provider.as_deref())?;
    let code = handler::write(language, &provider, &variable_of(provider.id())).map_err(|refusal| {
        let error = CommandError::usage("could not write a handler").because(&refusal);
        match refusal.instead.first() {
            Some(other) => {
                let (id, other) = (provider.id(), other.as_str());
                error.hint(format!("hookctl verify --as {other} --provider {id}"))
            }
            None => error,
        }
    })?;
    if !context.json() {
        return context.write(code.as_bytes());
    }
    context.record(&HandlerRecord {
        v: 1,
        r#type: "handler",
        provider: provider.id(),
        language: language.as_str(),
        code: &code,
    })?;
    Ok(Exit::Done)
}
