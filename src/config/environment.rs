//! The process environment as a value, read once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// A snapshot of the environment variables.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secrets.
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// What the process was started with.
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect(),
        )
    }

    /// From pairs, for tests.
    pub fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect())
    }

    /// All variables, by their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_os_str()))
    }

    /// A variable's text; `None` when it is unset, empty or not Unicode.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }

    /// A variable as the system gives it; `None` when it is unset.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str)
    }

    /// A variable's bytes; `None` when it is unset. An empty value is a value.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(|value| value.as_encoded_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_text_counts_as_unset_and_debug_shows_no_value() {
        let environment = Environment::from_pairs(&[("EDITOR", ""), ("KOJI_WEBHOOK_SECRET", "CANARY")]);
        assert_eq!(environment.text("EDITOR"), None);
        assert_eq!(environment.bytes("EDITOR"), Some(&b""[..]));
        assert!(!format!("{environment:?}").contains("CANARY"));
    }
}
