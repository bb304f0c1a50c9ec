"""Populations: the description language, and that what is planted can be found again."""

import numpy as np
import pandas as pd
import pytest
import yaml

from workbench.datasets.customer_base import load_customer_base
from workbench.datasets.panel import load_panel
from workbench.datasets.population import Population, load_population
from workbench.datasets.population_reading import parse_description
from workbench.errors import SpecificationError

SMALL = """
title: {en: Small}
about: two constructs
n: 400
seed: 7
scales:
  agree5: {min: 1, max: 5, missing: [-99]}
shapes:
  middling: {shares: [0.1, 0.2, 0.4, 0.2, 0.1]}
constructs:
  service:
    label: {en: Service}
    scale: agree5
    shape: middling
    source: test
    items:
      s1: {en: one, zh: 一, loading: 0.8}
      s2: {en: two, zh: 二, loading: 0.7, reverse: true}
  loyalty:
    label: {en: Loyalty}
    scale: agree5
    shape: middling
    source: test
    items:
      l1: {en: one, zh: 一, loading: 0.8}
structure:
  loyalty:
    - {from: service, value: 0.5, claim: D0-4}
groups:
  region:
    label: {en: Region}
    levels:
      north: {share: 0.5}
      south: {share: 0.5}
"""


def small(**changes: str) -> Population:
    text = SMALL
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return Population(parse_description(text, "small.yaml"), "small")


LOYALTY = "    label: {en: Loyalty}\n    scale: agree5"


@pytest.mark.parametrize(
    ("old", "new", "stands", "says"),
    [
        ("from: service", "from: servise", "servise", "'servise' is neither"),
        ("value: 0.5, claim: D0-4", "value: 0.5", "value: 0.5", "'claim'"),
        ("claim: D0-4", "claim: D0-4, above: 1, times: service", "above", "not both"),
        ("shares: [0.1, 0.2, 0.4, 0.2, 0.1]", "shares: [0.1, 0.2, 0.4, 0.2]", "shares", "add up to 0.9"),
        ("loading: 0.7", "loading: 1.7", "1.7", "less than 1"),
        ("      l1: {", "      s1: {", "constructs:", "two constructs"),
        ("south: {share: 0.5}", "south: {share: 0.5, means: {service: 0.1}}", "south", "'source'"),
        ("south: {share: 0.5}", "south: {share: 0.5, means: {x: 1}, source: t}", "south", "there is no 'x'"),
        (LOYALTY, LOYALTY.replace("agree5", "agree6"), "agree6", "no scale 'agree6'"),
        ("seed: 7", "seed: 7\nsead: 8", "sead", "Extra inputs"),
        ("n: 400", "n: [400", None, "not valid YAML"),
        ("n: 400", "n: 400\nseed: 8", "seed: 7", "stands twice"),
    ],
)
def test_a_fault_of_a_description_is_named_with_its_line(old, new, stands, says):
    with pytest.raises(SpecificationError) as caught:
        small(change=(old, new))
    faults = [fault for fault in caught.value.faults if says in fault.what]
    assert faults, str(caught.value)
    assert "small.yaml" in str(caught.value)
    if stands is not None:
        assert stands in SMALL.replace(old, new).splitlines()[faults[0].line - 1]


def test_a_missing_file_is_said_plainly(tmp_path):
    with pytest.raises(SpecificationError, match="no such file"):
        load_population(tmp_path / "none.yaml")


@pytest.mark.parametrize("load", [load_population, load_panel, load_customer_base])
def test_one_way_leads_from_a_name_to_a_description(load):
    with pytest.raises(SpecificationError, match=r"no population 'firm_panle'. Did you mean 'firm_panel'\?"):
        load("firm_panle")


def test_paths_that_use_up_the_variance_are_refused():
    with pytest.raises(SpecificationError, match="'loyalty' explain"):
        small().with_path("loyalty", "service", 1.2)


def test_an_unknown_path_is_refused_with_the_known_ones():
    with pytest.raises(SpecificationError, match="loyalty depends on service"):
        small().with_path("loyalty", "price", 0.1)


def test_answers_follow_the_shape_and_reversed_items_turn():
    survey = small().simulate(n=40_000)
    for item in ("s1", "s2", "l1"):
        shares = survey.responses[item].value_counts(normalize=True).sort_index()
        np.testing.assert_allclose(shares, [0.1, 0.2, 0.4, 0.2, 0.1], atol=0.01)
    assert survey.raw["s1"].corr(survey.raw["s2"]) < -0.4
    assert survey.responses["s1"].corr(survey.responses["s2"]) > 0.4


