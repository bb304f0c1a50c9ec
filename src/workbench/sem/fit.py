"""The door: a model text and data become a :class:`~workbench.sem.result.Fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.errors import SpecificationError
from workbench.sem import arguments
from workbench.sem.checks import identification, look_at
from workbench.sem.complete.problem import complete_problem
from workbench.sem.data.frame import as_frame, group_labels
from workbench.sem.data.moments import Moments
from workbench.sem.data.products import with_products
from workbench.sem.definitions import undefined
from workbench.sem.estimators import COMPLETE, ESTIMATORS, INCOMPLETE, ORDERED
from workbench.sem.incomplete.problem import problem_with_holes
from workbench.sem.ordered.problem import problem_with_ordered
from workbench.sem.problem import Problem
from workbench.sem.result import Fit
from workbench.sem.solution import solved
from workbench.sem.standardized import definition_values
from workbench.sem.syntax import ModelSyntax, parse
from workbench.sem.table import Options

if TYPE_CHECKING:
    import pandas as pd

MISSING = {"listwise": "listwise", "fiml": "fiml", "pairwise": "pairwise", "ml": "fiml"}  # "ml" is lavaan's
INFORMATION = {
    name: name.replace(".", "_") for name in ("expected", "observed", "first_order", "first.order")
}
WAYS = {COMPLETE: complete_problem, INCOMPLETE: problem_with_holes, ORDERED: problem_with_ordered}


def fit(
    model: str,
    data: pd.DataFrame | Moments,
    *,
    estimator: str = "ML",
    missing: str = "listwise",
    group: str | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    ordered: Sequence[str] = (),
    parameterization: str = "delta",
    std_lv: bool = False,
    orthogonal: bool = False,
    fixed_x: bool = True,
    meanstructure: bool | None = None,
    information: str | None = None,
    auxiliary: Sequence[str] = (),
    engine: str = "workbench",
    **unknown: Any,
) -> Fit:
    """Fit a structural equation model.

    Parameters
    ----------
    model : text in lavaan's syntax.
    data : DataFrame, pandas or polars, with a row for each respondent; or ``sem.moments(cov, n, ...)``. Its
        values are copied: what is done to it later changes no result.
    estimator : ML, MLM, MLMV, MLMVS, MLR, ULS, GLS, WLS or DWLS; with ordered items WLSMV (what ML turns into
        there, with a warning), WLSM, WLSMVS, DWLS, ULSMV, ULSM, ULSMVS, ULS or WLS.
    missing : ``"listwise"`` leaves out rows with a missing value in a variable of the model, and says how
        many; ``"fiml"`` uses every answer by its pattern (ML or MLR, with means); ``"pairwise"`` (ordered
        items alone) takes each threshold and correlation from the rows that answered what it needs.
    group : column that holds the groups; each has parameters of its own, but for those of ``group_equal``.
    group_equal : which are the same in all groups: loadings, intercepts, means, residuals,
        residual_covariances, lv_variances, lv_covariances, regressions, thresholds.
    ordered : names of the ordered items: latent responses cut at thresholds (``item | t1``), fitted to
        polychoric correlations. Nothing is ordered unless named here.
    parameterization : of ordered items, ``"delta"`` (latent responses have the variance one) or ``"theta"``
        (their residuals have).
    std_lv : fix latent variances to one instead of a loading.
    orthogonal : fix covariances of latent variables to zero.
    fixed_x : exogenous observed variables keep the sample's moments and are no parameters; with ordered
        items all statistics are conditional on them (lavaan's ``conditional.x``).
    meanstructure : intercepts too; by default only with groups or ``~1``.
    information : expected, observed or first_order; by default the estimator's.
    auxiliary : variables outside the model that inform about missing answers (saturated correlates; FIML).
    engine : ``"semopy"`` for that library's ML estimates in the same result.
    group_partial : single parameters that may differ all the same ("f =~ x2").
    unknown : nothing; an argument of lavaan's is answered with what does the same here.

    Returns
    -------
    Fit: ``estimates``, ``measures``, ``warnings`` and the rest.

    Raises
    ------
    SpecificationError for a model or an argument, DataError for data that cannot be used; both say where and
    what to do. An argument of lavaan's that is not there (``se=``) is answered with what does the same here.

    R: ``lavaan::sem(model, data, ...)``.

    Examples
    --------
    >>> from workbench import sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use")
    >>> model = "use =~ crm1 + crm2 + crm3 + crm4"
    >>> fit = sem.fit(model, answers, estimator="MLR")
    >>> fit.estimates.loc[1:3, ["lhs", "op", "rhs", "est", "se"]].round(2)
       lhs  op   rhs   est    se
    1  use  =~  crm2  1.08  0.05
    2  use  =~  crm3  0.84  0.05
    3  use  =~  crm4  0.93  0.04
    >>> round(float(fit.measures["cfi"]), 2)
    0.99
    """
    settings = _settings(
        estimator=estimator,
        missing=missing,
        group=group,
        group_equal=group_equal,
        group_partial=group_partial,
        ordered=ordered,
        parameterization=parameterization,
        std_lv=std_lv,
        orthogonal=orthogonal,
        fixed_x=fixed_x,
        meanstructure=meanstructure,
        information=information,
        auxiliary=auxiliary,
        engine=engine,
    )
    arguments.refuse_unknown(unknown, ("model", "data", *settings), "sem.fit")
    kind = _kind_of_answers(settings)
    chosen = ESTIMATORS[settings["estimator"]]
    syntax, data = parse(model), as_frame(data)
    used_information = chosen.chosen_information(settings["information"], kind, isinstance(data, Moments))
    labels = group_labels(data, settings["group"])
    said = [*_ignored(settings, len(labels)), *_labels_of_columns(syntax, data)]
    data = with_products(syntax, data, settings["ordered"])
    problem = WAYS[kind](model, data, labels, _options(settings, kind), chosen, used_information, settings)
    _check_moments(problem)
    problem, minimum = solved(problem, settings["engine"])
    settings["estimator"] = problem.estimator.name
    return _with_warnings(Fit.at(minimum, problem, model, settings), said)


def _settings(**given: Any) -> dict[str, Any]:
    """The settings, each of its kind, names as tuples; SpecificationError for one that is not."""
    if isinstance(given["ordered"], bool):
        raise SpecificationError("ordered= takes the names of the ordered items: ordered=['q1', 'q2']")
    found = dict(given)
    for name, known in (("estimator", ESTIMATORS), ("parameterization", ("delta", "theta"))):
        found[name] = arguments.choice(name, given[name], tuple(known))
    found["engine"] = arguments.choice("engine", given["engine"], ("workbench", "semopy"))
    found["missing"] = MISSING[arguments.choice("missing", given["missing"], tuple(MISSING))]
    if given["information"] is not None:
        wanted = arguments.choice("information", given["information"], tuple(INFORMATION))
        found["information"] = INFORMATION[wanted]
    found["group"] = arguments.column("group", given["group"])
    for name in ("std_lv", "orthogonal", "fixed_x"):
        found[name] = arguments.flag(name, given[name])
    if given["meanstructure"] is not None:
        found["meanstructure"] = arguments.flag("meanstructure", given["meanstructure"])
    for name, example in (
        ("ordered", "['q1', 'q2']"),
        ("group_equal", "['loadings', 'intercepts']"),
        ("group_partial", "['f =~ x2']"),
        ("auxiliary", "['age']"),
    ):
        found[name] = arguments.names(name, given[name], example)
    return found


def _kind_of_answers(settings: dict[str, Any]) -> str:
    """Which of the three kinds of problems the settings ask for; raise for those that do not go together."""
    ordered, missing = settings["ordered"], settings["missing"]
    if missing == "pairwise" and not ordered:
        raise SpecificationError("missing='pairwise' is for ordered items: use missing='fiml'")
    if ordered and missing == "fiml":
        raise SpecificationError(
            "missing='fiml' is a likelihood of continuous answers: with ordered= use missing='listwise', or "
            "leave ordered= out if five and more categories are taken as continuous"
        )
    if settings["auxiliary"] and missing != "fiml":
        raise SpecificationError("auxiliary variables inform about missing answers: give missing='fiml' too")
    if settings["engine"] == "semopy" and (ordered or missing == "fiml"):
        raise SpecificationError(
            "engine='semopy' is for complete continuous data: its other results are wrong"
        )
    if ordered:
        return ORDERED
    return INCOMPLETE if missing == "fiml" else COMPLETE


def _options(settings: dict[str, Any], kind: str) -> Options:
    """How the parameter table is filled in."""
    fixed_x = settings["fixed_x"]
    if kind == COMPLETE and not ESTIMATORS[settings["estimator"]].likelihood:
        fixed_x = False  # lavaan: least squares of continuous data treat exogenous variables as random
    shared = ("std_lv", "orthogonal", "meanstructure", "group_equal", "group_partial", "auxiliary")
    options = Options(fixed_x=fixed_x, **{name: settings[name] for name in shared})
    return replace(options, parameterization=settings["parameterization"]) if kind == ORDERED else options


def _check_moments(problem: Problem) -> None:
    """Raise where there are more parameters than moments."""
    table = problem.table
    nonlinear = sum(restriction.op == "==" for restriction in table.equal.restrictions)
    if problem.df + nonlinear < 0:
        raise SpecificationError(
            f"the model has {problem.model.directions} free parameters and the data only "
            f"{problem.moments_per_group * table.groups} moments (df = {problem.df}): fix or equate "
            "parameters, or add indicators"
        )


def _ignored(settings: dict[str, Any], groups: int) -> list[str]:
    """What is asked for and does nothing, or not what it may be meant to do."""
    said, estimator = [], ESTIMATORS[settings["estimator"]]
    if groups == 1 and (settings["group_equal"] or settings["group_partial"]):
        said.append("group_equal and group_partial have no effect without group=")
    least_squares = settings["ordered"] or not estimator.informations
    if least_squares and settings["information"] not in (None, "expected"):
        said.append("information: least-squares fits rest on the expected one, as in lavaan")
    if settings["parameterization"] == "theta" and not settings["ordered"]:
        said.append("parameterization has no effect without ordered=")
    if estimator.for_ordered_items and not settings["ordered"]:
        said.append(
            f"{estimator.name} without ordered=: all answers are taken as continuous; name ordered items in "
            "ordered="
        )
    return said


def _labels_of_columns(syntax: ModelSyntax, data: pd.DataFrame | Moments) -> list[str]:
    """Products of columns that are none: what stands before ``*`` is a label."""
    columns = data.names if isinstance(data, Moments) else data.columns
    return [
        f"{label}*{term.rhs} on line {term.line}: {label}, a column of the data, is read as a label of the "
        f"parameter; a product is written {label}:{term.rhs}, beside {label} and {term.rhs}"
        for term in syntax.terms
        for label in dict.fromkeys(term.labels)
        if term.rhs and label in columns
    ]


def _with_warnings(result: Fit, said: Sequence[str]) -> Fit:
    well_conditioned = identification(result)
    problem = result.problem
    notes = [*said, *problem.table.notes, *problem.sample.notes]
    if problem.table.definitions:
        defined = definition_values(problem, result.free_values[None])[0][0]
        notes += undefined(problem.table.definitions, defined)
    warnings = (*notes, *look_at(result, well_conditioned))
    return replace(result, warnings=warnings) if warnings else result
