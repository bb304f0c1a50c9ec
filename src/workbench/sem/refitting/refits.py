"""Refits of one model to many samples, and the numbers that are kept of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError, SpecificationError
from workbench.sem.discrepancy import NormalTheory
from workbench.sem.standardized import definition_values, latent_moments, standardize

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.problem import Problem
    from workbench.sem.result import Fit


@dataclass(frozen=True)
class Refits:
    """Refits of one model to B samples.

    ``fit`` the model's fit to the data themselves; ``problem`` the same problem with the samples' own moments
    as targets; ``x`` internal parameters (B, q); ``value`` discrepancy F (B,), chi-squared over N.
    """

    fit: Fit
    problem: Problem
    x: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, fit: Fit) -> Refits:
        """One fit as a stack of one."""
        return cls(fit, fit.problem, fit.x[None], np.array([2 * fit.fmin]))

    def single(self, place: int) -> Fit:
        """One of the refits as a fit of its own, with its sample's moments (not its rows)."""
        if len(self.x) == 1 and self.problem is self.fit.problem:
            return self.fit
        problem, scale = self.problem, self.problem.scale
        targets = tuple(
            replace(
                target,
                cov=target.cov[place : place + 1],
                mean=None if target.mean is None else target.mean[place : place + 1],
            )
            for target in problem.targets
        )
        mean = None
        if targets[0].mean is not None:
            mean = np.concatenate([target.mean for target in targets]) * scale
        cov = np.concatenate([target.cov for target in targets]) * np.outer(scale, scale)
        sample = replace(problem.sample, cov=cov, mean=mean, answers=None)
        own = replace(problem, sample=sample, targets=targets, discrepancy=NormalTheory(targets))
        return replace(
            self.fit,
            problem=own,
            x=self.x[place],
            fmin=float(self.value[place]) / 2,
            warnings=(),
        )

    def paths(self, group: int) -> np.ndarray:
        """Loadings and regressions among all variables on the data's scale, (B, T, T), to a row's variable
        from a column's; observed variables first, then latent ones.
        """
        scale = self.problem.model.scale
        return latent_moments(self.problem, self.x, group)[0] * (scale[:, None] / scale)

    def covariance(self, group: int) -> np.ndarray:
        """Implied covariances of all variables on the data's scale, (B, T, T), observed first."""
        scale = self.problem.model.scale
        return latent_moments(self.problem, self.x, group)[3] * np.outer(scale, scale)

    def sample_covariance(self, group: int) -> np.ndarray:
        """The samples' own covariances on the data's scale, (B, p, p)."""
        scale = self.problem.scale
        return self.problem.targets[group].cov * np.outer(scale, scale)


@dataclass(frozen=True)
class Statistic:
    """Numbers computed from refits, beside parameters: their names, and values (B, k) of a stack."""

    names: tuple[str, ...]
    values: Callable[[Refits], np.ndarray]


def statistic_of(function: Callable[[Fit], Any], fit: Fit) -> Statistic:
    """A user's function of a fit as a statistic of refits; what it cannot compute of a refit is nan."""
    names = tuple(_named(function(fit)))

    def values(refits: Refits) -> np.ndarray:
        found = np.full((len(refits.x), len(names)), np.nan)
        for place in range(len(refits.x)):
            try:
                one = _named(function(refits.single(place)))
            except (DataError, SpecificationError, np.linalg.LinAlgError):
                continue
            if tuple(one) != names:
                raise SpecificationError(
                    f"statistic: it gave {', '.join(names)} of the fit and {', '.join(one)} of a refit"
                )
            found[place] = list(one.values())
        return found

    return Statistic(names, values)


def _named(value: Any) -> dict[str, float]:
    """Numbers by name from a number, a mapping, a Series or a frame."""
    if hasattr(value, "stack"):  # a frame: one number per row and column
        value = value.stack()
    if isinstance(value, Mapping) or hasattr(value, "items"):
        pairs = {_text(name): number for name, number in value.items()}
    else:
        pairs = {"statistic": value}
    try:
        return {name: float(number) for name, number in pairs.items()}
    except (TypeError, ValueError) as problem:
        raise SpecificationError(
            f"statistic: a number, or numbers by name (dict, Series, frame), are needed ({problem})"
        ) from problem


def _text(name: Any) -> str:
    return " ".join(str(part) for part in name if str(part)) if isinstance(name, tuple) else str(name)


def outcomes(problem: Problem) -> list[tuple[int, str, int]]:
    """Row of the variance, name and group of every variable that the model explains."""
    rows = problem.table.rows
    explained = {row.rhs if row.op == "=~" else row.lhs for row in rows if row.op in ("=~", "~")}
    return [
        (index, row.lhs, row.group)
        for index, row in enumerate(rows)
        if row.op == "~~" and row.lhs == row.rhs and row.lhs in explained
    ]


def kept_values(refits: Refits, statistic: Statistic | None) -> np.ndarray:
    """Of every refit: parameters, standardised parameters, explained variances, the statistic, (B, k)."""
    problem, x = refits.problem, refits.x
    raw = x * problem.model.unit
    defined = definition_values(problem, raw)[0]
    standard = standardize(problem, x)
    rows = len(problem.table.rows)
    explained = 1 - standard[:, [index for index, _, _ in outcomes(problem)]]
    parts = [raw, defined, standard[:, list(problem.table.free)], standard[:, rows:], explained]
    if statistic is not None:
        parts.append(statistic.values(refits))
    return np.concatenate(parts, axis=1)


def with_moments(problem: Problem, cov: np.ndarray, mean: np.ndarray) -> Problem:
    """The problem with the draws' own moments as targets, for what is fixed to the sample's."""
    targets = tuple(
        replace(target, cov=cov[:, group], mean=None if target.mean is None else mean[:, group])
        for group, target in enumerate(problem.targets)
    )
    return replace(problem, targets=targets)


def parameter_frame(problem: Problem) -> pd.DataFrame:
    """lhs, op, rhs, group, label of the free and the defined parameters, by the name of the draws' column."""
    import pandas as pd

    table = problem.table
    rows = [table.rows[index] for index in table.free]
    records = [(row.name, row.lhs, row.op, row.rhs, row.group, row.label) for row in rows]
    records += [
        (
            f"{definition.name} := {definition.expression}",
            definition.name,
            ":=",
            str(definition.expression),
            0,
            definition.name,
        )
        for definition in table.definitions
    ]
    return pd.DataFrame(records, columns=["name", "lhs", "op", "rhs", "group", "label"]).set_index("name")


def improper(problem: Problem, x: np.ndarray) -> np.ndarray:
    """Which draws have a negative variance, (B,)."""
    negative = np.zeros(len(x), dtype=bool)
    for group in problem.model.groups:
        rows, columns = group.covariance_cells
        variance = group.covariance_columns[rows == columns]
        negative |= (x[:, variance] < 0).any(axis=1)
    return negative
