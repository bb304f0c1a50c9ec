"""A page holds what a page can hold; of the rest it says that it is missing, and nothing after it is lost."""

import base64
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench.reports import pieces, render

ENTRY = {
    "study": "01_x",
    "title": "X",
    "status": "ok",
    "started": "2026-01-01T00:00:00+00:00",
    "duration": 1.0,
    "data": [],
    "verdicts": [],
    "warnings": [],
    "hypotheses": [],
    "models": [],
    "answer": None,
    "seed": None,
    "commit": None,
    "error": None,
    "parameters": {},
    "given": {},
    "versions": {},
    "tables": {},
    "fingerprint": dict.fromkeys(("notebook", "parameters", "data", "package", "lock"), "0" * 64),
}
DRAWING = "<svg xmlns='http://www.w3.org/2000/svg'>" + "<circle cx='5' cy='5' r='1'/>" * 130_000 + "</svg>"


def page(tmp_path, *cells, **changed):
    path = tmp_path / "notebook.ipynb"
    cells = [new_markdown_cell("# T\n\nBefore"), *cells, new_markdown_cell("## Afterwards")]
    nbformat.write(new_notebook(cells=cells), path)
    began = time.process_time()
    html = render.report(path, {**ENTRY, **changed}).html
    assert time.process_time() - began < 10
    assert 'id="Afterwards"' in html
    return html


def shown(data):
    return new_code_cell("1", outputs=[new_output("display_data", data)])


@pytest.mark.parametrize(
    "data",
    [
        {"image/png": base64.b64encode(b"x" * 4_000_000).decode()},
        {"image/svg+xml": DRAWING},
        {"text/html": f"<p>{'y' * 5_100_000}</p>"},
        {"text/html": "<div>" * 300 + "deep" + "</div>" * 300},
        {"text/html": "<b>" * 100_000},
        {"text/html": f"<table>{'<tr><td>1</td></tr>' * 26_000}</table>"},
        {"text/html": f"<p title='{'z' * 5_100_000}'>t</p>"},
    ],
    ids=["picture", "drawing", "text", "deep", "open", "table", "attribute"],
)
def test_a_result_that_is_too_large_is_replaced_by_a_note(data, tmp_path):
    html = page(tmp_path, shown(data))
    assert "more than a page can show. The notebook beside this page" in html


@pytest.mark.parametrize("text", ["a line\n" * 40_000, "x" * 300_000], ids=["lines", "line"])
def test_long_printed_text_is_cut_and_said_so(text, tmp_path):
    printed = new_code_cell("1", outputs=[new_output("stream", name="stdout", text=text)])
    html = page(tmp_path, printed)
    assert f"… and {len(text) - pieces.MOST_TEXT:,} more characters." in html


@pytest.mark.parametrize(
    "source",
    [
        "$a" * 100_000,
        "$a" * 9_900,
        "\\\\(" * 100_000,
        "\\\\(" * 6_600,
        "\\(" * 9_900,
        "\\[" * 9_900,
        "$$" * 100_001,
        "$$" * 9_901,
        "<div>" * 300,
        "$" + "{" * 3000 + "$",
    ],
    ids=[
        "dollars",
        "dollars 2",
        "slashes",
        "slashes 2",
        "round",
        "square",
        "double",
        "double 2",
        "div",
        "deep",
    ],
)
def test_prose_of_signs_takes_no_time_and_takes_nothing_away(source, tmp_path):
    page(tmp_path, new_markdown_cell(source))


def test_control_characters_are_replaced_beside_a_formula_and_anywhere(tmp_path):
    odd = "a\x00b\x01c\uffff\x1b]0;title\x07d"
    html = page(
        tmp_path,
        new_markdown_cell(f"{odd} $x^2$ {odd}"),
        shown({"text/html": f"<p>{odd}</p>"}),
        new_code_cell("1", outputs=[new_output("stream", name="stdout", text=f"\x1b[31mred\x1b[0m {odd}")]),
        new_code_cell("1", outputs=[new_output("error", ename="E", evalue=odd, traceback=[odd])]),
    )
    assert "<math" in html
    assert ">red a" in html
    assert not {"\x00", "\x01", "\x07", "\x1b", "\uffff"} & set(html)


def test_a_picture_that_was_pasted_into_prose_is_shown(tmp_path):
    data = base64.b64encode(b"\x89PNG" + b"x" * 300_000).decode()
    pasted = new_markdown_cell("![seen](attachment:a.png) ![lost](attachment:b.png)")
    pasted["attachments"] = {"a.png": {"image/png": data}}
    html = page(tmp_path, pasted, new_markdown_cell(f"![inside](data:image/png;base64,{data})"))
    assert html.count(f"data:image/png;base64,{data}") == 2


def test_a_failed_page_with_hostile_output_holds_nothing_that_acts(tmp_path):
    hostile = (
        '<meta http-equiv="refresh" content="0"><base href="//x"><p>kept</p>'
        "<script>location.reload()</script>"
    )
    html = page(
        tmp_path,
        shown({"text/html": hostile + '<iframe src="//x"></iframe><form action="//x"></form>'}),
        new_code_cell("1", outputs=[new_output("error", ename=hostile, evalue=hostile, traceback=[hostile])]),
    )
    body = html[html.index("<body") :]
    assert "<p>kept</p>" in body
    assert not any(f"<{name}" in body.lower() for name in ("meta", "script", "iframe", "form", "base"))


def test_a_verdict_line_says_what_there_is_and_nothing_before_or_after(tmp_path):
    said = {"claim": "D0-2", "part": None, "verdict": "not testable here", "reason": "not asked", "rates": []}
    found = [{**said, "data_kind": kind, **n} for kind in ("public", "user") for n in ({}, {"n": 9})]
    html = page(tmp_path, verdicts=found, answer={"text": "A", "data_kind": "public"})
    parts = html.replace("\N{NO-BREAK SPACE}", " ").split('<span class="wb-reason">')[1:]
    lines = [part.split("</span>")[0] for part in parts]
    assert lines == ["", "n = 9.", "your data.", "n = 9; your data."]
