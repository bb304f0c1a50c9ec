"""Discriminant validity from answers, HTMT and cross-loadings; many constructs' reliability in one table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.measurement.constructs import Constructs, checked, columns_of
from workbench.measurement.correlations import Correlations, correlations, is_matrix
from workbench.measurement.doors import whole_number
from workbench.measurement.reliability import alpha, correlation_from, omega
from workbench.measurement.resample import bootstrap_covariances, check_draws


@dataclass(frozen=True)
class HtmtInterval:
    """HTMT of every pair of constructs with a percentile bootstrap interval."""

    matrix: pd.DataFrame
    table: pd.DataFrame  # construct_a, construct_b, htmt, lower, upper, upper_one_sided, below_085, below_090
    htmt2: bool
    confidence: float
    draws: int
    seed: int
    n_obs: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ReliabilityTable:
    """Alpha and omega of several constructs with intervals."""

    table: pd.DataFrame  # construct; items, n_obs, alpha ..., omega ..., lowest_item_rest
    items: pd.DataFrame  # construct, item, item_rest, alpha_if_dropped ...
    confidence: float
    draws: int
    seed: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class CrossLoadings:
    """Correlation of every item with every construct's score; its own without the item itself."""

    table: pd.DataFrame
    strays: pd.DataFrame  # item, own, own_loading, other, other_loading
    warnings: tuple[str, ...]


def htmt(
    data: pd.DataFrame,
    constructs: Constructs,
    htmt2: bool = False,
    *,
    absolute: bool = True,
    missing: str = "listwise",
    correlation: str = "pearson",
) -> pd.DataFrame:
    """Heterotrait-monotrait ratio of correlations, constructs x constructs.

    Parameters
    ----------
    data : answers, or a correlation or covariance matrix of the items.
    constructs : items of every construct; two items at least for a ratio (a single item gives NaN, and a
        warning).
    htmt2 : geometric instead of arithmetic means (Roemer, Schuberth & Henseler 2021), for items whose
        loadings differ.
    absolute : use absolute correlations, so that an item that was not reversed does not cancel (always for
        htmt2).
    missing, correlation : as everywhere in the room; the default leaves incomplete respondents out, as
        semTools.

    Returns
    -------
    DataFrame with ones on the diagonal; ``.attrs["warnings"]`` says who was left out, which construct has no
    ratio and why, which items run against the others of their construct, and which ratios exceed one.

    HTMT = mean correlation between the items of two constructs / root of the product of the mean correlations
    within each. Source: Henseler, Ringle & Sarstedt (2015).
    R: ``semTools::htmt(model, data, htmt2 = htmt2, absolute = absolute)``.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> constructs = {"crm_use": ["crm1", "crm2", "crm3", "crm4"], "trust": ["tru1", "tru2", "tru3"]}
    >>> round(float(measurement.htmt(answers, constructs).loc["trust", "crm_use"]), 2)
    0.46
    """
    clean = checked(constructs, several=2)
    sample = _sample(data, clean, missing, correlation)
    values = _ratios(sample.matrix[None], _blocks(clean), htmt2, absolute)[0]
    frame = pd.DataFrame(values, index=list(clean), columns=list(clean))
    frame.attrs["warnings"] = (
        *sample.warnings,
        *_within(sample.matrix, clean, absolute or htmt2),
        *_above(frame),
    )
    return frame


