//! How A is kept and how it is solved, with the reason: one rule for every command.
//!
//! Storage follows from the number of rows and of entries ([`crate::operator::Storage::auto`]), the method from the form that A has and from
//! the number of right-hand sides. A method that was not asked for and does not suit the system gives way to a second one.

use serde::Serialize;

use crate::error::Result;
use crate::operator::{Matrix, Operator};
use crate::solve::{Given, Method, Prepared};
use crate::system::System;

/// Rows from which the regions of a table are factorised in place of the whole, where right-hand sides are few.
const LU_BY_REGION: usize = 500;
/// Up to one right-hand side for so many rows, LU of the regions and a few passes cost less than those of the whole.
const ROWS_A_COLUMN: usize = 20;

/// A form of A and a method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// How A is kept: the name of an operator.
    pub storage: &'static str,
    /// How it is solved.
    pub method: Method,
    /// Why.
    pub why: String,
}

/// The plan of a system for so many right-hand sides.
pub fn plan(system: &System, columns: usize) -> Plan {
    planned(&system.matrix(), system.region_count(), columns)
}

/// The plan for A as it is kept, with rows of so many regions, for so many right-hand sides.
pub fn planned(matrix: &Matrix, regions: usize, columns: usize) -> Plan {
    let operator = matrix.operator();
    let (n, entries) = (operator.dim(), operator.entries());
    let full = 100.0 * entries as f64 / (n as f64 * n as f64).max(1.0);
    let usual = Method::auto(operator, columns);
    let has_lu = !matches!(matrix, Matrix::Products(_));
    let (method, why) = match usual {
        Method::Direct if has_lu && is_by_region(n, regions) && columns * ROWS_A_COLUMN < n => (
            Method::TradeShareRefinement,
            format!("{n} rows for {columns} right-hand sides: {regions} regions are factorised in place of the whole"),
        ),
        Method::Direct => (usual, format!("{n} rows, {full:.0} % full, for {columns} right-hand sides: the whole is factorised")),
        Method::TradeShareRefinement if entries >= n * n => {
            (usual, format!("every entry of {n} rows: regions are factorised, passes refine"))
        }
        Method::TradeShareRefinement => (usual, "trade shares of each product: the fit is solved, passes refine".to_string()),
        Method::GmresRegionGaussSeidel => (usual, format!("{n} rows, {full:.2} % full: sweeps over regions, combined")),
        Method::Gmres => (usual, format!("products alone, {columns} right-hand sides: few enough for GMRES")),
        _ => (usual, format!("products alone, {columns} right-hand sides: a power series keeps no vectors")),
    };
    Plan { storage: operator.name(), method, why }
}

/// Whether the regions of so many rows are factorised where right-hand sides are few.
pub fn is_by_region(rows: usize, regions: usize) -> bool {
    regions > 2 && rows >= LU_BY_REGION
}

/// The method that takes over where the trade-share refinement does not suit or does not contract.
pub fn second(operator: &dyn Operator) -> Method {
    match Method::auto(operator, 1) {
        Method::TradeShareRefinement => Method::Gmres,
        method => method,
    }
}

/// Makes ready the method asked for, or else that of the plan. A refinement that does not suit the system gives way to a second
/// method, unless `strict`: then the reason is an error.
///
/// # Errors
/// If no method works on this system: a singular block, a sector whose own input equals its output.
pub fn prepared(given: &Given, asked: Option<Method>, columns: usize, strict: bool) -> Result<Ready> {
    let mut plan = planned(&given.matrix, given.offsets.len() - 1, columns);
    if let Some(method) = asked {
        plan = Plan { method, why: "asked for".into(), ..plan };
    }
    let failed = match Prepared::new(plan.method, given) {
        Err(why) if plan.method == Method::TradeShareRefinement && !strict && !given.watch.is_cancelled() => why.to_string(),
        made => return Ok(Ready { prepared: made?, plan, fallback: None }),
    };
    let second = second(given.matrix.operator());
    let plan = Plan { method: second, why: format!("in place of {}: {failed}", plan.method.name()), ..plan };
    Ok(Ready { prepared: Prepared::new(second, given)?, plan, fallback: Some(failed) })
}

/// A method that is ready, and the plan that it follows.
pub struct Ready {
    /// The method.
    pub prepared: Prepared,
    /// The plan.
    pub plan: Plan,
    /// Why another method than the first one is in use.
    pub fallback: Option<String>,
}
