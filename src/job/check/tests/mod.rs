use super::*;
use crate::hook::check::{Outcome, Suite, Symptom};
use crate::hook::provider::Catalogue;
use crate::hook::sample;
use crate::hook::target::Target;
use server::{Call, Do, Server};
use std::sync::{Arc, Mutex};

mod faults;
mod server;

const IMPATIENT: Patience =
    Patience { revival: Duration::from_millis(200), counting: Duration::from_millis(100) };

/// Keeps the order in which cases are judged.
#[derive(Default)]
struct Judged(Mutex<Vec<String>>);

impl Watch for Judged {
    fn begins(&self, _cases: usize) {}

    fn judged(&self, finding: &Finding) {
        self.0.lock().unwrap().push(finding.case.id.clone());
    }
}

fn plan(provider: &str, server: &Server) -> Plan {
    let id = provider;
    let provider = Catalogue::builtin().get(provider).unwrap();
    let target = Target::parse(&format!("http://{}/hook", server.address), None).unwrap();
    Plan {
        samples: sample::samples(id).to_vec(),
        workshop: Workshop::new(Arc::clone(&provider), server::keys(&provider), target, 7).unwrap(),
        cases: Suite::builtin().cases().iter().collect(),
        secrets: Vec::new(),
        most_requests: 200,
        interval: None,
        deadline: Duration::from_secs(5),
        insecure: false,
        probe: None,
        wait: Duration::ZERO,
        language: None,
    }
}

fn with_probe(plan: Plan, server: &Server) -> Plan {
    let target = Target::parse(&format!("http://{}/count", server.address), None).unwrap();
    Plan { probe: Some(Probe::Url(target)), ..plan }
}

fn only(plan: Plan, ids: &[&str]) -> Plan {
    let cases = plan.cases.iter().copied().filter(|case| ids.contains(&case.id.as_str())).collect();
    Plan { cases, ..plan }
}

async fn report(plan: &Plan) -> Report {
    run_with(plan, &Judged::default(), IMPATIENT).await.unwrap()
}

fn finding<'r>(report: &'r Report, id: &str) -> &'r Finding {
    report.findings.iter().find(|finding| finding.case.id == id).unwrap()
}

/// Case, outcome, symptom and reason of what failed.
fn failed(report: &Report) -> Vec<(&str, Option<Symptom>, &str)> {
    let failed = report.findings.iter().filter(|finding| finding.failed());
    failed.map(|finding| (finding.case.id.as_str(), finding.symptom, finding.reason.as_str())).collect()
}

#[tokio::test]
async fn a_good_handler_passes_in_the_order_of_the_suite() {
    for provider in ["koji", "userjourneys", "stripe"] {
        let server = Server::start(provider, None, |_| Do::Right);
        let plan = with_probe(plan(provider, &server), &server);
        let report = report(&plan).await;
        assert_eq!(failed(&report), [], "{provider}");
        assert!(report.requests <= 190, "{provider}: {}", report.requests);
        let ids: Vec<_> = report.findings.iter().map(|finding| &finding.case.id).collect();
        assert_eq!(ids, plan.cases.iter().map(|case| &case.id).collect::<Vec<_>>());
        assert!(report.waited > Duration::ZERO && report.waited < Duration::from_secs(4), "{provider}");
        let skipped = report.findings.iter().filter(|finding| finding.outcome == Outcome::Skip).count();
        assert!(skipped < report.findings.len() / 4, "{provider}: {skipped}");
    }
}

#[tokio::test]
async fn a_secret_that_is_another_skips_what_says_nothing_then() {
    let server = Server::start("koji", None, |_| Do::Answer(401, "no"));
    let report = report(&plan("koji", &server)).await;
    assert_eq!(finding(&report, "good-delivery").symptom, Some(Symptom::RefusedGood));
    assert_eq!(finding(&report, "no-signature").outcome, Outcome::Pass);
    let skipped = finding(&report, "unknown-event");
    assert_eq!(
        (skipped.outcome, skipped.reason.as_str()),
        (Outcome::Skip, "a good delivery is not accepted")
    );
}

fn unsigned(call: &Call<'_>) -> bool {
    call.head.method() == "POST" && call.head.headers().get("X-Koji-Signature").is_none()
}

#[tokio::test]
async fn a_process_that_ends_is_said_and_nothing_more_is_sent() {
    let server = Server::start("koji", None, |call| if unsigned(call) { Do::Die } else { Do::Right });
    let report = report(&plan("koji", &server)).await;
    let died = finding(&report, "no-signature");
    assert_eq!(died.symptom, Some(Symptom::Died));
    assert_eq!(finding(&report, "unknown-event").reason, "the handler is not running any more");
    assert_eq!(finding(&report, "alive").symptom, Some(Symptom::Died));
    assert!(report.died);
}

#[tokio::test]
async fn a_process_that_is_started_again_is_checked_further() {
    let again = Some(Duration::from_millis(20));
    let server = Server::start("koji", again, |call| if unsigned(call) { Do::Die } else { Do::Right });
    let plan = only(plan("koji", &server), &["good-delivery", "no-signature", "unknown-event", "alive"]);
    let report = report(&plan).await;
    assert_eq!(failed(&report).iter().map(|(id, ..)| *id).collect::<Vec<_>>(), ["no-signature"]);
    assert_eq!(finding(&report, "no-signature").symptom, Some(Symptom::Died));
    assert!(!report.died);
}

#[tokio::test]
async fn what_ends_the_process_after_its_answer_is_charged_with_it() {
    let server = Server::start("koji", None, |call| if call.known { Do::RightThenDie } else { Do::Right });
    let plan = only(plan("koji", &server), &["good-delivery", "duplicate", "at-once"]);
    let report = report(&plan).await;
    assert_eq!(finding(&report, "duplicate").symptom, Some(Symptom::Died));
    assert_eq!(finding(&report, "at-once").outcome, Outcome::Skip);
}

#[tokio::test]
async fn nothing_there_is_no_report() {
    let server = Server::start("koji", None, |_| Do::Right);
    let mut plan = plan("koji", &server);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    plan.workshop.target = Target::parse(&format!("http://{free}/hook"), None).unwrap();
    let error = run(&plan, &Judged::default()).await.unwrap_err();
    assert!(matches!(error, CheckError::Silent { .. }), "{error}");
}

#[tokio::test]
async fn a_counter_that_does_not_move_switches_the_measuring_off() {
    let server =
        Server::start("koji", None, |call| if call.verified { Do::Answer(200, "") } else { Do::Right });
    let plan = with_probe(plan("koji", &server), &server);
    let report = report(&plan).await;
    let skipped =
        report.findings.iter().filter(|finding| finding.case.when.contains(&crate::hook::check::Fact::Probe));
    for finding in skipped {
        assert_eq!(finding.outcome, Outcome::Skip, "{}", finding.case.id);
        assert!(finding.reason.contains("did not move"), "{}", finding.reason);
    }
}
