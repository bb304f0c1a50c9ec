"""Every weighting against a published worked example; the steps can be redone by hand.

The papers themselves were not at hand. Their inputs and printed results were taken from the test suites of
public decision-analysis libraries that quote them; agreement of several independent ones is said where it
was found. Where no such source was found, the expected numbers are computed here from the formula.
"""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, SpecificationError
from workbench.indicators import (
    ahp_weights,
    combined_weights,
    component_weights,
    critic_weights,
    entropy_weights,
    equal_weights,
    given_weights,
)

close = np.testing.assert_allclose

# Saaty (1990), How to make a decision: the analytic hierarchy process, EJOR 48: buying a house, table 2.
# Two independent public test suites quote the same matrix, weights, λ_max 9.669, CI .238 and CR .169.
HOUSE = pd.DataFrame(
    [
        [1, 5, 3, 7, 6, 6, 1 / 3, 1 / 4],
        [1 / 5, 1, 1 / 3, 5, 3, 3, 1 / 5, 1 / 7],
        [1 / 3, 3, 1, 6, 3, 4, 6, 1 / 5],
        [1 / 7, 1 / 5, 1 / 6, 1, 1 / 3, 1 / 4, 1 / 7, 1 / 8],
        [1 / 6, 1 / 3, 1 / 3, 3, 1, 1 / 2, 1 / 5, 1 / 6],
        [1 / 6, 1 / 3, 1 / 4, 4, 2, 1, 1 / 5, 1 / 6],
        [3, 5, 1 / 6, 7, 5, 5, 1, 1 / 2],
        [4, 7, 5, 8, 6, 6, 2, 1],
    ],
    index=(
        names := ["size", "transport", "neighbourhood", "age", "yard", "modern", "condition", "financing"]
    ),
    columns=names,
)

# Diakoulaki, Mavrotas & Papayannakis (1995), Computers & Operations Research 22: eight firms, three ratios.
# Inputs as scikit-criteria's test suite gives them; its eight-digit weights are what the test compares with.
FIRMS = pd.DataFrame(
    {
        "profitability": [61, 20.7, 16.3, 9, 5.4, 4, -6.1, -34.6],
        "market share": [1.08, 0.26, 1.98, 3.29, 2.77, 4.12, 3.52, 3.31],
        "productivity": [4.33, 4.34, 2.53, 1.65, 2.33, 1.21, 2.10, 0.98],
    }
)
UP = dict.fromkeys(FIRMS.columns, "higher")


def test_ahp_equals_saatys_house():
    found = ahp_weights(HOUSE)
    close(found.weights, [0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333], atol=5e-4)
    assert found.consistency["lambda_max"] == pytest.approx(9.669, abs=5e-4)
    assert found.consistency["ci"] == pytest.approx(0.238, abs=5e-4)
    assert found.consistency["cr"] == pytest.approx(0.169, abs=5e-4)


def test_ahp_names_the_judgement_that_saaty_names():
    """The house's least fitting judgement (the example of Saaty 2003, EJOR 145) is neighbourhood against
    condition. What λ falls to with 1/2 in its place is computed, not quoted."""
    found = ahp_weights(HOUSE)
    worst = found.advice.iloc[0]
    assert (worst["first"], worst["second"], worst["given"]) == ("neighbourhood", "condition", 6)
    assert "neighbourhood against condition" in found.warnings[0]
    mended = HOUSE.copy()
    mended.loc["neighbourhood", "condition"], mended.loc["condition", "neighbourhood"] = 1 / 2, 2
    again = ahp_weights(mended)
    by_numpy = np.linalg.eigvals(mended.to_numpy(float)).real.max()
    assert again.consistency["lambda_max"] == pytest.approx(by_numpy)
    assert again.consistency["cr"] < 0.1
    assert again.warnings == ()


def test_consistent_judgements_give_their_weights_back_by_both_methods():
    truth = pd.Series({"a": 0.5, "b": 0.3, "c": 0.2})
    matrix = pd.DataFrame(
        np.divide.outer(truth.to_numpy(), truth.to_numpy()), index=truth.index, columns=truth.index
    )
    for method in ("eigenvector", "geometric mean"):
        found = ahp_weights(matrix, method=method)
        close(found.weights, truth, atol=1e-12)
        assert found.consistency[["ci", "cr", "gci"]].abs().max() < 1e-12
        assert found.warnings == ()


