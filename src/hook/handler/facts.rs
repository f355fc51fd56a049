//! What a handler needs to know of a scheme: words for the conditions of a
//! page, and values for its lines.

use super::Language;
use super::expression::Writer;
use super::page::Page;
use super::quote::comment;
use crate::hook::digest::HashName;
use crate::hook::encoding::Encoding;
use crate::hook::provider::{Kind, Place, Provider, SecretForm, TimeForm, TimePlace};
use crate::hook::template::{Filter, Part, Source, Template};

/// Words that hold and values to fill in.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) words: Vec<&'static str>,
    pub(super) values: Vec<(&'static str, String)>,
}

/// Collects the facts of one provider for one language.
struct Collector<'a> {
    writer: Writer<'a>,
    provider: &'a Provider,
    facts: Facts,
}

impl Facts {
    /// The facts, or why handlers cannot follow this scheme.
    pub(super) fn of(
        language: Language,
        page: &Page,
        provider: &Provider,
        variable: &str,
    ) -> Result<Self, String> {
        let mut collector = Collector { writer: Writer { language, page }, provider, facts: Self::default() };
        if provider.signed_headers.is_some() {
            let id = provider.id();
            return Err(format!(
                "it signs headers of the sender's choice, which no printed handler puts together; \
                 `hookctl providers show {id}` says how to, and `hookctl listen --provider {id} \
                 --forward URL` verifies in front of a handler"
            ));
        }
        collector.names(variable);
        collector.kind()?;
        collector.key();
        collector.place();
        collector.value()?;
        collector.beside()?;
        collector.time();
        // What the language lacks is a better reason than what its page does not spell.
        if let Some(reason) = page.lack(&collector.facts.words) {
            return Err(reason.to_owned());
        }
        collector.content()?;
        Ok(collector.facts)
    }

    /// The value of this name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Collector<'_> {
    fn word(&mut self, word: &'static str) {
        self.facts.words.push(word);
    }

    fn word_if(&mut self, holds: bool, word: &'static str) {
        if holds {
            self.word(word);
        }
    }

    fn value_of(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.values.push((name, value.into()));
    }

    fn text_of(&mut self, name: &'static str, text: &str) {
        let text = self.writer.text(text);
        self.value_of(name, text);
    }

    fn names(&mut self, variable: &str) {
        let provider = self.provider;
        self.word(self.writer.language.as_str());
        self.value_of("target", self.writer.page.spelling("target").unwrap_or_default());
        self.value_of("provider", comment(provider.id()));
        self.value_of("variable", comment(variable));
        self.value_of("algorithm", comment(&provider.algorithm()));
        if let Some(docs) = provider.docs() {
            self.word("docs");
            self.value_of("docs", comment(docs));
        }
        if let Some(ack) = provider.ack() {
            self.word("ack");
            self.text_of("ack", ack);
        }
        let names: Vec<String> = provider.handshakes.iter().map(|known| comment(&known.name)).collect();
        self.word_if(!names.is_empty(), "handshake");
        self.value_of("handshakes", names.join(", "));
        let words = provider.setting("content");
        self.value_of(
            "covers",
            words.map_or_else(|| "{body}".to_owned(), |text| comment(text.trim_matches('"'))),
        );
    }

    fn kind(&mut self) -> Result<(), String> {
        let kind = self.provider.kind;
        let (word, group) = match kind {
            Kind::Hmac => ("hmac", "keyed"),
            Kind::Hash => ("hash", "keyed"),
            Kind::Token => ("token", "given"),
            Kind::Basic => ("basic", "given"),
            Kind::Ed25519 => ("ed25519", "public"),
            Kind::EcdsaP256 => ("ecdsa", "public"),
            Kind::RsaSha256 => ("rsa", "public"),
            Kind::JwtHs => ("jwt-hs", "jwt"),
            Kind::JwtEs256 => ("jwt-es", "jwt"),
        };
        self.word(word);
        self.word(group);
        let (word, spelled) = match self.provider.hash {
            HashName::Sha1 => ("sha1", "hash-sha1"),
            HashName::Sha256 => ("sha256", "hash-sha256"),
            HashName::Sha512 => ("sha512", "hash-sha512"),
        };
        let alg = match (kind, self.provider.hash) {
            (Kind::JwtEs256, _) => "ES256",
            (_, HashName::Sha512) => "HS512",
            _ => "HS256",
        };
        self.value_of("alg", alg);
        let hashes = !matches!(group, "given") && kind != Kind::Ed25519;
        self.word_if(hashes, word);
        let spelled = self.writer.page.spelling(spelled).unwrap_or(word);
        self.value_of("hash", spelled);
        let (word, spelled, given) = match self.provider.encode {
            Encoding::Hex => ("hex", "encoding-hex", "given-hex"),
            Encoding::Base64 => ("base64", "encoding-base64", "given-base64"),
            Encoding::Base64Url => ("base64url", "encoding-base64url", "given-base64url"),
        };
        self.word_if(!matches!(group, "given" | "jwt"), word);
        let spelled = self.writer.page.spelling(spelled).unwrap_or(word);
        self.value_of("encoding", spelled);
        // How a signature that came is brought into the form that ours has.
        self.value_of("given", self.writer.page.spelling(given).unwrap_or("signature"));
        let length = self.provider.encode.length(self.provider.hash.bytes());
        self.value_of("length", length.to_string());
        Ok(())
    }

