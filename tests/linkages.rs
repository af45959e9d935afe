//! Linkages against explicit Leontief and Ghosh inverses, and the small tables other tests share.

use isard::Table;
use isard::bounded::Bounded;
use isard::formats;
use isard::labels::{Labels, Name};
use isard::leontief::{Factor, Leontief};
use isard::linkages::{Class, linkages};
use isard::solve::Stopping;
use isard::system::System;
use isard::table::{Stressor, sparse};
use ndarray::{Array1, Array2, array};

use crate::support::shared;

/// The inverse of a matrix by elimination with row exchanges.
pub fn inverse(mut m: Array2<f64>) -> Array2<f64> {
    let n = m.nrows();
    let mut inverse = Array2::eye(n);
    for p in 0..n {
        let pivot = (p..n).max_by(|&a, &b| m[[a, p]].abs().total_cmp(&m[[b, p]].abs())).unwrap();
        for k in 0..n {
            m.swap([p, k], [pivot, k]);
            inverse.swap([p, k], [pivot, k]);
        }
        let d = m[[p, p]];
        assert!(d != 0.0, "singular");
        for k in 0..n {
            m[[p, k]] /= d;
            inverse[[p, k]] /= d;
        }
        for i in (0..n).filter(|&i| i != p) {
            let f = m[[i, p]];
            if f != 0.0 {
                for k in 0..n {
                    m[[i, k]] -= f * m[[p, k]];
                    inverse[[i, k]] -= f * inverse[[p, k]];
                }
            }
        }
    }
    inverse
}

/// `I - A` of a table, dense.
pub fn system_matrix(table: &Table) -> Array2<f64> {
    let mut m = Array2::eye(table.dim());
    for (i, row) in table.z.outer_iterator().enumerate() {
        row.iter().filter(|(j, _)| table.x[*j] != 0.0).for_each(|(j, v)| m[[i, j]] -= v / table.x[j]);
    }
    m
}

/// Three regions of 2, 3 and 1 sectors, 5 of whose 6 rows have output; exports abroad, a stock column with both signs, an
/// error column, imports, and two stressors. Value added is what the columns leave over, when `complete`.
pub fn small(complete: bool) -> Table {
    let names = |l: &[&str]| l.iter().map(|s| Name::plain(*s)).collect::<Vec<_>>();
    let labels = Labels {
        regions: names(&["north", "south", "island"]),
        sectors: names(&["farms", "mills", "farms", "mills", "mines", "mills"]),
        offsets: vec![0, 2, 5, 6],
        categories: names(&["home", "state", "home", "state", "home", "state"]),
        demand_offsets: vec![0, 2, 4, 6],
    };
    let z = array![
        [10.0, 22.0, 4.0, 6.0, 0.0, 3.0],
        [15.0, 30.0, 5.0, 12.0, 0.0, 9.0],
        [6.0, 11.0, 14.0, 20.0, 0.0, 2.0],
        [8.0, 19.0, 12.0, 41.0, 0.0, 7.0],
        [0.0; 6],
        [2.0, 4.0, 1.0, 5.0, 0.0, 8.0],
    ];
    let y = array![
        [21.0, 5.0, 7.0, 1.0, 2.0, 0.5],
        [35.0, 12.0, 9.0, 4.0, 6.0, 1.0],
        [5.0, 1.0, 30.0, 6.0, 1.0, 0.0],
        [14.0, 3.0, 52.0, 18.0, 5.0, 2.0],
        [0.0; 6],
        [3.0, 1.0, 4.0, 1.0, 12.0, 4.0],
    ];
    let (exports, stock, error) =
        (array![9.0, 31.0, 4.0, 26.0, 0.0, 3.0], array![1.5, -2.0, 0.5, 3.0, 0.0, -1.0], array![-0.5, 0.75, 0.25, -1.25, 0.0, 0.5]);
    let all = z.sum_axis(ndarray::Axis(1)) + y.sum_axis(ndarray::Axis(1));
    let x: Array1<f64> = all + &exports + &stock + &error;
    let imports: Array1<f64> = array![5.0, 17.0, 3.0, 12.0, 0.0, 4.0];
    let mut value = &x - &z.sum_axis(ndarray::Axis(0)) - &imports;
    if !complete {
        value[1] -= 4.0;
        value[3] += 2.5;
    }
    let stressor = |name: &str, direct: Array1<f64>| Stressor { name: name.into(), unit: "t".into(), direct, households: None };
    let mut table = Table::new(labels, sparse(z.view()), y, x);
    (table.exports, table.stock, table.error, table.imports) = (Some(exports), Some(stock), Some(error), Some(imports));
    table.value_added = vec![(Name::plain("all"), value)];
    table.stressors =
        vec![stressor("CO2", array![12.0, 90.0, 7.0, 130.0, 0.0, 21.0]), stressor("water", array![80.0, 11.0, 95.0, 14.0, 0.0, 2.0])];
    table.unit = "10^4 yuan".into();
    table
}

