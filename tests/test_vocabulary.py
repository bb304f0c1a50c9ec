"""One source of words, glyphs and colours: distinct, legible on light and dark, used by every style sheet."""

import itertools
import re

import pytest

from workbench import show, vocabulary
from workbench.errors import SpecificationError
from workbench.reports import style_sheets

# Grounds that text stands on: the page's paper and tint, JupyterLab's light and dark notebooks.
LIGHT = ("#ffffff", "#f5f6f8")
DARK = ("#15181c", "#1f2429", "#111111")
JUDGED = ("recovered", "missed", "false alarm", "rightly rejected")


def luminance(colour):
    """Relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_it_is_defined():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


TONES = vocabulary.TONES | {kind.name: kind.tone for kind in vocabulary.DATA_KINDS.values()}


@pytest.mark.parametrize("tone", TONES.values(), ids=TONES)
def test_every_colour_is_legible_on_light_and_on_dark(tone):
    assert all(contrast(tone.light, ground) >= 4.5 for ground in LIGHT)
    assert all(contrast(tone.dark, ground) >= 4.5 for ground in DARK)


def test_the_four_outcomes_differ_in_word_glyph_and_colour():
    words = [vocabulary.VERDICT_WORDS[name] for name in JUDGED]
    for one, other in itertools.combinations(words, 2):
        assert one.word != other.word
        assert one.glyph != other.glyph
        assert one.tone != other.tone
    assert {name for (planted, _), name in vocabulary.OUTCOMES.items() if planted is not None} == set(JUDGED)


@pytest.mark.parametrize(
    ("planted", "found", "word"),
    [
        (True, True, "recovered"),
        (True, False, "missed"),
        (False, True, "false alarm"),
        (False, False, "rightly rejected"),
        (None, True, "found"),
        (None, False, "not found"),
    ],
)
def test_a_word_follows_from_what_was_planted_and_what_was_found(planted, found, word):
    assert vocabulary.verdict_word("simulated", found, planted) == word


@pytest.mark.parametrize("kind", ["printed", "public", "user"])
def test_other_data_hold_nothing_that_was_planted(kind):
    assert vocabulary.verdict_word(kind, True) == "supported"
    assert vocabulary.verdict_word(kind, False) == "not supported"
    for planted in (True, False):
        with pytest.raises(SpecificationError, match="only simulated data"):
            vocabulary.verdict_word(kind, True, planted)


def test_an_unknown_kind_is_an_error_and_an_unknown_word_is_shown_in_grey():
    with pytest.raises(SpecificationError, match="'invented' is not a kind of data"):
        vocabulary.verdict_word("invented", True)
    strange = vocabulary.word("not recovered } </style>")
    assert (strange.word, strange.tone, strange.slug) == (
        "not recovered } </style>",
        "none",
        "not-recovered-style-",
    )


def test_a_tally_counts_words_in_their_order_and_words_that_it_does_not_know_last():
    tally = vocabulary.tally(["zero", "open", "missed", "an old word", "recovered", "missed"])
    assert [(word.word, count) for word, count in tally.items()] == [
        ("recovered", 1),
        ("missed", 2),
        ("open", 1),
        ("an old word", 1),
        ("zero", 1),
    ]
    assert vocabulary.tally([]) == {}


def test_style_sheets_take_every_colour_from_the_vocabulary():
    sheet = show.css()
    for name, tone in TONES.items():
        assert f"--wb-{name}: {tone.light};" in sheet
        assert sheet.count(f"--wb-{name}: {tone.dark};") == 2  # the system's dark setting and JupyterLab's
    for word in vocabulary.VERDICT_WORDS.values():
        assert f".wb-word-{word.slug} {{" in sheet
    variables = re.compile(r"--wb-(?:yes|no|none|alarm|clear|printed|simulated|public|user):\s*#")
    package = style_sheets.TEMPLATES.parents[1]
    for path in (*style_sheets.TEMPLATES.glob("*.css"), *(package / "show").rglob("*.css")):
        assert not variables.search(path.read_text(encoding="utf-8")), path
    assert variables.search(sheet)  # what the loop looks for is written so


def test_names_that_a_message_lists_are_labelled_and_english_words_before_are_not():
    labels = {"value": "Worth", "use_1": "Use", "n": "Number"}
    for text, said in (
        ("no value: look at value, other", "no value: look at Worth, other"),
        ("use_1 and q_2 alone", "Use and q_2 alone"),
        ("value: 3 rows in value = value, n = 3", "Worth: 3 rows in Worth = value, n = 3"),
        ("negative variance: value; look at use_1 (r = 1)", "negative variance: Worth; look at Use (r = 1)"),
    ):
        assert vocabulary.labelled(text, labels) == said
