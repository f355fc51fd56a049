//! `hookctl check`: against programs, against itself, and case by case.

mod ends;
mod programs;
