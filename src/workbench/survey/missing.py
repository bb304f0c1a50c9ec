"""Missing answers: how many, in which patterns, and whether they look missing completely at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError, Fault, NotApplicable

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-10  # largest change of a mean or covariance, in units of standard deviations
ITERATIONS = 1_000
MOST = 50_000  # respondents of Little's test, which keeps a pattern of each that lacks an answer
DETERMINED = 1e8  # precision, in units of standard deviations, of an item that the others determine


@dataclass(frozen=True)
class MissingData:
    """Missing answers of a table of items.

    ``items``: n, missing, share by item; ``patterns``: one row per pattern, most frequent first, columns the
    items (True: missing) and ``respondents``; ``respondents``: share of missing answers by respondent.
    """

    items: pd.DataFrame
    patterns: pd.DataFrame
    respondents: pd.Series
    complete: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moments:
    """Maximum-likelihood means and covariances (divisor n) of normal data with missing values."""

    mean: pd.Series
    covariance: pd.DataFrame
    n: int
    iterations: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class McarTest:
    """Little's test; ``table`` has statistic, df, pvalue, patterns, n; ``by_pattern`` the part of each
    pattern; ``moments`` is None where the test was not carried out."""

    table: pd.DataFrame
    by_pattern: pd.DataFrame
    moments: Moments | None
    warnings: tuple[str, ...] = ()

    @property
    def statistic(self) -> float:
        return float(self.table["statistic"].iloc[0])

    @property
    def df(self) -> int:
        return int(self.table["df"].iloc[0])

    @property
    def pvalue(self) -> float:
        return float(self.table["pvalue"].iloc[0])


def missing_data(items: pd.DataFrame) -> MissingData:
    """Count missing answers by item, by respondent, and by pattern.

    Parameters
    ----------
    items : respondents x items, missing answers as NaN.

    Raises
    ------
    NotApplicable : no item at all.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import survey
    >>> survey.missing_data(pd.DataFrame({"a": [1, None, 3], "b": [2, 2, 2]})).complete
    2
    """
    import pandas as pd

    if not len(items.columns):
        fix = "Put what was answered on a scale under constructs in the codebook"
        raise NotApplicable(Fault("the survey has no rated items", fix=fix))
    gone = items.isna()
    by_item = pd.DataFrame({"n": (~gone).sum(), "missing": gone.sum(), "share": gone.mean()})
    patterns = gone.value_counts(sort=True).rename("respondents").reset_index()
    warnings = []
    if (by_item["n"] == 0).any():
        warnings.append(f"No answers at all: {', '.join(by_item.index[by_item['n'] == 0])}.")
    return MissingData(by_item, patterns, gone.mean(axis=1), int((~gone).all(axis=1).sum()), tuple(warnings))


def em_moments(items: pd.DataFrame) -> Moments:
    """Means and covariances of items with missing answers, by the EM algorithm under normality.

    Parameters
    ----------
    items : respondents × items, numeric; respondents without any answer are left out.

    Returns
    -------
    Moments : covariances with divisor n.

    Raises
    ------
    DataError : an item without variance, an item that follows from others, or two items that no more
        respondents answered together than there are items.

    Notes
    -----
    Source: Little & Rubin, Statistical Analysis with Missing Data, ch. 11.
    R: ``norm::em.norm``, or ``lavaan::lavInspect(fit, "sampstat")`` of a saturated model with missing =
    "fiml".

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import survey
    >>> items = pd.DataFrame({"a": [1, 2, 3, 4, None, 5], "b": [2, 1, 3, 5, 4, None]})
    >>> survey.em_moments(items).mean.round(2).to_dict()
    {'a': 3.09, 'b': 3.4}
    """
    import pandas as pd

    data = items.to_numpy(dtype=float)
    seen = ~np.isnan(data)
    data, seen = data[seen.any(axis=1)], seen[seen.any(axis=1)]
    n, width = data.shape
    flat = [name for name, column in items.items() if column.nunique() < 2]
    if flat:
        what = f"items without variance: {', '.join(map(str, flat))}"
        raise DataError(Fault(what, fix="Leave them out of the analysis"))
    together = seen.T.astype(float) @ seen
    if together.min() <= width:
        one, two = np.unravel_index(together.argmin(), together.shape)
        pair = f"{items.columns[one]} and {items.columns[two]}"
        what = (
            f"only {together.min():.0f} respondents answered both {pair}: too few "
            f"for the covariances of {width} items"
        )
        raise DataError(Fault(what, fix="Use fewer items, or items that apply to more respondents"))
    # Working in standard deviations keeps the tolerance free of the items' scales.
    centre, spread = np.nanmean(data, axis=0), np.nanstd(data, axis=0)
    data = (data - centre) / spread
    patterns, home = np.unique(seen, axis=0, return_inverse=True)
    members = [(pattern, np.flatnonzero(home.reshape(-1) == k)) for k, pattern in enumerate(patterns)]
    members = [(pattern, rows) for pattern, rows in members if not pattern.all()]
    filled = np.where(seen, data, 0.0)
    mean, covariance = np.zeros(width), np.eye(width)
    iteration, step = 0, np.inf
    while step > TOLERANCE and iteration < ITERATIONS:
        # The block of the precision matrix that belongs to the missing items gives their regression on the
        # observed ones; it is small, as most respondents lack few answers.
        precision = _solve(covariance, np.eye(width))
        if np.diag(precision).max() > DETERMINED:
            raise DataError(_SINGULAR)
        rest = np.zeros((width, width))
        for present, rows in members:
            gone = ~present
            gap = data[np.ix_(rows, present)] - mean[present]
            inner = np.linalg.inv(precision[np.ix_(gone, gone)])
            filled[np.ix_(rows, gone)] = mean[gone] - gap @ precision[np.ix_(present, gone)] @ inner
            rest[np.ix_(gone, gone)] += len(rows) * inner
        new_mean = filled.mean(axis=0)
        new_covariance = (filled.T @ filled + rest) / n - np.outer(new_mean, new_mean)
        step = max(np.abs(new_mean - mean).max(), np.abs(new_covariance - covariance).max())
        mean, covariance = new_mean, new_covariance
        iteration += 1
    warnings = () if step <= TOLERANCE else (f"EM had not converged after {ITERATIONS} steps.",)
    return Moments(
        pd.Series(centre + spread * mean, index=items.columns),
        pd.DataFrame(covariance * np.outer(spread, spread), items.columns, items.columns),
        n,
        iteration,
        warnings,
    )


def little_mcar(items: pd.DataFrame) -> McarTest:
    """Little's test that answers are missing completely at random (MCAR).

    Parameters
    ----------
    items : respondents × items, numeric, with missing answers.

    Returns
    -------
    McarTest : a small p-value speaks against MCAR; a large one does not prove it. Where nothing is missing,
        or the covariances cannot be estimated, its p-value is NaN and a warning says why.

    Of more than 50,000 respondents that many are drawn, and a warning says so: the patterns of a million,
    most of them of one respondent, would fill the memory, and a test of that size rejects anyway.

    Notes
    -----
    Formula: d² = Σ_j n_j (ȳ_j − μ̂_j)' Σ̂_j⁻¹ (ȳ_j − μ̂_j) over patterns j of observed items, with the EM
    estimates μ̂, Σ̂ (divisor n) and χ² of Σ p_j − p degrees of freedom.
    Source: R. J. A. Little (1988), JASA 83, 1198–1202. R: ``naniar::mcar_test(items)``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench import survey
    >>> rng = np.random.default_rng(1)
    >>> items = pd.DataFrame(rng.normal(size=(200, 3)), columns=list("abc"))
    >>> found = survey.little_mcar(items.mask(rng.random(items.shape) < 0.1))
    >>> found.df, found.pvalue > 0.05
    (8, True)
    """
    import pandas as pd
    from scipy.stats import chi2

    items = items.loc[items.notna().any(axis=1)]
    moments: Moments | None = None
    rows: list[dict[str, object]] = []
    warnings: list[str] = []
    if (there := len(items)) > MOST:
        items = items.sample(MOST, random_state=1)
        warnings.append(f"Little's test rests on {MOST:,} of {there:,} respondents, drawn at random.")
    data = items.to_numpy(dtype=float)
    try:
        if not items.isna().any(axis=None):
            raise DataError("no answer is missing")
        moments = em_moments(items)
        mean, covariance = moments.mean.to_numpy(), moments.covariance.to_numpy()
        warnings += moments.warnings
    except DataError as error:
        mean, covariance = np.full(items.shape[1], np.nan), np.eye(items.shape[1])
        warnings.append(f"Little's test was not carried out: {error}.")
    for present, part in _patterns(data, ~np.isnan(data)):
        gap = part.mean(axis=0) - mean[present]
        distance = len(part) * gap @ _solve(covariance[np.ix_(present, present)], gap)
        missing = ", ".join(items.columns[~present].astype(str)) or "(none)"
        rows.append(
            {"missing": missing, "respondents": len(part), "observed": int(present.sum()), "d2": distance}
        )
    by_pattern = pd.DataFrame(rows).sort_values(
        "respondents", ascending=False, ignore_index=True, kind="stable"
    )
    statistic = by_pattern["d2"].sum(skipna=False)
    df = int(by_pattern["observed"].sum()) - items.shape[1]
    singles = int((by_pattern["respondents"] == 1).sum())
    if moments is not None and singles > len(by_pattern) / 2:
        warnings.append(
            f"{singles} of {len(by_pattern)} missing-data patterns hold a single respondent: "
            "the chi-square approximation is rough."
        )
    if moments is not None and items.nunique().max() <= 7:
        warnings.append("Little's test assumes normal data; these are answers on a short scale.")
    table = pd.DataFrame(
        {
            "statistic": [float(statistic)],
            "df": [df],
            "pvalue": [float(chi2.sf(statistic, df))],
            "patterns": [len(by_pattern)],
            "n": [len(items)],
        }
    )
    return McarTest(table, by_pattern, moments, tuple(warnings))


def _patterns(data: np.ndarray, seen: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows by pattern of observed columns: the pattern, and the observed cells."""
    patterns, home = np.unique(seen, axis=0, return_inverse=True)
    home = home.reshape(-1)
    return [(pattern, data[home == number][:, pattern]) for number, pattern in enumerate(patterns)]


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        raise DataError(_SINGULAR) from None


_SINGULAR = Fault(
    "the items' covariances are singular: one item follows from others",
    fix="Use fewer items, or leave out doubled ones",
)
