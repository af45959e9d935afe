//! Rows of a snapshot for several processes: together they are the whole, and what is missing or wrong is said.

use isard::operator::{Direction, Operator};
use isard::synth::{self, Settings};
use isard::{System, snapshot};
use ndarray::Array1;

use crate::support::isard;

/// Rows are dealt out whole, about evenly; products of the shares are those of the table, whichever way.
#[test]
fn shares_of_a_snapshot_make_the_products_of_its_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.isard");
    let table = synth::table(&Settings { regions: 7, sectors: 9, density: 0.4, ..Settings::default() });
    snapshot::write(&table, &path, false).unwrap();
    let file = snapshot::open(&path).unwrap();
    let n = table.dim();
    let sums = table.row_sums();
    let system = System::new(table);
    let (k, x) = (3, Array1::linspace(0.1, 2.0, 3 * n).to_vec());
    for ranks in [1, 2, 3, 5, 80] {
        let deals = file.deal(ranks).unwrap();
        assert_eq!((deals.len(), deals[0].start, deals[ranks - 1].end), (ranks, 0, n));
        assert!(deals.windows(2).all(|w| w[0].end == w[1].start));
        if ranks <= 3 {
            let most = deals.iter().map(|d| file.z_rows(d.clone()).unwrap().data.len()).max().unwrap();
            assert!((most as f64) < 1.35 * file.entries() as f64 / ranks as f64, "{most} of {} in {ranks}", file.entries());
        }
        for direction in [Direction::Forward, Direction::Transposed] {
            let mut expected = vec![0.0; n * k];
            system.operator().apply(direction, k, &x, &mut expected);
            for rows in deals.iter().filter(|d| !d.is_empty()) {
                let share = match direction {
                    Direction::Forward => file.share(rows.clone()).unwrap(),
                    Direction::Transposed => file.turned_share(rows.clone()).unwrap(),
                };
                let mut y = vec![0.0; rows.len() * k];
                share.product(false, k, &x, &mut y);
                for (a, b) in y.iter().zip(&expected[rows.start * k..rows.end * k]) {
                    assert!((a - b).abs() <= 1e-13 * b.abs().max(1.0), "{direction:?} {a} {b}");
                }
            }
        }
        let without = file.with_flows_elsewhere().unwrap();
        let found: Vec<_> = deals.iter().flat_map(|rows| file.row_sums(&without, rows.clone()).unwrap()).collect();
        assert_eq!(found.into_iter().unzip::<_, _, Vec<_>, Vec<_>>(), sums);
    }
}

/// The rows of some regions of a product by factors are those of the whole, bit by bit.
#[test]
fn regions_of_a_product_by_factors_are_those_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("factors.isard");
    let made = ["synth", "--gravity", "--regions", "70", "--sectors", "6", "-q", "-o"];
    isard().args(made).arg(&path).assert().success();
    let factors = snapshot::read_shares(&path).unwrap().take_operator().unwrap();
    let n = factors.dim();
    for k in [1, 5] {
        let x: Vec<f64> = (0..n * k).map(|i| 1.0 + (i % 17) as f64).collect();
        for direction in [Direction::Forward, Direction::Transposed] {
            let mut whole = vec![0.0; n * k];
            factors.apply(direction, k, &x, &mut whole);
            for own in [0..70, 0..1, 3..66, 64..70, 69..70] {
                let mut y = vec![f64::NAN; own.len() * 6 * k];
                factors.share(direction, false, &own, k, &x, &mut y);
                assert_eq!(y, &whole[own.start * 6 * k..own.end * 6 * k], "{direction:?} {own:?} {k}");
            }
        }
    }
}

/// Nobody takes flows that are elsewhere for zero.
#[test]
#[should_panic(expected = "another process keeps")]
fn flows_that_are_elsewhere_are_not_zero() {
    let table = synth::table(&Settings { regions: 2, sectors: 2, ..Settings::default() });
    let mut without = isard::Table::new(table.labels.clone(), isard::table::FlowMatrix::elsewhere(4), table.y.clone(), table.x.clone());
    without.unit = table.unit.clone();
    assert_eq!(without.z.nnz(), 0);
    without.row_sums();
}

/// An engine that is not there ends with exit 2 and the line that builds it.
#[test]
fn an_engine_that_is_not_built_names_the_line_that_builds_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    isard().current_dir(at).args(["synth", "--regions", "2", "--sectors", "3", "-q", "-o", "table.isard"]).assert().success();
    for command in ["solve", "flows"] {
        let found = isard().current_dir(at).env("PATH", "").args([command, "table.isard", "--engine", "mpi"]).output().unwrap();
        let said = String::from_utf8_lossy(&found.stderr).into_owned();
        assert_eq!(found.status.code(), Some(2), "{said}");
        assert!(said.contains("cargo build --release --manifest-path engines/mpi/Cargo.toml"), "{said}");
        let local = isard().current_dir(at).args([command, "table.isard", "--engine", "local", "-q"]).output().unwrap();
        assert!(local.status.success());
    }
}
