"""Answers with their meaning: the one door through which a questionnaire comes in.

`open_survey` reads a file, checks every cell against the codebook, recodes missing codes, reverses what the
codebook says is reversed, and keeps an account of all of it in ``Survey.notes``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import DataError, Fault
from workbench.survey import cells
from workbench.survey.codebook import Codebook, Construct, Kind, Role, read_codebook
from workbench.survey.files import RawTable, read_file, read_frame
from workbench.survey.texts import clean, fold

if TYPE_CHECKING:
    import pandas as pd

NOTE_COLUMNS = ["topic", "column", "value", "cells", "note"]


@dataclass(frozen=True, eq=False)
class Survey:
    """Answers and codebook of one questionnaire.

    ``responses``: DataFrame, one row a respondent in the order of the file, RangeIndex; items and numeric
    variables are float64 (missing: NaN), items already reversed where the codebook says so; groups and texts
    are text; the id is int64 or text. ``notes``: what reading found and changed, with counts. ``extra``:
    columns of the file that the codebook does not name, untouched. ``file``, ``sha256``, ``rows``: the file
    as read.
    """

    responses: pd.DataFrame
    codebook: Codebook
    notes: pd.DataFrame
    extra: pd.DataFrame
    file: str
    sha256: str
    rows: int

    @property
    def title(self) -> str:
        return self.codebook.title

    @property
    def kind(self) -> Kind:
        return self.codebook.kind

    @property
    def source(self) -> str:
        return self.codebook.source

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the grouping columns."""
        return tuple(self.codebook.groups)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the other columns."""
        return tuple(self.codebook.variables)

    def constructs(self, role: Role | None = None) -> tuple[str, ...]:
        """Names of the constructs, all of them or those with one role."""
        parts = self.codebook.constructs.values()
        return tuple(part.name for part in parts if role is None or part.role == role)

    def construct(self, name: str) -> Construct:
        """One construct: label, role, scale, items."""
        self.require(name)
        return self.codebook.constructs[name]

    def items(self, *constructs: str) -> pd.DataFrame:
        """The items of one or more constructs (none named: of all), scored in the construct's direction."""
        if not constructs:
            return self.responses[list(self.codebook.items)]
        self.require(*constructs)
        names = [item for name in constructs for item in self.codebook.constructs[name].items]
        return self.responses[names]

    def as_answered(self, *constructs: str) -> pd.DataFrame:
        """The items as they were ticked, reversed items not turned, in the order of the file."""
        given = self.items(*constructs)
        given = given[[name for name in self.responses.columns if name in given.columns]].copy()
        for name in given.columns:
            item = self.codebook.items[name]
            if item.reverse:
                given[name] = item.scale.min + item.scale.max - given[name]
        return given

    def require(
        self,
        *constructs: str,
        groups: Sequence[str] = (),
        variables: Sequence[str] = (),
        items: Sequence[str] = (),
    ) -> Survey:
        """This survey, if it has all that a study needs; otherwise one ``DataError`` says what is lacking."""
        asked: tuple[tuple[str, Sequence[str], Iterable[str]], ...] = (
            ("construct", constructs, self.codebook.constructs),
            ("group", groups, self.codebook.groups),
            ("variable", variables, self.codebook.variables),
            ("item", items, self.codebook.items),
        )
        faults = []
        for part, needed, present in asked:
            present = tuple(present)
            lacking = [name for name in needed if name not in present]
            if not lacking:
                continue
            close = {name: difflib.get_close_matches(name, present, n=1) for name in lacking}
            guesses = "".join(
                f" Is {match[0]!r} meant for {name!r}?" for name, match in close.items() if match
            )
            there = ", ".join(present) or "none"
            lacks = f"{part}{'s' * (len(lacking) > 1)} {', '.join(lacking)}"
            what = f"the codebook lacks the {lacks}; it has: {there}"
            fix = f"Name the columns that hold them under {part}s in the codebook.{guesses}"
            faults.append(Fault(what, self.codebook.file or self.file, fix=fix))
        if faults:
            raise DataError(faults)
        return self

    def group_counts(self) -> pd.DataFrame:
        """Who answered: respondents and share by value of every grouping column, missing ones too."""
        import pandas as pd

        rows = [
            (name, "(missing)" if value != value else value, count, count / len(self.responses))
            for name in self.groups
            for value, count in self.responses[name].value_counts(dropna=False).items()
        ]
        return pd.DataFrame(rows, columns=["group", "value", "respondents", "share"])

    def subset(self, chosen: pd.Series, why: str) -> Survey:
        """The respondents for whom ``chosen`` (boolean) is true; ``why`` goes into the notes."""
        kept = chosen.fillna(False).to_numpy(dtype=bool)
        left_out = int((~kept).sum())
        return replace(
            self,
            responses=self.responses[kept].reset_index(drop=True),
            extra=self.extra[kept].reset_index(drop=True),
            notes=_note_table([*self.notes.to_dict("split")["data"], ("subset", "", "", left_out, why)]),
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(repr(self))}</p>"

    def __repr__(self) -> str:
        return (
            f"Survey {self.title!r} ({self.kind}): {len(self.responses)} respondents, "
            f"{len(self.codebook.constructs)} constructs, {len(self.codebook.items)} items, "
            f"{len(self.notes)} notes"
        )


