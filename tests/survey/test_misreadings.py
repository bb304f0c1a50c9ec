"""What is wrong as a whole is one message."""

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from workbench import open_survey
from workbench.errors import DataError
from workbench.survey import survey_from_frame

BOOK = """\
title: T
id: ID
scales: {agree7: {min: 1, max: 7}}
constructs:
  quality: {scale: agree7, items: {q1: , q2: , q3: }}
  loyalty: {scale: agree7, items: {l1: , l2: }}
groups: {gender: {labels: {1: female, 2: male}}}
variables: {age: {min: 0}}
"""
ITEMS = ["q1", "q2", "q3", "l1", "l2"]


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return path


@pytest.fixture
def frame():
    random = np.random.default_rng(5)
    answers = pd.DataFrame(random.integers(1, 8, (57, 5)), columns=ITEMS)
    answers.insert(0, "ID", range(1, 58))
    return answers.assign(gender=random.integers(1, 3, 57), age=random.integers(18, 80, 57))


def only_fault(path, book):
    with pytest.raises(DataError) as caught:
        open_survey(path, codebook=book)
    (fault,) = caught.value.faults
    return str(fault)


@pytest.mark.parametrize("rows", [1, 2])
def test_a_second_and_a_third_header_row_is_one_message(rows, frame, book, tmp_path):
    texts = pd.DataFrame([{name: f"Text {row} of {name}" for name in frame} for row in range(rows)])
    path = tmp_path / "a.csv"
    pd.concat([texts, frame.astype(object)]).to_csv(path, index=False)
    said = only_fault(path, book)
    assert "header and no answers ('Text 0 of q1', for instance)" in said
    assert f"Say 'file: {{header_rows: {rows + 1}}}'" in said
    book.write_text(BOOK + f"file: {{header_rows: {rows + 1}}}\n", encoding="utf-8")
    survey = open_survey(path, codebook=book)
    assert survey.rows == 57
    assert survey.responses["ID"].tolist() == list(range(1, 58))


@pytest.mark.parametrize("how", ["sum", "mean"])
def test_a_total_row_is_one_message(how, frame, book, tmp_path):
    total = frame[[*ITEMS, "age"]].agg(how).round(2).astype(object)
    total["ID"] = "Total"
    path = tmp_path / "a.csv"
    pd.concat([frame.astype(object), total.to_frame().T[[*frame.columns.drop("gender")]]]).to_csv(
        path, index=False
    )
    said = only_fault(path, book)
    assert "row 59 sums up the rows above ('Total') and is no answer" in said
    book.write_text(BOOK + "file: {footer_rows: 1}\n", encoding="utf-8")
    assert open_survey(path, codebook=book).rows == 57


def test_a_respondent_called_total_is_no_total_row(frame, book, tmp_path):
    frame = frame.astype({"ID": object})
    frame.loc[56, "ID"] = "Total"
    path = tmp_path / "a.csv"
    frame.to_csv(path, index=False)
    assert open_survey(path, codebook=book).rows == 57


def test_answers_on_another_sheet_are_found(frame, book, tmp_path):
    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as writer:
        pd.DataFrame({"Read me": ["these are the answers of 2026"]}).to_excel(
            writer, sheet_name="Notes", index=False
        )
        frame.to_excel(writer, sheet_name="Data", index=False, startrow=2)
    said = only_fault(path, book)
    assert "the codebook's columns stand on the sheet 'Data', and 'Notes' was read" in said
    assert "file: {sheet: Data, title_rows: 2}" in said
    book.write_text(BOOK + "file: {sheet: Data, title_rows: 2}\n", encoding="utf-8")
    survey = open_survey(path, codebook=book)
    pd.testing.assert_frame_equal(survey.responses, survey_from_frame(frame, book, "f").responses)
    with pytest.raises(DataError, match=r"no sheet 'data'. Did you mean 'Data'"):
        open_survey(path, codebook=book, sheet="data")


def test_a_sheet_of_a_text_file_is_a_fault(frame, book, tmp_path):
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(DataError, match="only a workbook"):
        open_survey(tmp_path / "a.csv", codebook=book, sheet="Data")


def test_a_wrong_scale_is_one_message_that_names_the_right_one(frame, book, tmp_path):
    wide = frame.assign(**{name: (frame[name] * 10 / 7).round().astype(int) for name in ITEMS})
    path = tmp_path / "a.csv"
    wide.to_csv(path, index=False)
    outside = int((wide[ITEMS] > 7).sum().sum())
    said = only_fault(path, book)
    assert (
        f"{outside} answers of 5 items (q1, q2, q3, l1 … and 1 more) lie outside the scale 'agree7'" in said
    )
    assert "If the question was answered from 1 to 10, say so: 'min: 1, max: 10'" in said


