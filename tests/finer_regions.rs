//! Regions in parts: back to the table to the last bit, trade of the form that is promised, the same by factors, and as commands.

use std::path::Path;

use isard::aggregate::{Record, Records};
use isard::labels::{Labels, Name};
use isard::operator::{Direction, Operator, TradeShare};
use isard::split::{Between, Mix, Regions, factored_regions, nest, split_regions};
use isard::table::{Source, Stressor};
use isard::{Table, Watch};
use ndarray::{Array1, Array2, Axis};
use serde_json::Value;

use crate::finer::{Draw, drawn_table, footprints, records, same};
use crate::linkages::{inverse, system_matrix};
use crate::support::isard;

/// Lines of the parts of every region but one in three, some by sector, some about demand; a part may lack a sector.
fn lines(table: &Table, draw: &mut Draw) -> Vec<(Option<String>, String, String, f64)> {
    let mut all = Vec::new();
    for (r, region) in table.labels.regions.iter().enumerate() {
        if r > 0 && draw.next() < 0.33 {
            continue;
        }
        let count = 1 + draw.below(4);
        let about = |what: Option<&str>, shares: Vec<f64>, all: &mut Vec<_>| {
            for (p, w) in shares.into_iter().enumerate() {
                all.push((what.map(str::to_string), region.given.clone(), format!("{}.{p}", region.given), w));
            }
        };
        about(None, draw.shares(count, false), &mut all);
        for i in table.labels.rows(r) {
            if draw.next() < 0.5 {
                about(Some(&table.labels.sectors[i].given), draw.shares(count, true), &mut all);
            }
        }
        if draw.next() < 0.5 {
            about(Some("final demand"), draw.shares(count, true), &mut all);
        }
    }
    all
}

fn of_sectors(rows: &[(Option<String>, String, String, f64)]) -> Records {
    records(rows.iter().map(|(about, from, to, w)| (about.as_deref(), from.clone(), to.clone(), *w)).collect())
}

fn file() -> Source {
    Source { path: "drawn.csv".into(), sha256: String::new() }
}

/// Distances between all regions, those within a part left out now and then; or given trade; or nothing.
fn drawn_between(table: &Table, parts: &Regions, draw: &mut Draw) -> Between {
    let count = parts.count();
    let kind = draw.below(4);
    if kind == 0 {
        return Between::Shares;
    }
    let outside = draw.next() < 0.5;
    let mut d = Array2::from_elem((count, count), f64::NAN);
    for p in 0..count {
        for q in 0..=p {
            if (p != q || draw.next() < 0.5) && (outside || parts.parent(p) == parts.parent(q)) {
                let v = 10.0 + 500.0 * draw.next();
                d[[p, q]] = v;
                d[[q, p]] = v;
            }
        }
    }
    if kind < 3 {
        return Between::Gravity(d, [0.0, 1.0, 2.5][draw.below(3)], file());
    }
    let products = table.labels.products().1;
    let flows = products.iter().map(|_| Array2::from_shape_fn((count, count), |_| 0.1 + draw.next())).collect();
    Between::Given(flows, products, file())
}

