//! Tolerant readers for what the vendors leave undocumented: names with
//! aliases, null or missing limits, transcripts and answers in any of the
//! shapes that their pages hint at.
//!
//! Pure. Nothing in here fails: what cannot be read is `None`, or comes out as
//! [`Transcript::Other`] and [`Given::Other`], whole.

mod answers;
mod transcript;

pub use answers::{Answered, Given, answers};
pub use transcript::{Transcript, Turn, transcript};

use super::model::{Limit, Limits};
use serde_json::Value;

/// The first of these members that is there and not null.
pub fn member<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().filter_map(|name| object.get(name)).find(|value| !value.is_null())
}

/// The first of these members that `read` can read: an alias with another
/// meaning does not hide the one that is meant.
fn first<'a, T>(object: &'a Value, names: &[&str], read: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
    names.iter().filter_map(|name| object.get(name)).find_map(read)
}

/// A text.
pub fn text(object: &Value, names: &[&str]) -> Option<String> {
    first(object, names, |value| value.as_str().map(str::to_owned))
}

/// A text or a number, as text: ids, and values of enums that may be numbers.
pub fn id(object: &Value, names: &[&str]) -> Option<String> {
    first(object, names, scalar).filter(|id| !id.is_empty())
}

/// Texts of an array; what is no text in it is passed over.
pub fn texts(object: &Value, names: &[&str]) -> Vec<String> {
    first(object, names, Value::as_array)
        .map(|items| items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
        .unwrap_or_default()
}

/// True or false.
pub fn flag(object: &Value, names: &[&str]) -> Option<bool> {
    first(object, names, Value::as_bool)
}

/// A number, also when it came as text.
pub fn number(object: &Value, names: &[&str]) -> Option<f64> {
    first(object, names, as_number)
}

/// A whole number from 0.
pub fn count(object: &Value, names: &[&str]) -> Option<u64> {
    first(object, names, as_count)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn as_number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

fn as_count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// `200.0` is a way to write 200.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn whole(number: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && (0.0..EXACT).contains(&number)).then_some(number as u64)
}

/// The limits of a study. A limit that is null or not there is no limit; the
/// retired form has `weekly_limit` and `weekly_used` beside the name.
pub fn limits(study: &Value) -> Limits {
    let of = |span: &str| {
        let nested = study.get("limits").and_then(|limits| limits.get(span));
        if let Some(limit) = nested.filter(|limit| limit.is_object()) {
            return Some(Limit { limit: count(limit, &["limit"]), used: count(limit, &["used"]) });
        }
        // Only the number of the limit.
        if let Some(limit) = nested.and_then(as_count) {
            return Some(Limit { limit: Some(limit), used: None });
        }
        let (limit, used) = (format!("{span}_limit"), format!("{span}_used"));
        let found = Limit { limit: count(study, &[limit.as_str()]), used: count(study, &[used.as_str()]) };
        (found != Limit::default()).then_some(found)
    };
    Limits { weekly: of("weekly"), monthly: of("monthly") }
}

/// The texts of a study's questions.
pub fn questions(study: &Value) -> Vec<String> {
    let items = first(study, &["questions"], Value::as_array);
    let read = |item: &Value| match item {
        Value::String(text) => Some(text.clone()),
        item => text(item, &["text", "question"]),
    };
    items.map(|items| items.iter().filter_map(read).collect()).unwrap_or_default()
}

/// The grade of an interview: a word (userjourneys) or a number from 0 to 5 (Koji).
pub fn quality(interview: &Value) -> Option<String> {
    id(interview, &["quality_score", "qualityScore"]).or_else(|| {
        let inside = member(interview, &["quality"])?;
        scalar(inside).or_else(|| id(inside, &["score", "overall", "quality_score"]))
    })
}

/// The summary: a member of the interview, or of its analysis.
pub fn summary(interview: &Value) -> Option<String> {
    text(interview, &["summary"]).or_else(|| text(member(interview, &["analysis"])?, &["summary"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn limits_that_are_null_missing_zero_or_in_the_retired_form() {
        let both =
            json!({"limits": {"monthly": {"limit": 200, "used": 45}, "weekly": {"limit": 50, "used": 12}}});
        let limit = |limit: u64, used: u64| Some(Limit { limit: Some(limit), used: Some(used) });
        assert_eq!(limits(&both), Limits { weekly: limit(50, 12), monthly: limit(200, 45) });
        for none in [
            json!({}),
            json!({"limits": null}),
            json!({"limits": {}}),
            json!({"limits": {"weekly": null, "monthly": null}}),
            json!({"limits": "unlimited"}),
            json!({"limits": []}),
        ] {
            assert_eq!(limits(&none), Limits::default(), "{none}");
        }
        let unlimited = json!({"limits": {"weekly": {"limit": null, "used": 3}, "monthly": {"used": "x"}}});
        assert_eq!(
            limits(&unlimited),
            Limits { weekly: Some(Limit { limit: None, used: Some(3) }), monthly: Some(Limit::default()) }
        );
        let closed = json!({"limits": {"weekly": {"limit": 0, "used": 0.0}}});
        assert_eq!(limits(&closed).weekly, limit(0, 0));
        let retired =
            json!({"weekly_limit": 25, "weekly_used": 12, "monthly_limit": null, "monthly_used": 34});
        assert_eq!(
            limits(&retired),
            Limits { weekly: limit(25, 12), monthly: Some(Limit { limit: None, used: Some(34) }) }
        );
        assert_eq!(
            limits(&json!({"limits": {"weekly": 50}})).weekly,
            Some(Limit { limit: Some(50), used: None })
        );
    }

    #[test]
    fn numbers_out_of_range_are_none_and_not_wrong() {
        for value in [json!(-1), json!(1.5), json!("many"), json!(1e300), json!([1]), json!(null)] {
            assert_eq!(count(&json!({"n": value}), &["n"]), None, "{value}");
        }
        assert_eq!(count(&json!({"n": "12"}), &["n"]), Some(12));
        assert_eq!(number(&json!({"n": "NaN"}), &["n"]), None);
        assert_eq!(number(&json!({"n": "580.5"}), &["n"]), Some(580.5));
    }

    #[test]
    fn grades_of_both_vendors_and_unknown_ones() {
        for (interview, grade) in [
            (json!({"quality_score": "insightful"}), Some("insightful")),
            (json!({"quality_score": "legendary"}), Some("legendary")),
            (json!({"quality_score": 4}), Some("4")),
            (json!({"quality_score": 3.5}), Some("3.5")),
            (json!({"quality_score": 0}), Some("0")),
            (json!({"quality_score": null}), None),
            (json!({"quality_score": null, "quality": {"score": 5, "depth": 4}}), Some("5")),
            (json!({"quality": 2}), Some("2")),
            (json!({"quality_score": {}}), None),
        ] {
            assert_eq!(quality(&interview).as_deref(), grade, "{interview}");
        }
    }

    #[test]
    fn an_alias_of_another_type_does_not_hide_the_member_that_is_meant() {
        let study = json!({"interviews": [1, 2], "interview_count": null, "interviews_count": 7});
        assert_eq!(count(&study, &["interview_count", "interviews_count", "interviews"]), Some(7));
        assert_eq!(questions(&json!({"questions": [{"text": "a"}, "b", {"id": 1}, 3]})), ["a", "b"]);
    }
}
