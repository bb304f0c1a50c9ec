"""One number from several indicators: weighted sum, geometric mean, TOPSIS, and the index in layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import column, door, made_by, mapping, number, one_of, optional
from workbench.errors import DataError, Fault, SpecificationError
from workbench.indicators import doors
from workbench.indicators.normalise import Normalised, normalise
from workbench.indicators.weights import Weights, equal_weights


@dataclass(frozen=True)
class Composite:
    """An index. ``scores``: unit, score, rank (1 is best, ties share the better rank). ``contributions``:
    units x indicators, adding up to the score for the weighted sum; empty for the others. ``details``: steps
    of the method."""

    method: str
    scores: pd.DataFrame
    contributions: pd.DataFrame
    weights: pd.Series
    details: pd.DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LayeredIndex:
    """``scores``: unit, one column a layer, index, rank. ``weights``: indicator, layer, weight inside the
    layer, weight of the layer, effective weight. ``contributions``: units x indicators."""

    scores: pd.DataFrame
    weights: pd.DataFrame
    contributions: pd.DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class SchemeComparison:
    """``ranks`` and ``scores``: units x schemes. ``agreement``: Kendall's tau-b between schemes. ``weights``:
    indicators x schemes."""

    scores: pd.DataFrame
    ranks: pd.DataFrame
    agreement: pd.DataFrame
    weights: pd.DataFrame
    warnings: tuple[str, ...]


@door(
    normalised=made_by(Normalised, "normalise"),
    weights=made_by(Weights, "equal_weights, entropy_weights …"),
    method=one_of("weighted sum", "geometric mean"),
)
def composite(normalised: Normalised, weights: Weights, *, method: str = "weighted sum") -> Composite:
    """Aggregate normalised indicators.

    Parameters
    ----------
    normalised : of :func:`workbench.indicators.normalise.normalise`.
    weights : of the same indicators.
    method : ``weighted sum`` Σ w x, in which a weakness is made up for by a strength; ``geometric mean`` Π
        x^w, in which it is made up for only in part, and a zero not at all.

    Returns
    -------
    Composite

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"retention": [0.9, 0.7, 0.8], "cost": [5, 3, 4]}, ["A", "B", "C"])
    >>> normalised = indicators.normalise(values, {"retention": "higher", "cost": "lower"})
    >>> weights = indicators.given_weights({"retention": 0.8, "cost": 0.2})
    >>> indicators.composite(normalised, weights).scores.round(2)
       score  rank
    A    0.8     1
    B    0.2     3
    C    0.5     2
    """
    x, w = aligned(normalised.values, weights)
    warnings = [*normalised.warnings, *weights.warnings]
    if method == "weighted sum":
        parts = x * w
        return _index(method, parts.sum(axis=1), parts, w, pd.DataFrame(index=x.index), warnings)
    if (x.to_numpy() < 0).any():
        raise DataError(
            "the geometric mean needs values of zero or more: normalise by min-max, target or rank"
        )
    zeros = int((x == 0).any(axis=1).sum())
    if zeros:
        warnings.append(
            f"{zeros} units have a zero in an indicator, so their geometric mean is zero whatever "
            "else they do."
        )
    score = np.prod(x.to_numpy() ** w.to_numpy(), axis=1)
    empty = pd.DataFrame(index=x.index)
    return _index(method, pd.Series(score, index=x.index), empty, w, empty, warnings)


@door(**doors.DIRECTIONS, weights=made_by(Weights, "equal_weights, entropy_weights …"))
def topsis(values: pd.DataFrame, directions: Mapping[str, str], weights: Weights) -> Composite:
    """Closeness to the ideal unit (TOPSIS).

    Parameters
    ----------
    values : units x indicators, complete and numeric.
    directions : ``higher`` or ``lower`` is better, by indicator.
    weights : of the same indicators.

    Notes
    -----
    On vector-normalised weighted values v: S* and S⁻ are the Euclidean distances to the best and worst value
    of each indicator, C = S⁻ / (S* + S⁻) (Hwang & Yoon 1981). Best and worst are those of the sample, so
    adding a unit can change the order of the others.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"retention": [0.9, 0.7, 0.8], "cost": [5, 3, 4]}, ["A", "B", "C"])
    >>> weights = indicators.given_weights({"retention": 0.8, "cost": 0.2})
    >>> found = indicators.topsis(values, {"retention": "higher", "cost": "lower"}, weights)
    >>> found.scores["score"].round(2).to_dict()
    {'A': 0.67, 'B': 0.33, 'C': 0.5}
    """
    x, w = aligned(normalise(values, directions, method="vector").values, weights)
    v = (x * w).to_numpy()
    best = np.sqrt(((v - v.max(axis=0)) ** 2).sum(axis=1))
    worst = np.sqrt(((v - v.min(axis=0)) ** 2).sum(axis=1))
    if not (best + worst > 0).all():
        raise DataError("all units are equal in every weighted indicator: there is no ideal to be close to")
    details = pd.DataFrame({"distance_best": best, "distance_worst": worst}, index=x.index)
    score = pd.Series(worst / (best + worst), index=x.index)
    return _index("TOPSIS", score, pd.DataFrame(index=x.index), w, details, list(weights.warnings))


@door(
    normalised=made_by(Normalised, "normalise"),
    layers=mapping(column, "{'retention': 'customers'}"),
    within=optional(
        mapping(made_by(Weights, "equal_weights, entropy_weights …"), "{'customers': equal_weights([…])}")
    ),
    between=optional(mapping(number, "{'customers': 0.5, 'money': 0.5}")),
)
def layered_index(
    normalised: Normalised,
    layers: Mapping[str, str],
    *,
    within: Mapping[str, Weights] | None = None,
    between: Mapping[str, float] | None = None,
) -> LayeredIndex:
    """Weighted index in layers: indicators into layers, layers into one number.

    Parameters
    ----------
    layers : layer by indicator.
    within : weights inside a layer, by layer; equal where not given.
    between : weights of the layers; equal when not given.
    normalised : of :func:`workbench.indicators.normalise.normalise`.

    Returns
    -------
    LayeredIndex

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"a": [1, 2, 3], "b": [2, 2, 4], "c": [3, 1, 2]}, ["A", "B", "C"])
    >>> normalised = indicators.normalise(values, dict.fromkeys("abc", "higher"))
    >>> layers = {"a": "market", "b": "market", "c": "process"}
    >>> indicators.layered_index(normalised, layers).scores.round(2)
       market  process  index  rank
    A    0.00      1.0   0.50     2
    B    0.25      0.0   0.12     3
    C    1.00      0.5   0.75     1
    """
    names = list(dict.fromkeys(layers[name] for name in normalised.values.columns if name in layers))
    missing = [name for name in normalised.values.columns if name not in layers]
    if missing:
        raise SpecificationError([Fault(f"indicator {name!r} has no layer") for name in missing])
    outer = pd.Series(
        {name: 1 / len(names) for name in names} if between is None else dict(between), dtype=float
    )
    if set(outer.index) != set(names) or (outer < 0).any() or abs(outer.sum() - 1) > 1e-9:
        raise SpecificationError(f"weights of layers must be of {', '.join(names)} and add up to 1")
    strange = [layer for layer in within or {} if layer not in names]
    if strange:
        known = ", ".join(names)
        raise SpecificationError(
            [Fault(f"there is no layer {n!r}", fix=f"Layers: {known}.") for n in strange]
        )
    rows, scores, warnings = [], {}, list(normalised.warnings)
    for layer in names:
        members = [name for name in normalised.values.columns if layers[name] == layer]
        inner = (within or {}).get(layer) or equal_weights(members)
        x, w = aligned(normalised.values[members], inner)
        scores[layer] = x @ w
        warnings += [f"{layer}: {text}" for text in inner.warnings]
        rows += [(name, layer, w[name], outer[layer], w[name] * outer[layer]) for name in members]
    table = pd.DataFrame(rows, columns=["indicator", "layer", "within", "between", "effective"]).set_index(
        "indicator"
    )
    frame = pd.DataFrame(scores)
    frame["index"] = frame[names] @ outer[names]
    frame["rank"] = frame["index"].rank(ascending=False, method="min").astype(int)
    parts = normalised.values[table.index] * table["effective"]
    return LayeredIndex(frame, table, parts, tuple(warnings))


@door(
    **doors.DIRECTIONS,
    schemes=mapping(made_by(Weights, "equal_weights, entropy_weights …"), "{'equal': equal_weights([…])}"),
    method=one_of(*doors.METHODS),
)
def compare_schemes(
    values: pd.DataFrame,
    directions: Mapping[str, str],
    schemes: Mapping[str, Weights],
    *,
    method: str = "min-max",
) -> SchemeComparison:
    """Scores and ranks of the same units under several sets of weights.

    Parameters
    ----------
    schemes : name → weights; each is applied as a weighted sum of values normalised by ``method``.
    values : units x indicators, complete and numeric.
    directions : ``higher`` or ``lower`` is better, by indicator.
    method : of normalising, as in `normalise`.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import indicators
    >>> values = pd.DataFrame({"retention": [0.9, 0.7, 0.8], "cost": [5, 3, 4]}, ["A", "B", "C"])
    >>> schemes = {"equal": indicators.equal_weights(["retention", "cost"]),
    ...            "loyal": indicators.given_weights({"retention": 0.8, "cost": 0.2})}
    >>> indicators.compare_schemes(values, {"retention": "higher", "cost": "lower"}, schemes).scores
       equal  loyal
    A    0.5    0.8
    B    0.5    0.2
    C    0.5    0.5
    """
    if not schemes:
        raise SpecificationError("name at least one scheme of weights")
    scaled = normalise(values, directions, method=method)
    scores = pd.DataFrame({name: composite(scaled, part).scores["score"] for name, part in schemes.items()})
    ranks = scores.rank(ascending=False, method="min").astype(int)
    weights = pd.DataFrame({name: part.weights for name, part in schemes.items()}).loc[values.columns]
    notes = dict.fromkeys(text for part in schemes.values() for text in part.warnings)
    return SchemeComparison(scores, ranks, scores.corr(method="kendall"), weights, (*scaled.warnings, *notes))


def aligned(values: pd.DataFrame, weights: Weights) -> tuple[pd.DataFrame, pd.Series]:
    """Values and weights of the same indicators in the same order."""
    if set(weights.weights.index) != set(values.columns):
        raise SpecificationError(
            f"weights are of {', '.join(map(str, weights.weights.index))}, the indicators are "
            f"{', '.join(map(str, values.columns))}"
        )
    return values, weights.weights.loc[list(values.columns)]


def _index(
    method: str,
    score: pd.Series,
    parts: pd.DataFrame,
    weights: pd.Series,
    details: pd.DataFrame,
    warnings: list[str],
) -> Composite:
    ranks = score.rank(ascending=False, method="min").astype(int)
    return Composite(
        method, pd.DataFrame({"score": score, "rank": ranks}), parts, weights, details, tuple(warnings)
    )
