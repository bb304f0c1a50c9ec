"""Asymptotic covariance of thresholds, means, variances and two-step correlations (Muthén 1984).

The two steps solve stacked estimating equations: scores of every variable by itself, then the score of every
pair in its correlation. With B the cross-products of these scores and A their (block-triangular) derivative,
the estimates vary as A⁻¹ B A⁻ᵀ. As in lavaan, A's blocks are cross-products of scores too. For two ordered
items every score depends on the cell alone, so those blocks come from the tables and not from the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from workbench.sem.ordered.bivariate_normal import normal_density
from workbench.sem.ordered.two_step import (
    TINY,
    Coded,
    TwoStep,
    cell_density,
    cell_probabilities,
    polyserial_parts,
)

_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Layout:
    """Order of the statistics of one group: thresholds item by item, means, slopes, variances, covariances.

    Slopes (where there are causes) run cause by cause, covariances over pairs of variables as lavaan's
    ``vech`` without the diagonal does: (2,1), (3,1), … . Numbers of variables are the data's, or a model's.
    """

    threshold_item: np.ndarray
    threshold_number: np.ndarray
    ordered: np.ndarray
    continuous: np.ndarray
    pair_first: np.ndarray
    pair_second: np.ndarray
    slope_variable: np.ndarray
    slope_cause: np.ndarray

    @classmethod
    def of(cls, is_ordered: np.ndarray, categories: tuple[int, ...], causes: int = 0) -> Layout:
        item = np.repeat(np.arange(len(categories)), [used - 1 for used in categories])
        number = np.concatenate(
            [np.arange(used - 1) for used in categories] or [np.zeros(0, dtype=int)]
        ).astype(int)
        first, second = np.triu_indices(len(is_ordered), 1)
        return cls(
            item,
            number,
            np.flatnonzero(is_ordered),
            np.flatnonzero(~is_ordered),
            first,
            second,
            np.tile(np.arange(len(is_ordered)), causes),
            np.repeat(np.arange(causes), len(is_ordered)),
        )

    def among(self, variables: np.ndarray, causes: np.ndarray) -> Layout:
        """The same statistics where ``variables`` and ``causes`` are the numbers of both in a larger list."""
        return Layout(
            self.threshold_item,
            self.threshold_number,
            variables[self.ordered],
            variables[self.continuous],
            variables[self.pair_first],
            variables[self.pair_second],
            variables[self.slope_variable],
            causes[self.slope_cause],
        )

    @property
    def thresholds(self) -> slice:
        return slice(0, len(self.threshold_item))

    @property
    def means(self) -> slice:
        return slice(self.thresholds.stop, self.thresholds.stop + len(self.continuous))

    @property
    def slopes(self) -> slice:
        return slice(self.means.stop, self.means.stop + len(self.slope_variable))

    @property
    def variances(self) -> slice:
        return slice(self.slopes.stop, self.slopes.stop + len(self.continuous))

    @property
    def covariances(self) -> slice:
        return slice(self.variances.stop, self.variances.stop + len(self.pair_first))

    @property
    def size(self) -> int:
        return self.covariances.stop

    def units(self, scale: np.ndarray) -> np.ndarray:
        """Units of the statistics where variables have the units ``scale`` (p,), ordered ones one."""
        return np.concatenate(
            [
                np.ones(len(self.threshold_item)),
                scale[self.continuous],
                scale[self.slope_variable] / scale[self.slope_cause],
                scale[self.continuous] ** 2,
                scale[self.pair_first] * scale[self.pair_second],
            ]
        )

    def names(self, variables: tuple[str, ...]) -> list[str]:
        """Names of the statistics in lavaan's words: ``q1|t1``, ``y~1``, ``y~x``, ``y~~y``, ``q1~~q2``."""
        slopes = zip(self.slope_variable, self.slope_cause, strict=True)
        pairs = zip(self.threshold_item, self.threshold_number, strict=True)
        continuous = [variables[place] for place in self.continuous]
        return (
            [f"{variables[self.ordered[item]]}|t{number + 1}" for item, number in pairs]
            + [f"{name}~1" for name in continuous]
            + [f"{variables[a]}~{variables[b]}" for a, b in slopes]
            + [f"{name}~~{name}" for name in continuous]
            + [
                f"{variables[a]}~~{variables[b]}"
                for a, b in zip(self.pair_first, self.pair_second, strict=True)
            ]
        )


def statistics(estimates: TwoStep, layout: Layout) -> np.ndarray:
    """The estimates of one group as a vector in the order of ``layout``, continuous ones in their units."""
    scale = np.ones(len(estimates.correlations))
    scale[layout.continuous] = np.sqrt(estimates.variances)
    covariance = estimates.correlations * np.outer(scale, scale)
    return np.concatenate(
        [
            estimates.thresholds[layout.threshold_item, layout.threshold_number + 1],
            estimates.means,
            estimates.variances,
            covariance[layout.pair_first, layout.pair_second],
        ]
    )


