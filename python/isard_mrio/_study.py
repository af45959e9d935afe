"""Everything that a study can say, by the words of the command: one door, and a name for each analysis."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import _isard
from ._bounded import Bounded
from ._options import line, progress as told, spoken
from .errors import NotCertified

if TYPE_CHECKING:
    from ._table import Table

_log = logging.getLogger("isard_mrio")


class Result(Mapping[str, Bounded]):
    """What a study found: its sheets by name, each :class:`Bounded`, and all else it has to say.

    The sheets that the command writes as files have the names of these (``"flows"``, ``"routes"``, ``"audit"``); those
    that are on its page alone have their title.

    Attributes
    ----------
    certified : bool
        Whether every number is proven to the tolerance.
    uncertified_because : list of str
    notes : list of str
        What was said before there was a result.

    Examples
    --------
    >>> import isard_mrio as isard
    >>> result = isard.responsibility(isard.read())
    >>> result.certified
    True
    >>> list(result["responsibility"].value.columns.names)
    ['column']
    """

    def __init__(self, outcome: _isard.Outcome, again: Any = None) -> None:
        self._outcome, self._again = outcome, again
        self.certified: bool = outcome.certified
        self.uncertified_because: list[str] = outcome.because
        self.notes: list[str] = outcome.notes
        for note in self.notes:
            _log.info(note)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The object that the command prints with ``--json``."""
        found: dict[str, Any] = json.loads(self._outcome.json())
        return found

    @cached_property
    def stamp(self) -> str | None:
        """``SYNTHETIC`` or ``MODELLED``, where the data are."""
        return self.facts.get("stamp")

    @cached_property
    def sheets(self) -> dict[str, Bounded]:
        """All sheets by name."""
        found: dict[str, Bounded] = {}
        for sheet in self._outcome.sheets():
            name = sheet["name"] if sheet["file"] else sheet["title"]
            # a title without a table
            if not name or ("values" not in sheet and not sheet["columns"]):
                continue
            while name in found:
                name += "'"
            found[name] = _sheet(sheet, self)
        return found

    def __getitem__(self, name: str) -> Bounded:
        try:
            return self.sheets[name]
        except KeyError:
            raise KeyError(f"no sheet {name!r}; there are: {', '.join(self.sheets)}") from None

    def __iter__(self) -> Any:
        return iter(self.sheets)

    def __len__(self) -> int:
        return len(self.sheets)

    @property
    def table(self) -> Table | None:
        """The table that the analysis made: aggregated, split, balanced."""
        from ._table import Table

        inner = self._outcome.table()
        return None if inner is None else Table(inner)

    def check(self) -> Result:
        """The result itself.

        Raises
        ------
        NotCertified
            Unless every number is proven to the tolerance.
        """
        if not self.certified:
            raise NotCertified.of(self)
        return self

    def text(self) -> str:
        """What the command prints, in full."""
        return self._outcome.text()

    def report(self, path: str | os.PathLike[str], *, open_in_browser: bool = False) -> None:
        """Writes a page for people (``.html``), a workbook (``.xlsx``), or its tables (``.md``, ``.tex``).

        A page that holds a part of the result has the whole beside it, as ``.json``.
        """
        path = Path(path)
        made = self._outcome.file(path)
        path.write_bytes(made)
        beside = path.with_suffix(".json")
        if path.suffix.lower() == ".html":
            if beside.name.encode() in made:
                beside.write_bytes(self._outcome.file(beside))
            if open_in_browser:
                import webbrowser

                webbrowser.open(path.resolve().as_uri())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the object, as the command does with ``--json``."""
        Path(path).write_text(self._outcome.json(), encoding="utf-8")

    def verify(self, method: str | None = None) -> pd.DataFrame:
        """Does the study again by another method, and compares every number that has a bound.

        Parameters
        ----------
        method : str, optional
            Method of the second run; default another one than the first.

        Returns
        -------
        pandas.DataFrame
            By sheet: ``pairs`` of intervals, and how far apart they are at most, as a share of both bounds (below 1: all
            meet).

        Raises
        ------
        NotCertified
            If intervals do not meet: then a bound is wrong.
        """
        if self._again is None:
            raise TypeError("nothing was solved: there is one way to compute it")
        used = str(self.facts.get("plan", {}).get("method", ""))
        other = method or ("gauss-seidel" if used != "gauss-seidel" else "direct")
        second: Result = self._again(other)
        records = []
        for name, sheet in self.sheets.items():
            if name not in second or second[name].shape != sheet.shape:
                continue
            twin = second[name]
            bound = sheet.bound.to_numpy(dtype=float) + twin.bound.to_numpy(dtype=float)
            judged = np.isfinite(bound)
            if not judged.any():
                continue
            apart = np.abs(_floats(sheet.value)[judged] - _floats(twin.value)[judged])
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.where(apart == 0.0, 0.0, apart / bound[judged])
            records.append((name, int(judged.sum()), float(share.max())))
        found = pd.DataFrame(records, columns=["sheet", "pairs", "apart"]).set_index("sheet")
        found.attrs.update(methods=(used, other))
        if (found["apart"] > 1.0).any():
            error = NotCertified(f"{used} and {other} do not agree within their bounds:\n{found[found['apart'] > 1.0]}")
            error.result = found
            raise error
        return found

    def __repr__(self) -> str:
        state = "certified" if self.certified else "NOT CERTIFIED: " + "; ".join(self.uncertified_because)
        head = ", ".join(part for part in (self.stamp, self._outcome.command, state) if part)
        return "\n".join([f"<Result {head}>", *(f"  {name}: {sheet.shape[0]} x {sheet.shape[1]}" for name, sheet in self.sheets.items())])


def _floats(frame: pd.DataFrame) -> np.ndarray:
    found: np.ndarray = frame.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    return found


def _index(headings: list[str], names: list[list[str]], count: int) -> pd.Index:
    parts = [h or None for h in headings]
    if not parts:
        return pd.RangeIndex(count)
    if len(parts) == 1:
        return pd.Index(names[0], name=parts[0])
    return pd.MultiIndex.from_arrays(names, names=parts)


def _sheet(sheet: dict[str, Any], result: Result) -> Bounded:
    shape = sheet["values"].shape if "values" in sheet else (len(sheet["columns"][0][0]) if sheet["columns"] else 0, len(sheet["columns"]))
    rows = _index(sheet["row_headings"], sheet["row_names"], shape[0])
    columns = _index(sheet["column_headings"], sheet["column_names"], shape[1])
    if "values" in sheet:
        value = pd.DataFrame(sheet["values"], index=rows, columns=columns)
        bounds = sheet["bounds"]
        bound = pd.DataFrame(np.full(value.shape, np.nan) if bounds is None else bounds, index=rows, columns=columns)
    else:
        given = sheet["columns"]
        value = pd.DataFrame({k: pd.Series(v, index=rows, dtype=None) for k, (v, _) in enumerate(given)}, index=rows)
        none = np.full(len(rows), np.nan)
        bound = pd.DataFrame({k: pd.Series(none if b is None else b, index=rows) for k, (_, b) in enumerate(given)}, index=rows)
        value.columns = columns
        bound.columns = columns
    units = {u for u in [*sheet["row_units"], *sheet["column_units"]] if u}
    found = Bounded(
        value,
        bound,
        unit=sheet["unit"] if len(units) <= 1 else "",
        certified=result.certified,
        because=result.uncertified_because,
        stamp=result.stamp,
        title=sheet["title"] or sheet["reads"],
        notes=sheet["notes"],
    )
    if len(units) > 1:
        found.value.attrs.update(row_units=sheet["row_units"], column_units=sheet["column_units"])
    return found


def run(
    study: Mapping[str, Any] | None = None,
    /,
    *,
    analysis: str | None = None,
    table: Table | str | os.PathLike[str] | None = None,
    progress: Any = "auto",
    **options: Any,
) -> Result:
    """Does a study, given by the words of a study file and of the command.

    Parameters
    ----------
    study : mapping, optional
        Options by name, in the groups of a study file (``data``, ``solve``, ``share``, ``view``, ``pay``, ``write``) or
        in none; ``analysis``, ``scheme``, ``after`` and ``table`` among them.
    analysis : str
        ``run`` (the whole chain, the default), ``flows``, ``accounts``, ``decompose`` (with ``scheme``), ``linkages``,
        ``structural`` (with ``tables=(before, after)``), ``responsibility``, ``compensate``, ``aggregate`` (``after=True``:
        results are added up), ``split`` or ``sparsify``.
    table : Table or path, optional
        Default the embedded SYNTHETIC table.
    progress : "auto", None or callable
        See :func:`isard_mrio.options`.
    **options
        Any option that ``isard ANALYSIS --help`` lists, with underscores: ``tolerance=1e-8``, ``method="direct"``,
        ``price=100.0``. Where the command takes a file, a DataFrame with the columns of that file does as well, and a
        mapping or Series where these are two (``cost={"Beijing": 220.0}``).

    Returns
    -------
    Result

    Raises
    ------
    isard_mrio.errors.IsardError
        One class for each cause, with place and remedy.

    Examples
    --------
    >>> import isard_mrio as isard
    >>> result = isard.run({"analysis": "decompose", "scheme": "wwz", "solve": {"tolerance": 1e-8}})
    >>> result.certified, list(result["decomposition"].value.index.names[:2])
    (True, ['exporter', 'sector'])
    """
    from ._table import Table

    given: dict[str, Any] = {**(study or {}), **options}
    analysis = analysis or given.pop("analysis", None) or "run"
    given.pop("analysis", None)
    table = table if table is not None else given.pop("table", None)
    scheme, after = str(given.pop("scheme", "") or ""), bool(given.pop("after", False))
    tables = list(given.pop("tables", None) or [])
    shown = {k: v for k, v in {"scheme": scheme or None, "after": after or None, **given}.items() if v is not None}
    if isinstance(table, Table):
        tables.insert(0, table)
    elif table is not None:
        given["table"] = os.fspath(table)
        shown = {"table": given["table"], **shown}
    inner = [t._inner if isinstance(t, Table) else Table.read(t)._inner for t in tables]
    call = line("run", {"analysis": analysis, **shown})

    def do(method: str | None = None) -> _isard.Outcome:
        own = given if method is None else {**{k: v for k, v in given.items() if k != "method"}, "method": method}
        with spoken(own) as said:
            return _isard.run(analysis, said, inner, scheme=scheme, after=after, line=call, progress=told(progress))

    return Result(do(), lambda method: Result(do(method)))


def flows(table: Table | str | os.PathLike[str] | None = None, **options: Any) -> Result:
    """Emissions by region of origin and final destination, with trade routes: ``isard flows``."""
    return run(analysis="flows", table=table, **options)


def accounts(table: Table | str | os.PathLike[str] | None = None, **options: Any) -> Result:
    """Production, consumption, import and export accounts of every stressor, in pymrio's shapes: ``isard accounts``."""
    return run(analysis="accounts", table=table, **options)


