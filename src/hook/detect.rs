//! Recognises which provider sent a delivery, and says how sure that is.
//!
//! A header's name alone does not do it: nine schemes share
//! `webhook-signature`. So the name, the shape of the value and a second
//! header or field of the body count together, and what is not sure is said
//! to be unsure, with the rivals named. Verifies nothing.

mod evidence;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod tests;

pub use evidence::{Evidence, EvidenceSet};

use super::condition::Condition;
use super::delivery::Message;
use super::provider::{Catalogue, Place, Provider};
use super::signature::scope::Scope;
use super::template::{Lookup as _, Source};
use evidence::{OWN_HEADER, SECOND_HEADER, all_hold, has_shape, weigh};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// How sure it is who sent a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sureness {
    /// Nobody else signs like this.
    Certain,
    /// More speaks for the first than for the others.
    Likely,
    /// As much speaks for the others.
    Unsure,
    /// Nothing points to any provider.
    Unknown,
}

impl Sureness {
    /// The stable text form, as in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Unsure => "unsure",
            Self::Unknown => "unknown",
        }
    }
}

/// Which providers may have sent a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// How sure it is that it was the first.
    pub sureness: Sureness,
    /// The candidates, the best first.
    pub ids: Vec<Arc<str>>,
    /// What speaks for the first.
    pub by: EvidenceSet,
}

/// How a verdict's provider was recognised, when it was not named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// How sure it is.
    pub sureness: Sureness,
    /// What speaks for it.
    pub by: EvidenceSet,
    /// Who else it may have been, the likeliest first; when it is unsure, every candidate.
    pub rivals: Vec<Arc<str>>,
}

/// Ready to recognise the providers of one catalogue. Reads a profile when a
/// delivery may be its provider's, because most are never needed.
#[derive(Debug)]
pub struct Detector {
    catalogue: Arc<Catalogue>,
    rows: Vec<Row>,
    /// Small-letter names of signature headers, with who uses them.
    headers: HashMap<Box<[u8]>, Vec<usize>>,
    /// Providers whose signature is in the body or the query.
    elsewhere: Vec<usize>,
}

/// A provider of the catalogue.
#[derive(Debug)]
struct Row {
    id: String,
    provider: OnceLock<Option<Arc<Provider>>>,
}

#[derive(Clone, Copy)]
struct Candidate<'d> {
    at: usize,
    provider: &'d Provider,
    shape: bool,
    unique: bool,
    score: i32,
    by: EvidenceSet,
}

impl Detector {
    /// Looks where each provider of the catalogue puts its signature.
    pub fn new(catalogue: impl Into<Arc<Catalogue>>) -> Self {
        let catalogue = catalogue.into();
        let mut headers: HashMap<Box<[u8]>, Vec<usize>> = HashMap::new();
        let (mut rows, mut elsewhere) = (Vec::new(), Vec::new());
        for (at, (id, names)) in catalogue.signature_headers().into_iter().enumerate() {
            if names.is_empty() {
                elsewhere.push(at);
            }
            for name in names {
                let name = name.to_ascii_lowercase().into_bytes().into_boxed_slice();
                headers.entry(name).or_default().push(at);
            }
            rows.push(Row { id, provider: OnceLock::new() });
        }
        Self { catalogue, rows, headers, elsewhere }
    }

    fn provider(&self, at: usize) -> Option<&Provider> {
        self.read(self.rows.get(at)?)
    }

    fn read<'d>(&'d self, row: &'d Row) -> Option<&'d Provider> {
        row.provider.get_or_init(|| self.catalogue.get(&row.id).ok()).as_deref()
    }

    /// Recognises one delivery.
    pub fn detect(&self, message: &Message<'_>) -> Detection {
        let mut candidates = self.by_header(message);
        if candidates.is_empty() {
            candidates = self.by_other_place(message);
        }
        if candidates.is_empty() {
            return self.without_signature(message);
        }
        if candidates.iter().any(|candidate| candidate.shape) {
            candidates.retain(|candidate| candidate.shape);
        }
        if let [only] = candidates.as_slice()
            && only.unique
        {
            // Nobody else signs like this: the rest need not be read.
            let sureness = if only.shape { Sureness::Certain } else { Sureness::Likely };
            return Detection { sureness, ids: vec![Arc::clone(only.provider.id())], by: only.by };
        }
        let superseded = |id: &str| {
            candidates.iter().any(|other| other.provider.supersedes.iter().any(|old| **old == *id))
        };
        let mut kept: Vec<Candidate<'_>> =
            candidates.iter().copied().filter(|candidate| !superseded(candidate.provider.id())).collect();
        let scope = Scope::new(message);
        for candidate in &mut kept {
            candidate.score = weigh(candidate.provider, &scope, &mut candidate.by);
            if candidate.unique && candidate.shape {
                candidate.score += OWN_HEADER;
            }
        }
        // The order of the catalogue decides between equals: the sort is stable.
        kept.sort_by_key(|candidate| (-candidate.score, candidate.at));
        ranked(&kept)
    }

