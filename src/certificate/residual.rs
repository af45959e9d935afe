//! Rigorous sizes of residuals `b - (I - A) x`: from the computed value and the rounding of a plain sum, or, where that
//! costs little, from a second sum in two doubles.
//!
//! A plain sum of n terms may lose `gamma_n` of their sizes, a thousand times what is left after a solve to the last
//! digit. The second sum loses next to nothing; left are the one rounding of each entry of A, `a = z / x`, and of each
//! entry of b, which may be a quotient too: `|r| + u (|b| + |A||x|)`. Its anchors ([`Operator::add_twofold`]) are known
//! beforehand: `|b| + |x| + |A||x|`, where `A x = x - b + r` if nothing is negative.

use ndarray::{Array2, ArrayView2, Axis};

use super::{PANEL, product};
use crate::bounded::{UNIT_ROUNDOFF, gamma, up};
use crate::operator::{Direction, Operator};
use crate::threads::prelude::*;

/// Multiply-adds up to which a product is made twofold: 2^29 are four times as many operations, a tenth of a second on two
/// cores. A column alone counts as eight: its sums are chains that nothing else goes beside. 9,800 full rows with one column
/// are beyond it: the solve takes 5 products of 25 ms there, and this one took 100 to 200.
const TWOFOLD: usize = 1 << 29;
const NARROW: usize = 8;

/// Rigorous sizes of the residual `b - (I - A) x` (n x k) from its computed value.
pub fn residual_sizes(
    operator: &dyn Operator,
    direction: Direction,
    b: ArrayView2<f64>,
    x: ArrayView2<f64>,
    r: ArrayView2<f64>,
) -> Array2<f64> {
    let mut sizes = twofold_sizes(operator, direction, b, x, r).unwrap_or_else(|| {
        let absolute = x.mapv(f64::abs);
        let g = gamma(operator.rounding_steps(direction) + 2.0);
        let mut sizes = product(operator, direction, true, absolute.view());
        ndarray::Zip::from(&mut sizes).and(&r).and(&b).and(&absolute).for_each(|size, r, b, x| *size = plain(g, b.abs(), *x, *size, *r));
        sizes
    });
    // a column without demand and output has no residual at all
    for (k, mut sizes) in sizes.columns_mut().into_iter().enumerate() {
        if b.column(k).iter().chain(x.column(k)).all(|v| *v == 0.0) {
            sizes.fill(0.0);
        }
    }
    sizes
}

/// The size of an entry of a residual by the rounding of a plain sum.
fn plain(g: f64, b: f64, x: f64, inputs: f64, r: f64) -> f64 {
    up(r.abs() + up(g * (b + x + inputs)))
}

/// Rigorous sizes of the residual by a sum in two doubles, never larger than by a plain one; `None` where that is not to be
/// had or costs too much.
pub fn twofold_sizes(
    operator: &dyn Operator,
    direction: Direction,
    b: ArrayView2<f64>,
    x: ArrayView2<f64>,
    r: ArrayView2<f64>,
) -> Option<Array2<f64>> {
    let (n, total) = x.dim();
    if operator.entries().saturating_mul(total.max(NARROW)) > TWOFOLD {
        return None;
    }
    let positive = !operator.has_negative() && x.iter().all(|v| *v >= 0.0);
    let width = filled(total.div_ceil(crate::threads::count())).clamp(1, PANEL);
    let starts: Vec<usize> = (0..total).step_by(width).collect();
    let panels: Option<Vec<Array2<f64>>> = starts
        .par_iter()
        .map(|&start| {
            let columns = ndarray::s![.., start..(start + width).min(total)];
            panel(operator, direction, positive, [b, x, r].map(|v| v.slice_move(columns)))
        })
        .collect();
    let panels = panels?;
    if panels.is_empty() {
        return Some(Array2::zeros((n, 0)));
    }
    Some(ndarray::concatenate(Axis(1), &panels.iter().map(|p| p.view()).collect::<Vec<_>>()).expect("panels have n rows"))
}

