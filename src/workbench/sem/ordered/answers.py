"""The rows of ordered answers: as a sample, and whether they have every category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.errors import DataError, SpecificationError
from workbench.sem.data.answers import Answers
from workbench.sem.data.sample import Sample, checked, sample_of_answers
from workbench.sem.table import ParameterTable


def need_all_ordered(table: ParameterTable, ordered: dict[str, tuple]) -> None:
    """Raise for variables that are not ordered: each has to be answered in pairs."""
    other = [name for name in table.variables.observed if name not in ordered]
    if other:
        raise SpecificationError(
            f"missing='pairwise' is for models whose variables are all ordered; {', '.join(other)} are not. "
            "Use missing='listwise'"
        )


def sample_of_ordered(answers: Answers, said: Sequence[str] = ()) -> Sample:
    """The sample of answers; where some are missing, every threshold and correlation comes from the rows that
    answered what it needs.
    """
    holes = sum(int(np.isnan(part).any(axis=1).sum()) for part in answers.values)
    if not holes:
        sample = checked(sample_of_answers(answers), singular=True)
        return replace(sample, notes=(*said, *sample.notes))
    for part in answers.values:
        seen = (~np.isnan(part)).astype(float)
        if (seen.T @ seen).min() < 2:
            raise DataError("two items were hardly ever answered by the same person: no correlation of them")
    size, groups = len(answers.names), len(answers.groups)
    text = f"{holes:,} of {answers.n.sum():,} rows have missing values: used where they answer"
    return Sample(
        answers.names, answers.groups, answers.n, np.stack([np.eye(size)] * groups), np.zeros((groups, size)),
        answers, (*said, *answers.notes, text),
    )  # fmt: skip


def unused_categories(answers: Answers, ordered: dict[str, tuple]) -> list[tuple[int, str, list[str]]]:
    """Group, item and the categories of it that nobody in the group chose."""
    found = []
    for group, rows in enumerate(answers.values):
        for column, name in enumerate(answers.names):
            if name in ordered:
                codes = rows[~np.isnan(rows[:, column]), column].astype(int)
                empty = np.flatnonzero(np.bincount(codes, minlength=len(ordered[name])) == 0)
                if empty.size:
                    found.append((group, name, [str(ordered[name][place]) for place in empty]))
    return found
