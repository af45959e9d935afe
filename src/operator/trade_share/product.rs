//! The products of a trade-share operator: technologies by class, trade by group of products.
//!
//! All regions of a class go through its technology together (layout: product, region, column), all products of a
//! group through its R x R matrix together (layout: region, product, column): both are dense block products whose
//! blocks stay in the cache. Regions and groups go to threads in fixed pieces; every sum is one chain in stored
//! order, so neither pieces nor panels change a bit. `2 (R S^2 + S R^2) k` operations.

use std::ops::Range;

use super::super::block::{Block, Rows, multiply, multiply_transposed};
use super::super::kernel::Stored;
use super::super::kernel::entry;
use super::super::scratch::{WORTH_THREADS, each_chunk, each_piece};
use super::{Direction, Kernels, Numbers, Operator, Shares, TradeShare};

/// Regions of one piece of work.
const CHUNK: usize = 64;
/// Rows of the technology that are taken at a time.
const STRIP: usize = 128;
/// Columns that go together through a block.
const PANEL: usize = 128;
/// Columns a block product takes at a stroke; ragged ends are computed with what stands beside them, and left.
const STROKE: usize = 8;
/// Distance of the rows of a copied tile: no power of two, which would fall on few sets of the cache.
const APART: usize = STRIP + STROKE;
/// Columns from which a transposed product pays for a turned copy of its tile.
const TURNED: usize = 24;
/// Copied numbers that are worth a second thread.
const WORTH_COPYING: usize = 100_000;

/// Regions in the order of their classes.
pub(super) struct Order {
    /// The regions.
    regions: Vec<usize>,
    /// Where each region stands.
    place: Vec<usize>,
    /// At most [`CHUNK`] regions of one class each.
    pieces: Vec<Range<usize>>,
    /// The piece of each region.
    piece: Vec<usize>,
}

impl Order {
    /// Sorts regions by class.
    pub(super) fn new(class: &[usize]) -> Self {
        let mut regions: Vec<usize> = (0..class.len()).collect();
        regions.sort_by_key(|&r| class[r]);
        let (mut pieces, mut start) = (Vec::new(), 0);
        for end in 1..=regions.len() {
            if end == regions.len() || end - start == CHUNK || class[regions[end]] != class[regions[start]] {
                pieces.push(start..end);
                start = end;
            }
        }
        let (mut place, mut piece) = (vec![0; regions.len()], vec![0; regions.len()]);
        for (p, range) in pieces.iter().enumerate() {
            for at in range.clone() {
                (place[regions[at]], piece[regions[at]]) = (at, p);
            }
        }
        Order { regions, place, pieces, piece }
    }

    /// Where product 0 of a region stands in the layout by class, and how far products are apart.
    fn cell(&self, region: usize, products: usize, k: usize) -> (usize, usize) {
        let (piece, batch) = (&self.pieces[self.piece[region]], batch(k));
        let at = self.place[region] - piece.start;
        let first = at / batch * batch;
        let here = batch.min(piece.len() - first);
        ((piece.start + first) * products * k + (at - first) * k, here * k)
    }
}

/// Regions that go together through a technology.
fn batch(k: usize) -> usize {
    (1 << (PANEL / k).max(1).ilog2()).min(CHUNK)
}

/// `to = from * weights`, `k` columns for each weight.
fn scale<const ABS: bool>(k: usize, weights: Option<&[f64]>, from: &[f64], to: &mut [f64]) {
    match weights {
        None => to.copy_from_slice(from),
        Some(w) if k == 1 => to.iter_mut().zip(from).zip(w).for_each(|((to, v), w)| *to = v * entry::<ABS>(*w)),
        Some(w) => to.chunks_exact_mut(k).zip(from.chunks_exact(k)).zip(w).for_each(|((to, from), w)| {
            to.iter_mut().zip(from).for_each(|(to, v)| *to = v * entry::<ABS>(*w));
        }),
    }
}

/// `to += from * weights`, `k` columns for each weight.
fn add_scaled<const ABS: bool>(k: usize, weights: Option<&[f64]>, from: &[f64], to: &mut [f64]) {
    match weights {
        None => to.iter_mut().zip(from).for_each(|(to, v)| *to += v),
        Some(w) if k == 1 => to.iter_mut().zip(from).zip(w).for_each(|((to, v), w)| *to += v * entry::<ABS>(*w)),
        Some(w) => to.chunks_exact_mut(k).zip(from.chunks_exact(k)).zip(w).for_each(|((to, from), w)| {
            to.iter_mut().zip(from).for_each(|(to, v)| *to += v * entry::<ABS>(*w));
        }),
    }
}

