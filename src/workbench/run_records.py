"""What a study tells the run that it is part of.

A notebook that `workbench run` executes has a folder of its own, named by the environment variable
``WORKBENCH_RUN_FOLDER``. Into it go records (one JSON object a line: the data used, the answer, the verdicts)
and tables at full precision. Opened by hand in JupyterLab there is no such folder and nothing is written.

Records that the reports know, and their fields:

* ``data``: ``data_kind``, ``name`` or ``file``, ``rows``, and where known ``sha256`` and ``source``;
* ``answer``: ``text``, ``data_kind``;
* ``verdict``: ``Verdict.as_record`` of ``workbench.evidence.claims``;
* ``rate``: the same verdict with its rates over seeds;
* ``warning``: ``text``;
* ``model``: ``name``, ``text``, and the ``script`` that fits it in lavaan;
* ``file``: ``path`` and ``sha256`` of a file that the study read;
* ``table``: ``name`` of its file in ``tables/``, and the ``title`` that it is shown under.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import SpecificationError
from workbench.resources import DATA

if TYPE_CHECKING:
    import pandas as pd

VARIABLE = "WORKBENCH_RUN_FOLDER"
RECORDS = "records.jsonl"


def run_folder() -> Path | None:
    """Folder of the run in progress, or None when the notebook is used interactively."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder else None


def record(kind: str, payload: Mapping[str, Any]) -> None:
    """Append one record (kind: ``data``, ``answer``, ``verdict``, ``warning`` …) to the run in progress.

    Raises
    ------
    SpecificationError
        The payload has a field ``kind``, which is the record's own; the kind of data is ``data_kind``.
    """
    if "kind" in payload:
        raise SpecificationError(
            f"a {kind} record cannot have a field 'kind'; name the kind of data data_kind"
        )
    folder = run_folder()
    if folder is None:
        return
    line = json.dumps({"kind": kind, **payload}, ensure_ascii=False, allow_nan=False, default=_plain)
    with (folder / RECORDS).open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(line + "\n")


def opened(path: Path, content: bytes | None = None) -> None:
    """Note a file that a study reads, with its hash: when it changes, the study is no longer up to date.

    The shipped data are not noted one by one: they count for every study.
    """
    if run_folder() is None or path.resolve().is_relative_to(DATA):
        return
    digest = hashlib.sha256(path.read_bytes() if content is None else content).hexdigest()
    record("file", {"path": str(path.resolve()), "sha256": digest})


def records(folder: Path) -> list[dict[str, Any]]:
    """Every record of the study executed in ``folder``, in order, without a line that a kill cut short."""
    path = folder / RECORDS
    if not path.exists():
        return []
    # Not splitlines: a text may hold other ends of line (U+2028, say), which JSON leaves as they are.
    whole = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in whole]


def write_table(name: str, frame: pd.DataFrame) -> None:
    """Keep a table at full precision as ``tables/<name>.csv`` of the run in progress.

    A name may hold a name of the codebook (``groups_Region``): the file has it in small letters.
    """
    if not re.fullmatch(r"[\w.]+", name):
        raise SpecificationError(f"table name {name!r}: use letters, digits and underscores")
    name = name.replace(".", "_").lower()
    folder = run_folder()
    if folder is None:
        return
    (folder / "tables").mkdir(exist_ok=True)
    plain_rows = frame.index.names == [None] and frame.index.equals(_counting(len(frame)))
    text = for_spreadsheets(frame.to_csv(index=not plain_rows, lineterminator="\r\n"))
    (folder / "tables" / f"{name}.csv").write_bytes(text.encode("utf-8"))


MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # a byte-order mark: without it Excel reads Chinese and β as rubbish
_ACTS = re.compile(r"'*[=+\-@\t\r]")  # a cell that a spreadsheet calculates, or one that is guarded already
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(text: str) -> str:
    """A cell of a CSV file that no spreadsheet calculates: a text that begins as a formula gets a ``'``.

    >>> from workbench.run_records import guarded
    >>> [guarded(cell) for cell in ("=1+1", "@x", "-0.5", "-", "a")]
    ["'=1+1", "'@x", '-0.5', '-', 'a']
    """
    if not _ACTS.match(text) or text in ("-", "+"):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def unguarded(text: str) -> str:
    """The cell as it was before `guarded`."""
    return text[1:] if _GUARDED.match(text) else text


def for_spreadsheets(text: str) -> str:
    """A CSV text with every cell guarded and the mark that tells Excel that the file is UTF-8."""
    return MARK + _with_cells(text, guarded)


def for_programs(text: str) -> str:
    """The CSV text as it was before `for_spreadsheets`."""
    return _with_cells(text.removeprefix(MARK), unguarded)


def _with_cells(text: str, cell: Callable[[str], str]) -> str:
    made, limit = io.StringIO(), csv.field_size_limit(len(text) + 1)
    try:
        rows = [[cell(one) for one in row] for row in csv.reader(io.StringIO(text, newline=""))]
        alone = any("\r" in one for row in rows for one in row)  # it is quoted where lines end with it too
        csv.writer(made, lineterminator="\r\n" if alone else "\n").writerows(rows)
    finally:
        csv.field_size_limit(limit)
    return made.getvalue()


def is_guarded(path: Path) -> bool:
    """Whether a CSV file has cells that are guarded."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return any(_GUARDED.match(cell) for row in csv.reader(file) for cell in row)


def _counting(length: int) -> pd.Index:
    import pandas as pd

    return pd.RangeIndex(length)


def _plain(value: Any) -> Any:
    """JSON form of NumPy scalars and paths."""
    if hasattr(value, "item"):
        return value.item()
    return str(value)
