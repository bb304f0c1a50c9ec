"""The order in which text, tables and figures stand in a Word file."""

from workbench.reports.export import word_columns, word_pages
from workbench.reports.export.document import Figure, Heading, Paragraph, Run, Table


def text(letters, kind="paragraph", end="."):
    return Paragraph((Run("Word " * (letters // 5) + end),), kind)


def figure(high, title="F"):
    return Figure(title, f'<svg width="100" height="{100 * high / 15.92}"></svg>', "", "")


def order(*blocks, used=0.0):
    places = {id(block): place for place, block in enumerate(blocks)}
    return [(places[id(one.block)], round(one.share, 2)) for one in word_pages.arranged(blocks, used=used)]


def test_text_goes_before_a_figure_that_has_no_room_and_fills_the_page():
    first, tall, long, rest = text(300), figure(12.0), text(2300), text(300)
    assert order(first, tall, long, rest) == [(0, 1), (1, 1), (2, 1), (3, 1)]
    assert order(first, tall, long, rest, used=15.0) == [(0, 1), (2, 1), (1, 1), (3, 1)]


def test_a_figure_shrinks_a_little_where_it_then_fits():
    ((_, share),) = order(figure(12.0), used=word_pages.PAGE - 12.0)
    assert word_pages.SMALLEST <= share < 1
    assert order(figure(12.0), text(5), used=word_pages.PAGE - 6.0) == [(1, 1), (0, 1)]


def test_no_page_is_filled_to_the_last_line_that_is_only_reckoned():
    needed = word_pages._start(figure(12.0))
    ((_, share),) = order(figure(12.0), used=word_pages.PAGE - needed)
    assert share * needed <= needed - word_pages.UNSURE + 0.01 * needed


def test_two_figures_that_wait_shrink_to_one_page():
    blocks = (figure(13.0), figure(13.0), text(300))
    (_, *shares) = order(*blocks, used=20.0)
    assert [place for place, _ in shares] == [0, 1]
    assert len({share for _, share in shares}) == 1
    assert word_pages.SMALLEST <= shares[0][1] < 1


def test_nothing_comes_between_a_heading_and_its_text_nor_into_a_list_or_sentence():
    heading, one, two = Heading(1, "H"), text(1000, "bullet"), text(300, "bullet")
    blocks = (figure(12.0), heading, one, two, text(300))
    assert [place for place, _ in order(*blocks, used=20.0)] == [1, 2, 3, 0, 4]
    blocks = (figure(12.0), text(1000, end=":"), text(20), text(300))
    assert [place for place, _ in order(*blocks, used=20.0)] == [1, 2, 0, 3]


def test_tables_and_figures_keep_their_order_and_stand_before_the_references():
    small = Table("T", ("a", "b"), (("x", "y"),) * 3, (False, False), ())
    blocks = (figure(14.0), small, Heading(1, "References"), text(100, "reference"))
    assert [place for place, _ in order(*blocks, used=20.0)] == [0, 1, 2, 3]
    blocks = (figure(14.0), Heading(1, "Alone"), small, Heading(1, "Next"), text(20))
    assert [place for place, _ in order(*blocks, used=20.0)] == [1, 0, 2, 3, 4]


def test_a_table_of_nine_columns_stands_upright():
    heads = ("Sample", "Estimator", "n", *("On satisfaction", "95 % CI, satisfaction") * 2, "Tiers", "CI")
    row = ("screened", "ordered, every answer", "954", *("0.43", "[0.37, 0.49]") * 3)
    table = Table("T", heads, (row,) * 8, (False, False, *(True,) * 7), ())
    assert word_columns.fitting(table) == (8.0, False)


def test_a_head_over_numbers_takes_the_room_that_is_left():
    table = Table("T", ("", "Found with 80 %"), (("H1", "0.28"),), (False, True), ())
    _, broad = word_columns.column_widths(table, 16.0, 10)
    assert broad > word_columns.breadth("Found with 80 %", 10)


def test_words_in_brackets_break_and_an_interval_does_not():
    assert " " in word_columns.kept("[Table of modes of service] shallow relationships")
    assert " " not in word_columns.kept("[−0.05, 0.23]")
    assert " " not in word_columns.kept("[1,150 to 1,200]")


def test_columns_of_text_are_shared_so_that_the_table_is_low():
    rows = (("D0-1", "Long. " * 40, "Short rule"),) + (("D0-2", "", "A rule of several words, " * 4),) * 12
    table = Table("Hypotheses", ("Claim", "The document says", "Tested here"), rows, (False,) * 3, ())
    widths = word_columns.column_widths(table, 16.0, 10)
    by_length = word_columns._needs(table, 10)
    spare = 16.0 - sum(by_length[0])
    proportional = [least + more * spare / sum(by_length[1]) for least, more in zip(*by_length, strict=True)]
    assert sum(word_columns.heights(table, widths, 10)) < sum(word_columns.heights(table, proportional, 10))
    assert abs(sum(widths) - 16.0) < 1e-9
