//! What `hookctl check` asks of a handler, as data, and what an answer means.
//!
//! A case says what is sent (changes made to a good delivery, or a script of
//! several) and what a good handler does; a finding says what was seen. Nothing
//! here sends anything: `job::check` does.

mod case;
mod change;
mod craft;
mod fact;
mod finding;
mod judge;
mod leaks;
mod mend;
mod request;
mod source;

pub use case::{Case, Expect, Group, Script, Severity, Suite};
pub use change::Change;
pub use craft::{CraftError, Workshop, fresh_secret};
pub use fact::Fact;
pub use finding::{Finding, Outcome, Place, Seen, Symptom};
pub use judge::{Answered, judge, symptom_of, words_of};
pub use leaks::{Leak, Leaks};
pub use mend::{Language, mend};
pub use request::Request;
pub use source::{Dialect, LONGEST_FILE, Lint, lint};
