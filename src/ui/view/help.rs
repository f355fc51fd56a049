//! The page behind `?`: the keys, the words of a filter, the listener, and what was said.

use super::words;
use crate::job::report::Ready;
use crate::ui::frame;
use crate::ui::page::Page;
use crate::ui::style::Role;
use crate::ui::text::TextOptions;

/// The keys and what they do. Those that a line of keys has room for come first.
pub(super) const KEYS: [(&str, &str, &str); 16] = [
    ("d", "open", "open the delivery: headers, payload, verdict, attempts; so does enter"),
    ("r", "replay", "send it again, as it came, to every target; asks for one where there is none"),
    ("e", "edit", "edit its payload in $EDITOR, sign it again and send it"),
    ("/", "filter", "show only some deliveries; esc shows all again"),
    ("y", "copy", "copy it as a curl command"),
    ("space", "pause", "hold the list, or go on; deliveries are received all the same"),
    ("o", "browser", "open it in the browser"),
    ("up down j k", "", "move"),
    ("pgup pgdn", "", "move by a page; so do ctrl-b and ctrl-f"),
    ("g G", "", "to the newest, which stays selected while others come; to the oldest"),
    ("n p", "", "in an open delivery: the next older one, the next newer one"),
    ("esc", "", "back; drop the filter"),
    ("ctrl-l", "", "draw the screen anew"),
    ("ctrl-z", "", "stop for a while; `fg` comes back"),
    ("?", "help", "this page"),
    ("q", "stop", "stop listening; so does ctrl-c"),
];

/// Puts the help on a page.
pub(super) fn page(page: &mut Page, ready: Option<&Ready>, said: &[Page]) {
    heading(page, "keys");
    for (key, _, act) in KEYS {
        page.space(2).put(Role::Strong, key).pad_to(14).put(Role::Plain, act).end_line();
    }
    page.end_line();
    heading(page, "filter: the words of `hookctl events list`");
    page.space(2).put(Role::Plain, words::WITH_VALUE.map(|word| format!("{word}=")).join("  ")).end_line();
    page.space(2).put(Role::Plain, words::ALONE.join("  ")).end_line();
    page.space(2).put(Role::Dim, "such as: type=interview.* verdict=failed since=1h 'any text'").end_line();
    page.end_line();
    if let Some(ready) = ready {
        frame::banner(page, ready, TextOptions::default());
        page.end_line();
    }
    heading(page, "said");
    if said.is_empty() {
        page.space(2).put(Role::Dim, "nothing yet").end_line();
    }
    for one in said {
        page.space(2).append(one).end_line();
    }
}

fn heading(page: &mut Page, text: &str) {
    page.put(Role::Strong, text).end_line();
}
