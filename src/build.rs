//! One multi-regional table from the input-output tables of its regions.
//!
//! ```text
//! t_i^sr + mu_i^r: shares of product i, used in r, from region s and from abroad; they add to 1
//! Z_sr = rhat_s that^sr Z^r chat_r      rows to output less exports, columns to the intermediate inputs of each table
//! ```
//! Transit is taken off, outflow is closed against inflow, trade is a prior (gravity `O_s N_r d_sr^-beta`, or given trade)
//! brought to both by RAS ([`crate::balance`]), and the whole is brought to output by row and column scalings, which leave the
//! form of trade shares as it is. Chenery, *Regional analysis*, 1953; Moses, AER 45(5), 1955; Leontief and Strout 1963; Miller and
//! Blair, *Input-Output Analysis*, 2nd ed., 3.4 and 8.

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::share_table::ShareTable;
use crate::table::Table;
use crate::watch::Watch;

mod assemble;
mod choices;
mod distance;
mod fit;
mod margins;
mod regional;
mod spread;
mod trade;

pub use choices::{Choices, Closing, Imports, Transit};
pub use distance::capitals;
pub use fit::Fit;
pub use margins::{Margins, Passed};
pub use regional::{Imported, Regional, agree};
pub use spread::{Range, Variant, effect, range};
pub use trade::{Closed, Prior, Trade};

/// What came of it.
#[derive(Debug)]
pub struct Built {
    /// The table: flows, demand, exports, imports, value added as published, what is left over as its error column.
    pub table: Table,
    /// How it was made.
    pub choices: Choices,
    /// Transit by kind.
    pub passed: Passed,
    /// Outflow and inflow of each product, and what closed them (S).
    pub closed: Vec<Closed>,
    /// Shares of each product used in a region (S x R x R), before rows and columns were brought to their sums.
    pub shares: Vec<f64>,
    /// Shares from abroad (R x S).
    pub imported: ndarray::Array2<f64>,
    /// Regional uses that neither own output nor trade nor imports supply: (region, product); taken from the region itself.
    pub unsupplied: Vec<(usize, usize)>,
    /// Largest distance of the trade from outflow and inflow, proven.
    pub trade_residual: f64,
    /// Row and column scalings, and how far sums were brought.
    pub fit: Fit,
    /// Intermediate use of each region (S x S each).
    pub used: Vec<ndarray::Array2<f64>>,
    /// Whether the table holds its flows; else they are in its trade shares alone, and final demand has one column a region.
    pub flows: bool,
}

impl Built {
    /// The largest distance of the sum of the shares of a product in a region from 1.
    pub fn share_gap(&self) -> f64 {
        let (r, s) = (self.imported.nrows(), self.imported.ncols());
        let sum = |i: usize, q: usize| (0..r).map(|o| self.shares[(i * r + o) * r + q]).sum::<f64>() + self.imported[[q, i]];
        (0..s).flat_map(|i| (0..r).map(move |q| (i, q))).map(|(i, q)| (sum(i, q) - 1.0).abs()).fold(0.0, f64::max)
    }

    /// Imports of column `j` that the regional tables hold apart from their flows.
    pub fn apart(&self, j: usize) -> f64 {
        self.fit.apart[j]
    }

    /// The error column as a share of output.
    pub fn error_share(&self) -> f64 {
        let error = self.table.error.as_ref().map_or(0.0, |e| e.iter().map(|v| v.abs()).sum());
        error / self.table.x.sum()
    }

    /// The same by trade shares: technologies, trade shares, demand of each region, exports and error, output, emissions.
    pub fn share_table(&self) -> ShareTable {
        assemble::share_table(self)
    }

    /// The choices and the reason of each, for provenance.
    pub fn choices_json(&self) -> Value {
        self.choices.lines().into_iter().map(|(name, value, why)| json!({"option": name, "value": value, "reason": why})).collect()
    }
}

/// Builds the table of `regional` tables, with trade as `prior` says.
///
/// # Errors
/// When the tables do not go together, a distance or a trade is missing, or no trade of the prior's pattern has the outflow and
/// inflow that were closed: regions and products by name. When the watch is cancelled.
pub fn build(regional: &[Regional], prior: &Prior, choices: Choices, watch: &Watch) -> Result<Built> {
    made(regional, prior, (choices, true), watch)
}

/// As [`build`], but the n x n flows are never made: [`Built::share_table`] has them by trade shares.
///
/// # Errors
/// As [`build`].
pub fn by_shares(regional: &[Regional], prior: &Prior, choices: Choices, watch: &Watch) -> Result<Built> {
    made(regional, prior, (choices, false), watch)
}

fn made(regional: &[Regional], prior: &Prior, (choices, flows): (Choices, bool), watch: &Watch) -> Result<Built> {
    choices.check()?;
    agree(regional)?;
    prior.check(regional)?;
    watch.clone().run(|| built(regional, prior, (choices, flows), watch))
}

fn built(regional: &[Regional], prior: &Prior, (choices, flows): (Choices, bool), watch: &Watch) -> Result<Built> {
    let (mut margins, passed) = Margins::new(regional).without_transit(&choices);
    let closed = margins.close(choices.closing);
    watch.units("build: trade", 0, 2)?;
    let trade = trade::trade(regional, &mut margins, prior, choices.beta, watch)?;
    watch.units("build: trade", 1, 2)?;
    let (shares, imported, unsupplied) = margins.shares(&trade.flows);
    let trade_residual = trade.residual;
    drop(trade);
    let fit = fit::fit(regional, &margins, &shares, &imported, choices.closing != Closing::Slack, watch)?;
    let mut built = Built {
        table: assemble::table(regional, &margins, (&shares, &imported), &fit, flows),
        choices,
        passed,
        closed,
        shares,
        imported,
        unsupplied,
        trade_residual,
        fit,
        used: regional.iter().map(|t| t.z.clone()).collect(),
        flows,
    };
    let notes = built.choices.lines().into_iter().map(|(name, value, why)| format!("build: `{name}` {value}: {why}"));
    built.table.provenance.notes.extend(notes.chain([prior.told(), built.told()]));
    Ok(built)
}

impl Built {
    /// Rows of the technologies, region by region: inputs per output, imports taken off by the trade shares.
    fn technologies(&self) -> impl Iterator<Item = Vec<f64>> + '_ {
        let s = self.imported.ncols();
        self.used.iter().enumerate().flat_map(move |(q, z)| {
            z.rows()
                .into_iter()
                .map(move |row| {
                    let per =
                        |j: usize| if self.table.x[q * s + j] > 0.0 { self.fit.columns[q * s + j] / self.table.x[q * s + j] } else { 0.0 };
                    row.iter().enumerate().map(|(j, v)| v * per(j)).collect::<Vec<f64>>()
                })
                .collect::<Vec<_>>()
        })
    }

    fn told(&self) -> String {
        let left = 100.0 * self.error_share();
        format!("{} passes of RAS by scalings; {left:.4} % of output stays in the error column", self.fit.passes)
    }
}

/// A region without partner, in words.
fn alone(count: usize) -> Error {
    Error::too_few(format!("{count} regional table(s): trade needs at least two"), "name the tables of all regions, or their folder")
}
