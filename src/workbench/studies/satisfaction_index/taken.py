"""Which questions of a survey stand for what in study 10: direct rating, experience, expectation and so on.

Everything is found by the codebook: the documents' constructs by name or ``stands_for``, the expectation to a
question ``q`` as ``q_expected``, the importance of a construct ``c`` as ``c_importance``. What a codebook
names
otherwise is said by the notebook's parameter ``parts``. A part that a survey lacks is left out and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.errors import Fault, NotApplicable, ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.survey import Survey
    from workbench.survey.codebook_schema import Scale

CONTACT = ("courtesy", "communication")
ANTECEDENTS = ("past_experience", "word_of_mouth", "advertising")
MOTIVATORS = ("product_value", "service_value", "personnel_value", "image_value")
# What stands beside service support and beside courtesy and communication, so that these do not get its
# credit.
BESIDE_SUPPORT = ("tangibles", "assurance", "empathy")
BESIDE_CONTACT = ("customer_experience", "trust", "assurance", "empathy")
LISTS = ("satisfaction", "attributes", "core", "support", "feelings")
ONE = ("rating", *CONTACT)
MAPS = ("expected", "importance")
FEWEST_ATTRIBUTES = 3
MOST_ATTRIBUTES = 10


@dataclass(frozen=True)
class Taken:
    """The questions of a survey by what they stand for in this study; what is empty is not there.

    survey : its answers, constructs under the documents' names. rating : the direct rating, one question.
    satisfaction : the questions whose mean is the satisfaction that is explained. expected : question on an
    experience -> question on what was expected of it. dimensions : name -> its questions in ``expected``.
    attributes : name -> questions. importance : attribute -> questions on how important it is. core, support,
    feelings : questions. contact : courtesy and communication, a question each. called : what to print for
    questions without a wording.
    """

    survey: Survey
    rating: str
    satisfaction: tuple[str, ...]
    expected: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    importance: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    core: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    feelings: tuple[str, ...] = ()
    contact: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> pd.DataFrame:
        return self.survey.responses

    def mean(self, items: Iterable[str]) -> pd.Series:
        """Mean of the answered questions, one respondent per row."""
        return self.answers[list(items)].mean(axis=1)

    def construct(self, name: str) -> pd.Series:
        """Mean of the answered questions of one construct."""
        return self.mean(self.survey.codebook.constructs[name].items)

    def has(self, *constructs: str) -> bool:
        """Whether the survey has all of these constructs of the documents."""
        return set(constructs) <= set(self.survey.codebook.constructs)

    def label(self, name: str) -> str:
        """What to print for an attribute, a dimension or a question."""
        return self.called.get(name) or self.survey.codebook.label(name)

    def names(self) -> dict[str, str]:
        """Labels of all constructs and questions."""
        book = self.survey.codebook
        return {name: self.label(name) for name in (*book.constructs, *book.items)}

    def scale(self, item: str) -> Scale:
        return self.survey.codebook.items[item].scale

    def middle(self, item: str) -> float:
        """The middle of a question's scale."""
        scale = self.scale(item)
        return (scale.min + scale.max) / 2

    def position(self, values: pd.Series, item: str) -> pd.Series:
        """Answers as places on the scale of a question: 0 its lowest answer, 1 its highest."""
        scale = self.scale(item)
        return (values - scale.min) / (scale.max - scale.min)

    @property
    def no_ratio(self) -> str:
        """Why experience over expectation is not computed, in a sentence; empty where it can be."""
        if not self.expected:
            return "No question on an experience has one on what was expected of it."
        zero = [item for item in self.expected.values() if self.scale(item).min <= 0]
        if zero:
            return (
                f"The scale of {zero[0]} begins at {self.scale(zero[0]).min:g}: an expectation of 0 or less "
                "has no ratio, so b / a is refused and only the gap is shown."
            )
        return ""


