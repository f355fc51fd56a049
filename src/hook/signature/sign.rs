//! Signs a message the way a provider does.
//!
//! Makes no id and reads no clock: both come in. The body is used as it is;
//! only schemes that carry the signature inside the body or the URL change it,
//! and then every other byte stays.

use super::MOST_ELEMENTS;
use super::asymmetric::NotSigned;
use super::covered::NamesPlace;
use super::key::{Key, Keys};
use super::params::{self, ParamsError};
use super::scope::Scope;
use super::url;
use crate::hook::delivery::Message;
use crate::hook::encoding::Encoding;
use crate::hook::form;
use crate::hook::json::{self, Path, SetError, elements};
use crate::hook::provider::{Kind, Place, Provider, TimePlace};
use crate::hook::template::{Source, Template};
use crate::hook::time::Timestamp;
use std::borrow::Cow;
use std::sync::Arc;

/// What a signature adds to a message.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Signed {
    /// The headers to send along, in the order a vendor sends them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, where the scheme puts something into it.
    pub body: Option<Vec<u8>>,
    /// Path and query, where the scheme puts something into the query.
    pub target: Option<String>,
}

/// Why a message cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The keys are another provider's.
    #[error("the keys are those of `{0}`")]
    OtherKeys(Arc<str>),
    /// More secrets than the scheme has places for signatures.
    #[error("`{provider}` sends at most {most} signature(s) with a delivery, and there are {given} secrets")]
    TooManySecrets {
        /// The provider.
        provider: Arc<str>,
        /// How many it sends.
        most: usize,
        /// How many secrets there are.
        given: usize,
    },
    /// The scheme signs an id and none was given.
    #[error("`{0}` signs the id of the delivery, and there is none")]
    NoId(Arc<str>),
    /// The scheme sends a public key along and none was given.
    #[error("`{0}` sends a public key along, and there is none")]
    NoPublicKey(Arc<str>),
    /// The scheme signs the webhook's id and none was given.
    #[error("`{0}` signs the id that it gave the webhook, and it is not known")]
    NoWebhookId(Arc<str>),
    /// The secret is the public half of a key pair, which only verifies.
    #[error(
        "`{0}` is signed with a private key, and the signing secret is the public one, which only verifies"
    )]
    NoPrivateKey(Arc<str>),
    /// The cryptographic library made no signature and gave no reason.
    #[error("the signature could not be made")]
    NotMade,
    /// An id or public key that no header can carry.
    #[error("the {0} holds a character that cannot be sent")]
    BadCharacter(&'static str),
    /// The signature belongs into the body, and there is no place for it.
    #[error("the signature belongs into the body at `{path}`: {problem}")]
    NoPlace {
        /// Where it belongs.
        path: String,
        /// Why it cannot be put there.
        problem: SetError,
    },
    /// The body has no signed elements.
    #[error("the body has no array `{0}` of elements to sign")]
    NoElements(String),
    /// The form or the URL do not cover the body.
    #[error(transparent)]
    Params(#[from] ParamsError),
}

/// What goes along with a signature.
struct Along<'a> {
    timestamp: Option<String>,
    id: Option<&'a str>,
    public_key: Option<&'a str>,
    /// The list of signed headers, and the headers that go along.
    names: Option<String>,
    added: Vec<(String, Vec<u8>)>,
}

impl Provider {
    /// Signs a message as of `at`. `id` is the delivery's id for schemes that
    /// sign one; `public_key` goes with the secret for those that send one.
    /// A timestamp that the scheme keeps in the body is left as it is when it is
    /// there already.
    ///
    /// # Errors
    /// When the scheme needs what is not there, or cannot carry what is.
    pub fn sign(
        &self,
        keys: &Keys,
        message: &Message<'_>,
        at: Timestamp,
        id: Option<&str>,
        public_key: Option<&str>,
    ) -> Result<Signed, SignError> {
        self.check_keys(keys)?;
        let public_key = public_key.or(keys.public_key());
        for (what, text) in [("id", id), ("public key", public_key)] {
            if text.is_some_and(|text| text.chars().any(|letter| letter.is_control() || letter == '|')) {
                return Err(SignError::BadCharacter(what));
            }
        }
        if keys.webhook_id().is_none() && self.signs_webhook_id() {
            return Err(SignError::NoWebhookId(Arc::clone(self.id())));
        }
        if public_key.is_none() && self.sends_public_key() {
            return Err(SignError::NoPublicKey(Arc::clone(self.id())));
        }
        match self.kind {
            Kind::Token => Ok(self.token_headers(keys)),
            Kind::Basic => Ok(self.basic_headers(keys)),
            kind if kind.is_token() => self.sign_claims(keys, message, at, public_key),
            _ => self.sign_content(keys, message, at, id, public_key),
        }
    }