def decompose(table: Table | str | os.PathLike[str] | None = None, scheme: str = "wwz", **options: Any) -> Result:
    """Exports, or emissions, by a scheme (``routes``, ``kww``, ``wwz``, ``eebt`` ...): ``isard decompose``."""
    return run(analysis="decompose", table=table, scheme=scheme, **options)


def linkages(table: Table | str | os.PathLike[str] | None = None, **options: Any) -> Result:
    """Backward and forward linkages of sectors: ``isard linkages``."""
    return run(analysis="linkages", table=table, **options)


def structural(before: Table | str | os.PathLike[str], after: Table | str | os.PathLike[str], **options: Any) -> Result:
    """Why emissions changed from one table to another: ``isard structural``."""
    return run(analysis="structural", tables=(before, after), **options)


def responsibility(table: Table | str | os.PathLike[str] | None = None, **options: Any) -> Result:
    """Responsibility of regions by every principle: ``isard responsibility``."""
    return run(analysis="responsibility", table=table, **options)


def compensate(table: Table | str | os.PathLike[str] | None = None, **options: Any) -> Result:
    """Payments between regions; ``cost`` or ``price`` says what a tonne costs: ``isard compensate``."""
    return run(analysis="compensate", table=table, **options)


def aggregate(table: Table | str | os.PathLike[str] | None = None, *, after: bool = False, **options: Any) -> Result:
    """An aggregated table (``.table``) and what aggregation does to footprints: ``isard aggregate``."""
    return run(analysis="aggregate", table=table, after=after, **options)


