import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import open_dataset
from workbench.errors import DataError, NotApplicable
from workbench.survey import em_moments, little_mcar, missing_data

FOLDER = Path(__file__).parents[1] / "reference" / "survey"
REFERENCE = json.loads((FOLDER / "screening.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def air() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "airquality.csv")


def test_em_moments_equal_lavaans(air):
    ours, theirs = em_moments(air), REFERENCE["airquality"]
    np.testing.assert_allclose(ours.mean, theirs["mean"], rtol=1e-6)
    np.testing.assert_allclose(ours.covariance, theirs["covariance"], rtol=1e-5, atol=1e-4)


def test_little_on_airquality_equals_r_and_the_published_value(air):
    test, theirs = little_mcar(air), REFERENCE["airquality"]
    assert test.statistic == pytest.approx(theirs["statistic"], rel=1e-6)
    assert (test.df, test.table["patterns"].item()) == (theirs["df"], theirs["patterns"])
    assert test.pvalue == pytest.approx(theirs["pvalue"], rel=1e-5)
    # naniar::mcar_test(airquality), as its manual prints it
    assert round(test.statistic, 1) == 35.1
    assert round(test.pvalue, 5) == 0.00142


@pytest.mark.skipif(find_spec("mistat") is None, reason="mistat is not installed (extra: public)")
def test_little_on_abc2_equals_r():
    test, theirs = little_mcar(open_dataset("abc2").items()), REFERENCE["abc2"]
    assert test.statistic == pytest.approx(theirs["statistic"], rel=1e-6)
    assert test.pvalue == pytest.approx(theirs["pvalue"], rel=1e-6)
    assert test.table[["df", "patterns", "n"]].iloc[0].tolist() == [
        theirs[k] for k in ("df", "patterns", "n")
    ]


def test_little_does_not_depend_on_units_order_or_rows_without_answers(air):
    turned = (air * [1000, 0.01, -1, 5, 1, 1] + 7).iloc[::-1, ::-1]
    turned = pd.concat(
        [turned, pd.DataFrame(np.nan, index=range(3), columns=turned.columns)], ignore_index=True
    )
    assert little_mcar(turned).statistic == pytest.approx(little_mcar(air).statistic, rel=1e-6)


def test_little_sees_what_is_planted():
    random = np.random.default_rng(1)
    data = pd.DataFrame(
        random.multivariate_normal([0, 0, 0], np.eye(3) * 0.5 + 0.5, 500), columns=list("abc")
    )
    by_chance, by_value = data.copy(), data.copy()
    by_chance.loc[random.random(500) < 0.2, "b"] = np.nan
    by_value.loc[data["a"] > 0.8, "b"] = np.nan
    assert little_mcar(by_chance).pvalue > 0.01
    assert little_mcar(by_value).pvalue < 1e-6


def test_patterns_and_shares_are_counted():
    items = pd.DataFrame({"a": [1, np.nan, 3, 4], "b": [1, np.nan, 2, 2], "c": [1.0, 2, np.nan, 3]})
    result = missing_data(items)
    assert result.items["missing"].tolist() == [1, 1, 1]
    assert result.patterns["respondents"].sum() == 4
    assert result.patterns.iloc[0]["respondents"] == 2
    assert result.respondents.tolist() == pytest.approx([0, 2 / 3, 1 / 3, 0])
    assert result.complete == 2


def test_what_cannot_be_tested_is_said_in_a_warning(air):
    whole = little_mcar(air.dropna())
    assert np.isnan(whole.pvalue)
    assert "no answer is missing" in whole.warnings[0]
    assert "items without variance: flat" in little_mcar(air.assign(flat=1.0)).warnings[0]
    with pytest.raises(DataError, match="items without variance: flat"):
        em_moments(air.assign(flat=1.0))
    with pytest.raises(DataError, match="singular"):
        em_moments(air.assign(twice=2 * air["Wind"]))
    holes = air.assign(Ozone=air["Ozone"].where(air.index < 70), Temp=air["Temp"].where(air.index > 68))
    with pytest.raises(DataError, match="only 1 respondents answered both Ozone and Temp"):
        em_moments(holes)


def test_a_survey_without_items_is_not_applicable():
    with pytest.raises(NotApplicable, match="no rated items"):
        missing_data(pd.DataFrame(index=range(3)))


def test_littles_test_of_more_than_it_can_hold_draws_respondents_and_says_so(monkeypatch):
    rng = np.random.default_rng(1)
    items = pd.DataFrame(rng.normal(size=(3000, 3)), columns=list("abc")).mask(rng.random((3000, 3)) < 0.1)
    there = int(items.notna().any(axis=1).sum())
    monkeypatch.setattr("workbench.survey.missing.MOST", 500)
    found = little_mcar(items)
    assert found.table["n"].iloc[0] == 500
    assert f"Little's test rests on 500 of {there:,} respondents, drawn at random." in found.warnings
    assert found.statistic == little_mcar(items).statistic
