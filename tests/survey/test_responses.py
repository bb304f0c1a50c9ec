from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from workbench import open_survey
from workbench.errors import DataError
from workbench.survey import survey_from_frame


def _write(frame: pd.DataFrame, folder: Path, route: str) -> Path:
    """The same answers in one of the formats; empty is empty in all of them."""
    ending = {"excel": ".xlsx", "sav": ".sav", "parquet": ".parquet"}.get(route, ".csv")
    path = folder / f"{route}{ending}"
    if route == "excel":
        frame.to_excel(path, index=False)
    elif route == "parquet":
        frame.to_parquet(path)
    elif route == "sav":
        pyreadstat.write_sav(
            frame,
            path,
            column_labels={"sat1": "Overall I am satisfied", "remark": "备注"},
            variable_value_labels={
                "sat1": {1: "strongly disagree", 5: "strongly agree", -99: "refused"},
                "size": {1: "small", 2: "large"},
            },
            missing_ranges={"sat1": [-99, 9], "ser1": [{"lo": 8, "hi": 9}], "sat2": [-99]},
        )
    elif route == "semicolon":
        frame.to_csv(path, index=False, sep=";", decimal=",", encoding="utf-8")
    elif route == "tab":
        frame.to_csv(path, index=False, sep="\t", encoding="utf-16")
    else:
        frame.to_csv(path, index=False, encoding=route)
    return path


@pytest.mark.parametrize(
    "route", ["utf-8", "utf-8-sig", "gb18030", "semicolon", "tab", "excel", "sav", "parquet", "frame"]
)
def test_every_format_gives_the_identical_frame(route, answers, codebook, tmp_path):
    expected = pd.DataFrame(
        {
            "industry": pd.Series(["制造业", "物流", "制造业", None, "金融服务", "物流"], dtype="str"),
            "respondent": pd.Series([11, 12, 13, 14, 15, 16], dtype="int64"),
            "sat1": [1.0, 5.0, np.nan, np.nan, np.nan, 3.0],
            "sat2": [1.0, 5.0, 4.0, np.nan, 2.0, 3.0],
            "ser1": [2.0, 2.0, np.nan, 4.0, 5.0, 1.0],
            "size": pd.Series(["small", "large", "large", None, None, "small"], dtype="str"),
            "response_hours": [0.5, 3.3, np.nan, 12.0, np.nan, 1e-3],
            "remark": pd.Series(
                ["好, 很好", 'said "fine"', "two\nlines", None, "<b>x</b>", "=1+1"], dtype="str"
            ),
        }
    )
    if route == "frame":
        survey = survey_from_frame(answers, codebook, "frame")
    else:
        survey = open_survey(_write(answers, tmp_path, route), codebook=codebook)
    pd.testing.assert_frame_equal(survey.responses, expected)
    assert survey.rows == 6
    assert len(survey.sha256) == 64


def test_big5_is_told_from_gb18030(answers, codebook, tmp_path):
    traditional = answers.assign(
        industry=["製造業", "物流", "金融服務", None, "電子商務", "物流"], remark="顧客關係"
    )
    text = codebook.read_text(encoding="utf-8").replace("小", "").replace("大", "")
    codebook.write_text(text, encoding="utf-8")
    for encoding in ("big5", "gb18030"):
        survey = open_survey(_write(traditional, tmp_path, encoding), codebook=codebook)
        assert survey.responses["industry"][4] == "電子商務"
        assert encoding in survey.notes.query("topic == 'encoding'")["value"].item()


def test_latin_text_is_not_read_as_chinese(answers, codebook, tmp_path):
    path = tmp_path / "latin.csv"
    answers.assign(industry="Möbel und Küchen", remark="größer").to_csv(path, index=False, encoding="cp1252")
    assert open_survey(path, codebook=codebook).responses["industry"][0] == "Möbel und Küchen"


def test_notes_account_for_every_change(answers, codebook, tmp_path):
    notes = open_survey(_write(answers, tmp_path, "utf-8"), codebook=codebook).notes
    cells = notes.groupby(["topic", "column", "value"])["cells"].sum()
    assert cells["missing code", "sat1", "-99"] == 1
    assert cells["missing code", "sat1", "9"] == 1
    assert cells["missing code", "size", "8"] == 1
    assert cells["reversed", "sat2", ""] == 5
    assert cells["labels of groups", "size", "2"] == 2
    assert cells["formula-like text", "remark", "=1+1"] == 1


def test_columns_beyond_the_codebook_are_kept_aside_and_noted(answers, codebook, tmp_path):
    survey = open_survey(_write(answers.assign(email="a@b.cn"), tmp_path, "utf-8"), codebook=codebook)
    assert list(survey.extra) == ["email"]
    assert "email" not in survey.responses
    assert survey.notes.query("topic == 'not in codebook'")["column"].tolist() == ["email"]


