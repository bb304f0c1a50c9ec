"""Fit measures under lavaan's names (dots turned into underscores), with lavaan's formulas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from workbench.sem.named_moments import standard_deviations

if TYPE_CHECKING:
    from workbench.sem.inference import ScaledTest
    from workbench.sem.result import Fit

NAN = float("nan")
CLOSE, NOT_CLOSE, LEVEL = 0.05, 0.08, 0.90


def chi_square_tail(statistic: float, df: float) -> float:
    """Upper tail of the central chi-square distribution; nan without degrees of freedom."""
    from scipy.special import gammaincc

    if not df > 0 or not math.isfinite(statistic):
        return NAN
    return float(gammaincc(df / 2, max(statistic, 0.0) / 2))


def fit_measures(fit: Fit) -> dict[str, float]:
    """All measures of one fit, in lavaan's order.

    R: ``lavaan::fitMeasures(fit)``.
    """
    problem = fit.problem
    df = problem.df
    npar = problem.model.directions
    chisq = fit.chisq
    measures: dict[str, float] = {"npar": npar, "fmin": fit.fmin, "chisq": chisq, "df": df}
    measures["pvalue"] = NAN if problem.estimator.unweighted else chi_square_tail(chisq, df)
    scaled = fit.scaled_test
    if scaled is not None:
        measures |= {
            "chisq_scaled": scaled.statistic,
            "df_scaled": scaled.df,
            "pvalue_scaled": chi_square_tail(scaled.statistic, scaled.df),
            "chisq_scaling_factor": scaled.factor,
        }
        if scaled.kind == "scaled.shifted":
            measures["chisq_shift_parameter"] = scaled.shift
    base_chisq, base_df, base_scaled = problem.baseline
    base_pvalue = NAN if problem.estimator.unweighted else chi_square_tail(base_chisq, base_df)
    measures |= {"baseline_chisq": base_chisq, "baseline_df": base_df, "baseline_pvalue": base_pvalue}
    if scaled is not None and base_scaled is not None:
        measures |= {
            "baseline_chisq_scaled": base_scaled.statistic,
            "baseline_df_scaled": base_scaled.df,
            "baseline_pvalue_scaled": chi_square_tail(base_scaled.statistic, base_scaled.df),
            "baseline_chisq_scaling_factor": base_scaled.factor,
        }
    measures |= incremental(chisq, df, base_chisq, base_df)
    if scaled is not None and base_scaled is not None:
        measures |= incremental(scaled.statistic, scaled.df, base_scaled.statistic, base_scaled.df, "_scaled")
    robust = problem.robust_tests(fit.inference, chisq)
    if robust is not None and robust[3] is not None:
        measures |= _robust_incremental(robust[0], df, robust[1], robust[2], base_df, robust[3])
    if problem.estimator.likelihood:
        measures |= likelihood_measures(fit)
        if scaled is not None and scaled.kind == "yuan.bentler.mplus":
            measures |= {"scaling_factor_h1": scaled.factor_h1, "scaling_factor_h0": scaled.factor_h0}
    measures["ntotal"] = problem.sample.total
    groups = problem.table.groups
    # lavaan: n of each group less one for the least-squares estimators
    count = float(problem.n.sum() if problem.estimator.likelihood else (problem.n - 1).sum())
    measures |= rmsea(chisq, df, count, groups)
    if scaled is not None:
        if scaled.kind == "scaled.shifted":
            measures |= rmsea(scaled.statistic, df, count, groups, suffix="_scaled")
        else:
            # lavaan: of a saturated model not a number under a scaled test, zero under a shifted one
            measures |= rmsea(chisq, scaled.trace if df else NAN, count, groups, suffix="_scaled")
    if robust is not None:
        measures |= _robust_rmsea(robust[0], df, robust[1], count, groups)
    measures |= residual_measures(fit)
    measures |= _other(fit, chisq, df, npar, count)
    return measures


def incremental(chisq: float, df: float, base: float, base_df: float, suffix: str = "") -> dict[str, float]:
    """CFI, TLI and their kin (Bentler 1990; Bentler & Bonett 1980; Bollen 1989)."""
    excess, base_excess = max(chisq - df, 0.0), max(chisq - df, base - base_df, 0.0)
    cfi = 1.0 if excess < 1e-10 else 1 - excess / base_excess
    ratio = base / base_df if base_df > 0 else NAN
    tli = 1.0 if df <= 0 else (ratio - chisq / df) / (ratio - 1)
    values = {
        "cfi": cfi,
        "tli": tli,
        "nnfi": tli,
        "rfi": _relative_fit(chisq, df, ratio) if df <= base_df else NAN,
        "nfi": NAN if df > base_df or not base > 0 else 1.0 if df <= 0 else _ratio(base - chisq, base),
        "pnfi": _ratio(df, base_df) * _ratio(base - chisq, base),
        "ifi": 1.0 if base < df else _ratio(base - chisq, base - df),
        "rni": _ratio(base - base_df - (chisq - df), base - base_df),
    }
    return {name + suffix: value for name, value in values.items()}


def _relative_fit(chisq: float, df: float, ratio: float) -> float:
    """RFI; one where it would be negative, as in lavaan."""
    if not df > 0 or not ratio > 0:
        return 1.0
    return (ratio - chisq / df) / ratio if ratio >= chisq / df else 1.0


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else NAN


def _robust_factor(test: ScaledTest, df: float) -> float:
    """Scaling factor of the robust measures (Brosseau-Liard & Savalei 2014); scaled-and-shifted turned
    back.
    """
    if test.kind == "scaled.shifted":
        return test.factor * (df - test.shift) / df if df else NAN
    return test.factor


def _robust_incremental(
    chisq: float, df: float, scaled: ScaledTest, base: float, base_df: float, base_scaled: ScaledTest
) -> dict[str, float]:
    if df <= 0:
        value = (
            1.0
            if scaled.kind in ("scaled.shifted", "catml", "fiml.corrected") and math.isfinite(scaled.df)
            else NAN
        )
        return dict.fromkeys(("cfi_robust", "tli_robust", "nnfi_robust", "rni_robust"), value)
    factor, base_factor = _robust_factor(scaled, df), _robust_factor(base_scaled, base_df)
    excess, base_excess = chisq - factor * df, base - base_factor * base_df
    lower = max(excess, 0.0)
    upper = max(excess, base_excess, 0.0)
    tli = 1 - (excess * base_df) / (base_excess * df)
    return {
        "cfi_robust": 1.0 if lower < 1e-10 else 1 - lower / upper,
        "tli_robust": tli,
        "nnfi_robust": tli,
        "rni_robust": 1 - excess / base_excess,
    }


def rmsea(
    chisq: float,
    df: float,
    count: float,
    groups: int,
    factor: float = 1.0,
    statistic: float | None = None,
    suffix: str = "",
) -> dict[str, float]:
    """RMSEA with its 90 % interval and the tests of close and not-close fit (Steiger 1990; Browne & Cudeck
    1993).

    ``factor`` and ``statistic``: scaling factor and scaled statistic of the robust version.
    """
    from scipy.special import chndtr, chndtrinc

    statistic = chisq if statistic is None else statistic
    names = ("rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue", "rmsea_notclose_pvalue")
    if df == 0 or not math.isfinite(df):
        zero = 0.0 if df == 0 or not suffix else NAN
        values = (zero, zero, zero, NAN, NAN)
    elif not math.isfinite(statistic) or not factor > 0:  # a factor below zero scales nothing
        values = (NAN,) * 5
    else:
        point = math.sqrt(max(chisq / count / df - factor / count, 0.0) * groups)
        tail, scale = (1 - LEVEL) / 2, factor * groups / (count * df)
        lower = upper = 0.0
        central = chndtr(statistic, df, 0.0) if df >= 1 else 0.0  # lavaan: no interval with less than one df
        if central >= 1 - tail:
            lower = math.sqrt(scale * chndtrinc(statistic, df, 1 - tail))
        if central >= tail and chndtr(statistic, df, max(count, 4 * statistic)) <= tail:
            upper = math.sqrt(scale * chndtrinc(statistic, df, tail))
        close = 1 - float(chndtr(statistic, df, CLOSE**2 / scale))
        distant = float(chndtr(statistic, df, NOT_CLOSE**2 / scale))
        values = (point, lower, upper, close, distant)
    measures = {name + suffix: value for name, value in zip(names, values, strict=True)}
    if not suffix:
        measures |= {"rmsea_ci_level": LEVEL, "rmsea_close_h0": CLOSE, "rmsea_notclose_h0": NOT_CLOSE}
    return measures


def _robust_rmsea(chisq: float, df: float, scaled: ScaledTest, count: float, groups: int) -> dict[str, float]:
    if df <= 0:
        return rmsea(chisq, df if math.isfinite(scaled.df) else NAN, count, groups, suffix="_robust")
    point = rmsea(chisq, df, count, groups, _robust_factor(scaled, df), scaled.statistic, "_robust")
    interval = rmsea(chisq, df, count, groups, scaled.factor, scaled.statistic, "_robust")
    return interval | {"rmsea_robust": point["rmsea_robust"]}


def likelihood_measures(fit: Fit) -> dict[str, float]:
    """Normal log-likelihood, conditional on variables that are fixed to the sample, and information
    criteria.
    """
    problem, npar = fit.problem, fit.problem.model.directions
    unrestricted = problem.unrestricted_loglik()
    logl = unrestricted - 0.5 * fit.chisq
    total = problem.sample.total
    return {
        "logl": logl,
        "unrestricted_logl": unrestricted,
        "aic": -2 * logl + 2 * npar,
        "bic": -2 * logl + npar * math.log(total),
        "bic2": -2 * logl + npar * math.log((total + 2) / 24),
    }


def residual_measures(fit: Fit) -> dict[str, float]:
    """RMR, SRMR (Bentler), CRMR and Mplus's SRMR, groups weighted by their rows."""
    problem = fit.problem
    sums = dict.fromkeys(
        ("rmr", "rmr_nomean", "srmr", "srmr_bentler", "srmr_bentler_nomean", "crmr", "crmr_nomean",
         "srmr_mplus", "srmr_mplus_nomean"),
        0.0,
    )  # fmt: skip
    (rows, columns), size = problem.residual_cells(), problem.model.observed
    pairs = int((rows != columns).sum())
    for group, (target, state, share) in enumerate(
        zip(problem.targets, fit.inference.states, fit.inference.shares, strict=True)
    ):
        cov, sigma = target.cov[0], state.sigma[0]
        sd, implied_sd = np.sqrt(np.diagonal(cov)), standard_deviations(sigma)
        by = sd[rows] * sd[columns]
        observed, implied = cov[rows, columns], sigma[rows, columns]
        raw = (observed - implied) * problem.scale[rows] * problem.scale[columns]
        bentler = (observed - implied) / by
        correlation = observed / by - implied / (implied_sd[rows] * implied_sd[columns])
        mplus = np.where(rows == columns, bentler, correlation)
        squares = {
            "rmr": raw @ raw,
            "srmr_bentler": bentler @ bentler,
            "crmr": correlation @ correlation,
            "srmr_mplus": mplus @ mplus,
        }
        number, means = problem.level_squares(group, state)
        for name, value in squares.items():
            base = pairs if name == "crmr" else pairs + size
            sums[name] += share * math.sqrt((value + means[name]) / (base + number)) if base + number else 0.0
            sums[f"{name}_nomean"] += share * math.sqrt(value / base) if base else 0.0
    sums["srmr"] = sums["srmr_bentler"]
    return {name: float(value) for name, value in problem.shown_residuals(sums).items()}


