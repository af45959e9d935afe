//! Which part of a region delivers what each destination takes of it: a prior brought to output and use by RAS.
//!
//! ```text
//! tau_i^pq: share of part p in what finer region q takes of product i of the region that p is a part of; sum_p tau = 1
//! T_i^pq = T0_i^pq a_p b_q,   sum_q T = w_pi (sold to these q),   sum_p T = taken by q;   tau = T / sum_p T
//! T0 = (w_pi sold)(taken by q) d_pq^-beta, or given trade
//! ```
//! `Z_pq = diag(tau^pq) Z_rs,q`, with column j of q a share `w_qj` of that of its region: every cell of the table stays the sum of
//! its parts, columns of parts stay shares of columns, rows are met by the RAS. Since `sum_p tau = 1`, `C A_fine = A C`: output of
//! the regions that are split does not change. The distance of a part to itself, where none is given, is a quarter of that to the
//! nearest part of its region (Wei, NBER Working Paper 5531, 1996, doi:10.3386/w5531). Chenery, *Regional analysis*, 1953; Moses,
//! AER 45(5), 1955; Leontief and Strout 1963.

use ndarray::Array2;

use super::regions::Regions;
use crate::balance::{How, Method, Target, Targets, balance};
use crate::error::{Error, Result};
use crate::labels::Name;
use crate::table::{Source, Table, sparse};
use crate::threads::prelude::*;
use crate::watch::Watch;

/// Largest distance of a sum of trade from output or use, relative to it.
const TOLERANCE: f64 = 1e-11;
/// That distance above which trade is refused.
const REFUSED: f64 = 1e-8;
/// Share of the distance to the nearest part that goods travel within a part.
const WITHIN: f64 = 0.25;

/// What trade of parts starts from.
#[derive(Debug, Clone, Default)]
pub enum Between {
    /// Every destination takes of each part what its output share is.
    #[default]
    Shares,
    /// Distances between finer regions (NaN: none is given), the exponent, and the file.
    Gravity(Array2<f64>, f64, Source),
    /// Trade of each product between finer regions, the products, and the file.
    Given(Vec<Array2<f64>>, Vec<Name>, Source),
}

/// Shares of parts in what destinations take.
#[derive(Debug)]
pub struct Mix {
    /// Of each row: parts of its region x finer regions; `None`: output shares towards all.
    rows: Vec<Option<Array2<f64>>>,
    /// Largest distance of a sum from what it is to be, relative to it, proven.
    pub residual: f64,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// The files that say it.
    pub files: Vec<Source>,
}

impl Mix {
    /// The shares of a table whose regions are split.
    ///
    /// # Errors
    /// If a distance is missing or not above 0, or no trade of the given pattern has the output of the parts and the use of the
    /// destinations: parts and products by name. When the watch is cancelled.
    pub fn new(table: &Table, parts: &Regions, between: &Between, watch: &Watch) -> Result<Self> {
        let mut mix = Mix { rows: vec![None; table.dim()], residual: 0.0, notes: Vec::new(), files: Vec::new() };
        let prior = Prior::new(table, parts, between)?;
        let coarse = &parts.coarse;
        match between {
            Between::Shares => {
                mix.notes.push("every destination takes of each part what its output share is: no trade between parts is known".into());
                return Ok(mix);
            }
            Between::Gravity(_, beta, file) => {
                let outside = if prior.outside > 0 { format!(", {} of other regions among them", prior.outside) } else { String::new() };
                mix.notes.push(format!(
                    "trade of parts starts from gravity: distance^-{beta}, distances of {}; {} pairs of a part and a destination{outside}",
                    file.path.display(),
                    prior.pairs
                ));
                if prior.within > 0 {
                    let text = "parts have no distance to themselves: a quarter of that to the nearest part of their region is taken";
                    mix.notes.push(format!("{} {text}", prior.within));
                }
                mix.files.push(file.clone());
            }
            Between::Given(_, _, file) => {
                mix.notes.push(format!(
                    "trade of parts starts from {}; destinations that it has nothing for take by output shares",
                    file.path.display()
                ));
                mix.files.push(file.clone());
            }
        }
        let rows: Vec<(usize, usize)> =
            (0..coarse.region_count()).filter(|&r| parts.is_split(r)).flat_map(|r| coarse.rows(r).map(move |i| (r, i))).collect();
        let made: Vec<_> = rows.par_iter().map(|&at| one(table, parts, &prior, at, watch)).collect();
        for ((_, i), made) in rows.into_iter().zip(made) {
            if let Some((shares, residual)) = made? {
                mix.rows[i] = Some(shares);
                mix.residual = mix.residual.max(residual);
            }
        }
        Ok(mix)
    }

