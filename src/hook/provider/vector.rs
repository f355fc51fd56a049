//! Test vectors of a profile: messages whose verdict is known.
//!
//! They come from the vendor's documentation or from a recorded delivery, and
//! prove what a profile cannot prove about itself: that it describes the
//! vendor rightly. Reading them is all that is done here; `trial` runs them.

use super::error::ProfileError;
use super::profile::check_header_name;
use super::reader::Reader;
use super::table::{Place as Spot, Setting};
use crate::hook::encoding::decode_base64;
use crate::hook::secret::Secret;
use crate::hook::time::Timestamp;
use crate::hook::verdict::Code;

/// Every field of a vector.
pub(super) const VECTOR_FIELDS: &[&str] = &[
    "name",
    "secret",
    "public_key",
    "webhook_id",
    "method",
    "url",
    "headers",
    "body",
    "body_base64",
    "at",
    "expect",
    "source",
];

/// A header's name and value.
type Header = (Box<str>, Box<str>);

/// A message, the secret it was signed with, and what must be found.
#[derive(Clone, Debug)]
pub struct Vector {
    /// What it is called, where it has a name.
    pub name: Option<Box<str>>,
    /// The line of its file that it begins at, counted from 1.
    pub line: usize,
    /// The signing secrets, at least one.
    pub secrets: Vec<Secret>,
    /// The public key or key id that goes with the secret.
    pub public_key: Option<Box<str>>,
    /// The vendor's id of the webhook, for schemes that sign it.
    pub webhook_id: Option<Box<str>>,
    /// The request's method.
    pub method: Box<str>,
    /// The URL it was sent to: absolute, or the path alone.
    pub url: Box<str>,
    /// The headers in their order; a name may come twice.
    pub headers: Vec<Header>,
    /// The raw body.
    pub body: Vec<u8>,
    /// The moment it is judged at; without one its age is not judged.
    pub at: Option<Timestamp>,
    /// What must be found.
    pub expect: Code,
}

impl Vector {
    /// Path and query of the URL.
    pub fn target(&self) -> String {
        let rest = self.url.split_once("://").map_or(&*self.url, |(_, rest)| rest);
        let tail = rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or("/");
        if tail.starts_with('/') { tail.to_owned() } else { format!("/{tail}") }
    }

    /// The URL where it is an absolute one.
    pub fn absolute_url(&self) -> Option<&str> {
        self.url.contains("://").then_some(&*self.url)
    }
}

/// Reads the vectors of a profile.
pub(super) fn vectors(read: &Reader<'_>) -> Result<Vec<Vector>, ProfileError> {
    read.tables("vector", VECTOR_FIELDS)?.iter().map(vector).collect()
}

fn vector(read: &Reader<'_>) -> Result<Vector, ProfileError> {
    let at = moment(read)?;
    let expect = expect(read)?;
    if at.is_none() && matches!(expect, Code::TooOld | Code::InFuture) {
        return Err(read.error("expect", "needs `at`, the moment of judging"));
    }
    // Where it comes from is for the reader of the file.
    read.text("source")?;
    Ok(Vector {
        name: read.text("name")?.map(Into::into),
        line: read.line(),
        secrets: secrets(read)?,
        public_key: read.text("public_key")?.map(Into::into),
        webhook_id: read.text("webhook_id")?.map(Into::into),
        method: read.text("method")?.unwrap_or("POST").into(),
        url: read.text("url")?.unwrap_or("/").into(),
        headers: headers(read)?,
        body: body(read)?,
        at,
        expect,
    })
}

fn secrets(read: &Reader<'_>) -> Result<Vec<Secret>, ProfileError> {
    let secret = |(text, spot): (&str, &Spot)| {
        Secret::new(text).map_err(|error| spot.error("secret", error.to_string()))
    };
    let secrets: Vec<Secret> = read.texts("secret")?.into_iter().map(secret).collect::<Result<_, _>>()?;
    if secrets.is_empty() {
        return Err(read.error("secret", "is missing: what was it signed with?"));
    }
    Ok(secrets)
}

/// A table, or an array of lines where a name comes twice.
fn headers(read: &Reader<'_>) -> Result<Vec<Header>, ProfileError> {
    let pairs = match read.field("headers").map(|field| &field.setting) {
        Some(Setting::List(_)) => read.texts("headers")?.into_iter().map(line).collect::<Result<_, _>>()?,
        _ => read.pairs("headers")?,
    };
    let checked = |(name, value, spot): (&str, &str, &Spot)| {
        check_header_name(name).map_err(|message| spot.error("headers", message))?;
        if value.contains(['\r', '\n', '\0']) {
            return Err(spot.error("headers", format!("the value of `{name}` cannot be sent in a header")));
        }
        Ok((name.into(), value.into()))
    };
    pairs.into_iter().map(checked).collect()
}

fn line<'t>((text, spot): (&'t str, &'t Spot)) -> Result<(&'t str, &'t str, &'t Spot), ProfileError> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| spot.error("headers", format!("`{text}` is not a line `Name: value`")))?;
    Ok((name, value.trim(), spot))
}

fn body(read: &Reader<'_>) -> Result<Vec<u8>, ProfileError> {
    match (read.text("body")?, read.text("body_base64")?) {
        (Some(_), Some(_)) => Err(read.error("body_base64", "a vector has one body")),
        (Some(text), None) => Ok(text.as_bytes().to_vec()),
        (None, Some(text)) => {
            decode_base64(text.as_bytes()).ok_or_else(|| read.error("body_base64", "is not base64"))
        }
        (None, None) => Ok(Vec::new()),
    }
}

