"""Three scores on one page: net promoter score, top-box share, and an index in the manner of the ACSI.

Each with its interval, and with what a sample of n can tell of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable, SpecificationError
from workbench.normal_quantiles import INTERVAL_95, POWER_80

if TYPE_CHECKING:
    from workbench.studies.satisfaction_index.taken import Taken

PROMOTERS, DETRACTORS = 9, 6  # from 9 on, up to 6, of 0 to 10 (Reichheld 2003)
MARGIN = 5.0  # points


@dataclass(frozen=True)
class NetPromoter:
    """Score in points of 100, its normal interval from the multinomial variance and a bootstrap interval."""

    score: float
    se: float
    interval: tuple[float, float]
    bootstrap: tuple[float, float]
    promoters: float
    passives: float
    detractors: float
    n: int

    @property
    def variance(self) -> float:
        """Of a single answer scored −100, 0, 100."""
        return self.se**2 * self.n

    def needed(self, margin: float = MARGIN) -> int:
        """Respondents for an interval of ± ``margin`` points."""
        return int(np.ceil(INTERVAL_95**2 * self.variance / margin**2))

    def smallest_change(self, n: int | None = None) -> float:
        """Smallest difference of two surveys of n respondents each that is found four times in five.

        (z_.975 + z_.80) √(2 σ² / n), two-sided at 5 %.
        In R: ``power.t.test(n, sd = sigma, power = .8)$delta``
        for large n.
        """
        return float((INTERVAL_95 + POWER_80) * np.sqrt(2 * self.variance / (n or self.n)))


def net_promoter(answers: pd.Series, *, draws: int = 1000, seed: int = 1) -> NetPromoter:
    """Share of 9 and 10 less share of 0 to 6, in points.

    Parameters
    ----------
    answers : from 0 to 10, missing ones left out. draws, seed : of the percentile bootstrap.

    Notes
    -----
    Var = (p + d − (p − d)²) / n: the difference of two shares of one multinomial sample. In R by
    ``tests/reference/r/satisfaction_index.R``.

    Raises
    ------
    SpecificationError : no answers, or answers outside 0 to 10.

    >>> import pandas as pd
    >>> from workbench.studies.satisfaction_index.scores import net_promoter
    >>> net_promoter(pd.Series([10, 9, 8, 3])).score
    25.0
    """
    given = answers.dropna()
    n = len(given)
    if n < 2 or given.min() < 0 or given.max() > 10:
        raise SpecificationError("a net promoter score needs two answers or more, from 0 to 10")
    p, d = float((given >= PROMOTERS).mean()), float((given <= DETRACTORS).mean())
    score, se = 100 * (p - d), 100 * np.sqrt((p + d - (p - d) ** 2) / n)
    drawn = np.random.default_rng(seed).multinomial(n, [p, max(1 - p - d, 0.0), d], size=draws)
    scores = 100 * (drawn[:, 0] - drawn[:, 2]) / n
    low, high = np.quantile(scores, [0.025, 0.975])
    return NetPromoter(
        score,
        float(se),
        (score - INTERVAL_95 * float(se), score + INTERVAL_95 * float(se)),
        (float(low), float(high)),
        p,
        1 - p - d,
        d,
        n,
    )


@dataclass(frozen=True)
class TopBox:
    """Share of the two highest answers with Wilson's interval."""

    share: float
    interval: tuple[float, float]
    hits: int
    n: int


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's (1927) 95 % interval of a share. In R: ``prop.test(hits, n, correct = FALSE)$conf.int``.

    >>> from workbench.studies.satisfaction_index.scores import wilson
    >>> [round(limit, 4) for limit in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not 0 <= hits <= n or n < 1:
        raise SpecificationError(f"{hits} of {n}: give 0 ≤ hits ≤ n, n ≥ 1")
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(hits, n, method="wilson")
    return float(low), float(high)


def top_two(answers: pd.Series, highest: float) -> TopBox:
    """Share who gave one of the two highest answers of the scale (customer satisfaction score)."""
    given = answers.dropna()
    hits = int((given >= highest - 1).sum())
    return TopBox(hits / max(len(given), 1), wilson(hits, len(given)), hits, len(given))


@dataclass(frozen=True)
class Index:
    """Satisfaction from 0 to 100. ``weights``: question -> weight, adding up to 1."""

    score: float
    interval: tuple[float, float]
    unweighted: float
    unweighted_interval: tuple[float, float]
    weights: pd.Series
    n: int
    draws: int


def acsi_type(taken: Taken, *, draws: int, seed: int) -> Index:
    """Index of the satisfaction questions, weighted by their loadings, from 0 to 100.

    Parameters
    ----------
    taken : satisfaction of two questions or more. draws, seed : of the bootstrap, weights drawn anew each
    time.

    Notes
    -----
    100 Σ w_i (x̄_i − min_i) / Σ w_i (max_i − min_i), after Fornell et al. (1996), who take the weights of a
    PLS
    model; here w_i = loading of question i on one factor (maximum likelihood; the first principal component
    with two questions) divided by its standard deviation. Complete rows, questions in the direction of
    satisfaction.

    Raises
    ------
    NotApplicable : fewer than two questions, or too few respondents who answered all of them.
    """
    items = list(taken.satisfaction)
    rows = taken.answers[items].dropna()
    n = len(rows)
    if len(items) < 2 or n < 10 * len(items):
        raise NotApplicable(
            f"{len(items)} questions on satisfaction, answered by {n:,}: no weights to estimate"
        )
    lowest = np.array([taken.scale(item).min for item in items])
    span = np.array([taken.scale(item).max for item in items]) - lowest
    values = rows.to_numpy(float)
    share = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws) / n
    share = np.vstack([np.full(n, 1 / n), share])
    mean = share @ values
    weights = _loadings_over_sd(values, share)
    scores = 100 * (weights * (mean - lowest)).sum(axis=1) / (weights * span).sum(axis=1)
    plain = 100 * (mean - lowest).sum(axis=1) / span.sum()
    kept = np.isfinite(scores)
    limits = [np.quantile(v[1:][kept[1:]], [0.025, 0.975]).tolist() for v in (scores, plain)]
    first = pd.Series(weights[0] / weights[0].sum(), index=pd.Index(items, name="question"))
    (low, high), (plain_low, plain_high) = limits
    return Index(
        float(scores[0]), (low, high), float(plain[0]), (plain_low, plain_high), first, n, int(kept[1:].sum())
    )


def _loadings_over_sd(values: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Loadings on one factor over standard deviations: draws x questions."""
    from workbench.measurement.extraction import one_factor_stack

    k = values.shape[1]
    centred = values - values.mean(axis=0)
    products = (centred[:, :, None] * centred[:, None, :]).reshape(len(values), k * k)
    mean = share @ centred
    cov = (share @ products).reshape(-1, k, k) - mean[:, :, None] * mean[:, None, :]
    sd = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    corr = cov / (sd[:, :, None] * sd[:, None, :])
    if k > 2:
        return one_factor_stack(corr) / sd
    return np.abs(np.linalg.eigh(corr)[1][:, :, -1]) / sd
