//! Structural decomposition against every order worked out with explicit inverses, and on real pairs of tables.

use isard::Table;
use isard::formats;
use isard::labels::Name;
use isard::structural::{FIVE, Followed, How, Structural, structural};
use isard::table::{Stressor, sparse};
use ndarray::{Array1, Array2, Axis, array};

use crate::linkages::{inverse, sic, small};
use crate::support::shared;

fn split(before: &Table, after: &Table, followed: &Followed, how: &How) -> isard::Result<Structural> {
    structural(&before.clone().into(), &after.clone().into(), followed, how)
}

/// The small table some years later: other technology, trade, demand and emissions, and the mines of the south at work.
fn later() -> Table {
    let mut table = small(true);
    let mut z = Array2::<f64>::zeros((6, 6));
    for (i, row) in table.z.outer_iterator().enumerate() {
        row.iter().for_each(|(j, v)| z[[i, j]] = v * (1.0 + 0.13 * ((3 * i + 5 * j) % 7) as f64 - 0.2));
    }
    z.row_mut(4).assign(&array![3.0, 7.0, 2.0, 9.0, 1.0, 4.0]);
    z.column_mut(4).assign(&array![0.5, 2.0, 1.0, 3.0, 1.0, 0.25]);
    table.y.indexed_iter_mut().for_each(|((i, d), v)| *v *= 1.0 + 0.17 * ((2 * i + 3 * d) % 5) as f64);
    table.y[[4, 2]] = 2.0;
    table.y[[0, 1]] = -1.5; // a fall of stocks
    table.stock = Some(array![0.25, 1.0, -3.0, 0.5, 0.5, 0.0]);
    table.error = Some(array![0.5, -0.75, 0.0, 0.25, 0.0, 0.125]);
    table.x = z.sum_axis(Axis(1)) + table.y.sum_axis(Axis(1));
    for column in [&table.exports, &table.stock, &table.error] {
        table.x += column.as_ref().unwrap();
    }
    table.z = sparse(z.view()).into();
    table.value_added = vec![(Name::plain("all"), &table.x - &z.sum_axis(Axis(0)) - table.imports.as_ref().unwrap())];
    table.stressors[0].direct = array![10.0, 85.0, 6.0, 150.0, 9.0, 24.0];
    table
}

/// One year, dense: intensity, A, demand by destination.
struct Year {
    f: Array1<f64>,
    a: Array2<f64>,
    y: Array2<f64>,
}

fn year(table: &Table, other: &Table, direct: impl Fn(&Table) -> Array1<f64>) -> Year {
    let n = table.dim();
    let mut a = Array2::zeros((n, n));
    let mut f = Array1::zeros(n);
    for j in 0..n {
        // a sector at work in the other year only has that year's inputs and intensity
        let from = if table.x[j] != 0.0 { table } else { other };
        if from.x[j] == 0.0 {
            continue;
        }
        f[j] = direct(from)[j] / from.x[j];
        from.z.outer_iterator().enumerate().for_each(|(i, row)| a[[i, j]] = row.get(j).copied().unwrap_or(0.0) / from.x[j]);
    }
    let mut y = table.demand_by_region().0;
    let zero = Array1::zeros(n);
    for column in [&table.exports, &table.stock] {
        y.push_column(column.as_ref().unwrap_or(&zero).view()).unwrap();
    }
    let error = table.row_imbalance() + table.error.as_ref().unwrap_or(&zero);
    y.push_column(error.view()).unwrap();
    Year { f, a, y }
}

