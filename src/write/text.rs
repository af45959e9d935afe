//! Text for people: tables with aligned columns, then solves, checks and verdicts.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::check::Check;
use crate::escape;
use crate::finding::{Finding, Level};
use crate::leontief::Family;
use crate::report::digits::{decimals, fixed};
use crate::report::document::Document;
use crate::report::sheet::{Cell, Layout, Sheet};
use crate::verdict::Verdict;

/// What a stamp means.
const MODELLED: &str = "these numbers come from modelled data; do not quote them as results";
/// Columns of a short page.
const WIDTH: usize = 80;
/// Rows at each end of a table on a short page.
const ENDS: usize = 5;

/// All pages of a document.
pub fn page(document: &Document) -> String {
    let (mut out, head) = (String::new(), &document.head);
    if !head.about.is_empty() {
        let _ = writeln!(out, "{}", escape::line(&head.about));
    }
    if let Some(stamp) = head.stamp {
        let _ = writeln!(out, "{stamp}: {MODELLED}");
    }
    notes(&mut out, &head.notes);
    head.findings.iter().for_each(|findings| out += &audit(findings, head.whole_audit));
    document.sheets.iter().filter(|s| s.page).for_each(|s| table(&mut out, s, head.stamp));
    notes(&mut out, &document.notes);
    for w in document.warnings.iter() {
        let _ = writeln!(out, "WARN {}: {}", w.code, escape::line(&w.message));
    }
    if document.plain {
        return out;
    }
    out += &solves(&document.solves);
    if let Some(fallback) = &document.fallback {
        let _ = writeln!(out, "  {fallback}");
    }
    for f in document.solves.iter().filter(|f| f.superseded) {
        let _ = writeln!(out, "  {} by {} stopped ({}); the line after it took over", f.name, f.method, f.reason);
    }
    out += &checks(document.checks);
    out += &verdicts(&document.verdicts);
    out
}

fn notes(out: &mut String, notes: &[String]) {
    for note in notes {
        let _ = writeln!(out, "  note: {}", escape::line(note));
    }
}

/// One page of a document: the verdict, what sheets have for a short page, and what to do next.
pub fn short(document: &Document) -> String {
    let (mut out, head) = (String::new(), &document.head);
    if !head.about.is_empty() {
        wrapped(&mut out, "", &escape::line(&head.about));
    }
    if let Some(stamp) = head.stamp {
        wrapped(&mut out, "", &format!("{stamp}: {MODELLED}"));
    }
    outcome(&document.verdicts, None).lines().for_each(|line| wrapped(&mut out, "", line));
    for sheet in document.sheets.iter().filter(|s| s.page) {
        let Some(digest) = &sheet.digest else {
            if sheet.asked {
                table(&mut out, sheet, head.stamp);
            }
            continue;
        };
        out.push('\n');
        wrapped(&mut out, "", &title(sheet, head.stamp));
        let order = ordered(sheet, digest.by);
        let few = order.len() <= 2 * ENDS + 1;
        let ends = if few { vec![&order[..]] } else { vec![&order[..ENDS], &order[order.len() - ENDS..]] };
        let (header, mut rows) = drawn(sheet, &ends.concat(), &digest.columns);
        if !few {
            let gap = header.iter().enumerate().map(|(c, _)| if c == 0 { "...".into() } else { String::new() }).collect();
            rows.insert(ENDS, gap);
        }
        grid(&mut out, &header, &rows);
        digest.notes.iter().for_each(|note| wrapped(&mut out, "  ", &escape::line(note)));
    }
    out.push('\n');
    for w in document.warnings.iter().take(ENDS) {
        wrapped(&mut out, "", &format!("WARN {}: {}", w.code, escape::line(&w.message)));
    }
    if document.warnings.len() > ENDS {
        let _ = writeln!(out, "and {} more warning(s) about the results", document.warnings.len() - ENDS);
    }
    let findings = head.findings.iter().flat_map(|f| f.iter()).filter(|f| f.level == Level::Warn).count();
    if findings > 0 {
        let _ = writeln!(out, "{findings} warning(s) about the data");
    }
    if let Some(fallback) = &document.fallback {
        wrapped(&mut out, "", fallback);
    }
    document.next.iter().for_each(|line| wrapped(&mut out, "", line));
    out
}

