"""A page stands alone: hostile text never runs, formulas and figures are there, nothing is loaded."""

import html
import json
from importlib import resources

import pytest
from tests.reports.conftest import write_study

from workbench.evidence import ledger
from workbench.reports import locks, manifest, markup, render, scoreboard, studies
from workbench.reports.execute import Task, run_study
from workbench.show import verdict_lines

HOSTILE = [
    "<script>document.title = 'ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "<img src='https://example.org/x.png'>",
    "<a href='javascript:document.title=1'>x</a>",
    "<svg onload=\"document.title='ran'\"></svg>",
    "<iframe src='https://example.org'></iframe>",
    "<style>body { display: none }</style>",
    "<p style='position: fixed; background: url(https://example.org)' onclick='x()'>x</p>",
    "<math href='javascript:x'><mtext><script>x</script></mtext></math>",
    "<form action='https://example.org'><input></form>",
    "<meta http-equiv='refresh' content='0;url=https://example.org'>",
]


@pytest.mark.parametrize("planted", HOSTILE)
def test_hostile_markup_does_not_pass(planted):
    clean = markup.sanitise(f"<b>before</b>{planted}").lower()
    assert "<b>before</b>" in clean
    for word in ("script", "onerror", "onload", "onclick", "example.org", "<style", "<svg", "<form", "<meta"):
        assert word not in clean


def test_what_a_report_needs_passes():
    picture = "data:image/svg+xml;base64,PHN2Zy8+"
    wanted = (
        f'<details><summary>Why?</summary><p lang="zh">顾客满意度</p></details><figure class="wb-figure">'
        f'<img src="{picture}" alt="a line"></figure><table class="wb-table"><tbody><tr>'
        '<th scope="row" colspan="2">x</th></tr></tbody></table><a href="https://doi.org/10.1">doi</a>'
    )
    clean = markup.sanitise(wanted)
    for part in ("<details>", "<summary>", 'lang="zh"', picture, 'alt="a line"', 'colspan="2"', "doi.org"):
        assert part in clean


def with_mathematics(fragment):
    tree = markup.parse(markup.sanitise(fragment))
    markup.with_mathematics(tree)
    return markup.inner(tree)


def test_formulas_become_mathml_around_the_text_that_holds_them():
    shown = with_mathematics("<p>From $x_1$ to <b>y</b> and $x_2$, then $$\\bar{x}$$ end</p>")
    assert shown.count("<math") == 3
    assert 'display="block"' in shown
    before, middle = shown.index("From"), shown.index(" to <b>y</b> and ")
    assert before < middle < shown.index(", then") < shown.index(" end")


def test_money_code_and_unreadable_formulas_stay_as_they_are():
    assert "<math" not in with_mathematics("<p>It costs $5 and then $6.</p><code>$x$</code>")
    assert with_mathematics("<p>$\\text{&lt;b&gt;x}$</p>") == "<p>$\\text{&lt;b&gt;x}$</p>"


@pytest.mark.parametrize("latex", ["\\text{<script>x</script>}", "\\href{javascript:alert(1)}{x}"])
def test_a_formula_carries_nothing_that_runs(latex):
    shown = markup.mathml(latex, display=False) or ""
    assert "<script" not in shown
    assert "href=" not in shown


