#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| axum_channels::fuzz::requests(data));
