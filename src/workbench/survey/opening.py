"""The one door through which a questionnaire comes in.

`open_survey` reads a file, checks every cell against the codebook, recodes missing codes, reverses what the
codebook says is reversed, and keeps an account of all of it in ``Survey.notes``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import CodebookError, DataError, Fault
from workbench.survey import cells
from workbench.survey.codebook import Codebook, read_codebook
from workbench.survey.files import read_file
from workbench.survey.misreadings import as_few_faults, missing_columns, total_row
from workbench.survey.raw_table import RawTable
from workbench.survey.recoded import TOPIC as RECODED
from workbench.survey.recoded import recoded_items
from workbench.survey.responses import Survey, note_table
from workbench.survey.texts import fold

if TYPE_CHECKING:
    import pandas as pd

LONGEST_NUMBER = 10_000  # bits of a whole number: Python writes no text of much larger ones
LARGE = 10_000_000  # cells


def open_survey(
    file: str | Path,
    codebook: str | Path | Codebook,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Survey:
    """Open a file of answers with its codebook.

    Parameters
    ----------
    file : CSV or TSV, Excel, SPSS .sav, Stata .dta or Parquet. A text's encoding is found among UTF-8,
        UTF-16, GB18030, Big5, Shift-JIS, EUC-JP, CP949, CP1252 and CP1251.
    codebook : a YAML file or a codebook already read.
    encoding, sheet : take the place of the codebook's ``file: {encoding, sheet}``.

    Raises
    ------
    CodebookError, DataError : each lists every fault with file, row or line, column, value.

    Examples
    --------
    >>> from workbench import survey
    >>> from workbench.resources import DATA
    >>> file, codebook = DATA / "printed" / "ten_firms.csv", DATA / "codebooks" / "ten_firms.yaml"
    >>> firms = survey.open_survey(file, codebook)
    >>> firms.rows, firms.kind
    (10, 'printed')
    """
    from workbench.doors import kind_of, optional, text

    if (isinstance(file, str) and not file) or not isinstance(file, str | Path):
        fix = "open_survey('answers.csv', codebook='codebook.yaml'); of a DataFrame: survey_from_frame"
        raise DataError(f"file: the path of a file of answers is needed, not {kind_of(file)}. Write {fix}")
    for name, value in (("encoding", encoding), ("sheet", sheet)):
        optional(text)(name, value)
    meaning = _meaning(codebook)
    given = {key: value for key, value in (("encoding", encoding), ("sheet", sheet)) if value is not None}
    texts = [text.zh or text.en for scale in meaning.scales.values() for text in scale.labels.values()]
    texts += [text.zh or text.en for group in meaning.groups.values() for text in group.labels.values()]
    known = [*meaning.headers.values(), *filter(None, texts)]
    survey = _survey(read_file(file, known, meaning.reading.model_copy(update=given)), meaning)
    if survey.rows * len(meaning.columns) > LARGE:
        give_back_memory()
    return survey


def survey_from_frame(frame: pd.DataFrame, codebook: str | Path | Codebook, name: str) -> Survey:
    """The same for a DataFrame; ``name`` stands in messages and provenance where a file's name would.

    Parameters
    ----------
    frame : answers, a row for each respondent.
    codebook : a YAML file or a codebook already read.
    name : stands in messages and provenance where a file's name would.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import survey
    >>> from workbench.datasets import open_codebook
    >>> frame = pd.DataFrame({name: [6, 8] for name in open_codebook("mobi").columns})
    >>> survey.survey_from_frame(frame, open_codebook("mobi"), "two answers").rows
    2
    """
    import pandas as pd

    from workbench.doors import kind_of, of_polars, text
    from workbench.survey.typed_files import read_frame

    if not isinstance(frame, pd.DataFrame):
        given = of_polars(frame)
        if given is None:
            raise DataError(f"frame: a DataFrame with named columns is needed, not {kind_of(frame)}")
        frame = given
    meaning = _meaning(codebook)
    _refuse_objects(frame, meaning, text("name", name))
    return _survey(read_frame(frame, name), meaning)


def _refuse_objects(frame: pd.DataFrame, codebook: Codebook, name: str) -> None:
    """Raise for cells of the codebook's columns that are lists, arrays or the like, or endless numbers."""
    import pandas as pd

    from workbench.doors import kind_of

    def odd(cell: object, named: bool) -> str:
        if isinstance(cell, int) and cell.bit_length() > LONGEST_NUMBER:
            return f"a whole number of {cell.bit_length():,} bits"
        return "" if pd.api.types.is_scalar(cell) or not named else kind_of(cell)

    faults = []
    for place, header in enumerate(frame.columns):
        if pd.api.types.is_object_dtype(frame.dtypes.iloc[place]):
            named = header in codebook.headers.values()
            found = ((row, odd(cell, named)) for row, cell in enumerate(frame.iloc[:, place], 2))
            row, what = next(((row, what) for row, what in found if what), (0, ""))
            if what:
                fix = "A cell holds one number or one text"
                faults.append(Fault(f"holds {what} in a cell", name, row=row, column=header, fix=fix))
    if faults:
        raise DataError(faults)


