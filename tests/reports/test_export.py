"""Reports as files: what stands on the page stands in them, and nothing of a user's text is obeyed."""

import html
import json
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import lxml.etree
import lxml.html
import pytest

from workbench import cli
from workbench.errors import ParameterError
from workbench.reports import export, manifest, markup
from workbench.reports.export import document, latex, word, word_formulas

HOSTILE = r"\input{/etc/passwd} $x_1$ <b>&amp; 100% #1 ~^"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><rect width="80" height="40"/></svg>'


@pytest.fixture
def run(tmp_path):
    """A run's folder with one report, as a run leaves it."""
    import pandas as pd

    from workbench import show
    from workbench.reports import render

    frame = pd.DataFrame({"name": [HOSTILE, "plain"], "n": [344, 12], "r": [0.5, -0.25]})
    table = show.table(
        frame, title="Three rules", note="n = 356, p < .001.", labels={"name": "Item", "r": "r"}, index=False
    )
    figure = show.figure(SVG, title="A finding", alt="A black box", note="Simulated data.")
    cells: list[dict] = [
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": "# A study\n\nThe *point* is **clear**: $a_1^2$.",
        },
        *(
            {
                "cell_type": "code",
                "execution_count": 1,
                "metadata": {},
                "source": "x = 1",
                "outputs": [
                    {"output_type": "display_data", "metadata": {}, "data": shown._repr_mimebundle_()}
                ],
            }
            for shown in (table, figure)
        ),
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": "## Verdicts\n\n- one\n- two\n\n## Exercises\n\n1. Try.",
        },
    ]
    folder = tmp_path / "reports" / "01_study"
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "items.csv").write_text("a\n0.123456789\n", encoding="utf-8")
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "notebook.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    entry = {
        "status": "ok",
        "study": "01_study",
        "title": "A study",
        "parameters": {"seed": 3, "survey_file": "/somewhere/secret/answers.csv"},
        "given": {"survey_file": "/somewhere/secret/answers.csv"},
        "started": "2026-11-26T10:00:00+00:00",
        "duration": 1.0,
        "fingerprint": {"notebook": "0" * 64},
        "commit": None,
        "versions": {"python": "3.11"},
        "seed": 3,
        "data": [
            {
                "name": "",
                "file": "answers.csv",
                "data_kind": "user",
                "rows": 356,
                "sha256": "ab" * 32,
                "source": "",
            },
            {
                "name": None,
                "file": "mine.yaml",
                "data_kind": None,
                "rows": None,
                "sha256": "cd" * 32,
                "source": None,
            },
        ],
        "answer": {"text": "It is so.", "data_kind": "user"},
        "verdicts": [],
        "warnings": [],
    }
    (folder / manifest.FILE).write_text(json.dumps(entry), encoding="utf-8")
    page = render.report(folder / "notebook.ipynb", entry)
    (folder / "report.html").write_text(page.html, encoding="utf-8")
    return folder


def is_the_drawing(text):
    root = lxml.etree.fromstring(text)
    return (root.get("width"), root.get("height"), dict(root[0].attrib)) == (
        "80",
        "40",
        {"width": "80", "height": "40"},
    )


def test_a_report_is_read_in_order_and_without_what_learners_need(run):
    read = document.read(run)
    assert read.title == "A study"
    kinds = [type(block).__name__ for block in read.blocks]
    assert kinds == ["Paragraph", "Table", "Figure", "Heading", "Paragraph", "Paragraph"]
    assert read.tables[0].rows[0] == (HOSTILE, "344", ".50")
    assert read.tables[0].numeric == (False, True, True)
    assert is_the_drawing(read.figures[0].svg)
    assert read.figures[0].alt == "A black box"
    assert [run.italic for run in read.blocks[0].runs if run.text == "point"] == [True]


def test_a_word_file_has_numbered_tables_with_three_rules_and_a_described_figure(run, tmp_path):
    import docx
    from docx.oxml.ns import qn

    (path,) = export.export(run, "docx", tmp_path / "out")
    made = docx.Document(str(path))
    texts = [paragraph.text for paragraph in made.paragraphs]
    place = texts.index("Table 1")
    assert texts[place + 1] == "Three rules"
    assert made.paragraphs[place + 1].runs[0].italic
    assert "Note. n = 356, p < .001." in texts
    note = made.paragraphs[texts.index("Note. n = 356, p < .001.")]
    assert [run.text for run in note.runs if run.italic] == ["Note. ", "n", "p"]
    (table,) = made.tables
    assert table.cell(1, 0).text == HOSTILE
    rules = [
        [edge.tag.split("}")[1] for edge in table.cell(row, 0)._tc.iter(qn("w:tcBorders")) for edge in edge]
        for row in range(3)
    ]
    assert rules == [["top", "bottom"], [], ["bottom"]]
    (head,) = [run for run in table.cell(0, 2).paragraphs[0].runs if run.text == "r"]
    assert head.italic
    assert made.inline_shapes[0]._inline.find(qn("wp:docPr")).get("descr") == "A black box"
    assert "Exercises" not in texts
    assert not any("/somewhere/secret" in text for text in texts)


