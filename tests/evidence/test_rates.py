"""A kept table of rates: read as it was written, refused where it is another, looked up for one claim."""

import math

import pytest

from workbench.errors import DataError, SpecificationError
from workbench.evidence import rates
from workbench.evidence.rates import Rate

ROWS = (
    "shop,D0-1,,True,50,46,0,0.81,0.98",
    "shop,D0-5,region,False,50,2,1,0.01,0.14",
    "shop,D0-7,,,50,20,0,0.26,0.55",
    "no effect,D0-1,,False,50,1,0,0.0,0.11",
    "no effect,D0-5,region,False,50,3,0,0.01,0.17",
    "no effect,D0-7,,True,50,3,0,0.01,0.17",
    "not known,D0-1,,,50,3,0,0.01,0.17",
)
NAMES = ("population", "claim", "part", "planted", "seeds", "found", "failed", "lower", "upper")
WORDS = {"True": "yes", "False": "no", "": ""}


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A small table of study 77 in the columns of the module."""
    monkeypatch.setattr(rates, "FOLDER", tmp_path)
    lines = [",".join(rates.COLUMNS)]
    for row in ROWS:
        one = dict(zip(NAMES, row.split(","), strict=True))
        one["planted"] = WORDS[one["planted"]]
        lines.append(",".join(str(one.get(name, "")) for name in rates.COLUMNS))
    (tmp_path / "77.csv").write_text("\n".join(["# how it was made", *lines]) + "\n")
    return tmp_path / "77.csv"


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1])
def test_an_exact_interval_wants_a_level_between_nought_and_one(level):
    with pytest.raises(SpecificationError, match="0 < level < 1"):
        rates.exact_interval(3, 10, level)


@pytest.mark.parametrize(("found", "seeds"), [(-1, 10), (11, 10)])
def test_an_exact_interval_wants_no_more_finds_than_trials(found, seeds):
    with pytest.raises(SpecificationError, match=f"{found} of {seeds} at level 0.95"):
        rates.exact_interval(found, seeds)


def test_the_level_is_ninety_five_per_cent_where_none_is_given():
    assert rates.exact_interval(46, 50) == rates.exact_interval(46, 50, 0.95)
    assert all(map(math.isnan, rates.exact_interval(0, 0)))
    assert not any(map(math.isnan, rates.exact_interval(0, 1)))


def test_what_was_planted_is_true_false_or_none(table):
    read = rates.read("77")
    assert list(read["planted"]) == [True, False, None, False, False, True, None]
    assert list(read["part"].unique()) == ["", "region"]


def test_a_claim_has_the_rate_of_its_population_first_and_then_of_the_opposite_truth(table):
    assert rates.lookup("77", "shop", "D0-1") == (
        Rate("shop", True, 50, 46, 0, (0.81, 0.98)),
        Rate("no effect", False, 50, 1, 0, (0.0, 0.11)),
    )
    assert [one.population for one in rates.lookup("77", "no effect", "D0-1")] == ["no effect", "shop"]


def test_another_population_of_the_same_or_of_no_known_truth_says_nothing(table):
    assert [one.population for one in rates.lookup("77", "shop", "D0-5", "region")] == ["shop"]
    assert [one.population for one in rates.lookup("77", "shop", "D0-7")] == ["shop"]


@pytest.mark.parametrize(
    ("population", "claim", "part"),
    [("elsewhere", "D0-1", None), ("shop", "D9-9", None), ("shop", "D0-5", None)],
)
def test_what_the_table_does_not_hold_has_no_rate(table, population, claim, part):
    assert rates.lookup("77", population, claim, part) == ()


def test_without_a_table_there_is_no_rate_and_reading_it_says_how_to_make_it(table):
    assert rates.lookup("78", "shop", "D0-1") == ()
    with pytest.raises(DataError, match="no rates are kept for study 78") as caught:
        rates.read("78")
    assert "workbench rates 78" in str(caught.value)


def test_a_table_of_other_columns_is_refused(table):
    text = table.read_text().replace("outcomes", "results")
    table.write_text(text)
    with pytest.raises(DataError, match="not a table of rates"):
        rates.read("77")


@pytest.mark.parametrize(("seeds", "rate", "shown"), [(50, 0.02, [0.0, 0.11]), (0, None, None)])
def test_a_rate_of_no_survey_is_none(seeds, rate, shown):
    one = Rate("shop", True, seeds, min(1, seeds), 50 - seeds, (0.0, 0.11))
    assert one.rate == rate
    assert one.as_record()["rate"] == rate
    assert one.as_record()["interval"] == shown