impl TradeShare {
    /// `y += (D + T M) x`; `y` has the rows of the regions `own` alone.
    pub(super) fn forward<const ABS: bool>(&self, own: &Range<usize>, k: usize, x: &[f64], y: &mut [f64]) {
        let (_, s) = self.shape();
        let width = s * k;
        self.pool.with_any(2 * x.len() + STROKE, |buffer| {
            let (first, second) = buffer.split_at_mut(x.len());
            // every region's purchases, whoever sells
            let all = 0..self.shape().0;
            self.technologies::<ABS>(Direction::Forward, &all, k, first, |q, stride, to| {
                for (j, from) in x[q * width..][..width].chunks_exact(k).enumerate() {
                    to[j * stride..][..k].copy_from_slice(from);
                }
            });
            let (used, demand) = (&*first, self.weights().map(|w| w.1));
            self.by_group(k, second, |q, products, to| {
                let (base, stride) = self.order.cell(q, s, k);
                for (i, to) in products.zip(to.chunks_exact_mut(k)) {
                    let weight = demand.map_or(1.0, |d| entry::<ABS>(d[q * s + i]));
                    to.iter_mut().zip(&used[base + i * stride..]).for_each(|(to, v)| *to = v * weight);
                }
            });
            self.trade::<ABS>(Direction::Forward, own, k, second, first);
            let (supplied, supply) = (&*first, self.weights().map(|w| w.0));
            each_chunk(self.worth_threads(k), y, width, |at, to| {
                let r = own.start + at;
                if let Some(block) = self.domestic(r) {
                    multiply::<ABS, _, _>(block, k, Rows { data: &x[r * width..], stride: k }, to);
                }
                for g in 0..self.groups() {
                    let (i, at) = (self.group(g), self.at(k, g, r));
                    let weights = supply.map(|w| &w[r * s..][i.clone()]);
                    add_scaled::<ABS>(k, weights, &supplied[at..][..i.len() * k], &mut to[i.start * k..i.end * k]);
                }
            });
        });
    }

    /// `y += (D + T M)' x`; `y` has the rows of the regions `own` alone.
    pub(super) fn transposed<const ABS: bool>(&self, own: &Range<usize>, k: usize, x: &[f64], y: &mut [f64]) {
        let (_, s) = self.shape();
        let width = s * k;
        self.pool.with_any(2 * x.len() + STROKE, |buffer| {
            let (first, second) = buffer.split_at_mut(x.len());
            let supply = self.weights().map(|w| w.0);
            self.by_group(k, second, |r, i, to| {
                let weights = supply.map(|w| &w[r * s..][i.clone()]);
                scale::<ABS>(k, weights, &x[r * width..][i.start * k..i.end * k], to);
            });
            self.trade::<ABS>(Direction::Transposed, own, k, second, first);
            let (bought, demand) = (&*first, self.weights().map(|w| w.1));
            let size = x.len();
            self.technologies::<ABS>(Direction::Transposed, own, k, &mut second[..size], |q, stride, to| {
                for g in 0..self.groups() {
                    let (products, at) = (self.group(g), self.at(k, g, q));
                    for (i, from) in products.zip(bought[at..].chunks_exact(k)) {
                        let weight = demand.map_or(1.0, |d| entry::<ABS>(d[q * s + i]));
                        to[i * stride..][..k].iter_mut().zip(from).for_each(|(to, v)| *to = v * weight);
                    }
                }
            });
            let found = &*second;
            each_chunk(self.worth_threads(k), y, width, |at, to| {
                let q = own.start + at;
                if let Some(block) = self.domestic(q) {
                    multiply_transposed::<ABS, _>(block, k, Rows { data: &x[q * width..], stride: k }, to);
                }
                let (base, stride) = self.order.cell(q, s, k);
                for (j, to) in to.chunks_exact_mut(k).enumerate() {
                    to.iter_mut().zip(&found[base + j * stride..]).for_each(|(to, v)| *to += v);
                }
            });
        });
    }

