//! Sends one call: to the base's host only, again where that is safe, slower
//! when the vendor asks for it, and never longer than its time.

use super::base::BaseUrl;
use super::call::{Answer, Call};
use super::error::{Trouble, VendorError};
use super::limits::{self, RateLimit};
use super::retry::{Ended, Pause, Policy};
use super::shape;
use crate::clock;
use crate::hook::secret::Secret;
use crate::hook::time::Timestamp;
use crate::outbound::api::{Api, ApiError};
use bytes::Bytes;
use http::{HeaderValue, Request, header};
use serde_json::Value;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How long one call may take with all its tries and its own waits. Waits that
/// the vendor asks for come on top; each is a minute at most, and is told of.
const TIME_LIMIT: Duration = Duration::from_secs(35);

/// A vendor whose API is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// userjourneys.ai
    UserJourneys,
    /// koji.so
    Koji,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::UserJourneys, Self::Koji];

    /// By the id of the provider.
    pub fn of(provider: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.id() == provider)
    }

    /// By the beginning of a key.
    pub fn of_key(key: &Secret) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| {
            vendor.key_prefixes().iter().any(|prefix| key.expose().starts_with(prefix.as_bytes()))
        })
    }

    /// The id of the provider.
    pub fn id(self) -> &'static str {
        match self {
            Self::UserJourneys => "userjourneys",
            Self::Koji => "koji",
        }
    }

    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserJourneys => "userjourneys",
            Self::Koji => "Koji",
        }
    }

    /// Where its API lives.
    pub fn default_base(self) -> &'static str {
        match self {
            Self::UserJourneys => "https://app.userjourneys.ai/api/v1",
            Self::Koji => "https://koji.so",
        }
    }

    /// The environment variable of its key.
    pub fn key_variable(self) -> &'static str {
        match self {
            Self::UserJourneys => "USERJOURNEYS_API_KEY",
            Self::Koji => "KOJI_API_KEY",
        }
    }

    /// How its keys begin.
    pub fn key_prefixes(self) -> &'static [&'static str] {
        match self {
            Self::UserJourneys => &["uj_live_", "uj_test_"],
            Self::Koji => &["pk_live_", "koji_sk_"],
        }
    }

    /// Where a user makes a key.
    pub fn key_page(self) -> &'static str {
        match self {
            Self::UserJourneys => "Settings > API",
            Self::Koji => "Profile > API Keys, or Settings > Integrations",
        }
    }
}

/// A wait before a call is sent, or sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Which call.
    pub endpoint: String,
    /// How long.
    pub duration: Duration,
    /// The status that made it necessary; `None` when there was no answer.
    pub status: Option<u16>,
    /// How often the call was sent so far; 0 when a limit is respected before it bites.
    pub tries: u32,
}

type Heard = Box<dyn Fn(&Wait) + Send + Sync>;

/// Calls one vendor with one key.
pub struct Client {
    api: Api,
    base: BaseUrl,
    key: Option<Secret>,
    vendor: Option<Vendor>,
    policy: Policy,
    time_limit: Duration,
    /// The rate limit of the last answer that named one, and when it came.
    seen: Mutex<Option<(RateLimit, Timestamp)>>,
    heard: Option<Heard>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.base)
    }
}

impl Client {
    /// A client for the API at `base`; the key goes to its host only.
    pub fn new(api: Api, base: BaseUrl, key: Option<Secret>) -> Self {
        Self {
            api,
            base,
            key,
            vendor: None,
            policy: Policy::default(),
            time_limit: TIME_LIMIT,
            seen: Mutex::new(None),
            heard: None,
        }
    }

    /// Says whose API it is, for the words of errors.
    #[must_use]
    pub fn of(mut self, vendor: Vendor) -> Self {
        self.vendor = Some(vendor);
        self
    }

    /// How often and how fast calls are sent again.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// How long one call may take, apart from waits that the vendor asks for.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Who is told before each wait.
    #[must_use]
    pub fn on_wait(mut self, heard: impl Fn(&Wait) + Send + Sync + 'static) -> Self {
        self.heard = Some(Box::new(heard));
        self
    }

    /// Where it calls.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Whose API it is.
    pub fn vendor(&self) -> Option<Vendor> {
        self.vendor
    }

    /// Makes a call and judges the answer: whatever is not 2xx is an error.
    ///
    /// # Errors
    /// Says what went wrong and what to do about it.
    pub async fn call(&self, call: Call<'_>) -> Result<Answer, VendorError> {
        let answer = self.exchange(&call).await?;
        self.judge(answer)
    }

