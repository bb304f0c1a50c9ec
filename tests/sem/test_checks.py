"""What is said of a solution that cannot be trusted, and that nothing is said of one that can."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem

TWO = "a =~ x1 + x2\nb =~ y1 + y2"
THREE = "a =~ x1 + x2 + x3\nb =~ y1 + y2 + y3"


def implied(loadings: list[list[float]], latent: list[list[float]], n=400, residuals=0.5):
    """Exact moments of a factor model, so that the solution is known."""
    lam = np.array(loadings, dtype=float)
    cov = lam @ np.array(latent, dtype=float) @ lam.T
    cov += np.diag(np.broadcast_to(residuals, len(lam)))
    half = len(lam) // 2
    names = [f"x{i + 1}" for i in range(half)] + [f"y{i + 1}" for i in range(len(lam) - half)]
    return sem.moments(cov, n, names=names)


def two_by(items: int, between: float, **more):
    """Two latents with a covariance, each with so many items."""
    shape = [[1, 0]] * items + [[0, 1]] * items
    weights = np.tile(np.linspace(1, 0.8, items), 2)[:, None]
    return implied((np.array(shape) * weights).tolist(), [[1, between], [between, 1]], **more)


def about(fit, words: str) -> list[str]:
    return [text for text in fit.warnings if words in text]


def test_a_sound_solution_has_no_warning():
    assert sem.fit(THREE, two_by(3, 0.4)).warnings == ()
    assert sem.fit(TWO, two_by(2, 0.4)).warnings == ()


def test_what_no_sample_can_tell_apart_is_named_and_nothing_else():
    apart = "a =~ x1 + x2\nb =~ y1 + y2 + y3\na ~~ 0*b"  # two items alone: three moments, four parameters
    data = implied([[1, 0], [0.8, 0], [0, 1], [0, 0.9], [0, 0.8]], [[1, 0], [0, 1]], n=300)
    data = sem.moments(data.cov[0], 300, names=["x1", "x2", "y1", "y2", "y3"])
    with pytest.raises(sem.SpecificationError, match="not identified") as caught:
        sem.fit(apart, data)
    named = str(caught.value).partition(": ")[2].partition(" cannot be told")[0].split(", ")
    assert set(named) == {"a =~ x2", "a ~~ a", "x1 ~~ x1", "x2 ~~ x2"}


def test_parameters_held_by_a_constraint_are_named_as_the_user_wrote_them():
    free = "a =~ NA*x1 + p*x2 + p*x3\nb =~ y1 + y2 + y3"  # no scale for a, two loadings equal
    with pytest.raises(sem.SpecificationError, match="not identified") as caught:
        sem.fit(free, two_by(3, 0.4))
    for name in ("a =~ x1", "a ~~ a", "a ~~ b"):
        assert name in str(caught.value)
    assert "b ~~ b" not in str(caught.value)


@pytest.mark.parametrize("estimator", ["ML", "ULS", "GLS"])
def test_where_a_covariance_is_nought_by_chance_the_fit_stands_and_says_what_it_cannot_tell(estimator):
    fit = sem.fit(TWO, two_by(2, 0.0), estimator=estimator)
    (said,) = about(fit, "nearly singular")
    assert fit.converged
    assert "a =~ x2" in said or "b =~ y2" in said
    assert "a ~~ b" not in said
    assert not about(sem.fit(TWO, two_by(2, 0.2), estimator=estimator), "nearly singular")


def test_a_free_variance_below_nought_is_named():
    data = two_by(3, 0.4, residuals=[-0.1, 0.5, 0.5, 0.5, 0.5, 0.5])
    (said,) = about(sem.fit(THREE, data), "negative variance")
    assert said.startswith("negative variance: x1 (a Heywood case")


def test_the_group_of_a_negative_variance_is_named():
    ill, well = two_by(3, 0.4, residuals=[-0.1] + [0.5] * 5), two_by(3, 0.4)
    names = list(ill.names)
    data = sem.moments({"north": well.cov[0], "south": ill.cov[0]}, {"north": 200, "south": 200}, names=names)
    (said,) = about(sem.fit(THREE, data, meanstructure=False), "negative variance")
    assert "negative variance in group south: x1 (" in said


def test_latents_that_correlate_beyond_one_are_named_and_the_third_is_not():
    three = f"{THREE}\nc =~ z1 + z2 + z3"
    latent = [[1, 1.05, 0.3], [1.05, 1, 0.3], [0.3, 0.3, 1]]
    lam = np.kron(np.eye(3), np.array([[1.0], [0.9], [0.8]]))
    cov = lam @ np.array(latent) @ lam.T + np.eye(9)
    names = [f"{letter}{k}" for letter in "xyz" for k in (1, 2, 3)]
    (said,) = about(sem.fit(three, sem.moments(cov, 400, names=names)), "not positive definite")
    assert "look at a, b (" in said
    latent[0][1] = latent[1][0] = 0.95
    cov = lam @ np.array(latent) @ lam.T + np.eye(9)
    assert sem.fit(three, sem.moments(cov, 400, names=names)).warnings == ()


def test_one_latent_that_is_alone_is_no_impropriety():
    lam = np.array([[1.0], [0.9], [0.8], [0.7]])
    data = sem.moments(lam @ lam.T + np.eye(4), 400, names=["x1", "x2", "x3", "x4"])
    assert sem.fit("a =~ x1 + x2 + x3 + x4", data).warnings == ()


@pytest.mark.parametrize(("n", "small"), [(49, True), (50, False)])
def test_a_small_group_is_said_with_its_rows_from_one_below_the_limit(n, small):
    cov = two_by(3, 0.4).cov[0]
    names = [f"{letter}{k}" for letter in "xy" for k in (1, 2, 3)]
    data = sem.moments({"north": cov, "south": cov}, {"north": 300, "south": n}, names=names)
    said = about(sem.fit(THREE, data, meanstructure=False), "approximate at best")
    assert (
        said == [f"only {n} rows in group south: standard errors and tests are approximate at best"] * small
    )


@pytest.mark.parametrize(("short", "said"), [(0, False), (1, True)])
def test_fewer_rows_than_parameters_are_said(short, said):
    fit = sem.fit(THREE, two_by(3, 0.4, n=13 - short))
    assert fit.problem.model.directions == 13
    expected = f"{13 - short} rows and 13 free parameters: estimates are unstable"
    assert list(fit.warnings) == [expected] * said


def test_what_has_not_converged_says_so_and_shows_no_singularity(monkeypatch):
    from dataclasses import replace

    from workbench.sem import checks

    fit = sem.fit(TWO, two_by(2, 0.0))
    stopped = replace(fit, converged=False)
    said = checks.look_at(stopped, well_conditioned=False)
    assert len(said) == 1
    assert said[0].startswith(f"the fit has not converged after {fit.iterations} steps (largest gradient")
    assert not any("converged" in text for text in fit.warnings)


@pytest.mark.parametrize("between", [0.0, 1e-4, 0.001, 0.01, 0.2])
def test_whether_the_information_is_nearly_singular_rests_on_no_scale(between):
    """A latent variance of 1e-8 makes loadings ten thousand times as large, and their information small."""
    free = "a =~ NA*x1 + x2\nb =~ y1 + y2\na ~~ "
    said = [
        bool(about(sem.fit(f"{free}{variance}*a", two_by(2, between)), "nearly singular"))
        for variance in ("1", "1e-8")
    ]
    assert said == [between < 5e-4] * 2


def test_one_direction_that_the_data_do_not_tell_is_enough():
    """Two items alone hang on a covariance of nought; three items need none."""
    data = implied([[1, 0], [0.8, 0], [0, 1], [0, 0.9], [0, 0.8]], [[1, 0], [0, 1]])
    data = sem.moments(data.cov[0], 400, names=["x1", "x2", "y1", "y2", "y3"])
    (said,) = about(sem.fit("a =~ x1 + x2\nb =~ y1 + y2 + y3", data), "nearly singular")
    assert "a =~ x2" in said


def test_a_model_without_free_parameters_is_identified_and_one_with_a_single_idle_one_is_not():
    held = "x1 ~~ 1*x1\nx2 ~~ 1*x2\nf =~ 1*x1 + {}x2\nf ~~ 0*f"
    data = sem.moments(np.eye(2), 300, names=["x1", "x2"])
    assert sem.fit(held.format("1*"), data).problem.model.directions == 0
    with pytest.raises(sem.SpecificationError, match="f =~ x2 cannot be told apart"):
        sem.fit(held.format(""), data)


# All but 0.011² of each parameter's information goes with the one before it: the smallest eigenvalue is 7e-9.
CHAIN = np.array([[1.0, 0.0, 0.0], [np.sqrt(1 - 0.011**2), 0.011, 0.0], [0.0, np.sqrt(1 - 0.011**2), 0.011]])


@pytest.mark.parametrize(
    ("information", "well"),
    [
        (None, False),
        (CHAIN @ CHAIN.T, False),
        (np.diag([1.0, 1e-15]), False),  # of one parameter nothing is known
        (np.diag([1.0, 1e-14]), True),
        (np.eye(2), True),
        (np.array([[1.0, 1 - 1e-9], [1 - 1e-9, 1.0]]), False),
        (np.array([[1.0, 2.0], [2.0, 1.0]]), False),
    ],
)
def test_a_cheap_look_at_the_information_says_well_only_where_it_is(monkeypatch, information, well):
    from workbench.sem import checks

    fit = sem.fit(TWO, two_by(2, 0.4))
    monkeypatch.setattr(checks, "_expected_information", lambda fit, x: information)
    assert checks._well_conditioned(fit) is well


def test_where_there_is_no_information_nothing_is_said_of_it(monkeypatch):
    from workbench.sem import checks

    fit = sem.fit(TWO, two_by(2, 0.4))
    monkeypatch.setattr(checks, "_expected_information", lambda fit, x: None)
    assert checks.identification(fit) is False
    assert checks.look_at(fit, well_conditioned=False) == []


@pytest.mark.parametrize(
    ("cov", "without", "found"),
    [
        ([[1.0, 0.0], [0.0, 1.0]], [False, False], []),
        ([[1.0, 1.0], [1.0, 1.0]], [False, False], [0, 1]),
        ([[1e-9, 0.0], [0.0, 1e-9]], [False, False], []),  # small, and apart
        ([[1e-9, 1e-9], [1e-9, 1e-9]], [False, False], [0, 1]),
        ([[0.0, 0.5], [0.5, 1.0]], [True, False], [0, 1]),  # what does not vary covaries with nothing
        ([[0.0, 0.0], [0.0, 1.0]], [True, False], []),
        ([[1.0, 1.0], [1.0, 1.0]], [True, False], []),  # the model says that the one follows from the other
        ([[1.0, 1.1], [1.1, 1.0]], [True, False], [0, 1]),  # a correlation above one no model says
        ([[-1.0]], [False], []),
        ([[0.0]], [True], []),
        ([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]], [False] * 3, [0, 2]),
    ],
)
def test_latents_that_no_variables_can_be_are_found(cov, without, found):
    from workbench.sem.checks import _collinear

    assert _collinear(np.array(cov, dtype=float), np.array(without)).tolist() == found


@pytest.mark.parametrize("r", [0.9, 0.99])
def test_what_cannot_be_told_apart_is_told_where_no_step_far_from_the_solution_has_moments(r):
    """Correlations so high that changes by a tenth (0.9) or a hundredth (0.99) leave no covariances."""
    rng = np.random.default_rng(1)
    shared, a = rng.normal(size=(2, 200))
    data = pd.DataFrame(
        {f"u{i}": np.sqrt(r) * shared + np.sqrt(1 - r) * rng.normal(size=200) for i in range(3)}
    )
    data["x1"], data["x2"] = a + rng.normal(size=200), a + rng.normal(size=200)
    data.loc[:9, "x1"] = data.loc[10:19, "u0"] = np.nan
    with pytest.raises(sem.SpecificationError, match="not identified") as caught:
        sem.fit("a =~ x1 + x2\nu0 ~~ u1 + u2\nu1 ~~ u2", data, missing="fiml")
    assert "u0" not in str(caught.value)


def test_unweighted_least_squares_are_looked_at_without_the_units_of_the_answers():
    units = np.array([1e-3, 1, 1e3, 1])
    data = two_by(2, 0.2)
    scaled = sem.moments(data.cov[0] * np.outer(units, units), 400, names=list(data.names))
    assert not about(sem.fit(TWO, scaled, estimator="ULS"), "nearly singular")
    none = two_by(2, 0.0)
    scaled = sem.moments(none.cov[0] * np.outer(units, units), 400, names=list(none.names))
    assert about(sem.fit(TWO, scaled, estimator="ULS"), "nearly singular")


def test_at_most_eight_parameters_are_named():
    """Three latents with two items each and nothing between them: four parameters for three moments each."""
    model = "a =~ x1 + x2\nb =~ y1 + y2\nc =~ z1 + z2\na ~~ 0*b + 0*c\nb ~~ 0*c"
    names = [f"{letter}{k}" for letter in "xyz" for k in (1, 2)]
    data = sem.moments(np.kron(np.eye(3), [[1.5, 0.8], [0.8, 1.3]]), 300, names=names)
    with pytest.raises(sem.SpecificationError, match="not identified") as caught:
        sem.fit(model, data)
    named = str(caught.value).partition(": ")[2].partition(" cannot be told")[0].split(", ")
    assert len(set(named)) == len(named) == 8


@pytest.mark.parametrize(("residual", "said"), [("0*c", False), ("c", True)])
def test_a_latent_that_the_model_makes_of_others_is_no_impropriety(residual, said):
    """c = a + b by the model, or found to be so by the data: only the second is a warning."""
    lam = np.kron(np.eye(3), np.array([[1.0], [0.9], [0.8]]))
    latent = np.array([[1, 0.3, 1.3], [0.3, 1, 1.3], [1.3, 1.3, 2.6 - 1e-6]])
    names = [f"{letter}{k}" for letter in "xyz" for k in (1, 2, 3)]
    data = sem.moments(lam @ latent @ lam.T + np.eye(9), 400, names=names)
    model = f"{THREE}\nc =~ z1 + z2 + z3\nc ~ a + b\nc ~~ {residual}"
    fit = sem.fit(model, data)
    assert bool(about(fit, "not positive definite") or about(fit, "negative variance")) is said


@pytest.mark.parametrize("held", ["", "a ~~ v*a\nb ~~ v*b\na ~~ v*b"])
def test_latents_that_are_one_and_the_same_are_named(held):
    fit = sem.fit(f"{THREE}\n{held}", two_by(3, 1.0))
    (said,) = about(fit, "not positive definite")
    assert "look at a, b (a correlation of one or more)" in said
