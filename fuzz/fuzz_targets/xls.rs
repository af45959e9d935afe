//! The reader of workbooks in .xls.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    isard_fuzz::file("table.xls", bytes, |path| {
        let _ = isard::formats::read(path, &Default::default());
    });
});
