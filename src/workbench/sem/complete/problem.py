"""The problem of complete continuous answers: normal likelihood and least squares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError
from workbench.sem.compiled_model import State
from workbench.sem.complete import moment_variation
from workbench.sem.complete.scores import normal_scores
from workbench.sem.data.sample import Sample, checked, sample_of, sample_of_answers
from workbench.sem.discrepancy import GeneralisedLeastSquares, LeastSquares, NormalTheory, Target, squares
from workbench.sem.estimators import Estimator
from workbench.sem.independence import independence_table
from workbench.sem.inference import Inference, ScaledTest
from workbench.sem.matrices import CompiledModel, compile_model, vech_cells
from workbench.sem.problem import Problem
from workbench.sem.table import Options, ParameterTable, build

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.data.moments import Moments

KINDS: dict[str, type[NormalTheory | GeneralisedLeastSquares]] = {
    "ML": NormalTheory,
    "GLS": GeneralisedLeastSquares,
}


@dataclass(frozen=True)
class CompleteProblem(Problem):
    """A problem whose rows are complete, or that is known by its moments."""

    @property
    def stacks(self) -> bool:
        """Whether the compiled kernel can refit the model to stacks of moments."""
        return self.estimator.likelihood and not self.table.equal.restrictions

    def resampled(self, chosen: Sequence[np.ndarray]) -> CompleteProblem:
        """The same problem with other rows."""
        self.need_rows("a bootstrap")
        sample = checked(sample_of_answers(self.sample.rows.taken(chosen)), self.estimator.bears_singular)
        return problem_of(self.table, sample, self.estimator, self.information)

    @cached_property
    def gammas(self) -> tuple[np.ndarray, ...]:
        """Covariance matrix of the stacked sample moments, for each group (Browne 1984)."""
        return tuple(
            moment_variation.moment_covariance(part, self.model.means, self.fixed_columns)
            for part in self.data
        )

    def moment_information(self, inference: Inference, group: int, kind: str) -> np.ndarray:
        """Information of one observation in a group's moments at the solution, (P, P)."""
        if not self.estimator.likelihood:
            return inference.weights[group]
        return moment_variation.moment_information(self, inference.states[group], group, kind)

    def sampling_covariance(self, group: int) -> np.ndarray:
        """n times the covariance matrix of a group's sample moments, (P, P); zero for moments that are fixed.

        Least squares without a full weight and known by moments alone: that of normal variables.
        """
        if self.estimator.bears_singular and self.sample.data is not None:
            return self.gammas[group]
        return moment_variation.sampling_covariance(self, group)

    def weighted_squares(self, group: int, state: State) -> tuple[float, float]:
        """``e'We`` of the residuals and ``s'Ws`` of the moments, with the estimator's weight."""
        target = self.targets[group]
        if target.weight is not None:
            return squares(*self.statistics(group, state), target.weight)
        # normal theory has its weight in closed form; moments of fixed variables carry none
        fixed = list(self.fixed_columns)
        random = target.cov[0].copy()
        random[np.ix_(fixed, fixed)] = 0.0
        inverse = self.discrepancy.weight_inverse(group, state)
        residual, whole = inverse @ (target.cov[0] - state.sigma[0]), inverse @ random
        off, total = 0.5 * (residual * residual.T).sum(), 0.5 * (whole * whole.T).sum()
        if state.mu is not None:
            mean = target.mean[0].copy()
            mean[fixed] = 0.0
            shift = target.mean[0] - state.mu[0]
            off += shift @ inverse @ shift
            total += mean @ inverse @ mean
        return float(off), float(total)

    @cached_property
    def baseline(self) -> tuple[float, int, ScaledTest | None]:
        """Chi-square, df and robust test of the independence model.

        R: ``lavaan::lav_object_independence``.
        """
        variables = self.table.variables
        exogenous = len(variables.exogenous_observed)
        random = self.model.observed - exogenous
        df = self.table.groups * (random * (random - 1) // 2 + random * exogenous)
        if self.estimator.likelihood and not self.estimator.robust:
            return self._independence_chisq(), df, None
        model = compile_model(independence_table(self.table), self.scale)
        independent = problem_for(model, self.sample, self.estimator, self.information)
        minimum = independent.solve()
        chisq = 2 * self.sample.total * float(minimum.value[0])
        return chisq, df, Inference(independent, minimum.x[0]).scaled_test(chisq, df)

    def _independence_chisq(self) -> float:
        """Likelihood-ratio statistic of the independence model, in closed form."""
        total = 0.0
        variables = self.table.variables
        fixed = [variables.observed.index(name) for name in variables.exogenous_observed]
        for target, count in zip(self.targets, self.n, strict=True):
            cov = target.cov[0]
            logs = np.log(np.diagonal(cov))
            apart = logs.sum()
            if fixed:
                apart += np.linalg.slogdet(cov[np.ix_(fixed, fixed)])[1] - logs[fixed].sum()
            total += float(count) * float(apart - np.linalg.slogdet(cov)[1])
        return total

    def robust_tests(
        self, inference: Inference, chisq: float
    ) -> tuple[float, ScaledTest, float, ScaledTest | None] | None:
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

    def factor_scores(self, x: np.ndarray, method: str) -> list[np.ndarray]:
        """Scores of each group's rows."""
        return normal_scores(self, x, method)


def complete_problem(
    model: str,
    data: pd.DataFrame | Moments,
    labels: tuple[Any, ...],
    options: Options,
    estimator: Estimator,
    information: str | None,
    settings: Mapping[str, Any],
) -> CompleteProblem:
    """The problem of a model text and data whose incomplete rows are left out."""
    table = build(model, options, len(labels))
    sample = sample_of(table, data, settings["group"], labels, singular=estimator.bears_singular)
    problem = problem_of(table, sample, estimator, information)
    if estimator.robust:
        problem.need_rows("its robust standard errors and test")
    return problem


def problem_of(
    table: ParameterTable, sample: Sample, estimator: Estimator, information: str | None = None
) -> CompleteProblem:
    """Bring model and sample to the internal scale and choose the discrepancy."""
    scale = np.sqrt(np.average(np.diagonal(sample.cov, axis1=1, axis2=2), axis=0, weights=sample.n))
    model = compile_model(table, np.where(scale > 0, scale, 1.0))
    return problem_for(model, sample, estimator, information)


def problem_for(
    model: CompiledModel, sample: Sample, estimator: Estimator, information: str | None = None
) -> CompleteProblem:
    """The same for a model that is compiled already."""
    information = information or estimator.information
    scale = model.scale[: model.observed]
    cov = sample.cov / np.outer(scale, scale)
    mean = sample.mean / scale if model.means else None
    least_squares = not estimator.likelihood
    total = sample.n.sum()
    own_targets = []
    for group, count in enumerate(sample.n):
        own = cov[group : group + 1]
        share = count / total
        if least_squares:  # lavaan: divisor n - 1 and weight (n_g - 1) / N
            own, share = own * (count / (count - 1)), (count - 1) / total
        own_targets.append(Target(own, None if mean is None else mean[group : group + 1], float(share)))
    targets = tuple(own_targets)
    kind = KINDS.get(estimator.discrepancy, LeastSquares)
    problem = CompleteProblem(model, estimator, information, sample, kind(targets), targets)
    if kind is not LeastSquares:
        return problem
    targets = tuple(
        replace(target, weight=weight) for target, weight in zip(targets, _weights(problem), strict=True)
    )
    return replace(problem, discrepancy=LeastSquares(targets), targets=targets)


def _weights(problem: CompleteProblem) -> list[np.ndarray]:
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
