//! Laws that hold on every table: certificates against double-double elimination, totals, symmetry.

use isard::Table;
use isard::compensation::{Duty, PriceRule, Pricing, compensate, duties};
use isard::cost::UnitCosts;
use isard::decompose::{Flows, flows, identities, routes};
use isard::labels::{Labels, Name};
use isard::leontief::Leontief;
use isard::responsibility::{Basis, Level, Principle, SharingRule, accounts, charged};
use isard::solve::{Method, Stopping};
use isard::synth;
use isard::system::System;
use proptest::prelude::*;

use crate::reference;

pub fn quiet(system: &System, method: Method, stopping: Stopping) -> Leontief {
    Leontief::new(system.clone(), Some(method), stopping, Default::default()).unwrap()
}

/// The same rows with another division into regions, of unequal sizes.
fn divide_unequally(mut table: Table, cut: usize) -> Table {
    let n = table.dim();
    let cut = 1 + cut % (n - 1).max(1);
    if cut >= n {
        return table;
    }
    let categories = table.labels.categories.len() / table.labels.region_count();
    let (first, second) = (categories, table.labels.categories.len());
    table.labels = Labels {
        regions: vec![Name::plain("left"), Name::plain("right")],
        offsets: vec![0, cut, n],
        demand_offsets: vec![0, first, second],
        ..table.labels
    };
    for s in &mut table.stressors {
        s.households = None;
    }
    table
}

pub fn any_table() -> impl Strategy<Value = Table> {
    let settings = (1usize..6, 1usize..8, 0.1..1.0f64, 0usize..3, prop_oneof![Just(0.0), 0.0..0.05f64], any::<bool>(), any::<u64>());
    (settings, any::<bool>(), 1usize..40).prop_map(
        |((regions, sectors, density, zero_output, negative_share, above_one, seed), unequal, cut)| {
            let zero_output = zero_output.min((regions * sectors).saturating_sub(2));
            let table = synth::table(&synth::Settings {
                regions,
                sectors,
                density,
                zero_output,
                negative_share,
                column_sum_above_one: above_one,
                seed,
                ..synth::Settings::default()
            });
            if unequal && regions > 1 { divide_unequally(table, cut) } else { table }
        },
    )
}

