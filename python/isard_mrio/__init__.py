"""isard: certified embodied carbon on multi-regional input-output tables.

Regions emit CO2 while making things that other regions use. Every number comes with a bound on its error, which is proven
for the table as it is given.

>>> import isard_mrio as isard
>>> table = isard.read()                       # a file, or the embedded SYNTHETIC table
>>> flows = table.flows()                      # emitted in row for final demand of column
>>> flows.certified
True

=====================================  =================================================================
:func:`read`, :func:`from_arrays`,     a :class:`Table`
:func:`from_frames`,
:func:`from_pymrio`
:meth:`Table.model`                    a :class:`Model`: flows, accounts, multipliers, any right-hand side
:func:`run` and its kin                a :class:`Result`: everything else, by the words of the command
:mod:`isard_mrio.pymrio`               ``calc_all(io)`` in place of ``io.calc_all()``
:mod:`isard_mrio.errors`               what can go wrong, one class for each cause
=====================================  =================================================================
"""

from ._batch import scenarios
from ._bounded import Bounded
from ._isard import __version__
from ._model import Accounts, Model
from ._options import options
from ._study import (
    Result,
    accounts,
    aggregate,
    balance,
    compensate,
    decompose,
    flows,
    linkages,
    responsibility,
    run,
    sparsify,
    split,
    structural,
)
from ._table import Table, from_arrays, from_frames, from_pymrio, read
from .errors import AuditError, IsardError, NotCertified, NotCertifiedWarning

__all__ = [
    "Accounts",
    "AuditError",
    "Bounded",
    "IsardError",
    "Model",
    "NotCertified",
    "NotCertifiedWarning",
    "Result",
    "Table",
    "__version__",
    "accounts",
    "aggregate",
    "balance",
    "compensate",
    "decompose",
    "flows",
    "from_arrays",
    "from_frames",
    "from_pymrio",
    "linkages",
    "options",
    "read",
    "responsibility",
    "run",
    "scenarios",
    "sparsify",
    "split",
    "structural",
]
