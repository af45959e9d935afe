//! Trade between regions, product by product: a prior brought to outflow and inflow by RAS, nothing from a region to itself.

use ndarray::Array2;

use super::distance::capitals;
use super::margins::Margins;
use super::regional::Regional;
use crate::balance::{How, Method, Target, Targets, balance};
use crate::error::{Error, Result};
use crate::table::sparse;
use crate::threads::prelude::*;
use crate::watch::Watch;

/// Largest distance of a sum of trade from outflow or inflow, relative to it.
pub(super) const TOLERANCE: f64 = 1e-9;

/// Outflow and inflow of a product, and what closed them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Closed {
    /// Outflow of all regions, without transit.
    pub outflow: f64,
    /// Inflow of all regions, without transit.
    pub inflow: f64,
    /// The total of both.
    pub total: f64,
    /// By what outflows and inflows were multiplied.
    pub scalings: [f64; 2],
}

/// What trade starts from.
#[derive(Debug, Clone)]
pub enum Prior {
    /// `O_s N_r d_sr^-beta`, the distances between regions (R x R) and where they are from; none where `beta` is 0.
    Gravity(Option<Array2<f64>>, String),
    /// Trade of each product (S of R x R), and where it is from.
    Given(Vec<Array2<f64>>, String),
}

/// Trade of all products.
#[derive(Debug)]
pub struct Trade {
    /// From region to region (S of R x R).
    pub flows: Vec<Array2<f64>>,
    /// Largest distance of a sum from outflow or inflow, relative to it, proven.
    pub residual: f64,
}

impl Prior {
    /// Gravity by the distances between the capitals of provinces; without distances where `beta` is 0.
    ///
    /// # Errors
    /// Naming the regions that are no provinces.
    pub fn capitals(all: &[Regional], beta: f64) -> Result<Self> {
        let names: Vec<_> = all.iter().map(|t| t.region.clone()).collect();
        let found = capitals(&names);
        let told = "great circles between the capitals of provinces, built in".to_string();
        Ok(Prior::Gravity(if beta == 0.0 { found.ok() } else { Some(found?) }, told))
    }

    /// Whether trade is a gravity.
    pub fn is_gravity(&self) -> bool {
        matches!(self, Prior::Gravity(..))
    }

    /// What it is, in words.
    pub fn told(&self) -> String {
        match self {
            Prior::Gravity(_, from) => format!("build: trade starts from gravity; distances: {from}"),
            Prior::Given(_, from) => format!("build: trade starts from {from}; `beta` and distances play no part"),
        }
    }

    pub(super) fn check(&self, all: &[Regional]) -> Result<()> {
        let (r, s) = (all.len(), all[0].products.len());
        match self {
            Prior::Gravity(Some(d), from) => {
                if d.dim() != (r, r) {
                    return Err(Error::shape(format!("{from}: {:?} distances for {r} regions", d.dim()), "give one for each pair"));
                }
                match d.indexed_iter().find(|((a, b), v)| a != b && !(**v > 0.0 && v.is_finite())) {
                    None => Ok(()),
                    Some(((a, b), v)) => {
                        let text = format!("{from}: the distance of {} and {} is {v}", all[a].region, all[b].region);
                        Err(Error::range(text, "give a number above 0"))
                    }
                }
            }
            Prior::Gravity(None, _) => Ok(()),
            Prior::Given(flows, from) => {
                let bad = |v: &f64| !(*v >= 0.0 && v.is_finite());
                if flows.len() != s || flows.iter().any(|f| f.dim() != (r, r)) {
                    return Err(Error::shape(format!("{from}: trade is not of {s} products and {r} regions"), "give all pairs"));
                }
                match flows.iter().position(|f| f.iter().any(bad)) {
                    None => Ok(()),
                    Some(i) => {
                        let text = format!("{from}: trade of {} has a negative number, or none", all[0].products[i]);
                        Err(Error::range(text, "give numbers that are not negative"))
                    }
                }
            }
        }
    }

    /// `d^-beta` of each pair, where distances play a part.
    fn near(&self, beta: f64) -> Option<Array2<f64>> {
        match self {
            Prior::Gravity(Some(d), _) if beta != 0.0 => Some(d.mapv(|d| d.powf(-beta))),
            _ => None,
        }
    }

