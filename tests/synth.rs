//! The generated tables are balanced, repeatable and of a plausible shape, and have the properties asked for.

use assert_cmd::Command;
use isard::labels::records;
use isard::operator::{Csr, Fit};
use isard::snapshot;
use isard::synth::{self, Settings};
use isard::system::coefficients;
use isard::table::Table;
use ndarray::{Array1, Array2};

/// The worst row and column imbalance, each relative to its own output (or, for zero output, to nothing).
fn imbalance(table: &Table) -> (f64, f64) {
    let columns = &table.x - &table.purchases() - table.imports.as_ref().expect("imports") - table.total_value_added();
    let worst = |left: &Array1<f64>| {
        left.iter().zip(&table.x).fold(0.0_f64, |m, (l, x)| m.max(if *x > 0.0 { l.abs() / x } else { l.abs() * 1e300 }))
    };
    (worst(&table.row_imbalance()), worst(&columns))
}

fn bits(table: &Table) -> Vec<u64> {
    let vectors = [
        table.exports.as_ref().expect("exports"),
        table.imports.as_ref().expect("imports"),
        &table.value_added[0].1,
        &table.stressors[0].direct,
    ];
    table.z.data().iter().chain(&table.y).chain(&table.x).chain(vectors.into_iter().flatten()).map(|v| v.to_bits()).collect()
}

fn variants() -> Vec<Settings> {
    let usual = Settings::default();
    vec![
        usual.clone(),
        Settings { regions: 1, sectors: 1, ..usual.clone() },
        Settings { regions: 1, sectors: 7, ..usual.clone() },
        Settings { regions: 9, sectors: 1, ..usual.clone() },
        Settings { regions: 5, sectors: 20, density: 0.0, ..usual.clone() },
        Settings { regions: 6, sectors: 11, density: 0.2, zero_output: 5, seed: 7, ..usual.clone() },
        Settings { negative_share: 0.1, column_sum_above_one: true, ..usual.clone() },
        Settings { regions: 5, sectors: 8, per_column: Some(7), skew: 0.4, categories: 1, domestic_share: 0.6, ..usual.clone() },
        Settings { regions: 5, sectors: 8, trade_shares: Some(0.0), zero_output: 6, negative_share: 0.1, ..usual.clone() },
        Settings { regions: 9, sectors: 6, trade_shares: Some(0.4), per_column: Some(12), skew: 0.3, zero_output: 3, ..usual.clone() },
        Settings { regions: 7, sectors: 1, trade_shares: Some(1.0), column_sum_above_one: true, zero_output: 2, ..usual },
    ]
}

/// A, with its rows and columns in full.
fn dense(table: &Table) -> Array2<f64> {
    coefficients(&table.z, &table.x).to_dense()
}

/// Entries of each row, and of each column.
fn counts(table: &Table) -> (Vec<usize>, Vec<usize>) {
    let mut columns = vec![0; table.dim()];
    table.z.indices().iter().for_each(|&j| columns[j as usize] += 1);
    (table.z.outer_iterator().map(|row| row.nnz()).collect(), columns)
}

/// The share of all that the largest tenth has.
fn fullest_tenth(counts: &[usize]) -> f64 {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted[..counts.len() / 10].iter().sum::<usize>() as f64 / sorted.iter().sum::<usize>() as f64
}

#[test]
fn the_provinces_are_balanced_to_rounding() {
    for seed in [0, 1, 2017] {
        let table = synth::provinces(seed);
        let (row, column) = imbalance(&table);
        assert!(row < 1e-12 && column < 1e-12, "seed {seed}: rows {row:e}, columns {column:e}");
    }
}

#[test]
fn one_seed_gives_the_same_bits_and_another_seed_gives_others() {
    let first = bits(&synth::provinces(2017));
    assert!(first == bits(&synth::provinces(2017)));
    assert!(first != bits(&synth::provinces(2018)));
    assert_eq!(synth::costs(3), synth::costs(3));
    assert_ne!(synth::costs(3), synth::costs(4));
    let table = |seed| bits(&synth::table(&Settings { seed, ..Settings::default() }));
    assert!(table(1) == table(1) && table(1) != table(2));
}

