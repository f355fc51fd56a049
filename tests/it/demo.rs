//! The story of `hookctl demo`: told to its end, and ended at each of its steps
//! when that one does not happen.

use crate::golden::examples::words;
use crate::harness::raw_exchange;
use hookctl::job::demo::{self, Done, STEPS, SetUp, Step, Teller};
use hookctl::job::listen::Ledger;
use hookctl::job::report::Recorder;
use hookctl::journal::{Journal, Options};
use std::sync::{Arc, Mutex};

/// Remembers the steps that happened, and answers the interview where it is told to.
#[derive(Default)]
struct Heard(Mutex<Vec<(Step, Done)>>, bool);

impl Teller for Heard {
    fn begins(&self, _step: Step) {}

    fn done(&self, step: Step, done: &Done) {
        self.0.lock().unwrap().push((step, done.clone()));
    }

    fn opens(&self, link: &str) -> Result<bool, String> {
        if self.1 {
            let host = link.strip_prefix("http://").unwrap().split('/').next().unwrap();
            let body = r#"{"study":"Onboarding Feedback","reference_id":"user_12345"}"#;
            let request = format!(
                "POST /_sandbox/complete HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let answer = raw_exchange(host.parse().unwrap(), request.as_bytes());
            assert!(answer.starts_with(b"HTTP/1.1 20"), "{}", String::from_utf8_lossy(&answer));
        }
        Ok(self.1)
    }
}

async fn tell(broken: Option<Step>) -> (Result<(), demo::Failed>, Vec<(Step, Done)>) {
    tell_to(broken, Heard::default()).await
}

async fn tell_to(broken: Option<Step>, heard: Heard) -> (Result<(), demo::Failed>, Vec<(Step, Done)>) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db"), Options::default()).unwrap();
    let set_up = SetUp { ledger: Ledger::Journal(journal), report: Arc::new(Recorder::default()), broken };
    let told = demo::run(set_up, &heard).await;
    (told, heard.0.into_inner().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_happens_in_its_order() {
    let (told, done) = tell(None).await;
    assert_eq!(told, Ok(()));
    assert_eq!(done.iter().map(|(step, _)| *step).collect::<Vec<_>>(), STEPS);
    for command in done.iter().flat_map(|(_, done)| &done.commands) {
        let parsed = hookctl::cli::command().try_get_matches_from(words(command));
        assert!(parsed.is_ok(), "{command}\n{}", parsed.unwrap_err());
    }
    let of = |wanted: Step| &done.iter().find(|(step, _)| *step == wanted).unwrap().1;
    for kind in ["scale", "single_choice", "multiple_choice", "ranking", "yes_no"] {
        assert!(of(Step::Answers).what.contains(kind), "{}", of(Step::Answers).what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_take_the_interview() {
    let (told, done) = tell_to(None, Heard(Mutex::default(), true)).await;
    assert_eq!((told, done.len()), (Ok(()), STEPS.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_does_not_happen_ends_the_story_and_is_named() {
    for step in STEPS {
        let (told, done) = tell(Some(step)).await;
        assert_eq!(told.unwrap_err().step, step);
        assert_eq!(done.len() + 1, step.number(), "what came before it happened, what comes after did not");
    }
}
