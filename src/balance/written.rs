//! Cells written with their scalings, and what follows from them: sums with bounds, and what moved.
//!
//! A row is summed in eight parts; a column within a block of rows, and the blocks with every rounding kept. With m additions in
//! a row a sum is off by `gamma_m sum |z|` at most (Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, section 4.2).

use std::ops::Range;

use super::Sparse;
use super::aside::{Aside, Kind, place};
use super::iterate::Found;
use super::outcome::{Largest, Moved};
use super::pass::{LANES, blocks, parts, run};
use crate::bounded::{Bounded, Sum, UNIT_ROUNDOFF, gamma, up};
use crate::threads::prelude::*;

/// What was written.
pub(super) struct Written {
    pub rows: Vec<Bounded>,
    pub columns: Vec<Bounded>,
    /// All but the entropy.
    pub moved: Moved,
}

/// Running numbers of [`Moved`], and the sums of one row.
#[derive(Default)]
struct Tally {
    cells: usize,
    change: f64,
    size: f64,
    size_after: f64,
    beyond: usize,
    emptied: usize,
    /// Row, scaling beyond 1 of the row whose cells have the largest.
    stretched: Option<(usize, f64)>,
}

/// Sums of a block: rows, and the positive and negative parts of columns.
struct Part {
    rows: Vec<Bounded>,
    positive: Vec<f64>,
    negative: Vec<f64>,
    tally: Tally,
}

/// Writes every cell.
pub(super) fn write(z: &mut Sparse, aside: &Aside, found: &Found, mixed: &[bool]) -> Written {
    let (n, ranges) = (z.cols(), blocks(z));
    let shape = (z.rows(), n);
    let (starts, indices, mut data) = std::mem::replace(z, Sparse::zero((0, 0))).into_raw_storage();
    let entries: Vec<Range<usize>> = ranges.iter().map(|r| starts[r.start]..starts[r.end]).collect();
    let work: Vec<(&Range<usize>, &mut [f64])> = ranges.iter().zip(parts(&mut data, &entries)).collect();
    let block = |(range, mut rest): (&Range<usize>, &mut [f64])| {
        let mut part =
            Part { rows: Vec::with_capacity(range.len()), positive: vec![0.0; n], negative: Vec::new(), tally: Tally::default() };
        if mixed[range.clone()].contains(&true) || !aside.within(starts[range.start]..starts[range.end]).is_empty() {
            part.negative = vec![0.0; n];
        }
        let mut scalings = Vec::new();
        for i in range.clone() {
            let cells = starts[i]..starts[i + 1];
            let (values, after) = rest.split_at_mut(cells.len());
            rest = after;
            let (apart, columns) = (aside.within(cells.clone()), &indices[cells]);
            scalings.clear();
            match run(columns) {
                Some(columns) => scalings.extend_from_slice(&found.columns[columns]),
                None => scalings.extend(columns.iter().map(|&j| found.columns[j as usize])),
            }
            let r = found.rows[i];
            // a zero that is stored moves by no scaling
            let slow = !apart.is_empty() || values.contains(&0.0);
            let sum = if slow {
                part.tally.apart(i, values, &scalings, r, starts[i], apart)
            } else if mixed[i] {
                part.tally.row::<true>(i, values, &scalings, r)
            } else {
                part.tally.row::<false>(i, values, &scalings, r)
            };
            part.rows.push(sum);
            let signed = mixed[i] || !apart.is_empty();
            match run(columns) {
                Some(columns) if !signed => part.positive[columns].iter_mut().zip(values).for_each(|(q, v)| *q += *v),
                _ if !signed => columns.iter().zip(values).for_each(|(&j, v)| part.positive[j as usize] += *v),
                _ => columns.iter().zip(values).for_each(|(&j, v)| {
                    let side = if *v >= 0.0 { &mut part.positive } else { &mut part.negative };
                    side[j as usize] += *v;
                }),
            }
        }
        (part, range.len())
    };
    let done: Vec<(Part, usize)> = work.into_par_iter().map(block).collect();
    *z = Sparse::new(shape, starts, indices, data);
    let column = |j: usize| {
        let (mut sum, mut error) = (Sum::default(), 0.0);
        for (part, rows) in &done {
            let sides = [part.positive[j], part.negative.get(j).copied().unwrap_or(0.0)];
            sides.iter().filter(|v| **v != 0.0).for_each(|v| {
                sum.add(*v);
                error += up(v.abs() * gamma(*rows as f64));
            });
        }
        let Bounded { value, bound } = sum.bounded();
        Bounded { value, bound: if error == 0.0 { bound } else { up(bound + up(error * (1.0 + gamma(2.0 * done.len() as f64)))) } }
    };
    let columns = (0..n).into_par_iter().map(column).collect();
    let (mut rows, mut tally) = (Vec::with_capacity(found.rows.len()), Tally::default());
    for (part, _) in done {
        rows.extend(part.rows);
        tally.join(part.tally);
    }
    let moved = tally.moved(z, aside, found);
    Written { rows, columns, moved }
}

