//! Tiles of rows and ranges of columns, for sparse matrices whose x does not fit the first cache.
//!
//! The columns are cut into ranges, the rows into blocks; what a block has in a range is a tile with 16-bit column numbers
//! (see `kernel::tiles`). A product of one column takes a block with all its ranges, so that memory is read in one go and
//! y stays in the cache; one of many columns takes all rows with a range, so that its x does. The transposed product gives
//! ranges of y to tasks. Sums run through the ranges in order, so bits depend on the matrix alone.
//! Bytes: 10 per entry, 4 per row and range. Nishtala, Vuduc, Demmel, Yelick, *When cache blocking of sparse matrix
//! vector multiply works and why*, AAECC 18, 2007 (the aim).

use std::ops::Range;

use ndarray::Array2;

use super::csr::{any_negative, longest_column, longest_row, pieces};
use super::kernel::tiles::{LANES, NEAR, Run, Tile, in_order, multiply_tile, turn_tile};
use super::scratch::{WORTH_THREADS, each_chunk};
use super::{Csr, Direction, Entries, Operator};
use crate::table::SparseView;
use crate::threads::prelude::*;

/// Number of blocks of rows, within limits: a block pays for its tiles, and its y fits the second cache.
const BLOCKS: usize = 64;
const LEAST_ROWS: usize = 512;
const MOST_ROWS: usize = 8_192;
/// Runs of rows that a caller can have.
const PIECES: usize = 256;
/// Tasks of a product for each thread.
const TASKS: usize = 4;
/// Fewest ranges, so that threads have work in a transposed product.
const RANGES: usize = 4;
/// Entries that a row should have in a range on average: with fewer the range is wider than [`NEAR`],
const RUN: usize = 10;
/// up to what 16 bits can count,
const WIDEST: usize = 1 << 15;
/// Fewest entries of a row in a range for which a tile pays: below, a row costs more than its entries.
const WORTH: usize = 3;

/// A matrix in tiles: a square one, or some rows of one.
pub struct Slices {
    /// Number of columns.
    n: usize,
    /// Number of rows.
    height: usize,
    /// Rows of a block.
    rows: usize,
    /// Columns of a range, and number of ranges.
    width: usize,
    count: usize,
    /// Block by block and range by range: each row of the block.
    runs: Vec<Run>,
    /// Where each tile starts, and where the last one ends.
    starts: Vec<usize>,
    /// `LANES` more than there are entries.
    columns: Vec<u16>,
    values: Vec<f64>,
    pieces: Vec<Range<usize>>,
    negative: bool,
    longest: [usize; 2],
}

impl Slices {
    /// The rows of a matrix, cut into tiles.
    pub fn from_csr(rows: &Csr) -> Self {
        Self::square(rows.matrix().view(), |v, _| v)
    }

    /// `Z diag(1/x)`; coefficients of columns without output are zero.
    ///
    /// # Panics
    /// When `z` is not square and stored by rows, or has not as many columns as `x` has entries.
    pub fn divided(z: SparseView, x: &[f64]) -> Self {
        assert_eq!(z.cols(), x.len(), "an output for each column");
        Self::square(z, |v, j| if x[j] == 0.0 { 0.0 } else { v / x[j] })
    }

    fn square(z: SparseView, value: impl Fn(f64, usize) -> f64 + Sync) -> Self {
        assert!(z.rows() == z.cols(), "A must be square");
        Self::made(z, z.nnz(), value)
    }

