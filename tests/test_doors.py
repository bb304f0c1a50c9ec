"""Each check at a function's door, at its edge: what it lets in, as what, and what it says of the rest."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from workbench import doors
from workbench.errors import DataError, SpecificationError, WorkbenchError


@doors.door(rows=doors.table, level=doors.share, width=doors.whole(1), parts=doors.each(doors.number))
def summed(rows, *parts, level=0.9, width=3):
    """A function of some arguments, for what its door says."""
    return len(rows), parts, level, width


ROWS = pd.DataFrame({"a": [1, 2]})


def refused(check, value, words: str, error=SpecificationError) -> None:
    """The check refuses the value, in such an error, with such words."""
    with pytest.raises(WorkbenchError) as caught:
        check("it", value)
    assert type(caught.value) is error
    assert words in str(caught.value)


def test_what_is_right_comes_to_the_function_as_it_was_written():
    assert summed(ROWS) == (2, (), 0.9, 3)
    assert summed(ROWS, 1, 2.5, level=0.5, width=1) == (2, (1.0, 2.5), 0.5, 1)


def test_a_door_names_each_argument():
    for given in ({"one": doors.flag}, dict.fromkeys(("one", "two", "three"), doors.flag)):
        with pytest.raises(TypeError, match="each of its arguments"):
            doors.door(**given)(lambda one, two: None)


def test_all_that_is_wrong_is_said_at_once_and_what_is_wrong_with_data_alone_as_that():
    with pytest.raises(SpecificationError, match="3 faults") as caught:
        summed(3, level=2, width=0)
    for name in ("rows: a DataFrame", "level=2: ", "width=0: "):
        assert name in str(caught.value)
    with pytest.raises(DataError, match="rows: a DataFrame"):
        summed(3)
    with pytest.raises(SpecificationError, match="level=2: "):
        summed(ROWS, level=2)


def test_each_of_many_is_told_by_its_place_counted_from_one():
    with pytest.raises(SpecificationError, match="parts 2=a list: a finite number"):
        summed(ROWS, 1.0, [2.0])


def test_a_name_that_the_function_has_not_is_answered_with_the_nearest_and_with_all():
    with pytest.raises(SpecificationError) as caught:
        summed(ROWS, levels=0.5)
    assert str(caught.value) == "summed has no levels=; did you mean level=? It has rows, level, width"
    with pytest.raises(SpecificationError) as caught:
        summed(ROWS, level=0.5, zzz=1)
    assert str(caught.value) == "summed has no zzz=. It has rows, level, width"
    with pytest.raises(SpecificationError) as caught:
        summed()
    assert str(caught.value) == (
        "summed: missing a required argument: 'rows'. It is summed(rows, level, width)"
    )


LONG = "x" * 60


@pytest.mark.parametrize("check", [doors.column, doors.text])
def test_a_text_is_a_text_and_nothing_else_is(check):
    assert check("it", "q1") == "q1"
    assert check("it", "") == ""
    for value, shown in ((3, "it=3: "), (["q1"], "it=a list: "), (None, "it=None: "), (b"q", "it=a bytes: ")):
        refused(check, value, shown)


def test_a_long_text_is_quoted_in_part():
    for check in (doors.flag, doors.number):
        refused(check, LONG, f"it='{LONG[:40]}': ")
    refused(doors.one_of("a"), LONG, f"it '{LONG[:40]}' is unknown")


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_])
def test_a_flag_of_numpy_comes_in_as_one_of_python(value):
    assert doors.flag("it", value) is bool(value)


@pytest.mark.parametrize("value", [0, 1, "True", None, [True]])
def test_what_is_only_like_a_flag_is_none(value):
    refused(doors.flag, value, "write True or False")


@pytest.mark.parametrize("value", [1e-12, 0.5, 1 - 1e-12, np.float32(0.5), Fraction(1, 2)])
def test_a_share_lies_between_nought_and_one(value):
    found = doors.share("it", value)
    assert type(found) is float
    assert found == float(value)


@pytest.mark.parametrize(
    "value", [0, 1, 0.0, 1.0, -0.5, 1.5, np.nan, np.inf, True, "0.5", None, Decimal("0.5")]
)
def test_what_lies_elsewhere_is_no_share(value):
    refused(doors.share, value, "a number between 0 and 1 is needed, as in it=0.95")


MOST = 2**31 - 1


@pytest.mark.parametrize(("least", "value"), [(0, 0), (1, 1), (5, 5), (0, MOST), (2, np.int64(7))])
def test_a_whole_number_may_be_the_least_and_the_most(least, value):
    found = doors.whole(least)("it", value)
    assert type(found) is int
    assert found == value


@pytest.mark.parametrize("value", [-1, MOST + 1, 1.0, True, np.True_, "1", None, 10**30])
def test_what_is_beyond_or_not_whole_is_refused(value):
    refused(
        doors.whole(), value, "a whole number of at least 0 is needed (and at most 2,147,483,647), as in it=1"
    )


@pytest.mark.parametrize(("least", "example"), [(0, 1), (1, 1), (2, 2), (7, 7)])
def test_the_example_of_a_whole_number_is_one_that_would_do(least, example):
    refused(doors.whole(least), least - 1, f"at least {least} is needed")
    refused(doors.whole(least), least - 1, f"as in it={example}")
    assert doors.whole(least)("it", example) == example


@pytest.mark.parametrize("value", [0, -2.5, 10**300, np.float64(1), Fraction(1, 3)])
def test_a_finite_number_is_let_in_as_a_float(value):
    assert doors.is_finite(value) is True
    found = doors.number("it", value)
    assert type(found) is float
    assert found == pytest.approx(float(value))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 10**400, True, np.True_, "1", None, 1j, [1]])
def test_what_is_missing_infinite_or_no_number_is_not_finite(value):
    assert doors.is_finite(value) is False
    refused(doors.number, value, "a finite number is needed, as in it=1.5")


def test_a_word_is_one_of_those_known_and_a_near_miss_is_answered():
    known = doors.one_of("higher", "lower")
    assert known("it", "lower") == "lower"
    refused(known, "hihger", "it 'hihger' is unknown; did you mean 'higher'? Use one of 'higher', 'lower'")
    refused(known, "zzz", "it 'zzz' is unknown. Use one of 'higher', 'lower'")
    refused(known, 3, "it 3 is unknown. Use")
    refused(known, ["higher"], "it a list is unknown. Use")


@pytest.mark.parametrize("value", [["q1", "q2"], ("q1", "q2"), pd.Index(["q1", "q2"]), iter(["q1", "q2"])])
def test_names_come_in_as_a_list(value):
    assert doors.names("it", value) == ["q1", "q2"]


@pytest.mark.parametrize("value", ["q1", b"q1", {"q1": 1}, 3, None])
@pytest.mark.parametrize(
    ("check", "words"), [(doors.names, "a list of names"), (doors.numbers, "a list of numbers")]
)
def test_what_is_no_list_is_refused_as_such(check, words, value):
    refused(check, value, f"{words} is needed, as in it=[")


def test_what_a_list_holds_that_is_no_name_is_shown():
    assert doors.names("it", []) == []
    refused(doors.names, ["q1", 7, None], "it holds 7, which is no name")


def test_numbers_come_in_as_floats_and_there_is_one_at_least():
    assert doors.numbers("it", (1, np.float64(2.5))) == [1.0, 2.5]
    refused(doors.numbers, [], "it is empty")
    refused(doors.numbers, [1, "x"], "it='x': a finite number is needed")


@pytest.mark.parametrize(
    ("dimensions", "value", "words"),
    [
        (1, [1, 2], "a row of numbers"),
        (2, [[1, 2]], "a table of numbers"),
        (3, [[[1, 2]]], "a block of numbers"),
    ],
)
def test_an_array_has_its_dimensions_and_no_others(dimensions, value, words):
    found = doors.array(dimensions)("it", value)
    assert found.dtype == float
    assert found.tolist() == value
    for wrong in (value[0], [value], np.empty((0,) * dimensions), "12", b"12", 3, None, {"a": 1}):
        refused(doors.array(dimensions), wrong, f"it: {words} is needed, not ", DataError)


@pytest.mark.parametrize("value", [["a", "b"], [1, [2]], [1j, 2], [10**400], "7"])
def test_what_cannot_be_an_array_of_numbers_is_none(value):
    refused(doors.array(), value, "a row of numbers is needed, not ", DataError)


def test_an_array_is_one_dimensional_and_without_gaps_where_nothing_else_is_said():
    assert doors.array()("it", pd.Series([1, 2])).tolist() == [1.0, 2.0]
    refused(doors.array(), [[1.0]], "a row of numbers is needed, not a list", DataError)
    refused(doors.array(), [1.0, np.nan], "it holds a value that is missing", DataError)


@pytest.mark.parametrize("value", [np.inf, -np.inf, doors.SIZE * 1.01, -doors.SIZE * 1.01])
@pytest.mark.parametrize("gaps", [False, True])
def test_an_infinite_value_is_in_no_array_and_none_whose_square_is_infinite(value, gaps):
    refused(doors.array(gaps=gaps), [1.0, value], "infinite or too large to be squared", DataError)
    assert doors.array(gaps=gaps)("it", [doors.SIZE]).tolist() == [doors.SIZE]


def test_a_gap_is_let_in_where_there_may_be_some():
    found = doors.array(gaps=True)("it", [1.0, np.nan])
    assert np.isnan(found).tolist() == [False, True]
    assert np.isnan(doors.array(2, gaps=True)("it", [[np.nan]])).all()


@pytest.mark.parametrize("value", [[0, 1, 2], [0.0, 3.0], [MOST], [1, 0]])
def test_codes_are_whole_numbers_from_nought_on(value):
    found = doors.codes("it", value)
    assert found.dtype == np.int64
    assert found.tolist() == value


@pytest.mark.parametrize("value", [[-1, 5], [0.5, 1], [1, 1.5], [MOST + 1]])
def test_what_is_below_nought_half_or_too_large_is_no_code(value):
    refused(doors.codes, value, "it: whole numbers of 0 or more are needed", DataError)


def test_noughts_and_ones_and_nothing_else_are_answers_of_yes_and_no():
    for value in ([0, 1, 1], [0, 0], [1.0, 1.0], [True, False]):
        assert doors.yes_no("it", value).tolist() == value
    for value in ([0, 2], [0.5], [-1, 0]):
        refused(doors.yes_no, value, "it: 0 or 1 is needed throughout", DataError)


def test_rows_of_one_length_pass_and_those_of_two_are_told_with_their_lengths():
    doors.same_length(x=[1], y=[2], z=(3,))
    doors.same_length(x=[1])
    with pytest.raises(DataError, match="there are x 1,200, y 2, z 2"):
        doors.same_length(x=range(1200), y=[1, 2], z=[3, 4])


def test_a_mapping_is_by_name_and_what_belongs_to_a_name_is_checked_with_it():
    shares = doors.mapping(doors.share, "{'a': 0.5}")
    assert shares("it", {"a": 0.5, "b": 0.25}) == {"a": 0.5, "b": 0.25}
    assert shares("it", pd.Series({"a": 0.5})) == {"a": 0.5}
    for value in ([0.5], "a", None, 3, {"a": 0.5, 1: 0.5}, {1: 0.5}):
        refused(shares, value, "a mapping by name is needed, as in it={'a': 0.5}")
    refused(shares, {"a": 0.5, "b": 3}, "it['b']=3: a number between 0 and 1")


def test_what_another_function_gives_back_is_asked_for_by_its_name():
    check = doors.made_by(pd.DataFrame, "the table of answers")
    assert check("it", ROWS) is ROWS
    refused(check, [1, 2], "it: what the table of answers gives back is needed, not a list")


def test_what_may_be_left_out_is_checked_where_it_is_not():
    check = doors.optional(doors.share)
    assert check("it", None) is None
    assert check("it", 0.5) == 0.5
    refused(check, 2, "it=2: ")
    value = object()
    assert doors.anything("it", value) is value


def test_the_first_check_that_fits_gives_the_value_and_the_last_one_the_message():
    check = doors.either(doors.share, doors.flag, doors.one_of("mean"))
    assert check("it", 0.5) == 0.5
    assert check("it", True) is True
    assert check("it", "mean") == "mean"
    refused(check, "median", "it 'median' is unknown")
    assert doors.either(doors.whole(1), doors.number)("it", 0) == 0.0
    assert type(doors.either(doors.whole(1), doors.number)("it", 2)) is int
