"""A title is chosen by the numbers it stands over."""

import numpy as np
import pandas as pd
import pytest

from workbench.measurement.discriminant import HtmtInterval, ReliabilityTable
from workbench.show import titles


def reliability(alpha, omega=None, rest=0.5):
    table = pd.DataFrame({"alpha": alpha}, index=list("ab")[: len(alpha)])
    if omega is not None:
        table["omega"] = omega
    items = pd.DataFrame({"construct": list(table.index), "item": "x", "item_rest": rest})
    return ReliabilityTable(table, items, 0.95, 0, 1, ())


LABELS = {"a": "Price", "b": "Staff"}


@pytest.mark.parametrize(
    ("alpha", "omega", "title"),
    [
        ([0.8, 0.7], [0.81, 0.7], "Alpha and omega hardly differ; Staff is measured least well"),
        ([0.8, 0.6], [0.8, 0.68], "Omega lies .08 above alpha for Staff; Staff is measured least well"),
        ([0.8, 0.7], [0.72, 0.75], "Omega lies .08 below alpha for Price; Price is measured least well"),
        ([-1.39, 0.7], [0.81, 0.7], "Answers run against each other: alpha is negative for Price"),
        ([0.8], [0.8], "Alpha and omega hardly differ"),
        ([0.8, 0.7], None, "Alpha runs from .70 to .80"),
        ([0.8, 0.7], [np.nan, np.nan], "Alpha runs from .70 to .80"),
    ],
)
def test_of_reliability(alpha, omega, title):
    assert titles.reliability(reliability(alpha, omega), LABELS) == title


def test_of_an_item_that_runs_against_the_others():
    found = reliability([0.3, 0.7], [0.6, 0.7], rest=[-0.2, 0.5])
    assert (
        titles.reliability(found, LABELS) == "x runs against the other items: mend that before reading alpha"
    )


def test_of_factors():
    assert titles.retained(0) == "No factor has more in common than shuffled answers have"
    assert titles.retained(1) == "1 factor has more in common than shuffled answers have"
    assert titles.families(1, 3, 5) == "1 of 3 families of rules suggests 5 factors"
    strong = pd.DataFrame([[1, -0.5], [-0.5, 1]])
    assert titles.factor_correlations(strong).startswith("The factors correlate, at most at −.50")
    assert (
        titles.factor_correlations(strong.replace(-0.5, 0.1))
        == "The factors correlate little, at most at .10"
    )
    again = pd.DataFrame({"lowest_alpha": [0.764, 0.771], "families": [2, 3]}, index=["a", "b"])
    assert titles.repeated(again, 5) == (
        "In 2 samples 2 to 3 families of rules suggest 5 factors, and the lowest α is .76 to .77"
    )
    assert titles.repeated(again[["lowest_alpha"]][:1], 5) == "In 1 sample the lowest α is .76"
    assert titles.boxes(pd.Series([0.001, 0.001])) != titles.boxes(pd.Series([0.04, 0.04]))
    assert titles.boxes(pd.Series([-0.03, -0.03])).endswith("boxes raise the loadings by .03 on average")
    apart = titles.boxes(pd.Series([0.7, -0.7]))
    assert apart.endswith("loadings that differ by up to .70, either way")
    assert titles.boxes(pd.Series([0.4, -0.1, 0.0])).endswith(
        "by .10 on average; single ones differ by up to .40"
    )


def test_of_htmt():
    def one(*upper):
        return HtmtInterval(pd.DataFrame(), pd.DataFrame({"upper": upper}), False, 0.95, 100, 1, 100, ())

    assert titles.htmt(one(0.5, 0.84)) == "Every pair stays below .85: the highest upper bound is .84"
    assert titles.htmt(one(0.5, 0.86)) == "1 pair of 2 reaches .85"
    assert titles.htmt(one(0.9, 0.86, np.nan)) == "2 pairs of 3 reach .85; 1 pair without a ratio"
    assert titles.htmt(one(np.nan)) == "No pair has a ratio"
