"""D1-3: three schemes of what satisfaction is made from, mapped onto one another and compared as indices.

D1 reports Barnes's five levels and Dukas's three groups, and takes from them three groups of its own. Which
indicator of one scheme is which of another is our reading of D1's descriptions; the table says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import NotApplicable
from workbench.studies.satisfaction_index import prediction

if TYPE_CHECKING:
    from workbench.sem.result import Fit
    from workbench.studies.satisfaction_index.taken import Taken

OWN, BARNES, DUKAS = "D1's three groups", "Barnes's five levels", "Dukas's three groups"
GROUPS = {
    "core_product": 5,
    "service_support": 3,
    "emotional_contact": 2,
}  # with the number of D1's indicators
NEEDED = (*GROUPS, "delivery", "price_fairness", "emotional_bond")
MARGIN = 0.05  # of R²: an index that predicts worse by less predicts "at least as well"

# What is asked -> its place in each scheme, in D1's words; "" where the scheme does not name it.
CORE, SUPPORT, FEELING = "核心产品(服务)", "服务支持", "企业与客户的情感"
LEVELS = ("一 核心产品或者服务", "二 服务和支持系统", "三 技术表现", "四 企业与客户的互动", "五 情感因素")
KINDS = ("与产品有关的指标", "与服务有关的指标", "与购买有关的指标")
MAPPING = {
    "quality, performance, design, appearance of the product": (CORE, LEVELS[0], KINDS[0]),
    "reliability of the product": (CORE, LEVELS[2], KINDS[0]),
    "price": ("", "", KINDS[0]),
    "delivery": ("", LEVELS[1], KINDS[1]),
    "warranty and after-sales service": ("", LEVELS[1], KINDS[1]),
    "service as arranged (可靠性)": (SUPPORT, LEVELS[2], KINDS[1]),
    "promptness (及时性)": (SUPPORT, LEVELS[2], KINDS[1]),
    "convenience (方便性)": (SUPPORT, LEVELS[1], KINDS[1]),
    "courtesy (礼貌)": (FEELING, LEVELS[3], KINDS[2]),
    "communication (沟通)": (FEELING, LEVELS[3], KINDS[2]),
    "feelings for the firm": (FEELING, LEVELS[4], ""),
}


def mapping() -> pd.DataFrame:
    """What is asked by the place that it has in each scheme, in D1's words."""
    table = pd.DataFrame.from_dict(MAPPING, orient="index", columns=[OWN, BARNES, DUKAS])
    return table.rename_axis("what is asked about")


def lacking(taken: Taken) -> str:
    """Why the schemes cannot be compared on a survey, in a sentence; empty where they can."""
    known = taken.survey.codebook.constructs
    absent = [name for name in NEEDED if name not in known]
    if absent:
        return f"The three schemes are not compared: the survey has no {', '.join(map(_readable, absent))}."
    short = [name for name, size in GROUPS.items() if len(known[name].items) != size]
    if short:
        names = ", ".join(map(_readable, short))
        return f"The three schemes are not compared: {names} lack D1's indicators, a question each."
    return ""


def _readable(construct: str) -> str:
    """The name of a construct of the documents as words."""
    return construct.replace("_", " ")


def schemes(items: Mapping[str, tuple[str, ...]]) -> dict[str, list[list[str]]]:
    """Questions by group of each scheme, from the questions of the constructs in D1's order."""
    core, support, contact = (list(items[name]) for name in GROUPS)
    delivery, price, bond = (list(items[name]) for name in ("delivery", "price_fairness", "emotional_bond"))
    return {
        OWN: [core, support, contact],
        BARNES: [core[:4], [*delivery, support[2]], [*support[:2], core[4]], contact, bond],
        DUKAS: [[*core, *price], [*delivery, *support], contact],
    }


@dataclass(frozen=True)
class Compared:
    """The measurement model of D1's three groups, and how well each scheme's index predicts satisfaction.

    ``indices``: scheme -> groups, questions, r2 (left-out respondents). ``less``: rival -> difference (D1's
    less the rival's), ci_lower, ci_upper.
    """

    fit: Fit
    indices: pd.DataFrame
    less: pd.DataFrame
    n: int


def compare(taken: Taken, *, seed: int = 1) -> Compared:
    """D1's three groups as a model and as an index beside the rivals' indices.

    Notes
    -----
    An index is the mean of its groups, a group the mean of its questions. A second-order factor of three
    groups has as many parameters as their three correlations and fits exactly as well; so the model of three
    correlated groups is fitted. Ordered answers are taken as numbers with robust errors (MLR), gaps by FIML.

    Raises
    ------
    NotApplicable : the survey does not ask what the schemes name.
    """
    from workbench import sem

    if why := lacking(taken):
        raise NotApplicable(why)
    book = taken.survey.codebook
    items = {name: tuple(book.constructs[name].items) for name in NEEDED}
    model = "\n".join(f"{name} =~ {' + '.join(items[name])}" for name in GROUPS)
    fit = sem.fit(model, taken.answers[[i for name in GROUPS for i in items[name]]], missing="fiml")
    groups = schemes(items)
    index = {
        name: pd.concat([taken.mean(own) for own in parts], axis=1).mean(axis=1, skipna=False)
        for name, parts in groups.items()
    }
    found = prediction.predict(taken.mean(taken.satisfaction), index, seed=seed)
    table = pd.DataFrame(
        {
            "groups": {name: len(parts) for name, parts in groups.items()},
            "questions": {name: len({i for own in parts for i in own}) for name, parts in groups.items()},
            "r2": found.r2["r2"],
        }
    ).rename_axis("scheme")
    rows = {rival: found.less(OWN, rival) for rival in (BARNES, DUKAS)}
    less = pd.DataFrame(
        {rival: (value, *limits) for rival, (value, limits) in rows.items()},
        index=["difference", "ci_lower", "ci_upper"],
    ).T.rename_axis("rival")
    return Compared(fit, table, less, found.n)
