"""Verdicts on the claims of the ledger (`workbench.evidence.ledger`).

A verdict is computed from numbers by a rule that is fixed before the numbers are known, never typed:

* on printed, public and user data: ``supported``, ``not supported`` or ``not testable here``;
* on simulated data, never evidence for a document: what was planted against what was found, so ``recovered``,
  ``missed``, ``false alarm`` or ``rightly rejected``; ``found`` or ``not found`` where nobody knows what was
  planted;
* a claim without a verdict is ``open``.

The rules look at an interval alone. With no effect in the population, ``above`` or ``below`` on a two-sided
95 % interval is met in 2.5 % of samples and ``different`` in 5 %; joining findings by "all" can only lower
that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench import run_records, vocabulary
from workbench.errors import SpecificationError
from workbench.evidence.ledger import claim, table

if TYPE_CHECKING:
    from workbench.evidence.rates import Rate

Pattern = Literal["above", "below", "different", "within"]

__all__ = [
    "Finding",
    "Pattern",
    "Verdict",
    "claim",
    "fact",
    "finding",
    "judge",
    "judge_all",
    "not_testable",
    "table",
]


@dataclass(frozen=True)
class Finding:
    """One part of a verdict: what was seen, whether the rule was met, and what was estimated."""

    text: str
    holds: bool
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    measure: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the numbers say about a claim, on one kind of data.

    word : as in `workbench.vocabulary`. found : whether the rule was met; None where the data cannot decide.
    planted : on simulated data, whether the claim holds in the population; None where that is not known.
    rates : how often the rule finds the claim in surveys drawn from this population, then from populations
        where its truth is the opposite; empty where no table is about this very case.
    """

    claim: str
    part: str | None
    word: str
    found: bool | None
    planted: bool | None
    kind: str
    n: int | None
    estimate: float | None
    interval: tuple[float, float] | None
    level: float
    measure: str
    unit: str
    reason: str
    findings: tuple[Finding, ...] = ()
    rates: tuple[Rate, ...] = ()

    @property
    def rate(self) -> float | None:
        """Share of surveys drawn from this population in which the rule was met, where it is known."""
        return self.rates[0].rate if self.rates else None

    def as_record(self) -> dict[str, Any]:
        """The verdict as a plain record for the run."""
        return {
            "claim": self.claim,
            "part": self.part,
            "verdict": self.word,
            "planted": self.planted,
            "found": self.found,
            "rate": self.rate,
            "rates": [rate.as_record() for rate in self.rates],
            "data_kind": self.kind,
            "n": self.n,
            "estimate": self.estimate,
            "interval": None if self.interval is None else list(self.interval),
            "level": self.level,
            "measure": self.measure,
            "unit": self.unit,
            "reason": self.reason,
        }


def finding(
    text: str,
    *,
    estimate: float,
    interval: tuple[float, float],
    pattern: Pattern,
    threshold: float | tuple[float, float] = 0.0,
) -> Finding:
    """One part decided by an interval.

    Parameters
    ----------
    text : what was estimated, in words.
    estimate, interval : the estimate and its (lower, upper) limits, all finite.
    pattern : ``above`` - the whole interval above the threshold; ``below`` - the whole below it;
        ``different`` - the interval does not hold the threshold;
        ``within`` - the whole interval between two thresholds.
    threshold : a number; a pair (lower, upper) for ``within``.

    Examples
    --------
    >>> from workbench.evidence import claims
    >>> claims.finding("the slope", estimate=0.4, interval=(0.2, 0.6), pattern="above").holds
    True
    """
    low, high = (float(limit) for limit in interval)
    value = float(estimate)
    if not all(map(math.isfinite, (value, low, high))) or low > high:
        raise SpecificationError(
            f"{text}: estimate {value} with interval [{low}, {high}] decides nothing; "
            "both must be finite and in order, otherwise use claims.not_testable with the reason"
        )
    if (pattern == "within") != isinstance(threshold, tuple):
        raise SpecificationError("pattern 'within' takes a pair of thresholds, the others take one number")
    if isinstance(threshold, tuple):
        holds = threshold[0] < low and high < threshold[1]
    elif pattern == "above":
        holds = low > threshold
    elif pattern == "below":
        holds = high < threshold
    elif pattern == "different":
        holds = not low <= threshold <= high
    else:
        raise SpecificationError(f"unknown pattern {pattern!r}: above, below, different or within")
    said = _seen(low, high, threshold, bounded=vocabulary.is_bounded(text))
    return Finding(f"{text}: {said}", bool(holds), value, (low, high), text)