    /// The share of part `p` (a finer region of region `r`) in what finer region `q` takes of row `i`.
    pub fn share(&self, parts: &Regions, (r, i): (usize, usize), p: usize, q: usize) -> f64 {
        match &self.rows[i] {
            Some(shares) => shares[[p - parts.starts[r], q]],
            None => parts.output[parts.row((r, i), p)],
        }
    }
}

/// What trade starts from, by pair.
struct Prior<'a> {
    between: &'a Between,
    /// `d^-beta` of each pair; NaN: the destination takes no part.
    near: Option<Array2<f64>>,
    /// The product of each row among those of given trade.
    product: Vec<Option<usize>>,
    /// Pairs with a distance, those to other regions, parts whose own distance is made up.
    pairs: usize,
    outside: usize,
    within: usize,
}

impl<'a> Prior<'a> {
    fn new(table: &Table, parts: &Regions, between: &'a Between) -> Result<Self> {
        let mut prior = Prior { between, near: None, product: vec![None; table.dim()], pairs: 0, outside: 0, within: 0 };
        match between {
            Between::Shares => {}
            Between::Gravity(distances, beta, file) => prior.gravity(parts, distances, (*beta, file))?,
            Between::Given(flows, products, file) => {
                for (flow, product) in flows.iter().zip(products) {
                    if let Some(((p, q), v)) = flow.indexed_iter().find(|(_, v)| !(**v >= 0.0 && v.is_finite())) {
                        let (from, to) = (&parts.labels.regions[p], &parts.labels.regions[q]);
                        let text = format!("trade of {product} from {from} to {to} is {v}");
                        return Err(Error::format(file.path.display(), text, "give a number that is not negative"));
                    }
                }
                let mut places = std::collections::HashMap::new();
                for (i, sector) in table.labels.sectors.iter().enumerate() {
                    let find = || crate::labels::find(products, &sector.given);
                    prior.product[i] = *places.entry(&sector.given).or_insert_with(find);
                }
            }
        }
        Ok(prior)
    }

    fn gravity(&mut self, parts: &Regions, distances: &Array2<f64>, (beta, file): (f64, &Source)) -> Result<()> {
        let (names, count) = (&parts.labels.regions, parts.count());
        if !(0.0..=10.0).contains(&beta) {
            return Err(Error::range(format!("`beta` is {beta}: trade would not fall with distance"), "give a number from 0 to 10"));
        }
        if let Some(((p, q), d)) = distances.indexed_iter().find(|(_, d)| !(d.is_nan() || **d > 0.0 && d.is_finite())) {
            let text = format!("the distance of {} and {} is {d}", names[p], names[q]);
            return Err(Error::format(file.path.display(), text, "give a number above 0"));
        }
        let mut near = Array2::from_elem((count, count), f64::NAN);
        for r in (0..parts.coarse.region_count()).filter(|&r| parts.is_split(r)) {
            for q in 0..count {
                let own = parts.of(r).contains(&q);
                let lacks = parts.of(r).find(|&p| p != q && distances[[p, q]].is_nan());
                if let Some(p) = lacks {
                    // a destination is in with all parts of a region, or with none
                    if own || parts.of(r).any(|p| !distances[[p, q]].is_nan()) {
                        let text = format!("no distance of {} and {}", names[p], names[q]);
                        let help = "add a line for each pair of two parts of a region, and for other regions one for each of the parts";
                        return Err(Error::format(file.path.display(), text, help));
                    }
                    continue;
                }
                for p in parts.of(r) {
                    let nearest = || parts.of(r).filter(|&o| o != p).map(|o| distances[[p, o]]).fold(f64::INFINITY, f64::min);
                    let unknown = p == q && distances[[p, q]].is_nan();
                    let d = if unknown { WITHIN * nearest() } else { distances[[p, q]] };
                    near[[p, q]] = d.powf(-beta);
                    self.within += usize::from(unknown);
                    self.outside += usize::from(!own);
                    self.pairs += 1;
                }
            }
        }
        self.near = Some(near);
        Ok(())
    }

