//! Pages for people: nothing from elsewhere, every number the object's, both languages, harmless labels.

use std::path::Path;

use serde_json::Value;

use crate::support::isard;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a command with a report; the page, and the object of the same command.
fn page(arguments: &[&str]) -> (String, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    let done = isard().args(arguments).arg("--json").arg("--report").arg(&file).output().unwrap();
    assert!(done.status.code() <= Some(1), "{}", text(&done.stderr));
    (std::fs::read_to_string(&file).unwrap(), serde_json::from_slice(&done.stdout).unwrap())
}

/// The data block of a page.
fn block(page: &str) -> Value {
    let start = page.find("id=\"data\">").unwrap() + "id=\"data\">".len();
    let end = start + page[start..].find("</script>").unwrap();
    serde_json::from_str(&page[start..end]).unwrap()
}

/// The number of every `data-v`, and what is shown in its element.
fn shown(page: &str) -> Vec<(f64, String)> {
    let pieces = page.split(" data-v=\"").skip(1);
    pieces
        .filter_map(|piece| {
            let (number, rest) = piece.split_once('"')?;
            let inside = rest.split_once('>')?.1;
            let text = inside.split('<').next()?.trim().to_string();
            Some((number.parse().ok()?, text))
        })
        .filter(|(_, text)| !text.is_empty() && text != "–")
        .collect()
}

#[test]
fn a_page_is_one_file_that_asks_for_nothing_and_says_what_it_is_before_the_first_number() {
    let (page, object) = page(&["run"]);
    for asked in ["http://", "https://", "src=", "@import", "url("] {
        let outside: Vec<&str> = page.match_indices(asked).map(|(at, _)| &page[at..(at + 40).min(page.len())]).collect();
        assert!(outside.is_empty(), "{asked}: {outside:?}");
    }
    let first = page.find("data-v=").unwrap();
    for said in ["SYNTHETIC", "CERTIFIED (arithmetic)", "合成数据", "已获证"] {
        assert!(page.find(said).is_some_and(|at| at < first), "{said}");
    }
    assert!(object["certified"].as_bool().unwrap());
    assert!(page.len() < 500_000, "{} bytes", page.len());
}

#[test]
fn every_number_of_the_data_block_is_that_of_the_object_and_what_is_shown_is_rounded_from_it() {
    let (page, object) = page(&["compensate", "--sensitivity"]);
    let block = block(&page);
    let mut compared = 0;
    for (key, value) in object.as_object().unwrap() {
        if ["made_by", "format"].contains(&key.as_str()) {
            continue;
        }
        // what no figure asks for lies beside the page
        let beside =
            ["duties", "duties_bound", "payments", "payments_bound", "responsibility_bound", "responsibility_without_households_bound"];
        if beside.contains(&key.as_str()) {
            assert_eq!(block.get(key), Some(&Value::Null), "{key}");
            continue;
        }
        if key == "sensitivity" {
            for (part, number) in value.as_object().unwrap().iter().filter(|(part, _)| *part != "settings") {
                assert_eq!(&block[key][part], number, "{part}");
            }
            continue;
        }
        assert_eq!(block.get(key), Some(value), "{key}");
        compared += 1;
    }
    assert!(compared > 30);
    let numbers = shown(&page);
    assert!(numbers.len() > 1000, "{}", numbers.len());
    for (number, text) in numbers {
        let plain = text.replace(',', "").replace('−', "-").replace(['%', '+', ' '], "");
        let Ok(read) = plain.parse::<f64>() else { panic!("{number} is shown as {text:?}") };
        let digits = plain.split_once('.').map_or(0, |(_, part)| part.len());
        let number = if text.contains('%') { 100.0 * number } else { number };
        assert!((read - number).abs() <= 0.500_001 * 10f64.powi(-(digits as i32)), "{number} is shown as {text:?}");
    }
}

#[test]
fn a_page_holds_both_languages_and_opens_in_the_one_of_the_labels() {
    let (english, _) = page(&["flows"]);
    let (chinese, _) = page(&["flows", "--labels", "zh"]);
    assert!(english.contains("<html lang=\"en\">") && chinese.contains("<html lang=\"zh\">"));
    for page in [&english, &chinese] {
        assert!(page.contains(">Guangdong<") && page.contains(">广东<"));
    }
    let count = |page: &str, class: &str| page.matches(&format!("class={class} lang={class}")).count();
    assert_eq!(count(&english, "en"), count(&english, "zh"));
}

