"""Modification indices and all standardized changes against lavaan 0.6-14, and against refits."""

import numpy as np
import pandas as pd
import pytest
from tests.sem.residual_cases import CASES, arguments, fitted, frame

from workbench import sem

# an improper solution (lavaan's extended model stands at another point), and a parameter nearly determined
APART = ("observed_means", "nearly_determined")
INDICES = [name for name, case in CASES.items() if case["mi"] and name not in APART]
CHANGES = {"epc": "epc", "sepc_lv": "sepc.lv", "sepc_all": "sepc.all", "sepc_nox": "sepc.nox"}


def rows_of(table: pd.DataFrame) -> dict[tuple, tuple]:
    """Rows by parameter, covariances under both orders."""
    found = {}
    for row in table.itertuples(index=False):
        found[row.lhs, row.op, row.rhs, row.group] = row
        if row.op == "~~":
            found[row.rhs, row.op, row.lhs, row.group] = row
    return found


@pytest.mark.parametrize("name", INDICES)
def test_indices_and_standardized_changes(name):
    table = fitted(name).modification_indices()
    found, theirs = rows_of(table), CASES[name]["mi"]
    assert table["mi"].is_monotonic_decreasing
    keys = list(zip(*(theirs[part] for part in ("lhs", "op", "rhs", "group")), strict=True))
    # lavaan's rule for what is determined depends on units, so that a row may be in one list alone
    both = set(keys) | {(rhs, op, lhs, group) for lhs, op, rhs, group in keys if op == "~~"}
    ours = {(row.lhs, row.op, row.rhs, row.group) for row in table.itertuples() if row.mi > 1e-3}
    assert ours <= both
    for place, key in enumerate(keys):
        index = theirs["mi"][place]
        if key not in found:
            assert index < 1e-3, key
            continue
        assert found[key].mi == pytest.approx(index, rel=2e-3, abs=2e-3), key
        if index < 0.03:  # lavaan's score is no more exact than its stopping rule
            continue
        for mine, part in CHANGES.items():
            value = theirs[part][place]
            if value is None:
                assert np.isnan(getattr(found[key], mine)), (key, mine)
            else:
                assert getattr(found[key], mine) == pytest.approx(value, rel=1e-3, abs=1e-4), (key, mine)


def test_nearly_determined_parameter_is_listed():
    # its information given the others is a millionth of its own: lavaan's own rounding is a few per cent
    theirs = CASES["nearly_determined"]["mi"]
    keys = list(zip(*(theirs[part] for part in ("lhs", "op", "rhs", "group")), strict=True))
    found = rows_of(fitted("nearly_determined").modification_indices())
    for part, name in (("mi", "mi"), ("epc", "epc"), ("sepc_all", "sepc.all")):
        expected = theirs[name][keys.index(("z", "~", "u2", 3))]
        assert getattr(found["z", "~", "u2", 3], part) == pytest.approx(expected, rel=0.05)
    for place, key in enumerate(keys):
        if key[:3] != ("z", "~", "u2"):
            assert found[key].mi == pytest.approx(theirs["mi"][place], rel=2e-3, abs=2e-3), key


def test_row_of_a_fixed_variance_shows_what_the_variance_is():
    fixed = rows_of(fitted("fixed_residual").modification_indices())["x1", "~~", "x1", 1]
    assert abs(fixed.sepc_lv) == pytest.approx(0.5)
    factor = rows_of(fitted("fixed_variance").modification_indices())["visual", "~~", "visual", 1]
    assert abs(factor.sepc_lv) == abs(factor.sepc_all) == pytest.approx(1.0)


@pytest.mark.parametrize("freed", ["w ~ y", "x ~ y", "x ~ m"])
def test_path_into_a_fixed_variable_expects_the_refit_when_the_variable_is_random(freed):
    # lavaan's index (and ours) holds the moments of fixed variables; once it has a path, such a variable is
    # an outcome, whose covariances with the other causes stay in the model
    case = CASES["path"]
    data = frame(case["data"])
    outcome, cause = freed.split(" ~ ")
    start = sem.fit(case["model"], data, fixed_x=False)
    refit = sem.fit(f"{case['model']}\n{freed}\nx ~~ z + w\nz ~~ w", data, fixed_x=False)
    assert refit.df == start.df - 1
    fall = start.chisq - refit.chisq
    key = (outcome, "~", cause, 1)
    random = rows_of(start.modification_indices())[key]
    held = rows_of(fitted("path").modification_indices())[key]
    assert abs(random.mi - fall) < 0.8 * abs(held.mi - fall)


@pytest.mark.parametrize("freed", ["u2 ~~ u3", "u2 ~~ u4", "u3 ~ 1"])
def test_improper_solution_keeps_the_index_that_a_refit_finds(freed):
    case = CASES["observed_means"]
    fit = fitted("observed_means")
    assert any("improper" in warning for warning in fit.warnings)
    model = case["model"].replace("u3 ~ 0*1", "") if freed == "u3 ~ 1" else case["model"]
    refit = sem.fit(f"{model}\n{freed}", frame(case["data"]), **arguments(case))
    lhs, op, rhs = freed.split()
    key = (lhs, "~1", "", 1) if rhs == "1" else (lhs, op, rhs, 1)
    theirs = dict(
        zip(
            zip(*(case["mi"][part] for part in ("lhs", "op", "rhs", "group")), strict=True),
            case["mi"]["mi"],
            strict=True,
        )
    )
    fall = fit.chisq - refit.chisq
    mine = rows_of(fit.modification_indices())[key].mi
    assert refit.converged
    assert abs(mine - fall) < abs(theirs[key] - fall)


def test_list_does_not_depend_on_units():
    case = CASES["fixed_x_off"]
    data = frame(case["data"])
    large = data.assign(**{name: data[name] * 1e5 for name in ("u1", "u2", "u3", "u4", "y")})
    mine = rows_of(fitted("fixed_x_off").modification_indices())
    found = rows_of(sem.fit(case["model"], large, fixed_x=False).modification_indices())
    assert set(mine) == set(found)
    for key, row in mine.items():
        assert found[key].mi == pytest.approx(row.mi, rel=1e-4, abs=1e-6), key
        assert found[key].sepc_all == pytest.approx(row.sepc_all, rel=1e-3, abs=1e-6), key