def _other(fit: Fit, chisq: float, df: int, npar: int, count: float) -> dict[str, float]:
    """Hoelter's N, GFI and kin, McDonald's index, ECVI."""
    from scipy.special import gammaincinv

    problem = fit.problem
    measures = {}
    for name, level in (("cn_05", 0.95), ("cn_01", 0.99)):
        critical = 2 * float(gammaincinv(df / 2, level)) if df else NAN
        measures[name] = critical / (chisq / count) + 1 if df and chisq else NAN
    gfi = goodness_of_fit_index(fit)
    moments = problem.all_moments
    measures |= {
        "gfi": gfi,
        "agfi": 1 - moments / df * (1 - gfi) if df else 1.0,
        "pgfi": df / moments * gfi if moments else NAN,
        "mfi": math.exp(-0.5 * (chisq - df) / count),
    }
    return measures | problem.own_measures(chisq, df, npar, count)


def goodness_of_fit_index(fit: Fit) -> float:
    """GFI: ``1 - e'We / s'Ws`` with the estimator's weight (Jöreskog & Sörbom; Tanaka & Huba 1985)."""
    problem, index = fit.problem, 0.0
    for group, (state, share) in enumerate(zip(fit.inference.states, fit.inference.shares, strict=True)):
        off, total = problem.weighted_squares(group, state)
        index += share * (1 - off / total)
    return float(index)
