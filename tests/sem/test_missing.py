"""Missing answers: full-information likelihood, against lavaan and against what must hold."""

import numpy as np
import pandas as pd
import pytest
from tests.sem.answers import (
    check_estimates,
    check_measures,
    check_modification_indices,
    read,
    references,
    settings,
)

from workbench import sem
from workbench.sem.incomplete.patterns import (
    casewise_scores,
    collect_patterns,
    information,
    loglik_and_gradient,
)
from workbench.sem.incomplete.saturated import saturated_moments

HOLZINGER = references("holzinger_swineford.json")
OWN = references("lavaan.json")
FIML = [name for name in OWN if name.startswith("fiml")]
MODEL = OWN["fiml"]["model"]


@pytest.mark.parametrize("name", [name for name in HOLZINGER if name.startswith("e")])
def test_holzinger_swineford_with_a_fifth_missing(name):
    reference = HOLZINGER[name]
    fit = sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))
    check_estimates(fit, reference)
    check_measures(fit, reference)
    assert fit.gradient < 1e-7
    named = {(row.lhs, row.op, row.rhs): row.se for row in fit.standardized.itertuples()}
    estimates = reference["estimates"]
    keys = zip(estimates["lhs"], estimates["op"], estimates["rhs"], strict=True)
    expected = np.array(reference["standardized_se"])
    np.testing.assert_allclose([named[key] for key in keys], expected, rtol=2e-4, atol=1e-7)


@pytest.mark.parametrize("name", FIML)
def test_fits_with_holes_are_lavaans(name):
    reference = OWN[name]
    fit = sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))
    assert fit.converged
    check_estimates(fit, reference)
    check_measures(fit, reference)


def test_saturated_moments_are_lavaans():
    reference = HOLZINGER["e_hs_fiml"]["saturated"]
    names = reference["cov"]["cols"]
    mean, cov, _, settled = saturated_moments(collect_patterns(read("hs_missing20")[names].to_numpy()))
    assert settled
    np.testing.assert_allclose(cov, reference["cov"]["values"], atol=2e-5)
    np.testing.assert_allclose(mean, list(reference["mean"].values()), atol=2e-5)


def test_derivatives_of_the_likelihood_are_its_differences():
    values = read("hs_missing20")[["x1", "x2", "x3", "x4"]].to_numpy()
    patterns = collect_patterns(values)
    rows, columns = np.triu_indices(4)
    mean, cov = np.nanmean(values, axis=0) + 0.1, np.diag(np.nanvar(values, axis=0)) + 0.2
    start = np.concatenate([mean, cov[rows, columns]])

    def at(x):
        sigma = np.empty((4, 4))
        sigma[rows, columns] = sigma[columns, rows] = x[4:]
        loglik, by_mu, by_sigma = loglik_and_gradient(patterns, x[:4], sigma)
        return loglik, np.concatenate([by_mu, by_sigma[rows, columns] * np.where(rows == columns, 1, 2)])

    steps = 1e-5 * np.eye(len(start))
    gradient = at(start)[1]
    np.testing.assert_allclose(
        gradient, [(at(start + s)[0] - at(start - s)[0]) / 2e-5 for s in steps], rtol=1e-6
    )
    hessian = np.stack([(at(start - s)[1] - at(start + s)[1]) / 2e-5 for s in steps])
    np.testing.assert_allclose(information(patterns, mean, cov), hessian, rtol=1e-6, atol=1e-4)
    scores = sum(part.sum(axis=0) for _, part in casewise_scores(patterns, mean, cov))
    np.testing.assert_allclose(scores, gradient, rtol=1e-10)


@pytest.mark.parametrize("width", [9, 24])
def test_likelihood_is_the_sum_over_rows(width):
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(width)
    factor = rng.normal(size=(width, width)) / 4
    cov, mean = factor @ factor.T + np.eye(width), rng.normal(size=width)
    values = rng.multivariate_normal(mean, cov, 60)
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:5, 1:] = np.nan
    values[:, 2] = rng.normal(size=60)
    values[7] = np.nan
    expected = 0.0
    for row in values:
        seen = ~np.isnan(row)
        if seen.any():
            expected += multivariate_normal(mean[seen], cov[np.ix_(seen, seen)]).logpdf(row[seen])
    patterns = collect_patterns(values)
    assert patterns.empty == 1
    assert loglik_and_gradient(patterns, mean, cov)[0] == pytest.approx(expected, rel=1e-12)


def test_without_holes_fiml_is_maximum_likelihood():
    data = read("answers_with_holes").dropna()
    complete = sem.fit(MODEL, data, meanstructure=True, information="observed")
    fiml = sem.fit(MODEL, data, missing="fiml")
    np.testing.assert_allclose(fiml.estimates["est"], complete.estimates["est"], atol=1e-6)
    np.testing.assert_allclose(fiml.estimates["se"], complete.estimates["se"], rtol=1e-5)
    for name in ("chisq", "df", "logl", "cfi", "tli", "rmsea", "srmr", "baseline_chisq", "aic", "bic"):
        assert fiml.measures[name] == pytest.approx(complete.measures[name], rel=1e-6, abs=1e-8), name


