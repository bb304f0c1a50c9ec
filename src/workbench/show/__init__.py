"""What a result looks like: tables, figures, banners, verdicts, for notebooks and reports alike.

First cell of a notebook: ``from workbench import show`` and ``show.setup()``.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from workbench import vocabulary
from workbench.show.cited_works import references
from workbench.show.figures import canvas, figure
from workbench.show.html import Shown, together
from workbench.show.prose import counted, listed, paragraph, points, when
from workbench.show.results import draws, register_with_ipython, result
from workbench.show.study import answer, banner, hypotheses, verdicts, warnings
from workbench.show.tables import table

__all__ = [
    "Shown",
    "answer",
    "banner",
    "canvas",
    "counted",
    "css",
    "draws",
    "figure",
    "hypotheses",
    "listed",
    "paragraph",
    "points",
    "references",
    "result",
    "setup",
    "table",
    "together",
    "verdicts",
    "warnings",
    "when",
]


@cache
def css() -> str:
    """The style of tables, figures, banners and chips, for notebooks and for the report's page.

    Examples
    --------
    >>> from workbench import show
    >>> "@media (prefers-color-scheme: dark)" in show.css()
    True
    """
    light, dark = vocabulary.style_variables(), vocabulary.style_variables(dark=True)
    colours = (
        f"body {{ {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ body:not([data-jp-theme-light]) {{ {dark} }} }}\n"
        f'body[data-jp-theme-light="false"] {{ {dark} }}\n'
    )
    rules = (Path(__file__).parent / "assets" / "tables.css").read_text(encoding="utf-8")
    return f"{colours}{rules}{vocabulary.style_rules()}\n"


def setup() -> None:
    """Prepare a notebook, once, in its first cell: the figures' theme, the display of results, the style.

    The style is one hidden output in JupyterLab (light and dark); the report's page brings its own copy.
    Outside a notebook nothing is displayed.

    Examples
    --------
    >>> from workbench import show
    >>> show.setup()
    """
    from workbench.show import theme

    theme.apply()
    # Without IPython loaded there is no shell to register with, and no need to import one.
    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is None:
        return
    register_with_ipython(shell)
    display({"text/html": f"<style>{css()}</style>", "text/plain": "Workbench style loaded."}, raw=True)
