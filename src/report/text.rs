//! Tables for people.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::Report;
use crate::bounded::Bounded;
use crate::decompose::{Check, Flows, ROUTES, Routes};
use crate::escape;
use crate::finding::{Finding, Level};
use crate::leontief::Family;
use crate::responsibility::{Account, SharingFactor};
use crate::system::Destination;
use crate::verdict::Verdict;

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

/// A column of numbers with as many decimals as its largest needs for six digits.
pub(super) fn decimals<'a>(numbers: impl Iterator<Item = &'a f64>) -> usize {
    let most = numbers.filter(|v| v.is_finite()).fold(0.0, |a: f64, v| a.max(v.abs()));
    if most == 0.0 { 2 } else { (4.0 - most.log10().floor()).clamp(0.0, 12.0) as usize }
}

pub(super) fn fixed(v: f64, decimals: usize) -> String {
    let text = format!("{v:.decimals$}");
    // a negative zero says nothing
    if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') { text.trim_start_matches('-').to_string() } else { text }
}

pub(crate) fn names(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_string()).collect()
}

/// The head of every report: which table, which stamp.
pub fn head(report: &Report) -> String {
    let table = &report.leontief.system.table;
    let mut out = String::new();
    let named = report.options.get("table").and_then(serde_json::Value::as_str);
    let source = table.provenance.files.first().map(|s| s.path.display().to_string());
    let source = source.or_else(|| named.map(str::to_string)).unwrap_or_else(|| "embedded table".into());
    let sheet = table.provenance.sheet.as_ref().map(|s| format!(" [{s}]")).unwrap_or_default();
    let (labels, source) = (&table.labels, escape::line(&source).into_owned() + &escape::line(&sheet));
    let _ = writeln!(out, "{source}: {} regions, {} rows, {} non-zero flows", labels.region_count(), labels.dim(), table.z.nnz());
    if let Some(stamp) = report.stamp() {
        let _ = writeln!(out, "{stamp}: these numbers come from modelled data; do not quote them as results");
    }
    for note in &table.provenance.notes {
        let _ = writeln!(out, "  note: {}", escape::line(note));
    }
    out
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

/// What must be said of the results themselves.
pub fn warnings(warnings: &[Finding]) -> String {
    warnings.iter().map(|w| format!("WARN {}: {}\n", w.code, escape::line(&w.message))).collect()
}

/// Flows by region, shares, the largest flows.
pub fn flows(report: &Report, flows: &Flows) -> String {
    let mut out = String::new();
    let regions = report.regions();
    let stamp = report.stamp().map(|s| format!("  [{s}]")).unwrap_or_default();
    let which = report.flows.iter().position(|f| std::ptr::eq(f, flows)).unwrap_or(report.stressor);
    let name = &report.leontief.system.table.stressors[which].name;
    let _ = writeln!(out, "\nEmissions of {} by origin and destination, {}{stamp}", escape::line(name), escape::line(&flows.unit));
    let have = |d: Destination| flows.column(d).is_some();
    let mut header = names(&["region", "direct", "for itself", "for others", "by others for it", "net outflow"]);
    let outside: Vec<(Destination, &str)> = [(Destination::Export, "export"), (Destination::Stock, "stock"), (Destination::Error, "error")]
        .into_iter()
        .filter(|(d, _)| have(*d))
        .collect();
    header.extend(outside.iter().map(|(_, n)| (*n).to_string()));
    header.push("largest bound".into());
    let d = decimals(flows.direct.iter().map(|b| &b.value));
    let mut rows: Vec<Vec<String>> = (0..flows.region_count())
        .map(|s| {
            let mut row = vec![regions[s].clone()];
            let cells = [flows.direct[s], flows.flow[[s, s]], flows.out(s), flows.into_region(s), flows.net(s)];
            row.extend(cells.iter().map(|b| fixed(b.value, d)));
            row.extend(outside.iter().map(|(k, _)| fixed(flows.to(s, *k).value, d)));
            let worst = crate::bounded::largest(flows.flow.row(s).iter().map(|b| b.bound));
            row.push(format!("{worst:.0e}"));
            row
        })
        .collect();
    let sum = |f: &dyn Fn(usize) -> Bounded| fixed((0..flows.region_count()).map(|s| f(s).value).sum(), d);
    let mut total = vec![
        "all".to_string(),
        sum(&|s| flows.direct[s]),
        sum(&|s| flows.flow[[s, s]]),
        sum(&|s| flows.out(s)),
        sum(&|s| flows.into_region(s)),
        sum(&|s| flows.net(s)),
    ];
    total.extend(outside.iter().map(|(k, _)| sum(&|s| flows.to(s, *k))));
    total.push(String::new());
    rows.push(total);
    grid(&mut out, &header, &rows);
    if let Some(households) = &flows.households {
        let all: f64 = households.iter().map(|h| h.value).sum();
        let _ = writeln!(out, "households emit {} {} directly, on top of these", fixed(all, d), flows.unit);
    }
    let (s, t) = (flows.shares(), flows.shares_of_total());
    let p = |v: Option<Bounded>| v.map_or("undefined".into(), |v| format!("{:.2} %", 100.0 * v.value));
    let _ = writeln!(out, "shares of own / other regions' / foreign final demand: {} / {} / {}", p(s.own), p(s.other), p(s.export));
    let _ = writeln!(
        out,
        "of all direct emissions: own {}, other {}, export {}, stock {}, error {}",
        p(t.own),
        p(t.other),
        p(t.export),
        p(t.stock),
        p(t.error)
    );
    largest(&mut out, flows, &regions, d);
    out
}

fn largest(out: &mut String, flows: &Flows, regions: &[String], d: usize) {
    let r = flows.region_count();
    let mut pairs: Vec<(usize, usize)> = (0..r).flat_map(|s| (0..r).map(move |t| (s, t))).filter(|(s, t)| s != t).collect();
    pairs.sort_by(|a, b| flows.flow[[b.0, b.1]].value.total_cmp(&flows.flow[[a.0, a.1]].value));
    let rows: Vec<Vec<String>> = pairs
        .iter()
        .take(8)
        .map(|&(s, t)| vec![format!("{} for {}", regions[s], regions[t]), fixed(flows.flow[[s, t]].value, d)])
        .collect();
    if !rows.is_empty() {
        let _ = writeln!(out, "\nLargest flows (who emits for whom), {}", flows.unit);
        grid(out, &names(&["flow", "emissions"]), &rows);
    }
}

/// Trade routes by region.
pub fn routes(report: &Report, routes: &Routes) -> String {
    let mut out = String::new();
    let (unit, main) = (&report.main_flows().unit, &report.leontief.system.table.stressors[report.stressor].name);
    let _ = writeln!(out, "\nTrade routes of {} by region of origin, {unit}", escape::line(main));
    let mut header = names(&["region"]);
    header.extend(ROUTES.iter().map(|(n, _)| (*n).to_string()));
    let d = decimals(routes.by_region.iter().map(|b| &b.value));
    let mut rows: Vec<Vec<String>> = report
        .regions()
        .into_iter()
        .zip(routes.by_region.rows())
        .map(|(name, row)| std::iter::once(name).chain(row.iter().map(|b| fixed(b.value, d))).collect())
        .collect();
    let mut total = vec!["all".to_string()];
    total.extend(routes.by_region.columns().into_iter().map(|c| fixed(c.iter().map(|b| b.value).sum(), d)));
    rows.push(total);
    grid(&mut out, &header, &rows);
    for (name, meaning) in ROUTES {
        let _ = writeln!(out, "  {name} {meaning}");
    }
    out
}

/// Principles that stand side by side in one table.
const ABREAST: usize = 6;

/// Responsibility by principle.
pub fn responsibility(report: &Report, accounts: &[Account], factor: &SharingFactor) -> String {
    let mut out = String::new();
    let flows = report.main_flows();
    let _ = writeln!(out, "\nResponsibility, {} (households left out)", flows.unit);
    for (at, accounts) in accounts.chunks(ABREAST).enumerate() {
        if at > 0 {
            out.push('\n');
        }
        side_by_side(&mut out, report, accounts, (at == 0).then_some(factor));
    }
    for a in accounts {
        let _ = writeln!(out, "  {}: {}", a.principle.name(), a.note);
    }
    out
}

/// Some principles in one table; the sharing factor and the households stand in the first.
fn side_by_side(out: &mut String, report: &Report, accounts: &[Account], factor: Option<&SharingFactor>) {
    let flows = report.main_flows();
    let households = flows.households.as_ref().filter(|_| factor.is_some());
    let mut header = names(&["region"]);
    header.extend(accounts.iter().map(|a| a.principle.name().to_string()));
    header.extend(factor.map(|_| "theta".into()));
    header.extend(households.map(|_| "households".into()));
    let d = decimals(flows.direct.iter().map(|b| &b.value));
    let mut rows = Vec::new();
    for (s, name) in report.regions().into_iter().enumerate() {
        let mut row = vec![name];
        row.extend(accounts.iter().map(|a| fixed(a.regions[s].value, d)));
        row.extend(factor.map(|f| format!("{:.4}", f.region[s].value)));
        row.extend(households.map(|h| fixed(h[s].value, d)));
        rows.push(row);
    }
    type Member = fn(&Account) -> Bounded;
    let members: [(&str, Member); 4] =
        [("abroad", |a| a.abroad), ("stock", |a| a.stock), ("error", |a| a.error), ("total", Account::total)];
    for (name, member) in members {
        if name != "total" && accounts.iter().all(|a| member(a).value == 0.0) {
            continue;
        }
        let mut row = vec![name.to_string()];
        row.extend(accounts.iter().map(|a| fixed(member(a).value, d)));
        row.extend(factor.map(|_| String::new()));
        row.extend(households.map(|h| if name == "total" { fixed(h.iter().map(|b| b.value).sum(), d) } else { String::new() }));
        rows.push(row);
    }
    grid(out, &header, &rows);
}

/// How solves went.
pub(super) fn solves(families: &[Family]) -> String {
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
pub(super) fn checks(checks: &[Check]) -> String {
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

/// Solves, checks and the verdict.
pub fn certificate(report: &Report) -> String {
    let mut out = solves(&report.leontief.families());
    if let Some(reason) = &report.leontief.fallback {
        let _ = writeln!(out, "  {} took over from the method asked for: {reason}", report.leontief.method.name());
    }
    for f in report.leontief.families().iter().filter(|f| f.superseded) {
        let _ = writeln!(out, "  {} by {} stopped ({}); the line after it took over", f.name, f.method, f.reason);
    }
    out += &checks(&report.checks);
    out += &verdicts(&report.verdicts());
    out
}

/// The verdict on each section, and on all of them.
pub(super) fn verdicts(all: &[Verdict]) -> String {
    let mut out = String::from("Verdicts (bound against what is allowed, at its worst)\n");
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|v| {
            let worst = v.worst.as_ref().map_or("all exact".into(), |w| format!("{:.1e} of {:.1e}: {}", w.bound, w.allowed, w.name));
            vec![v.section.to_string(), v.numbers.to_string(), if v.certified { "certified" } else { "UNCERTIFIED" }.into(), worst]
        })
        .collect();
    grid(&mut out, &names(&["section", "numbers", "verdict", "worst"]), &rows);
    let reasons: Vec<String> = all.iter().flat_map(Verdict::reasons).collect();
    if all.iter().all(|v| v.certified) {
        let tolerance = all.first().map_or(0.0, |v| v.tolerance);
        let _ =
            writeln!(out, "CERTIFIED (arithmetic): every number printed is within {tolerance:.0e} of itself or the floor of its section");
    } else {
        let _ = writeln!(out, "UNCERTIFIED: {}", reasons.join("; "));
    }
    let _ = writeln!(out, "  {}", crate::verdict::SCOPE);
    out
}

/// Accounts by region, one table per stressor.
pub fn accounts(report: &Report, all: &[crate::decompose::accounts::Accounts]) -> String {
    let mut out = String::new();
    let table = &report.leontief.system.table;
    for (a, stressor) in all.iter().zip(&table.stressors) {
        let included =
            if stressor.households.is_some() { "households included in D_pba_reg and D_cba_reg" } else { "no household emissions given" };
        let _ = writeln!(out, "\nAccounts of {}, {} ({included})", escape::line(&stressor.name), escape::line(&stressor.unit));
        let columns = [&a.pba_reg, &a.cba_reg, &a.imports_reg, &a.exports_reg];
        let d = decimals(columns.iter().flat_map(|c| c.iter()).map(|b| &b.value));
        let rows: Vec<Vec<String>> = report
            .regions()
            .into_iter()
            .enumerate()
            .map(|(r, name)| std::iter::once(name).chain(columns.iter().map(|c| fixed(c[r].value, d))).collect())
            .collect();
        grid(&mut out, &names(&["region", "D_pba_reg", "D_cba_reg", "D_imp_reg", "D_exp_reg"]), &rows);
    }
    let _ = writeln!(out, "by sector and product: --json or --output DIR");
    out
}
