//! The API of userjourneys.ai (<https://docs.userjourneys.ai/api>).

use super::call::{Answer, Call, path};
use super::client::{Client, Vendor};
use super::error::{Misshapen, Trouble, VendorError};
use super::model::{Chat, Interview, Registration, Release, Study};
use super::page::{Item, Page, Paging, Trail};
use super::reading;
use crate::hook::secret::Secret;
use http::Method;
use serde_json::{Value, json};

/// Calls userjourneys.
#[derive(Debug)]
pub struct UserJourneys {
    client: Client,
}

/// Which interviews.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterviewQuery {
    /// Of this study; the vendor wants one.
    pub study_id: String,
    /// Such as `completed`.
    pub status: Option<String>,
    /// The caller's own id of the person.
    pub reference_id: Option<String>,
    /// Such as `insightful`.
    pub quality_score: Option<String>,
}

/// What became of [`UserJourneys::put_webhook`].
#[derive(Debug)]
pub struct Put {
    /// Whether there was none before.
    pub created: bool,
    /// As it is now.
    pub registration: Registration,
    /// The signing secret, which comes once: with the answer that created the webhook.
    pub secret: Option<Secret>,
}

impl UserJourneys {
    /// Takes a client whose base is the API's.
    pub fn new(client: Client) -> Self {
        Self { client: client.of(Vendor::UserJourneys) }
    }

