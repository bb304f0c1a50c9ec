"""Tables that a function is given: what is let in, as what, and what is said of the rest."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, SpecificationError
from workbench.given_tables import (
    SIZE,
    is_number,
    kind_of,
    named_table,
    need_columns,
    of_polars,
    series,
    table,
    usable,
)

ROWS = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        ("x" * 60, f"the text '{'x' * 40}'"),
        (True, "True"),
        (np.False_, "False"),
        (7, "7"),
        (-(10**20) + 1, "-99999999999999999999"),
        (10**20, "a whole number of 67 bits"),
        (-(10**20), "a whole number of 67 bits"),
        (1 << 4000, "a whole number of 4,001 bits"),
        (1e30, "1e+30"),
        (2.5, "2.5"),
        ([1], "a list"),
        (np.ones((2, 3)), "a ndarray of 2 x 3"),
        (ROWS, "a DataFrame of 2 x 2"),
        (object(), "a object"),
    ],
)
def test_a_message_says_what_a_value_is_and_how_large(value, words):
    assert kind_of(value) == words


def test_what_calls_its_shape_something_else_has_no_size():
    assert kind_of(type("Circle", (), {"shape": "round"})()) == "a Circle"


def test_a_table_is_a_frame_with_rows():
    assert table("it", ROWS) is ROWS
    with pytest.raises(DataError, match="it: the table has no rows"):
        table("it", ROWS[:0])
    with pytest.raises(DataError, match=r"needed, not a Series of 2: take it with two brackets"):
        table("it", ROWS["a"])
    with pytest.raises(DataError) as caught:
        table("it", [1])
    assert str(caught.value) == "it: a DataFrame with named columns is needed, not a list"


def test_frames_of_polars_come_in_as_those_of_pandas_collected_or_not():
    polars = pytest.importorskip("polars")
    for given in (polars.from_pandas(ROWS), polars.from_pandas(ROWS).lazy()):
        assert table("it", given).to_dict("list") == ROWS.to_dict("list")
    for other in (polars.Series("a", [1, 2]), ROWS, ROWS["a"], None, 3):
        assert of_polars(other) is None


def test_a_series_of_polars_is_taken_and_a_frame_is_none():
    polars = pytest.importorskip("polars")
    found = series("x", polars.Series("x", [1.0, 2.0]))
    assert isinstance(found, pd.Series)
    assert found.tolist() == [1.0, 2.0]
    for frame in (polars.DataFrame({"a": [1]}), polars.DataFrame({"a": [1]}).lazy()):
        with pytest.raises(DataError, match="a Series with an index is needed"):
            series("x", frame)


@pytest.mark.parametrize("value", [ROWS, [1, 2], "x", None, np.arange(2)])
def test_what_is_no_series_is_refused_with_how_one_is_written(value):
    with pytest.raises(DataError, match=r"x: a Series with an index is needed, data\['q1'\] or"):
        series("x", value)


def test_columns_of_a_whole_table_are_named_by_texts_that_differ():
    assert named_table("it", ROWS) is ROWS
    for wrong in (
        ROWS.set_axis(["a", 2], axis=1),
        ROWS.set_axis([1, 2], axis=1),
        pd.concat({"z": ROWS}, axis=1),
    ):
        with pytest.raises(DataError, match="it: columns have to be named by texts"):
            named_table("it", wrong)
    with pytest.raises(SpecificationError, match="column 'a': the data hold this column twice"):
        named_table("it", ROWS.set_axis(["a", "a"], axis=1))


def test_columns_that_are_there_once_are_enough():
    assert need_columns(ROWS, ["a"]) is None
    assert need_columns(ROWS, ["b", "a", "a"]) is None
    assert need_columns(ROWS.set_axis(["a", "a"], axis=1), []) is None


def test_all_columns_that_are_not_there_or_twice_are_said_at_once():
    frame = pd.DataFrame(np.ones((2, 3)), columns=["income", "age", "age"])
    with pytest.raises(SpecificationError, match="3 faults") as caught:
        need_columns(frame, ["incone", "age", "zzz", "income", "zzz"])
    for said in (
        "column 'incone': no such column in the data. Did you mean 'income'?",
        "column 'age': the data hold this column twice. Rename or drop one.",
        "column 'zzz': no such column in the data. Columns: income, age, age.",
    ):
        assert said in str(caught.value)


@pytest.mark.parametrize(("columns", "more"), [(12, ""), (13, " and 1 more"), (15, " and 3 more")])
def test_twelve_columns_are_named_and_the_others_counted(columns, more):
    frame = pd.DataFrame(np.ones((2, columns)), columns=[f"c{number}" for number in range(columns)])
    with pytest.raises(SpecificationError) as error:
        need_columns(frame, ["height"])
    assert f"c11{more}" in str(error.value)
    assert "c12" not in str(error.value)
    assert ("more" in str(error.value)) is bool(more)


@pytest.mark.parametrize(
    ("values", "real"),
    [
        ([1, 2], True),
        ([0.5, np.nan], True),
        (pd.array([1, None], dtype="Int64"), True),
        ([True, False], False),
        (pd.array([True, None], dtype="boolean"), False),
        ([1j, 2], False),
        (["x", "y"], False),
        (pd.Categorical([1, 2]), False),
        (pd.to_datetime(["2026-01-01"]), False),
    ],
)
def test_real_numbers_are_numbers_and_yes_and_no_are_none(values, real):
    assert is_number(pd.Series(values)) is real


@pytest.mark.parametrize("values", [[1, 2.5], [1, 2], [1.5, None], [Decimal("1.5"), Decimal(2)]])
def test_numbers_kept_as_objects_come_out_as_numbers(values):
    kept = pd.DataFrame({"x": pd.Series(values, dtype=object, index=[5, 9])})
    found = usable(kept)
    assert found["x"].dtype == float
    assert found.index.tolist() == [5, 9]
    np.testing.assert_array_equal(found["x"], [np.nan if value is None else float(value) for value in values])


@pytest.mark.parametrize(
    "values",
    [
        ["x", "y"],
        ["x", None],
        ["1", "2"],
        ["x", 1],
        [True, False],
        pd.array([1, None], dtype="Int64"),
        [1, 2],
        pd.Categorical(["x", "y"]),
        [(1, 2), "x"],
    ],
)
def test_other_cells_come_out_as_they_were(values):
    kept = pd.DataFrame({"x": pd.Series(values)})
    pd.testing.assert_frame_equal(usable(kept), kept)


def test_texts_kept_as_objects_stay_texts():
    kept = pd.DataFrame({"x": pd.Series(["1", "2"], dtype=object)})
    assert usable(kept)["x"].tolist() == ["1", "2"]


def test_infinite_values_are_told_with_the_row_of_the_first_and_as_what_they_are():
    with pytest.raises(DataError, match=r"row 4, column 'x': infinite value\. Mend or empty the cell"):
        usable(pd.DataFrame({"x": [1.0, 2.0, np.inf, 4.0, -np.inf]}))


def test_every_column_that_cannot_be_used_is_said():
    cells = {
        "inf": [np.inf, 1],
        "complex": [1j, 2],
        "lists": ["x", [1]],
        "sound": [1, 2],
        "large": [1e200, 1],
    }
    with pytest.raises(DataError, match="4 faults") as caught:
        usable(pd.DataFrame(cells))
    for said in (
        "row 2, column 'inf': infinite value",
        "column 'complex': holds complex numbers. Take their real part.",
        "column 'lists': holds a list in a cell. A cell holds one number or one text.",
        "column 'large': numbers as large as 1e+200 cannot be squared. Change the unit of the column.",
    ):
        assert said in str(caught.value)


@pytest.mark.parametrize("power", [1.0, -1.0])
def test_numbers_are_refused_from_the_size_on_whose_square_is_none(power):
    edge = SIZE**power
    inside = edge * (1 - 1e-6) ** power
    assert usable(pd.DataFrame({"x": [0.0, inside]}))["x"].iloc[1] == inside
    assert usable(pd.DataFrame({"x": [0.0, -inside]}))["x"].iloc[1] == -inside
    for value in (edge, -edge):
        with pytest.raises(DataError, match="cannot be squared"):
            usable(pd.DataFrame({"x": [0.0, value]}))


@pytest.mark.parametrize("values", [[0.0, 0.0], [np.nan, np.nan], []])
def test_noughts_and_gaps_have_no_size_that_is_wrong(values):
    kept = pd.DataFrame({"x": pd.Series(values, dtype=float)})
    pd.testing.assert_frame_equal(usable(kept), kept)
