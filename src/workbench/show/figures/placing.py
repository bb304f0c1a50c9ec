"""Where a label stands beside its mark: off other labels, marks and lines, and inside the axes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.show import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEP = 3.0  # pixels between the points that stand for a line
NEAR, FAR = 7.0, 16.0  # points between a mark and its label
DOUBT = 12.0  # of a label that could be another mark's, in pieces of a line that it covers
# Directions in the order of choice: right, left, above, below, then between.
_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))


def place(
    axes: Axes,
    x: Any,
    y: Any,
    texts: Sequence[str],
    *,
    size: float = 9.5,
    own: bool = False,
    **style: Any,
) -> None:
    """Write a label beside each point, where it covers least; call it when all else has been drawn.

    Parameters
    ----------
    x, y : of the marks, in data units. texts : their labels. size : of the letters, in points.
    own : a line may sooner be covered than a label stand as near to another point as to its own.
    style : of the letters (``color``).
    """
    figure: Any = axes.figure
    figure.draw_without_rendering()
    room = axes.get_window_extent()
    marks, lines = _drawn(axes)
    there = [one.get_window_extent() for one in axes.texts if one.get_text()]
    legend = axes.get_legend()
    there += [legend.get_window_extent()] if legend is not None else []
    taken = np.array([(box.x0, box.y0, box.x1, box.y1) for box in there]).reshape(-1, 4)
    scale = figure.dpi / 72
    points = np.column_stack([x, y]).astype(float)
    named = axes.transData.transform(points).reshape(-1, 2)
    for point, text in zip(points, texts, strict=True):
        made: Any = axes.annotate(
            text, point, xytext=(0, 0), textcoords="offset points", fontsize=size, ha="center", va="center",
            linespacing=1.4, bbox=theme.backing(), zorder=6, **style,
        )  # fmt: skip
        box = made.get_window_extent()
        half = np.array([box.width, box.height]) / 2
        here = axes.transData.transform(point)
        offers = [
            (np.array(way) * (half + away * scale), away)
            for away in (NEAR, FAR)
            for way in map(np.array, _WAYS)
        ]
        costs = [
            _covered(here + off, half, marks, lines, taken, room)
            + (away > NEAR) * 0.5
            + own * _doubtful(here + off, half, here, named)
            for off, away in offers
        ]
        off, away = offers[int(np.argmin(costs))]
        # Held at the end that is near the mark: a browser's letters may be wider than these.
        side = int(np.sign(np.round(off[0])))
        made.set_ha({1: "left", -1: "right", 0: "center"}[side])
        made.xyann = (side * away, off[1] / scale)
        taken = np.vstack([taken, [*(here + off - half), *(here + off + half)]])


def _doubtful(centre: np.ndarray, half: np.ndarray, here: np.ndarray, named: np.ndarray) -> float:
    """What a label costs that another of the named points is as near to as its own."""
    gaps = np.hypot(*np.maximum(np.abs(named - centre) - half, 0).T)
    mine = np.hypot(*(named - here).T) < 1
    return DOUBT * float((gaps[~mine] < 1.5 * gaps[mine].min()).any()) if (~mine).any() else 0.0


def _covered(
    centre: np.ndarray, half: np.ndarray, marks: np.ndarray, lines: np.ndarray, taken: np.ndarray, room: Any
) -> float:
    """What a label at a place would cover: marks count more than lines, another label most."""
    low, high = centre - half - 1, centre + half + 1
    marked = ((marks > low - 3) & (marks < high + 3)).all(axis=1).sum()
    crossed = ((lines > low) & (lines < high)).all(axis=1).sum()
    over = ((taken[:, :2] < high) & (taken[:, 2:] > low)).all(axis=1).sum()
    outside = low[0] < room.x0 or low[1] < room.y0 or high[0] > room.x1 or high[1] > room.y1
    return float(3 * marked + crossed + 100 * over + 40 * outside)


def _drawn(axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    """Marks and points along the lines of axes, in pixels; a layer for the pointer alone does not count."""
    dots: list[Any] = [np.zeros((0, 2))]
    lines: list[Any] = [np.zeros((0, 2))]
    for line in axes.lines:
        path = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float))
        if line.get_marker() not in (None, "None", "", " "):
            dots.append(path)
        if line.get_linestyle() not in ("None", "", " "):
            lines += [_along(a, b) for a, b in pairwise(path)]
    part: Any
    for part in axes.collections:
        if part.get_label().startswith("_targets"):
            continue
        if hasattr(part, "get_segments"):
            for segment in part.get_segments():
                ends = axes.transData.transform(segment)
                lines += [_along(a, b) for a, b in pairwise(ends)]
        elif len(part.get_offsets()) and not hasattr(part, "get_segments"):
            offsets: np.ndarray = np.ma.filled(np.ma.asarray(part.get_offsets(), dtype=float), np.nan)
            dots.append(part.get_offset_transform().transform(offsets))
    marks, along = np.concatenate(dots), np.concatenate(lines)
    return marks[np.isfinite(marks).all(axis=1)], along[np.isfinite(along).all(axis=1)]


def _along(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if not np.isfinite([*a, *b]).all():
        return np.zeros((0, 2))
    return np.linspace(a, b, max(2, int(min(np.hypot(*(b - a)), 4000) / STEP)))


def spread(values: np.ndarray, gap: float) -> np.ndarray:
    """Places beside ascending values, pushed apart where they are nearer to one another than ``gap``."""
    places = np.array(values, dtype=float)
    for _ in range(200):
        overlap = gap - np.diff(places)
        if (overlap <= 1e-9).all():
            break
        for position in np.flatnonzero(overlap > 0):
            places[position] -= overlap[position] / 2
            places[position + 1] += overlap[position] / 2
    return places


def on_line(axes: Axes, height: float, text: str, *, from_x: float | None = None, **style: Any) -> None:
    """Name a level line where its name covers least: along the line, above or below it.

    Parameters
    ----------
    height : of the line, in data units. from_x : where the line begins; at the left end where not given.
    """
    figure: Any = axes.figure
    figure.draw_without_rendering()
    room = axes.get_window_extent()
    marks, lines = _drawn(axes)
    level = axes.transData.transform((0, height))[1]
    lines = lines[np.abs(lines[:, 1] - level) > 1]  # the line itself is not in the way
    begin = room.x0 if from_x is None else axes.transData.transform((from_x, height))[0]
    made = axes.text(0, height, text, fontsize=9.5, ha="center", va="center", zorder=6,
                     bbox=theme.backing(), **style)  # fmt: skip
    box = made.get_window_extent()
    half = np.array([box.width, box.height]) / 2
    lift = half[1] + 4
    offers = [
        np.array([across, level + way * lift])
        for across in np.linspace(begin + half[0] + 4, room.x1 - half[0] - 4, 24)
        for way in (1, -1)
    ]
    legend = axes.get_legend()
    taken = np.array([] if legend is None else legend.get_window_extent().extents).reshape(-1, 4)
    costs = [_covered(place, half, marks, lines, taken, room) for place in offers]
    place = offers[int(np.argmin(costs))]
    across, up = axes.transData.inverted().transform(place)
    made.set_position((float(across), float(up)))
