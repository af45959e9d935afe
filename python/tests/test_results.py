"""Numbers: against dense inverses of numpy, and one analysis against another."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

import isard_mrio as isard
from conftest import drawn


def plain(Z, Y, F):
    """Flows by the dense inverse: stressor x origin x destination."""
    x = Z.to_numpy().sum(1) + Y.to_numpy().sum(1)
    L = np.linalg.inv(np.eye(len(Z)) - Z.to_numpy() / x)
    by_region = Y.T.groupby(level=0, sort=False).sum().T
    out = L @ by_region.to_numpy()
    regions = list(dict.fromkeys(Z.index.get_level_values(0)))
    rows = Z.index.get_level_values(0)
    return {k: np.array([((F.loc[k] / x).to_numpy()[:, None] * out)[rows == r].sum(0) for r in regions]) for k in F.index}, L


def test_flows_lie_within_their_bounds_of_the_dense_inverse(table, frames):
    expected, _ = plain(*frames)
    model = table.model()
    for name, flows in expected.items():
        found = model.flows(name)
        assert found.certified and found.unit == "Mt"
        own = found.value.iloc[:, : flows.shape[1]]
        off = np.abs(own - flows)
        # numpy's own inverse has no bound: its rounding is about 1e-14
        assert (off <= found.bound.iloc[:, : flows.shape[1]] + 1e-13 * flows).all(axis=None)


def test_any_right_hand_side_in_the_shape_given(table, frames):
    Z, Y, F = frames
    _, L = plain(Z, Y, F)
    model = table.model(tolerance=1e-12)
    forward = model.solve(Y)
    assert forward.certified and forward.value.columns.equals(Y.columns)
    np.testing.assert_allclose(forward.value, L @ Y.to_numpy(), rtol=1e-11)
    assert (np.abs(forward.value - L @ Y.to_numpy()) <= forward.bound + 1e-13 * forward.value).all(axis=None)
    rates = (F / table.x.to_numpy()).T
    backward = model.solve(rates, transposed=True)
    np.testing.assert_allclose(backward.value, L.T @ rates.to_numpy(), rtol=1e-11)
    one = model.solve(rates.iloc[:, 0], transposed=True, bounds=False)
    assert one.shape == (24, 1) and one.bound.isna().all(axis=None)
    np.testing.assert_allclose(model.multipliers("gas0").value.iloc[:, 0], backward.value.iloc[:, 0], rtol=1e-11)


def test_thousands_of_demands_have_their_footprints(table, frames):
    Z, Y, F = frames
    expected, _ = plain(*frames)
    found = table.model().footprints(Y, "gas1")
    assert found.certified and found.unit == "Mt"
    by_region = found.value.T.groupby(level=0, sort=False).sum().T
    np.testing.assert_allclose(by_region, expected["gas1"], rtol=1e-11)
    with pytest.raises(isard.IsardError, match="24"):
        table.model().footprints(Y.iloc[:5])


def test_accounts_close(table, frames):
    _, _, F = frames
    accounts = table.model().accounts()
    assert accounts.certified and list(accounts) == list(accounts.NAMES)
    np.testing.assert_allclose(accounts.D_pba.value, F, rtol=1e-15)
    np.testing.assert_allclose(accounts.D_cba.value.sum(axis=1), F.sum(axis=1), rtol=1e-9)
    by_region = accounts.D_cba.value.T.groupby(level=0, sort=False).sum().T
    np.testing.assert_allclose(by_region, accounts.D_cba_reg.value, rtol=1e-9)


def test_a_study_says_what_the_model_says(table):
    result = table.run("flows", stressor="gas1")
    flows = table.model().flows("gas1")
    np.testing.assert_allclose(result["flows"].value, flows.value, rtol=1e-9)
    assert result.certified and result.facts["stressor"] == "gas1" and result["flows"].unit == "Mt"
    assert result.facts["options"]["table"] == "table in memory"


@pytest.mark.parametrize("analysis", ["run", "flows", "accounts", "linkages", "responsibility", "sparsify"])
def test_every_analysis_gives_frames(table, analysis):
    more = {"drop_below": [1e-6]} if analysis == "sparsify" else {}
    result = table.run(analysis, **more)
    assert len(result) > 0 and "isard" in result.facts
    for name, sheet in result.items():
        assert sheet.value.shape == sheet.bound.shape, name


@pytest.mark.parametrize("scheme", ["routes", "kww", "wwz", "eebt", "borin-mancini-source", "extraction"])
def test_every_scheme_by_its_word(table, scheme):
    result = isard.decompose(table, scheme)
    assert result.certified, result.uncertified_because
    assert any(np.isfinite(s.bound.to_numpy(dtype=float)).any() for s in result.values())


def test_payments_take_a_mapping_in_place_of_a_file(provinces):
    price = dict.fromkeys(provinces.regions, 100.0)
    by_cost = isard.compensate(provinces, cost=price)
    by_price = isard.compensate(provinces, price=100.0)
    assert by_cost.certified and by_price.certified
    assert by_price["payments"].unit == "10^8 yuan" and by_price["payments"].value.to_numpy().sum() > 0.0
    np.testing.assert_allclose(by_cost["payments"].value, by_price["payments"].value, rtol=1e-9)


def test_an_aggregated_table_is_a_table(table, frames):
    halves = {f"r{k}": "west" if k < 2 else "east" for k in range(4)}
    coarse = table.aggregate(regions=halves)
    assert list(coarse.regions) == ["west", "east"]
    np.testing.assert_allclose(coarse.F.sum(axis=1), frames[2].sum(axis=1), rtol=1e-12)


def test_a_table_is_split_and_balanced(table):
    parts = pd.DataFrame({"parent": ["s0", "s0"], "part": ["s0a", "s0b"], "share": [0.25, 0.75]})
    result = isard.split(table, split_shares=parts)
    assert any("s0a" in str(s.value.index.tolist()) + s.value.to_string() for s in result.values())
    balanced = isard.balance(table)
    assert balanced.table is not None and len(balanced.table.rows) == 24


def test_two_tables_of_memory_are_compared(frames):
    Z, Y, F = frames
    before = isard.from_frames(Z, Y, F=F, units="Mt")
    after = isard.from_frames(Z, 2.0 * Y, F=1.5 * F, units="Mt")
    result = isard.structural(before, after)
    assert result.certified
    with pytest.raises(TypeError, match="two tables"):
        isard.run(analysis="structural", tables=[before])


def test_another_method_meets_every_interval(table):
    found = table.run("flows").verify("direct")
    assert (found["apart"] <= 1.0).all() and found["pairs"].sum() >= 16
    # intervals that do not meet are told
    result = table.run("flows")
    first = result["flows"]
    first.value.iloc[0, 0] *= 1.001
    with pytest.raises(isard.NotCertified, match="do not agree"):
        result.verify("direct")


def test_what_is_not_certified_says_why(provinces):
    flows = provinces.flows(max_iter=1, method="power-series")
    assert not flows.certified and flows.uncertified_because
    with pytest.raises(isard.NotCertified) as no:
        flows.check()
    assert no.value.result is flows
    with pytest.warns(isard.NotCertifiedWarning):
        flows.warn()


def test_pages_workbooks_and_objects(tmp_path, provinces):
    result = provinces.run("flows")
    for name in ("page.html", "book.xlsx", "tables.md", "tables.tex", "object.json"):
        result.report(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    assert "SYNTHETIC" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "object.json").read_text())["certified"] is True
    assert result.stamp == "SYNTHETIC" and "flows" in repr(result) and "Hebei" in result.text()
    with pytest.raises(isard.IsardError, match="written as"):
        result.report(tmp_path / "page.pdf")


def test_bounded_goes_to_other_formats(tmp_path, table):
    flows = table.flows()
    tidy = flows.tidy()
    assert len(tidy) == flows.value.size and set(tidy["unit"]) == {"Mt"}
    flows.to_parquet(tmp_path / "f.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "f.parquet"), tidy, check_dtype=False)
    flows.to_excel(tmp_path / "f.xlsx")
    book = pd.read_excel(tmp_path / "f.xlsx", sheet_name="value", index_col=0)
    np.testing.assert_allclose(book, flows.value)
    assert "±" in flows._repr_html_() and np.asarray(flows).shape == flows.shape
    assert flows.value.attrs["unit"] == "Mt"


def test_progress_is_told_to_a_callable():
    Z, Y, F = drawn(10, 60)
    heard = []
    isard.from_frames(Z, Y, F=F).run("responsibility", progress=lambda stage, done, total: heard.append((stage, done, total)))
    assert all(isinstance(stage, str) and isinstance(done, int) for stage, done, _ in heard)


def test_threads_give_the_same_bits(table):
    one, two = (table.model(threads=k).flows() for k in (1, 2))
    pd.testing.assert_frame_equal(one.value, two.value, check_exact=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one.warn()
