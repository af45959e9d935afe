"""Options by the names of a study file, as the compiled part takes them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

Progress = Callable[[str, int, "int | None"], None]

# the columns of a mapping or a Series that takes the place of a file
_PAIRS: dict[str, tuple[str, str]] = {
    "aggregate-regions": ("source", "target"),
    "aggregate-sectors": ("source", "target"),
    "concordance": ("source", "target"),
    "cost": ("region", "cost_yuan_per_t"),
    "gdp": ("region", "gdp"),
    "group-regions": ("name", "group"),
    "group-sectors": ("name", "group"),
    "population": ("region", "population"),
}
_GROUPS = ("data", "solve", "share", "view", "pay", "write")
_defaults: dict[str, Any] = {"threads": None, "progress": "auto"}


def options(*, threads: int | None = None, progress: Any = "auto") -> None:
    """Sets what calls use where they say nothing: the only state of the package.

    Parameters
    ----------
    threads : int, optional
        Threads of every call; default all cores.
    progress : "auto", None or callable
        ``"auto"``: a bar of tqdm in notebooks, nothing elsewhere. A callable gets the stage, the units done and all of
        them (None where nobody knows).
    """
    _defaults.update(threads=threads, progress=progress)


@contextmanager
def spoken(given: Mapping[str, Any]) -> Iterator[str]:
    """The options as JSON; frames in place of files lie in a folder as long as the context lasts."""
    with TemporaryDirectory(prefix="isard-") as folder:
        if _defaults["threads"] is not None and "threads" not in given:
            given = {**given, "threads": _defaults["threads"]}
        yield json.dumps(_plain(given, Path(folder)))


def line(function: str, given: Mapping[str, Any]) -> str:
    """A call in one line, for pages."""
    shown = {k.replace("-", "_"): v for k, v in given.items() if v is not None}
    return f"isard_mrio.{function}({', '.join(f'{k}={_short(v)}' for k, v in shown.items())})"


def _short(value: Any) -> str:
    if isinstance(value, (str, int, float, bool, list, tuple, os.PathLike)):
        return repr(os.fspath(value) if isinstance(value, os.PathLike) else value)
    return f"<{type(value).__name__}>"


def _plain(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    found = {}
    for name, value in given.items():
        key = name.replace("_", "-")
        if value is None:
            continue
        if key in _GROUPS and isinstance(value, Mapping):
            found[key] = _plain(value, folder)
        else:
            found[key] = _value(key, value, folder)
    return found


def _value(key: str, value: Any, folder: Path) -> Any:
    if isinstance(value, (pd.DataFrame, pd.Series, Mapping)):
        return _file(key, value, folder)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple, set, np.ndarray, pd.Index)):
        return [_value(key, v, folder) for v in value]
    return value


def _file(key: str, value: Any, folder: Path) -> str:
    if isinstance(value, pd.DataFrame):
        labelled = value.index.names != [None]
        frame = value.reset_index() if labelled else value
    else:
        columns = _PAIRS.get(key)
        if columns is None:
            raise TypeError(f"{key} takes a file or a DataFrame with the columns of that file, not a {type(value).__name__}")
        pairs = list(value.items())
        frame = pd.DataFrame(pairs, columns=list(columns))
    path = folder / f"{key}.csv"
    frame.to_csv(path, index=False)
    return str(path)


class _Bar:
    """Progress as a bar of tqdm, one for each stage."""

    def __init__(self, tqdm: Any) -> None:
        self.tqdm, self.stage, self.bar = tqdm, "", None

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        if stage != self.stage:
            if self.bar is not None:
                self.bar.close()
            self.stage, self.bar = stage, self.tqdm(total=total, desc=stage, leave=False)
        if self.bar is not None:
            self.bar.n = done
            self.bar.refresh()


def progress(asked: Any) -> Progress | None:
    """What is told of progress, if anybody is."""
    if asked == "auto":
        asked = _defaults["progress"]
    if asked == "auto":
        asked = _in_notebook()
    if not asked:
        return None
    if callable(asked):
        told: Progress = asked
        return told
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return None
    return _Bar(tqdm)


def _in_notebook() -> bool:
    import sys

    shell = sys.modules.get("IPython")
    if shell is None:
        return False
    running = shell.get_ipython()
    return running is not None and "IPKernelApp" in running.config
