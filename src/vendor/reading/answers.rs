//! The structured answers of an interview: what was asked, of which type, and
//! the value that was extracted.

use super::{as_number, id, member, scalar, text};
use serde_json::{Map, Value};

/// One structured answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The question's id.
    pub question_id: Option<String>,
    /// The question's text.
    pub question: Option<String>,
    /// `open_ended`, `scale`, `single_choice`, `multiple_choice`, `ranking`, `yes_no`, or what else there may be.
    pub kind: Option<String>,
    /// What was answered.
    pub value: Given,
    /// The whole element.
    pub raw: Value,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Nothing.
    Nothing,
    /// A number: `scale`.
    Number(f64),
    /// A text: `single_choice`, `open_ended`, or a type that is not known.
    Text(String),
    /// `yes_no`.
    YesNo(bool),
    /// Several: `multiple_choice`.
    Choices(Vec<String>),
    /// Several, the best first: `ranking`.
    Ranking(Vec<String>),
    /// Anything else, whole.
    Other(Value),
}

/// Where the answers may be, in the order of how sure that is.
const PLACES: [&str; 4] = ["structured_answers", "structuredAnswers", "answers", "question_answers"];

const IDS: [&str; 3] = ["question_id", "questionId", "id"];
const KINDS: [&str; 3] = ["type", "question_type", "questionType"];
const VALUES: [&str; 4] = ["value", "answer", "extracted_value", "answers"];

/// The answers of an interview, or of what surrounds them in `analysis`; none when there are none.
pub fn answers(interview: &Value) -> Vec<Answered> {
    let place = member(interview, &PLACES)
        .or_else(|| member(interview.get("analysis")?, &["structured_answers", "structuredAnswers"]));
    match place {
        Some(Value::Array(items)) => items.iter().map(element).collect(),
        Some(Value::Object(map)) => keyed(map),
        _ => Vec::new(),
    }
}

/// A map by the question's id; its values are elements, or the bare answers.
fn keyed(map: &Map<String, Value>) -> Vec<Answered> {
    let read = |(key, value): (&String, &Value)| {
        let mut answered = element(value);
        answered.question_id.get_or_insert_with(|| key.clone());
        answered
    };
    map.iter().map(read).collect()
}

fn element(raw: &Value) -> Answered {
    let whole = |value| Answered { question_id: None, question: None, kind: None, value, raw: raw.clone() };
    let Some(object) = raw.as_object() else { return whole(given(None, raw)) };
    let Some(value) = VALUES.iter().find_map(|name| object.get(*name)) else {
        return Answered { value: Given::Other(raw.clone()), ..named(raw, whole(Given::Nothing)) };
    };
    let answered = named(raw, whole(Given::Nothing));
    let value = given(answered.kind.as_deref(), value);
    Answered { value, ..answered }
}

fn named(raw: &Value, answered: Answered) -> Answered {
    let inside = raw.get("question").filter(|question| question.is_object());
    let inner = |names: &[&str]| inside.and_then(|question| text(question, names));
    Answered {
        question_id: id(raw, &IDS).or_else(|| id(inside?, &IDS)),
        question: text(raw, &["question", "question_text", "text"]).or_else(|| inner(&["text", "question"])),
        kind: text(raw, &KINDS).or_else(|| inner(&KINDS)),
        ..answered
    }
}

/// A value as its type says; as it looks where the type is not known.
fn given(kind: Option<&str>, value: &Value) -> Given {
    if value.is_null() {
        return Given::Nothing;
    }
    let read = match kind {
        Some("scale") => as_number(value).map(Given::Number),
        Some("yes_no") => yes_no(value).map(Given::YesNo),
        Some("ranking") => ranking(value).map(Given::Ranking),
        Some("multiple_choice") => choices(value).map(Given::Choices),
        Some("single_choice" | "open_ended") => scalar(value).map(Given::Text),
        _ => None,
    };
    read.unwrap_or_else(|| match value {
        Value::Bool(yes) => Given::YesNo(*yes),
        Value::Number(_) => as_number(value).map_or_else(|| Given::Other(value.clone()), Given::Number),
        Value::String(text) => Given::Text(text.clone()),
        Value::Array(_) => choices(value).map_or_else(|| Given::Other(value.clone()), Given::Choices),
        _ => Given::Other(value.clone()),
    })
}

fn yes_no(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(yes) => Some(*yes),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "yes" | "true" => Some(true),
            "no" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Texts; one text alone is a choice of one.
fn choices(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => items.iter().map(option).collect(),
        value => scalar(value).map(|one| vec![one]),
    }
}

/// A choice, or an object that names it.
fn option(item: &Value) -> Option<String> {
    scalar(item).or_else(|| text(item, &["option", "label", "value", "text"]))
}

