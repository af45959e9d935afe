//! The command as a user meets it: contracts for scripts, bad input, exit codes, no half-written output.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use isard::snapshot;
use isard::synth::{self, Settings};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{isard, shared};

/// A long-form table of 3 regions x 4 sectors in a folder of its own.
fn small() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("table");
    isard().args(["synth", "--regions", "3", "--sectors", "4", "-o"]).arg(&table).assert().success();
    (dir, table)
}

/// Rewrites one file of a table, line by line.
fn edit(table: &Path, file: &str, change: impl Fn(usize, &str) -> String) {
    let path = table.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<String> = text.lines().enumerate().map(|(i, l)| change(i, l)).collect();
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

/// Multiplies the last cell of every data line.
fn scale(line: usize, text: &str, factor: f64) -> String {
    let (head, value) = text.rsplit_once(',').unwrap();
    if line == 0 { text.into() } else { format!("{head},{}", value.parse::<f64>().unwrap() * factor) }
}

/// Runs flows with an output folder, expects exit 2, all `words` on standard error, and no trace of output.
fn refused(table: &Path, more: &[&str], words: &[&str]) {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("result");
    let run = isard().arg("flows").arg(table).args(more).arg("--output").arg(&folder).assert().code(2);
    let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(run.get_output().stdout.is_empty(), "data on standard output after an error");
    assert!(error.contains("error: "), "{error}");
    for word in words {
        assert!(error.contains(word), "\"{word}\" is not in:\n{error}");
    }
    let left: Vec<_> = fs::read_dir(out.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

fn json(command: &mut Command) -> Value {
    let run = command.assert().success();
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

#[test]
fn the_embedded_default_answers_and_says_synthetic_everywhere() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("result");
    let run = isard().args(["run", "--output"]).arg(&folder).assert().success();
    let text = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(text.contains("SYNTHETIC") && text.contains("CERTIFIED") && !text.contains("UNCERTIFIED"), "{text}");
    let mut files = 0;
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        assert!(name == "audit.csv" || name == "manifest.json" || text.contains("SYNTHETIC"), "{name} does not say SYNTHETIC");
        assert!(
            name == "audit.csv" || name.ends_with(".json") || text.lines().next().unwrap().contains('['),
            "{name} has no unit in its header"
        );
        files += 1;
    }
    assert!(files >= 10, "{files} files");
    let result: Value = serde_json::from_str(&fs::read_to_string(folder.join("result.json")).unwrap()).unwrap();
    for key in ["flow", "bound", "routes", "responsibility", "payments", "net"] {
        assert!(result.get(key).is_some(), "{key}");
    }
}

#[test]
fn flows_print_the_promised_object() {
    let (_dir, table) = small();
    let o = json(isard().arg("flows").arg(&table).arg("--json"));
    assert_eq!(o["unit"], "Mt");
    assert_eq!(o["regions"].as_array().unwrap().len(), 3);
    assert_eq!(o["destinations"], serde_json::json!(["r1", "r2", "r3", "export", "error"]));
    assert_eq!(o["certified"], true);
    for key in ["flow", "bound"] {
        let rows = o[key].as_array().unwrap();
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|r| r.as_array().unwrap().len() == 5));
    }
    assert_eq!(o["households"].as_array().unwrap().len(), 3);
    let sum = |k: &str| ["own", "other", "export"].iter().map(|p| o[k][p].as_f64().unwrap()).sum::<f64>();
    assert!((sum("shares") - 1.0).abs() < 1e-12 && (sum("shares_of_total") - 1.0).abs() < 1e-9);
    for solve in o["solves"].as_array().unwrap() {
        for key in ["method", "operator", "columns", "passes", "residual"] {
            assert!(!solve[key].is_null(), "{key} of {solve}");
        }
    }
    for finding in o["audit"].as_array().unwrap() {
        for key in ["level", "code", "region", "sector", "row", "column", "found", "expected", "message"] {
            assert!(finding.get(key).is_some(), "{key} of {finding}");
        }
    }
}

