"""Words of answers in their order."""

import pytest

from workbench.survey.drafting.answer_words import is_no_answer, ordered_words


@pytest.mark.parametrize(
    "words",
    [
        "Strongly disagree|Disagree|Neither agree nor disagree|Agree|Strongly agree",
        "Strongly disagree|Somewhat disagree|Neither agree nor disagree|Somewhat agree|Strongly agree",
        "Strongly disagree|Disagree|Slightly disagree|Neutral|Slightly agree|Agree|Strongly agree",
        "Very dissatisfied|Dissatisfied|Neither satisfied nor dissatisfied|Satisfied|Very satisfied",
        "Not at all satisfied|Slightly satisfied|Moderately satisfied|Very satisfied|Extremely satisfied",
        "Extremely unlikely|Somewhat unlikely|Neither likely nor unlikely|Somewhat likely|Extremely likely",
        "Not important|Slightly important|Moderately important|Important|Very important",
        "Never|Rarely|Sometimes|Often|Always",
        "Poor|Fair|Good|Very good|Excellent",
        "Very poor|Poor|Average|Good|Very good",
        "Not at all|A little|Somewhat|A lot|Very much",
        "Definitely not|Probably not|Might or might not|Probably|Definitely",
        "非常不同意|不同意|一般|同意|非常同意",
        "非常不同意|不同意|有点不同意|中立|有点同意|同意|非常同意",
        "非常不满意|不太满意|一般|比较满意|非常满意",
        "非常不满意|不满意|基本满意|满意|非常满意",
        "完全不符合|不太符合|不确定|比较符合|完全符合",
        "很不重要|不重要|一般|重要|很重要",
        "从不|偶尔|有时|经常|总是",
        "一定不会|可能不会|不确定|可能会|一定会",
        "很差|较差|一般|较好|很好",
    ],
)
def test_words_come_back_in_their_order_from_any_order(words):
    right = words.split("|")
    for mixed in (right[::-1], sorted(right), right[2:] + right[:2]):
        found = ordered_words(mixed)
        assert list(found.words) == right
        assert found.unticked == ()


def test_an_end_that_no_one_ticked_is_supplied_from_its_opposite():
    found = ordered_words(["Agree", "STRONGLY AGREE", "Neutral", "Disagree"])
    assert list(found.words) == ["Strongly disagree", "Disagree", "Neutral", "Agree", "STRONGLY AGREE"]
    assert found.unticked == ("Strongly disagree",)
    assert ordered_words(["非常满意", "满意", "一般", "不满意"]).unticked == ("非常不满意",)
    assert ordered_words(["Never", "Sometimes", "Often"]).unticked == ()


def test_a_second_middle_word_is_no_answer():
    assert ordered_words(["Agree", "Neutral", "Not sure", "Disagree"]).no_answer == ("Not sure",)
    assert ordered_words(["同意", "一般", "不确定", "不同意"]).no_answer == ("不确定",)


@pytest.mark.parametrize(
    "words", ["Female|Male", "Yes|No", "Shop|Web|Telephone", "Agree", "北京|上海", "Agree|Often|Good"]
)
def test_other_words_have_no_order(words):
    assert ordered_words(words.split("|")) is None


def test_words_of_no_answer():
    for word in (
        "N/A",
        "n/a",
        "Don’t know",
        "Prefer not to say",
        "不适用",
        "（跳过）",
        "(空)",
        "拒绝回答",
        "-",
    ):
        assert is_no_answer(word), word
    for word in ("No", "0", "Neutral", "不同意"):
        assert not is_no_answer(word), word
