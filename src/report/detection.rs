//! How well trade shares reproduce a table, and which storage and method are recommended.

use serde::Serialize;
use serde_json::Value;

use super::document::Document;
use super::sheet::{Axis, Layout, Sheet};
use crate::operator::Misfit;
use crate::plan::Plan;
use crate::solve::Reason;

/// What was found; each field is a key of its object.
#[derive(Debug, Clone, Serialize)]
pub struct Detection {
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
    /// Whether every region has the same number of products, as the trade-share operator needs.
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

impl Detection {
    /// All there is to say: every key a fact; what fits worst, the forms and the passes on a page, and each a file in full.
    pub fn document(&self) -> Document<'_> {
        let m = &self.misfit;
        let mut d = Document { plain: true, ..Document::default() };
        d.head.about = format!("{}: {} regions, {} products, {} rows", self.table, self.regions, self.products, self.rows);
        d.head.stamp = self.stamp.as_deref();
        if let Ok(Value::Object(facts)) = serde_json::to_value(self) {
            d.facts = facts;
        }
        let (filled, all) = (m.forms[0].flops / 2, m.forms[1].flops / 2);
        let share = 100.0 * m.entries as f64 / all.max(1) as f64;
        let verdict = if m.exact { "A is made of trade shares, to rounding" } else { "only a correction makes the shares exact" };
        let lines = [
            ("|A - A_fit| / |A|, Frobenius", format!("{:.2e}", m.frobenius)),
            ("|A - A_fit|, 1-norm, at most", format!("{:.2e}", m.column)),
            ("entries that differ", format!("{} of {all}, {share:.1} % ({filled} of A are not zero)", m.entries)),
            ("verdict", verdict.to_string()),
        ];
        let title = "Misfit to trade shares: domestic blocks as they are, one import pattern for each product and buying region";
        d.sheets.push(Sheet::words(title).notes(lines.map(|(what, value)| format!("{what:<28}   {value}"))));
        d.sheets.extend(self.worst());
        d.sheets.extend([self.products(), self.forms_page(), self.forms(), self.passes_page(), self.passes()]);
        d
    }

    /// The products that fit worst, where any has an entry that differs.
    fn worst(&self) -> Option<Sheet<'_>> {
        let of = &self.misfit.products;
        let mut order: Vec<usize> = (0..of.len()).filter(|&i| of[i].entries > 0).collect();
        order.sort_by(|&a, &b| of[b].share.total_cmp(&of[a].share).then(a.cmp(&b)));
        order.truncate(WORST);
        let names = order.iter().map(|&i| self.names[i].clone()).collect();
        let any = !order.is_empty();
        let cells = move |k: usize| {
            let p = &of[order[k]];
            vec![format!("{:.2e}", p.frobenius).into(), format!("{:.1} %", 100.0 * p.share).into(), p.entries.into()]
        };
        let columns = Axis::plain(&["misfit", "share of the square", "entries"]);
        any.then(|| Sheet::new(Axis::of("product", names), columns, Layout::Beside, cells).page("Products that fit worst"))
    }

    fn products(&self) -> Sheet<'_> {
        let cells = |k: usize| {
            let p = &self.misfit.products[k];
            vec![p.frobenius.into(), p.share.into(), p.entries.into()]
        };
        let rows = Axis::made(&["product"], self.misfit.products.len(), |k| vec![self.names[k].clone()]);
        let columns = Axis::plain(&["misfit", "share of the square", "entries that differ"]);
        Sheet::new(rows, columns, Layout::Beside, cells).file("products", "", "")
    }

    fn form_names(&self) -> Axis<'_> {
        Axis::made(&["form"], self.misfit.forms.len(), |k| vec![self.misfit.forms[k].name.into()])
    }

    /// Whether a form is A itself.
    fn is_exact(&self, k: usize) -> bool {
        self.misfit.forms[k].name != "factored" || self.misfit.exact
    }

    fn forms_page(&self) -> Sheet<'_> {
        let least = self.misfit.forms.iter().map(|f| f.bytes).min().unwrap_or(1).max(1);
        let cells = move |k: usize| {
            let f = &self.misfit.forms[k];
            let note = if self.is_exact(k) { "" } else { "not exact: for preconditioning" };
            let times = format!("{:.1}", f.bytes as f64 / least as f64);
            vec![size(f.bytes).into(), count(f.flops).into(), times.into(), note.into()]
        };
        let columns = Axis::plain(&["memory", "flops per product", "times the smallest", ""]);
        Sheet::new(self.form_names(), columns, Layout::Beside, cells).page("Forms of A")
    }

    fn forms(&self) -> Sheet<'_> {
        let cells = |k: usize| {
            let f = &self.misfit.forms[k];
            vec![f.bytes.into(), f.flops.into(), self.is_exact(k).into()]
        };
        let columns = Axis::plain(&["bytes", "flops per product", "exact"]);
        Sheet::new(self.form_names(), columns, Layout::Beside, cells).file("forms", "", "")
    }

    fn method_names(&self) -> Axis<'_> {
        Axis::made(&["method"], self.passes.len(), |k| vec![self.passes[k].method.into()])
    }

    fn passes_page(&self) -> Sheet<'_> {
        let cells = |k: usize| {
            let p = &self.passes[k];
            let converged = p.reason == Some(Reason::Converged);
            vec![p.passes.into(), if converged { "".into() } else { p.ended().into() }]
        };
        Sheet::new(self.method_names(), Axis::plain(&["passes", ""]), Layout::Beside, cells)
            .page("Passes over A to a relative residual of 1e-10, for the sum of all demand")
    }

    fn passes(&self) -> Sheet<'_> {
        let cells = |k: usize| vec![self.passes[k].passes.into(), self.passes[k].ended().into()];
        Sheet::new(self.method_names(), Axis::plain(&["passes", "ended"]), Layout::Beside, cells).file("passes", "", "")
    }
}

impl Passes {
    /// Why it stopped, or was not tried.
    fn ended(&self) -> String {
        match (&self.reason, &self.refused) {
            (Some(reason), _) => reason.to_string(),
            (None, refused) => refused.clone().unwrap_or_default(),
        }
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
