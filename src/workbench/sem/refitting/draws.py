"""Where bootstrap samples come from: resampled rows, rows turned to fit the model, normal samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem.refitting.batch import Resampler

if TYPE_CHECKING:
    from workbench.sem.problem import Problem


def moment_maker(problem: Problem, x: np.ndarray, kind: str, sizes: list[int]) -> Callable:
    """A function from a chunk (a number of draws with a generator, or indices) to covariances and means."""
    if kind == "parametric":
        return _parametric(problem, x, sizes)
    data = problem.data if kind == "nonparametric" else _transformed(problem, x)
    resamplers = [Resampler(part) for part in data]

    def moments(chunk: Any, generator: np.random.Generator | None = None) -> tuple[np.ndarray, np.ndarray]:
        begin, covs, means = 0, [], []
        for resampler, size in zip(resamplers, sizes, strict=True):
            if generator is None:
                rows = chunk[:, begin : begin + size] - begin
            else:
                rows = generator.integers(0, size, (chunk, size))
            cov, mean = resampler.moments(rows)
            covs.append(cov)
            means.append(mean)
            begin += size
        return np.stack(covs, axis=1), np.stack(means, axis=1)

    return moments


def _parametric(problem: Problem, x: np.ndarray, sizes: list[int]) -> Callable:
    """Wishart covariances by Bartlett's decomposition, and normal means, from the implied moments."""
    implied = [
        problem.model.state(group, x[None], target.cov, target.mean)
        for group, target in enumerate(problem.targets)
    ]
    factors = [np.linalg.cholesky(state.sigma[0]) for state in implied]
    centres = [
        np.zeros(len(factor)) if state.mu is None else state.mu[0]
        for factor, state in zip(factors, implied, strict=True)
    ]

    def moments(chunk: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        covs, means = [], []
        for factor, centre, size in zip(factors, centres, sizes, strict=True):
            covs.append(wishart(generator, factor, size, chunk))
            means.append(centre + generator.standard_normal((chunk, len(factor))) @ factor.T / np.sqrt(size))
        return np.stack(covs, axis=1), np.stack(means, axis=1)

    return moments


def left_out(problem: Problem, group: int) -> Callable:
    """A function from rows of a group to the moments of all other rows, one sample for each row left out.

    Other groups keep their moments. With n rows and a row's deviation d from the mean, the covariances of the
    rest are ``n/(n-1) (S - d d'/(n-1))`` and the mean moves by ``-d/(n-1)``.
    """
    centres = [part.mean(axis=0) for part in problem.data]
    own = problem.data[group] - centres[group]
    count = len(own)
    whole = np.stack([target.cov[0] for target in problem.targets])

    def moments(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cov, mean = (np.repeat(part[None], len(rows), axis=0) for part in (whole, np.stack(centres)))
        away = own[rows]
        cov[:, group] -= away[:, :, None] * away[:, None, :] / (count - 1)
        cov[:, group] *= count / (count - 1)
        mean[:, group] -= away / (count - 1)
        return cov, mean

    return moments


def wishart(generator: np.random.Generator, factor: np.ndarray, n: int, draws: int) -> np.ndarray:
    """Covariances (divisor n) of normal samples of n rows from ``factor @ factor.T``, (draws, p, p)."""
    p = len(factor)
    lower = np.tril(generator.standard_normal((draws, p, p)), -1)
    lower[:, range(p), range(p)] = np.sqrt(generator.chisquare(n - 1 - np.arange(p), (draws, p)))
    root = factor @ lower
    return root @ root.swapaxes(1, 2) / n


def _transformed(problem: Problem, x: np.ndarray) -> list[np.ndarray]:
    """Rows turned so that their covariances (and means) are those that the model implies.

    ``Z = (Y - mean) S^-1/2 Sigma^1/2``, symmetric roots on the data's own scale (Bollen & Stine 1992), which
    moves the rows as little as may be and does not depend on the order of the variables.
    """
    turned = []
    scale = problem.scale
    for group, (data, target) in enumerate(zip(problem.data, problem.targets, strict=True)):
        state = problem.model.state(group, x[None], target.cov, target.mean)
        centre = data.mean(axis=0)
        both = np.outer(scale, scale)
        turn = np.linalg.solve(_root(target.cov[0] * both), _root(state.sigma[0] * both))
        rows = ((data - centre) * scale) @ turn / scale
        turned.append(rows + (centre if state.mu is None else state.mu[0]))
    return turned


def _root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric square root of a covariance matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def checked_rows(indices: np.ndarray, sizes: list[int], kind: str) -> np.ndarray:
    """Rows to draw that were given, (draws, rows), group after group; SpecificationError for others."""
    count = sum(sizes)
    try:
        picked = np.asarray(indices)
    except ValueError:
        picked = np.empty(0)
    if kind == "parametric":
        raise SpecificationError("indices pick rows; a parametric bootstrap draws none")
    if picked.ndim != 2 or picked.shape[1] != count or picked.dtype.kind not in "iu":
        raise SpecificationError(
            f"indices: whole numbers of shape (draws, {count}) are needed, one for each analysed row"
        )
    if picked.size and (picked.min() < 0 or picked.max() >= count):
        raise SpecificationError(
            f"indices run from {picked.min()} to {picked.max()}: they count from 0 to {count - 1}"
        )
    begin = 0
    for size in sizes:
        part = picked[:, begin : begin + size]
        if ((part < begin) | (part >= begin + size)).any():
            raise SpecificationError("indices: rows are resampled within groups, group after group")
        begin += size
    return picked
