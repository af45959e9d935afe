//! How solves came nearer: the worst error after each pass, in units of what is allowed.

use maud::{Markup, html};

use super::plot::{Axis, Count, Series, figure};
use crate::report::document::Document;
use crate::write::words::{chinese, say};

/// Solves that are drawn.
const MOST: usize = 8;

/// The curves of solves by passes; nothing where all were direct.
pub(super) fn section(document: &Document) -> Markup {
    let slow: Vec<_> = document.solves.iter().filter(|f| f.history.len() > 1).take(MOST).collect();
    if slow.is_empty() {
        return html! {};
    }
    let series: Vec<Series> = slow
        .iter()
        .map(|f| Series {
            name: (f.name.clone(), chinese(&f.name).unwrap_or_else(|| f.name.clone())),
            points: f.history.iter().map(|s| (s.pass as f64, s.measure)).collect(),
            joined: true,
            labels: Vec::new(),
        })
        .collect();
    let all = || series.iter().flat_map(|s| s.points.iter());
    let x = Axis::of("passes over A", "对 A 的遍数", Count::Plain, all().map(|p| p.0));
    let y = Axis::of("error, 1 = allowed", "误差（1 为容许值）", Count::Log, all().map(|p| p.1).chain([1.0]));
    html! {
        h3 { (say("Convergence", "收敛过程")) }
        (figure(&x, &y, &series, ("Error after each pass of the solves", "各次求解每遍之后的误差")))
    }
}
