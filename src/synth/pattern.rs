//! Which entries a random Z has, and their weights before scaling; each row can be drawn alone.
//!
//! A row is one block of all columns, or with trade shares one block for each buying region. A block holds as many
//! columns as wanted, one drawn from each of as many equal stretches: no loop over all columns, none drawn twice.
//! With trade shares the block of row (r, i) in region s != r is `t_r(i,s) m_s(i,.)`: `m` is drawn from a stream of
//! (i, s) only, so that all rows of product i repeat it, and `t` from a stream of the row and s. The maker of i
//! in s is always among its buyers, so that hardly a column is without imports.

use std::ops::Range;

use super::settings::{EVEN, Settings};
use crate::random::Random;

/// Purposes of random streams that have one for each row or block.
const OF_ROW: u64 = 1 << 48;
const OF_PRODUCT: u64 = 2 << 48;
const OF_TRADE: u64 = 3 << 48;

/// How Z is filled.
pub(super) struct Pattern<'s> {
    settings: &'s Settings,
    /// The columns with output, rising; blocks are ranges of this list.
    columns: Vec<u32>,
    /// How many of them come before each row (n).
    rank: Vec<usize>,
    /// Where blocks start in the list, and its length.
    starts: Vec<usize>,
    /// Wanted entries by kind of row (product with trade shares, else place in the list) and block.
    counts: Vec<u32>,
}

impl<'s> Pattern<'s> {
    /// Plans the entries of the rows and columns that are active.
    pub(super) fn new(settings: &'s Settings, active: &[bool]) -> Self {
        let n = active.len();
        let columns: Vec<u32> = (0..n).filter(|&j| active[j]).map(|j| u32::try_from(j).expect("fewer than 2^32 columns")).collect();
        let mut rank = Vec::with_capacity(n);
        rank.extend(active.iter().scan(0, |before, a| Some(std::mem::replace(before, *before + usize::from(*a)))));
        let starts = match settings.trade_shares {
            Some(_) => (0..settings.regions).map(|r| rank[r * settings.sectors]).chain([columns.len()]).collect(),
            None => vec![0, columns.len()],
        };
        let mut pattern = Pattern { settings, columns, rank, starts, counts: Vec::new() };
        pattern.counts = pattern.plan();
        pattern
    }

    fn blocks(&self) -> usize {
        self.starts.len() - 1
    }

    fn block(&self, b: usize) -> &[u32] {
        &self.columns[self.starts[b]..self.starts[b + 1]]
    }

    /// Entries of each kind of row in each block, rounded so that the errors make up for each other.
    fn plan(&self) -> Vec<u32> {
        let all = self.columns.len();
        let (kinds, least) = match self.settings.trade_shares {
            Some(_) => (self.settings.sectors, 0.0),
            None => (all, 2.0_f64.min(all as f64) / all as f64),
        };
        let fill = self.settings.per_column.map_or(self.settings.density, |k| (k as f64 / all as f64).min(1.0));
        let shares = shares(fill, least, &weights(kinds, self.settings));
        let mut error = 0.0;
        let mut counts = Vec::with_capacity(kinds * self.blocks());
        for share in shares {
            for b in 0..self.blocks() {
                let wanted = share * self.block(b).len() as f64 + error;
                let count = wanted.round().clamp(0.0, self.block(b).len() as f64);
                error = (wanted - count).clamp(-1.0, 1.0);
                counts.push(count as u32);
            }
        }
        counts
    }

