"""Latent classes of categorical answers: fitted by EM from many starts, and how many there are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.doors import array, door, made_by, named_table, usable, whole
from workbench.errors import DataError, Fault, SpecificationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST = 50  # classes
SHORT_RUN, LONG_RUN, SMALL, SMALLEST = 15, 500, 1e-7, 1e-9
FLOOR = 1e-12  # of a chance, so that its logarithm is finite


def _classes(name: str, value: Any) -> int:
    """How many classes."""
    found = int(whole(1)(name, value))
    if found > MOST:
        raise SpecificationError(f"{name}={found}: at most {MOST} classes are fitted")
    return found


def _fits(name: str, value: Any) -> Any:
    """Fits by their number of classes."""
    if not isinstance(value, dict) or any(not isinstance(one, LatentClasses) for one in value.values()):
        raise SpecificationError(f"{name}: the fits of number_of_classes are needed")
    return value


@dataclass(frozen=True)
class Patterns:
    """Answers by pattern: ``ones`` has a column for each item's category (a missing answer has no one),
    ``blocks`` says which columns are one item's, ``place`` which pattern a respondent has."""

    ones: Floats
    blocks: tuple[slice, ...]
    place: NDArray[np.int64]
    items: tuple[str, ...]
    categories: tuple[tuple[object, ...], ...]

    @property
    def counts(self) -> Floats:
        return np.bincount(self.place, minlength=len(self.ones)).astype(float)

    @property
    def n(self) -> int:
        return len(self.place)

    @cached_property
    def across(self) -> Floats:
        """``ones`` with a row for each category, in the order in which memory is read."""
        return np.ascontiguousarray(self.ones.T)


@dataclass(frozen=True)
class LatentClasses:
    """Classes found, the largest first.

    shares : (k,). answers : chances of every category, (k, categories of all items). posterior : (n, k).
    loglik : maximum over the starts. reached : how many of the starts that were run to the end came within
    .01 of it.
    """

    patterns: Patterns
    shares: Floats
    answers: Floats
    posterior: Floats
    loglik: float
    converged: bool
    reached: int

    @property
    def k(self) -> int:
        return len(self.shares)

    @property
    def parameters(self) -> int:
        free = sum(len(one) - 1 for one in self.patterns.categories)
        return self.k - 1 + self.k * free

    @property
    def assigned(self) -> NDArray[np.int64]:
        """Each respondent's most probable class."""
        return np.asarray(self.posterior.argmax(axis=1))

    @property
    def error(self) -> float:
        """Expected share of respondents whose most probable class is not theirs."""
        return float(1 - self.posterior.max(axis=1).mean())

    @property
    def entropy(self) -> float:
        """Relative entropy: 1 where every class is certain, 0 where nothing is known."""
        return 1 - self.uncertainty / (self.patterns.n * math.log(self.k)) if self.k > 1 else math.nan

    @property
    def uncertainty(self) -> float:
        return float(-(self.posterior * np.log(self.posterior.clip(FLOOR))).sum())

    def profile(self) -> pd.DataFrame:
        """Chance of every answer by class; index (item, answer), a column for each class."""
        keys = [
            (item, value)
            for item, values in zip(self.patterns.items, self.patterns.categories, strict=True)
            for value in values
        ]
        index = pd.MultiIndex.from_tuples(keys, names=["item", "answer"])
        return pd.DataFrame(self.answers.T, index=index, columns=range(1, self.k + 1))


