//! Abatement cost from a panel: programmes against vertex enumeration, prices worked out on paper, laws, bad input.

use std::path::{Path, PathBuf};

use isard::cost::curve::{Fit, Form};
use isard::cost::lp::{Kind, Program};
use isard::cost::{
    Direction, Disposal, Effects, Estimate, Estimator, Face, Flag, MacCurve, Missing, Panel, Prices, Reference, Replicates, Returns,
    Settings, ddf_quadratic, estimate, spearman,
};
use isard::formats::Encoding;
use isard::formats::beside::costs::read_costs;
use isard::formats::beside::panel::{PanelOptions, read};

use crate::support::{isard, shared};

fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn panel(text: &str, options: &PanelOptions) -> Panel {
    let (_folder, path) = file("p.csv", text);
    read(&path, options).unwrap()
}

fn refused(text: &str, options: &PanelOptions) -> String {
    let (_folder, path) = file("p.csv", text);
    let e = read(&path, options).unwrap_err();
    format!("{e}\nhelp: {}", e.help().unwrap_or_default()).replace(&format!("{}/", path.parent().unwrap().display()), "")
}

fn plain() -> PanelOptions {
    PanelOptions::default()
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs().max(1e-12), "{found} is not {expected}");
}

/// Solves a small dense system by elimination; `None` where it is singular.
fn eliminate(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for c in 0..n {
        let p = (c..n).max_by(|&i, &j| a[i][c].abs().total_cmp(&a[j][c].abs()))?;
        if a[p][c].abs() < 1e-10 {
            return None;
        }
        a.swap(c, p);
        b.swap(c, p);
        for i in 0..n {
            if i != c {
                let f = a[i][c] / a[c][c];
                let pivot = a[c].clone();
                a[i].iter_mut().zip(&pivot).for_each(|(v, p)| *v -= f * p);
                b[i] -= f * b[c];
            }
        }
    }
    Some((0..n).map(|i| b[i] / a[i][i]).collect())
}

/// All corners of `A x <= b`.
fn corners(a: &[Vec<f64>], b: &[f64]) -> Vec<Vec<f64>> {
    let (m, n) = (a.len(), a[0].len());
    let mut found = Vec::new();
    for set in 0u32..1 << m {
        if set.count_ones() as usize != n {
            continue;
        }
        let rows: Vec<usize> = (0..m).filter(|i| set >> i & 1 == 1).collect();
        let Some(x) = eliminate(rows.iter().map(|&i| a[i].clone()).collect(), rows.iter().map(|&i| b[i]).collect()) else { continue };
        if (0..m).all(|i| a[i].iter().zip(&x).map(|(a, x)| a * x).sum::<f64>() <= b[i] + 1e-9) {
            found.push(x);
        }
    }
    found
}

fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

#[test]
fn a_programme_finds_the_best_corner_and_its_duals_say_how_the_value_moves() {
    let mut state = 5;
    for _ in 0..40 {
        let n = 3;
        let mut a: Vec<Vec<f64>> = (0..5).map(|_| (0..n).map(|_| random(&mut state) - 0.3).collect()).collect();
        let mut b: Vec<f64> = (0..5).map(|_| 0.2 + random(&mut state)).collect();
        for i in 0..n {
            for sign in [1.0, -1.0] {
                a.push((0..n).map(|j| if i == j { sign } else { 0.0 }).collect());
                b.push(2.0);
            }
        }
        let cost: Vec<f64> = (0..n).map(|_| random(&mut state) - 0.5).collect();
        let value = |x: &[f64]| cost.iter().zip(x).map(|(c, x)| c * x).sum::<f64>();
        let best = |b: &[f64]| corners(&a, b).iter().map(|x| value(x)).fold(f64::INFINITY, f64::min);
        let mut program = Program::new(n);
        program.cost.clone_from(&cost);
        for (row, right) in a.iter().zip(&b) {
            // one row in two as `>=`
            if program.row_count().is_multiple_of(2) {
                program.row(Kind::AtMost, row.iter().copied().enumerate(), *right);
            } else {
                program.row(Kind::AtLeast, row.iter().map(|v| -v).enumerate(), -right);
            }
        }
        let found = program.solve("a test").unwrap();
        assert!(found.proof.holds(), "{:?}", found.proof);
        close(found.value, best(&b), 1e-7);
        for i in 0..5 {
            let mut more = b.clone();
            more[i] += 1e-5;
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            let moved = (best(&more) - best(&b)) / 1e-5;
            assert!((sign * found.duals[i] - moved).abs() < 1e-4, "row {i}: dual {} moved {moved}", found.duals[i]);
        }
    }
}

#[test]
fn a_programme_without_a_point_or_an_end_is_an_error_that_names_the_unit() {
    let mut none = Program::new(1);
    none.row(Kind::AtMost, [(0, 1.0)], 0.0);
    none.row(Kind::AtLeast, [(0, 1.0)], 1.0);
    let text = none.solve("Hebei 2017").unwrap_err().to_string();
    assert_eq!(text, "the linear programme of Hebei 2017 has no feasible point");
    let mut endless = Program::new(1);
    endless.row(Kind::AtMost, [(0, 1.0)], 0.0);
    endless.cost[0] = 1.0;
    let text = endless.solve("Hebei 2017").unwrap_err().to_string();
    assert_eq!(text, "the linear programme of Hebei 2017 is unbounded");
}

