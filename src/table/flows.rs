//! Intermediate flows Z: sparse rows, ours or where they lie, or every entry where it lies: in arrays or a file that others own.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use super::{Sparse, SparseView};
use crate::error::{Error, Result};

/// `n x n` entries, row by row, that stay where they are: an array of another library, a mapped file.
pub type Entries = Arc<dyn AsRef<[f64]> + Send + Sync>;

/// Numbers that stay where they are.
pub type Shared<T> = Arc<dyn AsRef<[T]> + Send + Sync>;

/// Intermediate flows (n x n). What asks for sparse rows of flows that are given entry by entry makes a copy of those that
/// are not zero, once; sums, A with every entry and the search for trade shares read them where they lie. Sparse rows that
/// others own are read where they lie by all that asks for [`FlowMatrix::view`].
#[derive(Clone)]
pub struct FlowMatrix {
    full: Option<Full>,
    lent: Option<Arc<Lent>>,
    sparse: OnceLock<Arc<Sparse>>,
    /// Number of rows that other processes keep.
    elsewhere: Option<usize>,
}

/// Sparse rows with columns and flows that others own.
type Lent = sprs::CsMatBase<f64, u32, Vec<usize>, Lying<u32>, Lying<f64>, usize>;

/// Numbers of others as sprs reads them.
struct Lying<T>(Shared<T>);

impl<T> Deref for Lying<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        (*self.0).as_ref()
    }
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
        FlowMatrix { full: Some(Full { n, entries, nonzero }), lent: None, sparse: OnceLock::new(), elsewhere: None }
    }

    /// Sparse rows (n x n): where each begins and the last one ends (n + 1), and the columns, in order, and flows of all, used
    /// where they lie.
    ///
    /// # Errors
    /// If they are no rows of such a matrix.
    pub fn from_rows(n: usize, starts: Vec<usize>, columns: Shared<u32>, flows: Shared<f64>) -> Result<Self> {
        let wrong = |e: sprs::errors::StructureError| {
            let text = format!("Z is not {n} sparse rows of {n} columns in order: {e}");
            Error::shape(text, "sort the columns of each row, and add up those that come twice")
        };
        let made = Lent::try_new((n, n), starts, Lying(columns), Lying(flows)).map_err(|(.., e)| wrong(e))?;
        Ok(FlowMatrix { full: None, lent: Some(Arc::new(made)), sparse: OnceLock::new(), elsewhere: None })
    }

    /// Flows (n x n) that other processes keep. Whatever asks this process for one of them ends in a panic: none is ever taken
    /// for zero.
    pub fn elsewhere(n: usize) -> Self {
        FlowMatrix { full: None, lent: None, sparse: OnceLock::new(), elsewhere: Some(n) }
    }

    /// Whether other processes keep the flows.
    pub fn is_elsewhere(&self) -> bool {
        self.elsewhere.is_some()
    }

    /// Sparse rows where they lie; made when first asked for where flows are given entry by entry.
    pub fn view(&self) -> SparseView<'_> {
        self.lent.as_ref().map_or_else(|| self.sparse().view(), |lent| lent.view())
    }

    /// Every entry, row by row, if flows are kept so.
    pub fn entries(&self) -> Option<&[f64]> {
        self.full.as_ref().map(|full| (*full.entries).as_ref())
    }

    /// The flows as they are kept, row by row: every entry, or those stored. Copies nothing.
    pub fn values(&self) -> &[f64] {
        self.entries().unwrap_or_else(|| self.view().into_raw_storage().2)
    }

    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.elsewhere.unwrap_or_else(|| self.full.as_ref().map_or_else(|| self.view().rows(), |full| full.n))
    }

    /// Number of flows that are stored here, or not zero.
    pub fn nnz(&self) -> usize {
        if self.is_elsewhere() {
            return 0;
        }
        self.full.as_ref().map_or_else(|| self.view().nnz(), |full| full.nonzero)
    }

    /// Columns and flows of row `i`: those stored, or not zero.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (columns, flows): (&[u32], &[f64]) = match &self.full {
            Some(full) => (&[], &(*full.entries).as_ref()[i * full.n..(i + 1) * full.n]),
            None => self.stored(i),
        };
        let full = self.full.is_some();
        let kept = flows.iter().enumerate().filter(move |(_, v)| !full || **v != 0.0);
        kept.map(move |(p, v)| (if full { p } else { columns[p] as usize }, *v))
    }

    /// Columns and flows of row `i` as sparse rows have them.
    pub(crate) fn stored(&self, i: usize) -> (&[u32], &[f64]) {
        let (starts, columns, flows) = self.view().into_raw_storage();
        (&columns[starts[i]..starts[i + 1]], &flows[starts[i]..starts[i + 1]])
    }

    /// Sparse rows of our own, made when first asked for.
    pub fn sparse(&self) -> &Sparse {
        let made = || {
            if let Some(lent) = &self.lent {
                return Arc::new(lent.view().to_owned());
            }
            assert!(!self.is_elsewhere(), "a flow is asked for that another process keeps");
            let full = self.full.as_ref().expect("flows are kept in one way at least");
            Arc::new(super::sparse(ndarray::ArrayView2::from_shape((full.n, full.n), (*full.entries).as_ref()).expect("n x n")))
        };
        self.sparse.get_or_init(made)
    }

    /// Whether sparse rows are there.
    pub fn has_sparse(&self) -> bool {
        self.lent.is_some() || self.sparse.get().is_some()
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
        FlowMatrix { full: None, lent: None, sparse: OnceLock::from(Arc::new(sparse)), elsewhere: None }
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
        (self.full, self.lent, self.elsewhere) = (None, None, None);
        Arc::make_mut(self.sparse.get_mut().expect("just made"))
    }
}

impl PartialEq for FlowMatrix {
    fn eq(&self, other: &Self) -> bool {
        self.view() == other.view()
    }
}

impl PartialEq<Sparse> for FlowMatrix {
    fn eq(&self, other: &Sparse) -> bool {
        self.view() == other.view()
    }
}

impl fmt::Debug for FlowMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}
