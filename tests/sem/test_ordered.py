"""Ordered answers: polychorics and weighted least squares, against lavaan and against what must hold."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from tests.sem.answers import (
    check_estimates,
    check_measures,
    check_modification_indices,
    read,
    references,
    settings,
)

from workbench import sem
from workbench.sem.ordered.bivariate_normal import bivariate_probability

HOLZINGER = references("holzinger_swineford.json")
OWN = references("lavaan.json")
ORDERED = [name for name in OWN if "ordered" in OWN[name]["call"] and name != "ordered_mediator"]
TWENTY_TWO = references("ordered_22.json")
Q = tuple(f"q{number}" for number in range(1, 10))


# -- the bivariate normal distribution -------------------------------------------------------------
@pytest.mark.parametrize("rho", [0.0, 0.2, -0.6, 0.85, -0.93, 0.97, -0.999, 0.99999])
def test_bivariate_probability_is_the_integral_of_the_conditional_one(rho):
    for h, k in ((0.3, -0.4), (-1.5, 1.2), (0.7, 0.71), (-0.2, 0.2), (2.5, -2.4)):
        spread = np.sqrt(1 - rho**2)
        near = [(k + times * spread) / rho for times in (-6, 0, 6)] if rho else []
        places = [place for place in near if -9 < place < h] or None

        def inner(x, k=k, spread=spread):
            return stats.norm.pdf(x) * stats.norm.cdf((k - rho * x) / spread)

        expected = integrate.quad(inner, -9, h, points=places, epsabs=1e-13, limit=400)[0]
        assert bivariate_probability(h, k, rho) == pytest.approx(expected, abs=2e-12)


def test_bivariate_probability_at_its_edges():
    assert bivariate_probability(np.inf, 0.3, 0.95) == pytest.approx(stats.norm.cdf(0.3), abs=1e-15)
    assert bivariate_probability(-np.inf, 0.3, 0.5) == 0
    assert bivariate_probability(0.2, 0.3, 1.0) == pytest.approx(stats.norm.cdf(0.2), abs=1e-15)
    assert bivariate_probability(0.0, 0.0, 0.5) == pytest.approx(
        0.25 + np.arcsin(0.5) / (2 * np.pi), abs=1e-15
    )


# -- polychoric correlations -----------------------------------------------------------------------
def test_polychorics_thresholds_and_their_covariance_are_lavaans():
    items = read("hs_ordinal5")[[f"x{number}" for number in range(1, 10)]]
    reference = HOLZINGER["g1_hs_ordinal_wlsmv"]
    result = sem.polychoric(items)
    np.testing.assert_allclose(result.correlations, reference["polychoric"]["values"], atol=1e-6)
    np.testing.assert_allclose(np.diag(result.acov) * result.n, reference["gamma_diag"], rtol=1e-6)
    assert list(result.thresholds["threshold"][:4]) == ["t1", "t2", "t3", "t4"]


def test_polychoric_of_a_cut_normal_is_its_correlation():
    rng = np.random.default_rng(5)
    truth = np.array([[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 1]])
    y = rng.normal(size=(40_000, 3)) @ np.linalg.cholesky(truth).T
    data = pd.DataFrame(
        {"a": np.digitize(y[:, 0], [-1, 0.2, 1.5]), "b": np.digitize(y[:, 1], [0.4]), "c": y[:, 2]}
    )
    result = sem.polychoric(data, ordered=["a", "b"])
    np.testing.assert_allclose(result.correlations, truth, atol=0.02)
    np.testing.assert_allclose(result.thresholds["estimate"], [-1, 0.2, 1.5, 0.4], atol=0.03)
    spread = np.sqrt(np.diag(result.acov))
    error = (result.correlations.to_numpy() - truth)[0, 1] / spread[list(result.acov.columns).index("a~~b")]
    assert abs(error) < 4


def test_fourfold_table_has_the_tetrachoric_correlation():
    # thresholds at zero: the correlation is sin(2π(p - ¼)) exactly
    counts = {(0, 0): 40, (0, 1): 10, (1, 0): 10, (1, 1): 40}
    rows = [cell for cell, times in counts.items() for _ in range(times)]
    result = sem.polychoric(pd.DataFrame(rows, columns=["a", "b"]))
    assert result.correlations.loc["a", "b"] == pytest.approx(np.sin(2 * np.pi * (0.4 - 0.25)), abs=1e-9)


def test_empty_cells_are_treated_as_lavaan_does():
    # one empty cell in a table of two binary items, several in larger tables
    reference, items = references("empty_cells.json"), read("empty_cells")
    assert (pd.crosstab(items["a"], items["b"]) == 0).any(axis=None)
    np.testing.assert_allclose(sem.polychoric(items).correlations, reference["polychoric"], atol=1e-6)
    fit = sem.fit("f =~ a + b + c + d + e", items, ordered=tuple(items), estimator="WLSMV")
    check_measures(fit, reference)
    np.testing.assert_allclose(fit.estimates["est"][:5], reference["est"], atol=1e-4)
    np.testing.assert_allclose(fit.estimates["se"][:5], reference["se"], rtol=2e-4)


def test_polychorics_of_22_items_with_two_to_seven_categories_are_lavaans():
    reference, data = TWENTY_TWO["four"], read("ordered_22")
    result = sem.polychoric(data.drop(columns="group"))
    pairs = np.triu_indices(22, 1)
    np.testing.assert_allclose(result.correlations.to_numpy()[pairs], reference["polychoric"], atol=1e-6)
    np.testing.assert_allclose(np.diag(result.acov) * result.n, reference["gamma_diag"], rtol=1e-5)


@pytest.mark.parametrize("name", TWENTY_TWO)
def test_fits_of_22_items_are_lavaans(name):
    reference = TWENTY_TWO[name]
    fit = sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))
    check_estimates(fit, reference)
    check_measures(fit, reference)


def test_implied_moments_of_latent_responses_are_lavaans_under_equal_thresholds():
    reference = TWENTY_TWO["groups"]
    fit = sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))
    implied = fit.implied["second"]
    np.testing.assert_allclose(implied.mean, reference["implied_means"], atol=1e-4)
    np.testing.assert_allclose(implied.cov.iloc[:4, :4], reference["implied_correlations"], atol=1e-4)


def test_polychorics_do_not_depend_on_labels_order_of_rows_or_direction():
    items = read("ordered_items")[list(Q[:4])]
    plain = sem.polychoric(items)
    stretched = sem.polychoric(items.assign(q1=items["q1"] ** 3 * 10))
    np.testing.assert_allclose(stretched.correlations, plain.correlations, atol=1e-9)
    shuffled = sem.polychoric(items.sample(frac=1, random_state=1))
    np.testing.assert_allclose(shuffled.correlations, plain.correlations, atol=1e-9)
    reversed_ = sem.polychoric(items.assign(q1=-items["q1"]))
    np.testing.assert_allclose(
        reversed_.correlations.loc["q1", "q2"], -plain.correlations.loc["q1", "q2"], atol=1e-8
    )


def test_polychoric_says_what_it_left_out_and_refuses_what_has_no_order():
    items = read("ordered_items")[list(Q[:3])].astype(float)
    items.loc[:4, "q1"] = np.nan
    assert any("5 of 600 rows" in text for text in sem.polychoric(items).warnings)
    with pytest.raises(sem.DataError, match="no order"):
        sem.polychoric(items.assign(q1="agree"))
    with pytest.raises(sem.DataError, match="1 category"):
        sem.polychoric(items.assign(q1=3.0))
    levels = pd.Categorical(["low", "high"] * 300, ["low", "high"], ordered=True)
    named = sem.polychoric(items.assign(q1=levels))
    assert named.thresholds["item"].tolist().count("q1") == 1
    with pytest.raises(sem.DataError, match="without an order"):
        sem.polychoric(items.assign(q1=pd.Categorical(["a", "b"] * 300)))


# -- fits ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [name for name in HOLZINGER if name.startswith("g")])
def test_holzinger_swineford_in_five_categories(name):
    reference = HOLZINGER[name]
    fit = sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))
    check_estimates(fit, reference)
    check_measures(fit, reference)
    check_modification_indices(fit, reference)
    errors = np.array(reference["standardized_se"])
    assert fit.gradient < 1e-7
    named = {(row.lhs, row.op, row.rhs): row.se for row in fit.standardized.itertuples()}
    estimates = reference["estimates"]
    keys = zip(estimates["lhs"], estimates["op"], estimates["rhs"], strict=True)
    np.testing.assert_allclose([named[key] for key in keys], errors, rtol=2e-4, atol=1e-7)


@pytest.mark.parametrize("name", ORDERED)
def test_ordered_fits_are_lavaans(name):
    reference = OWN[name]
    fit = sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))
    assert fit.converged
    check_estimates(fit, reference)
    check_measures(fit, reference)


def test_an_ordered_cause_keeps_unit_variance_where_lavaan_loses_it():
    # lavaan 0.6-14 leaves var(q4*) at 1.003 here and its Jacobian is 2 % off: its own constraint is not met
    reference = OWN["ordered_mediator"]
    fit = sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))
    np.testing.assert_allclose(np.diag(fit.implied.cov), 1.0, atol=1e-10)
    assert fit.chisq == pytest.approx(reference["measures"]["chisq"], rel=1e-4)
    model, x = fit.problem.model, fit.x
    target = fit.problem.targets[0]

    def implied(values):
        return model.state(0, values[None], target.cov, target.mean).statistics[0]

    steps = 1e-6 * np.eye(len(x))
    numeric = np.stack([(implied(x + step) - implied(x - step)) / 2e-6 for step in steps], axis=1)
    np.testing.assert_allclose(fit.inference.jacobians[0], numeric, atol=1e-7)


def test_an_ordered_item_that_is_effect_and_cause_has_lavaans_estimates_and_unit_variance():
    # lavaan 0.6-14 leaves the variance of items behind the mediator at 1.13 and takes its residual variance
    # for a constant in the derivatives: its standard error of g ~ m is .0627, of 300 bootstrap draws .0432
    reference = references("ordered_mediator.json")
    data = read("ordered_mediator")
    fit = sem.fit(reference["model"], data, ordered=tuple(data))
    assert fit.chisq == pytest.approx(reference["chisq"], rel=1e-6)
    rows = reference["estimates"]
    theirs = {
        key: (estimate, error)
        for *key, estimate, error in zip(
            rows["lhs"], rows["op"], rows["rhs"], rows["est"], rows["se"], strict=True
        )
        for key in [tuple(key)]
    }
    free = [fit.table.rows[index] for index in fit.table.free]
    expected = np.array([theirs[row.lhs, row.op, row.rhs] for row in free])
    np.testing.assert_allclose(fit.free_values, expected[:, 0], atol=1e-4)
    assert max(reference["variances"]) > 1.1
    np.testing.assert_allclose(np.diag(fit.implied.cov), 1.0, atol=1e-10)
    before = [place for place, row in enumerate(free) if row.lhs in ("f", "m")]
    error = np.sqrt(np.diag(fit.vcov))
    np.testing.assert_allclose(error[before], expected[before, 1], rtol=2e-4)
    named = dict(zip(fit.table.free_names, error, strict=True))
    assert named["g ~ m"] == pytest.approx(0.0432, abs=2e-4)


def test_difference_tests_of_ordered_fits_are_lavaans():
    reference = references("difference_tests.json")
    settings = {"group": "group", "ordered": Q[:6]}
    kinds = ((), ("loadings",), ("loadings", "intercepts"))
    fits = [
        sem.fit(OWN["groups"]["model"], read("ordered_items"), group_equal=equal, **settings)
        for equal in kinds
    ]
    tests = [sem.compare(one, other) for one, other in pairwise(fits)]
    found = {
        "chisq_diff": [test.statistic for test in tests],
        "df_diff": [test.df for test in tests],
        "pvalue_diff": [test.pvalue for test in tests],
    }
    for name, expected in reference.items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-5)


def test_ordered_without_an_estimator_is_wlsmv_and_says_so():
    reference = OWN["three_wlsmv"]
    fit = sem.fit(reference["model"], read("ordered_items"), ordered=Q)
    assert fit.estimator == "WLSMV"
    assert any("WLSMV" in text for text in fit.warnings)
    assert fit.chisq == pytest.approx(reference["measures"]["chisq"], rel=1e-5)


def test_nothing_is_turned_into_ordered_data_by_itself():
    fit = sem.fit(OWN["three_wlsmv"]["model"], read("ordered_items"))
    assert fit.estimator == "ML"
    assert not (fit.estimates["op"] == "|").any()


def test_thresholds_can_be_labelled_and_written_down():
    model = OWN["three_wlsmv"]["model"] + "\nq1 | a*t1 + t2\nq2 | a*t1"
    fit = sem.fit(model, read("ordered_items"), ordered=Q)
    rows = fit.estimates[(fit.estimates["op"] == "|") & (fit.estimates["label"] == "a")]
    assert len(rows) == 2
    assert rows["est"].nunique() == 1
    assert fit.measures["df"] == 25
    with pytest.raises(sem.SpecificationError, match="thresholds"):
        sem.fit(OWN["three_wlsmv"]["model"] + "\nq1 | t9", read("ordered_items"), ordered=Q)


def test_order_of_rows_and_category_labels_do_not_matter():
    reference, data = OWN["path_mixed"], read("ordered_items")
    call = settings(reference["call"])
    moved = data.sample(frac=1, random_state=2).assign(q1=lambda frame: frame["q1"] * 10 + 3)
    one, other = sem.fit(reference["model"], data, **call), sem.fit(reference["model"], moved, **call)
    np.testing.assert_allclose(one.estimates["est"], other.estimates["est"], atol=1e-6)
    np.testing.assert_allclose(one.estimates["se"], other.estimates["se"], rtol=1e-5)


def test_what_ordered_items_cannot_do_is_refused_with_advice():
    model, data = OWN["three_wlsmv"]["model"], read("ordered_items")
    with pytest.raises(sem.SpecificationError, match="WLSMV"):
        sem.fit(model, data, ordered=Q, estimator="MLR")
    with pytest.raises(sem.SpecificationError, match="listwise"):
        sem.fit(model, data, ordered=Q, missing="fiml")
    with pytest.raises(sem.DataError, match="no column"):
        sem.fit(model, data, ordered=("q1", "q77"))
    with pytest.raises(sem.SpecificationError, match="only explains others"):
        sem.fit("quality =~ q1 + q2 + q3\nquality ~ q4", data, ordered=Q[:4])
    with pytest.raises(sem.SpecificationError, match="semopy"):
        sem.fit(model, data, ordered=Q, engine="semopy")
    with pytest.raises(sem.DataError, match="rows of the data"):
        sem.fit(model, sem.moments(np.eye(9), 100, names=list(Q)), ordered=Q)
    lonely = data.assign(q1=data["q1"].where((data["group"] == "trade") | (data["q1"] < 5), 4))
    with pytest.raises(sem.DataError, match=r"services: nobody chose 5"):
        sem.fit(model, lonely, ordered=Q, group="group")
    with pytest.raises(sem.DataError, match=r"yes1.*two values"):
        sem.fit("quality =~ yes1 + q2 + q3", data, ordered=("q2", "q3"))
    twins = data.assign(yes2=data["yes1"])
    with pytest.raises(sem.DataError, match="no variance"):
        sem.fit("f =~ yes1 + yes2 + yes3", twins, ordered=("yes1", "yes2", "yes3"))