/// `k` rounded up to a width that fills every tile.
fn filled(k: usize) -> usize {
    if k <= 4 { k.next_power_of_two() } else { k.next_multiple_of(8) }
}

/// Bounds of one sum: what its terms add up to, and a power of two above it.
struct Anchor {
    sizes: f64,
    power: f64,
}

impl Anchor {
    /// `sizes` bounds the sum of the sizes of all terms. Partial sums from `1.5 power` on stay between `power` and
    /// `2 power`, as `4 sizes < power`.
    fn new(sizes: f64) -> Self {
        let sizes = sizes.max(f64::MIN_POSITIVE);
        // the exponent alone; of what is not finite nothing comes but what is no number
        Anchor { sizes, power: 8.0 * f64::from_bits(sizes.to_bits() & (0x7ff << 52)) }
    }

    fn start(&self) -> f64 {
        1.5 * self.power
    }
}

fn panel(operator: &dyn Operator, direction: Direction, positive: bool, [b, x, r]: [ArrayView2<f64>; 3]) -> Option<Array2<f64>> {
    let (n, k) = x.dim();
    let wide = filled(k);
    let mut from = vec![0.0; n * wide];
    for (to, x) in from.chunks_exact_mut(wide).zip(x.rows()) {
        to.iter_mut().zip(x).for_each(|(to, x)| *to = *x);
    }
    let g = gamma(operator.rounding_steps(direction) + 2.0);
    // bounds of |A||x|
    let mut inputs = vec![0.0; n * k];
    if positive {
        let parts = b.iter().zip(&x).zip(&r);
        inputs.iter_mut().zip(parts).for_each(|(to, ((b, x), r))| *to = up(x + b.abs() + r.abs()) * (1.0 + 4.0 * g));
    } else {
        let absolute: Vec<f64> = x.iter().map(|v| v.abs()).collect();
        operator.apply_abs(direction, k, &absolute, &mut inputs);
        inputs.iter_mut().for_each(|v| *v = up(*v * (1.0 + 2.0 * g)));
    }
    let anchor = |b: f64, x: f64, inputs: f64| Anchor::new(up(b.abs() + x.abs() + inputs));
    // columns beyond the last are 0 and stay so
    let mut sums = vec![0.0; 2 * n * wide];
    for (i, to) in sums.chunks_exact_mut(2 * wide).enumerate() {
        let (high, low) = to.split_at_mut(wide);
        for c in 0..k {
            let (b, x) = (b[[i, c]], x[[i, c]]);
            let start = anchor(b, x, inputs[i * k + c]).start();
            let with_b = start + b;
            high[c] = with_b - x;
            low[c] = (b - (with_b - start)) - (x - (with_b - high[c]));
        }
    }
    if !operator.add_twofold(direction, wide, &from, &mut sums) {
        return None;
    }
    // m terms: each leaves 2^-53 of the power to the low part, whose terms are rounded so and then summed
    let m = n as f64 + 3.0;
    let loss = up(2.0 * gamma(m) * gamma(m));
    Some(Array2::from_shape_fn((n, k), |(i, c)| {
        let (b, x, inputs) = (b[[i, c]], x[[i, c]], inputs[i * k + c]);
        let anchor = anchor(b, x, inputs);
        let residual = (sums[2 * i * wide + c] - anchor.start()) + sums[(2 * i + 1) * wide + c];
        let lost = up(loss * anchor.power);
        // |A||x| = A x = x - b + r, closer than the bound where b is not small
        let inputs = if positive { inputs.min(up(((x - b) + residual).max(0.0) + up(gamma(4.0) * anchor.sizes) + lost)) } else { inputs };
        // the lesser of two bounds, of one that is no number the other
        plain(g, b.abs(), x.abs(), inputs, r[[i, c]]).min(up(residual.abs() + up(lost + UNIT_ROUNDOFF * (b.abs() + inputs))))
    }))
}
