//! Tables by their form: what is made, written and read again; what is damaged is refused.

use std::path::{Path, PathBuf};

use isard::error::Error;
use isard::labels::Name;
use isard::operator::trade_share::{Kernels, Numbers, ShareForm, Shares};
use isard::operator::{Direction, Operator};
use isard::share_table::ShareTable;
use isard::snapshot::{self, Content};
use isard::synth::{self, GravitySettings, gravity};
use isard::table::{Provenance, Source, Stressor};
use ndarray::{arr1, arr2};
use proptest::prelude::*;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/snapshots/v2-factors.isard");

/// The table of the fixture: two regions, three products in two groups, every field set; no number means anything.
fn small() -> ShareTable {
    ShareTable {
        regions: vec![Name::region("北京"), Name::plain("Elsewhere")],
        products: ["steel", "power", "food"].map(Name::plain).into(),
        form: ShareForm {
            regions: 2,
            products: 3,
            class: vec![0, 1],
            technology: (1..=18).map(|v| f64::from(v) / 64.0).collect(),
            shares: Shares::Kernels(Kernels {
                groups: vec![0, 1, 3],
                kernels: Numbers::F32(vec![0.0, 0.5, 0.25, 0.0, 0.0, 1e-30, -0.125, 0.0]),
                supply: vec![1.0, 2.0, 3.0, 4.0, 5.0, 0.1],
                demand: vec![0.5, 0.25, 0.125, 1.0, -0.0, 1e-308],
            }),
            domestic: Some((1..=18).map(|v| f64::from(v) / 128.0).collect()),
            ..ShareForm::default()
        },
        demand: vec![Name::plain("households"), Name { given: "出口".into(), en: "exports".into(), zh: "出口".into() }],
        y: arr2(&[[1.0, 0.5], [2.0, 0.0], [3.0, -0.0], [4.0, 7.0], [5.0, 8.0], [6.0, 9.0]]),
        x: arr1(&[10.0, 20.0, 30.0, 40.0, 50.0, 60.0]),
        stressors: vec![
            Stressor {
                name: "CO2".into(),
                unit: "Mt".into(),
                direct: arr1(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]),
                households: Some(arr1(&[0.125, 0.375])),
            },
            Stressor { name: "water".into(), unit: "m3".into(), direct: arr1(&[3.0, 0.0, 0.0, 0.1, 0.2, 0.3]), households: None },
        ],
        unit: "10^4 元".into(),
        provenance: Provenance {
            files: vec![Source { path: PathBuf::from("表/factors.npz"), sha256: "00ff".repeat(16) }],
            sheet: None,
            notes: vec!["first".into()],
            stamp: Some("SYNTHETIC".into()),
        },
    }
}

fn bits<'a>(values: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    values.into_iter().map(|v| v.to_bits()).collect()
}

/// Every field as text, every number as its bits.
fn exact(table: &ShareTable) -> Vec<String> {
    let f = &table.form;
    let shares = match &f.shares {
        Shares::Products(t) => format!("products {:?}", bits(t)),
        Shares::Kernels(k) => {
            let kernels = match &k.kernels {
                Numbers::F64(v) => format!("double {:?}", bits(v)),
                Numbers::F32(v) => format!("single {:?}", v.iter().map(|v| v.to_bits()).collect::<Vec<_>>()),
            };
            format!("{:?} {kernels} {:?} {:?}", k.groups, bits(&k.supply), bits(&k.demand))
        }
    };
    let mut all = vec![
        format!("{:?} {:?} {:?} {}", table.regions, table.products, table.demand, table.unit),
        format!("{} {} {:?} {:?}", f.regions, f.products, f.class, bits(&f.technology)),
        shares,
        format!("{:?}", f.domestic.as_ref().map(bits)),
        format!("{:?} {:?} {:?}", table.y.dim(), bits(&table.y), bits(&table.x)),
        format!("{:?}", table.provenance),
    ];
    for s in &table.stressors {
        all.push(format!("{} {} {:?} {:?}", s.name, s.unit, bits(&s.direct), s.households.as_ref().map(bits)));
    }
    all
}

