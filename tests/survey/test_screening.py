import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import open_dataset
from workbench.errors import ParameterError
from workbench.survey import em_moments, fatigue, item_distributions, screen, survey_from_frame
from workbench.survey.screening import (
    even_odd_consistency,
    instructed_items,
    intra_individual_variability,
    longest_string,
    mahalanobis_distance,
    straight_blocks,
)

FOLDER = Path(__file__).parents[1] / "reference" / "survey"
REFERENCE = json.loads((FOLDER / "screening.json").read_text(encoding="utf-8"))
BLOCKS = [[f"i{4 * block + k}" for k in range(1, 5)] for block in range(5)]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """Sixty respondents, five blocks of four items; four straight-liners, then four who answer at random."""
    return pd.read_csv(FOLDER / "answers.csv")


@pytest.fixture
def survey(answers, tmp_path):
    lines = ["title: T", "scales: {s: {min: 1, max: 5}}", "constructs:"]
    for number, block in enumerate(BLOCKS):
        items = ", ".join(f"{name}: {{reverse: {str(name == 'i4').lower()}}}" for name in block)
        lines.append(f"  c{number}: {{scale: s, items: {{{items}}}}}")
    book = tmp_path / "book.yaml"
    book.write_text("\n".join(lines), encoding="utf-8")
    return survey_from_frame(answers, book, "answers")


def test_indices_equal_r(answers):
    np.testing.assert_array_equal(longest_string(answers), REFERENCE["longest_string"])
    np.testing.assert_allclose(intra_individual_variability(answers), REFERENCE["irv"], rtol=1e-12)
    np.testing.assert_allclose(
        mahalanobis_distance(answers)["mahalanobis"], REFERENCE["mahalanobis"], rtol=1e-8
    )
    expected = np.array([np.nan if value is None else value for value in REFERENCE["even_odd"]], dtype=float)
    np.testing.assert_allclose(even_odd_consistency(answers, BLOCKS), expected, rtol=1e-10)


def test_a_missing_answer_ends_a_run_and_lowers_the_degrees_of_freedom(answers):
    row = pd.DataFrame([[4, 4, np.nan, 4, 4, 4, 2], [np.nan] * 7])
    assert longest_string(row).tolist() == [3, 0]
    holes = answers.astype(float)
    holes.iloc[10, :5] = np.nan
    holes.iloc[11, :] = np.nan
    distance = mahalanobis_distance(holes)
    assert distance["mahalanobis_df"][10] == 15
    assert distance.loc[11].isna().all()
    assert distance["mahalanobis_p"].dropna().between(0, 1).all()


@pytest.mark.parametrize(
    ("row", "longest"),
    [
        ([4, np.nan, 4, 4, 2], 2),
        ([4, 4, np.nan, 4, 4], 2),
        ([np.nan, 4, 4, np.nan, 4], 2),
        ([np.nan, np.nan, 4, np.nan, np.nan], 1),
        ([4, np.nan, np.nan, np.nan, np.nan], 1),
        ([4, np.nan, 4, np.nan, 4], 1),
        ([np.nan, np.nan, np.nan, 4, 4], 2),
    ],
)
def test_a_run_does_not_go_on_across_a_gap(row, longest):
    assert longest_string(pd.DataFrame([row])).item() == longest


def test_runs_with_gaps_are_those_of_a_plain_count():
    rng = np.random.default_rng(3)
    rows = rng.choice([1.0, 2.0, np.nan], size=(300, 12), p=[0.5, 0.25, 0.25])
    plain = [
        max((len(list(run)) for value, run in itertools.groupby(row) if value == value), default=0)
        for row in rows
    ]
    assert longest_string(pd.DataFrame(rows)).tolist() == plain


def test_the_run_is_a_share_of_the_answers_given(survey, answers):
    holes = answers.astype(float)
    holes.iloc[0, 4:] = np.nan  # a straight-liner who stopped after four questions
    holes.iloc[1, 1:] = np.nan
    result = screen(survey_from_frame(holes, survey.codebook, "holes"), answered=0.25)
    people = result.respondents
    assert people["longest_share"][0] == 1  # the reversed item too, as ticked
    assert np.isnan(people["longest_share"][1])
    assert result.flags["few answers"].tolist()[:3] == [True, True, False]