/// A table of the State Information Centre, 8 regions x 8 or 17 sectors, with CO2 where the year is 2007.
pub fn sic(sheet: &str) -> Option<Table> {
    let book = shared("china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls")?;
    let mut table = formats::read(&book, &formats::Reading { sheet: Some(sheet.into()), ..Default::default() }).unwrap();
    if sheet == "2007-17" {
        let inventory = formats::inventories::read(&shared("china/irio_sic_2002_2007/co2_2007_8x17_Mt.csv")?, &Default::default()).unwrap();
        isard::inventory::attach(&mut table, &inventory, None, Default::default()).unwrap();
    }
    Some(table)
}

pub fn model(system: &System) -> Leontief {
    Leontief::new(system.clone(), None, Stopping::default(), Default::default()).unwrap()
}

/// The found number is within its bound of the expected one, which is itself good to 1e-12 of `size`.
pub fn within(found: Bounded, expected: f64, size: f64, what: &str) {
    let gap = (found.value - expected).abs();
    assert!(gap <= found.bound + 1e-12 * size, "{what}: found {found:?}, expected {expected}, off by {gap:e}");
    assert!(found.bound <= 1e-9 * size, "{what}: bound {:e} against {size}", found.bound);
}

/// Every measure against column sums of the Leontief and row sums of the Ghosh inverse.
fn equals_inverses(table: &Table, factor: Option<Factor>) {
    let n = table.dim();
    let system = System::new(table.clone());
    let leontief = model(&system);
    let found = linkages(&leontief, factor);
    assert!(found.certified(1e-9) && found.checks.iter().all(|c| c.holds), "{:?}", found.checks);
    let b = inverse(system_matrix(table));
    let mut allocation = Array2::eye(n);
    for (i, row) in table.z.outer_iterator().enumerate() {
        row.iter().filter(|_| table.x[i] != 0.0).for_each(|(j, v)| allocation[[i, j]] -= v / table.x[i]);
    }
    let g = inverse(allocation);
    let (f, direct) = match factor {
        Some(Factor::Stressor(k)) => (Some(system.intensities[k].clone()), table.stressors[k].direct.clone()),
        Some(Factor::Value) => (Some(system.value.clone()), table.total_value_added()),
        None => (None, Array1::zeros(n)),
    };
    let with_output: Vec<usize> = (0..n).filter(|&i| table.x[i] != 0.0).collect();
    let mut expected: Vec<(&str, Vec<f64>)> = vec![("backward", b.columns().into_iter().map(|c| c.sum()).collect())];
    expected.push(("forward", g.rows().into_iter().map(|r| r.sum()).collect()));
    if let Some(f) = f {
        expected.push(("weighted_backward", b.columns().into_iter().map(|c| c.dot(&f)).collect()));
        let per_output = Array1::from_shape_fn(n, |j| if table.x[j] == 0.0 { 0.0 } else { direct[j] / table.x[j] });
        expected.push(("weighted_forward", g.rows().into_iter().map(|r| r.dot(&per_output)).collect()));
    }
    let measures = found.measures();
    let get = |name: &str| measures.iter().find(|m| m.0 == name).unwrap().1;
    let mut mean_of = std::collections::HashMap::new();
    for (name, values) in &expected {
        let mean = with_output.iter().map(|&i| values[i]).sum::<f64>() / with_output.len() as f64;
        mean_of.insert(*name, mean);
        let size = values.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
        for (i, &expected) in values.iter().enumerate() {
            within(get(name)[i], expected, size, name);
            within(get(&format!("{name}_normalised"))[i], expected / mean, size / mean, name);
        }
    }
    for i in with_output {
        let above = |k: usize| expected[k].1[i] > mean_of[expected[k].0];
        assert_eq!(found.class[i] == Class::Key, above(0) && above(1), "row {i}");
        assert_eq!(get("upstreamness")[i], get("forward")[i]);
        assert_eq!(get("downstreamness")[i], get("backward")[i]);
    }
}