#[test]
fn a_split_of_regions_adds_up_to_its_table_to_the_last_bit_and_changes_no_output_of_it() {
    let (mut flows, mut other, mut differ) = (0, 0, 0);
    for seed in 0..60 {
        let (table, mut draw) = (drawn_table(seed), Draw(seed * 17 + 3));
        let own = lines(&table, &mut draw);
        // shares of emissions that differ from those of output, 0 where these are
        let mut emitted: Vec<_> = own.iter().filter(|l| l.0.as_deref() != Some("final demand")).cloned().collect();
        for lines in emitted.chunk_by_mut(|a, b| (&a.0, &a.1) == (&b.0, &b.1)) {
            let sum: f64 = lines.iter().map(|l| l.3 * l.3).sum();
            lines.iter_mut().for_each(|l| l.3 *= l.3 / sum);
        }
        let known = (seed % 2 == 1).then(|| of_sectors(&emitted));
        let parts = Regions::new(&table, &of_sectors(&own), known.as_ref()).unwrap();
        let between = drawn_between(&table, &parts, &mut draw);
        let mix = Mix::new(&table, &parts, &between, &Watch::default()).unwrap();
        let made = split_regions(&table, &parts, &mix, &Watch::default()).unwrap();
        same(&parts.map().table(&made), &table);
        flows += made.z.nnz();
        let size = table.x.sum();
        // columns are shares of columns, rows of rows
        let (fine, coarse) = (made.purchases(), table.purchases());
        let map = parts.map();
        let sold = |t: &Table, i: usize| t.z.row(i).map(|(_, z)| z).sum::<f64>() + t.y.row(i).sum();
        for k in 0..made.dim() {
            let i = map.rows[k][0].0;
            assert!((fine[k] - parts.output[k] * coarse[i]).abs() <= 1e-13 * size, "{seed}: column {k}");
            assert!((sold(&made, k) - parts.output[k] * sold(&table, i)).abs() <= 1e-9 * size, "{seed}: row {k}");
        }
        // sum over parts of the output for a region's demand is that of the table
        let (ours, theirs) = (inverse(system_matrix(&made)), inverse(system_matrix(&table)));
        let (ours, theirs) = (ours.dot(&made.demand_by_region().0), theirs.dot(&table.demand_by_region().0));
        let mut sums = Array2::<f64>::zeros(theirs.dim());
        for ((k, q), x) in ours.indexed_iter() {
            sums[[map.rows[k][0].0, map.regions[q][0].0]] += x;
        }
        assert!(sums.iter().zip(&theirs).all(|(a, b)| (a - b).abs() <= 1e-11 * size), "{seed}: outputs");
        let emits = |k: usize| parts.emissions[k] * table.stressors[0].direct[map.rows[k][0].0];
        assert!((0..made.dim()).all(|k| (made.stressors[0].direct[k] - emits(k)).abs() <= 1e-12 * size), "{seed}: emissions");
        // where emissions follow output, so do footprints
        let (found, before) = (footprints(&made), footprints(&table));
        let total: f64 = table.stressors[0].direct.sum();
        let mut regions = vec![0.0; before.len()];
        found.iter().enumerate().for_each(|(q, j)| regions[map.regions[q][0].0] += j);
        if known.is_none() {
            assert!(regions.iter().zip(&before).all(|(a, b)| (a - b).abs() <= 1e-11 * total), "{seed}: {regions:?} {before:?}");
        } else {
            differ += usize::from(regions.iter().zip(&before).any(|(a, b)| (a - b).abs() > 1e-4 * total));
        }
        other += usize::from(matches!(between, Between::Gravity(..)) && mix.residual > 0.0);
    }
    assert!(flows > 10_000 && other > 15 && differ > 5, "{flows} flows, {other} with gravity, {differ} by emissions");
}

/// What each finer region takes of a row: positive cells, by the shares of the columns.
fn taken(table: &Table, parts: &Regions, i: usize) -> Vec<f64> {
    let (coarse, z) = (&table.labels, table.z.to_dense());
    let one = |q: usize| {
        let s = parts.parent(q);
        let inputs: f64 = coarse.rows(s).map(|j| z[[i, j]].max(0.0) * parts.output[parts.row((s, j), q)]).sum();
        inputs + coarse.demand(s).map(|d| table.y[[i, d]].max(0.0) * parts.demand[parts.column((s, d), q)]).sum::<f64>()
    };
    (0..parts.count()).map(one).collect()
}