def take(survey: Survey, parts: Mapping[str, Any] | None = None) -> Taken:
    """What a survey has of what this study looks at.

    Parameters
    ----------
    survey : with its codebook.
    parts : what the codebook does not say by its names. ``rating``, ``courtesy``, ``communication``: a
        question; ``satisfaction``, ``core``, ``support``, ``feelings``: questions or constructs;
        ``attributes``: questions or constructs, three to ten; ``expected``: {question: expectation};
        ``importance``: {attribute: question or construct}.

    Raises
    ------
    NotApplicable : there is no satisfaction. ParameterError : a part or a name that is not known.
    """
    survey = survey.in_documents_terms()
    given = _checked(survey, dict(parts or {}))
    book = survey.codebook
    satisfaction = given.get("satisfaction") or _own(survey, "satisfaction")
    rating = given.get("rating") or next((item for item in satisfaction if not book.items[item].reverse), "")
    if not rating:
        what = "no question rates satisfaction"
        fix = "Name the construct satisfaction, or say 'stands_for: satisfaction', in the codebook"
        raise NotApplicable(Fault(what, book.file or survey.file, fix=fix))
    expected = given.get("expected") or _expectations(survey)
    owner = {item: book.items[item].construct for item in expected}
    dimensions = {
        name: tuple(item for item in expected if owner[item] == name)
        for name in dict.fromkeys(owner.values())
    }
    attributes = given.get("attributes") or _attributes(survey, satisfaction)
    importance = given.get("importance") or {
        name: _own(survey, f"{name}_importance")
        for name in attributes
        if f"{name}_importance" in book.constructs
    }
    polite = _own(survey, "emotional_contact")
    contact = dict(zip(CONTACT, polite, strict=True)) if len(polite) == len(CONTACT) else {}
    contact |= {name: given[name] for name in CONTACT if name in given}
    return Taken(
        survey,
        rating,
        tuple(satisfaction) or (rating,),
        expected,
        dimensions,
        attributes,
        importance,
        given.get("core") or _own(survey, "core_product"),
        given.get("support") or _own(survey, "service_support"),
        given.get("feelings") or _own(survey, "emotional_bond"),
        contact if len(contact) == len(CONTACT) else {},
    )


def _checked(survey: Survey, parts: dict[str, Any]) -> dict[str, Any]:
    """The reader's parts with every name looked up."""
    unknown = sorted(set(parts) - {*LISTS, *ONE, *MAPS})
    if unknown:
        known = ", ".join((*LISTS, *ONE, *MAPS))
        raise ParameterError(Fault(f"parts: there is no part {unknown[0]!r}", fix=f"There are: {known}"))
    found: dict[str, Any] = {}
    for part, value in parts.items():
        if part in ONE:
            found[part] = _questions(survey, part, value, one=True)[0]
        elif part == "expected":
            pairs = _mapping(part, value)
            found[part] = {
                _questions(survey, part, b, one=True)[0]: _questions(survey, part, a, one=True)[0]
                for b, a in pairs.items()
            }
            _same_scale(survey, found[part])
        elif part == "importance":
            found[part] = {name: _questions(survey, part, own) for name, own in _mapping(part, value).items()}
        elif part == "attributes":
            names = [value] if isinstance(value, str) else list(value)
            found[part] = {name: _questions(survey, part, name) for name in names}
        else:
            found[part] = _questions(survey, part, value)
    return found


def _mapping(part: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ParameterError(f"parts: {part} is a mapping such as {{'q1': 'q1_before'}}, not {value!r}")
    return value


def _questions(survey: Survey, part: str, value: Any, *, one: bool = False) -> tuple[str, ...]:
    """Questions by name, constructs standing for all of theirs."""
    book = survey.codebook
    names = [value] if isinstance(value, str) else list(value)
    found: list[str] = []
    for name in names:
        if name in book.items:
            found.append(name)
        elif name in book.constructs:
            found += book.constructs[name].items
        else:
            raise ParameterError(f"parts: {part} names {name!r}, which is no question and no construct")
    if one and len(found) != 1:
        raise ParameterError(f"parts: {part} takes one question, not {value!r}")
    return tuple(found)


def _same_scale(survey: Survey, pairs: Mapping[str, str]) -> None:
    items = survey.codebook.items
    for b, a in pairs.items():
        if (items[b].scale.min, items[b].scale.max) != (items[a].scale.min, items[a].scale.max):
            raise ParameterError(
                f"parts: {b} and {a} are answered on different scales and cannot be compared"
            )


def _own(survey: Survey, construct: str) -> tuple[str, ...]:
    known = survey.codebook.constructs
    return tuple(known[construct].items) if construct in known else ()


def _expectations(survey: Survey) -> dict[str, str]:
    """Questions with a twin that ends in ``_expected`` and is answered on the same scale."""
    items = survey.codebook.items
    pairs = {name: f"{name}_expected" for name in items if f"{name}_expected" in items}
    return {
        b: a
        for b, a in pairs.items()
        if (items[b].scale.min, items[b].scale.max) == (items[a].scale.min, items[a].scale.max)
    }


def _attributes(survey: Survey, satisfaction: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Constructs by role: perceptions, where there are too few of them drivers too."""
    own = set(satisfaction)
    roles: tuple[Any, ...] = ("perception", "driver")
    chosen: list[str] = []
    for role in roles:
        if len(chosen) < FEWEST_ATTRIBUTES:
            chosen += [n for n in survey.constructs(role) if not own & set(_own(survey, n))]
    return {name: _own(survey, name) for name in chosen[:MOST_ATTRIBUTES]}