    /// What the pair starts from, less output and use; `None`: the destination takes by output shares.
    fn of(&self, i: usize, p: usize, q: usize) -> Option<f64> {
        match self.between {
            Between::Shares => None,
            Between::Gravity(..) => self.near.as_ref().map(|near| near[[p, q]]).filter(|v| !v.is_nan()),
            Between::Given(flows, ..) => self.product[i].map(|k| flows[k][[p, q]]),
        }
    }
}

/// Shares of the parts in row `i` of region `r`, and how far sums are off; `None`: output shares.
fn one(table: &Table, parts: &Regions, prior: &Prior, (r, i): (usize, usize), watch: &Watch) -> Result<Option<(Array2<f64>, f64)>> {
    watch.check()?;
    let labels = &parts.labels;
    let active: Vec<usize> = parts.of(r).filter(|&p| parts.output[parts.row((r, i), p)] > 0.0).collect();
    if active.len() < 2 {
        return Ok(None);
    }
    let taken = taken(table, parts, i);
    let chosen = |q: &usize| taken[*q] > 0.0 && active.iter().any(|&p| prior.of(i, p, *q).is_some_and(|v| v > 0.0));
    let to: Vec<usize> = (0..parts.count()).filter(chosen).collect();
    if to.is_empty() {
        return Ok(None);
    }
    let all: f64 = to.iter().map(|&q| taken[q]).sum();
    let output: Vec<f64> = active.iter().map(|&p| parts.output[parts.row((r, i), p)]).collect();
    let whole: f64 = output.iter().sum();
    let gravity = matches!(prior.between, Between::Gravity(..));
    let start = Array2::from_shape_fn((active.len(), to.len()), |(a, b)| {
        let near = prior.of(i, active[a], to[b]).unwrap_or(0.0);
        if gravity { near * output[a] * taken[to[b]] } else { near }
    });
    let mut flow = sparse(start.view());
    let targets = Targets {
        rows: output.iter().map(|w| Target::Exact(w / whole * all)).collect(),
        columns: to.iter().map(|&q| Target::Exact(taken[q])).collect(),
        ..Targets::default()
    };
    let product = &table.labels.sectors[i];
    let row = |a: usize| format!("what {} sells of {product} by its output share", labels.regions[active[a]]);
    let column = |b: usize| format!("what {} takes of {product} from {}", labels.regions[to[b]], table.labels.regions[r]);
    let how = How { method: Method::Ras, tolerance: TOLERANCE, row: &row, column: &column, ..How::default() };
    let outcome = balance(&mut flow, &targets, &how)?;
    if !outcome.is_within(REFUSED) {
        let text = format!(
            "trade of {product} from parts of {}: after {} passes a sum is off by {:.1e} of what it is to be",
            table.labels.regions[r],
            outcome.passes,
            outcome.residual()
        );
        return Err(Error::invalid(text, "give trade with fewer zeros, or distances in place of trade"));
    }
    let mut shares =
        Array2::from_shape_fn((parts.of(r).len(), parts.count()), |(p, _)| parts.output[parts.row((r, i), parts.starts[r] + p)]);
    let flow = flow.to_dense();
    for (b, &q) in to.iter().enumerate() {
        let sum = flow.column(b).sum();
        if sum > 0.0 {
            shares.column_mut(q).fill(0.0);
            active.iter().enumerate().for_each(|(a, &p)| shares[[p - parts.starts[r], q]] = flow[[a, b]] / sum);
        }
    }
    Ok(Some((shares, outcome.residual())))
}

/// What each finer region takes of row `i`: cells above 0 alone, by the shares of its columns.
fn taken(table: &Table, parts: &Regions, i: usize) -> Vec<f64> {
    let coarse = &parts.coarse;
    let mut sums = vec![0.0; parts.count()];
    for (j, z) in table.z.row(i).filter(|(_, z)| *z > 0.0) {
        let r = coarse.region_of(j);
        parts.of(r).for_each(|q| sums[q] += z * parts.output[parts.row((r, j), q)]);
    }
    for (d, &y) in table.y.row(i).iter().enumerate().filter(|(_, y)| **y > 0.0) {
        let r = coarse.demand_offsets.partition_point(|&s| s <= d) - 1;
        parts.of(r).for_each(|q| sums[q] += y * parts.demand[parts.column((r, d), q)]);
    }
    sums
}
