"""Comparing groups: which may be compared, how far items work alike in them, and which paths differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import DataError, Fault
from workbench.measurement.constructs import Constructs, columns_of, safe_names
from workbench.measurement.dimensions import holm
from workbench.measurement.doors import grouped_frame, names_of
from workbench.measurement.models import correlated_factors

if TYPE_CHECKING:
    from workbench.sem import Fit

MOST_CATEGORIES = 7
STEPS = {"metric": ("=~", ("loadings",)), "scalar": ("~1", ("loadings", "intercepts"))}


@dataclass(frozen=True)
class GroupSample:
    """``data``: rows of the groups that can be compared; ``counts``: complete respondents by group;
    ``ordinal``: every group gives every one of a few answers, so that
    a model of ordered answers can be fitted.
    """

    data: pd.DataFrame
    counts: pd.Series
    ordinal: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartialInvariance:
    """Levels of invariance, each with what had to be freed.

    ``table``: a row a model; ``steps``: each parameter freed, with its score test at that moment;
    ``freed``: parameters that may differ ("f =~ x2", "x3 ~1"); ``reached``: full, partial or none by level;
    ``fits`` by row of the table.
    """

    table: pd.DataFrame
    steps: pd.DataFrame
    freed: tuple[str, ...]
    reached: dict[str, str]
    fits: dict[str, Fit]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PathDifferences:
    """How far structural paths differ between groups.

    ``joint``: the test that no path differs: statistic, df, pvalue, rmsea_d with its 90 % interval;
    ``paths``: each path in each group, standardised by the groups' common deviations, with pointwise 95 %
    interval; ``contrasts``: each group less the mean of the others, with simultaneous interval.
    """

    joint: pd.Series
    paths: pd.DataFrame
    contrasts: pd.DataFrame
    n: int
    warnings: tuple[str, ...] = ()


def usable_groups(
    data: pd.DataFrame, group: str, items: Sequence[str], *, least: int = 100, file: str | None = None
) -> GroupSample:
    """The rows of groups that can be compared.

    Groups with fewer than ``least`` rows with every item answered are left out, rows without a group too.
    Raises ``DataError`` where fewer than two groups remain, or an item does not vary in one of them.
    """
    data, items = grouped_frame(data, group), names_of(items, "items")
    columns_of(data, {"items": items})
    complete = data.dropna(subset=items)
    counts = complete[group].value_counts().reindex(data[group].dropna().unique(), fill_value=0)
    small = counts[counts < least]
    notes = [
        f"{group}: {name!r} was left out, {count} complete respondents of {least} needed"
        for name, count in small.items()
    ]
    if lacking := int(data[group].isna().sum()):
        notes.append(f"{group}: {lacking} respondents without a value were left out")
    if len(counts) - len(small) < 2:
        said = ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
        what = f"fewer than two groups have {least} complete respondents (there are: {said})"
        fix = "Name another column, merge groups in the file, or lower smallest_group"
        raise DataError(Fault(what, file, column=group, fix=fix))
    kept = data[data[group].isin(counts.index[counts >= least])]
    answered = kept.dropna(subset=list(items))
    boxes, spread = answered[list(items)].nunique(), answered.groupby(group)[list(items)].nunique()
    cells = [(name, item, count) for name, row in spread.iterrows() for item, count in row.items()]
    fix = "Leave the group or the item out: an answer that does not vary has no loading"
    flat = [
        Fault(f"everybody in {group} = {name!r} gives one answer", file, column=item, fix=fix)
        for name, item, count in cells
        if count < 2
    ]
    if flat:
        raise DataError(flat)
    empty = [f"{item} ({name})" for name, item, count in cells if count < boxes[item]]
    if empty and boxes.max() <= MOST_CATEGORIES:
        named = ", ".join(empty[:4]) + (" …" if len(empty) > 4 else "")
        notes.append(f"{group}: an answer that others give is given by nobody in a group for {named}")
    ordinal = not empty and boxes.max() <= MOST_CATEGORIES
    return GroupSample(kept, counts[counts >= least], bool(ordinal), tuple(notes))


def partial_invariance(
    data: pd.DataFrame, constructs: Constructs, group: str, *, level: float = 0.05, **options: Any
) -> PartialInvariance:
    """Configural, metric, scalar and strict invariance; what differs is freed one parameter at a time.

    The rule: among the score tests of all loadings (then intercepts) still held equal, if the smallest p
    after Holm's correction is below ``level``, that parameter is freed and the model fitted anew. An
    item whose loading was freed has a free intercept, too. A level counts as reached if each
    construct keeps two items alike (Byrne, Shavelson & Muthén 1989), by which means and paths can be
    compared.

    options : passed to ``sem.fit`` (estimator, missing). Factors have variance 1 in the first group, so that
    no item is above suspicion as the marker.
    """
    from workbench import sem
    from workbench.sem.invariance import level_row
    from workbench.sem.score_tests import release_tests

    clean = safe_names(constructs)
    columns_of(grouped_frame(data, group), clean)
    settings = {"group": group, "std_lv": True, **options}
    model = correlated_factors(clean)
    fits: dict[str, Fit] = {"configural": sem.fit(model, data, **settings)}
    rows = {"configural": level_row(fits["configural"])}
    steps, freed, reached, before = [], [], {}, "configural"

    def fitted(name: str, equal: tuple[str, ...]) -> None:
        fits[name] = sem.fit(model, data, group_equal=equal, group_partial=freed, **settings)
        rows[name] = level_row(fits[name], fits[before])

    for step, (op, equal) in STEPS.items():
        fitted(step, equal)
        name, start = step, len(freed)
        while True:
            tests = release_tests(fits[name], op)
            tests["p_holm"] = holm(tests["pvalue"].to_numpy(float))
            worst = tests.iloc[0] if len(tests) else None
            if worst is None or worst["p_holm"] >= level:
                break
            steps.append({"level": step, "tests": len(tests), **worst.drop(["lhs", "op", "rhs"])})
            freed.append(worst["parameter"])
            if op == "=~":
                freed.append(f"{worst['rhs']} ~1")
            name = f"{step}, partial"
            fitted(name, equal)
        reached[step] = _reached(clean, freed, op, changed=len(freed) > start)
        before = name
    fitted("strict", ("loadings", "intercepts", "residuals"))
    columns = ["level", "parameter", "statistic", "df", "pvalue", "p_holm", "spread", "tests"]
    warnings = tuple(dict.fromkeys(text for fit in fits.values() for text in fit.warnings))
    table = pd.DataFrame(rows).T.rename_axis("model")
    return PartialInvariance(
        table, pd.DataFrame(steps, columns=columns), tuple(freed), reached, fits, warnings
    )


def _reached(constructs: dict[str, list[str]], freed: list[str], op: str, changed: bool) -> str:
    differ = {
        name.split(" =~ ")[1] if op == "=~" else name.split(" ~1")[0]
        for name in freed
        if op in name.split(" ")
    }
    if any(len(set(items) - differ) < 2 for items in constructs.values()):
        return "none"
    return "partial" if changed or differ else "full"


def path_differences(
    data: pd.DataFrame,
    constructs: Constructs,
    structure: str,
    group: str,
    *,
    freed: Sequence[str] = (),
    level: float = 0.95,
    seed: int = 1,
    **options: Any,
) -> PathDifferences:
    """Structural paths by group, with loadings equal except for those freed.

    ``joint`` is the (scaled) difference test of the model with equal paths; rmsea_d is its RMSEA, the misfit
    that equal paths add per degree of freedom (Savalei, Brace & Fouladi 2023). Paths are multiplied by the
    deviations of their constructs pooled over the groups: by a group's own, a difference of spread would read
    as one of effect. The scales are taken as known.

    R: ``lavTestLRT`` of fits with ``group.equal = "loadings"`` and ``c("loadings", "regressions")``.
    """
    from workbench import sem
    from workbench.sem.measures import rmsea

    clean = safe_names(constructs)
    loadings = [name for name in freed if "=~" in name]
    settings = {"group": group, "std_lv": True, "group_partial": loadings, **options}
    model = f"{correlated_factors(clean)}\n{structure}"
    free = sem.fit(model, data, group_equal=("loadings",), **settings)
    equal = sem.fit(model, data, group_equal=("loadings", "regressions"), **settings)
    test = sem.compare(free, equal)
    n, groups = int(free.measures["ntotal"]), len(free.groups)
    misfit = rmsea(test.statistic, test.df, n, groups)
    joint = pd.Series(
        {
            "statistic": test.statistic,
            "df": test.df,
            "pvalue": test.pvalue,
            "rmsea_d": misfit["rmsea"],
            "ci_lower": misfit["rmsea_ci_lower"],
            "ci_upper": misfit["rmsea_ci_upper"],
        }
    )
    paths = free.estimates.query("op == '~'").reset_index(drop=True)
    scale = _common_scale(free, paths)
    shown = pd.DataFrame(
        {"from": paths["rhs"], "to": paths["lhs"], "group": [free.groups[g - 1] for g in paths["group"]]}
    )
    for new, old in (("estimate", "est"), ("ci_lower", "ci_lower"), ("ci_upper", "ci_upper")):
        shown[new] = paths[old] * scale
    family = {}
    for row, ratio in zip(paths.itertuples(), scale, strict=True):
        names = [f"{row.lhs} ~ {row.rhs}" + (f".g{g}" if g > 1 else "") for g in range(1, groups + 1)]
        others = dict.fromkeys(names, -ratio / (groups - 1))
        family[(row.rhs, row.lhs, free.groups[row.group - 1])] = {**others, names[row.group - 1]: ratio}
    compared = sem.contrasts(free, family, level=level, seed=seed)
    table = compared.table.drop(columns="contrast")
    table.index = pd.MultiIndex.from_tuples(family, names=["from", "to", "group"])
    warnings = tuple(dict.fromkeys([*free.warnings, *equal.warnings, *test.warnings, *compared.warnings]))
    return PathDifferences(joint, shown, table.reset_index(), n, warnings)


def _common_scale(fit: Fit, paths: pd.DataFrame) -> list[float]:
    """Deviation of the predictor over that of the outcome, variances averaged over respondents."""
    loadings = fit.estimates.query("op == '=~'").drop_duplicates(["lhs", "group"])
    variance = (
        ((loadings["std_lv"] / loadings["est"]) ** 2).groupby([loadings["lhs"], loadings["group"]]).first()
    )
    shares = Counter(dict(enumerate((fit.problem.n / fit.problem.n.sum()).tolist(), 1)))
    pooled = {
        name: sum(shares[g] * v for (_, g), v in part.items()) ** 0.5
        for name, part in variance.groupby(level=0)
    }
    return [pooled[row.rhs] / pooled[row.lhs] for row in paths.itertuples()]