    /// Rows `z` of a matrix that has so many `entries` in all, each changed by `value` (entry, column): the sum of a row is
    /// that of the whole matrix, bit by bit, whichever rows come with it.
    pub(super) fn made(z: SparseView, entries: usize, value: impl Fn(f64, usize) -> f64 + Sync) -> Self {
        assert!(z.is_csr(), "A must be stored by rows");
        let (n, height) = (z.cols(), z.rows());
        let (rows_of_block, width) = (height.div_ceil(BLOCKS).clamp(LEAST_ROWS, MOST_ROWS), width(n, entries));
        let (blocks, count) = (height.div_ceil(rows_of_block), n.div_ceil(width).max(1));
        let entries = z.nnz();
        let mut runs = vec![Run::default(); height * count];
        let mut starts = vec![0; blocks * count + 1];
        let (mut columns, mut values) = (vec![0; entries + LANES], vec![0.0; entries]);
        let limits = z.indptr().into_raw_storage();
        let mut jobs = Vec::with_capacity(blocks);
        let (mut later, mut more) = (columns.as_mut_slice(), values.as_mut_slice());
        for ((block, runs), starts) in runs.chunks_mut(rows_of_block * count).enumerate().zip(starts.chunks_exact_mut(count)) {
            let rows = block * rows_of_block..block * rows_of_block + runs.len() / count;
            let size = limits[rows.end] - limits[rows.start];
            let columns = later.split_off_mut(..size).expect("room for each entry");
            let values = more.split_off_mut(..size).expect("room for each entry");
            jobs.push((rows, Block { width, runs, starts, columns, values }));
        }
        jobs.into_par_iter().for_each_init(Scratch::default, |scratch, (rows, block)| block.fill(z, rows, &value, scratch));
        starts[blocks * count] = entries;
        let made = Slices {
            n,
            height,
            rows: rows_of_block,
            width,
            count,
            pieces: pieces(z, PIECES),
            negative: any_negative(&values),
            longest: [longest_row(z), longest_column(z)],
            runs,
            starts,
            columns,
            values,
        };
        made.check();
        made
    }

    /// Whether the rows of every tile have as many entries as lie between its start and the next: the kernels read that
    /// number without a further check.
    ///
    /// # Panics
    /// Where one has not.
    fn check(&self) {
        (0..self.blocks()).into_par_iter().for_each(|block| {
            for range in 0..self.count {
                let (at, found) = (block * self.count + range, self.tile(block, range).entries());
                assert_eq!(found, self.starts[at + 1] - self.starts[at], "entries of tile {range} of block {block}");
            }
        });
    }

    /// Number of blocks.
    fn blocks(&self) -> usize {
        self.height.div_ceil(self.rows)
    }

    /// Rows of some blocks.
    fn rows_of(&self, blocks: &Range<usize>) -> Range<usize> {
        (blocks.start * self.rows).min(self.height)..(blocks.end * self.rows).min(self.height)
    }

    fn tile(&self, block: usize, range: usize) -> Tile<'_> {
        let rows = self.rows_of(&(block..block + 1));
        let (start, size) = (self.starts[block * self.count + range], rows.len());
        let first = rows.start * self.count + range * size;
        let bound = self.width.min(self.n - range * self.width);
        Tile { runs: &self.runs[first..first + size], columns: &self.columns[start..], values: &self.values[start..], bound }
    }

    /// Calls `f` with row, column and value of each entry in some rows and columns; those of a row in order.
    pub(super) fn each_within(&self, rows: &Range<usize>, columns: &Range<usize>, mut f: impl FnMut(usize, usize, f64)) {
        for range in columns.start / self.width..columns.end.div_ceil(self.width).min(self.count) {
            for block in rows.start / self.rows..rows.end.div_ceil(self.rows).min(self.blocks()) {
                self.tile(block, range).each(|i, j, v| {
                    let (i, j) = (block * self.rows + i, range * self.width + j);
                    if rows.contains(&i) && columns.contains(&j) {
                        f(i, j, v);
                    }
                });
            }
        }
    }

    pub(super) fn product<const ABS: bool>(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        let (from, to) = if direction == Direction::Forward { (self.n, self.height) } else { (self.height, self.n) };
        assert_eq!((x.len(), y.len()), (from * k, to * k), "panels of n x k");
        let tasks = if self.values.len() * k >= WORTH_THREADS { TASKS * crate::threads::count() } else { 1 };
        match direction {
            Direction::Forward => self.by_blocks::<ABS>(0..self.blocks(), tasks, k, x, y),
            Direction::Transposed => self.by_ranges::<ABS>(tasks, k, x, y),
        }
    }

    /// Halves of the blocks in parallel until there are as many tasks as wanted: nothing is allocated.
    fn by_blocks<const ABS: bool>(&self, blocks: Range<usize>, tasks: usize, k: usize, x: &[f64], y: &mut [f64]) {
        if tasks > 1 && blocks.len() > 1 {
            let start = |block: usize| self.starts[block * self.count];
            let half = start(blocks.start).midpoint(start(blocks.end));
            let middle = (blocks.start + 1..blocks.end - 1).find(|&block| start(block) >= half).unwrap_or(blocks.end - 1);
            let (left, right) = (blocks.start..middle, middle..blocks.end);
            let (a, b) = y.split_at_mut(self.rows_of(&left).len() * k);
            let half = tasks.div_ceil(2);
            crate::threads::join(|| self.by_blocks::<ABS>(left, half, k, x, a), || self.by_blocks::<ABS>(right, half, k, x, b));
            return;
        }
        y.fill(0.0);
        // SAFETY: column numbers of a tile are below its bound, and rows below those of its block
        let add = |block: usize, range: usize, y: &mut [f64]| unsafe {
            multiply_tile::<ABS>(self.tile(block, range), k, &x[range * self.width * k..], y);
        };
        if k == 1 {
            for (block, y) in blocks.zip(y.chunks_mut(self.rows * k)) {
                (0..self.count).for_each(|range| add(block, range, y));
            }
        } else {
            for range in 0..self.count {
                blocks.clone().zip(y.chunks_mut(self.rows * k)).for_each(|(block, y)| add(block, range, y));
            }
        }
    }

    /// Each task owns some ranges, and so of y; every sum runs over the blocks in order.
    fn by_ranges<const ABS: bool>(&self, tasks: usize, k: usize, x: &[f64], y: &mut [f64]) {
        let together = self.count.div_ceil(tasks);
        each_chunk(tasks > 1, y, together * self.width * k, |task, y| {
            y.fill(0.0);
            for (block, x) in x.chunks(self.rows * k).enumerate() {
                for (range, y) in (task * together..).zip(y.chunks_mut(self.width * k)) {
                    // SAFETY: as above
                    unsafe { turn_tile::<ABS>(self.tile(block, range), k, x, y) };
                }
            }
        });
    }
}

