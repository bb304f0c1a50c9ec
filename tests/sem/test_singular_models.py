"""Models whose implied covariances are singular, at the start or anywhere: the project's error with what to
do, or a fit of which everything can be asked, whatever the answers are like.
"""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

from workbench import sem

NAMES = [f"x{number}" for number in range(1, 7)]
MODELS = {
    "a predictor that does not vary": "x6 ~ x2 + x5; x2 ~~ 0*x2",
    "all predictors": "x6 ~ x2 + x5; x2 ~~ 0*x2; x5 ~~ 0*x5",
    "an outcome without a rest": "x6 ~ x2 + x5; x6 ~~ 0*x6",
    "an item without a rest": "f =~ x1 + x2 + x3; x1 ~~ 0*x1",
    "two items without a rest": "f =~ x1 + x2 + x3; x1 ~~ 0*x1; x2 ~~ 0*x2",
    "no item with a rest": "f =~ x1 + x2 + x3; x1 ~~ 0*x1; x2 ~~ 0*x2; x3 ~~ 0*x3",
    "a correlation of one": "x1 ~~ 1*x2; x1 ~~ 1*x1; x2 ~~ 1*x2",
    "one is the other": "x1 ~ 1*x2; x1 ~~ 0*x1",
    "an item of nothing": "f =~ 0*x1 + x2 + x3 + x4; x1 ~~ 0*x1",
    "zero by an equation": "x6 ~ x2 + x5; x2 ~~ a*x2; a == 0",
    "two zeros by equations": "f =~ x1 + x2 + x3; x1 ~~ a*x1; x2 ~~ b*x2; a == 0; b == 0",
    "below zero by a bound": "x6 ~ x2 + x5; x2 ~~ a*x2; a < -0.1",
    "below zero": "x6 ~ x2; x2 ~~ -1*x2",
    "an item's below zero": "f =~ x1 + x2 + x3; x1 ~~ -1*x1",
    "of opposite signs": "f =~ x1 + x2 + x3; x1 ~~ a*x1; x2 ~~ b*x2; a == -b",
    "a start of zero": "x6 ~ x2 + x5; x2 ~~ start(0)*x2",
    "a start below zero": "f =~ x1 + x2 + x3; x1 ~~ start(-50)*x1",
    "a circle": "x1 ~ 1*x2; x2 ~ 1*x1",
    "a start in a circle": "x1 ~ start(1)*x2 + x3; x2 ~ start(1)*x1 + x4",
    "factors that do not vary": "f =~ x1 + x2 + x3; g =~ x4 + x5 + x6; f ~~ 0*f; g ~~ 0*g",
    "nothing varies": "x1 ~~ 0*x1; x2 ~~ 0*x2",
    "a covariance beyond the variances": "x1 ~~ 100*x2; x3 ~~ x4",
    "a factor that is a sum": "f =~ x1+x2+x3; g =~ x4+x5+x6; h =~ 1*f + 1*g; f ~~ 0*f; g ~~ 0*g",
    "no loadings": "f =~ 0*x1 + 0*x2 + 0*x3",
}
SURE = [name for name in MODELS if name.startswith(("a pred", "all pred", "an out", "zero by", "nothing"))]
WAYS = {
    "ML": {},
    "MLR": {"estimator": "MLR"},
    "MLMV": {"estimator": "MLMV"},
    "ML of observed information": {"information": "observed"},
    "ML of groups": {"group": "school"},
    "GLS": {"estimator": "GLS"},
    "ULS": {"estimator": "ULS"},
    "WLS": {"estimator": "WLS"},
    "holes": {"missing": "fiml"},
    "holes, MLR": {"missing": "fiml", "estimator": "MLR", "fixed_x": False},
    "ordered": {"ordered": NAMES, "estimator": "WLSMV"},
    "ordered, theta": {"ordered": NAMES, "estimator": "WLSMV", "parameterization": "theta"},
    "some ordered": {"ordered": ["x1", "x5", "x6"], "estimator": "WLSMV"},
}
ASKED = (
    lambda fit: fit.estimates,
    lambda fit: fit.measures,
    lambda fit: fit.residuals,
    lambda fit: fit.modification_indices,
    lambda fit: fit.factor_scores(),
    lambda fit: fit.factor_scores("bartlett"),
    lambda fit: fit.standardized_solution(),
    lambda fit: fit.r2,
    lambda fit: fit.latent_covariance,
    lambda fit: fit.effects(),
    lambda fit: fit.implied,
)


