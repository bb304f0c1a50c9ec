"""Second-order quantities of the casewise likelihood: information, scores, robust tests and measures."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.compiled_model import Model, State
from workbench.sem.incomplete.patterns import casewise_scores, information, loglik_and_gradient
from workbench.sem.inference import Inference, ScaledTest

if TYPE_CHECKING:
    from workbench.sem.incomplete.problem import MissingProblem


def moment_gradient(
    model: Model, group: int, state: State, by_mu: np.ndarray, by_sigma: np.ndarray
) -> np.ndarray:
    """Gradient (B, k) in the group's parameters of a function with the given derivatives in μ and Σ."""
    part = model.groups[group]
    u, w = state.z[:, :, part.u], state.z[:, :, part.w]
    value = 2.0 * part.half * (u * (by_sigma @ w)).sum(axis=1)
    return value + state.tau * (by_mu @ u)


class MissingInference(Inference):
    """Second-order quantities of the casewise likelihood."""

    problem: MissingProblem

    @cached_property
    def _derivatives(self) -> list[tuple[np.ndarray, np.ndarray]]:
        pairs = zip(self.problem.discrepancy.saturated, self.states, strict=True)
        return [loglik_and_gradient(own.patterns, state.mu[0], state.sigma[0])[1:] for own, state in pairs]

    def _own(self, group: int) -> tuple[np.ndarray, np.ndarray]:
        """The parameters of a group, and its moments' derivatives in these alone: others' are zero."""
        columns = self.model.groups[group].columns
        return columns, self.jacobians[group][:, columns]

    def _moment_information(self, observed: bool) -> np.ndarray:
        total = np.zeros((self.model.parameters,) * 2)
        for group, own in enumerate(self.problem.discrepancy.saturated):
            state = self.states[group]
            columns, change = self._own(group)
            matrix = information(own.patterns, state.mu[0], state.sigma[0], observed)
            total[np.ix_(columns, columns)] += (
                self.shares[group] / own.patterns.n * change.T @ matrix @ change
            )
        return total

    @cached_property
    def weights(self) -> list[np.ndarray]:
        """Observed information of the saturated moments, of one row."""
        return [own.observed for own in self.problem.discrepancy.saturated]

    @cached_property
    def expected(self) -> np.ndarray:
        """Expected information given the patterns, of one row."""
        return self._moment_information(observed=False)

    @cached_property
    def observed(self) -> np.ndarray:
        """Hessian of ``fmin``: the moments' Hessian, and the curvature of the moments by complex step."""
        size, step = self.model.parameters, 1e-30
        bent = np.zeros((size, size))
        for group, (target, share) in enumerate(zip(self.problem.targets, self.shares, strict=True)):
            columns = self.model.groups[group].columns
            moved = self.x + 1j * step * np.eye(size)[columns]
            cov, mean = (np.repeat(moment, len(columns), 0) for moment in (target.cov, target.mean))
            state = self.model.state(group, moved, cov, mean)
            gradient = moment_gradient(self.model, group, state, *self._derivatives[group])
            weight = share / self.problem.discrepancy.saturated[group].patterns.n
            bent[np.ix_(columns, columns)] -= weight * gradient.imag / step
        return self._moment_information(observed=True) + 0.5 * (bent + bent.T)

    def casewise(self, group: int, at_model: bool = True) -> np.ndarray:
        """Scores of the rows in the group's parameters, (n, k), the rows sorted by pattern."""
        state, own = self.states[group], self.problem.discrepancy.saturated[group]
        _, change = self._own(group)
        parts = casewise_scores(own.patterns, state.mu[0], state.sigma[0])
        return np.concatenate([scores @ change for _, scores in parts])

    def _yuan_bentler(self, statistic: float, df: int) -> ScaledTest:
        if df == 0:
            return ScaledTest("yuan.bentler.mplus", 0.0, 0, float("nan"), trace=0.0)
        groups = self.problem.discrepancy.saturated
        saturated = sum(
            float((own.inverse(self.problem.information) * own.first_order).sum()) for own in groups
        )
        model = float((self.bread * self.first_order).sum())
        trace = saturated - model
        factor = trace / df
        moments, parameters = sum(int(own.random.sum()) for own in groups), self.model.parameters
        return ScaledTest(
            "yuan.bentler.mplus", statistic / factor, df, factor, trace=trace,
            factor_h1=saturated / moments, factor_h0=model / parameters if parameters else float("nan"),
        )  # fmt: skip

    def complete_data_test(self, df: int) -> tuple[float, ScaledTest]:
        """Complete-data statistic at the saturated moments with its scaling factor, for the robust measures.

        Zhang, X. and Savalei, V. (2022), Structural Equation Modeling 30, 1–16 (FIML-C): version 6 of the
        factor under ML, version 3 under MLR, as in lavaan's ``cfi.robust`` and ``rmsea.robust``; lavaan's
        0.6-14 too in giving random exogenous variables no weight (``Saturated.complete_weight``).
        """
        robust = self.problem.estimator.test != "standard"
        chisq, trace = 0.0, 0.0
        size = self.model.parameters
        metric, complete, crossed, scores = np.zeros((4, size, size))
        for group, (own, state, share) in enumerate(
            zip(self.problem.discrepancy.saturated, self.states, self.shares, strict=True)
        ):
            shift = own.mean - state.mu[0]
            solved = np.linalg.solve(state.sigma[0], own.cov + np.outer(shift, shift))
            logs = np.linalg.slogdet(state.sigma[0])[1] - np.linalg.slogdet(own.cov)[1]
            chisq += own.patterns.n * float(logs + np.trace(solved) - len(shift))
            columns, change = self._own(group)
            change = change * own.random[:, None]
            weighted = own.complete_weight @ change
            mine = np.ix_(columns, columns)
            metric[mine] += share * change.T @ getattr(own, self.problem.information) @ change
            complete[mine] += share * change.T @ weighted
            if robust:
                trace += own.robust_trace
                crossed[mine] += share * change.T @ (own.first_order @ (own.inverse() @ weighted))
                scores[mine] += share * change.T @ own.first_order @ change
            else:
                trace += own.complete_trace
        inverse = self.bordered_inverse(metric)
        if robust:
            trace -= 2.0 * float((inverse * crossed.T).sum())
            trace += float(np.trace(inverse @ complete @ inverse @ scores))
        else:
            trace -= float((inverse * complete).sum())
        factor = trace / df if df else float("nan")
        return chisq, ScaledTest("fiml.corrected", chisq / factor, df, factor)