@door(answers=named_table)
def patterns(answers: pd.DataFrame) -> Patterns:
    """Code answers as patterns of categories; missing answers stay out of the likelihood.

    Parameters
    ----------
    answers : a respondent by row, an item by column, ordered or nominal; every item answered in two ways.

    Raises
    ------
    DataError : an item without two different answers, or nobody with an answer.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.latent_classes import patterns
    >>> patterns(pd.DataFrame({"a": [1, 2, 1], "b": ["x", "y", "x"]})).ones.shape
    (2, 4)
    """
    answers = usable(answers)
    constant = [name for name in answers if answers[name].nunique() < 2]
    if constant or answers.empty:
        fault = Fault("everyone gave the same answer" if constant else "there are no answers",
                      column=str(constant[0]) if constant else "")  # fmt: skip
        raise DataError(fault)
    codes, categories = [], []
    for name in answers:
        try:
            code, values = pd.factorize(answers[name], sort=True)
        except TypeError:  # numbers and texts beside one another: in the order in which they come
            code, values = pd.factorize(answers[name])
        codes.append(code)
        categories.append(tuple(values))
    rows, place = np.unique(np.column_stack(codes), axis=0, return_inverse=True)
    parts = [
        (rows[:, [column]] == np.arange(len(values))).astype(float)
        for column, values in enumerate(categories)
    ]
    ends = np.cumsum([0, *(len(values) for values in categories)])
    blocks = tuple(slice(int(a), int(b)) for a, b in pairwise(ends))
    return Patterns(
        np.hstack(parts), blocks, place.reshape(-1), tuple(map(str, answers.columns)), tuple(categories)
    )


_FOUND = made_by(Patterns, "patterns")


@door(found=_FOUND, k=_classes, starts=whole(1), seed=whole(0))
def fit_classes(found: Patterns, k: int, *, starts: int = 10, seed: int = 1) -> LatentClasses:
    """Latent class model with ``k`` classes by maximum likelihood.

    Parameters
    ----------
    found : of `patterns`. k : classes. starts : random starts, of which the best third runs to the end.
    seed : of the starts.

    Notes
    -----
    P(y) = sum_c share_c prod_j P(y_j | c), answers independent inside a class (Lazarsfeld & Henry 1968;
    Goodman 1974), by EM. R: ``poLCA::poLCA``. Classes are ordered by size, so their numbers do not depend on
    the start.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.latent_classes import fit_classes, patterns
    >>> seen = pd.DataFrame({"a": [1, 1, 2, 2] * 9, "b": [1, 1, 2, 2] * 9, "c": [1, 1, 2, 2] * 9})
    >>> fit_classes(patterns(seen), 2).shares.round(2).tolist()
    [0.5, 0.5]
    """
    weights = found.counts[None, :]
    begun = _begin(found, weights, k, 1 if k == 1 else starts, seed)
    shares, answers, loglik = _climb(found, np.repeat(weights, len(begun[0]), axis=0), *begun, SHORT_RUN)
    kept = np.argsort(-loglik)[: max(1, math.ceil(len(loglik) / 3))]
    shares, answers, loglik = _climb(
        found, np.repeat(weights, len(kept), axis=0), shares[kept], answers[kept], LONG_RUN, SMALLEST
    )
    best = int(loglik.argmax())
    order = np.argsort(-shares[best], kind="stable")
    share, answer = shares[best][order], answers[best][order]
    posterior = memberships(found, share[None], answer[None])[0][found.place]
    again = _climb(found, weights, share[None], answer[None], 1)[2][0]
    close = abs(again - loglik[best]) < 1e-3
    return LatentClasses(found, share, answer, posterior, float(loglik[best]), bool(close),
                         int((loglik > loglik[best] - 0.01).sum()))  # fmt: skip


@door(found=_FOUND, weights=array(2), k=_classes, starts=whole(1), seed=whole(0), most=whole(1))
def fit_resampled(found: Patterns, weights: Floats, k: int, *, starts: int = 2, seed: int = 1,
                  most: int = 60) -> tuple[Floats, Floats]:  # fmt: skip
    """Shares and answers of many samples at once, each given by how often every pattern is in it.

    Parameters
    ----------
    found : patterns. weights : (samples, patterns). k : classes. starts : for each sample. seed : of them.
    most : steps of EM.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.evaluation.latent_classes import fit_resampled, patterns
    >>> known = patterns(pd.DataFrame({"a": [1, 1, 2, 2] * 9, "b": [1, 1, 2, 2] * 9}))
    >>> fit_resampled(known, np.array([known.counts, known.counts]), 2)[0].shape
    (2, 2)
    """
    if weights.shape[1] != len(found.ones) or (weights < 0).any():
        raise SpecificationError(
            f"weights: {len(found.ones)} patterns of 0 or more are needed in every sample"
        )
    samples = len(weights)
    begun = _begin(found, weights, k, starts, seed)
    shares, answers, loglik = _climb(found, np.repeat(weights, starts, axis=0), *begun, SHORT_RUN)
    best = loglik.reshape(samples, starts).argmax(axis=1) + starts * np.arange(samples)
    shares, answers, _ = _climb(found, weights, shares[best], answers[best], most)
    return shares, answers


