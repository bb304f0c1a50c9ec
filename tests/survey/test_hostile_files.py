"""Files and frames that no one means to hand in: one message with what to do, soon and within bounds."""

import io
import os
import time
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from workbench import open_survey
from workbench.errors import CodebookError, DataError, WorkbenchError
from workbench.survey import apart, survey_from_frame, typed_files
from workbench.survey.codebook_schema import FileForm

BOOK = """title: T
scales: {s: {min: 1, max: 5}}
constructs: {a: {scale: s, items: {q1: One, q2: Two}}}
groups: {g: {}}
variables: {v: {}}
"""
ROWS = "q1,q2,g,v\n1,2,x,3\n2,3,y,4\n"
GOOD = {"q1": [1, 2], "q2": [2, 3], "g": ["x", "y"]}


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.yaml"
    path.write_text(BOOK)
    return path


def refused(path, book, said, seconds=2.0):
    began = time.process_time()
    with pytest.raises(DataError, match=said):
        open_survey(path, book)
    assert time.process_time() - began < seconds


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            f"1,2,{'z' * 200_000},3",
            "line 4: a cell has more than 131,072 characters. Shorten it",
        ),
        ("1,2,x,9007199254740993", "row 4, column 'v', value '9007199254740993': more digits than a number"),
        (f"1,2,x,{'9' * 10_000}", r"row 4, column 'v'.*not a number. Correct it"),
        (f"{' ' * 50_000}x,2,x,3", r"row 4, column 'q1'.*not a number"),
    ],
    ids=["long", "exact", "digits", "blanks"],
)
def test_cells_that_no_one_means(row, said, tmp_path, book):
    path = tmp_path / "a.csv"
    path.write_text(ROWS + row + "\n")
    refused(path, book, said)


def test_a_null_character_far_down_is_found(tmp_path, book):
    path = tmp_path / "a.csv"
    path.write_text(ROWS + "1,2,x,3\n" * 30_000 + "1,2,a\0b,3\n")
    refused(path, book, "line 30004: a null character, which no text holds. Delete it")


def test_a_text_of_two_encodings_is_one_of_two_files(tmp_path, book):
    lines = ["1,2,非常满意的服务,3\n", "1,2,不太满意的服务,3\n"] * 10
    path = tmp_path / "a.csv"
    path.write_bytes(ROWS.encode() + "".join(lines).encode() + "".join(lines).encode("gb18030"))
    refused(path, book, "line 24: line 4 is UTF-8 and line 24 is not. Export it again")
    path.write_bytes(ROWS.encode() + "".join(lines).encode("gb18030"))
    assert "不太满意的服务" in set(open_survey(path, book, encoding="gb18030").responses["g"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of Unix")
def test_pipes_devices_and_folders_are_no_files(tmp_path, book):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "device.csv").symlink_to("/dev/zero")
    (tmp_path / "folder.csv").mkdir()
    for name in ("pipe", "device", "folder"):
        refused(tmp_path / f"{name}.csv", book, "this is a folder, a pipe or a device. Name a file")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "a.csv").write_text(ROWS)
    with pytest.raises(CodebookError, match="a folder, a pipe or a device"):
        open_survey(tmp_path / "a.csv", tmp_path / "pipe.yaml")


def workbook(path, sheet):
    """A workbook whose sheet's XML comes from a generator, so that it can be larger than what holds it."""
    plain = openpyxl.Workbook()
    plain.active.append(["q1"])
    source = io.BytesIO()
    plain.save(source)
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            with new.open(name, "w", force_zip64=True) as part:
                if name != "xl/worksheets/sheet1.xml":
                    part.write(old.read(name))
                    continue
                for piece in (head, *sheet, b"</sheetData></worksheet>"):
                    part.write(piece)


@pytest.mark.parametrize(
    "sheet", [[b" " * (1 << 20)] * 64, [b"<row><c><v>1</v></c></row>" * 10_000] * 400], ids=["blanks", "rows"]
)
def test_a_workbook_that_unpacks_to_far_more_than_a_table_is_not_unpacked(sheet, tmp_path, book):
    workbook(tmp_path / "bomb.xlsx", sheet)
    refused(tmp_path / "bomb.xlsx", book, r"has [\d,]+ bytes and unpacks to [\d,]+. Copy the answers")


