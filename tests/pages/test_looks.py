"""Every page of every study as a reader meets it: words of drawings in place, weight, access, copying."""

import base64
import io
import re
from importlib import resources
from urllib.parse import quote

import lxml.html
import pytest
from PIL import Image
from tests.pages import labels
from tests.pages.conftest import NOTEBOOKS, ROOT
from tests.pages.wording import faults_of_numbers, faults_of_spelling, faults_of_style

from workbench import show
from workbench.evidence import ledger
from workbench.reports import manifest

every_study = pytest.mark.parametrize("study", [path.stem for path in NOTEBOOKS])
MOST = 600_000  # bytes of a page
MOST_OF_THE_INDEX = 200_000
LEAST = 11.0  # px of a letter
DESK = 1280
SETTINGS = {
    "phone": (390, "light"),
    "tablet": (768, "light"),
    "desk": (DESK, "light"),
    "dark": (DESK, "dark"),
}
TABLES_CUT = """() => [...document.querySelectorAll('.wb-table-box, .prose table')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.getAttribute('aria-label'))"""


def opened(browser, path, width=DESK, **options):
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True, **options)
    tab = context.new_page()
    tab.goto(path.as_uri(), timeout=120_000)
    return tab


@pytest.mark.browser
@every_study
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_page_fits_is_open_to_everyone_and_its_drawings_can_be_read(page, browser, setting):
    """All that is measured of a page at one loading; every fault of it is told."""
    width, scheme = SETTINGS[setting]
    tab = opened(browser, page, width, color_scheme=scheme)
    faults = {
        "width": [wide] if (wide := tab.evaluate("document.documentElement.scrollWidth")) != width else []
    }
    if width == DESK:  # no table has to be scrolled; on a phone it may, in a box of its own
        faults["tables cut"] = tab.evaluate(TABLES_CUT)
    drawings, marked = tab.evaluate(labels.MEASURE), tab.evaluate(labels.MARKS)
    faults["small words"] = [(one["title"], word["text"], word["size"]) for one in drawings
                             for word in one["words"] if word["size"] < LEAST - 0.05]  # fmt: skip
    faults["words too near"] = [(one["title"], near) for one in drawings if (near := labels.too_near(one))]
    faults["faint marks"] = [(one["title"], faint) for one in marked if (faint := labels.faint_marks(one))]
    if scheme == "light":
        faults["access"] = violations(tab)
    if width == DESK:
        faults["faint words"] = faint_words(tab, drawings)
    tab.context.close()
    assert sum(len(one["marks"]) for one in marked) > 20
    assert {kind: found for kind, found in faults.items() if found} == {}


def violations(tab):
    """What axe finds on a page, with the elements."""
    tab.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = tab.evaluate("axe.run({resultTypes: ['violations']}).then((all) => all.violations)")
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def faint_words(tab, drawings):
    """Words of drawings that do not stand out from what is drawn under them; hides the words of the page."""
    tab.add_style_tag(content=labels.HIDE)
    pictures = tab.locator(".wb-drawing svg")
    return [
        (one["title"], faint)
        for place, one in enumerate(drawings)
        if (faint := labels.faint(one["words"], pictures.nth(place).screenshot(timeout=120_000)))
    ]


def test_the_measure_of_marks_finds_what_it_looks_for():
    def mark(name, *colours, bears=False):
        return {"id": f"d1-{name}", "colours": colours, "bears": bears}

    marks = [
        mark("strong", ["rgb(0, 114, 178)", 1]),
        mark("edged", ["rgb(55, 147, 207)", 0.3], ["rgb(55, 147, 207)", 1]),
        mark("numbered", ["rgb(216, 221, 227)", 1], bears=True),
        mark("thin", ["rgb(0, 114, 178)", 0.6]),
        mark("pale", ["rgb(216, 221, 227)", 1]),
    ]
    cloud = labels.picture(8, 8, "#ffffff", [((0, 0, 8, 8), "#b3d4e8")])
    clouds = ["data:image/png;base64," + base64.b64encode(cloud).decode()]
    found = labels.faint_marks({"paper": "rgb(255, 255, 255)", "marks": marks, "clouds": clouds})
    assert [name for name, _ in found] == ["cloud 1", "pale", "thin"]


def test_the_measure_finds_what_it_looks_for():
    def word(text, left, top, right, low, colour="rgb(0, 0, 0)"):
        return {"text": text, "colour": colour, "size": 12,
                "corners": [[left, top], [right, top], [right, low], [left, low]]}  # fmt: skip

    words = [word("a", 0, 0, 40, 10), word("b", 30, 5, 60, 15), word("c", 64, 5, 90, 15)]
    drawing = {"width": 100, "height": 50, "words": [*words, word("d", 80, 20, 120, 30)]}
    assert labels.too_near(drawing) == [("a", "b"), ("d", "the edge")]
    ends = [word("100", 0, 0, 20, 10), word("0", 22, 0, 28, 10), word("below", 0, 11, 40, 21)]
    assert labels.too_near({"width": 100, "height": 50, "words": ends}) == [("100", "0")]
    picture = labels.picture(100, 50, "#ffffff", [((0, 4, 40, 6), "#0072b2"), ((64, 5, 90, 15), "#6c6c6c")])
    words = [*words, word("e", 0, 20, 40, 30, "rgb(170, 170, 170)")]
    assert [text for text, _ in labels.faint(words, picture)] == ["a", "c", "e"]


@every_study
def test_numbers_and_words_of_a_page_are_written_in_one_way(page):
    """Thousands are parted, minus is no hyphen, -ize is spelt so: but in code, formulas, documents' words.

    And every run of Chinese says that it is.
    """
    assert faults_of_style(page) == []


