"""Inverse distribution functions, so that simulated data are the same on every machine and library version.

NumPy promises the stream of uniform numbers of a bit generator, but not the way in which they become normal,
Poisson or binomial ones. Only uniforms are therefore taken from NumPy; the rest is done here, by formulas
whose order of operations is fixed (no matrix products, no reductions). What can still differ between machines
is the last bit of ``log`` and ``exp``: it changes a category only if a score lies within some 1e-15 of a
threshold.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_CENTRE = (
    (
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ),
    (
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)
_TAIL = (
    (
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
_FAR_TAIL = (
    (
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)


def inverse_normal(probability: ArrayLike) -> Floats:
    """Standard normal quantile.

    Parameters
    ----------
    probability : array of numbers strictly between 0 and 1.

    Returns
    -------
    Array of the same shape, accurate to about 1e-15 relative.

    Source: Wichura (1988), Algorithm AS 241 (PPND16), Applied Statistics 37, 477-484. R: ``qnorm(p)``.
    """
    p = np.asarray(probability, dtype=float)
    q = p - 0.5
    inside = np.abs(q) <= 0.425
    result = np.empty_like(q)
    central = q[inside]
    result[inside] = central * _ratio(_CENTRE, 0.180625 - central * central)
    outer, upper = p[~inside], q[~inside] > 0
    r = np.sqrt(-np.log(np.where(upper, 1.0 - outer, outer)))
    tail = np.where(r <= 5.0, _ratio(_TAIL, r - 1.6), _ratio(_FAR_TAIL, r - 5.0))
    result[~inside] = np.where(upper, tail, -tail)
    return result


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], at: Floats) -> Floats:
    """Ratio of two polynomials by Horner's rule, lowest power first."""
    numerator, denominator = (np.full_like(at, part[-1]) for part in coefficients)
    for over, under in zip(reversed(coefficients[0][:-1]), reversed(coefficients[1][:-1]), strict=True):
        numerator = numerator * at + over
        denominator = denominator * at + under
    return numerator / denominator


def normal_density(x: float) -> float:
    """Standard normal density at ``x``. R: ``dnorm(x)``."""
    return math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def normal_upper(x: float) -> float:
    """Probability that a standard normal variable exceeds ``x``. R: ``pnorm(x, lower.tail = FALSE)``."""
    return 0.5 * math.erfc(x / math.sqrt(2.0))


def inverse_poisson(probability: ArrayLike, mean: ArrayLike) -> NDArray[np.int64]:
    """Poisson quantile: the smallest count whose cumulative probability reaches ``probability``.

    Parameters
    ----------
    probability, mean : arrays that broadcast to one shape; 0 <= probability < 1, mean >= 0.

    R: ``qpois(p, lambda)``.
    """
    p, mu = np.broadcast_arrays(np.asarray(probability, dtype=float), np.asarray(mean, dtype=float))
    result = np.zeros(p.shape, dtype=np.int64)
    small = mu <= 500.0  # beyond about 745 exp(-mu) is 0
    result[small] = _small_poisson(p[small], mu[small])
    if not small.all():
        log_factorial = _log_factorials(_beyond(float(mu.max())))
        for where in zip(*np.nonzero(~small), strict=True):
            average = float(mu[where])
            low = int(average - 12.0 * math.sqrt(average))
            k = np.arange(low, _beyond(average) + 1)
            mass = np.exp(k * math.log(average) - average - log_factorial[k])
            result[where] = low + int(np.searchsorted(np.cumsum(mass), p[where]))
    return result


def _small_poisson(p: Floats, mu: Floats) -> NDArray[np.int64]:
    """Poisson quantile by adding up the masses from 0."""
    count = np.zeros(p.shape, dtype=np.int64)
    mass = np.exp(-mu)
    cumulative = mass.copy()
    for k in range(1, _beyond(float(mu.max(initial=0.0))) + 1):
        short = cumulative < p
        if not short.any():
            break
        count[short] = k
        mass = mass * mu / k
        cumulative = np.where(short, cumulative + mass, cumulative)
    return count


def _beyond(mean: float) -> int:
    """A count that no double below 1 reaches; the bound keeps rounding from looping on."""
    return int(mean + 12.0 * math.sqrt(mean) + 40.0)


def _log_factorials(last: int) -> Floats:
    """log(k!) for k = 0 … last."""
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, last + 1)))])


def inverse_binomial(probability: ArrayLike, trials: ArrayLike, chance: ArrayLike) -> NDArray[np.int64]:
    """Binomial quantile: the smallest number of successes whose cumulative chance reaches ``probability``.

    Parameters
    ----------
    probability, trials, chance : arrays that broadcast to one shape; whole ``trials`` >= 0, 0 <= chance <= 1.

    R: ``qbinom(p, size, prob)``.
    """
    p, size, chance = np.broadcast_arrays(
        np.asarray(probability, dtype=float), np.asarray(trials), np.asarray(chance, dtype=float)
    )
    log_factorial = _log_factorials(int(size.max(initial=0)))
    result = np.empty(p.shape, dtype=np.int64)
    for where in np.ndindex(p.shape):
        n, c = int(size[where]), float(chance[where])
        if c <= 0.0 or c >= 1.0:
            result[where] = 0 if c <= 0.0 else n
            continue
        k = np.arange(n + 1)
        log_mass = log_factorial[n] - log_factorial[: n + 1] - log_factorial[n::-1]
        log_mass = log_mass + k * math.log(c) + (n - k) * math.log1p(-c)
        result[where] = min(int(np.searchsorted(np.cumsum(np.exp(log_mass)), p[where])), n)
    return result
