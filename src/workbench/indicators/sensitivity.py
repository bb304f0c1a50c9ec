"""How far a ranking depends on the weights chosen and on the firms that happened to be in the sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import door, either, made_by, one_of, series, share, whole
from workbench.errors import SpecificationError
from workbench.indicators import doors
from workbench.indicators.composite import aligned
from workbench.indicators.normalise import Normalised, check_matrix
from workbench.indicators.pair_shares import share_of_pairs
from workbench.indicators.weights import (
    Weights,
    component_weights,
    critic_weights,
    entropy_weights,
    equal_weights,
)

WEIGHTINGS: dict[str, Callable[[pd.DataFrame, Mapping[str, str]], Weights]] = {
    "equal": lambda values, _: equal_weights(list(values.columns)),
    "entropy": entropy_weights,
    "CRITIC": critic_weights,
    "principal component": component_weights,
}


@dataclass(frozen=True)
class WeightStability:
    """Ranks over all possible weights (SMAA).

    ``units``: unit, first (share of weights that put it first), mean_rank, rank_lower, rank_upper (90 % of
    weights). ``acceptability``: units x ranks, share of weights. ``pairwise``: share of weights under which
    the row beats the column. ``central``: mean weights that put a unit first (only units that can be first).
    ``sample``: some of the drawn weights with their winner, for a picture.
    """

    units: pd.DataFrame
    acceptability: pd.DataFrame
    pairwise: pd.DataFrame
    central: pd.DataFrame
    sample: pd.DataFrame
    draws: int
    seed: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ResamplingStability:
    """Ranks and weights when the firms that set scale and weights are drawn again.

    ``units``: unit, rank, rank_lower, rank_upper (95 % of draws). ``weights``: indicator, weight, ci_lower,
    ci_upper. ``agreement``: Kendall's tau of each draw's ranking with the sample's: mean, and its 5 %
    quantile.
    """

    method: str
    units: pd.DataFrame
    weights: pd.DataFrame
    agreement: pd.Series
    draws: int
    seed: int
    warnings: tuple[str, ...]


@door(normalised=made_by(Normalised, "normalise"), **doors.DRAWN, shown=whole(0))
def weight_stability(
    normalised: Normalised, *, draws: int = 10_000, seed: int = 1, shown: int = 2000
) -> WeightStability:
    """Rank every unit under weights drawn evenly from all that are possible.

    Parameters
    ----------
    normalised : units x indicators, higher is better; the index is the weighted sum.
    draws, seed : weight vectors, uniform over the simplex (Dirichlet with ones).
    shown : draws kept in ``sample``.

    Returns
    -------
    WeightStability; a share p has a Monte Carlo error of √(p(1-p)/draws).

    Notes
    -----
    Rank acceptability and central weights of stochastic multicriteria acceptability analysis (Lahdelma &
    Salminen 2001).

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"a": [1, 2, 3], "b": [1, 3, 2]}, ["A", "B", "C"])
    >>> normalised = indicators.normalise(values, dict.fromkeys("ab", "higher"))
    >>> indicators.weight_stability(normalised, draws=1000).acceptability.round(1)
    rank    1    2    3
    A     0.0  0.0  1.0
    B     0.5  0.5  0.0
    C     0.5  0.5  0.0
    """
    x = normalised.values.to_numpy()
    units, k = normalised.values.index, x.shape[1]
    if k < 2:
        raise SpecificationError("weights can only vary with two indicators or more")
    drawn = np.random.default_rng(seed).dirichlet(np.ones(k), size=draws)
    scores = drawn @ x.T
    ranks = _ranks(scores)
    n = len(units)
    counts = np.array([np.bincount(ranks[:, i] - 1, minlength=n) for i in range(n)]) / draws
    lower, upper = np.quantile(ranks, [0.05, 0.95], axis=0, method="inverted_cdf")
    first = ranks == 1
    winners = np.flatnonzero(first.any(axis=0))
    central = [drawn[first[:, i]].mean(axis=0) for i in winners]
    beats = np.array([(scores[:, [i]] > scores).mean(axis=0) for i in range(n)])
    np.fill_diagonal(beats, np.nan)
    table = pd.DataFrame(
        {"first": counts[:, 0], "mean_rank": ranks.mean(axis=0), "rank_lower": lower, "rank_upper": upper},
        index=units,
    )
    sample = pd.DataFrame(drawn[:shown], columns=normalised.values.columns)
    sample["winner"] = units[scores[:shown].argmax(axis=1)]
    return WeightStability(
        table,
        pd.DataFrame(counts, index=units, columns=pd.RangeIndex(1, n + 1, name="rank")),
        pd.DataFrame(beats, index=units, columns=units),
        pd.DataFrame(central, index=units[winners], columns=normalised.values.columns),
        sample,
        draws,
        seed,
        normalised.warnings,
    )


@door(first=series, second=series)
def share_of_weights(first: pd.Series, second: pd.Series) -> float:
    """Exact share of the weight simplex on which one unit's weighted sum exceeds another's.

    Parameters
    ----------
    first, second : normalised values of two units, by indicator.

    Notes
    -----
    The volume of a simplex cut by a plane through d = first - second, by the recursion of Varsi (1973); no
    simulation.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> first, second = pd.Series({"a": 0.9, "b": 0.2}), pd.Series({"a": 0.5, "b": 0.6})
    >>> indicators.share_of_weights(first, second)
    0.5
    """
    doors.finite("first", first)
    doors.finite("second", second, first.index)
    d = first.to_numpy(float) - second.loc[first.index].to_numpy(float)
    above, below = d[d > 0], -d[d <= 0]
    if not len(above):
        return 0.0
    # share[j]: of the simplex over the positive differences taken so far and the first j others
    share = np.concatenate(([1.0], np.zeros(len(below))))
    for high in above:
        for j, low in enumerate(below, 1):
            share[j] = (high * share[j - 1] + low * share[j]) / (high + low)
    return float(share[-1])


@door(stability=made_by(WeightStability, "weight_stability"), scores=series, level=share)
def order_kept(stability: WeightStability, scores: pd.Series, *, level: float = 0.95) -> pd.Series:
    """Share of pairs of units that keep, under other weights, the order they have under one set of weights.

    Parameters
    ----------
    stability : of all weights.
    scores : index of the same units under the one set, higher is better.
    level : of the interval.

    Returns
    -------
    Series: estimate (mean over all pairs and all weights; 1/2 (1 + mean of Kendall's tau) without ties), se,
    ci_lower and ci_upper (units as a sample), always (share of pairs whose order no drawn weight turns).

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"a": [1, 2, 3], "b": [1, 3, 2]}, ["A", "B", "C"])
    >>> normalised = indicators.normalise(values, dict.fromkeys("ab", "higher"))
    >>> stability = indicators.weight_stability(normalised, draws=500)
    >>> scores = indicators.composite(normalised, indicators.equal_weights(["a", "b"])).scores["score"]
    >>> round(float(indicators.order_kept(stability, scores)["estimate"]), 2)
    0.83
    """
    doors.finite("scores", scores, stability.pairwise.index)
    above = scores.loc[stability.pairwise.index].to_numpy()
    above = above[:, None] > above
    beats = stability.pairwise.to_numpy()
    kept = np.where(above, beats, beats.T)
    n = len(kept)
    np.fill_diagonal(kept, 0.0)
    found = share_of_pairs(kept.sum(axis=1) / (n - 1), level)
    return pd.Series(found | {"always": float((kept[above] == 1).mean())})


@door(
    **doors.DIRECTIONS,
    weighting=either(made_by(Weights, "equal_weights, entropy_weights …"), one_of(*WEIGHTINGS)),
    **doors.DRAWN,
)
def resampling_stability(
    values: pd.DataFrame,
    directions: Mapping[str, str],
    weighting: str | Weights,
    *,
    draws: int = 500,
    seed: int = 1,
) -> ResamplingStability:
    """Draw the firms again with replacement, set scale and weights from each draw, and rank the original
    firms.

    Parameters
    ----------
    weighting : ``equal``, ``entropy``, ``CRITIC``, ``principal component``, or fixed :class:`Weights` (then
        only the min-max scale moves).
    values : units x indicators, complete and numeric.
    directions : ``higher`` or ``lower`` is better, by indicator.
    draws, seed : samples of units, and their seed.

    Returns
    -------
    ResamplingStability

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame(np.random.default_rng(1).normal(size=(20, 2)), columns=["a", "b"])
    >>> found = indicators.resampling_stability(values, dict.fromkeys("ab", "higher"), "equal", draws=50)
    >>> round(float(found.agreement["mean"]), 2)
    0.96
    """
    matrix, sign = check_matrix(values, directions)
    if isinstance(weighting, Weights):
        aligned(values, weighting)
    rng = np.random.default_rng(seed)

    def weigh(frame: pd.DataFrame) -> np.ndarray:
        made = weighting if isinstance(weighting, Weights) else WEIGHTINGS[weighting](frame, directions)
        return made.weights.loc[list(values.columns)].to_numpy()

    def ranked(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        low, high = rows.min(axis=0), rows.max(axis=0)
        return _ranks(((sign * matrix) / (high - low) @ weights)[None, :])[0]

    base_weights = weigh(values)
    base = ranked(matrix, base_weights)
    found, weights, lost = [], [], 0
    for _ in range(draws):
        rows = matrix[rng.integers(0, len(matrix), len(matrix))]
        if (np.ptp(rows, axis=0) == 0).any():
            lost += 1
            continue
        weights.append(weigh(pd.DataFrame(rows, columns=values.columns)))
        found.append(ranked(rows, weights[-1]))
    if not found:
        raise SpecificationError("every draw left an indicator constant: too few firms to resample")
    ranks, drawn = np.array(found), np.array(weights)
    lower, upper = np.quantile(ranks, [0.025, 0.975], axis=0, method="inverted_cdf")
    w_lower, w_upper = np.quantile(drawn, [0.025, 0.975], axis=0)
    tau = _kendall(ranks, base)
    units = pd.DataFrame({"rank": base, "rank_lower": lower, "rank_upper": upper}, index=values.index)
    table = pd.DataFrame(
        {"weight": base_weights, "ci_lower": w_lower, "ci_upper": w_upper}, index=values.columns
    )
    warnings = (f"{lost:,} of {draws:,} draws left an indicator constant and are left out.",) if lost else ()
    return ResamplingStability(
        weighting if isinstance(weighting, str) else weighting.method,
        units,
        table.rename_axis("indicator"),
        pd.Series({"mean": tau.mean(), "q05": np.quantile(tau, 0.05)}),
        len(found),
        seed,
        warnings,
    )


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Rank 1 for the highest score of each row; ties share the better rank."""
    from scipy.stats import rankdata

    return rankdata(-scores, method="min", axis=1).astype(int)


def _kendall(ranks: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Kendall's tau-a of every row of ranks with one ranking."""
    upper = np.triu_indices(len(base), 1)
    order = np.sign(base[upper[0]] - base[upper[1]])
    return np.array([(np.sign(row[upper[0]] - row[upper[1]]) * order).mean() for row in ranks])
