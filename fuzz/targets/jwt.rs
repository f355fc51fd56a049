//! Fuzzes `checks::jwt`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hookctl::checks::jwt::check(data));
