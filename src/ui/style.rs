//! What a stream can show, and the colours of what is shown.
//!
//! Decided once for each stream from the flag, the environment and whether the
//! stream is a terminal. `colored` names the colours; its own global switch,
//! which looks at standard output alone, is never asked. Does not read the
//! environment: the caller looks the variables up.

use super::sanitize::Charset;
use colored::Color;

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The environment variables that decide how output looks and whether to ask.
/// Looked up by the caller: `ui` does not know where they come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `NO_COLOR`: any text switches colours off.
    pub no_color: Option<String>,
    /// `CLICOLOR_FORCE`: any text but `0` switches colours on.
    pub clicolor_force: Option<String>,
    /// `CLICOLOR`: `0` switches colours off.
    pub clicolor: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// `CI`: any text but `false` and `0` means that nobody watches.
    pub ci: Option<String>,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that holds text.
    pub locale: Option<String>,
}

impl Surroundings {
    /// Looks the variables up with `variable`.
    pub fn from_lookup(variable: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        Self {
            no_color: filled("NO_COLOR"),
            clicolor_force: filled("CLICOLOR_FORCE"),
            clicolor: filled("CLICOLOR"),
            term: filled("TERM"),
            ci: filled("CI"),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(filled),
        }
    }

    /// Whether a stream gets colours. A person's word on the command line comes
    /// first, then `NO_COLOR`, which people set to be left alone everywhere.
    pub fn colors(&self, choice: ColorChoice, terminal: bool) -> bool {
        let set = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
        match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set(&self.no_color) => false,
            ColorChoice::Auto if set(&self.clicolor_force) && !is(&self.clicolor_force, "0") => true,
            ColorChoice::Auto => terminal && !self.dumb() && !is(&self.clicolor, "0"),
        }
    }

    /// Whether the terminal is known to understand nothing.
    pub fn dumb(&self) -> bool {
        is(&self.term, "dumb")
    }

    /// Whether this is an automated run, where nobody answers.
    pub fn automated(&self) -> bool {
        self.ci.as_ref().is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
    }

    /// The letters to use. No locale at all counts as UTF-8: containers set
    /// none, and the terminals around them have read UTF-8 for twenty years.
    pub fn charset(&self) -> Charset {
        let utf8 = self.locale.as_ref().is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8")
        });
        match (utf8, self.dumb()) {
            (false, _) => Charset::Ascii,
            (true, true) => Charset::Plain,
            (true, false) => Charset::Unicode,
        }
    }
}

fn is(value: &Option<String>, text: &str) -> bool {
    value.as_ref().is_some_and(|value| value == text)
}

/// What one stream can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether text is painted.
    pub colors: bool,
    /// The letters to use.
    pub charset: Charset,
    /// The width of the terminal; `None` when the stream is not one.
    pub width: Option<usize>,
}

impl Look {
    /// No colours, all letters, no width: a file or a pipe.
    pub const PLAIN: Self = Self { colors: false, charset: Charset::Unicode, width: None };
}

/// What a piece of text is; the colour follows from it and never stands alone
/// for a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ordinary text.
    Plain,
    /// A title or the name that matters most in a line.
    Strong,
    /// Text that is there when looked for: times, labels, folded parts.
    Dim,
    /// A signature that holds, a target that took the delivery.
    Verified,
    /// A signature that does not hold, an attempt that failed.
    Failed,
    /// Something that nobody could check, or that wants attention.
    Warning,
    /// An event's name.
    Event,
    /// The number of a delivery.
    Seq,
    /// A URL or a target.
    Url,
    /// A key of a JSON object, a header's name.
    Key,
    /// A JSON string.
    String,
    /// A JSON number.
    Number,
    /// `true`, `false`, `null`.
    Word,
}

impl Role {
    const fn paint(self) -> (Option<Color>, Option<&'static str>) {
        match self {
            Self::Plain => (None, None),
            Self::Strong => (None, Some("1")),
            Self::Dim => (None, Some("2")),
            Self::Verified | Self::String => (Some(Color::Green), None),
            Self::Failed => (Some(Color::Red), Some("1")),
            Self::Warning | Self::Word => (Some(Color::Yellow), None),
            Self::Event => (Some(Color::Cyan), Some("1")),
            Self::Seq | Self::Number => (Some(Color::Magenta), None),
            Self::Url | Self::Key => (Some(Color::BrightBlue), None),
        }
    }

