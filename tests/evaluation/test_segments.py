"""Latent classes, their stability, regressions by class and the value of a policy, against R and by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from workbench.datasets import open_dataset
from workbench.errors import DataError
from workbench.evaluation import class_regressions, latent_classes, policy_value, segment_stability

ROOT = Path(__file__).parents[2]
REFERENCE = json.loads((ROOT / "tests/reference/latent_classes.json").read_text())
ITEMS = ["price_1", "price_2", "service_1", "service_2"]


@pytest.fixture(scope="module")
def answers():
    return open_dataset("customer_base").responses[ITEMS].head(600)


@pytest.fixture(scope="module")
def fit(answers):
    return latent_classes.fit_classes(latent_classes.patterns(answers), 2, starts=9)


def test_two_classes_have_the_likelihood_and_parameters_of_base_r(fit, answers):
    assert fit.loglik == pytest.approx(REFERENCE["loglik"], abs=2e-4)
    assert fit.shares == pytest.approx(REFERENCE["shares"], abs=2e-3)
    profile = fit.profile()
    assert profile[1]["price_1"].to_numpy() == pytest.approx(REFERENCE["price_1_first"], abs=2e-3)
    assert profile[2]["service_2"].to_numpy() == pytest.approx(REFERENCE["service_2_second"], abs=2e-3)
    tier = (answers["price_1"] > 3).astype(int)
    assert adjusted_rand_score(fit.assigned, tier) == pytest.approx(REFERENCE["rand"], abs=1e-6)


def test_stepmix_finds_the_same(fit, answers):
    stepmix = pytest.importorskip("stepmix.stepmix")
    rules = {"abs_tol": 1e-10, "rel_tol": 1e-8, "max_iter": 2000, "verbose": 0, "progress_bar": 0}
    model = stepmix.StepMix(2, measurement="categorical", n_init=3, random_state=1, **rules)
    codes = answers.to_numpy(int) - 1
    model.fit(codes)
    assert float(model.score(codes)) * len(codes) == pytest.approx(fit.loglik, abs=0.01)


def test_the_order_of_answers_and_customers_does_not_matter_and_gaps_do_no_harm(fit, answers):
    turned = 6 - answers.iloc[::-1]
    again = latent_classes.fit_classes(latent_classes.patterns(turned), 2, starts=9)
    assert again.loglik == pytest.approx(fit.loglik, abs=1e-3)
    assert adjusted_rand_score(again.assigned[::-1], fit.assigned) == 1
    none = pd.concat([answers, pd.DataFrame([[None] * 4], columns=ITEMS)], ignore_index=True)
    gaps = latent_classes.fit_classes(latent_classes.patterns(none), 2, starts=9)
    assert gaps.loglik == pytest.approx(fit.loglik, abs=1e-3)
    with pytest.raises(DataError, match="same answer"):
        latent_classes.patterns(answers.assign(price_1=3))


def test_one_class_wins_and_nothing_is_stable_where_items_are_unrelated(answers):
    rng = np.random.default_rng(5)
    alone = pd.DataFrame({name: rng.permutation(answers[name].to_numpy()) for name in answers})
    criteria, _ = latent_classes.number_of_classes(latent_classes.patterns(alone), 3, starts=6)
    assert int(criteria["bic"].idxmin()) == 1
    assert not segment_stability.stability(alone, 2, pairs=5).holds


def test_weights_undo_classification_errors():
    """Means of the most probable class are drawn together; weighted ones are those of the true classes."""
    rng = np.random.default_rng(3)
    kind = rng.random(40_000) < 0.4
    seen = rng.random((40_000, 3)) < np.where(kind[:, None], 0.75, 0.3)
    logs = seen @ np.log([[0.75, 0.3]] * 3) + ~seen @ np.log([[0.25, 0.7]] * 3) + np.log([0.4, 0.6])
    posterior = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    outcome = pd.Series(np.where(kind, 2.0, 0.0) + rng.normal(size=len(kind)))
    fitted = class_regressions.class_regressions(outcome, pd.DataFrame(index=outcome.index), posterior)
    naive = outcome.groupby(posterior.argmax(axis=1)).mean()
    assert fitted.table["estimate"].tolist() == pytest.approx([2.0, 0.0], abs=0.06)
    assert naive[0] < 1.6
    assert naive[1] > 0.2
    gap = fitted.contrast({(1, "constant"): 1.0, (2, "constant"): -1.0})
    assert fitted.equal(["constant"])[0] == pytest.approx((gap["estimate"] / gap["se"]) ** 2)


def test_scores_and_policy_by_hand():
    """Two folds of four: each fold's means come from the other fold."""
    outcome, arm = np.array([2.0, 6.0, 4.0, 8.0]), np.array([0, 1, 0, 1])
    same, half, fold = np.zeros(4, int), np.array([0.5, 0.5]), np.array([0, 0, 1, 1])
    scores = policy_value.robust_scores(outcome, arm, same, half, fold)
    # fold 0: means 4 and 8 from fold 1; the first customer got arm 0: 4 + (2 - 4) / .5 = 0
    assert scores.tolist() == [[0.0, 8.0], [4.0, 4.0], [6.0, 6.0], [2.0, 10.0]]
    assert scores.mean(axis=0).tolist() == [3.0, 7.0]


def test_a_division_without_bearing_brings_nothing_and_does_not_choose_for_itself():
    rng = np.random.default_rng(8)
    table = pd.DataFrame({"arm": rng.choice(["a", "b"], 3000), "half": rng.choice(["x", "y"], 3000)})
    outcome = pd.Series(rng.normal(size=3000))
    found = policy_value.policy_value(outcome, table["arm"], table["half"])
    row = found.table.loc["difference"]
    assert row["ci_lower"] <= 0 <= row["ci_upper"]
    # choosing and valuing on the same customers always looks good
    means = outcome.groupby([table["half"], table["arm"]]).mean().unstack()
    assert means.max(axis=1).mean() > row["estimate"]
    one = policy_value.policy_value(outcome, table["arm"], pd.Series("all", index=table.index))
    assert one.table.loc["difference", ["estimate", "se"]].tolist() == [0.0, 0.0]


def test_where_treatments_do_nothing_an_interval_of_95_percent_misses_0_once_in_twenty():
    """Choosing each fold's arms from all other folds makes it once in seven."""
    rng = np.random.default_rng(11)
    missed = 0
    for _ in range(200):
        arm = pd.Series(rng.choice(["a", "b", "c"], 300))
        place = pd.Series(rng.choice(["x", "y", "z"], 300))
        row = policy_value.policy_value(pd.Series(rng.normal(size=300)), arm, place).table.loc["difference"]
        missed += not row["ci_lower"] <= 0 <= row["ci_upper"]
    assert 1 <= missed <= 18
