"""Direct, indirect and total effects along the regressions, with delta-method standard errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from workbench.errors import SpecificationError
from workbench.normal_quantiles import INTERVAL_95
from workbench.sem.standardized import raw_values, standardize

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit
    from workbench.sem.table import ParameterTable

MOST_PATHS = 10_000


def effects(fit: Fit) -> pd.DataFrame:
    """Every effect of one variable on another: direct, each specific indirect one, indirect and total.

    Columns: group, source, target, kind, path, est, se, z, pvalue, ci_lower, ci_upper, std_all. An effect
    along a path is the product of its coefficients (Wright 1934), standard errors are by the delta method
    (Sobel 1982).

    Raises SpecificationError for a model with a feedback loop, where paths have no end.

    R: the same effects written with ``:=``.
    """
    import pandas as pd

    table = fit.table
    values = raw_values(fit.problem, fit.x[None])[0]
    standard = standardize(fit.problem, fit.x[None])[0]
    column = {row: position for position, row in enumerate(table.free)}
    records = []
    for group in range(1, table.groups + 1):
        arrows: dict[str, list[tuple[str, int]]] = {}
        for index, row in enumerate(table.rows):
            if row.op == "~" and row.group == group:
                arrows.setdefault(row.rhs, []).append((row.lhs, index))
        for source in arrows:
            by_target: dict[str, list[list[int]]] = {}
            for path in _paths(arrows, source, (source,)):
                by_target.setdefault(table.rows[path[-1]].lhs, []).append(path)
            for target, paths in by_target.items():
                direct = [path for path in paths if len(path) == 1]
                indirect = [path for path in paths if len(path) > 1]
                chosen = [("direct", path_text(table, path), [path]) for path in direct]
                chosen += [("specific", path_text(table, path), [path]) for path in indirect]
                if indirect:
                    chosen.append(("indirect", "", indirect))
                chosen.append(("total", "", paths))
                for kind, text, members in chosen:
                    estimate, slope = _sum_of_products(values, members, column, len(table.free))
                    error = (
                        float(np.sqrt(max(slope @ fit.vcov_free @ slope, 0.0))) if fit.converged else np.nan
                    )
                    total = sum(float(np.prod(standard[path])) for path in members)
                    records.append((group, source, target, kind, text, estimate, error, total))
    names = ["group", "source", "target", "kind", "path", "est", "se", "std_all"]
    frame = pd.DataFrame(records, columns=names)
    z = frame["est"] / frame["se"].where(frame["se"] > 0)
    frame.insert(7, "z", z)
    frame.insert(8, "pvalue", 2 * ndtr(-np.abs(z.to_numpy(dtype=float))))
    frame.insert(9, "ci_lower", frame["est"] - INTERVAL_95 * frame["se"])
    frame.insert(10, "ci_upper", frame["est"] + INTERVAL_95 * frame["se"])
    return frame


def path_text(table: ParameterTable, path: list[int]) -> str:
    """``x -> m -> y``."""
    return " -> ".join([table.rows[path[0]].rhs, *(table.rows[index].lhs for index in path)])


def _paths(
    arrows: Mapping[str, Sequence[tuple[str, int]]], here: str, seen: tuple[str, ...]
) -> list[list[int]]:
    found = []
    for target, index in arrows.get(here, ()):
        if target in seen:
            circle = " -> ".join((*seen[seen.index(target) :], target))
            raise SpecificationError(
                f"the regressions run in a circle ({circle}): effects along paths have no end. Define what "
                "you need with ':='"
            )
        found.append([index])
        found += [[index, *rest] for rest in _paths(arrows, target, (*seen, target))]
        if len(found) > MOST_PATHS:
            raise SpecificationError(
                f"more than {MOST_PATHS} paths from {seen[0]}: define what you need with ':='"
            )
    return found


def _sum_of_products(
    values: np.ndarray, paths: Sequence[Sequence[int]], column: Mapping[int, int], size: int
) -> tuple[float, np.ndarray]:
    total, slope = 0.0, np.zeros(size)
    for path in paths:
        coefficients = values[path]
        total += float(np.prod(coefficients))
        for place, index in enumerate(path):
            if index in column:
                slope[column[index]] += np.prod(np.delete(coefficients, place))
    return total, slope
