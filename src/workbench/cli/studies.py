"""``workbench list``, ``workbench rates`` and ``workbench lab``: the studies themselves."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Annotated

import typer

from workbench.cli.application import REPORTS, Notebooks, Output, app
from workbench.cli.progress import counting


@app.command("list", short_help="List the studies and what they found.")
def list_command(output: Output = REPORTS, notebooks: Notebooks = None) -> None:
    """List the studies: their data, whether they are up to date, how many of their verdicts were found."""
    from rich.table import Column, Table
    from rich.text import Text

    from workbench import vocabulary
    from workbench.cli.console import open_console
    from workbench.reports import inputs, manifest
    from workbench.reports import studies as known

    wide = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    table = Table("", wide, *(Column(no_wrap=True) for _ in range(3)), box=None, pad_edge=False, expand=True)
    table.show_header = False
    for study in known.find(known.notebooks_folder(notebooks)).values():
        last = manifest.load(output / study.name)
        good = manifest.last_good(last) or {}
        expected = inputs.fingerprint(study, (last or {}).get("given", {}))
        state = manifest.state(output / study.name, expected)
        kinds = dict.fromkeys(one["data_kind"] for one in good.get("data", ()) if one.get("data_kind"))
        style = {"up to date": "green", "failed": "red", "stale": "yellow"}.get(state, "dim")
        counts = vocabulary.tally(one["verdict"] for one in good.get("verdicts", ()))
        glyphs: Counter[str] = Counter()
        for word, count in counts.items():  # supported and recovered are one glyph
            glyphs[word.glyph] += count
        said = " ".join(f"{count} {glyph}" for glyph, count in glyphs.items())
        table.add_row(
            study.name[:2],
            Text(study.title),
            Text(" ".join(kinds), "dim"),
            Text(state, style),
            Text(f"{said} of {glyphs.total()}" if len(glyphs) > 1 else said),
        )
    open_console().print(table)


@app.command("rates", short_help="How often verdicts on simulated data are found.")
def rates_command(
    studies: Annotated[list[str] | None, typer.Argument(help="Numbers of studies; none: all.")] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Surveys per population (default: 50; with --check 3).")
    ] = None,
    first_seed: Annotated[int, typer.Option(help="Seed of the first survey.")] = 1,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Workers (default: the cores).")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the kept tables, write nothing.")
    ] = False,
) -> None:
    """Count how often each verdict on simulated data is found, over seeds and with the effects at zero."""
    from workbench.cli.console import open_console
    from workbench.studies import rate_tables

    console, failed = open_console(), False
    for number in rate_tables.require(studies):
        if check:
            said = rate_tables.disagreements(number, seeds=3 if seeds is None else seeds, jobs=jobs)
            failed = failed or bool(said)
            console.print(f"  {number}  {'as in the table' if not said else 'differs from the table:'}")
            for line in said:
                console.print(f"      {line}", soft_wrap=True)
            continue
        with counting(f"study {number}") as progress:
            made = rate_tables.make(
                number,
                seeds=rate_tables.SEEDS if seeds is None else seeds,
                first_seed=first_seed,
                jobs=jobs,
                progress=progress,
            )
        console.print(f"  {rate_tables.write(number, made.table)}", soft_wrap=True)
        for row in made.table.itertuples():
            planted = {"yes": "planted", "no": "not planted"}.get(row.planted, "not known whether planted")
            name = f"{row.claim} {row.part}".strip()
            console.print(
                f"      {name}, {row.population} ({planted}): found in {row.found} of {row.seeds}",
                soft_wrap=True,
            )
        for population, seed, what in made.failures:
            failed = True
            console.print(f"      failed: {population}, seed {seed}: {what}", soft_wrap=True)
    if failed:
        raise typer.Exit(1)


@app.command(
    "lab",
    short_help="Open the notebooks in JupyterLab.",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def lab_command(arguments: typer.Context, notebooks: Notebooks = None) -> None:
    """Open the notebooks in JupyterLab; further options go to it (--no-browser, --port 8890)."""
    import os
    import subprocess

    from workbench.errors import Fault, ParameterError
    from workbench.reports import studies as known

    folder = known.notebooks_folder(notebooks).resolve()
    known.find(folder)
    if getattr(os, "geteuid", lambda: 1)() == 0 and "--allow-root" not in arguments.args:
        fix = "Work as another user, or say: workbench lab --allow-root"
        raise ParameterError(Fault("JupyterLab does not start for root, who may do anything here", fix=fix))
    here = "--ServerApp.ip=127.0.0.1"  # whatever a configuration says; an option that is given comes after it
    command = [sys.executable, "-m", "jupyter", "lab", str(folder), here, *arguments.args]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
