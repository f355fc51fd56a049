//! What was meant in a conversation: the participant's words to each question,
//! in the form that the question's type wants.
//!
//! The vendor's pipeline understands more; this one reads what a person would
//! type who was asked that question, and leaves out what it cannot read.

use super::state::interviews::Answer;
use super::state::studies::Question;
use serde_json::{Value, json};

/// The answers in what was said, the n-th words to the n-th question.
pub fn answers(questions: &[Question], said: &[String]) -> Vec<Answer> {
    let read = |(question, words): (&Question, &String)| {
        let value = value(question, words.trim())?;
        let Question { id, text, kind, .. } = question.clone();
        Some(Answer { question_id: id, question: text, kind, value })
    };
    questions.iter().zip(said).filter_map(read).collect()
}

fn value(question: &Question, words: &str) -> Option<Value> {
    if words.is_empty() {
        return None;
    }
    match question.kind.as_str() {
        "scale" => number(question, words),
        "yes_no" => yes_no(words),
        // Whatever else is said is the free text of "Other".
        "single_choice" => Some(json!(option(question, words))),
        "multiple_choice" | "ranking" => Some(parts(question, words)),
        _ => Some(json!(words)),
    }
}

fn number(question: &Question, words: &str) -> Option<Value> {
    let bound = |name: &str, usual| question.config.get(name).and_then(Value::as_i64).unwrap_or(usual);
    let number: i64 =
        words.split(|letter: char| !letter.is_ascii_digit()).find(|part| !part.is_empty())?.parse().ok()?;
    (bound("scaleMin", 1)..=bound("scaleMax", 5)).contains(&number).then(|| json!(number))
}

fn yes_no(words: &str) -> Option<Value> {
    let first = words.split(|letter: char| !letter.is_alphabetic()).find(|part| !part.is_empty())?;
    match first.to_lowercase().as_str() {
        "yes" | "true" | "y" => Some(json!("yes")),
        "no" | "false" | "n" => Some(json!("no")),
        _ => None,
    }
}

/// The option that was named, as the study writes it.
fn option<'w>(question: &'w Question, words: &'w str) -> &'w str {
    let options = question.config.get("options").and_then(Value::as_array).into_iter().flatten();
    options.filter_map(Value::as_str).find(|option| option.eq_ignore_ascii_case(words)).unwrap_or(words)
}

fn parts(question: &Question, words: &str) -> Value {
    let parts = words.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| option(question, part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(kind: &str) -> Question {
        Question {
            id: format!("q_{kind}"),
            text: "?".to_owned(),
            kind: kind.to_owned(),
            config: json!({"scaleMin": 1, "scaleMax": 5, "options": ["pricing", "speed"]}),
        }
    }

    fn understood(kind: &str, words: &str) -> Option<Value> {
        answers(&[question(kind)], &[words.to_owned()]).pop().map(|answer| answer.value)
    }

    #[test]
    fn each_type_is_read_from_what_a_person_types() {
        for (kind, words, value) in [
            ("scale", "I would say 4 of 5", json!(4)),
            ("yes_no", "No, I would not", json!("no")),
            ("yes_no", "Yes!", json!("yes")),
            ("single_choice", "Pricing", json!("pricing")),
            ("single_choice", "the colours", json!("the colours")),
            ("multiple_choice", "speed, Pricing", json!(["speed", "pricing"])),
            ("ranking", "speed; pricing", json!(["speed", "pricing"])),
            ("open_ended", " as it is ", json!("as it is")),
        ] {
            assert_eq!(understood(kind, words), Some(value), "{kind}: {words}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for (kind, words) in [("scale", "very"), ("scale", "9"), ("yes_no", "perhaps"), ("open_ended", " ")] {
            assert_eq!(understood(kind, words), None, "{kind}: {words}");
        }
        assert!(answers(&[question("scale")], &[]).is_empty());
    }
}
