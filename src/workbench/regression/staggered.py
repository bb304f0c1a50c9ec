"""Staggered adoption: effects by group and period from permitted comparisons only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.doors import door, one_of, optional
from workbench.errors import SpecificationError
from workbench.regression import doors
from workbench.regression.adoption import AdoptionPanel, adoption_panel
from workbench.regression.coefficients import coefficient_table

FEW_UNITS = 5  # in a group: its effects have no usable error below
SIGNS = 10_000_000  # random signs that are drawn at a time


@dataclass(frozen=True)
class GroupTimeEffects:
    """Effects of adopting, by group (first treated period) and period.

    ``cells``: group, period, event_time, effect, se, ci_lower, ci_upper, treated, controls. ``overall``: one
    row each for ``simple`` (every treated firm-period alike), ``group`` (every adopter alike) and
    ``dynamic`` (every event time alike). ``event_study``: event_time, estimate, se, ci_lower, ci_upper and
    band_lower, band_upper, which hold for all event times together, and cells, the number of groups behind
    it. ``balanced``: the same for the event times of a window, from the groups observed at every one of them,
    so that its estimates may be compared with one another; ``balanced_groups`` are those groups. ``groups``:
    group, estimate and interval, n. ``pretrend``: chi2, df, f, df2, pvalue of all effects before adoption
    being zero.
    """

    outcome: str
    cells: pd.DataFrame
    overall: pd.DataFrame
    event_study: pd.DataFrame
    balanced: pd.DataFrame
    balanced_groups: tuple[Any, ...]
    groups: pd.DataFrame
    pretrend: pd.Series
    controls: str
    n_units: int
    draws: int
    seed: int
    level: float
    warnings: tuple[str, ...]


@door(
    **doors.ADOPTION,
    controls=one_of("not yet treated", "never treated"),
    window=optional(doors.window),
    **doors.DRAWN,
)
def group_time_effects(
    data: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    period: str,
    treated: str,
    controls: str = "not yet treated",
    window: tuple[int, int] | None = None,
    draws: int = 999,
    seed: int = 1,
    level: float = 0.95,
) -> GroupTimeEffects:
    """Effect on the treated by adoption group and period, with clean controls and without covariates.

    Parameters
    ----------
    data : balanced panel.
    controls : ``not yet treated`` (by that period, the never treated included) or ``never treated``.
    window : first and last event time of ``balanced``, such as (-1, 3). Without it the longest that holds 0
        and that at least two groups cover (the one group, where there is no other), those with more adopters
        first among windows of the same length.
    draws, seed : Rademacher multipliers for the simultaneous band of the event study.
    outcome : numeric column.
    unit, period : columns; each pair occurs once.
    treated : 0/1 column that never goes back to 0.
    level : of the intervals.

    Returns
    -------
    GroupTimeEffects; errors come from each unit's influence, so they are clustered by unit.

    Notes
    -----
    ATT(g, t) = E[Y_t - Y_{g-1} | g] - E[Y_t - Y_{g-1} | control] for t ≥ g; before adoption the base is t-1
    (Callaway & Sant'Anna 2021). Assumes parallel trends and no anticipation; ``pretrend`` can only
    contradict them. Groups that adopt early are seen longer, so distant event times of ``event_study`` are
    means over fewer groups, and a rise from one event time to another may be a change of groups.

    R: ``did::att_gt(..., control_group = "notyettreated")``, ``did::aggte``; ``balanced`` with
    ``aggte(type = "dynamic", balance_e = last, min_e = first)``.

    Examples
    --------
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> panel = open_dataset("firm_panel").responses
    >>> found = regression.group_time_effects(
    ...     panel, "satisfaction", unit="firm", period="period", treated="treated", draws=99
    ... )
    >>> found.overall.loc["simple", ["estimate", "ci_lower", "ci_upper"]].round(2).tolist()
    [0.23, 0.21, 0.26]
    """
    made = adoption_panel(data, outcome, unit, period, treated)
    n, t = made.values.shape
    warnings = []
    if (made.start == 0).any():
        warnings.append(
            f"{int((made.start == 0).sum()):,} units are treated in the first period and have no "
            "before: left out."
        )
    rows, influence = [], []
    for g in [int(v) for v in np.unique(made.start) if 0 < v < np.inf]:
        inside = made.start == g
        if inside.sum() < FEW_UNITS:
            warnings.append(
                f"Only {int(inside.sum()):,} units adopt in {made.periods[g]}: their errors are too small."
            )
        for now in range(1, t):
            base = g - 1 if now >= g else now - 1
            control = (
                (made.start > max(now, base)) & ~inside
                if controls == "not yet treated"
                else np.isinf(made.start)
            )
            if not control.any():
                continue
            change = made.values[:, now] - made.values[:, base]
            effect = change[inside].mean() - change[control].mean()
            row = np.zeros(n)
            row[inside] = (change[inside] - change[inside].mean()) / inside.sum()
            row[control] = -(change[control] - change[control].mean()) / control.sum()
            influence.append(row)
            rows.append((g, now, now - g, effect, inside.sum(), control.sum()))
    if not rows:
        raise SpecificationError(
            f"no cell has {controls} controls: nobody is left to compare the adopters with"
        )
    frame = pd.DataFrame(rows, columns=["g", "now", "event_time", "effect", "treated", "controls"])
    cells = _Cells(frame, np.array(influence), made.start)
    kept = _window(frame, window)
    return _collect(outcome, made, cells, controls, kept, draws, seed, level, warnings)


@dataclass(frozen=True)
class _Cells:
    """Effects of group x period cells with the influence of every unit on each (cells x units)."""

    frame: pd.DataFrame
    psi: np.ndarray
    start: np.ndarray

    def influence(self, weights: np.ndarray) -> np.ndarray:
        """Influence on a weighted mean of cells whose weights are the sizes of the groups.

        A group's share of the adopters is itself estimated, so its own influence is added.
        """
        effect, group = self.frame["effect"].to_numpy(), self.frame["g"].to_numpy()
        out, mean = weights @ self.psi, weights @ effect
        for g in np.unique(group[weights > 0]):
            inside = self.start == g
            out = out + inside * ((effect - mean) * weights)[group == g].sum() / inside.sum()
        return out


def _window(frame: pd.DataFrame, window: tuple[int, int] | None) -> tuple[int, int, list[int]]:
    """First and last event time of the balanced window, and the groups that cover it."""
    seen = {g: set(part["event_time"]) for g, part in frame.groupby("g")}
    size = frame.groupby("g")["treated"].first()

    def covering(first: int, last: int) -> list[int]:
        return [g for g, times in seen.items() if times >= set(range(first, last + 1))]

    if window is not None:
        first, last = window
        if not first <= 0 <= last:
            raise SpecificationError(f"window {window} must hold 0, the period of adoption")
        groups = covering(first, last)
        if not groups:
            raise SpecificationError(f"no group is observed at every event time from {first} to {last}")
        return first, last, groups
    ends = [(a, b) for a in range(frame["event_time"].min(), 1) for b in range(frame["event_time"].max() + 1)]
    found = [(a, b, covering(a, b)) for a, b in ends]
    least = min(2, max(len(groups) for *_, groups in found))
    return max(
        (one for one in found if len(one[2]) >= max(least, 1)),
        key=lambda one: (one[1] - one[0], size[one[2]].sum(), one[1]),
    )


def _over(chosen: np.ndarray, weights: np.ndarray) -> np.ndarray:
    kept = np.where(chosen, weights, 0.0)
    return kept / kept.sum()


def _collect(
    outcome: str,
    made: AdoptionPanel,
    cells: _Cells,
    controls: str,
    window: tuple[int, int, list[int]],
    draws: int,
    seed: int,
    level: float,
    warnings: list[str],
) -> GroupTimeEffects:
    """Averages of cells with their influence, and the simultaneous band."""
    frame, psi = cells.frame, cells.psi
    effect, event, cohort = (frame[name].to_numpy() for name in ("effect", "event_time", "g"))
    size = frame["treated"].to_numpy(float)
    after = event >= 0

    def table(names: list, estimate: np.ndarray, influence: np.ndarray) -> pd.DataFrame:
        full = coefficient_table(names, estimate, influence @ influence.T, None, level)
        return full[["estimate", "se", "pvalue", "ci_lower", "ci_upper"]]

    def by_event_time(chosen: np.ndarray, times: np.ndarray) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        weights = np.array([_over(chosen & (event == e), size) for e in times])
        influence = np.array([cells.influence(w) for w in weights])
        study = table(list(times), weights @ effect, influence).rename_axis("event_time")
        critical = _critical(influence, draws, seed, level)
        study["band_lower"], study["band_upper"] = (
            study["estimate"] + sign * critical * study["se"] for sign in (-1, 1)
        )
        study["cells"] = [(chosen & (event == e)).sum() for e in times]
        return study, weights, influence

    times = np.unique(event)
    study, by_event, on_event = by_event_time(np.ones(len(frame), bool), times)
    first, last, members = window
    balanced, *_ = by_event_time(np.isin(cohort, members), np.arange(first, last + 1))
    cohorts = np.unique(cohort[after])
    by_group = np.array([_over(after & (cohort == g), np.ones(len(frame))) for g in cohorts])
    counts = np.array([(made.start == g).sum() for g in cohorts])
    groups = table([made.periods[g] for g in cohorts], by_group @ effect, by_group @ psi).rename_axis("group")
    simple, alike = _over(after, size), counts / counts.sum() @ by_group
    dynamic = by_event[times >= 0].mean(axis=0)
    overall = table(
        ["simple", "group", "dynamic"],
        np.array([simple, alike, dynamic]) @ effect,
        np.array([cells.influence(simple), cells.influence(alike), on_event[times >= 0].mean(axis=0)]),
    )
    shown = frame[["event_time", "effect", "treated", "controls"]].copy()
    shown.insert(0, "group", made.periods[cohort])
    shown.insert(1, "period", made.periods[frame["now"]])
    single = table(list(frame.index), effect, psi).reset_index(drop=True)
    for place, name in enumerate(("se", "ci_lower", "ci_upper"), 4):
        shown.insert(place, name, single[name])
    return GroupTimeEffects(
        outcome,
        shown,
        overall.rename_axis("average"),
        study,
        balanced,
        tuple(made.periods[members].tolist()),
        groups.assign(n=counts),
        _pretrend(effect[~after], psi[~after]),
        controls,
        len(made.start),
        draws,
        seed,
        level,
        tuple(warnings),
    )


def _critical(influence: np.ndarray, draws: int, seed: int, level: float) -> float:
    """Multiple of the error that covers all event times: quantile of the largest |t| under random signs."""
    from scipy import stats

    stream, units = np.random.default_rng(seed), influence.shape[1]
    se = np.sqrt((influence**2).sum(axis=1))
    size, parts = max(SIGNS // units, 1), []
    for done in range(0, draws, size):
        signs = stream.choice([-1.0, 1.0], size=(min(size, draws - done), units))
        parts.append(np.abs(signs @ influence.T / np.where(se > 0, se, np.inf)).max(axis=1))
    largest = np.concatenate(parts)
    return max(float(np.quantile(largest, level)), float(stats.norm.ppf(0.5 + level / 2)))


def _pretrend(effect: np.ndarray, psi: np.ndarray) -> pd.Series:
    """Test that effects before adoption are zero, as Hotelling's F: χ² rejects too often with few units."""
    from scipy import stats

    df = int(np.linalg.matrix_rank(psi @ psi.T)) if len(effect) else 0
    if not df:
        return pd.Series({"chi2": np.nan, "df": 0.0, "f": np.nan, "df2": np.nan, "pvalue": np.nan})
    v, n = psi @ psi.T, psi.shape[1]
    chi2 = float(effect @ np.linalg.pinv(v, hermitian=True) @ effect)
    f, df2 = chi2 * (n - df) / (df * (n - 1)), n - df
    return pd.Series(
        {"chi2": chi2, "df": float(df), "f": f, "df2": float(df2), "pvalue": stats.f.sf(f, df, df2)}
    )