    fn start(&self, i: usize, (o, n): (&[f64], &[f64]), (beta, near): (f64, Option<&Array2<f64>>)) -> Result<Array2<f64>> {
        // a region that trades with all others at once leaves them nothing for each other
        let total: f64 = o.iter().sum();
        let hub = (0..o.len()).find(|&r| o[r] + n[r] >= total * (1.0 - 1e-9));
        let pair = |s: usize, r: usize| s != r && o[s] > 0.0 && n[r] > 0.0 && hub.is_none_or(|h| s == h || r == h);
        let shape = (o.len(), n.len());
        Ok(match self {
            Prior::Given(flows, _) => Array2::from_shape_fn(shape, |(s, r)| if pair(s, r) { flows[i][[s, r]] } else { 0.0 }),
            Prior::Gravity(distances, _) if beta == 0.0 || distances.is_some() => {
                Array2::from_shape_fn(shape, |(s, r)| if pair(s, r) { o[s] * n[r] * near.map_or(1.0, |near| near[[s, r]]) } else { 0.0 })
            }
            Prior::Gravity(..) => return Err(Error::missing("gravity needs distances", "name them with `distances`, or give `beta` 0")),
        })
    }
}

/// Trade of all products; margins become what trade adds up to.
pub(super) fn trade(all: &[Regional], margins: &mut Margins, prior: &Prior, beta: f64, watch: &Watch) -> Result<Trade> {
    let products: Vec<usize> = (0..margins.used.ncols()).collect();
    let given: &Margins = margins;
    let near = prior.near(beta);
    let start = |i: usize, sums: (&[f64], &[f64])| prior.start(i, sums, (beta, near.as_ref()));
    let made: Vec<Result<(Array2<f64>, f64)>> = products.par_iter().map(|&i| product(all, given, i, &start, watch)).collect();
    let mut flows = Vec::with_capacity(made.len());
    let mut residual = 0.0_f64;
    for (i, one) in made.into_iter().enumerate() {
        let (flow, distance) = one?;
        margins.outflow.column_mut(i).assign(&flow.sum_axis(ndarray::Axis(1)));
        margins.inflow.column_mut(i).assign(&flow.sum_axis(ndarray::Axis(0)));
        residual = residual.max(distance);
        flows.push(flow);
    }
    Ok(Trade { flows, residual })
}

/// Where trade of a product begins, of its outflow and inflow.
type Start<'s> = dyn Fn(usize, (&[f64], &[f64])) -> Result<Array2<f64>> + Sync + 's;

/// Trade of product `i` from where `start` has it, and its distance from outflow and inflow.
fn product(all: &[Regional], margins: &Margins, i: usize, start: &Start, watch: &Watch) -> Result<(Array2<f64>, f64)> {
    let (mut o, mut n) = (margins.outflow.column(i).to_vec(), margins.inflow.column(i).to_vec());
    no_more_than_others(&mut o, &mut n);
    let mut flow = sparse(start(i, (&o, &n))?.view());
    if flow.nnz() == 0 && o.iter().all(|v| *v == 0.0) {
        return Ok((Array2::zeros((o.len(), n.len())), 0.0));
    }
    let of = |list: &[f64]| list.iter().map(|v| Target::Exact(*v)).collect();
    let targets = Targets { rows: of(&o), columns: of(&n), ..Targets::default() };
    let named = |what: &'static str| move |r: usize| format!("the {what} of {} of {}", all[0].products[i], all[r].region);
    let (row, column) = (named("outflow"), named("inflow"));
    // the watch of the whole is asked between products; inside one, work is short
    let how = How { method: Method::Ras, tolerance: TOLERANCE, row: &row, column: &column, ..How::default() };
    watch.check()?;
    let outcome = balance(&mut flow, &targets, &how)?;
    Ok((flow.to_dense(), outcome.residual()))
}

/// A region trades with others only, so it sends and takes together no more than the total; what is beyond passes through it.
fn no_more_than_others(o: &mut [f64], n: &mut [f64]) {
    for _ in 0..o.len() {
        let total: f64 = o.iter().sum();
        let Some(r) = (0..o.len()).find(|&r| o[r] + n[r] > total * (1.0 + 1e-12)) else { return };
        let beyond = (o[r] + n[r] - total).min(o[r]).min(n[r]);
        if beyond <= 0.0 {
            return;
        }
        o[r] -= beyond;
        n[r] -= beyond;
    }
}
