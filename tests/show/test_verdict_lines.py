"""One writer of a verdict: the same words and numbers in notebook, page, index, sweep and terminal."""

import pytest

from workbench import show
from workbench.evidence import claims
from workbench.evidence.rates import Rate
from workbench.show import verdict_lines


def rate(population, found, *, planted=False, seeds=50, failed=0):
    return Rate(population, planted, seeds, found, failed, (0.0, 1.0)).as_record()


OWN, NONE, LITTLE = rate("shop", 46, planted=True), rate("no effect", 1), rate("an effect of .02", 4)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{THIN SPACE}", " ")


@pytest.mark.parametrize("value", [-0.0001, -0.0, 0.0, 0.0049])
def test_a_number_that_rounds_to_nothing_has_no_sign_anywhere(value):
    verdict = claims.judge(
        "D0-1", estimate=value, interval=(-0.0049, 0.004), pattern="above", kind="user", n=3, measure="β"
    )
    for text in (
        show.verdicts(verdict).text,
        show.verdicts(verdict).html,
        show.hypotheses({"D0-1": "x"}, [verdict]).text,
        verdict_lines.detail(verdict.as_record()),
    ):
        estimate = "0.005" if value > 0 else "0.000"  # an interval shows its two sides of zero
        said = f"β {estimate} [−0.005, 0.004]"
        assert said in plain(text)


def test_numbers_of_a_verdict_stand_in_one_line():
    record = {"estimate": 1234.5, "interval": [-2.0, 3000.25], "measure": "gain", "unit": "SD", "n": 1000}
    assert plain(verdict_lines.detail(record)) == "gain 1,234.50 SD [−2.00, 3,000.25], n = 1,000"
    assert verdict_lines.detail({"estimate": 1.0, "measure": ""}) == "estimate 1.00"
    assert verdict_lines.detail({"n": None}) == ""
    # what cannot exceed one has no leading nought, but where it has a unit
    bounded = {"estimate": 0.5, "interval": [0.4, 0.6], "measure": "R²"}
    assert plain(verdict_lines.detail(bounded)) == "R² .50 [.40, .60]"
    assert plain(verdict_lines.detail({**bounded, "unit": "points"})) == "R² 0.50 points [0.40, 0.60]"


def test_planted_and_found_are_said_of_simulated_data_alone():
    def said(planted, found, kind="simulated"):
        return verdict_lines.truth({"data_kind": kind, "planted": planted, "found": found})

    assert said(True, False) == "planted, not found"
    assert said(False, True) == "not planted, found"
    assert said(None, True) == "not known whether planted, found"
    assert said(None, True, kind="user") == ""
    assert said(None, None) == ""


def test_rates_are_one_sentence_and_say_what_could_not_be_judged():
    assert verdict_lines.rate({"rates": []}) == ""
    assert verdict_lines.rate({"rates": [OWN]}) == "Found in 46 of 50 surveys drawn from this population."
    assert verdict_lines.rate({"rates": [OWN, NONE, LITTLE]}) == (
        "Found in 46 of 50 surveys drawn from this population, in 1 of 50 with “no effect”, in 4 of 50 with "
        "“an effect of .02”."
    )
    failed = rate("shop", 40, planted=True, seeds=48, failed=2)
    assert verdict_lines.rate({"rates": [failed]}) == (
        "Found in 40 of 48 surveys drawn from this population (2 more could not be judged)."
    )


def test_in_a_narrow_cell_the_population_nearest_to_an_error_stands_for_the_others():
    def short(planted, *rates):
        return verdict_lines.short_rate({"planted": planted, "rates": list(rates)})

    assert short(True) == ""
    assert short(True, OWN) == "Found in 46 of 50 such surveys."
    assert short(True, OWN, NONE) == "Found in 46 of 50 such surveys, in 1 of 50 where it is not planted."
    assert short(True, OWN, NONE, LITTLE) == (
        "Found in 46 of 50 such surveys, in at most 4 of 50 where it is not planted."
    )
    assert short(False, NONE, OWN, rate("b", 30, planted=True)) == (
        "Found in 1 of 50 such surveys, in at least 30 of 50 where it is planted."
    )
    never, always = (rate(name, found) for name, found in (("a", 0), ("b", 50)))
    assert short(True, OWN, never, never).endswith("in 0 of 50 where it is not planted.")
    assert short(False, NONE, always, always).endswith("in 50 of 50 where it is planted.")
    few, one = rate("a", 3, seeds=6), rate("b", 4, seeds=10)  # shares are compared, not counts
    assert short(True, OWN, few, one).endswith("in at most 3 of 6 where it is not planted.")
    single, half = rate("c", 1, seeds=1), rate("d", 5, seeds=9)
    assert short(True, OWN, half, single).endswith("in at most 1 of 1 where it is not planted.")
    assert short(True, OWN, rate("nothing decided", 0, seeds=0), LITTLE).startswith(
        "Found in 46 of 50 such surveys, in at most 4 of 50"
    )


def test_line_and_html_hold_word_truth_numbers_kind_reason_and_rates():
    record = {
        "claim": "D0-2",
        "part": "every <pair>",
        "verdict": "missed",
        "planted": True,
        "found": False,
        "data_kind": "simulated",
        "estimate": -0.1,
        "interval": [-0.2, 0.1],
        "measure": "Δβ",
        "n": 954,
        "reason": "a <b> holds 0.",
        "rates": [OWN],
    }
    assert verdict_lines.key(record) == "D0-2 every <pair>"
    line = plain(verdict_lines.line(record))
    assert line == (
        "missed (planted, not found). Δβ −0.10 [−0.20, 0.10], n = 954, simulated data. a <b> holds 0. "
        "Found in 46 of 50 surveys drawn from this population."
    )
    html = plain(verdict_lines.html(record))
    assert 'class="wb-chip wb-word-missed" title="planted, and not found">✗ missed<' in html
    assert "Planted, not found. a &lt;b&gt; holds 0. Found in 46 of 50" in html
    bare = {"claim": "D3-2", "verdict": "not testable here", "data_kind": "user", "found": None, "reason": ""}
    assert verdict_lines.line(bare) == "not testable here. your data."
    assert verdict_lines.html(bare).endswith("your data")


def test_a_chip_is_a_link_where_it_has_an_address_and_a_word_where_not():
    plainly, linked = verdict_lines.chip("recovered"), verdict_lines.chip("recovered", address="#d0-1")
    assert plainly.startswith("<span ")
    assert "href" not in plainly
    assert linked.startswith("<a ")
    assert 'href="#d0-1"' in linked


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("the mean rose", "The mean rose."),
        ("β rose", "β rose."),
        ("r fell", "r fell."),
        ("An end.", "An end."),
    ],
)
def test_a_reason_begins_like_a_sentence_and_a_symbol_as_it_is_written(reason, said):
    record = {"verdict": "recovered", "data_kind": "user", "n": 3, "reason": reason}
    assert f". {said}" in plain(verdict_lines.line(record))


def test_names_of_data_sets_stay_whole_and_other_names_become_words():
    assert verdict_lines.readable("D0-6 corp_rep_data") == "D0-6 corp_rep_data"
    assert verdict_lines.readable("D4-2 firm_size") == "D4-2 firm size"


def test_the_number_of_a_claim_does_not_break_where_no_style_sheet_is():
    html = show.hypotheses({"D0-6 firm_size": "x"}, []).html
    assert '<span style="white-space: nowrap">D0-6</span> firm size<' in html
