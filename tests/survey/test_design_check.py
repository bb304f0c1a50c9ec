import pytest

from workbench.datasets import open_codebook
from workbench.survey import check_design, read_codebook


def _codebook(tmp_path, items: str, extra: str = "", role: str = "outcome"):
    path = tmp_path / "book.yaml"
    path.write_text(
        "title: T\nscales: {s: {min: 1, max: 5}, t: {min: 0, max: 10}}\n"
        f"constructs:\n  c: {{scale: s, role: {role}, items: {{{items}}}}}\n{extra}",
        encoding="utf-8",
    )
    return read_codebook(path)


def _results(check):
    return check.errors.set_index("error")["result"]


def test_the_44_answers_of_servqual_are_too_many():
    book = open_codebook("customer_survey")
    dimensions = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
    check = check_design(book, (*dimensions, *(f"{name}_expected" for name in dimensions)))
    assert check.questions == 44
    assert _results(check)["too long"] == "made"


@pytest.mark.parametrize(("count", "result"), [(10, "avoided"), (11, "made")])
def test_ten_questions_pass_and_eleven_fail(count, result, tmp_path):
    items = ", ".join(f"q{number}: Good" for number in range(count))
    assert _results(check_design(_codebook(tmp_path, items)))["too long"] == result


def test_a_short_mixed_planned_questionnaire_passes_what_a_codebook_can_show(tmp_path):
    extra = "  d: {scale: t, role: driver, items: {z: Likely}}\nvariables: {why: {type: text}}\n"
    check = check_design(_codebook(tmp_path, "q1: The staff are polite", extra))
    assert check.checkable["result"].unique().tolist() == ["avoided"]
    assert check.checkable["error"].tolist() == [
        "too long",
        "vague wording",
        "one type of question",
        "no analysis plan",
    ]


@pytest.mark.parametrize(
    ("wording", "sign"),
    [
        ("The staff are polite and quick", "may ask two things at once"),
        ("It is not true that I never wait", "double negation"),
        ("Our SLA was kept", "abbreviation"),
        (" ".join(["word"] * 21), "long"),
    ],
)
def test_signs_of_unclear_wording_are_listed(wording, sign, tmp_path):
    check = check_design(_codebook(tmp_path, f"q1: {wording}"))
    assert check.wording["sign"].tolist() == [sign]
    assert _results(check)["vague wording"] == "signs of it"
    assert check.named("signs of it") == ["vague wording", "no analysis plan"]


@pytest.mark.parametrize(
    ("wording", "sign"),
    [
        ("我没有不满意的地方", ["double negation"]),
        ("我沒有不滿意的地方", ["double negation"]),
        ("工作人员不得不让我等待", ["double negation"]),
        ("办理业务并非不方便", ["double negation"]),
        ("我无法不信任他们", ["double negation"]),
        ("员工从不拖延", []),
        ("员工没有让我等待", []),
        ("您是不是不满意", []),
        ("服务不错,我不想换", []),
        ("员工非常尽责,从不拖延", []),
        ("他们不断改进,从不拖延", []),
        ("关怀无微不至", []),
        ("员工礼貌和专业", ["may ask two things at once"]),
        ("产品与服务都好", ["may ask two things at once"]),
        ("員工禮貌以及專業", ["may ask two things at once"]),
        ("员工态度温和", []),
        ("问题及时解决", []),
        ("产品、服务都好", ["may ask two things at once"]),
        ("好" * 41, ["long"]),
        ("SLA得到遵守", ["abbreviation"]),
        ("CRM帮助了我", []),
    ],
)
def test_signs_are_found_in_chinese_wording(wording, sign, tmp_path):
    check = check_design(_codebook(tmp_path, f"q1: {{zh: '{wording}'}}"))
    assert check.wording["sign"].tolist() == sign
    # beside an English wording the Chinese one is looked at too
    both = check_design(_codebook(tmp_path, f"q1: {{en: The staff are kind, zh: '{wording}'}}"))
    assert both.wording["sign"].tolist() == sign