fn written(table: &ShareTable, folder: &Path) -> PathBuf {
    let path = folder.join("factors.isard");
    snapshot::write_shares(table, &path, true).unwrap();
    path
}

fn bytes() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::read(written(&small(), folder.path())).unwrap()
}

fn refusal(bytes: &[u8]) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    std::fs::write(&path, bytes).unwrap();
    match snapshot::read_shares(&path) {
        Ok(_) => panic!("this file is not to be accepted"),
        Err(e @ Error::Format { .. }) => (e.to_string(), e.help().unwrap_or_default()),
        Err(e) => panic!("another kind of error: {e}"),
    }
}

fn settings() -> impl Strategy<Value = GravitySettings> {
    (1usize..24, 1usize..12, 1usize..5, 1usize..5, any::<bool>(), any::<u64>()).prop_map(
        |(regions, products, classes, kernels, single, seed)| GravitySettings { regions, products, classes, kernels, single, seed },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_factors_come_back_bit_for_bit(settings in settings(), by_product: bool, domestic: bool, households: bool) {
        let mut table = gravity(&settings);
        let f = &mut table.form;
        if by_product {
            f.shares = Shares::Products((0..f.products * f.regions * f.regions).map(|v| 1.0 / (v as f64 + 3.0)).collect());
        }
        f.domestic = domestic.then(|| (0..f.regions * f.products * f.products).map(|v| 1e-3 / (v as f64 + 3.0)).collect());
        if !households {
            table.stressors[0].households = None;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = written(&table, folder.path());
        prop_assert_eq!(snapshot::content(&path).unwrap(), Content::Shares);
        prop_assert_eq!(exact(&snapshot::read_shares(&path).unwrap()), exact(&table));
    }

    #[test]
    fn gravity_is_balanced_and_productive(settings in settings()) {
        let mut table = gravity(&settings);
        prop_assert_eq!(table.provenance.stamp.as_deref(), Some("SYNTHETIC"));
        prop_assert!(table.y.iter().chain(&table.x).all(|v| *v > 0.0 && v.is_finite()));
        let (n, y, x) = (table.dim(), table.y.clone(), table.x.clone());
        let a = table.take_operator().unwrap();
        prop_assert!(!a.has_negative());
        let mut product = vec![0.0; n];
        a.apply(Direction::Forward, 1, x.as_slice().unwrap(), &mut product);
        for i in 0..n {
            prop_assert!((x[i] - product[i] - y.row(i).sum()).abs() <= 1e-12 * x[i]);
        }
        // column sums are those of the technologies: between 0.15 and 0.95
        a.apply(Direction::Transposed, 1, &vec![1.0; n], &mut product);
        prop_assert!(product.iter().all(|v| (0.1499..0.9501).contains(v)), "{product:?}");
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut bytes = bytes();
        let k = at.index(bytes.len());
        bytes[k] ^= 1 << bit;
        let (message, help) = refusal(&bytes);
        prop_assert!(message.contains("snapshot") && !help.is_empty(), "byte {k}: {message} {help}");
    }
}

#[test]
fn gravity_keeps_a_share_at_home_and_falls_with_the_distance() {
    let table = gravity(&GravitySettings { regions: 200, products: 8, ..GravitySettings::default() });
    let f = &table.form;
    let Shares::Kernels(k) = &f.shares else { panic!("kernels") };
    let share = |i: usize, r: usize, s: usize| {
        let g = usize::from(i >= k.groups[1]);
        k.supply[r * 8 + i] * k.kernels.get((g * 200 + r) * 200 + s) * k.demand[s * 8 + i]
    };
    let mut own = 0.0;
    for i in 0..8 {
        for s in 0..200 {
            let sum: f64 = (0..200).map(|r| share(i, r, s)).sum();
            assert!((sum - 1.0).abs() < 1e-13);
            own += share(i, s, s) / 1600.0;
        }
    }
    assert!((0.25..0.75).contains(&own), "{own}");
    let mut table = table;
    let a = table.take_operator().unwrap();
    let mut sums = vec![0.0; a.dim()];
    a.apply(Direction::Transposed, 1, &vec![1.0; a.dim()], &mut sums);
    let mean = sums.iter().sum::<f64>() / sums.len() as f64;
    assert!((0.45..0.65).contains(&mean), "{mean}");
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let settings = GravitySettings { regions: 70, ..GravitySettings::default() };
    assert_eq!(exact(&gravity(&settings)), exact(&gravity(&settings)));
    assert_ne!(exact(&gravity(&settings))[1], exact(&gravity(&GravitySettings { seed: 2, ..settings }))[1]);
}

#[test]
fn no_byte_of_factors_can_change_unnoticed() {
    let mut bytes = bytes();
    for k in 0..bytes.len() {
        bytes[k] ^= 1 << (k % 8);
        let (message, help) = refusal(&bytes);
        assert!(message.contains("snapshot") && !help.is_empty(), "byte {k}: {message} {help}");
        bytes[k] ^= 1 << (k % 8);
    }
    for length in (0..bytes.len()).step_by(61) {
        let (message, _) = refusal(&bytes[..length]);
        assert!(message.contains("truncated") || length == 0, "{length}: {message}");
    }
}

#[test]
fn several_blocks_are_checked_each() {
    let folder = tempfile::tempdir().unwrap();
    let table = gravity(&GravitySettings { regions: 400, products: 3, kernels: 3, ..GravitySettings::default() });
    let path = written(&table, folder.path());
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 3 << 20);
    for at in [1 << 20, bytes.len() / 2, bytes.len() - (1 << 19)] {
        let mut spoiled = bytes.clone();
        spoiled[at] ^= 4;
        let (message, _) = refusal(&spoiled);
        assert!(message.contains("checksum"), "{message}");
    }
}

#[test]
fn readers_of_one_kind_name_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let factors = written(&small(), folder.path());
    for error in
        [snapshot::open(&factors).err().unwrap(), isard::formats::read(&factors, &isard::formats::Reading::default()).err().unwrap()]
    {
        assert!(error.to_string().contains("by its trade shares") && error.to_string().contains("not the flows"), "{error}");
        assert!(error.help().unwrap().contains("isard import"));
    }
    let path = folder.path().join("table.isard");
    snapshot::write(&synth::table(&synth::Settings::default()), &path, false).unwrap();
    assert_eq!(snapshot::content(&path).unwrap(), Content::Table);
    let error = snapshot::read_shares(&path).err().unwrap();
    assert!(error.to_string().contains("not trade shares") && error.help().unwrap().contains("isard detect"), "{error}");
}

