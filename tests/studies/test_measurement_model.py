"""Study 03: the rule on what is planted and what is not, and what is left out on other people's surveys."""

import pytest

from workbench import studies
from workbench.datasets import load_population
from workbench.errors import NotApplicable
from workbench.studies import measurement_model as study
from workbench.studies.dimensions import choose_dimensions
from workbench.survey import analysis_samples


@pytest.fixture(scope="module")
def population():
    return load_population("customer_survey")


def measured(survey, **options):
    taken = choose_dimensions(survey, **options)
    return study.measure(survey.responses[taken.items], taken)


def test_five_planted_dimensions_are_confirmed_and_fewer_are_not(population):
    words = {}
    for name, one in {"shipped": population, **study.nulls(population)}.items():
        (verdict,) = study.decide(studies.simulate(one, 2), seed=2, truths=study.truths(one))
        words[name] = verdict.word
    assert words.pop("shipped") == "recovered"
    assert set(words.values()) == {"rightly rejected"}


def test_the_headline_uses_everybody_who_answered(population):
    survey = analysis_samples(studies.simulate(population, 2)).survey
    found = measured(survey)
    assert found.headline == "WLSMV, pairwise"
    assert found.n == len(survey.responses)
    assert found.fits["WLSMV, complete cases"].measures["ntotal"] < found.n
    assert found.fits[study.FULL].measures["ntotal"] == found.n


def test_what_is_planted_beside_the_model_is_read_from_the_description(population):
    beside = study.planted_misfit(population, ["rel1", "rel3", "res2", "tan2"])
    assert beside == {
        frozenset({"rel3", "responsiveness"}): "loading .18",
        frozenset({"rel1", "res2"}): "correlation .30",
    }


def test_many_answers_are_taken_as_measurements(foreign):
    found = measured(foreign({"price": 3, "staff": 3, "place": 3}, categories=11))
    assert found.headline == study.FULL
    assert not found.ordered
    assert list(found.nested.index) == ["one_factor"], "with three dimensions a second order says the same"
    assert len(found.merged.table) == 3


def test_an_outcome_of_one_item_and_a_marker_that_is_not_there_are_left_out_and_said(foreign):
    survey = foreign({"price": 3, "staff": 3, "place": 3, "verdict": 1})
    found = measured(survey, without=("verdict", "marker"))
    assert study.whole_of(survey, found, "verdict") == (
        "Verdict of theirs has one item, which cannot be told from its error: this part is left out."
    )
    assert study.whole_of(survey, found, "satisfaction").startswith("The codebook has no construct")
    common = study.common_method(survey, found, "marker")
    assert common.marked is None
    assert "no construct 'marker'" in common.lacking[-1]
    said = " ".join(study.methods(found, common, "left out", draws=100, samples=analysis_samples(survey)))
    assert "marker" not in said
    assert "second-order factor was set against" not in said


def test_a_bifactor_that_was_not_fitted_is_not_in_the_methods(foreign):
    survey = foreign({"price": 2, "staff": 3, "place": 3})
    found = measured(survey)
    common = study.common_method(survey, found, "marker")
    samples = analysis_samples(survey)
    said = " ".join(study.methods(found, common, "left out", draws=100, samples=samples))
    assert "one factor and a second-order factor by fit indices" in said
    assert "bifactor" not in said
    assert "instructed item" not in said


def test_constructs_of_their_own_have_their_structures_and_marker(foreign):
    survey = foreign(
        {"price": 3, "staff": 3, "place": 3, "liking": 3, "sea": 3},
        stands_for={"liking": "satisfaction", "sea": "marker"},
        n=400,
    )
    found = measured(survey, without=("satisfaction", "marker"))
    assert found.taken.names == ["price", "staff", "place"]
    whole = study.whole_of(survey, found, "satisfaction")
    assert (whole.name, whole.label) == ("liking", "Liking of theirs")
    assert whole.shared[1][0] < whole.shared[0] < whole.shared[1][1]
    assert 0 < whole.explained[0] < 1
    assert study.common_method(survey, found, "marker").marker == "sea"
    assert study.decide(survey, seed=1) == [], "no verdict without the document's five"


def test_one_dimension_is_measured_and_nothing_is_told_apart(foreign):
    survey = foreign({"price": 4})
    found = measured(survey)
    assert found.merged is None
    assert found.nested.empty
    assert study.common_method(survey, found, "marker").method is None


def test_names_that_models_use_may_be_a_questionnaires_own(foreign):
    survey = foreign({"general": 3, "method": 3, "marker": 3, "common": 3})
    found = measured(survey, without=("marker",))
    assert found.rivals.table["converged"].all()
    assert study.common_method(survey, found, "marker").marker == "marker"


def test_items_that_carry_no_model_are_said_to_be_so(foreign):
    survey = foreign({"price": 2, "staff": 2}, turned=["price_2"], n=180, shared=0.0, seed=2)
    with pytest.raises(NotApplicable, match="run against the others"):
        measured(survey)


def test_ordered_answers_with_more_parameters_than_respondents_are_not_fitted(foreign):
    survey = foreign({"price": 6, "staff": 6}, n=50)
    found = measured(survey)
    size = sum(survey.responses[item].nunique() - 1 for item in survey.codebook.items) + 12 + 1
    assert found.failed == (
        f"WLSMV, pairwise gave no estimates: the model has {size} parameters, and there are 50 respondents",
    )
    assert found.headline == study.FULL


def test_a_model_that_no_way_fits_is_not_applicable_and_says_how_many_answered(foreign):
    survey = foreign({"price": 12, "staff": 12}, n=20)
    with pytest.raises(NotApplicable, match="24 items, 20 respondents, 20 of whom answered every item"):
        measured(survey)


def test_few_respondents_show_neither_fit_nor_misfit_and_many_show_one():
    from tests.studies.conftest import answers_of

    from workbench.studies.dimensions import Dimensions

    def of(n, merge=False):
        frame = answers_of({"price": 3, "staff": 3}, n=n, shared=0.2, categories=9, seed=4)
        items = list(frame.columns)
        parts = {"all": items} if merge else {"price": items[:3], "staff": items[3:]}
        return study.measure(frame, Dimensions(parts, {name: name for name in parts}, False))

    assert of(45).fits_closely == "are shown neither to fit closely nor to misfit"
    assert of(900).fits_closely == "fit closely"
    assert of(900, merge=True).fits_closely == "does not fit closely"
    assert not of(900).improper
