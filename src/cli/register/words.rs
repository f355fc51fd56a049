//! What `register` says: the registration, the plan, and what went wrong with
//! the command that mends it.

use super::account::{Account, not_kept};
use crate::cli::access::call_failed;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::config::secrets::variable_of;
use crate::hook::secret::Secret;
use crate::job::register::{
    Ended, Endpoint, Failed, Outcome, Plan, Refusal, Saved, SecretState, Step, StoreError,
};
use crate::ui::style::Role;
use crate::ui::table::facts;
use crate::vendor::VendorError;
use serde_json::{Value, json};

/// What is said of a registration.
pub(super) struct Said<'a> {
    pub(super) result: &'static str,
    pub(super) endpoint: Option<&'a Endpoint>,
    pub(super) secret: SecretState,
    /// The secret is new and was just stored.
    pub(super) stored: bool,
    pub(super) saved: &'a Saved,
    /// The secret, where it is to be printed.
    pub(super) fresh: Option<&'a Secret>,
}

impl Said<'_> {
    fn secret_word(&self) -> &'static str {
        match self.secret {
            SecretState::Known if self.stored => "stored",
            SecretState::Known => "known",
            SecretState::Unknown => "unknown",
            SecretState::Lost => "lost",
        }
    }

    fn secret_text(&self, profile: &str) -> String {
        match self.secret {
            SecretState::Known if self.stored => format!("new, stored in the profile `{profile}`"),
            SecretState::Known => format!("in the profile `{profile}`"),
            SecretState::Unknown => "not known to hookctl; it cannot be read again".to_owned(),
            SecretState::Lost => "lost".to_owned(),
        }
    }

    fn former(&self) -> Option<Option<&Endpoint>> {
        self.saved.former.as_ref().map(|former| former.endpoint.as_ref())
    }
}

fn endpoint_json(endpoint: Option<&Endpoint>) -> Value {
    endpoint.map_or(Value::Null, |endpoint| json!({"url": endpoint.url, "events": endpoint.events}))
}

/// Writes what is registered, as a record or as text, with the secret where it is to be printed.
pub(super) fn registration(
    said: &Said<'_>,
    account: &Account,
    context: &Context,
) -> Result<(), CommandError> {
    let access = &account.access;
    let plain = said.fresh.map(|secret| String::from_utf8_lossy(secret.expose()).into_owned());
    if context.json() {
        let mut record = json!({
            "v": 1, "type": "registration", "result": said.result, "provider": access.provider,
            "profile": access.profile, "url": said.endpoint.map(|endpoint| &endpoint.url),
            "events": said.endpoint.map(|endpoint| &endpoint.events), "secret": said.secret_word(),
            "former": said.former().map_or(Value::Null, endpoint_json),
            "listening": endpoint_json(said.saved.temporary.as_ref().map(|temporary| &temporary.endpoint)),
            "unfinished": said.saved.intent.is_some(),
        });
        if let (Some(plain), Some(object)) = (plain, record.as_object_mut()) {
            object.insert("signing_secret".to_owned(), plain.into());
        }
        return context.record(&record);
    }
    let mut page = context.streams().page();
    match said.endpoint {
        None => page.put(Role::Plain, "no webhook is registered").end_line(),
        Some(endpoint) => {
            let word = if said.result == "shown" { "registered" } else { said.result };
            page.put(Role::Strong, word).space(1).put(Role::Plain, &endpoint.url).end_line();
            let listed = vec![
                ("events", vec![endpoint.events.join(", ")]),
                ("secret", vec![said.secret_text(&access.profile)]),
            ];
            facts(&mut page, &listed);
            &mut page
        }
    };
    if let Some(former) = said.former() {
        let text = former.map_or("none was registered".to_owned(), |former| former.url.clone());
        facts(&mut page, &[("before", vec![text])]);
    }
    if let Some(plain) = plain {
        page.put(Role::Plain, &plain).end_line();
    }
    Ok(context.streams().show(&page)?)
}

