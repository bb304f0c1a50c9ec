"""What people write and few examples show: read, and held against lavaan, or refused.

Numbers: ``tests/reference/r/unusual_models.R``.
"""

import json
import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from workbench import sem
from workbench.sem.definitions import ordered_definitions
from workbench.sem.expression import evaluate
from workbench.sem.syntax import parse

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = json.loads((REFERENCE / "sem" / "unusual_models.json").read_text())
CALLS = {
    "thresholds_alone": {"ordered": ["y2"]},
    "thresholds_beside": {"ordered": ["y1", "y2", "y3", "y5"]},
    "residual_variances": {"ordered": ["v1", "v2", "v3", "v4"]},
    "theta_scales": {"ordered": ["v1", "v2", "v3", "v4"], "parameterization": "theta"},
}
FACTOR = "f =~ x1 + x2 + x3"


@pytest.fixture(scope="module")
def hs():
    return pd.read_csv(REFERENCE / "sem" / "hs.csv")


@pytest.fixture(scope="module")
def items():
    return pd.read_csv(REFERENCE / "missing_ordered" / "ordered_more.csv")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_lavaans_numbers(name, hs, items):
    case, options = CASES[name], CALLS.get(name, {})
    if options:
        fit = sem.fit(case["model"], items, estimator="WLSMV", **options)
    else:
        fit = sem.fit(case["model"], hs)
    assert fit.converged
    assert fit.df == case["df"]
    assert fit.chisq == pytest.approx(case["chisq"], abs=1e-4, rel=1e-5)
    found = {(row.lhs, row.op, "" if row.op == ":=" else row.rhs): row for row in fit.estimates.itertuples()}
    found |= {(rhs, op, lhs): row for (lhs, op, rhs), row in found.items() if op == "~~"}
    assert len(fit.estimates) == len(case["estimates"])
    for row in case["estimates"]:
        ours = found[row["lhs"], row["op"], "" if row["op"] == ":=" else row["rhs"]]
        for own, theirs in (("est", "est"), ("std_lv", "std.lv"), ("std_all", "std.all")):
            value = row.get(theirs)
            expected = np.nan if value in (None, "NaN") else value
            assert getattr(ours, own) == pytest.approx(expected, abs=1e-4, nan_ok=True), (ours, own)


def test_residual_variances_that_follow_from_the_rest_are_ignored_with_a_word(items):
    options = {"ordered": CALLS["residual_variances"]["ordered"], "estimator": "WLSMV"}
    plain = sem.fit("f =~ v1 + v2 + v3 + v4", items, **options)
    for written in ("1*v2", "NA*v2", "k*v2", "start(0.3)*v2"):
        fit = sem.fit(f"f =~ v1 + v2 + v3 + v4\nv2 ~~ {written}", items, **options)
        np.testing.assert_allclose(np.sort(fit.x), np.sort(plain.x), atol=1e-6)
        assert [text.startswith("v2 ~~ v2: residual variances") for text in fit.warnings].count(True) == 1
    assert "v2" not in "".join(sem.fit("f =~ v1 + v2 + v3 + v4\nv2 ~~ v2", items, **options).warnings)
    theta = sem.fit(
        "f =~ v1 + v2 + v3 + v4\nv2 ~~ 1*v2", items, **options, parameterization="theta"
    )  # there it is a parameter, and one is its default
    assert not any("ignored" in text for text in theta.warnings)


def test_a_latent_variance_of_zero_is_no_impropriety(hs):
    improper = "not positive definite"
    for name in ("zero_variance", "zero_disturbance"):
        assert not any(improper in text for text in sem.fit(CASES[name]["model"], hs).warnings)
    # without variance there is no covariance
    fit = sem.fit("a =~ x1 + x2 + x3\nb =~ x4 + x5 + x6\nb ~~ 0*b\na ~~ 0.2*b", hs)
    assert any(improper in text and "b" in text for text in fit.warnings)


def test_the_share_explained_of_what_does_not_vary_is_no_number(hs):
    fit = sem.fit(CASES["zero_variance"]["model"] + "\nb ~ 0*a", hs)
    assert np.isnan(fit.r2["b"])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("f ＝～ x1 ＋ x2 ＋ a＊x3\nc ：＝ a／２", "f =~ x1 + x2 + a*x3\nc := a/2"),
        ("f =～ x1+x2+x3；x1 ～～ 0*x2 ＃ a comment", "f =~ x1 + x2 + x3; x1 ~~ 0*x2"),
        ("f =~ x1 + c（1）*x2 + x3", "f =~ x1 + c(1)*x2 + x3"),
        ("f = ~ x1 + x2 + x3\nx1 ~ ~ 0*x2", "f =~ x1 + x2 + x3\nx1 ~~ 0*x2"),
        ("f =~ x1 + a*x2 + b*x3\na = = b\nc : = a", "f =~ x1 + a*x2 + b*x3\na == b\nc := a"),
        ("\ufefff =~ x1 + x2\u200b + x3", "f =~ x1 + x2 + x3"),
        ("f =~ x1 + a*x2 + b*x3\nc := a − b", "f =~ x1 + a*x2 + b*x3\nc := a - b"),
        ("f =∼ x1 + “a”*x2 + x3", 'f =~ x1 + "a"*x2 + x3'),
    ],
)
def test_signs_as_keyboards_write_them(text, plain):
    read, expected = parse(text), parse(plain)
    assert [(term.lhs, term.op, term.rhs, term.fixed, term.labels) for term in read.terms] == [
        (term.lhs, term.op, term.rhs, term.fixed, term.labels) for term in expected.terms
    ]
    assert list(map(str, read.constraints)) == list(map(str, expected.constraints))
    assert [str(one.expression) for one in read.definitions] == [
        str(one.expression) for one in expected.definitions
    ]