/// Where the tiles of a block go.
struct Block<'s> {
    width: usize,
    runs: &'s mut [Run],
    starts: &'s mut [usize],
    columns: &'s mut [u16],
    values: &'s mut [f64],
}

/// What is written down about a block while it is cut.
#[derive(Default)]
struct Scratch {
    /// Range by range, where each row enters it; and where the rows end.
    cuts: Vec<usize>,
    /// Number of rows by their number of entries.
    counts: Vec<usize>,
}

impl Block<'_> {
    fn fill(self, z: SparseView, rows: Range<usize>, value: &impl Fn(f64, usize) -> f64, scratch: &mut Scratch) {
        let (limits, indices, data) = (z.indptr().into_raw_storage(), z.indices(), z.data());
        let (first, size) = (limits[rows.start], rows.len());
        let Scratch { cuts, counts } = scratch;
        cuts.clear();
        cuts.resize((self.starts.len() + 1) * size, 0);
        for (at, i) in rows.clone().enumerate() {
            let columns = &indices[limits[i]..limits[i + 1]];
            let mut p = 0;
            for range in 0..self.starts.len() {
                cuts[range * size + at] = limits[i] + p;
                let end = (range + 1) * self.width;
                p += columns[p..].iter().take_while(|j| (**j as usize) < end).count();
            }
            cuts[self.starts.len() * size + at] = limits[i + 1];
        }
        let mut to = 0;
        for ((range, start), runs) in self.starts.iter_mut().enumerate().zip(self.runs.chunks_exact_mut(size)) {
            *start = first + to;
            let (from, end) = (&cuts[range * size..][..size], &cuts[(range + 1) * size..][..size]);
            sort(runs, from, end, counts);
            in_order(runs, |row, step| {
                let p = from[row] + step;
                let j = indices[p] as usize;
                (self.columns[to], self.values[to]) = ((j - range * self.width) as u16, value(data[p], j));
                to += 1;
            });
        }
    }
}

/// The rows by falling numbers of entries, those of equal numbers in order.
fn sort(runs: &mut [Run], from: &[usize], end: &[usize], counts: &mut Vec<usize>) {
    let most = from.iter().zip(end).map(|(from, end)| end - from).max().unwrap_or(0);
    counts.clear();
    counts.resize(most + 2, 0);
    // counts[most - entries + 1] first holds how many, then where the next one goes
    from.iter().zip(end).for_each(|(from, end)| counts[most - (end - from) + 1] += 1);
    (1..counts.len()).for_each(|c| counts[c] += counts[c - 1]);
    for (row, (from, end)) in from.iter().zip(end).enumerate() {
        let place = &mut counts[most - (end - from)];
        runs[*place] = Run { row: row as u16, entries: (end - from) as u16 };
        *place += 1;
    }
}

