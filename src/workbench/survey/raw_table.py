"""A file of answers before anything is interpreted: columns of raw cells, and what the file says of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.survey.grids import Cell
from workbench.survey.workbooks import Note


@dataclass(frozen=True)
class RawTable:
    """Columns of raw cells, with what the file itself says about them.

    Attributes
    ----------
    columns : header -> cells; ``heads`` the same headers row by row, where several rows make them;
        ``doubled`` headers that stand more than once, with their positions.
    numbers : the row of the file in which each answer stands (the header is row 1 where nothing precedes it).
    decimal : the decimal sign that was said, if any; ``comma_likely`` whether a comma may be one.
    value_labels, user_missing, variable_labels, measures : what SPSS or Stata keeps beside the answers.
    others : first rows of the sheets that were not read.
    """

    file: str
    sha256: str
    columns: dict[str, list[Cell]]
    rows: int
    numbers: Sequence[int] = ()
    decimal: Literal[".", ","] | None = None
    comma_likely: bool = False
    value_labels: dict[str, dict[Any, str]] = field(default_factory=dict)
    user_missing: dict[str, list[tuple[Any, Any]]] = field(default_factory=dict)
    variable_labels: dict[str, str] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    heads: list[list[str]] = field(default_factory=list)
    doubled: dict[str, list[int]] = field(default_factory=dict)
    others: dict[str, list[list[Cell]]] = field(default_factory=dict)
    sheet: str | None = None
    notes: tuple[Note, ...] = ()

    def number(self, place: int) -> int:
        """Row of the file in which the answer at ``place`` (counted from 0) stands."""
        return self.numbers[place] if self.numbers else place + 2


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