/// Texts, the best first, or options with their positions.
fn ranking(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?;
    let position = |item: &Value| super::number(item, &["position", "rank"]);
    let mut ranked =
        items.iter().map(|item| Some((position(item), option(item)?))).collect::<Option<Vec<_>>>()?;
    // Only when all have one: half a ranking would be an order of our own.
    if ranked.iter().all(|(position, _)| position.is_some()) {
        ranked
            .sort_by(|(left, _), (right, _)| left.unwrap_or_default().total_cmp(&right.unwrap_or_default()));
    }
    Some(ranked.into_iter().map(|(_, option)| option).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn only(interview: &Value) -> Answered {
        let mut found = answers(interview);
        assert_eq!(found.len(), 1, "{interview}");
        found.remove(0)
    }

    fn value(kind: &str, value: &Value) -> Given {
        only(&json!({"structured_answers": [{"question_id": "q", "type": kind, "value": value}]})).value
    }

    #[test]
    fn the_six_types_in_each_form_they_may_come() {
        let choices = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for (kind, given, expected) in [
            ("scale", json!(2), Given::Number(2.0)),
            ("scale", json!("9"), Given::Number(9.0)),
            ("scale", json!("very"), Given::Text("very".into())),
            ("single_choice", json!("pricing"), Given::Text("pricing".into())),
            ("multiple_choice", json!(["a", "b"]), Given::Choices(choices(&["a", "b"]))),
            ("multiple_choice", json!("a"), Given::Choices(choices(&["a"]))),
            (
                "multiple_choice",
                json!([{"option": "a"}, {"label": "b"}]),
                Given::Choices(choices(&["a", "b"])),
            ),
            ("ranking", json!(["b", "a"]), Given::Ranking(choices(&["b", "a"]))),
            (
                "ranking",
                json!([{"option": "b", "position": 2}, {"option": "a", "position": 1}]),
                Given::Ranking(choices(&["a", "b"])),
            ),
            (
                "ranking",
                json!([{"option": "b", "position": 2}, {"option": "a"}]),
                Given::Ranking(choices(&["b", "a"])),
            ),
            ("yes_no", json!("yes"), Given::YesNo(true)),
            ("yes_no", json!("No"), Given::YesNo(false)),
            ("yes_no", json!("TRUE"), Given::YesNo(true)),
            ("yes_no", json!(false), Given::YesNo(false)),
            ("yes_no", json!("perhaps"), Given::Text("perhaps".into())),
            ("open_ended", json!("It was slow."), Given::Text("It was slow.".into())),
            (
                "open_ended",
                json!({"themes": ["a"], "quotes": []}),
                Given::Other(json!({"themes": ["a"], "quotes": []})),
            ),
            ("matrix", json!([1, 2]), Given::Choices(choices(&["1", "2"]))),
            ("matrix", json!([[1], [2]]), Given::Other(json!([[1], [2]]))),
            ("scale", json!(null), Given::Nothing),
        ] {
            assert_eq!(value(kind, &given), expected, "{kind} {given}");
        }
    }

    #[test]
    fn every_alias_of_id_type_and_value() {
        for id in ["question_id", "questionId", "id"] {
            for kind in ["type", "question_type"] {
                for value in ["value", "answer", "extracted_value", "answers"] {
                    let found = only(&json!({"structured_answers": [{id: "q_1", kind: "scale", value: 4}]}));
                    assert_eq!(
                        (found.question_id.as_deref(), found.kind.as_deref(), &found.value),
                        (Some("q_1"), Some("scale"), &Given::Number(4.0))
                    );
                }
            }
        }
    }

    #[test]
    fn every_place_and_the_map_by_question() {
        let element = json!({"question": "Why?", "answer": "So."});
        for place in ["answers", "structured_answers", "question_answers"] {
            let found = only(&json!({place: [element]}));
            assert_eq!((found.question.as_deref(), &found.value), (Some("Why?"), &Given::Text("So.".into())));
            assert_eq!(found.raw, element);
        }
        let found = only(
            &json!({"structured_answers": null, "analysis": {"structured_answers": [{"id": 7, "value": 1}]}}),
        );
        assert_eq!(found.question_id.as_deref(), Some("7"));
        let mapped = json!({"structured_answers": {"q_a": {"type": "yes_no", "value": "no"}, "q_b": 3, "q_c": ["x"], "q_d": null}});
        let found: Vec<_> =
            answers(&mapped).into_iter().map(|one| (one.question_id.unwrap(), one.value)).collect();
        let expected = [
            ("q_a", Given::YesNo(false)),
            ("q_b", Given::Number(3.0)),
            ("q_c", Given::Choices(vec!["x".into()])),
            ("q_d", Given::Nothing),
        ];
        assert_eq!(found, expected.map(|(id, value)| (id.to_owned(), value)));
    }

    #[test]
    fn a_question_in_an_object_and_elements_without_a_value() {
        let found = only(
            &json!({"answers": [{"question": {"id": "q", "text": "Why?", "type": "scale"}, "answer": "3"}]}),
        );
        assert_eq!((found.question_id.as_deref(), found.question.as_deref()), (Some("q"), Some("Why?")));
        assert_eq!(found.value, Given::Number(3.0));
        let found = only(&json!({"answers": [{"question_id": "q", "themes": ["a"]}]}));
        assert!(matches!(found.value, Given::Other(_)) && found.question_id.as_deref() == Some("q"));
        for none in [json!({}), json!({"answers": null}), json!({"answers": "text"}), json!([]), json!(null)]
        {
            assert!(answers(&none).is_empty(), "{none}");
        }
    }
}
