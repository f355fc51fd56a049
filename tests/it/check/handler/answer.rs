//! What a handler answers: what it should, unless a fault of it comes first.

use super::fault::{Does, Fault, Faults, Past, Seen, message};
use super::wire::Request;
use super::{COUNTER, PATH};
use hookctl::clock;
use hookctl::hook::provider::Provider;
use hookctl::hook::sample;
use hookctl::hook::signature::Keys;
use serde::de::IgnoredAny;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The largest body it takes.
const LARGEST: usize = 8 << 20;

/// What goes back.
pub(super) enum Reply {
    Answer(Answer),
    Garbled,
    Closed,
    /// The process ended, for good or for a while.
    Dead(Option<Duration>),
}

/// What a handler is told.
pub(crate) struct Known {
    pub(crate) provider: Arc<Provider>,
    pub(crate) secret: Vec<u8>,
    pub(crate) keys: Keys,
    /// Of a secret that it should not know.
    pub(crate) other_keys: Keys,
}

/// A handler without its server.
pub(super) struct Application {
    known: Known,
    faults: Faults,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The keys of the deliveries that were taken.
    known: HashSet<String>,
    /// The ids of what they were about.
    objects: HashSet<String>,
    /// How many deliveries did something.
    done: u64,
    taken: usize,
    busy: usize,
    jammed: bool,
}

/// How a delivery is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taking {
    Once,
    Again,
    Never,
    Late(Duration),
}

/// An HTTP answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    /// To a HEAD: without the body.
    headless: bool,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self::with(status, &[], b"")
    }

    fn with(status: u16, headers: &[(String, Vec<u8>)], body: &[u8]) -> Self {
        Self::Answer(Answer { status, headers: headers.to_vec(), body: body.to_vec(), headless: false })
    }
}

