//! What participants of the sandbox say when nobody sits down and types:
//! "finish this interview for me". Pure, and the same for the same seed.

use super::state::interviews::Answer;
use super::state::studies::Question;
use serde_json::{Value, json};

/// How good an interview is, as userjourneys grades and Koji scores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality(u8);

/// The grades of userjourneys, worst first.
pub const GRADES: [&str; 3] = ["unsuccessful", "successful", "insightful"];

impl Quality {
    /// Five of five.
    pub const BEST: Self = Self(5);

    /// Reads a grade of userjourneys or a score of Koji, 1 to 5.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "unsuccessful" => Some(Self(2)),
            "successful" => Some(Self(3)),
            "insightful" => Some(Self(5)),
            _ => text.parse().ok().filter(|score| (1..=5).contains(score)).map(Self),
        }
    }

    /// Koji's score.
    pub fn score(self) -> u8 {
        self.0
    }

    /// userjourneys' grade.
    pub fn grade(self) -> &'static str {
        match self.0 {
            0..=2 => "unsuccessful",
            3 | 4 => "successful",
            _ => "insightful",
        }
    }
}

/// What is said in answer to an open question, by quality.
const GOOD: [&str; 5] = [
    "I liked that I could start right away, but the payment page made me look twice.",
    "The second step. I did not know which of the two plans was meant for a team of three.",
    "A colleague showed it to me, and after ten minutes I had my first report.",
    "If the export were a click away I would use it every Monday.",
    "Mostly the price, and that I could not try it with our own data first.",
];
const POOR: [&str; 3] = ["Fine.", "Don't know.", "Can we stop here?"];

/// Headline and summary, by quality.
pub fn findings(quality: Quality) -> (&'static str, &'static str) {
    if quality.score() >= 3 {
        (
            "User loves the onboarding but struggles with payment",
            "The respondent had a positive first impression of the product, found the first report without help, and \
             hesitated on the payment page because the plans did not say whom they are for.",
        )
    } else {
        (
            "Too little said to learn from",
            "The respondent answered in single words and left before the second topic.",
        )
    }
}

/// What somebody says to an open question; `seed` varies it.
pub fn said(quality: Quality, seed: usize) -> &'static str {
    let lines: &[&str] = if quality.score() >= 3 { &GOOD } else { &POOR };
    lines.get(seed % lines.len()).copied().unwrap_or_default()
}

/// An answer to each question, in the form its type wants.
pub fn answers(questions: &[Question], quality: Quality, seed: usize) -> Vec<Answer> {
    let answered = |(position, question): (usize, &Question)| Answer {
        question_id: question.id.clone(),
        question: question.text.clone(),
        kind: question.kind.clone(),
        value: value(question, quality, seed.wrapping_add(position)),
    };
    questions.iter().enumerate().map(answered).collect()
}

fn value(question: &Question, quality: Quality, seed: usize) -> Value {
    let options: Vec<&str> = question
        .config
        .get("options")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let turned = |at: usize| options.get((seed + at) % options.len().max(1)).copied().unwrap_or_default();
    match question.kind.as_str() {
        "scale" => {
            let bound =
                |name: &str, usual| question.config.get(name).and_then(Value::as_i64).unwrap_or(usual);
            let (low, high) = (bound("scaleMin", 1), bound("scaleMax", 5));
            json!(low + (high - low) * i64::from(quality.score() - 1) / 4)
        }
        "yes_no" => json!(if quality.score() >= 3 { "yes" } else { "no" }),
        "single_choice" => json!(turned(0)),
        "multiple_choice" => json!(options.iter().take(2).collect::<Vec<_>>()),
        "ranking" => json!((0..options.len()).map(turned).collect::<Vec<_>>()),
        _ => json!(said(quality, seed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_of_question_gets_the_value_the_vendor_documents() {
        let question = |kind: &str, config: Value| Question {
            id: kind.to_owned(),
            text: "?".to_owned(),
            kind: kind.to_owned(),
            config,
        };
        let options = json!({"options": ["a", "b", "c"]});
        let questions = [
            question("scale", json!({"scaleMin": 0, "scaleMax": 10})),
            question("single_choice", options.clone()),
            question("multiple_choice", options.clone()),
            question("ranking", options),
            question("yes_no", json!({})),
            question("open_ended", json!({})),
        ];
        let values: Vec<Value> =
            answers(&questions, Quality::BEST, 0).into_iter().map(|answer| answer.value).collect();
        assert_eq!(values[0], json!(10));
        assert_eq!(values[1], json!("b"));
        assert_eq!(values[2], json!(["a", "b"]));
        assert_eq!(values[3], json!(["a", "b", "c"]));
        assert_eq!(values[4], json!("yes"));
        assert!(values[5].as_str().is_some_and(|text| text.len() > 20));
        let poor = answers(&questions, Quality::parse("1").unwrap(), 0);
        assert_eq!((&poor[0].value, &poor[4].value), (&json!(0), &json!("no")));
    }

    #[test]
    fn grades_and_scores_are_two_words_for_one_thing() {
        for (text, score, grade) in [
            ("insightful", 5, "insightful"),
            ("4", 4, "successful"),
            ("1", 1, "unsuccessful"),
            ("successful", 3, "successful"),
        ] {
            let quality = Quality::parse(text).unwrap();
            assert_eq!((quality.score(), quality.grade()), (score, grade));
        }
        for text in ["", "0", "6", "great", "-1"] {
            assert_eq!(Quality::parse(text), None, "{text}");
        }
    }
}