def test_answers_in_words_full_width_digits_and_blanks_are_read_and_noted(codebook, tmp_path):
    path = tmp_path / "words.csv"
    path.write_text(
        "respondent,sat1,sat2,ser1,industry,size,response_hours,remark\n"
        "a01,Strongly  agree,非常不同意,５,x\u00a0,小,\u00a02.5 ,\u3000\n"
        "a02,4, 3,2,x,large,1,\n",
        encoding="utf-8",
    )
    survey = open_survey(path, codebook=codebook)
    first = survey.responses.iloc[0]
    assert first["respondent"] == "a01"
    assert [first["sat1"], first["sat2"], first["ser1"], first["response_hours"]] == [5, 5, 5, 2.5]
    assert first["industry"] == survey.responses["industry"][1]
    topics = set(zip(survey.notes["topic"], survey.notes["column"], strict=True))
    assert {
        ("answers in words", "sat1"),
        ("answers in words", "sat2"),
        ("full-width digits", "ser1"),
        ("blanks", "response_hours"),
        ("blanks", "industry"),
        ("blank cells", "remark"),
    } <= topics


def test_every_bad_cell_is_listed_with_row_column_value_and_what_to_do(codebook, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(
        "respondent,sat1,sat2,ser1,industry,size,response_hours,remark\n"
        "1,6,2,3,a,1,1,\n"
        '2,3,2.5,3,a,3,-4,"x\ny"\n'
        "2,maybe,2,=2+2,a,1,many,\n"
        ',1,2,3,a,1,"1,5,2",\n',
        encoding="utf-8",
    )
    with pytest.raises(DataError) as caught:
        open_survey(path, codebook=codebook)
    found = [(fault.row, fault.column, fault.value) for fault in caught.value.faults]
    assert found == [
        (2, "sat1", "6"),
        (3, "sat2", "2.5"),
        (3, "size", "3"),
        (3, "response_hours", "-4"),
        (4, "respondent", "2"),
        (4, "sat1", "maybe"),
        (4, "ser1", "=2+2"),
        (4, "response_hours", "many"),
        (5, "respondent", ""),
        (5, "response_hours", "1,5,2"),
    ]
    assert all(fault.file == "bad.csv" and fault.fix for fault in caught.value.faults)


def test_missing_columns_come_with_a_guess(answers, codebook, tmp_path):
    path = _write(answers.rename(columns={"sat1": "Sat_1", "industry": "branch"}), tmp_path, "utf-8")
    with pytest.raises(DataError) as caught:
        open_survey(path, codebook=codebook)
    assert [fault.column for fault in caught.value.faults] == ["sat1", "industry"]
    assert "Did you mean 'Sat_1'?" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("\n\n", "no text"),
        ("sat1,sat2\n", "no respondents"),
        ("sat1,sat2,sat1\n1,2,3\n", r"row 1, column 'sat1'.*twice \(positions 1 and 3\)"),
        ("sat1,sat2\n1,2,3\n1\n", r"row 2, line 2: 3 fields where the header has 2[\s\S]*row 3"),
        ('sat1,sat2\n1,"2\n', "quote that is never closed"),
        ("PK\x03\x04", "content looks like an Excel workbook"),
    ],
)
def test_a_damaged_text_file_is_refused_in_one_message(content, message, codebook, tmp_path):
    path = tmp_path / "damaged.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        open_survey(path, codebook=codebook)


@pytest.mark.parametrize("name", ["answers.ods", "answers.docx", "absent.csv", "answers"])
def test_unknown_endings_and_absent_files_say_what_to_do(name, codebook, tmp_path):
    with pytest.raises(DataError, match=r"Save it as|Use one of|Check the path"):
        open_survey(tmp_path / name, codebook=codebook)


@pytest.mark.parametrize(
    ("ending", "magic"),
    [(".xlsx", b"PK\x03\x04"), (".xls", b"\xd0\xcf\x11\xe0"), (".sav", b"$FL2"), (".parquet", b"PAR1")],
)
def test_a_damaged_binary_file_is_a_data_error(ending, magic, codebook, tmp_path):
    path = tmp_path / f"damaged{ending}"
    path.write_bytes(magic + b"\x01\x02\x03\x04" * 100)
    with pytest.raises(DataError, match=f"damaged{ending}"):
        open_survey(path, codebook=codebook)


def test_a_formula_without_a_stored_result_is_never_an_answer(answers, codebook, tmp_path):
    path = tmp_path / "formula.xlsx"
    answers.astype(object).assign(sat1=["=2+1", 1, 1, 1, 1, 1]).to_excel(path, index=False)
    with pytest.raises(
        DataError, match=r"row 2, column 'sat1', value '=2\+1': a formula, which is never calculated"
    ):
        open_survey(path, codebook=codebook)


