//! Whether a panel identifies prices: rules on its data, the gate against regressions by elimination and published numbers,
//! the placebo, and what the command writes when it refuses.

use std::path::Path;

use isard::bounded::Bounded;
use isard::cost::gate::{Line, examine, lines};
use isard::cost::placebo::{permuted, placebo};
use isard::cost::rules::{broken, check};
use isard::cost::{Direction, Estimator, Panel, Prices, Rule, Settings, estimate};
use isard::formats::beside::panel::{PanelOptions, read};

use crate::support::{isard, shared};

struct Draws(u64);

impl Draws {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (a, b) = (self.unit(), self.unit());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// Regions whose carbon per energy varies by `exp(c)`; GDP answers to c with elasticity `effect`, or not at all.
fn text(seed: u64, regions: usize, years: i32, effect: f64) -> String {
    let mut z = Draws(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut out = String::from("region,year,capital_constant,labour,energy_10kt_sce,gdp_constant_100M,co2_10kt\n");
    for r in 0..regions {
        let size = 0.8 * z.normal();
        let own: [f64; 4] = std::array::from_fn(|_| z.normal());
        for t in 0..years {
            let [k, l, e, c] = std::array::from_fn(|i| {
                if i < 3 { size + 0.35 * own[i] + 0.03 * z.normal() } else { (0.3 * own[3] + 0.05 * z.normal()).clamp(-0.9, 0.9) }
            });
            let y = 0.3 * k + 0.35 * l + 0.35 * e + effect * c + 0.02 * z.normal();
            let b = 2.0 * (e + c).exp();
            out += &format!("r{r},{},{},{},{},{},{b}\n", 2000 + t, k.exp(), l.exp(), e.exp(), y.exp());
        }
    }
    out
}

fn panel(text: &str, options: &PanelOptions) -> isard::error::Result<Panel> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    std::fs::write(&path, text).unwrap();
    read(&path, options)
}

fn made(seed: u64, effect: f64) -> Panel {
    panel(&text(seed, 30, 10, effect), &PanelOptions::default()).unwrap()
}

fn base(all: &[Line]) -> Vec<Line> {
    all.iter().copied().filter(|l| !l.region_effects && l.energy).collect()
}

#[test]
fn data_without_an_effect_are_refused_and_data_with_one_pass() {
    let passes = |seed: u64, effect: f64| base(&lines(&made(seed, effect), &mut Vec::new())).iter().all(|l| l.t > 1.645);
    let null = (0..12).filter(|s| passes(*s, 0.0)).count();
    assert!(null <= 2, "{null} of 12 samples without an effect pass");
    assert_eq!((0..12).filter(|s| passes(*s, 0.2)).count(), 12);
    // the whole gate: the price of a sample with an effect stands out of its placebos, that without does not
    let gate = |effect: f64, estimator: Estimator, draws: usize| {
        let data = made(3, effect);
        let direction = (estimator == Estimator::Frontier).then_some(Direction::Both);
        let settings = Settings::new(estimator, direction);
        let found = estimate(&data, &settings).unwrap();
        examine(&data, &settings, &found, draws, 1).unwrap()
    };
    let (none, some) = (gate(0.0, Estimator::Frontier, 2), gate(0.2, Estimator::LogLinear, 19));
    assert!(!none.identified && none.reasons.iter().any(|r| r.contains("does not respond")), "{:?}", none.reasons);
    assert!(base(&some.lines).iter().all(|l| (l.elasticity - 0.2).abs() < 0.05), "{:?}", some.lines);
    assert!(some.identified && some.placebo.as_ref().unwrap().is_above(), "{:?}", some.reasons);
    let few = gate(0.2, Estimator::LogLinear, 18);
    assert!(!few.identified && few.reasons.iter().any(|r| r.contains("too few")), "{:?}", few.reasons);
    let unasked = {
        let data = made(3, 0.2);
        let s = Settings::new(Estimator::Slacks, None);
        examine(&data, &s, &estimate(&data, &s).unwrap(), 0, 1).unwrap()
    };
    assert!(!unasked.identified, "without a placebo nothing is identified");
}

/// Coefficients of least squares by elimination on the normal equations.
fn fit(rows: &[Vec<f64>], y: &[f64]) -> Vec<f64> {
    let n = rows[0].len();
    let sum = |f: &dyn Fn(usize) -> f64| (0..rows.len()).map(f).sum::<f64>();
    let mut a: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| sum(&|k| rows[k][i] * rows[k][j])).chain([sum(&|k| rows[k][i] * y[k])]).collect()).collect();
    for c in 0..n {
        let p = (c..n).max_by(|&i, &j| a[i][c].abs().total_cmp(&a[j][c].abs())).unwrap();
        a.swap(c, p);
        for i in (0..n).filter(|i| *i != c) {
            let f = a[i][c] / a[c][c];
            let pivot = a[c].clone();
            a[i].iter_mut().zip(&pivot).for_each(|(v, p)| *v -= f * p);
        }
    }
    (0..n).map(|i| a[i][n] / a[i][i]).collect()
}