#[test]
fn responsibility_and_compensation_print_the_promised_keys() {
    let (_dir, table) = small();
    let o = json(isard().arg("responsibility").arg(&table).arg("--json"));
    let direct: f64 = o["direct"].as_array().unwrap().iter().chain(o["households"].as_array().unwrap()).map(|v| v.as_f64().unwrap()).sum();
    for principle in ["production", "consumption", "shared", "income", "production-consumption", "consumption-income"] {
        let regions: f64 = o["responsibility"][principle].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).sum();
        let outside: f64 = ["abroad", "stock", "error"].iter().map(|k| o["outside"][principle][k].as_f64().unwrap()).sum();
        assert!((regions + outside - direct).abs() < 1e-9 * direct, "{principle}");
    }
    let o = json(isard().arg("compensate").arg(&table).args(["--price", "500", "--json"]));
    assert_eq!(
        (o["payments_unit"].as_str(), o["price_rule"].as_str(), o["duty"].as_str()),
        (Some("10^8 yuan"), Some("receiver"), Some("shared"))
    );
    let net: f64 = o["net"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).sum();
    assert!(net.abs() < 1e-12);
    assert!(o["compensation_notes"].to_string().contains("every price rule gives the same payments"));
    let payments = o["payments"].as_array().unwrap();
    assert_eq!((payments.len(), payments[0].as_array().unwrap().len()), (3, 3));
}

#[test]
fn one_and_two_threads_print_the_same_bits() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("table");
    isard().args(["synth", "--regions", "12", "--sectors", "25", "-o"]).arg(&table).assert().success();
    let print = |embedded: bool, method: &str, threads: &str| {
        let mut command = isard();
        if embedded {
            command.arg("run")
        } else {
            command.arg("compensate").arg(&table).args(["--price", "100"])
        };
        let done = command.args(["--json", "--quiet", "--method", method, "--threads", threads]).assert().success();
        let mut o: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
        o["options"]["threads"] = Value::Null;
        o.to_string()
    };
    for (embedded, method) in [
        (false, "power-series"),
        (false, "gauss-seidel"),
        (false, "region-gauss-seidel"),
        (false, "trade-share-refinement"),
        (false, "direct"),
        (true, "direct"),
    ] {
        assert!(print(embedded, method, "1") == print(embedded, method, "2"), "{method} depends on the number of threads");
    }
}

#[test]
fn a_written_result_verifies_and_a_changed_one_does_not() {
    let (dir, table) = small();
    let result = dir.path().join("result");
    let cost = dir.path().join("cost.csv");
    fs::write(&cost, "region,cost_yuan_per_t\nr1,100\nr2,300\nr3,200\n").unwrap();
    isard().arg("compensate").arg(&table).arg("--cost").arg(&cost).arg("--output").arg(&result).assert().success();
    let run = isard().arg("verify").arg(&result).arg(&table).assert().success();
    assert!(String::from_utf8_lossy(&run.get_output().stdout).contains("VERIFIED"));
    isard().arg("verify").arg(result.join("result.json")).assert().success();

    let text = fs::read_to_string(result.join("result.json")).unwrap();
    let mut o: Value = serde_json::from_str(&text).unwrap();
    let flow = o["flow"][1][2].as_f64().unwrap();
    o["flow"][1][2] = (flow * (1.0 + 1e-7)).into();
    let changed = dir.path().join("changed.json");
    fs::write(&changed, o.to_string()).unwrap();
    let run = isard().arg("verify").arg(&changed).arg(&table).assert().code(1);
    assert!(String::from_utf8_lossy(&run.get_output().stdout).contains("r2 / r3"), "the place is named");

    edit(&table, "flows.csv", |i, l| if i == 5 { scale(i, l, 1.0 + 1e-9) } else { l.into() });
    let run = isard().arg("verify").arg(&result).arg(&table).assert().code(1);
    assert!(String::from_utf8_lossy(&run.get_output().stdout).contains("changed since (SHA-256"));
}

