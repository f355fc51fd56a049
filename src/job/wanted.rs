//! Which deliveries of a journal somebody wants: the words of `events list`, which
//! the inspector's address bar knows as well, and the way through the journal.
//!
//! The journal's own filter comes first; a jq expression needs the payloads and
//! is asked last. Words are read, never guessed at.

use crate::hook::jq::{self, FilterError};
use crate::hook::quantity;
use crate::hook::time::Timestamp;
use crate::hook::verdict::Code;
use crate::journal::{Entry, Filter, Listed, Order, ReadError, Reader, StatusFilter};
use std::time::Instant;

/// Deliveries read at a time where all of them are gone through.
pub const PAGE: usize = 200;

/// What somebody wrote, word by word; what was not written is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Event types; `interview.*` covers all that begin so.
    pub types: Vec<String>,
    /// A provider's id.
    pub provider: Option<String>,
    /// Codes of verdicts, or `failed`.
    pub verdict: Vec<String>,
    /// A status such as 200, or a class such as 4xx.
    pub status: Option<String>,
    /// Received since: how long ago, or a time.
    pub since: Option<String>,
    /// Received before: how long ago, or a time.
    pub until: Option<String>,
    /// A text of head or body.
    pub text: Option<String>,
    /// A jq expression.
    pub filter: Option<String>,
    /// Only what no target has taken yet.
    pub undelivered: bool,
    /// Only dead letters.
    pub dead: bool,
    /// Only what somebody marked.
    pub marked: bool,
}

/// A word that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WordError {
    /// Neither a status nor a class.
    #[error("`{0}` is no status")]
    Status(String),
    /// No code of a verdict.
    #[error("`{0}` is no verdict")]
    Verdict(String),
    /// Neither a duration nor a time.
    #[error("`{word}` is no time: {reason}")]
    Moment {
        /// Which word: `since` or `until`.
        word: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// No jq expression.
    #[error("could not use `filter`")]
    Filter(#[source] FilterError),
}

impl WordError {
    /// The word whose value cannot be used, as it is written.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Verdict(_) => "verdict",
            Self::Moment { word, .. } => word,
            Self::Filter(_) => "filter",
        }
    }

    /// What would be right.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Status(_) => Some("write a status such as 200, or a class such as 4xx".to_owned()),
            Self::Verdict(_) => {
                let known: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
                Some(format!("one of failed, {}", known.join(", ")))
            }
            Self::Moment { .. } => Some(MOMENT.to_owned()),
            Self::Filter(_) => None,
        }
    }
}

/// How a moment is written.
pub const MOMENT: &str = "write how long ago, such as 10m or 7d, or a time such as 2026-03-11T14:32:00Z";

/// A moment: a time, or how long before `now`.
///
/// # Errors
/// Says what is wrong with the text.
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    match quantity::parse_duration(text) {
        Ok(ago) if text.trim().parse::<i64>().is_err() => Ok(now.minus(ago)),
        _ => Timestamp::parse(text),
    }
}

/// The journal's filter, and the jq filter that the journal knows nothing of.
#[derive(Debug)]
pub struct Wanted {
    /// What the journal looks for.
    pub filter: Filter,
    /// What the payload must make true.
    pub jq: Option<jq::Filter>,
}

impl Words {
    /// The filters that these words mean at this moment.
    ///
    /// # Errors
    /// When a word's value cannot be used.
    pub fn wanted(&self, now: Timestamp, limit: usize, order: Order) -> Result<Wanted, WordError> {
        let status = self.status.as_deref();
        let status = status
            .map(|text| StatusFilter::parse(text).ok_or_else(|| WordError::Status(text.to_owned())))
            .transpose()?;
        let moment = |word, text: &Option<String>| {
            let read = text.as_deref().map(|text| moment(text, now)).transpose();
            read.map_err(|reason| WordError::Moment { word, reason })
        };
        let filter = Filter {
            events: self.types.clone(),
            provider: self.provider.clone(),
            verdicts: verdicts(&self.verdict)?,
            status,
            since: moment("since", &self.since)?,
            until: moment("until", &self.until)?,
            text: self.text.clone(),
            undelivered: self.undelivered,
            dead: self.dead,
            marked: self.marked,
            order,
            limit,
            ..Filter::default()
        };
        let jq = self.filter.as_deref().map(jq::Filter::compile).transpose().map_err(WordError::Filter)?;
        Ok(Wanted { filter, jq })
    }
}

