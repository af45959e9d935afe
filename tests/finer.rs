//! Aggregation, splits and flows left out, against explicit inverses and plain sums.

use isard::aggregate::{Map, Record, Records, bias, grouped};
use isard::decompose::flows;
use isard::labels::Labels;
use isard::sparsify::{dropped, without};
use isard::split::{Knowledge, Lifted, Parts, RangeOf, exactly, ranges, split};
use isard::system::System;
use isard::{Table, Watch, synth};
use ndarray::{Array1, Array2, Axis};

use crate::linkages::{inverse, model, small, system_matrix, within};

/// Numbers that look drawn.
pub struct Draw(pub u64);

impl Draw {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f64 + 0.5) / 2f64.powi(31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f64) as usize
    }

    /// Shares of `count` that add up to one.
    pub fn shares(&mut self, count: usize, zeros: bool) -> Vec<f64> {
        let mut all: Vec<f64> = (0..count).map(|_| 0.05 + self.next()).collect();
        if zeros && count > 1 && self.next() < 0.3 {
            let k = self.below(count);
            all[k] = 0.0;
        }
        let sum: f64 = all.iter().sum();
        all.into_iter().map(|v| v / sum).collect()
    }
}

pub fn records(rows: Vec<(Option<&str>, String, String, f64)>) -> Records {
    let row = |(k, (region, source, target, number)): (usize, (Option<&str>, String, String, f64))| Record {
        region: region.map(str::to_string),
        source,
        target,
        partner: None,
        number,
        place: format!("drawn:{}", k + 2),
    };
    Records { place: "drawn".into(), rows: rows.into_iter().enumerate().map(row).collect(), amounts: false, source: None }
}

pub fn drawn_table(seed: u64) -> Table {
    if seed.is_multiple_of(5) {
        return small(!seed.is_multiple_of(2));
    }
    let settings = synth::Settings { regions: 2 + seed as usize % 3, sectors: 3 + seed as usize % 4, seed, ..Default::default() };
    synth::table(&synth::Settings { density: if seed.is_multiple_of(3) { 0.5 } else { 1.0 }, ..settings })
}

/// Emissions for the final demand of each region, by the explicit inverse.
pub fn footprints(table: &Table) -> Vec<f64> {
    let b = inverse(system_matrix(table));
    let q = &table.stressors[0].direct;
    let f: Array1<f64> = q.iter().zip(&table.x).map(|(q, x)| if *x == 0.0 { 0.0 } else { q / x }).collect();
    let y = table.demand_by_region().0;
    f.dot(&b).dot(&y).to_vec()
}

/// Sectors 0 and 1 of every region in parts, some by region.
fn drawn_parts(table: &Table, draw: &mut Draw) -> Parts {
    let products = table.labels.products().1;
    let mut rows = Vec::new();
    for (p, product) in products.iter().take(2).enumerate() {
        let count = 2 + draw.below(3);
        let name = |k: usize| format!("part {p}.{k}");
        for (k, w) in draw.shares(count, false).into_iter().enumerate() {
            rows.push((None, product.given.clone(), name(k), w));
        }
        if draw.next() < 0.4 {
            for (k, w) in draw.shares(count, false).into_iter().enumerate() {
                rows.push((Some("r1"), product.given.clone(), name(k), w));
            }
        }
    }
    rows.retain(|r| r.0.is_none_or(|region| table.labels.find_region(region).is_some()));
    Parts::new(table, &records(rows)).unwrap()
}