/// Emissions by region, then their sum, with each of the five determinants of one of two years.
fn emissions(table: &Table, years: &[Year; 2], pick: [usize; 5]) -> Vec<f64> {
    let n = table.dim();
    let name = |i: usize| table.labels.sectors[i].given.as_str();
    let need = |a: &Array2<f64>, i: usize, j: usize| -> f64 { (0..n).filter(|&k| name(k) == name(i)).map(|k| a[[k, j]]).sum() };
    let (f, h, t) = (&years[pick[0]].f, &years[pick[1]].a, &years[pick[2]].a);
    let mut m = Array2::eye(n);
    for i in 0..n {
        for j in 0..n {
            let (needed, shared) = (need(h, i, j), need(t, i, j));
            let share = if shared != 0.0 {
                t[[i, j]] / shared
            } else if needed != 0.0 {
                h[[i, j]] / needed
            } else {
                0.0
            };
            m[[i, j]] -= needed * share;
        }
    }
    let regions = table.labels.region_count();
    let mut y = Array1::<f64>::zeros(n);
    for d in 0..years[0].y.ncols() {
        let (levels, mix) = (years[pick[3]].y.column(d), years[pick[4]].y.column(d));
        let size = |c: ndarray::ArrayView1<f64>| if d > regions { c.iter().map(|v| v.abs()).sum::<f64>() } else { c.sum() };
        let (level, own) = (size(levels), size(mix));
        y += &(if own == 0.0 { levels.to_owned() } else { &mix * (level / own) });
    }
    let x = inverse(m).dot(&y);
    let mut all: Vec<f64> = (0..regions).map(|s| table.labels.rows(s).map(|i| f[i] * x[i]).sum()).collect();
    all.push(all.iter().sum());
    all
}

fn permutations(items: Vec<usize>) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for k in 0..items.len() {
        let mut rest = items.clone();
        let first = rest.remove(k);
        all.extend(permutations(rest).into_iter().map(|p| [vec![first], p].concat()));
    }
    all
}

/// Every order of the groups of determinants, one inverse each: for every region and group all effects.
fn every_order(table: &Table, years: &[Year; 2], groups: &[&[usize]]) -> Vec<Vec<Vec<f64>>> {
    let rows = table.labels.region_count() + 1;
    let mut effects = vec![vec![Vec::new(); groups.len()]; rows];
    for order in permutations((0..groups.len()).collect()) {
        let mut pick = [0; 5];
        let mut last = emissions(table, years, pick);
        for k in order {
            groups[k].iter().for_each(|&d| pick[d] = 1);
            let next = emissions(table, years, pick);
            (0..rows).for_each(|s| effects[s][k].push(next[s] - last[s]));
            last = next;
        }
    }
    effects
}

fn equals_every_order(before: &Table, after: &Table, found: &Structural, direct: impl Fn(&Table) -> Array1<f64> + Copy) {
    let years = [year(before, after, direct), year(after, before, direct)];
    let size = found.after.iter().chain(&found.before).fold(0.0, |a: f64, v| a.max(v.value.abs()));
    let near = |v: isard::Bounded, expected: f64, what: &str| {
        let gap = (v.value - expected).abs();
        assert!(gap <= v.bound + 1e-12 * size && v.bound <= 1e-9 * size, "{what}: {v:?}, expected {expected}, off by {gap:e} of {size}");
    };
    let five = every_order(before, &years, &[&[0], &[1], &[2], &[3], &[4]]);
    let three = every_order(before, &years, &[&[0], &[1, 2], &[3, 4]]);
    for (effects, expected) in [(&found.five, &five), (&found.three, &three)] {
        for (s, row) in expected.iter().enumerate() {
            for (k, all) in row.iter().enumerate() {
                near(effects.mean[[s, k]], all.iter().sum::<f64>() / all.len() as f64, "mean");
                near(effects.least[[s, k]], all.iter().copied().fold(f64::INFINITY, f64::min), "least");
                near(effects.largest[[s, k]], all.iter().copied().fold(f64::NEG_INFINITY, f64::max), "largest");
            }
        }
    }
    // permutations come in lexical order: the first and the last are the polar ones
    for (s, row) in three.iter().enumerate() {
        for (k, all) in row.iter().enumerate() {
            near(found.polar[[s, k]], 0.5 * (all[0] + all[5]), "polar");
        }
    }
}

fn certified(found: &Structural, what: &str) {
    assert_eq!(found.columns, 16);
    assert!(found.checks.iter().all(|c| c.found <= 1e-10), "{what}: {:?}", found.checks);
    let worst = found.five.largest.iter().map(|v| v.bound).fold(0.0, f64::max);
    assert!(found.certified(1e-9), "{what}: bounds up to {worst:e} of {:?}", found.after.last());
}

#[test]
fn effects_in_every_order_equal_those_from_explicit_inverses() {
    let (before, after) = (small(true), later());
    for (first, second) in [(&before, &after), (&after, &before)] {
        let co2 = split(first, second, &Followed::Stressor(None), &How::default()).unwrap();
        certified(&co2, "CO2");
        equals_every_order(first, second, &co2, |t| t.stressors[0].direct.clone());
        let value = split(first, second, &Followed::Value, &How::default()).unwrap();
        certified(&value, "value added");
        equals_every_order(first, second, &value, |t| t.total_value_added());
        assert!(co2.notes.iter().any(|n| n.contains("current prices")));
        assert!(co2.notes.iter().any(|n| n.starts_with("1 sectors have output in one table only")), "{:?}", co2.notes);
    }
}

