//! A handler on a socket of its own, good but for what a test makes of it.

use crate::clock;
use crate::hook::delivery::Message;
use crate::hook::headers::Head;
use crate::hook::provider::{Catalogue, Provider};
use crate::hook::secret::Secret;
use crate::hook::signature::Keys;
use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as the handler sees it.
pub(super) struct Call<'a> {
    pub(super) head: &'a Head,
    pub(super) body: &'a [u8],
    /// Whether it is rightly signed.
    pub(super) verified: bool,
    /// What the provider tells repeats by.
    pub(super) key: Option<String>,
    /// Whether the server has seen this key before and accepted it.
    pub(super) known: bool,
    /// Whether the framing is broken; `body` is what came of it.
    pub(super) broken: bool,
    /// How many calls came on this connection before.
    pub(super) before: usize,
    /// How many reads the body took.
    pub(super) reads: usize,
    pub(super) state: &'a State,
}

/// What the handler does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Do {
    /// What a good handler does.
    Right,
    /// Answers this, and does nothing.
    Answer(u16, &'static str),
    /// Does what a good handler does, and answers this.
    RightBut(u16),
    /// Takes note of the key, answers this, and does nothing.
    RememberBut(u16),
    /// Closes the connection.
    Close,
    /// Stops listening, then closes the connection.
    Die,
    /// Does what a good handler does, and stops listening then.
    RightThenDie,
    /// Never answers.
    Silence,
}

/// What the handler remembers.
#[derive(Default)]
pub(super) struct State {
    pub(super) count: AtomicI64,
    pub(super) calls: AtomicI64,
    seen: Mutex<HashSet<String>>,
    dead: AtomicBool,
}

type Rule = Arc<dyn Fn(&Call<'_>) -> Do + Send + Sync>;

/// See the module's documentation.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) state: Arc<State>,
}

struct Inside {
    provider: Arc<Provider>,
    keys: Keys,
    rule: Rule,
    state: Arc<State>,
    address: SocketAddr,
    gone: Sender<()>,
}

pub(super) fn keys(provider: &Provider) -> Keys {
    provider.keys(&[Secret::new("fake-secret-of-a-test").unwrap()]).unwrap()
}

impl Server {
    /// A handler of this provider's deliveries at `/hook`; its counter is at `/count`.
    /// After it died it is there again after `revival`, if that is given.
    pub(super) fn start(
        provider: &str,
        revival: Option<Duration>,
        rule: impl Fn(&Call<'_>) -> Do + Send + Sync + 'static,
    ) -> Self {
        let provider = Catalogue::builtin().get(provider).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let (gone, _) = channel();
        let keys = keys(&provider);
        let inside =
            Inside { provider, keys, rule: Arc::new(rule), state: Arc::clone(&state), address, gone };
        std::thread::spawn(move || accept(listener, inside, revival));
        Self { address, state }
    }

    pub(super) fn count(&self) -> i64 {
        self.state.count.load(Ordering::SeqCst)
    }
}

fn accept(mut listener: TcpListener, mut inside: Inside, revival: Option<Duration>) {
    loop {
        let (gone, dead) = channel();
        inside.gone = gone;
        let shared = Arc::new(inside);
        for stream in listener.incoming() {
            if shared.state.dead.load(Ordering::SeqCst) {
                break;
            }
            let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
            std::thread::spawn(move || drop(serve(stream, &shared)));
        }
        drop(listener);
        shared.gone.send(()).ok();
        drop(dead);
        let Some(revival) = revival else { return };
        std::thread::sleep(revival);
        listener = TcpListener::bind(shared.address).unwrap();
        shared.state.dead.store(false, Ordering::SeqCst);
        let Inside { provider, keys, rule, state, address, .. } = &*shared;
        let (gone, _) = channel();
        inside = Inside {
            provider: Arc::clone(provider),
            keys: keys.clone(),
            rule: Arc::clone(rule),
            state: Arc::clone(state),
            address: *address,
            gone,
        };
    }
}

/// Stops listening, and returns when nothing does any more.
fn die(inside: &Inside) {
    inside.state.dead.store(true, Ordering::SeqCst);
    while TcpStream::connect(inside.address).is_ok() {
        std::thread::yield_now();
    }
}

fn serve(mut stream: TcpStream, inside: &Inside) -> io::Result<()> {
    let mut buffer = Vec::new();
    for before in 0.. {
        let Some((head, length)) = read_head(&mut stream, &mut buffer)? else { return Ok(()) };
        buffer.drain(..length);
        let mut reads = 0;
        let read = read_body(&mut stream, &mut buffer, &head, &mut reads)?;
        let broken = read.is_none();
        let body = read.unwrap_or_else(|| std::mem::take(&mut buffer));
        if head.path() == "/count" {
            let count = inside.state.count.load(Ordering::SeqCst).to_string();
            answer(&mut stream, &head, 200, &count)?;
            continue;
        }
        inside.state.calls.fetch_add(1, Ordering::SeqCst);
        let call = Call { broken, before, reads, ..call(inside, &head, &body) };
        match (inside.rule)(&call) {
            Do::Right if broken => return answer(&mut stream, &head, 400, "bad framing"),
            Do::RememberBut(status) => {
                call.remember();
                answer(&mut stream, &head, status, "said")?;
            }
            Do::Right => {
                let status = right(&call);
                answer(&mut stream, &head, status, "said")?;
            }
            Do::RightBut(status) => {
                right(&call);
                answer(&mut stream, &head, status, "said")?;
            }
            Do::Answer(status, text) => answer(&mut stream, &head, status, text)?,
            Do::Close => return Ok(()),
            Do::Die => {
                die(inside);
                return Ok(());
            }
            Do::RightThenDie => {
                let status = right(&call);
                die(inside);
                return answer(&mut stream, &head, status, "said");
            }
            Do::Silence => {
                // Until the other side gives up.
                let _ = stream.read(&mut [0]);
                return Ok(());
            }
        }
    }
    Ok(())
}

impl Call<'_> {
    /// Takes note of the key; says whether it was a new one.
    fn remember(&self) -> bool {
        self.key.as_ref().is_none_or(|key| self.state.seen.lock().unwrap().insert(key.clone()))
    }