/// A line of words, in lines of at most [`WIDTH`] columns where it has spaces; further ones are set in.
fn wrapped(out: &mut String, indent: &str, line: &str) {
    let mut used = 0;
    for word in line.split(' ') {
        let gap = if used == 0 {
            indent.to_string()
        } else if used + 1 + word.width() > WIDTH {
            format!("\n{indent}  ")
        } else {
            " ".into()
        };
        used = if used == 0 || gap.starts_with('\n') { gap.trim_start_matches('\n').width() } else { used + 1 } + word.width();
        out.extend([&gap, word]);
    }
    out.push('\n');
}

/// Rows without the sums at the end, the largest in a column first.
fn ordered(sheet: &Sheet, by: usize) -> Vec<usize> {
    let value = |k: usize| sheet.row(k).get(by).and_then(number).unwrap_or(f64::NEG_INFINITY);
    let mut order: Vec<(f64, usize)> = (0..sheet.rows.count - sheet.sums).map(|k| (value(k), k)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    order.into_iter().map(|(_, k)| k).collect()
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Bounded(v) => Some(v.value),
        Cell::Number(v) => Some(*v),
        _ => None,
    }
}

fn title(sheet: &Sheet, stamp: Option<&str>) -> String {
    let unit = if sheet.unit.is_empty() { String::new() } else { format!(", {}", sheet.unit) };
    let reads = if sheet.reads.is_empty() { String::new() } else { format!(": {}", sheet.reads) };
    let stamp = stamp.map(|s| format!("  [{s}]")).unwrap_or_default();
    format!("{}{stamp}", escape::line(&format!("{}{unit}{reads}", sheet.title)))
}

/// One sheet under its title.
fn table(out: &mut String, sheet: &Sheet, stamp: Option<&str>) {
    let _ = writeln!(out, "\n{}", title(sheet, stamp));
    let (header, rows) = whole(sheet);
    if !header.is_empty() && !rows.is_empty() {
        grid(out, &header, &rows);
    }
    sheet.notes.iter().for_each(|note| out.extend(["  ", &escape::line(note), "\n"]));
}

/// A whole sheet as words: headings, and rows.
pub(crate) fn whole(sheet: &Sheet) -> (Vec<String>, Vec<Vec<String>>) {
    let all = |count: usize| (0..count).collect::<Vec<_>>();
    drawn(sheet, &all(sheet.rows.count), &all(sheet.columns.count))
}

/// Some rows and columns as words. A matrix has one number of decimals, other layouts one for each column; sums need no more.
fn drawn(sheet: &Sheet, rows: &[usize], columns: &[usize]) -> (Vec<String>, Vec<Vec<String>>) {
    let cells: Vec<Vec<Cell>> = rows.iter().map(|&k| sheet.row(k)).collect();
    let single = sheet.rows.count - sheet.sums;
    let counted: Vec<&Vec<Cell>> = rows.iter().zip(&cells).filter(|(k, _)| **k < single).map(|(_, cells)| cells).collect();
    let names: Vec<(String, Option<String>)> = columns.iter().map(|&k| sheet.column(k)).collect();
    let bound = |c: usize| names[c].1.as_ref().filter(|_| sheet.layout == Layout::Beside);
    let apart = sheet.layout == Layout::Apart;
    let digits: Vec<usize> = columns
        .iter()
        .map(|&k| {
            let numbers = |row: &&Vec<Cell>| -> Vec<f64> {
                let shown = columns.iter().filter(|c| apart || **c == k);
                shown.filter_map(|&c| number(&row[c])).collect()
            };
            decimals(counted.iter().flat_map(numbers))
        })
        .collect();
    let mut header = sheet.rows.headings.clone();
    (0..columns.len()).for_each(|c| header.extend([Some(&names[c].0), bound(c)].into_iter().flatten().cloned()));
    let lines = rows.iter().zip(&cells).map(|(&k, cells)| {
        let mut row = sheet.rows.name(k);
        for (c, &at) in columns.iter().enumerate() {
            row.push(shown(&cells[at], digits[c]));
            let width = |cell: &Cell| if let Cell::Bounded(v) = cell { format!("{:.0e}", v.bound) } else { String::new() };
            row.extend(bound(c).map(|_| width(&cells[at])));
        }
        row
    });
    (header, lines.collect())
}

fn shown(cell: &Cell, decimals: usize) -> String {
    match cell {
        Cell::Bounded(v) => fixed(v.value, decimals),
        Cell::Number(v) => fixed(*v, decimals),
        Cell::Count(n) => n.to_string(),
        Cell::Word(word) => word.clone(),
        Cell::Flag(yes) => if *yes { "yes" } else { "no" }.into(),
        Cell::Empty => "-".into(),
    }
}

