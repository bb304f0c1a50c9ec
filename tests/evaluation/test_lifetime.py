"""Lifetime value: published numbers, simulated truth, and what is refused."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from workbench.datasets import open_dataset
from workbench.errors import DataError
from workbench.evaluation import lifetime
from workbench.studies import customer_lifetime


@pytest.fixture(scope="module")
def cdnow():
    if find_spec("lifetimes") is None:
        pytest.skip("the extra 'public' is not installed")
    return open_dataset("cdnow").responses


def test_purchases_of_cdnow_are_those_that_were_published(cdnow):
    """Fader, Hardie & Lee (2005), table 2: r, alpha, a, b and the log likelihood; 1/10 sample of CDNOW."""
    found = lifetime.purchases_model(cdnow["x"], cdnow["t_x"], cdnow["T"])
    assert found.n == 2357
    np.testing.assert_allclose(found.values, [0.243, 4.414, 0.793, 2.426], atol=6e-4)
    assert found.loglik == pytest.approx(-9582.4, abs=0.05)
    assert (found.estimates["ci_lower"] < found.values).all()


def test_values_of_cdnow_are_those_that_were_published(cdnow):
    """Fader & Hardie, The Gamma-Gamma Model of Monetary Value (2013): p 6.25, q 3.74, gamma 15.44."""
    found = lifetime.value_model(cdnow["x"], cdnow["zbar"])
    np.testing.assert_allclose(found.values, [6.25, 3.74, 15.44], atol=0.012)


def drawn(n=4000, seed=3, parameters=(0.6, 6.0, 1.2, 3.0), end=52.0):
    """Customers of a BG/NBD world, by its own story."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = parameters
    rate, chance = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    rows = []
    for lam, p in zip(rate, chance, strict=True):
        now, count, last, later = 0.0, 0, 0.0, 0
        while True:
            now += rng.exponential(1 / lam)
            if now > end + 26:
                break
            if now > end:
                later += 1
            else:
                count, last = count + 1, now
            if rng.random() < p:
                break
        rows.append((count, last, end, later))
    return pd.DataFrame(rows, columns=["x", "t", "T", "later"])


def test_a_world_of_its_own_is_found_and_foreseen():
    data = drawn()
    found = lifetime.purchases_model(data["x"], data["t"], data["T"])
    covered = found.estimates["ci_lower"].lt([0.6, 6.0, 1.2, 3.0]) & found.estimates["ci_upper"].gt(
        [0.6, 6.0, 1.2, 3.0]
    )
    assert covered.all()
    expected = lifetime.expected_purchases(
        found.values, *(data[name].to_numpy(float) for name in "xtT"), 26.0
    )
    assert expected.sum() == pytest.approx(data["later"].sum(), rel=0.06)
    chance = lifetime.alive(found.values, *(data[name].to_numpy(float) for name in "xtT"))
    assert ((chance > 0) & (chance <= 1)).all()
    assert chance[data["x"] == 0].min() == 1


def test_the_unit_of_time_and_of_money_does_not_matter():
    data = drawn(1500)
    weeks = lifetime.purchases_model(data["x"], data["t"], data["T"])
    days = lifetime.purchases_model(data["x"], 7 * data["t"], 7 * data["T"])
    np.testing.assert_allclose(days.values, weeks.values * [1, 7, 1, 1], rtol=1e-2)
    value = pd.Series(np.random.default_rng(1).gamma(4.0, 9.0, 1500))
    one, other = (lifetime.value_model(data["x"], scale * value) for scale in (1.0, 100.0))
    np.testing.assert_allclose(other.values, one.values * [1, 1, 100], rtol=1e-2)


@pytest.mark.parametrize(
    ("x", "t", "T", "said"),
    [
        ([1.0] * 10, [1.0] * 10, [5.0] * 10, "too few"),
        ([1.0] * 40, [9.0] * 40, [5.0] * 40, "recency must lie"),
        ([0.0] * 40, [0.0] * 40, [5.0] * 40, "no customer bought again"),
    ],
)
def test_what_no_model_can_be_made_of_is_refused(x, t, T, said):
    with pytest.raises(DataError, match=said):
        lifetime.purchases_model(pd.Series(x), pd.Series(t), pd.Series(T))


def test_customers_of_one_history_count_once_and_weigh_as_many(cdnow):
    x, t, age, count, place = lifetime.histories(cdnow["x"], cdnow["t_x"], cdnow["T"])
    assert count.sum() == len(cdnow) > len(count)
    np.testing.assert_array_equal(np.stack([x, t, age])[:, place].T, cdnow[["x", "t_x", "T"]].astype(float))
    model = lifetime.purchases_model(cdnow["x"], cdnow["t_x"], cdnow["T"])
    each = lifetime.expected_purchases(model.values, cdnow["x"], cdnow["t_x"], cdnow["T"], 39.0)
    by_history = count @ lifetime.expected_purchases(model.values, x, t, age, 39.0)
    assert by_history == pytest.approx(each.sum(), rel=1e-12)


def test_the_interval_of_a_total_holds_what_came_as_often_as_it_says():
    """The real totals of 20 worlds of 500 customers; an interval of Poisson counts alone holds fewer."""
    inside, poisson = 0, 0
    for seed in range(20):
        data = drawn(500, seed)
        seen = (data["x"], data["t"], data["T"])
        total = lifetime.expected_total(lifetime.purchases_model(*seen), *seen, 26.0, seed=seed)
        real = data["later"].sum()
        inside += total.ci_lower <= real <= total.ci_upper
        poisson += abs(total.estimate - real) <= 1.96 * np.sqrt(total.estimate)
    assert inside >= 18
    assert poisson < inside


def test_what_came_in_the_second_half_of_cdnow_is_what_was_published():
    """Customers and their mean purchases in weeks 40 to 78 by those in weeks 1 to 39: the table that BTYD's
    walkthrough prints beside the figure of Fader, Hardie & Lee (2005)."""
    if find_spec("lifetimes") is None:
        pytest.skip("the extra 'public' is not installed")
    found = customer_lifetime.held_out()
    table = found.check()
    assert table["customers"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    published = [0.2367, 0.6970, 1.3925, 1.560, 2.532, 2.947, 3.862, 6.359]
    np.testing.assert_allclose(table["real"], published, atol=6e-4)
    assert found.total.estimate == pytest.approx(table["expected"] @ table["customers"], rel=1e-12)
