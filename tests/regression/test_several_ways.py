import pandas as pd
import pytest

from workbench.errors import SpecificationError
from workbench.regression import least_favourable


def table(**rows):
    return pd.DataFrame(rows, index=["estimate", "ci_lower", "ci_upper"]).T


STEADY = table(a=(0.3, 0.2, 0.4), b=(0.2, 0.1, 0.3))
WIDE = table(a=(0.4, 0.25, 0.55), b=(0.3, -0.1, 0.7))


def test_the_interval_that_reaches_lowest_decides_whatever_the_estimate():
    found = least_favourable({"steady": STEADY, "wide": WIDE}, ["a", "b"])
    assert found["way"].to_dict() == {"b": "wide", "a": "steady"}
    assert list(found.index) == ["b", "a"]
    assert found.loc["b", ["estimate", "ci_lower", "ci_upper"]].tolist() == [0.3, -0.1, 0.7]


def test_all_above_zero_only_if_every_way_is():
    both = least_favourable({"steady": STEADY, "wide": WIDE}, ["a", "b"])
    assert not (both["ci_lower"] > 0).all()
    assert (least_favourable({"steady": STEADY}, ["a", "b"])["ci_lower"] > 0).all()


def test_a_way_without_a_term_or_with_a_hole_is_refused():
    with pytest.raises(SpecificationError, match="'wide' has no finite estimate"):
        least_favourable({"steady": STEADY, "wide": WIDE.drop("b")}, ["a", "b"])
    with pytest.raises(SpecificationError, match="finite"):
        least_favourable({"wide": WIDE.assign(ci_lower=float("nan"))}, ["a"])
