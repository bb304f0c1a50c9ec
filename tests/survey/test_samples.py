"""Samples of an analysis: nobody is left out in silence."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterError
from workbench.survey import analysis_samples, samples, survey_from_frame
from workbench.survey.codebook import read_codebook

CODEBOOK = """
title: small
scales: {five: {min: 1, max: 5}}
constructs:
  one: {scale: five, items: {a1: , a2: , a3: }}
  two: {scale: five, items: {b1: , b2: , b3: }}
  three: {scale: five, items: {c1: , c2: , c3: }}
"""
CHECK = "variables: {attention_check: {label: {en: Tick 2}}}\n"


def survey(tmp_path, extra=""):
    path = tmp_path / "codebook.yaml"
    path.write_text(CODEBOOK + extra, encoding="utf-8")
    rng = np.random.default_rng(1)
    items = [f"{letter}{number}" for letter in "abc" for number in (1, 2, 3)]
    frame = pd.DataFrame(rng.integers(1, 6, size=(40, 9)), columns=items)
    frame.loc[0] = 3
    frame["attention_check"] = [2, 2, 5, None] + [2] * 36
    return survey_from_frame(frame, read_codebook(path), "answers")


def test_who_failed_the_instructed_item_is_left_out_and_who_skipped_it_is_kept(tmp_path):
    samples = analysis_samples(survey(tmp_path, CHECK))
    assert samples.main == "passed the attention check"
    assert samples.table.loc[samples.main, ["respondents", "left_out"]].tolist() == [39, 1]
    assert samples.table["respondents"].iloc[0] == 40
    assert samples.survey.responses["attention_check"].dropna().eq(2).all()


def test_without_such_an_item_everyone_stays_and_it_is_said(tmp_path):
    samples = analysis_samples(survey(tmp_path))
    assert samples.main == "everyone"
    assert len(samples.survey.responses) == 40
    assert any("no instructed item" in text for text in samples.warnings)


def test_an_item_that_follows_from_another_is_said_with_the_samples_and_other_notes_are_not(tmp_path):
    """The copy turns answers round; a column that is kept aside is noted too."""
    path = tmp_path / "codebook.yaml"
    path.write_text(CODEBOOK + CHECK, encoding="utf-8")
    frame = survey(tmp_path, CHECK).responses.copy()
    frame["c3"] = 6 - frame["a1"]
    frame["aside"] = 1
    opened = survey_from_frame(frame, read_codebook(path), "answers")
    assert opened.notes["column"].isin(["aside"]).any()
    said = [
        text for text in analysis_samples(opened).warnings if text.startswith(("a1: ", "aside: ", "c3: "))
    ]
    (note,) = opened.notes.loc[opened.notes["column"] == "c3", "note"]
    assert said == [f"c3: {note}"]
    assert "a1" in note


def test_more_signs_leave_out_fewer(tmp_path):
    strict, mild = (
        analysis_samples(survey(tmp_path), signs=signs).table["left_out"].iloc[-1] for signs in (1, 2)
    )
    assert strict >= mild >= 1
    with pytest.raises(ParameterError, match="signs=0"):
        analysis_samples(survey(tmp_path), signs=0)


def test_an_instructed_answer_in_words_divides_too(tmp_path):
    book = tmp_path / "c.yaml"
    book.write_text(
        "title: T\nscales: {s: {min: 1, max: 5}}\nconstructs: {c: {scale: s, items: {a: , b: , d: }}}\n"
        "variables: {told: {type: text, instructed: Agree}}\n"
    )
    frame = pd.DataFrame({name: [1, 2, 3, 4, 5, 4] for name in "abd"})
    frame["told"] = ["Agree", "agree", "Disagree", None, "Agree", "Neutral"]
    samples = analysis_samples(survey_from_frame(frame, book, "f"))
    assert len(samples.survey.responses) == 4
    assert samples.main == "passed the attention check"
    assert "answered as told to (told)" in samples.table["rule"].tolist()


def test_of_a_survey_too_large_to_be_analysed_a_part_is_drawn_and_every_place_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.survey.samples.MOST_CELLS", 9 * 30 + 5)
    answers = survey(tmp_path, CHECK)
    samples = analysis_samples(answers)
    drawn = samples.surveys["everyone"]
    assert len(drawn.responses) == 30 < len(answers.responses)
    assert drawn.responses.equals(answers.responses.loc[drawn.responses.index])
    assert samples.table.loc["everyone", "rule"] == "nobody left out, of 30 drawn at random from 40"
    assert all(len(part.responses) <= 30 for part in samples.surveys.values())
    assert samples.table["respondents"].add(samples.table["left_out"]).eq(30).all()
    assert samples.table["rule"].str.endswith(", of 30 drawn at random from 40").all()
    said = "30 of 40 respondents were drawn at random (seed 1); everything that follows is of them."
    assert samples.warnings[0] == samples.in_words[0] == said
    again = analysis_samples(answers).surveys["everyone"].responses
    assert again.equals(drawn.responses)


def test_of_a_survey_that_can_be_analysed_nobody_is_drawn(tmp_path):
    samples = analysis_samples(survey(tmp_path))
    assert not samples.drawn
    assert samples.in_words == ["Nobody was left out of the headline."]
    assert not any("drawn" in text for text in (*samples.warnings, *samples.table["rule"]))


@pytest.mark.parametrize(("cells", "drawn"), [(9 * 40, 40), (9 * 40 - 1, 39)])
def test_a_survey_of_as_many_cells_as_an_analysis_bears_is_taken_whole(tmp_path, monkeypatch, cells, drawn):
    monkeypatch.setattr("workbench.survey.samples.MOST_CELLS", cells)
    answers = survey(tmp_path)
    assert len(samples.draw(answers).responses) == drawn
    assert (samples.draw(answers) is answers) is (drawn == 40)


def test_an_analysis_bears_a_million_cells():
    assert samples.MOST_CELLS == 10**6


def test_a_survey_without_items_is_drawn_by_its_respondents(tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.survey.samples.MOST_CELLS", 4)
    book = tmp_path / "c.yaml"
    book.write_text("title: T\nvariables: {v: {}}\n")
    answers = survey_from_frame(pd.DataFrame({"v": range(6)}), book, "f")
    assert len(samples.draw(answers).responses) == 4


def test_the_headline_alone_is_that_of_all_samples_without_a_draw(tmp_path, monkeypatch):
    with_check, without = survey(tmp_path, CHECK), survey(tmp_path)
    headline = samples.headline_sample(with_check)
    assert headline.responses.equals(analysis_samples(with_check).survey.responses)
    assert samples.headline_sample(without) is without
    monkeypatch.setattr("workbench.survey.samples.MOST_CELLS", 9 * 30)
    assert len(samples.headline_sample(with_check).responses) == 39
    other = samples.headline_sample(with_check, answer=5)
    assert other.responses["attention_check"].dropna().tolist() == [5]


def test_one_sign_of_carelessness_is_borne_and_two_are_not(tmp_path):
    answers = survey(tmp_path)
    chosen = analysis_samples(answers).table.iloc[-1]
    assert chosen["rule"].startswith("fewer than 2 of ")
    assert chosen["left_out"] == analysis_samples(answers, signs=2).table["left_out"].iloc[-1]


def test_where_nobody_is_flagged_the_sample_is_everyone_and_is_analysed_once(tmp_path):
    samples = analysis_samples(survey(tmp_path), signs=9)
    assert samples.table["left_out"].tolist() == [0, 0]
    assert samples.surveys["fewer signs of carelessness"] is samples.survey