// Four regions with one input of 1 each, both means 1, so that normalised numbers are the numbers themselves.
//
//        b    y        With sum z <= 1 (the input row) and sum z b = b, sum z y >= y, the frontier over b runs
//   A   0.4  0.8       (0,0) -> A slope 2, A -> B slope 1, B -> C slope 1/2, C -> D slope -2.
//   B   0.8  1.2
//   C   1.2  1.4       D moves to (1.6 - beta, 0.6 + beta) and meets B-C, y = 1.2 + (b - 0.8) / 2, at
//   D   1.6  0.6       1.2 + (0.8 - beta) / 2 = 0.6 + beta, beta = 2/3: b = 14/15, y = 19/15.
//
// Envelope of D: z_B + z_C = 1, 0.8 z_B + 1.2 z_C = 14/15, so z_B = 2/3, z_C = 1/3 and y = 0.8 + 1.4/3 = 19/15. Correct.
// Multipliers of D: the line B-C has pi_b / pi_y = 1/2 and pi_y + pi_b = 1, so pi_y = 2/3, pi_b = 1/3; it passes through B,
// 0.8/3 + pi_x - 0.8 = 0, so pi_x = 8/15; value 1.6/3 + 8/15 - 0.4 = 2/3. Both sides agree: the price is 1/2, unique.
// At the corners the prices are those of all lines between: A [1, 2], B [1/2, 1]; C from -1, where pi_y + pi_b = 1 ends,
// to 1/2, and from 0 with `<=`. GDP is in 10^8 yuan and CO2 in Mt: 10^8 yuan / Mt = 100 yuan/t, so D pays 50 yuan/t.
const FOUR: &str = "region,year,capital,gdp_100M,co2_Mt\nA,2017,1,0.8,0.4\nB,2017,1,1.2,0.8\nC,2017,1,1.4,1.2\nD,2017,1,0.6,1.6\n";

fn four(direction: Direction, change: impl Fn(&mut Settings)) -> Estimate {
    let mut settings = Settings::new(Estimator::Frontier, Some(direction));
    change(&mut settings);
    let found = estimate(&panel(FOUR, &plain()), &settings).unwrap();
    assert!(found.checked(), "{:?} {:?}", found.proof, found.checks);
    found
}

#[test]
fn four_regions_have_the_prices_worked_out_on_paper() {
    let found = four(Direction::Both, |_| {});
    assert_eq!((found.unit.as_str(), found.year), ("yuan/t", 2017));
    let expected = [(0.0, 100.0, 200.0), (0.0, 50.0, 100.0), (0.0, -100.0, 50.0), (2.0 / 3.0, 50.0, 50.0)];
    for (p, (distance, low, high)) in found.prices.iter().zip(expected) {
        assert!((p.distance.unwrap().value - distance).abs() < 1e-8, "{p:?}");
        close(p.low.value, low, 1e-4);
        close(p.high.value, high, 1e-6);
    }
    // B has 1.2 of GDP and 0.8 of CO2, 150 yuan/t: shares 50 / 200 and 100 / 250, their middle 0.325
    close(found.prices[1].price.value, 150.0 * 0.325 / 0.675, 1e-6);
    assert!(found.prices[1].flags == [Flag::Range] && found.prices[3].flags.is_empty(), "{:?}", found.prices);
    assert_eq!(found.prices[2].flags, [Flag::Negative, Flag::Range]);
    let one_sided = four(Direction::Both, |s| s.disposal = Disposal::OneSided);
    assert!(one_sided.prices[2].low.value.abs() < 1e-4);
    close(one_sided.prices[2].high.value, 50.0, 1e-6);
    let low = four(Direction::Both, |s| (s.face, s.floor) = (Face::Low, Some(3.0)));
    close(low.prices[0].price.value, 100.0, 1e-6);
    assert_eq!((low.prices[2].price.value, low.prices[2].flags.contains(&Flag::Floored)), (3.0, true));
    // (y, -b): D moves to (1.6 - 1.6 beta, 0.6 + 0.6 beta) and meets A-B, y = 0.4 + b, at 2 - 1.6 beta = 0.6 + 0.6 beta
    let own = four(Direction::Own, |_| {});
    close(own.prices[3].distance.unwrap().value, 7.0 / 11.0, 1e-8);
    close(own.prices[3].price.value, 100.0, 1e-6);
    // (1, 0): C-D lies above D only at D itself, so D stays; its lines run from -2 downwards without end
    let gdp = four(Direction::Gdp, |_| {});
    close(gdp.prices[3].high.value, -200.0, 1e-6);
    assert!(gdp.prices[3].flags.contains(&Flag::Negative));
}

