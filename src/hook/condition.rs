//! Conditions of a profile: `SOURCE`, `SOURCE=VALUE` or `method:HEAD`, and
//! lists of them of which one must hold.

use super::template::{Lookup, Source, TemplateError};

/// Holds when one of its tests holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    tests: Vec<Test>,
}

/// A source that must be there, or must have one value.
#[derive(Clone, Debug, PartialEq)]
struct Test {
    source: Source,
    value: Option<Box<str>>,
}

impl Condition {
    /// Reads the alternatives.
    ///
    /// # Errors
    /// Says what is wrong with one of them.
    pub fn parse<'t>(tests: impl IntoIterator<Item = &'t str>) -> Result<Self, TemplateError> {
        let tests = tests.into_iter().map(Test::parse).collect::<Result<_, _>>()?;
        Ok(Self { tests })
    }

    /// Whether one of the tests holds.
    pub fn holds(&self, lookup: &impl Lookup) -> bool {
        self.tests.iter().any(|test| test.holds(lookup))
    }

    /// The first test: what it looks at, and the value that must be there.
    pub fn first(&self) -> Option<(&Source, Option<&str>)> {
        self.tests.first().map(|test| (&test.source, test.value.as_deref()))
    }

    /// The alternatives: what must be there, and the value it must have, where one is asked for.
    pub fn tests(&self) -> impl Iterator<Item = (&Source, Option<&str>)> {
        self.tests.iter().map(|test| (&test.source, test.value.as_deref()))
    }

    /// What the tests look at.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.tests.iter().map(|test| &test.source)
    }
}

impl Test {
    fn parse(text: &str) -> Result<Self, TemplateError> {
        if let Some(method) = text.strip_prefix("method:") {
            return Ok(Self { source: Source::Method, value: Some(method.into()) });
        }
        let (source, value) = match text.split_once('=') {
            Some((source, value)) => (source, Some(value)),
            None => (text, None),
        };
        Ok(Self { source: Source::parse(source)?, value: value.map(Into::into) })
    }

    fn holds(&self, lookup: &impl Lookup) -> bool {
        let found = lookup.lookup(&self.source);
        match (&self.value, found) {
            (None, found) => found.is_some(),
            (Some(value), Some(found)) => found.as_ref() == value.as_bytes(),
            (Some(_), None) => false,
        }
    }
}