@pytest.mark.parametrize(
    ("wording", "double"),
    [
        ("I am not unable to reach them", True),
        ("They never don't answer", True),
        ("I was never left without an answer", True),
        ("They do not keep me waiting", False),
        ("They know what I want", False),
    ],
)
def test_double_negation_takes_two(wording, double, tmp_path):
    check = check_design(_codebook(tmp_path, f'q1: "{wording}"'))
    assert ("double negation" in check.wording["sign"].tolist()) is double


def test_hypotheses_are_a_plan(tmp_path):
    extra = "  d: {scale: s, items: {z: Likely}}\nhypotheses: {H1: c -> d (+)}\n"
    path = tmp_path / "book.yaml"
    path.write_text(
        "title: T\nscales: {s: {min: 1, max: 5}}\nconstructs:\n  c: {scale: s, items: {q: Good}}\n" + extra
    )
    assert _results(check_design(read_codebook(path)))["no analysis plan"] == "avoided"


@pytest.mark.parametrize(
    ("second", "result"), [(", role: driver", "avoided"), (", role: outcome", "signs of it")]
)
def test_an_outcome_needs_something_set_against_it(second, result, tmp_path):
    extra = f"  d: {{scale: s{second}, items: {{z: Likely}}}}\n"
    assert _results(check_design(_codebook(tmp_path, "q1: Good", extra)))["no analysis plan"] == result


def test_questions_without_wording_cannot_be_checked_and_one_scale_fails(tmp_path):
    results = _results(check_design(_codebook(tmp_path, "q1: ")))
    assert results["vague wording"] == "cannot be seen"
    assert results["no follow-up"] == "cannot be seen"
    assert results["one type of question"] == "made"
    assert results["no analysis plan"] == "signs of it"


def test_an_open_question_counts_for_the_whole_questionnaire_and_not_for_a_part(tmp_path):
    book = _codebook(tmp_path, "q1: Good", "variables: {why: {type: text}, age: {type: number}}\n")
    assert _results(check_design(book))["one type of question"] == "avoided"
    whole = check_design(book).errors.set_index("error")
    assert whole.loc["one type of question", "found"] == "answer scales: 1 to 5; open questions: 1"
    part = check_design(book, ("c",)).errors.set_index("error")
    assert part.loc["one type of question", "result"] == "made"
    assert part.loc["one type of question", "found"] == "answer scales: 1 to 5; open questions: 0"
    assert part.loc["too long", "found"] == "1 question"


def test_two_scales_are_more_than_one_and_what_was_found_is_said(tmp_path):
    extra = "  d: {scale: t, role: driver, items: {z: Likely}}\n  e: {scale: s, items: {y: Bright}}\n"
    book = _codebook(tmp_path, "q1: Good", extra + "variables: {age: {type: number}}\n")
    found = check_design(book).errors.set_index("error")["found"]
    assert _results(check_design(book))["one type of question"] == "avoided"
    assert found["one type of question"] == "answer scales: 0 to 10, 1 to 5; open questions: 0"
    assert found["no analysis plan"] == "hypotheses: 0; roles: driver, outcome; 1 of 3 constructs have none"


def test_a_plan_without_roles_says_none(tmp_path):
    path = tmp_path / "book.yaml"
    path.write_text(
        "title: T\nscales: {s: {min: 1, max: 5}}\nconstructs:\n  c: {scale: s, items: {q: Good}}\n"
    )
    found = check_design(read_codebook(path)).errors.set_index("error")["found"]
    assert found["no analysis plan"] == "hypotheses: 0; roles: none; 1 of 1 constructs have none"


@pytest.mark.parametrize(("wording", "long"), [(" ".join(["word"] * 20), False), ("好" * 40, False)])
def test_at_the_limit_a_wording_is_not_long(wording, long, tmp_path):
    language = "en" if wording.isascii() else "zh"
    check = check_design(_codebook(tmp_path, f"q1: {{{language}: {wording}}}"))
    assert ("long" in check.wording["sign"].tolist()) is long
