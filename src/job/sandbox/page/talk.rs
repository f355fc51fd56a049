//! One interview after its first words: the conversation with userjourneys, turn
//! by turn, and the thanks at the end of either vendor's.

use super::super::conversation::{self, ConversationError};
use super::super::guard::{Local, Named};
use super::super::history::{Delivery, Stage};
use super::super::reply::{Answer, Refused};
use super::super::state::interviews::{Interview, Turn};
use super::super::world::World;
use super::form::Form;
use super::html::{Markup, document, fill, text};
use super::participant::{Opened, end, finishing, opened, place, unknown};
use super::{page, see};
use axum::extract::{Path, State};
use bytes::Bytes;
use std::sync::Arc;

/// How many deliveries are looked through for those of one interview.
const LOOKED_THROUGH: u32 = 1_000;

/// The interview of a link; `None` when the link is not its own.
fn found(world: &World, code: &str, id: &str) -> Result<Option<(Opened, Interview, Vec<Turn>)>, Refused> {
    let Ok(opened) = opened(world, code) else { return Ok(None) };
    let found = world.store.with(|db| {
        let interview = Interview::find(db, id)?.filter(|interview| interview.study == opened.study.id);
        let Some(interview) = interview else { return Ok(None) };
        let turns = interview.turns(db)?;
        Ok(Some((interview, turns)))
    })?;
    Ok(found.map(|(interview, turns)| (opened, interview, turns)))
}

/// `GET /i/CODE/INTERVIEW`.
pub(super) async fn show(
    State(world): State<Arc<World>>,
    Path((code, id)): Path<(String, String)>,
    _named: Named,
) -> Answer {
    let Some((opened, interview, turns)) = found(&world, &code, &id)? else {
        return Ok(page(404, unknown()));
    };
    if interview.completed_at.is_some() {
        return Ok(page(200, thanks(&world, &opened, &interview)?));
    }
    Ok(page(200, talking(&opened, &interview, &turns)))
}

/// The participant says something.
pub(super) async fn say(
    State(world): State<Arc<World>>,
    Path((code, id)): Path<(String, String)>,
    _local: Local,
    body: Bytes,
) -> Answer {
    if found(&world, &code, &id)?.is_none() {
        return Ok(page(404, unknown()));
    }
    if let Some(said) = Form::parse(&body).get("said") {
        match conversation::say(&world, &id, said) {
            // Ended meanwhile, in another window: the thanks say so.
            Ok(_) | Err(ConversationError::Ended(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(see(&place(&code, &id)))
}

/// The participant has said it all, or lets the sandbox finish.
pub(super) async fn finish(
    State(world): State<Arc<World>>,
    Path((code, id)): Path<(String, String)>,
    _local: Local,
    body: Bytes,
) -> Answer {
    if found(&world, &code, &id)?.is_none() {
        return Ok(page(404, unknown()));
    }
    let form = Form::parse(&body);
    let mut ending = end(&form);
    ending.email = form.get("respondent_email").map(str::to_owned);
    conversation::end(&world, &id, ending)?;
    Ok(see(&place(&code, &id)))
}

fn talking(opened: &Opened, interview: &Interview, turns: &[Turn]) -> Markup {
    let Opened { study, .. } = opened;
    let line = |turn: &Turn| {
        let (class, who) = match turn.role.as_str() {
            "respondent" => ("respondent", "You"),
            _ => ("interviewer", "Interviewer"),
        };
        let slots = [("class", Markup::of(class)), ("who", Markup::of(who)), ("text", text(&turn.text))];
        fill("<li class=\"{class}\"><span class=\"hidden\">{who}: </span>{text}</li>\n", &slots)
    };
    let action = format!("/i/{}/{}", study.code, interview.id);
    let main = fill(
        include_str!("talk.html"),
        &[
            ("study", text(&study.name)),
            ("product", text(&study.product_name)),
            ("turns", turns.iter().map(line).collect()),
            ("action", text(&action)),
            ("finishing", finishing(&format!("{action}/finish"), &Markup::default(), true)),
        ],
    );
    document(&study.name, false, main)
}

fn thanks(world: &World, opened: &Opened, interview: &Interview) -> Result<Markup, Refused> {
    let mut sent = world.store.with(|db| Delivery::latest(db, LOOKED_THROUGH))?;
    sent.retain(|delivery| delivery.subject == interview.id);
    sent.reverse();
    let sent = if sent.is_empty() {
        Markup::of("<p>Nothing: no webhook is registered for it.</p>")
    } else {
        let lines = sent.iter().map(line).collect();
        fill(
            "<ul>{lines}</ul><p class=\"hint\">As of this moment; load the page again to see how they go on.</p>",
            &[("lines", lines)],
        )
    };
    let main = fill(include_str!("thanks.html"), &[("study", text(&opened.study.name)), ("sent", sent)]);
    Ok(document("Thank you", false, main))
}

fn line(delivery: &Delivery) -> Markup {
    fill(
        "<li><a href=\"/_sandbox/pages/deliveries/{id}\">{event}</a> {tag}</li>",
        &[("id", text(delivery.id.to_string())), ("event", text(&delivery.event)), ("tag", tag(delivery))],
    )
}

/// How far a delivery is, in a word and a colour.
pub(super) fn tag(delivery: &Delivery) -> Markup {
    let stage = match delivery.stage {
        Stage::Pending if delivery.tries > 0 => "will be retried",
        stage => stage.as_str(),
    };
    let slots = [("class", Markup::of(delivery.stage.as_str())), ("stage", Markup::of(stage))];
    fill("<span class=\"tag {class}\">{stage}</span>", &slots)
}
