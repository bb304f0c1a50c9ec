"""Horn's parallel analysis: eigenvalues beside those of unrelated data of the same size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.measurement.correlations import correlations, polychoric_matrix
from workbench.measurement.doors import one_of, share, whole_number


@dataclass(frozen=True)
class ParallelAnalysis:
    """Eigenvalues beside those of unrelated data of the same size."""

    table: pd.DataFrame  # number; component, component_mean, component_reference; factor, factor_mean, ...
    n_components: int
    n_factors: int
    kind: str
    quantile: float
    draws: int
    seed: int
    n_obs: int
    warnings: tuple[str, ...]
    correlation: str = "pearson"


def parallel_analysis(
    data: pd.DataFrame | np.ndarray,
    *,
    draws: int = 1000,
    quantile: float = 0.95,
    kind: str = "permuted",
    seed: int = 1,
    n_obs: int | None = None,
    missing: str = "pairwise",
    correlation: str = "pearson",
) -> ParallelAnalysis:
    """Horn's parallel analysis of answers, or of a correlation matrix with ``n_obs`` (then
    ``kind="normal"``).

    Parameters
    ----------
    draws, seed : unrelated data sets and the seed of their stream.
    quantile : of the unrelated eigenvalues that an eigenvalue has to exceed.
    kind : ``"permuted"`` shuffles every item's own answers (keeping their distribution and missing ones);
        ``"normal"`` draws independent normal items, cut into the sample's shares of categories where
        correlations are polychoric (the same as resampling each item's answers by itself).
    correlation : ``"polychoric"`` for ordered items: of the answers and of all unrelated data sets alike, so
        that the extremes that polychorics have in small samples are in the reference too.
    data : answers (respondents x items) or a correlation matrix.
    n_obs : respondents behind a correlation matrix.
    missing : ``"pairwise"`` or ``"listwise"``, for answers.

    Returns
    -------
    ParallelAnalysis. Component eigenvalues are of R; factor eigenvalues of R with the communalities of one
    minres factor in its diagonal, as in psych. The number is how many leading eigenvalues exceed their
    reference. (On unrelated data that one factor is often a Heywood case, so the first reference can lie near
    1; psych's does too.)

    Source: Horn (1965); Buja & Eyuboglu (1992). R: ``psych::fa.parallel(data, fm = "minres", quant = .95)``;
    ``fa.parallel(data, cor = "poly")`` for ordered items, which resamples each item's answers by itself.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("satisfaction", "loyalty")
    >>> measurement.parallel_analysis(answers, draws=50).n_factors
    2
    """
    one_of(kind, "kind", ("permuted", "normal"))
    whole_number(draws, "draws", 20)
    whole_number(seed, "seed")
    share(quantile, "quantile")
    sample = correlations(data, n_obs=n_obs, missing=missing, correlation=correlation, least=3)
    n = sample.need_n("parallel analysis")
    rng = np.random.default_rng(seed)
    warnings = sample.warnings
    if sample.kind == "polychoric":
        answers = sample.need_answers("parallel analysis of ordered items")
        unrelated = _ordered(answers, kind, draws, rng)
        if len(unrelated) < draws:
            lost = draws - len(unrelated)
            warnings += (
                f"{lost:,} of {draws:,} unrelated data sets had an item of one category and were left out",
            )
    elif kind == "permuted":
        unrelated, still = _permuted(sample.need_answers("permuted parallel analysis"), draws, rng)
        if still:
            warnings += (
                f"in {still:,} of {draws:,} shuffled data sets two items had too few answers in common to "
                "correlate: taken as 0, as unrelated items have it",
            )
    else:
        unrelated = _normal(n, sample.size, draws, rng)
    component = np.linalg.eigvalsh(unrelated)[:, ::-1]
    factor = np.linalg.eigvalsh(_one_factor_diagonal(unrelated))[:, ::-1]
    observed = np.linalg.eigvalsh(sample.matrix)[::-1]
    reduced = np.linalg.eigvalsh(_one_factor_diagonal(sample.matrix[None])[0])[::-1]
    table = pd.DataFrame(
        {
            "component": observed,
            "component_mean": component.mean(axis=0),
            "component_reference": np.quantile(component, quantile, axis=0),
            "factor": reduced,
            "factor_mean": factor.mean(axis=0),
            "factor_reference": np.quantile(factor, quantile, axis=0),
        },
        index=pd.RangeIndex(1, sample.size + 1, name="number"),
    )
    return ParallelAnalysis(
        table=table,
        n_components=leading(table["component"] > table["component_reference"]),
        n_factors=leading(table["factor"] > table["factor_reference"]),
        kind=kind,
        quantile=quantile,
        draws=draws,
        seed=seed,
        n_obs=n,
        warnings=warnings,
        correlation=sample.kind,
    )


def leading(above: pd.Series) -> int:
    """How many leading values are above, before the first that is not."""
    flags = above.to_numpy()
    return int(flags.size if flags.all() else np.argmin(flags))


def _permuted(answers: np.ndarray, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Correlation matrices of independently shuffled columns, and how many of them lacked a correlation.

    Where answers are missing, two shuffled items can share nobody, or only people who all answered alike.
    """
    n, p = answers.shape
    complete = not np.isnan(answers).any()
    out = np.empty((draws, p, p))
    standard = (answers - np.nanmean(answers, axis=0)) / np.nanstd(answers, axis=0)
    columns = np.ascontiguousarray(standard.T)
    for draw in range(draws):
        shuffled = rng.permuted(columns, axis=1)
        out[draw] = shuffled @ shuffled.T / n if complete else _pairwise(shuffled)
    lacking = np.isnan(out)
    out[lacking] = 0.0
    return out, int(lacking.any(axis=(1, 2)).sum())


def _ordered(answers: np.ndarray, kind: str, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Polychoric correlations of items made independent; sets with an item of one category are left out."""
    found = []
    for _ in range(draws):
        if kind == "permuted":
            apart = rng.permuted(answers, axis=0)
        else:
            apart = np.column_stack([rng.choice(column, len(column)) for column in answers.T])
        frame = pd.DataFrame(apart)
        if (frame.nunique() > 1).all():
            found.append(polychoric_matrix(frame)[0])
    if len(found) < draws / 2:
        raise DataError("parallel analysis: most unrelated data sets have an item of one category")
    return np.array(found)


def _pairwise(rows: np.ndarray) -> np.ndarray:
    """Pairwise correlations of standardized items in rows; NaN where nothing varies among those in common."""
    present = (~np.isnan(rows)).astype(float)
    values = np.nan_to_num(rows)
    counts = present @ present.T
    sums = values @ present.T
    squares = (values**2) @ present.T
    shared = np.where(counts > 0, counts, np.nan)
    covariance = values @ values.T - sums * sums.T / shared
    spread = squares - sums**2 / shared
    spread[~(spread > 1e-9 * squares)] = np.nan  # rounding leaves a trace where all answers are alike
    matrix = covariance / np.sqrt(spread * spread.T)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _normal(n: int, p: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Correlation matrices of independent normal items: Wishart matrices by Bartlett's decomposition."""
    lower = np.tril(rng.standard_normal((draws, p, p)), -1)
    if n <= p:
        plain = rng.standard_normal((draws, n, p))
        plain -= plain.mean(axis=1, keepdims=True)
        moments = plain.swapaxes(-1, -2) @ plain
    else:
        index = np.arange(p)
        lower[:, index, index] = np.sqrt(rng.chisquare(n - 1 - index, size=(draws, p)))
        moments = lower @ lower.swapaxes(-1, -2)
    scale = np.sqrt(np.diagonal(moments, axis1=-2, axis2=-1))
    return moments / (scale[:, :, None] * scale[:, None, :])


def _one_factor_diagonal(stack: np.ndarray, sweeps: int = 200) -> np.ndarray:
    """Correlation matrices with the communalities of one minres factor in their diagonals.

    Harman & Jones (1966): one loading at a time is its least-squares value given the others, within the bound
    that keeps the unique variance positive; all matrices at once.
    """
    _, p, _ = stack.shape
    off = stack.copy()
    index = np.arange(p)
    off[:, index, index] = 0
    values, vectors = np.linalg.eigh(stack)
    loadings = vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:] - 1, 0.05))
    bound = np.sqrt(0.995)
    active = np.arange(len(stack))
    for _ in range(sweeps):
        matrices, current = off[active], loadings[active]
        for i in range(p):
            others = np.sum(current**2, axis=1) - current[:, i] ** 2
            target = np.einsum("dj,dj->d", matrices[:, i], current)
            current[:, i] = np.clip(target / np.maximum(others, 1e-12), -bound, bound)
        moving = np.abs(current - loadings[active]).max(axis=1) > 1e-8
        loadings[active] = current
        active = active[moving]
        if not active.size:
            break
    reduced = off
    reduced[:, index, index] = loadings**2
    return reduced
