"""Information matrices, standard errors and test statistics at the minimum.

Everything is computed on the engine's internal scale; :class:`workbench.sem.result.Fit` carries it back.
Normal-theory quantities come from case-wise products with ``Z' Sigma^-1`` and never form the matrix of fourth
moments; least squares and the scaled-and-shifted test form it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.compiled_model import State
from workbench.sem.definite import inverted
from workbench.sem.directions import in_directions
from workbench.sem.discrepancy import assemble
from workbench.sem.matrices import vech_cells
from workbench.sem.standardized import latent_moments

if TYPE_CHECKING:
    from workbench.sem.problem import Problem


@dataclass(frozen=True)
class ScaledTest:
    """A robust test of exact fit: statistic, df, scaling factor, and what measures need of it."""

    kind: str
    statistic: float
    df: float
    factor: float
    shift: float = 0.0
    trace: float = float("nan")
    factor_h1: float = float("nan")
    factor_h0: float = float("nan")


def adjusted_test(kind: str, statistic: float, df: int, trace: float, square: float) -> ScaledTest:
    """A statistic brought near its chi-square distribution by tr(U Gamma) and tr(U Gamma U Gamma).

    ``satorra.bentler`` corrects the mean; ``mean.var.adjusted`` mean and variance by the degrees of freedom;
    ``scaled.shifted`` mean and variance with these kept (Satorra & Bentler 1994; Asparouhov & Muthén 2010).
    """
    if kind == "satorra.bentler":
        factor = trace / df
        return ScaledTest(kind, statistic / factor, df, factor, trace=trace)
    if kind == "mean.var.adjusted":
        factor = square / trace
        return ScaledTest(kind, statistic / factor, trace**2 / square, factor, trace=trace)
    slope = float(np.sqrt(df / square))
    shift = df - slope * trace
    return ScaledTest(kind, slope * statistic + shift, df, 1 / slope, float(shift), trace=trace)


class Inference:
    """Second-order quantities of a problem at parameters ``x`` (q,), computed when asked for."""

    def __init__(self, problem: Problem, x: np.ndarray, expected: np.ndarray | None = None):
        self.problem = problem
        self.model = problem.model
        self.x = x
        self._expected = expected  # where the minimisation has computed it

    @cached_property
    def states(self) -> list[State]:
        """Implied moments of each group, one draw."""
        return [
            self.model.state(group, self.x[None], target.cov, target.mean)
            for group, target in enumerate(self.problem.targets)
        ]

    @cached_property
    def latent(self) -> list[tuple]:
        """A, S, m and the covariances of all variables of each group, one draw."""
        return [latent_moments(self.problem, self.x[None], group) for group in range(len(self.model.groups))]

    @cached_property
    def shares(self) -> np.ndarray:
        """Groups' shares of all rows."""
        return self.problem.n / self.problem.n.sum()

    @cached_property
    def expected(self) -> np.ndarray:
        """Expected information of one observation, (q, q)."""
        if self._expected is not None:
            return self._expected
        targets = tuple(
            type(target)(target.cov, target.mean, share, target.weight)
            for target, share in zip(self.problem.targets, self.shares, strict=True)
        )
        return assemble(self.model, self.problem.discrepancy, targets, self.x[None])[2][0]

    @cached_property
    def observed(self) -> np.ndarray:
        """Hessian of ``fmin``: in closed form, or the complex-step derivative of the analytic gradient."""
        problem, model, size, step = self.problem, self.model, self.model.parameters, 1e-30
        if problem.discrepancy.exact:
            return assemble(model, problem.discrepancy, problem.targets, self.x[None], exact=True)[2][0]
        hessian = np.zeros((size, size))
        for group, target in enumerate(problem.targets):
            columns = model.groups[group].columns
            x = self.x + 1j * step * np.eye(size)[columns]
            cov, mean = np.repeat(target.cov, len(columns), 0), _repeat(target.mean, len(columns))
            gradient = problem.discrepancy.gradient(model, group, target, model.state(group, x, cov, mean))
            hessian[np.ix_(columns, columns)] += target.share * gradient.imag / step
        return (hessian + hessian.T) / 2

    @cached_property
    def information(self) -> np.ndarray:
        """The information that standard errors rest on."""
        kind = self.problem.information
        if kind == "observed":
            return self.observed
        if kind == "first_order":
            return self.first_order
        return self.expected

    def reduced(self, matrix: np.ndarray) -> np.ndarray:
        """A matrix by parameters, in the free directions."""
        return in_directions(matrix, self.model.basis)

    def bordered_inverse(self, matrix: np.ndarray) -> np.ndarray:
        """Inverse of an information within the equality constraints, (q, q)."""
        basis = self.model.basis
        inverse = scaled_inverse(self.reduced(matrix))
        return inverse if basis is None else basis @ inverse @ basis.T

    @cached_property
    def bread(self) -> np.ndarray:
        """Inverse information within the equality constraints."""
        return self.bordered_inverse(self.information)

    @cached_property
    def vcov(self) -> np.ndarray:
        """Covariance matrix of the parameters (internal scale), (q, q)."""
        total = self.problem.n.sum()
        if not self.problem.estimator.likelihood:  # lavaan: divisor n - 1, one for each group
            total = total - len(self.problem.n)
        kind = self.problem.estimator.se
        if kind == "standard":
            return self.bread / total
        if kind == "robust.huber.white":
            return self.bread @ self.first_order @ self.bread / total
        return self.bread @ self.meat @ self.bread / total

    # -- case-wise quantities -------------------------------------------------------------------------
    def _deviations(self, group: int, centre: np.ndarray | None = None) -> np.ndarray:
        data = self.problem.data[group]
        return data - (data.mean(axis=0) if centre is None else centre)

    def _columns(self, group: int) -> tuple[np.ndarray, np.ndarray]:
        """``Z' Sigma^-1`` as (p, T + c), for normal-theory weights."""
        state = self.states[group]
        inverse = self.problem.discrepancy.weight_inverse(group, state)
        return inverse, inverse @ state.z[0]

    def casewise(self, group: int, at_model: bool = False) -> np.ndarray:
        """``Delta' V (z_i - s)`` for every row, (n, k): z_i are the squares and products of the deviations.

        ``at_model``: scores of the likelihood, deviations from the implied means and covariances.
        """
        part, state = self.model.groups[group], self.states[group]
        _, columns = self._columns(group)
        centre = state.mu[0] if at_model and state.mu is not None else None
        projected = self._deviations(group, centre) @ columns
        first, second = projected[:, part.u], projected[:, part.w]
        products = first * second
        if at_model:
            gram = state.z[0].T @ columns
            products -= gram[part.u, part.w]
        else:
            products -= products.mean(axis=0)
        products *= part.half
        if state.tau is not None:
            products += state.tau[0] * first
        return products

    @cached_property
    def first_order(self) -> np.ndarray:
        """Cross-products of case-wise scores, one observation's worth, (q, q)."""
        self.problem.need_rows("first-order information")
        return self._cross_products(at_model=True)

    @cached_property
    def meat(self) -> np.ndarray:
        """``Delta' V Gamma V Delta`` summed over groups, (q, q)."""
        self.problem.need_rows("robust standard errors")
        if self.problem.estimator.normal_theory and not self.problem.fixed_columns:
            return self._cross_products(at_model=False)
        return self._products[2]

    @cached_property
    def _products(self) -> tuple[float, float, np.ndarray, np.ndarray]:
        """Over the groups: tr(VΓ), tr(VΓVΓ), ``Delta' V Gamma V Delta`` and the same with ``Gamma V Gamma``.

        One pass, because the product of Γ, which is as large as the moments squared, is what costs.
        """
        first = second = 0.0
        middle, twice = np.zeros((2, *(self.model.parameters,) * 2))
        for group, share in enumerate(self.shares):
            gamma, weighted = self.problem.gammas[group], self.weighted_jacobian(group)
            product, spread = self.weigh(group, gamma), gamma @ weighted
            own = np.ix_(self.model.groups[group].columns, self.model.groups[group].columns)
            first += float(np.trace(product))
            second += float(np.einsum("ij,ji->", product, product))
            middle[own] += share * (weighted.T @ spread)
            twice[own] += share * (spread.T @ self.weigh(group, spread))
        return first, second, middle, twice

    def weighted_jacobian(self, group: int) -> np.ndarray:
        """``V Delta`` of one group by the group's own parameters, in the order of its columns."""
        delta = self.jacobians[group][:, self.model.groups[group].columns]
        return self.weigh(group, delta)

    def weigh(self, group: int, matrix: np.ndarray) -> np.ndarray:
        """``V M``: the weight matrix of a group times a matrix, a diagonal one without being built."""
        weight = self.problem.targets[group].weight
        if weight is not None and weight.ndim == 1:
            return weight[:, None] * matrix
        return self.weights[group] @ matrix

    def _cross_products(self, at_model: bool) -> np.ndarray:
        total = np.zeros((self.model.parameters,) * 2)
        for group, share in enumerate(self.shares):
            scores = self.casewise(group, at_model)
            columns = self.model.groups[group].columns
            total[np.ix_(columns, columns)] += share * (scores.T @ scores) / len(scores)
        return total

    # -- explicit moment-space quantities -------------------------------------------------------------
    @cached_property
    def jacobians(self) -> list[np.ndarray]:
        """Derivatives of the stacked moments, (P, q) for each group."""
        return [self.model.jacobian(group, state)[0] for group, state in enumerate(self.states)]

    @cached_property
    def weights(self) -> list[np.ndarray]:
        """The weight matrix V of each group, (P, P)."""
        result = []
        for group, (target, state) in enumerate(zip(self.problem.targets, self.states, strict=True)):
            if target.weight is not None:
                result.append(np.diag(target.weight) if target.weight.ndim == 1 else target.weight)
            else:
                inverse = self.problem.discrepancy.weight_inverse(group, state)
                result.append(normal_theory_weight(inverse, self.model.means))
        return result

    # -- tests ----------------------------------------------------------------------------------------
    def traces(self) -> tuple[float, float]:
        """tr(U Gamma) and tr(U Gamma U Gamma), groups together."""
        self.problem.need_rows("a scaled test")
        estimator = self.problem.estimator
        plain = estimator.likelihood and not self.problem.fixed_columns
        if plain and estimator.test == "satorra.bentler":
            return self._trace_casewise(), float("nan")
        inverse = self.bordered_inverse(self.expected)
        # U = V - A K A' with A = V Delta: K is as wide as there are parameters, and far fewer of these than
        # of moments, so U itself, over all groups' moments, is never built.
        first, second, middle, twice = self._products
        turned = inverse @ middle
        first -= float(np.trace(turned))
        second += float((turned * turned.T).sum() - 2 * (inverse * twice).sum())
        return first, second

    def _trace_casewise(self) -> float:
        """tr(U Gamma) = tr(V Gamma) - tr((Delta'V Delta)^-1 Delta'V Gamma V Delta), from case-wise
        products.
        """
        total = 0.0
        for group, state in enumerate(self.states):
            inverse = self.problem.discrepancy.weight_inverse(group, state)
            total += trace_normal_weight(self._deviations(group), inverse, self.model.means)
        return total - float((self.bordered_inverse(self.expected) * self.meat).sum())

    def scaled_test(self, statistic: float, df: int) -> ScaledTest | None:
        """The estimator's robust test (Satorra & Bentler 1994; Asparouhov & Muthén 2010; Yuan & Bentler
        2000).
        """
        kind = self.problem.estimator.test
        if kind == "standard":
            return None
        if kind == "yuan.bentler.mplus":
            return self._yuan_bentler(statistic, df)
        if df == 0:
            return ScaledTest(kind, 0.0, 0, float("nan"), trace=0.0)
        return adjusted_test(kind, statistic, df, *self.traces())

    def _yuan_bentler(self, statistic: float, df: int) -> ScaledTest:
        self.problem.need_rows("the Yuan-Bentler test")
        moments, saturated = 0, 0.0
        for group, target in enumerate(self.problem.targets):
            inverse = np.linalg.inv(target.cov[0])
            saturated += trace_normal_weight(self._deviations(group), inverse, self.model.means)
            fixed = self.problem.fixed_columns
            if fixed:
                part = np.linalg.inv(target.cov[0][np.ix_(fixed, fixed)])
                saturated -= trace_normal_weight(
                    self._deviations(group)[:, list(fixed)], part, self.model.means
                )
            moments += self.problem.moments_per_group
        model = float((self.bread * self.first_order).sum())
        parameters = self.model.parameters  # lavaan: before equality constraints
        if df == 0:
            return ScaledTest("yuan.bentler.mplus", 0.0, 0, float("nan"), trace=0.0)
        trace = saturated - model
        factor = trace / df
        return ScaledTest(
            "yuan.bentler.mplus", statistic / factor, df, factor, trace=trace,
            factor_h1=saturated / moments, factor_h0=model / parameters if parameters else float("nan"),
        )  # fmt: skip


