//! `docs/schema.json` against the object of every command, by a validator of the keywords that the schema uses.

use std::path::Path;

use isard::study::options::Placing;
use isard::study::{self, Analysis, Side};
use isard::{Study, Watch};
use serde_json::{Map, Value, json};

use crate::support::isard;

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a value is, in the words of the schema.
fn kinds(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Null => &["null"],
        Value::Bool(_) => &["boolean"],
        Value::Number(n) if n.is_u64() || n.is_i64() => &["integer", "number"],
        Value::Number(_) => &["number"],
        Value::String(_) => &["string"],
        Value::Array(_) => &["array"],
        Value::Object(_) => &["object"],
    }
}

/// What of a value is not as a schema says, each with its place.
fn faults(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let none = Map::new();
    let object = match schema {
        Value::Bool(true) => return Vec::new(),
        Value::Bool(false) => return vec![format!("{place}: not a key of this object")],
        Value::Object(object) => object,
        other => panic!("{other} is no schema"),
    };
    let (members, mut found) = (value.as_object().unwrap_or(&none), Vec::new());
    let fits = |part: &Value| faults(root, part, value, place).is_empty();
    for (keyword, part) in object {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "then" => {}
            "$ref" => {
                let name = part.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                let target = root["$defs"].get(name).unwrap_or_else(|| panic!("no definition of {name}"));
                found.extend(faults(root, target, value, place));
            }
            "type" => {
                let allowed = part.as_array().cloned().unwrap_or_else(|| vec![part.clone()]);
                if !allowed.iter().any(|a| kinds(value).contains(&a.as_str().unwrap())) {
                    found.push(format!("{place}: {part} expected, {} found", kinds(value)[0]));
                }
            }
            "const" if part != value => found.push(format!("{place}: {part} expected, {value} found")),
            "enum" if !part.as_array().unwrap().contains(value) => found.push(format!("{place}: {value} is none of {part}")),
            "const" | "enum" => {}
            "required" if value.is_object() => {
                let missing = part.as_array().unwrap().iter().map(|k| k.as_str().unwrap()).filter(|k| !members.contains_key(*k));
                found.extend(missing.map(|k| format!("{place}.{k}: missing")));
            }
            "properties" => {
                let own = part.as_object().unwrap().iter().filter_map(|(k, s)| Some((k, s, members.get(k)?)));
                found.extend(own.flat_map(|(k, s, v)| faults(root, s, v, &format!("{place}.{k}"))));
            }
            "additionalProperties" => {
                let known = object.get("properties").and_then(Value::as_object).unwrap_or(&none);
                let others = members.iter().filter(|(k, _)| !known.contains_key(*k));
                found.extend(others.flat_map(|(k, v)| faults(root, part, v, &format!("{place}.{k}"))));
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                found.extend(items.flat_map(|(k, v)| faults(root, part, v, &format!("{place}[{k}]"))));
            }
            "allOf" => found.extend(part.as_array().unwrap().iter().flat_map(|s| faults(root, s, value, place))),
            "not" if fits(part) => found.push(format!("{place}: must not be as {part}")),
            "if" if fits(part) => found.extend(faults(root, &object["then"], value, place)),
            "not" | "if" | "required" => {}
            other => panic!("the keyword {other} is not validated"),
        }
    }
    found
}

/// The faults of an object, at most a few.
fn against_schema(value: &Value) -> Vec<String> {
    let schema = schema();
    faults(&schema, &schema, value, "").into_iter().take(5).collect()
}

