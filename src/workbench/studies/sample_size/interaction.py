"""Power of a moderation: the product of two mean scores in a regression, with errors of measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable

if TYPE_CHECKING:
    from workbench.studies.sample_size.planned import Planned
    from workbench.survey.hypotheses import Hypothesis

CELLS = 4_000_000  # numbers drawn at a time


def reliability(planned: Planned, name: str) -> float:
    """Composite reliability of a construct's mean under the planned loadings; 1 for an observed variable."""
    if name not in planned.model.latent:
        return 1.0
    loadings = np.array([planned.loadings[item] for item in planned.model.latent[name]])
    signal = loadings.sum() ** 2
    return float(signal / (signal + (1 - loadings**2).sum()))


def power(
    planned: Planned, one: Hypothesis, sizes: Sequence[int], *, effect: float, draws: int, seed: int
) -> pd.Series:
    """Share of samples, by n, in which the product's 95 % interval excludes 0.

    The focal variable, the moderator and their product each have the standardized effect on the outcome; the
    scores carry the errors of their items. Least squares with the t of the classical covariance.

    In R: ``lm(y ~ x * z)`` on data drawn likewise.
    """
    focal, outcome, moderator = one.chain[0], one.chain[-1], str(one.moderator)
    related = planned.related
    r = float(related.loc[focal, moderator]) if {focal, moderator} <= set(related.index) else 0.0
    rel = [reliability(planned, name) for name in (focal, moderator, outcome)]
    explained = effect**2 * (2 + 2 * r + 1 + r**2)  # Var(x z) = 1 + r² of standard normal x, z
    if explained >= 1:
        raise NotApplicable(f"{one.id}: effects of {effect:g} explain more than all of the outcome")
    return pd.Series(
        {n: _share(n, r, rel, effect, explained, draws, seed + place) for place, n in enumerate(sizes)},
        name="power",
    ).rename_axis("n")


def _share(
    n: int, r: float, rel: list[float], effect: float, explained: float, draws: int, seed: int
) -> float:
    """Share of ``draws`` samples of n whose product is found."""
    from scipy.stats import t

    generator = np.random.default_rng([seed, n])
    found, left, reach = 0, draws, t.ppf(0.975, n - 4)
    while left:
        chunk = min(left, max(1, CELLS // (6 * n)))
        x, noise, rest = generator.standard_normal((3, chunk, n))
        z = r * x + np.sqrt(1 - r**2) * noise
        y = effect * (x + z + x * z) + np.sqrt(1 - explained) * rest
        scores = [
            np.sqrt(share) * value + np.sqrt(1 - share) * generator.standard_normal((chunk, n))
            for share, value in zip(rel, (x, z, y), strict=True)
        ]
        own = [score - score.mean(axis=1, keepdims=True) for score in scores]
        design = np.stack([np.ones((chunk, n)), own[0], own[1], own[0] * own[1]], axis=2)
        cross = np.einsum("bni,bnj->bij", design, design)
        inverse = np.linalg.inv(cross)
        slope = np.einsum("bij,bnj,bn->bi", inverse, design, own[2], optimize=True)
        residual = own[2] - np.einsum("bni,bi->bn", design, slope)
        error = np.sqrt((residual**2).sum(axis=1) / (n - 4) * inverse[:, 3, 3])
        found += int((np.abs(slope[:, 3]) > reach * error).sum())
        left -= chunk
    return found / draws