def _workbook(path, answers, change):
    answers.astype(object).to_excel(path, index=False)
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def test_a_workbook_is_read_as_it_looks(answers, codebook, tmp_path):
    """With cells that are formatted and empty, a hidden sheet in front, and a row that is filtered out."""

    def change(book):
        book.active.title = "answers"
        book.active.cell(40, 12).number_format = "0.00"
        book.active.row_dimensions[3].hidden = True
        book.create_sheet("notes", 0).sheet_state = "hidden"
        book.active = 1

    expected = survey_from_frame(answers, codebook, "frame").responses
    survey = open_survey(_workbook(tmp_path / "a.xlsx", answers, change), codebook=codebook)
    pd.testing.assert_frame_equal(survey.responses, expected)
    notes = survey.notes.set_index("topic")
    assert "not read: notes" in notes.loc["sheets", "note"]
    assert notes.loc["hidden rows", "cells"] == 1
    assert notes.loc["hidden rows", "value"] == ""


def test_merged_cells_are_refused(answers, codebook, tmp_path):
    path = _workbook(tmp_path / "m.xlsx", answers, lambda book: book.active.merge_cells("C2:C4"))
    with pytest.raises(DataError, match=r"cells of the sheet 'Sheet1' are merged: C2:C4\. Unmerge"):
        open_survey(path, codebook=codebook)


def test_a_cell_far_from_the_table_is_a_fault_and_not_a_full_memory(answers, codebook, tmp_path):
    def change(book):
        book.active["XFD9999"] = "x"

    with pytest.raises(DataError, match=r"row 9999 and column 16384.*outside the table"):
        open_survey(_workbook(tmp_path / "far.xlsx", answers, change), codebook=codebook)


def test_a_header_that_slipped_is_found(answers, codebook, tmp_path):
    def change(book):
        book.active.insert_rows(1, 2)
        book.active["A1"] = "Survey of customers, 2026"
        book.active.merge_cells("A1:D1")

    path = _workbook(tmp_path / "t.xlsx", answers, change)
    with pytest.raises(DataError, match=r"The header stands in row 3: say 'file: {title_rows: 2}'"):
        open_survey(path, codebook=codebook)
    text = codebook.read_text(encoding="utf-8")
    codebook.write_text(text + "file: {title_rows: 2}\n", encoding="utf-8")
    survey = open_survey(path, codebook=codebook)
    pd.testing.assert_frame_equal(survey.responses, survey_from_frame(answers, codebook, "frame").responses)


def test_a_line_that_never_ends_is_one_fault(codebook, tmp_path):
    for content in ("x" * 200_000, "sat1,sat2," * 20_000):
        path = tmp_path / "line.csv"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(DataError) as caught:
            open_survey(path, codebook=codebook)
        assert len(caught.value.faults) == 1
        assert len(str(caught.value)) < 300


def test_one_bad_value_in_many_rows_is_one_fault(answers, codebook, tmp_path):
    many = pd.concat([answers] * 20).assign(respondent=range(120), size=3.0)
    with pytest.raises(DataError) as caught:
        open_survey(_write(many, tmp_path, "utf-8"), codebook=codebook)
    (fault,) = caught.value.faults
    assert (fault.row, fault.column) == (2, "size")
    assert "the same in 119 rows below: 3, 4, 5" in str(fault)


def test_a_mixed_column_is_a_fault_unless_it_is_declared_text(answers, codebook, tmp_path):
    mixed = answers.assign(remark=["5", "five", None, "6", None, "7"])
    with pytest.raises(DataError, match=r"row 3, column 'remark', value 'five'.*type: text"):
        open_survey(_write(mixed, tmp_path, "utf-8"), codebook=codebook)
    text = codebook.read_text(encoding="utf-8").replace("{label: {en: Remark}}", "{type: text}")
    codebook.write_text(text, encoding="utf-8")
    survey = open_survey(_write(mixed, tmp_path, "utf-8"), codebook=codebook)
    assert survey.responses["remark"].dropna().tolist() == ["5", "five", "6", "7"]


def test_long_ids_stay_exact(answers, codebook, tmp_path):
    long = answers.assign(respondent=[f"44010219800101{n:04d}" for n in range(6)])
    assert (
        open_survey(_write(long, tmp_path, "utf-8"), codebook=codebook)
        .responses["respondent"][5]
        .endswith("0005")
    )
    rounded = answers.assign(respondent=[4.4010219800101e17 + n for n in range(0, 600, 100)])
    with pytest.raises(DataError, match="Store the ids as text"):
        open_survey(_write(rounded, tmp_path, "sav"), codebook=codebook)


