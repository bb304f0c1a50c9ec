"""Generalized linear models from sums over batches of rows, so that a million customers take little memory.

Iteratively reweighted least squares asks of the rows only X'WX and X'Wz. Both are sums, so the rows may lie
in one table, in files that are read one after the other, or with the workers of a cluster: the estimates are
the same up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from workbench.errors import DataError
from workbench.normal_quantiles import INTERVAL_95

Floats = NDArray[np.float64]
ROWS = 50_000  # of a table that are worked on at a time
ROUNDS, CLOSE = 100, 1e-10  # steps at most; step, beside the estimate, that ends them
PATIENCE, FLAT = 25, 1e-8  # steps after which a log likelihood that grows by no more than this ends them, too
SETTLED = 1e-6  # step, beside the estimate, of a term that is not on its way to infinity
SINGULAR = 1e-12  # smallest eigenvalue of the information, scaled to a diagonal of 1
LARGEST = 30.0  # of a linear predictor where chances are computed: beyond it they are 0 or 1


@dataclass(frozen=True)
class Batch:
    """Some rows. y : outcome. x : terms. cluster : a code for each row; each in one batch only."""

    y: Floats
    x: Floats
    cluster: NDArray[Any] | None = None


# Calls a function with every batch and gives what it returned, in any order.
Each = Callable[[Callable[[Batch], Any]], Iterable[Any]]


@dataclass(frozen=True)
class Regression:
    """A fitted model. params : term -> estimate. covariance : of them. n : rows. link : family or link."""

    params: pd.Series
    covariance: pd.DataFrame
    n: int
    link: str

    @property
    def bse(self) -> pd.Series:
        """Standard errors."""
        return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.params.index)

    def table(self) -> pd.DataFrame:
        """term -> estimate, se, ci_lower, ci_upper, pvalue (normal)."""
        half = INTERVAL_95 * self.bse
        return pd.DataFrame(
            {
                "estimate": self.params, "se": self.bse, "ci_lower": self.params - half,
                "ci_upper": self.params + half, "pvalue": 2.0 * stats.norm.sf(np.abs(self.params / self.bse)),
            }
        ).rename_axis("term")  # fmt: skip

    def predict(self, data: pd.DataFrame) -> Floats:
        """Expected outcome of rows that have the terms; the constant is known here."""
        known = [name for name in self.params.index if name != "constant"]
        constant = float(self.params.get("constant", 0.0))
        slopes, made = self.params[known].to_numpy(), np.empty(len(data))
        for at in range(0, len(data), ROWS):
            x = data[known].iloc[at : at + ROWS].to_numpy(float)
            made[at : at + ROWS] = _mean(x @ slopes + constant, self.link)[0]
        return made


def regress(
    each: Each, terms: Sequence[str], link: str, *, free: Sequence[str] = (), clustered: bool = False
) -> Regression:
    """Fit a model to batches.

    Parameters
    ----------
    each : see `in_rows`; anything that calls a function with every `Batch`. terms : columns of x.
    link : ``normal``, ``poisson``, or of a chance ``logit`` or ``cloglog``.
    free : terms whose estimate may lie at infinity (a dummy of a period
        in which nobody left); the others stand.
    clustered : errors by cluster, with G/(G−1) × (n−1)/(n−k); otherwise by the model.

    Raises
    ------
    DataError : terms that follow from each other, or no maximum.

    Notes
    -----
    Fisher scoring (McCullagh & Nelder 1989, 2.5); errors rest on the expected information, as in R:
    ``glm``, ``sandwich::vcovCL``.
    """
    k, may_run = len(terms), np.isin(list(terms), list(free))
    beta, before = _solved(*added(each(partial(_step, beta=None, link=link)))[:2]), -np.inf
    for number in range(ROUNDS if link != "normal" else 0):
        information, target, loglik = added(each(partial(_step, beta=beta, link=link)))
        found = _solved(information, target)
        close = np.all(np.abs(found - beta) <= CLOSE * np.maximum(np.abs(found), 1.0))
        runs = np.abs(found - beta) > SETTLED * np.maximum(np.abs(found), 1.0)
        flat = number >= PATIENCE and loglik - before <= FLAT and not (runs & ~may_run).any()
        beta, before = found, loglik
        if close or flat:
            break
    else:
        if link != "normal":
            raise DataError("the regression found no maximum; a term may tell the outcome without fail")
    asked = partial(_errors, beta=beta, link=link, clustered=clustered)
    information, spread, rows, meat, clusters = added(each(asked))
    if clustered and clusters < 2:
        raise DataError("errors by cluster need two clusters at least")
    bread = _inverse(information)
    if clustered:
        covariance = bread @ meat @ bread * clusters / (clusters - 1) * (rows - 1) / (rows - k)
    else:
        covariance = bread * (spread / (rows - k) if link == "normal" else 1.0)
    index = pd.Index(list(terms), name="term")
    return Regression(pd.Series(beta, index), pd.DataFrame(covariance, index, index), int(rows), link)


def in_rows(
    data: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    *,
    constant: bool = False,
    dummies: str | None = None,
    levels: Sequence[float] = (),
    cluster: str | None = None,
) -> tuple[Each, list[str]]:
    """A table as batches, a stretch of rows at a time; the names of its terms.

    Parameters
    ----------
    data : without gaps. outcome, terms : numbers.
    constant : whether a last term is 1. dummies : column of which every level gets a term.
    levels : of it, where the table need not hold all.
    cluster : column of customers, say; the rows of one stay in one batch.
    """
    known = np.asarray(levels) if len(levels) or not dummies else np.sort(data[dummies].unique())
    borders = [*range(0, len(data), ROWS), len(data)]
    codes = None
    if cluster:
        codes = pd.factorize(data[cluster])[0]
        if (np.diff(codes) < 0).any():
            order = np.argsort(codes, kind="stable")
            data, codes = data.iloc[order], codes[order]
        begins = np.append(np.flatnonzero(np.diff(codes, prepend=-1)), len(codes))
        borders = sorted({int(begins[np.searchsorted(begins, border)]) for border in borders})

    def each(function: Callable[[Batch], Any]) -> Iterable[Any]:
        for begin, end in pairwise(borders):
            part = data.iloc[begin:end]
            parts = [part[list(terms)].to_numpy(float)]
            if dummies:
                parts.append((part[dummies].to_numpy()[:, None] == known).astype(float))
            if constant:
                parts.append(np.ones((len(part), 1)))
            x = np.hstack(parts) if len(parts) > 1 else parts[0]
            yield function(
                Batch(part[outcome].to_numpy(float), x, None if codes is None else codes[begin:end])
            )

    return each, [*terms, *(f"{dummies}_{level}" for level in known), *(["constant"] if constant else [])]


def rank(x: Floats) -> int:
    """Rank of a tall matrix, from its triangle that is made a stretch of rows at a time."""
    triangle = np.zeros((0, x.shape[1]))
    for at in range(0, len(x), ROWS):
        _, triangle = np.linalg.qr(np.vstack([triangle, x[at : at + ROWS]]))
    singular = np.linalg.svd(triangle, compute_uv=False)
    return int((singular > singular.max() * max(x.shape) * np.finfo(float).eps).sum())


def added(parts: Iterable[Sequence[Any]]) -> list[Any]:
    """Sums over the batches, place by place.

    Parameters
    ----------
    parts : what a function gave for every batch.
    """
    totals: list[Any] | None = None
    for part in parts:
        totals = list(part) if totals is None else [a + b for a, b in zip(totals, part, strict=True)]
    if totals is None:
        raise DataError("no rows")
    return totals


def _solved(information: Floats, target: Floats) -> Floats:
    try:
        found: Floats = np.linalg.solve(information, target).astype(np.float64)
    except np.linalg.LinAlgError:
        found = np.full(len(target), np.nan)
    if not np.isfinite(found).all():
        raise DataError("a regression whose terms follow from each other has no estimate")
    return found


def _inverse(information: Floats) -> Floats:
    """The inverse, where no term follows from the others but for rounding."""
    size = np.sqrt(np.diag(information))
    scaled = information / np.outer(size, size)
    if not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled).min() < SINGULAR:
        raise DataError("a regression whose terms follow from each other has no estimate")
    inverse: Floats = (np.linalg.inv(scaled) / np.outer(size, size)).astype(np.float64)
    return inverse


def _mean(eta: Floats, link: str) -> tuple[Floats, Floats, Floats]:
    """Expected outcome, its derivative by the linear predictor, and the variance of the outcome."""
    if link == "normal":
        return eta, np.ones_like(eta), np.ones_like(eta)
    eta = np.clip(eta, -LARGEST, LARGEST)
    if link == "poisson":
        mean = np.exp(eta)
        return mean, mean, mean
    if link == "logit":
        mean = special.expit(eta)
        slope = mean * (1.0 - mean)
        return mean, slope, slope
    eta = np.minimum(eta, 3.0)  # exp(-exp(3)) is 2e-9
    rate = np.exp(eta)
    mean = -np.expm1(-rate)
    return mean, rate * np.exp(-rate), mean * np.exp(-rate)


def _first(y: Floats, link: str) -> Floats:
    """Linear predictor to begin with, from the outcome alone."""
    if link == "normal":
        return y
    if link == "poisson":
        return np.log((y + max(float(y.mean()), 1e-3)) / 2.0)
    middle = (y + 0.5) / 2.0
    return special.logit(middle) if link == "logit" else np.log(-np.log1p(-middle))


def _step(batch: Batch, beta: Floats | None, link: str) -> tuple[Floats, Floats, float]:
    """X'WX and X'Wz of a batch, and the log likelihood at the estimates so far, but for a constant."""
    eta = _first(batch.y, link) if beta is None else batch.x @ beta
    mean, slope, variance = _mean(eta, link)
    weight = slope**2 / variance
    weighted = batch.x * weight[:, None]
    if link in ("normal", "poisson"):
        loglik = special.xlogy(batch.y, mean) - mean if link == "poisson" else -((batch.y - mean) ** 2)
    else:
        loglik = special.xlogy(batch.y, mean) + special.xlog1py(1.0 - batch.y, -mean)
    return batch.x.T @ weighted, weighted.T @ (eta + (batch.y - mean) / slope), float(loglik.sum())


def _errors(
    batch: Batch, beta: Floats, link: str, clustered: bool
) -> tuple[Floats, float, int, Floats | float, int]:
    """Information, sum of squares, rows; where asked for, products of clusters' scores and their number."""
    mean, slope, variance = _mean(batch.x @ beta, link)
    gap = batch.y - mean
    information = batch.x.T @ (batch.x * (slope**2 / variance)[:, None])
    if not clustered or batch.cluster is None:
        return information, float(gap @ gap), len(gap), 0.0, 0
    score = batch.x * (gap * slope / variance)[:, None]
    sums = np.add.reduceat(score, np.flatnonzero(np.diff(batch.cluster, prepend=-1)), axis=0)
    return information, float(gap @ gap), len(gap), sums.T @ sums, len(sums)
