//! The scheme as one paragraph that a person can implement from.

use super::words::{code, encoding, legend, listed, placeholder, setting, source, time_form, written};
use crate::hook::digest::HashName;
use crate::hook::provider::{Cover, Kind, Place, Provider, TimePlace};
use crate::hook::template::{Part, Source, Template};

/// The paragraph.
pub(super) fn scheme(provider: &Provider) -> String {
    let mut said = vec![place(provider)];
    match provider.kind {
        Kind::Token => said.push(
            "It is the signing secret itself. Nothing is signed: whoever sees one request can send others."
                .to_owned(),
        ),
        Kind::Basic => said.push(
            "After `Basic ` comes the base64 of `user:password`, which together are the secret. Nothing is signed: \
             whoever sees one request can send others."
                .to_owned(),
        ),
        Kind::JwtHs | Kind::JwtEs256 => said.extend(token(provider)),
        _ => said.extend(signature(provider)),
    }
    said.join(" ")
}

/// Where the signature is and how it is written.
fn place(provider: &Provider) -> String {
    let default = if provider.kind == Kind::Token { "{secret}" } else { "{sig}" };
    let value = setting(provider, "value", default);
    let how = match provider.kind {
        Kind::Basic => "the credentials".to_owned(),
        Kind::Token if value == default => "the token".to_owned(),
        Kind::JwtHs | Kind::JwtEs256 if value == default => "a JSON Web Token".to_owned(),
        _ if value == default => "the signature and nothing else".to_owned(),
        _ => code(&value),
    };
    match (&provider.place, &provider.each) {
        (Place::Headers(names), _) => match names.as_slice() {
            [name] => format!("The header {} holds {how}.", code(name)),
            names => {
                let names: Vec<String> = names.iter().map(|name| code(name)).collect();
                format!("Each of the headers {} holds {how}, one for each secret.", listed(&names, "and"))
            }
        },
        (Place::Json(path), Some(array)) => format!(
            "Each element of the body's {} is signed on its own: its {} holds {how}.",
            code(array.as_str()),
            code(path.as_str())
        ),
        (Place::Json(path), None) => format!("The body's {} holds {how}.", code(path.as_str())),
        (Place::Form(name), _) => format!("The field {} of the form body holds {how}.", code(name)),
        (Place::Query(name), _) => format!("The parameter {} of the query holds {how}.", code(name)),
    }
}

/// What is signed, and how that is compared.
fn signature(provider: &Provider) -> Vec<String> {
    let (hash, content) = (provider.hash.title(), content(provider));
    let what = match provider.kind {
        // The key by itself: behind the content it would read as if that were the key.
        Kind::Hmac => format!("the HMAC-{hash} of {content}, under the key"),
        Kind::Hash => format!("the {hash} of {content}"),
        Kind::Ed25519 => format!("the Ed25519 signature of {content}"),
        Kind::EcdsaP256 => format!("the ECDSA signature (P-256, SHA-256, DER) of {content}"),
        kind => format!("the {} signature of {content}", kind.title()),
    };
    let verifies = if provider.kind.has_key_pair() { "; the public key verifies it" } else { "" };
    let what = format!("`{{sig}}` is {what}, in {}{verifies}.", encoding(provider.encode));
    let mut said = vec![what];
    if !is_plain(&provider.content) {
        said.push(format!("There {}.", legend(provider, &provider.content)));
    }
    if let Some(TimePlace::Source(place)) = &provider.timestamp
        && !provider.content.uses(&Source::Ts)
    {
        let form = time_form(provider.time_form);
        said.push(format!("{} is the time of signing ({form}).", capital(&source(provider, place))));
    }
    if provider.value.holds(&Source::PublicKey) {
        let public_key = source(provider, &Source::PublicKey);
        said.push(format!("`{{public_key}}` is {public_key}."));
    }
    said.extend(rewritten(provider));
    said.extend(several(provider));
    if matches!(provider.kind, Kind::Hmac | Kind::Hash) {
        said.push(match provider.cover() {
            Cover::Body => "Compare in constant time, before the body is parsed.".to_owned(),
            _ => "Compare in constant time.".to_owned(),
        });
    }
    said
}

/// Where the vendor signs something else than what it sends.
fn rewritten(provider: &Provider) -> Vec<String> {
    let mut said = Vec::new();
    if !provider.url_decode.is_empty() {
        let letters = code(&provider.url_decode);
        said.push(format!(
            "Before the URL is signed, the %-escapes of {letters} in it are decoded, and no others."
        ));
    }
    for (letter, escape) in &provider.url_escape {
        let letter = code(&letter.to_string());
        said.push(format!("In the query, {letter} is signed as {}.", code(escape)));
    }
    if provider.url_port {
        said.push("The URL may be signed with the port of its scheme or without it: try both.".to_owned());
    }
    if provider.body_escape {
        said.push(
            "What is not ASCII in the body may be signed as `\\uXXXX`: try the bytes as they arrived, then that form."
                .to_owned(),
        );
    }
    said
}

fn several(provider: &Provider) -> Option<String> {
    let separator = setting(provider, "list", "");
    let separator = match separator.as_str() {
        "" => return None,
        " " => "a space".to_owned(),
        other => code(other),
    };
    Some(format!(
        "The value is a list, separated by {separator}: it may carry several signatures, of which one must hold, and \
         elements of other names are to be skipped."
    ))
}

/// What is signed; a text that can be said in words is.
fn content(provider: &Provider) -> String {
    match provider.content.parts() {
        [Part::Placeholder(from, filters)] => placeholder(provider, from, filters),
        _ => code(&written(&provider.content)),
    }
}

/// Whether [`content`] said it in words.
fn is_plain(template: &Template) -> bool {
    matches!(template.parts(), [Part::Placeholder(..)])
}

fn token(provider: &Provider) -> Vec<String> {
    let algorithm = match (provider.kind, provider.hash) {
        (Kind::JwtEs256, _) => "ES256 (ECDSA over P-256)",
        (_, HashName::Sha512) => "HS512 (HMAC-SHA-512) under the key",
        _ => "HS256 (HMAC-SHA-256) under the key",
    };
    let mut said =
        vec![format!("It is signed with {algorithm}; one that names another algorithm is to be refused.")];
    let claims: Vec<String> =
        provider.claims.iter().map(|(name, value)| claim(provider, name, value)).collect();
    if !claims.is_empty() {
        said.push(format!("Its claim {}.", listed(&claims, "and its claim")));
    }
    said
}

fn claim(provider: &Provider, name: &str, value: &Template) -> String {
    let words = match value.parts() {
        [Part::Placeholder(from, filters)] => placeholder(provider, from, filters),
        _ => code(&written(value)),
    };
    format!("{} must be {words}", code(name))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().to_string() + letters.as_str())
}
