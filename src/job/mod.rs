//! What the tool does, one file a thing; jobs compose the rooms below and
//! speak only through [`report::Report`].

pub mod report;
