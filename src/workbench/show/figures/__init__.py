"""Figures: a themed canvas, and one way to show it in a notebook and in a report.

Every module beside this one draws one kind of figure on axes that it is given or makes with ``canvas``.
"""

from __future__ import annotations

import base64
import io
import re
from html import escape
from typing import TYPE_CHECKING, Any

from workbench.errors import SpecificationError
from workbench.show.html import Shown, caption, tag

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_POINTS = 400  # of a cloud that is drawn point by point
RASTER = 100  # dots an inch of a cloud that is a picture
_DOLLAR = re.compile(r"(?<!\\)\$")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PATH_DATA = re.compile(r'(?<= d=")[^"]+|(?<= points=")[^"]+')
_LONG_DECIMAL = re.compile(r"-?\d+\.\d{3,}")


def canvas(
    rows: int = 1, columns: int = 1, *, width: float = 7.2, height: float = 4.4, **options: Any
) -> tuple[Figure, Any]:
    """Make a themed figure (inches) with its axes; without pyplot, so nothing is drawn twice or stays open.

    Parameters
    ----------
    rows, columns : of axes.
    width, height : of the figure, in inches.
    options : of ``matplotlib.figure.Figure.subplots``, such as ``sharey``.

    Returns
    -------
    tuple : the figure, and what ``matplotlib.figure.Figure.subplots`` returns.

    Examples
    --------
    >>> from workbench import show
    >>> figure, axes = show.canvas(1, 2)
    >>> len(axes)
    2
    """
    from matplotlib.figure import Figure

    from workbench.show import theme

    theme.apply()
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def widen(figure: Figure) -> None:
    """Part panels beside one another, so that the words at the ends of their axes do not run together."""
    engine: Any = figure.get_layout_engine()
    engine.set(w_pad=0.12)


def figure(fig: Any, *, title: str, alt: str, note: str | None = None, name: str | None = None) -> Shown:
    """Show a matplotlib figure (or seaborn grid, or SVG) with its finding as title and a text for the blind.

    Parameters
    ----------
    fig : matplotlib Figure, Axes or seaborn grid; or a str of SVG.
    title : the finding, or the question the figure answers.
    alt : what is to be seen, for readers who do not see it.
    note : small type beneath (n, intervals, data).
    name : a lower-case name, kept as the picture's ``data-name`` so that a page can find it.

    Examples
    --------
    >>> from workbench import show
    >>> figure, axes = show.canvas()
    >>> shown = show.figure(figure, title="Loyalty rises with use", alt="An empty frame")
    >>> "Loyalty rises with use" in shown.html
    True
    """
    if not title.strip() or not alt.strip():
        raise SpecificationError("a figure needs a title that says the finding and an alternative text")
    drawing = fig if isinstance(fig, str) else svg(fig)
    source = "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode()
    beneath = tag("p", escape(note), class_="wb-note", style="font-size: small") if note else ""
    html = tag(
        "figure",
        caption(title, "figcaption"),
        f'<img src="{source}" alt="{escape(alt)}">',
        beneath,
        class_="wb-figure",
        data_name=name,
    )
    text = "\n".join(filter(None, [f"Figure: {title}", alt, note]))
    return Shown(html, text)


def svg(fig: Any) -> str:
    """Write a matplotlib figure as SVG that is the same from run to run, and close it."""
    import matplotlib
    from matplotlib.text import Text

    from workbench.show import theme
    from workbench.show.figures import hover

    fig = getattr(fig, "figure", fig)
    for text in fig.findobj(Text):
        text.set_color(theme.letters(text.get_color()))
    for axes in fig.axes:
        for cloud in axes.collections:
            points = len(cloud.get_offsets()) if hasattr(cloud, "get_offsets") else 0
            # A point of a size of its own is written as a path of its own.
            sized = points and hasattr(cloud, "get_sizes") and len(cloud.get_sizes()) > 1
            if points > (MOST_POINTS / 5 if sized else MOST_POINTS):
                cloud.set_rasterized(True)  # a picture inside the drawing, whose words stay words
    _dollars_are_dollars(fig)
    texts = hover.name_groups(fig)
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "workbench", "svg.fonttype": "none"}):
        without_date = {"Date": None, "Creator": None}
        fig.savefig(buffer, format="svg", dpi=RASTER, metadata=without_date, bbox_inches="tight")
    if getattr(fig, "number", None) is not None:  # only figures made by pyplot have one
        import matplotlib.pyplot as plt

        plt.close(fig)
    drawing = _NOT_IN_XML.sub("\ufffd", buffer.getvalue())
    rounded = _PATH_DATA.sub(lambda path: _LONG_DECIMAL.sub(_shorter, path[0]), drawing)
    return hover.with_titles(rounded, texts)


def _dollars_are_dollars(fig: Figure) -> None:
    """Let no text of a figure be read as mathematics but what matplotlib itself writes (powers of ten).

    A label such as "Under $50 or over $100" would be set in italics, and "$20% more than $30" is no formula.
    """
    from matplotlib.text import Text

    for axes in fig.axes:
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_ticklabels(which="both")  # writes the words of its ticks
    for text in fig.findobj(Text):
        if isinstance(text, Text) and _DOLLAR.search(text.get_text()) and r"\math" not in text.get_text():
            text.set_parse_math(False)


def _shorter(decimal: re.Match[str]) -> str:
    """A hundredth of a point is finer than a screen; rounding takes off what differs between machines."""
    return f"{float(decimal[0]):.2f}"