def htmt_interval(
    data: pd.DataFrame,
    constructs: Constructs,
    htmt2: bool = False,
    *,
    draws: int = 2000,
    seed: int = 1,
    confidence: float = 0.95,
    absolute: bool = True,
    missing: str = "listwise",
) -> HtmtInterval:
    """HTMT of every pair with a percentile bootstrap interval, all samples at once.

    Two constructs are taken as distinct where the upper bound stays below 0.85 (or, for constructs that are
    close in meaning, 0.90). ``upper_one_sided`` is the bound of a one-sided test at the same confidence.

    Source: Henseler, Ringle & Sarstedt (2015); Franke & Sarstedt (2019).

    Parameters
    ----------
    data : answers (respondents x items).
    constructs : items of every construct, two at least each.
    htmt2, absolute, missing : as in ``htmt``.
    draws, seed : bootstrap samples of respondents, and their seed.
    confidence : of the interval.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> constructs = {"crm_use": ["crm1", "crm2", "crm3", "crm4"], "trust": ["tru1", "tru2", "tru3"]}
    >>> measurement.htmt_interval(answers, constructs, draws=200).table[["htmt", "lower", "upper"]].round(2)
       htmt  lower  upper
    0  0.46   0.39   0.52
    """
    check_draws(confidence, whole_number(draws, "draws", 100), seed)
    clean = checked(constructs, least=2, several=2)
    sample = _sample(data, clean, missing, "pearson")
    answers = sample.need_answers("the bootstrap of HTMT")
    blocks = _blocks(clean)
    values = _ratios(sample.matrix[None], blocks, htmt2, absolute)[0]
    sampled = np.concatenate(
        [
            _ratios(correlation_from(stack), blocks, htmt2, absolute)
            for stack in bootstrap_covariances(answers, draws, seed)
        ]
    )
    tail = (1 - confidence) / 2
    names = list(clean)
    matrix = pd.DataFrame(values, index=names, columns=names)
    rows = []
    warnings = [*sample.warnings, *_within(sample.matrix, clean, absolute or htmt2), *_above(matrix)]
    for i, j in zip(*np.tril_indices(len(names), -1), strict=True):
        usable = sampled[np.isfinite(sampled[:, i, j]), i, j]
        bounds = (np.nan,) * 3
        if usable.size > draws / 2:
            bounds = tuple(np.quantile(usable, [tail, 1 - tail, confidence]))
        if usable.size < draws:
            warnings.append(
                f"{names[j]} and {names[i]}: {draws - usable.size:,} of {draws:,} samples gave no ratio"
            )
        rows.append((names[j], names[i], values[i, j], *bounds, bounds[1] < 0.85, bounds[1] < 0.90))
    table = pd.DataFrame(
        rows,
        columns=[
            "construct_a", "construct_b", "htmt", "lower", "upper", "upper_one_sided", "below_085",
            "below_090",
        ],
    )  # fmt: skip
    return HtmtInterval(
        matrix,
        table,
        htmt2,
        confidence,
        draws,
        seed,
        len(answers),
        tuple(warnings),
    )


def reliability_table(
    data: pd.DataFrame,
    constructs: Constructs,
    *,
    draws: int = 1000,
    seed: int = 1,
    confidence: float = 0.95,
    missing: str = "pairwise",
) -> ReliabilityTable:
    """Alpha (Feldt interval) and omega (bootstrap interval) of every construct, one row each.

    Omega needs three items; with two it is left missing.

    Parameters
    ----------
    data : answers (respondents x items).
    constructs : items of every construct.
    draws : bootstrap samples for the interval of omega, 0 for none.
    seed : of the bootstrap.
    confidence : of the intervals.
    missing : ``"pairwise"`` or ``"listwise"``.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> constructs = {"crm_use": ["crm1", "crm2", "crm3", "crm4"], "trust": ["tru1", "tru2", "tru3"]}
    >>> found = measurement.reliability_table(answers, constructs, draws=0)
    >>> found.table[["items", "alpha", "omega"]].round(2)
               items  alpha  omega
    construct
    crm_use        4   0.84   0.84
    trust          3   0.78   0.78
    """
    clean = checked(constructs, least=2)
    columns_of(data, clean)
    rows, items, warnings = {}, [], []
    for name, columns in clean.items():
        answers = columns_of(data, {name: columns})
        consistency = alpha(answers, confidence=confidence, missing=missing)
        row = {
            "items": len(columns),
            "n_obs": consistency.n_obs,
            "alpha": consistency.estimate,
            "alpha_lower": consistency.ci_lower,
            "alpha_upper": consistency.ci_upper,
            "average_r": consistency.average_r,
            "lowest_item_rest": consistency.items["item_rest"].min(),
        }
        said = list(consistency.warnings)
        if len(columns) >= 3:
            composite = omega(answers, confidence=confidence, draws=draws, seed=seed, missing=missing)
            row |= {
                "omega": composite.total,
                "omega_lower": composite.ci_lower,
                "omega_upper": composite.ci_upper,
            }
            said += composite.warnings
        rows[name] = row
        items.append(consistency.items.reset_index().assign(construct=name))
        warnings += [f"{name}: {text}" for text in dict.fromkeys(said)]
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "construct"
    return ReliabilityTable(
        table, pd.concat(items, ignore_index=True), confidence, draws, seed, tuple(warnings)
    )


