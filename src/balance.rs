//! Balancing: a matrix brought to given row sums, column sums and totals of cells, with its zeros and signs kept.
//!
//! ```text
//! minimise   sum |z0| (t ln(t/e) + 1),  t = z / z0 >= 0      subject to the sums
//! solution   z = z0 r_i s_j g_k where z0 > 0,   z = z0 / (r_i s_j g_k) where z0 < 0
//! ```
//! One scaling after the other is set so that its sum is met: RAS without negative cells (Bacharach 1970; Deming and Stephan 1940),
//! GRAS with them (Junius and Oosterhaven 2003, doi:10.1080/0953531032000056954; Lenzen, Wood and Gallego 2007,
//! doi:10.1080/09535310701698548; Temurshoev, Miller and Bouwmeester 2013, doi:10.1080/09535314.2012.746645). A sum that lies within a
//! range has the scaling 1 (Lahr and de Mesnard 2004, doi:10.1080/0953531042000219259). KRAS moves targets with standard errors
//! where they contradict each other (Lenzen, Gallego and Wood 2009, doi:10.1080/09535310802688661).
//!
//! Whether the sums can be met at all is tested before (`feasible`); what was reached is proven after (`outcome`).

use serde::{Deserialize, Serialize};

use crate::bounded::{Bounded, sum_exact};
use crate::error::{Error, Result};
use crate::table::Sparse;
use crate::threads::prelude::*;
use crate::watch::Watch;

mod accelerate;
mod aim;
mod aside;
mod feasible;
mod flow;
mod iterate;
mod outcome;
mod pass;
mod table;
mod written;

pub use outcome::{Largest, Moved, Outcome, Shift, Sums, Which};
pub use table::{Given, Plan, Result as TableResult};

use aside::Aside;

/// Share of the standard error by which KRAS moves a target in a pass (alpha of Lenzen, Gallego and Wood 2009).
pub const STEP: f64 = 0.1;

/// What a sum is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// Anything.
    Free,
    /// This number.
    Exact(f64),
    /// A number from low to high; either may be infinite.
    Between(f64, f64),
    /// This number, known with a standard error above 0 (value, error): only KRAS moves it.
    Estimate(f64, f64),
}

/// How scalings are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Without negative cells.
    Ras,
    /// With cells of both signs.
    #[default]
    Gras,
    /// As GRAS; targets with standard errors give way where targets contradict each other.
    Kras,
}

impl Method {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Method::Ras => "ras",
            Method::Gras => "gras",
            Method::Kras => "kras",
        }
    }
}

/// Which targets are scaled where rows and columns have different totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// The row targets, to the total of the columns.
    Rows,
    /// The column targets, to the total of the rows.
    Columns,
}

/// A sum over cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What it is called.
    pub name: String,
    /// Its cells, by their places among the stored ones.
    pub entries: Vec<usize>,
    /// What their sum is to be.
    pub target: Target,
}

/// What the sums of a matrix are to be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Targets {
    /// Of each row (m).
    pub rows: Vec<Target>,
    /// Of each column (n).
    pub columns: Vec<Target>,
    /// Cells that keep a number: place among the stored cells, and the number.
    pub fixed: Vec<(usize, f64)>,
    /// Sums over groups of cells.
    pub groups: Vec<Group>,
}

/// How to balance.
pub struct How<'a> {
    /// How scalings are found.
    pub method: Method,
    /// Largest `|sum - target| / max(|target|, 1e-9 total)`.
    pub tolerance: f64,
    /// Passes over the matrix after which it ends without having converged.
    pub max_passes: usize,
    /// What to do where the totals of rows and columns differ; else they are refused.
    pub scale: Option<Scale>,
    /// Names of rows, for messages.
    pub row: &'a (dyn Fn(usize) -> String + Sync),
    /// Names of columns, for messages.
    pub column: &'a (dyn Fn(usize) -> String + Sync),
    /// Whether to go on, and in which threads.
    pub watch: Watch,
}

