//! The generated tables are balanced, repeatable and of a plausible shape.

use isard::labels::records;
use isard::synth::{self, Settings};
use isard::table::Table;
use ndarray::Array1;

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
        Settings { negative_share: 0.1, column_sum_above_one: true, ..usual },
    ]
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
    assert_eq!(format!("{:016x}", sum(&synth::table(&Settings::default()))), "ee7d016d71267405");
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
fn own_inputs_have_the_share_asked_for() {
    let table = synth::table(&Settings { domestic_share: 0.8, ..Settings::default() });
    let (mut own, mut all) = (0.0, 0.0);
    for (i, row) in table.z.outer_iterator().enumerate() {
        for (j, v) in row.iter() {
            all += v;
            own += if table.labels.region_of(i) == table.labels.region_of(j) { *v } else { 0.0 };
        }
    }
    assert!((own / all - 0.8).abs() < 1e-9, "{}", own / all);
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
