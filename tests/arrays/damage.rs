//! Files that are cut, or have bytes that are others: an error or a table, never a crash or a huge allocation.

use std::fs;

use super::{ends, root};

/// A number that is the same in every run.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn cut_and_changed_samples_end_in_an_error_or_a_table() {
    let root = root();
    isard::memory::set_limit(Some(1 << 30));
    let folder = tempfile::tempdir().unwrap();
    let count: usize = std::env::var("ISARD_DAMAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let mut state = 7;
    for sample in [
        "gen_generic/v5_plain.mat",
        "gen_generic/v5_sparse_struct.mat",
        "gen_generic/Z.mtx",
        "gen_generic/Y.mtx",
        "gen_generic/Z_csr.npz",
        "gen_emerging/global_mrio_2019.mat",
        "gen_mrio_toolbox_save/demo_2020.nc",
        "gen_r_files/wiot1995.RData",
        "gen_r_files/Z_mass.rds",
        "gen_gtap_har/basedata.har",
    ] {
        let whole = fs::read(root.join(sample)).unwrap();
        // what is packed is damaged inside
        let mut inner = Vec::new();
        let whole = match std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&whole[..]), &mut inner) {
            Ok(_) => inner,
            Err(_) => whole,
        };
        let path = folder.path().join("damaged");
        for k in 0..count {
            let mut bytes = whole.clone();
            if k % 2 == 0 {
                bytes.truncate(next(&mut state) as usize % whole.len());
            }
            for _ in 0..k % 5 {
                if !bytes.is_empty() {
                    // more often where the lengths are
                    let room = if next(&mut state).is_multiple_of(2) { bytes.len().min(600) } else { bytes.len() };
                    let at = next(&mut state) as usize % room;
                    bytes[at] = next(&mut state) as u8;
                }
            }
            fs::write(&path, &bytes).unwrap();
            let cut = bytes.len() < whole.len() / 2;
            assert!(!(ends(&path) && cut), "{sample}: half of it is read as a table");
        }
    }
    isard::memory::set_limit(None);
}
