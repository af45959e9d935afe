//! Comparison with numbers nobody here computed: published examples and other programs.
//!
//! Small published examples are written out below. Larger oracles lie beside the repository in `../shared`; where
//! that is absent each test says that it skips.

use isard::decompose::{accounts::accounts, flows, identities};
use isard::formats;
use isard::labels::{Labels, Name};
use isard::leontief::Leontief;
use isard::responsibility::{SharingRule, accounts as responsibilities};
use isard::solve::{Method, Stopping};
use isard::system::{Destination, System};
use isard::table::{Stressor, Table, sparse};
use ndarray::{Array1, Array2, array};

use crate::laws::quiet;
use crate::support::shared;

/// The numbers of a CSV matrix after `rows` header rows and `columns` label columns.
pub fn matrix(path: &std::path::Path, rows: usize, columns: usize) -> Array2<f64> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path).unwrap();
    let all: Vec<Vec<f64>> =
        reader.records().skip(rows).map(|r| r.unwrap().iter().skip(columns).map(|c| c.trim().parse().unwrap()).collect()).collect();
    Array2::from_shape_fn((all.len(), all[0].len()), |(i, j)| all[i][j])
}

fn close(found: f64, expected: f64, relative: f64, what: &str) {
    let scale = expected.abs().max(1e-300);
    assert!(
        (found - expected).abs() <= relative * scale,
        "{what}: found {found}, expected {expected}, relative {:e}",
        (found - expected).abs() / scale
    );
}

fn plain(regions: &[&str], sectors: &[&str], z: Array2<f64>, y: Array2<f64>, x: Array1<f64>) -> Table {
    let names = |l: &[&str]| l.iter().map(|s| Name::plain(*s)).collect();
    let categories = (0..y.ncols() / regions.len()).map(|k| Name::plain(format!("c{k}"))).collect();
    Table::new(Labels::regular(names(regions), names(sectors), categories), sparse(z.view()), y, x)
}

/// Miller and Blair, *Input-Output Analysis*, 2nd ed. 2009, section 2.3: two sectors, new demand 600 and 1500.
#[test]
fn miller_and_blair_two_sectors() {
    let table = plain(&["all"], &["1", "2"], array![[150.0, 500.0], [200.0, 100.0]], array![[350.0], [1700.0]], array![1000.0, 2000.0]);
    let system = System::new(table.clone());
    for method in Method::ALL {
        let leontief = quiet(&system, method, Stopping::default());
        let x = leontief.forward("new demand", array![[600.0], [1500.0]].view()).x;
        close(x[[0, 0]], 1247.5, 1e-4, "output of sector 1");
        close(x[[1, 0]], 1841.6, 1e-4, "output of sector 2");
        let inverse = leontief.forward("inverse", Array2::eye(2).view()).x;
        for (found, expected) in inverse.iter().zip([1.25412541, 0.330033, 0.2640264, 1.12211221]) {
            close(*found, expected, 1e-6, "Leontief inverse");
        }
        close(0.3 * x[[0, 0]], 374.25, 1e-4, "labour of sector 1");
        close(0.25 * x[[1, 0]], 460.4, 1e-4, "labour of sector 2");
    }
}

