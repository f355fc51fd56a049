//! Who is attacked: the naive inspector, the real one beside a listener and by
//! itself, and the sandbox with its dashboard and its control API.
//!
//! The listener's own port is no victim: it takes what any stranger posts and
//! judges it by its signature, which is what it is for. The journal is a file.

use super::super::SECRET;
use super::naive::{MARKER, Naive};
use crate::harness::inspector::Inspector;
use crate::harness::target::Application;
use crate::harness::{Home, Listening, body_of, hmac_sha256_hex, post, raw_exchange, status_of};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::Child;

/// What a page of the attacker's must not know.
const SECRET_EVENT: &str = "marker-of-the-real-one";

/// One of them, as a page sees it.
pub(super) struct Victim {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    /// Where it is found under `[::1]`, if at all.
    pub(super) six: Option<SocketAddr>,
    /// What is worth reading there.
    pub(super) markers: Vec<String>,
    pub(super) token: String,
    /// Its paths: `reads`, `acts`, `forms`, `stream`.
    pub(super) paths: Value,
}

/// All of them, running.
pub(super) struct Victims {
    pub(super) naive: Naive,
    application: Application,
    listening: Listening,
    beside: Inspector,
    alone: Inspector,
    sandbox: Child,
    pub(super) all: Vec<Victim>,
    _home: Home,
}

impl Victims {
    pub(super) fn start() -> Self {
        let (home, application, naive) = (Home::default(), Application::start(), Naive::start());
        let secret = home.secret("secret", SECRET);
        let to = application.url();
        let secret = secret.to_str().unwrap();
        let listening = home.listen([
            "--provider",
            "koji",
            "--secret-file",
            secret,
            "--inspect",
            "127.0.0.1:0",
            "--forward",
            &to,
        ]);
        // One to read, and one to delete.
        for count in 1..=2 {
            deliver(&listening);
            application.wait_for(count);
        }
        let beside = Inspector::at(listening.ready["inspector"].as_str().unwrap());
        let alone = Inspector::start(&home, ["--provider", "koji", "--secret-file", secret], &[]);
        let (sandbox, ready) = sandbox(&home);
        let all = vec![
            Victim {
                name: "naive",
                address: naive.address,
                six: Some(naive.six),
                markers: vec![MARKER.to_owned()],
                token: "any".to_owned(),
                paths: naive_paths(),
            },
            inspected("beside listen", &beside, &application),
            inspected("inspect", &alone, &application),
            of_sandbox(&ready),
        ];
        Self { naive, application, listening, beside, alone, sandbox, all, _home: home }
    }

    /// Everything that an action would change at the real ones. The inspectors share a journal.
    pub(super) fn state(&self) -> String {
        let deliveries = ["/api/deliveries/1", "/api/deliveries/2"].map(|path| {
            let answer = self.alone.ask("GET", path, None);
            String::from_utf8_lossy(&answer.body).into_owned()
        });
        let deliveries = deliveries.join("\n");
        let passed_on = self.application.received().len();
        let sandbox = self.all.last().unwrap().address;
        let mut state: Value = serde_json::from_str(&get(sandbox, "/_sandbox/state")).unwrap();
        // Its clock goes on by itself, though not by an hour.
        state["now"] = json!(state["now"].as_str().unwrap().split_once(':').unwrap().0);
        let sent = get(sandbox, "/_sandbox/deliveries");
        format!("{passed_on}\n{deliveries}\n{state}\n{sent}")
    }

    /// That whoever may come in does find there what the pages look for, and can do what they try.
    pub(super) fn are_worth_it(&mut self) {
        for inspector in [&self.beside, &self.alone] {
            for path in ["/api/deliveries", "/api/deliveries/1/body"] {
                let answer = inspector.ask("GET", path, None);
                assert!(String::from_utf8_lossy(&answer.body).contains(SECRET_EVENT), "{path}");
            }
        }
        let before = self.state();
        let to = self.application.address.port().to_string();
        self.beside.post("/api/deliveries/1/replay", &json!({"to": to}));
        assert_ne!(self.state(), before, "a replay is seen");
        let sandbox = self.all.last().unwrap();
        for path in ["/_sandbox/state", "/i/xK9mR2pQ"] {
            let said = get(sandbox.address, path);
            assert!(sandbox.markers.iter().any(|marker| said.contains(marker.as_str())), "{path}");
        }
        self.listening.signal("INT");
        self.listening.wait();
    }
}

