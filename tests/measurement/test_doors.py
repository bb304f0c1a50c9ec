"""Every public function of the room, given something of a wrong kind, says so in the project's own error."""

import inspect

import numpy as np
import pandas as pd
import pytest

from workbench import measurement, sem
from workbench.errors import DataError, WorkbenchError

ITEMS = [f"{letter}{number}" for letter in "abc" for number in range(1, 4)]
PARTS = {letter: [item for item in ITEMS if item.startswith(letter)] for letter in "abc"}


def made(n=160, seed=5):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    factors = 0.7 * common + 0.7 * rng.normal(size=(n, 3))
    frame = pd.DataFrame(np.repeat(factors, 3, axis=1) + rng.normal(size=(n, 9)), columns=ITEMS)
    return frame.assign(g=np.where(np.arange(n) % 2, "u", "v"))


DATA = made()
ANSWERS = DATA[ITEMS]
FIT = sem.fit(measurement.correlated_factors(PARTS), ANSWERS)
SOLUTION = measurement.efa(ANSWERS, 3)
MEASURES = measurement.compare_models({"one": FIT}).table.loc["one"]

ragged = [[1, 2], [3]]
NOT_ANSWERS = {
    "None": None,
    "text": "q1",
    "number": 3,
    "list": [1, 2, 3],
    "ragged": ragged,
    "vector": np.arange(5.0),
    "cube": np.zeros((2, 2, 2)),
    "series": ANSWERS["a1"],
    "dictionary": {"a1": [1, 2]},
    "object": object(),
    "empty": pd.DataFrame(),
    "words": ANSWERS.assign(a1="yes"),
    "infinite": ANSWERS.assign(a1=np.inf),
    "constant": ANSWERS.assign(a1=1.0),
    "no answers": ANSWERS.assign(a1=np.nan),
    "twice": pd.concat([ANSWERS, ANSWERS[["a1"]]], axis=1),
    "half a matrix": ANSWERS.corr().where(np.tril(np.ones((9, 9), dtype=bool))),
    "skew matrix": ANSWERS.corr() + np.triu(np.full((9, 9), 0.1), 1),
}
NOT_CONSTRUCTS = {
    "None": None,
    "text": "a1",
    "number": 3,
    "list": ["a1", "a2"],
    "empty": {},
    "items None": {"a": None, "b": PARTS["b"], "c": PARTS["c"]},
    "items text": {"a": "a1", "b": PARTS["b"], "c": PARTS["c"]},
    "items number": {"a": 3, "b": PARTS["b"], "c": PARTS["c"]},
    "unknown": {"a": ["z1", "z2", "z3"], "b": PARTS["b"], "c": PARTS["c"]},
    "shared": {"a": ["b1", "b2", "b3"], "b": PARTS["b"], "c": PARTS["c"]},
}
KINDS = {
    "answers": NOT_ANSWERS,
    "survey": {name: NOT_ANSWERS[name] for name in (
        "None", "text", "number", "list", "ragged", "vector", "series", "dictionary", "object", "empty",
    )},
    "constructs": NOT_CONSTRUCTS,
    "new constructs": {name: value for name, value in NOT_CONSTRUCTS.items() if name != "unknown"},
    "several constructs": {name: value for name, value in NOT_CONSTRUCTS.items() if name != "None"},
    "fit": {"None": None, "text": "fit", "number": 3, "frame": ANSWERS, "list": [FIT]},
    "fits": {"None": None, "text": "fit", "list": [FIT], "empty": {}, "of text": {"one": "fit"}},
    "solution": {"None": None, "text": "x", "frame": ANSWERS, "fit": FIT},
    "measures": {"None": None, "text": "x", "number": 3, "empty": pd.Series(dtype=float)},
    "count": {"None": None, "text": "x", "negative": -1, "half": 1.5, "nan": np.nan, "true": True},
    "some": {"text": "x", "zero": 0, "negative": -1, "half": 1.5, "nan": np.nan, "true": True},
    "share": {"None": None, "text": "x", "percent": 95, "zero": 0, "nan": np.nan, "true": True},
    "word": {"None": None, "text": "unheard of", "number": 3, "list": ["pairwise"]},
    "rotation": {"text": "unheard of", "number": 3, "list": ["oblimin"]},
    "name": {"None": None, "number": 3, "empty": "", "syntax": "a =~ b", "item": "a1"},
    "names": {"None": None, "text": "a1", "number": 3},
    "column": {"None": None, "number": 3, "unknown": "zz"},
    "group": {"text": "zz", "number": 3},
    "paths": {"None": None, "text": "b ~ a", "list": ["a", "b"], "empty": {}, "of text": {"b": "a"},
              "of numbers": {"b": 3}, "unknown": {"b": ["a"], "c": ["z"]}},
}  # fmt: skip
SURVEY = {"data": "survey", "constructs": "constructs"}
GROUPED = {**SURVEY, "group": "column"}
common = {"missing": "word"}
both = {"missing": "word", "correlation": "word"}
drawn = {"draws": "count", "seed": "count", "confidence": "share"}
CALLS = {
    "alpha": ((ANSWERS,), {"items": "answers", **both, **drawn, "n_obs": "some"}),
    "omega": ((ANSWERS,), {"items": "answers", "n_factors": "some", **both, **drawn}),
    "bartlett_sphericity": ((ANSWERS,), {"data": "answers", "n_obs": "some", **both}),
    "kmo": ((ANSWERS,), {"data": "answers", **both}),
    "velicer_map": ((ANSWERS,), {"data": "answers", **both}),
    "empirical_kaiser": ((ANSWERS,), {"data": "answers", "n_obs": "some", **both}),
    "compare_factor_fit": ((ANSWERS,), {"data": "answers", "max_factors": "some", **both}),
    "parallel_analysis": (
        (ANSWERS,),
        {"data": "answers", "draws": "some", "quantile": "share", "kind": "word", "seed": "count", **both},
    ),
    "suggest_factors": ((ANSWERS,), {"data": "answers", "draws": "some", "max_factors": "some", **both}),
    "efa": (
        (ANSWERS, 3),
        {"data_or_corr": "answers", "n_factors": "some", "method": "word", "rotation": "rotation",
         "starts": "some", "seed": "count", "n_obs": "some", **both},
    ),
    "factor_scores": ((SOLUTION, ANSWERS), {"solution": "solution", "data": "survey", "method": "word"}),
    "schmid_leiman": ((ANSWERS, 3), {"data": "answers", "n_factors": "some", **both}),
    "average_variance_extracted": ((FIT,), {"fit": "fit"}),
    "composite_reliability": ((FIT,), {"fit": "fit"}),
    "convergent_validity": ((FIT,), {"fit": "fit", "group": "group", **drawn}),
    "model_omega": ((FIT,), {"fit": "fit", "group": "group", **drawn}),
    "fornell_larcker": ((FIT,), {"fit": "fit", "group": "group"}),
    "cross_loadings": ((ANSWERS, PARTS), {**SURVEY, **both}),
    "htmt": ((ANSWERS, PARTS), {**SURVEY, **both}),
    "htmt_interval": ((ANSWERS, PARTS), {**SURVEY, **common, "draws": "some",
                                         "seed": "count", "confidence": "share"}),
    "reliability_table": ((ANSWERS, PARTS), {**SURVEY, **common, **drawn}),
    "full_collinearity": ((ANSWERS, PARTS), {"source": "survey", "constructs": "several constructs"}),
    "harman_single_factor": ((ANSWERS,), {"data": "answers", **common}),
    "marker_cfa": (
        (ANSWERS, {name: PARTS[name] for name in "ab"}, PARTS["c"]),
        {**SURVEY, "marker": "names", "name": "name"},
    ),
    "marker_partial": ((ANSWERS, "c1"), {"data": "answers", "marker": "column"}),
    "unmeasured_method_factor": ((ANSWERS, PARTS), {**SURVEY, "name": "name"}),
    "partial_invariance": ((DATA, PARTS, "g"), GROUPED),
    "equal_paths": ((DATA, PARTS, "b ~ a", "g"), GROUPED),
    "usable_groups": ((DATA, "g", ITEMS), {"data": "survey", "group": "column"}),
    "partial_least_squares": ((ANSWERS, PARTS, {"b": ["a"], "c": ["b"]}), {
        **SURVEY, "paths": "paths", **drawn}),
    "bifactor": ((PARTS,), {"constructs": "new constructs", "name": "name"}),
    "correlated_factors": ((PARTS,), {"constructs": "new constructs"}),
    "one_factor": ((PARTS,), {"constructs": "new constructs", "name": "name"}),
    "second_order": ((PARTS,), {"constructs": "new constructs", "name": "name"}),
    "rival_models": ((PARTS,), {"constructs": "new constructs", "name": "name"}),
    "whole_structures": (
        (PARTS, "w", ["w1", "w2"]), {"parts": "new constructs", "whole": "name", "items": "names"},
    ),
    "fit_rivals": ((ANSWERS, PARTS), SURVEY),
    "compare_models": (({"one": FIT},), {"fits": "fits"}),
    "side_by_side": (({"one": FIT},), {"fits": "fits"}),
    "close_fit": ((MEASURES,), {"measures": "measures"}),
    "merged_factors": ((ANSWERS, PARTS), {**SURVEY, "level": "share"}),
    "pattern_match": ((SOLUTION, PARTS), {"solution": "solution", "constructs": "constructs"}),
}  # fmt: skip