/// A folder with two tables and what commands read beside them.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, seed) in [("table", "5"), ("later", "6")] {
        let words = ["synth", "-q", "--regions", "3", "--sectors", "4", "--seed", seed, "--output", name];
        isard().current_dir(folder.path()).args(words).assert().success().stdout("");
    }
    let mut panel = String::from("region,year,capital,labour,gdp_100M_yuan,co2_Mt\n");
    for (k, t) in (0..8).flat_map(|k| (0..3).map(move |t| (k, t))) {
        let more = (k * 7 + t * 5) % 11;
        let (capital, labour, gdp) = (100 + 17 * k + 5 * t, 50 + k * k % 13 + 2 * t, 80 + 9 * k + 6 * t + more);
        panel += &format!("r{},{},{capital},{labour},{gdp},{}\n", k + 1, 2015 + t, 40 + k * 5 % 17 + 3 * more - t);
    }
    for (name, text) in [
        ("panel.csv", panel.as_str()),
        ("cost.csv", "region,cost_yuan_per_t\nr1,100\nr2,300\nr3,200\n"),
        ("heads.csv", "region,population\nr1,1\nr2,2\nr3,3\n"),
        ("groups.csv", "name,group\nr1,a\nr2,a\nr3,b\n"),
        ("coarse.csv", "source,target,weight\ns01,a,1\ns02,a,0.25\ns02,b,0.75\ns03,b,1\ns04,b,1\n"),
        ("parts.csv", "parent,part,share\ns01,c,0.25\ns01,d,0.75\n"),
        ("cities.csv", "parent,part,share\nr1,x,0.25\nr1,y,0.75\n"),
        ("sales.csv", "part,buyer,value\nc,s02,3\nd,s02,1\n"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn printed(folder: &Path, line: &str) -> Value {
    let done = isard().current_dir(folder).args(line.split(' ')).arg("--json").output().unwrap();
    assert!(done.status.code() != Some(2), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{line}: {e}"))
}

/// A line of every command that prints an object.
const LINES: &[&str] = &[
    "run --table table",
    "run --table table --cost cost.csv",
    "flows table --views net,product,category,origin-sector,product-origin --top 2 --population heads.csv --gdp table --group-regions groups.csv",
    "flows table later",
    "responsibility table --by-emitter --group-regions groups.csv",
    "responsibility table later",
    "compensate table --cost cost.csv --compare --unbalanced --market --population heads.csv",
    "compensate table --cost cost.csv --sensitivity",
    "compensate table later --price 100",
    "accounts table",
    "decompose table --scheme routes",
    "decompose table --scheme kww",
    "decompose table --scheme wwz",
    "decompose table --scheme borin-mancini-sink",
    "decompose table --scheme eebt",
    "linkages table",
    "structural table later",
    "aggregate table --to-sectors coarse.csv",
    "aggregate table --to-sectors coarse.csv --after",
    "split table --shares parts.csv",
    "split table --regions cities.csv",
    "split table --shares parts.csv --sales sales.csv --range none",
    "sparsify table --drop-below 1e-3,1e-2",
    "audit table",
    "balance table",
    "detect table",
    "solve table --demand regions",
    "solve table --multipliers emissions --residual 1e-3",
    "bench table --repeat 1 --operators csr --methods gauss-seidel,direct",
    "cost panel.csv --prices constant --capital-prices constant --estimator quadratic --direction both",
    "cost panel.csv --prices constant --capital-prices constant",
    "cost panel.csv --prices constant --capital-prices constant --estimator slacks",
    "formats",
    "formats table",
];

#[test]
fn the_object_of_every_command_is_as_the_schema_says() {
    let folder = place();
    let mut commands = Vec::new();
    for line in LINES {
        let object = printed(folder.path(), line);
        assert_eq!(against_schema(&object), Vec::<String>::new(), "{line}");
        let keys: Vec<&String> = object.as_object().unwrap().keys().take(3).collect();
        assert_eq!(keys, ["made_by", "format", "isard"], "{line}");
        commands.push(object["made_by"]["command"].clone());
    }
    let known = &schema()["properties"]["made_by"]["properties"]["command"]["enum"];
    assert!(known.as_array().unwrap().iter().all(|c| commands.contains(c)), "{commands:?} are not all of {known}");
}

/// Every text of a value.
fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter().for_each(|v| texts(v, found)),
        Value::Object(object) => object.values().for_each(|v| texts(v, found)),
        _ => {}
    }
}

/// The flags that a text names.
fn flags_in(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',', ';', '(', ')', ':', '=']).filter(|w| w.len() > 3 && w.starts_with("--") && w.as_bytes()[2].is_ascii_lowercase())
}

