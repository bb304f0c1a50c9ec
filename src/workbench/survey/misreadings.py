"""What went wrong as a whole: one message where many cells are wrong for one reason.

A second header row makes every column's first cell no number; a scale of 1 to 7 refuses every 8, 9 and 10 of
a ten-point question. Said cell by cell this is 285 faults, and none of them says what it is.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from workbench.errors import Fault
from workbench.survey.amounts import column_amounts
from workbench.survey.cells import Misread
from workbench.survey.codebook import Codebook
from workbench.survey.grids import Cell
from workbench.survey.raw_table import RawTable
from workbench.survey.texts import clean, fold

REPEATED = 6  # cells that are wrong for one reason, up to which each is a fault of its own
HEADER_WITHIN = 20  # rows below the first among which a header that slipped is looked for
_TOTAL = re.compile(
    r"(grand\s+)?totals?|sums?|averages?|means?|n|count|gesamt|summe|mittelwert|total\s+general|promedio|"
    r"合计|总计|共计|小计|平均|平均值|均值|总和|合計|總計|平均分|合计/平均",
    re.I,
)


def missing_columns(table: RawTable, codebook: Codebook) -> list[Fault]:
    """Columns that the codebook names and the file lacks, or the one reason why many are not there."""
    wanted = list(codebook.headers.values())
    lacking = [header for header in wanted if header not in table.columns]
    doubled = [
        Fault(
            f"column {header!r} stands twice (positions {' and '.join(map(str, table.doubled[header]))})",
            table.file,
            row=1,
            column=header,
            fix=f"Rename or delete one of the two, or name the second one too: 'column: {header} (2)'",
        )
        for header in wanted
        if header in table.doubled and not any(one.startswith(f"{header} (") for one in wanted)
    ]
    if not lacking:
        return doubled
    whole = (_on_another_sheet(table, wanted) if len(lacking) * 2 > len(wanted) else None) or (
        _another_header(table, wanted)
    )
    if whole is not None:
        return [whole]
    spare = {fold(header): header for header in table.columns if header not in wanted}
    faults = []
    for header in lacking:
        close = [spare[key] for key in difflib.get_close_matches(fold(header), spare, n=1)]
        fix = f"Did you mean {close[0]!r}?" if close else f"The file has: {some(list(table.columns))}"
        faults.append(
            Fault("the codebook names a column that the file lacks", table.file, column=header, fix=fix)
        )
    return faults + doubled


def some(names: Sequence[str], most: int = 12) -> str:
    """Names in one line, with how many more there are."""
    return ", ".join(names[:most]) + (f" … and {len(names) - most} more" if len(names) > most else "")


def _on_another_sheet(table: RawTable, wanted: Sequence[str]) -> Fault | None:
    for sheet, rows in table.others.items():
        for number, row in enumerate(rows, 1):
            if _holds(row, wanted):
                above = f", title_rows: {number - 1}" if number > 1 else ""
                what = f"the codebook's columns stand on the sheet {sheet!r}, and {table.sheet!r} was read"
                fix = f"Say 'file: {{sheet: {sheet}{above}}}' in the codebook, or --sheet"
                return Fault(what, table.file, fix=fix)
    return None


def _another_header(table: RawTable, wanted: Sequence[str]) -> Fault | None:
    """One fault where the row that was read as the header is not the codebook's header at all."""
    here = set(table.columns)
    if set(wanted) & here or {fold(name) for name in wanted} & {fold(name) for name in here}:
        return None
    header_row = table.number(0) - 1
    what = f"no column of the codebook is in row {header_row}, which has: {some(list(table.columns))}"
    tops = [column[:HEADER_WITHIN] for column in table.columns.values()]
    for place, found in enumerate(zip(*tops, strict=True)):
        if _holds(found, wanted):
            row = table.number(place)
            fix = f"The header stands in row {row}: say 'file: {{title_rows: {row - 1}}}' in the codebook"
            return Fault(what, table.file, row=header_row, fix=fix)
    fix = f"Name the columns as in the codebook, which has: {some(list(wanted))}"
    if len(here) == 1 < len(wanted):
        fix = f"Divide the columns by commas, semicolons or tabs. {fix}"
    return Fault(what, table.file, row=header_row, fix=fix)


