//! How near a table is to trade shares, and how A is best kept and solved: the report of `isard detect`.

use std::fmt::Write;

use serde::Serialize;

use super::text::{grid, names};
use crate::operator::Misfit;
use crate::plan::Plan;
use crate::solve::Reason;

/// What `isard detect` found; its JSON as it stands.
#[derive(Debug, Clone, Serialize)]
pub struct Detection {
    /// The program.
    pub isard: &'static str,
    /// The file, or what else the table is.
    pub table: String,
    /// `SYNTHETIC` or `MODELLED`, where set.
    pub stamp: Option<String>,
    /// Number of regions R.
    pub regions: usize,
    /// The most products a region has, S.
    pub products: usize,
    /// Number of rows n.
    pub rows: usize,
    /// Whether every region has the same number of products, as the factored operator needs.
    pub regular: bool,
    /// What the fit misses and what each form costs.
    pub misfit: Misfit,
    /// Products in the order of `misfit.products`.
    pub names: Vec<String>,
    /// Passes over A that each method took.
    pub passes: Vec<Passes>,
    /// What to use.
    pub recommended: Recommended,
    /// What isard does by itself: for one right-hand side, and for one a region.
    pub plan: Vec<Plan>,
}

/// How a method did on the sum of all demand.
#[derive(Debug, Clone, Serialize)]
pub struct Passes {
    /// Its name.
    pub method: &'static str,
    /// Passes over A, where it was tried.
    pub passes: Option<usize>,
    /// Why it stopped.
    pub reason: Option<Reason>,
    /// Why it was not tried.
    pub refused: Option<String>,
}

/// A form of A and a method, with the reason.
#[derive(Debug, Clone, Serialize)]
pub struct Recommended {
    /// How to keep A.
    pub operator: &'static str,
    /// How to solve, if any method tried converged.
    pub method: Option<&'static str>,
    /// Why.
    pub because: String,
}

/// Products named as the worst ones.
const WORST: usize = 8;

/// The report for people.
pub fn text(d: &Detection) -> String {
    let (mut out, m) = (String::new(), &d.misfit);
    let _ = writeln!(out, "{}: {} regions, {} products, {} rows", crate::escape::line(&d.table), d.regions, d.products, d.rows);
    if let Some(stamp) = &d.stamp {
        let _ = writeln!(out, "{stamp}: these numbers come from modelled data; do not quote them as results");
    }
    let _ = writeln!(out, "\nMisfit to trade shares: domestic blocks as they are, one import pattern for each product and buying region");
    let (filled, all) = (m.forms[0].flops / 2, m.forms[1].flops / 2);
    let share = 100.0 * m.entries as f64 / all.max(1) as f64;
    let verdict = if m.exact { "A is made of trade shares, to rounding" } else { "only a correction makes the factors exact" };
    for (what, value) in [
        ("|A - A_fit| / |A|, Frobenius", format!("{:.2e}", m.frobenius)),
        ("|A - A_fit|, 1-norm, at most", format!("{:.2e}", m.column)),
        ("entries that differ", format!("{} of {all}, {share:.1} % ({filled} of A are not zero)", m.entries)),
        ("verdict", verdict.to_string()),
    ] {
        let _ = writeln!(out, "  {what:<28}   {value}");
    }
    worst(&mut out, d);
    let _ = writeln!(out, "\nForms of A");
    let least = m.forms.iter().map(|f| f.bytes).min().unwrap_or(1).max(1);
    let lines: Vec<Vec<String>> = m
        .forms
        .iter()
        .map(|f| {
            let exact = f.name != "factored" || m.exact;
            let note = if exact { "" } else { "not exact: for preconditioning" };
            vec![f.name.into(), size(f.bytes), count(f.flops), format!("{:.1}", f.bytes as f64 / least as f64), note.into()]
        })
        .collect();
    grid(&mut out, &names(&["form", "memory", "flops per product", "times the smallest", ""]), &lines);
    let _ = writeln!(out, "\nPasses over A to a relative residual of 1e-10, for the sum of all demand");
    let lines: Vec<Vec<String>> = d
        .passes
        .iter()
        .map(|p| {
            let note = match (&p.reason, &p.refused) {
                (Some(Reason::Converged), _) => String::new(),
                (Some(reason), _) => reason.to_string(),
                (None, refused) => refused.clone().unwrap_or_default(),
            };
            vec![p.method.into(), p.passes.map_or("-".into(), |p| p.to_string()), note]
        })
        .collect();
    grid(&mut out, &names(&["method", "passes", ""]), &lines);
    let method = d.recommended.method.map_or("none of these methods".into(), |m| format!("--method {m}"));
    let _ = writeln!(out, "\nRecommended: --operator {}, {method}", d.recommended.operator);
    let _ = writeln!(out, "  {}", d.recommended.because);
    for (plan, columns) in d.plan.iter().zip(["one right-hand side", "one a region"]) {
        let _ = writeln!(out, "Without options, {columns}: {}, {}\n  {}", plan.storage, plan.method.name(), plan.why);
    }
    out
}

fn worst(out: &mut String, d: &Detection) {
    let mut order: Vec<usize> = (0..d.misfit.products.len()).filter(|&i| d.misfit.products[i].entries > 0).collect();
    order.sort_by(|&a, &b| d.misfit.products[b].share.total_cmp(&d.misfit.products[a].share).then(a.cmp(&b)));
    let lines: Vec<Vec<String>> = order
        .iter()
        .take(WORST)
        .map(|&i| {
            let p = &d.misfit.products[i];
            vec![d.names[i].clone(), format!("{:.2e}", p.frobenius), format!("{:.1} %", 100.0 * p.share), p.entries.to_string()]
        })
        .collect();
    if !lines.is_empty() {
        let _ = writeln!(out, "\nProducts that fit worst");
        grid(out, &names(&["product", "misfit", "share of the square", "entries"]), &lines);
    }
}

fn size(bytes: usize) -> String {
    scaled(bytes as f64, &["B", "KB", "MB", "GB", "TB"])
}

fn count(number: usize) -> String {
    scaled(number as f64, &["", "K", "M", "G", "T"])
}

fn scaled(mut v: f64, units: &[&str]) -> String {
    let mut unit = 0;
    while v >= 1000.0 && unit + 1 < units.len() {
        v /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{v} {}", units[0]) } else { format!("{v:.1} {}", units[unit]) }.trim_end().to_string()
}