#[test]
fn a_price_without_end_is_flagged_and_capped_only_when_asked() {
    // variable returns: nothing lies left of A, so its lines run up to the vertical one
    let found = four(Direction::Both, |s| s.returns = Returns::Variable);
    let a = &found.prices[0];
    close(a.low.value, 100.0, 1e-6);
    assert_eq!((a.high.value, a.flags.as_slice()), (f64::INFINITY, &[Flag::Range, Flag::NoUpperEnd][..]));
    // towards less CO2 alone, D at y = 0.6 meets the vertical line through A: only that line supports it
    let found = four(Direction::Co2, |s| s.returns = Returns::Variable);
    let d = &found.prices[3];
    close(d.distance.unwrap().value, 1.2, 1e-8);
    assert_eq!((d.price.value, d.flags.as_slice()), (f64::INFINITY, &[Flag::Infinite][..]));
    let capped = four(Direction::Co2, |s| (s.returns, s.cap) = (Returns::Variable, Some(5000.0)));
    assert_eq!((capped.prices[3].price.value, capped.prices[3].flags.as_slice()), (5000.0, &[Flag::Infinite, Flag::Capped][..]));
}

#[test]
fn groups_of_regions_have_the_mean_price_of_a_tonne() {
    let four = four(Direction::Own, |_| ());
    let (prices, regions) = (four.prices.clone(), four.prices.len());
    let names = ["first", "rest"].map(isard::labels::Name::region);
    let of: Vec<usize> = (0..regions).map(|k| usize::from(k > 0)).collect();
    let found = four.clone().by_group(&names, &of).unwrap().prices;
    close(found[0].price.value, prices[0].price.value, 1e-15);
    let rest = &prices[1..];
    let tonnes: f64 = rest.iter().map(|p| p.emissions.unwrap().value).sum();
    close(found[1].price.value, rest.iter().map(|p| p.price.value * p.emissions.unwrap().value).sum::<f64>() / tonnes, 1e-14);
    close(found[1].emissions.unwrap().value, tonnes, 1e-14);
    assert!(rest.iter().flat_map(|p| &p.flags).all(|f| found[1].flags.contains(f)));
    let nobody = four.by_group(&names, &vec![0; regions]).unwrap_err();
    assert!(nobody.to_string().contains("\"rest\""), "{nobody}");
}

#[test]
fn the_slacks_measure_is_the_best_corner_of_its_fraction() {
    let found = estimate(&panel(FOUR, &plain()), &Settings::new(Estimator::Slacks, None)).unwrap();
    assert!(found.checked(), "{:?} {:?}", found.proof, found.checks);
    let (y, b) = ([0.8, 1.2, 1.4, 0.6], [0.4, 0.8, 1.2, 1.6]);
    for k in 0..4 {
        // z >= 0, sum z <= 1, sum z y >= y_k, sum z b <= b_k; a fraction of linear functions is least at a corner
        let mut a: Vec<Vec<f64>> = (0..4).map(|i| (0..4).map(|j| if i == j { -1.0 } else { 0.0 }).collect()).collect();
        a.extend([vec![1.0; 4], y.map(|v| -v).to_vec(), b.to_vec()]);
        let right = [0.0, 0.0, 0.0, 0.0, 1.0, -y[k], b[k]];
        let sum = |z: &[f64], v: &[f64]| z.iter().zip(v).map(|(z, v)| z * v).sum::<f64>();
        let rho = |z: &[f64]| sum(z, &[1.0; 4]) / (1.0 + 0.5 * ((sum(z, &y) - y[k]) / y[k] + (b[k] - sum(z, &b)) / b[k]));
        let best = corners(&a, &right).into_iter().min_by(|p, q| rho(p).total_cmp(&rho(q))).unwrap();
        close(found.prices[k].distance.unwrap().value, rho(&best), 1e-7);
        // constant returns: the price is a slope of the frontier where the ray through the projection meets an input of 1
        let at = sum(&best, &b) / sum(&best, &[1.0; 4]);
        let (left, right) = match at {
            v if v < 0.4 + 1e-6 => (2.0, if v > 0.4 - 1e-6 { 1.0 } else { 2.0 }),
            v if v < 0.8 - 1e-6 => (1.0, 1.0),
            v if v < 0.8 + 1e-6 => (1.0, 0.5),
            v if v < 1.2 - 1e-6 => (0.5, 0.5),
            _ => (0.5, 0.0),
        };
        let p = &found.prices[k];
        assert!(
            p.low.value >= 100.0 * right - 1e-3 && p.high.value <= 100.0 * left + 1e-3,
            "{k}: {} to {} at {at}",
            p.low.value,
            p.high.value
        );
    }
}

