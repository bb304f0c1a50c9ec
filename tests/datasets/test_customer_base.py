"""The shipped base of customers is what its description makes; its rows agree; planted effects are there."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from workbench.datasets.catalog import open_dataset
from workbench.datasets.customer_base import load_customer_base
from workbench.datasets.customer_quarters import COMPLAINT_COST, MARGIN, WEEKS
from workbench.datasets.population import codebook_text
from workbench.errors import SpecificationError
from workbench.resources import DATA

SHA256 = {
    "customer_base": "73d0ba39563b1851499310a21e9d350bce719557903ce4ccea4a188f42452a5f",
    "customer_quarters": "23617116eac85ffb8dcb048b58eee688f02f7483f49995e725400b5b5516930b",
}


@pytest.fixture(scope="module")
def population():
    return load_customer_base()


@pytest.fixture(scope="module")
def base(population):
    return population.simulate()


def test_the_shipped_tables_are_reproduced_to_the_byte(base):
    for name, frame in (("customer_base", base.customers), ("customer_quarters", base.quarters)):
        fresh = frame.to_csv(index=False, lineterminator="\n").encode()
        assert (DATA / f"{name}.csv").read_bytes() == fresh
        assert hashlib.sha256(fresh).hexdigest() == SHA256[name]


def test_the_shipped_codebooks_are_made_from_the_description(population):
    for name, book in population.codebooks().items():
        shipped = (DATA / "codebooks" / f"{name}.yaml").read_text(encoding="utf-8")
        assert shipped == codebook_text(book)
        opened = open_dataset(name)
        assert opened.kind == "simulated"
        header = (DATA / f"{name}.csv").read_text(encoding="utf-8").split("\n", 1)[0].split(",")
        assert set(header) == {*opened.codebook.items, *opened.variables, *opened.groups, "customer"}


def test_a_customer_has_a_row_for_every_quarter_until_leaving(base):
    quarters = base.quarters
    spells = quarters.groupby("customer")["quarter"]
    assert (spells.max() - spells.min() + 1 == spells.size()).all()
    last = quarters.groupby("customer")["left"].last()
    assert (quarters.groupby("customer")["left"].sum() == last).all()
    gone = last.index[last == 1]
    treated = base.customers.set_index("customer")["treatment"]
    assert treated[gone].isna().all()
    assert treated.drop(gone).notna().all()
    assert (quarters["tenure"] >= 0).all()
    joined = base.customers.set_index("customer")["joined"]
    assert (spells.min() == joined[spells.min().index]).all()


def test_counts_and_sums_of_a_quarter_agree(base):
    q = base.quarters
    assert ((q["purchases"] == 0) == q["last_purchase_week"].isna()).all()
    assert q["last_purchase_week"].dropna().between(1, WEEKS).all()
    assert ((q["purchases"] == 0) <= (q["spending"] == 0)).all()
    assert ((q["complaints"] > 0) == q["response_hours"].notna()).all()
    margin = MARGIN * q["spending"] - q["marketing_cost"] - COMPLAINT_COST * q["complaints"]
    np.testing.assert_allclose(q["margin"], margin, atol=0.5)
    assert q.filter(regex="^(satisfaction|loyalty)_").stack().between(1, 7).all()


def test_stages_only_go_forwards_and_can_be_made_to_go_back(population, base):
    order = list(population.description.stages)
    step = base.stages.map(order.index).groupby(base.quarters["customer"]).diff().dropna()
    assert set(step) == {0, 1, 2, 3}
    back = population.with_stages(end={"moves": {"keep": 0.2}}).simulate(customers=500)
    step = back.stages.map(order.index).groupby(back.quarters["customer"]).diff().dropna()
    assert (step < 0).any()


def test_classes_overlap_and_take_the_treatment_that_suits_them(population, base):
    merged = base.customers.merge(base.hidden, on="customer").dropna(subset=["treatment"])
    price = merged.filter(like="price_").sum(axis=1)
    low, high = (price[merged["class"] == name] for name in ("service_sensitive", "price_sensitive"))
    assert high.mean() - low.mean() > 3
    assert (low > high.quantile(0.1)).mean() > 0.05
    seen = merged.assign(log=np.log(merged["spending_after"].astype(float).clip(lower=1)))
    table = seen.pivot_table("log", "class", "treatment", "mean", observed=True)
    assert table.loc["price_sensitive"].idxmax() == "discount"
    assert table.loc["service_sensitive"].idxmax() == "service_call"


def test_an_effect_taken_away_changes_only_what_rests_on_it(population, base):
    still = population.with_effects(loyalty_on_referrals=0.0, crm_on_referrals=0.0).simulate()
    same = [name for name in base.quarters if name != "referrals"]
    pd.testing.assert_frame_equal(still.quarters[same], base.quarters[same])
    pd.testing.assert_frame_equal(still.customers, base.customers)
    assert (still.quarters["referrals"] != base.quarters["referrals"]).any()
    assert population.effect("loyalty_on_referrals") == 0.3


def test_names_that_lead_nowhere_are_refused(population, tmp_path):
    with pytest.raises(SpecificationError, match="no effect 'luck'"):
        population.with_effects(luck=1.0)
    with pytest.raises(SpecificationError, match="no stage 'limbo'"):
        population.with_stages(limbo={})
    with pytest.raises(SpecificationError, match="no class 'kings'"):
        population.with_classes(kings={})
    text = (DATA / "populations" / "customer_base.yaml").read_text(encoding="utf-8")
    for old, new, said in (
        ("share: 0.40", "share: 0.50", "shares of the classes"),
        ("{end: 0.03}", "{limbo: 0.03}", "which is no stage"),
        ("{end: 0.03}", "{end: 0.6, set_up: 0.6}", "more than 1"),
        ("spends: {discount: 0.55", "spends: {bribe: 0.55", "which is no treatment"),
        ("[0.02, 0.07,", "[0.12, 0.07,", "add up to 1"),
        ("  stable_loyalty:", "  stubborn_loyalty:", "missing or unknown"),
    ):
        assert old in text
        (tmp_path / "odd.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(SpecificationError, match=said):
            load_customer_base(tmp_path / "odd.yaml")