def give_back_memory() -> None:
    """Return to the system what reading a large file took: the C library keeps it for later otherwise."""
    import contextlib
    import ctypes

    with contextlib.suppress(OSError, AttributeError):  # there is such a function in glibc alone
        ctypes.CDLL(None).malloc_trim(0)


def _meaning(codebook: str | Path | Codebook) -> Codebook:
    """The codebook itself, or read from its file."""
    if isinstance(codebook, Codebook):
        return codebook
    if not isinstance(codebook, str | Path):
        from workbench.doors import kind_of

        wanted = "the path of a YAML file, or what read_codebook gives"
        raise CodebookError(f"codebook: {wanted} is needed, not {kind_of(codebook)}")
    return read_codebook(codebook)


def _survey(table: RawTable, codebook: Codebook) -> Survey:
    import pandas as pd

    if faults := missing_columns(table, codebook):
        raise DataError(faults)
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
    if tally.misread:
        raise DataError(as_few_faults(tally.misread, table, codebook))
    if total := total_row(table):
        raise DataError(total)
    # Columns of a large file stay apart: in one block, every choice of items would be a copy of them.
    whole = len(columns) * table.rows <= LARGE
    responses = pd.DataFrame(columns, index=pd.RangeIndex(table.rows), copy=whole)
    notes = [*table.notes, *((*key[:3], count, key[3]) for key, count in tally.counts.items())]
    for name, item in codebook.items.items():
        if item.reverse:
            responses[name] = item.scale.min + item.scale.max - responses[name]
            how = f"answers were turned: {item.scale.min:g} + {item.scale.max:g} − answer"
            notes.append(("reversed", name, "", int(responses[name].notna().sum()), how))
    for name in responses.columns[responses.isna().all()]:
        notes.append(("no answers", name, "", table.rows, "every cell is missing"))
    for name, source in recoded_items(responses[list(codebook.items)]).items():
        text = f"every answer follows from that to {source}: copied or computed, not asked"
        notes.append((RECODED, name, "", int(responses[name].notna().sum()), text))
    extra = [header for header in table.columns if header not in names]
    for name in extra:
        filled = sum(cell not in (None, "") for cell in table.columns[name])
        notes.append(("not in codebook", name, "", filled, "kept aside"))
    notes += _label_notes(table, codebook)
    return Survey(
        responses,
        codebook,
        note_table(notes),
        pd.DataFrame(
            {name: pd.Series(table.columns[name], dtype="object") for name in extra}, responses.index
        ),
        table.file,
        table.sha256,
        table.rows,
    )


def _label_notes(table: RawTable, codebook: Codebook) -> list[tuple[str, str, object, int, str]]:
    """Value labels of the file set against the codebook's: where they disagree one of them is wrong."""
    notes: list[tuple[str, str, object, int, str]] = []
    ours = {item.name: item.scale.labels for item in codebook.items.values()}
    ours |= {name: group.labels for name, group in codebook.groups.items()}
    for name, known_labels in ours.items():
        for code, words in table.value_labels.get(codebook.headers[name], {}).items():
            known = known_labels.get(code)
            if known is None:
                notes.append(
                    (
                        "value label",
                        name,
                        f"{code}",
                        0,
                        f"the file: {words}; the codebook has no label for it",
                    )
                )
            elif fold(words) not in (fold(known.en), fold(known.zh)):
                text = f"the file says {words}, the codebook says {known}: check the direction of the scale"
                notes.append(("value labels differ", name, f"{code}", 0, text))
    return notes