def test_disagreeing_value_labels_are_noted(answers, codebook, tmp_path):
    path = tmp_path / "turned.sav"
    labels = {"sat1": {1: "strongly agree", 5: "strongly disagree"}}
    pyreadstat.write_sav(answers, path, variable_value_labels=labels)
    notes = open_survey(path, codebook=codebook).notes
    assert notes.query("topic == 'value labels differ'")["column"].tolist() == ["sat1", "sat1"]


def test_a_study_asks_for_constructs_and_learns_which_are_missing(answers, codebook):
    survey = survey_from_frame(answers, codebook, "frame")
    assert survey.require("satisfaction", groups=["size"], variables=["remark"]) is survey
    with pytest.raises(DataError) as caught:
        survey.require("satisfaction", "crm_use", "servce", groups=["region"])
    message = str(caught.value)
    assert "lacks the constructs crm_use, servce; it has: satisfaction, service" in message
    assert "Is 'service' meant for 'servce'?" in message
    assert "lacks the group region; it has: industry, size" in message
    with pytest.raises(DataError, match=r"lacks the constructs a, b, c, d … and 18 more; it has"):
        survey.require(*"abcdefghijklmnopqrstuv")


def test_constructs_by_role_and_answers_as_ticked(answers, codebook):
    survey = survey_from_frame(answers, codebook, "frame")
    assert survey.constructs(role="perception") == ("service",)
    assert list(survey.items("service", "satisfaction")) == ["ser1", "sat1", "sat2"]
    assert survey.items("satisfaction")["sat2"].tolist()[:2] == [1, 5]
    assert survey.as_answered("satisfaction")["sat2"].tolist()[:2] == [5, 1]


def test_a_subset_keeps_order_and_leaves_a_note(answers, codebook):
    survey = survey_from_frame(answers, codebook, "frame")
    part = survey.subset(survey.responses["industry"] == "物流", "logistics only")
    assert part.responses["respondent"].tolist() == [12, 16]
    assert part.notes.iloc[-1][["topic", "cells", "note"]].tolist() == ["subset", 4, "logistics only"]
    assert part.rows == 6


def test_who_answered_counts_missing_groups_too(answers, codebook):
    counts = survey_from_frame(answers, codebook, "frame").group_counts()
    assert counts.query("group == 'industry'")["respondents"].sum() == 6
    assert "(missing)" in counts.query("group == 'industry'")["value"].tolist()


def test_columns_are_found_by_their_header_and_named_by_the_codebook(codebook, tmp_path):
    book = tmp_path / "headers.yaml"
    book.write_text(
        "title: T\nid: Response ID\nscales: {s: {min: 1, max: 5}}\n"
        "constructs: {quality: {scale: s, items: {q1: {column: '1、质量好'}}}}\n"
        "groups: {gender: {column: Your gender}}\nvariables: {age: {column: Age in years}}\n",
        encoding="utf-8",
    )
    path = tmp_path / "headers.csv"
    path.write_text(
        "Age in years,Your gender,Response ID,1、质量好,spare\n30,f,R1,4,x\n40,m,R2,9,y\n", encoding="utf-8"
    )
    with pytest.raises(DataError, match=r"row 3, column '1、质量好', value '9'"):
        open_survey(path, codebook=book)
    path.write_text(path.read_text(encoding="utf-8").replace(",9,", ",5,"), encoding="utf-8")
    survey = open_survey(path, codebook=book)
    assert list(survey.responses) == ["age", "gender", "Response ID", "q1"]
    assert survey.items("quality")["q1"].tolist() == [4, 5]
    assert list(survey.extra) == ["spare"]


def test_a_workbook_of_old_excel_is_read_with_its_dates_and_sheets(tmp_path):
    """A file as Excel 97 to 2003 keeps it: a sheet of explanations, then the answers."""
    path = Path(__file__).parent / "files" / "old_excel.xls"
    book = tmp_path / "codebook.yaml"
    text = (
        "title: T\nid: 序号\nscales: {s: {min: 1, max: 5}}\n"
        "constructs: {c: {scale: s, items: {q1: {column: 您对服务满意吗}, q2: {column: 您愿意推荐吗}}}}\n"
        "groups: {gender: {column: 您的性别}}\n"
    )
    book.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"the sheet '说明' has no rows of answers\. Name another .*: 答卷$"):
        open_survey(path, codebook=book)
    survey = open_survey(path, codebook=book, sheet="答卷")
    assert survey.responses["序号"].tolist() == list(range(1, 13))
    assert survey.responses["q1"].between(1, 5).all()
    assert survey.responses["q1"].head(2).tolist() == [2, 3]
    assert set(survey.responses["gender"]) <= {"男", "女"}
    assert survey.extra["提交时间"].iloc[0] == "2024-03-01 10:05:00"
    assert "not read: 说明" in " ".join(survey.notes["note"])
    with pytest.raises(DataError, match=r"no sheet '答卷1'\. Did you mean '答卷'"):
        open_survey(path, codebook=book, sheet="答卷1")
