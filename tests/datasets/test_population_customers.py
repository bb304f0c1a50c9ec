"""The shipped customer surveys are what their descriptions make, and hold what they are said to hold."""

import hashlib
import re

import numpy as np
import pandas as pd
import pytest
import yaml

from workbench import open_survey
from workbench.datasets.population import load_population
from workbench.resources import DATA

SURVEYS = ("customer_survey", "customer_survey_groups", "firm_survey")
FIRST_TIER = ("responsiveness", "assurance")
SECOND_TIER = ("empathy", "tangibles", "reliability")
# A survey that is meant to be changed changes its sum here as well.
SHA256 = {
    "customer_survey": "eddff19d5a7bde8097c5b2c9c5d5467e45fd6d1146d3c4224431a13f0cac137f",
    "customer_survey_groups": "234aa10bd4c121a66cf9563dffd0e6c35a197e8722eb404b11e60a786a82dbdb",
    "firm_survey": "6d59acc08509e0c805df85a6726ab639df2c8599a869d046574798c72d2b0672",
}


@pytest.mark.parametrize("name", SURVEYS)
def test_the_shipped_answers_are_reproduced_to_the_byte(name):
    fresh = load_population(name).simulate().to_csv().encode()
    assert (DATA / f"{name}.csv").read_bytes() == fresh
    assert hashlib.sha256(fresh).hexdigest() == SHA256[name]


@pytest.mark.parametrize("name", SURVEYS)
def test_the_shipped_codebook_is_made_from_the_description(name):
    shipped = (DATA / "codebooks" / f"{name}.yaml").read_text(encoding="utf-8")
    assert shipped == load_population(name).codebook_text()


@pytest.mark.parametrize("name", SURVEYS)
def test_every_item_is_worded_in_both_languages_and_no_wording_is_used_twice(name):
    items = [item for _, item in load_population(name).description.items.values()]
    assert all(re.search("[\u4e00-\u9fff]", item.zh) for item in items)
    assert len({item.en for item in items}) == len({item.zh for item in items}) == len(items)


def test_columns_of_the_file_are_those_of_the_codebook():
    book = yaml.safe_load((DATA / "codebooks" / "customer_survey.yaml").read_text(encoding="utf-8"))
    header = (DATA / "customer_survey.csv").read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    items = [item for parts in book["constructs"].values() for item in parts["items"]]
    assert header == [book["id"], *book["groups"], *items, *book["variables"]]


@pytest.fixture(scope="module")
def central():
    return load_population("customer_survey")


@pytest.fixture(scope="module")
def large(central):
    return central.simulate(n=20_000, seed=5)


def test_the_claims_about_crm_use_are_planted(central):
    effect = {to: central.total_effect(to, "crm_use") for to in (*FIRST_TIER, *SECOND_TIER)}
    assert min(effect[to] for to in FIRST_TIER) - max(effect[to] for to in SECOND_TIER) > 0.2
    for to in ("satisfaction", "loyalty", "trust", "perceived_value", "relationship_quality"):
        assert central.total_effect(to, "crm_use") > 0.15


def test_all_service_dimensions_have_their_expectation_and_perception_items(central):
    constructs = central.description.constructs
    counts = {"tangibles": 4, "reliability": 5, "responsiveness": 4, "assurance": 4, "empathy": 5}
    for name, count in counts.items():
        assert constructs[name].role == "perception"
        assert constructs[f"{name}_expected"].role == "expectation"
        assert constructs[f"{name}_importance"].role == "importance"
        assert len(constructs[name].items) == count
        assert [f"{item}_expected" for item in constructs[name].items] == [
            *constructs[f"{name}_expected"].items
        ]


@pytest.mark.parametrize("to", ["satisfaction", "perceived_value", "responsiveness", "loyalty"])
def test_least_squares_on_the_true_scores_finds_the_planted_paths(central, large, to):
    latent, centre = large.latent, central.implied.centre
    terms = central.description.structure[to]
    columns = [np.ones(len(latent))]
    for term in terms:
        column = latent[term.from_]
        if term.above is not None:
            column = np.maximum(column - term.above, 0)
        elif term.times is not None:
            column = column * latent[term.times]
        columns.append(column)
    assert len(centre) == 2
    found = np.linalg.lstsq(np.column_stack(columns), latent[to], rcond=None)[0][1:]
    np.testing.assert_allclose(found, [term.value for term in terms], atol=0.045)


def test_without_effects_nothing_follows_from_crm_use(central):
    null = central.without_effects("crm_use")
    for to in ("satisfaction", "loyalty", *FIRST_TIER, *SECOND_TIER):
        assert null.total_effect(to, "crm_use") == 0
    only_one = central.without_effects("crm_use", on="trust")
    assert only_one.total_effect("satisfaction", "crm_use") > 0.3