#[test]
fn every_analysis_has_a_page_of_its_tables() {
    for (arguments, figure) in [
        (&["accounts"][..], "t-0"),
        (&["decompose", "--scheme", "kww"], "h-terms"),
        (&["linkages"], "t-0"),
        (&["responsibility"], "h-dot"),
        (&["flows", "--method", "gauss-seidel"], "Error after each pass"),
    ] {
        let (page, _) = page(arguments);
        assert!(page.contains("<table class=\"sort\">") && page.contains(figure), "{arguments:?}");
        // every page names its table
        assert!(page.contains("embedded table: 31 regions") && page.contains("内置数据表：31 个地区"), "{arguments:?}");
    }
}

/// A table of two regions with labels that would be markup.
fn odd(folder: &Path) -> std::path::PathBuf {
    let to = folder.join("odd");
    crate::loading::folder(&to, ["<script>alert(1)</script>", "\"\"\"quoted\"\" & 'so'\""], ["<b>a</b>", "=1+1"]);
    to
}

#[test]
fn labels_that_look_like_markup_are_text() {
    let folder = tempfile::tempdir().unwrap();
    let table = odd(folder.path());
    let (page, object) = page(&["flows", table.to_str().unwrap()]);
    assert_eq!(object["regions"][0], "<script>alert(1)</script>");
    assert!(!page.contains("<script>alert"), "a label became markup");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_eq!(block(&page)["regions"], object["regions"]);
    assert_eq!(page.matches("<script").count(), 2);
}

#[test]
fn a_report_that_is_no_page_or_that_is_a_strangers_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.html");
    std::fs::write(&file, "mine").unwrap();
    for (name, said) in [("page.pdf", "name it FILE.html"), ("mine.html", "mine.html")] {
        let done = isard().args(["flows", "--report"]).arg(folder.path().join(name)).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{name}");
        assert!(text(&done.stderr).contains(said), "{}", text(&done.stderr));
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_written_page_is_verified_and_an_altered_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    assert!(isard().args(["flows", "--report"]).arg(&file).output().unwrap().status.success());
    let verify = || isard().arg("verify").arg(&file).output().unwrap();
    let first = verify();
    assert!(first.status.success(), "{}{}", text(&first.stdout), text(&first.stderr));
    let page = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, page.replacen("data-v=\"", "data-v=\"1", 1)).unwrap();
    assert_eq!(verify().status.code(), Some(1));
}

/// Runs flows with a file for readers; its bytes, and the object.
fn written(arguments: &[&str], option: &str, name: &str) -> (Vec<u8>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    let done = isard().args(arguments).arg("--json").arg(option).arg(&file).output().unwrap();
    assert!(done.status.success(), "{}", text(&done.stderr));
    (std::fs::read(&file).unwrap(), serde_json::from_slice(&done.stdout).unwrap())
}

#[test]
fn every_number_of_a_workbook_is_that_of_the_object_to_the_last_bit() {
    use calamine::{Data, Reader, Xlsx};
    let (bytes, object) = written(&["compensate"], "--workbook", "book.xlsx");
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let mut compared = 0;
    for (sheet, key) in [("flows", "flow"), ("flows bound", "bound"), ("payments", "payments"), ("payments bound", "payments_bound")] {
        let range = book.worksheet_range(sheet).unwrap();
        let regions: Vec<String> = range.rows().skip(5).map(|row| row[0].to_string()).collect();
        for (k, row) in object[key].as_array().unwrap().iter().enumerate() {
            assert_eq!(regions[k], object["regions"][k].as_str().unwrap());
            for (l, v) in row.as_array().unwrap().iter().enumerate() {
                let Some(Data::Float(found)) = range.get((5 + k, 1 + l)) else { panic!("{sheet}: no number in {k}, {l}") };
                assert_eq!(found.to_bits(), v.as_f64().unwrap().to_bits(), "{sheet} {k} {l}");
                compared += 1;
            }
        }
    }
    assert!(compared > 3000, "{compared}");
    let sources = book.worksheet_range("method and sources").unwrap();
    let all: String = sources.rows().flatten().map(|c| c.to_string() + "\n").collect();
    for said in ["SYNTHETIC", "CERTIFIED (arithmetic)", "isard compensate", "doi:10."] {
        assert!(all.contains(said), "{said}");
    }
}