impl Default for How<'_> {
    fn default() -> Self {
        How {
            method: Method::Gras,
            tolerance: 1e-9,
            max_passes: 10_000,
            scale: None,
            row: &|i| format!("row {i}"),
            column: &|j| format!("column {j}"),
            watch: Watch::default(),
        }
    }
}

/// Balances `z` in place: its stored cells are changed, its pattern and signs are not.
///
/// # Errors
/// Before a cell is changed: shapes that do not fit, numbers that are not finite, totals of rows and columns that differ,
/// targets that no matrix of this pattern and these signs has (rows and columns by name). When the watch is cancelled, `z` may
/// be changed in part.
pub fn balance(z: &mut Sparse, targets: &Targets, how: &How) -> Result<Outcome> {
    how.watch.clone().run(|| balanced(z, targets, how))
}

fn balanced(z: &mut Sparse, targets: &Targets, how: &How) -> Result<Outcome> {
    how.watch.units("balance: tests", 0, 2)?;
    let signs = sound(z, targets, how)?;
    let (rows, columns, scaled) = totals(targets, how)?;
    let mut aside = Aside::of(z, targets);
    // sums of the cells that move: those that are fixed are taken off
    let mut aims = aim::Aims::new(&rows, &columns, &targets.groups);
    aside.take_off(z, targets, &mut aims);
    feasible::signs(z, &signs, &mut aims, &mut aside, targets, how)?;
    how.watch.units("balance: tests", 1, 2)?;
    let tested = feasible::blocks(z, &signs, &aims, &aside, how)?;
    let found = iterate::iterate(z, &signs.mixed, aims, targets, how, tested.conflict)?;
    let originals = Targets { rows, columns, fixed: Vec::new(), groups: Vec::new() };
    let mut outcome = outcome::finish(z, &signs.mixed, &aside, found, &originals, targets, how)?;
    outcome.notes.splice(0..0, scaled.into_iter().chain(tested.note));
    Ok(outcome)
}

/// Signs of the stored cells of rows, as they were given (m).
struct Signs {
    /// Whether some are negative.
    mixed: Vec<bool>,
    /// Whether all are positive.
    positive: Vec<bool>,
}

