"""Three-line tables for notebooks and reports.

A small writer of our own: great-tables brings some 10 KB of ``!important`` CSS and random identifiers with
every table, its style elements would not pass the report's sanitiser, and it has no plain-text twin for the
comparison of stored outputs. Here a table is semantic HTML alone; its looks live in ``assets/tables.css``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from workbench import run_records
from workbench.errors import SpecificationError
from workbench.show import numbers
from workbench.show.html import TABLE, Shown, caption, cell, tag

if TYPE_CHECKING:
    import pandas as pd

P_VALUES = re.compile(r"^(p|p[ _.]?values?|.*_p(value)?)$", re.IGNORECASE)
BOUNDED = frozenset(
    [
        *(
            "cfi",
            "tli",
            "nfi",
            "ifi",
            "gfi",
            "srmr",
            "rmsea",
            "r",
            "r2",
            "alpha",
            "omega",
            "ave",
            "cr",
            "htmt",
        ),
        *("kmo", "msa", "h2", "communality", "auc"),
    ]
)
_END = re.compile(r"_(?:ci_)?(?:lower|upper)$")  # of an interval, behind the name of what was estimated
FIGURE_SPACE, POINT_SPACE = "\N{FIGURE SPACE}", "\N{PUNCTUATION SPACE}"


def table(
    frame: pd.DataFrame | pd.Series,
    *,
    title: str,
    note: str | Sequence[str] | None = None,
    digits: int | Mapping[Any, int] | None = None,
    units: Mapping[Any, str] | None = None,
    labels: Mapping[Any, str] | None = None,
    intervals: Mapping[str, tuple[Any, Any]] | None = None,
    bounded: Collection[Any] = (),
    bounded_rows: Collection[Any] = (),
    at_most: Mapping[Any, float] | None = None,
    p_values: Collection[Any] = (),
    columns: Sequence[Any] | None = None,
    index: bool | None = None,
    name: str | None = None,
) -> Shown:
    """Show a frame as a three-line table, rounded for the eye only.

    Parameters
    ----------
    frame : DataFrame, or Series (shown as one column).
    title, note : heading, and one or several notes beneath (estimator, n, missing, draws, seed).
    digits : decimals of floating columns: one number, or one a column (0 for whole numbers, else 2).
    units : column -> unit, written in the head under the label.
    labels : column or index name -> text of the head; also relabels row labels and text cells found in it.
    intervals : head -> (lower column, upper column), written as one column ``[lower, upper]`` in the place of
        the lower one.
    bounded : columns that cannot exceed 1 and lose their leading zero (names such as cfi or r2 are known).
    bounded_rows : labels of rows whose numbers cannot exceed 1, where other rows of the column can.
    at_most : column -> the least that it can tell; a number that is no more is written ``≤ 100``.
    p_values : columns written as p-values (names such as p, pvalue, x_p are known).
    columns : the columns to show, in order; the CSV still holds all.
    index : show the row labels; by default unless they merely count the rows.
    name : also keep the frame at full precision as ``tables/<name>.csv`` of the run.

    Raises
    ------
    SpecificationError : a column that the frame does not have.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import show
    >>> print(show.table(pd.DataFrame({"r": [0.123456]}, ["use"]), title="Correlations"))
    Correlations
           r
    ---  ---
    use  .12
    """
    frame = frame.to_frame() if frame.ndim == 1 else frame
    if name is not None:
        run_records.write_table(name, frame)
        run_records.record("table", {"name": name, "title": title})
    named = [*(columns or ()), *(units or ()), *bounded, *p_values, *sum((intervals or {}).values(), ())]
    named += list(digits) if isinstance(digits, Mapping) else []
    unknown = [column for column in named if column not in frame.columns and column not in (intervals or {})]
    if unknown:
        raise SpecificationError(
            f"table {title!r}: the frame has no column {unknown[0]!r}; "
            f"it has {', '.join(map(str, frame.columns))}"
        )
    shown = frame[list(columns)] if columns is not None else frame
    labels = labels or {}
    heads, cells, numeric = _columns(
        shown, digits, units or {}, labels, intervals or {}, bounded, p_values, frame,
        [key in bounded_rows for key in frame.index], at_most or {},
    )  # fmt: skip
    stubs, stub_heads = _stubs(shown, labels, index)
    notes = [note] if isinstance(note, str) else list(note or ())
    return Shown(
        _html(title, stub_heads, stubs, heads, cells, numeric, notes),
        _text(title, stub_heads, stubs, heads, cells, numeric, notes),
    )


def _columns(
    shown: pd.DataFrame,
    digits: int | Mapping[Any, int] | None,
    units: Mapping[Any, str],
    labels: Mapping[Any, str],
    intervals: Mapping[str, tuple[Any, Any]],
    bounded: Collection[Any],
    p_values: Collection[Any],
    frame: pd.DataFrame,
    rows: Sequence[bool],
    at_most: Mapping[Any, float],
) -> tuple[list[tuple[str, str]], list[list[str]], list[bool]]:
    """Heads (label, unit), formatted cells by column, and whether each column is numeric.

    ``rows``: whether a row's numbers cannot exceed 1. The rest as in `table`.
    """
    lower_of = {lower: head for head, (lower, upper) in intervals.items()}
    hidden = {upper for lower, upper in intervals.values()}
    heads, cells, numeric = [], [], []
    before = False  # whether the estimate that an interval stands behind cannot exceed 1

    def decimals(column: Any) -> int:
        given = digits.get(column) if isinstance(digits, Mapping) else digits
        return 2 if given is None else given

    for position, column in enumerate(shown.columns):
        if column in hidden:
            continue
        series = shown.iloc[:, position]
        unit = units.get(column, "")
        if column in lower_of:
            upper = frame[intervals[lower_of[column]][1]]
            drop = column in bounded or before or _is_bounded(_END.sub("", str(column)))
            column_cells = [
                numbers.interval(low, high, decimals(column), bounded=drop or row)
                for low, high, row in zip(series, upper, rows, strict=True)
            ]
            heads.append((lower_of[column], units.get(lower_of[column], unit)))
            cells.append(column_cells)
            numeric.append(True)
            continue
        heads.append((_label(column, labels), unit))
        is_number = series.dtype.kind in "iufIUF" or (
            series.dtype == object and len(series) > 0 and all(_is_number(v) for v in series)
        )
        numeric.append(is_number)
        if not is_number:
            cells.append([_cell(value, labels) for value in series])
        elif column in p_values or P_VALUES.match(str(column)):
            cells.append(_align([numbers.p_value(value) for value in series]))
        else:
            whole = all(numbers.missing(v) or float(v).is_integer() for v in series)
            given = digits.get(column) if isinstance(digits, Mapping) else digits
            places = 0 if whole and (given is None or series.dtype.kind in "iu") else decimals(column)
            drop = column in bounded or _is_bounded(column)
            before = before if str(column).lower() == "se" else drop
            least = at_most.get(column, -math.inf)
            written = [
                "≤ " * (not numbers.missing(value) and value <= least)
                + numbers.number(value, places, bounded=drop or row)
                for value, row in zip(series, rows, strict=True)
            ]
            cells.append(_align(written))
    return heads, cells, numeric


def _is_bounded(column: Any) -> bool:
    return str(column).lower() in BOUNDED


def _is_number(value: Any) -> bool:
    return not isinstance(value, (bool, str)) and (numbers.missing(value) or hasattr(value, "__float__"))


def _label(key: Any, labels: Mapping[Any, str]) -> str:
    if key in labels:
        return str(labels[key])
    if isinstance(key, tuple):
        return " · ".join(str(labels.get(part, part)) for part in key if part != "")
    return str(key)


def _cell(value: Any, labels: Mapping[Any, str]) -> str:
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if numbers.missing(value):
        return numbers.MISSING
    try:
        return str(labels.get(value, value))
    except TypeError:  # an unhashable cell (a list) has no label
        return str(value)


def _stubs(
    shown: pd.DataFrame, labels: Mapping[Any, str], index: bool | None
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Row labels (one tuple per row) and their heads; empty when the index only counts the rows."""
    counting = shown.index.nlevels == 1 and shown.index.name is None and shown.index.dtype.kind in "iu"
    if index is False or (index is None and counting):
        return [()] * len(shown), []
    rows = [key if isinstance(key, tuple) else (key,) for key in shown.index]
    heads = [labels.get(None, "") if level is None else _label(level, labels) for level in shown.index.names]
    return [tuple(_cell(part, labels) for part in row) for row in rows], heads


