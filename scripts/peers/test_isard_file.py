"""The reader against the fixture whose contents fixtures/snapshots/README.md lists.

    target/peers/venv/bin/python scripts/peers/test_isard_file.py
"""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True

import numpy as np

import isard_file

FIXTURE = pathlib.Path(__file__).parents[2] / "fixtures/snapshots/v1.isard"


class Fixture(unittest.TestCase):
    def setUp(self):
        self.table = isard_file.Snapshot(FIXTURE)

    def test_names_and_ranges_are_those_of_the_fixture(self):
        t = self.table
        self.assertEqual(t.regions, ["北京", "Elsewhere"])
        self.assertEqual((t.offsets, t.demand_offsets), ([0, 1, 3], [0, 1, 3]))
        self.assertEqual((t.unit, t.stamp), ("10^4 元", "SYNTHETIC"))
        self.assertEqual(t.stressors, [("CO2", "Mt"), ("water", "m3")])
        self.assertEqual(len(t.sector_names()), 3)

    def test_numbers_are_those_of_the_fixture(self):
        t = self.table
        self.assertEqual(t.z().toarray().tolist(), [[1.5, 0, -0.25], [0, 0, 0], [0.1, 0, 3]])
        self.assertEqual(t.nnz, 5)
        self.assertEqual(t.array("x").tolist(), [10, 20, 30])
        self.assertEqual(t.array("exports").tolist(), [0.25, 0.5, 0.75])
        self.assertEqual(t.array("stressor.0.direct").tolist(), [1, 2, 4])
        self.assertEqual(t.array("stressor.0.households").tolist(), [0.125, 0.375])
        self.assertIsNone(t.array("stressor.1.households"))

    def test_leontief_matrix_is_the_same_sparse_dense_and_by_parts(self):
        t = self.table
        want = np.eye(3) - t.z().toarray() / np.array(t.array("x"))
        self.assertTrue(np.array_equal(t.leontief_csr().toarray(), want))
        self.assertTrue(np.array_equal(t.leontief_dense(), want))
        self.assertEqual(t.leontief_csr().nnz, 6)  # row 1 is empty: its diagonal had to be put in
        self.assertTrue(t.leontief_csr().has_sorted_indices)
        from scipy.sparse import csr_matrix

        parts = [t.leontief_rows(a, b) for a, b in ((0, 1), (1, 3))]
        rows = [csr_matrix((d, i, p), shape=(len(p) - 1, 3)).toarray() for p, i, d in parts]
        self.assertTrue(np.array_equal(np.vstack(rows), want))

    def test_streaming_by_small_chunks_changes_nothing(self):
        want, isard_file.CHUNK = self.table.leontief_dense(), 1
        try:
            self.assertTrue(np.array_equal(self.table.leontief_dense(), want))
            self.assertTrue(np.array_equal(self.table.leontief_csr().toarray(), want))
        finally:
            isard_file.CHUNK = 1 << 22

    def test_right_hand_sides_are_totals_or_regions(self):
        t, y = self.table, np.array(self.table.array("y"))
        total = y.sum(axis=1) + t.array("exports")
        self.assertTrue(np.array_equal(t.right_hand_sides(1)[:, 0], total))
        regions = np.stack([y[:, 0], y[:, 1] + y[:, 2]], axis=1)
        self.assertTrue(np.array_equal(t.right_hand_sides(2), regions))
        with self.assertRaises(ValueError):
            t.right_hand_sides(3)


if __name__ == "__main__":
    unittest.main()