    /// `M_s` or `M_s'` times what `fill` puts for each region (region, distance of products, where to), by class, for batches that
    /// have a region of `own`.
    fn technologies<const ABS: bool>(
        &self,
        direction: Direction,
        own: &Range<usize>,
        k: usize,
        out: &mut [f64],
        fill: impl Fn(usize, usize, &mut [f64]) + Sync,
    ) {
        let (_, s) = self.shape();
        let (order, batch) = (&self.order, batch(k));
        let start = |p: usize| order.pieces[p].start * s * k;
        each_piece(self.worth_threads(k), out, 0..order.pieces.len(), &start, &|p, piece: &mut [f64]| {
            let regions = &order.regions[order.pieces[p].clone()];
            let technology = self.technology(regions[0]);
            for (members, to) in regions.chunks(batch).zip(piece.chunks_mut(batch * s * k)) {
                let width = members.len() * k;
                if !members.iter().any(|region| own.contains(region)) {
                    continue;
                }
                to.fill(0.0);
                self.local.with_any(s * width, |packed| {
                    for (at, &region) in members.iter().enumerate() {
                        fill(region, width, &mut packed[at * k..]);
                    }
                    self.strips::<ABS, f64>(direction, technology, s, 0..s, width, Rows { data: packed, stride: width }, to);
                });
            }
        });
    }

    /// Fills the layout by group: `fill` gets region, products, and where their columns go.
    fn by_group(&self, k: usize, out: &mut [f64], fill: impl Fn(usize, Range<usize>, &mut [f64]) + Sync) {
        let chunks = self.shape().0.div_ceil(CHUNK);
        let parallel = self.dim() * k >= WORTH_COPYING;
        let end = self.dim() * k;
        each_piece(parallel, &mut out[..end], 0..self.groups() * chunks, &|p| self.start(k, p), &|p, piece: &mut [f64]| {
            let products = self.group(p / chunks);
            for (at, to) in piece.chunks_exact_mut(products.len() * k).enumerate() {
                fill(p % chunks * CHUNK + at, products.clone(), to);
            }
        });
    }

    /// `T_g` or `T_g'` without supply and demand, from one layout by group to another, for the regions `wanted`; numbers may
    /// follow `from`.
    fn trade<const ABS: bool>(&self, direction: Direction, wanted: &Range<usize>, k: usize, from: &[f64], to: &mut [f64]) {
        let (regions, _) = self.shape();
        let chunks = regions.div_ceil(CHUNK);
        each_piece(self.worth_threads(k), to, 0..self.groups() * chunks, &|p| self.start(k, p), &|p, piece: &mut [f64]| {
            let (group, start) = (p / chunks, p % chunks * CHUNK);
            let width = self.group(group).len() * k;
            let own = start.max(wanted.start)..regions.min(start + CHUNK).min(wanted.end);
            if own.is_empty() {
                return;
            }
            let piece = &mut piece[(own.start - start) * width..(own.end - start) * width];
            let from = &from[self.at(k, group, 0)..];
            for c in (0..width).step_by(PANEL) {
                let here = PANEL.min(width - c);
                let wide = if here > STROKE { here.next_multiple_of(STROKE) } else { here };
                let rows = Rows { data: &from[c..], stride: width };
                if wide == width {
                    piece.fill(0.0);
                    self.panel::<ABS>(direction, group, own.clone(), wide, rows, piece);
                    continue;
                }
                self.local.with(own.len() * wide, |found| {
                    self.panel::<ABS>(direction, group, own.clone(), wide, rows, found);
                    for (to, from) in piece.chunks_exact_mut(width).zip(found.chunks_exact(wide)) {
                        to[c..c + here].copy_from_slice(&from[..here]);
                    }
                });
            }
        });
    }

    /// Some rows (or columns) of the matrix of a group times `k` columns.
    fn panel<const ABS: bool>(&self, direction: Direction, group: usize, own: Range<usize>, k: usize, x: Rows, y: &mut [f64]) {
        let (n, _) = self.shape();
        let range = group * n * n..(group + 1) * n * n;
        match &self.form.shares {
            Shares::Products(t) | Shares::Kernels(Kernels { kernels: Numbers::F64(t), .. }) => {
                self.strips::<ABS, f64>(direction, &t[range], n, own, k, x, y);
            }
            Shares::Kernels(Kernels { kernels: Numbers::F32(t), .. }) => self.strips::<ABS, f32>(direction, &t[range], n, own, k, x, y),
        }
    }

