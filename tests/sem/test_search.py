"""Other starting values where the first lead nowhere."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import SpecificationError
from workbench.sem import optimiser, restrictions
from workbench.sem.discrepancy import evaluate, only_value
from workbench.sem.optimiser import minimise

REFERENCE = Path(__file__).parent.parent / "reference" / "sem"
FACTORS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


def test_a_proper_minimum_is_found_where_the_first_starts_run_off():
    rows = pd.read_csv(REFERENCE / "wls_resample_rows.csv")["row"] - 1
    expected = json.loads((REFERENCE / "wls_resample.json").read_text())
    fit = sem.fit(FACTORS, pd.read_csv(REFERENCE / "hs.csv").iloc[rows], estimator="WLS")
    problem = fit.problem
    for simple in (False, True):
        first = minimise(problem.model, problem.discrepancy, problem.targets, problem.start(simple))
        assert not first.converged[0]
    assert fit.converged
    assert fit.warnings == ()
    np.testing.assert_allclose(fit.chisq, expected["chisq"], rtol=1e-5)
    np.testing.assert_allclose(fit.estimates["est"], expected["est"], rtol=1e-4, atol=1e-4)


def test_a_lower_minimum_is_found_than_where_two_variances_run_off_against_each_other():
    rng = np.random.default_rng(123)
    x = rng.normal(size=100)
    f = 0.1 * x + 0.3 * rng.normal(size=100)
    g = 0.3 * f + rng.normal(size=100)
    answers = {f"y{number}": f + rng.normal(size=100) for number in (1, 2)}
    answers |= {f"y{number}": g + 0.5 * rng.normal(size=100) for number in (3, 4, 5)}
    data = pd.DataFrame(answers | {"x": x})
    fit = sem.fit("f =~ y1 + y2\ng =~ y3 + y4 + y5\ng ~ f\nf ~ x", data, estimator="DWLS")
    problem = fit.problem
    first = minimise(problem.model, problem.discrepancy, problem.targets, problem.start())
    assert np.abs(first.x).max() > 100
    assert fit.converged
    assert np.abs(fit.x).max() < 2
    assert fit.fmin < 0.9 * first.value[0]


def test_trials_that_do_not_lower_the_value_cost_no_derivatives(monkeypatch):
    """From far off most trials of ordered items fail: their value alone is computed, to the same end."""
    rng = np.random.default_rng(8)
    factor = rng.normal(size=(300, 1))
    cut = np.digitize(factor + rng.normal(size=(300, 4)), [-1, 0, 1])
    data = pd.DataFrame(cut, columns=["y1", "y2", "y3", "y4"])
    fit = sem.fit("f =~ y1 + y2 + y3 + y4", data, estimator="WLSMV", ordered=list(data))
    model, least, targets = fit.problem.model, fit.problem.discrepancy, fit.problem.targets
    start = fit.problem.start() + rng.normal(scale=3, size=fit.problem.start().shape)
    whole = evaluate(model, least, targets, start)[0]
    np.testing.assert_allclose(only_value(model, least, targets, start), whole, rtol=1e-12)
    counts = dict.fromkeys(("group", "value"), 0)

    def counting(name):
        way = getattr(type(least), name)

        def counted(*given):
            counts[name] += 1
            return way(*given)

        return counted

    for name in counts:
        monkeypatch.setattr(type(least), name, counting(name))
    found = minimise(model, least, targets, start)
    sparing = dict(counts)
    monkeypatch.delattr(type(least), "value")
    counts["group"] = 0
    plain = minimise(model, least, targets, start)
    np.testing.assert_allclose(found.x, plain.x, rtol=1e-9)
    assert sparing["group"] < counts["group"]


def test_the_end_of_a_long_bent_valley_is_found():
    """A circle of two causes with weak instruments: lavaan's sem() ends at x1 ~ x4 = 8.612 too."""
    fit = sem.fit("x1 ~ x4 + x7\nx4 ~ x1 + x8\nx1 ~~ x4", pd.read_csv(REFERENCE / "hs.csv"))
    assert fit.converged
    assert fit.chisq == pytest.approx(0, abs=1e-8)
    np.testing.assert_allclose(fit.estimates["est"][:4], [8.612, -1.528, -2.882, 0.867], atol=6e-4)
    np.testing.assert_allclose(fit.estimates["se"][:4], [18.450, 3.463, 3.942, 1.041], rtol=1e-3)


@pytest.mark.parametrize("model", ["f =~ g + x1 + x2\ng =~ f + x3 + x4", "x1 ~~ -3*x1\nx1 ~ x2"])
def test_a_model_that_implies_no_covariances_is_refused_in_words(model):
    with pytest.raises(sem.SpecificationError, match="no implied covariances"):
        sem.fit(model, pd.read_csv(REFERENCE / "hs.csv"))


def test_information_is_the_estimators_or_refused():
    data = pd.read_csv(REFERENCE / "hs.csv")
    with pytest.raises(sem.SpecificationError, match="use MLR"):
        sem.fit(FACTORS, data, estimator="MLM", information="observed")
    with pytest.raises(sem.SpecificationError, match="first_order goes with ML"):
        sem.fit(FACTORS, data, estimator="MLR", information="first_order")
    names = [f"x{number}" for number in range(1, 10)]
    moments = sem.moments(data[names].cov(), len(data), names=names)
    with pytest.raises(sem.SpecificationError, match="needs the rows"):
        sem.fit(FACTORS, moments, information="first_order")
    model = f"{FACTORS}\nspeed ~ visual + textual"
    plain, asked = (sem.fit(model, data, estimator="ULS", information=kind) for kind in (None, "observed"))
    assert "rest on the expected one" in asked.warnings[0]
    np.testing.assert_array_equal(plain.estimates["se"], asked.estimates["se"])
    # lavaan 0.6-14: sem(model, HolzingerSwineford1939, estimator = "GLS", information = "observed")
    observed = sem.fit(model, data, estimator="GLS", information="observed").estimates["se"][8]
    assert observed == pytest.approx(0.2191487, rel=2e-4)


@pytest.mark.parametrize(
    "model",
    [
        "g =~ x6 + x3; h =~ b*x1 + x2; f =~ x2 + 1*x5 + x1 + x4",
        "g =~ 0*x1; h =~ x3 + x5 + NA*x2 + 1*x1 + x4; h ~ a*x3; x6 ~~ x3; a > 10",
    ],
)
def test_a_search_that_goes_nowhere_ends_soon(model, monkeypatch):
    """Steps that fall only when shortened, a bound that no minimum meets: thousands of evaluations more."""
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(300, 1)) + rng.normal(size=(300, 6))
    data = pd.DataFrame(answers, columns=[f"x{number}" for number in range(1, 7)])
    data["school"] = np.where(np.arange(300) % 2, "a", "b")
    count = 0

    def counted(*given, **named):
        nonlocal count
        count += 1
        return evaluate(*given, **named)

    for module in (optimiser, restrictions):
        monkeypatch.setattr(module, "evaluate", counted)
    with suppress(SpecificationError):  # of what is not identified
        assert not sem.fit(model, data, group="school").converged
    assert 100 < count < 4_000