STUDY = """from IPython.display import HTML, display
from workbench import run_records, show
show.setup()
run_records.record("answer", {"text": "It <script>runs</script>", "data_kind": "simulated"})
run_records.record("verdict", {"claim": "D0-1", "part": None, "verdict": "recovered",
    "data_kind": "simulated", "planted": True, "found": True, "rate": 0.9, "rates": [
        {"population": "made_up", "planted": True, "seeds": 50, "found": 45, "failed": 0},
        {"population": "no <b>effect", "planted": False, "seeds": 50, "found": 2, "failed": 0}],
    "n": 1000, "estimate": 0.4, "interval": [0.3, 0.5], "measure": "effect", "unit": "",
    "reason": "<img src=x onerror=x>"})
import base64
svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 90 30'><circle cx='15' cy='15' r='9'/></svg>"
picture = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
drawing = f"<img src='{picture}' alt='a circle' width='90' height='30'>"
display(HTML(f"<figure class='wb-figure'>{drawing}</figure>"))
display(HTML("<script>document.title = 'ran'</script><img src=x onerror=\\"document.title='ran'\\">"))
show.banner("simulated")"""
PROSE = ["## Method\n\nThe mean $\\bar{x}$:\n\n$$\\bar{x} = \\frac{1}{n}\\sum x_i$$"]
PROSE += [
    "<script>document.title = 'ran'</script>\n\n## Exercises\n\n<details><summary>Why?</summary>$x$</details>"
]
PROSE += [f"## Section {number}\n\n" + "Long enough to scroll. " * 120 for number in range(4)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A run's folder with one study that tries what it can."""
    folder = tmp_path_factory.mktemp("pages")
    path = write_study(folder / "notebooks", "01_hostile", STUDY, title="A <b>hostile</b> study", prose=PROSE)
    study = studies.read(path)
    output = folder / "reports"
    with locks.alive(folder / "mark"):
        entry = run_study(Task(study, {}, output / study.name, study.name, 300.0, folder / "mark"))
    assert entry["status"] == "ok", entry.get("error")
    scoreboard.write_index(output, {study.name: study})
    scoreboard.write_sweep(output / "sweeps" / study.name, study, "seed", {"1": entry})
    return output


def test_the_page_holds_its_parts(pages):
    page = (pages / "01_hostile" / "report.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page
    assert render.POLICY in html.unescape(page)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert page.count('class="wb-banner') == 1  # at the head, not twice
    for part in (
        "Simulated data",
        "workbench run 01_hostile",
        "SHA-256",
        "pandas",
        "<details>",
        "D0-1",
        "✓\N{THIN SPACE}recovered",
        "planted, found",
        "Found in 45 of 50 surveys drawn from this population, in 2 of 50 with “no &lt;b&gt;effect”.",
        "CRM has a significant positive effect on customer satisfaction",  # the claim in words
    ):
        assert part in page
    assert page.index('class="wb-banner') < page.index("<h2")


def test_the_index_shows_the_study_and_its_verdict(pages):
    index = (pages / "index.html").read_text(encoding="utf-8")
    assert "<script" not in index
    assert 'href="01_hostile/report.html"' in index
    assert "up to date" in index
    row = index[index.index(">D0-1</th>") :][:3000]
    assert "recovered" in row
    assert "0.40" in row
    assert "planted, found." in row
    assert "Found in 45 of 50 such surveys, in 2 of 50 where it is not planted." in row
    assert "planned in" in index


def test_the_table_over_a_sweep_has_the_verdicts(pages):
    rows = (pages / "sweeps" / "01_hostile" / "sweep.csv").read_text(encoding="utf-8-sig").splitlines()
    head, values = rows[0].split(","), rows[1].split(",")
    assert head[3:7] == ["D0-1 verdict", "D0-1 planted", "D0-1 found", "D0-1 rate"]
    assert values[3:] == ["recovered", "yes", "yes", "0.9", "0.4", "0.3", "0.5", "1000"]
    assert "planted, found" in (pages / "sweeps" / "01_hostile" / "index.html").read_text(encoding="utf-8")


def test_a_failed_study_is_on_the_index_with_its_error(tmp_path):
    study = studies.read(write_study(tmp_path / "notebooks", "02_bad", "x = 1"))
    error = {"kind": "error", "name": "ValueError", "message": "<b>bad</b>", "cell": 4, "section": "First"}
    entry = {"status": "failed", "study": "02_bad", "error": error, "given": {}, "last_good": None}
    (tmp_path / "02_bad").mkdir()
    (tmp_path / "02_bad" / manifest.FILE).write_text(
        json.dumps({**entry, "started": "2026"}), encoding="utf-8"
    )
    index = scoreboard.write_index(tmp_path, {"02_bad": study}).read_text(encoding="utf-8")
    assert "error in cell 4 (First): ValueError: &lt;b&gt;bad&lt;/b&gt;" in index


def test_the_command_to_reproduce_names_files_without_their_folders():
    given = {"survey_file": "/somewhere/a.csv", "codebook_file": "/somewhere/c.yaml", "label": "a b"}
    assert render.command({"study": "01_x", "given": given}) == (
        "workbench run 01_x --survey a.csv --codebook c.yaml -p 'label=a b'"
    )


def verdict(word, *, claim="D0-1", kind="simulated", **fields):
    return {"claim": claim, "part": None, "verdict": word, "data_kind": kind, "n": 10, "estimate": -0.0001,
            "interval": [-0.2, 0.1], "measure": "β", "unit": "", "reason": "r.", **fields}  # fmt: skip


def index_of(folder, name, verdicts, **entry):
    """The index of a folder whose one study left these verdicts."""
    study = studies.read(write_study(folder / "notebooks", name, "x = 1"))
    (folder / name).mkdir(exist_ok=True)
    text = json.dumps({"status": "ok", "study": name, "verdicts": verdicts, **entry})
    (folder / name / manifest.FILE).write_text(text, encoding="utf-8")
    return scoreboard.write_index(folder, {name: study}).read_text(encoding="utf-8")


def test_verdicts_on_one_claim_stand_together_in_the_order_of_the_study():
    found = [verdict("missed", claim=name, part=part) for name, part in
             (("D2-10", None), ("D2-2", "a"), ("D0-1", None), ("D2-2", "b"))]  # fmt: skip
    together = render.by_claim(found)
    assert list(together) == ["D2-10", "D2-2", "D0-1"]
    assert [one["part"] for one in together["D2-2"]] == ["a", "b"]


def test_the_index_counts_each_outcome_by_itself(tmp_path):
    outcomes = [("recovered", True, True)] * 2 + [("missed", True, False), ("false alarm", False, True)]
    outcomes += [("rightly rejected", False, False)] * 3
    found = [
        verdict(word, planted=planted, found=met, part=f"part {number}")
        for number, (word, planted, met) in enumerate(outcomes)
    ]
    found += [verdict("supported", claim="D3-1", kind="printed", found=True)]
    found += [verdict("not supported", claim="D3-2", kind="printed", found=False)] * 2
    found += [verdict("not testable here", claim="D3-2", kind="user", found=None)]
    index = index_of(tmp_path, "04_study", found)
    tally = index[index.index('aria-label="Verdicts"') :].split("</ul>")[0]
    counts = {
        one.split("</span>")[0].split("\N{THIN SPACE}")[-1]: int(one.split("<strong>")[1].split("<")[0])
        for one in tally.split("<li>")[1:]
    }
    unjudged = {name: counts.pop(name) for name in ("open", "no verdict")}
    assert counts == {
        "recovered": 2,
        "missed": 1,
        "false alarm": 1,
        "rightly rejected": 3,
        "supported": 1,
        "not supported": 2,
        "not testable here": 1,
    }
    assert sum(unjudged.values()) == len(ledger.claims()) - 3
    assert f"3 tested in this folder, {unjudged['open']} open" in index
    assert "not recovered" not in index
    row = index[index.index(">D0-1</th>") :].split("</tr>")[0]
    assert "β 0.00 [" in row  # as in the notebook, never −0.00
    assert "has-missed" in index
    assert "has-rightly-rejected" in index


def test_the_index_shows_contradictions_and_what_is_not_printed(tmp_path):
    index = index_of(tmp_path, "04_study", [])
    listed = [ledger.contradictions(), ledger.not_printed(), ledger.documents()]
    assert index.count("<li><strong>D") == sum(map(len, listed))
    assert "Parts 3 to 8 (strategy" in index
    assert "Another reading: the natural reading of the broken formula" in index
    illustrated = [claim for claim in ledger.claims().values() if claim.use == "illustration"]
    assert index.count("illustrated in") == len(illustrated) > 0
    reasons = [claim.untested for claim in ledger.claims().values() if claim.untested]
    assert all(reason in html.unescape(index) for reason in reasons)
    assert index.count("discussed in") == len(reasons) > 0


def test_verdicts_of_a_first_version_say_only_what_was_found(tmp_path):
    found = [
        verdict("recovered"),
        verdict("not recovered", part="b", interval=None),
        verdict("not supported", kind="user", n="many", estimate="much"),
        verdict("perhaps </style><script>", kind="public"),
        {"claim": "D0-1", "verdict": "recovered"},
        "recovered",
        verdict("recovered", kind="invented"),
        verdict("recovered", claim=None),
    ]
    index = index_of(tmp_path, "04_study", found)
    row = index[index.index(">D0-1</th>") :].split("</tr>")[0]
    assert row.count("wb-chip") == 4
    assert "+\N{THIN SPACE}found" in row
    assert "−\N{THIN SPACE}not found" in row
    assert "not known whether planted" in row
    assert "recovered" not in row
    assert "<script" not in index
    assert index.count("</style>") == 1


@pytest.mark.parametrize(
    "entry",
    [
        {"status": 7},
        {"verdicts": {"a": 1}, "data": "none", "answer": "yes", "given": None},
        {"status": "failed", "error": None, "last_good": {"status": "ok", "verdicts": [3]}},
        {"status": "failed", "last_good": "x"},
        {"data": [{"data_kind": "invented"}, 3], "answer": {"text": "t", "data_kind": "invented"}},
    ],
)
def test_a_record_that_nobody_can_read_takes_no_index_down(tmp_path, entry):
    entry = {"verdicts": [verdict("recovered", planted=True, found=True)], **entry}
    verdicts = entry.pop("verdicts")
    assert "Studies" in index_of(tmp_path, "04_study", verdicts, **entry)


@pytest.mark.browser
def test_in_a_browser_the_pages_are_quiet_whole_and_alone(pages, browser):
    tab = browser.new_page(viewport={"width": 1300, "height": 700})
    said, asked = [], []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((pages / "01_hostile" / "report.html").as_uri())
    assert tab.title() == "A hostile study"  # no script changed it
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert tab.locator("math").count() >= 3
    assert all(tab.locator("math").nth(number).bounding_box()["width"] > 4 for number in range(2))
    assert tab.locator("svg[aria-label='a circle'] circle").bounding_box()["width"] > 4
    heading = tab.locator("h2", has_text="Section 3")
    assert heading.bounding_box()["y"] > 700
    tab.locator("nav a", has_text="Section 3").click()
    tab.wait_for_timeout(100)
    assert 0 <= heading.bounding_box()["y"] < 700
    assert 0 <= tab.locator("nav.contents").bounding_box()["y"] < 100  # the contents stay where they are
    assert not tab.locator("pre.source").first.is_visible()
    tab.locator("details.code > summary").first.click()
    assert tab.locator("pre.source").first.is_visible()
    tab.locator("details.code > summary").first.click()
    assert not tab.locator("pre.source").first.is_visible()
    tab.locator("#all-code").check()
    assert tab.locator("pre.source").first.is_visible()
    tab.goto((pages / "index.html").as_uri())
    assert tab.locator("tbody tr:visible").count() == 1  # what is tested comes first
    tab.locator("label[for=show-all]").click()
    assert tab.locator("tr.document-D4").first.is_visible()
    tab.locator("label[for=document-D0]").click()
    assert not tab.locator("tr.document-D4").first.is_visible()
    tab.locator("label[for=show-recovered]").click()
    assert tab.locator("tbody tr:visible").count() == 1
    tab.locator("label[for=document-D4]").click()
    assert tab.locator("tbody tr:visible").count() == 0
    assert tab.locator(".nothing").is_visible()
    assert said == []
    tab.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_pages_are_open_to_everyone(pages, browser, width):
    """No finding of any severity: names, landmarks, contrast, languages, what the keyboard reaches."""
    axe = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    for name in ("01_hostile/report.html", "index.html", "sweeps/01_hostile/index.html"):
        context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
        tab = context.new_page()
        tab.goto((pages / name).as_uri())
        tab.evaluate(axe)
        found = tab.evaluate("axe.run({resultTypes: ['violations']}).then((all) => all.violations)")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], name
        context.close()


@pytest.mark.browser
def test_on_a_phone_nothing_sticks_out(pages, browser):
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    for name in ("01_hostile/report.html", "index.html"):
        tab.goto((pages / name).as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390, name
    chip = tab.locator("tr.has-recovered .wb-chip")  # a verdict is in sight, not beyond the edge
    box = chip.first.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    tab.close()


def test_a_verdict_line_has_minus_signs_in_numbers_and_hyphens_in_words():
    line = verdict_lines.detail(
        {"measure": "second-order less rival", "estimate": -1.5, "interval": (-2.0, -1.0), "n": 659}
    )
    minus = "\N{MINUS SIGN}"
    shown = line.replace("\N{NO-BREAK SPACE}", " ")
    assert shown == f"second-order less rival {minus}1.50 [{minus}2.00, {minus}1.00], n = 659"


def test_a_failure_that_the_workbench_words_itself_is_told_without_the_name_of_its_class():
    error = {"kind": "error", "cell": 4, "section": "First", "message": "share is 7. Use one between 0 and 1"}
    place, message = "error in cell 4 (First): ", error["message"]
    assert render.where({**error, "name": "ParameterError"}) == f"{place}{message}"
    assert render.where({**error, "name": "ZeroDivisionError"}) == f"{place}ZeroDivisionError: {message}"
