//! Nothing is lost on the way in: dialects of side files, names as they are written, columns of one meaning, totals.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use isard::audit::audit;
use isard::finding::Level;
use isard::formats::beside::costs::read_costs;
use isard::formats::beside::panel::{PanelOptions, read as read_panel};
use isard::formats::beside::{groups, population};
use isard::formats::inventories::{self, InventoryOptions, read_concordance};
use isard::formats::{Encoding, Reading, read};
use isard::inventory::{Missing, attach};
use isard::labels::Name;
use ndarray::Array2;

use crate::ceads_generator::{self, Layout, Numbers};
use crate::support::isard;

/// A long-form folder of two regions of two sectors with these names, every row sum closed by exports.
pub fn folder(path: &Path, [n, s]: [&str; 2], [a, b]: [&str; 2]) {
    fs::create_dir_all(path).unwrap();
    let put = |name: &str, text: String| fs::write(path.join(name), text).unwrap();
    put("table.toml", "format = 1\nunit = \"10^4 yuan\"\nemissions_unit = \"Mt\"\n".into());
    put("sectors.csv", format!("region,sector\n{n},{a}\n{n},{b}\n{s},{a}\n{s},{b}\n"));
    let head = "from_region,from_sector,to_region,to_sector,value\n";
    put("flows.csv", format!("{head}{n},{a},{n},{b},20\n{n},{b},{s},{a},10\n{s},{a},{n},{a},5\n{s},{b},{s},{a},15\n"));
    let head = "region,sector,to_region,category,value\n";
    put(
        "demand.csv",
        format!("{head}{n},{a},{n},households,60\n{n},{b},{n},households,70\n{s},{a},{s},households,50\n{s},{b},{s},households,40\n"),
    );
    let lines = format!("{n},{a},100,20\n{n},{b},100,20\n{s},{a},80,25\n{s},{b},60,5\n");
    put("columns.csv", format!("region,sector,output,exports\n{lines}"));
    put("emissions.csv", format!("region,sector,stressor,value\n{n},{a},CO2,30\n{n},{b},CO2,6\n{s},{a},CO2,9\n{s},{b},CO2,50\n"));
}

fn flow(command: &mut assert_cmd::Command) -> serde_json::Value {
    let out = command.arg("--json").output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let o: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    o["flow"].clone()
}

fn refused(command: &mut assert_cmd::Command, words: &[&str]) {
    let out = command.output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(2), "{text}");
    words.iter().for_each(|w| assert!(text.contains(w), "\"{w}\" is not in {text}"));
}

fn say(e: isard::error::Error) -> String {
    format!("{e} {}", e.help().unwrap_or_default())
}

#[test]
fn a_long_form_folder_may_be_in_any_dialect() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("t");
    folder(&table, ["North", "South"], ["a", "b"]);
    let expected = flow(isard().arg("flows").arg(&table));
    let plain = fs::read_to_string(table.join("columns.csv")).unwrap();
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let semicolons = plain.replace(',', ";").replace("100;20", "100,0;20,0");
    for bytes in [
        format!("\n{plain}").into_bytes(),
        plain.replace('\n', "\r").into_bytes(),
        format!("\u{feff}sep=;\r\n{semicolons}").into_bytes(),
        format!("Output of 2017\n\n{}", plain.replace('\n', ",,\n")).into_bytes(),
        utf16,
    ] {
        fs::write(table.join("columns.csv"), &bytes).unwrap();
        assert_eq!(flow(isard().arg("flows").arg(&table)), expected, "{:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn names_that_differ_as_written_are_different_names() {
    let dir = tempfile::tempdir().unwrap();
    let [plain, codes, numbers] = ["plain", "codes", "numbers"].map(|n| dir.path().join(n));
    folder(&plain, ["North", "South"], ["a", "b"]);
    folder(&codes, ["North", "South"], ["1.1", "11"]);
    folder(&numbers, ["11", "13"], ["211", "221"]);
    let expected = flow(isard().arg("flows").arg(&plain));
    assert_eq!(flow(isard().arg("flows").arg(&codes)), expected);
    let out = isard().arg("audit").arg(&codes).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("similar-label") && text.contains("\"1.1\" and \"11\""), "{text}");
    let inventory = dir.path().join("co2_Mt.csv");
    let with = |text: &str, table: &Path| {
        fs::write(&inventory, text).unwrap();
        let mut command = isard();
        command.arg("flows").arg(table).arg("--emissions").arg(&inventory);
        command
    };
    assert_eq!(flow(&mut with("region,211,221\n11,30,6\n13,9,50\n", &numbers)), expected);
    refused(&mut with("region,311,321\n11,30,6\n13,9,50\n", &numbers), &["the first line holds numbers"]);
    let industry = dir.path().join("industry");
    folder(&industry, ["North", "South"], ["Agriculture", "Industry"]);
    assert_eq!(flow(&mut with("region,Agriculture,Industry\nNorth,30,6\nSouth,9,50\n", &industry)), expected);
    assert_eq!(
        flow(&mut with(
            "region;industry;value\nNorth;Agriculture;30,0\nNorth;Industry;6,0\nSouth;Agriculture;9,0\nSouth;Industry;50,0\n",
            &industry
        )),
        expected
    );
    refused(&mut with("region,sector,value,weigth\nNorth,Agriculture,1,1\n", &industry), &["co2_Mt.csv:1:4", "unknown column \"weigth\""]);
}