def test_a_place_in_a_text_with_wide_signs_is_the_right_one():
    with pytest.raises(sem.SpecificationError, match=r"line 2: column 8: '\?|line 2: column 8"):
        parse("f ＝～ x1\nc ：＝ a §")


@pytest.mark.parametrize(
    ("text", "what"), [("f = x1", "=~"), ("f =~ x1\nc := a % 2", "%%"), ("f ~= x1", "=~")]
)
def test_a_sign_that_is_none_is_answered_with_what_is_meant(text, what):
    with pytest.raises(sem.SpecificationError, match=what):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7 %% 3", 1), ("-7 %% 3", 2), ("7 %% -3", -2), ("2*7 %% 4", 6), ("7 %/% 2", 3), ("-7 %/% 2", -4),
        ("8 %% (5 %% 3)", 0), ("2^5 %% 7", 4), ("17 %% 10 %% 4", 3), ("5.5 %% 2", 1.5), ("6 / 7 %/% 2", 2),
    ],
)  # fmt: skip
def test_remainders_are_those_of_r(text, value):
    expression = parse(f"f =~ x\nc := {text}").definitions[0].expression
    assert float(evaluate(expression, {})[0]) == value
    again = parse(f"f =~ x\nc := {expression}").definitions[0].expression  # what is shown can be read again
    assert float(evaluate(again, {})[0]) == value


def test_remainders_have_derivatives():
    expression = parse("f =~ x\nc := (3*a) %% b").definitions[0].expression

    def at(a, b):
        return evaluate(
            expression, {"a": (np.array([a]), np.eye(2)[:1]), "b": (np.array([b]), np.eye(2)[1:])}
        )

    step = 1e-6
    slopes = [
        (at(1.7 + step, 0.9)[0] - at(1.7 - step, 0.9)[0]),
        (at(1.7, 0.9 + step)[0] - at(1.7, 0.9 - step)[0]),
    ]
    np.testing.assert_allclose(at(1.7, 0.9)[1][0], np.ravel(slopes) / (2 * step), rtol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "c := " + "(" * 1000 + "a" + ")" * 1000,
        "c := " + "+".join(["a"] * 5000),
        "c := " + "-" * 3000 + "a",
        "c := " + "^".join(["a"] * 1000),
        "c := " + "abs(" * 1000 + "a" + ")" * 1000,
        "f =~ x1 + " + "c(" * 1000 + "1" + ")" * 1000 + "*x2",
        "a == " + "*".join(["a"] * 5000),
        "c := " + "(" * 30 + "a" + ("+a" * 290 + ")") * 30,
        "f =~ " + "1*" * 5000 + "x3",
    ],
    ids=["brackets", "sum", "signs", "powers", "functions", "modifiers", "constraint", "sums", "fixed"],
)
def test_texts_of_no_end_are_faults_of_the_text(text, hs):
    with pytest.raises(sem.SpecificationError, match=r"more than \d+ (brackets|operations)"):
        sem.fit(f"f =~ a*x1 + x2 + x3\n{text}", hs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f =~ x1 + x2 + x3\n" * 10_000, "180,000 characters and this engine reads 100,000"),
        ("+".join(["x1"] * 3000) + "~" + "+".join(["x2"] * 3000), "9,000,000 parameters and this engine"),
        ("\n".join(f"f{n} =~ x1 + x2 + x3" for n in range(200)), "20,500 parameters and this engine"),
        ("x1 ~ " + "+".join(f"z{n}" for n in range(800)), "800 observed variables explain others"),
        ("f =~ 1e400*x1 + x2 + x3", "line 1: column 6: the number is too large"),
        ("f =~ g\ng =~ f", "no observed variable, and f, g explain nothing that was observed"),
    ],
    ids=["text", "product", "covariances", "causes", "number", "circle"],
)
def test_models_of_a_size_or_shape_that_no_data_carry_are_refused_at_once(text, said, hs):
    with pytest.raises(sem.SpecificationError, match=re.escape(said)):
        sem.fit(text, hs)


