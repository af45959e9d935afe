//! Views of the flows: every entry within its bound of a double-double elimination, every sum equal to the flows.

use std::fs;

use isard::bounded::Bounded;
use isard::decompose::flows;
use isard::decompose::grouping::Grouping;
use isard::decompose::grouping::Groups;
use isard::decompose::relative::{Size, product_of_table, relative};
use isard::decompose::views::{Panel, Request, View, views};
use isard::formats;
use isard::labels::{Labels, Name};
use isard::responsibility::{SharingRule, accounts};
use isard::solve::{Method, Stopping};
use isard::synth;
use isard::system::System;
use proptest::prelude::*;
use serde_json::Value;

use crate::laws::{any_table, quiet};
use crate::reference::{self, Double};
use crate::responsibility::by_inverse;
use crate::support::{isard, shared};

const ALL: [View; 5] = [View::OriginSector, View::Product, View::ProductOrigin, View::Category, View::Net];

fn panel(panels: &[Panel], view: View) -> &Panel {
    panels.iter().find(|p| p.view == view).unwrap()
}

fn within(found: Bounded, truth: Double, what: &str) {
    let error = truth.distance(found.value);
    assert!(error <= found.bound, "{what}: error {error:e} above bound {:e}, value {}", found.bound, found.value);
}

fn add(all: impl Iterator<Item = Double>) -> Double {
    all.fold(Double::ZERO, Double::add)
}

fn groups(rows: &[(&str, &str)]) -> Groups {
    Groups {
        place: "groups.csv".into(),
        rows: rows.iter().enumerate().map(|(i, (n, g))| (n.to_string(), g.to_string(), i as u64 + 2)).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 24 }, ..ProptestConfig::default() })]

    #[test]
    fn no_entry_of_a_view_is_further_from_the_truth_than_its_bound(table in any_table(), loose in any::<bool>()) {
        let system = System::new(table.clone());
        let (n, r_count, k_count) = (system.dim(), system.region_count(), system.destinations.len());
        let rows = |m: &ndarray::Array2<f64>| -> Vec<Vec<f64>> { m.rows().into_iter().map(|r| r.to_vec()).collect() };
        let outputs = reference::solve(&table, &rows(&system.demand)).unwrap();
        let by_category = reference::solve(&table, &rows(&table.y)).unwrap();
        let (carbon, _) = by_inverse(&system);
        let q = &table.stressors[0].direct;
        let f = |i: usize| if table.x[i] == 0.0 { Double::ZERO } else { Double(q[i], 0.0).div(Double(table.x[i], 0.0)) };
        let stopping = if loose { Stopping { rtol: 1e-4, ..Stopping::default() } } else { Stopping::default() };
        for method in [Method::Direct, Method::PowerSeries, Method::GmresRegionGaussSeidel] {
            let leontief = quiet(&system, method, stopping);
            let found = flows(&leontief, 0);
            let (seen, checks) = views(&leontief, 0, &found, &Request { views: ALL.to_vec(), ..Request::default() });
            for check in &checks {
                prop_assert!(check.holds, "{method:?} {check:?}");
            }
            let get = |view: View| &panel(&seen.panels, view).values;
            // equal names in one region share a row of a panel: every row of these tables has a name of its own
            let distinct = (0..r_count).all(|r| {
                let names: std::collections::HashSet<_> = table.labels.rows(r).map(|i| &table.labels.sectors[i].given).collect();
                names.len() == table.labels.rows(r).len()
            });
            if !distinct {
                continue;
            }
            for i in 0..n {
                for k in 0..k_count {
                    within(get(View::OriginSector)[[i, k]], f(i).mul(outputs[i][k]), "origin sector");
                    let y = Double(system.demand[[i, k]], 0.0);
                    within(get(View::Product)[[i, k]], add((0..r_count).map(|s| carbon[i][s].mul(y))), "product");
                    for s in 0..r_count {
                        within(get(View::ProductOrigin)[[s * n + i, k]], carbon[i][s].mul(y), "product and origin");
                    }
                }
            }
            for s in 0..r_count {
                for c in 0..table.y.ncols() {
                    let truth = add(table.labels.rows(s).map(|i| f(i).mul(by_category[i][c])));
                    within(get(View::Category)[[s, c]], truth, "category");
                }
                for r in 0..r_count {
                    let flow = |s: usize, r: usize| add(table.labels.rows(s).map(|i| f(i).mul(outputs[i][r])));
                    let net = get(View::Net);
                    within(net[[s, r]], if s == r { Double::ZERO } else { flow(s, r).add(flow(r, s).neg()) }, "net");
                    prop_assert_eq!(net[[s, r]].value, -net[[r, s]].value);
                }
            }
        }
    }
}

