//! A correct minimal handler for a provider's webhooks, in the reader's language.
//!
//! What a language can say is data: a page in `templates/`, with lines that
//! stand under conditions and the spelling of every placeholder and filter of
//! the template language. What a scheme needs comes from its [`Provider`]. A
//! handler that a language cannot have is refused with the reason.

mod expression;
mod facts;
mod page;
mod quote;

use super::provider::Provider;
use facts::Facts;
use page::Page;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// More than any page has.
const MOST_UNPACKED: usize = 1 << 20;

macro_rules! page {
    ($name:literal) => {{
        static TEXT: OnceLock<String> = OnceLock::new();
        TEXT.get_or_init(|| unpacked(include_bytes!(concat!(env!("OUT_DIR"), "/", $name))))
    }};
}

/// A language that handlers are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// JavaScript on Node.
    #[default]
    Node,
    /// Python.
    Python,
    /// Go.
    Go,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Java.
    Java,
    /// C#.
    Csharp,
    /// Rust.
    Rust,
    /// JavaScript on Deno.
    Deno,
}

impl Language {
    /// Every language, in the order of showing.
    pub const ALL: [Self; 9] = [
        Self::Node,
        Self::Python,
        Self::Go,
        Self::Ruby,
        Self::Php,
        Self::Java,
        Self::Csharp,
        Self::Rust,
        Self::Deno,
    ];

    /// The name as the command line takes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
            Self::Go => "go",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::Java => "java",
            Self::Csharp => "csharp",
            Self::Rust => "rust",
            Self::Deno => "deno",
        }
    }

    /// The page with its knowledge.
    fn page(self) -> &'static str {
        match self {
            Self::Node | Self::Deno => page!("javascript.txt"),
            Self::Python => page!("python.txt"),
            Self::Go => page!("go.txt"),
            Self::Ruby => page!("ruby.txt"),
            Self::Php => page!("php.txt"),
            Self::Java => page!("java.txt"),
            Self::Csharp => page!("csharp.txt"),
            Self::Rust => page!("rust.txt"),
        }
    }
}

/// A page of `templates/` as text. The program carries it deflated by `build.rs`.
fn unpacked(packed: &[u8]) -> String {
    let text = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, MOST_UNPACKED);
    String::from_utf8(text.unwrap_or_default()).unwrap_or_default()
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why there is no handler, and which languages have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The provider.
    pub provider: Arc<str>,
    /// The language.
    pub language: Language,
    /// The reason, for a person.
    pub reason: String,
    /// The languages that have a handler for this provider.
    pub instead: Vec<Language>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is none for `{}` in {}: {}", self.provider, self.language, self.reason)?;
        let names: Vec<&str> = self.instead.iter().map(|language| language.as_str()).collect();
        if names.is_empty() { Ok(()) } else { write!(f, "; there is one in {}", names.join(", ")) }
    }
}

impl std::error::Error for Refusal {}

/// The source text of a handler. `variable` names the environment variable that
/// the handler reads its secret from.
///
/// # Errors
/// Says what the language or the handlers lack for this scheme.
pub fn write(language: Language, provider: &Provider, variable: &str) -> Result<String, Refusal> {
    attempt(language, provider, variable).map_err(|reason| {
        let can = |other: &Language| attempt(*other, provider, variable).is_ok();
        let instead = Language::ALL.into_iter().filter(can).collect();
        Refusal { provider: Arc::clone(provider.id()), language, reason, instead }
    })
}

fn attempt(language: Language, provider: &Provider, variable: &str) -> Result<String, String> {
    let page = Page::new(language.as_str(), language.page());
    let facts = Facts::of(language, &page, provider, variable)?;
    match page.lack(&facts.words) {
        Some(reason) => Err(reason.to_owned()),
        None => Ok(page.fill(&facts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What a page may ask; a misspelt word would never hold.
    const WORDS: &str = "ack base64 base64url basic body-escape deno docs each ecdsa ed25519 filter-base64 filter-base64url \
        filter-crc32 filter-hex filter-sha1 filter-sha256 filter-sha512 form given handshake hash header-source hex hmac \
        http-date iat id in-form in-header in-headers in-json in-query joined json json-text jwt jwt-es jwt-hs key-bare-utf8 key-base64 key-hex \
        key-nfkd key-prefix key-sha1 key-spki key-utf8 keyed list list-comma millis node pair params path prefix public query \
        rfc3339 rsa sha1 sha256 sha512 time-header time-json time-value time token unix url url-decode url-escape url-port window";

    #[test]
    fn every_condition_of_a_page_is_a_word_that_facts_know() {
        let known: BTreeSet<&str> = WORDS.split_whitespace().collect();
        for language in Language::ALL {
            let page = Page::new(language.as_str(), language.page());
            assert!(page.conditions().count() > 50, "{language}");
            for word in page.conditions() {
                assert!(known.contains(word), "{language}: {word}");
            }
        }
    }
}
