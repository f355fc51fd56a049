//! Does what was planned. Each step is on the disk or at the vendor before the
//! next one begins, and the secret is kept before anything else can fail.

use super::endpoint::Endpoint;
use super::plan::{Outcome, Plan, Refusal, Step};
use super::ports::{Put, Remote, Store, StoreError};
use super::state::{Former, Intent, Saved, SecretState, Temporary};
use crate::clock;
use crate::hook::secret::Secret;
use std::error::Error;

/// How long a registration is meant to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// Until it is changed.
    UntilChanged,
    /// As long as a listener runs.
    WhileListening,
}

/// What came of a plan.
#[derive(Debug)]
pub struct Done {
    /// What was done.
    pub outcome: Outcome,
    /// What is registered now.
    pub endpoint: Option<Endpoint>,
    /// What was registered before; `None` when there was none.
    pub before: Option<Endpoint>,
    /// What is known about the signing secret now.
    pub secret: SecretState,
    /// The secret that was made, to be shown once.
    pub fresh: Option<Secret>,
    /// Why the new secret is not on the disk: it must be shown, or it is lost.
    pub unkept: Option<StoreError>,
    /// Why the record of what was done is not on the disk; the next run finds out by itself.
    pub unsettled: Option<StoreError>,
}

/// Why it was not done, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum Failed<E: Error + 'static> {
    /// It must not be done.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk failed before anything was changed at the vendor.
    #[error("nothing was changed at the vendor")]
    Disk(#[source] StoreError),
    /// The vendor failed and nothing was changed.
    #[error("nothing was changed at the vendor")]
    Vendor(#[source] E),
    /// The vendor failed in the middle.
    #[error("{what}")]
    Halfway {
        /// What is known of the state it is in.
        what: &'static str,
        /// Why.
        source: E,
    },
}

/// What the vendor has, with what is kept here.
///
/// # Errors
/// When one of them cannot be asked.
pub async fn look<R: Remote>(
    remote: &R,
    store: &impl Store,
) -> Result<(Saved, Option<String>, Option<Endpoint>), Failed<R::Error>> {
    let saved = store.load().map_err(Failed::Disk)?;
    let held = store.fingerprint().map_err(Failed::Disk)?;
    let found = remote.look().await.map_err(Failed::Vendor)?;
    Ok((saved, held, found))
}

/// What a plan is done with.
#[derive(Debug)]
pub struct Means<'a, R, S> {
    /// The vendor.
    pub remote: &'a R,
    /// The disk.
    pub store: &'a S,
    /// What is kept there now.
    pub saved: &'a Saved,
    /// What the vendor has now.
    pub found: Option<&'a Endpoint>,
    /// A secret that the user gives.
    pub given: Option<&'a Secret>,
    /// How long it is meant to last.
    pub lasting: Lasting,
}

/// Does what was planned.
///
/// # Errors
/// When the disk or the vendor fails; what was begun is written down then.
pub async fn run<R: Remote, S: Store>(plan: &Plan, means: Means<'_, R, S>) -> Result<Done, Failed<R::Error>> {
    let mut work = Work { means, plan, next: Saved::default(), deleted: false };
    work.next = work.means.saved.clone();
    let mut put = None;
    for step in &plan.steps {
        match step {
            Step::Save { former } => work.save(former.as_ref())?,
            Step::Delete(_) => work.delete().await?,
            Step::Put(endpoint) => put = Some(work.put(endpoint).await?),
            // Kept with the answer that brings it, so that nothing comes in between.
            Step::Keep => {}
        }
    }
    Ok(work.settle(put))
}

struct Work<'a, R, S> {
    means: Means<'a, R, S>,
    plan: &'a Plan,
    next: Saved,
    deleted: bool,
}