fn every_entry_within_its_bound(table: &Table, found: &Flows, method: Method) -> Result<(), TestCaseError> {
    let truth = reference::flows(table, 0).expect("synthetic systems are regular");
    for (s, row) in truth.iter().enumerate() {
        for (k, t) in row.iter().enumerate() {
            let entry = found.flow[[s, k]];
            let error = t.distance(entry.value);
            prop_assert!(
                error <= entry.bound,
                "{method:?} [{s},{k}]: error {error:e} above bound {:e}, value {:e}",
                entry.bound,
                entry.value
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 64 }, ..ProptestConfig::default() })]

    #[test]
    fn no_flow_is_further_from_the_truth_than_its_bound(table in any_table(), loose in any::<bool>()) {
        let system = System::new(table.clone());
        for method in Method::ALL {
            let stopping = if loose { Stopping { rtol: 1e-4, ..Stopping::default() } } else { Stopping::default() };
            let leontief = quiet(&system, method, stopping);
            let found = flows(&leontief, 0);
            prop_assert!(found.certified(), "{method:?} on {} rows", table.dim());
            every_entry_within_its_bound(&table, &found, method)?;
        }
    }

    #[test]
    fn an_unfinished_solve_still_has_a_true_bound_and_is_not_certified(table in any_table()) {
        let system = System::new(table.clone());
        for method in [Method::PowerSeries, Method::GaussSeidel, Method::RegionGaussSeidel] {
            let leontief = quiet(&system, method, Stopping { max_iter: 40, rtol: 1e-30, floor: 1e-40, ..Stopping::default() });
            let found = flows(&leontief, 0);
            every_entry_within_its_bound(&table, &found, method)?;
            prop_assert!(!found.certified(), "{method:?} claims a relative bound of 1e-30");
        }
    }

    #[test]
    fn every_account_divides_the_same_total(table in any_table(), level in 0..3usize, own in any::<bool>(), without in any::<bool>(), home in any::<bool>(), gamma in 0.0..1.0f64) {
        let system = System::new(table.clone());
        let leontief = quiet(&system, Method::RegionGaussSeidel, Stopping::default());
        let found = flows(&leontief, 0);
        let rule = SharingRule {
            level: [Level::Region, Level::Sector, Level::Bilateral][level],
            basis: if own { Basis::Own } else { Basis::Domestic },
            without_exports: without,
            export_home: home,
        };
        let (all, _) = accounts(&leontief, 0, &found, &rule, gamma).unwrap();
        let direct: f64 = found.direct.iter().map(|d| d.value).sum();
        prop_assert_eq!(all.len(), Principle::ALL.len());
        for account in &all {
            let total = account.total();
            prop_assert!((total.value - direct).abs() <= 1e-9 * direct, "{:?}: {} is not {direct}", account.principle, total.value);
        }
        for check in identities(&leontief, 0, &found).unwrap() {
            prop_assert!(check.holds, "{check:?}");
        }
        let routes = routes(&leontief, 0, &found).unwrap();
        for (i, q) in table.stressors[0].direct.iter().enumerate() {
            prop_assert!((routes.by_sector.row(i).iter().map(|b| b.value).sum::<f64>() - q).abs() <= 1e-9 * direct, "sector {i}");
        }
        for s in 0..system.region_count() {
            let route = |k: usize| routes.by_region[[s, k]];
            let own = route(0) + route(1);
            prop_assert!((own.value - found.flow[[s, s]].value).abs() <= own.bound + found.flow[[s, s]].bound);
            let others = route(2) + route(3) + route(4);
            prop_assert!((others.value - found.out(s).value).abs() <= others.bound + found.out(s).bound);
        }
    }

    #[test]
    fn payments_sum_to_zero(table in any_table(), duty in 0..4usize, rule in 0..8usize, seed in 1.0..9.0f64) {
        let system = System::new(table.clone());
        let leontief = quiet(&system, Method::Direct, Stopping::default());
        let found = flows(&leontief, 0);
        let sharing = SharingRule::default();
        let (all, factor) = accounts(&leontief, 0, &found, &sharing, 0.5).unwrap();
        let charged = charged(&leontief, 0, &found, &sharing, &factor);
        let costs = UnitCosts { value: (0..system.region_count()).map(|r| isard::Bounded::exact(100.0 * (seed + r as f64))).collect(), money: "yuan".into(), ..UnitCosts::default() };
        let duty = Duty::ALL[duty];
        let owed = duties(duty, &found, &charged, &all[1]);
        let pricing = Pricing { rule: PriceRule::ALL[rule], ets: Some(50.0), bargaining: 0.5, whole: None };
        let paid = compensate(duty, owed, &found, &costs, &pricing, 1e6).unwrap();
        let total = paid.total().value;
        prop_assert!(paid.balance().value.abs() <= 1e-12 * total.max(1.0));
        prop_assert!(paid.balance().value.abs() <= paid.balance().bound);
        for r in 0..system.region_count() {
            prop_assert_eq!(paid.payments[[r, r]].value, 0.0);
            for s in 0..system.region_count() {
                prop_assert!(paid.payments[[r, s]].value >= 0.0);
                let both = paid.payments[[r, s]].value > 0.0 && paid.payments[[s, r]].value > 0.0;
                prop_assert!(!both || duty == Duty::GapFund, "{r} and {s} pay each other");
            }
        }
    }

    #[test]
    fn a_column_does_not_depend_on_the_others(table in any_table(), keep in 0usize..6) {
        use isard::operator::Direction;
        use isard::solve::{Judge, Method, Prepared, Stopping};
        struct Small;
        impl Judge for Small {
            fn measure(&self, columns: &[usize], _: &[f64], r: &[f64], out: &mut [f64]) {
                let k = out.len();
                for (c, o) in out.iter_mut().enumerate().take(columns.len()) {
                    *o = r.iter().skip(c).step_by(k).map(|v| v.abs()).fold(0.0, f64::max) * 1e6;
                }
            }
        }
        let system = System::new(table.clone());
        let k = keep % system.demand.ncols();
        for direction in [Direction::Forward, Direction::Transposed] {
            for method in Method::ALL {
                let Ok(ready) = Prepared::new(method, &system.given()) else { continue };
                let run = |b: ndarray::ArrayView2<f64>| ready.solve(direction, b, &Small, &Stopping::default(), &|_| true);
                let block = run(system.demand.view());
                let alone = run(system.demand.slice(ndarray::s![.., k..k + 1]));
                for i in 0..table.dim() {
                    prop_assert_eq!(block.x[[i, k]].to_bits(), alone.x[[i, 0]].to_bits());
                }
            }
        }
    }
}