def test_straight_lines_are_counted_by_block(answers):
    shares = straight_blocks(answers, BLOCKS)
    assert shares[:4].tolist() == [1, 1, 1, 1]
    assert shares[8] == pytest.approx(0.6)


def test_straight_liners_are_flagged_as_they_ticked_and_nobody_is_deleted(survey):
    result = screen(survey)
    assert len(result.respondents) == len(survey.responses) == 60
    assert result.flags["no variation"].tolist()[:4] == [True] * 4
    assert not result.flags["no variation"][4:].any()
    assert result.flags["long string"][8]
    summary = result.summary.set_index("index")
    assert summary.loc["no variation", "flagged"] == 4
    assert result.joint["respondents"].sum() == 60
    assert (result.flags["count"] == result.flags.drop(columns="count").sum(axis=1)).all()


def test_cut_offs_are_the_readers(survey):
    lenient = screen(survey, longest_share=1.0, even_odd=-1.0, mahalanobis_p=0.0, answered=0.0)
    assert lenient.summary.set_index("index")["flagged"].to_dict() == {
        "few answers": 0,
        "long string": 4,
        "no variation": 4,
        "inconsistent": 0,
        "unusual pattern": 0,
    }
    with pytest.raises(ParameterError, match="longest_share is 2"):
        screen(survey, longest_share=2)


def test_too_little_for_an_index_is_said_and_not_hidden(survey):
    two = screen(survey, ("c0", "c1"))
    assert two.respondents["even_odd"].isna().all()
    row = two.summary.set_index("index").loc["inconsistent"]
    assert row["assessed"] == 0
    assert np.isnan(row["share"])  # of nobody, no share
    assert any("Even-odd consistency needs three" in text for text in two.warnings)
    few = screen(survey.subset(survey.responses.index.to_series() < 20, "few"))
    assert any("too few for the covariances" in text for text in few.warnings)
    assert few.respondents["mahalanobis"].isna().all()


def test_distributions_are_of_the_answers_as_ticked(survey, answers):
    result = item_distributions(survey)
    assert result.items.loc["i4", "mean"] == pytest.approx(answers["i4"].mean())
    assert result.items.loc["i4", "floor"] == pytest.approx((answers["i4"] == 1).mean())
    assert result.shares.sum(axis=1).to_numpy() == pytest.approx(1)
    assert list(result.shares.columns) == [1, 2, 3, 4, 5]
    flat = item_distributions(survey, extreme=0.0).items["effect"]
    assert flat["i1"] == "floor and ceiling"


def test_missing_that_grows_along_the_questionnaire_is_seen(survey):
    assert np.isnan(fatigue(survey).table["rho"].item())
    holes = survey.responses.copy()
    for place in range(20):
        holes.iloc[: 2 * place, place] = np.nan
    tired = survey_from_frame(holes, survey.codebook, "tired")
    assert fatigue(tired).table["rho"].item() == pytest.approx(1)


@pytest.fixture
def instructed(tmp_path):
    book = tmp_path / "told.yaml"
    book.write_text(
        "title: T\nscales: {s: {min: 1, max: 5}}\n"
        "constructs: {c: {scale: s, items: {a: , b: }}}\n"
        "variables:\n  told: {min: 1, max: 5, instructed: 4}\n"
        "  word: {type: text, instructed: Blue}\n  age: {min: 0}\n",
        encoding="utf-8",
    )
    frame = pd.DataFrame(
        {
            "a": [1, 2, 3, 4, 5],
            "b": [1, 2, 2, 4, 3],
            "told": [4, 2, np.nan, 4, np.nan],
            "word": ["blue", "Blue", None, "red", "blue "],
            "age": [20, 30, 40, 50, 60],
        }
    )
    return survey_from_frame(frame, book, "told")


