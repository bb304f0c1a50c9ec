"""Are segments found again? Agreement of segmentations of resampled customers, and by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.doors import door, named_table, same_length, series, share, whole
from workbench.errors import DataError, SpecificationError
from workbench.evaluation import latent_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.evaluation.latent_classes import Patterns


MOST_PAIRS = 10_000


@dataclass(frozen=True)
class Stability:
    """Adjusted Rand indices of pairs of resampled segmentations, and the same where items are unrelated.

    Both are over the same customers, who are all assigned by both members of a pair.
    """

    k: int
    pairs: NDArray[np.float64]
    reference: NDArray[np.float64]

    @property
    def mean(self) -> float:
        return float(self.pairs.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Range of the middle 95 % of the pairs."""
        low, high = np.quantile(self.pairs, [0.025, 0.975])
        return float(low), float(high)

    @property
    def by_chance(self) -> float:
        """What 97.5 % of the pairs without structure stay below."""
        return float(np.quantile(self.reference, 0.975))

    @property
    def holds(self) -> bool:
        """The whole range lies above what comes without structure."""
        return self.interval[0] > self.by_chance


@door(answers=named_table, k=whole(2), pairs=whole(1), seed=whole(0))
def stability(answers: pd.DataFrame, k: int, *, pairs: int = 20, seed: int = 1) -> Stability:
    """Resample customers in pairs, find classes in each, and compare whom they put together.

    Parameters
    ----------
    answers : as in `latent_classes.patterns`. k : classes, two at least. pairs : of resamples.
    seed : of them.

    Notes
    -----
    Adjusted Rand index (Hubert & Arabie 1985; R ``mclust::adjustedRandIndex``) after Dolnicar & Leisch
    (2010). The reference permutes every item by itself: each has its answers still, none goes with another.
    A cut through a continuum can be stable, too: stability does not prove that classes exist.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.segment_stability import stability
    >>> seen = pd.DataFrame({"a": [1, 1, 2, 2] * 20, "b": [1, 1, 2, 2] * 20, "c": [1, 1, 2, 2] * 20})
    >>> stability(seen, 2, pairs=3).holds
    True
    """
    if pairs > MOST_PAIRS:
        raise SpecificationError(f"pairs={pairs}: at most {MOST_PAIRS:,} are compared")
    rng = np.random.default_rng(seed)
    alone = pd.DataFrame({name: rng.permutation(answers[name].to_numpy()) for name in answers})
    found = [
        _agreement(latent_classes.patterns(one), k, pairs, rng, seed) for one in (answers, alone)
    ]  # fmt: skip
    return Stability(k, *found)


@door(first=series, second=series, draws=whole(2), seed=whole(0), level=share)
def agreement_of(
    first: pd.Series, second: pd.Series, *, draws: int = 500, seed: int = 1, level: float = 0.95
) -> dict[str, float]:
    """How far two ways of dividing the same customers put the same ones together.

    Parameters
    ----------
    first, second : a level for each customer. draws : of customers with replacement. seed : of them.
    level : of the interval.

    Returns
    -------
    dict : estimate (adjusted Rand index: 1 is the same division, 0 what chance brings), ci_lower, ci_upper.

    Notes
    -----
    Hubert & Arabie (1985); R ``mclust::adjustedRandIndex``. Interval: percentiles over draws; a customer
    drawn twice agrees with itself, which lifts the index by about one in so many customers as there are.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.segment_stability import agreement_of
    >>> agreement_of(pd.Series(["a", "a", "b", "b"]), pd.Series([2, 2, 1, 1]), draws=9)["estimate"]
    1.0
    """
    same_length(first=first, second=second)
    if draws > MOST_PAIRS:
        raise SpecificationError(f"draws={draws}: at most {MOST_PAIRS:,} are made")
    if first.isna().any() or second.isna().any():
        raise DataError("a level for every customer is needed")
    codes = [np.unique(one.astype(str).to_numpy(), return_inverse=True)[1] for one in (first, second)]
    counts = np.zeros((codes[0].max() + 1, codes[1].max() + 1))
    np.add.at(counts, (codes[0], codes[1]), 1.0)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(first), counts.ravel() / len(first), size=draws).reshape(-1, *counts.shape)
    low, high = np.quantile(_rand(drawn.astype(float)), [(1 - level) / 2, (1 + level) / 2])
    return {"estimate": float(_rand(counts[None])[0]), "ci_lower": float(low), "ci_upper": float(high)}


def _rand(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjusted Rand indices of tables of counts, (tables, rows, columns)."""

    def pairs(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((sizes * (sizes - 1) / 2).reshape(len(sizes), -1).sum(axis=1))

    rows, columns, both = pairs(counts.sum(axis=2)), pairs(counts.sum(axis=1)), pairs(counts)
    chance = rows * columns / np.maximum(pairs(counts.sum(axis=(1, 2))[:, None]), 1.0)
    spread = (rows + columns) / 2 - chance
    return np.where(spread > 0, (both - chance) / np.where(spread > 0, spread, 1.0), 1.0)


def _agreement(
    known: Patterns, k: int, pairs: int, rng: np.random.Generator, seed: int
) -> NDArray[np.float64]:
    from sklearn.metrics import adjusted_rand_score

    weights = rng.multinomial(known.n, known.counts / known.n, size=2 * pairs).astype(float)
    fits = latent_classes.fit_resampled(known, weights, k, seed=seed)
    labels = latent_classes.memberships(known, *fits).argmax(axis=2)[:, known.place]
    return np.array([adjusted_rand_score(labels[i], labels[i + 1]) for i in range(0, 2 * pairs, 2)])
