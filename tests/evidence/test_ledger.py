"""The ledger is whole: quoted letter for letter in the document's script, nothing of ours shown as print."""

import json
import re
from pathlib import Path

import pytest
import yaml

from workbench.errors import SpecificationError
from workbench.evidence import claims, ledger

COUNTS = {"D0": 22, "D1": 12, "D2": 23, "D3": 26, "D4": 16}
GOOD = {
    "id": "D0-1",
    "document": "D0",
    "zh": "句",
    "en": "s",
    "wording": "printed",
    "place": "p",
    "notebooks": ["04"],
    "test": "t",
    "supports": "s",
}
DOCUMENTS = {"D0": {"title": "t", "script": "zh-Hans", "holds": "h"}}
# The same words in the two scripts: a document writes the one or the other.
SIMPLIFIED = set("顾满实现数据质时预维护识类经营销业务响应误频调员长关来个产动从与间开对")
TRADITIONAL = set("顧滿實現數據質時預維護識類經營銷業務響應誤頻調員長關來個產動從與間開對")


def test_every_claim_of_the_five_documents_is_in_the_ledger_once_and_in_order():
    expected = [
        f"{document}-{number}" for document, count in COUNTS.items() for number in range(1, count + 1)
    ]
    assert list(ledger.claims()) == expected


@pytest.mark.parametrize("claim", ledger.claims().values(), ids=lambda claim: claim.id)
def test_a_quotation_stands_so_in_the_document(claim):
    assert ledger.missing_fragments(claim.document, claim.zh) == []


def test_what_is_not_printed_is_quoted_too_where_the_document_announces_it():
    frame = ledger.not_printed()
    assert list(frame.columns) == ["document", "claim", "place", "zh", "en"]
    assert not frame.isna().any().any()
    for row in frame.itertuples():
        assert ledger.missing_fragments(row.document, row.zh) == [], row.place
    assert frame["zh"].str.contains("XX%").sum() == 4
    assert {"D3-12", "D3-13", "D2-22"} <= set(frame["claim"])
    assert "Smith 2019" in ledger.claim("D2-10").missing


def test_a_changed_word_a_changed_order_and_another_script_are_seen():
    zh = ledger.claim("D3-5").zh
    assert ledger.missing_fragments("D3", zh.replace("10题", "12题")) == ["控制在12题以内"]
    first, second = ledger.claim("D0-5").fragments[:2]
    assert ledger.missing_fragments("D0", ledger.GAP.join([second, first])) == [first]
    assert ledger.missing_fragments("D2", "通过对比实验") == ["通过对比实验"]
    # the three additions that once stood as print
    assert ledger.missing_fragments("D3", "均上升") == ["均上升"]
    assert ledger.missing_fragments("D2", "兩者結合最佳") == ["兩者結合最佳"]
    assert ledger.missing_fragments("D3", "价格不是核心") == ["价格不是核心"]


def test_passages_are_short_and_in_the_documents_script():
    for name, document in ledger.documents().items():
        text = "".join(ledger.passages(name))
        assert len(text) < 2000, name
        assert max(map(len, ledger.passages(name))) < 260, name
        assert not set(text) & (TRADITIONAL if document.script == "zh-Hans" else SIMPLIFIED), name
        assert not set(document.title) & (TRADITIONAL if document.script == "zh-Hans" else SIMPLIFIED), name
        assert document.holds
        assert ledger.claim(f"{name}-1").script == document.script
    assert "3.2" in ledger.documents()["D2"].holds
    assert "Parts 3 to 8" in ledger.documents()["D0"].holds


def test_english_fields_are_english_and_chinese_ones_chinese():
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for claim in ledger.claims().values():
        assert chinese.search(claim.zh), claim.id
        assert not chinese.search(claim.supports), claim.id
        assert not chinese.search(claim.summary or ""), claim.id
        assert claim.notebooks
        assert all(1 <= int(number) <= 18 for number in claim.notebooks)


def test_a_reconstruction_says_what_was_lost():
    for claim in ledger.claims().values():
        if claim.wording == "reconstructed":
            assert claim.missing, claim.id
            assert claim.summary, claim.id
    assert {c.id for c in ledger.claims().values() if c.wording == "reconstructed"} == {
        "D2-3", "D2-4", "D2-6", "D2-8", "D4-1",
    }  # fmt: skip


def test_summaries_are_marked_as_ours():
    for claim in ledger.claims().values():
        assert claim.statement.endswith("(our summary)") is bool(claim.summary)
        assert claim.summary is None or claim.summary not in claim.en


NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
RUN = re.compile(r"[A-Za-z]*[\u4e00-\u9fff][\u4e00-\u9fff,。、:;()0-9%“”A-Za-z]*")
A_TERM = 8  # shorter runs are terms of statistics


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_study_quotes_stands_in_the_documents_too(path):
    printed = "\n".join(line for name in ledger.documents() for line in ledger.passages(name))
    printed += "\n".join(document.title for document in ledger.documents().values())
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    runs = {run.strip(",。、:;()") for cell in cells for run in RUN.findall("".join(cell["source"]))}
    for run in runs:
        # a list of names may be drawn together from a table; a sentence stands as it is quoted
        parts = [run] if run in printed else run.split("、")
        assert len(run) < A_TERM or all(part in printed for part in parts), run


def test_what_no_data_can_deny_gets_no_verdict_and_advice_is_a_check():
    uses = {use: {c.id for c in ledger.claims().values() if c.use == use} for use in ledger.USES}
    assert uses["illustration"] == {"D2-4", "D2-6", "D2-18"}
    assert uses["question"] == {"D0-6"}
    assert uses["check"] == {"D3-5"}


def test_a_claim_that_no_data_here_decide_says_what_would():
    for claim in ledger.claims().values():
        if claim.untested:
            assert not claim.untested.endswith("."), claim.id
            assert re.search(r"\bneed|no such|no data|no table", claim.untested), claim.id


def test_a_reason_beside_a_use_that_gets_no_verdict_is_refused(tmp_path):
    path = tmp_path / "claims.yaml"
    check = {**GOOD, "use": "check", "untested": "it needs data"}
    path.write_text(yaml.safe_dump({"documents": DOCUMENTS, "claims": [check]}), encoding="utf-8")
    with pytest.raises(SpecificationError, match="what gets no verdict anyway needs no reason"):
        ledger.load(path)


def test_rules_that_rewarded_imprecision_or_the_obvious_are_gone():
    supports = {claim.id: claim.supports for claim in ledger.claims().values()}
    assert "wholly between 70 % and 80 %" in supports["D3-9"]
    assert "origin" not in supports["D1-1"]
    assert "step at two hours, beyond the smooth decline" in supports["D3-4"]
    assert "lead time" in supports["D3-3"]
    assert "wholly above .70" in supports["D3-3"]
    assert "that difference lies wholly above 0" in supports["D2-9"]
    assert "chain" in supports["D4-3"]
    assert "Formative" in supports["D0-7"]
    for claim in ("D2-3", "D2-8", "D1-1", "D4-11", "D0-7"):
        assert ledger.claim(claim).rival


def test_contradictions_name_claims_of_the_ledger():
    frame = ledger.contradictions()
    assert list(frame.columns) == ["claims", "about", "notebooks"]
    pairs = set(frame["claims"])
    for pair in ("D0-7, D1-2, D0-5", "D1-1, D4-11", "D3-11, D3-1", "D0-8, D1-5"):
        assert pair in pairs


def test_the_table_holds_every_field_that_a_page_shows():
    frame = claims.table()
    assert len(frame) == sum(COUNTS.values())
    assert {"zh", "en", "summary", "wording", "place", "use", "rival", "missing", "script"} <= set(frame)
    assert frame.loc["D2-4", "wording"] == "reconstructed"
    assert frame.loc["D3-1", "notebooks"] == "08"


def test_faults_of_a_ledger_are_listed_together(tmp_path):
    path = tmp_path / "claims.yaml"
    bad = [
        GOOD,
        {**GOOD, "wording": "guessed"},
        {**GOOD, "id": "D0-2", "notebooks": [4]},
        {**GOOD, "id": "D0-4", "use": "ornament", "summary": " "},
        {**GOOD, "id": "D1-5"},
        {"id": "D0-3", "colour": 1},
    ]
    path.write_text(yaml.safe_dump({"documents": DOCUMENTS, "claims": bad}), encoding="utf-8")
    with pytest.raises(SpecificationError) as error:
        ledger.load(path)
    text = str(error.value)
    for part in (
        "wording must be",
        "id stands twice",
        "two-digit",
        "use must be one of",
        "field 'summary' must be a text",
        "id does not begin with its document",
        "unknown field 'colour'",
        "'supports' is missing",
    ):
        assert part in text


def test_a_whole_ledger_is_read(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"documents": DOCUMENTS, "claims": [GOOD]}), encoding="utf-8")
    (claim,) = ledger.load(path).values()
    assert claim.use == "verdict"
    assert claim.script == "zh-Hans"
    assert claim.statement == "s"