/// FNV-1a over all numbers. A change of the generator changes these sums on purpose; another machine must not.
#[test]
fn the_bits_are_the_same_on_every_machine() {
    let sum = |table: &Table| {
        bits(table)
            .iter()
            .flat_map(|b| b.to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
    };
    assert_eq!(format!("{:016x}", sum(&synth::provinces(2017))), "662d845591c20614");
    assert_eq!(format!("{:016x}", sum(&synth::table(&Settings::default()))), "5a37e452de1d05f5");
}

#[test]
fn emissions_add_up_to_the_rounded_facts_and_tibet_has_none() {
    let table = synth::provinces(2017);
    let co2 = &table.stressors[0];
    let households = co2.households.as_ref().unwrap();
    for (r, fact) in records(include_str!("../fixtures/facts/provinces_2017.csv")).enumerate() {
        let direct: f64 = table.labels.rows(r).map(|i| co2.direct[i]).sum();
        if fact[0] == "Tibet" {
            assert_eq!((direct, households[r]), (0.0, 0.0));
        } else {
            let total: f64 = fact[7].parse().unwrap();
            assert!((direct + households[r] - total).abs() < 1e-10 * total, "{}: {direct} + {}", fact[0], households[r]);
            assert!((0.035..0.065).contains(&(households[r] / total)), "{}", fact[0]);
        }
    }
    assert!(table.remarks.iter().any(|f| f.code == "emissions-missing-region" && f.region.as_deref() == Some("Tibet")));
    assert!(table.provenance.notes.iter().any(|n| n.contains("Tibet")));
    assert_eq!(table.provenance.stamp.as_deref(), Some("SYNTHETIC"));
}

#[test]
fn the_provinces_have_a_plausible_shape() {
    let table = synth::provinces(2017);
    assert_eq!((table.dim(), table.labels.region_count(), table.labels.categories.len()), (1302, 31, 155));
    let sums: Vec<f64> = table.purchases().iter().zip(&table.x).filter(|(_, x)| **x > 0.0).map(|(p, x)| p / x).collect();
    let mean = sums.iter().sum::<f64>() / sums.len() as f64;
    assert!((0.5..0.7).contains(&mean), "mean column sum {mean}");
    assert!(sums.iter().all(|s| *s < 0.95));
    assert!(table.z.data().iter().all(|v| *v > 0.0));
    assert!(table.value_added.iter().all(|(_, row)| row.iter().zip(&table.x).all(|(v, x)| *v > 0.0 || *x == 0.0)));
    let zero = table.x.iter().filter(|x| **x == 0.0).count();
    assert!(zero > 0 && zero < 40, "{zero} sectors without output");
    let negative = table.y.iter().filter(|v| **v < 0.0).sum::<f64>();
    assert!(negative < 0.0 && negative > -0.01 * table.y.sum());
    // What province earns is near what the facts say.
    let earned = table.total_value_added();
    for (r, fact) in records(include_str!("../fixtures/facts/provinces_2017.csv")).enumerate() {
        let (sum, gdp) = (table.labels.rows(r).map(|i| earned[i]).sum::<f64>(), fact[5].parse::<f64>().unwrap() * 1e4);
        assert!((sum / gdp - 1.0).abs() < 0.15, "{}: {sum} against {gdp}", fact[0]);
    }
}

#[test]
fn abatement_is_dear_where_carbon_is_scarce_and_tibet_pays_the_median() {
    let costs = synth::costs(2017);
    let of = |name: &str| costs.iter().find(|c| c.0.en == name).unwrap().1;
    assert_eq!(costs.len(), 31);
    assert!(costs.iter().all(|c| (300.0..=3000.0).contains(&c.1)));
    assert!(of("Beijing") > of("Hubei") && of("Hubei") > of("Ningxia"));
    let below = costs.iter().filter(|c| c.0.en != "Tibet" && c.1 <= of("Tibet")).count();
    assert_eq!(below, 15);
}

#[test]
fn random_tables_of_every_shape_are_balanced() {
    for settings in variants() {
        let table = synth::table(&settings);
        let (row, column) = imbalance(&table);
        assert!(row < 1e-12 && column < 1e-12, "{settings:?}: rows {row:e}, columns {column:e}");
        assert_eq!(table.x.iter().filter(|x| **x == 0.0).count(), settings.zero_output, "{settings:?}");
        assert!(table.x.iter().all(|x| *x >= 0.0), "{settings:?}");
    }
}

#[test]
fn a_random_table_has_the_oddities_asked_for() {
    let settings =
        Settings { regions: 6, sectors: 10, density: 0.3, negative_share: 0.05, column_sum_above_one: true, ..Settings::default() };
    let table = synth::table(&settings);
    let share = table.z.nnz() as f64 / (60.0 * 60.0);
    assert!((0.25..0.4).contains(&share), "density {share}");
    assert!(table.z.data().iter().any(|v| *v < 0.0));
    let positive = synth::table(&Settings { negative_share: 0.0, ..settings });
    let sums: Vec<f64> = positive.purchases().iter().zip(&positive.x).map(|(p, x)| p / x).collect();
    assert_eq!(sums.iter().filter(|s| **s > 1.0).count(), 1);
    assert!((sums.iter().copied().fold(0.0, f64::max) - 1.3).abs() < 1e-9);
}

#[test]
fn column_sums_have_mean_0_55_and_maximum_0_95() {
    for settings in variants().into_iter().filter(|s| s.regions > 1 && !s.column_sum_above_one) {
        let table = synth::table(&settings);
        let sums: Vec<f64> = dense(&table).columns().into_iter().map(|c| c.iter().map(|v| v.abs()).sum()).collect();
        let active = (table.dim() - settings.zero_output) as f64;
        assert!((sums.iter().sum::<f64>() / active - 0.55).abs() < 1e-12, "{settings:?}");
        assert!((sums.iter().copied().fold(0.0, f64::max) - 0.95).abs() < 1e-12, "{settings:?}");
    }
}

#[test]
fn own_inputs_have_the_share_asked_for() {
    let sparse = Settings { regions: 5, sectors: 40, per_column: Some(20), ..Settings::default() };
    for settings in [
        Settings::default(),
        Settings { domestic_share: 0.65, ..Settings::default() },
        sparse.clone(),
        Settings { trade_shares: Some(0.2), domestic_share: 0.9, ..sparse },
    ] {
        let table = synth::table(&settings);
        let a = dense(&table);
        for (j, column) in a.columns().into_iter().enumerate() {
            let own: f64 = table.labels.rows(table.labels.region_of(j)).map(|i| column[i]).sum();
            assert!((own / column.sum() - settings.domestic_share).abs() < 1e-12, "{settings:?}, column {j}: {own}");
        }
    }
}

/// The largest difference of two cross products within the imports of one product into one region, relative to them:
/// 0 where they have rank one.
fn off_rank_one(table: &Table) -> f64 {
    let (a, regions) = (dense(table), table.labels.region_count());
    let mut worst = 0.0_f64;
    for (s, i) in (0..regions).flat_map(|s| (0..table.labels.rows(0).len()).map(move |i| (s, i))) {
        let rows: Vec<_> = (0..regions).filter(|r| *r != s).map(|r| a.row(table.labels.rows(r).start + i)).collect();
        let buyers = table.labels.rows(s);
        // every row against the fullest, every column against its largest entry
        let size = |row: &ndarray::ArrayView1<f64>| buyers.clone().map(|j| row[j].abs()).sum::<f64>();
        let first = rows.iter().max_by(|p, q| size(p).total_cmp(&size(q))).unwrap();
        let pivot = buyers.clone().max_by(|j, k| first[*j].abs().total_cmp(&first[*k].abs())).unwrap();
        for (row, j) in rows.iter().flat_map(|row| buyers.clone().map(move |j| (row, j))) {
            let (one, other) = (row[j] * first[pivot], row[pivot] * first[j]);
            if one != other {
                worst = worst.max((one - other).abs() / one.abs().max(other.abs()));
            }
        }
    }
    worst
}

#[test]
fn trade_shares_make_imports_of_rank_one() {
    let settings = Settings { regions: 6, sectors: 9, trade_shares: Some(0.0), ..Settings::default() };
    for settings in [
        settings.clone(),
        Settings { density: 0.3, skew: 0.3, ..settings.clone() },
        Settings { per_column: Some(20), zero_output: 7, negative_share: 0.2, column_sum_above_one: true, ..settings.clone() },
    ] {
        let table = synth::table(&settings);
        let worst = off_rank_one(&table);
        assert!(worst < 1e-14, "{settings:?}: {worst:e}");
        let traded = table.z.outer_iterator().enumerate().map(|(i, row)| row.iter().filter(|(j, _)| i / 9 != j / 9).count()).sum::<usize>();
        assert!(traded > 300, "{traded} flows between regions");
    }
    assert!(off_rank_one(&synth::table(&Settings { trade_shares: None, ..settings })) > 0.5);
}

#[test]
fn the_misfit_is_the_one_chosen() {
    let measured = |misfit: f64| {
        let settings = Settings { regions: 12, sectors: 10, trade_shares: Some(misfit), ..Settings::default() };
        let table = synth::table(&settings);
        let a = Csr::new(coefficients(&table.z, &table.x));
        // of the imports alone, 0.2 of all inputs
        (Fit::new(&a, &table.labels.offsets, table.x.as_slice()).unwrap().misfit / 0.2, off_rank_one(&table))
    };
    assert!(measured(0.0).0 < 1e-14);
    for misfit in [1e-9, 0.01, 0.1, 0.4] {
        let (mean, worst) = measured(misfit);
        assert!((0.35..0.55).contains(&(mean / misfit)), "misfit {misfit}: {mean}");
        assert!(worst > misfit && worst <= 4.0 * misfit, "misfit {misfit}: {worst}");
    }
}

#[test]
fn columns_have_as_many_entries_as_asked_for() {
    let settings = Settings { regions: 10, sectors: 50, per_column: Some(30), ..Settings::default() };
    let (rows, columns) = counts(&synth::table(&settings));
    assert!(rows.iter().all(|c| *c == 30));
    assert!(columns.iter().all(|c| (8..60).contains(c)), "{columns:?}");
    let skewed = counts(&synth::table(&Settings { skew: 0.3, ..settings.clone() })).0;
    assert_eq!(skewed.iter().sum::<usize>(), 30 * 500);
    let traded = counts(&synth::table(&Settings { trade_shares: Some(0.0), ..settings.clone() })).0;
    assert_eq!(traded.iter().sum::<usize>(), 30 * 500);
    let few = counts(&synth::table(&Settings { per_column: Some(1), ..settings.clone() })).0;
    assert!(few.iter().all(|c| *c == 2), "its own and one other");
    assert_eq!(counts(&synth::table(&Settings { per_column: Some(1 << 40), ..settings })).0, [500; 500]);
}

#[test]
fn the_fullest_tenth_of_rows_has_the_share_asked_for() {
    let settings = Settings { regions: 10, sectors: 100, per_column: Some(20), ..Settings::default() };
    for skew in [0.1, 0.2, 0.3, 0.4] {
        for trade_shares in [None, Some(0.0)] {
            let found = fullest_tenth(&counts(&synth::table(&Settings { skew, trade_shares, ..settings.clone() })).0);
            assert!((found - skew).abs() < 0.03, "{skew} {trade_shares:?}: {found}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let mut settings = variants();
    settings.push(Settings { regions: 20, sectors: 50, per_column: Some(60), skew: 0.3, negative_share: 0.01, ..Settings::default() });
    for settings in settings {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let table = pool.install(|| synth::table(&settings));
            (table.z.indptr().raw_storage().to_vec(), table.z.indices().to_vec(), bits(&table))
        };
        let one = with(1);
        assert!(one == with(2) && one == with(5), "{settings:?}");
    }
}

#[test]
fn a_snapshot_of_the_command_is_that_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let (made, written) = (folder.path().join("made.isard"), folder.path().join("written.isard"));
    let flags = "--regions 4 --sectors 9 --per-column 12 --skew 0.3 --domestic-share 0.7 --trade-shares 0.1 --zero-output 3 \
                 --negative-share 0.02 --categories 1 --seed 9";
    let synth = || {
        let mut command = Command::cargo_bin("isard").unwrap();
        command.arg("synth").args(flags.split_whitespace()).arg("--output").arg(&made);
        command
    };
    let said = synth().assert().success();
    let said = String::from_utf8_lossy(&said.get_output().stdout).into_owned();
    let settings = Settings {
        sectors: 9,
        per_column: Some(12),
        skew: 0.3,
        domestic_share: 0.7,
        trade_shares: Some(0.1),
        zero_output: 3,
        negative_share: 0.02,
        categories: 1,
        seed: 9,
        ..Settings::default()
    };
    let table = synth::table(&settings);
    assert!(said.starts_with(&format!("SYNTHETIC: 4 regions, 36 rows, {} flows in", table.z.nnz())), "{said}");
    snapshot::write(&table, &written, false).unwrap();
    assert!(std::fs::read(&made).unwrap() == std::fs::read(&written).unwrap());
    synth().assert().code(2);
    synth().arg("--force").assert().success();
}

#[test]
fn what_cannot_be_made_is_refused_with_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("there")).unwrap();
    for (flags, message, help) in [
        (
            "--regions 1000 --sectors 1000 -o a.isard",
            "a table of 1000 regions x 1000 sectors needs about 12.0 TB of memory, ",
            "--per-column",
        ),
        ("--regions 9999999 --sectors 9999999 -o a.isard", "column numbers of 32 bits", "fewer regions"),
        ("--sectors 5 -o a.isard", "the embedded default", "--regions"),
        ("--regions 2 --density 0.5 --per-column 5 -o a.isard", "--density and --per-column", "one of them"),
        ("--regions 2 --density NaN -o a.isard", "--density must be a share from 0 to 1, not NaN", "--help"),
        ("--regions 2 --skew 0.9 -o a.isard", "--skew must be a share from 0.1 to 0.4, not 0.9", "--help"),
        ("--regions 2 --categories 3 -o a.isard", "--categories must be a whole number from 1 to 2, not 3", "--help"),
        ("--regions 2 --sectors 3 --zero-output 6 -o a.isard", "--zero-output must be a whole number from 0 to 5", "--help"),
        ("--regions 2 --sectors 3 --per-column 7 -o a.isard", "--per-column must be a whole number from 1 to 6", "--help"),
        ("--regions 1 --trade-shares -o a.isard", "there is one region", "--regions"),
        ("--regions 2 --trade-shares 1.5 -o a.isard", "--trade-shares must be a share from 0 to 1, not 1.5", "--help"),
        ("--regions 2 -o there", "there: cannot create", "does not exist yet"),
    ] {
        let mut command = Command::cargo_bin("isard").unwrap();
        let run = command.current_dir(folder.path()).arg("synth").args(flags.split_whitespace()).assert().code(2);
        let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        let (error, next) = said.split_once("help: ").unwrap_or_else(|| panic!("no help line: {said}"));
        assert!(error.contains(message) && next.contains(help), "{flags}: {said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{flags} left something behind");
    }
}

#[test]
fn the_cost_file_of_the_studies_holds_the_synthetic_costs() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/synthetic/cost_31.csv");
    let expected: String = synth::costs(2017).iter().map(|(name, cost)| format!("{},{cost}\n", name.en)).collect();
    let expected = format!("region,cost_yuan_per_t\n{expected}");
    if std::env::var_os("ISARD_WRITE_FIXTURES").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
}
