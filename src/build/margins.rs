//! What each region makes, uses, sends and takes of a product: without transit, closed, and as shares.

use ndarray::{Array1, Array2, Zip};

use super::choices::{Choices, Closing, Imports, Transit};
use super::regional::Regional;
use super::trade::Closed;

/// Margins of R regions and S products (R x S each).
#[derive(Debug, Clone)]
pub struct Margins {
    /// Use inside the region.
    pub used: Array2<f64>,
    /// Exports abroad.
    pub exports: Array2<f64>,
    /// Outflow to other regions.
    pub outflow: Array2<f64>,
    /// Imports from abroad, within use.
    pub imports: Array2<f64>,
    /// Inflow from other regions.
    pub inflow: Array2<f64>,
    /// Output.
    pub output: Array2<f64>,
}

/// Transit that was taken off, by kind, in the unit of the tables.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Passed {
    /// Inflow that leaves as outflow.
    pub between: f64,
    /// Imports that leave as exports.
    pub abroad: f64,
    /// Imports that leave as outflow; they become imports of the regions that take inflow.
    pub imported: f64,
    /// Inflow that leaves as exports; it becomes exports of the regions that send outflow.
    pub exported: f64,
    /// Negative inflows and imports, which became outflows and exports.
    pub turned: f64,
    /// Own supply that is negative all the same, as errors are published.
    pub left: f64,
}

impl Margins {
    /// Those of the tables.
    pub fn new(all: &[Regional]) -> Self {
        let (r, s) = (all.len(), all[0].products.len());
        let rows = |of: &dyn Fn(&Regional) -> Array1<f64>| {
            let mut block = Array2::zeros((r, s));
            all.iter().enumerate().for_each(|(k, t)| block.row_mut(k).assign(&of(t)));
            block
        };
        Margins {
            used: rows(&Regional::used),
            exports: rows(&|t| t.exports.clone()),
            outflow: rows(&|t| t.outflow.clone()),
            imports: rows(&|t| t.imports().cloned().unwrap_or_else(|| Array1::zeros(s))),
            inflow: rows(&|t| t.inflow.clone()),
            output: rows(&|t| t.output.clone()),
        }
    }

    /// Without transit: `use - imports - inflow` and `output - exports - outflow` are not negative.
    pub fn without_transit(mut self, choices: &Choices) -> (Self, Passed) {
        let mut passed = Passed::default();
        for (taken, sent) in [(&mut self.inflow, &mut self.outflow), (&mut self.imports, &mut self.exports)] {
            Zip::from(taken).and(sent).for_each(|taken, sent| {
                // a negative inflow is an outflow, and the other way round
                let (a, b) = ((-*taken).max(0.0), (-*sent).max(0.0));
                passed.turned += a + b;
                (*taken, *sent) = (taken.max(0.0) + b, sent.max(0.0) + a);
            });
        }
        if choices.imports == Imports::Supply {
            let supplied = &self.used + &self.exports + &self.outflow;
            Zip::from(&mut self.imports).and(&mut self.exports).and(&supplied).for_each(|m, e, all| {
                let again = if *all > 0.0 { (*m * *e / all).min(*m).min(*e) } else { 0.0 };
                (*m, *e) = (*m - again, *e - again);
                passed.abroad += again;
            });
        }
        if choices.transit == Transit::All {
            passed.between += cut(&mut self.inflow, &mut self.outflow, None).sum();
        }
        let mut need = Array2::zeros(self.used.dim());
        Zip::indexed(&mut need).for_each(|at, need: &mut f64| {
            let bought = self.imports[at] + self.inflow[at] - self.used[at];
            let sold = self.exports[at] + self.outflow[at] - self.output[at];
            *need = bought.max(sold).max(0.0);
        });
        passed.between += cut(&mut self.inflow, &mut self.outflow, Some(&mut need)).sum();
        passed.abroad += cut(&mut self.imports, &mut self.exports, Some(&mut need)).sum();
        let imported = cut(&mut self.imports, &mut self.outflow, Some(&mut need));
        let exported = cut(&mut self.inflow, &mut self.exports, Some(&mut need));
        (passed.imported, passed.exported) = (imported.sum(), exported.sum());
        // what went through a region goes on: to those that take inflow, from those that send outflow
        hand_on(&mut self.inflow, &mut self.imports, &imported);
        hand_on(&mut self.outflow, &mut self.exports, &exported);
        passed.left = need.sum();
        (self, passed)
    }