    fn check_keys(&self, keys: &Keys) -> Result<(), SignError> {
        if keys.provider() != self.id() {
            return Err(SignError::OtherKeys(Arc::clone(keys.provider())));
        }
        match self.signatures_at_most() {
            Some(most) if keys.len() > most => {
                let provider = Arc::clone(self.id());
                Err(SignError::TooManySecrets { provider, most, given: keys.len() })
            }
            _ => Ok(()),
        }
    }

    /// Whether signing needs a public key or key id beside the secret.
    pub fn sends_public_key(&self) -> bool {
        self.value.holds(&Source::PublicKey)
            || self.extra.iter().any(|(_, text)| text.uses(&Source::PublicKey))
    }

    fn token_headers(&self, keys: &Keys) -> Signed {
        let secret = |source: &Source| match source {
            Source::Secret => keys.first().map(|key| String::from_utf8_lossy(key.secret()).into_owned()),
            _ => None,
        };
        let value = self.value.write(&[], secret);
        Signed { headers: self.named(vec![value]), ..Signed::default() }
    }

    fn basic_headers(&self, keys: &Keys) -> Signed {
        let credentials = keys.first().map(|key| Encoding::Base64.encode(key.secret())).unwrap_or_default();
        Signed { headers: self.named(vec![format!("Basic {credentials}")]), ..Signed::default() }
    }

    /// Values for the signature's headers, the first for the first.
    pub(super) fn named(&self, values: Vec<String>) -> Vec<(String, Vec<u8>)> {
        let names = self.signature_headers().iter();
        names.zip(values).map(|(name, value)| (name.to_string(), value.into_bytes())).collect()
    }

    fn sign_content(
        &self,
        keys: &Keys,
        message: &Message<'_>,
        at: Timestamp,
        id: Option<&str>,
        public_key: Option<&str>,
    ) -> Result<Signed, SignError> {
        if self.id_source.is_some() && id.is_none_or(str::is_empty) {
            return Err(SignError::NoId(Arc::clone(self.id())));
        }
        if let Some((name, digest)) = self.missing_digest(message) {
            let url = with_query(&url::url_of(message), name, &digest);
            let target = with_query(message.target, name, &digest);
            let whole = Message { target: &target, url: Some(&url), ..*message };
            let signed = self.sign_content(keys, &whole, at, id, public_key)?;
            return Ok(Signed { target: Some(target), ..signed });
        }
        let (timestamp, body) = self.timestamp_for(message, at)?;
        let changed = Message { body: body.as_deref().unwrap_or(message.body), ..*message };
        let mut along = Along { timestamp, id, public_key, names: None, added: Vec::new() };
        let mut signed = Signed { body: body.clone(), ..Signed::default() };
        if let Some(path) = &self.each {
            signed.body = Some(self.sign_elements(keys, &changed, path, &along)?);
            return Ok(signed);
        }
        self.headers_beside(&along, &mut signed);
        let extra = self.extra_headers(message, &along);
        along.added = signed.headers.iter().chain(&extra).cloned().collect();
        self.list_headers(message, &mut along, &mut signed);
        let signatures = self.signatures(keys, &changed, changed.body, &along)?;
        match &self.place {
            Place::Headers(names) if names.len() > 1 && !self.value.is_list() => {
                let values = signatures.into_iter().map(|signature| self.written(&[signature], &along));
                signed.headers.extend(self.named(values.collect()));
            }
            Place::Headers(_) => {
                signed.headers.extend(self.named(vec![self.written(&signatures, &along)]));
            }
            Place::Json(path) => {
                let value = self.written(&signatures, &along);
                signed.body = Some(set_json(changed.body, path, &value)?);
            }
            Place::Form(name) => {
                let value = self.written(&signatures, &along);
                signed.body = Some(form::set(changed.body, name, value.as_bytes()));
            }
            Place::Query(name) => {
                let value = self.written(&signatures, &along);
                signed.target = Some(with_query(message.target, name, &value));
            }
        }
        signed.headers.extend(extra);
        Ok(signed)
    }

    /// What the URL must say of a body that is no form, where the scheme signs forms.
    fn missing_digest(&self, message: &Message<'_>) -> Option<(&'static str, String)> {
        let params = self.content.uses(&Source::Params);
        params.then(|| params::missing_digest(&url::url_of(message), message.body)).flatten()
    }

    /// The timestamp as it is written and signed, and the body when it had to
    /// be put into it.
    fn timestamp_for(
        &self,
        message: &Message<'_>,
        at: Timestamp,
    ) -> Result<(Option<String>, Option<Vec<u8>>), SignError> {
        let written = self.time_form.write(at);
        match &self.timestamp {
            None => Ok((None, None)),
            Some(TimePlace::Source(Source::Json(path))) => {
                match path.find(message.body).and_then(|found| found.text().map(Cow::into_owned)) {
                    Some(there) => Ok((Some(there), None)),
                    None => Ok((Some(written.clone()), Some(set_json(message.body, path, &written)?))),
                }
            }
            Some(_) => Ok((Some(written), None)),
        }
    }

