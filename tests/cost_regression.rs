//! Prices by regressions: laws, simulated panels with known prices, and what the command says and refuses.

use isard::cost::simulate::{DESIGNS, Design, entrants, run};
use isard::cost::{Direction, Disposal, Draws, Estimate, Estimator, Face, Flag, NO_BOUND, Panel, Returns, Settings, estimate, spearman};
use isard::formats::beside::panel::{PanelOptions, read};
use isard::watch::Watch;

use crate::support::{isard, shared};

fn simulated(name: &str, seed: u64) -> (Panel, Vec<f64>) {
    let made = Design::named(name).unwrap().panel(seed);
    (made.panel, made.truth)
}

fn prices(estimate: &Estimate) -> Vec<f64> {
    estimate.prices.iter().map(|p| p.price.value).collect()
}

/// Median of `|price / truth - 1|`.
fn error(found: &[f64], truth: &[f64]) -> f64 {
    let mut all: Vec<f64> = found.iter().zip(truth).map(|(p, t)| (p / t - 1.0).abs()).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[test]
fn the_quadratic_function_finds_the_prices_of_its_own_technology() {
    let (panel, truth) = simulated("A1", 1);
    let found = prices(&estimate(&panel, &Settings::new(Estimator::Quadratic, Some(Direction::Both))).unwrap());
    assert!(spearman(&found, &truth).unwrap() > 0.99 && error(&found, &truth) < 0.01, "{found:?} {truth:?}");
}

#[test]
fn clean_data_of_a_translog_technology_hold_the_truth_in_the_face_and_near_the_price() {
    let (panel, truth) = simulated("D1", 1);
    let convex = estimate(&panel, &Settings::new(Estimator::Convex, Some(Direction::Both))).unwrap();
    let held = convex.prices.iter().zip(&truth).filter(|(p, t)| p.low.value <= **t && **t <= p.high.value).count();
    assert!(convex.checked() && held == 30, "{held} of 30: {:?}", convex.checks);
    let shares = estimate(&panel, &Settings::new(Estimator::LocalShare, None)).unwrap();
    // 4 % in the mean of eight seeds
    assert!(shares.checked() && error(&prices(&shares), &truth) < 0.09, "{:?} {truth:?}", prices(&shares));
    for p in &shares.prices {
        assert!(p.price.bound.is_infinite() && p.unbounded.as_deref() == Some(NO_BOUND), "{p:?}");
        assert_eq!(p.beside.iter().map(|b| b.name).collect::<Vec<_>>(), ["raw", "one-share"]);
    }
}

/// A panel with other units, its regions and inputs in another order under other names.
fn moved(panel: &Panel) -> Panel {
    let (r, t, n) = panel.inputs.dim();
    let mut other = panel.clone();
    for i in 0..r {
        for year in 0..t {
            let from = r - 1 - i;
            other.gdp[[i, year]] = 1e4 * panel.gdp[[from, year]];
            other.co2[[i, year]] = 100.0 * panel.co2[[from, year]];
            for k in 0..n {
                other.inputs[[i, year, k]] = [7.0, 1e-3, 300.0][n - 1 - k] * panel.inputs[[from, year, n - 1 - k]];
            }
        }
        other.regions[i] = isard::labels::Name::plain(format!("X{i}"));
    }
    other.input_names.reverse();
    (other.money_per_gdp, other.tonnes_per_co2) = (1e-4, 0.01);
    other
}

#[test]
fn prices_by_regressions_follow_no_unit_order_or_name() {
    let (panel, _) = simulated("D2", 3);
    for estimator in [Estimator::LocalShare, Estimator::Convex, Estimator::LogLinear, Estimator::ByProduction] {
        let direction = (estimator == Estimator::Convex).then_some(Direction::Both);
        let settings = Settings::new(estimator, direction);
        let (one, other) = (estimate(&panel, &settings).unwrap(), estimate(&moved(&panel), &settings).unwrap());
        for (p, q) in one.prices.iter().zip(other.prices.iter().rev()) {
            let (p, q) = (p.price.value, q.price.value);
            assert!((p - q).abs() <= 1e-5 * p, "{estimator:?}: {p} {q}");
        }
    }
}

#[test]
fn one_dominated_region_more_leaves_the_order_of_prices() {
    let (panel, _) = simulated("D2", 2);
    let mut more = panel.clone();
    let row = |a: &ndarray::Array2<f64>, by: f64| {
        let mut rows = a.outer_iter().map(|r| r.to_owned()).collect::<Vec<_>>();
        rows.push(&rows[4] * by);
        ndarray::Array2::from_shape_fn((rows.len(), a.ncols()), |(i, t)| rows[i][t])
    };
    (more.gdp, more.co2) = (row(&panel.gdp, 0.7), row(&panel.co2, 1.4));
    let (r, t, n) = panel.inputs.dim();
    more.inputs =
        ndarray::Array3::from_shape_fn(
            (r + 1, t, n),
            |(i, t, n)| if i < r { panel.inputs[[i, t, n]] } else { 1.3 * panel.inputs[[4, t, n]] },
        );
    more.regions.push(isard::labels::Name::plain("dominated"));
    let settings = Settings::new(Estimator::LocalShare, None);
    let (before, after) = (prices(&estimate(&panel, &settings).unwrap()), prices(&estimate(&more, &settings).unwrap()));
    assert!(spearman(&before, &after[..r]).unwrap() > 0.9, "{before:?} {after:?}");
}

const HEAD: &str = "region,year,gdp_100M_yuan,co2_Mt,capital,labour,energy\n";

/// One efficient region and five others, of which Bad2 is dominated whatever its CO2.
fn dominated(co2: u32) -> Panel {
    let rows = format!(
        "Good,2017,1000,10,1000,1000,1000\nBad1,2017,1000,40,2000,1500,1200\nBad2,2017,1000,{co2},1500,3000,9000\n\
         Bad3,2017,500,70,3000,1100,800\nBad4,2017,200,9,300,290,250\nBad5,2017,700,20,900,800,990\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    std::fs::write(&path, format!("{HEAD}{rows}")).unwrap();
    read(&path, &PanelOptions::default()).unwrap()
}

#[test]
fn a_dominated_region_moves_no_price_of_a_frontier() {
    // the range of Good is [0, 10000] yuan/t and its GDP 10000 yuan per t: shares 0 and 1/2, so 1/4, and 1/3 of 10000
    for co2 in [80, 800, 8000] {
        for (estimator, direction) in
            [(Estimator::Slacks, None), (Estimator::Frontier, Some(Direction::Own)), (Estimator::Frontier, Some(Direction::Both))]
        {
            // with weak disposal Bad2 supports the frontier at its falling end, so that it is not dominated
            let settings = Settings { disposal: Disposal::OneSided, ..Settings::new(estimator, direction) };
            let found = estimate(&dominated(co2), &settings).unwrap();
            let good = &found.prices[0];
            assert!((good.low.value.abs() < 1e-2) && (good.high.value - 1e4).abs() < 1.0, "{estimator:?} {co2}: {good:?}");
            assert!((good.price.value - 1e4 / 3.0).abs() < 0.5, "{estimator:?} {co2}: {good:?}");
            let only: Vec<bool> = found.prices.iter().map(|p| p.flags.contains(&Flag::WeightsOnly)).collect();
            assert!(!only[0] && only.contains(&true) == (estimator == Estimator::Slacks), "{only:?}");
            for (p, _) in found.prices.iter().zip(&only).filter(|(_, only)| **only) {
                let third = 1e4 / p.intensity.unwrap().value / 3.0;
                assert!((p.price.value / third - 1.0).abs() < 1e-4, "{p:?} {third}");
            }
        }
    }
}

#[test]
fn every_face_rule_lies_in_the_range_and_log_mid_is_refused_at_nought() {
    let (panel, _) = simulated("D2", 1);
    let with = |face: Face| Settings { face, window: Some(1), ..Settings::new(Estimator::Convex, Some(Direction::Both)) };
    let of = |face: Face| estimate(&panel, &with(face)).unwrap();
    let (low, mid, high) = (of(Face::Low), of(Face::ShareMid), of(Face::High));
    let mut open = 0;
    for ((l, m), h) in low.prices.iter().zip(&mid.prices).zip(&high.prices) {
        assert!(l.price.value <= m.price.value && m.price.value <= h.price.value, "{l:?} {m:?} {h:?}");
        open += usize::from(l.price.value < m.price.value && m.price.value < h.price.value);
    }
    assert!(open > 10, "{open} ranges are open");
    let folder = dominated(80);
    let text = estimate(&folder, &Settings { face: Face::LogMid, ..Settings::new(Estimator::Slacks, None) }).unwrap_err();
    assert!(text.to_string().contains("no geometric mean"), "{text}");
}

#[test]
fn ranges_hold_the_price_and_are_the_same_for_any_number_of_threads() {
    let (panel, _) = simulated("D2", 1);
    let settings = Settings { draws: Some(Draws { draws: 20, seed: 3 }), ..Settings::new(Estimator::LocalShare, None) };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| estimate(&panel, &settings).unwrap())
    };
    let (one, three) = (with(1), with(3));
    for (p, q) in one.prices.iter().zip(&three.prices) {
        assert_eq!((p.price.value.to_bits(), p.range), (q.price.value.to_bits(), q.range));
        let range = p.range.unwrap();
        assert!(range.low <= range.drawn[0] && range.drawn[1] <= range.high && range.low <= range.span[0], "{range:?}");
        assert!(range.low <= p.price.value && p.price.value <= range.high, "{p:?}");
    }
    let ranges = one.ranges.unwrap();
    for i in 0..30 {
        for j in 0..30 {
            assert!((ranges.above[i][j] + ranges.above[j][i] - 1.0).abs() < 1e-12);
        }
    }
    assert!(ranges.called()[1] == 435 && ranges.called()[0] < 435);
}