    /// How the secret becomes a key.
    fn key(&mut self) {
        let form = |form| match form {
            SecretForm::Utf8 => "key-utf8",
            SecretForm::Base64 => "key-base64",
            SecretForm::Hex => "key-hex",
            SecretForm::Sha1 => "key-sha1",
            SecretForm::Nfkd => "key-nfkd",
            SecretForm::SpkiBase64 => "key-spki",
        };
        let provider = self.provider;
        self.word(form(provider.secret));
        if !provider.secret_prefix.is_empty() {
            self.word("key-prefix");
            // A pair of keys has a prefix for each half, and a handler has the public one.
            let public = provider.kind == Kind::Ed25519;
            let prefix = if public { &provider.public_prefix } else { &provider.secret_prefix };
            self.text_of("secret_prefix", prefix);
            let bare =
                provider.secret_without_prefix == SecretForm::Utf8 && provider.secret != SecretForm::Utf8;
            self.word_if(bare, "key-bare-utf8");
        }
    }

    fn place(&mut self) {
        let provider = self.provider;
        let title = match &provider.place {
            Place::Headers(names) => {
                self.word("in-header");
                self.word_if(names.len() > 1, "in-headers");
                let quoted: Vec<String> = names.iter().map(|name| self.writer.header(name)).collect();
                self.value_of("headers", quoted.join(", "));
                self.value_of("header", quoted.into_iter().next().unwrap_or_default());
                names.join(" or ")
            }
            Place::Json(path) => {
                self.word("in-json");
                self.word("json");
                self.word("json-text");
                let keys = self.writer.path(path.as_str());
                self.value_of("signature_path", keys);
                format!("{} of the body", path.as_str())
            }
            Place::Form(name) => {
                self.word("in-form");
                self.word("form");
                self.text_of("signature_field", name);
                format!("the form field {name}")
            }
            Place::Query(name) => {
                self.word("in-query");
                self.word("query");
                self.text_of("signature_field", name);
                format!("the query parameter {name}")
            }
        };
        self.value_of("place", comment(&title));
        if let Some(path) = &provider.each {
            self.word("each");
            self.word("json");
            self.word("json-text");
            let keys = self.writer.path(path.as_str());
            self.value_of("each_path", keys);
        }
    }

