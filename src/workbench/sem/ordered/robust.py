"""What robust CFI and RMSEA of ordered items rest on: likelihood ratios of the polychoric matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.inference import Inference, ScaledTest, normal_theory_weight

if TYPE_CHECKING:
    from workbench.sem.ordered.problem import OrderedProblem


NEARLY_SINGULAR = 1.5e-8  # as lavaan has it


def likelihood_tests(
    problem: OrderedProblem, inference: Inference
) -> tuple[float, ScaledTest, float, ScaledTest] | None:
    """Likelihood-ratio statistics of the polychoric matrix, scaled, of the model and of the baseline.

    Savalei, V. (2021), Structural Equation Modeling 28, 1–20 (catML of the DWLS solution), as lavaan's
    ``cfi.robust``. Not a number with continuous or exogenous variables, free scales, constraints on
    thresholds, or a matrix (of the polychorics, or implied) that is not positive definite.
    """
    if problem.estimator.test in ("standard", "mean.var.adjusted"):
        return None
    layout, nan = problem.model.layout, float("nan")
    unknown = ScaledTest("catml", nan, nan, nan)
    if (
        problem.baseline[1] == 0
        or layout.continuous.size
        or layout.slope_cause.size
        or any((part.scales >= 0).any() for part in problem.model.groups)
        or _thresholds_constrained(problem)
        or any(np.linalg.eigvalsh(target.cov[0])[0] < NEARLY_SINGULAR for target in problem.targets)
    ):
        return nan, unknown, nan, unknown
    cut = layout.covariances
    df, base_df = problem.df, problem.baseline[1]
    if any(np.linalg.eigvalsh(state.sigma[0])[0] < NEARLY_SINGULAR for state in inference.states):
        return nan, unknown, nan, unknown
    bread = inference.bordered_inverse(inference.expected)
    statistic = base_chisq = base_trace = 0.0
    rows, columns = np.triu_indices(problem.model.observed)
    apart = rows != columns
    # tr(H'B H G) with H = I - D K D'W, written out so that nothing is as large as all groups' moments
    total, shape = 0.0, bread.shape
    likely, mixed, spread = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for place, (target, state, gamma, share, n) in enumerate(
        zip(problem.targets, inference.states, problem.gamma, inference.shares, problem.n, strict=True)
    ):
        cov, sigma = target.cov[0], state.sigma[0]
        logs = np.linalg.slogdet(sigma)[1] - np.linalg.slogdet(cov)[1]
        statistic += float(n) * float(logs + np.trace(np.linalg.solve(sigma, cov)) - len(cov))
        base_chisq -= float(n) * float(np.linalg.slogdet(cov)[1])
        own = problem.model.groups[place].columns
        delta, gamma = inference.jacobians[place][cut][:, own], gamma[cut, cut]
        block = normal_theory_weight(np.linalg.inv(sigma), False)[np.ix_(apart, apart)]
        weight = target.weight[cut, None] if target.weight.ndim == 1 else target.weight[cut, cut]
        weighted = weight * delta if weight.shape[1] == 1 else weight @ delta
        seen, pulled = gamma @ weighted, block @ delta
        total += float((block * gamma.T).sum())
        likely[np.ix_(own, own)] += share * (delta.T @ pulled)
        mixed[np.ix_(own, own)] += share * (seen.T @ pulled)
        spread[np.ix_(own, own)] += share * (weighted.T @ seen)
        base_trace += float(np.trace(gamma)) / share
    total += float((bread @ spread @ bread * likely).sum() - 2 * (bread * mixed).sum())
    factor, base_factor = total / df if df else float("nan"), base_trace / base_df
    return (
        statistic, ScaledTest("catml", statistic / factor, df, factor),
        base_chisq, ScaledTest("catml", base_chisq / base_factor, base_df, base_factor),
    )  # fmt: skip


def _thresholds_constrained(problem: OrderedProblem) -> bool:
    """Whether an equality constraint holds a threshold."""
    if problem.model.basis is None:
        return False
    shared = np.abs(problem.model.basis) > 0
    alone = shared.sum(axis=1) == 1
    alone &= (shared & (shared.sum(axis=0) == 1)).any(axis=1)
    return any(
        (
            part.thresholds[part.thresholds >= 0].size
            and not alone[part.thresholds[part.thresholds >= 0]].all()
        )
        for part in problem.model.groups
    )