/// The small system of pymrio's tests: columns sum up to 1.333, yet the spectral radius is 0.637.
#[test]
fn a_column_sum_above_one_gets_a_certificate() {
    let z = array![
        [10.0, 5.0, 1.0, 6.0, 5.0, 7.0],
        [0.0, 2.0, 0.0, 0.0, 5.0, 3.0],
        [10.0, 3.0, 20.0, 4.0, 2.0, 0.0],
        [5.0, 0.0, 0.0, 1.0, 10.0, 9.0],
        [0.0, 10.0, 1.0, 0.0, 20.0, 1.0],
        [5.0, 0.0, 0.0, 1.0, 10.0, 10.0]
    ];
    let y = array![[14.0, 3.0], [2.5, 2.5], [13.0, 6.0], [5.0, 20.0], [10.0, 10.0], [3.0, 10.0]];
    let mut table = plain(&["reg1", "reg2"], &["sector1", "sector2", "sector3"], z, y, array![51.0, 15.0, 58.0, 50.0, 52.0, 39.0]);
    table.stressors = vec![Stressor {
        name: "ext_type_1".into(),
        unit: "t".into(),
        direct: array![20.0, 1.0, 42.0, 4.0, 20.0, 5.0],
        households: Some(array![50.0, 10.0]),
    }];
    let system = System::new(table.clone());
    let sums = table.purchases() / &table.x;
    assert!(sums.iter().any(|s| *s > 1.33), "{sums}");
    for method in Method::ALL {
        let leontief = quiet(&system, method, Stopping::default());
        let found = flows(&leontief, 0);
        assert!(found.certified(), "{method:?}");
        let all = accounts(&leontief, 0, &found);
        let expected = [14.059498889254174, 18.863255551508175, 17.32012296814962, 8.71616437964097, 18.863255551508175, 14.17770265993889];
        let imports =
            [1.2792573306446737, 10.499069649181388, 1.2752266807875912, 6.604374747509535, 8.364185902326788, 10.842115601865368];
        for i in 0..6 {
            close(all.cba[i].value, expected[i], 1e-11, "D_cba");
            close(all.imports[i].value, imports[i], 1e-11, "D_imp");
            assert!((all.cba[i].value - expected[i]).abs() <= all.cba[i].bound + 1e-14 * expected[i]);
        }
    }
}

#[test]
fn sic_2007_flows_equal_the_independent_matrix() {
    let (Some(book), Some(co2), Some(check)) = (
        shared("china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls"),
        shared("china/irio_sic_2002_2007/co2_2007_8x17_Mt.csv"),
        shared("china/irio_sic_2002_2007/check_embodied_co2_2007_8x8_Mt.csv"),
    ) else {
        return;
    };
    let mut table = formats::read(&book, &formats::Reading { sheet: Some("2007-17".into()), ..Default::default() }).unwrap();
    let inventory = formats::inventories::read(&co2, &Default::default()).unwrap();
    isard::inventory::attach(&mut table, &inventory, None, Default::default()).unwrap();
    let expected = matrix(&check, 1, 1);
    let system = System::new(table.clone());
    for method in Method::ALL {
        let leontief = quiet(&system, method, Stopping::default());
        let found = flows(&leontief, 0);
        assert!(found.certified(), "{method:?}");
        assert_eq!(found.flow.dim(), (8, 11));
        let mut ratios = Vec::new();
        for s in 0..8 {
            for k in 0..11 {
                let entry = found.flow[[s, k]];
                close(entry.value, expected[[s, k]], 1e-9, &format!("{method:?} [{s},{k}]"));
                assert!(entry.bound <= 1e-9 * entry.value.abs(), "{method:?} [{s},{k}]: bound {:e} of {}", entry.bound, entry.value);
                // the error column of the check leaves out the imbalance of the file's last digits
                if k < 10 {
                    ratios.push(entry.bound / (entry.value - expected[[s, k]]).abs().max(1e-300));
                }
            }
        }
        // refinement and LU go to rounding, where the check file's own digits end
        if !matches!(method, Method::Direct | Method::TradeShareRefinement) {
            ratios.sort_by(f64::total_cmp);
            // the residuals of a Krylov method have both signs: they cancel in the error, not in its bound
            let tight = if method.steps() == method { 2.0 } else { 16.0 };
            assert!(ratios[ratios.len() / 2] <= tight, "{method:?}: median bound / error {}", ratios[ratios.len() / 2]);
        }
        let shares = found.shares();
        assert_eq!([shares.own, shares.other, shares.export].map(|v| (1e4 * v.unwrap().value).round() as i64), [4336, 3149, 2515]);
        assert!(identities(&leontief, 0, &found).unwrap().iter().all(|c| c.holds));
    }
}

