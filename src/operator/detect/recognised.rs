//! Whether a full table in memory consists of trade shares, told by one pass over its flows.
//!
//! The rows of a product, one of each region, are added up and, while they are in the cache, compared entry by entry
//! with `t_r m`: in flows, where `|z - t m x| <= c |t m x|` is what `|a - t m| <= c |t m|` is in coefficients but for three
//! roundings. A row with an entry that is not equal is compared again as in a fit of any table; its difference
//! goes into the correction. Bytes: 8 per entry from memory, 16 more from the cache.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ndarray::Array1;

use super::super::kernel::levels;
use super::super::trade_share::TradeShare;
use super::stream::{differs, left, weights};
use super::{EQUAL, Fit, Pattern, Segment, Segments, pattern};
use crate::table::Sparse;
use crate::threads::prelude::*;

/// Products that are looked at before the whole table is; at most this share of what is looked at may be no fit.
const SAMPLE: usize = 4;
const ODD: f64 = 0.5;
/// The correction of a table that counts as trade shares holds at most this share of its entries.
const FEW: f64 = 0.01;
/// What entries may differ by in flows, as a share of what they may in coefficients.
const ROUNDED: f64 = 0.999;

/// The trade shares of a table that consists of trade shares but for a few entries, which they carry; `None` for any other.
/// A few products tell most tables apart; then every entry is compared.
pub fn recognised(z: &impl Segments, offsets: &[usize], x: &Array1<f64>) -> Option<TradeShare> {
    let (regions, s) = (offsets.len() - 1, offsets[1]);
    let x = x.as_slice()?;
    if regions < 2 || offsets.windows(2).any(|w| w[1] - w[0] != s) {
        return None;
    }
    let weight = weights(x);
    let sample = |product: usize| {
        let mut odd = 0;
        let mut sums = Pattern::new(regions, s);
        let mut shares = vec![0.0; regions * regions];
        pattern(z, offsets, &weight, s, product, &mut sums, &mut shares, |_, q, t, m, part| odd += usize::from(!equal(t, m, q * s, part)));
        odd
    };
    let odd: usize = (0..s).into_par_iter().step_by(s.div_ceil(SAMPLE)).map(sample).sum();
    if odd as f64 > ODD * (regions * (regions - 1) * SAMPLE.min(s)) as f64 {
        return None;
    }
    let odd: Vec<AtomicBool> = (0..offsets[regions]).map(|_| AtomicBool::new(false)).collect();
    let mut fit = Fit::from_patterns(z, offsets, weight, s, |product, r, q, t, m, part| {
        if !equal(t, m, q * s, part) {
            odd[r * s + product].store(true, Relaxed);
        }
    });
    if [&fit.domestic, &fit.technology].into_iter().any(|all| all.chunks(s * s).zip(x.chunks(s)).any(|(z, x)| buys_for_nothing(z, x))) {
        return None; // what is to be done with such sectors is not for this to decide
    }
    fit.divide(x);
    let rows: Vec<usize> = (0..offsets[regions]).filter(|&i| odd[i].load(Relaxed)).collect();
    let correction = correction(z, &fit, x, &rows)?;
    fit.with(correction, EQUAL).ok()
}

/// Whether a sector without output has inputs.
fn buys_for_nothing(z: &[f64], x: &[f64]) -> bool {
    x.iter().enumerate().filter(|(_, x)| **x == 0.0).any(|(j, _)| z.iter().skip(j).step_by(x.len()).any(|v| *v != 0.0))
}

/// Whether flows are their share of all imports, of a region whose first column is `start`.
fn equal(t: f64, imports: &[f64], start: usize, flows: Segment) -> bool {
    match flows {
        Segment::Whole(z) => {
            let mut apart = false;
            apart_any::<true>(t, imports, z, ROUNDED * EQUAL, &mut apart);
            !apart
        }
        // those that are not listed are zero
        Segment::Listed(columns, z) => {
            let found = z.iter().filter(|v| **v != 0.0).count();
            let share = |j: u32| t * imports[j as usize - start];
            found == imports.iter().filter(|m| t * **m != 0.0).count()
                && columns.iter().zip(z).all(|(&j, z)| !differs((z - share(j)).abs(), ROUNDED * EQUAL * share(j).abs()))
        }
    }
}

const LANES: usize = 8;

/// Whether any `z` is not `t m`; a NaN is not.
#[inline(always)]
fn apart<const L: u8, const ABS: bool>(t: f64, m: &[f64], z: &[f64], tolerance: f64, found: &mut bool) {
    let mut counts = [0u64; LANES];
    let mut one = |lane: usize, m: f64, z: f64| {
        let fit = t * m;
        counts[lane] += u64::from(differs((z - fit).abs(), tolerance * fit.abs()));
    };
    let (mut ms, mut zs) = (m.chunks_exact(LANES), z.chunks_exact(LANES));
    for (m, z) in (&mut ms).zip(&mut zs) {
        for lane in 0..LANES {
            one(lane, m[lane], z[lane]);
        }
    }
    ms.remainder().iter().zip(zs.remainder()).for_each(|(m, z)| one(0, *m, *z));
    *found = counts.iter().any(|c| *c > 0);
}

levels! { fn apart_any / apart_avx2 / apart_avx512 = apart<ABS>(t: f64, m: &[f64], z: &[f64], tolerance: f64, found: &mut bool) }

/// The correction of some rows (rising): entries that differ from the fit; `None` if it holds too many, or a sector without
/// output buys.
fn correction(z: &impl Segments, fit: &Fit, x: &[f64], rows: &[usize]) -> Option<Sparse> {
    let n = x.len();
    let room = || (vec![0.0; fit.products], Vec::new(), Vec::new());
    let one = |(room, scaled, columns): &mut (Vec<f64>, Vec<f64>, Vec<u32>), &i: &usize| {
        left(fit, i, z.listed(i, columns), x, EQUAL, room, scaled)
    };
    let parts: Vec<_> = rows.par_iter().map_init(room, one).collect();
    let count: usize = parts.iter().map(|p| p.columns.len()).sum();
    if count as f64 > FEW * z.count() as f64 || parts.iter().any(|p| p.idle.is_some()) {
        return None;
    }
    let (mut indptr, mut columns, mut values) = (vec![0; n + 1], Vec::with_capacity(count), Vec::with_capacity(count));
    for (&i, part) in rows.iter().zip(parts) {
        indptr[i + 1] = part.columns.len();
        columns.extend(part.columns);
        values.extend(part.values);
    }
    (0..n).for_each(|i| indptr[i + 1] += indptr[i]);
    Some(Sparse::new((n, n), indptr, columns, values))
}
