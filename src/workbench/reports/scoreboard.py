"""The index of a run's folder (claims against data kinds, studies as cards) and the table over a sweep."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench import run_records, vocabulary
from workbench.errors import in_a_line
from workbench.reports import commit, inputs, kernels, locks, manifest, render, seal, shipped, style_sheets
from workbench.reports.execute import FAILED, FAILED_PAGE, THUMBNAIL
from workbench.reports.markup import PICTURE
from workbench.reports.studies import Study

INDEX = "index.html"
PARTIAL = (FAILED_PAGE, FAILED)
# Why a claim of the ledger has no verdict and never will.
WITHOUT_VERDICT = {"illustration": "illustrated", "check": "a check of your own material"}


def write_index(output: Path, studies: Mapping[str, Study]) -> Path:
    """Write ``index.html`` of a run's folder from the manifests in it; runs that end at once take turns."""
    with kernels.guard([output]), locks.held(output / INDEX):
        made_of = seal.of_records(output, studies)
        commit.write(output / INDEX, seal.sealed(_index(output, studies), made_of))
    return output / INDEX


def _index(output: Path, studies: Mapping[str, Study]) -> str:
    from workbench.evidence import ledger

    cards = [_card(output, study) for study in studies.values()]
    has_ledger = ledger.LEDGER.is_file()
    claims = _claims(cards) if has_ledger else []
    if own := [card for card in cards if shipped.other_data((card["last"] or {}).get("given", {}))]:
        return _own_index(own, [row for row in claims if row["cells"]])
    documents = sorted({row["claim"].document for row in claims})
    tally = vocabulary.tally(word for row in claims for word in row["words"])
    return (
        render.environment()
        .get_template("index_page.html.j2")
        .render(
            policy=render.POLICY,
            css=style_sheets.styles("index_page.css") + _kinds_of_cells() + _filters(claims, documents),
            cards=cards,
            claims=claims,
            documents=documents,
            kinds=vocabulary.DATA_KINDS,
            columns=_columns(claims),
            tally=tally,
            counts=_counts(claims),
            contradictions=ledger.contradictions().to_dict("records") if has_ledger else [],
            not_printed=ledger.not_printed().to_dict("records") if has_ledger else [],
            holdings=list(ledger.documents().values()) if has_ledger else [],
            scripts={name: one.script for name, one in ledger.documents().items()} if has_ledger else {},
        )
    )


def _own_index(cards: Sequence[Mapping[str, Any]], claims: Sequence[Mapping[str, Any]]) -> str:
    """The index of reports on a reader's own survey: her studies and hypotheses first."""
    data: Mapping[str, Any] = next(
        (one for card in cards for one in (card["good"] or {}).get("data", ())), {}
    )
    stated = [
        {**one, "link": card["link"]} for card in cards for one in (card["good"] or {}).get("hypotheses", ())
    ]
    return (
        render.environment()
        .get_template("own_index_page.html.j2")
        .render(
            policy=render.POLICY,
            css=style_sheets.styles("index_page.css"),
            title=data.get("title") or data.get("file") or "Your survey",
            rows=data.get("rows"),
            hypotheses=stated,
            claims=claims,
            done=[card for card in cards if card["state"] not in (manifest.NOT_APPLICABLE, "not run")],
            lacking=[card for card in cards if card["state"] == manifest.NOT_APPLICABLE],
        )
    )


def _columns(claims: Sequence[Mapping[str, Any]]) -> list[vocabulary.DataKind]:
    """Kinds of data on which some claim has a verdict; all of them where none has one."""
    kinds = vocabulary.DATA_KINDS.values()
    return [kind for kind in kinds if any(kind.name in row["cells"] for row in claims)] or list(kinds)


def _kinds_of_cells() -> str:
    """Rules that name the kind of data in each cell where the table has no heads: on a phone."""
    named = "".join(
        f'table.claims td.in-{kind.name}::before{{content:"{kind.word}"}}'
        for kind in vocabulary.DATA_KINDS.values()
    )
    return f"@media (max-width: 62rem){{{named}}}"


def _filters(claims: Sequence[Mapping[str, Any]], documents: Sequence[str]) -> str:
    """Rules that hide the rows of other documents and of other words than the one that is chosen."""
    marks = {
        (row["claim"].document, mark)
        for row in claims
        for mark in [
            *(vocabulary.word(word).slug for word in row["words"]),
            *(["tested"] if row["cells"] else []),
        ]
    }
    shown = sorted({mark for _, mark in marks} | {"tested"})
    chosen = [(f"document-{name}", f"document-{name}") for name in documents]
    chosen += [(f"show-{mark}", f"has-{mark}") for mark in shown]
    rules = [
        f"body:has(#{button}:checked) .claims tbody tr:not(.{row}){{display:none}}" for button, row in chosen
    ]
    rules += [
        f"body:has(#document-{name}:checked):has(#show-{mark}:checked) .nothing {{ display: block; }}"
        for name in documents
        for mark in shown
        if (name, mark) not in marks
    ]
    return "\n".join(rules)


