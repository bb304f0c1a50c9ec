"""Files that name their columns and type their cells: SPSS, Stata, Parquet, and DataFrames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError, Fault
from workbench.survey.codebook_schema import FileForm
from workbench.survey.grids import Cell, plain_cell
from workbench.survey.headers import named_columns
from workbench.survey.raw_table import RawTable, sha256
from workbench.survey.workbooks import Note

if TYPE_CHECKING:
    import pandas as pd


def read_spss(path: Path, content: bytes, reading: FileForm) -> RawTable:
    """An SPSS file: answers, value labels, variable labels, user-missing values."""
    import pyreadstat

    frame, meta = _pyreadstat(
        path, "SPSS", pyreadstat.read_sav, reading, user_missing=True, apply_value_formats=False
    )
    missing = {
        name: [(part["lo"], part["hi"]) for part in parts]
        for name, parts in meta.missing_ranges.items()
        if name in frame.columns
    }
    return _labelled(path.name, "SPSS", content, frame, meta, missing)


def read_stata(path: Path, content: bytes, reading: FileForm) -> RawTable:
    """A Stata file: answers, value labels, variable labels; its letters of missing (.a to .z) are missing."""
    import pyreadstat

    frame, meta = _pyreadstat(
        path, "Stata", pyreadstat.read_dta, reading, user_missing=True, apply_value_formats=False
    )
    letters = {name: [(code, code) for code in codes] for name, codes in meta.missing_user_values.items()}
    return _labelled(path.name, "Stata", content, frame, meta, letters)


def _pyreadstat(path: Path, program: str, read: Any, reading: FileForm, **options: Any) -> tuple[Any, Any]:
    import pyreadstat

    if reading.encoding is not None:
        options["encoding"] = reading.encoding
    try:
        return read(path, **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, ValueError) as error:
        fix = "Save it again; if its texts are in an old encoding, name it: --encoding gb18030, say"
        raise DataError(Fault(f"not a readable {program} file ({error})", path.name, fix=fix)) from None


def _labelled(
    file: str, program: str, content: bytes, frame: pd.DataFrame, meta: Any, missing: dict[str, Any]
) -> RawTable:
    texts = {name: label for name, label in meta.column_names_to_labels.items() if label and label != name}
    notes: list[Note] = [
        ("variable label", name, None, 0, f"{program}: {label}") for name, label in texts.items()
    ]
    columns = frame_columns(file, frame, notes)
    return RawTable(
        file,
        sha256(content),
        columns,
        len(frame),
        value_labels={name: dict(pairs) for name, pairs in meta.variable_value_labels.items()},
        user_missing=missing,
        variable_labels=texts,
        measures=dict(getattr(meta, "variable_measure", None) or {}),
        notes=tuple(notes),
    )


def read_parquet(path: Path, content: bytes, reading: FileForm) -> RawTable:
    """A Parquet file."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(content))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(
            Fault(f"not a readable Parquet file ({error})", path.name, fix="Write it again")
        ) from None
    rows = [table.column(number).to_pylist() for number in range(table.num_columns)]
    narrow = [
        pyarrow.types.is_float16(part.type) or pyarrow.types.is_float32(part.type) for part in table.schema
    ]
    cells = [[plain_cell(cell, short) for cell in column] for column, short in zip(rows, narrow, strict=True)]
    notes: list[Note] = []
    columns = named_columns(path.name, table.column_names, list(zip(*cells, strict=True)), notes)
    return RawTable(path.name, sha256(content), columns, table.num_rows, notes=tuple(notes))


def read_frame(frame: pd.DataFrame, name: str) -> RawTable:
    """A DataFrame as if it were a file called ``name``; its hash is that of the frame written as CSV."""
    notes: list[Note] = []
    columns = frame_columns(name, frame, notes)
    content = frame.to_csv(index=False, lineterminator="\n").encode()
    return RawTable(name, sha256(content), columns, len(frame), notes=tuple(notes))


def frame_columns(file: str, frame: pd.DataFrame, notes: list[Note]) -> dict[str, list[Cell]]:
    """A DataFrame's columns as raw cells."""
    narrow = [str(kind) in ("float32", "Float32", "float16") for kind in frame.dtypes]
    plain = frame.astype(object).where(frame.notna(), None)
    cells = [
        [plain_cell(cell, short) for cell in plain.iloc[:, number].tolist()]
        for number, short in enumerate(narrow)
    ]
    return named_columns(file, list(frame.columns), list(zip(*cells, strict=True)), notes)
