//! Fuzzes `checks::request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hookctl::checks::request::check(data));
