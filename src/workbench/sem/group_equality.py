"""What equal labels, ``group_equal`` and ``group_partial`` hold equal, and what ``group_equal`` frees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workbench.errors import SpecificationError
from workbench.sem.wording import near

if TYPE_CHECKING:
    from workbench.sem.roles import Variables
    from workbench.sem.table import Options, Row

EQUAL_KINDS = (
    "loadings", "intercepts", "means", "residuals", "residual_covariances",
    "lv_variances", "lv_covariances", "regressions", "thresholds",
)  # fmt: skip


def equal_kinds_of(names: Iterable[str]) -> set[str]:
    kinds = {name.replace(".", "_") for name in ([names] if isinstance(names, str) else names)}
    unknown = kinds - set(EQUAL_KINDS)
    if unknown:
        raise SpecificationError(
            f"group_equal: unknown {', '.join(sorted(unknown))}. Known: {', '.join(EQUAL_KINDS)}"
        )
    return kinds


def release_in_later_groups(
    rows: list[Row], variables: Variables, options: Options, equal_kinds: set[str], group: int
) -> None:
    """Equal intercepts or thresholds free the latent means, equal loadings under ``std_lv`` the variances.

    Equal thresholds also free the scales of ordered items, or (``theta``) their residual variances.
    """
    latent, ordered = set(variables.latent), dict(options.ordered)
    theta = options.parameterization == "theta"
    for row in rows:
        scale = row.op == "~*~" and not theta
        residual = theta and row.op == "~~" and row.lhs == row.rhs and row.lhs in ordered
        residual = residual and "residuals" not in equal_kinds
        if row.group == group and (scale or residual) and not row.user and "thresholds" in equal_kinds:
            row.free, row.value = True, None
        if row.group != group or row.user or row.lhs not in latent:
            continue
        levels = equal_kinds & {"intercepts", "thresholds"}
        free_mean = row.op == "~1" and levels and "means" not in equal_kinds
        free_variance = (
            options.std_lv and row.op == "~~" and row.lhs == row.rhs
            and "loadings" in equal_kinds and "lv_variances" not in equal_kinds
        )  # fmt: skip
        if free_mean or free_variance:
            row.free, row.value = True, None


def _kind(row: Row, latent: set[str], exogenous: set[str]) -> str:
    if row.op == "=~":
        return "loadings"
    if row.op == "~":
        return "regressions"
    if row.op in ("|", "~*~"):
        return "thresholds" if row.op == "|" else "scales"
    if row.lhs in exogenous:  # lavaan: moments of exogenous variables are no residuals, random or not
        return "exogenous"
    if row.op == "~1":
        return "means" if row.lhs in latent else "intercepts"
    same = row.lhs == row.rhs
    if row.lhs in latent:
        return "lv_variances" if same else "lv_covariances"
    return "residuals" if same else "residual_covariances"


def equal_rows(
    rows: list[Row], variables: Variables, kinds: set[str], partial: Iterable[str], groups: int
) -> tuple[list[list[int]], list[str]]:
    """Numbers of the rows that share a label or that ``group_equal`` makes equal, and what to say.

    ``group_partial`` lets single parameters differ. As in lavaan one fixed member fixes all, at the first
    fixed value, and a label may be the name of another parameter (``equal("f=~x2")``).
    """
    latent, exogenous = set(variables.latent), set(variables.exogenous_observed)
    wanted = {"".join(name.split()) for name in ([partial] if isinstance(partial, str) else partial)}
    plain = [f"{row.lhs}{row.op}{row.rhs}" for row in rows]
    unknown = wanted - set(plain)
    if unknown:
        meant = near(min(unknown), plain)
        raise SpecificationError(
            f"group_partial: the model has no parameter {', '.join(sorted(unknown))}{meant}; "
            "write it as in the table, for instance 'f =~ x2' or 'x3 ~1'"
        )
    if groups == 1 and not any(row.label for row in rows):
        return [], []
    members: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        name = plain[index]
        across = groups > 1 and _kind(row, latent, exogenous) in kinds and name not in wanted
        if not across and row.group > 1:
            name += f".g{row.group}"
        members.setdefault(row.label or name, []).append(index)
    classes, notes = [], []
    for same in members.values():
        if len(same) == 1 or all(rows[index].exogenous for index in same):
            continue
        fixed = [index for index in same if not rows[index].free and rows[index].value is not None]
        if not fixed:
            same = [index for index in same if rows[index].free]
            if len(same) > 1:
                classes.append(same)
            continue
        value = rows[fixed[0]].value
        if any(rows[index].value != value for index in fixed):
            notes.append(
                f"{rows[fixed[0]].name} is fixed to different values where it has to be equal: "
                f"{value:g}, the first one, is used"
            )
        for index in same:
            rows[index].free, rows[index].value = False, value
    return classes, notes
