"""Weights from pairwise judgements (analytic hierarchy process), and which judgements contradict others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import door, is_number, named_table, one_of, usable
from workbench.errors import DataError, Fault, SpecificationError
from workbench.indicators.weights import Weights

# Mean consistency index of random reciprocal matrices on the 1-9 scale, by size (Saaty 1980).
RANDOM_INDEX = {
    1: 0.0,
    2: 0.0,
    3: 0.58,
    4: 0.90,
    5: 1.12,
    6: 1.24,
    7: 1.32,
    8: 1.41,
    9: 1.45,
    10: 1.49,
    11: 1.51,
    12: 1.48,
    13: 1.56,
    14: 1.57,
    15: 1.59,
}
ACCEPTABLE = 0.10  # consistency ratio (Saaty 1980)


@dataclass(frozen=True)
class JudgedWeights(Weights):
    """AHP weights. ``consistency``: lambda_max, ci, random_index, cr, and gci (geometric index). ``advice``:
    pairs of judgements, the worst first: first, second, given, implied, factor (how far apart),
    cr_if_changed."""

    consistency: pd.Series
    advice: pd.DataFrame


@door(judgements=named_table, method=one_of("eigenvector", "geometric mean"))
def ahp_weights(judgements: pd.DataFrame, *, method: str = "eigenvector") -> JudgedWeights:
    """Weights from pairwise judgements (analytic hierarchy process).

    Parameters
    ----------
    judgements : square table, same names in rows and columns; entry (i, j) says how many times as important
        i is as j (1/9 … 9), with 1 on the diagonal and reciprocals below. A missing lower triangle is filled
        in.
    method : ``eigenvector`` (Saaty) or ``geometric mean`` (of the rows).

    Returns
    -------
    JudgedWeights; with a consistency ratio above .10, ``warnings`` name the judgements that fit the others
    least.

    Notes
    -----
    A w = λ_max w; CI = (λ_max - n)/(n - 1); CR = CI / RI (Saaty 1980). Advice: ε_ij = a_ij w_j / w_i; the
    pair with the largest ε (or 1/ε) departs most, and the judgement that fits the others is w_i / w_j (Saaty
    2003).

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> names = ["retention", "margin", "reach"]
    >>> judged = pd.DataFrame([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]], names, names)
    >>> indicators.ahp_weights(judged).weights.round(3).to_dict()
    {'retention': 0.571, 'margin': 0.286, 'reach': 0.143}
    """
    matrix = _reciprocal(judgements)
    names, n = list(judgements.index), len(matrix)
    principal, weights = _principal(matrix)
    rows = np.exp(np.log(matrix).mean(axis=1))
    geometric = rows / rows.sum()
    index = RANDOM_INDEX[n]
    ci = (principal - n) / (n - 1) if n > 1 else 0.0
    cr = ci / index if index else 0.0
    chosen = weights if method == "eigenvector" else geometric
    gaps = np.log(matrix) - np.log(geometric[:, None] / geometric)
    gci = 2 * (np.triu(gaps, 1) ** 2).sum() / ((n - 1) * (n - 2)) if n > 2 else 0.0
    advice = _advice(matrix, chosen, names, index)
    warnings: tuple[str, ...] = ()
    if cr > ACCEPTABLE:
        worst = advice.iloc[0]
        where = (
            f"Each departs from the other two by a factor of {worst['factor']:.2g}; with three "
            "indicators none stands out."
            if n == 3
            else f"Look first at {worst['first']} against {worst['second']}: given {worst['given']:.3g}, the "
            f"weights imply {worst['implied']:.2g}; changing it brings the ratio to "
            f"{worst['cr_if_changed']:.2f}."
        )
        warnings = (
            f"Consistency ratio {cr:.2f} is above {ACCEPTABLE:.2f}: the judgements contradict one another. "
            f"{where}",
        )
    series = pd.Series(chosen, index=pd.Index(names, name="indicator"), name="weight")
    details = pd.DataFrame({"eigenvector": weights, "geometric mean": geometric}, index=series.index)
    consistency = pd.Series({"lambda_max": principal, "ci": ci, "random_index": index, "cr": cr, "gci": gci})
    return JudgedWeights(f"AHP ({method})", series, details, warnings, consistency, advice)


def _reciprocal(judgements: pd.DataFrame) -> np.ndarray:
    if list(judgements.index) != list(judgements.columns):
        raise SpecificationError(
            "a judgement matrix has the same names in rows and columns, in the same order"
        )
    texts = [name for name in judgements.columns if not is_number(judgements[name])]
    if texts:
        raise DataError([Fault("holds something else than judgements", column=name) for name in texts])
    a = usable(judgements.replace([np.inf, -np.inf], np.nan)).to_numpy(float, na_value=np.nan)
    n = len(a)
    if not 2 <= n <= max(RANDOM_INDEX):
        raise SpecificationError(f"judgements are for 2 to {max(RANDOM_INDEX)} indicators, not {n}")
    mirrored = np.divide(1.0, a.T, out=np.full_like(a, np.nan), where=a.T > 0)
    a = np.where(np.isnan(a), mirrored, a)
    np.fill_diagonal(a, np.where(np.isnan(np.diag(a)), 1.0, np.diag(a)))
    names = list(judgements.index)
    faults = []
    for i in range(n):
        for j in range(i, n):
            pair = f"{names[i]} against {names[j]}"
            if not (np.isfinite(a[i, j]) and a[i, j] > 0):
                faults.append(Fault(f"{pair}: a judgement is missing or not above zero"))
            elif abs(a[i, j] * a[j, i] - 1) > 0.02:  # judgements are often typed with two or three digits
                faults.append(Fault(f"{pair}: {a[i, j]:g} and {a[j, i]:g} are not reciprocal"))
    if faults:
        raise DataError(faults)
    upper = np.triu(a, 1)
    lower = np.divide(1.0, upper.T, out=np.zeros_like(a), where=upper.T > 0)
    return upper + lower + np.eye(n)


def _principal(matrix: np.ndarray) -> tuple[float, np.ndarray]:
    values, vectors = np.linalg.eig(matrix)
    k = values.real.argmax()
    weights = np.abs(vectors[:, k].real)
    return float(values[k].real), weights / weights.sum()


def _advice(matrix: np.ndarray, weights: np.ndarray, names: list[str], index: float) -> pd.DataFrame:
    n = len(matrix)
    rows = []
    for i in range(n):
        for j in range(i + 1, n):
            implied = weights[i] / weights[j]
            factor = max(matrix[i, j] / implied, implied / matrix[i, j])
            changed = matrix.copy()
            changed[i, j], changed[j, i] = implied, 1 / implied
            cr = ((_principal(changed)[0] - n) / (n - 1) / index) if index else 0.0
            rows.append((names[i], names[j], matrix[i, j], implied, factor, cr))
    table = pd.DataFrame(rows, columns=["first", "second", "given", "implied", "factor", "cr_if_changed"])
    return table.sort_values("factor", ascending=False, ignore_index=True)
