"""Numbers and answers as people write them."""

import pytest

from workbench import open_survey
from workbench.errors import DataError
from workbench.survey.amounts import Amounts, column_amounts
from workbench.survey.answer_texts import CodedAnswer, coded_answer


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (["60 %", "5%"], [60, 5]),
        (["€ 1,349.45", "€ 12.00"], [1349.45, 12]),
        (["1.349,45", "2.500"], [1349.45, 2500]),
        (["1,349.45", "2,500"], [1349.45, 2500]),
        (["1,234,567"], [1234567]),
        (["1.234.567"], [1234567]),
        (["1 349,5", "12"], [1349.5, 12]),
        (["1'349.45"], [1349.45]),
        (["0.349", "1.349"], [0.349, 1.349]),
        (["0,349", "1,349"], [0.349, 1.349]),
        (["-€ 5", "€ -5.50", "5 EUR", "￥１２"], [-5, -5.5, 5, 12]),
        (["1e3", ".5", "5."], [1000, 0.5, 5]),
        (["12", "-3", "+4"], [12, -3, 4]),
        ([7, 2.5], [7, 2.5]),
    ],
)
def test_a_column_tells_how_its_numbers_are_written(column, values):
    for comma_likely in (True, False):
        amounts = column_amounts(column, None, comma_likely=comma_likely)
        assert [amounts.read(cell).value for cell in column] == values


@pytest.mark.parametrize(
    "cell", ["abc", "1.2.3", "1,2,3", "12:30", "3-4", "%", "2024-01-02", "1,34,5", "", "٣"]
)
def test_what_is_no_number(cell):
    assert column_amounts([cell], None, comma_likely=True).read(cell) is None


def test_a_sign_that_nothing_tells_is_a_question():
    asked = column_amounts(["1,349", "2,500"], None, comma_likely=True)
    assert asked.read("1,349") is None
    assert asked.two_ways("1,349") == (1349, 1.349)
    assert asked.two_ways("12") is None
    assert column_amounts(["1,349"], ",", comma_likely=True).read("1,349").value == 1.349
    assert column_amounts(["1,349"], ".", comma_likely=True).read("1,349").value == 1349
    # divided by commas, a file's lone points are decimal points
    assert column_amounts(["1.349"], None, comma_likely=False).read("1.349").value == 1.349


def test_a_unit_may_stand_behind_the_number():
    assert Amounts(unit="秒").read("123秒").value == 123
    assert Amounts(unit="hours").read("2.5 Hours").value == 2.5
    assert Amounts().read("123秒") is None


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("4 - Agree", CodedAnswer(4, "Agree")),
        ("4-Agree", CodedAnswer(4, "Agree")),
        ("4: Agree", CodedAnswer(4, "Agree")),
        ("4. Agree", CodedAnswer(4, "Agree")),
        ("4 = agree", CodedAnswer(4, "agree")),
        ("5 (very much)", CodedAnswer(5, "very much")),
        ("5（非常满意）", CodedAnswer(5, "非常满意")),
        ("5、非常同意", CodedAnswer(5, "非常同意")),
        ("Agree (4)", CodedAnswer(4, "Agree")),
        ("非常满意（5分）", CodedAnswer(5, "非常满意")),
        ("5分", CodedAnswer(5, "")),
        ("-2 - strongly disagree", CodedAnswer(-2, "strongly disagree")),
        ("0 Not at all likely", CodedAnswer(0, "Not at all likely")),
    ],
)
def test_an_answer_that_holds_code_and_words(cell, answer):
    assert coded_answer(cell) == answer


@pytest.mark.parametrize(
    "cell", ["Agree", "3 to 5 times", "1-2 times", "18-24", "4", 4, None, "2024-05-01", "Q1"]
)
def test_an_answer_that_does_not(cell):
    assert coded_answer(cell) is None


CODEBOOK = """\
title: T
scales: {agree5: {min: 1, max: 5, labels: {1: {en: Disagree, zh: 不同意}, 4: Agree}, missing: [99, N/A]}}
constructs: {c: {scale: agree5, items: {a: , b: }}}
variables: {spent: {unit: EUR}}
"""


def test_answers_with_code_and_words_and_amounts_are_read_and_noted(tmp_path):
    (tmp_path / "c.yaml").write_text(CODEBOOK, encoding="utf-8")
    path = tmp_path / "a.csv"
    path.write_text(
        'a,b,spent\n4 - Agree,5 (very much),"€ 1,349.45"\n不同意,Agree,"2,500"\n99 - refused,n/a,12 EUR\n',
        encoding="utf-8",
    )
    survey = open_survey(path, codebook=tmp_path / "c.yaml")
    assert survey.responses["a"].tolist()[:2] == [4, 1]
    assert survey.responses["b"].tolist()[:2] == [5, 4]
    assert survey.responses[["a", "b"]].iloc[2].isna().all()
    assert survey.responses["spent"].tolist() == [1349.45, 2500, 12]
    topics = set(zip(survey.notes["topic"], survey.notes["column"], strict=True))
    assert {("answers with code and words", "a"), ("answers in words", "b"), ("thousands", "spent")} <= topics


def test_a_cell_whose_words_contradict_its_code_is_a_fault(tmp_path):
    (tmp_path / "c.yaml").write_text(CODEBOOK, encoding="utf-8")
    path = tmp_path / "a.csv"
    path.write_text("a,b,spent\n4 - Disagree,4 - totally wrong,1\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        open_survey(path, codebook=tmp_path / "c.yaml")
    assert "says 'Disagree' for 4, the codebook for 1" in str(caught.value)
    assert "says 'totally wrong' for 4, the codebook 'Agree'" in str(caught.value)


def test_a_decimal_sign_that_cannot_be_told_is_asked_for(tmp_path):
    book, path = tmp_path / "c.yaml", tmp_path / "a.csv"
    book.write_text("title: T\nvariables: {v: {min: 0}, w: {}}\n", encoding="utf-8")
    path.write_text("v;w\n1.349;a\n2.500;b\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"row 2, column 'v', value '1.349': this may be 1.349 or 1,349. Say"):
        open_survey(path, codebook=book)
    book.write_text(book.read_text() + "file: {decimal: ','}\n", encoding="utf-8")
    assert open_survey(path, codebook=book).responses["v"].tolist() == [1349, 2500]
