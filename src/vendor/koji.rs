//! The API of Koji (<https://www.koji.so/docs/headless-api-overview>): one
//! interview at a time, in the two generations that its pages describe.
//!
//! A path that is not found is tried in the other generation, and the one that
//! answered is remembered. A 404 has no effect, so this repeats nothing.

mod reply;

pub use reply::Reply;

use super::call::{Answer, Call, path};
use super::client::{Client, Vendor};
use super::error::{Misshapen, Trouble, VendorError};
use super::generation::Generation;
use super::model::Interview;
use super::reading;
use super::retry::Again;
use crate::hook::secret::Secret;
use http::Method;
use serde_json::{Map, Value, json};
use std::sync::Mutex;

/// Calls Koji.
#[derive(Debug)]
pub struct Koji {
    client: Client,
    /// Which generation answered last.
    answered: Mutex<Option<Generation>>,
}

/// What Koji has no REST API for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Listing and showing studies.
    Studies,
    /// Whether a study takes another response.
    Capacity,
    /// Listing interviews.
    Interviews,
    /// Registering webhooks.
    Webhooks,
    /// Participants' links.
    Links,
    /// Reports.
    Reports,
}

/// How an interview begins; everything is optional.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The caller's own id of the person.
    pub external_id: Option<String>,
    /// The person's name.
    pub display_name: Option<String>,
    /// What else is known about the person.
    pub metadata: Map<String, Value>,
    /// `text` or `voice`.
    pub mode: Option<String>,
    /// The language, such as `en`.
    pub locale: Option<String>,
    /// The project, which the old generation wants; it makes the body an old one.
    pub project_id: Option<String>,
    /// The guide, in the old generation.
    pub guide_id: Option<String>,
    /// The person's address, in the old generation.
    pub email: Option<String>,
}

/// An interview that began.
#[derive(Debug)]
pub struct Started {
    /// Its id.
    pub interview_id: String,
    /// What messages and the end need besides the key; the old generation may have none.
    pub session_token: Option<Secret>,
    /// What the interviewer says first: a text, or an object.
    pub initial_message: Value,
    /// Which generation it looks like.
    pub generation: Generation,
    /// The whole answer, without the session token.
    pub raw: Value,
}

/// What became of [`Koji::complete`].
#[derive(Debug)]
pub struct Completed {
    /// Which generation answered.
    pub generation: Generation,
    /// The whole answer; null when it was empty.
    pub raw: Value,
}

/// Why an interview ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// It came to its end.
    Natural,
    /// The person left.
    RespondentLeft,
    /// Nobody said anything for too long.
    Timeout,
    /// Somebody ended it.
    #[default]
    Manual,
}

impl Reason {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Natural => "natural",
            Self::RespondentLeft => "respondent_left",
            Self::Timeout => "timeout",
            Self::Manual => "manual",
        }
    }
}

impl Absent {
    /// The error that says so, and what there is instead.
    pub fn error(self) -> VendorError {
        let (what, instead) = match self {
            Self::Studies => ("studies", "see them in the dashboard, or over Koji's MCP server"),
            Self::Capacity => {
                ("the capacity of a study", "see the study in the dashboard; Koji counts credits, not limits")
            }
            Self::Interviews => (
                "lists of interviews",
                "take ids from webhooks (`hookctl events list`), then `hookctl interviews show ID --provider koji`",
            ),
            Self::Webhooks => {
                ("webhooks", "register in the dashboard, as `hookctl register --provider koji` guides you")
            }
            Self::Links => ("participants' links", "copy the link from the study in the dashboard"),
            Self::Reports => ("reports", "see them in the dashboard"),
        };
        VendorError::unsupported(Vendor::Koji, what, instead)
    }
}

impl Start {
    fn body(&self) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value.as_str().into());
            }
        };
        if self.project_id.is_some() {
            put("project_id", &self.project_id);
            put("guide_id", &self.guide_id);
            put("respondent_name", &self.display_name);
            put("respondent_email", &self.email);
            put("language", &self.locale);
            put("mode", &self.mode);
            let mut metadata = self.metadata.clone();
            if let Some(id) = &self.external_id {
                metadata.entry("external_id").or_insert_with(|| id.as_str().into());
            }
            if !metadata.is_empty() {
                body.insert("metadata".to_owned(), metadata.into());
            }
            return body.into();
        }
        put("mode", &self.mode);
        put("locale", &self.locale);
        let mut respondent = Map::new();
        for (name, value) in [("external_id", &self.external_id), ("display_name", &self.display_name)] {
            if let Some(value) = value {
                respondent.insert(name.to_owned(), value.as_str().into());
            }
        }
        if !self.metadata.is_empty() {
            respondent.insert("metadata".to_owned(), self.metadata.clone().into());
        }
        if !respondent.is_empty() {
            body.insert("respondent".to_owned(), respondent.into());
        }
        body.into()
    }
}

impl Koji {
    /// Takes a client whose base is the API's.
    pub fn new(client: Client) -> Self {
        Self { client: client.of(Vendor::Koji), answered: Mutex::new(None) }
    }

