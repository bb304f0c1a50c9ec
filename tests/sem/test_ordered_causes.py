"""Ordered items explained by observed variables: everything is conditional on these, as in lavaan."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from tests.sem.answers import check_estimates, check_jacobians, check_measures, read, references, settings

from workbench import sem
from workbench.sem.ordered.regression import probit_regression

CONDITIONAL = references("conditional.json")
SATURATED = ("probit",)


@pytest.mark.parametrize("name", CONDITIONAL)
def test_fits_given_observed_causes_are_lavaans(name):
    reference = CONDITIONAL[name]
    fit = sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))
    assert fit.converged
    check_estimates(fit, reference)
    if name not in SATURATED:  # what rounding leaves of zero is not lavaan's rounding
        check_measures(fit, reference)
    named = {(row.lhs, row.op, row.rhs, row.group): row.se for row in fit.standardized.itertuples()}
    rows = reference["estimates"]
    keys = zip(rows["lhs"], rows["op"], rows["rhs"], rows.get("group") or [1] * len(rows["lhs"]), strict=True)
    pairs = [
        (named[key], error)
        for key, error in zip(keys, reference["standardized_se"], strict=True)
        if key[1] != ":=" and error is not None
    ]
    np.testing.assert_allclose(*zip(*pairs, strict=True), rtol=2e-4, atol=1e-6)
    for label, values in reference["r2"].items():
        own = fit.r2[label]
        expected = pd.Series(values) if isinstance(values, dict) else values
        found = own.loc[expected.index] if isinstance(values, dict) else own
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_implied_moments_are_conditional_on_the_causes():
    reference = CONDITIONAL["structural"]
    fit = sem.fit(reference["model"], read("ordered_causes"), **settings(reference["call"]))
    slopes = fit.implied.slopes[["age", "woman", "income"]]
    np.testing.assert_allclose(slopes, reference["implied_slopes"], atol=1e-4)
    np.testing.assert_allclose(np.diag(fit.implied.cov), 1.0, atol=1e-10)
    left = fit.observed.slopes - fit.implied.slopes
    np.testing.assert_allclose(fit.residuals.raw.slopes, left, atol=1e-12)


def test_a_probit_regression_is_the_maximum_of_its_likelihood():
    data = read("ordered_causes")
    x = data[["age", "woman"]].to_numpy(float)
    codes = data["again"].to_numpy() - 1
    thresholds, slopes = probit_regression(codes, 3, (x - x.mean(axis=0)) / x.std(axis=0))

    def minus(theta):
        cuts = np.concatenate([[-np.inf], theta[:2], [np.inf]])
        shift = (x - x.mean(axis=0)) / x.std(axis=0) @ theta[2:]
        share = stats.norm.cdf(cuts[codes + 1] - shift) - stats.norm.cdf(cuts[codes] - shift)
        return -np.log(np.maximum(share, 1e-300)).sum()

    found = optimize.minimize(minus, [-0.5, 0.5, 0, 0], method="BFGS", options={"gtol": 1e-8})
    np.testing.assert_allclose(np.concatenate([thresholds, slopes]), found.x, atol=1e-5)


def test_units_and_origin_of_a_cause_do_not_matter():
    reference = CONDITIONAL["mimic"]
    data, call = read("ordered_causes"), settings(reference["call"])
    plain = sem.fit(reference["model"], data, **call)
    moved = sem.fit(reference["model"], data.assign(age=1000 * data["age"] + 2e6), **call)
    assert moved.chisq == pytest.approx(plain.chisq, rel=1e-6)
    assert moved.measures["chisq_scaled"] == pytest.approx(plain.measures["chisq_scaled"], rel=1e-6)
    same = plain.estimates["op"].isin(["=~", "~"]) & (plain.estimates["rhs"] != "age")
    np.testing.assert_allclose(moved.estimates["est"][same], plain.estimates["est"][same], atol=1e-6)


def test_the_derivatives_are_those_of_the_implied_statistics():
    reference = CONDITIONAL["groups_loadings_thresholds"]
    fit = sem.fit(reference["model"], read("ordered_causes"), **settings(reference["call"]))
    check_jacobians(fit)


def test_causes_that_cannot_be_regressed_on_are_named():
    model, data = CONDITIONAL["mimic"]["model"], read("ordered_causes")
    items = ("q1", "q2", "q3", "q4")
    with pytest.raises(sem.DataError, match="collinear"):
        sem.fit(model, data.assign(woman=2 * data["age"]), ordered=items)
    with pytest.raises(sem.DataError, match=r"q4.*no solution"):
        sem.fit(model, data.assign(woman=data["q4"] == 2), ordered=items)


@pytest.mark.parametrize("name", references("conditional_differences.json"))
def test_difference_tests_given_causes_are_lavaans(name):
    expected = references("conditional_differences.json")[name]
    estimator, parameterization = name.split()
    reference = CONDITIONAL["mimic"]
    fits = [
        sem.fit(
            reference["model"],
            read("ordered_causes"),
            ordered=("q1", "q2", "q3", "q4"),
            group="branch",
            group_equal=equal,
            estimator=estimator,
            parameterization=parameterization,
        )
        for equal in ((), ("loadings",), ("loadings", "thresholds"))
    ]
    found = [sem.compare(*pair).statistic for pair in pairwise(fits)]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
