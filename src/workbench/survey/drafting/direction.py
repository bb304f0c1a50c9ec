"""Items that run against their construct: found by how they go with the other items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.survey.drafting.rating import Rating

if TYPE_CHECKING:
    import numpy as np

FEWEST = 12  # respondents who answered both items
AGAINST = -0.2  # item-rest correlation from which an item runs against the others
_NEGATIVE = re.compile(
    r"\b(?:not|never|no|nobody|none|hardly|rarely|fell short|lacks?|bad|poor|slow)\b|n't\b|"
    r"\b(?:disappoint|difficult|problem|un(?:happy|friendly|reliable)|dissatisf|complain|annoy|frustrat|regret)|"
    r"不|没有|失望|难以|抱怨|差|慢|后悔|缺乏"
)


@dataclass(frozen=True)
class Direction:
    """One item against the rest of its construct.

    Attributes
    ----------
    reverse : whether it probably runs against the others.
    correlation : with the sum of the other items, those that run against turned; NaN where it cannot be told.
    n : respondents that it rests on.
    why : in words.
    """

    reverse: bool
    correlation: float
    n: int
    why: str = ""


def directions(
    rating: Rating,
    values: Sequence[Sequence[float | None]],
    wordings: Sequence[str],
    *,
    one_subject: bool = True,
) -> list[Direction]:
    """The direction of every item of one construct.

    Parameters
    ----------
    rating : the scale of the items, for its ends.
    values : one sequence of answers an item, None where there is none.
    wordings : of the items, which decide where the answers leave it open which half is the reversed one.
    one_subject : whether anything but the scale says that the items go together; if not, an item that runs
        against the others is said to, and not turned.
    """
    import numpy as np

    answers = np.array([[np.nan if one is None else one for one in item] for item in values], dtype=float).T
    answers[(answers < rating.min) | (answers > rating.max)] = np.nan
    count = answers.shape[1]
    if count < 2:
        return [Direction(False, float("nan"), 0)] * count
    signs = _signs(_correlations(answers))
    negative = [bool(_NEGATIVE.search(text.casefold())) for text in wordings]
    against = [sign < 0 for sign in signs]
    if sum(against) * 2 > count or (sum(against) * 2 == count and _more_negative(negative, against)):
        against = [not one for one in against]
    turned = np.where(against, rating.min + rating.max - answers, answers)
    found = []
    for place in range(count):
        others = np.delete(turned, place, axis=1)
        rest = _row_means(others)
        both = ~np.isnan(answers[:, place]) & ~np.isnan(rest)
        n = int(both.sum())
        r = _correlation(answers[both, place], rest[both]) if n >= FEWEST else float("nan")
        runs_against = against[place] and r < min(AGAINST, -2 / max(n, 1) ** 0.5)
        reverse = runs_against and one_subject
        found.append(Direction(reverse, r, n, _why(runs_against, reverse, r, n, negative[place])))
    return found


def _more_negative(negative: Sequence[bool], against: Sequence[bool]) -> bool:
    """Whether the items that are taken as straight are worded negatively more often than the others."""
    straight = sum(word and not turn for word, turn in zip(negative, against, strict=True))
    return straight > sum(word and turn for word, turn in zip(negative, against, strict=True))


def _why(runs_against: bool, reverse: bool, r: float, n: int, negative: bool) -> str:
    with_others = f"r = {_two(r)} with the other items (n = {n:,})"
    if reverse:
        return f"probably reversed: {with_others}{', and its wording is negative' if negative else ''}"
    if runs_against:
        return f"{with_others}: reversed, or about something else"
    if r == r and abs(r) < 0.1:
        return f"hardly goes with the others: {with_others}"
    return ""


def _two(r: float) -> str:
    return f"{r:.2f}".replace("0.", ".").replace("-", "−")


def _correlations(answers: np.ndarray) -> np.ndarray:
    import numpy as np

    count = answers.shape[1]
    found = np.eye(count)
    for one in range(count):
        for other in range(one):
            both = ~np.isnan(answers[:, one]) & ~np.isnan(answers[:, other])
            if both.sum() >= FEWEST:
                found[one, other] = found[other, one] = _correlation(answers[both, one], answers[both, other])
    return found


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    import numpy as np

    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _signs(correlations: np.ndarray) -> list[int]:
    """Signs of the items on the first principal component of their correlations."""
    import numpy as np

    vector = np.linalg.eigh(correlations)[1][:, -1]
    if vector.sum() < 0:
        vector = -vector
    return [-1 if weight < -1e-9 else 1 for weight in vector]


def _row_means(answers: np.ndarray) -> np.ndarray:
    """Means of the answers of every row, NaN for a row without any."""
    import numpy as np

    given = ~np.isnan(answers)
    count = given.sum(axis=1)
    sums = np.where(given, answers, 0.0).sum(axis=1)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan)
