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
        "of 4 design errors that can be seen, the questionnaire makes 1 (one type of question)"
    )
    bare = survey(tmp_path, answers(), BOOK.replace("role: driver, ", "").replace("role: outcome, ", ""))
    assert words.design(check_design(bare.codebook)).endswith("and shows signs of no analysis plan")
    careful = screen(own, longest_share=1, even_odd=-1, mahalanobis_p=0)
    said = words.answer(check, missing_data(own.items()), careful).replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("All 200 respondents answered all 8 questions; 0 of 200 show more than one ")
    assert "; of 4 design errors that can be seen, the questionnaire makes " in said


def test_six_of_eight_are_most_and_five_are_not(tmp_path):
    odd = np.arange(200) % 2
    for high, start in (
        (6, "Answers lean to the upper end"),
        (5, "5 of 8 questions draw"),
        (2, "Answers lean to the lower end"),
    ):
        frame = pd.DataFrame({name: 3 + odd * (1.0 if k < high else -1.0) for k, name in enumerate(ITEMS)})
        frame["a4"] = 6 - frame["a4"]
        own = survey(tmp_path, frame)
        assert words.spread(item_distributions(own), own).startswith(start), high


@pytest.mark.parametrize(("length", "named"), [(40, True), (41, False)])
def test_a_long_wording_gives_way_to_the_name(length, named, tmp_path):
    frame = answers(low=1, high=6)
    frame["b1"] = 5.0
    own = survey(tmp_path, frame, BOOK.replace("b1: One", f"b1: {'W' * length}"))
    title = words.spread(item_distributions(own), own)
    assert title.endswith(f"tick the highest answer to {'W' * length if named else 'b1'}")


def test_at_a_tie_the_upper_end_is_named_and_five_per_cent_is_few(tmp_path):
    frame = answers(low=2, high=5)
    frame["b1"] = np.where(np.arange(200) % 2, 5.0, 1.0)
    own = survey(tmp_path, frame)
    assert words.spread(item_distributions(own), own).endswith("tick the highest answer to One")
    frame = answers()
    frame.iloc[:10] = 3.0
    result = screen(survey(tmp_path, frame), even_odd=-1, mahalanobis_p=0, longest_share=0.9)
    assert words.careless(result) == "Few show more than one sign of carelessness: 10 of 200"


def test_rare_patterns_are_counted_and_one_question_is_not_all_of_several(tmp_path):
    frame = answers()
    frame.iloc[:20, 0] = 9
    frame.iloc[30:32, 1] = 9
    rare = survey(tmp_path, frame)
    said = words.chance(missing_data(rare.items()), little_mcar(rare.items()))
    assert said[1] == "1 of 3 patterns has one or two respondents: little power."
    frame.iloc[40, 2] = 9
    rare = survey(tmp_path, frame)
    said = words.chance(missing_data(rare.items()), little_mcar(rare.items()))
    assert said[1] == "2 of 4 patterns have one or two respondents: little power."
    frame.iloc[30:33, 1] = 9
    frame.iloc[41:43, 2] = 9
    rare = survey(tmp_path, frame)
    assert words.chance(missing_data(rare.items()), little_mcar(rare.items()))[1] == ""
    one = missing_data(rare.items()[["a1"]])
    said = words.answer(check_design(rare.codebook), one, screen(rare), "overall rating")
    assert "respondents answered the overall rating; " in said


def test_what_is_said_of_a_sign_belongs_to_that_sign(tmp_path):
    own = survey(tmp_path, answers())
    inconsistent = words.most_frequent_sign(screen(own, longest_share=1, mahalanobis_p=0, answered=0))
    assert "Low consistency is common" in inconsistent[1]
    frame = answers()
    frame.iloc[:100] = 3.0
    long = words.most_frequent_sign(screen(survey(tmp_path, frame), even_odd=-1, mahalanobis_p=0))
    assert "contented people tick one answer too" in long[1]
    assert len(long) == 2
    few = screen(own, longest_share=1, even_odd=-1, mahalanobis_p=0, answered=1)
    assert words.most_frequent_sign(few) == ["No sign flags anybody."]


def test_two_surveys_are_both_named_in_the_methods(tmp_path):
    own = survey(tmp_path, answers())
    other = survey(tmp_path, answers(n=50), BOOK.replace("Own survey", "Other survey"))
    missing, test = missing_data(own.items()), little_mcar(own.items())
    said = words.methods([own, other], missing, test, [screen(own)])[0]
    assert (
        "200 respondents to 8 questions (Own survey) and 50 respondents to 8 questions (Other survey)" in said
    )
    assert "read through codebooks; 2 reverse-worded items were turned" in said
    assert "(Own" not in words.methods([own, own], missing, test, [screen(own)])[0]


def test_one_sign_is_not_more_than_one(tmp_path):
    frame = answers()
    frame.iloc[:20] = 3.0  # two signs each
    frame.iloc[20:60, 1:] = 9  # one sign each: few answers
    own = survey(tmp_path, frame)
    careful = screen(own, even_odd=-1, mahalanobis_p=0, longest_share=0.9)
    assert careful.joint["respondents"].tolist()[1:3] == [40, 20]
    assert words.careless(careful).startswith("20 of 200")
    missing = missing_data(own.items())
    assert "; 20 of 200 show more than one sign of carelessness; of " in words.answer(
        check_design(own.codebook), missing, careful
    )


def test_methods_speak_of_what_could_be_done(tmp_path):
    book = BOOK.split("  a:")[0] + "  a: {scale: s, items: {a1: , a2: , a3: }}\n"
    frame = answers(n=12)[["a1", "a2", "a3"]]
    frame.iloc[:10, 0] = 9  # two respondents are too few for the covariances
    few = survey(tmp_path, frame, book)
    test = little_mcar(few.items())
    missing = missing_data(few.items())
    said = " ".join(words.methods([few], missing, test, [screen(few)]))
    assert "Missing answers are described" in said
    assert "Little" not in said
    assert "even–odd" not in said
    assert "Mahalanobis" not in said
    assert "read through a codebook;" in said
    assert words.chance(missing, test)[0].startswith("Little's test could not be carried out")
    assert (
        words.most_frequent_sign(screen(few))[-1]
        == "2 signs not assessed here: inconsistent and unusual pattern."
    )


def test_long_lists_are_cut(tmp_path):
    frame = answers()
    frame[ITEMS[:7]] = 5.0
    frame["c2"] = 3.0
    said = words.extremes(item_distributions(survey(tmp_path, frame)))
    assert said.endswith("at an end of the scale: a1, a2, a3, a4, b1, b2 and 1 other.")


def test_patterns_without_a_complete_answer_are_all_counted(tmp_path):
    frame = answers()
    frame.iloc[:, 1] = 9
    frame.iloc[:50, 0] = 9
    said = words.patterns(missing_data(survey(tmp_path, frame).items()))
    assert said == "Nobody answered every question; answers are missing in 2 patterns"
