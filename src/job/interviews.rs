//! Interviews of a study: all that match, in pages, and one whole from either vendor.
//!
//! The vendor filters by status, grade and reference, never by time: that is
//! done here, over every page, because no order is promised.

use crate::hook::time::Timestamp;
use crate::vendor::userjourneys::InterviewQuery;
use crate::vendor::{Interview, Item as _, Koji, Paging, UserJourneys, VendorError};

/// The most interviews that are taken together: what a machine can hold of lines without transcripts.
const MOST: usize = 200_000;

/// Where interviews come from.
#[derive(Debug)]
pub enum Source {
    /// userjourneys.ai.
    UserJourneys(UserJourneys),
    /// Koji.
    Koji(Koji),
}

impl Source {
    /// The id of the provider whose webhooks name these interviews.
    pub const fn provider(&self) -> &'static str {
        match self {
            Self::UserJourneys(_) => "userjourneys",
            Self::Koji(_) => "koji",
        }
    }

    /// An interview with transcript and answers.
    ///
    /// # Errors
    /// See [`VendorError`].
    pub async fn interview(&self, id: &str) -> Result<Interview, VendorError> {
        match self {
            Self::UserJourneys(api) => api.interview(id).await,
            Self::Koji(api) => api.interview(id).await,
        }
    }
}

/// Which interviews.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What the vendor filters by.
    pub query: InterviewQuery,
    /// Only those that ended, or else began, since.
    pub since: Option<Timestamp>,
    /// How many at the most.
    pub most: Option<usize>,
}

/// All that match, in the vendor's order.
///
/// # Errors
/// See [`VendorError`].
pub async fn list(api: &UserJourneys, wanted: &Wanted) -> Result<Vec<Interview>, VendorError> {
    let most = wanted.most.unwrap_or(MOST).min(MOST);
    let mut found: Vec<Interview> = Vec::new();
    let mut next = Some(first_page(wanted, most));
    while let Some(paging) = next.filter(|_| found.len() < most) {
        let page = api.interviews(&wanted.query, &paging).await?;
        next = paging.next(&page);
        found.extend(page.items.into_iter().filter(|interview| recent(interview, wanted.since)));
    }
    found.truncate(most);
    Ok(found)
}

/// A short list is asked for in one short page.
fn first_page(wanted: &Wanted, most: usize) -> Paging {
    let largest = Paging::largest();
    match u16::try_from(most).ok().filter(|_| wanted.since.is_none()) {
        Some(few) => Paging { limit: largest.limit.map(|limit| limit.min(few.max(1))), after: None },
        None => largest,
    }
}

/// When it ended, else when it began.
pub fn moment(interview: &Interview) -> Option<Timestamp> {
    let named = [&interview.completed_at, &interview.started_at, &interview.created_at];
    named.into_iter().flatten().find_map(|text| Timestamp::parse(text).ok())
}

/// What has no readable time is not left out.
fn recent(interview: &Interview, since: Option<Timestamp>) -> bool {
    since.is_none_or(|since| moment(interview).is_none_or(|at| at >= since))
}

/// Reads an object that was kept.
pub fn read(object: &[u8]) -> Option<Interview> {
    Interview::read(serde_json::from_slice(object).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_end_counts_else_the_beginning_and_what_says_neither_stays() {
        let since = Some(Timestamp::parse("2026-03-11T00:00:00Z").unwrap());
        for (object, stays) in [
            (json!({"id": "a", "completed_at": "2026-03-11T00:00:00.000Z"}), true),
            (
                json!({"id": "a", "completed_at": "2026-03-10T23:59:59.999Z", "created_at": "2026-04-01T00:00:00Z"}),
                false,
            ),
            (json!({"id": "a", "completed_at": null, "started_at": "2026-03-12T00:00:00Z"}), true),
            (json!({"id": "a", "completed_at": "soon", "created_at": "2026-03-01T00:00:00Z"}), false),
            (json!({"id": "a"}), true),
        ] {
            let interview = Interview::read(object).unwrap();
            assert_eq!(recent(&interview, since), stays, "{interview:?}");
            assert!(recent(&interview, None));
        }
    }

    #[test]
    fn few_are_asked_for_in_one_short_page_unless_some_may_be_too_old() {
        let limit = |most: usize, since: Option<Timestamp>| {
            first_page(&Wanted { since, ..Wanted::default() }, most).limit
        };
        assert_eq!(limit(5, None), Some(5));
        assert_eq!(limit(500, None), Some(100));
        assert_eq!(limit(0, None), Some(1));
        assert_eq!(limit(5, Some(Timestamp::default())), Some(100));
    }
}
