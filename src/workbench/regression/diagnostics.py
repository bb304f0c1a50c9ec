"""What a least-squares fit rests on: collinearity, influence, functional form, error variance, normality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import column as one_column
from workbench.doors import door, made_by, share
from workbench.errors import SpecificationError
from workbench.regression.design import INTERCEPT
from workbench.regression.models import LinearModel
from workbench.regression.robust_errors import ALONE

CONDITION = 30.0  # Belsley, Kuh & Welsch (1980): strong dependency from here on
PROPORTION = 0.5  # … if two or more coefficients have at least half of their variance on it
INFLATION = 10.0
SHAPIRO_MOST = 5000  # Royston's p value is not calibrated above


@dataclass(frozen=True)
class Diagnostics:
    """Diagnostics of one fit.

    ``inflation``: term, gvif, df, gvif_scaled (gvif^(1/2df), comparable across terms), tolerance.
    ``condition``: one row per dimension with its condition index, then variance proportions by coefficient.
    ``influence``: one row per observation (index of the data) with fitted, residual, leverage, studentized,
    cook, dffits, flagged. ``tests``: name, statistic, df, df2, pvalue. ``sentences``: subject → plain words.
    """

    outcome: str
    inflation: pd.DataFrame
    condition: pd.DataFrame
    influence: pd.DataFrame
    tests: pd.DataFrame
    sentences: pd.Series
    warnings: tuple[str, ...]


@door(model=made_by(LinearModel, "ols"), alpha=share)
def diagnose(model: LinearModel, *, alpha: float = 0.05) -> Diagnostics:
    """All diagnostics of a least-squares fit, each with a plain sentence computed from its numbers.

    Parameters
    ----------
    model : of :func:`workbench.regression.models.ols`.
    alpha : level at which a test is called; it words the sentences, it does not change a number.

    Returns
    -------
    Diagnostics

    Raises
    ------
    SpecificationError : with fewer than three rows more than coefficients, which RESET needs.

    Notes
    -----
    GVIF_j = det R_jj · det R_(-j) / det R (Fox & Monette 1992), equal to VIF for one column. Condition
    indexes and variance proportions from the columns scaled to length one, intercept included, uncentred
    (Belsley, Kuh & Welsch 1980). RESET adds ŷ² and ŷ³ (Ramsey 1969), and counts what they add.
    Breusch–Pagan with normal errors and as studentized by Koenker (1981); White (1980) with squares and
    products. Jarque–Bera; Shapiro–Wilk.

    R: ``car::vif``, ``resettest(m, 2:3)``, ``bptest(m, studentize = FALSE)``, ``bptest(m)``,
    ``cooks.distance``, ``dffits``, ``rstudent``, ``shapiro.test(resid(m))``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("firm_survey")
    >>> names = ["satisfaction", "effectiveness", "staff_training", "service_quality"]
    >>> scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names})
    >>> model = regression.ols(scores, "satisfaction", ["staff_training", "service_quality"])
    >>> regression.diagnose(model).inflation.round(2)
                     gvif  df  gvif_scaled  tolerance
    term
    staff_training   1.07   1         1.03       0.93
    service_quality  1.07   1         1.03       0.93
    """
    n, k = model.design.x.shape
    if n < k + 3:
        raise SpecificationError(
            f"diagnostics of {k} coefficients need at least {k + 3} rows, and there are {n}: take fewer terms"
        )
    inflation = _inflation(model)
    condition = _condition(model)
    influence = _influence(model)
    tests = _tests(model)
    sentences = pd.Series(
        {
            "collinearity": _say_collinearity(inflation, condition),
            "influence": _say_influence(influence, model),
            "functional form": _say_form(tests, alpha),
            "error variance": _say_variance(tests, model, alpha),
            "normality": _say_normality(tests, model, alpha),
        }
    )
    return Diagnostics(model.outcome, inflation, condition, influence, tests, sentences, model.warnings)


@door(model=made_by(LinearModel, "ols"), column=one_column)
def added_variable(model: LinearModel, column: str) -> pd.DataFrame:
    """Outcome and one column with all other columns taken out of both (partial regression).

    The slope of ``outcome`` on ``column`` through the origin is the coefficient of the full model
    (Frisch–Waugh–Lovell). R: ``car::avPlots``.

    Parameters
    ----------
    model : of :func:`ols`.
    column : a column of its design matrix.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("firm_survey")
    >>> names = ["satisfaction", "effectiveness", "staff_training", "service_quality"]
    >>> scores = pd.DataFrame({name: survey.items(name).mean(axis=1) for name in names})
    >>> model = regression.ols(scores, "satisfaction", ["staff_training", "service_quality"])
    >>> list(regression.added_variable(model, "staff_training").columns)
    ['column', 'outcome']
    """
    if column not in model.design.x.columns:
        known = ", ".join(model.design.x.columns)
        raise SpecificationError(f"the model has no column {column!r}; it has {known}")
    others = model.design.x.drop(columns=column).to_numpy()
    both = np.column_stack([model.design.x[column].to_numpy(), model.design.y])
    rest = both - others @ np.linalg.lstsq(others, both, rcond=None)[0]
    return pd.DataFrame(rest, columns=["column", "outcome"], index=model.design.x.index)


def _inflation(model: LinearModel) -> pd.DataFrame:
    slopes = model.design.slopes
    corr = np.atleast_2d(np.corrcoef(model.design.x[slopes].to_numpy(), rowvar=False))
    whole = np.linalg.det(corr)
    rows = []
    for term, columns in model.design.terms.items():
        inside = [slopes.index(c) for c in columns]
        rest = [i for i in range(len(slopes)) if i not in inside]
        gvif = np.linalg.det(corr[np.ix_(inside, inside)]) * np.linalg.det(corr[np.ix_(rest, rest)]) / whole
        rows.append((term, gvif, len(inside), gvif ** (1 / (2 * len(inside))), 1 / gvif))
    return pd.DataFrame(rows, columns=["term", "gvif", "df", "gvif_scaled", "tolerance"]).set_index("term")


def _condition(model: LinearModel) -> pd.DataFrame:
    x = model.design.x.to_numpy()
    _, singular, vt = np.linalg.svd(x / np.sqrt((x**2).sum(axis=0)), full_matrices=False)
    parts = (vt.T / singular) ** 2
    table = pd.DataFrame((parts / parts.sum(axis=1, keepdims=True)).T, columns=model.design.x.columns)
    table.insert(0, "condition_index", singular[0] / singular)
    return table.rename_axis("dimension").set_axis(range(1, len(table) + 1))


def _influence(model: LinearModel) -> pd.DataFrame:
    """What leaving out each row would do, in closed form; nothing where its coefficient would go with it."""
    x, e = model.design.x.to_numpy(), model.residuals
    n, k = x.shape
    leverage = (np.linalg.qr(x)[0] ** 2).sum(axis=1)
    free = np.where(leverage < ALONE, 1 - leverage, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = e**2 / free / (e @ e / (n - k))  # squares of the residuals over their standard errors
        studentized = np.sign(e) * np.sqrt(inside * (n - k - 1) / np.maximum(n - k - inside, 0))
    table = pd.DataFrame(
        {
            "fitted": model.fitted,
            "residual": e,
            "leverage": leverage,
            "studentized": studentized,
            "cook": inside * leverage / free / k,
            "dffits": studentized * np.sqrt(leverage / free),
        },
        index=model.design.x.index,
    )
    far = (table["cook"] > 4 / n) | (table["dffits"].abs() > 2 * np.sqrt(k / n))
    table["flagged"] = far | np.isnan(free)
    return table


def _tests(model: LinearModel) -> pd.DataFrame:
    from scipy import stats
    from statsmodels.stats.diagnostic import het_breuschpagan
    from statsmodels.stats.stattools import jarque_bera

    x, e = model.design.x.to_numpy(), model.residuals
    n, k = x.shape
    plain = het_breuschpagan(e, x, robust=False)
    koenker = het_breuschpagan(e, x)
    bera = jarque_bera(e)
    shapiro = stats.shapiro(e)
    rows = {
        "RESET": _reset(model),
        "Breusch–Pagan": (plain[0], k - 1, np.nan, plain[1]),
        "Koenker": (koenker[0], k - 1, np.nan, koenker[1]),
    }
    cross = _white_columns(x)
    if cross.shape[1] + 1 < n:
        statistic = n * _explained(e**2, cross)
        rows["White"] = (statistic, cross.shape[1], np.nan, stats.chi2.sf(statistic, cross.shape[1]))
    rows["Jarque–Bera"] = (bera[0], 2, np.nan, bera[1])
    rows["Shapiro–Wilk"] = (
        shapiro.statistic,
        np.nan,
        np.nan,
        shapiro.pvalue if n <= SHAPIRO_MOST else np.nan,
    )
    table = pd.DataFrame(rows, index=["statistic", "df", "df2", "pvalue"]).T.rename_axis("test")
    return table.astype(float)


def _reset(model: LinearModel) -> tuple[float, float, float, float]:
    """F of ŷ² and ŷ³ beyond the columns, its degrees of freedom and p; nan where they are no more than these.

    Those of a category alone are a mixture of its columns: the count is of what they add, not of the powers.
    """
    from scipy import stats

    x, e = model.design.x.to_numpy(), model.residuals
    spread, basis = model.fitted.std(), np.linalg.qr(x)[0]
    if spread <= 1e-9 * model.design.y.std():
        return np.nan, 0, np.nan, np.nan
    z = (model.fitted - model.fitted.mean()) / spread
    powers = np.column_stack([z**2, z**3])
    powers /= np.linalg.norm(powers, axis=0)
    own, size, _ = np.linalg.svd(powers - basis @ (basis.T @ powers), full_matrices=False)
    own = own[:, size > 1e-7]
    more, left = own.shape[1], len(e) - x.shape[1] - own.shape[1]
    if not more:
        return np.nan, 0, np.nan, np.nan
    explained = ((own.T @ e) ** 2).sum()
    statistic = explained / more / ((e @ e - explained) / left)
    return statistic, more, left, stats.f.sf(statistic, more, left)


def _white_columns(x: np.ndarray) -> np.ndarray:
    """Independent columns among levels, squares and products (a dummy is its own square), standardized."""
    from scipy.linalg import qr

    rows, columns = np.triu_indices(x.shape[1])
    products = x[:, rows] * x[:, columns]
    products = products[:, np.ptp(products, axis=0) > 0]
    centred = products - products.mean(axis=0)
    centred = centred / centred.std(axis=0)
    r, order = qr(centred, mode="r", pivoting=True)
    size = np.abs(np.diag(r))
    return centred[:, order[: int((size > 1e-9 * size[0]).sum())]]


def _explained(y: np.ndarray, centred: np.ndarray) -> float:
    """R² of y on columns with mean zero."""
    y = y - y.mean()
    rest = y - centred @ np.linalg.lstsq(centred, y, rcond=None)[0]
    return 1 - rest @ rest / (y @ y)


def _p(value: float) -> str:
    return "p < .001" if value < 0.001 else f"p = {value:.3f}".replace("0.", ".")


def _say_collinearity(inflation: pd.DataFrame, condition: pd.DataFrame) -> str:
    worst, size = inflation["gvif_scaled"].idxmax(), inflation["gvif_scaled"].max() ** 2
    last = condition.iloc[-1]
    shared = [c for c in condition.columns[1:] if last[c] >= PROPORTION and c != INTERCEPT]
    text = (
        f"Largest variance inflation {size:.1f} ({worst}): its error is {np.sqrt(size):.1f} times "
        "what it would be "
        f"without correlation among the predictors. Largest condition index {last['condition_index']:.0f}"
    )
    if size >= INFLATION or (last["condition_index"] >= CONDITION and len(shared) >= 2):
        names = ", ".join(shared) if len(shared) >= 2 else worst
        return f"{text}: the separate effects of {names} cannot be told apart well; read them together."
    return f"{text}: collinearity does not make the coefficients unreadable."


def _say_influence(influence: pd.DataFrame, model: LinearModel) -> str:
    from scipy import stats

    worst = influence["cook"].idxmax()
    n, k = model.design.x.shape
    alone = int((influence["leverage"] >= ALONE).sum())
    sole = f" Rows that decide a coefficient alone (leverage 1): {alone:,}." if alone else ""
    cut = stats.t.isf(0.025 / n, n - k - 1)
    outliers = int((influence["studentized"].abs() > cut).sum())
    strong = (
        " It moves the coefficients together noticeably: fit once without it."
        if influence["cook"].max() > 1
        else ""
    )
    return (
        f"{int(influence['flagged'].sum()):,} of {n:,} rows pass a screening limit (Cook > 4/n or "
        "|DFFITS| > 2√(k/n)); the "
        f"largest Cook distance is {influence['cook'].max():.2f} (row {worst}).{strong}{sole} "
        f"Outliers after Bonferroni (|studentized residual| > {cut:.2f}): {outliers or 'none'}."
    )


def _say_form(tests: pd.DataFrame, alpha: float) -> str:
    p = tests.loc["RESET", "pvalue"]
    if np.isnan(p):
        return "RESET has nothing to test: the predictors take too few values for a line to bend."
    if p < alpha:
        return (
            f"RESET finds curvature that straight lines miss ({_p(p)}): look at the residual plot, "
            "consider a square or a log."
        )
    return (
        f"RESET finds no curvature beyond the straight lines ({_p(p)}); that is absence of a sign, "
        "not proof of linearity."
    )


def _say_variance(tests: pd.DataFrame, model: LinearModel, alpha: float) -> str:
    p = tests.loc["Koenker", "pvalue"]
    robust = not model.errors.startswith("classical")
    remedy = "the errors shown allow for it" if robust else "use HC3 or clustered errors"
    if p < alpha:
        return f"The error variance changes with the predictors (Koenker, {_p(p)}): {remedy}."
    return f"No sign that the error variance changes with the predictors (Koenker, {_p(p)})."


def _say_normality(tests: pd.DataFrame, model: LinearModel, alpha: float) -> str:
    p, n = tests.loc["Shapiro–Wilk", "pvalue"], len(model.residuals)
    name = "Shapiro–Wilk"
    if np.isnan(p):
        p, name = tests.loc["Jarque–Bera", "pvalue"], "Jarque–Bera"
    if p < alpha:
        size = (
            "matters little for the coefficients at this n"
            if n >= 100
            else "makes p values approximate at this n"
        )
        return (
            f"The residuals are not normal ({name}, {_p(p)}), which {size} (n = {n:,}); prediction "
            "intervals would be off."
        )
    return f"The residuals are compatible with a normal distribution ({name}, {_p(p)}, n = {n:,})."
