"""Are the correlations fit for factoring? Kaiser, Meyer and Olkin's measure, and Bartlett's test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault
from workbench.measurement.correlations import correlations

# Kaiser & Rice (1974)
_ADEQUACY = (
    (0.9, "marvellous"),
    (0.8, "meritorious"),
    (0.7, "middling"),
    (0.6, "mediocre"),
    (0.5, "miserable"),
    (-1.0, "unacceptable"),
)


@dataclass(frozen=True)
class SamplingAdequacy:
    """Kaiser-Meyer-Olkin measure, overall and by item."""

    overall: float
    items: pd.Series
    verdict: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Sphericity:
    """Bartlett's test that all correlations are zero."""

    chi2: float
    df: int
    pvalue: float
    n_obs: int
    warnings: tuple[str, ...]


def kmo(
    data: pd.DataFrame | np.ndarray, *, correlation: str = "pearson", missing: str = "pairwise"
) -> SamplingAdequacy:
    """Kaiser-Meyer-Olkin measure of sampling adequacy of answers or a correlation matrix.

    MSA = sum r^2 / (sum r^2 + sum q^2), q the partial correlations given all other items; per item over
    its own row. Source: Kaiser & Rice (1974). R: ``psych::KMO(data)``.

    Parameters
    ----------
    data : answers (respondents x items) or a correlation matrix.
    correlation : ``"pearson"`` or ``"polychoric"``.
    missing : ``"pairwise"`` or ``"listwise"``, for answers.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> round(measurement.kmo(open_dataset("customer_survey").items("satisfaction", "loyalty")).overall, 2)
    0.86
    """
    sample = correlations(data, correlation=correlation, missing=missing, least=3)
    inverse = np.linalg.inv(sample.matrix)
    scale = np.sqrt(np.diag(inverse))
    partial = (inverse / np.outer(scale, scale)) ** 2
    plain = sample.matrix**2
    np.fill_diagonal(partial, 0)
    np.fill_diagonal(plain, 0)
    if not plain.sum(axis=0).all():
        alone = ", ".join(np.asarray(sample.names)[plain.sum(axis=0) == 0])
        fix = "Leave out what correlates with nothing"
        raise DataError(Fault(f"no correlation with any other item: {alone}", fix=fix))
    overall = float(plain.sum() / (plain.sum() + partial.sum()))
    items = plain.sum(axis=0) / (plain.sum(axis=0) + partial.sum(axis=0))
    series = pd.Series(items, index=pd.Index(sample.names, name="item"), name="msa")
    low = [f"{name} ({value:.2f})".replace("(0.", "(.") for name, value in series.items() if value < 0.5]
    warnings = list(sample.warnings)
    if low:
        warnings.append(
            f"sampling adequacy below .50: {', '.join(low)}; these items share little with the others"
        )
    verdict = next(word for least, word in _ADEQUACY if overall >= least)
    return SamplingAdequacy(overall, series, verdict, tuple(warnings))


def bartlett_sphericity(
    data: pd.DataFrame | np.ndarray,
    n_obs: int | None = None,
    *,
    correlation: str = "pearson",
    missing: str = "pairwise",
) -> Sphericity:
    """Bartlett's test of sphericity: chi2 = -log|R| (n - 1 - (2p + 5)/6) with p(p-1)/2 degrees of freedom.

    Source: Bartlett (1951). R: ``psych::cortest.bartlett(R, n)``.

    Parameters
    ----------
    data : answers (respondents x items) or their correlation matrix.
    n_obs : respondents behind a correlation matrix.
    correlation : ``"pearson"`` or ``"polychoric"``.
    missing : ``"pairwise"`` or ``"listwise"``, for answers.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> found = measurement.bartlett_sphericity(open_dataset("customer_survey").items("satisfaction"))
    >>> found.df, found.pvalue < 0.001
    (10, True)
    """
    from scipy.stats import chi2

    sample = correlations(data, n_obs=n_obs, correlation=correlation, missing=missing)
    n, p = sample.need_n("Bartlett's test"), sample.size
    statistic = float(-np.linalg.slogdet(sample.matrix)[1] * (n - 1 - (2 * p + 5) / 6))
    df = p * (p - 1) // 2
    return Sphericity(statistic, df, float(chi2.sf(statistic, df)), n, sample.warnings)
