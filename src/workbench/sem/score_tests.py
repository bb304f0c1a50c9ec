"""Score tests of equality constraints: what would giving one up do to the fit?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import ParameterError, SpecificationError
from workbench.sem.constraints import excess, label_values
from workbench.sem.discrepancy import assemble
from workbench.sem.expected_change import standardized_changes
from workbench.sem.syntax import parse

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit


UNKNOWN = 1e-9  # directions with this share of the largest information are not identified


@dataclass(frozen=True)
class ScoreTests:
    """Score tests of the equality constraints of a fit.

    ``total``: statistic, df, pvalue of all released constraints at once. ``univariate``: a row for each, with
    lhs, op, rhs (labels, or .p3. for row 3 of the parameter table) and ``constraint`` in words.
    ``cumulative``: the largest first, then with the next one, and so on. ``changes``: expected change of
    every free parameter once all are released (epc), the value then expected (epv), and the change
    standardized.
    """

    total: pd.Series
    univariate: pd.DataFrame
    cumulative: pd.DataFrame
    changes: pd.DataFrame
    warnings: tuple[str, ...] = ()


def score_tests(fit: Fit, release: Sequence[int] | None = None) -> ScoreTests:
    """Score (Lagrange multiplier) tests of equality constraints: equal labels, ``group_equal`` and ``==``.

    Parameters
    ----------
    fit : a converged fit with equality constraints.
    release : which constraints are released, numbers from 1 in the order of the rows without it; all if None.

    Returns
    -------
    ScoreTests. With ``g`` the gradient of fmin, ``I`` the expected information and ``D`` the directions that
    the constraints kept leave free: ``N g'D (D'ID)^-1 D'g``, df the constraints released (Silvey 1959;
    Bentler & Chou 1992). With robust standard errors it is the same ordinary test, and a warning says so.

    Raises
    ------
    SpecificationError without equality constraints, with inequalities, or for a fit that has not converged;
    ParameterError for a number that is no constraint's.

    R: ``lavaan::lavTestScore(fit, release = release, epc = TRUE, cumulative = TRUE)``. Its expected changes
    under GLS, ULS, WLS and DWLS have the wrong sign in 0.6-14: they lead away from what a refit finds.
    """
    import pandas as pd
    from scipy.stats import chi2

    if not fit.converged:
        raise SpecificationError("the fit has not converged: score tests need its minimum")
    names, matrix = _constraints(fit)
    if not names:
        raise SpecificationError("no equality constraints: nothing can be released")
    numbers = list(range(1, len(names) + 1))
    chosen: list[Any]
    if release is None:
        chosen = numbers
    elif isinstance(release, Iterable) and not isinstance(release, (str, bytes)):
        chosen = list(release)
    else:
        chosen = [release]
    unknown = [number for number in chosen if not isinstance(number, Integral) or number not in numbers]
    if unknown or not chosen:
        raise ParameterError(
            f"release: {unknown or 'nothing'}. Constraints have the numbers 1 to {len(names)}"
        )
    problem = fit.problem
    gradient = assemble(problem.model, problem.discrepancy, problem.targets, fit.x[None])[1][0]

    def test(released: list[int]) -> tuple[float, np.ndarray]:
        kept = np.delete(matrix, [number - 1 for number in released], 0)
        step = _step_within(fit.inference.expected, gradient, kept, problem.model.unit)
        return -problem.sample.total * float(gradient @ (step / problem.model.unit)), step

    def table(statistics: list[float], df: list[int]) -> dict[str, Any]:
        return {"statistic": np.array(statistics), "df": df, "pvalue": chi2.sf(statistics, df)}

    statistic, epc = test(chosen)
    described = pd.DataFrame(
        [names[number - 1] for number in chosen], pd.Index(chosen), ["lhs", "op", "rhs", "constraint"]
    )
    single = [test([number])[0] for number in chosen]
    order = np.argsort(single, kind="stable")[::-1]
    first = [test([chosen[place] for place in order[: count + 1]])[0] for count in range(len(chosen))]
    rows = [problem.table.rows[index] for index in problem.table.free]
    changes: dict[str, Any] = {
        part: [getattr(row, part) for row in rows] for part in ("lhs", "op", "rhs", "group", "label")
    }
    changes |= {"est": fit.free_values, "epc": epc, "epv": fit.free_values + epc}
    said: tuple[str, ...] = ()
    if problem.estimator.se != "standard":
        said = (
            f"{problem.estimator.name}: the score test is the ordinary one, not corrected for the answers' "
            "distribution",
        )
    return ScoreTests(
        pd.Series({"statistic": statistic, "df": len(chosen), "pvalue": chi2.sf(statistic, len(chosen))}),
        described.assign(**table(single, [1] * len(chosen))),
        described.iloc[order].assign(**table(first, list(range(1, len(chosen) + 1)))),
        pd.DataFrame(changes | standardized_changes(fit, rows, epc)),
        said,
    )


def _step_within(
    information: np.ndarray, gradient: np.ndarray, kept: np.ndarray, unit: np.ndarray
) -> np.ndarray:
    """Expected change of the parameters, on the data's scale, in directions that ``kept`` leaves free: the
    shortest where some of these are not identified.
    """
    from scipy.linalg import null_space

    directions = null_space(kept) if len(kept) else np.eye(len(information))
    value, vector = np.linalg.eigh(directions.T @ information @ directions)
    known = value > UNKNOWN * value.max()
    turned = directions @ vector
    step = -turned[:, known] @ ((turned[:, known].T @ gradient) / value[known]) * unit
    if not known.all():
        idle = turned[:, ~known] * unit[:, None]
        step -= idle @ np.linalg.lstsq(idle, step, rcond=None)[0]
    return step


def _constraints(fit: Fit) -> tuple[list[tuple[str, str, str, str]], np.ndarray]:
    """Equality constraints in lavaan's order, and their derivatives by the internal parameters."""
    table, unit = fit.table, fit.problem.model.unit
    written = parse(fit.model).constraints
    if any(constraint.op != "==" for constraint in written):
        raise SpecificationError("score tests are for equality constraints: the model has inequalities too")
    values = label_values(table.rows, table.free, table.definitions, fit.free_values[None])
    names, slopes = [], []
    for constraint in written:
        text = str(constraint)
        names.append((str(constraint.left), "==", str(constraint.right), text))
        slopes.append(np.broadcast_to(excess(constraint, values)[1], (1, len(unit)))[0] * unit)
    column = {index: place for place, index in enumerate(table.free)}
    for first, *others in _equal_rows(fit):
        for other in others:
            names.append((f".p{first + 1}.", "==", f".p{other + 1}.", _in_words(fit, first, other)))
            slope = np.zeros(len(unit))
            slope[column[first]], slope[column[other]] = unit[column[first]], -unit[column[other]]
            slopes.append(slope)
    return names, np.array(slopes)


