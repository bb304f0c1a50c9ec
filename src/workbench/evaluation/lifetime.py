"""Lifetime value of customers who may leave unseen: BG/NBD for purchases, Gamma–Gamma for their value.

A customer buys at random with rate λ while alive and may leave after any purchase with probability p; λ is
gamma(r, α) and p beta(a, b) over customers (Fader, Hardie & Lee 2005). The value of a purchase is gamma(q, ν)
about a customer's own mean with ν gamma(s, γ), and does not depend on how often (Fader & Hardie 2013).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from workbench.doors import array, door, made_by, number, same_length, whole
from workbench.errors import DataError, Fault, SpecificationError
from workbench.evaluation.warning_scores import Estimate
from workbench.normal_quantiles import INTERVAL_95

ONE = 1e-6  # distance from a = 1 at which the formula of what is expected still holds digits
FEWEST = 30  # customers
OWN_DRAWS = 200  # of what a customer of each history does
Floats = NDArray[np.float64]


def _parameters(count: int) -> Any:
    """So many numbers above 0."""

    def check(name: str, value: Any) -> Floats:
        found = array()(name, value)
        if len(found) != count or (found <= 0).any():
            raise SpecificationError(
                f"{name}: {count} numbers above 0 are needed, as a fitted model has them"
            )
        return found

    return check


@dataclass(frozen=True)
class LifetimeModel:
    """A fitted model of purchases or of their value.

    estimates : parameter -> estimate, se, ci_lower, ci_upper (delta method from the logs). loglik : at them.
    covariance : of the logs of the parameters. n : customers.
    """

    estimates: pd.DataFrame
    loglik: float
    covariance: Floats
    n: int

    @property
    def values(self) -> Floats:
        return self.estimates["estimate"].to_numpy()

    def draws(self, count: int, seed: int) -> Floats:
        """Parameters drawn from the normal distribution of their logs: (count, parameters)."""
        stream = np.random.default_rng(seed)
        return np.exp(stream.multivariate_normal(np.log(self.values), self.covariance, size=count))


@door(frequency=array(), recency=array(), age=array())
def purchases_model(frequency: pd.Series, recency: pd.Series, age: pd.Series) -> LifetimeModel:
    """BG/NBD by maximum likelihood.

    Parameters
    ----------
    frequency : repeat purchases of every customer. recency : time of the last of them since the first
        purchase, 0 where there is none. age : time since the first purchase.

    Returns
    -------
    LifetimeModel with r, alpha, a, b.

    Raises
    ------
    DataError : fewer than 30 customers, none of whom bought again, or times that cannot be.
    DataError : no maximum was found at finite parameters.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.lifetime import purchases_model
    >>> x = pd.Series([0, 0, 0, 0, 1, 1, 2, 3, 5, 9, 12, 2] * 20)
    >>> t = pd.Series([0, 0, 0, 0, 2, 15, 17, 9, 19, 8, 20, 1] * 20)
    >>> purchases_model(x, t, pd.Series([20.0] * 240)).n
    240
    """
    same_length(frequency=frequency, recency=recency, age=age)
    x, t, T = (np.asarray(values, dtype=float) for values in (frequency, recency, age))
    if len(x) < FEWEST:
        raise DataError(
            f"{len(x)} customers are too few for a model of purchases; at least {FEWEST} are needed"
        )
    if (x < 0).any() or (t < 0).any() or (t > T).any() or T.max() <= 0:
        raise DataError("recency must lie between 0 and the customer's age, and frequency be 0 or more")
    if not (x > 0).any():
        raise DataError("no customer bought again: there is nothing to tell who is still one")
    n, (x, t, T, count, _) = len(x), histories(x, t, T)
    unit = float(T.max())  # times near 1, so that the search does not depend on their unit

    def loglik(parameters: Floats, unit: float) -> float:
        return float(count @ _purchases(parameters, x, t / unit, T / unit))

    logs, covariance = _maximum(lambda logs: loglik(np.exp(logs), unit), np.zeros(4), "purchases")
    logs = logs + np.array([0.0, np.log(unit), 0.0, 0.0])
    return _model(("r", "alpha", "a", "b"), logs, covariance, loglik(np.exp(logs), 1.0), n)


@door(x=array(), t=array(), T=array())
def histories(x: Floats, t: Floats, T: Floats) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.int64]]:
    """Histories that differ, how many customers have each, and which one each customer has.

    Customers of one history have one likelihood and one forecast: a million cost no more than some thousand.

    Parameters
    ----------
    x, t, T : repeat purchases, time of the last one and age of every customer.

    Returns
    -------
    tuple : x, t, T and number of customers by history; the place of every customer's.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.evaluation.lifetime import histories
    >>> histories(np.array([0.0, 2, 0]), np.array([0.0, 5, 0]), np.array([9.0, 9, 9]))[3].tolist()
    [2.0, 1.0]
    """
    same_length(x=x, t=t, T=T)
    found, place, count = np.unique(
        np.stack([x, t, T], axis=1), axis=0, return_inverse=True, return_counts=True
    )
    return found[:, 0], found[:, 1], found[:, 2], count.astype(float), place.reshape(-1)


def _purchases(parameters: Floats, x: Floats, t: Floats, T: Floats) -> Floats:
    """Log likelihood of every customer under BG/NBD (Fader, Hardie & Lee 2005, equation 6)."""
    r, alpha, a, b = parameters
    shared = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
    alive = special.betaln(a, b + x) - special.betaln(a, b) - (r + x) * np.log(alpha + T)
    some = np.maximum(x, 1.0)
    gone = special.betaln(a + 1.0, b + some - 1.0) - special.betaln(a, b) - (r + x) * np.log(alpha + t)
    return shared + np.where(x > 0, np.logaddexp(alive, gone), alive)


@door(parameters=_parameters(4), x=array(), t=array(), T=array(), ahead=number)
def expected_purchases(parameters: Floats, x: Floats, t: Floats, T: Floats, ahead: float) -> Floats:
    """Purchases in the next ``ahead`` that a customer's history lets expect (equation 10)."""
    same_length(x=x, t=t, T=T)
    r, alpha, a, b = parameters
    a = a if abs(a - 1.0) > ONE else 1.0 + ONE  # the formula has a limit there
    z = ahead / (alpha + T + ahead)
    series = special.hyp2f1(r + x, b + x, a + b + x - 1.0, z)
    shrink = np.exp((r + x) * (np.log(alpha + T) - np.log(alpha + T + ahead)))
    made = (a + b + x - 1.0) / (a - 1.0) * (1.0 - shrink * series)
    return made * alive(parameters, x, t, T)


