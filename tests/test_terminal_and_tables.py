"""What a name, an answer or a message holds is shown in the terminal and in a spreadsheet, never obeyed."""

import csv
import io
from contextlib import suppress

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import run_records
from workbench.cli import main
from workbench.cli.console import open_console

ROWS = "q1,q2,g\n1,2,x\n2,3,y\n3,1,x\n"
BOOK = """title: T
scales: {s: {min: 1, max: 5}}
constructs: {a: {label: '[red]A[/]', scale: s, items: {q1: One, q2: Two}}}
groups: {g: {label: '[/nothing]'}}
"""


def test_names_and_values_are_shown_and_not_obeyed(tmp_path, capsys):
    book = tmp_path / "book.yaml"
    book.write_text(BOOK)
    path = tmp_path / "\x1b[2J[bold]a[x].csv"
    path.write_text(ROWS.replace("1,2,x", "1,2,\x1b[31mred\x9b1m"))
    with suppress(SystemExit):
        main(["check", str(path), "--codebook", str(book)])
    out = capsys.readouterr().out
    assert "\\x1b[2J[bold]a[x].csv" in out
    assert "[red]A[/]" in out
    assert "[/nothing]" in out
    assert not {"\x1b", "\x9b"} & set(out)


def test_messages_are_shown_and_not_obeyed(tmp_path, capsys):
    book = tmp_path / "book.yaml"
    book.write_text(BOOK)
    path = tmp_path / "a.csv"
    path.write_text(ROWS + "\x1b]0;title\x07[/red],2,x\n")
    with pytest.raises(SystemExit) as done:
        main(["check", str(path), "--codebook", str(book)])
    assert done.value.code == 2
    said = capsys.readouterr().err
    assert "[/red]" in said
    assert not {"\x1b", "\x07"} & set(said)


def test_a_console_writes_out_what_a_terminal_would_do(capsys):
    open_console().print("a\x1b[31mb\u202ec\x00[bold]d[/]")
    assert capsys.readouterr().out == "a\\x1b[31mb\\u202ec\\x00[bold]d[/]\n"


FRAME = pd.DataFrame(
    {"=A1": ["=1+1", "+1 of us", "-2", "@SUM(1)", "\tx", "\rx", "'=1", "a"], "x": [-0.5, *range(7)]},
    index=["=B", "b", "c", "d", "e", "f", "g", "h"],
)


def test_tables_hold_no_formula_and_negative_numbers_stay_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv(run_records.VARIABLE, str(tmp_path))
    run_records.write_table("t", FRAME)
    path = tmp_path / "tables" / "t.csv"
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert rows[0] == ["", "'=A1", "x"]
    assert [row[1] for row in rows[1:]] == [
        *("'=1+1", "'+1 of us", "-2", "'@SUM(1)", "'\tx", "'\rx", "''=1", "a"),
    ]
    assert rows[1][0] == "'=B"
    assert [float(row[2]) for row in rows[1:]] == FRAME["x"].tolist()
    assert run_records.is_guarded(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # Excel takes the file for UTF-8
    raw = run_records.for_programs(path.read_bytes().decode("utf-8"))
    assert not raw.startswith(run_records.MARK)
    back = pd.read_csv(io.StringIO(raw), index_col=0, dtype={"=A1": str}, keep_default_na=False)
    assert back.index.tolist() == FRAME.index.tolist()
    assert back["=A1"].tolist()[:5] == FRAME["=A1"].tolist()[:5]


@given(st.text("=+-@\t\r'a1. "))
def test_what_was_guarded_is_as_before_without_it(text):
    made = run_records.guarded(text)
    if made == text:
        with suppress(ValueError):
            float(text)
            return
        assert text in ("-", "+") or not text.lstrip("'").startswith(tuple("=+-@\t\r"))
    else:
        assert made == f"'{text}"
        assert run_records.unguarded(made) == text