/// Thirty regions over five years made from a smooth technology, so that every estimator has something to find.
fn made(gdp: f64, co2: f64, inputs: f64, head: &str) -> String {
    let mut state = 11;
    let mut text = format!("region,year,capital,labour,{head}\n");
    for r in 0..30 {
        let (k0, l0, dirt) = (0.5 + random(&mut state), 0.5 + random(&mut state), 0.5 + random(&mut state));
        for t in 0..5 {
            let (k, l) = (k0 * (1.0 + 0.05 * f64::from(t)), l0 * (1.0 + 0.01 * f64::from(t)));
            let b = dirt * (0.6 * k + 0.4 * l) * (0.9 + 0.2 * random(&mut state));
            let y = k.powf(0.4) * l.powf(0.4) * b.powf(0.2) * (0.7 + 0.3 * random(&mut state));
            text += &format!("r{r},{},{},{},{},{}\n", 2000 + t, k * inputs, l * inputs, y * gdp, b * co2);
        }
    }
    text
}

fn current() -> PanelOptions {
    PanelOptions { prices: Some(Prices::Current), ..plain() }
}

fn three() -> [Settings; 3] {
    [
        Settings::new(Estimator::Quadratic, Some(Direction::Both)),
        Settings::new(Estimator::Frontier, Some(Direction::Both)),
        Settings::new(Estimator::Slacks, None),
    ]
}

#[test]
fn prices_follow_the_units_of_gdp_and_co2_and_no_unit_of_inputs() {
    let of = |text: &str, s: &Settings| estimate(&panel(text, &current()), s).unwrap().prices;
    for settings in three() {
        let base = of(&made(1.0, 1.0, 1.0, "gdp_100M,co2_Mt"), &settings);
        let ten = of(&made(10.0, 1.0, 1.0, "gdp_100M,co2_Mt"), &settings);
        let same = of(&made(1e4, 100.0, 7.0, "gdp（万元）,co2（万吨）"), &settings);
        for ((p, q), s) in base.iter().zip(&ten).zip(&same) {
            close(q.price.value, 10.0 * p.price.value, 1e-5);
            close(s.price.value, p.price.value, 1e-5);
        }
    }
}

#[test]
fn the_quadratic_function_translates_and_its_prices_are_never_negative() {
    let data = panel(&made(1.0, 1.0, 1.0, "gdp_100M,co2_Mt"), &current());
    for direction in [Direction::Both, Direction::Gdp, Direction::Co2] {
        for effects in [Effects::Dummies, Effects::Trend, Effects::None] {
            let settings = Settings { effects, ..Settings::new(Estimator::Quadratic, Some(direction)) };
            let found = estimate(&data, &settings).unwrap();
            assert!(found.checked(), "{direction:?} {effects:?}: {:?} {:?}", found.proof, found.checks);
            assert!(found.checks[0].name.starts_with("translation") && found.checks[0].found < 1e-8);
            assert!(found.prices.iter().all(|p| p.price.value >= -1e-6 && p.distance.unwrap().value >= -1e-7), "{direction:?} {effects:?}");
        }
    }
    // N(N+1)/2 + 3N + 6: 21 for three inputs, and one for each year but the first
    assert_eq!(ddf_quadratic::parameters(3, 1, Effects::Dummies), 21);
    assert_eq!(ddf_quadratic::parameters(3, 18, Effects::Dummies), 38);
    assert_eq!(ddf_quadratic::parameters(3, 18, Effects::Trend), 28);
}

#[test]
fn too_few_observations_and_a_missing_direction_are_refused_with_numbers() {
    let say = |settings: &Settings| {
        let e = estimate(&panel(FOUR, &plain()), settings).unwrap_err();
        format!("{e}; {}", e.help().unwrap_or_default())
    };
    let text = say(&Settings::new(Estimator::Quadratic, Some(Direction::Both)));
    assert!(text.starts_with("4 observations for 10 parameters") && text.contains("`estimator` frontier"), "{text}");
    assert!(say(&Settings::new(Estimator::Quadratic, Some(Direction::Own))).contains("translation property fails"));
    assert!(say(&Settings::new(Estimator::Frontier, None)).contains("`direction` both (1,-1)"));
    assert!(say(&Settings::new(Estimator::Slacks, Some(Direction::Both))).contains("has no direction"));
    let two = "region,year,capital,gdp_100M,co2_Mt\nA,2017,1,0.8,0.4\nB,2017,1,1.2,0.8\n";
    let e = estimate(&panel(two, &plain()), &Settings::new(Estimator::Slacks, None)).unwrap_err().to_string();
    assert_eq!(e, "2 observations for a frontier in 3 dimensions (1 inputs, GDP, CO2)");
}