@door(parameters=_parameters(4), x=array(), t=array(), T=array())
def alive(parameters: Floats, x: Floats, t: Floats, T: Floats) -> Floats:
    """Probability that a customer of this history has not left; 1 for one who has not bought again."""
    same_length(x=x, t=t, T=T)
    r, alpha, a, b = parameters
    odds = a / (b + np.maximum(x, 1.0) - 1.0) * np.exp((r + x) * (np.log(alpha + T) - np.log(alpha + t)))
    return np.where(x > 0, 1.0 / (1.0 + odds), 1.0)


@door(
    model=made_by(LifetimeModel, "purchases_model"), x=array(), t=array(), T=array(), ahead=number,
    draws=whole(2), seed=whole(0),
)  # fmt: skip
def expected_total(
    model: LifetimeModel, x: Floats, t: Floats, T: Floats, ahead: float, *, draws: int = 200, seed: int = 1
) -> Estimate:
    """Purchases of all customers in the next ``ahead``, with the interval that their number lies in.

    Parameters
    ----------
    model : of `purchases_model`. x, t, T : histories, a row a customer. ahead : time.
    draws : of the parameters. seed : of them, and of the customers' own chance.

    Notes
    -----
    Two things are unknown: the parameters, drawn from the distribution of their estimates, and what each
    customer then does. One who is still there buys min(N, G) times, where N is Poisson(λ × ahead), G
    geometric(p), and, given the history, λ gamma(r + x, α + T) and p beta(a, b + x): the story that equation
    10 takes the mean of.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.lifetime import expected_total, purchases_model
    >>> x = pd.Series([0, 0, 0, 0, 1, 1, 2, 3, 5, 9, 12, 2] * 20)
    >>> t = pd.Series([0, 0, 0, 0, 2, 15, 17, 9, 19, 8, 20, 1] * 20)
    >>> total = expected_total(purchases_model(x, t, t * 0 + 20), x, t, t * 0 + 20, 10.0)
    >>> total.ci_lower < total.estimate < total.ci_upper
    True
    """
    x, t, T, count, _ = histories(x, t, T)
    stream = np.random.default_rng(seed)
    r, alpha, a, b = model.values
    shape = (len(x), OWN_DRAWS)
    rate = stream.gamma(r + x[:, None], 1.0 / (alpha + T[:, None]), shape)
    chance = np.maximum(stream.beta(a, b + x[:, None], shape), 1e-12)
    made = np.minimum(stream.poisson(rate * ahead), stream.geometric(chance))
    made = made * (stream.random(shape) < alive(model.values, x, t, T)[:, None])
    own = float(np.sqrt(count @ made.var(axis=1, ddof=1)))
    sums = [float(count @ expected_purchases(one, x, t, T, ahead)) for one in model.draws(draws, seed)]
    low, high = np.quantile(stream.normal(np.repeat(sums, OWN_DRAWS), own), [0.025, 0.975])
    here = float(count @ expected_purchases(model.values, x, t, T, ahead))
    return Estimate(here, float(low), float(high))