@pytest.fixture(scope="module")
def answers():
    """Six items of two factors: complete, with holes, and ordered."""
    random = np.random.default_rng(3)
    f, g = random.normal(size=(2, 200))
    g = 0.5 * f + g
    values = np.stack([0.8 * f, 0.7 * f, 0.6 * f, 0.8 * g, 0.7 * g, 0.6 * g], axis=1)
    complete = pd.DataFrame(values + 0.6 * random.normal(size=(200, 6)), columns=NAMES)
    holes = complete.mask(random.random(complete.shape) < 0.08)
    ordered = complete.apply(lambda column: pd.cut(column, [-9, -0.8, 0, 0.7, 9], labels=False) + 1)
    frames = {"complete": complete, "missing": holes, "ordered": ordered}
    return {kind: frame.assign(school=["a", "b"] * 100) for kind, frame in frames.items()}


def _data(answers, options):
    return answers[next((kind for kind in ("missing", "ordered") if kind in options), "complete")]


@pytest.mark.parametrize("way", WAYS)
def test_a_singular_model_ends_in_a_message_or_in_a_fit_of_which_all_can_be_asked(way, answers):
    for text in MODELS.values():
        fit = None
        with suppress(sem.SpecificationError):
            fit = sem.fit(text, _data(answers, WAYS[way]), **WAYS[way])
        for asked in ASKED if fit else ():
            with suppress(sem.SpecificationError, sem.DataError):
                asked(fit)


@pytest.mark.parametrize("name", SURE)
@pytest.mark.parametrize("way", ["ML", "MLR", "holes", "holes, MLR"])
def test_a_likelihood_of_no_data_says_which_variable_to_look_at(way, name, answers):
    with pytest.raises(
        sem.SpecificationError, match=r"no implied covariances.*look at .*leave them free"
    ) as e:
        sem.fit(MODELS[name], _data(answers, WAYS[way]), **WAYS[way])
    named = str(e.value).partition("(look at ")[2].partition(")")[0].split(", ")
    assert set(named) & {"x1", "x2", "x6"}


def test_variables_that_do_not_vary_have_no_robust_measures(answers):
    """Nor has lavaan: a matrix that is not positive definite has no likelihood."""
    fit = sem.fit(MODELS["a correlation of one"], answers["ordered"], ordered=["x1", "x2"], estimator="WLSMV")
    assert np.isnan(fit.measures["cfi_robust"])
    assert np.isfinite(fit.measures["cfi"])


def test_a_model_without_free_parameters_is_tested(answers):
    fit = sem.fit("x1 ~~ 0.2*x2; x1 ~~ 1*x1; x2 ~~ 1*x2", answers["complete"])
    assert fit.df == 3
    assert fit.chisq > 0
    assert np.isfinite(fit.measures["srmr"])


def test_a_model_of_which_equations_leave_nothing_free_is_answered(answers):
    with pytest.raises(sem.SpecificationError, match="look at x"):
        sem.fit("x6 ~~ a*x6; x3 ~~ a*x3; a == 0", answers["complete"], information="observed")
    fit = sem.fit("x6 ~~ a*x6; x3 ~~ a*x3; x3 ~~ 0*x6; a == 1", answers["complete"])
    assert (fit.df, len(fit.estimates)) == (3, 3)


def test_a_hessian_that_no_shift_makes_definite_ends_one_start_and_not_the_fit(answers):
    model = "g =~ a*x3 + x4 + x2; f =~ x2 + x6; h =~ start(1)*x1 + b*x5; x4 ~~ x4; x2 ~ 1000000.0*h; f ~ x2"
    with suppress(sem.SpecificationError):
        sem.fit(model, answers["complete"], std_lv=True)
