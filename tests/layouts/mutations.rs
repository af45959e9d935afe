//! Files that were changed: the same table, or an error that names the place; never another table without a word.

use std::path::{Path, PathBuf};

use isard::Table;
use isard::finding::Level;
use isard::formats::{Reading, read};

use super::{apart, table, written};

/// What came of a changed file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Came {
    Same,
    Refused,
    /// The audit refuses the table.
    Audited,
    Silent,
}

fn same(a: &Table, b: &Table) -> bool {
    let names = |t: &Table| (0..t.dim()).map(|i| t.labels.row_name(i)).collect::<Vec<_>>();
    if names(a) != names(b) || a.y.dim() != b.y.dim() || a.value_added.len() != b.value_added.len() {
        return false;
    }
    let values = a.value_added.iter().all(|(name, row)| b.value_added.iter().any(|(n, r)| n == name && apart(row, r) < 1e-12));
    values && apart(&a.z.to_dense(), &b.z.to_dense()) < 1e-12 && apart(&a.y, &b.y) < 1e-12 && apart(&a.x, &b.x) < 1e-12
}

/// What came of it, and what was said.
fn came(original: &Table, path: &Path) -> (Came, String) {
    match read(path, &Reading::default()) {
        Err(e) => (Came::Refused, e.to_string()),
        Ok(found) if same(original, &found) => (Came::Same, String::new()),
        Ok(found) => {
            let refused = isard::audit::audit(&found).into_iter().find(|f| f.level == Level::Fail);
            refused.map_or((Came::Silent, String::new()), |f| (Came::Audited, f.message))
        }
    }
}

fn cells(text: &str, separator: char) -> Vec<Vec<String>> {
    text.lines().map(|l| l.split(separator).map(str::to_string).collect()).collect()
}

fn joined(cells: &[Vec<String>], separator: char) -> String {
    cells.iter().map(|row| row.join(&separator.to_string()) + "\n").collect()
}

/// The text changed in ways that a label or a shape tells, with what must come of each.
fn changes(text: &str, separator: char, heads: usize, labels: usize) -> Vec<(&'static str, String, Came)> {
    let grid = cells(text, separator);
    let with = |change: &dyn Fn(&mut Vec<Vec<String>>)| {
        let mut grid = grid.clone();
        change(&mut grid);
        joined(&grid, separator)
    };
    let decimal = |grid: &mut Vec<Vec<String>>| {
        for cell in grid.iter_mut().skip(heads).flat_map(|row| row.iter_mut().skip(labels)) {
            *cell = cell.replace('.', ",");
        }
    };
    let mut comma = grid.clone();
    decimal(&mut comma);
    let width = grid[0].len();
    let transposed: Vec<Vec<String>> = (0..width).map(|c| grid.iter().map(|row| row[c].clone()).collect()).collect();
    let half = text[..text.len() * 7 / 10].to_string();
    let mut all = vec![
        ("a byte order mark", format!("\u{feff}{text}"), Came::Same),
        ("CR LF", text.replace('\n', "\r\n"), Came::Same),
        ("cut off in a line", half, Came::Refused),
        ("the last line twice", with(&|g| g.push(g[g.len() - 1].clone())), Came::Refused),
        ("a word for a number", with(&|g| g[heads + 1][labels + 1] = "n/a".into()), Came::Refused),
        ("a decimal comma", joined(&comma, ';'), Came::Same),
    ];
    if heads > 0 {
        all.extend([
            ("rows in another order", with(&|g| g[heads..].reverse()), Came::Same),
            ("one label of the rows", with(&|g| g[heads][0].insert(0, 'X')), Came::Refused),
            ("one label of the columns", with(&|g| g[heads - 1][labels].insert(0, 'X')), Came::Refused),
            ("a row twice", with(&|g| g.push(g[heads].clone())), Came::Refused),
            ("the last column twice", with(&|g| g.iter_mut().for_each(|row| row.push(row[width - 1].clone()))), Came::Refused),
            ("transposed", joined(&transposed, separator), Came::Refused),
            ("cut off after a line", joined(&grid[..grid.len() * 7 / 10], separator), Came::Refused),
        ]);
    }
    all
}

