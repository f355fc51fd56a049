//! Typed access to the settings of one table; every complaint carries file,
//! line and field.

use super::error::ProfileError;
use super::table::{Field, Place as Spot, Setting, Table};
use crate::hook::condition::Condition;
use crate::hook::template::{Source, Template, nearest};

/// The settings of a provider or of one of its handshakes.
pub(super) struct Reader<'t> {
    fields: &'t [Field],
    spot: &'t Spot,
}

impl<'t> Reader<'t> {
    /// Reads a provider's table; a field that is not in `known` is a mistake.
    pub(super) fn of_table(table: &'t Table, known: &[&str]) -> Result<Self, ProfileError> {
        Self::checked(&table.fields, &table.place, known)
    }

    fn checked(fields: &'t [Field], spot: &'t Spot, known: &[&str]) -> Result<Self, ProfileError> {
        fields.iter().try_for_each(|field| Self::known(field, known))?;
        Ok(Self { fields, spot })
    }

    /// Reads a provider's table whose fields are still to be looked at.
    pub(super) fn of(table: &'t Table) -> Self {
        Self { fields: &table.fields, spot: &table.place }
    }

    /// Whether there is such a field.
    pub(super) fn known(field: &Field, known: &[&str]) -> Result<(), ProfileError> {
        if known.contains(&&*field.name) {
            return Ok(());
        }
        let near = nearest(&field.name, known.iter().copied());
        Err(field.place.error(&field.name, format!("there is no such field{near}")))
    }

    pub(super) fn field(&self, name: &str) -> Option<&'t Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The line that the table begins at.
    pub(super) fn line(&self) -> usize {
        self.spot.line
    }

    /// Where to point when `name` is at fault: its own line, or the table's.
    pub(super) fn error(&self, name: &str, message: impl Into<String>) -> ProfileError {
        self.field(name).map_or(self.spot, |field| &field.place).error(name, message)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'t str>, ProfileError> {
        match self.field(name).map(|field| (&field.setting, &field.place)) {
            None => Ok(None),
            Some((Setting::Text(text), _)) => Ok(Some(text)),
            Some((other, spot)) => Err(wrong_type(spot, name, "a string", other)),
        }
    }

