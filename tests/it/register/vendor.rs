//! A vendor as its documentation describes it, off the wire by itself, that
//! keeps every byte it was sent and goes wrong where a test says.

use crate::harness::PATIENCE;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

pub(crate) const KEY: &str = "uj_live_fake0000000000000000a1b2";

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done, and the connection closes without an answer.
    Unheard,
    /// It is done, and the caller is killed before it can hear of it.
    Killed,
    /// It is not done, and answered with this status.
    Refused(u16),
    /// It is answered when the test lets it.
    Held,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) registered: Option<Value>,
    pub(crate) made: u32,
    pub(crate) secret: Option<String>,
    /// Every request as it came: head and body.
    pub(crate) requests: Vec<(String, String)>,
    fates: Vec<(String, Fate)>,
    pub(crate) caller: Option<u32>,
}

#[derive(Clone)]
pub(crate) struct Vendor {
    pub(crate) address: SocketAddr,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Vendor {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let vendor = Self { address, shared: Arc::default() };
        let of_thread = vendor.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), vendor) = (stream, of_thread.clone()) else { return };
                std::thread::spawn(move || vendor.serve(stream));
            }
        });
        vendor
    }

    /// With a webhook of somebody else.
    pub(crate) fn with(url: &str) -> Self {
        let vendor = Self::start();
        vendor.change(|state| {
            state.registered = Some(json!({"url": url, "events": ["interview.completed"]}));
            state.secret = Some("whsec_fakeofsomebodyelse".to_owned());
        });
        vendor
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let done = act(&mut self.shared.0.lock().unwrap());
        self.shared.1.notify_all();
        done
    }

    /// The next call with this method goes this way.
    pub(crate) fn then(&self, method: &str, fate: Fate) {
        self.change(|state| state.fates.push((method.to_owned(), fate)));
    }

    /// Lets go what is held.
    pub(crate) fn release(&self) {
        self.change(|state| state.fates.retain(|(_, fate)| *fate != Fate::Held));
    }

    pub(crate) fn url(&self) -> Option<String> {
        self.change(|state| Some(state.registered.as_ref()?["url"].as_str()?.to_owned()))
    }

    pub(crate) fn secret(&self) -> Option<String> {
        self.change(|state| state.secret.clone())
    }

    /// The methods of the calls so far.
    pub(crate) fn methods(&self) -> Vec<String> {
        let method = |(head, _): &(String, String)| head.split(' ').next().unwrap().to_owned();
        self.change(|state| state.requests.iter().map(method).collect())
    }

    /// Forgets the calls so far.
    pub(crate) fn forget(&self) {
        self.change(|state| state.requests.clear());
    }

    /// Waits until this holds.
    pub(crate) fn wait(&self, holds: impl Fn(&State) -> bool) {
        let state = self.shared.0.lock().unwrap();
        let (_state, waited) =
            self.shared.1.wait_timeout_while(state, PATIENCE, |state| !holds(state)).unwrap();
        assert!(!waited.timed_out(), "it never came");
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut writer = stream;
        while let Some((head, body)) = request(&mut reader) {
            let method = head.split(' ').next().unwrap().to_owned();
            let fate = self.change(|state| {
                state.requests.push((head.clone(), body.clone()));
                let at = state.fates.iter().position(|(of, _)| *of == method)?;
                let fate = state.fates[at].1;
                if fate != Fate::Held {
                    state.fates.remove(at);
                }
                Some(fate)
            });
            let answer = match fate {
                Some(Fate::Refused(status)) => {
                    let body = json!({"error": {"message": "fake refusal"}}).to_string();
                    answer(status, &body)
                }
                _ => self.change(|state| act(state, &method, &head, &body)),
            };
            match fate {
                Some(Fate::Unheard) => return,
                Some(Fate::Killed) => {
                    let pid = self.change(|state| state.caller).expect("the test names the caller");
                    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
                    assert!(killed.unwrap().success());
                    return;
                }
                Some(Fate::Held) => {
                    self.wait(|state| state.fates.iter().all(|(_, fate)| *fate != Fate::Held));
                }
                _ => {}
            }
            if writer.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

fn act(state: &mut State, method: &str, head: &str, body: &str) -> String {
    assert!(head.split(' ').nth(1) == Some("/api/v1/webhooks"), "{head}");
    if !head.to_ascii_lowercase().contains(&format!("\r\nauthorization: bearer {KEY}\r\n")) {
        return answer(401, "{\"error\":{\"message\":\"no such key\"}}");
    }
    match (method, &state.registered) {
        ("GET", Some(found)) => answer(200, &found.to_string()),
        ("GET", None) => answer(404, "{\"error\":{\"message\":\"no webhook\"}}"),
        ("DELETE", _) => {
            (state.registered, state.secret) = (None, None);
            answer(204, "")
        }
        ("PUT", before) => {
            let created = before.is_none();
            let mut now: Value = serde_json::from_str(body).unwrap();
            state.registered = Some(now.clone());
            if created {
                state.made += 1;
                let secret = format!("whsec_fake{:028}", state.made);
                now["signing_secret"] = secret.clone().into();
                state.secret = Some(secret);
            }
            answer(if created { 201 } else { 200 }, &now.to_string())
        }
        _ => answer(405, "{}"),
    }
}

fn answer(status: u16, body: &str) -> String {
    let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\n{length}\r\n{body}")
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|read| *read > 0)?;
    }
    let length = head.to_ascii_lowercase();
    let length = length.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.split('\r').next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}