#[test]
fn modelled_china_2007_flows_equal_the_independent_matrix() {
    let (Some(file), Some(check)) = (
        shared("china/mrio_30x42_2007_modelled/mrio30x42_2007.npz"),
        shared("china/mrio_30x42_2007_modelled/check_embodied_co2_30x30_Mt.csv"),
    ) else {
        return;
    };
    let table = formats::read(&file, &Default::default()).unwrap();
    let expected = matrix(&check, 1, 1);
    let system = System::new(table.clone());
    for method in [Method::RegionGaussSeidel, Method::Direct] {
        let leontief = quiet(&system, method, Stopping::default());
        let found = flows(&leontief, 0);
        assert!(found.certified(), "{method:?}");
        for s in 0..30 {
            for k in 0..expected.ncols() {
                let entry = found.flow[[s, k]];
                assert!(
                    (entry.value - expected[[s, k]]).abs() <= 1e-9 * expected[[s, k]].abs() + 1e-14,
                    "{method:?} [{s},{k}]: {} {}",
                    entry.value,
                    expected[[s, k]]
                );
                assert!(entry.bound <= (1e-9 * entry.value.abs()).max(found.floor));
            }
        }
    }
}

#[test]
fn modelled_china_2017_has_the_expected_story() {
    let Some(file) = shared("china/mrio_31x42_2017_modelled/mrio31x42_2017.npz") else { return };
    let table = formats::read(&file, &Default::default()).unwrap();
    let array = |name: &str| -> Vec<f64> {
        let mut zip = zip::ZipArchive::new(std::fs::File::open(&file).unwrap()).unwrap();
        let entry = zip.by_name(&format!("{name}.npy")).unwrap();
        npyz::NpyFile::new(entry).unwrap().into_vec::<f64>().unwrap()
    };
    let (f, ex, er) = (array("F"), array("ex"), array("er"));
    let system = System::new(table.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let found = flows(&leontief, 0);
    assert!(found.certified());
    let near = |found: f64, expected: f64, what: &str| {
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-6), "{what}: {found} {expected}")
    };
    for s in 0..31 {
        for r in 0..31 {
            near(found.flow[[s, r]].value, f[31 * s + r], "F");
        }
        near(found.to(s, Destination::Export).value, ex[s], "ex");
        let error = found.to(s, Destination::Error).value;
        // the check file was made of remainders in double precision
        assert!((error - er[s]).abs() <= 1e-9 * er[s].abs() + 1e-12, "er: {error:e} {:e}", er[s]);
    }
    let name = |r: usize| table.labels.regions[r].en.as_str();
    let by_net = |sign: f64| (0..31).max_by(|&a, &b| (sign * found.net(a).value).total_cmp(&(sign * found.net(b).value))).unwrap();
    assert_eq!(name(by_net(-1.0)), "Guangdong");
    assert!(table.labels.regions[by_net(1.0)].matches("Inner Mongolia"));
    let (all, _) = responsibilities(&leontief, 0, &found, &SharingRule::default(), 0.5).unwrap();
    let direct: f64 = found.direct.iter().map(|d| d.value).sum();
    for account in all {
        close(account.total().value, direct, 1e-10, account.principle.name());
        assert!(account.regions.iter().all(|r| r.bound <= 1e-7 * direct / 31.0), "{}", account.principle.name());
    }
}

