"""Group-time effects: the band does not depend on how its signs are drawn."""

import numpy as np
import pytest

from workbench.regression import staggered


def test_signs_drawn_in_stretches_give_the_same_band(monkeypatch):
    influence = np.random.default_rng(1).normal(size=(5, 101))
    whole = staggered._critical(influence, 199, 3, 0.95)
    monkeypatch.setattr(staggered, "SIGNS", 750)
    assert staggered._critical(influence, 199, 3, 0.95) == pytest.approx(whole, rel=1e-12)