#[test]
fn a_grouped_report_is_the_sum_of_the_report() {
    let table = synth::table(&synth::Settings { regions: 5, sectors: 4, seed: 21, ..synth::Settings::default() });
    let system = System::new(table.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let found = flows(&leontief, 0);
    let regions = Grouping::regions(
        &groups(&[("r2", "inland"), ("r1", "coast"), ("r3", "inland"), ("r4", "coast"), ("r5", "coast")]),
        &table.labels.regions,
    )
    .unwrap();
    let sectors =
        Grouping::sectors(&groups(&[("s01", "goods"), ("s02", "goods"), ("s03", "services"), ("s04", "goods")]), &table.labels).unwrap();
    assert_eq!(regions.of, [0, 1, 1, 0, 0]);
    let request = Request { views: ALL.to_vec(), regions: Some(regions), sectors: Some(sectors), top: Some(1) };
    let (grouped, checks) = views(&leontief, 0, &found, &request);
    let (single, _) = views(&leontief, 0, &found, &Request { views: ALL.to_vec(), ..Request::default() });
    assert!(checks.len() == 6 && checks.iter().all(|c| c.holds), "{checks:?}");
    let (region, sector) = ([0usize, 1, 1, 0, 0], [0usize, 0, 1, 0]);
    let column = |k: usize| if k < 5 { region[k] } else { k - 3 };
    let close = |a: f64, b: Bounded, what: &str| assert!((a - b.value).abs() <= b.bound + 1e-12 * a.abs(), "{what}: {a} {b:?}");
    // sums of the single entries by a double loop
    let collect = |view: View, row: &dyn Fn(usize) -> usize| {
        let (fine, coarse) = (&panel(&single.panels, view).values, &panel(&grouped.panels, view).values);
        let mut sums = ndarray::Array2::<f64>::zeros(coarse.dim());
        for ((i, k), v) in fine.indexed_iter() {
            sums[[row(i), column(k)]] += v.value;
        }
        for (at, v) in sums.indexed_iter() {
            close(*v, coarse[at], &format!("{view:?} {at:?}"));
        }
    };
    let row = |i: usize| 2 * region[i / 4] + sector[i % 4];
    collect(View::OriginSector, &row);
    collect(View::Product, &row);
    collect(View::ProductOrigin, &|p| 4 * region[p / 20] + row(p % 20));
    assert_eq!(panel(&grouped.panels, View::OriginSector).rows[1], [Name::plain("coast"), Name::plain("services")]);
    let flow = &grouped.flow;
    assert_eq!(flow.nrows(), 2);
    close(
        found.flow[[1, 0]].value
            + found.flow[[1, 3]].value
            + found.flow[[1, 4]].value
            + found.flow[[2, 0]].value
            + found.flow[[2, 3]].value
            + found.flow[[2, 4]].value,
        flow[[1, 0]],
        "flow",
    );
    let net = &panel(&grouped.panels, View::Net).values;
    close(flow[[0, 1]].value - flow[[1, 0]].value, net[[0, 1]], "net");
    // the groups' categories: one column for each category and group
    let category = panel(&grouped.panels, View::Category);
    let per_region = table.labels.categories.len() / 5;
    assert_eq!(category.columns.len(), 2 * per_region + found.flow.ncols() - 5);
    // the one largest flow
    let (s, r) = if flow[[0, 1]].value > flow[[1, 0]].value { (0, 1) } else { (1, 0) };
    assert_eq!(grouped.top, [(s, r, flow[[s, r]])]);
    // accounts of the groups: consumption of a group is what its members' demand causes
    let (all, _) = accounts(&leontief, 0, &found, &SharingRule::default(), 0.5).unwrap();
    for account in &all {
        let sums = grouped.regions.sum(&account.regions);
        close(account.regions[1].value + account.regions[2].value, sums[1], account.principle.name());
    }
}

#[test]
fn groups_must_cover_every_member_once() {
    let table = synth::table(&synth::Settings { regions: 3, sectors: 2, seed: 1, ..synth::Settings::default() });
    let fails = |rows: &[(&str, &str)], words: &[&str]| {
        let error = Grouping::regions(&groups(rows), &table.labels.regions).unwrap_err();
        let text = format!("{error} {}", error.help().unwrap_or_default());
        words.iter().for_each(|w| assert!(text.contains(w), "{w} not in {text}"));
    };
    fails(&[("r1", "a"), ("r2", "a")], &["1 of 3 regions", "r3", "groups.csv"]);
    fails(&[("r1", "a"), ("r2", "a"), ("r3", "b"), ("r1", "b")], &["groups.csv:5", "\"a\" and \"b\""]);
    fails(&[("r1", "a"), ("r2", "a"), ("r3", "b"), ("r4", "b")], &["groups.csv:5", "\"r4\" is no region", "known: r1"]);
    let error = Grouping::sectors(&groups(&[("s01", "goods")]), &table.labels).unwrap_err();
    assert!(error.to_string().contains("1 of 2 sectors"), "{error}");
}

#[test]
fn the_built_in_lists_divide_the_provinces() {
    let table = synth::provinces(2017);
    let eight = Grouping::provinces("eight-regions", &table.labels.regions).unwrap().unwrap();
    let halves = Grouping::provinces("north-south", &table.labels.regions).unwrap().unwrap();
    assert!(Grouping::provinces("nine-regions", &table.labels.regions).is_none());
    let of = |g: &Grouping, name: &str| g.groups[g.of[table.labels.region(name).unwrap()]].en.clone();
    assert_eq!((eight.groups.len(), halves.groups.len()), (8, 2));
    assert_eq!(of(&eight, "内蒙古"), "Northwest");
    assert_eq!(of(&eight, "Tibet"), "Southwest");
    let north = (0..31).filter(|&r| halves.groups[halves.of[r]].en == "North").count();
    assert_eq!(north, 15);
    for (name, half) in
        [("Henan", "North"), ("Shaanxi", "North"), ("Qinghai", "North"), ("Jiangsu", "South"), ("Anhui", "South"), ("Tibet", "South")]
    {
        assert_eq!(of(&halves, name), half, "{name}");
    }
    // a table whose regions are no provinces
    let other = synth::table(&synth::Settings { regions: 2, sectors: 2, ..synth::Settings::default() });
    let error = Grouping::provinces("north-south", &other.labels.regions).unwrap().unwrap_err();
    assert!(error.to_string().contains("built-in list north-south") && error.to_string().contains("2 of 2"), "{error}");
    // the same membership as the concordance that lies beside the tables
    let Some(file) = shared("china/concordance/province_to_sic8.csv") else { return };
    for line in fs::read_to_string(file).unwrap().lines().skip(1) {
        let (province, region) = line.split_once(',').unwrap();
        assert_eq!(of(&eight, province), region.trim(), "{province}");
    }
}

#[test]
fn numbers_per_head_and_per_gdp_are_quotients_of_sums() {
    let table = synth::table(&synth::Settings { regions: 3, sectors: 4, seed: 2, ..synth::Settings::default() });
    let system = System::new(table.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let found = flows(&leontief, 0);
    let product = product_of_table(&leontief);
    for r in 0..3 {
        let sum: f64 = table.labels.rows(r).map(|i| table.total_value_added()[i]).sum();
        assert!((product[r].value - sum).abs() <= product[r].bound.max(1e-12 * sum));
    }
    let people = [5e6, 0.0, 2e6].map(Bounded::exact).to_vec();
    let size = Size { what: "head", value: people, unit: "t/person".into(), scale: 1e6 };
    let alone = relative(&found, &Grouping::alone(&table.labels.regions), size.clone());
    let household = |r: usize| found.households.as_ref().map_or(0.0, |h| h[r].value);
    let expected = (found.direct[2].value + household(2)) * 1e6 / 2e6;
    assert!((alone.production[2].unwrap().value - expected).abs() <= 1e-14 * expected);
    assert!(alone.production[1].is_none(), "nobody lives there");
    let grouped = Grouping { groups: vec![Name::plain("all")], of: vec![0, 0, 0] };
    let all = relative(&found, &grouped, size);
    let total: f64 = (0..3).map(|r| found.direct[r].value + household(r)).sum();
    assert!((all.production[0].unwrap().value - total * 1e6 / 7e6).abs() <= 1e-14 * total);
    assert!(all.net[0].unwrap().value.abs() <= all.net[0].unwrap().bound, "what all emit for each other is nothing in sum");
}

#[test]
fn all_views_of_real_tables_add_up() {
    let (Some(china), Some(book), Some(co2)) = (
        shared("china/mrio_30x42_2007_modelled/mrio30x42_2007.npz"),
        shared("china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls"),
        shared("china/irio_sic_2002_2007/co2_2007_8x17_Mt.csv"),
    ) else {
        return;
    };
    let mut sic = formats::read(&book, &formats::Reading { sheet: Some("2007-17".into()), ..Default::default() }).unwrap();
    isard::inventory::attach(&mut sic, &formats::inventories::read(&co2, &Default::default()).unwrap(), None, Default::default()).unwrap();
    for (name, table) in [("China 30 x 42", formats::read(&china, &Default::default()).unwrap()), ("SIC 2007", sic)] {
        let system = System::new(table.clone());
        let leontief = quiet(&system, Method::Direct, Stopping::default());
        let found = flows(&leontief, 0);
        let (seen, checks) = views(&leontief, 0, &found, &Request { views: ALL.to_vec(), ..Request::default() });
        for check in &checks {
            println!("{name}: {}: {:.1e}", check.name, check.found);
            assert!(check.found <= 1e-10, "{name}: {check:?}");
        }
        let direct: f64 = found.direct.iter().map(|d| d.value).sum();
        for panel in &seen.panels {
            let worst = panel.values.iter().map(|b| b.bound).fold(0.0, f64::max) / direct;
            println!("{name}: {:?}: {:?} entries, largest bound {worst:.1e} of all emissions", panel.view, panel.values.dim());
            assert!(worst <= 1e-10, "{name}: {:?}: {worst:e}", panel.view);
        }
        let grouping = if name == "SIC 2007" { None } else { Grouping::provinces("eight-regions", &table.labels.regions) };
        if let Some(grouping) = grouping {
            let coarse = grouping.unwrap().flows(&found.flow);
            let (a, b): (f64, f64) = (coarse.iter().map(|v| v.value).sum(), found.flow.iter().map(|v| v.value).sum());
            assert!((a - b).abs() <= 1e-12 * b);
        }
    }
}

#[test]
fn the_command_shows_what_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("table");
    isard().args(["synth", "--regions", "3", "--sectors", "4", "-o"]).arg(&table).assert().success();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("halves.csv", "name,group\nr1,east\nr2,west\nr3,west\n");
    write("kinds.csv", "sector,group\ns01,goods\ns02,goods\ns03,services\ns04,services\n");
    write("people.csv", "region,population_10k\nr1,100\nr2,50\nr3,25\n");
    write(
        "pairs.csv",
        "origin,destination,alpha\nr1,r2,0.2\nr1,r3,0.2\nr2,r1,0.2\nr2,r3,0.2\nr3,r1,0.2\nr3,r2,0.2\nr1,export,0.2\nr2,export,0.2\nr3,export,0.2\n",
    );
    write(
        "study.toml",
        "table = \"table\"\nviews = [\"net\", \"origin-sector\", \"category\"]\ngroup-regions = \"halves.csv\"\ngroup-sectors = \"kinds.csv\"\ntop = 3\n\
         population = \"people.csv\"\ngdp = \"table\"\nalpha-pairs = \"pairs.csv\"\nby-emitter = true\nprice = 100.0\n",
    );
    let out = dir.path().join("out");
    let run = isard().arg("run").arg(dir.path().join("study.toml")).args(["--json", "--output"]).arg(&out).assert().success();
    let o: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    let v = &o["views"];
    assert_eq!(v["groups"], serde_json::json!(["east", "west"]));
    assert_eq!(v["top"].as_array().unwrap().len(), 2, "two groups have two flows between them");
    assert_eq!(
        v["origin_sector"]["rows"],
        serde_json::json!([["east", "goods"], ["east", "services"], ["west", "goods"], ["west", "services"]])
    );
    assert_eq!(v["net"]["value"][0][1].as_f64().unwrap(), -v["net"]["value"][1][0].as_f64().unwrap());
    assert!(v["net"]["meaning"].as_str().unwrap().contains("positive: row emits for column"));
    let sum = |v: &Value| v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).sum::<f64>();
    let west = sum(&o["direct"]) - o["direct"][0].as_f64().unwrap() + sum(&o["households"]) - o["households"][0].as_f64().unwrap();
    let per_head = o["per_head"]["production"][1].as_f64().unwrap();
    assert!((per_head - west * 1e6 / 750_000.0).abs() <= 1e-12 * per_head && o["per_head"]["unit"] == "t/person");
    assert!(o["per_gdp"]["production_bound"][0].as_f64().unwrap() > 0.0);
    // border with these pairs is the border form with 0.2 for all
    let one = isard().arg("responsibility").arg(&table).args(["--alpha", "0.2", "--json"]).assert().success();
    let one: Value = serde_json::from_slice(&one.get_output().stdout).unwrap();
    for r in 0..3 {
        let of = |o: &Value| o["responsibility"]["supply-chain-border"][r].as_f64().unwrap();
        assert!((of(&o) - of(&one)).abs() <= 1e-12 * of(&o));
    }
    assert_eq!(o["by_emitter"]["members"].as_array().unwrap().len(), 6);
    for name in [
        "flows_net.csv",
        "flows_by_origin_sector.csv",
        "flows_by_category_bound.csv",
        "flows_by_group.csv",
        "responsibility_by_group.csv",
        "flows_top.csv",
        "flows_per_head.csv",
        "flows_per_gdp.csv",
        "income_by_emitter.csv",
        "supply_chain_net_by_emitter.csv",
    ] {
        let text = fs::read_to_string(out.join(name)).unwrap();
        assert!(text.lines().next().unwrap().contains('['), "{name} has no unit");
    }
    // a written result is re-checked with the same rules
    isard().arg("verify").arg(&out).assert().success();
    for (more, words) in [
        (&["--group-regions", "nort-south"][..], &["nort-south", "did you mean \"north-south\""][..]),
        (&["--group-regions", "eight-regions"], &["built-in list eight-regions", "3 of 3"]),
        (&["--views", "nett"], &["nett"]),
        (&["--alpha", "1.5"], &["between 0 and 1"]),
        (&["--population", "absent.csv"], &["absent.csv"]),
    ] {
        let command = if more[0] == "--alpha" { "responsibility" } else { "flows" };
        let run = isard().arg(command).arg(&table).args(more).assert().code(2);
        let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        words.iter().for_each(|w| assert!(error.contains(w), "{w} not in {error}"));
    }
}

#[test]
fn rows_of_one_name_in_a_region_stand_together() {
    let mut table = synth::table(&synth::Settings { regions: 2, sectors: 3, seed: 6, ..synth::Settings::default() });
    let sectors: Vec<Name> = ["a", "b", "a", "b", "b", "c"].map(Name::plain).to_vec();
    table.labels = Labels { sectors, ..table.labels };
    let system = System::new(table.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let found = flows(&leontief, 0);
    let (seen, checks) = views(&leontief, 0, &found, &Request { views: vec![View::OriginSector], ..Request::default() });
    assert!(checks.iter().all(|c| c.holds));
    let names: Vec<String> = seen.panels[0].rows.iter().map(|r| format!("{} {}", r[0].en, r[1].en)).collect();
    assert_eq!(names, ["r1 a", "r1 b", "r2 b", "r2 c"]);
}