/// Structures of every kind, mild enough for a fit to exist.
fn drawn_knowledge(table: &Table, parts: &Parts, draw: &mut Draw) -> Knowledge {
    let labels = &table.labels;
    let (mut sales, mut inputs, mut emissions) = (Vec::new(), Vec::new(), Vec::new());
    let products: Vec<String> = labels.products().1.iter().map(|n| n.given.clone()).collect();
    for p in 0..2 {
        let names: Vec<String> =
            parts.labels.products().1.iter().map(|n| n.given.clone()).filter(|n| n.starts_with(&format!("part {p}."))).collect();
        let add = |to: &mut Vec<_>, other: &str, draw: &mut Draw| {
            for (name, share) in names.iter().zip(draw.shares(names.len(), true)) {
                to.push((None, name.clone(), other.to_string(), share));
            }
        };
        for other in products.iter().chain(["export".to_string()].iter()) {
            if draw.next() < 0.5 {
                add(&mut sales, other, draw);
            }
            if draw.next() < 0.5 && other != "export" {
                add(&mut inputs, other, draw);
            }
        }
        if draw.next() < 0.7 {
            for (name, share) in names.iter().zip(draw.shares(names.len(), true)) {
                emissions.push((None, products[p].clone(), name.clone(), share));
            }
        }
    }
    let some = |rows: Vec<_>| if rows.is_empty() { None } else { Some(records(rows)) };
    Knowledge::new(table, parts, some(sales).as_ref(), some(inputs).as_ref(), some(emissions).as_ref()).unwrap()
}

pub fn same(a: &Table, b: &Table) {
    assert_eq!(a.labels, b.labels);
    assert_eq!(a.z, b.z);
    assert_eq!(a.y, b.y);
    assert_eq!(a.x, b.x);
    assert_eq!((&a.exports, &a.stock, &a.error), (&b.exports, &b.stock, &b.error));
    assert_eq!((&a.imports, &a.imports_final), (&b.imports, &b.imports_final));
    assert_eq!(a.value_added, b.value_added);
    for (s, t) in a.stressors.iter().zip(&b.stressors) {
        assert_eq!((&s.direct, &s.households), (&t.direct, &t.households));
    }
}

#[test]
fn the_aggregate_of_a_split_is_the_table_to_the_bit_and_its_rows_and_columns_add_up() {
    let (mut made, mut structured) = (0, 0);
    for seed in 0..200 {
        let (table, mut draw) = (drawn_table(seed), Draw(seed * 7 + 1));
        let parts = drawn_parts(&table, &mut draw);
        let known = if seed % 4 == 0 { Knowledge::default() } else { drawn_knowledge(&table, &parts, &mut draw) };
        let Ok(found) = split(&table, &parts, &known, &Watch::default()) else { continue };
        made += 1;
        structured += usize::from(known.has_structures());
        let back = parts.map(&table.labels).table(&found.table);
        same(&back, &table);
        let (sold, purchases) = (found.table.row_sums().0, found.table.purchases());
        for k in 0..parts.dim() {
            let i = parts.parent(k);
            // the remainder of a row and its error column go to the parts by their shares
            let remainder = table.row_sums().0[i].value;
            let size = table.x[i].abs().max(1.0);
            assert!((sold[k].value - parts.shares[k] * remainder).abs() < 1e-5 * size || table.error.is_some(), "{seed}: row {k}");
            assert!((found.table.x[k] - parts.shares[k] * table.x[i]).abs() <= 1e-12 * size, "{seed}: output {k}");
            if !found.table.value_added.is_empty() && !known.has_structures() {
                let value: f64 =
                    found.table.value_added.iter().map(|v| v.1[k]).sum::<f64>() + found.table.imports.as_ref().map_or(0.0, |m| m[k]);
                let all: f64 = table.value_added.iter().map(|v| v.1[i]).sum::<f64>() + table.imports.as_ref().map_or(0.0, |m| m[i]);
                assert!((purchases[k] + value - parts.shares[k] * (table.purchases()[i] + all)).abs() < 1e-6 * size, "{seed}: column {k}");
            }
        }
    }
    assert!(made >= 120 && structured >= 60, "{made} splits, {structured} with structures");
}

