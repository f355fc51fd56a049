//! `hookctl check`: against programs, against itself, and case by case.

mod command;
mod ends;
mod handled;
mod handler;
mod kit;
mod lints;
mod own;
mod programs;
mod vacuity;
mod workflow;
