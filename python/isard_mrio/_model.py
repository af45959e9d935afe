"""A model that is prepared once and asked often."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import _isard
from ._bounded import Bounded
from .errors import findings_frame

if TYPE_CHECKING:
    from ._table import Table


class Accounts(Mapping[str, Bounded]):
    """Accounts of stressors under pymrio's names, each :class:`Bounded` with a row for each stressor.

    ``D_pba`` and ``D_exp`` by row of the table, ``D_cba`` and ``D_imp`` by region and product, ``D_pba_reg`` and so on by
    region; those by region of production and consumption hold households, where the table has them.

    Examples
    --------
    >>> import isard_mrio as isard
    >>> accounts = isard.read().model().accounts()
    >>> accounts.D_cba_reg.value.shape, accounts.certified
    ((1, 31), True)
    """

    NAMES = ("D_pba", "D_cba", "D_imp", "D_exp", "D_pba_reg", "D_cba_reg", "D_imp_reg", "D_exp_reg")
    D_pba: Bounded
    D_cba: Bounded
    D_imp: Bounded
    D_exp: Bounded
    D_pba_reg: Bounded
    D_cba_reg: Bounded
    D_imp_reg: Bounded
    D_exp_reg: Bounded

    def __init__(self, found: dict[str, Any], table: Table) -> None:
        self.certified: bool = found["certified"]
        self.uncertified_because: list[str] = found["because"]
        self.units = pd.Series(found["units"], index=pd.Index(found["stressors"], name="stressor"), name="unit")
        rows = pd.Index(found["stressors"], name="stressor")
        products = pd.MultiIndex.from_tuples(found["products"], names=["region", "sector"])
        of = {"D_pba": table.rows, "D_exp": table.rows, "D_cba": products, "D_imp": products}
        self._all: dict[str, Bounded] = {}
        units = set(found["units"])
        for name in self.NAMES:
            value, bound = found[name]
            columns = of.get(name, table.regions)
            own = Bounded(
                pd.DataFrame(value, index=rows, columns=columns),
                pd.DataFrame(bound, index=rows, columns=columns),
                unit=found["units"][0] if len(units) == 1 else "",
                certified=self.certified,
                because=self.uncertified_because,
                stamp=table.stamp,
                title=name,
            )
            self._all[name] = own
            setattr(self, name, own)

    def __getitem__(self, name: str) -> Bounded:
        return self._all[name]

    def __iter__(self) -> Any:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        state = "certified" if self.certified else "NOT CERTIFIED: " + "; ".join(self.uncertified_because)
        return f"<Accounts of {', '.join(self.units.index)}, {state}>"


class Model:
    """A table with A and a method made ready; solves are kept. Threads may share it.

    Every method lets other threads go on, and ends on Ctrl-C: the model can be asked again afterwards.
    """

    def __init__(self, inner: _isard.Model, table: Table) -> None:
        self._inner, self.table = inner, table

    def flows(self, stressor: str | None = None) -> Bounded:
        """Emissions by origin (rows) for final demand of destinations (columns): R x (R and export, stock, error).

        Parameters
        ----------
        stressor : str, optional
            By name; default the first.

        Examples
        --------
        >>> import isard_mrio as isard
        >>> model = isard.read().model()
        >>> flows = model.flows("CO2")
        >>> flows.unit, bool(flows.value.loc["Hebei", "Beijing"] > 0.0)
        ('Mt', True)
        """
        found = self._inner.flows(stressor)
        columns = pd.Index(found["destinations"], name="destination")
        title = f"emissions of {found['stressor']} by origin and destination"
        return self._bounded(found, self.table.regions.rename("origin"), columns, found["unit"], title)

    def accounts(self, stressors: str | Sequence[str] | None = None) -> Accounts:
        """Accounts of the stressors that are named, or of all."""
        names = [stressors] if isinstance(stressors, str) else stressors
        return Accounts(self._inner.accounts(None if names is None else list(names)), self.table)

    def footprints(self, demands: Any, stressor: str | None = None) -> Bounded:
        """Emissions of each region of origin (R x k) for any number of demands: the multipliers are solved for once.

        Parameters
        ----------
        demands : (n,) or (n, k)
            Final demand by row of the table, in its unit of money.
        stressor : str, optional
            By name; default the first.

        Examples
        --------
        >>> import isard_mrio as isard
        >>> table = isard.read()
        >>> found = table.model().footprints(table.Y)
        >>> found.shape == (31, table.Y.shape[1]), found.unit, found.certified
        (True, 'Mt', True)
        """
        array, columns = _columns(demands)
        found = self._inner.footprints(array, stressor)
        return self._bounded(found, self.table.regions.rename("origin"), columns, found["unit"])

    def multipliers(self, stressor: str | None = None) -> Bounded:
        """The stressor embodied in a unit of each product (n x 1), in its unit per unit of money."""
        found = self._inner.multipliers(stressor)
        columns = pd.Index([stressor or str(self.table.stressors.index[0])])
        return self._bounded(found, self.table.rows, columns, f"{found['unit']} per {self.table.unit}")

    def solve(self, b: Any, *, transposed: bool = False, bounds: bool = True) -> Bounded:
        """``(I - A) x = b``, or with ``A'``, for any right-hand sides.

        Parameters
        ----------
        b : (n,) or (n, k)
            Array, Series or DataFrame.
        transposed : bool
            With ``A'``: from factors per unit to multipliers.
        bounds : bool
            False: the bound of each column's sum alone is checked, and ``bound`` is of NaN; it saves n x k numbers.

        Returns
        -------
        Bounded
            n x k. Certified: the bounds of all entries of each column add up to no more than the tolerance times the sum
            of the column.

        Examples
        --------
        >>> import numpy as np, isard_mrio as isard
        >>> table = isard.read()
        >>> x = table.model().solve(table.Y.sum(axis=1).to_numpy())
        >>> x.shape, x.certified
        ((1302, 1), True)
        """
        array, columns = _columns(b)
        return self._bounded(self._inner.solve(array, transposed, bounds), self.table.rows, columns, "" if transposed else self.table.unit)

    def _bounded(self, found: dict[str, Any], rows: pd.Index, columns: pd.Index, unit: str, title: str = "") -> Bounded:
        value = found["value"]
        bound = np.full_like(value, np.nan) if found["bound"] is None else found["bound"]
        return Bounded(
            pd.DataFrame(value, index=rows, columns=columns),
            pd.DataFrame(bound, index=rows, columns=columns),
            unit=unit,
            certified=found["certified"],
            because=found["because"],
            stamp=self.table.stamp,
            title=title,
        )

    @property
    def findings(self) -> pd.DataFrame:
        """What the audit said; accepted findings at level WARN."""
        return findings_frame(self._inner.findings())

    @property
    def solves(self) -> pd.DataFrame:
        """How the solves went: name, method, operator, columns, passes, residual, converged, reason."""
        return pd.DataFrame(json.loads(self._inner.solves()))

    @property
    def plan(self) -> dict[str, Any]:
        """How A is kept and solved, and why."""
        found: dict[str, Any] = json.loads(self._inner.plan())
        return found

    def __repr__(self) -> str:
        plan = self.plan
        return f"<Model of {self.table!r}: {plan.get('method')} on {plan.get('storage')}>"


def _columns(b: Any) -> tuple[np.ndarray, pd.Index]:
    """Right-hand sides as an array (n x k), and their names."""
    array = np.asarray(b, dtype=np.float64)
    array = np.ascontiguousarray(array[:, None] if array.ndim == 1 else array)
    if isinstance(b, pd.DataFrame):
        return array, b.columns
    return array, pd.Index([b.name]) if isinstance(b, pd.Series) else pd.RangeIndex(array.shape[1])
