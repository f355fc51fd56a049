//! The `hookctl` program.

fn main() {}
