//! Intermediate flows Z: sparse rows, or every entry where it lies, in an array or a file that others own.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use super::Sparse;

/// `n x n` entries, row by row, that stay where they are: an array of another library, a mapped file.
pub type Entries = Arc<dyn AsRef<[f64]> + Send + Sync>;

/// Intermediate flows (n x n). What asks for sparse rows of flows that are given entry by entry makes a copy of those that
/// are not zero, once; sums, A with every entry and the search for trade shares read them where they lie.
#[derive(Clone)]
pub struct FlowMatrix {
    full: Option<Full>,
    sparse: OnceLock<Arc<Sparse>>,
}

/// Every entry, and how many are not zero.
#[derive(Clone)]
struct Full {
    n: usize,
    entries: Entries,
    nonzero: usize,
}

impl FlowMatrix {
    /// Every entry (n x n), row by row, used where it lies.
    ///
    /// # Panics
    /// If there are not n x n.
    pub fn from_entries(n: usize, entries: Entries) -> Self {
        let all = (*entries).as_ref();
        assert_eq!(all.len(), n * n, "Z must be n x n");
        let nonzero = all.iter().filter(|v| **v != 0.0).count();
        FlowMatrix { full: Some(Full { n, entries, nonzero }), sparse: OnceLock::new() }
    }

    /// Every entry, row by row, if flows are kept so.
    pub fn entries(&self) -> Option<&[f64]> {
        self.full.as_ref().map(|full| (*full.entries).as_ref())
    }

    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.full.as_ref().map_or_else(|| self.sparse().rows(), |full| full.n)
    }

    /// Number of flows that are stored, or not zero.
    pub fn nnz(&self) -> usize {
        self.full.as_ref().map_or_else(|| self.sparse().nnz(), |full| full.nonzero)
    }

    /// Columns and flows of row `i`: those stored, or not zero.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (columns, flows): (&[u32], &[f64]) = match &self.full {
            Some(full) => (&[], &(*full.entries).as_ref()[i * full.n..(i + 1) * full.n]),
            None => {
                let range = self.sparse().indptr().outer_inds_sz(i);
                (&self.sparse().indices()[range.clone()], &self.sparse().data()[range])
            }
        };
        let full = self.full.is_some();
        let kept = flows.iter().enumerate().filter(move |(_, v)| !full || **v != 0.0);
        kept.map(move |(p, v)| (if full { p } else { columns[p] as usize }, *v))
    }

    /// Sparse rows, made when first asked for.
    pub fn sparse(&self) -> &Sparse {
        let made = || {
            let full = self.full.as_ref().expect("flows are kept in one way at least");
            Arc::new(super::sparse(ndarray::ArrayView2::from_shape((full.n, full.n), (*full.entries).as_ref()).expect("n x n")))
        };
        self.sparse.get_or_init(made)
    }

    /// Whether sparse rows are there.
    pub fn has_sparse(&self) -> bool {
        self.sparse.get().is_some()
    }

    /// Sparse rows of one's own.
    pub fn into_sparse(self) -> Sparse {
        self.sparse();
        let sparse = self.sparse.into_inner().expect("just made");
        Arc::try_unwrap(sparse).unwrap_or_else(|shared| Sparse::clone(&shared))
    }
}

impl From<Sparse> for FlowMatrix {
    fn from(sparse: Sparse) -> Self {
        FlowMatrix { full: None, sparse: OnceLock::from(Arc::new(sparse)) }
    }
}

impl Deref for FlowMatrix {
    type Target = Sparse;
    fn deref(&self) -> &Sparse {
        self.sparse()
    }
}

/// What is changed is kept as sparse rows alone.
impl DerefMut for FlowMatrix {
    fn deref_mut(&mut self) -> &mut Sparse {
        self.sparse();
        self.full = None;
        Arc::make_mut(self.sparse.get_mut().expect("just made"))
    }
}

impl PartialEq for FlowMatrix {
    fn eq(&self, other: &Self) -> bool {
        self.sparse() == other.sparse()
    }
}

impl PartialEq<Sparse> for FlowMatrix {
    fn eq(&self, other: &Sparse) -> bool {
        self.sparse() == other
    }
}

impl fmt::Debug for FlowMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sparse().fmt(f)
    }
}