def split(table: Table | str | os.PathLike[str] | None = None, **options: Any) -> Result:
    """Footprints of parts of sectors, with the range over all splits that agree: ``isard split``."""
    return run(analysis="split", table=table, **options)


def sparsify(table: Table | str | os.PathLike[str] | None = None, **options: Any) -> Result:
    """What flows that are left out do to footprints: ``isard sparsify``."""
    return run(analysis="sparsify", table=table, **options)


def balance(
    table: Table | str | os.PathLike[str] | None = None,
    *,
    targets: pd.DataFrame | str | os.PathLike[str] | None = None,
    method: str = "gras",
    tolerance: float = 1e-9,
    max_passes: int = 10_000,
    scale: str | None = None,
    keep_error: bool = False,
    progress: Any = "auto",
    **options: Any,
) -> Result:
    """A table brought to its sums, or to ``targets`` (``.table``): ``isard balance``.

    Examples
    --------
    >>> import isard_mrio as isard
    >>> found = isard.balance(isard.read())
    >>> found.table.rows.equals(isard.read().rows)
    True
    """
    from ._table import Table

    given = table if isinstance(table, Table) else Table.read(table)
    said = {"method": method, "tolerance": tolerance, "scale": scale, "keep_error": keep_error or None, **options}
    call = line("balance", said)
    with spoken(options) as words, spoken({"targets": targets}) as files:
        path = json.loads(files).get("targets")
        outcome = _isard.balance(
            given._inner,
            words,
            targets_file=path,
            method=method,
            tolerance=tolerance,
            max_passes=max_passes,
            scale=scale,
            keep_error=keep_error,
            line=call,
            progress=told(progress),
        )
    return Result(outcome)
