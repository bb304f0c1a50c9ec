"""Audits of printed tables: do a print's own numbers agree with one another, and what do they imply?

Raw answers are seldom printed, but a table of percentages, loadings or correlations says more than its
authors point out. Each audit returns a tidy frame; the verdict of a recomputation is ``reproduced`` (every
number within the tolerance given), ``partly`` or ``not``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import DataError, SpecificationError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem import Fit


@dataclass(frozen=True)
class Reproduction:
    """Printed numbers beside recomputed ones, and whether they agree."""

    table: pd.DataFrame
    verdict: str
    warnings: tuple[str, ...]


def readings(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """Every change in both readings that a "+X %" may have.

    Parameters
    ----------
    before, after : in per cent, same index.

    Returns
    -------
    DataFrame : points (after - before), relative (after / before - 1, a share), and the readings' ``ratio``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evidence import printed_tables
    >>> printed_tables.readings(pd.Series([50.0, 60.0]), pd.Series([60.0, 75.0])).round(2)
       points  relative  ratio
    0    10.0      0.20   2.00
    1    15.0      0.25   1.67
    """
    import pandas as pd

    _same_index(before, after)
    points = after - before
    relative = (after / before - 1).where(before > 0)
    return pd.DataFrame(
        {"points": points, "relative": relative, "ratio": 100 * relative / points.where(points != 0)}
    )


def percentage_faults(frame: pd.DataFrame, *, lowest: float = 0.0, highest: float = 100.0) -> pd.DataFrame:
    """Cells of a table of percentages that cannot be: below ``lowest``, above ``highest``, or missing.

    Parameters
    ----------
    frame : percentages, a row for each unit.
    lowest, highest : what a cell may be, ends included.

    Returns
    -------
    DataFrame : a row for each fault with row, column, value, fault; empty where there is none.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evidence import printed_tables
    >>> printed_tables.percentage_faults(pd.DataFrame({"loyal": [40.0, 120.0]}))["fault"].tolist()
    ['above 100']
    """
    import pandas as pd

    rows = [
        {"row": row, "column": column, "value": value, "fault": fault}
        for column in frame.columns
        for row, value in frame[column].items()
        if (fault := _fault(value, lowest, highest))
    ]
    return pd.DataFrame(rows, columns=["row", "column", "value", "fault"])


def joint_share_bounds(first: pd.Series, second: pd.Series) -> pd.DataFrame:
    """Bounds on the share of the first group that is outside the second, from the two percentages alone.

    If S % are satisfied and L % are loyal, at least max(0, S - L) % and at most min(S, 100 - L) % of all
    customers are satisfied without being loyal (Fréchet 1935); divided by S this bounds the share among the
    satisfied, whatever the unprinted cross-table.

    Parameters
    ----------
    first, second : percentages (0 to 100) with the same index.

    Returns
    -------
    DataFrame : lower and upper bound of the share among the first, 0 to 1; missing where the first is 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evidence import printed_tables
    >>> printed_tables.joint_share_bounds(pd.Series([80.0]), pd.Series([50.0])).round(3)
       lower  upper
    0  0.375  0.625
    """
    import pandas as pd

    _same_index(first, second)
    faults = percentage_faults(pd.DataFrame({"first": first, "second": second}))
    if len(faults):
        raise DataError("shares must be percentages from 0 to 100")
    base = first.where(first > 0)
    lower = (first - second).clip(lower=0) / base
    upper = np.minimum(first, 100 - second) / base
    return pd.DataFrame({"lower": lower, "upper": upper})


def impossible_percentages(percentages: pd.Series, n: int | pd.Series, *, digits: int = 0) -> pd.Series:
    """Percentages that no count out of ``n`` gives when rounded (the GRIM idea, for proportions).

    It can only find something where the print's rounding is finer than 100 / n: with whole percentages and
    n >= 100 every value is possible, and the answer says nothing.

    Parameters
    ----------
    percentages : as printed, 0 to 100.
    n : respondents behind each, one number or a Series.
    digits : decimals of the print.

    Returns
    -------
    Series : True where the value is impossible; missing where n is too large to tell.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evidence import printed_tables
    >>> printed_tables.impossible_percentages(pd.Series([33.0, 35.0]), 12).tolist()
    [False, True]
    """
    import pandas as pd

    sizes: Any = pd.Series(n, index=percentages.index) if np.isscalar(n) else n
    half = 0.5 * 10.0**-digits + 1e-9

    def impossible(value: float, size: float) -> bool | None:
        if 100 / size <= 2 * half:
            return None
        count = round(value * size / 100)
        return all(abs(100 * near / size - value) > half for near in (count - 1, count, count + 1))

    answers = [impossible(value, size) for value, size in zip(percentages, sizes, strict=True)]
    return pd.Series(answers, index=percentages.index, dtype="boolean", name="impossible")


def implied_sample_size(before: pd.Series, after: pd.Series, *, level: float = 0.95) -> dict[str, float]:
    """Fewest respondents a survey of each firm must have had for the gains to differ as little as printed.

    If the percentages are shares of customers drawn anew each time, the gain of a firm carries a sampling
    variance of (p₁q₁ + p₂q₂) / n. Even if every firm truly gained the same, gains would spread by that much:
    with k firms, (k - 1) s² n / V follows χ² with k - 1 degrees of freedom, where V is the mean of
    p₁q₁ + p₂q₂ in squared points. Customers asked twice, or percentages that are not shares, need fewer.

    Parameters
    ----------
    before, after : in per cent, at least three firms.
    level : of the one-sided limit.

    Returns
    -------
    dict : ``spread`` (s, points), ``estimate`` (V / s²) and ``at_least`` (its one-sided lower limit).

    Examples
    --------
    >>> from workbench.datasets import open_dataset
    >>> from workbench.evidence import printed_tables
    >>> firms = open_dataset("ten_firms").responses
    >>> found = printed_tables.implied_sample_size(firms["loyalty_before"], firms["loyalty_after"])
    >>> round(found["at_least"])
    318
    """
    from scipy import stats

    _same_index(before, after)
    gain = after - before
    k, spread = len(gain), float(gain.std(ddof=1))
    if k < 3 or not spread > 0:
        raise DataError("at least three gains that are not all the same are needed")
    variance = float((before * (100 - before) + after * (100 - after)).mean())
    fewest = variance * stats.chi2.ppf(1 - level, k - 1) / ((k - 1) * spread**2)
    return {"spread": spread, "estimate": variance / spread**2, "at_least": float(fewest)}


def reliability_from_loadings(
    loadings: Mapping[str, Sequence[float]],
    printed: pd.DataFrame | None = None,
    *,
    tolerance: float = 0.005,
) -> Reproduction:
    """Recompute composite reliability and average variance extracted from printed standardized loadings.

    AVE = mean λ², CR = (Σλ)² / ((Σλ)² + Σ(1 - λ²)) (Fornell and Larcker 1981), for congeneric items without
    correlated errors.

    Parameters
    ----------
    loadings : construct -> standardized loadings.
    printed : constructs x (``cr``, ``ave``), what the paper prints; missing cells are not compared.
    tolerance : largest difference that rounding of the printed loadings explains.

    Returns
    -------
    Reproduction : table indexed by construct and measure (recomputed, printed, difference, agrees), verdict.

    Examples
    --------
    >>> from workbench.evidence import printed_tables
    >>> found = printed_tables.reliability_from_loadings({"trust": [0.8, 0.7, 0.6]})
    >>> found.table["recomputed"].round(3).tolist()
    [0.745, 0.497]
    """
    import pandas as pd

    rows = {}
    for construct, values in loadings.items():
        lam = np.asarray(values, dtype=float)
        if lam.size == 0 or not np.isfinite(lam).all() or (np.abs(lam) > 1).any():
            raise DataError(f"{construct}: standardized loadings must be numbers from -1 to 1")
        total = lam.sum() ** 2
        rows[construct, "cr"] = total / (total + (1 - lam**2).sum())
        rows[construct, "ave"] = (lam**2).mean()
    recomputed = pd.Series(rows).rename_axis(["construct", "measure"])
    wanted = None if printed is None else printed[["cr", "ave"]].stack()
    return reproduction(recomputed, wanted, tolerance=tolerance)


def path_analysis(
    correlations: pd.DataFrame, paths: Mapping[str, Sequence[str]]
) -> tuple[pd.DataFrame, pd.Series]:
    """Recompute standardized paths of a recursive model from a printed correlation matrix.

    Each outcome is regressed on its own predictors: β = R_xx⁻¹ r_xy, R² = β' r_xy. Standard errors are left
    out, since a paper's correlations of latent scores carry uncertainty that n alone does not tell.

    Parameters
    ----------
    correlations : square matrix, symmetric, ones on the diagonal, positive definite.
    paths : outcome -> its predictors.

    Returns
    -------
    tuple : paths (index ``predictor``, ``outcome``; column beta), and R² by outcome.

    Raises
    ------
    DataError : a matrix that cannot be one of correlations.
    SpecificationError : a name that the matrix does not have.
    R: ``solve(R[x, x], R[x, y])``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evidence import printed_tables
    >>> r = pd.DataFrame([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]], list("abc"), list("abc"))
    >>> paths, r2 = printed_tables.path_analysis(r, {"c": ["a", "b"]})
    >>> paths["beta"].round(3).tolist(), round(float(r2["c"]), 3)
    ([0.133, 0.333], 0.173)
    """
    import pandas as pd

    names = list(correlations.index)
    matrix = correlations.to_numpy(dtype=float)
    if names != list(correlations.columns):
        raise DataError("rows and columns of a correlation matrix must have the same names in the same order")
    if not np.allclose(matrix, matrix.T) or not np.allclose(np.diag(matrix), 1):
        raise DataError("a correlation matrix is symmetric with ones on its diagonal")
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest <= 0:
        raise DataError(
            f"the printed correlations cannot come from one sample: smallest eigenvalue {smallest:.3f}. "
            "Look for a lost minus sign or a misprint"
        )
    unknown = [name for outcome, causes in paths.items() for name in (outcome, *causes) if name not in names]
    if unknown:
        raise SpecificationError(f"no correlation of {unknown[0]!r}; the matrix has {', '.join(names)}")
    betas: dict[str, Any] = {}
    explained: dict[str, Any] = {}
    for outcome, causes in paths.items():
        x = list(causes)
        with_outcome = correlations.loc[x, outcome].to_numpy(dtype=float)
        beta = np.linalg.solve(correlations.loc[x, x].to_numpy(dtype=float), with_outcome)
        betas |= {(cause, outcome): value for cause, value in zip(x, beta, strict=True)}
        explained[outcome] = float(beta @ with_outcome)
    table = pd.Series(betas, name="beta").rename_axis(["predictor", "outcome"]).to_frame()
    return table, pd.Series(explained, name="r2").rename_axis("outcome")


def refit(
    model: str,
    covariances: pd.DataFrame,
    n: int,
    printed: pd.Series | None = None,
    *,
    tolerance: float = 0.01,
) -> tuple[Fit, Reproduction]:
    """Fit a paper's model to the covariance matrix that it prints, and compare the standardized paths.

    Parameters
    ----------
    model : text in lavaan's syntax.
    covariances : printed matrix (divisor n - 1), names on both sides.
    printed : (outcome, predictor) -> standardized path in print.
    tolerance : largest difference that counts as agreement.
    n : rows behind the matrix.

    Returns
    -------
    tuple : the fit, and its regressions beside the printed paths; a fit that did not converge reproduces
        nothing, and its warnings say so.

    Notes
    -----
    R: ``standardizedSolution(sem(model, sample.cov = covariances, sample.nobs = n))``.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evidence import printed_tables
    >>> r = pd.DataFrame([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]], list("abc"), list("abc"))
    >>> fit, compared = printed_tables.refit("c ~ a + b", r, 200)
    >>> compared.table["recomputed"].round(3).tolist()
    [0.133, 0.333]
    """
    from workbench import sem

    fit = sem.fit(model, sem.moments(covariances.to_numpy(), n, names=list(covariances.columns)))
    paths = fit.estimates[fit.estimates["op"] == "~"].set_index(["lhs", "rhs"])["std_all"]
    found = reproduction(paths.rename_axis(["outcome", "predictor"]), printed, tolerance=tolerance)
    return fit, replace(found, warnings=(*found.warnings, *fit.warnings))


def reproduction(recomputed: pd.Series, printed: pd.Series | None, *, tolerance: float) -> Reproduction:
    """Set recomputed numbers beside printed ones and judge: reproduced, partly, not (or nothing to compare).

    Parameters
    ----------
    recomputed : numbers, by name.
    printed : what the paper prints, by the same names; None where it prints nothing.
    tolerance : largest difference that counts as agreement, chosen from the print's rounding.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.evidence import printed_tables
    >>> recomputed, printed = pd.Series({"a": 0.251, "b": 0.4}), pd.Series({"a": 0.25, "b": 0.5})
    >>> printed_tables.reproduction(recomputed, printed, tolerance=0.005).verdict
    'partly'
    """
    import pandas as pd

    table = pd.DataFrame({"recomputed": recomputed})
    table["printed"] = math.nan if printed is None else printed.reindex(recomputed.index)
    table["difference"] = table["recomputed"] - table["printed"]
    compared = table["printed"].notna()
    # The last bit of a decimal fraction must not decide: a hair of slack on the tolerance.
    table["agrees"] = (table["difference"].abs() <= tolerance + 1e-12).astype("boolean").where(compared)
    met = table.loc[compared, "agrees"].astype(bool)
    if met.empty:
        return Reproduction(table, "nothing to compare", ("The print gives no number to compare with.",))
    verdict = "reproduced" if met.all() else "partly" if met.any() else "not"
    lost = int((~compared).sum())
    notes = (f"{lost} recomputed numbers have no printed counterpart.",) if lost else ()
    return Reproduction(table, verdict, notes)


def _same_index(first: pd.Series, second: pd.Series) -> None:
    if not first.index.equals(second.index):
        raise DataError("the two columns do not have the same rows")


def _fault(value: float, lowest: float, highest: float) -> str | None:
    if value != value:
        return "missing"
    if value < lowest:
        return f"below {lowest:g}"
    return f"above {highest:g}" if value > highest else None