    /// The sequence that switches this role's colour on; `None` for plain text.
    pub(super) fn sequence(self) -> Option<String> {
        let (color, attribute) = self.paint();
        let codes: Vec<String> = attribute
            .map(str::to_owned)
            .into_iter()
            .chain(color.map(|color| color.to_fg_str().into_owned()))
            .collect();
        (!codes.is_empty()).then(|| format!("\x1b[{}m", codes.join(";")))
    }
}

/// The sequence that ends every colour.
pub(super) const END: &str = "\x1b[0m";

/// A sign of hookctl's own, with a form for plain terminals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// Nobody can say.
    Unsure,
    /// What follows went there.
    Arrow,
    /// Something is left out.
    Ellipsis,
    /// Between two facts.
    Dot,
    /// Wants attention.
    Alert,
}

impl Mark {
    /// The sign in these letters.
    pub const fn text(self, charset: Charset) -> &'static str {
        let unicode = matches!(charset, Charset::Unicode);
        match self {
            Self::Yes if unicode => "✓",
            Self::No if unicode => "✗",
            Self::Arrow if unicode => "→",
            Self::Ellipsis if unicode => "…",
            Self::Dot if unicode => "·",
            Self::Alert if unicode => "⚠",
            Self::Yes => "[ok]",
            Self::No => "[x]",
            Self::Unsure if unicode => "?",
            Self::Unsure => "[?]",
            Self::Arrow => "->",
            Self::Ellipsis => "...",
            Self::Dot => "-",
            Self::Alert => "!",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(pairs: &[(&str, &str)]) -> Surroundings {
        Surroundings::from_lookup(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn colours_follow_the_flag_then_the_environment_then_the_terminal() {
        use ColorChoice::{Always, Auto, Never};
        for (pairs, choice, terminal, colors) in [
            (&[][..], Auto, true, true),
            (&[], Auto, false, false),
            (&[], Always, false, true),
            (&[], Never, true, false),
            (&[("NO_COLOR", "1")], Auto, true, false),
            (&[("NO_COLOR", "")], Auto, true, true),
            (&[("NO_COLOR", "1")], Always, false, true),
            (&[("CLICOLOR_FORCE", "1")], Auto, false, true),
            (&[("CLICOLOR_FORCE", "0")], Auto, false, false),
            (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], Auto, true, false),
            (&[("CLICOLOR", "0")], Auto, true, false),
            (&[("TERM", "dumb")], Auto, true, false),
            (&[("TERM", "dumb")], Always, true, true),
            (&[("TERM", "xterm-256color")], Auto, true, true),
        ] {
            assert_eq!(
                surroundings(pairs).colors(choice, terminal),
                colors,
                "{pairs:?} {choice:?} {terminal}"
            );
        }
    }

    #[test]
    fn letters_follow_the_locale_and_the_terminal() {
        for (pairs, charset) in [
            (&[][..], Charset::Unicode),
            (&[("LANG", "de_DE.UTF-8")], Charset::Unicode),
            (&[("LANG", "C.utf8")], Charset::Unicode),
            (&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")], Charset::Ascii),
            (&[("LC_ALL", ""), ("LANG", "de_DE.UTF-8")], Charset::Unicode),
            (&[("LANG", "de_DE.ISO-8859-1")], Charset::Ascii),
            (&[("TERM", "dumb"), ("LANG", "en_US.UTF-8")], Charset::Plain),
        ] {
            assert_eq!(surroundings(pairs).charset(), charset, "{pairs:?}");
        }
    }

    #[test]
    fn automation_is_recognised() {
        assert!(surroundings(&[("CI", "true")]).automated());
        assert!(surroundings(&[("CI", "1")]).automated());
        assert!(!surroundings(&[("CI", "false")]).automated());
        assert!(!surroundings(&[]).automated());
    }

    #[test]
    fn sequences() {
        assert_eq!(Role::Plain.sequence(), None);
        assert_eq!(Role::Verified.sequence().as_deref(), Some("\x1b[32m"));
        assert_eq!(Role::Failed.sequence().as_deref(), Some("\x1b[1;31m"));
    }
}
