import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, SpecificationError
from workbench.indicators import (
    compare_schemes,
    composite,
    critic_weights,
    equal_weights,
    given_weights,
    layered_index,
    market_share_growth,
    normalise,
    order_kept,
    resampling_stability,
    share_of_weights,
    topsis,
    weight_stability,
)

close = np.testing.assert_allclose
VALUES = pd.DataFrame({"sat": [3.0, 4.0, 5.0], "complaints": [10.0, 30.0, 20.0]}, index=["A", "B", "C"])
SIGNS = {"sat": "higher", "complaints": "lower"}


def test_normalisations_by_hand():
    close(normalise(VALUES, SIGNS).values, [[0, 1], [0.5, 0], [1, 0.5]])
    close(normalise(VALUES, SIGNS, method="rank").values, [[0, 1], [0.5, 0], [1, 0.5]])
    z = normalise(VALUES, SIGNS, method="z").values
    close(z["complaints"], [np.sqrt(1.5), -np.sqrt(1.5), 0], atol=1e-12)
    close(normalise(VALUES, SIGNS, method="vector").values["sat"], np.array([3, 4, 5]) / np.sqrt(50))
    fixed = normalise(VALUES, SIGNS, method="target", goalposts={"sat": (1, 5), "complaints": (25, 0)})
    close(fixed.values, [[0.5, 0.6], [0.75, -0.2], [1, 0.2]])
    assert "1 values lie beyond" in fixed.warnings[0]


def test_goalposts_keep_a_firm_where_it_is_when_others_leave():
    posts = {"sat": (1, 5), "complaints": (50, 0)}
    all_, two = (
        normalise(v, SIGNS, method="target", goalposts=posts).values for v in (VALUES, VALUES.iloc[:2])
    )
    close(all_.iloc[:2], two)


def test_what_cannot_be_normalised_is_refused():
    with pytest.raises(DataError, match="same for every unit"):
        normalise(VALUES.assign(sat=3.0), SIGNS)
    with pytest.raises(SpecificationError, match="contradict its direction"):
        normalise(VALUES, SIGNS, method="target", goalposts={"sat": (5, 1), "complaints": (25, 0)})
    with pytest.raises(DataError, match="needs a direction"):
        normalise(VALUES, {"sat": "higher"})


def test_sum_and_geometric_mean_by_hand():
    weights = given_weights({"sat": 0.75, "complaints": 0.25})
    scaled = normalise(VALUES, SIGNS)
    total = composite(scaled, weights)
    close(total.scores["score"], [0.25, 0.375, 0.875])
    assert list(total.scores["rank"]) == [3, 2, 1]
    close(total.contributions.sum(axis=1), total.scores["score"])
    mean = composite(scaled, weights, method="geometric mean")
    close(mean.scores["score"], [0, 0, 0.5**0.25])
    assert "2 units have a zero" in mean.warnings[0]


def test_topsis_equals_hwang_and_yoons_fighters():
    """Hwang & Yoon (1981), four fighter aircraft: closeness .643 .268 .613 .312, order A1 A3 A4 A2.

    The book was not at hand: matrix, weights, distances and closeness as a public library's test suite quotes
    them; a lecture page of the Prague University of Life Sciences gives the same weights and criteria.
    """
    data = pd.DataFrame(
        [
            [2.0, 1500, 20000, 5.5, 5, 9],
            [2.5, 2700, 18000, 6.5, 3, 5],
            [1.8, 2000, 21000, 4.5, 7, 7],
            [2.2, 1800, 20000, 5.0, 5, 5],
        ],
        index=["A1", "A2", "A3", "A4"],
        columns=["speed", "range", "payload", "cost", "reliability", "manoeuvre"],
    )
    signs = dict.fromkeys(data.columns, "higher") | {"cost": "lower"}
    weights = given_weights(dict(zip(data.columns, [0.2, 0.1, 0.1, 0.1, 0.2, 0.3], strict=True)))
    found = topsis(data, signs, weights)
    close(found.scores["score"], [0.643, 0.268, 0.613, 0.312], atol=1e-3)
    close(found.details["distance_best"], [0.0545, 0.1197, 0.0580, 0.1009], atol=1e-4)
    close(found.details["distance_worst"], [0.0983, 0.0439, 0.0920, 0.0458], atol=2e-4)
    assert list(found.scores["rank"]) == [1, 4, 2, 3]


def test_layers_multiply_their_weights():
    values = VALUES.assign(accuracy=[0.9, 0.8, 0.7])
    scaled = normalise(values, SIGNS | {"accuracy": "higher"})
    layers = {"sat": "result", "complaints": "result", "accuracy": "foundation"}
    found = layered_index(
        scaled,
        layers,
        between={"result": 0.6, "foundation": 0.4},
        within={"result": given_weights({"sat": 0.5, "complaints": 0.5})},
    )
    close(found.weights["effective"], [0.3, 0.3, 0.4])
    close(found.scores["index"], scaled.values @ np.array([0.3, 0.3, 0.4]))
    close(found.contributions.sum(axis=1), found.scores["index"])
    with pytest.raises(SpecificationError, match="has no layer"):
        layered_index(scaled, {"sat": "result"})


def test_schemes_are_compared_on_the_same_units():
    found = compare_schemes(
        VALUES,
        SIGNS,
        {
            "equal": equal_weights(["sat", "complaints"]),
            "sat only": given_weights({"complaints": 0, "sat": 1}),
        },
    )
    assert list(found.ranks["sat only"]) == [3, 2, 1]
    close(found.weights["sat only"], [1, 0])
    assert found.agreement.loc["equal", "equal"] == pytest.approx(1)


