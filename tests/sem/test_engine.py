"""What a user relies on: invariances, recovery, clear refusals, warnings that travel with the result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench import sem

REFERENCE = Path(__file__).parent.parent / "reference" / "sem"
HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
ITEMS = [f"x{number}" for number in range(1, 10)]
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "hs.csv")


@pytest.fixture(scope="module")
def plain(hs) -> sem.Fit:
    return sem.fit(HS, hs)


def standardized(fit: sem.Fit) -> dict:
    values = {}
    for row in fit.estimates.itertuples(index=False):
        values[row.lhs, row.op, row.rhs] = row.std_all
        if row.op == "~~":
            values[row.rhs, row.op, row.lhs] = row.std_all
    return values


@FEW
@given(seed=st.integers(0, 10_000))
def test_order_of_rows_columns_and_lines_does_not_matter(hs, plain, seed):
    rng = np.random.default_rng(seed)
    shuffled = hs.iloc[rng.permutation(len(hs)), rng.permutation(hs.shape[1])]
    lines = [HS.split("\n")[place] for place in rng.permutation(3)]
    again = sem.fit("\n".join(lines), shuffled)
    assert again.chisq == pytest.approx(plain.chisq, rel=1e-9)
    mine = standardized(again)
    for key, value in standardized(plain).items():
        assert mine[key] == pytest.approx(value, abs=1e-7)


@FEW
@given(powers=st.lists(st.integers(-3, 3), min_size=9, max_size=9))
def test_scales_of_the_data_do_not_matter(hs, plain, powers):
    scaled = hs[ITEMS] * 10.0 ** np.array(powers)
    again = sem.fit(HS, scaled)
    assert again.converged
    assert again.chisq == pytest.approx(plain.chisq, rel=1e-9)
    np.testing.assert_allclose(again.estimates["std_all"], plain.estimates["std_all"], atol=1e-8)
    np.testing.assert_allclose(again.estimates["z"], plain.estimates["z"], rtol=1e-6)


@pytest.mark.parametrize("factor", [1e3, 1e-3])
@pytest.mark.parametrize("estimator", ["ULS", "GLS", "WLS", "DWLS", "MLR"])
def test_every_estimator_follows_the_unit(hs, factor, estimator):
    one, other = (sem.fit(HS, data, estimator=estimator) for data in (hs[ITEMS], hs[ITEMS] * factor))
    assert other.converged
    np.testing.assert_allclose(other.estimates["std_all"], one.estimates["std_all"], atol=1e-6)


def test_reflected_item_reflects_its_loading(hs, plain):
    flipped = hs.assign(x2=-hs["x2"])
    again = sem.fit(HS, flipped)
    assert again.chisq == pytest.approx(plain.chisq, rel=1e-9)
    assert standardized(again)["visual", "=~", "x2"] == pytest.approx(
        -standardized(plain)["visual", "=~", "x2"]
    )


def test_order_of_groups_does_not_matter(hs):
    one = sem.fit(HS, hs, group="school", group_equal=["loadings", "intercepts"])
    other = sem.fit(HS, hs.iloc[::-1], group="school", group_equal=["loadings", "intercepts"])
    assert one.groups == tuple(reversed(other.groups)) == ("Pasteur", "Grant-White")
    assert other.chisq == pytest.approx(one.chisq, rel=1e-8)


def test_a_restriction_never_improves_fit(hs, plain):
    restricted = sem.fit(HS + "\nvisual ~~ 0*speed", hs)
    equal = sem.fit("visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9", hs)
    for fit in (restricted, equal):
        assert fit.df == plain.df + 1
        assert fit.chisq > plain.chisq
        assert sem.compare(plain, fit).statistic == pytest.approx(fit.chisq - plain.chisq)


def test_marker_and_unit_variance_are_the_same_model(hs, plain):
    other = sem.fit(HS, hs, std_lv=True)
    assert other.chisq == pytest.approx(plain.chisq, rel=1e-9)
    assert abs(standardized(other)["visual", "=~", "x2"]) == pytest.approx(
        standardized(plain)["visual", "=~", "x2"]
    )


def test_moments_give_the_same_fit_as_rows(hs, plain):
    cov = hs[ITEMS].cov()
    again = sem.fit(HS, sem.moments(cov, len(hs)))
    np.testing.assert_allclose(again.estimates["se"], plain.estimates["se"], rtol=1e-8)
    assert again.measures["bic"] == pytest.approx(plain.measures["bic"], rel=1e-10)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), factors=st.integers(1, 4), items=st.integers(3, 5))
def test_random_models_recover_what_was_planted_and_agree_with_semopy(seed, factors, items):
    rng = np.random.default_rng(seed)
    n = 4000
    mixing = rng.uniform(0.2, 0.5, (factors, factors))
    scores = rng.normal(size=(n, factors)) @ (np.eye(factors) + np.triu(mixing, 1))
    loadings = rng.uniform(0.6, 1.4, (factors, items))
    loadings[:, 0] = 1.0
    columns, lines = {}, []
    for factor in range(factors):
        names = [f"i{factor}_{item}" for item in range(items)]
        lines.append(f"f{factor} =~ {' + '.join(names)}")
        for item, name in enumerate(names):
            columns[name] = loadings[factor, item] * scores[:, factor] + rng.normal(size=n) * 0.7
    data, model = pd.DataFrame(columns), "\n".join(lines)
    fit = sem.fit(model, data)
    assert fit.converged
    found = fit.estimates[fit.estimates["op"] == "=~"]
    off = (found["est"] - loadings.ravel()) / found["se"].where(found["se"] > 0)
    assert off.abs().max() < 5
    second = sem.fit(model, data, engine="semopy")
    np.testing.assert_allclose(second.estimates["est"], fit.estimates["est"], atol=2e-5)


def test_defined_parameters_and_effects_agree(hs):
    fit = sem.fit("x7 ~ a*x1\nx8 ~ b*x7 + c*x1\nindirect := a*b\ntotal := c + a*b", hs)
    defined = fit.estimates[fit.estimates["op"] == ":="].set_index("lhs")
    effects = fit.effects()
    pair = effects[(effects["source"] == "x1") & (effects["target"] == "x8")].set_index("kind")
    for kind, name in (("indirect", "indirect"), ("total", "total")):
        assert pair.loc[kind, "est"] == pytest.approx(defined.loc[name, "est"])
        assert pair.loc[kind, "se"] == pytest.approx(defined.loc[name, "se"])
        assert pair.loc[kind, "std_all"] == pytest.approx(defined.loc[name, "std_all"])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("f =~ x1 + + x2", "line 1: column 11"),
        ("f =~ x1 x2", "column 9: expected '\\+'"),
        ("f =~ x1 + x2 + x3\ng =~ x4 + nope", "line 2: variable 'nope'"),
        ("f =~ x1 + x2", "df = -1"),
        ("x1 ~ b*x2 + x3\n0 < b < 1", "line 2: column 7: a second comparison"),
        ("a := b\nb := a\nf =~ x1 + x2 + x3 + x4", "cyclic definition a -> b -> a"),
        ("f =~ x1 + q*x2 + x3\nk := q*zz", "no parameter is labelled 'zz'"),
        ("f =~ x1 + a*x2 + x3 + x4\na == 1\na == 2", "contradict"),
        ("x1 ~~ x2\nx1 ~~ 2*x2\nx1 ~~ 3*x2", "line 2: x1 ~~ x2 is already described on line 1"),
        (HS.replace("x1", "NA*x1"), "not identified: .*visual"),
        ("visual =~ x1 + x2 + x3\nx1 =~ x4 + x5 + x6", "has the name of a column"),
        ("", "the model is empty"),
    ],
)
def test_a_model_that_cannot_be_fitted_says_where_and_why(hs, model, message):
    with pytest.raises(sem.SpecificationError, match=message):
        sem.fit(model, hs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.assign(x2=data["x1"]), "x1 and x2 carry the same values"),
        (lambda data: data.assign(x2=3.0), "'x2': has the same value"),
        (lambda data: data.assign(x2="much"), "row 2, column 'x2', value 'much': not a number"),
        (lambda data: data.assign(x2=np.inf), "infinite"),
        (lambda data: data.head(8), "8 rows and 9 variables"),
        (lambda data: data.to_numpy(), "give a pandas DataFrame"),
        (lambda data: data.assign(x1=data["x2"] + data["x3"]), "Look at x1, x2, x3"),
    ],
)
def test_data_that_cannot_be_used_say_why(hs, change, message):
    with pytest.raises(sem.DataError, match=message):
        sem.fit(HS, change(hs))


def test_several_faults_are_listed_together(hs):
    with pytest.raises(sem.DataError, match="2 faults") as error:
        sem.fit(HS, hs.assign(x1="a", x5="b"))
    assert len(error.value.faults) == 2
    with pytest.raises(sem.DataError, match="not symmetric"):
        sem.moments([[1.0, 0.2], [0.5, 1.0]], 50, names=["a", "b"])
    with pytest.raises(sem.DataError, match="needs the rows"):
        sem.fit(HS, sem.moments(hs[ITEMS].cov(), 301), estimator="MLM")


def test_missing_values_are_left_out_and_counted(hs):
    holes = hs.copy()
    holes.loc[3:9, "x2"] = np.nan
    fit = sem.fit(HS, holes)
    assert fit.measures["ntotal"] == 294
    assert any("7 of 301 rows" in warning for warning in fit.warnings)


def test_improper_and_unconverged_solutions_are_called_so(hs):
    fit = sem.fit(HS, hs.head(25))
    assert not fit.converged  # lavaan does not converge here either
    assert any("not converged" in warning for warning in fit.warnings)
    assert not (fit.estimates["se"] > 0).any()
    assert np.isnan(fit.measures["chisq"])
    cov = pd.DataFrame([[1.0, 0.9, 0.8], [0.9, 1.0, 0.5], [0.8, 0.5, 1.0]], list("abc"), list("abc"))
    heywood = sem.fit("f =~ a + b + c", sem.moments(cov, 200))
    assert any("Heywood" in warning for warning in heywood.warnings)


def test_spelling_of_the_syntax_does_not_matter(hs, plain):
    lines = [
        "visual =~ x1 +  # comment",
        " x2 + x3; textual =~ x4",
        " + x5 + x6 ! more",
        "",
        "speed =~ x7",
        " + start(0.8)*x8 + x9",
    ]
    assert sem.fit("\n".join(lines), hs).chisq == pytest.approx(plain.chisq, rel=1e-9)


def test_equality_across_groups_without_groups_is_said_to_do_nothing():
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
    fit = sem.fit("a ~ b + c", data, group_equal=["regressions"])
    assert any("without group=" in warning for warning in fit.warnings)
