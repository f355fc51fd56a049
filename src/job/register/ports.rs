//! What a registration talks to, and where it is kept: given from outside.

use super::endpoint::Endpoint;
use super::state::Saved;
use crate::hook::secret::Secret;
use std::error::Error;

/// What the vendor answers to a registration.
#[derive(Debug)]
pub struct Put {
    /// Whether there was none before.
    pub created: bool,
    /// What it says is registered now.
    pub endpoint: Endpoint,
    /// The secret, which it gives with a new registration and never again.
    pub secret: Option<Secret>,
}

/// A vendor that has one webhook a project.
pub trait Remote {
    /// Why it did not do what it was asked.
    type Error: Error + Send + Sync + 'static;

    /// What is registered.
    fn look(&self) -> impl Future<Output = Result<Option<Endpoint>, Self::Error>> + Send;

    /// Registers, or changes what is registered.
    fn put(&self, endpoint: &Endpoint) -> impl Future<Output = Result<Put, Self::Error>> + Send;

    /// Removes what is registered; none is as good.
    fn delete(&self) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Whether it is certain that nothing came of what failed: the vendor said
    /// no, or never got it.
    fn untouched(error: &Self::Error) -> bool;
}

/// Why something could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StoreError {
    /// What was not done, as a sentence fragment.
    pub what: String,
    /// Why.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// Where a profile's registration and signing secret are kept. What returned
/// without an error is on the disk.
pub trait Store {
    /// What is kept.
    ///
    /// # Errors
    /// When it cannot be read or is not understood.
    fn load(&self) -> Result<Saved, StoreError>;

    /// Keeps this instead.
    ///
    /// # Errors
    /// When it cannot be written; then the former is still there.
    fn save(&self, saved: &Saved) -> Result<(), StoreError>;

    /// Makes sure that a secret can be written, before one is asked for.
    ///
    /// # Errors
    /// When the disk is full or the folder cannot be written to.
    fn reserve(&self) -> Result<(), StoreError>;

    /// Gives back what `reserve` took.
    fn release(&self);

    /// Keeps the signing secret.
    ///
    /// # Errors
    /// When it cannot be written.
    fn keep(&self, secret: &Secret) -> Result<(), StoreError>;

    /// What tells the kept secret from another, and says nothing else about it.
    ///
    /// # Errors
    /// When it cannot be read.
    fn fingerprint(&self) -> Result<Option<String>, StoreError>;
}