CASES = [
    pytest.param(name, argument, wrong, id=f"{name}-{argument}-{label}")
    for name, (_, arguments) in CALLS.items()
    for argument, kind in arguments.items()
    for label, wrong in KINDS[kind].items()
]


def test_every_public_function_is_swept():
    assert set(CALLS) == set(measurement.__all__)
    for name, (given, arguments) in CALLS.items():
        parameters = list(inspect.signature(getattr(measurement, name)).parameters)
        assert set(arguments) <= set(parameters), name
        assert set(parameters[: len(given)]) <= set(arguments) | {"structure", "items"}, name


@pytest.mark.parametrize(("name", "argument", "wrong"), CASES)
def test_a_wrong_kind_is_the_projects_error(name, argument, wrong):
    function = getattr(measurement, name)
    parameters = list(inspect.signature(function).parameters)
    call = dict(zip(parameters, CALLS[name][0], strict=False)) | {argument: wrong}
    with pytest.raises(WorkbenchError) as error:
        function(**call)
    assert len(str(error.value)) < 2500
    assert "object at 0x" not in str(error.value)


def test_answers_may_come_as_an_array_a_list_or_a_polars_frame():
    polars = pytest.importorskip("polars")
    expected = measurement.alpha(ANSWERS[PARTS["a"]]).estimate
    values = ANSWERS[PARTS["a"]].to_numpy()
    for given in (values, values.tolist(), polars.DataFrame(dict(zip(PARTS["a"], values.T, strict=True)))):
        assert measurement.alpha(given).estimate == pytest.approx(expected)
    named = polars.DataFrame({name: ANSWERS[name].to_numpy() for name in ITEMS})
    assert measurement.htmt(named, PARTS).loc["a", "b"] == pytest.approx(
        measurement.htmt(ANSWERS, PARTS).loc["a", "b"]
    )


