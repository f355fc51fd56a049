//! The line of a connection or request that was turned away.

use super::delivery::status_role;
use super::page::Page;
use super::style::{Mark, Role};
use crate::job::report::Rejected;

/// A connection or request that was turned away.
pub(super) fn rejected(page: &mut Page, rejected: &Rejected) {
    page.put(Role::Dim, rejected.at.local_time_of_day()).space(2);
    turned_away(page, rejected);
    page.end_line();
}

/// How many more were turned away for the same reason within a second.
pub(super) fn rejected_more(page: &mut Page, code: &str, more: &str) {
    // Below the others, which begin with the time.
    page.space("00:00:00  ".len()).mark(Role::Warning, Mark::No).space(1);
    page.put(Role::Warning, "rejected").space(2);
    page.put(Role::Plain, more).put(Role::Plain, " more").space(2);
    page.mark(Role::Dim, Mark::Arrow).space(1).put(Role::Plain, code).end_line();
}

/// The same without its time and the end of the line.
pub(super) fn turned_away(page: &mut Page, rejected: &Rejected) {
    page.mark(Role::Warning, Mark::No).space(1).put(Role::Warning, "rejected").space(2);
    page.put(Role::Plain, rejected.peer.to_string()).space(2).mark(Role::Dim, Mark::Arrow).space(1);
    match rejected.status {
        Some(status) => page.put(status_role(status), status.to_string()),
        None => page.put(Role::Plain, "closed"),
    };
    page.space(2).put(Role::Plain, rejected.code).put(Role::Dim, ": ").put(Role::Plain, &rejected.reason);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture::{AT, said};
    use crate::ui::style::Look;

    #[test]
    fn what_was_turned_away_is_said() {
        let given = Rejected {
            at: AT,
            peer: "127.0.0.1:5".parse().unwrap(),
            status: Some(413),
            code: "body_too_large",
            reason: "the body is over 25 MiB".to_owned(),
        };
        assert_eq!(
            said(Look::PLAIN, |page| rejected(page, &given)),
            "TIME  ✗ rejected  127.0.0.1:5  → 413  body_too_large: the body is over 25 MiB\n"
        );
        let closed = Rejected { status: None, ..given };
        assert!(said(Look::PLAIN, |page| rejected(page, &closed)).contains("→ closed  "));
    }
}
