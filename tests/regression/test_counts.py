import numpy as np
import pytest

from workbench.errors import DataError, SpecificationError
from workbench.regression import count_model, proportion_model

close = np.testing.assert_allclose
DRIVERS = ["training", "data_quality"]


def test_poisson_with_exposure_equals_r(firms, r):
    classical = count_model(firms, "complaints", DRIVERS, exposure="customers", covariance="classical")
    close(classical.coefficients["estimate"], r["poisson"]["b"], rtol=1e-8)
    close(classical.coefficients["se"], r["poisson"]["se"], rtol=1e-6)
    close(classical.measures["deviance"], r["poisson"]["deviance"], rtol=1e-8)
    close(classical.dispersion, r["poisson"]["dispersion"], rtol=1e-6)
    assert "vary more than a Poisson" in classical.warnings[0]
    robust = count_model(firms, "complaints", DRIVERS, exposure="customers")
    close(robust.coefficients["se"], r["poisson"]["hc0"], rtol=1e-6)
    close(robust.effects["estimate"], r["poisson"]["ame"], rtol=1e-8)
    close(robust.effects["se"], r["poisson"]["ame_se"], rtol=1e-6)


def test_negative_binomial_equals_mass(firms, r):
    found = count_model(
        firms, "complaints", DRIVERS, exposure="customers", covariance="classical", family="negative binomial"
    )
    close(found.coefficients["estimate"], r["nb"]["b"], rtol=1e-6)
    close(found.coefficients["se"], r["nb"]["se"], rtol=1e-6)
    close(found.measures[["theta", "logl"]], [r["nb"]["theta"], r["nb"]["logl"]], rtol=1e-6)


def test_proportions_equal_r(firms, r):
    quasi = proportion_model(
        firms, "retained", ["effectiveness", "training"], trials="customers", covariance="quasi"
    )
    close(quasi.coefficients["estimate"], r["binomial"]["b"], rtol=1e-8)
    close(quasi.coefficients["se"], r["binomial"]["se"], rtol=1e-5)
    shares = firms.assign(retention=firms["retained"] / firms["customers"])
    fractional = proportion_model(shares, "retention", ["effectiveness", "training"])
    close(fractional.coefficients["estimate"], r["binomial"]["fractional_b"], rtol=1e-7)
    close(fractional.coefficients["se"], r["binomial"]["fractional_se"], rtol=1e-5)
    close(fractional.effects["estimate"], r["binomial"]["ame"], rtol=1e-7)


def test_too_small_binomial_errors_are_warned_of(firms):
    found = proportion_model(firms, "retained", ["effectiveness"], trials="customers", covariance="classical")
    assert "classical errors are" in found.warnings[-1]


def test_marginal_effect_is_the_mean_change_for_a_small_step(firms):
    found = proportion_model(firms, "retained", ["effectiveness", "training"], trials="customers")
    b = found.coefficients["estimate"]
    eta = b["(Intercept)"] + b["effectiveness"] * firms["effectiveness"] + b["training"] * firms["training"]
    step = 1e-5
    moved = np.mean(
        (1 / (1 + np.exp(-eta - step * b["training"])) - 1 / (1 + np.exp(-eta + step * b["training"])))
        / (2 * step)
    )
    assert found.effects.loc["training", "estimate"] == pytest.approx(moved, rel=1e-6)


def test_impossible_outcomes_are_refused_with_their_row(firms):
    with pytest.raises(DataError, match=r"row 2, column 'retained', value .*between 0 and 1"):
        proportion_model(
            firms.assign(customers=firms["customers"].where(firms["firm"] > 1, 1)),
            "retained",
            ["training"],
            trials="customers",
        )
    with pytest.raises(DataError, match="whole number"):
        count_model(firms, "effectiveness", ["training"])
    with pytest.raises(DataError, match="above zero"):
        count_model(firms.assign(customers=0), "complaints", ["training"], exposure="customers")


def test_counts_without_overdispersion_have_no_theta():
    import pandas as pd

    data = pd.DataFrame({"x": np.tile([0.0, 1.0], 40), "y": np.tile([3, 5, 4, 6], 20)})
    with pytest.raises(SpecificationError, match="not overdispersed"):
        count_model(data, "y", ["x"], family="negative binomial")
