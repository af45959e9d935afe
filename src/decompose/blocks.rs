//! Blocks of the inverse on columns of their own region: `W_tu = B_tt Y_tu`, with a bound.
//!
//! For each region t the right-hand sides are its columns, or the unit vectors of its rows where these are fewer; they are
//! solved for as many regions at once as fit, and only the rows of t are kept. Every solved column has
//! `|x - x*| <= w scale`, hence `|B_tt Y - W| <= w sum_j scale_j |Y_j|` for unit vectors.

use ndarray::{Array2, Axis, s};

use super::content::Content;
use super::enclosed::{part_scale, scales};
use crate::bounded::{gamma, largest, up};
use crate::leontief::Leontief;
use crate::operator::Direction;

/// Right-hand sides solved at once, at least those of one region.
const TOGETHER: usize = 256;
/// Bytes that the right-hand sides of a block may take.
const ROOM: usize = 32 << 20;

/// `B_tt y_t` for every region t and column of y (n x P), known up to `unsure` (n x P), `scale` with `|error| <= w scale` by region and column (R x P),
/// and the number of right-hand sides solved.
pub(super) fn own_blocks(
    leontief: &Leontief,
    content: &Content,
    y: &Array2<f64>,
    unsure: &Array2<f64>,
) -> (Array2<f64>, Array2<f64>, usize) {
    let system = content.system;
    let (n, r_count) = (system.dim(), system.region_count());
    let (mut w, mut scale) = (Array2::zeros(y.dim()), Array2::zeros((r_count, y.ncols())));
    // the columns of the own region are empty
    let wanted = |t: usize| -> Vec<usize> { (0..y.ncols()).filter(|&u| u != t).collect() };
    let count = |t: usize| system.labels().rows(t).len().min(y.ncols() - 1);
    let most = (ROOM / (8 * n)).clamp(1, TOGETHER);
    let (mut start, mut solves) = (0, 0);
    while start < r_count {
        let (mut end, mut columns) = (start + 1, count(start));
        while end < r_count && columns + count(end) <= most {
            columns += count(end);
            end += 1;
        }
        let mut b = Array2::zeros((n, columns));
        let mut at = 0;
        for t in start..end {
            let rows = system.labels().rows(t);
            if rows.len() < y.ncols() - 1 {
                rows.clone().enumerate().for_each(|(k, i)| b[[i, at + k]] = 1.0);
            } else {
                for (k, u) in wanted(t).into_iter().enumerate() {
                    b.slice_mut(s![rows.clone(), at + k]).assign(&y.slice(s![rows.clone(), u]));
                }
            }
            at += count(t);
        }
        let found = leontief.forward("final goods of each region by partner", b.view());
        let errors = scales(leontief, Direction::Forward, found.sizes.view());
        solves += columns;
        at = 0;
        for t in start..end {
            let rows = system.labels().rows(t);
            let (x, errors) = (found.x.slice(s![rows.clone(), at..at + count(t)]), &errors[at..at + count(t)]);
            if rows.len() < y.ncols() - 1 {
                let (goods, sizes) = (y.slice(s![rows.clone(), ..]), sizes(content, rows.start, x));
                w.slice_mut(s![rows.clone(), ..]).assign(&x.dot(&goods));
                let g = gamma(rows.len() as f64 + 1.0);
                for u in 0..y.ncols() {
                    let sum: f64 = goods.column(u).iter().zip(errors.iter().zip(&sizes)).map(|(y, (e, m))| y.abs() * (e + g * m)).sum();
                    scale[[t, u]] = up(sum * (1.0 + gamma(rows.len() as f64 + 4.0)));
                }
            } else {
                for (k, u) in wanted(t).into_iter().enumerate() {
                    w.slice_mut(s![rows.clone(), u]).assign(&x.column(k));
                    scale[[t, u]] = errors[k];
                }
            }
            at += count(t);
        }
        start = end;
    }
    // with (I - |A|) w >= g, what y is off by gives an answer off by no more than w max(unsure / g)
    for t in 0..r_count {
        for u in 0..y.ncols() {
            let more = part_scale(leontief, system.labels().rows(t), unsure.column(u));
            scale[[t, u]] = up(scale[[t, u]] + more);
        }
    }
    (w, scale, solves)
}

/// The size of each column against the weight, on rows from `start`.
fn sizes(content: &Content, start: usize, x: ndarray::ArrayView2<f64>) -> Vec<f64> {
    x.axis_iter(Axis(1)).map(|c| up(largest(c.iter().zip(&content.trade.weight[start..]).map(|(x, w)| x.abs() / w)))).collect()
}
