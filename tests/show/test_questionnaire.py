"""What is said of a questionnaire follows the numbers: few only where few, a lean only where there is one."""

import numpy as np
import pandas as pd
import pytest

from workbench.show import questionnaire as words
from workbench.survey import (
    check_design,
    fatigue,
    item_distributions,
    little_mcar,
    missing_data,
    screen,
    survey_from_frame,
)

BOOK = """title: Own survey
scales: {s: {min: 1, max: 5, missing: [9]}}
constructs:
  a: {scale: s, role: driver, items: {a1: One, a2: Two, a3: Three, a4: {en: Four, reverse: true}}}
  b: {scale: s, role: driver, items: {b1: One, b2: Two}}
  c: {scale: s, role: outcome, items: {c1: One, c2: Two}}
"""
ITEMS = ["a1", "a2", "a3", "a4", "b1", "b2", "c1", "c2"]


def survey(tmp_path, frame, book=BOOK):
    path = tmp_path / "book.yaml"
    path.write_text(book, encoding="utf-8")
    return survey_from_frame(frame, path, "own")


def answers(n=200, low=1, high=6, seed=1):
    return pd.DataFrame(np.random.default_rng(seed).integers(low, high, (n, 8)), columns=ITEMS).astype(float)


@pytest.mark.parametrize(
    ("straight", "title"),
    [
        (0, "Nobody shows more than one sign of carelessness"),
        (6, "Few show more than one sign of carelessness: 6 of 200"),
        (130, "130 of 200 (65 %) show more than one sign of carelessness"),
    ],
)
def test_few_is_said_where_few(straight, title, tmp_path):
    frame = answers()
    frame.iloc[:straight] = 3.0  # a straight line shows a long string and no variation
    result = screen(survey(tmp_path, frame), even_odd=-1, mahalanobis_p=0, longest_share=0.9)
    assert words.careless(result).replace("\N{NO-BREAK SPACE}", " ") == title


def test_the_sign_that_flags_most_is_named_and_what_was_not_assessed(tmp_path):
    frame = answers()
    frame.iloc[:130] = 3.0
    said = words.most_frequent_sign(screen(survey(tmp_path, frame), even_odd=-1, longest_share=0.9))
    assert said[0].startswith("The sign that flags most is long string: 130 of 200")
    few = survey(
        tmp_path, answers()[["a1", "a2"]], BOOK.split("  a:")[0] + "  a: {scale: s, items: {a1: , a2: }}\n"
    )
    said = words.most_frequent_sign(screen(few, longest_share=1, mahalanobis_p=0, answered=0))
    assert said[-1] == "1 sign not assessed here: inconsistent."
    calm = screen(few, longest_share=1, mahalanobis_p=0, answered=0)
    calm.summary["flagged"] = 0
    assert words.most_frequent_sign(calm)[0] == "No sign flags anybody."


def test_patterns_and_chance_are_of_the_answers_that_are_missing(tmp_path):
    whole = survey(tmp_path, answers())
    missing, test = missing_data(whole.items()), little_mcar(whole.items())
    assert words.patterns(missing) == "Nobody left out a question"
    assert words.chance(missing, test) == ["No answer is missing, so there is nothing to test."]
    said = " ".join(words.methods([whole], missing, test, [screen(whole)]))
    assert "No answer was missing." in said
    assert "Little" not in said
    assert "1 reverse-worded item was turned" in said
    assert "codes for missing" not in said
    assert "instructed" not in said

    frame = answers()
    frame.loc[frame["a1"] > 3, "c2"] = 9  # who ticks high leaves out the last question
    holes = survey(tmp_path, frame)
    missing, test = missing_data(holes.items()), little_mcar(holes.items())
    assert words.patterns(missing).endswith(
        "answered every question; the others left out questions in 1 pattern"
    )
    assert "speaks against" in words.chance(missing, test)[0]
    said = " ".join(words.methods([holes], missing, test, [screen(holes)]))
    assert "codes for missing answers were set to missing and 1 reverse-worded item was turned" in said
    assert "Little's (1988)" in said

    assert words.silent(missing) is None

    frame = answers()
    frame.iloc[::7, 2] = 9
    frame.iloc[0] = 9
    by_chance = survey(tmp_path, frame)
    assert words.silent(missing_data(by_chance.items())) == "1 respondent without any answer left out."
    first, second = words.chance(missing_data(by_chance.items()), little_mcar(by_chance.items()))
    assert "finds no departure" in first
    assert not second  # no pattern is rare

    frame.iloc[0, 0] = 9
    frame.iloc[:, 1] = np.where(np.arange(200) == 0, 2, 9)
    nobody = missing_data(survey(tmp_path, frame).items())
    assert words.patterns(nobody).startswith("Nobody answered every question")


