"""Convergent and discriminant validity against semTools, on fits of the engine."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import DataError, SpecificationError
from workbench.measurement import (
    average_variance_extracted,
    bifactor,
    composite_reliability,
    convergent_validity,
    correlated_factors,
    cross_loadings,
    fornell_larcker,
    htmt,
    htmt_interval,
    omega,
    reliability_table,
    second_order,
)


@pytest.fixture(scope="module")
def fit(survey, constructs):
    return sem.fit(correlated_factors(constructs), survey)


def near(ours, theirs, tolerance=1e-6):
    expected = pd.Series(theirs, dtype=float).loc[ours.index]
    pd.testing.assert_series_equal(ours, expected, check_names=False, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("key", "more", "settings"),
    [
        ("cfa", "", {}),
        ("cfa_residuals", "\nq1 ~~ q2\nt1 ~~ s1", {}),
        ("ordered", "", {"estimator": "WLSMV"}),
    ],
)
def test_reliability_and_ave_are_those_of_semtools(survey, constructs, reference, key, more, settings):
    if settings:
        settings = settings | {"ordered": list(survey.columns)}
    result = sem.fit(correlated_factors(constructs) + more, survey, **settings)
    near(composite_reliability(result), reference[key]["cr"])
    near(average_variance_extracted(result), reference[key]["ave"])


def test_groups_give_a_row_each(survey, constructs, reference):
    halves = survey.assign(group=["a" if place % 2 == 0 else "b" for place in range(len(survey))])
    result = sem.fit(correlated_factors(constructs), halves, group="group")
    for statistic, key in ((composite_reliability, "cr"), (average_variance_extracted, "ave")):
        expected = pd.DataFrame(reference["groups"][key]).set_index("group")
        np.testing.assert_allclose(statistic(result)[expected.columns], expected, atol=1e-6)


def test_omega_of_second_order_and_bifactor_models(survey, constructs, reference):
    higher = omega(sem.fit(second_order(constructs, "g"), survey))
    assert higher.second_order["g"] == pytest.approx(reference["second_order"]["cr"]["g"], abs=1e-6)
    near(higher.estimate, reference["second_order"]["cr"])
    theirs = reference["bifactor"]["cr"]
    both = omega(sem.fit(bifactor(constructs, "g"), survey))
    near(both.estimate, theirs, 2e-6)
    assert both.table.loc["g", "total"] == pytest.approx(theirs["total"], abs=1e-6)


def test_a_cross_loaded_construct_has_no_ave(survey, constructs):
    result = average_variance_extracted(sem.fit(correlated_factors(constructs) + "\nquality =~ t1", survey))
    assert result[["quality", "trust"]].isna().all()
    assert result["satisfaction"] > 0


def test_tables_of_validity(fit):
    table = convergent_validity(fit).table
    assert (table["largest_shared_variance"] < table["cr"]).all()
    assert any("below .50" in text for text in convergent_validity(fit).warnings)
    larcker = fornell_larcker(fit)
    np.testing.assert_allclose(np.diag(larcker.table) ** 2, table["ave"])
    assert larcker.pairs["distinct"].all()
    assert np.isnan(larcker.table.iloc[0, 1])


@pytest.mark.parametrize(
    ("key", "settings"),
    [
        ("absolute", {}),
        ("htmt2", {"htmt2": True}),
        ("polychoric", {"correlation": "polychoric"}),
    ],
)
def test_htmt_is_that_of_semtools(survey, constructs, reference, key, settings):
    result = htmt(survey, constructs, **settings)
    np.testing.assert_allclose(result, reference["htmt"][key], atol=1e-7)
    assert list(result.columns) == list(constructs)


def test_htmt_with_missing_answers_and_an_unreversed_item(holes, constructs, reference):
    result = htmt(holes, constructs)
    np.testing.assert_allclose(result, reference["htmt"]["holes"], atol=1e-10)
    assert any("left out" in text for text in result.attrs["warnings"])
    signed = htmt(holes, constructs, absolute=False)
    np.testing.assert_allclose(signed, reference["htmt"]["holes_signed"], atol=1e-10)


def test_htmt_of_a_matrix_is_that_of_the_answers(survey, constructs):
    shuffled = survey[sorted(survey.columns)].corr()
    np.testing.assert_allclose(htmt(shuffled, constructs), htmt(survey, constructs), atol=1e-12)


def test_htmt_interval_is_that_of_a_loop(survey, constructs):
    result = htmt_interval(survey, constructs, draws=150, seed=9)
    counts = np.random.default_rng(9).multinomial(420, np.full(420, 1 / 420), size=150)
    drawn = [
        htmt(pd.DataFrame(np.repeat(survey.to_numpy(), row, axis=0), columns=survey.columns), constructs)
        for row in counts
    ]
    values = [frame.loc["quality", "trust"] for frame in drawn]
    row = result.table.iloc[0]
    assert (row["construct_a"], row["construct_b"]) == ("quality", "trust")
    np.testing.assert_allclose([row["lower"], row["upper"]], np.quantile(values, [0.025, 0.975]), atol=1e-10)
    assert result.table["below_085"].all()


def test_two_names_of_one_construct_are_not_distinct(survey):
    halves = {"one": ["q1", "q3"], "two": ["q2", "q4"], "other": ["s1", "s2"]}
    table = htmt_interval(survey, halves, draws=300).table
    assert not table.loc[0, "below_090"]
    assert table.loc[1:, "below_090"].all()


def test_cross_loadings_leave_the_item_out_of_its_own_score(survey, constructs):
    result = cross_loadings(survey, constructs)
    standard = (survey - survey.mean()) / survey.std()
    own = standard[["q2", "q3", "q4"]].sum(axis=1).corr(standard["q1"])
    other = standard[constructs["trust"]].sum(axis=1).corr(standard["q1"])
    np.testing.assert_allclose(result.table.loc["q1", ["quality", "trust"]].astype(float), [own, other])
    assert result.strays.empty
    wrong = {**constructs, "quality": ["q1", "q2", "q3", "t4"], "trust": ["t1", "t2", "t3", "q4"]}
    assert set(cross_loadings(survey, wrong).strays["item"]) == {"q4", "t4"}


def test_reliability_table_says_whose_warning_it_is(holes, constructs):
    result = reliability_table(holes, constructs, draws=100)
    assert list(result.table.index) == list(constructs)
    assert any(text.startswith("quality: q4") for text in result.warnings)
    inside = result.table.loc["trust"]
    assert inside["omega_lower"] < inside["omega"] < inside["omega_upper"]


def test_doors(survey, constructs):
    with pytest.raises(DataError) as error:
        htmt(survey, {"a": ["q1", "nothing"], "b": ["t1", "nowhere"]})
    assert len(error.value.faults) == 2
    with pytest.raises(SpecificationError, match="one text"):
        htmt(survey, {"a": "q1", "b": ["t1"]})
    with pytest.raises(SpecificationError, match="once is enough"):
        htmt(survey, {"a": ["q1", "q2"], "b": ["q1", "t2"]})
