//! A dense matrix in bands of rows, for products with hundreds of columns and more.
//!
//! Bands of A and panels of x are copied into the order in which they are read, so that the first cache holds a strip of x
//! (8 columns) while bands of A go by in the second one. 6 x 8 sums in 12 registers leave three for a row of x and an entry of
//! A, and ask for 8 loads per 12 multiply-adds; 8 x 24 sums in 24 registers of 512 bits for 11 per 24. Each sum is made of runs
//! in stored order, whatever the panel; runs of x that hold nothing but zeros are left out, which changes no bit.
//! Goto, van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, ACM TOMS 34(3), 2008.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};

#[cfg(target_arch = "x86_64")]
use super::kernel::{AVX2, AVX512};
use super::kernel::{BASE, Number, level};
use super::scratch::each_chunk;
use crate::threads::prelude::*;

/// Terms that are summed from zero before they are added to the sum.
const RUN: usize = 128;
/// Columns of a panel: whole strips of 8 and of 24.
const PANEL: usize = 48;
/// Rows whose bands go by in the second cache: whole bands of 6 and of 8.
const ROWS: usize = 120;

/// A finite matrix, its rows in bands.
pub(crate) struct Bands {
    rows: usize,
    columns: usize,
    level: u8,
    /// Band by band, entry `p` of its rows beside each other; rows beyond the last are zero.
    data: Vec<f64>,
}

/// Columns of x in strips, entries `p` of a strip beside each other; columns beyond the last are zero.
#[derive(Default)]
struct Strips {
    data: Vec<f64>,
    /// Whether a run of a strip holds anything: strip by strip.
    busy: Vec<bool>,
}

/// Rows of a band and columns of a strip.
fn tile_of(level: u8) -> (usize, usize) {
    #[cfg(target_arch = "x86_64")]
    if level == AVX512 {
        return (8, 24);
    }
    let _ = level;
    (6, 8)
}

impl Bands {
    /// Copies a matrix of finite numbers.
    pub(crate) fn new(matrix: ArrayView2<f64>) -> Self {
        Self::at_level(matrix, level())
    }

    fn at_level(matrix: ArrayView2<f64>, level: u8) -> Self {
        let (rows, columns) = matrix.dim();
        let height = tile_of(level).0;
        let mut data = vec![0.0; rows.next_multiple_of(height) * columns];
        each_chunk(true, &mut data, (height * columns).max(1), |band, to| {
            for (h, row) in matrix.rows().into_iter().skip(band * height).take(height).enumerate() {
                row.iter().zip(to.chunks_exact_mut(height)).for_each(|(v, to)| to[h] = *v);
            }
        });
        Bands { rows, columns, level, data }
    }

    /// Number of rows.
    pub(crate) fn dim(&self) -> usize {
        self.rows
    }

    /// The longest chain of roundings behind one entry of a product.
    pub(crate) fn rounding_steps(&self) -> f64 {
        (self.columns.min(RUN) + self.columns.div_ceil(RUN)) as f64
    }

    /// `A x`.
    ///
    /// # Panics
    /// If x does not have as many rows as A has columns.
    pub(crate) fn product(&self, x: ArrayView2<f64>) -> Array2<f64> {
        assert_eq!(x.nrows(), self.columns, "a row of x for each column");
        let mut y = Array2::zeros((self.rows, x.ncols()));
        let panels = y.axis_chunks_iter_mut(Axis(1), PANEL).into_par_iter().zip(x.axis_chunks_iter(Axis(1), PANEL));
        panels.for_each_init(Strips::default, |strips, (mut y, x)| {
            self.fill(strips, x);
            let strips = &*strips;
            y.axis_chunks_iter_mut(Axis(0), ROWS).into_par_iter().enumerate().for_each(|(block, y)| self.rows_of(block, strips, y));
        });
        y
    }

