//! Fuzzes `checks::profile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hookctl::checks::profile::check(data));
