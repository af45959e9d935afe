//! Units through the command: every reader understands them by the same words, or refuses them with the rest named.

use std::fs;
use std::path::{Path, PathBuf};

use isard::formats::beside::costs::read_costs;
use isard::formats::{self, Encoding, inventories};
use proptest::prelude::*;
use serde_json::Value;

use crate::ceads_generator::{self, Layout, Numbers};
use crate::readers::{npz, pymrio};
use crate::support::isard;

/// A folder with a table of three regions, r1 to r3, as long-form CSV: 10^4 yuan, emissions of CO2 in Mt.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("table");
        isard().args(["synth", "--regions", "3", "--sectors", "4", "--seed", "5", "--output"]).arg(&table).assert().success();
        Place { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs::write(self.at(name), text).unwrap();
        name.into()
    }

    /// Replaces in a file of the table.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.at(file)).unwrap();
        assert!(text.contains(from), "{file}: {text}");
        fs::write(self.at(file), text.replace(from, to)).unwrap();
    }

    fn run(&self, line: &[&str]) -> assert_cmd::assert::Assert {
        isard().current_dir(self.folder.path()).args(line).assert()
    }

    fn json(&self, line: &[&str]) -> Value {
        let run = self.run(&[line, &["--json"]].concat());
        serde_json::from_slice(&run.get_output().stdout).unwrap_or_else(|_| panic!("{line:?}: {}", say(&run)))
    }

    fn refused(&self, line: &[&str], words: &[&str]) {
        let run = self.run(line);
        let text = say(&run);
        assert_eq!(run.get_output().status.code(), Some(2), "{line:?}: {text}");
        assert!(words.iter().all(|w| text.contains(w)), "{line:?}: {text}");
    }

    /// Net payments with a file of costs.
    fn net(&self, more: &[&str]) -> Vec<f64> {
        let o = self.json(&[&["compensate", "table", "--cost", "cost.csv"], more].concat());
        o["net"].as_array().unwrap_or_else(|| panic!("{o}")).iter().map(|v| v.as_f64().unwrap()).collect()
    }
}

fn say(run: &assert_cmd::assert::Assert) -> String {
    let out = run.get_output();
    format!("{}{}", String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&out.stdout))
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1e-12))
}

