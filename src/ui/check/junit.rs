//! JUnit XML, for CI systems: a suite a group, a test a case.
//!
//! A finding that does not fail the run (`--fail-on`) is a test that passes
//! with output, and one that the baseline accepts is a test that was skipped,
//! so that what a CI system shows and the exit code never disagree.

use super::about::{About, Shown};
use super::xml::Xml;
use crate::hook::check::{Group, Outcome};
use crate::job::check::Report;
use std::time::Duration;

/// How a case ends in JUnit's words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Pass,
    Remark,
    Skip,
    Fail,
}

/// The whole document.
pub fn document(report: &Report, about: &About<'_>) -> String {
    let shown = Shown::all(report, about);
    let mut xml = Xml::new();
    let all: Vec<&Shown<'_>> = shown.iter().collect();
    let totals = counts(&all, about);
    let time = seconds(report.took);
    let mut attributes = vec![("name", "hookctl check"), ("time", &time)];
    attributes.extend(
        totals.iter().filter(|(name, _)| *name != "skipped").map(|(name, many)| (*name, many.as_str())),
    );
    xml.open("testsuites", &attributes);
    for group in Group::ALL {
        let of_group: Vec<&Shown<'_>> = shown.iter().filter(|one| one.finding.case.group == group).collect();
        if !of_group.is_empty() {
            suite(&mut xml, group, &of_group, report, about);
        }
    }
    xml.finish()
}

fn suite(xml: &mut Xml, group: Group, cases: &[&Shown<'_>], report: &Report, about: &About<'_>) {
    let name = format!("hookctl.check.{}", group.as_str());
    let took: Duration = cases.iter().map(|one| took(one)).sum();
    let (totals, time) = (counts(cases, about), seconds(took));
    let mut attributes = vec![("name", name.as_str()), ("time", &time)];
    attributes.extend(totals.iter().map(|(name, many)| (*name, many.as_str())));
    xml.open("testsuite", &attributes);
    let (target, seed) = (about.target.to_string(), report.seed.to_string());
    xml.open("properties", &[]);
    for (property, value) in [("target", target.as_str()), ("provider", about.provider.id()), ("seed", &seed)]
    {
        xml.empty("property", &[("name", property), ("value", value)]);
    }
    xml.close();
    for one in cases {
        case(xml, one, &name, about);
    }
    xml.close();
}

fn case(xml: &mut Xml, one: &Shown<'_>, suite: &str, about: &About<'_>) {
    let name = match one.place() {
        Some(place) => format!("{} ({place})", one.finding.case.id),
        None => one.finding.case.id.clone(),
    };
    let time = seconds(took(one));
    let attributes = [("name", name.as_str()), ("classname", suite), ("time", &time)];
    match ending(one, about) {
        Ending::Pass => xml.empty("testcase", &attributes),
        Ending::Skip => {
            let message = match one.known {
                Some(known) if known.comment().is_empty() => {
                    format!("accepted by the baseline: {}", one.reason)
                }
                Some(known) => format!("accepted by the baseline ({}): {}", known.comment(), one.reason),
                None => one.reason.to_string(),
            };
            xml.open("testcase", &attributes);
            xml.empty("skipped", &[("message", &message)]);
            xml.close();
        }
        Ending::Remark => {
            xml.open("testcase", &attributes);
            xml.text("system-out", &[], &body(one));
            xml.close();
        }
        Ending::Fail => {
            let r#type = format!("{}.{}", one.severity.as_str(), one.code());
            let message = format!("{}; a good handler {}", one.reason, one.finding.case.title);
            xml.open("testcase", &attributes);
            xml.text("failure", &[("type", &r#type), ("message", &message)], &body(one));
            xml.close();
        }
    }
}

fn ending(one: &Shown<'_>, about: &About<'_>) -> Ending {
    match one.finding.outcome {
        Outcome::Pass => Ending::Pass,
        Outcome::Skip => Ending::Skip,
        Outcome::Fail if one.known.is_some() => Ending::Skip,
        Outcome::Fail if one.severity >= about.fail_on => Ending::Fail,
        Outcome::Fail => Ending::Remark,
    }
}

/// What a person needs who sees only this test.
fn body(one: &Shown<'_>) -> String {
    let case = one.finding.case;
    let mut text = format!("A good handler {}; this one {}.\n", case.title, one.reason);
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push_str(&format!("{name}: {value}\n"));
        }
    };
    line("severity", Some(one.severity.as_str()));
    line("it said", Some(&one.excerpt));
    line("why", Some(&case.why));
    line("mend", Some(&one.mend));
    line("line", one.place().as_deref());
    line("again", one.again.as_deref());
    line("curl", one.curl.as_deref());
    text
}

fn counts(cases: &[&Shown<'_>], about: &About<'_>) -> [(&'static str, String); 4] {
    let many = |wanted: Ending| cases.iter().filter(|one| ending(one, about) == wanted).count().to_string();
    [
        ("tests", cases.len().to_string()),
        ("failures", many(Ending::Fail)),
        ("errors", "0".to_owned()),
        ("skipped", many(Ending::Skip)),
    ]
}

fn took(one: &Shown<'_>) -> Duration {
    one.finding.seen.as_ref().map(|seen| seen.took).unwrap_or_default()
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}
