"""Models of many kinds against lavaan 0.6-14 (tests/reference/r/sweep_models.R): options that meet
each other, by groups, with holes, with ordered items, from moments, and difference tests.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.sem.answers import aligned, check_estimates, check_measures

from workbench import sem

REFERENCE = Path(__file__).parent.parent / "reference" / "sem"
MODELS = json.loads((REFERENCE / "sweep_models.json").read_text())
ARGUMENTS = {
    "fixed.x": "fixed_x",
    "std.lv": "std_lv",
    "group.equal": "group_equal",
    "group.partial": "group_partial",
}
FILES = {"pd": "political_democracy"}
COMPARED = [name for name, case in MODELS.items() if "against" in case]


@cache
def rows_of(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{FILES.get(name, name)}.csv")


def fitted(case: dict, model: str | None = None, options: dict | None = None) -> sem.Fit:
    options = {
        ARGUMENTS.get(key, key): value for key, value in dict(options or case["options"] or {}).items()
    }
    if "information" in options:
        options["information"] = options["information"].replace(".", "_")
    if options.get("missing") == "ml":
        options["missing"] = "fiml"
    data = rows_of(case["data"])
    if case["moments"]:
        data = moments_of(data, options.pop("group", None))
    return sem.fit(model or case["model"], data, **options)


def moments_of(data: pd.DataFrame, group: str | None) -> sem.Moments:
    numbers = data.select_dtypes("number").drop(columns=["agemo", "grade"])
    if group is None:
        return sem.moments(numbers.cov(), len(numbers))
    parts = {label: numbers[data[group] == label] for label in data[group].unique()}
    return sem.moments(
        {label: part.cov() for label, part in parts.items()},
        {label: len(part) for label, part in parts.items()},
        {label: part.mean() for label, part in parts.items()},
    )


@cache
def fit_of(name: str) -> sem.Fit:
    return fitted(MODELS[name])


@pytest.mark.parametrize("name", MODELS)
def test_estimates_errors_and_measures(name):
    fit = fit_of(name)
    assert fit.converged
    check_estimates(fit, MODELS[name])
    check_measures(fit, MODELS[name])


@pytest.mark.parametrize("name", MODELS)
def test_standard_errors_of_standardized_values(name):
    fit = fit_of(name)
    rows = aligned(fit, MODELS[name])
    expected = np.array(MODELS[name]["estimates"]["std.se"], dtype=float)
    found = fit.standardized["se"].to_numpy()[rows.Index]
    known = np.isfinite(expected)
    np.testing.assert_allclose(found[known], expected[known], rtol=3e-4, atol=2e-6)


@pytest.mark.parametrize("name", MODELS)
def test_explained_variance(name):
    found = fit_of(name).r2
    columns = [found] if isinstance(found, pd.Series) else [found[group] for group in found.columns]
    for column, expected in zip(columns, MODELS[name]["r2"], strict=True):
        expected = expected or {}  # R writes an empty list where nothing is explained
        assert set(column.index) == set(expected)
        for variable, value in expected.items():
            assert column[variable] == pytest.approx(value, abs=1e-4), variable


@pytest.mark.parametrize("name", [name for name, case in MODELS.items() if "modindices" in case])
def test_largest_modification_indices(name):
    expected = MODELS[name]["modindices"]
    found = {}
    for row in fit_of(name).modification_indices().itertuples():
        found[row.lhs, row.op, row.rhs, row.group] = row
        if row.op == "~~":
            found[row.rhs, row.op, row.lhs, row.group] = row
    for lhs, op, rhs, group, mi, epc in zip(*expected.values(), strict=True):
        row = found[lhs, op, rhs, group]
        assert row.mi == pytest.approx(mi, rel=2e-3, abs=2e-3), row
        if mi > 0.01:
            assert row.epc == pytest.approx(epc, rel=3e-3, abs=1e-5), row


@pytest.mark.parametrize("name", COMPARED)
def test_difference_tests(name):
    case = MODELS[name]
    against = case["against"]
    test = sem.compare(fit_of(name), fitted(case, against.get("model"), against.get("options")))
    assert test.df == against["df"]
    assert test.statistic == pytest.approx(against["statistic"], rel=2e-4, abs=1e-4)
    assert test.pvalue == pytest.approx(against["pvalue"], abs=1e-4)