    /// A string or an array of strings.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<(&'t str, &'t Spot)>, ProfileError> {
        match self.field(name).map(|field| (&field.setting, &field.place)) {
            None => Ok(Vec::new()),
            Some((setting, spot)) => texts_of(setting, spot, name),
        }
    }

    pub(super) fn number(&self, name: &str, most: i64) -> Result<Option<u64>, ProfileError> {
        match self.field(name).map(|field| (&field.setting, &field.place)) {
            None => Ok(None),
            Some((Setting::Number(number), spot)) => match u64::try_from(*number) {
                Ok(value) if *number <= most => Ok(Some(value)),
                _ => Err(spot.error(name, format!("{number} is not between 0 and {most}"))),
            },
            Some((other, spot)) => Err(wrong_type(spot, name, "a whole number", other)),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, ProfileError> {
        match self.field(name).map(|field| (&field.setting, &field.place)) {
            None => Ok(false),
            Some((Setting::Flag(flag), _)) => Ok(*flag),
            Some((other, spot)) => Err(wrong_type(spot, name, "true or false", other)),
        }
    }

    /// One of the words of a list.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: &[(&'static str, T)],
    ) -> Result<Option<T>, ProfileError> {
        let Some(word) = self.text(name)? else { return Ok(None) };
        if let Some((_, choice)) = choices.iter().find(|(known, _)| *known == word) {
            return Ok(Some(*choice));
        }
        let known: Vec<&str> = choices.iter().map(|(known, _)| *known).collect();
        Err(self.error(name, format!("`{word}` is none of {}", known.join(", "))))
    }

    pub(super) fn template(&self, name: &str) -> Result<Option<Template>, ProfileError> {
        let parse = |text| Template::parse(text).map_err(|error| self.error(name, error.to_string()));
        self.text(name)?.map(parse).transpose()
    }

    pub(super) fn templates(&self, name: &str) -> Result<Vec<Template>, ProfileError> {
        let parse = |(text, spot): (&str, &Spot)| {
            Template::parse(text).map_err(|error| spot.error(name, error.to_string()))
        };
        self.texts(name)?.into_iter().map(parse).collect()
    }

    pub(super) fn source(&self, name: &str) -> Result<Option<Source>, ProfileError> {
        let parse = |text| Source::parse(text).map_err(|error| self.error(name, error.to_string()));
        self.text(name)?.map(parse).transpose()
    }

    pub(super) fn sources(&self, name: &str) -> Result<Vec<Source>, ProfileError> {
        let parse = |(text, spot): (&str, &Spot)| {
            Source::parse(text).map_err(|error| spot.error(name, error.to_string()))
        };
        self.texts(name)?.into_iter().map(parse).collect()
    }

    /// A table of strings, in the order of the file.
    pub(super) fn pairs(&self, name: &str) -> Result<Vec<(&'t str, &'t str, &'t Spot)>, ProfileError> {
        let Some(field) = self.field(name) else { return Ok(Vec::new()) };
        let Setting::Table(fields) = &field.setting else {
            return Err(wrong_type(&field.place, name, "a table of strings", &field.setting));
        };
        let pair = |field: &'t Field| match &field.setting {
            Setting::Text(text) => Ok((&*field.name, &**text, &field.place)),
            other => Err(wrong_type(&field.place, name, "a table of strings", other)),
        };
        fields.iter().map(pair).collect()
    }

    /// A condition: a string, or an array of which one must hold.
    pub(super) fn condition(&self, name: &str) -> Result<Option<Condition>, ProfileError> {
        let tests = self.texts(name)?;
        if tests.is_empty() {
            return Ok(None);
        }
        let parsed = Condition::parse(tests.into_iter().map(|(text, _)| text));
        parsed.map(Some).map_err(|error| self.error(name, error.to_string()))
    }

    /// Conditions that must all hold; each is a string or an array of alternatives.
    pub(super) fn conditions(&self, name: &str) -> Result<Vec<Condition>, ProfileError> {
        let Some(field) = self.field(name) else { return Ok(Vec::new()) };
        let Setting::List(items) = &field.setting else {
            return Err(wrong_type(&field.place, name, "an array", &field.setting));
        };
        let condition = |(item, spot): &'t (Setting, Spot)| {
            let tests = texts_of(item, spot, name)?;
            Condition::parse(tests.into_iter().map(|(text, _)| text))
                .map_err(|error| spot.error(name, error.to_string()))
        };
        items.iter().map(condition).collect()
    }

    /// An array of tables, each read by its own reader.
    pub(super) fn tables(&self, name: &str, known: &[&str]) -> Result<Vec<Self>, ProfileError> {
        let Some(field) = self.field(name) else { return Ok(Vec::new()) };
        let Setting::List(items) = &field.setting else {
            return Err(wrong_type(&field.place, name, "an array of tables", &field.setting));
        };
        let table = |(item, spot): &'t (Setting, Spot)| match item {
            Setting::Table(fields) => Reader::checked(fields, spot, known),
            other => Err(wrong_type(spot, name, "an array of tables", other)),
        };
        items.iter().map(table).collect()
    }
}

fn texts_of<'t>(
    setting: &'t Setting,
    spot: &'t Spot,
    name: &str,
) -> Result<Vec<(&'t str, &'t Spot)>, ProfileError> {
    match setting {
        Setting::Text(text) => Ok(vec![(text, spot)]),
        Setting::List(items) => items
            .iter()
            .map(|(item, spot)| match item {
                Setting::Text(text) => Ok((&**text, spot)),
                other => Err(wrong_type(spot, name, "an array of strings", other)),
            })
            .collect(),
        other => Err(wrong_type(spot, name, "a string or an array of strings", other)),
    }
}

fn wrong_type(spot: &Spot, name: &str, wanted: &str, found: &Setting) -> ProfileError {
    spot.error(name, format!("must be {wanted}, not {}", found.kind()))
}