    /// Does it without a look whether it is known.
    pub(super) fn count(&self) {
        self.state.count.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn says(&self, text: &str) -> bool {
        String::from_utf8_lossy(self.body).contains(text)
    }
}

fn call<'a>(inside: &'a Inside, head: &'a Head, body: &'a [u8]) -> Call<'a> {
    let url = format!("http://{}{}", inside.address, head.target());
    let message = Message {
        method: head.method(),
        target: head.target(),
        headers: head.headers(),
        body,
        url: Some(&url),
    };
    let verified = inside.provider.verify(&inside.keys, &message, clock::now(), None).verified();
    let key = inside.provider.facts(&message).dedup_key;
    let known = key.as_ref().is_some_and(|key| inside.state.seen.lock().unwrap().contains(key));
    Call { head, body, verified, key, known, broken: false, before: 0, reads: 0, state: &inside.state }
}

/// What a good handler does.
fn right(call: &Call<'_>) -> u16 {
    if call.head.path() != "/hook" {
        return 404;
    }
    if call.head.method() != "POST" {
        return 405;
    }
    if !call.verified {
        return 401;
    }
    if serde_json::from_slice::<serde_json::Value>(call.body).is_err() {
        return 400;
    }
    if call.remember() {
        call.state.count.fetch_add(1, Ordering::SeqCst);
    }
    200
}

fn answer(stream: &mut TcpStream, head: &Head, status: u16, text: &str) -> io::Result<()> {
    let body = if head.method() == "HEAD" { "" } else { text };
    let text = format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n\r\n{body}", text.len());
    stream.write_all(text.as_bytes())
}

fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 65536];
    let read = stream.read(&mut chunk)?;
    buffer.extend_from_slice(&chunk[..read]);
    Ok(read > 0)
}

fn read_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<(Head, usize)>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let end = end + 4;
            let Ok(head) = Head::parse(buffer[..end].to_vec()) else { return Ok(None) };
            return Ok(Some((head, end)));
        }
        if !more(stream, buffer)? {
            return Ok(None);
        }
    }
}

/// None when the framing is broken.
fn read_body(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    head: &Head,
    reads: &mut usize,
) -> io::Result<Option<Vec<u8>>> {
    if head.headers().get("Transfer-Encoding").is_some() {
        return read_chunks(stream, buffer);
    }
    let mut lengths = head.headers().all("Content-Length");
    let Some(first) = lengths.next() else { return Ok(Some(Vec::new())) };
    if lengths.any(|other| other != first) {
        return Ok(None);
    }
    let Some(length) = std::str::from_utf8(first).ok().and_then(|text| text.parse::<usize>().ok()) else {
        return Ok(None);
    };
    while buffer.len() < length {
        *reads += 1;
        if !more(stream, buffer)? {
            return Ok(None);
        }
    }
    Ok(Some(buffer.drain(..length).collect()))
}

fn read_chunks(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let httparse::Status::Complete((line, size)) = httparse::parse_chunk_size(buffer).unwrap() else {
            if !more(stream, buffer)? {
                return Ok(None);
            }
            continue;
        };
        let size = usize::try_from(size).unwrap();
        while buffer.len() < line + size + 2 {
            if !more(stream, buffer)? {
                return Ok(None);
            }
        }
        body.extend_from_slice(&buffer[line..line + size]);
        buffer.drain(..line + size + 2);
        if size == 0 {
            return Ok(Some(body));
        }
    }
}
