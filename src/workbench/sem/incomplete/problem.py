"""Full-information maximum likelihood: the engine's problem and inference for data with holes.

The discrepancy is ``(ℓ₁ - ℓ) / n``, ℓ₁ the log-likelihood of the saturated model, so that ``2 N fmin`` is the
likelihood-ratio statistic. Scoring steps use the expected information of the moments given the patterns at
the implied moments where it is cheap; for many variables the observed one at the saturated moments, once for
all steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError, Fault
from workbench.sem.compiled_model import Model, State
from workbench.sem.complete.moment_variation import inverse_of_random, random_moments
from workbench.sem.complete.scores import normal_scores
from workbench.sem.data.answers import Answers, answers_with_holes
from workbench.sem.data.sample import Sample
from workbench.sem.discrepancy import Discrepancy, Target, Terms, evaluate
from workbench.sem.estimators import INCOMPLETE, Estimator
from workbench.sem.incomplete.inference import MissingInference, moment_gradient
from workbench.sem.incomplete.patterns import (
    available_moments,
    casewise_scores,
    expected_squares,
    information,
    loglik_and_gradient,
    pairwise_moments,
)
from workbench.sem.incomplete.saturated import Saturated, saturated_of
from workbench.sem.independence import independence_table
from workbench.sem.inference import ScaledTest, scaled_inverse
from workbench.sem.matrices import compile_model
from workbench.sem.optimiser import Minimum, minimise
from workbench.sem.problem import Problem
from workbench.sem.table import Options, ParameterTable, build

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.data.moments import Moments

_TOLERANCE = 5e-8
"""Gradient of fmin at which a fit stops: rounding in sums over thousands of patterns leaves about 1e-8."""
_BASELINE_TOLERANCE = 1e-6
"""The same for the baseline, of which only the statistic counts (its error is the gradient's square)."""
_SELDOM = 0.1
"""Share of rows that answer both of two variables below which it is said, as lavaan does."""
_SINGULAR = 1e-8
"""Smallest eigenvalue of the saturated correlations with which a fit goes on."""
_CHEAP = 1e8
"""Up to so many products (patterns times squared moments) the information is computed anew at every step."""


class FullInformation(Discrepancy):
    """Casewise normal likelihood, as a discrepancy of the engine (one draw)."""

    def __init__(self, saturated: tuple[Saturated, ...]):
        self.saturated = saturated

    def take(self, draws: np.ndarray) -> FullInformation:
        """The same: there is one draw."""
        return self

    def group(self, model: Model, group: int, target: Target, state: State) -> Terms:
        """``(ℓ₁ - ℓ) / n``, gradient and scoring matrix of one group."""
        own = self.saturated[group]
        loglik, by_mu, by_sigma = loglik_and_gradient(own.patterns, state.mu[0], state.sigma[0])
        n = own.patterns.n
        change = model.own_jacobian(group, state)[0]
        gradient = -moment_gradient(model, group, state, by_mu, by_sigma) / n
        if len(own.patterns.frequency) * len(change) ** 2 < _CHEAP and np.isfinite(loglik):
            metric = information(own.patterns, state.mu[0], state.sigma[0], observed=False) / n
        else:
            metric = own.observed  # which the robust measures need too
        matrix = change.T @ metric @ change
        return np.array([(own.loglik - loglik) / n]), gradient, matrix[None]

    def weight_inverse(self, group: int, state: State) -> np.ndarray:
        """Inverse of the implied covariance matrix."""
        return np.linalg.inv(state.sigma[0])


@dataclass(frozen=True)
class MissingProblem(Problem):
    """A problem whose rows have holes; ``targets`` hold the saturated moments."""

    discrepancy: FullInformation

    def solve(self, tolerance: float = _TOLERANCE) -> Minimum:
        """Minimise from starting values that the saturated moments give."""
        farthest = max(float(np.abs(own.mean).max()) for own in self.discrepancy.saturated)
        tolerance = max(tolerance, farthest * 1e-13)  # what the rounding of a mean far from zero leaves
        best = minimise(self.model, self.discrepancy, self.targets, self.start(), tolerance)
        if best.converged[0]:
            return best
        found = minimise(self.model, self.discrepancy, self.targets, self.start(simple=True), tolerance)
        return found if found.converged[0] or found.value[0] < best.value[0] else best

    def resampled(self, chosen: Sequence[np.ndarray]) -> MissingProblem:
        """The same problem with other rows."""
        return missing_problem(self.table, self.sample.rows.taken(chosen), self.estimator, self.information)

    def inference(self, x: np.ndarray) -> MissingInference:
        """Second-order quantities at parameters ``x``."""
        return MissingInference(self, x)

    @property
    def gammas(self) -> tuple[np.ndarray, ...]:
        """n times the covariance of the saturated moments: inverse information, a sandwich under MLR."""
        robust = self.estimator.se != "standard"
        found = []
        for own in self.discrepancy.saturated:
            inverse = scaled_inverse(own.observed) if own.fixed else own.inverse()
            found.append(inverse @ own.first_order @ inverse if robust else inverse)
        return tuple(found)

    @property
    def information_by_moments(self) -> bool:
        """The scoring matrix may be another than the expected information, which the moments' gives."""
        return True

    def moment_information(self, inference: Any, group: int, kind: str) -> np.ndarray:
        """Information of one observation in a group's moments at the solution."""
        patterns, state = self.discrepancy.saturated[group].patterns, inference.states[group]
        mu, sigma = state.mu[0], state.sigma[0]
        if kind == "first_order":
            found = sum(scores.T @ scores for _, scores in casewise_scores(patterns, mu, sigma))
        else:
            found = information(patterns, mu, sigma, kind == "observed")
        random = random_moments(self)
        return found / patterns.n * np.outer(random, random)

    def sampling_covariance(self, group: int) -> np.ndarray:
        """n times the covariance matrix of a group's saturated moments."""
        own, robust = self.discrepancy.saturated[group], self.estimator.se != "standard"
        inner = getattr(own, self.information)
        return inverse_of_random(self, group, inner, own.first_order if robust else None)

    def factor_scores(self, x: np.ndarray, method: str) -> list[np.ndarray]:
        """Scores of each group's rows, each from what it answered."""
        return normal_scores(self, x, method)

    def weighted_squares(self, group: int, state: State) -> tuple[float, float]:
        """``e'We`` and ``s'Ws`` of lavaan's GFI: s the pairwise moments, W the expected information."""
        own, fixed = self.discrepancy.saturated[group], list(self.fixed_columns)
        mean, cov = pairwise_moments(own.patterns)
        mu, sigma = state.mu[0], state.sigma[0]
        found = []
        for shift, change in ((mean - mu, cov - sigma), (mean, cov)):
            shift[fixed], change[np.ix_(fixed, fixed)] = 0.0, 0.0
            found.append(expected_squares(own.patterns, sigma, shift, change))
        return found[0], found[1]

    def unrestricted_loglik(self) -> float:
        """Log-likelihood of the saturated model on the data's scale, given what is fixed to the sample."""
        total = 0.0
        for own in self.discrepancy.saturated:
            answered = own.patterns.observed.T.astype(float) @ own.patterns.frequency
            total += own.loglik - float(answered @ np.log(self.scale))
            if self.fixed_columns:
                fixed = list(self.fixed_columns)
                part = own.cov[np.ix_(fixed, fixed)] * np.outer(self.scale[fixed], self.scale[fixed])
                constant = len(fixed) * (np.log(2.0 * np.pi) + 1.0) + np.linalg.slogdet(part)[1]
                total += 0.5 * own.patterns.n * float(constant)
        return total

    def independence(self, table: ParameterTable | None = None) -> MissingProblem:
        """The same data under the independence model."""
        return replace(self, model=compile_model(independence_table(table or self.table), self.scale))

    def available(self) -> np.ndarray:
        """Parameters of an independence model: each variable's own mean and variance over its answers."""
        moments = [available_moments(own.patterns) for own in self.discrepancy.saturated]
        place = {name: position for position, name in enumerate(self.table.variables.observed)}
        rows = [self.table.rows[index] for index in self.table.free]
        values = [moments[row.group - 1][row.op == "~~"][place[row.lhs]] for row in rows]
        return np.array(values)

    def solved_independence(self) -> MissingInference:
        """The independence model (``self``) at its solution: in closed form where nothing covaries."""
        rows = [self.table.rows[index] for index in self.table.free]
        related = any(row.op == "~~" and row.lhs != row.rhs for row in rows)
        return self.inference(self.solve(_BASELINE_TOLERANCE).x[0] if related else self.available())

    @cached_property
    def _independent(self) -> MissingInference:
        return self.independence().solved_independence()

    @cached_property
    def baseline(self) -> tuple[float, int, ScaledTest | None]:
        """Chi-square, df and robust test of the independence model."""
        inference = self._independent
        problem = inference.problem
        reduced = problem.model.reduce(inference.x[None])
        value = evaluate(problem.model, problem.discrepancy, problem.targets, reduced)[0]
        chisq = 2.0 * self.sample.total * float(value[0])
        return chisq, problem.df, inference.scaled_test(chisq, problem.df)

    def robust_tests(self, inference: Any, chisq: float) -> tuple[float, ScaledTest, float, ScaledTest]:
        """Complete-data statistics of model and baseline with scaling factors.

        With auxiliary variables, semTools' own baseline lets these covary; lavaan 0.6-14 takes the robust
        measures' baseline statistic and factor from one in which they do not, and so does this.
        """
        base = self._independent
        if self.table.options.auxiliary:
            plain = replace(self.table, options=replace(self.table.options, auxiliary=()))
            base = self.independence(plain).solved_independence()
        return (*inference.complete_data_test(self.df), *base.complete_data_test(base.problem.df))


def problem_with_holes(
    model: str,
    data: pd.DataFrame | Moments,
    labels: tuple[Any, ...],
    options: Options,
    estimator: Estimator,
    information: str | None,
    settings: Mapping[str, Any],
) -> MissingProblem:
    """The problem of a model text and a DataFrame with missing answers."""
    table = build(model, replace(options, meanstructure=True), len(labels))
    answers = answers_with_holes(table, data, settings["group"], labels, "missing='fiml'")
    return missing_problem(table, answers, estimator, information)


def _unusable(names: tuple[str, ...], values: np.ndarray, where: str) -> list[Fault]:
    """Why a group's rows cannot carry a likelihood, in the user's terms."""
    answered = ~np.isnan(values)
    rows = int(answered.any(axis=1).sum())
    if rows <= len(names):
        what = f"{where}{rows:,} rows with an answer and {len(names)} variables"
        return [Fault(what, fix="More rows than variables are needed.")]
    faults = []
    for name, column, seen in zip(names, values.T, answered.T, strict=True):
        if not seen.any():
            faults.append(Fault(f"{where}nobody answered", column=name, fix="Leave it out."))
        elif np.ptp(column[seen]) <= 1e-10 * np.abs(column[seen]).max():
            faults.append(Fault(f"{where}has the same value in every row", column=name, fix="Leave it out."))
    return faults


def _check_coverage(values: np.ndarray, names: tuple[str, ...], where: str, said: list[str]) -> None:
    """Raise where two variables are never answered together; say where they seldom are."""
    answered = (~np.isnan(values)).astype(float)
    coverage = answered.T @ answered / answered.any(axis=1).sum()
    never = [(names[a], names[b]) for a, b in np.argwhere(np.triu(coverage == 0, 1))]
    if never:
        pairs = ", ".join(f"{a} with {b}" for a, b in never[:5])
        raise DataError(
            f"{where}never answered together: {pairs}. No covariance can be estimated; leave one out"
        )
    share = coverage + np.eye(len(names))
    if share.min() < _SELDOM:
        a, b = np.unravel_index(share.argmin(), share.shape)
        said.append(
            f"{where}pairs of variables answered together by less than {_SELDOM:.0%} of the rows: "
            f"{int((share < _SELDOM).sum()) // 2} ({names[a]} with "
            f"{names[b]} by {share[a, b]:.1%}): what they share rests on few answers"
        )


def _check_definite(cov: np.ndarray, loglik: float, names: tuple[str, ...], where: str) -> None:
    """Raise where the saturated likelihood has no maximum because the covariance matrix turns singular."""
    sd = np.sqrt(np.diagonal(cov))
    values, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
    if np.isfinite(loglik) and values[0] > _SINGULAR:
        return
    involved = [name for name, weight in zip(names, vectors[:, 0], strict=True) if abs(weight) > 0.1]
    raise DataError(
        f"{where}the covariance matrix turns singular, so the likelihood without a model has no maximum and "
        f"the fit no test. Look at {', '.join(involved)}: too few rows answer them together, or one is "
        "nearly a sum of others"
    )


def missing_problem(
    table: ParameterTable, answers: Answers, estimator: Estimator, chosen: str | None = None
) -> MissingProblem:
    """Bring a model and rows with holes to the internal scale.

    Parameters
    ----------
    table : parameter table with means.
    answers : rows of each group, NaN where an answer is missing.
    estimator : ML or MLR.
    chosen : information for the standard errors; observed if None.
    """
    kind = chosen or "observed"
    estimator.check_answers(INCOMPLETE)
    names, groups, values = answers.names, answers.groups, answers.values
    faults = [
        fault
        for label, part in zip(groups, values, strict=True)
        for fault in _unusable(names, part, f"group {label}: " if len(groups) > 1 else "")
    ]
    if faults:
        raise DataError(faults)
    scale = np.nanstd(np.concatenate(values), axis=0)
    said = list(answers.notes)
    saturated = []
    exogenous = tuple(names.index(name) for name in table.variables.exogenous_observed)
    fixed = exogenous if table.options.fixed_x else ()
    for label, part in zip(groups, values, strict=True):
        where = f"group {label}: " if len(groups) > 1 else ""
        _check_coverage(part, names, where, said)
        own = saturated_of(part / scale, fixed, exogenous)
        _check_definite(own.cov, own.loglik, names, where)
        if not own.settled:
            said.append(
                f"{where}the saturated means and covariances (EM) did not settle; the test is not exact"
            )
        saturated.append(own)
    count = np.array([own.patterns.n for own in saturated])
    sample = Sample(
        names, groups, count, np.stack([own.cov for own in saturated]) * np.outer(scale, scale),
        np.stack([own.mean for own in saturated]) * scale, answers, tuple(said),
    )  # fmt: skip
    targets = tuple(
        Target(own.cov[None], own.mean[None], float(own.patterns.n / count.sum())) for own in saturated
    )
    model = compile_model(table, scale)
    discrepancy = FullInformation(tuple(saturated))
    return MissingProblem(model, estimator, kind, sample, discrepancy, targets)