#[test]
fn bad_panels_are_refused_with_place_numbers_and_remedy() {
    let edit = |from: &str, to: &str| refused(&FOUR.replace(from, to), &plain());
    let check = |text: String, words: &[&str]| words.iter().for_each(|w| assert!(text.contains(w), "\"{w}\" is not in {text}"));
    check(edit("B,2017,1,", "B,2017,0,"), &["p.csv:3:3: capital must be positive, found 0", "help: correct the cell"]);
    check(edit("1.4,1.2", "1.4,-1.2"), &["p.csv:4:5: co2_Mt must be positive, found -1.2"]);
    check(edit("1.4,1.2", "x1,1.2"), &["p.csv:4:4: expected a number, found \"x1\""]);
    check(edit("1.4,1.2", "1.4,n.a."), &["p.csv:4:5: co2_Mt of C 2017 is missing; 1 of 4 regions have gaps: C", "`missing` exclude"]);
    check(edit("B,2017", "A,2017"), &["p.csv:3:1: A 2017 comes twice: line 2 and line 3"]);
    check(edit("B,2017", "B,20x7"), &["p.csv:3:2: expected a year, found \"20x7\""]);
    check(edit("B,2017", ",2017"), &["p.csv:3:1: the region is missing"]);
    check(edit("B,2017", "B,2015"), &["no line for 1 of the 3 years 2015-2017: 2016", "`years`"]);
    check(edit("B,2017", "B,2016"), &["p.csv: A has no line for 2016; 4 of 4 regions have gaps"]);
    check(
        refused("region,year,capital,gdp_100M,co2_Mt\nA,2017,1,1,1\n", &plain()),
        &["1 region(s) with every number for 2017, need at least 2"],
    );
    check(refused("region,year,capital,gdp_100M,co2_Mt\n", &plain()), &["no line of numbers"]);
    check(edit("gdp_100M", "gdp"), &["p.csv:1:4: the unit of column \"gdp\" is not known", "`gdp-unit` \"10^8 yuan\""]);
    check(edit("co2_Mt", "co2"), &["p.csv:1:5: the unit of column \"co2\"", "`co2-unit`"]);
    check(edit("capital", "thing"), &["p.csv:1:1: no column of inputs recognised among region, year, thing", "`inputs`"]);
    check(edit("capital", "co2_kt"), &["expected one column of CO2, recognised 2 among co2_kt, co2_Mt", "pass `co2` COLUMN"]);
    check(
        refused(FOUR, &PanelOptions { inputs: vec!["capitol".into()], ..plain() }),
        &["unknown column \"capitol\"", "did you mean \"capital\"?"],
    );
    check(refused(FOUR, &PanelOptions { gdp_unit: Some("acres".into()), ..plain() }), &["the unit \"acres\" is not understood"]);
    check(
        refused(FOUR, &PanelOptions { years: Some((2016, 2017)), ..plain() }),
        &["no line for 1 of the 2 years 2016-2017: 2016", "the file has 2017"],
    );
    check(refused(FOUR, &PanelOptions { price_year: Some(2005), ..plain() }), &["`price-year` 2005 is not among the years 2017"]);
    check(refused(&made(1.0, 1.0, 1.0, "gdp_100M,co2_Mt"), &plain()), &["p.csv:1:5: ", "current or constant prices", "`deflator` FILE"]);
    let (_folder, path) = file("p.csv", "\u{5}");
    assert!(read(&path, &plain()).is_err());
}

#[test]
fn gaps_are_treated_as_named_and_listed() {
    let text = "省份,年份,资本,gdp_constant_100M,co2_Mt\n四川,2017年,1,0.8,0.4\n云南省,2017,1,1.2,0.8\nXinjiang,2017,1,1.4,1.2\nQinghai,2017,1,0.6,1.6\nXizang,2017,1,0.5,\n";
    let with = |missing| panel(text, &PanelOptions { missing, ..plain() });
    let out = with(Missing::Exclude);
    assert_eq!((out.regions.len(), out.borrowed.len(), out.regions[0].en.as_str()), (4, 0, "Sichuan"));
    assert!(out.notes.iter().any(|n| n == "Xizang lacks co2_Mt (1 of 1 years): left out"), "{:?}", out.notes);
    let settings = Settings { disposal: Disposal::OneSided, ..Settings::new(Estimator::Frontier, Some(Direction::Both)) };
    let found = estimate(&with(Missing::NeighbourMean), &settings).unwrap();
    let tibet = &found.prices[4];
    assert_eq!((tibet.region.en.as_str(), tibet.flags.as_slice()), ("Xizang", &[Flag::Neighbours][..]));
    close(tibet.price.value, found.prices[..4].iter().map(|p| p.price.value).sum::<f64>() / 4.0, 1e-12);
    let unknown = text.replace("Xizang", "Atlantis");
    let e = estimate(&panel(&unknown, &PanelOptions { missing: Missing::NeighbourMean, ..plain() }), &settings).unwrap_err();
    assert_eq!(e.to_string(), "the neighbours of Atlantis are not known");
}

#[test]
fn a_deflator_is_used_only_when_named_and_moves_gdp_to_the_price_year() {
    let text = made(1.0, 1.0, 1.0, "gdp_current_100M,co2_Mt");
    let plainly = panel(&text, &plain());
    assert!(plainly.notes.iter().any(|n| n.contains("NOT deflated")), "{:?}", plainly.notes);
    let (_folder, index) = file("index.csv", "year,index\n2000,100\n2001,102\n2002,104\n2003,107\n2004,110\n");
    let deflated = panel(&text, &PanelOptions { deflator: Some(index.clone()), price_year: Some(2002), ..plain() });
    for (t, i) in [100.0, 102.0, 104.0, 107.0, 110.0].into_iter().enumerate() {
        close(deflated.gdp[[3, t]], plainly.gdp[[3, t]] * 104.0 / i, 1e-14);
    }
    assert!(deflated.notes.iter().any(|n| n.contains("to prices of 2002")) && deflated.sources.len() == 2);
    std::fs::write(&index, "year,index\n2000,100\n").unwrap();
    let text = refused(&text, &PanelOptions { deflator: Some(index), ..plain() });
    assert!(text.contains("no index for 2004"), "{text}");
    let constant = refused(&made(1.0, 1.0, 1.0, "gdp_real_100M,co2_Mt"), &current());
    assert!(constant.contains("`prices` says current, the heading \"gdp_real_100m\" says constant"), "{constant}");
}

