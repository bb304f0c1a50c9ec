"""What is guessed from columns that no tool explains, and what is asked or refused."""

import csv

import numpy as np
import openpyxl
import pandas as pd
import pytest
from tests.survey import exported

from workbench import open_survey
from workbench.errors import DataError
from workbench.survey.drafting import draft_codebook
from workbench.survey.drafting.questions import common_stem, from_headers

ANSWERS = exported.answers()
ITEMS = list(exported.ITEMS)


@pytest.fixture
def drafted(tmp_path):
    """Write a frame or rows, draft the codebook, read the file with it."""

    def of(content, name="answers.csv", **options):
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False, **options)
        elif isinstance(content, list):
            with path.open("w", encoding=options.pop("encoding", "utf-8"), newline="") as file:
                csv.writer(file, **options).writerows(
                    [["" if cell is None or cell != cell else cell for cell in row] for row in content]
                )
        else:
            content.save(path)
        draft = draft_codebook(path)
        book = tmp_path / "codebook.yaml"
        book.write_text(draft.text, encoding="utf-8")
        return draft, open_survey(path, codebook=book)

    return of


def comments(draft):
    """The comments of a draft as one text."""
    lines = (line.strip() for line in draft.text.splitlines())
    return " ".join(line.removeprefix("# ") for line in lines if line.startswith("#"))


def constructs(survey):
    return {
        name: [survey.codebook.items[i].column for i in one.items]
        for name, one in survey.codebook.constructs.items()
    }


def test_codes_for_no_answer_are_found_where_they_stand_out(drafted):
    frame = ANSWERS.copy()
    frame.loc[:3, "sat1"], frame.loc[5:8, "serv1"], frame.loc[9:11, "loy1"] = 99, -99, 999
    frame.loc[1:2, "age"] = 999
    draft, survey = drafted(frame)
    assert survey.codebook.scales["rating5"].missing == (-99, 99, 999)
    assert "-99, 99, 999: apart from the other answers, taken as no answer" in comments(draft)
    assert survey.responses["sat1"].isna().sum() == 4
    assert survey.codebook.variables["age"].missing == (999,)


def test_nine_is_no_answer_beside_one_to_five_and_an_answer_of_one_to_ten(drafted):
    five = ANSWERS.copy()
    five.loc[[3, 8, 21], ["serv1", "serv3"]] = 9
    assert drafted(five)[1].codebook.scales["rating5"].missing == (9,)
    ten = ANSWERS[ITEMS] * 2
    assert drafted(ten.assign(serv1=ten["serv1"] - 1))[1].codebook.items["serv1"].scale.max == 10


def test_rare_values_beyond_the_scale_of_the_others_are_said(drafted):
    frame = ANSWERS.copy()
    frame.loc[7, "serv2"] = 6
    draft, survey = drafted(frame)
    assert survey.codebook.items["serv2"].scale.missing == (6,)
    assert "6: rare answers beyond the scale, taken as no answer" in comments(draft)


def test_zero_is_no_answer_where_those_who_gave_it_are_like_everyone(drafted):
    random = np.random.default_rng(2)
    frame = ANSWERS[ITEMS].drop(columns="sat2")
    for item in frame:
        frame.loc[random.choice(len(frame), 5, replace=False), item] = 0
    draft, survey = drafted(frame)
    assert (survey.codebook.items["serv1"].scale.min, survey.codebook.items["serv1"].scale.missing) == (
        1,
        (0,),
    )
    assert "taken as no answer" in comments(draft)
    lowest = (ANSWERS[ITEMS].drop(columns="sat2") - 1).replace(4, 5)  # here 0 is the lowest answer
    assert drafted(lowest)[1].codebook.items["serv1"].scale.min == 0


def test_words_of_no_answer_are_missing_and_kept_out_of_the_scale(drafted):
    frame = ANSWERS.astype(object)
    frame.loc[[3, 7], ITEMS] = "Don't know"
    frame.loc[[5], ITEMS] = "N/A"
    _, survey = drafted(frame)
    assert set(survey.codebook.scales["rating5"].missing) == {"Don't know", "N/A"}
    assert survey.items("serv").isna().sum().max() >= 3


def test_codes_that_run_down_are_said(drafted):
    words = {
        item: [None if v != v else f"{6 - int(v)} - {exported.AGREE[int(v) - 1]}" for v in ANSWERS[item]]
        for item in ITEMS
    }
    draft, survey = drafted(pd.DataFrame(words))
    assert str(survey.codebook.items["serv1"].scale.labels[1]) == "Strongly agree"
    assert "1 is the strongest answer: high scores of its constructs mean little of them" in comments(draft)


def test_labelled_ends_are_a_scale(drafted):
    random = np.random.default_rng(3)
    shared = random.normal(size=80)
    ends = {1: "1 (not at all)", 7: "7 (very much)"}
    frame = pd.DataFrame(
        {
            f"How {word} is it?": [
                ends.get(value, str(value))
                for value in np.clip(np.round(4 + 1.8 * shared + random.normal(size=80)), 1, 7).astype(int)
            ]
            for word in ("quick", "friendly", "clear")
        }
    )
    scale = next(iter(drafted(frame)[1].codebook.scales.values()))
    assert (scale.min, scale.max, str(scale.labels[7])) == (1, 7, "very much")