#[test]
fn renumbering_regions_renumbers_the_answer() {
    let table = synth::table(&synth::Settings { regions: 4, sectors: 5, seed: 9, ..synth::Settings::default() });
    let order = [2usize, 0, 3, 1];
    let rows: Vec<usize> = order.iter().flat_map(|&r| table.labels.rows(r)).collect();
    let columns: Vec<usize> = order.iter().flat_map(|&r| table.labels.demand(r)).collect();
    let dense = table.z.to_dense();
    let z = ndarray::Array2::from_shape_fn(dense.dim(), |(i, j)| dense[[rows[i], rows[j]]]);
    let pick = |v: &ndarray::Array1<f64>| ndarray::Array1::from_iter(rows.iter().map(|&i| v[i]));
    let labels = Labels { regions: order.iter().map(|&r| table.labels.regions[r].clone()).collect(), ..table.labels.clone() };
    let y = ndarray::Array2::from_shape_fn(table.y.dim(), |(i, c)| table.y[[rows[i], columns[c]]]);
    let mut other = Table::new(labels, isard::table::sparse(z.view()), y, pick(&table.x));
    other.exports = table.exports.as_ref().map(pick);
    other.imports = table.imports.as_ref().map(pick);
    other.value_added = table.value_added.iter().map(|(n, v)| (n.clone(), pick(v))).collect();
    other.stressors =
        table.stressors.iter().map(|s| isard::table::Stressor { direct: pick(&s.direct), households: None, ..s.clone() }).collect();

    let (a, b) = (System::new(table.clone()), System::new(other.clone()));
    let (a, b) = (quiet(&a, Method::RegionGaussSeidel, Stopping::default()), quiet(&b, Method::RegionGaussSeidel, Stopping::default()));
    let (fa, fb) = (flows(&a, 0), flows(&b, 0));
    for s in 0..4 {
        for r in 0..4 {
            let (x, y) = (fa.flow[[order[s], order[r]]], fb.flow[[s, r]]);
            assert!((x.value - y.value).abs() <= x.bound + y.bound, "{s} {r}: {} {}", x.value, y.value);
        }
    }
    let share = |l: &Leontief, f: &Flows| accounts(l, 0, f, &SharingRule::default(), 0.5).unwrap().0;
    let (sa, sb) = (share(&a, &fa), share(&b, &fb));
    for (x, y) in sa.iter().zip(&sb) {
        for (to, &from) in order.iter().enumerate() {
            assert!((x.regions[from].value - y.regions[to].value).abs() <= x.regions[from].bound + y.regions[to].bound);
        }
    }
}

