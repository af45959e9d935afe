//! Linkages of every sector: how much it pulls on its suppliers and pushes on its buyers, and which sectors are key.
//!
//! Backward `T(1)`: the column sums of the Leontief inverse. Forward `diag(1/x) F(x)`: the row sums of the Ghosh
//! inverse, by similarity with no Ghosh matrix. Weighted by a factor: `T(f)` and `diag(1/x) F(q)`, `q = f x`. Divided
//! by its mean a linkage of 1 is average; a key sector exceeds 1 in both directions. The same numbers are known as
//! downstreamness (`T(1)`, stages behind a product) and upstreamness (`diag(1/x) F(x)`, stages ahead of it).
//! Rasmussen, *Studies in Inter-Sectoral Relations*, 1956; Jones, *Quarterly Journal of Economics* 90 (1976) 323-333
//! (forward linkages from the Ghosh inverse); Antras, Chor, Fally, Hillberry, *American Economic Review* 102 (2012)
//! 412-416, doi:10.1257/aer.102.3.412; Miller, Blair, *Input-Output Analysis*, 2nd ed., sections 12.1-12.2.

use ndarray::{Array1, Array2, Axis};

use crate::bounded::{Bounded, gamma, largest, up};
use crate::check::Check;
use crate::decompose::content::per_unit;
use crate::leontief::{EntryBounds, Factor, Leontief, Outputs};
use crate::operator::Direction;
use crate::verdict::{Verdict, floor};

/// One linkage of every row, as it is and divided by its mean over the rows with output.
pub struct Measure {
    /// By row (n).
    pub values: Vec<Bounded>,
    /// Divided by the mean (n); empty where the mean is 0.
    pub normalised: Vec<Bounded>,
}

/// A linkage in both directions.
pub struct Pair {
    /// On suppliers: per unit of final demand for the row's product.
    pub backward: Measure,
    /// On buyers: per unit of the row's output (or of its own factor) at the start of chains.
    pub forward: Measure,
}

/// What a sector is to the rest of the economy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Above average in both directions.
    Key,
    /// Above average on its suppliers only.
    Backward,
    /// Above average on its buyers only.
    Forward,
    /// Below average in both directions.
    Weak,
    /// Within the bound of the average, or without output.
    Undecided,
}

impl Class {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Class::Key => "key",
            Class::Backward => "backward",
            Class::Forward => "forward",
            Class::Weak => "weak",
            Class::Undecided => "undecided",
        }
    }
}