#[test]
fn the_spread_is_the_same_for_any_number_of_threads_and_holds_the_estimate_of_calm_data() {
    let data = panel(&made(1.0, 1.0, 1.0, "gdp_100M,co2_Mt"), &current());
    for replicates in [Replicates::Bootstrap { draws: 6, seed: 3 }, Replicates::LeaveOneOut] {
        let settings = Settings { replicates: Some(replicates), ..Settings::new(Estimator::Frontier, Some(Direction::Both)) };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| estimate(&data, &settings).unwrap())
        };
        let (one, three) = (with(1), with(3));
        for (p, q) in one.prices.iter().zip(&three.prices) {
            let (s, t) = (p.spread.unwrap(), q.spread.unwrap());
            assert_eq!(
                (p.price.value.to_bits(), s.median.to_bits(), s.max.to_bits()),
                (q.price.value.to_bits(), t.median.to_bits(), t.max.to_bits())
            );
            assert!(s.min <= s.lower && s.lower <= s.median && s.median <= s.upper && s.upper <= s.max, "{s:?}");
            if replicates == Replicates::LeaveOneOut {
                assert_eq!(s.samples, 29);
                assert!(
                    s.min <= p.price.value + 1e-4 * p.price.value.abs() && p.price.value <= s.max + 1e-4 * p.price.value.abs(),
                    "{} {s:?}",
                    p.price.value
                );
            }
        }
    }
}

#[test]
fn ranks_correlate_as_in_the_book() {
    // Spearman without ties: 1 - 6 sum d^2 / (n (n^2 - 1)), d = (1, 1, 0, 1, 1): 1 - 24 / 120
    close(spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[20.0, 10.0, 30.0, 50.0, 40.0]).unwrap(), 0.8, 1e-12);
    close(spearman(&[1.0, 1.0, 2.0], &[5.0, 5.0, 1.0]).unwrap(), -1.0, 1e-12);
    assert_eq!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
}

#[test]
fn curves_give_back_what_they_were_made_from_and_cost_is_the_area_below() {
    type Law = (Form, [f64; 3], fn(f64) -> f64);
    let laws: [Law; 4] = [
        (Form::LogLog, [7.0, -0.8, 0.0], |u| (7.0 - 0.8 * u.ln()).exp()),
        (Form::SemiLog, [7.0, -0.3, 0.0], |u| (7.0 - 0.3 * u).exp()),
        (Form::Quadratic, [2000.0, -500.0, 30.0], |u| 2000.0 - 500.0 * u + 30.0 * u * u),
        (Form::Nordhaus, [10.0, -900.0, 0.0], |u| 10.0 - 900.0 * (u / 6.0).ln()),
    ];
    for (form, coefficients, law) in laws {
        let pairs: Vec<(f64, f64)> = (1..=12).map(|i| 0.5 * f64::from(i)).map(|u| (u, law(u))).collect();
        let fit = Fit::new(form, &pairs).unwrap();
        for (found, expected) in fit.coefficients.iter().zip(coefficients) {
            assert!((found - expected).abs() < 1e-8 * (1.0 + expected.abs()), "{form:?} {fit:?}");
        }
        assert!((fit.r_squared - 1.0).abs() < 1e-10 && fit.left_out == 0);
        let (emissions, gdp, limit) = (400.0, 80.0, 300.0);
        let curve = MacCurve::new(&fit, emissions, gdp, limit).unwrap();
        assert!(!curve.repaired);
        close(curve.marginal(100.0), law(300.0 / 80.0), 1e-8);
        // area by the midpoint rule
        let steps = 20_000;
        let area: f64 =
            (0..steps).map(|i| curve.marginal(250.0 * (f64::from(i) + 0.5) / f64::from(steps))).sum::<f64>() * 250.0 / f64::from(steps);
        close(curve.cost(250.0), area, 1e-6);
        for a in [1.0, 77.0, 299.0] {
            close(curve.inverse(curve.marginal(a)), a, 1e-9);
        }
        assert_eq!((curve.inverse(-1e9), curve.inverse(1e12), curve.cost(0.0)), (0.0, limit, 0.0));
    }
    let noisy = Fit::new(Form::LogLog, &[(1.0, 5.0), (2.0, 4.0), (3.0, -1.0), (4.0, 2.0), (5.0, f64::INFINITY), (6.0, 1.5)]).unwrap();
    assert!(noisy.left_out == 2 && noisy.pairs == 4 && noisy.r_squared < 1.0);
    assert!(Fit::new(Form::Quadratic, &[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]).unwrap_err().to_string().contains("3 usable pairs"));
    assert!(Fit::new(Form::SemiLog, &[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]).unwrap_err().to_string().contains("do not differ"));
}

