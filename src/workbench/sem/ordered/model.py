"""Models of ordered answers: latent responses, thresholds and scales.

An ordered item is a latent response y* cut at thresholds. Its variance is not identified: with scale δ (one,
or free in later groups where thresholds are equal) the residual variance is what makes δ² var(y*) = 1. These
residual variances are functions of the parameters, solved from a linear system because var(y*) is linear
in them; their derivatives follow by the implicit-function rule, so an ordered item may also be a cause. That
is the delta parameterization; under theta residual variances are one (or free in later groups) and δ follows.

The statistics are those of ``polychoric_acov``: δ(τ - μ*) for thresholds, means and variances of continuous
variables, and δ_a δ_b Σ_ab for pairs. ``OrderedModel`` stands where a ``CompiledModel`` would. With exogenous
variables all of them are conditional (thresholds and means at x = 0, covariances of residuals, δ Π for the
slopes Π, the total effects of x): what is implied without condition is found from the sample's moments of x.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from workbench.sem.compiled_model import IfAny, Model, State
from workbench.sem.constraints import Equalities
from workbench.sem.matrices import CompiledModel, compile_model, vech_cells
from workbench.sem.ordered.polychoric_acov import Layout
from workbench.sem.table import ParameterTable

OUTSIDE = ("|", "~*~")
"""Rows that are no entries of the path model: thresholds and scales."""


@dataclass(frozen=True)
class OrderedGroup:
    """Where one group's parameters stand among all.

    columns: all of the group, those of moments first, then scales, then thresholds. thresholds: per threshold
    of the layout, its column, or -1 and its value in ``fixed_thresholds``. scales, fixed_scales: the same for
    δ of the ordered items. dependent: columns of the inner model that hold the residual variances of the
    ordered items. mine, residuals: where the parameters of moments and ``dependent`` stand among the columns
    of the inner group.
    """

    columns: np.ndarray
    thresholds: np.ndarray
    fixed_thresholds: np.ndarray
    scales: np.ndarray
    fixed_scales: np.ndarray
    dependent: np.ndarray
    mine: np.ndarray
    residuals: np.ndarray

    @cached_property
    def free_scales(self) -> np.ndarray:
        """Ordered items whose scale is a parameter."""
        return np.flatnonzero(self.scales >= 0)

    @cached_property
    def free_thresholds(self) -> np.ndarray:
        """Thresholds that are parameters."""
        return np.flatnonzero(self.thresholds >= 0)


@dataclass(slots=True)
class OrderedState:
    """Implied moments of one group: ``sigma``, ``mu`` in the metric of the statistics, and what led there."""

    sigma: np.ndarray
    mu: np.ndarray
    z: np.ndarray
    tau: np.ndarray
    inner: State
    delta: np.ndarray
    cut: np.ndarray
    statistics: np.ndarray


class OrderedModel(Model):
    """A parameter table with thresholds, compiled; the interface of ``CompiledModel``."""

    means = True

    def __init__(
        self,
        table: ParameterTable,
        scale: np.ndarray,
        layout: Layout,
        joint: tuple[tuple[np.ndarray, np.ndarray], ...],
        latent_scale: np.ndarray | None = None,
    ):
        self.table, self.layout, self.joint = table, layout, joint
        names = table.variables.observed
        moment_rows = [index for index, row in enumerate(table.rows) if row.op not in OUTSIDE]
        self.dependent_rows = tuple(
            index
            for index in moment_rows
            if not (row := table.rows[index]).free and row.value is None and not row.exogenous
        )
        number = {index: place for place, index in enumerate(moment_rows)}
        free_moments = [index for index in table.free if index in number]
        freed = [number[index] for index in (*free_moments, *self.dependent_rows)]
        rows = [table.rows[index] for index in moment_rows]
        for place in freed[len(free_moments) :]:
            rows[place] = replace(rows[place], free=True)
        inner_table = replace(
            table, rows=tuple(rows), free=tuple(freed), equal=Equalities(None, None), definitions=()
        )
        self.inner: CompiledModel = compile_model(inner_table, scale, latent_scale)
        column = {index: place for place, index in enumerate(table.free)}
        self.moment_columns = np.array([column[index] for index in free_moments], dtype=int)
        self.observed, self.size, self.scale = self.inner.observed, self.inner.size, self.inner.scale
        self.unit = np.ones(len(table.free))
        self.unit[self.moment_columns] = self.inner.unit[: len(free_moments)]
        self.groups = tuple(self._group(group, column, names) for group in range(1, table.groups + 1))
        below, across = vech_cells(self.observed)
        self._cell = np.zeros((self.observed, self.observed), dtype=int)  # where Σ_ab stands among moments
        self._cell[below, across] = self._cell[across, below] = self.observed + np.arange(len(below))
        self.exogenous = np.unique(layout.slope_cause)
        self.theta = table.options.parameterization == "theta"
        causes = {int(cause) for part in self.inner.groups for cause in part.causes}
        self.feedback = bool(causes & set(layout.ordered.tolist()))
        basis: IfAny = table.equal.basis
        origin: IfAny = table.equal.origin
        if basis is not None:
            basis = basis / self.unit[:, None]
            basis = basis / np.abs(basis).max(axis=0, initial=1e-300)
            origin = origin / self.unit
        self.basis, self.origin = basis, origin

    def _group(self, group: int, column: dict[int, int], names: tuple[str, ...]) -> OrderedGroup:
        layout, rows = self.layout, self.table.rows
        place = {name: position for position, name in enumerate(names)}
        ordered = {int(variable): item for item, variable in enumerate(layout.ordered)}
        where = {
            (int(item), int(number)): position
            for position, (item, number) in enumerate(
                zip(layout.threshold_item, layout.threshold_number, strict=True)
            )
        }
        thresholds, scales = np.full(len(layout.threshold_item), -1), np.full(len(ordered), -1)
        fixed_thresholds, fixed_scales = np.zeros(len(thresholds)), np.ones(len(scales))
        for index, row in enumerate(rows):
            if row.group != group:
                continue
            if row.op == "|":
                target = where[ordered[place[row.lhs]], int(row.rhs[1:]) - 1]
                thresholds[target], fixed_thresholds[target] = column.get(index, -1), row.value or 0.0
            elif row.op == "~*~":
                target = ordered[place[row.lhs]]
                scales[target] = column.get(index, -1)
                fixed_scales[target] = 1.0 if row.value is None else row.value
        first = len(self.moment_columns)
        dependent = np.full(len(ordered), -1)
        for position, index in enumerate(self.dependent_rows):
            if rows[index].group == group:
                dependent[ordered[place[rows[index].lhs]]] = first + position
        inner = self.inner.groups[group - 1].columns
        mine, order = np.flatnonzero(inner < first), np.argsort(inner)
        residuals = order[np.searchsorted(inner, dependent[dependent >= 0], sorter=order)]
        others = scales[scales >= 0], thresholds[thresholds >= 0]
        columns = np.concatenate([self.moment_columns[inner[mine]], *others])
        return OrderedGroup(
            columns, thresholds, fixed_thresholds, scales, fixed_scales, dependent, mine, residuals
        )

    def recompiled(self, table: ParameterTable) -> OrderedModel:
        """Another table over the same variables, on the same internal scale."""
        scale, latent_scale = self.scale[: self.observed], self.scale[self.observed :]
        return OrderedModel(table, scale, self.layout, self.joint, latent_scale)

    def _scales(self, group: int, x: np.ndarray) -> np.ndarray:
        """Scales δ that are parameters, (B, items)."""
        part = self.groups[group]
        return np.where(part.scales >= 0, x[:, part.scales], part.fixed_scales)

    def _given_x(self, group: int, full: np.ndarray) -> State:
        """Implied moments of the inner model where exogenous variables are zero and do not vary."""
        none = np.zeros((len(full), self.observed, self.observed), full.dtype)
        return self.inner.state(group, full, none, none[:, 0])

    def complete(self, group: int, x: np.ndarray) -> np.ndarray:
        """Inner parameters: the moments' own, and the residual variances that give every y* its variance."""
        part, ordered = self.groups[group], self.layout.ordered
        full = np.zeros((len(x), self.inner.parameters), x.dtype)
        full[:, : len(self.moment_columns)] = x[:, self.moment_columns]
        if self.theta:
            return full
        state = self._given_x(group, full)
        wanted = self._scales(group, x) ** -2 - state.sigma[:, ordered, ordered]
        if self.feedback:
            reach = state.z[:, ordered[:, None], ordered] ** 2
            wanted = np.linalg.solve(reach, wanted[:, :, None])[:, :, 0]
        full[:, part.dependent] = wanted
        return full

    def system(
        self, group: int, x: np.ndarray, cov: IfAny = None, mean: IfAny = None
    ) -> tuple[np.ndarray, np.ndarray, IfAny]:
        """Paths, covariances and intercepts of one group, residual variances of ordered items filled in.

        Moments of exogenous variables are the sample's; ``cov`` and ``mean`` are not needed.
        """
        joint = [np.repeat(part, len(x), 0) for part in self.joint[group]]
        return self.inner.system(group, self.complete(group, x), *joint)

    def total_effects(self, group: int, paths: np.ndarray) -> np.ndarray:
        """``(I - A)^-1`` of paths (B, T, T)."""
        return self.inner.total_effects(group, paths)

    def given_x(self, group: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, IfAny]:
        """Paths, covariances and intercepts where exogenous variables are zero and do not vary."""
        none = np.zeros((len(x), self.observed, self.observed), x.dtype)
        return self.inner.system(group, self.complete(group, x), none, none[:, 0])

    def residual_variances(self, x: np.ndarray) -> dict[int, np.ndarray]:
        """Values of the rows that the parameters determine, by row number, for parameters ``x`` (B, q)."""
        found = {}
        for group in range(self.table.groups):
            full = self.complete(group, x)
            if self.theta:
                variance = np.diagonal(self._given_x(group, full).sigma, axis1=1, axis2=2)
                for index, row in enumerate(self.table.rows):
                    if row.op == "~*~" and row.group == group + 1:
                        place = self.table.variables.observed.index(row.lhs)
                        found[index] = np.where(variance[:, place] > 0, variance[:, place], np.nan) ** -0.5
            for position, index in enumerate(self.dependent_rows):
                if self.table.rows[index].group == group + 1:
                    found[index] = full[:, len(self.moment_columns) + position]
        return found

    def thresholds(self, group: int, x: np.ndarray) -> np.ndarray:
        """Thresholds τ in the order of the layout, (B, number)."""
        part = self.groups[group]
        return np.where(part.thresholds >= 0, x[:, part.thresholds], part.fixed_thresholds)

    def state(self, group: int, x: np.ndarray, cov: np.ndarray, mean: np.ndarray) -> OrderedState:
        """Implied statistics for parameters ``x`` (B, q); ``cov`` and ``mean`` are not needed."""
        layout = self.layout
        inner = self._given_x(group, self.complete(group, x))
        delta = np.ones((len(x), self.observed), x.dtype)
        if self.theta:
            variance = inner.sigma[:, layout.ordered, layout.ordered]
            # a step may try a latent variance that leaves an item none: no value there, the step is cut
            delta[:, layout.ordered] = np.where(variance.real > 0, variance, np.nan) ** -0.5
        else:
            delta[:, layout.ordered] = self._scales(group, x)
        sigma = inner.sigma * delta[:, :, None] * delta[:, None, :]
        mu = inner.mu.copy()  # of latent responses as they are, without δ: lavaan's fitted()
        if len(self.exogenous):
            to, other = np.ix_(self.exogenous, self.exogenous)
            sigma[:, to, other] = self.joint[group][0][:, to, other]
            mu[:, self.exogenous] = self.joint[group][1][:, self.exogenous]
        variable = layout.ordered[layout.threshold_item]
        cut = self.thresholds(group, x) - inner.mu[:, variable]
        statistics = np.concatenate(
            [
                delta[:, variable] * cut,
                mu[:, layout.continuous],
                delta[:, layout.slope_variable] * inner.z[:, layout.slope_variable, layout.slope_cause],
                sigma[:, layout.continuous, layout.continuous],
                sigma[:, layout.pair_first, layout.pair_second],
            ],
            axis=1,
        )
        return OrderedState(sigma, mu, inner.z, inner.tau, inner, delta, cut, statistics)

    def own_jacobian(self, group: int, state: OrderedState) -> np.ndarray:
        """Derivative of the statistics by the group's own parameters, (B, P, k), in their order."""
        change, by_cut = self.short_jacobian(group, state)
        count, free = change.shape[2], self.groups[group].free_thresholds
        full = np.zeros((*change.shape[:2], count + len(free)), change.dtype)
        full[:, :, :count] = change
        full[:, free, count + np.arange(len(free))] = by_cut
        return full

    def short_jacobian(self, group: int, state: OrderedState) -> tuple[np.ndarray, np.ndarray]:
        """The same by all parameters but thresholds, (B, P, k), and of each free threshold's own statistic
        by it, (B, free thresholds): no other statistic knows it.
        """
        layout, part, cell = self.layout, self.groups[group], self._cell
        raw = self.inner.own_jacobian(group, state.inner)
        scaled = len(part.mine) + np.arange(len(part.free_scales))  # columns of the scales
        full = np.zeros((len(raw), raw.shape[1], len(part.mine) + len(scaled)), raw.dtype)
        full[:, :, : len(part.mine)] = raw[:, :, part.mine]
        own = cell[layout.ordered, layout.ordered]
        item_delta = state.delta[:, layout.ordered]
        turn: IfAny = None  # derivative of δ, variables x parameters
        if self.theta or scaled.size:
            turn = np.zeros((len(raw), self.observed, full.shape[2]), raw.dtype)
            turn[:, layout.ordered[part.free_scales], scaled] = 1.0
        if self.theta:
            turn[:, layout.ordered] = -0.5 * item_delta[:, :, None] ** 3 * full[:, own]
        elif self.feedback:  # of an item that is no cause the residual variance touches no statistic
            # the variances of y* are held at δ⁻²: d(residual variance) makes up for everything else
            by_residual, needed = raw[:, :, part.residuals], -full[:, own]
            needed[:, part.free_scales, scaled] -= 2.0 * item_delta[:, part.free_scales] ** -3
            full += by_residual @ np.linalg.solve(by_residual[:, own], needed)

        variable = layout.ordered[layout.threshold_item]
        first, second = layout.pair_first, layout.pair_second
        delta, sigma = state.delta, state.inner.sigma
        by_threshold = -delta[:, variable, None] * full[:, variable]
        by_pair = (delta[:, first] * delta[:, second])[:, :, None] * full[:, cell[first, second]]
        by_slope = self._slope_jacobian(group, state)[:, :, part.columns[: full.shape[2]]]
        if turn is not None:
            by_threshold += state.cut[:, :, None] * turn[:, variable]
            for here, there in ((first, second), (second, first)):
                by_pair += (delta[:, there] * sigma[:, here, there])[:, :, None] * turn[:, here]
            effect = state.inner.z[:, layout.slope_variable, layout.slope_cause]
            by_slope += effect[:, :, None] * turn[:, layout.slope_variable]
        continuous = layout.continuous
        parts = [by_threshold, full[:, continuous], by_slope, full[:, cell[continuous, continuous]], by_pair]
        return np.concatenate(parts, axis=1), delta[:, variable[part.free_thresholds]]

    def _slope_jacobian(self, group: int, state: OrderedState) -> np.ndarray:
        """Derivative of the slopes: a path from s to t changes the total effect of x on y by G_yt B_sx."""
        layout, inner = self.layout, self.inner.groups[group]
        variable, cause = layout.slope_variable, layout.slope_cause
        total = state.inner.z
        full = np.zeros((len(total), len(variable), self.parameters), total.dtype)
        to = inner.path_cells[0]
        if len(variable) and len(to):
            among = state.inner.inverse
            if among is None:
                among = np.broadcast_to(np.eye(len(inner.causes)), (len(total),) + (len(inner.causes),) * 2)
            place = {int(name): position for position, name in enumerate(inner.causes)}
            reach = np.zeros((len(total), len(to), len(variable)), total.dtype)
            for column, name in enumerate(cause):
                if int(name) in place:
                    reach[:, :, column] = among[:, inner.cause_of, place[int(name)]]
            change = total[:, variable[:, None], to] * reach.swapaxes(1, 2)
            full[:, :, self.moment_columns[inner.path_columns]] = state.delta[:, variable, None] * change
        return full
