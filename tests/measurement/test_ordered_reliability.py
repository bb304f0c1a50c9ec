"""Reliability, AVE, Fornell–Larcker of ordered items: all parameterizations and groups, against semTools."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from workbench import sem
from workbench.errors import SpecificationError
from workbench.measurement import (
    average_variance_extracted,
    composite_reliability,
    convergent_validity,
    fornell_larcker,
    omega,
)
from workbench.measurement.reliability_of_composites import measured, reliability
from workbench.parallel import JOBS
from workbench.sem.refitting.refits import Refits

FOLDER = Path(__file__).parents[1] / "reference" / "measurement"
CASES = json.loads((FOLDER / "ordered_reliability.json").read_text(encoding="utf-8"))
ORDERED = [name for name, case in CASES.items() if "ordered" in case["call"]]
FITS = {}


@pytest.fixture(scope="module")
def answers():
    return pd.read_csv(FOLDER / "three_groups.csv")


def fitted(name, answers):
    if name not in FITS:
        case = CASES[name]
        call = {key.replace(".", "_"): value for key, value in case["call"].items()}
        kind = {"estimator": "WLSMV"} if "ordered" in call else {}
        FITS[name] = sem.fit(case["model"], answers, **kind, **call)
    return FITS[name]


def rows(found):
    """A frame with one row per group, whatever the number of groups."""
    return found.to_frame("all").T if isinstance(found, pd.Series) else found


def same(found, theirs, tolerance):
    found, theirs = rows(found), pd.DataFrame(theirs).T
    np.testing.assert_allclose(
        found.loc[theirs.index, theirs.columns].astype(float), theirs.astype(float), atol=tolerance
    )


@pytest.mark.parametrize("name", CASES)
def test_reliability_and_ave_are_those_of_semtools(name, answers):
    fit, case = fitted(name, answers), CASES[name]
    assert fit.chisq == pytest.approx(case["chisq"], rel=1e-5)
    tolerance = 2e-4 if name.startswith("bifactor") else 5e-6  # lavaan stops early where little is determined
    same(average_variance_extracted(fit), case["ave"], tolerance)
    same(composite_reliability(fit), case.get("from_mean", case["cr"]), tolerance)


@pytest.mark.parametrize("name", [name for name in ORDERED if "group.equal" not in CASES[name]["call"]])
def test_where_means_are_zero_it_is_semtools_without_correction(name):
    theirs, own = (pd.DataFrame(CASES[name][key]).T.astype(float) for key in ("cr", "from_mean"))
    np.testing.assert_allclose(own, theirs[own.columns], atol=1e-12)


@pytest.mark.parametrize("name", ["delta_equal", "few_delta"])
def test_thresholds_count_from_the_mean_of_the_latent_response(name, answers):
    """By integrating over the factor: the share of the sum's variance that its expectation given f has.

    The integral knows nothing of thresholds' conventions. semTools 0.5-6 leaves the mean out and misses it.
    """
    fit, case = fitted(name, answers), CASES[name]
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    for number, group in enumerate(measured(Refits.of(fit)), 1):
        estimates = fit.estimates[fit.estimates["group"] == number]
        rows = estimates.set_index(["lhs", "op", "rhs"])["est"]
        for at, factor in enumerate(group.names):
            own = group.own(factor)
            spread, mean = np.sqrt(rows[factor, "~~", factor]), rows[factor, "~1", ""]
            implied, second = np.zeros((len(nodes), len(own))), np.zeros(len(own))
            for column, item in enumerate(own):
                name_of = group.items[item]
                cuts = rows.xs("|", level="op").loc[name_of].to_numpy()
                latent = group.loadings[0, item, at] * (mean + spread * nodes)
                above = 1 - ndtr((cuts - latent[:, None]) / np.sqrt(rows[name_of, "~~", name_of]))
                implied[:, column] = above.sum(axis=1)  # E(category | f)
                second[column] = weights @ (above * (2 * np.arange(1, len(cuts) + 1) - 1)).sum(axis=1)
            sum_given = implied.sum(axis=1)
            given = weights @ sum_given**2 - (weights @ sum_given) ** 2
            noise = (second - weights @ implied**2).sum()
            expected = given / (given + noise)
            # the same formula on implied instead of sampled correlations
            loadings = group.loadings[0, own, at]
            sample = np.outer(loadings, loadings) * spread**2
            np.fill_diagonal(sample, np.diagonal(group.sample[0])[own])
            whole = group.sample.copy()
            whole[0][np.ix_(own, own)] = sample
            ours = reliability(type(group)(**{**vars(group), "sample": whole}))[factor][0]
            assert ours == pytest.approx(expected, abs=1e-6)
    worst = pd.DataFrame(case["cr"]) - pd.DataFrame(case["from_mean"])
    assert worst.abs().max(axis=None) > 0.004


@pytest.mark.parametrize(
    ("one", "other"),
    [("delta", "theta"), ("delta_configural", "theta_configural"), ("delta_equal", "theta_equal")],
)
def test_parameterizations_that_fit_alike_are_reliable_alike(one, other, answers):
    """Standardized AVE too; in the items' own metric AVE weighs items differently under theta."""
    first, second = fitted(one, answers), fitted(other, answers)
    assert first.chisq == pytest.approx(second.chisq, rel=1e-7)
    for statistic in (composite_reliability, lambda fit: average_variance_extracted(fit, standardized=True)):
        np.testing.assert_allclose(rows(statistic(first)), rows(statistic(second)), atol=1e-6)
    plain, turned = average_variance_extracted(first), average_variance_extracted(second)
    assert np.abs(rows(plain) - rows(turned)).to_numpy().max() > 0.005


