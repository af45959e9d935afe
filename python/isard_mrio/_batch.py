"""Thousands of runs of one table: demands, scenarios and draws, block by block."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import _isard
from ._options import progress as told
from .errors import ChoiceError

if TYPE_CHECKING:
    from ._table import Table


def scenarios(
    plan: str | os.PathLike[str], table: Table | None = None, *, shard: tuple[int, int] = (1, 1), progress: Any = "auto"
) -> Iterator[dict[str, pd.DataFrame]]:
    """The runs of a plan, lazily: a block of neighbouring runs at a time.

    Parameters
    ----------
    plan : path, or text
        A plan of ``isard batch``: which table, and demands, scenarios or draws. Text of several lines is the plan itself.
    table : Table, optional
        In place of the one that the plan names.
    shard : (int, int), optional
        Part i of N: the blocks b, counted from 0, with b mod N = i - 1, as ``isard batch --shard i/N``. All parts together are one run,
        to the bit, whoever makes them.

    Yields
    ------
    dict of DataFrame
        By outcome (``origin``, ``destination``, ``flows``, ``total``): a record for each number, as the files of ``isard
        batch`` have them, with its bound. ``attrs["certified"]``: whether every bound is as narrow as asked for.

    Examples
    --------
    >>> import isard_mrio as isard
    >>> plan = '''
    ... [batch]
    ... outcomes = ["total"]
    ...
    ... [[demand.column]]
    ... name = "cars"
    ... cells = [["Beijing", "Transport equipment", 1000.0]]
    ... '''
    >>> blocks = list(isard.scenarios(plan, isard.read()))
    >>> len(blocks), list(blocks[0])
    (1, ['total'])
    """
    part, parts = shard
    if not 1 <= part <= parts:
        raise ChoiceError(f"shard: {part} of {parts} is no part i of N with i from 1 to N\nhelp: write (3, 16) for the third of sixteen")
    if isinstance(plan, str) and "\n" in plan:
        with TemporaryDirectory(prefix="isard-") as folder:
            path = Path(folder) / "plan.toml"
            path.write_text(plan, encoding="utf-8")
            made = _isard.batch(str(path), None if table is None else table._inner, told(progress))
    else:
        made = _isard.batch(os.fspath(plan), None if table is None else table._inner, told(progress))
    return _blocks(made, range(part - 1, made.blocks, parts))


def _blocks(made: _isard.Batch, chosen: range) -> Iterator[dict[str, pd.DataFrame]]:
    for block in chosen:
        found = {}
        for name, text, certified in made.block(block):
            found[name] = pd.read_csv(io.StringIO(text))
            found[name].attrs["certified"] = certified
        yield found
