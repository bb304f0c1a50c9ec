"""The rules and guards of the room: each mark where it is, each correction applied, each refusal given."""

import numpy as np
import pandas as pd
import pytest

from workbench.measurement import (
    alpha,
    compare_factor_fit,
    efa,
    empirical_kaiser,
    htmt,
    htmt_interval,
    kmo,
    omega,
    parallel_analysis,
    partial_invariance,
    velicer_map,
)
from workbench.measurement.dimensionality import holm
from workbench.sem.score_tests import release_tests


def equicorrelated(size, r):
    return np.full((size, size), r) + np.diag(np.full(size, 1 - r))


def drawn(matrix, n, seed):
    """Answers whose correlations are exactly those of the matrix."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, len(matrix)))
    values -= values.mean(axis=0)
    values = values @ np.linalg.inv(np.linalg.cholesky(values.T @ values / n)).T
    return pd.DataFrame(values @ np.linalg.cholesky(matrix).T)


def two_constructs(between, n=400):
    """Items a1 a2 b1 b2 with .6 within, ``between`` between: HTMT = between / .6 exactly."""
    matrix = np.full((4, 4), between)
    matrix[:2, :2] = matrix[2:, 2:] = equicorrelated(2, 0.6)
    frame = drawn(matrix, n, 3)
    frame.columns = ["a1", "a2", "b1", "b2"]
    return frame


PAIR = {"a": ["a1", "a2"], "b": ["b1", "b2"]}


def test_marks_of_htmt_are_of_the_upper_bound():
    seen = set()
    for between in (0.30, 0.41, 0.43, 0.45, 0.47, 0.5):
        row = htmt_interval(two_constructs(between), PAIR, draws=400).table.iloc[0]
        assert row["htmt"] == pytest.approx(between / 0.6)
        assert row["lower"] < row["htmt"] < row["upper"]
        assert row["below_085"] == (row["upper"] < 0.85)
        assert row["below_090"] == (row["upper"] < 0.90)
        seen.add((bool(row["below_085"]), bool(row["below_090"]), bool(row["htmt"] < 0.85)))
    # apart; apart by the wider mark alone; the estimate below both marks and its bound not; neither
    assert seen >= {(True, True, True), (False, True, True), (False, False, True)}


def test_the_one_sided_bound_of_95_is_the_upper_bound_of_90():
    data = two_constructs(0.4)
    narrow = htmt_interval(data, PAIR, draws=300, confidence=0.90).table.iloc[0]
    wide = htmt_interval(data, PAIR, draws=300, confidence=0.95).table.iloc[0]
    assert wide["upper_one_sided"] == pytest.approx(narrow["upper"], abs=1e-12)
    assert narrow["upper"] < wide["upper"]
    assert wide["lower"] < narrow["lower"]


def test_a_construct_whose_items_do_not_hang_together_has_no_ratio():
    matrix = equicorrelated(6, 0.3)
    matrix[0, 1] = matrix[1, 0] = -0.2
    frame = drawn(matrix, 300, 1)
    frame.columns = [f"{letter}{number}" for letter in "abc" for number in (1, 2)]
    parts = {letter: [f"{letter}1", f"{letter}2"] for letter in "abc"}
    signed = htmt(frame, parts, absolute=False)
    assert signed.loc["a"].isna().all()
    assert signed.loc["b", "c"] == pytest.approx(1.0)
    said = " ".join(signed.attrs["warnings"])
    assert "the items of a correlate -0.20 on average" in said
    assert "so it has no ratio" in said
    hidden = htmt(frame, parts)
    assert hidden.loc["a", "b"] == pytest.approx(0.3 / np.sqrt(0.2 * 0.3))
    assert any("absolute values hide it" in text for text in hidden.attrs["warnings"])
    assert any("HTMT above 1" in text and "a and b (1.22)" in text for text in hidden.attrs["warnings"])
    found = htmt_interval(frame, parts, draws=200, absolute=False)
    assert found.table.loc[found.table["construct_a"] == "a", ["htmt", "upper"]].isna().all(axis=None)
    assert not found.table.loc[found.table["construct_a"] == "a", ["below_085", "below_090"]].any(axis=None)
    assert any("a and b:" in text and "gave no ratio" in text for text in found.warnings)
    assert any("so it has no ratio" in text for text in found.warnings)


def test_a_single_item_has_no_ratio_and_an_item_that_runs_against_its_own_is_named():
    data = two_constructs(0.3)
    alone = htmt(data, {"a": ["a1"], "b": ["b1", "b2"]})
    assert alone.loc["a"].isna().all()
    assert alone.attrs["warnings"] == ("a has one item: no correlations within it, so no ratio",)
    matrix = equicorrelated(6, 0.5)
    matrix[2, :] *= -1
    matrix[:, 2] *= -1
    frame = drawn(matrix, 200, 2)
    frame.columns = ["a1", "a2", "a3", "b1", "b2", "b3"]
    parts = {"a": ["a1", "a2", "a3"], "b": ["b1", "b2", "b3"]}
    assert frame.corr().loc["a1", "a3"] < 0
    for found in (htmt(frame, parts), htmt(frame, parts, htmt2=True)):
        assert any(
            "correlate -0.17 on average (a3 run(s) against" in text for text in found.attrs["warnings"]
        )
    longer = htmt(frame, {"a": ["a1", "a2", "a3", "b1", "b2"], "b": ["b3"]})
    assert any(
        text.startswith("a3 run(s) against the other items of a:") for text in longer.attrs["warnings"]
    )
    assert htmt(data, PAIR).attrs["warnings"] == ()


def test_negative_alpha_names_the_items():
    matrix = equicorrelated(3, 0.2)
    matrix[0, 1:] = matrix[1:, 0] = -0.5
    frame = drawn(matrix, 200, 4)
    frame.columns = ["x", "y", "z"]
    found = alpha(frame)
    assert found.estimate == pytest.approx(1.5 * (1 - 3 / matrix.sum()))
    assert found.estimate < 0
    assert list(found.items.index[found.items["reversed_suspected"]]) == ["x"]
    said = " | ".join(found.warnings)
    assert "x run(s) against the other items" in said
    assert "alpha is negative" in said
    assert "x (-0.65)" in said
    pair = alpha(frame[["x", "y"]])
    assert any("x and y run against each other" in text or "y and x run" in text for text in pair.warnings)
    good = drawn(equicorrelated(3, 0.2), 200, 4)
    assert alpha(good).warnings == ()
    assert alpha(good).estimate > 0


def test_alpha_of_a_matrix():
    frame = drawn(equicorrelated(4, 0.4), 250, 6) * [1, 2, 3, 4]
    answers, covariance, correlations = alpha(frame), alpha(frame.cov(), n_obs=250), alpha(frame.corr())
    assert covariance.estimate == pytest.approx(answers.estimate)
    assert covariance.ci_lower == pytest.approx(answers.ci_lower)
    assert covariance.standardized == pytest.approx(answers.standardized)
    np.testing.assert_allclose(covariance.items["item_rest"], answers.items["item_rest"])
    np.testing.assert_allclose(covariance.items["sd"], answers.items["sd"])
    assert correlations.estimate == pytest.approx(answers.standardized)
    assert np.isnan(correlations.ci_lower)
    assert "n_obs" in correlations.interval
    assert any("standardized items" in text for text in correlations.warnings)
    assert covariance.warnings == ()


def test_close_fit_of_a_number_of_factors_is_an_rmsea_of_at_most_05():
    """One factor misfits by a fixed amount; with it RMSEA passes .05 as n changes."""
    loadings = np.array([[0.7, 0.2], [0.6, 0.25], [0.8, 0.15], [0.7, -0.2], [0.6, -0.25], [0.75, -0.15]])
    matrix = loadings @ loadings.T
    np.fill_diagonal(matrix, 1)
    seen = set()
    for n in range(40, 400, 15):
        found = compare_factor_fit(matrix, 2, n_obs=n)
        rmsea = found.table["rmsea"]
        first = rmsea.index[rmsea <= 0.05]
        assert found.n_factors_rmsea == (first[0] if len(first) else None)
        seen.add("just above" if 0.05 < rmsea[1] < 0.06 else "just below" if 0.04 < rmsea[1] <= 0.05 else "")
    assert seen >= {"just above", "just below"}
    poor = compare_factor_fit(matrix, 1, n_obs=900)
    assert poor.table.loc[1, "rmsea"] > 0.05
    assert poor.n_factors_rmsea is None


def test_empirical_kaiser_never_asks_for_less_than_one():
    """One strong factor: the second eigenvalue passes the sampling reference and not one."""
    matrix = equicorrelated(6, 0.7)
    matrix[4:, :4] = matrix[:4, 4:] = 0.5
    found = empirical_kaiser(matrix, 500)
    size, values = 6, found.table["eigenvalue"].to_numpy()
    free = (1 + np.sqrt(size / 500)) ** 2 * (size - np.concatenate([[0], values.cumsum()[:-1]]))
    free /= size - np.arange(size)
    assert free[1] < values[1] < 1
    assert (found.table["reference"] >= 1).all()
    np.testing.assert_allclose(found.table["reference"], np.maximum(free, 1))
    assert found.n_factors == 1


def test_items_that_load_negatively_on_the_general_factor_are_turned_for_omega():
    phi = np.where(np.eye(3) == 1, 1.0, 0.5)
    loadings = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6], [0.75]]))
    matrix = loadings @ phi @ loadings.T
    np.fill_diagonal(matrix, 1)
    names = [f"i{number}" for number in range(12)]
    plain = omega(pd.DataFrame(matrix, names, names), 3)
    signs = np.ones(12)
    signs[[1, 6]] = -1
    turned = omega(pd.DataFrame(matrix * np.outer(signs, signs), names, names), 3)
    for name in ("hierarchical", "total", "limit", "ecv"):
        assert getattr(turned, name) == pytest.approx(getattr(plain, name), abs=1e-6)
    assert (turned.loadings["g"] > 0).all()
    assert [text for text in turned.warnings if "turned" in text] == [
        "turned for omega, since they load negatively on the general factor: i1, i6"
    ]
    assert not any("turned" in text for text in plain.warnings)


CONSTRUCTS = {"f": ["x1", "x2", "x3", "x4"], "y": ["y1", "y2", "y3", "y4"]}


def two_groups(loadings, seed, n=400, intercepts=(0, 0, 0, 0)):
    """Groups alike but for the second one's loadings and intercepts of x1 ... x4."""
    rng, parts = np.random.default_rng(seed), []
    for name, own, level in (("u", [0.8] * 4, [0] * 4), ("v", loadings, intercepts)):
        f, y = rng.standard_normal((2, n))
        x = np.outer(f, own) + np.array(level) + 0.6 * rng.standard_normal((n, 4))
        answers = np.column_stack([x, np.outer(y, [0.8] * 4) + 0.6 * rng.standard_normal((n, 4))])
        parts.append(pd.DataFrame(answers, columns=[*CONSTRUCTS["f"], *CONSTRUCTS["y"]]).assign(g=name))
    return pd.concat(parts, ignore_index=True)


