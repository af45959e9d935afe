//! Text for people: tables with aligned columns, then solves, checks and verdicts.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::check::Check;
use crate::escape;
use crate::finding::{Finding, Level};
use crate::labels::Tongue;
use crate::leontief::SolveRecord;
use crate::report::digits::{decimals, fixed};
use crate::report::document::Document;
use crate::report::sheet::{Cell, Layout, Sheet};
use crate::verdict::Verdict;

/// What a stamp means.
pub(crate) const MODELLED: &str = "these numbers come from modelled data; do not quote them as results";
/// Columns of a short page.
const WIDTH: usize = 80;
/// Rows at each end of a table on a short page.
const ENDS: usize = 5;

/// All pages of a document.
pub fn page(document: &Document) -> String {
    let (mut out, head) = (String::new(), &document.head);
    let tongue = head.tongue.unwrap_or_default();
    if !head.about.is_empty() {
        let _ = writeln!(out, "{}", escape::line(&tongue.tell(&head.about)));
    }
    stamp(&mut out, head.stamp, tongue, &|out, line| {
        let _ = writeln!(out, "{line}");
    });
    notes(&mut out, &head.notes, tongue);
    head.findings.iter().for_each(|findings| out += &audit(findings, head.whole_audit, tongue));
    document.sheets.iter().filter(|s| s.page).for_each(|s| table(&mut out, s, head.stamp, tongue));
    notes(&mut out, &document.notes, tongue);
    for w in document.warnings.iter() {
        let _ = writeln!(out, "WARN {}: {}", w.code, escape::line(&tongue.tell(&w.message)));
    }
    if document.plain {
        return out;
    }
    out += &solves(&document.solves, tongue);
    if let Some(fallback) = &document.fallback {
        let _ = writeln!(out, "  {}", tongue.tell(fallback));
    }
    for f in document.solves.iter().filter(|f| f.superseded) {
        let line = format!("{} by {} stopped ({}); the line after it took over", tongue.say(&f.name), f.method, f.reason);
        let _ = writeln!(out, "  {}", tongue.say(&line));
    }
    out += &checks(document.checks, tongue);
    out += &verdicts(&document.verdicts, tongue);
    out
}

/// What a stamp means, on a line of its own.
fn stamp(out: &mut String, stamp: Option<&str>, tongue: Tongue, line: &dyn Fn(&mut String, &str)) {
    if let Some(stamp) = stamp {
        line(out, &format!("{}{}{}", tongue.say(stamp), tongue.pick(": ", "："), tongue.say(MODELLED)));
    }
}

fn notes(out: &mut String, notes: &[String], tongue: Tongue) {
    for note in notes {
        let _ = writeln!(out, "  {}", escape::line(&format!("{}{}", tongue.pick("note: ", "说明："), tongue.tell(note))));
    }
}