#[test]
fn linkages_of_a_small_table_are_sums_of_the_leontief_and_ghosh_inverses() {
    for factor in [None, Some(Factor::Stressor(0)), Some(Factor::Stressor(1)), Some(Factor::Value)] {
        equals_inverses(&small(true), factor);
        equals_inverses(&small(false), factor);
    }
}

#[test]
fn two_sectors_have_the_linkages_one_can_work_out_by_hand() {
    // A = [[0.5, 0], [0.25, 0]], so B = [[2, 0], [0.5, 1]]; x = (4, 4), so the Ghosh inverse is the same
    let names = |l: &[&str]| l.iter().map(|s| Name::plain(*s)).collect::<Vec<_>>();
    let labels = Labels::regular(names(&["all"]), names(&["a", "b"]), names(&["home"]));
    let table = Table::new(labels, sparse(array![[2.0, 0.0], [1.0, 0.0]].view()), array![[2.0], [3.0]], array![4.0, 4.0]);
    let system = System::new(table.clone());
    let leontief = model(&system);
    let found = linkages(&leontief, None);
    let values = |v: &[Bounded]| v.iter().map(|b| (b.value * 1e9).round() / 1e9).collect::<Vec<f64>>();
    assert_eq!(values(&found.output.backward.values), [2.5, 1.0]);
    assert_eq!(values(&found.output.forward.values), [2.0, 1.5]);
    assert_eq!(found.class, [Class::Key, Class::Weak]);
}

#[test]
fn a_row_without_output_is_in_no_mean_and_in_no_class() {
    let table = small(true);
    let system = System::new(table.clone());
    let leontief = model(&system);
    let found = linkages(&leontief, Some(Factor::Stressor(0)));
    assert_eq!((found.output.backward.values[4].value, found.output.forward.values[4].value), (1.0, 1.0));
    assert_eq!(found.weighted.unwrap().forward.values[4], Bounded::ZERO);
    assert_eq!(found.class[4], Class::Undecided);
    assert!(found.notes.iter().any(|n| n.starts_with("1 rows have no output")), "{:?}", found.notes);
}

#[test]
fn linkages_of_chile_and_of_the_chinese_regions_are_sums_of_inverses() {
    if let (Some(flows), Some(rest)) =
        (shared("oracles/leontief/transaction_matrix.csv"), shared("oracles/leontief/wage_demand_matrix.csv"))
    {
        let (flows, rest) = (crate::oracle::matrix(&flows, 1, 1), crate::oracle::matrix(&rest, 1, 1));
        // the last column is output: intermediate sales and the six kinds of final demand together
        let (y, x) = (rest.slice(ndarray::s![.., 2..8]).to_owned(), rest.column(8).to_owned());
        let names = |k: usize| (0..k).map(|i| Name::plain(format!("{i}"))).collect::<Vec<_>>();
        let labels = Labels::regular(vec![Name::plain("Chile")], names(12), names(6));
        let mut table = Table::new(labels, sparse(flows.view()), y, x);
        let people = crate::oracle::matrix(&shared("oracles/leontief/employment_matrix.csv").unwrap(), 1, 1).column(0).to_owned();
        table.stressors = vec![Stressor { name: "people".into(), unit: "1".into(), direct: people, households: None }];
        assert!(table.row_imbalance().iter().map(|v| v.abs()).sum::<f64>() < 1e-3 * table.x.sum());
        equals_inverses(&table, Some(Factor::Stressor(0)));
    }
    for sheet in ["2002-8", "2007-8", "2002-17", "2007-17"] {
        let Some(table) = sic(sheet) else { return };
        equals_inverses(&table, Some(if table.stressors.is_empty() { Factor::Value } else { Factor::Stressor(0) }));
    }
}

#[test]
fn linkages_of_the_world_close_to_1e_10() {
    for file in ["world/wiod13/wiot_1995.npz", "world/wiod13/wiot_2011.npz", "china/mrio_30x42_2007_modelled/mrio30x42_2007.npz"] {
        let Some(path) = shared(file) else { return };
        let table = formats::read(&path, &Default::default()).unwrap();
        let system = System::new(table.clone());
        let leontief = model(&system);
        let found = linkages(&leontief, Some(Factor::Value));
        assert!(found.checks.iter().all(|c| c.found <= 1e-10), "{file}: {:?}", found.checks);
        assert!(found.certified(1e-9), "{file}");
    }
}
