//! The signed time and id: in another unit, or from another place.

use super::Mistake;
use super::attempts::{Attempts, changed, idea};
use crate::hook::jsontext::{self, Kind};
use crate::hook::provider::{Provider, TimeForm, TimePlace};
use crate::hook::signature::scope::Scope;
use crate::hook::template::{Lookup as _, Source};
use crate::hook::time::Timestamp;
use crate::hook::verdict::Code;
use std::time::Duration;

/// The window for telling a time in one unit from the same digits in another:
/// far less than what lies between them.
const A_DAY: Duration = Duration::from_secs(86_400);
/// Places of a message where a time or an id is looked for.
const MOST_PLACES: usize = 12;
/// Longer texts are neither a time nor an id.
const LONGEST: usize = 128;

const FORMS: [(TimeForm, &str); 4] = [
    (TimeForm::Unix, "seconds"),
    (TimeForm::UnixMillis, "milliseconds"),
    (TimeForm::Rfc3339, "RFC 3339"),
    (TimeForm::HttpDate, "the date form of HTTP"),
];

fn words(form: TimeForm) -> &'static str {
    FORMS.iter().find(|(known, _)| *known == form).map_or("", |(_, words)| words)
}

/// The timestamp as it stands in the message.
pub(super) fn written(provider: &Provider, scope: &Scope<'_>) -> Option<String> {
    let text = match provider.timestamp.as_ref()? {
        TimePlace::Source(source) => scope.lookup(source)?.into_owned(),
        TimePlace::Value => {
            let name = provider.signature_headers().first()?;
            let value = scope.message.headers.get(name)?;
            provider.value.read(value).timestamp?.to_vec()
        }
    };
    String::from_utf8(text).ok().filter(|text| text.len() <= LONGEST)
}

/// The signature holds and its time does not: is it another unit?
pub(super) fn of_time(attempts: &mut Attempts<'_>) -> bool {
    let (case, message) = (attempts.case, attempts.message());
    let provider = case.provider;
    let Some(text) = written(provider, &Scope::new(&message)) else { return false };
    let form = provider.time_form;
    let near = |at: Timestamp| at.since(case.now).max(case.now.since(at)) <= A_DAY;
    for (other, unit) in FORMS.into_iter().filter(|(other, _)| *other != form) {
        if other.read(text.as_bytes()).is_some_and(near) {
            let sentence = format!(
                "the signature holds, and its time is written in {unit}; the scheme has {}",
                words(form)
            );
            return attempts.say(Mistake::TimestampUnit, sentence);
        }
    }
    false
}

pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let provider = attempts.case.provider;
    let signs = |source: &Source| provider.content.uses(source);
    (signs(&Source::Ts) && (units(attempts) || elsewhere(attempts))) || (signs(&Source::Id) && ids(attempts))
}

/// The time of the message as another unit writes it.
fn units(attempts: &mut Attempts<'_>) -> bool {
    let (provider, message) = (attempts.case.provider, attempts.message());
    let Some(text) = written(provider, &Scope::new(&message)) else { return false };
    if provider.time_form.read(text.as_bytes()).is_none() {
        let what = format!("its time as it stands, which is not written in {}", words(provider.time_form));
        if signed_with(attempts, Mistake::TimestampUnit, &Source::Ts, &text, what) {
            return true;
        }
    }
    let mut read = FORMS.iter().filter_map(|(form, _)| form.read(text.as_bytes()));
    // This century: digits that are seconds are no such time when read as milliseconds.
    let plausible = |at: &Timestamp| (946_684_800..4_102_444_800).contains(&at.seconds());
    let Some(at) = read.find(plausible).or_else(|| provider.time_form.read(text.as_bytes())) else {
        return false;
    };
    let mut forms: Vec<(String, String)> =
        FORMS.iter().map(|(form, unit)| (form.write(at), format!("the time in {unit}"))).collect();
    forms.push((at.rfc3339_seconds(), "the time in RFC 3339, without a fraction".to_owned()));
    forms.push((at.micros().to_string(), "the time in microseconds".to_owned()));
    forms.push((format!("{}.0", at.seconds()), "the time in seconds with a fraction".to_owned()));
    let other = forms.into_iter().filter(|(written, _)| *written != text);
    other
        .collect::<Vec<_>>()
        .into_iter()
        .any(|(written, what)| signed_with(attempts, Mistake::TimestampUnit, &Source::Ts, &written, what))
}

