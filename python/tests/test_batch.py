"""Runs of a plan, block by block, against footprints of a model."""

import numpy as np
import pytest

import isard_mrio as isard

PLAN = """
[batch]
outcomes = ["origin", "total"]

[[demand.column]]
name = "one"
cells = [["r0", "s1", 100.0], ["r2", "s3", 50.0]]

[[demand.column]]
name = "two"
cells = [["r1", "s0", 10.0]]
"""

SCENARIOS = """
[batch]
outcomes = ["total"]
block = 2

[[scenario]]
name = "cleaner"
[[scenario.change]]
what = "intensity"
region = "r0"
scale = [1.0, 0.5, 0.25]
"""


def test_demands_of_a_plan_are_footprints(table):
    (block,) = isard.scenarios(PLAN, table)
    demands = np.zeros((24, 2))
    demands[[1, 15], 0], demands[6, 1] = [100.0, 50.0], 10.0
    expected = table.model().footprints(demands)
    assert block["origin"].attrs["certified"] and expected.certified
    found = block["origin"].filter(regex="^value|r[0-3]").select_dtypes("number")
    assert np.isin(np.round(expected.value.to_numpy(), 9).ravel(), np.round(found.to_numpy(), 9)).all()


def test_scenarios_come_a_block_at_a_time(table, tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(SCENARIOS)
    runs = isard.scenarios(path, table)
    first = next(runs)
    rest = list(runs)
    assert len(first["total"]) == 2 and sum(len(b["total"]) for b in rest) == 1
    with pytest.raises(isard.IsardError):
        isard.scenarios(path.with_name("none.toml"), table)


def test_parts_are_the_whole_and_a_part_that_is_none_is_refused(table):
    whole = [b["total"] for b in isard.scenarios(SCENARIOS, table)]
    parts = [[b["total"] for b in isard.scenarios(SCENARIOS, table, shard=(i, 2))] for i in (1, 2)]
    assert [len(p) for p in parts] == [1, 1]
    for (part,), block in zip(parts, whole, strict=True):
        assert part.equals(block)
    with pytest.raises(isard.errors.ChoiceError, match="no part"):
        isard.scenarios(SCENARIOS, table, shard=(3, 2))