def test_columns_of_numbers_do_not_break():
    table = document.Table(
        "T", ("A long head of words", "n"), (("text " * 30, "1234567"),), (False, True), ()
    )
    widths = word.column_widths(table, 16.0, 10)
    assert sum(widths) == pytest.approx(16.0)
    assert widths[1] >= 7 * 0.5 * 10 / 28.35


def test_hostile_text_is_text_in_latex(run, tmp_path):
    path, *figures = export.export(run, "latex", tmp_path / "out")
    text = path.read_text(encoding="utf-8")
    assert r"\input" not in text
    assert r"\textbackslash{}input\{/etc/passwd\}" in text
    assert r"100\% \#1 \textasciitilde{}\textasciicircum{}" in text
    assert [one.name for one in figures] == ["01_study_figure_1.png"]
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1


def test_latex_keeps_thin_and_unbroken_spaces_and_sets_statistics_in_italics():
    table = document.Table(
        "T",
        ("Path", "95\xa0% CI", "p"),
        (("a", "[0.1,\xa00.3]", "<\u2009.001"),),
        (False, True, True),
        ("n = 3.",),
    )
    text = latex.table(table)
    assert r"Path & 95~\% CI & \textit{p} \\" in text
    assert r"a & [0.1,~0.3] & \textless{}\,.001 \\" in text
    assert r"\textit{Note.} \textit{n} = 3." in text


def compiled(path, engine):
    """The log of a LaTeX file that was compiled where it lies."""
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", path.name]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    return path.with_suffix(".log").read_text(encoding="utf-8", errors="replace")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX here")
def test_latex_compiles(run, tmp_path):
    path, *_ = export.export(run, "latex", tmp_path / "out")
    compiled(path, "pdflatex")


@pytest.mark.skipif(shutil.which("xelatex") is None, reason="no XeLaTeX here")
def test_latex_compiles_with_chinese_labels_and_every_sign_of_the_pages(run, tmp_path):
    """Where the package for Chinese and a font are there, no letter is missing from the file."""
    signs = " ".join([*latex._SPECIAL, *"·…–—―“”’éÉüćž"])
    rows = (("顾客满意度(总体)", "0.53", signs), ("客戶數據質量", "−0.12", "mixed 忠诚度 text"))
    table = document.Table("满意 and 忠诚", ("标签", "β", "Signs"), rows, (False, True, False), ("注:来源",))
    read = document.read(run)
    path = tmp_path / "chinese.tex"
    latex.write(replace(read, title="顾客满意", blocks=(*read.blocks, table)), path)
    log = compiled(path, "xelatex")
    lost = {line for line in log.splitlines() if line.startswith("Missing character")}
    if has_chinese():
        assert lost == set()


def has_chinese():
    """Whether TeX here has the package and a font that the preamble takes."""
    found = (
        shutil.which("kpsewhich")
        and subprocess.run(
            ["kpsewhich", "xeCJK.sty"], capture_output=True, text=True, check=False
        ).stdout.strip()
    )
    fonts = (
        shutil.which("fc-list")
        and subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=False).stdout
    )
    return bool(found) and any(name in (fonts or "") for name in latex.CHINESE_FONTS)