    fn fill(&self, strips: &mut Strips, x: ArrayView2<f64>) {
        let (n, width) = (self.columns, tile_of(self.level).1);
        let Strips { data, busy } = strips;
        data.resize(x.ncols().div_ceil(width) * n * width, 0.0);
        busy.clear();
        for (strip, to) in data.chunks_exact_mut((n * width).max(1)).enumerate() {
            let own = x.slice(s![.., strip * width..x.ncols().min((strip + 1) * width)]);
            for (row, to) in own.rows().into_iter().zip(to.chunks_exact_mut(width)) {
                let (to, beyond) = to.split_at_mut(row.len());
                match row.as_slice() {
                    Some(row) => to.copy_from_slice(row),
                    None => row.iter().zip(to).for_each(|(v, to)| *to = *v),
                }
                beyond.fill(0.0);
            }
            busy.extend(to.chunks(RUN * width).map(|run| run.iter().any(|v| *v != 0.0)));
        }
    }

    /// The rows of a block of a panel.
    fn rows_of(&self, block: usize, strips: &Strips, mut y: ArrayViewMut2<f64>) {
        let (n, (height, width)) = (self.columns, tile_of(self.level));
        let bands = y.nrows().div_ceil(height);
        let own = &self.data[block * ROWS * n..][..bands * height * n];
        let runs = n.div_ceil(RUN);
        let mut sums = vec![0.0; y.ncols().div_ceil(width) * bands * height * width];
        for run in 0..runs {
            let terms = run * RUN..((run + 1) * RUN).min(n);
            for (strip, sums) in sums.chunks_exact_mut(bands * height * width).enumerate().filter(|(s, _)| strips.busy[s * runs + run]) {
                let x = &strips.data[(strip * n + terms.start) * width..(strip * n + terms.end) * width];
                for (band, sums) in own.chunks_exact(height * n).zip(sums.chunks_exact_mut(height * width)) {
                    self.add_run(&band[terms.start * height..terms.end * height], x, sums);
                }
            }
        }
        for (i, mut row) in y.rows_mut().into_iter().enumerate() {
            let columns = row.len();
            for (strip, sums) in sums.chunks_exact(bands * height * width).enumerate() {
                let from = &sums[i * width..(i + 1) * width];
                row.slice_mut(s![strip * width..columns.min((strip + 1) * width)]).iter_mut().zip(from).for_each(|(to, v)| *to = *v);
            }
        }
    }

    /// Adds the sums of one run to those of a tile.
    #[inline]
    fn add_run(&self, a: &[f64], x: &[f64], sums: &mut [f64]) {
        match self.level {
            // SAFETY: the processor has these instructions, as `level` says
            #[cfg(target_arch = "x86_64")]
            AVX512 => unsafe { wide::add_run_512(a, x, sums) },
            // SAFETY: the same
            #[cfg(target_arch = "x86_64")]
            AVX2 => unsafe { wide::add_run_256(a, x, sums) },
            _ => add_run_plain(a, x, sums),
        }
    }
}

