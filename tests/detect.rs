//! Detecting trade shares: fits of dense and sparse rows agree, truncation says what it loses, the command tells.

use assert_cmd::Command;
use isard::operator::{Csr, Dense, Direction, Fit, Operator, truncate};
use isard::system::System;
use isard::{synth, table};
use ndarray::Array2;
use proptest::prelude::*;
use serde_json::Value;

use crate::oracle::shared;

fn detect(table: &std::path::Path, more: &[&str]) -> String {
    let run = Command::cargo_bin("isard").unwrap().arg("detect").arg(table).args(more).assert().success();
    String::from_utf8(run.get_output().stdout.clone()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_fit_of_all_entries_is_the_fit_of_the_listed_ones(regions in 1usize..6, sectors in 1usize..14, density in 0.0..1.0f64, negative in 0.0..0.2f64, seed: u64) {
        let table = synth::table(&synth::Settings { regions, sectors, density, negative_share: negative, seed, ..synth::Settings::default() });
        let a = System::new(&table).rows;
        let (offsets, x) = (&table.labels.offsets, table.x.as_slice());
        let all = Dense::from_csr(&a);
        let (listed, whole) = (Fit::new(&a, offsets, x).unwrap(), Fit::new(&all, offsets, x).unwrap());
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-13 * b.abs().max(1e-6));
        prop_assert!(listed.domestic == whole.domestic && listed.technology == whole.technology);
        prop_assert!(near(&listed.shares, &whole.shares) && (listed.misfit - whole.misfit).abs() < 1e-12);
        let (m, w) = (whole.misfit(&a, 1e-9), whole.misfit(&all, 1e-9));
        prop_assert_eq!((m.entries, m.column, m.frobenius), (w.entries, w.column, w.frobenius));
        prop_assert_eq!(m.forms, w.forms);
        prop_assert_eq!(m.products.iter().map(|p| p.entries).sum::<usize>(), m.entries);
        prop_assert!(m.exact || (m.products.iter().map(|p| p.share).sum::<f64>() - 1.0).abs() < 1e-12);
        // the sums, written out
        let dense = a.matrix().to_dense();
        let fit = Array2::from_shape_fn(dense.dim(), |(row, column)| {
            let (p, i, q, j) = (row / sectors, row % sectors, column / sectors, column % sectors);
            if p == q { dense[[row, column]] } else { whole.shares[(i * regions + p) * regions + q] * whole.technology[(q * sectors + i) * sectors + j] }
        });
        let apart = (&dense - &fit).iter().map(|v| v * v).sum::<f64>().sqrt() / dense.iter().map(|v| v * v).sum::<f64>().sqrt();
        prop_assert!((apart - m.frobenius).abs() <= 1e-12 * (1.0 + apart) || dense.sum() == 0.0);
        let factored = Fit::new(&all, offsets, x).unwrap().operator(&all, 0.0).unwrap();
        let same = factored.block(0..a.dim());
        prop_assert!(same.iter().zip(&dense).all(|(s, d)| (s - d).abs() <= 1e-15));
    }

    #[test]
    fn a_truncation_loses_no_more_than_it_says(n in 1usize..30, threshold in 0.0..1.0f64, seed: u64) {
        let mut state = seed | 1;
        let mut next = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0 };
        let dense = Array2::from_shape_fn((n, n), |_| next());
        let a = Csr::new(table::sparse(dense.view()));
        let (kept, lost) = truncate(&a, threshold);
        let apart = &dense - &kept.matrix().to_dense();
        prop_assert!(apart.iter().all(|v| v.abs() < threshold || *v == 0.0));
        prop_assert_eq!(kept.entries() + lost.entries, a.entries());
        prop_assert!(apart.rows().into_iter().zip(&lost.rows).all(|(r, l)| r.iter().map(|v| v.abs()).sum::<f64>() <= *l));
        prop_assert!(apart.columns().into_iter().zip(&lost.columns).all(|(c, l)| c.iter().map(|v| v.abs()).sum::<f64>() <= *l));
        let x: Vec<f64> = (0..n).map(|_| next()).collect();
        let (mut whole, mut part) = (vec![0.0; n], vec![0.0; n]);
        a.apply(Direction::Forward, 1, &x, &mut whole);
        kept.apply(Direction::Forward, 1, &x, &mut part);
        let moved: f64 = whole.iter().zip(&part).map(|(a, b)| (a - b).abs()).sum();
        prop_assert!(moved <= lost.bound(&x) + 1e-14 * n as f64);
    }
}