#[test]
fn a_fit_over_intensity_is_the_same_curve_over_the_share_abated() {
    let falling = |u: f64| 900.0 - 300.0 * u + 20.0 * u * u;
    let pairs: Vec<(f64, f64)> = (1..9).map(|k| (0.5 * k as f64, falling(0.5 * k as f64))).collect();
    for form in [Form::Nordhaus, Form::Quadratic] {
        let fit = Fit::new(form, &pairs).unwrap();
        for u in [0.7, 2.0, 3.5] {
            let (kind, [a, b, c], furthest) = fit.over_reduction(u).unwrap();
            assert!(furthest > 0.0);
            for r in [0.0, 0.3, 0.8] {
                let cost = if kind == "nordhaus" { a + b * f64::ln(1.0 - r) } else { a + b * r + c * r * r };
                close(cost, fit.marginal(u * (1.0 - r)), 1e-9);
            }
        }
    }
    assert!(Fit::new(Form::LogLog, &pairs).unwrap().over_reduction(1.0).is_none());
    let rising = Fit::new(Form::Nordhaus, &[(1.0, 1.0), (2.0, 2.0), (3.0, 2.5), (4.0, 4.0)]).unwrap();
    assert_eq!(rising.over_reduction(2.0).unwrap().2, 0.0, "a curve that falls with abatement gives no room");
}

#[test]
fn a_curve_that_falls_somewhere_is_pooled_and_says_so() {
    // pooling 3 and 1 gives levels 1, 2, 5 at 0, 1.5, 3
    let curve = MacCurve::isotonic(&[(0.0, 1.0), (1.0, 3.0), (2.0, 1.0), (3.0, 5.0)]).unwrap();
    assert!(curve.repaired);
    close(curve.marginal(1.5), 2.0, 1e-12);
    close(curve.marginal(2.25), 3.5, 1e-12);
    close(curve.cost(1.5), 2.25, 1e-12);
    close(curve.cost(3.0), 2.25 + 1.5 * 3.5, 1e-12);
    close(curve.inverse(3.5), 2.25, 1e-9);
    let e = MacCurve::isotonic(&[(0.0, 3.0), (1.0, 2.0), (2.0, 1.0)]).unwrap_err().to_string();
    assert_eq!(e, "the marginal cost falls from 3 to 1 over the whole range");
    // marginal cost with a valley at u = 3: rising in abatement only below it
    let fit = Fit {
        form: Form::Quadratic,
        coefficients: [100.0, -60.0, 10.0],
        reference: 1.0,
        coefficients_bound: [0.0; 3],
        r_squared: 1.0,
        r_squared_bound: 0.0,
        pairs: 9,
        left_out: 0,
    };
    let curve = MacCurve::new(&fit, 500.0, 100.0, 450.0).unwrap();
    assert!(curve.repaired);
    let marginals: Vec<f64> = (0..=90).map(|i| curve.marginal(5.0 * f64::from(i))).collect();
    assert!(marginals.windows(2).all(|w| w[1] > w[0]), "{marginals:?}");
    assert!(MacCurve::new(&fit, 500.0, 100.0, 500.0).is_err());
}

fn real() -> Option<PathBuf> {
    shared("china/panel/panel_31prov_1997_2022_merged.csv")
}

const REAL: [&str; 22] = [
    "--region",
    "prov",
    "--gdp",
    "gdp_current_100M",
    "--co2",
    "co2_sectoral_Mt",
    "--inputs",
    "capital_1952p_100M,pop_10k,energy_10kt_sce",
    "--years",
    "2000-2017",
    "--price-year",
    "2017",
    "--missing",
    "neighbour-mean",
    "--placebo",
    "1",
    // the published columns as they are, whose prices nothing identifies
    "--accept",
    "capital-base",
    "--accept",
    "mixed-prices",
    "--accept",
    "unidentified-prices",
];

fn run(arguments: &[&str], path: &Path) -> serde_json::Value {
    let run = isard().arg("cost").arg(path).args(arguments).arg("--json").output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    // a bound that is too wide ends with 1, a price that says it has none does not
    let holds = found["verdicts"].as_array().unwrap().iter().all(|v| v["certified"] == true);
    assert_eq!(run.status.code(), Some(i32::from(!holds)));
    found
}

