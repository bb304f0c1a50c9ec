"""Exploratory factor analysis: loadings, factor correlations, fit and scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.doors import kind_of
from workbench.errors import DataError, Fault, SpecificationError
from workbench.measurement.correlations import Correlations, correlations, item_frame
from workbench.measurement.doors import one_of, survey_frame
from workbench.measurement.extraction import AT_BOUND, CRITERIA, degrees_of_freedom, extract
from workbench.measurement.rotation import rotate, rotation_name

SCORES = ("regression", "bartlett", "tenberge")


@dataclass(frozen=True)
class FactorSolution:
    """An exploratory factor solution; factors stand in order of the variance they explain, with positive
    sums.

    ``discrepancy``: the extraction's criterion at its minimum. ``minima``: of the extraction and the rotation
    the criterion, its lowest value, the starts tried and how many of them reached it.
    """

    loadings: pd.DataFrame
    phi: pd.DataFrame
    structure: pd.DataFrame
    communalities: pd.Series
    uniquenesses: pd.Series
    complexity: pd.Series
    variance: pd.DataFrame
    fit: pd.Series
    eigenvalues: pd.DataFrame
    residuals: pd.DataFrame
    correlations: pd.DataFrame
    method: str
    rotation: str | None
    correlation: str
    n_obs: int | None
    discrepancy: float
    minima: pd.DataFrame
    warnings: tuple[str, ...]

    def table(self, hide_below: float = 0.0) -> pd.DataFrame:
        """Loadings, communality, uniqueness and complexity, items grouped by the factor they load on most.

        hide_below : loadings smaller than this in size are left blank (missing).
        """
        strongest = self.loadings.abs().to_numpy()
        order = np.lexsort((-strongest.max(axis=1), strongest.argmax(axis=1)))
        shown = self.loadings.where(self.loadings.abs() >= hide_below)
        extra = {
            "communality": self.communalities,
            "uniqueness": self.uniquenesses,
            "complexity": self.complexity,
        }
        return shown.assign(**extra).iloc[order]


def efa(
    data_or_corr: pd.DataFrame | np.ndarray,
    n_factors: int,
    method: str = "minres",
    rotation: str | None = "oblimin",
    n_obs: int | None = None,
    correlation: str = "pearson",
    *,
    missing: str = "pairwise",
    starts: int = 30,
    seed: int = 1,
) -> FactorSolution:
    """Exploratory factor analysis of answers or of a correlation matrix.

    Parameters
    ----------
    data_or_corr : answers (respondents x items) or a correlation or covariance matrix (items x items).
    n_factors : how many common factors.
    method : ``"minres"`` (minimum residuals), ``"ml"`` (maximum likelihood) or ``"pa"`` (iterated
        principal axes, to the fixed point).
    rotation : None, ``"varimax"`` and ``"promax"`` (Kaiser normalisation; promax power 4), ``"quartimax"``,
        ``"oblimin"`` (gamma 0), ``"geomin"`` and ``"geomin_orthogonal"`` (epsilon 0.01).
    n_obs : respondents behind a matrix; without it there is no test of fit.
    correlation : ``"pearson"`` or ``"polychoric"`` (items are ordered categories).
    missing : ``"pairwise"`` or ``"listwise"``, for answers.
    starts, seed : random starts of the extraction, beside the usual ones and as many with one item that is
        all common variance (and eight times as many where these do not all end alike); starts of the rotation
        (the first is the unrotated solution); and their seed. The lowest minimum is taken. Where the usual
        start ends higher, ``warnings`` say so: a program with one start then shows other loadings. Principal
        axes have one start.

    Returns
    -------
    FactorSolution. With R* = L Phi L', communalities are diag(R*) and respect the factor correlations;
    ``fit`` has chi2 (Bartlett's correction), df, pvalue, rmsea with 90 % interval, tli, bic, rms;
    ``minima`` what was minimized and how many starts reached the minimum. Items whose communality is at its
    bound (Heywood cases) are named in ``warnings``.

    Raises
    ------
    SpecificationError, DataError

    Source: Harman (1976); Jöreskog (1977); Bernaards & Jennrich (2005).
    R: ``psych::fa(data, n_factors, fm = method, rotate = rotation)``.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "loyalty")
    >>> measurement.efa(answers, 2).loadings.round(2)
            F1    F2
    crm1  0.77 -0.02
    crm2  0.83 -0.01
    crm3  0.66  0.02
    crm4  0.73  0.02
    loy1  0.03  0.75
    loy2  0.00  0.78
    loy3  0.05  0.66
    loy4 -0.06  0.74
    """
    name = rotation_name(rotation)
    sample = correlations(data_or_corr, n_obs=n_obs, correlation=correlation, missing=missing, least=3)
    found = extract(sample.matrix, n_factors, method, starts, seed)
    minima = [("extraction", CRITERIA[method], found.discrepancy, found.starts, found.reached)]
    warnings = [*sample.warnings, *found.warnings]
    loadings, phi = found.loadings * _signs(found.loadings), np.eye(n_factors)
    if name is not None and n_factors > 1:
        turned = rotate(loadings, name, starts, seed)
        warnings += turned.warnings
        minima.append(("rotation", name, float(turned.criterion.min()), starts, turned.reached))
        loadings, phi = turned.loadings, turned.phi
        signs = _signs(loadings)
        loadings, phi = loadings * signs, phi * np.outer(signs, signs)
    explained = np.diag(phi @ loadings.T @ loadings)
    order = np.argsort(-explained, kind="stable")
    loadings, phi, explained = loadings[:, order], phi[np.ix_(order, order)], explained[order]
    warnings += _heywood(loadings, phi, found.uniquenesses, sample.names)
    table = pd.DataFrame(minima, columns=["step", "criterion", "value", "starts", "reached"])
    return _solution(sample, loadings, phi, explained, method, name, table.set_index("step"), tuple(warnings))


def factor_scores(solution: FactorSolution, data: pd.DataFrame, method: str = "regression") -> pd.DataFrame:
    """Factor scores of respondents (respondents x factors); a respondent with a missing answer gets none.

    Answers are standardized with the mean and standard deviation of ``data``. R: ``psych::factor.scores``.

    Parameters
    ----------
    solution : of ``efa``.
    data : answers to the solution's items (respondents x items).
    method : ``"regression"`` (Thurstone; best predicts the factor), ``"bartlett"`` (unbiased) or
        ``"tenberge"`` (keeps the factor correlations).

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "loyalty")
    >>> scores = measurement.factor_scores(measurement.efa(answers, 2), answers)
    >>> scores.shape, round(float(scores.iloc[:, 0].mean()), 1) + 0
    ((1000, 2), 0.0)
    """
    solution, data = solution_of(solution), survey_frame(data)
    missing = [name for name in solution.loadings.index if name not in data.columns]
    if missing:
        raise DataError([Fault("the column is missing", column=str(name)) for name in missing])
    items = item_frame(data[list(solution.loadings.index)])
    standard = (items - items.mean()) / items.std(ddof=1)
    return pd.DataFrame(
        standard.to_numpy() @ score_weights(solution, method).to_numpy(),
        index=items.index,
        columns=solution.loadings.columns,
    )


def solution_of(solution: Any) -> FactorSolution:
    """A solution of ``efa``, or SpecificationError."""
    if not isinstance(solution, FactorSolution):
        raise SpecificationError(f"a solution of efa is needed, not {kind_of(solution)}")
    return solution


def score_weights(solution: FactorSolution, method: str = "regression") -> pd.DataFrame:
    """Weights of the standardized items in the factor scores (items x factors)."""
    one_of(method, "method", SCORES)
    R, L = solution.correlations.to_numpy(), solution.loadings.to_numpy()
    phi = solution.phi.to_numpy()
    if method == "regression":
        weights = np.linalg.solve(R, L @ phi)
    elif method == "bartlett":
        unique = solution.uniquenesses.to_numpy()
        if unique.min() <= 0:
            raise SpecificationError("Bartlett scores need positive unique variances: this is a Heywood case")
        scaled = L / unique[:, None]
        weights = scaled @ np.linalg.inv(L.T @ scaled)
    else:
        half, inverse_half = _power(phi, 0.5), _power(R, -0.5)
        turned = L @ half
        middle = _power(turned.T @ np.linalg.inv(R) @ turned, -0.5)
        weights = inverse_half @ (inverse_half @ turned @ middle) @ half
    return pd.DataFrame(weights, index=solution.loadings.index, columns=solution.loadings.columns)


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**exponent) @ vectors.T


def _signs(loadings: np.ndarray) -> np.ndarray:
    signs = np.sign(loadings.sum(axis=0))
    return np.where(signs == 0, 1, signs)


def _heywood(
    loadings: np.ndarray, phi: np.ndarray, uniquenesses: np.ndarray, names: tuple[str, ...]
) -> list[str]:
    """Items whose factors explain all, or more than all, of their variance."""
    communality = np.einsum("ij,jk,ik->i", loadings, phi, loadings)
    bad = (communality > 0.995 - 1e-6) | (uniquenesses <= AT_BOUND)
    if not bad.any():
        return []
    items = ", ".join(f"{names[i]} ({communality[i]:.3f})" for i in np.flatnonzero(bad))
    return [
        f"Heywood case: communality at or above its bound for {items}; fewer factors, more respondents or "
        "another item wording are needed before the solution is read"
    ]


def _solution(
    sample: Correlations,
    loadings: np.ndarray,
    phi: np.ndarray,
    explained: np.ndarray,
    method: str,
    rotation: str | None,
    minima: pd.DataFrame,
    warnings: tuple[str, ...],
) -> FactorSolution:
    items = list(sample.names)
    factors = [f"F{number}" for number in range(1, len(phi) + 1)]
    structure = loadings @ phi
    implied = structure @ loadings.T
    communality = np.diag(implied)
    residuals = sample.matrix - implied
    squares = np.sum(loadings**2, axis=1)
    share = explained / sample.size
    variance = pd.DataFrame(
        {
            "ss_loadings": explained,
            "share_of_variance": share,
            "cumulative": np.cumsum(share),
            "share_of_explained": explained / explained.sum(),
        },
        index=factors,
    )
    reduced = sample.matrix - np.diag(1 - communality)
    return FactorSolution(
        loadings=pd.DataFrame(loadings, index=items, columns=factors),
        phi=pd.DataFrame(phi, index=factors, columns=factors),
        structure=pd.DataFrame(structure, index=items, columns=factors),
        communalities=pd.Series(communality, index=items, name="communality"),
        uniquenesses=pd.Series(1 - communality, index=items, name="uniqueness"),
        complexity=pd.Series(squares**2 / np.sum(loadings**4, axis=1), index=items, name="complexity"),
        variance=variance,
        fit=factor_fit(sample.matrix, implied, len(phi), sample.n_obs),
        eigenvalues=pd.DataFrame(
            {
                "component": np.linalg.eigvalsh(sample.matrix)[::-1],
                "factor": np.linalg.eigvalsh(reduced)[::-1],
            },
            index=pd.RangeIndex(1, sample.size + 1, name="number"),
        ),
        residuals=pd.DataFrame(residuals, index=items, columns=items),
        correlations=sample.frame(),
        method=method,
        rotation=rotation if len(phi) > 1 and rotation is not None else None,
        correlation=sample.kind,
        n_obs=sample.n_obs,
        discrepancy=float(minima.loc["extraction", "value"]),
        minima=minima,
        warnings=warnings,
    )


def factor_fit(matrix: np.ndarray, implied: np.ndarray, k: int, n: int | None) -> pd.Series:
    """Fit of a factor model as psych reports it: F = tr(M^-1 R) - log|M^-1 R| - p, chi2 = F (n - 1 -
    (2p+5)/6 - 2k/3).

    RMSEA = sqrt(max(chi2 / (df n) - 1 / (n - 1), 0)) with its 90 % interval from the noncentral chi-square;
    BIC = chi2 - df log n; TLI as Tucker & Lewis (1973) with the corrected multiplier.
    """
    p = len(matrix)
    df = degrees_of_freedom(p, k)
    residual = matrix - implied
    off = float(np.sum((residual - np.diag(np.diag(residual))) ** 2))
    model = implied + np.diag(1 - np.diag(implied))
    product = np.linalg.solve(model, matrix)
    determinant = np.linalg.slogdet(product)
    discrepancy = float(np.trace(product) - determinant[1] - p) if determinant[0] > 0 else np.nan
    measures: dict[str, float] = {
        "discrepancy": discrepancy,
        "df": df,
        "rms": float(np.sqrt(off / (p * (p - 1)))),
        "share_reproduced": 1 - float(np.sum(residual**2) / np.sum(matrix**2)),
    }
    if n is not None:
        measures |= _test(discrepancy, -float(np.linalg.slogdet(matrix)[1]), p, k, df, n)
    return pd.Series(measures, name="value")


def _test(discrepancy: float, null: float, p: int, k: int, df: int, n: int) -> Mapping[str, float]:
    from scipy.stats import chi2 as chi_square

    multiplier = n - 1 - (2 * p + 5) / 6 - 2 * k / 3
    chi2 = max(discrepancy * multiplier, 0.0)
    empty = dict.fromkeys(("pvalue", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "tli", "bic"), np.nan)
    values = {"chi2": chi2, **empty, "n_obs": n}
    if df > 0 and np.isfinite(chi2):
        null_ratio, ratio = null * 2 / (p * (p - 1)), discrepancy / df
        lower, upper = (_noncentrality(chi2, df, tail) for tail in (0.95, 0.05))
        values |= {
            "pvalue": float(chi_square.sf(chi2, df)),
            "rmsea": float(np.sqrt(max(chi2 / (df * n) - 1 / (n - 1), 0))),
            "rmsea_ci_lower": float(np.sqrt(lower / (df * (n - 1)))),
            "rmsea_ci_upper": float(np.sqrt(upper / (df * (n - 1)))),
            "tli": (null_ratio - ratio) / (null_ratio - 1 / multiplier),
            "bic": chi2 - df * np.log(n),
        }
    return values


def _noncentrality(chi2: float, df: int, probability: float) -> float:
    """Noncentrality at which P(X <= chi2) equals ``probability`` (0 where even the central one is below)."""
    from scipy.special import chdtr, chndtrinc

    return 0.0 if chdtr(df, chi2) <= probability else float(chndtrinc(chi2, df, probability))
