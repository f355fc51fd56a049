//! How much a stranger may send and how long they may take. Values only, and
//! the checks of a head that hyper does not make. Never reads the environment.

use super::bind;
use super::rejection::Refusal;
use crate::hook::headers::Head;
use std::time::{Duration, Instant};

/// The most header fields a request may have; the one over it is answered 431.
pub const MAX_HEADERS: usize = 100;

/// Limits and deadlines of a server. The default suits a listener on a laptop.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest request line in bytes, without its line ending (414).
    pub max_request_line: usize,
    /// The longest header line in bytes, without its line ending (431).
    pub max_header_line: usize,
    /// The largest head in bytes, with its empty line (431).
    pub max_head: usize,
    /// The largest body in bytes (413).
    pub max_body: usize,
    /// The most bytes of requests held at once, over all connections; never less
    /// than `max_body`. Beyond, a connection whose request comes much more slowly
    /// is closed, and where there is none, the request gets 503.
    pub max_bytes_in_flight: usize,
    /// How long a connection holds bytes before it is called slow, and over how
    /// long that is measured.
    pub pace_window: Duration,
    /// The most connections; `None` takes 1,024 or a quarter of the file
    /// descriptors this process may have, whichever is less.
    pub max_connections: Option<usize>,
    /// The most requests with the handler at once (503).
    pub max_requests_in_hand: usize,
    /// After so many requests a connection is closed.
    pub max_requests_per_connection: u32,
    /// How long a head may take, from its first byte; also how long a new
    /// connection may stay silent (408).
    pub head_timeout: Duration,
    /// How long a body may make no progress (408).
    pub body_idle_timeout: Duration,
    /// How long a body may take (408).
    pub body_timeout: Duration,
    /// The least bytes a second of a body, on average (408) ...
    pub min_body_rate: u32,
    /// ... once it has taken this long.
    pub body_rate_grace: Duration,
    /// How long a connection may be idle between requests.
    pub keep_alive_timeout: Duration,
    /// How long a sender may refuse to take the answer.
    pub write_timeout: Duration,
    /// How long newcomers wait for a connection slot when every connection has a
    /// request in hand; then they get 503.
    pub saturation_wait: Duration,
    /// How long a refused sender may go on sending, so that it reads the answer
    /// instead of a reset.
    pub linger: Duration,
    /// How long requests in hand may take after the stop.
    pub drain: Duration,
}

/// The most connections, however many files may be open.
const MAX_CONNECTIONS: usize = 1024;

impl Limits {
    /// The connections at once: as many as were named, or as the open files allow that
    /// this process may have now.
    pub fn most_connections(&self) -> usize {
        self.max_connections.unwrap_or_else(|| (bind::open_files() / 4).min(MAX_CONNECTIONS))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_request_line: 8 << 10,
            max_header_line: 16 << 10,
            max_head: 64 << 10,
            max_body: 25 << 20,
            max_bytes_in_flight: 32 << 20,
            pace_window: Duration::from_secs(1),
            max_connections: None,
            max_requests_in_hand: 1024,
            max_requests_per_connection: 1000,
            head_timeout: Duration::from_secs(5),
            body_idle_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(30),
            min_body_rate: 1024,
            body_rate_grace: Duration::from_secs(5),
            keep_alive_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            saturation_wait: Duration::from_secs(2),
            linger: Duration::from_secs(1),
            drain: Duration::from_secs(5),
        }
    }
}

/// How far a body has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    pub(super) started: Instant,
    pub(super) last: Instant,
    pub(super) received: u64,
}

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self { started: now, last: now, received: 0 }
    }
}

impl Limits {
    /// The moment at which a body that makes no further progress is given up.
    pub(super) fn body_deadline(&self, progress: &Progress) -> Instant {
        let rate = u64::from(self.min_body_rate.max(1));
        let earned = Duration::from_millis(progress.received.saturating_mul(1000) / rate);
        let by_rate = progress.started + self.body_rate_grace.saturating_add(earned).min(self.body_timeout);
        let total = progress.started + self.body_timeout;
        by_rate.min(total).min(progress.last + self.body_idle_timeout)
    }

    /// The checks of a whole head that hyper does not make.
    pub(super) fn check_head(&self, head: &Head) -> Result<(), Refusal> {
        // One space, one space, `HTTP/1.1`: the parser allows nothing else.
        let request_line = head.method().len() + head.target().len() + " ".len() + " HTTP/1.1".len();
        if request_line > self.max_request_line {
            let reason =
                format!("the request line has {request_line} bytes, {} at most", self.max_request_line);
            return Err(Refusal::new(414, "request_line_too_long", reason));
        }
        if head.headers().len() > MAX_HEADERS {
            return Err(too_many_headers());
        }
        if head.as_bytes().len() > self.max_head {
            return Err(head_too_large(self.max_head));
        }
        if head.as_bytes().len() <= self.max_header_line {
            return Ok(());
        }
        for field in head.headers().iter() {
            let line = field.line.trim_ascii_end().len();
            if line > self.max_header_line {
                let name: String = field.name.chars().take(64).collect();
                let reason =
                    format!("the header line `{name}` has {line} bytes, {} at most", self.max_header_line);
                return Err(Refusal::new(431, "header_line_too_long", reason));
            }
        }
        Ok(())
    }
}

pub(super) fn too_many_headers() -> Refusal {
    Refusal::new(431, "too_many_headers", format!("the request has more than {MAX_HEADERS} header fields"))
}

pub(super) fn head_too_large(limit: usize) -> Refusal {
    Refusal::new(431, "head_too_large", format!("the head of the request is larger than {limit} bytes"))
}

pub(super) fn body_too_large(limit: usize) -> Refusal {
    Refusal::new(413, "body_too_large", format!("the body is larger than {limit} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(line: usize) -> Head {
        let value = "v".repeat(line - "Long: ".len());
        Head::build("POST", "/", [("Host", "a"), ("Long", value.as_str())]).unwrap()
    }

    #[test]
    fn a_line_at_its_limit_passes_and_one_byte_more_does_not() {
        let limits = Limits::default();
        assert_eq!(limits.check_head(&head(limits.max_header_line - 1)), Ok(()));
        assert_eq!(limits.check_head(&head(limits.max_header_line)), Ok(()));
        let refusal = limits.check_head(&head(limits.max_header_line + 1)).unwrap_err();
        assert_eq!((refusal.status, refusal.code), (431, "header_line_too_long"));

        let target = |line: usize| "/".repeat(line - "POST  HTTP/1.1".len());
        let build = |line| Head::build("POST", &target(line), [("Host", "a")]).unwrap();
        assert_eq!(limits.check_head(&build(limits.max_request_line)), Ok(()));
        let refusal = limits.check_head(&build(limits.max_request_line + 1)).unwrap_err();
        assert_eq!((refusal.status, refusal.code), (414, "request_line_too_long"));
    }

    #[test]
    fn a_body_must_come_steadily_and_within_its_total() {
        let limits = Limits::default();
        let started = Instant::now();
        let after = |seconds| started + Duration::from_secs(seconds);
        let at = |received, last| limits.body_deadline(&Progress { started, last: after(last), received });
        assert_eq!(at(0, 0), after(5), "nothing came");
        assert_eq!(at(1 << 20, 3), after(8), "it stopped");
        assert_eq!(at(2048, 6), after(7), "it trickles");
        assert_eq!(at(u64::MAX, 28), after(30), "it goes on for ever");
    }
}
