//! The cases of the suite, read from the tables beside this file.

use super::change::Change;
use super::fact::Fact;
use crate::hook::provider::Provider;
use serde::Deserialize;
use std::sync::OnceLock;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Who may be believed.
    Authenticity,
    /// Whether bytes stay bytes.
    Fidelity,
    /// What else a vendor sends, and HTTP around it.
    Protocol,
    /// The same again, late, at once, out of order.
    Delivery,
    /// Whoever sends rubbish, and whether the handler outlives it.
    Robustness,
    /// What can only be seen in the source (`--source`); nothing is sent.
    Source,
}

/// How much a failed case weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Deliveries will be lost or done twice.
    Should,
    /// A stranger is believed, or the handler dies.
    Must,
}

/// What a good handler does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// Answers 2xx.
    Accepted,
    /// Answers 4xx, and nothing changes.
    Refused,
    /// Answers anything but 5xx: it is the handler's choice.
    Answered,
    /// Answers 2xx, or 413 because it is too large.
    AcceptedOrTooLarge,
    /// Answers 4xx, or closes the connection: it was no whole request.
    RefusedOrClosed,
}

/// How a case goes about it. What each does is documented where it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Script {
    /// Sends one request: a good delivery with the case's changes.
    #[default]
    Send,
    /// Sends one delivery of each documented event.
    EachEvent,
    /// Sends one delivery for each type of a structured answer.
    EachAnswerType,
    /// Asks what the provider asks before it delivers.
    Handshakes,
    /// Asks unsigned, as before the secret is known.
    HandshakesUnsigned,
    /// Sends a body that is no JSON and one that is, both forged: the answers must be alike.
    Alike,
    /// Sends the same delivery twice.
    Duplicate,
    /// Sends the same delivery twice: counted once (`--probe`).
    DuplicateCounted,
    /// Sends the same delivery ten times at once.
    DuplicateAtOnce,
    /// The same: counted once (`--probe`).
    DuplicateAtOnceCounted,
    /// Sends a later event before an earlier one.
    OutOfOrder,
    /// Hangs up before the answer, and sends the delivery again.
    LostAnswer,
    /// Has the handler fail by itself, and sends a delivery with the same id that it can handle.
    OwnFailure,
    /// Sends two events about the same object: both count.
    TwoEvents,
    /// Sends ten different deliveries at once.
    AtOnce,
    /// Looks whether good deliveries were answered within the vendor's deadline.
    Deadline,
    /// Looks whether good deliveries were answered with exactly 200.
    Exactly200,
    /// Looks whether accepted deliveries were counted (`--probe`).
    Counted,
    /// Looks whether forged deliveries changed nothing (`--probe`).
    Unchanged,
    /// Hangs up in the middle of the body.
    HangUp,
    /// Sends the body slowly.
    Slow,
    /// Announces more than it sends.
    LongLength,
    /// Announces a length that is no number.
    BadLength,
    /// Sends two lengths that disagree.
    TwoLengths,
    /// Sends two deliveries in one breath on one connection.
    Pipelined,
    /// Sends three deliveries one after the other on one connection.
    SameConnection,
    /// Sends a delivery over HTTP/2.
    Http2,
    /// Looks whether any answer held the secret.
    LeaksSecret,
    /// Looks whether any answer held the signature that its request should have had.
    LeaksSignature,
    /// Looks whether any answer held a stack trace.
    LeaksTrace,
    /// Looks whether any answer held a path of the machine.
    LeaksPath,
    /// Looks whether the handler was still there after everything.
    Alive,
    /// Reads the handler's source, where it is given (`--source`). The runner skips it.
    Source,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// What `--case` takes, such as `no-signature`. Never changes its meaning.
    pub id: String,
    /// What it is about.
    #[serde(skip, default = "authenticity")]
    pub group: Group,
    /// How much a failure weighs.
    pub severity: Severity,
    /// What a good handler does, as a sentence without its subject: `refuses a delivery without a signature`.
    pub title: String,
    /// Why it matters, in one or two sentences.
    pub why: String,
    /// What to do about it in any language; `mends.toml` has it by language.
    pub mend: String,
    /// What must hold for the case to apply.
    #[serde(default)]
    pub when: Vec<Fact>,
    /// How it goes about it.
    #[serde(default)]
    pub script: Script,
    /// What is done to a good delivery, in this order.
    #[serde(default)]
    pub change: Vec<Change>,
    /// What a good handler does with each request of the case.
    pub expect: Expect,
}

