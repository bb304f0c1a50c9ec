"""Covariances of least-squares estimates whose errors differ in spread or go together in clusters."""

from __future__ import annotations

import numpy as np

from workbench.errors import Fault, SpecificationError
from workbench.regression.coefficients import sums_by
from workbench.regression.standardized import leverage_power

ALONE = 1 - 1e-10  # from this leverage on, a row decides a coefficient alone
FEW_CLUSTERS = 40  # below this cluster-robust tests reject too often (Cameron, Gelbach & Miller 2008)


def heteroscedastic(
    x: np.ndarray, residuals: np.ndarray, bread: np.ndarray, leverage: np.ndarray, kind: str
) -> np.ndarray:
    """Covariance of the estimates where the spread differs between rows: classical, HC0 to HC4."""
    n, k = x.shape
    if kind == "classical":
        return bread * (residuals @ residuals) / (n - k)
    power = leverage_power(kind, leverage, k)
    if np.any(leverage[power > 0] >= ALONE):
        raise SpecificationError(
            Fault(
                f"a row determines a coefficient alone (leverage 1), so {kind} errors do not exist",
                fix="Merge rare categories or use covariance='HC0'.",
            )
        )
    weight = residuals**2 / (1 - leverage) ** power
    scale = n / (n - k) if kind == "HC1" else 1.0
    return scale * bread @ (x.T * weight) @ x @ bread


def clustered(
    x: np.ndarray, residuals: np.ndarray, bread: np.ndarray, groups: np.ndarray, name: str
) -> np.ndarray:
    """Covariance of the estimates where rows of a cluster go together: times G/(G-1) (n-1)/(n-k)."""
    n, k = x.shape
    count = groups.max() + 1
    if count < 2:
        raise SpecificationError(Fault("clustered errors need at least two clusters", column=name))
    scores = sums_by(groups, x * residuals[:, None])
    return count / (count - 1) * (n - 1) / (n - k) * bread @ scores.T @ scores @ bread


def few_clusters(count: int) -> list[str]:
    """What a reader must know where cluster-robust errors rest on few clusters."""
    if count >= FEW_CLUSTERS:
        return []
    return [
        f"{count} clusters are few: cluster-robust tests with fewer than about {FEW_CLUSTERS} "
        "tend to find too much."
    ]