def _align(texts: list[str]) -> list[str]:
    """Pad with figure spaces, so that right-aligned numbers of different decimals meet at the point."""
    tails = [len(text.rpartition(".")[2]) if "." in text else -1 for text in texts]
    longest = max(tails, default=-1)
    if longest < 0:
        return texts
    return [
        text + ("" if tail >= 0 else POINT_SPACE) + FIGURE_SPACE * (longest - max(tail, 0))
        if tail < longest and text != numbers.MISSING
        else text
        for text, tail in zip(texts, tails, strict=True)
    ]


def _html(
    title: str,
    stub_heads: Sequence[str],
    stubs: Sequence[tuple[str, ...]],
    heads: Sequence[tuple[str, str]],
    cells: Sequence[Sequence[str]],
    numeric: list[bool],
    notes: Sequence[str],
) -> str:
    head = [cell("th", escape(text), scope="col", place="head") for text in stub_heads]
    for (label, unit), is_number in zip(heads, numeric, strict=True):
        below = f"<br>{tag('span', escape(unit), class_='wb-unit')}" if unit else ""
        head.append(cell("th", escape(label), below, scope="col", right=is_number, place="head"))
    shown = [_once(column) if not place and not stub_heads and not numeric[0] else column
             for place, column in enumerate(cells)]  # fmt: skip
    if stubs and len(stubs[0]) == 1:
        stubs = [(text,) for text in _once([stub[0] for stub in stubs])]
    body, before = [], None
    for row, stub in enumerate(stubs):
        # A row label of an outer level is written once, as a reader of grouped rows expects.
        parts = [
            ""
            if before is not None and stub[: level + 1] == before[: level + 1] and level < len(stub) - 1
            else text
            for level, text in enumerate(stub)
        ]
        place = "last" if row == len(stubs) - 1 else ""
        line = [cell("th", escape(text), scope="row", place=place) for text in parts]
        line += [
            cell("td", escape(column[row]), right=is_number, place=place)
            for column, is_number in zip(shown, numeric, strict=True)
        ]
        body.append(tag("tr", *line))
        before = stub
    inner = tag(
        "table",
        caption(title),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        class_="wb-table",
        style=TABLE,
    )
    beneath = "".join(tag("p", escape(note), class_="wb-note", style="font-size: small") for note in notes)
    return tag("div", inner, beneath, class_="wb-table-box")


