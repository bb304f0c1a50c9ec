"""How many factors do the correlations hold?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SpecificationError
from workbench.measurement.correlations import Correlations, correlations
from workbench.measurement.doors import whole_number
from workbench.measurement.extraction import AT_BOUND, SETTLED, degrees_of_freedom, extract
from workbench.measurement.factors import factor_fit
from workbench.measurement.horn_parallel_analysis import ParallelAnalysis, leading, parallel_analysis

# What a family of rules for the number of factors looks at.
CHANCE, PARTIALS, FIT = "eigenvalues against chance", "partial correlations", "fit of the model"


@dataclass(frozen=True)
class MinimumAveragePartial:
    """Velicer's minimum average partial correlation."""

    table: pd.DataFrame  # number, squared, fourth
    n_factors: int
    n_factors_revised: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class EmpiricalKaiser:
    """Eigenvalues beside the empirical Kaiser criterion."""

    table: pd.DataFrame  # number, eigenvalue, reference
    n_factors: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class FactorFit:
    """Fit of maximum-likelihood solutions with 1, 2 ... factors."""

    table: pd.DataFrame
    n_factors_bic: int
    n_factors_rmsea: int | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class FactorSuggestions:
    """What every rule says, side by side; rules that look at the same thing are one family."""

    table: pd.DataFrame  # rule, n_factors, what_it_asks, family (empty: shown for comparison, without a vote)
    statement: str
    parallel: ParallelAnalysis
    warnings: tuple[str, ...]

    @property
    def families(self) -> pd.Series:
        """Family -> the number that more than half of its rules suggest, missing where no number has that.

        Variants of one rule go wrong together: three parallel analyses that agree are one piece of
        evidence. So a family has one vote, however many rules it has.
        """
        return _family_votes(self.table)


def velicer_map(
    data: pd.DataFrame | np.ndarray, *, correlation: str = "pearson", missing: str = "pairwise"
) -> MinimumAveragePartial:
    """Velicer's minimum average partial: components are partialled out until what is left is least related.

    ``table`` has the average squared (Velicer 1976) and fourth-power (Velicer, Eaton & Fava 2000) partial
    correlation after 0, 1, 2 ... components. R: ``psych::vss(data)$map`` (squared, from one component on).

    Parameters
    ----------
    data : answers (respondents x items) or a correlation matrix.
    correlation : ``"pearson"`` or ``"polychoric"``.
    missing : ``"pairwise"`` or ``"listwise"``, for answers.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> measurement.velicer_map(open_dataset("customer_survey").items("satisfaction", "loyalty")).n_factors
    2
    """
    sample = correlations(data, correlation=correlation, missing=missing, least=3)
    values, vectors = np.linalg.eigh(sample.matrix)
    components = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    p = sample.size
    rows = []
    for number in range(p - 1):
        rest = sample.matrix - components[:, :number] @ components[:, :number].T
        scale = np.sqrt(np.diag(rest))
        if scale.min() <= 1e-7:
            break
        partial = rest / np.outer(scale, scale)
        np.fill_diagonal(partial, 0)
        rows.append(((partial**2).sum() / (p * (p - 1)), (partial**4).sum() / (p * (p - 1))))
    table = pd.DataFrame(rows, columns=["squared", "fourth"], index=pd.RangeIndex(len(rows), name="number"))
    return MinimumAveragePartial(
        table, int(table["squared"].idxmin()), int(table["fourth"].idxmin()), sample.warnings
    )


