"""The hypothesized paths in groups: does the questionnaire measure alike, and do the paths differ?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import sem
from workbench.errors import Fault, SpecificationError, WorkbenchError
from workbench.measurement.measurement_models import improper_estimates
from workbench.studies.own_model.estimation import Estimated

if TYPE_CHECKING:
    from workbench.survey import Survey

LEAST_GROUP = 50
LARGEST_LOSS_OF_CFI = 0.01  # Cheung and Rensvold (2002)


@dataclass(frozen=True)
class GroupComparison:
    """Groups compared.

    ``invariance``: levels as ``sem.invariance`` gives them; None without latent constructs. ``test``:
    statistic, df, pvalue of equal against free paths, loadings equal. ``paths``: index (outcome, predictor,
    group); std, ci_lower, ci_upper. ``alike``: equal loadings lose no more than .01 of CFI.
    """

    name: str
    sizes: pd.Series
    invariance: pd.DataFrame | None
    alike: bool | None
    test: pd.Series
    paths: pd.DataFrame
    warnings: tuple[str, ...]


def compare_groups(found: Estimated, survey: Survey, group: str) -> GroupComparison:
    """Compare the paths between the levels of a group, by robust ML.

    Levels of fewer than 50 respondents are left out. Missing answers by full information.

    Raises
    ------
    SpecificationError : fewer than two levels are large enough.

    R: ``lavTestLRT`` of ``sem(group.equal = "loadings")`` and ``c("loadings", "regressions")``, MLR.
    """
    model = found.model
    data = model.data.assign(
        **{group: survey.responses[group].astype(str).where(survey.responses[group].notna())}
    )
    sizes = data[group].value_counts()
    large = sizes.index[sizes >= LEAST_GROUP]
    if len(large) < 2:
        raise SpecificationError(
            Fault(
                f"{group}: fewer than two groups of {LEAST_GROUP} respondents",
                fix="Leave it out of 'compare:', or join its levels",
            )
        )
    small = [f"{level} ({count})" for level, count in sizes.items() if count < LEAST_GROUP]
    warnings = [f"left out of {group}, fewer than {LEAST_GROUP}: {', '.join(small)}"] if small else []
    data = data[data[group].isin(large)]
    holes = data[model.data.columns].isna().to_numpy().any()
    settings: dict[str, Any] = {
        "estimator": "MLR",
        "missing": "fiml" if holes else "listwise",
        "group": group,
    }
    table = alike = None
    if model.latent:
        ladder = sem.invariance(model.measurement_text, data, **settings)
        table = ladder.table
        cfi = next(name for name in ("cfi_robust", "cfi_scaled", "cfi") if name in table)
        alike = bool(table[cfi].iloc[0] - table[cfi].iloc[1] <= LARGEST_LOSS_OF_CFI)
        warnings += ladder.warnings
    held = [name for name in model.controls if data.groupby(group)[name].nunique().lt(2).any()]
    if held:  # the group itself, as a control
        model = replace(model, controls=tuple(name for name in model.controls if name not in held))
        data = data.drop(columns=held)
    text = model.text(defined=False)
    free = sem.fit(_unlabelled(text), data, group_equal=("loadings",), **settings)
    equal = sem.fit(_unlabelled(text), data, group_equal=("loadings", "regressions"), **settings)
    compared = sem.compare(equal, free)
    warnings += [*free.warnings, *improper_estimates(free)]
    test = pd.Series({"statistic": compared.statistic, "df": compared.df, "pvalue": compared.pvalue})
    rows = free.standardized_solution().query(
        "op == '~' and rhs not in @model.controls and lhs in @model.outcomes"
    )
    rows = rows.assign(group=[free.groups[number - 1] for number in rows["group"]])
    paths = rows.set_index(["lhs", "rhs", "group"])[["est_std", "ci_lower", "ci_upper"]]
    paths = paths.rename_axis(["outcome", "predictor", "group"]).rename(columns={"est_std": "std"})
    kept = sizes[large].rename_axis(group).rename("respondents")
    said = tuple(dict.fromkeys(text for text in warnings if "treated as random" not in text))
    return GroupComparison(group, kept, table, alike, test, paths, said)


def compare_all(
    found: Estimated, survey: Survey, names: Sequence[str]
) -> tuple[list[GroupComparison], list[str]]:
    """Every grouping that can be compared, and in words why the others cannot.

    A grouping that fails, by its size or because the model has no estimates in it, leaves the rest standing.
    """
    made, said = [], []
    for name in names:
        try:
            made.append(compare_groups(found, survey, name))
        except WorkbenchError as trouble:
            said.append(f"{survey.codebook.label(name)} was not compared. {trouble.faults[0]}.")
    return made, said


def _unlabelled(text: str) -> str:
    """The model without labels: one label in every group would hold its path equal."""
    return re.sub(r"\bb_\w+\*", "", text)
