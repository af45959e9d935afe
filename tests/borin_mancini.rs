//! Borin and Mancini, direct bilateral trade and extraction against explicit inverses written out block by block, against
//! decompr's numbers, and against their identities.

use isard::Table;
use isard::bounded::Bounded;
use isard::decompose::extraction::{Extracted, extract};
use isard::decompose::{Decomposition, Partner, Scheme, decompose};
use isard::formats;
use isard::leontief::Factor;
use isard::synth;
use isard::system::{Destination, System};
use ndarray::{Array1, Array2, Axis, s};

use crate::linkages::{inverse, model, sic, small};
use crate::support::shared;

const BOTH: [Scheme; 2] = [Scheme::BorinManciniSource, Scheme::BorinManciniSink];

/// Everything explicit.
struct Dense {
    region: Vec<usize>,
    rows: Vec<std::ops::Range<usize>>,
    a: Array2<f64>,
    /// The inverse.
    b: Array2<f64>,
    /// The inverse of the domestic blocks.
    l: Array2<f64>,
    /// Final use by member: the regions, stock and error at home, then abroad (n x (R + 1)).
    y: Array2<f64>,
    c: Array1<f64>,
    /// Content that comes from abroad, and that nothing explains, per unit of output.
    m: Array1<f64>,
    u: Array1<f64>,
}

impl Dense {
    fn new(table: &Table, factor: Factor) -> Dense {
        let (system, n, regions) = (System::new(table.clone()), table.dim(), table.labels.region_count());
        let region: Vec<usize> = (0..n).map(|i| table.labels.region_of(i)).collect();
        let mut a = Array2::zeros((n, n));
        for (i, row) in table.z.outer_iterator().enumerate() {
            row.iter().filter(|(j, _)| table.x[*j] != 0.0).for_each(|(j, v)| a[[i, j]] = v / table.x[j]);
        }
        let domestic = Array2::from_shape_fn((n, n), |(i, j)| if region[i] == region[j] { a[[i, j]] } else { 0.0 });
        let mut y = Array2::zeros((n, regions + 1));
        for (k, d) in system.destinations.iter().enumerate() {
            for i in 0..n {
                let to = match d {
                    Destination::Region(r) => *r,
                    Destination::Export => regions,
                    Destination::Stock | Destination::Error => region[i],
                };
                y[[i, to]] += system.demand[[i, k]];
            }
        }
        let (mut m, mut u) = (Array1::zeros(n), Array1::zeros(n));
        let c = match factor {
            Factor::Stressor(k) => system.intensities[k].clone(),
            Factor::Value => {
                let imports = table.imports.clone().unwrap_or_else(|| Array1::zeros(n));
                m = Array1::from_shape_fn(n, |j| if table.x[j] == 0.0 { 0.0 } else { imports[j] / table.x[j] });
                u = 1.0 - &a.sum_axis(Axis(0)) - &m - &system.value;
                system.value.clone()
            }
        };
        let invert = |a: &Array2<f64>| inverse(Array2::eye(n) - a);
        Dense { b: invert(&a), l: invert(&domestic), rows: (0..regions).map(|r| table.labels.rows(r)).collect(), region, a, y, c, m, u }
    }

    /// A block of a matrix.
    fn block(&self, m: &Array2<f64>, r: usize, t: usize) -> Array2<f64> {
        m.slice(s![self.rows[r].clone(), self.rows[t].clone()]).to_owned()
    }

    fn part(&self, v: &Array1<f64>, r: usize) -> Array1<f64> {
        v.slice(s![self.rows[r].clone()]).to_owned()
    }

    fn final_use(&self, r: usize, member: usize) -> Array1<f64> {
        self.y.slice(s![self.rows[r].clone(), member]).to_owned()
    }

    fn members(&self) -> std::ops::Range<usize> {
        0..self.rows.len() + 1
    }

    /// `sum_t c_t B_ts` over t other than s, and what comes from abroad.
    fn foreign(&self, s: usize) -> Array1<f64> {
        let all = self.m.dot(&self.b);
        let mut sum = self.part(&all, s);
        for t in (0..self.rows.len()).filter(|&t| t != s) {
            sum += &self.part(&self.c, t).dot(&self.block(&self.b, t, s));
        }
        sum
    }

    fn own(&self, s: usize) -> Array1<f64> {
        self.part(&self.c, s).dot(&self.block(&self.b, s, s))
    }