    /// The client underneath, for calls that have no function here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The generation that answered; `None` while that is not known.
    pub fn generation(&self) -> Option<Generation> {
        self.answered.lock().map_or(None, |answered| *answered)
    }

    fn remember(&self, generation: Generation) {
        if let Ok(mut answered) = self.answered.lock() {
            *answered = Some(generation);
        }
    }

    /// Starts an interview.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn start(&self, start: &Start) -> Result<Started, VendorError> {
        let call = Call::new(Method::POST, "/api/v1/interviews/start").body(start.body());
        let answer = self.client.call(call).await?;
        let mut raw = self.client.json(&answer)?;
        let token = raw.as_object_mut().and_then(|object| object.shift_remove("session_token"));
        let session_token = token.as_ref().and_then(Value::as_str).and_then(|text| Secret::new(text).ok());
        let ids = ["interview_id", "conversation_id", "id"];
        let interview_id = reading::id(&raw, &ids)
            .ok_or_else(|| self.misshapen(&answer, Misshapen::Not("an interview with an `interview_id`")))?;
        let current = session_token.is_some() && raw.get("conversation_id").is_none();
        let generation = if current { Generation::Current } else { Generation::Old };
        let first = reading::member(&raw, &["initial_message", "first_message", "message"]);
        let initial_message = first.cloned().unwrap_or(Value::Null);
        Ok(Started { interview_id, session_token, initial_message, generation, raw })
    }

    /// Says something, and gives what the interviewer replies.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn message(
        &self,
        interview_id: &str,
        session: Option<&Secret>,
        content: &str,
    ) -> Result<Reply, VendorError> {
        let (current, old) = (self.path(interview_id, "/message")?, self.path(interview_id, "/messages")?);
        let (answer, generation) = self
            .in_either(|generation| {
                let (path, body) = match generation {
                    Generation::Current => (&current, json!({"content": content})),
                    Generation::Old => (&old, json!({"content": content, "type": "respondent"})),
                };
                let call = Call::new(Method::POST, path.as_str()).body(body);
                Call { session, accept: "text/event-stream, application/json", ..call }
            })
            .await?;
        reply::read(&answer, generation).map_err(|error| self.client.placed(error))
    }

    /// Ends an interview. A second time it changes nothing, so it may be sent again.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn complete(
        &self,
        interview_id: &str,
        session: Option<&Secret>,
        reason: Reason,
        feedback: Option<&Value>,
    ) -> Result<Completed, VendorError> {
        let old = self.path(interview_id, "/complete")?;
        let (answer, generation) = self
            .in_either(|generation| {
                let mut body = Map::new();
                let path = match generation {
                    Generation::Current => {
                        body.insert("interview_id".to_owned(), interview_id.into());
                        "/api/interview/complete"
                    }
                    Generation::Old => &old,
                };
                body.insert("reason".to_owned(), reason.as_str().into());
                if let Some(feedback) = feedback {
                    body.insert("feedback".to_owned(), feedback.clone());
                }
                let call = Call::new(Method::POST, path).body(body.into());
                Call { session, again: Again::Always, ..call }
            })
            .await?;
        // What it answers is not documented; nothing is an answer too.
        let raw =
            if answer.body.trim_ascii().is_empty() { Value::Null } else { self.client.json(&answer)? };
        Ok(Completed { generation, raw })
    }

    /// An interview with what is known of it so far.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn interview(&self, id: &str) -> Result<Interview, VendorError> {
        let path = self.path(id, "")?;
        let answer = self.client.call(Call::get(path)).await?;
        let raw = self.client.json(&answer)?;
        Interview::known_as(id, raw).ok_or_else(|| self.misshapen(&answer, Misshapen::Not("an object")))
    }

    /// Makes the call of the generation that is known, or of both until one is found.
    async fn in_either<'a>(
        &self,
        call: impl Fn(Generation) -> Call<'a>,
    ) -> Result<(Answer, Generation), VendorError> {
        let known = self.generation();
        let first = known.unwrap_or(Generation::Current);
        let refused = match self.client.call(call(first)).await {
            Ok(answer) => {
                self.remember(first);
                return Ok((answer, first));
            }
            Err(error) if error.status() == Some(404) && known.is_none() => error,
            Err(error) => {
                // Whoever refuses for another reason knows the path.
                if error.status().is_some_and(|status| (400..500).contains(&status) && status != 404) {
                    self.remember(first);
                }
                return Err(error);
            }
        };
        let other = first.other();
        match self.client.call(call(other)).await {
            Ok(answer) => {
                self.remember(other);
                Ok((answer, other))
            }
            // Neither knows it: the interview is what is missing.
            Err(error) if error.status() == Some(404) => Err(refused),
            Err(error) => Err(error),
        }
    }

    fn path(&self, id: &str, after: &str) -> Result<String, VendorError> {
        path("/api/v1/interviews", id, after).map_err(|error| self.client.placed(error))
    }

    fn misshapen(&self, answer: &Answer, what: Misshapen) -> VendorError {
        self.client.placed(answer.error(Trouble::Misshapen(what)))
    }
}