/// Columns of a range: [`NEAR`], or as many as give a row [`RUN`] entries in it; all ranges about equal.
fn width(n: usize, entries: usize) -> usize {
    let run = (RUN as f64 * n as f64 * n as f64 / entries.max(1) as f64) as usize;
    let most = run.clamp(NEAR, WIDEST);
    n.div_ceil(n.div_ceil(most).max(RANGES)).max(1)
}

/// Whether a matrix of `n` rows and `entries` entries has enough of them in a range for tiles to pay.
pub(super) fn worth(n: usize, entries: usize) -> bool {
    entries as f64 * width(n, entries) as f64 >= WORTH as f64 * n as f64 * n as f64
}

impl Operator for Slices {
    fn dim(&self) -> usize {
        self.n
    }
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<false>(direction, k, x, y);
    }
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.product::<true>(direction, k, x, y);
    }
    fn rounding_steps(&self, direction: Direction) -> f64 {
        // one fused multiply-add (or a product and a sum) per entry, one for the making of a = z / x
        (match direction {
            Direction::Forward => self.longest[0],
            Direction::Transposed => self.longest[1],
        } + 2) as f64
    }
    fn entries(&self) -> usize {
        self.values.len()
    }
    fn bytes(&self) -> usize {
        10 * self.values.len() + 4 * self.runs.len()
    }
    fn has_negative(&self) -> bool {
        self.negative
    }
    fn name(&self) -> &'static str {
        "slices"
    }
    fn stored(&self) -> Option<&dyn Entries> {
        Some(self)
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        let mut block = Array2::zeros((range.len(), range.len()));
        self.each_within(&range, &range, |i, j, v| block[[i - range.start, j - range.start]] = v);
        block
    }
}

impl Entries for Slices {
    fn split(&self, count: usize) -> Vec<Range<usize>> {
        let together = self.pieces.len().div_ceil(count.max(1)).max(1);
        self.pieces.chunks(together).map(|p| p[0].start..p[p.len() - 1].end).collect()
    }

    fn within(&self, groups: &[Range<usize>]) -> Csr {
        let blocks: Vec<Range<usize>> = (0..self.blocks()).map(|block| self.rows_of(&(block..block + 1))).collect();
        // each tile is gone through once, whatever the groups: they may be far smaller
        super::csr::within(self.n, &blocks, &|rows| {
            let first = groups.partition_point(|g| g.end <= rows.start);
            let of = groups[first..].iter().flat_map(|g| g.clone().map(move |_| g)).skip(rows.start - groups[first].start);
            let own: Vec<&Range<usize>> = of.take(rows.len()).collect();
            let (mut found, mut ends) = (Vec::with_capacity(32 * rows.len()), vec![0; rows.len() + 1]);
            self.each_within(rows, &(own[0].start..own[own.len() - 1].end), |i, j, v| {
                let at = i - rows.start;
                if own[at].contains(&j) {
                    found.push((at, j as u32, v));
                    ends[at + 1] += 1;
                }
            });
            (1..ends.len()).for_each(|i| ends[i] += ends[i - 1]);
            let (mut columns, mut values) = (vec![0; found.len()], vec![0.0; found.len()]);
            for (at, j, v) in found {
                // where the row starts for now; its entries move this to its end
                (columns[ends[at]], values[ends[at]]) = (j, v);
                ends[at] += 1;
            }
            ends.pop();
            (ends, columns, values)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_gives_rows_so_many_entries_and_can_tell_its_columns_apart() {
        assert_eq!(width(1_000_000, 300_000_000), 32_259);
        assert_eq!(width(1_000_000, 10_000_000), 32_259);
        assert_eq!(width(100_000, 30_000_000), 4_000);
        assert_eq!(width(9_800, 960_400), 2_450);
        assert_eq!(width(3, 2), 1);
        assert!(worth(1_000_000, 300_000_000) && !worth(1_000_000, 10_000_000));
    }

    #[test]
    fn rows_of_a_tile_come_by_falling_numbers_of_entries() {
        let (from, end) = ([0, 4, 5, 9, 9], [4, 5, 9, 9, 12]);
        let mut runs = [Run::default(); 5];
        sort(&mut runs, &from, &end, &mut Vec::new());
        assert_eq!(runs.map(|r| (r.row, r.entries)), [(0, 4), (2, 4), (4, 3), (1, 1), (3, 0)]);
    }
}
