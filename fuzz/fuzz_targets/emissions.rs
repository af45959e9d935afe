//! The reader of inventories.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    isard_fuzz::file("emissions.csv", bytes, |path| {
        let _ = isard::formats::inventories::read(path, &Default::default());
    });
});