/// Another text in place of the time or the id in what is signed.
pub(super) fn signed_with(
    attempts: &mut Attempts<'_>,
    mistake: Mistake,
    source: &Source,
    text: &str,
    what: String,
) -> bool {
    let content = attempts.case.provider.content.with_text(source, text);
    let provider = changed(attempts.case.provider, |provider| provider.content = content);
    attempts.scheme_holds(idea(mistake, what), &provider)
}

/// Other times of the message: its headers' and its body's.
fn elsewhere(attempts: &mut Attempts<'_>) -> bool {
    let is_time =
        |text: &str| FORMS.iter().any(|(form, _)| form.read(text.as_bytes()).is_some()) && text.len() >= 10;
    let own = written(attempts.case.provider, &Scope::new(&attempts.message()));
    places(attempts, is_time).into_iter().filter(|(_, text)| Some(text) != own.as_ref()).any(
        |(place, text)| {
            let what = format!("the timestamp of {place}");
            signed_with(attempts, Mistake::TimestampElsewhere, &Source::Ts, &text, what)
        },
    )
}

fn ids(attempts: &mut Attempts<'_>) -> bool {
    let is_id = |text: &str| text.len() >= 4 && !text.contains([' ', '/', ',', ';']);
    let own = own_id(attempts);
    places(attempts, is_id).into_iter().filter(|(_, text)| Some(text) != own.as_ref()).any(|(place, text)| {
        let what = format!("{place} for the id");
        signed_with(attempts, Mistake::IdElsewhere, &Source::Id, &text, what)
    })
}

fn own_id(attempts: &Attempts<'_>) -> Option<String> {
    let message = attempts.message();
    let id = Scope::new(&message).lookup(attempts.case.provider.id_source.as_ref()?)?.into_owned();
    String::from_utf8(id).ok()
}

/// Header values and members of the body's first two levels that pass.
fn places(attempts: &Attempts<'_>, passes: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let message = attempts.message();
    let mut found = Vec::new();
    for field in message.headers.iter() {
        if let Ok(text) = std::str::from_utf8(field.value)
            && text.len() <= LONGEST
            && passes(text)
        {
            found.push((format!("the header `{}`", field.name), text.to_owned()));
        }
    }
    found.truncate(MOST_PLACES);
    let mut of_body = members(message.body);
    of_body.retain(|(_, text)| passes(text));
    of_body.truncate(MOST_PLACES);
    found.extend(of_body);
    found
}

/// The scalars of the first two levels of a JSON object, by their path.
fn members(body: &[u8]) -> Vec<(String, String)> {
    /// Members that are looked at: a time or an id stands near the beginning.
    const MOST_TOKENS: usize = 2_000;
    let mut found = Vec::new();
    let mut keys: [Option<String>; 2] = [None, None];
    for token in jsontext::tokens(body).map_while(Result::ok).take(MOST_TOKENS) {
        let level = token.depth.checked_sub(1);
        match (token.kind, level.and_then(|level| keys.get_mut(level))) {
            (Kind::Key, Some(key)) => *key = text_of(token.text),
            (Kind::String | Kind::Number, Some(_)) => {
                let path: Option<Vec<&str>> =
                    keys.iter().take(token.depth).map(|key| key.as_deref()).collect();
                if let (Some(path), Some(text)) = (path, text_of(token.text)) {
                    found.push((format!("the body's `{}`", path.join(".")), text));
                }
            }
            _ => {}
        }
    }
    found
}

fn text_of(token: &[u8]) -> Option<String> {
    let text = String::from_utf8(jsontext::unescape(token).into_owned()).ok()?;
    (text.len() <= LONGEST).then_some(text)
}

/// Whether a verdict is about the time alone.
pub(super) const fn is_of_time(code: Code) -> bool {
    matches!(code, Code::TooOld | Code::InFuture)
}
