"""What a survey holds, as tables."""

from workbench.survey import survey_from_frame
from workbench.survey.overview import overview


def test_the_tables_count_what_is_there(answers, codebook):
    contents = overview(survey_from_frame(answers, codebook, "f"))
    constructs = contents.constructs.set_index("construct")
    assert constructs.loc["satisfaction", ["items", "reversed", "scale", "n"]].tolist() == [2, 1, "1 to 5", 5]
    assert constructs.loc["satisfaction", "missing"] == 4 / 12
    assert constructs.loc["service", "label"] == "Service"
    groups = contents.groups.set_index("group")
    assert groups.loc["size", "values"] == "small (2), large (2)"
    assert groups.loc["size", "missing"] == 2
    variables = contents.variables.set_index("variable")
    assert variables.loc["response_hours", "holds"] == "numbers from 0.001 to 12, mean 3.95"
    assert variables.loc["remark", "holds"] == "texts, 5 different"
