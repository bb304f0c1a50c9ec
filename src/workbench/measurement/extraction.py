"""Common factors out of a correlation matrix: maximum likelihood, minimum residuals, principal axes.

statsmodels' ``Factor`` agrees with the ML and principal-axis solutions here to 1e-6 (a test holds them
together), but has no minimum residuals, warns of no Heywood case and takes seconds to import. ML and minimum
residuals share one shape, functions of the unique variances alone (Jöreskog 1977), so both are written here
and brought to a gradient near machine precision; principal axes are a loop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.errors import SpecificationError
from workbench.measurement.doors import one_of, whole_number
from workbench.measurement.unique_variances import Criterion, least_squares, likelihood

LOWEST = 0.005  # unique variances stay above this, as in psych and R's factanal
AT_BOUND = LOWEST + 1e-8  # at or below this an item's unique variance is at its bound: a Heywood case
METHODS = ("minres", "ml", "pa")
CRITERIA = {
    "minres": "half the sum of squared residuals",
    "ml": "ML discrepancy",
    "pa": "half the sum of squared residual correlations",
}
SETTLED = 1e-5  # a larger gradient than this means that the extraction did not converge
MANY_ITEMS = 40  # with more of them a few starts come first, and the others where these disagree
FEW_STARTS = 12
START_DAMPING = 1e-2
SAME_END = 1e-3  # log unique variances that lie nearer to each other near an end have one end
NEAR_END = 0.03  # where no slope is steeper a start is near its end, and steps go by the exact Hessian
MORE_STARTS = 8  # times as many random starts follow where the first do not all end alike


@dataclass(frozen=True)
class Extraction:
    """Unrotated loadings (items x factors), unique variances, the discrepancy reached and what to know.

    ``starts`` that were tried, and how many of them ``reached`` the discrepancy.
    """

    loadings: np.ndarray
    uniquenesses: np.ndarray
    discrepancy: float
    gradient: float
    warnings: tuple[str, ...]
    starts: int = 1
    reached: int = 1


def squared_multiple_correlations(matrix: np.ndarray) -> np.ndarray:
    """Share of each item that the other items explain: 1 - 1 / diag(R^-1)."""
    return np.clip(1 - 1 / np.diag(np.linalg.inv(matrix)), 0, 1)


def extract(matrix: np.ndarray, n_factors: int, method: str, starts: int = 30, seed: int = 1) -> Extraction:
    """Extract ``n_factors`` from a correlation matrix.

    starts, seed : how many random starts (and as many with one item that is all common variance) stand beside
        the usual ones, and their seed; eight times as many random ones follow where they do not all end
        alike (up to 40 items). Principal axes are a loop with one start.

    Raises SpecificationError for an unknown method or more factors than the items can carry.
    """
    size = len(matrix)
    one_of(method, "method", METHODS)
    n_factors = whole_number(n_factors, "n_factors", 1)
    whole_number(starts, "starts", 1)
    whole_number(seed, "seed")
    if degrees_of_freedom(size, n_factors) < 0 or n_factors >= size:
        raise SpecificationError(
            f"{n_factors} factors are more than {size} items can identify: ask for fewer factors"
        )
    if method == "pa":
        return _principal_axis(matrix, n_factors)
    return _minimise(matrix, n_factors, likelihood if method == "ml" else least_squares, starts, seed)


def degrees_of_freedom(size: int, n_factors: int) -> int:
    """Correlations less free loadings: p(p-1)/2 - pk + k(k-1)/2."""
    return size * (size - 1) // 2 - size * n_factors + n_factors * (n_factors - 1) // 2


def _minimise(matrix: np.ndarray, k: int, criterion: Criterion, starts: int, seed: int) -> Extraction:
    """The lowest of the minima that several starts end at: both discrepancies have local minima.

    The usual starts of psych and R's factanal come first.
    """
    rng = np.random.default_rng(seed)
    first = _starts(matrix, k, starts, rng)
    if len(matrix) > MANY_ITEMS and len(first) > FEW_STARTS:
        ends, rough = _descend(first[:: len(first) // FEW_STARTS], matrix, k, criterion)
        if np.ptp(rough) > _near(rough.min()):
            ends, rough = _descend(first, matrix, k, criterion)
    else:
        ends, rough = _descend(first, matrix, k, criterion)
    if len(matrix) <= MANY_ITEMS and starts > 1 and _share_at_lowest(rough) < 1:
        further = _descend(_anywhere(MORE_STARTS * starts, len(matrix), rng), matrix, k, criterion)
        ends, rough = np.concatenate([ends, further[0]]), np.concatenate([rough, further[1]])
    programs = ("psych", "factanal") if criterion is likelihood else ("psych",)
    roads = [_as_r_goes(start, matrix, k, criterion) for start in first[: len(programs)]]
    minima = [_finish(end, matrix, k, criterion) for end in (*roads, *ends[_promising(rough)])]
    values = [float(criterion(logs, matrix, k).value) for logs in minima]
    chosen = min(range(len(values)), key=lambda place: (round(values[place], 9), place))
    logs, lowest = minima[chosen], values[chosen]
    end = criterion(logs, matrix, k)
    inside = (logs > np.log(LOWEST) + 1e-9) & (logs < -1e-9)
    slope = float(np.abs(end.gradient[inside]).max(initial=0.0))
    reached = round(_share_at_lowest(rough) * len(rough))
    return Extraction(
        end.loadings,
        np.exp(logs),
        lowest,
        slope,
        tuple(_said(programs, values, minima, chosen, slope, reached, len(rough))),
        len(rough),
        reached,
    )


def _near(value: float) -> float:
    """By how much two discrepancies may differ and still be the same minimum."""
    return 1e-6 * abs(value) + 1e-9


def _share_at_lowest(values: np.ndarray) -> float:
    """Share of the starts that end at the lowest discrepancy."""
    return float((values <= values.min() + _near(values.min())).mean())


def _anywhere(number: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Random log unique variances (starts x items)."""
    return np.log(rng.uniform(0.02, 0.98, (number, size)))


