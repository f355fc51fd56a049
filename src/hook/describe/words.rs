//! Sources, filters, templates and conditions in words.

use super::settings;
use crate::hook::condition::Condition;
use crate::hook::encoding::Encoding;
use crate::hook::provider::{Provider, TimeForm, TimePlace};
use crate::hook::template::{Filter, Part, Source, Template};
use std::fmt::Write as _;

/// Text as code.
pub(super) fn code(text: &str) -> String {
    format!("`{text}`")
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// A remark as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    // A name that begins small, such as `whsec_`, stays as it is.
    let word = text.split([' ', ',', ':']).next().unwrap_or_default();
    let first = match letters.next() {
        Some(letter) if word.chars().all(|letter| letter.is_ascii_alphabetic()) => {
            letter.to_uppercase().to_string()
        }
        Some(letter) => letter.to_string(),
        None => return String::new(),
    };
    let end = if text.ends_with(['.', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The text of a setting, or what counts when it is not set.
pub(super) fn setting(provider: &Provider, name: &str, default: &str) -> String {
    let found = settings(provider).remove(name);
    found.as_ref().and_then(|value| value.as_str()).unwrap_or(default).to_owned()
}

/// How a time is written.
pub(super) fn time_form(form: TimeForm) -> &'static str {
    match form {
        TimeForm::Unix => "Unix seconds",
        TimeForm::UnixMillis => "Unix milliseconds",
        TimeForm::Rfc3339 => "RFC 3339",
        TimeForm::HttpDate => "the date form of HTTP",
    }
}

/// How bytes are written.
pub(super) const fn encoding(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Hex => "lower-case hex",
        other => other.as_str(),
    }
}

/// What a source stands for.
pub(super) fn source(provider: &Provider, source: &Source) -> String {
    match source {
        Source::Body => "the raw body, byte for byte as it arrived".to_owned(),
        Source::Ts => {
            let form = time_form(provider.time_form);
            match &provider.timestamp {
                Some(TimePlace::Source(place)) => {
                    format!("{} as it stands ({form})", self::source(provider, place))
                }
                _ => format!("the time beside the signature as it stands ({form})"),
            }
        }
        Source::Id => match &provider.id_source {
            Some(place) => self::source(provider, place),
            None => "the delivery's id".to_owned(),
        },
        Source::Url => "the whole URL, query included, that the vendor sends to".to_owned(),
        Source::Method => "the method in capitals".to_owned(),
        Source::Path => "the URL's path without the query".to_owned(),
        Source::Target => "path and query as on the request line".to_owned(),
        Source::SignedNames => "the list of signed headers as it stands".to_owned(),
        Source::SignedHeaders => signed_headers(provider),
        Source::Secret => "the signing secret".to_owned(),
        Source::Params => {
            "the form's fields, decoded and sorted by name, names and values run together without anything between; of \
             a name that comes more than once, each value once, sorted"
                .to_owned()
        }
        Source::PublicKey => "the public key or key id that goes with the secret".to_owned(),
        Source::WebhookId => "the id that the vendor gave the webhook, which is not sent along".to_owned(),
        Source::Header(name) => format!("the header {}", code(name)),
        Source::Json(path) => format!("the body's {}", code(path.as_str())),
        Source::Form(name) => format!("the form's {}", code(name)),
        Source::Query(name) => format!("the query's {}", code(name)),
        other => code(&format!("{{{other}}}")),
    }
}

/// How the headers are signed that the sender lists.
fn signed_headers(provider: &Provider) -> String {
    let Some(covered) = &provider.signed_headers else { return "the signed headers".to_owned() };
    let join = code(&covered.join);
    match &covered.pair {
        Some(pair) => format!("each listed header as `name{pair}value` with a small name, joined by {join}"),
        None => format!("the values of the listed headers, joined by {join}"),
    }
}

/// What a placeholder stands for.
pub(super) fn placeholder(provider: &Provider, from: &Source, filters: &[Filter]) -> String {
    let short = match from {
        Source::Body if !filters.is_empty() => "the raw body".to_owned(),
        Source::Url if !filters.is_empty() => "the whole URL".to_owned(),
        from => source(provider, from),
    };
    filters.iter().fold(short, |what, filter| match filter {
        Filter::Digest(hash) => format!("the {} of {what}", hash.title()),
        Filter::Hmac => format!("the HMAC-{} of {what}, under the key", provider.hash.title()),
        Filter::Crc32 => format!("the CRC-32 of {what} as a decimal number"),
        Filter::Encode(form) => format!("{what}, in {}", encoding(*form)),
        Filter::Lower => format!("{what} in small letters"),
        Filter::Upper => format!("{what} in capitals"),
        Filter::Json => what,
        Filter::Uri => format!("{what} as `encodeURI` writes it, its query escaped whole before that"),
    })
}

/// A template as profiles write it.
pub(super) fn written(template: &Template) -> String {
    let mut text = String::new();
    for part in template.parts() {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Placeholder(source, filters) => text.push_str(&mark(source, filters)),
        }
    }
    text
}

/// A placeholder as profiles write it.
fn mark(source: &Source, filters: &[Filter]) -> String {
    let mut text = format!("{{{source}");
    for filter in filters {
        // Writing into a text cannot fail.
        let _infallible = write!(text, "|{}", filter.as_str());
    }
    text + "}"
}

/// More fields than this are explained together.
const MOST_FIELDS: usize = 3;

/// What the placeholders of a template stand for: `{ts} is ..., {body} is ...`.
pub(super) fn legend(provider: &Provider, template: &Template) -> String {
    let is_field =
        |part: &&Part| matches!(part, Part::Placeholder(Source::Json(_), filters) if filters.is_empty());
    let together = template.parts().iter().filter(is_field).count() > MOST_FIELDS;
    let mut items: Vec<String> = Vec::new();
    for part in template.parts() {
        let Part::Placeholder(source, filters) = part else { continue };
        let item = if together && is_field(&part) {
            let whole = if provider.each.is_some() { "element" } else { "body" };
            format!("`{{json:PATH}}` is the {whole}'s value at that path, nothing where there is none")
        } else {
            format!("{} is {}", code(&mark(source, filters)), placeholder(provider, source, filters))
        };
        if !items.contains(&item) {
            items.push(item);
        }
    }
    listed(&items, "and")
}

/// A condition: alternatives that look at the same place are said together.
pub(super) fn condition(provider: &Provider, condition: &Condition) -> String {
    let mut places: Vec<(&Source, Vec<Option<&str>>)> = Vec::new();
    for (source, value) in condition.tests() {
        match places.iter_mut().find(|(known, _)| *known == source) {
            Some((_, values)) => values.push(value),
            None => places.push((source, vec![value])),
        }
    }
    let said: Vec<String> = places.iter().map(|(source, values)| place(provider, source, values)).collect();
    said.join(", or ")
}

fn place(provider: &Provider, from: &Source, values: &[Option<&str>]) -> String {
    let name = match from {
        Source::Body => "the body".to_owned(),
        Source::Method => "the method".to_owned(),
        from => source(provider, from),
    };
    let known: Vec<String> = values.iter().flatten().map(|value| code(value)).collect();
    match values {
        [Some("")] => format!("{name} is empty"),
        _ if known.len() == values.len() => format!("{name} is {}", listed(&known, "or")),
        _ => format!("{name} is there"),
    }
}
