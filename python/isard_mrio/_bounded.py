"""Numbers with a rigorous bound on the error of each."""

from __future__ import annotations

import html
import os
import warnings
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from .errors import NotCertified, NotCertifiedWarning


class Bounded:
    """A frame of values and one of bounds of the same shape: ``|value - truth| <= bound``.

    The proof is of the arithmetic, for the table as it is given; it says nothing of errors in the data.

    Attributes
    ----------
    value, bound : pandas.DataFrame
        The numbers, and how far each may be off. A bound of NaN: the number has none. ``attrs`` hold unit and stamp.
    unit : str
        Unit of both; empty where columns have units of their own.
    certified : bool
        Whether every number is proven to the tolerance.
    uncertified_because : list of str
        Why not; empty if so.
    title, notes
        What it is about, and what a reader must know.

    Examples
    --------
    >>> import isard_mrio as isard
    >>> flows = isard.read().flows()           # the embedded SYNTHETIC table, 31 provinces x 42 sectors
    >>> flows.value.shape, flows.unit, flows.certified
    ((31, 33), 'Mt', True)
    >>> bool((flows.bound <= 1e-9 * flows.value.abs() + 1e-6).all(axis=None))
    True
    >>> flows.tidy().columns.tolist()
    ['origin', 'destination', 'value', 'bound', 'unit']
    """

    def __init__(
        self,
        value: pd.DataFrame,
        bound: pd.DataFrame,
        *,
        unit: str = "",
        certified: bool = True,
        because: list[str] | None = None,
        stamp: str | None = None,
        title: str = "",
        notes: list[str] | None = None,
    ) -> None:
        self.value, self.bound, self.unit = value, bound, unit
        self.certified, self.uncertified_because = certified, list(because or [])
        self.stamp, self.title, self.notes = stamp, title, list(notes or [])
        for frame in (value, bound):
            frame.attrs.update(unit=unit, stamp=stamp)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        values = self.value.to_numpy(dtype=dtype)
        return values.copy() if copy else values

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.value.shape

    def check(self) -> Bounded:
        """The result itself, for scripts that must not go on with less.

        Raises
        ------
        NotCertified
            Unless every number is proven to the tolerance; the result is its ``result``.
        """
        if not self.certified:
            raise NotCertified.of(self)
        return self

    def warn(self) -> Bounded:
        """The result itself; with a warning unless it is certified."""
        if not self.certified:
            text = "not certified: " + "; ".join(self.uncertified_because)
            warnings.warn(text, NotCertifiedWarning, stacklevel=3)
        return self

    def tidy(self) -> pd.DataFrame:
        """One record for each number: its labels, value, bound and unit."""
        value, bound = self.value, self.bound
        rows, columns = _named(value.index, "row"), _named(value.columns, "column")
        frames = []
        for frame, name in ((value, "value"), (bound, "bound")):
            numbers = frame.to_numpy(dtype=object if name == "value" else float).reshape(-1)
            frames.append(pd.Series(numbers, name=name).infer_objects())
        labels = {}
        for part, index in enumerate(rows):
            labels[index] = np.repeat(value.index.get_level_values(part).to_numpy(), len(value.columns))
        for part, index in enumerate(columns):
            labels[index] = np.tile(value.columns.get_level_values(part).to_numpy(), len(value.index))
        return pd.DataFrame(labels).assign(value=frames[0], bound=frames[1], unit=self.unit)

    def to_excel(self, path: str | os.PathLike[str]) -> None:
        """Writes a workbook with the sheets ``value``, ``bound`` and ``about``."""
        with pd.ExcelWriter(path) as book:
            self.value.to_excel(book, sheet_name="value")
            self.bound.to_excel(book, sheet_name="bound")
            about = {
                "title": self.title,
                "unit": self.unit,
                "stamp": self.stamp or "",
                "certified": self.certified,
                "because": "; ".join(self.uncertified_because),
            }
            pd.Series(about).to_frame("about").to_excel(book, sheet_name="about")

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Writes the tidy form as Parquet (needs pyarrow)."""
        self.tidy().to_parquet(path)

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset`` of ``value`` and ``bound`` (needs xarray)."""
        import xarray  # type: ignore[import-not-found,unused-ignore]

        rows = "_".join(_named(self.value.index, "row"))
        columns = "_".join(_named(self.value.columns, "column"))
        coordinates = {rows: _flat(self.value.index), columns: _flat(self.value.columns)}
        data = {"value": ((rows, columns), self.value.to_numpy()), "bound": ((rows, columns), self.bound.to_numpy())}
        attributes = {"unit": self.unit, "stamp": self.stamp or "", "certified": int(self.certified)}
        return xarray.Dataset(data, coords=coordinates, attrs=attributes)

    def _state(self) -> str:
        state = "certified" if self.certified else "NOT CERTIFIED"
        return ", ".join(part for part in (self.stamp, self.title, self.unit, state) if part)

    def __repr__(self) -> str:
        return f"{self._state()}\n{self.value!r}"

    def _repr_html_(self) -> str:
        shown = self.value.iloc[:30, :12].astype(object)
        bounds = self.bound.iloc[:30, :12].to_numpy(dtype=float)
        for r in range(shown.shape[0]):
            for c in range(shown.shape[1]):
                v, b = shown.iat[r, c], bounds[r, c]
                if isinstance(v, float) and not np.isnan(b):
                    shown.iat[r, c] = f"{v:.6g} ± {b:.0e}"
        cut = "" if shown.shape == self.value.shape else f" ({shown.shape[0]} x {shown.shape[1]} of {self.shape[0]} x {self.shape[1]} shown)"
        because = "".join(f"<br>{html.escape(why)}" for why in self.uncertified_because)
        return f"<p><b>{html.escape(self._state())}</b>{cut}{because}</p>{shown.to_html()}"


def _named(index: pd.Index, default: str) -> list[str]:
    names: list[Hashable] = list(index.names)
    return [str(n) if n is not None else (default if len(names) == 1 else f"{default}{k}") for k, n in enumerate(names)]


def _flat(index: pd.Index) -> list[str]:
    return [" | ".join(map(str, label)) if isinstance(label, tuple) else str(label) for label in index]