def asymptotic_covariance(data: Coded, estimates: TwoStep, layout: Layout) -> np.ndarray:
    """n times the covariance matrix of ``statistics(estimates, layout)``: lavaan's NACOV (``Gamma``).

    A row without an answer (code -1) has no part in scores that need it (``missing = "pairwise"``).

    Muthén, B. (1984), Psychometrika 49, 115–132. In R: ``lavInspect(fit, "gamma")``.
    """
    ordered_place = np.cumsum(data.is_ordered) - 1
    continuous_place = np.cumsum(~data.is_ordered) - 1
    first, second = layout.pair_first, layout.pair_second
    both = np.flatnonzero(data.is_ordered[first] & data.is_ordered[second])
    neither = np.flatnonzero(~data.is_ordered[first] & ~data.is_ordered[second])
    mixed = np.flatnonzero(data.is_ordered[first] != data.is_ordered[second])
    flipped = data.is_ordered[first[mixed]]
    mixed_continuous = continuous_place[np.where(flipped, second[mixed], first[mixed])]
    mixed_ordered = ordered_place[np.where(flipped, first[mixed], second[mixed])]
    exact = np.abs(estimates.correlations[first, second]) == 1.0
    rho = np.where(exact, 0.0, estimates.correlations[first, second])
    base = layout.covariances.start

    cross = np.zeros((layout.size - base, base))
    cells = _OrderedPairs(estimates, ordered_place[first[both]], ordered_place[second[both]], rho[both])
    cross[both] = cells.derivatives(layout, base)
    univariate = _threshold_scores(estimates.thresholds)
    inner = np.zeros((layout.size, layout.size))
    deviation = np.sqrt(estimates.variances)
    for start in range(0, data.n, _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        codes = data.codes[part]
        z = (data.values[part] - estimates.means) / deviation
        scores = np.zeros((len(codes), layout.size))
        scores[:, layout.thresholds] = univariate[
            layout.threshold_item, codes[:, layout.threshold_item], layout.threshold_number
        ]
        scores[:, layout.means] = z / deviation
        scores[:, layout.variances] = (z**2 - 1.0) / (2.0 * estimates.variances)
        scores[:, base + both] = cells.scores(codes)
        if (codes < 0).any():
            seen = codes >= 0
            scores[:, layout.thresholds] *= seen[:, layout.threshold_item]
            scores[:, base + both] *= seen[:, cells.first] & seen[:, cells.second]
        if neither.size:
            a, b = continuous_place[first[neither]], continuous_place[second[neither]]
            own, parts = continuous_scores(z, deviation, a, b, rho[neither])
            scores[:, base + neither] = own
            for side, mean, variance in parts:
                cross[neither, layout.means.start + side] += (own * mean).sum(axis=0)
                cross[neither, layout.variances.start + side] += (own * variance).sum(axis=0)
        if mixed.size:
            own, mean, variance, up, down = _mixed_pairs(
                z, deviation, codes, estimates.thresholds, mixed_continuous, mixed_ordered, rho[mixed]
            )
            scores[:, base + mixed] = own
            cross[mixed, layout.means.start + mixed_continuous] += (own * mean).sum(axis=0)
            cross[mixed, layout.variances.start + mixed_continuous] += (own * variance).sum(axis=0)
            by_category = np.zeros((len(mixed), estimates.thresholds.shape[1] + 1))
            pair = np.broadcast_to(np.arange(len(mixed)), own.shape)
            category = codes[:, mixed_ordered]
            np.add.at(by_category, (pair, category + 1), own * up)
            np.add.at(by_category, (pair, category), -own * down)
            for column, (item, number) in enumerate(
                zip(layout.threshold_item, layout.threshold_number, strict=True)
            ):
                of_item = np.flatnonzero(mixed_ordered == item)
                cross[mixed[of_item], column] += by_category[of_item, number + 1]
        inner += scores.T @ scores

    gamma = data.n * sandwich(inner, cross, estimates, layout, data)
    without = base + np.flatnonzero(exact)  # a correlation of one has no finite estimate, so no variance
    gamma[without, :] = gamma[:, without] = np.nan
    return gamma


def _threshold_scores(thresholds: np.ndarray) -> np.ndarray:
    """d log P(category) / d threshold: items x categories x thresholds."""
    probability = np.diff(ndtr(thresholds), axis=1)
    safe = np.where(probability > 0, probability, 1.0)
    density = normal_density(thresholds)
    items, width = probability.shape
    table = np.zeros((items, width, width))
    cut = np.arange(width - 1)
    table[:, cut, cut] = density[:, 1:-1] / safe[:, :-1]
    table[:, cut + 1, cut] = -density[:, 1:-1] / safe[:, 1:]
    return table


class _OrderedPairs:
    """Scores of pairs of ordered items, which depend on the cell alone."""

    def __init__(self, estimates: TwoStep, first: np.ndarray, second: np.ndarray, rho: np.ndarray):
        self.first, self.second, self.rho = first, second, rho
        self.low, self.high = estimates.thresholds[first], estimates.thresholds[second]
        self.tables = estimates.tables
        probability = cell_probabilities(self.low, self.high, rho)
        slope, _ = cell_density(self.low, self.high, rho)
        counted = probability > TINY
        self.inverse = np.where(counted, 1.0 / np.where(counted, probability, 1.0), 0.0)
        self.score = slope * self.inverse

    def scores(self, codes: np.ndarray) -> np.ndarray:
        width = self.score.shape[1]
        pair = np.arange(len(self.first)) * width * width
        return self.score.ravel()[pair + codes[:, self.first] * width + codes[:, self.second]]

    def derivatives(self, layout: Layout, base: int) -> np.ndarray:
        """Each pair's score times its likelihood's scores in the thresholds, summed: pairs x base."""
        weight = self.tables * self.score * self.inverse
        out = np.zeros((len(self.first), base))
        starts = np.searchsorted(layout.threshold_item, np.arange(layout.threshold_item.max(initial=-1) + 2))
        lengths = np.diff(starts)
        for item, own, other, moved in (
            (self.first, self.low, self.high, weight),
            (self.second, self.high, self.low, weight.transpose(0, 2, 1)),
        ):
            root = np.sqrt(1.0 - self.rho**2)[:, None, None]
            cut = own[:, 1:-1, None]
            within = np.diff(ndtr((other[:, None, :] - self.rho[:, None, None] * cut) / root), axis=2)
            gain = normal_density(cut)[..., 0] * (within * (moved[:, :-1] - moved[:, 1:])).sum(axis=2)
            number = np.arange(gain.shape[1])
            used = number < lengths[item][:, None]
            row = np.broadcast_to(np.arange(len(item))[:, None], gain.shape)
            column = starts[item][:, None] + number
            out[row[used], column[used]] += gain[used]
        return out


def continuous_scores(
    z: np.ndarray, deviation: np.ndarray, a: np.ndarray, b: np.ndarray, rho: np.ndarray
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Scores of pairs of continuous variables: in ρ, and for either side in its mean and variance."""
    rest = 1.0 - rho**2
    x, y = z[:, a], z[:, b]
    own = (rho * rest + x * y * (1.0 + rho**2) - rho * (x**2 + y**2)) / rest**2
    parts = []
    for side, here, there in ((a, x, y), (b, y, x)):
        mean = (here - rho * there) / (rest * deviation[side])
        variance = ((here**2 - rho * here * there) / rest - 1.0) / (2.0 * deviation[side] ** 2)
        parts.append((side, mean, variance))
    return own, parts


def _mixed_pairs(
    z: np.ndarray,
    deviation: np.ndarray,
    codes: np.ndarray,
    thresholds: np.ndarray,
    continuous: np.ndarray,
    ordered: np.ndarray,
    rho: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """Scores of a continuous variable with an ordered item: ρ, mean, variance, upper and lower threshold."""
    category = codes[:, ordered]
    x, upper, lower = z[:, continuous], thresholds[ordered, category + 1], thresholds[ordered, category]
    probability, slope, _ = polyserial_parts(x, upper, lower, rho)
    root = np.sqrt(1.0 - rho**2)
    up = normal_density((upper - rho * x) / root) / (root * probability)
    down = normal_density((lower - rho * x) / root) / (root * probability)
    sd = deviation[continuous]
    mean = (x + rho * (up - down)) / sd
    variance = (x**2 - 1.0 + rho * x * (up - down)) / (2.0 * sd**2)
    return slope / probability, mean, variance, up, down


def sandwich(
    inner: np.ndarray, cross: np.ndarray, estimates: TwoStep, layout: Layout, data: Coded
) -> np.ndarray:
    """A⁻¹ B A⁻ᵀ, carried from correlations to covariances where a variable is continuous.

    ``inner``: B, cross-products of all scores. ``cross``: those of each pair's score with its likelihood's
    scores in what step one estimates, pairs x statistics of step one.
    """
    base = layout.covariances.start
    continuous = layout.continuous
    owner = np.concatenate(
        [layout.ordered[layout.threshold_item], continuous, layout.slope_variable, continuous]
    )
    block = np.where(owner[:, None] == owner[None, :], inner[:base, :base], 0.0)
    information = np.diag(inner)[base:]
    step_one = np.linalg.inv(block)
    bread = np.zeros_like(inner)
    bread[:base, :base] = step_one
    with np.errstate(divide="ignore", invalid="ignore"):
        bread[base:, :base] = -(cross @ step_one) / information[:, None]
        bread[base:, base:][np.diag_indices(len(information))] = 1.0 / information
    if layout.continuous.size:
        scale = np.ones(len(data.names))
        scale[layout.continuous] = np.sqrt(estimates.variances)
        a, b = layout.pair_first, layout.pair_second
        rho = estimates.correlations[a, b]
        to_covariance = np.eye(layout.size)
        pairs = np.arange(len(a))
        to_covariance[base + pairs, base + pairs] = scale[a] * scale[b]
        place = np.full(len(data.names), -1)
        place[layout.continuous] = np.arange(len(layout.continuous))
        for side, other in ((a, b), (b, a)):
            has = ~data.is_ordered[side]
            column = layout.variances.start + place[side[has]]
            to_covariance[base + pairs[has], column] = rho[has] * scale[other[has]] / (2.0 * scale[side[has]])
        bread = to_covariance @ bread
    return bread @ inner @ bread.T
