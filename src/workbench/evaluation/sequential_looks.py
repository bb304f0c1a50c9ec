"""Looking at an experiment while it runs: what peeking does, and limits that pay for the looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from workbench.doors import door, numbers, one_of, share, whole
from workbench.errors import SpecificationError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

RULES = ("obrien-fleming", "pocock")
NODES = 300  # of the integration at each look
FAR = 8.0  # standard errors beyond which there is nothing
MOST_LOOKS = 100


@door(looks=whole(1), level=share)
def peeking_error(looks: int, level: float = 0.95) -> float:
    """Chance that at least one of several looks finds what is not there, each at the limit of a single test.

    Parameters
    ----------
    looks : at equal distances, the last when all have been observed; at most 100.
    level : of the single test, two-sided.

    Notes
    -----
    Recursive integration over the path of the statistic (Armitage, McPherson & Rowe 1969, whose five looks at
    .05 make .142). R: ``1 - mvtnorm::pmvnorm`` with correlations sqrt(i/j).

    Examples
    --------
    >>> from workbench.evaluation import sequential_looks
    >>> [round(sequential_looks.peeking_error(looks), 3) for looks in (1, 2, 5)]
    [0.05, 0.083, 0.142]
    """
    from scipy import stats

    if looks > MOST_LOOKS:
        raise SpecificationError(f"looks={looks}: at most {MOST_LOOKS} looks are reckoned")
    limit = float(stats.norm.ppf(0.5 + level / 2))
    path = _Path()
    for look in range(1, looks + 1):
        path = path.to(look / looks, limit)
    return 1.0 - path.inside


@door(fractions=numbers, rule=one_of(*RULES), level=share)
def spending_limits(
    fractions: Sequence[float], *, rule: str = "obrien-fleming", level: float = 0.95
) -> pd.DataFrame:
    """Limits for the statistic at each look that keep the error of all looks together (Lan & DeMets 1983).

    Parameters
    ----------
    fractions : share of the planned observations that each look has, rising, none above 1.
    rule : ``obrien-fleming`` spends little at first, on each side 2(1 - Φ(z/√t)) with z the quantile of
        1 - α/4; ``pocock`` evenly, α log(1 + (e - 1)t) on both.
    level : 1 less the error of all looks, two-sided.

    Returns
    -------
    DataFrame : look -> fraction, limit (of |z|), spent (so far).

    Raises
    ------
    SpecificationError : fractions that do not rise, or lie outside 0 to 1.

    Notes
    -----
    R: ``ldbounds::ldBounds(t, iuse = c(1, 1), alpha = c(.025, .025))``, ``iuse`` 2 for Pocock's.

    Examples
    --------
    >>> from workbench.evaluation import sequential_looks
    >>> limits = sequential_looks.spending_limits([0.2, 0.4, 0.6, 0.8, 1.0])
    >>> limits["limit"].round(2).tolist()
    [4.88, 3.36, 2.68, 2.29, 2.03]
    """
    import pandas as pd
    from scipy import optimize, stats

    steps = np.diff([0.0, *fractions])
    if (steps <= 1e-6).any() or fractions[-1] > 1 + 1e-9 or len(fractions) > MOST_LOOKS:
        raise SpecificationError(
            f"fractions have to rise from above 0 to at most 1, as in [0.5, 1], and be {MOST_LOOKS} at most"
        )
    alpha = 1 - level
    z = stats.norm.ppf(1 - alpha / 4)
    path, rows = _Path(), []
    for fraction in fractions:
        t = min(float(fraction), 1.0)
        even = alpha * math.log1p((math.e - 1) * t)
        spent = 4 * float(stats.norm.sf(z / math.sqrt(t))) if rule == RULES[0] else even
        target = 1.0 - spent

        def short(limit: float, path: _Path = path, t: float = t, target: float = target) -> float:
            return path.to(t, limit).inside - target

        limit = float(optimize.brentq(short, 0.0, FAR, xtol=1e-8)) if short(FAR) > 0 else FAR
        path = path.to(t, limit)
        rows.append((fraction, limit, spent))
    return pd.DataFrame(
        rows, columns=["fraction", "limit", "spent"], index=pd.RangeIndex(1, len(rows) + 1, name="look")
    )


@cache
def _legendre() -> tuple[NDArray, NDArray]:
    return np.polynomial.legendre.leggauss(NODES)


class _Path:
    """The score statistic of an experiment without effect that has stayed within its limits so far.

    ``inside``: the probability of that. The density stands at Gauss–Legendre nodes between the limits.
    """

    def __init__(
        self, at: float = 0.0, nodes: np.ndarray | None = None, mass: np.ndarray | None = None
    ) -> None:
        self._at = at
        self._nodes = np.zeros(1) if nodes is None else nodes
        self._mass = np.ones(1) if mass is None else mass

    @property
    def inside(self) -> float:
        return float(self._mass.sum())

    def to(self, fraction: float, limit: float) -> _Path:
        """The path at a later look with a limit for |z|."""
        edge, spread = limit * math.sqrt(fraction), math.sqrt(fraction - self._at)
        places, weights = _legendre()
        nodes = edge * places
        steps = np.exp(-0.5 * ((nodes[:, None] - self._nodes) / spread) ** 2) / (
            spread * math.sqrt(2 * math.pi)
        )
        return _Path(fraction, nodes, edge * weights * (steps @ self._mass))
