"""The tables that every paper needs."""

import numpy as np
import pandas as pd
import pytest

from workbench import sem
from workbench.datasets import study_survey
from workbench.errors import SpecificationError
from workbench.show import paper
from workbench.studies import paper_tables

CONSTRUCTS = {"quality": ["q1", "q2", "q3"], "loyalty": ["l1", "l2"]}


@pytest.fixture(scope="module")
def answers():
    chance = np.random.default_rng(5)
    common = chance.normal(size=300)
    made = {
        name: np.clip(np.round(3 + common * slope + chance.normal(size=300)), 1, 5)
        for name, slope in {"q1": 1, "q2": 1, "q3": 0.8, "l1": 0.7, "l2": 0.9}.items()
    }
    return pd.DataFrame(made)


def test_descriptives_are_those_of_the_mean_scores(answers):
    answers = answers.copy()
    answers.loc[0, ["q1", "q2"]] = np.nan  # fewer than half answered: no score
    answers.loc[1, "q1"] = np.nan  # two of three answered: the mean of two
    age = pd.DataFrame({"age": np.arange(300.0)})
    table = paper_tables.descriptives(answers, CONSTRUCTS, age, order=["loyalty", "quality", "age"])
    assert list(table.index) == ["loyalty", "quality", "age"]
    assert table.loc["quality", "n"] == 299
    scores = paper_tables.mean_scores(answers, CONSTRUCTS)
    assert np.isnan(scores.loc[0, "quality"])
    assert scores.loc[1, "quality"] == answers.loc[1, ["q2", "q3"]].mean()
    assert table.loc["quality", "mean"] == pytest.approx(scores["quality"].mean())
    assert table.loc["quality", "loyalty"] == pytest.approx(scores["quality"].corr(scores["loyalty"]))
    assert np.isnan(table.loc["loyalty", "quality"])  # above the diagonal
    pair = answers[["l1", "l2"]].cov().to_numpy()
    assert table.loc["loyalty", "loyalty"] == pytest.approx(2 * (1 - np.trace(pair) / pair.sum()))
    assert np.isnan(table.loc["age", "age"])
    assert np.isnan(table.loc["loyalty", "omega"])  # two items


def test_a_construct_of_one_item_has_a_mean_and_no_reliability(answers):
    table = paper_tables.descriptives(answers, {"quality": ["q1", "q2"], "overall": ["q3"]})
    assert table.loc["overall", "mean"] == pytest.approx(answers["q3"].mean())
    assert table.loc["overall", ["alpha", "omega", "overall"]].isna().all()
    assert "2. overall" in paper.descriptives(table, {}).text


def test_loadings_and_paths_are_the_fits_own(answers):
    fit = sem.fit("quality =~ q1 + q2 + q3\nloyalty =~ l1 + l2\nloyalty ~ quality", answers)
    rows = fit.standardized_solution().set_index(["lhs", "op", "rhs"])
    loadings, paths = paper_tables.loadings(fit), paper_tables.paths(fit)
    assert list(loadings.index) == [(name, item) for name, items in CONSTRUCTS.items() for item in items]
    row = rows.loc[("quality", "=~", "q2")]
    assert loadings.loc[("quality", "q2"), ["std", "se", "ci_lower", "ci_upper"]].tolist() == pytest.approx(
        row[["est_std", "se", "ci_lower", "ci_upper"]].tolist()
    )
    assert list(paths.index) == [("loyalty", "quality")]
    raw = fit.estimates.set_index(["lhs", "op", "rhs"]).loc[("loyalty", "~", "quality")]
    assert paths.iloc[0][["est", "se", "pvalue"]].tolist() == pytest.approx(
        raw[["est", "se", "pvalue"]].tolist()
    )
    assert paths.iloc[0]["std"] == pytest.approx(rows.loc[("loyalty", "~", "quality"), "est_std"])


def test_fit_takes_scaled_tests_and_robust_measures_where_there_are_such(answers):
    text = "quality =~ q1 + q2 + q3\nloyalty =~ l1 + l2"
    fits = {"plain": sem.fit(text, answers), "robust": sem.fit(text, answers, estimator="MLR")}
    table = paper_tables.fit_table(fits)
    assert list(table.columns) == list(paper_tables.FIT)
    assert table.loc["plain", "cfi"] == fits["plain"].measures["cfi"]
    assert table.loc["robust", "cfi"] == fits["robust"].measures["cfi_robust"]
    assert table.loc["robust", "chisq"] == fits["robust"].measures["chisq_scaled"]
    assert table.loc["robust", "rmsea_ci_upper"] == fits["robust"].measures["rmsea_ci_upper_robust"]


def test_what_is_shown_has_the_heads_of_a_paper(answers):
    fit = sem.fit("quality =~ q1 + q2 + q3\nloyalty =~ l1 + l2\nloyalty ~ quality", answers)
    labels = {"quality": "Service quality", "loyalty": "Loyalty"}
    shown = paper.descriptives(paper_tables.descriptives(answers, CONSTRUCTS), labels).text
    assert "1. Service quality" in shown
    assert "2. Loyalty" in shown
    assert "95 % CI of β" in paper.paths(paper_tables.paths(fit), labels).text
    assert "Service quality" in paper.loadings(paper_tables.loadings(fit), labels).text
    assert "90 % CI" in paper.fit(paper_tables.fit_table({"structural model": fit})).text


def test_the_shipped_survey_has_its_alphas_on_the_diagonal():
    survey = study_survey("customer_survey")
    constructs = {name: list(survey.codebook.constructs[name].items) for name in ("reliability", "empathy")}
    table = paper_tables.descriptives(survey.responses, constructs)
    assert (table["alpha"] == [table.loc[name, name] for name in table.index]).all()


@pytest.mark.parametrize("name", ["../../h3", "H1", "a b", "", "模型"])
def test_a_model_has_no_name_that_a_file_could_not_safely_have(answers, name):
    fit = sem.fit("quality =~ q1 + q2 + q3", answers)
    with pytest.raises(SpecificationError, match="use small letters, digits and underscores"):
        paper.model(fit, answers, name=name)
    assert "q2" in paper.model(fit, answers, name="moderation_1").text