#[test]
fn the_regression_is_that_of_the_normal_equations_with_a_sandwich_over_regions() {
    let (regions, years) = (9, 4);
    let data = panel(&text(5, regions, years, 0.1), &PanelOptions::default()).unwrap();
    let years = years as usize;
    let log = |r: usize, t: usize, v: f64| (v / data.inputs[[r, t, 1]]).ln();
    let (mut rows, mut y, mut b) = (Vec::new(), Vec::new(), Vec::new());
    for (r, t) in (0..regions).flat_map(|r| (0..years).map(move |t| (r, t))) {
        let mut row = vec![log(r, t, data.inputs[[r, t, 0]]), log(r, t, data.inputs[[r, t, 2]])];
        row.extend((0..years).map(|s| f64::from(u8::from(s == t))));
        rows.push(row);
        y.push(log(r, t, data.gdp[[r, t]]));
        b.push(log(r, t, data.co2[[r, t]]));
    }
    let all: Vec<Vec<f64>> = rows.iter().zip(&b).map(|(row, b)| [&row[..], &[*b]].concat()).collect();
    let full = fit(&all, &y);
    let of_b = fit(&rows, &b);
    let dot = |row: &[f64], c: &[f64]| row.iter().zip(c).map(|(a, b)| a * b).sum::<f64>();
    let left: Vec<f64> = rows.iter().zip(&b).map(|(row, b)| b - dot(row, &of_b)).collect();
    let e: Vec<f64> = all.iter().zip(&y).map(|(row, y)| y - dot(row, &full)).collect();
    let squares: f64 = left.iter().map(|v| v * v).sum();
    let scores: f64 = (0..regions).map(|g| (g * years..(g + 1) * years).map(|k| left[k] * e[k]).sum::<f64>().powi(2)).sum();
    let error = (regions as f64 / (regions as f64 - 1.0) * scores).sqrt() / squares;
    let found = base(&lines(&data, &mut Vec::new()))[0];
    let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-8 * b.abs().max(1e-3), "{a} is not {b}");
    near(found.elasticity, *full.last().unwrap());
    near(found.error, error);
    near(found.t, full.last().unwrap() / error);
    let of_y = fit(&rows, &y);
    let ry: Vec<f64> = rows.iter().zip(&y).map(|(row, y)| y - dot(row, &of_y)).collect();
    near(found.reverse, ry.iter().map(|v| v * v).sum::<f64>() / dot(&left, &ry));
    near(found.partial, dot(&left, &ry).powi(2) / squares / ry.iter().map(|v| v * v).sum::<f64>());
}

