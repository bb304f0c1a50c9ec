"""Study 09: two readings, the customers that a change needs (R), figures that agree, own cases."""

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import printed
from workbench.errors import DataError, NotApplicable
from workbench.show.figures import cases as drawn
from workbench.studies import case_evidence as study
from workbench.survey import survey_from_frame


@pytest.fixture(scope="module")
def cases():
    return printed.cases()


@pytest.mark.parametrize(
    ("before", "after", "n"),
    # power.prop.test(p1 = before, p2 = after, power = .8)$n
    [(0.62, 0.84, 62.73421), (0.18, 0.08, 176.3581), (0.20, 0.27, 574.7512), (0.20, 0.55, 28.82619)],
)
def test_customers_needed_are_those_of_r(before, after, n):
    assert study.customers_needed(before, after) == pytest.approx(n, rel=1e-6)
    assert study.customers_needed(after, before) == pytest.approx(n, rel=1e-6)


def test_a_change_of_nothing_and_shares_beyond_all_need_no_number():
    assert np.isnan(study.customers_needed(0.5, 0.5))
    assert np.isnan(study.customers_needed(0.9, 1.1))


def test_the_two_readings_of_a_gain():
    points, relative = (study.over_bases(35, reading, [20, 80]) for reading in study.READINGS)
    assert points["after"].tolist() == [55, 115]
    assert points["possible"].tolist() == [True, False]
    assert relative["after"].tolist() == pytest.approx([27, 108])
    assert relative.at[20, "n"] > 10 * points.at[20, "n"]


def test_every_printed_change_stands_in_the_table_of_customers(cases):
    found = study.needed(cases)
    changes = cases[(cases["unit"] == "%") & cases["form"].isin(["gain", "change", "contrast"])]
    assert found.groupby(["case", "measure"]).ngroups == changes.groupby(["case", "measure"]).ngroups
    assert (found["fewest"] <= found["most"]).all()
    assert set(found.loc[found["reading"] == "as printed", "printed"]) == {"62 → 84 %", "18 → 8 %"}


def test_figures_agree_where_one_follows_from_the_other(cases):
    found = {one.case: one for one in study.agreements(cases)}
    assert set(found) == {"equipment_maker", "intelligent_crm"}
    assert found["equipment_maker"].readings == ("relative",)
    assert found["equipment_maker"].differences["relative"] == pytest.approx(100 * (84 / 62 - 1) - 35)
    assert found["intelligent_crm"].readings == ()
    words = {verdict.claim: verdict.word for verdict in study.decide(cases)}
    assert words == {
        "D3-6": "supported",
        "D3-25": "not supported",
        "D3-23": "not testable here",
        "D3-26": "not testable here",
    }


def test_the_verdict_turns_with_the_figures(cases):
    other = cases.copy()
    place = other.index[(other["case"] == "equipment_maker") & (other["measure"] == "loyalty")][0]
    other.loc[place, ["value", "points", "relative"]] = [30.0, 30.0, 0.30]
    assert study.decide(other)[0].word == "not supported"


def test_elasticities_by_hand(cases):
    found = study.elasticities(cases).set_index("case")
    assert found.at["german_manufacturer", "ratio"] == pytest.approx(25 / 30)
    assert found.at["german_manufacturer", "logarithmic"] == pytest.approx(np.log(1.25) / np.log(1.30))


def test_the_best_of_many_and_a_share_of_firms():
    best = study.largest_of(38)
    # Expected largest of n standard normals: Harter (1961), Biometrika 48: 1.53875 (10), 2.24907 (50).
    assert best["expected"].loc[[10, 50]].to_numpy() == pytest.approx([1.53875, 2.24907], abs=0.01)
    assert study.share_needed(0.72, (0.67, 0.77)) == 340
    with pytest.raises(DataError, match="never lies"):
        study.share_needed(0.60, (0.67, 0.77))


def test_the_checklist_counts_what_is_printed(cases):
    found = study.checklist(cases)
    assert found.at["What it was before", "told"] == cases.loc[cases["before"].notna(), "case"].nunique()
    assert found.at["Over what time", "told"] == cases.loc[cases["period"] != "", "case"].nunique()


def test_intervals_know_how_many_were_asked(cases):
    change = cases[(cases["form"] == "change") & (cases["unit"] == "%")]
    few, many = (study.intervals(change, n) for n in (30, 300))
    assert (many["ci_upper"] - many["ci_lower"] < few["ci_upper"] - few["ci_lower"]).all()
    # Newcombe (1998), method 10: d - sqrt((p1 - l1)^2 + (u2 - p2)^2) from Wilson's limits, computed in R.
    assert study.intervals(change, 40).iloc[0].to_numpy() == pytest.approx([22, 2.4829, 39.5330], abs=1e-3)


def survey(tmp_path, frame, variables=("before", "after", "customers")):
    book = tmp_path / "book.yaml"
    listed = "\n".join(f"  {name}: {{}}" for name in variables)
    book.write_text(f"title: Cases\nid: firm\nvariables:\n{listed}\n", "utf-8")
    return survey_from_frame(frame, book, "cases")


def test_a_readers_cases_are_read_with_their_customers(tmp_path):
    frame = pd.DataFrame(
        {"firm": ["a", "b", "c"], "before": [60, 50, 40], "after": [80, 52, None], "customers": 200}
    )
    own = study.own_cases(survey(tmp_path, frame))
    assert own["case"].tolist() == ["a", "b"]
    around = study.intervals(own)
    assert (around["ci_lower"] > 0).tolist() == [True, False]
    assert len(study.needed(own)) == 2


def test_a_readers_cases_that_are_no_shares_are_refused(tmp_path):
    frame = pd.DataFrame({"firm": ["a"], "before": [60], "after": [180], "customers": [20]})
    with pytest.raises(DataError, match="no percentage"):
        study.own_cases(survey(tmp_path, frame))
    with pytest.raises(NotApplicable, match="after"):
        study.own_cases(survey(tmp_path, frame[["firm", "before"]], ("before",)))


def test_two_figures_on_one_measure_of_a_case_have_rows_of_their_own(cases):
    changes = cases[(cases["unit"] == "%") & cases["form"].isin(["gain", "change", "contrast"])]
    rows = len(changes)
    drawings = (
        drawn.forest(changes, study.intervals(changes[changes["form"] == "change"], 100), 100, {}),
        drawn.customers(study.needed(changes), {}),
    )
    for figure in drawings:
        names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
        assert len(names) == len(set(names)) == rows
