"""Ratings in plain numbers: which ranges are scales, and which numbers in them are no answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from workbench.survey.drafting.columns import Column
from workbench.survey.drafting.cues import tells
from workbench.survey.drafting.rating import MOST_POINTS, Rating, bundle, is_group, no_answers, span_of

RARE = 0.03  # share of a column's answers up to which they may lie beyond the scale of its fellows


def numbered(columns: Sequence[Column]) -> list[Rating]:
    """Bundles of columns of whole numbers in one range."""
    bundles: dict[str, list[Column]] = {}
    for column in columns:
        if bundle(column) and _may_rate(column):
            bundles.setdefault(bundle(column), []).append(column)
    found: list[Rating] = []
    for members in bundles.values():
        while len(members) > 1:
            tops = Counter(max(kept_codes(column)) for column in members)
            top = max(tops, key=lambda value: (tops[value], value))
            top = top if top <= MOST_POINTS else 100
            together = [column for column in members if _within(column, top) and _as_wide(column, top)]
            members = [column for column in members if not _within(column, top)]
            if len(together) > 1 and top >= 3:
                found.append(_number_rating(together, top))
    return _pooled(found)


def _within(column: Column, top: float) -> bool:
    """Whether a column was answered up to ``top``, but for a few slips or codes beyond it."""
    return _beyond(column, top) <= RARE * column.codes.total()


def _beyond(column: Column, top: float) -> int:
    return sum(
        count for code, count in column.codes.items() if code > top and code not in column.standing_out
    )


def _as_wide(column: Column, top: float) -> bool:
    """Whether a column may have been answered on the scale up to ``top``, and not by 1 or 2 alone."""
    return len(kept_codes(column)) > 2 or top <= 3 or max(kept_codes(column)) > 2


def kept_codes(column: Column) -> list[float]:
    """Numbers of a column without those that stand out as codes for no answer."""
    return sorted(set(column.codes) - set(column.standing_out))


def _may_rate(column: Column) -> bool:
    """Whole numbers in the range of a rating, and no group or amount by name."""
    codes = kept_codes(column) if column.numeric and column.whole else []
    if len(codes) < 2 or column.measure == "nominal" or is_group(column):
        return False
    if codes[0] >= -5 and codes[-1] <= MOST_POINTS:
        return True
    if codes[0] < 0 or codes[-1] > 100 or tells("number", column.question.short):
        return False
    in_steps = codes[-1] == 100 and len(codes) <= 21 and all(code % 5 == 0 for code in codes)
    slider = len(codes) > 20 and codes[0] <= 20 and codes[-1] >= 80 and bool(bundle(column))
    return in_steps or slider


def _number_rating(columns: list[Column], top: float) -> Rating:
    codes = sorted({code for column in columns for code in kept_codes(column) if code <= top})
    low, high, why = span_of(codes[0], codes[-1])
    out = {code for column in columns for code in column.standing_out}
    rare = {code for column in columns for code in kept_codes(column) if code > top}
    if low == 0 and high in (5, 7) and zero_is_no_answer(columns):
        low, why = 1, [*why, "0 goes with no particular answer to the other questions: taken as no answer"]
        out.add(0)
    missing = [*sorted(out), *no_answers(columns)]
    return Rating("rating", low, high, columns, {}, missing, why, rare)


def zero_is_no_answer(columns: Sequence[Column]) -> bool:
    """Whether those who answered 0 gave the other items middling answers, and not low ones.

    A lowest answer goes with low answers elsewhere; a 0 for "does not apply" does not.
    """
    rows = [[column.values[place] for column in columns] for place in range(columns[0].rows)]
    at: dict[float, list[float]] = {0.0: [], 1.0: [], 2.0: []}
    everyone = []
    for row in rows:
        given = [value for value in row if value]
        if len(given) < 2:
            continue
        everyone.append(sum(given) / len(given))
        for value in row:
            if value in at:
                others = list(given)
                if value:
                    others.remove(value)
                at[value].append(sum(others) / len(others))
    if len(at[0.0]) < 5 or len(at[1.0]) + len(at[2.0]) < 5:
        return False
    low = at[1.0] + at[2.0]
    middle, bottom, zero = (sum(part) / len(part) for part in (everyone, low, at[0.0]))
    return zero > (middle + bottom) / 2


def _pooled(ratings: list[Rating]) -> list[Rating]:
    """Ratings of one range as one scale; a bundle that leaves an end unticked takes that of the others."""
    spans = Counter((one.min, one.max) for one in ratings for _ in one.columns)
    pooled: dict[tuple[float, float], Rating] = {}
    for one in ratings:
        wider = [
            span
            for span in spans
            if span != (one.min, one.max)
            and span[0] <= one.min
            and one.max <= span[1] <= one.max + 2
            and spans[span] >= 2 * len(one.columns)
        ]
        span = max(wider, key=lambda known: spans[known]) if wider else (one.min, one.max)
        home = pooled.get(span)
        if home is None:
            pooled[span] = Rating(
                "rating", *span, list(one.columns), {}, list(one.missing), list(one.why), set(one.rare)
            )
        else:
            home.columns += one.columns
            home.rare |= one.rare
            home.missing = list(dict.fromkeys([*home.missing, *one.missing]))
            home.why = list(dict.fromkeys([*home.why, *(why for why in one.why if "no answer" in why)]))
    return list(pooled.values())


# --- single columns


def add_singles(columns: Sequence[Column], found: list[Rating]) -> list[Rating]:
    """Single columns on a scale that was found, questions of recommendation, and singles of one range."""
    left = []
    for column in columns:
        if not _may_rate(column):
            continue
        codes = kept_codes(column)
        if tells("recommendation", column.header) and codes[0] >= 0 and 6 <= codes[-1] <= 10:
            low, why = (0, "a question of recommendation, asked from 0 to 10")
            found.append(Rating("recommend", low, 10, [column], {}, _missing_of(column), [why]))
            continue
        home = next(
            (
                rating
                for rating in sorted(found, key=lambda one: -len(one.columns))
                if rating.base == "rating"
                and not rating.labels
                and rating.min <= codes[0]
                and _within(column, rating.max)
                and len(codes) > 3
                and _fills(codes, rating)
            ),
            None,
        )
        if home is not None:
            home.columns.append(column)
            home.missing = list(dict.fromkeys([*home.missing, *_missing_of(column)]))
            home.rare |= {code for code in codes if code > home.max}
        elif codes[0] == 0 and codes[-1] == 10 and len(codes) >= 7 and not _is_amount(column):
            why_ten = ["answers from 0 to 10: perhaps a question of recommendation"]
            found.append(Rating("rating", 0, 10, [column], {}, _missing_of(column), why_ten))
        elif len(codes) >= 4 and not _is_amount(column):
            left.append(column)
    tops = Counter(max(kept_codes(column)) for column in left)
    for top, count in tops.items():
        alike = [column for column in left if max(kept_codes(column)) == top]
        if count > 1 and top in (4, 5, 6, 7, 9, 10, 11):
            found.append(_number_rating(alike, top))
    return found


def _is_amount(column: Column) -> bool:
    return column.label_like and tells("number", column.question.short, column.question.text)


def _fills(codes: Sequence[float], rating: Rating) -> bool:
    """Whether a column's codes are those of the scale, and half of them at least."""
    known = {code for column in rating.columns for code in column.codes if rating.min <= code <= rating.max}
    return {code for code in codes if code <= rating.max} <= known and len(codes) * 2 >= len(known)


def _missing_of(column: Column) -> list[object]:
    return [*column.standing_out, *column.no_answer]
