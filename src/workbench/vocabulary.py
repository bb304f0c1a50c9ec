"""The words that pages, figures, style sheets and the terminal share: kinds of data, and verdicts.

A verdict on printed, public or user data is about the document's sentence. On simulated data it has two
parts, what was planted and what was found, and each of the four combinations has its own word, glyph and
colour; where nobody knows what was planted it says only what was found.

Each tone is a pair of colours for light and dark grounds, with a contrast of at least 4.5 on both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.errors import SpecificationError


@dataclass(frozen=True)
class Tone:
    """A colour on light paper and its counterpart on dark, as ``#rrggbb``."""

    light: str
    dark: str


@dataclass(frozen=True)
class DataKind:
    """A kind of data: its word, the short one for lists, what it means, and its tone."""

    name: str
    word: str
    short: str
    meaning: str
    gloss: str
    tone: Tone


@dataclass(frozen=True)
class VerdictWord:
    """A verdict's word: the glyph beside it, what it means, its tone, and the style of its chip's border."""

    word: str
    glyph: str
    meaning: str
    tone: str
    border: str = "solid"

    @property
    def slug(self) -> str:
        """The word as part of a style sheet's class name."""
        return re.sub(r"[^a-z]+", "-", self.word.lower())

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


TONES = {
    "yes": Tone("#1a7f37", "#3fb950"),
    "no": Tone("#bc4c00", "#f0883e"),
    "alarm": Tone("#a40e6b", "#f778ba"),
    "clear": Tone("#0b6e75", "#39c5cf"),
    "none": Tone("#59636e", "#9da7b1"),
}

DATA_KINDS = {
    kind.name: kind
    for kind in (
        DataKind(
            "printed",
            "Printed data",
            "Printed",
            "Figures that a document prints, typed in with their source.",
            "figures that a document prints",
            Tone("#57606a", "#9da7b1"),
        ),
        DataKind(
            "simulated",
            "Simulated data",
            "Simulated",
            "Drawn from a population that is written down: "
            "an analysis recovers what was planted; not evidence.",
            "recovers what was planted; not evidence",
            Tone("#8a5c00", "#d29922"),
        ),
        DataKind(
            "public",
            "Public data",
            "Public",
            "Real answers from a public data set, collected for another purpose.",
            "real answers, collected elsewhere",
            Tone("#1a7f37", "#3fb950"),
        ),
        DataKind(
            "user",
            "Your data",
            "Yours",
            "Answers from your own file; they stay on this machine.",
            "your own file",
            Tone("#0860ca", "#58a6ff"),
        ),
    )
}

VERDICT_WORDS = {
    word.word: word
    for word in (
        VerdictWord("supported", "✓", "the numbers meet the rule", "yes"),
        VerdictWord("not supported", "✗", "the numbers do not meet the rule", "no"),
        VerdictWord("not testable here", "⊘", "these data cannot decide it", "none", "dashed"),
        VerdictWord("recovered", "✓", "planted, and found", "yes"),
        VerdictWord("missed", "✗", "planted, and not found", "no"),
        VerdictWord("false alarm", "▲", "not planted, and yet found", "alarm"),
        VerdictWord("rightly rejected", "◇", "not planted, and not found", "clear"),
        VerdictWord("found", "+", "found; whether it was planted is not known", "none"),
        VerdictWord("not found", "−", "not found; whether it was planted is not known", "none"),
        VerdictWord("open", "○", "no study has decided it yet", "none", "dashed"),
        VerdictWord("no verdict", "–", "shown or checked, and not judged", "none", "dashed"),
    )
}
OUTCOMES = {
    (True, True): "recovered",
    (True, False): "missed",
    (False, True): "false alarm",
    (False, False): "rightly rejected",
    (None, True): "found",
    (None, False): "not found",
}


def verdict_word(kind: str, found: bool, planted: bool | None = None) -> str:
    """The word of a verdict.

    Parameters
    ----------
    kind : the kind of data, a key of ``DATA_KINDS``.
    found : whether the rule was met.
    planted : on simulated data, whether the claim holds in the population; None where that is not known.

    Returns
    -------
    str : ``supported`` or ``not supported``; on simulated data ``recovered``, ``missed``, ``false alarm``,
        ``rightly rejected``, or ``found`` and ``not found`` where ``planted`` is None.

    Raises
    ------
    SpecificationError : an unknown kind of data, or something planted in data that are not simulated.

    Examples
    --------
    >>> from workbench.vocabulary import verdict_word
    >>> verdict_word("simulated", found=False, planted=False)
    'rightly rejected'
    >>> verdict_word("user", found=True)
    'supported'
    """
    data_kind(kind)
    if kind == "simulated":
        return OUTCOMES[planted, found]
    if planted is not None:
        raise SpecificationError(
            f"planted = {planted}: only simulated data hold what was planted, not {kind}"
        )
    return "supported" if found else "not supported"