def _repeat(values: np.ndarray | None, times: int) -> np.ndarray | None:
    return None if values is None else np.repeat(values, times, 0)


def scaled_inverse(matrix: np.ndarray) -> np.ndarray:
    """Inverse of a symmetric matrix, its diagonal brought to one; pseudo-inverse where it is singular."""
    if matrix.size == 0:
        return matrix
    scale = np.sqrt(np.maximum(np.abs(np.diagonal(matrix)), 1e-300))
    scaled = matrix / np.outer(scale, scale)
    found = inverted(scaled)
    if found is not None:
        return found[0] / np.outer(scale, scale)
    try:
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        inverse = np.linalg.pinv(scaled)
    return inverse / np.outer(scale, scale)


def trace_normal_weight(deviations: np.ndarray, inverse: np.ndarray, means: bool) -> float:
    """tr(V Gamma) for the normal-theory weight at ``inverse``, from the rows' Mahalanobis distances."""
    weighted = deviations @ inverse
    distance = (weighted * deviations).sum(axis=1)
    count = len(deviations)
    cov = deviations.T @ deviations / count
    product = inverse @ cov
    value = 0.5 * ((distance**2).mean() - (product * product.T).sum())
    return float(value + np.trace(product)) if means else float(value)


def normal_theory_weight(inverse: np.ndarray, means: bool) -> np.ndarray:
    """``V = 1/2 D'(inverse x inverse)D`` over vech, with ``inverse`` itself for the means in front."""
    size = len(inverse)
    rows, columns = vech_cells(size)
    cross = (
        inverse[np.ix_(rows, rows)] * inverse[np.ix_(columns, columns)]
        + inverse[np.ix_(rows, columns)] * inverse[np.ix_(columns, rows)]
    )
    double = np.where(rows == columns, 0.5, 1.0)
    weight = cross * np.outer(double, double)
    if not means:
        return weight
    full = np.zeros((size + len(rows),) * 2)
    full[:size, :size] = inverse
    full[size:, size:] = weight
    return full
