//! Whether targets can be met at all: lines without cells, impossible signs, and blocks of rows whose cells lie in columns that
//! cannot take them.
//!
//! Rows I whose positive cells lie in columns J need `sum_I u <= sum_J v`; one maximal flow through the pattern finds the worst
//! I and J (Ford and Fulkerson 1956, doi:10.4153/CJM-1956-045-5; with ranges: Hoffman's circulation theorem). A negative
//! cell is an arc from its column to its row. Totals of groups of cells are no part of the flow.

use super::aim::{Aim, Aims};
use super::aside::Aside;
use super::flow::{Flow, Found};
use super::{How, Method, Signs, Sparse, Targets, pass};
use crate::error::{Error, Result};
use crate::threads::prelude::*;

/// Names printed of a set.
const NAMED: usize = 5;
/// Steps of the flow per stored cell after which the block test is left out.
const STEPS: usize = 40;
/// Steps that are always made.
const LEAST_STEPS: usize = 100_000_000;
/// A target this near to 0, in units of itself before fixed cells were taken off, is 0.
const ZERO: f64 = 8.0 * f64::EPSILON;

const POSITIVE: u8 = 1;
const NEGATIVE: u8 = 2;

/// What the block test found.
pub(super) struct Tested {
    /// Whether estimates contradict each other.
    pub conflict: Option<bool>,
    /// What a reader must know.
    pub note: Option<String>,
}

/// Refuses lines without cells and impossible signs; empties lines of one sign whose target is 0.
pub(super) fn signs(z: &mut Sparse, given: &Signs, aims: &mut Aims, aside: &mut Aside, targets: &Targets, how: &How) -> Result<()> {
    for aim in aims.rows.iter_mut().chain(&mut aims.columns).chain(&mut aims.groups) {
        let is_zero = |v: f64| v.abs() <= ZERO * aim.unit;
        (aim.low, aim.high) = (if is_zero(aim.low) { 0.0 } else { aim.low }, if is_zero(aim.high) { 0.0 } else { aim.high });
    }
    loop {
        let (rows, columns) = present(z, given, aside.is_empty());
        let group = |k: usize| targets.groups[k].entries.iter().fold(0, |all, &e| all | sign(z.data()[e]));
        let groups: Vec<u8> = (0..targets.groups.len()).map(group).collect();
        let mut wrong = Vec::new();
        let mut empty = [Vec::new(), Vec::new(), Vec::new()];
        let kinds = [(&aims.rows, &rows), (&aims.columns, &columns), (&aims.groups, &groups)];
        for (kind, (aims, signs)) in kinds.into_iter().enumerate() {
            for (k, (aim, &signs)) in aims.iter().zip(signs).enumerate() {
                let name = || match kind {
                    0 => (how.row)(k),
                    1 => (how.column)(k),
                    _ => targets.groups[k].name.clone(),
                };
                match reason(aim, signs, how.tolerance) {
                    Some(why) => wrong.push(format!("{} {why}", name())),
                    None if aim.low == 0.0 && aim.high == 0.0 && (signs == POSITIVE || signs == NEGATIVE) => empty[kind].push(k),
                    None => {}
                }
            }
        }
        if !wrong.is_empty() {
            let text = format!("{} targets are out of reach: {}", wrong.len(), listed(&wrong));
            return Err(Error::invalid(text, "correct the target, or give the line a cell of the sign it needs: zeros and signs are kept"));
        }
        if empty.iter().all(Vec::is_empty) {
            aside.settle();
            return Ok(());
        }
        let [rows, columns, groups] = empty;
        let mut is_empty = vec![false; z.cols()];
        columns.iter().for_each(|&j| is_empty[j] = true);
        let of_rows: Vec<usize> = rows.iter().flat_map(|&i| z.indptr().outer_inds_sz(i)).collect();
        let of_columns: Vec<usize> = if columns.is_empty() {
            Vec::new()
        } else {
            z.indices().iter().enumerate().filter(|(_, j)| is_empty[**j as usize]).map(|(e, _)| e).collect()
        };
        let of_groups: Vec<usize> = groups.iter().flat_map(|&k| targets.groups[k].entries.iter().copied()).collect();
        // a cell of two such lines is emptied once
        for entries in [of_rows, of_columns, of_groups] {
            aside.empty(z, entries.into_iter());
        }
    }
}

fn sign(v: f64) -> u8 {
    if v > 0.0 {
        POSITIVE
    } else if v < 0.0 {
        NEGATIVE
    } else {
        0
    }
}