#[test]
fn labels_stay_as_the_user_wrote_them() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("t");
    folder(&table, ["hubei", "Inner-Mongolia"], ["agriculture", "mining"]);
    let read = read(&table, &Reading::default()).unwrap();
    assert_eq!(read.labels.row_name(3), "Inner-Mongolia / mining");
    assert_eq!((read.labels.regions[0].zh.as_str(), read.labels.find_region("内蒙古自治区")), ("湖北", Some(1)));
    assert_eq!(Name::region("湖北省").zh, "湖北省");
}

#[test]
fn side_files_are_read_from_workbooks_too_and_unknown_columns_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str, text: &str| {
        fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name)
    };
    let book = |name: &str, rows: &[&[&str]]| {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (r, row) in rows.iter().enumerate() {
            for (c, cell) in row.iter().enumerate() {
                match cell.parse::<f64>() {
                    Ok(v) => sheet.write(r as u32, c as u16, v).unwrap(),
                    Err(_) => sheet.write(r as u32, c as u16, *cell).unwrap(),
                };
            }
        }
        book.save(dir.path().join(name)).unwrap();
        dir.path().join(name)
    };
    let csv = read_costs(&place("cost.csv", "region,cost_yuan_per_t\nHenan,10.5\nHunan,20\n"), Encoding::Utf8).unwrap();
    let costs = |path: &Path| read_costs(path, Encoding::Utf8);
    let xlsx =
        costs(&book("cost.xlsx", &[&["Costs"], &[""], &["region", "cost_yuan_per_t"], &["Henan", "10.5"], &["Hunan", "20"]])).unwrap();
    assert_eq!((xlsx.rows, xlsx.unit), (csv.rows, csv.unit));
    let german = costs(&place("de.csv", "Kosten 2017\nregion;cost_yuan_per_t;\nHenan;10,5;\nHunan;20;\n")).unwrap();
    assert_eq!(german.rows[0].1, 10.5);
    let error = say(costs(&book("bad.xlsx", &[&["region", "cost_yuan_per_t"], &["Henan", "dear"]])).unwrap_err());
    assert!(error.contains("bad.xlsx[Sheet1]!B2: expected a number, found \"dear\""), "{error}");
    let panel: Vec<Vec<&str>> =
        ["region,year,capital,gdp_100M,co2_Mt", "A,2017,1,1,1", "B,2017,2,3,4"].map(|l| l.split(',').collect()).into();
    let panel = read_panel(&book("panel.xlsx", &panel.iter().map(Vec::as_slice).collect::<Vec<_>>()), &PanelOptions::default()).unwrap();
    assert_eq!((panel.gdp[[1, 0]], panel.co2[[1, 0]]), (3.0, 4.0));
    let table = dir.path().join("t");
    folder(&table, ["North", "South"], ["a", "b"]);
    let labels = read(&table, &Reading::default()).unwrap().labels;
    let across = place("population.txt", "\tNorth\tSouth\nPopulation\t1000\t2000\n");
    assert_eq!(population(&across, Encoding::Utf8, &labels).unwrap(), [1000.0, 2000.0]);
    let error = |text: &str| say(population(&place("p.csv", text), Encoding::Utf8, &labels).unwrap_err());
    let found = error("region,population,weight\nNorth,1,2\nSouth,1,2\n");
    assert!(found.contains("p.csv:1:3: unknown column \"weight\""), "{found}");
    let found = error("region,population\nNorth,1\nSouth,1\n全国,2\n");
    assert!(found.contains("\"全国\" is a total"), "{found}");
    let found = error("region,population,population_10k\nNorth,1,2\nSouth,1,2\n");
    assert!(found.contains("population_10k"), "{found}");
    let found = error("region,population,year\nNorth,1,2016\nSouth,1,2017\n");
    assert!(found.contains("2 years"), "{found}");
    let map = place("map.csv", "source,target,weight\nx,a,0.9\nx,b,0.1\n");
    assert!(say(read_concordance(&map, Encoding::Utf8).unwrap_err()).contains("looks like weights"));
    let members = place("g.csv", "name,group,share\nNorth,x,1\n");
    assert!(say(groups(&members, Encoding::Utf8).unwrap_err()).contains("unknown column \"share\""));
}

