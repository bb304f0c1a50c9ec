"""A rival definition inside a composite, and all weight on one part: pairs counted by hand."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import SpecificationError
from workbench.indicators import extreme_weights, rivals_in_composite
from workbench.indicators.definitions import IndicatorTable

DEFINITIONS = pd.DataFrame(
    {"concept": ["liking", "trouble", "trouble"], "direction": ["higher", "lower", "lower"]},
    index=["satisfaction", "complaints", "rate"],
)
# Scaled 0 to 1, higher is better: satisfaction 0 1/4 1/2 1 3/4, complaints 3/4 1 0 1/2 1/4.
VALUES = pd.DataFrame(
    {
        "satisfaction": [1.0, 2.0, 3.0, 5.0, 4.0],
        "complaints": [10.0, 0.0, 40.0, 20.0, 30.0],
        "rate": [30.0, 0.0, 20.0, 10.0, np.nan],
    },
    index=list("ABCDE"),
)
PARTS = ["satisfaction", "complaints"]


def table(values=VALUES):
    return IndicatorTable(values, DEFINITIONS, pd.DataFrame(), pd.DataFrame(), ())


def test_a_rival_in_a_composite_turns_the_pairs_that_one_counts_by_hand():
    """A to D have composites 3/8 5/8 1/4 3/4; with rate (0 1 1/3 2/3) 0 5/8 5/12 5/6: only A and C turn."""
    found = rivals_in_composite(table(), PARTS)
    assert found[["part", "by", "n"]].values.tolist() == [["complaints", "rate", 4]]
    row = found.iloc[0]
    assert row["pairs_reversed"] == pytest.approx(1 / 6)
    # Units turn 1/3, 0, 1/3, 0 of their pairs: variance 1/27, standard error 2 √(1/27) / √4.
    assert row["ci_lower"] == 0
    assert row["ci_upper"] == pytest.approx(1 / 6 + 1.959964 / np.sqrt(27), abs=1e-6)


def test_all_weight_on_one_part_turns_the_pairs_that_one_counts_by_hand():
    """With E composites are 3/8 5/8 1/4 3/4 1/2. Satisfaction turns AC, BC, BE; complaints AD, BD, AE."""
    found = extreme_weights(table(), PARTS).set_index("part")
    assert list(found.index) == PARTS
    assert found["n"].tolist() == [5, 5]
    assert found["pairs_reversed"].tolist() == pytest.approx([0.3, 0.3])
    # Satisfaction: units turn 1/4, 2/4, 2/4, 0, 1/4 of their pairs, with variance 0.04375.
    assert found.loc["satisfaction", "ci_upper"] == pytest.approx(
        0.3 + 1.959964 * 2 * np.sqrt(0.04375 / 5), abs=1e-6
    )


def test_a_definition_that_ranks_alike_turns_nothing_and_ties_are_no_turns():
    alike = table(VALUES.assign(rate=2 * VALUES["complaints"] + 7))
    assert rivals_in_composite(alike, PARTS)["pairs_reversed"].tolist() == [0]
    two = VALUES.assign(satisfaction=[1.0, 2.0, 3.0, 4.0, 5.0], complaints=[4.0, 3.0, 2.0, 1.0, 0.0])
    upside_down = rivals_in_composite(table(two.assign(rate=-3 * two["complaints"])), PARTS)
    assert upside_down["pairs_reversed"].tolist() == [0]  # the composite is the same for all: ties, no turn
    assert extreme_weights(table(two), PARTS)["pairs_reversed"].tolist() == [0, 0]


def test_without_a_rival_or_with_too_few_units_there_is_nothing_to_compare():
    assert rivals_in_composite(table(), ["satisfaction", "rate"])["by"].tolist() == ["complaints"]
    assert rivals_in_composite(table(), ["complaints", "rate"]).empty
    assert rivals_in_composite(table(VALUES.head(2)), PARTS).empty


def test_a_composite_needs_two_indicators_of_the_table():
    for count in (rivals_in_composite, extreme_weights):
        with pytest.raises(SpecificationError, match="not in it: growth"):
            count(table(), ["satisfaction", "growth"])
        with pytest.raises(SpecificationError, match="two or more"):
            count(table(), ["satisfaction"])