#[test]
fn results_name_options_as_flags_of_the_command_and_have_no_backticks() {
    let folder = place();
    let more = [
        "solve table --max-iter 1 --method power-series",
        "flows table --max-iter 2 --method power-series",
        "compensate table --cost cost.csv --compare --market",
        "audit damaged --zero-output leave-out --accept row-balance,column-balance",
        "flows damaged --zero-output leave-out --accept row-balance,column-balance",
    ];
    isard().current_dir(folder.path()).args(["synth", "-q", "--regions", "3", "--sectors", "4", "--output", "damaged"]).assert().success();
    let columns = folder.path().join("damaged/columns.csv");
    let text = std::fs::read_to_string(&columns).unwrap();
    let first = text.lines().nth(1).unwrap();
    let cells: Vec<&str> = first.split(',').collect();
    // a sector without output that buys, sells and emits
    std::fs::write(&columns, text.replace(first, &first.replace(cells[2], "0"))).unwrap();
    std::fs::remove_file(folder.path().join("damaged/manifest.json")).unwrap();
    let (mut flagged, mut told, mut files) = (0, 0, 0);
    for (k, line) in LINES.iter().copied().chain(more).enumerate() {
        let command = line.split(' ').next().unwrap();
        let mut object = printed(folder.path(), line);
        object.as_object_mut().unwrap().remove("made_by");
        object.as_object_mut().unwrap().remove("options");
        // formats speaks of the options that other commands take for a table
        let reader = if command == "formats" { "flows" } else { command };
        let help = isard().args([reader, "--help"]).output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        let mut all = Vec::new();
        texts(&object, &mut all);
        for text in all {
            assert!(!text.contains('`'), "{line}: {text}");
            told += usize::from(text.contains("goes to the destination error"));
            for flag in flags_in(text) {
                assert!(help.contains(flag), "{line} names {flag}, which isard {reader} does not have: {text}");
                flagged += 1;
            }
        }
        let output = format!("output-{k}");
        if command == "formats" || !help.contains("--output <DIR>") {
            continue;
        }
        let done = isard().current_dir(folder.path()).args(line.split(' ')).args(["--output", &output]).output().unwrap();
        assert!(done.status.code() != Some(2), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        for entry in std::fs::read_dir(folder.path().join(&output)).unwrap_or_else(|e| panic!("{line}: {e}")) {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "csv") {
                assert!(!std::fs::read_to_string(&path).unwrap().contains('`'), "{line}: {}", path.display());
                files += 1;
            }
        }
    }
    assert!(flagged > 5 && told > 1 && files > 20, "{flagged} flags, {told} words and {files} files are seen");
}

#[test]
fn what_the_schema_does_not_allow_is_found() {
    let folder = place();
    let flows = printed(folder.path(), "flows table");
    let with = |path: &str, value: Value| {
        let mut object = flows.clone();
        *object.pointer_mut(path).unwrap() = value;
        against_schema(&object)
    };
    for (path, value) in [
        ("/format", json!(2)),
        ("/flow/0/1", json!("1.5")),
        ("/certified", json!(null)),
        ("/verdicts/0/section", json!(3)),
        ("/audit/0/level", json!("MAYBE")),
        ("/made_by/command", json!("fly")),
        ("/regions", json!({"r1": 1})),
        ("/shares/own", json!([1])),
    ] {
        assert!(!with(path, value.clone()).is_empty(), "{path} as {value}");
    }
    let mut object = flows.clone();
    object["flows"] = json!(1);
    assert_eq!(against_schema(&object), [".flows: not a key of this object"]);
    object.as_object_mut().unwrap().remove("flows");
    object.as_object_mut().unwrap().remove("bound");
    assert_eq!(against_schema(&object), [".bound: missing"]);
}

