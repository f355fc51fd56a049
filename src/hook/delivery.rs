//! One delivery: an HTTP request that carries an event, and what was found out about it.

use super::headers::{Head, Headers};
use super::time::Timestamp;
use super::verdict::Verdict;
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;

/// One HTTP request exactly as it arrived.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// When the whole request had been read.
    pub received: Timestamp,
    /// Who connected.
    pub peer: SocketAddr,
    /// The head, byte for byte.
    pub head: Head,
    /// The body after removing chunked framing, otherwise byte for byte.
    pub body: Bytes,
}

/// What a signature may cover, borrowed from a delivery that came or from one about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// Path and query as on the request line.
    pub target: &'a str,
    /// The header fields.
    pub headers: &'a Headers,
    /// The raw body.
    pub body: &'a [u8],
    /// The absolute URL the sender used, for schemes that sign it; `None` means
    /// `http://` + Host + target.
    pub url: Option<&'a str>,
}

impl Delivery {
    /// The view that signing and verifying work on.
    pub fn message<'a>(&'a self, url: Option<&'a str>) -> Message<'a> {
        Message {
            method: self.head.method(),
            target: self.head.target(),
            headers: self.head.headers(),
            body: &self.body,
            url,
        }
    }
}

/// What a body says happened, read through the provider's profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The event's name, such as `interview.completed`.
    pub event: Option<String>,
    /// The provider's own id of the delivery or its object, where it has one.
    pub delivery_id: Option<String>,
    /// What it is about in a person's words: the study's name or title, else nothing.
    pub subject: Option<String>,
    /// The composite key under which a second arrival is a duplicate.
    pub dedup_key: Option<String>,
}

/// A delivery with its verdict, ready to be stored. Verified before anything was parsed.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The request.
    pub delivery: Delivery,
    /// What verification found.
    pub verdict: Verdict,
    /// What the body says.
    pub facts: Facts,
    /// Targets that must get this delivery after it was acknowledged (`ack`); empty otherwise.
    pub outbox: Arc<[String]>,
}
