//! `hookctl providers test`: tries every provider of a file out, and runs its vectors.

use super::ProvidersArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::clock;
use crate::hook::provider::{Provider, Vector};
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

/// Reads a file, lets each provider in it sign and verify a message of its own, and judges its vectors.
pub(super) fn run(file: &Path, args: &ProvidersArgs, context: &Context) -> Result<Exit, CommandError> {
    let mut catalogue = context.catalogue(&args.provider_file)?;
    let label = file.display().to_string();
    let text = context.read(file)?;
    let text = std::str::from_utf8(&text)
        .map_err(|error| CommandError::config(format!("`{label}` is not text")).because(&error))?;
    let ids = catalogue
        .add(&label, text)
        .map_err(|error| CommandError::config("could not use the provider file").because(&error))?;
    if ids.is_empty() {
        return Err(CommandError::config(format!("`{label}` holds no provider"))
            .hint("`hookctl providers new ID` writes one to begin with"));
    }
    let mut bench = Bench { context, file: &label, sum: SummaryRecord::default() };
    for id in &ids {
        let provider = context.provider(&catalogue, id)?;
        bench.trial(id, &trial::trial(&provider, clock::now()))?;
        for (at, vector) in provider.vectors().iter().enumerate() {
            bench.vector(&provider, at + 1, vector)?;
        }
    }
    bench.end()
}

/// Tells what holds, and counts.
struct Bench<'a> {
    context: &'a Context,
    file: &'a str,
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
        if self.context.json() {
            return self.context.record(&VectorRecord {
                v: 1,
                r#type: "vector",
                provider: provider.id(),
                vector: number,
                name,
                file: self.file,
                line: vector.line,
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
        let (file, line) = (self.file, vector.line);
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
        if vectors == 0 {
            self.context.streams().say(
                "no vectors: only a message that the vendor signed proves that a profile describes the vendor",
            );
        }
        Ok(if failed == 0 { Exit::Done } else { Exit::No })
    }
}