def test_holm_is_stepped_down_and_never_falls():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.6, 0.7])), [1.0, 1.0])
    np.testing.assert_allclose(holm(np.array([np.nan, 0.01])), [1.0, 0.02])


def test_a_parameter_is_freed_by_its_corrected_p_alone():
    """Equal groups of which one loading has p below .05 by chance: not after Holm's correction."""
    for seed in range(40):
        data = two_groups([0.8] * 4, seed)
        found = partial_invariance(data, CONSTRUCTS, "g")
        p = release_tests(found.fits["metric"], "=~")["pvalue"]
        if p.min() < 0.04 and holm(p.to_numpy(float)).min() > 0.06:
            break
    else:
        pytest.fail("no sample with a p below .05 by chance")
    assert not [name for name in found.freed if "=~" in name]
    loose = partial_invariance(data, CONSTRUCTS, "g", level=0.5)
    assert [name for name in loose.freed if "=~" in name]
    steps = loose.steps[loose.steps["level"] == "metric"]
    assert (steps["p_holm"] < 0.5).all()
    assert steps["p_holm"].iloc[0] == pytest.approx(min(1, p.min() * 8))
    assert steps["tests"].iloc[0] == 8


def test_a_level_needs_two_items_alike_in_every_construct():
    partial = partial_invariance(two_groups([0.8, 0.8, 0.4, 0.4], 1, 900), CONSTRUCTS, "g")
    assert partial.reached["metric"] == "partial"
    none = partial_invariance(two_groups([1.2, 0.8, 0.5, 0.2], 1, 900), CONSTRUCTS, "g")
    assert len([name for name in none.freed if name.startswith("f =~")]) == 3
    assert none.reached["metric"] == "none"
    shifted = partial_invariance(
        two_groups([0.8] * 4, 1, 900, intercepts=(0.6, 0, -0.6, 1.2)), CONSTRUCTS, "g"
    )
    assert shifted.reached == {"metric": "full", "scalar": "none"}