fn moment(read: &Reader<'_>) -> Result<Option<Timestamp>, ProfileError> {
    match read.field("at").map(|field| &field.setting) {
        None => Ok(None),
        Some(Setting::Number(seconds)) => Ok(Some(Timestamp::from_seconds(*seconds))),
        Some(Setting::Text(text)) => {
            Timestamp::parse(text).map(Some).map_err(|problem| read.error("at", problem))
        }
        Some(other) => {
            let found = other.kind();
            Err(read.error("at", format!("must be unix seconds or an RFC 3339 string, not {found}")))
        }
    }
}

fn expect(read: &Reader<'_>) -> Result<Code, ProfileError> {
    let Some(word) = read.text("expect")? else { return Ok(Code::Verified) };
    // What no vector can lead to would never be found.
    let known = |code: &Code| code.judged() || *code == Code::BadSecret;
    Code::parse(word).filter(known).ok_or_else(|| {
        let words: Vec<&str> =
            Code::ALL.iter().filter(|code| known(code)).map(|code| code.as_str()).collect();
        read.error("expect", format!("`{word}` is none of {}", words.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::provider::Catalogue;

    fn added(vector: &str) -> Result<Vec<Vector>, String> {
        let mut catalogue = Catalogue::builtin();
        let text = format!("[mine]\nheader = \"X-Mine\"\n[[mine.vector]]\n{vector}");
        catalogue.add("mine.toml", &text).map_err(|error| error.to_string())?;
        Ok(catalogue.get("mine").unwrap().vectors().to_vec())
    }

    #[test]
    fn a_vector_is_read_whole() {
        let vectors = added(
            "name = \"n\"\nsecret = [\"a\", \"b\"]\nmethod = \"PUT\"\nurl = \"https://h.test?x=1\"\n\
             headers = [\"X-Mine: 1\", \"X-Mine:2\"]\nbody_base64 = \"/w==\"\nat = 17\nexpect = \"too_old\"",
        );
        let vectors = vectors.unwrap();
        let [vector] = vectors.as_slice() else { panic!("{vectors:?}") };
        assert_eq!((vector.name.as_deref(), vector.line, vector.secrets.len()), (Some("n"), 3, 2));
        assert_eq!((vector.target().as_str(), vector.absolute_url()), ("/?x=1", Some("https://h.test?x=1")));
        assert_eq!(vector.headers, [("X-Mine".into(), "1".into()), ("X-Mine".into(), "2".into())]);
        assert_eq!((vector.body.as_slice(), vector.expect), (&b"\xff"[..], Code::TooOld));
        assert_eq!(vector.at, Some(Timestamp::from_seconds(17)));
        let [vector] = &added("secret = \"a\"\nurl = \"/p?q\"\nheaders = { X-Mine = \"1\" }").unwrap()[..]
        else {
            panic!("one vector")
        };
        assert_eq!((vector.target().as_str(), vector.absolute_url()), ("/p?q", None));
        assert_eq!((vector.at, vector.expect, &*vector.method), (None, Code::Verified, "POST"));
    }

    #[test]
    fn mistakes_are_named_by_line_and_field() {
        for (text, message) in [
            ("", "mine.toml:3: field `secret`: is missing: what was it signed with?"),
            ("secret = \"\"", "mine.toml:4: field `secret`: the signing secret is empty"),
            ("secert = \"a\"", "mine.toml:4: field `secert`: there is no such field; did you mean `secret`?"),
            (
                "secret = \"a\"\nheaders = [\"X\"]",
                "mine.toml:5: field `headers`: `X` is not a line `Name: value`",
            ),
            (
                "secret = \"a\"\nheaders = { \"X Y\" = \"1\" }",
                "mine.toml:5: field `headers`: `X Y` is not a header name",
            ),
            (
                "secret = \"a\"\nheaders = { X = \"a\\nb\" }",
                "mine.toml:5: field `headers`: the value of `X` cannot be sent in a header",
            ),
            ("secret = \"a\"\nbody_base64 = \"*\"", "mine.toml:5: field `body_base64`: is not base64"),
            (
                "secret = \"a\"\nbody = \"\"\nbody_base64 = \"\"",
                "mine.toml:6: field `body_base64`: a vector has one body",
            ),
            (
                "secret = \"a\"\nexpect = \"in_future\"",
                "mine.toml:5: field `expect`: needs `at`, the moment of judging",
            ),
        ] {
            assert_eq!(added(text).unwrap_err(), message, "{text}");
        }
        let unknown = added("secret = \"a\"\nexpect = \"ok\"").unwrap_err();
        assert!(unknown.starts_with("mine.toml:5: field `expect`: `ok` is none of verified, "), "{unknown}");
        assert!(!unknown.contains("synthesized"), "{unknown}");
        let odd = added("secret = \"a\"\nat = true").unwrap_err();
        assert!(odd.ends_with("must be unix seconds or an RFC 3339 string, not true or false"), "{odd}");
    }

    #[test]
    fn vectors_are_their_owners_alone() {
        let mut catalogue = Catalogue::builtin();
        let text = "[mine]\nheader = \"X\"\n[[mine.vector]]\nsecret = \"a\"\n[other]\nbase = \"mine\"\n";
        catalogue.add("mine.toml", text).unwrap();
        assert_eq!(catalogue.get("other").unwrap().vectors().len(), 0);
        catalogue.add("again.toml", "[mine]\nbase = \"mine\"\nheader = \"Y\"").unwrap();
        assert_eq!(catalogue.get("mine").unwrap().vectors().len(), 0, "what is changed was not proven");
    }
}
