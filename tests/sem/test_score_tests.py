"""Score tests of equality constraints against lavaan's lavTestScore, and for partial invariance."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from tests.sem.residual_cases import FILES, REFERENCE, arguments, frame

from workbench import sem
from workbench.errors import ParameterError, SpecificationError
from workbench.sem.score_tests import release_tests, score_tests

CASES = json.loads((REFERENCE / "sem" / "score_tests.json").read_text())
LEAST_SQUARES = ("dwls", "gls", "ordered")
SIX = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"


@cache
def fitted(name):
    case = CASES[name]
    assert case["data"] in FILES
    options = arguments(case)
    partial = options.pop("group.partial", ())
    return sem.fit(case["model"], frame(case["data"]), **options, group_partial=partial)


@pytest.mark.parametrize("name", CASES)
def test_total_univariate_and_cumulative(name):
    case, fit = CASES[name], fitted(name)
    found = fit.score_tests(case["release"] or None)
    statistic, df, pvalue = case["total"]
    assert found.total["statistic"] == pytest.approx(statistic, rel=1e-3)
    assert found.total["df"] == df
    assert found.total["pvalue"] == pytest.approx(pvalue, abs=1e-4)
    assert len(found.univariate) == len(case["univariate"])
    np.testing.assert_allclose(found.univariate["statistic"], case["univariate"], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.cumulative["statistic"], case["cumulative"], rtol=1e-3, atol=1e-4)
    assert list(found.cumulative["df"]) == list(range(1, len(found.univariate) + 1))
    assert bool(found.warnings) == (fit.problem.estimator.se != "standard")


@pytest.mark.parametrize("name", CASES)
def test_expected_changes(name):
    case = CASES[name]
    changes = score_tests(fitted(name), case["release"] or None).changes
    found = {(row.lhs, row.op, row.rhs, row.group): row for row in changes.itertuples()}
    found |= {(rhs, op, lhs, group): row for (lhs, op, rhs, group), row in found.items() if op == "~~"}
    theirs = case["changes"]
    sign = -1.0 if name in LEAST_SQUARES else 1.0  # see below
    assert len(changes) == len(theirs["lhs"])
    for place, key in enumerate(zip(*(theirs[part] for part in ("lhs", "op", "rhs", "group")), strict=True)):
        row, epc = found[key], sign * theirs["epc"][place]
        value = theirs["epv"][place] - theirs["epc"][place] + epc
        assert row.epc == pytest.approx(epc, rel=2e-3, abs=1e-4), key
        assert row.epv == pytest.approx(value, rel=1e-3, abs=2e-4), key
        if abs(epc) > 1e-4:
            for mine, part in (("sepc_lv", "sepc.lv"), ("sepc_all", "sepc.all"), ("sepc_nox", "sepc.nox")):
                assert getattr(row, mine) == pytest.approx(sign * theirs[part][place], rel=2e-3, abs=2e-4), (
                    key
                )


@pytest.mark.parametrize("name", ["dwls", "gls", "metric"])
def test_expected_changes_lead_to_the_refit_without_the_constraints(name):
    # lavaan's, under least squares, lead away from it
    case = CASES[name]
    options = {key: value for key, value in arguments(case).items() if key != "group_equal"}
    refit = sem.fit(case["model"], frame(case["data"]), **options)
    fit = fitted(name)
    moved = refit.free_values - fit.free_values
    changes = score_tests(fit).changes
    loadings = (changes["op"] == "=~").to_numpy()
    assert np.corrcoef(changes["epc"][loadings], moved[loadings])[0, 1] > 0.95
    theirs = np.array(case["changes"]["epc"])[np.array(case["changes"]["op"]) == "=~"]
    ours = changes["epc"][loadings].to_numpy()
    if name in LEAST_SQUARES and case["release"] is None:
        np.testing.assert_allclose(theirs, -ours, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["metric", "scalar", "dwls", "gls", "fiml", "observed"])
def test_release_of_one_parameter_in_all_groups_is_the_total_test_of_its_constraints(name):
    fit = fitted(name)
    tests = release_tests(fit, "=~").set_index("parameter")
    every = score_tests(fit).univariate
    assert len(tests)
    for parameter, row in tests.iterrows():
        own = [number for number, words in every["constraint"].items() if words.startswith(f"{parameter} (")]
        assert len(own) == row["df"] == len(fit.groups) - 1
        total = score_tests(fit, own).total
        assert row["statistic"] == pytest.approx(total["statistic"], rel=1e-6)
        assert row["pvalue"] == pytest.approx(total["pvalue"], rel=1e-6)


def test_robust_release_is_the_ordinary_one_where_scores_vary_as_their_information():
    # simulated normal answers: empirical variance and information of the scores agree in large samples
    rng = np.random.default_rng(3)
    factor = rng.standard_normal(20_000)
    answers = factor[:, None] * [1.0, 0.8, 0.9, 0.7] + rng.standard_normal((20_000, 4))
    data = pd.DataFrame(answers, columns=list("abcd")).assign(group=np.repeat(["one", "two"], 10_000))
    data.loc[data["group"] == "two", "b"] += 0.15 * factor[10_000:]
    fits = {
        name: sem.fit("f =~ a + b + c + d", data, group="group", group_equal=["loadings"], estimator=name)
        for name in ("ML", "MLR")
    }
    plain, robust = (release_tests(fit, "=~").set_index("parameter")["statistic"] for fit in fits.values())
    np.testing.assert_allclose(robust, plain[robust.index], rtol=0.08, atol=0.2)
    assert robust.index[0] == "f =~ b"


@pytest.mark.parametrize("estimator", ["WLSMV", "ULSMV", "MLM"])
def test_robust_release_expects_the_scaled_difference_test(estimator):
    model, data, options = SIX, frame("hs"), {"group": "school", "estimator": estimator}
    if estimator != "MLM":
        model, data = "f =~ q1 + q2 + q3\ng =~ q4 + q5 + q6", frame("items")
        options |= {"group": "group", "ordered": [f"q{number}" for number in range(1, 7)]}
    narrow = sem.fit(model, data, group_equal=["loadings"], **options)
    for row in release_tests(narrow, "=~").itertuples():
        wide = sem.fit(model, data, group_equal=["loadings"], group_partial=[row.parameter], **options)
        scaled = sem.compare(narrow, wide)
        assert scaled.df == row.df == 1
        assert row.statistic == pytest.approx(scaled.statistic, rel=0.15, abs=0.05), row.parameter


def test_score_test_expects_the_difference_test():
    wide = sem.fit(SIX, frame("hs"), group="school")
    narrow = fitted("metric")
    total = score_tests(narrow).total
    assert total["df"] == narrow.df - wide.df
    assert total["statistic"] == pytest.approx(narrow.chisq - wide.chisq, rel=0.2)
    assert total["pvalue"] == pytest.approx(chi2.sf(total["statistic"], 4))


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(SpecificationError, match="nothing can be released"):
        score_tests(sem.fit(SIX, frame("hs")))
    with pytest.raises(ParameterError, match="1 to 4"):
        score_tests(fitted("metric"), [5])
    with pytest.raises(SpecificationError, match="inequalities"):
        score_tests(sem.fit(f"{SIX}\nvisual ~~ v*visual\nv > .01\nx1 ~~ a*x1\nx2 ~~ a*x2", frame("hs")))