#[test]
fn a_placebo_permutes_carbon_per_energy_alike_in_all_years_and_repeats_by_its_seed() {
    let data = made(2, 0.1);
    let order: Vec<usize> = (0..30).map(|r| (r + 7) % 30).collect();
    let other = permuted(&data, 2, &order);
    for (r, t) in [(0, 0), (4, 9), (29, 3)] {
        let c = |p: &Panel, r: usize| p.co2[[r, t]] / p.inputs[[r, t, 2]];
        assert!((c(&other, r) - c(&data, order[r])).abs() <= 1e-14 * c(&other, r));
    }
    assert_eq!((&other.gdp, &other.inputs), (&data.gdp, &data.inputs));
    // a price that is a share of GDP / CO2 whatever carbon is: its level never stands out
    let share = |p: &Panel| {
        Ok((0..30).map(|r| Bounded::exact(0.3 * p.gdp[[r, 9]] * p.money_per_gdp / (p.co2[[r, 9]] * p.tonnes_per_co2))).collect::<Vec<_>>())
    };
    let run = |seed| placebo(&data, &share(&data).unwrap(), 8, seed, &share).unwrap();
    let (one, same, another) = (run(1), run(1), run(2));
    assert!(!one.is_above() && (one.level - 0.3).abs() < 1e-12, "{one:?}");
    assert_eq!((one.prices.clone(), one.ranks), (same.prices, same.ranks));
    assert_ne!(one.prices, another.prices);
}

fn inputs() -> Vec<String> {
    ["capital_1952p_100M", "pop_10k", "energy_10kt_sce"].map(String::from).to_vec()
}

fn published() -> Option<(std::path::PathBuf, PanelOptions)> {
    let path = shared("china/panel/panel_31prov_1997_2022_merged.csv")?;
    let options = PanelOptions {
        region: Some("prov".into()),
        gdp: Some("gdp_current_100M".into()),
        co2: Some("co2_sectoral_Mt".into()),
        inputs: inputs(),
        years: Some((2000, 2017)),
        missing: isard::cost::Missing::NeighbourMean,
        ..PanelOptions::default()
    };
    Some((path, options))
}

#[test]
fn the_published_capital_breaks_the_rule_and_the_rebased_one_keeps_it() {
    let Some((path, options)) = published() else { return };
    let as_published = read(&path, &options).unwrap();
    let rules: Vec<Rule> = broken(&as_published).into_iter().map(|b| b.rule).collect();
    assert_eq!(rules, [Rule::MixedPrices, Rule::CapitalBase]);
    let text = broken(&as_published)[1].text.clone();
    assert!(text.contains("31.1 times as much") && text.contains("in 2001"), "{text}");
    assert!(check(&as_published, &[Rule::MixedPrices]).unwrap_err().to_string().contains("capital-base"));
    let said = check(&as_published, &[Rule::MixedPrices, Rule::CapitalBase]).unwrap();
    assert_eq!(said.iter().filter(|n| n.contains("ACCEPTED")).count(), 2, "{said:?}");
    let index = shared("china/panel/chn_capital_asset_1952_2022.csv").unwrap();
    let rebased =
        PanelOptions { rebase: Some(format!("capital={}:InvestPrice", index.display())), deflator: Some("invest-price".into()), ..options };
    let data = read(&path, &rebased).unwrap();
    assert_eq!(broken(&data), []);
    assert!(data.notes.iter().any(|n| n.contains("for Chongqing: taken as 1")), "{:?}", data.notes);
    let width = |t: usize| {
        let share = |r: usize| data.inputs[[r, t, 0]] / data.gdp[[r, t]];
        (0..30).map(share).fold(0.0, f64::max) / (0..30).map(share).fold(f64::INFINITY, f64::min)
    };
    assert!((width(17) - 3.48).abs() < 0.01 && (width(0) - 2.00).abs() < 0.01, "{} {}", width(17), width(0));
    // numpy.linalg.lstsq with the same cluster formula: elasticity, standard error, reverse
    let expected = [
        (2000, false, true, 0.0176, 0.0543, 18.6068),
        (2000, true, true, 0.0076, 0.0122, 9.7273),
        (2000, false, false, -0.0971, 0.0450, -2.1276),
        (2013, false, true, -0.2901, 0.2681, -4.7867),
        (2013, true, true, -0.2524, 0.1673, -7.8147),
    ];
    let found = lines(&data, &mut Vec::new());
    for (from, region_effects, energy, elasticity, error, reverse) in expected {
        let l = found.iter().find(|l| l.years[0] == from && l.region_effects == region_effects && l.energy == energy).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-4, "{l:?}: {a} is not {b}");
        near(l.elasticity, elasticity);
        near(l.error, error);
        near(l.reverse, reverse);
    }
}