def _card(output: Path, study: Study) -> dict[str, Any]:
    folder = output / study.name
    last = manifest.load(folder)
    good = manifest.last_good(last)
    given = (last or {}).get("given", {})
    state = manifest.state(folder, inputs.fingerprint(study, given))
    return {
        "study": study,
        "state": state,
        "last": last,
        "good": good,
        "error": render.where(last["error"]) if last and last["status"] == "failed" else None,
        "lacks": in_a_line(last["lacks"]) if last and last["status"] == manifest.NOT_APPLICABLE else None,
        "partial": next((f"{study.name}/{name}" for name in PARTIAL if (folder / name).is_file()), None),
        "kind": render.data_kind(good) if good else None,
        "tally": vocabulary.tally(verdict["verdict"] for verdict in (good or {}).get("verdicts", ())),
        "link": f"{study.name}/{manifest.REPORT}" if (folder / manifest.REPORT).is_file() else None,
        "sweep": _sweep(output, study),
        "thumbnail": _thumbnail(folder / THUMBNAIL),
    }


def _sweep(output: Path, study: Study) -> str | None:
    place = f"{manifest.SWEEPS}/{study.name}/{INDEX}"
    return place if (output / place).is_file() else None


def _thumbnail(path: Path) -> str | None:
    if not path.is_file():
        return None
    address = path.read_text(encoding="ascii")
    return address if PICTURE.fullmatch(address) else None


def _claims(cards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the scoreboard: every claim of the ledger with the verdicts that stand, by data kind.

    ``words`` are the row's: one a verdict, or ``open`` or ``no verdict`` where there is none and none comes.
    """
    from workbench.evidence import ledger

    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for card in cards:
        for verdict in (card["good"] or {}).get("verdicts", ()):
            by_kind = found.setdefault(verdict["claim"], {})
            by_kind.setdefault(verdict["data_kind"], []).append({**verdict, "link": card["link"]})
    there = {card["study"].name[:2]: card for card in cards}
    rows = []
    for claim in ledger.claims().values():
        cells = found.get(claim.id, {})
        words = [verdict["verdict"] for verdicts in cells.values() for verdict in verdicts]
        without = WITHOUT_VERDICT.get(claim.use) or (claim.untested and "discussed")
        rows.append(
            {
                "claim": claim,
                "cells": cells,
                "words": words or ["no verdict" if without else "open"],
                "without": without or "planned",
                "studies": [{"number": number, "card": there.get(number)} for number in claim.notebooks],
            }
        )
    return rows


def _counts(claims: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Claims of the ledger, those with a verdict, those that are open, and those that get none."""
    counts = {
        "claims": len(claims),
        "open": sum(row["words"] == ["open"] for row in claims),
        "without": sum(row["words"] == ["no verdict"] for row in claims),
    }
    return {**counts, "tested": counts["claims"] - counts["open"] - counts["without"]}


def write_sweep(folder: Path, study: Study, name: str, entries: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write the table across a sweep (``index.html``, ``sweep.csv``): one row per value, verdicts as columns.

    Parameters
    ----------
    folder, study : the study and the folder of its sweeps.
    name : what was swept.
    entries : folder of the value -> manifest of its run.
    """
    with kernels.guard([folder]), locks.held(folder / INDEX):
        table, page = _sweep_pages(study, name, entries)
        commit.write(folder / seal.SWEEP, table)
        commit.write(folder / INDEX, seal.sealed(page, seal.of_sweep(folder, entries)))
    return folder / INDEX


def _sweep_pages(study: Study, name: str, entries: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    entries = {
        value: {**entry, "verdicts": manifest.as_verdicts(entry.get("verdicts"))}
        for value, entry in entries.items()
    }
    keys = list(dict.fromkeys(_key(verdict) for entry in entries.values() for verdict in entry["verdicts"]))
    rows: list[dict[str, Any]] = []
    for place, entry in entries.items():
        given = entry.get("given", {})
        value = ", ".join(str(given.get(one, place)) for one in name.split(", "))
        verdicts = {_key(verdict): verdict for verdict in entry["verdicts"]}
        found = [verdicts.get(key) for key in keys]
        rows.append({"value": value, "place": place, "entry": entry, "verdicts": found})
    text = io.StringIO()
    writer = csv.writer(text)
    parts = ("verdict", "planted", "found", "rate", "estimate", "lower", "upper", "n")
    writer.writerow([name, "status", "answer", *(f"{key} {part}" for key in keys for part in parts)])
    for row in rows:
        answer = (row["entry"].get("answer") or {}).get("text", "")
        writer.writerow(
            [
                row["value"],
                row["entry"]["status"],
                answer,
                *(cell for one in row["verdicts"] for cell in _cells(one)),
            ]
        )
    page = (
        render.environment()
        .get_template("sweep.html.j2")
        .render(
            policy=render.POLICY,
            css=style_sheets.styles(),
            study=study,
            name=name,
            keys=keys,
            rows=rows,
            where=render.where,
        )
    )
    return run_records.for_spreadsheets(text.getvalue()), page


def _key(verdict: Mapping[str, Any]) -> str:
    return f"{verdict['claim']} {verdict['part']}" if verdict["part"] else verdict["claim"]


def _cells(verdict: Mapping[str, Any] | None) -> list[Any]:
    if verdict is None:
        return [""] * 8
    lower, upper = verdict["interval"] or ("", "")
    said = {True: "yes", False: "no", None: ""}
    return [
        verdict["verdict"],
        said[verdict["planted"]],
        said[verdict["found"]],
        verdict.get("rate"),
        verdict["estimate"],
        lower,
        upper,
        verdict["n"],
    ]