    fn local(&self, s: usize) -> Array1<f64> {
        self.part(&self.c, s).dot(&self.block(&self.l, s, s))
    }

    fn unexplained(&self, s: usize) -> Array1<f64> {
        self.part(&self.u.dot(&self.b), s)
    }

    /// Deliveries of s to a member.
    fn exports(&self, table: &Table, s: usize, member: usize) -> Array1<f64> {
        let mut e = self.final_use(s, member);
        if member < self.rows.len() {
            let x = table.x.slice(s![self.rows[member].clone()]);
            e += &self.block(&self.a, s, member).dot(&x);
        }
        e
    }

    /// DAVAX, GVCF, DDC, FVA, FDC, UNEXPLAINED of s to a member, by sector.
    fn source(&self, table: &Table, s: usize, r: usize) -> Vec<Array1<f64>> {
        let e = self.exports(table, s, r);
        let mut direct = self.final_use(s, r);
        if r < self.rows.len() {
            direct += &self.block(&self.a, s, r).dot(&self.block(&self.l, r, r)).dot(&self.final_use(r, r));
        }
        // sum_t c_t B_ts B_ss^-1 L_ss
        let first = self.foreign(s).dot(&inverse(self.block(&self.b, s, s))).dot(&self.block(&self.l, s, s));
        let (own, local, foreign) = (self.own(s), self.local(s), self.foreign(s));
        vec![
            &local * &direct,
            &local * &(&e - &direct),
            (&own - &local) * &e,
            &first * &e,
            (&foreign - &first) * &e,
            self.unexplained(s) * &e,
        ]
    }

    /// The twelve sink-based terms of s to a member, by sector, and UNEXPLAINED.
    fn sink(&self, table: &Table, s: usize, r: usize, without: &Array2<f64>) -> Vec<Array1<f64>> {
        let regions = self.rows.len();
        let e_s: Array1<f64> =
            self.members().filter(|&m| m != s).map(|m| self.exports(table, s, m)).fold(Array1::zeros(self.rows[s].len()), |a, b| a + b);
        let zero = Array1::zeros(self.rows[s].len());
        // A_sr L_rr c
        let through =
            |c: Array1<f64>| if r == regions { zero.clone() } else { self.block(&self.a, s, r).dot(&self.block(&self.l, r, r)).dot(&c) };
        // sum_{j != r} A_rj sum_k B^{/s}_jk y_k
        let sent_on = |y: &dyn Fn(usize) -> Array1<f64>| {
            let mut sum = Array1::zeros(self.rows[r].len());
            for j in (0..regions).filter(|&j| j != r) {
                for k in 0..regions {
                    sum += &self.block(&self.a, r, j).dot(&self.block(without, j, k).dot(&y(k)));
                }
            }
            sum
        };
        // final use of a member without the final exports of s
        let used = |member: usize| {
            move |k: usize| if k == s && member != s { Array1::zeros(self.rows[k].len()) } else { self.final_use(k, member) }
        };
        let (own, foreign, goods) = (self.own(s), self.foreign(s), self.final_use(s, r));
        let mut parts = vec![zero.clone(); 6];
        if r < regions {
            parts[0] = through(self.final_use(r, r));
            for member in self.members().filter(|&m| m != r && m != s) {
                parts[1] = &parts[1] + &through(self.final_use(r, member));
            }
            for member in self.members().filter(|&m| m != s) {
                parts[2] = &parts[2] + &through(sent_on(&used(member)));
            }
            parts[3] = through(self.final_use(r, s));
            parts[4] = through(sent_on(&used(s)));
            parts[5] = through(sent_on(&|k| if k == s { e_s.clone() } else { Array1::zeros(self.rows[k].len()) }));
        }
        let [here, third, on, back, on_back, again] = <[Array1<f64>; 6]>::try_from(parts).unwrap();
        let mut terms: Vec<Array1<f64>> = [&goods, &here, &third, &on, &back, &on_back, &again].map(|v| &own * v).to_vec();
        terms.extend([goods, here, &third + &back, &on + &on_back, again].map(|v| &foreign * &v));
        terms.push(self.unexplained(s) * self.exports(table, s, r));
        terms
    }

