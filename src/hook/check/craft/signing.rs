//! Signs a draft: rightly, or with one thing that a handler must notice.

use super::draft::Draft;
use super::slot;
use super::{CraftError, Workshop};
use crate::hook::check::change::Change;
use crate::hook::delivery::Message;
use crate::hook::digest::HashName;
use crate::hook::provider::{Provider, TimePlace};
use crate::hook::sample::Sample;
use crate::hook::signature::Keys;
use crate::hook::template::Source;
use crate::hook::time::Timestamp;
use std::borrow::Cow;
use std::time::Duration;

/// Further from now than any tolerance.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How old the event of an old delivery is.
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How a draft is signed.
pub(super) struct Signing<'w> {
    workshop: &'w Workshop,
    provider: Cow<'w, Provider>,
    keys: Cow<'w, Keys>,
    id: &'w str,
    /// The moment of signing.
    pub(super) at: Timestamp,
    /// When the event happened.
    pub(super) happened: Timestamp,
    unsigned: bool,
    /// What is signed instead of the draft's body.
    instead: Option<Vec<u8>>,
}

impl<'w> Signing<'w> {
    pub(super) fn of(
        workshop: &'w Workshop,
        sample: &Sample,
        id: &'w str,
        now: Timestamp,
        changes: impl Iterator<Item = Change>,
    ) -> Self {
        let provider = Cow::Borrowed(&*workshop.provider);
        let keys = Cow::Borrowed(&workshop.keys);
        let mut signing =
            Self { workshop, provider, keys, id, at: now, happened: now, unsigned: false, instead: None };
        for change in changes {
            signing.change(change, sample, now);
        }
        signing
    }

    fn change(&mut self, change: Change, sample: &Sample, now: Timestamp) {
        let far = DAY + self.provider.tolerance().unwrap_or_default();
        match change {
            Change::NoSignature | Change::Get | Change::Head | Change::Options => self.unsigned = true,
            Change::OtherSecret => self.keys = Cow::Borrowed(&self.workshop.other_keys),
            Change::EmptySecret => self.keys = Cow::Owned(self.provider.empty_keys(&self.workshop.keys)),
            Change::WeakerHash => {
                self.keys = Cow::Owned(self.workshop.keys.with_hash(HashName::Sha1));
                self.provider.to_mut().hash = HashName::Sha1;
            }
            Change::OfAnotherBody => self.instead = Some(other_body(sample, now, self.id)),
            Change::Stale => (self.at, self.happened) = (now.minus(far), now.minus(far)),
            Change::Future => (self.at, self.happened) = (now.plus(far), now.plus(far)),
            Change::ReusedTimestamp => self.at = now.minus(far),
            Change::OldEvent => self.happened = now.minus(MONTH),
            _ => {}
        }
    }

    /// Signs the draft.
    pub(super) fn sign(&self, draft: &mut Draft) -> Result<(), CraftError> {
        if self.unsigned {
            strip(&self.provider, draft);
            return Ok(());
        }
        let body = self.instead.as_deref().unwrap_or(&draft.body);
        let (headers, url) = (draft.headers(), draft.url());
        let message = Message {
            method: &draft.method,
            target: &draft.target,
            headers: &headers,
            body,
            url: Some(&url),
        };
        let signed = self.provider.sign(&self.keys, &message, self.at, Some(self.id), None)?;
        for (name, _) in &signed.headers {
            draft.remove(name);
        }
        draft.fields.extend(signed.headers);
        if let Some(body) = signed.body.filter(|_| self.instead.is_none()) {
            draft.body = body;
        }
        if let Some(target) = signed.target {
            draft.target = target;
        }
        Ok(())
    }
}

/// Another delivery's body: of another id, or with one byte more.
fn other_body(sample: &Sample, now: Timestamp, id: &str) -> Vec<u8> {
    let own = sample.fresh(now, id);
    let other = sample.fresh(now, &format!("{id}_other"));
    if other == own { [own.as_slice(), b" "].concat() } else { other }
}

/// Takes away the signature and what goes with it.
fn strip(provider: &Provider, draft: &mut Draft) {
    slot::remove(provider, draft);
    if let Some(TimePlace::Source(Source::Header(name))) = &provider.timestamp {
        draft.remove(name);
    }
    if let Some(Source::Header(name)) = &provider.id_source {
        draft.remove(name);
    }
}