def test_answers_look_like_those_of_a_real_survey(central):
    survey = central.simulate()
    answers = survey.responses
    items = list(central.description.items)
    missing = answers[items].isna()
    assert 0.02 < missing.mean().mean() < 0.06
    assert missing.mean().max() < 0.12
    assert 0.02 < survey.careless.mean() < 0.06
    expected = answers[[item for item in items if item.endswith("_expected")]]
    perceived = answers[[item.removesuffix("_expected") for item in expected]]
    assert (expected.mean().to_numpy() - perceived.mean().to_numpy()).mean() > 0.3
    assert (expected == 5).mean().mean() > 0.3
    assert (answers["pri1"] <= 2).mean() > 0.4
    assert 0.08 < answers["churned"].mean() < 0.25
    attentive = answers.loc[~survey.careless, "attention_check"] == 2
    assert attentive.mean() > 0.95
    assert (answers.loc[survey.careless, "attention_check"] == 2).mean() < 0.5


def test_most_satisfied_customers_are_neither_loyal_nor_bound(central, large):
    answers = large.responses[~large.careless]
    constructs = central.description.constructs
    satisfied = answers[answers[list(constructs["satisfaction"].items)].mean(axis=1) >= 4]
    loyal = satisfied[list(constructs["loyalty"].items)].mean(axis=1) >= 4
    assert 1 - loyal.mean() == pytest.approx(0.70, abs=0.05)
    assert (satisfied["swi1"] >= 4).mean() == pytest.approx(0.75, abs=0.04)


def test_the_marker_is_related_to_nothing(central):
    others = central.implied.covariance["marker"].drop("marker")
    assert (others == 0).all()


def test_satisfied_customers_leave_out_more_answers(central, large):
    gaps = large.raw[list(central.description.items)].isna().sum(axis=1) > 3
    satisfied = large.latent["satisfaction"]
    assert satisfied[gaps].mean() - satisfied[~gaps].mean() > 0.3


def test_the_variant_with_a_method_factor_shows_in_the_marker_alone():
    population = load_population("customer_survey_method").without_effects("crm_use")
    assert (population.implied.covariance.loc["crm_use", ["satisfaction", "loyalty", "marker"]] == 0).all()
    answers = population.simulate(n=8000).responses
    between = answers[["crm1", "crm3", "sat1", "loy1", "mar1"]].corr()
    # method loading squared, a little less with five categories
    for a, b in (("crm1", "sat1"), ("crm3", "loy1"), ("mar1", "crm1"), ("mar1", "sat1")):
        assert between.loc[a, b] == pytest.approx(0.42**2 * 0.9, abs=0.035)


def test_the_variant_with_a_confounder_lets_crm_use_go_with_what_it_does_not_bring(central):
    population = load_population("customer_survey_confounded")
    for to in ("satisfaction", "loyalty", *FIRST_TIER, *SECOND_TIER):
        assert population.total_effect(to, "crm_use") == pytest.approx(central.total_effect(to, "crm_use"))
    implied = population.without_effects("crm_use").implied.covariance
    assert implied.loc["crm_use", "satisfaction"] == pytest.approx(0.45 * 0.35)
    assert implied.loc["crm_use", "loyalty"] > 0.12
    assert implied.loc["crm_use", "marker"] == 0


@pytest.fixture(scope="module")
def groups():
    return load_population("customer_survey_groups").simulate()


def test_three_industries_have_four_hundred_customers_each(groups):
    assert groups.raw["industry"].value_counts().min() >= 400
    assert groups.raw["industry"].nunique() == 3


def test_planted_differences_of_items_and_paths_are_there(groups):
    large = load_population("customer_survey_groups").simulate(n=30_000, seed=3)
    answers, latent = large.responses, large.latent
    by = answers["industry"]
    tangibles = answers["tan3"] - answers[["tan1", "tan2", "tan4"]].mean(axis=1)
    assert tangibles.groupby(by).mean()["banking"] > tangibles.groupby(by).mean()["retail"] + 0.2
    slope = {
        level: np.polyfit(part["crm_use"], part["responsiveness"], 1)[0] for level, part in latent.groupby(by)
    }
    assert slope["banking"] - slope["retail"] == pytest.approx(0.20, abs=0.04)
    assert slope["logistics"] - slope["retail"] == pytest.approx(0.0, abs=0.04)
    alike = {
        level: np.polyfit(part["crm_use"], part["responsiveness"], 1)[0]
        for level, part in latent.groupby(answers["region"])
    }
    assert max(alike.values()) - min(alike.values()) < 0.06


def test_borrowed_items_are_worded_as_in_the_other_survey(central):
    borrowed = load_population("customer_survey_groups").description.constructs
    assert borrowed["satisfaction"] == central.description.constructs["satisfaction"]


@pytest.mark.parametrize("name", SURVEYS)
def test_the_shipped_file_opens_with_its_codebook_and_gives_the_simulated_answers(name):
    survey = open_survey(DATA / f"{name}.csv", codebook=DATA / "codebooks" / f"{name}.yaml")
    simulated = load_population(name).simulate().responses
    assert survey.kind == "simulated"
    pd.testing.assert_frame_equal(
        survey.responses.reset_index(drop=True), simulated[survey.responses.columns], check_dtype=False
    )