/// One page of a document: the verdict, what sheets have for a short page, and what to do next.
pub fn short(document: &Document) -> String {
    let (mut out, head) = (String::new(), &document.head);
    let tongue = head.tongue.unwrap_or_default();
    if !head.about.is_empty() {
        wrapped(&mut out, "", &escape::line(&tongue.tell(&head.about)));
    }
    stamp(&mut out, head.stamp, tongue, &|out, line| wrapped(out, "", line));
    outcome(&document.verdicts, None, tongue).lines().for_each(|line| wrapped(&mut out, "", line));
    for sheet in document.sheets.iter().filter(|s| s.page) {
        let Some(digest) = &sheet.digest else {
            if sheet.asked {
                table(&mut out, sheet, head.stamp, tongue);
            }
            continue;
        };
        out.push('\n');
        wrapped(&mut out, "", &title(sheet, head.stamp, tongue));
        let order = ordered(sheet, digest.by);
        let few = order.len() <= 2 * ENDS + 1;
        let ends = if few { vec![&order[..]] } else { vec![&order[..ENDS], &order[order.len() - ENDS..]] };
        let (header, mut rows) = drawn(sheet, &ends.concat(), &digest.columns, tongue);
        if !few {
            let gap = header.iter().enumerate().map(|(c, _)| if c == 0 { "...".into() } else { String::new() }).collect();
            rows.insert(ENDS, gap);
        }
        grid(&mut out, &header, &rows);
        digest.notes.iter().for_each(|note| wrapped(&mut out, "  ", &escape::line(&tongue.tell(note))));
    }
    out.push('\n');
    for w in document.warnings.iter().take(ENDS) {
        wrapped(&mut out, "", &format!("WARN {}: {}", w.code, escape::line(&tongue.tell(&w.message))));
    }
    if document.warnings.len() > ENDS {
        let _ = writeln!(out, "{}", tongue.say(&format!("and {} more warning(s) about the results", document.warnings.len() - ENDS)));
    }
    let findings = head.findings.iter().flat_map(|f| f.iter()).filter(|f| f.level == Level::Warn).count();
    if findings > 0 {
        let _ = writeln!(out, "{}", tongue.say(&format!("{findings} warning(s) about the data")));
    }
    if let Some(fallback) = &document.fallback {
        wrapped(&mut out, "", &tongue.tell(fallback));
    }
    document.next.iter().for_each(|line| wrapped(&mut out, "", &tongue.say(line)));
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

fn title(sheet: &Sheet, stamp: Option<&str>, tongue: Tongue) -> String {
    let stamp = stamp.map(|s| format!("  [{}]", tongue.say(s))).unwrap_or_default();
    format!("{}{stamp}", escape::line(&heading(sheet, tongue)))
}

/// Title, unit and reading of a sheet.
pub(crate) fn heading(sheet: &Sheet, tongue: Tongue) -> String {
    let unit = if sheet.unit.is_empty() { String::new() } else { format!("{}{}", tongue.pick(", ", "，"), tongue.unit(&sheet.unit)) };
    let reads = if sheet.reads.is_empty() { String::new() } else { format!("{}{}", tongue.pick(": ", "："), tongue.say(&sheet.reads)) };
    format!("{}{unit}{reads}", tongue.say(&sheet.title))
}

/// A heading for readers: the parts of a name, without empty ones.
pub(crate) fn plainly(name: &str) -> String {
    name.split(" | ").map(str::trim).filter(|p| !p.is_empty() && *p != "|").collect::<Vec<_>>().join(" / ")
}

/// Title and unit of a sheet.
pub(crate) fn titled(sheet: &Sheet, tongue: Tongue) -> String {
    let said = sheet.unit.is_empty() || sheet.title.contains(&sheet.unit);
    let unit = if said { String::new() } else { format!("{}{}", tongue.pick(", ", "，"), tongue.unit(&sheet.unit)) };
    format!("{}{unit}", tongue.say(&sheet.title))
}

/// One sheet under its title.
fn table(out: &mut String, sheet: &Sheet, stamp: Option<&str>, tongue: Tongue) {
    let _ = writeln!(out, "\n{}", title(sheet, stamp, tongue));
    let (header, rows) = whole(sheet, tongue);
    if !header.is_empty() && !rows.is_empty() {
        grid(out, &header, &rows);
    }
    sheet.notes.iter().for_each(|note| out.extend(["  ", &escape::line(&tongue.tell(note)), "\n"]));
}

/// A whole sheet as words: headings, and rows.
pub(crate) fn whole(sheet: &Sheet, tongue: Tongue) -> (Vec<String>, Vec<Vec<String>>) {
    let all = |count: usize| (0..count).collect::<Vec<_>>();
    drawn(sheet, &all(sheet.rows.count), &all(sheet.columns.count), tongue)
}

/// The parts of the name of a row; labels of the data stay as they are, names of sums do not.
pub(crate) fn row_name(sheet: &Sheet, k: usize, tongue: Tongue) -> Vec<String> {
    let sum = k + sheet.sums >= sheet.rows.count;
    let one =
        |(heading, name): (&String, String)| if sum { tongue.say(&name).into_owned() } else { tongue.name(heading, &name).into_owned() };
    sheet.rows.headings.iter().zip(sheet.rows.name(k)).map(one).collect()
}

/// Some rows and columns as words. A matrix has one number of decimals, other layouts one for each column; sums need no more.
fn drawn(sheet: &Sheet, rows: &[usize], columns: &[usize], tongue: Tongue) -> (Vec<String>, Vec<Vec<String>>) {
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
    let mut header: Vec<String> = sheet.rows.headings.iter().map(|h| tongue.say(h).into_owned()).collect();
    let of_columns = sheet.columns.headings.first().map_or("", String::as_str);
    for (c, name) in names.iter().enumerate() {
        header.push(tongue.name(of_columns, &name.0).into_owned());
        header.extend(bound(c).map(|b| tongue.say(b).into_owned()));
    }
    let lines = rows.iter().zip(&cells).map(|(&k, cells)| {
        let mut row = row_name(sheet, k, tongue);
        for (c, &at) in columns.iter().enumerate() {
            row.push(shown(&cells[at], digits[c], tongue));
            let width = |cell: &Cell| if let Cell::Bounded(v) = cell { format!("{:.0e}", v.bound) } else { String::new() };
            row.extend(bound(c).map(|_| width(&cells[at])));
        }
        row
    });
    (header, lines.collect())
}

fn shown(cell: &Cell, decimals: usize, tongue: Tongue) -> String {
    match cell {
        Cell::Bounded(v) => fixed(v.value, decimals),
        Cell::Number(v) => fixed(*v, decimals),
        Cell::Count(n) => n.to_string(),
        Cell::Word(word) => tongue.say(word).into_owned(),
        Cell::Flag(yes) => tongue.say(if *yes { "yes" } else { "no" }).into_owned(),
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

fn headings(words: &[&str], tongue: Tongue) -> Vec<String> {
    words.iter().map(|w| tongue.say(w).into_owned()).collect()
}

/// Findings of the audit; those at level PASS only in full.
pub fn audit(findings: &[Finding], full: bool, tongue: Tongue) -> String {
    let mut out = String::new();
    let count = |l: Level| findings.iter().filter(|f| f.level == l).count();
    let line = format!("audit: {} FAIL, {} WARN, {} PASS", count(Level::Fail), count(Level::Warn), count(Level::Pass));
    let _ = writeln!(out, "{}", tongue.say(&line));
    for f in findings.iter().filter(|f| full || f.level == Level::Fail) {
        let level = match f.level {
            Level::Pass => "PASS",
            Level::Warn => "WARN",
            Level::Fail => "FAIL",
        };
        let _ = writeln!(out, "  {level} {}: {}", f.code, escape::line(&tongue.tell(&f.message)));
    }
    out
}

/// How solves went.
pub(crate) fn solves(solves: &[SolveRecord], tongue: Tongue) -> String {
    let mut out = format!("\n{}\n", tongue.say("Solves"));
    let rows: Vec<Vec<String>> = solves
        .iter()
        .map(|f| {
            let residual = format!("{:.1e}", f.residual);
            let name = tongue.tell(&f.name).into_owned();
            vec![name, f.method.into(), f.operator.into(), f.columns.to_string(), f.passes.to_string(), residual]
        })
        .collect();
    let last = tongue.pick("residual", "残差");
    let mut header = headings(&["family", "method", "operator", "columns", "passes"], tongue);
    header.push(last.into());
    grid(&mut out, &header, &rows);
    out
}

/// Totals that must agree.
pub(crate) fn checks(checks: &[Check], tongue: Tongue) -> String {
    let mut out = format!("{}\n", tongue.say("Checks (relative difference, allowed)"));
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|c| {
            let holds = tongue.say(if c.holds { "holds" } else { "FAILS" }).into_owned();
            vec![tongue.tell(&c.name).into_owned(), format!("{:.1e}", c.found), format!("{:.0e}", c.limit), holds]
        })
        .collect();
    grid(&mut out, &headings(&["identity", "found", "allowed", ""], tongue), &rows);
    out
}

/// The verdict on each section, and on all of them.
pub(crate) fn verdicts(all: &[Verdict], tongue: Tongue) -> String {
    verdicts_beside(all, None, tongue)
}

/// As [`verdicts`], beside numbers that say that they have no bound.
pub(crate) fn verdicts_beside(all: &[Verdict], without: Option<&str>, tongue: Tongue) -> String {
    let mut out = format!("{}\n", tongue.say("Verdicts (bound against what is allowed, at its worst)"));
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|v| {
            let of = tongue.pick(" of ", " / ");
            let worst = v.worst.as_ref();
            let worst = worst.map_or(tongue.say("all exact").into_owned(), |w| {
                format!("{:.1e}{of}{:.1e}{}{}", w.bound, w.allowed, tongue.pick(": ", "："), tongue.tell(&w.name))
            });
            let said = tongue.say(if v.certified { "certified" } else { "UNCERTIFIED" }).into_owned();
            vec![tongue.say(v.section).into_owned(), v.numbers.to_string(), said, worst]
        })
        .collect();
    grid(&mut out, &headings(&["section", "numbers", "verdict", "worst"], tongue), &rows);
    out + &outcome(all, without, tongue)
}

/// Whether all sections hold, and what that does not cover.
fn outcome(all: &[Verdict], without: Option<&str>, tongue: Tongue) -> String {
    let certified = all.iter().all(|v| v.certified);
    let line = match without {
        Some(without) if certified => {
            format!("WITHOUT A BOUND: {without}; every number that has a bound is within what is allowed (certified, arithmetic)")
        }
        None if certified => {
            let tolerance = all.first().map_or(0.0, |v| v.tolerance);
            format!("CERTIFIED (arithmetic): every number printed is within {tolerance:.0e} of itself or the floor of its section")
        }
        _ => {
            let reasons: Vec<String> = all.iter().flat_map(Verdict::reasons).chain(without.map(String::from)).collect();
            format!("UNCERTIFIED: {}", reasons.join("; "))
        }
    };
    format!("{}\n  {}\n", tongue.tell(&line), tongue.say(crate::verdict::SCOPE))
}