#[test]
fn a_proportional_split_of_sectors_changes_nothing() {
    // every sector in two parts, 0.3 and 0.7: flows between regions stay the same, even if emissions sit in one part
    let table = synth::table(&synth::Settings { regions: 3, sectors: 4, seed: 5, ..synth::Settings::default() });
    let w = [0.3, 0.7];
    let n = table.dim();
    let dense = table.z.to_dense();
    let z = ndarray::Array2::from_shape_fn((2 * n, 2 * n), |(i, j)| w[i % 2] * dense[[i / 2, j / 2]] * w[j % 2]);
    let split = |v: &ndarray::Array1<f64>| ndarray::Array1::from_shape_fn(2 * n, |i| w[i % 2] * v[i / 2]);
    let labels = Labels {
        offsets: table.labels.offsets.iter().map(|o| 2 * o).collect(),
        sectors: (0..2 * n).map(|i| Name::plain(format!("s{i}"))).collect(),
        ..table.labels.clone()
    };
    let y = ndarray::Array2::from_shape_fn((2 * n, table.y.ncols()), |(i, c)| w[i % 2] * table.y[[i / 2, c]]);
    let mut fine = Table::new(labels, isard::table::sparse(z.view()), y, split(&table.x));
    fine.exports = table.exports.as_ref().map(split);
    fine.stressors = table.stressors.clone();
    for s in &mut fine.stressors {
        let q = s.direct.clone();
        s.direct = ndarray::Array1::from_shape_fn(2 * n, |i| if i % 2 == 0 { q[i / 2] } else { 0.0 });
    }
    let (a, b) = (System::new(table.clone()), System::new(fine.clone()));
    let (fa, fb) =
        (flows(&quiet(&a, Method::PowerSeries, Stopping::default()), 0), flows(&quiet(&b, Method::PowerSeries, Stopping::default()), 0));
    for (x, y) in fa.flow.iter().zip(&fb.flow) {
        assert!((x.value - y.value).abs() <= x.bound + y.bound + 1e-12 * x.value.abs(), "{} {}", x.value, y.value);
    }
}

#[test]
fn the_bound_is_tight_where_rounding_does_not_dominate() {
    let table = synth::table(&synth::Settings { regions: 6, sectors: 8, seed: 3, ..synth::Settings::default() });
    let truth = reference::flows(&table, 0).unwrap();
    let system = System::new(table.clone());
    for method in [Method::PowerSeries, Method::GaussSeidel] {
        let found = flows(&quiet(&system, method, Stopping { rtol: 1e-7, ..Stopping::default() }), 0);
        let mut ratios: Vec<f64> = truth
            .iter()
            .enumerate()
            .flat_map(|(s, row)| row.iter().enumerate().map(move |(k, t)| (s, k, t)))
            .map(|(s, k, t)| found.flow[[s, k]].bound / t.distance(found.flow[[s, k]].value))
            .collect();
        ratios.sort_by(f64::total_cmp);
        let median = ratios[ratios.len() / 2];
        assert!((1.0..2.0).contains(&median), "{method:?}: median bound / error {median}");
    }
}

#[test]
fn theta_at_its_ends_gives_production_and_consumption() {
    // all value added abroad-free and domestic: with imports and trade only in final goods, own value added is 1
    let table = synth::table(&synth::Settings { regions: 3, sectors: 3, seed: 1, ..synth::Settings::default() });
    let mut one = table.clone();
    let z = table.z.to_dense();
    let own = ndarray::Array2::from_shape_fn(z.dim(), |(i, j)| if i / 3 == j / 3 { z[[i, j]] } else { 0.0 });
    one.z = isard::table::sparse(own.view()).into();
    one.imports = None;
    one.value_added.clear();
    let system = System::new(one.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let found = flows(&leontief, 0);
    let rule = SharingRule { export_home: true, ..SharingRule::default() };
    let (all, factor) = accounts(&leontief, 0, &found, &rule, 0.5).unwrap();
    for s in 0..3 {
        assert!((factor.region[s].value - 1.0).abs() <= 1e-12, "theta {}", factor.region[s].value);
        // theta = 1: shared is production, less what falls to the error destination
        let expected = found.direct[s].value - found.to(s, isard::system::Destination::Error).value;
        assert!((all[2].regions[s].value - expected).abs() <= 1e-9 * found.direct[s].value);
    }
    // no value added at all: theta = 0, shared is consumption
    let mut none = table.clone();
    let purchases = none.purchases();
    none.imports = Some(&none.x - &purchases);
    none.value_added.clear();
    let system = System::new(none.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let found = flows(&leontief, 0);
    let (all, _) = accounts(&leontief, 0, &found, &SharingRule::default(), 0.5).unwrap();
    for s in 0..3 {
        assert!((all[2].regions[s].value - all[1].regions[s].value).abs() <= 1e-9 * all[1].regions[s].value.abs());
    }
}
