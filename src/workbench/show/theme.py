"""One look for every figure: colours, type, rules, and a Chinese font where one can be found."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Okabe and Ito's eight colours, told apart with any colour vision, and grey for context; orange and sky are
# darker than theirs, for a mark needs a contrast of 3 on white.
BLACK, ORANGE, SKY, GREEN = "#1f2328", "#C28500", "#3793CF", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
# Letters on a coloured ground: they stay as they are where a page turns ink and paper over in the dark.
ON_LIGHT, ON_DARK = "#040506", "#fefefe"
GREY, PALE = "#8b949e", "#d8dde3"
SOFT, TINT = "#57606a", "#e9f1f8"  # small letters of a path diagram, and the ground of its outcomes
# The same hues for letters, which need a contrast of 4.5; a page lightens them in the dark.
LETTERS_BY_NAME = {
    "blue": "#0069a4",
    "vermilion": "#ad4a00",
    "green": "#00704f",
    "orange": "#875f00",
    "purple": "#9a4d7b",
    "sky": "#1f6fa8",
}
LETTERS = dict(zip((BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY), LETTERS_BY_NAME.values(), strict=True))
LETTERS[GREY] = SOFT
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK)

CHINESE_FONTS = ("Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei")


def fonts() -> list[str]:
    """Font families in the order of choice; the file that the `zh` extra brings is registered first."""
    from matplotlib import font_manager

    package = find_spec("zhplot")
    if package and package.submodule_search_locations:
        for path in sorted(Path(package.submodule_search_locations[0]).glob("fonts/*.ttf")):
            font_manager.fontManager.addfont(path)
    known = set(font_manager.fontManager.get_font_names())
    return [*(font for font in CHINESE_FONTS if font in known), "DejaVu Sans"]


def apply() -> None:
    """Set matplotlib's defaults to the workbench's theme; figures keep a light card in dark mode."""
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update(
        {
            "font.family": fonts(),
            "font.size": 10.5,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.titleweight": "normal",
            "axes.labelsize": 10.5,
            "axes.labelcolor": BLACK,
            "axes.edgecolor": GREY,
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=CYCLE),
            "axes.unicode_minus": True,
            "grid.color": PALE,
            "grid.linewidth": 0.7,
            "xtick.color": BLACK,
            "ytick.color": BLACK,
            "xtick.major.size": 3,
            "ytick.major.size": 3,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "figure.figsize": (7.2, 4.4),
            "figure.facecolor": "white",
            "figure.dpi": 100,
            "savefig.facecolor": "white",
            "svg.fonttype": "none",
            "svg.hashsalt": "workbench",
        }
    )


def backing() -> dict[str, Any]:
    """Box behind a label that a line passes, for ``bbox=``; a stroked halo makes the SVG much larger."""
    return {"facecolor": "white", "edgecolor": "none", "alpha": 0.9, "pad": 2.5}


def area(colour: str, opacity: float) -> dict[str, Any]:
    """A filled area whose edge is seen where its ground is faint: a band, a region, a pale bar."""
    from matplotlib.colors import to_rgba

    return {"facecolor": to_rgba(colour, opacity), "edgecolor": colour, "linewidth": 0.8}


def letters(colour: Any) -> Any:
    """The colour in which letters are written that belong to marks of a colour of the theme."""
    return LETTERS.get(colour, colour) if isinstance(colour, str) else colour


def letters_on(ground: Sequence[float]) -> str:
    """Colour of letters on a coloured ground (red, green, blue, each 0 to 1): the one with more contrast."""
    from matplotlib.colors import to_rgb

    return max((ON_LIGHT, ON_DARK), key=lambda letters: contrast(to_rgb(letters), ground))


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """Contrast of two colours as in WCAG 2.2: (L + 0.05) / (l + 0.05) of their relative luminances."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Sequence[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
