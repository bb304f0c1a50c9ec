"""The door: a model text and data become a :class:`~workbench.sem.result.Fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.errors import SpecificationError
from workbench.sem.checks import identification, look_at
from workbench.sem.data.frame import as_frame, group_labels
from workbench.sem.data.moments import Moments
from workbench.sem.data.products import with_products
from workbench.sem.data.sample import sample_of
from workbench.sem.definitions import undefined
from workbench.sem.problem import ESTIMATORS, Estimator, Problem, problem_of
from workbench.sem.result import Fit
from workbench.sem.solution import solved
from workbench.sem.standardized import definition_values
from workbench.sem.table import Options, build

LEAST_SQUARES = ("ULS", "DWLS", "WLS")  # GLS has an observed information too


def fit(
    model: str,
    data,
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
) -> Fit:
    """Fit a structural equation model.

    Parameters
    ----------
    model : text in lavaan's syntax.
    data : DataFrame (a row a respondent), or ``sem.moments(cov, n, ...)``.
    estimator : ML, MLM, MLMV, MLMVS, MLR, ULS, GLS, WLS or DWLS; with ordered items WLSMV (what ML turns into
        there, with a warning), WLSM, WLSMVS, DWLS, ULSMV, ULSM, ULSMVS, ULS or WLS.
    missing : ``"listwise"`` leaves out rows with a missing value in a variable of the model, and says how
        many; ``"fiml"`` uses every answer by its pattern (ML or MLR, with means); ``"pairwise"`` (ordered
        items alone) takes each threshold and correlation from the rows that answered what it needs.
    group : column that holds the groups; each has parameters of its own, except for
    group_equal : loadings, intercepts, means, residuals, residual_covariances, lv_variances, lv_covariances,
        regressions, thresholds; ``group_partial`` frees single ones of them again ("f =~ x2").
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

    Returns
    -------
    Fit: ``estimates``, ``measures``, ``warnings`` and the rest.

    Raises
    ------
    SpecificationError for a model, DataError for data that cannot be used; both say where and what to do.

    R: ``lavaan::sem(model, data, ...)``.
    """
    if str(estimator).upper() not in ESTIMATORS:
        raise SpecificationError(f"estimator {estimator!r} is unknown. Known: {', '.join(ESTIMATORS)}")
    missing = "fiml" if missing == "ml" else missing  # lavaan's name
    if missing not in ("listwise", "fiml", "pairwise"):
        raise SpecificationError(f"missing={missing!r} is unknown. Known: listwise, fiml, pairwise")
    if missing == "pairwise" and not ordered:
        raise SpecificationError("missing='pairwise' is for ordered items: use missing='fiml'")
    if parameterization not in ("delta", "theta"):
        raise SpecificationError(f"parameterization={parameterization!r} is unknown. Known: delta, theta")
    if engine not in ("workbench", "semopy"):
        raise SpecificationError(f"engine {engine!r} is unknown. Known: workbench, semopy")
    chosen = ESTIMATORS[estimator.upper()]
    if isinstance(ordered, bool):
        raise SpecificationError("ordered= takes the names of the ordered items: ordered=['q1', 'q2']")
    ordered = _names(ordered)
    data = as_frame(data)
    used_information = _information(information, chosen, ordered, isinstance(data, Moments))
    if isinstance(model, str) and ":" in model:
        data = with_products(model, data, ordered)
    labels = group_labels(data, group)
    auxiliary = _names(auxiliary)
    _check_answers(ordered, auxiliary, missing, engine)
    # lavaan: least squares of continuous data treat exogenous variables as random
    random_x = not fixed_x or (chosen.discrepancy != "ML" and not ordered)
    options = Options(
        std_lv, orthogonal, not random_x, meanstructure, _names(group_equal), _names(group_partial)
    )
    if ordered:
        from workbench.sem.ordered.data import refuse_ordered_causes
        from workbench.sem.ordered.problem import problem_with_ordered

        refuse_ordered_causes(model, ordered)
        options = replace(options, parameterization=parameterization)
        problem = problem_with_ordered(model, data, group, labels, options, chosen, ordered, missing)
    elif missing == "fiml":
        from workbench.sem.incomplete.problem import problem_with_holes

        options = replace(options, auxiliary=auxiliary)
        problem = problem_with_holes(model, data, group, labels, options, chosen, used_information)
    else:
        table = build(model, options, len(labels))
        sample = sample_of(table, data, group, labels, singular=chosen.bears_singular)
        problem = problem_of(table, sample, chosen, used_information)
        if "robust" in chosen.se or chosen.test != "standard":
            problem.need_rows("its robust standard errors and test")
    table = problem.table
    nonlinear = sum(restriction.op == "==" for restriction in table.equal.restrictions)
    if problem.df + nonlinear < 0:
        raise SpecificationError(
            f"the model has {problem.model.directions} free parameters and the data only "
            f"{problem.moments_per_group * table.groups} moments (df = {problem.df}): fix or equate "
            "parameters, or add indicators"
        )
    settings = {
        "estimator": problem.estimator.name,
        "missing": missing,
        "group": group,
        "group_equal": _names(group_equal),
        "group_partial": _names(group_partial),
        "ordered": ordered,
        "parameterization": parameterization,
        "std_lv": std_lv,
        "orthogonal": orthogonal,
        "fixed_x": fixed_x,
        "meanstructure": meanstructure,
        "information": information,
        "auxiliary": auxiliary,
        "engine": engine,
    }
    problem, minimum = solved(problem, engine)
    return _with_warnings(Fit.at(minimum, problem, model, settings), problem)


def _check_answers(ordered: tuple[str, ...], auxiliary: tuple[str, ...], missing: str, engine: str) -> None:
    """Raise for settings that do not go together."""
    if ordered and missing == "fiml":
        raise SpecificationError(
            "missing='fiml' is a likelihood of continuous answers: with ordered= use missing='listwise', or "
            "leave ordered= out if five and more categories are taken as continuous"
        )
    if auxiliary and missing != "fiml":
        raise SpecificationError("auxiliary variables inform about missing answers: give missing='fiml' too")
    if engine == "semopy" and (ordered or missing == "fiml"):
        raise SpecificationError(
            "engine='semopy' is for complete continuous data: its other results are wrong"
        )


def _information(
    information: str | None, chosen: Estimator, ordered: tuple[str, ...], moments: bool
) -> str | None:
    """The information that the estimator can use, None for its own; raise where none is meant by it."""
    information = "first_order" if information == "first.order" else information  # lavaan's name
    if information not in (None, "expected", "observed", "first_order"):
        raise SpecificationError(
            f"information {information!r} is unknown. Known: expected, observed, first_order"
        )
    if ordered or chosen.discrepancy in LEAST_SQUARES:
        return None
    if information == "first_order" and moments:
        raise SpecificationError(
            "first-order information needs the rows of the data, and only moments are given: use "
            "information='expected' or 'observed'"
        )
    if information == "first_order" and "robust" in chosen.se:
        raise SpecificationError(
            f"{chosen.name}: robust standard errors rest on the expected or the observed information; "
            "first_order goes with ML"
        )
    if information == "observed" and chosen.se == "robust.sem":
        raise SpecificationError(
            f"{chosen.name} rests on the expected information: use MLR for robust standard errors from the "
            "observed one"
        )
    return information


def _names(names: Sequence[str] | str) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _with_warnings(result: Fit, problem: Problem) -> Fit:
    well_conditioned = identification(result)
    settings, ignored = result.settings, ()
    if len(result.groups) == 1 and (settings["group_equal"] or settings["group_partial"]):
        ignored = ("group_equal and group_partial have no effect without group=",)
    least_squares = settings["ordered"] or problem.estimator.discrepancy in LEAST_SQUARES
    if least_squares and settings["information"] not in (None, "expected"):
        ignored = (*ignored, "information: least-squares fits rest on the expected one, as in lavaan")
    if settings["parameterization"] == "theta" and not settings["ordered"]:
        ignored = (*ignored, "parameterization has no effect without ordered=")
    notes = [*ignored, *problem.table.notes, *problem.sample.notes]
    if problem.table.definitions:
        defined = definition_values(problem, result.free_values[None])[0][0]
        notes += undefined(problem.table.definitions, defined)
    warnings = (*notes, *look_at(result, well_conditioned))
    return replace(result, warnings=warnings) if warnings else result
