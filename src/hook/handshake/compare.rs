//! Compares an endpoint's answer with what the vendor wants to hear, and says
//! in words what is wrong.
//!
//! Wrong is what makes the vendor refuse the endpoint; advice is what it is
//! known to overlook. JSON is compared by what it says, anything else byte for
//! byte.

use super::ask::{Ask, Bodies, Statuses, Step};
use crate::hook::attempt::Answer;
use serde_json::Value;

/// The most bytes of an answer that a sentence repeats.
const SHOWN: usize = 60;

/// What differs. The text forms are a contract: scripts match them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The status.
    Status,
    /// The status is a redirect: no vendor follows one.
    Redirect,
    /// A forged request was taken.
    ForgedTaken,
    /// The body.
    Body,
    /// There is a body where none may be.
    BodyNotEmpty,
    /// A header is missing or says something else.
    Header,
    /// The content type.
    ContentType,
}

impl Flaw {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::ForgedTaken => "forged_taken",
            Self::Body => "body",
            Self::BodyNotEmpty => "body_not_empty",
            Self::Header => "header",
            Self::ContentType => "content_type",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What differs.
    pub flaw: Flaw,
    /// A sentence for a person.
    pub text: String,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What makes the vendor refuse the endpoint.
    pub wrong: Vec<Finding>,
    /// What it overlooks.
    pub advice: Vec<Finding>,
}

/// Compares an answer with what was expected of it.
pub fn compare(ask: &Ask, answer: &Answer) -> Findings {
    let mut findings = Findings::default();
    if let Some(finding) = status(ask, answer.status) {
        // What another status carries is an error page: its body says nothing of the handshake.
        findings.wrong.push(finding);
        return findings;
    }
    for (name, value) in &ask.expected.headers {
        let Some(finding) = header(name, value, answer) else { continue };
        match finding.flaw {
            Flaw::ContentType => findings.advice.push(finding),
            _ => findings.wrong.push(finding),
        }
    }
    if ask.method != "HEAD" {
        findings.wrong.extend(body(&ask.expected.body, &answer.body));
    }
    findings
}

fn status(ask: &Ask, status: u16) -> Option<Finding> {
    let holds = match ask.expected.status {
        Statuses::Exactly(wanted, also) => status == wanted || Some(status) == also,
        Statuses::Success => (200..300).contains(&status),
        Statuses::Refusal => (400..500).contains(&status),
    };
    if holds {
        return None;
    }
    let forged = matches!(ask.step, Step::Forged | Step::ForgedDelivery);
    let flaw = match status {
        200..=299 if forged => Flaw::ForgedTaken,
        300..=399 => Flaw::Redirect,
        _ => Flaw::Status,
    };
    let wanted = wanted(ask.expected.status);
    let text = match flaw {
        Flaw::ForgedTaken => {
            format!(
                "a wrong signature was answered {status}, and must be answered {wanted}: verify it before anything else"
            )
        }
        Flaw::Redirect => {
            format!("it answers {status}, a redirect, and no vendor follows one: register the final URL")
        }
        _ => format!("it answers {status}, and must answer {wanted}{}", why(ask.step, status)),
    };
    Some(Finding { flaw, text })
}

fn wanted(status: Statuses) -> String {
    match status {
        Statuses::Exactly(wanted, Some(also)) => format!("{wanted} or {also}"),
        Statuses::Exactly(wanted, None) => wanted.to_string(),
        Statuses::Success => "2xx".to_owned(),
        Statuses::Refusal => "401".to_owned(),
    }
}

/// What such a status usually comes from.
const fn why(step: Step, status: u16) -> &'static str {
    match (step, status) {
        (Step::Delivery, 401 | 403) => ": it does not verify with the secret that the handshake brought",
        (Step::Genuine, 401 | 403) => {
            ": it refuses the handshake; is it the same secret, and is the handshake answered at all?"
        }
        (Step::Genuine, 404) => ": is it the right path?",
        (Step::Genuine, 405) => ": it does not take this method",
        (Step::Forged | Step::ForgedDelivery, 500..) => {
            ": a signature that does not hold must be refused, not fail"
        }
        (_, 500..) => ": it failed on the request",
        _ => "",
    }
}