def test_standardized_ave_is_the_mean_of_squared_standardized_loadings(answers):
    fit = fitted("theta", answers)
    loadings = fit.estimates.query("op == '=~'").groupby("lhs")["std_all"]
    expected = loadings.apply(lambda values: (values**2).mean())
    found = average_variance_extracted(fit, standardized=True)
    np.testing.assert_allclose(found, expected[found.index], atol=1e-8)


def test_tables_of_a_group_hold_that_groups_numbers(answers):
    fit = fitted("theta_equal", answers)
    cr, ave = composite_reliability(fit), average_variance_extracted(fit)
    for label in fit.groups:
        table = convergent_validity(fit, group=label).table
        np.testing.assert_allclose(table["cr"], cr.loc[label], rtol=1e-12)
        np.testing.assert_allclose(table["ave"], ave.loc[label], rtol=1e-12)
        assert (table["lowest_loading"] < 1).all()
        np.testing.assert_allclose(omega(fit, group=label).estimate, cr.loc[label], rtol=1e-12)
        larcker = fornell_larcker(fit, group=label)
        np.testing.assert_allclose(np.diag(larcker.table) ** 2, ave.loc[label], rtol=1e-12)
        latent = fit.latent_covariance[label]
        expected = latent.loc["x", "y"] / np.sqrt(latent.loc["x", "x"] * latent.loc["y", "y"])
        assert larcker.pairs.loc[0, "correlation"] == pytest.approx(expected)
    for table in (convergent_validity, fornell_larcker, omega):
        with pytest.raises(SpecificationError, match="one group, give one of"):
            table(fit)
        with pytest.raises(SpecificationError, match="group='d'"):
            table(fit, group="d")


def test_intervals_of_a_later_group_hold_its_estimate(answers, monkeypatch):
    monkeypatch.setenv(JOBS, "1")  # starting worker processes takes longer than these few draws
    small = answers[answers["g"] != "c"]
    settings = {"ordered": CASES["theta"]["call"]["ordered"][:4], "estimator": "WLSMV", "group": "g"}
    fit = sem.fit("x =~ x1 + x2 + x3 + x4", small, parameterization="theta", **settings)
    row = convergent_validity(fit, group="b", draws=24).table.loc["x"]
    assert row["cr_lower"] < row["cr"] < row["cr_upper"] < 1
    assert row["ave_lower"] < row["ave"] < row["ave_upper"] < 1


def test_totals_of_ordered_items(answers):
    fit = fitted("bifactor_theta", answers)
    assert omega(fit).table.loc["all", "total"] == pytest.approx(CASES["bifactor_theta"]["total"], abs=2e-5)
    second = omega(fitted("second_theta", answers))
    assert second.second_order.index.tolist() == ["all"]
    np.testing.assert_allclose(second.table["total"], second.table["reliability"], rtol=1e-9)
    assert second.second_order["all"] == pytest.approx(CASES["second_theta"]["second_order"], abs=2e-5)


def test_a_construct_of_ordered_and_continuous_items_has_no_reliability_and_says_so(answers):
    fit = sem.fit("f =~ x1 + x2 + w1 + w2", answers, ordered=["x1", "x2"], estimator="WLSMV")
    found = convergent_validity(fit)
    assert np.isnan(found.table.loc["f", "cr"])
    assert found.table.loc["f", "ave"] > 0
    assert any("no reliability of f" in text for text in found.warnings)


def test_thresholds_that_are_fixed_count_too(answers):
    """A threshold held at its estimate changes nothing."""
    items = ["x1", "x2", "x3", "x4"]
    free = sem.fit("x =~ x1 + x2 + x3 + x4", answers, ordered=items, estimator="WLSMV")
    value = free.estimates.query("lhs == 'x1' and rhs == 't1'")["est"].item()
    held = sem.fit(f"x =~ x1 + x2 + x3 + x4\nx1 | {value!r}*t1", answers, ordered=items, estimator="WLSMV")
    assert composite_reliability(held)["x"] == pytest.approx(composite_reliability(free)["x"], abs=1e-6)


def test_an_exogenous_variable_counts_as_part_of_the_variance(answers):
    """Polychoric correlations are then given x; loadings and residuals stay in one metric under both."""
    items = ["x1", "x2", "x3", "x4"]
    model = "x =~ x1 + x2 + x3 + x4\nx ~ w1"
    found = [
        composite_reliability(
            sem.fit(model, answers, ordered=items, estimator="WLSMV", parameterization=name)
        )["x"]
        for name in ("delta", "theta")
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    plain = sem.fit("x =~ x1 + x2 + x3 + x4", answers, ordered=items, estimator="WLSMV")
    assert found[0] == pytest.approx(composite_reliability(plain)["x"], abs=0.03)