def _equal_rows(fit: Fit) -> list[list[int]]:
    """Numbers of the rows that a label or ``group_equal`` makes equal, class by class."""
    table, basis = fit.table, fit.table.equal.basis
    if basis is None:
        return []
    classes: dict[tuple, list[int]] = {}
    for column, index in enumerate(table.free):
        row = table.rows[index]
        # one name and one direction: a name by itself is free in each group
        key = (row.label or f"{row.lhs}{row.op}{row.rhs}", (np.round(basis[column], 9) + 0.0).tobytes())
        classes.setdefault(key, []).append(index)
    return sorted(members for members in classes.values() if len(members) > 1)


def _in_words(fit: Fit, *indices: int) -> str:
    rows = [fit.table.rows[index] for index in indices]
    groups = len({row.group for row in rows}) > 1
    return " = ".join(
        f"{row.lhs} {row.op} {row.rhs}".strip() + (f" ({fit.groups[row.group - 1]})" if groups else "")
        for row in rows
    )


def release_tests(fit: Fit, op: str) -> pd.DataFrame:
    """Score test of each parameter that is held equal across all groups, one at a time, largest first.

    Parameters
    ----------
    fit : a fit with ``group_equal``.
    op : which parameters: ``"=~"`` loadings, ``"~1"`` intercepts, ``"~"`` regressions,
        ``"~~"`` (co)variances.

    Returns
    -------
    Columns parameter ("f =~ x2"), lhs, op, rhs, statistic, df (groups less one), pvalue, spread: how far
    apart the groups' values are expected to lie once released, on the data's scale.

    With ``g`` the gradient of fmin, ``E`` the released directions and ``B`` those already free, the efficient
    score is ``s = E'g`` with information ``V = E'IE - E'IB (B'IB)^-1 B'IE`` and the test ``N s' V^-1 s``.
    With robust standard errors (MLR, MLM, WLSMV) scores do not have their information as variance: then it is
    ``N s' W^-1 s`` with their empirical variance ``W`` (Boos 1992; Satorra 1989).

    R, with standard errors that are not robust: ``lavTestScore(fit, release = c(...))``, the total score
    test; see ``score_tests``. Robust ones are near ``lavTestLRT`` of the refit.
    """
    import pandas as pd
    from scipy.stats import chi2

    problem, inference, basis = fit.problem, fit.inference, fit.problem.model.basis
    columns = ["parameter", "lhs", "op", "rhs", "statistic", "df", "pvalue", "spread"]
    if basis is None:
        return pd.DataFrame(columns=columns)
    gradient = assemble(problem.model, problem.discrepancy, problem.targets, fit.x[None])[1][0]
    kind = problem.estimator.se
    information = inference.information if kind == "robust.huber.white" else inference.expected
    spread_of_scores = information
    if kind != "standard":
        spread_of_scores = inference.first_order if kind == "robust.huber.white" else inference.meat
    held = _held_equal(fit, op)
    released = sorted({place for places in held.values() for place in places[1:]})
    # efficient scores: released directions less what those already free explain of them
    less = -inference.bordered_inverse(information) @ information[:, released]
    less[released, np.arange(len(released))] += 1.0
    scores = less.T @ gradient
    variances, informations = (less.T @ matrix @ less for matrix in (spread_of_scores, information))
    at = {place: position for position, place in enumerate(released)}
    rows = []
    for key, places in held.items():
        mine = [at[place] for place in places[1:]]
        own, score = np.ix_(mine, mine), scores[mine]
        statistic = problem.sample.total * float(score @ np.linalg.solve(variances[own], score))
        change = less[np.ix_(places, mine)] @ np.linalg.solve(informations[own], score)
        values = (fit.x[places] - change) * problem.model.unit[places]
        df = len(places) - 1
        rows.append(
            (" ".join(key).strip(), *key, statistic, df, float(chi2.sf(statistic, df)), float(np.ptp(values)))
        )
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values("statistic", ascending=False, kind="stable").reset_index(drop=True)


def _held_equal(fit: Fit, op: str) -> dict[tuple[str, str, str], list[int]]:
    """Free parameters' columns by name, for those that one direction moves in every group alike."""
    table, basis = fit.table, fit.problem.model.basis
    found: dict[tuple[str, str, str], list[int]] = {}
    for column, index in enumerate(table.free):
        row = table.rows[index]
        if row.op == op:
            found.setdefault((row.lhs, row.op, row.rhs), []).append(column)
    return {
        key: places
        for key, places in found.items()
        if len(places) == table.groups > 1 and np.allclose(basis[places], basis[places[0]], atol=1e-12)
    }
