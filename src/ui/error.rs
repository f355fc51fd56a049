//! The form in which a command's failure is shown.
//!
//! ```text
//! hookctl: could not register webhook with userjourneys
//! Caused by: 403 Forbidden: key lacks webhooks:write
//!
//! hint: hookctl login --provider userjourneys
//! ```
//!
//! Takes plain data; what failed and which exit code it means is `cli`'s.

use super::page::Page;
use super::stream::Streams;
use super::style::Role;
use std::error::Error;

/// The most causes that are shown; a longer chain tells nobody more.
const MAX_CAUSES: usize = 8;

/// Puts a failure on a page.
pub fn failure(page: &mut Page, message: &str, causes: &[String], hints: &[String]) {
    page.put(Role::Failed, "hookctl:").space(1).put(Role::Plain, message).end_line();
    for cause in causes {
        page.put(Role::Dim, "Caused by:").space(1).put(Role::Plain, cause).end_line();
    }
    if !hints.is_empty() {
        page.end_line();
    }
    for hint in hints {
        page.put(Role::Strong, "hint:").space(1).put(Role::Plain, hint).end_line();
    }
}

/// Shows a failure on standard error, whatever `--quiet` says.
pub fn show(streams: &Streams, message: &str, causes: &[String], hints: &[String]) {
    let mut page = streams.narration();
    failure(&mut page, message, causes, hints);
    streams.talk(&page);
}

/// The messages of an error and of its sources, outermost first. A message
/// that the one above already ends with is left out: many libraries repeat
/// their source in their own text.
pub fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let message = error.to_string();
        if !messages.last().is_some_and(|above| above.ends_with(&message)) {
            messages.push(message);
        }
        next = error.source().filter(|_| messages.len() < MAX_CAUSES);
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::stream::captured;
    use crate::ui::style::Look;

    #[derive(Debug, thiserror::Error)]
    #[error("could not read the key file")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error("permission problem: {0}")]
    struct Middle(#[source] std::io::Error);

    #[test]
    fn a_failure_has_its_causes_and_hints() {
        let (streams, out, err) = captured(Look::PLAIN, true);
        show(
            &streams,
            "could not listen on 127.0.0.1:4400",
            &["address already in use\x1b[2J".to_owned()],
            &["hookctl listen --port 0".to_owned()],
        );
        assert_eq!(out.text(), "");
        assert_eq!(
            err.text(),
            "hookctl: could not listen on 127.0.0.1:4400\n\
             Caused by: address already in use\\x1b[2J\n\
             \n\
             hint: hookctl listen --port 0\n"
        );
    }

    #[test]
    fn a_chain_does_not_say_a_thing_twice() {
        let error = Outer(Middle(std::io::Error::other("denied")));
        assert_eq!(chain(&error), ["could not read the key file", "permission problem: denied"]);
    }
}
