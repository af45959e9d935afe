//! Scores of estimators on simulated panels as text and a document: a row for each estimator, a column for each design.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cost::simulate::{Cell, Design, Gating, Score};
use crate::report::document::Document;
use crate::write::text::grid;

/// What the numbers are.
const SCOPE: &str = "measurements of estimators, not results: no number here has a bound";

/// The estimators in the order of the table.
fn estimators(cells: &[Cell]) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for cell in cells {
        if !found.contains(&cell.estimator.as_str()) {
            found.push(&cell.estimator);
        }
    }
    found
}

/// The mean over designs of what is there.
fn mean(cells: &[&Cell], of: impl Fn(&Score) -> Option<f64>) -> Option<f64> {
    let all: Vec<f64> = cells.iter().filter_map(|c| of(&c.score)).collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

/// The table for people.
pub fn text(designs: &[Design], cells: &[Cell], seeds: &[u64], gating: Option<Gating>) -> String {
    let mut out = String::new();
    let span = if seeds.len() == 1 { format!("seed {}", seeds[0]) } else { format!("seeds {}-{}", seeds[0], seeds[seeds.len() - 1]) };
    let _ = writeln!(out, "Simulated panels, {span}: rank correlation with the true prices / median absolute error in %, means over seeds");
    for d in designs {
        let _ = writeln!(out, "  {}: {} regions, {} years", d.name, d.regions, d.years);
    }
    let header: Vec<String> = ["estimator"].into_iter().chain(designs.iter().map(|d| d.name)).chain(["mean"]).map(String::from).collect();
    let pair = |rank: Option<f64>, error: Option<f64>| {
        let number = |v: Option<f64>, digits: usize| v.map_or("-".to_string(), |v| format!("{v:.digits$}"));
        format!("{}/{}", number(rank, 2), number(error, 0))
    };
    let rows: Vec<Vec<String>> = estimators(cells)
        .into_iter()
        .map(|name| {
            let own: Vec<&Cell> = cells.iter().filter(|c| c.estimator == name).collect();
            let all = pair(mean(&own, |s| s.rank), mean(&own, |s| s.error));
            let one = |c: &&Cell| if c.seeds == 0 { "none".to_string() } else { pair(c.score.rank, c.score.error) };
            [name.to_string()].into_iter().chain(own.iter().map(one)).chain([all]).collect()
        })
        .collect();
    grid(&mut out, &header, &rows);
    let lacks = |s: &Score| s.rank.is_none() || s.error.is_none();
    if cells.iter().any(|c| c.seeds > 0 && lacks(&c.score)) {
        let _ = writeln!(
            out,
            "  - before /: the prices, or the true ones, do not vary, so no rank; - after /: no true price above 0 to compare with"
        );
    }
    if cells.iter().any(|c| c.seeds == 0) {
        let _ = writeln!(out, "  none: no seed has a result");
    }
    if let Some(g) = gating {
        let _ = writeln!(out, "Panels that identify the price (elasticity of GDP to CO2, and {} placebos, seed {}):", g.draws, g.seed);
        for cell in cells.iter().filter(|c| !c.estimator.contains(", ")) {
            let _ = writeln!(out, "  {} on {}: {} of {}", cell.estimator, cell.design, cell.identified.unwrap_or(0), cell.seeds);
        }
    }
    for cell in cells {
        if let Some(why) = &cell.failed {
            let left = seeds.len() - cell.seeds;
            let _ = writeln!(
                out,
                "  {} on {}: {left} of {} seeds have no result, the first because {why}",
                cell.estimator,
                cell.design,
                seeds.len()
            );
        }
    }
    let _ = writeln!(out, "  {SCOPE}");
    out
}

/// The same for scripts.
pub fn document(designs: &[Design], cells: &[Cell], seeds: &[u64], gating: Option<Gating>) -> Document<'static> {
    let mut document = Document { plain: true, ..Document::default() };
    let size = |d: &Design| json!({"name": d.name, "regions": d.regions, "years": d.years});
    document.put("simulated", designs.iter().map(size).collect::<Value>());
    document.put("seeds", seeds);
    document.put("scores", json!(cells));
    document.put("scope", SCOPE);
    if let Some(g) = gating {
        document.put("placebo", json!({"draws": g.draws, "seed": g.seed}));
    }
    document
}
