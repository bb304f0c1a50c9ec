"""How consistently do the items of one construct measure it? Alpha and omega with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from workbench.measurement.correlations import Correlations, correlations, polychoric_matrix
from workbench.measurement.doors import answers_frame, whole_number
from workbench.measurement.extraction import AT_BOUND, extract, one_factor_stack
from workbench.measurement.reliability_results import Alpha, Omega
from workbench.measurement.resample import bootstrap_covariances, check_draws, percentile_interval


def alpha(
    items: pd.DataFrame | np.ndarray,
    *,
    confidence: float = 0.95,
    draws: int = 0,
    seed: int = 1,
    correlation: str = "pearson",
    missing: str = "pairwise",
    n_obs: int | None = None,
) -> Alpha:
    """Cronbach's alpha of the items of one construct.

    Parameters
    ----------
    items : answers, respondents x items (two items at least), already recoded; or their covariance or
        correlation matrix (of a correlation matrix alpha is that of standardized items).
    confidence : of the interval: Feldt, Woodruff & Salih (1987), or percentile bootstrap where ``draws`` > 0.
    draws, seed : bootstrap samples of respondents and their seed.
    correlation : ``"polychoric"`` gives ordinal alpha (Zumbo, Gadermann & Zeisser 2007): the reliability
        of the responses thought to lie behind the categories, not of the observed sum.
    missing : ``"pairwise"`` (as psych) or ``"listwise"``.
    n_obs : respondents behind a matrix; without it there is no interval.

    Returns
    -------
    Alpha: alpha = k/(k-1) (1 - sum of item variances / variance of the sum); item-rest correlations are
    corrected (the item is not in the rest).

    Raises
    ------
    DataError, SpecificationError

    Source: Cronbach (1951). R: ``psych::alpha(items)``, ``psych::alpha.ci``.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> found = measurement.alpha(open_dataset("customer_survey").items("satisfaction"))
    >>> round(found.estimate, 2), round(found.ci_lower, 2), round(found.ci_upper, 2)
    (0.85, 0.83, 0.86)
    """
    check_draws(confidence, draws, seed)
    sample = correlations(items, missing=missing, correlation=correlation, n_obs=n_obs)
    frame, covariance = _answers_and_covariance(items, sample)
    n, k = sample.n_obs, sample.size
    estimate = float(_alpha(covariance))
    standard = correlation_from(covariance)
    warnings = [*sample.warnings]
    table = _item_table(frame, covariance, standard, sample)
    warnings += _against_the_rest(table, estimate)
    lower = upper = np.nan
    interval = "none: n_obs was not given"
    if draws:
        values = _bootstrap_alpha(sample.need_answers("the bootstrap of alpha"), draws, seed, correlation)
        lower, upper, failed = percentile_interval(values, confidence)
        if failed:
            warnings.append(f"{failed:,} of {draws:,} bootstrap samples gave no alpha and were left out")
        interval = f"percentile bootstrap, {draws:,} draws, seed {seed}"
    elif n is not None:
        lower, upper = feldt_interval(estimate, n, k, confidence)
        interval = "Feldt"
        if sample.kind == "polychoric":
            warnings.append("Feldt's interval holds for observed scores; for ordinal alpha use the bootstrap")
    if sample.answers is None and np.allclose(np.diag(covariance), 1, rtol=0, atol=1e-12):
        warnings.append("of a correlation matrix alpha is that of standardized items")
    return Alpha(
        estimate=estimate,
        ci_lower=lower,
        ci_upper=upper,
        interval=interval,
        confidence=confidence,
        standardized=float(_alpha(standard)),
        average_r=float((standard.sum() - k) / (k * (k - 1))),
        items=table,
        n_obs=n,
        correlation=sample.kind,
        warnings=tuple(warnings),
    )


def _answers_and_covariance(items: Any, sample: Correlations) -> tuple[pd.DataFrame | None, np.ndarray]:
    """The answers, None of a matrix, and the covariances that a scale's reliability is computed from."""
    if sample.answers is None:
        return None, answers_frame(items).to_numpy(dtype=float)
    frame = pd.DataFrame(sample.answers, columns=list(sample.names))
    if sample.kind == "polychoric":
        return frame, sample.matrix
    return frame, frame.cov(min_periods=3).to_numpy()


