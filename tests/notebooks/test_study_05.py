"""Study 05: the notebook's own cells on other populations; equal paths turn the verdict, faults are named."""

import json
from pathlib import Path

import pytest

from workbench.datasets import load_population
from workbench.errors import DataError, NotApplicable
from workbench.studies import group_differences as study

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "05_group_differences.ipynb"
DIMENSIONS = ["responsiveness", "assurance"]


def run(tmp_path, population=None, until=None, **parameters):
    """Names after the code cells have run, with a short model; a population is written to a file first."""
    if population is not None:
        survey, codebook = tmp_path / "answers.csv", tmp_path / "codebook.yaml"
        population.simulate(n=1500, seed=4).to_csv(survey)
        codebook.write_text(population.codebook_text(), encoding="utf-8")
        parameters |= {"survey_file": str(survey), "codebook_file": str(codebook)}
    names = {"__name__": "study"}
    given = {"dimensions": DIMENSIONS, "moderators": ["uncertainty_avoidance"]} | parameters
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        tags = cell["metadata"].get("tags", ())
        if cell["cell_type"] == "code" and not ("shipped" in tags and given.get("survey_file")):
            source = "".join(cell["source"])
            exec(compile(source, "study 05", "exec"), names)  # noqa: S102 - the study's own cells
            if "parameters" in tags:
                assert set(given) <= set(names)
                names.update(given)
            if until and until in names:
                break
    return names


def words(names):
    return {one.part: one.word for one in names["decided"]}


@pytest.fixture(scope="module")
def population():
    return load_population("customer_survey_groups").with_answering(skipped=0.0)


def changed(population, factor):
    """The population with each planted difference of an industry's paths times a factor, items left alone."""
    levels = population.description.groups["industry"].levels
    paths = {
        name: [one.model_copy(update={"change": factor * one.change}) for one in level.paths]
        for name, level in levels.items()
    }
    products = {"uncertainty_avoidance": 0.12} if factor else {}
    return study.with_differences(population, {"industry": paths}, products)


def test_the_shipped_survey_gives_the_planted_answer(tmp_path):
    names = run(tmp_path, group_column="industry")
    assert words(names) == {"groups": "recovered", "uncertainty_avoidance": "recovered"}
    one = names["compared"]["industry"]
    assert one.way == "WLSMV, pairwise"
    assert one.paths.n == len(names["survey"].responses), "everybody who read the questions is in it"
    assert "responsiveness =~ res4" in one.ladder.freed
    assert one.ladder.reached == {"thresholds": "full", "metric": "partial"}
    assert one.ladder.suspects["item"].iloc[0] == "sat4"
    assert names["rows"]["n"].min() < names["rows"]["n"].iloc[0], "complete cases stand beside"


def test_equal_paths_and_no_moderation_turn_the_verdicts(tmp_path, population):
    names = run(tmp_path, changed(population, 0), group_column="industry")
    assert words(names) == {"groups": "not found", "uncertainty_avoidance": "not found"}
    assert "responsiveness =~ res4" in names["compared"]["industry"].ladder.freed


def test_a_large_difference_is_named_when_all_are_judged_together(tmp_path, population):
    names = run(tmp_path, changed(population, 1.75), group_column="industry")
    clear = names["clear"]["industry"].set_index(["group", "from", "to"]).index
    assert words(names)["groups"] == "found"
    assert ("banking", "crm_use", "responsiveness") in clear
    assert ("banking", "satisfaction", "loyalty") in clear


def test_every_grouping_of_the_shipped_survey_has_a_verdict_of_its_own(tmp_path):
    names = run(tmp_path, moderators=["not_asked"])
    assert set(words(names)) == {"industry", "firm_size", "region"}
    assert names["compared"]["firm_size"].ladder.freed == ()
    assert names["compared"]["region"].ladder.suspects["item"].iloc[0] == "loy3"
    assert names["moderated"] is None


def test_a_group_too_small_is_left_out_and_said_so(tmp_path):
    names = run(tmp_path, group_column="gender", until="counts")
    sample = names["compared"]["gender"].sample
    assert set(sample.counts.index) == {"female", "male"}
    assert "'other or not said' was left out" in sample.warnings[0]
    assert names["truths"]["D0-6 gender"] is False


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"group_column": "branch"}, NotApplicable, "the codebook lacks the group branch"),
        ({"dimensions": ["assurance", "speed"]}, NotApplicable, "the codebook lacks the construct speed"),
        (
            {"group_column": "industry", "smallest_group": 2000},
            DataError,
            "fewer than two groups have 2000 respondents",
        ),
    ],
)
def test_what_is_lacking_is_named(tmp_path, given, error, message):
    with pytest.raises(error, match=message):
        run(tmp_path, until="counts", **given)
