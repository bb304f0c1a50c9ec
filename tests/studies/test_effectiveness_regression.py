"""Study 11's rules: what is planted, what is found where it is and where it is not, and the kept rates."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.datasets import open_dataset
from workbench.datasets.population_schema import Term
from workbench.normal_quantiles import INTERVAL_95
from workbench.show import effectiveness_words as words
from workbench.studies import effectiveness_elements as elements
from workbench.studies import effectiveness_mix as mix
from workbench.studies import effectiveness_offset as offset
from workbench.studies import effectiveness_regression as study
from workbench.studies.effectiveness_methods import diamonds

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "studies" / "effectiveness.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def population():
    return study.population()


def test_every_claim_is_planted_and_false_somewhere(population):
    planted = study.truths(population)
    assert [name for name, holds in planted.items() if not holds] == ["D0-8"]
    others = [study.truths(null) for null in study.nulls(population).values()]
    for name in planted:
        assert {True, False} <= {one[name] for one in (planted, *others)}, name


def test_rules_on_lists_fail_where_one_member_does_nothing(population):
    """On one survey; how often the rules err is in the table of rates."""
    seed = 1
    null = study.nulls(population)["one member of each list without effect"]
    truths = study.truths(null)
    verdicts = study.decide(study.simulate(null, seed), seed=seed, truths=truths)
    said = {f"{one.claim} {one.part or ''}".strip(): one.word for one in verdicts}
    assert set(truths) == set(said)
    assert said.pop("D2-2 structure") == "recovered"
    assert said.pop("D2-20") in ("recovered", "missed")
    assert set(said.values()) == {"rightly rejected"}


@pytest.fixture(scope="module")
def shipped():
    return open_dataset("firm_survey")


def test_the_latent_product_is_lavaans(shipped):
    """Items matched by their strength and multiplied by semTools::indProd."""
    found = offset.estimate(shipped, study.composites(shipped), study.controls(shipped))
    row = found.effects.loc[(offset.LATENT, offset.TERM)]
    estimate, error = REFERENCE["product"]
    assert row["estimate"] == pytest.approx(estimate, abs=2e-6)
    assert (row["ci_upper"] - row["ci_lower"]) / (2 * INTERVAL_95) == pytest.approx(error, abs=2e-6)


def test_correlations_of_elements_beside_the_method_factor_are_lavaans(shipped):
    found = elements.estimate(shipped)
    names = ("data", "sales", "marketing", "service", "analytics", "integration")
    short = dict(zip(elements.ELEMENTS.values(), names, strict=True))
    assert len(found.pairs) == len(REFERENCE["pairs"]) == 15
    for (a, b), row in found.pairs.iterrows():
        known = REFERENCE["pairs"][f"{short[a]} {short[b]}"]
        assert row[["estimate", "ci_lower", "ci_upper"]].to_list() == pytest.approx(known, abs=2e-6)
    answers = shipped.items("module_sales", "module_marketing").corr()  # HTMT by hand, two items each
    sal, mar = ["m_sal1", "m_sal2"], ["m_mar1", "m_mar2"]
    within = np.sqrt(answers.loc[sal[0], sal[1]] * answers.loc[mar[0], mar[1]])
    by_hand = answers.loc[sal, mar].to_numpy().mean() / within
    assert found.pairs.loc[("module_sales", "module_marketing"), "htmt"] == pytest.approx(by_hand, abs=1e-9)


def test_elements_without_connection_and_elements_that_are_one_are_found_out(population):
    described = population.survey.description
    same = [Term.model_validate({"from": "module_sales", "value": 0.98, "source": "the same thing"})]
    same = described.model_copy(update={"structure": {**described.structure, "module_marketing": same}})
    same = replace(population, survey=replace(population.survey, description=same))
    apart = study.nulls(population)["six elements without connection"]
    for changed, distinct in ((same, False), (apart, True)):
        survey = study.simulate(changed, 1).survey
        six = elements.estimate(survey)
        (verdict,) = elements.judge(survey, six, study.truths(changed))
        weakest = six.pairs.loc[six.pairs["estimate"].idxmin()]
        assert (verdict.estimate, *verdict.interval) == tuple(weakest[["estimate", "ci_lower", "ci_upper"]])
        assert verdict.word == "rightly rejected"
        assert verdict.findings[-1].holds == distinct  # HTMT


def test_where_service_makes_up_for_the_product_it_is_found_and_said(population):
    null = study.nulls(population)["six elements that go together, and service that makes up for the product"]
    survey = study.simulate(null, 1).survey
    found = offset.estimate(survey, study.composites(survey), study.controls(survey))
    (verdict,) = offset.judge(survey, found, study.truths(null))
    assert verdict.word == "recovered"
    assert words.makes_up(found).startswith("Service makes up for the product: it is worth 0.3")


def test_claims_whose_latent_variables_give_nothing_are_not_judged(shipped):
    book = replace(shipped.codebook, kind="user")
    few = replace(shipped, responses=shipped.responses.head(14), codebook=book)
    six = elements.estimate(few)
    assert six.why
    (verdict,) = elements.judge(few, six)
    assert verdict.word == "not testable here"
    assert "HTMT" in words.connected(six)
    assert elements.judge(replace(few, codebook=shipped.codebook), six) == []


def test_dimensions_that_are_the_same_are_not_told_apart(population):
    null = study.nulls(population)["two of the four dimensions the same"]
    survey = study.simulate(null, 1).survey
    found = study.structure(survey, draws=20, seed=1)
    assert found.parallel.n_factors == 3
    assert not found.pattern.matched


def test_the_method_factor_has_the_size_that_is_planted(population):
    """In answers that share a way of answering it is seen; in answers that do not its variance is near 0."""
    asked = population.survey
    causes = study.DRIVERS
    for loading, low, high in ((0.0, -0.03, 0.03), (0.45, 0.1, 0.4)):
        changed = replace(population, survey=asked.with_answering(common_method=loading))
        survey = study.simulate(changed, 2).survey
        fit = sem.fit(
            study.latent_model(survey, "satisfaction", causes),
            survey.items("satisfaction", *causes, "marker"),
            missing="fiml",
        )
        variance = fit.estimates.query("lhs == 'method' and op == '~~' and rhs == 'method'")["est"].item()
        assert low < variance < high
    assert "-1*sat3" in study.latent_model(survey, "satisfaction", causes)


def test_without_a_marker_nothing_is_taken_out(population):
    survey = study.simulate(population, 1).survey
    book = survey.codebook
    left = {name: one for name, one in book.constructs.items() if name != "marker"}
    bare = replace(survey, codebook=replace(book, constructs=left))
    assert study.marker(bare) == []
    assert "method" not in study.latent_model(bare, "satisfaction", study.DRIVERS)


def test_both_ways_hold_back_where_one_way_gives_no_estimates(population):
    """Fewer firms than the large models have items: those lists are not judged, and the page says why."""
    drawn = study.simulate(population, 1).survey
    few = replace(drawn, responses=drawn.responses.head(45), codebook=replace(drawn.codebook, kind="user"))
    scores = study.composites(few)
    ways = study.every_list(few, scores)
    assert not ways["Drivers"].why
    assert "latent variables" in ways["Dimensions"].why
    assert set(study.by_way(ways, ["Dimensions"])) == {study.COMPOSITES}
    said = {
        f"{one.claim} {one.part or ''}".strip(): one.word
        for one in study.judge_survey(few, ways, study.structure(few, draws=20, seed=1))
    }
    assert said["D2-2 effects"] == "not testable here"
    assert said["D0-5"] in ("supported", "not supported")
    assert "dimensions cannot be estimated both ways" in study.shown_in_words(ways, 45)
    simulated = replace(few, codebook=drawn.codebook)
    keys = {
        (one.claim, one.part)
        for one in study.judge_survey(simulated, ways, study.structure(few, draws=20, seed=1))
    }
    assert ("D2-2", "effects") not in keys


def test_ways_are_compared_in_words():
    def table(low, estimate, high):
        return pd.DataFrame({"estimate": estimate, "ci_lower": low, "ci_upper": high}, index=["a", "b"])

    plain = table([0.1, 0.1], [0.2, 0.2], [0.3, 0.3])
    latent = table([0.1, 0.05], [0.3, 0.1], [0.5, 0.2])
    assert study.ways_in_words({study.COMPOSITES: plain, study.LATENT: latent}) == (
        "Without measurement error, 1 of 2 effects are larger, and 1 of 2 intervals wider"
    )
    assert "no estimates" in study.ways_in_words({study.COMPOSITES: plain})


def test_diamonds_say_how_many_intervals_miss_them():
    table = pd.DataFrame({"ci_lower": [0.1, 0.1, 0.3], "ci_upper": [0.3, 0.15, 0.4]}, index=["a", "b", "c"])
    assert diamonds({"composites": table}, dict.fromkeys("abc", 0.2)) == (
        " Diamonds: planted total effects. Intervals that miss theirs: 2 of 3 (composites)."
    )
    assert diamonds({"composites": table}, {}) == ""


def test_the_planted_effects_are_the_plan_that_the_description_gives(population):
    """One direct effect for every member of D2's lists, and two values alone for what questions share."""
    described = population.survey.description
    terms = [term for term in described.structure["effectiveness"] if term.claim]
    assert {term.from_ for term in terms} == {*study.FACTORS, *study.MODULES, *study.DIMENSIONS}
    assert {term.value for term in terms} == {0.12}
    assert {pair.correlation for pair in described.pairs} == {0.15, 0.30}


