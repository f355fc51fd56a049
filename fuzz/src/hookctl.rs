//! The pure layer of hookctl, and what the fuzz targets hold of it.

extern crate self as hookctl;

#[path = "../../src/hook/mod.rs"]
pub mod hook;

pub mod checks;