#[test]
fn tables_for_a_manuscript_are_rounded_from_the_object_and_hold_no_markup_of_labels() {
    let folder = tempfile::tempdir().unwrap();
    let table = odd(folder.path());
    let (markdown, _) = written(&["flows", table.to_str().unwrap()], "--tables", "tables.md");
    let markdown = text(&markdown);
    assert!(markdown.contains("\\<script\\>alert(1)\\</script\\>") && !markdown.contains("<script>"));
    let (latex, object) = written(&["flows"], "--tables", "tables.tex");
    let latex = text(&latex);
    assert!(latex.contains("\\textbf{SYNTHETIC}") && latex.contains("\\bottomrule"));
    let line = latex.lines().find(|l| l.starts_with("Guangdong &")).unwrap();
    let cells: Vec<&str> = line.trim_end_matches("\\\\").split('&').map(str::trim).collect();
    let at = object["regions"].as_array().unwrap().iter().position(|r| r == "Guangdong").unwrap();
    let direct = object["direct"][at].as_f64().unwrap();
    let digits = cells[1].split_once('.').map_or(0, |(_, part)| part.len());
    assert_eq!(cells[1], format!("{direct:.digits$}"));
}

#[test]
fn a_page_made_beside_a_tidy_folder_is_verified_and_one_inside_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (page, results) = (folder.path().join("page.html"), folder.path().join("results"));
    let flows = |page: &Path| isard().args(["flows", "-q", "--tidy", "--output"]).arg(&results).arg("--report").arg(page).output().unwrap();
    let inside = flows(&results.join("page.html"));
    assert_eq!(inside.status.code(), Some(2));
    assert!(text(&inside.stderr).contains("lies in the folder of --output"), "{}", text(&inside.stderr));
    assert!(!results.exists());
    assert!(flows(&page).status.success());
    let verified = isard().arg("verify").arg(&page).output().unwrap();
    assert!(verified.status.success(), "{}{}", text(&verified.stdout), text(&verified.stderr));
}

/// The embedded table with each stressor of `names`, in a folder.
fn several(folder: &Path, names: &[&str]) -> std::path::PathBuf {
    let to = folder.join("several");
    assert!(isard().args(["synth", "--regions", "5", "--sectors", "3", "-q", "--output"]).arg(&to).output().unwrap().status.success());
    std::fs::remove_file(to.join("manifest.json")).unwrap();
    for file in ["emissions.csv", "households.csv"] {
        let text = std::fs::read_to_string(to.join(file)).unwrap();
        let (head, rows) = text.split_once('\n').unwrap();
        let all: String = names.iter().map(|name| rows.replace(",CO2,", &format!(",{name},"))).collect();
        std::fs::write(to.join(file), format!("{head}\n{all}")).unwrap();
    }
    to
}

#[test]
fn several_stressors_have_a_switch_and_the_whole_of_them_beside_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let table = several(folder.path(), &["CO2", "CH4", "PM25"]);
    let file = folder.path().join("page.html");
    let done = isard().args(["flows", "-q", "--report"]).arg(&file).arg(&table).output().unwrap();
    assert!(done.status.success(), "{}", text(&done.stderr));
    let page = std::fs::read_to_string(&file).unwrap();
    assert_eq!(page.matches("name=\"sw\"").count(), 3);
    assert_eq!(block(&page)["stressors"], Value::Null);
    let whole: Value = serde_json::from_slice(&std::fs::read(folder.path().join("page.json")).unwrap()).unwrap();
    assert_eq!(whole["stressors"].as_array().unwrap().len(), 3);
}

#[test]
fn a_page_of_many_regions_holds_them_as_a_picture_and_the_object_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (table, file) = (folder.path().join("many.isard"), folder.path().join("page.html"));
    assert!(isard().args(["synth", "--regions", "64", "--sectors", "3", "-q", "--output"]).arg(&table).output().unwrap().status.success());
    assert!(isard().args(["flows", "-q", "--report"]).arg(&file).arg(&table).output().unwrap().status.success());
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.contains("src=\"data:image/png;base64,iVBORw0KGgo") && page.contains("64 regions"));
    assert!(folder.path().join("page.json").exists());
}

#[test]
fn pages_of_two_tables_and_of_solvers_have_their_figures() {
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, seed: &str| {
        let to = folder.path().join(name);
        assert!(
            isard()
                .args(["synth", "--regions", "4", "--sectors", "3", "-q", "--seed", seed, "--output"])
                .arg(&to)
                .output()
                .unwrap()
                .status
                .success()
        );
        to
    };
    let (one, two) = (table("one.isard", "1"), table("two.isard", "2"));
    let file = folder.path().join("page.html");
    let made = |arguments: &[&std::ffi::OsStr]| {
        let done = isard().args(arguments).args(["-q", "--force", "--report"]).arg(&file).output().unwrap();
        assert!(done.status.code() <= Some(1), "{}", text(&done.stderr));
        std::fs::read_to_string(&file).unwrap()
    };
    let page = made(&["structural".as_ref(), one.as_os_str(), two.as_os_str()]);
    assert!(page.contains("h-chr") && page.contains("one.isard") && page.contains("two.isard"));
    let page = made(&["bench".as_ref(), one.as_os_str()]);
    for figure in ["h-conv", "h-prof", "h-acc", "h-roof"] {
        assert!(page.contains(figure), "{figure}");
    }
}

