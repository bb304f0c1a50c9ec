"""Bootstrap intervals of reliability and extracted variance: draws against R on the same resamples."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.measurement import (
    average_variance_extracted,
    bifactor,
    composite_reliability,
    convergent_validity,
    correlated_factors,
    htmt,
    omega,
    second_order,
)
from workbench.measurement.general_factor import omegas_of
from workbench.measurement.reliability_of_composites import extracted, measured, reliability
from workbench.parallel import JOBS
from workbench.sem.refitting.refits import Statistic

FOLDER = Path(__file__).parents[1] / "reference" / "measurement"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setenv(JOBS, "1")  # starting worker processes takes longer than these few draws


@pytest.fixture(scope="module")
def resamples():
    found = json.loads((FOLDER / "resamples.json").read_text(encoding="utf-8"))
    return found["model"], np.array(found["index"]), pd.DataFrame(found["draws"])


def stacked(refits):
    group = measured(refits)[0]
    return np.stack([*reliability(group).values(), *extracted(group).values()], axis=1)


def test_draws_of_reliability_and_ave_are_those_of_semtools(survey, resamples):
    model, index, draws = resamples
    theirs = [pd.DataFrame(draws[name].tolist()) for name in ("cr", "ave")]
    names = list(theirs[0])
    assert list(theirs[1]) == names
    fit = sem.fit(model, survey)
    together = fit.bootstrap(
        indices=index, statistic=Statistic(tuple(names) + tuple(f"{n} ave" for n in names), stacked)
    )
    np.testing.assert_allclose(together.statistic, np.concatenate(theirs, axis=1), atol=1e-5)
    for function, part in ((composite_reliability, theirs[0]), (average_variance_extracted, theirs[1])):
        boot = fit.bootstrap(indices=index, statistic=function)
        np.testing.assert_allclose(boot.statistic[names], part, atol=1e-5)


def test_tables_show_the_percentiles_of_their_draws(survey, constructs):
    fit = sem.fit(correlated_factors(constructs), survey)
    table = convergent_validity(fit, draws=200, seed=3, confidence=0.9).table
    boot = fit.bootstrap(200, seed=3, statistic=composite_reliability)
    slow = boot.interval(level=0.9, of="statistic").set_index("statistic")
    np.testing.assert_allclose(table[["cr_lower", "cr_upper"]], slow[["ci_lower", "ci_upper"]], rtol=1e-9)
    assert (table["ave_lower"] < table["ave"]).all()
    assert (table["ave"] < table["ave_upper"]).all()
    plain = convergent_validity(fit).table
    pd.testing.assert_frame_equal(table[plain.columns], plain)


def test_groups_and_ordered_items_have_intervals(survey, constructs):
    halves = survey.assign(group=np.where(np.arange(len(survey)) % 2, "b", "a"))
    fit = sem.fit(correlated_factors(constructs), halves, group="group")
    table = fit.bootstrap(40, statistic=composite_reliability).interval(of="statistic")
    assert list(table["statistic"][:2]) == ["a quality", "a trust"]
    assert len(table) == 6
    ordered = sem.fit("f =~ q1 + q2 + q3", survey, ordered=["q1", "q2", "q3"], estimator="WLSMV")
    row = omega(ordered, draws=24).table.loc["f"]
    assert row["reliability_lower"] < row["reliability"] < row["reliability_upper"]


def test_general_and_second_order_factors_have_intervals(survey, constructs):
    wide = omega(sem.fit(bifactor(constructs, "g"), survey), draws=100)
    general = wide.table.loc["g"]
    assert general["reliability_lower"] < general["reliability"] < general["reliability_upper"]
    higher = omega(sem.fit(second_order(constructs, "g"), survey), draws=100).second_order.loc["g"]
    assert higher["lower"] < higher["est"] < higher["upper"]


def test_drawn_omegas_are_those_of_psych(survey, resamples):
    _, index, draws = resamples
    for place in range(4):
        total, hierarchical = omegas_of(
            survey.to_numpy(float)[index[place]], tuple(survey.columns), "pearson", 3
        )
        assert total == pytest.approx(draws["total"][place], abs=1e-3)
        assert hierarchical == pytest.approx(draws["hierarchical"][place], abs=1e-3)


def test_hierarchical_omega_has_an_interval(survey):
    found = omega(survey, 3, draws=20, seed=2)
    assert found.hierarchical_lower < found.hierarchical < found.hierarchical_upper
    assert found.ci_lower < found.total < found.ci_upper
    again = omega(survey, 3, draws=20, seed=2)
    assert (again.hierarchical_lower, again.ci_upper) == (found.hierarchical_lower, found.ci_upper)


def test_ordinal_omega_has_an_interval(survey):
    found = omega(survey[["q1", "q2", "q3"]], correlation="polychoric", draws=30)
    assert found.ci_lower < found.total < found.ci_upper


def test_htmt_of_resamples_is_that_of_semtools(survey, constructs, resamples):
    _, index, draws = resamples
    for place in range(3):
        found = htmt(survey.iloc[index[place]], constructs, htmt2=True).to_numpy()  # semTools' default
        np.testing.assert_allclose(found[np.tril_indices(3, -1)], draws["htmt"][place], atol=1e-8)
