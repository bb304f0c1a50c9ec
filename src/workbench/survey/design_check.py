"""D3's five errors of survey design, checked over a codebook.

D3 (section on satisfaction surveys, table of design errors) names a questionnaire that is too long (ten
questions or fewer are asked for), vague wording, one type of question, no analysis plan, no follow-up. A
codebook shows the first and the third; of the second and the fourth it shows signs; the fifth it cannot show.

This checks a questionnaire against advice. It says nothing of whether the advice is good.
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
Result = Literal["avoided", "made", "signs of it", "cannot be seen"]


@dataclass(frozen=True)
class DesignCheck:
    """A questionnaire against the five errors.

    errors : one error per row: ``error``, ``zh``, ``checked``, ``found``, ``result`` (avoided, made, signs of
        it, cannot be seen), ``not_checkable``.
    wording : the items with a sign of unclear wording: ``item``, ``wording``, ``sign``.
    questions : items that were counted; groups and other variables of the codebook are not, since it does not
        say which of them were asked.
    """

    errors: pd.DataFrame
    wording: pd.DataFrame
    questions: int
    warnings: tuple[str, ...] = ()

    @property
    def checkable(self) -> pd.DataFrame:
        """The errors that this codebook can show."""
        return self.errors[self.errors["result"] != "cannot be seen"]

    def named(self, result: Result) -> list[str]:
        """The errors with a result, in D3's order."""
        return self.errors.loc[self.errors["result"] == result, "error"].tolist()


def check_design(codebook: Codebook, constructs: tuple[str, ...] = ()) -> DesignCheck:
    """Check a questionnaire against the five errors of D3.

    Parameters
    ----------
    constructs : the part of the questionnaire to check; none named: all of it.
    codebook : of the questionnaire.

    Returns
    -------
    DesignCheck

    Examples
    --------
    >>> from workbench.survey import check_design
    >>> from workbench.datasets import open_codebook
    >>> check_design(open_codebook("mobi")).named("made")
    ['too long', 'one type of question']
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
            "cannot be seen",
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
        f"{len(items)} question{'s' * (len(items) != 1)}",
        "avoided" if passed else "made",
        "minutes taken, and who gave up on the way",
    )


def _wording(items: list[Item], signs: pd.DataFrame) -> Row:
    silent = sum(not str(item.wording) for item in items)
    checked = f"two things in one question, double negation, over {LONG_WORDS} words, industry abbreviations"
    beyond = "whether respondents understand the questions as meant: that takes interviews"
    if silent:
        return (
            checked,
            f"{silent} of {len(items)} questions come without wording in the codebook",
            "cannot be seen",
            beyond,
        )
    found = f"{signs['item'].nunique()} of {len(items)} questions show a sign"
    return checked, found, "signs of it" if len(signs) else "avoided", beyond


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
        "avoided" if len(scales) > 1 or texts else "made",
        "whether the mix suits the questions",
    )


def _plan(codebook: Codebook, names: tuple[str, ...]) -> Row:
    roles = {role for name in names if (role := codebook.constructs[name].role) is not None}
    bare = sum(codebook.constructs[name].role is None for name in names)
    stated = bool(codebook.hypotheses) or ("outcome" in roles and len(roles) > 1)
    return (
        "hypotheses, or constructs with roles: an outcome, and something set against it",
        f"hypotheses: {len(codebook.hypotheses)}; roles: {', '.join(sorted(roles)) or 'none'}; "
        f"{bare} of {len(names)} constructs have none",
        "avoided" if stated else "signs of it",
        "whether the plan was made before the answers came in",
    )


# Signs, not proofs: a word list finds candidates for a second look. Simplified and traditional script.
_TWO = re.compile(r"\b(and|or|as well as)\b", re.IGNORECASE)
_TWO_ZH = re.compile(
    "以及|或者|並且|并且|而且|[及与與](?![时時其众眾格早])|(?<![温溫缓緩平柔])和(?![蔼藹谐諧睦气氣])|、"
)
_NOT = re.compile(r"\b(not|no|never|without|un\w*able)\b|n't\b", re.IGNORECASE)
# Taken out first: words that hold the sign of a negation and deny nothing, questions of the form 是不是.
_NO_DENIAL_ZH = re.compile(
    r"(.)不\1|[无無]微不至|不卑不亢|不折不扣|必不可少|差不多|对不起|對不起|了不起|不[断斷仅僅但过過管论論错錯妨少同久等一]|非常|非洲|未来|未來|无论|無論"
)
_NOT_ZH = re.compile("不|没有|沒有|[没沒](?!有)|[无無]|未|非|否|[别別](?!人|的)")
_SHORT = re.compile(r"(?<![A-Za-z])(?!CRM(?![A-Za-z]))[A-Z]{3,}(?![A-Za-z])")


def _signs(item: Item) -> list[str]:
    en, zh = item.wording.en, item.wording.zh
    signs = []
    if _TWO.search(en) or _TWO_ZH.search(zh):
        signs.append("may ask two things at once")
    if len(_NOT.findall(en)) > 1 or len(_NOT_ZH.findall(_NO_DENIAL_ZH.sub(" ", zh))) > 1:
        signs.append("double negation")
    if len(en.split()) > LONG_WORDS or len(zh) > LONG_CHARACTERS:
        signs.append("long")
    if _SHORT.search(en) or _SHORT.search(zh):
        signs.append("abbreviation")
    return signs
