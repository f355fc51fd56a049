//! The table of every built-in scheme, as a page of the documentation.

use crate::hook::describe::settings;
use crate::hook::provider::{Catalogue, Provider};
use crate::hook::quantity::span;
use serde_json::Value;

const HEAD: &str = "# Signature schemes

Made from the catalogue by the program. `hookctl providers show ID` tells the rest: the scheme in words, a signed
example, handshakes, who shares the header, and what people get wrong.

`{sig}` is the signature, `{body}` the raw body, `{ts}` the time and `{id}` the id as they stand in the request.

| id | signature | where | written as | signed | window | documentation |
|---|---|---|---|---|---|---|
";

/// The page, in Markdown.
pub fn page() -> String {
    let mut providers = Catalogue::builtin().all();
    providers.sort_by(|a, b| a.id().cmp(b.id()));
    providers.iter().fold(HEAD.to_owned(), |page, provider| page + &row(provider))
}

fn row(provider: &Provider) -> String {
    let known = settings(provider);
    let text = |name: &str| known.get(name).and_then(Value::as_str).map(str::to_owned);
    let headers = provider.signature_headers().join(", ");
    let place = if headers.is_empty() { text("at").unwrap_or_default() } else { headers };
    let value = text("value").map_or_else(|| "-".to_owned(), |value| code(&value));
    let window = provider.tolerance().map_or_else(|| "-".to_owned(), span);
    let docs = provider.docs().map_or_else(|| "-".to_owned(), |docs| format!("<{docs}>"));
    let cells =
        [code(provider.id()), provider.algorithm(), code(&place), value, signed(provider), window, docs];
    format!("| {} |\n", cells.join(" | "))
}

/// What the signature covers.
fn signed(provider: &Provider) -> String {
    let known = settings(provider);
    if !provider.kind().signs() {
        return "nothing".to_owned();
    }
    if !provider.kind().is_token() {
        return code(known.get("content").and_then(Value::as_str).unwrap_or("{body}"));
    }
    let claims = known.get("claims").and_then(Value::as_object);
    let claim =
        |(name, value): (&String, &Value)| code(&format!("{name} = {}", value.as_str().unwrap_or_default()));
    claims.map(|claims| claims.iter().map(claim).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

/// A bar would end the cell, inside of code as well, and a line end the row.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|").replace('\n', "\\n"))
}
