"""Every export is drafted, and the draft as it stands reads the file without a fault, to the same answers."""

import re
from itertools import pairwise

import numpy as np
import pytest
from tests.survey import exported

from workbench import open_survey
from workbench.survey import read_codebook
from workbench.survey.drafting import draft_codebook

TRUTH = exported.answers()


@pytest.fixture(scope="module")
def drafted(tmp_path_factory):
    """Each format once: the export, its draft, the codebook that was written, the survey that it reads."""
    done = {}

    def of(name):
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            export = exported.FORMATS[name](folder)
            draft = draft_codebook(export.path)
            path = folder / "codebook.yaml"
            path.write_text(draft.text, encoding="utf-8")
            done[name] = export, draft, path, open_survey(export.path, codebook=path)
        return done[name]

    return of


every_format = pytest.mark.parametrize("name", exported.FORMATS)


@every_format
def test_the_draft_reads_its_file_to_the_answers_that_were_given(name, drafted):
    export, _, _, survey = drafted(name)
    items = {item.column: item.name for item in survey.codebook.items.values()}
    assert set(export.headers.values()) <= set(items)
    given = survey.as_answered()
    for answer, header in export.headers.items():
        np.testing.assert_array_equal(
            given[items[header]].to_numpy(), TRUTH[answer].to_numpy(), err_msg=answer
        )
    assert survey.rows == exported.N


@every_format
def test_items_of_one_question_are_one_construct_and_the_reversed_one_is_marked(name, drafted):
    export, draft, _, survey = drafted(name)
    home = {item.column: item.construct for item in survey.codebook.items.values()}
    for stem in ("serv", "sat", "loy"):
        homes = {home[header] for answer, header in export.headers.items() if answer.startswith(stem)}
        assert len(homes) == 1, stem
    assert len({home[export.headers[answer]] for answer in ("serv1", "sat1", "loy1", "nps")}) == 4
    reversed_items = {item.column for item in survey.codebook.items.values() if item.reverse}
    assert reversed_items == {export.headers["sat2"]}
    assert "probably reversed: r = −.8" in draft.text


@every_format
def test_scales_hold_the_ends_and_the_labels_in_their_order(name, drafted):
    export, _, _, survey = drafted(name)
    by_column = {item.column: item.scale for item in survey.codebook.items.values()}
    agree, recommend = by_column[export.headers["serv1"]], by_column[export.headers["nps"]]
    assert (agree.min, agree.max) == (1, 5)
    assert (recommend.min, recommend.max) == (0, 10)
    words = [str(text) for _, text in sorted(agree.labels.items())]
    if name in ("qualtrics_numeric", "google_forms", "wenjuan_number", "kobo", "parquet", "limesurvey_codes"):
        return
    assert words == (exported.同意 if name == "wenjuan_text" else exported.AGREE)


@every_format
def test_personal_data_are_left_out_and_said(name, drafted):
    export, draft, path, survey = drafted(name)
    left_out = {column for column, _ in draft.personal}
    assert set(export.personal) <= left_out
    headers = set(survey.codebook.headers.values())
    assert not left_out & headers
    text = path.read_text(encoding="utf-8")
    for column in export.personal:
        assert column in text.partition("Left out because they look like personal data")[2]


@every_format
def test_the_tool_is_known_and_its_other_columns_find_their_place(name, drafted):
    export, draft, _, survey = drafted(name)
    assert draft.tool == export.tool
    book = survey.codebook
    assert {"gender"} <= set(book.groups)
    assert survey.group_counts().query("group == 'gender'")["respondents"].tolist() == (
        TRUTH["gender"].value_counts().tolist()
    )
    np.testing.assert_array_equal(survey.responses["age"], TRUTH["age"])


@every_format
def test_names_may_stand_in_a_model_and_are_unique(name, drafted):
    _, _, path, survey = drafted(name)
    book = survey.codebook
    names = [*book.constructs, *book.items, *book.groups, *book.variables]
    assert len({one.casefold() for one in names}) == len(names)
    assert all(
        one.isascii() and one.replace(".", "_").isidentifier() for one in [*book.constructs, *book.items]
    )
    assert read_codebook(path) == book


@every_format
def test_everything_that_was_guessed_says_why(name, drafted):
    _, draft, _, _ = drafted(name)
    lines = draft.text.splitlines()
    part = ""
    checked = 0
    for before, line in pairwise(lines):
        if line and not line.startswith((" ", "#")):
            part = line.partition(":")[0]
        elif part in ("scales", "constructs", "groups", "variables") and re.match(r"  [^ #]", line):
            assert before.startswith("  # "), line
            checked += 1
    assert checked > 6


def test_what_the_formats_know_beside_the_items(drafted):
    qualtrics = drafted("qualtrics_text")[3].codebook
    assert qualtrics.id == "ResponseId"
    assert qualtrics.variables["duration"].unit == "seconds"
    assert qualtrics.variables["attention"].instructed == "Agree"
    assert drafted("qualtrics_numeric")[3].codebook.variables["attention"].instructed == 4
    assert qualtrics.items["Q2_2"].wording.en == exported.ENGLISH["sat2"]
    wenjuan = drafted("wenjuan_text")[3]
    assert wenjuan.responses["duration"].tolist()[:2] == [95, 96]
    assert wenjuan.codebook.items["Q1_2"].wording.zh == exported.CHINESE["serv2"]
    assert drafted("wenjuan_number")[3].codebook.reading.encoding == "gb18030"
    titles = drafted("excel_with_titles")[3]
    assert titles.codebook.reading.model_dump(exclude_none=True) == {
        "sheet": "Answers",
        "title_rows": 2,
        "header_rows": 1,
        "footer_rows": 1,
    }
    assert titles.responses["spent"].tolist()[:2] == [1200.5, 1237.5]
    spss = drafted("spss")[1]
    assert all(scale.missing == [] for scale in spss.scales)  # the file's own missing values hold
    assert not any("guessed" in why for why in spss.scales[0].why)


def test_a_question_that_says_how_to_answer_is_no_name_of_a_construct(drafted):
    for name in ("qualtrics_text", "wenjuan_text"):
        _, draft, path, _ = drafted(name)
        labels = {key: part.label.en for key, part in read_codebook(path).constructs.items()}
        assert labels["part_q1"] == "Part q1", "all three matrices ask how much one agrees"
        assert "name it after what its items are about" in " ".join(draft.text.replace("#", "").split())
