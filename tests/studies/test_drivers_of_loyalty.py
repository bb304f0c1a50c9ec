"""Study 06: rules on what is planted and what is not, effects by hand, and other people's surveys."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.studies.test_registry import KNOWN_FALSE_ALARMS

from workbench import studies
from workbench.datasets import load_population, open_dataset
from workbench.errors import NotApplicable
from workbench.evidence import rates
from workbench.normal_quantiles import INTERVAL_95
from workbench.show import driver_words as words
from workbench.studies import drivers_of_loyalty as study
from workbench.studies.drivers_of_loyalty import experience, models, planted, public

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "drivers.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def population():
    return load_population("customer_survey")


@pytest.fixture(scope="module")
def found():
    from workbench.survey.samples import headline_sample

    return study.estimate(headline_sample(open_dataset("customer_survey")), seed=1, draws=1000)


def test_truths_come_from_the_paths(population):
    known = study.truths(population)
    assert [name for name, holds in known.items() if not holds] == ["D3-15", "D4-6", "D4-16"]
    no_use, alone, alike, strong, even, experienced = (
        study.truths(one) for one in study.nulls(population).values()
    )
    assert {name for name in known if known[name] and not no_use[name]} == {
        "D0-4 CRM value", "D0-4 CRM relationship", "D0-4 CRM trust",
    }  # fmt: skip
    for name in ("D0-4 value", "D0-4 relationship", "D4-5", "D4-1 value", "D4-4 direct", "D4-4 moderator"):
        assert not alone[name], name
    assert alone["D0-4 satisfaction"]
    for name in ("D0-4 satisfaction", "D1-4 repurchase", "D1-4 cost", "D3-10 apart", "D3-10 satisfaction"):
        assert not alike[name], name
    assert alike["D4-5"]
    assert all(strong[name] for name in known if name.startswith("D3-10"))
    assert not strong["D3-15"]
    assert even["D3-15"]
    assert not even["D3-10 price"]
    assert experienced["D4-6"]
    assert experienced["D4-16"]
    assert alike["D4-6"]
    assert not alike["D4-16"]  # satisfaction moves nothing there


def test_an_effect_beside_others_leaves_out_what_they_carry(population):
    bond = planted.beside(population, "loyalty", "emotional_bond", ["engagement"])
    assert population.total_effect("loyalty", "emotional_bond") == pytest.approx(bond + 0.30 * 0.18)


def test_every_claim_is_false_somewhere(population):
    """A rule that is never tried where its claim is false has no rate of false alarms."""
    false = [
        {n for n, holds in study.truths(one).items() if not holds} for one in study.nulls(population).values()
    ]
    assert set.union(*false) == set(study.truths(population))


def test_verdicts_say_what_is_planted_and_what_is_found(population):
    truths = study.truths(population)
    made = {
        studies.key(v.claim, v.part): v
        for v in study.decide(studies.simulate(population, 7), seed=7, truths=truths)
    }
    assert set(made) == set(truths)
    assert all(made[name].planted == holds for name, holds in truths.items())
    assert made["D0-4 CRM value"].word == "recovered"
    assert made["D3-10 apart"].word == "recovered"
    assert made["D3-15"].word == "rightly rejected"


def test_indirect_effects_are_products_of_the_paths_shown(found):
    paths, defined = found.core.paths["estimate"], found.core.defined["estimate"]
    by = paths[("engagement", "emotional_bond")] * paths[("loyalty", "engagement")]
    assert defined["emotional_bond_by_engagement"] == pytest.approx(by, abs=1e-8)
    satisfaction = paths[("loyalty", "satisfaction")] + sum(
        paths[(end, "satisfaction")] * paths[("loyalty", end)] for end in models.LATE
    )
    total = paths[("repurchase", "satisfaction")] + paths[("repurchase", "loyalty")] * satisfaction
    assert defined["satisfaction_repurchase"] == pytest.approx(total, abs=1e-8)


def test_the_joint_test_is_walds(found):
    """With one difference it is the square of estimate over standard error."""
    row = found.rivals.defined.loc["less_trust"]
    statistic, df, p = models.joint_test(found.rivals.fit, ["less_trust"], draws=5000, seed=2)
    assert df == 1
    assert statistic == pytest.approx((row["estimate"] / row["se"]) ** 2, rel=0.1)
    assert (p < 0.05) == (statistic > 3.84)


def test_differences_between_two_outcomes_are_lavaans():
    """Estimates to the fifth decimal; errors and Wald statistic nearly, draws against the delta method."""
    drivers = ["competence", "likeability"]
    made = models.rivals(open_dataset("corp_rep_data"), drivers, draws=5000, seed=1)
    names = [f"less_{name}" for name in drivers]
    for name in names:
        row = made.defined.loc[name]
        assert row["estimate"] == pytest.approx(REFERENCE["differences"][name], abs=2e-5)
        assert row["se"] == pytest.approx(REFERENCE["errors"][name], rel=0.05)
    statistic, _, _ = models.joint_test(made.fit, names, draws=5000, seed=1)
    assert statistic == pytest.approx(REFERENCE["wald"], rel=0.1)


def renamed(name, stands_for):
    """A public survey in the documents' terms, as a reader's codebook would have it; recommendation apart."""
    survey = open_dataset(name)
    parts = {
        own: replace(part, stands_for=stands_for.get(own)) for own, part in survey.codebook.constructs.items()
    }
    loyalty = parts["loyalty"]
    parts["recommendation"] = replace(loyalty, items=loyalty.items[:1])
    parts["loyalty"] = replace(loyalty, items=loyalty.items[1:])
    book = replace(survey.codebook, constructs=parts)
    return replace(survey, codebook=book.in_documents_terms())


REPUTATION = {"quality": "core_product", "likeability": "customer_experience", "responsibility": "trust"}


def test_what_the_experience_brings_is_lavaans():
    survey = renamed("corp_rep_data", REPUTATION)
    assert experience.held_of(survey) == ["core_product"]
    made = experience.estimate(survey, ["core_product"], draws=5000, seed=1)
    effects = experience.effects(made)
    effects["on_loyalty"] = effects.pop("loyalty")
    assert set(effects) == set(REFERENCE["experience"])
    for name, row in effects.items():
        assert row["estimate"] == pytest.approx(REFERENCE["experience"][name], abs=2e-5)
        error = (row["ci_upper"] - row["ci_lower"]) / (2 * INTERVAL_95)
        assert error == pytest.approx(REFERENCE["experience_errors"][name], rel=0.12)
    assert "Here it is both, as D4 says" in words.rather_loyalty(made, {})


def test_without_anything_before_the_experience_nothing_is_said_of_it(foreign):
    sizes = {"satisfaction": 3, "loyalty": 3, "contact": 3, "ease": 3, "recommendation": 1}
    terms = {"contact": "customer_experience"}
    bare = foreign(sizes, stands_for=terms).in_documents_terms()
    assert experience.held_of(bare) == []
    assert experience.estimate(bare, [], draws=1000, seed=1) is None
    held = foreign(sizes, stands_for=terms, roles={"ease": "driver"}).in_documents_terms()
    assert experience.held_of(held) == ["ease"]
    crowded = renamed("corp_rep_data", {k: v for k, v in REPUTATION.items() if v != "core_product"})
    several = experience.held_of(crowded)  # its overall judgements are neither drivers nor perceptions
    assert several == ["quality", "performance", "attractiveness", "competence", "switching_costs"]


def test_two_items_are_identified_without_relatives():
    """A pair of items that nothing else correlates with has a loading only if both load alike."""
    rng = np.random.default_rng(3)
    lonely, y = rng.normal(size=(2, 400, 1))
    frame = pd.DataFrame(
        np.hstack([lonely + rng.normal(size=(400, 2)), y + rng.normal(size=(400, 3))]),
        columns=["a1", "a2", "y1", "y2", "y3"],
    )
    text = "a =~ 1*a1 + 1*a2\ny =~ y1 + y2 + y3\ny ~ a"
    made = models.fitted(text, frame, draws=1000, seed=1)
    row = made.paths.loc[("y", "a")]
    assert row["ci_lower"] < 0 < row["ci_upper"]


def test_public_surveys_are_judged_by_what_they_ask():
    surveys = {name: open_dataset(name) for name in public.OUTCOMES}
    fits = {name: public.outcomes(one, public.OUTCOMES[name]) for name, one in surveys.items()}
    mobi = public.drivers(surveys["mobi"], ["value"])
    corp = public.drivers(surveys["corp_rep_data"], ["competence", "likeability"])
    made = {studies.key(v.claim, v.part): v for v in public.judged(fits, mobi, corp)}
    assert set(made) == set(public.hypotheses())
    assert made["D0-4 value mobi"].word == "not supported"
    assert made["D1-4 recommendation abc2"].word == "supported"
    assert made["D4-4 direct mobi"].word == "not testable here"
    abc = surveys["abc2"].responses[["Satisfaction", "Repurchase"]].dropna()
    slope = fits["abc2"].paths.loc[("Repurchase", "satisfaction"), "estimate"]
    assert slope == pytest.approx(abc.corr().iloc[0, 1], abs=0.01)


def test_what_cannot_be_told_apart_is_said():
    mobi = open_dataset("mobi")
    crowded = public.drivers(mobi, ["quality"])
    labels = {name: mobi.codebook.label(name) for name in mobi.constructs()}
    assert "Perceived quality and Customer satisfaction" in words.close(crowded, labels)
    apart = public.drivers(open_dataset("corp_rep_data"), ["competence", "likeability"])
    assert words.close(apart, {}) is None


def test_a_foreign_survey_is_asked_what_it_can_answer(foreign):
    survey = foreign({"satisfaction": 3, "loyalty": 3, "price": 2, "staff": 1})
    result = study.estimate(survey, seed=1, draws=1000)
    assert result.drivers == ("price", "staff")
    assert list(study.hypotheses(result)) == ["D0-4 satisfaction"]
    assert [v.claim for v in study.judge(result, kind="user")] == ["D0-4"]
    assert "Loyalty" in words.answer(result, {"loyalty": "Loyalty"})
    assert not any("engagement" in sentence for sentence in words.methods(result, draws=1000, seed=1))
    with pytest.raises(NotApplicable, match="one construct more"):
        study.estimate(foreign({"satisfaction": 3, "loyalty": 3}), seed=1)


def test_what_the_model_has_no_room_for_is_named_and_the_methods_have_labels(foreign, monkeypatch):
    monkeypatch.setattr(study, "MOST", 2)
    survey = foreign({"satisfaction": 3, "loyalty": 3, "price": 2, "staff": 2, "place": 2})
    result = study.estimate(survey, seed=1, draws=1000)
    labels = {name: survey.codebook.label(name) for name in survey.constructs()}
    assert result.not_taken == ("place",)
    assert "not taken: Place of theirs" in words.not_taken(result, labels)
    assert "Price of theirs and Staff of theirs" in words.methods(result, draws=1000, seed=1)[0]
    named = study.estimate(survey, seed=1, drivers=["place", "staff"], draws=1000)
    assert words.not_taken(named, labels) is None


def test_rates_tell_true_from_false():
    """Over the kept seeds no rule finds a false claim in more than one of ten surveys, but for those of which
    the page says why: the product moves both outcomes, and the model of loyalty does not hold it."""
    table = pd.read_csv(rates.FOLDER / "06.csv", comment="#", dtype={"study": str})
    assert set(table["failed"]) == {0}
    false = table[table["planted"] == "no"]
    known = {(key, name) for number, key, name in KNOWN_FALSE_ALARMS if number == "06"}
    alarms = [(studies.key(row.claim, row.part), row.population) in known for row in false.itertuples()]
    assert sum(alarms) == 4
    false = false[[not known for known in alarms]]
    assert (false["rate"] <= 0.10).all(), false[["population", "claim", "part", "rate"]]
    true = table[(table["planted"] == "yes") & (table["population"] == "customer_survey")]
    assert (true["rate"] >= 0.5).mean() > 0.7