def test_planted_values_that_are_missed_are_named(population):
    panel = study.simulate(population, 1).panel
    within = mix.within_firms(panel)
    again = mix.recovery(population, 2)
    assert again["planted"].to_dict() == {
        "automation": 0.45,
        "human_service": 0.55,
        "automation:human_service": 0.006,
    }
    assert set(again["held"]) <= {0, 1, 2}
    far = again.assign(planted=[0.45, 9.0, 9.0])
    assert mix.planted_in_words(within, far).endswith("β and the product miss the planted value")
    near = again.assign(planted=within.coefficients.loc[again.index, "estimate"])
    assert mix.planted_in_words(within, near) == "In this panel all three intervals hold the planted values"


def test_what_is_not_asked_is_credited_to_the_key_factors_and_to_no_other_list_of_d2(population):
    """Management is behind factors and modules: .034 for a key factor that does nothing (why D2-1 errs)."""
    table = study.endless(population)
    excess = (table["found"] - table["planted"]).groupby("list", sort=False)
    assert excess.max()[["Modules", "Dimensions"]].abs().max() < 1e-9
    assert excess.min()["Key factors"] > 0.04
    null = study.endless(study.nulls(population)["one member of each list without effect"])
    assert null.loc[("Key factors", "user_interface"), "planted"] == 0
    assert null.loc[("Key factors", "user_interface"), "found"] == pytest.approx(0.034, abs=0.001)
    assert null.loc[("Modules", "module_sales"), "found"] == pytest.approx(0, abs=1e-9)
