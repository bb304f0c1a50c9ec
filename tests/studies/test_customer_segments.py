"""Study 14 refuses what it cannot divide, says where nothing is stable, judges what was given by lot."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import open_dataset
from workbench.errors import DataError, NotApplicable, ParameterError
from workbench.show import segment_words as say
from workbench.show import tier_words
from workbench.studies import customer_segments as study
from workbench.studies import drawn_like


@pytest.fixture(scope="module")
def shipped():
    given = study.begin(open_dataset("customer_base"))
    return given, study.segment(given)


def test_the_three_planted_classes_are_found_and_treated_as_planted(shipped):
    given, found = shipped
    hidden = study.population().simulate().hidden["class"]
    assert found.k == 3
    assert found.found
    price, service = study.sensitive_classes(given, found)
    share = pd.crosstab(found.assigned.to_numpy(), hidden.to_numpy(), normalize="index")
    assert share.loc[price].idxmax() == "price_sensitive"
    assert share.loc[service].idxmax() == "service_sensitive"
    chosen = study.value(given, found).chosen
    assert (chosen[price], chosen[service]) == ("discount", "service_call")
    error = 1 - sum(share.loc[row].max() * (found.assigned == row).mean() for row in share.index)
    assert found.fit.error == pytest.approx(error, abs=0.02)


def test_users_answers_without_an_experiment_are_not_judged(shipped):
    survey = open_dataset("abc2")
    given = study.begin(survey)
    found = study.segment(given)
    decided = study.decide_given(given, found, seed=1)
    assert not study.decidable(given)
    assert decided == []
    assert study.value(given, found) is None
    assert study.campaign(given, found) is None


def test_noise_has_no_segments_and_the_page_says_so():
    rng = np.random.default_rng(2)
    data = open_dataset("customer_base").responses.head(400).copy()
    for name in study.begin(open_dataset("customer_base")).items:
        data[name] = rng.integers(1, 6, len(data))
    given = study.begin(drawn_like("customer_base", data))
    found = study.segment(given)
    assert found.k == 1
    assert say.no_segments(found).startswith("No stable segments")
    assert study.value(given, found).table.loc["difference", "estimate"] == 0
    assert not any(one.found for one in study.decide_given(given, found, seed=1))


def test_few_customers_with_many_answers_get_bands_and_too_few_are_refused():
    given = study.begin(open_dataset("mobi"))
    assert given.bands == 3
    assert given.items.nunique().max() == 3
    assert "joined" in say.sample(given)
    few = open_dataset("customer_base").responses.head(40)
    with pytest.raises(NotApplicable, match="answered by 40"):
        study.begin(drawn_like("customer_base", few))
    with pytest.raises(NotApplicable, match="no such column"):
        study.begin(open_dataset("customer_base"), items=["colour"])


def test_numbers_divide_customers_in_bands_and_an_outcome_may_be_yes_or_no():
    data = open_dataset("customer_base").responses
    assert data["age"].nunique() > 11
    given = study.begin(open_dataset("customer_base"), items=["age", "income", "household"])
    assert (given.items.shape[1], given.bands) == (3, 5)
    assert "joined" in say.sample(given)
    names = data["customer"].map("customer {}".format).astype("string")
    with pytest.raises(NotApplicable, match="3,000 different texts cannot divide customers"):
        study.begin(drawn_like("customer_base", data.assign(tier=names)), items=["age", "income", "tier"])
    given = study.begin(drawn_like("customer_base", data.assign(stayed_after=data["stayed_after"] > 0)))
    stayed = given.trial.outcomes["kept"]
    assert set(stayed) == {0.0, 1.0}
    words = data["stayed_after"].map({1.0: "Yes", 0.0: "no"}).astype("string")
    told = study.begin(drawn_like("customer_base", data.assign(stayed_after=words)))
    pd.testing.assert_series_equal(told.trial.outcomes["kept"], stayed)
    with pytest.raises(DataError, match="column 'stayed_after', value 'often': is no number"):
        study.begin(drawn_like("customer_base", data.assign(stayed_after="often")))


@pytest.mark.skipif(find_spec("lifetimes") is None, reason="lifetimes is not installed (extra: public)")
def test_tiers_of_buyers_differ_in_what_follows_and_say_less_than_the_scores():
    found = study.buyers()
    table = found.by_tier()
    assert found.after["purchases"].sum() == 1882  # days with a purchase after September 1997
    assert table["customers"].sum() == 2357
    assert table.loc["VIP", "purchases_lower"] > table.loc["regular", "purchases_upper"]
    gains = found.gains.loc["purchases"]
    assert 0 < gains.loc["tier", "ci_lower"] < gains.loc["tier", "gain"] < gains.loc["cell", "gain"]


def test_a_margin_takes_its_share(shipped):
    given, found = shipped
    half = study.at_margins(given, found, [1.0, 0.5])["estimate"].unstack("what")
    back = half["by lot"] + 1  # of 1 spent, before it is paid; of whom to aim at the margin may choose others
    assert back[0.5] == pytest.approx(back[1.0] / 2)
    with pytest.raises(ParameterError, match="margin=0"):
        study.begin(given.survey, margin=0)


def test_tiers_come_from_columns_of_a_readers_table_or_not_at_all():
    data = open_dataset("customer_base").responses
    given = study.begin(open_dataset("customer_base"))
    assert study.behaviour(given) is None
    found = study.behaviour(given, did=["age", "household", "income"])
    assert set(found.tier) == {"VIP", "regular"}
    assert (data.loc[found.tier == "VIP", "age"].max()) < data["age"].median()


def test_where_treatments_do_nothing_only_what_follows_them_is_new_and_the_page_praises_nothing(shipped):
    idle = study.simulate(study.nulls(study.population())["treatments that do nothing to anyone"], 2)
    usual = study.simulate(study.population(), 2).responses
    changed = [name for name in usual if not usual[name].equals(idle.responses[name])]
    assert changed == ["spending_after", "stayed_after"]
    given = study.begin(idle)
    found = study.segment(given)
    curves = study.uplifts(given, found, draws=100)
    assert tier_words.uplift_title(curves).endswith("not surely better than treating by lot")
    assert tier_words.best_share(curves) == ""
    assert say.margin_title(study.at_margins(given, found, study.MARGINS)).startswith("At none")
    curves = study.uplifts(*shipped, draws=100)
    assert tier_words.uplift_title(curves).endswith("discount and service call")


def test_the_title_of_the_profiles_names_the_classes_that_are_farthest_apart(shipped):
    found = shipped[1]
    rows = {("a", 1): 2.0, ("a", 2): 2.5, ("a", 3): 2.2, ("b", 1): 4.0, ("b", 2): 1.5, ("b", 3): 3.0}
    profile = pd.Series(rows, name="estimate").rename_axis(["what", "class"]).to_frame()
    shares = [f"{100 * share:.0f}" for share in found.fit.shares]
    said = say.profile_title(profile, found, {"b": "Prices"}).replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        f"The 3 classes differ most in “Prices”: from 1.50 in class 2 ({shares[1]} %) "
        f"to 4.00 in class 1 ({shares[0]} %)"
    )
