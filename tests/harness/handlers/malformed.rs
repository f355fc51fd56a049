//! Secrets that are none: a handler says so and does not start.

use super::delivery::signed;
use super::hostile::VARIABLE;
use super::running::Handler;
use hookctl::hook::handler::{Language, write};
use hookctl::hook::provider::{Catalogue, Kind, Provider, SecretForm};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// What a handler says of them.
const SENTENCE: &str = "not a usable secret";

/// Texts that are no secret of this provider; none where every text is one.
fn malformed(provider: &Provider) -> Vec<String> {
    let prefix = provider.setting("secret_prefix").unwrap_or_default();
    let prefix = prefix.trim_matches('"');
    let hex = ["61 6e2d61", "616", "616e2g", "x"].as_slice();
    let base64 = ["YWJj*YWJj", "Y", "*"].as_slice();
    let texts = match (provider.kind(), provider.secret_form()) {
        (Kind::JwtEs256, _) => ["{}", "x"].as_slice(),
        (Kind::EcdsaP256 | Kind::RsaSha256, _) => {
            &["YWJj", "*", "-----BEGIN PUBLIC KEY-----\nYWJj\n-----END PUBLIC KEY-----"]
        }
        (Kind::Ed25519, SecretForm::Hex) => &["61 6e2d61", "616", "616e"],
        (Kind::Ed25519, _) => return ["YWJj*YWJj", "YWJj"].map(str::to_owned).into(),
        (_, SecretForm::Hex) => hex,
        (_, SecretForm::Base64) => base64,
        _ => &[],
    };
    texts.iter().map(|text| format!("{prefix}{text}")).collect()
}

/// A provider for each form of key that can be malformed.
fn providers(language: Language) -> Vec<(Arc<Provider>, String)> {
    let mut forms = Vec::new();
    let mut found = Vec::new();
    for provider in Catalogue::builtin().all() {
        let Ok(source) = write(language, &provider, VARIABLE) else { continue };
        let form = (provider.kind(), provider.secret_form());
        if !malformed(&provider).is_empty() && !forms.contains(&form) {
            forms.push(form);
            found.push((provider, source));
        }
    }
    found
}

/// Has handlers of every form of key started with secrets that are none. `command` starts a text in a folder.
#[track_caller]
pub fn refused(language: Language, command: impl Fn(&str, &Path) -> Command) {
    let (mut wrong, providers) = (Vec::new(), providers(language));
    assert!(providers.len() >= 2, "{language}");
    for (provider, source) in providers {
        let home = tempfile::tempdir().unwrap();
        for secret in malformed(&provider) {
            let variables = [(VARIABLE.to_owned(), secret.clone())];
            let said = match Handler::try_run(command(&source, home.path()), home.path(), &variables) {
                Err(said) => said,
                // PHP reads its secrets anew for each request.
                Ok(handler) if language == Language::Php => {
                    let good = super::delivery::secret(&provider, "fake-secret-one");
                    let answer = handler.answer(&signed(&provider, &[good], super::delivery::now()));
                    format!("answered {answer}: {}", if answer == 500 { SENTENCE } else { "" })
                }
                Ok(_) => "it started".to_owned(),
            };
            if !said.contains(SENTENCE) {
                wrong.push(format!("{} with {secret:?}: {said}", provider.id()));
            }
        }
    }
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
}
