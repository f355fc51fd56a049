//! `hookctl providers test`: tries every provider of a file out, or one by its id, and runs its vectors.

use super::ProvidersArgs;
use crate::cli::context::{Context, add_own_providers, add_provider_file};
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::clock;
use crate::hook::provider::{Catalogue, Origin, Provider, Vector};
use crate::hook::trial;
use crate::ui::human::counted;
use crate::ui::style::Role;
use serde::Serialize;
use std::path::Path;

/// One provider of a file, tried out with a message of hookctl's own.
#[derive(Serialize)]
struct TrialRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    outcome: &'static str,
    reason: &'a str,
}

/// One vector of a provider.
#[derive(Serialize)]
struct VectorRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    /// Counted from 1 within its provider.
    vector: usize,
    name: Option<&'a str>,
    file: &'a str,
    line: usize,
    outcome: &'static str,
    expect: &'static str,
    found: &'static str,
    reason: &'a str,
}

/// What was tried, last.
#[derive(Default, Serialize)]
struct SummaryRecord {
    v: u8,
    r#type: &'static str,
    providers: u64,
    vectors: u64,
    failed: u64,
}

/// Lets each provider of a file, or the one of this id, sign and verify a message of its own,
/// and judges its vectors.
pub(super) fn run(wanted: &Path, args: &ProvidersArgs, context: &Context) -> Result<Exit, CommandError> {
    let (catalogue, ids) = match id(wanted) {
        Some(id) => known(id, args, context)?,
        None => added(wanted, args, context)?,
    };
    let mut bench = Bench { context, builtin: false, sum: SummaryRecord::default() };
    for id in &ids {
        let provider = context.provider(&catalogue, id)?;
        bench.builtin |= *provider.origin() == Origin::Builtin;
        bench.trial(id, &trial::trial(&provider, clock::now()))?;
        for (at, vector) in provider.vectors().iter().enumerate() {
            bench.vector(&provider, at + 1, vector)?;
        }
    }
    bench.end()
}

/// What is meant as an id: it looks like one, and no file has this name.
fn id(wanted: &Path) -> Option<&str> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let text = wanted.to_str().filter(|text| text.bytes().all(letter) && *text != "-")?;
    (!wanted.exists()).then_some(text)
}

/// A provider there is.
fn known(
    id: &str,
    args: &ProvidersArgs,
    context: &Context,
) -> Result<(Catalogue, Vec<String>), CommandError> {
    let catalogue = context.catalogue(&args.provider_file)?;
    context.provider(&catalogue, id).map_err(|mut error| {
        error.message = format!("there is neither a file nor a provider `{id}`");
        error
    })?;
    Ok((catalogue, vec![id.to_owned()]))
}

/// The providers of a file. One of the user's own may be it, and another's mistake is not its own.
fn added(
    file: &Path,
    args: &ProvidersArgs,
    context: &Context,
) -> Result<(Catalogue, Vec<String>), CommandError> {
    let mut catalogue = Catalogue::builtin();
    if let Ok(folders) = context.folders() {
        add_own_providers(&mut catalogue, &folders.providers());
    }
    for named in &args.provider_file {
        add_provider_file(&mut catalogue, named)?;
    }
    let label = file.display().to_string();
    let ids = catalogue
        .add_bytes(&label, &context.read(file)?)
        .map_err(|error| CommandError::config("could not use the provider file").because(&error))?;
    if ids.is_empty() {
        return Err(CommandError::config(format!("`{label}` holds no provider"))
            .hint("`hookctl providers new ID` writes one to begin with"));
    }
    Ok((catalogue, ids))
}

/// Tells what holds, and counts.
struct Bench<'a> {
    context: &'a Context,
    /// Whether a provider is built in.
    builtin: bool,
    sum: SummaryRecord,
}

impl Bench<'_> {
    fn trial(&mut self, id: &str, trial: &Result<String, String>) -> Result<(), CommandError> {
        self.sum.providers += 1;
        let outcome = self.outcome(trial.is_ok());
        let (Ok(reason) | Err(reason)) = trial;
        if self.context.json() {
            return self.context.record(&TrialRecord {
                v: 1,
                r#type: "trial",
                provider: id,
                outcome,
                reason,
            });
        }
        self.line(outcome, id, reason)
    }

    fn vector(&mut self, provider: &Provider, number: usize, vector: &Vector) -> Result<(), CommandError> {
        let verdict = trial::vector(provider, vector);
        self.sum.vectors += 1;
        let outcome = self.outcome(verdict.code == vector.expect);
        let (expect, found) = (vector.expect.as_str(), verdict.code.as_str());
        let name = vector.name.as_deref();
        let file = &provider.origin().to_string();
        let line = vector.line;
        if self.context.json() {
            return self.context.record(&VectorRecord {
                v: 1,
                r#type: "vector",
                provider: provider.id(),
                vector: number,
                name,
                file,
                line,
                outcome,
                expect,
                found,
                reason: &verdict.reason,
            });
        }
        let named =
            name.map_or_else(|| format!("vector {number}"), |name| format!("vector {number}, {name}"));
        if outcome == "pass" {
            return self.line(outcome, provider.id(), &format!("{named}: {found}"));
        }
        let reason = &verdict.reason;
        self.line(
            outcome,
            provider.id(),
            &format!("{named}, {file}:{line}: expected {expect}, found {found}: {reason}"),
        )
    }

    fn outcome(&mut self, good: bool) -> &'static str {
        self.sum.failed += u64::from(!good);
        if good { "pass" } else { "fail" }
    }

    fn line(&self, outcome: &str, id: &str, text: &str) -> Result<(), CommandError> {
        let role = if outcome == "pass" { Role::Verified } else { Role::Failed };
        let mut page = self.context.streams().page();
        page.put(role, outcome).pad_to(6).put(Role::Strong, id).space(2).put(Role::Plain, text).end_line();
        Ok(self.context.streams().show(&page)?)
    }

    /// Tells how much held; a file without vectors proves less than it seems to.
    fn end(self) -> Result<Exit, CommandError> {
        let SummaryRecord { providers, vectors, failed, .. } = self.sum;
        if self.context.json() {
            self.context.record(&SummaryRecord { v: 1, r#type: "summary", ..self.sum })?;
        } else {
            let (providers, count) =
                (counted(providers, "provider", "providers"), counted(vectors, "vector", "vectors"));
            self.context.streams().say(&format!("{providers}, {count}, {failed} failed"));
        }
        if self.builtin {
            self.context.streams().say(
                "tried with an invented secret; that it describes the vendor is held by vectors in hookctl's own tests",
            );
        } else if vectors == 0 {
            self.context.streams().say(
                "no vectors: only a message that the vendor signed proves that a profile describes the vendor",
            );
        }
        Ok(if failed == 0 { Exit::Done } else { Exit::No })
    }
}