def test_of_three_contradicting_judgements_none_stands_out():
    matrix = pd.DataFrame([[1, 3, 0.5], [1 / 3, 1, 4], [2, 0.25, 1]], index=list("abc"), columns=list("abc"))
    found = ahp_weights(matrix)
    assert found.consistency["cr"] > 0.1
    close(found.advice["factor"], found.advice["factor"].iloc[0])
    assert "none stands out" in found.warnings[0]


def test_the_upper_half_of_the_judgements_is_enough():
    half = HOUSE.where(np.triu(np.ones(HOUSE.shape), 1) > 0)
    close(ahp_weights(half).weights, ahp_weights(HOUSE).weights)


def test_judgements_that_contradict_themselves_are_listed():
    wrong = HOUSE.copy()
    wrong.loc["size", "transport"] = 3
    wrong.loc["age", "yard"] = -1
    with pytest.raises(DataError, match="2 faults") as error:
        ahp_weights(wrong)
    assert "size against transport: 3 and 0.2 are not reciprocal" in str(error.value)


def test_critic_equals_diakoulaki():
    found = critic_weights(FIRMS, UP)
    close(found.weights, [0.20222554, 0.48090173, 0.31687273], atol=1e-8)


def test_critic_equals_tus_and_aytac_adali():
    """Tuş & Aytaç Adalı (2019), Opsearch 56: five time and attendance systems, six criteria, all as benefits;
    quoted alike by several libraries."""
    matrix = pd.DataFrame(
        [
            [5000, 3, 3, 4, 3, 2],
            [680, 5, 3, 2, 2, 1],
            [2000, 3, 2, 3, 4, 3],
            [600, 4, 3, 1, 2, 2],
            [800, 2, 4, 3, 3, 4],
        ],
        columns=list("abcdef"),
    )
    found = critic_weights(matrix, dict.fromkeys("abcdef", "higher"))
    close(found.weights, [0.157, 0.249, 0.168, 0.121, 0.154, 0.151], atol=5e-4)


def test_critic_does_not_depend_on_units_or_on_the_sign_of_a_scale():
    turned = FIRMS.assign(productivity=100 - 3 * FIRMS["productivity"])
    found = critic_weights(turned, {**UP, "productivity": "lower"})
    close(found.weights, critic_weights(FIRMS, UP).weights)


@pytest.mark.parametrize(
    ("matrix", "weights"),
    [
        # Xu (2004), EJOR 156, 530-532
        (
            [[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]],
            [0.4630, 0.3992, 0.1378, 0.0],
        ),
        # Zavadskas & Podvezko (2016), IJITDM 15, 267-283
        (
            [[3.0, 100, 10, 7], [2.5, 80, 8, 5], [1.8, 50, 20, 11], [2.2, 70, 12, 9]],
            [0.1146, 0.1981, 0.4185, 0.2689],
        ),
    ],
)
def test_entropy_equals_published_examples(matrix, weights):
    """As quoted by the test suite of a public library; the values as they are, all criteria as benefits."""
    table = pd.DataFrame(matrix, columns=list("abcd"))
    found = entropy_weights(table, dict.fromkeys("abcd", "higher"), scaling="none")
    close(found.weights, weights, atol=5.1e-5)


def test_entropy_by_hand():
    """Shares (1/2, 1/2) have entropy 1, (1, 0) entropy 0, (3/4, 1/4) entropy 0.8113."""
    data = pd.DataFrame({"even": [5.0, 5.0], "one": [2.0, 0.0], "some": [3.0, 1.0]})
    found = entropy_weights(data, dict.fromkeys(data.columns, "higher"), scaling="none")
    part = 1 - (0.75 * np.log2(4 / 3) + 0.25 * np.log2(4))
    close(found.weights, np.array([0, 1, part]) / (1 + part), atol=1e-12)