def empirical_kaiser(
    data: pd.DataFrame | np.ndarray,
    n_obs: int | None = None,
    *,
    correlation: str = "pearson",
    missing: str = "pairwise",
) -> EmpiricalKaiser:
    """Empirical Kaiser criterion: eigenvalue j has to exceed max((1 + sqrt(p/n))^2 (p - sum before)/(p - j
    + 1), 1).

    Source: Braeken & van Assen (2017). R: ``EFAtools::EKC(R, N = n)``.

    Parameters
    ----------
    data : answers (respondents x items) or a correlation matrix.
    n_obs : respondents behind a correlation matrix.
    correlation : ``"pearson"`` or ``"polychoric"``.
    missing : ``"pairwise"`` or ``"listwise"``, for answers.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("satisfaction", "loyalty")
    >>> measurement.empirical_kaiser(answers).n_factors
    2
    """
    sample = correlations(data, n_obs=n_obs, correlation=correlation, missing=missing, least=3)
    n, p = sample.need_n("the empirical Kaiser criterion"), sample.size
    values = np.linalg.eigvalsh(sample.matrix)[::-1]
    before = np.concatenate([[0.0], np.cumsum(values)[:-1]])
    reference = np.maximum((1 + np.sqrt(p / n)) ** 2 * (p - before) / (p - np.arange(p)), 1)
    table = pd.DataFrame(
        {"eigenvalue": values, "reference": reference}, index=pd.RangeIndex(1, p + 1, name="number")
    )
    return EmpiricalKaiser(table, leading(table["eigenvalue"] > table["reference"]), sample.warnings)


def compare_factor_fit(
    data: pd.DataFrame | np.ndarray,
    max_factors: int = 8,
    *,
    n_obs: int | None = None,
    correlation: str = "pearson",
    missing: str = "pairwise",
) -> FactorFit:
    """Fit of maximum-likelihood factor solutions with 1 to ``max_factors`` factors.

    The suggestions are the lowest BIC, and the fewest factors with an RMSEA of at most 0.05 (None where
    none has). R: ``psych::fa(data, k, fm = "ml")`` for each k.

    Parameters
    ----------
    data : answers (respondents x items) or a correlation matrix.
    max_factors : the largest number of factors that is tried.
    n_obs : respondents behind a correlation matrix.
    correlation : ``"pearson"`` or ``"polychoric"``.
    missing : ``"pairwise"`` or ``"listwise"``, for answers.

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("satisfaction", "loyalty")
    >>> measurement.compare_factor_fit(answers, 3).n_factors_bic
    2
    """
    sample = correlations(data, n_obs=n_obs, correlation=correlation, missing=missing, least=3)
    n = sample.need_n("fit by number of factors")
    return _factor_fit(sample, n, max_factors)


def _factor_fit(sample: Correlations, n: int, max_factors: int) -> FactorFit:
    rows, warnings = {}, list(sample.warnings)
    whole_number(max_factors, "max_factors", 1)
    for k in range(1, max_factors + 1):
        if degrees_of_freedom(sample.size, k) <= 0:
            break
        found = extract(sample.matrix, k, "ml")
        measures = factor_fit(sample.matrix, found.loadings @ found.loadings.T, k, n)
        heywood = bool((found.uniquenesses <= AT_BOUND).any())
        rows[k] = {**measures.to_dict(), "heywood": heywood}
        if found.gradient > SETTLED:
            warnings.append(f"{k} factors: the extraction did not converge")
    if not rows:
        raise SpecificationError(f"{sample.size} items are too few to test a number of factors")
    table = pd.DataFrame(rows).T
    table.index.name = "n_factors"
    table["heywood"] = table["heywood"].astype(bool)
    table = table.astype({name: float for name in table.columns if name != "heywood"})
    if table["heywood"].any():
        numbers = ", ".join(str(k) for k in table.index[table["heywood"]])
        warnings.append(f"Heywood cases with {numbers} factors: these are more than the answers carry")
    close = table.index[table["rmsea"] <= 0.05]
    return FactorFit(
        table, int(table["bic"].idxmin()), int(close[0]) if len(close) else None, tuple(warnings)
    )