#[test]
fn fuels_are_priced_by_the_one_that_costs_least_to_leave_and_switching_at_equal_energy() {
    // GDP in 10^8 yuan: 2 K + 3 L + 5 coal + 7 gas, fuels in 10^4 tce; without noise every slope is pinned
    let made = Design::named("D2").unwrap().sized(Some(40), Some(1)).panel(9).panel;
    let mut text = "region,year,gdp_100M_yuan,co2_Mt,capital,labour,coal_10kt_sce,gas_10kt_sce\n".to_string();
    for r in 0..40 {
        let [k, l, coal]: [f64; 3] = std::array::from_fn(|n| 100.0 * made.inputs[[r, 0, n]]);
        let gas = 50.0 * made.gdp[[r, 0]];
        let (y, b) = (2.0 * k + 3.0 * l + 5.0 * coal + 7.0 * gas, (2.66 * coal + 1.6 * gas) * 1e4 / 1e6);
        text += &format!("r{r},2017,{y},{b},{k},{l},{coal},{gas}\n");
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.csv");
    std::fs::write(&path, text).unwrap();
    let read_with = |inputs: &str, fuels: &[&str]| {
        let fuels = fuels.iter().map(|f| f.to_string()).collect();
        read(&path, &PanelOptions { fuels, inputs: vec![inputs.into()], ..PanelOptions::default() })
    };
    let inputs = "capital,labour,coal_10kt_sce,gas_10kt_sce";
    let both = ["coal_10kt_sce=2.66", "gas_10kt_sce=1.6"];
    let data = read_with(inputs, &both).unwrap();
    assert!(data.notes.iter().any(|n| n.contains("1.000 to 1.000 of the CO2")), "{:?}", data.notes);
    let found = estimate(&data, &Settings::new(Estimator::ByProduction, None)).unwrap();
    // yuan per tce over t per tce: 5e8 / 1e4 / 2.66 for coal, 7e8 / 1e4 / 1.6 for gas; from coal to gas (5 - 7) / (2.66 - 1.6)
    let (burning, switching) = (5e4 / 2.66, -2e4 / 1.06);
    let (mut pinned, mut switched) = (0, 0);
    for p in &found.prices {
        // regions at the rim of the sample are supported by other planes too, and by the true one
        assert!(p.low.value <= burning * 1.001 && p.high.value >= burning * 0.999, "{p:?} {burning}");
        if p.high.value - p.low.value < 1e-2 * burning {
            pinned += 1;
            assert!((p.price.value / burning - 1.0).abs() < 1e-2 && p.beside[0].name == "switching", "{p:?} {burning}");
            switched += usize::from((p.beside[0].prices[0] / switching - 1.0).abs() < 5e-2);
        }
    }
    assert!(pinned >= 3 && switched >= 3, "{pinned} regions pinned, {switched} of them for both fuels");
    for (inputs, fuels, says) in [
        ("capital,labour,coal_10kt_sce", &both[1..], "none of the inputs"),
        (inputs, &["coal_10kt_sce"], "names no emission factor"),
        (inputs, &["coal_10kt_sce=0"], "must be above 0"),
        (inputs, &["labour=2"], "unit of fuel"),
        (inputs, &["gas_10kt_sce=1.6", "gas_10kt_sce=1.6"], "named twice"),
    ] {
        let error = read_with(inputs, fuels).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let energy = estimate(&simulated("D2", 1).0, &Settings::new(Estimator::ByProduction, None)).unwrap();
    assert!(energy.notes.iter().any(|n| n.contains("`fuel` coal_10kt_sce=2.66")), "{:?}", energy.notes);
}

/// A panel of the command: nine regions, three years.
fn file(folder: &std::path::Path) -> std::path::PathBuf {
    let made = Design::named("D3").unwrap().sized(Some(9), Some(3)).panel(5).panel;
    let mut text = HEAD.to_string();
    for r in 0..9 {
        for t in 0..3 {
            let x: Vec<String> = (0..3).map(|n| made.inputs[[r, t, n]].to_string()).collect();
            text += &format!("R{r},{},{},{},{}\n", 2015 + t, made.gdp[[r, t]], made.co2[[r, t]], x.join(","));
        }
    }
    let path = folder.join("panel.csv");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_command_prints_shares_by_default_refuses_options_without_effect_and_its_results_verify() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path());
    let out = dir.path().join("out");
    isard()
        .arg("cost")
        .arg(&path)
        .args([
            "--prices",
            "constant",
            "--capital-prices",
            "constant",
            "--window",
            "2",
            "--accept",
            "unidentified-prices",
            "--draws",
            "20",
            "-q",
            "-o",
        ])
        .arg(&out)
        .assert()
        .success();
    let object: serde_json::Value = serde_json::from_slice(&std::fs::read(out.join("result.json")).unwrap()).unwrap();
    assert_eq!((object["settings"]["estimator"].as_str(), &object["certified"]), (Some("local-share"), &false.into()));
    assert!(object["gate"]["next"].as_str().unwrap().contains("placebo"), "{}", object["gate"]);
    let first = &object["costs"][0];
    assert!(first["no_bound"].as_str().unwrap().contains("regression") && first["cost_bound"].is_null(), "{first}");
    assert!(first["range"]["low"].as_f64().unwrap() <= first["cost"].as_f64().unwrap() && first["beside"].as_array().unwrap().len() == 2);
    let done = isard().arg("verify").arg(&out).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains("\nVERIFIED"), "{said}");
    // an altered price is seen
    let text = std::fs::read_to_string(out.join("cost.csv")).unwrap();
    std::fs::write(out.join("cost.csv"), text.replacen("R3,", "R3,1", 1)).unwrap();
    assert_eq!(isard().arg("verify").arg(&out).output().unwrap().status.code(), Some(1));
    for (options, says) in [
        (&["--direction", "both"][..], "--direction has no effect on estimator local-share"),
        (&["--estimator", "quadratic", "--direction", "both", "--tau", "0.5"], "--tau and --norm"),
        (&["--estimator", "slacks", "--draws"], "--draws has no effect on estimator slacks"),
        (&["--bandwidth=-1"], "bandwidth"),
        (&["--window", "0"], "window of 0 years"),
        (&["--estimator", "convex", "--direction", "own"], "direction own"),
    ] {
        let done =
            isard().arg("cost").arg(&path).args(["--prices", "constant", "--capital-prices", "constant"]).args(options).assert().code(2);
        let error = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_simulation_takes_its_own_size_and_refuses_options_of_panels() {
    let args = ["cost", "--simulate", "D2", "--regions", "12", "--years", "3", "--seeds", "1-2", "--json"];
    let done = isard().args(args).assert().success();
    let object: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!((&object["simulated"][0]["regions"], &object["simulated"][0]["years"]), (&12.into(), &3.into()));
    let scores = object["scores"].as_array().unwrap();
    assert!(scores.len() >= 10 && scores.iter().all(|s| s["seeds"] == 2 && s["rank"].is_number()), "{scores:?}");
    for (options, says) in [
        (&["--simulate", "Z9"][..], "Z9"),
        (&["--simulate", "A1", "--gdp", "x"], "--gdp"),
        (&["--simulate", "A1", "--direction", "both"], "--estimator"),
        (&["--seeds", "1-2"], "--simulate"),
        (&["--simulate", "A1", "--years", "2000-2017"], "--years 18"),
        (&["--simulate", "A1", "--placebo", "20"], "--estimator"),
        (&["--simulate", "A1", "--estimator", "slacks", "--seed", "3"], "--seed 3 is that of the placebo"),
        (&["--simulate", "A1", "--estimator", "frontier"], "needs a direction"),
        (
            &["--simulate", "D1", "--estimator", "quadratic", "--direction", "both", "--regions", "8", "--years", "1"],
            "has no result on any panel",
        ),
    ] {
        let done = isard().arg("cost").args(options).assert().code(2);
        let error = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_simulation_counts_the_panels_that_identify_their_price_and_explains_its_dashes() {
    let run = |design: &str, placebos: &str| {
        let args = ["cost", "--simulate", design, "--estimator", "log-linear", "--seeds", "1-3", "--placebo", placebos];
        let done = isard().args(args).assert().success();
        String::from_utf8_lossy(&done.get_output().stdout).into_owned()
    };
    assert!(run("D1", "19").contains("log-linear on D1: 3 of 3"), "{}", run("D1", "19"));
    assert!(run("D1", "18").contains("log-linear on D1: 0 of 3"), "18 placebos are too few");
    let null = run("N", "19");
    assert!(null.contains("log-linear on N: 0 of 3") && null.contains("/-") && null.contains("no true price above 0"), "{null}");
}

/// Rank and error that another program found on the same draws, seeds 1-8, in the order of [`DESIGNS`].
const EXPECTED: [(&str, &str); 11] = [
    ("frontier", "0.85/14|0.77/32|0.76/39|0.96/19|0.80/40|0.80/43|0.65/183|0.78/23|0.47/80|0.68/50|0.56/57|0.62/72"),
    ("quadratic", "1.00/0|0.61/20|0.44/28|0.86/20|0.40/62|0.61/122|0.32/672|0.57/23|0.14/181|0.70/47|0.63/122|0.57/187"),
    ("quadratic, trend", "1.00/0|0.78/20|0.47/33|0.87/22|0.40/62|0.58/121|0.53/691|0.59/23|0.29/165|0.71/49|0.64/124|0.52/149"),
    ("convex, both", "0.86/13|0.82/30|0.75/34|0.93/17|0.87/30|0.78/38|0.78/84|0.78/22|0.46/72|0.62/40|0.69/42|0.55/55"),
    ("convex, gdp", "0.85/13|0.80/37|0.78/40|0.93/17|0.80/35|0.73/46|0.43/84|0.77/23|0.57/71|0.61/38|0.39/53|0.48/58"),
    ("by-production", "0.42/33|0.52/33|0.50/32|0.77/76|0.79/71|0.82/66|0.71/79|0.39/73|0.22/71|0.77/35|0.78/39|0.70/50"),
    ("log-linear", "0.95/15|0.86/25|0.84/25|0.95/14|0.95/31|0.96/38|0.84/34|0.52/29|0.30/54|0.92/21|0.92/26|0.89/28"),
    ("GDP/(3 CO2), no estimate", "0.95/25|0.58/32|0.56/33|0.95/70|0.93/39|0.92/42|0.74/47|0.52/111|0.32/86|0.96/79|0.93/50|0.88/52"),
    ("local-share, raw", "0.86/13|0.84/28|0.84/28|0.97/17|0.88/29|0.90/26|0.91/37|0.75/21|0.56/56|0.74/33|0.76/34|0.76/34"),
    ("local-share, one-share", "0.95/17|0.86/29|0.84/29|0.95/14|0.95/25|0.95/19|0.83/19|0.52/25|0.33/37|0.92/15|0.91/24|0.88/26"),
    ("local-share", "0.87/11|0.80/25|0.79/25|0.99/4|0.94/25|0.96/18|0.85/20|0.70/20|0.50/44|0.88/18|0.83/25|0.82/26"),
];

#[test]
#[ignore = "minutes"]
fn the_table_of_estimators_is_that_of_another_program() {
    let seeds: Vec<u64> = (1..=8).collect();
    let cells = run(&DESIGNS[..12], &entrants(), &seeds, None, &Watch::default()).unwrap();
    let of = |estimator: &str, design: &str| cells.iter().find(|c| c.estimator == estimator && c.design == design).unwrap();
    for (estimator, row) in EXPECTED {
        for (design, cell) in DESIGNS.iter().zip(row.split('|')) {
            let (rank, error) = cell.split_once('/').unwrap();
            let (rank, error): (f64, f64) = (rank.parse().unwrap(), error.parse().unwrap());
            let found = of(estimator, design.name).score;
            // errors of hundreds of percent hang on one region
            let near = (found.error.unwrap() - error).abs() <= 6.0f64.max(0.1 * error);
            assert!((found.rank.unwrap() - rank).abs() <= 0.05 && near, "{estimator} {}: {found:?}, expected {cell}", design.name);
        }
    }
    for design in ["A3", "D2", "D3", "D4", "B2", "C2", "C3"] {
        let own = of("local-share", design).score.rank.unwrap();
        for other in ["slacks", "frontier", "quadratic"] {
            assert!(own > of(other, design).score.rank.unwrap(), "{design}: {own}, {other}");
        }
    }
}

#[test]
#[ignore = "minutes"]
fn quadratic_ranks_do_not_turn_round_with_the_years_once_capital_is_rebased() {
    let Some(path) = shared("china/panel/panel_31prov_1997_2022_merged.csv") else { return };
    let panel = |years: (i32, i32), inputs: &[&str]| {
        let options = PanelOptions {
            region: Some("prov".into()),
            gdp: Some("gdp_current_100M".into()),
            co2: Some("co2_sectoral_Mt".into()),
            inputs: inputs.iter().map(|s| s.to_string()).collect(),
            years: Some(years),
            missing: isard::cost::Missing::Exclude,
            prices: Some(isard::cost::Prices::Current),
            ..PanelOptions::default()
        };
        read(&path, &options).unwrap()
    };
    // capital is in each province's own prices of 1952: K_t = 0.904 K_(t-1) + GFCF_t / P_t gives its index
    let index = panel((2016, 2017), &["capital_1952p_100M", "gfcf_current_100M"]);
    let of = |years: (i32, i32)| {
        let mut found = panel(years, &["capital_1952p_100M", "pop_10k", "energy_10kt_sce"]);
        for (r, name) in found.regions.iter().enumerate() {
            let at = index.regions.iter().position(|n| n == name).unwrap();
            let p = index.inputs[[at, 1, 1]] / (index.inputs[[at, 1, 0]] - 0.904 * index.inputs[[at, 0, 0]]);
            (0..found.years.len()).for_each(|t| found.inputs[[r, t, 0]] *= p);
        }
        prices(&estimate(&found, &Settings::new(Estimator::Quadratic, Some(Direction::Both))).unwrap())
    };
    let (long, short) = (of((2000, 2017)), of((2010, 2017)));
    let rank = spearman(&long, &short).unwrap();
    assert!(rank > 0.95, "{rank}");
}

#[test]
fn returns_that_vary_only_widen_the_range() {
    let (panel, _) = simulated("D2", 4);
    let of = |returns: Returns| {
        let settings = Settings { returns, window: Some(1), ..Settings::new(Estimator::Convex, Some(Direction::Gdp)) };
        estimate(&panel, &settings).unwrap()
    };
    let width = |e: &Estimate| e.prices.iter().filter(|p| p.high.value.is_infinite()).count();
    let (constant, variable) = (of(Returns::Constant), of(Returns::Variable));
    assert!(width(&constant) == 0 && variable.checked(), "{} {}", width(&constant), width(&variable));
}