def test_personal_data_are_known_by_their_cells_whatever_the_header(drafted):
    count = len(ANSWERS)
    frame = ANSWERS.assign(
        a=[f"person{n}@firm{n % 7}.com" for n in range(count)],
        b=[f"138{n:08d}" for n in range(count)],
        c=[f"+44 20 7946 {1000 + n}" for n in range(count)],
        d=[f"203.0.113.{n}" for n in range(count)],
        e=[f"{48 + n / 100:.5f}, {16 + n / 100:.5f}" for n in range(count)],
        f=["11010519491231002X"] * count,
        g=[f"{'王李张刘陈'[n % 5]}{chr(0x4F1F + n)}" for n in range(count)],
        学号=[f"2026{n:05d}" for n in range(count)],
        contact=[
            f"{first} {last}"
            for first in ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn")
            for last in "ABCDEFGHIJ"
        ],
        phone_satisfaction=ANSWERS["sat1"],
    )
    draft, survey = drafted(frame)
    assert {column for column, _ in draft.personal} == {*"abcdefg", "学号", "contact"}
    assert "phone_satisfaction" in {item.column for item in survey.codebook.items.values()}


def test_an_open_answer_that_holds_an_address_is_pointed_out(drafted):
    remarks = [f"remark number {n}, which says this and that" for n in range(len(ANSWERS))]
    remarks[3] = "please write to me at someone@example.org about it"
    draft, _ = drafted(ANSWERS.assign(remarks=remarks))
    assert "LOOK: 1 of its answers hold e-mail addresses" in draft.text


def test_a_hand_made_workbook_with_titles_two_headers_and_a_source_line(drafted):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Customer survey"])
    sheet.append([])
    sheet.append(
        ["", "Service", None, None, None, "Satisfaction", None, None, "Loyalty", None, "Person", None]
    )
    sheet.append(["ID", *exported.ENGLISH.values(), "Gender", "Age"])
    sheet.merge_cells("B3:E3")
    for place, row in ANSWERS.iterrows():
        cells = [None if row[item] != row[item] else int(row[item]) for item in ITEMS]
        sheet.append([place + 1, *cells, ("f", "m")[int(row["gender"]) - 1], int(row["age"])])
    sheet.append(["Source: own survey"])
    draft, survey = drafted(book, "two.xlsx")
    assert survey.rows == len(ANSWERS)
    assert (draft.reading.title_rows, draft.reading.footer_rows) == (3, 1)
    assert sorted(map(len, constructs(survey).values())) == [2, 3, 4]


def test_names_in_one_row_and_questions_in_the_next(drafted):
    rows = [["id", *ITEMS, "gender"], ["Number", *exported.ENGLISH.values(), "What is your gender?"]]
    rows += [
        [
            place + 1,
            *[None if row[item] != row[item] else int(row[item]) for item in ITEMS],
            int(row["gender"]),
        ]
        for place, row in ANSWERS.iterrows()
    ]
    _, survey = drafted(rows)
    assert survey.codebook.reading.header_rows == 2
    assert survey.codebook.items["serv1"].wording.en == exported.ENGLISH["serv1"]
    assert [len(one) for one in constructs(survey).values()] == [4, 3, 2]


@pytest.mark.parametrize(
    ("names", "stems"),
    [
        (["Q1. How good?", "Q2) How bad?"], ["", ""]),
        (["5、评价—速度", "态度", "价格", "6、您的性别"], ["评价", "评价", "评价", ""]),
        (["5、评价:速度", "5、评价:态度", "6、性别"], ["评价", "评价", ""]),
        (["第5题(速度)", "第5题(态度)"], ["", ""]),
        (["How good? [speed]", "How good? [care]"], ["How good?", "How good?"]),
        (["7、您的建议:请写下", "8、性别"], ["", ""]),
        (["3、质量：请选择(速度)", "3、质量：请选择(态度)"], ["质量：请选择", "质量：请选择"]),
        (["Price: too high", "Price: fair"], ["Price", "Price"]),
        (["Time: now", "Price: fair"], ["", ""]),
    ],
)
def test_headers_of_questions_in_parts(names, stems):
    questions = from_headers(names)
    assert [one.stem for one in questions] == stems
    blocks = [one.block for one in questions]
    assert blocks[0] == blocks[1] or not blocks[0]
    assert all(one.text and "、" not in one.text for one in questions)


def test_texts_that_begin_alike_have_a_stem():
    assert common_stem(["How much? - speed", "How much? - care"]) == "How much? - "
    assert common_stem(["Speed is good", "Speed is bad"]) == ""
    assert common_stem(["Alone"]) == ""


