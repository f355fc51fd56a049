//! Which journal is read, and how a command that is suggested names it.

use super::FilterArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::journal::{not_opened, not_pruned};
use crate::hook::curl::{word, words};
use crate::journal::{Guest, OpenError, Reader, WriteError};
use std::path::{Path, PathBuf};

/// The journal of this run.
pub(super) struct Place {
    path: PathBuf,
    /// Said with each command that is to find it: ` --journal FILE`, unless it is the user's own.
    named: String,
}

impl Place {
    pub(super) fn of(named: Option<&Path>, context: &Context) -> Result<Self, CommandError> {
        let path = context.journal(named)?;
        Ok(Self { path, named: words(&context.naming_journal(named)) })
    }

    /// A command of `events` on this journal, as it is typed.
    pub(super) fn command(&self, words: &str) -> String {
        format!("hookctl events {words}{}", self.named)
    }

    pub(super) fn reader(&self) -> Result<Reader, CommandError> {
        Reader::open(&self.path).map_err(|error| not_opened(&error, &self.path))
    }

    pub(super) fn guest(&self) -> Result<Guest, CommandError> {
        Guest::open(&self.path).map_err(|error| not_opened(&error, &self.path))
    }

    /// The journal, to be pruned; what a full disk means for that is said here too.
    pub(super) fn pruner(&self) -> Result<Guest, CommandError> {
        Guest::open(&self.path).map_err(|error| match error {
            OpenError::DiskFull { .. } => self.not_pruned(&WriteError::DiskFull),
            error => not_opened(&error, &self.path),
        })
    }

    /// Why it is not pruned.
    pub(super) fn not_pruned(&self, error: &WriteError) -> CommandError {
        not_pruned(error, &self.path)
    }

    /// There is no delivery of this number.
    pub(super) fn missing(&self, seq: u64) -> CommandError {
        CommandError::usage(format!("there is no delivery {seq} in the journal")).hint(self.command("list"))
    }
}

impl FilterArgs {
    /// The filters as they are typed.
    pub(super) fn words(&self) -> String {
        let mut words = Vec::new();
        let mut add = |name: &str, value: Option<&str>| {
            words.extend(value.map(|value| format!("--{name} {}", word(value))));
        };
        let joined = |values: &[String]| (!values.is_empty()).then(|| values.join(","));
        add("type", joined(&self.types).as_deref());
        add("provider", self.provider.as_deref());
        add("verdict", joined(&self.verdict).as_deref());
        add("status", self.status.as_deref());
        add("since", self.since.as_deref());
        add("until", self.until.as_deref());
        add("text", self.text.as_deref());
        add("filter", self.filter.as_deref());
        let flags = [("undelivered", self.undelivered), ("dead", self.dead), ("marked", self.marked)];
        words.extend(flags.iter().filter(|(_, set)| *set).map(|(name, _)| format!("--{name}")));
        words.join(" ")
    }
}
