"""A fit as a script for R: the same model, estimator and treatment of gaps in lavaan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from workbench.errors import SpecificationError

if TYPE_CHECKING:
    from workbench.sem.result import Fit

# Arguments of `sem.fit` that lavaan has under the same name, or under the one given here.
_SAME = ("parameterization", "information")
_FLAGS = {
    "std_lv": "std.lv",
    "orthogonal": "orthogonal",
    "fixed_x": "fixed.x",
    "meanstructure": "meanstructure",
}
_NAMES = {"ordered": "ordered", "group_equal": "group.equal", "group_partial": "group.partial"}
_DEFAULTS: dict[str, bool | str | None] = {
    "std_lv": False,
    "orthogonal": False,
    "fixed_x": True,
    "meanstructure": None,
}
_DEFAULTS |= {"parameterization": "delta", "information": None}
_MISSING = {"listwise": "listwise", "fiml": "ml", "pairwise": "pairwise"}
_GROUP_EQUAL = {"residual_covariances": "residual.covariances", "lv_variances": "lv.variances"}
_GROUP_EQUAL |= {"lv_covariances": "lv.covariances"}


class ProductTerm(NamedTuple):
    """A product of two variables that an outcome rests on, as in a moderation.

    Attributes
    ----------
    outcome, focal, moderator : names of the three variables. name : of the product, latent or a column.
    columns : columns that the answers lack -> the two of which each is the double-mean-centred product.
    """

    outcome: str
    focal: str
    moderator: str
    name: str
    columns: Mapping[str, tuple[str, str]]


def lavaan_script(
    fit: Fit,
    answers: str = "answers.csv",
    positions: tuple[int, ...] | None = None,
    product: ProductTerm | None = None,
) -> str:
    """The R script that fits a model as `sem.fit` did, and prints estimates, standardized ones and measures.

    Parameters
    ----------
    fit : of `sem.fit`, one engine, no auxiliary variables.
    answers : name of a CSV file with the answers as they were analysed (reversed items turned, codes for no
        answer empty), which the script reads from its own folder.
    positions : rows of that file that were analysed, counted from 0; None: all.
    product : a product of variables in the model. The script makes its columns as
        ``semTools::indProd(meanC = TRUE, doubleMC = TRUE)`` does, at the means of all rows of the file, and
        prints its coefficient and standard error in deviations of the three variables, b₃·σ₁σ₂/σ_y.

    Returns
    -------
    R code. Names and model text stand in it as text that R does not run.

    Raises
    ------
    SpecificationError : the fit has auxiliary variables, which lavaan takes in another function.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from workbench.sem import lavaan_script
    >>> from workbench import sem
    >>> frame = pd.DataFrame(np.random.default_rng(1).normal(size=(60, 3)), columns=["a", "b", "c"])
    >>> print(lavaan_script(sem.fit("f =~ a + b + c", frame)).splitlines()[-2])
    print(standardizedSolution(fit))
    """
    settings = fit.settings
    if settings["auxiliary"]:
        raise SpecificationError("auxiliary variables are an argument of semTools in R: leave auxiliary= out")
    arguments = [
        f"estimator = {_text(settings['estimator'])}",
        f"missing = {_text(_MISSING[settings['missing']])}",
    ]
    if settings["group"] is not None:
        arguments.append(f"group = {_text(str(settings['group']))}")
    for name, theirs in _NAMES.items():
        if settings[name]:
            chosen = [_GROUP_EQUAL.get(one, one) if name == "group_equal" else one for one in settings[name]]
            arguments.append(f"{theirs} = c({', '.join(map(_text, chosen))})")
    for name, theirs in _FLAGS.items():
        if settings[name] != _DEFAULTS[name]:
            arguments.append(f"{theirs} = {'TRUE' if settings[name] else 'FALSE'}")
    for name in _SAME:
        if settings[name] != _DEFAULTS[name]:
            arguments.append(f"{name} = {_text(settings[name])}")
    made = _products(product.columns) if product else ""
    rows = ""
    if positions is not None:
        rows = f"answers <- answers[c({', '.join(str(place + 1) for place in positions)}), ]\n"
    return (
        "# The same model in lavaan. It reads the answers as they were analysed.\n"
        "library(lavaan)\n"
        f'answers <- read.csv({_text(answers)}, fileEncoding = "UTF-8", check.names = FALSE)\n'
        f"{made}{rows}"
        f"model <- {_text(fit.model)}\n"
        f"fit <- sem(model, data = answers, {', '.join(arguments)})\n"
        "print(fitMeasures(fit))\n"
        "print(parameterEstimates(fit))\n"
        "print(standardizedSolution(fit))\n"
        "print(lavInspect(fit, 'rsquare'))\n" + (_standardized(product) if product else "")
    )


def _products(products: Mapping[str, tuple[str, str]]) -> str:
    """R code that puts products into the answers, their parts and themselves centred at the mean."""
    lines = ["# Products of columns, centred before and after."]
    lines += ["centred <- function(values) values - mean(values, na.rm = TRUE)"]
    for name, parts in products.items():
        one, other = (f"centred(answers[[{_text(part)}]])" for part in parts)
        lines.append(f"answers[[{_text(name)}]] <- centred({one} * {other})")
    return "\n".join(lines) + "\n"


def _standardized(product: ProductTerm) -> str:
    """R code that prints a product's coefficient in deviations of its parts and the outcome."""
    outcome, focal, moderator, name = map(_text, product[:4])
    return (
        "# The product in deviations of its two variables and of the outcome, not in its own.\n"
        'deviation <- sqrt(diag(lavInspect(fit, "cov.all")))\n'
        f"unit <- deviation[[{focal}]] * deviation[[{moderator}]] / deviation[[{outcome}]]\n"
        "found <- parameterEstimates(fit)\n"
        f'rows <- found$lhs == {outcome} & found$op == "~" & found$rhs == {name}\n'
        'print(unit * found[rows, c("est", "se")])\n'
    )


def _text(text: str) -> str:
    """A string of R: in double quotes, with what would end it or be read otherwise escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", " ", escaped) + '"'
