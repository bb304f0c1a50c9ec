"""What a survey holds, in three tables: constructs, groups, other columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.survey.responses import Survey

if TYPE_CHECKING:
    import pandas as pd

VALUES = 6  # values of a group that are listed by name


@dataclass(frozen=True)
class Overview:
    """Tables of what a survey holds.

    Attributes
    ----------
    constructs : construct, label, items, reversed, scale, n (respondents with any answer), missing (share of
        its answers), unanswered (items without any answer, by name).
    groups : group, label, values (with respondents), missing (respondents).
    variables : variable, label, holds (what is in it), missing (respondents).
    """

    constructs: pd.DataFrame
    groups: pd.DataFrame
    variables: pd.DataFrame


def overview(survey: Survey) -> Overview:
    """What a survey holds.

    Examples
    --------
    >>> from workbench.survey.overview import overview
    >>> from workbench.datasets import open_dataset
    >>> overview(open_dataset("abc2")).constructs["construct"].tolist()
    ['satisfaction', 'recommendation', 'repurchase', 'touchpoints']
    """
    import pandas as pd

    book, answers = survey.codebook, survey.responses
    constructs = []
    for name, construct in book.constructs.items():
        own = answers[list(construct.items)]
        constructs.append(
            {
                "construct": name,
                "label": book.label(name) if book.label(name) != name else "",
                "items": len(construct.items),
                "reversed": sum(book.items[item].reverse for item in construct.items),
                "scale": f"{construct.scale.min:g} to {construct.scale.max:g}",
                "n": int(own.notna().any(axis=1).sum()),
                "missing": float(own.isna().to_numpy().mean()),
                "unanswered": ", ".join(own.columns[own.isna().all()]),
            }
        )
    groups = [
        {
            "group": name,
            "label": book.label(name) if book.label(name) != name else "",
            "values": _values(answers[name]),
            "missing": int(answers[name].isna().sum()),
        }
        for name in book.groups
    ]
    variables = [
        {
            "variable": name,
            "label": book.label(name) if book.label(name) != name else "",
            "holds": _holds(answers[name]),
            "missing": int(answers[name].isna().sum()),
        }
        for name in book.variables
    ]
    return Overview(
        pd.DataFrame(
            constructs,
            columns=["construct", "label", "items", "reversed", "scale", "n", "missing", "unanswered"],
        ),
        pd.DataFrame(groups, columns=["group", "label", "values", "missing"]),
        pd.DataFrame(variables, columns=["variable", "label", "holds", "missing"]),
    )


def _values(column: pd.Series) -> str:
    counts = column.value_counts()
    shown = ", ".join(f"{value} ({count})" for value, count in counts.head(VALUES).items())
    return f"{shown} and {len(counts) - VALUES} more" if len(counts) > VALUES else shown


def _holds(column: pd.Series) -> str:
    import pandas as pd

    given = column.dropna()
    if not len(given):
        return "nothing"
    if pd.api.types.is_numeric_dtype(column):
        return f"numbers from {given.min():g} to {given.max():g}, mean {given.mean():.4g}"
    return f"texts, {given.nunique()} different"