const TWO: &str = "region,year,capital_2000p_100M,labour,price,gdp_current_100M,co2_Mt\n\
                   A,2000,10,1,1,100,1\nA,2001,11,1,2,210,1\nB,2000,100,1,1,100,1\nB,2001,120,1,4,400,2\n";

#[test]
fn capital_is_rebased_and_gdp_deflated_as_on_paper_and_open_prices_are_asked_for() {
    let options = |rebase: Option<&str>, deflator: Option<&str>| PanelOptions {
        rebase: rebase.map(String::from),
        deflator: deflator.map(Into::into),
        ..PanelOptions::default()
    };
    let data = panel(TWO, &options(Some("capital=price"), Some("invest-price"))).unwrap();
    // K P(2001) / P(2000) and y P(2001) / P(t)
    assert_eq!([data.inputs[[0, 0, 0]], data.inputs[[0, 1, 0]], data.inputs[[1, 0, 0]]], [20.0, 22.0, 400.0]);
    assert_eq!([data.gdp[[0, 0]], data.gdp[[0, 1]], data.gdp[[1, 0]]], [200.0, 210.0, 400.0]);
    assert!(data.notes.iter().any(|n| n.contains("a proxy")), "{:?}", data.notes);
    // 1.2 of GDP in B and 0.1 in A
    assert!(check(&data, &[]).unwrap_err().to_string().contains("capital-base"));
    let plain = panel(TWO, &options(None, None)).unwrap();
    let error = check(&plain, &[]).unwrap_err();
    assert!(error.to_string().contains("mixed-prices") && error.help().unwrap().contains("`accept` mixed-prices"), "{error}");
    let silent =
        panel(&TWO.replace("capital_2000p_100M", "capital"), &PanelOptions { prices: Some(Prices::Current), ..PanelOptions::default() });
    let silent = silent.unwrap();
    let said = |accepted: &[Rule]| check(&silent, accepted).map(|notes| notes.iter().find(|n| n.contains("price-base")).cloned()).unwrap();
    assert!(said(&[Rule::CapitalBase]).is_some_and(|n| n.starts_with("WARN: price-base: ") && n.contains("not checked")));
    assert!(said(&[Rule::CapitalBase, Rule::PriceBase]).is_some_and(|n| n.starts_with("WARN: ACCEPTED price-base: ")));
    let say = |o: PanelOptions| panel(TWO, &o).unwrap_err().to_string();
    assert!(say(options(None, Some("invest-price"))).contains("`rebase`, which is not given"));
    assert!(say(options(Some("capital"), None)).contains("names no index"));
    assert!(say(options(Some("labor=price"), None)).contains("unknown input"));
    assert!(
        say(PanelOptions { capital_prices: Some("1990".into()), ..PanelOptions::default() })
            .contains("the heading \"capital_2000p_100M\" says otherwise")
    );
    assert!(say(PanelOptions { capital_prices: Some("old".into()), ..PanelOptions::default() }).contains("not \"old\""));
}

/// Exit code, standard output and standard error.
fn run(folder: &Path, line: &[&str]) -> (i32, String, String) {
    let done = isard().current_dir(folder).args(line).output().unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
}