#[test]
fn out_of_passes_is_not_certified_and_exits_with_1() {
    let (_dir, table) = small();
    let run = isard().arg("flows").arg(&table).args(["--method", "power-series", "--max-iter", "3"]).assert().code(1);
    assert!(String::from_utf8_lossy(&run.get_output().stdout).contains("UNCERTIFIED"));
    let run = isard().arg("flows").arg(&table).args(["--method", "power-series", "--max-iter", "3", "--json"]).assert().code(1);
    let o: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    assert_eq!(o["certified"], false);
}

#[test]
fn a_nan_cell_is_refused_with_its_place() {
    let (_dir, table) = small();
    edit(&table, "flows.csv", |i, l| if i == 7 { l.rsplit_once(',').unwrap().0.to_string() + ",NaN" } else { l.into() });
    refused(&table, &[], &["not-finite", "r1", "s01", "r2", "s03"]);
    refused(&table, &["--accept", "not-finite"], &["not-finite"]);
}

#[test]
fn text_in_a_number_cell_is_refused_with_line_and_column() {
    let (_dir, table) = small();
    edit(&table, "flows.csv", |i, l| if i == 7 { l.rsplit_once(',').unwrap().0.to_string() + ",n.a." } else { l.into() });
    refused(&table, &[], &["flows.csv:8:5", "expected a number, found \"n.a.\""]);
}

#[test]
fn a_transposed_table_is_refused() {
    let (_dir, table) = small();
    edit(&table, "flows.csv", |i, l| {
        let c: Vec<&str> = l.split(',').collect();
        if i == 0 { l.into() } else { [c[2], c[3], c[0], c[1], c[4]].join(",") }
    });
    refused(&table, &[], &["orientation"]);
}

#[test]
fn output_ten_percent_too_large_is_refused_with_both_numbers() {
    let (_dir, table) = small();
    edit(&table, "columns.csv", |i, l| {
        let mut c: Vec<String> = l.split(',').map(str::to_string).collect();
        if i > 0 {
            c[2] = (c[2].parse::<f64>().unwrap() * 1.1).to_string();
        }
        c.join(",")
    });
    refused(&table, &[], &["row-balance", "--accept"]);
    let run = isard().arg("flows").arg(&table).args(["--accept", "row-balance,column-balance", "--json"]).assert().success();
    let o: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    assert!(o["destinations"].as_array().unwrap().contains(&"error".into()), "the gap has a destination of its own");
}

#[test]
fn a_sector_without_output_that_emits_is_refused_until_told_where_to_put_it() {
    let (_dir, table) = small();
    // r2 / s03 sells and makes nothing, but its emissions are still listed
    let here = |c: &[&str], at: usize| c[at] == "r2" && c[at + 1] == "s03";
    edit(&table, "flows.csv", |i, l| {
        let c: Vec<&str> = l.split(',').collect();
        if i > 0 && (here(&c, 0) || here(&c, 2)) { format!("{},{},{},{},0", c[0], c[1], c[2], c[3]) } else { l.into() }
    });
    edit(
        &table,
        "demand.csv",
        |i, l| if i > 0 && l.starts_with("r2,s03") { l.rsplit_once(',').unwrap().0.to_string() + ",0" } else { l.into() },
    );
    edit(&table, "columns.csv", |_, l| if l.starts_with("r2,s03") { "r2,s03,0,0,0".into() } else { l.into() });
    edit(
        &table,
        "value_added.csv",
        |_, l| if l.starts_with("r2,s03") { l.rsplit_once(',').unwrap().0.to_string() + ",0" } else { l.into() },
    );
    let accept = ["--accept", "row-balance,column-balance"];
    refused(&table, &accept, &["zero-output-emissions", "r2", "s03", "--zero-output"]);
    let kept = |policy: &str| {
        let o = json(isard().arg("flows").arg(&table).args(accept).args(["--zero-output", policy, "--json"]));
        o["direct"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).sum::<f64>()
    };
    let (left, spread) = (kept("leave-out"), kept("spread"));
    assert!(spread > left, "spread keeps what leave-out drops: {spread} {left}");
}

#[test]
fn a_spectral_radius_above_one_is_refused_with_its_sectors() {
    let (_dir, table) = small();
    edit(&table, "flows.csv", |i, l| scale(i, l, 6.0));
    refused(&table, &[], &["spectral-radius", "s0"]);
    refused(&table, &["--accept", "row-balance,column-balance,spectral-radius"], &["spectral-radius"]);
}

