//! Commands that explain: words, two results side by side, the machine.

use crate::support::isard;

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let done = isard().args(arguments).output().unwrap();
    (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr))
}

#[test]
fn a_word_is_explained_in_both_languages_and_an_unknown_one_names_its_neighbours() {
    let (code, text) = run(&["explain", "Theta"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("value added") && text.contains("formula:") && text.contains("doi:"), "{text}");
    let (_, text) = run(&["explain", "theta", "--labels", "zh"]);
    assert!(text.contains("增加值") && !text.contains("Own value added"), "{text}");
    let (code, text) = run(&["explain", "certifid"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("certified"), "{text}");
}

#[test]
fn two_results_are_compared_by_label_within_and_beyond_their_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let result = |name: &str, options: &[&str]| {
        let to = folder.path().join(name);
        let done = isard().args(["flows", "--quiet"]).args(options).arg("--output").arg(&to).output().unwrap();
        assert!(done.status.success());
        to.to_str().unwrap().to_string()
    };
    let (one, two, other) = (result("one", &[]), result("two", &["--method", "gmres"]), result("other", &["--seed", "3"]));
    let (code, text) = run(&["compare", &one, &two]);
    assert_eq!(code, Some(0));
    assert!(text.contains("nothing moved beyond the bounds"), "{text}");
    let (_, text) = run(&["compare", &one, &other, "--top", "3"]);
    assert!(text.contains("moves beyond the bounds") && text.contains("flow["), "{text}");
    let responsibility = {
        let to = folder.path().join("shares");
        assert!(isard().args(["responsibility", "-q", "--output"]).arg(&to).output().unwrap().status.success());
        to.to_str().unwrap().to_string()
    };
    let (code, text) = run(&["compare", &one, &responsibility]);
    assert!(code == Some(2) && text.contains("differ in their command"), "{text}");
    // a number moved by hand is found, with its labels
    let path = folder.path().join("two").join("result.json");
    let mut object: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let (row, column) = (object["regions"][2].clone(), object["destinations"][5].clone());
    object["flow"][2][5] = (object["flow"][2][5].as_f64().unwrap() + 1.0).into();
    std::fs::write(&path, object.to_string()).unwrap();
    let (_, text) = run(&["compare", &one, &two]);
    let named = format!("flow[{}][{}]", row.as_str().unwrap(), column.as_str().unwrap());
    assert!(text.contains("The largest of 1 moves") && text.contains(&named), "{text}");
}

#[test]
fn results_of_other_regions_and_strangers_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.json");
    std::fs::write(&file, "{\"a\": 1}").unwrap();
    let (code, text) = run(&["compare", file.to_str().unwrap(), file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(text.contains("not a result of isard"), "{text}");
}

#[test]
fn the_doctor_names_threads_memory_and_bandwidth() {
    let (code, text) = run(&["doctor"]);
    assert_eq!(code, Some(0), "{text}");
    for said in ["threads", "memory", "GB/s", "instructions"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

/// English words of a line that is said in Chinese: three in a row; what stands in quotes, brackets, paths and options does not count.
pub(crate) fn english(line: &str) -> Option<String> {
    let mut run: Vec<&str> = Vec::new();
    for word in line.split(|c: char| !c.is_ascii_graphic()) {
        let plain = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let counts = plain.len() > 1 && plain.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'\'');
        if counts && !word.starts_with("--") && !word.starts_with('`') {
            run.push(word);
        } else if !word.is_empty() {
            run.clear();
        }
        if run.len() >= 3 {
            return Some(run.join(" "));
        }
    }
    None
}

/// A small table, whose labels are no words.
fn small(folder: &std::path::Path) -> String {
    let to = folder.join("small.isard");
    let (code, text) = run(&["synth", "--regions", "4", "--sectors", "3", "-q", "--output", to.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{text}");
    to.to_str().unwrap().to_string()
}

const ANALYSES: [&str; 17] = [
    "run --full --price 50 --table",
    "run --price 50 --table",
    "flows --views net,origin-sector --top 3 --gdp table",
    "responsibility --by-emitter",
    "compensate --price 50 --full --compare --unbalanced --market",
    "compensate --price 50 --full --sensitivity --vary-duties shared,gap-fund",
    "decompose --scheme kww",
    "decompose --scheme wwz",
    "decompose --scheme routes",
    "decompose --scheme borin-mancini-source",
    "decompose --scheme borin-mancini-sink",
    "decompose --scheme eebt",
    "decompose --scheme extraction",
    "linkages",
    "accounts",
    "audit",
    "structural TABLE",
];

fn command<'c>(analysis: &'c str, table: &'c str) -> Vec<&'c str> {
    analysis.split(' ').map(|word| if word == "TABLE" { table } else { word }).chain([table]).collect()
}

#[test]
fn text_in_chinese_has_no_english_sentence_left_and_keeps_its_labels() {
    let folder = tempfile::tempdir().unwrap();
    let table = small(folder.path());
    for analysis in ANALYSES {
        let (code, text) = run(&[&command(analysis, &table)[..], &["--lang", "zh"]].concat());
        assert_eq!(code, Some(0), "{analysis}: {text}");
        let left: Vec<&str> = text.lines().filter(|line| english(line).is_some()).collect();
        assert!(left.is_empty(), "{analysis}: {left:#?}");
        assert!(analysis == "audit" || text.contains("r2"), "{analysis}: {text}");
    }
}

/// The sentences between quotes in a source, without its tests: with `{...}` as holes.
fn sentences(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let (mut found, mut rest) = (Vec::new(), String::new());
    for line in source.lines().filter(|l| !l.trim_start().starts_with("//")) {
        rest.push_str(line);
        rest.push('\n');
    }
    let mut letters = rest.chars().peekable();
    while let Some(c) = letters.next() {
        if c == '\'' {
            // a character, not a text
            let ahead: Vec<char> = letters.clone().take(2).collect();
            if ahead.get(1) == Some(&'\'') {
                letters.nth(1);
            }
            continue;
        }
        if c != '"' {
            continue;
        }
        let (mut text, mut depth) = (String::new(), 0);
        while let Some(c) = letters.next() {
            match c {
                '"' => break,
                '\\' => match letters.next() {
                    Some('\n') => while letters.next_if(|c| c.is_whitespace()).is_some() {},
                    Some(other) => text.push(other),
                    None => break,
                },
                '{' => {
                    depth += 1;
                    text.push('7');
                }
                '}' => depth -= 1,
                c if depth == 0 => text.push(c),
                _ => {}
            }
        }
        if english(&text).is_some() {
            found.push(text);
        }
    }
    found
}

#[test]
fn every_message_of_the_audit_has_its_chinese() {
    // what is part of a sentence, and errors
    let parts = ["audit code ", "mend the data that", "a row of the matrix", "i waits on the stack", " in an array", "one of its"];
    let mut checked = 0;
    for file in ["balance", "cells", "full", "names", "slips", "spectrum", "zero"] {
        let source = std::fs::read_to_string(format!("{}/src/audit/{file}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for text in sentences(&source).iter().filter(|t| !t.starts_with([' ', ',']) && !parts.iter().any(|p| t.contains(p))) {
            let text = text.trim_start_matches("; ");
            let said = isard::write::words::chinese(text);
            assert!(said.as_deref().is_some_and(|zh| english(zh).is_none()), "{file}: {text:?} is {said:?}");
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn isard_alone_says_what_to_do_first_in_either_language() {
    let (code, text) = run(&[]);
    assert_eq!(code, Some(0));
    assert!(text.lines().count() <= 12 && text.contains("isard run") && text.contains("isard --help"), "{text}");
    let (_, text) = run(&["--lang", "zh"]);
    assert!(text.contains("谁为谁排放"), "{text}");
}

/// What makes tables from tables, and what its pages print above columns.
const MAKING: [(&str, &[&str]); 7] = [
    ("aggregate --aggregate-regions to.csv", &["region", "coarse", "error", "fine", "error in %", "parts cancel", "footprint of", "part"]),
    ("split --split-shares parts.csv", &["part", "of", "output share", "for the own region", "before", "after", "lowest", "highest"]),
    ("split --split-regions cities.csv", &["part", "of", "footprint", "direct emissions", "parts", "before", "after", "difference"]),
    ("sparsify --drop-below 1e-3", &["threshold", "flows left out", "in %", "sum of flows", "largest effect", "of", "footprint"]),
    ("balance", &["kind", "line", "factor"]),
    ("build a.csv b.csv", &["product", "outflow", "inflow", "trade", "outflow factor", "inflow factor"]),
    (
        "build a.csv b.csv --emissions co2.csv --emissions-unit Mt --spread=mean-least-use-1,slack-least-use-1",
        &[
            "share",
            "least",
            "largest",
            "variant of the least",
            "variant of the largest",
            "variant",
            "own",
            "other",
            "export",
            "output left over",
        ],
    ),
];

#[test]
fn headings_of_tables_made_from_tables_are_explained_and_have_their_chinese() {
    let folder = tempfile::tempdir().unwrap();
    let table = small(folder.path());
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("to.csv", "source,target\nr1,a\nr2,a\nr3,b\nr4,b\n");
    put("parts.csv", "parent,part,share\ns01,c,0.25\ns01,d,0.75\n");
    put("cities.csv", "parent,part,share\nr1,x,0.25\nr1,y,0.75\n");
    put("co2.csv", "region,sector,value\n北京,Coal mining,9\n北京,Agriculture,2\n上海,Coal mining,4\n上海,Agriculture,1\n");
    for (file, region) in [("a.csv", "北京"), ("b.csv", "上海")] {
        crate::build::csv(&folder.path().join(file), &format!("{region}2017年投入产出表"), ",", "10");
    }
    for (line, heads) in MAKING {
        let mut words: Vec<&str> = line.split(' ').collect();
        if words[0] != "build" {
            words.push(&table);
        }
        let done = isard().current_dir(folder.path()).args(&words).arg("--full").output().unwrap();
        let full = done.status.code() != Some(2);
        let done = if full { done } else { isard().current_dir(folder.path()).args(&words).output().unwrap() };
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.code() != Some(2), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        for head in heads {
            assert!(text.contains(head), "{line} prints no {head:?}: {text}");
            assert!(isard::terms::heading(head).is_some(), "{line}: {head:?} is explained nowhere");
            assert!(isard::write::words::chinese(head).is_some(), "{line}: {head:?} has no Chinese");
        }
    }
    // targets that gave way, which KRAS alone prints
    for head in ["target", "became", "standard errors", "low", "high"] {
        assert!(isard::terms::heading(head).is_some() && isard::write::words::chinese(head).is_some(), "{head}");
    }
}

#[test]
fn every_heading_that_a_command_prints_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let table = small(folder.path());
    for analysis in ANALYSES.iter().filter(|a| !a.contains("--full --price") && **a != "audit") {
        let file = folder.path().join("tables.md");
        let arguments: Vec<&str> = command(analysis, &table).into_iter().filter(|w| *w != "--full").collect();
        let done = isard().args(arguments).args(["-q", "--force", "--tables"]).arg(&file).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let heads = lines.windows(2).filter(|w| w[1].starts_with("| ---")).map(|w| w[0]);
        for head in heads.flat_map(|h| h.trim_matches('|').split(" | ")).map(|h| h.trim().trim_matches('|').trim().replace('\\', "")) {
            // a label of the table
            let label = head.len() == 2 && head.starts_with(['r', 's']);
            let known = isard::terms::heading(&head).or_else(|| isard::terms::heading(head.split_once(' ')?.0));
            assert!(head.is_empty() || label || known.is_some(), "{analysis}: {head:?} is explained nowhere");
        }
    }
}