def suggest_factors(
    data: pd.DataFrame | np.ndarray,
    *,
    draws: int = 1000,
    seed: int = 1,
    max_factors: int = 8,
    missing: str = "pairwise",
    correlation: str = "pearson",
) -> FactorSuggestions:
    """How many factors, by every rule, in one table that does not hide their disagreement.

    Parameters
    ----------
    data : answers (respondents x items); the arguments are those of the single rules.
    draws, seed : unrelated data sets of parallel analysis, and their seed.
    max_factors : the largest number of factors that is tried by fit.
    missing : ``"pairwise"`` or ``"listwise"``.
    correlation : ``"pearson"`` or ``"polychoric"``.

    Returns
    -------
    FactorSuggestions. Eight rules of three families, each with one vote (``.families``): eigenvalues against
    those of chance (parallel analysis in three forms, empirical Kaiser criterion), partial correlations
    (minimum average partial in two forms), fit of maximum-likelihood solutions (BIC, RMSEA).

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("satisfaction", "loyalty")
    >>> measurement.suggest_factors(answers, draws=50, max_factors=3).table["n_factors"].tolist()
    [2, 2, 2, 2, 2, 2, 2, 2, 2]
    """
    kept: dict[str, Any] = {"missing": missing, "correlation": correlation}
    shuffled = parallel_analysis(data, draws=draws, seed=seed, **kept)
    normal = parallel_analysis(data, draws=draws, seed=seed, kind="normal", **kept)
    partial = velicer_map(data, **kept)
    kaiser = empirical_kaiser(data, **kept)
    fits = compare_factor_fit(data, max_factors, **kept)
    above_one = int((shuffled.table["component"] > 1).sum())
    tried = f"maximum likelihood, 1 to {fits.table.index.max()} factors"
    rows = [
        ("parallel analysis, factors, permuted", shuffled.n_factors, CHANCE,
         "more common variance than shuffled answers"),
        ("parallel analysis, factors, normal", normal.n_factors, CHANCE,
         "more common variance than unrelated normal items"),
        ("parallel analysis, components, permuted", shuffled.n_components, CHANCE,
         "larger components than shuffled answers"),
        ("empirical Kaiser criterion", kaiser.n_factors, CHANCE, "eigenvalue above its sampling reference"),
        ("minimum average partial", partial.n_factors, PARTIALS, "least squared partial correlation left"),
        ("minimum average partial, fourth power", partial.n_factors_revised, PARTIALS,
         "least fourth-power partial left"),
        ("lowest BIC", fits.n_factors_bic, FIT, tried),
        ("RMSEA at most 0.05", fits.n_factors_rmsea, FIT, "fewest factors with close fit"),
        ("eigenvalue above 1", above_one, "", "Kaiser's old rule, for comparison: it takes too many"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["rule", "n_factors", "family", "what_it_asks"])
    table["n_factors"] = table["n_factors"].astype("Int64")
    warnings = tuple(dict.fromkeys([*shuffled.warnings, *fits.warnings]))
    return FactorSuggestions(table, _statement(table), shuffled, warnings)


def _family_votes(table: pd.DataFrame) -> pd.Series:
    """The number that more than half of a family's rules suggest; missing where there is none."""
    votes = {}
    for family, rules in table[table["family"] != ""].groupby("family", sort=False):
        counts = rules["n_factors"].dropna().value_counts()
        leads = len(counts) > 0 and counts.iloc[0] > len(rules) / 2
        votes[family] = counts.index[0] if leads else pd.NA
    return pd.Series(votes, dtype="Int64", name="n_factors").rename_axis("family")


def _statement(table: pd.DataFrame) -> str:
    """Agreement or disagreement of the rules and of their families, in a sentence."""
    rules, votes = table[table["family"] != ""], _family_votes(table)
    said = ", ".join(f"{family} {'undecided' if pd.isna(n) else n}" for family, n in votes.items())
    counts = rules["n_factors"].dropna().value_counts().sort_index()
    if len(counts) == 1 and rules["n_factors"].notna().all():
        number = counts.index[0]
        noun = "factor" if number == 1 else "factors"
        return f"All {len(rules)} rules, of {len(votes)} families, suggest {number} {noun}."
    if not len(counts):
        return "No rule suggests a number of factors."
    if len(counts) == 1:
        return f"The rules that suggest a number agree on {counts.index[0]}; by family: {said}."
    return (
        f"The rules disagree; by family: {said}. No rule settles it: look at the solutions between "
        f"{counts.index.min()} and {counts.index.max()} and keep the one that can be interpreted and "
        "replicated."
    )
