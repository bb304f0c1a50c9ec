"""Study 15: rows in the order of time, verdicts that turn with the population, a table without periods."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from workbench.datasets import open_codebook, open_dataset
from workbench.errors import DataError, NotApplicable
from workbench.resources import DATA
from workbench.show import lifetime_words as say
from workbench.studies import customer_lifetime as study
from workbench.studies import needs
from workbench.studies import reader_columns as columns
from workbench.studies.customer_lifetime import effects, large, rules, score
from workbench.studies.customer_lifetime import rows as table


@pytest.fixture(scope="module")
def found():
    return table.rows(study.simulate(study.population(), 5))


def test_what_comes_next_is_the_next_period_of_the_same_customer(found):
    data = found.data
    one = data[data["customer"] == data["customer"].value_counts().idxmax()]
    assert one["next_purchases"].tolist()[:-1] == one["purchases"].tolist()[1:]
    np.testing.assert_allclose(one["change"].iloc[1:], one["satisfaction"].diff().iloc[1:])
    assert np.isnan(one["change"].iloc[0])
    gone = data[data["left"] == 1]
    assert (gone["next_purchases"] == 0).all()
    staying = data[(data["left"] == 0) & (data["period"] == data["period"].max())]
    assert staying["next_purchases"].isna().all()


def test_a_warning_counts_only_those_who_leave_after_the_lead_time(found):
    data = found.data
    ends = data.groupby("customer")["period"].max()
    gone = data.groupby("customer")["left"].max() == 1
    for lead in (1, 2):
        there = table.standing(found, lead, 2)
        ahead = there["customer"].map(ends) - there["period"]
        left = there["customer"].map(gone)
        assert (there["left"] == 0).all()
        assert not (left & (ahead < lead)).any()
        assert (
            there["leaves"].tolist() == (left & (ahead >= lead) & (ahead < lead + 2)).astype(float).tolist()
        )
        assert (there["period"] + lead + 1).max() <= data["period"].max()


def test_no_window_of_the_earlier_periods_reaches_beyond_the_date_of_the_trial(found):
    for lead in (1, 2):
        earlier, late = score.dates(found, lead, 2)
        assert max(earlier) + lead + 1 <= late
    warned = score.warn(found)
    assert warned.train_events < warned.train_rows
    shuffled = warned.test.sample(frac=1, random_state=1)
    again = score.judged(replace(warned, test=shuffled))["area"].estimate
    assert again == pytest.approx(score.judged(warned)["area"].estimate)


def test_verdicts_turn_with_the_population():
    shipped = study.population()
    chance = study.nulls(shipped)["leaving and buying by chance alone"]
    for population in (shipped, chance):
        truths = study.truths(population)
        assert set(truths) == set(rules.NEEDED) == set(rules.RULES) == set(say.HYPOTHESES)
        decided = study.decide(study.simulate(population, 7), seed=7, truths=truths)
        wrong = {one.claim for one in decided if one.found != one.planted}
        assert wrong <= {"D2-12", "D3-17", "D4-3"}  # found less often than always; see the rates


def test_a_table_without_periods_runs_on_what_it_has(tmp_path):
    rng = np.random.default_rng(3)
    contract = rng.choice(["monthly", "yearly"], 400)
    time = np.ceil(rng.exponential(np.where(contract == "monthly", 8, 30)))
    people = pd.DataFrame(
        {
            "months": np.minimum(time, 24),
            "churn": np.where(time <= 24, "Yes", "No"),
            "contract": contract,
            "bill": rng.normal(50, 9, 400),
        }
    )
    people.to_csv(tmp_path / "p.csv", index=False)
    book = {
        "title": "People",
        "variables": {
            "tenure": {"column": "months", "label": "Months", "type": "number"},
            "left": {"column": "churn", "label": "Left", "type": "text"},
            "bill": {"label": "Bill", "type": "number"},
        },
        "groups": {"contract": {"label": "Contract"}},
    }
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(book))
    opened = study.begin(str(tmp_path / "p.csv"), str(tmp_path / "p.yaml"))
    assert opened.known is None
    assert opened.stays.alike()[2] < 0.001
    assert set(opened.stays.curves()) == {"monthly", "yearly"}
    assert "yearly" in say.staying_title(opened.stays)
    assert opened.stays.cox().effects["pvalue"].min() < 0.001
    assert study.try_on_half(opened.stays).area.ci_lower > 0.5
    decided = study.undecided(opened.stays, "user")
    assert {one.word for one in decided} == {"not testable here"}
    assert not opened.stays.growing()
    assert "Left out" not in say.staying_note(opened.stays)
    people.assign(months=people["months"].where(people.index > 4, 0)).to_csv(tmp_path / "z.csv", index=False)
    begun = study.begin(str(tmp_path / "z.csv"), str(tmp_path / "p.yaml"))
    assert "who left: 5." in say.staying_note(begun.stays)
    people["total"] = people["bill"] * people["months"]
    total = replace(
        opened.stays, data=opened.stays.data.assign(total=people["total"]), terms=("bill", "total")
    )
    assert list(total.growing()) == ["total"]
    note = " ".join(say.terms_note(replace(total, labels={"total": "Total"}), total.cox()))
    assert "these rise with the time, by rank correlation: Total" in note
    assert "as first observed" not in note
    with pytest.raises(NotApplicable, match="lacks nowhere"):
        study.begin(str(tmp_path / "p.csv"), str(tmp_path / "p.yaml"), time="nowhere")


def test_a_score_in_a_plain_column_is_asked_for_as_a_construct():
    quarters = open_dataset("customer_quarters")
    assert needs.NEEDS["15"].scores == table.SCORES
    assert not needs.readiness(quarters, ["15"])[0].doubt
    variables = {**quarters.codebook.variables, "satisfaction": quarters.codebook.variables["purchases"]}
    book = replace(quarters.codebook, constructs={}, variables=variables)
    plain = replace(quarters, responses=quarters.responses.assign(satisfaction=3.0), codebook=book)
    assert "(satisfaction: a plain column, no construct)" in needs.readiness(plain, ["15"])[0].doubt
    base = table.Base(plain)
    known = rules.Parts(base, table.rows(base), None, None)
    said = rules.lacking("D3-17", known)
    assert said.endswith("name satisfaction as constructs. Now satisfaction stands in a plain column.")
    assert "valued and loyalty as constructs." in rules.lacking("D2-21", known)
    assert "satisfaction is a plain column there" in say.no_scores(study.plain_scores(base))


def test_yes_and_no_are_read_and_anything_else_is_missing():
    assert columns.flags(pd.Series(["Yes", "no", "?"])).tolist()[:2] == [1.0, 0.0]
    assert np.isnan(columns.flags(pd.Series([0, 1, 2])).iloc[2])


def test_periods_are_read_from_numbers_and_from_labels():
    for labels, places in (
        (["2023Q4", "2024Q1", "2024Q3"], [1, 2, 4]),
        (["2023-11", "2024-01", "2024-05"], [1, 2, 4]),
        (["2024-01-31", "2024-02-29", "2024-04-30"], [1, 2, 4]),
        (["2024-01-01", "2024-01-08", "2024-01-22"], [1, 2, 4]),
        (["7", "8", "10"], [7, 8, 10]),
    ):
        assert columns.ordered(pd.Series(labels)).tolist() == places
    assert columns.ordered(pd.Series(["2023Q4", "soon"])).isna().tolist() == [False, True]


def _panel():
    """80 customers over three periods, every other one of whom leaves in the last."""
    who = np.repeat(np.arange(80), 3)
    period = np.tile([1.0, 2.0, 3.0], 80)
    return pd.DataFrame(
        {"customer": who, "quarter": period, "left": ((period == 3) & (who % 2 == 0)) * 1.0, "purchases": 1.0}
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quarter": (1, 1.0)}, "row 3, column 'quarter', value 1: customer 0 stands twice in this period"),
        ({"left": (0, 1.0)}, "row 3, column 'left', value 0: customer 0 has a row after the one that says"),
        ({"left": (4, 2.0)}, "row 6, column 'left', value 2: is neither 0 nor 1"),
        ({"left": (4, np.nan)}, "row 6, column 'left': is empty"),
        ({"quarter": (4, np.nan)}, "row 6, column 'quarter': is empty"),
        ({"quarter": (4, "soon")}, "row 6, column 'quarter', value 'soon': is no period"),
        ({"purchases": (4, -1.0)}, "row 6, column 'purchases', value -1: is negative"),
    ],
)
def test_a_table_that_cannot_be_is_refused_where_it_stands(wrong, said):
    people = _panel()
    for name, (place, value) in wrong.items():
        people[name] = people[name].astype(object if isinstance(value, str) else float)
        people.loc[place, name] = value
    quarters = open_dataset("customer_quarters")
    bare = replace(quarters, responses=people, codebook=replace(quarters.codebook, constructs={}))
    with pytest.raises(DataError, match=re.escape(said)):
        table.rows(table.Base(bare))


def test_a_base_without_scores_says_what_each_rule_lacks():
    quarters = open_dataset("customer_quarters")
    few = quarters.responses[["customer", "quarter", "left", "tenure"]]
    bare = replace(quarters, responses=few, codebook=replace(quarters.codebook, constructs={}, kind="user"))
    known = rules.parts(table.Base(bare), seed=1)
    decided = study.verdicts(replace(known, found=replace(known.found, kind="user")), seed=1)
    words = {f"{one.claim}": one.word for one in decided}
    assert words.pop("D2-12") in ("supported", "not supported")
    assert set(words.values()) == {"not testable here"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The shipped base in five parts."""
    folder = tmp_path_factory.mktemp("large")
    answers = pd.read_csv(DATA / "customer_quarters.csv")
    answers.to_parquet(folder / "quarters.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "CUSTOMERS", 700)
        return large.prepare(
            folder / "quarters.parquet", open_codebook("customer_quarters"), folder / "parts"
        )


def test_a_base_in_parts_has_the_rows_of_one_table(prepared):
    whole = table.rows(table.Base(open_dataset("customer_quarters")))
    found = prepared.only(*whole.data.columns)
    assert (prepared.parts, prepared.customers) == (5, whole.customers)
    pd.testing.assert_frame_equal(found.data, whole.data, check_dtype=False, rtol=0, atol=1e-12)
    assert (found.scores, found.counts) == (whole.scores, whole.counts)
    assert large.prepared(prepared.folder) == prepared


def test_regressions_in_parts_are_those_of_one_table(prepared):
    whole = table.rows(table.Base(open_dataset("customer_quarters")))
    one, parts = (
        effects.on_leaving(whole, ["crm_use"]),
        large.in_parts(prepared, "left", ["crm_use", "tenure"], "cloglog"),
    )
    np.testing.assert_allclose(parts.loc[["crm_use"]], one, rtol=1e-9)
    held = ["loyalty", "valued"]
    one = effects.slopes(whole.data, "next_purchases", held, family="poisson")
    parts = large.in_parts(prepared, "next_purchases", held, "poisson", clustered=True)
    np.testing.assert_allclose(parts[list(one)], one, rtol=1e-9)


def test_a_large_base_whose_customers_lie_apart_is_refused(tmp_path):
    answers = pd.read_csv(DATA / "customer_quarters.csv").sort_values("quarter")
    answers.to_parquet(tmp_path / "mixed.parquet")
    with pytest.raises(DataError, match=r"lie apart.*Sort it"):
        large.prepare(tmp_path / "mixed.parquet", open_codebook("customer_quarters"), tmp_path / "parts")
    answers.drop(columns="left").to_parquet(tmp_path / "less.parquet")
    answers.head(9).to_csv(tmp_path / "text.parquet")
    for name, said in (
        ("less", "has no column left"),
        ("text", "is no Parquet file"),
        ("none", "no such file"),
    ):
        with pytest.raises(DataError, match=said):
            large.prepare(
                tmp_path / f"{name}.parquet", open_codebook("customer_quarters"), tmp_path / "parts"
            )
    with pytest.raises(DataError, match="no prepared base"):
        large.prepared(tmp_path)
