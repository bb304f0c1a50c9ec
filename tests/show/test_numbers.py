"""Numbers as APA writes them."""

import math

import pandas as pd
import pytest

from workbench.show import numbers


@pytest.mark.parametrize(
    ("value", "digits", "bounded", "text"),
    [
        (0.345, 2, False, "0.34"),
        (-0.5, 2, True, "−.50"),
        (0.999, 2, True, "1.00"),
        (-0.001, 2, False, "0.00"),
        (1234.5, 1, False, "1,234.5"),
        (1, 2, True, "1.00"),
        (None, 2, False, "–"),
        (math.nan, 2, False, "–"),
        (pd.NA, 2, False, "–"),
        (-math.inf, 2, False, "−∞"),
    ],
)
def test_number(value, digits, bounded, text):
    assert numbers.number(value, digits, bounded=bounded) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0004, "< .001"),
        (0.001, ".001"),
        (0.0495, ".050"),
        (1.0, "> .999"),
        (0.9994, ".999"),
        (math.nan, "–"),
    ],
)
def test_p_value(p, text):
    assert numbers.p_value(p).replace(numbers.THIN, " ") == text


def test_test_statistics_and_intervals():
    plain = numbers.statistic("χ²", 85.306, df=24, p=1e-8).replace(numbers.THIN, " ")
    assert plain == "χ²(24) = 85.31, p < .001"
    assert numbers.statistic("F", 2.5, df=(2, 31.5)).replace(numbers.THIN, " ") == "F(2, 31.5) = 2.50"
    assert (
        numbers.estimate(0.35, (0.28, 0.42), bounded=True).replace(numbers.NO_BREAK, " ") == ".35 [.28, .42]"
    )
    assert numbers.percent(0.7).replace(numbers.NO_BREAK, " ") == "70 %"


def test_an_end_of_an_interval_that_rounds_to_nothing_shows_its_side_of_zero():
    assert numbers.estimate(0.014, (-0.002, 0.03)).replace(numbers.NO_BREAK, " ") == "0.014 [−0.002, 0.030]"
    assert numbers.estimate(0.4, (0.0, 0.8)).replace(numbers.NO_BREAK, " ") == "0.40 [0.00, 0.80]"
    assert numbers.estimate(0.4, (float("nan"), 0.8)).startswith("0.40 [")


@pytest.mark.parametrize("digits", [0, 1])
def test_a_share_and_its_percentage_are_rounded_alike(digits):
    for share in (k / 10 ** (digits + 3) for k in range(10 ** (digits + 3))):
        cell = round(100 * float(numbers.number(share, digits + 2)), digits)
        assert numbers.percent(share, digits) == f"{numbers.number(cell, digits)}{numbers.NO_BREAK}%"
