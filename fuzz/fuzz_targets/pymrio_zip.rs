//! The reader of zip files of pymrio.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    isard_fuzz::file("table.zip", bytes, |path| {
        let _ = isard::formats::read(path, &Default::default());
    });
});
