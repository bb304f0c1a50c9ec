"""Style sheets of pages: what a page uses, without what only JupyterLab needs, and the font of formulas."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{};]+)\{")
# Selectors that match in JupyterLab alone: its wrapper of results, its dark theme.
_OF_A_NOTEBOOK = re.compile(r'\.jp-RenderedHTMLCommon\b|\[data-jp-theme-light="false"\]')
_WITHOUT_A_THEME = ":not([data-jp-theme-light])"


@cache
def styles(*names: str) -> str:
    """CSS of a page: what results look like, what every page has, and the page's own sheets.

    Parameters
    ----------
    names : files of ``templates/`` after ``base.css``.
    """
    from workbench import show

    own = [(TEMPLATES / name).read_text(encoding="utf-8") for name in ("base.css", *names)]
    return _short(_outside_notebooks(_COMMENT.sub("", show.css())) + "".join(own))


def _outside_notebooks(sheet: str) -> str:
    """A sheet without the selectors that match in JupyterLab alone; a rule that has no other goes."""
    parts, position = [], 0
    for rule in _RULE.finditer(sheet):
        if rule.start() < position:
            continue
        parts.append(sheet[position : rule.start()])
        kept = [one for one in rule[1].split(",") if not _OF_A_NOTEBOOK.search(one)]
        if kept or rule[1].strip().startswith("@"):
            parts.append(",".join(kept).replace(_WITHOUT_A_THEME, "") + "{")
            position = rule.end()
        else:
            position = sheet.index("}", rule.end()) + 1
    return "".join([*parts, sheet[position:]])


def _short(sheet: str) -> str:
    """A sheet without comments and without blanks that say nothing."""
    lines = re.sub(r"\s+", " ", _COMMENT.sub("", sheet))
    return re.sub(r";?\s*([{};])\s*", r"\1", lines)


@cache
def math_font() -> str:
    """CSS that brings the font of the formulas (made by ``tools/math_font.py``), inside the page."""
    data = base64.b64encode((TEMPLATES / "math.woff2").read_bytes()).decode()
    return (
        '@font-face { font-family: "Workbench Math"; '
        f'src: url(data:font/woff2;base64,{data}) format("woff2"); }}\n'
        'math { font-family: "Workbench Math", "STIX Two Math", "Cambria Math", "Noto Sans SC", '
        '"Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", math; }\n'
    )
