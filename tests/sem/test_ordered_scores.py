"""Factor scores of ordered items: against lavPredict, and against the posterior itself."""

import numpy as np
import pytest
from scipy import optimize, stats
from tests.sem.answers import read, references, settings

from workbench import sem

SCORES = references("ordered_scores.json")
MODELS = {name: references(f"{name}.json") for name in ("conditional", "lavaan")}


def fitted(file: str, name: str):
    reference = MODELS[file][name]
    return sem.fit(reference["model"], read(reference["data"]), **settings(reference["call"]))


@pytest.mark.parametrize("name", [name for name in SCORES if name.endswith("EBM")])
def test_posterior_modes_are_lavaans(name):
    file, model, method = name.split()
    scores = fitted(file, model).factor_scores(method)
    values = scores.to_numpy()[:30, -np.shape(SCORES[name][0])[1] :].astype(float)
    # of later groups lavaan takes the first one's loadings; its search ends within about 2e-4
    np.testing.assert_allclose(values, np.array(SCORES[name][0], float), atol=3e-4)


@pytest.mark.parametrize("name", [name for name in SCORES if name.endswith("ML")])
def test_maximum_likelihood_scores_are_lavaans_where_the_answers_are_not_extreme(name):
    file, model, method = name.split()
    scores = fitted(file, model).factor_scores(method)
    values = scores.to_numpy()[:30, -np.shape(SCORES[name][0])[1] :].astype(float)
    theirs = np.array(SCORES[name][0], float)
    inner = (np.abs(values).max(axis=1) < 2) & np.isfinite(theirs).all(axis=1)
    assert inner.sum() >= 8
    np.testing.assert_allclose(values[inner], theirs[inner], atol=1e-3)


def log_posterior(estimates: dict, row, eta: float, items: tuple[str, ...], causes: tuple[str, ...]) -> float:
    """Of one factor f, written down from the estimates alone."""
    mean = sum(estimates["f", "~", cause] * row[cause] for cause in causes) + estimates.get(
        ("f", "~1", ""), 0
    )
    value = -0.5 * (eta - mean) ** 2 / estimates["f", "~~", "f"]
    for item in items:
        centre = sum(estimates.get((item, "~", cause), 0) * row[cause] for cause in causes)
        centre += estimates.get(("f", "=~", item), estimates.get((item, "~", "f"), 0)) * eta
        cuts = [estimates[key] for key in sorted(key for key in estimates if key[:2] == (item, "|"))]
        cuts = np.array([-np.inf, *cuts, np.inf])
        category = int(row[item])
        sd = np.sqrt(estimates[item, "~~", item])
        share = stats.norm.cdf((cuts[category] - centre) / sd) - stats.norm.cdf(
            (cuts[category - 1] - centre) / sd
        )
        value += np.log(share)
    return value


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("direct_effect", ("q1", "q2", "q3", "q4")),  # lavaan leaves the effect on q3 out
        ("latent_to_ordered", ("q1", "q2", "q3", "q4", "again")),
        ("groups_loadings_thresholds", ("q1", "q2", "q3", "q4")),  # a second group with scales of its own
    ],
)
def test_posterior_modes_are_the_modes_of_the_posterior(name, items):
    fit = fitted("conditional", name)
    scores, data = fit.factor_scores(), read("ordered_causes")
    group = len(fit.groups)
    if group > 1:
        data = data[data["branch"] == fit.groups[-1]].reset_index(drop=True)
        scores = scores[scores["branch"] == fit.groups[-1]].reset_index(drop=True)
    rows = fit.estimates[fit.estimates["group"] == group]
    estimates = {(row.lhs, row.op, row.rhs): row.est for row in rows.itertuples()}
    for place in range(12):
        row = data.iloc[place]
        best = optimize.minimize_scalar(
            lambda eta, row=row: -log_posterior(estimates, row, eta, items, ("age", "woman")),
            bounds=(-5, 5),
            method="bounded",
            options={"xatol": 1e-9},
        )
        assert scores["f"][place] == pytest.approx(best.x, abs=1e-6)


def test_scores_beside_continuous_variables_use_all_of_them():
    fit = fitted("conditional", "mixed")
    scores = fit.factor_scores()
    assert len(scores) == 520
    # the posterior's mode is a shrunken mean: it varies less than the factor, in line with it
    assert 0.6 < scores["g"].var() / fit.latent_covariance.loc["g", "g"] < 1
    assert np.corrcoef(scores["g"], read("ordered_causes")["visits"])[0, 1] > 0.8


def test_scores_without_residual_variance_are_refused():
    data = read("ordered_causes")
    model = "f =~ q1 + q2 + q3\nv =~ visits\nv ~ f"
    with pytest.raises(sem.SpecificationError, match="visits: no residual variance"):
        sem.fit(model, data, ordered=("q1", "q2", "q3")).factor_scores()