def test_adequacy_is_named_by_its_marks_and_low_items_are_named():
    words = {0.9: "marvellous", 0.8: "meritorious", 0.7: "middling", 0.6: "mediocre", 0.5: "miserable"}
    seen = set()
    for size in range(3, 20):
        for r in np.linspace(0.05, 0.95, 19):
            found = kmo(equicorrelated(size, r))
            least = max((mark for mark in words if found.overall >= mark), default=0)
            assert found.verdict == words.get(least, "unacceptable")
            seen.add(least)
    assert seen >= set(words)
    odd = np.array([[1, 0.6, 0.6, 0.5], [0.6, 1, 0.3, -0.3], [0.6, 0.3, 1, -0.3], [0.5, -0.3, -0.3, 1.0]])
    found = kmo(odd)
    low = [text for text in found.warnings if "below .50" in text]
    assert low
    for name, value in found.items.items():
        assert (name in low[0]) == (value < 0.5)


def test_parallel_analysis_counts_only_leading_eigenvalues():
    frame = drawn(equicorrelated(6, 0.5), 300, 8)
    found = parallel_analysis(frame, draws=40)
    table = found.table
    above = (table["component"] > table["component_reference"]).to_numpy()
    assert found.n_components == (above.argmin() if not above.all() else len(above))
    assert velicer_map(frame).n_factors == 1


def test_communalities_at_their_bound_are_named_and_those_below_not():
    matrix = pd.DataFrame(equicorrelated(4, 0.3), index=list("wxyz"), columns=list("wxyz"))
    matrix.loc["w", "x"] = matrix.loc["x", "w"] = 0.9
    matrix.loc["w", "y"] = matrix.loc["y", "w"] = 0.6
    said = [text for text in efa(matrix, 1, "ml").warnings if "Heywood" in text]
    assert len(said) == 1
    assert "w (" in said[0]
    assert "z (" not in said[0]
    assert not efa(pd.DataFrame(equicorrelated(4, 0.9)), 1, "ml").warnings
