//! Detecting trade shares: fits of dense and sparse rows agree, truncation says what it loses, the command tells.

use assert_cmd::Command;
use isard::operator::detect::{EQUAL, recognised, streamed};
use isard::operator::{Csr, Dense, Direction, Fit, Operator, truncate};
use isard::system::{self, System};
use isard::{synth, table};
use ndarray::Array2;
use proptest::prelude::*;
use serde_json::Value;

use crate::support::shared;

fn detect(table: &std::path::Path, more: &[&str]) -> String {
    let run = Command::cargo_bin("isard").unwrap().arg("detect").arg(table).args(more).assert().success();
    String::from_utf8(run.get_output().stdout.clone()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_fit_of_all_entries_is_the_fit_of_the_listed_ones(regions in 1usize..6, sectors in 1usize..14, density in 0.0..1.0f64, negative in 0.0..0.2f64, seed: u64) {
        let table = synth::table(&synth::Settings { regions, sectors, density, negative_share: negative, seed, ..synth::Settings::default() });
        let a = Csr::new(system::coefficients(&table.z, &table.x));
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
    isard::snapshot::write_shares(&synth::gravity(&synth::GravitySettings::default()), &path, false).unwrap();
    let run = Command::cargo_bin("isard").unwrap().arg("detect").arg(&path).assert().code(2);
    assert!(String::from_utf8_lossy(&run.get_output().stderr).contains("by its trade shares"));
}

/// A table and its snapshot.
fn stored(settings: &synth::Settings) -> (table::Table, tempfile::TempDir, std::path::PathBuf) {
    let table = synth::table(settings);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.isard");
    isard::snapshot::write(&table, &path, false).unwrap();
    (table, folder, path)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn factors_from_the_file_are_those_from_memory(regions in 2usize..6, sectors in 1usize..14, near in 0.0..0.05f64, few in any::<bool>(), seed: u64) {
        // misfits of `near`, or exact shares
        let misfit = if few { 0.0 } else { near };
        let settings = synth::Settings { regions, sectors, trade_shares: Some(misfit), seed, ..synth::Settings::default() };
        let (table, _folder, path) = stored(&settings);
        let (offsets, x) = (&table.labels.offsets, table.x.as_slice().unwrap());
        let a = Csr::new(system::coefficients(&table.z, &table.x));
        let memory = Fit::new(&a, offsets, Some(x)).unwrap().operator(&a, EQUAL).unwrap();
        let flows = isard::snapshot::open(&path).unwrap();
        let file = match streamed(&flows, offsets, x, EQUAL) {
            Ok(found) => found.operator,
            Err(e) => {
                let entries = memory.form().correction.as_ref().map_or(0, Operator::entries);
                prop_assert!(entries as f64 > 0.3 * a.entries() as f64 - 1.0, "{e}");
                return Ok(());
            }
        };
        for direction in [Direction::Forward, Direction::Transposed] {
            let (mut one, mut two, mut rows) = (vec![0.0; a.dim()], vec![0.0; a.dim()], vec![0.0; a.dim()]);
            memory.apply(direction, 1, x, &mut one);
            file.apply(direction, 1, x, &mut two);
            a.apply(direction, 1, x, &mut rows);
            let size = rows.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            for ((one, two), rows) in one.iter().zip(&two).zip(&rows) {
                prop_assert!((one - two).abs() <= 1e-13 * size && (two - rows).abs() <= 1e-11 * size, "{one} {two} {rows}");
            }
            prop_assert!((memory.rounding_steps(direction) - file.rounding_steps(direction)).abs() <= a.dim() as f64);
        }
    }
}

#[test]
fn corrections_of_a_few_entries_are_kept_and_of_many_refused() {
    // some flows off an exact table: the correction holds the rows and columns they touch
    let settings = synth::Settings { regions: 6, sectors: 10, trade_shares: Some(0.0), ..synth::Settings::default() };
    let (mut table, folder, _) = stored(&settings);
    let own = table.z.get(3, 25).copied().unwrap();
    *table.z.get_mut(3, 25).unwrap() = 1.5 * own;
    let path = folder.path().join("off.isard");
    isard::snapshot::write(&table, &path, false).unwrap();
    let (offsets, x) = (&table.labels.offsets, table.x.as_slice().unwrap());
    let flows = isard::snapshot::open(&path).unwrap();
    let found = streamed(&flows, offsets, x, EQUAL).unwrap();
    let entries = found.operator.form().correction.as_ref().unwrap().entries();
    assert!(found.misfit > 0.0 && (1..=50).contains(&entries), "{entries}");
    let a = Csr::new(system::coefficients(&table.z, &table.x));
    let (mut one, mut two) = (vec![0.0; a.dim()], vec![0.0; a.dim()]);
    a.apply(Direction::Forward, 1, x, &mut one);
    found.operator.apply(Direction::Forward, 1, x, &mut two);
    assert!(one.iter().zip(&two).all(|(a, b)| (a - b).abs() <= 1e-12 * a.abs()));
    let (table, _folder, path) = stored(&synth::Settings { regions: 6, sectors: 10, ..synth::Settings::default() });
    let flows = isard::snapshot::open(&path).unwrap();
    let refusal = streamed(&flows, &table.labels.offsets, table.x.as_slice().unwrap(), EQUAL).err().unwrap();
    assert!(refusal.to_string().contains("do not fit") && refusal.help().unwrap().contains("`operator` csr"), "{refusal}");
    let mut idle = table.x.to_vec();
    idle[7] = 0.0;
    assert!(streamed(&flows, &table.labels.offsets, &idle, EQUAL).err().unwrap().to_string().contains("row 8"));
}

#[test]
fn tables_of_trade_shares_are_recognised_with_their_odd_entries_and_no_others() {
    let settings =
        |misfit| synth::Settings { regions: 7, sectors: 30, trade_shares: Some(misfit), zero_output: 2, ..synth::Settings::default() };
    let mut table = synth::table(&settings(0.0));
    let offsets = table.labels.offsets.clone();
    let looked_at = [0usize, 4, 8, 12, 16, 20, 24, 28];
    for odd in [None, Some((3usize, 75usize))] {
        if let Some((i, j)) = odd {
            assert!(!looked_at.contains(&i));
            let own = table.z.get(i, j).copied().unwrap();
            *table.z.get_mut(i, j).unwrap() = 1.5 * own;
        }
        let found = recognised(&table.z, &offsets, &table.x).unwrap();
        assert_eq!(found.form().correction.is_some(), odd.is_some());
        let a = Csr::new(system::coefficients(&table.z, &table.x));
        for direction in [Direction::Forward, Direction::Transposed] {
            let (mut one, mut two) = (vec![0.0; a.dim()], vec![0.0; a.dim()]);
            a.apply(direction, 1, table.x.as_slice().unwrap(), &mut one);
            found.apply(direction, 1, table.x.as_slice().unwrap(), &mut two);
            assert!(one.iter().zip(&two).all(|(a, b)| (a - b).abs() <= 1e-12 * a.abs()));
        }
    }
    *table.z.get_mut(5, 80).unwrap() = f64::NAN;
    let found = recognised(&table.z, &offsets, &table.x);
    assert!(found.is_none_or(|f| f.form().correction.as_ref().unwrap().matrix().data().iter().any(|v| v.is_nan())), "a NaN is not hidden");
    let near = synth::table(&settings(1e-4));
    assert!(recognised(&near.z, &near.labels.offsets, &near.x).is_none());
    // sectors without output neither buy nor hide what the others are; one that buys is not for this to judge
    let mut idle = synth::table(&synth::Settings { zero_output: 4, ..settings(0.0) });
    assert!(idle.z.nnz() < idle.dim() * idle.dim());
    let found = recognised(&idle.z, &idle.labels.offsets, &idle.x).unwrap();
    assert!(found.form().correction.is_none());
    let busy = idle.x.iter().position(|x| *x != 0.0).unwrap();
    idle.x[busy] = 0.0;
    assert!(recognised(&idle.z, &idle.labels.offsets, &idle.x).is_none());
    // a full table this large is kept so without being asked
    let full = synth::table(&synth::Settings { regions: 26, sectors: 100, trade_shares: Some(0.0), ..synth::Settings::default() });
    assert_eq!(System::new(full.clone()).stored(None, false).unwrap().operator().name(), "trade-share");
}

#[test]
fn the_command_reads_flows_from_the_file_and_refuses_what_does_not_fit() {
    let settings = synth::Settings { regions: 6, sectors: 40, trade_shares: Some(0.0), ..synth::Settings::default() };
    let (table, _folder, path) = stored(&settings);
    let solve = |more: &[&str]| {
        let mut command = Command::cargo_bin("isard").unwrap();
        command.arg("solve").arg(&path).args(more).arg("--json");
        command
    };
    let run = solve(&["--operator", "trade-share"]).assert().success();
    let o: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    assert_eq!((o["certified"].clone(), o["operator"].clone()), (true.into(), "trade-share".into()));
    assert!((o["columns"][0]["sum"].as_f64().unwrap() / table.x.sum() - 1.0).abs() < 1e-9, "{o}");
    let refused = solve(&[]).env("ISARD_MEMORY", "1500000").assert().code(2);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("57600 flows") && said.contains(" are available") && said.contains("--operator trade-share"), "{said}");
    solve(&["--operator", "trade-share"]).env("ISARD_MEMORY", "1500000").assert().success();
    // damage anywhere in Z is found
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 64;
    std::fs::write(&path, bytes).unwrap();
    let broken = solve(&["--operator", "trade-share"]).assert().code(2);
    assert!(String::from_utf8_lossy(&broken.get_output().stderr).contains("checksum"));
}

/// A chain of ten stages: sellers are always one stage on, so nothing comes back, but the mean of a product's sellers is
/// at any stage, and the fit feeds on itself.
#[test]
fn solve_names_the_method_that_takes_over_where_a_fit_does_not_contract() {
    let (regions, sectors) = (3, 170);
    let settings = synth::Settings { regions, sectors, categories: 1, ..synth::Settings::default() };
    let mut table = synth::table(&settings);
    let n = regions * sectors;
    let stage = |row: usize| (row * 7 + row / sectors * 3 + row % sectors / 10) % 10;
    let mut a = Array2::<f64>::zeros((n, n));
    for j in 0..n {
        for i in 0..sectors {
            let sellers = (0..regions).filter(|&r| r != j / sectors).map(|r| r * sectors + i);
            if let Some(seller) = sellers.into_iter().find(|&s| stage(s) == stage(j) + 1) {
                a[[seller, j]] = 1.0;
            }
        }
        let sum: f64 = a.column(j).sum();
        a.column_mut(j).mapv_inplace(|v| if sum > 0.0 { 1.3 * v / sum } else { 0.0 });
    }
    let mut x = ndarray::Array1::<f64>::ones(n);
    for _ in 0..10 {
        x = a.dot(&x) + 1.0;
    }
    let z = &a * &x;
    table.y.fill(0.0);
    (0..n).for_each(|i| table.y[[i, i % regions]] = x[i] - z.row(i).sum());
    (table.z, table.x) = (table::sparse(z.view()).into(), x);
    table.value_added.clear();
    (table.exports, table.stock, table.error, table.imports) = (None, None, None, None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stages.isard");
    isard::snapshot::write(&table, &path, false).unwrap();
    let run = Command::cargo_bin("isard").unwrap().arg("solve").arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("does not contract") && said.contains("direct takes over") && said.contains("method direct"), "{said}");
    assert!(run.status.success(), "{said}");
}
