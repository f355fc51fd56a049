//! From a template of a profile to an expression of a language.

use super::Language;
use super::page::Page;
use super::quote::literal;
use crate::hook::template::{Filter, Part, Source, Template};

/// Writes expressions in one language.
pub(super) struct Writer<'p> {
    pub(super) language: Language,
    pub(super) page: &'p Page,
}

impl Writer<'_> {
    /// The bytes that a template stands for.
    pub(super) fn template(&self, template: &Template) -> Result<String, String> {
        let parts: Vec<String> =
            template.parts().iter().map(|part| self.part(part)).collect::<Result<_, _>>()?;
        match parts.as_slice() {
            [one] => Ok(one.clone()),
            parts => self.spelled("join", &[&parts.join(", ")]),
        }
    }

    fn part(&self, part: &Part) -> Result<String, String> {
        match part {
            Part::Literal(text) => self.spelled("literal", &[&self.text(text)]),
            Part::Placeholder(source, filters) => {
                let start = self.source(source)?;
                filters.iter().try_fold(start, |inner, filter| self.spelled(name_of(*filter), &[&inner]))
            }
        }
    }

    fn source(&self, source: &Source) -> Result<String, String> {
        let text = source.to_string();
        match text.split_once(':') {
            None => self.spelled(&text, &[]),
            Some(("json", path)) => self.spelled("json", &[&self.path(path)]),
            Some(("header", name)) => self.spelled("header", &[&self.header(name)]),
            Some((name, argument)) => self.spelled(name, &[&self.text(argument)]),
        }
    }

    /// A spelling of the page with `@1`, `@2` replaced.
    pub(super) fn spelled(&self, name: &str, arguments: &[&str]) -> Result<String, String> {
        let spelling = self.page.spelling(name).ok_or_else(|| {
            format!("the scheme needs `{{{name}}}`, which handlers in {} do not know", self.language)
        })?;
        let mut text = String::new();
        let mut rest = spelling;
        while let Some((before, after)) = rest.split_once('@') {
            text.push_str(before);
            let digit = after.chars().next().and_then(|letter| letter.to_digit(10));
            let argument = digit.and_then(|digit| arguments.get((digit as usize).checked_sub(1)?));
            text.push_str(argument.unwrap_or(&"@"));
            rest = if argument.is_some() { after.get(1..).unwrap_or_default() } else { after };
        }
        text.push_str(rest);
        Ok(text)
    }

    /// A string literal.
    pub(super) fn text(&self, text: &str) -> String {
        literal(self.language, text)
    }

    /// The keys of a JSON path, as string literals.
    pub(super) fn path(&self, path: &str) -> String {
        let keys: Vec<String> = path.split('.').map(|key| self.text(key)).collect();
        keys.join(", ")
    }

    /// A header's name as the language's server wants it.
    pub(super) fn header(&self, name: &str) -> String {
        match self.page.spelling("header-case") {
            Some("lower") => self.text(&name.to_ascii_lowercase()),
            // The names of CGI (RFC 3875, 4.1.18).
            Some("cgi") => self.text(&format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"))),
            _ => self.text(name),
        }
    }
}

const fn name_of(filter: Filter) -> &'static str {
    match filter {
        Filter::Digest(hash) => hash.as_str(),
        Filter::Hmac => "hmac",
        Filter::Crc32 => "crc32",
        Filter::Encode(encoding) => encoding.as_str(),
        Filter::Lower => "lower",
        Filter::Upper => "upper",
        Filter::Json => "json-escape",
        Filter::Uri => "uri",
    }
}