#[test]
fn prices_that_are_not_identified_are_ranges_and_whoever_takes_them_all_the_same_is_told_ever_after() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("p.csv"), text(1, 8, 6, 0.0)).unwrap();
    let line =
        ["cost", "p.csv", "--estimator", "frontier", "--direction", "both", "--disposal", "one-sided", "--placebo", "4", "--cap", "9000"];
    let (code, page, error) = run(at, &[&line[..], &["-o", "out"]].concat());
    assert!(code < 2 && page.contains("identified: no") && page.contains("if forced") && page.contains("NOT IDENTIFIED"), "{page}{error}");
    assert!(error.contains("WARN: not identified"), "{error}");
    assert_eq!(code, i32::from(page.contains("UNCERTIFIED")), "{page}");
    assert!(!at.join("out/cost.csv").exists() && at.join("out/ranges.csv").exists());
    let header = std::fs::read_to_string(at.join("out/ranges.csv")).unwrap().lines().next().unwrap().to_string();
    assert!(
        header.starts_with("region,identified,unidentified_low_yuan_per_t,")
            && header.contains(",if_forced_yuan_per_t,")
            && !header.contains(",cost_"),
        "{header}"
    );
    let object: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(at.join("out/result.json")).unwrap()).unwrap();
    assert_eq!((&object["identified"], &object["costs"][0]["cost"]), (&"no".into(), &serde_json::Value::Null));
    for c in object["costs"].as_array().unwrap() {
        let [low, high, forced] = ["unidentified_low", "unidentified_high", "if_forced"].map(|k| c[k].as_f64().unwrap_or(f64::INFINITY));
        assert!(low <= forced && forced <= high, "{c}");
    }
    assert!(run(at, &["synth", "--regions", "8", "--sectors", "3", "-o", "t"]).0 == 0);
    // the regions of the table are r1 to r8
    for name in ["ranges.csv", "result.json"] {
        let (code, _, error) = run(at, &["compensate", "t", "--cost", &format!("out/{name}")]);
        assert!(code == 2 && error.contains("do not identify") && error.contains("--accept unidentified-prices"), "{name}: {error}");
    }
    let (_, _, error) = run(at, &["compensate", "t", "--cost", "out/ranges.csv:if_forced_yuan_per_t"]);
    assert!(error.contains("do not identify"), "{error}");
    std::fs::write(at.join("p.csv"), text(1, 8, 6, 0.0).replace("\nr7,", "\nr8,").replace("\nr0,", "\nr7,")).unwrap();
    let (code, _, error) = run(at, &[&line[..], &["-o", "taken", "--accept", "unidentified-prices"]].concat());
    assert!(code < 2 && error.contains("ACCEPTED unidentified-prices"), "{error}");
    for name in ["cost.csv", "result.json"] {
        let (code, page, error) = run(at, &["compensate", "t", "--full", "--cost", &format!("taken/{name}")]);
        assert!(code < 2 && page.contains("ACCEPTED unidentified-prices"), "{name}: {page}{error}");
        let (_, object, _) = run(at, &["compensate", "t", "--json", "--cost", &format!("taken/{name}")]);
        let object: serde_json::Value = serde_json::from_str(&object).unwrap();
        assert!(object["warnings"].to_string().contains("unidentified-prices"), "{}", object["warnings"]);
    }
}