/// Signs of rows; refuses what is not a matrix with its targets.
fn sound(z: &Sparse, targets: &Targets, how: &How) -> Result<Signs> {
    let (m, n) = (z.rows(), z.cols());
    if (targets.rows.len(), targets.columns.len()) != (m, n) {
        let text = format!("{} row and {} column targets for {m} x {n} cells", targets.rows.len(), targets.columns.len());
        return Err(Error::invalid(text, "give one target for each row and column"));
    }
    if !(how.tolerance > 0.0 && how.tolerance < 1.0) || how.max_passes == 0 {
        let text = format!("tolerance {} and {} passes are no limits of a balance", how.tolerance, how.max_passes);
        return Err(Error::invalid(text, "give a tolerance between 0 and 1 and at least one pass"));
    }
    let signs = |i: usize| {
        let values = &z.data()[z.indptr().outer_inds_sz(i)];
        let mut all = [true; 3];
        values.iter().for_each(|v| {
            all[0] &= v.is_finite();
            all[1] &= *v >= 0.0;
            all[2] &= *v > 0.0;
        });
        all
    };
    let all: Vec<[bool; 3]> = (0..m).into_par_iter().map(signs).collect();
    let signs = Signs { mixed: all.iter().map(|a| !a[1]).collect(), positive: all.iter().map(|a| a[2]).collect() };
    if let Some(i) = all.iter().position(|a| !a[0]) {
        let row = z.outer_view(i);
        let (j, v) = row.iter().flat_map(|r| r.iter()).find(|(_, v)| !v.is_finite()).map_or((0, f64::NAN), |(j, v)| (j, *v));
        return Err(Error::invalid(format!("the cell of {} and {} is {v}", (how.row)(i), (how.column)(j)), "correct it before balancing"));
    }
    if let (Some(i), Method::Ras) = (signs.mixed.iter().position(|m| *m), how.method) {
        let row = z.outer_view(i);
        let (j, v) = row.iter().flat_map(|r| r.iter()).find(|(_, v)| **v < 0.0).map_or((0, f64::NAN), |(j, v)| (j, *v));
        let count = z.data().iter().filter(|v| **v < 0.0).count();
        let text = format!("{count} cells are negative, the first {v} of {} and {}: RAS has no answer", (how.row)(i), (how.column)(j));
        return Err(Error::invalid(text, "use the method gras, which keeps signs"));
    }
    let names = (0..m).map(|i| (how.row)(i)).zip(&targets.rows);
    let names = names.chain((0..n).map(|j| (how.column)(j)).zip(&targets.columns));
    let mut estimates = 0;
    for (name, target) in names.chain(targets.groups.iter().map(|g| (g.name.clone(), &g.target))) {
        let good = match *target {
            Target::Free => true,
            Target::Exact(v) => v.is_finite(),
            Target::Between(low, high) => low <= high && low < f64::INFINITY && high > f64::NEG_INFINITY,
            Target::Estimate(v, e) => v.is_finite() && e > 0.0 && e.is_finite(),
        };
        if !good {
            return Err(Error::invalid(
                format!("the target of {name} is {target:?}"),
                "give finite numbers, low <= high, standard error > 0",
            ));
        }
        estimates += usize::from(matches!(target, Target::Estimate(..)));
    }
    match how.method {
        Method::Kras if estimates == 0 => {
            Err(Error::invalid("kras moves targets by their standard errors, and none has one", "give standard errors, or use gras"))
        }
        Method::Ras | Method::Gras if estimates > 0 => {
            let text = format!("{estimates} targets have standard errors, which {} does not use", how.method.name());
            Err(Error::invalid(text, "use the method kras, or leave the standard errors out"))
        }
        _ => Ok(signs),
    }
}

/// Row and column targets whose totals agree, and a note where they were scaled.
fn totals(targets: &Targets, how: &How) -> Result<(Vec<Target>, Vec<Target>, Option<String>)> {
    let (mut rows, mut columns) = (targets.rows.clone(), targets.columns.clone());
    let exact = |list: &[Target]| list.iter().map(|t| if let Target::Exact(v) = t { Some(*v) } else { None }).collect::<Option<Vec<f64>>>();
    let (Some(u), Some(v)) = (exact(&rows), exact(&columns)) else {
        return match how.scale {
            None => Ok((rows, columns, None)),
            Some(_) => Err(Error::invalid("nothing to scale: not every row and column has one number as target", "leave scale out")),
        };
    };
    let (total_u, total_v) = (sum_exact(&u), sum_exact(&v));
    let size = u.iter().map(|x| x.abs()).sum::<f64>().max(v.iter().map(|x| x.abs()).sum());
    let Bounded { value: gap, bound } = total_u - total_v;
    if gap.abs() - bound <= how.tolerance * size && how.scale.is_none() {
        return Ok((rows, columns, None));
    }
    let text = format!("the row targets add to {}, the column targets to {}: they differ by {gap}", total_u.value, total_v.value);
    let Some(scale) = how.scale else {
        return Err(Error::invalid(text, "correct them, or scale the rows or the columns to the total of the other side"));
    };
    let scaling = if scale == Scale::Rows { total_v.value / total_u.value } else { total_u.value / total_v.value };
    if !(scaling > 0.0 && scaling.is_finite()) {
        return Err(Error::invalid(format!("{text}; no positive scaling scales one to the other"), "correct the targets"));
    }
    let (side, name) = if scale == Scale::Rows { (&mut rows, "row") } else { (&mut columns, "column") };
    side.iter_mut().for_each(|t| {
        if let Target::Exact(v) = t {
            *v *= scaling;
        }
    });
    Ok((rows, columns, Some(format!("every {name} target is scaled by {scaling}: {text}"))))
}