impl Answer {
    /// As HTTP/1.1 writes it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let length = self.body.len();
        let mut bytes = format!("HTTP/1.1 {} Said\r\nContent-Length: {length}\r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        if !self.headless {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

impl Application {
    pub(super) fn new(known: Known, faults: Faults) -> Self {
        Self { known, faults, state: Mutex::default() }
    }

    pub(super) fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter()
    }

    pub(super) fn answer(&self, request: &Request) -> Reply {
        if request.head.path() == COUNTER {
            let done = self.state.lock().unwrap().done;
            return Reply::with(200, &[], format!("deliveries done: {done}\n").as_bytes());
        }
        let seen = self.look(request);
        let mut reply = self.decide(&seen);
        self.state.lock().unwrap().busy -= 1;
        if let Reply::Answer(answer) = &mut reply {
            answer.headless = request.head.method() == "HEAD";
        }
        reply
    }

    fn look<'h>(&'h self, request: &'h Request) -> Seen<'h> {
        let (message, now) = (message(request), clock::now());
        let Known { provider, keys, other_keys, .. } = &self.known;
        let verdict = provider.verify(keys, &message, now, None);
        let facts = provider.facts(&message);
        let mut state = self.state.lock().unwrap();
        let repeat = facts.dedup_key.as_ref().is_some_and(|key| state.known.contains(key));
        let familiar = facts.delivery_id.as_ref().is_some_and(|id| state.objects.contains(id));
        let past = Past { repeat, familiar, busy: state.busy, taken: state.taken };
        state.busy += 1;
        let secret = &self.known.secret;
        Seen { request, provider, secret, other_keys, now, verdict, facts, past }
    }

    fn decide(&self, seen: &Seen<'_>) -> Reply {
        if self.state.lock().unwrap().jammed {
            return Reply::status(500);
        }
        let fault = self.faults.iter().find_map(|fault| match fault {
            Fault::When(holds, does) if holds(seen) => Some(*does),
            _ => None,
        });
        fault.map_or_else(|| self.good(seen), |does| self.bad(does, seen))
    }

    fn bad(&self, does: Does, seen: &Seen<'_>) -> Reply {
        match does {
            Does::Believe => self.take(seen, Taking::Once),
            Does::Forget => self.take(seen, Taking::Never),
            Does::DoAgain => self.take(seen, Taking::Again),
            Does::RememberLate(time) => self.take(seen, Taking::Late(time)),
            Does::FailAndRemember => {
                self.take(seen, Taking::Never);
                Reply::status(500)
            }
            Does::RefuseAndDo => {
                self.take(seen, Taking::Again);
                Self::refuse()
            }
            Does::Late(time) => {
                std::thread::sleep(time);
                self.good(seen)
            }
            Does::Say(words) => {
                let given = seen.signature().unwrap_or("none");
                let words = words.replace("{given}", given).replace("{right}", &seen.right());
                self.say(&words)
            }
            does => self.beyond(does),
        }
    }

    fn say(&self, words: &str) -> Reply {
        let secret = String::from_utf8_lossy(&self.known.secret);
        Reply::with(401, &[], words.replace("{secret}", &secret).as_bytes())
    }

    /// What needs no request to be done.
    pub(super) fn beyond(&self, does: Does) -> Reply {
        match does {
            Does::Status(status @ 300..400) => {
                Reply::with(status, &[("Location".to_owned(), b"/login".to_vec())], b"")
            }
            Does::Status(status) => Reply::status(status),
            Does::Say(words) => self.say(words),
            Does::Close => Reply::Closed,
            Does::Garble => Reply::Garbled,
            Does::Jam => {
                self.state.lock().unwrap().jammed = true;
                Reply::status(400)
            }
            Does::Die => Reply::Dead(None),
            Does::DieFor(time) => Reply::Dead(Some(time)),
            _ => Self::refuse(),
        }
    }

    /// What a handler should do.
    fn good(&self, seen: &Seen<'_>) -> Reply {
        if seen.path() != PATH {
            return Reply::status(404);
        }
        if let Some(reply) = self.handshake(seen) {
            return reply;
        }
        if seen.method() != "POST" {
            return Reply::status(405);
        }
        if seen.body().len() > LARGEST {
            return Reply::status(413);
        }
        if !seen.verified() {
            return Self::refuse();
        }
        if seen.header("content-encoding").is_some() {
            return Reply::status(415);
        }
        if self.speaks_json() && !is_json(seen.body()) {
            return Reply::status(400);
        }
        self.take(seen, Taking::Once)
    }

    fn speaks_json(&self) -> bool {
        let sample = sample::samples(self.known.provider.id()).first();
        sample.is_none_or(|sample| sample.content_type.contains("json"))
    }

    /// The answer to what the vendor asks before it delivers: signed where the vendor signs it.
    fn handshake(&self, seen: &Seen<'_>) -> Option<Reply> {
        let reply = self.known.provider.handshake(Some(&self.known.keys), &seen.message())?;
        match reply.forged {
            Some(status) if !seen.verified() => Some(Reply::status(status)),
            _ => Some(Reply::with(reply.status, &reply.headers, &reply.body)),
        }
    }

    fn refuse() -> Reply {
        Reply::status(401)
    }

    fn take(&self, seen: &Seen<'_>, taking: Taking) -> Reply {
        let work = self.faults.iter().find_map(|fault| match fault {
            Fault::Works(time) => Some(*time),
            _ => None,
        });
        if let Taking::Late(time) = taking
            && !seen.past.repeat
        {
            std::thread::sleep(time);
            self.state.lock().unwrap().done += 1;
        }
        let key = seen.facts.dedup_key.clone().unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        state.taken += 1;
        let new = state.known.insert(key);
        state.objects.extend(seen.facts.delivery_id.clone());
        match taking {
            Taking::Once => state.done += u64::from(new),
            Taking::Again => state.done += 1,
            Taking::Never | Taking::Late(_) => {}
        }
        drop(state);
        if let Some(time) = work {
            std::thread::sleep(time);
        }
        Reply::with(200, &[], self.known.provider.ack().unwrap_or_default().as_bytes())
    }
}

fn is_json(body: &[u8]) -> bool {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}
