//! The reports of `hookctl check`: for a person, for programs, for pull requests.

pub mod baseline;
pub mod json;
pub mod junit;
pub mod list;
pub mod markdown;
pub mod sarif;
pub mod table;