    /// The inverse with s selling no intermediates to others.
    fn without_sales(&self, s: usize) -> Array2<f64> {
        let n = self.region.len();
        let masked = Array2::from_shape_fn((n, n), |(i, j)| if self.region[i] == s && self.region[j] != s { 0.0 } else { self.a[[i, j]] });
        inverse(Array2::eye(n) - masked)
    }
}

/// The found numbers are within their bounds of the expected ones, good to 1e-12 of `size`; bounds are small.
fn within(found: Bounded, expected: f64, size: f64, what: &str) {
    let gap = (found.value - expected).abs();
    assert!(gap <= found.bound + 1e-12 * size, "{what}: found {found:?}, expected {expected}, off by {gap:e} of {size}");
    assert!(found.bound <= 1e-9 * size, "{what}: bound {:e} against {size}", found.bound);
}

fn equals_the_blocks(table: &Table, factor: Factor) {
    let system = System::new(table.clone());
    let leontief = model(&system);
    let dense = Dense::new(table, factor);
    let size = dense.c.dot(&table.x).abs().max(table.x.sum() * f64::from(factor == Factor::Value));
    let regions = table.labels.region_count();
    for scheme in BOTH.into_iter().chain([Scheme::Eebt]) {
        let found = decompose(&leontief, scheme, factor).unwrap();
        assert!(found.certified(1e-9), "{} {:?}", scheme.name(), found.checks);
        let mut expected = std::collections::HashMap::new();
        for s in 0..regions {
            let without = dense.without_sales(s);
            for member in dense.members().filter(|&m| m != s) {
                let terms = match scheme {
                    Scheme::BorinManciniSource => dense.source(table, s, member),
                    Scheme::BorinManciniSink => dense.sink(table, s, member, &without),
                    _ => vec![dense.local(s) * dense.exports(table, s, member)],
                };
                expected.insert((s, member), terms);
            }
        }
        for (k, key) in found.keys.iter().enumerate() {
            let member = match key.partner.unwrap() {
                Partner::Region(r) => r,
                other => {
                    assert_eq!(other, Partner::Abroad);
                    regions
                }
            };
            let at = key.sector.unwrap() - table.labels.rows(key.exporter).start;
            for (t, term) in found.terms.iter().enumerate() {
                let truth = expected[&(key.exporter, member)][t][at];
                within(Bounded::new(found.values[[k, t]], found.bounds[[k, t]]), truth, size, &format!("{} {}", scheme.name(), term.name));
            }
        }
    }
}

#[test]
fn terms_of_small_tables_equal_those_from_explicit_blocks() {
    for factor in [Factor::Value, Factor::Stressor(0), Factor::Stressor(1)] {
        equals_the_blocks(&small(true), factor);
        equals_the_blocks(&small(false), factor);
    }
    for seed in 0..6 {
        let settings =
            synth::Settings { regions: 2 + seed as usize % 3, sectors: 3, zero_output: seed as usize % 2, seed, ..Default::default() };
        let table = synth::table(&settings);
        equals_the_blocks(&table, Factor::Value);
        equals_the_blocks(&table, Factor::Stressor(0));
    }
}

#[test]
fn what_an_exporter_loses_without_exports_is_what_its_own_chains_put_into_them() {
    for (table, factor) in [(small(true), Factor::Value), (small(false), Factor::Value), (small(true), Factor::Stressor(0))] {
        let system = System::new(table.clone());
        let leontief = model(&system);
        let dense = Dense::new(&table, factor);
        let found = decompose(&leontief, Scheme::Extraction, factor).unwrap();
        assert!(found.certified(1e-9), "{:?}", found.checks);
        for s in 0..3 {
            // output of s that no export asks for, explicitly
            let alone = dense.block(&dense.l, s, s).dot(&dense.final_use(s, s));
            let lost = dense.part(&dense.c, s).dot(&(&table.x.slice(s![table.labels.rows(s)]) - &alone));
            within(Bounded::new(found.values[[s, 0]], found.bounds[[s, 0]]), lost, table.x.sum(), "DVA");
        }
    }
}

