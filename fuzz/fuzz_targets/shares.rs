//! The reader of snapshots of factors.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    isard_fuzz::file("table.isard", bytes, |path| {
        let _ = isard::snapshot::read_shares(path);
    });
});
