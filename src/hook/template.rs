//! The template language of provider profiles: `{source:argument|filter}` with
//! everything else literal.
//!
//! A placeholder is `{` and a word of small letters; any other brace is
//! literal, so that JSON needs no escaping. Bytes go in and bytes come out; a
//! body without filters is handed on as it is, never copied. No conditions, no
//! loops, no arithmetic.

mod filter;

pub use filter::Filter;

use super::digest::{Sink, Tag};
use super::json::Path;
use filter::FILTERS;
use std::borrow::Cow;
use std::fmt;

/// Where a placeholder's bytes come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// The raw body.
    Body,
    /// The timestamp as it is written.
    Ts,
    /// The delivery's id.
    Id,
    /// The absolute URL the sender used.
    Url,
    /// The method.
    Method,
    /// The target up to the question mark.
    Path,
    /// Path and query as they stand on the request line.
    Target,
    /// The signing secret, decoded.
    Secret,
    /// The signature, encoded.
    Sig,
    /// The form fields sorted by name, names and values run together.
    Params,
    /// A public key or key id that goes with the secret.
    PublicKey,
    /// The id that the vendor gave the webhook, which nobody sends along.
    WebhookId,
    /// The headers that the sender lists as signed, as the profile's `signed_headers` writes them.
    SignedHeaders,
    /// The list of their names as the sender wrote it.
    SignedNames,
    /// The first header of this name.
    Header(Box<str>),
    /// The value at this path of the JSON body.
    Json(Path),
    /// The field of the form body.
    Form(Box<str>),
    /// The query parameter.
    Query(Box<str>),
}

// A constant would be made anew wherever it is searched.
static PLAIN_SOURCES: [(&str, Source); 14] = [
    ("body", Source::Body),
    ("ts", Source::Ts),
    ("id", Source::Id),
    ("url", Source::Url),
    ("method", Source::Method),
    ("path", Source::Path),
    ("target", Source::Target),
    ("secret", Source::Secret),
    ("sig", Source::Sig),
    ("params", Source::Params),
    ("public_key", Source::PublicKey),
    ("webhook_id", Source::WebhookId),
    ("signed_headers", Source::SignedHeaders),
    ("signed_names", Source::SignedNames),
];

impl Source {
    /// Reads `body`, `header:Name`, `json:a.b` and so on.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let needs = |argument: Option<&str>| {
            argument
                .filter(|argument| !argument.is_empty())
                .map(Box::<str>::from)
                .ok_or_else(|| TemplateError::NoArgument(name.to_owned()))
        };
        match name {
            "header" => needs(argument).map(Self::Header),
            "form" => needs(argument).map(Self::Form),
            "query" => needs(argument).map(Self::Query),
            "json" => {
                let path = needs(argument)?;
                Path::parse(&path).map(Self::Json).ok_or_else(|| TemplateError::BadPath(path.into()))
            }
            _ => {
                let (_, source) = PLAIN_SOURCES
                    .iter()
                    .find(|(known, _)| *known == name)
                    .ok_or_else(|| TemplateError::UnknownSource(name.to_owned()))?;
                match argument {
                    None => Ok(source.clone()),
                    Some(_) => Err(TemplateError::SpareArgument(name.to_owned())),
                }
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Json(path) => write!(f, "json:{}", path.as_str()),
            Self::Form(name) => write!(f, "form:{name}"),
            Self::Query(name) => write!(f, "query:{name}"),
            plain => f.write_str(
                PLAIN_SOURCES.iter().find(|(_, source)| source == plain).map_or("", |(name, _)| name),
            ),
        }
    }
}

/// Every `hex` doubles what it gets: a short line could ask for more memory than there is.
const MOST_FILTERS: usize = 4;

/// Why a text is not a template or a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A word that names no source.
    #[error("unknown source `{0}`{near}", near = nearest_source(.0))]
    UnknownSource(String),
    /// A word that names no filter.
    #[error("unknown filter `{0}`{near}", near = nearest(.0, FILTERS.iter().map(|(name, _)| *name)))]
    UnknownFilter(String),
    /// Filters that could make a body any number of times as long.
    #[error("`{{{0}}}` has more than {MOST_FILTERS} filters")]
    TooManyFilters(String),
    /// `header`, `json`, `form` or `query` without a name.
    #[error("`{0}` needs a name after a colon, as in `{0}:name`")]
    NoArgument(String),
    /// Something after a colon that nothing reads.
    #[error("`{0}` takes nothing after a colon")]
    SpareArgument(String),
    /// An empty part in a JSON path.
    #[error("`{0}` is not a path such as `data.id` or `events.0.type`")]
    BadPath(String),
    /// `{word` without an end.
    #[error("`{{{0}` has no closing brace")]
    Unclosed(String),
}