def test_one_of_many_is_not_rounded_to_all(tmp_path):
    frame = answers(n=400)
    frame.iloc[0, 0] = 9
    assert words.patterns(missing_data(survey(tmp_path, frame).items())).startswith("399 of 400 answered")


@pytest.mark.parametrize(
    ("low", "high", "start"),
    [
        (4, 6, "Answers lean to the upper end (reversed items turned); "),
        (1, 3, "Answers lean to the lower end (reversed items turned); "),
    ],
)
def test_answers_lean_where_they_lean(low, high, start, tmp_path):
    frame = answers(low=low, high=high)
    frame["a4"] = 6 - frame["a4"]
    own = survey(tmp_path, frame)
    result = item_distributions(own)
    title = words.spread(result, own)
    assert title.startswith(start)
    assert ("tick the highest answer" in title) == (
        result.items["ceiling"].max() >= result.items["floor"].max()
    )


def test_a_mixed_survey_leans_to_neither_end_and_without_ends_none_is_named(tmp_path):
    frame = answers(low=2, high=5)
    odd = np.arange(200) % 2
    for name in ITEMS:
        frame[name] = 3 + odd * (1.0 if name in ("a1", "a2", "a4", "b1", "c1") else -1.0)
    own = survey(tmp_path, frame)
    result = item_distributions(own)
    title = "4 of 8 questions draw answers above the middle (reversed items turned)"
    assert words.spread(result, own) == title
    middle = survey(tmp_path, frame * 0 + 3)
    assert words.spread(item_distributions(middle), middle).startswith("0 of 8 questions draw answers above")
    assert words.extremes(result) == "No question has more than 15 % of its answers at an end of the scale."


def test_extremes_are_counted_and_named(tmp_path):
    frame = answers(low=2, high=5)
    frame["b1"] = 5.0
    assert words.extremes(item_distributions(survey(tmp_path, frame))) == (
        "1 of 8 questions has more than 15 % of the answers at an end of the scale: b1."
    )


@pytest.mark.parametrize(
    ("last", "start"),
    [(40, "More answers go missing"), (-40, "Fewer answers go missing"), (0, "Missing answers show")],
)
def test_a_trend_is_named_by_its_interval(last, start, tmp_path):
    frame = answers()
    for place, name in enumerate(ITEMS):
        order = place if last > 0 else len(ITEMS) - place
        frame.loc[: order * abs(last) // 8, name] = 9 if last else frame[name]
    assert words.trend(fatigue(survey(tmp_path, frame))).startswith(start)


def test_the_answer_counts_the_errors_that_were_made(tmp_path):
    own = survey(tmp_path, answers())
    check = check_design(own.codebook)
    assert words.design(check) == (
        "of the 4 design errors of D3 that the codebook can show, the questionnaire makes 1 "
        "(one type of question)"
    )
    bare = survey(tmp_path, answers(), BOOK.replace("role: driver, ", "").replace("role: outcome, ", ""))
    assert words.design(check_design(bare.codebook)).endswith("and shows signs of no analysis plan")
    careful = screen(own, longest_share=1, even_odd=-1, mahalanobis_p=0)
    said = words.answer(check, missing_data(own.items()), careful, own.title).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert said.startswith("Of the 4 design errors")
    assert "all 200 respondents answered all 8 questions of Own survey, and 0 of 200 show" in said
