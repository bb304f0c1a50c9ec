"""Difference tests of nested models against lavaan's lavTestLRT (reference/r/sem_differences.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import SpecificationError

REFERENCE = Path(__file__).parent.parent / "reference" / "sem"
CASES = json.loads((REFERENCE / "differences.json").read_text())
NAMES = {"group.equal": "group_equal", "missing": "missing", "group": "group"}


def fitted(case: dict, which: str) -> sem.Fit:
    options = {NAMES[key]: value for key, value in dict(case[f"options_{which}"] or {}).items()}
    if options.get("missing") == "ml":
        options["missing"] = "fiml"
    data = pd.read_csv(REFERENCE / f"{case['data']}.csv")
    return sem.fit(case[which], data, estimator=case["estimator"], **options)


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['name']}-{case['estimator']}-{case['method']}"
)
def test_statistic_df_and_p_value(case):
    if case["name"] == "holes" and case["method"] != "default":
        assert case["statistic"] is None
        with pytest.raises(SpecificationError, match="of complete data"):
            sem.compare(fitted(case, "narrow"), fitted(case, "wide"), method=case["method"])
        return
    found = sem.compare(fitted(case, "narrow"), fitted(case, "wide"), method=case["method"])
    assert found.df == case["df"]
    if case["statistic"] is None and case["name"] == "saturated":
        # lavaan has none of 2010 for a saturated model, whose part is zero: the test is that of 2001
        other = sem.compare(fitted(case, "narrow"), fitted(case, "wide"))
        assert found.statistic == pytest.approx(other.statistic, rel=1e-9)
        return
    if case["statistic"] is None:
        assert np.isnan(found.statistic)
        assert any("not positive" in warning for warning in found.warnings)
        return
    np.testing.assert_allclose(found.statistic, case["statistic"], rtol=2e-4, atol=1e-4)
    np.testing.assert_allclose(found.pvalue, case["pvalue"], rtol=1e-3, atol=1e-4)


def test_what_cannot_be_compared_is_refused():
    data = pd.read_csv(REFERENCE / "political_democracy.csv")
    model = "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem60 ~ a*ind60"
    free = sem.fit(model, data)
    with pytest.raises(SpecificationError, match="13 degrees of freedom: they cannot be nested"):
        sem.compare(free, free)
    with pytest.raises(SpecificationError, match="an inequality restricts without one"):
        sem.compare(free, sem.fit(model + "\na < 1", data))
    with pytest.raises(SpecificationError, match="different estimators"):
        sem.compare(free, sem.fit(model + "\na == 1", data, estimator="MLM"))
    with pytest.raises(SpecificationError, match="one fit has means"):
        sem.compare(free, sem.fit(model + "\na == 1", data, meanstructure=True))
    with pytest.raises(SpecificationError, match="of scaled tests, and ML has none"):
        sem.compare(free, sem.fit(model + "\na == 1", data), method="satorra.2000")


def test_tangent_of_a_nonlinear_constraint_in_the_test_of_2000():
    data = pd.read_csv(REFERENCE / "political_democracy.csv")
    model = "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem60 ~ a*ind60\n"
    free = sem.fit(model, data, estimator="MLMV")
    linear, curved = (sem.fit(model + text, data, estimator="MLMV") for text in ("a == 1", "a^3 == a^2"))
    expected, found = sem.compare(free, linear), sem.compare(free, curved)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-6)
