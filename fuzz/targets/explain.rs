//! Fuzzes `checks::explain`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hookctl::checks::explain::check(data));