/// Linkages of a table.
pub struct Linkages {
    /// Of output: dimensionless. `backward` is also the downstreamness, `forward` the upstreamness of a row.
    pub output: Pair,
    /// Of a factor, in its unit per unit of money.
    pub weighted: Option<Pair>,
    /// By the normalised linkages of output (n).
    pub class: Vec<Class>,
    /// By the normalised weighted linkages (n); empty where there are none.
    pub weighted_class: Vec<Class>,
    /// Totals that must agree.
    pub checks: Vec<Check>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// Computes the linkages of output and, on request, of a factor: one block of transposed and one of forward solves, of
/// one or two columns each. A row without output has a forward linkage of 1 (of a factor: 0) and takes no part in means.
pub fn linkages(leontief: &Leontief, factor: Option<Factor>) -> Linkages {
    let system = &leontief.system;
    let (n, x) = (system.dim(), &system.table.x);
    let mut purchase = Array2::ones((n, 1));
    let mut sale = x.view().insert_axis(Axis(1)).to_owned();
    let (mut unsure, mut unsure_sale) = (Array1::zeros(n), Array1::zeros(n));
    let weights = factor.map(|factor| {
        let (f, off) = per_unit(system, factor);
        unsure = off;
        match factor {
            Factor::Stressor(k) => (f.clone(), system.table.stressors[k].direct.clone()),
            Factor::Value => {
                let value = system.table.bounded_value_added();
                unsure_sale = value.iter().map(|v| v.bound).collect();
                (f.clone(), value.iter().map(|v| v.value).collect())
            }
        }
    });
    if let Some((f, q)) = &weights {
        purchase.push_column(f.view()).expect("n rows");
        sale.push_column(q.view()).expect("n rows");
    }
    let mut back = leontief.transposed("linkages: T(1), T(f)", purchase.view());
    let mut ahead = leontief.forward("linkages: F(x), F(q)", sale.view());
    if weights.is_some() {
        for (found, unsure) in [(&mut back, unsure), (&mut ahead, unsure_sale)] {
            found.sizes.column_mut(1).zip_mut_with(&unsure, |size, e| *size = if *e == 0.0 { *size } else { up(*size + e) });
        }
    }
    let back_bounds = leontief.entry_bounds(Direction::Transposed, back.sizes.view());
    let ahead_bounds = leontief.entry_bounds(Direction::Forward, ahead.sizes.view());
    let pair = |k: usize| Pair {
        backward: measure(x, (0..n).map(|i| Bounded::new(back.x[[i, k]], back_bounds.bound(i, k)))),
        forward: measure(x, (0..n).map(|i| per_output(x[i], &ahead, &ahead_bounds, i, k))),
    };
    let (output, weighted) = (pair(0), weights.as_ref().map(|_| pair(1)));
    let class = classes(x, &output);
    let weighted_class = weighted.as_ref().map_or_else(Vec::new, |p| classes(x, p));
    let mut notes = vec![
        "upstreamness and forward linkage are the same number, F(x)/x; downstreamness and backward linkage are the same number, T(1)"
            .to_string(),
        "exports abroad, stock change and the error column count as final uses, imports from abroad as primary inputs".to_string(),
    ];
    if weighted.as_ref().is_some_and(|p| p.backward.normalised.is_empty() || p.forward.normalised.is_empty()) {
        notes.push("the factor is 0 everywhere: no linkage of it is above or below a mean".into());
    }
    let idle = x.iter().filter(|v| **v == 0.0).count();
    if idle > 0 {
        notes.push(format!("{idle} rows have no output: their forward linkage is set to 1, of a factor to 0, and they are in no mean"));
    }
    Linkages { checks: checks(leontief, &weights, &back, &ahead), output, weighted, class, weighted_class, notes }
}

/// Entry `i` of a forward solve per unit of output.
fn per_output(x: f64, solved: &Outputs, bounds: &EntryBounds, i: usize, k: usize) -> Bounded {
    if x == 0.0 {
        return Bounded::exact(if k == 0 { 1.0 } else { 0.0 });
    }
    Bounded::new(solved.x[[i, k]], bounds.bound(i, k)) / Bounded::exact(x)
}

fn measure(x: &Array1<f64>, values: impl Iterator<Item = Bounded>) -> Measure {
    let values: Vec<Bounded> = values.collect();
    let of_rows: Vec<Bounded> = values.iter().zip(x).filter(|(_, x)| **x != 0.0).map(|(v, _)| *v).collect();
    let count = of_rows.len() as f64;
    let mean = of_rows.into_iter().sum::<Bounded>() / Bounded::exact(count);
    // shares of a mean of 0 do not exist
    let normalised = if mean == Bounded::ZERO { Vec::new() } else { values.iter().map(|v| *v / mean).collect() };
    Measure { values, normalised }
}

fn classes(x: &Array1<f64>, pair: &Pair) -> Vec<Class> {
    if pair.backward.normalised.is_empty() || pair.forward.normalised.is_empty() {
        return vec![Class::Undecided; x.len()];
    }
    let above = |v: &Bounded| ((v.value - 1.0).abs() > v.bound).then_some(v.value > 1.0);
    pair.backward
        .normalised
        .iter()
        .zip(&pair.forward.normalised)
        .zip(x)
        .map(|((backward, forward), x)| match (above(backward), above(forward)) {
            _ if *x == 0.0 => Class::Undecided,
            (Some(true), Some(true)) => Class::Key,
            (Some(true), Some(false)) => Class::Backward,
            (Some(false), Some(true)) => Class::Forward,
            (Some(false), Some(false)) => Class::Weak,
            _ => Class::Undecided,
        })
        .collect()
}

/// Totals that come out of both directions: `T(1)'x = 1'F(x)`, `T(1)'q = 1'F(q)`, `T(1)'y = 1'x` and `T(f)'y = 1'q`.
fn checks(leontief: &Leontief, weights: &Option<(Array1<f64>, Array1<f64>)>, back: &Outputs, ahead: &Outputs) -> Vec<Check> {
    let system = &leontief.system;
    let x = &system.table.x;
    let y = system.demand.sum_axis(Axis(1));
    let check = |name: &str, z: usize, with: &Array1<f64>, total: Vec<f64>| {
        let terms = back.x.column(z).iter().zip(with).map(|(z, b)| z * b).collect::<Vec<f64>>();
        let size: f64 = terms.iter().chain(&total).map(|v| v.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
        let gap = (terms.iter().sum::<f64>() - total.iter().sum::<f64>()).abs() / size;
        Check::new(name, up(gap), 1e-10 + gamma(system.dim() as f64))
    };
    let mut checks = vec![
        check("backward and forward linkages weighted by output have one total", 0, x, ahead.x.column(0).to_vec()),
        check("backward linkages times final demand add up to output", 0, &y, x.to_vec()),
    ];
    if let Some((_, q)) = weights {
        checks.push(check("backward linkages weighted by the factor are the forward ones of the factor", 0, q, ahead.x.column(1).to_vec()));
        checks.push(check("the factor in final demand adds up to the direct one", 1, &y, q.to_vec()));
    }
    checks
}

impl Linkages {
    /// Every measure with its name, in the order of printing.
    pub fn measures(&self) -> Vec<(&'static str, &[Bounded])> {
        let mut all: Vec<(&'static str, &[Bounded])> = vec![
            ("backward", &self.output.backward.values),
            ("forward", &self.output.forward.values),
            ("backward_normalised", &self.output.backward.normalised),
            ("forward_normalised", &self.output.forward.normalised),
            ("upstreamness", &self.output.forward.values),
            ("downstreamness", &self.output.backward.values),
        ];
        if let Some(weighted) = &self.weighted {
            all.extend([
                ("weighted_backward", weighted.backward.values.as_slice()),
                ("weighted_forward", &weighted.forward.values),
                ("weighted_backward_normalised", &weighted.backward.normalised),
                ("weighted_forward_normalised", &weighted.forward.normalised),
            ]);
        }
        all.retain(|(_, values)| !values.is_empty());
        all
    }

    /// The verdict: every measure within the tolerance, or that share of its largest value.
    pub fn verdict(&self, rtol: f64, name: impl Fn(usize) -> String) -> Verdict {
        let mut verdict = Verdict::new("linkages", rtol);
        for (what, values) in self.measures() {
            let most = largest(values.iter().map(|v| v.value.abs()));
            verdict.judge(what, floor(rtol, most), values.iter().copied(), &name);
        }
        self.checks.iter().for_each(|c| verdict.check(c));
        verdict
    }

    /// Whether the verdict holds.
    pub fn certified(&self, rtol: f64) -> bool {
        self.verdict(rtol, |i| i.to_string()).certified
    }
}