fn nearest_source(word: &str) -> String {
    nearest(word, source_words())
}

/// The words for sources.
pub(in crate::hook) fn source_words() -> impl Iterator<Item = &'static str> {
    PLAIN_SOURCES.iter().map(|(name, _)| *name).chain(["header", "json", "form", "query"])
}

/// The words for filters.
#[cfg(test)]
pub(in crate::hook) fn filter_words() -> impl Iterator<Item = &'static str> {
    FILTERS.iter().map(|(name, _)| *name)
}

/// `; did you mean ...` when one of `known` is near.
pub(in crate::hook) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest_of(word, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// The nearest of `known` that is near enough to be meant.
pub(in crate::hook) fn nearest_of<'k>(
    word: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    // Bounded, because the comparison is quadratic and the word may be anything.
    let word: String = word.chars().take(64).flat_map(char::to_lowercase).collect();
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&word, known), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// One part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Bytes that stand for themselves.
    Literal(Box<str>),
    /// Bytes that are looked up.
    Placeholder(Source, Vec<Filter>),
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Template {
    parts: Vec<Part>,
}

/// Answers what a placeholder stands for.
pub trait Lookup {
    /// The bytes of a source; `None` when there is no such thing.
    fn lookup(&self, source: &Source) -> Option<Cow<'_, [u8]>>;
    /// The HMAC of `data` under the profile's key; `None` without a key.
    fn hmac(&self, data: &[u8]) -> Option<Tag>;
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Says what is wrong with a placeholder.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            literal.push_str(before);
            let word = after.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '_'));
            let (word, tail) = after.split_at(word.unwrap_or(after.len()));
            if word.is_empty() || !(tail.is_empty() || tail.starts_with([':', '|', '}'])) {
                literal.push('{');
                rest = after;
                continue;
            }
            let (inside, tail) =
                after.split_once('}').ok_or_else(|| TemplateError::Unclosed(after.to_owned()))?;
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal).into()));
            }
            parts.push(placeholder(inside)?);
            rest = tail;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.into()));
        }
        Ok(Self { parts })
    }

    /// The parts in their order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The same template with this text in place of a source, filters and all.
    pub(in crate::hook) fn with_text(&self, source: &Source, text: &str) -> Self {
        let part = |part: &Part| match part {
            Part::Placeholder(used, _) if used == source => Part::Literal(text.into()),
            other => other.clone(),
        };
        Self { parts: self.parts.iter().map(part).collect() }
    }

    /// The sources of all placeholders.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Placeholder(source, _) => Some(source),
        })
    }

    /// Whether a placeholder uses this source.
    pub fn uses(&self, source: &Source) -> bool {
        self.sources().any(|used| used == source)
    }

    /// Whether a placeholder needs the profile's key.
    pub fn needs_key(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Literal(_) => false,
            Part::Placeholder(source, filters) => {
                *source == Source::Secret || filters.contains(&Filter::Hmac)
            }
        })
    }

    /// Writes the template. What is not there is written as nothing: vendors
    /// sign an absent field as an empty one.
    pub fn render(&self, lookup: &impl Lookup, sink: &mut impl Sink) {
        for part in &self.parts {
            // The absence is meant: nothing is written for it.
            let _absent = write_part(part, lookup, sink);
        }
    }

    /// Writes the template, or nothing useful when a placeholder stands for
    /// nothing or for no bytes.
    pub fn render_complete(&self, lookup: &impl Lookup) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        for part in &self.parts {
            let before = text.len();
            write_part(part, lookup, &mut text)?;
            if matches!(part, Part::Placeholder(..)) && text.len() == before {
                return None;
            }
        }
        Some(text)
    }
}

fn placeholder(inside: &str) -> Result<Part, TemplateError> {
    let mut words = inside.split('|');
    if words.clone().count() > MOST_FILTERS + 1 {
        return Err(TemplateError::TooManyFilters(inside.to_owned()));
    }
    let source = Source::parse(words.next().unwrap_or_default())?;
    let filters = words
        .map(|word| {
            FILTERS
                .iter()
                .find(|(name, _)| *name == word)
                .map(|(_, filter)| *filter)
                .ok_or_else(|| TemplateError::UnknownFilter(word.to_owned()))
        })
        .collect::<Result<_, _>>()?;
    Ok(Part::Placeholder(source, filters))
}

fn write_part(part: &Part, lookup: &impl Lookup, sink: &mut impl Sink) -> Option<()> {
    match part {
        Part::Literal(text) => sink.write(text.as_bytes()),
        Part::Placeholder(source, filters) => {
            let mut bytes = lookup.lookup(source)?;
            for filter in filters {
                bytes = Cow::Owned(filter.apply(&bytes, lookup)?);
            }
            sink.write(&bytes);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests;
