"""Banner, answer, hypotheses, verdicts, warnings: what they show and what they tell the run."""

from types import SimpleNamespace

import pytest

from workbench import run_records, show
from workbench.errors import SpecificationError
from workbench.evidence import claims


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv(run_records.VARIABLE, str(tmp_path))
    return tmp_path


def test_banner_takes_a_kind_or_a_survey_and_nothing_else():
    survey = SimpleNamespace(codebook=SimpleNamespace(kind="public"))
    assert "wb-public" in show.banner(survey).html
    assert "not evidence" in show.banner("simulated").text
    with pytest.raises(SpecificationError, match="not a kind of data"):
        show.banner("made up")


def test_answer_and_warnings_reach_the_run(run):
    show.answer("Yes & no.", kind="printed")
    show.warnings(SimpleNamespace(warnings=("Careful.", "Careful.")), SimpleNamespace(warnings=()))
    found = run_records.records(run)
    assert [record["kind"] for record in found] == ["answer", "warning"]
    assert found[0]["data_kind"] == "printed"
    assert "Yes &amp; no." in show.answer("Yes & no.", kind="printed").html


def test_hypotheses_quote_a_claim_once_and_show_open_ones():
    statements = {"D3-1": "rise", "D3-2 gains": "less", "D3-2 bend": "bend"}
    start = show.hypotheses(statements)
    assert start.html.count(claims.claim("D3-2").zh) == 1
    assert 'rowspan="2"' in start.html
    verdict = claims.judge("D3-1", estimate=2, interval=(1, 3), pattern="above", kind="printed", n=10)
    end = show.hypotheses(statements, [verdict]).text
    assert "D3-1: rise -> supported" in end
    assert "D3-2 bend: bend -> open" in end


def test_a_verdict_that_no_hypothesis_asked_for_is_an_error():
    verdict = claims.judge("D0-1", estimate=2, interval=(1, 3), pattern="above", kind="printed", n=10)
    with pytest.raises(SpecificationError, match="not among the hypotheses"):
        show.hypotheses({"D3-1": "rise"}, [verdict])


def test_chips_say_word_estimate_interval_n_and_kind():
    verdict = claims.judge(
        "D0-1",
        estimate=0.3,
        interval=(-0.1, 0.5),
        pattern="above",
        kind="simulated",
        n=1000,
        measure="β",
        planted=True,
    )
    text = show.verdicts(verdict).text.replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith(
        "D0-1: missed (planted, not found). β 0.30 [−0.10, 0.50], n = 1,000, simulated data."
    )
    assert show.result(verdict) == show.verdicts(verdict)


def test_a_long_frame_of_a_result_is_cut_and_says_so():
    import pandas as pd

    from workbench.survey.missing import MissingData

    numbers = pd.DataFrame({"x": range(1000)})
    shown = show.result(MissingData(numbers, numbers.head(3), numbers["x"], 0))
    assert "970 more rows: see items." in shown.text
    assert shown.html.count("<tr") < 100


def test_any_result_shows_its_frames_and_warnings():
    from workbench.datasets import open_dataset
    from workbench.evaluation import before_after

    firms = open_dataset("ten_firms").responses.set_index("industry")
    shown = show.result(before_after.compare(firms["loyalty_before"], firms["loyalty_after"]))
    assert shown.html.count("<table") == 4
    assert "No control group" in shown.text
    with pytest.raises(SpecificationError, match="not a result"):
        show.result(3)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "9 of 30 rows were left out (listwise); missing='fiml' uses them",
            "9 of 30 rows were left out (listwise)",
        ),
        ("Counts vary more: use covariance='HC0' or family='nb'.", "Counts vary more"),
        ("Errors are 2.0 times too small; use 'quasi' or 'HC0'.", "Errors are 2.0 times too small"),
        (
            "Long strings mean little: contented people tick one answer; look",
            "Long strings mean little: contented people tick one answer; look",
        ),
        ("draws=5 alone", "draws=5 alone"),
    ],
)
def test_warnings_give_readers_no_advice_to_programmers(written, shown):
    assert show.warnings(SimpleNamespace(warnings=(written,))).text == f"Warnings:\n- {shown}"


def test_warnings_call_columns_by_their_labels_where_there_are_any():
    said = SimpleNamespace(warnings=("left out (missing: data_quality 1, sales 2)",))
    shown = show.warnings(said, labels={"data_quality": "Data quality", "sales": "Module: sales"}).text
    assert shown == "Warnings:\n- left out (missing: Data quality 1, sales 2)"


def test_a_warning_that_was_told_is_not_told_again():
    first, second = SimpleNamespace(warnings=("Careful.",)), SimpleNamespace(warnings=("Careful.", "Slow."))
    assert show.warnings(first, second, told=[first]).text == "Warnings:\n- Slow."


def test_without_warnings_nothing_is_shown():
    assert show.warnings(SimpleNamespace(warnings=())).html == ""
