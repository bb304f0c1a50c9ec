"""The rules of D0-6: equal paths over groups, and moderators of the effect of CRM use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from workbench.evidence import claims
from workbench.measurement.dimensionality import holm
from workbench.studies import dimensions as chosen
from workbench.studies.group_differences.comparison import LEVEL

if TYPE_CHECKING:
    from workbench.evidence.claims import Verdict
    from workbench.regression import LinearModel
    from workbench.studies.group_differences.comparison import Compared
    from workbench.survey import Survey

CLAIM = "D0-6"
MEASURE = "RMSEA of the difference"
COMPARABLE = ("full", "partial")


def joint_tests(compared: Mapping[str, Compared]) -> pd.DataFrame:
    """The tests of equal paths, a row per grouping, with Holm's correction and whether loadings are alike."""
    rows = {
        name: {**one.paths.joint, "n": one.paths.n, "loadings": one.loadings}
        for name, one in compared.items()
        if one.paths
    }
    columns = ["statistic", "df", "pvalue", "rmsea_d", "ci_lower", "ci_upper", "n", "loadings"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("grouping")
    table["p_holm"] = holm(table["pvalue"].to_numpy(float))
    return table


@dataclass(frozen=True)
class Moderation:
    """Products of CRM use with each moderator: estimate, interval, pvalue, p_holm. names : of those that were
    asked about; model : the regression."""

    products: pd.DataFrame
    model: LinearModel
    n: int


def moderation(survey: Survey, moderators: Sequence[str]) -> Moderation | None:
    """Satisfaction regressed on CRM use, the moderators, and their products with CRM use.

    Standardized means of items, HC3. None where there is no moderator, or no CRM use or satisfaction.
    """
    from workbench import regression

    own = {name: chosen.meant_by(survey, name) for name in ("satisfaction", "crm_use", *moderators)}
    there = {name: it for name, it in own.items() if it is not None}
    held = [name for name in moderators if name in there]
    if not held or not {"satisfaction", "crm_use"} <= set(there):
        return None
    means = {name: survey.items(there[name]).mean(axis=1) for name in ("satisfaction", "crm_use", *held)}
    scores = pd.DataFrame(means).dropna()
    scores = (scores - scores.mean()) / scores.std()
    terms: list[str | tuple[str, ...]] = ["crm_use", *held, *(("crm_use", name) for name in held)]
    model = regression.ols(scores, "satisfaction", terms)
    products = model.coefficients.loc[[f"crm_use:{name}" for name in held]]
    products = products.set_axis(held).rename_axis("moderator")
    products["p_holm"] = holm(products["pvalue"].to_numpy(float))
    return Moderation(products, model, len(scores))


def judge(
    joint: pd.DataFrame,
    moderated: Moderation | None,
    *,
    kind: str,
    truths: Mapping[str, bool] | None = None,
    parts: Mapping[str, str] | None = None,
) -> list[Verdict]:
    """D0-6 by the rules of this study, a verdict for every grouping and moderator.

    truths : by ``"D0-6 industry"``. parts : other names for the parts of groupings.
    """
    truths, parts, verdicts = truths or {}, parts or {}, []
    for name, row in joint.iterrows():
        findings = [
            claims.fact(
                f"test of equal paths, {_p(row['p_holm'])} after Holm over {len(joint)}; "
                f"below {claims.written(LEVEL)}",
                bool(row["p_holm"] < LEVEL),
                estimate=row["rmsea_d"],
            ),
            claims.fact(
                f"loadings alike in at least two items a construct ({row['loadings']})",
                row["loadings"] in COMPARABLE,
            ),
        ]
        verdicts.append(
            claims.judge_all(
                CLAIM, findings, kind=kind, n=int(row["n"]), measure=MEASURE, part=parts.get(name, name),
                planted=truths.get(f"{CLAIM} {name}"),
            )
        )  # fmt: skip
    if moderated is None:
        return verdicts
    for name, row in moderated.products.iterrows():
        tested = claims.fact(
            f"product with CRM use, {_p(row['p_holm'])} after Holm over "
            f"{len(moderated.products)}; below {claims.written(LEVEL)}",
            bool(row["p_holm"] < LEVEL),
            estimate=row["estimate"],
        )
        tested = replace(tested, interval=(row["ci_lower"], row["ci_upper"]))
        verdicts.append(
            claims.judge_all(
                CLAIM, [tested], kind=kind, n=moderated.n, measure="change of slope", unit="SD", part=name,
                planted=truths.get(f"{CLAIM} {name}"),
            )
        )  # fmt: skip
    return verdicts


def _p(value: float) -> str:
    return "p < .001" if value < 0.001 else f"p = {value:.3f}".replace("0.", ".", 1)
