//! What every case asks, why, and what to do about a handler that fails it.

use crate::hook::check::{Case, Group};
use crate::hook::provider::Provider;
use crate::ui::page::Page;
use crate::ui::prose::prose;
use crate::ui::record::VERSION;
use crate::ui::style::Role;
use serde::Serialize;

/// Where the words of a case begin.
const TEXT: usize = 4;

/// Puts cases on a page, group by group; with a provider, those that mean nothing for it say so.
pub fn cases(page: &mut Page, cases: &[&Case], provider: Option<&Provider>) {
    let mut first = true;
    for group in Group::ALL {
        let of_group: Vec<&&Case> = cases.iter().filter(|case| case.group == group).collect();
        if of_group.is_empty() {
            continue;
        }
        if !std::mem::take(&mut first) {
            page.end_line();
        }
        page.put(Role::Strong, group.as_str()).put(Role::Dim, format!(": {}", group.about())).end_line();
        for case in of_group {
            one(page, case, provider);
        }
    }
}

fn one(page: &mut Page, case: &Case, provider: Option<&Provider>) {
    page.end_line().space(2).put(Role::Key, &case.id).space(1);
    page.put(Role::Dim, format!("({})", case.severity.as_str())).end_line();
    prose(page, &format!("A good handler {}.", case.title), TEXT);
    prose(page, &case.why, TEXT);
    prose(page, &format!("Mend: {}", case.mend), TEXT);
    if let Some(reason) = provider.and_then(|provider| case.inapplicable(provider)) {
        prose(page, &format!("Skipped here: {reason}."), TEXT);
    }
}

/// A case as `--list --json` gives it.
#[derive(Clone, Debug, Serialize)]
pub struct ListedCaseRecord<'a> {
    v: u8,
    r#type: &'static str,
    id: &'a str,
    group: &'static str,
    severity: &'static str,
    title: &'a str,
    why: &'a str,
    mend: &'a str,
    skipped: Option<&'static str>,
}

impl<'a> ListedCaseRecord<'a> {
    /// The record of a case; `skipped` says why it means nothing for the provider.
    pub fn new(case: &'a Case, provider: Option<&Provider>) -> Self {
        Self {
            v: VERSION,
            r#type: "listed_case",
            id: &case.id,
            group: case.group.as_str(),
            severity: case.severity.as_str(),
            title: &case.title,
            why: &case.why,
            mend: &case.mend,
            skipped: provider.and_then(|provider| case.inapplicable(provider)),
        }
    }
}
