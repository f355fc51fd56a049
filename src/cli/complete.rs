//! Live values for completion: provider ids, event names, cases, journal numbers.
//!
//! Runs while a shell waits for the Tab key: never fails, never prompts, reads little.

use crate::config::environment::Environment;
use crate::config::folders::Folders;
use crate::config::profiles::Profiles;
use crate::config::setting::{SETTINGS, Setting};
use crate::hook::check::{Case, Group, Suite};
use crate::hook::provider::Catalogue;
use crate::hook::sample;
use crate::journal::{Filter, Reader};
use crate::ui::sanitize::{Charset, Rules};
use crate::vendor::Vendor;
use clap_complete::engine::CompletionCandidate;

/// How many deliveries are offered.
const DELIVERIES: usize = 30;

/// Every provider, built in and the user's own.
pub fn providers() -> Vec<CompletionCandidate> {
    let environment = Environment::of_process();
    let mut catalogue = Catalogue::builtin();
    if let Ok(folders) = Folders::of(&environment) {
        super::context::add_own_providers(&mut catalogue, &folders.providers());
    }
    catalogue.ids().into_iter().map(CompletionCandidate::new).collect()
}

/// Every vendor that has a REST API.
pub fn vendors() -> Vec<CompletionCandidate> {
    Vendor::ALL.into_iter().map(|vendor| CompletionCandidate::new(vendor.id())).collect()
}

/// Every profile.
pub fn profiles() -> Vec<CompletionCandidate> {
    let folders = Folders::of(&Environment::of_process()).ok();
    let names = folders.map(|folders| Profiles::open(&folders).names()).unwrap_or_default();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// Every setting.
pub fn settings() -> Vec<CompletionCandidate> {
    let candidate = |setting: &Setting| CompletionCandidate::new(setting.key).help(Some(setting.help.into()));
    SETTINGS.iter().map(candidate).collect()
}

/// Every event that has a sample, with its provider as the description.
pub fn events() -> Vec<CompletionCandidate> {
    let mut candidates: Vec<CompletionCandidate> = Vec::new();
    for sample in sample::all() {
        let known =
            candidates.iter().any(|candidate| candidate.get_value() == std::ffi::OsStr::new(&sample.name));
        if !known {
            candidates
                .push(CompletionCandidate::new(&sample.name).help(Some(sample.provider.clone().into())));
        }
    }
    candidates
}

/// Every group of cases, and every case with what a good handler does.
pub fn cases() -> Vec<CompletionCandidate> {
    let groups =
        Group::ALL.map(|group| CompletionCandidate::new(group.as_str()).help(Some(group.about().into())));
    let case = |case: &Case| CompletionCandidate::new(&case.id).help(Some(case.title.clone().into()));
    groups.into_iter().chain(Suite::builtin().cases().iter().map(case)).collect()
}

/// The newest deliveries of the journal, with event and verdict as the description.
pub fn deliveries() -> Vec<CompletionCandidate> {
    let environment = Environment::of_process();
    let path = environment
        .text("HOOKCTL_JOURNAL")
        .map(Into::into)
        .or_else(|| Folders::of(&environment).ok().map(|folders| folders.journal()));
    let reader = path.and_then(|path| Reader::open(&path).ok());
    let filter = Filter { limit: DELIVERIES, ..Filter::default() };
    let found = reader.and_then(|reader| reader.list(&filter).ok()).map(|page| page.items);
    let candidate = |listed: crate::journal::Listed| {
        let event = listed.facts.event.as_deref().unwrap_or("-");
        let help = format!("{event} {}", listed.verdict.code);
        let safe = Rules::field(Charset::Ascii).apply(help.as_bytes()).into_owned();
        CompletionCandidate::new(listed.seq.to_string()).help(Some(safe.into()))
    };
    found.unwrap_or_default().into_iter().map(candidate).collect()
}
