//! The story of `hookctl demo`: told to its end, and ended at each of its steps
//! when that one does not happen.

use hookctl::job::demo::{self, Done, STEPS, SetUp, Step, Teller};
use hookctl::job::listen::Ledger;
use hookctl::job::report::Recorder;
use hookctl::journal::{Journal, Options};
use std::sync::{Arc, Mutex};

/// Remembers the steps that happened.
#[derive(Default)]
struct Heard(Mutex<Vec<(Step, Done)>>);

impl Teller for Heard {
    fn begins(&self, _step: Step) {}

    fn done(&self, step: Step, done: &Done) {
        self.0.lock().unwrap().push((step, done.clone()));
    }
}

async fn tell(broken: Option<Step>) -> (Result<(), demo::Failed>, Vec<(Step, Done)>) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db"), Options::default()).unwrap();
    let heard = Heard::default();
    let set_up = SetUp { ledger: Ledger::Journal(journal), report: Arc::new(Recorder::default()), broken };
    let told = demo::run(set_up, &heard).await;
    (told, heard.0.into_inner().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_happens_in_its_order() {
    let (told, done) = tell(None).await;
    assert_eq!(told, Ok(()));
    assert_eq!(done.iter().map(|(step, _)| *step).collect::<Vec<_>>(), STEPS);
    let of = |wanted: Step| &done.iter().find(|(step, _)| *step == wanted).unwrap().1;
    for kind in ["scale", "single_choice", "multiple_choice", "ranking", "yes_no"] {
        assert!(of(Step::Answers).what.contains(kind), "{}", of(Step::Answers).what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_does_not_happen_ends_the_story_and_is_named() {
    for step in STEPS {
        let (told, done) = tell(Some(step)).await;
        assert_eq!(told.unwrap_err().step, step);
        assert_eq!(done.len() + 1, step.number(), "what came before it happened, what comes after did not");
    }
}