impl<R: Remote, S: Store> Work<'_, R, S> {
    fn save(&mut self, former: Option<&Endpoint>) -> Result<(), Failed<R::Error>> {
        let store = self.means.store;
        if self.plan.target.is_some() {
            store.reserve().map_err(Failed::Disk)?;
        }
        let now = clock::now().rfc3339_millis();
        match self.means.lasting {
            Lasting::WhileListening => {
                let endpoint = self.plan.target.clone();
                self.next.temporary = endpoint.map(|endpoint| Temporary {
                    endpoint,
                    former: former.cloned(),
                    secret_known: self.plan.secret == SecretState::Known,
                    begun: now.clone(),
                });
            }
            // What is put back must stay known until it is back.
            Lasting::UntilChanged if self.plan.outcome == Outcome::Restored => {}
            Lasting::UntilChanged => {
                self.next.former = Some(Former { endpoint: former.cloned(), saved: now.clone() });
            }
        }
        let before = store.fingerprint().map_err(Failed::Disk)?;
        self.next.intent =
            Some(Intent { wanted: self.plan.target.clone(), mints: self.plan.mints, before, begun: now });
        store.save(&self.next).map_err(Failed::Disk)
    }

    async fn delete(&mut self) -> Result<(), Failed<R::Error>> {
        let deleted = self.means.remote.delete().await;
        deleted.map_err(|error| self.failed(error, "it is not known whether the webhook was deleted"))?;
        self.deleted = true;
        Ok(())
    }

    async fn put(&mut self, endpoint: &Endpoint) -> Result<Put, Failed<R::Error>> {
        let put = self.means.remote.put(endpoint).await;
        put.map_err(|error| {
            let what = match (self.deleted, self.plan.mints) {
                (true, _) => "the webhook was deleted, and it is not certain that it was made anew",
                (false, true) => {
                    "it is not certain that the webhook was made; its secret may exist and be lost"
                }
                (false, false) => "it is not certain that the webhook was changed",
            };
            self.failed(error, what)
        })
    }

    /// Takes the intent back where it is certain that nothing came of it.
    fn failed(&self, error: R::Error, what: &'static str) -> Failed<R::Error> {
        self.means.store.release();
        if self.deleted || !R::untouched(&error) {
            return Failed::Halfway { what, source: error };
        }
        // Left behind, it would only ask the next run to look closer.
        drop(self.means.store.save(self.means.saved));
        Failed::Vendor(error)
    }

    fn settle(mut self, put: Option<Put>) -> Done {
        let plan = self.plan;
        self.means.store.release();
        let answered = put.is_some();
        let fresh = put.and_then(|put| put.secret);
        let to_keep = fresh.as_ref().or(self.means.given);
        let unkept = to_keep.and_then(|secret| self.means.store.keep(secret).err());
        // A new one was expected and none came: somebody, or an earlier try of ours, was first.
        let missed = answered && plan.mints && fresh.is_none();
        let secret = match (&unkept, to_keep) {
            (Some(_), _) => SecretState::Lost,
            (None, Some(_)) => SecretState::Known,
            (None, None) if missed => SecretState::Lost,
            (None, None) if plan.target.is_none() => SecretState::Unknown,
            (None, None) => plan.secret,
        };
        let mut done = Done {
            outcome: plan.outcome,
            endpoint: plan.target.clone(),
            before: self.means.found.cloned(),
            secret,
            fresh,
            unkept,
            unsettled: None,
        };
        // The intent stays where the secret is lost: it is what says so.
        if done.secret == SecretState::Lost {
            return done;
        }
        self.next.secret_known = done.secret == SecretState::Known;
        self.next.intent = None;
        if self.means.lasting == Lasting::UntilChanged {
            self.next.temporary = None;
            match (plan.outcome, &self.means.saved.temporary) {
                // The listener's own is gone and all else as it was; what was there already may be somebody else's.
                (Outcome::Restored, Some(_)) | (Outcome::Unchanged, _) => {}
                (Outcome::Restored, None) => (self.next.current, self.next.former) = (None, None),
                _ => self.next.current.clone_from(&plan.target),
            }
        }
        if self.next != *self.means.saved {
            done.unsettled = self.means.store.save(&self.next).err();
        }
        done
    }
}