def test_a_square_table_of_answers_is_no_matrix():
    square = ANSWERS.head(9).reset_index(drop=True)
    assert measurement.alpha(square).n_obs == 9
    numbered = pd.DataFrame(square.to_numpy())  # rows and columns are both called 0 ... 8
    assert measurement.alpha(numbered).n_obs == 9


@pytest.mark.parametrize("given", [np.array, pd.DataFrame], ids=["array", "frame"])
@pytest.mark.parametrize("function", [measurement.alpha, measurement.omega, measurement.kmo])
def test_the_imaginary_part_of_a_number_is_not_dropped(function, given):
    answers = np.random.default_rng(1).normal(size=(50, 3)) * (1 + 1j)
    with pytest.raises(DataError, match="complex numbers"):
        function(given(answers))


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_numbers_that_cannot_be_squared_are_said_to_be(unit):
    answers = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 3)) * unit, columns=list("abc"))
    with pytest.raises(DataError, match="cannot be squared") as error:
        measurement.alpha(answers)
    assert len(error.value.faults) == 3
    assert all(fault.fix for fault in error.value.faults)


def test_items_that_correlate_with_nothing_have_no_sampling_adequacy():
    alone = pd.DataFrame(np.eye(4), list("abcd"), list("abcd"))
    with pytest.raises(DataError, match="no correlation with any other item: a, b, c, d"):
        measurement.kmo(alone)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pd.date_range("2020-01-01", periods=50), "dates where numbers are needed. Turn"),
        (pd.to_timedelta(np.arange(50), unit="D"), "dates where numbers are needed. Turn"),
        (["x", "y"] * 25, "text where numbers are needed. Turn"),
        ([np.inf, 1.0] * 25, "an infinite value. Make"),
    ],
    ids=["dates", "durations", "text", "infinite"],
)
def test_cells_that_are_no_answers_are_refused_with_what_to_do(column, said):
    answers = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 2)), columns=["a", "b"])
    with pytest.raises(DataError, match=said):
        measurement.alpha(answers.assign(c=column))


@pytest.mark.parametrize("cell", [[1], {}, {1}], ids=str)
def test_a_group_that_has_no_name_is_refused(cell):
    answers = pd.DataFrame({"g": [cell, "x"] * 60, "a": [1, 2, 3, 4] * 30})
    with pytest.raises(DataError, match="names no group"):
        measurement.usable_groups(answers, "g", ["a"], least=10)
