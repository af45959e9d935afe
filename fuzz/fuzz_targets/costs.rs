//! The reader of unit costs.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    isard_fuzz::file("costs.csv", bytes, |path| {
        let _ = isard::formats::beside::costs::read_costs(path, Default::default());
    });
});
