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
    assert _results(check)["too long"] == "failed"


@pytest.mark.parametrize(("count", "result"), [(10, "passed"), (11, "failed")])
def test_ten_questions_pass_and_eleven_fail(count, result, tmp_path):
    items = ", ".join(f"q{number}: Good" for number in range(count))
    assert _results(check_design(_codebook(tmp_path, items)))["too long"] == result


def test_a_short_mixed_planned_questionnaire_passes_what_a_codebook_can_show(tmp_path):
    extra = "  d: {scale: t, role: driver, items: {z: Likely}}\nvariables: {why: {type: text}}\n"
    check = check_design(_codebook(tmp_path, "q1: The staff are polite", extra))
    assert check.checkable["result"].unique().tolist() == ["passed"]
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
    assert _results(check)["vague wording"] == "failed"


def test_questions_without_wording_cannot_be_checked_and_one_scale_fails(tmp_path):
    results = _results(check_design(_codebook(tmp_path, "q1: ")))
    assert results["vague wording"] == "cannot be checked"
    assert results["no follow-up"] == "cannot be checked"
    assert results["one type of question"] == "failed"
    assert results["no analysis plan"] == "failed"