#[test]
fn extraction_of_a_region_or_a_sector_equals_the_shrunken_economy() {
    let table = small(true);
    let system = System::new(table.clone());
    let leontief = model(&system);
    let all = |what: Extracted| match what {
        Extracted::Region(r) => table.labels.rows(r),
        Extracted::Row(i) => i..i + 1,
    };
    for factor in [Factor::Stressor(0), Factor::Value] {
        let dense = Dense::new(&table, factor);
        for what in (0..3).map(Extracted::Region).chain((0..6).map(Extracted::Row)) {
            let out = all(what);
            // rows and columns gone, and the demand for them
            let a = Array2::from_shape_fn((6, 6), |(i, j)| if out.contains(&i) || out.contains(&j) { 0.0 } else { dense.a[[i, j]] });
            let y = Array1::from_shape_fn(6, |i| if out.contains(&i) { 0.0 } else { dense.y.row(i).sum() });
            let lost = &dense.c * &(&table.x - &inverse(Array2::eye(6) - a).dot(&y));
            let found = extract(&leontief, factor, what).unwrap();
            within(found.total, lost.sum(), table.x.sum(), "loss in all");
            for s in 0..3 {
                within(found.by_region[s], lost.slice(s![table.labels.rows(s)]).sum(), table.x.sum(), "loss of a region");
            }
        }
    }
    let error = extract(&leontief, Factor::Value, Extracted::Row(6)).err().unwrap();
    assert!(error.to_string().contains("there is no row 6: the table has 6"), "{error}");
}

/// By exporter, sums of the terms with these names.
fn sums(found: &Decomposition, names: &[&str]) -> Vec<f64> {
    let regions = found.keys.iter().map(|k| k.exporter).max().unwrap() + 1;
    let mut sums = vec![0.0; regions];
    for name in names {
        let t = found.column(name).unwrap();
        found.keys.iter().zip(found.values.column(t)).for_each(|(key, v)| sums[key.exporter] += v);
    }
    sums
}

/// Sums agree to 1e-10 of the content of each exporter's exports.
fn agree(a: Vec<f64>, b: Vec<f64>, size: &[f64], what: &str) {
    for s in 0..size.len() {
        assert!((a[s] - b[s]).abs() <= 1e-10 * size[s], "{what}: {} and {} of {}", a[s], b[s], size[s]);
    }
}

/// Identities within and between the schemes on a table.
fn identities(table: &Table, factor: Factor, what: &str) {
    let start = std::time::Instant::now();
    let system = System::new(table.clone());
    let leontief = model(&system);
    let [source, sink, kww, extraction, eebt] =
        [Scheme::BorinManciniSource, Scheme::BorinManciniSink, Scheme::Kww, Scheme::Extraction, Scheme::Eebt].map(|scheme| {
            let begun = std::time::Instant::now();
            let found = decompose(&leontief, scheme, factor).unwrap();
            println!("  {what} {}: {:?}, {:?}", scheme.name(), begun.elapsed(), found.solves);
            let failed: Vec<_> =
                leontief.solves().into_iter().filter(|f| !f.converged && !f.superseded).map(|f| (f.name, f.reason)).collect();
            assert!(found.certified(1e-9) && failed.is_empty(), "{what} {}: {:?} {failed:?}", scheme.name(), found.checks);
            assert!(found.checks.iter().all(|c| c.found <= 1e-10), "{what} {}: {:?}", scheme.name(), found.checks);
            found
        });
    let largest = |m: &Array2<f64>| m.iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    for found in [&source, &sink, &eebt, &extraction] {
        assert!(largest(&found.bounds) <= 1e-9 * largest(&found.values), "{what} {}: {:e}", found.scheme.name(), largest(&found.bounds));
    }
    let size = sums(&kww, &kww.terms.iter().map(|t| t.name).collect::<Vec<_>>());
    let dva = sums(&kww, &["DVA_FIN", "DVA_INT", "DVA_INTrex", "RDV_FIN", "RDV_INT"]);
    agree(sums(&source, &["DAVAX", "GVCF"]), dva.clone(), &size, "DVA of source and KWW");
    agree(sums(&sink, &["VAX1", "VAX2", "VAX3", "VAX4", "REF1", "REF2"]), dva.clone(), &size, "DVA of sink and KWW");
    agree(sums(&extraction, &["DVA"]), dva.clone(), &size, "DVA of extraction and KWW");
    agree(sums(&eebt, &["EEBT"]), dva, &size, "EEBT and KWW");
    for found in [&source, &sink] {
        agree(sums(found, &["DDC"]), sums(&kww, &["DDC"]), &size, "DDC");
    }
    let foreign = sums(&kww, &["FVA_FIN", "FVA_INT", "FDC"]);
    agree(sums(&source, &["FVA", "FDC"]), foreign.clone(), &size, "FC of source and KWW");
    agree(sums(&sink, &["FVA1", "FVA2", "FVA3", "FVA4", "FDC"]), foreign.clone(), &size, "FC of sink and KWW");
    agree(sums(&extraction, &["FC"]), foreign, &size, "FC of extraction and KWW");
    // foreign value is counted once in both schemes, wherever it is told
    agree(sums(&source, &["FVA"]), sums(&sink, &["FVA1", "FVA2", "FVA3", "FVA4"]), &size, "FVA of source and sink");
    let more = &source.indicators[0];
    let indicator = |name: &str| more.values.column(more.names.iter().position(|t| t.name == name).unwrap()).to_vec();
    agree(indicator("VAX"), sums(&sink, &["VAX1", "VAX2", "VAX3", "VAX4"]), &size, "VAX");
    agree(indicator("REF"), sums(&sink, &["REF1", "REF2"]), &size, "REF");
    agree(indicator("GVC"), sums(&source, &["GVCF", "DDC", "FVA", "FDC"]), &size, "GVC");
    // what is told by sector and partner adds up to what is told by exporter
    let detailed = &source.indicators[1];
    for (k, term) in detailed.names.iter().enumerate() {
        let mut summed = vec![0.0; indicator(term.name).len()];
        detailed.keys.iter().zip(detailed.values.column(k)).for_each(|(key, v)| summed[key.exporter] += v);
        agree(summed, indicator(term.name), &size, term.name);
    }
    println!("{what}: {:?}", start.elapsed());
}