#[test]
fn a_province_that_the_inventory_lacks_is_refused_or_counted_as_zero() {
    let (dir, table) = small();
    let file = dir.path().join("co2_Mt.csv");
    fs::write(&file, ",s01,s02,s03,s04\nr1,1,2,3,4\nr3,1,2,3,4\n").unwrap();
    let path = file.to_str().unwrap();
    refused(&table, &["--emissions", path], &["emissions-missing-region", "r2", "--missing-emissions zero"]);
    let o = json(isard().arg("flows").arg(&table).args(["--emissions", path, "--missing-emissions", "zero", "--json"]));
    assert_eq!(o["unit"], "Mt");
    assert!(o["audit"].to_string().contains("emissions-missing-region"));
    fs::write(&file, ",s01,s02,s03,s04\nr1,1,2,3,4\nr2,1,1,1,1\nr3,1,2,3,4\nAtlantis,9,9,9,9\n").unwrap();
    refused(&table, &["--emissions", path], &["emissions-unknown-region", "Atlantis"]);
}

#[test]
fn a_label_that_comes_twice_is_refused() {
    let (_dir, table) = small();
    edit(&table, "sectors.csv", |i, l| if i == 2 { "r1,s01".into() } else { l.into() });
    refused(&table, &[], &["s01"]);
}

#[test]
fn a_wrong_sheet_is_refused_with_the_ones_there_are() {
    let Some(book) = shared("china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls") else { return };
    refused(&book, &["--sheet", "2007-18"], &["2007-18", "2007-17"]);
    refused(&book, &["--sheet", "Readme"], &["Readme"]);
    refused(&book, &[], &["--sheet"]);
}

#[test]
fn broken_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    refused(&file("empty.npz", b""), &[], &["empty"]);
    refused(&file("short.zip", b"PK\x03\x04 and no more"), &[], &["short.zip"]);
    refused(&file("short.xlsx", b"PK\x03\x04 and no more"), &[], &["short.xlsx"]);
    refused(&file("text.xls", b"not a workbook at all"), &[], &["text.xls"]);
    refused(&file("table.dbf", b"?"), &[], &["dbf", "known:"]);
    refused(&dir.path().join("absent.npz"), &[], &["absent.npz", "check the path"]);
    refused(dir.path(), &[], &["file_parameters.json", "table.toml"]);
}

#[test]
fn a_gbk_file_read_as_utf8_is_refused_with_the_remedy() {
    let (dir, table) = small();
    let file = dir.path().join("co2_Mt.csv");
    let (text, _, _) = encoding_rs::GBK.encode("地区,s01,s02,s03,s04\nr1,1,2,3,4\nr2,1,2,3,4\nr3,1,2,3,4\n");
    fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    refused(&table, &["--emissions", path], &["co2_Mt.csv:1:1", "is not UTF-8", "--encoding gbk"]);
    json(isard().arg("flows").arg(&table).args(["--emissions", path, "--encoding", "gbk", "--json"]));
}

#[test]
fn an_output_folder_that_exists_is_kept_unless_it_is_a_result() {
    let (dir, table) = small();
    let folder = dir.path().join("mine");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("thesis.txt"), "years of work").unwrap();
    for force in [&[][..], &["--force"]] {
        let run = isard().arg("flows").arg(&table).arg("--output").arg(&folder).args(force).assert().code(2);
        assert!(String::from_utf8_lossy(&run.get_output().stderr).contains("exist"), "said why");
        assert_eq!(fs::read_to_string(folder.join("thesis.txt")).unwrap(), "years of work");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
    let result = dir.path().join("result");
    isard().arg("flows").arg(&table).arg("--output").arg(&result).assert().success();
    isard().arg("flows").arg(&table).arg("--output").arg(&result).assert().code(2);
    isard().arg("flows").arg(&table).args(["--force", "--output"]).arg(&result).assert().success();
}

