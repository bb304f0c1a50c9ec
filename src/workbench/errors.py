"""What can go wrong at a door of the workbench, said in one message.

Every error is a ``ValueError`` whose text says what is wrong, where, and what to do about it. Several faults
of one input are listed together, so that a user mends a file once and not fault by fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault of an input: what is wrong, where it stands, and what to do.

    ``row`` counts as a user sees it in the file (the header is row 1); ``line`` is a line of a text file.
    """

    what: str
    file: str | None = None
    row: int | None = None
    line: int | None = None
    column: str | None = None
    value: object = None
    fix: str | None = None

    def __str__(self) -> str:
        where = [
            f"{name} {part}" if name else str(part)
            for name, part in (
                ("", self.file),
                ("row", self.row),
                ("line", self.line),
                ("column", None if self.column is None else repr(self.column)),
                ("value", None if self.value is None else _short(repr(self.value))),
            )
            if part is not None
        ]
        text = f"{', '.join(where)}: {self.what}" if where else self.what
        return f"{text}. {self.fix}" if self.fix else text


def _short(text: str, most: int = 120) -> str:
    """A text that a message quotes, cut where it would bury the message."""
    return text if len(text) <= most else f"{text[: most - 1]}… ({len(text):,} characters)"


def in_a_line(message: str) -> str:
    """An error as one item of a list: the first of several faults, without what is there instead."""
    first, *others = message.splitlines()
    if others and first.endswith(" faults:"):
        more = int(first.split()[0].replace(",", "")) - 1
        first = f"{others[0].strip().removeprefix('1. ')} (and {more} more)"
    before, there, after = first.partition("; it has: ")
    _, stop, rest = after.partition(". ")
    return before + stop + rest if there else first


class WorkbenchError(ValueError):
    """Base of every error that the workbench raises about what a user handed in."""

    title = "This cannot be done"  # of a message in the terminal

    SHOWN = 20

    def __init__(self, message: str | Fault | Sequence[Fault]):
        if isinstance(message, str):
            self.faults: tuple[Fault, ...] = (Fault(message),)
        elif isinstance(message, Fault):
            self.faults = (message,)
        else:
            self.faults = tuple(message)
        super().__init__(self._text())

    def _text(self) -> str:
        if len(self.faults) == 1:
            return str(self.faults[0])
        lines = [f"{len(self.faults)} faults:"]
        lines += [f"  {number}. {fault}" for number, fault in enumerate(self.faults[: self.SHOWN], 1)]
        if len(self.faults) > self.SHOWN:
            lines.append(f"  … and {len(self.faults) - self.SHOWN} more")
        return "\n".join(lines)


class DataError(WorkbenchError):
    """The data cannot be used as they are."""

    title = "The data cannot be used"  # of a message in the terminal


class NotApplicable(DataError):
    """The data are sound and do not hold what a study needs: no fault of anybody's.

    A run on a reader's survey records the study as not applicable, with the text as the reason, and goes on.
    """


class SpecificationError(WorkbenchError):
    """A model, formula or study was described in a way that cannot be carried out."""

    title = "This cannot be carried out"  # of a message in the terminal


class CodebookError(WorkbenchError):
    """A codebook does not follow its schema or contradicts itself."""

    title = "The codebook cannot be used"  # of a message in the terminal


class ParameterError(WorkbenchError):
    """A study was given a parameter that it does not have, or a value of the wrong type."""

    title = "This cannot be asked for"  # of a message in the terminal
