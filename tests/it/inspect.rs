//! The inspector over real sockets: who comes in, what they get, what they hear.

mod api;
mod gate;
mod indexing;
mod life;
mod stream;

use crate::wire::{Answer, Wire, soon};
use hookctl::hook::delivery::{Checked, Delivery, Facts};
use hookctl::hook::headers::Head;
use hookctl::hook::provider::Catalogue;
use hookctl::hook::secret::Secret;
use hookctl::hook::target::PathMode;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::{Code, Verdict};
use hookctl::inspect::{self, Options, Running};
use hookctl::job::judge::{Judge, SecretSource};
use hookctl::journal::{self, Durability, Journal};
use hookctl::serve;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Knows no secret.
struct Nobody;

impl SecretSource for Nobody {
    fn secrets_of(&self, _provider: &str) -> Result<Vec<Secret>, String> {
        Ok(Vec::new())
    }

    fn for_any_provider(&self) -> bool {
        false
    }
}

/// An inspector over a journal that the test writes.
struct Page {
    address: SocketAddr,
    token: String,
    running: Option<Running>,
    journal: Journal,
    _folder: TempDir,
}

fn sample(event: &str, body: &str) -> Arc<Checked> {
    let body = bytes::Bytes::copy_from_slice(body.as_bytes());
    Arc::new(Checked {
        delivery: Delivery {
            received: Timestamp::from_seconds(1_760_000_000),
            peer: "127.0.0.1:40000".parse().unwrap(),
            head: Head::build("POST", "/hooks?x=1", [("Host", "localhost"), ("X-Test", "1")]).unwrap(),
            body,
        },
        verdict: Verdict::of(&Arc::from("koji"), Code::Verified, "the signature holds"),
        facts: Facts { event: Some(event.to_owned()), ..Facts::default() },
        outbox: Arc::from([]),
    })
}

fn options(journal: &Path) -> Options {
    Options {
        journal: PathBuf::from(journal),
        usual_journal: false,
        listening: Some("http://127.0.0.1:9".to_owned()),
        targets: vec!["http://127.0.0.1:3000/".to_owned()],
        path_mode: PathMode::Fixed,
        public_url: None,
        bases: Vec::new(),
        judge: Arc::new(Judge::new(Catalogue::builtin(), None, Box::new(Nobody), None)),
    }
}

impl Page {
    /// With so many deliveries in the journal.
    async fn with(count: usize) -> Self {
        Self::on(IpAddr::V4(Ipv4Addr::LOCALHOST), count).await
    }

    async fn on(host: IpAddr, count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let quick = journal::Options { durability: Durability::Off, ..journal::Options::default() };
        let journal = Journal::open(&path, quick).unwrap();
        let socket = serve::bind(host, 0).unwrap();
        let running = inspect::start(socket, options(&path)).unwrap();
        let token = running.url().split_once("#token=").unwrap().1.to_owned();
        let page = Self { address: running.address, token, running: Some(running), journal, _folder: folder };
        page.receive(count).await;
        page
    }

    /// Appends deliveries.
    async fn receive(&self, count: usize) {
        for _ in 0..count {
            drop(self.journal.append(sample("interview.completed", "{\"score\":1.10}")).await.unwrap());
        }
    }

    /// A request as the page makes it.
    fn asks(&self, method: &str, target: &str, more: &str, body: &str) -> String {
        format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{more}Content-Length: {}\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        )
    }

    async fn get(&self, target: &str) -> Answer {
        self.says(&self.asks("GET", target, "", "")).await
    }

    async fn json(&self, target: &str) -> Value {
        let answer = self.get(target).await;
        assert_eq!(answer.status, 200, "{target}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The answer to these bytes, on a connection of their own.
    async fn says(&self, request: &str) -> Answer {
        let mut wire = Wire::connect(self.address).await;
        wire.send(request).await;
        wire.answer().await.expect("an answer")
    }

    /// Opens a stream.
    async fn stream(&self, query: &str, more: &str) -> Events {
        let mut stream = soon(TcpStream::connect(self.address)).await.unwrap();
        // Without chunks: the stream ends with its connection.
        let request =
            self.asks("GET", &format!("/api/stream{query}"), more, "").replacen("HTTP/1.1", "HTTP/1.0", 1);
        soon(tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())).await.unwrap();
        let mut events = Events { stream, read: String::new() };
        let head = events.block().await.expect("a head");
        assert!(head.starts_with("HTTP/1.0 200") && head.contains("text/event-stream"), "{head}");
        let hello = events.block().await.expect("a greeting");
        assert!(hello.contains("retry: "), "{hello}");
        events
    }
}

/// One event of a stream.
#[derive(Debug, PartialEq)]
struct Heard {
    id: Option<u64>,
    kind: String,
    data: Value,
}

/// Reads a stream.
struct Events {
    stream: TcpStream,
    read: String,
}

impl Events {
    /// Text up to the next empty line; `None` at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            for end in ["\r\n\r\n", "\n\n"] {
                if let Some((block, rest)) = self.read.split_once(end) {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.read = rest;
                    return Some(block);
                }
            }
            let mut more = vec![0; 64 << 10];
            match soon(self.stream.read(&mut more)).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.read.push_str(std::str::from_utf8(&more[..count]).unwrap()),
            }
        }
    }

    /// The next event; comments are passed over. `None` at the end.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            let block = self.block().await?;
            let value = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
            };
            let Some(kind) = value("event") else { continue };
            return Some(Heard {
                id: value("id").map(|id| id.parse().unwrap()),
                kind,
                data: serde_json::from_str(&value("data").unwrap()).unwrap(),
            });
        }
    }

    async fn expect(&mut self, kind: &str) -> Heard {
        let heard = self.next().await.expect("the stream goes on");
        assert_eq!(heard.kind, kind, "{heard:?}");
        heard
    }
}
