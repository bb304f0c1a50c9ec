"""Extraction and rotation find the lowest of several minima, and say what they found on the way."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import SpecificationError
from workbench.measurement import (
    compare_factor_fit,
    efa,
    extraction,
    harman_single_factor,
    omega,
    schmid_leiman,
)
from workbench.measurement.extraction import LOWEST, extract
from workbench.measurement.unique_variances import least_squares, likelihood

FOLDER = Path(__file__).parents[1] / "reference" / "measurement"
PUBLISHED, SIMULATED = (
    json.loads((FOLDER / f"{name}_matrices.json").read_text(encoding="utf-8"))["matrices"]
    for name in ("published", "random")
)
MATRICES = PUBLISHED | SIMULATED
LOWEST_OF_R = json.loads((FOLDER / "lowest_discrepancies.json").read_text(encoding="utf-8"))


def matrix(name):
    """A published or simulated matrix from its lower triangle."""
    names = MATRICES[name]["names"]
    table = np.eye(len(names))
    rows, columns = np.tril_indices(len(names), -1)
    table[rows, columns] = table[columns, rows] = MATRICES[name]["lower"]
    return pd.DataFrame(table, names, names)


@pytest.mark.parametrize(
    "case", LOWEST_OF_R, ids=[f"{case['matrix']} {case['method']} {case['factors']}" for case in LOWEST_OF_R]
)
def test_the_lowest_discrepancy_is_that_of_many_random_starts_in_r(case):
    table, n = matrix(case["matrix"]), MATRICES[case["matrix"]]["n"]
    solution = efa(table, case["factors"], case["method"], None, n_obs=n)
    assert solution.discrepancy == pytest.approx(case["lowest"], rel=1e-6)
    row = solution.minima.loc["extraction"]
    assert row["value"] == solution.discrepancy
    assert 2 <= row["reached"] <= row["starts"]


@pytest.mark.parametrize(
    ("name", "factors", "method", "at_the_usual_start", "programs"),
    [
        ("political", 2, "ml", 0.97541, "factanal"),  # psych ends at the lowest, 0.93361
        ("Holzinger", 5, "ml", 0.07837, "psych and factanal"),
        ("Thurstone", 4, "minres", 0.00052, "psych"),
        ("two close minima", 6, "minres", 0.0097117, "psych"),
    ],
)
def test_what_one_start_misses_is_said(name, factors, method, at_the_usual_start, programs):
    """Where R's programs end was computed by them (psych 2.2.9, R 4.2.2)."""
    solution = efa(matrix(name), factors, method, None)
    row = solution.minima.loc["extraction"]
    assert row["reached"] < row["starts"]
    said = " | ".join(solution.warnings)
    assert f"local minimum at the usual start (discrepancy {at_the_usual_start}) of R's {programs};" in said
    assert "Heywood" in said
    assert ("lowest of a proper solution" in said) == (name in PUBLISHED)
    bound = solution.uniquenesses.index[solution.uniquenesses < LOWEST + 1e-6]
    assert len(bound)
    assert all(name in said for name in bound)


@pytest.mark.parametrize("criterion", [likelihood, least_squares])
def test_slopes_and_the_exact_hessian_are_those_of_differences(criterion):
    table = np.asarray(matrix("Thurstone"))
    logs, step = np.log(np.linspace(0.2, 0.8, len(table))), 1e-6 * np.eye(len(table))
    for factors in (1, 3):
        up, down = (criterion(logs + sign * step, table, factors) for sign in (1, -1))
        point = criterion(logs, table, factors)
        assert (up.value - down.value) / 2e-6 == pytest.approx(point.gradient, abs=1e-8)
        assert (up.gradient - down.gradient) / 2e-6 == pytest.approx(point.exact(), abs=1e-8)
        chosen = np.array([False, True])
        assert criterion(np.stack([logs + 0.1, logs]), table, factors).exact(chosen)[0] == pytest.approx(
            point.exact(), abs=1e-12
        )