/// Says what a plan would do, and does nothing.
pub(super) fn planned(plan: &Plan, account: &Account, context: &Context) -> Result<Exit, CommandError> {
    let steps: Vec<String> = plan.steps.iter().map(|step| step_text(step, &account.access.profile)).collect();
    if context.json() {
        context.record(&json!({
            "v": 1, "type": "plan", "result": plan.outcome.as_str(),
            "url": plan.target.as_ref().map(|target| &target.url), "steps": steps,
        }))?;
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    if steps.is_empty() {
        page.put(Role::Plain, "nothing is to be done").end_line();
    }
    for (at, step) in steps.iter().enumerate() {
        page.put(Role::Plain, format!("{}. {step}", at + 1)).end_line();
    }
    context.streams().show(&page)?;
    if let Some(ends) = &plan.ends {
        context.streams().warn(&consequence(plan, ends), None);
    }
    Ok(Exit::Done)
}

fn step_text(step: &Step, profile: &str) -> String {
    match step {
        Step::Save { former: Some(former) } => {
            format!("save what is registered ({}) and what is about to change", former.url)
        }
        Step::Save { former: None } => {
            "save that nothing is registered, and what is about to change".to_owned()
        }
        Step::Delete(endpoint) => format!("DELETE /webhooks: {}", endpoint.url),
        Step::Put(endpoint) => format!("PUT /webhooks: {} for {}", endpoint.url, endpoint.events.join(", ")),
        Step::Keep => format!("store the new signing secret in the profile `{profile}`"),
    }
}

/// What a person agrees to.
pub(super) fn consequence(plan: &Plan, ends: &Endpoint) -> String {
    match plan.outcome {
        Outcome::Rotated => format!(
            "the signing secret of {} ends: its receiver refuses every webhook until it has the new one, \
             and what happens between the deletion and the new registration is never sent",
            ends.url
        ),
        _ => format!("{} gets no webhooks any more, and its signing secret ends", ends.url),
    }
}

/// Nothing is done.
pub(super) fn refused(refusal: &Refusal, account: &Account) -> CommandError {
    let (exit, hint) = match refusal {
        Refusal::Other(_) => {
            (Exit::No, "`--replace` takes its place and saves it for `hookctl register --restore`".to_owned())
        }
        Refusal::Lost(lost) => {
            (Exit::Config, format!("`hookctl register {} --rotate` makes a new one", lost.url))
        }
        Refusal::Nothing => (Exit::No, "hookctl register URL".to_owned()),
        Refusal::NoFormer => (Exit::No, "hookctl register --show".to_owned()),
    };
    let vendor = account.access.vendor().name();
    CommandError::new(exit, format!("could not register with {vendor}")).because(refusal).hint(hint)
}

/// The vendor or the disk failed.
pub(super) fn failed(failed: &Failed<VendorError>, account: &Account) -> CommandError {
    let vendor = account.access.vendor().name();
    match failed {
        Failed::Refused(refusal) => refused(refusal, account),
        Failed::Disk(error) => CommandError::local(format!("nothing was changed at {vendor}")).because(error),
        Failed::Vendor(error) => call_failed(&format!("register with {vendor}; nothing was changed"), error),
        Failed::Halfway { what, source } => {
            let mut error = call_failed(&format!("finish the registration with {vendor}"), source);
            error.causes.insert(0, (*what).to_owned());
            error.hint("`hookctl register --show` says what is registered now, `hookctl register URL --rotate` makes a new secret, `hookctl register --restore` puts back what was there")
        }
    }
}

/// The same for a listener.
pub(in crate::cli) fn explain(error: &Failed<VendorError>, account: &Account) -> CommandError {
    failed(error, account)
}

/// A second Ctrl-C.
pub(super) fn cut_short(account: &Account) -> CommandError {
    CommandError::new(
        Exit::Interrupted,
        format!("interrupted before {} had answered", account.access.vendor().name()),
    )
    .hint("`hookctl register --show` says what is registered now; what was there before is saved for `hookctl register --restore`")
}

/// The secret is not on the disk.
pub(super) fn unkept(error: &StoreError, printed: bool, endpoint: Option<&Endpoint>) -> CommandError {
    let url = endpoint.map_or("URL", |endpoint| endpoint.url.as_str());
    let told = not_kept(error);
    let (message, hint) = match printed {
        true => (
            "the webhook is registered, but its signing secret could not be stored; it was printed, once",
            format!(
                "put it into a file and keep it with `hookctl register {url} --secret-file FILE`, or make a new one with `--rotate`"
            ),
        ),
        false => (
            "the webhook is registered, but its signing secret could neither be stored nor printed: it is lost",
            format!("make room, then `hookctl register {url} --rotate`"),
        ),
    };
    CommandError { message: message.to_owned(), ..told }.hint(hint)
}

/// Says what a person can do next about what was found.
pub(super) fn advise(saved: &Saved, found: Option<&Endpoint>, secret: SecretState, context: &Context) {
    let streams = context.streams();
    if let Some(temporary) = &saved.temporary {
        let before = temporary.former.as_ref().map_or("none", |former| former.url.as_str());
        let text = format!(
            "a listener has registered {} for the time it runs; before it: {before}",
            temporary.endpoint.url
        );
        streams.warn(&text, Some("when it is not running any more: `hookctl register --restore`"));
    }
    match (found, secret) {
        (Some(found), SecretState::Lost) => streams.warn(
            "the signing secret was made, but hookctl ended before it was kept",
            Some(&format!("`hookctl register {} --rotate` makes a new one", found.url)),
        ),
        (Some(_), SecretState::Unknown) => streams.warn(
            "nothing can be verified without the signing secret, and it cannot be read again",
            Some("keep it with `--secret-file FILE` if you have it, or make a new one with `hookctl register --rotate`"),
        ),
        _ => {}
    }
}

/// Says that a variable wins over what was stored.
pub(super) fn overruled(account: &Account, context: &Context) {
    let name = variable_of(&account.access.provider);
    if context.environment().text(&name).is_some() {
        let text = format!("{name} is set and wins over the secret of the profile");
        context.streams().warn(&text, Some(&format!("unset {name}")));
    }
}

/// Says what became of a listener's registration.
pub(in crate::cli) fn put_back_said(ended: &Ended, context: &Context) {
    let streams = context.streams();
    match ended {
        Ended::Nothing => {}
        Ended::Changed(other) => streams.warn(
            &format!("somebody registered {} meanwhile; it was left as it is", other.url),
            Some("hookctl register --show"),
        ),
        Ended::Back(done) => {
            match &done.endpoint {
                Some(endpoint) => streams.say(&format!("{} is registered again", endpoint.url)),
                None => streams.say("the webhook is removed again"),
            }
            if done.fresh.is_some() {
                streams.warn(
                    "it had to be made anew and has a new signing secret, which its receiver needs",
                    Some("it is in the profile; `hookctl register --show`"),
                );
            }
        }
    }
}
