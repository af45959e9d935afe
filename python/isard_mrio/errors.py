"""What can go wrong, one class for each cause.

Each exception is an :class:`IsardError` (a ``ValueError``) with the place and the remedy, and is an ``OSError``,
``MemoryError`` or the like as well, where Python has a class for it. Messages are for people and may change; classes
and ``cause`` are for programs.
"""

from __future__ import annotations

import errno as numbers
import json
from typing import Any

import pandas as pd

__all__ = [
    "AuditError",
    "CancelledError",
    "ChoiceError",
    "FileError",
    "FormatError",
    "InTheWayError",
    "IsardError",
    "NotCertified",
    "NotCertifiedWarning",
    "NotProductiveError",
    "NotSolvedError",
    "RoomError",
    "ShapeError",
    "UnitError",
    "UnknownNameError",
]


class IsardError(ValueError):
    """A mistake outside the program: in a file, a name, an option or the data.

    Attributes
    ----------
    cause : str
        Why, for a program: ``"Content"``, ``"Name"``, ``"Unit"`` and so on, as the library names it.
    place : str or None
        ``file``, ``file:line:column`` or ``file[sheet]!cell``.
    help : str or None
        The next step.
    """

    cause: str = ""
    place: str | None = None
    help: str | None = None

    def __str__(self) -> str:
        text = str(self.args[0]) if self.args else ""
        return f"{text}\nhelp: {self.help}" if self.help else text


class FileError(IsardError, OSError):
    """The operating system refused a file."""


class MissingFileError(FileError, FileNotFoundError):
    """There is no such file."""


class InTheWayError(IsardError, FileExistsError):
    """A file is there already and is not replaced."""


class FormatError(IsardError):
    """A file or an array does not say what it must."""


class UnknownNameError(IsardError, LookupError):
    """A name that is in none of the known lists; ``help`` offers the nearest."""


class ChoiceError(IsardError):
    """Choices that do not go together, lie out of range, would change nothing, or that something else needs."""


class ShapeError(IsardError):
    """Arrays or tables whose sizes do not go together."""


class UnitError(IsardError):
    """Units that do not go together."""


class RoomError(IsardError, MemoryError):
    """More memory would be needed than there is; nothing was begun."""


class NotProductiveError(IsardError, ArithmeticError):
    """The system uses up more than it makes: it has no answer."""


class NotSolvedError(IsardError, ArithmeticError):
    """A solve found no answer."""


class CancelledError(IsardError):
    """The work was ended from outside."""


class AuditError(IsardError):
    """The audit found what must not be solved.

    Attributes
    ----------
    findings : pandas.DataFrame
        The findings at level FAIL, one a row.
    """

    findings: pd.DataFrame


class NotCertified(RuntimeError):
    """A result is not proven to the tolerance.

    Attributes
    ----------
    result : Bounded or Result
        The result all the same.
    """

    result: Any = None

    @classmethod
    def of(cls, result: Any) -> NotCertified:
        """Of a result that says why it is not certified."""
        error = cls("not certified: " + "; ".join(result.uncertified_because))
        error.result = result
        return error


class NotCertifiedWarning(UserWarning):
    """A result is not proven to the tolerance; it says why in ``uncertified_because``."""


_CLASSES: dict[str, type[IsardError]] = {
    "File": FileError,
    "Content": FormatError,
    "Name": UnknownNameError,
    "Conflict": ChoiceError,
    "Range": ChoiceError,
    "Shape": ShapeError,
    "Unit": UnitError,
    "Missing": ChoiceError,
    "NoEffect": ChoiceError,
    "TooFew": FormatError,
    "Memory": RoomError,
    "Unsupported": ChoiceError,
    "NotProductive": NotProductiveError,
    "NotSolved": NotSolvedError,
    "InTheWay": InTheWayError,
    "Audit": AuditError,
    "Cancelled": CancelledError,
}


def findings_frame(text: str) -> pd.DataFrame:
    """Findings of the audit as a frame: level, code, region, sector, row, column, found, expected, message."""
    columns = ["level", "code", "region", "sector", "row", "column", "found", "expected", "message"]
    frame = pd.DataFrame(json.loads(text) if text else [], columns=columns)
    return frame.astype({"row": "Int64", "column": "Int64", "found": "float64", "expected": "float64"})


def of_cause(
    cause: str,
    message: str,
    *,
    help: str | None = None,
    place: str | None = None,
    errno: int | None = None,
    findings: str | None = None,
) -> IsardError:
    """The exception of an error of the library; called from the compiled part."""
    kind = _CLASSES.get(cause, IsardError)
    if errno == numbers.ENOENT:
        kind = MissingFileError
    frame = findings_frame(findings or "")
    if findings is not None:
        message = "\n".join([message, *(f"FAIL {f.code}: {f.message}" for f in frame.itertuples())])
    error = kind(message)
    error.cause, error.place, error.help = cause, place, help
    if isinstance(error, OSError):
        error.errno, error.filename = errno, place
    if isinstance(error, AuditError):
        error.findings = frame
    return error
