"""In place of ``io.calc_all()`` of pymrio: the same attributes, without the inverse.

>>> import pymrio
>>> import isard_mrio.pymrio
>>> io = isard_mrio.pymrio.calc_all(pymrio.load_test())
>>> io.emissions.D_cba_reg.shape
(2, 6)

``L`` is made only when it is asked for (``inverse=True``), as is what needs the Ghosh inverse (``include_ghosh=True``). What
pymrio computes element by element (A, S, S_Y, sums by region and head) is left to pymrio.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ._model import Model
from ._table import from_arrays
from .errors import IsardError, NotCertifiedWarning

__all__ = ["calc_all"]

# residual of each right-hand side, relative: as small as rounding lets it be, as pymrio's own numbers have it
_RESIDUAL = 1e-15
# what must be proven of them
_PROVEN = 1e-9
_ACCOUNTS = ("D_cba", "D_pba", "D_imp", "D_exp")


def calc_all(
    io: Any,
    include_ghosh: bool = False,
    *,
    extensions: str | Iterable[str] | None = None,
    inverse: bool = False,
    **options: Any,
) -> Any:
    """Calculates what is missing in a ``pymrio.IOSystem`` and its extensions, in place.

    Parameters
    ----------
    io : pymrio.IOSystem
        With Z and Y, or A, x and Y. What is there is kept, as pymrio does.
    include_ghosh : bool
        B, G and M_down as well, by pymrio (dense inverse).
    extensions : str or iterable of str, optional
        Those to calculate, by their attribute; default all. R columns are solved for each of their rows: choose the
        rows that you need of an extension of hundreds.
    inverse : bool
        L as well (dense, n x n).
    **options
        Of :meth:`isard_mrio.Table.model`: ``method``, ``threads``, ``accept`` and so on.

    Returns
    -------
    pymrio.IOSystem
        ``io`` itself.

    Raises
    ------
    isard_mrio.AuditError
        Where the table must not be solved; ``accept`` names codes to accept.

    Warns
    -----
    NotCertifiedWarning
        Where an output or multiplier is not proven to 1e-9 of its column.
    """
    from pymrio.tools import iomath  # type: ignore[import-untyped,unused-ignore]

    if io.Z is None and io.x is None:
        raise IsardError("the system has neither Z nor x: give Z, or A with x")
    if io.Z is None:
        io.Z = iomath.calc_Z(io.A, io.x)
        io.meta._add_modify("Flow matrix Z calculated")
    if io.x is None:
        io.x = iomath.calc_x(io.Z, io.Y)
        io.meta._add_modify("Industry output x calculated")
    names = [extensions] if isinstance(extensions, str) else list(extensions or io.get_extensions(data=False, instance_names=True))
    wanted = []
    for name in names:
        own = getattr(io, name)
        if own.F is None:
            own.F = iomath.calc_F(own.S, io.x)
        if own.S is None:
            own.S = iomath.calc_S(own.F, io.x)
        if own.M is None or any(getattr(own, account) is None for account in _ACCOUNTS):
            wanted.append(own)
    if wanted:
        _solve(io, wanted, options)
    if io.A is None:
        io.A = iomath.calc_A(io.Z, io.x)
        io.meta._add_modify("Coefficient matrix A calculated")
    if inverse and io.L is None:
        io.L = iomath.calc_L(io.A)
        io.meta._add_modify("Leontief matrix L calculated")
    if include_ghosh:
        if io.B is None:
            io.B = iomath.calc_B(io.Z, io.x)
        if io.G is None:
            io.G = iomath.calc_G(io.B)
    for name in names:
        getattr(io, name).calc_system(x=io.x, Y=io.Y, L=io.L, G=io.G, population=io.population)
        io.meta._add_modify(f"Accounts of extension {name} calculated without the inverse by isard")
    return io


def _solve(io: Any, extensions: list[Any], options: dict[str, Any]) -> None:
    """M and the accounts by sector of each extension."""
    rows: pd.MultiIndex = io.Z.index
    demand = io.Y.reindex(rows) if not io.Y.index.equals(rows) else io.Y
    by_region = demand.T.groupby(level=0, sort=False).sum().T
    regions = list(dict.fromkeys(rows.get_level_values(0)))
    sectors = list(dict.fromkeys(rows.get_level_values(1)))
    own_region = np.array([regions.index(r) for r in rows.get_level_values(0)])
    product = np.array([sectors.index(s) for s in rows.get_level_values(1)])
    model = _model(io, demand, options)
    y = by_region.to_numpy(dtype=np.float64)
    destinations = list(by_region.columns)

    x = _asked(model, y, False)
    # outputs of the rows of the destination itself are no trade
    trade = x.copy()
    at = {r: k for k, r in enumerate(destinations)}
    home = np.array([at.get(r, -1) for r in regions])[own_region]
    inside = home >= 0
    trade[np.flatnonzero(inside), home[inside]] = 0.0
    total, exported = x.sum(axis=1), trade.sum(axis=1)

    columns = pd.MultiIndex.from_product([by_region.columns, sectors], names=[by_region.columns.name or "region", "sector"])
    for own in extensions:
        s = own.S.reindex(columns=rows).to_numpy(dtype=np.float64)
        count, n = s.shape
        # column k * R + r: factor k of the rows of region r
        by_origin = np.zeros((n, count, len(regions)))
        by_origin[np.arange(n), :, own_region] = s.T
        z = _asked(model, by_origin.reshape(n, -1), True).reshape(n, count, len(regions))
        before = np.cumsum(z, axis=2)
        after = np.cumsum(z[:, :, ::-1], axis=2)[:, :, ::-1]
        m = before[:, :, -1]
        cba, imported = (np.zeros((count, len(destinations), len(sectors))) for _ in range(2))
        for r, name in enumerate(destinations):
            foreign = m
            if name in regions:
                k = regions.index(name)
                # the sum over the other regions, without taking the own one away again
                foreign = np.zeros_like(m)
                if k > 0:
                    foreign = foreign + before[:, :, k - 1]
                if k + 1 < len(regions):
                    foreign = foreign + after[:, :, k + 1]
            for factor in range(count):
                cba[factor, r] = np.bincount(product, weights=m[:, factor] * y[:, r], minlength=len(sectors))
                imported[factor, r] = np.bincount(product, weights=foreign[:, factor] * y[:, r], minlength=len(sectors))
        made = {
            "M": pd.DataFrame(m.T, index=own.S.index, columns=rows),
            "D_cba": pd.DataFrame(cba.reshape(count, -1), index=own.S.index, columns=columns),
            "D_imp": pd.DataFrame(imported.reshape(count, -1), index=own.S.index, columns=columns),
            "D_pba": pd.DataFrame(s * total, index=own.S.index, columns=rows),
            "D_exp": pd.DataFrame(s * exported, index=own.S.index, columns=rows),
        }
        # pymrio makes the four accounts together, if any is missing
        fresh = any(getattr(own, account) is None for account in _ACCOUNTS)
        for name, frame in made.items():
            if (name == "M" and own.M is None) or (name != "M" and fresh):
                setattr(own, name, frame)


def _model(io: Any, demand: pd.DataFrame, options: dict[str, Any]) -> Model:
    x = np.asarray(io.x, dtype=np.float64).ravel()
    known = set(io.Z.index.get_level_values(0))
    inside = demand.loc[:, [c in known for c in demand.columns.get_level_values(0)]]
    return from_arrays(io.Z, inside, x).model(**{"progress": None, **options})


def _asked(model: Model, b: np.ndarray, transposed: bool) -> np.ndarray:
    found = model._inner.solve(np.ascontiguousarray(b), transposed, False, _RESIDUAL)
    worst = float(np.max(found["relative"], initial=0.0))
    if not worst <= _PROVEN:
        what = "multipliers" if transposed else "outputs"
        text = f"{what} are proven to {worst:.1e} of their sums only, and {_PROVEN:.0e} is asked for"
        warnings.warn(text, NotCertifiedWarning, stacklevel=4)
    value: np.ndarray = found["value"]
    return value
