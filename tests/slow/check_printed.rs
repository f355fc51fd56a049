//! `check` against what `verify --as` prints: in no language is a must or a should said
//! against it. Rust's handlers are checked by the integration tests, which compile them.

use crate::harness::Home;
use crate::languages::start;
use crate::programs::{SECRET, failures};
use hookctl::config::secrets::variable_of;
use hookctl::hook::handler::{Language, write};
use hookctl::hook::provider::Catalogue;

const LANGUAGES: [Language; 7] = [
    Language::Node,
    Language::Deno,
    Language::Python,
    Language::Go,
    Language::Ruby,
    Language::Php,
    Language::Java,
];
const PROVIDERS: [&str; 5] = ["koji", "userjourneys", "stripe", "github", "slack"];

/// What is found all the same: the page says that it is not in there.
const LEFT_OUT: (&str, &str) = ("slack", "handshake");
const SAYS_SO: &str = "Not in here: the answer to its handshake";

/// What is said of a handler, as a whole, in one provider's language.
fn said_of(language: Language, provider: &str) -> Vec<String> {
    let home = Home::default();
    let known = variable_of(provider);
    let source = write(language, &Catalogue::builtin().get(provider).unwrap(), &known).unwrap();
    let variables = [(known.clone(), SECRET.to_owned())];
    let handler = start(language, &source, home.path(), &variables);
    let url = format!("http://{}/webhooks", handler.address);
    let words = ["check", &url, "--provider", provider, "--json", "--seed", "7"];
    let ran = home.run_with(words, b"", &[(&known, SECRET)]);
    let left_out = LEFT_OUT.0 == provider && source.contains(SAYS_SO);
    let mut found = failures(&ran);
    if left_out && found.remove(LEFT_OUT.1).is_none() {
        return vec![format!("{provider} in {language}: `{}` is not found", LEFT_OUT.1)];
    }
    found.retain(|_, (severity, _)| severity != "note");
    if !found.is_empty() || ran.code() != 0 {
        return vec![format!("{provider} in {language}: {found:?}\n{}", ran.err())];
    }
    Vec::new()
}

#[test]
fn nothing_is_said_against_what_is_printed() {
    let wrong: Vec<String> = LANGUAGES
        .into_iter()
        .flat_map(|language| {
            std::thread::scope(|scope| {
                let asked: Vec<_> =
                    PROVIDERS.map(|provider| scope.spawn(move || said_of(language, provider))).into();
                asked.into_iter().flat_map(|one| one.join().unwrap()).collect::<Vec<_>>()
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
