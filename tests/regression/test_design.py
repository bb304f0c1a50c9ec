import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, SpecificationError
from workbench.regression import design, ols

DATA = pd.DataFrame(
    {
        "y": [1.0, 2.0, 4.0, 3.0, 5.0, 7.0, np.nan, 6.0],
        "x": [1.0, 2.0, 3.0, 5.0, 4.0, 6.0, 7.0, 9.0],
        "kind": ["b", "a", "c", "a", "b", "c", "a", "b"],
    }
)


def test_text_becomes_dummies_against_the_first_level_and_products_multiply():
    made = design(DATA, "y", ["x", "kind", ("x", "kind")], center=["x"])
    assert list(made.x.columns) == ["(Intercept)", "x", "kind[b]", "kind[c]", "x:kind[b]", "x:kind[c]"]
    assert made.references == {"kind": "a"}
    assert made.x["x"].mean() == pytest.approx(0)
    np.testing.assert_array_equal(made.x["x:kind[b]"], made.x["x"] * made.x["kind[b]"])


def test_category_order_decides_the_reference():
    data = DATA.assign(kind=pd.Categorical(DATA["kind"], categories=["c", "b", "a"]))
    assert design(data, "y", ["kind"]).references == {"kind": "c"}


def test_missing_rows_are_left_out_and_said():
    made = design(DATA, "y", ["x"])
    assert len(made.y) == 7
    assert "1 of 8 rows" in made.warnings[0]
    assert "(1 in y)" in made.warnings[0]


def test_a_hostile_column_name_is_only_a_name(tmp_path):
    trap = tmp_path / "ran"
    name = f"__import__('pathlib').Path({str(trap)!r}).touch()"
    model = ols(DATA.rename(columns={"x": name}), "y", [name])
    assert name in model.coefficients.index
    assert not trap.exists()


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (["nowhere"], "no such column"),
        (["x", "x"], "given twice"),
        (["y"], "own predictors"),
        ([], "at least one term"),
        (["x", "double"], "determined exactly"),
    ],
)
def test_terms_that_cannot_be_used_are_named(terms, words):
    with pytest.raises(SpecificationError, match=words):
        design(DATA.assign(double=2 * DATA["x"]), "y", terms)


def test_values_that_cannot_be_used_are_named_with_their_row():
    with pytest.raises(DataError, match="row 4, column 'x': infinite"):
        design(DATA.assign(x=[1, 2, np.inf, 4, 5, 6, 7, 8]), "y", ["x"])
    with pytest.raises(DataError, match="must be numeric"):
        design(DATA.assign(y="high"), "y", ["x"])
    with pytest.raises(DataError, match="cannot estimate"):
        design(DATA.head(3), "y", ["x", "kind"])


def test_columns_can_be_centred_at_a_given_point():
    made = design(DATA, "y", ["x", "kind"], center={"x": 3})
    np.testing.assert_array_equal(made.x["x"], made.rows["x"] - 3)
    assert made.centres == {"x": 3.0}
    with pytest.raises(SpecificationError, match="asked to be centred"):
        design(DATA, "y", ["x"], center={"kind": 3})
