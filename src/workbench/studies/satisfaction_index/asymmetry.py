"""Penalties and rewards: does a bad attribute cost more than a good one brings, and how often is that wrong?

Penalty–reward contrasts set dummies for a low and a high rating (Brandt 1988; Anderson & Mittal 2000; Mikulić
& Prebežac 2008) and read Kano's classes off which of the two is significant. Where opinions act in
proportion,
the classes come out as well: scores crowd at one end, and a penalty that falls below significance is not
absent.
How often is simulated here, on the survey's own attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.normal_quantiles import INTERVAL_95

if TYPE_CHECKING:
    from workbench.studies.satisfaction_index.taken import Taken

BASIC, PERFORMANCE, EXCITEMENT, NEITHER = "basic", "performance", "excitement", "neither"
CLASSES = (BASIC, PERFORMANCE, EXCITEMENT, NEITHER)
LINEAR_DRAWS = 200
FEW = 10  # respondents in the low or the high third


@dataclass(frozen=True)
class Contrasts:
    """``table``: attribute -> penalty and reward (in points of satisfaction, a low and a high rating
    against the
    middle), each with ``_lower``, ``_upper``; class; bend (slope above the median less slope below it), with
    limits, in points by point; and of surveys in which opinions act in proportion the share called
    ``false_basic`` or ``false_excitement`` by the contrasts, and bent by the slopes, ``false_bend``.
    ``left_out`` : attributes with too few low or high ratings."""

    table: pd.DataFrame
    left_out: tuple[str, ...]
    n: int
    draws: int

    @property
    def asymmetric(self) -> list[str]:
        """Attributes that the contrasts call basic or excitement."""
        return list(self.table.index[self.table["class"].isin([BASIC, EXCITEMENT])])

    @property
    def bent(self) -> list[str]:
        """Attributes whose slopes below and above the median differ."""
        return list(self.table.index[(self.table["bend_lower"] > 0) | (self.table["bend_upper"] < 0)])

    @property
    def false_share(self) -> float:
        """Share of attributes that are called basic or excitement where opinions act in proportion."""
        return float((self.table["false_basic"] + self.table["false_excitement"]).mean())


def contrasts(taken: Taken, *, draws: int = LINEAR_DRAWS, seed: int = 1) -> Contrasts:
    """Penalty, reward, Kano class and bend of every attribute, with their rates where nothing is asymmetric.

    Parameters
    ----------
    taken : attributes and satisfaction. draws : simulated surveys without asymmetry. seed : of these.

    Notes
    -----
    Low and high are `thirds` of an attribute's scores, all attributes in one regression, HC3. A class is read
    off significance: penalty alone is basic, reward alone excitement, both performance. The bend comes
    from y = Σ β_j x_j + γ_j (x_j − median_j)₊. A survey without asymmetry keeps
    everyone's attributes and gives satisfaction as the linear fit plus normal noise, written in the answers
    of the survey: ranked alike, as often each.

    Raises
    ------
    NotApplicable : fewer than two attributes with enough low and high ratings.
    """
    scores = pd.DataFrame({name: taken.mean(items) for name, items in taken.attributes.items()})
    rows = pd.concat([scores, taken.mean(taken.satisfaction).rename("y")], axis=1).dropna()
    x = rows[list(scores.columns)]
    low, high = (pd.DataFrame(part) for part in zip(*(thirds(x[name]) for name in x), strict=True))
    low, high = low.T, high.T
    enough = (low.sum() >= FEW) & (high.sum() >= FEW) & ((~low & ~high).sum() >= FEW)
    names = list(x.columns[enough])
    if len(names) < 2:
        raise NotApplicable("fewer than two attributes have low, middling and high ratings to compare")
    x, y = x[names], rows["y"].to_numpy()
    dummies = np.column_stack([low[names].to_numpy(float), high[names].to_numpy(float)])
    hinges = np.column_stack([x.to_numpy(), np.maximum(x - x.median(), 0).to_numpy()])
    steps, bends = fitted(dummies, y[:, None]), fitted(hinges, y[:, None])
    null = _in_proportion(x.to_numpy(), y, draws, seed)
    classes, bent = _classes(*fitted(dummies, null)), _significant(*fitted(hinges, null))
    p = len(names)
    table = pd.DataFrame(index=pd.Index(names, name="attribute"))
    for name, (estimate, se), place in (
        ("penalty", steps, slice(0, p)),
        ("reward", steps, slice(p, None)),
        ("bend", bends, slice(p, None)),
    ):
        value, half = estimate[place, 0], INTERVAL_95 * se[place, 0]
        table[name] = value
        table[f"{name}_lower"], table[f"{name}_upper"] = value - half, value + half
    table["class"] = _classes(*steps)[:, 0]
    for word in (BASIC, EXCITEMENT):
        table[f"false_{word}"] = (classes == word).mean(axis=1)
    table["false_bend"] = bent[p:].mean(axis=1)
    left_out = tuple(name for name in scores.columns if name not in names)
    return Contrasts(table, left_out, len(rows), draws)


def thirds(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Who is in the low and who in the high third, with answers between them.

    The cuts are the answers whose shares come closest to a third, so that few different answers are divided
    too; without three different answers nobody is in either.
    """
    shares = values.value_counts(normalize=True).sort_index()
    if len(shares) < 3:
        nobody = values != values
        return nobody, nobody
    below, above = shares.cumsum(), shares[::-1].cumsum()[::-1]
    low = int((below.iloc[:-2] - 1 / 3).abs().argmin())
    high = low + 2 + int((above.iloc[low + 2 :] - 1 / 3).abs().argmin())
    return values <= shares.index[low], values >= shares.index[high]


