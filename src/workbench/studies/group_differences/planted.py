"""What the description of a population plants between its groups, beside what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from workbench.datasets.population import Population
    from workbench.studies.group_differences.comparison import Compared

NOT_FOUND = "not found"


def planted_paths(population: Population, groupings: Iterable[str]) -> pd.DataFrame:
    """Changes of paths by level: grouping, group, from, to, planted."""
    groups = population.description.groups
    rows = [
        (name, level, change.from_, change.to, change.change)
        for name in groupings
        if name in groups
        for level, own in groups[name].levels.items()
        for change in own.paths
    ]
    return pd.DataFrame(rows, columns=["grouping", "group", "from", "to", "planted"])


def planted_items(population: Population, compared: Mapping[str, Compared]) -> pd.DataFrame:
    """Loadings and intercepts that a level changes, and how they were found; then what was freed unplanted.

    Columns grouping, group, item, what, change, found. A loading or an intercept is found if it was freed;
    an intercept of ordered answers, for which nothing is freed, if its item is among the suspects.
    """
    groups = population.description.groups
    rows: list[tuple[str, str, str, str, float | None, str]] = []
    for name, one in compared.items():
        left = set(one.ladder.steps["parameter"])
        suspects = set(one.ladder.suspects["item"])
        for level, own in groups[name].levels.items() if name in groups else ():
            for what, changes in (("loading", own.loadings), ("intercept", own.intercepts)):
                for item, change in changes.items():
                    ending = f"=~ {item}" if what == "loading" else f"{item} ~1"
                    freed = {text for text in left if text.endswith(ending)}
                    left -= freed
                    suspect = what == "intercept" and item in suspects
                    found = "freed" if freed else "suspect" if suspect else NOT_FOUND
                    rows.append((name, level, item, what, change, found))
        for text in sorted(left):
            rows.append((name, "", _item(text), "nothing", None, "freed"))
    return pd.DataFrame(rows, columns=["grouping", "group", "item", "what", "change", "found"])


def _item(parameter: str) -> str:
    """The item of a parameter: of ``f =~ x2``, ``x2 ~1`` or ``x2 | t1``."""
    return parameter.split(" =~ ")[-1].split(" ~1")[0].split(" | ")[0]
