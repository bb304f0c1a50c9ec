"""What the script of mutants leaves out: the changes that are named, and no other of their lines."""

import pytest
from tests.torture import mutants

ROOT = mutants.ROOT
SOURCE = "def told(a, b):\n    return a < 1 and b < 1\n"


def left(silent) -> list[str]:
    return [mutants.mutant(SOURCE, number)[2] for number in mutants.places(SOURCE, silent)]


def test_a_named_change_is_left_out_and_no_other_of_its_line():
    every = ["a < 1 and b < 1 -> a < 1 or b < 1", "a < 1 -> a <= 1", "b < 1 -> b <= 1", "1 -> 2", "1 -> 2"]
    assert left([]) == every
    assert left([("return a", "a < 1 -> a <= 1")]) == [every[0], *every[2:]]
    assert left(mutants.edges("a < 1", "b < 1")) == [every[0], *every[3:]]


@pytest.mark.parametrize("entry", [("return a", "a < 1 -> a > 1"), ("return b", "a < 1 -> a <= 1")])
def test_a_name_of_what_is_not_there_is_an_error(entry):
    with pytest.raises(SystemExit, match="names changes that are not there"):
        left([entry])


def test_what_is_changed_to_itself_is_no_mutant():
    assert mutants.places("SIZE = 1e100\n", []) == []


@pytest.mark.parametrize("module", sorted(set(mutants.NO_DIFFERENCE) - {mutants.EVERYWHERE}))
def test_each_change_that_is_said_to_make_no_difference_is_there(module):
    source = (ROOT / "src/workbench" / module).read_text(encoding="utf-8")
    assert mutants.places(source, mutants.NO_DIFFERENCE[module])


@pytest.mark.parametrize("module", sorted(mutants.MODULES))
def test_the_modules_and_their_tests_are_there(module):
    assert (ROOT / "src/workbench" / module).is_file()
    for name in mutants.MODULES[module].split():
        assert (ROOT / "tests" / name).is_file()
