"""Which ratings make one construct: those of one matrix, of one stem of names, or of like wording."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from workbench.survey.drafting.columns import Column
from workbench.survey.drafting.cues import tells
from workbench.survey.drafting.naming import Names, safe, short_name, slug
from workbench.survey.drafting.parts import DraftConstruct, DraftItem
from workbench.survey.drafting.rating import Rating, bundle, name_stem
from workbench.survey.drafting.subjects import Subject, named, subject_of

# Stems of names that say nothing of what is asked.
_IDLE = frozenset(["item", "var", "question", "column", "col", "field", "frage", "pregunta", "qi", "sq"])
_RESULTS = frozenset({"satisfaction", "loyalty", "trust", "recommendation", "complaints", "image", "value"})
HEADING = 40  # letters of a question that can stand as a construct's label
SAME_MATRIX = 12  # items of one matrix from which it probably holds several constructs


@dataclass
class _Family:
    """Columns that go together on one scale, and why."""

    rating: Rating
    columns: list[Column]
    why: str
    stem: str = ""
    subject: Subject | None = None
    further: list[str] = field(default_factory=list)
    one_subject: bool = True
    label: str = ""


def draft_constructs(
    ratings: Sequence[Rating], scale_names: Sequence[str], names: Names
) -> list[DraftConstruct]:
    """Constructs of the rated columns, in the order of the file.

    Parameters
    ----------
    ratings : scales with their columns.
    scale_names : the names of the scales, one a rating.
    names : names that are taken, to which those of constructs and items are added.
    """
    families: list[_Family] = []
    for rating in ratings:
        families += _families(rating)
    families.sort(key=lambda family: min(column.place for column in family.columns))
    scales = {id(rating): name for rating, name in zip(ratings, scale_names, strict=True)}
    _tell_apart(families)
    items = [_item_names(family) for family in families]
    named = [names.free(_construct_name(family, own)) for family, own in zip(families, items, strict=True)]
    return [
        _construct(family, name, own, scales[id(family.rating)], names)
        for family, name, own in zip(families, named, items, strict=True)
    ]


def _tell_apart(families: Sequence[_Family]) -> None:
    """Questions that are about one subject by the words of the table keep what they are called themselves."""
    counts = Counter(family.subject.name for family in families if family.subject)
    for family in families:
        head = re.split(r"[:：]", family.columns[0].question.stem)[0].strip()
        if family.subject and counts[family.subject.name] > 1 and 0 < len(head) <= HEADING:
            family.label = "" if tells("how_to_answer", head) else head


def _families(rating: Rating) -> list[_Family]:
    """Families of one scale: matrices first, then stems of names, then like wording, then what is left."""
    left = sorted(rating.columns, key=lambda column: column.place)
    found: list[_Family] = []
    blocks = Counter(column.question.block for column in left if column.question.block)
    for block, count in blocks.items():
        if count < 2:
            continue
        members = [column for column in left if column.question.block == block]
        found += _of_block(rating, members)
        left = [column for column in left if column not in members]
    stems = Counter(_telling_stem(column) for column in left)
    for stem, count in stems.items():
        if stem and count > 1:
            members = [column for column in left if _telling_stem(column) == stem]
            found.append(_Family(rating, members, f"columns named {stem}…", stem, _common_subject(members)))
            left = [column for column in left if column not in members]
    return found + _of_wording(rating, left)


def _of_block(rating: Rating, members: list[Column]) -> list[_Family]:
    """One construct of a matrix, or several where its columns bear different stems of names."""
    stem = members[0].question.stem
    why = f"parts of one question{_quoted(stem)}"
    inner = Counter(_telling_stem(column) for column in members)
    if len(inner) > 1 and all(name and count > 1 for name, count in inner.items()):
        return [
            _Family(rating, part, f"{why}, named {name}…", name, _common_subject(part))
            for name in inner
            for part in [[column for column in members if _telling_stem(column) == name]]
        ]
    split = _by_subject(members)
    if split is not None:
        return [
            _Family(rating, part, f"{why}, whose wording is about {subject.en.casefold()}", "", subject)
            for subject, part in split
        ]
    subject = subject_of(stem) or _common_subject(members)
    family = _Family(rating, members, why, "", subject)
    if subject is None and tells("how_to_answer", stem):
        family.further.append("it says how to answer: name it after what its items are about")
    if len(members) >= SAME_MATRIX:
        family.further.append(f"{len(members)} items: divide them if they are about several things")
    return [family]


def _by_subject(members: Sequence[Column]) -> list[tuple[Subject, list[Column]]] | None:
    """Parts of a long matrix whose items fall into neighbouring runs of different subjects; None if not."""
    subjects = [subject_of(column.question.text) for column in members]
    if len(members) < 6 or any(subject is None for subject in subjects):
        return None
    runs: list[tuple[Subject, list[Column]]] = []
    for subject, column in zip(subjects, members, strict=True):
        if runs and subject is not None and runs[-1][0].name == subject.name:
            runs[-1][1].append(column)
        elif subject is not None:
            runs.append((subject, [column]))
    names = [subject.name for subject, _ in runs]
    if len(runs) < 2 or len(set(names)) < len(names) or any(len(part) < 2 for _, part in runs):
        return None
    return runs


def _telling_stem(column: Column) -> str:
    stem = name_stem(column.question.short)
    plain = stem.casefold().rstrip("_.")
    return "" if len(plain) < 2 or plain in _IDLE or plain == "q" else stem


def _common_subject(members: Sequence[Column]) -> Subject | None:
    """The subject of most of the items' wordings."""
    found = [subject_of(column.question.text) for column in members]
    counts = Counter(subject.name for subject in found if subject)
    if not counts:
        return None
    name, count = counts.most_common(1)[0]
    if count * 2 <= len(members):
        return None
    return next(subject for subject in found if subject and subject.name == name)


