"""How long customers stay: Kaplan–Meier, log-rank, Cox with its check, and hazards by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench.doors import (
    array,
    column,
    door,
    names,
    need_columns,
    one_of,
    optional,
    same_length,
    table,
    usable,
    yes_no,
)
from workbench.errors import DataError
from workbench.normal_quantiles import INTERVAL_95
from workbench.regression.batches import Regression, in_rows, rank, regress

Floats = NDArray[np.float64]


def _levels(name: str, value: Any) -> Any:
    """Levels in a row, all known."""
    found = (
        pd.Series(value)
        if isinstance(value, (list, tuple, np.ndarray, pd.Series)) and np.ndim(value) == 1
        else None
    )
    if found is None or found.empty or found.isna().any() or found.map(type).isin((list, dict, set)).any():
        raise DataError(f"{name}: a level for every customer is needed")
    return found


@dataclass(frozen=True)
class CoxModel:
    """Cox's model. effects : term -> estimate (log hazard ratio), se, ci_lower, ci_upper, pvalue.

    proportional : term -> chisq, pvalue of the test that the effect does not change with time, and ``all``.
    residuals : scaled Schoenfeld residuals, a row an event, with ``time``.
    """

    effects: pd.DataFrame
    proportional: pd.DataFrame
    residuals: pd.DataFrame
    n: int
    events: int


@door(time=array(), left=yes_no)
def kaplan_meier(time: pd.Series, left: pd.Series) -> pd.DataFrame:
    """Share of customers still there by time since their first observation.

    Parameters
    ----------
    time : when a customer left or was last seen. left : 1 if they left then, 0 if they were still there.

    Returns
    -------
    DataFrame by time: at_risk, left, share, ci_lower, ci_upper (Greenwood, on the log-log scale).

    R: ``survfit(Surv(time, left) ~ 1, conf.type = "log-log")``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.survival import kaplan_meier
    >>> kaplan_meier(pd.Series([1, 2, 2, 3]), pd.Series([1, 1, 0, 0]))["share"].tolist()
    [0.75, 0.5, 0.5]
    """
    same_length(time=time, left=left)
    t, event = np.asarray(time), np.asarray(left)
    table = pd.DataFrame({"time": t, "left": event}).groupby("time")["left"].agg(["size", "sum"])
    at_risk = table["size"][::-1].cumsum()[::-1]
    gone = table["sum"]
    share = (1.0 - gone / at_risk).cumprod()
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(gone / (at_risk * (at_risk - gone)))
        half = INTERVAL_95 * np.sqrt(greenwood) / np.abs(np.log(share))
        low, high = share ** np.exp(half), share ** np.exp(-half)
    known = (share > 0) & (share < 1)
    return pd.DataFrame(
        {
            "at_risk": at_risk,
            "left": gone,
            "share": share,
            "ci_lower": low.where(known, share),
            "ci_upper": high.where(known, share),
        }
    )


@door(time=array(), left=yes_no, group=_levels)
def log_rank(time: pd.Series, left: pd.Series, group: pd.Series) -> tuple[float, int, float]:
    """Test that groups leave alike: chi-square, degrees of freedom, p.

    Parameters
    ----------
    time, left : as in `kaplan_meier`. group : of every customer, two levels or more.

    R: ``survdiff(Surv(time, left) ~ group)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.survival import log_rank
    >>> t = pd.Series([1, 2, 3, 4, 5, 6])
    >>> round(log_rank(t, pd.Series([1] * 6), pd.Series(list("aaabbb")))[0], 3)
    5.052
    """
    same_length(time=time, left=left, group=group)
    t, event = np.asarray(time), np.asarray(left)
    codes, levels = pd.factorize(np.asarray(group))
    if len(levels) < 2:
        raise DataError("a comparison of groups needs two of them")
    if not event.any():
        raise DataError("left: nobody left, so there is nothing to compare the groups by")
    times, at = np.unique(t, return_inverse=True)
    cells = at * len(levels) + codes

    def counted(weights: Any = None) -> Floats:
        """Customers by time and level."""
        table = np.bincount(cells, weights, len(times) * len(levels))
        return table.astype(float).reshape(len(times), len(levels))

    risk, gone = counted()[::-1].cumsum(axis=0)[::-1], counted(event)
    n, d = risk.sum(axis=1), gone.sum(axis=1)
    part = risk / n[:, None]
    spread = d * (n - d) / np.maximum(n - 1.0, 1.0)
    variance = np.diag(spread @ part) - (part * spread[:, None]).T @ part
    gap = (gone - d[:, None] * part).sum(axis=0)[1:]
    chisq = float(gap @ np.linalg.pinv(variance[1:, 1:]) @ gap)
    df = len(levels) - 1
    return chisq, df, float(stats.chi2.sf(chisq, df))


@door(data=table, time=column, left=column, terms=names, entry=optional(column))
def cox(
    data: pd.DataFrame, time: str, left: str, terms: Sequence[str], *, entry: str | None = None
) -> CoxModel:
    """Cox's proportional hazards model, ties after Breslow, with the check by Schoenfeld residuals.

    Parameters
    ----------
    data : one row a customer, or a row for each spell with constant terms. time, left : columns.
    terms : columns with numbers. entry : column of the time from which a row is at risk.

    Notes
    -----
    The check correlates scaled Schoenfeld residuals with the ranks of event times (Grambsch & Therneau 1994):
    for term j, (Σ (g − ḡ) s*_j)² / (d V_jj Σ (g − ḡ)²), with the residuals' covariance taken as constant.

    R: ``coxph(Surv(time, left) ~ x, ties = "breslow")``; the test as ``cox.zph`` before survival 3.0.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.survival import cox
    >>> d = pd.DataFrame({"t": range(1, 21), "left": [1] * 20, "x": [0, 1, 0, 0] * 5})
    >>> cox(d, "t", "left", ["x"]).events
    20
    """
    from statsmodels.duration.hazard_regression import PHReg

    names = list(terms)
    used = _numbers(data, [time, left, *names, *([entry] if entry is not None else [])])
    _left(used[left])
    events = int(used[left].sum())
    if events <= len(names):
        raise DataError(f"{events} customers left, which is too few for {len(names)} terms")
    if (used[time] < 0).any():
        raise DataError(f"{time} holds times below 0")
    _told_apart(used[names])
    model = PHReg(
        used[time],
        used[names],
        status=used[left],
        entry=used[entry] if entry is not None else None,
        ties="breslow",
    )
    done = model.fit(disp=0)
    limits = np.asarray(done.conf_int())
    effects = pd.DataFrame(
        {
            "estimate": done.params, "se": done.bse, "ci_lower": limits[:, 0], "ci_upper": limits[:, 1],
            "pvalue": done.pvalues,
        },
        index=pd.Index(names, name="term"),
    )  # fmt: skip
    raw = np.asarray(done.schoenfeld_residuals)
    seen = np.isfinite(raw).all(axis=1)
    raw, at = raw[seen], used[time].to_numpy()[seen]
    covariance = np.asarray(done.cov_params())
    scaled = len(raw) * raw @ covariance
    g = stats.rankdata(at)
    g = g - g.mean()
    total = float(g @ g) or float("nan")  # all left at one time: nothing tells a trend
    score = g @ scaled
    rows = {name: (score[i] ** 2 / (len(raw) * covariance[i, i] * total), 1) for i, name in enumerate(names)}
    u = g @ raw
    rows["all"] = (len(raw) * float(u @ covariance @ u) / total, len(names))
    proportional = pd.DataFrame(
        [(name, chisq, df, stats.chi2.sf(chisq, df)) for name, (chisq, df) in rows.items()],
        columns=["term", "chisq", "df", "pvalue"],
    ).set_index("term")
    residuals = pd.DataFrame(scaled + np.asarray(done.params), columns=names).assign(time=at)
    return CoxModel(effects, proportional, residuals, len(used), events)


@door(data=table, left=column, terms=names, link=one_of("logit", "cloglog"), dummies=optional(column))
def hazard(
    data: pd.DataFrame, left: str, terms: Sequence[str], *, link: str = "logit", dummies: str | None = None
) -> pd.DataFrame:
    """Chance of leaving in a period, among those who are still there.

    Returns term -> estimate, se, ci_lower, ci_upper, pvalue.

    Parameters
    ----------
    data : one row a customer and period, until the customer leaves. left : 1 in the period of leaving.
    terms : columns with numbers; a constant is added. link : ``logit`` (log odds) or ``cloglog``, whose
        estimates are log hazard ratios as Cox's are.
    dummies : column of which every level, as every period, has a term in place of the constant.

    R: ``glm(left ~ x, binomial("cloglog"))``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evaluation.survival import hazard
    >>> d = pd.DataFrame({"left": [0, 1, 0, 1, 0, 0, 1, 1], "x": [0, 0, 0, 1, 1, 0, 1, 1.0]})
    >>> float(hazard(d, "left", ["x"]).loc["x", "estimate"].round(3))
    2.197
    """
    return fit_hazard(data, left, terms, link=link, dummies=dummies).table()


@door(data=table, left=column, terms=names, link=one_of("logit", "cloglog"), dummies=optional(column))
def fit_hazard(
    data: pd.DataFrame, left: str, terms: Sequence[str], *, link: str = "logit", dummies: str | None = None
) -> Regression:
    """The fitted model behind `hazard`: its parameters, their covariance, and chances of other rows."""
    used = _numbers(data, [left, *terms, *([] if dummies is None else [dummies])])
    _left(used[left])
    if not 0 < used[left].sum() < len(used):
        raise DataError("nobody left, or everybody did: there is no hazard to explain")
    _told_apart(used[list(terms)])
    each, named = in_rows(used, left, terms, constant=not dummies, dummies=dummies)
    return regress(each, named, link, free=named[len(terms) :] if dummies else ())


def _numbers(data: pd.DataFrame, needed: Sequence[str]) -> pd.DataFrame:
    """The rows that have all of some columns, as numbers; yes and no count as 1 and 0."""
    need_columns(data, list(needed))
    rows = usable(data[list(dict.fromkeys(needed))]).dropna()
    try:
        return rows.astype(float)
    except (TypeError, ValueError):
        raise DataError(f"columns of numbers are needed: {', '.join(needed)}") from None


def _told_apart(terms: pd.DataFrame) -> None:
    """Refuse terms that do not vary, or of which one follows from the others."""
    x = terms.to_numpy(float)
    spread = x.std(axis=0)
    if not terms.shape[1] or (spread == 0).any() or rank((x - x.mean(axis=0)) / spread) < x.shape[1]:
        raise DataError(
            f"terms that vary, none of which follows from the others, are needed: {', '.join(terms)}"
        )


def _left(values: pd.Series) -> None:
    if values.empty or not values.isin((0.0, 1.0)).all():
        raise DataError(f"{values.name}: 0 or 1 is needed throughout, in one row at least")
