import pytest

from workbench.errors import SpecificationError
from workbench.survey.hypotheses import hypotheses_faults, parse_hypothesis

KNOWN = ("quality", "price", "satisfaction", "loyalty", "gender")


@pytest.mark.parametrize(
    ("text", "kind", "chain", "moderator", "sign"),
    [
        ("quality -> satisfaction (+)", "direct", ("quality", "satisfaction"), None, "+"),
        ("quality→satisfaction(−)", "direct", ("quality", "satisfaction"), None, "-"),
        (
            "quality -> satisfaction -> loyalty",
            "indirect",
            ("quality", "satisfaction", "loyalty"),
            None,
            None,
        ),
        ("quality x price -> satisfaction", "moderation", ("quality", "satisfaction"), "price", None),
        ("quality×price -> satisfaction (+)", "moderation", ("quality", "satisfaction"), "price", "+"),
        ("xenia x exx -> x1 (-)", "moderation", ("xenia", "x1"), "exx", "-"),
        ("质量 -> 满意度 (+)", "direct", ("质量", "满意度"), None, "+"),
    ],
)
def test_the_three_forms_are_read(text, kind, chain, moderator, sign):
    found = parse_hypothesis("H1", text)
    assert (found.kind, found.chain, found.moderator, found.sign) == (kind, chain, moderator, sign)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("quality satisfaction", "no arrow"),
        ("quality -> ", "a name is missing"),
        ("quality -> quality", "stands twice"),
        ("a x b x c -> d", "a product of two"),
        ("a x b -> c -> d", "a product of two"),
        ("__import__('os') -> b", "is not a name"),
        ("", "a hypothesis is a text"),
        (3, "a hypothesis is a text"),
    ],
)
def test_other_texts_are_refused_with_the_forms(text, what):
    with pytest.raises(SpecificationError, match=f"H1: .*{what}") as caught:
        parse_hypothesis("H1", text)
    assert "'a -> b (+)'" in str(caught.value)


def test_a_moderation_has_the_moderators_own_path():
    assert parse_hypothesis("H", "quality x price -> loyalty").paths == (
        ("quality", "loyalty"),
        ("price", "loyalty"),
    )


def test_faults_of_a_block_name_the_hypothesis():
    block = {
        "H1": "qualty -> satisfaction",
        "H2": "satisfaction -> gender",
        "H3": "satisfaction -> loyalty -> quality",
        "H4": "quality -> satisfaction",
        "H5": "nonsense",
    }
    faults = list(hypotheses_faults(block, KNOWN, outcomes=KNOWN[:-1]))
    assert [fault[0] for fault in faults] == ["H5", "H1", "H2", "H4"]
    assert "Did you mean 'quality'?" in faults[1][2]
    assert "circle" in faults[3][1]


def test_a_good_block_has_no_fault():
    block = {
        "H1": "quality -> satisfaction",
        "H2": "gender -> satisfaction",
        "H3": "quality x gender -> loyalty",
    }
    assert not list(hypotheses_faults(block, KNOWN, outcomes=KNOWN[:-1]))