#[test]
fn parts_add_up_to_the_last_bit_for_any_shares() {
    let mut draw = Draw(3);
    for _ in 0..20_000 {
        let total = (draw.next() - 0.3) * 10f64.powi(draw.below(24) as i32 - 12);
        let count = 2 + draw.below(12);
        let mut parts: Vec<f64> = draw.shares(count, true).iter().map(|w| w.powi(1 + (total > 0.1) as i32) * total).collect();
        let sum: f64 = parts.iter().sum();
        parts.iter_mut().for_each(|p| *p *= total / sum);
        let before = parts.clone();
        assert!(exactly(total, &mut parts), "{total} of {before:?}");
        assert_eq!(isard::bounded::sum_exact(&parts).value, total);
        assert!(parts.iter().zip(&before).all(|(a, b)| (*b == 0.0) == (*a == 0.0) && (a - b).abs() <= 1e-14 * total.abs()));
    }
}

#[test]
fn a_proportional_split_changes_no_coarse_result_and_its_operator_equals_the_finer_table() {
    for seed in 1..12 {
        let (table, mut draw) = (drawn_table(seed), Draw(seed));
        let parts = drawn_parts(&table, &mut draw);
        let made = split(&table, &parts, &Knowledge::default(), &Watch::default()).unwrap();
        assert!(made.fit.moved < 1e-12, "{}", made.fit.moved);
        let (coarse, fine) = (model(&System::new(table.clone())), model(&System::new(made.table.clone())));
        let (a, b) = (flows(&coarse, 0), flows(&fine, 0));
        for ((s, k), flow) in a.flow.indexed_iter() {
            // the error destination gathers the rounding of parts
            let other = b.flow[[s, k]];
            assert!((flow.value - other.value).abs() <= flow.bound + other.bound + 1e-11 * a.direct[s].value, "{flow:?} {other:?}");
        }
        let lifted = Lifted::new(&coarse, &parts);
        let demand = &fine.system.demand.slice(ndarray::s![.., ..coarse.system.region_count()]).to_owned();
        let found = lifted.solve("finer output", demand.view());
        let expected = inverse(system_matrix(&made.table)).dot(demand);
        for ((k, c), x) in expected.indexed_iter() {
            let size = expected.column(c).sum();
            assert!((found.x[[k, c]] - x).abs() <= found.bound[[k, c]] + 1e-12 * size, "{seed}: {k}, {c}");
            assert!(found.bound[[k, c]] <= 1e-9 * size);
        }
        let sizes = lifted.residual(demand.view(), found.x.view()).unwrap();
        assert!(sizes.iter().all(|s| *s <= 1e-11 * table.x.sum()), "residual by the operator");
        // emissions by part
        let parted = lifted.emissions(&Knowledge::default(), 0, &a);
        let f = &fine.system.intensities[0];
        for ((k, c), e) in parted.indexed_iter().filter(|((_, c), _)| *c < expected.ncols()) {
            within(*e, f[k] * expected[[k, c]], a.direct.iter().map(|d| d.value).sum(), "emissions of a part");
        }
    }
}

#[test]
fn ranges_enclose_the_footprint_of_every_drawn_split() {
    let (mut tried, mut narrower) = (0, 0);
    for seed in 0..40 {
        let (table, mut draw) = (drawn_table(seed), Draw(seed * 3 + 2));
        let parts = drawn_parts(&table, &mut draw);
        for trial in 0..6 {
            let known = drawn_knowledge(&table, &parts, &mut Draw(seed * 100 + trial));
            let Ok(made) = split(&table, &parts, &known, &Watch::default()) else { continue };
            let Ok(all) = ranges(&table, &parts, &known, 0, RangeOf::Both, &Watch::default()) else { continue };
            let total: f64 = table.stressors[0].direct.sum();
            for (r, (j, range)) in footprints(&made.table).into_iter().zip(&all).enumerate() {
                tried += 1;
                narrower += usize::from(range.high - range.low < 0.5 * total);
                assert!(range.low <= j + 1e-9 * total && j <= range.high + 1e-9 * total, "{seed}, {trial}, {r}: {j} is not in {range:?}");
            }
        }
    }
    assert!(tried > 200 && narrower * 2 > tried, "{tried} ranges, {narrower} narrower than half of all emissions");
}

