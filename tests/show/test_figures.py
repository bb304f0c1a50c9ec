"""Figures: deterministic SVG with an alternative text, closed after showing."""

import base64
import re

import pytest

from workbench import show
from workbench.errors import SpecificationError
from workbench.show import theme
from workbench.show.figures import svg


def draw():
    figure, axes = show.canvas()
    axes.plot([0, 1], [0.123456, 2])
    axes.set_xlabel("顾客满意度")
    return figure


def test_two_runs_give_the_same_picture_without_date_or_script():
    first = show.figure(draw(), title="T", alt="A line.")
    second = show.figure(draw(), title="T", alt="A line.")
    assert first == second
    drawing = base64.b64decode(re.search(r"base64,([^\"]+)", first.html)[1]).decode()
    assert "<script" not in drawing
    assert "<dc:date>" not in drawing


def test_title_alt_and_note_are_escaped():
    html = show.figure("<svg/>", title="<b>", alt='"><img>', note="<i>", name="x").html
    assert "<strong>&lt;b&gt;</strong></figcaption>" in html
    assert 'alt="&quot;&gt;&lt;img&gt;"' in html
    assert "<i>" not in html


def test_a_figure_without_a_text_for_the_blind_is_refused():
    with pytest.raises(SpecificationError, match="alternative text"):
        show.figure(draw(), title="T", alt=" ")


def test_figures_of_pyplot_are_closed():
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, _ = plt.subplots()
    show.figure(figure, title="T", alt="Empty axes.")
    assert figure.number not in plt.get_fignums()


def test_slope_chart_names_every_firm_and_the_mean_gain():
    from workbench.datasets import open_dataset
    from workbench.evaluation import before_after, gain_relation
    from workbench.show.figures.before_after import gain_scatter, slope_chart

    firms = open_dataset("ten_firms").responses.set_index("industry")
    found = before_after.compare(firms["satisfaction_before"], firms["satisfaction_after"])
    other = before_after.compare(firms["loyalty_before"], firms["loyalty_after"])
    axes = slope_chart({"Satisfaction": found}).axes[0]
    texts = " ".join(text.get_text() for text in axes.texts)
    assert all(industry in texts for industry in firms.index)
    assert "+21.5" in texts
    relation = gain_relation.relate_gains(found.pairs["gain"], other.pairs["gain"])
    texts = [text.get_text() for text in gain_scatter(relation, x="x", y="y", name=["Energy"]).axes[0].texts]
    assert "without Energy" in texts
    assert "Automotive parts, Clothing" in texts


def test_contrast_is_that_of_the_guidelines():
    assert theme.contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert theme.contrast((1, 0, 0), (1, 1, 1)) == pytest.approx(4.0, abs=0.005)  # pure red on white


@pytest.mark.parametrize(
    ("ground", "letters"),
    [
        *((ground, theme.ON_LIGHT) for ground in ("#ffffff", "#56B4E9", "#F0E442", "#D55E00")),
        *((ground, theme.ON_DARK) for ground in ("#0072B2", "#1f2328")),
    ],
)
def test_letters_on_a_ground_have_the_contrast_that_reading_needs(ground, letters):
    from matplotlib.colors import to_rgb

    assert theme.letters_on(to_rgb(ground)) == letters
    assert theme.contrast(to_rgb(letters), to_rgb(ground)) > 3.9


def test_a_large_cloud_is_a_picture_and_its_words_stay_words():
    def cloud(points):
        figure, axes = show.canvas()
        axes.scatter(range(points), range(points))
        axes.set_xlabel("满意度")
        return svg(figure)

    small, large = cloud(100), cloud(3000)
    assert "<image" not in small
    assert "data:image/png;base64," in large
    assert "满意度" in large
    assert len(large) < 3 * len(small)


def test_dollars_of_a_users_words_are_no_mathematics_wherever_they_stand():
    hostile = "Pays $20% more than $30"
    figure, axes = show.canvas()
    axes.plot([1, 2], [1, 1000], label=f"{hostile} in the legend")
    axes.set(title=f"{hostile} in the title", xlabel="Under $50 or over $100")
    axes.set_xticks([1, 2], ["a$b$c", "costs \x01 $x_$"])
    axes.set_yscale("log")
    axes.annotate(f"{hostile} beside", (1, 1))
    axes.legend()
    drawing = svg(figure)
    for words in ("in the legend", "in the title", "beside"):
        assert f"{hostile} {words}" in drawing
    assert "Under $50 or over $100" in drawing
    assert "a$b$c" in drawing
    assert "costs \ufffd $x_$" in drawing