fn header(name: &str, wanted: &[u8], answer: &Answer) -> Option<Finding> {
    let found = answer.headers.get(name);
    if name.eq_ignore_ascii_case("content-type") {
        let same = found.is_some_and(|found| media_type(found).eq_ignore_ascii_case(media_type(wanted)));
        return (!same).then(|| Finding {
            flaw: Flaw::ContentType,
            text: match found {
                Some(found) => {
                    format!("its Content-Type is {}, and should be {}", shown(found), shown(wanted))
                }
                None => format!("it has no Content-Type, and should have {}", shown(wanted)),
            },
        });
    }
    let text = match found {
        Some(found) if found == wanted => return None,
        Some(found) => format!("its header {name} is {}, and must be {}", shown(found), shown(wanted)),
        None => format!("it lacks the header {name}, which must be {}", shown(wanted)),
    };
    Some(Finding { flaw: Flaw::Header, text })
}

/// Without parameters such as the charset.
fn media_type(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

fn body(wanted: &Bodies, found: &[u8]) -> Option<Finding> {
    match wanted {
        Bodies::Any => None,
        Bodies::Empty if found.is_empty() => None,
        Bodies::Empty => Some(Finding {
            flaw: Flaw::BodyNotEmpty,
            text: format!("its body must be empty, and is {}", shown(found)),
        }),
        Bodies::OneOf(bodies) => {
            let first = bodies.first()?;
            if bodies.iter().any(|body| says_the_same(body, found)) {
                return None;
            }
            Some(Finding { flaw: Flaw::Body, text: difference(first, found) })
        }
    }
}

/// JSON objects say the same when every wanted member is there.
fn says_the_same(wanted: &[u8], found: &[u8]) -> bool {
    wanted == found
        || members(wanted, found).is_some_and(|(wanted, found)| missing(&wanted, found.as_ref()).is_none())
}

type Members = serde_json::Map<String, Value>;

fn members(wanted: &[u8], found: &[u8]) -> Option<(Members, Option<Members>)> {
    let object = |text: &[u8]| match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    };
    Some((object(wanted)?, object(found)))
}

/// The first wanted member that is not there or says something else.
fn missing<'w>(wanted: &'w Members, found: Option<&Members>) -> Option<(&'w String, &'w Value)> {
    wanted.iter().find(|(name, value)| found.and_then(|found| found.get(*name)) != Some(*value))
}

fn difference(wanted: &[u8], found: &[u8]) -> String {
    if found.is_empty() {
        return format!("its body is empty, and must be {}", shown(wanted));
    }
    if found.trim_ascii() == wanted {
        return "its body has white space around what was asked for".to_owned();
    }
    let quoted =
        |text: &[u8]| serde_json::from_slice::<String>(text).is_ok_and(|text| text.as_bytes() == wanted);
    if quoted(found) {
        return format!("its body is a JSON string, and must be the bare text {}", shown(wanted));
    }
    if let Some((wanted, Some(found))) = members(wanted, found)
        && let Some((name, value)) = missing(&wanted, Some(&found))
    {
        let value = shown(value.to_string().as_bytes());
        return match found.get(name) {
            Some(other) => {
                format!("its `{name}` is {}, and must be {value}", shown(other.to_string().as_bytes()))
            }
            None => format!("its body lacks `{name}`, which must be {value}"),
        };
    }
    format!("its body is {}, and must be {}", shown(found), shown(wanted))
}

/// The beginning of some bytes, as text.
fn shown(bytes: &[u8]) -> String {
    let start = bytes.get(..SHOWN).unwrap_or(bytes);
    let more = if bytes.len() > SHOWN { "..." } else { "" };
    format!("`{}{more}`", String::from_utf8_lossy(start))
}

#[cfg(test)]
mod tests;
