"""A path diagram as SVG: lines with their heads, circles and boxes, values in their halos, hover texts."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np

from workbench.show import numbers, theme
from workbench.show.path_layout import Item, Node
from workbench.show.path_parts import ITEM_SIZE, R2_SIZE, Arrow, Diagram, short, wrapped

MARGIN = 14.0
SPACES = numbers.NO_BREAK + numbers.THIN


def write(made: Diagram) -> str:
    """SVG text of a diagram."""
    layout, nodes = made.layout, made.nodes
    corners = [arrow.points for arrow in made.arrows]
    for name, node in nodes.items():
        corners.append(np.array(layout.nodes[name]) + np.array([[-1], [1]]) * np.array(node.half))
    for box in layout.items.values():
        corners.append(np.array((box.x, box.y)) + np.array([[-1], [1]]) * np.array(box.half))
    for arrow in made.arrows:
        corners.append(np.array(arrow.label) + np.array([[-1], [1]]) * np.array(arrow.half))
    every = np.concatenate(corners)
    note = f"{made.left_out} covariance{'s' * (made.left_out > 1)} not drawn" if made.left_out else ""
    low = every.min(axis=0) - MARGIN
    size = every.max(axis=0) + MARGIN - low + np.array([0, 16.0 if note else 0])
    wide, high = (f"{value:.0f}" for value in size)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        'font-family="Helvetica, Arial, Noto Sans SC, Noto Sans CJK SC, sans-serif" '
        f'text-anchor="middle" fill="{theme.BLACK}">',
        f'<rect width="{wide}" height="{high}" rx="8" fill="#ffffff"/>',
        f'<g transform="translate({-low[0]:.1f} {-low[1]:.1f})">',
    ]
    parts += [_line(arrow) for arrow in made.arrows]
    parts += [_node(node, layout.nodes[name], made) for name, node in nodes.items()]
    parts += [_item(name, box, made.labels) for name, box in layout.items.items()]
    parts += [_text_on(arrow, arrow.label) for arrow in made.arrows if arrow.label is not None]
    parts.append("</g>")
    if note:
        parts.append(f'<text x="{float(wide) - 10:.0f}" y="{float(high) - 8:.0f}" font-size="12" '
                     f'text-anchor="end" fill="{theme.SOFT}">{note}</text>')  # fmt: skip
    return "\n".join([*parts, "</svg>"])


def _line(arrow: Arrow) -> str:
    """A line with its head or heads, and its hover text."""
    points = arrow.points
    long, broad = (5.5, 2.3) if arrow.small else (7.5 + 0.9 * arrow.stroke, 3.4 + 0.55 * arrow.stroke)
    end = _base(points, long)
    start = _base(points[::-1], long) if arrow.double else points[0]
    keep = points[(np.hypot(*(points - points[-1]).T) > long) | (np.arange(len(points)) == 0)]
    if arrow.double:
        keep = keep[np.hypot(*(keep - points[0]).T) > long]
    middle = keep[1:-1:3] if _bent(points) else keep[:0]
    way = " L".join(f"{x:.1f} {y:.1f}" for x, y in (start, *middle, end))
    colour = theme.SOFT if arrow.small else theme.BLACK
    dash = "" if arrow.value.clear else ' stroke-dasharray="6 4"'
    tips = [(points[-1], end)] + ([(points[0], start)] if arrow.double else [])
    heads = "".join(f'<path d="{_triangle(tip, base, broad)}" fill="{colour}"/>' for tip, base in tips)
    return (
        f'<g><title>{_safe(arrow.about)}</title><path d="M{way}" fill="none" stroke="{colour}" '
        f'stroke-width="{arrow.stroke:.2f}"{dash}/>{heads}</g>'
    )


def _base(points: np.ndarray, long: float) -> np.ndarray:
    """Where the head at the end of a line begins."""
    distance = np.hypot(*(points - points[-1]).T)
    before = points[np.flatnonzero(distance > long)[-1]] if (distance > long).any() else points[0]
    way = (points[-1] - before) / (np.hypot(*(points[-1] - before)) or 1.0)
    return points[-1] - way * long


def _triangle(tip: np.ndarray, base: np.ndarray, broad: float) -> str:
    way = (tip - base) / (np.hypot(*(tip - base)) or 1.0)
    side = np.array([-way[1], way[0]]) * broad
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in (tip, base + side, base - side)) + "Z"


def _bent(points: np.ndarray) -> bool:
    chord = points[-1] - points[0]
    off = chord[0] * (points[:, 1] - points[0, 1]) - chord[1] * (points[:, 0] - points[0, 0])
    return bool(np.abs(off).max() > 0.5 * np.hypot(*chord))


def _node(node: Node, centre: tuple[float, float], made: Diagram) -> str:
    """A circle or box with its label, and R² below it."""
    x, y = centre
    wide, high = node.half
    name = str(made.labels.get(node.name, node.name.replace("_", " ")))
    share = made.r2.get(node.name)
    lines, size = wrapped(name, 2 * wide - 10)
    below = "" if share is None else f"R² = {numbers.number(share, 2, bounded=True)}"
    hover = name if not below else f"{name}: {below}"
    fill = "#ffffff" if share is None else theme.TINT
    if node.latent:
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{wide:.1f}" '
    else:
        corner = f'x="{x - wide:.1f}" y="{y - high:.1f}"'
        shape = f'<rect {corner} width="{2 * wide:.1f}" height="{2 * high:.1f}" rx="2" '
    height = len(lines) * (size + 1.5) + (R2_SIZE + 2.5 if below else 0)
    top = y - height / 2 + size * 0.82
    texts = [
        f'<text x="{x:.1f}" y="{top + number * (size + 1.5):.1f}" font-size="{size:.1f}">{_safe(line)}</text>'
        for number, line in enumerate(lines)
    ]
    if below:
        level = top + len(lines) * (size + 1.5) + 1.5
        place = f'x="{x:.1f}" y="{level:.1f}"'
        texts.append(f'<text {place} font-size="{R2_SIZE}" fill="{theme.SOFT}">{below}</text>')
    return (
        f"<g><title>{_safe(hover)}</title>{shape}"
        f'fill="{fill}" stroke="{theme.BLUE}" stroke-width="1.6"/>{"".join(texts)}</g>'
    )


def _item(name: str, box: Item, labels: Mapping[str, str]) -> str:
    wide, high = box.half
    return (
        f"<g><title>{_safe(f'{name}: {labels[name]}' if name in labels else name)}</title>"
        f'<rect x="{box.x - wide:.1f}" y="{box.y - high:.1f}" width="{2 * wide:.1f}" height="{2 * high:.1f}" '
        f'rx="2" fill="#ffffff" stroke="{theme.GREY}"/>'
        f'<text x="{box.x:.1f}" y="{box.y + 4:.1f}" font-size="{ITEM_SIZE}">{_safe(short(name))}</text></g>'
    )


def _text_on(arrow: Arrow, at: tuple[float, float]) -> str:
    """A value in its halo."""
    x, y = at
    wide, high = arrow.half
    colour, weight = (theme.SOFT, "") if arrow.small else (theme.BLACK, ' font-weight="600"')
    return (
        f'<g><title>{_safe(arrow.about)}</title><rect x="{x - wide:.1f}" y="{y - high:.1f}" '
        f'width="{2 * wide:.1f}" height="{2 * high:.1f}" rx="3" fill="#ffffff" fill-opacity="0.93"/>'
        f'<text x="{x:.1f}" y="{y + 0.35 * arrow.size:.1f}" font-size="{arrow.size}" fill="{colour}"{weight}>'
        f"{arrow.value}</text></g>"
    )


def _safe(text: str) -> str:
    """Text fit for XML: markup escaped, characters that XML does not allow left out."""
    return escape("".join(char for char in str(text) if char.isprintable() or char in SPACES))
