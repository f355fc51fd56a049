//! Fuzzes `checks::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hookctl::checks::template::check(data));