@door(found=_FOUND, shares=array(2), answers=array(3))
def memberships(found: Patterns, shares: Floats, answers: Floats) -> Floats:
    """Chance of every class given a pattern: (fits, patterns, k) from (fits, k) and (fits, k, categories).

    Parameters
    ----------
    found : patterns. shares, answers : of the fits.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.evaluation.latent_classes import memberships, patterns
    >>> known = patterns(pd.DataFrame({"a": [1, 2]}))
    >>> memberships(known, np.array([[0.5, 0.5]]), np.array([[[0.9, 0.1], [0.1, 0.9]]]))[0].round(1).tolist()
    [[0.9, 0.1], [0.1, 0.9]]
    """
    if answers.shape != (*shares.shape, found.ones.shape[1]):
        raise SpecificationError(
            f"answers of the shape {(*shares.shape, found.ones.shape[1])} are needed, not {answers.shape}"
        )
    return _expect(found, shares, answers)[0].transpose(0, 2, 1)


@door(found=_FOUND, most=_classes, starts=whole(1), seed=whole(0))
def number_of_classes(found: Patterns, most: int = 5, *, starts: int = 10, seed: int = 1) -> tuple[
    pd.DataFrame, dict[int, LatentClasses]
]:  # fmt: skip
    """Fits with one class to ``most`` and what each criterion says of them.

    Parameters
    ----------
    found : patterns. most : classes. starts, seed : as in `fit_classes`.

    Returns
    -------
    DataFrame : k -> loglik, parameters, aic, bic, abic, icl, entropy, error, smallest (share); and the fits.

    Notes
    -----
    aBIC takes (n + 2) / 24 for n (Sclove 1987); ICL adds twice the uncertainty of who belongs where to BIC
    (Biernacki, Celeux & Govaert 2000). Fits with more parameters than respondents are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.latent_classes import number_of_classes, patterns
    >>> seen = pd.DataFrame({"a": [1, 1, 2, 2] * 9, "b": [1, 1, 2, 2] * 9, "c": [1, 1, 2, 2] * 9})
    >>> int(number_of_classes(patterns(seen), 2)[0]["bic"].idxmin())
    2
    """
    fits: dict[int, LatentClasses] = {}
    rows = {}
    for k in range(1, most + 1):
        one = fit_classes(found, k, starts=starts, seed=seed)
        if k > 1 and one.parameters >= found.n:
            break
        fits[k] = one
        n, p, fit = found.n, one.parameters, -2 * one.loglik
        bic = fit + p * math.log(n)
        rows[k] = {
            "loglik": one.loglik, "parameters": p, "aic": fit + 2 * p, "bic": bic,
            "abic": fit + p * math.log((n + 2) / 24), "icl": bic + 2 * one.uncertainty,
            "entropy": one.entropy, "error": one.error, "smallest": float(one.shares.min()),
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("k"), fits


@door(fits=_fits, k=_classes, draws=whole(1), seed=whole(0))
def bootstrap_ratio(fits: dict[int, LatentClasses], k: int, *, draws: int = 19, seed: int = 1) -> float:
    """p-value of ``k`` against ``k + 1`` classes by the parametric bootstrap of the likelihood ratio.

    Parameters
    ----------
    fits : of `number_of_classes`, with k and k + 1. k : classes of the null. draws : samples drawn from it.
    seed : of the draws.

    Notes
    -----
    McLachlan (1987); p = (1 + draws at least as large) / (draws + 1). R: ``flexmix``, ``mclustBootstrapLRT``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.latent_classes import bootstrap_ratio, number_of_classes, patterns
    >>> seen = pd.DataFrame({"a": [1, 1, 2, 2] * 9, "b": [1, 1, 2, 2] * 9, "c": [1, 1, 2, 2] * 9})
    >>> bootstrap_ratio(number_of_classes(patterns(seen), 2)[1], 1, draws=19)
    0.05
    """
    if not {k, k + 1} <= set(fits):
        raise SpecificationError(f"fits with {k} and {k + 1} classes are needed")
    null, observed = fits[k], 2 * (fits[k + 1].loglik - fits[k].loglik)
    rng = np.random.default_rng(seed)
    larger = 0
    for draw in range(draws):
        kind = rng.choice(k, size=null.patterns.n, p=null.shares)
        drawn = {}
        for item, block in zip(null.patterns.items, null.patterns.blocks, strict=True):
            bounds = null.answers[kind, block].cumsum(axis=1)
            drawn[item] = (rng.random((null.patterns.n, 1)) > bounds[:, :-1]).sum(axis=1)
        again = patterns(pd.DataFrame(drawn))
        low, high = (fit_classes(again, j, starts=6, seed=seed + draw).loglik for j in (k, k + 1))
        larger += 2 * (high - low) >= observed
    return (1 + larger) / (draws + 1)


def _begin(found: Patterns, weights: Floats, k: int, starts: int, seed: int) -> tuple[Floats, Floats]:
    """Random starts: answers near those of everyone, each class drawn by itself."""
    rng = np.random.default_rng(seed)
    many = len(weights) * starts
    overall = (weights @ found.ones + 1.0).repeat(starts, axis=0)
    answers = overall[:, None, :] * rng.gamma(1.0, size=(many, k, found.ones.shape[1]))
    for block in found.blocks:
        answers[..., block] /= answers[..., block].sum(axis=2, keepdims=True)
    if k == 1:
        answers = np.broadcast_to(overall[:, None, :], answers.shape).copy()
        for block in found.blocks:
            answers[..., block] /= answers[..., block].sum(axis=2, keepdims=True)
    return np.full((many, k), 1.0 / k), answers


def _expect(found: Patterns, shares: Floats, answers: Floats) -> tuple[Floats, Floats]:
    """Chances of the classes (fits, k, patterns) and log likelihoods of the patterns (fits, patterns)."""
    fits, k, width = answers.shape
    chances = np.log(answers.clip(FLOOR)).reshape(fits * k, width) @ found.across
    chances = chances.reshape(fits, k, -1)
    chances += np.log(shares.clip(FLOOR))[:, :, None]
    top = chances.max(axis=1, keepdims=True)
    chances -= top
    np.exp(chances, out=chances)
    total = chances.sum(axis=1, keepdims=True)
    chances /= total
    return chances, (np.log(total) + top)[:, 0]


def _climb(
    found: Patterns, weights: Floats, shares: Floats, answers: Floats, most: int, small: float = SMALL
) -> tuple[Floats, Floats, Floats]:
    """EM for many fits at once, until none gains more than a hair or ``most`` steps are done."""
    shares, answers = shares.copy(), answers.copy()
    last = np.full(len(shares), -np.inf)
    going = np.arange(len(shares))
    for _ in range(most):
        chances, logs = _expect(found, shares[going], answers[going])
        now = (weights[going] * logs).sum(axis=1)
        done = now - last[going] < small * np.abs(now)
        last[going] = now
        chances *= weights[going][:, None, :]
        fits, k, _ = chances.shape
        counts = (chances.reshape(fits * k, -1) @ found.ones).reshape(fits, k, -1)
        for block in found.blocks:
            total = counts[..., block].sum(axis=2, keepdims=True)
            counts[..., block] /= np.maximum(total, FLOOR)
        size = chances.sum(axis=2)
        shares[going], answers[going] = size / size.sum(axis=1, keepdims=True), counts
        going = going[~done]
        if not len(going):
            break
    return shares, answers, last