#[test]
fn results_documents_and_sheets_are_values_of_serde() {
    let folder = place();
    let table = folder.path().join("table");
    let side = Side { table: table.clone(), ..Side::default() };
    for analysis in [Analysis::Flows, Analysis::Linkages, Analysis::Accounts, Analysis::Structural(Box::new([side.clone(), side]))] {
        let two = matches!(analysis, Analysis::Structural(_));
        let placing = Placing { table: (!two).then(|| table.clone()) };
        let results = study::run(&Study { analysis, placing, ..Study::default() }, &Watch::default()).unwrap();
        let document = results.document();
        let mut written = Vec::new();
        isard::write::json::write(&document, &mut written).unwrap();
        let written: Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(serde_json::to_value(&document).unwrap(), written);
        let mut all = Vec::new();
        texts(&written, &mut all);
        assert!(all.iter().all(|text| flags_in(text).next().is_none()), "the library names a flag");
        assert_eq!(serde_json::to_value(&results).unwrap(), written);
        assert_eq!((&written["format"], written.as_object().unwrap().keys().next().unwrap().as_str()), (&json!(1), "format"));
        let sheet = document.sheets.iter().find(|s| s.file).unwrap();
        let value = serde_json::to_value(sheet).unwrap();
        assert_eq!(value["name"], json!(sheet.name));
        let rows = value["values"].as_array().unwrap();
        assert_eq!((rows.len(), rows[0].as_array().unwrap().len()), (sheet.rows.count, sheet.columns.count));
        assert_eq!(value["rows"]["names"][0], json!(sheet.rows.name(0)));
    }
}

#[test]
fn quiet_prints_nothing_but_errors() {
    let folder = place();
    for line in ["audit table", "detect table", "solve table", "bench table --repeat 1 --operators csr --methods direct", "flows table"] {
        let done = isard().current_dir(folder.path()).args(line.split(' ')).arg("-q").output().unwrap();
        assert_eq!((done.status.code(), done.stdout.len(), done.stderr.len()), (Some(0), 0, 0), "{line}");
    }
    let done = isard().current_dir(folder.path()).args(["import", "table", "-q", "--output", "copy"]).output().unwrap();
    assert_eq!((done.status.code(), done.stdout.len(), done.stderr.len()), (Some(0), 0, 0));
    let done = isard().current_dir(folder.path()).args(["audit", "nothing", "-q"]).output().unwrap();
    assert!(done.status.code() == Some(2) && done.stdout.is_empty() && !done.stderr.is_empty());
}

#[test]
fn detect_and_bench_write_their_tables() {
    let folder = place();
    let names = |line: &str, out: &str| {
        isard().current_dir(folder.path()).args(line.split(' ')).args(["-q", "--output", out]).assert().success();
        let mut all: Vec<String> =
            std::fs::read_dir(folder.path().join(out)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    };
    assert_eq!(names("detect table", "d"), ["forms.csv", "manifest.json", "passes.csv", "products.csv", "result.json"]);
    let bench = names("bench table --repeat 1 --operators csr --methods direct,gmres", "b");
    assert_eq!(bench, ["manifest.json", "result.json", "runs.csv"]);
    let text = std::fs::read_to_string(folder.path().join("b/runs.csv")).unwrap();
    let result: Value = serde_json::from_slice(&std::fs::read(folder.path().join("b/result.json")).unwrap()).unwrap();
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<::csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
    assert_eq!(rows.len(), 2);
    for (row, run) in rows.iter().zip(result["runs"].as_array().unwrap()) {
        assert_eq!((&row[1], row[2].parse::<f64>().unwrap()), (run["method"].as_str().unwrap(), run["setup_s"].as_f64().unwrap()));
    }
}