#[test]
fn a_cost_means_the_same_in_every_unit() {
    let place = Place::new();
    let cost = |heading: &str, costs: [f64; 3]| {
        place.put("cost.csv", format!("region,{heading}\nr1,{}\nr2,{}\nr3,{}\n", costs[0], costs[1], costs[2]));
    };
    cost("cost_yuan_per_t", [100.0, 300.0, 200.0]);
    let expected = place.net(&[]);
    assert!(expected.iter().any(|v| *v != 0.0));
    for (heading, factor) in [
        ("cost_yuan_per_kt", 1e3),
        ("cost_yuan_per_kg", 1e-3),
        ("成本（万元/万吨）", 1.0),
        ("cost (million yuan/Mt CO2)", 1.0),
        ("cost_10^4 yuan_per_t", 1e-4),
        ("cost (yuan/t C)", 44.0 / 12.0),
    ] {
        cost(heading, [100.0 * factor, 300.0 * factor, 200.0 * factor]);
        let o = place.json(&["compensate", "table", "--cost", "cost.csv"]);
        assert_eq!(o["payments_unit"], "10^8 yuan", "{heading}");
        assert!(near(&place.net(&[]), &expected), "{heading}");
    }
    for (heading, rest) in
        [("cost_yuan_per_MWh", "energy"), ("cost (yuan/t coal)", "coal"), ("cost (yuan)", "paid for"), ("cost_104_yuan_per_t", "104")]
    {
        cost(heading, [1.0; 3]);
        place.refused(&["compensate", "table", "--cost", "cost.csv"], &["cost.csv:1:2", rest, "万元/万吨"]);
    }
    place.put("cost.csv", "region,cost,unit\nr1,1,元/千吨\nr2,3,元/千吨\nr3,2,元/千吨\n");
    assert!(near(&place.net(&[]).iter().map(|v| v * 1e5).collect::<Vec<_>>(), &expected));
    place.put("cost.csv", "region,cost,unit\nr1,1,元/人\nr2,3,元/人\nr3,2,元/人\n");
    place.refused(&["compensate", "table", "--cost", "cost.csv"], &["cost.csv:2:3", "人"]);
    place.put("cost.json", r#"{"unit": "yuan/MWh", "costs": [{"region": "r1", "cost": 1}]}"#);
    place.refused(&["compensate", "table", "--cost", "cost.json"], &["cost.json", "energy"]);
}

#[test]
fn an_option_that_contradicts_a_file_is_refused_in_every_format_unless_it_is_meant() {
    let place = Place::new();
    place.put("t.npz", npz::in_units("亿元", "Mt"));
    pymrio::small(&place.at("p"));
    let inventory = "region,sector,value,unit\n";
    let rows: String = (1..=3).flat_map(|r| (1..=4).map(move |s| format!("r{r},s{s},{},Mt\n", r + s))).collect();
    let names = isard::formats::read(&place.at("table"), &formats::Reading::default()).unwrap().labels;
    let rows = (0..12).fold(rows, |rows, i| rows.replacen(&format!(",s{},", i % 4 + 1), &format!(",{},", names.sectors[i].given), 1));
    place.put("co2.csv", format!("{inventory}{rows}"));
    let wide: String = (1..=3).map(|r| format!("r{r},{},{},{},{}\n", r + 1, r + 2, r + 3, r + 4)).collect();
    let head: Vec<&str> = (0..4).map(|i| names.sectors[i].given.as_str()).collect();
    place.put("co2_Mt.csv", format!("region,{}\n{wide}", head.join(",")));
    let sources: [(&str, &[&str]); 5] = [
        ("npz", &["flows", "t.npz"]),
        ("long form", &["flows", "table"]),
        ("pymrio", &["flows", "p", "--factor", "air/CO2"]),
        ("unit column", &["flows", "table", "--emissions", "co2.csv"]),
        ("file name", &["flows", "table", "--emissions", "co2_Mt.csv"]),
    ];
    for (what, line) in sources {
        let plain = place.json(line);
        let said = plain["unit"].as_str().unwrap_or_else(|| panic!("{what}: {plain}"));
        let (same, other) = if said == "kt" { ("千吨", "Mt") } else { ("million tonnes", "kt") };
        place.refused(&[line, &["--emissions-unit", other]].concat(), &[said, other, "--override-unit"]);
        let kept = place.json(&[line, &["--emissions-unit", same]].concat());
        assert_eq!((&kept["unit"], &kept["direct"]), (&plain["unit"], &plain["direct"]), "{what}");
        let meant = place.json(&[line, &["--emissions-unit", other, "--override-unit"]].concat());
        assert_eq!((meant["unit"].as_str(), &meant["direct"]), (Some(other), &plain["direct"]), "{what}");
        assert!(meant["provenance"]["notes"].to_string().contains("--override-unit"), "{what}");
        assert!(meant["audit"].to_string().contains("unit-overridden"), "{what}");
        assert!(say(&place.run(&[line, &["--emissions-unit", other, "--override-unit"]].concat())).contains("--override-unit"), "{what}");
        place.refused(&[line, &["--override-unit"]].concat(), &["no effect"]);
        place.refused(&[line, &["--emissions-unit", "bushels"]].concat(), &["bushels"]);
        place.refused(&[line, &["--table-unit", "M USD"]].concat(), &["M USD", "--override-unit"]);
    }
    place.put("co2_kt.csv", format!("{inventory}{rows}"));
    place.refused(&["flows", "table", "--emissions", "co2_kt.csv"], &["\"Mt\"", "\"kt\""]);
    place.put("co2_MT.csv", format!("region,{}\n{wide}", head.join(",")));
    place.refused(&["flows", "table", "--emissions", "co2_MT.csv"], &["metric tons", "megatonnes"]);
    place.put("coal.csv", format!("{inventory}{}", rows.replace(",Mt", ",10^4 t coal")));
    place.refused(&["flows", "table", "--emissions", "coal.csv"], &["coal.csv", "\"coal\""]);
    fs::remove_file(place.at("table/emissions.csv")).unwrap();
    let _ = fs::remove_file(place.at("table/households.csv"));
    place.refused(&["audit", "table", "--emissions-unit", "Mt"], &["no effect"]);
}

#[test]
fn the_money_unit_of_a_table_is_understood_or_refused() {
    let place = Place::new();
    for (unit, factor) in
        [("万元", 1.0), ("亿元", 1e4), ("10^8 yuan", 1e4), ("Billion Yuan", 1e5), ("10 thousand yuan", 1.0), ("千元（10^3 yuan）", 0.1)]
    {
        place.put("cost.csv", "region,cost_yuan_per_t\nr1,1\nr2,3\nr3,2\n");
        let gdp = |o: &Value| o["gdp"][0].as_f64().unwrap_or_else(|| panic!("{unit}: {o}"));
        place.edit("table/table.toml", "unit = \"10^4 yuan\"", &format!("unit = \"{unit}\""));
        let o = place.json(&["compensate", "table", "--cost", "cost.csv"]);
        place.edit("table/table.toml", &format!("unit = \"{unit}\""), "unit = \"10^4 yuan\"");
        let plain = place.json(&["compensate", "table", "--cost", "cost.csv"]);
        assert!((gdp(&o) - factor * gdp(&plain)).abs() <= 1e-12 * gdp(&o), "{unit}");
    }
    for (unit, rest) in
        [("104 yuan", "104"), ("万元/人", "人"), ("bushels", "bushels"), ("10^4 yuan or so", "or so"), ("￥", "yuan or yen")]
    {
        place.edit("table/table.toml", "unit = \"10^4 yuan\"", &format!("unit = \"{unit}\""));
        place.refused(&["flows", "table"], &[unit, rest, "--table-unit"]);
        assert_eq!(place.json(&["flows", "table", "--table-unit", "万元", "--override-unit"])["certified"], true, "{unit}");
        place.edit("table/table.toml", &format!("unit = \"{unit}\""), "unit = \"10^4 yuan\"");
    }
}

#[test]
fn the_head_of_a_workbook_names_its_unit_wherever_it_stands() {
    let place = Place::new();
    let book = |title: &'static str, name: &str| {
        let layout = Layout { title: Some(title), ..Layout::default() };
        ceads_generator::write(&place.at(name), &layout, &Numbers::new(&layout), &["T"]);
        formats::read(&place.at(name), &formats::Reading::default())
    };
    for (title, unit) in [
        ("中国多区域投入产出表（亿元）", "10^8 yuan"),
        ("单位：十亿元", "10^9 yuan"),
        ("Unit: Billion Yuan", "10^9 yuan"),
        ("MRIO 2017 (100 million RMB)", "10^8 yuan"),
        ("万元", "10^4 yuan"),
    ] {
        let table = book(title, "t.xlsx").unwrap();
        assert_eq!((table.unit.as_str(), table.remarks.len()), (unit, 0), "{title}");
    }
    for (title, rest) in [("Unit: bushels", "bushels"), ("表（亿元左右）", "左右"), ("单位：万元/人", "人")] {
        let error = book(title, "t.xlsx").unwrap_err().to_string();
        assert!(error.contains("t.xlsx[T]!A1") && error.contains(rest), "{error}");
    }
    book("a table", "t.xlsx").unwrap();
    let text = say(&place.run(&["audit", "t.xlsx"]));
    assert!(text.contains("WARN table-unit-assumed") && text.contains("--table-unit") && text.contains("10^4 yuan"), "{text}");
    let named = say(&place.run(&["audit", "t.xlsx", "--table-unit", "亿元"]));
    assert!(!named.contains("table-unit-assumed") && named.contains("亿元"), "{named}");
    // an inventory workbook keeps its whole unit
    let inventory = |unit: &str| {
        let mut book = rust_xlsxwriter::Workbook::new();
        for name in ["r12017", "r22017"] {
            let sheet = book.add_worksheet().set_name(name.replace("r1", "Henan").replace("r2", "Hunan")).unwrap();
            for (r, cells) in [["", "Scope 1 Total"], ["", unit], ["Total", ""], ["Farming", ""], ["Others", ""]].into_iter().enumerate() {
                sheet.write(r as u32, 0, cells[0]).unwrap();
                if cells[1].is_empty() {
                    sheet.write(r as u32, 1, if r == 2 { 2.0 } else { 1.0 }).unwrap();
                } else {
                    sheet.write(r as u32, 1, cells[1]).unwrap();
                }
            }
        }
        book.save(place.at("i.xlsx")).unwrap();
        inventories::read(&place.at("i.xlsx"), &inventories::InventoryOptions::default())
    };
    for (cell, unit, gas) in [
        ("Mt CO2", "Mt", "CO2"),
        ("10^4 t CO2", "10^4 t", "CO2"),
        ("万吨", "10^4 t", "CO2"),
        ("Mt C", "Mt C", "CO2"),
        ("kt CH4", "kt", "CH4"),
    ] {
        let read = inventory(cell).unwrap();
        assert_eq!((read.unit.as_str(), read.stressor.as_str()), (unit, gas), "{cell}");
    }
    assert!(inventory("10^4 t coal").unwrap_err().to_string().contains("\"coal\""));
}

