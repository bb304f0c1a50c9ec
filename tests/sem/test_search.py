"""Other starting values where the first lead nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import sem
from workbench.sem.estimate import minimise

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
