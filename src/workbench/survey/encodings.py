"""The text of a file and its encoding: found by charset-normalizer, asked where two are plausible.

Bytes beyond ASCII mean other letters in every encoding, and often valid ones: Korean in CP949 is valid
GB18030, ``ä`` is a Cyrillic letter in CP1251. An answer that became another word is worse than a question,
so a reading is chosen only where the others are no text.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.errors import DataError, Fault
from workbench.survey.workbooks import Note

NAMES = {
    "gb18030": "GB18030",
    "big5": "Big5",
    "cp932": "Shift-JIS",
    "euc_jp": "EUC-JP",
    "cp949": "CP949 (EUC-KR)",
    "cp1252": "CP1252",
    "cp1251": "CP1251",
    "cp1254": "CP1254",
}
# Names that people and programs write for an encoding that a wider one includes.
WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
}
MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
MESS = 0.15  # share of charset-normalizer's "chaos" by which a reading must be better than the next one
NO_TEXT = 0.3  # chaos above which a reading is no text
SAMPLE = 200_000  # bytes of lines beyond ASCII that are looked at
_TURKISH = set("ðþýÐÞÝ")  # where CP1254 has Turkish letters, CP1252 has Icelandic ones
# Words of questionnaires, whole cells: where a file is short they tell what statistics cannot.
_QUESTIONNAIRES = (
    "性别 男 女 年龄 学历 城市 非常同意 同意 一般 不同意 非常不同意 满意 非常满意 不满意 是 否 "
    "性別 年齡 學歷 滿意 非常滿意 不滿意 普通 "
    "성별 남 여 남성 여성 나이 매우 그렇다 보통이다 아니다 매우그렇다 만족 불만족 "
    "男性 女性 年齢 とても満足 満足 不満 普通 はい いいえ そう思う "
    "männlich weiblich Männlich Weiblich für über größer née satisfacción opinión género año años España "
    "пол муж жен м ж мужской женский да нет согласен возраст"
)


_INSIDE = re.compile(r"[a-zß-öø-ÿ](?:[À-ÖØ-ÞŠŒŽŸ]|[¡-©«-¶¸-¿÷×‰†‡])[a-zß-öø-ÿ]")


def _jumps(word: str) -> bool:
    return any(one.islower() and other.isupper() for one, other in pairwise(word))


@dataclass(frozen=True)
class _Reading:
    encoding: str
    text: str
    mess: float


def decode(file: str, content: bytes, known: Sequence[str], encoding: str | None = None) -> tuple[str, Note]:
    """The text of a file and which encoding it was.

    Parameters
    ----------
    file : its name, for messages.
    content : its bytes.
    known : texts of the codebook (headers, labels), which tell readings apart.
    encoding : where the user says it; any name that Python knows.

    Raises
    ------
    DataError : a text that is not in the encoding that was said, two plausible readings (both are named, with
        a value of each), or none.
    """
    if encoding is not None:
        return _as_told(file, content, encoding)
    for mark, marked in MARKS:
        if content.startswith(mark):
            return _strict(file, content, marked), _note(marked)
    if b"\0" in content[:SAMPLE]:
        wide = _without_mark(content)
        if wide is None:
            fix = "Export the answers as CSV in UTF-8"
            raise DataError(Fault("this is not a text file", file, fix=fix))
        return _strict(file, content, wide), _note(wide)
    try:
        return content.decode("utf-8"), _note("utf-8")
    except UnicodeDecodeError as error:
        _refuse_broken_utf8(file, content, error)
        _refuse_mixture(file, content)
    reading = _choose(file, content, known)
    text = _strict(file, content, reading.encoding)
    how = f"read as {NAMES[reading.encoding]}, judged by its characters; 'file: {{encoding: …}}' settles it"
    return text, ("encoding", "", reading.encoding, 0, how)


def python_name(encoding: str) -> str | None:
    """Python's name of an encoding, the wider one where a narrow name is used for it; None if unknown."""
    try:
        name = codecs.lookup(encoding.strip()).name
    except (LookupError, ValueError):
        return None
    return WIDER.get(name, name)


