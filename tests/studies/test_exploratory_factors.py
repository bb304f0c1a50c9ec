"""Study 02: the rule on what is planted and what is not, and on other people's surveys."""

import pytest

from workbench import measurement, studies
from workbench.datasets import load_population
from workbench.errors import DataError
from workbench.show import titles
from workbench.studies import dimensions as chosen
from workbench.studies import exploratory_factors as study
from workbench.survey import analysis_samples


@pytest.fixture(scope="module")
def population():
    return load_population("customer_survey")


def test_truths_come_from_the_description(population):
    assert study.truths(population) == {"D1-2 explored": True}
    for name, null in study.nulls(population).items():
        assert study.truths(null) == {"D1-2 explored": False}, name
    cross = population.description.model_copy(deep=True)
    item = cross.constructs["reliability"].items["rel3"]
    items = {
        **cross.constructs["reliability"].items,
        "rel3": item.model_copy(update={"also": {"empathy": 0.7}}),
    }
    changed = cross.constructs["reliability"].model_copy(update={"items": items})
    cross = cross.model_copy(update={"constructs": {**cross.constructs, "reliability": changed}})
    assert not chosen.planted(type(population)(cross, population.name)), "an item that belongs elsewhere"


def test_five_planted_dimensions_are_found_and_fewer_are_not(population):
    words = {}
    for name, one in {"shipped": population, **study.nulls(population)}.items():
        (verdict,) = study.decide(studies.simulate(one, 3), seed=3, truths=study.truths(one), draws=60)
        words[name] = verdict.word
    assert words.pop("shipped") == "recovered"
    assert set(words.values()) == {"rightly rejected"}


def test_a_survey_without_the_five_has_no_verdict_and_its_own_dimensions(foreign):
    survey = foreign({"price": 3, "staff": 4, "place": 3, "overall": 1})
    taken = chosen.choose_dimensions(survey)
    assert taken.names == ["price", "staff", "place"]
    assert not taken.claimed
    assert taken.left_out == (
        "Overall of theirs was left out: it has one item, and nothing to hang together with.",
    )
    assert study.decide(survey, seed=1, draws=30) == []
    explored = study.explore(survey.responses[taken.items], taken, draws=60, seed=1)
    assert explored.meant == 3
    assert explored.found
    assert explored.correlation == "polychoric"


def test_constructs_of_one_item_are_left_out_in_one_sentence(foreign):
    taken = chosen.choose_dimensions(foreign({"price": 3, "staff": 4, "overall": 1, "again": 1}))
    assert taken.left_out == (
        "Overall of theirs and Again of theirs were left out: each has one item, and nothing to hang together"
        " with.",
    )


def test_more_items_than_are_modelled_together_are_said_and_names_take_them_all(foreign, monkeypatch):
    survey = foreign({"price": 3, "staff": 4, "place": 3})
    monkeypatch.setattr(chosen, "MOST_ITEMS", 6)
    taken = chosen.choose_dimensions(survey)
    assert taken.names == ["price", "place"]
    assert taken.left_out == (
        "Not taken, because 6 items are modelled together where no constructs are named: Staff of theirs. "
        "The parameter dimensions takes any others.",
    )
    every = chosen.choose_dimensions(survey, ["price", "staff", "place"])
    assert (every.names, every.left_out) == (["price", "staff", "place"], ())
    monkeypatch.setattr(chosen, "MOST_ITEMS", 2)
    assert chosen.choose_dimensions(survey).names == ["price"]


def test_perceptions_are_the_dimensions_where_roles_say_so_and_names_are_obeyed(foreign):
    survey = foreign(
        {"price": 3, "staff": 3, "result": 3}, roles={"price": "perception", "staff": "perception"}
    )
    assert chosen.choose_dimensions(survey).names == ["price", "staff"]
    assert chosen.choose_dimensions(survey, ["result", "price"]).names == ["result", "price"]
    with pytest.raises(DataError, match="lacks the construct speed"):
        chosen.choose_dimensions(survey, ["speed"])


def test_constructs_that_stand_for_the_five_are_judged(foreign):
    theirs = dict(zip(["looks", "trust", "speed", "skill", "care"], chosen.SERVQUAL, strict=True))
    survey = foreign(dict.fromkeys(theirs, 3), stands_for=theirs, n=500)
    (verdict,) = study.decide(survey, seed=1, draws=60)
    assert (verdict.claim, verdict.part, verdict.word) == ("D1-2", "explored", "supported")


def test_too_few_items_are_said_and_nothing_is_explored(foreign):
    survey = foreign({"price": 2, "staff": 2})
    taken = chosen.choose_dimensions(survey)
    assert study.too_few(taken) == "4 items cannot identify 2 factors: the factors were not explored."
    assert study.explore(survey.responses[taken.items], taken, draws=30, seed=1) is None
    said = " ".join(study.methods(None, draws=30, samples=analysis_samples(survey)))
    assert "parallel analysis" not in said
    assert "instructed item" not in said
    with pytest.raises(DataError, match="no construct has two items"):
        chosen.choose_dimensions(foreign({"price": 1, "staff": 1}))


def test_methods_say_what_was_run(foreign):
    survey = foreign({"price": 3, "staff": 3}, categories=10)
    taken = chosen.choose_dimensions(survey)
    explored = study.explore(survey.responses[taken.items], taken, draws=30, seed=1)
    said = " ".join(study.methods(explored, draws=30, samples=analysis_samples(survey)))
    assert "from Pearson correlations" in said
    assert "polychoric" not in said
    assert "the sample “fewer signs of carelessness”" in said


def test_a_forgotten_reversal_is_in_the_title(foreign):
    survey = foreign({"price": 4, "staff": 4}, turned=["price_2"])
    taken = chosen.choose_dimensions(survey)
    found = measurement.reliability_table(survey.responses, taken.constructs, draws=0)
    assert titles.against_the_others(found) == {"price": ["price_2"]}
    assert titles.reliability(found, taken.labels) == (
        "price_2 runs against the other items: mend that before reading alpha"
    )


def test_items_that_too_few_answered_together_are_left_out_and_named(foreign):
    survey = foreign({"price": 4, "staff": 3}, n=200)
    survey.responses.loc[15:, "price_2"] = float("nan")  # 15 of 200 answered it
    taken = chosen.choose_dimensions(survey)
    assert taken.constructs["price"] == ["price_1", "price_3", "price_4"]
    assert taken.left_out[-1].endswith("together with another item, or all of them alike: price_2.")
    # fifty answered both, but those fifty agree on one of the two: the item with fewer answers goes
    survey = foreign({"price": 4, "staff": 3}, n=200)
    survey.responses.loc[50:, "price_3"] = float("nan")
    survey.responses.loc[:49, "staff_1"] = 4.0
    assert chosen.seldom_together(survey.responses[list(survey.codebook.items)]) == ["price_3"]
    # two halves of a questionnaire for different people: one of two items goes, and then its construct
    survey = foreign({"price": 2, "staff": 3}, n=200)
    survey.responses.loc[:99, "price_1"] = float("nan")
    survey.responses.loc[100:, "price_2"] = float("nan")
    taken = chosen.choose_dimensions(survey)
    assert list(taken.constructs) == ["staff"]
    assert not chosen.seldom_together(foreign({"price": 4}, n=12).responses), "few, but they answered all"
    assert not chosen.seldom_together(survey.responses[[]]), "a survey without a rated item"