def data_kind(name: str) -> DataKind:
    """The kind of data of this name.

    Raises
    ------
    SpecificationError : there is no such kind.
    """
    if name not in DATA_KINDS:
        raise SpecificationError(f"{name!r} is not a kind of data; kinds are {', '.join(DATA_KINDS)}")
    return DATA_KINDS[name]


def word(text: str) -> VerdictWord:
    """The verdict's word with its glyph and tone; a word that is not known keeps its text, in grey."""
    return VERDICT_WORDS.get(text) or VerdictWord(text, "·", "a word of another version", "none", "dashed")


def tally(words: Iterable[str]) -> dict[VerdictWord, int]:
    """How often each word occurs, in the order of ``VERDICT_WORDS``; words that are not known come last.

    Parameters
    ----------
    words : of verdicts, with repetition.

    Examples
    --------
    >>> from workbench.vocabulary import tally
    >>> {str(one): count for one, count in tally(["missed", "recovered", "missed"]).items()}
    {'✓ recovered': 1, '✗ missed': 2}
    """
    counts = Counter(words)
    order = [text for text in VERDICT_WORDS if text in counts]
    return {word(text): counts[text] for text in (*order, *sorted(counts.keys() - set(order)))}


_BOUNDED = re.compile(
    r"\bR²|\bcorrelation\b|\bshare\b|\bRMSEA\b|\bκ|\bτ|\brho\b|\bρ|\br$|^(the )?area\b", re.IGNORECASE
)


def is_bounded(measure: str) -> bool:
    """Whether a measure, by its words, cannot exceed 1 and is written without a leading zero.

    >>> from workbench.vocabulary import is_bounded
    >>> [is_bounded(words) for words in ("weighted κ", "explained variance, R²", "total effect, β")]
    [True, True, False]
    """
    return bool(_BOUNDED.search(measure))


# Before the names that a message of a fit lists; elsewhere a name may be an English word ("missing value").
_LISTS = re.compile(r"(?<=look at )|(?<=variance of )|(?<=correlation of )|(?<=variance: )|(?<=below \.50: )")
_COLUMN = re.compile(r"\b\w+_\w+\b|^\w+(?=: )|(?<=\bin )\w+(?= = )")


def labelled(text: str, labels: Mapping[str, str]) -> str:
    """A message with labels in the place of names of columns.

    Taken as names: what it begins with, lists or has a group of (``in region = 2``), and any word with an
    underscore; elsewhere a name may be an English word.

    Parameters
    ----------
    text : a warning of an analysis. labels : name -> what a reader calls it.

    Examples
    --------
    >>> from workbench.vocabulary import labelled
    >>> labelled("a missing value: look at value, use_1 (r = 1)", {"value": "Worth", "use_1": "Use"})
    'a missing value: look at Worth, Use (r = 1)'
    """
    before, *listed = _LISTS.split(text)
    said = [_COLUMN.sub(lambda name: labels.get(name[0], name[0]), before)]
    said += [re.sub(r"[^\W\d]\w*", lambda name: labels.get(name[0], name[0]), part) for part in listed]
    return "".join(said)


def style_variables(dark: bool = False) -> str:
    """Declarations of the colours for a style sheet: ``--wb-simulated: #8a5c00; --wb-yes: …``."""
    tones = {**{kind.name: kind.tone for kind in DATA_KINDS.values()}, **TONES}
    return " ".join(f"--wb-{name}: {tone.dark if dark else tone.light};" for name, tone in tones.items())


def style_rules() -> str:
    """Rules of a style sheet that give each kind of data and each verdict's chip its colour."""
    kinds = [f".wb-{name} {{ --wb-kind: var(--wb-{name}); }}" for name in DATA_KINDS]
    chips = [
        f".wb-word-{one.slug} {{ --wb-word: var(--wb-{one.tone}); border-style: {one.border}; }}"
        for one in VERDICT_WORDS.values()
    ]
    return "\n".join([*kinds, *chips])
