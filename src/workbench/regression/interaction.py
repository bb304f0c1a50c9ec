"""Reading an interaction: simple slopes and the Johnson–Neyman region."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from workbench.doors import column, door, made_by, numbers, optional, whole
from workbench.errors import Fault, SpecificationError
from workbench.normal_quantiles import INTERVAL_95
from workbench.regression.coefficients import coefficient_table
from workbench.regression.models import LinearModel


@dataclass(frozen=True)
class Interaction:
    """Slope of one predictor along another.

    ``slopes``: at the chosen values of the moderator (its own units, uncentred). ``curve``: the slope and its
    pointwise interval over the observed range. ``bounds``: values of the moderator inside the observed range
    where the interval begins or ceases to exclude zero. ``sentence`` says where the slope differs from zero.
    """

    outcome: str
    focal: str
    moderator: str
    slopes: pd.DataFrame
    curve: pd.DataFrame
    bounds: tuple[float, ...]
    observed: tuple[float, float]
    sentence: str
    warnings: tuple[str, ...]


@door(
    model=made_by(LinearModel, "ols"),
    focal=column,
    moderator=column,
    at=optional(numbers),
    points=whole(2),
)
def interaction(
    model: LinearModel, focal: str, moderator: str, *, at: Sequence[float] | None = None, points: int = 101
) -> Interaction:
    """Simple slopes of ``focal`` along ``moderator``.

    Parameters
    ----------
    model : an :func:`ols` fit with the terms ``focal``, ``moderator`` and ``(focal, moderator)``, both
        numeric.
    at : values of the moderator; mean and mean ± 1 SD when not given.
    focal, moderator : numeric columns of the model.
    points : values of the moderator on the curve.

    Returns
    -------
    Interaction; slope(z) = b1 + b3 z, se² = V11 + 2 z V13 + z² V33 with the model's errors. The bounds solve
    (b1 + b3 z)² = t² se² (Johnson & Neyman 1936; Bauer & Curran 2005) and are pointwise, not simultaneous.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("firm_survey")
    >>> names = ["satisfaction", "effectiveness", "staff_training", "service_quality"]
    >>> scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names})
    >>> terms = ["staff_training", "service_quality", ("staff_training", "service_quality")]
    >>> model = regression.ols(scores, "satisfaction", terms, center=["staff_training", "service_quality"])
    >>> found = regression.interaction(model, "staff_training", "service_quality")
    >>> found.slopes["estimate"].round(2).tolist()
    [0.11, 0.11, 0.11]
    """
    from scipy import stats

    product = next(
        (n for n in (f"{focal}:{moderator}", f"{moderator}:{focal}") if n in model.coefficients.index), None
    )
    if product is None or focal not in model.coefficients.index:
        raise SpecificationError(
            Fault(
                f"the model holds no product of {focal!r} and {moderator!r} beside {focal!r} itself",
                fix="Give the two columns and their tuple as terms; both must be numeric.",
            )
        )
    raw = model.design.rows[moderator].to_numpy(float)
    shift = model.design.centres.get(moderator, 0.0)
    values = (
        [raw.mean() - raw.std(ddof=1), raw.mean(), raw.mean() + raw.std(ddof=1)] if at is None else list(at)
    )
    names = [f"{v:.2f}" for v in values] if at is not None else ["mean - 1 SD", "mean", "mean + 1 SD"]

    def slopes_at(where: np.ndarray) -> pd.DataFrame:
        return _slope(model, focal, product, where - shift, [str(i) for i in range(len(where))])

    slopes = slopes_at(np.array(values)).set_axis(names).rename_axis("at")
    slopes.insert(0, "moderator", values)
    low, high = float(raw.min()), float(raw.max())
    grid = np.linspace(low, high, points)
    curve = slopes_at(grid).reset_index(drop=True)
    curve.insert(0, "moderator", grid)
    b = model.coefficients["estimate"]
    v = model.covariance
    t2 = stats.t.ppf(0.5 + model.level / 2, model.df_test) ** 2
    roots = np.roots(
        [
            b[product] ** 2 - t2 * v.loc[product, product],
            2 * (b[focal] * b[product] - t2 * v.loc[focal, product]),
            b[focal] ** 2 - t2 * v.loc[focal, focal],
        ]
    )
    real = np.sort(roots[np.isreal(roots)].real + shift)
    bounds = tuple(float(r) for r in real if low < r < high)
    return Interaction(
        model.outcome,
        focal,
        moderator,
        slopes,
        curve[["moderator", "estimate", "se", "ci_lower", "ci_upper"]],
        bounds,
        (low, high),
        _say(focal, moderator, slopes_at, (low, *bounds, high)),
        model.warnings,
    )


def _slope(model: LinearModel, focal: str, product: str, z: np.ndarray, names: list[str]) -> pd.DataFrame:
    pair = [focal, product]
    weights = np.column_stack([np.ones_like(z), z])
    b = model.coefficients.loc[pair, "estimate"].to_numpy()
    v = model.covariance.loc[pair, pair].to_numpy()
    table = coefficient_table(
        names, weights @ b, np.diag(((weights @ v) * weights).sum(axis=1)), model.df_test, model.level
    )
    return table.rename_axis("at")


def _say(
    focal: str, moderator: str, slopes_at: Callable[[np.ndarray], pd.DataFrame], edges: tuple[float, ...]
) -> str:
    """The slope's sign between the edges; as it changes nowhere else, the middles tell."""
    parts = []
    middles = slopes_at(np.array([(low + high) / 2 for low, high in pairwise(edges)]))
    for (low, high), (_, middle) in zip(pairwise(edges), middles.iterrows(), strict=True):
        sign = (
            "positive"
            if middle["ci_lower"] > 0
            else "negative"
            if middle["ci_upper"] < 0
            else "not distinguishable from zero"
        )
        ends = " to ".join(f"{end:.2f}".replace("-", "\N{MINUS SIGN}") for end in (low, high))
        parts.append(f"{sign} for {moderator} from {ends}")
    return f"The slope of {focal} is {'; '.join(parts)}."


