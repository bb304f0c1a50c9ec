"""Study 05: the ladder and the test of equal paths against lavaan and semTools; other people's surveys."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench import studies
from workbench.datasets import load_population, open_dataset
from workbench.errors import NotApplicable
from workbench.measurement import equal_paths, partial_invariance, usable_groups
from workbench.show import group_words as say
from workbench.studies import group_differences as study
from workbench.studies.group_differences import comparison, planted, verdicts
from workbench.survey import analysis_samples
from workbench.survey.samples import headline_sample

FOLDER = Path(__file__).parents[1] / "reference" / "studies"
THEIRS = json.loads((FOLDER / "group_paths.json").read_text(encoding="utf-8"))
ITEMS = [item for items in THEIRS["constructs"].values() for item in items]
LEVELS = {"configural": "configural", "thresholds": "thresholds", "metric": "metric",
          "partial": "metric, partial", "scalar": "scalar"}  # fmt: skip
PATHS = "tangibles ~~ responsiveness\nsatisfaction ~ tangibles + responsiveness"


def test_a_level_that_is_rejected_without_a_culprit_is_not_called_full():
    table = pd.DataFrame(
        {"chisq_diff": [30.0, 88.4], "df_diff": [30, 26], "pvalue_diff": [0.47, 1e-6]},
        index=["thresholds", "metric"],
    )
    reached = {"thresholds": "full", "metric": "full"}
    ladder = SimpleNamespace(table=table, reached=reached, steps=[], suspects=pd.DataFrame())
    compared = {"type": SimpleNamespace(ladder=ladder, ordered=True)}
    assert say.levels(compared, {"type": "Type"}) == "Type: thresholds full, metric rejected as a whole"
    (sentence,) = say.suspects(compared, {"type": "Type"})
    sentence = sentence.replace("\N{THIN SPACE}", " ")
    assert sentence.startswith("Type: equal loadings are rejected as a whole (Δχ²(26) = 88.40, p < .001)")
    assert "metric full" not in say.answer({}, compared, {"type": "Type"})


def test_items_alike_in_too_few_and_paths_that_do_not_differ_are_called_so():
    joint = pd.DataFrame({"loadings": ["partial", "none"], "p_holm": [0.01, 0.4]}, index=["city", "firm"])
    assert say.with_words(joint)["loadings"].tolist() == ["partial", "too few items"]
    assert len(say.alike(joint)) == 1
    assert say.alike(joint[:1]) == []
    rows = [("x", "y", "a", -0.1), ("x", "y", "b", 0.2), ("x", "z", "a", 0.1), ("x", "z", "b", 0.1)]
    paths = SimpleNamespace(paths=pd.DataFrame(rows, columns=["from", "to", "group", "estimate"]))
    titles = [say.widest(paths, {"x": "Use"}, "City", joint.loc[name]) for name in joint.index]
    assert titles[0] == "City: estimates lie farthest apart for Use → y, −0.10 (a) to 0.20 (b)"
    assert titles[1] == titles[0].replace("City: ", "City: equal paths are not rejected; ")


@pytest.fixture(scope="module", params=["pairwise", "complete"])
def both(request):
    answers = headline_sample(open_dataset("customer_survey_groups")).responses
    if request.param == "complete":
        answers = answers.dropna(subset=ITEMS)
    sample = usable_groups(answers, "industry", ITEMS)
    missing = {"missing": "pairwise"} if request.param == "pairwise" else {}
    options = {"estimator": "WLSMV", "ordered": ITEMS, **missing}
    return sample.data, options, THEIRS[request.param]


def test_the_ladder_is_that_of_measeq_syntax_with_the_same_freed(both):
    data, options, theirs = both
    found = partial_invariance(data, THEIRS["constructs"], "industry", level=0.001, **options)
    assert {name.replace("~1", "~ 1") for name in found.freed} == set(THEIRS["partial"])
    for theirs_name, name in LEVELS.items():
        row, level = found.table.loc[name], theirs[theirs_name]
        assert found.fits[name].measures["ntotal"] == theirs["n"]
        assert row["df"] == level["df"]
        assert row["chisq_scaled"] == pytest.approx(level["chisq.scaled"], rel=1e-4)
        assert row["cfi_scaled"] == pytest.approx(level["cfi.scaled"], abs=1e-5)
        assert row["rmsea_scaled"] == pytest.approx(level["rmsea.scaled"], abs=1e-5)
        if "diff" in level:
            assert row["df_diff"] == level["df_diff"]
            assert row["chisq_diff"] == pytest.approx(level["diff"], rel=1e-3)


def test_equal_paths_are_tested_as_lavaan_tests_them(both):
    data, options, theirs = both
    found = equal_paths(
        data, THEIRS["constructs"], PATHS, "industry", freed=THEIRS["partial"], **options
    ).joint
    assert found["df"] == theirs["paths"]["df"]
    assert found["statistic"] == pytest.approx(theirs["paths"]["diff"], rel=1e-3)
    assert found["pvalue"] == pytest.approx(theirs["paths"]["pvalue"], abs=1e-3)


def test_truths_are_read_from_the_description_and_turn_in_the_other_population():
    population = load_population(study.SHIPPED)
    own, (other,) = study.truths(population), study.nulls(population).values()
    assert [key for key, holds in own.items() if not holds] == ["D0-6 region", "D0-6 marketing_strategy"]
    assert study.truths(other) == {key: not holds for key, holds in own.items()}
    none = study.with_differences(population, {}, {})
    assert not any(study.truths(none).values())
    assert none.description.groups["industry"].levels["banking"].loadings, "items stay as they are"
    assert study.every_truth(population)["D0-6 gender"] is False


def joint(pvalue, loadings):
    row = {"statistic": 60.0, "df": 26, "pvalue": pvalue, "rmsea_d": 0.05, "ci_lower": 0.03, "ci_upper": 0.07,
           "n": 900, "loadings": loadings, "p_holm": pvalue}  # fmt: skip
    return pd.DataFrame([row], index=["industry"])


@pytest.mark.parametrize(
    ("pvalue", "loadings", "found"),
    [(0.04, "full", True), (0.04, "partial", True), (0.06, "full", False),
     (0.001, "none", False), (0.001, "not tested", False)],
)  # fmt: skip
def test_one_test_decides_where_the_questionnaire_is_comparable(pvalue, loadings, found):
    (verdict,) = verdicts.judge(
        joint(pvalue, loadings), None, kind="simulated", truths={"D0-6 industry": True}
    )
    assert verdict.found is found
    assert verdict.word == ("recovered" if found else "missed")


def test_holm_is_over_the_groupings():
    class One:
        loadings = "full"

        def __init__(self, p):
            numbers = {
                "statistic": 1.0,
                "df": 2,
                "pvalue": p,
                "rmsea_d": 0.0,
                "ci_lower": 0.0,
                "ci_upper": 0.0,
            }
            self.paths = type("Paths", (), {"joint": pd.Series(numbers), "n": 100})()

    table = verdicts.joint_tests({"a": One(0.02), "b": One(0.03), "c": One(0.5)})
    assert table["p_holm"].tolist() == pytest.approx([0.06, 0.06, 0.5])


def test_items_that_the_population_changes_are_set_beside_what_was_freed():
    population = load_population(study.SHIPPED)

    class Ladder:
        steps = pd.DataFrame({"parameter": ["responsiveness =~ res4", "satisfaction =~ sat5", "emp2 | t1"]})
        suspects = pd.DataFrame({"item": ["sat4"]})

    table = planted.planted_items(population, {"industry": type("One", (), {"ladder": Ladder})})
    found = table.set_index("item")["found"]
    assert found[["res4", "tan4", "sat4", "tan3"]].tolist() == ["freed", "not found", "suspect", "not found"]
    assert set(table.loc[table["what"] == "nothing", "item"]) == {"sat5", "emp2"}


def groups_of(n, seed=1):
    draw = np.random.default_rng(seed)
    return pd.DataFrame({"branch": draw.choice(["east", "west"], n), "tiny": ["a"] * (n - 5) + ["b"] * 5})


def test_a_survey_without_the_chain_is_compared_in_its_measurement(foreign):
    survey = foreign({"price": 3, "staff": 4, "verdict": 1}, groups=groups_of(400), n=400)
    asked = comparison.asked_of(survey)
    assert asked.structure == ""
    assert "Paths are not compared" in asked.notes[0]
    assert "one item" in asked.notes[1]
    groupings = comparison.groupings_of(survey)
    assert groupings == ["branch", "tiny"]
    compared, left_out = comparison.compare_all(survey, asked, groupings, smallest=100)
    assert list(compared) == ["branch"]
    assert "Tiny is left out" in left_out[0]
    with pytest.raises(NotApplicable, match="no group can be compared") as caught:
        comparison.compare_all(survey, asked, groupings, smallest=1000)
    assert len(str(caught.value)) < 400
    assert "-p smallest_group" in str(caught.value)
    assert compared["branch"].paths is None
    assert compared["branch"].ladder.reached == {"thresholds": "full", "metric": "full"}
    assert verdicts.joint_tests(compared).empty
    assert verdicts.moderation(survey, study.MODERATORS) is None


def test_many_answers_are_compared_as_measurements_by_robust_ml(foreign):
    survey = foreign({"price": 3, "staff": 3}, groups=groups_of(400)[["branch"]], n=400, categories=11)
    compared, _ = comparison.compare_all(survey, comparison.asked_of(survey), ["branch"], smallest=100)
    one = compared["branch"]
    assert one.way == "MLR"
    assert list(one.ladder.reached) == ["metric", "scalar"]
    assert "cfi_robust" in one.ladder.table


def test_constructs_may_stand_for_those_of_the_chain(foreign):
    sizes = {"use": 2, "speed": 3, "liking": 3, "staying": 2}
    stands = {"use": "crm_use", "speed": "responsiveness", "liking": "satisfaction", "staying": "loyalty"}
    survey = foreign(sizes, stands_for=stands, groups=groups_of(500)[["branch"]], n=500)
    asked = comparison.asked_of(survey, ["responsiveness"])
    assert list(asked.constructs) == ["crm_use", "responsiveness", "satisfaction", "loyalty"]
    one = comparison.compare(survey, asked, "branch", smallest=100, upto="metric")
    assert one.paths.joint["df"] == 5
    table, notes = comparison.other_ways(one, analysis_samples(survey), smallest=100)
    assert table.index[0].endswith("(headline)")
    assert notes == ()
    with pytest.raises(NotApplicable, match="lacks the construct speedy"):
        comparison.asked_of(survey, ["speedy"])


def test_an_item_that_does_not_vary_in_a_group_is_left_out_there_and_said(foreign):
    groups = groups_of(400)[["branch"]]
    survey = foreign({"price": 3, "staff": 3}, groups=groups, n=400)
    survey.responses.loc[groups["branch"] == "east", "price_1"] = 3.0
    one = comparison.compare(survey, comparison.asked_of(survey), "branch", smallest=100, upto="metric")
    assert one.asked.constructs["price"] == ["price_2", "price_3"]
    assert "gives one answer to it: price_1" in one.sample.warnings[-1]


def test_a_survey_without_groups_is_not_applicable(foreign):
    with pytest.raises(NotApplicable, match="names no grouping column"):
        comparison.groupings_of(foreign({"price": 3}))


def test_the_survey_is_judged_as_on_the_page():
    population = load_population(study.SHIPPED)
    decided = study.decide(studies.simulate(population, 3), seed=3, truths=study.truths(population))
    assert [one.part for one in decided] == [*comparison.GROUPINGS, *study.MODERATORS]
    assert all(one.planted is not None for one in decided)
