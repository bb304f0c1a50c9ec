"""Hidden chains: the likelihood by counting paths, planted stages are found, forward chains never go back."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError
from workbench.evaluation import hidden_stages as hs


def chain(n=500, periods=6, seed=1):
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(n):
        stage = 0
        for period in range(rng.integers(2, periods + 1)):
            if period and rng.random() < 0.3:
                stage = min(stage + 1, 2)
            rows.append(
                (
                    customer,
                    period,
                    rng.binomial(5, (0.1, 0.5, 0.9)[stage]),
                    rng.poisson((4, 1, 0.2)[stage]),
                    stage,
                )
            )
    return pd.DataFrame(rows, columns=["customer", "period", "a", "b", "stage"])


def test_the_likelihood_is_the_sum_over_all_paths():
    data = hs.sequences(chain(12, 4), "customer", "period", {"a": 3, "b": 2})
    model = hs.fit_stages(data, 2)
    patterns = data.patterns
    for place, found in enumerate(hs.predictive(model, data)):
        seen = data.seen[place][data.there[place]]
        total = 0.0
        for path in product(range(2), repeat=len(seen)):
            chance = model.start[path[0]]
            for step, (stage, pattern) in enumerate(zip(path, seen, strict=True)):
                chance *= 1 if step == 0 else model.moves[path[step - 1], stage]
                chance *= np.prod([table[stage, patterns[pattern, k]] for k, table in enumerate(model.seen)])
            total += chance
        assert found == pytest.approx(np.log(total), rel=1e-9)


def test_planted_stages_are_found_and_more_of_them_do_not_predict_better():
    data = chain()
    everyone = hs.sequences(data, "customer", "period", {"a": 6, "b": 5})
    half = np.arange(len(everyone.customers)) % 2 == 0
    models = {size: hs.fit_stages(everyone.part(half), size) for size in (2, 3, 4)}
    held = {size: hs.predictive(model, everyone.part(~half)).sum() for size, model in models.items()}
    assert held[3] > held[2] + 20
    assert held[4] < held[3] + 5
    forward = hs.fit_stages(everyone.part(half), 3, forward=True)
    assert np.tril(forward.moves, -1).max() == 0
    assert forward.moves.sum(axis=1) == pytest.approx(1)
    chances = hs.filtered(forward, everyone)[everyone.there]
    agree = (chances.argmax(axis=1) == data["stage"].to_numpy()).mean()
    assert agree > 0.8
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)


def test_gaps_are_refused():
    data = chain(20).astype({"a": float})
    data.loc[3, "a"] = np.nan
    with pytest.raises(DataError, match="a has gaps"):
        hs.sequences(data, "customer", "period", {"a": 3, "b": 2})


def test_customers_in_batches_give_the_same_chain(monkeypatch):
    data = hs.sequences(chain(150), "customer", "period", {"a": 3, "b": 2})
    whole = hs.fit_stages(data, 2, starts=((0, 1),))
    monkeypatch.setattr(hs, "CUSTOMERS", 40)
    parts = hs.fit_stages(data, 2, starts=((0, 1),))
    np.testing.assert_allclose(parts.moves, whole.moves, rtol=1e-9)
    np.testing.assert_allclose(hs.predictive(parts, data).sum(), whole.loglik, rtol=1e-4)
    np.testing.assert_allclose(parts.loglik, whole.loglik, rtol=1e-12)
