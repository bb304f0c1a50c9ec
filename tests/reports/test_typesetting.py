"""Marks of print, and what stays in one line."""

import lxml.html
import pytest

from workbench.reports import typesetting


@pytest.mark.parametrize(
    ("typed", "set"),
    [
        ("D3's five, and the customers' answers", "D3’s five, and the customers’ answers"),
        ("told to (Please choose 'disagree' (2) here)", "told to (Please choose ‘disagree’ (2) here)"),
        ("'a customer's word' and 'b'", "‘a customer’s word’ and ‘b’"),
        ('"The firm" is (as "they" say) good', "“The firm” is (as “they” say) good"),
        ("15 % of 4% is 3", "15\xa0% of 4% is 3"),
        ("aged 30-44, items 1-3", "aged 30–44, items 1–3"),
        (
            "10.1007/s10869-016-9479-0, ISBN 978-0-470-97128-4, D1-2, 2024-03",
            "10.1007/s10869-016-9479-0, ISBN 978-0-470-97128-4, D1-2, 2024-03",
        ),
        ("use → satisfaction → loyalty", "use\xa0→ satisfaction\xa0→ loyalty"),
        ("nothing to set", "nothing to set"),
    ],
)
def test_marks_of_print(typed, set):
    assert typesetting.marked(typed) == set
    assert typesetting.marked(set) == set


def test_code_formulas_and_chinese_stay_as_typed_and_a_statistic_stays_whole():
    text = 'n = 954, Δχ²(10)\u2009=\u200912.5, p\u2009<\u2009.001, β is .43 (CFI .95, "so")'
    root = lxml.html.fromstring(
        "<div><code>'a' = 1</code><pre>x = 1</pre><math>y = 2</math><p lang='zh-Hans'>n = 1'</p>"
        f"<p>{text}</p></div>"
    )
    typesetting.typeset(root)
    whole = [one.text for one in root.iter("span")]
    assert whole == ["n = 954", "Δχ²(10)\u2009=\u200912.5", "p\u2009<\u2009.001", "CFI .95"]
    assert {one.get("class") for one in root.iter("span")} == {typesetting.WHOLE}
    assert root.text_content() == "'a' = 1x = 1y = 2n = 1'" + text.replace('"so"', "“so”")


def test_a_claims_number_and_an_intervals_name_stay_whole():
    text = "Six elements (D2-20), as AD2-20 and D2-20-1; Gift, 95 % CI; SHA-256 (ΔBIC −12.4)"
    root = lxml.html.fromstring(f"<p>{text}</p>")
    typesetting.typeset(root)
    assert [one.text for one in root.iter("span")] == ["D2-20", "95\xa0% CI", "SHA-256", "ΔBIC −12.4"]


def test_a_line_holds_no_markup():
    assert typesetting.line("<b>n = 3</b>") == '&lt;b&gt;<span class="whole">n = 3</span>&lt;/b&gt;'


def test_marks_beside_an_element_know_what_stands_in_it():
    root = lxml.html.fromstring("""<p>by <b>Holm</b>'s rule, "<i>so</i>" and (<i>s</i>)' "end"</p>""")
    typesetting.typeset(root)
    assert root.text_content() == "by Holm’s rule, “so” and (s)’ “end”"


def test_the_readers_own_answers_are_called_your_data():
    for own, said in ((True, "n = 9, your data. Your data."), (False, "n = 9, user data. User data.")):
        root = lxml.html.fromstring("<p>n = 9, user data. User data.</p>")
        typesetting.typeset(root, own=own)
        assert root.text_content() == said
