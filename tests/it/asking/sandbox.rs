//! The same commands against the sandbox: its answers are read, and its limits, names and webhooks are real.

use super::Asked;
use crate::harness::Ran;
use hookctl::job::sandbox::{self, Options, Running};
use serde_json::Value;
use tokio::runtime::Runtime;

/// A sandbox in this process, and a home to ask it from.
struct Sandboxed {
    asked: Asked,
    running: Running,
    _runtime: Runtime,
}

impl Sandboxed {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let running = runtime.block_on(sandbox::start(Options::default())).unwrap();
        Self { asked: Asked::of([]), running, _runtime: runtime }
    }

    fn variables(&self) -> [(&'static str, String); 5] {
        let key = |provider| self.running.key(provider).unwrap().to_owned();
        [
            ("USERJOURNEYS_API_KEY", key("userjourneys")),
            ("USERJOURNEYS_BASE_URL", self.running.uj_base.clone()),
            ("KOJI_API_KEY", key("koji")),
            ("KOJI_BASE_URL", self.running.koji_base.clone()),
            ("HOOKCTL_SANDBOX_URL", format!("http://{}", self.running.address)),
        ]
    }

    fn run(&self, args: &[&str]) -> Ran {
        let variables = self.variables();
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let provider: &[&str] = if args.contains(&"--provider") || args[0] == "sandbox" {
            &[]
        } else {
            &["--provider", "userjourneys"]
        };
        self.asked.home.run_with([args, provider].concat(), b"", &variables)
    }

    fn complete(&self, study: &str, reference: &str) {
        self.run(&["sandbox", "complete", "--study", study, "--reference-id", reference]).expect(0);
    }
}

#[test]
fn a_study_fills_up_and_says_so_while_the_kept_answer_says_what_it_knew() {
    let sandboxed = Sandboxed::start();
    let capacity = ["capacity", "Small Weekly Study", "--json"];
    let before = &sandboxed.run(&capacity).expect(0).records()[0];
    assert_eq!((&before["limits"]["weekly"]["left"], &before["cached"]), (&3.into(), &false.into()));
    for reference in ["u1", "u2", "u3"] {
        sandboxed.complete("Small Weekly Study", reference);
    }
    assert_eq!(sandboxed.run(&capacity).expect(0).records()[0]["cached"], true);
    let after = &sandboxed.run(&[&capacity[..], &["--no-cache"]].concat()).expect(1).records()[0];
    assert_eq!(after["reasons"], serde_json::json!(["weekly_limit"]));
    let link = sandboxed.run(&["link", "Small Weekly Study", "--reference-id", "u 4"]).expect(0);
    assert!(link.out().ends_with("/i/wk3Small?reference_id=u%204\n"), "{}", link.out());
    assert!(link.err().contains("its weekly limit is reached"), "{}", link.err());
    // A week later there is room again.
    sandboxed.run(&["sandbox", "advance", "7d"]).expect(0);
    sandboxed.run(&["capacity", "Small Weekly Study", "--no-cache"]).expect(0);
}

#[test]
fn names_that_are_twice_there_or_not_active_are_told() {
    let sandboxed = Sandboxed::start();
    let said = sandboxed.run(&["capacity", "Checkout Experience"]).expect(2).err();
    assert!(said.contains("2 studies have the name"), "{said}");
    for wanted in ["Beta Programme", "onboarding feedback"] {
        let said = sandboxed.run(&["capacity", wanted]).expect(2).err();
        assert!(said.contains("is not active or does not exist"), "{said}");
    }
    let all = sandboxed.run(&["studies", "list", "--json"]).expect(0).records();
    assert!(all.len() > 20, "more than one of the vendor's usual pages: {}", all.len());
    sandboxed.run(&["studies", "show", "Churn Reasons"]).expect(0);
}

#[test]
fn interviews_are_listed_shown_and_exported_from_both_vendors() {
    let sandboxed = Sandboxed::start();
    sandboxed.complete("Onboarding Feedback", "user_of_the_test");
    let one = [
        "interviews",
        "list",
        "--study",
        "Onboarding Feedback",
        "--reference-id",
        "user_of_the_test",
        "--json",
    ];
    let found = sandboxed.run(&one).expect(0).records();
    assert_eq!(found.len(), 1);
    let id = found[0]["interview"]["id"].as_str().unwrap();
    let transcript = sandboxed.run(&["interviews", "show", id, "--transcript"]).expect(0).out();
    assert!(transcript.contains("respondent: "), "{transcript}");
    let out =
        ["interviews", "export", "--study", "Onboarding Feedback", "--format", "csv", "--out", "all.csv"];
    let said = sandboxed.run(&out).expect(0).err();
    let mut reader = csv::Reader::from_path(sandboxed.asked.home.join("all.csv")).unwrap();
    let rows = reader.records().map(Result::unwrap).count();
    assert!(rows >= 20 && said.contains(&format!("wrote {rows} interviews")), "{rows}: {said}");
    // Koji's, whose id the sandbox tells.
    let koji = ["sandbox", "complete", "--provider", "koji", "--json"];
    let record = &sandboxed.run(&koji).expect(0).records()[0];
    let id = interview_id(record).unwrap_or_else(|| panic!("no id in {record}"));
    let shown = sandboxed.run(&["interviews", "show", &id, "--provider", "koji"]).expect(0).out();
    assert!(shown.contains("answers") && shown.contains("transcript"), "{shown}");
}

/// The id of the interview, wherever in the record it stands.
fn interview_id(record: &Value) -> Option<String> {
    let places = ["/interview_id", "/interview/id", "/interview/interview_id", "/id"];
    places.iter().find_map(|place| record.pointer(place)?.as_str().map(str::to_owned))
}

#[test]
fn a_webhook_brings_its_interview_and_one_that_was_lost_is_found() {
    let sandboxed = Sandboxed::start();
    let put = |url: &str| {
        let body = format!("url={url}");
        let args = ["api", "PUT", "/webhooks", "-f", &body, "-f", "events[]=interview.completed", "--json"];
        let ran = sandboxed.run(&args).expect(0);
        ran.out()
    };
    // Nobody listens there: what is completed meanwhile is lost.
    let made = put("http://127.0.0.1:9/");
    let start = made.find("whsec_").unwrap_or_else(|| panic!("no secret in {made}"));
    let secret: String =
        made[start..].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    sandboxed.complete("Churn Reasons", "lost");
    let variables = sandboxed.variables();
    let mut variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.push(("USERJOURNEYS_WEBHOOK_SECRET", &secret));
    let listening = sandboxed.asked.home.listen_with(["--provider", "userjourneys", "--enrich"], &variables);
    put(&format!("{}/", listening.url));
    sandboxed.complete("Churn Reasons", "arrived");
    let delivery = listening.next("delivery");
    assert_eq!(delivery["verdict"]["code"], "verified");
    let interview = listening.next("interview");
    assert_eq!(interview["seq"], delivery["seq"]);
    assert_eq!(interview["interview"]["reference_id"], "arrived");
    assert!(interview["interview"]["transcript"].is_array(), "{interview}");
    listening.stop();
    let args = ["interviews", "reconcile", "--study", "Churn Reasons", "--since", "1h", "--json"];
    let records = sandboxed.run(&args).expect(1).records();
    let missing: Vec<_> = records.iter().filter(|record| record["type"] == "missing").collect();
    assert_eq!(missing.len(), 1, "{records:?}");
    assert_eq!(missing[0]["interview"]["reference_id"], "lost");
    sandboxed.run(&[&args[..], &["--synthesize"]].concat()).expect(0);
    sandboxed.run(&args).expect(0);
}
