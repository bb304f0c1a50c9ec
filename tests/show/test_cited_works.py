"""Every cited work is entered once, with a way to it, and every study lists what it cites."""

import ast
import json
import re
import unicodedata
from pathlib import Path

import pytest

from workbench import show
from workbench.errors import SpecificationError
from workbench.reports import markup
from workbench.show.cited_works import works

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
YEAR = re.compile(r"\((\d{4})\)")


@pytest.mark.parametrize("work", works().values(), ids=works())
def test_each_reference_has_a_way_to_it_or_says_that_it_has_none(work):
    year = YEAR.search(work.text)
    assert year is not None
    assert work.name.endswith(f" {year[1]}")
    assert work.text.startswith(re.split(r"[ ,&]", work.name)[0].split()[0])
    assert work.text.count("*") == 2, "one title in italics: the book's or the journal's"
    assert work.text.endswith((".", "]."))
    if work.doi:
        assert re.fullmatch(r"10\.\d{4,5}/\S+", work.doi)
    elif work.isbn:
        digits = [int(digit) for digit in work.isbn if digit.isdigit()]
        assert len(digits) == 13
        assert sum(digit * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10 == 0
    elif work.url:
        assert work.url.startswith("https://")
    else:
        assert len(work.none) > 10


def test_letters_with_accents_are_one_character_each():
    for path in sorted((ROOT / "data").rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), path.name


def test_no_two_works_share_a_way():
    ways = [work.doi or work.isbn or work.url for work in works().values() if not work.none]
    assert len(set(ways)) == len(ways)


def test_the_list_is_alphabetical_escaped_and_linked():
    shown = show.references("Hwang & Yoon 1981", "Diakoulaki, Mavrotas & Papayannakis 1995", documents=["D2"])
    assert shown.html.index("Diakoulaki") < shown.html.index("Hwang") < shown.html.index("D2: ")
    assert "Computers &amp; Operations Research, 22" in shown.html
    assert '<a href="https://doi.org/10.1016/0305-0548(94)00059-H">https://doi.org/10.1016' in shown.html
    assert 'lang="zh-Hant"' in shown.html
    clean = markup.parse(markup.sanitise(shown.html))
    assert len(clean.findall(".//li")) == 3
    assert len(clean.findall(".//li/em")) == len(clean.findall(".//li/a")) == 2


@pytest.mark.parametrize("unknown", [("Nobody 1900",), ()])
def test_what_is_not_known_is_refused(unknown):
    with pytest.raises(SpecificationError):
        show.references(*unknown, documents=["D9"] if not unknown else [])


def listed(path):
    """Names that a notebook's list of references holds; None where a module makes the list."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if source.startswith("show.references("):
            given = ast.parse(source).body[0].value.args
            return None if isinstance(given[0], ast.Starred) else [one.value for one in given]
    pytest.fail(f"{path.name} has no list of references")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_study_cites_stands_in_its_list(path):
    """A work named with its year in text, code or output is in the list; no list names one twice."""
    names = listed(path)
    if names is None:
        return
    assert len(set(names)) == len(names)
    assert set(names) <= set(works())
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    texts += [
        "".join(output.get("data", {}).get("text/plain", ""))
        for cell in cells
        for output in cell.get("outputs", ())
    ]
    said = " ".join(texts)
    for work in works().values():
        authors, year = work.name.rsplit(" ", 1)
        first = re.split(r", | & | et al", authors)[0]
        cited = re.search(rf"\b{re.escape(first)}\b(?:[^.;\n\"]|\.,){{0,60}}?\b{year}\b", said)
        assert work.name in names or cited is None, f"{work.name} is cited and not listed"


def test_the_list_of_a_readers_own_study_holds_what_was_run():
    from workbench.datasets import study_survey
    from workbench.studies import own_model
    from workbench.survey import analysis_samples

    found = own_model.estimate(
        own_model.own_model(analysis_samples(study_survey("mobi")).survey), draws=0, seed=1
    )
    names = own_model.sources(found)
    assert set(names) <= set(works())
    assert ("Muthén, du Toit & Spisic 1997" in names) == (found.how.name == "WLSMV")
    assert "Lin et al. 2010" not in names
    assert "Lin et al. 2010" in own_model.sources(found, moderations={"H1": object()})