#[test]
fn trade_of_parts_is_gravity_times_a_factor_of_each_seller_and_buyer_and_has_their_sums() {
    let mut pairs = 0;
    for seed in 0..40 {
        let (table, mut draw) = (drawn_table(seed), Draw(seed + 71));
        let parts = Regions::new(&table, &of_sectors(&lines(&table, &mut draw)), None).unwrap();
        let count = parts.count();
        let mut d = Array2::from_shape_fn((count, count), |_| 10.0 + 500.0 * draw.next());
        d = &d + &d.t();
        let beta = 0.5 + 2.0 * draw.next();
        let mix = Mix::new(&table, &parts, &Between::Gravity(d.clone(), beta, file()), &Watch::default()).unwrap();
        for (r, i) in (0..table.labels.region_count()).flat_map(|r| table.labels.rows(r).map(move |i| (r, i))) {
            let all = taken(&table, &parts, i);
            let sold: f64 = all.iter().sum();
            let own: Vec<usize> = parts.of(r).filter(|&p| parts.output[parts.row((r, i), p)] > 0.0).collect();
            let flow = |p: usize, q: usize| mix.share(&parts, (r, i), p, q) * all[q];
            for &p in &own {
                let sum: f64 = (0..count).map(|q| flow(p, q)).sum();
                assert!((sum - parts.output[parts.row((r, i), p)] * sold).abs() <= 1e-9 * sold.max(1e-300), "{seed}: {i} of {p}");
            }
            let to: Vec<usize> = (0..count).filter(|&q| all[q] > 0.0).collect();
            for w in own.windows(2) {
                for v in to.windows(2) {
                    let ratio = flow(w[0], v[0]) * flow(w[1], v[1]) / (flow(w[0], v[1]) * flow(w[1], v[0]));
                    let near = (d[[w[0], v[0]]] * d[[w[1], v[1]]] / (d[[w[0], v[1]]] * d[[w[1], v[0]]])).powf(-beta);
                    assert!((ratio / near - 1.0).abs() < 1e-9, "{seed}: {ratio} {near}");
                    pairs += 1;
                }
            }
        }
    }
    assert!(pairs > 500, "{pairs}");
}

/// `Z_rs = diag(t^rs) M_s` for all pairs of regions, r = s among them: Chenery and Moses.
fn of_shares(draw: &mut Draw, regions: usize, s: usize) -> Table {
    let name = |what: &str, k: usize| Name::plain(format!("{what}{k}"));
    let labels = Labels::regular(
        (0..regions).map(|r| name("r", r)).collect(),
        (0..s).map(|i| name("s", i)).collect(),
        vec![Name::plain("home"), Name::plain("state")],
    );
    let n = regions * s;
    let technology: Vec<Array2<f64>> = (0..regions).map(|_| Array2::from_shape_fn((s, s), |_| draw.next())).collect();
    let shares: Vec<Array2<f64>> = (0..s)
        .map(|_| {
            let mut t = Array2::from_shape_fn((regions, regions), |_| 0.1 + draw.next());
            t.columns_mut().into_iter().for_each(|mut c| c /= c.sum());
            t
        })
        .collect();
    let z = Array2::from_shape_fn((n, n), |(i, j)| shares[i % s][[i / s, j / s]] * technology[j / s][[i % s, j % s]]);
    let y = Array2::from_shape_fn((n, 2 * regions), |(i, d)| shares[i % s][[i / s, d / 2]] * (1.0 + draw.next()) * s as f64);
    let x = z.sum_axis(Axis(1)) + y.sum_axis(Axis(1));
    let mut table = Table::new(labels, isard::table::sparse(z.view()), y, x);
    let direct = Array1::from_shape_fn(n, |_| 10.0 * draw.next());
    table.stressors.push(Stressor { name: "CO2".into(), unit: "t".into(), direct, households: None });
    table.unit = "million yuan".into();
    table
}

