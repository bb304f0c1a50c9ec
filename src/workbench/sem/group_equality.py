"""What ``group_equal`` and ``group_partial`` hold equal across groups, and what that frees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workbench.errors import SpecificationError

if TYPE_CHECKING:
    from workbench.sem.table import Options, Row, Variables

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


def _kind(row: Row, latent: set[str]) -> str:
    if row.op == "=~":
        return "loadings"
    if row.op == "~":
        return "regressions"
    if row.op in ("|", "~*~"):
        return "thresholds" if row.op == "|" else "scales"
    if row.op == "~1":
        return "means" if row.lhs in latent else "intercepts"
    same = row.lhs == row.rhs
    if row.lhs in latent:
        return "lv_variances" if same else "lv_covariances"
    return "residuals" if same else "residual_covariances"


def equal_across_groups(
    rows: list[Row], variables: Variables, kinds: set[str], partial: Iterable[str], groups: int
) -> list[list[int]]:
    """Row numbers that ``group_equal`` makes equal; ``group_partial`` lets single parameters differ."""
    latent = set(variables.latent)
    wanted = {"".join(name.split()) for name in ([partial] if isinstance(partial, str) else partial)}
    names = {f"{row.lhs}{row.op}{row.rhs}" for row in rows}
    unknown = wanted - names
    if unknown:
        raise SpecificationError(
            f"group_partial: the model has no parameter {', '.join(sorted(unknown))}; "
            "write it as in the table, for instance 'f =~ x2' or 'x3 ~1'"
        )
    size = len(rows) // groups
    classes = []
    for position, row in enumerate(rows[:size]):
        if _kind(row, latent) not in kinds or row.label or f"{row.lhs}{row.op}{row.rhs}" in wanted:
            continue
        members = [position + size * group for group in range(groups)]
        members = [index for index in members if rows[index].free and not rows[index].label]
        if len(members) > 1:
            classes.append(members)
    return classes
