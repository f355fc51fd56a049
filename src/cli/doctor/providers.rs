//! The provider files of the user's own: a mistake in one stops every command that looks for a provider.

use super::{Finding, Patient};
use crate::cli::context::add_own_provider;
use crate::hook::provider::Catalogue;
use crate::ui::human::counted;

pub(super) fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let files = patient.context.own_providers();
    let mut catalogue = Catalogue::builtin();
    let refused = files.iter().filter_map(|path| add_own_provider(&mut catalogue, path).err());
    let mut found: Vec<Finding> = refused.map(Finding::error).collect();
    if found.is_empty() {
        found.push(Finding::ok(match files.len() {
            0 => "the built-in ones; no files of your own".to_owned(),
            count => format!("{} of your own", counted(count as u64, "file", "files")),
        }));
    }
    found
}
