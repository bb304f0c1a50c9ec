"""Parameters are checked against the notebook before anything runs."""

import pytest
from tests.reports.conftest import write_study

from workbench.errors import ParameterError, SpecificationError
from workbench.reports import studies


@pytest.fixture
def study(notebooks):
    return studies.read(write_study(notebooks, "01_study"))


def test_heading_question_and_defaults_are_read_without_running(notebooks):
    path = write_study(notebooks, "01_bad", parameters="seed = 1\nraise SystemExit\nwhen = open('x')")
    study = studies.read(path)
    assert (study.title, study.question) == ("A study", "Does it run?")
    assert study.defaults["seed"] == 1
    assert study.defaults["when"] == studies.COMPUTED


def test_text_of_the_command_line_becomes_the_type_of_the_default(study):
    given = {"seed": "7", "rate": "1", "label": "5", "flag": "yes", "names": "[a, b]"}
    assert study.parameters(given) == {
        "seed": 7,
        "rate": 1.0,
        "label": "5",
        "flag": True,
        "names": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", "2.5"),
        ("seed", True),
        ("seed", 2.0),
        ("rate", "much"),
        ("rate", "nan"),
        ("flag", "perhaps"),
        ("label", 3),
        ("names", "a"),
    ],
)
def test_a_value_of_another_type_is_refused(study, name, value):
    with pytest.raises(ParameterError, match=name):
        study.parameters({name: value})


def test_a_list_may_be_written_with_commas(study):
    assert study.parameters({"names": "a, b,c"})["names"] == ["a", "b", "c"]
    assert study.parameters({"names": "[a, 'b, c']"})["names"] == ["a", "b, c"]


@pytest.mark.parametrize(
    "name", ["sead", "seed = 1; import os; os.abort()\nx", "__import__('os')", "os.environ"]
)
def test_an_unknown_or_hostile_name_is_refused(study, name):
    with pytest.raises(ParameterError, match="not in the notebook's parameters cell"):
        study.parameters({name: 1})


def test_every_fault_is_listed(study):
    with pytest.raises(ParameterError, match="2 faults"):
        study.parameters({"sead": 1, "rate": "much"})


@pytest.mark.parametrize("word", ["seed", "=1", "a b=1", "x;y=1"])
def test_words_that_set_nothing_are_refused(word):
    with pytest.raises(ParameterError, match="NAME=VALUE"):
        studies.from_command_line([word])


def test_a_file_of_parameters_is_one_mapping(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("seed: 3\nlabel: b\n")
    assert studies.from_file(path) == {"seed": 3, "label": "b"}
    path.write_text("- seed\n")
    with pytest.raises(ParameterError, match="mapping"):
        studies.from_file(path)
    path.write_text("seed: [1\n")
    with pytest.raises(ParameterError, match="line 2"):
        studies.from_file(path)


def test_a_unique_beginning_names_a_study(notebooks):
    for name in ("01_one", "02_two", "02_twin"):
        write_study(notebooks, name)
    known = studies.find(notebooks)
    assert [study.name for study in studies.choose(["01"], known)] == ["01_one"]
    assert len(studies.choose([], known)) == 3
    with pytest.raises(SpecificationError, match="02_twin, 02_two"):
        studies.choose(["02"], known)
    with pytest.raises(SpecificationError, match="no study '9'"):
        studies.choose(["9"], known)


def test_a_broken_notebook_is_named(notebooks):
    notebooks.mkdir()
    (notebooks / "01_x.ipynb").write_text("{}")
    with pytest.raises(SpecificationError, match="01_x"):
        studies.find(notebooks)
