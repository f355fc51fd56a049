//! Bytes on a connection of their own, and the answers that come back.
//!
//! For what no HTTP client would send: broken framing, a body in pieces with
//! pauses, a hang-up in the middle, two requests in one breath. Adds nothing,
//! follows nothing, repeats nothing; every wait and every answer is bounded.
//! Each speech has a connection of its own, so that an idle one never keeps a
//! server busy that serves one connection at a time.

mod answer;
mod http2;

use super::connector::{Connector, Raw};
use super::fault;
pub use super::tls::Trust;
use crate::hook::attempt::{Answer, Failure, FailureKind};
use answer::Reader;
use bytes::Bytes;
use http::Uri;
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};
use tokio::io::{AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};

/// One step of a speech.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Writes these bytes.
    Say(Bytes),
    /// Waits.
    Pause(Duration),
    /// Waits until so many answers came.
    Hear(usize),
}

/// What follows when everything is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Waits for the answers.
    Wait,
    /// Says that nothing more will come, and waits for the answers.
    HalfClose,
    /// Closes the connection at once.
    HangUp,
}

/// What is said on one connection.
#[derive(Clone, Debug)]
pub struct Speech<'a> {
    /// Scheme and authority of the target, such as `http://localhost:3000`.
    pub origin: &'a str,
    /// The method: the answer to a HEAD has no body.
    pub method: &'a str,
    /// What is said, in this order.
    pub acts: Vec<Act>,
    /// What follows.
    pub finish: Finish,
    /// How many answers are waited for.
    pub answers: usize,
    /// The time for everything after connecting.
    pub timeout: Duration,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The whole answers, at most as many as were waited for.
    pub answers: Vec<Answer>,
    /// Why there are no more of them; `None` when all came or none was waited for.
    pub failure: Option<Failure>,
    /// From the first byte out to the last byte in, or to the failure.
    pub took: Duration,
}

/// Opens connections to speak on.
#[derive(Clone, Debug)]
pub struct Wire {
    connector: Connector,
    /// Says in the TLS handshake that it can speak HTTP/2.
    http2: Connector,
}

type Stream = TokioIo<Raw>;

impl Wire {
    /// Opens nothing and loads nothing.
    pub fn new(connect_timeout: Duration, trust: Trust) -> Self {
        Self {
            connector: Connector::new(connect_timeout, trust),
            http2: Connector::new(connect_timeout, trust).with_protocols(&[b"h2", b"http/1.1"]),
        }
    }

    /// Says everything on a new connection and reads the answers.
    pub async fn speak(&self, speech: &Speech<'_>) -> Heard {
        let stream = match self.connector.open_at(speech.origin).await {
            Ok(stream) => TokioIo::new(stream),
            Err(failure) => return Heard::failed(failure, Duration::ZERO),
        };
        let started = Instant::now();
        let mut reader = Reader::new(speech.method == "HEAD");
        let talk = talk(speech, stream, &mut reader);
        let failure = match tokio::time::timeout(speech.timeout, talk).await {
            Ok(result) => result.err(),
            Err(_elapsed) => Some(Failure {
                kind: FailureKind::Timeout,
                detail: format!("no whole answer within {:?}", speech.timeout),
            }),
        };
        Heard { answers: reader.into_answers(), failure, took: started.elapsed() }
    }

    /// Whether anything listens there: connects and hangs up.
    ///
    /// # Errors
    /// Why not.
    pub async fn knock(&self, origin: &str) -> Result<(), Failure> {
        self.connector.open_at(origin).await.map(drop)
    }
}

impl Heard {
    fn failed(failure: Failure, took: Duration) -> Self {
        Self { answers: Vec::new(), failure: Some(failure), took }
    }
}

impl Connector {
    async fn open_at(&self, origin: &str) -> Result<Raw, Failure> {
        let origin: Uri = origin.parse().map_err(|error: http::uri::InvalidUri| Failure {
            kind: FailureKind::Invalid,
            detail: error.to_string(),
        })?;
        self.open(origin).await.map_err(|error| fault::connecting(error.as_ref()))
    }
}

/// Speaks and listens at once: an answer may come before everything is said.
async fn talk(speech: &Speech<'_>, stream: Stream, reader: &mut Reader) -> Result<(), Failure> {
    let (mut ears, mut mouth) = tokio::io::split(stream);
    let mut heard_by_then = Vec::new();
    let mut rest = speech.acts.as_slice();
    // What is waited for in the middle splits the speech into breaths.
    while let Some(at) = rest.iter().position(|act| matches!(act, Act::Hear(_))) {
        let (breath, behind) = rest.split_at(at);
        if let Some((Act::Hear(count), after)) = behind.split_first() {
            heard_by_then.push((breath, Some(*count)));
            rest = after;
        }
    }
    heard_by_then.push((rest, None));
    for (breath, count) in heard_by_then {
        let last = count.is_none();
        let wanted = count.unwrap_or(speech.answers);
        if reader.is_last() {
            // Whatever is said now is lost.
            return reader.listen(&mut ears, wanted).await;
        }
        exchange(speech, breath, last, wanted, &mut ears, &mut mouth, reader).await?;
    }
    Ok(())
}

async fn exchange(
    speech: &Speech<'_>,
    breath: &[Act],
    last: bool,
    wanted: usize,
    ears: &mut ReadHalf<Stream>,
    mouth: &mut WriteHalf<Stream>,
    reader: &mut Reader,
) -> Result<(), Failure> {
    let finish = if last { speech.finish } else { Finish::Wait };
    let speaking = say(breath, finish, mouth);
    let listening = reader.listen(ears, wanted);
    tokio::pin!(speaking, listening);
    tokio::select! {
        heard = &mut listening, if finish != Finish::HangUp => return heard,
        // What could not be written may have been answered already.
        _said = &mut speaking => {}
    }
    if finish == Finish::HangUp { Ok(()) } else { listening.await }
}

async fn say(acts: &[Act], finish: Finish, mouth: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
    for act in acts {
        match act {
            Act::Say(bytes) => mouth.write_all(bytes).await?,
            Act::Pause(pause) => {
                mouth.flush().await?;
                tokio::time::sleep(*pause).await;
            }
            Act::Hear(_) => {}
        }
    }
    mouth.flush().await?;
    if finish == Finish::HalfClose { mouth.shutdown().await } else { Ok(()) }
}