#[test]
fn an_output_folder_that_cannot_be_written_is_an_error() {
    let (dir, table) = small();
    let file = dir.path().join("a file");
    fs::write(&file, "x").unwrap();
    let run = isard().arg("flows").arg(&table).arg("--output").arg(file.join("result")).assert().code(2);
    assert!(String::from_utf8_lossy(&run.get_output().stderr).contains("cannot create"));
}

#[test]
fn unknown_names_get_a_suggestion() {
    let (dir, table) = small();
    refused(&table, &["--method", "gaus-seidel"], &["gauss-seidel", "similar value"]);
    refused(&table, &["--accept", "row-balanse"], &["row-balance"]);
    refused(&table, &["--stressor", "CO"], &["did you mean \"CO2\""]);
    let study = dir.path().join("study.toml");
    fs::write(&study, "table = \"table\"\nemision = \"x\"\n").unwrap();
    let run = isard().arg("run").arg(&study).assert().code(2);
    let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(error.contains("study.toml:2") && error.contains("did you mean \"emissions\""), "{error}");
    isard().arg("flows").arg(&table).args(["--labels", "fr"]).assert().code(2);
}

#[test]
fn a_study_file_says_what_flags_say() {
    let (dir, table) = small();
    fs::write(dir.path().join("cost.csv"), "region,cost_yuan_per_t\nr1,100\nr2,300\nr3,200\n").unwrap();
    let study = dir.path().join("study.toml");
    fs::write(&study, "table = \"table\"\ncost = \"cost.csv\"\nprice-rule = \"nash\"\nduty = \"net-flow\"\nmethod = \"gauss-seidel\"\n")
        .unwrap();
    let a = json(isard().arg("run").arg(&study).arg("--json"));
    let b = json(isard().arg("compensate").arg(&table).arg("--cost").arg(dir.path().join("cost.csv")).args([
        "--price-rule",
        "nash",
        "--duty",
        "net-flow",
        "--method",
        "gauss-seidel",
        "--json",
    ]));
    assert_eq!(a["payments"], b["payments"]);
    assert_eq!(a["price_rule"], "nash");
    // a flag beside the study file wins
    let c = json(isard().arg("run").arg(&study).args(["--price-rule", "payer", "--json"]));
    assert_eq!(c["price_rule"], "payer");
}

#[test]
fn costs_that_do_not_fit_are_refused() {
    let (dir, table) = small();
    let cost = dir.path().join("cost.csv");
    let pay = |text: &str, words: &[&str]| {
        fs::write(&cost, text).unwrap();
        let run = isard().arg("compensate").arg(&table).arg("--cost").arg(&cost).assert().code(2);
        let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        words.iter().for_each(|w| assert!(error.contains(w), "{w} not in {error}"));
    };
    pay("region,cost_yuan_per_t\nr1,100\nr2,300\n", &["r3"]);
    pay("region,cost_yuan_per_t\nr1,100\nr2,-3\nr3,1\n", &["-3"]);
    pay("region,cost_yuan_per_t\nr1,100\nr2,x\nr3,1\n", &["expected a number"]);
    pay("region,cost_yuan_per_t\nr1,1\nr2,2\nr3,3\nr9,4\n", &["unknown region \"r9\""]);
    let run = isard().arg("compensate").arg(&table).assert().code(2);
    assert!(String::from_utf8_lossy(&run.get_output().stderr).contains("--cost"));
}

#[test]
fn accounts_are_written_in_pymrios_layout() {
    let (dir, table) = small();
    let folder = dir.path().join("accounts");
    isard().arg("accounts").arg(&table).arg("--output").arg(&folder).assert().success();
    let text = fs::read_to_string(folder.join("D_cba.txt")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("region\tr1\tr1\tr1\tr1\tr2"), "{}", lines[0]);
    assert!(lines[1].starts_with("sector\ts01\ts02"), "{}", lines[1]);
    assert!(lines[2].starts_with("stressor\t") && lines[2].trim() == "stressor");
    assert!(lines[3].starts_with("CO2\t"));
    let parameters: Value = serde_json::from_str(&fs::read_to_string(folder.join("file_parameters.json")).unwrap()).unwrap();
    assert_eq!(parameters["files"]["D_cba_reg"]["nr_header"], "1");
}

