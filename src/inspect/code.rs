//! A delivery as code that sends it to a target, as a replay would.

use super::answer::Refused;
use super::replay::Sent;
use crate::hook::code::{Form, Request, code};
use serde::Serialize;

/// The code.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CodeRecord {
    v: u8,
    r#type: &'static str,
    r#as: &'static str,
    text: String,
}

/// The form of a word.
pub(super) fn form(word: &str) -> Result<Form, Refused> {
    Form::parse(word).ok_or_else(|| {
        let known: Vec<_> = Form::ALL.iter().map(|form| form.as_str()).collect();
        Refused::bad(format!("`as` is one of {}", known.join(", ")))
    })
}

/// Writes what a target would get.
pub(super) fn write(form: Form, seq: u64, sent: &Sent) -> Result<CodeRecord, Refused> {
    let request = Request {
        method: sent.head.method(),
        origin: sent.target.origin(),
        target: sent.head.target(),
        headers: sent.head.headers(),
        body: &sent.body,
        file: &format!("delivery-{seq}.body"),
    };
    let text = code(form, &request)
        .map_err(|error| Refused::new(422, "cannot_write", error.to_string()).hint("copy it as curl"))?;
    Ok(CodeRecord { v: 1, r#type: "code", r#as: form.as_str(), text })
}
