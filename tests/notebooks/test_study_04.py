"""Study 04: a population in which a claim is false turns its verdict, by the functions the notebook calls."""

from dataclasses import replace

import pandas as pd
import pytest

from workbench.datasets import load_population, open_dataset
from workbench.errors import DataError
from workbench.evidence import central_study
from workbench.evidence.central_study import CONSTRUCTS, DIMENSIONS

SEED, N, DRAWS = 11, 700, 150


@pytest.fixture(scope="module")
def shipped():
    return open_dataset("customer_survey")


@pytest.fixture(scope="module")
def population():
    return load_population("customer_survey").with_answering(skipped=0.0)


def survey_of(shipped, population, n=N):
    responses = population.simulate(n=n, seed=SEED).responses
    return replace(shipped, responses=responses, extra=pd.DataFrame(index=responses.index))


def constructs_of(survey):
    return {name: list(survey.construct(name).items) for name in CONSTRUCTS}


def studied(shipped, population):
    survey, _ = central_study.attentive(survey_of(shipped, population))
    return central_study.fit_study(survey.items(*CONSTRUCTS), constructs_of(survey), draws=DRAWS, seed=1)


@pytest.fixture(scope="module")
def study(shipped, population):
    return studied(shipped, population)


def test_what_is_planted_is_recovered(study):
    assert central_study.judge_effect("D0-1", study, "satisfaction", kind="simulated").word == "found"
    assert central_study.judge_tiers(study, kind="simulated").word == "found"
    loyal = central_study.judge_effect("D0-3", study, "loyalty", kind="simulated", part="loyalty")
    assert (loyal.word, loyal.part) == ("found", "loyalty")


def test_no_effect_of_crm_turns_the_verdict_on_satisfaction(shipped, population):
    null = studied(shipped, population.without_effects("crm_use"))
    assert central_study.judge_effect("D0-1", null, "satisfaction", kind="simulated").word == "not found"
    assert central_study.judge_effect("D0-1", null, "satisfaction", kind="user").word == "not supported"
    assert central_study.judge_tiers(null, kind="simulated").word == "not found"


def test_equal_effects_turn_the_verdict_on_the_tiers_alone(shipped, population):
    equal = {(name, "crm_use"): 0.35 for name in DIMENSIONS} | {("slowness", "crm_use"): 0.0}
    alike = studied(shipped, population.with_paths(equal))
    assert central_study.judge_effect("D0-1", alike, "satisfaction", kind="simulated").word == "found"
    assert central_study.judge_tiers(alike, kind="simulated").word == "not found"
    assert central_study.judge_pairs(alike, kind="simulated").word == "not found"


def test_one_weak_dimension_in_the_first_tier_fails_the_pairs(shipped, population):
    weak = {("responsiveness", "crm_use"): 0.10, ("assurance", "crm_use"): 0.62, ("slowness", "crm_use"): 0.0}
    verdict = central_study.judge_pairs(studied(shipped, population.with_paths(weak)), kind="simulated")
    assert verdict.word == "not found"
    assert verdict.findings[0].text.startswith("responsiveness above")


def test_effects_add_up(study):
    table = study.effects
    for column in ("est", "ml"):
        parts = table.loc[[f"via_{name}" for name in DIMENSIONS], column].sum()
        assert table.loc["indirect_satisfaction", column] == pytest.approx(parts)
        total = table.loc["direct_satisfaction", column] + parts
        assert table.loc["total_satisfaction", column] == pytest.approx(total)
    assert ((table["ml_lower"] < table["ml"]) & (table["ml"] < table["ml_upper"])).all()


def test_the_planted_totals_lie_in_the_headlines_intervals(study):
    population = load_population("customer_survey")
    for name in ("satisfaction", "loyalty"):
        row = study.effects.loc[f"total_{name}"]
        assert row["ci_lower"] < population.total_effect(name, "crm_use") < row["ci_upper"]


def test_parts_and_causes_are_told_apart(shipped, population):
    survey = survey_of(shipped, population)
    compared = central_study.compare_structures(
        central_study.parts_or_causes(constructs_of(survey)), survey.items(*CONSTRUCTS)
    )
    assert central_study.judge_consists(compared, kind="simulated").word == "not found"
    table = compared.table.copy()
    table.loc["consists of"] = table.loc["leads to"]  # a second-order model that loses nothing
    same = replace(compared, table=table)
    assert central_study.judge_consists(same, kind="simulated").word == "found"


def test_equivalent_causal_orders_are_named(shipped, population):
    survey = survey_of(shipped, population)
    compared = central_study.compare_structures(
        central_study.causal_orders(constructs_of(survey)), survey.items(*CONSTRUCTS)
    )
    chisq = compared.table["chisq"]
    for twin in ("service colours CRM", "satisfaction colours service"):
        assert chisq[twin] == pytest.approx(chisq["as D0 says"], abs=1e-4)
    assert any("only theory can" in text for text in compared.warnings)
    assert chisq["past service"] > chisq["as D0 says"] + 20


def test_screening_keeps_those_who_did_as_told(shipped):
    kept, rule = central_study.attentive(shipped)
    assert (kept.responses["attention_check"] == 2).all()
    assert 0 < len(kept.responses) < len(shipped.responses)
    assert "attention_check" in rule


def test_without_an_instructed_item_signs_of_carelessness_decide(shipped, population):
    survey = survey_of(shipped, population, 400)
    kept, rule = central_study.attentive(survey, variable="no_such_item")
    assert 0.9 < len(kept.responses) / len(survey.responses) < 1
    assert "signs of carelessness" in rule


def test_a_codebook_without_the_constructs_is_told_which(shipped):
    lacking = {name: part for name, part in shipped.codebook.constructs.items() if name != "crm_use"}
    survey = replace(shipped, codebook=replace(shipped.codebook, constructs=lacking))
    with pytest.raises(DataError, match="lacks the construct crm_use"):
        survey.require(*CONSTRUCTS)


def test_continuous_answers_are_not_cut_into_categories(study):
    sample = study.ml.problem.sample
    data = pd.DataFrame(sample.data[0], columns=sample.names)
    noisy = data + pd.Series(range(len(data)), index=data.index).to_numpy()[:, None] * 1e-9
    assert central_study.fit_ordered(study.model, data).estimator == "WLSMV"
    assert central_study.fit_ordered(study.model, noisy).estimator == "MLR"
