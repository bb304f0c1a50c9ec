"""A sample that is given by its moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from workbench.errors import DataError, Fault
from workbench.sem import arguments

LARGEST = 2**53  # up to here a floating-point number is the whole number that it stands for


@dataclass(frozen=True)
class Moments:
    """Covariances (divisor n-1), numbers of rows and means by group; see :func:`moments`."""

    cov: tuple[np.ndarray, ...]
    n: tuple[int, ...]
    mean: tuple[np.ndarray, ...] | None
    names: tuple[str, ...]
    groups: tuple[Any, ...] = ("",)
    notes: tuple[str, ...] = ()


def moments(cov: Any, n: Any, mean: Any = None, names: Sequence[str] | None = None) -> Moments:
    """A sample given by its moments.

    Parameters
    ----------
    cov : covariance matrix (p, p) with divisor n-1: array or DataFrame; for several groups a mapping from the
        group's name to its matrix.
    n : rows the covariances come from; a mapping for several groups.
    mean : means (p,), or a mapping; None if they are not known.
    names : the variables' names; taken from a DataFrame if left out.

    Raises
    ------
    DataError if the matrix is not square, symmetric, finite, or does not go with names, means and n.

    R: ``lavaan::sem(model, sample.cov = cov, sample.nobs = n, sample.mean = mean)``.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench import sem
    >>> r = np.array([[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]])
    >>> sem.fit("f =~ a + b + c", sem.moments(r, 200, names=["a", "b", "c"])).converged
    True
    """
    grouped = isinstance(cov, Mapping)
    groups = tuple(cov) if grouped else ("",)
    if not groups:
        raise DataError("moments: cov holds no group")
    covs, counts = _by_group("cov", cov, groups, grouped), _by_group("n", n, groups, grouped)
    if names is None:
        names = getattr(covs[0], "columns", None)
        if names is None:
            raise DataError("moments: give names=, one for each column of cov")
        names = [str(name) for name in names]
    names = arguments.names("names", names, "['x1', 'x2']")
    means = None
    if mean is not None:
        parts = zip(_by_group("mean", mean, groups, grouped), groups, strict=True)
        means = tuple(_checked_mean(part, names, group) for part, group in parts)
    faults: list[Fault] = []
    if len(set(names)) < len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        faults.append(Fault(f"names given more than once: {', '.join(repeated)}", fix="Rename all but one."))
    if not names:
        raise DataError("cov names no variable: give a matrix of at least one")
    matrices = []
    for group, matrix, count in zip(groups, covs, counts, strict=True):
        where = f"group {group}" if grouped else "cov"
        values = _numbers(matrix)
        if values is None:
            faults.append(Fault(f"{where}: is no matrix of numbers", fix="Give rows of the same length."))
        elif values.shape != (len(names), len(names)):
            what = f"{where}: shape {values.shape} does not go with {len(names)} names"
            faults.append(Fault(what, fix="Give a square matrix and a name for each of its columns."))
        elif not np.isfinite(values).all():
            faults.append(
                Fault(
                    f"{where}: holds missing or infinite values",
                    fix="Estimate them from answers that are there.",
                )
            )
        elif (np.diagonal(values) <= 0).any():
            none = ", ".join(
                name for name, value in zip(names, np.diagonal(values), strict=True) if value <= 0
            )
            faults.append(Fault(f"{where}: no variance above zero: {none}", fix="Leave these variables out."))
        elif np.abs(values - values.T).max() > 1e-6 * np.abs(values).max():
            row, column = np.unravel_index(np.abs(values - values.T).argmax(), values.shape)
            faults.append(
                Fault(
                    f"{where}: not symmetric, {names[row]} with {names[column]} is {values[row, column]:g} "
                    f"and {names[column]} with {names[row]} is {values[column, row]:g}",
                    fix="Give the full matrix.",
                )
            )
        else:
            matrices.append((values + values.T) / 2)
        if not _is_count(count):
            faults.append(
                Fault(f"{where}: n is {count!r}", fix="n is a whole number of at least 2 (and at most 2^53).")
            )
    if faults:
        raise DataError(faults)
    return Moments(tuple(matrices), tuple(int(count) for count in counts), means, names, groups)


def _by_group(what: str, given: Any, groups: tuple[Any, ...], grouped: bool) -> list[Any]:
    """One entry for each group; raise where the groups are not those of cov."""
    if not grouped:
        if isinstance(given, Mapping):
            raise DataError(f"moments: {what} is a mapping of groups and cov is none: give cov by group too")
        return [given]
    if not isinstance(given, Mapping) or set(given) != set(groups):
        raise DataError(f"moments of several groups need {what} as a mapping with the same groups")
    return [given[group] for group in groups]


def _numbers(given: Any) -> np.ndarray | None:
    """An array of real numbers, None for anything else."""
    try:
        values = np.array(given)
        return None if np.iscomplexobj(values) else values.astype(float)
    except (TypeError, ValueError):
        return None


def _is_count(value: Any) -> bool:
    if not isinstance(value, Real) or isinstance(value, (bool, np.bool_)):
        return False
    try:
        number = float(value)
    except OverflowError:
        return False
    return 2 <= number <= LARGEST and number.is_integer()


def _checked_mean(mean: Any, names: tuple[str, ...], group: Any) -> np.ndarray:
    if hasattr(mean, "reindex"):
        mean = mean.reindex(list(names))
    values = _numbers(mean)
    if values is None or values.shape != (len(names),) or not np.isfinite(values).all():
        raise DataError(
            f"mean{f' of group {group}' if group else ''}: {len(names)} finite numbers are needed"
        )
    return values
