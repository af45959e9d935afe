//! A table whose flows stay in the array of somebody else: the same bits as from sparse rows, and no copy.

use std::sync::Arc;

use isard::error::Cause;
use isard::operator::Storage;
use isard::table::FlowMatrix;
use isard::{Leontief, Stopping, System, Table, Watch, audit, decompose, synth};

/// An array that another library owns.
struct Lent(Vec<f64>);

impl AsRef<[f64]> for Lent {
    fn as_ref(&self) -> &[f64] {
        &self.0
    }
}

fn pair(seed: u64) -> (Table, Table, Arc<Lent>) {
    let settings = synth::Settings { regions: 5, sectors: 9, density: 0.6, zero_output: 2, seed, ..Default::default() };
    let table = synth::table(&settings);
    let lent = Arc::new(Lent(table.z.to_dense().iter().copied().collect()));
    let from = Table::from_dense(table.labels.clone(), lent.clone(), table.y.clone(), table.x.clone());
    let full = Table { z: from.z, ..table.clone() };
    (table, full, lent)
}

fn flows(table: Arc<Table>) -> Vec<[u64; 2]> {
    let system = System::new(table).stored(Some(Storage::Dense), false).unwrap();
    let model = Leontief::new(system, None, Stopping::default(), Watch::default()).unwrap();
    decompose::flows(&model, 0).flow.iter().map(|f| [f.value.to_bits(), f.bound.to_bits()]).collect()
}

#[test]
fn flows_in_a_lent_array_give_the_same_bits_and_are_not_copied() {
    for seed in 0..3 {
        let (sparse, mut full, lent) = pair(seed);
        // value added by the columns of Z, which reads them
        let sparse = Table { value_added: Vec::new(), ..sparse };
        full.value_added.clear();
        let full = Arc::new(full);
        assert_eq!(flows(full.clone()), flows(Arc::new(sparse.clone())));
        assert_eq!(full.purchases(), sparse.purchases());
        assert_eq!((full.z.nnz(), full.z.dim()), (sparse.z.nnz(), sparse.dim()));
        assert_eq!(full.z.entries().unwrap().as_ptr(), lent.0.as_ptr());
        assert!(!full.z.has_sparse(), "sparse rows were made of {} entries", lent.0.len());
        // what needs sparse rows gets them, and says the same
        let said = |table: &Table| audit::audit(table).iter().map(|f| format!("{f:?}")).collect::<Vec<_>>();
        assert_eq!(said(&full), said(&sparse));
        assert!(full.z.has_sparse() && full.z == sparse.z);
    }
}

#[test]
fn changed_flows_are_kept_as_sparse_rows_alone() {
    let (sparse, mut full, lent) = pair(7);
    let shared = full.z.clone();
    full.z.data_mut()[0] *= 2.0;
    assert!(full.z.entries().is_none() && full.z != sparse.z);
    assert!(shared.entries().is_some() && shared == sparse.z && FlowMatrix::into_sparse(shared) == *sparse.z.sparse());
    assert_eq!(lent.0.iter().filter(|v| **v != 0.0).count(), sparse.z.nnz());
}

/// Columns that another library owns.
struct Columns(Vec<u32>);

impl AsRef<[u32]> for Columns {
    fn as_ref(&self) -> &[u32] {
        &self.0
    }
}

#[test]
fn sparse_rows_of_others_give_the_same_bits_and_are_not_copied() {
    for seed in 0..3 {
        let (own, _, _) = pair(seed);
        let z = own.z.view();
        let (columns, lent) = (Arc::new(Columns(z.indices().to_vec())), Arc::new(Lent(z.data().to_vec())));
        let starts = z.indptr().to_owned().into_raw_storage();
        let rows = FlowMatrix::from_rows(own.dim(), starts.clone(), columns.clone(), lent.clone()).unwrap();
        let of_others = Arc::new(Table { z: rows, ..own.clone() });
        let own = Arc::new(own);
        for storage in [Storage::Csr, Storage::Slices, Storage::Dense] {
            let found = [&own, &of_others].map(|table| {
                let system = System::new(table.clone()).stored(Some(storage), false).unwrap();
                let model = Leontief::new(system, None, Stopping::default(), Watch::default()).unwrap();
                decompose::flows(&model, 0).flow.iter().map(|f| [f.value.to_bits(), f.bound.to_bits()]).collect::<Vec<_>>()
            });
            assert_eq!(found[0], found[1], "{storage:?}");
        }
        let said = |table: &Table| audit::audit(table).iter().map(|f| format!("{f:?}")).collect::<Vec<_>>();
        assert_eq!(said(&of_others), said(&own));
        assert_eq!((of_others.z.nnz(), of_others.z.dim(), of_others.purchases()), (own.z.nnz(), own.dim(), own.purchases()));
        let view = of_others.z.view();
        assert_eq!((view.data().as_ptr(), view.indices().as_ptr()), (lent.0.as_ptr(), columns.0.as_ptr()));
        // nobody else holds them: no copy was kept
        assert!(of_others.z == own.z && of_others.z.has_sparse() && of_others.z.entries().is_none());
        let mut changed = of_others.z.clone();
        changed.data_mut()[0] *= 2.0;
        assert!(changed != own.z && of_others.z == own.z);
        // a column that is not there, rows that do not end where the flows do
        let beyond = Arc::new(Columns(vec![own.dim() as u32; columns.0.len()]));
        for (starts, columns) in [(starts.clone(), beyond), (vec![0; own.dim() + 1], columns.clone())] {
            let refused = FlowMatrix::from_rows(own.dim(), starts, columns, lent.clone()).unwrap_err();
            assert_eq!(refused.cause(), Cause::Shape);
        }
    }
}
