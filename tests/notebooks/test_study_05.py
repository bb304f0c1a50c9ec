"""Study 05: the notebook's own cells on other populations; equal paths turn the verdict, faults are named."""

import json
from pathlib import Path

import pytest

from workbench.datasets import load_population
from workbench.errors import DataError

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
    given = {
        "dimensions": DIMENSIONS,
        "moderators": ["uncertainty_avoidance"],
        "ordered_check": False,
    } | parameters
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            exec(compile(source, "study 05", "exec"), names)  # noqa: S102 - the study's own cells
            if "parameters" in cell["metadata"].get("tags", ()):
                assert set(given) <= set(names)
                names.update(given)
            if until and until in names:
                break
    return names


def words(names):
    return {one.part: one.word for one in names["verdicts"]}


@pytest.fixture(scope="module")
def population():
    return load_population("customer_survey_groups").with_answering(skipped=0.0)


def changed(population, factor):
    """The population with each planted difference of an industry's paths times a factor, items left alone."""
    groups = dict(population.description.groups)
    industry = groups["industry"]
    levels = {
        name: level.model_copy(
            update={
                "paths": [
                    change.model_copy(update={"change": factor * change.change}) for change in level.paths
                ]
            }
        )
        for name, level in industry.levels.items()
    }
    groups["industry"] = industry.model_copy(update={"levels": levels})
    description = population.description.model_copy(update={"groups": groups})
    return type(population)(description, population.name)


def test_the_shipped_survey_gives_the_planted_answer(tmp_path):
    names = run(tmp_path, group_column="industry")
    assert words(names) == {"groups": "found", "uncertainty_avoidance": "found"}
    freed = set(names["ladders"]["industry"].freed)
    assert {"responsiveness =~ res4", "sat4 ~1"} <= freed
    assert names["ladders"]["industry"].reached == {"metric": "partial", "scalar": "partial"}
    assert names["steps"]["p_holm"].max() < 0.05


def test_equal_paths_and_no_moderation_turn_the_verdicts(tmp_path, population):
    null = changed(population, 0).without_effects("uncertainty_avoidance", on="satisfaction")
    names = run(tmp_path, null, group_column="industry")
    assert words(names) == {"groups": "not found", "uncertainty_avoidance": "not found"}
    assert "responsiveness =~ res4" in names["ladders"]["industry"].freed


def test_a_large_difference_is_named_when_all_are_judged_together(tmp_path, population):
    names = run(tmp_path, changed(population, 1.75), group_column="industry")
    clear = names["clear"]["industry"].set_index(["group", "from", "to"]).index
    assert words(names)["groups"] == "found"
    assert ("banking", "crm_use", "responsiveness") in clear
    assert ("banking", "satisfaction", "loyalty") in clear


def test_every_grouping_of_the_shipped_survey_has_a_verdict_of_its_own(tmp_path):
    names = run(tmp_path, moderators=["not_asked"])
    assert set(words(names)) == {"industry", "firm_size", "region"}
    assert names["ladders"]["firm_size"].reached == {"metric": "full", "scalar": "full"}
    assert names["ladders"]["region"].freed == ("loy3 ~1",)


def test_a_group_too_small_is_left_out_and_said_so(tmp_path):
    names = run(tmp_path, group_column="gender", until="counts")
    assert set(names["usable"]["gender"].counts.index) == {"female", "male"}
    assert "'other or not said' was left out" in names["usable"]["gender"].warnings[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"group_column": "branch"}, "the codebook lacks the group branch"),
        ({"dimensions": ["responsiveness", "speed"]}, "the codebook lacks the construct speed"),
        ({"group_column": "industry", "smallest_group": 2000}, "fewer than two groups have 2000 complete"),
    ],
)
def test_what_is_lacking_is_named(tmp_path, given, message):
    with pytest.raises(DataError, match=message):
        run(tmp_path, until="counts", **given)
