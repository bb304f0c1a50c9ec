"""Staggered adoption: what two-way fixed effects average, and estimates from permitted comparisons only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault, SpecificationError
from workbench.regression._shared import coefficient_table
from workbench.regression.panel import check_pairs

FEW_UNITS = 5  # in a group: its effects have no usable error below
FORBIDDEN = "later against earlier adopters"


@dataclass(frozen=True)
class BaconDecomposition:
    """``comparisons``: treated, control (first treated period; NaN is never), kind, estimate, weight.
    ``kinds``: kind, weight, estimate. ``estimate``: the two-way coefficient, the weighted sum of all."""

    outcome: str
    estimate: float
    comparisons: pd.DataFrame
    kinds: pd.DataFrame
    sentence: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class GroupTimeEffects:
    """Effects of adopting, by group (first treated period) and period.

    ``cells``: group, period, event_time, effect, se, ci_lower, ci_upper, treated, controls. ``overall``: one
    row each for ``simple`` (every treated firm-period alike), ``group`` (every adopter alike) and
    ``dynamic`` (every event time alike). ``event_study``: event_time, estimate, se, ci_lower, ci_upper and
    band_lower, band_upper, which hold for all event times together. ``groups``: group, estimate and
    interval, n. ``pretrend``: chi2, df, f, df2, pvalue of all effects before adoption being zero.
    """

    outcome: str
    cells: pd.DataFrame
    overall: pd.DataFrame
    event_study: pd.DataFrame
    groups: pd.DataFrame
    pretrend: pd.Series
    controls: str
    n_units: int
    draws: int
    seed: int
    level: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Panel:
    """A balanced panel: outcomes units x periods, first treated position of each unit (inf: never)."""

    values: np.ndarray
    start: np.ndarray
    periods: np.ndarray


def goodman_bacon(
    data: pd.DataFrame, outcome: str, *, unit: str, period: str, treated: str
) -> BaconDecomposition:
    """Take the two-way fixed-effects coefficient of a treatment apart into its two-by-two comparisons.

    Parameters
    ----------
    data : balanced panel.
    treated : 0/1 column that never goes back to 0.

    Returns
    -------
    BaconDecomposition; weights add up to one and Σ weight · estimate is the two-way coefficient exactly.

    Notes
    -----
    Comparisons of later with earlier adopters use firms as controls that are treated already; if effects
    grow they pull the coefficient down and can turn its sign (Goodman-Bacon 2021).

    R: ``bacondecomp::bacon(y ~ treated, d, id, time)``.
    """
    made = _balanced(data, outcome, unit, period, treated)
    t = made.values.shape[1]
    groups = np.unique(made.start)
    share = {g: float((made.start == g).mean()) for g in groups}
    on = {g: 0.0 if np.isinf(g) else (t - g) / t for g in groups}
    rows = []
    for i, early in enumerate(groups):
        for late in groups[i + 1 :]:
            base = share[early] * share[late]  # (n_k + n_l)² n_kl (1 - n_kl) of the paper
            gap = on[early] - on[late]
            if np.isinf(late) and early > 0:
                found = _two_by_two(made, early, late, 0, t, early)
                rows.append(
                    (
                        early,
                        late,
                        "adopters against never adopting",
                        found,
                        base * on[early] * (1 - on[early]),
                    )
                )
            elif np.isfinite(late):
                if early > 0:
                    found = _two_by_two(made, early, late, 0, late, early)
                    rows.append(
                        (early, late, "earlier against later adopters", found, base * gap * (1 - on[early]))
                    )
                found = _two_by_two(made, late, early, early, t, late)
                rows.append((late, early, FORBIDDEN, found, base * on[late] * gap))
    if not rows:
        raise SpecificationError(
            "no two groups of firms adopt at different times: there is nothing to decompose"
        )
    table = pd.DataFrame(rows, columns=["treated", "control", "kind", "estimate", "weight"])
    table["weight"] /= table["weight"].sum()
    estimate = float(table["weight"] @ table["estimate"])
    for column in ("treated", "control"):
        table[column] = [np.nan if np.isinf(v) else made.periods[int(v)] for v in table[column]]
    summed = (
        table.assign(part=table["weight"] * table["estimate"])
        .groupby("kind", sort=False)[["weight", "part"]]
        .sum()
    )
    summed["estimate"] = summed["part"] / summed["weight"]
    bad = summed["weight"].get(FORBIDDEN, 0.0)
    sentence = (
        f"{bad:.0%} of the two-way coefficient {estimate:.3f} comes from comparing later with "
        "earlier adopters, "
        + (
            f"which alone give {summed['estimate'][FORBIDDEN]:.3f}."
            if bad > 0
            else "so no treated firm serves as a control."
        )
    )
    warnings = ()
    if (made.start == 0).any():
        warnings = (
            "Some units are treated in the first period: they have no before and serve only as "
            "controls here.",
        )
    return BaconDecomposition(outcome, estimate, table, summed[["weight", "estimate"]], sentence, warnings)


def group_time_effects(
    data: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    period: str,
    treated: str,
    controls: str = "not yet treated",
    draws: int = 999,
    seed: int = 1,
    level: float = 0.95,
) -> GroupTimeEffects:
    """Effect on the treated by adoption group and period, with clean controls and without covariates.

    Parameters
    ----------
    data : balanced panel; ``treated`` a 0/1 column that never goes back to 0.
    controls : ``not yet treated`` (by that period, the never treated included) or ``never treated``.
    draws, seed : Rademacher multipliers for the simultaneous band of the event study.

    Returns
    -------
    GroupTimeEffects; errors come from each unit's influence, so they are clustered by unit.

    Notes
    -----
    ATT(g, t) = E[Y_t - Y_{g-1} | g] - E[Y_t - Y_{g-1} | control] for t ≥ g; before adoption the base is t-1
    (Callaway & Sant'Anna 2021). Assumes parallel trends and no anticipation; ``pretrend`` can only
    contradict them.

    R: ``did::att_gt(..., control_group = "notyettreated")``, ``did::aggte``.
    """
    if controls not in ("not yet treated", "never treated"):
        raise SpecificationError("controls must be 'not yet treated' or 'never treated'")
    made = _balanced(data, outcome, unit, period, treated)
    n, t = made.values.shape
    warnings = []
    if (made.start == 0).any():
        warnings.append(
            f"{int((made.start == 0).sum())} units are treated in the first period and have no "
            "before: left out."
        )
    rows, influence = [], []
    for g in [int(v) for v in np.unique(made.start) if 0 < v < np.inf]:
        inside = made.start == g
        if inside.sum() < FEW_UNITS:
            warnings.append(
                f"Only {int(inside.sum())} units adopt in {made.periods[g]}: their errors are too small."
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
    return _collect(outcome, made, cells, controls, draws, seed, level, warnings)


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


def _over(chosen: np.ndarray, weights: np.ndarray) -> np.ndarray:
    kept = np.where(chosen, weights, 0.0)
    return kept / kept.sum()


def _collect(
    outcome: str,
    made: _Panel,
    cells: _Cells,
    controls: str,
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

    times = np.unique(event)
    by_event = np.array([_over(event == e, size) for e in times])
    on_event = np.array([cells.influence(w) for w in by_event])
    study = table(list(times), by_event @ effect, on_event).rename_axis("event_time")
    critical = _critical(on_event, draws, seed, level)
    study["band_lower"], study["band_upper"] = (
        study["estimate"] + sign * critical * study["se"] for sign in (-1, 1)
    )
    study["cells"] = [(event == e).sum() for e in times]
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

    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(draws, influence.shape[1]))
    se = np.sqrt((influence**2).sum(axis=1))
    largest = np.abs(signs @ influence.T / np.where(se > 0, se, np.inf)).max(axis=1)
    return max(float(np.quantile(largest, level)), float(stats.norm.ppf(0.5 + level / 2)))


def _pretrend(effect: np.ndarray, psi: np.ndarray) -> pd.Series:
    """Test that effects before adoption are zero, as Hotelling's F: χ² rejects too often with few units."""
    from scipy import stats

    if not len(effect):
        return pd.Series({"chi2": np.nan, "df": 0.0, "f": np.nan, "df2": np.nan, "pvalue": np.nan})
    v = psi @ psi.T
    df, n = int(np.linalg.matrix_rank(v)), psi.shape[1]
    chi2 = float(effect @ np.linalg.pinv(v, hermitian=True) @ effect)
    f, df2 = chi2 * (n - df) / (df * (n - 1)), n - df
    return pd.Series(
        {"chi2": chi2, "df": float(df), "f": f, "df2": float(df2), "pvalue": stats.f.sf(f, df, df2)}
    )


def _balanced(data: pd.DataFrame, outcome: str, unit: str, period: str, treated: str) -> _Panel:
    missing = [name for name in (outcome, unit, period, treated) if name not in data.columns]
    if missing:
        raise SpecificationError([Fault("no such column in the data", column=name) for name in missing])
    rows = data[[unit, period, outcome, treated]]
    check_pairs(rows, unit, period)
    y = rows.pivot(index=unit, columns=period, values=outcome)
    on = rows.pivot(index=unit, columns=period, values=treated)
    if y.isna().any(axis=None) or on.isna().any(axis=None):
        gaps = y.index[y.isna().any(axis=1) | on.isna().any(axis=1)]
        raise DataError(
            Fault(
                f"the panel is not balanced: {len(gaps)} units lack a period or a value, first {gaps[0]!r}",
                fix="Keep the units that are observed in every period.",
            )
        )
    state = on.to_numpy(float)
    if not np.isin(state, (0.0, 1.0)).all():
        raise DataError(Fault("treatment must be 0 or 1", column=treated))
    back = (np.diff(state, axis=1) < 0).any(axis=1)
    if back.any():
        raise DataError(
            Fault(
                f"{int(back.sum())} units stop being treated, first {on.index[back][0]!r}",
                column=treated,
                fix="These estimators are for adoption that stays.",
            )
        )
    start = np.where(state.any(axis=1), state.argmax(axis=1), np.inf)
    return _Panel(y.to_numpy(float), start, y.columns.to_numpy())


def _two_by_two(
    made: _Panel, treated: float, control: float, first: float, last: float, start: float
) -> float:
    """Difference in differences of group means inside the periods [first, last) around ``start``."""
    first, last, start = int(first), int(last), int(start)
    gap = made.values[made.start == treated].mean(axis=0) - made.values[made.start == control].mean(axis=0)
    return gap[start:last].mean() - gap[first:start].mean()