const fn authenticity() -> Group {
    Group::Authenticity
}

/// The cases in the order in which they are run.
#[derive(Debug)]
pub struct Suite {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

const TABLES: [(Group, &str); 6] = [
    (Group::Authenticity, include_str!("suite/authenticity.toml")),
    (Group::Fidelity, include_str!("suite/fidelity.toml")),
    (Group::Protocol, include_str!("suite/protocol.toml")),
    (Group::Delivery, include_str!("suite/delivery.toml")),
    (Group::Robustness, include_str!("suite/robustness.toml")),
    (Group::Source, include_str!("suite/source.toml")),
];

impl Suite {
    /// The suite of this program. A test holds that it can be read.
    pub fn builtin() -> &'static Self {
        static SUITE: OnceLock<Suite> = OnceLock::new();
        SUITE.get_or_init(|| {
            let cases = TABLES.iter().flat_map(|(group, text)| read(*group, text).unwrap_or_default());
            Self { cases: cases.collect() }
        })
    }

    /// Every case.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The case of this id.
    pub fn get(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }
}

fn read(group: Group, text: &str) -> Result<Vec<Case>, toml::de::Error> {
    let table: Table = toml::from_str(text)?;
    Ok(table.case.into_iter().map(|case| Case { group, ..case }).collect())
}

impl Group {
    /// All, in the order of the report.
    pub const ALL: [Self; 6] =
        [Self::Authenticity, Self::Fidelity, Self::Protocol, Self::Delivery, Self::Robustness, Self::Source];

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authenticity => "authenticity",
            Self::Fidelity => "fidelity",
            Self::Protocol => "protocol",
            Self::Delivery => "delivery",
            Self::Robustness => "robustness",
            Self::Source => "source",
        }
    }
}

impl Group {
    /// What its cases are about, for a person.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Authenticity => "who may be believed",
            Self::Fidelity => "whether bytes stay bytes",
            Self::Protocol => "what else a vendor sends, and HTTP around it",
            Self::Delivery => "the same again, late, at once, out of order",
            Self::Robustness => "whoever sends rubbish, and whether the handler outlives it",
            Self::Source => "what only the source can show; nothing is sent",
        }
    }
}

impl Severity {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Should => "should",
            Self::Must => "must",
        }
    }
}

impl Case {
    /// Why the case means nothing for this provider; `None` when it applies. The
    /// facts of the run ([`Fact::Probe`], [`Fact::Http2`]) are not judged here.
    pub fn inapplicable(&self, provider: &Provider) -> Option<&'static str> {
        let needs = self.change.iter().flat_map(|change| change.needs());
        self.when.iter().chain(needs).find_map(|fact| fact.missing_in(provider))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_table_can_be_read_and_every_id_is_one_of_a_kind() {
        let mut ids = BTreeSet::new();
        for (group, text) in TABLES {
            let cases = read(group, text).unwrap_or_else(|error| panic!("{}: {error}", group.as_str()));
            assert!(!cases.is_empty(), "{}", group.as_str());
            for case in cases {
                assert!(ids.insert(case.id.clone()), "{} twice", case.id);
                assert!(
                    !case.title.is_empty() && !case.why.is_empty() && !case.mend.is_empty(),
                    "{}",
                    case.id
                );
            }
        }
        assert_eq!(Suite::builtin().cases().len(), ids.len());
    }
}
