"""Encodings: what is told apart, and what is asked."""

import pytest

from workbench import open_survey
from workbench.errors import DataError
from workbench.survey.encodings import decode

CHINESE = "序号,您的性别,您对服务质量满意吗,行业\n1,男,非常满意,制造业\n2,女,比较满意,物流\n"
TRADITIONAL = "序號,您的性別,您對服務品質滿意嗎,行業\n1,男,非常滿意,製造業\n2,女,比較滿意,物流\n"
JAPANESE = "番号,性別,サービスに満足していますか\n1,男性,非常に満足\n2,女性,どちらでもない\n"
KOREAN = "번호,성별,서비스에 만족하십니까\n1,남성,매우 만족\n2,여성,보통\n"
GERMAN = "Nummer,Geschlecht,Branche\n1,männlich,Möbel und Küchen\n2,weiblich,Straßenbau\n"
RUSSIAN = "номер,пол,вы довольны обслуживанием\n1,мужской,очень доволен\n2,женский,не доволен\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-16-le"),
        (CHINESE, "utf-16-be"),
        (CHINESE, "utf-32"),
        (CHINESE, "gb18030"),
        (CHINESE * 200, "gb18030"),
        (TRADITIONAL, "gb18030"),
        (TRADITIONAL, "big5"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (KOREAN, "cp949"),
        (GERMAN, "cp1252"),
        ("id,ville\n1,Orléans\n2,Nîmes\n3,Besançon\n", "cp1252"),
        (RUSSIAN, "cp1251"),
        ("id,性别\n1,男\n2,女\n", "gb18030"),
        ("id,성별\n1,남\n2,여\n", "cp949"),
        ("id,性別\n1,男\n2,女\n", "big5"),
        ("id,性別\n1,男\n2,女\n", "shift_jis"),
        ("id,industry\n1,制造业\n2,物流\n3,金融服务\n", "gb18030"),
        ("id,text\n1,it’s fine\n2,“good”\n", "cp1252"),
    ],
)
def test_a_text_comes_back_as_it_was_written(text, encoding):
    assert decode("a.csv", text.encode(encoding), [])[0] == text


@pytest.mark.parametrize(
    ("text", "encoding", "first", "second"),
    [
        ("id,price\n1,€ 5\n2,€ 6\n", "cp1252", "'€ 5' (CP1252)", "'Ђ 5' (CP1251)"),
        ("q1\nçok memnun değil\nhiç\n", "cp1254", "'çok memnun deðil' (CP1252)", "(CP1254)"),
    ],
)
def test_two_plausible_readings_are_a_question_with_a_value_of_each(text, encoding, first, second):
    with pytest.raises(DataError, match="can be read in two ways") as caught:
        decode("a.csv", text.encode(encoding), [])
    for part in (first, second, "--encoding"):
        assert part in str(caught.value)


def test_korean_is_never_another_text_in_silence():
    """Every Hangul syllable is a valid pair of bytes in GB18030; three phrases are enough to tell."""
    words = ["매우 그렇다", "그렇다", "보통이다", "전혀 아니다", "남성", "여성", "제조업", "금융"]
    for count in range(3, len(words) + 1):
        text = "q1\n" + "\n".join(words[:count]) + "\n"
        assert decode("a.csv", text.encode("cp949"), [])[0] == text
    with pytest.raises(DataError, match=r"'매우 그렇다' \(CP949 \(EUC-KR\)\) or '概快 弊犯促' \(GB18030\)"):
        decode("a.csv", "q1\n매우 그렇다\n".encode("cp949"), [])


def test_the_codebook_s_words_tell_readings_apart():
    content = "id,price\n1,€ 5\n2,€ 6\n".encode("cp1252")
    assert decode("a.csv", content, ["€ 5"])[0].endswith("€ 6\n")


def test_what_is_said_holds_and_a_wrong_word_is_a_fault():
    assert decode("a.csv", "płeć\nmężczyzna\n".encode("cp1250"), [], "cp1250")[0].startswith("płeć")
    assert decode("a.csv", CHINESE.encode("gb18030"), [], "GBK")[0] == CHINESE
    assert decode("a.csv", KOREAN.encode("cp949"), [], "euc-kr")[0] == KOREAN
    with pytest.raises(DataError, match="line 1: the text is not utf-8"):
        decode("a.csv", CHINESE.encode("gb18030"), [], "utf-8")
    with pytest.raises(DataError, match="there is no encoding 'klingon'"):
        decode("a.csv", CHINESE.encode("gb18030"), [], "klingon")


def test_no_text_and_damaged_text_are_said_to_be_that():
    with pytest.raises(DataError, match=r"reads as no text in GB18030.*--encoding"):
        decode("a.csv", "płeć,zadowolenie\nmężczyzna,raczej\n".encode("cp1250"), [])
    with pytest.raises(DataError, match="not a text file"):
        decode("a.csv", bytes(range(256)) * 8, [])
    broken = (CHINESE * 20).encode()
    with pytest.raises(DataError, match="UTF-8, but 1 of its characters are damaged"):
        decode("a.csv", broken[:-5] + broken[-4:], [])


def test_the_codebook_or_the_caller_says_the_encoding(tmp_path):
    path, book = tmp_path / "a.csv", tmp_path / "c.yaml"
    path.write_bytes("preis\n€ 5\n€ 6\n".encode("cp1252"))
    book.write_text("title: T\nvariables: {preis: {type: number}}\n", encoding="utf-8")
    with pytest.raises(DataError, match="two ways"):
        open_survey(path, codebook=book)
    survey = open_survey(path, codebook=book, encoding="cp1252")
    assert survey.responses["preis"].tolist() == [5, 6]
    assert "currency" in survey.notes["topic"].tolist()
    book.write_text(book.read_text() + "file: {encoding: cp1252}\n", encoding="utf-8")
    assert open_survey(path, codebook=book).responses["preis"].tolist() == [5, 6]
