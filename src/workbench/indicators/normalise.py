"""Bringing indicators of different units onto one scale on which higher is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import door, is_number, mapping, one_of, optional, usable
from workbench.errors import DataError, Fault, SpecificationError
from workbench.indicators import doors


@dataclass(frozen=True)
class Normalised:
    """``values``: units x indicators, higher is better. ``scale``: worst and best (min-max, target), mean
    and sd (z), length (vector) by indicator: what turns a raw value into a normalised one."""

    method: str
    values: pd.DataFrame
    scale: pd.DataFrame
    warnings: tuple[str, ...]


@door(
    **doors.DIRECTIONS,
    method=one_of(*doors.METHODS),
    goalposts=optional(mapping(doors.goalposts, "{'retention': (0, 1)}")),
)
def normalise(
    values: pd.DataFrame,
    directions: Mapping[str, str],
    *,
    method: str = "min-max",
    goalposts: Mapping[str, tuple[float, float]] | None = None,
) -> Normalised:
    """Normalise indicators.

    Parameters
    ----------
    values : units x indicators, complete and numeric.
    directions : ``higher`` or ``lower`` is better, by indicator.
    method : ``min-max`` (x - worst) / (best - worst) of the sample; ``target`` the same with fixed
        ``goalposts``, so that a unit's value does not depend on the others; ``z``; ``rank`` from 0 (worst)
        to 1 (best), ties share; ``vector`` x / √Σx², negative for ``lower`` (as TOPSIS needs it).
    goalposts : (worst, best) by indicator, for ``target``.

    Returns
    -------
    Normalised

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"retention": [0.9, 0.7, 0.8], "cost": [5, 3, 4]}, ["A", "B", "C"])
    >>> indicators.normalise(values, {"retention": "higher", "cost": "lower"}).values.round(2)
       retention  cost
    A        1.0   0.0
    B        0.0   1.0
    C        0.5   0.5
    """
    matrix, sign = check_matrix(values, directions)
    if method == "target" and goalposts is None:
        raise SpecificationError("method 'target' needs goalposts={indicator: (worst, best)}")
    warnings: list[str] = []
    constant = [
        name for name, width in zip(values.columns, np.ptp(matrix, axis=0), strict=True) if width == 0
    ]
    if constant and method in ("min-max", "z", "rank"):
        raise DataError(
            [
                Fault(
                    "is the same for every unit and cannot be normalised",
                    column=name,
                    fix="Leave it out or use goalposts.",
                )
                for name in constant
            ]
        )
    if method == "z":
        mean, sd = matrix.mean(axis=0), matrix.std(axis=0)
        out, scale = sign * (matrix - mean) / sd, {"mean": mean, "sd": sd}
    elif method == "rank":
        ranks = (pd.DataFrame(sign * matrix).rank() - 1) / (len(matrix) - 1)
        out, scale = ranks.to_numpy(), {"units": np.full(len(sign), len(matrix))}
    elif method == "vector":
        length = np.sqrt((matrix**2).sum(axis=0))
        if (length == 0).any():
            raise DataError("an indicator is zero for every unit and has no length")
        out, scale = sign * matrix / length, {"length": length}
    else:
        worst, best = _posts(values, matrix, sign, goalposts if method == "target" else None)
        out, scale = (matrix - worst) / (best - worst) + 0.0, {"worst": worst, "best": best}
        beyond = ((out < 0) | (out > 1)).sum()
        if beyond:
            warnings.append(f"{beyond} values lie beyond their goalposts and are not cut off.")
    return Normalised(
        method,
        pd.DataFrame(out, index=values.index, columns=values.columns),
        pd.DataFrame(scale, index=values.columns).rename_axis("indicator"),
        tuple(warnings),
    )


def check_matrix(values: pd.DataFrame, directions: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and signs (+1 higher, -1 lower is better) of a complete table of indicators."""
    faults = []
    for name in values.columns:
        if directions.get(name) not in ("higher", "lower"):
            faults.append(Fault("needs a direction, higher or lower", column=name))
        if not is_number(values[name]):
            faults.append(Fault("must be numeric", column=name, fix="Turn it into numbers."))
        elif not np.isfinite(values[name].to_numpy(float, na_value=np.nan)).all():
            faults.append(
                Fault("has missing or infinite values", column=name, fix="Leave those units out and say so.")
            )
    if not faults:
        usable(values)
    if len(values) < 2 or not len(values.columns):
        faults.append(Fault("an index needs at least two units and one indicator"))
    if faults:
        raise DataError(faults)
    sign = np.array([1.0 if directions[name] == "higher" else -1.0 for name in values.columns])
    return values.to_numpy(float), sign


def _posts(
    values: pd.DataFrame,
    matrix: np.ndarray,
    sign: np.ndarray,
    goalposts: Mapping[str, tuple[float, float]] | None,
) -> tuple[np.ndarray, np.ndarray]:
    if goalposts is None:
        low, high = matrix.min(axis=0), matrix.max(axis=0)
        return np.where(sign > 0, low, high), np.where(sign > 0, high, low)
    missing = [name for name in values.columns if name not in goalposts]
    if missing:
        raise SpecificationError([Fault("needs goalposts (worst, best)", column=name) for name in missing])
    worst, best = np.array([goalposts[name] for name in values.columns], float).T
    wrong = [name for name, gap in zip(values.columns, (best - worst) * sign, strict=True) if gap <= 0]
    if wrong:
        raise SpecificationError([Fault("goalposts contradict its direction", column=name) for name in wrong])
    return worst, best