#[test]
fn labels_are_printed_in_either_language() {
    for (language, word) in [("en", "Inner Mongolia"), ("zh", "内蒙古"), ("both", "Inner Mongolia 内蒙古")] {
        let o = json(isard().args(["flows", "--json", "--labels", language]));
        assert_eq!(o["regions"][4], word);
    }
}

#[test]
fn the_founding_case_runs_from_the_ceads_inventory_to_payments() {
    let (Some(table), Some(co2)) = (
        shared("china/mrio_31x42_2017_modelled/mrio31x42_2017.npz"),
        shared("china/ceads_co2/Emission_Inventories_for_30_Provinces_2017.xlsx"),
    ) else {
        return;
    };
    refused(&table, &["--emissions", co2.to_str().unwrap()], &["Tibet", "zero-output-emissions", "Qinghai"]);
    let study = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/studies/china_2017.toml");
    let o = json(isard().arg("run").arg(study).arg("--table").arg(&table).arg("--emissions").arg(&co2).args([
        "--missing-emissions",
        "zero",
        "--zero-output",
        "leave-out",
        "--json",
    ]));
    let own = json(isard().arg("flows").arg(&table).args(["--json"]));
    assert_eq!(o["stamp"], "MODELLED");
    for s in 0..31 {
        for k in 0..33 {
            // the inventory inside the archive carries ten digits
            let (a, b) = (o["flow"][s][k].as_f64().unwrap(), own["flow"][s][k].as_f64().unwrap());
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-12), "[{s}][{k}]: {a} {b}");
        }
    }
    let net: Vec<f64> = o["net"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert!(net.iter().sum::<f64>().abs() < 1e-9 && net[4] > 0.0 && net[18] < 0.0, "Inner Mongolia receives, Guangdong pays");
    assert!(o["audit"].to_string().contains("concordance-by-position"));
}

#[test]
fn help_has_examples_and_exit_codes() {
    let run = isard().arg("--help").assert().success();
    let text = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(text.contains("Examples:") && text.contains("Exit codes"));
    let first = isard().assert().success();
    assert!(String::from_utf8_lossy(&first.get_output().stdout).contains("isard run"));
    isard().arg("flwos").assert().code(2);
}

#[test]
fn a_full_table_is_solved_alike_with_and_without_its_column_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for (misfit, operator) in [(0.0, "trade-share"), (0.1, "dense")] {
        let settings = Settings { regions: 26, sectors: 100, trade_shares: Some(misfit), seed: 5, ..Settings::default() };
        let table = synth::table(&settings);
        assert_eq!(table.z.nnz(), 2_600 * 2_600);
        let path = folder.path().join("full.isard");
        snapshot::write(&table, &path, true).unwrap();
        let solved = |name: &str, more: &[&str]| {
            let file = folder.path().join(name);
            let mut command = isard();
            command
                .arg("solve")
                .arg(&path)
                .args(["--demand", "regions", "--json", "--quiet", "--force", "--solution"])
                .arg(&file)
                .args(more);
            (json(&mut command), fs::read(file).unwrap())
        };
        // what is done with sectors without output is decided flow by flow, so all of the table is read
        let (apart, whole) = (solved("apart.npy", &[]), solved("whole.npy", &["--zero-output", "leave-out"]));
        for key in ["operator", "method", "certified", "entries", "iterations", "residual"] {
            assert_eq!(apart.0[key], whole.0[key], "{key}");
        }
        // weights grow from row sums in another order
        let [a, b] = [&apart, &whole].map(|(found, _)| found["relative_bound"].as_f64().unwrap());
        assert!((a - b).abs() <= 1e-9 * b, "{a} {b}");
        assert_eq!((apart.0["operator"].as_str(), apart.0["certified"].as_bool()), (Some(operator), Some(true)));
        assert!(apart.1 == whole.1, "the same bits");
    }
}