def test_instructed_items_are_a_sign_where_the_codebook_has_them(instructed, survey):
    asked = instructed_items(instructed)
    assert list(asked) == ["told", "word"]
    np.testing.assert_array_equal(asked["told"], [0, 1, np.nan, 0, np.nan])
    np.testing.assert_array_equal(asked["word"], [0, 0, np.nan, 1, 0])
    result = screen(instructed)
    assert result.flags["instructed item"].tolist() == [False, True, False, True, False]
    row = result.summary.set_index("index").loc["instructed item"]
    assert (row["assessed"], row["flagged"]) == (4, 2)
    assert result.joint["respondents"].sum() == 5
    assert "instructed item" not in screen(survey).flags


def own(tmp_path, frame, blocks, reverse=()):
    """A survey of these columns, in blocks, on a scale of 1 to 5."""
    lines = ["title: T", "scales: {s: {min: 1, max: 5}}", "constructs:"]
    for number, block in enumerate(blocks):
        items = ", ".join(f"{name}: {{reverse: {str(name in reverse).lower()}}}" for name in block)
        lines.append(f"  c{number}: {{scale: s, items: {{{items}}}}}")
    book = tmp_path / "own.yaml"
    book.write_text("\n".join(lines), encoding="utf-8")
    return survey_from_frame(frame, book, "own")


def columns(rows, width):
    names = [f"q{number}" for number in range(width)]
    return pd.DataFrame(rows, columns=names, dtype=float), names


def test_consistency_takes_three_constructs_of_two_items_and_not_two():
    #            halves 1 2 3 | 1 2 3; 1 2 3 | 3 2 1; 1 1 2 | 2 1 1; constant; two constructs answered
    rows = [
        [1, 1, 2, 2, 3, 3],
        [1, 3, 2, 2, 3, 1],
        [1, 2, 1, 1, 2, 1],
        [2, 2, 2, 2, 2, 2],
        [1, 1, 2, 2, 3, np.nan],
    ]
    frame, names = columns(rows, 6)
    r = -0.5  # of 1 1 2 with 2 1 1
    expected = [1, -1, max(2 * r / (1 + r), -1), np.nan, np.nan]
    found = even_odd_consistency(frame, [names[:2], names[2:4], names[4:]])
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_weak_agreement_is_stepped_up():
    frame, names = columns([[1, 1, 2, 3, 3, 2, 4, 5]], 8)
    r = np.corrcoef([1, 2, 3, 4], [1, 3, 2, 5])[0, 1]
    found = even_odd_consistency(frame, [names[k : k + 2] for k in (0, 2, 4, 6)])
    assert found.item() == pytest.approx(2 * r / (1 + r))


def test_three_blocks_of_two_are_enough_and_what_is_too_little_is_said(tmp_path):
    rng = np.random.default_rng(4)
    frame, names = columns(rng.integers(1, 6, (80, 20)), 20)
    pairs = [names[:2], names[2:4], names[4:6]]
    three = screen(own(tmp_path, frame[names[:6]], pairs))
    assert three.summary.set_index("index").loc["inconsistent", "assessed"] > 0
    assert not any("Even-odd consistency needs" in text for text in three.warnings)
    assert any("over 6 items" in text for text in three.warnings)
    assert any("No item is reverse-worded" in text for text in three.warnings)
    twenty = screen(own(tmp_path, frame, [names[:10], names[10:]], reverse=names[:1]))
    assert not any("Long strings mean little" in text for text in twenty.warnings)
    assert not any("No item is reverse-worded" in text for text in twenty.warnings)
    assert twenty.joint["flags"].tolist() == [0, 1, 2, 3, 4, 5]
    assert any(
        "over 19 items" in text for text in screen(own(tmp_path, frame[names[:19]], [names[:19]])).warnings
    )


def test_half_of_the_answers_is_not_few_and_two_answers_make_a_run_and_a_spread(tmp_path):
    rng = np.random.default_rng(4)
    frame, names = columns(rng.integers(1, 6, (40, 4)), 4)
    frame.iloc[0] = [3, 3, np.nan, np.nan]
    frame.iloc[1] = [3, np.nan, np.nan, np.nan]
    result = screen(own(tmp_path, frame, [names]))
    assert result.flags["few answers"].tolist()[:3] == [False, True, False]
    assert result.respondents["longest_share"][0] == 1
    assert result.respondents["irv"][0] == 0
    assert np.isnan(result.respondents["irv"][1])
    assert result.flags["no variation"][0]


