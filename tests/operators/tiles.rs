//! Tiles of sparse matrices: several blocks and ranges, rows of all lengths, empty ones among them.

use isard::operator::{Operator, Slices};
use isard::{System, synth};
use ndarray::Array2;
use proptest::prelude::*;

use super::{Draw, equals_the_double_loop, sparse};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn tiles_equal_the_double_loop_and_give_the_blocks_of_any_groups(
        n in 300usize..1200, full in 0.01..0.3f64, k in prop_oneof![Just(1usize), 2usize..36], mut ends in prop::collection::vec(1usize..1200, 1..40), seed: u64
    ) {
        let mut draw = Draw::new(seed);
        let mut a = Array2::zeros((n, n));
        for mut row in a.rows_mut() {
            let share = if draw.unit() < 0.1 { 0.0 } else { full * 3.0 * draw.unit().powi(2) };
            row.iter_mut().for_each(|v| if draw.unit() < share { *v = draw.unit() - 0.3 });
        }
        let rows = sparse(&a);
        let tiles = Slices::from_csr(&rows);
        prop_assert_eq!(tiles.entries(), rows.entries());
        equals_the_double_loop(&tiles, &a, true, k, seed)?;

        ends.retain(|end| *end < n);
        ends.push(n);
        ends.sort_unstable();
        ends.dedup();
        let groups: Vec<_> = std::iter::once(0).chain(ends.iter().copied()).zip(&ends).map(|(start, &end)| start..end).collect();
        let [own, expected] = [&tiles as &dyn Operator, &rows].map(|a| a.stored().unwrap().within(&groups));
        prop_assert_eq!(own.matrix(), expected.matrix());
    }
}

#[test]
fn large_sparse_tables_are_kept_in_tiles_unless_their_rows_are_needed_whole() {
    let settings = synth::Settings { regions: 13, sectors: 200, per_column: Some(30), ..synth::Settings::default() };
    let table = synth::table(&settings);
    let name = |whole| System::new(table.clone()).stored(None, whole).unwrap().operator().name();
    assert_eq!((name(false), name(true)), ("slices", "csr"));
}
