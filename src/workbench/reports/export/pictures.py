"""Figures as files: SVG as the page has it, PNG for programs that do not draw SVG."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

FONT = "Noto Sans SC"
ZOOM = 3.0  # about 300 dots an inch at the width of a page


def png(svg: str, *, zoom: float = ZOOM) -> bytes:
    """Draw an SVG as PNG on white.

    Parameters
    ----------
    svg : markup. zoom : pixels for one of the drawing's units.
    """
    import resvg_py

    drawn = resvg_py.svg_to_bytes(
        svg_string=svg, background="#ffffff", zoom=zoom, dpi=96.0, font_family=FONT, font_dirs=_folders()
    )
    return bytes(drawn)


def _folders() -> list[str]:
    """Folders of fonts that come with the packages: a machine may have none of its own."""
    import matplotlib

    found = [Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
    chinese = find_spec("zhplot")
    if chinese and chinese.submodule_search_locations:
        found.append(Path(chinese.submodule_search_locations[0]) / "fonts")
    return [str(path) for path in found if path.is_dir()]
