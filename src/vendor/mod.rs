//! The vendors' REST APIs as their users call them.
//!
//! [`Client`] sends one call and judges its answer; [`UserJourneys`] and
//! [`Koji`] know the endpoints. What a vendor leaves undocumented is read
//! tolerantly ([`reading`]): every item keeps the whole object it came in.
//! Never prints, never reads the environment, and keeps nothing on the disk.

mod base;
mod call;
mod client;
mod error;
mod generation;
pub mod koji;
pub mod limits;
mod model;
mod page;
pub mod reading;
mod remedy;
pub mod retry;
mod shape;
mod sse;
pub mod userjourneys;

pub use base::{BaseUrl, BaseUrlError};
pub use call::{Answer, Call};
pub use client::{Client, Vendor, Wait};
pub use error::{Failure, Misshapen, VendorError};
pub use generation::Generation;
pub use koji::Koji;
pub use model::{Chat, Interview, Limit, Limits, Registration, Release, Study};
pub use page::{Circle, Item, LARGEST_PAGE, Page, Paging, Trail};
pub use userjourneys::UserJourneys;
