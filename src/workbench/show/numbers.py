"""How a number is written: one place for rounding, p-values, intervals and test statistics (APA style).

A true minus sign, thin spaces, ``< .001`` for small p-values, and no leading zero where a
value cannot exceed 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

# The narrow no-break space all but vanishes in some fonts, so a comma is followed by a full no-break space.
THIN, NO_BREAK = "\N{THIN SPACE}", "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"


def missing(value: Any) -> bool:
    """True for None, NaN and pandas' NA."""
    if value is None:
        return True
    try:
        return bool(value != value)  # only NaN differs from itself
    except (TypeError, ValueError):  # pandas.NA refuses to be a truth value
        return True


def number(value: float | None, digits: int = 2, *, bounded: bool = False) -> str:
    """Write ``value`` with ``digits`` decimals; ``bounded`` drops the zero before the decimal point."""
    if missing(value):
        return MISSING
    value = float(value)  # type: ignore[arg-type]
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}∞"
    text = f"{abs(value):,.{digits}f}"
    negative = value < 0 and any(digit in "123456789" for digit in text)
    if bounded and text.startswith("0."):
        text = text[1:]
    return f"{MINUS}{text}" if negative else text


def count(value: float | None) -> str:
    """Write a whole number with thousands separated: ``1,000``."""
    return number(value, 0)


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share (0 to 1) as a percentage: ``.25`` becomes ``25 %``.

    The share is rounded as ``number`` rounds it: .595 is nearest to .59 in binary, so it is 59 % too.
    """
    if missing(share):
        return MISSING
    rounded = float(f"{float(share):.{digits + 2}f}")  # type: ignore[arg-type]
    return f"{number(100 * rounded, digits)}{NO_BREAK}%"


def p_value(value: float | None, digits: int = 3) -> str:
    """Write a p-value without a leading zero, ``< .001`` below the last digit shown, ``> .999`` near 1."""
    if missing(value):
        return MISSING
    smallest = 10.0**-digits
    if float(value) < smallest:  # type: ignore[arg-type]
        return f"<{THIN}{number(smallest, digits, bounded=True)}"
    if number(value, digits) == number(1.0, digits):
        return f">{THIN}{number(1 - smallest, digits, bounded=True)}"
    return number(value, digits, bounded=True)


def p_phrase(value: float | None, digits: int = 3) -> str:
    """Write a p-value with its letter: ``p < .001`` or ``p = .012``."""
    text = p_value(value, digits)
    return f"p{THIN}{text}" if text.startswith(("<", ">")) else f"p{THIN}={THIN}{text}"


def interval(lower: float | None, upper: float | None, digits: int = 2, *, bounded: bool = False) -> str:
    """Write an interval in square brackets: ``[0.12, 0.34]``."""
    if missing(lower) and missing(upper):
        return MISSING
    return f"[{number(lower, digits, bounded=bounded)},{NO_BREAK}{number(upper, digits, bounded=bounded)}]"


def estimate(
    value: float | None,
    limits: tuple[float, float] | None = None,
    digits: int = 2,
    *,
    bounded: bool = False,
    unit: str = "",
) -> str:
    """Write an estimate with its interval: ``0.35 [0.28, 0.42]``, the unit after the estimate.

    Where an end would round to nothing it has a digit more, so that one sees on which side of zero it lies.
    """
    if limits is not None and any(end and round(end, digits) == 0 for end in limits if not missing(end)):
        digits += 1
    text = number(value, digits, bounded=bounded) + (f"{THIN}{unit}" if unit else "")
    return text if limits is None else f"{text} {interval(*limits, digits, bounded=bounded)}"


def statistic(
    symbol: str,
    value: float | None,
    *,
    df: float | Sequence[float] | None = None,
    p: float | None = None,
    digits: int = 2,
) -> str:
    """Write a test: ``χ²(24) = 85.31, p < .001``; ``df`` is a number or several."""
    parts = df if isinstance(df, Sequence) else [] if df is None else [df]
    freedom = ", ".join(number(part, 0 if float(part).is_integer() else 1) for part in parts)
    text = f"{symbol}{f'({freedom})' if freedom else ''}{THIN}={THIN}{number(value, digits)}"
    return text if p is None else f"{text}, {p_phrase(p)}"