def fact(text: str, holds: Any, *, estimate: float | None = None) -> Finding:
    """One part decided by plain counting or comparing: ``holds`` is computed, and must be a boolean.

    Parameters
    ----------
    text : what was counted or compared, in words.
    holds : whether it holds; computed, and a boolean.
    estimate : the number behind it, where there is one.

    Examples
    --------
    >>> from workbench.evidence import claims
    >>> claims.fact("three of ten firms gained", 3 > 5).holds
    False
    """
    if type(holds).__name__ not in {"bool", "bool_"}:
        raise SpecificationError(f"{text}: a fact is decided by a boolean, not by {holds!r}")
    return Finding(
        f"{text}: {'yes' if holds else 'no'}", bool(holds), None if estimate is None else float(estimate)
    )


def _seen(low: float, high: float, threshold: float | tuple[float, float], *, bounded: bool) -> str:
    if isinstance(threshold, tuple):
        inside = threshold[0] < low and high < threshold[1]
        between = " and ".join(written(end, bounded=bounded) for end in threshold)
        return f"the interval lies {'' if inside else 'not wholly '}between {between}"
    if low > threshold:
        return f"the whole interval lies above {written(threshold, bounded=bounded)}"
    if high < threshold:
        return f"the whole interval lies below {written(threshold, bounded=bounded)}"
    return f"the interval holds {written(threshold, bounded=bounded)}"


def written(value: float, *, bounded: bool = True) -> str:
    """Write a threshold: of what cannot exceed 1 with two decimals and no zero before the point.

    Parameters
    ----------
    value : the threshold. bounded : whether what it is held against cannot exceed 1.

    Examples
    --------
    >>> from workbench.evidence import claims
    >>> claims.written(0.9), claims.written(0.9, bounded=False)
    ('.90', '0.9')
    """
    text = f"{value:.2f}".replace("0.", ".", 1) if bounded and 0 < abs(value) < 1 else f"{value:g}"
    return text.replace("-", "\N{MINUS SIGN}")


def judge(
    claim_id: str,
    *,
    estimate: float,
    interval: tuple[float, float],
    pattern: Pattern,
    kind: str,
    n: int | None,
    threshold: float | tuple[float, float] = 0.0,
    level: float = 0.95,
    measure: str = "estimate",
    unit: str = "",
    part: str | None = None,
    planted: bool | None = None,
) -> Verdict:
    """Judge a claim by one estimate and its interval, and record the verdict with the run.

    Parameters
    ----------
    claim_id : of the ledger.
    estimate, interval, pattern, threshold : as in `finding`.
    kind : the kind of data.
    n : cases behind the estimate; None where there is no such number.
    level : confidence of the interval.
    measure, unit : what was estimated, and in what unit.
    part : tells apart several verdicts on one claim.
    planted : on simulated data, whether the claim holds in the population; None where that is not known.

    Raises
    ------
    SpecificationError : an unknown claim, kind or pattern, one that the ledger holds for an illustration or a
        check, numbers that decide nothing, or ``planted`` with data that are not simulated.

    Examples
    --------
    >>> from workbench.evidence import claims
    >>> found = claims.judge(
    ...     "D0-1", estimate=0.4, interval=(0.2, 0.6), pattern="above", kind="user", n=200
    ... )
    >>> found.word
    'supported'
    """
    one = finding(measure, estimate=estimate, interval=interval, pattern=pattern, threshold=threshold)
    return judge_all(
        claim_id, [one], kind=kind, n=n, level=level, measure=measure, unit=unit, part=part, planted=planted
    )