#[test]
fn a_panel_with_a_total_is_refused_with_its_lines() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("panel.csv");
    let head = "region,year,capital,gdp_100M,co2_Mt\n";
    let lines = "A,2017,1,1,1\nB,2017,2,3,4\nC,2017,5,1,2\n";
    let of = |total: &str| {
        fs::write(&path, format!("{head}{lines}{total}")).unwrap();
        read_panel(&path, &PanelOptions::default()).map_err(say)
    };
    assert_eq!(of("").unwrap().regions.len(), 3);
    let error = of("全国,2017,8,5,7\n").unwrap_err();
    assert!(error.contains("\"全国\" is a total by its name (lines 5)"), "{error}");
    let error = of("Everything,2017,8,5,7\n").unwrap_err();
    assert!(error.contains("\"Everything\" is a total by its numbers"), "{error}");
    assert_eq!(of("D,2017,8,5,7.5\n").unwrap().regions.len(), 4);
}

/// A workbook with one sheet in the layout of CEADs, changed.
fn workbook(path: &Path, change: impl Fn(&mut rust_xlsxwriter::Worksheet)) {
    let layout = Layout::default();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    ceads_generator::write_sheet(sheet, &layout, &Numbers::new(&layout));
    change(sheet);
    book.save(path).unwrap();
}

/// Takes the stored result of every formula out of a workbook, as programs that write formulas only do.
fn without_results(path: &Path) {
    let mut old = zip::ZipArchive::new(std::io::Cursor::new(fs::read(path).unwrap())).unwrap();
    let mut new = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for k in 0..old.len() {
        let mut member = old.by_index(k).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        let name = member.name().unwrap().to_string();
        if name.contains("worksheets/sheet") {
            bytes = String::from_utf8(bytes).unwrap().replace("<v>123456</v>", "<v></v>").into_bytes();
        }
        new.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        new.write_all(&bytes).unwrap();
    }
    fs::write(path, new.finish().unwrap().into_inner()).unwrap();
}

#[test]
fn formulas_without_a_result_are_refused_with_their_cell() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.xlsx");
    // the last column is gross output, those before it errors and exports
    for column in [4, 20] {
        workbook(&path, |s| {
            s.write(6, column, rust_xlsxwriter::Formula::new("=1+1").set_result("123456")).unwrap();
        });
        assert!(read(&path, &Reading::default()).is_ok());
        without_results(&path);
        let error = say(read(&path, &Reading::default()).unwrap_err());
        let cell = if column == 4 { "!E7" } else { "!U7" };
        assert!(error.contains(cell) && error.contains("formula") && error.contains("LibreOffice"), "{error}");
    }
}

#[test]
fn columns_of_one_meaning_are_added_up_and_empty_cells_are_counted_everywhere() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.xlsx");
    workbook(&path, |_| ());
    let one = read(&path, &Reading::default()).unwrap();
    let exports = one.exports.clone().unwrap();
    let second = |values: Vec<f64>| {
        workbook(&path, |s| {
            s.write(1, 40, "EX").unwrap();
            s.write(2, 40, "EX").unwrap();
            s.write(3, 40, "EX").unwrap();
            values.iter().enumerate().for_each(|(i, v)| {
                s.write(4 + i as u32, 40, *v).unwrap();
            });
        });
        read(&path, &Reading::default()).unwrap()
    };
    let both = second((0..exports.len()).map(|i| i as f64).collect());
    let expected: Vec<f64> = exports.iter().enumerate().map(|(i, v)| v + i as f64).collect();
    assert_eq!(both.exports.unwrap().to_vec(), expected);
    assert!(both.provenance.notes.iter().any(|n| n.contains("exports are the sum of column")), "{:?}", both.provenance.notes);
    let short = second(vec![1.0; exports.len() - 2]);
    let empty = short.remarks.iter().find(|f| f.code == "empty-cells").unwrap();
    assert!(empty.message.contains("2 among the") && empty.message.contains("exports"), "{}", empty.message);
}

