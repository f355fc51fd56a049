//! What a provider asks before it delivers, and what it wants to hear.

use super::words::{code, condition, legend, listed, placeholder, source, written};
use crate::hook::provider::{Handshake, Provider};
use crate::hook::template::{Filter, Part, Template};

/// One handshake as a sentence.
pub(super) fn handshake(provider: &Provider, asked: &Handshake) -> String {
    let method = asked.method.as_ref().map(|method| format!(" ({method})")).unwrap_or_default();
    let mut said = format!("{}{method}: when {}", asked.name, condition(provider, &asked.when));
    if let Some(place) = &asked.check {
        said.push_str(&format!(", check that {} is the secret (403 otherwise) and", source(provider, place)));
    } else {
        said.push(',');
    }
    let status = match asked.also_status {
        Some(other) => format!("{} or {other}", asked.status),
        None => asked.status.to_string(),
    };
    let bodies = std::iter::once(&asked.body).chain(&asked.also);
    let bodies: Vec<String> = bodies.map(|one| body(provider, one)).collect();
    said.push_str(&format!(" answer {status} with {}", listed(&bodies, "or")));
    let (types, headers): (Vec<_>, Vec<_>) =
        asked.headers.iter().partition(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    for (_, kind) in types {
        said.push_str(&format!(" as {}", code(&written(kind))));
    }
    for (name, value) in headers {
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
