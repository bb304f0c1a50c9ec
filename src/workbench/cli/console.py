"""The terminal: what is printed is shown and never obeyed, whatever a file's name or an answer holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.segment import Segment

# Control characters that a terminal acts on, and those that turn the direction of a line.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    r"""A text with its control characters written out.

    >>> from workbench.cli.console import shown
    >>> shown("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _ACTS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class _Shown:
    """Something to print, its pieces of text cleaned after it was laid out."""

    def __init__(self, what: Any):
        self.what = what

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        for segment in console.render(self.what, options):
            yield segment if segment.control else Segment(shown(segment.text), segment.style)


class _Hook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Shown(one) for one in renderables]


def open_console(*, stderr: bool = False) -> Console:
    """A console that reads no markup in what it prints (``markup=True`` where it is the command's own)."""
    console = Console(stderr=stderr, highlight=False, markup=False)
    console.push_render_hook(_Hook())
    return console
