"""D3's five errors of survey design, checked over a codebook.

D3 (section on satisfaction surveys, table of design errors) names a questionnaire that is too long (ten
questions or fewer are asked for), vague wording, one type of question, no analysis plan, no follow-up. A
codebook shows the first and the third; of the second and the fourth it shows signs; the fifth it cannot show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.survey.codebook import Codebook, Item

if TYPE_CHECKING:
    import pandas as pd

MOST_ITEMS = 10  # D3: 控制在10题以内
LONG_WORDS, LONG_CHARACTERS = 20, 40
Result = Literal["passed", "failed", "cannot be checked"]


@dataclass(frozen=True)
class DesignCheck:
    """``errors``: one row an error of D3 with what was checked, found, result, and what cannot be checked;
    ``wording``: the items with a sign of unclear wording."""

    errors: pd.DataFrame
    wording: pd.DataFrame
    questions: int
    warnings: tuple[str, ...] = ()

    @property
    def checkable(self) -> pd.DataFrame:
        """The errors that this codebook can answer."""
        return self.errors[self.errors["result"] != "cannot be checked"]


def check_design(codebook: Codebook, constructs: tuple[str, ...] = ()) -> DesignCheck:
    """Check a questionnaire against the five errors of D3.

    Parameters: ``constructs``, the part of the questionnaire to check (none named: all of it).
    """
    import pandas as pd

    names = constructs or tuple(codebook.constructs)
    items = [item for item in codebook.items.values() if item.construct in names]
    wording = pd.DataFrame(
        [
            {"item": item.name, "wording": str(item.wording), "sign": sign}
            for item in items
            for sign in _signs(item)
        ],
        columns=["item", "wording", "sign"],
    )
    rows = [
        ("too long", "问卷过长", *_length(items)),
        ("vague wording", "问题模糊", *_wording(items, wording)),
        ("one type of question", "单一回答方式", *_types(codebook, items, whole=not constructs)),
        ("no analysis plan", "缺少数据分析计划", *_plan(codebook, names)),
        (
            "no follow-up",
            "忽视后续行动",
            "",
            "a codebook says nothing of what is done with the answers",
            "cannot be checked",
            "whether respondents heard back, and whether anything was improved",
        ),
    ]
    columns = ["error", "zh", "checked", "found", "result", "not_checkable"]
    return DesignCheck(pd.DataFrame(rows, columns=columns), wording, len(items))


Row = tuple[str, str, Result, str]


def _length(items: list[Item]) -> Row:
    passed = len(items) <= MOST_ITEMS
    return (
        f"at most {MOST_ITEMS} questions",
        f"{len(items)} questions",
        "passed" if passed else "failed",
        "minutes taken, and who gave up on the way",
    )


def _wording(items: list[Item], signs: pd.DataFrame) -> Row:
    silent = sum(not str(item.wording) for item in items)
    checked = f"two things in one question, double negation, over {LONG_WORDS} words, industry abbreviations"
    beyond = "whether respondents understand the questions as meant: that takes interviews"
    if silent:
        return (
            checked,
            f"{silent} of {len(items)} questions come without wording",
            "cannot be checked",
            beyond,
        )
    found = f"{signs['item'].nunique()} of {len(items)} questions show a sign"
    return checked, found, "failed" if len(signs) else "passed", beyond


def _types(codebook: Codebook, items: list[Item], *, whole: bool) -> Row:
    scales = {(item.scale.min, item.scale.max, item.scale.continuous) for item in items}
    texts = (
        [name for name, variable in codebook.variables.items() if variable.type == "text"] if whole else []
    )
    shown = ", ".join(f"{low:g} to {high:g}" for low, high, _ in sorted(scales))
    found = f"answer scales: {shown}; open questions: {len(texts)}"
    return (
        "more than one answer scale, or an open question (a variable of type text)",
        found,
        "passed" if len(scales) > 1 or texts else "failed",
        "whether the mix suits the questions",
    )


def _plan(codebook: Codebook, names: tuple[str, ...]) -> Row:
    roles = {codebook.constructs[name].role for name in names} - {None}
    bare = sum(codebook.constructs[name].role is None for name in names)
    passed = "outcome" in roles and len(roles) > 1
    return (
        "constructs with roles: an outcome, and something set against it",
        f"roles: {', '.join(sorted(roles)) or 'none'}; {bare} of {len(names)} constructs have none",
        "passed" if passed else "failed",
        "whether the plan was made before the answers came in",
    )


# Signs, not proofs: a word list finds candidates for a second look.
_TWO = re.compile(r"\b(and|or|as well as)\b|以及|或者|并且", re.IGNORECASE)
_NOT = re.compile(r"\b(not|no|never|n't|without|un\w+able)\b|不|没有|无法", re.IGNORECASE)
_SHORT = re.compile(r"\b(?!CRM\b)[A-Z]{3,}\b")


def _signs(item: Item) -> list[str]:
    en, zh = item.wording.en, item.wording.zh
    signs = []
    if _TWO.search(en) or (not en and _TWO.search(zh)):
        signs.append("may ask two things at once")
    if len(_NOT.findall(en)) > 1 or (not en and len(_NOT.findall(zh)) > 1):
        signs.append("double negation")
    if len(en.split()) > LONG_WORDS or (not en and len(zh) > LONG_CHARACTERS):
        signs.append("long")
    if _SHORT.search(en):
        signs.append("abbreviation")
    return signs