def _of_wording(rating: Rating, left: list[Column]) -> list[_Family]:
    """Single columns by what they ask: two or more of one subject, results alone, and the others together."""
    found: list[_Family] = []
    by_subject: dict[str, tuple[Subject, list[Column]]] = {}
    for column in left:
        subject = subject_of(column.question.text, column.question.short)
        if subject is not None:
            if subject.name == "recommendation" and rating.base != "recommend":
                subject = _loyalty() if _has_loyalty(left) else subject
            by_subject.setdefault(subject.name, (subject, []))[1].append(column)
    for subject, members in by_subject.values():
        if len(members) > 1 or subject.name in _RESULTS or rating.base == "recommend":
            found.append(_Family(rating, members, f"wording about {subject.en.casefold()}", "", subject))
            left = [column for column in left if column not in members]
    bundles = Counter(bundle(column) for column in left)
    for name, count in bundles.items():
        if name and count > 1:
            members = [column for column in left if bundle(column) == name]
            found.append(_unnamed(rating, members, f"columns named {name_stem(members[0].question.short)}…"))
            left = [column for column in left if column not in members]
    if len(left) * 2 > len(rating.columns) and len(left) > 1:
        return [*found, _unnamed(rating, left, "the other items on this scale")]
    runs: list[list[Column]] = []
    for column in left:
        one = runs[-1][-1] if runs else None
        beside = one is not None and column.place == one.place + 1
        if beside and one is not None and not (short_name(one.question) or short_name(column.question)):
            runs[-1].append(column)
        else:
            runs.append([column])
    for run in runs:
        if len(run) > 1:
            found.append(_unnamed(rating, run, "statements that follow one another"))
        else:
            found.append(_Family(rating, run, "a single question"))
    return found


def _unnamed(rating: Rating, members: list[Column], why: str) -> _Family:
    doubt = "nothing in names or wording tells what they are about: name it, or divide it"
    return _Family(rating, members, why, further=[doubt], one_subject=False)


def _loyalty() -> Subject:
    return cast("Subject", subject_of("loyalty"))  # the word is in the list


def _has_loyalty(columns: Sequence[Column]) -> bool:
    subjects = (subject_of(column.question.text, column.question.short) for column in columns)
    return any(subject is not None and subject.name == "loyalty" for subject in subjects)


def _quoted(text: str) -> str:
    return f" ({text[:60]}{'…' if len(text) > 60 else ''})" if text else ""


def _item_names(family: _Family) -> list[str] | None:
    """The file's own short names, where every item has one that may stand in a model."""
    own = [short_name(column.question) for column in family.columns]
    own = [
        name if name and (name == column.question.column or not re.fullmatch(r"Q\d+", name)) else None
        for name, column in zip(own, family.columns, strict=True)
    ]
    kept = [name for name in own if name]
    return kept if len(kept) == len(own) and len({name.casefold() for name in kept}) == len(kept) else None


def _construct(family: _Family, name: str, own: list[str] | None, scale: str, names: Names) -> DraftConstruct:
    items = []
    for place, column in enumerate(family.columns):
        item = names.free(own[place]) if own else names.free(name, number=True)
        items.append(DraftItem(item, column.name, _wording(column)))
    why = [family.why, *family.further]
    return DraftConstruct(name, _label(family, name), scale, items, why, family.one_subject)


def _construct_name(family: _Family, own: list[str] | None) -> str:
    """The stem of the names, else what it is about, else the beginning of the question."""
    if family.stem and safe(family.stem.strip("_.")):
        name = family.stem.strip("_.").casefold()
    elif family.subject is not None:
        name = family.subject.name
    elif own and len(own) == 1:
        name = own[0].casefold()
    else:
        one = family.columns[0].question
        block = slug(one.block) if one.block != one.stem else ""
        block = (
            f"part_{block}"
            if re.fullmatch(r"q\d*", block)
            else re.sub(r"^(grp|group|sec|section)_", "", block)
        )
        alone = (named("groups", one.text) or slug(one.text)) if len(family.columns) == 1 else ""
        name = block or slug(one.stem) or ("statements" if one.stem else alone or "ratings")
    if own and name in {item.casefold() for item in own}:
        name = f"{name}_overall" if len(own) == 1 else f"{name}_items"
    return name


def _label(family: _Family, name: str) -> str | dict[str, str]:
    if family.label:
        return family.label
    if family.subject is not None:
        return {"en": family.subject.en, "zh": family.subject.zh}
    stem = family.columns[0].question.stem or (
        family.columns[0].question.text if len(family.columns) == 1 else ""
    )
    if stem and not (len(family.columns) > 1 and tells("how_to_answer", stem)):
        return stem if len(stem) <= 80 else f"{stem[:79]}…"
    if stem:  # how to answer is no name of what was asked
        return name.replace("_", " ").capitalize()
    alone = short_name(family.columns[0].question) if len(family.columns) == 1 else None
    told = family.stem.strip("_.") or alone or name
    return re.sub(r"_+", " ", told).capitalize()


def _wording(column: Column) -> str:
    one = column.question
    return one.text if one.text and one.text != one.short else ""