def open_survey(file: str | Path, codebook: str | Path | Codebook) -> Survey:
    """Open a file of answers with its codebook.

    Parameters: ``file``, CSV or TSV (UTF-8, UTF-16 with mark, GB18030, Big5), Excel, SPSS .sav or Parquet;
    ``codebook``, a YAML file or a codebook already read.
    Errors: ``CodebookError``, ``DataError``; each lists every fault with file, row or line, column, value.
    """
    meaning = codebook if isinstance(codebook, Codebook) else read_codebook(codebook)
    labels = [text.zh for scale in meaning.scales.values() for text in scale.labels.values()]
    labels += [text.zh for group in meaning.groups.values() for text in group.labels.values()]
    return _survey(read_file(file, [*meaning.headers.values(), *filter(None, labels)]), meaning)


def survey_from_frame(frame: pd.DataFrame, codebook: str | Path | Codebook, name: str) -> Survey:
    """The same for a DataFrame; ``name`` stands in messages and provenance where a file's name would."""
    meaning = codebook if isinstance(codebook, Codebook) else read_codebook(codebook)
    return _survey(read_frame(frame, name), meaning)


def _survey(table: RawTable, codebook: Codebook) -> Survey:
    import pandas as pd

    _all_there(table, codebook)
    tally = cells.Tally()
    columns: dict[str, pd.Series] = {}
    names = {header: name for name, header in codebook.headers.items()}
    for header in table.columns:
        name = names.get(header)
        if name is None:
            continue
        if name == codebook.id:
            ids = cells.read_id(name, table, tally)
            whole = all(isinstance(value, int) for value in ids)
            columns[name] = pd.Series(ids, dtype="int64" if whole else "str")
        elif name in codebook.items:
            columns[name] = pd.Series(cells.read_item(codebook.items[name], table, tally), dtype="float64")
        elif name in codebook.groups:
            texts = cells.read_group(name, codebook.groups[name], table, tally)
            columns[name] = pd.Series(texts, dtype="str")
        elif name in codebook.variables:
            values = cells.read_variable(name, codebook.variables[name], table, tally)
            number = all(isinstance(value, float) for value in values)
            columns[name] = pd.Series(values, dtype="float64" if number else "str")
    if tally.faults:
        order = {header: number for number, header in enumerate(table.columns)}
        faults = sorted(tally.faults, key=lambda fault: (fault.row or 0, order[fault.column or ""]))
        raise DataError(_without_repeats(faults))
    responses = pd.DataFrame(columns, index=pd.RangeIndex(table.rows))
    notes = [*table.notes, *((*key[:3], count, key[3]) for key, count in tally.counts.items())]
    for name, item in codebook.items.items():
        if item.reverse:
            responses[name] = item.scale.min + item.scale.max - responses[name]
            how = f"answers were turned: {item.scale.min:g} + {item.scale.max:g} − answer"
            notes.append(("reversed", name, "", int(responses[name].notna().sum()), how))
    for name in responses.columns[responses.isna().all()]:
        notes.append(("no answers", name, "", table.rows, "every cell is missing"))
    extra = [header for header in table.columns if header not in names]
    for name in extra:
        filled = sum(cell not in (None, "") for cell in table.columns[name])
        notes.append(("not in codebook", name, "", filled, "kept aside in survey.extra"))
    notes += _label_notes(table, codebook)
    return Survey(
        responses,
        codebook,
        _note_table(notes),
        pd.DataFrame(
            {name: pd.Series(table.columns[name], dtype="object") for name in extra}, responses.index
        ),
        table.file,
        table.sha256,
        table.rows,
    )