#[test]
fn nothing_is_lost_below_a_threshold_of_zero_and_a_nan_stays() {
    let a = Csr::new(table::sparse(ndarray::arr2(&[[f64::NAN, 1e-300], [0.0, 2.0]]).view()));
    let (kept, lost) = truncate(&a, 0.0);
    assert_eq!((kept.entries(), lost.entries, lost.bound(&[1.0, 1.0])), (3, 0, 0.0));
    let (kept, lost) = truncate(&a, 2.0);
    assert_eq!((kept.entries(), lost.entries), (2, 1));
    assert!(lost.rows[0] >= 1e-300 && lost.rows[1] == 0.0 && lost.columns[1] >= 1e-300);
}

#[test]
fn a_made_up_table_is_detected_for_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("random.isard");
    isard::snapshot::write(&synth::table(&synth::Settings { regions: 5, sectors: 8, ..synth::Settings::default() }), &path, false).unwrap();
    let text = detect(&path, &[]);
    for word in [
        "5 regions",
        "SYNTHETIC",
        "Frobenius",
        "Products that fit worst",
        "factored + correction",
        "trade-share-refinement",
        "Recommended: --operator csr",
    ] {
        assert!(text.contains(word), "{word} is not in:\n{text}");
    }
    let o: Value = serde_json::from_str(&detect(&path, &["--json"])).unwrap();
    assert_eq!((o["regions"].as_u64(), o["rows"].as_u64(), o["stamp"].as_str()), (Some(5), Some(40), Some("SYNTHETIC")));
    assert_eq!(o["misfit"]["products"].as_array().unwrap().len(), o["names"].as_array().unwrap().len());
    assert!(o["misfit"]["frobenius"].as_f64().unwrap() > 0.01 && o["passes"].as_array().unwrap().len() > 3);
}

#[test]
fn the_embedded_table_is_made_of_trade_shares() {
    let o: Value = serde_json::from_slice(
        &Command::cargo_bin("isard").unwrap().args(["detect", "--json"]).assert().success().get_output().stdout.clone(),
    )
    .unwrap();
    assert_eq!(o["misfit"]["exact"], true, "{}", o["misfit"]["frobenius"]);
    assert_eq!(
        (o["recommended"]["operator"].as_str(), o["recommended"]["method"].as_str()),
        (Some("trade-share"), Some("trade-share-refinement"))
    );
}

#[test]
fn real_tables_are_measured() {
    if let Some(path) = shared("world/wiod13/wiot_2011.npz") {
        let o: Value = serde_json::from_str(&detect(&path, &["--json"])).unwrap();
        let misfit = o["misfit"]["frobenius"].as_f64().unwrap();
        assert!((1e-3..0.2).contains(&misfit), "{misfit}");
        let passes = o["passes"].as_array().unwrap().iter().find(|p| p["method"] == "trade-share-refinement").unwrap();
        assert!(passes["passes"].as_u64().unwrap() <= 6, "{passes}");
        println!("{}", detect(&path, &[]));
    }
    if let Some(path) = shared("china/mrio_30x42_2007_modelled/mrio30x42_2007.npz") {
        let o: Value = serde_json::from_str(&detect(&path, &["--json"])).unwrap();
        assert_eq!(o["misfit"]["exact"], true, "{}", o["misfit"]["frobenius"]);
    }
}

#[test]
fn a_file_of_factors_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("factors.isard");
    isard::snapshot::write_factors(&synth::gravity(&synth::GravitySettings::default()), &path, false).unwrap();
    let run = Command::cargo_bin("isard").unwrap().arg("detect").arg(&path).assert().code(2);
    assert!(String::from_utf8_lossy(&run.get_output().stderr).contains("by its factors"));
}
