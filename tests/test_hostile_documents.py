"""Every reader of YAML and of notebooks, given what no one means: the project's error, soon, or a result.

One message with what to do, no traceback of a library, no hang, nothing lost without a word.
"""

import json
import time
from contextlib import suppress

import pytest

from workbench.datasets.panel import load_panel
from workbench.datasets.population_reading import read_description
from workbench.errors import ParameterError, SpecificationError, WorkbenchError
from workbench.evidence import ledger
from workbench.indicators import read_definitions, read_quality_rules
from workbench.reports import manifest, studies
from workbench.survey import read_codebook

READERS = {
    "codebook": read_codebook,
    "definitions": read_definitions,
    "rules": read_quality_rules,
    "ledger": ledger.load,
    "population": read_description,
    "panel": load_panel,
    "parameters": studies.from_file,
}
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS = {
    "alias bomb": BOMB,
    "circle": "a: &a [*a]\n",
    "circle of mappings": "&a {a: *a}\n",
    "tag of a whole number": "a: !!int ''\n",
    "tag of a date": "a: !!timestamp x\n",
    "tag of truth": "a: !!bool x\n",
    "tag of a set": "a: !!set {x}\n",
    "tag of Python": "a: !!python/object/apply:os.getcwd []\n",
    "doubled key": "a: 1\na: 2\n",
    "doubled number": "1: a\n1.0: b\n",
    "doubled truth": "true: a\n1: b\n",
    "octal": "a: 010\n",
    "by sixties": "a: 1:30\n",
    "deep list": "a: " + "[" * 100_000,
    "deep mapping": "a: " + "{a: " * 30_000,
    "deep by blanks": "\n".join(" " * depth + "a:" for depth in range(2000)),
    "list as key": "? [a]\n: b\n",
    "mapping as key": "? {a: b}\n: c\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "long number": "a: " + "9" * 10_000,
    "null character": 'a: "\\0"\n',
    "half a character": 'a: "\\ud800"\n',
    "empty": "",
    "a word": "x",
    "a list": "- a\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", READERS)
def test_no_reader_of_yaml_ends_in_anything_but_the_projects_error(name, text, tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    began = time.process_time()
    with pytest.raises(WorkbenchError) as error:
        READERS[name](path)
    assert time.process_time() - began < 1
    assert "odd.yaml" in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "the values go round in a circle or multiply"),
        ("a: &a [*a]\n", "line 1: the values go round in a circle"),
        ("seed: !!int ''\n", "line 1: .*a tag such as !!int. Take the tag off"),
        ("b: 1\nseed: 010\n", "line 2, value '010': a number that can be read in two ways. Put quotes"),
        ("seed: 1:30\n", "value '1:30': a number that can be read in two ways"),
        ("1: a\n1.0: b\n", r"line 2: key '1.0' stands twice \(first on line 1 as 1\)"),
        ("seed: 1\nseed: 2\n", r"line 2: key 'seed' stands twice \(first on line 1\)"),
        ("a: " + "[" * 1000, "nested too deeply"),
        ("a: 1\x07\n", "line 1: a character that no text holds"),
        ("a: " + "b" * 2_000_001, "2,000,004 characters, and 2,000,000 are read"),
    ],
)
def test_a_file_of_parameters_says_what_is_wrong_where_and_what_to_do(text, said, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=said):
        studies.from_file(path)


def test_aliases_that_stay_small_are_read_in_a_file_of_parameters(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("a: &x [1, 2]\nb: *x\nyes: no\n", encoding="utf-8")
    assert studies.from_file(path) == {"a": [1, 2], "b": [1, 2], "yes": "no"}


@pytest.mark.parametrize("text", [*TEXTS.values(), "[.inf]", "a: .nan", "9" * 10_000])
@pytest.mark.parametrize("default", [None, 1, 1.5, "a", True, [1], {"a": 1}, studies.COMPUTED])
def test_a_value_of_the_command_line_is_one_or_is_refused(default, text, tmp_path):
    study = studies.Study("01_x", tmp_path / "01_x.ipynb", "t", "q", {"x": default})
    with suppress(ParameterError):
        values = study.parameters({"x": text})
        assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_codes_of_a_group_that_would_become_one_are_refused(tmp_path):
    text = "title: T\ngroups:\n  g:\n    labels: {1: Bank, 2: bank}\n  h:\n    labels: {1: A, '1': B}\n"
    path = tmp_path / "book.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WorkbenchError) as error:
        read_codebook(path)
    assert "line 4, value 'bank': group 'g' labels both 1 and 2 with the same words" in str(error.value)
    assert "line 6: group 'h' labels the code 1 twice, as a number and as a text" in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "documents: []\nclaims: 1\n",
        "documents: {D0: 1}\nclaims: []\n",
        "documents: {D0: {title: t, script: s, holds: h}}\nclaims: [1, [], {id: []}, {1: 2}]\n",
        "documents: {D0: {title: t, script: s, holds: h}}\nclaims: [{id: D0-1, document: [D0], zh: 1, en: e, "
        "wording: [], place: p, notebooks: 4, test: t, supports: s}]\n",
    ],
)
def test_a_ledger_of_wrong_kinds_is_refused(text, tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecificationError, match=r"claims\.yaml"):
        ledger.load(path)


