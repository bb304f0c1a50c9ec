"""The parts of a drafted codebook, each with why it was drafted so."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class DraftScale:
    """A scale from ``min`` to ``max``; ``unticked`` are labels that no answer bears."""

    name: str
    min: float
    max: float
    labels: dict[float, str] = field(default_factory=dict)
    missing: list[object] = field(default_factory=list)
    why: list[str] = field(default_factory=list)

    @property
    def span(self) -> str:
        return f"{self.min:g} to {self.max:g}"


@dataclass
class DraftItem:
    """An item: its name, the header of its column, its wording, whether it is probably reversed."""

    name: str
    column: str
    wording: str = ""
    reverse: bool = False
    why: list[str] = field(default_factory=list)


@dataclass
class DraftConstruct:
    """Items that were asked as one question, are named alike, or say alike.

    ``one_subject`` is false for items that nothing but their scale holds together.
    """

    name: str
    label: str | dict[str, str]
    scale: str
    items: list[DraftItem]
    why: list[str] = field(default_factory=list)
    one_subject: bool = True


@dataclass
class DraftGroup:
    """A column that divides respondents."""

    name: str
    column: str
    label: str = ""
    labels: dict[object, str] = field(default_factory=dict)
    missing: list[object] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


@dataclass
class DraftVariable:
    """A number, a text, a date, a duration, or an attention item."""

    name: str
    column: str
    label: str = ""
    type: str = ""
    unit: str = ""
    min: float | None = None
    max: float | None = None
    missing: list[object] = field(default_factory=list)
    instructed: object = None
    why: list[str] = field(default_factory=list)
