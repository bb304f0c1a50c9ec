"""Public surveys of study 10: which question stands for what (our reading), and what they can decide."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.studies.satisfaction_index import verdicts
from workbench.studies.satisfaction_index.taken import Taken, take

if TYPE_CHECKING:
    from workbench.evidence.claims import Verdict

# mobi: overall quality and reliability were asked before and after; the third expectation has no twin.
PARTS: dict[str, dict[str, Any]] = {
    "mobi": {
        "expected": {"PERQ1": "CUEX1", "PERQ6": "CUEX3"},
        "core": ["PERQ2", "PERQ6"],
        "support": ["PERQ3"],
        "attributes": ["PERQ2", "PERQ3", "PERQ4", "PERQ5", "PERQ6", "PERQ7", "value", "complaints"],
    },
    "corp_rep_data": {
        "core": ["qual_1"],
        "support": ["qual_4", "qual_5"],
        "attributes": [
            *("quality", "performance", "responsibility"),
            *("attractiveness", "competence", "likeability"),
        ],
    },
    "abc2": {
        "core": ["Equipment"],
        "support": ["TechnicalSup"],
        "attributes": [
            *("Equipment", "SalesSup", "TechnicalSup"),
            *("Suppliers", "AdministrativeSup", "TermsCondPrices"),
        ],
    },
    "airline_survey": {
        "core": ["o_departure"],
        "support": ["o_crew"],
        "attributes": ["o_booking", "o_checkin", "o_departure", "o_cabin", "o_meal", "o_crew"],
    },
}
# abc2 ships no wording: its columns' names written out, as the blocks of the long form (abc) are called.
CALLED: dict[str, dict[str, str]] = {
    "abc2": {
        "SalesSup": "Sales support",
        "TechnicalSup": "Technical support",
        "AdministrativeSup": "Administrative support",
        "TermsCondPrices": "Terms, conditions, prices",
    },
}
DECIDES = {
    "mobi": ("D1-1 states", "D1-1 formula", "D4-11", "D1-9", "D1-5", "D1-10"),
    "corp_rep_data": ("D1-5", "D1-10"),
    "abc2": ("D1-5", "D1-10"),
    "airline_survey": ("D1-5", "D1-10"),
}


def opened() -> dict[str, Taken]:
    """The public surveys with their parts taken, each recorded as data of the run."""
    from workbench.datasets import study_survey

    taken = {name: take(study_survey(name), parts) for name, parts in PARTS.items()}
    return {name: replace(one, called=CALLED.get(name, {})) for name, one in taken.items()}


def decided(surveys: dict[str, Taken], *, seed: int) -> list[Verdict]:
    """Verdicts on the public surveys; where one cannot decide, why."""
    found: list[Verdict] = []
    for name, taken in surveys.items():
        one = verdicts.decide(taken, seed=seed, only=DECIDES[name], about=name)
        found += [*one.verdicts, *verdicts.untestable(one, taken.survey.kind, about=name)]
    return found


def hypotheses() -> dict[str, str]:
    """Hypotheses by claim and survey, with the rule of the shipped survey."""
    return {
        f"{key}{',' if ' ' in key else ''} {name}": verdicts.RULES[key]
        for name, keys in DECIDES.items()
        for key in keys
    }
