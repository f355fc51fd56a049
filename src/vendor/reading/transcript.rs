//! What was said in an interview.

use super::{scalar, text};
use serde_json::Value;

/// What was said, in the shape it came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Transcript {
    /// One text.
    Text(String),
    /// Who said what, in order.
    Turns(Vec<Turn>),
    /// Anything else, whole.
    Other(Value),
}

/// One thing said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub speaker: Option<String>,
    /// What.
    pub text: String,
    /// When: a moment, or the seconds since the beginning.
    pub at: Option<String>,
}

/// Members that hold the turns when the transcript is an object.
const LISTS: [&str; 5] = ["turns", "messages", "entries", "segments", "transcript"];

/// The transcript of an interview; `None` when it has none or it is null.
pub fn transcript(interview: &Value) -> Option<Transcript> {
    let found = super::member(interview, &["transcript", "messages"])?;
    Some(match found {
        Value::String(text) => Transcript::Text(text.clone()),
        Value::Array(items) => turns(items).unwrap_or_else(|| Transcript::Other(found.clone())),
        Value::Object(_) => {
            let list = LISTS.iter().find_map(|name| found.get(name)?.as_array());
            let plain = || text(found, &["text", "content"]).map(Transcript::Text);
            let read = list.and_then(|items| turns(items)).or_else(plain);
            read.unwrap_or_else(|| Transcript::Other(found.clone()))
        }
        other => Transcript::Other(other.clone()),
    })
}

/// The turns; `None` as soon as one of them cannot be read, so that nothing said is left out.
fn turns(items: &[Value]) -> Option<Transcript> {
    items.iter().map(turn).collect::<Option<Vec<_>>>().map(Transcript::Turns)
}

fn turn(item: &Value) -> Option<Turn> {
    if let Value::String(text) = item {
        return Some(Turn { speaker: None, text: text.clone(), at: None });
    }
    let at = ["timestamp", "created_at", "start", "time_secs"];
    Some(Turn {
        speaker: ["role", "speaker", "author"].iter().find_map(|name| speaker(item.get(name)?)),
        text: ["text", "content", "message"].iter().find_map(|name| said(item.get(name)?))?,
        at: at.iter().find_map(|name| item.get(name).and_then(scalar)),
    })
}

/// A name, or an object that has one.
fn speaker(value: &Value) -> Option<String> {
    scalar(value).or_else(|| text(value, &["name", "role"]))
}

/// A text, an object with one, or pieces of text as chat models write them.
fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) => text(value, &["text", "content"]),
        Value::Array(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Value::String(text) => Some(text.clone()),
                piece => text(piece, &["text"]),
            })
            .collect::<Option<Vec<_>>>()
            .map(|pieces| pieces.concat()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn turn(speaker: Option<&str>, text: &str, at: Option<&str>) -> Turn {
        Turn { speaker: speaker.map(Into::into), text: text.into(), at: at.map(Into::into) }
    }

    #[test]
    fn every_listed_name_of_speaker_text_and_time() {
        for (speaker, said, at) in [
            ("role", "text", "timestamp"),
            ("speaker", "content", "created_at"),
            ("author", "message", "start"),
            ("role", "text", "time_secs"),
        ] {
            let interview = json!({"transcript": [{speaker: "interviewer", said: "Why?", at: "12"}]});
            let expected = Transcript::Turns(vec![turn(Some("interviewer"), "Why?", Some("12"))]);
            assert_eq!(transcript(&interview), Some(expected), "{interview}");
        }
    }

    #[test]
    fn a_text_bare_lines_objects_around_the_list_and_messages() {
        let one = || vec![turn(Some("user"), "yes", None)];
        let list = json!([{"role": "user", "content": "yes"}]);
        for (interview, expected) in [
            (json!({"transcript": "Q: Why?\nA: So."}), Transcript::Text("Q: Why?\nA: So.".into())),
            (json!({"transcript": ""}), Transcript::Text(String::new())),
            (json!({"transcript": []}), Transcript::Turns(Vec::new())),
            (
                json!({"transcript": ["a", "b"]}),
                Transcript::Turns(vec![turn(None, "a", None), turn(None, "b", None)]),
            ),
            (json!({"messages": list}), Transcript::Turns(one())),
            (json!({"transcript": null, "messages": list}), Transcript::Turns(one())),
            (json!({"transcript": {"turns": list}}), Transcript::Turns(one())),
            (json!({"transcript": {"messages": list, "language": "en"}}), Transcript::Turns(one())),
            (json!({"transcript": {"text": "all of it"}}), Transcript::Text("all of it".into())),
            (
                json!({"transcript": [{"role": {"name": "Sarah"}, "content": [{"type": "text", "text": "a"}, "b"], "start": 1.5}]}),
                Transcript::Turns(vec![turn(Some("Sarah"), "ab", Some("1.5"))]),
            ),
        ] {
            assert_eq!(transcript(&interview), Some(expected), "{interview}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_kept_whole() {
        for other in [json!([{"role": "user"}]), json!([["a"]]), json!({"url": "x"}), json!(7), json!(true)] {
            assert_eq!(transcript(&json!({"transcript": other})), Some(Transcript::Other(other)));
        }
        assert_eq!(transcript(&json!({"transcript": null})), None);
        assert_eq!(transcript(&json!({})), None);
        assert_eq!(transcript(&json!("text")), None);
    }
}