def cross_loadings(
    data: pd.DataFrame, constructs: Constructs, *, missing: str = "pairwise", correlation: str = "pearson"
) -> CrossLoadings:
    """Correlation of every item with the sum of every construct's standardized items.

    An item's correlation with its own construct leaves the item out, so that it is not flattered.
    ``strays`` lists items that are closer to another construct than to their own.

    Parameters
    ----------
    data : answers (respondents x items).
    constructs : items of every construct, by its name.
    missing : ``"pairwise"`` or ``"listwise"``.
    correlation : ``"pearson"`` or ``"polychoric"``.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use", "trust")
    >>> constructs = {"crm_use": ["crm1", "crm2", "crm3", "crm4"], "trust": ["tru1", "tru2", "tru3"]}
    >>> len(measurement.cross_loadings(answers, constructs).strays)
    0
    """
    clean = checked(constructs, least=2, several=2)
    sample = correlations(columns_of(data, clean), missing=missing, correlation=correlation)
    place = {name: position for position, name in enumerate(sample.names)}
    R = sample.matrix
    table = pd.DataFrame(index=pd.Index(sample.names, name="item"), columns=list(clean), dtype=float)
    for construct, items in clean.items():
        for item in sample.names:
            rest = [place[other] for other in items if other != item]
            table.loc[item, construct] = R[place[item], rest].sum() / np.sqrt(R[np.ix_(rest, rest)].sum())
    strays = []
    for construct, items in clean.items():
        for item in items:
            others = table.loc[item].drop(construct).abs()
            own = table.loc[item, construct]
            if others.max() >= abs(own):
                strays.append((item, construct, own, others.idxmax(), table.loc[item, others.idxmax()]))
    frame = pd.DataFrame(strays, columns=["item", "own", "own_loading", "other", "other_loading"])
    warnings = list(sample.warnings)
    if len(frame):
        warnings.append(f"closer to another construct than to their own: {', '.join(frame['item'])}")
    return CrossLoadings(table, frame, tuple(warnings))


def _sample(data: pd.DataFrame, clean: dict[str, list[str]], missing: str, correlation: str) -> Correlations:
    columns = columns_of(data, clean)
    if is_matrix(data):
        columns = columns.set_axis([str(name) for name in data.columns[: len(data)]], axis=0)
        columns = columns.loc[[str(name) for name in columns.columns]]
    return correlations(columns, missing=missing, correlation=correlation)


def _within(matrix: np.ndarray, clean: dict[str, list[str]], absolute: bool) -> list[str]:
    """What stands in the way of a ratio within the constructs."""
    said = []
    for (name, items), block in zip(clean.items(), _blocks(clean), strict=True):
        own = matrix[block, block]
        if len(items) < 2:
            said.append(f"{name} has one item: no correlations within it, so no ratio")
            continue
        mean = float(own[np.triu_indices(len(items), 1)].mean())
        first = np.linalg.eigh(own)[1][:, -1]
        signs = first * (np.sign(first.sum()) or 1)
        turned = [item for item, sign in zip(items, signs, strict=True) if sign < 0]
        against = f"{', '.join(turned)} run(s) against the other items of {name}"
        if mean <= 0:
            end = "absolute values hide it in the ratio" if absolute else "so it has no ratio"
            said.append(
                f"the items of {name} correlate {mean:.2f} on average ({against}): {end}; reverse them"
            )
        elif turned:
            end = "absolute values hide it in the ratio" if absolute else "it lowers the ratio's base"
            said.append(f"{against}: {end}; reverse it")
    return said


def _above(frame: pd.DataFrame) -> list[str]:
    """Pairs whose ratio exceeds one: their items correlate more between the constructs than within them."""
    names = list(frame)
    pairs = [
        f"{names[j]} and {names[i]} ({frame.iloc[i, j]:.2f})"
        for i, j in zip(*np.tril_indices(len(names), -1), strict=True)
        if frame.iloc[i, j] > 1
    ]
    if not pairs:
        return []
    return [f"HTMT above 1, items correlate more between than within the constructs: {', '.join(pairs)}"]


def _blocks(clean: dict[str, list[str]]) -> list[slice]:
    """Where each construct's items stand."""
    ends = np.cumsum([len(items) for items in clean.values()])
    return [slice(end - len(items), end) for end, items in zip(ends, clean.values(), strict=True)]


def _ratios(stack: np.ndarray, blocks: list[slice], htmt2: bool, absolute: bool) -> np.ndarray:
    """HTMT of many correlation matrices: matrices x constructs x constructs."""
    size = stack.shape[-1]
    values = np.abs(stack) if absolute or htmt2 else stack
    with np.errstate(divide="ignore"):
        values = np.log(values) if htmt2 else values
    off = ~np.eye(size, dtype=bool)
    means = np.empty((len(stack), len(blocks), len(blocks)))
    for a, first in enumerate(blocks):
        for b, second in enumerate(blocks):
            part = values[:, first, second]
            if a == b:
                part = part[:, off[first, second]]
                means[:, a, b] = part.mean(axis=1) if part.shape[1] else np.nan
            else:
                means[:, a, b] = part.mean(axis=(1, 2))
    means = np.exp(means) if htmt2 else means
    within = np.diagonal(means, axis1=1, axis2=2)
    within = np.where(within > 0, within, np.nan)  # a construct whose items do not hang together has no ratio
    return means / np.sqrt(within[:, :, None] * within[:, None, :])
