"""A study for tests: one correlation of sum scores, and a rule that fails on one seed."""

import math

import numpy as np

from workbench.evidence import claims

SHIPPED = "customer_survey"
PARAMETERS = {"level": 0.95}
FAILS_ON = 4


def truths(population):
    return {
        "D0-1": population.total_effect("satisfaction", "crm_use") > 0,
        "D0-3 reversed": population.total_effect("loyalty", "crm_use") < 0,
    }


def nulls(population):
    return {"no effect of CRM use": population.without_effects("crm_use")}


def decide(survey, *, seed, truths=None):
    truths = truths or {}
    if seed == FAILS_ON:
        raise ArithmeticError("nothing converges here")
    scores = {name: survey.items(name).mean(axis=1) for name in ("crm_use", "satisfaction", "loyalty")}
    judged = {"kind": survey.kind, "n": len(survey.responses)}
    decided = []
    for claim, part, outcome, pattern in (
        ("D0-1", None, "satisfaction", "above"),
        ("D0-3", "reversed", "loyalty", "below"),
    ):
        r = scores["crm_use"].corr(scores[outcome])
        around = 1.96 / math.sqrt(len(survey.responses) - 3)
        limits = tuple(np.tanh(np.arctanh(r) + around * np.array([-1, 1])))
        key = f"{claim} {part}" if part else claim
        decided.append(
            claims.judge(
                claim,
                part=part,
                estimate=r,
                interval=limits,
                pattern=pattern,
                measure="r",
                planted=truths.get(key),
                **judged,
            )
        )
    return decided