def test_entropy_normalises_every_indicator_first():
    """Four units, min-max: (0, 1/4, 1/2, 1) and (0, 0, 0, 1), the second better when lower."""
    data = pd.DataFrame({"a": [40.0, 50.0, 60.0, 80.0], "b": [9.0, 9.0, 9.0, 7.0]})
    found = entropy_weights(data, {"a": "higher", "b": "lower"})
    share = np.array([1, 2, 4]) / 7
    spread = np.array([1 + (share * np.log(share)).sum() / np.log(4), 1.0])
    close(found.weights, spread / spread.sum(), atol=1e-12)


def test_normalised_entropy_does_not_depend_on_units_zero_or_the_name_of_an_indicator():
    """Nothing raw is mixed with anything normalised: churn weighs what retention weighs."""
    moved = FIRMS.assign(profitability=FIRMS["profitability"] + 1000, productivity=5 - FIRMS["productivity"])
    found = entropy_weights(moved, {**UP, "productivity": "lower"})
    close(found.weights, entropy_weights(FIRMS, UP).weights)
    positive = FIRMS.drop(columns="profitability") + 10
    raw = entropy_weights(positive, UP, scaling="none").weights
    assert np.abs(raw - entropy_weights(positive, UP).weights).max() > 0.05


def test_raw_entropy_refuses_what_has_no_shares():
    with pytest.raises(DataError, match=r"profitability.*negative"):
        entropy_weights(FIRMS, UP, scaling="none")
    with pytest.raises(DataError, match="zero for every unit"):
        entropy_weights(FIRMS.assign(productivity=0.0, profitability=1.0), UP, scaling="none")
    with pytest.raises(SpecificationError, match="min-max"):
        entropy_weights(FIRMS, UP, scaling="z")


def test_entropy_says_when_one_scale_takes_most_of_the_weight():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {"a": rng.uniform(3, 4, 30), "b": rng.uniform(0.9, 1, 30), "c": rng.uniform(0, 1, 30)}
    )
    up = dict.fromkeys("abc", "higher")
    found = entropy_weights(data, up, scaling="none")
    share = f"{100 * found.weights['c']:.0f} %"
    assert found.warnings[0].startswith(f"c takes {share} of the entropy weight of raw values")
    assert found.warnings[0].endswith("distance from zero, which is no sign of importance.")
    assert entropy_weights(data, up).warnings == ()
    lone = entropy_weights(data.assign(c=[0.0] * 29 + [1.0]), up)
    assert "distance from the worst unit" in lone.warnings[0]


def test_component_weights_are_those_of_an_equicorrelated_and_a_lone_indicator():
    """Two indicators correlated r and a third uncorrelated: the first component is the pair alone."""
    x = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    data = pd.DataFrame({"a": x[:, 0] + x[:, 1], "b": x[:, 0] - 0.2 * x[:, 1], "c": x[:, 2]}).astype(float)
    found = component_weights(data, dict.fromkeys("abc", "higher"))
    close(found.weights, [0.5, 0.5, 0], atol=1e-12)
    against = component_weights(data.assign(b=-data["b"]), dict.fromkeys("abc", "higher"))
    assert "against the first component" in against.warnings[0]


def test_combinations_by_hand():
    a, b = given_weights({"x": 0.5, "y": 0.3, "z": 0.2}), given_weights({"y": 0.2, "x": 0.2, "z": 0.6})
    product = combined_weights(a, b).weights
    close(product, np.array([0.10, 0.06, 0.12]) / 0.28)
    close(combined_weights(a, b, method="mean").weights, [0.35, 0.25, 0.4])
    game = combined_weights(a, b, method="game").weights
    w = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])
    alpha = np.linalg.solve(w @ w.T, np.diag(w @ w.T))
    close(game, alpha / alpha.sum() @ w)
    close(combined_weights(a, a, method="game").weights, a.weights)


def test_weights_that_are_none_are_refused():
    with pytest.raises(SpecificationError, match="add up to 1"):
        given_weights({"a": 0.5, "b": 0.6})
    with pytest.raises(SpecificationError, match="not of the same indicators"):
        combined_weights(equal_weights(["a"]), equal_weights(["b"]))
    with pytest.raises(DataError, match="missing or infinite"):
        critic_weights(FIRMS.assign(productivity=np.nan), UP)
