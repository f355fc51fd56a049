//! The application of the story: what a developer would write.
//!
//! It trusts nobody: it verifies each webhook by itself, whatever the listener
//! said, marks the user of a finished interview as done, and reads Koji's
//! structured answers.

use crate::clock;
use crate::hook::delivery::Message;
use crate::hook::provider::Catalogue;
use crate::hook::secret::Secret;
use crate::hook::signature::Keys;
use crate::serve::{Handler, Rejection, Request, Response};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where it takes webhooks; the provider's id follows.
const PATH: &str = "/webhooks/";

/// What a participant said in answer to a structured question.
#[derive(Clone, Debug, PartialEq)]
pub struct StructuredAnswer {
    /// Such as `scale`.
    pub kind: String,
    /// The value, of whatever shape.
    pub value: Value,
}

/// The application.
#[derive(Default)]
pub(super) struct Application(Mutex<State>);

#[derive(Default)]
struct State {
    keys: HashMap<String, Keys>,
    /// How many more good deliveries of a provider it fails on.
    failures: HashMap<String, u32>,
    forgets: bool,
    taken: u64,
    done: HashSet<String>,
    answers: Vec<StructuredAnswer>,
}

impl Application {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns the secret that a provider signs with.
    pub(super) fn learn(&self, provider: &str, secret: &Secret) -> Result<(), String> {
        let profile = Catalogue::builtin().get(provider).map_err(|error| error.to_string())?;
        let keys = profile.keys(std::slice::from_ref(secret)).map_err(|error| error.to_string())?;
        self.state().keys.insert(provider.to_owned(), keys);
        Ok(())
    }

    /// Fails on so many good deliveries of a provider, as an application does that was just deployed.
    pub(super) fn fail_on(&self, provider: &str, deliveries: u32) {
        self.state().failures.insert(provider.to_owned(), deliveries);
    }

    /// Takes webhooks and forgets whose they were, which it should not.
    pub(super) fn forget_users(&self) {
        self.state().forgets = true;
    }

    /// Whether it would show the prompt to a user.
    pub(super) fn asks(&self, user: &str) -> bool {
        !self.state().done.contains(user)
    }

    /// How many webhooks it verified and took.
    pub(super) fn taken(&self) -> u64 {
        self.state().taken
    }

    /// The structured answers it read.
    pub(super) fn answers(&self) -> Vec<StructuredAnswer> {
        self.state().answers.clone()
    }

    fn take(&self, provider: &str, request: &Request) -> Response {
        let Ok(profile) = Catalogue::builtin().get(provider) else {
            return Response::text(404, "no such webhook");
        };
        let message = Message {
            method: request.head.method(),
            target: request.head.target(),
            headers: request.head.headers(),
            body: &request.body,
            url: None,
        };
        let mut state = self.state();
        let good = state
            .keys
            .get(provider)
            .is_some_and(|keys| profile.verify(keys, &message, clock::now(), None).verified());
        if !good {
            return Response::text(401, "bad signature");
        }
        if let Some(left) = state.failures.get_mut(provider).filter(|left| **left > 0) {
            *left -= 1;
            return Response::text(500, "the database is not there yet");
        }
        state.taken += 1;
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        state.read(&body);
        Response::text(200, "saved")
    }
}

impl State {
    fn read(&mut self, body: &Value) {
        let data = body.get("data");
        let field = |name: &str| data.and_then(|data| data.get(name));
        if let Some(user) = field("reference_id").and_then(Value::as_str)
            && !self.forgets
        {
            self.done.insert(user.to_owned());
        }
        let structured = field("structured_answers").and_then(Value::as_array);
        for answer in structured.into_iter().flatten() {
            let kind = answer.get("type").and_then(Value::as_str).unwrap_or("unknown").to_owned();
            let value = answer.get("value").cloned().unwrap_or_default();
            let answer = StructuredAnswer { kind, value };
            // An interview's events repeat its answers.
            if !self.answers.contains(&answer) {
                self.answers.push(answer);
            }
        }
    }
}

impl Handler for Application {
    async fn handle(&self, request: Request) -> Response {
        let target = request.head.target();
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        match path.strip_prefix(PATH) {
            Some(provider) => self.take(provider, &request),
            None => Response::text(404, "only webhooks are taken here"),
        }
    }

    fn rejected(&self, _rejection: Rejection) {}
}