#[test]
fn both_schemes_kww_and_extraction_agree_on_real_tables() {
    for sheet in ["2002-8", "2007-8", "2002-17", "2007-17"] {
        let Some(table) = sic(sheet) else { return };
        identities(&table, Factor::Value, sheet);
        if !table.stressors.is_empty() {
            identities(&table, Factor::Stressor(0), sheet);
        }
    }
    if cfg!(debug_assertions) {
        println!("SKIPPED: China 30 x 42 and the world, minutes without optimisation; run with --release");
        return;
    }
    for file in ["china/mrio_30x42_2007_modelled/mrio30x42_2007.npz", "world/wiod13/wiot_1995.npz", "world/wiod13/wiot_2011.npz"] {
        let Some(path) = shared(file) else { return };
        identities(&formats::read(&path, &Default::default()).unwrap(), Factor::Value, file);
    }
}

#[test]
fn decompr_leather_domestic_value_is_that_of_its_nine_terms() {
    let Some(folder) = shared("oracles/decompr_leather") else { return };
    let table = crate::decompose::leather(&folder);
    equals_the_blocks(&table, Factor::Value);
    identities(&table, Factor::Value, "leather");
    let (header, rows) = crate::decompose::rows(&folder.join("expected_kww9.csv"));
    let system = System::new(table.clone());
    let leontief = model(&system);
    let [source, sink] = BOTH.map(|scheme| decompose(&leontief, scheme, Factor::Value).unwrap());
    for (s, row) in rows.iter().enumerate() {
        let expected = |names: &[&str]| -> f64 {
            names.iter().map(|n| row[header.iter().position(|h| h == n).unwrap()].parse::<f64>().unwrap()).sum()
        };
        let near = |found: f64, names: &[&str]| {
            let truth = expected(names);
            assert!((found - truth).abs() <= 1e-12 * truth.abs(), "{names:?} of {}: found {found}, expected {truth}", row[1]);
        };
        near(sums(&source, &["DAVAX", "GVCF"])[s], &["DVA_FIN", "DVA_INT", "DVA_INTrex", "RDV_FIN", "RDV_INT"]);
        near(sums(&sink, &["VAX1", "VAX2", "VAX3", "VAX4"])[s], &["DVA_FIN", "DVA_INT", "DVA_INTrex"]);
        near(sums(&sink, &["REF1", "REF2"])[s], &["RDV_FIN", "RDV_INT"]);
        near(sums(&source, &["DDC"])[s], &["DDC"]);
        near(sums(&source, &["FVA", "FDC"])[s], &["FVA_FIN", "FVA_INT", "FDC"]);
        near(sums(&sink, &["FVA1"])[s], &["FVA_FIN"]);
    }
}
