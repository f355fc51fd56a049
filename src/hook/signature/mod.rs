//! Signing and verifying: the interpreter of the providers' schemes.
//!
//! Works on the bytes as they came and parses nothing that the scheme does not
//! name. Never stops early on a byte of a signature.

mod again;
mod asymmetric;
mod candidates;
mod claims;
pub(in crate::hook) mod covered;
mod credentials;
mod escape;
pub mod jwt;
mod key;
mod keygen;
mod keytext;
mod params;
pub(in crate::hook) mod scope;
mod shown;
mod sign;
mod time;
mod url;
pub(in crate::hook) mod value;
mod verify;

pub(in crate::hook) use key::Key;
pub use key::{KeyError, Keys, SecretProblem};
pub use keygen::{KeygenError, PublicForm, PublicKey};
pub use params::ParamsError;
pub use shown::{MOST_SIGNED, Shown};
pub use sign::{SignError, Signed};

/// More signed elements than any sender puts into one delivery.
const MOST_ELEMENTS: usize = 1_000;