#[test]
fn decompr_leather_leontief_decomposition() {
    let Some(folder) = shared("oracles/decompr_leather") else { return };
    let read = |name: &str| matrix(&folder.join(name), 1, 1);
    let (z, y, x) = (read("Z.csv"), read("Y.csv"), read("x.csv").column(0).to_owned());
    let table = plain(
        &["Argentina", "Turkey", "Germany"],
        &["Agriculture", "Textile_and_Leather", "Transport_Equipment"],
        z.clone(),
        y.clone(),
        x.clone(),
    );
    let system = System::new(table.clone());
    let v = system.value.clone();
    let given = read("Vc.csv").column(0).to_owned();
    v.iter().zip(&given).for_each(|(a, b)| close(*a, *b, 1e-12, "value added per output"));
    let column = |name: &str, last: usize| -> Vec<f64> {
        let mut reader = csv::Reader::from_path(folder.join(name)).unwrap();
        reader.records().map(|r| r.unwrap()[last].parse().unwrap()).collect()
    };
    let exports = Array1::from_shape_fn(9, |i| {
        let abroad = |c: usize| c != i / 3;
        (0..9).filter(|j| abroad(j / 3)).map(|j| z[[i, j]]).sum::<f64>() + (0..3).filter(|&r| abroad(r)).map(|r| y[[i, r]]).sum::<f64>()
    });
    for method in Method::ALL {
        let leontief = quiet(&system, method, Stopping::default());
        // iterative columns are accurate to 1e-13 of their largest entry, so small entries to a little less of themselves
        let relative = if method == Method::Direct { 1e-13 } else { 1e-10 };
        let b = leontief.forward("inverse", Array2::eye(9).view()).x;
        b.iter().zip(&read("expected_B.csv")).for_each(|(a, e)| close(*a, *e, relative, "B"));
        let scaled =
            |weight: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..81).map(|p| v[p / 9] * b[[p / 9, p % 9]] * weight(p % 9)).collect() };
        for (name, found) in [
            ("expected_leontief_none.csv", scaled(&|_| 1.0)),
            ("expected_leontief_output.csv", scaled(&|j| x[j])),
            ("expected_leontief_exports.csv", scaled(&|j| exports[j])),
        ] {
            found.iter().zip(column(name, 5)).for_each(|(a, e)| close(*a, e, relative, name));
        }
        let outputs = leontief.outputs();
        let demand: Vec<f64> = (0..27).map(|p| v[p / 3] * outputs.x[[p / 3, p % 3]]).collect();
        demand.iter().zip(column("expected_leontief_final_demand.csv", 4)).for_each(|(a, e)| close(*a, e, relative, "final demand"));
    }
}

#[test]
fn pymrio_test_system_accounts_from_its_saved_folder() {
    let (Some(folder), Some(oracle)) = (shared("world/pymrio_saved/txt"), shared("oracles/pymrio_test_mrio")) else { return };
    let factors = vec!["emissions/emission_type1".to_string(), "emissions/emission_type2".to_string()];
    let table = formats::read(&folder, &formats::Reading { factors, ..Default::default() }).unwrap();
    let system = System::new(table.clone());
    let leontief = Leontief::new(system.clone(), None, Stopping::default(), Default::default()).unwrap();
    for k in 0..2 {
        let found = flows(&leontief, k);
        assert!(found.certified());
        let all = accounts(&leontief, k, &found);
        for (name, got) in [
            ("D_pba", &all.pba),
            ("D_cba", &all.cba),
            ("D_imp", &all.imports),
            ("D_exp", &all.exports),
            ("D_pba_reg", &all.pba_reg),
            ("D_cba_reg", &all.cba_reg),
            ("D_imp_reg", &all.imports_reg),
            ("D_exp_reg", &all.exports_reg),
        ] {
            let path = oracle.join(format!("emissions_{name}.csv"));
            let text = std::fs::read_to_string(&path).unwrap();
            let line = text.lines().filter(|l| l.starts_with("emission_type")).nth(k).unwrap();
            let expected: Vec<f64> = line.split(',').skip(2).map(|c| c.parse().unwrap()).collect();
            assert_eq!(expected.len(), got.len(), "{name}");
            for (g, e) in got.iter().zip(expected) {
                close(g.value, e, 1e-12, name);
            }
        }
    }
}
