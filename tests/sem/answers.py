"""Holding a fit against lavaan's numbers: shared by the tests of missing and of ordered answers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).parents[1] / "reference" / "missing_ordered"
STATISTICS = ("chisq", "chisq_scaled", "baseline_chisq", "baseline_chisq_scaled", "logl", "unrestricted_logl")


def references(name: str) -> dict:
    """One file of reference numbers."""
    return json.loads((REFERENCE / name).read_text())


def read(name: str) -> pd.DataFrame:
    """One of the reference data sets."""
    return pd.read_csv(REFERENCE / f"{name}.csv")


def settings(call: dict) -> dict:
    """Arguments of ``sem.fit`` from the reference's call."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in call.items()}


def aligned(fit, reference: dict) -> pd.DataFrame:
    """The fit's estimates in the order of the reference's rows; a row that is missing fails."""
    found = {}
    for row in fit.estimates.itertuples():
        if row.op == ":=":
            found[row.lhs, ":="] = row
            continue
        found[row.lhs, row.op, row.rhs, row.group] = row
        if row.op == "~~":
            found[row.rhs, row.op, row.lhs, row.group] = row
    estimates = reference["estimates"]
    groups = estimates.get("group") or [1] * len(estimates["lhs"])
    keys = zip(estimates["lhs"], estimates["op"], estimates["rhs"], groups, strict=True)
    rows = [found[(lhs, op) if op == ":=" else (lhs, op, rhs, group)] for lhs, op, rhs, group in keys]
    assert len(rows) == len(fit.estimates)
    return pd.DataFrame(rows)


def check_estimates(fit, reference: dict, errors: bool = True) -> None:
    """Estimates and standardised ones to 1e-4, standard errors to 2e-4 of themselves."""
    rows, estimates = aligned(fit, reference), reference["estimates"]
    for ours, theirs in (("est", "est"), ("std_lv", "std.lv"), ("std_all", "std.all")):
        expected = np.array(estimates[theirs], dtype=float)
        np.testing.assert_allclose(rows[ours], expected, atol=1e-4, rtol=1e-4, err_msg=ours)
    if errors:
        expected = np.array(estimates["se"], dtype=float)
        np.testing.assert_allclose(rows["se"], expected, rtol=2e-4, atol=1e-9)


def check_measures(fit, reference: dict, without: tuple[str, ...] = ()) -> None:
    """Every measure of lavaan's: statistics to 1e-5 of themselves, others to 1e-4, NA where lavaan's is."""
    measures = fit.measures
    for name, value in reference["measures"].items():
        name = name.replace(".", "_")
        if name.startswith(without) if without else False:
            continue
        if value is None or value == "NA":
            assert np.isnan(measures[name]), name
        elif name in STATISTICS:
            np.testing.assert_allclose(measures[name], value, rtol=1e-5, err_msg=name)
        else:
            np.testing.assert_allclose(measures[name], value, rtol=1e-4, atol=1e-4, err_msg=name)


def check_modification_indices(fit, reference: dict) -> None:
    """lavaan's list, index and expected change."""
    expected = reference["modindices"]
    found = {(row.lhs, row.op, row.rhs): (row.mi, row.epc) for row in fit.modification_indices().itertuples()}
    keys = list(zip(expected["lhs"], expected["op"], expected["rhs"], strict=True))
    assert set(found) == set(keys)
    np.testing.assert_allclose([found[key][0] for key in keys], expected["mi"], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose([found[key][1] for key in keys], expected["epc"], rtol=2e-4, atol=1e-5)


def check_jacobians(fit) -> None:
    """Analytic derivatives of every group's statistics against central differences."""
    model, x = fit.problem.model, fit.x
    steps = 1e-6 * np.eye(len(x))
    for group, jacobian in enumerate(fit.inference.jacobians):

        def implied(values, group=group):
            return model.state(group, values[None], None, None).statistics[0]

        numeric = np.stack([(implied(x + step) - implied(x - step)) / 2e-6 for step in steps], axis=1)
        np.testing.assert_allclose(jacobian, numeric, atol=1e-7)
