"""How results display when they end a notebook cell.

A result imports nothing from here; it is known by the module and name of its class, so that nothing heavy is
imported before it is used. A result without a drawing of its own shows its frames as tables, then its
warnings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

from workbench.errors import SpecificationError
from workbench.show.html import Shown, together
from workbench.show.study import verdicts, warnings
from workbench.show.tables import table

Drawing = Callable[[Any], Shown]
MOST_ROWS = 30
_DRAWINGS: dict[tuple[str, str], Drawing] = {}


def draws(module: str, name: str) -> Callable[[Drawing], Drawing]:
    """Register the decorated function as the drawing of class ``name`` of ``module``, and of its heirs.

    Parameters
    ----------
    module : where the class is defined, without importing it.
    name : of the class.

    Examples
    --------
    >>> from workbench import show
    >>> @show.draws("collections", "Counter")
    ... def draw(counts, **options):
    ...     return show.points(f"{name}: {count}" for name, count in counts.items())
    ...
    >>> from collections import Counter
    >>> print(show.result(Counter("abba")))
    - a: 2
    - b: 2
    """

    def register(drawing: Drawing) -> Drawing:
        _DRAWINGS[module, name] = drawing
        return drawing

    return register


def result(value: Any, **options: Any) -> Shown:
    """Show a result of the workbench; ``options`` go to its drawing.

    Parameters
    ----------
    value : a result of the workbench, or of a class with a drawing (`draws`).
    options : of its drawing, such as ``labels``.

    Examples
    --------
    >>> from workbench import measurement, show
    >>> from workbench.datasets import open_dataset
    >>> found = measurement.kmo(open_dataset("customer_survey").items("satisfaction", "loyalty"))
    >>> print(str(show.result(found))[:36])
    items
    item  msa
    ----  ---
    sat1  .83
    """
    for kind in type(value).__mro__:
        drawing = _DRAWINGS.get((kind.__module__, kind.__name__))
        if drawing is not None:
            return drawing(value, **options)
    if not is_dataclass(value) or isinstance(value, type):
        raise SpecificationError(f"{type(value).__name__} is not a result of the workbench")
    return _frames(value)


def _frames(value: Any) -> Shown:
    """Every frame of a result as a table, then its warnings; of a long frame the first rows."""
    frames = {field.name: getattr(value, field.name) for field in fields(value)}
    parts = [
        table(
            part.head(MOST_ROWS),
            title=name.replace("_", " "),
            note=f"{len(part) - MOST_ROWS:,} more rows: see {name}." if len(part) > MOST_ROWS else None,
        )
        for name, part in frames.items()
        if hasattr(part, "to_csv")
    ]
    if hasattr(value, "warnings"):
        parts.append(warnings(value))
    return together(*parts)


def register_with_ipython(shell: Any) -> None:
    """Let IPython display every registered result through its drawing."""
    formatter = shell.display_formatter.mimebundle_formatter
    for module, name in _DRAWINGS:
        formatter.for_type_by_name(module, name, _bundle)


def _bundle(value: Any, include: Any = None, exclude: Any = None) -> dict[str, str]:
    shown = result(value)
    return {"text/html": shown.html, "text/plain": shown.text}


draws("workbench.evidence.claims", "Verdict")(verdicts)
