//! The short page of `run` and `compensate`, what `--full` adds, what `--quiet` leaves out, and what the command says of itself.

use unicode_width::UnicodeWidthStr;

use crate::support::isard;

fn printed(words: &[&str]) -> String {
    let done = isard().args(words).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn the_chain_fits_one_page_of_eighty_columns_and_names_both_ends() {
    let page = printed(&["run"]);
    let lines: Vec<&str> = page.lines().collect();
    assert!(lines.len() <= 60, "{} lines", lines.len());
    assert!(lines.iter().all(|line| line.width() <= 80), "{page}");
    assert!(page.contains("CERTIFIED (arithmetic)") && page.contains("SYNTHETIC"), "{page}");
    // five at each end of net outflows, and of payments
    let at = |from: usize, name: &str| lines[from..].iter().position(|l| l.trim_start().starts_with(name)).map(|k| from + k);
    let flows = at(0, "Emissions of CO2").unwrap();
    assert!(
        at(flows, "Inner Mongolia").unwrap() < at(flows, "...").unwrap() && at(flows, "...").unwrap() < at(flows, "Guangdong").unwrap()
    );
    let payments = at(0, "Compensation").unwrap();
    assert!(at(payments, "Hebei").unwrap() < at(payments, "Guangdong").unwrap());
    assert!(page.contains("isard run --full"), "{page}");
}

#[test]
fn full_prints_every_table_and_quiet_nothing() {
    let full = printed(&["run", "--full"]);
    for part in ["Trade routes", "Solves", "Checks", "Verdicts", "Heilongjiang"] {
        assert!(full.contains(part), "{part} is missing");
    }
    assert_eq!(printed(&["run", "--quiet"]), "");
    for with in ["--json", "--quiet"] {
        let refused = isard().args(["run", "--full", with]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{with}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("--full has no effect"), "{with}");
    }
}

#[test]
fn what_is_asked_for_by_name_stands_whole_on_the_short_page() {
    let page = printed(&["compensate", "--price", "100", "--compare"]);
    assert!(page.matches("Heilongjiang").count() >= 3, "{page}");
}

#[test]
fn completions_manual_pages_and_version_know_the_command() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(printed(&["completions", shell]).contains("compensate"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    printed(&["man", "--output", pages.to_str().unwrap()]);
    let page = std::fs::read_to_string(pages.join("isard-compensate.1")).unwrap();
    assert!(page.contains("price\\-rule") || page.contains("price-rule"), "{page}");
    let again = isard().args(["man", "--output", pages.to_str().unwrap()]).output().unwrap();
    assert_eq!(again.status.code(), Some(2));
    let version = printed(&["--version"]);
    assert!(version.contains("target: ") && version.contains("features: cli"), "{version}");
    assert_eq!(printed(&["-V"]).lines().count(), 1);
}
