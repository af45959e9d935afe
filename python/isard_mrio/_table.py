"""Tables: read from files, or made of arrays, frames and pymrio's systems."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from . import _isard
from ._bounded import Bounded
from ._options import progress as told, spoken
from .errors import FormatError, ShapeError, findings_frame

if TYPE_CHECKING:
    from ._model import Model
    from ._study import Result

Numbers: TypeAlias = "np.ndarray | pd.DataFrame | pd.Series | Sequence[float] | Sequence[Sequence[float]]"


class Table:
    """A multi-regional input-output table. Nothing changes it; make one with :func:`read` or :func:`from_arrays`.

    Attributes
    ----------
    regions : pandas.Index
        The R regions.
    rows : pandas.MultiIndex
        Region and sector of each of the n rows.
    demand : pandas.MultiIndex
        Region and category of each column of final demand.
    stressors : pandas.DataFrame
        Unit of each stressor.
    unit : str
        Unit of money.
    stamp : str or None
        ``SYNTHETIC`` or ``MODELLED``: it is on every result.
    """

    def __init__(self, inner: _isard.Table, owners: tuple[Any, ...] = ()) -> None:
        self._inner = inner
        # scipy's matrix, so that Z gives it back as it was
        self._owners = owners

    @staticmethod
    def read(path: str | os.PathLike[str] | None = None, *, progress: Any = "auto", **options: Any) -> Table:
        """As :func:`isard_mrio.read`."""
        given = options if path is None else {**options, "table": os.fspath(path)}
        with spoken(given) as said:
            return Table(_isard.read(said, told(progress)))

    @cached_property
    def regions(self) -> pd.Index:
        return pd.Index(self._inner.regions, name="region")

    @cached_property
    def rows(self) -> pd.MultiIndex:
        return pd.MultiIndex.from_tuples(self._inner.rows, names=["region", "sector"])

    @cached_property
    def demand(self) -> pd.MultiIndex:
        return pd.MultiIndex.from_tuples(self._inner.demand, names=["region", "category"])

    @cached_property
    def stressors(self) -> pd.DataFrame:
        names = [name for name, _ in self._inner.stressors]
        return pd.DataFrame({"unit": [unit for _, unit in self._inner.stressors]}, index=pd.Index(names, name="stressor"))

    @property
    def unit(self) -> str:
        return self._inner.unit

    @property
    def stamp(self) -> str | None:
        return self._inner.stamp

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Files with their SHA-256, and every choice that changed a number."""
        found: dict[str, Any] = json.loads(self._inner.provenance)
        return found

    @property
    def Z(self) -> Any:
        """Intermediate flows (n x n), where they lie: an array if all entries are kept, else a ``scipy.sparse.csr_array``."""
        parts = self._inner.z()
        n = self._inner.n
        if "entries" in parts:
            return parts["entries"].reshape(n, n)
        from scipy.sparse import csr_array  # type: ignore[import-untyped,unused-ignore]

        indices = parts["indices"].view(np.int32)
        found = csr_array((n, n))
        # not by the constructor, which may copy
        found.data, found.indices, found.indptr = parts["data"], indices, parts["indptr"].astype(np.int32 if parts["indptr"][-1] < 2**31 else np.int64)
        return found

    @property
    def Y(self) -> pd.DataFrame:
        """Final demand (n x categories of all regions)."""
        return pd.DataFrame(self._inner.y(), index=self.rows, columns=self.demand)

    @property
    def x(self) -> pd.Series:
        """Gross output (n)."""
        return pd.Series(self._inner.x(), index=self.rows, name="x")

    @property
    def F(self) -> pd.DataFrame:
        """Direct emissions (stressors x n)."""
        return pd.DataFrame(self._inner.direct(), index=self.stressors.index, columns=self.rows)

    def audit(self) -> pd.DataFrame:
        """What the audit finds, one finding a row: level, code, region, sector, row, column, found, expected, message."""
        return findings_frame(self._inner.audit())

    def model(self, *, progress: Any = "auto", **options: Any) -> Model:
        """Audits the table, makes A and prepares a method, once: keep the model and ask it.

        Parameters
        ----------
        **options
            ``method``, ``operator``, ``tolerance``, ``floor``, ``max_iter``, ``max_time``, ``threads``, ``accept``, as
            ``isard flows --help`` lists them.

        Raises
        ------
        AuditError
            With the ``findings`` that forbid it.
        """
        from ._model import Model

        with spoken(options) as said:
            return Model(_isard.model(self._inner, said, told(progress)), self)

    def flows(self, stressor: str | None = None, **options: Any) -> Bounded:
        """``self.model(**options).flows(stressor)``."""
        return self.model(**options).flows(stressor)

    def run(self, analysis: str = "run", **options: Any) -> Result:
        """:func:`isard_mrio.run` of this table."""
        from ._study import run

        return run(analysis=analysis, table=self, **options)

    def aggregate(self, regions: Any = None, sectors: Any = None, **options: Any) -> Table:
        """The aggregated table.

        Parameters
        ----------
        regions, sectors : mapping, Series, DataFrame or path
            New names by old ones (``{"Beijing": "North"}``); a DataFrame or file has the columns source, target and,
            where one goes to several, weight.
        """
        found = self.run("aggregate", aggregate_regions=regions, aggregate_sectors=sectors, **options).table
        assert found is not None
        return found

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Writes a snapshot (``.isard``), or a folder of CSV files."""
        self._inner.save(os.fspath(path), force)

    def to_pymrio(self) -> Any:
        """A ``pymrio.IOSystem`` with one extension ``stressors``."""
        import pymrio as peer  # type: ignore[import-untyped,unused-ignore]

        flows = self.Z
        dense = flows if isinstance(flows, np.ndarray) else flows.toarray()
        system = peer.IOSystem(Z=pd.DataFrame(dense, index=self.rows, columns=self.rows), Y=self.Y)
        system.x = pd.DataFrame(self.x.to_numpy(), index=self.rows, columns=["indout"])
        system.unit = pd.DataFrame({"unit": self.unit}, index=self.rows)
        system.stressors = peer.Extension("stressors", F=self.F, unit=self.stressors)
        return system

    def __repr__(self) -> str:
        stamp = f"{self.stamp}, " if self.stamp else ""
        return f"<Table {stamp}{len(self.regions)} regions, {self._inner.n} rows, {self._inner.nnz} flows, {len(self.stressors)} stressors>"


def read(path: str | os.PathLike[str] | None = None, *, progress: Any = "auto", **options: Any) -> Table:
    """Reads a table of any layout that ``isard formats`` lists; without a path the embedded SYNTHETIC one.

    Parameters
    ----------
    path : path, optional
        A folder (pymrio, long-form CSV), ``.isard``, ``.zip``, ``.npz``, ``.xls`` or ``.xlsx``.
    **options
        The options of reading by the names of the command: ``sheet``, ``emissions``, ``factor``, ``table_unit``,
        ``emissions_unit``, ``encoding``, ``missing_emissions``, ``zero_output``, ``stamp``.

    Raises
    ------
    FileNotFoundError
    FormatError
        With the place in the file and the remedy.

    Examples
    --------
    >>> import isard_mrio as isard
    >>> isard.read()
    <Table SYNTHETIC, 31 regions, 1302 rows, 1099965 flows, 1 stressors>
    """
    return Table.read(path, progress=progress, **options)


def from_arrays(
    Z: Any,
    Y: Numbers,
    x: Numbers | None = None,
    F: Numbers | None = None,
    *,
    regions: Sequence[str] | None = None,
    sectors: Sequence[str] | None = None,
    categories: Sequence[str] | None = None,
    stressors: Sequence[str] | None = None,
    F_Y: Numbers | None = None,
    VA: Numbers | None = None,
    exports: Numbers | None = None,
    imports: Numbers | None = None,
    unit: str = "",
    units: str | Sequence[str] | Mapping[str, str] | pd.Series | None = None,
    stamp: str | None = None,
    copy: bool | None = None,
) -> Table:
    """A table of arrays of numpy or scipy, or of frames, whose labels win.

    Parameters
    ----------
    Z : array (n, n), scipy.sparse or DataFrame
        Flows from row to column, in ``unit``.
    Y : array (n, R) or (n, R * C), or DataFrame
        Final demand by region and category, region by region.
    x : (n,), optional
        Gross output; default the row sums of Z and Y and ``exports``.
    F : (n,) or (S, n), or DataFrame, optional
        Direct emissions, a row for each stressor.
    regions, sectors : sequence of str
        R regions and s sectors, every region having all of them; or n of each, one for each row.
    categories : sequence of str, optional
        The C categories of final demand.
    stressors : sequence of str, optional
        Names of the rows of F.
    F_Y : (S, R) or (S, R * C), or DataFrame, optional
        Direct emissions of households.
    VA : (n,) or (V, n), or DataFrame, optional
        Value added, a row for each kind.
    exports, imports : (n,), optional
        Exports abroad by row; imported intermediates by column.
    unit, units : str
        Unit of money; unit of each stressor.
    copy : bool, optional
        None: Z is used where it lies if it is of float64 and C-contiguous, or CSR with sorted 32-bit indices, and copied
        otherwise. False: an error in place of a copy. True: always a copy. Flows that are used where they lie must not be
        changed as long as the table lives.

    Returns
    -------
    Table

    Examples
    --------
    >>> import numpy as np, isard_mrio as isard
    >>> Z = np.array([[10.0, 5.0], [4.0, 20.0]])
    >>> table = isard.from_arrays(Z, np.array([[30.0, 5.0], [6.0, 40.0]]), F=[7.0, 9.0], regions=["a", "b"], sectors=["all"], units="Mt")
    >>> np.shares_memory(table.Z, Z)
    True
    >>> flows = table.flows()
    >>> float(flows.value.to_numpy().sum().round(9)), flows.certified
    (16.0, True)
    """
    if isinstance(Z, pd.DataFrame):
        labels = _pairs(Z.index, "Z")
        n = len(labels)
    else:
        n = int(Z.shape[0])
        labels = _labels(n, regions, sectors)
    names = list(dict.fromkeys(region for region, _ in labels))
    flows, kept = _flows(Z, n, copy)
    demand_labels, demand = _demand(Y, labels, names, categories, Z.index if isinstance(Z, pd.DataFrame) else None)
    sold = None if exports is None else _vector(exports, n, "exports")
    bought = None if imports is None else _vector(imports, n, "imports")
    if x is None:
        output = np.asarray(kept.sum(axis=1)).ravel() + demand.sum(axis=1) + (0.0 if sold is None else sold)
    else:
        output = _vector(x, n, "x")
    factors = _factors(F, n, stressors, "stressor")
    households = _households(F_Y, factors, names, demand_labels)
    own_units = _units(units, [name for name, _ in factors])
    inner = _isard.from_arrays(
        labels,
        demand_labels,
        demand,
        output,
        stressors=[(name, unit, row, h) for (name, row), unit, h in zip(factors, own_units, households, strict=True)],
        value_added=_factors(VA, n, None, "value added"),
        unit=unit,
        stamp=stamp,
        exports=sold,
        imports=bought,
        **flows,
    )
    return Table(inner, (kept,))


def from_frames(Z: pd.DataFrame, Y: pd.DataFrame, x: Any = None, F: pd.DataFrame | None = None, **options: Any) -> Table:
    """:func:`from_arrays` of frames with (region, sector) rows, (region, category) columns of Y, and stressors as rows of F."""
    return from_arrays(Z, Y, x, F, **options)


def from_pymrio(io: Any, extension: str | Iterable[str] | None = None, *, unit: str | None = None, **options: Any) -> Table:
    """A table of a ``pymrio.IOSystem``, calculated or not.

    Parameters
    ----------
    io : pymrio.IOSystem
        With Z, or with A and x.
    extension : str or iterable of str, optional
        Names of extensions as attributes of ``io``; default all. Every row is a stressor.
    unit : str, optional
        Unit of money; default that of ``io``, where it has one for all rows.
    """
    flows = io.Z if io.Z is not None else io.A * np.asarray(io.x).reshape(1, -1)
    names = [extension] if isinstance(extension, str) else list(extension or io.get_extensions(data=False, instance_names=True))
    rows, units, households, index = [], [], [], []
    for name in names:
        own = getattr(io, name)
        F = own.F if own.F is not None else own.S * np.asarray(io.x).reshape(1, -1)
        rows.append(F.reindex(columns=flows.index).to_numpy(dtype=float))
        index += [_word(k) if len(names) == 1 else f"{name}/{_word(k)}" for k in F.index]
        units += _units(own.unit.iloc[:, 0] if own.unit is not None else None, list(F.index))
        by_region = None if own.F_Y is None else own.F_Y.T.groupby(level=0, sort=False).sum().T
        regions = list(dict.fromkeys(flows.index.get_level_values(0)))
        households.append(np.zeros((len(F), len(regions))) if by_region is None else by_region.reindex(columns=regions).fillna(0.0).to_numpy())
    if unit is None:
        unit = _one(io.unit)
    given = any(getattr(io, name).F_Y is not None for name in names)
    return from_arrays(
        flows,
        io.Y,
        None if io.x is None else np.asarray(io.x, dtype=float).ravel(),
        np.vstack(rows) if rows else None,
        stressors=index or None,
        F_Y=np.vstack(households) if given else None,
        unit=unit,
        units=units or None,
        **options,
    )


def _one(units: Any) -> str:
    """The unit of all rows, if there is one."""
    if not isinstance(units, pd.DataFrame) or units.empty:
        return ""
    found = units.iloc[:, 0].unique()
    return str(found[0]) if len(found) == 1 else ""


def _word(key: Any) -> str:
    return " | ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _pairs(index: pd.Index, what: str) -> list[tuple[str, str]]:
    if index.nlevels != 2:
        raise FormatError(f"{what} has {index.nlevels} levels of labels, and two are needed: region, and sector or category")
    return [(str(a), str(b)) for a, b in index]


def _labels(n: int, regions: Sequence[str] | None, sectors: Sequence[str] | None) -> list[tuple[str, str]]:
    if regions is None or sectors is None:
        raise FormatError("arrays have no labels: give regions and sectors, or a DataFrame")
    regions, sectors = list(map(str, regions)), list(map(str, sectors))
    if len(regions) * len(sectors) == n:
        return [(r, s) for r in regions for s in sectors]
    if len(regions) == len(sectors) == n:
        return list(zip(regions, sectors, strict=True))
    raise ShapeError(f"Z has {n} rows, and there are {len(regions)} regions and {len(sectors)} sectors: give R and s names with R s = {n}, or {n} of both")


def _copied(copy: bool | None, why: str) -> None:
    if copy is False:
        raise ShapeError(f"Z cannot be used where it lies: {why}; leave copy out, or convert it first")


def _flows(Z: Any, n: int, copy: bool | None) -> tuple[dict[str, Any], Any]:
    """Z as the compiled part takes it, and as it was."""
    if tuple(Z.shape) != (n, n):
        raise ShapeError(f"Z has the shape {tuple(Z.shape)}, and {n} rows need {n} columns")
    if hasattr(Z, "tocsr"):
        rows = Z.tocsr()
        if rows.dtype != np.float64 or not rows.has_canonical_format or rows.indices.dtype != np.int32 or Z.format != "csr":
            _copied(copy, f"it is {Z.format} of {Z.dtype} with {rows.indices.dtype} indices, and CSR of float64 with sorted int32 indices is needed")
            rows = rows.astype(np.float64, copy=True)
            rows.sum_duplicates()
            if n > np.iinfo(np.int32).max:
                raise ShapeError(f"{n} columns are more than 32-bit indices can count")
            rows.indices = rows.indices.astype(np.int32)
        elif copy:
            rows = rows.copy()
        parts = (rows.indptr.astype(np.uint64).tolist(), rows.indices, rows.data)
        return {"rows": parts}, rows
    array = Z.to_numpy() if isinstance(Z, pd.DataFrame) else np.asarray(Z)
    if array.dtype != np.float64 or not array.flags.c_contiguous or not array.flags.aligned:
        _copied(copy, f"it is of {array.dtype}, {'C' if array.flags.c_contiguous else 'not C'}-contiguous, and C-contiguous float64 is needed")
        array = np.ascontiguousarray(array, dtype=np.float64)
    elif copy:
        array = array.copy()
    return {"z": array.reshape(-1)}, array


def _vector(v: Any, n: int, what: str) -> np.ndarray:
    array = np.ascontiguousarray(np.asarray(v, dtype=np.float64).ravel())
    if len(array) != n:
        raise ShapeError(f"{what} has {len(array)} entries, and the table has {n} rows")
    return array


def _demand(
    Y: Any, labels: list[tuple[str, str]], regions: list[str], categories: Sequence[str] | None, index: pd.Index | None
) -> tuple[list[tuple[str, str]], np.ndarray]:
    if isinstance(Y, pd.DataFrame):
        if index is not None and not Y.index.equals(index):
            Y = Y.reindex(index)
        columns = _pairs(Y.columns, "Y") if Y.columns.nlevels == 2 else [(str(c), "final demand") for c in Y.columns]
        order = sorted(range(len(columns)), key=lambda c: regions.index(columns[c][0]) if columns[c][0] in regions else len(regions))
        demand = np.ascontiguousarray(Y.to_numpy(dtype=np.float64)[:, order])
        return [columns[c] for c in order], demand
    demand = np.ascontiguousarray(np.asarray(Y, dtype=np.float64))
    if demand.ndim == 1:
        demand = demand[:, None]
    wide = demand.shape[1]
    each = wide // len(regions)
    if each * len(regions) != wide or each == 0:
        raise ShapeError(f"Y has {wide} columns, and {len(regions)} regions need the same number each")
    if categories is None:
        categories = ["final demand"] if each == 1 else [f"category {k + 1}" for k in range(each)]
    if len(categories) != each:
        raise ShapeError(f"Y has {each} columns for each region, and there are {len(categories)} categories")
    return [(r, str(c)) for r in regions for c in categories], demand


def _factors(F: Any, n: int, names: Sequence[str] | None, what: str) -> list[tuple[str, np.ndarray]]:
    if F is None:
        return []
    if isinstance(F, pd.Series):
        F = F.to_frame(F.name or what).T
    if isinstance(F, pd.DataFrame) and names is None:
        names = [_word(k) for k in F.index]
    rows = np.atleast_2d(np.asarray(F, dtype=np.float64))
    if rows.shape[1] != n:
        raise ShapeError(f"the rows of {what} have {rows.shape[1]} entries, and the table has {n} rows")
    if names is None:
        names = [what] if len(rows) == 1 else [f"{what} {k + 1}" for k in range(len(rows))]
    if len(names) != len(rows):
        raise ShapeError(f"there are {len(rows)} rows of {what}, and {len(names)} names")
    return [(str(name), np.ascontiguousarray(row)) for name, row in zip(names, rows, strict=True)]


def _households(
    F_Y: Any, factors: list[tuple[str, np.ndarray]], regions: list[str], demand: list[tuple[str, str]]
) -> list[np.ndarray | None]:
    if F_Y is None:
        return [None] * len(factors)
    rows = np.atleast_2d(np.asarray(F_Y, dtype=np.float64))
    columns = [region for region, _ in demand]
    if isinstance(F_Y, pd.DataFrame):
        columns = [str(k[0] if isinstance(k, tuple) else k) for k in F_Y.columns]
    elif rows.shape[1] == len(regions):
        columns = regions
    if rows.shape != (len(factors), len(columns)):
        raise ShapeError(f"F_Y has the shape {rows.shape}, and {len(factors)} stressors and {len(columns)} columns of demand")
    where = [[k for k, c in enumerate(columns) if c == r] for r in regions]
    return [np.array([row[own].sum() for own in where]) for row in rows]


def _units(units: Any, names: Sequence[Any]) -> list[str]:
    if units is None:
        return [""] * len(names)
    if isinstance(units, str):
        return [units] * len(names)
    if isinstance(units, (Mapping, pd.Series)):
        return [str(units[name]) for name in names]
    found = [str(u) for u in units]
    if len(found) != len(names):
        raise ShapeError(f"there are {len(names)} stressors, and {len(found)} units")
    return found
