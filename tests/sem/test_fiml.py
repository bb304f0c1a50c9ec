"""Models with missing answers against lavaan 0.6-14 (tests/reference/r/fiml_models.R): information, random
and fixed causes, groups, every fit measure, and factor scores of both kinds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.sem.answers import REFERENCE, check_estimates, check_measures, references

from workbench import sem

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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": "MLR", "information": "first_order"}, "robust standard errors take"),
        ({"information": "sandwich"}, "'sandwich' is unknown"),
    ],
)
def test_information_that_cannot_be_taken_is_refused(options, words):
    data = pd.read_csv(REFERENCE.parent / MODELS["expected"]["data"])
    with pytest.raises(sem.SpecificationError, match=words):
        sem.fit(MODELS["expected"]["model"], data, missing="fiml", **options)