#[test]
fn a_split_by_factors_has_the_coefficients_of_the_split_that_is_written_out() {
    for seed in 0..12 {
        let mut draw = Draw(seed + 5);
        let table = of_shares(&mut draw, 2 + seed as usize % 3, 3 + seed as usize % 3);
        let parts = Regions::new(&table, &of_sectors(&lines(&table, &mut draw)), None).unwrap();
        let between = drawn_between(&table, &parts, &mut draw);
        let mix = Mix::new(&table, &parts, &between, &Watch::default()).unwrap();
        let made = split_regions(&table, &parts, &mix, &Watch::default()).unwrap();
        let factored = factored_regions(&table, &parts, &mix).unwrap();
        factored.check().unwrap();
        let n = made.dim();
        let y = made.demand_by_region().0;
        assert!(y.iter().zip(factored.y.slice(ndarray::s![.., ..parts.count()])).all(|(a, b)| (a - b).abs() <= 1e-13 * table.x.sum()));
        assert_eq!((&factored.x, &factored.stressors[0].direct), (&made.x, &made.stressors[0].direct));
        let operator = TradeShare::new(factored.form).unwrap();
        let mut columns = vec![0.0; n * n];
        let unit: Vec<f64> = (0..n * n).map(|k| f64::from(u8::from(k / n == k % n))).collect();
        operator.apply(Direction::Forward, n, &unit, &mut columns);
        let expected = Array2::<f64>::eye(n) - system_matrix(&made);
        for ((i, j), a) in expected.indexed_iter().filter(|((_, j), _)| made.x[*j] > 0.0) {
            assert!((columns[i * n + j] - a).abs() <= 1e-12 * a.abs().max(1e-3), "{seed}: {i}, {j}: {} {a}", columns[i * n + j]);
        }
    }
}

fn line(about: Option<&str>, from: &str, to: &str, number: f64) -> Record {
    Record {
        region: about.map(str::to_string),
        source: from.into(),
        target: to.into(),
        partner: None,
        number,
        place: "cities.csv:2".into(),
    }
}

#[test]
fn what_cannot_be_split_is_named_with_place_and_remedy() {
    let table = drawn_table(1);
    let (r, s) = (table.labels.regions[0].given.clone(), table.labels.sectors[0].given.clone());
    let refused = |rows: Vec<Record>, words: &[&str]| {
        let records = Records { place: "cities.csv".into(), rows, amounts: false, source: None };
        let error = Regions::new(&table, &records, None).unwrap_err();
        let text = format!("{error} / {}", error.help().unwrap_or_default());
        assert!(words.iter().all(|w| text.contains(w)), "{text}");
    };
    let two = |a: f64, b: f64| vec![line(None, &r, "a", a), line(None, &r, "b", b)];
    refused(two(0.5, 0.4), &["cities.csv:2", "add up to 0.9", "expected 1", "divide each by their sum"]);
    refused(vec![line(None, "nowhere", "a", 1.0)], &["cities.csv:2", "\"nowhere\" is no region"]);
    refused([two(0.5, 0.5), vec![line(Some("s99"), &r, "a", 1.0)]].concat(), &["\"s99\" is no sector", &r]);
    refused([two(0.5, 0.5), vec![line(Some(&s), &r, "a", 1.0)]].concat(), &["without the part \"b\"", "0 if it has none"]);
    refused(vec![line(Some(&s), &r, "a", 0.5), line(Some(&s), &r, "b", 0.5)], &["no shares of the parts", "lines without a sector"]);
    refused([two(0.5, 0.5), two(0.5, 0.5)].concat(), &["comes twice", "keep one line"]);
    let other = table.labels.regions[1].given.clone();
    refused(vec![line(None, &r, &other, 0.5), line(None, &r, "b", 0.5)], &["would be a region twice", "a name of its own"]);

    let records = Records { place: "cities.csv".into(), rows: two(0.5, 0.5), amounts: false, source: None };
    let parts = Regions::new(&table, &records, None).unwrap();
    let wrong = |between: Between, words: &[&str]| {
        let error = Mix::new(&table, &parts, &between, &Watch::default()).unwrap_err();
        let text = format!("{error} / {}", error.help().unwrap_or_default());
        assert!(words.iter().all(|w| text.contains(w)), "{text}");
    };
    let count = parts.count();
    let none = Array2::from_elem((count, count), f64::NAN);
    wrong(Between::Gravity(none.clone(), 1.0, file()), &["drawn.csv", "no distance of b and a", "add a line for each pair"]);
    let mut half = none;
    half.slice_mut(ndarray::s![..2, ..2]).fill(3.0);
    half[[0, 2]] = 4.0;
    wrong(Between::Gravity(half.clone(), 1.0, file()), &["no distance of b and"]);
    half[[0, 2]] = f64::NAN;
    half[[0, 1]] = -1.0;
    wrong(Between::Gravity(half, 1.0, file()), &["the distance of a and b is -1", "above 0"]);
    // one part alone serves all: the other cannot sell its output
    let products = table.labels.products().1;
    let lone = Array2::from_shape_fn((count, count), |(p, _)| if p == 0 { 1.0 } else { 0.0 });
    wrong(Between::Given(vec![lone; products.len()], products, file()), &["what b sells of", "output share"]);
    // no trade shares, no factors
    let mix = Mix::new(&table, &parts, &Between::Shares, &Watch::default()).unwrap();
    let error = factored_regions(&table, &parts, &mix).map(|_| ()).unwrap_err();
    assert!(error.help().unwrap_or_default().contains("`output` FILE.isard"), "{error}");
}

