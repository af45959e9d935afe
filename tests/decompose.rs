//! Decompositions against decompr's numbers, against an explicit inverse in double-double, and against their laws.

use std::collections::HashMap;
use std::path::Path;

use isard::decompose::{Decomposition, Partner, Scheme, decompose};
use isard::formats;
use isard::labels::{Labels, Name};
use isard::leontief::{Factor, Leontief};
use isard::solve::{Method, Stopping};
use isard::synth;
use isard::system::{Destination, System};
use isard::table::{Stressor, Table, sparse};
use ndarray::{Array1, Array2, Axis, array};
use proptest::prelude::*;

use crate::laws::quiet;
use crate::reference::{self, Double, eliminate};
use crate::support::shared;
use crate::support::shared::leave_out;

fn names(list: &[&str]) -> Vec<Name> {
    list.iter().map(|s| Name::plain(*s)).collect()
}

fn value(v: f64) -> Double {
    Double(v, 0.0)
}

fn sum(terms: impl Iterator<Item = Double>) -> Double {
    terms.fold(Double::ZERO, Double::add)
}

/// Everything explicit: A, its inverse, the inverses of the domestic blocks, demand by source row and member.
struct Dense {
    region: Vec<usize>,
    a: Vec<Vec<Double>>,
    inverse: Vec<Vec<Double>>,
    local: Vec<Vec<Double>>,
    /// Demand by row and member: the regions (stock and error at home), then abroad.
    demand: Vec<Vec<Double>>,
    /// Demand by row and destination, as the system has it.
    raw: Vec<Vec<Double>>,
    destinations: Vec<Destination>,
    c: Vec<Double>,
    imports: Option<Vec<Double>>,
    left: Option<Vec<Double>>,
}

