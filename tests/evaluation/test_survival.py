"""Staying and leaving against R's survival package (tests/reference/r/customers.R)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.evaluation import survival

R = json.loads((Path(__file__).parents[1] / "reference" / "customers.json").read_text())
DATA = pd.DataFrame(R["data"])
TERMS = ["age", "sex", "ph.ecog"]


def test_kaplan_meier_has_the_shares_and_limits_of_r():
    found = survival.kaplan_meier(DATA["time"], DATA["left"])
    at = found.loc[R["km"]["time"]]
    for name in ("share", "ci_lower", "ci_upper"):
        wanted = np.array([np.nan if one == "NA" else one for one in R["km"][name]], dtype=float)
        known = np.isfinite(wanted)
        np.testing.assert_allclose(at[name].to_numpy()[known], wanted[known], rtol=1e-9)


def test_log_rank_is_that_of_r():
    chisq, df, p = survival.log_rank(DATA["time"], DATA["left"], DATA["sex"])
    assert (chisq, df) == (pytest.approx(R["log_rank"][0], rel=1e-9), 1)
    assert 0 < p < 0.01


def test_cox_and_its_check_are_those_of_r():
    found = survival.cox(DATA, "time", "left", TERMS)
    np.testing.assert_allclose(found.effects["estimate"], R["cox"]["estimate"], rtol=1e-6)
    np.testing.assert_allclose(found.effects["se"], R["cox"]["se"], rtol=1e-5)
    np.testing.assert_allclose(found.proportional["chisq"], R["check"], rtol=1e-4)
    assert found.events == DATA["left"].sum()


def test_the_hazard_by_period_is_that_of_r():
    found = survival.hazard(pd.DataFrame(R["long"]), "left", TERMS, link="cloglog").loc[TERMS]
    np.testing.assert_allclose(found["estimate"], R["hazard"]["estimate"][1:], rtol=1e-5)
    np.testing.assert_allclose(found["se"], R["hazard"]["se"][1:], rtol=1e-3)


def test_an_effect_that_fades_is_seen_by_the_check():
    rng = np.random.default_rng(5)
    x = rng.integers(0, 2, 1500).astype(float)
    early = rng.exponential(1 / np.exp(1.5 * x))
    time = np.where(early < 0.5, early, 0.5 + rng.exponential(1 / np.exp(-1.0 * x)))
    data = pd.DataFrame({"t": time, "left": 1, "x": x})
    assert survival.cox(data, "t", "left", ["x"]).proportional.loc["x", "pvalue"] < 0.001


def test_what_cannot_be_is_refused():
    with pytest.raises(DataError, match="0 or 1 is needed"):
        survival.kaplan_meier(pd.Series([1, 2]), pd.Series([0, 2]))
    with pytest.raises(DataError, match="two of them"):
        survival.log_rank(pd.Series([1, 2]), pd.Series([1, 1]), pd.Series(["a", "a"]))
    with pytest.raises(DataError, match="nobody left"):
        survival.log_rank(pd.Series([1, 2]), pd.Series([0, 0]), pd.Series(["a", "b"]))
    with pytest.raises(DataError, match="too few for 3 terms"):
        survival.cox(DATA.head(4).assign(left=[1, 1, 1, 0]), "time", "left", TERMS)
    with pytest.raises(DataError, match="nobody left"):
        survival.hazard(pd.DataFrame({"left": [0, 0], "x": [1, 2]}), "left", ["x"])