/// Three regions inside one and two outside: what goes in is shared by buyer, what goes out by seller, alike for all partners; with the
/// table of the three alone, its exports and imports in columns.
fn family(draw: &mut Draw, s: usize) -> (Table, Table) {
    let (inside, regions) = (3, 5);
    let n = regions * s;
    let mut shares = |count: usize| draw.shares(count, false);
    let exports: Vec<Vec<f64>> = (0..s).map(|_| shares(inside)).collect();
    let imports: Vec<Vec<f64>> = (0..s).map(|_| shares(inside)).collect();
    let bought = shares(inside);
    let whole = Array2::from_shape_fn((regions * s, regions * s + regions), |_| draw.next());
    let flow = |i: usize, c: usize| {
        let to = if c < n { c / s } else { c - n };
        let (own, other) = (i / s < inside, to < inside);
        // the total of the trade between the three and a partner is in the place of the first of them
        let first = |k: usize| if k < n { k % s } else { n };
        match (own, other) {
            (true, false) => exports[i % s][i / s] * 3.0 * whole[[i % s, c]],
            (false, true) if c < n => imports[c % s][to] * 3.0 * whole[[i, first(c)]],
            (false, true) => bought[to] * 3.0 * whole[[i, n]],
            _ => whole[[i, c]] * if own == other && i / s == to { 3.0 } else { 1.0 },
        }
    };
    let z = Array2::from_shape_fn((n, n), |(i, j)| flow(i, j));
    let y = Array2::from_shape_fn((n, regions), |(i, r)| (s as f64) * 2.0 * flow(i, n + r));
    let x = z.sum_axis(Axis(1)) + y.sum_axis(Axis(1));
    let name = |what: &str, k: usize| Name::plain(format!("{what}{k}"));
    let sectors: Vec<Name> = (0..s).map(|i| name("s", i)).collect();
    let places: Vec<Name> = ["p0", "p1", "p2", "o0", "o1"].map(Name::plain).to_vec();
    let labels = Labels::regular(places.clone(), sectors.clone(), vec![Name::plain("demand")]);
    let value = &x - &z.sum_axis(Axis(0));
    assert!(value.iter().all(|v| *v > 0.0), "value added is positive");
    let mut table = Table::new(labels, isard::table::sparse(z.view()), y.clone(), x.clone());
    table.value_added = vec![(Name::plain("value added"), value.clone())];
    let direct = Array1::from_shape_fn(n, |_| 10.0 * draw.next());
    table.stressors.push(Stressor { name: "CO2".into(), unit: "t".into(), direct: direct.clone(), households: None });
    let m = inside * s;
    let labels = Labels::regular(places[..inside].to_vec(), sectors, vec![Name::plain("demand")]);
    let own = ndarray::s![..m];
    let mut inner = Table::new(
        labels,
        isard::table::sparse(z.slice(ndarray::s![..m, ..m])),
        y.slice(ndarray::s![..m, ..inside]).to_owned(),
        x.slice(own).to_owned(),
    );
    inner.exports = Some(z.slice(ndarray::s![..m, m..]).sum_axis(Axis(1)) + y.slice(ndarray::s![..m, inside..]).sum_axis(Axis(1)));
    inner.imports = Some(z.slice(ndarray::s![m.., ..m]).sum_axis(Axis(0)));
    inner.imports_final = Some(y.slice(ndarray::s![m.., ..inside]).sum_axis(Axis(0)));
    inner.value_added = vec![(Name::plain("value added"), value.slice(own).to_owned())];
    inner.stressors.push(Stressor { name: "co2".into(), unit: "kg".into(), direct: direct.slice(own).to_owned(), households: None });
    (table, inner)
}