    /// Brings outflow and inflow of each product to one total.
    pub fn close(&mut self, closing: Closing) -> Vec<Closed> {
        (0..self.used.ncols())
            .map(|i| {
                let (out, inflow) = (self.outflow.column(i).sum(), self.inflow.column(i).sum());
                let total = match closing {
                    _ if out <= 0.0 || inflow <= 0.0 => 0.0,
                    Closing::ScaleIn => out,
                    Closing::ScaleOut | Closing::Slack => inflow,
                    Closing::Mean => 0.5 * (out + inflow),
                };
                let scaling = |sum: f64| if sum > 0.0 { total / sum } else { 1.0 };
                let closed = Closed { outflow: out, inflow, total, scalings: [scaling(out), scaling(inflow)] };
                self.outflow.column_mut(i).mapv_inplace(|v| v * closed.scalings[0]);
                self.inflow.column_mut(i).mapv_inplace(|v| v * closed.scalings[1]);
                closed
            })
            .collect()
    }

    /// Shares of what a region uses of a product: by region of origin (S x R x R) and from abroad (R x S), and the uses that
    /// nothing supplies.
    pub fn shares(&self, flows: &[Array2<f64>]) -> (Vec<f64>, Array2<f64>, Vec<(usize, usize)>) {
        let (r, s) = self.used.dim();
        let mut shares = vec![0.0; s * r * r];
        let mut imported = Array2::zeros((r, s));
        let mut unsupplied = Vec::new();
        for i in 0..s {
            for q in 0..r {
                let taken = flows[i].column(q).sum();
                let made = (self.output[[q, i]] - self.exports[[q, i]]).max(0.0);
                let own = (self.used[[q, i]] - self.imports[[q, i]] - taken).clamp(0.0, made);
                let all = own + taken + self.imports[[q, i]];
                let share = &mut |o: usize, v: f64| shares[(i * r + o) * r + q] = v;
                if all > 0.0 {
                    (0..r).for_each(|o| share(o, flows[i][[o, q]] / all));
                    share(q, own / all);
                    imported[[q, i]] = self.imports[[q, i]] / all;
                } else {
                    share(q, 1.0);
                    if self.used[[q, i]] != 0.0 {
                        unsupplied.push((q, i));
                    }
                }
            }
        }
        (shares, imported, unsupplied)
    }
}

/// Takes from both what both have, as far as it is needed; gives what was taken of each product (S).
fn cut(taken: &mut Array2<f64>, sent: &mut Array2<f64>, need: Option<&mut Array2<f64>>) -> Array1<f64> {
    let mut whole = Array2::from_elem(taken.dim(), f64::INFINITY);
    let need = need.unwrap_or(&mut whole);
    let mut off = Array2::zeros(taken.dim());
    Zip::from(&mut off).and(taken).and(sent).and(need).for_each(|off: &mut f64, a, b, n| {
        *off = n.min(*a).min(*b);
        (*a, *b, *n) = (*a - *off, *b - *off, *n - *off);
    });
    off.sum_axis(ndarray::Axis(0))
}

/// Moves `amount` of each product from one margin of all regions to another, in proportion.
fn hand_on(from: &mut Array2<f64>, to: &mut Array2<f64>, amount: &Array1<f64>) {
    for (i, &amount) in amount.iter().enumerate() {
        let all = from.column(i).sum();
        let share = if all > 0.0 { (amount / all).min(1.0) } else { 0.0 };
        for r in 0..from.nrows() {
            let moved = from[[r, i]] * share;
            from[[r, i]] -= moved;
            to[[r, i]] += moved;
        }
    }
}
