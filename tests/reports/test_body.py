"""What a page's body gets beyond its cells."""

import lxml.html
import pytest

from workbench.reports import body, markup, typesetting


def tree(html):
    return lxml.html.fragment_fromstring(html, create_parent="div")


def written(root):
    return lxml.html.tostring(root, encoding="unicode")


def test_tables_and_figures_are_counted_each_by_itself():
    root = tree(
        '<div class="wb-table-box"><table><caption>Means</caption></table></div>'
        "<figure><figcaption>A finding</figcaption></figure>"
        '<div class="wb-table-box"><table><caption>Paths</caption></table><p class="wb-note">n = 3.</p></div>'
    )
    items = body.number(root, {"Paths": "paths", "Found in 5\N{NARROW NO-BREAK SPACE}% of samples": "found"})
    assert [(one.word, one.number, one.title, one.anchor) for one in items] == [
        ("Table", 1, "Means", "table-1"),
        ("Figure", 1, "A finding", "figure-1"),
        ("Table", 2, "Paths", "table-2"),
    ]
    page = written(root)
    assert '<table id="table-2">' in page
    assert '<figure id="figure-1">' in page
    assert page.count("tables/paths.csv") == 1
    assert page.index("tables/paths.csv") < page.index("n = 3.")


def test_code_with_nothing_shown_between_stands_behind_one_mark():
    one = '<details class="code"><summary>code</summary><pre class="source">{}</pre></details>'
    root = tree(one.format("a") + "\n" + one.format("b") + "<p>shown</p>" + one.format("c"))
    body.gather_code(root)
    marks = root.findall("details")
    assert [[pre.text for pre in mark.findall("pre")] for mark in marks] == [["a", "b"], ["c"]]


def test_numbers_of_studies_become_links_where_the_index_has_them():
    root = tree("<p>See study 03, studies 04 and 05, study 09; <code>study 03</code>. 03 of them.</p>")
    body.link_studies(root, {"03", "04", "05"}, "../index.html")
    links = root.findall(".//a")
    assert [link.get("href") for link in links] == [f"../index.html#study-0{number}" for number in (3, 4, 5)]
    assert root.text_content() == "See study 03, studies 04 and 05, study 09; study 03. 03 of them."


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("by factor analysis (因子分析, EFA)", [("因子分析", "zh-Hans")]),
        ("D2: 客戶關係管理系統效能", [("客戶關係管理系統效能", "zh-Hant")]),
        ("title 《顾客满意度与CRM关系》 end", [("《顾客满意度与", "zh-Hans"), ("关系》", "zh-Hans")]),
        ("the sample “fewer signs of carelessness” was", []),
        ("it says “客户满意” here", [("“客户满意”", "zh-Hans")]),
        ("no run here", []),
    ],
)
def test_runs_of_chinese_say_their_script(text, runs):
    root = tree(f"<p>{text}</p>")
    body.mark_languages(root)
    found = [(span.text, span.get("lang")) for span in root.iter("span")]
    assert found == runs
    assert root.text_content() == text
    assert lxml.html.fragment_fromstring(f"<p>{typesetting.line(text)}</p>").text_content() == text


def test_formulas_stay_what_they_are():
    root = tree(r"<p>$x_{\text{客户}}$ and 客户</p>")
    markup.with_mathematics(root)
    formula = written(root).partition("</math>")[0]
    body.mark_languages(root)
    body.link_studies(root, {"03"}, "")
    spoken = formula.replace("<mtext>", '<mtext lang="zh-Hans">')
    assert written(root).startswith(spoken + "</math>")
    assert written(root).count("<span") == 1


def test_what_is_marked_already_is_left_alone_and_text_is_no_markup():
    root = tree('<p lang="zh-Hant">客戶</p><code>客户</code>')
    before = written(root)
    body.mark_languages(root)
    assert written(root) == before
    assert "&lt;b&gt;" in typesetting.line("<b>客户")


def test_a_row_that_decides_has_an_anchor():
    row = '<tr><th scope="row">D0-2 every pair</th><td>rule</td><td>{}</td></tr>'
    chip = '<span class="wb-chip wb-word-recovered">recovered</span>'
    root = tree(f'<table class="wb-table wb-hypotheses"><tbody>{row.format(chip)}</tbody></table>')
    assert body.anchor_verdicts(root) == {"D0-2 every pair"}
    assert root.find(".//tr").get("id") == body.verdict_anchor("D0-2 every pair") == "verdict-D0-2-every-pair"
    undecided = tree(f'<table class="wb-table wb-hypotheses"><tbody>{row.format("")}</tbody></table>')
    assert body.anchor_verdicts(undecided) == set()


def test_only_the_line_without_warnings_goes():
    root = tree(
        '<div class="output"><p class="wb-quiet">No warnings from this analysis.</p></div>'
        '<p class="wb-quiet">Quiet.</p>'
    )
    body.drop_empty(root)
    assert written(root) == '<div><p class="wb-quiet">Quiet.</p></div>'


def test_what_scrolls_can_be_reached_by_keys_and_no_head_is_empty():
    root = tree(
        '<div class="wb-table-box"><table><caption>Paths</caption><thead><tr><th scope="col"></th>'
        '<th scope="col">β</th></tr></thead></table></div><pre>x</pre>'
    )
    body.open_to_keyboard(root)
    box = root.find("div")
    assert (box.get("tabindex"), box.get("aria-label")) == ("0", "Paths")
    assert root.find("pre").get("tabindex") == "0"
    assert [cell.tag for cell in root.find(".//tr")] == ["td", "th"]


