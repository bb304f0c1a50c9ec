import numpy as np
import pandas as pd
import pytest

from workbench.errors import SpecificationError
from workbench.regression import regularised, relative_importance

DRIVERS = ["system", "data_quality", "interface", "integration", "training"]
close = np.testing.assert_allclose


def test_general_dominance_equals_the_average_over_orderings(firms, r):
    found = relative_importance(firms, "effectiveness", DRIVERS, draws=50)
    close(
        found.shares["general"],
        [r["lmg"][name] for name in DRIVERS] if isinstance(r["lmg"], dict) else r["lmg"],
        rtol=1e-9,
    )
    close(found.shares["relative_weight"], r["johnson"], rtol=1e-9)
    assert found.shares["general"].sum() == pytest.approx(found.r2)
    assert found.shares["relative_weight"].sum() == pytest.approx(found.r2)


def test_uncorrelated_predictors_share_by_their_squared_correlations():
    levels = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T.repeat(5, axis=0)
    data = pd.DataFrame(levels, columns=list("abc")).astype(float)
    data["y"] = 3 * data["a"] + 2 * data["b"] + data["c"]
    found = relative_importance(data, "y", list("abc"), draws=20)
    close(found.shares["general"], np.array([9, 4, 1]) / 14, atol=1e-12)
    close(found.shares["relative_weight"], np.array([9, 4, 1]) / 14, atol=1e-12)
    assert found.complete.loc["a", "b"] == 1


def test_intervals_repeat_with_the_seed_and_cover_the_estimate(firms):
    one, two = (relative_importance(firms, "effectiveness", DRIVERS, draws=200, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(one.shares, two.shares)
    assert (one.shares["ci_lower"] < one.shares["general"]).all()
    assert (one.shares["general"] < one.shares["ci_upper"]).all()
    assert one.shares["rank_first"].sum() == pytest.approx(1)


def test_rows_of_a_cluster_are_drawn_together(firms):
    """Each firm three times over says nothing new: drawn by firm, the intervals stay as they were."""
    alone = relative_importance(firms, "effectiveness", DRIVERS, draws=100)
    tripled = pd.concat([firms] * 3)
    together = relative_importance(tripled, "effectiveness", DRIVERS, cluster="firm", draws=100)
    pd.testing.assert_frame_equal(alone.shares, together.shares)
    blind = relative_importance(tripled, "effectiveness", DRIVERS, draws=100).shares
    assert (blind["ci_upper"] - blind["ci_lower"] < alone.shares["ci_upper"] - alone.shares["ci_lower"]).all()


def test_batched_draws_equal_refits_on_the_same_rows(firms):
    """A draw that repeats rows by weights is the analysis of the table with those rows repeated."""
    from workbench.regression.importance import _correlations, _gains, _general

    values = firms[[*DRIVERS, "effectiveness"]].to_numpy()
    weights = np.random.default_rng(1).multinomial(len(values), np.full(len(values), 1 / len(values)), size=2)
    stack = _general(_gains(_correlations(values, weights.astype(float))))
    for draw, weight in zip(stack, weights, strict=True):
        repeated = pd.DataFrame(values.repeat(weight, axis=0), columns=[*DRIVERS, "effectiveness"])
        close(
            relative_importance(repeated, "effectiveness", DRIVERS, draws=2).shares["general"],
            draw,
            rtol=1e-9,
        )


def test_what_cannot_be_divided_is_refused(firms):
    with pytest.raises(SpecificationError, match="2 to 12"):
        relative_importance(firms, "effectiveness", ["system"])
    with pytest.raises(SpecificationError, match="numeric"):
        relative_importance(firms, "effectiveness", ["system", "industry"])


def test_penalised_slopes_shrink_and_repeat_with_the_seed(firms):
    for kind in ("ridge", "elastic net"):
        found = regularised(firms, "effectiveness", DRIVERS, kind=kind, penalties=20, folds=5, seed=2)
        again = regularised(firms, "effectiveness", DRIVERS, kind=kind, penalties=20, folds=5, seed=2)
        pd.testing.assert_frame_equal(found.coefficients, again.coefficients)
        length = (found.coefficients**2).sum()
        assert length["one_se"] <= length["estimate"] <= length["ols"]


def test_lasso_meets_its_optimality_conditions(firms):
    found = regularised(firms, "effectiveness", DRIVERS, kind="lasso", penalties=15, folds=5)
    z = (firms[DRIVERS] - firms[DRIVERS].mean()) / firms[DRIVERS].std(ddof=0)
    y = (firms["effectiveness"] - firms["effectiveness"].mean()) / firms["effectiveness"].std(ddof=0)
    for column, penalty in (
        ("estimate", found.chosen["penalty"]),
        ("one_se", found.chosen["penalty_one_se"]),
    ):
        b = found.coefficients[column]
        gradient = z.T @ (y - z @ b) / len(y)
        close(gradient[b != 0], penalty * np.sign(b[b != 0]), atol=1e-6)
        assert (gradient[b == 0].abs() <= penalty + 1e-6).all()


def test_ridge_by_hand(firms):
    found = regularised(firms, "effectiveness", DRIVERS, kind="ridge", penalties=15, folds=5)
    z = ((firms[DRIVERS] - firms[DRIVERS].mean()) / firms[DRIVERS].std(ddof=0)).to_numpy()
    y = (
        (firms["effectiveness"] - firms["effectiveness"].mean()) / firms["effectiveness"].std(ddof=0)
    ).to_numpy()
    b = found.coefficients["estimate"].to_numpy()
    close(z.T @ (y - z @ b) / len(y), found.chosen["penalty"] * b, atol=1e-10)
    close(z.T @ (y - z @ found.coefficients["ols"]), 0, atol=1e-10)


def test_noise_is_shrunk_away_at_the_one_se_penalty():
    rng = np.random.default_rng(8)
    data = pd.DataFrame(rng.normal(size=(150, 6)), columns=list("abcdef")).assign(
        y=lambda d: d["a"] + rng.normal(size=150)
    )
    found = regularised(data, "y", list("abcdef"), kind="lasso", penalties=40)
    assert list(found.coefficients.index[found.coefficients["one_se"] != 0]) == ["a"]
