//! The reports of `hookctl check`: for a person, for programs, for pull requests.
//!
//! Each report is a pure function from what a run found, and what there is to
//! say about it ([`About`]), to text. What a handler answered came from outside:
//! it is masked, cut and made safe in every one of them.

mod about;
mod advice;
pub mod baseline;
mod curl;
pub mod json;
pub mod junit;
pub mod list;
pub mod markdown;
pub mod sarif;
pub mod table;
mod xml;

pub use about::{About, Shown, Totals};
