//! The sandbox, in this process and over real sockets: what it answers is
//! asserted from the vendors' documents, not from its code.

mod capacity;
mod control;
mod documented;
mod koji;
mod program;
mod userjourneys;

use crate::harness::{body_of, raw_exchange, status_of};
use hookctl::hook::time::Timestamp;
use hookctl::job::sandbox::{self, Options, Running};
use serde_json::Value;
use tokio::runtime::Runtime;

/// The moment of the vendor's examples, a Wednesday.
const START: &str = "2026-03-11T14:32:00Z";
const ONBOARDING: &str = "e5f6a7b8-1234-56cd-ef78-222222222222";

/// A sandbox whose clock stands still at [`START`] until it is advanced.
struct Sandbox {
    running: Running,
    runtime: Runtime,
}

/// An answer.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Sandbox {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options =
            Options { speed: 0.0, start_at: Some(Timestamp::parse(START).unwrap()), ..Options::default() };
        change(&mut options);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let running = runtime.block_on(sandbox::start(options)).unwrap();
        Self { running, runtime }
    }

    /// The key of a provider with this in its name.
    fn key(&self, provider: &str, name: &str) -> String {
        let fits = |key: &&sandbox::state::keys::Key| key.provider == provider && key.name.contains(name);
        self.running.keys.iter().find(fits).unwrap().key.clone()
    }

    /// Any request to any path.
    fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            text.push_str(&format!("Host: {}\r\n", self.running.address));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let answer = raw_exchange(self.running.address, text.as_bytes());
        let body = body_of(&answer).to_vec();
        let head =
            String::from_utf8(answer[..answer.len() - body.len()].to_vec()).unwrap().to_ascii_lowercase();
        Reply { status: status_of(&answer), head, body }
    }

    /// A call of userjourneys' API with the main key.
    fn uj(&self, method: &str, path: &str, body: &str) -> Reply {
        self.uj_as(&self.key("userjourneys", "main"), method, path, body)
    }

    fn uj_as(&self, key: &str, method: &str, path: &str, body: &str) -> Reply {
        let key = format!("Bearer {key}");
        let headers = [("Authorization", key.as_str()), ("Content-Type", "application/json")];
        self.call(method, &format!("/api/v1{path}"), &headers, body)
    }

    /// A call of Koji's API with the main key.
    fn koji(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Reply {
        self.koji_as(&self.key("koji", "main"), method, path, token, body)
    }

    fn koji_as(&self, key: &str, method: &str, path: &str, token: Option<&str>, body: &str) -> Reply {
        let key = format!("Bearer {key}");
        let mut headers = vec![("Authorization", key.as_str()), ("Content-Type", "application/json")];
        headers.extend(token.map(|token| ("X-Session-Token", token)));
        self.call(method, &format!("/koji{path}"), &headers, body)
    }

    /// A call of the control API.
    fn control(&self, method: &str, path: &str, body: &str) -> Reply {
        self.call(method, &format!("/_sandbox{path}"), &[("Content-Type", "application/json")], body)
    }

    fn complete(&self, body: &str) -> Value {
        self.control("POST", "/complete", body).expect(201)
    }

    fn advance(&self, by: &str) {
        self.control("POST", "/advance", &format!(r#"{{"by":"{by}"}}"#)).expect(200);
    }

    fn stop(self) {
        self.runtime.block_on(self.running.stop()).unwrap();
    }
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The body as JSON, of an answer with this status.
    #[track_caller]
    fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}\n{}", self.head, String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}