impl Drop for Victims {
    fn drop(&mut self) {
        drop(self.sandbox.kill());
        drop(self.sandbox.wait());
    }
}

fn deliver(listening: &Listening) {
    let body = json!({"type": SECRET_EVENT, "timestamp": "2026-03-11T10:00:00Z", "data": {}}).to_string();
    let signature = format!("sha256={}", hmac_sha256_hex(SECRET, body.as_bytes()));
    let fields = [("Content-Type", "application/json"), ("X-Koji-Signature", signature.as_str())];
    assert_eq!(post(listening.address, "/webhooks", &fields, body.as_bytes()), 200);
}

/// A request that does something: as JSON, and as the fields of a form. A form that
/// spells JSON has an equals sign in it; the last member takes any text.
fn act(method: &str, path: &str, fields: &Value, absorbs: &str) -> Value {
    json!({"method": method, "path": path, "fields": fields, "body": fields.to_string(), "absorbs": absorbs})
}

fn naive_paths() -> Value {
    let act = act("POST", "/api/deliveries/1/replay", &json!({}), "body");
    json!({"reads": ["/api/deliveries"], "acts": [act], "forms": [act], "stream": "/api/stream"})
}

/// A real inspector; a page of the attacker's knows its API, and where the application is.
fn inspected(name: &'static str, inspector: &Inspector, application: &Application) -> Victim {
    let to = application.address.port().to_string();
    let posts = [
        act("POST", "/api/deliveries/1/replay", &json!({"to": to}), "body"),
        act("POST", "/api/deliveries/1/mark", &json!({"mark": "was here"}), "mark"),
    ];
    let mut acts = posts.to_vec();
    acts.push(act("DELETE", "/api/deliveries/2", &json!({"force": true}), ""));
    let reads = ["/api/deliveries", "/api/deliveries/1", "/api/deliveries/1/body", "/api/session", "/"];
    Victim {
        name,
        address: inspector.address,
        six: None,
        markers: vec![SECRET_EVENT.to_owned()],
        token: inspector.token.clone(),
        paths: json!({"reads": reads, "acts": acts, "forms": posts, "stream": "/api/stream?after=0"}),
    }
}

/// The sandbox as a user starts it, at ten o'clock.
fn sandbox(home: &Home) -> (Child, Value) {
    use std::io::{BufRead as _, BufReader};
    let args = ["sandbox", "--port", "0", "--json", "--start-at", "2026-03-11T10:00:00Z"];
    let mut child = home.command(args).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn of_sandbox(ready: &Value) -> Victim {
    let address: SocketAddr =
        ready["url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
    let state: Value = serde_json::from_str(&get(address, "/_sandbox/state")).unwrap();
    let key = state["keys"][0]["key"].as_str().unwrap().to_owned();
    let post = |path: &str, fields: Value, absorbs: &str| act("POST", path, &fields, absorbs);
    // First what would hide the rest.
    let acts = [
        post("/_sandbox/reset", json!({}), ""),
        post("/_sandbox/complete", json!({}), ""),
        post("/_sandbox/advance", json!({"by": "1h"}), ""),
        post("/_sandbox/koji/webhooks", json!({"url": "http://127.0.0.1:1/"}), ""),
    ];
    let forms = [
        post("/_sandbox/pages/advance", json!({"by": "1h"}), "text"),
        post("/_sandbox/pages/webhooks", json!({"url": "http://127.0.0.1:1/"}), "text"),
        post("/i/xK9mR2pQ/finish", json!({"quality": "insightful"}), "text"),
        post("/_sandbox/complete", json!({}), "name"),
    ];
    let reads = ["/_sandbox/state", "/_sandbox/deliveries", "/i/xK9mR2pQ", "/"];
    Victim {
        name: "sandbox",
        address,
        six: None,
        // The page of a study's link says the study's name.
        markers: vec![key.clone(), "Onboarding Feedback".to_owned()],
        token: key,
        paths: json!({"reads": reads, "acts": acts, "forms": forms, "stream": "/_sandbox/state"}),
    }
}

/// Asks as a person does who types the address.
fn get(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answer = raw_exchange(address, request.as_bytes());
    assert_eq!(status_of(&answer), 200, "{path}");
    String::from_utf8_lossy(body_of(&answer)).into_owned()
}
