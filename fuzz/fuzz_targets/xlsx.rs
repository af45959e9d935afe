//! The reader of workbooks in .xlsx.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    isard_fuzz::file("table.xlsx", bytes, |path| {
        let _ = isard::formats::read(path, &Default::default());
    });
});
