"""A little of the torture (`tests/torture/inputs.py`) in the suite: hostile input by chance, door by door."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.torture._inputs import DOORS, fault

FEW = {"models": 60, "workbooks": 25, "Parquet": 60, "bytes as answers": 40, "texts of answers": 100}
FEW |= dict.fromkeys(("ledgers", "populations", "definitions", "shipped codebooks"), 60)


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if not door.slow])
def test_a_door_gives_the_projects_error_or_a_result(name, tmp_path):
    door = DOORS[name]

    @settings(
        max_examples=FEW.get(name, 300),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.integers(0, 2**64))
    def bears(seed):
        assert not fault(door, door.make(random.Random(seed)), tmp_path)

    bears()


def test_bytes_that_are_text_in_no_encoding_are_said_to_be(tmp_path):
    """Found by the torture: with no encoding left to try, its detector tries every one that there is."""
    content = DOORS["bytes as answers"].make(random.Random("1 bytes as answers 26"))
    assert not fault(DOORS["bytes as answers"], content, tmp_path)