/// The three regions added up.
fn larger(table: &Table) -> Table {
    let rows = ["p0,C", "p1,C", "p2,C", "o0,o0", "o1,o1"].map(|l| l.split_once(',').unwrap());
    let records = records(rows.iter().map(|(a, b)| (None, a.to_string(), b.to_string(), 1.0)).collect());
    isard::aggregate::Map::new(&table.labels, Some(&records), None).unwrap().table(table)
}

#[test]
fn regions_taken_out_of_a_table_and_nested_again_give_it_back() {
    for seed in 0..20 {
        let (table, inner) = family(&mut Draw(seed), 2 + seed as usize % 4);
        let made = nest(&larger(&table), 0, &inner, file(), &Watch::default()).unwrap();
        assert!(made.fit.residual < 1e-10, "{:?}", made.fit);
        let size = table.x.sum();
        assert_eq!(made.table.labels.regions, table.labels.regions);
        let apart = |a: &Array2<f64>, b: &Array2<f64>| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart(&made.table.z.to_dense(), &table.z.to_dense()) < 1e-10 * size, "{seed}");
        assert!(apart(&made.table.y, &table.y) < 1e-10 * size, "{seed}");
        let (a, b) = (&made.table.stressors[0].direct, &table.stressors[0].direct);
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-10 * b.abs()), "{seed}: emissions");
    }
}

#[test]
fn whatever_is_nested_the_larger_table_stays_as_it_is() {
    let mut moved = 0;
    for seed in 0..20 {
        let sectors = 3 + seed as usize % 3;
        let draw =
            |regions: usize, seed: u64| isard::synth::table(&isard::synth::Settings { regions, sectors, seed, ..Default::default() });
        let (table, mut inner) = (draw(3, seed), draw(2 + seed as usize % 3, seed + 1000));
        inner.labels.regions.iter_mut().enumerate().for_each(|(k, n)| *n = Name::plain(format!("p{k}")));
        let r = seed as usize % 3;
        let made = nest(&table, r, &inner, file(), &Watch::default()).unwrap();
        same(&made.parts.map().table(&made.table), &table);
        let (fine, coarse) = (made.table.purchases(), table.purchases());
        let map = made.parts.map();
        let value = |t: &Table, k: usize| t.value_added.iter().map(|v| v.1[k]).sum::<f64>() + t.imports.as_ref().map_or(0.0, |m| m[k]);
        for k in 0..made.table.dim() {
            let (i, w) = (map.rows[k][0].0, made.parts.output[k]);
            let (own, all) = (fine[k] + value(&made.table, k), coarse[i] + value(&table, i));
            assert!((own - w * all).abs() < 1e-9 * table.x.sum(), "{seed}: column {k}");
        }
        moved += usize::from(made.fit.moved > 1e-3);
    }
    assert!(moved > 10, "{moved}");
    let (table, mut inner) = family(&mut Draw(1), 3);
    let refused = |inner: &Table, words: &[&str]| {
        let error = nest(&larger(&table), 0, inner, file(), &Watch::default()).map(|_| ()).unwrap_err();
        let text = format!("{error} / {}", error.help().unwrap_or_default());
        assert!(words.iter().all(|w| text.contains(w)), "{text}");
    };
    inner.labels.regions[1] = Name::plain("o1");
    refused(&inner, &["drawn.csv", "\"o1\" is a region of both tables", "rename"]);
    inner.labels.regions[1] = Name::plain("p1");
    inner.labels.sectors[0] = Name::plain("strange");
    refused(&inner, &["strange is no sector of C", "isard aggregate"]);
    let (_, mut inner) = family(&mut Draw(1), 3);
    for q in 0..3 {
        inner.x[3 * q] = 0.0;
    }
    refused(&inner, &["no region makes s0", "isard aggregate"]);
}

