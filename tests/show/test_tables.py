"""Tables: escaped, aligned, the same from run to run, full precision in the file beside."""

import lxml.html
import numpy as np
import pandas as pd
import pytest

from workbench import run_records, show
from workbench.errors import SpecificationError
from workbench.reports import markup

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "item": ["quality", HOSTILE],
            "m": [1.23456, 22.1],
            "lower": [0.1, 0.2],
            "upper": [0.3, 0.4],
            "p": [0.0001, 0.04],
            "n": [1000, 20],
            "r2": [0.5, np.nan],
            "used": [True, False],
        }
    )


def test_text_of_the_reader_is_never_markup(frame):
    shown = show.table(
        frame.rename(columns={"m": HOSTILE}).set_index("item"),
        title=HOSTILE,
        note=HOSTILE,
        units={"n": HOSTILE},
        labels={"used": HOSTILE},
    )
    assert "<script" not in shown.html
    assert shown.html.count("&lt;script&gt;") == 6


def test_cells_read_as_a_journal_prints_them(frame):
    shown = show.table(frame, title="T", intervals={"95 % CI": ("lower", "upper")}, units={"m": "points"})
    lines = shown.text.replace("\N{THIN SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert lines[1].split() == ["item", "m", "(points)", "95", "%", "CI", "p", "n", "r2", "used"]
    assert lines[3].split() == ["quality", "1.23", "[0.10,", "0.30]", "<", ".001", "1,000", ".50", "yes"]
    assert lines[4].split()[-6:] == ["[0.20,", "0.40]", ".040", "20", "–", "no"]
    assert '<td class="wb-num">1.23</td>' in markup.sanitise(shown.html)
    assert '<span class="wb-unit">points</span>' in shown.html


def test_neither_style_nor_random_ids_and_equal_from_call_to_call(frame):
    first, second = show.table(frame, title="T"), show.table(frame, title="T")
    assert first == second
    assert not any(part in first.html for part in ("<style", " id="))


def test_sides_and_rules_stand_on_the_cells_and_go_on_the_page(frame):
    """A code host lets no style sheet in; the page has one."""
    shown = show.table(frame, title="T")
    rows = lxml.html.fragment_fromstring(shown.html).findall(".//tr")
    for row, rules in (
        (rows[0], "border-top-width: 2px; border-bottom-width: 1px"),
        (rows[-1], "border-bottom-width: 2px"),
    ):
        assert all(rules in cell.get("style") for cell in row)
    assert [cell.get("align") for cell in rows[1]][:2] == ["left", "right"]
    assert "style=" not in markup.sanitise(shown.html)
    assert "align=" not in markup.sanitise(shown.html)


def test_grouped_rows_write_the_outer_label_once(frame):
    index = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", "y")], names=["g", "h"])
    html = show.table(pd.DataFrame({"v": [1, 2, 3]}, index=index), title="T").html
    assert html.count(">a</th>") == 1
    assert html.count(">y</th>") == 2


def test_a_first_column_that_names_groups_writes_each_once_and_one_that_does_not_stays():
    grouped = pd.DataFrame({"g": ["a", "a", "b"], "h": ["x", "x", "y"], "v": [1, 2, 3]})
    html = show.table(grouped, title="T").html
    assert (html.count(">a</td>"), html.count(">x</td>")) == (1, 2)
    html = show.table(grouped.iloc[[0, 2, 1]], title="T", index=False).html
    assert html.count(">a</td>") == 2


def test_an_interval_is_written_as_its_estimate_is():
    limits = {"b": [0.2], "low": [0.1], "high": [0.3]}
    table = pd.DataFrame({"alpha": [0.7], "alpha_lower": [0.6], "up": [0.8], **limits})
    pairs = {"CI": ("alpha_lower", "up"), "CI of b": ("low", "high")}
    said = show.table(table, title="T", intervals=pairs).text
    assert ".70  [.60,\xa0.80]" in said
    assert "0.20  [0.10,\xa00.30]" in said
    del pairs["CI"]
    assert ".20  [.10" in show.table(pd.DataFrame(limits), title="T", bounded=["b"], intervals=pairs).text


def test_named_table_is_kept_at_full_precision_with_columns_not_shown(frame, tmp_path, monkeypatch):
    monkeypatch.setenv(run_records.VARIABLE, str(tmp_path))
    show.table(frame, title="T", columns=["m"], digits=0, name="kept")
    kept = pd.read_csv(tmp_path / "tables" / "kept.csv")
    pd.testing.assert_frame_equal(kept, frame)


def test_unknown_column_is_named(frame):
    with pytest.raises(SpecificationError, match="no column 'mean'; it has item, m"):
        show.table(frame, title="T", digits={"mean": 1})


def test_chinese_counts_two_columns_in_the_text_twin():
    lines = show.table(pd.DataFrame({"x": ["顾客", "a"], "y": [1, 2]}), title="T").text.splitlines()
    assert lines[3] == "顾客  1"
    assert lines[4] == "a     2"


def test_rows_that_cannot_exceed_one_lose_their_zero_in_a_column_that_can():
    frame = pd.DataFrame({"value": [0.4, 1.5], "lower": [0.3, 1.1], "upper": [0.5, 1.9]}, ["share", "factor"])
    shown = show.table(frame, title="T", intervals={"CI": ("lower", "upper")}, bounded_rows=["share"])
    share, factor = shown.text.splitlines()[3:]
    assert share.split() == ["share", ".40", "[.30,", ".50]"]
    assert "1.50" in factor
    assert "[1.10" in factor


def test_the_least_that_a_column_can_tell_is_written_so():
    frame = pd.DataFrame({"n": [100.0, 150.0, np.nan], "m": [50.0, 60.0, 70.0]})
    shown = show.table(frame, title="T", at_most={"n": 100.0})
    rows = [line.split() for line in shown.text.splitlines()[3:]]
    assert rows == [["≤", "100", "50"], ["150", "60"], ["–", "70"]]