def test_long_texts_are_read():
    total = parse("f =~ x\nc := " + "+".join(["a"] * 300) + "\nd := " + "sum(" + ",".join(["a"] * 5000) + ")")
    values = {"a": (np.array([2.0]), np.eye(1))}
    assert [float(evaluate(one.expression, values)[0][0]) for one in total.definitions] == [600, 10000]
    assert pickle.loads(pickle.dumps(total)) == total
    chain = "\n".join(f"c{n} := c{n + 1} + a" for n in range(3000)) + "\nc3000 := a"
    rows = sem.fit(
        "f =~ x1 + a*x2 + x3", sem.moments(np.eye(3) + 0.5, 90, names=["x1", "x2", "x3"])
    ).table.rows
    ordered = ordered_definitions(parse(f"f =~ a*x\n{chain}"), rows)
    assert [one.name for one in ordered] == [f"c{n}" for n in range(3000, -1, -1)]


def test_a_circle_of_definitions_is_shown(hs):
    with pytest.raises(sem.SpecificationError, match="cyclic definition p -> q -> p"):
        sem.fit("f =~ x1 + a*x2 + x3\np := q + a\nq := p", hs)


def test_polars_frames_are_read(hs, items):
    holes = hs.mask(np.random.default_rng(1).random(hs.shape) < 0.05)
    for missing in ("listwise", "fiml"):
        expected = sem.fit(FACTOR, holes, missing=missing)
        for frame in (pl.from_pandas(holes), pl.from_pandas(holes).lazy()):
            found = sem.fit(FACTOR, frame, missing=missing)
            np.testing.assert_array_equal(found.x, expected.x)
            assert found.rows.equals(expected.rows)
    ordered = ["v1", "v2", "v3"]
    expected = sem.fit("f =~ v1 + v2 + v3", items, ordered=ordered, estimator="WLSMV")
    found = sem.fit("f =~ v1 + v2 + v3", pl.from_pandas(items), ordered=ordered, estimator="WLSMV")
    np.testing.assert_array_equal(found.x, expected.x)
    correlations = sem.polychoric(pl.from_pandas(items[ordered])).correlations
    pd.testing.assert_frame_equal(correlations, sem.polychoric(items[ordered]).correlations)


def test_a_matrix_given_as_data_is_pointed_to_moments(hs):
    matrix = hs[["x1", "x2", "x3"]].cov()
    for call in (lambda: sem.fit(FACTOR, matrix), lambda: sem.polychoric(matrix)):
        with pytest.raises(sem.DataError, match=r"sem\.moments\(cov, n\)"):
            call()
    assert sem.fit(FACTOR, sem.moments(matrix, len(hs))).chisq == pytest.approx(0, abs=1e-8)


def test_a_category_that_a_group_lacks_is_named(items):
    lacking = items.assign(y3=items["y3"].where(items["group"] == "a", items["y3"].clip(upper=2)))
    with pytest.raises(sem.DataError, match=r"group b: nobody chose 3.*Join neighbouring categories"):
        sem.fit("f =~ y1 + y3 + y5", lacking, ordered=["y1", "y3", "y5"], group="group", estimator="WLSMV")


@pytest.mark.parametrize(("seed", "grouped"), [(9, True), (18, True), (20, False), (24, False)])
def test_a_step_that_leaves_an_item_no_variance_under_theta_is_cut_without_a_python_warning(seed, grouped):
    """A free latent variance may be tried below zero; the minimum is that of the other parameterization."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(80, 1))
    answers = common * rng.normal(size=4) * 1.5 + rng.normal(size=(80, 4))
    levels = [[-1, 0, 1][: rng.integers(1, 4)] for _ in range(4)]
    data = pd.DataFrame({f"u{i + 1}": np.digitize(answers[:, i], levels[i]) for i in range(4)})
    data["g"] = np.where(np.arange(80) % 2, "a", "b")
    call = {"ordered": [f"u{i}" for i in range(1, 5)], "estimator": "WLSMV"}
    call |= {"group": "g", "group_equal": ["loadings", "thresholds"]} if grouped else {}
    model = "f =~ u1 + u2 + u3 + u4" if grouped else "f =~ u1 + u2\nh =~ u3 + u4"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theta = sem.fit(model, data, parameterization="theta", **call)
        delta = sem.fit(model, data, parameterization="delta", **call)
    assert theta.converged
    assert theta.chisq == pytest.approx(delta.chisq, rel=1e-5)


@pytest.mark.parametrize("text", ["f ~~ -3*f", "u1 ~~ -3*u1"])
def test_variances_fixed_so_that_an_ordered_item_has_none_are_refused(text):
    data = pd.DataFrame(np.random.default_rng(1).integers(0, 3, (200, 4)), columns=["u1", "u2", "u3", "u4"])
    with pytest.raises(sem.SpecificationError, match="no implied covariances"):
        sem.fit(
            f"f =~ 1*u1 + 1*u2 + 1*u3 + 1*u4\n{text}",
            data,
            ordered=["u1", "u2", "u3", "u4"],
            estimator="WLSMV",
            parameterization="theta",
        )