def test_the_same_seed_gives_the_same_answers_and_a_longer_survey_begins_with_the_shorter():
    first, again, longer = small().simulate(), small().simulate(), small().simulate(n=500)
    pd.testing.assert_frame_equal(first.raw, again.raw)
    pd.testing.assert_frame_equal(first.raw, longer.raw.iloc[:400])
    assert not first.raw.equals(small().simulate(seed=8).raw)


def test_a_changed_path_leaves_all_other_draws_alone():
    survey, null = small().simulate(), small().with_path("loyalty", "service", 0.0).simulate()
    pd.testing.assert_frame_equal(survey.raw[["s1", "s2"]], null.raw[["s1", "s2"]])
    assert abs(null.latent.corr().loc["service", "loyalty"]) < 0.1
    assert survey.latent.corr().loc["service", "loyalty"] > 0.4


def test_threshold_and_product_terms_keep_the_variance_at_one():
    terms = (
        "    - {from: service, value: 0.1, claim: D3-2}\n"
        "    - {from: service, above: -0.2, value: 0.3, claim: D3-2}\n"
        "    - {from: service, above: 0.8, value: 0.4, claim: D3-2}\n"
        "    - {from: service, times: mood, value: 0.3, claim: D4-4}\n"
        "    - {from: mood, times: mood, value: 0.1, claim: D4-4}\n"
    )
    mood = "hidden:\n  mood: {en: Mood}\nstructure:\n  mood: [{from: service, value: 0.4, source: test}]\n"
    population = small(
        one=("    - {from: service, value: 0.5, claim: D0-4}\n", terms), two=("structure:\n", mood)
    )
    latent = population.simulate(n=400_000).latent
    np.testing.assert_allclose(latent.mean(), 0, atol=0.01)
    np.testing.assert_allclose(latent.cov(), population.implied.covariance, atol=0.012)


def test_a_product_of_a_variable_that_is_not_normal_is_refused():
    bent = "    - {from: service, above: 0, value: 0.5, claim: D0-4}\n"
    more = "  far: [{from: loyalty, times: service, value: 0.2, source: test}]\n"
    population = small(
        one=("    - {from: service, value: 0.5, claim: D0-4}\n", bent + more),
        two=("structure:\n", "hidden:\n  far: {en: Far}\nstructure:\n"),
    )
    with pytest.raises(SpecificationError, match="not normal"):
        population.simulate()


def test_levels_differ_where_the_description_says():
    south = (
        "south: {share: 0.5, means: {service: 0.6}, loadings: {s2: -0.5}, intercepts: {l1: 0.7}, source: t,"
        " paths: [{to: loyalty, from: service, change: 0.4, claim: D0-6}]}"
    )
    survey = small(change=("south: {share: 0.5}", south)).simulate(n=100_000)
    by = survey.raw["region"]
    slope = {
        level: np.polyfit(part["service"], part["loyalty"], 1)[0] for level, part in survey.latent.groupby(by)
    }
    assert slope["north"] == pytest.approx(0.5, abs=0.02)
    assert slope["south"] == pytest.approx(0.9, abs=0.02)
    assert survey.latent["service"].groupby(by).mean()["south"] == pytest.approx(0.6, abs=0.02)
    s2 = {level: part["s1"].corr(part["s2"]) for level, part in survey.responses.groupby("region")}
    assert s2["south"] < 0.25 < 0.45 < s2["north"]


def test_gaps_and_careless_answers_come_in_the_stated_shares():
    text = (
        "answering:\n  skipped: 0.06\n  skippers: 0.3\n"
        "  refused: [{constructs: [loyalty], group: region, shares: {north: 0, south: 0.2}, source: t}]\n"
        "  careless: {share: 0.1, straight: 0.5, source: t}\n"
        "  common_method: {loading: 0.3, source: t}\n"
    )
    survey = small(change=("groups:\n", text + "groups:\n")).simulate(n=40_000)
    gaps = survey.raw[["s1", "s2", "l1"]].isna()
    assert gaps["s1"].mean() == pytest.approx(0.06, abs=0.005)
    assert gaps["s1"].corr(gaps["s2"]) > 0.1
    refused = survey.refused["l1"].groupby(survey.raw["region"]).mean()
    assert refused["north"] == 0
    assert refused["south"] == pytest.approx(0.2, abs=0.01)
    assert survey.careless.mean() == pytest.approx(0.1, abs=0.01)
    lines = survey.to_csv().splitlines()
    assert sum(line.endswith(",-99") for line in lines) == int(survey.refused["l1"].sum())


