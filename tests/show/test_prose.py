"""Sentences that are computed: what does not hold is left out, and names are written as a list."""

from workbench import show


def test_a_sentence_without_its_condition_is_left_out_and_markup_is_text():
    shown = show.paragraph("Alpha is <b>high</b>.", None, "", "It is not validity.")
    assert shown.text == "Alpha is <b>high</b>. It is not validity."
    assert "&lt;b&gt;high&lt;/b&gt;" in shown.html
    assert show.paragraph(None).html == ""
    assert show.points(["one", None, "two"]).text == "- one\n- two"


def test_names_and_counts_in_a_sentence():
    assert show.listed([]) == "none"
    assert show.listed(["a"]) == "a"
    assert show.listed(["a", "b", "c"]) == "a, b and c"
    assert show.listed("abcdef", most=3) == "a, b, c and 3 others"
    assert show.listed("abcd", most=3) == "a, b, c and 1 other"
    assert show.counted(1, "item") == "1 item"
    assert show.counted(1200, "answer") == "1,200 answers"
    assert show.counted(0, "analysis", "analyses") == "0 analyses"
