"""Items whose answers follow exactly from another item's: copied, or computed, and not asked.

Such columns look like more answers and are none: they make a construct as reliable as one likes, and a model
that holds both of a pair cannot be estimated. A published survey has them (``corp_rep_data``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

TOPIC = "follows from another item"
LEAST = 30  # respondents who answered both
VALUES = 3  # different answers that the copy has at least: of two, a map is soon found by chance
BY_CHANCE = 1e-9  # chance below which it is no luck that one answer always goes with one answer
LOOKED_AT = 20_000  # respondents among whom candidates are looked for; a pair is confirmed on all
CLOSE = 0.7  # correlation below which no copy of rank order is looked for


def recoded_items(answers: pd.DataFrame) -> dict[str, str]:
    """Items whose every answer follows from the answer to another item, by order of rank.

    Parameters
    ----------
    answers : respondents x items, numbers.

    Returns
    -------
    item -> the item it follows from: each answer to the second goes with one answer to the first, rising or
    falling, for all who answered both (30 or more, three different answers or more), and so many agree that
    luck is out of the question (less than one in 10⁹, from how often each answer is given). Of two that
    follow from one another the later is named, and an item only once.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.survey.recoded import recoded_items
    >>> asked = pd.DataFrame({"q1": [1, 2, 3, 4, 5, 6] * 20, "q2": [1, 1, 2, 2, 3, 3] * 20})
    >>> recoded_items(asked)
    {'q2': 'q1'}
    """
    names = list(answers.columns)
    found: dict[str, str] = {}
    for source, copy in _candidates(answers.head(LOOKED_AT).to_numpy(dtype=float, na_value=np.nan)):
        if names[copy] in found or names[source] in found:
            continue
        if _follows(*(answers[names[place]].to_numpy(dtype=float) for place in (source, copy))):
            found[names[copy]] = names[source]
    return found


def _candidates(values: np.ndarray) -> list[tuple[int, int]]:
    """Places (source, copy) of items that go closely together, the earlier item as the source first."""
    there = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, values, 0.0).sum(axis=0) / there.sum(axis=0)
        centred = np.where(there, values - mean, 0.0)
        scale = np.sqrt((centred**2).sum(axis=0))
        r = np.abs(centred.T @ centred / np.outer(scale, scale))
    close = np.argwhere(np.triu(r > CLOSE, 1))
    return [pair for a, b in close.tolist() for pair in ((a, b), (b, a))]


def _follows(source: np.ndarray, copy: np.ndarray) -> bool:
    both = np.isfinite(source) & np.isfinite(copy)
    if both.sum() < LEAST:
        return False
    given, places = np.unique(source[both], return_inverse=True)
    other, codes = np.unique(copy[both], return_inverse=True)
    if len(other) < VALUES or len(given) < len(other):
        return False
    pairs = np.unique(np.column_stack([places, codes]), axis=0)
    steps = np.diff(pairs[:, 1])
    if len(pairs) > len(given) or not ((steps >= 0).all() or (steps <= 0).all()):
        return False
    share = np.bincount(codes) / len(codes)
    sizes = np.bincount(places)
    with np.errstate(divide="ignore"):
        luck = np.log((share[None, :] ** sizes[:, None]).sum(axis=1)).sum()
    return bool(luck < np.log(BY_CHANCE))
