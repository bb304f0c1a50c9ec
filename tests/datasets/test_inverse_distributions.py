"""Inverse distribution functions against SciPy's."""

import numpy as np
from scipy import stats

from workbench.datasets.inverse_distributions import (
    inverse_binomial,
    inverse_normal,
    inverse_poisson,
    normal_density,
    normal_upper,
)


def test_inverse_normal_agrees_from_the_centre_to_the_far_tails():
    p = np.concatenate([np.linspace(1e-6, 1 - 1e-6, 20_001), 10.0 ** -np.arange(7, 300, 3)])
    np.testing.assert_allclose(inverse_normal(p), stats.norm.ppf(p), rtol=2e-14, atol=1e-15)


def test_inverse_poisson_agrees():
    p, mean = np.meshgrid(np.linspace(0.0005, 0.9995, 400), [0.0, 0.05, 0.7, 4.0, 60.0, 499.0, 501.0, 5000.0])
    np.testing.assert_array_equal(inverse_poisson(p, mean), stats.poisson.ppf(p, mean))


def test_inverse_binomial_agrees_where_simple_recursions_underflow():
    p, size = np.meshgrid(np.linspace(0.0005, 0.9995, 60), [0, 1, 30, 6000])
    np.testing.assert_array_equal(
        inverse_binomial(p, size, 0.3), np.maximum(stats.binom.ppf(p, size, 0.3), 0)
    )
    assert inverse_binomial([0.5, 0.5], [7, 7], [0.0, 1.0]).tolist() == [0, 7]


def test_normal_density_and_upper_tail():
    for x in (-2.0, 0.0, 0.7, 3.1):
        np.testing.assert_allclose(normal_density(x), stats.norm.pdf(x), rtol=1e-14)
        np.testing.assert_allclose(normal_upper(x), stats.norm.sf(x), rtol=1e-13)
