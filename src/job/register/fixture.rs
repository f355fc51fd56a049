//! A vendor and a disk in memory that fail, or end the program, where a test says.

use super::endpoint::Endpoint;
use super::ports::{Put, Remote, Store, StoreError};
use super::state::Saved;
use crate::hook::secret::Secret;
use std::sync::{Arc, Mutex, MutexGuard};

pub(super) fn endpoint(url: &str) -> Endpoint {
    Endpoint { url: url.to_owned(), events: vec!["interview.completed".to_owned()] }
}

/// What happens at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is refused, and nothing came of it.
    Refused,
    /// The program ends before it.
    KilledBefore,
    /// The program ends after it: what came of it is never heard of.
    KilledAfter,
    /// It happened, and the answer is lost.
    Unheard,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) registered: Option<Endpoint>,
    /// The secret of what is registered, at the vendor.
    pub(super) secret: Option<String>,
    pub(super) made: u32,
    pub(super) saved: Saved,
    pub(super) kept: Option<String>,
    pub(super) log: Vec<&'static str>,
    pub(super) fault: Option<(usize, Fault)>,
}

/// A vendor and a disk; clones share them.
#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<Inner>>);

#[derive(Debug, thiserror::Error)]
#[error("refused")]
pub(super) struct Refused {
    certain: bool,
}

/// How a step goes on.
enum Course {
    Goes,
    Fails,
    Dies,
    DiesAfter,
    Unheard,
}

impl World {
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// As the vendor has it: a webhook with a secret of somebody else.
    pub(super) fn with(url: &str) -> Self {
        let world = Self::default();
        world.lock().registered = Some(endpoint(url));
        world.lock().secret = Some("somebody's".to_owned());
        world
    }

    /// From here on, the step with this number goes wrong in this way.
    pub(super) fn fail(&self, step: usize, fault: Fault) {
        let mut inner = self.lock();
        inner.log.clear();
        inner.fault = Some((step, fault));
    }

    pub(super) fn heal(&self) {
        let mut inner = self.lock();
        inner.log.clear();
        inner.fault = None;
    }

    fn course(&self, step: &'static str) -> Course {
        let mut inner = self.lock();
        inner.log.push(step);
        let number = inner.log.len() - 1;
        match inner.fault {
            Some((at, _)) if number > at && inner.dead() => Course::Dies,
            Some((at, fault)) if at == number => match fault {
                Fault::Refused => Course::Fails,
                Fault::KilledBefore => Course::Dies,
                Fault::KilledAfter => Course::DiesAfter,
                Fault::Unheard => Course::Unheard,
            },
            _ => Course::Goes,
        }
    }

    fn on_disk<T>(&self, step: &'static str, act: impl FnOnce(&mut Inner) -> T) -> Result<T, StoreError> {
        let course = self.course(step);
        let failed = || StoreError { what: format!("cannot {step}"), source: None };
        match course {
            Course::Goes => Ok(act(&mut self.lock())),
            // A dead program hears nothing: whatever it does next does nothing.
            Course::DiesAfter => {
                act(&mut self.lock());
                Err(failed())
            }
            Course::Fails | Course::Dies | Course::Unheard => Err(failed()),
        }
    }

    async fn at_vendor<T>(
        &self,
        step: &'static str,
        act: impl FnOnce(&mut Inner) -> T,
    ) -> Result<T, Refused> {
        match self.course(step) {
            Course::Goes => Ok(act(&mut self.lock())),
            Course::DiesAfter | Course::Unheard => {
                act(&mut self.lock());
                Err(Refused { certain: false })
            }
            Course::Fails => Err(Refused { certain: true }),
            Course::Dies => Err(Refused { certain: false }),
        }
    }
}

impl Inner {
    fn dead(&self) -> bool {
        matches!(self.fault, Some((_, Fault::KilledBefore | Fault::KilledAfter)))
    }
}

impl Remote for World {
    type Error = Refused;

    async fn look(&self) -> Result<Option<Endpoint>, Refused> {
        self.at_vendor("look", |inner| inner.registered.clone()).await
    }

    async fn put(&self, endpoint: &Endpoint) -> Result<Put, Refused> {
        self.at_vendor("put", |inner| {
            let created = inner.registered.is_none();
            inner.registered = Some(endpoint.clone());
            if created {
                inner.made += 1;
                let made = inner.made;
                inner.secret = Some(format!("whsec_fake{made}"));
            }
            let secret = created.then(|| Secret::new(inner.secret.clone().unwrap()).unwrap());
            Put { created, endpoint: endpoint.clone(), secret }
        })
        .await
    }

    async fn delete(&self) -> Result<(), Refused> {
        self.at_vendor("delete", |inner| {
            inner.registered = None;
            inner.secret = None;
        })
        .await
    }

    fn untouched(error: &Refused) -> bool {
        error.certain
    }
}

impl Store for World {
    fn load(&self) -> Result<Saved, StoreError> {
        self.on_disk("load", |inner| inner.saved.clone())
    }

    fn save(&self, saved: &Saved) -> Result<(), StoreError> {
        self.on_disk("save", |inner| inner.saved = saved.clone())
    }

    fn reserve(&self) -> Result<(), StoreError> {
        self.on_disk("reserve", |_| ())
    }

    fn release(&self) {}

    fn keep(&self, secret: &Secret) -> Result<(), StoreError> {
        let text = String::from_utf8(secret.expose().to_vec()).unwrap();
        self.on_disk("keep", |inner| inner.kept = Some(text))
    }

    fn fingerprint(&self) -> Result<Option<String>, StoreError> {
        self.on_disk("fingerprint", |inner| inner.kept.clone())
    }
}
