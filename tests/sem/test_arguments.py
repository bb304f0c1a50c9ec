"""Arguments of a wrong kind end in the project's errors, whatever the function and whatever was given."""

import inspect

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import DataError, WorkbenchError
from workbench.sem.monte_carlo import monte_carlo_intervals
from workbench.sem.planning import Plan
from workbench.sem.resampling import Bootstrap

MODEL = "f =~ a + b + c\ny ~ p*f\nq := 2*p"
WRONG = {
    "None": None,
    "a number": 3,
    "a negative number": -1,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "a fraction": 0.5,
    "a text": "x",
    "an empty text": "",
    "bytes": b"x",
    "true": True,
    "a list of numbers": [1, 2],
    "a list of texts": ["x", "zz"],
    "a ragged list": [[1, 2], [3]],
    "an empty list": [],
    "a mapping": {"x": 1},
    "a set": {1},
    "an array": np.ones((2, 2)),
    "a series": pd.Series([1.0, 2.0]),
    "an empty frame": pd.DataFrame(),
    "a frame of texts": pd.DataFrame({"a": ["x"], "b": ["y"]}),
    "a complex number": 1j,
    "a class": dict,
    "a function": len,
    "something": object(),
}


def rows(n=120):
    rng = np.random.default_rng(0)
    f = rng.normal(size=n)
    data = pd.DataFrame({name: f + rng.normal(size=n) for name in "abcy"})
    return data.assign(g=rng.choice(["one", "two"], n))


@pytest.fixture(scope="module")
def fit():
    return sem.fit(MODEL, rows())


@pytest.fixture(scope="module")
def boot(fit):
    return fit.bootstrap(draws=40, jobs=1, statistic=lambda refit: refit.chisq)


@pytest.fixture(scope="module")
def doors(fit, boot, tmp_path_factory):
    """Public functions with arguments that are right; one of them at a time is then put wrong."""
    path = tmp_path_factory.mktemp("doors") / "rows.csv"
    rows().to_csv(path, index=False)
    items = rows()[list("abc")].round().clip(-1, 1)
    equal = sem.fit("f =~ a + k*b + k*c", rows())
    plan = sem.plan("f =~ a + b + c", "f =~ 0.7*a + 0.7*b + 0.7*c", n=50, draws=20, jobs=1)
    return {
        "fit": (sem.fit, {"model": MODEL, "data": rows()}),
        "moments": (sem.moments, {"cov": np.eye(2), "n": 50, "mean": [0, 0], "names": ["u", "v"]}),
        "moments_from": (sem.moments_from, {"path": path, "columns": ["a", "b"], "group": "g"}),
        "polychoric": (sem.polychoric, {"data": items}),
        "plan": (
            sem.plan,
            {"model": "a ~ b", "population": "a ~ 0.5*b", "n": [20], "draws": 10, "jobs": 1},
        ),
        "compare": (sem.compare, {"a": fit, "b": equal}),
        "invariance": (sem.invariance, {"model": "f =~ a + b + c", "data": rows(), "group": "g"}),
        "contrasts": (sem.contrasts, {"source": fit, "family": {"k": {"f =~ b": 1, "f =~ c": -1}}}),
        "bootstrap": (fit.bootstrap, {"draws": 3, "jobs": 1}),
        "interval": (boot.interval, {}),
        "factor_scores": (fit.factor_scores, {}),
        "standardized_solution": (fit.standardized_solution, {}),
        "score_tests": (equal.score_tests, {}),
        "monte_carlo": (monte_carlo_intervals, {"fit": fit, "draws": 1000}),
        "sample_size": (plan.sample_size, {"parameter": "f =~ b"}),
    }


LEFT_OUT = {("monte_carlo", "fit"), ("bootstrap", "scheduler"), ("bootstrap", "statistic")}
ARGUMENTS = [
    (door, argument)
    for door, function in {
        "fit": sem.fit,
        "moments": sem.moments,
        "moments_from": sem.moments_from,
        "polychoric": sem.polychoric,
        "plan": sem.plan,
        "compare": sem.compare,
        "invariance": sem.invariance,
        "contrasts": sem.contrasts,
        "bootstrap": sem.Fit.bootstrap,
        "interval": Bootstrap.interval,
        "factor_scores": sem.Fit.factor_scores,
        "standardized_solution": sem.Fit.standardized_solution,
        "score_tests": sem.Fit.score_tests,
        "monte_carlo": monte_carlo_intervals,
        "sample_size": Plan.sample_size,
    }.items()
    for argument, kind in inspect.signature(function).parameters.items()
    if argument not in ("self", "unknown", "options") and (door, argument) not in LEFT_OUT
]