/// The table added up by plain sums of full matrices.
fn plainly(table: &Table, c: &Array2<f64>, regions: &[usize], count: usize) -> (Array2<f64>, Array1<f64>, Array1<f64>, Array2<f64>) {
    let z = c.dot(&table.z.to_dense()).dot(&c.t());
    let mut y = Array2::zeros((c.nrows(), count));
    let demand = c.dot(&table.demand_by_region().0);
    regions.iter().enumerate().for_each(|(r, &g)| {
        let sum = &y.column(g) + &demand.column(r);
        y.column_mut(g).assign(&sum);
    });
    (z, c.dot(&table.x), c.dot(&table.stressors[0].direct), y)
}

#[test]
fn the_error_of_aggregation_is_the_difference_of_two_models_and_its_rows_make_it() {
    for seed in 0..30 {
        let (table, mut draw) = (drawn_table(seed), Draw(seed + 11));
        let labels: &Labels = &table.labels;
        let products = labels.products().1;
        let mut rows = Vec::new();
        for p in &products {
            if draw.next() < 0.3 {
                let shares = draw.shares(2, false);
                rows.push((None, p.given.clone(), "A".to_string(), shares[0]));
                rows.push((None, p.given.clone(), "B".to_string(), shares[1]));
            } else {
                rows.push((None, p.given.clone(), ["A", "B"][draw.below(2)].to_string(), 1.0));
            }
        }
        let groups: Vec<usize> = (0..labels.region_count()).map(|r| r.min(1)).collect();
        let of_regions = labels.regions.iter().zip(&groups).map(|(n, g)| (None, n.given.clone(), format!("g{g}"), 1.0)).collect();
        let map = Map::new(labels, Some(&records(of_regions)), Some(&records(rows))).unwrap();
        let mut c = Array2::zeros((map.dim(), table.dim()));
        map.rows.iter().enumerate().for_each(|(i, t)| t.iter().for_each(|&(to, w)| c[[to, i]] += w));
        assert!(c.sum_axis(Axis(0)).iter().all(|s: &f64| (*s - 1.0).abs() < 1e-12));
        let coarse = map.table(&table);
        let (z, x, q, y) = plainly(&table, &c, &groups, map.labels.region_count());
        assert!((&coarse.z.to_dense() - &z).iter().all(|d| d.abs() < 1e-9 * z.sum()));
        let mut m = Array2::eye(map.dim());
        z.indexed_iter().filter(|((_, j), _)| x[*j] != 0.0).for_each(|((i, j), v)| m[[i, j]] -= v / x[j]);
        let f: Array1<f64> = q.iter().zip(&x).map(|(q, x)| if *x == 0.0 { 0.0 } else { q / x }).collect();
        let before = f.dot(&inverse(m)).dot(&y);
        let after = footprints(&table);
        let (fine, small) = (model(&System::new(table.clone())), model(&System::new(coarse)));
        let found = bias(&fine, &small, &flows(&small, 0), &map, 0);
        let total = q.sum();
        for g in 0..map.labels.region_count() {
            let whole: f64 = after.iter().zip(&groups).filter(|(_, own)| **own == g).map(|(v, _)| v).sum();
            within(found.coarse[g], before[g], total, "coarse footprint");
            within(found.error[g], whole - before[g], total, "error of aggregation");
            within(found.fine(g), whole, total, "fine footprint");
            let parts: f64 = found.parts.column(g).iter().map(|p| p.value).sum();
            assert!((parts - found.error[g].value).abs() <= 1e-9 * total);
            assert!(found.sizes[g] >= found.error[g].value.abs() - 1e-9 * total);
        }
        // after solving there is none
        let sums = grouped(&flows(&fine, 0), &map);
        for g in 0..map.labels.region_count() {
            let whole: f64 = after.iter().zip(&groups).filter(|(_, own)| **own == g).map(|(v, _)| v).sum();
            within((0..sums.nrows()).map(|s| sums[[s, g]]).sum(), whole, total, "flows added up");
        }
    }
}

