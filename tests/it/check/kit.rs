//! Runs the suite inside this process, against a handler with faults or without.

use super::handler::{Fault, Handler, Known, TlsHandler};
use hookctl::hook::check::{Case, Finding, Suite, Workshop};
use hookctl::hook::provider::{Catalogue, Provider};
use hookctl::hook::sample::{self, Sample};
use hookctl::hook::secret::Secret;
use hookctl::hook::target::Target;
use hookctl::job::check::{self, CheckError, Patience, Plan, Probe, Report, Watch};
use std::sync::Arc;
use std::time::Duration;

/// One seed for every run here: what fails, fails again.
const SEED: u64 = 7;

/// Nobody starts these handlers again but they themselves, and they count at once.
const PATIENCE: Patience = Patience { revival: Duration::from_secs(3), counting: Duration::from_secs(1) };

/// A provider with a secret that a handler knows, and one that it does not.
pub(super) struct Kit {
    pub(super) provider: Arc<Provider>,
    pub(super) secret: Secret,
    workshop: Workshop,
}

/// How a run is made.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Whether the counter is read.
    pub(super) probe: bool,
    /// How long the vendor waits.
    pub(super) deadline: Duration,
    /// Whether the handler stands behind TLS and offers HTTP/2.
    pub(super) tls: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { probe: true, deadline: Duration::from_secs(10), tls: false }
    }
}

/// Hears nothing.
struct Silent;

impl Watch for Silent {
    fn begins(&self, _cases: usize) {}
    fn judged(&self, _finding: &Finding) {}
}

/// A secret as this scheme takes it; a private key where it has key pairs.
fn secret(provider: &Provider, word: &str) -> Secret {
    if let Ok(pair) = provider.generate_secret() {
        return pair;
    }
    let base64 = data(word);
    let forms = [
        format!("fake-secret-{word}-0123456789"),
        format!("whsec_{base64}"),
        base64,
        format!("fake:{word}"),
        hex::encode(word),
    ];
    let taken = forms
        .into_iter()
        .map(|text| Secret::new(text).unwrap())
        .find(|secret| provider.keys(std::slice::from_ref(secret)).is_ok());
    taken.unwrap_or_else(|| panic!("no secret for {}", provider.id()))
}

/// 24 bytes that begin with this word, in base64.
fn data(word: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("fake-{word:-<19}"))
}

impl Kit {
    pub(super) fn new(provider: &str) -> Self {
        let provider = Catalogue::builtin().get(provider).unwrap();
        let secret = secret(&provider, "known");
        let keys = provider.keys(std::slice::from_ref(&secret)).unwrap();
        let nowhere = Target::parse("http://127.0.0.1:1", None).unwrap();
        let workshop = Workshop::new(Arc::clone(&provider), keys, nowhere, SEED).unwrap();
        Self { provider, secret, workshop }
    }

    fn known(&self) -> Known {
        Known {
            provider: Arc::clone(&self.provider),
            secret: self.secret.expose().to_vec(),
            keys: self.workshop.keys.clone(),
            other_keys: self.workshop.other_keys.clone(),
        }
    }

    pub(super) fn handler(&self, faults: &[Fault]) -> Handler {
        Handler::start(self.known(), faults.into())
    }

    pub(super) fn plan(
        &self,
        url: &str,
        counter: Option<&str>,
        cases: Vec<&'static Case>,
        manner: Manner,
    ) -> Plan {
        let target = |text: &str| Target::parse(text, None).unwrap();
        Plan {
            workshop: Workshop { target: target(url), ..self.workshop.clone() },
            cases,
            samples: samples(&self.provider),
            secrets: vec![self.secret.clone()],
            most_requests: 200,
            interval: None,
            deadline: manner.deadline,
            insecure: true,
            probe: counter.filter(|_| manner.probe).map(|url| Probe::Url(target(url))),
            wait: Duration::from_secs(2),
            language: None,
        }
    }

    /// Runs these cases against a handler with these faults.
    pub(super) fn check(
        &self,
        faults: &[Fault],
        cases: Vec<&'static Case>,
        manner: Manner,
    ) -> Result<Report, CheckError> {
        if manner.tls {
            let handler = TlsHandler::start(self.known(), faults.into(), &["h2", "http/1.1"]);
            run(&self.plan(&handler.url(), None, cases, manner))
        } else {
            let handler = self.handler(faults);
            run(&self.plan(&handler.url(), Some(&handler.counter()), cases, manner))
        }
    }
}

fn samples(provider: &Provider) -> Vec<Sample> {
    let known = sample::samples(provider.id()).to_vec();
    if known.is_empty() { vec![Sample::generic(provider)] } else { known }
}

/// Runs a plan on a runtime of its own.
pub(super) fn run(plan: &Plan) -> Result<Report, CheckError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(check::run_with(plan, &Silent, PATIENCE))
}

/// Every case, in the order of the suite.
pub(super) fn all() -> Vec<&'static Case> {
    Suite::builtin().cases().iter().collect()
}

/// These cases, in the order of the suite.
pub(super) fn these(ids: &[&str]) -> Vec<&'static Case> {
    for id in ids {
        assert!(Suite::builtin().get(id).is_some(), "there is no case `{id}`");
    }
    all().into_iter().filter(|case| ids.contains(&case.id.as_str())).collect()
}

/// What was found out about a case.
pub(super) fn found<'r>(report: &'r Report, id: &str) -> &'r Finding {
    let finding = report.findings.iter().find(|finding| finding.case.id == id);
    finding.unwrap_or_else(|| panic!("`{id}` is not in the report"))
}
