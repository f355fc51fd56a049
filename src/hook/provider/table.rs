//! TOML text as tables of settings that know their lines.
//!
//! Knows nothing of what the fields mean; `profile` does.

use super::error::ProfileError;
use crate::hook::json::quoted;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A word of a table: in the text that is compiled in, or of its own.
pub(super) type Text = Cow<'static, str>;

/// Where a setting stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: Arc<str>,
    pub(super) line: usize,
}

impl Place {
    pub(super) fn error(&self, field: &str, message: impl Into<String>) -> ProfileError {
        ProfileError {
            file: self.file.to_string(),
            line: self.line,
            field: Some(field.to_owned()),
            message: message.into(),
        }
    }

    pub(super) fn error_without_field(&self, message: impl Into<String>) -> ProfileError {
        ProfileError { file: self.file.to_string(), line: self.line, field: None, message: message.into() }
    }
}

/// A value of a setting.
#[derive(Clone, Debug)]
pub(super) enum Setting {
    Text(Text),
    Number(i64),
    Flag(bool),
    List(Vec<(Setting, Place)>),
    Table(Vec<Field>),
    Other(&'static str),
}

/// A named setting.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: Text,
    pub(super) setting: Setting,
    pub(super) place: Place,
}

/// One provider's table as it stands in its file.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) id: Text,
    pub(super) place: Place,
    pub(super) fields: Vec<Field>,
}

impl Table {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Setting {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Number(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }

    /// The setting as TOML, for showing a profile.
    pub(super) fn to_toml(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|(item, _)| item.to_toml()).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Table(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|field| format!("{} = {}", key_to_toml(&field.name), field.setting.to_toml()))
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
            Self::Other(kind) => (*kind).to_owned(),
        }
    }
}

fn key_to_toml(key: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if !key.is_empty() && key.chars().all(bare) {
        return key.to_owned();
    }
    quoted(key)
}

/// Reads every table of a text. `first_line` is the line the text begins at.
pub(super) fn parse(file: &Arc<str>, text: &str, first_line: usize) -> Result<Vec<Table>, ProfileError> {
    read(file, text, first_line, |text| Cow::Owned(text.into_owned()))
}

/// As [`parse`], of a text that is compiled in: what it says need not be copied.
pub(super) fn parse_builtin(
    file: &Arc<str>,
    text: &'static str,
    first_line: usize,
) -> Result<Vec<Table>, ProfileError> {
    read(file, text, first_line, |text| text)
}

fn read<'t>(
    file: &Arc<str>,
    text: &'t str,
    first_line: usize,
    keep: fn(Cow<'t, str>) -> Text,
) -> Result<Vec<Table>, ProfileError> {
    let lines = Lines { file, ends: memchr::memchr_iter(b'\n', text.as_bytes()).collect(), first_line, keep };
    let parsed = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        ProfileError {
            file: file.to_string(),
            line: lines.at(&span).line,
            field: field_at(text, span.start),
            message: error.message().to_owned(),
        }
    })?;
    // The parser sorts by name; people expect the order of the file.
    let mut entries: Vec<_> = parsed.into_inner().into_iter().collect();
    entries.sort_by_key(|(id, _)| id.span().start);
    let table = |(id, value): (Spanned<Cow<'t, str>>, Spanned<DeValue<'t>>)| {
        let place = lines.at(&id.span());
        let id = keep(id.into_inner());
        match value.into_inner() {
            DeValue::Table(table) => Ok(Table { id, place, fields: lines.fields(table) }),
            _ => Err(place.error(&id, "a provider file holds only tables, one a provider")),
        }
    };
    entries.into_iter().map(table).collect()
}

/// A provider file as text; says where it stops being text.
pub(super) fn as_text<'b>(file: &str, bytes: &'b [u8]) -> Result<&'b str, ProfileError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        ProfileError {
            file: file.to_owned(),
            line: memchr::memchr_iter(b'\n', good).count() + 1,
            field: field_at(&String::from_utf8_lossy(good), good.len()),
            message: "invalid UTF-8: a provider file is text in UTF-8".to_owned(),
        }
    })
}

/// The field that is set on the line of this place, as far as that can be told of
/// what is no TOML: the name before its `=`.
fn field_at(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let name = text.get(start..)?.lines().next()?.split_once('=')?.0.trim();
    let bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    (!name.is_empty() && name.chars().all(bare)).then(|| name.to_owned())
}

struct Lines<'f, 't> {
    file: &'f Arc<str>,
    /// Where each line ends.
    ends: Vec<usize>,
    first_line: usize,
    keep: fn(Cow<'t, str>) -> Text,
}

impl<'t> Lines<'_, 't> {
    fn at(&self, span: &Range<usize>) -> Place {
        let line = self.first_line + self.ends.partition_point(|end| *end < span.start);
        Place { file: Arc::clone(self.file), line }
    }

    fn fields(&self, table: DeTable<'t>) -> Vec<Field> {
        let field = |(name, value): (Spanned<Cow<'t, str>>, _)| {
            let (span, place) = (name.span(), self.at(&name.span()));
            (span.start, Field { name: (self.keep)(name.into_inner()), setting: self.setting(value), place })
        };
        let mut fields: Vec<(usize, Field)> = table.into_iter().map(field).collect();
        fields.sort_unstable_by_key(|(start, _)| *start);
        fields.into_iter().map(|(_, field)| field).collect()
    }

    fn setting(&self, value: Spanned<DeValue<'t>>) -> Setting {
        match value.into_inner() {
            DeValue::String(text) => Setting::Text((self.keep)(text)),
            DeValue::Integer(number) => {
                let digits = number.as_str();
                i64::from_str_radix(digits, number.radix())
                    .map_or(Setting::Other("a number out of range"), Setting::Number)
            }
            DeValue::Boolean(flag) => Setting::Flag(flag),
            DeValue::Array(items) => {
                let item = |item: Spanned<DeValue<'t>>| {
                    let place = self.at(&item.span());
                    (self.setting(item), place)
                };
                Setting::List(items.into_iter().map(item).collect())
            }
            DeValue::Table(table) => Setting::Table(self.fields(table)),
            DeValue::Float(_) => Setting::Other("a number with a fraction"),
            DeValue::Datetime(_) => Setting::Other("a date"),
        }
    }
}