fn out(dir: &Path, line: &str) -> Value {
    let done = isard().current_dir(dir).args(line.split(' ')).arg("--json").assert().success();
    serde_json::from_slice(&done.get_output().stdout).unwrap()
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().unwrap_or_else(|| panic!("{v}")).iter().map(|v| v.as_f64().unwrap()).collect()
}

fn near(a: &[f64], b: &[f64]) {
    assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-9 * b.abs()), "{a:?} {b:?}");
}

fn refused(dir: &Path, line: &str, words: &[&str]) {
    let done = isard().current_dir(dir).args(line.split(' ')).assert().code(2);
    let text = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(words.iter().all(|w| text.contains(w)), "{line}: {text}");
}

#[test]
fn cities_of_a_province_go_to_a_snapshot_to_factors_and_into_a_study() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let table = of_shares(&mut Draw(4), 3, 4);
    isard::snapshot::write(&table, &dir.join("table.isard"), false).unwrap();
    let put = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    put(
        "cities.csv",
        "parent,part,sector,share\nr0,a,,0.25\nr0,b,,0.75\nr0,a,s1,1\nr0,b,s1,0\nr0,a,final demand,0.5\nr0,b,final demand,0.5\n",
    );
    put("emitted.csv", "parent,part,sector,share\nr0,a,,0.9\nr0,b,,0.1\nr0,a,s1,1\nr0,b,s1,0\n");
    put("idle.csv", "parent,part,share\nr0,a,0.9\nr0,b,0.1\n");
    put("km.csv", "origin,destination,distance\na,b,100\na,r1,300\nb,r1,50\n");
    put("trade.csv", "product,origin,destination,value\ns0,a,b,1\ns0,b,b,2\ns0,a,a,2\ns0,b,a,1\n");
    let known = "--regions cities.csv --emission-shares emitted.csv --distances km.csv";
    let found = out(dir, &format!("split table.isard {known} --output fine.isard"));
    assert_eq!(found["parts"], serde_json::json!(["a", "b", "r1", "r2"]));
    assert_eq!(found["parents"], serde_json::json!(["r0", "r0", "r1", "r2"]));
    let own = numbers(&found["footprint_of_part"]);
    near(&numbers(&found["footprint"]), &[own[0] + own[1], own[2], own[3]]);
    // the finer table by an explicit inverse
    let fine = isard::snapshot::open(&dir.join("fine.isard")).unwrap().table().unwrap();
    near(&own, &footprints(&fine));
    let direct = &table.stressors[0].direct;
    let all: f64 = direct.slice(ndarray::s![..4]).sum();
    near(&numbers(&found["emissions_of_part"])[..2], &[0.9 * all + 0.1 * direct[1], 0.1 * (all - direct[1])]);
    // back by a concordance
    put("back.csv", "source,target\na,r0\nb,r0\nr1,r1\nr2,r2\n");
    isard().current_dir(dir).args(["aggregate", "fine.isard", "--to-regions", "back.csv", "-q", "-o", "back.isard"]).assert().success();
    let back = isard::snapshot::open(&dir.join("back.isard")).unwrap().table().unwrap();
    assert!(back.z == table.z && back.y == table.y && back.x == table.x);
    // by factors: the same numbers within both bounds
    let by_factors = out(dir, &format!("split table.isard {known} --factors factors.isard"));
    let (a, b) = (numbers(&by_factors["footprint_of_part"]), numbers(&found["footprint_of_part_bound"]));
    let bounds = numbers(&by_factors["footprint_of_part_bound"]);
    for k in 0..4 {
        // the factors are rounded themselves
        assert!((a[k] - own[k]).abs() <= b[k] + bounds[k] + 1e-13 * own[k], "{a:?} {own:?}");
    }
    isard().current_dir(dir).args(["solve", "factors.isard", "--demand", "total"]).assert().success();
    // a study
    put(
        "study.toml",
        "table = \"table.isard\"\nsplit-regions = \"cities.csv\"\nsplit-emissions = \"emitted.csv\"\nsplit-distances = \"km.csv\"\n",
    );
    let flow: Vec<Vec<f64>> = out(dir, "run study.toml")["flow"].as_array().unwrap().iter().map(numbers).collect();
    near(&(0..4).map(|r| flow.iter().map(|row| row[r]).sum()).collect::<Vec<f64>>(), &own);
    isard().current_dir(dir).args(format!("split table.isard {known} -q -o result").split(' ')).assert().success();
    isard().current_dir(dir).args(["verify", "result", "table.isard"]).assert().success();
    out(dir, "split table.isard --regions cities.csv --trade trade.csv");
    let amounts =
        std::fs::read_to_string(dir.join("cities.csv")).unwrap().replace("share", "value").replace("0.25", "2").replace("0.75", "6");
    put("amounts.csv", &amounts);
    let again = out(dir, "split table.isard --regions amounts.csv --emission-shares emitted.csv --distances km.csv");
    near(&numbers(&again["footprint_of_part"]), &own);

    let idle = "split table.isard --regions cities.csv --emission-shares idle.csv";
    refused(dir, idle, &["idle.csv", "b / s1 has a share of 0.1 in emissions and no output", "lines of their own"]);
    refused(dir, "split table.isard --regions cities.csv --distances km.csv --trade trade.csv", &["keep one", "--split-trade"]);
    refused(dir, "split table.isard --regions cities.csv --shares emitted.csv", &["cannot be split at once"]);
    refused(dir, "split table.isard --shares emitted.csv --distances km.csv", &["it needs --split-regions FILE"]);
    refused(dir, "split table.isard --regions cities.csv --beta 2", &["it needs --split-distances FILE"]);
    refused(dir, "split table.isard --regions cities.csv --range none", &["--split-range has no effect", "parts of sectors"]);
    refused(dir, "split table.isard --shares emitted.csv --factors x.isard", &["--factors has no effect"]);
    refused(dir, "split table.isard --regions cities.csv --as-table --output x.isard", &["--as-table has no effect"]);
    refused(dir, "split table.isard --regions cities.csv --factors x.csv", &["name a file FILE.isard"]);
    put("bad.csv", "parent,part,share,partner_region\nr0,a,1,r1\n");
    refused(dir, "split table.isard --regions bad.csv", &["bad.csv:2", "remove the column"]);
}

