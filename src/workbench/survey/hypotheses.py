"""Hypotheses of a researcher's own, as the codebook's ``hypotheses:`` block writes them.

========================================  =====================================================
``quality -> satisfaction (+)``           a path, with the direction that is expected (or none)
``quality -> satisfaction -> loyalty``    an indirect effect through everything in between
``quality x price -> satisfaction (-)``   a moderation: the path from the first changes with the second
========================================  =====================================================

A name is that of a construct, a variable or a group of the codebook. ``→`` and
 ``×`` may stand for ``->`` and ``x``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from workbench.errors import Fault, SpecificationError

Kind = Literal["direct", "indirect", "moderation"]
_SIGN = re.compile(r"\(\s*([+＋−–-])\s*\)\s*$")
_ARROW = re.compile(r"\s*(?:->|→|⟶)\s*")
_TIMES = re.compile(r"\s+[x×*]\s+|\s*[×*]\s*")
_FORMS = "'a -> b (+)', 'a -> b -> c' (indirect) or 'a x b -> c' (moderation)"


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis: its name, its text as written, and what it says.

    Attributes
    ----------
    id, text : as in the codebook.
    kind : ``direct``, ``indirect`` or ``moderation``.
    chain : the variables along the arrows, two or more; of a moderation the focal one and the outcome.
    moderator : the second factor of a moderation's product, else None.
    sign : ``+``, ``-``, or None where no direction is expected.
    """

    id: str
    text: str
    kind: Kind
    chain: tuple[str, ...]
    moderator: str | None = None
    sign: Literal["+", "-"] | None = None

    @property
    def paths(self) -> tuple[tuple[str, str], ...]:
        """The arrows that the hypothesis draws, as (from, to); a moderator has one of its own."""
        steps = tuple(zip(self.chain, self.chain[1:], strict=False))
        return steps if self.moderator is None else (*steps, (self.moderator, self.chain[-1]))

    @property
    def names(self) -> tuple[str, ...]:
        """Every variable that the hypothesis names."""
        return self.chain if self.moderator is None else (*self.chain, self.moderator)


def parse_hypothesis(identifier: str, text: str) -> Hypothesis:
    """Read one hypothesis.

    Parameters
    ----------
    identifier : its name, for instance ``H1``.
    text : as in the table above.

    Raises
    ------
    SpecificationError : a text of another form, with the three that can be read.

    Examples
    --------
    >>> from workbench.survey.hypotheses import parse_hypothesis
    >>> parse_hypothesis("H4", "quality x price -> satisfaction (-)").kind
    'moderation'
    >>> parse_hypothesis("H3", "quality -> satisfaction -> loyalty").paths
    (('quality', 'satisfaction'), ('satisfaction', 'loyalty'))
    """

    def wrong(what: str) -> SpecificationError:
        return SpecificationError(Fault(f"{identifier}: {what}", value=text, fix=f"Write {_FORMS}"))

    if not isinstance(text, str) or not text.strip():
        raise wrong("a hypothesis is a text")
    found = _SIGN.search(text)
    sign: Literal["+", "-"] | None = None
    if found:
        sign = "+" if found[1] in "+＋" else "-"
    steps = _ARROW.split(text[: found.start()].strip() if found else text.strip())
    if len(steps) < 2:
        raise wrong("no arrow")
    first = _TIMES.split(steps[0])
    if len(first) > 2 or (len(first) == 2 and len(steps) > 2):
        raise wrong("a product of two leads to one outcome")
    names = [*first, *steps[1:]]
    for name in names:
        if not re.fullmatch(r"[^\W\d]\w*", name):
            raise wrong(f"{name!r} is not a name" if name else "a name is missing beside an arrow")
    if len(set(names)) < len(names):
        raise wrong("a variable stands twice")
    kind: Kind = "moderation" if len(first) == 2 else "direct" if len(steps) == 2 else "indirect"
    if kind == "moderation":
        return Hypothesis(identifier, text.strip(), kind, (first[0], steps[1]), first[1], sign)
    return Hypothesis(identifier, text.strip(), kind, tuple(steps), None, sign)


def hypotheses_faults(
    block: Mapping[str, str], known: Collection[str], *, outcomes: Collection[str] | None = None
) -> Iterable[tuple[str, str, str]]:
    """What is wrong with a block of hypotheses, as (identifier, what, what to do); nothing where it is fine.

    Parameters
    ----------
    block : identifier -> text.
    known : names of constructs, variables and groups.
    outcomes : names that an arrow may point to (constructs and numbers); None: all of ``known``.
    """
    import difflib

    read: list[Hypothesis] = []
    for identifier, text in block.items():
        try:
            read.append(parse_hypothesis(str(identifier), text))
        except SpecificationError as error:
            fault = error.faults[0]
            yield str(identifier), fault.what, fault.fix or ""
    for one in read:
        for name in one.names:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                guess = f"Did you mean {close[0]!r}? " if close else ""
                yield (
                    one.id,
                    f"{one.id}: the codebook knows no {name!r}",
                    f"{guess}Use the names of constructs, variables or groups",
                )
            elif outcomes is not None and name not in outcomes and name in {to for _, to in one.paths}:
                yield (
                    one.id,
                    f"{one.id}: {name!r} cannot be an outcome",
                    "Outcomes are constructs or numbers; a group explains, or is compared",
                )
    if circle := _circle({path for one in read for path in one.paths}):
        yield (
            read[-1].id,
            f"the hypotheses go in a circle: {' -> '.join(circle)}",
            "One questionnaire cannot tell a circle's directions apart: drop one of its arrows",
        )


def _circle(paths: set[tuple[str, str]]) -> tuple[str, ...]:
    """A circle among the arrows, its first name repeated at the end; empty where there is none."""
    from graphlib import CycleError, TopologicalSorter

    sorter: TopologicalSorter[str] = TopologicalSorter()
    for source, target in sorted(paths):
        sorter.add(target, source)
    try:
        sorter.prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return ()
