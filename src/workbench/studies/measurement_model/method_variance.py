"""What one way of answering may do: Harman's share, a method factor, a marker construct."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.studies import dimensions as chosen
from workbench.studies.measurement_model.fitting import MARKED, METHOD, ROBUST, Measured, first_fault

if TYPE_CHECKING:
    from workbench.survey import Survey


@dataclass(frozen=True)
class CommonMethod:
    """Checks of common method that could be made; ``lacking``: those that could not, and why."""

    harman: Any
    method: Any = None
    marked: Any = None
    marker: str = ""
    lacking: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def common_method(survey: Survey, measured: Measured, marker: str) -> CommonMethod:
    """Harman's share, an unmeasured method factor, and the marker construct, as far as the survey has them.

    The last two by robust ML with full information. A method factor that does not converge or is improper is
    left out: its numbers are not to be read.
    """
    from workbench import measurement

    taken, book = measured.taken, survey.codebook
    lacking: list[str] = []
    method = marked = None
    if len(taken) < 2:
        lacking.append("The method factor needs two dimensions or more to stand beside.")
    else:
        method = measurement.unmeasured_method_factor(
            measured.answers, taken.constructs, name=METHOD, **ROBUST
        )
        trouble = [text for text in method.warnings if "not converge" in text or "improper" in text]
        if trouble:
            lacking.append(f"The method factor is left out, because it is not to be read: {trouble[0]}.")
            method = None
    name = chosen.meant_by(survey, marker)
    own = [] if name is None or name in taken.constructs else list(book.constructs[name].items)
    if len(own) < 2:
        lacking.append(
            f"The codebook has no construct {marker!r} of two items or more beside the dimensions: the "
            "marker models are left out. Name another with the parameter marker."
        )
    else:
        try:
            pool = survey.responses[[*taken.items, *own]]
            marked = measurement.marker_cfa(pool, taken.constructs, own, name=MARKED, **ROBUST)
        except WorkbenchError as trouble:
            lacking.append(f"The marker models are left out: {first_fault(trouble)}")
    warnings = [text for one in (method, marked) if one for text in one.warnings]
    return CommonMethod(
        measurement.harman_single_factor(measured.answers),
        method,
        marked,
        name if marked and name else "",
        tuple(lacking),
        tuple(dict.fromkeys(warnings)),
    )