def _holds(row: Sequence[Cell], wanted: Sequence[str]) -> bool:
    """Whether a row is the header: half of the codebook's columns stand in it."""
    return len(set(wanted) & {clean(str(cell)) for cell in row}) * 2 >= max(len(wanted), 1)


def as_few_faults(misread: Sequence[Misread], table: RawTable, codebook: Codebook) -> list[Fault]:
    """The faults of the cells, those that have one reason as one fault.

    Parameters
    ----------
    misread : the cells that were not understood.
    table, codebook : what they were read from and by.
    """
    header = _header_rows(misread, table)
    if header is not None:
        return [header]
    total = total_row(table)
    if total is not None:
        return [total]
    left, faults = list(misread), []
    for kinds, explain in ((("outside",), _scale), (("words",), _unlabelled), (("fraction",), _fractions)):
        for scale in codebook.scales:
            alike = [one for one in left if one.kind in kinds and _scale_of(one, codebook) == scale]
            if len(alike) > REPEATED:
                faults.append(explain(scale, alike, table, codebook))
                left = [one for one in left if one not in alike]
    order = {header: number for number, header in enumerate(table.columns)}
    rest = sorted((one.fault for one in left), key=lambda f: (f.row or 0, order.get(f.column or "", 0)))
    return [*faults, *_without_repeats(rest)]


def _scale_of(one: Misread, codebook: Codebook) -> str | None:
    item = codebook.items.get(one.name)
    return codebook.constructs[item.construct].scale_name if item else None


def _header_rows(misread: Sequence[Misread], table: RawTable) -> Fault | None:
    """Rows above the answers that are header too: most columns cannot read them, and can read the rest."""
    by_place = Counter(one.place for one in misread if one.kind in ("words", "number", "group"))
    numeric = {one.name for one in misread if one.kind in ("words", "number", "group")}
    rows = 0
    while by_place.get(rows, 0) * 2 > len(numeric) and by_place.get(rows, 0) > 1:
        rows += 1
    if not rows or rows > 4 or sum(by_place[place] for place in range(rows)) * 2 < sum(by_place.values()):
        return None
    shown = next(one.cell for one in misread if one.place == 0)
    first, head = table.number(0), max(len(table.heads), 1)
    those = f"row {first} is" if rows == 1 else f"rows {first} to {table.number(rows - 1)} are"
    what = f"{those} header and no answers ({clean(str(shown))[:40]!r}, for instance)"
    fix = f"Say 'file: {{header_rows: {head + rows}}}' in the codebook"
    return Fault(what, table.file, row=first, fix=fix)


def total_row(table: RawTable) -> Fault | None:
    """A last row that sums up the others: it says "Total", and its numbers are sums or means of them."""
    below = total_rows(list(table.columns.values()), table)
    if not below:
        return None
    row = table.number(table.rows - below)
    word = next(
        (clean(str(column[-below])) for column in table.columns.values() if _is_total(column[-below])), ""
    )
    what = f"row {row} sums up the rows above ({word!r}) and is no answer"
    fix = f"Say 'file: {{footer_rows: {below}}}' in the codebook, or delete the row"
    return Fault(what, table.file, row=row, fix=fix)


def total_rows(columns: Sequence[Sequence[Cell]], table: RawTable) -> int:
    """How many rows at the end sum up the others; 0 for none."""
    length = table.rows
    found = 0
    for below in range(1, min(4, length - 1) + 1):
        last = [column[length - below] for column in columns]
        if any(_is_total(cell) for cell in last) and _sums_up(columns, length - below, table):
            found = below
    return found


def _is_total(cell: Cell) -> bool:
    return isinstance(cell, str) and bool(_TOTAL.fullmatch(clean(cell).rstrip(":：")))


def _sums_up(columns: Sequence[Sequence[Cell]], place: int, table: RawTable) -> bool:
    """Whether most numbers of a row are the sum, the mean or the count of their column above."""
    right = checked = 0
    for column in columns:
        amounts = column_amounts(column, table.decimal, comma_likely=table.comma_likely)
        here = amounts.read(column[place])
        above = [one.value for cell in column[:place] if (one := amounts.read(cell)) is not None]
        if here is None or len(above) < 2:
            continue
        checked += 1
        close = max(0.006, abs(here.value) * 1e-4)
        right += any(abs(here.value - value) <= close for value in (sum(above), fmean(above), len(above)))
    return checked > 0 and right * 2 > checked


