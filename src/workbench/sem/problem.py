"""A model, a sample and an estimator put together: what is minimised, on the engine's internal scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError
from workbench.sem.data.moments import Moments
from workbench.sem.data.sample import Sample, checked, sample_of, sample_of_answers
from workbench.sem.discrepancy import (
    Discrepancy,
    GeneralisedLeastSquares,
    LeastSquares,
    NormalTheory,
    Target,
    stacked_moments,
)
from workbench.sem.estimate import Minimum
from workbench.sem.estimators import Estimator
from workbench.sem.matrices import CompiledModel, State, compile_model, vech_cells
from workbench.sem.search import search
from workbench.sem.starts import starting_values
from workbench.sem.table import Options, ParameterTable, build

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.inference import Inference, ScaledTest


@dataclass(frozen=True)
class Problem:
    """Everything that a minimisation and the inference after it need; covariances on the internal scale."""

    model: CompiledModel
    estimator: Estimator
    information: str
    sample: Sample
    discrepancy: Discrepancy
    targets: tuple[Target, ...]

    @property
    def n(self) -> np.ndarray:
        """Rows of each group."""
        return self.sample.n

    @property
    def table(self) -> ParameterTable:
        """The parameter table."""
        return self.model.table

    @property
    def scale(self) -> np.ndarray:
        """Standard deviations that observed variables were divided by, (p,)."""
        return self.model.scale[: self.model.observed]

    @cached_property
    def data(self) -> tuple[np.ndarray, ...]:
        """Rows of each group on the internal scale, (n, p)."""
        self.need_rows("this")
        return tuple(part / self.scale for part in self.sample.data)

    def need_rows(self, what: str) -> None:
        """Raise if only moments are known."""
        if self.sample.data is None:
            raise DataError(
                f"{self.estimator.name}: {what} needs the rows of the data, and only moments are given. "
                "Give a DataFrame, or use estimator='ML'"
            )

    @cached_property
    def fixed_columns(self) -> tuple[int, ...]:
        """Observed variables whose moments are fixed to the sample's."""
        table = self.table
        if not table.options.fixed_x:
            return ()
        return tuple(table.variables.observed.index(name) for name in table.variables.exogenous_observed)

    @property
    def moments_per_group(self) -> int:
        """Moments that a group contributes to the degrees of freedom."""

        def count(size: int) -> int:
            return size * (size + 1) // 2 + (size if self.model.means else 0)

        return count(self.model.observed) - count(len(self.fixed_columns))

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return self.moments_per_group * self.table.groups - self.model.directions

    @cached_property
    def gammas(self) -> tuple[np.ndarray, ...]:
        """Covariance matrix of the stacked sample moments, for each group (Browne 1984)."""
        return tuple(moment_covariance(part, self.model.means, self.fixed_columns) for part in self.data)

    # what fits with missing or ordered answers do in their own way
    def resampled(self, chosen: Sequence[np.ndarray]) -> Problem:
        """The same problem with other rows: ``chosen`` counts within each group from zero, repeats allowed.

        Raises DataError where the model cannot be fitted to these.
        """
        self.need_rows("a bootstrap")
        sample = checked(sample_of_answers(self.sample.answers.taken(chosen)), self.estimator.bears_singular)
        return problem_of(self.table, sample, self.estimator, self.information)

    def inference(self, x: np.ndarray) -> Inference:
        """Second-order quantities at parameters ``x`` (q,)."""
        from workbench.sem.inference import Inference

        return Inference(self, x)

    def statistics(self, group: int, state: State) -> tuple[np.ndarray, np.ndarray]:
        """Stacked sample and implied moments of a group, (P,) each."""
        target = self.targets[group]
        mean = target.mean if state.mu is not None else None
        return stacked_moments(target.cov, mean)[0], stacked_moments(state.sigma, state.mu)[0]

    def fixed_moments(self, group: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Covariances and means (a leading draw axis) that variables fixed to the sample keep."""
        return self.targets[group].cov, self.targets[group].mean

    def moment_weight(self, group: int, state: State) -> np.ndarray | None:
        """Weight matrix of the statistics; None where normal theory gives it in closed form."""
        return self.targets[group].weight

    @property
    def all_moments(self) -> int:
        """Moments of all groups, those of fixed variables too."""
        size = self.model.observed
        return self.table.groups * (size * (size + 1) // 2 + (size if self.model.means else 0))

    @cached_property
    def baseline(self) -> tuple[float, int, ScaledTest | None]:
        """Chi-square, df and robust test of the independence model."""
        from workbench.sem.baseline import baseline_test

        return baseline_test(self)

    def robust_tests(
        self, inference: Inference, chisq: float
    ) -> tuple[float, ScaledTest, float, ScaledTest] | None:
        """What robust CFI and RMSEA rest on: statistic and scaled test, of the model and of the baseline."""
        scaled = inference.scaled_test(chisq, self.df)
        if scaled is None or scaled.kind == "mean.var.adjusted":
            return None
        base_chisq, _, base_scaled = self.baseline
        return chisq, scaled, base_chisq, base_scaled

    def unrestricted_loglik(self) -> float:
        """Normal log-likelihood of the saturated model on the data's scale, given fixed variables."""
        total = 0.0
        fixed = self.fixed_columns
        for target, count in zip(self.targets, self.n, strict=True):
            cov = target.cov[0] * np.outer(self.scale, self.scale)
            value = len(cov) * (math.log(2 * math.pi) + 1) + np.linalg.slogdet(cov)[1]
            if fixed:
                part = cov[np.ix_(fixed, fixed)]
                value -= len(fixed) * (math.log(2 * math.pi) + 1) + np.linalg.slogdet(part)[1]
            total -= 0.5 * float(count) * float(value)
        return total

    def solve(self) -> Minimum:
        """Minimise, from other starting values too where the first do not serve."""
        return search(self)

    def start(self, simple: bool = False) -> np.ndarray:
        """Free directions to start from, (1, d)."""
        values: dict[int, float] = {}
        for group, target in enumerate(self.targets):
            mean = None if target.mean is None else target.mean[0]
            values.update(starting_values(self.model, group, target.cov[0], mean, simple))
        x = np.array([[values[index] for index in self.table.free]])
        return self.model.reduce(x)


def complete_problem(
    model: str,
    data: pd.DataFrame | Moments,
    labels: tuple[Any, ...],
    options: Options,
    estimator: Estimator,
    information: str | None,
    settings: Mapping[str, Any],
) -> Problem:
    """The problem of a model text and data whose incomplete rows are left out."""
    table = build(model, options, len(labels))
    sample = sample_of(table, data, settings["group"], labels, singular=estimator.bears_singular)
    problem = problem_of(table, sample, estimator, information)
    if estimator.robust:
        problem.need_rows("its robust standard errors and test")
    return problem


def moment_covariance(data: np.ndarray, means: bool, fixed: tuple[int, ...] = ()) -> np.ndarray:
    """Covariance matrix (divisor n) of ``[x, vech(x x')]`` over the rows.

    With ``fixed`` columns the part that these explain is taken out: their moments are no random variables.
    """
    stacked = _moment_rows(data, means)
    if fixed:
        centred = data - data.mean(axis=0)
        predictors = centred[:, list(fixed)]
        fitted = predictors @ np.linalg.lstsq(predictors, centred, rcond=None)[0]
        stacked -= _moment_rows(fitted, means)
    return stacked.T @ stacked / len(data)


def _moment_rows(data: np.ndarray, means: bool) -> np.ndarray:
    """Each row's deviation from the stacked sample moments."""
    centred = data - data.mean(axis=0)
    rows, columns = vech_cells(data.shape[1])
    products = centred[:, rows] * centred[:, columns]
    products -= products.mean(axis=0)
    return np.concatenate([centred, products], axis=1) if means else products


def problem_of(
    table: ParameterTable, sample: Sample, estimator: Estimator, information: str | None = None
) -> Problem:
    """Bring model and sample to the internal scale and choose the discrepancy."""
    scale = np.sqrt(np.average(np.diagonal(sample.cov, axis1=1, axis2=2), axis=0, weights=sample.n))
    model = compile_model(table, np.where(scale > 0, scale, 1.0))
    return problem_for(model, sample, estimator, information)


def problem_for(
    model: CompiledModel, sample: Sample, estimator: Estimator, information: str | None = None
) -> Problem:
    """The same for a model that is compiled already."""
    information = information or estimator.information
    scale = model.scale[: model.observed]
    cov = sample.cov / np.outer(scale, scale)
    mean = sample.mean / scale if model.means else None
    least_squares = estimator.discrepancy != "ML"
    total = sample.n.sum()
    targets = []
    for group, count in enumerate(sample.n):
        own = cov[group : group + 1]
        share = count / total
        if least_squares:  # lavaan: divisor n - 1 and weight (n_g - 1) / N
            own, share = own * (count / (count - 1)), (count - 1) / total
        targets.append(Target(own, None if mean is None else mean[group : group + 1], float(share)))
    targets = tuple(targets)
    if estimator.discrepancy == "ML":
        return Problem(model, estimator, information, sample, NormalTheory(targets), targets)
    if estimator.discrepancy == "GLS":
        return Problem(model, estimator, information, sample, GeneralisedLeastSquares(targets), targets)
    problem = Problem(model, estimator, information, sample, LeastSquares(targets), targets)
    weights = _weights(problem)
    targets = tuple(
        Target(target.cov, target.mean, target.share, weight)
        for target, weight in zip(targets, weights, strict=True)
    )
    return Problem(model, estimator, information, sample, LeastSquares(targets), targets)


def _weights(problem: Problem) -> list[np.ndarray]:
    """Least-squares weights on the internal scale: diagonal for ULS and DWLS, full for WLS."""
    kind = problem.estimator.discrepancy
    rows, columns = vech_cells(problem.model.observed)
    if kind == "ULS":
        scale = problem.scale
        weight = (scale[rows] * scale[columns]) ** 2
        if problem.model.means:
            weight = np.concatenate([scale**2, weight])
        return [weight] * problem.table.groups
    weights = []
    for group, gamma in enumerate(problem.gammas):
        if kind == "DWLS":
            diagonal = np.diagonal(gamma)
            weights.append(np.where(diagonal > 1e-12, 1 / np.where(diagonal > 1e-12, diagonal, 1.0), 0.0))
            continue
        count = int(problem.n[group])
        if count <= problem.moments_per_group:
            raise DataError(
                f"WLS needs more rows than moments: {count} rows and {problem.moments_per_group} moments. "
                "Use estimator='DWLS' or 'MLM'"
            )
        weights.append(_inverse_of_random(gamma))
    return weights


def _inverse_of_random(gamma: np.ndarray) -> np.ndarray:
    """Inverse over the moments that are random; moments of fixed variables get no weight."""
    random = np.diagonal(gamma) > 1e-12
    inverse = np.zeros_like(gamma)
    inverse[np.ix_(random, random)] = np.linalg.inv(gamma[np.ix_(random, random)])
    return inverse
