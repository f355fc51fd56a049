//! A numbered sender on several keep-alive connections. It notes a number when
//! and only when it read a 2xx status for it, and never sends a number twice.

use crate::harness::{PATIENCE, hmac_sha256_hex};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

/// The secret that the deliveries are signed with.
pub(crate) const SECRET: &str = "not-a-secret-of-the-kill-loop";

#[derive(Default)]
struct Noted {
    acknowledged: BTreeSet<u64>,
    /// How often each other status was read.
    refused: BTreeMap<u16, u64>,
    /// Answers of 5xx that do not say when to come again.
    hopeless: u64,
    address: Option<SocketAddr>,
    stopped: bool,
}

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    noted: Mutex<Noted>,
    changed: Condvar,
    idle: AtomicBool,
}

/// The sender.
pub(crate) struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// Sends as fast as it is answered on so many connections, once it has an address.
    pub(crate) fn start(connections: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let threads = (0..connections)
            .map(|_| {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.send_until_stopped())
            })
            .collect();
        Self { shared, threads }
    }

    /// Where to send from now on.
    pub(crate) fn send_to(&self, address: SocketAddr) {
        self.shared.noted.lock().unwrap().address = Some(address);
        self.shared.changed.notify_all();
    }

    /// Nobody is there to send to, until the next address.
    pub(crate) fn nobody(&self) {
        self.shared.noted.lock().unwrap().address = None;
    }

    /// How many were acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.shared.noted.lock().unwrap().acknowledged.len() as u64
    }

    /// Waits until so many were acknowledged.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: u64) {
        self.wait("acknowledgements", |noted| noted.acknowledged.len() as u64 >= count);
    }

    /// Waits until a refusal of this kind was read.
    #[track_caller]
    pub(crate) fn wait_for_refusal(&self, status: u16) {
        self.wait("refusals", |noted| noted.refused.contains_key(&status));
    }

    #[track_caller]
    fn wait(&self, what: &str, enough: impl Fn(&Noted) -> bool) {
        let noted = self.shared.noted.lock().unwrap();
        let (noted, waited) =
            self.shared.changed.wait_timeout_while(noted, PATIENCE, |noted| !enough(noted)).unwrap();
        let count = noted.acknowledged.len();
        assert!(!waited.timed_out(), "no more {what}: {count} acknowledged, {:?}", noted.refused);
    }

    /// Ends the sender; gives what was acknowledged.
    pub(crate) fn stop(self) -> BTreeSet<u64> {
        self.shared.noted.lock().unwrap().stopped = true;
        self.shared.idle.store(true, Ordering::SeqCst);
        self.shared.changed.notify_all();
        for thread in self.threads {
            thread.join().unwrap();
        }
        let noted = std::mem::take(&mut *self.shared.noted.lock().unwrap());
        assert_eq!(noted.hopeless, 0, "5xx without `Retry-After`");
        noted.acknowledged
    }
}

impl Shared {
    fn send_until_stopped(&self) {
        loop {
            let noted = self.noted.lock().unwrap();
            let noted =
                self.changed.wait_while(noted, |noted| !noted.stopped && noted.address.is_none()).unwrap();
            let (false, Some(address)) = (noted.stopped, noted.address) else { return };
            drop(noted);
            // Whatever ends a connection, the number under way was not acknowledged.
            if self.talk(address).is_err() && TcpStream::connect(address).is_err() {
                self.forget(address);
            }
        }
    }

    /// The listener at this address is gone; the next one has another.
    fn forget(&self, address: SocketAddr) {
        let mut noted = self.noted.lock().unwrap();
        if noted.address == Some(address) {
            noted.address = None;
        }
    }

    fn talk(&self, address: SocketAddr) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut reader = BufReader::new(stream.try_clone()?);
        while !self.idle.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            stream.write_all(&request(number))?;
            let answer = read_answer(&mut reader)?;
            let mut noted = self.noted.lock().unwrap();
            if (200..300).contains(&answer.status) {
                noted.acknowledged.insert(number);
            } else {
                *noted.refused.entry(answer.status).or_default() += 1;
                noted.hopeless += u64::from(answer.status >= 500 && !answer.retry_after);
            }
            drop(noted);
            self.changed.notify_all();
            if answer.last {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A delivery with this number in its body, signed as Koji does.
fn request(number: u64) -> Vec<u8> {
    let body = format!(
        r#"{{"type":"interview.completed","data":{{"interview_id":"int_{number}","study_id":"stu_1"}},"number":{number}}}"#
    );
    let signature = hmac_sha256_hex(SECRET, body.as_bytes());
    format!(
        "POST /hooks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Koji-Signature: sha256={signature}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// An answer that was read to its end.
struct Answer {
    status: u16,
    retry_after: bool,
    /// The connection ends with it.
    last: bool,
}

fn read_answer(reader: &mut BufReader<TcpStream>) -> std::io::Result<Answer> {
    let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let (mut status, mut length, mut last, mut retry_after) = (None, 0, false, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            return Err(cut());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        match line.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap(),
            Some(("connection", value)) => last = value.trim() == "close",
            Some(("retry-after", _)) => retry_after = true,
            _ if status.is_none() => status = line.split(' ').nth(1).and_then(|code| code.parse().ok()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Answer { status: status.ok_or_else(cut)?, retry_after, last })
}

/// The number in a body.
pub(crate) fn number_of(body: &[u8]) -> u64 {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["number"].as_u64().unwrap()
}

/// What a journal holds, as `events export` gives it.
pub(crate) struct Kept {
    /// In the order of the export.
    pub(crate) seqs: Vec<u64>,
    pub(crate) numbers: BTreeSet<u64>,
}

impl Kept {
    /// Reads the export of a home's journal.
    pub(crate) fn of(home: &crate::harness::Home) -> Self {
        let records = home.run(["events", "export"]).expect(0).records();
        let number = |record: &Value| number_of(record["body"].as_str().unwrap().as_bytes());
        Self {
            seqs: records.iter().map(|record| record["seq"].as_u64().unwrap()).collect(),
            numbers: records.iter().map(number).collect(),
        }
    }

    /// The acknowledged numbers that are not there.
    pub(crate) fn lacks(&self, acknowledged: &BTreeSet<u64>) -> Vec<u64> {
        acknowledged.difference(&self.numbers).copied().collect()
    }

    /// Every number of the journal once, in order.
    #[track_caller]
    pub(crate) fn assert_numbered(&self) {
        assert!(self.seqs.windows(2).all(|pair| pair[0] < pair[1]), "numbers given out twice");
    }
}