#[test]
fn no_footprint_moves_further_than_said_by_what_is_left_out() {
    let (mut moved, mut close) = (0, 0);
    for seed in 0..30 {
        let mut table = drawn_table(seed);
        if seed % 3 == 1 {
            table = synth::table(&synth::Settings { negative_share: 0.1, seed, ..Default::default() });
        }
        let leontief = model(&System::new(table.clone()));
        for found in dropped(&leontief, &[1e-9, 1e-3, 1e-2, 5e-2]) {
            let smaller = without(&table, found.threshold);
            assert_eq!(table.z.nnz() - smaller.z.nnz(), found.entries + table.z.data().iter().filter(|v| **v == 0.0).count());
            let lost: f64 = table.z.data().iter().map(|v| v.abs()).sum::<f64>() - smaller.z.data().iter().map(|v| v.abs()).sum::<f64>();
            assert!((lost - found.mass).abs() <= 1e-9 * table.x.sum());
            for ((a, b), most) in footprints(&table).iter().zip(footprints(&smaller)).zip(&found.effect[0]) {
                assert!((a - b).abs() <= most + 1e-12 * table.stressors[0].direct.sum(), "{a} {b} {most}");
                assert!(found.entries > 0 || *most == 0.0);
                moved += usize::from((a - b).abs() > 0.0);
                close += usize::from((a - b).abs() > 0.0 && *most < 1.5 * (a - b).abs());
            }
        }
    }
    assert!(moved > 60 && close * 2 > moved, "{moved} moved, {close} bounds within a half");
}

#[test]
fn what_is_wrong_with_a_concordance_or_a_split_is_named() {
    let table = small(true);
    let line = |region: Option<&'static str>, a: &str, b: &str, w: f64| (region, a.to_string(), b.to_string(), w);
    let map = |rows| Map::new(&table.labels, None, Some(&records(rows))).unwrap_err();
    let told = |e: &isard::Error, words: &[&str]| {
        let text = format!("{e} | {}", e.help().unwrap_or_default());
        assert!(words.iter().all(|w| text.contains(w)), "{text}");
    };
    told(&map(vec![line(None, "farms", "A", 1.0)]), &["2 of 3 sectors", "mills, mines", "add a line"]);
    told(
        &map(vec![
            line(None, "farms", "A", 0.7),
            line(None, "farms", "B", 0.2),
            line(None, "mills", "A", 1.0),
            line(None, "mines", "A", 1.0),
        ]),
        &["drawn:2", "add up to 0.8999", "expected 1"],
    );
    told(&map(vec![line(None, "farm", "A", 1.0)]), &["drawn:2", "\"farm\" is no sector", "did you mean \"farms\"?"]);
    let parts = |rows| Parts::new(&table, &records(rows)).unwrap_err();
    told(&parts(vec![line(None, "mill", "a", 1.0)]), &["\"mill\" is no sector", "did you mean \"mills\"?"]);
    told(&parts(vec![line(None, "mills", "a", 0.5), line(None, "mills", "b", 0.6)]), &["add up to 1.1", "expected 1", "drawn:2"]);
    told(&parts(vec![line(None, "mines", "a", 0.5), line(None, "mines", "b", 0.5)]), &["mines has an output of 0", "nothing to split"]);
    told(&parts(vec![line(Some("south"), "mines", "a", 0.5)]), &["south / mines has an output of 0"]);
    told(&parts(vec![line(None, "mills", "a", 1.0), line(None, "mills", "b", 0.0)]), &["share of \"b\"", "more than 0", "drawn:3"]);
    told(&parts(vec![line(None, "mills", "farms", 0.5), line(None, "mills", "b", 0.5)]), &["two sectors \"farms\""]);
    // a part that may sell to the smallest buyer alone
    let made = Parts::new(&table, &records(vec![line(None, "mills", "a", 0.5), line(None, "mills", "b", 0.5)])).unwrap();
    let mut sales = Vec::new();
    for buyer in ["mills", "farms", "final demand", "export", "stock"] {
        sales.push(line(None, "a", buyer, f64::from(u8::from(buyer == "export"))));
        sales.push(line(None, "b", buyer, f64::from(u8::from(buyer != "export"))));
    }
    let known = Knowledge::new(&table, &made, Some(&records(sales)), None, None).unwrap();
    let refused = split(&table, &made, &known, &Watch::default()).err().expect("it cannot be");
    told(&refused, &["north / mills: a must sell", "at most 31", "sales structure"]);
}

