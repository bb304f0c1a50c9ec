"""What studies need is what their notebooks ask for."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

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


def _small(tmp_path, constructs: dict[str, list[str]], rows: int = 5, **columns):
    """A survey of these constructs on one scale, with as many respondents, and columns that divide them."""
    scale = {name: {"scale": "s", "items": dict.fromkeys(items)} for name, items in constructs.items()}
    book = {"title": "T", "scales": {"s": {"min": 1, "max": 5}}, "constructs": scale}
    book |= {"groups": dict.fromkeys(columns)} if columns else {}
    path = tmp_path / "book.yaml"
    path.write_text(yaml.safe_dump(book))
    names = [item for items in constructs.values() for item in items]
    answers = {name: np.resize([1, 2, 3, 4, 5], rows) for name in names}
    return survey_from_frame(pd.DataFrame(answers | columns), path, "f")


@pytest.mark.parametrize("number", [number for number, needs in NEEDS.items() if needs.pairs])
def test_one_construct_of_two_items_is_a_pair(tmp_path, number):
    one = readiness(_small(tmp_path, {"quality": ["q1", "q2"]}), [number])[0]
    assert not any("two items" in text for text in one.lacks)
    single = readiness(_small(tmp_path, {"quality": ["q1"], "price": ["p1"]}), [number])[0]
    assert "a construct of two items or more" in single.lacks


@pytest.mark.parametrize(("second", "enough"), [(99, False), (100, True)])
def test_two_levels_are_enough_from_a_hundred_on(tmp_path, second, enough):
    levels = ["north"] * 100 + ["south"] * second
    survey = _small(tmp_path, {"quality": ["q1", "q2"]}, len(levels), region=levels)
    found = readiness(survey, ["05"])[0]
    assert found.ready is enough
    assert found.lacks == ("a group with two levels of 100 respondents",) * (not enough)


def test_a_doubt_is_told_of_every_study_that_fits_one_model_of_all(tmp_path):
    items = {"quality": [f"q{k}" for k in range(201)]}
    survey = _small(tmp_path, items, 200, region=["north"] * 100 + ["south"] * 100)
    shipped = open_dataset("customer_survey")
    few = shipped.subset(shipped.responses.index.to_series() < 30, "the first of them")
    told = {one.study for one in readiness(survey, ["02", "03", "05"]) if one.doubt}
    assert told | {one.study for one in readiness(few, ["04", "06", "07"]) if one.doubt} == {"03", "05", "06"}
    whole = _small(tmp_path, items, 202, region=["north"] * 101 + ["south"] * 101)
    assert not any(one.doubt for one in readiness(whole, ["02", "03", "05"]))


@pytest.mark.parametrize(
    ("items", "rows", "lacks"), [(3, 50, ()), (2, 50, ("3 rated items",)), (3, 49, ("50 respondents",))]
)
def test_segments_take_three_items_of_fifty_respondents(tmp_path, items, rows, lacks):
    survey = _small(tmp_path, {"quality": [f"q{k}" for k in range(items)]}, rows)
    found = readiness(survey, ["14"])[0]
    assert found.lacks == lacks
    assert found.ready is not bool(lacks)


@pytest.mark.parametrize(
    ("columns", "enough"),
    [(("firm", "period"), True), (("arm",), True), (("firm",), False), (("other",), False)],
)
def test_one_whole_set_of_columns_is_enough(tmp_path, columns, enough):
    survey = _small(tmp_path, {"quality": ["q1"]}, 4, **{name: list("aabb") for name in columns})
    found = readiness(survey, ["13"])[0]
    assert found.lacks == ("variables: firm and period, or arm",) * (not enough)


@pytest.mark.parametrize(
    ("complete", "said"), [(0, "0 respondents"), (1, "1 respondent"), (2, "2 respondents")]
)
def test_one_complete_answer_is_one_respondents(tmp_path, complete, said):
    survey = _small(tmp_path, {"quality": ["q1", "q2", "q3"]}, 9)
    survey.responses.loc[complete:, "q3"] = np.nan
    assert f"few answers: {said} answered all 3 items" in readiness(survey, ["03"])[0].doubt


def test_only_what_says_so_does_without_answers():
    assert [number for number, needs in NEEDS.items() if not needs.answers] == ["16"]