    /// The id and timestamp headers; a header that carries both (or the same
    /// id under one name) is sent once.
    fn headers_beside(&self, along: &Along<'_>, signed: &mut Signed) {
        if let (Some(Source::Header(name)), Some(id)) = (&self.id_source, along.id) {
            signed.headers.push((name.to_string(), id.as_bytes().to_vec()));
        }
        if let (Some(TimePlace::Source(Source::Header(name))), Some(time)) =
            (&self.timestamp, &along.timestamp)
        {
            signed.headers.push((name.to_string(), time.as_bytes().to_vec()));
        }
    }

    fn extra_headers(&self, message: &Message<'_>, along: &Along<'_>) -> Vec<(String, Vec<u8>)> {
        let id = along.id.map(str::as_bytes);
        let scope = Scope { public_key: along.public_key, id, ..Scope::new(message) };
        let header = |(name, text): &(Box<str>, Template)| {
            let mut value = Vec::new();
            text.render(&scope, &mut value);
            (name.to_string(), value)
        };
        self.extra.iter().map(header).collect()
    }

    /// Chooses the headers that are signed by their name, and lists them.
    fn list_headers(&self, message: &Message<'_>, along: &mut Along<'_>, signed: &mut Signed) {
        let Some(covered) = &self.signed_headers else { return };
        let list = covered.choose(&along.added, message.headers);
        if let NamesPlace::Header(name) = &covered.names {
            let header = (name.to_string(), list.clone().into_bytes());
            along.added.push(header.clone());
            signed.headers.push(header);
        }
        along.names = Some(list);
    }

    /// One signature a key, encoded.
    fn signatures(
        &self,
        keys: &Keys,
        message: &Message<'_>,
        json: &[u8],
        along: &Along<'_>,
    ) -> Result<Vec<String>, SignError> {
        let params = self.content.uses(&Source::Params);
        let url = (params || self.content.uses(&Source::Url)).then(|| url::url_of(message));
        if let (true, Some(url)) = (params, &url) {
            params::check(url, message.body)?;
        }
        let url = url.and_then(|url| url::forms(self, url).into_iter().next());
        let sign = |key| {
            let scope = Scope {
                url: url.as_deref(),
                timestamp: along.timestamp.as_deref().map(str::as_bytes),
                id: along.id.map(str::as_bytes),
                public_key: along.public_key,
                webhook_id: keys.webhook_id(),
                key: Some(key),
                names: along.names.as_deref().map(str::as_bytes),
                covered: self.signed_headers.as_ref(),
                added: &along.added,
                ..Scope::new(message).within(json)
            };
            self.signature(key, &scope)
        };
        keys.iter().map(sign).collect()
    }

    /// The signature of a message under one key, encoded.
    fn signature(&self, key: &Key, scope: &Scope<'_>) -> Result<String, SignError> {
        let Some(pair) = key.pair() else { return Ok(self.encode.encode(self.tag(key, scope).as_bytes())) };
        let signature = pair.sign(&self.gathered(scope)).map_err(|error| self.not_signed(error))?;
        Ok(self.encode.encode(&signature))
    }

    pub(super) fn not_signed(&self, error: NotSigned) -> SignError {
        match error {
            NotSigned::NoPrivateKey => SignError::NoPrivateKey(Arc::clone(self.id())),
            NotSigned::Refused => SignError::NotMade,
        }
    }

    fn written(&self, signatures: &[String], along: &Along<'_>) -> String {
        self.value.write(signatures, |source| match source {
            Source::Ts => along.timestamp.as_deref().map(str::to_owned),
            Source::Id => along.id.map(str::to_owned),
            Source::PublicKey => along.public_key.map(str::to_owned),
            Source::SignedNames => along.names.clone(),
            _ => None,
        })
    }

    /// The body with every element of an array signed.
    fn sign_elements(
        &self,
        keys: &Keys,
        message: &Message<'_>,
        array: &Path,
        along: &Along<'_>,
    ) -> Result<Vec<u8>, SignError> {
        let no_elements = || SignError::NoElements(array.as_str().to_owned());
        let Place::Json(inner) = &self.place else { return Err(no_elements()) };
        let items = elements(message.body, array, MOST_ELEMENTS).ok_or_else(no_elements)?;
        if items.is_empty() {
            return Err(no_elements());
        }
        let mut body = message.body.to_vec();
        for (at, item) in items.iter().enumerate() {
            let signatures = self.signatures(keys, message, item.as_bytes(), along)?;
            let path = format!("{}.{at}.{}", array.as_str(), inner.as_str());
            let path = Path::parse(&path).ok_or_else(no_elements)?;
            body = set_json(&body, &path, &self.written(&signatures, along))?;
        }
        Ok(body)
    }
}

fn set_json(body: &[u8], path: &Path, value: &str) -> Result<Vec<u8>, SignError> {
    json::set(body, path, value)
        .map_err(|problem| SignError::NoPlace { path: path.as_str().to_owned(), problem })
}

fn with_query(target: &str, name: &str, value: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = form::set(query.as_bytes(), name, value.as_bytes());
    format!("{path}?{}", String::from_utf8_lossy(&query))
}
