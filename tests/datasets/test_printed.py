"""Printed figures: as typed, with both readings of a per cent."""

import re

import pytest

from workbench import run_records
from workbench.datasets import open_dataset, printed, study_survey


def test_ten_firms_hold_what_the_document_prints():
    survey = open_dataset("ten_firms")
    frame = survey.responses.set_index("industry_zh")
    assert survey.codebook.kind == "printed"
    assert len(frame) == 10
    assert frame.loc["电子商务"].tolist()[1:] == [69, 91, 64, 89]
    # Column sums, added up from the document by hand.
    numeric = frame.drop(columns="industry")
    assert numeric.sum().tolist() == [630, 845, 554, 788]


def test_cases_keep_both_readings_and_figures_that_are_printed_twice():
    cases = printed.cases().set_index(["case", "measure"]).sort_index()
    maker = cases.loc[("equipment_maker", "repurchase")]
    assert maker["points"] == 22
    assert maker["relative"] == pytest.approx(22 / 62)
    gain = cases.loc[("it_firm", "satisfaction")]
    assert (gain["points"], gain["relative"]) == (40, 0.4)
    assert cases.loc[("intelligent_crm", "loyalty"), "value"].tolist() == [35, 40]
    levels = cases[cases["form"].isin(["level", "share"])]
    assert levels[["points", "relative"]].isna().all().all()


def test_every_figure_stands_in_its_quotation():
    for figure in printed.cases().itertuples():
        numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", figure.quote)}
        wanted = {figure.before, figure.after} if figure.form == "change" else {figure.value}
        if figure.unit == "EUR":
            wanted = {figure.value / 10_000}  # printed in 万, ten thousands
        assert wanted <= numbers, figure.quote


def test_the_run_is_told_which_data_were_used(tmp_path, monkeypatch):
    monkeypatch.setenv(run_records.VARIABLE, str(tmp_path))
    study_survey("ten_firms")
    record = next(r for r in run_records.records(tmp_path) if r["kind"] == "data")
    assert record["data_kind"] == "printed"
    assert record["rows"] == 10
    assert len(record["sha256"]) == 64