def test_the_name_of_a_numbered_table_has_no_empty_part():
    root = tree('<div class="wb-table-box"><table><caption> Paths</caption></table></div>')
    body.number(root, {})
    body.open_to_keyboard(root)
    assert root.find("div").get("aria-label") == "Table 1. Paths"


def test_columns_of_words_have_room_and_numbers_as_much_as_they_need():
    rows = "".join(f'<tr><td>{word}</td><td>{long}</td><td class="wb-num">1</td></tr>'
                   for word, long in (("no", "an entry of many words and more"), ("a", "short")))  # fmt: skip
    heads = "<tr><th>A</th><th>B</th><th>C</th></tr>"
    tree = lxml.html.fromstring(
        f'<div><table class="wb-table"><thead>{heads}</thead><tbody>{rows}</tbody></table></div>'
    )
    body.give_room(tree)
    assert [head.get("style") for head in tree.iter("th")] == [
        None,
        f"min-width: min({body.MOST_ROOM}em, {body.PHONE[1]}vw)",
        None,
    ]


def test_columns_are_narrowed_alike_and_none_below_its_longest_word():
    wanted = [10.0, 20.0, 20.0, 10.0]
    body.narrow(wanted, [2.0, 15.0, 2.0, 10.0], [0, 1, 2], 45.0)
    assert wanted == pytest.approx([20 / 3, 15.0, 40 / 3, 10.0])
    wanted = [10.0, 10.0]
    body.narrow(wanted, [9.0, 8.0], [0, 1], 12.0)
    assert wanted == [9.0, 8.0]


def test_a_table_of_sentences_tells_a_phone_what_its_cells_are():
    def table(*cells):
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        heads = "<tr><th>Way</th><th>Uses</th><th>Right if</th></tr>"
        inside = f'<table class="wb-table"><thead>{heads}</thead><tbody><tr>{row}</tr></tbody></table>'
        made = tree(f"<div>{inside}</div>")
        body.give_room(made)
        return made.find(".//table")

    long = table("pairwise", "every answer that any two questions have", "gaps depend on nothing else at all")
    assert long.get("class") == "wb-table by-rows"
    assert [cell.get("data-head") for cell in long.iter("td")] == [None, "Uses", "Right if"]
    assert table("pairwise", "all", "never").get("class") == "wb-table"


def test_a_heading_goes_with_what_stood_under_it():
    root = tree(
        '<section class="prose"><h2>Found</h2></section><details class="code">x</details>'
        '<section class="prose"><h2>What could go wrong</h2><p>All.</p></section>'
        '<section class="prose"><h2>Verdict</h2></section><div class="output">yes</div>'
        '<section class="prose"><h2>Part</h2></section><section class="prose"><h3>First</h3></section>'
    )
    body.drop_headings_of_nothing(root)
    assert [one.text for one in root.iter("h2", "h3")] == ["What could go wrong", "Verdict", "Part", "First"]
    assert root.find("details") is not None


def test_warnings_of_one_kind_are_folded_behind_the_first():
    said = [
        *(f"abc: sales_support: {n} respondents have missing answers: pairwise, on {n}9" for n in (3, 4)),
        "mobi: loyalty: 5 respondents have missing answers: pairwise, on 9",
        "the model did not converge",
        *(f"group {n}: switch_1 and switch_{n} correlate 0.99{n}: nearly the same item" for n in (2, 3)),
    ]
    items = "".join(f"<li>{one}</li>" for one in said)
    root = tree(f'<div class="wb-warnings"><strong>Warnings</strong><ul>{items}</ul></div>')
    body.fold_alike(root)
    top = root.find(".//ul").findall("li")
    said = [f"{text.replace('_s', ' s')}." for text in said]  # each a sentence
    assert [one.text for one in top] == [said[0], *said[3:]]
    assert [one.text for one in top[0].findall("details/ul/li")] == said[1:3]
    assert top[0].findtext("details/summary") == "2 more of this kind"


def test_the_name_of_a_group_stands_beside_all_its_rows():
    rows = (("a", "x", "1"), ("", "y", "2"), ("b", "x", "3"), ("", "", "4"))
    cells = "".join(f'<tr><th>{a}</th><th>{b}</th><td class="wb-num">{n}</td></tr>' for a, b, n in rows)
    heads = "<tr><th>A</th><th>B</th><th>n</th></tr>"
    root = tree(f'<table class="wb-table"><thead>{heads}</thead><tbody>{cells}</tbody></table>')
    body.span_groups(root)
    found = [[(cell.text, cell.get("rowspan")) for cell in row] for row in root.findall(".//tbody/tr")]
    assert found == [
        [("a", "2"), ("x", None), ("1", None)],
        [("y", None), ("2", None)],
        [("b", "2"), ("x", "2"), ("3", None)],
        [("4", None)],
    ]
    assert root.find("table").get("class") == "wb-table spanned"


def test_numbers_under_a_short_head_do_not_break_it():
    heads = "<tr><th>Sample</th><th>Left out</th><th>Lowest loading</th></tr>"
    row = '<tr><td>all</td><td class="wb-num">1</td><td class="wb-num">2</td></tr>'
    root = tree(f'<table class="wb-table"><thead>{heads}</thead><tbody>{row}</tbody></table>')
    body.give_room(root)
    assert [one.text for one in root.iter("th")] == ["Sample", "Left\xa0out", "Lowest loading"]


def test_a_title_ends_without_a_full_stop():
    root = tree("<figure><figcaption><strong>None of 4 finds anything.</strong></figcaption></figure>")
    body.number(root, {})
    assert root.find(".//div[@class='wb-title']").text_content() == "None of 4 finds anything"