#[test]
fn thirty_provinces_have_prices_of_the_published_order_or_flags() {
    let Some(path) = real() else { return };
    let estimators: [&[&str]; 4] = [
        &["--estimator", "quadratic", "--direction", "both"],
        &["--estimator", "frontier", "--direction", "own"],
        &["--estimator", "frontier", "--direction", "both", "--disposal", "one-sided"],
        &["--estimator", "slacks"],
    ];
    for estimator in estimators {
        let o = run(&[&REAL[..], estimator].concat(), &path);
        assert_eq!((o["certified"].as_bool(), o["unit"].as_str(), o["year"].as_i64()), (Some(false), Some("yuan/t"), Some(2017)));
        // degenerate corners leave some prices without a bound, which is said
        let costs = o["costs"].as_array().unwrap();
        assert_eq!(costs.len(), 31);
        assert_eq!((costs[30]["region"].as_str(), &costs[30]["flags"][0]), (Some("Tibet"), &"neighbours".into()));
        let mut finite = Vec::new();
        for c in costs {
            let flags = c["flags"].to_string();
            match c["cost"].as_f64() {
                Some(v) if v > 0.0 => finite.push(v),
                Some(_) => assert!(flags.contains("negative") || flags.contains("zero"), "{c}"),
                None => assert!(flags.contains("infinite"), "{c}"),
            }
        }
        finite.sort_by(f64::total_cmp);
        let median = finite[finite.len() / 2];
        println!("{estimator:?}: median {median:.0} yuan/t of {} positive, {}", finite.len(), o["rank_correlation"]);
        assert!(finite.len() >= 20 && (100.0..50_000.0).contains(&median), "{estimator:?}: {median}");
        let unproven = costs.iter().any(|c| c["cost_bound"].is_null());
        assert!(
            if unproven { o["rank_correlation"].is_null() } else { o["rank_correlation"]["regions"].as_u64() >= Some(20) },
            "{estimator:?}"
        );
    }
}

#[test]
fn compensate_reads_what_cost_wrote_as_csv_and_as_json() {
    let dir = tempfile::tempdir().unwrap();
    let (table, out) = (dir.path().join("table"), dir.path().join("out"));
    isard().args(["synth", "--regions", "4", "--sectors", "3", "-o"]).arg(&table).assert().success();
    let text = FOUR.replace("\nA,", "\nr1,").replace("\nB,", "\nr2,").replace("\nC,", "\nr3,").replace("\nD,", "\nr4,");
    let panel = dir.path().join("panel.csv");
    std::fs::write(&panel, text).unwrap();
    let cost = |more: &[&str]| {
        let mut command = isard();
        command
            .arg("cost")
            .arg(&panel)
            .args(["--estimator", "frontier", "--accept", "unidentified-prices"])
            .args(more)
            .arg("--force")
            .arg("-o")
            .arg(&out);
        command
    };
    let pay = |name: &str| {
        let mut command = isard();
        command.arg("compensate").arg(&table).arg("--json").arg("--cost").arg(out.join(name));
        command
    };
    let code = cost(&["--direction", "both", "--disposal", "one-sided", "--spread", "leave-one-out"]).output().unwrap().status.code();
    assert!(code.is_some_and(|c| c < 2), "{code:?}");
    let [csv, json] = ["cost.csv", "result.json"].map(|n| read_costs(&out.join(n), Encoding::Utf8).unwrap());
    assert_eq!((csv.unit.as_str(), json.unit.as_str(), csv.rows.len()), ("yuan/t", "yuan/t", 4));
    assert_eq!(csv.rows, json.rows);
    close(csv.rows[3].1, 50.0, 1e-6);
    let payments = |name: &str| {
        let o: serde_json::Value = serde_json::from_slice(&pay(name).output().unwrap().stdout).unwrap();
        o["payments"].clone()
    };
    assert!(payments("cost.csv").is_array());
    assert_eq!(payments("cost.csv"), payments("result.json"));
    // what has no use as a cost is refused there, and mended by a named option here
    assert!(cost(&["--direction", "co2", "--returns", "variable"]).output().unwrap().status.code() < Some(2));
    for name in ["cost.csv", "result.json"] {
        let run = pay(name).assert().code(2);
        let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(error.contains("infinite") && error.contains("--price-cap"), "{error}");
    }
    assert!(cost(&["--direction", "co2", "--returns", "variable", "--cap", "9000"]).output().unwrap().status.code() < Some(2));
    assert!(pay("cost.csv").output().unwrap().status.code() < Some(2));
    let run = cost(&["--direction", "co2", "--cap", "5", "--floor", "9"]).assert().code(2);
    assert!(String::from_utf8_lossy(&run.get_output().stderr).contains("the cap 5 lies below the floor 9"));
    let run = isard().arg("cost").arg(&panel).args(["--estimator", "quadratic"]).assert().code(2);
    assert!(String::from_utf8_lossy(&run.get_output().stderr).contains("--direction both (1,-1)"));
}

#[test]
fn pooled_years_only_widen_a_frontier() {
    let data = panel(&made(1.0, 1.0, 1.0, "gdp_100M,co2_Mt"), &current());
    let of = |reference| estimate(&data, &Settings { reference, ..Settings::new(Estimator::Frontier, Some(Direction::Both)) }).unwrap();
    let (year, pooled) = (of(Reference::Year), of(Reference::Pooled));
    for (p, q) in year.prices.iter().zip(&pooled.prices) {
        assert!(q.distance.unwrap().value >= p.distance.unwrap().value - 1e-8, "{p:?} {q:?}");
    }
}
