from collections.abc import Sequence
from typing import Any

import numpy as np

from ._options import Progress

__version__: str

class Table:
    n: int
    nnz: int
    regions: list[str]
    rows: list[tuple[str, str]]
    demand: list[tuple[str, str]]
    stressors: list[tuple[str, str]]
    unit: str
    stamp: str | None
    provenance: str
    def z(self) -> dict[str, np.ndarray]: ...
    def y(self) -> np.ndarray: ...
    def x(self) -> np.ndarray: ...
    def direct(self) -> np.ndarray: ...
    def audit(self) -> str: ...
    def save(self, path: str, force: bool) -> None: ...

class Model:
    def flows(self, stressor: str | None) -> dict[str, Any]: ...
    def accounts(self, stressors: list[str] | None) -> dict[str, Any]: ...
    def solve(self, b: np.ndarray, transposed: bool, bounds: bool, residual: float | None = None) -> dict[str, Any]: ...
    def footprints(self, demands: np.ndarray, stressor: str | None) -> dict[str, Any]: ...
    def multipliers(self, stressor: str | None) -> dict[str, Any]: ...
    def findings(self) -> str: ...
    def solves(self) -> str: ...
    def plan(self) -> str: ...
    def notes(self) -> list[str]: ...

class Outcome:
    command: str
    notes: list[str]
    certified: bool
    because: list[str]
    def sheets(self) -> list[dict[str, Any]]: ...
    def json(self) -> str: ...
    def text(self) -> str: ...
    def file(self, path: Any) -> bytes: ...
    def table(self) -> Table | None: ...

class Batch:
    blocks: int
    def block(self, block: int) -> list[tuple[str, str, bool]]: ...

def batch(plan: str, table: Table | None = None, progress: Progress | None = None) -> Batch: ...
def read(options_json: str, progress: Progress | None) -> Table: ...
def from_arrays(
    labels: Sequence[tuple[str, str]],
    demand: Sequence[tuple[str, str]],
    y: np.ndarray,
    x: np.ndarray,
    *,
    z: np.ndarray | None = None,
    rows: tuple[list[int], np.ndarray, np.ndarray] | None = None,
    stressors: Sequence[tuple[str, str, np.ndarray, np.ndarray | None]] = ...,
    value_added: Sequence[tuple[str, np.ndarray]] = ...,
    exports: np.ndarray | None = None,
    imports: np.ndarray | None = None,
    unit: str = "",
    stamp: str | None = None,
) -> Table: ...
def model(table: Table, options_json: str, progress: Progress | None) -> Model: ...
def run(
    analysis: str,
    options_json: str,
    tables: Sequence[Table],
    *,
    scheme: str = "",
    after: bool = False,
    line: str = "",
    progress: Progress | None = None,
) -> Outcome: ...
def balance(
    table: Table,
    options_json: str,
    *,
    targets_file: str | None = None,
    method: str = "gras",
    tolerance: float = 1e-9,
    max_passes: int = 10_000,
    scale: str | None = None,
    keep_error: bool = False,
    line: str = "",
    progress: Progress | None = None,
) -> Outcome: ...