#[test]
fn gases_are_counted_as_co2_only_by_named_potentials() {
    let place = Place::new();
    place.put("cost.csv", "region,cost_yuan_per_t\nr1,100\nr2,300\nr3,200\n");
    let base = place.net(&[]);
    let times = |factor: f64| base.iter().map(|v| v * factor).collect::<Vec<_>>();
    place.refused(&["compensate", "table", "--cost", "cost.csv", "--gwp", "ar5"], &["--gwp ar5 has no effect"]);
    let carbon = place.json(&["compensate", "table", "--cost", "cost.csv", "--emissions-unit", "Mt C"]);
    assert!(
        carbon["net"].as_array().unwrap().iter().zip(times(44.0 / 12.0)).all(|(a, b)| (a.as_f64().unwrap() - b).abs() <= 1e-12 * b.abs())
    );
    assert!(carbon.to_string().contains("44/12"));
    for file in ["table/emissions.csv", "table/households.csv"] {
        if place.at(file).exists() {
            place.edit(file, "CO2", "CH4");
        }
    }
    place.refused(&["compensate", "table", "--cost", "cost.csv"], &["CH4", "--gwp ar6"]);
    for (gwp, factor) in [("ar4", 25.0), ("ar5", 28.0), ("ar6", 27.9)] {
        assert!(near(&place.net(&["--gwp", gwp]), &times(factor)), "{gwp}");
    }
    assert!(near(&place.net(&["--emissions-unit", "Mt CO2e"]), &base), "weighed already");
    place.refused(&["compensate", "table", "--cost", "cost.csv", "--emissions-unit", "Mt CO2"], &["CH4", "CO2"]);
    place.put("cost.csv", "region,cost (yuan/t CH4)\nr1,100\nr2,300\nr3,200\n");
    assert!(near(&place.net(&[]), &base), "a price per tonne of the gas itself");
    place.refused(&["compensate", "table", "--cost", "cost.csv", "--gwp", "ar6"], &["no part"]);
    for file in ["table/emissions.csv", "table/households.csv"] {
        if place.at(file).exists() {
            place.edit(file, "CH4", "SO2");
        }
    }
    place.refused(&["compensate", "table", "--price", "3", "--gwp", "ar6"], &["SO2", "no warming potential"]);
}

