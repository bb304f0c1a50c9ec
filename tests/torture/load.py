"""A survey of a million rows and a hundred items: does ``check`` read it, do studies 01 to 03 run on it?

    python -m tests.torture.load [rows] [study ...]

Prints, of each, how long it took, the most memory that all of its processes held at once, and what its page
says of samples; fails where one fails, holds more than four gigabytes, or says nothing of them.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lxml.html
import numpy as np
import pandas as pd

ROWS, ITEMS, FACTORS = 1_000_000, 100, 10
MOST = 4 << 20  # KiB
LARGE = 50_000  # respondents from which every page has to say that some were drawn
BLOCK = 50_000


def write_survey(folder: Path, rows: int) -> tuple[Path, Path]:
    """Answers of seven points to ten factors of ten items, two in a thousand missing, and their codebook."""
    chance = np.random.default_rng(1)
    items = [f"q{place + 1}" for place in range(ITEMS)]
    answers, book = folder / "answers.csv", folder / "book.yaml"
    with answers.open("w") as file:
        file.write(",".join([*items, "sector", "age"]) + "\n")
        for start in range(0, rows, BLOCK):
            size = min(BLOCK, rows - start)
            common = 0.5 * chance.standard_normal((size, 1))
            factors = common + np.sqrt(0.75) * chance.standard_normal((size, FACTORS))
            scores = 0.75 * np.repeat(factors, ITEMS // FACTORS, axis=1)
            scores += np.sqrt(1 - 0.75**2) * chance.standard_normal((size, ITEMS))
            block = pd.DataFrame(np.clip(np.round(1.2 * scores + 4), 1, 7).astype(int), columns=items)
            block = block.astype("Int8").mask(chance.random((size, ITEMS)) < 0.002)
            block["sector"] = chance.choice(["bank", "shop", "inn"], size)
            block["age"] = chance.integers(18, 90, size)
            block.to_csv(file, header=False, index=False)
    lines = ["title: A survey of many", "kind: simulated", "scales: {seven: {min: 1, max: 7}}", "constructs:"]
    for factor in range(FACTORS):
        own = items[factor * ITEMS // FACTORS : (factor + 1) * ITEMS // FACTORS]
        named = ", ".join(f"{item}: Statement {item}" for item in own)
        lines.append(f"  c{factor + 1}: {{scale: seven, items: {{{named}}}}}")
    lines += ["groups: {sector: {label: Sector}}", "variables: {age: {min: 0, max: 120}}"]
    book.write_text("\n".join(lines) + "\n")
    return answers, book


def children(root: int) -> list[int]:
    """A process and all that come of it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left += parents.get(found[-1], [])
    return found


def held(pid: int) -> int:
    """Memory of a process in KiB, what it shares with others divided among them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def measured(words: list[str]) -> tuple[int, float, int]:
    """Exit status of a command, seconds, and the most memory of all its processes at once in KiB."""
    began, most = time.monotonic(), 0
    with subprocess.Popen([sys.executable, "-m", "workbench.cli", *words]) as run:
        while run.poll() is None:
            most = max(most, sum(map(held, children(run.pid))))
            time.sleep(0.5)
    return run.returncode, time.monotonic() - began, most


def sampled(reports: Path, study: str) -> list[str]:
    """The sentences of a study's page on respondents that were drawn."""
    (page,) = reports.glob(f"{study}_*/report.html")
    text = " ".join(lxml.html.document_fromstring(page.read_bytes()).find(".//main").itertext())
    sentences = re.split(r"(?<=[.!?]) +", " ".join(text.split()))
    return list(dict.fromkeys(one for one in sentences if "drawn" in one and "respondents" in one))


def main(rows: int = ROWS, *studies: str) -> int:
    """Number of commands that failed or held too much."""
    wrong = 0
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as name:
        answers, book = write_survey(Path(name), rows)
        commands = [["check", str(answers), "--codebook", str(book)]]
        commands += [
            ["run", study, "--survey", str(answers), "--codebook", str(book), "-o", f"{name}/reports"]
            for study in studies or ("01", "02", "03")
        ]
        for words in commands:
            status, seconds, most = measured(words)
            name_of = words[0] if words[0] == "check" else f"study {words[1]}"
            said = sampled(Path(name) / "reports", words[1]) if words[0] == "run" and not status else []
            silent = words[0] == "run" and rows > LARGE and not said
            failed = status != 0 or most > MOST or silent
            wrong += failed
            what = "failed" if failed else "passed"
            print(
                f"{name_of}: {what}, {seconds:.0f} s, {most / 2**20:.2f} GiB", *said, sep="\n  ", flush=True
            )
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(*map(int, sys.argv[1:2]), *sys.argv[2:]), 1))
