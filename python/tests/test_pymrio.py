"""Beside pymrio: its own numbers for its own table, and for drawn ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import isard_mrio as isard
import isard_mrio.pymrio
from conftest import drawn

pymrio = pytest.importorskip("pymrio")

SYSTEM = ["Z", "Y", "x", "A"]
ACCOUNTS = ["D_cba", "D_pba", "D_imp", "D_exp"]
EXTENSION = ["F", "F_Y", "S", "S_Y", "M", *ACCOUNTS, *(f"{a}_{end}" for a in ACCOUNTS for end in ("reg", "cap"))]


def same(ours: object, theirs: object, what: str) -> None:
    if theirs is None:
        assert ours is None, what
        return
    pd.testing.assert_frame_equal(ours, theirs, check_exact=False, rtol=1e-12, atol=1e-12 * float(np.abs(theirs.to_numpy()).max()), obj=what)


@pytest.fixture(scope="module")
def both():
    return isard_mrio.pymrio.calc_all(pymrio.load_test()), pymrio.load_test().calc_all()


def test_every_attribute_of_the_system(both):
    ours, theirs = both
    for name in SYSTEM:
        same(getattr(ours, name), getattr(theirs, name), name)
    assert ours.L is None


@pytest.mark.parametrize("name", EXTENSION)
@pytest.mark.parametrize("extension", ["emissions", "factor_inputs"])
def test_every_attribute_of_an_extension(both, extension, name):
    ours, theirs = (getattr(getattr(io, extension), name) for io in both)
    same(ours, theirs, f"{extension}.{name}")


def test_the_inverses_only_when_they_are_asked_for():
    ours = isard_mrio.pymrio.calc_all(pymrio.load_test(), include_ghosh=True, inverse=True)
    theirs = pymrio.load_test().calc_all(include_ghosh=True)
    for name in ["L", "B", "G"]:
        same(getattr(ours, name), getattr(theirs, name), name)
    same(ours.emissions.M_down, theirs.emissions.M_down, "M_down")


def test_what_is_there_is_kept():
    io = pymrio.load_test()
    mine = io.emissions.F.copy() * 0.0
    io.emissions.M = mine
    isard_mrio.pymrio.calc_all(io, extensions="emissions")
    assert io.emissions.M is mine and io.factor_inputs.M is None and io.emissions.D_cba is not None


def test_drawn_systems_with_final_demand_that_does_not_close():
    Z, Y, F = drawn(5, 7, seed=3)
    x = pd.DataFrame((Z.sum(axis=1) + Y.sum(axis=1)) * 1.01, columns=["indout"])
    made = []
    for _ in range(2):
        io = pymrio.IOSystem(Z=Z.copy(), Y=Y.copy(), x=x.copy())
        io.air = pymrio.Extension("air", F=F.copy(), unit=pd.DataFrame({"unit": "Mt"}, index=F.index))
        made.append(io)
    accept = ["row-balance", "column-balance"]
    ours, theirs = isard_mrio.pymrio.calc_all(made[0], accept=accept), made[1].calc_all()
    for name in ["S", "M", *ACCOUNTS, *(f"{a}_reg" for a in ACCOUNTS)]:
        same(getattr(ours.air, name), getattr(theirs.air, name), name)


def test_a_table_of_a_system_has_pymrio_s_accounts(both):
    ours = isard.from_pymrio(pymrio.load_test(), "emissions").model(tolerance=1e-12).accounts()
    theirs = both[1].emissions
    assert ours.certified
    for name in ours:
        expected = getattr(theirs, name).to_numpy()
        np.testing.assert_allclose(ours[name].value, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max(), err_msg=name)


def test_a_system_of_a_table_is_the_table(table):
    io = table.to_pymrio().calc_all()
    found = table.model().accounts()
    np.testing.assert_allclose(found.D_cba_reg.value, io.stressors.D_cba_reg, rtol=1e-9)


# v1.isard holds numbers that are none
SAMPLES = [None, "long_small", "snapshots/v3-parts.isard"]


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_accounts_of_every_sample_are_pymrio_s(sample):
    path = None if sample is None else Path(__file__).parents[2] / "fixtures" / sample
    table = isard.read(path)
    found = table.model(tolerance=1e-12).accounts()
    io = table.to_pymrio().calc_all()
    for name in ["D_cba_reg", "D_imp_reg", "D_exp_reg"]:
        expected = getattr(io.stressors, name)
        # pymrio knows no direct emissions of households here
        ours = found[name].value
        if name == "D_cba_reg":
            of_households = found.D_pba_reg.value - table.F.T.groupby(level=0, sort=False).sum().T
            ours = ours - of_households[ours.columns]
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12 * expected.to_numpy().max(), err_msg=name)