def _all_there(table: RawTable, codebook: Codebook) -> None:
    wanted = codebook.headers
    spare = [header for header in table.columns if header not in wanted.values()]
    by_fold = {fold(name): name for name in spare}
    faults = []
    for header in wanted.values():
        if header in table.columns:
            continue
        close = [by_fold[key] for key in difflib.get_close_matches(fold(header), by_fold, n=1)]
        fix = f"Did you mean {close[0]!r}?" if close else f"The file has: {_some(list(table.columns))}"
        faults.append(
            Fault("the codebook names a column that the file lacks", table.file, column=header, fix=fix)
        )
    if faults:
        raise DataError(_header_fault(table, codebook) or faults)


def _header_fault(table: RawTable, codebook: Codebook) -> Fault | None:
    """One fault instead of one a column where the file's first row is not the codebook's header at all."""
    columns = set(codebook.headers.values())
    if columns & set(table.columns) or {fold(name) for name in columns} & {fold(n) for n in table.columns}:
        return None
    there, wanted = _some(list(table.columns)), _some(list(codebook.headers.values()))
    what = f"no column of the codebook is in the first row, which has: {there}"
    tops = [column[:HEADER_WITHIN] for column in table.columns.values()]
    for row, found in enumerate(zip(*tops, strict=True), 2):
        if len(columns & {clean(str(cell)) for cell in found}) * 2 >= len(columns):
            fix = f"The header stands in row {row}: delete what is above it"
            return Fault(what, table.file, row=1, fix=fix)
    fix = f"Name the columns as in the codebook, which has: {wanted}"
    if len(table.columns) == 1 < len(columns):
        fix = f"Divide the columns by commas, semicolons or tabs. {fix}"
    return Fault(what, table.file, row=1, fix=fix)


HEADER_WITHIN = 20  # rows below the first among which a header that slipped is looked for


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


REPEATED = 6  # rows with one bad value of a column up to which each is a fault of its own


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" … and {len(names) - most} more" if len(names) > most else "")


def _label_notes(table: RawTable, codebook: Codebook) -> list[tuple[str, str, object, int, str]]:
    """SPSS value labels set against the codebook's: where they disagree one of them is wrong."""
    notes: list[tuple[str, str, object, int, str]] = []
    ours = {item.name: item.scale.labels for item in codebook.items.values()}
    ours |= {name: group.labels for name, group in codebook.groups.items()}
    for name, known_labels in ours.items():
        for code, words in table.value_labels.get(codebook.headers[name], {}).items():
            known = known_labels.get(code)
            if known is None:
                notes.append(
                    ("value label", name, f"{code}", 0, f"SPSS: {words}; the codebook has no label for it")
                )
            elif fold(words) not in (fold(known.en), fold(known.zh)):
                text = f"SPSS says {words}, the codebook says {known}: check the direction of the scale"
                notes.append(("value labels differ", name, f"{code}", 0, text))
    return notes


def _note_table(notes: Iterable[Sequence[object]]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (topic, column, "" if value is None else str(value), count, text)
        for topic, column, value, count, text in notes
    ]
    table = pd.DataFrame(rows, columns=NOTE_COLUMNS)
    return table.astype({"topic": "str", "column": "str", "value": "str", "cells": "int64", "note": "str"})