def test_order_of_rows_and_scales_do_not_matter():
    data = read("answers_with_holes")
    one = sem.fit(MODEL, data, missing="fiml", estimator="MLR")
    other = sem.fit(MODEL, data.sample(frac=1, random_state=3), missing="fiml", estimator="MLR")
    np.testing.assert_allclose(one.estimates["est"], other.estimates["est"], atol=1e-7)
    np.testing.assert_allclose(one.estimates["se"], other.estimates["se"], rtol=1e-6)
    items = [name for name in data if name[0] in "ab" and name[1:].isdigit()]
    large = sem.fit(MODEL, data.assign(**{name: data[name] * 1000 for name in items}), missing="fiml")
    assert large.chisq == pytest.approx(one.chisq, rel=1e-7)
    np.testing.assert_allclose(large.estimates["std_all"], one.estimates["std_all"], atol=1e-6)


def test_auxiliary_variables_leave_the_test_its_degrees_of_freedom():
    data = read("answers_with_holes")
    plain = sem.fit(MODEL, data, missing="fiml")
    helped = sem.fit(MODEL, data, missing="fiml", auxiliary=("aux1", "aux2"))
    assert helped.measures["df"] == plain.measures["df"]
    assert helped.measures["baseline_df"] == plain.measures["baseline_df"]
    rows = plain.estimates["op"] == "=~"
    ours = helped.estimates.merge(plain.estimates[rows], on=["lhs", "op", "rhs"])
    assert (ours["est_x"] - ours["est_y"]).abs().max() < 0.1


def test_means_of_answers_missing_at_random_are_recovered():
    rng = np.random.default_rng(8)
    factor = rng.normal(size=4000)
    data = pd.DataFrame({f"y{place}": factor + rng.normal(size=4000) for place in range(4)})
    data.loc[data["y0"] > 0.5, "y1"] = np.nan  # missing where the first answer is high
    fit = sem.fit("f =~ y0 + y1 + y2 + y3", data, missing="fiml")
    level = fit.estimates.query("lhs == 'y1' and op == '~1'").iloc[0]
    assert abs(level["est"]) < 4 * level["se"]
    assert data["y1"].mean() < -0.4


def test_what_was_left_out_is_said_and_what_cannot_be_done_is_refused():
    data = read("answers_with_holes")
    assert any("1 rows answer nothing" in text for text in sem.fit(MODEL, data, missing="fiml").warnings)
    holes = data.assign(x=data["x"].where(data.index > 9))
    model = OWN["fiml_fixed_x"]["model"]
    assert any(
        "10 rows have no value of x" in text for text in sem.fit(model, holes, missing="fiml").warnings
    )
    with pytest.raises(sem.SpecificationError, match="MLR"):
        sem.fit(MODEL, data, missing="fiml", estimator="MLM")
    with pytest.raises(sem.SpecificationError, match="missing='fiml'"):
        sem.fit(MODEL, data, auxiliary=("aux1",))
    with pytest.raises(sem.SpecificationError, match="stand in the model"):
        sem.fit(MODEL, data, missing="fiml", auxiliary=("a1",))
    with pytest.raises(sem.DataError, match="only moments"):
        sem.fit(MODEL, sem.moments(np.eye(6), 50, names=["a1", "a2", "a3", "b1", "b2", "b3"]), missing="fiml")
    apart = data.assign(a1=data["a1"].where(data.index < 250), a2=data["a2"].where(data.index >= 250))
    with pytest.raises(sem.DataError, match="never answered together: a1 with a2"):
        sem.fit(MODEL, apart, missing="fiml")
    with pytest.raises(sem.DataError, match=r"'a1': nobody answered"):
        sem.fit(MODEL, data.assign(a1=np.nan), missing="fiml")
    with pytest.raises(sem.DataError, match=r"'a1': has the same value"):
        sem.fit(MODEL, data.assign(a1=1.0), missing="fiml")
    with pytest.raises(sem.DataError, match="More rows"):
        sem.fit(MODEL, data.head(6), missing="fiml")
    with pytest.raises(sem.SpecificationError, match="is for ordered items"):
        sem.fit(MODEL, data, missing="pairwise")
    with pytest.raises(sem.SpecificationError, match="unknown"):
        sem.fit(MODEL, data, missing="two.stage")


@pytest.mark.parametrize("name", [name for name in HOLZINGER if name.startswith("e")])
def test_modification_indices_and_scores_with_holes(name):
    reference = HOLZINGER[name]
    fit = sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))
    check_modification_indices(fit, reference)
    expected = np.array(HOLZINGER["e_hs_fiml"]["factor_scores"])
    np.testing.assert_allclose(fit.factor_scores().iloc[: len(expected)], expected, atol=1e-5)
