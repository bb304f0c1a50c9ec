"""Model text from dictionaries: what it says, and that no name becomes syntax."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.errors import SpecificationError
from workbench.measurement import (
    bifactor,
    compare_models,
    correlated_factors,
    fit_rivals,
    one_factor,
    rival_models,
    second_order,
)


def test_texts(constructs):
    assert one_factor(constructs).startswith("general =~ q1 + q2")
    assert correlated_factors(constructs).splitlines()[1] == "trust =~ t1 + t2 + t3 + t4"
    assert second_order(constructs, "g").splitlines()[-1] == "g =~ quality + trust + satisfaction"
    assert "quality ~~ 0*trust" in bifactor(constructs)


def test_rivals_rank_as_the_data_were_made(survey, constructs):
    """Three factors made the answers; q1 and q2 share a little more, which a bifactor model takes up."""
    result = fit_rivals(survey, constructs)
    assert list(result.table.index) == list(rival_models(constructs))
    assert list(rival_models({"alone": ["a1", "a2", "a3"]})) == ["correlated_factors"]  # nothing to rival it
    assert result.table.loc["one_factor", "bic_above_best"] > 400
    assert result.table.loc["bifactor", "chisq"] < result.table.loc["correlated_factors", "chisq"]
    assert any("fit exactly alike" in text for text in result.warnings)


def test_an_improper_solution_is_said():
    """Loadings of one factor would be 0.9 * 0.8 / 0.6: a loading above 1, so a negative residual variance."""
    names = ["x1", "x2", "x3"]
    cov = pd.DataFrame([[1, 0.9, 0.8], [0.9, 1, 0.6], [0.8, 0.6, 1]], index=names, columns=names)
    result = compare_models({"one": sem.fit("a =~ x1 + x2 + x3", sem.moments(cov, 100))})
    assert any("variance of x1 is \N{MINUS SIGN}" in text for text in result.warnings)


@pytest.mark.parametrize("name", ["q1 + t1", "q1\nq1 ~~ t1", "q1*2", "1q", "", "a b", "x#", "q1;t1", "=~"])
def test_a_name_cannot_become_syntax(name):
    for build in (one_factor, correlated_factors):
        with pytest.raises(SpecificationError, match="cannot stand in a model text"):
            build({"quality": ["q2", name]})
        with pytest.raises(SpecificationError, match="cannot stand in a model text"):
            build({name: ["q1", "q2"]})


def test_names_in_chinese_are_names(survey):
    text = correlated_factors({"质量": ["q1", "q2", "q3"], "信任": ["t1", "t2", "t3"]})
    assert sem.fit(text, survey).converged


def test_doors(constructs):
    with pytest.raises(SpecificationError, match="names both"):
        one_factor({"q1": ["q1", "q2"]})
    with pytest.raises(SpecificationError, match="added factor"):
        second_order(constructs, "trust")
    with pytest.raises(SpecificationError, match="three constructs"):
        second_order({"a": ["q1", "q2"], "b": ["t1", "t2"]})


@pytest.mark.parametrize("seed", range(5))
def test_of_models_that_fit_alike_the_first_is_the_best_whatever_rounding_says(seed):
    """A factor above three others has as many parameters as their correlations and implies the same."""
    rng = np.random.default_rng(seed)
    latent = rng.multivariate_normal(np.zeros(3), 0.5 + 0.5 * np.eye(3), 400)
    answers = np.repeat(latent, 3, axis=1) + rng.normal(size=(400, 9))
    constructs = {name: [f"{name}{number}" for number in (1, 2, 3)] for name in "abc"}
    data = pd.DataFrame(answers, columns=[item for items in constructs.values() for item in items])
    found = fit_rivals(data, constructs)
    bic = found.table["bic"]
    assert bic["second_order"] == pytest.approx(bic["correlated_factors"], abs=1e-6)
    assert found.best_bic == "correlated_factors"