/// The scaling of a cell of this sign.
fn own(sign: f64, scaling: f64) -> f64 {
    if sign < 0.0 { 1.0 / scaling } else { scaling }
}

impl Tally {
    /// A row of cells that are not 0 and all take scalings; its sum. `SIGNED`: some may be negative.
    fn row<const SIGNED: bool>(&mut self, i: usize, values: &mut [f64], scalings: &[f64], r: f64) -> Bounded {
        let (low, high) = ends(scalings);
        let (low, high) = (r * low, r * high);
        let [mut sum, mut size, mut after, mut change] = [[0.0; LANES]; 4];
        let mut lanes = |values: &mut [f64], scalings: &[f64]| {
            for k in 0..values.len().min(scalings.len()).min(LANES) {
                let (v, t) = (values[k], r * scalings[k]);
                let moved = if SIGNED && v < 0.0 { v / t } else { v * t };
                values[k] = moved;
                sum[k] += moved;
                size[k] += if SIGNED { v.abs() } else { v };
                change[k] += (moved - v).abs();
                if SIGNED {
                    after[k] += moved.abs();
                }
            }
        };
        // where every scaling is well within a half and two no cell is counted, and none can become 0
        let counted = !(low > 0.5 + 1e-9 && high < 2.0 - 1e-9);
        let before = if counted { values.to_vec() } else { Vec::new() };
        let (chunks, rest) = values.as_chunks_mut::<LANES>();
        let (whole, last) = scalings.as_chunks::<LANES>();
        chunks.iter_mut().zip(whole).for_each(|(v, f)| lanes(v, f));
        lanes(rest, last);
        for (before, now) in before.iter().map(|v| v.abs()).zip(values.iter().map(|v| v.abs())) {
            // twice a number is exact
            self.beyond += usize::from(now > 2.0 * before || 2.0 * now < before);
            self.emptied += usize::from(now == 0.0);
        }
        let add = |lanes: [f64; LANES]| lanes.iter().sum::<f64>();
        let total = add(if SIGNED { after } else { sum });
        self.cells += values.len();
        self.size += add(size);
        self.size_after += total;
        self.change += add(change);
        if !values.is_empty() {
            self.stretch(i, high.max(if low > 0.0 { 1.0 / low } else { 0.0 }));
        }
        bounded(add(sum), total, (values.len() / LANES + LANES).min(values.len()) as f64)
    }

