//! rayon's parallel iterators under the same names, whose ends run in the right pool: see [`super::within`].

use std::iter::Sum;

use rayon::iter::{
    Copied, Enumerate, Filter, FlatMapIter, FromParallelIterator, IndexedParallelIterator, IntoParallelIterator, Map, MapInit, MinLen,
    ParallelExtend, ParallelIterator, StepBy, Zip,
};
use rayon::slice;

use super::within;

/// A parallel iterator of rayon's.
pub(crate) struct Par<I>(I);

impl<I: ParallelIterator> Par<I> {
    pub(crate) fn map<R: Send, F: Fn(I::Item) -> R + Sync + Send>(self, f: F) -> Par<Map<I, F>> {
        Par(self.0.map(f))
    }

    pub(crate) fn map_init<S, T, R, F>(self, start: S, f: F) -> Par<MapInit<I, S, F>>
    where
        S: Fn() -> T + Sync + Send,
        F: Fn(&mut T, I::Item) -> R + Sync + Send,
        R: Send,
    {
        Par(self.0.map_init(start, f))
    }

    pub(crate) fn flat_map_iter<S: IntoIterator<Item: Send>, F: Fn(I::Item) -> S + Sync + Send>(self, f: F) -> Par<FlatMapIter<I, F>> {
        Par(self.0.flat_map_iter(f))
    }

    pub(crate) fn filter<F: Fn(&I::Item) -> bool + Sync + Send>(self, f: F) -> Par<Filter<I, F>> {
        Par(self.0.filter(f))
    }

    pub(crate) fn for_each(self, f: impl Fn(I::Item) + Sync + Send) {
        within(|| self.0.for_each(f));
    }

    pub(crate) fn for_each_init<T>(self, start: impl Fn() -> T + Sync + Send, f: impl Fn(&mut T, I::Item) + Sync + Send) {
        within(|| self.0.for_each_init(start, f));
    }

    pub(crate) fn try_for_each<E: Send>(self, f: impl Fn(I::Item) -> Result<(), E> + Sync + Send) -> Result<(), E> {
        within(|| self.0.try_for_each(f))
    }

    pub(crate) fn collect<C: FromParallelIterator<I::Item> + Send>(self) -> C {
        within(|| self.0.collect())
    }

    pub(crate) fn unzip<A: Send, B: Send, As, Bs>(self) -> (As, Bs)
    where
        I: ParallelIterator<Item = (A, B)>,
        As: Default + Send + ParallelExtend<A>,
        Bs: Default + Send + ParallelExtend<B>,
    {
        within(|| self.0.unzip())
    }

    pub(crate) fn sum<S: Send + Sum<I::Item> + Sum<S>>(self) -> S {
        within(|| self.0.sum())
    }

    pub(crate) fn any(self, f: impl Fn(I::Item) -> bool + Sync + Send) -> bool {
        within(|| self.0.any(f))
    }

    pub(crate) fn all(self, f: impl Fn(I::Item) -> bool + Sync + Send) -> bool {
        within(|| self.0.all(f))
    }

    pub(crate) fn find_map_first<R: Send>(self, f: impl Fn(I::Item) -> Option<R> + Sync + Send) -> Option<R> {
        within(|| self.0.find_map_first(f))
    }

    pub(crate) fn reduce(self, none: impl Fn() -> I::Item + Sync + Send, f: impl Fn(I::Item, I::Item) -> I::Item + Sync + Send) -> I::Item {
        within(|| self.0.reduce(none, f))
    }

    pub(crate) fn reduce_with(self, f: impl Fn(I::Item, I::Item) -> I::Item + Sync + Send) -> Option<I::Item> {
        within(|| self.0.reduce_with(f))
    }
}

impl<'a, T: Copy + Send + Sync + 'a, I: ParallelIterator<Item = &'a T>> Par<I> {
    pub(crate) fn copied(self) -> Par<Copied<I>> {
        Par(self.0.copied())
    }
}

impl<T: Send, I: ParallelIterator<Item = Option<T>>> Par<I> {
    pub(crate) fn try_reduce(self, none: impl Fn() -> T + Sync + Send, f: impl Fn(T, T) -> Option<T> + Sync + Send) -> Option<T> {
        within(|| self.0.try_reduce(none, f))
    }
}

impl<I: IndexedParallelIterator> Par<I> {
    pub(crate) fn zip<Z: IntoParallelIterator<Iter: IndexedParallelIterator>>(self, other: Z) -> Par<Zip<I, Z::Iter>> {
        Par(self.0.zip(other))
    }

    pub(crate) fn enumerate(self) -> Par<Enumerate<I>> {
        Par(self.0.enumerate())
    }

    pub(crate) fn step_by(self, step: usize) -> Par<StepBy<I>> {
        Par(self.0.step_by(step))
    }

    pub(crate) fn with_min_len(self, least: usize) -> Par<MinLen<I>> {
        Par(self.0.with_min_len(least))
    }
}

/// The second half of a zip.
impl<I: ParallelIterator> IntoParallelIterator for Par<I> {
    type Iter = I;
    type Item = I::Item;
    fn into_par_iter(self) -> I {
        self.0
    }
}

/// What gives its elements away.
pub(crate) trait Elements: IntoParallelIterator + Sized {
    fn into_par_iter(self) -> Par<Self::Iter> {
        Par(IntoParallelIterator::into_par_iter(self))
    }
}
impl<T: IntoParallelIterator> Elements for T {}

/// What lends its elements.
pub(crate) trait ByReference {
    fn par_iter<'a>(&'a self) -> Par<<&'a Self as IntoParallelIterator>::Iter>
    where
        &'a Self: IntoParallelIterator,
    {
        Par(IntoParallelIterator::into_par_iter(self))
    }

    fn par_iter_mut<'a>(&'a mut self) -> Par<<&'a mut Self as IntoParallelIterator>::Iter>
    where
        &'a mut Self: IntoParallelIterator,
    {
        Par(IntoParallelIterator::into_par_iter(self))
    }
}
impl<T: ?Sized> ByReference for T {}

/// Runs of consecutive elements.
pub(crate) trait Chunks<T> {
    fn par_chunks(&self, size: usize) -> Par<slice::Chunks<'_, T>>
    where
        T: Sync;
    fn par_windows(&self, size: usize) -> Par<slice::Windows<'_, T>>
    where
        T: Sync;
    fn par_chunks_mut(&mut self, size: usize) -> Par<slice::ChunksMut<'_, T>>
    where
        T: Send;
    fn par_chunks_exact_mut(&mut self, size: usize) -> Par<slice::ChunksExactMut<'_, T>>
    where
        T: Send;
}

impl<T> Chunks<T> for [T] {
    fn par_chunks(&self, size: usize) -> Par<slice::Chunks<'_, T>>
    where
        T: Sync,
    {
        Par(slice::ParallelSlice::par_chunks(self, size))
    }
    fn par_windows(&self, size: usize) -> Par<slice::Windows<'_, T>>
    where
        T: Sync,
    {
        Par(slice::ParallelSlice::par_windows(self, size))
    }
    fn par_chunks_mut(&mut self, size: usize) -> Par<slice::ChunksMut<'_, T>>
    where
        T: Send,
    {
        Par(slice::ParallelSliceMut::par_chunks_mut(self, size))
    }
    fn par_chunks_exact_mut(&mut self, size: usize) -> Par<slice::ChunksExactMut<'_, T>>
    where
        T: Send,
    {
        Par(slice::ParallelSliceMut::par_chunks_exact_mut(self, size))
    }
}
