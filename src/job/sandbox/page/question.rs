//! One structured question as a form's fields, and the answer that came back:
//! all six types of Koji. Pure.

use super::form::Form;
use super::html::{Markup, fill, only, text};
use crate::job::sandbox::state::interviews::Answer;
use crate::job::sandbox::state::studies::Question;
use serde_json::{Value, json};

/// The value of "other" in a list of options.
const OTHER: &str = "__other__";
/// A scale of more steps than this is not drawn.
const MOST_STEPS: i64 = 20;

/// A question that is put, and where it stands in the form.
pub(super) struct Asked<'a> {
    question: &'a Question,
    number: usize,
    of: usize,
}

/// The questions of a study in their order.
pub(super) fn asked(questions: &[Question]) -> impl Iterator<Item = Asked<'_>> {
    let of = questions.len();
    questions.iter().enumerate().map(move |(at, question)| Asked { question, number: at + 1, of })
}

impl Asked<'_> {
    /// The form's name for its answer, which is also the id of its place on the page.
    pub(super) fn name(&self) -> String {
        format!("q{}", self.number)
    }

    /// What is asked.
    pub(super) fn text(&self) -> &str {
        &self.question.text
    }

    fn options(&self) -> Vec<&str> {
        let options = self.question.config.get("options").and_then(Value::as_array);
        options.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn allows_other(&self) -> bool {
        self.question.config.get("allowOther").and_then(Value::as_bool).unwrap_or(false)
    }

    fn bounds(&self) -> (i64, i64) {
        let bound =
            |name: &str, usual| self.question.config.get(name).and_then(Value::as_i64).unwrap_or(usual);
        let low = bound("scaleMin", 1);
        (low, bound("scaleMax", 5).clamp(low, low.saturating_add(MOST_STEPS)))
    }

    /// Its fields with what was filled in before, and with what was wrong about it.
    pub(super) fn fields(&self, form: &Form, wrong: Option<&str>) -> Markup {
        let open = matches!(self.kind(), Kind::Open);
        let inner = match self.kind() {
            Kind::Open => self.open(form),
            Kind::Scale => self.scale(form),
            Kind::Single => self.choices(form, "radio"),
            Kind::Multiple => self.choices(form, "checkbox"),
            Kind::Ranking => self.ranking(form),
            Kind::YesNo => ["yes", "no"].iter().map(|option| self.choice(form, "radio", option)).collect(),
        };
        let name = self.name();
        let slots = [
            ("name", text(&name)),
            ("class", only(wrong.is_some(), " class=\"wrong\"")),
            (
                "role",
                only(matches!(self.kind(), Kind::Scale | Kind::Single | Kind::YesNo), " role=\"radiogroup\""),
            ),
            ("described", self.described(wrong)),
            ("number", text(format!("{} of {}", self.number, self.of))),
            ("question", text(self.text())),
            ("error", wrong.map_or_else(Markup::default, |wrong| error(&name, wrong))),
            ("hint", self.hint()),
            ("inner", inner),
        ];
        let template = if open { OPEN_FRAME } else { FRAME };
        fill(template, &slots)
    }

    fn described(&self, wrong: Option<&str>) -> Markup {
        let name = self.name();
        let mut ids = Vec::new();
        if wrong.is_some() {
            ids.push(format!("{name}-error"));
        }
        if self.kind().hint().is_some() {
            ids.push(format!("{name}-hint"));
        }
        if ids.is_empty() {
            return Markup::default();
        }
        fill(" aria-describedby=\"{ids}\"", &[("ids", text(ids.join(" ")))])
    }

    fn hint(&self) -> Markup {
        let Some(hint) = self.kind().hint() else { return Markup::default() };
        fill(
            "<p class=\"hint\" id=\"{name}-hint\">{hint}</p>",
            &[("name", text(self.name())), ("hint", Markup::of(hint))],
        )
    }

    fn kind(&self) -> Kind {
        Kind::of(&self.question.kind)
    }

    fn open(&self, form: &Form) -> Markup {
        let name = self.name();
        text(form.get(&name).unwrap_or_default())
    }

    fn scale(&self, form: &Form) -> Markup {
        let (low, high) = self.bounds();
        let label = |end: &str| {
            let labels = self.question.config.get("scaleLabels")?;
            labels.get(end).and_then(Value::as_str)
        };
        let steps: Markup = (low..=high).map(|step| self.choice(form, "radio", &step.to_string())).collect();
        let ends = match (label("min"), label("max")) {
            (None, None) => Markup::default(),
            (first, last) => fill(
                "<p class=\"ends\"><span>{low}: {first}</span><span>{high}: {last}</span></p>",
                &[
                    ("low", text(low.to_string())),
                    ("first", text(first.unwrap_or_default())),
                    ("high", text(high.to_string())),
                    ("last", text(last.unwrap_or_default())),
                ],
            ),
        };
        fill("<div class=\"scale\">{steps}</div>{ends}", &[("steps", steps), ("ends", ends)])
    }

    fn choices(&self, form: &Form, input: &'static str) -> Markup {
        let mut all: Markup = self.options().iter().map(|option| self.choice(form, input, option)).collect();
        if self.allows_other() {
            all.push(&self.other(form, input));
        }
        all
    }

    fn choice(&self, form: &Form, input: &'static str, option: &str) -> Markup {
        let name = self.name();
        let chosen = form.all(&name).any(|value| value == option);
        fill(
            CHOICE,
            &[
                ("input", Markup::of(input)),
                ("required", only(input == "radio", " required")),
                ("name", text(&name)),
                ("value", text(option)),
                ("checked", only(chosen, " checked")),
                ("label", text(shown(option))),
            ],
        )
    }

    fn other(&self, form: &Form, input: &'static str) -> Markup {
        let name = self.name();
        let typed = form.get(&format!("{name}-other")).unwrap_or_default();
        fill(
            OTHER_CHOICE,
            &[
                ("input", Markup::of(input)),
                ("name", text(&name)),
                ("value", Markup::of(OTHER)),
                ("checked", only(form.all(&name).any(|value| value == OTHER), " checked")),
                ("typed", text(typed)),
            ],
        )
    }

    fn ranking(&self, form: &Form) -> Markup {
        let options = self.options();
        let places = |at: usize| -> Markup {
            let chosen = form.get(&format!("{}-{at}", self.name()));
            (1..=options.len())
                .map(|place| {
                    let place = place.to_string();
                    let selected = only(chosen == Some(place.as_str()), " selected");
                    fill(
                        "<option value=\"{place}\"{selected}>{place}</option>",
                        &[("place", text(&place)), ("selected", selected)],
                    )
                })
                .collect()
        };
        let row = |(at, option): (usize, &&str)| {
            fill(
                RANK,
                &[
                    ("id", text(format!("{}-{at}", self.name()))),
                    ("option", text(option)),
                    ("places", places(at)),
                ],
            )
        };
        options.iter().enumerate().map(row).collect()
    }

    /// What was answered; an error says what to do instead. `None` for what may stay open.
    pub(super) fn answer(&self, form: &Form) -> Result<Option<Answer>, String> {
        let value = match self.kind() {
            Kind::Open => self.written(form)?,
            Kind::Scale => self.step(form)?,
            Kind::Single => json!(self.one(form)?),
            Kind::Multiple => match self.some(form)? {
                list if list.is_empty() => return Ok(None),
                list => json!(list),
            },
            Kind::Ranking => json!(self.order(form)?),
            Kind::YesNo => match form.get(&self.name()) {
                Some(answer @ ("yes" | "no")) => json!(answer),
                _ => return Err("Choose yes or no.".to_owned()),
            },
        };
        let Question { id, text, kind, .. } = self.question;
        let (question_id, question, kind) = (id.clone(), text.clone(), kind.clone());
        Ok(Some(Answer { question_id, question, kind, value }))
    }

    fn written(&self, form: &Form) -> Result<Value, String> {
        let written = form.get(&self.name()).ok_or("Write an answer; a few words are enough.")?;
        Ok(json!(written))
    }

    fn step(&self, form: &Form) -> Result<Value, String> {
        let (low, high) = self.bounds();
        let step = form.get(&self.name()).and_then(|step| step.parse::<i64>().ok());
        let step = step.filter(|step| (low..=high).contains(step));
        Ok(json!(step.ok_or_else(|| format!("Choose a number from {low} to {high}."))?))
    }

    /// A chosen option, or what was typed for "other".
    fn resolve(&self, form: &Form, value: &str) -> Result<String, String> {
        if self.allows_other() && value == OTHER {
            let typed = form.get(&format!("{}-other", self.name()));
            return typed.map(str::to_owned).ok_or_else(|| "Write what you mean by other.".to_owned());
        }
        let known = self.options().contains(&value);
        known.then(|| value.to_owned()).ok_or_else(|| "Choose one of the options.".to_owned())
    }

    fn one(&self, form: &Form) -> Result<String, String> {
        let chosen = form.get(&self.name()).ok_or("Choose one of the options.")?;
        self.resolve(form, chosen)
    }

    fn some(&self, form: &Form) -> Result<Vec<String>, String> {
        form.all(&self.name()).map(|chosen| self.resolve(form, chosen)).collect()
    }

    fn order(&self, form: &Form) -> Result<Vec<String>, String> {
        let options = self.options();
        let wrong = || format!("Give each its own place, from 1 to {}.", options.len());
        let mut placed: Vec<(usize, &str)> = Vec::with_capacity(options.len());
        for (at, option) in options.iter().enumerate() {
            let place = form.get(&format!("{}-{at}", self.name())).and_then(|place| place.parse().ok());
            placed.push((place.ok_or_else(wrong)?, option));
        }
        placed.sort_unstable();
        let each_once = placed.iter().map(|(place, _)| *place).eq(1..=options.len());
        if each_once {
            Ok(placed.into_iter().map(|(_, option)| option.to_owned()).collect())
        } else {
            Err(wrong())
        }
    }
}

