"""The index of a run's folder (claims against data kinds, studies as cards) and the table over a sweep."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench import vocabulary
from workbench.reports import manifest, render
from workbench.reports.execute import FAILED, FAILED_PAGE, THUMBNAIL
from workbench.reports.markup import PICTURE
from workbench.reports.studies import Study

INDEX = "index.html"
SWEEP = "sweep"
# Words that ask for a second look: a document not borne out, or a method that erred on what was planted.
DISAGREES = ("not supported", "missed", "false alarm")
PARTIAL = (FAILED_PAGE, FAILED)


def write_index(output: Path, studies: Mapping[str, Study]) -> Path:
    """Write ``index.html`` of a run's folder from the manifests in it."""
    cards = [_card(output, study) for study in studies.values()]
    claims = _claims(cards)
    documents = sorted({row["claim"].document for row in claims})
    html = (
        render.environment()
        .get_template("index_page.html.j2")
        .render(
            policy=render.POLICY,
            css=render.styles("page.css") + (render.TEMPLATES / "index_page.css").read_text(encoding="utf-8"),
            cards=cards,
            claims=claims,
            documents=documents,
            kinds=vocabulary.DATA_KINDS,
            counts=_counts(claims),
        )
    )
    manifest.write_atomically(output / INDEX, html)
    return output / INDEX


def _card(output: Path, study: Study) -> dict[str, Any]:
    folder = output / study.name
    last = manifest.load(folder)
    good = manifest.last_good(last)
    given = (last or {}).get("given", {})
    state = manifest.state(folder, manifest.fingerprint(study, given))
    return {
        "study": study,
        "state": state,
        "good": good,
        "error": render.where(last["error"]) if last and last["status"] == "failed" else None,
        "lacks": last.get("lacks") if last and last["status"] == manifest.NOT_APPLICABLE else None,
        "partial": next((f"{study.name}/{name}" for name in PARTIAL if (folder / name).is_file()), None),
        "kind": render.data_kind(good) if good else None,
        "link": f"{study.name}/{manifest.REPORT}" if (folder / manifest.REPORT).is_file() else None,
        "sweep": f"{study.name}/{SWEEP}.html" if (folder / f"{SWEEP}.html").is_file() else None,
        "thumbnail": _thumbnail(folder / THUMBNAIL),
    }


def _thumbnail(path: Path) -> str | None:
    if not path.is_file():
        return None
    address = path.read_text(encoding="ascii")
    return address if PICTURE.fullmatch(address) else None


def _claims(cards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the scoreboard: every claim of the ledger with the verdicts that stand, by data kind."""
    from workbench.evidence import ledger

    if not ledger.LEDGER.is_file():
        return []
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for card in cards:
        for verdict in (card["good"] or {}).get("verdicts", ()):
            by_kind = found.setdefault(verdict["claim"], {})
            by_kind.setdefault(verdict["data_kind"], []).append({**verdict, "link": card["link"]})
    names = {study.name[:2]: study.name for study in (card["study"] for card in cards)}
    rows = []
    for claim in ledger.claims().values():
        cells = found.get(claim.id, {})
        words = {verdict["verdict"] for verdicts in cells.values() for verdict in verdicts}
        rows.append(
            {
                "claim": claim,
                "cells": cells,
                "disagrees": bool(words & set(DISAGREES)),
                "open": not cells,
                "planned": [names.get(number, number) for number in claim.notebooks],
            }
        )
    return rows


def _counts(claims: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {
        "claims": len(claims),
        "open": sum(row["open"] for row in claims),
        "disagrees": sum(row["disagrees"] for row in claims),
    }


def write_sweep(folder: Path, study: Study, name: str, entries: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write the table across a sweep (``sweep.html``, ``sweep.csv``): one row a value, verdicts as columns.

    Parameters
    ----------
    folder, study : the study and its folder in the run's.
    name : what was swept.
    entries : folder of the value -> manifest of its run.
    """
    keys = list(
        dict.fromkeys(
            _claim_key(verdict) for entry in entries.values() for verdict in entry.get("verdicts", ())
        )
    )
    rows = []
    for value, entry in entries.items():
        verdicts = {_claim_key(verdict): verdict for verdict in entry.get("verdicts", ())}
        rows.append({"value": value, "entry": entry, "verdicts": [verdicts.get(key) for key in keys]})
    text = io.StringIO()
    writer = csv.writer(text)
    parts = ("verdict", "estimate", "lower", "upper", "n")
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
    manifest.write_atomically(folder / f"{SWEEP}.csv", text.getvalue())
    html = (
        render.environment()
        .get_template("sweep.html.j2")
        .render(
            policy=render.POLICY,
            css=render.styles("page.css"),
            study=study,
            name=name,
            keys=keys,
            rows=rows,
            where=render.where,
        )
    )
    manifest.write_atomically(folder / f"{SWEEP}.html", html)
    return folder / f"{SWEEP}.html"


def _claim_key(verdict: Mapping[str, Any]) -> str:
    return f"{verdict['claim']} {verdict['part']}" if verdict.get("part") else verdict["claim"]


def _cells(verdict: Mapping[str, Any] | None) -> list[Any]:
    if verdict is None:
        return [""] * 5
    lower, upper = verdict.get("interval") or ("", "")
    return [verdict["verdict"], verdict.get("estimate"), lower, upper, verdict.get("n")]
