"""One invented survey of sixty customers as each survey tool exports it: real forms, made-up answers."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat

AGREE = ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"]
同意 = ["非常不同意", "不同意", "一般", "同意", "非常同意"]
ENGLISH = {
    "serv1": "Questions are answered at once",
    "serv2": "Staff know what they talk about",
    "serv3": "Orders arrive when they should",
    "serv4": "I can reach someone whenever I need to",
    "sat1": "Overall I am satisfied with this supplier",
    "sat2": "I am often disappointed",
    "sat3": "It satisfies my needs",
    "loy1": "I shall buy here again",
    "loy2": "This supplier is my first choice",
}
CHINESE = {
    "serv1": "问题能及时得到答复",
    "serv2": "员工具备专业知识",
    "serv3": "订单按时送达",
    "serv4": "随时可以联系到服务人员",
    "sat1": "总体上我对该供应商感到满意",
    "sat2": "我经常感到失望",
    "sat3": "它使我的需要得到满意的解决",
    "loy1": "我会再次购买",
    "loy2": "该供应商是我的首选",
}
STEM, 题干 = "How much do you agree with the following statements?", "您在多大程度上同意以下说法"
NPS, GENDER, AGE, WHY = (
    "How likely are you to recommend us to a friend or colleague?",
    "What is your gender?",
    "How old are you?",
    "Is there anything else that you would like to tell us?",
)
ATTENTION = "Please select 'Agree' to show that you are reading."
N = 60


def answers() -> pd.DataFrame:
    """Codes of sixty respondents: three constructs that go together, an item that runs against its own."""
    random = np.random.default_rng(20)
    service = random.normal(size=N)
    satisfied = 0.7 * service + 0.7 * random.normal(size=N)
    loyal = 0.7 * satisfied + 0.7 * random.normal(size=N)

    def five(factor: np.ndarray, sign: int = 1) -> np.ndarray:
        cut = np.digitize(sign * factor + 0.6 * random.normal(size=N), [-1.6, -0.5, 0.5, 1.6]) + 1
        return cut.astype(float)

    frame = pd.DataFrame(
        {
            **{f"serv{number}": five(service) for number in range(1, 5)},
            "sat1": five(satisfied),
            "sat2": five(satisfied, -1),
            "sat3": five(satisfied),
            "loy1": five(loyal),
            "loy2": five(loyal),
            "nps": np.clip(np.round(6.5 + 2.2 * loyal), 0, 10),
            "gender": random.integers(1, 3, N),
            "age": random.integers(19, 70, N),
        }
    )
    frame.loc[0, "nps"] = 0
    frame.loc[[4, 17], "serv2"] = np.nan
    frame.loc[[9], "sat3"] = np.nan
    return frame


REMARKS = ["", "", "All fine, thank you.", "Delivery could be faster; the rest is good", "", "Nothing to add"]
ITEMS = tuple(ENGLISH)


@dataclass(frozen=True)
class Exported:
    """A file, the headers of the items in it, and what has to be left out as personal data."""

    path: Path
    headers: dict[str, str]
    personal: tuple[str, ...] = ()
    tool: str = ""
    options: dict[str, str] = field(default_factory=dict)


def _write(path: Path, rows: list[list[object]], encoding: str = "utf-8-sig", **options: object) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, **options).writerows(
            [["" if cell is None or cell != cell else cell for cell in row] for row in rows]
        )


def _whole(value: float) -> int | None:
    return None if value != value else int(value)


def _word(value: float, words: list[str]) -> str | None:
    return None if value != value else words[int(value) - 1]


def _stamp(place: int, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    return (pd.Timestamp("2026-03-02 09:00:00") + pd.Timedelta(minutes=37 * place)).strftime(pattern)


def _qualtrics(folder: Path, *, numeric: bool) -> Exported:
    data = answers()
    own = [
        ("StartDate", "Start Date", "startDate"),
        ("EndDate", "End Date", "endDate"),
        ("Status", "Response Type", "status"),
        ("IPAddress", "IP Address", "ipAddress"),
        ("Progress", "Progress", "progress"),
        ("Duration (in seconds)", "Duration (in seconds)", "duration"),
        ("Finished", "Finished", "finished"),
        ("RecordedDate", "Recorded Date", "recordedDate"),
        ("ResponseId", "Response ID", "_recordId"),
        ("RecipientLastName", "Recipient Last Name", "recipientLastName"),
        ("RecipientFirstName", "Recipient First Name", "recipientFirstName"),
        ("RecipientEmail", "Recipient Email", "recipientEmail"),
        ("ExternalReference", "External Data Reference", "externalDataReference"),
        ("LocationLatitude", "Location Latitude", "locationLatitude"),
        ("LocationLongitude", "Location Longitude", "locationLongitude"),
        ("DistributionChannel", "Distribution Channel", "distributionChannel"),
        ("UserLanguage", "User Language", "userLanguage"),
    ]
    names = {item: f"Q1_{place}" for place, item in enumerate(ITEMS[:4], 1)}
    names |= {item: f"Q2_{place}" for place, item in enumerate(ITEMS[4:7], 1)}
    names |= {item: f"Q3_{place}" for place, item in enumerate(ITEMS[7:], 1)}
    questions = [(names[item], f"{STEM} - {ENGLISH[item]}") for item in ITEMS]
    questions += [("Q4_NPS_GROUP", NPS + " - Group"), ("Q4", NPS), ("Q5", GENDER), ("Q6", AGE), ("Q7", WHY)]
    questions.append(("Q8", ATTENTION))
    rows: list[list[object]] = [
        [name for name, *_ in own] + [name for name, _ in questions],
        [text for _, text, _ in own] + [text for _, text in questions],
        [json.dumps({"ImportId": code}) for *_, code in own]
        + [json.dumps({"ImportId": f"QID{place}"}) for place in range(len(questions))],
    ]
    for place, row in data.iterrows():
        group = 0 if row["nps"] < 7 else 1 if row["nps"] < 9 else 2
        rows.append(
            [
                _stamp(place),
                _stamp(place),
                0 if numeric else "IP Address",
                f"203.0.113.{place}",
                100,
                200 + place,
                1 if numeric else "True",
                _stamp(place),
                f"R_{place:02d}xKq{place * 7919:06d}",
                None,
                None,
                None,
                None,
                51.05 + place / 100,
                3.71 + place / 100,
                "anonymous",
                "EN",
                *(_whole(row[item]) if numeric else _word(row[item], AGREE) for item in ITEMS),
                group + 1 if numeric else ("Detractor", "Passive", "Promoter")[group],
                int(row["nps"]),
                int(row["gender"]) if numeric else ("Female", "Male")[int(row["gender"]) - 1],
                int(row["age"]),
                REMARKS[place % len(REMARKS)],
                4 if numeric else "Agree",
            ]
        )
    path = folder / f"qualtrics_{'numeric' if numeric else 'text'}.csv"
    _write(path, rows, "utf-8")
    personal = ("IPAddress", "LocationLatitude", "LocationLongitude", "RecipientEmail")
    return Exported(path, {**names, "nps": "Q4"}, personal, "Qualtrics")


def qualtrics_text(folder: Path) -> Exported:
    return _qualtrics(folder, numeric=False)


def qualtrics_numeric(folder: Path) -> Exported:
    return _qualtrics(folder, numeric=True)


def surveymonkey(folder: Path) -> Exported:
    data = answers()
    own = ["Respondent ID", "Collector ID", "Date Created", "Date Modified", "IP Address", "Email Address"]
    own += ["First Name", "Last Name", "Custom Data 1"]
    first, second = [*own], [""] * len(own)
    stems = {"serv": f"{STEM} (service)", "sat": f"{STEM} (satisfaction)", "loy": f"{STEM} (loyalty)"}
    headers = {}
    for stem, text in stems.items():
        members = [item for item in ITEMS if item.startswith(stem)]
        first += [text] + [""] * (len(members) - 1)
        second += [ENGLISH[item] for item in members]
        headers |= {item: f"{text} | {ENGLISH[item]}" for item in members}
    first += [NPS, GENDER, AGE, WHY]
    second += ["", "Response", "Open-Ended Response", "Open-Ended Response"]
    rows: list[list[object]] = [first, second]
    for place, row in data.iterrows():
        rows.append(
            [
                114000000000 + place * 977,
                430000001,
                _stamp(place, "%m/%d/%Y %I:%M:%S %p"),
                _stamp(place, "%m/%d/%Y %I:%M:%S %p"),
                f"198.51.100.{place}",
                f"customer{place}@example.org",
                None,
                None,
                None,
                *(_word(row[item], AGREE) for item in ITEMS),
                int(row["nps"]),
                ("Female", "Male")[int(row["gender"]) - 1],
                int(row["age"]),
                REMARKS[place % len(REMARKS)],
            ]
        )
    path = folder / "surveymonkey.csv"
    _write(path, rows)
    return Exported(path, headers | {"nps": NPS}, ("IP Address", "Email Address"), "SurveyMonkey")


def google_forms(folder: Path) -> Exported:
    data = answers()
    headers = {item: f"{STEM} [{text}]" for item, text in ENGLISH.items() if item.startswith("serv")}
    headers |= {item: text for item, text in ENGLISH.items() if not item.startswith("serv")}
    rows: list[list[object]] = [
        ["Timestamp", "Email Address", *headers.values(), NPS, GENDER, AGE, "Which channels do you use?", WHY]
    ]
    for place, row in data.iterrows():
        rows.append(
            [
                _stamp(place, "%Y/%m/%d %I:%M:%S %p GMT+1"),
                f"person.{place}@example.com",
                *(
                    _word(row[item], AGREE) if item.startswith("serv") else _whole(row[item])
                    for item in headers
                ),
                int(row["nps"]),
                ("Female", "Male")[int(row["gender"]) - 1],
                int(row["age"]),
                ("Shop;Web", "Web", "Shop", "Web;Telephone")[place % 4],
                REMARKS[place % len(REMARKS)],
            ]
        )
    path = folder / "google.csv"
    _write(path, rows, "utf-8", quoting=csv.QUOTE_ALL)
    return Exported(path, headers | {"nps": NPS}, ("Email Address",), "Google Forms")


def _limesurvey(folder: Path, *, codes: bool) -> Exported:
    data = answers()
    blocks = {"serv": "G01Q01", "sat": "G01Q02", "loy": "G02Q03"}
    headers = {}
    for item in ITEMS:
        block = blocks[item.rstrip("0123456789")]
        part = f"SQ{int(item[-1]):03d}"
        headers[item] = f"{block}[{part}]" if codes else f"{STEM} [{ENGLISH[item]}]"
    if not codes:  # three arrays with questions of their own
        for item in ITEMS:
            headers[item] = headers[item].replace(STEM, f"{blocks[item.rstrip('0123456789')][-1]}: {STEM}")
    own = ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "ipaddr"]
    texts = ["Response ID", "Date submitted", "Last page", "Start language", "Seed", "Date started"]
    texts += ["Date last action", "IP address"]
    tail = ["G03Q04[SQ001]", "gender", "age", "G03Q07", "interviewtime"] if codes else [NPS, GENDER, AGE, WHY]
    rows: list[list[object]] = [[*(own if codes else texts), *headers.values(), *tail]]
    for place, row in data.iterrows():
        rows.append(
            [
                place + 1,
                _stamp(place),
                4,
                "en",
                100200300 + place * 31,
                _stamp(place),
                _stamp(place),
                f"192.0.2.{place}",
                *(
                    None
                    if row[item] != row[item]
                    else f"A{int(row[item])}"
                    if codes
                    else _word(row[item], AGREE)
                    for item in ITEMS
                ),
                int(row["nps"]),
                ("F", "M")[int(row["gender"]) - 1] if codes else ("Female", "Male")[int(row["gender"]) - 1],
                int(row["age"]),
                REMARKS[place % len(REMARKS)],
                *([211.4 + place] if codes else []),
            ]
        )
    path = folder / f"limesurvey_{'codes' if codes else 'text'}.csv"
    _write(path, rows, delimiter="," if codes else ";", quoting=csv.QUOTE_ALL)
    personal = ("ipaddr",) if codes else ("IP address",)
    return Exported(path, headers | {"nps": tail[0]}, personal, "LimeSurvey")


def limesurvey_codes(folder: Path) -> Exported:
    return _limesurvey(folder, codes=True)


def limesurvey_text(folder: Path) -> Exported:
    return _limesurvey(folder, codes=False)


def microsoft_forms(folder: Path) -> Exported:
    data = answers()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Form1"
    sheet.append(
        ["ID", "Start time", "Completion time", "Email", "Name", *ENGLISH.values(), NPS, GENDER, AGE, WHY]
    )
    for place, row in data.iterrows():
        start = pd.Timestamp("2026-03-02 09:00:00") + pd.Timedelta(minutes=37 * place)
        sheet.append(
            [
                place + 1,
                start.to_pydatetime(),
                (start + pd.Timedelta(minutes=4)).to_pydatetime(),
                "anonymous",
                None,
                *(_word(row[item], AGREE) for item in ITEMS),
                int(row["nps"]),
                ("Female", "Male")[int(row["gender"]) - 1],
                str(int(row["age"])),
                REMARKS[place % len(REMARKS)] or None,
            ]
        )
    path = folder / "msforms.xlsx"
    book.save(path)
    return Exported(path, {**ENGLISH, "nps": NPS}, ("Email", "Name"), "Microsoft Forms")


def _wenjuan_headers(join: str) -> dict[str, str]:
    headers = {}
    for number, stem in ((1, "serv"), (2, "sat"), (3, "loy")):
        members = [item for item in ITEMS if item.startswith(stem)]
        for place, item in enumerate(members):
            first = f"{number}、{题干}{join}{CHINESE[item]}"
            headers[item] = first if place == 0 or join == ":" else CHINESE[item]
    return headers


def _wenjuan(folder: Path, *, text: bool) -> Exported:
    data = answers()
    headers = _wenjuan_headers("—" if text else ":")
    own = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
    tail = [
        "4、您向朋友推荐我们的可能性有多大？",
        "5、您的性别",
        "6、您的年龄",
        "7、您经常使用的渠道",
        "8、您的手机号",
        "9、其他意见或建议",
    ]
    rows: list[list[object]] = [[*own, *headers.values(), *tail, "总分"]]
    for place, row in data.iterrows():
        scored = sum(0 if row[item] != row[item] else int(row[item]) for item in ITEMS)
        rows.append(
            [
                place + 1,
                _stamp(place, "%Y/%m/%d %H:%M:%S"),
                f"{95 + place}秒",
                "微信",
                "N/A",
                f"117.136.0.{place}(广东-广州)",
                *(
                    ("(跳过)" if text else -3)
                    if row[item] != row[item]
                    else _word(row[item], 同意)
                    if text
                    else int(row[item])
                    for item in ITEMS
                ),
                int(row["nps"]),
                ("女", "男")[int(row["gender"]) - 1] if text else int(row["gender"]),
                int(row["age"]),
                ("门店┋网站", "网站", "门店", "网站┋电话")[place % 4] if text else 1 + place % 3,
                f"138{place:02d}{(place * 7919) % 1000000:06d}",
                ("(空)", "(空)", "很好，谢谢", "希望送货更快")[place % 4],
                scored,
            ]
        )
    if text:
        path = folder / "wenjuan_text.xlsx"
        book = openpyxl.Workbook()
        for line in rows:
            book.active.append(line)
        book.save(path)
    else:
        path = folder / "wenjuan_number.csv"
        _write(path, rows, "gb18030")
    return Exported(path, headers | {"nps": tail[0]}, ("来自IP", "8、您的手机号"), "问卷星")


def wenjuan_text(folder: Path) -> Exported:
    return _wenjuan(folder, text=True)


def wenjuan_number(folder: Path) -> Exported:
    return _wenjuan(folder, text=False)


def kobo(folder: Path) -> Exported:
    data = answers()
    group = {"serv": "service", "sat": "satisfaction", "loy": "loyalty"}
    headers = {item: f"{group[item.rstrip('0123456789')]}/{item}" for item in ITEMS}
    own = ["start", "end", "deviceid", "phonenumber"]
    place_names = ["where", "_where_latitude", "_where_longitude", "_where_altitude", "_where_precision"]
    tail = ["nps", "gender", "age", "remarks", "_id", "_uuid", "_submission_time", "_validation_status"]
    tail += ["_notes", "_status", "_submitted_by", "__version__", "_tags", "_index"]
    rows: list[list[object]] = [[*own, *place_names, *headers.values(), *tail]]
    for place, row in data.iterrows():
        lat, lon = 48.2 + place / 1000, 16.37 + place / 1000
        rows.append(
            [
                _stamp(place, "%Y-%m-%dT%H:%M:%S.000+01:00"),
                _stamp(place, "%Y-%m-%dT%H:%M:%S.000+01:00"),
                f"collect:{place:08x}",
                None,
                f"{lat:.4f} {lon:.4f} 0 0",
                lat,
                lon,
                0,
                0,
                *(_whole(row[item]) for item in ITEMS),
                int(row["nps"]),
                ("female", "male")[int(row["gender"]) - 1],
                int(row["age"]),
                REMARKS[place % len(REMARKS)],
                401000000 + place,
                f"{place:08x}-5d1c-4c1e-9f3a-{place * 7919:012x}",
                _stamp(place, "%Y-%m-%dT%H:%M:%S"),
                None,
                None,
                "submitted_via_web",
                None,
                "vQ3",
                None,
                place + 1,
            ]
        )
    path = folder / "kobo.csv"
    _write(path, rows, delimiter=";", quoting=csv.QUOTE_ALL)
    personal = ("deviceid", "where", "_where_latitude", "_where_longitude")
    return Exported(path, headers | {"nps": "nps"}, personal, "KoboToolbox")


def _labelled(folder: Path, ending: str) -> Exported:
    data = answers()
    labels = dict(enumerate(AGREE, 1))
    values = dict.fromkeys(ITEMS, labels) | {"gender": {1: "female", 2: "male"}}
    texts = [*ENGLISH.values(), NPS, GENDER, AGE]
    path = folder / f"labelled.{ending}"
    if ending == "sav":
        coded = data.copy()
        coded[[*ITEMS]] = coded[[*ITEMS]].fillna(-99)
        values = {name: one | ({-99: "no answer"} if name in ITEMS else {}) for name, one in values.items()}
        pyreadstat.write_sav(
            coded,
            path,
            column_labels=texts,
            variable_value_labels=values,
            missing_ranges={item: [-99] for item in ITEMS},
            variable_measure={"gender": "nominal", "age": "scale"},
        )
    else:
        pyreadstat.write_dta(data, path, column_labels=texts, variable_value_labels=values)
    return Exported(
        path, {**{item: item for item in ITEMS}, "nps": "nps"}, (), "SPSS" if ending == "sav" else "Stata"
    )


def spss(folder: Path) -> Exported:
    return _labelled(folder, "sav")


def stata(folder: Path) -> Exported:
    return _labelled(folder, "dta")


def excel_with_titles(folder: Path) -> Exported:
    """A workbook kept by hand: a sheet to read first, titles, answers with code and words, a total row."""
    data = answers()
    book = openpyxl.Workbook()
    book.active.title = "Read me"
    book.active["A1"] = "The survey of 2026"
    book.active["A3"] = "Answers are on the next sheet."
    sheet = book.create_sheet("Answers")
    sheet["A1"] = "Customer survey 2026"
    sheet.merge_cells("A1:F1")
    for column, text in enumerate(["No.", *ITEMS, "nps", "gender", "age", "spent"], 1):
        sheet.cell(3, column, text)
    for place, row in data.iterrows():
        cells = [
            place + 1,
            *(None if row[i] != row[i] else f"{int(row[i])} - {AGREE[int(row[i]) - 1]}" for i in ITEMS),
            int(row["nps"]),
            ("f", "m")[int(row["gender"]) - 1],
            int(row["age"]),
            f"€ {1200.5 + 37 * place:,.2f}",
        ]
        for column, cell in enumerate(cells, 1):
            sheet.cell(4 + place, column, cell)
    sheet.cell(4 + N, 1, "Average")
    sheet.cell(4 + N, 11, round(float(data["nps"].mean()), 2))
    sheet.cell(4 + N, 13, round(float(data["age"].mean()), 2))
    path = folder / "titles.xlsx"
    book.save(path)
    return Exported(path, {**{item: item for item in ITEMS}, "nps": "nps"}, (), "")


def parquet(folder: Path) -> Exported:
    path = folder / "answers.parquet"
    data = answers()
    data.assign(gender=data["gender"].map({1: "female", 2: "male"})).to_parquet(path)
    return Exported(path, {**{item: item for item in ITEMS}, "nps": "nps"}, (), "")


FORMATS: dict[str, Callable[[Path], Exported]] = {
    make.__name__: make
    for make in (
        qualtrics_text,
        qualtrics_numeric,
        surveymonkey,
        google_forms,
        limesurvey_codes,
        limesurvey_text,
        microsoft_forms,
        wenjuan_text,
        wenjuan_number,
        kobo,
        spss,
        stata,
        excel_with_titles,
        parquet,
    )
}