#[test]
fn a_payment_above_a_fifth_of_value_added_is_told() {
    let place = Place::new();
    let with = |price: &str| place.json(&["compensate", "table", "--price", price]);
    let share = |o: &Value| {
        let list = o["net_per_gdp"].as_array().unwrap_or_else(|| panic!("{o}"));
        list.iter().map(|v| v["value"].as_f64().unwrap().abs()).fold(0.0, f64::max)
    };
    let small = with("1");
    assert!(!small["warnings"].to_string().contains("payment-above-fifth"));
    let price = |part: f64| format!("{}", part / share(&small));
    assert!(!with(&price(0.199)).to_string().contains("payment-above-fifth"));
    let large = with(&price(0.201));
    assert!(large["warnings"].to_string().contains("payment-above-fifth") && large["warnings"].to_string().contains("20 %"), "{large}");
    assert!(say(&place.run(&["compensate", "table", "--price", &price(2.0)])).contains("WARN payment-above-fifth"));
}

#[test]
fn structural_needs_both_tables_in_one_unit() {
    let place = Place::new();
    isard().args(["synth", "--regions", "3", "--sectors", "4", "--seed", "6", "--output"]).arg(place.at("later")).assert().success();
    let line = ["structural", "table", "later"];
    assert_eq!(place.run(&line).get_output().status.code(), Some(0));
    place.edit("later/table.toml", "unit = \"10^4 yuan\"", "unit = \"万元\"");
    assert_eq!(place.run(&line).get_output().status.code(), Some(0), "the same by another name");
    place.edit("later/table.toml", "unit = \"万元\"", "unit = \"亿元\"");
    place.refused(&line, &["money unit", "10^4 yuan", "亿元"]);
    place.edit("later/table.toml", "unit = \"亿元\"", "unit = \"\"");
    place.refused(&line, &["money unit", "10^4 yuan", "not named", "--table-unit"]);
    assert_eq!(place.run(&[&line[..], &["--table-unit", "10^4 yuan"]].concat()).get_output().status.code(), Some(0));
}