#[test]
fn what_does_not_fit_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    type Spoil = fn(&mut ShareTable);
    let spoil: [(&str, Spoil); 6] = [
        ("regions", |t| t.regions.truncate(1)),
        ("output", |t| t.x = arr1(&[1.0])),
        ("final demand", |t| drop(t.demand.pop())),
        ("CO2", |t| t.stressors[0].direct = arr1(&[])),
        ("technology", |t| t.form.technology.truncate(3)),
        ("correction", |t| t.form.tolerance = 1e-9),
    ];
    for (word, spoil) in spoil {
        let mut table = small();
        spoil(&mut table);
        let error = snapshot::write_shares(&table, &folder.path().join("no.isard"), false).err().unwrap().to_string();
        assert!(error.contains(word), "{word}: {error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something is left behind");
    }
}

#[test]
fn a_file_of_factors_of_version_2_loads_with_its_documented_numbers() {
    if std::env::var_os("ISARD_WRITE_FIXTURES").is_some() {
        // only for a new version: refuses to replace an old one
        snapshot::write_shares(&small(), Path::new(FIXTURE), false).unwrap();
    }
    assert_eq!(exact(&snapshot::read_shares(Path::new(FIXTURE)).unwrap()), exact(&small()));
    assert_eq!(bytes(), std::fs::read(FIXTURE).unwrap());
}

