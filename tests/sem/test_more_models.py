"""Models of further kinds on simulated answers against lavaan 0.6-14 (tests/reference/r/sem_more_models.R),
and the covariance matrix that Iacobucci (2009) printed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.sem.answers import check_estimates, check_measures

from workbench import sem
from workbench.datasets import printed

REFERENCE = Path(__file__).parent.parent / "reference" / "sem"
MODELS = json.loads((REFERENCE / "more_models.json").read_text())
ARGUMENTS = {"fixed.x": "fixed_x", "std.lv": "std_lv", "group.equal": "group_equal"}


def fitted(name: str) -> sem.Fit:
    case = MODELS[name]
    options = {ARGUMENTS.get(key, key): value for key, value in dict(case["options"] or {}).items()}
    return sem.fit(case["model"], pd.read_csv(REFERENCE / f"{case['data']}.csv"), **options)


@pytest.mark.parametrize("name", MODELS)
def test_estimates_errors_and_measures(name):
    fit = fitted(name)
    assert fit.converged
    check_estimates(fit, MODELS[name])
    check_measures(fit, MODELS[name])


@pytest.mark.parametrize("name", ["causes", "first_item_reversed"])
def test_scores_carry_the_latent_means_that_observed_causes_give(name):
    scores = fitted(name).factor_scores()
    np.testing.assert_allclose(scores.to_numpy()[:5], MODELS[name]["scores"], atol=2e-4)


def test_scores_are_the_same_with_and_without_a_mean_structure():
    case = MODELS["causes"]
    data = pd.read_csv(REFERENCE / f"{case['data']}.csv")
    with_means = sem.fit(case["model"], data, meanstructure=True)
    for method in ("regression", "bartlett"):
        np.testing.assert_allclose(
            fitted("causes").factor_scores(method), with_means.factor_scores(method), atol=1e-7
        )


def test_chi_square_of_a_saturated_model_is_not_below_zero():
    data = pd.read_csv(REFERENCE / "simulated_service.csv")
    for outcome in ("y", "m", "u2", "v1"):
        fit = sem.fit(f"{outcome} ~ x + w\nu3 ~ {outcome} + x + w", data)
        assert fit.df == 0
        assert "-0.000" not in repr(fit)
        assert fit.measures["chisq"] >= 0


def test_factor_model_from_a_printed_covariance_matrix():
    paper = printed.iacobucci()
    moments = sem.moments(paper.covariances, paper.n)
    constructs = ("quality", "cost", "value", "satisfaction", "repurchase")
    factors = "\n".join(f"{name} =~ {name}1 + {name}2 + {name}3" for name in constructs)
    fit = sem.fit(factors, moments)
    assert fit.converged
    assert fit.df == 80
    assert fit.chisq == pytest.approx(97.641, abs=5e-4)
    assert fit.measures["cfi"] == pytest.approx(0.994, abs=5e-4)
    assert fit.measures["srmr"] == pytest.approx(0.019, abs=5e-4)
    paths = "\nvalue ~ quality + cost\nsatisfaction ~ quality + value\nrepurchase ~ cost + satisfaction"
    structural = sem.fit(factors + paths, moments)
    assert structural.df == 83
    assert structural.chisq == pytest.approx(129.62, abs=5e-3)


@pytest.mark.parametrize("model", ["level: 1\nf =~ x1 + x2", "f =~ x1 + x2\ngroup: 2\nf =~ x1"])
def test_blocks_are_refused_in_words(model):
    with pytest.raises(sem.SpecificationError, match=r"blocks \((level|group):\) are not supported"):
        sem.fit(model, pd.DataFrame({"x1": [1.0, 2.0, 4.0], "x2": [2.0, 1.0, 3.0]}))