def fitted(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and HC3 errors of many outcomes on the same predictors: predictors x outcomes, no intercept.

    V = (X'X)⁻¹ X' diag(e² / (1 − h)²) X (X'X)⁻¹ (MacKinnon & White 1985).
    In R: ``sqrt(diag(sandwich::vcovHC(lm(y ~ x), "HC3")))[-1]``.
    """
    design = np.column_stack([np.ones(len(x)), x])
    inverse = np.linalg.pinv(design.T @ design)
    hat = inverse @ design.T
    slopes = hat @ y
    leverage = np.einsum("ij,ji->i", design, hat)
    residual = (y - design @ slopes) / np.maximum(1 - leverage, 1e-8)[:, None]
    return slopes[1:], np.sqrt(hat**2 @ residual**2)[1:]


def _in_proportion(x: np.ndarray, y: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Satisfaction as a linear function of the attributes, written in the survey's own answers: rows x
    draws."""
    design = np.column_stack([np.ones(len(x)), x])
    line = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    noise = np.random.default_rng(seed).normal(scale=(y - line).std(), size=(len(y), draws))
    order = np.argsort(np.argsort(line[:, None] + noise, axis=0), axis=0)
    return np.sort(y)[order]


def _significant(estimate: np.ndarray, se: np.ndarray) -> np.ndarray:
    return np.abs(estimate) > INTERVAL_95 * se


def _classes(estimate: np.ndarray, se: np.ndarray) -> np.ndarray:
    """Kano's class by attribute (rows) and survey (columns), from penalties above and rewards below."""
    p = len(estimate) // 2
    punished = estimate[:p] < -INTERVAL_95 * se[:p]
    rewarded = estimate[p:] > INTERVAL_95 * se[p:]
    return np.select(
        [punished & rewarded, punished, rewarded], [PERFORMANCE, BASIC, EXCITEMENT], default=NEITHER
    )


def bends_of(y: pd.Series, groups: dict[str, Sequence[pd.Series]]) -> pd.DataFrame:
    """Mean bend of groups of predictors that stand in one regression: estimate, ci_lower, ci_upper, with n.

    A positive bend: more is gained above the median than lost below it (reward); a negative one: a penalty.
    """
    columns = [
        series.rename(f"{name}{place}") for name, own in groups.items() for place, series in enumerate(own)
    ]
    rows = pd.concat([y.rename("y"), *columns], axis=1).dropna()
    x = rows.drop(columns="y")
    hinge = np.maximum(x - x.median(), 0)
    design = np.column_stack([np.ones(len(x)), x, hinge])
    inverse = np.linalg.pinv(design.T @ design)
    slope = inverse @ design.T @ rows["y"].to_numpy()
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    scaled = (rows["y"].to_numpy() - design @ slope) / np.maximum(1 - leverage, 1e-8)
    covariance = inverse @ (design.T * scaled**2) @ design @ inverse
    found, start = {}, 1 + x.shape[1]
    for name, own in groups.items():
        place = np.arange(start, start + len(own))
        start += len(own)
        value = float(slope[place].mean())
        error = float(np.sqrt(covariance[np.ix_(place, place)].sum()) / len(own))
        found[name] = (value, value - INTERVAL_95 * error, value + INTERVAL_95 * error)
    table = pd.DataFrame.from_dict(found, orient="index", columns=["estimate", "ci_lower", "ci_upper"])
    table.attrs["n"] = len(rows)
    return table
