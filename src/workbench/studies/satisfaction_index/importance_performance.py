"""Importance–performance maps with stated and with derived importance, and how firm each place is.

Martilla & James (1977) cut the map at its means. Means of a handful of attributes move from sample to sample,
and attributes lie close to them: how often an attribute changes its quadrant is computed by the bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.studies.satisfaction_index.taken import FEWEST_ATTRIBUTES

if TYPE_CHECKING:
    from workbench.studies.satisfaction_index.taken import Taken

# (performance above the mean, importance above the mean) -> Martilla and James' words.
QUADRANTS = {
    (True, True): "keep up the good work",
    (False, True): "concentrate here",
    (False, False): "low priority",
    (True, False): "possible overkill",
}
FIRM = 0.95


@dataclass(frozen=True)
class PriorityMap:
    """One map. ``table``: attribute -> performance (0 to 100), importance, quadrant, stays (share of the
    draws
    in the same quadrant), regions as ``sd_x``, ``sd_y``, ``r`` of the draws around their own centre.
    ``centre``: (performance, importance) where the map is cut. ``kind``: stated or derived."""

    table: pd.DataFrame
    centre: tuple[float, float]
    kind: str
    n: int
    draws: int

    @property
    def firm(self) -> list[str]:
        """Attributes that stay in their quadrant in 95 % of the draws."""
        return list(self.table.index[self.table["stays"] >= FIRM])


def priority_maps(taken: Taken, *, draws: int, seed: int) -> dict[str, PriorityMap]:
    """The maps that a survey allows: derived importance always, stated where every attribute has it.

    Parameters
    ----------
    taken : with three attributes or more. draws, seed : respondents drawn with replacement.

    Notes
    -----
    Performance is the mean place on the attribute's scale, 0 to 100. Stated importance is the mean of its
    questions, on their scale; derived importance is the attribute's share of R² of satisfaction by relative
    weights (Johnson 2000). Complete rows. All draws are computed at once from reweighted moments.

    Raises
    ------
    NotApplicable : fewer than three attributes.
    """
    own = taken.attributes
    if len(own) < FEWEST_ATTRIBUTES:
        raise NotApplicable(f"{len(own)} attributes: a map of priorities needs {FEWEST_ATTRIBUTES}")
    scores = pd.DataFrame(
        {
            name: pd.concat([taken.position(taken.answers[i], i) for i in items], axis=1).mean(axis=1)
            for name, items in own.items()
        }
    )
    parts = {"scores": 100 * scores, "y": taken.mean(taken.satisfaction).rename("y")}
    said = set(own) <= set(taken.importance)
    if said:
        stated = pd.DataFrame({name: taken.mean(taken.importance[name]) for name in own})
        parts["stated"] = stated.add_prefix("stated: ")
    rows = pd.concat(parts.values(), axis=1).dropna()
    x, y, n = rows[list(own)].to_numpy(), rows["y"].to_numpy(), len(rows)
    if n <= len(own) + 2:
        raise NotApplicable(f"{n} respondents answered on all {len(own)} attributes: too few for a map")
    share = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws) / n
    share = np.vstack([np.full(n, 1 / n), share])
    performance = share @ x
    derived, r2 = _relative_weights(np.column_stack([x, y]), share)
    importance = {"derived": 100 * derived / r2[:, None]}
    if said:
        importance = {"stated": share @ rows[[f"stated: {name}" for name in own]].to_numpy(), **importance}
    return {kind: _map(list(own), performance, values, kind, n) for kind, values in importance.items()}


def relative_weights(data: pd.DataFrame, outcome: str) -> pd.Series:
    """Johnson's (2000) relative weights of all other columns: parts of R² that add up to it.

    With R = V Λ Vᵀ of the predictors, Λ* = V Λ^½ Vᵀ and β = Λ*⁻¹ r, the weight of j is Σ_k λ*²_jk β²_k.
    In R: ``rwa::rwa(data, outcome, predictors)``, or by this formula in ``satisfaction_index.R``.
    """
    rows = data.dropna()
    names = [name for name in rows.columns if name != outcome]
    weights, _ = _relative_weights(
        rows[[*names, outcome]].to_numpy(float), np.full((1, len(rows)), 1 / len(rows))
    )
    return pd.Series(weights[0], index=names)


def _relative_weights(values: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Relative weights by draw and their sum; ``share`` is draws x rows, adding up to 1 in each draw."""
    k = values.shape[1]
    centred = values - values.mean(axis=0)
    products = (centred[:, :, None] * centred[:, None, :]).reshape(len(values), k * k)
    mean = share @ centred
    cov = (share @ products).reshape(-1, k, k) - mean[:, :, None] * mean[:, None, :]
    sd = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    corr = cov / (sd[:, :, None] * sd[:, None, :])
    eigen, vectors = np.linalg.eigh(corr[:, :-1, :-1])
    root = (vectors * np.sqrt(np.maximum(eigen, 1e-12))[:, None, :]) @ vectors.swapaxes(1, 2)
    beta = np.linalg.solve(root, corr[:, :-1, -1][:, :, None])[:, :, 0]
    weights = ((root**2) @ (beta**2)[:, :, None])[:, :, 0]
    return weights, weights.sum(axis=1)


def _map(names: list[str], x: np.ndarray, y: np.ndarray, kind: str, n: int) -> PriorityMap:
    """Places of the sample (first row) and of the draws, each against its own centre."""
    centred = np.stack([x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)])
    above = centred > 0
    stays = (above[:, 1:] == above[:, :1]).all(axis=0).mean(axis=0)
    drawn = centred[:, 1:]
    sd = drawn.std(axis=1)
    off = drawn - drawn.mean(axis=1, keepdims=True)
    r = (off[0] * off[1]).mean(axis=0) / np.maximum(sd[0] * sd[1], 1e-12)
    table = pd.DataFrame(
        {
            "performance": x[0],
            "importance": y[0],
            "quadrant": [QUADRANTS[bool(a), bool(b)] for a, b in above[:, 0].T],
            "stays": stays,
            "sd_x": sd[0],
            "sd_y": sd[1],
            "r": r,
        },
        index=pd.Index(names, name="attribute"),
    )
    return PriorityMap(table, (float(x[0].mean()), float(y[0].mean())), kind, n, len(x) - 1)


def key(found: PriorityMap) -> str:
    """What the number in brackets and a filled mark of a map mean."""
    return (
        f"In brackets: share of {found.draws:,} draws in which the quadrant holds; "
        f"filled: {FIRM:.0%} or more."
    ).replace("%", "\N{NO-BREAK SPACE}%")


def in_words(found: PriorityMap, label: dict[str, str]) -> str:
    """The map's finding: what to concentrate on, and whether its places are firm."""
    table = found.table
    first = [label[name] for name in table.index[table["quadrant"] == QUADRANTS[False, True]]]
    of = f"{len(found.firm)} of {len(table)} places hold in 95 % of samples"
    if not first:
        return f"By {found.kind} importance nothing is both important and weak; {of}"
    names = " and ".join([", ".join(first[:-1]), first[-1]] if len(first) > 1 else first)
    return f"By {found.kind} importance concentrate on {names}; {of}"
