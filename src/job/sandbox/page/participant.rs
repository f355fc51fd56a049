//! The page behind a study's link: all structured questions of a Koji study in
//! one form, the first words of a conversation with userjourneys, and a way to
//! let the sandbox finish an interview by itself.

use super::super::conversation::{self, ConversationError, End, Start};
use super::super::guard::{Local, Named};
use super::super::reply::{Answer, Refused};
use super::super::script::Quality;
use super::super::state::interviews::Answer as Given;
use super::super::state::studies::{Question, Study};
use super::super::state::{StateError, random_hex};
use super::super::world::World;
use super::form::Form;
use super::html::{Markup, document, fill, text};
use super::{page, question, see};
use axum::extract::{Path, RawQuery, State};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Fields of a link that say who takes part; Koji names the first one `rid`.
const KNOWN: [&str; 4] = ["reference_id", "rid", "name", "email"];
/// Other attributes of a link reach Koji's `participant`, as many as this.
const MOST_ATTRIBUTES: usize = 20;
const LONGEST_ATTRIBUTE: usize = 300;
/// In front of the fields of a link when a form carries them on.
const CARRIED: &str = "link.";

/// A study with its questions, and whether it takes another response now.
pub(super) struct Opened {
    pub(super) study: Study,
    pub(super) questions: Vec<Question>,
    pub(super) open: bool,
}

/// The study of a link.
pub(super) fn opened(world: &World, code: &str) -> Result<Opened, Refused> {
    let now = world.clock.now();
    let found = world.store.with(|db| {
        let Some(study) = Study::by_code(db, code)? else { return Ok(None) };
        let open = study.capacity(db, now)?.accepting;
        Ok(Some(Opened { questions: study.questions(db)?, open, study }))
    })?;
    found.ok_or_else(|| Refused::not_found("no study has this link"))
}

/// `GET /i/CODE?reference_id=…`.
pub(super) async fn show(
    State(world): State<Arc<World>>,
    Path(code): Path<String>,
    _named: Named,
    RawQuery(query): RawQuery,
) -> Answer {
    let Ok(opened) = opened(&world, &code) else { return Ok(page(404, unknown())) };
    if !opened.open {
        return Ok(page(200, closed(&opened.study)));
    }
    let link = Form::parse(query.unwrap_or_default().as_bytes());
    Ok(page(200, asking(&opened, &link, &Form::default(), &[])))
}

/// The answers of a person, or the first one of a conversation.
pub(super) async fn answer(
    State(world): State<Arc<World>>,
    Path(code): Path<String>,
    _local: Local,
    body: Bytes,
) -> Answer {
    let Ok(opened) = opened(&world, &code) else { return Ok(page(404, unknown())) };
    let form = Form::parse(&body);
    let link = carried(&form);
    let (answers, wrong) = read(&opened.questions, &form);
    if opened.study.provider == "koji" && !wrong.is_empty() {
        return Ok(page(422, asking(&opened, &link, &form, &wrong)));
    }
    let once = form.get("once").unwrap_or_default();
    if let Some(interview) = claimed(&world, once)? {
        return Ok(see(&place(&code, &interview)));
    }
    let start = start(&link);
    let begun = match conversation::begin(&world, &opened.study, start) {
        Err(ConversationError::Closed(_)) => return Ok(page(409, closed(&opened.study))),
        begun => begun?,
    };
    if opened.study.provider == "koji" {
        let email = form.get("respondent_email").map(str::to_owned);
        let end = End { answers, email, reason: Some("natural".to_owned()), ..End::default() };
        conversation::end(&world, &begun.id, end)?;
    } else if let Some(said) = form.get("said") {
        conversation::say(&world, &begun.id, said)?;
    }
    settle(&world, once, &begun.id)?;
    Ok(see(&place(&code, &begun.id)))
}

/// "Finish this interview for me".
pub(super) async fn finish(
    State(world): State<Arc<World>>,
    Path(code): Path<String>,
    _local: Local,
    body: Bytes,
) -> Answer {
    let Ok(opened) = opened(&world, &code) else { return Ok(page(404, unknown())) };
    let form = Form::parse(&body);
    let once = form.get("once").unwrap_or_default();
    if let Some(interview) = claimed(&world, once)? {
        return Ok(see(&place(&code, &interview)));
    }
    let ended = conversation::complete(&world, &opened.study, start(&carried(&form)), end(&form));
    let interview = match ended {
        Err(ConversationError::Closed(_)) => return Ok(page(409, closed(&opened.study))),
        ended => ended?,
    };
    settle(&world, once, &interview.id)?;
    Ok(see(&place(&code, &interview.id)))
}

/// How the sandbox is to end an interview by itself.
pub(super) fn end(form: &Form) -> End {
    let quality = form.get("quality").and_then(Quality::parse);
    End { quality, reason: Some("natural".to_owned()), ..End::default() }
}

/// Where an interview is shown.
pub(super) fn place(code: &str, interview: &str) -> String {
    let code: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
    format!("/i/{code}/{interview}#end")
}

/// A form that is sent twice, as by a double click, is one interview: gives that
/// of the first time, and takes the form's mark the first time.
fn claimed(world: &World, once: &str) -> Result<Option<String>, StateError> {
    if once.is_empty() {
        return Ok(None);
    }
    let name = format!("form {once}");
    world.store.with(|db| {
        let first = db.execute("INSERT OR IGNORE INTO facts(name, value) VALUES(?1, '')", [&name])? > 0;
        let known = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        if first {
            return Ok(None);
        }
        let interview = db.query_row("SELECT value FROM facts WHERE name = ?1", [&name], known)?;
        Ok(Some(interview).filter(|interview| !interview.is_empty()))
    })
}