@pytest.mark.parametrize("criterion", [likelihood, least_squares])
@pytest.mark.parametrize(("name", "factors"), [("Thurstone", 3), ("a minimum most starts end at", 3)])
def test_a_start_that_meets_another_ends_where_it_would_by_itself(criterion, name, factors, monkeypatch):
    table = np.asarray(matrix(name))
    logs = np.log(np.random.default_rng(1).uniform(0.02, 0.98, (60, len(table))))
    seen = []

    def counted(trial, *rest):
        seen.append(len(trial))
        return criterion(trial, *rest)

    ends, values = extraction._descend(logs, table, factors, counted)
    together = sum(seen)
    monkeypatch.setattr(extraction, "SAME_END", 1e-300)
    alone, lowest = extraction._descend(logs, table, factors, counted)
    assert together < 0.95 * (sum(seen) - together)
    np.testing.assert_allclose(values, lowest, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(ends, alone, atol=2 * 1e-3)


def test_where_all_starts_agree_nothing_is_said():
    solution = efa(matrix("Holzinger"), 4, "ml", "oblimin")
    assert solution.warnings == ()
    assert list(solution.minima.index) == ["extraction", "rotation"]
    assert solution.minima.loc["extraction", "reached"] == solution.minima.loc["extraction", "starts"]
    assert solution.minima.loc["rotation", "criterion"] == "oblimin"
    assert solution.minima.loc["rotation", "starts"] == 30
    assert 1 < solution.minima.loc["rotation", "reached"] <= 30


def test_the_order_of_the_items_and_the_seed_do_not_matter():
    table = matrix("political")
    turned = table.iloc[::-1, ::-1]
    for seed in (1, 2):
        other = efa(turned, 2, "ml", "oblimin", seed=seed)
        one = efa(table, 2, "ml", "oblimin")
        np.testing.assert_allclose(other.loadings.loc[table.index].abs(), one.loadings.abs(), atol=1e-5)


def test_the_seed_does_not_matter_where_nine_starts_in_ten_end_at_another_minimum():
    table = matrix("a minimum most starts end at").to_numpy()
    found = [extract(table, 3, "ml", seed=seed) for seed in (1, 2, 3)]
    np.testing.assert_allclose([one.discrepancy for one in found], found[0].discrepancy, rtol=1e-8)
    usual = extract(table, 3, "ml", starts=1)
    assert found[0].discrepancy < 0.98 * usual.discrepancy
    assert all("local minimum at the usual start" in " ".join(one.warnings) for one in found)


def test_the_discrepancy_is_what_the_loadings_give():
    table = matrix("Thurstone")
    for method in ("minres", "pa"):
        solution = efa(table, 3, method)
        off = solution.residuals.to_numpy().copy()
        np.fill_diagonal(off, 0)
        assert solution.discrepancy == pytest.approx((off**2).sum() / 2, rel=1e-6)
    ml = efa(table, 3, "ml")
    implied = table - ml.residuals
    values = implied.to_numpy().copy()
    np.fill_diagonal(values, 1)
    product = np.linalg.solve(values, table.to_numpy())
    expected = np.trace(product) - np.linalg.slogdet(product)[1] - len(table)
    assert ml.discrepancy == pytest.approx(expected, rel=1e-6)


def test_few_starts_can_be_asked_for_and_many_items_begin_with_few():
    small = extract(matrix("Thurstone").to_numpy(), 3, "ml", starts=1)
    assert small.starts == 3
    with pytest.raises(SpecificationError, match="starts=0"):
        efa(matrix("Thurstone"), 3, starts=0)
    rng = np.random.default_rng(4)
    loadings = np.kron(np.eye(3), np.full((15, 1), 0.7))
    answers = rng.normal(size=(400, 3)) @ loadings.T + 0.7 * rng.normal(size=(400, 45))
    many = extract(np.corrcoef(answers.T), 3, "ml")
    assert many.starts == many.reached < 20


def test_a_general_factor_that_explains_all_of_a_group_factor_is_a_heywood_case():
    """Correlations of .8, .8 and .5: one group factor would have to load above one on what they share."""
    phi = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    loadings = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6], [0.75]]))
    table = loadings @ phi @ loadings.T
    np.fill_diagonal(table, 1)
    assert any("general factor explains all" in text for text in schmid_leiman(table, 3).warnings)
    assert any("Heywood" in text for text in omega(table, 3).warnings)
    easy = np.where(np.eye(3) == 1, 1.0, 0.5)
    table = loadings @ easy @ loadings.T
    np.fill_diagonal(table, 1)
    assert not any("Heywood" in text for text in omega(table, 3).warnings)


def test_harman_says_what_its_extraction_says():
    table = pd.DataFrame(np.eye(4))
    for i, j, r in ((0, 1, 0.9), (0, 2, 0.9), (1, 2, 0.6), (0, 3, 0.3), (1, 3, 0.3), (2, 3, 0.3)):
        table.iloc[i, j] = table.iloc[j, i] = r
    assert harman_single_factor(table).factor_share == pytest.approx(
        (efa(table, 1, "minres", None).communalities).mean()
    )


def test_fit_by_number_of_factors_rests_on_the_lowest_minima():
    found = compare_factor_fit(matrix("political"), 3, n_obs=147)
    theirs = [
        case["lowest"] for case in LOWEST_OF_R if case["matrix"] == "political" and case["method"] == "ml"
    ]
    # as in psych the fitted diagonal is made one, which the bound of a Heywood case leaves at 0.999
    np.testing.assert_allclose(found.table["discrepancy"], theirs, rtol=2e-4)
    assert found.table["heywood"].any()
    assert any("Heywood" in text for text in found.warnings)