#[test]
fn two_inventories_are_run_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let lines = text(4, 8, 6, 0.2);
    let mut rows = lines.lines();
    let mut both = format!("{},co2_other_10kt\n", rows.next().unwrap());
    for (k, row) in rows.enumerate() {
        let b: f64 = row.rsplit(',').next().unwrap().parse().unwrap();
        both += &format!("{row},{}\n", b * (1.0 + k as f64 % 3.0));
    }
    std::fs::write(folder.path().join("p.csv"), both).unwrap();
    let line = [
        "cost",
        "p.csv",
        "--estimator",
        "frontier",
        "--direction",
        "both",
        "--placebo",
        "2",
        "--co2",
        "co2_10kt",
        "--co2",
        "co2_other_10kt",
    ];
    let (code, page, error) = run(folder.path(), &line);
    assert!(code < 2 && page.contains("Inventories side by side: co2_10kt, co2_other_10kt"), "{page}{error}");
    let (_, object, _) = run(folder.path(), &[&line[..], &["--json"]].concat());
    let object: serde_json::Value = serde_json::from_str(&object).unwrap();
    let tonnes = |k: usize, r: usize| object["inventories"][k]["costs"][r]["emissions_t"].as_f64().unwrap();
    assert_eq!(object["inventories"].as_array().unwrap().len(), 2);
    assert!((0..8).any(|r| (tonnes(1, r) / tonnes(0, r) - 1.0).abs() > 0.5));
}

#[test]
fn a_curve_without_a_bound_is_compared_by_its_value_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.csv"), text(6, 8, 6, 0.2)).unwrap();
    let line =
        ["cost", "p.csv", "--estimator", "slacks", "--placebo", "2", "--curve", "nordhaus", "-o", "out", "--accept", "unidentified-prices"];
    let (code, page, error) = run(folder.path(), &line);
    assert!(code < 2, "{page}{error}");
    let (verified, said, error) = run(folder.path(), &["verify", "out"]);
    assert!(!said.contains("inf of both bounds"), "{said}");
    if page.contains("no bound") && !page.contains("UNCERTIFIED") {
        assert!(verified == 0 && said.contains("carry no bound and are not compared with the other method"), "{said}{error}");
    }
    let (csv_code, _, words) = run(folder.path(), &[&line[..8], &["--csv"]].concat());
    assert_eq!((csv_code, csv_code == 1), (code, words.contains("UNCERTIFIED")), "{words}");
}

/// Six regions, GDP in one heading and capital in another.
fn headed(gdp: &str, capital: &str, years: std::ops::RangeInclusive<i32>) -> String {
    let mut out = format!("region,year,{gdp},co2_Mt,{capital},labour,energy_10kt_sce\n");
    for (r, t) in (0..6).flat_map(|r| years.clone().map(move |t| (r, t))) {
        let v = |k: i32| 1.0 + 0.1 * f64::from((r * 7 + t * 3 + k * 5) % 11);
        out += &format!("r{r},{t},{},{},{},{},{}\n", 1000.0 * v(1), 90.0 * v(2), 2000.0 * v(3), 50.0 * v(4), 4000.0 * v(5));
    }
    out
}

#[test]
fn prices_of_a_year_are_read_in_every_money_heading_and_one_year_asks_for_none() {
    let read = |gdp: &str, capital: &str, years| panel(&headed(gdp, capital, years), &PanelOptions::default()).unwrap();
    let stated = read("gdp_2017p_100M", "capital_2017p_100M", 2015..=2017);
    assert_eq!((stated.money_per_gdp, stated.roles.gdp.prices, stated.roles.gdp.year), (1e8, Some(Prices::Constant), Some(2017)));
    assert_eq!((stated.roles.stock.prices, broken(&stated)), (Some(Prices::Constant), Vec::new()));
    // a year alone may be that of the numbers, so it says nothing of prices
    assert!(panel(&headed("gdp_2017_100M", "capital_2017p_100M", 2015..=2017), &PanelOptions::default()).is_err());
    let bare = read("gdp_100M", "capital", 2017..=2017);
    assert_eq!(broken(&bare), Vec::new());
    let said = check(&bare, &[]).map(|notes| [bare.notes.clone(), notes].concat()).unwrap();
    assert!(said.iter().any(|n| n.contains("capital does not say in which prices") && n.contains("capital-base")), "{said:?}");
    let several = panel(&headed("gdp_constant_100M", "capital", 2016..=2017), &PanelOptions::default()).unwrap();
    assert_eq!(broken(&several).iter().map(|b| b.rule).collect::<Vec<_>>(), [Rule::PriceBase]);
}