    fn by_header(&self, message: &Message<'_>) -> Vec<Candidate<'_>> {
        let mut candidates: Vec<Candidate<'_>> = Vec::new();
        let mut lower = [0; 64];
        for field in message.headers.iter() {
            let name = field.name.as_bytes();
            let Some(room) = lower.get_mut(..name.len()) else { continue };
            room.copy_from_slice(name);
            room.make_ascii_lowercase();
            let Some(users) = self.headers.get(&*room) else { continue };
            for at in users {
                let Some(provider) = self.provider(*at) else { continue };
                let shape = has_shape(provider, field.value);
                match candidates.iter_mut().find(|candidate| candidate.at == *at) {
                    Some(known) => known.take(shape),
                    None => candidates.push(Candidate::new(*at, provider, shape, users.len() == 1)),
                }
            }
        }
        candidates
    }

    fn by_other_place(&self, message: &Message<'_>) -> Vec<Candidate<'_>> {
        let scope = Scope::new(message);
        let candidate = |at: &usize| {
            let provider = self.provider(*at)?;
            let source = match (&provider.place, &provider.each) {
                (Place::Headers(_), _) => return None,
                (Place::Json(path), None) => Source::Json(path.clone()),
                (Place::Json(path), Some(array)) => {
                    let path = format!("json:{}.0.{}", array.as_str(), path.as_str());
                    Source::parse(&path).ok()?
                }
                (Place::Form(name), _) => Source::Form(name.clone()),
                (Place::Query(name), _) => Source::Query(name.clone()),
            };
            let value = scope.lookup(&source)?;
            // A query parameter called `signature` is nobody's own.
            let unique = !matches!(provider.place, Place::Query(_));
            has_shape(provider, &value).then(|| Candidate::new(*at, provider, true, unique))
        };
        self.elsewhere.iter().filter_map(candidate).collect()
    }

    /// Deliveries and handshakes that come without any signature.
    fn without_signature(&self, message: &Message<'_>) -> Detection {
        let scope = Scope::new(message);
        let unsigned =
            |provider: &Provider| !provider.unsigned.is_empty() && all_hold(&provider.unsigned, &scope);
        // A field of the body or a method is too little to name a provider.
        let telling = |condition: &Condition| {
            condition.sources().all(|source| matches!(source, Source::Header(_) | Source::Query(_)))
        };
        let asks = |provider: &Provider| {
            let mut handshakes = provider.handshakes.iter().map(|handshake| &handshake.when);
            handshakes.any(|when| telling(when) && when.holds(&scope))
        };
        let ids = |those: &dyn Fn(&Provider) -> bool| -> Vec<Arc<str>> {
            let providers = self.rows.iter().filter_map(|row| self.read(row));
            let found = providers.filter(|provider| those(provider));
            found.map(|provider| Arc::clone(provider.id())).collect()
        };
        let mut by = EvidenceSet::default();
        let found = ids(&unsigned);
        if !found.is_empty() {
            by.add(Evidence::Body);
            let sureness = if found.len() == 1 { Sureness::Likely } else { Sureness::Unsure };
            return Detection { sureness, ids: found, by };
        }
        let found = ids(&asks);
        // Anybody can ask what a vendor asks.
        let sureness = if found.is_empty() { Sureness::Unknown } else { Sureness::Unsure };
        Detection { sureness, ids: found, by }
    }
}

impl<'d> Candidate<'d> {
    fn new(at: usize, provider: &'d Provider, shape: bool, unique: bool) -> Self {
        let mut by = EvidenceSet::default();
        by.add(Evidence::Header);
        let mut new = Self { at, provider, shape: false, unique, score: 0, by };
        new.take(shape);
        new
    }

    /// Takes note of another value: one of the right shape is enough.
    fn take(&mut self, shape: bool) {
        self.shape |= shape;
        if self.shape {
            self.by.add(Evidence::Shape);
        }
    }
}

/// Certain when the best is ahead of the next by at least a header, and has at
/// least that much of its own; likely when it is ahead at all.
fn ranked(candidates: &[Candidate<'_>]) -> Detection {
    let ids = candidates.iter().map(|candidate| Arc::clone(candidate.provider.id())).collect();
    let Some(best) = candidates.first() else {
        return Detection { sureness: Sureness::Unknown, ids, by: EvidenceSet::default() };
    };
    let next = candidates.get(1).map_or(i32::MIN, |next| next.score);
    let ahead = i64::from(best.score) - i64::from(next);
    let sureness = if best.shape && ahead >= i64::from(SECOND_HEADER) && best.score >= SECOND_HEADER {
        Sureness::Certain
    } else if ahead > 0 {
        Sureness::Likely
    } else {
        Sureness::Unsure
    };
    Detection { sureness, ids, by: best.by }
}

impl Detection {
    /// What is said about the first of the candidates.
    pub fn recognised(&self) -> Recognised {
        // Who lost by a header's weight is no rival.
        let rivals = match self.sureness {
            Sureness::Certain | Sureness::Unknown => Vec::new(),
            Sureness::Likely => self.ids.iter().skip(1).cloned().collect(),
            Sureness::Unsure => self.ids.clone(),
        };
        Recognised { sureness: self.sureness, by: self.by, rivals }
    }
}
