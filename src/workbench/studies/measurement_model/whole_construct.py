"""Does a construct consist of the dimensions? Rival structures, shown here and decided in study 04."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import WorkbenchError
from workbench.measurement import measurement_models as models
from workbench.studies import dimensions as chosen
from workbench.studies.measurement_model.fitting import ROBUST, Measured, first_fault, settings_for

if TYPE_CHECKING:
    from workbench.measurement.measurement_models import ModelComparison
    from workbench.survey import Survey


@dataclass(frozen=True)
class Whole:
    """Rival structures of the dimensions and of a construct that may consist of them.

    fitted : by robust ML. worse : rival -> test of ``consists of`` against it, in the headline's way.
    shared : correlation of the construct with what the dimensions have in common, and its interval.
    explained : share of it that the dimensions explain together (R²), with interval. paths : of each
    dimension.
    """

    name: str
    label: str
    fitted: ModelComparison
    worse: Mapping[str, Any]
    shared: tuple[float, tuple[float, float]]
    explained: tuple[float, tuple[float, float]]
    paths: pd.DataFrame
    n: int
    warnings: tuple[str, ...]

    @property
    def beyond(self) -> str:
        """What is to be said of a correlation or a share beyond 1; empty where there is none."""
        if max(abs(self.shared[0]), self.explained[0]) <= 1:
            return ""
        return " (beyond 1 is impossible: this structure does not hold here)"


def whole_of(survey: Survey, measured: Measured, name: str) -> Whole | str:
    """The rival structures of a construct ``name``; where they cannot be fitted, the reason in a sentence."""
    from workbench import sem

    taken = measured.taken
    whole = chosen.meant_by(survey, name)
    if whole is None or whole in taken.constructs:
        return (
            f"The codebook has no construct {name!r} beside the dimensions: this part is left out. Name "
            "another with the parameter whole."
        )
    own = list(survey.codebook.constructs[whole].items)
    label = survey.codebook.label(whole)
    if len(own) < 2:
        return f"{label} has one item, which cannot be told from its error: this part is left out."
    if len(taken) < 3:
        return "A factor above the dimensions needs three of them: this part is left out."
    texts = models.whole_structures(taken.constructs, whole, own)
    together = survey.responses[[*taken.items, *own]]
    settings = settings_for(together)
    try:
        fits = {way: sem.fit(text, together, **settings) for way, text in texts.items()}
        fitted = models.compare_models(
            {way: sem.fit(text, together, **ROBUST) for way, text in texts.items()}
        )
    except WorkbenchError as trouble:
        return f"This part is left out: {first_fault(trouble)}"
    unready = [way for way, fit in fits.items() if not fit.converged]
    if unready or not fitted.table["converged"].all():
        return "This part is left out: not all of its models converged."
    worse = {rival: sem.compare(fits["consists of"], fits[rival]) for rival in ("is driven by", "beside")}
    beside = fits["beside"].standardized_solution().set_index(["lhs", "op", "rhs"])
    driven = fits["is driven by"].standardized_solution().set_index(["lhs", "op", "rhs"])
    row, rest = beside.loc[("common_part", "~~", whole)], driven.loc[(whole, "~~", whole)]
    paths = driven.xs("~", level="op").loc[whole].rename_axis("construct")
    return Whole(
        whole,
        label,
        fitted,
        worse,
        (row["est_std"], (row["ci_lower"], row["ci_upper"])),
        (1 - rest["est_std"], (1 - rest["ci_upper"], 1 - rest["ci_lower"])),
        paths,
        int(fits["beside"].measures["ntotal"]),
        tuple(
            dict.fromkeys((*fitted.warnings, *(text for test in worse.values() for text in test.warnings)))
        ),
    )
