//! One call of an API, and its answer.

use super::base::is_dots;
use super::error::{Trouble, VendorError};
use super::limits::RateLimit;
use super::retry::Again;
use crate::hook::secret::Secret;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// One call.
#[derive(Debug)]
pub struct Call<'a> {
    /// The method.
    pub method: Method,
    /// The path below the base URL, encoded, with its slash in front.
    pub path: Cow<'a, str>,
    /// The query, which is encoded when it is sent.
    pub query: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The body, which is sent as JSON.
    pub body: Option<Value>,
    /// Headers of the caller's own.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Koji's `X-Session-Token`.
    pub session: Option<&'a Secret>,
    /// The types of answer that are understood.
    pub accept: &'static str,
    /// When it is sent again.
    pub again: Again,
}

impl<'a> Call<'a> {
    /// A call that is sent again as its method allows.
    pub fn new(method: Method, path: impl Into<Cow<'a, str>>) -> Self {
        let again = Again::of(&method);
        let path = path.into();
        let accept = "application/json";
        let (query, headers) = (Vec::new(), Vec::new());
        Self { method, path, query, body: None, headers, session: None, accept, again }
    }

    /// `GET`.
    pub fn get(path: impl Into<Cow<'a, str>>) -> Self {
        Self::new(Method::GET, path)
    }

    /// Adds a member of the query, where it is given.
    #[must_use]
    pub fn query(mut self, name: &'a str, value: Option<&'a str>) -> Self {
        self.query.extend(value.map(|value| (name.into(), value.into())));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// How it is named in errors: without the query, which may hold what is private.
    pub fn endpoint(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A path with an id in it, such as `/studies/ID`; the id cannot leave its place.
///
/// # Errors
/// When the id is empty, `.` or `..`.
pub(super) fn path(before: &str, id: &str, after: &str) -> Result<String, VendorError> {
    if id.is_empty() || is_dots(id) {
        let trouble = Trouble::NotAnId { id: id.to_owned() };
        return Err(VendorError::new(format!("{before}/{{id}}{after}"), trouble));
    }
    let mut path = format!("{before}/");
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path.push_str(after);
    Ok(path)
}

/// What the vendor answered.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// How often the call was sent until then.
    pub tries: u32,
    pub(super) endpoint: String,
}

/// A body may hold a signing secret or a session token.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} {}, {} bytes)", self.endpoint, self.status, self.body.len())
    }
}

/// Names under which vendors give the id that their support asks for.
const REQUEST_IDS: [&str; 5] = ["x-request-id", "request-id", "x-correlation-id", "x-vercel-id", "cf-ray"];

impl Answer {
    /// The method and the path of the call.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The vendor's id of the exchange.
    pub fn request_id(&self) -> Option<&str> {
        REQUEST_IDS.iter().find_map(|name| self.headers.get(*name)?.to_str().ok()).filter(|id| !id.is_empty())
    }

    /// What the headers say of the rate limit.
    pub fn rate_limit(&self) -> RateLimit {
        RateLimit::read(&self.headers)
    }

    /// The type of the body, in lower case and without parameters.
    pub fn content_type(&self) -> Option<String> {
        let value = self.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        value.split(';').next().map(|kind| kind.trim().to_ascii_lowercase())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is HTML, compressed, cut, or no JSON.
    pub fn json(&self) -> Result<Value, VendorError> {
        super::shape::json(self)
    }

    /// An error about this answer.
    pub(super) fn error(&self, trouble: Trouble) -> VendorError {
        VendorError::new(self.endpoint.clone(), trouble).answered(self.status, self.request_id())
    }
}