@pytest.mark.parametrize(
    "text",
    [
        "indicators: {a: 1}\n",
        "indicators: {1: {}}\ncolumns: [a]\nlayers: x\n",
        "indicators: {}\ncolumns: {a: {min: low}, b: 3}\n",
        "indicators: {a: {concept: 1, label: [], unit: 2, direction: [], layer: [], formula: {add: 1}, "
        "min: x, place: 1, status: {}}}\n",
    ],
)
def test_definitions_of_wrong_kinds_are_refused(text, tmp_path):
    path = tmp_path / "indicators.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WorkbenchError, match=r"indicators\.yaml"):
        read_definitions(path)


def code(source, **metadata):
    return {"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"], **metadata}}


NOTEBOOKS = {
    "no mapping": [1],
    "no cells": {"cells": {}},
    "a number as cell": {"cells": [3]},
    "a number as source": {"cells": [code(3)]},
    "a number as tags": {"cells": [code("x = 1", tags=3)]},
    "no metadata": {"cells": [{**code("x = 1"), "metadata": None}]},
    "a list as metadata": {"cells": [{**code("x = 1"), "metadata": [1]}]},
    "no metadata of the notebook": {"cells": [], "metadata": None},
    "half a character": {"cells": [code("x = '\ud800'")]},
    "a null character": {"cells": [code("x = '\0'")]},
    "brackets": {"cells": [code("x = " + "(" * 50_000)]},
    "signs": {"cells": [code("x = " + "-" * 50_000 + "1")]},
    "a long cell": {"cells": [code("x = 1\n" * 50_000)]},
}


@pytest.mark.parametrize("content", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_what_is_no_notebook_is_named(content, tmp_path):
    path = tmp_path / "01_odd.ipynb"
    path.write_text(json.dumps(content))
    with pytest.raises(SpecificationError, match=r"01_odd\.ipynb.*\. (Save it again|A parameters cell)"):
        studies.read(path)


def test_a_notebook_nested_without_end_is_named_and_such_a_record_is_none(tmp_path):
    path = tmp_path / "01_odd.ipynb"
    path.write_text("[" * 100_000)
    with pytest.raises(SpecificationError, match="nested without end"):
        studies.read(path)
    (tmp_path / manifest.FILE).write_text('{"status":' * 100_000)
    assert manifest.load(tmp_path) is None


def test_a_parameter_that_is_no_plain_value_is_computed_in_the_notebook(tmp_path):
    path = tmp_path / "01_odd.ipynb"
    path.write_text(json.dumps({"cells": [code("x = {[1]}")]}))
    assert studies.read(path).defaults["x"] is studies.COMPUTED


def test_a_heading_of_signs_takes_no_time(tmp_path):
    path = tmp_path / "01_odd.ipynb"
    cell = {"cell_type": "markdown", "source": "# Title\n\nQuestion: " + "[" * 100_000, "metadata": {}}
    path.write_text(json.dumps({"cells": [cell]}))
    began = time.process_time()
    assert studies.read(path).title == "Title"
    assert time.process_time() - began < 1


def test_a_lone_equals_sign_is_a_text(tmp_path):
    """Found by atheris: YAML has a type of its own for it, which no reader constructs."""
    path = tmp_path / "p.yaml"
    path.write_text("a: =\n=: b\n", encoding="utf-8")
    assert studies.from_file(path) == {"a": "=", "=": "b"}


@pytest.mark.parametrize("odd", ["\x80", "\x87", "\x93", "\x9f", "\x7f", "\ufffe"])
def test_a_character_that_yaml_refuses_is_named_with_its_line(odd, tmp_path):
    """Found by atheris; a codebook saved in one encoding of Windows and read in another is full of them."""
    path = tmp_path / "p.yaml"
    path.write_text(f"a: 1\nb: x{odd}y\n", encoding="utf-8")
    said = rf"line 2: a character that no text holds \(code {ord(odd):#x}\)"
    with pytest.raises(ParameterError, match=said):
        studies.from_file(path)


@pytest.mark.parametrize("text", ["!!bool x", "&a [*a]", "[" * 50_000, "{x: 1, x: 2}", "\udce9"])
def test_a_value_that_cannot_be_read_is_told_what_to_become(text, tmp_path):
    study = studies.Study("01_x", tmp_path / "01_x.ipynb", "t", "q", {"x": None})
    with pytest.raises(ParameterError, match=r"cannot be read as a value .*write plain words and numbers"):
        study.parameters({"x": text})
