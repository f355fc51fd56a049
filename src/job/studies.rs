//! Finds the study that a person means: by its id, or by its exact name.
//!
//! Names are no ids: a project may have several studies of one name, and the
//! vendor lists only those that are active, a page at a time. Every page is
//! looked through. What was listed may be kept for a while by the caller's
//! [`Keep`]; without one, the vendor is asked each time.

use crate::clock;
use crate::hook::time::Timestamp;
use crate::vendor::{Item as _, Study, UserJourneys, VendorError};
use serde_json::Value;

/// What became of the search.
#[derive(Clone, Debug)]
pub enum Found {
    /// The one that is meant.
    One(Box<Known>),
    /// Several have this name.
    Several(Vec<Study>),
    /// None that is active.
    None,
}

/// A study and how fresh that is.
#[derive(Clone, Debug)]
pub struct Known {
    /// The study.
    pub study: Study,
    /// When the vendor said so.
    pub fetched: Timestamp,
    /// Whether it was kept from an earlier time.
    pub cached: bool,
}

/// Keeps answers for a while. Failures are its own: the vendor is asked instead.
pub trait Keep {
    /// What was kept under a name and is fresh enough, with the moment it was fetched.
    fn get(&self, name: &str) -> Option<(Timestamp, Vec<u8>)>;

    /// Keeps an answer.
    fn put(&mut self, name: &str, answer: &[u8], now: Timestamp);
}

/// Under which the whole list is kept.
const LIST: &str = "studies";

/// The study of this id or name; asks the vendor only for what is not kept.
///
/// # Errors
/// When the vendor does not answer as it must.
pub async fn find(
    api: &UserJourneys,
    wanted: &str,
    mut keep: Option<&mut (dyn Keep + Send)>,
) -> Result<Found, VendorError> {
    let by_id = is_id(wanted);
    let own = format!("study/{wanted}");
    if let Some(known) = keep.as_deref().and_then(|keep| {
        by_id.then(|| kept(keep, &own, wanted)).flatten().or_else(|| kept(keep, LIST, wanted))
    }) {
        return Ok(Found::One(Box::new(known)));
    }
    if by_id {
        match api.study(wanted).await {
            Ok(study) => {
                let fetched = clock::now();
                put(&mut keep, &own, std::slice::from_ref(&study), fetched);
                return Ok(Found::One(Box::new(Known { study, fetched, cached: false })));
            }
            // A name may look like an id.
            Err(error) if error.status() == Some(404) => {}
            Err(error) => return Err(error),
        }
    }
    let studies = api.all_studies().await?;
    let fetched = clock::now();
    put(&mut keep, LIST, &studies, fetched);
    Ok(match pick(studies, wanted) {
        Picked::One(study) => Found::One(Box::new(Known { study: *study, fetched, cached: false })),
        Picked::Several(studies) => Found::Several(studies),
        Picked::None => Found::None,
    })
}

enum Picked {
    One(Box<Study>),
    Several(Vec<Study>),
    None,
}

/// The one of this id, else the only one of this exact name.
fn pick(studies: Vec<Study>, wanted: &str) -> Picked {
    if let Some(study) = studies.iter().find(|study| study.id == wanted) {
        return Picked::One(Box::new(study.clone()));
    }
    let mut named: Vec<Study> =
        studies.into_iter().filter(|study| study.name.as_deref() == Some(wanted)).collect();
    match (named.pop(), named.is_empty()) {
        (None, _) => Picked::None,
        (Some(study), true) => Picked::One(Box::new(study)),
        (Some(last), false) => {
            named.push(last);
            Picked::Several(named)
        }
    }
}

/// Whether a text is written as the vendor writes ids.
pub fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::parse_str(text).is_ok()
}

/// What is kept, if it holds exactly one such study: anything else may have changed meanwhile.
fn kept(keep: &(dyn Keep + Send), name: &str, wanted: &str) -> Option<Known> {
    let (fetched, answer) = keep.get(name)?;
    let items: Vec<Value> = serde_json::from_slice(&answer).ok()?;
    let studies: Vec<Study> = items.into_iter().filter_map(Study::read).collect();
    match pick(studies, wanted) {
        Picked::One(study) => Some(Known { study: *study, fetched, cached: true }),
        Picked::Several(_) | Picked::None => None,
    }
}

fn put(keep: &mut Option<&mut (dyn Keep + Send)>, name: &str, studies: &[Study], now: Timestamp) {
    let raw: Vec<&Value> = studies.iter().map(|study| &study.raw).collect();
    if let (Some(keep), Ok(answer)) = (keep, serde_json::to_vec(&raw)) {
        keep.put(name, &answer, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn study(id: &str, name: &str) -> Study {
        Study::read(json!({"id": id, "name": name})).unwrap()
    }

    fn picked(wanted: &str) -> Vec<String> {
        let all =
            vec![study("1", "One"), study("2", "Two"), study("3", "Two"), study("4", "2"), study("5", "5")];
        match pick(all, wanted) {
            Picked::One(study) => vec![study.id],
            Picked::Several(studies) => studies.into_iter().map(|study| study.id).collect(),
            Picked::None => Vec::new(),
        }
    }

    #[test]
    fn an_id_wins_a_name_must_be_exact_and_several_are_all_told() {
        assert_eq!(picked("One"), ["1"]);
        assert_eq!(picked("2"), ["2"], "an id before a name");
        assert_eq!(picked("5"), ["5"]);
        assert_eq!(picked("Two"), ["2", "3"]);
        for none in ["one", "One ", "On", "", "6"] {
            assert!(picked(none).is_empty(), "{none:?}");
        }
    }

    #[test]
    fn only_what_is_written_as_an_id_is_asked_for_as_one() {
        assert!(is_id("e5f6a7b8-1234-56cd-ef78-222222222222"));
        for name in ["Onboarding Feedback", "e5f6a7b8123456cdef78222222222222", "../webhooks", ""] {
            assert!(!is_id(name), "{name}");
        }
    }
}