def test_claims_labels_and_documents_spell_as_the_pages_do():
    """Also what no page of the project's own data shows."""
    texts = [*(ROOT / "data").glob("*.yaml"), *(ROOT / "data" / "codebooks").glob("*.yaml")]
    texts = [*texts, *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    words = {path.name: re.sub(r"`[^`]*`|^ *\w+:", "", path.read_text(encoding="utf-8"), flags=re.M)
             for path in texts if path.name != "references.yaml"}  # fmt: skip
    assert len(words) > 15
    assert {name: found for name, text in words.items() if (found := faults_of_spelling(text))} == {}


def test_a_word_spelt_otherwise_is_found():
    text = "Optimisation of standardised scores is likewise organised; surprised, it analyses."
    assert faults_of_spelling(text) == ["Optimisation", "standardised", "organised"]


def test_a_number_written_otherwise_is_found():
    text = "n = 1445 of 1,500 (2500 draws); β -0.2, p = .03; (1998), 12(3450), row 1009, doi.org/10.1002/047"
    assert faults_of_numbers(text) == ["1445", "2500", "-0.2"]


@every_study
def test_documents_whose_claims_stand_on_a_page_are_among_its_references(page):
    tree = lxml.html.parse(str(page))
    claims = [head.text_content() for head in tree.findall(".//tbody//th[@scope='row']")]
    made = {claim[:2] for claim in claims if re.match(r"D\d-\d", claim)}
    told = {one.text_content().strip()[:3] for one in tree.xpath("//li | //p")}
    assert made <= {line[:2] for line in told if line.endswith(":")}


@every_study
def test_no_page_is_heavy(page):
    assert page.stat().st_size < MOST


def test_the_index_stays_light_when_every_claim_is_judged_and_studies_are_added(full_index):
    text = full_index.read_text(encoding="utf-8")
    assert (
        text.count('<article id="study-') == text.count("data:image/") == 18
    )  # studies that STUDIES.md plans, those still to come included
    assert text.count('class="found in-simulated"') == len(ledger.claims())
    assert full_index.stat().st_size < MOST_OF_THE_INDEX


@every_study
def test_marks_tell_their_values_on_hovering(page, study):
    """Name, estimate and interval of every mark; who hears the alternative text does not hear them."""
    tree = lxml.html.parse(str(page))
    drawings = tree.findall(".//div[@class]/svg")
    assert drawings
    assert all(one.get("role") == "img" and one.get("aria-label") for one in drawings)
    titles = [title.text for one in drawings for title in one.iter("title")]
    assert len(titles) >= 5
    if study[:2] in ("03", "04", "05", "11", "18"):
        assert sum(bool(re.search(r": [−.\d]+ \[[−.\d]+,\xa0[−.\d]+\]", title)) for title in titles) >= 5


@pytest.mark.browser
def test_a_copied_table_keeps_its_rules_and_digits(page_of, browser):
    """What the clipboard holds for a word processor: rules and sides on the cells, every digit."""
    path = page_of(NOTEBOOKS[3].stem) / manifest.REPORT
    tab = opened(browser, path, permissions=["clipboard-read", "clipboard-write"])
    shown = tab.locator("table.wb-table:not(.wb-hypotheses)").first
    shown.evaluate("(one) => getSelection().selectAllChildren(one.closest('.wb-table-box'))")
    tab.keyboard.press("Control+c")
    tab.evaluate("document.body.replaceChildren(Object.assign(document.createElement('div'),"
                 " {contentEditable: true, id: 'paper', style: 'min-height: 9em'}))")  # fmt: skip
    tab.locator("#paper").focus()
    tab.evaluate("""() => document.addEventListener('paste', (event) => {
      window.pasted = event.clipboardData.getData('text/html'); event.preventDefault(); })""")
    tab.keyboard.press("Control+v")
    copied = lxml.html.fromstring(tab.evaluate("window.pasted"))
    tab.context.close()
    tables = lxml.html.parse(str(path)).findall(".//table[@class='wb-table']")
    cells = [one.text_content() for one in copied.iter("td", "th")]
    assert cells == [one.text_content() for one in tables[0].iter("td", "th")]
    rows = list(copied.iter("tr"))
    assert all(re.search(r"border-(top|width)", cell.get("style")) for cell in rows[0])
    assert all(re.search(r"border-(bottom|width)", cell.get("style")) for cell in rows[-1])
    numeric = [cell for cell in copied.iter("td") if "wb-num" in (cell.get("class") or "")]
    assert numeric
    assert all("text-align: right" in cell.get("style") for cell in numeric)


@pytest.mark.browser
def test_drawings_are_dark_in_a_dark_notebook(browser):
    """JupyterLab shows a drawing as a picture: no white card stands on its dark ground."""
    sheet = '<rect width="80" height="40" fill="white"/>'
    white = f'<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40">{sheet}</svg>'
    figure = f'<figure class="wb-figure"><img alt="" src="data:image/svg+xml,{quote(white)}"></figure>'
    page = browser.new_page()
    for light, bright in (("true", True), ("false", False)):
        page.set_content(
            f'<style>{show.css()}</style><body data-jp-theme-light="{light}">'
            f'<div class="jp-RenderedHTMLCommon">{figure}</div></body>'
        )
        taken = Image.open(io.BytesIO(page.locator("img").screenshot())).convert("L")
        assert (taken.getpixel((taken.width // 2, taken.height // 2)) > 200) is bright
    page.close()
