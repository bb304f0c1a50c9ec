"""Which columns are ratings, and on which scale: by labels, words in order, codes with words, numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from workbench.survey.drafting.answer_words import (
    OrderedWords,
    english_name,
    is_no_answer,
    is_yes_no,
    ordered_words,
)
from workbench.survey.drafting.columns import Column
from workbench.survey.drafting.cues import tells
from workbench.survey.drafting.rated_numbers import add_singles, numbered
from workbench.survey.drafting.rating import MOST_POINTS, Rating, bundle, is_group, no_answers, span_of
from workbench.survey.texts import fold


def find_ratings(columns: Sequence[Column]) -> list[Rating]:
    """Every scale on which columns were rated; what is left over is no rating.

    Parameters
    ----------
    columns : those that are not identifiers, dates, personal data and the like.
    """
    left = [column for column in columns if column.filled]
    found: list[Rating] = []
    for find in (_labelled, _worded, _coded, numbered):
        ratings = find(left)
        found += ratings
        taken = {column.name for rating in ratings for column in rating.columns}
        left = [column for column in left if column.name not in taken]
    return add_singles(left, found)


# --- labels that the file states


def _labelled(columns: Sequence[Column]) -> list[Rating]:
    """Columns whose codes the file labels (SPSS, Stata) with degrees of one thing."""
    sets: dict[tuple[tuple[float, str], ...], list[Column]] = {}
    for column in columns:
        if column.labels and column.numeric:
            key = tuple(sorted((float(code), text) for code, text in column.labels.items()))
            sets.setdefault(key, []).append(column)
    found = []
    for key, members in sets.items():
        labels = dict(key)
        refused = {code for column in members for code in column.refused}
        missing: list[object] = [*sorted(refused)]
        codes = sorted({code for column in members for code in column.codes} - refused)
        ordered = ordered_words(list(labels.values()))
        ends = len(labels) < len(codes) and len(codes) >= 4 and {codes[0], codes[-1]} & set(labels)
        many = len(members) > 1 and len(labels) >= 4
        if any(column.measure == "nominal" for column in members) and ordered is None:
            continue
        if not (ordered and (len(labels) >= 3 or ends)) and not ends and not many:
            continue
        if all(is_yes_no(text) for text in labels.values()) or len(labels) < 2:
            continue
        low, high = min([*labels, *codes]), max([*labels, *codes])
        base = _base(ordered) if ordered else "rating"
        why = ["labels and codes as the file states them", *_direction(labels, ordered)]
        found.append(Rating(base, low, high, members, labels, missing, why))
    return found


def _direction(labels: dict[float, str], ordered: OrderedWords | None) -> list[str]:
    """A warning where the codes run against the words, so that 1 is the positive end."""
    if ordered is None:
        return []
    by_word = {text: code for code, text in labels.items()}
    codes = [by_word[word] for word in ordered.words if word in by_word]
    if codes == sorted(codes) or len(codes) < 2:
        return []
    if codes == sorted(codes, reverse=True):
        return [f"{codes[-1]:g} is the strongest answer: high scores of its constructs mean little of them"]
    return ["the labels are not in the order of their codes: look at them"]


def _base(ordered: OrderedWords) -> str:
    return english_name(ordered.family)


# --- words


def _worded(columns: Sequence[Column]) -> list[Rating]:
    """Columns of words that are degrees of one thing, those of one set of words together."""
    clusters: list[list[Column]] = []
    for column in columns:
        if column.coded or column.numbers or not column.words or len(column.words) > MOST_POINTS:
            continue
        if all(is_yes_no(word) for word in column.words):
            continue
        home = next((cluster for cluster in clusters if _same_words(column, cluster)), None)
        if home is not None:
            home.append(column)
        else:
            clusters.append([column])
    found = []
    for cluster in clusters:
        ordered = ordered_words(_words(cluster))
        if ordered is None or len(ordered.words) < 3:
            continue
        if len(cluster) == 1 and tells("group", cluster[0].question.short, cluster[0].question.text):
            continue
        labels = {float(code): word for code, word in enumerate(ordered.words, 1)}
        why = [f"the answers in words, in the order of their meaning ({len(labels)} points)"]
        if ordered.unticked:
            why.append(f"no one ticked {_quoted(ordered.unticked)}; supplied from the opposite end")
        missing = [*ordered.no_answer, *no_answers(cluster)]
        found.append(Rating(_base(ordered), 1, len(labels), cluster, labels, missing, why))
    return found


def _words(cluster: Iterable[Column]) -> Counter[str]:
    """Words of columns with their counts; those that differ in case or blanks only are one."""
    written: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for column in cluster:
        for word, count in column.words.items():
            counts[written.setdefault(fold(word), word)] += count
    return counts


def _same_words(column: Column, cluster: Sequence[Column]) -> bool:
    """Whether a column has the scale of these: one matrix, or words that chance may have left out."""
    here, there = _words([column]), _words(cluster)
    both = _words([*cluster, column])
    if ordered_words(both) is None:
        return False
    if bundle(column) and bundle(column) == bundle(cluster[-1]):
        return True
    folded = {fold(word) for word in here}, {fold(word) for word in there}
    if len(folded[0] & folded[1]) < min(2, len(folded[0])):
        return False
    return all(
        counts[word] / counts.total() * others.total() < 5
        for counts, others, known in ((there, here, folded[0]), (here, there, folded[1]))
        for word in counts
        if fold(word) not in known
    )


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"{word!r}" for word in words)


# --- codes with words


def _coded(columns: Sequence[Column]) -> list[Rating]:
    """Columns of answers that hold a code and words ("4 - Agree", "5 (very much)"), on one set of labels."""
    clusters: list[list[Column]] = []
    for column in columns:
        if not column.coded or not column.numeric or not column.whole or len(column.codes) > MOST_POINTS + 2:
            continue
        if is_group(column):
            continue
        home = next((one for one in clusters if _agreeing(_code_words([*one, column]))), None)
        if home is not None and _shared(home, column):
            home.append(column)
        else:
            clusters.append([column])
    found = []
    for cluster in clusters:
        words = _code_words(cluster)
        no_answer = [code for code, texts in words.items() if texts and all(map(is_no_answer, texts))]
        out = sorted({*no_answer, *(code for column in cluster for code in column.standing_out)})
        codes = sorted({code for column in cluster for code in column.codes} - set(out))
        if len(codes) < 3:
            continue
        low, high, _ = span_of(codes[0], codes[-1])
        labels = {
            code: texts.most_common(1)[0][0] for code, texts in words.items() if texts and code not in out
        }
        ordered = ordered_words(labels.values())
        why = ["codes and labels as they stand in the answers", *_direction(labels, ordered)]
        base = _base(ordered) if ordered else "rating"
        missing = [*out, *no_answers(cluster)]
        found.append(Rating(base, low, high, cluster, labels, missing, why))
    return found


def _code_words(cluster: Iterable[Column]) -> dict[float, Counter[str]]:
    found: dict[float, Counter[str]] = {}
    for column in cluster:
        for code, words in column.coded.items():
            found.setdefault(float(code), Counter()).update({word: n for word, n in words.items() if word})
    return found


def _agreeing(words: dict[float, Counter[str]]) -> bool:
    """Whether every code has one label, and no two codes the same."""
    texts = [{fold(word) for word in counts} for counts in words.values() if counts]
    every = [text for one in texts for text in one]
    return all(len(one) <= 1 for one in texts) and len(set(every)) == len(every)


def _shared(cluster: Sequence[Column], column: Column) -> bool:
    """Whether a column has labels of the cluster, or none to tell it apart."""
    here, there = _code_words([column]), _code_words(cluster)
    return any(here.get(code) and there.get(code) for code in here) or not any(here.values())