#[test]
fn effects_of_two_sectors_can_be_worked_out_by_hand() {
    use isard::labels::Labels;
    // one sector that buys half, then three quarters of its output; demand 10, then 20; intensity 3, then 1
    let make = |z: f64, y: f64, x: f64, q: f64| {
        let names = |n: &str| vec![Name::plain(n)];
        let labels = Labels::regular(names("all"), names("a"), names("home"));
        let mut table = Table::new(labels, sparse(array![[z]].view()), array![[y]], array![x]);
        table.stressors = vec![Stressor { name: "CO2".into(), unit: "t".into(), direct: array![q], households: None }];
        table
    };
    let found = split(&make(10.0, 10.0, 20.0, 60.0), &make(60.0, 20.0, 80.0, 80.0), &Followed::Stressor(None), &How::default()).unwrap();
    certified(&found, "by hand");
    // E = f B y goes from 3 * 2 * 10 to 1 * 4 * 20: intensity adds -40 first and -160 last, inputs 20 or 120, demand 40 or 60
    let round = |v: &isard::Bounded| (v.value * 1e6).round() / 1e6;
    let row = |m: &Array2<isard::Bounded>| m.row(0).iter().map(round).collect::<Vec<_>>();
    assert_eq!(row(&found.polar), [-100.0, 70.0, 50.0]);
    assert_eq!(row(&found.three.least), [-160.0, 20.0, 20.0]);
    assert_eq!(row(&found.three.largest), [-40.0, 120.0, 120.0]);
}

#[test]
fn the_change_between_real_tables_is_explained_to_1e_10() {
    for (first, second) in [("2002-8", "2007-8"), ("2002-17", "2007-17")] {
        let (Some(mut before), Some(after)) = (sic(first), sic(second)) else { return };
        let value = split(&before, &after, &Followed::Value, &How::default()).unwrap();
        certified(&value, first);
        if first == "2002-8" {
            equals_every_order(&before, &after, &value, |t| t.total_value_added());
        }
        if let Some(co2) = after.stressors.first() {
            // no inventory of 2002 is at hand: the intensities of 2007, 1.3 times as high and uneven
            let mut direct = &co2.direct / &after.x * &before.x * 1.3;
            direct.iter_mut().enumerate().for_each(|(i, v)| *v = if v.is_finite() { *v * (1.0 + 0.1 * (i % 4) as f64) } else { 0.0 });
            before.stressors = vec![Stressor { direct, ..co2.clone() }];
            let found = split(&before, &after, &Followed::Stressor(None), &How::default()).unwrap();
            certified(&found, first);
            assert!(found.five.mean[[8, 0]].value < 0.0 && found.five.mean[[8, 3]].value > 0.0);
        }
    }
    let (Some(before), Some(after)) = (shared("world/wiod13/wiot_1995.npz"), shared("world/wiod13/wiot_2011.npz")) else { return };
    let read = |path: &std::path::Path| formats::read(path, &Default::default()).unwrap();
    let found = split(&read(&before), &read(&after), &Followed::Value, &How::default()).unwrap();
    certified(&found, "WIOD");
}

#[test]
fn tables_with_other_labels_or_units_are_refused_by_name() {
    let refuse = |after: &Table, word: &str| {
        let error = split(&small(true), after, &Followed::Stressor(None), &How::default()).err().unwrap();
        assert!(error.to_string().contains(word), "{error}");
    };
    let mut other = later();
    other.labels.regions[1] = Name::plain("west");
    refuse(&other, "region 2: the first has \"south\", the second \"west\"");
    let mut other = later();
    other.labels.sectors[3] = Name::plain("weavers");
    refuse(&other, "sector 2 of region \"south\": the first has \"mills\", the second \"weavers\"");
    let mut other = later();
    other.unit = "USD".into();
    refuse(&other, "money unit");
    let mut other = later();
    other.stressors.clear();
    refuse(&other, "no emissions");
    assert_eq!(FIVE.len(), 5);
}
