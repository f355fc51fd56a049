//! Live values for completion: provider ids, event names, commands, cases, journal numbers.
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

/// The samples of the provider that the line names, else all, with the provider as the description.
pub fn samples() -> Vec<CompletionCandidate> {
    of_samples(|sample| &sample.name)
}

/// The events of the provider that the line names, else all; variants of samples are no events.
pub fn events() -> Vec<CompletionCandidate> {
    of_samples(|sample| &sample.event)
}

/// The events of the vendors that have a REST API, or of the one that the line names.
pub fn vendor_events() -> Vec<CompletionCandidate> {
    let mut events = events();
    events.retain(|event| event.get_help().is_none_or(|id| Vendor::of(&id.to_string()).is_some()));
    events
}

fn of_samples(name: fn(&sample::Sample) -> &String) -> Vec<CompletionCandidate> {
    let known: Vec<&sample::Sample> = match named_provider() {
        Some(id) => sample::samples(&id).iter().collect(),
        None => sample::all().collect(),
    };
    let mut seen = std::collections::BTreeSet::new();
    let new = known.into_iter().filter(|sample| seen.insert(name(sample)));
    new.map(|sample| CompletionCandidate::new(name(sample)).help(Some(sample.provider.clone().into())))
        .collect()
}

/// The provider that the line names so far, else that of the environment.
fn named_provider() -> Option<String> {
    let words = line();
    let mut named = None;
    for (place, word) in words.iter().enumerate() {
        match word.strip_prefix("--provider") {
            Some("") => named = words.get(place + 1).cloned(),
            Some(value) => named = value.strip_prefix('=').map(str::to_owned).or(named),
            None => {}
        }
    }
    let of_environment = || Environment::of_process().text("HOOKCTL_PROVIDER").map(str::to_owned);
    named.filter(|id| !id.is_empty()).or_else(of_environment)
}

/// The words of the line that is completed, as the shell hands them over: after a `--`.
fn line() -> Vec<String> {
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    words.map(|word| word.to_string_lossy().into_owned()).collect()
}

/// The commands below those that already follow `man` on the line.
pub fn commands() -> Vec<CompletionCandidate> {
    let tree = super::command();
    let mut here = &tree;
    for word in line().iter().skip_while(|word| *word != "man").skip(1) {
        here = here.find_subcommand(word).unwrap_or(here);
    }
    let about =
        |inner: &clap::Command| CompletionCandidate::new(inner.get_name()).help(inner.get_about().cloned());
    here.get_subcommands().map(about).collect()
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
