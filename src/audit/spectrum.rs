//! The spectral radius of |A|, enclosed; below 1 every demand can be met and the Leontief inverse exists.
//!
//! For an irreducible `B >= 0` and any `w > 0`: `min (B w)_i / w_i <= rho(B) <= max (B w)_i / w_i` (Collatz 1942, Wielandt
//! 1950; Berman and Plemmons 1994, theorem 2.1.11). Strongly connected components are treated apart (Tarjan 1972), so
//! that `rho` is the largest of theirs; every second pass is shifted, `w <- (B + s) w`, since supply-use blocks have `+-rho`.

use super::{Finding, Level, figure};
use crate::operator::any_negative;
use crate::operator::kernel::{Listed, gather};
use crate::table::{Sparse, SparseView, Table};
use crate::threads::prelude::*;
use crate::watch::Watch;

/// An enclosure of the spectral radius, rounding included.
#[derive(Debug, Clone, PartialEq)]
pub struct Radius {
    /// It is not less than this.
    pub lower: f64,
    /// It is not more than this.
    pub upper: f64,
    /// Rows of the strongly connected component it belongs to, ascending.
    pub component: Vec<usize>,
}

/// Wanted relative width of the enclosure.
const WIDTH: f64 = 1e-3;

/// Passes over a component at most.
const PASSES: usize = 10_000;

/// Passes after which an enclosure that has decided is wide enough: provinces that trade little have nearly equal radii,
/// and a thousandth would take hundreds.
const NARROWING: usize = 12;

/// Entries from which the whole is tried before its components, and those that a decided enclosure is narrowed with at most.
const MANY: usize = 1_000_000;
const NARROWING_ENTRIES: usize = 500_000_000;

/// Entries looked at in all, so that very large systems stop undecided rather than run for hours.
const ENTRIES: u64 = 20_000_000_000;

/// Encloses the spectral radius of |A| for a square matrix of coefficients.
pub fn spectral_radius(a: &Sparse) -> Radius {
    radius(a.view(), &vec![1.0; a.rows()], &Watch::default())
}

/// The same for `A = Z diag(x)^-1` without forming A; columns with `x = 0` count as empty.
fn radius(z: SparseView, x: &[f64], watch: &Watch) -> Radius {
    let mut best = Radius { lower: 0.0, upper: 0.0, component: Vec::new() };
    let mut w = vec![0.0; x.len()];
    if z.nnz() >= MANY && x.iter().all(|v| *v != 0.0) {
        // both bounds hold for the whole as well: components are looked for where it decides nothing
        let all: Vec<usize> = (0..x.len()).collect();
        let (lower, upper) = enclose(z, x, &all, &mut w, 0.0, NARROWING, watch);
        if upper < 1.0 {
            return Radius { lower, upper, component: all };
        }
    }
    let mut components = components(z, x);
    // The large ones first: they decide most often, and the others are then left after one pass.
    components.sort_by_key(|c| std::cmp::Reverse(c.len()));
    for component in components {
        let (lower, upper) = enclose(z, x, &component, &mut w, best.lower, PASSES, watch);
        best.upper = best.upper.max(upper);
        if best.component.is_empty() || lower > best.lower {
            best.lower = best.lower.max(lower);
            best.component = component;
        }
    }
    best
}