/// Every figure in a folder: whether it is XML, and its text.
fn figures(folder: &std::path::Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "svg"));
    files
        .map(|file| {
            let svg = std::fs::read_to_string(&file).unwrap();
            let mut reader = quick_xml::Reader::from_str(&svg);
            loop {
                match reader.read_event().unwrap_or_else(|e| panic!("{}: {e}", file.display())) {
                    quick_xml::events::Event::Eof => break,
                    quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                        tag.attributes().for_each(|a| assert!(a.is_ok(), "{}: {a:?}", file.display()));
                    }
                    _ => {}
                }
            }
            (file.file_name().unwrap().to_string_lossy().into_owned(), svg)
        })
        .collect()
}

#[test]
fn figures_in_files_are_xml_and_name_their_colours() {
    let folder = tempfile::tempdir().unwrap();
    for (at, command) in ["run", "bench"].into_iter().enumerate() {
        let to = folder.path().join(command);
        let done = isard().args([command, "-q", "--figures"]).arg(&to).output().unwrap();
        assert!(done.status.success(), "{}", text(&done.stderr));
        let found = figures(&to);
        assert!(found.len() >= [4, 3][at], "{command}: {}", found.len());
        if command == "bench" {
            let (_, convergence) = found.iter().find(|(name, _)| name == "plot-1.svg").unwrap();
            assert!(convergence.contains("passes over A") && convergence.contains(">power-series</tspan>"), "no key");
        }
    }
}

#[test]
fn units_of_choice_are_converted_once_with_their_bounds_and_are_refused_where_they_do_nothing() {
    let run = |arguments: &[&str]| {
        let done = isard().args(arguments).arg("--json").output().unwrap();
        assert!(done.status.success(), "{}", text(&done.stderr));
        serde_json::from_slice::<Value>(&done.stdout).unwrap()
    };
    let plain = run(&["compensate"]);
    let other = run(&["compensate", "--unit", "亿吨", "--money", "万元"]);
    assert_eq!((&other["unit"], &other["payments_unit"]), (&"10^8 t".into(), &"10^4 yuan".into()));
    assert_eq!(other["certified"], true);
    let numbers = |o: &Value, key: &str| -> Vec<f64> {
        let list = o[key].as_array().unwrap().iter();
        list.flat_map(|v| v.as_array().cloned().unwrap_or_else(|| vec![v.clone()])).map(|v| v.as_f64().unwrap()).collect()
    };
    // Mt to 10^8 t: over 100; 10^8 yuan to 10^4 yuan: times 10^4
    for (key, bound, times) in
        [("flow", "bound", 0.01), ("direct", "direct_bound", 0.01), ("payments", "payments_bound", 1e4), ("net", "net_bound", 1e4)]
    {
        let [was, was_bound] = [key, bound].map(|k| numbers(&plain, k));
        let [is, is_bound] = [key, bound].map(|k| numbers(&other, k));
        for k in 0..was.len() {
            assert!((is[k] - times * was[k]).abs() <= 1e-15 * is[k].abs(), "{key} {k}");
            // wider by the rounding, and by no more than three of them
            assert!(is_bound[k] >= times * was_bound[k] * (1.0 - 1e-15), "{key} {k}");
            assert!(is_bound[k] <= times * was_bound[k] + 1e-15 * is[k].abs() + 1e-300, "{key} {k}");
        }
    }
    for (arguments, said) in [
        (&["linkages", "--unit", "t"][..], "--unit has no effect"),
        (&["flows", "--money", "yuan"], "--money has no effect"),
        (&["run", "--unit", "yuan"], "which is another thing"),
        (&["run", "--unit", "foo"], "is no unit"),
        (&["compensate", "--money", "EUR"], "which is another thing"),
        (&["decompose", "--scheme", "kww", "--unit", "t"], "--unit has no effect: value-added is in"),
    ] {
        let done = isard().args(arguments).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(text(&done.stderr).contains(said), "{arguments:?}: {}", text(&done.stderr));
    }
}
