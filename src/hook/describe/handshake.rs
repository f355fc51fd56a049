//! What a provider asks before it delivers, and what it wants to hear.

use super::words::{code, condition, legend, listed, placeholder, source, written};
use crate::hook::provider::{Handshake, Provider};
use crate::hook::template::{Filter, Part, Template};

/// One handshake as a sentence.
pub(super) fn handshake(provider: &Provider, asked: &Handshake) -> String {
    let method = asked.method.as_ref().map(|method| format!(" ({method})")).unwrap_or_default();
    let when = condition(provider, &asked.when);
    let guessed = if asked.guessed { " (its form is not published: this is hookctl's guess)" } else { "" };
    let mut said = format!("{}{method}{guessed}: when {when}", asked.name);
    if let Some(place) = &asked.check {
        said.push_str(&format!(
            ", check that {} is the verify token (403 otherwise) and",
            source(provider, place)
        ));
    } else {
        said.push(',');
    }
    let status = match asked.also_status {
        Some(other) => format!("{} or {other}", asked.status),
        None => asked.status.to_string(),
    };
    said.push_str(&format!(" answer {status} with {}", listed(&bodies(provider, asked), "or")));
    for (name, value) in asked.headers.iter().filter(|(name, _)| !is_content_type(name)) {
        said.push_str(&format!(" and the header {}", code(&format!("{name}: {}", written(value)))));
    }
    if let Some(status) = asked.forged {
        said.push_str(&format!("; {status} where the signature does not hold"));
    }
    if let Some(place) = &asked.capture {
        said.push_str(&format!("; {} is the signing secret from then on", source(provider, place)));
    }
    said
}

fn is_content_type(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-type")
}

/// The bodies that are taken, each with its type.
fn bodies(provider: &Provider, asked: &Handshake) -> Vec<String> {
    let kind = asked.headers.iter().find(|(name, _)| is_content_type(name)).map(|(_, kind)| written(kind));
    let typed = |template: &Template, kind: Option<&str>| {
        let body = body(provider, template);
        kind.map_or_else(|| body.clone(), |kind| format!("{body} as {}", code(kind)))
    };
    // The profile names the type of the first: that of another shows in its shape.
    let others = asked.also.iter().map(|other| typed(other, kind.is_some().then(|| shape(other))));
    std::iter::once(typed(&asked.body, kind.as_deref())).chain(others).collect()
}

/// The type that a body of this shape has.
fn shape(template: &Template) -> &'static str {
    match template.parts() {
        [Part::Literal(text), ..] if text.starts_with(['{', '[']) => "application/json",
        [Part::Literal(name), Part::Placeholder(..), ..] if name.ends_with('=') => {
            "application/x-www-form-urlencoded"
        }
        _ => "text/plain",
    }
}

fn body(provider: &Provider, body: &Template) -> String {
    match body.parts() {
        [] => "an empty body".to_owned(),
        [Part::Placeholder(from, filters)] => placeholder(provider, from, filters),
        parts => {
            let signs = |part: &Part| matches!(part, Part::Placeholder(_, filters) if filters.contains(&Filter::Hmac));
            let text = code(&written(body));
            if parts.iter().any(signs) {
                format!("{text}, in which {}", legend(provider, body))
            } else {
                text
            }
        }
    }
}
