//! What to do about a finding, in the user's language where that is known.
//!
//! The advice is a table, `mends.toml`: which findings an entry is about, and
//! one text a language. The first entry that is about a finding and has the
//! language is taken, so the particular stands before the general.

use super::case::{Case, Group, Script};
use super::change::Change;
use super::finding::Symptom;
use crate::hook::headers::Headers;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

pub use crate::hook::handler::Language;

const TABLE: &str = include_str!("mends.toml");

/// Advice about some findings. What is empty does not choose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advice {
    #[serde(default)]
    symptom: Vec<Symptom>,
    #[serde(default)]
    group: Vec<Group>,
    #[serde(default)]
    change: Vec<Change>,
    #[serde(default)]
    script: Vec<Script>,
    /// By the name of the language.
    text: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Table {
    mend: Vec<Advice>,
}

fn table() -> &'static [Advice] {
    static TABLE_READ: OnceLock<Vec<Advice>> = OnceLock::new();
    // A test holds that it can be read.
    TABLE_READ.get_or_init(|| toml::from_str::<Table>(TABLE).map(|table| table.mend).unwrap_or_default())
}

impl Advice {
    fn is_about(&self, case: &Case, symptom: Symptom) -> bool {
        let any = |changes: &[Change]| case.change.iter().any(|change| changes.contains(change));
        (self.symptom.is_empty() || self.symptom.contains(&symptom))
            && (self.group.is_empty() || self.group.contains(&case.group))
            && (self.change.is_empty() || any(&self.change))
            && (self.script.is_empty() || self.script.contains(&case.script))
    }
}

/// What to do: by symptom and language where there is such advice, else the case's own.
pub fn mend(case: &'static Case, symptom: Option<Symptom>, language: Option<Language>) -> Cow<'static, str> {
    let found = symptom.zip(language).and_then(|(symptom, language)| {
        let about = table().iter().filter(|advice| advice.is_about(case, symptom));
        about.filter_map(|advice| advice.text.get(language.as_str())).next()
    });
    Cow::Borrowed(found.unwrap_or(&case.mend))
}

/// What a field of an answer gives away. A value is compared without its case,
/// by its beginning.
const SIGNS: [(&str, &str, Language); 37] = [
    ("x-powered-by", "express", Language::Node),
    ("x-powered-by", "next.js", Language::Node),
    ("x-powered-by", "nuxt", Language::Node),
    ("x-powered-by", "php", Language::Php),
    ("x-powered-by", "asp.net", Language::Csharp),
    ("x-powered-by", "servlet", Language::Java),
    ("x-powered-by", "jsp", Language::Java),
    ("x-powered-by", "undertow", Language::Java),
    ("x-powered-by", "phusion passenger", Language::Ruby),
    ("server", "werkzeug", Language::Python),
    ("server", "gunicorn", Language::Python),
    ("server", "uvicorn", Language::Python),
    ("server", "hypercorn", Language::Python),
    ("server", "waitress", Language::Python),
    ("server", "daphne", Language::Python),
    ("server", "granian", Language::Python),
    ("server", "wsgiserver", Language::Python),
    ("server", "basehttp", Language::Python),
    ("server", "simplehttp", Language::Python),
    ("server", "tornadoserver", Language::Python),
    ("server", "cheroot", Language::Python),
    ("server", "python", Language::Python),
    ("server", "kestrel", Language::Csharp),
    ("server", "microsoft-", Language::Csharp),
    ("server", "jetty", Language::Java),
    ("server", "apache-coyote", Language::Java),
    ("server", "apache tomcat", Language::Java),
    ("server", "undertow", Language::Java),
    ("server", "webrick", Language::Ruby),
    ("server", "puma", Language::Ruby),
    ("server", "thin", Language::Ruby),
    ("server", "phusion passenger", Language::Ruby),
    ("server", "tiny-http", Language::Rust),
    ("server", "rocket", Language::Rust),
    ("server", "actix", Language::Rust),
    ("server", "deno", Language::Deno),
    // What Node's server says by itself, last, since a proxy may say so too.
    ("keep-alive", "timeout=5", Language::Node),
];

impl Language {
    /// What the fields of an answer give away, such as `X-Powered-By: Express`.
    pub fn of(headers: &Headers) -> Option<Self> {
        let said = |name: &str, sign: &str| {
            let value = headers.get(name).map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
            // `timeout=5, max=100` is Apache's, `timeout=50` anybody's.
            value.starts_with(sign.as_bytes()) && (name != "keep-alive" || value.len() == sign.len())
        };
        SIGNS.iter().find(|(name, sign, _)| said(name, sign)).map(|(.., language)| *language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::check::Suite;

    #[test]
    fn the_table_is_read_and_every_text_has_a_language_and_says_something() {
        let table: Table = toml::from_str(TABLE).unwrap();
        assert!(table.mend.len() > 10);
        for advice in &table.mend {
            assert!(!advice.symptom.is_empty() && !advice.text.is_empty(), "{advice:?}");
            for (language, text) in &advice.text {
                assert!(Language::ALL.iter().any(|known| known.as_str() == language), "{language}");
                assert!(text.len() > 30 && text.ends_with('.') && !text.contains('\n'), "{language}: {text}");
                assert!(text.is_ascii(), "{text}");
            }
        }
    }

    #[test]
    fn the_particular_stands_before_the_general() {
        let case = Suite::builtin().get("no-signature").unwrap();
        let of = |symptom, language| mend(case, Some(symptom), Some(language));
        assert!(of(Symptom::ServerError, Language::Node).contains("typeof"));
        assert!(of(Symptom::Died, Language::Node).contains("Express 4"));
        assert!(of(Symptom::ServerError, Language::Python).contains(".get("));
        assert_eq!(of(Symptom::Redirected, Language::Deno), case.mend);
        assert_eq!(mend(case, Some(Symptom::Died), None), case.mend);
        assert_eq!(mend(case, None, Some(Language::Node)), case.mend);
    }

    #[test]
    fn answers_give_the_language_away() {
        let of = |fields: &[(&str, &str)]| Language::of(&Headers::from_pairs(fields.iter().copied()));
        assert_eq!(of(&[("X-Powered-By", "Express"), ("Server", "nginx")]), Some(Language::Node));
        assert_eq!(of(&[("Server", "Werkzeug/3.0.1 Python/3.12.1")]), Some(Language::Python));
        assert_eq!(of(&[("server", "uvicorn")]), Some(Language::Python));
        assert_eq!(of(&[("Server", "BaseHTTP/0.6 Python/3.11.2")]), Some(Language::Python));
        assert_eq!(of(&[("Server", "Kestrel")]), Some(Language::Csharp));
        assert_eq!(of(&[("Server", "tiny-http (Rust)")]), Some(Language::Rust));
        assert_eq!(of(&[("Keep-Alive", "timeout=5")]), Some(Language::Node));
        assert_eq!(of(&[("Keep-Alive", "timeout=5, max=100"), ("Server", "Apache/2.4")]), None);
        assert_eq!(of(&[]), None);
    }
}
