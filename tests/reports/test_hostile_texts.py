"""Hostile words in a codebook, in answers and a notebook's metadata are text on the page and in exports."""

import json
import re
import zipfile

import lxml.etree
import lxml.html
import pytest
from tests.reports.conftest import write_study

from workbench.reports import export, manifest, runner, studies

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}"
MARK = "zqx"  # in every hostile text, so that none of them is lost without a word
FIELD = f'{{ HYPERLINK "http://evil.example/{MARK}" }}'
TEXTS = {
    "survey": f"DDEAUTO c:\\\\windows\\\\cmd.exe {MARK} <script>parent.{MARK}=1</script>",
    "label": f"{FIELD} INCLUDETEXT \\write18{{touch {MARK}}}",
    "wording": f"\\input{{/etc/passwd}} ^^5cinput{{{MARK}}} $\\write18{{touch {MARK}}}$ %\n\\end{{document}}",
    "group": f'=HYPERLINK("http://evil.example/{MARK}")',
    "value": f"javascript:{MARK}() <img src=x onerror={MARK}()> [a](http://evil.example/{MARK})",
}
CODE = (
    """from workbench import show, survey
from workbench.show.figures import survey as pictures
show.setup()
answers = survey.open_survey(survey_file, codebook_file)
book = answers.codebook
show.banner(answers)""",
    """show.table(book.describe(), title=f"Codebook: {answers.title}", name="codebook",
           columns=["construct", "label", "item", "wording"], note=book.label("q1"))""",
    """show.table(answers.group_counts(), title=book.label("c"), note=book.label("g"), name="groups")""",
    """show.figure(pictures.likert(survey.item_distributions(answers), book), title=book.label("q1"),
            alt=book.label("c"), name="likert")""",
    """show.paragraph(book.label("q1"), book.label("g"))""",
    """show.answer(book.label("c"), kind=answers.kind)""",
)
HOSTILE_METADATA = {
    "kernelspec": {"name": "evil", "display_name": f"<script>{MARK}()</script>", "argv": ["touch", MARK]},
    "language_info": {"name": f"</style><script>{MARK}()</script>", "pygments_lexer": "../../evil"},
    "title": f"<script>{MARK}()</script>",
    "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": f"<script>{MARK}()</script>"}}},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run on a survey whose every word is hostile, of a notebook whose metadata are."""
    base = tmp_path_factory.mktemp("hostile")
    book = {
        "title": TEXTS["survey"],
        "kind": "simulated",
        "scales": {"s": {"min": 1, "max": 5}},
        "constructs": {
            "c": {"label": TEXTS["label"], "scale": "s", "items": {"q1": TEXTS["wording"], "q2": "Two"}}
        },
        "groups": {"g": {"label": TEXTS["group"]}},
    }
    (base / "book.yaml").write_text(json.dumps(book), encoding="utf-8")
    value = TEXTS["value"].replace('"', '""')
    rows = "".join(f'{1 + number % 5},{5 - number % 5},"{value}"\n' for number in range(20))
    (base / "answers.csv").write_text("q1,q2,g\n" + rows, encoding="utf-8")
    path = write_study(base / "notebooks", "01_study", *CODE, prose=[f"Prose of {MARK}."])
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"] = HOSTILE_METADATA
    for cell in notebook["cells"]:
        cell["metadata"] |= {
            "name": f"<script>{MARK}()</script>",
            "slideshow": {"slide_type": f"<img src=x onerror={MARK}()>"},
            "tags": [*cell["metadata"].get("tags", []), f"<script>{MARK}()</script>"],
            "jupyter": {"source_hidden": f"<script>{MARK}()</script>"},
            "init_cell": True,
        }
        if cell["cell_type"] == "markdown":
            drawing = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{MARK}()'/>"
            cell["attachments"] = {"a.svg": {"image/svg+xml": drawing}}
            cell["source"] += "\n\n![drawn](attachment:a.svg)"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    given = {"survey_file": str(base / "answers.csv"), "codebook_file": str(base / "book.yaml")}
    options = runner.Options(base / "reports")
    (outcome,) = runner.run(
        runner.plan(list(studies.find(base / "notebooks").values()), given, {}, options), options
    )
    assert outcome.entry.get("error") is None, outcome.entry["error"]
    return base


@pytest.fixture(scope="module")
def folder(made):
    return made / "reports" / "01_study"


def test_nothing_of_it_ran(made):
    found = [path for path in made.rglob("*") if path.name == MARK]
    assert not found


def test_a_page_holds_no_element_that_the_words_would_make(folder):
    text = (folder / manifest.REPORT).read_text(encoding="utf-8")
    page = lxml.html.document_fromstring(text)
    assert MARK in page.find(".//main").text_content()
    assert not [one for one in page.iter("script") if MARK in (one.text or "") + str(one.attrib)]
    for element in page.iter():
        if isinstance(element.tag, str):
            assert not [name for name in element.attrib if name.lower().startswith("on")]
            for name in ("href", "src", "action", "xlink:href"):
                address = (element.get(name) or "").strip().lower()
                assert "evil.example" not in address
                assert not address.startswith("javascript:")
    assert f"<script>{MARK}" not in text.replace("&lt;", "<&lt;")


def test_a_word_file_has_no_field_no_macro_and_no_link_of_the_words(folder, tmp_path):
    (path,) = export.export(folder, "docx", tmp_path)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    assert not [name for name in parts if re.search(r"vba|macro|ole|activex|embedd|\.bin$", name, re.I)]
    text = "".join(lxml.etree.fromstring(parts["word/document.xml"]).itertext())
    for hostile in (FIELD, "DDEAUTO", "\\input{/etc/passwd}", "INCLUDETEXT"):
        assert "".join(hostile.split()) in "".join(text.split()), hostile
    for name, content in parts.items():
        if not name.endswith((".xml", ".rels")):
            continue
        root = lxml.etree.fromstring(content)
        orders = [one.text.strip() for one in root.iter(f"{WORD}instrText")]
        assert set(orders) <= {"PAGE"}, (name, orders)
        assert not [one for tag in ("fldSimple", "altChunk", "object") for one in root.iter(f"{WORD}{tag}")]
        outside = [one.get("Target") for one in root.iter(f"{RELATION}Relationship") if one.get("TargetMode")]
        assert not [address for address in outside if not address.startswith("https://")]
        assert not [address for address in outside if MARK in address]


def test_in_latex_nothing_of_the_words_is_a_command(folder, tmp_path):
    path, *_ = export.export(folder, "latex", tmp_path)
    text = path.read_text(encoding="utf-8")
    assert MARK in text
    for order in ("input", "write18", "include", "openout", "catcode"):
        assert not re.search(rf"\\{order}(?![a-z])", text), order
    assert "^^" not in text
    assert text.count(r"\end{document}") == 1
    body = text.split(r"\begin{document}", 1)[1]
    assert not re.search(r"(?<!\\)%(?!\n)", body)  # at ends of lines are the template's own


def test_tables_as_files_hold_no_formula(folder, tmp_path):
    for path in export.export(folder, "csv", tmp_path):
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            for cell in line.split(","):
                assert not cell.strip('"').startswith(("=", "+", "@")), (path.name, cell)


def test_formulas_that_hide_a_command_are_text():
    from workbench.reports.export import document, latex

    for source in ("^^5cinput{/etc/passwd}", r"a % b", r"a$\alpha", r"a \) \alpha \(", r"\] b \[", "a ^^M b"):
        assert latex._formula(document.Formula("<math/>", source, False)) == "", source
    for source in (r"\alpha_1^2 + \%", r"x \, y \\ z", r"\left\{ a \right\}", r"50\,\% \; a\_b \& \#"):
        assert latex._formula(document.Formula("<math/>", source, False)), source
