from pathlib import Path

import pytest

from workbench.errors import CodebookError
from workbench.survey import read_codebook


def _write(folder: Path, text: str) -> Path:
    path = folder / "codebook.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_codebook_gives_constructs_items_scales_roles_and_groups(codebook):
    book = read_codebook(codebook)
    assert list(book.constructs) == ["satisfaction", "service"]
    assert book.roles == {"satisfaction": "outcome", "service": "perception"}
    assert book.items["sat2"].reverse
    assert not book.items["sat1"].reverse
    assert book.items["sat1"].scale.labels[5].zh == "非常同意"
    assert book.columns[0] == "respondent"
    assert book.label("satisfaction", "zh") == "顾客满意度"
    assert book.label("ser1", "zh") == "They answer at once"
    described = book.describe()
    assert described["item"].tolist() == ["sat1", "sat2", "ser1"]
    assert described["scale"].unique().tolist() == ["1 to 5"]


def test_short_forms_and_yes_and_no_as_labels(tmp_path):
    book = read_codebook(
        _write(
            tmp_path,
            "title: Short\nscales:\n  yn: {min: 0, max: 1, labels: {0: no, 1: yes}}\n"
            "constructs:\n  churn: {scale: yn, label: Churn, items: {left: , again: Would you}}\n"
            "variables:\n  joined:\n",
        )
    )
    assert str(book.items["left"].scale.labels[0]) == "no"
    assert str(book.items["again"].wording) == "Would you"
    assert str(book.constructs["churn"]) == "Churn"
    assert book.kind == "user"
    assert book.variables["joined"].numeric is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("roel: driver", "Did you mean 'role'?"),
        ("role: drivr", "Use 'expectation'"),
        ("scale: other", "stands twice (first on line 9)"),
        ("label: [a]", "Correct the type"),
    ],
)
def test_a_fault_of_form_names_its_line(line, message, tmp_path):
    text = (
        "title: T\nkind: user\nscales:\n  agree5:\n    min: 1\n    max: 5\n"
        f"constructs:\n  sat:\n    scale: agree5\n    {line}\n    items: {{a: A}}\n"
    )
    with pytest.raises(CodebookError) as caught:
        read_codebook(_write(tmp_path, text))
    assert 10 in [fault.line for fault in caught.value.faults]
    assert message in str(caught.value)
    assert "codebook.yaml" in str(caught.value)


def test_contradictions_are_listed_together_with_their_lines(tmp_path):
    text = """\
title: T
id: q1
scales:
  s: {min: 5, max: 1}
  t:
    min: 1
    max: 5
    labels: {0: none, 1: same, 2: Same}
    missing: [-99, 3]
constructs:
  one:
    scale: t
    items: {q1: A, q2: B}
  two words:
    scale: t
    items: {q2: B}
  three:
    scale: tt
    items:
      q3: {en: C, reverse: true}
groups:
  q3: {}
variables:
  v: {min: 3, max: 3}
"""
    with pytest.raises(CodebookError) as caught:
        read_codebook(_write(tmp_path, text))
    found = [(fault.line, fault.what) for fault in caught.value.faults]
    assert found == [
        (4, "scale 's' runs from 5 to 1"),
        (8, "label of scale 't' lies outside 1 to 5"),
        (8, "scale 't' labels both 1 and 2 with the same words"),
        (9, "missing code of scale 't' lies inside 1 to 5"),
        (13, "column 'q1' stands in construct 'one' and in the id"),
        (14, "construct name 'two words' cannot stand in a model"),
        (16, "column 'q2' stands in construct 'two words' and in construct 'one'"),
        (18, "construct 'three' uses a scale that is not defined"),
        (20, "item 'q3' is reversed but has no scale to be reversed on"),
        (22, "column 'q3' stands in the groups and in construct 'three'"),
        (24, "variable 'v' runs from 3 to 3"),
    ]
    assert all(fault.fix and fault.file == "codebook.yaml" for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("- a\n- b\n", "not a mapping"),
        ("title: [\n", "line 2: not valid YAML"),
        ("title: T\n", "names no column"),
        ("scales: {s: {min: 1, max: 5}}\nvariables: {v: {}}\n", "title is missing"),
        ("title: T\nconstructs: {c: {items: {a: A}}}\n", "line 2: constructs.c.scale is missing"),
        (
            "title: T\nscales: {s: {min: low, max: 5}}\n",
            r"line 2, value 'low': scales.s.min: a number is needed",
        ),
        ("title: &a T\nsource: *a\n", "line 2: not valid YAML: aliases are not used"),
        ("title: !!python/object/apply:os.getcwd []\n", "not valid YAML"),
        ("title: T\nscales: {s: {min: !!int low, max: 5}}\n", "a value cannot be read"),
        ("title: T\nscales: {s: {min: 1, max: .inf}}\n", "line 2, value inf: .*too large or infinite"),
        ("title: T\nsource: " + "[" * 3000, "nested too deeply"),
        ("title: T\nsource: a\0b\n", "line 2: a character that no text holds"),
        ("title: T\nvariables: {' age ': {}}\n", "line 2: the column name ' age ' is empty or has blanks"),
        ("title: 5\n", "line 1, value 5: title should be a text. Put quotes"),
        ("title: T\ngroups: [a]\n", "line 2: groups should be a mapping"),
    ],
)
def test_what_is_no_codebook_is_refused(text, message, tmp_path):
    with pytest.raises(CodebookError, match=message):
        read_codebook(_write(tmp_path, text))