    /// Makes a call and gives the answer whatever its status is.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn exchange(&self, call: &Call<'_>) -> Result<Answer, VendorError> {
        self.tries(call).await.map_err(|error| self.placed(error))
    }

    /// Adds to an error where and whose call it was.
    pub(super) fn placed(&self, error: VendorError) -> VendorError {
        let owner = self.key.as_ref().and_then(Vendor::of_key);
        let foreign = owner.filter(|owner| self.vendor.is_some_and(|vendor| vendor != *owner));
        error.at(&self.base, self.vendor, foreign).said_by(|id| self.without_key(id))
    }

    /// The body of an answer as JSON.
    ///
    /// # Errors
    /// When it is HTML, compressed, cut, or no JSON.
    pub fn json(&self, answer: &Answer) -> Result<Value, VendorError> {
        answer.json().map_err(|error| self.placed(error))
    }

    /// The answer, unless it is not 2xx.
    ///
    /// # Errors
    /// Says what the status means, in the vendor's words where there are any.
    pub fn judge(&self, answer: Answer) -> Result<Answer, VendorError> {
        let trouble = match answer.status {
            200..=299 => return Ok(answer),
            300..=399 => Trouble::Redirect { to: origin_of(&answer) },
            400.. => Trouble::Status {
                said: shape::said(&answer).map(|said| self.without_key(&said)),
                wait: limits::asked(&answer.headers, clock::now()).filter(|_| answer.status == 429),
            },
            _ => Trouble::Misshapen(super::Misshapen::Status),
        };
        Err(self.placed(answer.error(trouble).tried(answer.tries)))
    }

    /// Some vendors repeat a wrong key in their answer.
    fn without_key(&self, said: &str) -> String {
        let key = self.key.as_ref().and_then(|key| std::str::from_utf8(key.expose()).ok());
        key.map_or_else(|| said.to_owned(), |key| said.replace(key, "[key]"))
    }

    async fn tries(&self, call: &Call<'_>) -> Result<Answer, VendorError> {
        let failed = |trouble, tries| VendorError::new(call.endpoint(), trouble).tried(tries);
        let request = self.request(call).map_err(|trouble| failed(trouble, 0))?;
        self.respect(call).await;
        let mut deadline = Instant::now() + self.time_limit;
        let mut tries = 0;
        loop {
            tries += 1;
            let streamed = call.accept.contains("event-stream");
            let ended = |body: &[u8]| streamed && super::sse::ended(body);
            let sent = self.api.send_until(request.clone(), ended);
            let Ok(sent) = tokio::time::timeout_at(deadline, sent).await else {
                return Err(failed(Trouble::OutOfTime { limit: self.time_limit }, tries));
            };
            let sent = sent.map(|answer| self.note(call, answer, tries));
            let pause =
                ended_as(&sent).and_then(|ended| self.policy.next(call.again, ended, tries, clock::jitter()));
            let real = self.policy.real(pause.map(Pause::duration).unwrap_or_default());
            match pause {
                Some(Pause::Asked(_)) => deadline += real,
                Some(Pause::Own(_)) if Instant::now() + real < deadline => {}
                // A wait that does not fit is not begun: what is in hand says more.
                _ => return sent.map_err(|error| failed(Trouble::Unanswered(error), tries)),
            }
            let duration = pause.map(Pause::duration).unwrap_or_default();
            let status = sent.ok().map(|answer| answer.status);
            self.pause(&Wait { endpoint: call.endpoint(), duration, status, tries }).await;
        }
    }

    /// Waits when the last answer said that nothing remains.
    async fn respect(&self, call: &Call<'_>) {
        let seen = self.seen.lock().map_or(None, |seen| *seen);
        let wait = seen.and_then(|(limit, came)| limit.wait_before_next(came, clock::now()));
        if let Some(duration) = wait {
            self.pause(&Wait { endpoint: call.endpoint(), duration, status: None, tries: 0 }).await;
        }
    }

    async fn pause(&self, wait: &Wait) {
        if let Some(heard) = &self.heard {
            heard(wait);
        }
        tokio::time::sleep(self.policy.real(wait.duration)).await;
    }

    fn note(&self, call: &Call<'_>, answer: http::Response<Bytes>, tries: u32) -> Answer {
        let (head, body) = answer.into_parts();
        let answer = Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            tries,
            endpoint: call.endpoint(),
        };
        let limit = answer.rate_limit();
        if limit != RateLimit::default()
            && let Ok(mut seen) = self.seen.lock()
        {
            *seen = Some((limit, clock::now()));
        }
        answer
    }

    fn request(&self, call: &Call<'_>) -> Result<Request<Bytes>, Trouble> {
        let key = self.key.as_ref().ok_or(Trouble::NoKey)?;
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(self.url(call)?)
            .header(header::AUTHORIZATION, header_value("Bearer ", key)?)
            .header(header::ACCEPT, call.accept);
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(session) = call.session {
            request = request.header("X-Session-Token", header_value("", session)?);
        }
        let body = match &call.body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                serde_json::to_vec(body).map_err(|_| Trouble::NotAPath)?
            }
            None => Vec::new(),
        };
        request.body(body.into()).map_err(|_| Trouble::NotAPath)
    }

    /// The URL of a call.
    fn url(&self, call: &Call<'_>) -> Result<String, Trouble> {
        let path = call.path.as_ref();
        if !BaseUrl::has_below(path) {
            return Err(Trouble::NotAPath);
        }
        let mut url = format!("{}{path}", self.base);
        if !call.query.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&call.query);
            url.push('?');
            url.push_str(&query.finish());
        }
        Ok(url)
    }
}

/// How a try ended, where it is not simply to be taken.
fn ended_as(sent: &Result<Answer, ApiError>) -> Option<Ended> {
    match sent {
        Ok(answer) if answer.status < 400 => None,
        Ok(answer) => Some(Ended::Status(answer.status, limits::asked(&answer.headers, clock::now()))),
        Err(ApiError::Connect(_)) => Some(Ended::NotSent),
        Err(error) => error.retryable().then_some(Ended::Broken),
    }
}

fn header_value(before: &str, secret: &Secret) -> Result<HeaderValue, Trouble> {
    let bytes = [before.as_bytes(), secret.expose()].concat();
    let plain = secret.expose().iter().all(u8::is_ascii_graphic);
    let mut value = HeaderValue::from_bytes(&bytes).ok().filter(|_| plain).ok_or(Trouble::KeyUnusable)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Scheme and host of where a redirect leads; its path may hold anything.
fn origin_of(answer: &Answer) -> Option<String> {
    let location = answer.headers.get(header::LOCATION)?.to_str().ok()?;
    let uri: http::Uri = location.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?.as_str().rsplit('@').next()?))
}
