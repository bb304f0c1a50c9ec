"""Every number of many models against lavaan 0.6-14 (tests/reference/r/sem_models.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem

REFERENCE = Path(__file__).parent.parent / "reference" / "sem"
MODELS = json.loads((REFERENCE / "models.json").read_text())
MORE = json.loads((REFERENCE / "more.json").read_text())
ARGUMENTS = {
    "fixed.x": "fixed_x",
    "std.lv": "std_lv",
    "group.equal": "group_equal",
    "group.partial": "group_partial",
}
HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


def data(name: str):
    if name == "big":
        return sem.moments(pd.read_csv(REFERENCE / "eight_latents_cov.csv"), 1000)
    files = {"hs": "hs.csv", "pd": "political_democracy.csv", "me": "mediation.csv"}
    return pd.read_csv(REFERENCE / files[name])


def fitted(name: str) -> sem.Fit:
    case = MODELS[name]
    options = {ARGUMENTS.get(key, key): value for key, value in dict(case["options"] or {}).items()}
    if "information" in options:
        options["information"] = options["information"].replace(".", "_")
    return sem.fit(case["model"], data(case["data"]), **options)


def keys(table) -> list[tuple]:
    return [
        (lhs, op, "" if op == ":=" else rhs, 0 if op == ":=" else int(group))
        for lhs, op, rhs, group in zip(table["lhs"], table["op"], table["rhs"], table["group"], strict=True)
    ]


@pytest.mark.parametrize("name", MODELS)
def test_estimates_errors_and_measures(name):
    reference = MODELS[name]
    fit = fitted(name)
    assert fit.converged
    assert fit.gradient < 1e-7
    mine, theirs = keys(fit.estimates), keys(reference["estimates"])
    assert sorted(mine) == sorted(theirs)
    order = [mine.index(key) for key in theirs]
    estimates = fit.estimates.iloc[order]
    values = {
        part: np.array(reference["estimates"][part], dtype=float)
        for part in reference["estimates"]
        if part not in ("lhs", "op", "rhs", "group")
    }
    for part in ("est", "std_lv", "std_all"):
        close(estimates[part], values[part], absolute=1e-4, relative=1e-4)
    close(estimates["se"], values["se"], absolute=1e-9, relative=2e-4)
    close(fit.standardized["se"].iloc[order], values["std_se"], absolute=1e-4, relative=2e-4)
    measures = fit.measures
    for measure, value in reference["measures"].items():
        if not isinstance(value, int | float):
            continue
        mine = measures[measure.replace(".", "_")]
        sharp = "chisq" in measure or "logl" in measure or measure in ("aic", "bic", "bic2")
        assert mine == pytest.approx(value, rel=1e-5 if sharp else 1e-4, abs=2e-6 if sharp else 1e-4), measure


def close(mine, theirs, absolute, relative):
    known = ~np.isnan(theirs)
    np.testing.assert_allclose(np.asarray(mine)[known], theirs[known], atol=absolute, rtol=relative)


# lavaan's indices come from an extended model. Where the solution is improper (a negative variance, a
# correlation above one) that model stands at another point than the fit; where a variable that only had
# covariances becomes an indicator, its variables come in another order than the sample's: the score in the
# free parameters is not zero. Refits show whose index is right.
ELSEWHERE = {"growth", "groups_wls", "two_way_mixed"}


def indices_of(table) -> dict[tuple, float]:
    found = {}
    for lhs, op, rhs, group, value in zip(
        *(table[part] for part in ("lhs", "op", "rhs", "group", "mi")), strict=True
    ):
        found[lhs, op, rhs, group] = value
        if op == "~~":
            found[rhs, op, lhs, group] = value
    return found


@pytest.mark.parametrize(
    "name", [name for name in MODELS if MODELS[name].get("mi") and name not in ELSEWHERE]
)
def test_modification_indices(name):
    reference = MODELS[name]["mi"]
    fit = fitted(name)
    mine = fit.modification_indices()
    found = {}
    for row in mine.itertuples(index=False):
        found[row.lhs, row.op, row.rhs, row.group] = row
        if row.op == "~~":
            found[row.rhs, row.op, row.lhs, row.group] = row
    compared = 0
    for place, key in enumerate(
        zip(*(reference[part] for part in ("lhs", "op", "rhs", "group")), strict=True)
    ):
        if reference["mi"][place] is None or key not in found:
            continue
        compared += 1
        assert found[key].mi == pytest.approx(reference["mi"][place], rel=2e-3, abs=2e-3), key
        if reference["mi"][place] > 0.01:
            assert found[key].epc == pytest.approx(reference["epc"][place], rel=2e-3, abs=2e-3), key
    assert compared >= 0.8 * len(reference["mi"])
    assert mine["mi"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("name", "key", "freed"),
    [
        ("two_way_mixed", ("x8", "~", "ageyr", 1), "x8 ~ ageyr"),
        ("two_way_mixed", ("x8", "~", "x4", 1), "x8 ~ x4"),
        ("two_way_mixed", ("x7", "~", "x4", 1), "x7 ~ x4"),
        ("two_way_mixed", ("x1", "~~", "x3", 1), "x1 ~~ x3"),
        ("two_way_mixed", ("visual", "~", "ageyr", 1), "visual ~ ageyr"),
        ("groups_wls", ("x1", "~~", "x3", 2), "x1 ~~ c(0, NA)*x3"),
        ("groups_wls", ("x1", "~~", "x9", 2), "x1 ~~ c(0, NA)*x9"),
        ("groups_wls", ("x4", "~~", "x5", 2), "x4 ~~ c(0, NA)*x5"),
        ("growth", ("x7", "~~", "x8", 1), "x7 ~~ x8"),
    ],
)
def test_index_expects_what_a_refit_finds_where_lavaan_is_elsewhere(name, key, freed):
    case = MODELS[name]
    options = {ARGUMENTS.get(option, option): value for option, value in dict(case["options"] or {}).items()}
    fit = fitted(name)
    refit = sem.fit(f"{case['model']}\n{freed}", data(case["data"]), **options)
    assert refit.converged
    assert refit.df == fit.df - 1
    fall = fit.chisq - refit.chisq
    mine, theirs = indices_of(fit.modification_indices())[key], indices_of(case["mi"])[key]
    assert mine == pytest.approx(fall, rel=0.1, abs=0.1)
    assert abs(theirs - fall) > 5 * abs(mine - fall)


def test_equivalent_ways_to_free_one_direction_have_one_index():
    found = indices_of(fitted("growth").modification_indices())
    loadings = [found["i", "=~", item, 1] for item in ("x7", "x8", "x9")]
    np.testing.assert_allclose(loadings, loadings[0], rtol=1e-6)


@pytest.mark.parametrize("estimator", MORE["compare"])
def test_difference_test_scaled_where_the_fits_are(estimator):
    wide = sem.fit(HS, data("hs"), group="school", estimator=estimator)
    narrow = sem.fit(HS, data("hs"), group="school", estimator=estimator, group_equal=["loadings"])
    test = sem.compare(narrow, wide)
    reference = MORE["compare"][estimator]
    assert test.df == reference["df"]
    assert test.statistic == pytest.approx(reference["statistic"], rel=1e-4)
    assert test.pvalue == pytest.approx(reference["pvalue"], abs=1e-5)


@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_factor_scores(method):
    scores = sem.fit(HS, data("hs")).factor_scores(method)
    assert list(scores.columns) == ["visual", "textual", "speed"]
    np.testing.assert_allclose(scores.to_numpy()[:5], MORE["scores"][method], atol=1e-4)


def test_factor_scores_of_groups_carry_latent_means():
    scores = fitted("hs_scalar").factor_scores()
    second = scores[scores["school"] == "Grant-White"].drop(columns="school")
    np.testing.assert_allclose(second.to_numpy()[:5], MORE["scores"]["means"], atol=1e-4)


def test_residuals_and_explained_variance():
    fit = fitted("political_democracy")
    off = ~np.eye(11, dtype=bool)
    np.testing.assert_allclose(
        fit.residuals.standardized.cov.to_numpy()[off],
        np.array(MORE["residuals"]["standardized"])[off],
        atol=1e-3,
    )
    np.testing.assert_allclose(
        fit.residuals.correlation.cov.to_numpy(), MORE["residuals"]["correlation"], atol=1e-5
    )
    for name, value in MORE["r2"].items():
        assert fit.r2[name] == pytest.approx(value, abs=1e-5)


def test_invariance_in_one_table():
    result = sem.invariance(HS, data("hs"), group="school")
    assert list(result.table.index) == ["configural", "metric", "scalar", "strict"]
    for level in result.table.index:
        assert result.table.loc[level, "chisq"] == pytest.approx(
            MODELS[f"hs_{level}"]["measures"]["chisq"], rel=1e-5
        )
    differences = result.table["chisq_diff"].to_numpy()[1:]
    np.testing.assert_allclose(differences, np.diff(result.table["chisq"]), rtol=1e-9)
    assert list(result.table["df_diff"][1:]) == [6, 6, 9]
