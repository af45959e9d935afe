//! The reader of folders in long form: the first byte says which file of a sound folder is replaced.
#![no_main]

const SOUND: [(&str, &[u8]); 9] = [
    ("table.toml", include_bytes!("../../fixtures/long_small/table.toml")),
    ("sectors.csv", include_bytes!("../../fixtures/long_small/sectors.csv")),
    ("categories.csv", include_bytes!("../../fixtures/long_small/categories.csv")),
    ("flows.csv", include_bytes!("../../fixtures/long_small/flows.csv")),
    ("demand.csv", include_bytes!("../../fixtures/long_small/demand.csv")),
    ("columns.csv", include_bytes!("../../fixtures/long_small/columns.csv")),
    ("value_added.csv", include_bytes!("../../fixtures/long_small/value_added.csv")),
    ("emissions.csv", include_bytes!("../../fixtures/long_small/emissions.csv")),
    ("households.csv", include_bytes!("../../fixtures/long_small/households.csv")),
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((which, rest)) = bytes.split_first() else { return };
    let chosen = usize::from(*which) % SOUND.len();
    isard_fuzz::file(SOUND[chosen].0, rest, |path| {
        let folder = path.parent().expect("a file of a folder");
        for (name, bytes) in SOUND.iter().enumerate().filter(|(k, _)| *k != chosen).map(|(_, file)| file) {
            let _ = std::fs::write(folder.join(name), bytes);
        }
        let _ = isard::formats::read(folder, &Default::default());
    });
});
