"""Composites by partial least squares: weighted sums of items, and the regressions among them.

A composite is no factor: it keeps the chance that is in its items. Weights come from the correlations of the
items alone, so that a bootstrap of thousands of samples is a few batched matrix products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np
import pandas as pd

from workbench.doors import kind_of
from workbench.errors import DataError, Fault, SpecificationError
from workbench.measurement.constructs import Constructs, checked, columns_of
from workbench.measurement.correlations import item_frame
from workbench.measurement.doors import names_of, survey_frame
from workbench.measurement.resample import bootstrap_covariances, check_draws, percentile_interval

MOST_ROUNDS = 300
CLOSE = 1e-10  # largest change of a weight in the last round


@dataclass(frozen=True)
class CompositeModel:
    """Composites of constructs and the paths among them, all standardized.

    ``weights`` and ``loadings`` by construct and item; ``correlations`` of the composites with ``intervals``
    (construct_a, construct_b, estimate, ci_lower, ci_upper); ``paths``: outcome, predictor, estimate, se,
    ci_lower, ci_upper (percentile bootstrap); ``r2`` by outcome; ``n`` respondents with every answer;
    ``rounds`` until the weights stood still.
    """

    weights: pd.Series
    loadings: pd.Series
    correlations: pd.DataFrame
    intervals: pd.DataFrame
    paths: pd.DataFrame
    r2: pd.Series
    n: int
    rounds: int
    draws: int
    seed: int
    warnings: tuple[str, ...] = ()


def partial_least_squares(
    data: pd.DataFrame,
    constructs: Constructs,
    paths: Mapping[str, Sequence[str]],
    *,
    draws: int = 1000,
    confidence: float = 0.95,
    seed: int = 1,
) -> CompositeModel:
    r"""Composites whose weights follow from how the constructs are connected (PLS, mode A).

    Parameters
    ----------
    data : answers, respondents x items; those who answered every item are used.
    constructs : items of every construct, one or more.
    paths : outcome -> its predictors, all of them constructs; without a circle.
    draws : bootstrap samples; 0 for estimates alone.
    confidence : of the percentile intervals.
    seed : of the bootstrap.

    Returns
    -------
    CompositeModel. With item correlations :math:`R`, weights :math:`W` (items x constructs) and composites'
    correlations :math:`C = W^\top R W`, each round takes inner weights :math:`E` (path weighting: regression
    coefficients for predictors, correlations for outcomes) and sets :math:`W \propto R W E` within each
    construct's items, composites of variance 1, until no weight moves by 1e-10. Paths are least squares.

    Raises
    ------
    SpecificationError : paths among names that are no constructs, in a circle, or a construct without a path.
    DataError : an item that does not vary, or fewer complete respondents than items and one more.

    R: ``seminr::estimate_pls(data, model, inner_weights = path_weighting)`` with ``composite(...)``.

    References
    ----------
    Tenenhaus et al. (2005).

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("customer_survey")
    >>> own = {name: list(survey.items(name)) for name in ("crm_use", "satisfaction", "loyalty")}
    >>> model = {"satisfaction": ["crm_use"], "loyalty": ["crm_use", "satisfaction"]}
    >>> found = measurement.partial_least_squares(survey.responses, own, model, draws=100)
    >>> found.paths[["outcome", "predictor"]].values.tolist()
    [['satisfaction', 'crm_use'], ['loyalty', 'crm_use'], ['loyalty', 'satisfaction']]
    """
    check_draws(confidence, draws, seed)
    clean = checked(constructs, several=2)
    model = _checked_paths(paths, clean)
    answers = item_frame(columns_of(survey_frame(data), clean)).dropna()
    values = answers.to_numpy(dtype=float)
    _check_answers(answers)
    names, items = list(clean), [item for own in clean.values() for item in own]
    mask = np.array([[float(item in own) for own in clean.values()] for item in items])
    places = {
        names.index(out): [names.index(name) for name in predictors] for out, predictors in model.items()
    }
    r = np.corrcoef(values, rowvar=False)[None]
    weights, rounds = _weights(r, mask, places)
    between, paths_found, explained = _read(r, weights, places)
    arrows = [(out, source) for out, sources in places.items() for source in sources]
    pairs = [(a, b) for a in range(len(names)) for b in range(a + 1, len(names))]
    drawn_paths, drawn_pairs = np.empty((0, len(arrows))), np.empty((0, len(pairs)))
    for covariances in bootstrap_covariances(values, draws, seed) if draws else ():
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.sqrt(np.einsum("dii->di", covariances))
            drawn = covariances / (spread[:, :, None] * spread[:, None, :])
        usable = np.isfinite(drawn).all(axis=(1, 2))
        own, _ = _weights(drawn[usable], mask, places)
        c, b, _ = _read(drawn[usable], own, places)
        drawn_paths = np.vstack([drawn_paths, np.array([b[:, out, source] for out, source in arrows]).T])
        drawn_pairs = np.vstack([drawn_pairs, np.array([c[:, one, other] for one, other in pairs]).T])
    lost = draws - int(np.isfinite(drawn_paths).all(axis=1).sum())
    warnings = [f"{lost:,} of {draws:,} bootstrap samples gave no composites and were left out"] * (lost > 0)
    if rounds >= MOST_ROUNDS:
        warnings.append(f"the weights still moved after {MOST_ROUNDS} rounds: the composites are not settled")
    index = pd.MultiIndex.from_tuples(
        [(own, item) for own, several in clean.items() for item in several], names=["construct", "item"]
    )
    where = np.arange(len(items)), mask.argmax(axis=1)
    return CompositeModel(
        pd.Series(weights[0][where], index, name="weight"),
        pd.Series((r @ weights)[0][where], index, name="loading"),
        pd.DataFrame(between[0], names, names),
        _with_intervals(
            {"construct_a": [names[a] for a, _ in pairs], "construct_b": [names[b] for _, b in pairs]},
            np.array([between[0, a, b] for a, b in pairs]),
            drawn_pairs,
            confidence,
        ),
        _with_intervals(
            {"outcome": [names[out] for out, _ in arrows], "predictor": [names[s] for _, s in arrows]},
            np.array([paths_found[0, out, source] for out, source in arrows]),
            drawn_paths,
            confidence,
        ),
        pd.Series({names[out]: explained[0, out] for out in places}, name="r2"),
        len(answers),
        rounds,
        draws,
        seed,
        tuple(warnings),
    )


def _checked_paths(
    paths: Mapping[str, Sequence[str]], constructs: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    if not isinstance(paths, Mapping):
        what = f"paths are needed as a dictionary, {{'loyalty': ['satisfaction']}}, not {kind_of(paths)}"
        raise SpecificationError(what)
    model = {str(outcome): names_of(sources, f"paths[{outcome!r}]") for outcome, sources in paths.items()}
    used = [*model, *(name for sources in model.values() for name in sources)]
    faults = [
        Fault(f"{name!r} stands in a path and is no construct", fix=f"Use one of {', '.join(constructs)}.")
        for name in dict.fromkeys(used)
        if name not in constructs
    ]
    faults += [
        Fault(f"{name!r} has no predictor named", fix="Leave it out.")
        for name, own in model.items()
        if not own
    ]
    faults += [
        Fault(
            f"{name!r} stands in no path", fix="A composite's weights come from its neighbours: connect it."
        )
        for name in constructs
        if name not in used
    ]
    try:
        TopologicalSorter(model).prepare()
    except CycleError as trouble:
        faults.append(Fault(f"the paths run in a circle: {' → '.join(reversed(trouble.args[1]))}"))
    if faults:
        raise SpecificationError(faults)
    return model


def _check_answers(answers: pd.DataFrame) -> None:
    n, p = answers.shape
    if n < p + 1:
        fix = "Take fewer items, or more respondents."
        raise DataError(
            Fault(f"{n:,} respondents answered all of {p} items, at least {p + 1} are needed", fix=fix)
        )
    flat = [name for name in answers.columns if answers[name].nunique() < 2]
    if flat:
        what = f"every answer of the {n:,} respondents without a gap is the same"
        raise DataError([Fault(what, column=str(name), fix="Drop the item.") for name in flat])


def _weights(r: np.ndarray, mask: np.ndarray, places: Mapping[int, list[int]]) -> tuple[np.ndarray, int]:
    """Weights (draws x items x constructs) of composites with variance 1, and rounds that they took.

    Samples in which they do not settle, or in which a composite vanishes, are missing throughout.
    """
    count = mask.shape[1]
    weights = _unit(np.broadcast_to(mask, (len(r), *mask.shape)), r)
    moving = np.ones(len(r), dtype=bool)
    rounds = 0
    while moving.any() and rounds < MOST_ROUNDS:
        rounds += 1
        live, own = r[moving], weights[moving]
        c = own.swapaxes(1, 2) @ live @ own
        inner = np.zeros((len(live), count, count))
        for out, sources in places.items():
            inner[:, sources, out] = _solve(c, sources, out)
            inner[:, out, sources] = c[:, out, sources]
        new = _unit((live @ own @ inner) * mask, live)
        still = np.abs(new - own).max(axis=(1, 2)) < CLOSE
        weights[moving] = new
        moving[np.flatnonzero(moving)[still | ~np.isfinite(new).all(axis=(1, 2))]] = False
    if len(r) > 1:
        weights[moving] = np.nan
    loadings = (r @ weights) * mask
    return weights * np.where(loadings.sum(axis=1, keepdims=True) < 0, -1.0, 1.0), rounds


def _unit(weights: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Weights of composites with variance 1."""
    variance = np.einsum("dij,dik,dkj->dj", weights, r, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        return weights / np.sqrt(variance)[:, None, :]


def _solve(c: np.ndarray, sources: list[int], out: int) -> np.ndarray:
    """Regression coefficients (draws x predictors) from correlations; the least where they are not unique."""
    between = c[:, sources][:, :, sources]
    return (np.linalg.pinv(between, hermitian=True) @ c[:, sources, out][:, :, None])[:, :, 0]


def _read(
    r: np.ndarray, weights: np.ndarray, places: Mapping[int, list[int]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Correlations of composites, paths (draws x outcome x predictor) and R²."""
    c = weights.swapaxes(1, 2) @ r @ weights
    paths, explained = np.zeros_like(c), np.zeros(c.shape[:2])
    fine = np.isfinite(c).all(axis=(1, 2))
    paths[~fine] = np.nan
    for out, sources in places.items():
        own = _solve(c[fine], sources, out)
        for place, source in enumerate(sources):
            paths[fine, out, source] = own[:, place]
        explained[fine, out] = (own * c[fine][:, sources, out]).sum(axis=1)
    return c, paths, explained


def _with_intervals(
    heads: dict[str, list[str]], estimate: np.ndarray, drawn: np.ndarray, confidence: float
) -> pd.DataFrame:
    table = pd.DataFrame({**heads, "estimate": estimate})
    table["se"] = [np.nanstd(own, ddof=1) if len(own) > 1 else np.nan for own in drawn.T]
    ends = [percentile_interval(own, confidence)[:2] for own in drawn.T]
    return table.assign(ci_lower=[low for low, _ in ends], ci_upper=[high for _, high in ends])
