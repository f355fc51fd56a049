//! What the tool does, one file a thing; jobs compose the rooms below and
//! speak only through [`report::Report`].

pub mod account;
pub mod capacity;
pub mod check;
pub mod demo;
pub mod export;
pub mod interviews;
pub mod judge;
pub mod listen;
pub mod part;
pub mod reconcile;
pub mod register;
pub mod replay;
pub mod report;
pub mod sandbox;
pub mod studies;
pub mod trigger;
pub mod wanted;