    /// Rows (or, transposed, columns) `own` of the n x n matrix `a` times `k` columns of `x`, in tiles that stay in
    /// the cache.
    #[allow(clippy::too_many_arguments)] // a block product with its range
    fn strips<const ABS: bool, T: Plain>(
        &self,
        direction: Direction,
        a: &[T],
        n: usize,
        own: Range<usize>,
        k: usize,
        x: Rows,
        y: &mut [f64],
    ) {
        let in_place = T::plain(a).filter(|_| direction == Direction::Forward || k < TURNED);
        let room = if in_place.is_some() { 0 } else { CHUNK * APART };
        self.local.with_any(room, |tile| {
            for (start, y) in own.clone().step_by(CHUNK).zip(y.chunks_mut(CHUNK * k)) {
                let here = CHUNK.min(own.end - start);
                for strip in (0..n).step_by(STRIP) {
                    let there = STRIP.min(n - strip);
                    let x = Rows { data: &x.data[strip * x.stride..], stride: x.stride };
                    match (in_place, direction) {
                        (Some(a), Direction::Forward) => {
                            multiply::<ABS, _, _>(Block { data: &a[start * n + strip..], rows: here, columns: there, stride: n }, k, x, y);
                        }
                        (Some(a), Direction::Transposed) => {
                            multiply_transposed::<ABS, _>(
                                Block { data: &a[strip * n + start..], rows: there, columns: here, stride: n },
                                k,
                                x,
                                y,
                            );
                        }
                        (None, _) => {
                            copy(
                                direction,
                                &a[if direction == Direction::Forward { start * n + strip } else { strip * n + start }..],
                                n,
                                (here, there),
                                tile,
                            );
                            multiply::<ABS, _, _>(Block { data: tile, rows: here, columns: there, stride: APART }, k, x, y);
                        }
                    }
                }
            }
        });
    }

    /// Number of groups of products.
    fn groups(&self) -> usize {
        match &self.form.shares {
            Shares::Products(_) => self.form.products,
            Shares::Kernels(k) => k.groups.len() - 1,
        }
    }

    /// The products of a group.
    fn group(&self, group: usize) -> Range<usize> {
        match &self.form.shares {
            Shares::Products(_) => group..group + 1,
            Shares::Kernels(k) => k.groups[group]..k.groups[group + 1],
        }
    }

    /// Supply and demand (R x S), where shares are made of them.
    fn weights(&self) -> Option<(&[f64], &[f64])> {
        match &self.form.shares {
            Shares::Products(_) => None,
            Shares::Kernels(k) => Some((&k.supply, &k.demand)),
        }
    }

    /// Where a region's products of a group stand in the layout by group.
    fn at(&self, k: usize, group: usize, region: usize) -> usize {
        let products = self.group(group);
        (self.form.regions * products.start + region * products.len()) * k
    }

    /// Where a piece of the layout by group starts: some regions of a group.
    fn start(&self, k: usize, piece: usize) -> usize {
        let chunks = self.form.regions.div_ceil(CHUNK);
        self.at(k, piece / chunks, piece % chunks * CHUNK)
    }

    /// Whether a product of `k` columns is worth a second thread.
    fn worth_threads(&self, k: usize) -> bool {
        let (regions, s) = self.shape();
        regions * s * (s + regions) * k >= WORTH_THREADS
    }
}

/// A matrix whose numbers may be doubles.
trait Plain: Stored {
    /// The numbers themselves, where they are doubles.
    fn plain(all: &[Self]) -> Option<&[f64]>;
}

impl Plain for f64 {
    fn plain(all: &[f64]) -> Option<&[f64]> {
        Some(all)
    }
}

impl Plain for f32 {
    fn plain(_: &[f32]) -> Option<&[f64]> {
        None
    }
}

/// The first rows (or columns, as rows) of `a`, whose rows are n apart, as doubles with rows [`APART`].
fn copy<T: Stored>(direction: Direction, a: &[T], n: usize, (rows, columns): (usize, usize), to: &mut [f64]) {
    if direction == Direction::Forward {
        for (to, from) in to.chunks_exact_mut(APART).zip(a.chunks(n)).take(rows) {
            to.iter_mut().zip(&from[..columns]).for_each(|(to, v)| *to = v.double());
        }
        return;
    }
    // eight at a time: a cache line of the copy
    for first in (0..columns).step_by(STROKE) {
        let last = columns.min(first + STROKE);
        for r in 0..rows {
            for (c, to) in (first..last).zip(&mut to[r * APART + first..]) {
                *to = a[c * n + r].double();
            }
        }
    }
}
