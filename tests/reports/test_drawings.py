"""Drawings inside pages: what is harmless of an SVG stands there, readable, and nothing else."""

import base64

import lxml.etree
import lxml.html
import pytest

from workbench.reports import drawings, row_labels
from workbench.show.figures import canvas, svg


def rows(names, height=2.4, **options):
    figure, axes = canvas(width=5, height=height, **options)
    places = range(len(names))
    axes.hlines(places, 1, 3, color="#0072B2")
    axes.plot([2] * len(names), places, "o")
    axes.axvline(0)
    axes.set_yticks(places, names)
    return drawings.drawn(address(svg(figure)), "d1-", "rows")


def test_names_of_rows_stand_above_them_too_where_there_is_room():
    long = [f"A rather long name of row {number}" for number in range(4)]
    made = rows(long)
    above = [one for one in made.iter("text") if one.get("class") == row_labels.ABOVE]
    beside = [one.get("class") for one in made.iter("g") if "ytick_" in one.get("id", "")]
    assert sorted(one.text for one in above) == long
    assert beside == [row_labels.BESIDE] * 4
    marks = sorted(float(one.get("y")) for one in made.iter("use") if float(one.get("x")) > 200)
    names = sorted(float(one.get("y")) for one in above)
    assert all(name < mark for name, mark in zip(names, marks[:4], strict=True))
    assert made.get("class") == "rows"
    assert "--cut" in made.get("style")
    assert "A rather long name" in (alone := drawings.standalone(made))
    assert alone.count("A rather long name") == 4


@pytest.mark.parametrize(
    ("names", "height"), [(["a", "b", "c"], 2.4), ([f"A rather long name {n}" for n in range(40)], 3.0)]
)
def test_names_that_are_short_or_have_no_room_stay_beside_their_rows(names, height):
    made = rows(names, height)
    assert made.get("class") is None
    assert not [one for one in made.iter("text") if one.get("class")]


def address(text):
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def drawn(inside, size='width="80pt" height="40pt" viewBox="0 0 80 40"'):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}>'
    made = drawings.drawn(address(f"{head}{inside}</svg>"), "d1-", "what is seen")
    return None if made is None else lxml.etree.tostring(made, encoding="unicode")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<style>* { fill: url(https://a.example/) }</style>",
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<a xlink:href='javascript:alert(1)'><rect width='1' height='1'/></a>",
        "<rect width='1' height='1' onload='alert(1)'/>",
        "<rect width='1' height='1' style='fill: url(https://a.example/x)'/>",
        "<rect width='1' height='1' fill='url(https://a.example/x)'/>",
        "<use xlink:href='https://a.example/x.svg#y'/>",
        "<image xlink:href='https://a.example/x.png' width='1' height='1'/>",
        "<image xlink:href='data:image/svg+xml;base64,AAAA' width='1' height='1'/>",
        "<animate attributeName='href' to='javascript:alert(1)'/>",
        "<set attributeName='onload' to='alert(1)'/>",
        "<rect width='1' height='1' style='behavior: x; position: fixed; background: red'/>",
    ],
)
def test_nothing_that_runs_or_asks_outside_is_drawn(inside):
    page = drawn(inside + "<circle r='3'/>")
    assert "<circle" in page  # the rest stands
    for word in (
        "script",
        "style>",
        "foreign",
        "javascript",
        "onload",
        "a.example",
        "svg+xml",
        "animate",
        "<set",
    ):
        assert word not in page, word
    assert "position" not in page


def test_what_a_figure_is_made_of_stays():
    page = drawn(
        "<defs><clipPath id='p'><rect width='9' height='9'/></clipPath><path id='m' d='M0 0 L1 1'/></defs>"
        "<g clip-path='url(#p)' style='fill: #0072b2; stroke-width: 2'><use xlink:href='#m' x='3' y='4'/></g>"
        "<text style=\"font: italic 700 12px 'DejaVu Sans'; text-anchor: middle\">a &lt;b&gt; 满意</text>"
        "<g><title>r = .5</title><rect width='2' height='2'/></g>"
    )
    for part in (
        'id="d1-p"',
        'clip-path="url(#d1-p)"',
        'href="#d1-m"',
        'stroke-width="2"',
        'font-size="12px"',
        'font-weight="700"',
        'font-style="italic"',
        "a &lt;b&gt; 满意",
        "<title>r = .5</title>",
        'aria-label="what is seen"',
        'role="img"',
    ):
        assert part in page, part


@pytest.mark.parametrize(
    "text", ["", "no drawing", "<p/>", "<svg", "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>"]
)
def test_what_is_no_drawing_stays_a_picture(text):
    made = drawings.drawn(address(text), "d1-", "")
    assert made is None
    body = lxml.html.fragment_fromstring(f'<div><figure><img src="{address(text)}" alt=""></figure></div>')
    drawings.inline(body)
    assert body.find(".//img") is not None


def test_no_letter_is_shown_smaller_than_the_least():
    wide = 'width="1000" height="10" viewBox="0 0 1000 10"'
    assert "min-width: 2200px" in drawn(
        "<text font-size='5'>small</text><text font-size='20'>large</text>", wide
    )
    assert "min-width: 1100px" in drawn("<text font-size='10'>x<tspan font-size='5'>2</tspan></text>", wide)
    assert "min-width: 1000px" in drawn("<rect width='3' height='3'/>", wide)


def test_ink_and_paper_follow_the_page_and_come_back_in_a_file():
    fig, axes = canvas()
    axes.plot([1, 2], [3, 4])
    axes.set_title("R² = .51, 满意")
    body = lxml.html.fragment_fromstring(
        f'<div><figure><img src="{address(svg(fig))}" alt="a line"></figure></div>'
    )
    drawings.inline(body)
    page = lxml.html.tostring(body, encoding="unicode")
    assert "<img" not in page
    assert "var(--wb-ink)" in page
    assert "R² = .51, 满意" in page  # words, not outlines
    alone = drawings.standalone(lxml.html.fragment_fromstring(page).find(".//svg"))
    assert "var(" not in alone
    root = lxml.etree.fromstring(alone)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.get("width")) == pytest.approx(float(root.get("viewBox").split()[2]), rel=1e-4)
    assert root.find(".//{*}clipPath") is not None  # the name is written as SVG writes it


def test_two_drawings_share_no_identifier():
    one = address(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path id="m" d="M0 0"/>'
        '<use href="#m"/></svg>'
    )
    body = lxml.html.fragment_fromstring(f'<div><img src="{one}" alt=""><img src="{one}" alt=""></div>')
    drawings.inline(body)
    names = body.xpath(".//@id")
    assert len(names) == len(set(names)) == 2


def test_what_no_reader_sees_of_a_drawing_is_taken_off():
    page = drawn(
        "<defs><path id='m' d='M0 0 L1 1'/></defs><g id='xtick_1'>"
        "<g id='axis'><use xlink:href='#m' x='3.123456' y='-4.5'/>"
        "<text x='1.005001' transform='rotate(-0 3.1 4.2)'>a</text>"
        "<text transform='rotate(-90 3.1 4.2)'>b</text></g></g>"
    )
    for part in ('id="d1-m"', 'x="3.12"', 'y="-4.5"', 'x="1.01"', "rotate(-90 3.1 4.2)"):
        assert part in page, part
    assert "axis" not in page
    assert "rotate(-0" not in page