def _against_the_rest(table: pd.DataFrame, estimate: float) -> list[str]:
    """Items that run against the others, and what that does to alpha."""
    warnings = []
    turned = list(table.index[table["reversed_suspected"]])
    rest = [str(name) for name in table.index if name not in turned]
    if len(turned) == len(rest):  # nothing says which side is the reversed one
        warnings.append(
            f"{', '.join(turned)} and {', '.join(rest)} run against each other: reverse one side in the "
            "codebook, or look for another meaning; alpha is misleading as it stands"
        )
    elif turned:
        warnings.append(
            f"{', '.join(turned)} run(s) against the other items: reverse it in the codebook, or look for "
            "another meaning; alpha is misleading as it stands"
        )
    if estimate < 0:
        low = [f"{name} ({value:.2f})" for name, value in table["item_rest"].items() if value < 0]
        warnings.append(
            f"alpha is negative ({estimate:.2f}): the items do not measure one thing in one direction; below "
            f"zero with the rest are {', '.join(low) or 'none of them'}"
        )
    return warnings


def feldt_interval(estimate: float, n: int, k: int, confidence: float = 0.95) -> tuple[float, float]:
    """1 - (1 - alpha) F quantiles with n - 1 and (n - 1)(k - 1) degrees of freedom."""
    from scipy.stats import f

    tail = (1 - confidence) / 2
    upper, lower = f.ppf([tail, 1 - tail], n - 1, (n - 1) * (k - 1))
    return float(1 - (1 - estimate) * lower), float(1 - (1 - estimate) * upper)


def correlation_from(covariance: np.ndarray) -> np.ndarray:
    """Correlations of a covariance matrix, or of a stack of them."""
    scale = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    return covariance / (scale[..., :, None] * scale[..., None, :])


def _alpha(covariance: np.ndarray) -> np.ndarray:
    k = covariance.shape[-1]
    return k / (k - 1) * (1 - np.trace(covariance, axis1=-2, axis2=-1) / covariance.sum(axis=(-2, -1)))


def _item_table(
    frame: pd.DataFrame | None, covariance: np.ndarray, standard: np.ndarray, sample: Correlations
) -> pd.DataFrame:
    """One row an item: what it is and what it does to the scale; of a matrix no number and no mean."""
    k = len(covariance)
    first = np.linalg.eigh(standard)[1][:, -1]
    rest, dropped = np.empty(k), np.full(k, np.nan)
    for i in range(k):
        others = np.delete(np.arange(k), i)
        block = covariance[np.ix_(others, others)]
        rest[i] = covariance[i, others].sum() / np.sqrt(covariance[i, i] * block.sum())
        if k > 2:
            dropped[i] = _alpha(block)
    return pd.DataFrame(
        {
            "n": np.nan if frame is None else frame.notna().sum().to_numpy(),
            "mean": np.nan if frame is None else frame.mean().to_numpy(),
            "sd": np.sqrt(np.diag(covariance)) if frame is None else frame.std(ddof=1).to_numpy(),
            "item_rest": rest,
            "alpha_if_dropped": dropped,
            "reversed_suspected": first * np.sign(first.sum() or 1.0) < 0,
        },
        index=pd.Index(sample.names, name="item"),
    )


def _bootstrap_alpha(answers: np.ndarray, draws: int, seed: int, correlation: str) -> np.ndarray:
    if correlation == "pearson":
        return np.concatenate([_alpha(stack) for stack in bootstrap_covariances(answers, draws, seed)])
    return np.concatenate([_alpha(stack) for stack in _polychoric_draws(answers, draws, seed)])