@pytest.mark.parametrize(("door", "argument"), ARGUMENTS, ids=lambda part: part)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_wrong_argument_ends_in_an_error_of_the_project_or_is_right(doors, door, argument):
    function, right = doors[door]
    for kind, value in WRONG.items():
        try:
            function(**right | {argument: value})
        except WorkbenchError as error:
            text = str(error)
            assert "Traceback" not in text
            assert len(text) < 2500, (kind, text)
        except Exception as error:
            pytest.fail(f"{argument} = {kind}: {type(error).__name__}: {error}")


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("group", ["g"], "name of one column"),
        ("group", "G", "did you mean g"),
        ("group", 3, "group 3 is not a column"),
        ("estimator", "MLS", "estimator='MLS' is unknown; did you mean"),
        ("estimator", 3, "estimator=3 is unknown"),
        ("missing", "FIMLX", "did you mean fiml"),
        ("ordered", 3, "takes names"),
        ("ordered", True, "takes the names of the ordered items"),
        ("std_lv", "yes", "give True or False"),
        ("data", None, "give a pandas DataFrame"),
        ("data", rows()[list("abcy")].corr(), "sem.moments"),
        ("model", 3, "give a text"),
        ("model", "f =~ a + B + cc\ny ~ f", "did you mean b"),
        ("model", "f =~ a + b + c\ny ~ pp*f\nq := 2*p", "no parameter is labelled 'p'; did you mean pp"),
        ("group_partial", ["f=~d"], "did you mean"),
        ("se", "robust", "estimator='MLR'"),
        ("se", "bootstrap", r"fit\.bootstrap"),
        ("test", "satorra.bentler", "MLM"),
        ("cluster", "g", "not there"),
        ("std.lv", True, "written std_lv= here"),
        ("group.equal", "loadings", "written group_equal= here"),
        ("sample.nobs", 100, r"sem\.moments"),
        ("aux", "z", "auxiliary="),
        ("misssing", "fiml", "did you mean missing"),
    ],
)
def test_messages_say_what_to_write(argument, value, message):
    with pytest.raises(WorkbenchError, match=message):
        sem.fit(**{"model": MODEL, "data": rows(), argument: value})


def test_fits_of_other_data_are_not_compared():
    data, shuffled = rows(), rows().assign(a=rows()["a"].sample(frac=1, random_state=1).to_numpy())
    wide, narrow = sem.fit("f =~ a + b + c + y", data), sem.fit("f =~ a + k*b + k*c + y", shuffled)
    with pytest.raises(sem.SpecificationError, match="rest on different rows"):
        sem.compare(wide, narrow)
    swapped = sem.fit("f =~ y + k*c + k*b + a", data)
    assert sem.compare(wide, swapped).df == 1


def test_none_stands_for_no_names():
    plain = sem.fit(MODEL, rows())
    given = sem.fit(MODEL, rows(), ordered=None, auxiliary=None, group_equal=None, group_partial=None)
    np.testing.assert_array_equal(plain.x, given.x)


def test_names_come_as_any_sequence():
    data = rows()
    items = data[list("abc")].round().clip(-1, 1)
    fits = [
        sem.fit("f =~ a + b + c", items, ordered=names, estimator="WLSMV")
        for names in (["a", "b", "c"], ("a", "b", "c"), np.array(["a", "b", "c"]), items.columns, set("abc"))
    ]
    assert len({round(fit.estimates["est"].sum(), 10) for fit in fits}) == 1


@pytest.mark.parametrize("kind", ["text", "category", "one cell"])
def test_a_covariate_that_is_no_number_is_told_what_to_become(kind):
    data = rows()
    region = pd.Series(np.where(data["a"] > 0, "north", "south"))
    data["region"] = region.astype("category") if kind == "category" else region
    if kind == "one cell":
        data["region"] = data["a"].astype(object)
        data.loc[7, "region"] = "unknown"
    fix = "Give numbers" if kind == "one cell" else "0/1 columns"
    with pytest.raises(sem.DataError, match=fix):
        sem.fit("f =~ a + b + c\nf ~ region", data)


def test_estimators_for_ordered_items_say_when_none_is_named():
    assert "name ordered items in ordered=" in sem.fit(MODEL, rows(), estimator="WLSMV").warnings[0]
    assert not sem.fit(MODEL, rows(), estimator="MLR").warnings


def test_a_label_that_is_a_column_is_pointed_out():
    (warning,) = sem.fit("y ~ a*b", rows()).warnings
    assert "a*b on line 1" in warning
    assert "a:b" in warning
    assert not sem.fit("y ~ k*b", rows()).warnings


def test_weights_of_a_contrast_are_numbers(fit):
    with pytest.raises(sem.SpecificationError, match="give a number"):
        sem.contrasts(fit, {"k": {"f =~ b": "x"}})
    with pytest.raises(sem.SpecificationError, match="did you mean f =~ b"):
        sem.contrasts(fit, {"k": {"f =~ bb": 1}})


def test_moments_of_nothing_and_of_more_respondents_than_a_number_holds_are_refused():
    with pytest.raises(DataError, match="names no variable"):
        sem.moments(np.empty((0, 0)), n=10, names=[])
    for n in (10**400, 10**30, float("inf")):
        with pytest.raises(DataError, match="whole number of at least 2"):
            sem.moments(np.eye(2), n=n, names=["a", "b"])


@pytest.mark.parametrize(
    ("cov", "said"),
    [
        (np.diag([1.0, -1.0]), "no variance above zero: b. Leave"),
        (np.diag([0.0, 0.0]), "no variance above zero: a, b. Leave"),
        (np.full((2, 2), np.nan), "missing or infinite values. Estimate"),
        (np.eye(3), r"shape \(3, 3\) does not go with 2 names. Give"),
    ],
)
def test_moments_that_no_sample_has_are_refused_with_what_to_do(cov, said):
    with pytest.raises(DataError, match=said):
        sem.moments(cov, n=50, names=["a", "b"])


def test_invariance_needs_two_groups():
    rng = np.random.default_rng(1)
    factor = rng.normal(size=(80, 1))
    data = pd.DataFrame(factor + rng.normal(size=(80, 3)), columns=["x1", "x2", "x3"]).assign(g="all")
    with pytest.raises(DataError, match="everybody is in one group"):
        sem.invariance("f =~ x1 + x2 + x3", data, "g")


@pytest.mark.parametrize("options", [{}, {"missing": "fiml"}, {"estimator": "ULS"}], ids=str)
@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_numbers_that_cannot_be_squared_are_said_to_be(unit, options):
    data = rows()
    data["a"] *= unit
    with pytest.raises(DataError, match=r"column 'a': numbers as far apart as .* cannot be squared. Change"):
        sem.fit("f =~ a + b + c", data, **options)
