"""Parts of a path diagram before it is written: values, lines with their labels; how wide words are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.show import numbers
from workbench.show.path_layout import Layout, Node

ITEM_SIZE, R2_SIZE = 11.5, 12.0


@dataclass(frozen=True)
class Value:
    """A standardized value with its interval (None where it is fixed).

    ``bounded``: it cannot exceed 1 (a loading, a correlation) and loses its leading zero; a path can.
    """

    estimate: float
    interval: tuple[float, float] | None
    bounded: bool = True

    @property
    def clear(self) -> bool:
        """Whether the interval excludes zero; a fixed value counts as clear."""
        return self.interval is None or not self.interval[0] <= 0 <= self.interval[1]

    def __str__(self) -> str:
        return numbers.number(self.estimate, 2, bounded=self.bounded)

    def long(self) -> str:
        limits = self.interval
        if limits is None:
            return f"{self} (fixed)"
        return f"{self} {numbers.interval(*limits, bounded=self.bounded)}"


@dataclass(frozen=True)
class Arrow:
    """One line of the diagram: its points, its value, what its hover text says, and its label's box."""

    key: tuple[str, str, str]
    points: np.ndarray
    value: Value
    about: str
    small: bool
    double: bool
    label: tuple[float, float] | None = None

    @property
    def half(self) -> tuple[float, float]:
        """Half width and height of the label."""
        return (text_width(str(self.value), self.size) / 2 + 2.5, self.size / 2 + 1.5)

    @property
    def size(self) -> float:
        return 11.0 if self.small else 15.0

    @property
    def stroke(self) -> float:
        strength = min(abs(self.value.estimate), 1.0)
        if self.small:
            return 0.6 + 0.9 * strength
        return 0.8 + (1.8 if self.double else 4.7) * strength


@dataclass(frozen=True)
class Diagram:
    """A path diagram before it is written: layout and lines with their labels in place.

    ``crowded``: labels for which no free place was found; ``left_out``: covariances that are not drawn.
    """

    nodes: dict[str, Node]
    layout: Layout
    arrows: tuple[Arrow, ...]
    r2: Mapping[str, float]
    labels: Mapping[str, str]
    crowded: int
    left_out: int


def text_width(text: str, size: float) -> float:
    """Width of a text in a sans-serif face, on the safe side; Chinese characters are square."""
    narrow = sum(char in "iljt.,:;'|!()[] fr" for char in text)
    square = sum(ord(char) > 0x2E80 for char in text)
    broad = sum(char in "mwMW%@—" for char in text)
    return size * (0.57 * (len(text) - narrow - square - broad) + 0.33 * narrow + square + 0.87 * broad)


def short(text: str, most: int = 12) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def wrapped(text: str, width: float) -> tuple[list[str], float]:
    """A label in up to three lines, in the largest of a few sizes that fits; the rest is cut with …"""
    for size in (13.5, 12.5, 12.0):
        lines = _lines_of(text, width, size)
        if len(lines) <= 3 and all(text_width(line, size) <= width for line in lines):
            return lines, size
    lines = _lines_of(text, width, size)[:3]
    cut = len(lines) < len(_lines_of(text, width, size))
    fitted = []
    for number, line in enumerate(lines):
        over = cut and number == len(lines) - 1
        whole = line
        while line and text_width(line + "…" * (over or line != whole), size) > width:
            line = line[:-1]
        fitted.append(line.rstrip() + "…" * (over or line != whole))
    return fitted, size


def _lines_of(text: str, width: float, size: float) -> list[str]:
    """Words, and Chinese characters one by one, filled into lines."""
    words, lines = [], [""]
    for word in text.split():
        words += list(word) if all(ord(char) > 0x2E80 for char in word) else [f" {word}"]
    for word in words:
        if lines[-1] and text_width(lines[-1] + word, size) > width:
            lines.append(word.strip())
        else:
            lines[-1] = (lines[-1] + word).strip()
    return lines
