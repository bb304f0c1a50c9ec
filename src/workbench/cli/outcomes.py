"""What is said when a run is over: one line per study, failures in frames, where the index is."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.application import panel
from workbench.errors import in_a_line

if TYPE_CHECKING:
    from workbench.reports.runner import Outcome
    from workbench.reports.studies import Study

MOST_SAID = 160  # characters of what a study lacks; run.json says all of it


def finish(
    outcomes: Sequence[Outcome], every: dict[str, Study], output: Path, sweeps: dict[str, Any]
) -> None:
    """Say what happened, and write the index and the sweeps' tables where anything changed."""
    from rich.markup import escape

    from workbench.cli.console import open_console

    console = open_console()
    for outcome in outcomes:
        if outcome.status == "failed":
            from workbench.reports.render import where

            panel(_failure(outcome, where(outcome.entry["error"])), f"{outcome.task.label} failed")
        elif outcome.entry.get("lacks"):
            lacks = escape(first_sentence(outcome.entry["lacks"]))
            label = escape(outcome.task.label)
            console.print(f"  [dim]– {label}  not applicable: {lacks}[/]", markup=True)
        elif outcome.status == "unchanged":
            label = escape(outcome.task.label)
            console.print(f"  [dim]=[/] {label}  [dim]up to date[/]", markup=True)
        else:
            said = escape(tally(outcome.entry.get("verdicts", ())))
            seconds = f"{outcome.entry['duration']:.1f} s"
            label = escape(outcome.task.label)
            line = f"  [green]✓[/] {label}  [dim]{seconds}[/]{said and f'  {said}'}"
            console.print(line, soft_wrap=True, markup=True)
    console.print(f"  {_pages(outcomes, every, output, sweeps)}", soft_wrap=True)


def _pages(
    outcomes: Sequence[Outcome], every: dict[str, Study], output: Path, sweeps: dict[str, Any]
) -> Path:
    """The index and the sweeps' tables, made again where they are not of the records that stand."""
    from workbench.reports import manifest, seal

    changed = any(outcome.status != "unchanged" for outcome in outcomes)
    if sweeps:
        for study in {outcome.task.study.name: outcome.task.study for outcome in outcomes}.values():
            folder = output / manifest.SWEEPS / study.name
            entries = {one.task.folder.name: _as_recorded(one) for one in outcomes if one.task.study is study}
            if changed or not seal.holds(folder / "index.html", seal.of_sweep(folder, entries)):
                from workbench.reports import scoreboard

                scoreboard.write_sweep(folder, study, ", ".join(sweeps), entries)
    if changed or not seal.holds(output / "index.html", seal.of_records(output, every)):
        from workbench.reports import scoreboard

        scoreboard.write_index(output, every)
    return output / "index.html"


def _as_recorded(outcome: Outcome) -> Mapping[str, Any]:
    """The entry of a run; of one that was up to date as the run wrote it that made it so."""
    from workbench.reports import manifest

    return (
        outcome.entry
        if outcome.status != "unchanged"
        else manifest.load(outcome.task.folder) or outcome.entry
    )


def first_sentence(text: str) -> str:
    """The first sentence of a message; of a list of faults that of the first."""
    return textwrap.shorten(in_a_line(text).split(". ")[0], MOST_SAID, placeholder=" …")


def tally(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """How many verdicts have which word: ``✓ 3 recovered, ◇ 1 rightly rejected``."""
    from workbench import vocabulary

    counts = vocabulary.tally(one["verdict"] for one in verdicts)
    return ", ".join(f"{word.glyph} {count} {word.word}" for word, count in counts.items())


def _failure(outcome: Outcome, what: str) -> str:
    error, lines = outcome.entry["error"], [what]
    if error.get("line"):
        lines.append(error["line"])
    if (outcome.task.folder / "failed.ipynb").exists():
        lines.append(f"The notebook up to there: {outcome.task.folder / 'failed.ipynb'} (and failed.html)")
    if outcome.entry.get("recorded") is False:
        lines.append("This could not be recorded: run.json is as it was.")
    if outcome.entry.get("last_good"):
        lines.append("The report of the last good run still stands.")
    return "\n".join(lines)
