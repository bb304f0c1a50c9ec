"""Parameter tables against lavaan 0.6-14 (reference/r/sem_tables.R), and what the syntax refuses."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import SpecificationError
from workbench.sem.table import Options, ParameterTable, build

REFERENCE = Path(__file__).parent.parent / "reference" / "sem"
CASES = {case["name"]: case for case in json.loads((REFERENCE / "table_cases.json").read_text())}
TABLES = json.loads((REFERENCE / "tables.json").read_text())
GROUPS = {None: 1, "school": 2, "three": 3}


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "hs.csv")


def table_of(case: dict) -> ParameterTable:
    options = {key.replace(".", "_"): value for key, value in case["options"].items()}
    groups = GROUPS[options.pop("group", None)]
    for key in ("group_equal", "group_partial"):
        value = options.get(key, ())
        options[key] = (value,) if isinstance(value, str) else tuple(value)
    ordered = options.pop("ordered", None)
    if ordered:
        options |= {"ordered": tuple((name, 2) for name in ordered), "meanstructure": True}
    return build(case["model"], Options(**options), groups)


@pytest.mark.parametrize("name", CASES)
def test_rows_values_labels_and_equalities(name):
    table, expected = table_of(CASES[name]), TABLES[name]
    free = {index: column for column, index in enumerate(table.free)}
    size = len(free)
    basis = np.eye(size) if table.equal.basis is None else table.equal.basis
    keys = [tuple(np.round(row, 8) + 0) for row in basis]
    classes: dict[str, tuple] = {}
    assert basis.shape[1] == expected["npar"]
    assert len(table.rows) == len(expected["rows"])
    for index, (row, theirs) in enumerate(zip(table.rows, expected["rows"], strict=True)):
        key, state, value, exogenous, label, same = theirs.split("|") if row.op != "|" else _threshold(theirs)
        assert key.split() == [*f"{row.lhs} {row.op} {row.rhs}".split(), str(row.group)]
        assert label == row.label
        assert row.exogenous == (exogenous == "1")
        # the residual of an ordered item is what its scale leaves: free in lavaan's table, no parameter
        assert row.free == (state == "free"), key
        if row.free:
            assert classes.setdefault(same, keys[free[index]]) == keys[free[index]], key
            assert not value or row.start == float(value)  # lavaan drops a start before a label
        elif row.value is not None:
            assert row.value == pytest.approx(float(value), abs=1e-9), key
    assert len({*classes.values()}) == len(classes)


def _threshold(text: str) -> list[str]:
    """A row whose operator is the separator itself."""
    lhs, rest = text.split("|", 1)
    item, *others = rest.split("|")
    return [f"{lhs}| {item}", *others]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("f =~ x1 + x2 + x3\nf =~ NA*x2", "line 2: f =~ x2 is already described on line 1"),
        ("f =~ x1 + a*x2 + b*x2", "already described"),
        ("f <~ x1 + x2 + x3\nx4 ~ f", "line 1: column 3: operator <~ is not supported"),
        ("f =~ x1 + rv('a')*x2 + x3", r"column 11: rv\(\) is not supported"),
        ("efa('e')*f =~ x1 + x2 + x3", r"column 1: efa\(\)"),
        ("f =~ x1 + prior('n')*x2 + x3", "Bayesian"),
        ("f =~ x1 + foo(2)*x2 + x3", r"modifier 'foo' is not supported. Known: c\(\), start\(\)"),
        ("f =~ x1 + 1*a*x2 + x3", "a fixed value and a label"),
        ("f =~ x1 + (2*a)*x2 + x3", "'a' stands where a number is computed"),
        ("f =~ x1 + c(a, NA)*x2 + x3", "mixes numbers, NA and labels"),
        ("f =~ x1 + start(a)*x2 + x3", r"start\(\) takes numbers"),
        ("f =~ x1 + x2 + x3\nx1 ~*~ x1", r"line 2: x1 ~\*~ x1: scales .* ordered"),
        ("group: 1\nf =~ x1 + x2 + x3", "blocks .*group.* are not supported"),
        ("f =~ x1 + x2\nlevel: 2\nf =~ x1", "line 2: column 1: blocks .*level"),
        ("f =~ x1, x2", "column 8"),
        ("f =~ x1 + 2x2", "column 11: the number 2 stands where a variable is expected"),
        ("f =~ x1 - x2", "column 9: expected '\\+' and found '-'"),
        ("f = x1 + x2", "column 3: '=' is not part of the model syntax"),
        ("f =~", "expected a variable's name and found the end of the statement"),
        ("f =~ x1 + x2 + x3\nz := foo(a)", "unknown function 'foo'"),
        ("f =~ x1 + c(a, b)*x2 + x3", "2 modifiers in c\\(\\) and there is 1 group"),
        ("x4 ~ x5:x6", "line 1: x5:x6: x5 itself is not in the model. Write x5 \\+ x6 \\+ x5:x6"),
        ("f =~ x1 + x2 + x3\nx4 ~ f + x5 + x5:f", "line 2: x5:f: products of latent variables"),
    ],
)
def test_what_is_refused_says_where_and_what_to_do(hs, model, message):
    with pytest.raises(SpecificationError, match=message):
        sem.fit(model, hs)


def test_names_in_any_script_and_comments_anywhere(hs):
    frame = hs.rename(columns={"x1": "满意度.1", "x2": "忠诚_2", "x3": ".v3"})
    chinese = sem.fit(
        "# 模型\n潜变量 =~ 满意度.1 + # 第一\n 忠诚_2 ! 第二\n\n + .v3; x4 ~ 潜变量 # 回归", frame
    )
    plain = sem.fit("f =~ x1 + x2 + x3\nx4 ~ f", hs)
    assert chinese.chisq == pytest.approx(plain.chisq, rel=1e-9)


def test_a_parameter_written_twice_in_the_same_way_is_said(hs):
    fit = sem.fit("f =~ x1 + x2 + x3 + x4\nx1 ~~ x2\nx2 ~~ x1", hs)
    assert any("x2 ~~ x1 is written twice, on lines 2 and 3" in warning for warning in fit.warnings)


def test_different_fixed_values_that_have_to_be_equal_are_said(hs):
    model = "f =~ x1 + c(0.5, 0.7)*x2 + x3 + x4"
    fit = sem.fit(model, hs, group="school", group_equal="loadings")
    assert any("fixed to different values" in warning and "0.5" in warning for warning in fit.warnings)


def test_product_of_observed_variables_is_the_product_of_their_columns(hs):
    made = sem.fit("f =~ x1 + x2 + x3\nf ~ x5 + x6 + x5:x6", hs)
    column = sem.fit("f =~ x1 + x2 + x3\nf ~ x5 + x6 + p", hs.assign(p=hs["x5"] * hs["x6"]))
    np.testing.assert_allclose(made.estimates["est"], column.estimates["est"], rtol=1e-9)
    moderation = made.estimates.query("rhs == 'x5:x6' and op == '~'").iloc[0]
    np.testing.assert_allclose([moderation["est"], moderation["se"]], [0.102227195, 0.0411736809], rtol=2e-4)


def test_bounds_of_single_parameters_hold_and_leave_standard_errors_alone(hs):
    # R: sem("f =~ x1 + upper(0.5)*x2 + x3 + x4", data): chi-squared and standard errors of the first rows
    fit = sem.fit("f =~ x1 + upper(0.5)*x2 + x3 + x4", hs)
    assert fit.df == 2
    assert fit.chisq == pytest.approx(11.944593, rel=1e-5)
    np.testing.assert_allclose(fit.estimates["est"][1:4], [0.5, 0.672306, 0.527098], rtol=1e-4)
    np.testing.assert_allclose(fit.estimates["se"][1:4], [0.100831063, 0.116366502, 0.102376886], rtol=2e-4)
    assert any("f =~ x2 < 0.5 (line 1)" in warning for warning in fit.warnings)


def test_a_definition_without_a_value_is_nan_and_said(hs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = sem.fit("x4 ~ a*x5 + b*x9\nroot := (-a)^0.5\nlogarithm := log(-a)\nfine := max(a, b)", hs)
        ends = fit.estimates.tail(3), fit.standardized.tail(3)
    for frame, value in zip(ends, ("est", "est_std"), strict=True):
        assert frame[value].isna().tolist() == [True, True, False]
        assert frame["se"].isna().tolist() == [True, True, False]
    assert [warning.split(" := ")[0] for warning in fit.warnings] == ["root", "logarithm"]