impl Dense {
    fn new(table: &Table, factor: Factor) -> Dense {
        let (system, n) = (System::new(table.clone()), table.dim());
        let r_count = table.labels.region_count();
        let region: Vec<usize> = (0..n).map(|i| table.labels.region_of(i)).collect();
        let per_output = |v: &Array1<f64>| -> Vec<Double> {
            (0..n).map(|i| if table.x[i] == 0.0 { Double::ZERO } else { value(v[i]).div(value(table.x[i])) }).collect()
        };
        let mut a = vec![vec![Double::ZERO; n]; n];
        for (i, row) in table.z.outer_iterator().enumerate() {
            for (j, &z) in row.iter().filter(|(j, _)| table.x[*j] != 0.0) {
                a[i][j] = value(z).div(value(table.x[j]));
            }
        }
        let inverse = |keep: &dyn Fn(usize, usize) -> bool| {
            let entry = |i: usize, j: usize| if keep(i, j) { a[i][j].neg() } else { Double::ZERO };
            let m = (0..n).map(|i| (0..n).map(|j| if i == j { value(1.0).add(entry(i, j)) } else { entry(i, j) }).collect()).collect();
            let unit: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(i == j)).collect()).collect();
            eliminate(m, &unit).unwrap()
        };
        let raw = reference::demand(&system);
        let mut demand = vec![vec![Double::ZERO; r_count + 1]; n];
        for i in 0..n {
            for (k, d) in system.destinations.iter().enumerate() {
                let to = match d {
                    Destination::Region(r) => *r,
                    Destination::Export => r_count,
                    _ => region[i],
                };
                demand[i][to] = demand[i][to].add(raw[i][k]);
            }
        }
        let is_value = factor == Factor::Value;
        let c = match factor {
            Factor::Value => {
                let sums = reference::value_added(table);
                (0..n).map(|i| if table.x[i] == 0.0 { Double::ZERO } else { sums[i].div(value(table.x[i])) }).collect()
            }
            Factor::Stressor(k) => per_output(&table.stressors[k].direct),
        };
        let imports = table.imports.as_ref().filter(|_| is_value).map(&per_output);
        let left = is_value.then(|| {
            (0..n)
                .map(|j| {
                    let known = sum((0..n).map(|i| a[i][j])).add(c[j]).add(imports.as_ref().map_or(Double::ZERO, |m| m[j]));
                    value(1.0).add(known.neg())
                })
                .collect()
        });
        let (whole, local) = (inverse(&|_, _| true), inverse(&|i, j| region[i] == region[j]));
        Dense { inverse: whole, local, region, a, demand, raw, destinations: system.destinations, c, imports, left }
    }

    fn rows(&self, t: usize) -> impl Iterator<Item = usize> {
        (0..self.region.len()).filter(move |&i| self.region[i] == t)
    }

    /// `sum over k in t of c_k B_ki`.
    fn content(&self, t: usize, i: usize) -> Double {
        sum(self.rows(t).map(|k| self.c[k].mul(self.inverse[k][i])))
    }

    fn through(&self, c: &Option<Vec<Double>>, i: usize) -> Double {
        c.as_ref().map_or(Double::ZERO, |c| sum((0..c.len()).map(|k| c[k].mul(self.inverse[k][i]))))
    }

    fn own_chain(&self, i: usize) -> Double {
        sum(self.rows(self.region[i]).map(|k| self.c[k].mul(self.local[k][i])))
    }

    /// Output of row j for final goods of source t to members u.
    fn output(&self, j: usize, t: usize, u: usize) -> Double {
        sum(self.rows(t).map(|k| self.inverse[j][k].mul(self.demand[k][u])))
    }

    /// `sum over j in r of a_ij v_j`.
    fn bought(&self, i: usize, r: usize, v: &dyn Fn(usize) -> Double) -> Double {
        sum(self.rows(r).map(|j| self.a[i][j].mul(v(j))))
    }

    fn local_output(&self, j: usize, v: &dyn Fn(usize) -> Double) -> Double {
        sum(self.rows(self.region[j]).map(|k| self.local[j][k].mul(v(k))))
    }

    fn members(&self) -> usize {
        self.demand[0].len()
    }

    /// Gross exports of row i: final goods and intermediates for all others.
    fn exports(&self, i: usize) -> Double {
        let (s, abroad) = (self.region[i], self.members() - 1);
        let output = |j: usize| sum((0..abroad).flat_map(|t| (0..=abroad).map(move |u| (t, u))).map(|(t, u)| self.output(j, t, u)));
        let all = (0..=abroad).filter(|&r| r != s);
        sum(all.map(|r| self.demand[i][r].add(if r < abroad { self.bought(i, r, &output) } else { Double::ZERO })))
    }

    /// The sixteen terms of row i and member r by their definitions, and what is unexplained.
    fn wwz(&self, i: usize, r: usize) -> Vec<Double> {
        let (s, abroad) = (self.region[i], self.members() - 1);
        let y = self.demand[i][r];
        let (own, chain) = (self.content(s, i), self.own_chain(i));
        let importer = if r < abroad { self.content(r, i) } else { self.through(&self.imports, i) };
        let all = sum((0..abroad).map(|t| self.content(t, i))).add(self.through(&self.imports, i));
        let third = all.add(own.neg()).add(importer.neg());
        let left = self.through(&self.left, i);
        let part = |pairs: &dyn Fn(usize, usize) -> bool| -> Double {
            if r == abroad {
                return Double::ZERO;
            }
            let pairs: Vec<(usize, usize)> =
                (0..abroad).flat_map(|t| (0..=abroad).map(move |u| (t, u))).filter(|&(t, u)| pairs(t, u)).collect();
            self.bought(i, r, &|j| sum(pairs.iter().map(|&(t, u)| self.output(j, t, u))))
        };
        let home = |k: usize| self.demand[k][self.region[k]];
        let buys = |v: &dyn Fn(usize) -> Double| if r < abroad { self.bought(i, r, v) } else { Double::ZERO };
        let simple = buys(&|j| self.local_output(j, &home));
        let twice = buys(&|j| self.local_output(j, &|k| self.exports(k)));
        let x = part(&|_, _| true);
        vec![
            own.mul(y),
            chain.mul(part(&|t, u| t == r && u == r)),
            chain.mul(part(&|t, u| t != r && t != s && u == t)),
            chain.mul(part(&|t, u| t == r && u != r && u != s)),
            chain.mul(part(&|t, u| t != r && t != s && u != t && u != s)),
            chain.mul(part(&|t, u| t == s && u == s)),
            chain.mul(part(&|t, u| t == r && u == s)),
            chain.mul(part(&|t, u| t != r && t != s && u == s)),
            third.mul(y),
            importer.mul(y),
            third.mul(simple),
            importer.mul(simple),
            chain.mul(part(&|t, u| t == s && u != s)),
            own.add(chain.neg()).mul(x),
            third.mul(twice),
            importer.mul(twice),
            left.mul(y.add(x)),
        ]
    }

    /// The nine routes of what row i emits, with `partner` as the first buyer.
    fn routes(&self, i: usize, partner: Partner) -> Vec<Double> {
        let (s, regions) = (self.region[i], self.members() - 1);
        let place = |d: Destination| self.destinations.iter().position(|k| *k == d);
        let raw = |j: usize, d: Destination| place(d).map_or(Double::ZERO, |k| self.raw[j][k]);
        let made = |j: usize, d: Destination| {
            place(d).map_or(Double::ZERO, |k| sum((0..self.region.len()).map(|m| self.inverse[j][m].mul(self.raw[m][k]))))
        };
        let emitted = |v: &dyn Fn(usize) -> Double| self.c[i].mul(self.local_output(i, v));
        let through = |v: &dyn Fn(usize) -> Double| match partner {
            Partner::Region(r) if r != s => emitted(&|k| self.bought(k, r, v)),
            _ => Double::ZERO,
        };
        let at_home = |j: usize| raw(j, Destination::Region(self.region[j]));
        let simple = through(&|j| self.local_output(j, &at_home));
        let others = through(&|j| sum((0..regions).filter(|&k| k != s).map(|k| made(j, Destination::Region(k)))));
        let to = |wanted: Partner, d: Destination| if partner == wanted { emitted(&|k| raw(k, d)) } else { Double::ZERO };
        let goods = |keep: &dyn Fn(usize) -> bool| match partner {
            Partner::Region(r) if keep(r) => emitted(&|k| raw(k, Destination::Region(r))),
            _ => Double::ZERO,
        };
        vec![
            goods(&|r| r == s),
            through(&|j| made(j, Destination::Region(s))),
            goods(&|r| r != s),
            simple,
            others.add(simple.neg()),
            to(Partner::Abroad, Destination::Export),
            through(&|j| made(j, Destination::Export)),
            to(Partner::Error, Destination::Error).add(through(&|j| made(j, Destination::Error))),
            to(Partner::Stock, Destination::Stock).add(through(&|j| made(j, Destination::Stock))),
        ]
    }

    /// The nine terms of exporter s by their definitions.
    fn kww(&self, s: usize) -> Vec<Double> {
        let abroad = self.members() - 1;
        let n = self.region.len();
        let to = |i: usize, keep: &dyn Fn(usize) -> bool| sum((0..=abroad).filter(|&u| keep(u)).map(|u| self.demand[i][u]));
        let over = |rows: &dyn Fn(usize) -> bool, f: &dyn Fn(usize) -> Double| sum((0..n).filter(|&i| rows(i)).map(f));
        let (here, there) = (|i: usize| self.region[i] == s, |i: usize| self.region[i] != s);
        let foreign = |i: usize| sum((0..abroad).filter(|&t| t != s).map(|t| self.content(t, i))).add(self.through(&self.imports, i));
        let gap = |i: usize| self.content(s, i).add(self.own_chain(i).neg());
        let home = |k: usize| self.demand[k][self.region[k]];
        let bought = |i: usize, v: &dyn Fn(usize) -> Double| sum((0..abroad).filter(|&r| r != s).map(|r| self.bought(i, r, v)));
        vec![
            over(&here, &|i| self.content(s, i).mul(to(i, &|u| u != s))),
            over(&there, &|i| self.content(s, i).mul(home(i))),
            over(&there, &|i| self.content(s, i).mul(to(i, &|u| u != s && u != self.region[i]))),
            over(&there, &|i| self.content(s, i).mul(to(i, &|u| u == s))),
            over(&here, &|i| gap(i).mul(home(i))),
            over(&here, &|i| gap(i).mul(self.exports(i))),
            over(&here, &|i| foreign(i).mul(to(i, &|u| u != s))),
            over(&here, &|i| foreign(i).mul(bought(i, &|j| self.local_output(j, &home)))),
            over(&here, &|i| foreign(i).mul(bought(i, &|j| self.local_output(j, &|k| self.exports(k))))),
            over(&here, &|i| self.through(&self.left, i).mul(self.exports(i))),
        ]
    }
}

