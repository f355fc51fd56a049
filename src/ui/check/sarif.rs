//! SARIF 2.1.0, for code scanning: a rule a case, a result a failure.
//!
//! GitHub refuses a whole file when one result has no physical location or one
//! that is no path of the repository. A finding that no line of the source
//! shows therefore points at the source file that was named, or else at the
//! URL's path, and says the URL as its logical location.

use super::about::{About, Shown};
use super::baseline::{Known, fingerprint};
use crate::hook::check::Severity;
use crate::hook::digest::HashName;
use crate::hook::target::PathMode;
use crate::job::check::Report;
use crate::ui::record::milliseconds;
use crate::ui::sanitize;
use serde_json::{Value, json};
use std::collections::HashMap;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The whole document.
pub fn document(report: &Report, about: &About<'_>) -> String {
    let shown = Shown::all(report, about);
    let mut rules: Vec<Value> = Vec::new();
    let mut indices: HashMap<&str, usize> = HashMap::new();
    for one in &shown {
        let case = one.finding.case;
        indices.entry(&case.id).or_insert_with(|| {
            rules.push(rule(one));
            rules.len() - 1
        });
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    let results: Vec<Value> = shown
        .iter()
        .filter(|one| one.finding.failed())
        .map(|one| {
            let print = fingerprint(one.finding);
            let times = seen.entry(print.clone()).or_default();
            *times += 1;
            result(
                one,
                indices.get(one.finding.case.id.as_str()).copied().unwrap_or_default(),
                &print,
                *times,
                about,
            )
        })
        .collect();
    let run = json!({
        "tool": {"driver": {
            "name": "hookctl",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        }},
        "automationDetails": {"id": format!("hookctl-check/{}/", about.provider.id())},
        "invocations": [{"executionSuccessful": true}],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "target": about.target.to_string(), "seed": report.seed, "requests": report.requests,
        },
    });
    let log = json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]});
    let text = serde_json::to_string_pretty(&log).unwrap_or_default();
    // A line at a time: the breaks between them are the document's own.
    text.lines().fold(String::with_capacity(text.len()), |safe, line| safe + &sanitize::json(line) + "\n")
}

fn rule(one: &Shown<'_>) -> Value {
    let case = one.finding.case;
    let title = format!("A good handler {}.", case.title);
    json!({
        "id": case.id,
        "name": name(&case.id),
        "shortDescription": {"text": title},
        "fullDescription": {"text": case.why},
        "help": {
            "text": format!("{} {}", case.why, case.mend),
            "markdown": format!("{}\n\n{}", case.why, case.mend),
        },
        "defaultConfiguration": {"level": level(case.severity)},
        "properties": {"tags": ["webhook", case.group.as_str()], "problem.severity": problem(case.severity)},
    })
}

fn result(one: &Shown<'_>, rule: usize, print: &str, times: usize, about: &About<'_>) -> Value {
    let seen = one.finding.seen.as_ref();
    let text = format!("{}. A good handler {}. {}", capital(&one.reason), one.finding.case.title, one.mend);
    let justified =
        |known: &Known| json!({"kind": "external", "status": "accepted", "justification": known.comment()});
    // All results have the list or none (3.27.23); an empty one says that it is not suppressed.
    let suppressions: Vec<Value> = one.known.map(justified).into_iter().collect();
    json!({
        "ruleId": one.finding.case.id,
        "ruleIndex": rule,
        "kind": "fail",
        "level": level(one.severity),
        "message": {"text": literal(&text)},
        "locations": [location(one, about)],
        "partialFingerprints": {
            "hookctlCase/v1": format!("{print}:{times}"),
            "primaryLocationLineHash": hashed(print, times),
        },
        "properties": {
            "code": one.code(),
            "status": seen.and_then(|seen| seen.status),
            "tookMs": seen.map(|seen| milliseconds(seen.took)),
            "excerpt": one.excerpt,
            "again": one.again,
            "curl": one.curl,
        },
        "suppressions": suppressions,
    })
}

/// Where it is: the line that shows it, else what stands for the handler.
fn location(one: &Shown<'_>, about: &About<'_>) -> Value {
    let (file, line) = match (&one.finding.place, about.source) {
        (Some(place), _) => (place.file.clone(), place.line),
        (None, Some(source)) => (source.to_owned(), 1),
        (None, None) => (stand_in(about), 1),
    };
    json!({
        "physicalLocation": {
            "artifactLocation": {"uri": relative(&file)},
            "region": {"startLine": line.max(1)},
        },
        "logicalLocations": [{
            "name": one.finding.case.id,
            "fullyQualifiedName": about.target.to_string(),
            "kind": "resource",
        }],
    })
}

/// The URL's path, or its host where it has none.
fn stand_in(about: &About<'_>) -> String {
    let path = about.target.request_target("/", PathMode::Fixed);
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    if path.is_empty() { about.target.host().to_owned() } else { path.to_owned() }
}

/// A path as a relative reference: what a URI cannot hold, or what would make
/// the beginning look like a scheme, is percent-encoded.
fn relative(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b'@'
            | b'+'
            | b',' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

/// What GitHub tells an alert from others by: hexadecimal digits and a count.
fn hashed(print: &str, times: usize) -> String {
    let digest = HashName::Sha256.digest(print.as_bytes());
    let short: String = digest.as_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{short}:{times}")
}

/// A text in which no brace is a placeholder and no bracket a link (SARIF 2.1.0, 3.11.5 and 3.11.6).
fn literal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '{' | '}' => safe.extend([letter, letter]),
            '\\' | '[' | ']' => safe.extend(['\\', letter]),
            _ => safe.push(letter),
        }
    }
    safe
}

/// `no-signature` as `NoSignature`, as SARIF wants names of rules.
fn name(id: &str) -> String {
    id.split('-').map(capital).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Must => "error",
        Severity::Should => "warning",
        Severity::Note => "note",
    }
}

/// GitHub's word for the same.
const fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Must => "error",
        Severity::Should => "warning",
        Severity::Note => "recommendation",
    }
}