def along_moderator(
    slope: float,
    product: float,
    covariance: np.ndarray,
    *,
    outcome: str,
    focal: str,
    moderator: str,
    reach: float = 2.0,
    points: int = 81,
    warnings: tuple[str, ...] = (),
) -> Interaction:
    """Simple slopes from two standardized coefficients, for a moderator in its standard deviations.

    Parameters
    ----------
    slope, product : effect of ``focal`` at the moderator's mean, and its change for one deviation more.
    covariance : 2 x 2, of the two estimates.
    reach : deviations to either side for which the slope is shown; the limits lie inside them.

    Returns
    -------
    Interaction, with normal-theory 95 % intervals.
    """

    def slopes(at: np.ndarray) -> pd.DataFrame:
        value = slope + product * at
        se = np.sqrt(covariance[0, 0] + 2 * at * covariance[0, 1] + at**2 * covariance[1, 1])
        ends = {"ci_lower": value - INTERVAL_95 * se, "ci_upper": value + INTERVAL_95 * se}
        return pd.DataFrame({"moderator": at, "estimate": value, "se": se, **ends})

    curve = slopes(np.linspace(-reach, reach, points))
    shown = slopes(np.array([-1.0, 0.0, 1.0]))
    shown = shown.set_axis(["mean - 1 SD", "mean", "mean + 1 SD"]).rename_axis("at")
    roots = np.roots(
        [
            product**2 - INTERVAL_95**2 * covariance[1, 1],
            2 * (slope * product - INTERVAL_95**2 * covariance[0, 1]),
            slope**2 - INTERVAL_95**2 * covariance[0, 0],
        ]
    )
    real = np.sort(roots[np.isreal(roots)].real)
    bounds = tuple(float(z) for z in real if -reach < z < reach)
    said = _say(focal, moderator, slopes, (-reach, *bounds, reach))
    return Interaction(outcome, focal, moderator, shown, curve, bounds, (-reach, reach), said, warnings)
