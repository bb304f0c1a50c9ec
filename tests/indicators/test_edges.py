"""Thresholds, ties and signs of indicators and weights, each at its edge and by hand."""

import numpy as np
import pandas as pd
import pytest

from workbench.indicators import (
    ahp_weights,
    compare_schemes,
    composite,
    compute,
    equal_weights,
    given_weights,
    layered_index,
    normalise,
    read_definitions,
    resampling_stability,
    weight_stability,
)

# Saaty (1980), as its table is quoted everywhere.
RANDOM = {3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
UP = {"p": "higher", "q": "higher"}
TIED = pd.DataFrame({"p": [4.0, 0, 2, 2], "q": [0.0, 4, 2, 0]}, index=list("abcd"))  # halves: 2, 2, 2, 1


def three(consistency):
    """Three judgements with this consistency ratio: λ = 1 + c^⅓ + c^-⅓ with c = a₁₂ a₂₃ / a₁₃."""
    total = 2 * consistency * 0.58 + 2  # c^⅓ + c^-⅓
    c = ((total + np.sqrt(total**2 - 4)) / 2) ** 3
    a = np.array([[1, 2.0, 2 * 1.5 / c], [0.5, 1, 1.5], [c / 3, 1 / 1.5, 1]])
    return pd.DataFrame(a, index=list("xyz"), columns=list("xyz"))


@pytest.mark.parametrize(("consistency", "warned"), [(0.0999, False), (0.1001, True)])
def test_judgements_are_warned_of_above_a_tenth(consistency, warned):
    found = ahp_weights(three(consistency))
    assert found.consistency["cr"] == pytest.approx(consistency, rel=1e-9)
    assert bool(found.warnings) is warned


@pytest.mark.parametrize("n", RANDOM)
def test_the_consistency_ratio_divides_by_saatys_index_of_its_size(n):
    rng = np.random.default_rng(n)
    upper = np.triu(rng.choice([1 / 5, 1 / 3, 1, 3, 5], (n, n)), 1)
    a = upper + np.eye(n) + np.divide(1, upper.T, out=np.zeros((n, n)), where=upper.T > 0)
    names = [f"i{place}" for place in range(n)]
    found = ahp_weights(pd.DataFrame(a, index=names, columns=names)).consistency
    ci = (np.linalg.eigvals(a).real.max() - n) / (n - 1)
    assert found["random_index"] == RANDOM[n]
    assert found["ci"] == pytest.approx(ci)
    assert found["cr"] == pytest.approx(ci / RANDOM[n])


def test_ties_share_the_better_rank_wherever_units_are_ranked():
    scaled = normalise(TIED, UP)
    expected = [1, 1, 1, 4]
    assert list(composite(scaled, equal_weights(["p", "q"])).scores["rank"]) == expected
    assert list(layered_index(scaled, {"p": "one", "q": "two"}).scores["rank"]) == expected
    assert list(compare_schemes(TIED, UP, {"e": equal_weights(["p", "q"])}).ranks["e"]) == expected
    assert list(resampling_stability(TIED, UP, "equal", draws=5).units["rank"]) == expected
    twins = normalise(TIED.loc[["a", "a", "b"]].set_axis(list("xyz")), UP)
    ranks = weight_stability(twins, draws=400, seed=2)
    assert ranks.units.loc["x", "first"] == ranks.units.loc["y", "first"]
    assert ranks.units["first"].sum() == pytest.approx(1 + ranks.units.loc["x", "first"])
    assert ranks.acceptability.loc["x", 3] == 0
    assert ranks.pairwise.loc["x", "y"] == 0


def test_ties_share_the_mean_of_their_ranks_when_ranks_are_the_scale():
    found = normalise(pd.DataFrame({"p": [3.0, 1, 1, 2]}), {"p": "higher"}, method="rank").values["p"]
    np.testing.assert_allclose(found, [1, 1 / 6, 1 / 6, 2 / 3])


def test_agreement_of_schemes_with_ties_is_tau_b():
    """Scores 1, .5, .5 against 1, .5, 0: two pairs agree, one is tied in the first: 2 / √(2 · 3)."""
    values = pd.DataFrame({"p": [2.0, 1, 1], "q": [2.0, 1, 0]})
    schemes = {name: given_weights({"p": float(name == "p"), "q": float(name == "q")}) for name in "pq"}
    assert compare_schemes(values, UP, schemes).agreement.loc["p", "q"] == pytest.approx(2 / np.sqrt(6))


def test_a_negative_denominator_has_a_value_and_only_zero_has_none(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(
        "source: own\nlayers: {money: {en: money}}\n"
        "columns: {cost: {min: 0}, gain: {}, before: {}}\n"
        "indicators:\n  ratio:\n    concept: c\n    label: {en: ratio}\n"
        "    unit: '1'\n    direction: higher\n"
        "    layer: money\n    formula: {divide: [cost, {subtract: [gain, before]}]}\n"
        "    place: here\n    status: printed\n",
        encoding="utf-8",
    )
    data = pd.DataFrame({"cost": [6.0, 6, 6, 0], "gain": [1.0, 4, 3, 1], "before": [3.0, 1, 3, 2]})
    found = compute(data, read_definitions(file))
    np.testing.assert_allclose(found.values["ratio"], [-3, 2, np.nan, 0])
    assert list(found.undefined["row"]) == [2]
    assert found.warnings == ("ratio: undefined in 1 of 4 rows, where its denominator is zero.",)