fn verdicts(words: &[String]) -> Result<Vec<Code>, WordError> {
    let mut codes = Vec::new();
    for word in words {
        match (Code::parse(word), word.as_str()) {
            (Some(code), _) => codes.push(code),
            (None, "failed") => codes.extend(Code::ALL.into_iter().filter(|code| *code != Code::Verified)),
            (None, _) => return Err(WordError::Verdict(word.clone())),
        }
    }
    Ok(codes)
}

impl Wanted {
    /// Whether the payload is wanted. One that is not JSON, or lacks what the filter reads, is not.
    fn matches(&self, entry: &Entry) -> bool {
        self.jq.as_ref().is_none_or(|jq| jq.matches(&entry.delivery.body).unwrap_or(false))
    }

    /// Goes through every delivery that is wanted, page by page, up to `most`;
    /// says how many were taken.
    ///
    /// # Errors
    /// When the journal cannot be read, or `take` fails.
    pub fn each<E: From<ReadError>>(
        &self,
        reader: &Reader,
        most: usize,
        mut take: impl FnMut(Entry) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut filter = Filter { limit: PAGE, ..self.filter.clone() };
        let mut taken = 0_u64;
        loop {
            let page = reader.entries(&filter)?;
            for entry in page.items.into_iter().filter(|entry| self.matches(entry)) {
                take(entry)?;
                taken += 1;
                if taken >= most as u64 {
                    return Ok(taken);
                }
            }
            match page.next {
                Some(next) => filter.after = Some(next),
                None => return Ok(taken),
            }
        }
    }

    /// The same for what a list shows, which reads heads and bodies only where the payload decides.
    ///
    /// # Errors
    /// When the journal cannot be read, or `take` fails.
    pub fn each_listed<E: From<ReadError>>(
        &self,
        reader: &Reader,
        most: usize,
        mut take: impl FnMut(Listed) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.jq.is_some() {
            return self.each(reader, most, |entry| take(entry.listed)).map(drop);
        }
        let (mut filter, mut left) = (self.filter.clone(), most);
        while left > 0 {
            filter.limit = left.min(PAGE);
            let page = reader.list(&filter)?;
            left -= page.items.len();
            page.items.into_iter().try_for_each(&mut take)?;
            match page.next {
                Some(next) => filter.after = Some(next),
                None => break,
            }
        }
        Ok(())
    }

    /// One page of the list, and what `Filter::after` is for the next. With a jq
    /// expression it may end early, even without any item, once `deadline` is
    /// over: the next page goes on from there.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn page(&self, reader: &Reader, deadline: Instant) -> Result<(Vec<Listed>, Option<u64>), ReadError> {
        if self.jq.is_none() {
            let page = reader.list(&self.filter)?;
            return Ok((page.items, page.next));
        }
        let mut filter = Filter { limit: PAGE, ..self.filter.clone() };
        let mut found = Vec::new();
        loop {
            let page = reader.entries(&filter)?;
            for entry in page.items {
                let seq = entry.listed.seq;
                if self.matches(&entry) {
                    found.push(entry.listed);
                }
                if found.len() >= self.filter.limit || Instant::now() >= deadline {
                    return Ok((found, Some(seq)));
                }
            }
            match page.next {
                Some(next) => filter.after = Some(next),
                None => return Ok((found, None)),
            }
        }
    }
}
