"""Verdicts follow from numbers alone."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench import run_records
from workbench.errors import SpecificationError
from workbench.evidence import claims
from workbench.evidence.rates import Rate


def test_unknown_claim_is_an_error_that_lists_the_known():
    with pytest.raises(SpecificationError, match=r"no claim 'D9-9'.*D0-1"):
        claims.judge("D9-9", estimate=1, interval=(0, 2), pattern="above", kind="printed", n=3)


@pytest.mark.parametrize(
    ("pattern", "threshold", "interval", "met"),
    [
        ("above", 0, (0.1, 0.5), True),
        ("above", 0, (0.0, 0.5), False),
        ("above", 0.2, (0.1, 0.5), False),
        ("below", 0, (-0.5, -0.1), True),
        ("below", 0, (-0.5, 0.1), False),
        ("different", 0, (-0.5, -0.1), True),
        ("different", 0, (-0.1, 0.1), False),
        ("within", (-0.2, 0.2), (-0.1, 0.1), True),
        ("within", (-0.2, 0.2), (-0.3, 0.1), False),
    ],
)
@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [("printed", "supported", "not supported"), ("simulated", "found", "not found")],
)
def test_words_follow_from_the_interval(pattern, threshold, interval, met, kind, yes, no):
    verdict = claims.judge(
        "D0-1",
        estimate=sum(interval) / 2,
        interval=interval,
        pattern=pattern,
        threshold=threshold,
        kind=kind,
        n=10,
    )
    assert verdict.word == (yes if met else no)


def test_all_parts_must_hold_and_the_failed_ones_are_the_reason():
    parts = [claims.fact("first", True), claims.fact("second", np.bool_(False)), claims.fact("third", True)]
    verdict = claims.judge_all("D3-1", parts, kind="printed", n=10)
    assert verdict.word == "not supported"
    assert verdict.reason == "second: no (the other 2 of 3 parts hold)."
    assert claims.judge_all("D3-1", parts[::2], kind="printed", n=10).word == "supported"


def test_what_fails_heads_a_verdict_that_is_not_met():
    parts = [
        claims.finding(name, estimate=value, interval=(value - 0.1, value + 0.1), pattern="above")
        for name, value in (("first", 0.4), ("second", 0.05))
    ]
    for given, head in (
        (parts, 0.05),
        (parts[:1], 0.4),
        ([parts[0], claims.fact("a test", False, estimate=7)], 0.4),
    ):
        verdict = claims.judge_all("D0-1", given, kind="user", n=9, measure="β", unit="SD")
        named = ("second", "") if head == 0.05 else ("β", "SD")  # no number stands under another's name
        assert (verdict.estimate, verdict.measure, verdict.unit) == (head, *named)


def test_verdicts_cannot_be_typed():
    with pytest.raises(SpecificationError, match="decided by a boolean"):
        claims.fact("it works", "supported")
    with pytest.raises(SpecificationError, match="decides nothing"):
        claims.finding("x", estimate=math.nan, interval=(0, 1), pattern="above")
    with pytest.raises(SpecificationError, match="decides nothing"):
        claims.finding("x", estimate=1, interval=(2, 0), pattern="above")
    with pytest.raises(SpecificationError, match="unknown pattern"):
        claims.finding("x", estimate=1, interval=(0, 2), pattern="nice")
    with pytest.raises(SpecificationError, match="not a kind of data"):
        claims.judge("D0-1", estimate=1, interval=(0, 2), pattern="above", kind="invented", n=1)
    with pytest.raises(SpecificationError, match="simulated"):
        claims.not_testable("D0-1", "no reason", kind="simulated")


def test_no_effect_is_recovered_in_at_most_five_per_cent_of_samples():
    rng = np.random.default_rng(1)
    for pattern in ("above", "below", "different"):
        words = []
        for _ in range(2000):
            mean = rng.normal() / 10
            interval = (mean - 0.196, mean + 0.196)
            words.append(
                claims.judge(
                    "D0-1",
                    estimate=mean,
                    interval=interval,
                    pattern=pattern,
                    kind="simulated",
                    n=100,
                    planted=False,
                ).word
            )
        # 5 % plus three standard errors of a share over 2,000 samples
        assert words.count("false alarm") / 2000 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_a_verdict_reaches_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv(run_records.VARIABLE, str(tmp_path))
    claims.judge(
        "D0-1", part="total", estimate=0.3, interval=(0.1, 0.5), pattern="above", kind="public", n=200
    )
    claims.not_testable("D3-2", "No customers.", kind="printed", n=10)
    first, second = run_records.records(Path(tmp_path))
    assert first["claim"] == "D0-1"
    assert first["part"] == "total"
    assert first["verdict"] == "supported"
    assert first["interval"] == [0.1, 0.5]
    assert second["verdict"] == "not testable here"
    assert second["reason"] == "No customers."


JUDGED = {"estimate": 0.3, "interval": (0.1, 0.5), "n": 10}


@pytest.mark.parametrize(
    ("planted", "pattern", "word"),
    [
        (True, "above", "recovered"),
        (True, "below", "missed"),
        (False, "above", "false alarm"),
        (np.bool_(False), "below", "rightly rejected"),
        (None, "above", "found"),
    ],
)
def test_on_simulated_data_a_verdict_has_two_parts(planted, pattern, word):
    verdict = claims.judge("D0-1", pattern=pattern, kind="simulated", planted=planted, **JUDGED)
    record = verdict.as_record()
    assert (verdict.word, record["verdict"]) == (word, word)
    assert record["planted"] is (None if planted is None else bool(planted))
    assert record["found"] is (pattern == "above")
    assert (record["rate"], record["rates"]) == (None, [])
    assert json.loads(json.dumps(record)) == record


def test_planted_is_true_false_or_not_known_and_of_simulated_data_alone():
    for kind in ("printed", "public", "user"):
        with pytest.raises(SpecificationError, match="only simulated data"):
            claims.judge("D0-1", pattern="above", kind=kind, planted=False, **JUDGED)
        assert claims.judge("D0-1", pattern="above", kind=kind, **JUDGED).found is True
    with pytest.raises(SpecificationError, match="planted is True, False or None"):
        claims.judge("D0-1", pattern="above", kind="simulated", planted="yes", **JUDGED)
    undecided = claims.not_testable("D3-2", "No customers.", kind="user", n=10)
    assert (undecided.found, undecided.planted, undecided.rate) == (None, None, None)


def test_the_rate_of_a_verdict_is_that_of_its_own_population():
    verdict = claims.judge("D0-1", pattern="above", kind="simulated", planted=True, **JUDGED)
    own = Rate("shop", True, 50, 46, 0, (0.8, 0.98))
    rated = replace(verdict, rates=(own, Rate("no effect", False, 50, 1, 0, (0.0, 0.1)))).as_record()
    assert rated["rate"] == 0.92
    assert [one["rate"] for one in rated["rates"]] == [0.92, 0.02]
    assert rated["rates"][0]["interval"] == [0.8, 0.98]
    nothing = replace(verdict, rates=(Rate("shop", True, 0, 0, 50, (math.nan, math.nan)),)).as_record()
    assert nothing["rate"] is None
    assert nothing["rates"][0]["interval"] is None


@pytest.mark.parametrize(
    ("pattern", "threshold", "interval", "said"),
    [
        ("above", 0, (0.1, 0.5), "the whole interval lies above 0"),
        ("above", 0.2, (-0.5, 0.1), "the whole interval lies below 0.2"),
        ("different", 0, (0.0, 0.5), "the interval holds 0"),
        ("below", 0.5, (0.1, 0.5), "the interval holds 0.5"),
        ("within", (-0.2, 0.2), (-0.1, 0.1), "the interval lies between −0.2 and 0.2"),
        ("within", (-0.2, 0.2), (-0.2, 0.1), "the interval lies not wholly between −0.2 and 0.2"),
        ("within", (-0.2, 0.2), (-0.1, 0.2), "the interval lies not wholly between −0.2 and 0.2"),
    ],
)
def test_a_finding_says_where_its_interval_lies(pattern, threshold, interval, said):
    one = claims.finding("x", estimate=0.1, interval=interval, pattern=pattern, threshold=threshold)
    assert one.text == f"x: {said}"
    assert (one.estimate, one.interval) == (0.1, interval)


def test_a_rule_that_decides_nothing_is_refused():
    for pattern, threshold in (("within", 0.1), ("above", (0, 1))):
        with pytest.raises(SpecificationError, match="takes a pair of thresholds"):
            claims.finding("x", estimate=1, interval=(0, 2), pattern=pattern, threshold=threshold)
    with pytest.raises(SpecificationError, match="nothing to judge"):
        claims.judge_all("D0-1", [], kind="user", n=3)


def test_the_reason_names_every_part_that_holds_or_those_that_do_not():
    yes, no = claims.fact("first", True, estimate=2), claims.fact("second", False)
    met = claims.judge_all("D0-1", [yes, claims.fact("third", True)], kind="user", n=3)
    assert (met.reason, met.estimate, met.interval) == ("first: yes; third: yes.", 2.0, None)
    assert claims.judge_all("D0-1", [no], kind="user", n=None).reason == "second: no."


@pytest.mark.parametrize(("claim", "use"), [("D2-4", "an illustration"), ("D3-5", "a check")])
def test_what_the_ledger_only_shows_gets_no_verdict(claim, use):
    with pytest.raises(SpecificationError, match=f"{claim} is {use} in the ledger"):
        claims.judge_all(claim, [claims.fact("seen", True)], kind="user", n=10)
    with pytest.raises(SpecificationError, match=f"{claim} is {use}"):
        claims.not_testable(claim, "no data", kind="user")
    assert claims.judge_all("D0-6", [claims.fact("seen", True)], kind="user", n=10).found


def test_a_limit_that_touches_the_threshold_decides_nothing():
    """'Wholly above', 'wholly below' and 'wholly between' leave the threshold itself out."""

    def holds(low, high, pattern, threshold):
        one = claims.finding("x", estimate=low, interval=(low, high), pattern=pattern, threshold=threshold)
        return one.holds

    assert not holds(0.0, 1.0, "above", 0.0)
    assert not holds(-1.0, 0.0, "below", 0.0)
    assert not holds(0.0, 1.0, "different", 0.0)
    assert not holds(-1.0, 0.0, "different", 0.0)
    assert not holds(0.7, 0.75, "within", (0.7, 0.8))
    assert not holds(0.75, 0.8, "within", (0.7, 0.8))
    assert holds(0.71, 0.79, "within", (0.7, 0.8))


def test_an_interval_of_one_point_is_an_interval():
    assert claims.finding("x", estimate=1.0, interval=(1.0, 1.0), pattern="above").holds
    with pytest.raises(SpecificationError, match="in order"):
        claims.finding("x", estimate=1.0, interval=(1.1, 1.0), pattern="above")


def test_a_verdict_says_its_level_and_its_cases():
    found = claims.judge("D3-9", estimate=0.5, interval=(0.4, 0.6), pattern="above", kind="public", n=40)
    assert (found.level, found.n) == (0.95, 40)
    found = claims.judge_all("D3-9", [claims.fact("x", True)], kind="public", n=None)
    assert (found.level, found.n) == (0.95, None)
    assert claims.not_testable("D3-9", "nobody was asked", kind="public", n=40).n == 40
    assert claims.not_testable("D3-9", "nobody was asked", kind="public").n is None


def test_a_verdict_cannot_be_changed():
    found = claims.judge_all("D3-9", [claims.fact("x", True)], kind="public", n=3)
    with pytest.raises(AttributeError):
        found.word = "supported"
    with pytest.raises(AttributeError):
        found.findings[0].holds = False