#[test]
fn panels_curves_populations_and_products_read_the_same_units() {
    let place = Place::new();
    let rows: String = (0..8).map(|k| format!("p{k},2017,{},{},{}\n", 10 + 3 * k, 5 + k, 100 + 7 * k * (k % 3 + 1))).collect();
    let costs = |head: &str, more: &[&str]| {
        place.put(
            "panel.csv",
            format!("region,year,gdp{},co2{},labour\n{rows}", head.split('|').next().unwrap(), head.split('|').nth(1).unwrap()),
        );
        place.json(
            &[
                &[
                    "cost",
                    "panel.csv",
                    "--inputs",
                    "labour",
                    "--estimator",
                    "frontier",
                    "--direction",
                    "both",
                    "--accept",
                    "unidentified-prices",
                ],
                more,
            ]
            .concat(),
        )
    };
    let first = |o: &Value| o["costs"][3]["cost"].as_f64().unwrap_or_else(|| panic!("{o}"));
    let base = costs("_100M|_Mt", &[]);
    assert!(base["notes"].to_string().contains("no currency") && base["unit"] == "yuan/t", "{}", base["notes"]);
    for (head, factor, unit) in [
        ("（亿元）|（万吨）", 100.0, "yuan/t"),
        ("_10^8_yuan|_10kt", 100.0, "yuan/t"),
        (" (billion USD)| (Mt CO2)", 10.0, "USD/t"),
        ("_1e8_yuan|_MtC", 12.0 / 44.0, "yuan/t"),
    ] {
        let o = costs(head, &[]);
        assert!(
            (first(&o) - factor * first(&base)).abs() <= 1e-9 * first(&o) && o["unit"] == unit,
            "{head}: {} {}",
            first(&o),
            first(&base)
        );
    }
    let meant = costs("_100M|_Mt", &["--co2-unit", "kt", "--override-unit"]);
    assert!((first(&meant) - 1e3 * first(&base)).abs() <= 1e-9 * first(&meant) && meant["notes"].to_string().contains("--override-unit"));
    place.refused(&["cost", "panel.csv", "--inputs", "labour", "--co2-unit", "kt"], &["panel.csv:1:4", "Mt", "kt", "--override-unit"]);
    place.refused(&["cost", "panel.csv", "--inputs", "labour", "--override-unit"], &["no effect"]);
    place.put("panel.csv", format!("region,year,gdp (bushels),co2_Mt,labour\n{rows}"));
    place.refused(&["cost", "panel.csv", "--inputs", "labour"], &["panel.csv:1:3", "bushels"]);
    place.put("panel.csv", format!("region,year,gdp_100M,co2 (kt CH4),labour\n{rows}"));
    place.refused(&["cost", "panel.csv", "--inputs", "labour"], &["CH4"]);

    let head = |unit: &str, n: f64| {
        let text = format!("region,{unit}\nr1,{}\nr2,{}\nr3,{}\n", 1e4 / n, 2e4 / n, 4e4 / n);
        place.put("people.csv", text);
        place.json(&["flows", "table", "--population", "people.csv"])["per_head"].clone()
    };
    let persons = head("population", 1.0);
    for (unit, n) in [("population_10k", 1e4), ("人口（万人）", 1e4), ("pop_thousand", 1e3), ("population (1000 p)", 1e3)] {
        assert_eq!(head(unit, n), persons, "{unit}");
    }
    place.put("people.csv", "region,population (households)\nr1,1\nr2,1\nr3,1\n");
    place.refused(&["flows", "table", "--population", "people.csv"], &["people.csv:1:2", "households"]);
    place.put("people.csv", "region,population_density\nr1,1\nr2,1\nr3,1\n");
    place.refused(&["flows", "table", "--population", "people.csv"], &["population_density"]);
    place.put("gdp.csv", "region,gdp_growth\nr1,1\nr2,1\nr3,1\n");
    place.refused(&["flows", "table", "--gdp", "gdp.csv"], &["gdp.csv:1:2", "growth"]);
    place.put("gdp.csv", "region,gdp_1e8_yuan\nr1,1\nr2,1\nr3,1\n");
    assert!(place.json(&["flows", "table", "--gdp", "gdp.csv"])["per_gdp"]["unit"].to_string().contains("10^8 yuan"));

    let market = |text: &str| {
        place.put("curves.csv", text);
        place.json(&["compensate", "table", "--price", "1", "--curves", "curves.csv"])["market"].clone()
    };
    let curve = |b: f64, max: f64, of: &str, unit: &str| {
        let line = |r: usize| format!("r{r},linear,0,{},,{max},{of},{unit}\n", b * r as f64);
        format!("region,kind,a,b,c,max,of,unit\n{}{}{}", line(1), line(2), line(3))
    };
    let plain = market(&curve(10.0, 1000.0, "Mt", "yuan/t"));
    let price = |m: &Value| m["price"].as_f64().unwrap_or_else(|| panic!("{m}"));
    // b is per unit of `of`: 10 yuan/t for each Mt are 0.1 for each 10^4 t
    assert!((price(&market(&curve(0.1, 1e5, "万吨", "元/吨"))) - price(&plain)).abs() <= 1e-9 * price(&plain));
    assert!((price(&market(&curve(10.0, 1000.0, "Mt", "万元/万吨"))) - price(&plain)).abs() <= 1e-9 * price(&plain));
    assert!(market(&curve(10.0, 1000.0, "Mt", "EUR/t")).to_string().contains("EUR"));
    place.put("curves.csv", curve(10.0, 1000.0, "MWh", "yuan/t"));
    place.refused(&["compensate", "table", "--price", "1", "--curves", "curves.csv"], &["curves.csv:2", "energy"]);
    place.put("curves.csv", curve(10.0, 1000.0, "Mt", "yuan"));
    place.refused(&["compensate", "table", "--price", "1", "--curves", "curves.csv"], &["curves.csv:2:8", "paid for"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_price_in_a_file_is_its_unit_times_its_number(money in 0..6usize, mass in 0..6usize, cost in 0.01f64..1e6) {
        let (m, scale) = [("yuan", 1.0), ("万元", 1e4), ("10^8 yuan", 1e8), ("million CNY", 1e6), ("元", 1.0), ("亿元", 1e8)][money];
        let (t, tonnes) = [("t", 1.0), ("kg", 1e-3), ("万吨", 1e4), ("Mt CO2", 1e6), ("kt", 1e3), ("short ton", 0.907_184_74)][mass];
        let folder = tempfile::tempdir().unwrap();
        let path: &Path = &folder.path().join("c.csv");
        fs::write(path, format!("region,cost ({m}/{t})\nNorth,{cost}\n")).unwrap();
        let read = read_costs(path, Encoding::Utf8).unwrap();
        let labels = isard::labels::Labels::from_pairs(&[("North".into(), "a".into())], &[], "here").unwrap();
        let costs = isard::cost::UnitCosts::join(&read, &labels).unwrap();
        let expected = cost * scale / tonnes;
        prop_assert!((costs.value[0].value - expected).abs() <= 4e-16 * expected && costs.money == "yuan", "{} {expected}", costs.value[0].value);
    }
}