    /// The blocks of a row: number, entries, and whether the row itself is among the columns. The own block holds at
    /// least the row itself and its follower.
    fn parts(&self, row: usize) -> impl Iterator<Item = (usize, usize, bool)> + '_ {
        let sectors = self.settings.sectors;
        let (kind, home) = match self.settings.trade_shares {
            Some(_) => (row % sectors, row / sectors),
            None => (self.rank[row], 0),
        };
        let active = self.columns.get(self.rank[row]).is_some_and(|&c| c as usize == row);
        (0..if active { self.blocks() } else { 0 }).map(move |b| {
            let count = self.counts[kind * self.blocks() + b] as usize;
            (b, if b == home { count.max(2.min(self.block(b).len())) } else { count }, b == home)
        })
    }

    /// Number of entries of a row.
    pub(super) fn length(&self, row: usize) -> usize {
        self.parts(row).map(|p| p.1).sum()
    }

    /// Draws a row of this [`length`](Self::length): columns, rising, and weights.
    pub(super) fn draw(&self, row: usize, columns: &mut [u32], weights: &mut [f64]) {
        let (seed, sectors) = (self.settings.seed, self.settings.sectors);
        let mut start = 0;
        for (b, count, home) in self.parts(row) {
            let (columns, weights) = (&mut columns[start..start + count], &mut weights[start..start + count]);
            start += count;
            if home {
                let mut random = Random::new(seed, OF_ROW + row as u64);
                self.columns(&mut random, b, row, 2, columns);
                self.weights(&mut random, columns, row, weights);
                continue;
            }
            let product = row % sectors;
            let buyer = (product * self.blocks() + b) as u64;
            let mut random = Random::new(seed, OF_PRODUCT + buyer);
            self.columns(&mut random, b, b * sectors + product, 1, columns);
            self.weights(&mut random, columns, usize::MAX, weights);
            let mut own = Random::new(seed, OF_TRADE + (row * self.blocks() + b) as u64);
            let share = own.near_one(1.0);
            weights.iter_mut().for_each(|w| *w *= share);
            if let Some(misfit) = self.settings.trade_shares.filter(|m| *m > 0.0) {
                weights.iter_mut().for_each(|w| *w *= 1.0 + misfit * own.between(-1.0, 1.0));
            }
        }
    }

    /// Different columns of block `b`, rising: counted round from `origin`, the first `given` of them always.
    fn columns(&self, random: &mut Random, b: usize, origin: usize, given: usize, to: &mut [u32]) {
        let block = self.block(b);
        let given = given.min(to.len());
        let turn = self.rank[origin] - self.starts[b];
        let mut below = 0;
        for (k, stretch) in (0..given).map(|k| k..k + 1).chain(stretches(given..block.len(), to.len() - given)).enumerate() {
            let at = turn + stretch.start + random.below(stretch.len());
            below += usize::from(at < block.len());
            to[k] = block[if at < block.len() { at } else { at - block.len() }];
        }
        to.rotate_left(below);
    }

    /// Positive weights, and negative ones off the diagonal as far as they were asked for.
    fn weights(&self, random: &mut Random, columns: &[u32], row: usize, to: &mut [f64]) {
        let negative = self.settings.negative_share;
        for (w, &j) in to.iter_mut().zip(columns) {
            *w = random.near_one(1.0);
            if negative > 0.0 && j as usize != row && random.unit() < negative {
                *w = -*w;
            }
        }
    }
}

/// Cuts a range below 2^32 into this many parts of at least one, as equal as steps of 2^-32 make them.
fn stretches(range: Range<usize>, count: usize) -> impl Iterator<Item = Range<usize>> {
    let step = ((range.len() as u64) << 32) / count.max(1) as u64;
    let cut = move |k: usize| range.start + ((k as u64 * step) >> 32) as usize;
    (0..count).map(move |k| cut(k)..cut(k + 1))
}

/// Relative sizes of rows, mean 1, in random order: one part is the same for all; of the other, the largest share p of
/// the rows has `p^(3/8)`, 0.42 for the largest tenth.
fn weights(count: usize, settings: &Settings) -> Vec<f64> {
    const LARGEST_TENTH: f64 = 0.421_696_503_428_582_3;
    let steep = (settings.skew - EVEN) / (LARGEST_TENTH - EVEN);
    let power = |k: usize| {
        let quarter = (k as f64 / count as f64).sqrt().sqrt();
        quarter * quarter.sqrt()
    };
    let at = |k: usize| 1.0 - steep + steep * count as f64 * (power(k + 1) - power(k));
    Random::new(settings.seed, 12).order(count).into_iter().map(at).collect()
}

/// `c w` held between `least` and 1, with the c that makes the mean `fill`, or as near as that goes.
fn shares(fill: f64, least: f64, w: &[f64]) -> Vec<f64> {
    let clamped = |c: f64| w.iter().map(move |w| (c * w).clamp(least, 1.0));
    let largest = 1.0 / w.iter().copied().fold(f64::INFINITY, f64::min);
    let (mut low, mut high) = (0.0, largest);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if clamped(middle).sum::<f64>() < fill * w.len() as f64 { low = middle } else { high = middle }
    }
    clamped(high).collect()
}