def test_a_block_of_three_can_be_straight_and_one_of_two_cannot():
    frame, names = columns([[4, 4, 4, 2, 2], [4, 4, np.nan, 2, 2], [4, 4, 5, 2, 2]], 5)
    found = straight_blocks(frame, [names[:3], names[3:]])
    np.testing.assert_array_equal(found, [1, np.nan, 0])


def test_an_item_that_all_answer_alike_is_left_out_of_the_distance(answers):
    whole = mahalanobis_distance(answers)
    with_constant = mahalanobis_distance(answers.assign(flat=3))
    np.testing.assert_allclose(with_constant["mahalanobis"], whole["mahalanobis"])
    assert with_constant["mahalanobis_df"].tolist() == [20] * 60
    with_two_answers = mahalanobis_distance(answers.assign(two=np.arange(60) % 2))
    assert with_two_answers["mahalanobis_df"].tolist() == [21] * 60


def test_the_cut_offs_are_those_that_are_said(survey):
    cut = dict(screen(survey).summary[["index", "cut_off"]].to_numpy())
    assert cut["inconsistent"] == "even-odd consistency < .3"
    assert cut["long string"] == "one answer in a row for .5 or more of the answers"
    assert cut["unusual pattern"] == "Mahalanobis distance, p < .001"
    assert cut["few answers"] == "answered < .5 of the items"


def test_distances_of_more_respondents_than_are_drawn_are_of_all_and_it_is_said(monkeypatch):
    survey = open_dataset("customer_survey")
    whole = screen(survey)
    monkeypatch.setattr("workbench.survey.screening.MOST", 700)
    drawn = screen(survey)
    there = len(survey.responses)
    assert any(f"rest on 700 of {there:,} respondents" in one for one in drawn.warnings)
    assert not any("respondents, drawn at random" in one for one in whole.warnings)
    items = survey.items()
    moments = em_moments(items.sample(700, random_state=1))
    complete = items.notna().all(axis=1)
    gap = (items[complete] - moments.mean).to_numpy()
    expected = (gap @ np.linalg.inv(moments.covariance) * gap).sum(axis=1)
    np.testing.assert_allclose(drawn.respondents.loc[complete, "mahalanobis"], expected, rtol=1e-8)
    assert drawn.respondents["mahalanobis"].notna().sum() == whole.respondents["mahalanobis"].notna().sum()


def test_distances_rest_on_all_respondents_up_to_as_many_as_are_drawn(survey, monkeypatch):
    for most, said in ((len(survey.responses), False), (len(survey.responses) - 1, True)):
        monkeypatch.setattr("workbench.survey.screening.MOST", most)
        assert any("drawn at random" in text for text in screen(survey).warnings) is said


def test_a_distance_at_the_cut_off_is_not_unusual(survey):
    p = screen(survey).respondents["mahalanobis_p"]
    at, above = (
        screen(survey, mahalanobis_p=cut).flags["unusual pattern"] for cut in (p.min(), p.min() + 1e-9)
    )
    assert not at.any()
    assert above[p.idxmin()]


def test_indices_by_parts_are_those_of_all_at_once(survey, monkeypatch):
    whole = screen(survey)
    monkeypatch.setattr("workbench.survey.screening._parts", lambda given: _in_parts(given, 7))
    parts = screen(survey)
    pd.testing.assert_frame_equal(whole.respondents, parts.respondents)
    pd.testing.assert_frame_equal(whole.flags, parts.flags)


def _in_parts(given, size):
    for start in range(0, len(given.responses), size):
        yield replace(given, responses=given.responses.iloc[start : start + size])


def test_a_large_survey_is_the_same_survey(answers, survey, tmp_path, monkeypatch):
    monkeypatch.setattr("workbench.survey.opening.LARGE", 10)
    large = survey_from_frame(answers, survey.codebook, "answers")
    pd.testing.assert_frame_equal(large.responses, survey.responses)
    before = large.responses.copy()
    given = large.as_answered()
    given.iloc[:, 0] = -1.0
    pd.testing.assert_frame_equal(large.responses, before)
    pd.testing.assert_frame_equal(large.as_answered(), survey.as_answered())
