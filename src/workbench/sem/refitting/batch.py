"""Stacks of draws through the compiled kernel: fitted by threads, in chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench import parallel
from workbench.errors import SpecificationError
from workbench.sem.compiled_model import Model
from workbench.sem.refitting.structure import COVARIANCE, INTERCEPT, REGRESSION, Structure

CHUNK_BYTES = 64_000_000
LARGEST_CHUNK = 250


@dataclass(frozen=True)
class Stack:
    """Fits of a chunk of draws on the engine's internal scale.

    ``x`` parameters (B, q); ``value`` the discrepancy F (B,), so that chi-squared is N F; ``status`` (B,) one
    of ``newton``'s codes; ``cov`` (B, G, p, p) and ``mean`` (B, G, p) the draws' own moments.
    """

    x: np.ndarray
    value: np.ndarray
    status: np.ndarray
    cov: np.ndarray
    mean: np.ndarray


def structure_of(model: Model) -> Structure:
    """The kernel's form of a compiled model; SpecificationError for constraints that it cannot hold."""
    if model.table.equal.restrictions:
        restriction = model.table.equal.restrictions[0]
        raise SpecificationError(f"stacked refits hold linear equalities only: leave out {restriction}")

    p, size = model.observed, model.size
    core = np.unique(np.concatenate([group.causes for group in model.groups]))
    position = np.full(size, -1)
    position[core] = np.arange(core.size)
    entries: list[tuple[int, int, int, int]] = []
    first = [0]
    for group in model.groups:
        for what, cells, columns in (
            (REGRESSION, group.path_cells, group.path_columns),
            (COVARIANCE, group.covariance_cells, group.covariance_columns),
            (INTERCEPT, (group.intercept_cells, group.intercept_cells), group.intercept_columns),
        ):
            entries += [(what, *cell) for cell in zip(*cells, columns, strict=True)]
        first.append(len(entries))
    kind, row, column, parameter = np.array(entries, dtype=np.int64).reshape(-1, 4).T.copy()
    vector = np.where(position < 0, np.minimum(np.arange(size), p - 1), p + position)
    left = vector[row]
    right = np.where(kind == REGRESSION, p + core.size + position[column], vector[column])
    sample_cells = np.stack(model.groups[0].sample_cells, axis=1).reshape(-1, 2).astype(np.int64)
    return Structure(
        regressions=np.stack([group.paths for group in model.groups]),
        covariances=np.stack([group.covariances for group in model.groups]),
        intercepts=np.stack([group.intercepts for group in model.groups]),
        kind=kind,
        row=row,
        column=column,
        parameter=parameter,
        first=np.array(first, dtype=np.int64),
        left=left,
        right=right,
        core=core.astype(np.int64),
        core_position=position.astype(np.int64),
        fixed_x=sample_cells,
        basis=np.zeros((model.parameters, 0)) if model.basis is None else np.ascontiguousarray(model.basis),
        means=bool(model.means),
    )


def fit_draws(
    model: Model,
    weight: np.ndarray,
    starts: np.ndarray,
    moments_of: Callable[..., tuple[np.ndarray, np.ndarray]],
    chunks: list,
    finish: Callable[[Stack], Any],
    seed: int | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
) -> list[Any]:
    """Fit the model by ML to the moments that ``moments_of(chunk[, generator])`` makes of every chunk.

    What ``finish`` makes of a chunk's fits is all that is kept of it, so that memory does not grow with the
    draws' moments. Threads share the work, or the workers of a Dask ``scheduler``; a chunk's random stream
    depends on the seed and the chunk's place alone.
    """
    from workbench.sem.refitting.newton import fit_stack

    structure = structure_of(model)

    def fit(chunk: Any, *generator: Any) -> Any:
        cov, mean = moments_of(chunk, *generator)
        found = fit_stack(structure, cov, mean, weight, starts)
        return finish(Stack(found.theta, found.value, found.status, cov, mean))

    backend = "dask" if scheduler else "threads"
    return parallel.map(fit, chunks, seed=seed, jobs=jobs, backend=backend, scheduler=scheduler)


def chunk_size(rows: int, variables: int) -> int:
    """Draws a chunk: bounded by memory for counts and products, never by the number of workers."""
    each = 8 * (2 * rows + 4 * variables**2)
    return int(np.clip(CHUNK_BYTES // each, 1, LARGEST_CHUNK))


class Resampler:
    """Covariances and means of resamples of one group's rows, from counts of how often each row was drawn.

    With the rows' products laid out once, the moments of a stack of draws are one matrix product.
    """

    PRODUCT_BYTES = 400_000_000

    def __init__(self, data: np.ndarray):
        self.centre = data.mean(axis=0)
        self.data = np.ascontiguousarray(data - self.centre)
        rows, columns = np.tril_indices(data.shape[1])
        self.rows, self.columns = rows, columns
        self.products = None
        if data.shape[0] * rows.size * 8 <= self.PRODUCT_BYTES:
            self.products = self.data[:, rows] * self.data[:, columns]

    def moments(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Covariances (B, p, p) with divisor n and means (B, p) of the rows ``indices`` (B, n)."""
        draws, drawn = indices.shape
        count, p = self.data.shape
        if self.products is None:
            cov, mean = np.empty((draws, p, p)), np.empty((draws, p))
            for draw, picked in enumerate(indices):
                part = self.data[picked]
                mean[draw] = part.mean(axis=0)
                part -= mean[draw]
                cov[draw] = part.T @ part / drawn
            return cov, mean + self.centre
        flat = (indices + count * np.arange(draws)[:, None]).ravel()
        counts = np.bincount(flat, minlength=draws * count).reshape(draws, count) / drawn
        mean = counts @ self.data
        second = counts @ self.products
        cov = np.empty((draws, p, p))
        second -= mean[:, self.rows] * mean[:, self.columns]
        cov[:, self.rows, self.columns] = second
        cov[:, self.columns, self.rows] = second
        return cov, mean + self.centre