mod command {
    //! `isard synth --gravity` and `isard solve` on what it writes.
    use assert_cmd::Command;
    use serde_json::Value;

    fn isard(arguments: &[&str]) -> assert_cmd::assert::Assert {
        Command::cargo_bin("isard").unwrap().args(arguments).assert()
    }

    fn solved(arguments: &[&str]) -> Value {
        let run = isard(&[&["solve"], arguments, &["--json"]].concat()).success();
        serde_json::from_slice(&run.get_output().stdout).unwrap()
    }

    fn written() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.isard").display().to_string();
        isard(&["synth", "--gravity", "--regions", "15", "--sectors", "8", "--classes", "3", "--kernels", "2", "--output", &path])
            .success();
        (folder, path)
    }

    #[test]
    fn a_file_of_factors_is_solved_with_a_proof() {
        let (_folder, path) = written();
        let table = isard::snapshot::read_shares(std::path::Path::new(&path)).unwrap();
        let total = solved(&[&path]);
        assert_eq!((total["certified"].clone(), total["rows"].clone()), (true.into(), 120.into()));
        for key in ["read_s", "system_s", "setup_s", "solve_s", "total_s", "relative_bound", "residual", "iterations"] {
            assert!(total[key].is_number(), "{key} of {total}");
        }
        let sum = |o: &Value| o["columns"].as_array().unwrap().iter().map(|c| c["sum"].as_f64().unwrap()).sum::<f64>();
        assert!((sum(&total) / table.x.sum() - 1.0).abs() < 1e-9);
        // all regions, one after the other or together, add up to the total
        let regions = solved(&[&path, "--demand", "regions"]);
        assert_eq!(regions["columns"].as_array().unwrap().len(), 15);
        assert!((sum(&regions) / sum(&total) - 1.0).abs() < 1e-8);
        let one = solved(&[&path, "--demand", "region:r0003"]);
        let same = regions["columns"][2]["sum"].as_f64().unwrap();
        assert!((sum(&one) / same - 1.0).abs() < 1e-8);
        let sectors: f64 = (1..=8).map(|i| sum(&solved(&[&path, "--demand", &format!("sector:p{i:03}")]))).sum();
        assert!((sectors / sum(&total) - 1.0).abs() < 1e-8);
    }

    #[test]
    fn multipliers_of_factors_give_back_all_emissions() {
        let (folder, path) = written();
        let out = folder.path().join("z.csv").display().to_string();
        let found = solved(&[&path, "--multipliers", "emissions", "--solution", &out]);
        assert_eq!((found["certified"].clone(), found["transposed"].clone()), (true.into(), true.into()));
        let table = isard::snapshot::read_shares(std::path::Path::new(&path)).unwrap();
        let text = std::fs::read_to_string(out).unwrap();
        let z: Vec<f64> = text.lines().skip(1).map(|l| l.split(',').nth(2).unwrap().parse().unwrap()).collect();
        assert!(text.lines().nth(9).unwrap().starts_with("r0002,p001,"), "{text}");
        let embodied: f64 = z.iter().zip(table.y.rows()).map(|(z, y)| z * y.sum()).sum();
        assert!((embodied / table.stressors[0].direct.sum() - 1.0).abs() < 1e-8);
    }

    #[test]
    fn what_factors_do_not_have_is_refused() {
        let (_folder, path) = written();
        for (more, word) in [
            (["--operator", "csr"], "holds trade shares"),
            (["--multipliers", "value-added"], "no value added"),
            (["--demand", "region:nowhere"], "region"),
            (["--demand", "sector:nothing"], "sector"),
        ] {
            let run = isard(&["solve", &path, more[0], more[1]]).code(2);
            let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
            assert!(said.contains(word), "{said}");
        }
        for more in [["--density", "0.5"], ["--classes", "99"], ["--output", "folder"]] {
            let mut all = vec!["synth", "--gravity", "--regions", "5"];
            if more[0] != "--output" {
                all.extend(["--output", "x.isard"]);
            }
            isard(&[&all[..], &more[..]].concat()).code(2);
        }
    }
}
