"""A general factor behind correlated group factors: Schmid-Leiman and omega hierarchical."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from workbench import parallel
from workbench.errors import DataError, SpecificationError
from workbench.measurement.correlations import Correlations, correlations
from workbench.measurement.doors import whole_number
from workbench.measurement.extraction import AT_BOUND, extract
from workbench.measurement.factors import efa
from workbench.measurement.reliability_results import Omega
from workbench.measurement.resample import percentile_interval

CHUNK = 25
STARTS_OF_A_DRAW = 8


@dataclass(frozen=True)
class SchmidLeiman:
    """Loadings on a general factor and on orthogonal group factors."""

    loadings: pd.DataFrame  # g, F1 ...
    communalities: pd.Series
    higher_order: pd.Series
    phi: pd.DataFrame
    warnings: tuple[str, ...]


def schmid_leiman(
    data: pd.DataFrame | np.ndarray,
    n_factors: int = 3,
    *,
    n_obs: int | None = None,
    correlation: str = "pearson",
    missing: str = "pairwise",
) -> SchmidLeiman:
    """Schmid-Leiman transformation of an oblimin-rotated minres solution with one factor above it.

    Loadings on the general factor are L gamma, on group factor j L_j sqrt(1 - gamma_j^2), with gamma the
    minres loadings of the group factors' correlations (two factors: both sqrt(|r|), since one correlation
    does not identify two loadings). Source: Schmid & Leiman (1957). R: ``psych::schmid(data, n_factors)``.

    Parameters
    ----------
    data : answers (respondents x items) or a correlation matrix.
    n_factors : how many group factors, two at least.
    n_obs : respondents behind a correlation matrix.
    correlation : ``"pearson"`` or ``"polychoric"``.
    missing : ``"pairwise"`` or ``"listwise"``, for answers.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("satisfaction", "loyalty", "trust")
    >>> measurement.schmid_leiman(answers, 3).loadings["g"].head(2).round(2).to_dict()
    {'sat1': 0.46, 'sat2': 0.43}
    """
    sample = correlations(data, n_obs=n_obs, correlation=correlation, missing=missing, least=3)
    return _transform(sample, n_factors)


def _transform(sample: Correlations, n_factors: int, starts: int = 30) -> SchmidLeiman:
    if whole_number(n_factors, "n_factors", 1) < 2:
        raise SpecificationError("a general factor needs at least two group factors: n_factors >= 2")
    first = efa(sample.frame(), n_factors, "minres", "oblimin", n_obs=sample.n_obs, starts=starts)
    phi, oblique = first.phi.to_numpy(), first.loadings.to_numpy()
    warnings = [*sample.warnings, *first.warnings]
    if n_factors == 2:
        gamma = np.sqrt(abs(phi[0, 1])) * np.array([1.0, np.sign(phi[0, 1]) or 1.0])
        warnings.append(
            "two group factors do not identify a general factor: equal loadings were assumed; omega "
            "hierarchical depends on that"
        )
    else:
        second = extract(phi, 1, "minres", starts)
        gamma = second.loadings[:, 0] * (np.sign(second.loadings.sum()) or 1.0)
        warnings += second.warnings
        bound = [name for name, left in zip(first.phi, second.uniquenesses, strict=True) if left < AT_BOUND]
        if bound:
            warnings.append(
                f"Heywood case: the general factor explains all of {', '.join(bound)}, which leaves no group "
                "factor; fewer factors are needed before omega hierarchical is read"
            )
        if np.sum(gamma**2) < 0.05 * n_factors:
            warnings.append("the group factors hardly correlate: there is little of a general factor")
    group = oblique * np.sqrt(np.maximum(1 - gamma**2, 0))
    names = ["g", *first.loadings.columns]
    return SchmidLeiman(
        loadings=pd.DataFrame(
            np.column_stack([oblique @ gamma, group]), index=first.loadings.index, columns=names
        ),
        communalities=first.communalities,
        higher_order=pd.Series(gamma, index=first.loadings.columns, name="loading_on_g"),
        phi=first.phi,
        warnings=tuple(warnings),
    )


def hierarchical_omega(
    sample: Correlations, n_factors: int, confidence: float, draws: int = 0, seed: int = 1
) -> Omega:
    """Omega total and hierarchical; items that load negatively on the general factor are turned first.

    With ``draws`` both have percentile bootstrap intervals: respondents are resampled and everything is done
    again, rotation and turning included.
    """
    found = _omega(sample, n_factors, confidence)
    if not draws:
        return found
    answers = sample.need_answers("the bootstrap interval")
    again = partial(_drawn_omegas, answers, sample.names, sample.kind, n_factors)
    chunks = [min(CHUNK, draws - begin) for begin in range(0, draws, CHUNK)]
    values = np.concatenate(parallel.map(again, chunks, seed=seed))
    total, hierarchical = (percentile_interval(column, confidence) for column in values.T)
    warnings = found.warnings
    if total[2]:
        warnings += (f"{total[2]:,} of {draws:,} bootstrap samples gave no omega and were left out",)
    return replace(
        found,
        ci_lower=total[0],
        ci_upper=total[1],
        hierarchical_lower=hierarchical[0],
        hierarchical_upper=hierarchical[1],
        warnings=warnings,
    )


def _drawn_omegas(
    answers: np.ndarray,
    names: tuple[str, ...],
    kind: str,
    n_factors: int,
    count: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Omega total and hierarchical of resampled respondents (count x 2); nan where there are none."""
    values = np.full((count, 2), np.nan)
    for draw, rows in enumerate(generator.integers(0, len(answers), (count, len(answers)))):
        values[draw] = omegas_of(answers[rows], names, kind, n_factors)
    return values


