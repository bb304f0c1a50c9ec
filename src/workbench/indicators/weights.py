"""Weights of indicators: equal, from the data (entropy, CRITIC, component), combined, given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import door, each, made_by, mapping, number, one_of, text
from workbench.errors import DataError, Fault, SpecificationError
from workbench.indicators import doors
from workbench.indicators.normalise import check_matrix, normalise


@dataclass(frozen=True)
class Weights:
    """``weights`` add up to one; ``details`` holds the steps of the method, one row per indicator."""

    method: str
    weights: pd.Series
    details: pd.DataFrame
    warnings: tuple[str, ...]


@door(indicators=doors.listed)
def equal_weights(indicators: Sequence[str]) -> Weights:
    """The same weight for every indicator: a choice like any other, not the absence of one.

    Parameters
    ----------
    indicators : their names.

    Examples
    --------
    >>> from workbench import indicators
    >>> indicators.equal_weights(["retention", "margin"]).weights.to_dict()
    {'retention': 0.5, 'margin': 0.5}
    """
    weights = pd.Series(1 / len(indicators), index=pd.Index(indicators, name="indicator"), name="weight")
    return Weights("equal", weights, weights.to_frame(), ())


@door(**doors.DIRECTIONS, scaling=one_of("min-max", "none"))
def entropy_weights(
    values: pd.DataFrame, directions: Mapping[str, str], *, scaling: str = "min-max"
) -> Weights:
    """Weights from how unevenly an indicator is spread over the units (熵权法).

    Parameters
    ----------
    values : units x indicators.
    directions : ``higher`` or ``lower`` is better, by indicator.
    scaling : ``min-max`` normalises every indicator first, 0 the worst unit and 1 the best, as is usual;
        ``none`` takes all as they are, whatever their direction, which needs values of zero or more.

    Returns
    -------
    Weights; ``details``: entropy, divergence (1 - entropy), weight.

    Raises
    ------
    DataError : with min-max an indicator that is the same for every unit; with none one that is negative, or
        zero for every unit.

    Notes
    -----
    p_ij = x_ij / Σ_i x_ij, E_j = -Σ p ln p / ln m, w_j = (1 - E_j) / Σ (1 - E) (Hwang & Yoon 1981). Shares of
    a sum depend on where a scale has its zero, so without normalising a weight tells how far from zero the
    values lie: retention and churn, the same numbers, get different weights. With min-max the zero is the
    worst unit, for all indicators alike; the weight then depends on how far that unit is from the rest.
    All indicators are scaled in one way: weights of raw and of normalised ones cannot be compared.

    R: ``p <- prop.table(x, 2); d <- 1 + colSums(ifelse(p > 0, p * log(p), 0)) / log(nrow(x)); d / sum(d)``
    with x min-max normalised.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, 1, 1, 4]})
    >>> indicators.entropy_weights(values, dict.fromkeys("ab", "higher")).weights.round(2).to_dict()
    {'a': 0.21, 'b': 0.79}
    """
    matrix, _ = check_matrix(values, directions)
    if scaling == "min-max":
        matrix = normalise(values, directions).values.to_numpy()
    faults = [
        Fault(
            "has negative values, of which entropy without normalising cannot be had",
            column=name,
            fix="Use scaling='min-max', for all indicators.",
        )
        for name, lowest in zip(values.columns, matrix.min(axis=0), strict=True)
        if lowest < 0
    ]
    faults += [
        Fault("is zero for every unit and has no entropy", column=name)
        for name, total in zip(values.columns, matrix.max(axis=0), strict=True)
        if total == 0
    ]
    if faults:
        raise DataError(faults)
    p = matrix / matrix.sum(axis=0)
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    entropy = -(p * logs).sum(axis=0) / np.log(len(matrix))
    spread = np.maximum(1 - entropy, 0.0)
    heavy, warnings = spread.argmax(), []
    if len(spread) > 2 and spread[heavy] > 0.5 * spread.sum():
        zero = "the worst unit" if scaling == "min-max" else "zero"
        which = "entropy weight" if scaling == "min-max" else "entropy weight of raw values"
        warnings.append(
            f"{values.columns[heavy]} takes {100 * spread[heavy] / spread.sum():.0f} % of the {which} "
            f"because its values are far apart relative to their distance from {zero}, "
            "which is no sign of importance."
        )
    steps = {"entropy": entropy, "divergence": spread}
    method = "entropy" if scaling == "min-max" else "entropy of raw values"
    return _weights(method, values.columns, spread, steps, tuple(warnings))


@door(**doors.DIRECTIONS)
def critic_weights(values: pd.DataFrame, directions: Mapping[str, str]) -> Weights:
    """Weights from contrast and conflict: spread of an indicator times its disagreement with the others.

    Parameters
    ----------
    values : units x indicators, complete and numeric.
    directions : ``higher`` or ``lower`` is better, by indicator.

    Notes
    -----
    On min-max normalised values, C_j = σ_j Σ_k (1 - r_jk), w_j = C_j / Σ C (Diakoulaki, Mavrotas &
    Papayannakis 1995). σ with divisor m; the divisor does not change the weights.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 3, 5, 6], "c": [1.0, 4, 2, 3]})
    >>> indicators.critic_weights(values, dict.fromkeys("abc", "higher")).weights.round(2).to_dict()
    {'a': 0.23, 'b': 0.29, 'c': 0.49}
    """
    scaled = normalise(values, directions).values.to_numpy()
    sigma = scaled.std(axis=0)
    conflict = (1 - np.atleast_2d(np.corrcoef(scaled, rowvar=False))).sum(axis=1)
    if len(sigma) == 1:
        conflict = np.ones(1)
    information = sigma * conflict
    return _weights(
        "CRITIC",
        values.columns,
        information,
        {"sd": sigma, "conflict": conflict, "information": information},
        (),
    )


@door(**doors.DIRECTIONS)
def component_weights(values: pd.DataFrame, directions: Mapping[str, str]) -> Weights:
    """Weights from the first principal component of the correlations.

    Parameters
    ----------
    values : units x indicators, complete and numeric.
    directions : ``higher`` or ``lower`` is better, by indicator.

    Notes
    -----
    w_j = v_j² of the first eigenvector v (OECD & JRC 2008, Handbook on Constructing Composite Indicators,
    without rotation). Redundant indicators weigh more here, the opposite of CRITIC. An indicator whose
    loading points against the others is warned of, as squaring hides it.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 3, 5, 6], "c": [1.0, 4, 2, 3]})
    >>> indicators.component_weights(values, dict.fromkeys("abc", "higher")).weights.round(2).to_dict()
    {'a': 0.44, 'b': 0.42, 'c': 0.14}
    """
    matrix, sign = check_matrix(values, directions)
    still = [name for name, width in zip(values.columns, np.ptp(matrix, axis=0), strict=True) if width == 0]
    if still:
        fix = "Leave it out."
        raise DataError([Fault("is the same for every unit", column=name, fix=fix) for name in still])
    corr = np.atleast_2d(np.corrcoef(sign * matrix, rowvar=False))
    eigenvalues, vectors = np.linalg.eigh(corr)
    v = vectors[:, -1] * (1 if vectors[:, -1].sum() >= 0 else -1)
    explained = eigenvalues[-1] / len(corr)
    warnings = []
    against = [name for name, value in zip(values.columns, v, strict=True) if value < 0]
    if against:
        warnings.append(
            f"Runs against the first component: {', '.join(against)}. The indicators do not "
            "measure one thing."
        )
    if explained < 0.5:
        warnings.append(
            f"The first component explains {100 * explained:.0f} % of the variance: one index loses most "
            "of what is there."
        )
    details = {"loading": v * np.sqrt(eigenvalues[-1]), "explained": np.full(len(v), explained)}
    return _weights("principal component", values.columns, v**2, details, tuple(warnings))


@door(
    parts=each(made_by(Weights, "equal_weights, entropy_weights …")),
    method=one_of("multiplicative", "mean", "game"),
)
def combined_weights(*parts: Weights, method: str = "multiplicative") -> Weights:
    """One set of weights from several.

    Parameters
    ----------
    method : ``multiplicative`` Π w / Σ Π w; ``mean``; ``game``: the mixture Σ α_k w_k closest to all of
        them, α from the normal equations W W' α = diag(W W'), made positive and scaled to one.
    parts : weights of the same indicators.

    Examples
    --------
    >>> from workbench import indicators
    >>> one = indicators.given_weights({"a": 0.5, "b": 0.5})
    >>> other = indicators.given_weights({"a": 0.8, "b": 0.2})
    >>> indicators.combined_weights(one, other, method="mean").weights.round(2).to_dict()
    {'a': 0.65, 'b': 0.35}
    """
    if len(parts) < 2:
        raise SpecificationError("combining needs at least two sets of weights")
    names = parts[0].weights.index
    if any(set(part.weights.index) != set(names) for part in parts):
        raise SpecificationError("the sets of weights are not of the same indicators")
    matrix = np.array([part.weights.loc[names].to_numpy() for part in parts])
    if method == "multiplicative":
        raw = matrix.prod(axis=0)
    elif method == "mean":
        raw = matrix.mean(axis=0)
    else:
        products = matrix @ matrix.T
        mixture = np.abs(np.linalg.lstsq(products, np.diag(products), rcond=None)[0])
        raw = mixture / mixture.sum() @ matrix
    details = {f"{i} {part.method}": row for i, (part, row) in enumerate(zip(parts, matrix, strict=True), 1)}
    warnings = tuple(text for part in parts for text in part.warnings)
    return _weights(
        f"combined ({method}: {', '.join(p.method for p in parts)})", names, raw, details, warnings
    )


@door(weights=mapping(number, "{'retention': 0.4, 'growth': 0.6}"), method=text)
def given_weights(weights: Mapping[str, float], *, method: str = "given") -> Weights:
    """Weights as a document or a reader gives them; they must be at or above zero and add up to one.

    Parameters
    ----------
    weights : weight by indicator, at or above zero, adding up to one.
    method : what tables call the scheme.

    Examples
    --------
    >>> from workbench import indicators
    >>> indicators.given_weights({"retention": 0.7, "margin": 0.3}).weights.to_dict()
    {'retention': 0.7, 'margin': 0.3}
    """
    series = pd.Series(dict(weights), dtype=float)
    if not np.isfinite(series).all() or (series < 0).any() or abs(series.sum() - 1) > 1e-9:
        raise SpecificationError(f"weights must not be negative and must add up to 1, not {series.sum():g}")
    return _weights(method, series.index, series.to_numpy(), {}, ())


def _weights(
    method: str,
    names: Sequence[str],
    raw: np.ndarray,
    details: dict[str, np.ndarray],
    warnings: tuple[str, ...],
) -> Weights:
    if not raw.sum() > 0:
        raise DataError(f"{method} weights do not exist: no indicator tells the units apart")
    index = pd.Index(names, name="indicator")
    series = pd.Series(raw / raw.sum(), index=index, name="weight")
    return Weights(
        method, series, pd.DataFrame({**details, "weight": series.to_numpy()}, index=index), warnings
    )
