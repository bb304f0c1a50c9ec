"""Figures as files: SVG as the page has it, PNG for programs that do not draw SVG."""

from __future__ import annotations

ZOOM = 3.0  # about 300 dots an inch at the width of a page


def png(svg: str, *, zoom: float = ZOOM) -> bytes:
    """Draw an SVG as PNG on white.

    Parameters
    ----------
    svg : markup. zoom : pixels for one of the drawing's units.
    """
    import resvg_py

    drawn = resvg_py.svg_to_bytes(
        svg_string=svg, background="#ffffff", zoom=zoom, dpi=96.0, font_family="Arial"
    )
    return bytes(drawn)