def omegas_of(answers: np.ndarray, names: tuple[str, ...], kind: str, n_factors: int) -> tuple[float, float]:
    """Omega total and hierarchical of some answers; nan if an item is constant or no solution is found."""
    try:
        sample = correlations(pd.DataFrame(answers, columns=list(names)), correlation=kind)
        found = _omega(sample, n_factors, 0.95, STARTS_OF_A_DRAW)
    except (DataError, SpecificationError, np.linalg.LinAlgError):
        return np.nan, np.nan
    return found.total, found.hierarchical


def _omega(sample: Correlations, n_factors: int, confidence: float, starts: int = 30) -> Omega:
    solution = _transform(sample, n_factors, starts)
    general = solution.loadings["g"].to_numpy()
    key = np.where(general < 0, -1.0, 1.0)
    loadings = solution.loadings.to_numpy() * key[:, None]
    matrix = sample.matrix * np.outer(key, key)
    warnings = list(solution.warnings)
    turned = [name for name, sign in zip(sample.names, key, strict=True) if sign < 0]
    if turned:
        warnings.append(
            f"turned for omega, since they load negatively on the general factor: {', '.join(turned)}"
        )
    variance = matrix.sum()
    common = variance - float(np.sum(1 - solution.communalities))
    from_general = loadings[:, 0].sum() ** 2
    strengths = np.sum(loadings**2, axis=0)
    total = float(common / variance)
    return Omega(
        estimate=total,
        total=total,
        hierarchical=float(from_general / variance),
        limit=float(from_general / common),
        ecv=float(strengths[0] / strengths.sum()),
        ci_lower=np.nan,
        ci_upper=np.nan,
        confidence=confidence,
        loadings=pd.DataFrame(
            loadings, index=pd.Index(sample.names, name="item"), columns=solution.loadings.columns
        ),
        groups=_groups(loadings, matrix, list(solution.loadings.columns[1:])),
        n_factors=n_factors,
        n_obs=sample.n_obs,
        correlation=sample.kind,
        warnings=tuple(warnings),
    )


def _groups(loadings: np.ndarray, matrix: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Omega of the subscale that each group factor's own items make."""
    belongs = np.abs(loadings[:, 1:]).argmax(axis=1)
    rows = []
    for number, name in enumerate(names):
        own = np.flatnonzero(belongs == number)
        block = matrix[np.ix_(own, own)].sum()
        general = loadings[own, 0].sum() ** 2 / block if own.size else np.nan
        group = loadings[own, number + 1].sum() ** 2 / block if own.size else np.nan
        rows.append(
            {"factor": name, "items": own.size, "total": general + group, "general": general, "group": group}
        )
    return pd.DataFrame(rows).set_index("factor")
