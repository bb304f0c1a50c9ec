"""Study 14 refuses what it cannot divide, says where nothing is stable, judges what was given by lot."""

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import open_dataset
from workbench.errors import NotApplicable
from workbench.show import segment_words as say
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