def judge_all(
    claim_id: str,
    findings: Sequence[Finding],
    *,
    kind: str,
    n: int | None,
    level: float = 0.95,
    measure: str = "",
    unit: str = "",
    part: str | None = None,
    planted: bool | None = None,
) -> Verdict:
    """Judge a claim that holds only if all findings hold.

    The first finding's estimate heads the verdict, as ``measure`` in ``unit``. Where that one holds and
    another does not, the first estimate that fails does, under its own name.

    Parameters
    ----------
    claim_id, kind, n, level, measure, unit, part, planted : as in `judge`.
    findings : of `finding` and `fact`, one at least.

    Examples
    --------
    >>> from workbench.evidence import claims
    >>> parts = [
    ...     claims.finding("the slope", estimate=0.4, interval=(0.2, 0.6), pattern="above"),
    ...     claims.fact("its test has p < .05", 0.2 < 0.05),
    ... ]
    >>> claims.judge_all("D0-1", parts, kind="user", n=200).word
    'not supported'
    """
    if not findings:
        raise SpecificationError(f"{claim_id}: no findings, so nothing to judge")
    if planted not in (True, False, None):
        raise SpecificationError(f"{claim_id}: planted is True, False or None (not known), not {planted!r}")
    met = all(one.holds for one in findings)
    failed = [one.text for one in findings if not one.holds]
    if met:
        reason = "; ".join(one.text for one in findings)
    else:
        rest = len(findings) - len(failed)
        others = "the other part holds" if rest == 1 else f"the other {rest} of {len(findings)} parts hold"
        reason = "; ".join(failed) + (f" ({others})" if rest else "")
    heads = findings[0]
    if heads.holds and not met:
        heads = next((one for one in findings if not one.holds and one.measure), heads)
    if heads is not findings[0]:
        measure, unit = heads.measure, ""
    return _recorded(
        Verdict(
            claim=_to_judge(claim_id),
            part=part,
            word=vocabulary.verdict_word(kind, met, None if planted is None else bool(planted)),
            found=met,
            planted=None if planted is None else bool(planted),
            kind=kind,
            n=None if n is None else int(n),
            estimate=heads.estimate,
            interval=heads.interval,
            level=level,
            measure=measure,
            unit=unit,
            reason=reason + ".",
            findings=tuple(findings),
        )
    )


def not_testable(
    claim_id: str, reason: str, *, kind: str, n: int | None = None, part: str | None = None
) -> Verdict:
    """Record that these data cannot decide the claim, and why.

    Not for simulated data: they hold what we plant, and the verdict is whether it was found.

    Parameters
    ----------
    claim_id, kind, n, part : as in `judge`.
    reason : what the data lack, in a sentence.

    Examples
    --------
    >>> from workbench.evidence import claims
    >>> claims.not_testable("D0-1", "The survey does not ask about CRM use.", kind="user").word
    'not testable here'
    """
    if kind == "simulated":
        raise SpecificationError(
            f"{claim_id}: simulated data can be made to test a claim; judge whether it is found"
        )
    return _recorded(
        Verdict(
            claim=_to_judge(claim_id),
            part=part,
            word="not testable here",
            found=None,
            planted=None,
            kind=vocabulary.data_kind(kind).name,
            n=None if n is None else int(n),
            estimate=None,
            interval=None,
            level=0.95,
            measure="",
            unit="",
            reason=reason,
        )
    )


def _to_judge(claim_id: str) -> str:
    """The id of a claim that the ledger lets a rule decide."""
    found = claim(claim_id)
    if found.use in ("illustration", "check"):
        raise SpecificationError(
            f"{claim_id} is {'an' if found.use == 'illustration' else 'a'} {found.use} in the ledger: "
            "show the numbers, without a verdict"
        )
    return found.id


def _recorded(verdict: Verdict) -> Verdict:
    run_records.record("verdict", verdict.as_record())
    return verdict
