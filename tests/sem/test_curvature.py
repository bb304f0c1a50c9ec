"""The analytic Hessian against complex-step derivatives of the gradient, off the minimum."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.sem.discrepancy import assemble

HERE = Path(__file__).parents[1] / "reference" / "sem"
SCHOOLS = pd.read_csv(HERE / "hs.csv").dropna()
CASES = {
    "factors": ("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", {}),
    "second order": ("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\nall =~ f + g + h", {}),
    "groups with means": (
        "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\ntextual ~ visual + x9\nx7 ~ textual + x3\n"
        "x1 ~~ x7\nvisual ~~ x2",
        {"group": "school", "group_equal": ("loadings", "intercepts")},
    ),
    "feedback": ("x1 ~ x2 + x3\nx2 ~ x1 + x4\nx5 ~ x1", {"meanstructure": True}),
}


@pytest.mark.parametrize("case", CASES)
def test_hessian_is_the_derivative_of_the_gradient(case):
    model, options = CASES[case]
    fit = sem.fit(model, SCHOOLS, **options)
    problem = fit.problem
    x = fit.x + np.random.default_rng(1).normal(scale=0.01, size=fit.x.size)
    hessian = assemble(problem.model, problem.discrepancy, problem.targets, x[None], exact=True)[2][0]
    expected = assemble(problem.model, problem.discrepancy, problem.targets, x[None])[2][0]
    np.testing.assert_allclose(hessian, problem.inference(x).observed, rtol=1e-8, atol=1e-10)
    assert np.abs(hessian - expected).max() > 0.01
