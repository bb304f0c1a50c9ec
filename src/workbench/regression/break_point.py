"""A line that bends once: where, how much, and how surely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import column, door, share, table, whole
from workbench.errors import DataError
from workbench.regression.coefficients import numeric_rows

CANDIDATES = 60  # places that are tried for the bend
TAIL = 0.1  # of the cases that have to lie on either side of it
LEAST = 20  # cases


@dataclass(frozen=True)
class Segmented:
    """A segmented regression.

    ``table``: break_point, slope_below, slope_above, change; estimate, ci_lower, ci_upper. ``profile``: the
    sum of squared residuals at every place tried. ``r2`` beside that of the straight line, ``r2_line``.
    """

    outcome: str
    predictor: str
    table: pd.DataFrame
    intercept: float
    profile: pd.DataFrame
    r2: float
    r2_line: float
    n_obs: int
    draws: int
    seed: int
    level: float
    warnings: tuple[str, ...] = ()

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The fitted line at values of the predictor."""
        at, below, change = self.table.loc[["break_point", "slope_below", "change"], "estimate"]
        return self.intercept + below * np.asarray(x) + change * np.maximum(0.0, np.asarray(x) - at)


@door(data=table, outcome=column, predictor=column, draws=whole(1), seed=whole(0), level=share)
def segmented(
    data: pd.DataFrame,
    outcome: str,
    predictor: str,
    *,
    draws: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> Segmented:
    """Least squares of y = a + b x + d max(0, x - k) over a, b, d and the place k of the bend.

    Parameters
    ----------
    data : DataFrame; rows that lack either column are left out.
    outcome, predictor : names of its columns.
    draws, seed : bootstrap samples of respondents, each with a bend of its own.
    level : of the percentile intervals.

    Returns
    -------
    Segmented. A bend is found in any data, straight ones too: the interval of its place then spans the scale.
    Whether there is one is another question.

    Raises
    ------
    DataError : fewer than 20 complete cases, or a predictor with fewer than five different values.

    Source: Hinkley (1971), J. Am. Stat. Assoc. 66, 736-743; the place by search over the observed values with
    a tenth of the cases on either side. R: ``lm(y ~ x + pmax(0, x - k))`` for the k with the least deviance.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.regression import segmented
    >>> x = np.linspace(0, 10, 101)
    >>> bent = pd.DataFrame({"x": x, "y": x + 2 * np.maximum(0, x - 6)})
    >>> segmented(bent, "y", "x", draws=20).table["estimate"].round(2).tolist()
    [6.0, 1.0, 3.0, 2.0]
    """
    rows = numeric_rows(data, [predictor, outcome])
    x, y = rows[predictor].to_numpy(float), rows[outcome].to_numpy(float)
    places = candidates(x) if len(x) else x
    if len(rows) < LEAST or len(places) < 3 or np.ptp(y) == 0:
        raise DataError(
            f"{outcome} by {predictor}: a bend needs {LEAST} complete cases and five values of {predictor}; "
            f"there are {len(rows)} cases and {len(np.unique(x))} values, {len(np.unique(y))} of {outcome}"
        )
    hinges = np.maximum(0.0, x[:, None] - places)
    found, squares, _ = best_bend(weighted_sums(np.ones((1, len(x))), x, y, hinges), places)
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(len(x), np.full(len(x), 1 / len(x)), size=draws).astype(float)
    drawn, _, defined = best_bend(weighted_sums(counts, x, y, hinges), places)
    drawn = drawn[defined]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    total = float(((y - y.mean()) ** 2).sum())
    line = float(np.corrcoef(x, y)[0, 1] ** 2)
    names = ["break_point", "slope_below", "slope_above", "change"]
    made = pd.DataFrame({"estimate": found[0, :4], "ci_lower": low[:4], "ci_upper": high[:4]}, index=names)
    return Segmented(
        outcome,
        predictor,
        made.rename_axis("parameter"),
        float(found[0, 4]),
        pd.DataFrame({"place": places, "squares": squares[0]}),
        1 - float(squares[0].min()) / total,
        line,
        len(x),
        draws,
        seed,
        level,
        _wide(made, x),
    )


def candidates(x: np.ndarray, most: int = CANDIDATES, tail: float = TAIL) -> np.ndarray:
    """Places that are tried: observed values with a tenth of the cases on either side, evenly thinned."""
    low, high = np.quantile(x, [tail, 1 - tail])
    values = np.unique(x)
    inner = values[(values >= low) & (values <= high) & (values > values[0]) & (values < values[-1])]
    if len(inner) <= most:
        return inner
    return inner[np.linspace(0, len(inner) - 1, most).round().astype(int)]


def weighted_sums(
    counts: np.ndarray, x: np.ndarray, y: np.ndarray, hinges: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Weighted sums of which the normal equations of every draw and place are made."""
    plain = counts @ np.column_stack([np.ones_like(x), x, x * x, y, x * y, y * y])
    return (
        plain,
        counts @ hinges,
        counts @ (hinges * x[:, None]),
        counts @ hinges**2,
        counts @ (hinges * y[:, None]),
    )


def best_bend(sums: tuple[np.ndarray, ...], places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per draw: place, slope below, slope above, change, intercept of the least sum of squares; all sums;
    whether the draw gives any."""
    plain, h, hx, hh, hy = sums
    one, x, xx, y, xy, yy = (plain[:, [k]] for k in range(6))
    # x and the hinge, centred: two equations by Cramer's rule
    sxx, sxy, syy = xx - x * x / one, xy - x * y / one, yy - y * y / one
    shh, shx, shy = hh - h * h / one, hx - h * x / one, hy - h * y / one
    determinant = sxx * shh - shx**2
    sound = determinant > 1e-9 * sxx * np.maximum(shh, 1e-300)
    safe = np.where(sound, determinant, 1.0)
    below, change = (shh * sxy - shx * shy) / safe, (sxx * shy - shx * sxy) / safe
    squares = np.where(sound, syy - below * sxy - change * shy, np.inf)
    best = squares.argmin(axis=1)
    row = np.arange(len(best))
    b, d = below[row, best], change[row, best]
    intercept = (y[:, 0] - b * x[:, 0] - d * h[row, best]) / one[:, 0]
    found = np.column_stack([places[best], b, b + d, d, intercept])
    return found, squares, np.isfinite(squares[row, best])


def _wide(table: pd.DataFrame, x: np.ndarray) -> tuple[str, ...]:
    low, high = np.quantile(x, [TAIL, 1 - TAIL])
    at = table.loc["break_point"]
    if at["ci_upper"] - at["ci_lower"] < 0.7 * (high - low):
        return ()
    return (
        "The place of the bend is not known: its interval spans most of the range in which it was"
        " looked for.",
    )
