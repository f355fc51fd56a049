//! The lines at a listener's start, which say what it works with, and at its end.

use super::human;
use super::page::Page;
use super::style::{Mark, Role};
use super::text::TextOptions;
use crate::job::report::{AnswerPolicy, Ready, Summary};

const fn policy(ready: &Ready) -> &'static str {
    match ready.answer {
        AnswerPolicy::Strict => "200 when the signature holds, 401 when it does not",
        AnswerPolicy::Mirror => "the sender gets the target's own answer",
        AnswerPolicy::Ack if ready.retries => "200 once stored; forwarded afterwards, with retries",
        AnswerPolicy::Ack => "200 once stored; forwarded afterwards, once: what fails is a dead letter",
    }
}

fn row<'p>(page: &'p mut Page, label: &str) -> &'p mut Page {
    page.space(2).put(Role::Dim, label).pad_to(12)
}

pub(super) fn banner(page: &mut Page, ready: &Ready, options: TextOptions) {
    page.put(Role::Strong, "listening on").space(1).put(Role::Url, &ready.url).end_line();
    row(page, "answer").put(Role::Plain, ready.answer.as_str()).put(Role::Plain, ": ");
    let bare = ready.answer == AnswerPolicy::Strict && ready.secrets.is_empty();
    let policy = if bare { "200 to everything, because nothing can be verified" } else { policy(ready) };
    page.put(Role::Plain, policy).end_line();
    for target in &ready.targets {
        row(page, "forward").put(Role::Url, target).end_line();
    }
    let provider = ready.provider.as_deref().unwrap_or("recognised for each delivery");
    row(page, "provider").put(Role::Plain, provider).end_line();
    for secret in &ready.secrets {
        row(page, "secret");
        if let Some(provider) = &secret.provider {
            page.put(Role::Plain, provider).put(Role::Plain, ": ");
        }
        page.put(Role::Plain, &secret.origin).end_line();
    }
    if ready.secrets.is_empty() {
        row(page, "secret").put(Role::Warning, "none known: nothing can be verified").end_line();
    }
    row(page, "journal")
        .put(Role::Plain, ready.journal.as_deref().unwrap_or("off: nothing is kept"))
        .end_line();
    if let Some(url) = &ready.inspector {
        row(page, "inspector").put(Role::Url, url).end_line();
    }
    if options.keys {
        keys(row(page, "keys"), options.inspector);
        page.end_line();
    }
}

/// The keys and what they do.
const KEYS: [(&str, &str); 5] =
    [("r", "replay the last"), (OPEN, "inspect"), ("space", "pause"), ("?", "help"), ("q", "stop")];
const OPEN: &str = "o";

pub(super) fn keys(page: &mut Page, inspector: bool) {
    let keys = KEYS.into_iter().filter(|(key, _)| inspector || *key != OPEN);
    for (at, (key, act)) in keys.enumerate() {
        if at > 0 {
            page.space(1).mark(Role::Dim, Mark::Dot).space(1);
        }
        page.put(Role::Strong, key).space(1).put(Role::Plain, act);
    }
}

pub(super) fn summary(page: &mut Page, summary: &Summary) {
    page.put(Role::Strong, human::counted(summary.received, "delivery", "deliveries"));
    page.put(Role::Plain, format!(" in {}", human::duration(summary.ran)));
    let facts = [
        (Role::Verified, summary.verified, "verified"),
        (Role::Failed, summary.failed, "not verified"),
        (Role::Warning, summary.unjudged, "not checked"),
        (Role::Verified, summary.forwarded, "forwarded"),
        (Role::Failed, summary.forward_failed, "failed to forward"),
        (Role::Warning, summary.waiting, "waiting for a target"),
        (Role::Plain, summary.duplicates, "repeated"),
        (Role::Warning, summary.rejected, "turned away"),
        (Role::Failed, summary.not_kept, "not kept"),
        (Role::Plain, summary.filtered, "left out by the filters"),
        (Role::Failed, summary.filter_errors, "on which a filter failed"),
    ];
    for (at, (role, number, words)) in facts.into_iter().filter(|(_, number, _)| *number > 0).enumerate() {
        if at == 0 {
            page.put(Role::Plain, ":").space(1);
        } else {
            page.put(Role::Plain, ",").space(1);
        }
        page.put(role, format!("{} {words}", human::count(number)));
    }
    page.end_line();
}