#[test]
fn small_full_tables_keep_every_entry_unless_a_method_or_an_option_needs_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    let table = synth::table(&Settings { regions: 6, sectors: 100, trade_shares: Some(0.1), ..Settings::default() });
    snapshot::write(&table, &path, false).unwrap();
    let kept = |more: &[&str]| {
        let found = json(isard().arg("solve").arg(&path).args(more).args(["--json", "--quiet"]));
        assert_eq!(found["certified"], true, "{more:?}");
        ["operator", "method"].map(|key| found[key].as_str().unwrap().to_string())
    };
    assert_eq!(kept(&[]), ["dense", "trade-share-refinement"]);
    assert_eq!(kept(&["--method", "gauss-seidel"]), ["csr", "gauss-seidel"]);
}

#[test]
fn threads_are_started_once_for_all_that_is_read() {
    let (folder, table) = small();
    let snapshot = folder.path().join("t.isard");
    isard().arg("import").arg(&table).arg("--output").arg(&snapshot).assert().success();
    isard().arg("solve").arg(&snapshot).args(["--threads", "2"]).assert().success();
    isard().arg("structural").args([&snapshot, &snapshot]).args(["--factor", "value-added", "--threads", "2"]).assert().success();
}

#[test]
fn value_added_that_flows_leave_is_not_told_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = synth::table(&Settings { regions: 3, sectors: 4, trade_shares: Some(0.0), ..Settings::default() });
    table.value_added.clear();
    let path = folder.path().join("t.isard");
    snapshot::write(&table, &path, false).unwrap();
    let run = isard().arg("solve").arg(&path).args(["--operator", "trade-share", "--multipliers", "value-added"]).assert().code(2);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(said.contains("no value added") && said.contains("--operator trade-share"), "{said}");
}

#[test]
fn decompose_tells_every_record_and_writes_what_it_prints() {
    let (dir, table) = small();
    let folder = dir.path().join("result");
    let run = |args: &[&str]| isard().arg("decompose").arg(&table).args(args).assert();
    let found = json(isard().arg("decompose").arg(&table).args(["--scheme", "wwz", "--json", "--quiet", "--output"]).arg(&folder));
    assert_eq!((found["scheme"].as_str(), found["factor"].as_str()), (Some("wwz"), Some("value-added")));
    let records = found["records"].as_array().unwrap();
    assert_eq!(records.len(), 12 * 3 * found["terms"].as_array().unwrap().len(), "two other regions and abroad");
    for key in ["exporter", "sector", "partner", "term", "value", "bound"] {
        assert!(records.iter().all(|r| !r[key].is_null()), "{key}");
    }
    assert_eq!(found["certified"], true);
    let csv = fs::read_to_string(folder.join("decomposition.csv")).unwrap();
    assert_eq!(csv.lines().next(), Some("exporter,sector,partner,term,value,bound,unit,stamp"));
    assert_eq!(csv.lines().count(), 1 + records.len());
    let kept: Value = serde_json::from_str(&fs::read_to_string(folder.join("result.json")).unwrap()).unwrap();
    assert_eq!(kept["records"], found["records"]);
    let nine = json(isard().arg("decompose").arg(&table).args(["--scheme", "kww", "--factor", "emissions", "--json", "--quiet"]));
    assert!(nine["records"][0].get("sector").is_none() && nine["records"][0].get("partner").is_none());
    assert_ne!(nine["factor"], "value-added");
    let text = run(&["--scheme", "routes"]).success();
    let text = String::from_utf8_lossy(&text.get_output().stdout).into_owned();
    assert!(text.contains("CERTIFIED") && !text.contains("UNCERTIFIED"), "{text}");
    let wrong: [(&[&str], &str); 3] = [
        (&["--scheme", "www"], "wwz"),
        (&["--scheme", "kww", "--factor", "value"], "value-added"),
        (&["--scheme", "kww", "--factor", "emissions,value-added"], "name one"),
    ];
    for (args, word) in wrong {
        let run = run(args).code(2);
        let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(error.contains(word) && run.get_output().stdout.is_empty(), "{error}");
    }
    run(&["--scheme", "kww", "--max-iter", "1", "--method", "power-series"]).code(1);
}