fn add_run_plain(a: &[f64], x: &[f64], sums: &mut [f64]) {
    let mut own = [[0.0; 8]; 6];
    for (a, x) in a.chunks_exact(6).zip(x.chunks_exact(8)) {
        for (own, a) in own.iter_mut().zip(a) {
            own.iter_mut().zip(x).for_each(|(own, x)| *own = a.multiply_add::<BASE>(*x, *own));
        }
    }
    sums.iter_mut().zip(own.as_flattened()).for_each(|(sum, own)| *sum += own);
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        _mm256_add_pd, _mm256_fmadd_pd, _mm256_loadu_pd, _mm256_set1_pd, _mm256_setzero_pd, _mm256_storeu_pd, _mm512_add_pd,
        _mm512_fmadd_pd, _mm512_loadu_pd, _mm512_set1_pd, _mm512_setzero_pd, _mm512_storeu_pd,
    };

    macro_rules! add_run {
        ($name:ident, $features:literal, $height:literal, $across:literal x $lanes:literal, $zero:ident, $load:ident, $store:ident, $splat:ident, $add:ident, $fma:ident) => {
            /// `sums += A x` for a band and a strip.
            #[target_feature(enable = $features)]
            pub(super) fn $name(a: &[f64], x: &[f64], sums: &mut [f64]) {
                let length = a.len() / $height;
                assert!(x.len() == length * $across * $lanes && sums.len() == $height * $across * $lanes, "a band, a strip, a tile");
                let mut own = [[$zero(); $across]; $height];
                let (mut a, mut x, to) = (a.as_ptr(), x.as_ptr(), sums.as_mut_ptr());
                for _ in 0..length {
                    // SAFETY: a step reads a column of the band and a row of the strip, as asserted
                    unsafe {
                        let v: [_; $across] = std::array::from_fn(|n| $load(x.add(n * $lanes)));
                        for h in 0..$height {
                            let entry = $splat(*a.add(h));
                            for n in 0..$across {
                                own[h][n] = $fma(entry, v[n], own[h][n]);
                            }
                        }
                        (a, x) = (a.add($height), x.add($across * $lanes));
                    }
                }
                for h in 0..$height {
                    for n in 0..$across {
                        // SAFETY: within the tile, as asserted
                        unsafe {
                            let at = to.add(($across * h + n) * $lanes);
                            $store(at, $add($load(at), own[h][n]));
                        }
                    }
                }
            }
        };
    }
    #[rustfmt::skip]
    add_run!(add_run_256, "avx2,fma", 6, 2 x 4, _mm256_setzero_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_set1_pd, _mm256_add_pd, _mm256_fmadd_pd);
    #[rustfmt::skip]
    add_run!(add_run_512, "avx512f,avx512vl,avx512dq,avx2,fma", 8, 3 x 8, _mm512_setzero_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_set1_pd, _mm512_add_pd, _mm512_fmadd_pd);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of terms, each a chain of multiply-adds in order.
    fn plain(a: &Array2<f64>, x: &Array2<f64>, fused: bool) -> Array2<f64> {
        Array2::from_shape_fn((a.nrows(), x.ncols()), |(i, k)| {
            let run = |start: usize| {
                let add = |sum: f64, p: usize| if fused { a[[i, p]].mul_add(x[[p, k]], sum) } else { a[[i, p]] * x[[p, k]] + sum };
                (start..a.ncols().min(start + RUN)).fold(0.0, add)
            };
            (0..a.ncols()).step_by(RUN).map(run).fold(0.0, |sum, run| sum + run)
        })
    }

    #[test]
    fn products_equal_plain_sums_in_runs_bit_for_bit_at_every_level_and_width() {
        let draw = |i: usize, k: usize, c: usize| (((i * 7919 + k * 104_729 + c) * 2_654_435_761) % 1_000_003) as f64 / 1e5 - 3.0;
        let mut levels = vec![BASE];
        #[cfg(target_arch = "x86_64")]
        levels.extend([AVX2, AVX512].into_iter().filter(|l| *l <= level()));
        for (n, columns, k) in [(1, 1, 1), (5, 127, 11), (130, 128, 13), (133, 400, 97), (257, 257, 48), (9, 0, 3), (0, 4, 2), (7, 140, 0)]
        {
            let a = Array2::from_shape_fn((n, columns), |(i, j)| draw(i, j, 1));
            let mut x = Array2::from_shape_fn((columns, k), |(i, j)| draw(i, j, 2));
            // a run without demand, and a column without any
            x.rows_mut().into_iter().take(RUN).for_each(|mut row| row.fill(0.0));
            if k > 2 {
                x.column_mut(1).fill(0.0);
            }
            for &level in &levels {
                let bands = Bands::at_level(a.view(), level);
                let expected = plain(&a, &x, level > BASE || super::super::kernel::FUSED_BASE);
                assert_eq!(bands.product(x.view()), expected, "{n} x {columns} x {k}, level {level}");
                // by columns in memory
                let turned = x.t().as_standard_layout().into_owned();
                assert_eq!(bands.product(turned.t()), expected, "{n} x {columns} x {k}, level {level}, turned");
            }
        }
    }
}