#[test]
fn an_unknown_province_in_a_workbook_is_named_with_its_cell() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.xlsx");
    let layout = Layout { merged: false, ..Layout::default() };
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    ceads_generator::write_sheet(sheet, &layout, &Numbers::new(&layout));
    for (first, wrong) in [(4, "Bejing"), (8, "Henann")] {
        let mut changed = rust_xlsxwriter::Workbook::new();
        let sheet = changed.add_worksheet();
        ceads_generator::write_sheet(sheet, &layout, &Numbers::new(&layout));
        (first..first + 4).for_each(|r| {
            sheet.write(r, 0, wrong).unwrap();
        });
        changed.save(&path).unwrap();
        let error = say(read(&path, &Reading::default()).unwrap_err());
        assert!(error.contains(&format!("!A{}: unknown region \"{wrong}\"", first + 1)) && error.contains("did you mean"), "{error}");
    }
}

#[test]
fn a_block_that_keeps_its_whole_output_fails_the_audit_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    folder(&path, ["North", "South"], ["Agriculture", "Energy"]);
    let table = read(&path, &Reading::default()).unwrap();
    // the second sector of South buys all that it makes, then two sectors buy all that both make
    for cells in [vec![((3, 3), 60.0)], vec![((2, 3), 80.0), ((3, 2), 60.0)]] {
        let mut table = table.clone();
        let mut z: Array2<f64> = table.z.to_dense();
        for i in if cells.len() == 1 { 3..4 } else { 2..4 } {
            z.row_mut(i).fill(0.0);
            table.y.row_mut(i).fill(0.0);
            table.exports.as_mut().unwrap()[i] = 0.0;
        }
        cells.iter().for_each(|(at, v)| z[*at] = *v);
        table.z = isard::table::sparse(z.view()).into();
        let findings = audit(&table);
        let radius = findings.iter().find(|f| f.code == "spectral-radius").unwrap();
        assert_eq!((radius.level, radius.region.as_deref()), (Level::Fail, Some("South")), "{}", radius.message);
        assert!(radius.message.contains("South / Energy") && radius.message.contains("gross to net"), "{}", radius.message);
    }
}

#[test]
fn a_stressor_of_zero_and_years_that_differ_are_warnings() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("table_2017");
    folder(&path, ["North", "South"], ["a", "b"]);
    let mut table = read(&path, &Reading::default()).unwrap();
    table.stressors[0].direct.fill(0.0);
    let findings = audit(&table);
    let zero = findings.iter().find(|f| f.code == "zero-stressor").unwrap();
    assert_eq!(zero.level, Level::Warn);
    table.provenance.sheet = Some("Table_2017".into());
    let years = |name: &str, text: &str| {
        let file = dir.path().join(name);
        fs::write(&file, text).unwrap();
        let inventory = inventories::read(&file, &InventoryOptions::default()).unwrap();
        let findings = attach(&mut table.clone(), &inventory, None, Missing::Fail).unwrap();
        findings.iter().filter(|f| f.code == "years-differ").map(|f| (f.level, f.found, f.expected)).collect::<Vec<_>>()
    };
    let matrix = "region,a,b\nNorth,1,2\nSouth,3,4\n";
    assert_eq!(years("co2_2016_Mt.csv", matrix), [(Level::Warn, Some(2016.0), Some(2017.0))]);
    assert_eq!(years("co2_2017_Mt.csv", matrix), []);
    assert_eq!(years("co2_Mt.csv", matrix), []);
}

#[test]
fn numpy_arrays_in_either_order_are_one_demand() {
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("t");
    folder(&table, ["North", "South"], ["a", "b"]);
    let [c, f] = [false, true].map(|fortran| {
        let order = if fortran { "True" } else { "False" };
        let mut header = format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': (4, 2), }}");
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let value = |i: usize, k: usize| (1 + i + 10 * k) as f64;
        let cells: Vec<f64> = if fortran {
            (0..2).flat_map(|k| (0..4).map(move |i| value(i, k))).collect()
        } else {
            (0..4).flat_map(|i| (0..2).map(move |k| value(i, k))).collect()
        };
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        let data: Vec<u8> = cells.iter().flat_map(|v| v.to_le_bytes()).collect();
        let path = dir.path().join(format!("{order}.npy"));
        fs::write(&path, [b"\x93NUMPY\x01\x00", length.as_slice(), header.as_bytes(), &data].concat()).unwrap();
        let out = dir.path().join(format!("{order}.csv"));
        isard().arg("solve").arg(&table).arg("--demand").arg(&path).arg("--solution").arg(&out).assert().success();
        fs::read_to_string(out).unwrap()
    });
    assert_eq!(c, f);
}
