//! Header fields, with what must not be read over a shoulder shortened.

use super::delivery::INDENT;
use super::human;
use super::page::Page;
use super::style::{Mark, Role};
use crate::hook::headers::Headers;

/// The most bytes of a credential that are shown, and never more than a quarter of it.
const MAX_REVEALED: usize = 12;

/// Header fields, one a line; credentials and signatures shortened unless revealed.
pub fn fields(page: &mut Page, headers: &Headers, reveal: bool) {
    for field in headers.iter() {
        page.space(INDENT).put(Role::Key, field.name).put(Role::Dim, ": ");
        if reveal || field.value.is_empty() || !is_sensitive(field.name) {
            page.put(Role::Plain, field.value);
        } else {
            let shown = MAX_REVEALED.min(field.value.len() / 4);
            page.put(Role::Plain, field.value.get(..shown).unwrap_or_default())
                .mark(Role::Dim, Mark::Ellipsis);
            let size = human::counted(field.value.len() as u64, "byte", "bytes");
            page.put(Role::Dim, format!(" ({size})"));
        }
        page.end_line();
    }
}

/// Parts of the names of headers that carry a credential or a signature.
const SENSITIVE: [&str; 12] = [
    "authorization",
    "cookie",
    "signature",
    "-sig",
    "hmac",
    "token",
    "secret",
    "password",
    "api-key",
    "apikey",
    "x-auth",
    "credential",
];

/// Whether a header's value is a credential or a signature, by its name.
pub fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture::said;
    use crate::ui::style::Look;

    #[test]
    fn a_short_credential_is_not_given_away() {
        let headers =
            Headers::from_pairs([("X-Gitlab-Token", "hunter2hunter2"), ("Cookie", "a"), ("Accept", "*/*")]);
        assert_eq!(
            said(Look::PLAIN, |page| fields(page, &headers, false)),
            "          X-Gitlab-Token: hun… (14 bytes)\n          Cookie: … (1 byte)\n          Accept: */*\n"
        );
    }
}
