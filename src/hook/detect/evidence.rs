//! What in a message speaks for a provider, beside the name of a header.

use crate::hook::condition::Condition;
use crate::hook::provider::{Kind, Provider, TimePlace};
use crate::hook::signature::scope::Scope;
use crate::hook::template::{Lookup as _, Source};

/// What a profile's own conditions weigh.
const OWN_CONDITIONS: i32 = 100;
/// A signature header that nobody else uses.
pub(super) const OWN_HEADER: i32 = 20;
/// Another header of the provider.
pub(super) const SECOND_HEADER: i32 = 10;
/// A value whose form is more than "anything".
const STRICT_SHAPE: i32 = 2;
const BODY_FIELD: i32 = 1;

/// By what a provider was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The name of the header, or the place, that carries the signature.
    Header,
    /// The form of the value there.
    Shape,
    /// Another header of the provider.
    SecondHeader,
    /// Fields of the body.
    Body,
    /// The signature holds under the provider's secret.
    Signature,
}

impl Evidence {
    const ALL: [Self; 5] = [Self::Header, Self::Shape, Self::SecondHeader, Self::Body, Self::Signature];

    /// The stable text form, as in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Shape => "shape",
            Self::SecondHeader => "second_header",
            Self::Body => "body",
            Self::Signature => "signature",
        }
    }

    /// For a person, as in "by ...".
    pub const fn title(self) -> &'static str {
        match self {
            Self::Header => "its header",
            Self::Shape => "the form of its value",
            Self::SecondHeader => "a second header",
            Self::Body => "its body",
            Self::Signature => "its signature",
        }
    }
}

/// Several kinds of evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvidenceSet(u8);

impl EvidenceSet {
    /// Adds one kind.
    pub const fn add(&mut self, evidence: Evidence) {
        self.0 |= 1 << evidence as u8;
    }

    /// Whether it is there.
    pub const fn has(self, evidence: Evidence) -> bool {
        self.0 & (1 << evidence as u8) != 0
    }

    /// Those that are there.
    pub fn iter(self) -> impl Iterator<Item = Evidence> {
        Evidence::ALL.into_iter().filter(move |evidence| self.has(*evidence))
    }
}

/// Whether a value is written the way the scheme writes it.
pub(super) fn has_shape(provider: &Provider, value: &[u8]) -> bool {
    match provider.kind {
        Kind::Token => !value.is_empty() && !value.contains(&b' '),
        Kind::Basic => value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic ")),
        Kind::JwtHs | Kind::JwtEs256 => {
            let token = value.strip_prefix(b"Bearer ").unwrap_or(value);
            token.starts_with(b"eyJ") && token.iter().filter(|byte| **byte == b'.').count() == 2
        }
        Kind::Hmac | Kind::Hash => {
            let written = provider.value.read(value);
            let timed = provider.timestamp != Some(TimePlace::Value) || written.timestamp.is_some();
            let decodes =
                |signature: &&[u8]| provider.encode.decode_tag(signature, provider.hash.bytes()).is_some();
            timed && written.signatures.iter().any(decodes)
        }
        _ => {
            let signatures = provider.value.read(value).signatures;
            // Asymmetric signatures take 64 bytes or more.
            signatures.iter().any(|signature| signature.len() >= provider.encode.length(64))
        }
    }
}

pub(super) fn all_hold(conditions: &[Condition], scope: &Scope<'_>) -> bool {
    conditions.iter().all(|condition| condition.holds(scope))
}

/// How much the rest of the message speaks for a provider, and by what.
pub(super) fn weigh(provider: &Provider, scope: &Scope<'_>, found: &mut EvidenceSet) -> i32 {
    let mut score = 0;
    if found.has(Evidence::Shape) && !matches!(provider.kind, Kind::Token) {
        score += STRICT_SHAPE;
    }
    score += own_conditions(provider, scope, found);
    score += fields(provider, scope, found);
    for (name, template) in &provider.extra {
        if let (Some(there), Some(wanted)) =
            (scope.message.headers.get(name), template.render_complete(scope))
        {
            score += if there == wanted { SECOND_HEADER } else { -OWN_CONDITIONS };
            found.add(Evidence::SecondHeader);
        }
    }
    score
}

fn own_conditions(provider: &Provider, scope: &Scope<'_>, found: &mut EvidenceSet) -> i32 {
    if provider.detect.is_empty() {
        return 0;
    }
    if !all_hold(&provider.detect, scope) {
        return -OWN_CONDITIONS;
    }
    for source in provider.detect.iter().flat_map(Condition::sources) {
        found.add(kind_of(source));
    }
    OWN_CONDITIONS
}

/// Where the provider has its event, its ids and its time.
fn fields(provider: &Provider, scope: &Scope<'_>, found: &mut EvidenceSet) -> i32 {
    let time = match &provider.timestamp {
        Some(TimePlace::Source(source)) => Some(source),
        _ => None,
    };
    let sources = provider.event.iter().chain(&provider.delivery).chain(&provider.id_source).chain(time);
    let mut seen: Vec<&Source> = Vec::new();
    let mut score = 0;
    for source in sources {
        if seen.contains(&source) || scope.lookup(source).is_none() {
            continue;
        }
        seen.push(source);
        found.add(kind_of(source));
        score += if matches!(source, Source::Header(_)) { SECOND_HEADER } else { BODY_FIELD };
    }
    score
}

const fn kind_of(source: &Source) -> Evidence {
    match source {
        Source::Header(_) => Evidence::SecondHeader,
        _ => Evidence::Body,
    }
}
