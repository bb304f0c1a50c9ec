"""The moments that a model is fitted to: covariances, means and n, with the rows they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError, Fault
from workbench.sem.compiled_model import IfAny
from workbench.sem.data.answers import Answers, complete_answers
from workbench.sem.data.frame import check_names
from workbench.sem.data.moments import Moments
from workbench.sem.table import ParameterTable

if TYPE_CHECKING:
    import pandas as pd

FIML = "; missing='fiml' uses them"
PIECE = 4096  # rows


@dataclass(frozen=True)
class Sample:
    """What a model is fitted to. Covariances have divisor n; ``answers`` holds the rows that they come from,
    or None where only moments are given.
    """

    names: tuple[str, ...]
    groups: tuple[Any, ...]
    n: np.ndarray
    cov: np.ndarray
    mean: IfAny
    answers: Answers | None
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Rows used, all groups together."""
        return int(self.n.sum())

    @property
    def rows(self) -> Answers:
        """The rows; DataError where only moments are given."""
        if self.answers is None:
            raise DataError("only moments are given, and this needs the rows of the data")
        return self.answers

    @property
    def data(self) -> tuple[np.ndarray, ...] | None:
        """Rows of each group, (n, p), or None."""
        return None if self.answers is None else self.answers.values


def sample_of(
    table: ParameterTable,
    data: pd.DataFrame | Moments,
    group: str | None,
    labels: tuple[Any, ...],
    singular: bool = False,
) -> Sample:
    """The sample for a model, checked.

    ``singular``: whether the estimator can live with a covariance matrix that is not positive definite.
    Rows with a missing value in any variable of the model are left out; how many is said in ``notes``.
    """
    if isinstance(data, Moments):
        return checked(_from_moments(table, data), singular)
    return checked(sample_of_answers(complete_answers(table, data, group, labels, FIML)), singular)


def checked(sample: Sample, singular: bool = False) -> Sample:
    """The sample, if a model can be fitted to it; where ``singular`` is no hindrance it is said in
    ``notes``.
    """
    faults = _definite(sample)
    if faults and not singular:
        raise DataError(faults)
    if not faults:
        return sample
    said = (f"{fault.what}; estimates are shown all the same" for fault in faults)
    return replace(sample, notes=(*sample.notes, *said))


def sample_of_answers(answers: Answers) -> Sample:
    """Moments of complete rows."""
    parts = [part.T for part in answers.values]
    n = answers.n
    mean = np.stack([part.mean(axis=1) for part in parts])
    cov = np.empty((len(parts), len(answers.names), len(answers.names)))
    for place, part in enumerate(parts):
        cov[place] = _scatter(part, mean[place]) / n[place]
    return Sample(answers.names, answers.groups, n, cov, mean, answers, answers.notes)


def _scatter(values: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Sums of products of deviations (p, p) of values (p, n), piece by piece: these stay in the cache."""
    total = np.zeros((len(values), len(values)))
    for begin in range(0, values.shape[1], PIECE):
        centred = values[:, begin : begin + PIECE] - mean[:, None]
        total += centred @ centred.T
    return total


def _from_moments(table: ParameterTable, given: Moments) -> Sample:
    check_names(table, given.names)
    names = table.variables.observed
    order = [given.names.index(name) for name in names]
    if table.meanstructure and given.mean is None:
        raise DataError("the model has means: give mean= to sem.moments, or meanstructure=False")
    n = np.array(given.n)
    cov = np.stack([matrix[np.ix_(order, order)] for matrix in given.cov])
    cov *= ((n - 1) / n)[:, None, None]
    mean = None if given.mean is None else np.stack([values[order] for values in given.mean])
    return Sample(names, given.groups, n, cov, mean, None, given.notes)


def _definite(sample: Sample) -> list[Fault]:
    """Why a sample's covariance matrix is not positive definite, in the user's terms."""
    faults = []
    for place, label in enumerate(sample.groups):
        where = f"group {label}: " if label != "" else ""
        cov, n = sample.cov[place], int(sample.n[place])
        variance = np.diagonal(cov)
        centre = np.abs(sample.mean[place]) if sample.mean is not None else 0.0
        constant = variance <= (1e-10 * centre) ** 2 + 1e-300
        if constant.any():
            faults += [
                Fault(
                    f"{where}has the same value in every row",
                    column=sample.names[column],
                    fix="Leave it out.",
                )
                for column in np.flatnonzero(constant)
            ]
            continue
        sd = np.sqrt(variance)
        correlation = cov / np.outer(sd, sd)
        try:
            smallest = np.linalg.cholesky(correlation).diagonal(axis1=0, axis2=1).min()
        except np.linalg.LinAlgError:
            smallest = 0.0
        if smallest > 1e-7:
            continue
        twins = np.argwhere(np.triu(np.abs(correlation) > 1 - 1e-10, 1))
        if len(twins):
            faults += [
                Fault(
                    f"{where}{sample.names[one]} and {sample.names[other]} carry the same values "
                    f"(correlation {correlation[one, other]:+.0f})",
                    fix="Leave one of the two out.",
                )
                for one, other in twins
            ]
        elif sample.data is not None and n <= len(sample.names):
            what = f"{where}{n} rows and {len(sample.names)} variables: the covariance matrix is singular"
            faults.append(Fault(what, fix="More rows than variables are needed."))
        else:
            weights = np.linalg.eigh(correlation)[1][:, 0]
            involved = [sample.names[column] for column in np.flatnonzero(np.abs(weights) > 0.1)]
            what = f"{where}the covariance matrix is not positive definite"
            fix = f"Look at {', '.join(involved)}: one is nearly a sum of others, or the matrix is mistyped."
            faults.append(Fault(what, fix=fix))
    return faults
