"""Thresholds, slopes and residual correlations given exogenous variables, with their asymptotic covariance.

With observed causes x the statistics of ordered data are conditional on them (lavaan's ``conditional.x``):
each ordered item is regressed on x by ordered probit, each continuous variable by least squares, and each
pair's residual correlation maximises the pair's likelihood given these regressions (Muthén 1984). Every row
has cut points of its own, so nothing comes from tables; the sandwich is ``polychoric_acov``'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from workbench.errors import DataError
from workbench.sem.ordered.bivariate_normal import (
    FAR,
    bivariate_density,
    bivariate_density_slope,
    bivariate_probability,
    normal_density,
)
from workbench.sem.ordered.polychoric_acov import Layout, continuous_scores, sandwich
from workbench.sem.ordered.two_step import (
    TINY,
    Coded,
    TwoStep,
    add_continuous_variables,
    category_log_probability,
    maximise_side_by_side,
    polyserial_parts,
)

_CELLS_AT_ONCE = 400_000
_STEPS = 100


@dataclass(frozen=True)
class Regressed:
    """The regressions of one group, on exogenous variables brought to mean zero and unit variance.

    upper, lower: cut points of every row's category, rows x ordered items. z: standardised residuals, rows x
    continuous variables. x: rows x causes. centre, spread: what x was brought from.
    """

    estimates: TwoStep
    upper: np.ndarray
    lower: np.ndarray
    z: np.ndarray
    x: np.ndarray
    centre: np.ndarray
    spread: np.ndarray


def regressed_two_step(data: Coded) -> Regressed:
    """Regressions first, then every residual correlation given these.

    Raises DataError where the exogenous variables are collinear or tell the categories of an item apart.
    """
    x = _standardised(data)
    centre, spread = data.causes.mean(axis=0), data.causes.std(axis=0)
    width = max(data.categories, default=1)
    ordered, continuous = np.flatnonzero(data.is_ordered), np.flatnonzero(~data.is_ordered)
    thresholds = np.full((len(ordered), width + 1), FAR)
    thresholds[:, 0] = -FAR
    slopes = np.zeros((len(data.names), x.shape[1]))
    for item, used in enumerate(data.categories):
        name = data.names[ordered[item]]
        thresholds[item, 1:used], slopes[ordered[item]] = probit_regression(
            data.codes[:, item], used, x, name
        )
    means = data.values.mean(axis=0) if len(continuous) else np.zeros(0)
    slopes[continuous] = np.linalg.lstsq(x, data.values - means, rcond=None)[0].T
    residual = data.values - means - x @ slopes[continuous].T
    variances = (residual**2).mean(axis=0)
    z = residual / np.sqrt(variances)
    shift = x @ slopes[ordered].T
    items = np.arange(len(ordered))
    upper = np.clip(thresholds[items, data.codes + 1] - shift, -FAR, FAR)
    lower = np.clip(thresholds[items, data.codes] - shift, -FAR, FAR)
    upper[thresholds[items, data.codes + 1] == FAR] = FAR
    lower[thresholds[items, data.codes] == -FAR] = -FAR

    correlations, warnings = np.eye(len(data.names)), []
    first, second = np.triu_indices(len(ordered), 1)
    rho, unfinished = _residual_polychoric(upper, lower, first, second)
    correlations[ordered[first], ordered[second]] = correlations[ordered[second], ordered[first]] = rho
    warnings += [
        f"the residual correlation of {data.names[ordered[first[pair]]]} and "
        f"{data.names[ordered[second[pair]]]} did not converge"
        for pair in unfinished
    ]
    said, near = add_continuous_variables(correlations, data, z, upper, lower)
    warnings += said
    warnings += [
        f"the residuals of {data.names[a]} and {data.names[b]} correlate {correlations[a, b]:.3f}"
        for a, b in near
    ]
    estimates = TwoStep(
        thresholds, means, variances, correlations, np.zeros((0, width, width)), tuple(warnings), slopes
    )
    return Regressed(estimates, upper, lower, z, x, centre, spread)


def _standardised(data: Coded) -> np.ndarray:
    spread = data.causes.std(axis=0)
    x = (data.causes - data.causes.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    if np.linalg.matrix_rank(x, tol=1e-7 * np.sqrt(len(x))) < x.shape[1]:
        raise DataError(
            "the exogenous variables are collinear, or one is constant: leave one of them out "
            "(dummy variables need one category fewer than there are)"
        )
    return x


def probit_regression(codes: np.ndarray, categories: int, x: np.ndarray, name: str = "") -> tuple:
    """Ordered probit regression: thresholds (K - 1,) and slopes (q,) of P(y ≤ k | x) = Φ(τ_k - x'β).

    Newton steps on the log-likelihood, which is concave (Pratt 1981), halved where one loses. In R:
    ``MASS::polr(y ~ x, method = "probit")``.
    """
    cuts, n = categories - 1, len(codes)
    share = np.cumsum(np.bincount(codes, minlength=categories))[:-1] / n
    theta = np.concatenate([ndtri(share), np.zeros(x.shape[1])])
    above = np.hstack([codes[:, None] == np.arange(cuts), -x])
    below = np.hstack([codes[:, None] == np.arange(1, cuts + 1), -x])

    def cut_points(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tau = np.concatenate([[-FAR], theta[:cuts], [FAR]])
        shift = x @ theta[cuts:]
        upper = np.where(codes < cuts, tau[codes + 1] - shift, FAR)
        return upper, np.where(codes > 0, tau[codes] - shift, -FAR)

    def loglik(theta: np.ndarray) -> float:
        if (np.diff(theta[:cuts]) <= 0).any():
            return -np.inf
        return float(category_log_probability(*cut_points(theta)).sum())

    value = loglik(theta)
    for _ in range(_STEPS):
        upper, lower = cut_points(theta)
        logs = category_log_probability(upper, lower)
        up = np.exp(-0.5 * upper**2 - logs) / np.sqrt(2 * np.pi)
        down = np.exp(-0.5 * lower**2 - logs) / np.sqrt(2 * np.pi)
        gradient = above.T @ up - below.T @ down
        crossed = above.T @ ((up * down)[:, None] * below)
        hessian = (
            above.T @ ((-upper * up - up**2)[:, None] * above)
            + below.T @ ((lower * down - down**2)[:, None] * below)
            + crossed
            + crossed.T
        )
        try:
            step = -np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            break
        factor = 1.0
        while not (gained := loglik(theta + factor * step)) >= value - 1e-10 * abs(value) and factor > 1e-6:
            factor /= 2
        theta, value = theta + factor * step, gained
        if np.abs(theta[cuts:]).max() > 30:
            break
        if np.abs(step).max() < 1e-7:
            return theta[:cuts], theta[cuts:]
    raise DataError(
        f"{name}: its probit regression on the exogenous variables has no solution; they may tell its "
        "categories apart completely. Join categories or leave a variable out"
    )


def _corners(
    upper: np.ndarray, lower: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray, float], ...]:
    """The four corners of every row's cell for some pairs, with their signs."""
    a, b = (upper[:, first], lower[:, first]), (upper[:, second], lower[:, second])
    return ((a[0], b[0], 1.0), (a[1], b[0], -1.0), (a[0], b[1], -1.0), (a[1], b[1], 1.0))


def _rectangle(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Φ₂ where both limits are finite; in closed form elsewhere."""
    out = np.where(h >= FAR, ndtr(k), ndtr(h))
    out[(h <= -FAR) | (k <= -FAR)] = 0.0
    inside = (np.abs(h) < FAR) & (np.abs(k) < FAR)
    out[inside] = bivariate_probability(h[inside], k[inside], np.broadcast_to(rho, h.shape)[inside])
    return out


def _cell(
    upper: np.ndarray, lower: np.ndarray, first: np.ndarray, second: np.ndarray, rho: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability of every row's cell and its first two derivatives in ρ, rows x pairs."""
    shape = upper[:, first].shape
    probability, slope, bend = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for h, k, sign in _corners(upper, lower, first, second):
        probability = probability + sign * _rectangle(h, k, rho)
        density = bivariate_density(h, k, rho)
        slope = slope + sign * density
        bend = bend + sign * density * bivariate_density_slope(h, k, rho)
    return probability, slope, bend


def _chunks(rows: int, pairs: int) -> list[slice]:
    at_once = max(1, _CELLS_AT_ONCE // max(rows, 1))
    return [slice(start, start + at_once) for start in range(0, pairs, at_once)]


def _residual_polychoric(
    upper: np.ndarray, lower: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Residual correlations of pairs of ordered items by Newton steps, side by side."""
    score = _mean_given_category(upper, lower)
    spread = (score**2).mean(axis=0)
    start = (score[:, first] * score[:, second]).mean(axis=0) / (spread[first] * spread[second])

    def evaluate(rho: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        loglik, gradient, curvature = np.zeros((3, len(chosen)))
        for part in _chunks(len(upper), len(chosen)):
            a, b = first[chosen[part]], second[chosen[part]]
            probability, slope, bend = _cell(upper, lower, a, b, rho[part])
            counted = probability > TINY
            floored = np.where(counted, probability, TINY)
            ratio = np.where(counted, slope / floored, 0.0)
            loglik[part] = np.log(floored).sum(axis=0)
            gradient[part] = ratio.sum(axis=0)
            exact = (np.where(counted, bend / floored, 0.0) - ratio**2).sum(axis=0)
            curvature[part] = np.where(exact < 0, exact, -(ratio**2).sum(axis=0) - 1e-8)
        return loglik, gradient, curvature

    return maximise_side_by_side(evaluate, np.clip(start, -0.95, 0.95))


def _mean_given_category(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """E(residual | category, x) of every row and ordered item."""
    logs = category_log_probability(upper, lower)
    return (np.exp(-0.5 * lower**2 - logs) - np.exp(-0.5 * upper**2 - logs)) / np.sqrt(2 * np.pi)


def regressed_statistics(found: Regressed, data: Coded, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Statistics of one group at x = 0 in the data's units, and n times their covariance matrix.

    In R: ``lavInspect(fit, "wls.obs")`` and ``lavInspect(fit, "gamma")``.
    """
    estimates = found.estimates
    gamma = data.n * sandwich(*_scores(found, data, layout), estimates, layout, data)
    scale = np.ones(len(data.names))
    scale[layout.continuous] = np.sqrt(estimates.variances)
    covariance = estimates.correlations * np.outer(scale, scale)
    own = np.concatenate(
        [
            estimates.thresholds[layout.threshold_item, layout.threshold_number + 1],
            estimates.means,
            estimates.slopes.T.ravel(),
            estimates.variances,
            covariance[layout.pair_first, layout.pair_second],
        ]
    )
    back = np.eye(layout.size)
    slope = layout.slopes.start + np.arange(len(layout.slope_variable))
    place = np.full(len(data.names), -1)
    place[layout.continuous] = layout.means.start + np.arange(len(layout.continuous))
    for column, variable, cause in zip(slope, layout.slope_variable, layout.slope_cause, strict=True):
        lean = found.centre[cause] / found.spread[cause]
        back[column, column] = 1.0 / found.spread[cause]
        if data.is_ordered[variable]:
            back[np.flatnonzero(layout.ordered[layout.threshold_item] == variable), column] = lean
        else:
            back[place[variable], column] = -lean
    return back @ own, back @ gamma @ back.T


def _scores(found: Regressed, data: Coded, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """Cross-products of all scores, and of each pair's score with its likelihood's scores in step one."""
    estimates, x, z = found.estimates, found.x, found.z
    upper, lower, codes = found.upper, found.lower, data.codes
    n, base = data.n, layout.covariances.start
    place = data.place
    deviation = np.sqrt(estimates.variances)
    scores, cross = np.zeros((n, layout.size)), np.zeros((layout.size - base, base))
    slope_of = {
        (int(variable), int(cause)): layout.slopes.start + number
        for number, (variable, cause) in enumerate(
            zip(layout.slope_variable, layout.slope_cause, strict=True)
        )
    }
    columns = np.array([[slope_of[v, c] for c in range(x.shape[1])] for v in range(len(data.names))])

    def own_threshold(item: int) -> np.ndarray:
        return np.flatnonzero(layout.threshold_item == item)

    logs = category_log_probability(upper, lower)
    up, down = (np.exp(-0.5 * limit**2 - logs) / np.sqrt(2 * np.pi) for limit in (upper, lower))
    for item, variable in enumerate(layout.ordered):
        number = layout.threshold_number[own_threshold(item)]
        at = codes[:, item, None]
        scores[:, own_threshold(item)] = (at == number) * up[:, [item]] - (at == number + 1) * down[:, [item]]
        scores[:, columns[variable]] = -(up[:, item] - down[:, item])[:, None] * x
    scores[:, layout.means] = z / deviation
    scores[:, layout.variances] = (z**2 - 1.0) / (2.0 * estimates.variances)
    for position, variable in enumerate(layout.continuous):
        scores[:, columns[variable]] = (z[:, position] / deviation[position])[:, None] * x

    def add_ordered(pairs: np.ndarray, items: np.ndarray, high: np.ndarray, low: np.ndarray) -> None:
        """Cross-products with an ordered side: ``high``, ``low`` hold score times d log L / d cut point."""
        for item in np.unique(items):
            mine = np.flatnonzero(items == item)
            own = own_threshold(item)
            at, number = codes[:, item, None], layout.threshold_number[own]
            by_cut = high[:, mine].T @ (at == number) - low[:, mine].T @ (at == number + 1)
            cross[np.ix_(pairs[mine], own)] += by_cut
            lean = -(high[:, mine] - low[:, mine]).T @ x
            cross[np.ix_(pairs[mine], columns[layout.ordered[item]])] += lean

    def add_continuous(
        pairs: np.ndarray, side: np.ndarray, own: np.ndarray, mean: np.ndarray, variance: np.ndarray
    ) -> None:
        cross[pairs, layout.means.start + side] += (own * mean).sum(axis=0)
        cross[pairs, layout.variances.start + side] += (own * variance).sum(axis=0)
        for pair, position, values in zip(pairs, side, (own * mean).T, strict=True):
            cross[pair, columns[layout.continuous[position]]] += values @ x

    first, second = layout.pair_first, layout.pair_second
    rho = estimates.correlations[first, second]
    both = np.flatnonzero(data.is_ordered[first] & data.is_ordered[second])
    neither = np.flatnonzero(~data.is_ordered[first] & ~data.is_ordered[second])
    mixed = np.flatnonzero(data.is_ordered[first] != data.is_ordered[second])
    for part in _chunks(n, len(both)):
        pairs = both[part]
        a, b, r = place[first[pairs]], place[second[pairs]], rho[pairs]
        probability, slope, _ = _cell(upper, lower, a, b, r)
        counted = probability > TINY
        inverse = np.where(counted, 1.0 / np.where(counted, probability, 1.0), 0.0)
        own = slope * inverse
        scores[:, base + pairs] = own
        root = np.sqrt(1.0 - r**2)
        for here, there in ((a, b), (b, a)):
            weights = []
            for cut in (upper[:, here], lower[:, here]):
                within = ndtr((upper[:, there] - r * cut) / root) - ndtr((lower[:, there] - r * cut) / root)
                weights.append(own * inverse * normal_density(cut) * within)
            add_ordered(pairs, here, *weights)
    if neither.size:
        a, b = place[first[neither]], place[second[neither]]
        steep, parts = continuous_scores(z, deviation, a, b, rho[neither])
        scores[:, base + neither] = steep
        for side, mean, variance in parts:
            add_continuous(neither, side, steep, mean, variance)
    if mixed.size:
        flipped = data.is_ordered[first[mixed]]
        numeric = place[np.where(flipped, second[mixed], first[mixed])]
        graded = place[np.where(flipped, first[mixed], second[mixed])]
        r, t, above, below = rho[mixed], z[:, numeric], upper[:, graded], lower[:, graded]
        probability, slope, _ = polyserial_parts(t, above, below, r)
        root = np.sqrt(1.0 - r**2)
        high = normal_density((above - r * t) / root) / (root * probability)
        low = normal_density((below - r * t) / root) / (root * probability)
        pull, sd = slope / probability, deviation[numeric]
        scores[:, base + mixed] = pull
        lean = r * (high - low)
        add_continuous(mixed, numeric, pull, (t + lean) / sd, (t**2 - 1.0 + t * lean) / (2.0 * sd**2))
        add_ordered(mixed, graded, pull * high, pull * low)
    return scores.T @ scores, cross
