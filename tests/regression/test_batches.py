"""Regressions from sums over batches: statsmodels' numbers, and the same however the rows are cut."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from workbench.errors import DataError
from workbench.regression import batches

LINKS = {
    "logit": families.Binomial(),
    "cloglog": families.Binomial(families.links.CLogLog()),
    "poisson": families.Poisson(),
    "normal": families.Gaussian(),
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    stream = np.random.default_rng(1)
    d = pd.DataFrame({"who": np.repeat(np.arange(400), 5), "when": np.tile(np.arange(5.0), 400)})
    d["a"], d["b"] = stream.normal(size=2000), stream.normal(size=2000)
    up = np.repeat(stream.normal(size=400), 5) + 0.5 * d["a"]
    d["logit"] = d["cloglog"] = (stream.random(2000) < 1.0 / (1.0 + np.exp(1.5 - up))).astype(float)
    d["poisson"], d["normal"] = stream.poisson(np.exp(0.3 * up)), up + stream.normal(size=2000)
    return d


@pytest.mark.parametrize(
    ("link", "clustered"),
    # statsmodels' errors by cluster rest on the observed information, which is another one for cloglog
    [
        (link, clustered)
        for link in LINKS
        for clustered in (False, True)
        if (link, clustered) != ("cloglog", True)
    ],
)
def test_estimates_and_errors_are_those_of_statsmodels(rows, link, clustered, monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 317)
    mixed = rows.sample(frac=1.0, random_state=2)
    each, names = batches.in_rows(
        mixed, link, ["a", "b"], dummies="when", cluster="who" if clustered else None
    )
    ours = batches.regress(each, names, link, clustered=clustered)
    x = pd.concat([rows[["a", "b"]], pd.get_dummies(rows["when"], dtype=float)], axis=1)
    how = {"cov_type": "cluster", "cov_kwds": {"groups": rows["who"]}} if clustered else {}
    theirs = GLM(rows[link], x, family=LINKS[link]).fit(tol=1e-13, **how)
    np.testing.assert_allclose(ours.params, theirs.params, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.bse, theirs.bse, rtol=1e-9)
    np.testing.assert_allclose(ours.table()["pvalue"], theirs.pvalues, rtol=1e-6, atol=1e-12)


def test_a_model_predicts_other_rows_with_its_constant(rows, monkeypatch):
    each, names = batches.in_rows(rows, "logit", ["a", "b"], constant=True)
    fitted = batches.regress(each, names, "logit")
    whole = fitted.predict(rows)
    monkeypatch.setattr(batches, "ROWS", 99)
    np.testing.assert_allclose(fitted.predict(rows), whole, rtol=0, atol=1e-15)
    assert abs(whole.mean() - rows["logit"].mean()) < 1e-9  # what a logit with a constant has


def test_a_period_in_which_nobody_left_leaves_the_other_estimates_alone(rows):
    known = rows[rows["when"] != 3]
    none = rows.assign(logit=rows["logit"].where(rows["when"] != 3, 0.0))
    found = []
    for data in (known, none):
        each, names = batches.in_rows(data, "logit", ["a", "b"], dummies="when")
        found.append(batches.regress(each, names, "logit", free=names[2:]).table())
    np.testing.assert_allclose(found[1].loc[["a", "b"]], found[0].loc[["a", "b"]], atol=1e-6)
    assert found[1].loc["when_3.0", "estimate"] < -15


def test_terms_that_follow_from_each_other_are_refused(rows):
    each, names = batches.in_rows(rows.assign(c=0.0), "normal", ["a", "c"], constant=True)
    with pytest.raises(DataError, match="follow from each other"):
        batches.regress(each, names, "normal")


@pytest.mark.parametrize("follows", [0.0, 1e-6])
def test_the_rank_is_that_of_the_whole_matrix(rows, follows, monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 300)
    x = rows[["a", "b"]].assign(c=rows["a"] - 2 * rows["b"] + follows * rows["normal"]).to_numpy()
    assert batches.rank(x) == np.linalg.matrix_rank(x) == (3 if follows else 2)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_a_term_that_tells_the_outcome_without_fail_is_refused(link):
    x = np.linspace(-2.0, 2.0, 81)
    each, terms = batches.in_rows(
        pd.DataFrame({"y": (x > 0).astype(float), "x": x}), "y", ["x"], constant=True
    )
    with pytest.raises(DataError, match="no maximum"):
        batches.regress(each, terms, link)


def test_one_cluster_and_terms_alike_but_for_rounding_are_refused():
    x = np.linspace(-2.0, 2.0, 81)
    data = pd.DataFrame({"y": np.cos(9 * x), "x": x, "near": 1e6 + 1e-6 * x, "who": 1})
    each, terms = batches.in_rows(data, "y", ["x"], constant=True, cluster="who")
    with pytest.raises(DataError, match="two clusters"):
        batches.regress(each, terms, "normal", clustered=True)
    each, terms = batches.in_rows(data, "y", ["x", "near"], constant=True)
    with pytest.raises(DataError, match="follow from each other"):
        batches.regress(each, terms, "normal")