def test_share_of_weights_is_the_area_of_the_triangle():
    """Two criteria: A beats B where w·0.5 > (1-w)·1, that is w > 2/3. Three: against simulation."""
    a, b = pd.Series([0.5, 0.0], index=["x", "y"]), pd.Series([0.0, 1.0], index=["x", "y"])
    assert share_of_weights(a, b) == pytest.approx(1 / 3)
    assert share_of_weights(b, a) == pytest.approx(2 / 3)
    rng = np.random.default_rng(2)
    for k in (3, 5):
        one, two = (pd.Series(rng.uniform(size=k), index=range(k)) for _ in range(2))
        drawn = (rng.dirichlet(np.ones(k), 200_000) @ (one - two).to_numpy() > 0).mean()
        assert share_of_weights(one, two) == pytest.approx(drawn, abs=0.005)
    assert share_of_weights(a + 1, a) == 1
    assert share_of_weights(a, a + 1) == 0


def test_stability_over_the_simplex_agrees_with_the_exact_shares():
    rng = np.random.default_rng(5)
    names = list("abcd")
    values = pd.DataFrame(rng.uniform(size=(6, 4)), columns=names)
    scaled = normalise(values, dict.fromkeys(names, "higher"))
    found = weight_stability(scaled, draws=20_000, seed=3)
    for i, j in ((0, 1), (2, 5), (4, 3)):
        exact = share_of_weights(scaled.values.loc[i], scaled.values.loc[j])
        assert found.pairwise.loc[i, j] == pytest.approx(exact, abs=0.015)
    close(found.acceptability.sum(axis=1), 1)
    close(found.acceptability.sum(axis=0), 1)
    close(found.central.sum(axis=1), 1)
    winner = found.units["first"].idxmax()
    at_central = scaled.values @ found.central.loc[winner]
    assert at_central.idxmax() == winner


def test_the_order_kept_over_all_weights_is_the_mean_over_exact_pairs():
    rng = np.random.default_rng(8)
    names = list("abc")
    scaled = normalise(pd.DataFrame(rng.uniform(size=(9, 3)), columns=names), dict.fromkeys(names, "higher"))
    score = composite(scaled, equal_weights(names)).scores["score"]
    rows = scaled.values
    exact = [
        share_of_weights(*(rows.loc[u] for u in ((i, j) if score[i] > score[j] else (j, i))))
        for i in rows.index
        for j in rows.index[rows.index > i]
    ]
    found = order_kept(weight_stability(scaled, draws=20_000), score)
    assert found["estimate"] == pytest.approx(np.mean(exact), abs=0.005)
    assert found["always"] == pytest.approx(np.mean(np.array(exact) > 1 - 1e-12), abs=0.03)
    assert found["ci_lower"] < found["estimate"] < found["ci_upper"]
    alike = pd.DataFrame(dict.fromkeys(names, rows["a"]))
    same = order_kept(weight_stability(normalise(alike, dict.fromkeys(names, "higher"))), rows["a"])
    assert same["estimate"] == same["always"] == 1


def test_a_dominant_firm_is_first_under_all_weights():
    scaled = normalise(
        pd.DataFrame({"a": [1.0, 0.5, 0.2], "b": [3.0, 1.0, 2.0]}), {"a": "higher", "b": "higher"}
    )
    found = weight_stability(scaled, draws=1000)
    assert found.units["first"].to_list() == [1, 0, 0]
    assert list(found.central.index) == [0]


def test_resampled_firms_move_ranks_of_close_firms_only():
    rng = np.random.default_rng(1)
    values = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc"))
    values.iloc[0] = 6.0
    signs = dict.fromkeys("abc", "higher")
    found = resampling_stability(values, signs, "CRITIC", draws=100, seed=4)
    assert found.units.loc[0, ["rank", "rank_lower", "rank_upper"]].to_list() == [1, 1, 1]
    assert (found.units["rank_upper"] > found.units["rank_lower"]).mean() > 0.5
    close(found.weights["weight"], critic_weights(values, signs).weights)
    assert (found.weights["ci_lower"] < found.weights["ci_upper"]).all()
    assert found.agreement["q05"] <= found.agreement["mean"] <= 1
    again = resampling_stability(values, signs, "CRITIC", draws=100, seed=4)
    pd.testing.assert_frame_equal(found.units, again.units)


def test_what_if_carries_both_errors():
    found = market_share_growth(10, 0.2, gain_se=3, conversion_se=0.05, draws=200_000)
    assert found.growth.loc["product", "estimate"] == 2
    assert found.growth.loc["delta", "se"] == pytest.approx(np.hypot(10 * 0.05, 0.2 * 3))
    exact = np.sqrt(0.5**2 + 0.6**2 + 0.15**2)
    assert found.growth.loc["exact moments", "se"] == pytest.approx(exact)
    assert found.growth.loc["monte carlo", "se"] == pytest.approx(exact, rel=0.01)
    assert found.from_gain == pytest.approx(1 - 0.25 / exact**2)
    together = market_share_growth(10, 0.2, gain_se=3, conversion_se=0.05, correlation=0.8, draws=200_000)
    assert together.growth.loc["monte carlo", "estimate"] == pytest.approx(2 + 0.8 * 0.15, abs=0.01)
    assert together.growth.loc["monte carlo", "se"] == pytest.approx(
        together.growth.loc["exact moments", "se"], rel=0.01
    )
    assert "damaged" in found.warnings[0]
    assert "too narrow" in market_share_growth(10, 0.2).warnings[1]
    with pytest.raises(SpecificationError, match="correlation"):
        market_share_growth(10, 0.2, correlation=2)
