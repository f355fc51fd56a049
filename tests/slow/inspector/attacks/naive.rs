//! An inspector as there are many on localhost: no token, and whatever else an
//! attack needs it to leave out. It has the paths of the real one, so that the
//! same pages go against both.

use super::http::{self, Asked, respond};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the naive one does. Everything that is not named it does right, but for the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lax {
    /// Answers under any name.
    AnyHost,
    /// `Access-Control-Allow-Origin: *`.
    AnyOrigin,
    /// Names the origin that asks, and lets its cookies come along.
    AnyOriginWithCookies,
    /// Asks for a cookie, `SameSite=Strict`, and takes that for enough.
    CookieAlone,
    /// Allows whatever a preflight asks for.
    AnyPreflight,
    /// Reads every body as JSON, whatever it is said to be.
    AnyType,
    /// Does something on a `GET`.
    GetActs,
    /// Wraps its answer into a call, for scripts of elsewhere.
    Callback,
    /// May be framed.
    Framed,
    /// Its page tells whoever framed or opened it what it knows.
    Talks,
    /// Takes a WebSocket from any page.
    AnySocket,
    /// Takes a WebSocket from pages at IP addresses, as webpack-dev-server did.
    SocketOfAddresses,
}

/// What it gives away.
pub(super) const MARKER: &str = "marker-of-the-naive-one";

#[derive(Default)]
struct State {
    lax: Vec<Lax>,
    actions: usize,
}

/// A running one.
pub(super) struct Naive {
    pub(super) address: SocketAddr,
    /// The same under `[::1]`, at another port.
    pub(super) six: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Naive {
    pub(super) fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let listen = |at: &str| {
            let listener = TcpListener::bind(at).unwrap();
            let (address, state) = (listener.local_addr().unwrap(), Arc::clone(&state));
            http::serve(listener, move |asked, stream| answer(&state, address, asked, stream));
            address
        };
        let (address, six) = (listen("127.0.0.1:0"), listen("[::1]:0"));
        Self { address, six, state }
    }

    /// Does this from now on.
    pub(super) fn be(&self, lax: &[Lax]) {
        self.state.lock().unwrap().lax = lax.to_vec();
    }

    /// What it was made to do so far.
    pub(super) fn actions(&self) -> usize {
        self.state.lock().unwrap().actions
    }
}

/// One request on its way through a naive server.
struct Visit<'a> {
    asked: &'a Asked,
    lax: Vec<Lax>,
}

impl Visit<'_> {
    fn is(&self, lax: Lax) -> bool {
        self.lax.contains(&lax)
    }

    /// Whether the request is for this server by one of its names.
    fn for_us(&self, own: SocketAddr) -> bool {
        let host = self.asked.field("host");
        self.is(Lax::AnyHost) || host == own.to_string() || host == format!("localhost:{}", own.port())
    }

    fn may_come_in(&self) -> bool {
        !self.is(Lax::CookieAlone) || self.asked.field("cookie").contains("session=known")
    }

    /// Whether this is a request that does something, and may.
    fn acts(&self) -> bool {
        let asked = self.asked;
        match asked.method.as_str() {
            "GET" => self.is(Lax::GetActs),
            "POST" | "DELETE" => self.is(Lax::AnyType) || asked.field("content-type") == "application/json",
            _ => false,
        }
    }

    /// The fields that let other pages in.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("X-Content-Type-Options", "nosniff".to_owned())];
        let mut add = |name, value: &str| fields.push((name, value.to_owned()));
        let origin = self.asked.field("origin");
        if self.is(Lax::AnyOrigin) {
            add("Access-Control-Allow-Origin", "*");
        }
        if self.is(Lax::AnyOriginWithCookies) && !origin.is_empty() {
            add("Access-Control-Allow-Origin", origin);
            add("Access-Control-Allow-Credentials", "true");
        }
        if self.is(Lax::AnyPreflight) {
            add("Access-Control-Allow-Methods", "GET, POST, DELETE");
            add("Access-Control-Allow-Headers", "authorization, content-type");
        }
        if !self.is(Lax::Framed) {
            add("X-Frame-Options", "DENY");
        }
        fields
    }

    fn answer(&self, stream: &mut TcpStream, status: u16, kind: &str, body: &str) {
        let fields = self.fields();
        let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.push(("Content-Type", kind));
        respond(stream, status, &all, body);
    }
}

fn answer(state: &Mutex<State>, own: SocketAddr, asked: &Asked, stream: &mut TcpStream) {
    let visit = Visit { asked, lax: state.lock().unwrap().lax.clone() };
    let data = format!("{{\"deliveries\":[{{\"seq\":1,\"event\":\"{MARKER}\"}}]}}");
    if !visit.for_us(own) {
        return respond(stream, 403, &[], "another name");
    }
    if asked.path == "/login" {
        let cookie = "session=known; SameSite=Strict; HttpOnly; Path=/";
        return respond(stream, 302, &[("Set-Cookie", cookie), ("Location", &asked.parameter("back"))], "");
    }
    if asked.method == "OPTIONS" {
        return visit.answer(stream, if visit.is(Lax::AnyPreflight) { 204 } else { 405 }, "text/plain", "");
    }
    if !visit.may_come_in() {
        return visit.answer(stream, 401, "text/plain", "who are you?");
    }
    match asked.path.as_str() {
        "/" => {
            let mut page = include_str!("pages/naive.html").to_owned();
            if visit.is(Lax::Talks) {
                page.push_str(include_str!("pages/naive-talks.html"));
            }
            visit.answer(stream, 200, "text/html", &page);
        }
        "/api/stream" if asked.field("upgrade") == "websocket" => socket(&visit, stream, &data),
        "/api/stream" => visit.answer(stream, 200, "text/event-stream", &format!("data: {data}\n\n")),
        "/api/deliveries" if visit.is(Lax::Callback) && asked.query.starts_with("callback=") => {
            let call = format!("{}({data})", asked.parameter("callback"));
            visit.answer(stream, 200, "text/javascript", &call);
        }
        "/api/deliveries" => visit.answer(stream, 200, "application/json", &data),
        "/api/deliveries/1/replay" if visit.acts() => {
            state.lock().unwrap().actions += 1;
            visit.answer(stream, 200, "application/json", "{}");
        }
        _ => visit.answer(stream, 404, "text/plain", "nothing"),
    }
}

/// Lets a page in by the way that asks no browser for permission, and tells it everything.
fn socket(visit: &Visit<'_>, stream: &mut TcpStream, data: &str) {
    let host = visit.asked.field("origin").trim_start_matches("http://");
    let of_address = host.rsplit_once(':').is_some_and(|(host, _)| host.parse::<IpAddr>().is_ok());
    if !visit.is(Lax::AnySocket) && !(visit.is(Lax::SocketOfAddresses) && of_address) {
        return respond(stream, 403, &[], "another page");
    }
    let key = format!("{}258EAFA5-E914-47DA-95CA-C5AB0DC85B11", visit.asked.field("sec-websocket-key"));
    let accept = STANDARD.encode(Sha1::digest(key));
    let head = format!(
        "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    // A text in one frame; it is shorter than 126 bytes.
    bytes.extend([0x81, u8::try_from(data.len()).unwrap()]);
    bytes.extend_from_slice(data.as_bytes());
    drop(stream.write_all(&bytes));
    // Until the page goes away.
    drop(std::io::copy(stream, &mut std::io::sink()));
}
