"""Groups that can be compared: large enough, answering every item in more than one way, in the same boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.errors import DataError, Fault, NotApplicable
from workbench.measurement.constructs import columns_of
from workbench.measurement.doors import grouped_frame, names_of

MOST_CATEGORIES = 7
NAMED = 12  # groups that a message lists


@dataclass(frozen=True)
class GroupSample:
    """The respondents of the groups that can be compared.

    data : their rows; items whose answers are few hold the same categories in every group. counts :
    respondents by group who answered any item; complete : those who answered every one. ordinal : answers
    are few, so that a model of ordered answers can be fitted.
    """

    data: pd.DataFrame
    counts: pd.Series
    complete: pd.Series
    ordinal: bool
    warnings: tuple[str, ...] = ()


def usable_groups(
    data: pd.DataFrame, group: str, items: Sequence[str], *, least: int = 100, file: str | None = None
) -> GroupSample:
    """The rows of groups that can be compared.

    Parameters
    ----------
    data, group : answers with a grouping column.
    items : the items that the models will hold.
    least : respondents with any answer to them that a group needs.
    file : for messages.

    Returns
    -------
    GroupSample. Groups that are too small are left out, and rows without a group or without any answer. Where
    items have few answers and a group does not use all of them, an unused answer is joined with its
    neighbour in every group, since thresholds can only be compared where they exist.

    Raises
    ------
    DataError : fewer than two groups remain, or an item does not vary in one of them.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import measurement
    >>> frame = pd.DataFrame({"city": ["north", "south"] * 60 + ["west"] * 5, "a": [1, 2, 3, 4, 5] * 25})
    >>> measurement.usable_groups(frame, "city", ["a"], least=50).counts.to_dict()
    {'north': 60, 'south': 60}
    """
    data, names = grouped_frame(data, group), names_of(items, "items")
    columns_of(data, {"items": names})
    answered = data[data[names].notna().any(axis=1)]
    counts = answered[group].value_counts().reindex(data[group].dropna().unique(), fill_value=0)
    small = counts[counts < least]
    notes = [
        f"{group}: {name!r} was left out, {count} respondents of {least} needed"
        for name, count in small.items()
    ]
    if lacking := int(answered[group].isna().sum()):
        notes.append(f"{group}: {lacking} respondents without a value were left out")
    if len(counts) - len(small) < 2:
        said = ", ".join(f"{name} {count}" for name, count in counts[:NAMED].items()) or "none"
        said += f" … and {len(counts) - NAMED} more" if len(counts) > NAMED else ""
        what = f"fewer than two groups have {least} respondents (there are: {said})"
        fix = "Name another column, merge groups in the file, or lower smallest_group"
        raise NotApplicable(Fault(what, file, column=group, fix=fix))
    counts = counts[counts >= least]
    kept = answered[answered[group].isin(counts.index)].copy()
    ordinal = bool(kept[names].nunique().max() <= MOST_CATEGORIES)
    if ordinal:
        kept, joined = _joined_categories(kept, group, names)
        if joined:
            named = "; ".join(joined[:6]) + (" …" if len(joined) > 6 else "")
            notes.append(
                f"{group}: answers that nobody gives in some group were joined with their neighbours in "
                f"all: {named}"
            )
    spread = kept.groupby(group)[names].nunique()
    fix = "Leave the group or the item out: an answer that does not vary has no loading"
    flat = [
        Fault(f"everybody in {group} = {name!r} gives one answer", file, column=item, fix=fix)
        for name, row in spread.iterrows()
        for item, count in row.items()
        if count < 2
    ]
    if flat:
        raise DataError(flat)
    complete = kept.dropna(subset=names)[group].value_counts().reindex(counts.index, fill_value=0)
    return GroupSample(kept, counts, complete, ordinal, tuple(notes))


def _joined_categories(
    data: pd.DataFrame, group: str, items: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Answers that some group does not use, joined with the neighbour nearer the middle, in every group."""
    joined = []
    groups = list(data.groupby(group).indices.values())
    for item in items:
        while True:
            used = [set(data[item].to_numpy()[rows]) for rows in groups]
            answers = sorted(answer for answer in set().union(*used) if answer == answer)
            lacking = [answer for answer in answers if not all(answer in own for own in used)]
            if not lacking or len(answers) <= 2:
                break
            place = answers.index(lacking[0])
            into = answers[place + 1 if place < (len(answers) - 1) / 2 else place - 1]
            data[item] = data[item].replace(lacking[0], into)
            joined.append(f"{item} ({lacking[0]:g} with {into:g})")
    return data, joined