    /// The client underneath, for calls that have no function here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A page of the active studies.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn studies(&self, page: &Paging) -> Result<Page<Study>, VendorError> {
        self.list(Call::get("/studies"), page).await
    }

    /// All active studies, from all pages.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn all_studies(&self) -> Result<Vec<Study>, VendorError> {
        let mut found = Vec::new();
        let mut trail = Trail::default();
        let mut next = Some(Paging::largest());
        while let Some(paging) = next {
            let page = self.studies(&paging).await?;
            next = trail.next(&paging, &page).map_err(|_| self.endless("GET /studies"))?;
            found.extend(page.items);
        }
        Ok(found)
    }

    /// All interviews of a query, from all pages.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn all_interviews(&self, query: &InterviewQuery) -> Result<Vec<Interview>, VendorError> {
        let mut found = Vec::new();
        let mut trail = Trail::default();
        let mut next = Some(Paging::largest());
        while let Some(paging) = next {
            let page = self.interviews(query, &paging).await?;
            next = trail.next(&paging, &page).map_err(|_| self.endless("GET /interviews"))?;
            found.extend(page.items);
        }
        Ok(found)
    }

    /// A study with its questions.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn study(&self, id: &str) -> Result<Study, VendorError> {
        self.one("/studies", id).await
    }

    /// A page of a study's interviews.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn interviews(
        &self,
        query: &InterviewQuery,
        page: &Paging,
    ) -> Result<Page<Interview>, VendorError> {
        let call = Call::get("/interviews")
            .query("study_id", Some(&query.study_id))
            .query("status", query.status.as_deref())
            .query("reference_id", query.reference_id.as_deref())
            .query("quality_score", query.quality_score.as_deref());
        self.list(call, page).await
    }

    /// An interview with its transcript and its answers.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn interview(&self, id: &str) -> Result<Interview, VendorError> {
        self.one("/interviews", id).await
    }

    /// A page of the releases, all or those of a status.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn releases(&self, status: Option<&str>, page: &Paging) -> Result<Page<Release>, VendorError> {
        self.list(Call::get("/releases").query("status", status), page).await
    }

    /// A release with its description.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn release(&self, id: &str) -> Result<Release, VendorError> {
        self.one("/releases", id).await
    }

    /// A page of the chats.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn chats(&self, page: &Paging) -> Result<Page<Chat>, VendorError> {
        self.list(Call::get("/chats"), page).await
    }

    /// A chat with the number of its messages. The chat of a release is not found.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn chat(&self, id: &str) -> Result<Chat, VendorError> {
        self.one("/chats", id).await
    }

    /// The project's webhook; `None` when there is none.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn webhook(&self) -> Result<Option<Registration>, VendorError> {
        match self.client.call(Call::get("/webhooks")).await {
            Ok(answer) => Ok(Some(self.registration(&answer, None)?.0)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the project's webhook, or moves it. The signing secret comes only
    /// when it is made; when [`VendorError::outcome_unknown`] it may be lost.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn put_webhook(&self, url: &str, events: &[String]) -> Result<Put, VendorError> {
        let call = Call::new(Method::PUT, "/webhooks").body(json!({"url": url, "events": events}));
        let answer = self.client.call(call).await?;
        let (registration, secret) = self.registration(&answer, Some((url, events)))?;
        Ok(Put { created: answer.status == 201, registration, secret })
    }

    /// Removes the project's webhook; whether there was one.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn delete_webhook(&self) -> Result<bool, VendorError> {
        let answer = self.client.exchange(&Call::new(Method::DELETE, "/webhooks")).await?;
        if answer.status == 404 {
            // Gone after a try whose answer was lost: that one removed it.
            return Ok(answer.tries > 1);
        }
        self.client.judge(answer).map(|_| true)
    }

    async fn one<T: Item>(&self, before: &str, id: &str) -> Result<T, VendorError> {
        let path = path(before, id, "").map_err(|error| self.client.placed(error))?;
        let answer = self.client.call(Call::get(path)).await?;
        self.client.json(&answer).and_then(|raw| {
            T::read(raw).ok_or_else(|| self.misshapen(&answer, Misshapen::Not("an object with an `id`")))
        })
    }

    async fn list<T: Item>(&self, mut call: Call<'_>, page: &Paging) -> Result<Page<T>, VendorError> {
        if let Some(limit) = page.limit {
            call.query.push(("limit".into(), limit.to_string().into()));
        }
        if let Some(after) = &page.after {
            call.query.push(("starting_after".into(), after.clone().into()));
        }
        let answer = self.client.call(call).await?;
        let mut raw = self.client.json(&answer)?;
        let not = |what| self.misshapen(&answer, Misshapen::Not(what));
        let Some(Value::Array(items)) = raw.get_mut("data").map(Value::take) else {
            return Err(not("a list with `data`"));
        };
        let items = items.into_iter().map(T::read).collect::<Option<Vec<_>>>();
        let items = items.ok_or_else(|| not("a list of objects with an `id`"))?;
        let has_more = reading::flag(&raw, &["has_more"]).unwrap_or(false);
        if has_more && items.is_empty() {
            return Err(self.misshapen(&answer, Misshapen::Endless));
        }
        Ok(Page { items, has_more })
    }

    fn registration(
        &self,
        answer: &Answer,
        asked: Option<(&str, &[String])>,
    ) -> Result<(Registration, Option<Secret>), VendorError> {
        let mut raw = self.client.json(answer)?;
        let secret = take_secret(&mut raw);
        let url = reading::text(&raw, &["url"]).or_else(|| asked.map(|(url, _)| url.to_owned()));
        let (Some(url), true) = (url, raw.is_object()) else {
            return Err(self.misshapen(answer, Misshapen::Not("a webhook with a `url`")));
        };
        let events = match asked {
            Some((_, events)) if raw.get("events").is_none() => events.to_vec(),
            _ => reading::texts(&raw, &["events"]),
        };
        Ok((Registration { url, events, raw }, secret))
    }

    fn misshapen(&self, answer: &Answer, what: Misshapen) -> VendorError {
        self.client.placed(answer.error(Trouble::Misshapen(what)))
    }

    fn endless(&self, endpoint: &str) -> VendorError {
        self.client.placed(VendorError::new(endpoint, Trouble::Misshapen(Misshapen::Endless)))
    }
}

/// Takes the signing secret out, wherever it is: it comes once, so it is not to
/// be lost because the vendor wraps its answer.
fn take_secret(value: &mut Value) -> Option<Secret> {
    match value {
        Value::Object(object) => {
            let found = object.shift_remove("signing_secret");
            let found = found.as_ref().and_then(Value::as_str).and_then(|text| Secret::new(text).ok());
            let inner: Vec<Secret> = object.values_mut().filter_map(take_secret).collect();
            found.or_else(|| inner.into_iter().next())
        }
        Value::Array(items) => {
            let inner: Vec<Secret> = items.iter_mut().filter_map(take_secret).collect();
            inner.into_iter().next()
        }
        _ => None,
    }
}