    /// A row with cells that were set aside; its sum.
    fn apart(&mut self, i: usize, values: &mut [f64], scalings: &[f64], r: f64, start: usize, apart: &[(usize, f64, Kind)]) -> Bounded {
        let mut apart = apart.iter().peekable();
        let (mut sum, mut size) = (0.0, 0.0);
        for (k, value) in values.iter_mut().enumerate() {
            let aside = apart.next_if(|c| c.0 == start + k);
            let before = aside.map_or(*value, |c| c.1);
            *value = match aside {
                Some((_, _, Kind::Fixed(v))) => *v,
                _ if *value == 0.0 => *value,
                _ => *value * own(*value, r * scalings[k]),
            };
            let now = value.abs();
            sum += *value;
            size += now;
            self.size_after += now;
            if before == 0.0 {
                continue;
            }
            self.cells += 1;
            self.size += before.abs();
            self.change += (*value - before).abs();
            let t = *value / before;
            self.beyond += usize::from(t < 0.0 || now > 2.0 * before.abs() || 2.0 * now < before.abs());
            self.emptied += usize::from(now == 0.0);
            if t > 0.0 {
                self.stretch(i, t.max(1.0 / t));
            }
        }
        bounded(sum, size, values.len() as f64)
    }

    fn stretch(&mut self, i: usize, scaling: f64) {
        if scaling.is_finite() && scaling > self.stretched.map_or(1.0, |s| s.1) {
            self.stretched = Some((i, scaling));
        }
    }

    fn join(&mut self, other: Tally) {
        self.cells += other.cells;
        self.change += other.change;
        self.size += other.size;
        self.size_after += other.size_after;
        self.beyond += other.beyond;
        self.emptied += other.emptied;
        if let Some((i, scaling)) = other.stretched {
            self.stretch(i, scaling);
        }
    }

    fn moved(self, z: &Sparse, aside: &Aside, found: &Found) -> Moved {
        // additions of numbers that are not negative, each off by a rounding of its own
        let wide = |v: f64| Bounded::new(v, up(v * gamma(self.cells as f64 + 3.0)));
        Moved {
            cells: self.cells,
            change: wide(self.change),
            size: wide(self.size),
            size_after: self.size_after,
            beyond: self.beyond,
            emptied: self.emptied,
            entropy: 0.0,
            largest: self.stretched.and_then(|(i, _)| largest(z, aside, found, i)),
        }
    }
}

/// The least and the largest scaling.
fn ends(scalings: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = ([f64::INFINITY; LANES], [0.0; LANES]);
    let (chunks, rest) = scalings.as_chunks::<LANES>();
    for chunk in chunks {
        for k in 0..LANES {
            low[k] = if chunk[k] < low[k] { chunk[k] } else { low[k] };
            high[k] = if chunk[k] > high[k] { chunk[k] } else { high[k] };
        }
    }
    let all = |lanes: [f64; LANES]| lanes.into_iter().chain(rest.iter().copied());
    (all(low).fold(f64::INFINITY, f64::min), all(high).fold(0.0, f64::max))
}

/// A plain sum of numbers whose sizes add to `size`, each of which goes through at most `additions` additions.
fn bounded(sum: f64, size: f64, additions: f64) -> Bounded {
    if additions < 2.0 {
        return Bounded::exact(sum);
    }
    // the sum of sizes is as much off itself
    let bound = up(up(size * gamma(additions)) * (1.0 + gamma(2.0 * additions)));
    Bounded { value: sum, bound: if sum.is_finite() && size.is_finite() { bound } else { f64::INFINITY } }
}

/// The cell of a row with the largest scaling, by its numbers before and after.
fn largest(z: &Sparse, aside: &Aside, found: &Found, i: usize) -> Option<Largest> {
    let range = z.indptr().outer_inds_sz(i);
    let apart = aside.within(range.clone());
    let cell = |e: usize| {
        let after = z.data()[e];
        let before = match apart.binary_search_by_key(&e, |c| c.0) {
            Ok(k) => apart[k].1,
            Err(_) => after / own(after, found.rows[i] * found.columns[z.indices()[e] as usize]),
        };
        let t = after / before;
        (t > 0.0).then(|| (t.max(1.0 / t), e, before, after))
    };
    let (_, e, before, after) = range.filter_map(cell).max_by(|a, b| a.0.total_cmp(&b.0))?;
    let ((row, column), scaling) = (place(z, e), after / before);
    // the number before is found again from the one after: three roundings, and one of the ratio
    Some(Largest { row, column, cells: [before, after], scaling: Bounded::new(scaling, up(8.0 * UNIT_ROUNDOFF * scaling)) })
}