@pytest.mark.skipif(shutil.which("libreoffice") is None, reason="no LibreOffice here")
def test_libreoffice_opens_the_word_file(run, tmp_path):
    (path,) = export.export(run, "docx", tmp_path / "out")
    command = ["libreoffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile"]
    command += ["--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, capture_output=True, check=True, timeout=180)
    assert (tmp_path / "01_study.pdf").read_bytes().startswith(b"%PDF")


def test_escaped_text_reads_back_the_same():
    plain = "a_b & 5 % {x} \\y $ # ~ ^"
    back = latex.escape(plain)
    for command, letter in (
        (r"\textbackslash{}", "\\"),
        (r"\textasciitilde{}", "~"),
        (r"\textasciicircum{}", "^"),
    ):
        back = back.replace(command, f"\0{letter}")
    assert re.sub(r"\\([&%$#_{}])", r"\1", back).replace("\0", "") == plain


def test_tables_and_figures_are_files(run, tmp_path):
    (table,) = export.export(run, "csv", tmp_path / "out")
    assert table.read_text() == "a\n0.123456789\n"
    (drawing,) = export.export(run, "svg", tmp_path / "out")
    assert is_the_drawing(drawing.read_text())
    (picture,) = export.export(run, "png", tmp_path / "out")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_replication_package_says_how_to_rerun_and_holds_no_answers_and_no_paths(run, tmp_path):
    (first,) = export.export(run, "zip", tmp_path / "out")
    content = first.read_bytes()
    (again,) = export.export(run, "zip", tmp_path / "out")
    assert again.read_bytes() == content
    with zipfile.ZipFile(first) as package:
        names = package.namelist()
        readme = package.read("README.md").decode()
        everything = b"".join(package.read(name) for name in names)
    assert {"README.md", "report.html", "notebook.ipynb", "run.json", "tables/items.csv"} <= set(names)
    assert "workbench run 01_study --survey answers.csv --codebook codebook.yaml" in readme
    assert "put that file beside the codebook" in readme
    assert "- mine.yaml: codebook, SHA-256" in readme
    assert "ab" * 32 in readme
    assert b"/somewhere/secret" not in everything


def test_reports_are_found_by_name_beginning_folder_and_sweep(run, tmp_path):
    reports = run.parent
    assert (
        export.folders(["01"], reports)
        == export.folders([], reports)
        == export.folders([str(run)], reports)
        == [run]
    )
    os.rename(run, tmp_path / "value")
    run.mkdir()
    os.rename(tmp_path / "value", run / "a")
    assert export.folders(["01_study"], reports) == [run / "a"]
    with pytest.raises(ParameterError, match="names no report"):
        export.folders(["99"], reports)
    with pytest.raises(ParameterError, match="not exported to 'pdf'"):
        export.export(run / "a", "pdf", tmp_path)


def test_the_command_exports(run, tmp_path, capsys):
    cli.app(
        ["export", "01", "--reports", str(run.parent), "-o", str(tmp_path / "thesis")], standalone_mode=False
    )
    assert "01_study.docx" in capsys.readouterr().out
    assert (tmp_path / "thesis" / "01_study.docx").is_file()


TEXT = f"{word_formulas.SPACE}nor"  # of letters that are text in a formula


def formulas():
    """Every formula of the shipped notebooks."""
    for path in sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                root = markup.parse(f"<p>{html.escape(''.join(cell['source']), quote=False)}</p>")
                markup.with_mathematics(root)
                yield from root.iter("{http://www.w3.org/1998/Math/MathML}math")


def test_every_formula_of_the_studies_becomes_words_own_and_latex():
    found = [document._formula(math) for math in formulas()]
    assert len(found) > 150
    for formula in found:
        made = word_formulas.written(formula.mathml)
        assert made is not None, formula.latex
        boxes = made.iter(f"{word_formulas.SPACE}e")
        assert all(map(len, boxes)), formula.latex  # none is empty
        signs = "".join(run[1].text for run in made.iter(f"{word_formulas.SPACE}r") if run[0][0].tag != TEXT)
        assert not set("()[]{}") & set(signs), formula.latex  # a bracket is Word's, around what it holds
        assert latex._formula(formula), formula.latex


@pytest.mark.skipif(shutil.which("libreoffice") is None, reason="no LibreOffice here")
def test_libreoffice_finds_no_fault_in_a_formula(tmp_path):
    import docx

    made = docx.Document()
    for math in formulas():
        written = word_formulas.written(document._formula(math).mathml)
        made.add_paragraph("Formula: ")._p.append(written)
    made.save(str(tmp_path / "formulas.docx"))
    command = ["libreoffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile"]
    command += ["--convert-to", "fodt", "--outdir", str(tmp_path), str(tmp_path / "formulas.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    opened = (tmp_path / "formulas.fodt").read_text(encoding="utf-8")
    assert opened.count("<math:semantics>") or opened.count("<semantics>")
    assert "¿" not in opened
    assert "❑" not in opened


def mathml(inside):
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{inside}</math>'


def test_a_formula_of_word_has_hats_delimiters_and_sums_that_hold_what_they_sum():
    hat = "<mover accent='true'><mi>μ</mi><mo>^</mo></mover>"
    closed = "<msup><mo>)</mo><mn>2</mn></msup>"
    made = word_formulas.written(
        mathml(f"<mo>(</mo><munder><mo>∑</mo><mi>j</mi></munder><mi>λ</mi>{closed}{hat}")
    )
    names = [element.tag.removeprefix(word_formulas.SPACE) for element in made]
    assert names == ["sSup", "acc"]
    (sum_,) = made.iter(f"{word_formulas.SPACE}nary")
    assert "".join(sum_.find(f"{word_formulas.SPACE}e").itertext()) == "λ"
    assert made.find(f".//{word_formulas.SPACE}d") is not None


def test_an_element_that_word_has_no_formula_for_is_text():
    assert word_formulas.written(mathml("<mtable/>")) is None
    assert word_formulas.written("<math") is None
    unclosed = word_formulas.written(mathml("<mo>(</mo><mi>a</mi>"))
    assert "".join(unclosed.itertext()) == "(a"


def test_warnings_of_one_kind_are_said_once():
    body = lxml.html.fromstring(
        "<main><div class='wb-warnings'><ul><li>ease: 3 gaps<details><summary>2 more of this kind</summary>"
        "<ul><li>trust: 4 gaps</li><li>price: 5 gaps</li></ul></details></li><li>Few answers</li></ul>"
        "</div></main>"
    )
    assert list(map(str, document._blocks(body))) == [
        "ease: 3 gaps (2 more of this kind on the page)",
        "Few answers",
    ]


def test_statistics_in_the_text_are_in_italics():
    text = lxml.html.fromstring(
        "<p>No trend (p = .439); p-values, <code>p = 1</code> of n = 12, in plan p.</p>"
    )
    runs = list(document._runs(text))
    assert [run.text for run in runs if run.italic] == ["p", "p", "n"]
    assert "".join(run.text for run in runs) == text.text_content()


def test_a_formula_that_holds_a_command_of_another_kind_is_text():
    for source in (r"\input{/etc/passwd}", r"\write18{ls}", r"a \def\b{c}", r"\begin{filecontents}{x}"):
        assert latex._formula(document.Formula("<math/>", source, False)) == ""


def test_a_cell_that_spans_rows_leaves_its_place_below_empty():
    rows = lxml.html.fromstring(
        "<table><tr><th>a</th><td rowspan='2'>both</td><td>1</td></tr><tr><th>b</th><td>2</td></tr></table>"
    ).findall(".//tr")
    assert list(document._spread(rows)) == [("a", "both", "1"), ("b", "", "2")]


def test_units_and_new_lines_of_a_page_are_parted_in_one_line():
    box = lxml.html.fromstring(
        "<div><table><thead><tr><th>Gain<span class='wb-unit'>points</span></th><th class='wb-num'>n</th>"
        "<th>Share<br><span class='wb-unit'>%</span></th></tr></thead><tbody>"
        "<tr><td>n = 10, printed data<br>the interval lies above 0</td>"
        "<td>1</td><td>2</td></tr>"
        "</tbody></table></div>"
    )
    (table,) = document._tables(box)
    assert table.heads == ("Gain (points)", "n", "Share (%)")
    assert table.rows == (("n = 10, printed data; the interval lies above 0", "1", "2"),)


def test_a_long_table_of_word_goes_on_over_the_page_and_a_short_one_does_not(tmp_path):
    import docx

    def kept(rows):
        table = document.Table("T", ("a", "b"), rows, (False, False), ("Said.",))
        path = tmp_path / "made.docx"
        word.write(document.Document("A title", (table,), {"study": "01", "started": "2026-01-01"}), path)
        (made,) = docx.Document(str(path)).tables
        return [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in made.rows]

    assert kept((("x", "y"),) * 9) == [True] * 10
    assert kept((("x", "many words " * 60),) * 9) == [True] * 2 + [False] * 6 + [True] * 2


def test_a_table_without_a_title_has_no_number(tmp_path):
    import docx

    plain = document.Table("", ("Way", "Uses"), (("a", "b"),), (False, False), ())
    named = document.Table("Named", ("Way", "Uses"), (("a", "b"),), (False, False), ())
    entry = {"study": "s", "started": "2026-11-26", "parameters": {}, "data": []}
    word.write(document.Document("T", (plain, named), entry), tmp_path / "t.docx")
    texts = [paragraph.text for paragraph in docx.Document(str(tmp_path / "t.docx")).paragraphs]
    assert texts.count("Table 1") == 1
    assert "Table 2" not in texts
    assert r"\caption" not in latex.table(plain)
    assert r"\caption{Named}" in latex.table(named)
