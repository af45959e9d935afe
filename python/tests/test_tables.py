"""Tables of arrays: labels, no copies, errors with place and remedy."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import isard_mrio as isard
from conftest import drawn
from isard_mrio import errors


def test_labels_are_those_that_were_given(table, frames):
    Z, Y, F = frames
    assert table.rows.equals(Z.index) and table.demand.equals(Y.columns)
    assert table.stressors["unit"].to_dict() == {"gas0": "Mt", "gas1": "Mt"}
    pd.testing.assert_frame_equal(table.Y, Y)
    pd.testing.assert_frame_equal(table.F, F, check_names=False)
    np.testing.assert_allclose(table.x, Z.sum(axis=1) + Y.sum(axis=1), rtol=1e-15)


def test_numpy_and_scipy_are_read_where_they_lie():
    Z, Y, F = (np.ascontiguousarray(v) for v in drawn(3, 5, share=0.4))
    names = {"regions": list("abc"), "sectors": list("vwxyz")}
    dense = isard.from_arrays(Z, Y, F=F, **names, copy=False)
    assert np.shares_memory(dense.Z, Z) and not dense.Z.flags.writeable
    rows = sp.csr_array(Z)
    sparse = isard.from_arrays(rows, Y, F=F, **names, copy=False)
    assert np.shares_memory(sparse.Z.data, rows.data) and np.shares_memory(sparse.Z.indices, rows.indices)
    assert (sparse.Z != rows).nnz == 0
    np.testing.assert_allclose(dense.flows(tolerance=1e-12).value, sparse.flows(tolerance=1e-12).value, rtol=1e-12, atol=1e-13)
    copied = isard.from_arrays(Z, Y, F=F, **names, copy=True)
    assert not np.shares_memory(copied.Z, Z)


def test_what_cannot_stay_where_it_is_says_so():
    Z, Y, F = (v.to_numpy() for v in drawn(3, 5, share=0.4))
    names = {"regions": list("abc"), "sectors": list("vwxyz")}
    for other in (np.asfortranarray(Z), Z.astype(np.float32), sp.csc_array(Z)):
        with pytest.raises(errors.ShapeError, match="where it lies"):
            isard.from_arrays(other, Y, F=F, **names, copy=False)
        assert isard.from_arrays(other, Y, F=F, **names).rows.nlevels == 2


def test_z_outlives_the_array_that_was_given():
    Z, Y, F = drawn(3, 5)
    table = isard.from_frames(Z, Y, F=F)
    expected = table.flows().value
    array = np.ascontiguousarray(Z.to_numpy())
    lent = isard.from_arrays(array, Y, F=F, regions=["r0", "r1", "r2"], sectors=[f"s{k}" for k in range(5)])
    del array
    pd.testing.assert_frame_equal(lent.flows().value, expected)


PEAK = """
import resource, sys
import numpy as np
import isard_mrio as isard
n, regions = 4000, 10
rng = np.random.default_rng(1)
Z = rng.random((n, n))
Z += 0.01
Y = np.full((n, regions), Z.sum() / n / regions)
x = Z.sum(axis=1) + Y.sum(axis=1)
table = isard.from_arrays(Z, Y, x, regions=[f"r{k}" for k in range(regions)], sectors=[f"s{k}" for k in range(n // regions)])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
model = table.model()
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print((after - before) / Z.nbytes)
"""


def test_a_model_takes_a_and_no_second_z():
    found = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
    # A itself is as large as Z; with sparse rows of Z it would be 2.5
    assert float(found.stdout) < 1.6


def test_rows_that_are_no_rows_are_refused():
    Z, Y, F = (v.to_numpy() for v in drawn(3, 5, share=0.4))
    rows = sp.csr_array(Z)
    broken = rows.copy()
    broken.indices[3] = 99
    with pytest.raises(ValueError):
        isard.from_arrays(broken, Y, F=F, regions=list("abc"), sectors=list("vwxyz"))


def test_errors_have_classes_places_and_remedies(tmp_path, table, frames):
    with pytest.raises(FileNotFoundError) as missing:
        isard.read(tmp_path / "none.npz")
    assert isinstance(missing.value, errors.IsardError) and missing.value.help and "none.npz" in missing.value.place
    odd = tmp_path / "odd.csv"
    odd.write_text("a,b\n1,2\n")
    with pytest.raises(errors.IsardError) as wrong:
        isard.read(odd)
    assert wrong.value.help
    with pytest.raises(errors.UnknownNameError) as name:
        table.model().flows("gas")
    assert name.value.help == 'did you mean "gas1"?'
    with pytest.raises(errors.FormatError) as option:
        isard.run(tolerence=1e-8)
    assert 'did you mean "tolerance"?' in str(option.value)
    with pytest.raises(errors.ChoiceError):
        table.flows(tolerance=2.0)
    with pytest.raises(errors.ChoiceError, match="no effect"):
        table.run("flows", seed=3)
    target = tmp_path / "t.isard"
    table.save(target)
    with pytest.raises(errors.InTheWayError) as there:
        table.save(target)
    assert isinstance(there.value, FileExistsError)
    Z, Y, F = frames
    with pytest.raises(errors.ShapeError):
        isard.from_arrays(Z.to_numpy(), Y.to_numpy()[:, :3], regions=list("abcd"), sectors=list("uvwxyz"))


def test_the_audit_refuses_with_its_findings(frames):
    Z, Y, F = frames
    x = Z.sum(axis=1) + Y.sum(axis=1)
    broken = isard.from_frames(Z, Y, 0.4 * x, F)
    audit = broken.audit()
    assert "FAIL" in set(audit["level"])
    with pytest.raises(isard.AuditError) as refused:
        broken.model()
    assert set(refused.value.findings["level"]) == {"FAIL"} and refused.value.findings["message"].str.len().min() > 10


def test_snapshots_bring_the_table_back(tmp_path, table):
    table.save(tmp_path / "t.isard")
    again = isard.read(tmp_path / "t.isard")
    assert again.rows.equals(table.rows) and again.unit == "million EUR"
    pd.testing.assert_frame_equal(again.flows().value, table.flows().value)