fn error(name: &str, wrong: &str) -> Markup {
    fill(
        "<p class=\"error\" id=\"{name}-error\">{wrong}</p>",
        &[("name", text(name)), ("wrong", text(wrong))],
    )
}

fn shown(option: &str) -> &str {
    match option {
        "yes" => "Yes",
        "no" => "No",
        other => other,
    }
}

/// The six types; one that is not known is asked as an open question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Open,
    Scale,
    Single,
    Multiple,
    Ranking,
    YesNo,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "scale" => Self::Scale,
            "single_choice" => Self::Single,
            "multiple_choice" => Self::Multiple,
            "ranking" => Self::Ranking,
            "yes_no" => Self::YesNo,
            _ => Self::Open,
        }
    }

    fn hint(self) -> Option<&'static str> {
        match self {
            Self::Multiple => Some("As many as apply, or none."),
            Self::Ranking => Some("1 is the most important."),
            _ => None,
        }
    }
}

const FRAME: &str = "<fieldset id=\"{name}\"{class}{role}{described}>\n\
    <legend><span class=\"number\">{number}</span><br>{question}</legend>\n{error}{hint}{inner}</fieldset>\n";
const OPEN_FRAME: &str = "<fieldset id=\"{name}\"{class}>\n\
    <legend><span class=\"number\">{number}</span><br><label for=\"{name}-text\">{question}</label></legend>\n{error}\
    <textarea id=\"{name}-text\" name=\"{name}\" rows=\"4\" maxlength=\"10000\" required{described}>{inner}</textarea></fieldset>\n";
const CHOICE: &str = "<label class=\"choice\"><input type=\"{input}\" name=\"{name}\" value=\"{value}\"{required}{checked}> \
    <span>{label}</span></label>\n";
const OTHER_CHOICE: &str = "<label class=\"choice\"><input type=\"{input}\" name=\"{name}\" value=\"{value}\"{checked}> \
    <span>Other</span></label>\n\
    <input class=\"other\" type=\"text\" name=\"{name}-other\" value=\"{typed}\" maxlength=\"500\" placeholder=\"In your words\" aria-label=\"Other, in your words\">\n";
const RANK: &str = "<div class=\"rank\"><label for=\"{id}\">{option}</label>\
    <select id=\"{id}\" name=\"{id}\" required><option value=\"\">Place</option>{places}</select></div>\n";

#[cfg(test)]
mod tests;
