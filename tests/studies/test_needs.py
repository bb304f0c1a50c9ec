"""What studies need is what their notebooks ask for."""

from dataclasses import replace

import pandas as pd
import pytest

from workbench.datasets import open_dataset
from workbench.reports import studies
from workbench.resources import NOTEBOOKS
from workbench.studies.needs import NEEDS, readiness
from workbench.survey import survey_from_frame

EVERY = {name[:2]: study for name, study in studies.find(NOTEBOOKS).items()}


def test_every_study_that_takes_a_survey_says_what_it_needs():
    takes = {number for number, study in EVERY.items() if studies.SURVEY_FILE in study.defaults}
    assert takes == set(NEEDS)


@pytest.mark.parametrize("number", [number for number, needs in NEEDS.items() if needs.constructs])
def test_the_constructs_are_those_that_the_study_asks_for(number):
    """The shipped survey has all of them; without any one of them the study's own question is refused."""
    customers = dict.fromkeys(["04", "06", "07", "10"], "customer_survey")
    shipped = (customers | {"11": "firm_survey"})[number]
    survey = open_dataset(shipped)
    needs = NEEDS[number]
    survey.require(*needs.constructs)
    assert readiness(survey, [number])[0].ready
    book = survey.codebook
    for name in needs.constructs:
        fewer = {key: value for key, value in book.constructs.items() if key != name}
        found = readiness(replace(survey, codebook=replace(book, constructs=fewer)), [number])[0]
        assert found.lacks == (f"constructs: {name}",)
        assert f"stands_for: {name}" in found.fix[0]


def test_a_plain_survey_can_run_the_first_three_and_is_told_about_the_others(tmp_path):
    book = tmp_path / "c.yaml"
    text = (
        "title: T\nscales: {s: {min: 1, max: 5}}\nconstructs:\n  quality: {scale: s, items: {q1: , q2: }}\n"
        "  loyalty: {scale: s, items: {l1: , l2: }}\n"
    )
    book.write_text(text)
    answers = pd.DataFrame({name: [1, 2, 3, 4, 5] for name in ("q1", "q2", "l1", "l2")})
    found = {one.study: one for one in readiness(survey_from_frame(answers, book, "f"))}
    assert [study for study, one in found.items() if one.ready] == ["01", "02", "03"]
    assert found["18"].lacks == ("hypotheses",)
    assert "H1: quality -> loyalty (+)" in found["18"].fix[0]
    assert found["08"].lacks[0].startswith("variables: satisfaction_before")
    assert all(len(one.lacks) == len(one.fix) for one in found.values())
    book.write_text(text + "hypotheses: {H1: quality -> loyalty (+)}\n")
    assert readiness(survey_from_frame(answers, book, "f"), ["18"])[0].ready


def test_the_shipped_surveys_can_run_their_studies():
    ready = [one.study for one in readiness(open_dataset("customer_survey")) if one.ready]
    assert ready[:4] == ["01", "02", "03", "04"]
    panel = {one.study: one for one in readiness(open_dataset("firm_panel"))}
    assert panel["12"].ready
    assert {one.study: one for one in readiness(open_dataset("ten_firms"))}["08"].ready


def test_groups_count_that_have_two_levels_of_enough_respondents():
    survey = open_dataset("customer_survey_groups")
    assert readiness(survey, ["05"])[0].ready
    few = survey.subset(survey.responses.index.to_series() < 150, "the first of them")
    found = readiness(few, ["05"])[0]
    assert found.lacks == ("a group with two levels of 100 respondents",)
    assert "smallest_group" in found.fix[0]
    none = replace(survey, codebook=replace(survey.codebook, groups={}))
    assert readiness(none, ["05"])[0].lacks == ("a group",)


def test_a_model_of_more_items_than_complete_answers_is_doubted_before_it_runs():
    survey = open_dataset("customer_survey")
    assert not any(one.doubt for one in readiness(survey))
    items = [item for one in survey.codebook.constructs.values() if len(one.items) > 1 for item in one.items]
    few = survey.subset(survey.responses.index.to_series() < 30, "the first of them")
    complete = len(few.responses[items].dropna())
    found = {one.study: one for one in readiness(few, ["02", "03", "18"])}
    assert found["03"].ready
    assert f"{complete} respondents answered all {len(items)} items" in found["03"].doubt
    assert not found["02"].doubt
