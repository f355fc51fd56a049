//! `hookctl check`: against programs, against itself, and case by case.

mod ends;
mod handler;
mod kit;
mod programs;
mod vacuity;