def test_answering_can_be_changed_in_code():
    base = load_population("customer_survey")
    clean = base.with_answering(skipped=0, careless=0, refused=False).simulate()
    assert not clean.raw.isna().any().any()
    assert not clean.careless.any()
    pd.testing.assert_frame_equal(clean.latent, base.simulate().latent)
    biased = base.with_answering(common_method=0.3).simulate()
    assert biased.raw["mar1"].corr(biased.raw["sat1"]) > clean.raw["mar1"].corr(clean.raw["sat1"])


def test_the_codebook_has_the_form_of_the_house():
    book = yaml.safe_load(small().codebook_text())
    assert book["kind"] == "simulated"
    assert book["constructs"]["service"]["items"]["s2"] == {"en": "two", "zh": "二", "reverse": True}
    assert book["scales"]["agree5"] == {"min": 1, "max": 5, "missing": [-99]}
    assert book["groups"] == {"region": {"label": {"en": "Region"}}}


def test_pairs_share_more_and_cross_loadings_keep_the_shape():
    pair = "pairs:\n  - {items: [s1, l1], correlation: 0.5, source: t}\nstructure:\n"
    population = small(
        one=("structure:\n", pair), two=("zh: 二, loading: 0.7", "zh: 二, loading: 0.5, also: {loyalty: 0.3}")
    )
    survey = population.simulate(n=60_000)
    plain = small().simulate(n=60_000)
    shares = survey.responses["s2"].value_counts(normalize=True).sort_index()
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.4, 0.2, 0.1], atol=0.01)
    gained = survey.responses[["s1", "s2", "l1"]].corr() - plain.responses[["s1", "s2", "l1"]].corr()
    assert gained.loc["s1", "l1"] > 0.1
    assert gained.loc["s2", "l1"] > 0.05


def test_loadings_that_leave_no_room_for_error_are_refused():
    with pytest.raises(SpecificationError, match="loadings of 's2' explain"):
        small(change=("zh: 二, loading: 0.7", "zh: 二, loading: 0.9, also: {loyalty: 0.4}")).simulate()


def test_careless_people_stick_to_one_answer_or_guess_and_miss_the_instruction():
    text = (
        "variables:\n  check:\n    label: {en: Choose 2}\n    min: 1\n    max: 5\n"
        "    instructed: {answer: 2, attentive: 0.98}\n"
        "answering:\n  careless: {share: 0.5, straight: 0.5, source: t}\n"
    )
    survey = small(change=("groups:\n", text + "groups:\n")).simulate(n=40_000)
    unread = survey.raw[survey.careless]
    same = (unread["s1"] == unread["s2"]) & (unread["s1"] == unread["l1"])
    assert same.mean() == pytest.approx(0.5 + 0.5 / 25, abs=0.02)
    sticks_to = unread.loc[same, "s1"].value_counts(normalize=True)
    assert sticks_to[[3, 4]].sum() > 0.7
    passed = (survey.raw["check"] == 2).groupby(survey.careless).mean()
    assert passed[False] == pytest.approx(0.98, abs=0.01)
    assert passed[True] < 0.2


METHOD = "answering:\n  common_method: {loading: 0.3, constructs: {loyalty: 0.5}, source: t}\ngroups:\n"


def test_a_method_factor_pushes_towards_agreement_however_an_item_is_worded():
    population = small(change=("groups:\n", METHOD)).with_path("loyalty", "service", 0.0)
    raw = population.simulate(n=60_000).raw[["s1", "s2", "l1"]]
    true = {("s1", "l1"): 0.15, ("s2", "l1"): 0.15, ("s1", "s2"): 0.3**2 - 0.8 * 0.7}
    for (a, b), latent in true.items():
        assert _polychoric(raw, a, b) == pytest.approx(latent, abs=0.015), (a, b)
    shares = raw["l1"].value_counts(normalize=True).sort_index()
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.4, 0.2, 0.1], atol=0.01)