/// Bounds of the spectral radius of one component after at most `passes` passes. `w` is zero on entry and on return; `reached` is a lower bound already known
/// elsewhere. A cancelled watch leaves them as wide as they are.
fn enclose(z: SparseView, x: &[f64], component: &[usize], w: &mut [f64], reached: f64, passes: usize, watch: &Watch) -> (f64, f64) {
    let (mut lower, mut upper, mut entries) = (0.0_f64, f64::INFINITY, 0_usize);
    if let [i] = component {
        let use_of_own = z.get(*i, *i).map_or(0.0, |v| v.abs());
        let own = if x[*i] == 0.0 { 0.0 } else { use_of_own / x[*i].abs() };
        let (low, high) = (own * (1.0 - f64::EPSILON), own * (1.0 + f64::EPSILON));
        // whether it is below 1 is a comparison of two cells, which is exact
        let below = use_of_own < x[*i].abs() || x[*i] == 0.0;
        return if below { (low, high.min(1.0 - f64::EPSILON / 2.0)) } else { (low.max(1.0), high) };
    }
    // w holds w_j / |x_j|, starting from w = x: an output that covers its own inputs decides at once.
    component.iter().for_each(|&i| w[i] = 1.0);
    let mut next = vec![0.0; component.len()];
    for pass in 0..passes {
        let (low, high, seen) = multiply(z, x, component, w, &mut next);
        entries += seen;
        lower = lower.max(low);
        upper = upper.min(high);
        let decided = upper < 1.0 || lower >= 1.0;
        let narrow = upper - lower <= WIDTH * lower || upper <= reached;
        let enough = pass >= NARROWING || entries >= NARROWING_ENTRIES;
        if !high.is_finite() || (decided && (narrow || enough)) || entries as u64 > ENTRIES || watch.is_cancelled() {
            break;
        }
        // Every second pass is shifted by half the radius, which damps -rho to a third; the others forget at once what
        // sells almost only to final demand.
        let shift = if pass % 2 == 1 { 0.25 * (lower + upper) } else { 0.0 };
        let mut largest = 0.0_f64;
        for (value, &i) in next.iter_mut().zip(component) {
            *value += shift * w[i] * x[i].abs();
            *value /= x[i].abs();
            largest = largest.max(*value);
        }
        component.iter().zip(&next).for_each(|(&i, value)| w[i] = value / largest);
    }
    component.iter().for_each(|&i| w[i] = 0.0);
    if lower < 1.0 && upper >= 1.0 && !watch.is_cancelled() && closed(z, x, component) {
        lower = 1.0;
    }
    (lower, upper)
}

/// Whether every row of a component sells at least its output within it, or every column buys as much: then `B x >= x`, or
/// `1'B >= 1'`, and the radius is at least 1. Exact.
fn closed(z: SparseView, x: &[f64], component: &[usize]) -> bool {
    let inside = |j: &u32| component.binary_search(&(*j as usize)).is_ok();
    let row = |i: usize| z.outer_view(i).expect("a row of the matrix");
    let reaches = |cells: &[f64], output: f64| {
        let mut parts = vec![-output.abs()];
        cells.iter().for_each(|v| grow(&mut parts, v.abs()));
        parts.last().is_none_or(|largest| *largest >= 0.0)
    };
    let sells = |&i: &usize| {
        let row = row(i);
        let cells: Vec<f64> = row.indices().iter().zip(row.data()).filter(|(j, _)| inside(j)).map(|(_, v)| *v).collect();
        reaches(&cells, x[i])
    };
    if component.iter().all(sells) {
        return true;
    }
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); component.len()];
    for &i in component {
        for (j, v) in row(i).indices().iter().zip(row(i).data()) {
            if let Ok(at) = component.binary_search(&(*j as usize)) {
                columns[at].push(*v);
            }
        }
    }
    component.iter().zip(&columns).all(|(&j, cells)| reaches(cells, x[j]))
}

/// Adds a number to a sum kept exactly, as parts that do not overlap, the largest last (Shewchuk, Discrete Comput. Geom. 18
/// (1997), grow-expansion; parts that are 0 are left out).
fn grow(parts: &mut Vec<f64>, value: f64) {
    let mut carry = value;
    let mut kept = 0;
    for k in 0..parts.len() {
        let (a, b) = (carry, parts[k]);
        let sum = a + b;
        let of_b = sum - a;
        let rest = (a - (sum - of_b)) + (b - of_b);
        carry = sum;
        if rest != 0.0 {
            parts[kept] = rest;
            kept += 1;
        }
    }
    parts.truncate(kept);
    if carry != 0.0 {
        parts.push(carry);
    }
}

/// `next = |Z| w` on the rows of a component, the least and largest `(B w)_i / w_i` loosened by rounding, and the
/// number of entries seen. Reads 12 bytes of Z per entry; the order of sums does not depend on the threads.
fn multiply(z: SparseView, x: &[f64], component: &[usize], w: &[f64], next: &mut [f64]) -> (f64, f64, usize) {
    let one = |(value, &i): (&mut f64, &usize)| {
        let row = z.outer_view(i).expect("a row of the matrix");
        *value = 0.0;
        // SAFETY: sprs checks that column numbers are below the number of columns
        let columns = unsafe { Listed::below(z.cols(), row.indices()) };
        gather::<true, _, _>(row.data(), columns, 1, w, std::slice::from_mut(value));
        let ratio = *value / (w[i] * x[i].abs());
        let slack = (row.nnz() + 4) as f64 * f64::EPSILON;
        let high = if ratio.is_finite() { ratio * (1.0 + slack) } else { f64::INFINITY };
        (if ratio.is_finite() { ratio * (1.0 - slack) } else { 0.0 }, high, row.nnz())
    };
    let both = |a: (f64, f64, usize), b: (f64, f64, usize)| (a.0.min(b.0), a.1.max(b.1), a.2 + b.2);
    let none = (f64::INFINITY, 0.0, 0);
    next.par_iter_mut().zip(component).with_min_len(128).map(one).reduce(|| none, both)
}

