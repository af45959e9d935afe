//! `P A = L U` of a dense matrix in pieces of a fraction of a second, with a look at the watch between them.
//!
//! The pieces are those of faer's own recursion (left half of the columns, a triangular solve, a product, right half), so that
//! L and U are faer's to the bit; products above [`PIECE`] are made tile by tile.
//! Toledo, *SIAM J. Matrix Anal. Appl.* 18 (1997) 1065-1081, doi:10.1137/S0895479896297744.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting::factor::{lu_in_place, lu_in_place_scratch};
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::solve_unit_lower_triangular_in_place;
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, MatMut, MatRef, Par};

use crate::error::Result;
use crate::watch::Watch;

/// Columns that are factorised, and rows of a triangle that are solved, at once: 9,800 rows take 0.2 s.
const WIDTH: usize = 256;

/// Multiply-adds of a product that is made at once, 0.3 s on one core, and the side of the tiles that larger ones are cut into.
const PIECE: usize = 1 << 31;
const TILE: usize = 512;

/// Factorises the row-major matrix `a` (n x n) in place; the exchanges of rows, row i with row `swaps[i] >= i`, one after the
/// other.
///
/// # Errors
/// When the watch is cancelled.
pub(super) fn in_place(a: &mut [f64], n: usize, watch: &Watch) -> Result<Vec<usize>> {
    let mut swaps = vec![0; n];
    Work { a, n, watch }.columns(0, n, &mut swaps)?;
    Ok(swaps)
}

struct Work<'a> {
    a: &'a mut [f64],
    n: usize,
    watch: &'a Watch,
}

impl Work<'_> {
    /// Factorises the columns `from..to` on the rows from `from` on, and exchanges whole rows.
    fn columns(&mut self, from: usize, to: usize, swaps: &mut [usize]) -> Result<()> {
        if to - from <= WIDTH {
            self.watch.check()?;
            self.panel(from, to, swaps);
            return Ok(());
        }
        let width = left(to - from);
        self.columns(from, from + width, swaps)?;
        let a = MatMut::from_row_major_slice_mut(self.a, self.n, self.n);
        let (head, tail) = a.get_mut(from.., from..to).split_at_row_mut(width);
        let (triangle, mut right) = head.split_at_col_mut(width);
        let (lower, rest) = tail.split_at_col_mut(width);
        solve(triangle.rb(), right.rb_mut(), self.watch)?;
        subtract(rest, lower.rb(), right.rb(), self.watch)?;
        self.columns(from + width, to, swaps)
    }

    /// The same for few columns, at once.
    fn panel(&mut self, from: usize, to: usize, swaps: &mut [usize]) {
        let (n, rows, width) = (self.n, self.n - from, to - from);
        let (mut order, mut inverse) = (vec![0usize; rows], vec![0usize; rows]);
        let scratch = lu_in_place_scratch::<usize, f64>(rows, width, Par::Seq, Default::default());
        let a = MatMut::from_row_major_slice_mut(self.a, n, n);
        let panel = a.get_mut(from.., from..to);
        lu_in_place(panel, &mut order, &mut inverse, Par::Seq, MemStack::new(&mut MemBuffer::new(scratch)), Default::default());
        for i in 0..width {
            let mut j = order[i];
            while j < i {
                j = order[j];
            }
            // where row i is now: the exchanges before it have moved it
            order[i] = j;
            swaps[from + i] = from + j;
            if i < j {
                let (above, below) = self.a.split_at_mut((from + j) * n);
                let (one, other) = (&mut above[(from + i) * n..(from + i + 1) * n], &mut below[..n]);
                one[..from].swap_with_slice(&mut other[..from]);
                one[to..].swap_with_slice(&mut other[to..]);
            }
        }
    }
}

/// Columns on the left, of the columns that are cut in two; as faer cuts them.
fn left(columns: usize) -> usize {
    (columns / 2).next_multiple_of(16)
}

/// `B <- L^-1 B` for a unit lower triangle, cut as faer cuts it.
fn solve(triangle: MatRef<f64>, mut b: MatMut<f64>, watch: &Watch) -> Result<()> {
    let n = triangle.nrows();
    watch.check()?;
    if n <= WIDTH {
        solve_unit_lower_triangular_in_place(triangle, b, Par::Seq);
        return Ok(());
    }
    let top = n - (n / 2).next_multiple_of(16);
    let (mut first, mut second) = b.rb_mut().split_at_row_mut(top);
    solve(triangle.get(..top, ..top), first.rb_mut(), watch)?;
    subtract(second.rb_mut(), triangle.get(top.., ..top), first.rb(), watch)?;
    solve(triangle.get(top.., top..), second, watch)
}

/// `C <- C - A B`.
fn subtract(mut c: MatMut<f64>, a: MatRef<f64>, b: MatRef<f64>, watch: &Watch) -> Result<()> {
    let (m, n) = (c.nrows(), c.ncols());
    let tile = if m * n * a.ncols() > PIECE { TILE } else { m.max(n).max(1) };
    for i in (0..m).step_by(tile) {
        for j in (0..n).step_by(tile) {
            watch.check()?;
            let (rows, columns) = (i..(i + tile).min(m), j..(j + tile).min(n));
            let part = c.rb_mut().get_mut(rows.clone(), columns.clone());
            matmul(part, Accum::Add, a.get(rows, ..), b.get(.., columns), -1.0, Par::Seq);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::draws;
    use crate::error::Error;

    #[test]
    fn l_and_u_are_those_of_one_call_of_faer_to_the_bit() {
        let n = 700;
        let mut draw = draws(7);
        let a: Vec<f64> = (0..n * n).map(|_| draw() - 0.5).collect();
        let mut pieces = a.clone();
        let swaps = in_place(&mut pieces, n, &Watch::default()).unwrap();
        let mut whole = a;
        let (mut order, mut inverse) = (vec![0usize; n], vec![0usize; n]);
        let scratch = lu_in_place_scratch::<usize, f64>(n, n, Par::Seq, Default::default());
        let at_once = MatMut::from_row_major_slice_mut(&mut whole, n, n);
        lu_in_place(at_once, &mut order, &mut inverse, Par::Seq, MemStack::new(&mut MemBuffer::new(scratch)), Default::default());
        assert!(pieces.iter().zip(&whole).all(|(a, b)| a.to_bits() == b.to_bits()));
        let mut exchanged: Vec<usize> = (0..n).collect();
        swaps.iter().enumerate().for_each(|(i, &j)| exchanged.swap(i, j));
        assert_eq!(exchanged, order);
    }

    #[test]
    fn a_cancelled_watch_ends_it() {
        let watch = Watch::default();
        watch.cancel();
        assert!(matches!(in_place(&mut [1.0], 1, &watch), Err(Error::Cancelled { .. })));
    }
}