/// Writes a table: first column to the left, the rest to the right, each cell in one line.
pub(crate) fn grid(out: &mut String, header: &[String], rows: &[Vec<String>]) {
    let shown = |row: &[String]| row.iter().map(|cell| escape::line(cell).into_owned()).collect::<Vec<_>>();
    let lines: Vec<Vec<String>> = std::iter::once(header).chain(rows.iter().map(Vec::as_slice)).map(shown).collect();
    let width = |c: usize| lines.iter().map(|r| r[c].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    for row in &lines {
        let mut line = String::new();
        for (c, cell) in row.iter().enumerate() {
            let fill = " ".repeat(widths[c] - cell.width());
            let gap = if c == 0 { "  " } else { "   " };
            line += &if c == 0 { format!("{gap}{cell}{fill}") } else { format!("{gap}{fill}{cell}") };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

pub(crate) fn names(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_string()).collect()
}

/// Findings of the audit; those at level PASS only in full.
pub fn audit(findings: &[Finding], full: bool) -> String {
    let mut out = String::new();
    let count = |l: Level| findings.iter().filter(|f| f.level == l).count();
    let _ = writeln!(out, "audit: {} FAIL, {} WARN, {} PASS", count(Level::Fail), count(Level::Warn), count(Level::Pass));
    for f in findings.iter().filter(|f| full || f.level == Level::Fail) {
        let level = match f.level {
            Level::Pass => "PASS",
            Level::Warn => "WARN",
            Level::Fail => "FAIL",
        };
        let _ = writeln!(out, "  {level} {}: {}", f.code, escape::line(&f.message));
    }
    out
}

/// How solves went.
pub(crate) fn solves(families: &[Family]) -> String {
    let mut out = String::from("\nSolves\n");
    let rows: Vec<Vec<String>> = families
        .iter()
        .map(|f| {
            let residual = format!("{:.1e}", f.residual);
            vec![f.name.clone(), f.method.into(), f.operator.into(), f.columns.to_string(), f.passes.to_string(), residual]
        })
        .collect();
    grid(&mut out, &names(&["family", "method", "operator", "columns", "passes", "residual"]), &rows);
    out
}

/// Totals that must agree.
pub(crate) fn checks(checks: &[Check]) -> String {
    let mut out = String::from("Checks (relative difference, allowed)\n");
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|c| {
            vec![c.name.clone(), format!("{:.1e}", c.found), format!("{:.0e}", c.limit), if c.holds { "holds" } else { "FAILS" }.into()]
        })
        .collect();
    grid(&mut out, &names(&["identity", "found", "allowed", ""]), &rows);
    out
}

/// The verdict on each section, and on all of them.
pub(crate) fn verdicts(all: &[Verdict]) -> String {
    verdicts_beside(all, None)
}

/// As [`verdicts`], beside numbers that say that they have no bound.
pub(crate) fn verdicts_beside(all: &[Verdict], without: Option<&str>) -> String {
    let mut out = String::from("Verdicts (bound against what is allowed, at its worst)\n");
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|v| {
            let worst = v.worst.as_ref().map_or("all exact".into(), |w| format!("{:.1e} of {:.1e}: {}", w.bound, w.allowed, w.name));
            vec![v.section.to_string(), v.numbers.to_string(), if v.certified { "certified" } else { "UNCERTIFIED" }.into(), worst]
        })
        .collect();
    grid(&mut out, &names(&["section", "numbers", "verdict", "worst"]), &rows);
    out + &outcome(all, without)
}

/// Whether all sections hold, and what that does not cover.
fn outcome(all: &[Verdict], without: Option<&str>) -> String {
    let mut out = String::new();
    let reasons: Vec<String> = all.iter().flat_map(Verdict::reasons).chain(without.map(String::from)).collect();
    if let Some(without) = without.filter(|_| all.iter().all(|v| v.certified)) {
        let _ =
            writeln!(out, "WITHOUT A BOUND: {without}; every number that has a bound is within what is allowed (certified, arithmetic)");
    } else if all.iter().all(|v| v.certified) {
        let tolerance = all.first().map_or(0.0, |v| v.tolerance);
        let _ =
            writeln!(out, "CERTIFIED (arithmetic): every number printed is within {tolerance:.0e} of itself or the floor of its section");
    } else {
        let _ = writeln!(out, "UNCERTIFIED: {}", reasons.join("; "));
    }
    let _ = writeln!(out, "  {}", crate::verdict::SCOPE);
    out
}