/// Copies a folder and changes one file of it, or copies the file changed.
fn with_file(from: &Path, file: &str, text: &str, to: &Path) -> PathBuf {
    if from.is_file() {
        let path = to.join(from.file_name().unwrap());
        std::fs::write(&path, text).unwrap();
        return path;
    }
    for below in crate::readers::files_below(from) {
        let target = to.join(&below);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(from.join(&below), target).unwrap();
    }
    std::fs::write(to.join(file), text).unwrap();
    to.to_path_buf()
}

#[test]
fn a_changed_text_gives_the_same_table_or_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let all = written::all(&folder.path().join("all"));
    let mut wrong = Vec::new();
    for (name, file, separator, heads, labels) in [
        ("oecd-2016", "", ',', 1, 1),
        ("oecd-2018", "", ',', 1, 1),
        ("oecd-2021", "", ',', 1, 1),
        ("oecd-2023", "", ',', 1, 1),
        ("figaro", "", ',', 1, 1),
        ("eora26", "Eora26_2010_bp_T.txt", '\t', 0, 0),
        ("eora26", "Eora26_2010_bp_FD.txt", '\t', 0, 0),
        ("exiobase-2", "mrIot.txt", '\t', 2, 3),
        ("exiobase-2", "mrFinalDemand.txt", '\t', 2, 3),
        ("mario-csv", "Z.csv", ',', 4, 3),
        ("mario-csv", "Y.csv", ',', 4, 3),
    ] {
        let sample = all.iter().find(|w| w.name == name).unwrap();
        let original = table(&sample.path);
        let path = if file.is_empty() { sample.path.clone() } else { sample.path.join(file) };
        let text = std::fs::read_to_string(&path).unwrap();
        for (what, changed, expected) in changes(&text, separator, heads, labels) {
            let to = tempfile::tempdir().unwrap();
            let (found, said) = came(&original, &with_file(&sample.path, file, &changed, to.path()));
            let placed = found != Came::Refused
                || said.contains(path.file_name().unwrap().to_str().unwrap())
                || said.contains("no format of tables");
            if found != expected || !placed {
                wrong.push(format!("{name} {file}, {what}: {found:?}, expected {expected:?} {said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn records_may_come_in_any_order_and_none_may_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let all = written::all(&folder.path().join("all"));
    for name in ["figaro-flat", "mario-data"] {
        let sample = all.iter().find(|w| w.name == name).unwrap();
        let original = table(&sample.path);
        let text = std::fs::read_to_string(&sample.path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let with = |lines: &[&str]| lines.join("\n") + "\n";
        let columns_reversed: String = text.lines().map(|l| l.split(',').rev().collect::<Vec<_>>().join(",") + "\n").collect();
        let last = lines[lines.len() - 1];
        let relabelled = text.replacen(&format!(",{}", sample.mini.sectors[1]), ",Unknown", 1);
        for (what, changed, expected) in [
            ("columns in another order", columns_reversed, Came::Same),
            ("CR LF", text.replace('\n', "\r\n"), Came::Same),
            ("one line less", with(&lines[..lines.len() - 1]), Came::Refused),
            ("a line of the middle less", with(&[&lines[..40], &lines[41..]].concat()), Came::Refused),
            ("a line twice", with(&[&lines[..], &[last]].concat()), Came::Refused),
            ("cut off in a line", text[..text.len() * 7 / 10].to_string(), Came::Refused),
            ("a label", relabelled, Came::Refused),
            ("a heading", text.replacen(lines[0].rsplit(',').next().unwrap(), "amount", 1), Came::Refused),
        ] {
            let to = tempfile::tempdir().unwrap();
            let (found, said) = came(&original, &with_file(&sample.path, "", &changed, to.path()));
            assert_eq!(found, expected, "{name}, {what}: {said}");
        }
    }
}

#[test]
fn bare_numbers_that_balance_only_when_transposed_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let all = written::all(folder.path());
    let sample = all.iter().find(|w| w.name == "eora26").unwrap();
    let path = sample.path.join("Eora26_2010_bp_T.txt");
    let grid = cells(&std::fs::read_to_string(&path).unwrap(), '\t');
    let transposed: Vec<Vec<String>> = (0..grid.len()).map(|c| grid.iter().map(|row| row[c].clone()).collect()).collect();
    std::fs::write(&path, joined(&transposed, '\t')).unwrap();
    let found = table(&sample.path);
    assert!(found.remarks.iter().any(|r| r.code == "transposed-fits"), "{:?}", found.remarks);
    // numbers in another order than their labels: only the balance tells
    assert!(found.provenance.notes.iter().any(|n| n.contains("by their place alone")));
}