/// The nearest table multiplies cells by a factor of the row, one of the column and one of the whole: for two parts of a row the
/// logarithms differ by one number over all buyers that are not split, and likewise for two parts of a column.
#[test]
fn a_fit_is_the_nearest_table_that_its_rows_columns_and_cells_allow() {
    let mut compared = 0;
    for seed in 1..8 {
        let (table, mut draw) = (drawn_table(5 * seed + 1), Draw(seed + 40));
        let products = table.labels.products().1;
        let split_sector = products[0].given.clone();
        let rows = [("a", 0.35), ("b", 0.65)].map(|(part, w)| (None, split_sector.clone(), part.to_string(), w)).to_vec();
        let parts = Parts::new(&table, &records(rows)).unwrap();
        let others: Vec<String> = products.iter().skip(1).map(|n| n.given.clone()).collect();
        let (mut sales, mut inputs, mut known) = (Vec::new(), Vec::new(), Vec::new());
        for other in &others {
            let [r, c] = [0.1 + 0.8 * draw.next(), 0.1 + 0.8 * draw.next()];
            known.push((r, c));
            sales.extend([("a", r), ("b", 1.0 - r)].map(|(part, w)| (None, part.to_string(), other.clone(), w)));
            inputs.extend([("a", c), ("b", 1.0 - c)].map(|(part, w)| (None, part.to_string(), other.clone(), w)));
        }
        let knowledge = Knowledge::new(&table, &parts, Some(&records(sales)), Some(&records(inputs)), None).unwrap();
        let Ok(made) = split(&table, &parts, &knowledge, &Watch::default()) else { continue };
        assert!(made.fit.residual <= 1e-11 && made.fit.moved > 1e-3, "{:?}", made.fit);
        let (bought, all) = (made.table.purchases(), table.purchases());
        let below = |t: &Table, k: usize| t.value_added.iter().map(|v| v.1[k]).sum::<f64>() + t.imports.as_ref().map_or(0.0, |m| m[k]);
        for k in (0..parts.dim()).filter(|&k| parts.is_split(parts.parent(k))) {
            let (found, i) = (bought[k] + below(&made.table, k), parts.parent(k));
            let expected = parts.shares[k] * (all[i] + below(&table, i));
            assert!((found - expected).abs() <= 1e-9 * expected, "{seed}: column {k} holds {found}, expected {expected}");
        }
        let (z, product) = (made.table.z.to_dense(), table.labels.products().0);
        for i in (0..table.dim()).filter(|&i| parts.is_split(i)) {
            let k = parts.of(i).start;
            let (mut by_row, mut by_column) = (Vec::new(), Vec::new());
            for j in (0..table.dim()).filter(|&j| !parts.is_split(j)) {
                let (l, (r, c)) = (parts.of(j).start, known[product[j] - 1]);
                if z[[k, l]] > 0.0 {
                    by_row.push((z[[k, l]] / r).ln() - (z[[k + 1, l]] / (1.0 - r)).ln());
                }
                if z[[l, k]] > 0.0 {
                    by_column.push((z[[l, k]] / c).ln() - (z[[l, k + 1]] / (1.0 - c)).ln());
                }
            }
            for factors in [by_row, by_column] {
                compared += factors.len();
                assert!(factors.iter().all(|f| (f - factors[0]).abs() < 1e-8), "{seed}: {factors:?}");
            }
        }
    }
    assert!(compared > 100, "{compared}");
}
