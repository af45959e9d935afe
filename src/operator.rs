//! The system matrix A as an operator on panels of columns; the seam for storage formats.
//!
//! A *panel* is a row-major block of k columns (n x k, k small). Every product sums the entries of one row in
//! their stored order, column by column, so a column's bits depend neither on the panel it is in nor on the
//! number of threads.

use std::ops::Range;

use ndarray::Array2;

use crate::choice::named;
mod bands;
mod block;
mod csr;
mod dense;
pub mod detect;
pub mod elsewhere;
pub mod kernel;
mod matrix;
mod ranges;
mod scratch;
mod share;
mod slices;
mod split;
pub(crate) mod sweep;
pub mod trade_share;
mod truncate;

pub(crate) use bands::Bands;
pub(crate) use block::{Block, Rows, multiply, multiply_transposed};
pub use csr::{Csr, Part};
pub(crate) use csr::{any_negative, divided, each_range};
pub use dense::Dense;
pub use detect::{Fit, Misfit, positive};
pub use matrix::Matrix;
#[cfg(feature = "cli")]
pub(crate) use scratch::triad;
pub(crate) use scratch::{Pool, WORTH_THREADS, each_chunk, each_piece};
pub use share::Share;
pub use slices::Slices;
pub use split::Split;
pub use sweep::MAX_WIDTH;
pub use trade_share::TradeShare;
pub use truncate::{Lost, truncate};

/// Processor, system and instructions in use: what decides the bits of a product.
pub fn platform() -> String {
    let instructions = match kernel::level() {
        kernel::BASE => "base",
        #[cfg(target_arch = "x86_64")]
        kernel::AVX2 => "avx2",
        _ => "avx512",
    };
    format!("{}-{}-{instructions}", std::env::consts::ARCH, std::env::consts::OS)
}

/// `y = A x` or `y = A' x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// With A: quantities, `(I - A) x = b`.
    Forward,
    /// With A': intensities, `(I - A') z = c`.
    Transposed,
}

/// How A is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Compressed rows.
    Csr,
    /// Tiles of rows and ranges of columns.
    Slices,
    /// Every entry.
    Dense,
    /// Trade shares and technologies, with a sparse correction where they do not tell all.
    TradeShare,
}

named!(Storage, "operator", Csr => "csr", Slices => "slices", Dense => "dense", TradeShare => "trade-share");

impl Storage {
    /// The rule of `auto`: every entry (or, of a table, the trade shares that are seen to make it up) where more than 2,500 rows
    /// are more than half full; slices for others of more than 2,500 rows, so long as these have 3 entries in a range of
    /// columns and nobody needs them whole; else compressed rows.
    pub fn auto(rows: usize, entries: usize, whole: bool) -> Storage {
        if rows > 2_500 && entries > rows * rows / 2 {
            Storage::Dense
        } else if !whole && rows > 2_500 && slices::worth(rows, entries) {
            Storage::Slices
        } else {
            Storage::Csr
        }
    }
}

/// A square matrix known by its products.
pub trait Operator: Send + Sync {
    /// Number of rows n.
    fn dim(&self) -> usize;

    /// `y = A x` or `y = A' x` on a row-major panel of `k` columns; `y` is overwritten.
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]);

    /// As [`Operator::apply`] in single precision on at most [`MAX_WIDTH`] columns, for residuals that another pass will
    /// correct. `false`, and `y` left as it is, where that would not save time.
    fn apply_single(&self, _direction: Direction, _k: usize, _x: &[f32], _y: &mut [f64]) -> bool {
        false
    }

    /// Adds `A x` or `A' x` to sums in two doubles (n rows of `k` high parts, then `k` low ones) whose high parts start
    /// between one power of two and the next, so far from both that no partial sum of the sizes of the terms leaves them:
    /// then high and low part together lose 2^-104 of that power for each term at most. `false`, and `sums` left as they
    /// are, where entries are not stored one by one, each rounded once, or the processor has no fused multiply-add.
    fn add_twofold(&self, _direction: Direction, _k: usize, _x: &[f64], _sums: &mut [f64]) -> bool {
        false
    }

    /// As [`Operator::apply`] with `|A|`, for certificates. For `x >= 0` an operator made of trade shares may give more
    /// than `|A| x` (the product of the sizes of shares and technologies): a proof with a larger matrix is a proof.
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]);

    /// The longest chain of roundings behind one entry of `A x` (or `A' x`), the making of A included.
    fn rounding_steps(&self, direction: Direction) -> f64;

    /// Number of stored entries.
    fn entries(&self) -> usize;

    /// Bytes of entries that one product reads.
    fn bytes(&self) -> usize {
        8 * self.entries()
    }

    /// Whether a panel of any width costs no more than in proportion to it; else widths of 1, 2, 4 and multiples of 8 do.
    fn takes_any_width(&self) -> bool {
        false
    }

    /// Whether any entry is negative.
    fn has_negative(&self) -> bool;

    /// Whether A gives the trade shares of each product, all that a refinement by them needs.
    fn has_product_shares(&self) -> bool {
        false
    }

    /// What to call it in output.
    fn name(&self) -> &'static str;

    /// The rows, for methods that need them whole.
    fn rows(&self) -> Option<&Csr> {
        None
    }

    /// The entries, where they are stored one by one and sparse: what sweeps go over.
    fn stored(&self) -> Option<&dyn Entries> {
        None
    }

    /// The diagonal block of a row range, dense.
    fn block(&self, range: Range<usize>) -> Array2<f64>;

    /// `A_m x` (or `|A_m| x`): what regions sell to others, given where each begins; `None` where the rows tell.
    fn traded(&self, _absolute: bool, _offsets: &[usize], _x: &Array2<f64>) -> Option<Array2<f64>> {
        None
    }

    /// Whether it has [`Operator::sweeps`].
    fn has_sweeps(&self) -> bool {
        false
    }

    /// Sweeps over the regions' own blocks where the rows are, if they are in other processes.
    ///
    /// # Errors
    /// If a block is singular, or a sector buys all it makes from itself.
    fn sweeps(&self, _offsets: &[usize]) -> Option<crate::error::Result<Box<dyn elsewhere::Sweeps>>> {
        None
    }
}

/// Entries stored one by one.
pub trait Entries {
    /// Runs of rows of about equal numbers of entries, at most `count`, that cover all rows.
    fn split(&self, count: usize) -> Vec<Range<usize>>;

    /// The entries within groups of consecutive rows that cover all rows, by rows.
    fn within(&self, groups: &[Range<usize>]) -> Csr;
}

/// `|A|` as an operator of its own.
pub struct Abs<'a>(pub &'a dyn Operator);

impl Operator for Abs<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn apply(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.0.apply_abs(direction, k, x, y);
    }
    fn apply_abs(&self, direction: Direction, k: usize, x: &[f64], y: &mut [f64]) {
        self.0.apply_abs(direction, k, x, y);
    }
    fn rounding_steps(&self, direction: Direction) -> f64 {
        self.0.rounding_steps(direction)
    }
    fn entries(&self) -> usize {
        self.0.entries()
    }
    fn bytes(&self) -> usize {
        self.0.bytes()
    }
    fn takes_any_width(&self) -> bool {
        self.0.takes_any_width()
    }
    fn has_negative(&self) -> bool {
        false
    }
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn block(&self, range: Range<usize>) -> Array2<f64> {
        self.0.block(range).mapv(f64::abs)
    }
    fn traded(&self, _absolute: bool, offsets: &[usize], x: &Array2<f64>) -> Option<Array2<f64>> {
        self.0.traded(true, offsets, x)
    }
}