def test_entities_of_xml_are_not_unfolded(tmp_path, book):
    names = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "a" * 10}">' for n in range(10))
    workbook(tmp_path / "bomb.xlsx", [f"<!DOCTYPE w [{names}]><row><c><v>&e9;</v></c></row>".encode()])
    refused(tmp_path / "bomb.xlsx", book, "not a readable workbook")


def test_a_parquet_file_of_millions_of_equal_rows_is_not_unfolded(tmp_path, book):
    one = pa.table({"q1": np.ones(4_000_000, "int64")})
    with pq.ParquetWriter(tmp_path / "bomb.parquet", one.schema) as writer:
        for _ in range(40):
            writer.write_table(one, row_group_size=4_000_000)
    refused(
        tmp_path / "bomb.parquet", book, r"holds 160,000,000 cells \(160,000,000 rows\), and 150,000,000 are"
    )


@pytest.mark.parametrize(
    ("bound", "most", "said"),
    [
        ("MOST_CELLS", 4_003, r"holds 4,004 cells \(1,001 rows\), and 4,003 are read. Write the columns"),
        ("MOST_UNPACKED", 9_000, "unpacks to [0-9,]+ bytes, and 9,000 are read. Write the columns"),
        ("MOST_MEMORY", 40_000, "first 1,001 of its 1,001 rows take more than 40,000 bytes of memory"),
        ("LONGEST", 7, "column 'v': a cell has more than 7 characters. Shorten it"),
    ],
)
def test_what_a_parquet_file_holds_is_bounded(bound, most, said, tmp_path, book, monkeypatch):
    rows = {"q1": [1] * 1_001, "q2": [2] * 1_001, "g": ["x"] * 1_001, "v": [f"{n:08}" for n in range(1_001)]}
    pq.write_table(pa.table(rows), tmp_path / "a.parquet")
    monkeypatch.setattr(typed_files, bound, most)
    refused(tmp_path / "a.parquet", book, said)


def test_a_text_in_every_row_of_a_parquet_file_is_one_object_and_a_list_counts_with_its_parts(
    tmp_path, monkeypatch
):
    texts = pa.DictionaryArray.from_arrays(
        pa.array([0] * 70_000, pa.int32()), ["t" * 100_000]
    )  # 7 GB of text
    pq.write_table(pa.table({"t": texts, "m": [1.5, None] * 35_000}), tmp_path / "a.parquet")
    table = typed_files.read_parquet(
        tmp_path / "a.parquet", (tmp_path / "a.parquet").read_bytes(), FileForm()
    )
    assert len({id(cell) for cell in table.columns["t"]}) <= 2  # one a piece of rows
    assert table.columns["m"][:3] == [1.5, None, 1.5]
    assert table.rows == len(table.columns["t"]) == 70_000
    pq.write_table(pa.table({"l": [list(range(1_000))]}), tmp_path / "l.parquet")
    monkeypatch.setattr(typed_files, "MOST_CELLS", 999)
    with pytest.raises(DataError, match=r"holds 1,000 cells \(1 rows\)"):
        typed_files.read_parquet(tmp_path / "l.parquet", (tmp_path / "l.parquet").read_bytes(), FileForm())


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            pa.array([3_000_000, 4], pa.date32()),
            r"column 'v': its values \(date32.*have no form.*as text",
        ),
        (
            pa.array([10**15, 4], pa.timestamp("ms")),
            r"column 'v': its values \(timestamp.*have no form",
        ),
        (pa.array([2**62, 4], pa.duration("s")), r"column 'v': its values \(duration\[s\]\) have no form"),
        (pa.array([1, 4], pa.timestamp("ms", tz="Mars/Phobos")), r"column 'v': its values \(timestamp.*Mars"),
        (pa.array([2**53 + 1, 1]), "value 9007199254740993: more digits than a number keeps exactly"),
        (pa.array(["a\0b", "c"]), r"column 'v', value 'a\\x00b': a null character. Delete it"),
    ],
    ids=["date", "time", "duration", "zone", "exact", "null"],
)
def test_values_of_parquet_that_no_cell_holds(values, said, tmp_path, book):
    pq.write_table(pa.table({**GOOD, "v": values}), tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", book, said)


@pytest.mark.parametrize("ending", ["sav", "dta"])
def test_a_damaged_file_of_spss_or_stata_ends_its_reader_and_not_the_survey(ending, tmp_path, book):
    """The reader runs in a process of its own, so what ends it (a signal, a bound) is one message here."""
    frame = pd.DataFrame({**GOOD, "v": [1.0, np.nan]})
    path = tmp_path / f"a.{ending}"
    {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta}[ending](frame, str(path))
    whole = path.read_bytes()
    assert open_survey(path, book).responses["v"].tolist()[0] == 1.0
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, book, f"not a readable {'SPSS' if ending == 'sav' else 'Stata'} file .*Save it again", 30)