def test_answers_in_other_languages(drafted):
    german = ["stimme überhaupt nicht zu", "stimme eher nicht zu", "teils/teils", "stimme eher zu"]
    german.append("stimme voll und ganz zu")
    words = {f"f{item}": [None if v != v else german[int(v) - 1] for v in ANSWERS[item]] for item in ITEMS}
    _, survey = drafted(pd.DataFrame(words), encoding="cp1252", sep=";")
    assert survey.codebook.reading.encoding == "cp1252"
    assert [str(text) for text in survey.codebook.scales["agree5"].labels.values()] == german
    seven = ["非常不滿意", "不滿意", "有點不滿意", "普通", "有點滿意", "滿意", "非常滿意"]
    more = pd.DataFrame({f"問題{n}": [seven[(place * n) % 7] for place in range(70)] for n in (1, 2, 3)})
    scale = drafted(more, encoding="big5")[1].codebook.scales["satisfied7"]
    assert [str(text) for text in scale.labels.values()] == seven


def test_what_is_no_survey_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "a.csv"
    ANSWERS[ITEMS].fillna(3).astype(int).to_csv(path, index=False, header=False)
    with pytest.raises(DataError, match="the file has no header: its first row holds numbers only"):
        draft_codebook(path)
    path.write_bytes("preis\n€ 5\n€ 6\n".encode("cp1252"))
    with pytest.raises(DataError, match="can be read in two ways"):
        draft_codebook(path)
    assert draft_codebook(path, encoding="cp1252").reading.encoding == "cp1252"
    path.write_text("email\na@b.cn\nc@d.cn\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column of this file looks like answers"):
        draft_codebook(path)


def test_the_same_file_gives_the_same_draft(tmp_path):
    export = exported.qualtrics_text(tmp_path)
    assert draft_codebook(export.path).text == draft_codebook(export.path).text


def test_a_sheet_that_explains_the_columns_is_not_taken_for_the_answers(drafted):
    book = openpyxl.Workbook()
    for row in (
        ["Variable", "Meaning", "Values"],
        *([name, text, "1 to 5"] for name, text in exported.ENGLISH.items()),
    ):
        book.active.append(row)
    sheet = book.create_sheet("Raw")
    sheet.append([*ITEMS, "nps"])
    for row in ANSWERS[[*ITEMS, "nps"]].itertuples(index=False):
        sheet.append([None if value != value else int(value) for value in row])
    draft, survey = drafted(book, "explained.xlsx")
    assert survey.codebook.reading.sheet == "Raw"
    assert survey.rows == len(ANSWERS)
    assert "it looks more like answers than the first" in comments(draft)


def test_questions_numbered_twice_are_constructs_by_their_first_number(drafted):
    blocks = {"serv": 1, "loy": 2, "sat": 3}
    names = {item: f"V{blocks[item[:-1]]}_{item[-1]}" for item in ITEMS}
    _, survey = drafted(ANSWERS[ITEMS].rename(columns=names))
    assert {name: len(items) for name, items in constructs(survey).items()} == {"v1": 4, "v2": 2, "v3": 3}


def test_a_code_of_how_long_someone_has_been_a_customer_is_no_rating(drafted):
    asked = "How long have you been a customer?"
    _, survey = drafted(ANSWERS[ITEMS].assign(**{asked: [1 + place % 4 for place in range(len(ANSWERS))]}))
    assert survey.codebook.groups["tenure"].column == asked
    assert all(item.column != asked for item in survey.codebook.items.values())


def test_sentences_that_few_wrote_are_an_open_answer_and_no_group(drafted):
    wrote = ["", "", "The queue was far too long.", "", "no", ""] * 10
    draft, survey = drafted(ANSWERS[ITEMS].assign(**{"And what else": wrote, "kind": ["shop", "web"] * 30}))
    assert list(survey.codebook.groups) == ["kind"]
    assert "an open answer" in comments(draft)


def test_a_survey_about_a_crm_system_is_not_all_about_its_use(drafted):
    wording = ["The CRM system is easy to use", "It takes too much effort to work with the CRM system"]
    wording += ["I use the CRM system daily", "We use the reports of the CRM system"]
    _, survey = drafted(ANSWERS[ITEMS[:4]].set_axis(wording, axis=1))
    assert constructs(survey) == {"ease_of_use": wording[:2], "crm_use": wording[2:]}


def test_two_questions_about_one_subject_keep_what_they_are_called(drafted):
    heads = [f"系统质量 [{text}]" for text in ("稳定运行中", "界面好看")] + [
        f"信息质量 [{text}]" for text in ("准确度高", "内容完整")
    ]
    _, survey = drafted(ANSWERS[ITEMS[:4]].set_axis(heads, axis=1))
    assert [str(one.label.zh) for one in survey.codebook.constructs.values()] == ["系统质量", "信息质量"]


def test_constructs_without_a_question_are_called_as_their_columns_are(tmp_path):
    for export in (exported.kobo(tmp_path), exported.limesurvey_codes(tmp_path)):
        labels = [one.label for one in draft_codebook(export.path).constructs]
        assert "Ratings" not in labels
        assert len(set(map(str, labels))) == len(labels)
