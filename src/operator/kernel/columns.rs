//! Which rows of a panel the entries of a row of A belong to.

use super::fetch;

/// Where the x rows of a gather are found.
pub trait Columns: Copy {
    /// Whether row numbers follow each other.
    const CONSECUTIVE: bool = false;
    /// The row number of entry `p`.
    ///
    /// # Safety
    /// `p` must be below a number that [`Columns::bound`] was asked for.
    unsafe fn at(self, p: usize) -> usize;
    /// A number that every row number of the first `count` entries is below.
    fn bound(self, count: usize) -> usize;
    /// Asks the memory for the number of entry `p`, which may be behind the last.
    fn fetch(self, p: usize);
    /// Row numbers that may be asked for, those of later rows included: what can be fetched ahead.
    fn known(self) -> usize;
}

/// Columns given one by one.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    columns: &'a [u32],
    bound: usize,
}

impl<'a> Listed<'a> {
    /// Columns that are all below `bound`.
    ///
    /// # Safety
    /// They must be: the kernels do not check each again.
    #[inline(always)]
    pub unsafe fn below(bound: usize, columns: &'a [u32]) -> Self {
        Listed { columns, bound }
    }
}

impl Columns for Listed<'_> {
    #[inline(always)]
    unsafe fn at(self, p: usize) -> usize {
        // SAFETY: p is below the count that `bound` was asked for, or below `known`
        (unsafe { *self.columns.get_unchecked(p) }) as usize
    }
    #[inline(always)]
    fn fetch(self, p: usize) {
        fetch::<1, _>(self.columns, p);
    }
    #[inline(always)]
    fn known(self) -> usize {
        self.columns.len()
    }
    #[inline(always)]
    fn bound(self, count: usize) -> usize {
        assert!(self.columns.len() >= count, "a column for each entry");
        self.bound
    }
}

/// Columns given one by one, counted from a start.
#[derive(Clone, Copy)]
pub struct Shifted<'a> {
    listed: Listed<'a>,
    start: usize,
}

impl<'a> Shifted<'a> {
    /// Columns from `start` on, all below `end`.
    ///
    /// # Safety
    /// They must be: the kernels do not check each again.
    #[inline(always)]
    pub unsafe fn between(start: usize, end: usize, columns: &'a [u32]) -> Self {
        Shifted { listed: Listed { columns, bound: end - start }, start }
    }
}

impl Columns for Shifted<'_> {
    #[inline(always)]
    unsafe fn at(self, p: usize) -> usize {
        // SAFETY: as above
        (unsafe { self.listed.at(p) }) - self.start
    }
    #[inline(always)]
    fn fetch(self, p: usize) {
        self.listed.fetch(p);
    }
    #[inline(always)]
    fn known(self) -> usize {
        self.listed.known()
    }
    #[inline(always)]
    fn bound(self, count: usize) -> usize {
        self.listed.bound(count)
    }
}

/// Consecutive columns from a start.
#[derive(Clone, Copy)]
pub struct From(pub usize);

impl Columns for From {
    const CONSECUTIVE: bool = true;
    #[inline(always)]
    unsafe fn at(self, p: usize) -> usize {
        self.0 + p
    }
    #[inline(always)]
    fn fetch(self, _: usize) {}
    #[inline(always)]
    fn known(self) -> usize {
        0 // the processor sees where this goes
    }
    #[inline(always)]
    fn bound(self, count: usize) -> usize {
        self.0 + count
    }
}