def _starts(matrix: np.ndarray, k: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Log unique variances to start from (starts x items).

    The usual ones; those with one item that is all common variance, since a minimum at a bound hides behind
    them; and random ones.
    """
    size = len(matrix)
    usual = np.clip(1 / np.diag(np.linalg.inv(matrix)), 2 * LOWEST, 1)
    starts = [usual, (1 - 0.5 * k / size) * usual, np.full(size, 0.5)]
    for item in np.argsort(usual)[: number - 1]:
        one = usual.copy()
        one[item] = 2 * LOWEST
        starts.append(one)
    return np.concatenate([np.log(np.clip(starts, LOWEST, 1)), _anywhere(number - 1, size, rng)])


def _promising(values: np.ndarray, most: int = 4) -> list[int]:
    """Starts that are worth the last digits: the first to reach each of the lowest minima."""
    places: list[int] = []
    for place in np.argsort(values, kind="stable"):
        apart = all(abs(values[place] - values[other]) > _near(values[place]) for other in places)
        if apart and np.isfinite(values[place]):
            places.append(int(place))
        if len(places) == most:
            break
    return places


def _descend(
    logs: np.ndarray, matrix: np.ndarray, k: int, criterion: Criterion, limit: int = 150
) -> tuple[np.ndarray, np.ndarray]:
    """Where each start (starts x items) ends, and the discrepancy there: all starts at once.

    Levenberg's (1944) damped steps, with Jöreskog's approximate Hessian and near an end with the exact one;
    an item at a bound that it would leave is held there. Of starts that meet one goes on for all.
    """
    low, size = np.log(LOWEST), len(matrix)
    logs = logs.copy()
    point = criterion(logs, matrix, k)
    value, gradient, curve = point.value, point.gradient, point.approximate
    bends = np.diagonal(curve, axis1=1, axis2=2).copy()
    near, damping = np.zeros(len(logs), dtype=bool), np.full(len(logs), START_DAMPING)
    active = leader = np.arange(len(logs))
    for _ in range(limit):
        held = _held(logs[active], gradient[active])
        slope = np.where(held, 0.0, gradient[active])
        going = (np.abs(slope).max(axis=1) > 1e-7) & (damping[active] < 1e9) & (leader[active] == active)
        active, slope, held = active[going], slope[going], held[going]
        if not active.size:
            break
        bent = curve[active]
        bent[held[:, :, None] | held[:, None, :]] = 0.0
        damped = damping[active, None] * (1e-3 + bends[active])
        bent += np.where(held, 1.0, damped)[:, :, None] * np.eye(size)
        step = np.linalg.solve(bent, slope[:, :, None])[:, :, 0]
        trial = np.clip(logs[active] - np.clip(step, -1.5, 1.5), low, 0.0)
        after = criterion(trial, matrix, k)
        better = after.value < value[active]
        damping[active] = np.where(better, damping[active] / 5, damping[active] * 7)
        taken = active[better]
        logs[taken], value[taken] = trial[better], after.value[better]
        gradient[taken], curve[taken] = after.gradient[better], after.approximate[better]
        bends[taken] = np.diagonal(curve[taken], axis1=1, axis2=2)
        free = np.where(_held(logs[taken], gradient[taken]), 0.0, gradient[taken])
        near[taken] = (np.abs(free).max(axis=1) < NEAR_END) & (damping[taken] < START_DAMPING)
        exactly = better & near[active]
        curve[active[exactly]] = after.exact(exactly)
        leader = _met(logs, leader, near)
    return logs[leader], value[leader]


def _held(logs: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Which items are at a bound that they would leave."""
    return ((logs <= np.log(LOWEST)) & (gradient > 0)) | ((logs >= 0) & (gradient < 0))


def _met(logs: np.ndarray, leader: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The leader of each start: of those ``near`` an end that are next to each other, the first."""
    from scipy.spatial.distance import cdist

    alone = np.flatnonzero(near & (leader == np.arange(len(leader))))
    if len(alone) < 2:
        return leader
    leader = leader.copy()
    leader[alone] = alone[(cdist(logs[alone], logs[alone], "chebyshev") < SAME_END).argmax(axis=1)]
    while (leader[leader] != leader).any():
        leader = leader[leader]
    return leader


def _as_r_goes(logs: np.ndarray, matrix: np.ndarray, k: int, criterion: Criterion) -> np.ndarray:
    """Where R's psych and factanal end from one start: optim on unique variances in hundredths."""
    from scipy.optimize import minimize

    def hundredths(trial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        point = criterion(np.log(trial / 100), matrix, k)
        return point.value, point.gradient / trial

    bounds = [(100 * LOWEST, 100.0)] * len(matrix)
    options = {"maxiter": 1000, "maxcor": 5, "ftol": 2e-9, "gtol": 0.0}
    found = minimize(
        hundredths, 100 * np.exp(logs), jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    return np.log(np.clip(found.x / 100, LOWEST, 1))


def _finish(logs: np.ndarray, matrix: np.ndarray, k: int, criterion: Criterion) -> np.ndarray:
    """The minimum near ``logs`` to the last digits."""
    from scipy.optimize import minimize

    def slope(trial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        point = criterion(trial, matrix, k)
        return point.value, point.gradient

    found = minimize(
        slope,
        logs,
        jac=True,
        method="L-BFGS-B",
        bounds=[(np.log(LOWEST), 0.0)] * len(matrix),
        options={"maxiter": 2000, "maxfun": 5000, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 20},
    )
    return _polish(found.x, matrix, k, criterion)


def _said(
    programs: tuple[str, ...],
    values: list[float],
    minima: list[np.ndarray],
    chosen: int,
    slope: float,
    reached: int,
    starts: int,
) -> list[str]:
    """What a reader has to know of the way to the minimum; ``values`` begins with the programs'."""
    lowest, warnings = values[chosen], []
    if slope > SETTLED:
        warnings.append(f"the extraction did not converge (largest gradient {slope:.1e})")
    usual = max(values[: len(programs)])
    if usual > lowest + _near(lowest):
        digits = max(5, math.ceil(-math.log10(usual - lowest)))
        ended = [name for name, value in zip(programs, values, strict=False) if value > usual - _near(usual)]
        warnings.append(
            f"the extraction has a local minimum at the usual start (discrepancy {usual:.{digits}f}) of R's "
            f"{' and '.join(ended)}; the lowest of {starts} starts ({lowest:.{digits}f}) was taken, so a "
            "program with one start can show other loadings"
        )
    if reached < 2 < starts:
        warnings.append(
            f"{reached} of {starts} starts reached the lowest discrepancy of the extraction: give more starts"
        )
    proper = [value for value, logs in zip(values, minima, strict=True) if logs.min() > np.log(AT_BOUND)]
    if minima[chosen].min() <= np.log(AT_BOUND) and proper:
        warnings.append(
            f"the lowest discrepancy ({lowest:.5f}) is at a bound; the lowest of a proper solution found is "
            f"{min(proper):.5f}"
        )
    return warnings


def _polish(logs: np.ndarray, matrix: np.ndarray, k: int, criterion: Criterion) -> np.ndarray:
    """Newton steps where no bound is active."""
    point = criterion(logs, matrix, k)
    for _ in range(50):
        if np.abs(point.gradient).max() < 1e-12:
            break
        step = np.linalg.lstsq(point.exact(), point.gradient, rcond=1e-10)[0]
        trial = logs - step
        if trial.min() <= np.log(LOWEST) or trial.max() >= 0:
            break
        after = criterion(trial, matrix, k)
        if after.value > point.value + 1e-15 or np.abs(after.gradient).max() >= np.abs(point.gradient).max():
            break
        logs, point = trial, after
    return logs


def _principal_axis(matrix: np.ndarray, k: int, limit: int = 20_000) -> Extraction:
    """Iterated principal axes, to the fixed point (psych stops once the summed communality moves < 0.001)."""
    communality = squared_multiple_correlations(matrix)
    reduced = matrix.copy()
    change = np.inf
    for _ in range(limit):
        np.fill_diagonal(reduced, communality)
        values, vectors = np.linalg.eigh(reduced)
        loadings = vectors[:, : -k - 1 : -1] * np.sqrt(np.maximum(values[: -k - 1 : -1], 0))
        new = np.sum(loadings**2, axis=1)
        change = float(np.abs(new - communality).max())
        communality = new
        if change < 1e-9 or new.max() > 1.5:
            break
    warnings: tuple[str, ...] = ()
    if change >= 1e-9:
        warnings = (f"principal axes did not settle (communalities still moving by {change:.1e})",)
    residual = matrix - loadings @ loadings.T
    np.fill_diagonal(residual, 0)
    return Extraction(loadings, 1 - communality, float(np.sum(residual**2) / 2), change, warnings)


def one_factor_stack(matrices: np.ndarray, limit: int = 100) -> np.ndarray:
    """Maximum-likelihood loadings of one factor for many correlation matrices at once (matrices x items).

    Newton steps of limited length with Jöreskog's approximate Hessian; a matrix that does not settle, or
    settles at the bound of a unique variance, gives NaN, so that whoever counts draws sees it.
    """
    index = np.arange(matrices.shape[-1])
    logs = np.log(np.clip(0.75 / np.diagonal(np.linalg.inv(matrices), axis1=-2, axis2=-1), LOWEST, 1))
    loadings = np.full(logs.shape, np.nan)
    active = np.arange(len(matrices))
    for _ in range(limit):
        root = np.exp(logs[active] / 2)
        values, vectors = np.linalg.eigh(matrices[active] / (root[:, :, None] * root[:, None, :]))
        rest = vectors[:, :, :-1]
        gradient = np.einsum("dim,dm->di", rest**2, 1 - values[:, :-1])
        settled = np.abs(gradient).max(axis=1) < 1e-8
        top = np.sqrt(np.maximum(values[:, -1:] - 1, 0)) * root * vectors[:, :, -1]
        loadings[active[settled]] = top[settled]
        active, gradient, rest = active[~settled], gradient[~settled], rest[~settled]
        if not active.size:
            break
        hessian = (rest @ rest.swapaxes(-1, -2)) ** 2
        hessian[:, index, index] += 1e-9
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        logs[active] = np.clip(logs[active] - np.clip(step, -0.7, 0.7), np.log(LOWEST), 0)
    signs = np.sign(loadings.sum(axis=1, keepdims=True))
    return loadings * np.where(signs == 0, 1, signs)
