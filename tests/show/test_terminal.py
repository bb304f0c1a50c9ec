"""A survey in the terminal."""

import pandas as pd

from workbench.show import terminal


def test_notes_that_say_the_same_are_one_line_and_lose_no_cell():
    notes = pd.DataFrame(
        [("missing code", f"q{number}", "0", number, "set to missing") for number in range(1, 6)]
        + [("reversed", "q2", "", 30, "turned")],
        columns=["topic", "column", "value", "cells", "note"],
    )
    lines = terminal.folded(notes)
    assert lines["column"].tolist() == ["q1, q2, q3 and 2 more", "q2"]
    assert lines["value"].tolist() == ["0", ""]
    assert lines["cells"].sum() == notes["cells"].sum()
    assert list(lines.columns) == list(notes.columns)
