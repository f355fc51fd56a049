//! The attacker's server: gives the pages out, and keeps what they bring back.
//!
//! A browser is led from page to page by the pages themselves: each ends by
//! asking for `/next`, which is answered once the next attack is prepared. So
//! any browser can be tried that opens one address, without driving it.

use super::http::{self, Asked, respond};
use crate::harness::PATIENCE;
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

/// What is in the way of the page that is tried now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Happened {
    /// It asks for a person's click in the middle of what it shows.
    Click,
    Done,
}

/// What a page brought.
#[derive(Clone)]
pub(super) struct Took {
    /// The number of the try.
    pub(super) run: u64,
    /// The victim's place among all.
    pub(super) victim: usize,
    pub(super) text: String,
}

#[derive(Default)]
struct State {
    /// Where the browser goes next.
    next: Option<String>,
    page: String,
    /// The page is shown without an origin of its own.
    sandboxed: bool,
    happened: Vec<(u64, Happened)>,
    clicked: u64,
    took: Vec<Took>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// A running attacker.
pub(super) struct Attacker {
    pub(super) port: u16,
    shared: Arc<Shared>,
}

impl Attacker {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let of_server = Arc::clone(&shared);
        http::serve(listener, move |asked, stream| of_server.answer(asked, stream));
        Self { port, shared }
    }

    /// Where a browser begins.
    pub(super) fn begin(&self) -> String {
        format!("http://127.0.0.1:{}/next", self.port)
    }

    /// Lays the next page out; nobody is led to it yet.
    pub(super) fn prepare(&self, page: String, sandboxed: bool) {
        let mut state = self.shared.state.lock().unwrap();
        (state.page, state.sandboxed) = (page, sandboxed);
    }

    /// Leads the browser there.
    pub(super) fn lead(&self, url: String) {
        self.shared.state.lock().unwrap().next = Some(url);
        self.shared.changed.notify_all();
    }

    /// The first answer to a name that is about to change its address: the page is
    /// served once at the port of the victim, and then nobody is there any more.
    pub(super) fn rebind(&self, victim: SocketAddr) {
        let first = TcpListener::bind((Ipv6Addr::LOCALHOST, victim.port()));
        let first = first.unwrap_or_else(|error| panic!("rebinding needs `[::1]`: {error}"));
        let (address, served) = (first.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let shared = Arc::clone(&self.shared);
        std::thread::spawn(move || {
            // A browser may open connections ahead, and ask on the last of them.
            for stream in first.incoming().map_while(Result::ok) {
                if served.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, served) = (Arc::clone(&shared), Arc::clone(&served));
                std::thread::spawn(move || {
                    http::once(stream, &|_, stream| {
                        served.store(true, Ordering::SeqCst);
                        while TcpStream::connect(address).is_ok() {}
                        let page = shared.state.lock().unwrap().page.clone();
                        respond(stream, 200, &[("Content-Type", "text/html")], &page);
                    });
                });
            }
        });
    }

    /// Waits until something happens in this try; what happened before is passed over.
    #[track_caller]
    pub(super) fn wait(&self, run: u64, what: &str) -> Happened {
        let state = self.shared.state.lock().unwrap();
        let is = |state: &State| state.happened.iter().position(|(of, _)| *of == run);
        let (mut state, waited) =
            self.shared.changed.wait_timeout_while(state, PATIENCE, |state| is(state).is_none()).unwrap();
        assert!(!waited.timed_out(), "the page did not come to its end: {what}");
        let at = is(&state).unwrap();
        state.happened.remove(at).1
    }

    /// Tells the page that it was clicked on.
    pub(super) fn clicked(&self, run: u64) {
        self.shared.state.lock().unwrap().clicked = run;
        self.shared.changed.notify_all();
    }

    /// Everything that was brought back.
    pub(super) fn took(&self) -> Vec<Took> {
        self.shared.state.lock().unwrap().took.clone()
    }
}

impl Shared {
    fn answer(&self, asked: &Asked, stream: &mut TcpStream) {
        let run = asked.parameter("run").parse().unwrap_or(0);
        let html = ("Content-Type", "text/html");
        match asked.path.as_str() {
            "/next" => {
                let url = self.next();
                respond(stream, 302, &[("Location", &url)], "");
            }
            "/attack" => {
                let state = self.state.lock().unwrap();
                let policy = "sandbox allow-scripts allow-forms allow-popups";
                let fields = [html, ("Content-Security-Policy", policy)];
                let fields = if state.sandboxed { &fields[..] } else { &fields[..1] };
                respond(stream, 200, fields, &state.page);
            }
            "/link" => {
                let to = asked.parameter("to").replace('"', "&quot;");
                let page = format!(
                    "<!doctype html><a href=\"{to}\">look</a><script>document.links[0].click()</script>"
                );
                respond(stream, 200, &[html], &page);
            }
            "/elsewhere" => {
                let to = asked.parameter("to");
                respond(stream, 307, &[("Location", &to), ("Access-Control-Allow-Origin", "*")], "");
            }
            "/took" => {
                let victim = asked.parameter("victim").parse().unwrap_or(0);
                self.state.lock().unwrap().took.push(Took { run, victim, text: asked.body.clone() });
                respond(stream, 204, &[], "");
            }
            "/click" => {
                self.state.lock().unwrap().clicked = 0;
                self.happened(run, Happened::Click);
                let state = self.state.lock().unwrap();
                drop(self.changed.wait_timeout_while(state, PATIENCE, |state| state.clicked != run));
                respond(stream, 204, &[], "");
            }
            "/done" => {
                self.happened(run, Happened::Done);
                respond(stream, 204, &[], "");
            }
            _ => respond(stream, 404, &[], ""),
        }
    }

    fn next(&self) -> String {
        let state = self.state.lock().unwrap();
        let waited = self.changed.wait_timeout_while(state, PATIENCE, |state| state.next.is_none());
        waited.unwrap().0.next.take().unwrap_or_default()
    }

    fn happened(&self, run: u64, what: Happened) {
        self.state.lock().unwrap().happened.push((run, what));
        self.changed.notify_all();
    }
}
