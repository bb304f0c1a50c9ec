"""A model compiled to index arrays: implied moments, their derivatives and the normal-theory information.

Observed and latent variables stand in one path model ``v = A v + e`` with ``cov(e) = S`` and intercepts ``m``
(McArdle & McDonald 1984): with ``B = (I - A)^-1`` and ``G`` the observed rows of ``B``,
``Sigma = G S G'`` and ``mu = G m``. Every array carries a leading draw axis; one fit is one draw.

The derivative of Sigma by any single parameter has rank two, ``c (u w' + w u')``, where ``u`` and ``w`` are
columns of ``Z = [G, cov(observed, causes)]``. All second-order quantities are therefore gathered from the
small matrix ``Z' Sigma^-1 Z``, and no derivative matrix is ever formed for maximum likelihood.

Inside the engine variables are divided by the sample's standard deviations, and latent variables by their
marker's, so that the scales of the data do not matter; ``unit`` carries parameters back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np

from workbench.sem.compiled_model import IfAny, Model, State
from workbench.sem.table import ParameterTable, Row


@dataclass(frozen=True)
class GroupModel:
    """Index arrays of one group. Free parameters of the group stand in the order of ``columns``."""

    columns: np.ndarray  # place of the group's free parameters among all, (k,)
    paths: np.ndarray  # fixed part of A, (T, T)
    covariances: np.ndarray  # fixed part of S, (T, T)
    intercepts: np.ndarray  # fixed part of m, (T,)
    path_cells: tuple[np.ndarray, np.ndarray]
    covariance_cells: tuple[np.ndarray, np.ndarray]
    intercept_cells: np.ndarray
    path_columns: np.ndarray
    covariance_columns: np.ndarray
    intercept_columns: np.ndarray
    sample_cells: tuple[np.ndarray, np.ndarray]  # covariances fixed to the sample's
    sample_means: np.ndarray
    causes: np.ndarray  # variables with an arrow going out, (c,)
    chained: bool  # whether a cause is itself explained
    u: np.ndarray  # column of Z, (k,)
    w: np.ndarray
    half: np.ndarray  # c: 1/2 for a variance, 1 otherwise, 0 for an intercept
    cause_of: np.ndarray  # place of a path's source among the causes, (number of paths,)
    observed: int  # number of observed variables, p
    gather: tuple[np.ndarray, ...] = field(init=False)  # cells of Z'WZ: (u, u), (w, w), (u, w), (w, u)
    gather_diagonal: np.ndarray = field(init=False)
    half_outer: np.ndarray = field(init=False)
    first: np.ndarray = field(init=False)  # place of u's variable among the causes
    second: np.ndarray = field(init=False)  # the same of w's
    unit_columns: np.ndarray = field(init=False)
    order: IfAny = field(init=False)  # of the columns; None where they stand in order

    def __post_init__(self) -> None:
        width = self.paths.shape[0] + len(self.causes)
        gather = (
            (self.u[:, None] * width + self.u),
            (self.w[:, None] * width + self.w),
            (self.u[:, None] * width + self.w),
        )
        object.__setattr__(self, "gather", tuple(index.ravel() for index in gather))
        object.__setattr__(self, "gather_diagonal", self.u * width + self.w)
        object.__setattr__(self, "half_outer", self.half[:, None] * self.half)
        position = np.full(self.paths.shape[0], len(self.causes))
        position[self.causes] = np.arange(len(self.causes))
        object.__setattr__(self, "first", position[self.u])
        object.__setattr__(self, "unit_columns", np.eye(self.observed, width))
        ordered = (self.columns[1:] > self.columns[:-1]).all()
        object.__setattr__(self, "order", None if ordered else np.argsort(self.columns))
        object.__setattr__(self, "second", position[np.where(self.w < len(position), self.w, 0)])

    def effects(self, total: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Effects of paths' sources on the parameters' variables, from those among causes (B, c + 1, c + 1).

        Its last row and column stand for variables that are no causes.
        """
        paths = len(self.cause_of)
        return (
            total[:, self.cause_of, self.first[:, None]],
            total[:, self.cause_of[:, None], self.first[:paths]],
            total[:, self.cause_of, self.second[paths:, None]],
        )

    @cached_property
    def own_effects(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same where no cause is explained."""
        total = np.eye(len(self.causes) + 1)
        total[-1, -1] = 0.0
        return self.effects(total[None])


@dataclass(frozen=True)
class CompiledModel(Model):
    """A parameter table compiled for given scales."""

    table: ParameterTable
    observed: int
    size: int
    scale: np.ndarray
    unit: np.ndarray
    groups: tuple[GroupModel, ...]
    basis: IfAny
    origin: IfAny
    means: bool
    held: int = 0

    def recompiled(self, table: ParameterTable) -> CompiledModel:
        """Another table over the same variables, on the same internal scale."""
        return compile_model(table, self.scale[: self.observed], self.scale[self.observed :])

    def system(
        self, group: int, x: np.ndarray, cov: IfAny, mean: IfAny
    ) -> tuple[np.ndarray, np.ndarray, IfAny]:
        """A, S and m of one group for every draw: ``(B, T, T)``, ``(B, T, T)``, ``(B, T)``."""
        part = self.groups[group]
        draws = x.shape[0]
        size = self.size
        paths = np.empty((draws, size, size), x.dtype)
        paths[:] = part.paths
        rows, columns = part.path_cells
        paths[:, rows, columns] = x[:, part.path_columns]
        spread = np.empty((draws, size, size), x.dtype)
        spread[:] = part.covariances
        rows, columns = part.covariance_cells
        values = x[:, part.covariance_columns]
        spread[:, rows, columns] = values
        spread[:, columns, rows] = values
        rows, columns = part.sample_cells
        if len(rows):
            spread[:, rows, columns] = spread[:, columns, rows] = cov[:, rows, columns]
        if not self.means:
            return paths, spread, None
        intercepts = np.empty((draws, size), x.dtype)
        intercepts[:] = part.intercepts
        intercepts[:, part.intercept_cells] = x[:, part.intercept_columns]
        if len(part.sample_means):
            intercepts[:, part.sample_means] = mean[:, part.sample_means]
        return paths, spread, intercepts

    def total_effects(self, group: int, paths: np.ndarray) -> np.ndarray:
        """``(I - A)^-1`` of paths (B, T, T), from the inverse among the causes, of which there are few."""
        part, causes = self.groups[group], self.groups[group].causes
        total = np.zeros_like(paths)
        total[:] = np.eye(self.size)
        into = paths[:, :, causes]
        if part.chained:
            into = into @ _inverses(np.eye(len(causes)) - paths[:, causes[:, None], causes])
        total[:, :, causes] += into
        return total

    def state(self, group: int, x: np.ndarray, cov: IfAny, mean: IfAny) -> State:
        """Implied moments for parameters ``x`` (B, q); ``cov``, ``mean``: the sample's, for what is fixed
        to it.
        """
        part = self.groups[group]
        paths, spread, intercepts = self.system(group, x, cov, mean)
        p, size, causes = self.observed, self.size, part.causes
        draws = x.shape[0]
        z = np.empty((draws, p, size + len(causes)), x.dtype)
        z[:] = part.unit_columns
        into = paths[:, :p, causes]
        inverse = None
        if part.chained:
            among = paths[:, causes[:, None], causes]
            inverse = _inverses(np.eye(len(causes)) - among)
            into = into @ inverse
        z[:, :, causes] += into
        total = z[:, :, :size]
        carried = spread @ total.swapaxes(1, 2)
        sigma = total @ carried
        sources = carried[:, causes]
        if inverse is not None:
            sources = inverse @ sources
        z[:, :, size:] = sources.swapaxes(1, 2)
        if not self.means:
            return State(sigma, None, z, None, spread, inverse)
        mu = (total @ intercepts[..., None])[..., 0]
        levels = intercepts[:, causes]
        if inverse is not None:
            levels = (inverse @ levels[..., None])[..., 0]
        tau = np.zeros((draws, len(part.columns)), x.dtype)
        paths_count = len(part.cause_of)
        tau[:, :paths_count] = levels[:, part.cause_of]
        intercept_count = len(part.intercept_columns)
        if intercept_count:
            tau[:, -intercept_count:] = 1.0
        return State(sigma, mu, z, tau, spread, inverse)

    def own_jacobian(self, group: int, state: State) -> np.ndarray:
        """Derivative of ``[mu, vech(sigma)]`` (without means: ``vech(sigma)``) by the group's own parameters,
        (B, P, k).
        """
        part = self.groups[group]
        rows, columns = vech_cells(self.observed)
        u, w = state.z[:, :, part.u], state.z[:, :, part.w]
        change = u[:, rows] * w[:, columns]
        change += w[:, rows] * u[:, columns]
        change *= part.half
        if not self.means:
            return change
        return np.concatenate([state.tau[:, None, :] * u, change], axis=1)


def _inverses(matrices: np.ndarray) -> np.ndarray:
    """Inverses of a stack; not a number where a circle of paths leaves none."""
    try:
        return np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        singular = (np.linalg.cond(matrices) > 1e15)[:, None, None]
        regular = np.where(singular, np.eye(matrices.shape[1]), matrices)
        return np.where(singular, np.nan, np.linalg.inv(regular))


def vech_cells(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the lower triangle in column-major order, as lavaan stacks it."""
    columns, rows = np.triu_indices(size)
    return rows, columns


def compile_model(
    table: ParameterTable, scale: np.ndarray, latent_scale: np.ndarray | None = None
) -> CompiledModel:
    """Compile a parameter table.

    ``scale``: standard deviations of the observed variables, (p,); latent variables follow their marker.
    """
    variables = table.variables
    names = (*variables.observed, *variables.latent)
    place = {name: position for position, name in enumerate(names)}
    p, size = len(variables.observed), len(names)
    latent = latent_scale
    if latent is None:
        latent = np.array(_latent_scales(table, dict(zip(variables.observed, scale, strict=True))))
    scale = np.concatenate([scale, latent])
    column = {row: position for position, row in enumerate(table.free)}
    unit = np.empty(len(table.free))
    parts = [_Cells(size, p) for _ in range(table.groups)]
    for index, row in enumerate(table.rows):
        cells = parts[row.group - 1]
        left = place[row.lhs]
        right = place.get(row.rhs, left)
        if row.op == "~1":
            factor = scale[left]
            cells.add_intercept(left, row, factor, column.get(index))
        elif row.op == "~~":
            factor = scale[left] * scale[right]
            cells.add_covariance(left, right, row, factor, column.get(index))
        else:
            to, source = (right, left) if row.op == "=~" else (left, right)
            factor = scale[to] / scale[source]
            cells.add_path(to, source, row, factor, column.get(index))
        if index in column:
            unit[column[index]] = factor
    basis: IfAny = table.equal.basis
    origin: IfAny = table.equal.origin
    if basis is not None:
        basis = basis / unit[:, None]
        basis = basis / np.abs(basis).max(axis=0, initial=1e-300)
        origin = origin / unit
    return CompiledModel(
        table,
        p,
        size,
        scale,
        unit,
        tuple(cells.build() for cells in parts),
        basis,
        origin,
        table.meanstructure,
    )


def _latent_scales(table: ParameterTable, scales: dict[str, float]) -> list[float]:
    """Scale of a latent variable: that of its first indicator with a fixed loading, divided by the
    loading.
    """
    markers: dict[str, tuple[str, float]] = {}
    for row in table.rows:
        if row.op == "=~" and row.group == 1 and row.value and row.lhs not in markers:
            markers[row.lhs] = row.rhs, row.value
    latent = set(table.variables.latent)

    def scale(name: str, seen: tuple[str, ...] = ()) -> float:
        if name not in latent:
            return scales[name]
        if name not in markers or name in seen:
            return 1.0
        marker, loading = markers[name]
        return scale(marker, (*seen, name)) / abs(loading)

    return [scale(name) for name in table.variables.latent]


def _fixed(row: Row) -> float:
    """Value of a row that is neither free nor the sample's."""
    return cast(float, row.value)  # None in rows of the other two kinds alone


class _Cells:
    """Collects the cells of one group while rows are read."""

    def __init__(self, size: int, observed: int):
        self.size = size
        self.observed = observed
        self.paths = np.zeros((size, size))
        self.covariances = np.zeros((size, size))
        self.intercepts = np.zeros(size)
        self.free_paths: list[tuple[int, int, int]] = []
        self.free_covariances: list[tuple[int, int, int]] = []
        self.free_intercepts: list[tuple[int, int]] = []
        self.sample_cells: list[tuple[int, int]] = []
        self.sample_means: list[int] = []

    def add_path(self, to: int, source: int, row: Row, factor: float, column: int | None) -> None:
        if column is not None:
            self.free_paths.append((to, source, column))
        else:
            self.paths[to, source] = _fixed(row) / factor

    def add_covariance(self, left: int, right: int, row: Row, factor: float, column: int | None) -> None:
        if column is not None:
            self.free_covariances.append((left, right, column))
        elif row.exogenous:
            self.sample_cells.append((left, right))
        else:
            self.covariances[left, right] = self.covariances[right, left] = _fixed(row) / factor

    def add_intercept(self, place: int, row: Row, factor: float, column: int | None) -> None:
        if column is not None:
            self.free_intercepts.append((place, column))
        elif row.exogenous:
            self.sample_means.append(place)
        else:
            self.intercepts[place] = _fixed(row) / factor

    def build(self) -> GroupModel:
        def split(cells: Sequence[Any], width: int) -> list[np.ndarray]:
            table = np.array(cells, dtype=int).reshape(-1, width)
            return [table[:, part] for part in range(width)]

        to, source, path_columns = split(self.free_paths, 3)
        left, right, covariance_columns = split(self.free_covariances, 3)
        place, intercept_columns = split(self.free_intercepts, 2)
        sample_rows, sample_columns = split(self.sample_cells, 2)
        filled = self.paths != 0
        filled[to, source] = True
        causes = np.flatnonzero(filled.any(axis=0))
        number = np.zeros(self.size, dtype=int)
        number[causes] = np.arange(len(causes))
        return GroupModel(
            columns=np.concatenate([path_columns, covariance_columns, intercept_columns]),
            paths=self.paths,
            covariances=self.covariances,
            intercepts=self.intercepts,
            path_cells=(to, source),
            covariance_cells=(left, right),
            intercept_cells=place,
            path_columns=path_columns,
            covariance_columns=covariance_columns,
            intercept_columns=intercept_columns,
            sample_cells=(sample_rows, sample_columns),
            sample_means=np.array(self.sample_means, dtype=int),
            causes=causes,
            chained=bool(filled[causes].any()) if len(causes) else False,
            u=np.concatenate([to, left, place]),
            w=np.concatenate([self.size + number[source], right, place]),
            half=np.concatenate([np.ones(len(to)), np.where(left == right, 0.5, 1.0), np.zeros(len(place))]),
            cause_of=number[source],
            observed=self.observed,
        )
