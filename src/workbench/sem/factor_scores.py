"""Factor scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem import arguments

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sem.result import Fit

METHODS = {"regression": "regression", "bartlett": "bartlett", "EBM": "regression", "ML": "bartlett"}


def factor_scores(fit: Fit, method: str = "regression") -> pd.DataFrame:
    """Scores of the latent variables for every row that was used.

    Parameters
    ----------
    method : ``"regression"`` (Thurstone: best prediction given the model) or ``"bartlett"`` (unbiased given
        the factors). With ordered items these are the posterior mode (EBM) and maximum likelihood
        (ML, of no use for rows of lowest or highest answers alone); see ``ordered.scores``.

    Returns
    -------
    DataFrame, a column per latent variable (with groups the group first), a row for each row of the data that
    was used, under the data's own index, so that ``data.join(scores)`` brings together what belongs together.
    Rows come group after group, in each as in the data.

    Without a mean structure the scores are those of the same model with free intercepts: causes among the
    observed variables give a latent mean.

    With missing answers each row is scored from what it answered: nan where nothing was, and for Bartlett
    where a factor has no answered indicator (a factor of factors never has one).

    R: ``lavaan::lavPredict(fit, method = "regression")``. lavaan 0.6-14 departs from the formula
    Cov(eta, y) S^-1 (y - EY) + EETA where an observed variable is an outcome (``y ~ f``): its residual is
    taken to be unrelated to the factors', and without a mean structure its mean is counted twice. These
    scores follow the formula and err less (``tests/reference/r/scores_of_outcomes.R``). Bartlett scores are
    lavaan's (fitted with a mean structure): outcomes count as indicators, observed causes are known.
    """
    import pandas as pd

    problem = fit.problem
    chosen = METHODS[arguments.choice("method", method, tuple(METHODS))]
    problem.need_rows("factor scores")
    names = list(problem.table.variables.latent)
    if not names:
        raise SpecificationError("the model has no latent variables to score")
    parts = problem.factor_scores(fit.x, chosen)
    answers = problem.sample.rows
    scored, positions = [], []
    for part, rows, silent in zip(parts, answers.positions, answers.silent, strict=True):
        everyone = np.concatenate([rows, silent])
        order = np.argsort(everyone, kind="stable") if len(silent) else slice(None)
        nothing = np.full((len(silent), len(names)), np.nan)
        scored.append(np.concatenate([part, nothing])[order])
        positions.append(everyone[order])
    frame = pd.DataFrame(np.concatenate(scored), answers.labels.take(np.concatenate(positions)), names)
    if fit.groups != ("",):
        labels = np.repeat(np.array(fit.groups, dtype=object), [len(part) for part in scored])
        frame.insert(0, fit.settings["group"] or "group", labels)
    return frame
