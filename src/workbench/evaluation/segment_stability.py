"""Are segments found again? Agreement of segmentations of resampled customers, and by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.doors import door, named_table, whole
from workbench.errors import SpecificationError
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


def _agreement(
    known: Patterns, k: int, pairs: int, rng: np.random.Generator, seed: int
) -> NDArray[np.float64]:
    from sklearn.metrics import adjusted_rand_score

    weights = rng.multinomial(known.n, known.counts / known.n, size=2 * pairs).astype(float)
    fits = latent_classes.fit_resampled(known, weights, k, seed=seed)
    labels = latent_classes.memberships(known, *fits).argmax(axis=2)[:, known.place]
    return np.array([adjusted_rand_score(labels[i], labels[i + 1]) for i in range(0, 2 * pairs, 2)])
