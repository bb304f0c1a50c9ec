"""What each study needs of a reader's survey, so that it can be said before anything runs.

The studies themselves ask for what they need and say what is lacking (``NotApplicable``); here the same is
stated once, for ``workbench check``. Tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.survey.misreadings import some

if TYPE_CHECKING:
    from workbench.survey import Survey

_SERVQUAL = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
_FIRM = (
    *("system_performance", "data_quality", "user_interface", "process_integration", "staff_training"),
    *(f"module_{name}" for name in ("information", "sales", "marketing", "service", "analytics", "process")),
    *("customer_data_management", "service_optimisation", "marketing_coordination", "system_support"),
    *("product_quality", "service_quality", "after_sales", "customer_experience", "corporate_culture"),
    *("effectiveness", "satisfaction"),
)
_INDICATORS = ("satisfaction", "customers_start", "customers_lost", "sales_crm", "sales_planned")
_GAINS = ("satisfaction_before", "satisfaction_after", "loyalty_before", "loyalty_after")


MOST = 4  # names that one line lists


@dataclass(frozen=True)
class Needs:
    """What one study needs of a survey.

    Attributes
    ----------
    about : what the study does, in a few words.
    constructs : of the documents; a construct counts by its name or its ``stands_for``.
    items : how many items there must be in all.
    respondents : how many rows there must be.
    pairs : how many constructs of two items or more.
    groups : how many groups, each with two levels of ``group_size`` respondents or more.
    variables : by name.
    either : sets of variables, one of which has to be there whole.
    hypotheses : whether it needs a block of hypotheses.
    answers : whether it needs answers; without, a codebook alone is enough.
    scores : constructs of which it needs some for most of what it does; without any it says little.
    model : whether it fits all constructs as one model, which few respondents may not carry.
    """

    about: str
    constructs: tuple[str, ...] = ()
    items: int = 0
    respondents: int = 0
    pairs: int = 0
    groups: int = 0
    group_size: int = 0
    variables: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    hypotheses: bool = False
    model: bool = False
    answers: bool = True
    scores: tuple[str, ...] = ()


# Study's number -> what it needs; every study that takes a reader's survey is here.
NEEDS: Mapping[str, Needs] = {
    "01": Needs("questionnaire, missing answers, careless answers", items=2),
    "02": Needs("reliability and exploratory factors", pairs=1),
    "03": Needs("measurement model", pairs=1, model=True),
    "04": Needs(
        "CRM use, service, satisfaction, loyalty",
        constructs=("crm_use", *_SERVQUAL, "satisfaction", "loyalty"),
    ),
    "05": Needs("differences between groups", pairs=1, groups=1, group_size=100, model=True),
    "06": Needs("what drives loyalty", constructs=("satisfaction", "loyalty"), model=True),
    "07": Needs("satisfied and not loyal, switching, waiting", constructs=("satisfaction", "loyalty")),
    "08": Needs("before and after, firm by firm", variables=_GAINS),
    "09": Needs("what cases can show", variables=("before", "after")),
    "10": Needs("satisfaction as ratio or gap, priorities, scores", constructs=("satisfaction",)),
    "11": Needs("what makes CRM effective", constructs=_FIRM),
    "12": Needs("index of effectiveness", variables=("firm", *_INDICATORS)),
    "13": Needs("what an improvement improved", either=(("firm", "period"), ("arm",))),
    "14": Needs("segments: how many, found again, worth treating apart", items=3, respondents=50),
    "15": Needs(
        "who stays and who leaves",
        either=(("customer", "quarter", "left"), ("tenure", "left")),
        scores=("satisfaction", "loyalty", "valued", "crm_use", "recommendation"),
    ),
    "16": Needs("how many respondents, what they find", hypotheses=True, answers=False),
    "18": Needs("your own model", pairs=1, hypotheses=True),
}


@dataclass(frozen=True)
class Readiness:
    """Whether a study can run on a survey; ``lacks`` says what it misses, ``fix`` how to give it.

    ``doubt``: why it may end as not applicable, or say little, all the same.
    """

    study: str
    about: str
    lacks: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    doubt: str = ""

    @property
    def ready(self) -> bool:
        return not self.lacks


def readiness(survey: Survey, studies: Sequence[str] | None = None) -> list[Readiness]:
    """Which studies can run on a survey, and what the others lack.

    Parameters
    ----------
    survey : a reader's survey.
    studies : numbers of studies; None: all of ``NEEDS``.

    Examples
    --------
    >>> from workbench.studies.needs import readiness
    >>> from workbench.datasets import open_dataset
    >>> [one.study for one in readiness(open_dataset("abc2")) if one.ready]
    ['01', '02', '03', '10', '14']
    """
    checks = (_constructs, _items, _respondents, _pairs, _groups, _variables, _either, _hypotheses)
    found = []
    for study in NEEDS if studies is None else studies:
        needs = NEEDS[study]
        said = [one for check in checks if (one := check(needs, survey)) is not None]
        found.append(
            Readiness(
                study,
                needs.about,
                tuple(one[0] for one in said),
                tuple(one[1] for one in said),
                "" if said else _doubt(survey) if needs.model else _unscored(needs, survey),
            )
        )
    return found


def _doubt(survey: Survey) -> str:
    """A model of all items has too little to rest on where fewer people answered all than there are items."""
    items = [item for one in survey.codebook.constructs.values() if len(one.items) > 1 for item in one.items]
    complete = len(survey.responses[items].dropna())
    if complete >= len(items):
        return ""
    whole = f"{complete:,} respondent{'s' * (complete != 1)} answered all {len(items)} items"
    return f"perhaps too few answers: {whole}; -p dimensions=[…] takes fewer constructs"


def _unscored(needs: Needs, survey: Survey) -> str:
    """Scores may be constructs only: a plain column of that name is not taken for one."""
    book = survey.codebook
    if not needs.scores or any(name in book.constructs or name in book.stands_for for name in needs.scores):
        return ""
    plain = [name for name in needs.scores if name in survey.variables]
    there = f" ({some(plain, MOST)}: a plain column, no construct)" if plain else ""
    return f"most rules stay untested without a construct named {' or '.join(needs.scores[:2])}{there}"


Check = Callable[[Needs, "Survey"], "tuple[str, str] | None"]


def _constructs(needs: Needs, survey: Survey) -> tuple[str, str] | None:
    book = survey.codebook
    lacking = [
        name for name in needs.constructs if name not in book.constructs and name not in book.stands_for
    ]
    if not lacking:
        return None
    return (
        f"constructs: {some(lacking, MOST)}",
        f"a construct of yours that measures it says 'stands_for: {lacking[0]}'",
    )


def _items(needs: Needs, survey: Survey) -> tuple[str, str] | None:
    if len(survey.codebook.items) >= needs.items:
        return None
    return f"{needs.items} rated items", "put what was answered on a scale under constructs"


def _respondents(needs: Needs, survey: Survey) -> tuple[str, str] | None:
    if len(survey.responses) >= needs.respondents:
        return None
    return f"{needs.respondents} respondents", "ask more, or all those whom you have answers of"


def _pairs(needs: Needs, survey: Survey) -> tuple[str, str] | None:
    there = sum(len(construct.items) > 1 for construct in survey.codebook.constructs.values())
    if there >= needs.pairs:
        return None
    kind = "a construct" if needs.pairs == 1 else f"{needs.pairs} constructs"
    return f"{kind} of two items or more", "put items that measure the same under one construct"


def _groups(needs: Needs, survey: Survey) -> tuple[str, str] | None:
    usable = [
        name
        for name in survey.groups
        if (survey.responses[name].value_counts() >= needs.group_size).sum() > 1
    ]
    if len(usable) >= needs.groups:
        return None
    if not survey.groups:
        return "a group", "name a column that divides respondents under groups"
    what = f"a group with two levels of {needs.group_size} respondents"
    return what, "join levels in the file, or lower it for a run with -p smallest_group=…"


def _variables(needs: Needs, survey: Survey) -> tuple[str, str] | None:
    known = _known(survey)
    lacking = [name for name in needs.variables if name not in known]
    if not lacking:
        return None
    return f"variables: {', '.join(lacking)}", _NAME


def _either(needs: Needs, survey: Survey) -> tuple[str, str] | None:
    known = _known(survey)
    if not needs.either or any(known >= set(names) for names in needs.either):
        return None
    return f"variables: {', or '.join(' and '.join(names) for names in needs.either)}", _NAME


_NAME = "name the columns under variables, with 'column:' for the header"


def _known(survey: Survey) -> set[str | None]:
    return {*survey.variables, *survey.groups, survey.codebook.id}


def _hypotheses(needs: Needs, survey: Survey) -> tuple[str, str] | None:
    if not needs.hypotheses or survey.codebook.hypotheses:
        return None
    names = list(survey.codebook.constructs)
    example = f"{names[0]} -> {names[1]} (+)" if len(names) > 1 else "quality -> satisfaction (+)"
    return "hypotheses", f"write 'hypotheses: {{H1: {example}}}' into the codebook"
