"""What a good experience brings, for the two sentences of D4 in study 06: satisfaction, trust, loyalty and
recommendation on the customer's experience, beside what comes before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from workbench.errors import SpecificationError
from workbench.studies.dimensions import SERVQUAL
from workbench.studies.drivers_of_loyalty import models

if TYPE_CHECKING:
    import pandas as pd

    from workbench.studies.drivers_of_loyalty.models import Modelled
    from workbench.survey import Survey

EXPERIENCE = "customer_experience"
SPREAD = "recommendation"  # word of mouth that a customer gives; what he was told before is another construct
MIDDLE = ("satisfaction", "trust", "emotional_bond")  # between the experience and loyalty
OUTCOMES = (*MIDDLE, "loyalty", SPREAD)
BEFORE = (models.USE, *SERVQUAL, "core_product", "perceived_value")
MOST = 8  # constructs held where none of these was asked
_AFTER = (*models.LATE, *models.FOLLOWS, "marker")


def held_of(survey: Survey) -> list[str]:
    """What comes before the experience and may move its outcomes, too: the documents' constructs that were
    asked, else the survey's other drivers and perceptions, those aside that follow from the experience.
    """
    there = survey.constructs()
    known = [name for name in BEFORE if name in there]
    others = [
        name
        for name in there
        if name not in (EXPERIENCE, *OUTCOMES, *_AFTER)
        and survey.construct(name).role in ("driver", "perception")
    ]
    return known or others[:MOST]


def text(survey: Survey, held: Sequence[str]) -> str:
    """Each outcome on experience and what is held; loyalty on satisfaction, trust and the bond besides.

    What the equations do not explain correlates freely, so that every path on the experience but loyalty's
    is a total effect. The bond stands there because it may move satisfaction as well as loyalty. Defined:
    ``by_NAME``, indirect effects on loyalty, and ``on_loyalty``, the total one.
    """
    asked = [name for name in OUTCOMES if name in survey.constructs()]
    middle = [name for name in MIDDLE if name in asked]
    beside = "".join(f" + {name}" for name in held)
    lines = [models.measured(survey, [*held, EXPERIENCE, *asked])]
    lines += [f"{name} ~ x_{name}*{EXPERIENCE}{beside}" for name in asked]
    lines += [f"loyalty ~ l_{name}*{name}" for name in middle]
    lines += [f"{a} ~~ {b}" for a, b in combinations(middle, 2)]
    lines += [f"{SPREAD} ~~ {name}" for name in (*middle, "loyalty") if SPREAD in asked]
    lines += [f"by_{name} := x_{name}*l_{name}" for name in middle]
    lines.append("on_loyalty := x_loyalty + " + " + ".join(f"by_{name}" for name in middle))
    return "\n".join(lines)


def estimate(survey: Survey, held: Sequence[str], *, draws: int, seed: int) -> Modelled | None:
    """The model of `text`; None where no experience or nothing before it was asked, or where what is held
    overlaps so much that the model is not identified or does not converge.
    """
    if EXPERIENCE not in survey.constructs() or not held:
        return None
    asked = [name for name in OUTCOMES if name in survey.constructs()]
    answers = survey.items(*held, EXPERIENCE, *asked)
    try:
        return models.fitted(text(survey, held), answers, draws=draws, seed=seed)
    except SpecificationError:  # not identified
        return None


def effects(found: Modelled) -> dict[str, pd.Series]:
    """Effects of the experience by name, each a row of estimate, ci_lower, ci_upper: total ones by outcome,
    indirect ones on loyalty as ``by_satisfaction``, ``by_trust`` and so on.
    """
    direct = found.paths.xs(EXPERIENCE, level="cause")
    rows = {name: direct.loc[name] for name in OUTCOMES if name in direct.index and name != "loyalty"}
    rows["loyalty"] = found.defined.loc["on_loyalty"]
    return rows | {str(name): row for name, row in found.defined.iterrows() if str(name).startswith("by_")}
