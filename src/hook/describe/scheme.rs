//! The scheme as one paragraph that a person can implement from.

use super::words::{code, legend, listed, placeholder, setting, source, time_form, written};
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
    let encoding = provider.encode.as_str();
    let hash = provider.hash.title();
    let content = content(provider);
    let what = match provider.kind {
        Kind::Hmac => format!("`{{sig}}` is, in {encoding}, the HMAC-{hash} under the key of {content}."),
        Kind::Hash => {
            format!("`{{sig}}` is, in {encoding}, the {hash} of {content}.")
        }
        Kind::Ed25519 => {
            format!(
                "`{{sig}}` is the Ed25519 signature of {content}, in {encoding}; the public key verifies it."
            )
        }
        Kind::EcdsaP256 => {
            format!("`{{sig}}` is, in {encoding}, the ECDSA signature (P-256, SHA-256, DER) of {content}.")
        }
        kind => format!("`{{sig}}` is, in {encoding}, the {} signature of {content}.", kind.title()),
    };
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
    said.extend(several(provider));
    if matches!(provider.kind, Kind::Hmac | Kind::Hash) {
        said.push(match provider.cover() {
            Cover::Body => "Compare in constant time, before the body is parsed.".to_owned(),
            _ => "Compare in constant time.".to_owned(),
        });
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
