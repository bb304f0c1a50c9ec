"""Small changes to the modules of guards, rules, warnings, staleness and verdicts: does a test notice?

    python -m tests.torture.mutants [part of a module's path] [mutants of each module]

A copy of the checkout is changed at one place at a time (a comparison, a sign, a number, a condition) and the
tests named beside the module run on it in a forked process. What survives is printed with its line; the
status is 1 where a tenth or more survive. What no test can notice stands in ``NO_DIFFERENCE`` and why: each
entry names one change, other changes of the same line are tried.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
EACH = 60
SECONDS = 120
SURVIVORS = 0.1
MODULES = {
    "evidence/claims.py": "evidence/test_claims.py test_vocabulary.py",
    "evidence/rates.py": "evidence/test_rates.py studies/test_rate_tables.py",
    "show/verdict_lines.py": "show/test_verdict_lines.py show/test_study.py",
    "vocabulary.py": "test_vocabulary.py show/test_study.py",
    "doors.py": "test_doors.py",
    "given_tables.py": "test_given_tables.py",
    "survey/samples.py": "survey/test_samples.py",
    "survey/screening.py": "survey/test_screening.py",
    "studies/needs.py": "studies/test_needs.py",
    "sem/checks.py": "sem/test_checks.py",
    "regression/diagnostics.py": "regression/test_flags_and_words.py regression/test_models.py",
    "reports/manifest.py": "reports/test_manifest.py",
    "reports/inputs.py": "reports/test_inputs.py",
}


def edges(*comparisons: str) -> dict[tuple[str, str], str]:
    """Comparisons of something computed with its limit, written ``a < b``: that they take the limit in."""
    reason = "what is computed with rounding is never exactly the limit"
    turned = {
        text: re.sub("([<>])(=?)", lambda m: m[1] + ("" if m[2] else "="), text) for text in comparisons
    }
    return {("", f"{text} -> {other}"): reason for text, other in turned.items()}


EVERYWHERE = "*"
_DRAWN = "0.1 * share * np.random.default_rng(7).uniform(-1, 1, u.shape)"
# Module -> (words of the line, the change) -> why no test can notice it.
NO_DIFFERENCE: dict[str, dict[tuple[str, str], str]] = {
    EVERYWHERE: {
        ("if TYPE_CHECKING:", "if TYPE_CHECKING: -> if False:"): "is false wherever the code runs",
        ("@dataclass(frozen=True", "True -> False"): "that a record cannot be changed is no rule's ground",
    },
    "doors.py": {
        ("max(initial=0.0) > SIZE", "0.0 -> 1.0"): "one is as far below the size as nought is",
    },
    "survey/screening.py": {
        ("varied.sample(MOST", "len(varied) > MOST -> len(varied) >= MOST"): "all in another order are all",
        **edges("scale > 1e-12"),
    },
    "sem/checks.py": {
        **dict.fromkeys(
            (
                ("if _well_conditioned(fit):", "if _well_conditioned(fit): -> if False:"),
                ("return True", "True -> False"),
            ),
            "the spectrum, which this look spares, says the same",
        ),
        (
            "if here.size and here[0] > SINGULAR:",
            "if here.size and here[0] > SINGULAR: -> if False:",
        ): "spares a look elsewhere, where the rank is no lower",
        **dict.fromkeys(
            (
                ("for share in (1.0, 0.1, 0.01):", "1.0 -> 2.0"),
                ("for share in (1.0, 0.1, 0.01):", "0.1 -> 1.1"),
                ("factors = 1 + 0.1 * share", f"1 + {_DRAWN} -> 1 - {_DRAWN}"),
                ("factors = 1 + 0.1 * share", f"{_DRAWN} -> {_DRAWN.replace('share *', 'share /')}"),
                ("factors = 1 + 0.1 * share", "1 -> 2"),
                ("factors = 1 + 0.1 * share", "7 -> 8"),
                ("u * factors + 0.01 * share", "u * factors + 0.01 * share -> u * factors - 0.01 * share"),
                ("u * factors + 0.01 * share", "u * factors -> u / factors"),
                ("u * factors + 0.01 * share", "0.01 * share -> 0.01 / share"),
                ("u * factors + 0.01 * share", "0.01 -> 1.01"),
            ),
            "any point away from the solution serves that has moments, and the nearest has",
        ),
        ("zip(names, variances, strict=True)", "True -> False"): "there is a variance for each name",
        **edges(
            "here[0] > SINGULAR",
            "moved[0] > SINGULAR",
            "moved <= SINGULAR",
            "values[0] < NEAR_SINGULAR",
            "np.trace(found[0]) < 0.1 / NEAR_SINGULAR",
            "weight[place] > 0.05",
            "values[0] < least",
            "np.abs(vectors[:, 0]) > 0.3",
            "value < -1e-10",
        ),
    },
    "regression/diagnostics.py": {
        ("np.linalg.svd(x /", "False -> True"): "rows outnumber columns: only the left vectors are more",
        **edges(
            "leverage < ALONE",
            "influence['leverage'] >= ALONE",
            "table['cook'] > 4 / n",
            "table['dffits'].abs() > 2 * np.sqrt(k / n)",
            "size > 1e-07",
            "size > 1e-09 * size[0]",
            "last[c] >= PROPORTION",
            "size >= INFLATION",
            "last['condition_index'] >= CONDITION",
            "influence['studentized'].abs() > cut",
            "influence['cook'].max() > 1",
            "spread <= 1e-09 * model.design.y.std()",
        ),
    },
}
_PAIRS = (
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn)),
    *((ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div)),
)
SWAPPED: dict[type, type] = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min"}


def changes(tree: ast.AST) -> Iterator[tuple[ast.expr | ast.If, Callable[[], None]]]:
    """Every small change that the code allows: the node, and what makes the change in place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for place, kind in enumerate(node.ops):
                yield (
                    node,
                    lambda node=node, place=place, kind=kind: node.ops.__setitem__(
                        place, SWAPPED[type(kind)]()
                    ),
                )
        elif isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in SWAPPED:
            yield node, lambda node=node: setattr(node, "op", SWAPPED[type(node.op)]())
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, lambda node=node: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand))
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield node, lambda node=node: setattr(node, "value", not node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            yield node, lambda node=node: setattr(node, "value", node.value + 1)
        elif isinstance(node, ast.If):
            yield node, lambda node=node: setattr(node, "test", ast.Constant(False))
        elif isinstance(node, ast.IfExp):
            yield node, lambda node=node: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            yield node.func, lambda name=node.func: setattr(name, "id", FUNCTIONS[name.id])


def mutant(source: str, number: int) -> tuple[ast.Module, ast.expr | ast.If, str]:
    """One mutant, its node that was changed, and the change in words: before -> after."""
    tree = ast.parse(source)
    node, change = list(changes(tree))[number]
    before = ast.unparse(node)
    change()
    after = ast.unparse(node)
    return tree, node, f"{before.splitlines()[0]} -> {after.splitlines()[0]}" if before != after else ""


def places(source: str, silent: Iterable[tuple[str, str]]) -> list[int]:
    """The changes of a module that a test could notice: all but those that ``silent`` names.

    Raises
    ------
    SystemExit : where ``silent`` names a change that the module does not have.
    """
    lines, silent = source.splitlines(), set(silent)
    left, found = [], set()
    for number in range(sum(1 for _ in changes(ast.parse(source)))):
        _, node, change = mutant(source, number)
        line = lines[node.lineno - 1]
        names = {entry for entry in silent if entry[0] in line and entry[1] == change}
        everywhere = any(words in line and change == other for words, other in NO_DIFFERENCE[EVERYWHERE])
        found |= names
        if change and not names and not everywhere:  # one more than a very large number is that number
            left.append(number)
    if silent - found:
        raise SystemExit(f"NO_DIFFERENCE names changes that are not there: {sorted(silent - found)}")
    return left


def survivors(checkout: Path, module: str, tests: list[str], each: int) -> tuple[int, int]:
    """How many of a module's mutants were tried, and how many no test noticed."""
    path = checkout / "src/workbench" / module
    source = path.read_text(encoding="utf-8")
    lines, places_left = source.splitlines(), places(source, NO_DIFFERENCE.get(module, {}))
    chosen = sorted(random.Random(7).sample(places_left, min(each, len(places_left))))
    if not passes(checkout, tests):
        raise SystemExit(f"{module}: its tests fail as it stands")
    _preload(checkout)
    alive = 0
    try:
        for number in chosen:
            tree, node, change = mutant(source, number)
            path.write_text(ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
            os.utime(path, (number, number))  # another second than any other's, so that it is compiled anew
            if passes(checkout, tests):
                alive += 1
                print(f"  {module}:{node.lineno}: {lines[node.lineno - 1].strip()}", flush=True)
                print(f"      {change}", flush=True)
    finally:
        path.write_text(source, encoding="utf-8")
    return len(chosen), alive


def passes(checkout: Path, tests: list[str]) -> bool:
    """Whether the tests pass on the checkout as it is now, in a process of their own."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.chdir(checkout)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))  # a mutant that never ends is noticed too
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        import pytest

        status = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests])
        (checkout / "loaded.txt").write_text("\n".join(sys.modules))
        os._exit(int(status))
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return status == 0


def _preload(checkout: Path) -> None:
    """Load what the tests loaded of other people's libraries once, so that a mutant costs its tests alone."""
    for name in (checkout / "loaded.txt").read_text().split():
        if name.partition(".")[0] not in ("workbench", "tests", "conftest", "__main__"):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def main(part: str = "", each: str = str(EACH)) -> int:
    """Print the survivors of each module whose path holds ``part``, and their share."""
    tried = alive = 0
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder, "checkout")
        files = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in filter(None, files.stdout.split("\0")):
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
        sys.path[:0] = [str(checkout / "src"), str(checkout)]
        sys.dont_write_bytecode, sys.pycache_prefix = False, str(Path(folder, "compiled"))
        os.environ["PYTHONPATH"] = str(checkout / "src")
        for module, tests in MODULES.items():
            if part in module:
                of, left = survivors(checkout, module, [f"tests/{name}" for name in tests.split()], int(each))
                print(f"{module}: {left} of {of} survived", flush=True)
                tried, alive = tried + of, alive + left
    print(f"{alive} of {tried} survived")
    return int(alive >= SURVIVORS * max(tried, 1))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
