//! The reader of snapshots.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    isard_fuzz::file("table.isard", bytes, |path| {
        let _ = isard::formats::read(path, &Default::default());
    });
});