fn settle(world: &World, once: &str, interview: &str) -> Result<(), StateError> {
    if once.is_empty() { Ok(()) } else { world.store.set_fact(&format!("form {once}"), interview) }
}

/// A question's field and what is wrong with it.
type Wrong = (String, String);

fn read(questions: &[Question], form: &Form) -> (Vec<Given>, Vec<Wrong>) {
    let (mut answers, mut wrong) = (Vec::new(), Vec::new());
    for asked in question::asked(questions) {
        match asked.answer(form) {
            Ok(answer) => answers.extend(answer),
            Err(reason) => wrong.push((asked.name(), reason)),
        }
    }
    (answers, wrong)
}

/// Who takes part, by the link.
fn start(link: &Form) -> Start {
    let own = |name: &str| link.get(name).map(|value| value.chars().take(LONGEST_ATTRIBUTE).collect());
    let free = link.fields().filter(|(name, value)| !KNOWN.contains(name) && !value.is_empty());
    let metadata: Map<String, Value> = free
        .take(MOST_ATTRIBUTES)
        .map(|(name, value)| {
            let cut = |text: &str| text.chars().take(LONGEST_ATTRIBUTE).collect::<String>();
            (cut(name), json!(cut(value)))
        })
        .collect();
    Start {
        reference_id: own("reference_id").or_else(|| own("rid")),
        email: own("email"),
        name: own("name"),
        metadata: Value::Object(metadata),
        ..Start::default()
    }
}

/// The fields of the link that a form carried on.
fn carried(form: &Form) -> Form {
    let mut link = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form.fields() {
        if let Some(name) = name.strip_prefix(CARRIED) {
            link.append_pair(name, value);
        }
    }
    Form::parse(link.finish().as_bytes())
}

fn carrying(link: &Form) -> Markup {
    let fields = link.fields().take(KNOWN.len() + MOST_ATTRIBUTES);
    let mut hidden: Markup = fields.map(|(name, value)| field(&format!("{CARRIED}{name}"), value)).collect();
    hidden.push(&field("once", &random_hex(24)));
    hidden
}

fn field(name: &str, value: &str) -> Markup {
    let slots = [("name", text(name)), ("value", text(value))];
    fill("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">", &slots)
}

/// The page with the form, and with what is wrong about what was filled in.
fn asking(opened: &Opened, link: &Form, form: &Form, wrong: &[Wrong]) -> Markup {
    let Opened { study, questions, .. } = opened;
    let talk = study.provider != "koji";
    let reason = |name: &str| wrong.iter().find(|(known, _)| known == name).map(|(_, why)| why.as_str());
    let fields: Markup =
        question::asked(questions).map(|asked| asked.fields(form, reason(&asked.name()))).collect();
    let first = questions.first().map_or("What brought you here?", |question| question.text.as_str());
    let template = if talk { include_str!("first_words.html") } else { include_str!("questions.html") };
    let main = fill(
        template,
        &[
            ("study", text(&study.name)),
            ("goal", text(&study.research_goal)),
            ("product", text(&study.product_name)),
            ("count", text(questions.len().to_string())),
            ("action", text(format!("/i/{}", study.code))),
            ("hidden", carrying(link)),
            ("summary", summary(questions, wrong)),
            ("fields", fields),
            ("question", text(first)),
            ("email", text(form.get("respondent_email").or_else(|| link.get("email")).unwrap_or_default())),
            ("finishing", finishing(&format!("/i/{}/finish", study.code), &carrying(link), talk)),
        ],
    );
    document(&title(wrong, &study.name), false, main)
}

fn title(wrong: &[Wrong], name: &str) -> String {
    if wrong.is_empty() { name.to_owned() } else { format!("Not sent yet: {name}") }
}

/// What is wrong, on top, each a link to its question.
fn summary(questions: &[Question], wrong: &[Wrong]) -> Markup {
    if wrong.is_empty() {
        return Markup::default();
    }
    let line = |(name, reason): &Wrong| {
        let asked = question::asked(questions).find(|asked| asked.name() == *name);
        let about = asked.map(|asked| asked.text().to_owned()).unwrap_or_default();
        let slots = [("name", text(name)), ("about", text(about)), ("reason", text(reason))];
        fill("<li><a href=\"#{name}\">{about}</a> {reason}</li>", &slots)
    };
    let lines = wrong.iter().map(line).collect();
    fill(include_str!("summary.html"), &[("lines", lines)])
}

/// The box that lets the sandbox answer.
pub(super) fn finishing(action: &str, hidden: &Markup, talk: bool) -> Markup {
    let grades: &[(&str, &str)] = if talk {
        &[("insightful", "insightful"), ("successful", "successful"), ("unsuccessful", "unsuccessful")]
    } else {
        &[
            ("5", "5, excellent"),
            ("4", "4, very good"),
            ("3", "3, good"),
            ("2", "2, below the quality gate"),
            ("1", "1, below the quality gate"),
        ]
    };
    let options = grades
        .iter()
        .map(|(value, label)| {
            fill(
                "<option value=\"{value}\">{label}</option>",
                &[("value", text(value)), ("label", text(label))],
            )
        })
        .collect();
    let slots = [("action", text(action)), ("hidden", hidden.clone()), ("options", options)];
    fill(include_str!("finishing.html"), &slots)
}

fn closed(study: &Study) -> Markup {
    let main = fill(include_str!("closed.html"), &[("study", text(&study.name))]);
    document(&format!("{} is closed", study.name), false, main)
}

/// No study has this link.
pub(super) fn unknown() -> Markup {
    document("No such study", false, Markup::of(include_str!("unknown.html")))
}