#[test]
fn a_table_is_nested_by_the_command_and_by_a_study() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (table, inner) = family(&mut Draw(8), 3);
    isard::snapshot::write(&larger(&table), &dir.join("world.isard"), false).unwrap();
    isard::snapshot::write(&inner, &dir.join("provinces.isard"), false).unwrap();
    let found = out(dir, "split world.isard --nest provinces.isard --into C --output linked.isard");
    assert_eq!(found["parts"], serde_json::json!(["p0", "p1", "p2", "o0", "o1"]));
    let own = numbers(&found["footprint_of_part"]);
    near(&own, &footprints(&table));
    assert!(found["fit"]["residual"].as_f64().unwrap() < 1e-10);
    let linked = isard::snapshot::open(&dir.join("linked.isard")).unwrap().table().unwrap();
    assert!(linked.provenance.files.iter().any(|f| f.path.ends_with("provinces.isard")), "{:?}", linked.provenance.files);
    std::fs::write(dir.join("study.toml"), "table = \"world.isard\"\nsplit-nest = \"provinces.isard\"\nsplit-into = \"C\"\n").unwrap();
    let flow: Vec<Vec<f64>> = out(dir, "run study.toml")["flow"].as_array().unwrap().iter().map(numbers).collect();
    near(&(0..5).map(|r| flow.iter().map(|row| row[r]).sum()).collect::<Vec<f64>>(), &own);
    refused(dir, "split world.isard --nest provinces.isard", &["it needs --split-into REGION"]);
    refused(dir, "split world.isard --nest provinces.isard --into D", &["\"D\""]);
    refused(dir, "split world.isard --into C", &["it needs --split-nest TABLE"]);
}
