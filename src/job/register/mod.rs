//! Points a vendor's webhook at a URL without losing anything: the signing
//! secret that is shown once, the registration that was there before, or the
//! knowledge that one of them may be lost.
//!
//! What is to be done is planned by pure code from what is kept here and what
//! the vendor answers ([`plan`]); [`run`] does it, step by step, and writes what
//! it intends before it touches anything. What it talks to and where it writes
//! come from outside (`ports`), so a test fails each step in turn.

mod endpoint;
mod guided;
mod plan;
mod ports;
mod run;
mod session;
mod state;
mod vendor;

pub use endpoint::{Endpoint, EndpointError, check_events, check_url, same_url};
pub use guided::{Watch, WatchError};
pub use plan::{Known, Outcome, Plan, Point, Refusal, Step, Wish, plan};
pub use ports::{Put, Remote, Store, StoreError};
pub use run::{Done, Failed, Lasting, Means, look, run};
pub use session::{Ended, begin, put_back};
pub use state::{Former, Intent, Saved, SecretState, Temporary};
pub use vendor::EVENTS;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod trials;