@door(frequency=array(), value=array(gaps=True))
def value_model(frequency: pd.Series, value: pd.Series) -> LifetimeModel:
    """Gamma–Gamma by maximum likelihood, of customers with a repeat purchase.

    Parameters
    ----------
    frequency : purchases behind the mean. value : mean value of a purchase, above 0.

    Returns
    -------
    LifetimeModel with p, q, gamma (Fader & Hardie 2013, equation 1a).

    Raises
    ------
    DataError : fewer than 30 customers with purchases of a value above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.lifetime import value_model
    >>> value = pd.Series([12.0, 35.0, 95.0, 60.0, 41.0, 20.0, 33.0, 70.0] * 20)
    >>> value_model(pd.Series([1, 3, 1, 9, 2, 1, 8, 1] * 20), value).n
    160
    """
    same_length(frequency=frequency, value=value)
    x, m = np.asarray(frequency, dtype=float), np.asarray(value, dtype=float)
    used = (x > 0) & (m > 0)
    x, m = x[used], m[used]
    if len(x) < FEWEST:
        raise DataError(
            f"{len(x)} customers with purchases of a value are too few; at least {FEWEST} are needed"
        )
    unit = float(np.median(m))
    different, count = np.unique(x, return_counts=True)
    fixed = np.array([np.log(m).sum(), x @ np.log(m), x @ np.log(x)])

    def loglik(logs: Floats, unit: float = unit) -> float:
        """Of Gamma–Gamma; Σ (px − 1) ln m + px ln x needs three sums alone, the beta function each x once."""
        p, q, gamma = np.exp(logs)
        log_m, x_log_m = fixed[0] - len(x) * np.log(unit), fixed[1] - x.sum() * np.log(unit)
        constant = len(x) * q * np.log(gamma) + p * (x_log_m + fixed[2]) - log_m
        pulled = np.log(gamma + (m / unit) * x)
        shared = count @ special.betaln(p * different, q)
        return float(constant - shared - p * (x @ pulled) - q * pulled.sum())

    logs, covariance = _maximum(loglik, np.log([4.0, 4.0, 3.0]), "values")
    logs = logs + np.array([0.0, 0.0, np.log(unit)])
    return _model(("p", "q", "gamma"), logs, covariance, loglik(logs, 1.0), len(x))


@door(parameters=_parameters(3), x=array(), m=array(gaps=True))
def expected_value(parameters: Floats, x: Floats, m: Floats) -> Floats:
    """Mean value of a customer's purchases, given those seen: between their mean and that of all."""
    same_length(x=x, m=m)
    p, q, gamma = parameters
    return p * (gamma + m * x) / (p * x + q - 1.0)


def _maximum(loglik: Callable[[Floats], float], start: Floats, what: str) -> tuple[Floats, Floats]:
    """Logs of the parameters at the maximum and their covariance, by the inverse of the numerical Hessian."""

    def target(logs: Floats) -> float:
        with np.errstate(all="ignore"):
            total = -loglik(logs)
        return total if np.isfinite(total) else 1e300

    best = optimize.minimize(
        target, start, method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-7, "xatol": 1e-6}
    )
    best = optimize.minimize(target, best.x, method="BFGS", options={"gtol": 1e-4})
    if not np.isfinite(best.fun) or best.fun >= 1e300 or np.abs(best.x).max() > 15.0:
        raise DataError(
            Fault(
                f"the model of {what} has no maximum at finite parameters",
                fix="Customers differ too little, or were followed too briefly; take a longer period",
            )
        )
    hessian = _hessian(target, best.x)
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian).min() <= 0:
        raise DataError(
            Fault(
                f"the parameters of the model of {what} cannot be told; its likelihood is flat",
                fix="Customers differ too little, or are too few; take more of them or a longer period",
            )
        )
    return np.asarray(best.x, dtype=float), np.asarray(np.linalg.inv(hessian), dtype=float)


def _hessian(target: Callable[[Floats], float], at: Floats, step: float = 1e-3) -> Floats:
    size = len(at)
    grid = np.eye(size) * step
    found = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            found[i, j] = (
                target(at + grid[i] + grid[j]) - target(at + grid[i] - grid[j])
                - target(at - grid[i] + grid[j]) + target(at - grid[i] - grid[j])
            ) / (4.0 * step**2)  # fmt: skip
    return found


def _model(names: tuple[str, ...], logs: Floats, covariance: Floats, loglik: float, n: int) -> LifetimeModel:
    se = np.sqrt(np.diag(covariance))
    value = np.exp(logs)
    table = pd.DataFrame(
        {
            "estimate": value,
            "se": value * se,
            "ci_lower": np.exp(logs - INTERVAL_95 * se),
            "ci_upper": np.exp(logs + INTERVAL_95 * se),
        },
        index=pd.Index(names, name="parameter"),
    )
    return LifetimeModel(table, loglik, covariance, n)