def test_an_absent_or_latin_codebook_says_what_to_do(tmp_path):
    with pytest.raises(CodebookError, match="Check the path"):
        read_codebook(tmp_path / "absent.yaml")
    path = tmp_path / "latin.yaml"
    path.write_bytes("title: T\nsource: Köln\n".encode("latin-1"))
    with pytest.raises(CodebookError, match=r"line 2: the codebook is not UTF-8\. Save it as UTF-8"):
        read_codebook(path)


OWN_MODEL = """\
title: Own model
scales: {agree5: {min: 1, max: 5}}
constructs:
  quality: {scale: agree5, stands_for: service_quality, items: {q1: {column: "1、质量好"}, q2: {column: Q 2}}}
  satisfaction: {scale: agree5, items: {s1: , s2: }}
groups: {gender: {column: 您的性别}}
variables: {age: {column: "How old are you?", min: 0}, remark: {type: text}, check: {instructed: 4}}
file: {encoding: gb18030, sheet: Data, title_rows: 2, header_rows: 3, footer_rows: 1, decimal: ","}
hypotheses: {H1: quality -> satisfaction (+), H2: quality x age -> satisfaction}
controls: [age, gender]
compare: [gender]
"""


def test_a_codebook_holds_headers_the_file_s_form_and_a_model_of_ones_own(tmp_path):
    book = read_codebook(_write(tmp_path, OWN_MODEL))
    assert book.headers == {
        "q1": "1、质量好",
        "q2": "Q 2",
        "s1": "s1",
        "s2": "s2",
        "gender": "您的性别",
        "age": "How old are you?",
        "remark": "remark",
        "check": "check",
    }
    assert [one.kind for one in book.hypotheses] == ["direct", "moderation"]
    assert (book.controls, book.compare) == (("age", "gender"), ("gender",))
    assert book.stands_for == {"service_quality": "quality"}
    assert (book.reading.sheet, book.reading.header_rows, book.reading.decimal) == ("Data", 3, ",")
    assert book.variables["check"].instructed == 4
    plain = read_codebook(_write(tmp_path, "title: T\nvariables: {v: {}}\n")).reading
    assert (plain.encoding, plain.title_rows, plain.header_rows, plain.footer_rows) == (None, 0, 1, 0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("H1: quality ->", "H1: qualty ->", r"line 9.*Did you mean 'quality'"),
        ("-> satisfaction (+)", "-> gender", r"'gender' cannot be an outcome"),
        ("-> satisfaction (+)", "-> remark", r"knows no 'remark'"),
        ("controls: [age", "controls: [agee", r"line 10, value 'agee'.*Did you mean 'age'"),
        ("controls: [age", "controls: [remark", r"not among the codebook's constructs, numbers or groups"),
        ("compare: [gender]", "compare: [age]", r"not among the codebook's groups. There are: gender"),
        ("controls: [age,", "controls: [age, age,", r"controls: 'age' stands twice"),
        (
            "column: Q 2",
            'column: "1、质量好"',
            r"file's column '1、质量好' stands in construct 'quality' and in",
        ),
        ("column: Q 2", 'column: " Q 2"', r"has blanks around it"),
        ("s1: ,", "quality: ,", r"'quality' is both a construct and an item"),
        ("s1: ,", "I am content: ,", r"item name 'I am content' cannot stand in a model.*column:"),
        ("satisfaction: {scale", "satisfaction: {stands_for: service_quality, scale", r"both stand for"),
        ("satisfaction: {scale", "service_quality: {scale", r"both stand for 'service_quality'"),
        ("header_rows: 3", "header_rows: 0", r"file.header_rows: input should be greater than or equal to 1"),
        ('decimal: ","', 'decimal: ";"', r"file.decimal has an unknown value"),
        ("encoding:", "encodng:", r"Did you mean 'encoding'"),
    ],
)
def test_what_a_model_or_a_header_cannot_be(old, new, message, tmp_path):
    assert old in OWN_MODEL
    with pytest.raises(CodebookError, match=message):
        read_codebook(_write(tmp_path, OWN_MODEL.replace(old, new)))


def test_constructs_go_by_the_names_that_they_stand_for(tmp_path):
    text = """title: T
scales: {s: {min: 1, max: 5}}
constructs:
  crm: {label: Our CRM, scale: s, stands_for: crm_use, items: {a: A, b: B}}
  joy: {scale: s, items: {c: C}}
hypotheses: {H1: crm -> joy}
"""
    path = tmp_path / "book.yaml"
    path.write_text(text, encoding="utf-8")
    own = read_codebook(path)
    theirs = own.in_documents_terms()
    assert list(theirs.constructs) == ["crm_use", "joy"]
    assert theirs.constructs["crm_use"].items == ("a", "b")
    assert theirs.items["a"].construct == theirs.constructs["crm_use"].name == "crm_use"
    assert theirs.label("crm_use") == "Our CRM"
    assert list(own.constructs) == ["crm", "joy"]
    assert theirs.in_documents_terms().constructs == theirs.constructs