def _polychoric_draws(answers: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Polychoric correlations (1 x items x items) of resampled respondents; nan where an item is constant."""
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        sampled = pd.DataFrame(answers[rng.integers(0, len(answers), len(answers))])
        varied = bool((sampled.nunique() > 1).all())
        yield polychoric_matrix(sampled)[0][None] if varied else np.full((1, *sampled.shape[1:] * 2), np.nan)


def omega(
    items: Any,
    n_factors: int = 1,
    *,
    confidence: float = 0.95,
    draws: int = 0,
    seed: int = 1,
    correlation: str = "pearson",
    missing: str = "pairwise",
    n_obs: int | None = None,
    group: Any = None,
) -> Any:
    """McDonald's omega of a set of items, or of every construct of a fitted model.

    Parameters
    ----------
    items : answers (respondents x items), a correlation or covariance matrix, or a fit of ``sem.fit``.
    n_factors : 1 for the items of one construct: omega total = (sum of loadings)^2 / variance of the sum,
        loadings by maximum likelihood in the items' own metric. 2 or more: omega total and hierarchical by a
        Schmid-Leiman transformation of an oblimin-rotated minres solution.
    confidence, draws, seed : percentile bootstrap intervals where ``draws`` > 0: of omega total, and of omega
        hierarchical (``hierarchical_lower``, ``hierarchical_upper``) with several factors; for a fit of every
        construct.
    correlation : ``"polychoric"`` gives ordinal omega, in the metric of the responses behind the categories.
    n_obs : respondents behind a matrix.
    group : which group of a fit of several.
    missing : ``"pairwise"`` or ``"listwise"``, for answers.

    Returns
    -------
    Omega, or for a fit ModelOmega (see ``model_omega``).

    Source: McDonald (1999); Zinbarg, Revelle, Yovel & Li (2005).
    R: one factor, ``semTools::compRelSEM(cfa(...))``; more, ``psych::omega(items, n_factors)``.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> round(measurement.omega(open_dataset("customer_survey").items("satisfaction")).total, 2)
    0.85
    """
    from workbench.sem import Fit

    if isinstance(items, Fit):
        from workbench.measurement.validity import model_omega

        return model_omega(items, group=group, draws=draws, seed=seed, confidence=confidence)
    check_draws(confidence, draws, seed)
    sample = correlations(items, n_obs=n_obs, correlation=correlation, missing=missing, least=3)
    if whole_number(n_factors, "n_factors", 1) > 1:
        from workbench.measurement.general_factor import hierarchical_omega

        return hierarchical_omega(sample, n_factors, confidence, draws, seed)
    covariance = _answers_and_covariance(items, sample)[1]
    total, loadings, said = _one_factor(covariance)
    warnings = [*sample.warnings, *said]
    lower = upper = np.nan
    if draws:
        answers = sample.need_answers("the bootstrap interval")
        resampled = _polychoric_draws if correlation == "polychoric" else bootstrap_covariances
        values = np.concatenate([_omega_stack(stack) for stack in resampled(answers, draws, seed)])
        lower, upper, failed = percentile_interval(values, confidence)
        if failed:
            warnings.append(f"{failed:,} of {draws:,} bootstrap samples gave no omega and were left out")
    frame = pd.DataFrame({"loading": loadings}, index=pd.Index(sample.names, name="item"))
    return Omega(
        estimate=total,
        total=total,
        hierarchical=np.nan,
        limit=np.nan,
        ecv=np.nan,
        ci_lower=lower,
        ci_upper=upper,
        confidence=confidence,
        loadings=frame,
        groups=pd.DataFrame(),
        n_factors=1,
        n_obs=sample.n_obs,
        correlation=sample.kind,
        warnings=tuple(warnings),
    )


def _one_factor(covariance: np.ndarray) -> tuple[float, np.ndarray, list[str]]:
    """Omega total of one ML factor, standardized loadings and warnings; NaN where the sample has no
    solution.
    """
    scale = np.sqrt(np.diag(covariance))
    matrix = covariance / np.outer(scale, scale)
    if not np.isfinite(matrix).all() or np.linalg.eigvalsh(matrix)[0] <= 1e-10:
        return np.nan, np.full(len(matrix), np.nan), ["the items' correlations are singular: no omega"]
    found = extract(matrix, 1, "ml")
    loadings = found.loadings[:, 0]
    loadings = loadings * (np.sign(loadings.sum()) or 1.0)
    warnings = list(found.warnings)
    if (found.uniquenesses <= AT_BOUND).any():
        warnings.append(
            "an item's unique variance is at its lower bound (Heywood case): omega is not to be trusted"
        )
    if (loadings < 0).any():
        warnings.append("an item loads negatively: reverse it before omega is read")
    return float((loadings @ scale) ** 2 / covariance.sum()), loadings, warnings


def _omega_stack(covariances: np.ndarray) -> np.ndarray:
    """Omega total of many covariance matrices; NaN where a sample has no proper solution."""
    values = np.full(len(covariances), np.nan)
    usable = np.isfinite(covariances).all(axis=(-2, -1))
    usable &= (np.diagonal(covariances, axis1=-2, axis2=-1) > 0).all(axis=-1)  # an item that does not vary
    usable[usable] = np.linalg.eigvalsh(correlation_from(covariances[usable]))[:, 0] > 1e-10
    scale = np.sqrt(np.diagonal(covariances[usable], axis1=-2, axis2=-1))
    loadings = one_factor_stack(correlation_from(covariances[usable]))
    values[usable] = np.sum(loadings * scale, axis=1) ** 2 / covariances[usable].sum(axis=(-2, -1))
    return values
