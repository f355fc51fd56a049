//! A bar for work on many items, on a terminal that somebody watches.
//!
//! Drawn on standard error by `indicatif`; with `--quiet`, in an automated run
//! or without a terminal there is no bar and every call is free. Text that is
//! printed meanwhile goes through [`Progress::aside`], so that it does not tear
//! the bar. Does not count by itself.

use super::sanitize::{Charset, Rules};
use super::style::{Look, Surroundings};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar, or nothing.
#[derive(Clone, Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many items, where one can be seen.
    pub fn new(label: &str, items: u64, look: Look, surroundings: &Surroundings, quiet: bool) -> Self {
        let seen =
            std::io::stderr().is_terminal() && !quiet && !surroundings.automated() && !surroundings.dumb();
        if seen { Self::on(label, items, look, ProgressDrawTarget::stderr()) } else { Self::hidden() }
    }

    /// No bar.
    pub fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    fn on(label: &str, items: u64, look: Look, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(items), target);
        let template = "{msg} [{bar:30}] {human_pos}/{human_len} {eta}";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let signs = if look.charset == Charset::Unicode { "█▌ " } else { "#> " };
        bar.set_style(style.progress_chars(signs));
        bar.set_message(Rules::field(look.charset).apply(label.as_bytes()).into_owned());
        Self(bar)
    }

    /// Whether there is no bar.
    pub fn is_hidden(&self) -> bool {
        self.0.is_hidden()
    }

    /// One item more is done.
    pub fn step(&self) {
        self.0.inc(1);
    }

    /// Prints something else while the bar is out of the way. What it prints
    /// must not touch the bar.
    pub fn aside<R>(&self, print: impl FnOnce() -> R) -> R {
        self.0.suspend(print)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::{InMemoryTerm, TermLike};

    #[test]
    fn nobody_watching_means_no_bar() {
        let automated = Surroundings { ci: Some("true".to_owned()), ..Surroundings::default() };
        assert!(Progress::new("replaying", 3, Look::PLAIN, &automated, false).is_hidden());
        assert!(Progress::new("replaying", 3, Look::PLAIN, &Surroundings::default(), true).is_hidden());
    }

    #[test]
    fn a_bar_shows_where_the_work_is_and_goes_away() {
        let terminal = InMemoryTerm::new(5, 80);
        assert_eq!(terminal.width(), 80);
        let look = Look { charset: Charset::Plain, ..Look::PLAIN };
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let progress = Progress::on("replaying \x1b]0;x\x07", 2, look, target);
        progress.step();
        assert!(terminal.contents().contains("replaying \\x1b]0;x\\x07 [###"), "{}", terminal.contents());
        assert!(terminal.contents().contains("1/2"));
        assert_eq!(progress.aside(|| terminal.contents()), "");
        progress.finish();
        assert_eq!(terminal.contents(), "");
    }
}
