//! Everything that the command prints for people, held as snapshots: help, the short page, reports, errors.
//!
//! `INSTA_UPDATE=always cargo test printed` writes `tests/snapshots/` anew. Bounds, residuals, passes, times, threads and paths
//! are masked, and digits beyond the sixth place cut, so that every machine prints the same.

use std::path::Path;

use crate::support::isard;

mod errors;
mod mask;

/// Compares with the snapshot of this name.
fn pinned(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Runs a line of words in a folder: exit code, standard output, standard error.
fn run(folder: &Path, line: &[&str]) -> (i32, String, String) {
    let mut command = isard();
    // no terminal to ask for its width
    command.env("COLUMNS", "100").env_remove("ISARD_MEMORY").env_remove("CLICOLOR_FORCE");
    let done = command.current_dir(folder).args(line).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(folder.to_str().unwrap(), "DIR");
    let text = |bytes| if cfg!(windows) { text(bytes).replace('\\', "/").replace(".exe", "") } else { text(bytes) };
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

/// A folder with two tables of three regions and four sectors, `table` and `later`.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, seed) in [("table", "5"), ("later", "6")] {
        let words = ["synth", "--regions", "3", "--sectors", "4", "--seed", seed, "--output", name];
        assert_eq!(run(folder.path(), &words).0, 0);
    }
    folder
}

/// The names of all commands, as the help lists them.
fn commands(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    list.filter(|l| !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next()).map(str::to_string).collect()
}

#[test]
fn the_help_of_every_command_is_pinned() {
    let folder = tempfile::tempdir().unwrap();
    let (code, help, _) = run(folder.path(), &["--help"]);
    assert_eq!(code, 0);
    pinned("help", &help);
    let all = commands(&help);
    assert!(all.len() >= 19, "{all:?}");
    for name in all.iter().filter(|name| *name != "help") {
        let (code, text, _) = run(folder.path(), &[name, "--help"]);
        assert_eq!(code, 0, "{name}");
        pinned(&format!("help-{name}"), &text);
    }
}

#[test]
fn the_short_page_of_the_embedded_table_is_pinned() {
    let folder = tempfile::tempdir().unwrap();
    let (code, page, notes) = run(folder.path(), &["run", "--seed", "2017"]);
    assert_eq!(code, 0, "{notes}");
    pinned("page-run", &mask::report(&page));
}

#[test]
fn the_report_of_every_command_is_pinned() {
    let folder = place();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("cost.csv", "region,cost_yuan_per_t\nr1,100\nr2,300\nr3,200\n");
    put("panel.csv", &panel());
    put("targets.csv", "target,region,sector,buyer_region,buyer,value\nrow,r1,s01,,,1900\ncell,r1,s02,r3,s03,\n");
    let lines: [(&str, &[&str]); 21] = [
        ("audit", &["audit", "table"]),
        ("formats", &["formats"]),
        ("formats-table", &["formats", "table"]),
        ("balance", &["balance", "table", "--targets", "targets.csv"]),
        ("detect", &["detect", "table"]),
        ("flows", &["flows", "table", "--views", "net,product", "--top", "2"]),
        ("flows-years", &["flows", "table", "later"]),
        ("accounts", &["accounts", "table"]),
        ("decompose-kww", &["decompose", "table", "--scheme", "kww"]),
        ("decompose-wwz", &["decompose", "table", "--scheme", "wwz"]),
        ("linkages", &["linkages", "table"]),
        ("structural", &["structural", "table", "later"]),
        ("responsibility", &["responsibility", "table"]),
        ("compensate", &["compensate", "table", "--cost", "cost.csv", "--compare"]),
        ("run-full", &["run", "--table", "table", "--cost", "cost.csv", "--full"]),
        (
            "cost",
            &[
                "cost",
                "panel.csv",
                "--prices",
                "constant",
                "--capital-prices",
                "constant",
                "--estimator",
                "quadratic",
                "--direction",
                "both",
            ],
        ),
        ("solve", &["solve", "table", "--demand", "regions"]),
        ("synth", &["synth", "--regions", "2", "--sectors", "2", "--output", "made"]),
        ("import", &["import", "table", "--output", "copy.isard"]),
        ("flows-output", &["flows", "table", "--output", "result"]),
        ("verify", &["verify", "result", "table"]),
    ];
    for (name, line) in lines {
        let (code, out, notes) = run(folder.path(), line);
        assert_eq!(code, 0, "{line:?}: {out}{notes}");
        pinned(&format!("report-{name}"), &mask::report(&format!("$ isard {}\n{out}--- messages\n{notes}", line.join(" "))));
    }
}

/// Inputs, GDP and CO2 of eight regions in three years, whose quadratic function has one solution.
fn panel() -> String {
    let mut text = String::from("region,year,capital,labour,gdp_100M_yuan,co2_Mt\n");
    for (k, t) in (0..8).flat_map(|k| (0..3).map(move |t| (k, t))) {
        let more = (k * 7 + t * 5) % 11;
        let (capital, labour) = (100 + 17 * k + 5 * t, 50 + k * k % 13 + 2 * t);
        let (gdp, co2) = (80 + 9 * k + 6 * t + more, 40 + k * 5 % 17 + 3 * more - t);
        text += &format!("r{},{},{capital},{labour},{gdp},{co2}\n", k + 1, 2015 + t);
    }
    text
}