def test_a_method_factor_can_be_behind_some_constructs_only():
    null = small().with_path("loyalty", "service", 0.0)
    raw = null.with_answering(common_method={"service": 0.5}).simulate(n=60_000).raw
    assert _polychoric(raw, "s1", "l1") == pytest.approx(0, abs=0.015)
    assert _polychoric(raw, "s1", "s2") == pytest.approx(0.5**2 - 0.8 * 0.7, abs=0.015)


def _polychoric(raw, a, b):
    from workbench import sem

    fit = sem.fit(f"{a} ~~ {b}", raw, ordered=[a, b], estimator="WLSMV")
    return fit.estimates.query("op == '~~' and lhs == @a and rhs == @b")["est"].iloc[0]


def test_those_with_a_higher_score_skip_more_often_by_the_stated_factor():
    tendency = "  skipping: [{from: service, value: 0.7, source: t}]\n"
    text = "answering:\n  skipped: 0.02\n  skippers: 0.1\n" + tendency
    survey = small(change=("groups:\n", text + "groups:\n")).simulate(n=200_000)
    gaps = survey.raw[["s1", "s2", "l1"]].isna()
    assert gaps.mean().mean() == pytest.approx(0.02, abs=0.001)
    score = survey.latent["service"]
    at = {level: gaps[(score - level).abs() < 0.25].mean().mean() for level in (-1.0, 0.0, 1.0)}
    assert np.log(at[1.0] / at[0.0]) == pytest.approx(0.7, abs=0.08)
    assert np.log(at[0.0] / at[-1.0]) == pytest.approx(0.7, abs=0.12)
    in_code = small(change=("groups:\n", text + "groups:\n")).with_answering(skipping={}).simulate(n=200_000)
    high = in_code.latent["service"] > 0
    alike = in_code.raw[["s1", "s2", "l1"]].isna().mean(axis=1).groupby(high).mean()
    assert alike[True] == pytest.approx(alike[False], abs=0.002)
    pd.testing.assert_frame_equal(survey.latent, in_code.latent)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"common_method": 0.9}, "less than 0.6"),
        ({"common_method": {"servise": 0.3}}, "no construct 'servise'"),
        ({"skipping": {"servise": 0.3}}, "'servise' is neither"),
        ({"careless": 2.0}, "less than or equal to 1"),
    ],
)
def test_answering_that_cannot_be_is_refused_in_code(change, says):
    with pytest.raises(SpecificationError, match=says):
        small().with_answering(**change)


VARIANT = """
base: small
title: {en: Small and confounded}
seed: 8
hidden:
  mood: {en: Mood}
structure:
  service: [{from: mood, value: 0.6, source: t}]
  loyalty:
    - {from: mood, value: 0.5, source: t}
    - {from: service, value: 0.2, source: t}
"""


def variant(tmp_path, text=VARIANT):
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "varied.yaml").write_text(text, encoding="utf-8")
    return load_population(tmp_path / "varied.yaml")


def test_a_variant_is_its_base_with_the_changes_of_its_file(tmp_path):
    population = variant(tmp_path)
    d, base = population.description, small().description
    assert d.title.en == "Small and confounded"
    assert d.constructs == base.constructs
    assert (d.n, d.seed) == (400, 8)
    assert list(d.structure) == ["service", "loyalty"]
    assert {(t.from_, t.value) for t in d.structure["loyalty"]} == {("service", 0.2), ("mood", 0.5)}
    assert population.implied.covariance.loc["service", "loyalty"] == pytest.approx(0.2 + 0.6 * 0.5)
    assert population.total_effect("loyalty", "service") == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("base: small", "base: varied", "another population"),
        ("base: small", "base: none", "no such file"),
        ("{from: mood, value: 0.5", "{from: moot, value: 0.5", "'moot' is neither"),
        ("seed: 8", "seeds: 8", "Extra inputs"),
        ("service: [{from: mood, value: 0.6, source: t}]", "service: 3", "list"),
    ],
)
def test_a_fault_of_a_variant_is_named(tmp_path, old, new, says):
    assert old in VARIANT
    with pytest.raises(SpecificationError, match=says):
        variant(tmp_path, VARIANT.replace(old, new))


def test_two_variants_of_each_other_are_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("base: b\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("base: a\n", encoding="utf-8")
    with pytest.raises(SpecificationError, match="another population"):
        load_population(tmp_path / "a.yaml")
