"""Study 16: power by simulation against lavaan's and lm's, and what is said without answers."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from workbench import sem
from workbench.datasets import open_codebook, study_survey
from workbench.errors import NotApplicable, ParameterError, SpecificationError
from workbench.sem.normal_samples import fitted, in_population, normal
from workbench.sem.refitting.refits import parameter_frame
from workbench.show import sample_size_words as say
from workbench.studies import sample_size as study
from workbench.studies.sample_size import imperfect_answers
from workbench.survey.codebook import read_codebook

REFERENCE = json.loads((Path(__file__).parents[1] / "reference/studies/sample_size.json").read_text())
THREE = """
title: Three constructs
scales: {agree: {min: 1, max: 5}}
constructs:
  x: {scale: agree, items: {x1: , x2: , x3: , x4: }}
  m: {scale: agree, items: {m1: , m2: , m3: , m4: }}
  y: {scale: agree, items: {y1: , y2: , y3: , y4: }}
hypotheses:
  H1: x -> m (+)
  H2: m -> y (+)
  H3: x -> m -> y
"""
CLOSE = 0.07  # three deviations of a share of some 500 samples against one of 1,000 and more


@pytest.fixture
def three(tmp_path):
    (tmp_path / "book.yaml").write_text(THREE, encoding="utf-8")
    return study.from_codebook(read_codebook(tmp_path / "book.yaml"), effect=0.3, correlation=0.3)


def test_an_indirect_effect_is_found_as_often_as_by_lavaan(three):
    found = study.curves(three, [100, 200], draws=2000, seed=2).power
    np.testing.assert_allclose(found["H3"], REFERENCE["joint"], atol=CLOSE)
    assert (found["H3"] <= found[["H1", "H2"]].min(axis=1)).all()


def test_a_path_and_a_loading_of_two_groups_are_told_apart_as_often_as_by_lavaan(three):
    path = study.path_difference(
        three, three.model.hypotheses[0], [200, 400], difference=0.3, draws=1500, seed=1
    )
    np.testing.assert_allclose(path, REFERENCE["path"], atol=CLOSE)
    loading = study.loading_difference(three, [200, 400], difference=0.3, draws=1500, seed=1)
    np.testing.assert_allclose(loading, REFERENCE["invariance"], atol=CLOSE)


def test_a_moderation_is_found_as_often_as_by_lm(tmp_path):
    text = (
        "title: M\nscales: {agree: {min: 1, max: 5}}\nconstructs:\n"
        "  a: {scale: agree, items: {a1: , a2: , a3: }}\n"
        "  b: {scale: agree, items: {b1: , b2: , b3: , b4: }}\n"
        "  c: {scale: agree, items: {c1: }}\nhypotheses: {H1: a x b -> c}\n"
    )
    (tmp_path / "book.yaml").write_text(text, encoding="utf-8")
    planned = study.from_codebook(read_codebook(tmp_path / "book.yaml"), effect=0.2)
    found = study.curves(planned, [150, 300], draws=4000, seed=5).power["H1"]
    np.testing.assert_allclose(found, REFERENCE["moderation"], atol=0.03)


def test_no_effect_is_found_at_the_level_of_the_test(three):
    power = study.curves(three, [400], draws=2000, seed=4, effect=1e-9).power.iloc[0]
    np.testing.assert_allclose(power[["H1", "H2"]], 0.05, atol=0.02)
    assert power["H3"] < 0.02  # both paths by luck
    same = study.loading_difference(three, [600], difference=0.0, draws=1500, seed=6)
    assert same.iloc[0] == pytest.approx(0.05, abs=0.025)


def test_what_is_needed_is_read_off_the_curve_and_falls_with_the_effect(three):
    found = study.curves(three, [100, 200, 400], draws=800, seed=1)
    need = study.needed(found, three)
    assert "at_hand" not in need
    assert (need["n80"] <= need["n90"]).all()
    assert (need["least"] <= need["n80"]).all()
    assert (need["n80"] <= need["most"].fillna(np.inf)).all()
    by = study.by_effect(three, [100, 200, 400], draws=300, seed=1, effects=(0.2, 0.4, 0.99))
    assert list(by.columns) == [0.2, 0.4, 0.99]
    assert (by[0.4] <= by[0.2].fillna(np.inf)).all()
    assert say.answer(need, three, found).startswith("To find standardized effects of 0.30")
    own = study.by_effect(three, [100, 200, 400], draws=300, seed=1, effects=(0.3, 0.4), known=found)
    assert own[0.3].tolist() == need["n80"].tolist()  # the number of the table above, not another
    written = own.set_axis(["0.30", "0.40"], axis=1)
    assert "; for an effect of 0.30 the 800 above" in say.drawn(written, found, 300)
    assert "effect" not in say.drawn(own, found, 300)


def test_imperfect_answers(three):
    table = study.costs(three, three.model.hypotheses[0], 200, draws=600, seed=1)
    clean = table.loc["clean"]
    assert clean["ratio"] == pytest.approx(1, abs=0.05)
    assert clean["covered"] == pytest.approx(0.95, abs=0.03)
    assert clean["makes_up"] == 200
    assert table.loc["gaps", "n"] == round(200 * 0.95**12)
    assert table.loc["gaps", "power"] < clean["power"]
    assert table.loc["fiml", "n"] == 200
    assert table.loc["gaps", "power"] + 0.1 < table.loc["fiml", "power"] < clean["power"] + 0.04
    assert table.loc["fiml", "covered"] == pytest.approx(0.95, abs=0.05)
    assert table.loc["straight", "ratio"] > 1.2  # who ticks one box throughout makes an effect
    assert table.loc["straight", "covered"] < 0.9
    assert "raise it by a wrong estimate" in say.costs_title(table)


def test_samples_with_gaps_are_fitted_as_the_engine_fits_them(three):
    cov, names = sem.planning.population_covariance(three.population())
    truth = in_population(three.text, cov, names)
    like, estimates, errors, failed = imperfect_answers._by_full_information(
        three.text, truth, cov, names, 300, 2, 7
    )
    stream = np.random.default_rng([7, len(imperfect_answers.CONDITIONS) + 1])
    observed = list(like.problem.table.variables.observed)
    order = [names.index(name) for name in observed]
    values = stream.standard_normal((300, len(order))) @ np.linalg.cholesky(cov[np.ix_(order, order)]).T
    values[stream.random(values.shape) < imperfect_answers.GAPS] = np.nan
    whole = {"missing": "fiml", "fixed_x": False, "information": "expected"}
    fit = sem.fit(three.text, pd.DataFrame(values, columns=observed), **whole)
    assert failed == 0
    np.testing.assert_allclose(estimates[0], fit.free_values, atol=1e-3 * errors[0].min())
    np.testing.assert_allclose(errors[0], np.sqrt(np.diag(fit.vcov_free)), rtol=1e-4)


def test_absence_is_shown_as_often_as_the_errors_say(three):
    """Both one-sided tests at once: 2 Φ(b / se − 1.645) − 1; and with a bound at hand, seldom by mistake."""
    shown = study.shown_absent(three, [400], draws=1500, seed=3, bound=0.3).loc[400]
    cov, names = sem.planning.population_covariance(three.population(effect=0.0))
    truth = in_population(three.text, cov, names)
    made = fitted(truth, normal(truth, cov, names, 400), 400, 1500, [3, 0])
    strong = in_population(three.text, *sem.planning.population_covariance(three.population(effect=0.3)))
    place = list(parameter_frame(truth.problem).index).index(three.of(three.model.hypotheses[0])[0])
    error = made.estimates[:, place].std()
    expected = 2.0 * norm.cdf(abs(strong.free_values[place]) / error - 1.645) - 1.0
    assert shown["H1"] == pytest.approx(expected, abs=0.04)
    table = study.needed_for_absence(three, [50, 100, 200, 400], draws=300, seed=3)
    assert (table["n80"] <= table["n90"].fillna(np.inf)).all()


def test_marks_of_one_construct_and_of_none(tmp_path, three):
    assert list(study.wrong_populations(three)) == [
        "one item also belongs elsewhere", "so does an item of every construct",
    ]  # fmt: skip
    alone = study.from_codebook(open_codebook("corp_rep_data"), {"H1": "competence -> satisfaction (+)"})
    assert study.cutoffs(alone, 200, draws=50, seed=1) is None  # three items fit whatever they say
    found = study.cutoffs(three, 300, draws=300, seed=1)
    assert say.cutoffs_table(found).notna()["population"].all()


@pytest.mark.parametrize("name", ["mobi", "corp_rep_data"])
def test_public_surveys_lend_loadings_and_no_effect(name):
    planned = study.from_survey(study_survey(name), effect=0.2)
    assert planned.found
    assert planned.n == len(study_survey(name).responses)
    assert all(abs(planned.signed(path)) == 0.2 for path in planned.model.paths)
    assert len(set(planned.loadings.values())) > 5
    stated = say.t_size_in_words(planned)
    assert stated is not None
    assert "95 % confidence" in stated


def test_an_expected_sign_is_planned(tmp_path):
    (tmp_path / "book.yaml").write_text(THREE.replace("H1: x -> m (+)", "H1: x -> m (-)"), encoding="utf-8")
    planned = study.from_codebook(read_codebook(tmp_path / "book.yaml"))
    assert planned.signed(("x", "m")) == -0.2
    assert "m ~ -0.2" in planned.population()


@pytest.mark.parametrize(
    ("assumed", "message"),
    [
        ({"effect": 0}, "effect is 0"),
        ({"loading": 1.2}, "loading is 1.2"),
        ({"effect": 0.9, "correlation": 0.9}, "no population"),
    ],
)
def test_assumptions_that_nothing_can_have(assumed, message):
    with pytest.raises(ParameterError, match=message):
        study.from_codebook(open_codebook("mobi"), **assumed)


def test_a_codebook_without_hypotheses_a_wrong_name_and_sizes_too_small(three):
    with pytest.raises(NotApplicable, match="no hypotheses"):
        study.from_codebook(open_codebook("abc2"))
    with pytest.raises(SpecificationError, match="nobody"):
        study.from_codebook(open_codebook("mobi"), {"H1": "nobody -> loyalty"})
    with pytest.raises(NotApplicable, match="give larger ones"):
        study.usable(three, [10, 20])
    for wrong in ("a", 100.5, "1e9"):
        with pytest.raises(SpecificationError, match="sizes"):
            study.usable(three, [100, wrong])


def test_needed_sizes_at_which_samples_fail_are_said_to_be_such():
    made = pd.DataFrame({"n": [100, 200, 400], "improper": [0.3, 0.1, 0.01], "converged": 1.0})
    plan = SimpleNamespace(plan=SimpleNamespace(samples=made))
    found = SimpleNamespace(improper=study.Curves.improper.fget(plan))
    need = pd.DataFrame({"n80": [150.0, 380.0, np.nan]}, index=["H1", "H2", "H3"])
    assert say.small_samples(found, need).endswith("H1 needs no more: plan for more than 200 all the same.")
    assert say.small_samples(found, need.loc[["H2", "H3"]]).endswith("a plan should not rest on such sizes.")


def test_ends_of_the_grid_are_said_only_where_they_are():
    table = pd.DataFrame({"n80": [100.0, np.nan], "n90": [150.0, 300.0]})
    assert say.grid_ends(table, [100, 1200]) == "–: above 1,200."
    assert say.grid_ends(table[["n90"]], [100, 1200]) is None
    assert say.respondents(np.nan, [100, 1200]) == "above 1,200"
    assert say.respondents(100.0, [100, 1200]) == "100 or fewer"


def test_what_the_other_studies_need():
    table = study.of_studies([200, 400, 4000], effect=0.2, loading=0.7, correlation=0.3, draws=60, seed=1)
    assert set(table.index.get_level_values("study")) == {"04", "05", "06", "11", "13"}
    assert (
        table.loc[("13", "a mean higher by 0.20 SD"), "n80"] == 788
    )  # R: power.t.test(delta = .2, power = .8)
