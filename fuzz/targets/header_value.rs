//! Fuzzes `checks::header_value`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hookctl::checks::header_value::check(data));