    /// How the value is written: what stands before the signature and the time.
    fn value(&mut self) -> Result<(), String> {
        let provider = self.provider;
        if let Some(separator) = provider.value.separator() {
            self.word("list");
            self.word_if(separator.trim() == ",", "list-comma");
            self.text_of("separator", separator);
        }
        for element in provider.value.elements() {
            let (before, source) = match element {
                [Part::Placeholder(source, _)] => ("", source),
                [Part::Literal(before), Part::Placeholder(source, _)] => (&**before, source),
                [
                    Part::Placeholder(Source::PublicKey, _),
                    Part::Literal(between),
                    Part::Placeholder(source, _),
                ] if provider.value.separator().is_none() => {
                    self.word("pair");
                    self.text_of("between", between);
                    ("", source)
                }
                _ => return Err("its signature is written in a way that handlers do not read".to_owned()),
            };
            match source {
                Source::Sig | Source::Secret => {
                    self.word_if(!before.is_empty(), "prefix");
                    self.text_of("prefix", before);
                }
                Source::Ts => {
                    self.word("time-value");
                    self.word("time");
                    self.text_of("time_prefix", before);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The id and the time, where they are not in the value.
    fn beside(&mut self) -> Result<(), String> {
        let provider = self.provider;
        match &provider.id_source {
            None => {}
            Some(Source::Header(name)) => {
                self.word("id");
                let name = self.writer.header(name);
                self.value_of("id_header", name);
            }
            Some(source) => return Err(format!("handlers do not look for an id at `{source}`")),
        }
        match &provider.timestamp {
            None | Some(TimePlace::Value) => {}
            Some(TimePlace::Source(Source::Header(name))) => {
                self.word("time");
                self.word("time-header");
                let name = self.writer.header(name);
                self.value_of("time_header", name);
            }
            Some(TimePlace::Source(Source::Json(path))) => {
                let read = provider.replay_detectable() && provider.tolerance.is_some();
                self.word_if(read, "time");
                self.word_if(read, "time-json");
                self.word_if(read, "json");
                self.word_if(read, "json-text");
                let keys = self.writer.path(path.as_str());
                self.value_of("time_path", keys);
            }
            Some(TimePlace::Source(source)) => {
                return Err(format!("handlers do not look for a time at `{source}`"));
            }
        }
        Ok(())
    }

    /// The window, where the vendor sets one and the time is signed.
    fn time(&mut self) {
        let judged = !self.provider.kind.is_token() && self.provider.replay_detectable();
        let Some(tolerance) = self.provider.tolerance.filter(|_| judged) else { return };
        self.word("window");
        self.value_of("tolerance", tolerance.as_secs().to_string());
        self.word(match self.provider.time_form {
            TimeForm::Unix => "unix",
            TimeForm::UnixMillis => "millis",
            TimeForm::Rfc3339 => "rfc3339",
            TimeForm::HttpDate => "http-date",
        });
    }

    fn content(&mut self) -> Result<(), String> {
        let provider = self.provider;
        if matches!(provider.kind, Kind::Token | Kind::Basic) {
            return Ok(());
        }
        let mut url = false;
        if provider.kind.is_token() {
            self.word("json");
            url = self.claims()?;
        } else {
            self.sources(&provider.content);
            let content = self.writer.template(&provider.content)?;
            self.value_of("content", content);
        }
        url |= !provider.kind.is_token()
            && (provider.content.uses(&Source::Url) || provider.content.uses(&Source::Params));
        self.word_if(url, "url");
        if url {
            self.forms_of_the_url()?;
        }
        self.word_if(provider.body_escape && provider.each.is_none(), "body-escape");
        Ok(())
    }

    /// The forms in which the vendor may have signed the URL.
    fn forms_of_the_url(&mut self) -> Result<(), String> {
        let provider = self.provider;
        self.word_if(provider.url_port, "url-port");
        if !provider.url_decode.is_empty() {
            self.word("url-decode");
            let letters: String = provider.url_decode.chars().filter(char::is_ascii).collect();
            self.text_of("url_decoded", &letters);
        }
        if !provider.url_escape.is_empty() {
            if !provider.url_decode.is_empty() {
                return Err("it signs the URL escaped or decoded, and handlers try one of both".to_owned());
            }
            self.word("url-escape");
            let pair = |(letter, text): &(char, Box<str>)| {
                let letter = self.writer.text(&letter.to_string());
                self.writer.spelled("escape", &[&letter, &self.writer.text(text)])
            };
            let pairs: Vec<String> = provider.url_escape.iter().map(pair).collect::<Result<_, _>>()?;
            self.value_of("url_escapes", pairs.join(", "));
        }
        Ok(())
    }

    /// What a token has to claim; whether that is the URL.
    fn claims(&mut self) -> Result<bool, String> {
        let provider = self.provider;
        let mut claims = Vec::new();
        for (name, claim) in &provider.claims {
            self.sources(claim);
            if claim.sources().any(|source| matches!(source, Source::Json(_))) {
                return Err("its token repeats members of the body, which handlers do not compare".to_owned());
            }
            let wanted = self.writer.template(claim)?;
            claims.push(self.writer.spelled("claim", &[&self.writer.text(name), &wanted])?);
        }
        self.value_of("claims", claims.join(", "));
        if let Some(tolerance) = provider.tolerance {
            self.word("iat");
            self.value_of("tolerance", tolerance.as_secs().to_string());
        }
        Ok(provider.claims.iter().any(|(_, claim)| claim.uses(&Source::Url)))
    }

    fn sources(&mut self, template: &Template) {
        for source in template.sources() {
            match source {
                Source::Json(_) => {
                    self.word("json");
                    self.word("json-text");
                }
                Source::Form(_) => self.word("form"),
                Source::Query(_) => self.word("query"),
                Source::Params => {
                    self.word("params");
                }
                Source::Header(_) => self.word("header-source"),
                Source::Method => self.word("method"),
                Source::Path => self.word("path"),
                _ => {}
            }
        }
        for part in template.parts() {
            if let Part::Placeholder(_, filters) = part {
                filters.iter().for_each(|filter| self.word(filter_word(*filter)));
            }
        }
        self.word_if(template.parts().len() > 1, "joined");
    }
}

/// The word for a filter that the content uses.
const fn filter_word(filter: Filter) -> &'static str {
    match filter {
        Filter::Digest(HashName::Sha1) => "filter-sha1",
        Filter::Digest(HashName::Sha256) => "filter-sha256",
        Filter::Digest(HashName::Sha512) => "filter-sha512",
        Filter::Encode(Encoding::Hex) => "filter-hex",
        Filter::Encode(Encoding::Base64) => "filter-base64",
        Filter::Encode(Encoding::Base64Url) => "filter-base64url",
        Filter::Crc32 => "filter-crc32",
        _ => "filter-other",
    }
}