/// Signs of the cells of each row and column.
fn present(z: &Sparse, given: &Signs, unchanged: bool) -> (Vec<u8>, Vec<u8>) {
    let block = |range: std::ops::Range<usize>| {
        let mut columns = vec![0; z.cols()];
        let row = |i: usize| {
            let cells = z.indptr().outer_inds_sz(i);
            let (indices, values) = (&z.indices()[cells.clone()], &z.data()[cells]);
            // most rows: all positive
            if given.positive[i] && (unchanged || !values.contains(&0.0)) {
                match pass::run(indices) {
                    Some(run) => columns[run].iter_mut().for_each(|c| *c |= POSITIVE),
                    None => indices.iter().for_each(|&j| columns[j as usize] |= POSITIVE),
                }
                return if values.is_empty() { 0 } else { POSITIVE };
            }
            indices.iter().zip(values).fold(0, |all, (&j, &v)| {
                columns[j as usize] |= sign(v);
                all | sign(v)
            })
        };
        let rows: Vec<u8> = range.map(row).collect();
        (rows, columns)
    };
    let done: Vec<(Vec<u8>, Vec<u8>)> = pass::blocks(z).into_par_iter().map(block).collect();
    let mut all = (Vec::with_capacity(z.rows()), vec![0; z.cols()]);
    for (rows, columns) in done {
        all.0.extend(rows);
        all.1.iter_mut().zip(columns).for_each(|(all, own)| *all |= own);
    }
    all
}

/// Why cells of these signs cannot add to what is aimed at.
fn reason(aim: &Aim, signs: u8, tolerance: f64) -> Option<String> {
    let slack = tolerance * aim.unit;
    let needs = |v: f64, sign: &str| Some(format!("is to be {v} and has no {sign} cell that may change"));
    if aim.low > slack && signs & POSITIVE == 0 {
        needs(aim.low, "positive")
    } else if aim.high < -slack && signs & NEGATIVE == 0 {
        needs(aim.high, "negative")
    } else {
        None
    }
}

/// Whether every cell is positive and every target one number not below 0: the products of targets meet them all, if their
/// totals agree, which was asked before.
fn is_full(z: &Sparse, given: &Signs, aims: &Aims, aside: &Aside) -> bool {
    let exact = |a: &Aim| a.low == a.high && a.low >= 0.0 && a.error == 0.0;
    let cells = z.nnz() == z.rows() * z.cols() && aside.is_empty() && given.positive.iter().all(|p| *p);
    cells && aims.rows.iter().chain(&aims.columns).all(exact)
}

/// Up to [`NAMED`] of a list.
fn listed(names: &[String]) -> String {
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    format!("{}{more}", names[..names.len().min(NAMED)].join("; "))
}

/// Tests all blocks by one maximal flow.
///
/// # Errors
/// Naming rows and columns where exact targets or ranges cannot be met.
pub(super) fn blocks(z: &Sparse, given: &Signs, aims: &Aims, aside: &Aside, how: &How) -> Result<Tested> {
    if is_full(z, given, aims, aside) {
        return Ok(Tested { conflict: None, note: None });
    }
    let mixed = &given.mixed;
    let hard = |list: &[Aim]| -> Vec<Aim> {
        let free = |a: &Aim| Aim { low: f64::NEG_INFINITY, high: f64::INFINITY, ..*a };
        list.iter().map(|a| if a.error > 0.0 { free(a) } else { *a }).collect()
    };
    let steps = z.nnz().saturating_mul(STEPS).max(LEAST_STEPS);
    let mut conflict = None;
    if how.method == Method::Kras && aims.has_estimates() {
        let found = Flow::new(z, mixed, &aims.rows, &aims.columns, aims.total).run(steps, &how.watch)?;
        match found {
            Found::Feasible => return Ok(Tested { conflict: Some(false), note: None }),
            Found::Blocked { .. } => conflict = Some(true),
            Found::Unfinished => {}
        }
    }
    let (rows, columns) = (hard(&aims.rows), hard(&aims.columns));
    match Flow::new(z, mixed, &rows, &columns, aims.total).run(steps, &how.watch)? {
        Found::Feasible => Ok(Tested { conflict, note: None }),
        Found::Unfinished => {
            let note = format!("the test for blocks was left out: the flow through {} cells takes more than {steps} steps", z.nnz());
            Ok(Tested { conflict, note: Some(note) })
        }
        Found::Blocked { rows: i, columns: j, need, room, from_rows } => {
            let row: Vec<String> = i.iter().take(NAMED + 1).map(|&i| (how.row)(i)).collect();
            let column: Vec<String> = j.iter().take(NAMED + 1).map(|&j| (how.column)(j)).collect();
            let shown = |names: Vec<String>, count: usize, kind: &str| {
                let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
                let list = names[..names.len().min(NAMED)].join("; ");
                format!("{count} {kind}{} ({list}{more})", if count == 1 { "" } else { "s" })
            };
            let (row, column) = (shown(row, i.len(), "row"), shown(column, j.len(), "column"));
            let (first, second) = if from_rows { (row, column) } else { (column, row) };
            let text = format!(
                "the targets contradict the pattern: {first} are to add to {need} or more, their cells lie in {second}, which reach \
{room} at most: {} too little",
                need - room
            );
            Err(Error::invalid(
                text,
                "correct one of these targets, add a flow where the pattern has none, or give standard errors and use kras",
            ))
        }
    }
}