def _once(texts: Sequence[str]) -> Sequence[str]:
    """A first column of words that names groups of rows: the name stands at the first of its rows alone."""
    first = [place == 0 or text != texts[place - 1] for place, text in enumerate(texts)]
    if sum(first) > len(set(texts)):  # it comes back further down, so it names no groups
        return texts
    return [text if begins else "" for text, begins in zip(texts, first, strict=True)]


def _text(
    title: str,
    stub_heads: Sequence[str],
    stubs: Sequence[tuple[str, ...]],
    heads: Sequence[tuple[str, str]],
    cells: Sequence[Sequence[str]],
    numeric: list[bool],
    notes: Sequence[str],
) -> str:
    top = [*stub_heads, *(f"{label} ({unit})" if unit else label for label, unit in heads)]
    rows = [[*stub, *(column[row] for column in cells)] for row, stub in enumerate(stubs)]
    right = [False] * len(stub_heads) + numeric
    widths = [max(map(_width, column)) for column in zip(top, *rows, strict=True)]

    def line(texts: Sequence[str]) -> str:
        parts = []
        for text, width, is_right in zip(texts, widths, right, strict=True):
            gap = " " * (width - _width(text))
            parts.append(gap + text if is_right else text + gap)
        return "  ".join(parts).rstrip()

    return "\n".join([title, line(top), "  ".join("-" * width for width in widths), *map(line, rows), *notes])


def _width(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