def test_a_reader_that_is_killed_or_hangs_is_a_message(tmp_path, monkeypatch):
    path = tmp_path / "a.sav"
    path.write_bytes(b"$FL2")
    monkeypatch.setattr(apart, "READER", "import os; os.kill(os.getpid(), 11)")
    with pytest.raises(DataError, match="its reader broke off: the file is damaged"):
        apart.read_apart(path, "spss", "SPSS", "Save it again")
    monkeypatch.setattr(apart, "READER", "import time; time.sleep(60)")
    monkeypatch.setattr(apart, "SECONDS", 0.2)
    with pytest.raises(DataError, match="reading takes longer than 0 s"):
        apart.read_apart(path, "spss", "SPSS", "Save it again")


@pytest.mark.parametrize(
    "value",
    [None, [1], np.ones((2, 4)), pd.Series([1]), {"q1": [1]}, "x", 3],
    ids=lambda value: str(type(value)),
)
def test_what_is_no_frame_and_what_is_no_file(value, book):
    with pytest.raises(DataError, match="frame: a DataFrame with named columns is needed, not"):
        survey_from_frame(value, book, "answers")
    if not isinstance(value, str):
        with pytest.raises(DataError, match="file: the path of a file of answers is needed, not"):
            open_survey(value, book)


def test_a_frame_of_polars_is_read_as_one_of_pandas(book):
    frame = pl.DataFrame({**GOOD, "v": [1, 2]})
    for given in (frame, frame.lazy()):
        assert survey_from_frame(given, book, "answers").responses["q1"].tolist() == [1.0, 2.0]
    with pytest.raises(DataError, match="of a DataFrame: survey_from_frame"):
        open_survey(frame, book)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([np.ones(3), np.ones(2)], "row 2, column 'v': holds a ndarray of 3 in a cell"),
        ([pd.DataFrame(), 1], "row 2, column 'v': holds a DataFrame of 0 x 0 in a cell"),
        ([1, [2]], "row 3, column 'v': holds a list in a cell. A cell holds one number"),
        ([10**400, 1], "column 'v'.*not a number"),
        ([10**9000, 1], r"row 2, column 'v': holds a whole number of 29,898 bits in a cell"),
        (["\ud800", "b"], r"column 'v', value '\\ud800': half a character or none \(code 0xd800\)"),
        ([2**53 + 1, 1], "column 'v', value 9007199254740993: more digits"),
    ],
)
def test_cells_of_a_frame_that_are_none(values, said, book):
    frame = pd.DataFrame(GOOD).assign(v=pd.Series(values, dtype=object))
    with pytest.raises(DataError, match=said):
        survey_from_frame(frame, book, "answers")


@pytest.mark.parametrize("value", [None, 3, [], object()])
def test_other_arguments_of_wrong_kinds(value, tmp_path, book):
    (tmp_path / "a.csv").write_text(ROWS)
    with pytest.raises(CodebookError, match="codebook: the path of a YAML file"):
        open_survey(tmp_path / "a.csv", value)
    with pytest.raises(WorkbenchError, match="name"):
        survey_from_frame(pd.DataFrame({**GOOD, "v": [1, 2]}), book, value)
    if value is not None:
        with pytest.raises(WorkbenchError, match="encoding"):
            open_survey(tmp_path / "a.csv", book, encoding=value)
    for name in ("a\0.csv", "a" * 5000 + ".csv", ""):
        with pytest.raises(DataError):
            open_survey(name, book)