/// Three regions of 2, 3 and 1 sectors; exports abroad, imports, an error column, a common stock column, one sector
/// without output and with sales, and columns that value added and imports do not complete.
fn small() -> Table {
    let z = array![
        [10.0, 4.0, 3.0, 1.0, 0.0, 2.0],
        [5.0, 12.0, 0.0, 2.0, 0.0, 6.0],
        [2.0, 3.0, 20.0, 5.0, 0.0, 4.0],
        [1.0, 0.0, 6.0, 8.0, 0.0, 3.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [4.0, 2.0, 5.0, 1.0, 0.0, 9.0]
    ];
    let y = array![
        [20.0, 3.0, 4.0, 1.0, 2.0],
        [15.0, 2.0, 5.0, 0.0, 1.0],
        [4.0, 1.0, 30.0, 6.0, 5.0],
        [2.0, 0.0, 12.0, -1.0, 3.0],
        [0.0, 0.5, 0.0, 0.0, 0.0],
        [3.0, 1.0, 2.0, 1.0, 25.0]
    ];
    let labels = Labels {
        regions: names(&["north", "middle", "south"]),
        offsets: vec![0, 2, 5, 6],
        sectors: names(&["farms", "mills", "farms", "mills", "idle", "all"]),
        categories: names(&["households", "investment", "households", "investment", "households"]),
        demand_offsets: vec![0, 2, 4, 5],
    };
    let mut table = Table::new(labels, sparse(z.view()), y, array![60.0, 55.0, 90.0, 40.0, 0.0, 70.0]);
    table.exports = Some(array![6.0, 4.0, 8.0, 3.0, 0.0, 5.0]);
    table.stock = Some(array![1.0, -2.0, 0.5, 1.5, 0.0, 2.0]);
    table.error = Some(array![0.5, 0.25, -1.0, 0.0, 0.0, 1.0]);
    table.imports = Some(array![3.0, 2.0, 6.0, 1.0, 0.0, 4.0]);
    table.value_added = vec![(Name::plain("value added"), array![35.0, 31.0, 50.5, 21.0, 0.0, 42.0])];
    table.stressors =
        vec![Stressor { name: "CO2".into(), unit: "Mt".into(), direct: array![12.0, 30.0, 7.0, 25.0, 0.0, 40.0], households: None }];
    table
}

/// The index of a partner among the members of the reference.
fn member(table: &Table, partner: Partner) -> usize {
    match partner {
        Partner::Region(r) => r,
        _ => table.labels.region_count(),
    }
}

fn within(found: &Decomposition, record: usize, truth: &[Double], relative: f64, what: &str) {
    for (k, term) in found.terms.iter().enumerate() {
        let (v, b) = (found.values[[record, k]], found.bounds[[record, k]]);
        let error = truth[k].distance(v);
        assert!(error <= b, "{what} {record} {}: error {error:e} above bound {b:e} of {v}", term.name);
        assert!(b <= relative, "{what} {record} {}: bound {b:e} of {v} is not near", term.name);
    }
}

fn equals_the_dense_loop(table: &Table, factor: Factor, method: Method, near: f64) {
    let dense = Dense::new(table, factor);
    let system = System::new(table.clone());
    let leontief = quiet(&system, method, Stopping::default());
    let found = decompose(&leontief, Scheme::Kww, factor).unwrap();
    assert!(near.is_infinite() || found.certified(1e-9), "{:?}", found.checks);
    for (k, key) in found.keys.iter().enumerate() {
        within(&found, k, &dense.kww(key.exporter), near, "kww");
    }
    let found = decompose(&leontief, Scheme::Wwz, factor).unwrap();
    assert!(near.is_infinite() || found.certified(1e-9), "{:?}", found.checks);
    for (k, key) in found.keys.iter().enumerate() {
        within(&found, k, &dense.wwz(key.sector.unwrap(), member(table, key.partner.unwrap())), near, "wwz");
    }
    let found = decompose(&leontief, Scheme::Routes, factor).unwrap();
    assert!(near.is_infinite() || found.certified(1e-9), "{:?}", found.checks);
    for (k, key) in found.keys.iter().enumerate() {
        // flows are solved to their own tolerance
        within(&found, k, &dense.routes(key.sector.unwrap(), key.partner.unwrap()), near.max(1e-7), "routes");
    }
}

#[test]
fn terms_of_a_small_table_equal_the_dense_loop() {
    let table = small();
    for factor in [Factor::Value, Factor::Stressor(0)] {
        for method in [Method::Direct, Method::GaussSeidel] {
            equals_the_dense_loop(&table, factor, method, 1e-9);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn bounds_hold_on_any_table(regions in 1usize..5, sectors in 1usize..4, negative in prop_oneof![Just(0.0), 0.0..0.05f64], zero in 0usize..2, seed in any::<u64>()) {
        let table = synth::table(&synth::Settings { regions, sectors, negative_share: negative, zero_output: zero.min((regions * sectors).saturating_sub(2)), seed, ..synth::Settings::default() });
        let size = table.x.iter().map(|v| v.abs()).sum::<f64>();
        for factor in [Factor::Value, Factor::Stressor(0)] {
            equals_the_dense_loop(&table, factor, Method::Direct, size);
        }
        // sums of cells that cancel: bounds are what they are, and true
        let table = reference::with_cancelling_cells(table, seed);
        for factor in [Factor::Value, Factor::Stressor(0)] {
            equals_the_dense_loop(&table, factor, Method::Direct, f64::INFINITY);
        }
    }
}

/// Rows of a CSV file by header: labels and numbers.
pub fn rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().iter().map(String::from).collect();
    (header, reader.records().map(|r| r.unwrap().iter().map(String::from).collect()).collect())
}

pub fn leather(folder: &Path) -> Table {
    let read = |name: &str| {
        let (_, rows) = rows(&folder.join(name));
        Array2::from_shape_fn((rows.len(), rows[0].len() - 1), |(i, j)| rows[i][j + 1].parse::<f64>().unwrap())
    };
    let (z, y, x) = (read("Z.csv"), read("Y.csv"), read("x.csv").column(0).to_owned());
    let regions = names(&["Argentina", "Turkey", "Germany"]);
    let labels = Labels::regular(regions, names(&["Agriculture", "Textile_and_Leather", "Transport_Equipment"]), names(&["final"]));
    Table::new(labels, sparse(z.view()), y, x)
}

fn near(found: f64, expected: f64, bound: f64, what: &str) {
    let allowed = 1e-12 * expected.abs().max(1e-3);
    assert!((found - expected).abs() <= allowed, "{what}: found {found}, expected {expected}");
    assert!((found - expected).abs() <= bound + 1e-14 * expected.abs().max(1.0), "{what}: bound {bound:e}");
}

#[test]
fn decompr_leather_nine_and_sixteen_terms() {
    let Some(folder) = shared("oracles/decompr_leather") else { return };
    let table = leather(&folder);
    let system = System::new(table.clone());
    let leontief = Leontief::new(system.clone(), None, Stopping::default(), Default::default()).unwrap();
    let nine = decompose(&leontief, Scheme::Kww, Factor::Value).unwrap();
    let sixteen = decompose(&leontief, Scheme::Wwz, Factor::Value).unwrap();
    for found in [&nine, &sixteen] {
        assert!(found.certified(1e-9), "{:?}", found.checks);
    }
    assert_eq!((nine.terms.len(), sixteen.terms.len()), (9, 16), "every column of the table is explained");
    let names: Vec<&str> = table.labels.regions.iter().map(|r| r.en.as_str()).collect();

    let (header, all) = rows(&folder.join("expected_kww9.csv"));
    for (s, row) in all.iter().enumerate() {
        for (k, term) in nine.terms.iter().enumerate() {
            let at = header.iter().position(|h| h == term.name).unwrap();
            near(nine.values[[s, k]], row[at].parse().unwrap(), nine.bounds[[s, k]], term.name);
        }
    }

    let (header, all) = rows(&folder.join("expected_wwz16.csv"));
    let records: HashMap<(&str, &str, &str), usize> = sixteen
        .keys
        .iter()
        .enumerate()
        .map(|(k, key)| {
            let Some(Partner::Region(r)) = key.partner else { panic!("a table without exports abroad has regions only") };
            ((names[key.exporter], table.labels.sectors[key.sector.unwrap()].en.as_str(), names[r]), k)
        })
        .collect();
    let mut compared = 0;
    for row in all.iter().filter(|row| row[1] != row[3]) {
        let record = records[&(row[1].as_str(), row[2].as_str(), row[3].as_str())];
        for (k, term) in sixteen.terms.iter().enumerate() {
            let at = header.iter().position(|h| h == term.name).unwrap();
            near(sixteen.values[[record, k]], row[at].parse().unwrap(), sixteen.bounds[[record, k]], term.name);
            compared += 1;
        }
    }
    assert_eq!(compared, 18 * 16);

    let (header, all) = rows(&folder.join("expected_kww9_from_wwz.csv"));
    let groups: [(&str, &[&str]); 9] = [
        ("DVA_FIN", &["DVA_FIN"]),
        ("DVA_INT", &["DVA_INT", "DVA_INTrexI1"]),
        ("DVA_INTrex", &["DVA_INTrexF", "DVA_INTrexI2"]),
        ("RDV_FIN", &["RDV_FIN", "RDV_FIN2"]),
        ("RDV_INT", &["RDV_INT"]),
        ("DDC", &["DDC_FIN", "DDC_INT"]),
        ("FVA_FIN", &["OVA_FIN", "MVA_FIN"]),
        ("FVA_INT", &["OVA_INT", "MVA_INT"]),
        ("FDC", &["ODC", "MDC"]),
    ];
    for (name, parts) in groups {
        let at = header.iter().position(|h| h == name).unwrap();
        for (s, row) in all.iter().enumerate() {
            let columns: Vec<usize> = parts.iter().map(|p| sixteen.column(p).unwrap()).collect();
            let found: f64 = sixteen
                .keys
                .iter()
                .zip(sixteen.values.rows())
                .filter(|(key, _)| key.exporter == s)
                .map(|(_, v)| columns.iter().map(|&c| v[c]).sum::<f64>())
                .sum();
            near(found, row[at].parse().unwrap(), f64::INFINITY, name);
        }
    }
}

/// Both schemes on a real table: every bound finite, every identity within 1e-10.
fn holds_on(table: &Table, what: &str) {
    let system = System::new(table.clone()).stored(None, false).unwrap();
    let leontief = Leontief::new(system.clone(), None, Stopping::default(), Default::default()).unwrap();
    let factors = (0..table.stressors.len()).map(Factor::Stressor).chain([Factor::Value]);
    for factor in factors {
        for scheme in [Scheme::Kww, Scheme::Wwz, Scheme::Routes] {
            let start = std::time::Instant::now();
            let found = decompose(&leontief, scheme, factor).unwrap();
            let worst = found.checks.iter().map(|c| c.found).fold(0.0, f64::max);
            let largest = found.values.iter().map(|v| v.abs()).fold(0.0, f64::max);
            let bound = found.bounds.iter().fold(0.0, |a: f64, b| a.max(*b)) / largest;
            println!(
                "{what}: {} of {}: {} terms, worst identity {worst:.1e}, largest bound {bound:.1e} of the largest term, {:.2?}",
                scheme.name(),
                found.factor,
                found.terms.len(),
                start.elapsed()
            );
            assert!(found.certified(1e-9), "{what} {}: {:?}", scheme.name(), found.checks);
            assert!(bound < 1e-8, "{what} {}: {bound:e}", scheme.name());
            assert!(worst < 1e-10, "{what} {}: {:?}", scheme.name(), found.checks);
            assert!(found.values.sum_axis(Axis(1)).iter().all(|v| v.is_finite()));
        }
    }
}

fn plain(path: &Path, sheet: Option<&str>) -> Table {
    formats::read(path, &formats::Reading { sheet: sheet.map(String::from), ..Default::default() }).unwrap()
}

#[test]
fn identities_hold_on_the_regional_tables_of_2002_and_2007() {
    let Some(book) = shared("china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls") else { return };
    for sheet in ["2002-8", "2007-8", "2002-17", "2007-17"] {
        holds_on(&plain(&book, Some(sheet)), sheet);
    }
}

#[test]
fn identities_hold_on_emissions_of_the_regional_table_of_2007() {
    let (Some(book), Some(co2)) =
        (shared("china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls"), shared("china/irio_sic_2002_2007/co2_2007_8x17_Mt.csv"))
    else {
        return;
    };
    let mut table = plain(&book, Some("2007-17"));
    let inventory = formats::inventories::read(&co2, &Default::default()).unwrap();
    isard::inventory::attach(&mut table, &inventory, None, Default::default()).unwrap();
    holds_on(&table, "2007-17 with CO2");
}

/// Says that a test of a large table is left out of a build for debugging.
fn slow(what: &str) -> bool {
    if cfg!(debug_assertions) {
        leave_out(&format!("{what} takes minutes in a debug build; run with --release"));
    }
    cfg!(debug_assertions)
}

#[test]
fn identities_hold_on_the_provinces_and_the_world() {
    for file in ["china/mrio_30x42_2007_modelled/mrio30x42_2007.npz", "world/wiod13/wiot_1995.npz", "world/wiod13/wiot_2011.npz"] {
        if let Some(path) = shared(file) {
            holds_on(&plain(&path, None), file);
        }
    }
}

/// The states as a table: flows by trade shares; final demand is what is left, three quarters of it used at home.
fn states(path: &Path) -> Table {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut array = |name: &str| {
        let file = npyz::NpyFile::new(archive.by_name(&format!("{name}.npy")).unwrap()).unwrap();
        let shape: Vec<usize> = file.shape().iter().map(|&d| d as usize).collect();
        (shape, file.into_vec::<f64>().unwrap())
    };
    let ((shape, own), (_, imported), (_, export), (_, q)) = (array("Aloc"), array("Aimp"), array("export"), array("q"));
    let (regions, products) = (shape[0], shape[1]);
    let n = regions * products;
    let mut z = Array2::zeros((n, n));
    for s in 0..regions {
        for i in 0..products {
            let others: f64 = (0..regions).filter(|&r| r != s).map(|r| export[r * products + i]).sum();
            for j in 0..products {
                let at = (s * products + i) * products + j;
                for r in 0..regions {
                    let a = if r == s { own[at] } else { imported[at] * export[r * products + i] / others.max(f64::MIN_POSITIVE) };
                    z[[r * products + i, s * products + j]] = a * q[s * products + j];
                }
            }
        }
    }
    let left = Array1::from(q.clone()) - z.sum_axis(Axis(1));
    let y = Array2::from_shape_fn(
        (n, regions),
        |(i, r)| if i / products == r { 0.75 * left[i] } else { 0.25 * left[i] / (regions - 1) as f64 },
    );
    let name = |k: usize| Name::plain(format!("{k}"));
    let labels = Labels::regular((0..regions).map(name).collect(), (0..products).map(name).collect(), names(&["final"]));
    Table::new(labels, sparse(z.view()), y, Array1::from(q))
}

#[test]
fn identities_hold_on_the_states() {
    if slow("world/us_states") {
        return;
    }
    if let Some(path) = shared("world/us_states/us_states_factors.npz") {
        holds_on(&states(&path), "us_states");
    }
}

#[test]
fn a_single_region_without_trade_exports_nothing() {
    let mut table = Table::new(
        Labels::regular(names(&["all"]), names(&["one", "two"]), names(&["final"])),
        sparse(array![[1.0, 2.0], [3.0, 1.0]].view()),
        array![[7.0], [6.0]],
        array![10.0, 10.0],
    );
    let system = System::new(table.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let found = decompose(&leontief, Scheme::Wwz, Factor::Value).unwrap();
    assert!(found.certified(1e-9) && found.keys.is_empty(), "{found:?}");
    let found = decompose(&leontief, Scheme::Kww, Factor::Value).unwrap();
    assert!(found.certified(1e-9) && found.values.iter().all(|v| *v == 0.0), "{found:?}");
    drop(leontief);
    table.exports = Some(array![1.0, 1.0]);
    table.y = array![[6.0], [5.0]];
    let system = System::new(table.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let found = decompose(&leontief, Scheme::Wwz, Factor::Value).unwrap();
    assert!(found.certified(1e-9) && found.keys.len() == 2, "{found:?}");
    assert!((found.values.sum() - 2.0).abs() < 1e-14);
}

#[test]
fn a_system_that_is_not_productive_has_no_bounds() {
    let table = Table::new(
        Labels::regular(names(&["a", "b"]), names(&["one"]), names(&["final"])),
        sparse(array![[7.0, 6.0], [6.0, 7.0]].view()),
        array![[-2.0, -1.0], [-1.0, -2.0]],
        array![10.0, 10.0],
    );
    let system = System::new(table.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    for scheme in [Scheme::Kww, Scheme::Wwz, Scheme::Routes] {
        let found = decompose(&leontief, scheme, Factor::Value).unwrap();
        assert!(!found.certified(1e-9) && found.bounds.iter().all(|b| b.is_infinite()), "{}", scheme.name());
    }
}