def _as_told(file: str, content: bytes, encoding: str) -> tuple[str, Note]:
    name = python_name(encoding)
    if name is None:
        known = "utf-8, utf-16, gb18030, big5, shift_jis, cp949, cp1252, cp1251"
        what = f"there is no encoding {encoding!r}"
        raise DataError(Fault(what, file, fix=f"Use one of {known}, or another that Python knows"))
    if name == "utf-8":
        name = "utf-8-sig"
    return _strict(file, content, name), ("encoding", "", name, 0, f"read as {encoding}, as was said")


def _strict(file: str, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        what = f"the text is not {NAMES.get(encoding, encoding)}"
        fix = "Name another encoding, or save the file as CSV in UTF-8"
        raise DataError(Fault(what, file, line=line, fix=fix)) from None


def _note(encoding: str) -> Note:
    return ("encoding", "", encoding, 0, f"read as {encoding}")


def _without_mark(content: bytes) -> str | None:
    """UTF-16 whose mark was lost: in delimited text every second byte is often null, and always the same."""
    sample = content[: SAMPLE // 2 * 2]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    for encoding, many, few in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if many > 20 * few and many * 20 > len(sample):
            return encoding
    return None


def _refuse_broken_utf8(file: str, content: bytes, error: UnicodeDecodeError) -> None:
    """A text in UTF-8 with a few bytes that are not is damaged, and not in another encoding."""
    text = content.decode("utf-8", "replace")
    broken, foreign = text.count("\ufffd"), sum(not character.isascii() for character in text)
    if foreign > 20 and broken * 20 < foreign:
        line = content[: error.start].count(b"\n") + 1
        what = f"the text is UTF-8, but {broken} of its characters are damaged"
        fix = "Export it again; a file that was cut or joined from parts can lose a character"
        raise DataError(Fault(what, file, line=line, fix=fix))


def _refuse_mixture(file: str, content: bytes) -> None:
    """A text of which some lines are UTF-8 and others are not was joined from files of two encodings.

    A line counts where it has three characters or more beyond ASCII: three that are UTF-8 by chance are rare.
    """
    whole, other = [], []
    for number, line in enumerate(content[: 20 * SAMPLE].splitlines(), 1):
        if sum(byte > 127 for byte in line) < 6:
            continue
        try:
            if sum(not letter.isascii() for letter in line.decode("utf-8")) >= 3:
                whole.append(number)
        except UnicodeDecodeError:
            other.append(number)
    if other and len(whole) >= 2 and len(whole) * 5 >= len(other):
        what = f"line {whole[0]} is UTF-8 and line {other[0]} is not"
        fix = "Export it again, or join files that are in one encoding"
        raise DataError(Fault(what, file, line=max(whole[0], other[0]), fix=fix))


def _choose(file: str, content: bytes, known: Sequence[str]) -> _Reading:
    """The one plausible reading; none or two are a fault."""
    readings = _readings(content)
    plausible = [one for one in readings if one.mess <= NO_TEXT and not _no_words(one)]
    told = _told_by_words(readings, [text for text in known if not text.isascii()], whole=False)
    told = told or _told_by_words(plausible, _QUESTIONNAIRES.split(), whole=True)
    if told is not None:
        return told
    if plausible and plausible[0].mess <= NO_TEXT:
        best = plausible[0]
        rivals = [one for one in plausible[1:] if one.mess < best.mess + MESS]
        if not rivals and _has_word(best.text):
            return best
        if not rivals:  # single letters or signs only, as in "€ 5": any other reading is as good
            rivals = [one for one in readings if one is not best][:1]
        if rivals:
            raise DataError(_question(file, best, rivals[0]))
        return best
    tried = ", ".join(dict.fromkeys(NAMES.values()))
    fix = "Say it: 'file: {encoding: …}' in the codebook or --encoding; or save the file as CSV in UTF-8"
    raise DataError(Fault(f"the text is not UTF-8 and reads as no text in {tried}", file, fix=fix))


def _readings(content: bytes) -> list[_Reading]:
    """Every encoding in which the whole file can be read, the least messy first; equal texts once."""
    from charset_normalizer import from_bytes

    sample = b"\n".join(_foreign_lines(content))
    candidates = [name for name in NAMES if name != "cp1254" and _decodes(content, name)]
    if not candidates:  # charset-normalizer would try every encoding that there is
        return []
    matches = from_bytes(
        sample,
        cp_isolation=candidates,
        threshold=1.0,
        preemptive_behaviour=False,
        enable_fallback=False,
    )
    found = {match.encoding: _Reading(match.encoding, str(match), match.chaos) for match in matches}
    western = found.get("cp1252")
    if western is not None and _TURKISH & set(western.text):
        found["cp1254"] = _Reading("cp1254", sample.decode("cp1254", "replace"), western.mess)
    return sorted(found.values(), key=lambda one: one.mess)


def _foreign_lines(content: bytes) -> Iterable[bytes]:
    size = 0
    for line in content.splitlines():
        if not line.isascii():
            size += len(line)
            yield line
        if size > SAMPLE:
            return


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _no_words(reading: _Reading) -> bool:
    """True for what no one writes: two alphabets, a sign or a lone capital inside a word, many words with
    capitals after small letters, half-width katakana mostly, Korean in Chinese characters mostly, or a
    Japanese text without kana in an encoding that only Japanese uses."""
    text = reading.text
    if _INSIDE.search(text):
        return True
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    jumps = sum(bool(_jumps(word)) for word in words)
    if jumps * 4 > len(words):
        return True
    for word in words:
        scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in set(word)}
        if {"LATIN", "CYRILLIC"} <= scripts:
            return True
    foreign = [letter for letter in text if not letter.isascii()]
    narrow = sum("\uff61" <= letter <= "\uff9f" for letter in foreign)
    if narrow * 2 > len(foreign):
        return True
    hangul = sum("\uac00" <= letter <= "\ud7a3" for letter in foreign)
    hanzi = sum("\u4e00" <= letter <= "\u9fff" for letter in foreign)
    kana = sum("\u3040" <= letter <= "\u30ff" for letter in foreign)
    return (reading.encoding == "cp949" and hanzi > hangul) or (reading.encoding == "euc_jp" and not kana)


def _has_word(text: str) -> bool:
    """Whether a word of two letters or more holds a letter beyond ASCII."""
    return any(not word.isascii() for word in re.findall(r"[^\W\d_]{2,}", text))


def _told_by_words(readings: Sequence[_Reading], words: Iterable[str], *, whole: bool) -> _Reading | None:
    """The reading that holds most words of the codebook or of questionnaires, if it is one alone."""
    words = set(words)
    hits = []
    for one in readings:
        cells = {cell.strip() for line in _fields(one.text) for cell in line} if whole else set()
        hits.append(len(words & cells) if whole else sum(word in one.text for word in words))
    best = max(hits, default=0)
    return readings[hits.index(best)] if best and hits.count(best) == 1 else None


def _question(file: str, first: _Reading, second: _Reading) -> Fault:
    shown = next(
        (
            (a.strip(), b.strip())
            for one, other in zip(_fields(first.text), _fields(second.text), strict=False)
            for a, b in zip(one, other, strict=False)
            if a != b
        ),
        (first.text[:20], second.text[:20]),
    )
    what = (
        f"the text can be read in two ways: {shown[0][:30]!r} ({NAMES[first.encoding]}) "
        f"or {shown[1][:30]!r} ({NAMES[second.encoding]})"
    )
    fix = (
        f"Say which: --encoding {first.encoding} or --encoding {second.encoding} "
        f"('file: {{encoding: {first.encoding}}}' in the codebook)"
    )
    return Fault(what, file, fix=fix)


def _fields(text: str) -> list[list[str]]:
    """Cells of the lines, divided at whatever divides cells."""
    table = str.maketrans(";\t|", ",,,")
    try:
        return list(csv.reader(io.StringIO(text.translate(table))))
    except csv.Error:
        return [line.split(",") for line in text.splitlines()]