def test_a_code_that_was_not_named_is_one_message(frame, book, tmp_path):
    coded = frame.copy()
    coded.loc[:8, ["q1", "l2"]] = 99
    path = tmp_path / "a.csv"
    coded.to_csv(path, index=False)
    said = only_fault(path, book)
    assert "18 answers of 2 items (q1, l2) lie outside" in said
    assert "say 'missing: [99]' for the scale" in said


def test_words_without_labels_are_one_message(frame, book, tmp_path):
    words = frame.astype(object)
    words[ITEMS] = words[ITEMS].map(lambda code: "agree" if code > 3 else "disagree")
    path = tmp_path / "a.csv"
    words.to_csv(path, index=False)
    said = only_fault(path, book)
    assert "285 answers of 5 items" in said
    assert "are words for which the scale 'agree7' has no label" in said


def test_single_typing_errors_stay_faults_of_their_own(frame, book, tmp_path):
    typed = frame.copy()
    typed.loc[3, "q1"], typed.loc[9, "l2"] = 44, 8
    path = tmp_path / "a.csv"
    typed.to_csv(path, index=False)
    with pytest.raises(DataError) as caught:
        open_survey(path, codebook=book)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(5, "q1"), (11, "l2")]


def test_title_rows_and_blank_lines_do_not_move_the_rows_that_are_named(frame, book, tmp_path):
    typed = frame.copy()
    typed.loc[3, "q1"] = 44
    path = tmp_path / "a.csv"
    path.write_text("Survey of customers\n\n" + typed.to_csv(index=False), encoding="utf-8")
    book.write_text(BOOK + "file: {title_rows: 2}\n", encoding="utf-8")
    assert "row 7, column 'q1', value '44'" in only_fault(path, book)


def test_merged_titles_are_read_and_merged_answers_refused(frame, book, tmp_path):
    path = tmp_path / "a.xlsx"
    frame.to_excel(path, index=False, startrow=1)
    workbook = openpyxl.load_workbook(path)
    workbook.active["A1"] = "Survey"
    workbook.active.merge_cells("A1:E1")
    workbook.save(path)
    book.write_text(BOOK + "file: {title_rows: 1}\n", encoding="utf-8")
    assert open_survey(path, codebook=book).rows == 57
    workbook.active.merge_cells("B4:B5")
    workbook.save(path)
    assert "merged: B4:B5" in only_fault(path, book)


def test_a_doubled_header_can_be_named_twice(tmp_path):
    path, book = tmp_path / "a.csv", tmp_path / "c.yaml"
    path.write_text("Why?,Why?,Why? (2)\na,b,c\n", encoding="utf-8")
    book.write_text("title: T\nvariables: {one: {column: 'Why?'}}\n", encoding="utf-8")
    assert "column 'Why?' stands twice (positions 1 and 2)" in only_fault(path, book)
    book.write_text(
        "title: T\nvariables:\n  one: {column: 'Why?'}\n  two: {column: 'Why? (3)'}\n"
        "  three: {column: 'Why? (2)'}\n",
        encoding="utf-8",
    )
    row = open_survey(path, codebook=book).responses.iloc[0]
    assert row[["one", "two", "three"]].tolist() == ["a", "b", "c"]  # 'Why? (2)' is a header of its own


def test_both_ends_of_spss_s_missing_ranges_are_missing_and_their_neighbours_are_not(tmp_path):
    frame = pd.DataFrame({"x": [7.0, 7.9, 8.0, 8.5, 9.0, 9.1, -1.0]})
    path, book = tmp_path / "a.sav", tmp_path / "c.yaml"
    pyreadstat.write_sav(frame, path, missing_ranges={"x": [{"lo": 8, "hi": 9}, -1]})
    book.write_text("title: T\nvariables: {x: {type: number}}\n", encoding="utf-8")
    read = open_survey(path, codebook=book).responses["x"]
    assert read.dropna().tolist() == [7.0, 7.9, 9.1]


def test_stata_s_labels_and_letters_of_missing(tmp_path):
    frame = pd.DataFrame({"q1": [1.0, 5.0, 3.0], "q2": [2.0, np.nan, 4.0], "sex": [1.0, 2.0, 1.0]})
    path, book = tmp_path / "a.dta", tmp_path / "c.yaml"
    pyreadstat.write_dta(
        frame,
        path,
        column_labels={"q1": "Overall quality"},
        variable_value_labels={"sex": {1: "female", 2: "male"}},
    )
    book.write_text(
        "title: T\nscales: {s: {min: 1, max: 5}}\nconstructs: {c: {scale: s, items: {q1: , q2: }}}\n"
        "groups: {sex: {labels: {1: female, 2: male}}}\n",
        encoding="utf-8",
    )
    survey = open_survey(path, codebook=book)
    assert survey.items("c")["q2"].isna().tolist() == [False, True, False]
    assert survey.responses["sex"].tolist() == ["female", "male", "female"]
    assert "Stata: Overall quality" in survey.notes["note"].tolist()