/// Strongly connected components of the pattern, each ascending (Tarjan, SIAM J. Comput. 1 (1972), without recursion).
fn components(z: SparseView, x: &[f64]) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let n = x.len();
    let (mut order, mut low, mut waiting) = (vec![NEW; n], vec![0; n], vec![false; n]);
    let (mut stack, mut path, mut found) = (Vec::new(), Vec::new(), Vec::new());
    let mut count = 0;
    let row = |i: usize| z.outer_view(i).expect("a row of the matrix");
    for start in 0..n {
        if order[start] == NEW {
            path.push((start, 0));
        }
        while let Some((i, from)) = path.pop() {
            if order[i] == NEW {
                (order[i], low[i], waiting[i]) = (count, count, true);
                count += 1;
                stack.push(i);
            }
            let entries = row(i);
            let mut child = None;
            for at in from..entries.nnz() {
                let (j, v) = (entries.indices()[at] as usize, entries.data()[at]);
                if v == 0.0 || x[j] == 0.0 {
                    continue;
                }
                if order[j] == NEW {
                    child = Some((at, j));
                    break;
                }
                if waiting[j] {
                    low[i] = low[i].min(low[j]);
                }
            }
            if let Some((at, j)) = child {
                // Back at this same entry later, where j is known and lowers i.
                path.push((i, at));
                path.push((j, 0));
            } else if low[i] == order[i] {
                let first = stack.iter().rposition(|&j| j == i).expect("i waits on the stack");
                let mut component = stack.split_off(first);
                component.iter().for_each(|&j| waiting[j] = false);
                component.sort_unstable();
                found.push(component);
            }
        }
    }
    found
}

/// The check `spectral-radius`.
pub(super) fn productive(table: &Table, watch: &Watch) -> Vec<Finding> {
    let signed = any_negative(table.z.values());
    let found = radius(table.z.view(), table.x.as_slice().expect("contiguous"), watch);
    let bracket = format!("{} to {}", figure(found.lower), figure(found.upper));
    let of = if signed { "|A| (Z has negative entries)" } else { "A" };
    let first: Vec<String> = found.component.iter().take(3).map(|&i| table.labels.row_name(i)).collect();
    let block = format!("{} row(s), first: {}", found.component.len(), first.join("; "));
    let code = "spectral-radius";
    let finding = if found.upper < 1.0 {
        Finding::new(Level::Pass, code, format!("spectral radius of {of} is {bracket}, below 1")).numbers(found.upper, 1.0)
    } else if found.lower < 1.0 {
        Finding::new(
            Level::Warn,
            code,
            format!("spectral radius of {of} lies in {bracket} and may reach 1 in a block of {block}; results there may carry no bound: check Z and x of these rows"),
        )
        .numbers(found.upper, 1.0)
    } else if signed {
        Finding::new(
            Level::Warn,
            code,
            format!("spectral radius of {of} is {bracket}, not below 1, in a block of {block}; no certificate is possible: move the negative entries of Z out of it, or take the results as estimates"),
        )
        .numbers(found.lower, 1.0)
    } else {
        Finding::new(
            Level::Fail,
            code,
            format!("spectral radius of {of} is {bracket}, not below 1, in a block of {block}: it uses more of its own products than it makes, and no demand can be met; check units of Z against x in these rows, and set what a sector uses of its own product off against its output (gross to net)"),
        )
        .numbers(found.lower, 1.0)
    };
    let i = found.component.first().copied().filter(|_| finding.level != Level::Pass);
    vec![match i {
        Some(i) => {
            let labels = &table.labels;
            finding.region(labels.regions[labels.region_of(i)].en.clone()).sector(labels.sectors[i].en.clone()).row(i)
        }
        None => finding,
    }]
}
