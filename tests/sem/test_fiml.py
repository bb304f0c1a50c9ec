"""Models with missing answers against lavaan 0.6-14 (tests/reference/r/fiml_models.R): information, random
and fixed causes, groups, every fit measure, and factor scores of both kinds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.sem.answers import REFERENCE, check_estimates, check_measures, references

from workbench import sem
from workbench.sem.incomplete.patterns import collect_patterns, information, loglik_and_gradient

MODELS = references("fiml_models.json")
HELPED = references("fiml_auxiliary.json")
SCORED = [name for name, case in MODELS.items() if case["bartlett"]]
ARGUMENTS = {"fixed.x": "fixed_x", "std.lv": "std_lv", "group.equal": "group_equal"}


def fitted(name: str) -> sem.Fit:
    case = MODELS[name]
    options = {ARGUMENTS.get(key, key): value for key, value in dict(case["options"] or {}).items()}
    return sem.fit(case["model"], pd.read_csv(REFERENCE.parent / case["data"]), missing="fiml", **options)


@pytest.mark.parametrize("name", MODELS)
def test_estimates_errors_and_measures(name):
    fit = fitted(name)
    assert fit.converged
    check_estimates(fit, MODELS[name])
    check_measures(fit, MODELS[name])


@pytest.mark.parametrize("name", HELPED)
def test_auxiliary_variables_are_semtools(name):
    case = HELPED[name]
    data = pd.read_csv(REFERENCE / "answers_with_holes.csv")
    data.loc[9::10, "x"] = np.nan
    data.loc[6::9, "aux1"] = np.nan
    options = {ARGUMENTS.get(key, key): value for key, value in case["options"].items()}
    fit = sem.fit(case["model"], data, missing="fiml", auxiliary=case["auxiliary"], **options)
    check_estimates(fit, case)
    check_measures(fit, case)


@pytest.mark.parametrize("method", ["regression", "bartlett"])
@pytest.mark.parametrize("name", SCORED)
def test_scores_of_rows_with_holes(name, method):
    expected = np.array(MODELS[name][method], dtype=float)
    scores = fitted(name).factor_scores(method).to_numpy()[: len(expected)]
    np.testing.assert_allclose(scores, expected, atol=2e-4)


def test_scores_without_an_answer_or_an_indicator_are_missing():
    case = MODELS["cross_loading"]
    data = pd.read_csv(REFERENCE.parent / case["data"])
    data.loc[3, ["v1", "v2", "v3"]] = np.nan
    data.loc[4, ["u1", "u2", "u3", "u4", "v1", "v2", "v3"]] = np.nan
    fit = sem.fit("f1 =~ u1 + u2 + u3 + u4\nf2 =~ v1 + v2 + v3", data, missing="fiml")
    bartlett, regression = fit.factor_scores("bartlett"), fit.factor_scores()
    assert list(bartlett.loc[3].isna()) == [False, True]
    assert not regression.loc[3].isna().any()
    assert bartlett.loc[4].isna().all()
    assert regression.loc[4].isna().all()


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_regression_scores_are_the_best_prediction_where_an_observed_variable_is_an_outcome(missing):
    # lavaan's are not: mean squared error 0.93 against 0.255 (tests/reference/r/scores_of_outcomes.R)
    rng = np.random.default_rng(1)
    x = rng.normal(size=4000)
    m = 0.6 * x + rng.normal(size=4000)
    factor = 0.7 * m + rng.normal(size=4000)
    data = pd.DataFrame({"x": x, "m": m} | {f"u{j}": factor + rng.normal(size=4000) for j in range(3)})
    scores = sem.fit("f =~ u0 + u1 + u2\nm ~ x\nf ~ m", data, missing=missing).factor_scores()["f"]
    assert np.mean((scores - scores.mean() - factor + factor.mean()) ** 2) == pytest.approx(0.25, rel=0.05)


def test_bartlett_scores_leave_out_a_factor_of_factors():
    rng = np.random.default_rng(1)
    general = rng.normal(size=400)
    own = {f: 0.7 * general + 0.7 * rng.normal(size=400) for f in "abc"}
    data = pd.DataFrame({f"{f}{j}": own[f] + 0.6 * rng.normal(size=400) for f in "abc" for j in range(3)})
    factors = "\n".join(f"{f} =~ {f}0 + {f}1 + {f}2" for f in "abc")
    fit = sem.fit(factors + "\nh =~ a + b + c", data, missing="fiml")
    scores = fit.factor_scores("bartlett")
    plain = sem.fit(factors, data, missing="fiml").factor_scores("bartlett")
    assert scores["h"].isna().all()
    np.testing.assert_allclose(scores[["a", "b", "c"]], plain, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": "MLR", "information": "first_order"}, "robust standard errors"),
        ({"information": "sandwich"}, "'sandwich' is unknown"),
    ],
)
def test_information_that_cannot_be_taken_is_refused(options, words):
    data = pd.read_csv(REFERENCE.parent / MODELS["expected"]["data"])
    with pytest.raises(sem.SpecificationError, match=words):
        sem.fit(MODELS["expected"]["model"], data, missing="fiml", **options)


def one_factor(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=n)
    return pd.DataFrame({f"y{place}": 0.8 * factor + 0.7 * rng.normal(size=n) for place in range(6)})


MODEL = "f =~ y0 + y1 + y2 + y3 + y4 + y5"


def test_what_has_no_unrestricted_likelihood_is_refused():
    few = one_factor(12, 1)
    few = few.mask(np.random.default_rng(2).random(few.shape) < 0.25)
    with pytest.raises(sem.DataError, match="turns singular"):
        sem.fit(MODEL, few, missing="fiml")
    twins = one_factor(200, 3)
    twins["y5"] = 2 * twins["y4"]
    with pytest.raises(sem.DataError, match="Look at y4, y5"):
        sem.fit(MODEL, twins.mask(np.random.default_rng(4).random(twins.shape) < 0.1), missing="fiml")


def test_pairs_that_are_seldom_answered_together_are_said():
    data = one_factor(200, 5)
    data.loc[:94, "y0"] = np.nan
    data.loc[105:, "y1"] = np.nan
    fit = sem.fit(MODEL, data, missing="fiml")
    assert any("y0 with y1 by 5.0%" in text for text in fit.warnings)


def test_saturated_model_has_measures():
    data = one_factor(200, 6).mask(np.random.default_rng(7).random((200, 6)) < 0.1)
    for estimator in ("ML", "MLR"):
        measures = sem.fit("f =~ y0 + y1 + y2", data, missing="fiml", estimator=estimator).measures
        assert [measures[name] for name in ("cfi_robust", "tli_robust", "rmsea_robust")] == [1, 1, 0]


def test_means_far_from_zero_do_not_keep_a_fit_from_converging():
    data = one_factor(200, 8).mask(np.random.default_rng(9).random((200, 6)) < 0.1)
    far = data.assign(y4=data["y4"] + 1e7, y3=data["y3"] * 1e-5)
    here, there = (sem.fit(MODEL, rows, missing="fiml") for rows in (data, far))
    assert there.converged
    assert there.chisq == pytest.approx(here.chisq, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_many_rows_a_pattern_and_one_row_a_pattern_are_the_same_likelihood(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(400, 5)) @ rng.normal(size=(5, 5)) + rng.normal(size=5) * 3
    values[:150, 0] = values[150:230, 3] = values[225:300, 1] = np.nan
    mean, cov = np.nanmean(values, axis=0) + 0.1, np.cov(values[300:].T) + 0.3 * np.eye(5)
    together = loglik_and_gradient(collect_patterns(values), mean, cov)
    apart = [loglik_and_gradient(collect_patterns(row[None]), mean, cov) for row in values]
    for place, whole in enumerate(together):
        np.testing.assert_allclose(whole, sum(part[place] for part in apart), rtol=1e-10)
    whole = information(collect_patterns(values), mean, cov)
    np.testing.assert_allclose(
        whole,
        sum(information(collect_patterns(row[None]), mean, cov) for row in values),
        rtol=1e-8,
        atol=1e-8,
    )
