"""Study 04: a population in which a claim is false turns its verdict, by the functions the notebook calls."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import studies
from workbench.datasets import load_population, open_dataset
from workbench.errors import DataError, NotApplicable, SpecificationError
from workbench.evidence import ledger
from workbench.sem.resampling import Bootstrap
from workbench.show import loyalty as say
from workbench.show.figures import sem as pictures
from workbench.studies import customer_loyalty
from workbench.studies import satisfaction_structure as whole
from workbench.studies.customer_loyalty import (
    NO_EFFECT,
    estimates,
    fitting,
    hidden_cause,
    mediation,
    method,
    model,
    verdicts,
)
from workbench.studies.customer_loyalty.model import CONSTRUCTS, DIMENSIONS, OUTCOMES

SEED, DRAWS = 11, 150
REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "studies" / "marker_method.json").read_text(encoding="utf-8")
)
METHOD = f"{NO_EFFECT} but common-method variance"
HIDDEN = f"{NO_EFFECT} but an unmeasured confounder"


@pytest.fixture(scope="module")
def shipped():
    return open_dataset("customer_survey")


@pytest.fixture(scope="module")
def population():
    return load_population("customer_survey")


@pytest.fixture(scope="module")
def nulls(population):
    return customer_loyalty.nulls(population)


def fitted(survey, *, marker=True, draws=DRAWS):
    kept, _ = estimates.attentive(survey)
    constructs = model.constructs_of(kept)
    asked = model.marker_of(kept) if marker else []
    data = estimates.answers_of(kept, asked)
    turned = estimates.turned_items(kept)
    return estimates.fit_study(data, constructs, draws=draws, seed=1, marker=asked, turned=turned)


@pytest.fixture(scope="module")
def study(shipped):
    return fitted(shipped)


@pytest.fixture(scope="module")
def answers(shipped):
    kept, _ = estimates.attentive(shipped)
    return estimates.answers_of(kept), model.constructs_of(kept)


def words(survey, truths):
    found = customer_loyalty.decide(survey, seed=1, truths=truths, draws=DRAWS)
    return {studies.key(one.claim, one.part): one.word for one in found}


def of(population, seed=SEED):
    return words(studies.simulate(population, seed), customer_loyalty.truths(population))


def test_truths_come_from_the_paths(population, nulls):
    true = customer_loyalty.truths(population)
    assert [key for key, holds in true.items() if holds] == [
        "D0-1",
        "D0-2",
        "D0-2 every pair",
        "D0-3 loyalty",
    ]
    assert set(true) == set(verdicts.hypotheses(True)) == set(verdicts.hypotheses(False))
    by_population = {name: customer_loyalty.truths(one) for name, one in nulls.items()}
    for name in (NO_EFFECT, METHOD, HIDDEN):
        assert not any(by_population[name].values())
    assert {key for key, holds in by_population["all five dimensions moved alike"].items() if holds} == {
        "D0-1",
        "D0-3 loyalty",
    }
    assert by_population["satisfaction made up of the five"]["D0-7 formative"]
    assert by_population["satisfaction as what the five have in common"]["D0-7 reflective"]
    for key in true:
        assert any(one[key] for one in [true, *by_population.values()]), key
        assert not all(one[key] for one in [true, *by_population.values()]), key


def test_what_is_planted_is_recovered_and_what_is_not_is_rejected(population):
    found = of(population)
    assert found == {
        **dict.fromkeys(["D0-1", "D0-2", "D0-2 every pair", "D0-3 loyalty"], "recovered"),
        **dict.fromkeys(["D0-7 formative", "D0-7 reflective"], "rightly rejected"),
    }


def test_no_effect_of_crm_is_rightly_rejected_on_every_kind_of_data(nulls):
    survey = studies.simulate(nulls[NO_EFFECT], SEED)
    assert set(words(survey, customer_loyalty.truths(nulls[NO_EFFECT])).values()) == {"rightly rejected"}
    own = replace(survey, codebook=replace(survey.codebook, kind="user"))
    assert set(words(own, None).values()) == {"not supported"}


def test_method_variance_without_an_effect_is_found_out_by_the_marker(nulls):
    survey = studies.simulate(nulls[METHOD], SEED)
    study = fitted(survey)
    for outcome in OUTCOMES:
        assert study.effects.loc[f"total_{outcome}", "ci_lower"] > 0, "the correlation is real"
        assert study.effects.loc[f"total_{outcome}", "ml_lower"] > 0
    one = verdicts.judge_effect("D0-1", study, "satisfaction", kind="simulated", planted=False)
    assert one.word == "rightly rejected"
    assert "method factor by the marker taken out: the interval holds 0" in one.reason
    share = study.method
    assert share.interval[0] < 0.42**2 < share.interval[1]
    assert share.pvalue < 1e-10
    assert "a method factor with a loading" in say.method(study)
    assert "no longer clear of 0" in say.method_changes(study)


def test_without_a_marker_a_method_factor_of_usual_size_is_assumed(nulls, shipped):
    study = fitted(studies.simulate(nulls[METHOD], 1), marker=False)
    for outcome in OUTCOMES:
        one = verdicts.judge_effect("D0-1", study, outcome, kind="user")
        assert one.word == "not supported"
        assert "of 18\N{NO-BREAK SPACE}% of every answer taken out" in one.reason
    assert "no marker construct" in say.method(study)
    lasting = fitted(shipped, marker=False)
    assert verdicts.judge_effect("D0-1", lasting, "satisfaction", kind="user").word == "supported"
    labels = model.labels_of(shipped)
    assert "of usual size does not leave" in say.answer(study, estimates.tiers(study), labels)
    assert "usual size" not in say.answer(lasting, estimates.tiers(lasting), labels)
    assert list(estimates.tiers(lasting).index) == ["ordered answers", "ML, bootstrap"]


def test_with_the_method_factor_out_the_planted_effect_is_found(population):
    confounded = load_population("customer_survey_method")
    study = fitted(studies.simulate(confounded, SEED))
    for outcome in OUTCOMES:
        planted = population.total_effect(outcome, "crm_use")
        row = study.method.effects.loc[f"total_{outcome}"]
        assert row["ci_lower"] < planted < row["ci_upper"]
        assert study.effects.loc[f"total_{outcome}", "est"] > planted + 0.05


def test_the_model_with_the_marker_gives_lavaans_numbers(study, answers):
    found = study.method
    assert [found.share, *found.interval] == pytest.approx(REFERENCE["share"], abs=2e-6)
    assert study.n == REFERENCE["n"]
    for name in ("total_satisfaction", "total_loyalty", "tiers"):
        est, _, low, high = REFERENCE["marker"][name]
        assert list(found.effects.loc[name]) == pytest.approx([est, low, high], abs=2e-6)
    est, _, low, high = REFERENCE["assumed"]["effect"]
    assert method.assume_method(*answers, "satisfaction", share=0.18) == pytest.approx(
        [est, low, high], abs=2e-6
    )


def test_at_the_tipping_loading_the_interval_just_reaches_zero(answers):
    table = method.tipping_loadings(*answers)
    for outcome, row in table.iterrows():
        low = method.assume_method(*answers, outcome, share=float(row["share"]))[1]
        assert low == pytest.approx(0, abs=0.01)
        assert row["loading"] == pytest.approx(np.sqrt(row["share"]))
        assert method.assume_method(*answers, outcome, share=float(row["share"]) - 0.03)[1] > 0.02


def test_items_that_are_no_categories_carry_the_method_by_their_spread(answers):
    data, constructs = answers
    wide = data.dropna() + np.random.default_rng(1).normal(0, 0.05, data.dropna().shape)
    plain = method.assume_method(wide, constructs, "satisfaction", share=0.1)
    scaled = method.assume_method(wide * 7, constructs, "satisfaction", share=0.1 * 1.0)
    assert plain == pytest.approx(scaled, abs=1e-3)


def test_equal_effects_turn_the_verdict_on_the_tiers_alone(nulls):
    found = of(nulls["all five dimensions moved alike"])
    assert found["D0-1"] == "recovered"
    assert found["D0-2"] == found["D0-2 every pair"] == "rightly rejected"


def test_one_weak_dimension_in_the_first_tier_fails_the_pairs(population):
    weak = {("responsiveness", "crm_use"): 0.10, ("assurance", "crm_use"): 0.62, ("slowness", "crm_use"): 0.0}
    study = fitted(studies.simulate(population.with_paths(weak), SEED))
    verdict = verdicts.judge_pairs(study, kind="simulated", planted=False)
    assert verdict.word == "rightly rejected"
    assert verdict.findings[0].text.startswith("responsiveness above")


def test_both_readings_of_consists_are_found_where_they_hold(nulls):
    common = of(nulls["satisfaction as what the five have in common"])
    assert (common["D0-7 reflective"], common["D0-7 formative"]) == ("recovered", "rightly rejected")
    made_up = nulls["satisfaction made up of the five"].with_answering(
        skipped=0.0, careless=0.0, refused=False
    )
    survey = replace(
        open_dataset("customer_survey"), responses=made_up.simulate(n=4000, seed=SEED).responses, rows=4000
    )
    constructs = model.constructs_of(survey)
    driven = fitting.fit_ordered(
        customer_loyalty.consists_models(constructs)[whole.DRIVEN], estimates.answers_of(survey)
    )
    assert whole.judge_formative(driven, kind="simulated", planted=True).word == "recovered"
    r = made_up.implied.covariance
    five = list(DIMENSIONS)
    beta = np.linalg.solve(r.loc[five, five], r.loc[five, "satisfaction"])
    assert beta @ r.loc[five, "satisfaction"] == pytest.approx(0.97)


def test_the_rule_for_d0_7_is_the_ledgers():
    text = ledger.claim("D0-7").supports
    assert "above .90" in text
    assert whole.WHOLE == 0.90


def test_effects_add_up_and_shares_follow(study):
    table = study.effects
    for column, estimator in (("est", "ordered answers"), ("ml", "ML")):
        parts = table.loc[[f"via_{name}" for name in DIMENSIONS], column].sum()
        assert table.loc["indirect_satisfaction", column] == pytest.approx(parts)
        total = table.loc["direct_satisfaction", column] + parts
        assert table.loc["total_satisfaction", column] == pytest.approx(total)
        assert study.share.loc[estimator, "est"] == pytest.approx(parts / total)
    assert ((table["ml_lower"] < table["ml"]) & (table["ml"] < table["ml_upper"])).all()


def test_every_attentive_respondent_is_used(shipped, study):
    kept, rule = estimates.attentive(shipped)
    assert (kept.responses["attention_check"] == 2).all()
    assert study.n == len(kept.responses) == 954
    assert study.ml.problem.sample.total == len(estimates.answers_of(kept).dropna()) < 700
    assert "attention_check" in rule


def test_those_who_skip_are_more_satisfied_as_planted(shipped):
    kept, _ = estimates.attentive(shipped)
    constructs = model.constructs_of(kept)
    gaps = estimates.who_skips(estimates.answers_of(kept), constructs)
    assert gaps.loc["satisfaction", "ci_lower"] > 0.2
    said = say.skipping(gaps, model.labels_of(kept), 284, 954)
    assert "on Customer satisfaction" in said
    assert "higher" in said
    nobody = estimates.who_skips(estimates.answers_of(kept).dropna(), constructs)
    assert nobody.empty


def test_the_planted_totals_lie_in_the_headlines_intervals(study, population):
    for name in OUTCOMES:
        row = study.effects.loc[f"total_{name}"]
        assert row["ci_lower"] < population.total_effect(name, "crm_use") < row["ci_upper"]


def test_waiting_time_confounds_responsiveness_and_satisfaction(population):
    planted = population.total_effect("satisfaction", "responsiveness")
    assert planted == pytest.approx(0.206, abs=0.001)
    assert mediation.in_endless_samples(population)["responsiveness"] == pytest.approx(0.290, abs=0.001)
    without_wait = population.with_path("satisfaction", "slowness", 0.0)
    gap = mediation.in_endless_samples(without_wait)["responsiveness"] - without_wait.total_effect(
        "satisfaction", "responsiveness"
    )
    assert abs(gap) < 0.025
    assert mediation.planted_share(population) == pytest.approx(0.633, abs=0.001)
    effects = mediation.planted_effects(population)
    assert effects["indirect_satisfaction"] + effects["direct_satisfaction"] == pytest.approx(
        effects["total_satisfaction"]
    )


def test_endless_samples_are_what_a_large_one_comes_to(population):
    latent = population.simulate(n=60_000, seed=4).latent
    causes = ["crm_use", *DIMENSIONS, "slowness"]
    found = np.linalg.lstsq(latent[causes].to_numpy(), latent["satisfaction"].to_numpy(), rcond=None)[0]
    assert found == pytest.approx(
        mediation.in_endless_samples(population, ("slowness",)).to_numpy(), abs=0.02
    )


def test_with_waiting_time_in_the_model_the_planted_effect_is_found(shipped, population, answers):
    kept, _ = estimates.attentive(shipped)
    plain, wider = mediation.fit_waiting(kept, *answers)
    table = mediation.compare_mediators(population, plain, wider)
    row = table.loc["responsiveness"]
    assert row["with_lower"] < row["planted"] < row["with_upper"]
    assert row["est_with"] < row["est"] - 0.04
    assert (
        table.drop("responsiveness")["endless"] - table.drop("responsiveness")["planted"]
    ).abs().max() < 0.02
    assert "Responsiveness suffers most" in say.confounded(table, model.labels_of(kept))


def test_a_hidden_cause_of_the_tipping_strength_feigns_the_whole_effect(population):
    effects = pd.DataFrame(
        {"est": [0.16, 0.3], "ci_lower": [0.09, -0.1], "ci_upper": [0.23, 0.7]},
        index=[f"total_{name}" for name in OUTCOMES],
    )
    points = hidden_cause.tipping_points(effects)
    assert points.loc["satisfaction", "path_est"] ** 2 == pytest.approx(0.16)
    assert points.loc["satisfaction", "path_limit"] ** 2 == pytest.approx(0.09)
    assert points.loc["loyalty", "limit"] == points.loc["loyalty", "rv_limit"] == 0
    planted = load_population("customer_survey_confounded").without_effects("crm_use")
    feigned = planted.implied.covariance.loc["crm_use", "satisfaction"]
    to_crm, to_outcome = hidden_cause.planted_cause(planted)
    assert feigned == pytest.approx(to_crm * to_outcome) == pytest.approx(0.45 * 0.35)


def test_the_picture_of_a_hidden_cause_names_what_can_be_read_apart(study):
    marks = {"far": (0.5, 0.4), "near": (0.05, 0.03), "nearer": (0.06, 0.04)}
    axes = pictures.hidden_cause(hidden_cause.tipping_points(study.effects), marks).axes[0]
    assert {text.get_text() for text in axes.texts} == {"far", "nearer"}
    for line in axes.lines[:4]:
        x, y = line.get_data()
        assert np.allclose(x * y, x[0] * y[0])


@pytest.mark.parametrize("r", [0.05, 0.3, -0.6, 0.9])
def test_a_cause_of_the_robustness_value_explains_the_correlation_away(r):
    value = hidden_cause.robustness_value(r)
    gamma = np.sqrt(value)
    # U explains this share of X, and as much of what X leaves of Y: the correlation is γ times U's path to Y
    residual = value * (1 - r**2)
    delta = np.sqrt(residual / (1 - value))
    assert gamma * delta == pytest.approx(abs(r))


def test_what_groups_explain_is_a_partial_r_squared(shipped):
    known = hidden_cause.known_causes(shipped)
    assert set(known.index) == {"age_group", "gender", "customer_type"}
    assert known.loc["customer_type", "crm_use"] > known.loc["gender", "crm_use"]
    assert (known >= 0).all().all()
    assert known.max().max() < 0.05


def test_equivalent_causal_orders_are_named(answers):
    data, constructs = answers
    compared = estimates.compare_orders(constructs, data)
    chisq = compared.table["chisq"]
    for twin in ("service colours CRM", "satisfaction colours service"):
        assert chisq[twin] == pytest.approx(chisq["as D0 says"], abs=1e-3)
    said = say.equivalent_orders(compared)
    assert "“service colours CRM” and “satisfaction colours service” imply" in said
    assert chisq["past service"] > chisq["as D0 says"] + 20


def test_an_order_without_estimates_is_left_out_and_said(answers, monkeypatch):
    data, constructs = answers
    orders = model.causal_orders(constructs)
    own, *_, last = orders
    monkeypatch.setattr(
        estimates, "causal_orders", lambda _: {own: orders[own], last: "satisfaction =~ nothing"}
    )
    found = estimates.compare_orders(constructs, data)
    assert list(found.fits) == [own]
    assert found.warnings[0].startswith(f"{last}: gave no estimates, and is left out (")
    found.table.loc[own, "chisq"] = np.nan
    assert "has no solution on these answers" in say.equivalent_orders(found)
    monkeypatch.setattr(estimates, "causal_orders", lambda _: {own: "satisfaction =~ nothing"})
    with pytest.raises(SpecificationError):
        estimates.compare_orders(constructs, data)


def test_where_too_few_refits_have_a_solution_no_verdict_rests_on_the_bootstrap(study, monkeypatch):
    def refuse(self, kind, **options):
        raise DataError("205 of 342 refits without one row failed")

    lost = replace(study)
    vars(lost)["boot"] = study.boot
    monkeypatch.setattr(Bootstrap, "interval", refuse)
    assert lost.without_bootstrap
    assert lost.effects[["ml_lower", "ml_upper"]].isna().all(axis=None)
    assert lost.effects[["est", "ml"]].notna().all(axis=None)
    assert estimates.tiers(lost).loc["ML, bootstrap", ["ci_lower", "ci_upper"]].isna().all()
    assert "BCa" not in say.share_through(lost)
    for one in (
        verdicts.judge_effect("D0-1", lost, "satisfaction", kind="user"),
        verdicts.judge_tiers(lost, kind="user"),
        verdicts.judge_pairs(lost, kind="user"),
    ):
        assert one.word == "not supported"
        assert "enough refits of the bootstrap have a solution: no" in one.reason


def test_without_an_instructed_item_signs_of_carelessness_decide(population):
    survey = studies.simulate(population, SEED)
    kept, rule = estimates.attentive(survey, variable="no_such_item")
    assert 0.9 < len(kept.responses) / len(survey.responses) < 1
    assert "signs of carelessness" in rule


def test_instructed_items_of_the_codebook_come_before_a_name_and_before_signs(shipped):
    variables = dict(shipped.codebook.variables)
    variables["attention_check"] = variables["attention_check"].model_copy(update={"instructed": 4})
    survey = replace(shipped, codebook=replace(shipped.codebook, variables=variables))
    kept, rule = estimates.attentive(survey)
    assert len(kept.responses) == (shipped.responses["attention_check"] == 4).sum()
    assert rule == f"kept: those who answered as told to ({shipped.codebook.label('attention_check')})"


def test_a_codebook_without_the_constructs_is_told_which(shipped):
    lacking = {name: part for name, part in shipped.codebook.constructs.items() if name != "crm_use"}
    survey = replace(shipped, codebook=replace(shipped.codebook, constructs=lacking))
    with pytest.raises(NotApplicable, match="lacks the construct crm_use"):
        model.named(survey)


def test_constructs_may_stand_for_the_documents_names(shipped):
    parts = dict(shipped.codebook.constructs)
    parts["system"] = replace(parts.pop("crm_use"), stands_for="crm_use")
    parts["sea"] = replace(parts.pop("marker"), stands_for="marker")
    survey = replace(shipped, codebook=replace(shipped.codebook, constructs=parts))
    assert model.constructs_of(survey) == model.constructs_of(shipped)
    assert model.marker_of(survey) == ["mar1", "mar2", "mar3"]
    assert model.labels_of(survey)["crm_use"] == shipped.codebook.label("crm_use")
    assert estimates.attentive(survey, "none")[0].rows == survey.rows


def test_continuous_answers_are_not_cut_into_categories(study, answers):
    data = answers[0].dropna()
    noisy = data + pd.Series(range(len(data)), index=data.index).to_numpy()[:, None] * 1e-9
    assert fitting.fit_ordered(study.model, data).estimator == "WLSMV"
    assert fitting.fit_ordered(study.model, noisy).estimator == "MLR"


def test_sentences_follow_the_numbers(study):
    effects = study.effects.copy()
    effects.loc["total_satisfaction", ["est", "ci_lower", "ci_upper"]] = [0.02, -0.05, 0.09]
    null = replace(study)
    object.__setattr__(null, "__dict__", {**null.__dict__, "effects": effects, "boot": study.boot})
    assert "not clear of 0" in say.share_through(null)
    assert "runs through the five dimensions" in say.share_through(study)
    gap = pd.DataFrame({"est": [-0.2], "ci_lower": [-0.3], "ci_upper": [-0.1]}, index=["ordered answers"])
    six = estimates.pairs(study)["ordered answers"]
    assert say.tiers(gap, six).startswith("The second tier leads")
    assert say.tiers(estimates.tiers(study), six).startswith("The first tier leads")
    assert set(CONSTRUCTS) == set(model.constructs_of(open_dataset("customer_survey")))


def test_an_improper_solution_withholds_the_verdicts(shipped):
    """Two constructs that share their items' answers: nothing that the model says of them is to be read."""
    doubled = shipped.responses.copy()
    noise = np.random.default_rng(1).random((len(doubled), 5)) < 0.03
    for place, item in enumerate(["sat1", "sat2", "sat3", "sat4", "sat5"]):
        twin = doubled[["loy1", "loy2", "loy3", "loy4", "loy1"][place]]
        doubled[item] = twin.where(~noise[:, place], doubled[item])
    study = fitted(replace(shipped, responses=doubled))
    if not study.improper:
        pytest.fail("the two are meant to be one")
    one = verdicts.judge_effect("D0-1", study, "satisfaction", kind="user")
    assert one.word == "not supported"
    assert "proper solution" in one.reason
    assert "not to be read" in say.answer(study, estimates.tiers(study), model.labels_of(shipped))


def test_items_of_many_answers_are_taken_as_measurements_with_everyone(shipped):
    wide = shipped.responses.copy()
    rng = np.random.default_rng(2)
    own = [item for items in model.constructs_of(shipped).values() for item in items]
    wide[own] = (wide[own] * 10 + rng.integers(-5, 5, wide[own].shape)).clip(5, 55)
    study = fitted(replace(shipped, responses=wide), marker=False)
    assert (study.way, study.ordered.estimator) == (estimates.MEASURED, "MLR")
    assert study.n == 954
    assert verdicts.judge_effect("D0-1", study, "satisfaction", kind="user").word == "supported"
    assert estimates.tiers(study).index[0] == estimates.MEASURED
    assert "robust maximum likelihood" in say.methods(study, "all", wide, wide, 10)


def test_semopy_gives_the_same_regressions(study, answers):
    table = estimates.engines(study, answers[0])
    assert table["difference"].abs().max() < 1e-4
    assert len(table) == 13
