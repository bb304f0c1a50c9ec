"""What the pages for readers name exists."""

import re
from pathlib import Path

import pytest

from workbench import sem, vocabulary
from workbench.evidence import claims
from workbench.sem.result import Fit, Residuals

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "lavaan.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("prefix", "owner"), [("fit", Fit), ("sem", sem)])
def test_names_of_the_lavaan_page_exist(prefix, owner):
    named = set(re.findall(rf"(?<![:\w]){prefix}\.([a-z_0-9]+)", PAGE))
    assert len(named) > 5
    members = set(dir(owner)).union(getattr(owner, "__dataclass_fields__", ()), getattr(owner, "__all__", ()))
    assert named <= members


def test_kinds_of_residuals_exist():
    kinds = re.search(r"`fit\.residuals`: (.*) \|", PAGE).group(1)
    assert set(re.findall(r"`(\w+)`", kinds)) <= set(Residuals.__dataclass_fields__)


def test_links_of_the_readme_lead_somewhere():
    targets = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_page_on_verdicts_has_every_word_and_every_field():
    page = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S) \| ([a-z ]+) \| [^|]+ \| (.+) \|$", page, re.MULTILINE)
    words = vocabulary.VERDICT_WORDS.values()
    assert sorted(rows) == sorted((word.glyph, word.word, word.meaning) for word in words)
    fields = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page, re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", " ".join(fields)))
    verdict = claims.judge("D0-1", estimate=1, interval=(0, 2), pattern="above", kind="user", n=3)
    assert named == set(verdict.as_record())


def test_the_map_of_places_names_files_that_exist():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| (.*) \|$", page, re.MULTILINE)
    named = [place for row in rows for place in re.findall(r"`([\w./]+)`", row)]
    assert len(named) > 30
    package = ROOT / "src" / "workbench"
    assert [place for place in named if not (package / place).exists() and not (ROOT / place).exists()] == []
