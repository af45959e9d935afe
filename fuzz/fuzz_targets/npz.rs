//! The reader of archives of numpy.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    isard_fuzz::file("table.npz", bytes, |path| {
        let _ = isard::formats::read(path, &Default::default());
    });
});
