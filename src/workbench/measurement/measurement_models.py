"""Measurement models that rival each other, written as model text from a dictionary of constructs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.doors import kind_of
from workbench.errors import SpecificationError
from workbench.measurement.constructs import Constructs, checked, columns_of, safe_names
from workbench.measurement.doors import checked_fit, names_of

_MEASURES = (
    "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr", "aic",
    "bic", "npar",
)  # fmt: skip


@dataclass(frozen=True)
class ModelComparison:
    """Fit of rival models side by side, best (lowest) BIC first where there is one."""

    table: pd.DataFrame
    best_bic: str | None
    fits: Mapping[str, Any]
    warnings: tuple[str, ...]


def one_factor(constructs: Constructs, name: str = "general") -> str:
    """Model text in which one factor stands behind all items.

    Parameters
    ----------
    constructs : items of every construct, by its name.
    name : of the factor in the model text.

    Examples
    --------
    >>> from workbench import measurement
    >>> measurement.one_factor({"use": ["u1", "u2"], "trust": ["t1", "t2"]})
    'general =~ u1 + u2 + t1 + t2'
    """
    clean = safe_names(constructs, name)
    return _measured(name, [item for items in clean.values() for item in items])


def correlated_factors(constructs: Constructs) -> str:
    """Model text with one factor per construct, all of them free to correlate.

    Parameters
    ----------
    constructs : items of every construct, by its name.

    Examples
    --------
    >>> from workbench import measurement
    >>> print(measurement.correlated_factors({"use": ["u1", "u2"], "trust": ["t1", "t2"]}))
    use =~ u1 + u2
    trust =~ t1 + t2
    """
    return "\n".join(_measured(name, items) for name, items in safe_names(constructs).items())


def second_order(constructs: Constructs, name: str = "general") -> str:
    """Model text in which a second-order factor explains the correlations of the constructs.

    Three constructs at least; with exactly three it fits as well as correlated factors do.

    Parameters
    ----------
    constructs : items of every construct, by its name.
    name : of the second-order factor in the model text.

    Examples
    --------
    >>> from workbench import measurement
    >>> print(measurement.second_order({"a": ["a1", "a2"], "b": ["b1", "b2"], "c": ["c1", "c2"]}))
    a =~ a1 + a2
    b =~ b1 + b2
    c =~ c1 + c2
    general =~ a + b + c
    """
    clean = safe_names(constructs, name)
    if len(clean) < 3:
        raise SpecificationError(f"a second-order factor needs three constructs, {len(clean)} given")
    return f"{correlated_factors(constructs)}\n{_measured(name, list(clean))}"


def bifactor(constructs: Constructs, name: str = "general") -> str:
    """Model text with a general factor beside one factor per construct, none of them correlated.

    All factor variances are 1 and all loadings free, so that no single item carries the scale.

    Parameters
    ----------
    constructs : items of every construct, by its name.
    name : of the general factor in the model text.

    Examples
    --------
    >>> from workbench import measurement
    >>> print(measurement.bifactor({"use": ["u1", "u2", "u3"], "trust": ["t1", "t2", "t3"]}))
    general =~ NA*u1 + u2 + u3 + t1 + t2 + t3
    use =~ NA*u1 + u2 + u3
    trust =~ NA*t1 + t2 + t3
    general ~~ 1*general
    use ~~ 1*use
    trust ~~ 1*trust
    general ~~ 0*use
    general ~~ 0*trust
    use ~~ 0*trust
    """
    clean = safe_names(constructs, name)
    if len(clean) < 2:
        raise SpecificationError(f"a bifactor model needs two constructs, {len(clean)} given")
    factors = {name: [item for items in clean.values() for item in items], **clean}
    lines = [_measured(factor, items, free_first=True) for factor, items in factors.items()]
    lines += [f"{factor} ~~ 1*{factor}" for factor in factors]
    names = list(factors)
    lines += [f"{a} ~~ 0*{b}" for place, a in enumerate(names) for b in names[place + 1 :]]
    return "\n".join(lines)


def rival_models(constructs: Constructs, name: str = "general") -> dict[str, str]:
    """The four measurement models that can be told apart with these constructs, by name.

    Parameters
    ----------
    constructs : items of every construct, by its name.
    name : of the general factor in the model texts.

    Examples
    --------
    >>> from workbench import measurement
    >>> constructs = {name: [f"{name}{number}" for number in (1, 2, 3)] for name in "abc"}
    >>> list(measurement.rival_models(constructs))
    ['one_factor', 'correlated_factors', 'second_order', 'bifactor']
    """
    clean = safe_names(constructs, name)
    models = {"one_factor": one_factor(clean, name), "correlated_factors": correlated_factors(clean)}
    if len(clean) == 1:  # the same model under two names
        del models["one_factor"]
    if len(clean) >= 3:
        models["second_order"] = second_order(clean, name)
    if len(clean) >= 2 and all(len(items) >= 3 for items in clean.values()):
        models["bifactor"] = bifactor(clean, name)
    return models


def whole_structures(parts: Constructs, whole: str, items: Sequence[str]) -> dict[str, str]:
    """Rival models of a construct that has items of its own and parts that are said to make it up.

    Parameters
    ----------
    parts : items of the parts (three or more).
    whole, items : the construct said to consist of them, and its own items.

    Returns
    -------
    ``consists of``: the whole is the second-order factor of the parts, measured by its own items too.
    ``is driven by``: the whole is regressed on the parts, which correlate freely.
    ``beside``: the parts have a second-order factor ``common_part`` of their own, correlated with the whole;
    a correlation of 1 would make it the same model as the first.
    The first is nested in both others (``sem.compare``).

    Examples
    --------
    >>> from workbench import measurement
    >>> parts = {"a": ["a1", "a2"], "b": ["b1", "b2"], "c": ["c1", "c2"]}
    >>> list(measurement.whole_structures(parts, "quality", ["q1", "q2"]))
    ['consists of', 'is driven by', 'beside']
    """
    if not isinstance(whole, str):
        raise SpecificationError(f"whole={kind_of(whole)}: the name of a construct is needed")
    clean = safe_names({**checked(parts), whole: names_of(items, "items")}, "common_part")
    clean.pop(whole)
    if len(clean) < 3:
        raise SpecificationError(f"a second-order factor needs three parts, {len(clean)} given")
    base = correlated_factors(clean)
    own = _measured(whole, list(items))
    return {
        "consists of": f"{base}\n{_measured(whole, [*items, *clean])}",
        "is driven by": f"{base}\n{own}\n{whole} ~ {' + '.join(clean)}",
        "beside": f"{base}\n{own}\n{_measured('common_part', list(clean))}\ncommon_part ~~ {whole}",
    }


def fit_rivals(
    data: pd.DataFrame, constructs: Constructs, *, name: str = "general", **settings: Any
) -> ModelComparison:
    """Fit the rival measurement models to the same answers and compare them.

    R: ``lavaan::cfa`` for each text.

    Parameters
    ----------
    data : answers (respondents x items).
    constructs : items of every construct.
    name : of the general factor, which no construct or item may have.
    settings : passed to ``sem.fit`` (estimator, missing, ordered, …).

    Examples
    --------
    >>> from workbench import measurement
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("customer_survey")
    >>> constructs = {name: list(survey.items(name)) for name in ("crm_use", "trust", "satisfaction")}
    >>> measurement.fit_rivals(survey.responses, constructs).best_bic
    'correlated_factors'
    """
    from workbench import sem

    columns_of(data, safe_names(constructs))
    texts = rival_models(constructs, name)
    return compare_models({model: sem.fit(text, data, **settings) for model, text in texts.items()})


def compare_models(fits: Mapping[str, Any]) -> ModelComparison:
    """Fit measures of several fits to the same answers, one row for each model.

    Robust measures are taken where a fit has them. AIC and BIC compare models that are not nested; a
    chi-square difference is for nested ones (``sem.compare``). R: ``lavaan::fitMeasures``.

    Parameters
    ----------
    fits : fits of ``sem.fit`` by name.

    Examples
    --------
    >>> from workbench import measurement, sem
    >>> from workbench.datasets import open_dataset
    >>> survey = open_dataset("customer_survey")
    >>> constructs = {name: list(survey.items(name)) for name in ("crm_use", "trust")}
    >>> texts = [measurement.one_factor(constructs), measurement.correlated_factors(constructs)]
    >>> fits = {name: sem.fit(text, survey.responses) for name, text in zip(("one", "two"), texts)}
    >>> measurement.compare_models(fits).table[["df", "cfi"]].round(2)
             df   cfi
    model
    one    14.0  0.74
    two    13.0  1.00
    """
    fits = _fits(fits)
    rows, warnings = {}, []
    said: dict[str, list[str]] = {}  # what several fits warn of is said once
    totals = set()
    for name, fit in fits.items():
        measures = fit.measures
        totals.add(int(measures["ntotal"]))
        row = {key: _measure(measures, key) for key in _MEASURES}
        improper = improper_estimates(fit)
        rows[name] = {**row, "converged": bool(fit.converged), "improper": len(improper)}
        if not fit.converged:
            warnings.append(f"{name}: did not converge; its measures are not to be read")
        if improper:
            warnings.append(f"{name}: improper solution ({'; '.join(improper)})")
        for text in dict.fromkeys(fit.warnings):
            said.setdefault(text, []).append(name)
    for text, names in said.items():
        whose = "every model" if len(names) == len(fits) > 1 else ", ".join(names)
        warnings.append(f"{whose}: {text}")
    if len(totals) > 1:
        warnings.append(
            f"the fits use different numbers of respondents ({sorted(totals)}): AIC and BIC cannot be "
            f"compared"
        )
    table = pd.DataFrame(rows).T
    table.index.name = "model"
    table = table.astype(dict.fromkeys(_MEASURES, float))
    table = table.astype({"converged": bool, "improper": int})
    warnings += _equivalent(table)
    usable = table["bic"].where(table["converged"])
    # of models that fit alike but for rounding (three factors, and one above them) the first is taken
    best = str(usable.round(6).idxmin()) if usable.notna().any() and len(totals) == 1 else None
    table["bic_above_best"] = usable - usable.min()
    return ModelComparison(table, best, dict(fits), tuple(dict.fromkeys(warnings)))


@dataclass(frozen=True)
class SideBySide:
    """Standardized loadings and correlations of the factors of one model, fitted in several ways."""

    loadings: pd.DataFrame  # item; construct, then one column a fit
    correlations: pd.DataFrame  # construct_a, construct_b; one column a fit
    respondents: pd.Series
    warnings: tuple[str, ...]


def side_by_side(fits: Mapping[str, Any]) -> SideBySide:
    """One model fitted in several ways (estimators, missing answers): do the estimates agree?

    Parameters
    ----------
    fits : fits of the same model by the name of the way.

    Examples
    --------
    >>> from workbench import measurement, sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("trust")
    >>> model = "trust =~ tru1 + tru2 + tru3"
    >>> fits = {way: sem.fit(model, answers, estimator=way) for way in ("ML", "MLR")}
    >>> measurement.side_by_side(fits).loadings[["ML", "MLR"]].round(2)
            ML   MLR
    item
    tru1  0.78  0.78
    tru2  0.80  0.80
    tru3  0.63  0.63
    """
    fits = _fits(fits)
    loadings, correlations, warnings = {}, {}, []
    for name, fit in fits.items():
        rows = fit.estimates.set_index(["lhs", "op", "rhs"])["std_all"]
        loadings[name] = rows.xs("=~", level="op")
        between = rows.xs("~~", level="op")
        latents = set(loadings[name].index.get_level_values("lhs"))
        correlations[name] = between[[a != b and {a, b} <= latents for a, b in between.index]]
        warnings += [f"{name}: {text}" for text in fit.warnings]
    table = pd.DataFrame(loadings).rename_axis(["construct", "item"]).reset_index("construct")
    return SideBySide(
        table,
        pd.DataFrame(correlations).rename_axis(["construct_a", "construct_b"]),
        pd.Series({name: int(fit.measures["ntotal"]) for name, fit in fits.items()}, name="respondents"),
        tuple(dict.fromkeys(warnings)),
    )


def _fits(fits: Any) -> dict[str, Any]:
    """Fits by name, or SpecificationError."""
    if not isinstance(fits, Mapping):
        raise SpecificationError(f"fits are needed by name, {{'one': fit, …}}, not {kind_of(fits)}")
    if not fits:
        raise SpecificationError("no fits were given to compare")
    return {str(name): checked_fit(fit) for name, fit in fits.items()}


def _equivalent(table: pd.DataFrame) -> list[str]:
    """Models that fit alike with as many parameters: the answers cannot tell them apart."""
    said = []
    names = list(table.index)
    for place, a in enumerate(names):
        for b in names[place + 1 :]:
            gap = abs(table.loc[a, "chisq"] - table.loc[b, "chisq"])
            if table.loc[a, "df"] == table.loc[b, "df"] and gap < 1e-4:
                said.append(
                    f"“{a}” and “{b}” fit exactly alike: answers cannot tell them apart, only theory can"
                )
    return said


def improper_estimates(fit: Any) -> list[str]:
    """Negative variances and correlations above one, in words."""
    estimates = fit.estimates
    own = estimates[(estimates["op"] == "~~") & (estimates["lhs"] == estimates["rhs"])]
    found = [
        f"variance of {row.lhs} is \N{MINUS SIGN}{abs(row.est):.3f}"
        for row in own[own["est"] < 0].itertuples()
    ]
    cross = estimates[(estimates["op"] == "~~") & (estimates["lhs"] != estimates["rhs"])]
    found += [
        f"correlation of {row.lhs} and {row.rhs} is {row.std_all:.3f}"
        for row in cross[cross["std_all"].abs() > 1].itertuples()
    ]
    return found


def _measured(factor: str, items: list[str], free_first: bool = False) -> str:
    terms = [f"NA*{items[0]}" if free_first else items[0], *items[1:]]
    return f"{factor} =~ {' + '.join(terms)}"


def _measure(measures: pd.Series, key: str) -> float:
    """The robust form of a measure where the fit has one, then the scaled, then the plain."""
    for name in (f"{key}_robust", f"{key}_scaled", key):
        value = measures.get(name)
        if value is not None and pd.notna(value):
            return float(value)
    return float("nan")