def _counts(alike: Sequence[Misread], most: int = 8) -> str:
    values = Counter(clean(str(one.cell)) for one in alike)
    shown = sorted(values, key=lambda text: (-values[text], text))[:most]
    more = f" and {len(values) - most} other values" if len(values) > most else ""
    return ", ".join(f"{text[:30]!r} {values[text]:,} times" for text in shown) + more


def _where(alike: Sequence[Misread]) -> str:
    columns = list(dict.fromkeys(one.fault.column or "" for one in alike))
    items = "item" if len(columns) == 1 else "items"
    return f"{len(alike):,} answers of {len(columns)} {items} ({some(columns, 4)})"


def _scale(name: str, alike: Sequence[Misread], table: RawTable, codebook: Codebook) -> Fault:
    """Answers outside a scale: the scale is another one, or a code for no answer was not named."""
    scale = codebook.scales[name]
    values = sorted({value for one in alike if (value := _number(one, table)) is not None})
    low, high = min([*values, scale.min]), max([*values, scale.max])
    what = f"{_where(alike)} lie outside the scale {name!r}, {scale.min:g} to {scale.max:g}: {_counts(alike)}"
    beside = [value for value in values if _beside(value, scale.min, scale.max, values)]
    codes = [value for value in values if value not in beside]
    if beside and not codes:
        fix = f"If the question was answered from {low:g} to {high:g}, say so: 'min: {low:g}, max: {high:g}'"
    elif codes and not beside:
        listed = ", ".join(f"{value:g}" for value in codes)
        fix = f"If these stand for no answer, say 'missing: [{listed}]' for the scale"
    else:
        listed = ", ".join(f"{value:g}" for value in codes)
        fix = f"Widen the scale to what was asked, and list what is no answer: 'missing: [{listed}]'"
    return Fault(what, table.file, row=alike[0].fault.row, column=alike[0].fault.column, fix=fix)


def _beside(value: float, low: float, high: float, values: Sequence[float]) -> bool:
    """Whether a value continues the scale without a gap of more than one step."""
    reached, steps = high, sorted(one for one in values if one > high)
    for one in steps:
        if one - reached > 2 or one - high > high - low + 1:
            break
        reached = one
    if high < value <= reached:
        return True
    return low - 1 <= value < low


def _number(one: Misread, table: RawTable) -> float | None:
    column = table.columns[one.fault.column or ""]
    read = column_amounts(column, table.decimal, comma_likely=table.comma_likely).read(one.cell)
    return read.value if read else None


def _unlabelled(name: str, alike: Sequence[Misread], table: RawTable, codebook: Codebook) -> Fault:
    scale = codebook.scales[name]
    labels = ", ".join(f"{code:g}: {text}" for code, text in scale.labels.items()) or "none"
    what = f"{_where(alike)} are words for which the scale {name!r} has no label: {_counts(alike)}"
    fix = f"Give the scale these labels ('labels: {{1: …}}'; it has {labels}), or list them under missing"
    return Fault(what, table.file, row=alike[0].fault.row, column=alike[0].fault.column, fix=fix)


def _fractions(name: str, alike: Sequence[Misread], table: RawTable, codebook: Codebook) -> Fault:
    what = f"{_where(alike)} are fractions on the scale {name!r} of whole numbers: {_counts(alike)}"
    fix = "If answers lie between the numbers, say 'continuous: true' for the scale"
    return Fault(what, table.file, row=alike[0].fault.row, column=alike[0].fault.column, fix=fix)


def _without_repeats(faults: Sequence[Fault]) -> list[Fault]:
    """Faults in their order; the same value in many rows of a column is one fault that names some rows."""
    same: dict[tuple[object, ...], list[Fault]] = {}
    for fault in faults:
        same.setdefault((fault.column, fault.what, repr(fault.value)), []).append(fault)
    for alike in same.values():
        if len(alike) > REPEATED:
            rows = ", ".join(str(fault.row) for fault in alike[1:REPEATED])
            what = f"{alike[0].what} (the same in {len(alike) - 1:,} rows below: {rows} …)"
            alike[:] = [replace(alike[0], what=what)]
    return sorted((fault for alike in same.values() for fault in alike), key=lambda fault: fault.row or 0)
