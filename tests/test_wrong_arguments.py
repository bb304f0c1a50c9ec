"""Public functions of three rooms, given something of a wrong kind, say so in the project's own error."""

import inspect
import warnings
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pandas as pd
import pytest

from workbench import doors, evaluation, indicators, regression
from workbench.errors import SpecificationError, WorkbenchError
from workbench.evaluation import (
    before_after,
    class_regressions,
    forecasts,
    gain_relation,
    hidden_stages,
    interrupted_series,
    latent_classes,
    lifetime,
    pairs,
    policy_value,
    rfm,
    segment_prediction,
    segment_stability,
    sequential_looks,
    survival,
    two_arms,
    uplift,
    warning_scores,
)
from workbench.indicators import QualityRules

RNG = np.random.default_rng(1)
N = 60
FIRMS = pd.DataFrame(RNG.normal(size=(N, 4)), columns=list("abcy")).assign(
    g=np.repeat(np.arange(12), 5),
    t=np.tile(np.arange(5), 12),
    count=RNG.poisson(3 * RNG.gamma(1, 1, N)),
    at=RNG.integers(20, 30, N),
    share=RNG.uniform(0.1, 0.9, N),
)
FIRMS["on"] = ((FIRMS["g"] < 8) & (FIRMS["t"] >= 1 + FIRMS["g"] % 3)).astype(int)
FIRMS["ok"] = np.minimum(FIRMS["count"], FIRMS["at"])
FIT = regression.ols(FIRMS, "y", ["a", "b", ("a", "b")])
UNITS = pd.DataFrame(RNG.uniform(1, 9, (20, 3)), columns=list("pqr"))
WAYS = {"p": "higher", "q": "lower", "r": "higher"}
SCALED = indicators.normalise(UNITS, WAYS)
EQUAL = indicators.equal_weights(list("pqr"))
OTHERS = indicators.equal_weights(["x", "y", "z"])
STABLE = indicators.weight_stability(SCALED, draws=50)
SCORES = indicators.composite(SCALED, EQUAL).scores["score"]
COUNTS = pd.DataFrame(
    {
        name: RNG.integers(*bounds, 12)
        for name, bounds in {
            "customers_start": (100, 200),
            "customers_end": (100, 200),
            "customers_lost": (1, 50),
            "customers_new": (60, 99),
            "customers_new_kept": (1, 60),
        }.items()
    }
).assign(firm=np.arange(12), period=1)
TABLE = indicators.compute(COUNTS)
PARTS = list(TABLE.values.columns[:2])
JUDGED = pd.DataFrame([[1, 3, 5], [1 / 3, 1, 2], [0.2, 0.5, 1]], index=list("pqr"), columns=list("pqr"))
CUSTOMERS = pd.DataFrame(
    {
        "email": ["a@b.c", "x", None, "d@e.f"] * 5,
        "age": [20, 30, 40, 50.0] * 5,
        "age_ref": [20, 31, 40, 50.0] * 5,
        "begin": [1, 2, 3, 4] * 5,
        "end": [2, 3, 4, 1] * 5,
        "when": ["2026-01-01", "2025-01-01", None, "2024-01-01"] * 5,
        "firm": list("aabb") * 5,
    }
)
ORDER = {"name": "order", "first": "begin", "relation": "<=", "second": "end"}
RULES = QualityRules(
    fields={"email": {"pattern": ".+@.+"}, "age": {"min": 0, "max": 99, "verified": "age_ref"}},
    consistency=[ORDER],
    updated="when",
    as_of="2026-06-01",
)

NOT_A_TABLE = {
    "None": None,
    "text": "x",
    "number": 3,
    "list": [1, 2],
    "array": np.ones((5, 2)),
    "dictionary": {"a": [1]},
    "series": FIRMS["a"],
    "empty": pd.DataFrame(),
    "object": object(),
}
NOT_A_SERIES = {
    "None": None,
    "text": "x",
    "list": [1, 2],
    "frame": UNITS,
    "number": 3,
    "array": np.arange(3.0),
}
NOT_FINITE = {
    "other names": pd.Series({"x": 1.0}),
    "nan": SCALED.values.iloc[0] * np.nan,
    "texts": pd.Series({"p": "x", "q": "y", "r": "z"}),
    "empty": pd.Series(dtype=float),
    "twice": pd.concat([SCALED.values.iloc[0]] * 2),
}
COLUMN = {
    "None": None,
    "number": 3,
    "nan": np.nan,
    "list": ["a"],
    "unknown": "nothing",
    "empty": "",
    "frame": FIRMS,
}
MAYBE = {name: value for name, value in COLUMN.items() if name != "None"}
TERMS = {
    "None": None,
    "text": "a",
    "number": 3,
    "empty": [],
    "numbers": [1, 2],
    "None inside": ["a", None],
    "unknown": ["zz"],
    "twice": ["a", "a"],
    "nested": [["a", ["b"]]],
    "empty product": [()],
    "dictionary": {"a": 1},
}
SHARE = {
    "None": None,
    "text": "x",
    "percent": 95,
    "zero": 0,
    "one": 1,
    "nan": np.nan,
    "true": True,
    "list": [0.9],
}
WHOLE = {"None": None, "text": "x", "negative": -1, "half": 1.5, "nan": np.nan, "true": True, "huge": 10**30}
DRAWS = WHOLE | {"zero": 0}
WORD = {"None": None, "number": 3, "unknown": "unheard of", "list": ["x"], "nan": np.nan}
FLAG = {"None": None, "text": "yes", "one": 1}
NUMBER = {"None": None, "text": "x", "nan": np.nan, "infinite": np.inf, "true": True, "list": [1.0]}
CENTER = {
    "None": None,
    "number": 3,
    "unknown": ["zz"],
    "numbers": [1],
    "nan": {"a": np.nan},
    "text": {"a": "x"},
}
COMPLETE = {"None": None, "number": 3, "numbers": [1], "unknown": ["zz"]}
MODEL = {"None": None, "text": "x", "frame": FIRMS, "number": 3, "dictionary": {}}
LIST = {
    "None": None,
    "text": "pq",
    "number": 3,
    "empty": [],
    "twice": ["p", "p"],
    "numbers": [1, 2],
    "mapping": {"p": 1},
}
DIRECTIONS = {
    "None": None,
    "text": "higher",
    "list": ["higher"],
    "lacking": {"p": "higher"},
    "unknown": WAYS | {"p": "up"},
    "None inside": WAYS | {"p": None},
}
WEIGHTS = {"None": None, "text": "x", "series": EQUAL.weights, "dictionary": {"p": 1.0}, "other": OTHERS}
SHARES = {
    "text": "x",
    "list": [0.5, 0.5],
    "negative": {"p": -0.5, "q": 1.5},
    "nan": {"p": np.nan},
    "text inside": {"p": "x"},
    "sum": {"p": 0.3, "q": 0.3},
    "None inside": {"p": None, "q": 1},
    "empty": {},
    "numbers": {1: 1.0},
}
FILE = {"number": 3, "list": ["x"], "gone": "no such folder/x.yaml"}
WRONG_RULES = {
    "None": None,
    "text": "x",
    "dictionary": {},
    **{
        f"{key} {name}": replace(RULES, **{key: value})
        for key, name, value in (
            ("fields", "None", None),
            ("fields", "list", ["age"]),
            ("fields", "of text", {"age": "x"}),
            ("fields", "text minimum", {"age": {"min": "x"}}),
            ("fields", "text allowed", {"age": {"allowed": "x"}}),
            ("fields", "number pattern", {"age": {"pattern": 3}}),
            ("fields", "list verified", {"age": {"verified": ["age_ref"]}}),
            ("consistency", "None", None),
            ("consistency", "text", "x"),
            ("consistency", "of None", [None]),
            ("consistency", "without a name", [{k: v for k, v in ORDER.items() if k != "name"}]),
            ("consistency", "list relation", [ORDER | {"relation": ["<"]}]),
            ("consistency", "text conditions", [{"name": "x", "when": "a", "then": "b"}]),
            ("consistency", "None column", [ORDER | {"first": None}]),
            ("consistency", "text against number", [ORDER | {"first": "email"}]),
            ("updated", "number", 3),
            ("max_age_days", "text", "x"),
            ("max_age_days", "nan", np.nan),
            ("as_of", "text", "x"),
            ("as_of", "number", 3),
        )
    },
}
REGRESSION = {"outcome": COLUMN, "terms": TERMS}
ADOPTION = {"outcome": COLUMN, "unit": COLUMN, "period": COLUMN, "treated": COLUMN}
ERRORS = {"covariance": WORD, "cluster": MAYBE, "level": SHARE}
ADOPTED = {"data": FIRMS, "outcome": "y", "unit": "g", "period": "t", "treated": "on"}
MATRIX = {"values": UNITS, "directions": WAYS}
TRIALS = FIRMS[["g", "ok", "at"]].assign(sold=np.minimum(FIRMS["at"], FIRMS["ok"] + 1), seen=FIRMS["at"])
TWO_COLUMNS = {
    "None": None,
    "text": "ok",
    "one": ("ok",),
    "numbers": (1, 2),
    "unknown": ("ok", "zz"),
    "turned": ("at", "ok"),
}
SERIES = pd.Series(RNG.normal(size=16), index=range(1, 17))
NO_SERIES = NOT_A_SERIES | {
    "texts": SERIES.astype(str),
    "short": SERIES[:4],
    "named": SERIES.set_axis(list("abcdefghijklmnop")),
    "falling": SERIES[::-1],
    "still": SERIES * 0,
    "missing": SERIES * np.nan,
}
EVALUATION = [import_module(f"workbench.evaluation.{one.name}") for one in iter_modules(evaluation.__path__)]
TIMES = pd.Series(RNG.integers(1, 9, 40), dtype=float)
GONE = pd.Series(RNG.integers(0, 2, 40), dtype=float)
ROW = {
    "None": None,
    "text": "x",
    "number": 3,
    "empty": [],
    "texts": ["a", "b"],
    "nan": TIMES * np.nan,
    "infinite": TIMES + np.inf,
    "huge": TIMES * 1e300,
    "complex": TIMES.astype(complex),
    "frame": UNITS,
    "short": TIMES[:7],
    "dictionary": {"a": 1},
}
ZERO_ONE = ROW | {"two": TIMES + 2}
LEVELS = {
    name: ROW[name] for name in ("None", "text", "number", "empty", "nan", "frame", "short", "dictionary")
}
BOUGHT = pd.Series([0, 0, 0, 0, 1, 1, 2, 3, 5, 9, 12, 2] * 20, dtype=float)
LAST = pd.Series([0, 0, 0, 0, 2, 15, 17, 9, 19, 8, 20, 1] * 20, dtype=float)
AGE = pd.Series([20.0] * 240)
OF_PURCHASES = lifetime.purchases_model(BOUGHT, LAST, AGE)
MODEL_OF_FOUR = {
    "None": None,
    "text": "x",
    "three": [1, 2, 3],
    "negative": [1, 1, 1, -1],
    "nan": [np.nan] * 4,
}
KNOWN = latent_classes.patterns(pd.DataFrame({name: [1, 1, 2, 2] * 9 for name in "abc"}))
FITS = latent_classes.number_of_classes(KNOWN, 2)[1]
TABLES = {
    "None": None,
    "text": "x",
    "row": [1.0],
    "nan": [[np.nan]],
    "other": np.ones((2, 99)),
    "empty": [[]],
}
CLASSES = {"None": None, "zero": 0, "half": 1.5, "many": 10**6, "text": "x"}
SPELLS = pd.DataFrame(
    {
        "who": np.repeat(np.arange(20), 4),
        "when": np.tile(np.arange(4), 20),
        "bought": RNG.integers(0, 5, 80),
        "days": RNG.integers(0, 50, 80),
    }
)
CHAIN = hidden_stages.sequences(SPELLS, "who", "when", {"bought": 3, "days": 3})
STAGES = hidden_stages.fit_stages(CHAIN, 2)
ARM = pd.Series(["a", "b"] * 40)
PART = pd.Series(["x", "x", "y", "y"] * 20)
GAIN = pd.Series(RNG.normal(size=80))
TREATED = np.arange(80) % 2.0
PAID = pd.DataFrame({"who": [1, 1, 2] * 4, "when": np.arange(12.0), "paid": 5.0})
NO_LEVELS = NOT_A_SERIES | {
    "missing": ARM.where(ARM == "a"),
    "short": ARM[:9],
    "lists": pd.Series([[1]] * 80),
}
NO_GAINS = NOT_A_SERIES | {"texts": ARM, "short": GAIN[:9], "missing": GAIN * np.nan}
LOOKS = {
    "None": None,
    "text": "x",
    "number": 1,
    "empty": [],
    "nan": [np.nan],
    "falling": [1.0, 0.5],
    "over": [2.0],
}
PAIR = {"first": SCALED.values.iloc[0], "second": SCALED.values.iloc[1]}

# (a call that works, columns whose cells may be wrong, what is wrong by argument)
CALLS = {
    regression.design: (
        {"data": FIRMS, "outcome": "y", "terms": ["a", "b"]},
        "ya",
        REGRESSION | {"center": CENTER, "complete": COMPLETE, "intercept": FLAG},
    ),
    regression.ols: (
        {"data": FIRMS, "outcome": "y", "terms": ["a"], "cluster": "g"},
        "yag",
        REGRESSION | ERRORS | {"center": CENTER, "complete": COMPLETE},
    ),
    regression.hierarchical: (
        {"data": FIRMS, "outcome": "y", "blocks": {"one": ["a"], "two": ["b"]}},
        "a",
        ERRORS
        | {
            "outcome": COLUMN,
            "center": CENTER,
            "blocks": {
                "None": None,
                "list": ["a"],
                "empty": {},
                "text inside": {"one": "a"},
                "nothing added": {"one": ["a"], "two": []},
                "numbers": {1: ["a"]},
                "twice": {"one": ["a"], "two": ["a"]},
            },
        },
    ),
    regression.across: (
        {"data": FIRMS, "outcomes": ["y", "c"], "terms": ["a", "b"]},
        "y",
        ERRORS | {"outcomes": TERMS | {"same": ["y", "y"]}, "terms": TERMS, "adjustment": WORD},
    ),
    regression.count_model: (
        {"data": FIRMS, "outcome": "count", "terms": ["a"], "exposure": "at", "family": "negative binomial"},
        ["count", "a", "at"],
        REGRESSION | ERRORS | {"exposure": MAYBE, "family": WORD, "center": CENTER},
    ),
    regression.proportion_model: (
        {"data": FIRMS, "outcome": "ok", "terms": ["a"], "trials": "at"},
        ["ok", "a", "at"],
        REGRESSION | ERRORS | {"trials": MAYBE, "center": CENTER},
    ),
    regression.panel: (
        {"data": FIRMS, "outcome": "y", "terms": ["a"], "unit": "g", "period": "t"},
        "yagt",
        REGRESSION | {"unit": COLUMN, "period": COLUMN, "effects": WORD, "robust": FLAG, "level": SHARE},
    ),
    regression.goodman_bacon: (ADOPTED, ["y", "g", "t", "on"], ADOPTION),
    regression.group_time_effects: (
        ADOPTED | {"draws": 20},
        ["y", "g", "t", "on"],
        ADOPTION
        | {
            "controls": WORD,
            "window": {"text": "x", "one": (1,), "half": (-0.5, 1), "turned": (1, -1), "far": (-50, 50)},
            "draws": DRAWS,
            "seed": WHOLE,
            "level": SHARE,
        },
    ),
    regression.regularised: (
        {"data": FIRMS, "outcome": "y", "terms": ["a", "b"], "folds": 3, "penalties": 4, "kind": "lasso"},
        "ya",
        REGRESSION
        | {"kind": WORD, "cluster": MAYBE, "folds": DRAWS | {"many": 999}, "penalties": DRAWS, "seed": WHOLE},
    ),
    regression.relative_importance: (
        {"data": FIRMS, "outcome": "y", "predictors": ["a", "b"], "draws": 20},
        "ya",
        {
            "outcome": COLUMN,
            "predictors": TERMS | {"product": [("a", "b"), "c"]},
            "cluster": MAYBE,
            "draws": DRAWS,
            "seed": WHOLE,
            "level": SHARE,
        },
    ),
    regression.segmented: (
        {"data": FIRMS, "outcome": "y", "predictor": "a", "draws": 20},
        "ya",
        {"outcome": COLUMN, "predictor": COLUMN, "draws": DRAWS, "seed": WHOLE, "level": SHARE},
    ),
    regression.compare_curves: (
        {"data": FIRMS, "outcome": "y", "predictor": "a", "repeats": 1},
        "ya",
        {
            "outcome": COLUMN,
            "predictor": COLUMN,
            "folds": WHOLE | {"one": 1},
            "repeats": DRAWS,
            "seed": WHOLE,
            "level": SHARE,
        },
    ),
    regression.necessary_condition: (
        {"data": FIRMS, "outcome": "y", "condition": "a", "draws": 20},
        "ya",
        {"outcome": COLUMN, "condition": COLUMN, "draws": DRAWS, "seed": WHOLE},
    ),
    regression.diagnose: ({"model": FIT}, "", {"model": MODEL, "alpha": SHARE}),
    regression.added_variable: ({"model": FIT, "column": "a"}, "", {"model": MODEL, "column": COLUMN}),
    regression.interaction: (
        {"model": FIT, "focal": "a", "moderator": "b"},
        "",
        {
            "model": MODEL,
            "focal": COLUMN,
            "moderator": COLUMN,
            "at": {"text": "x", "number": 3, "nan": [np.nan], "texts": ["x"], "empty": []},
            "points": DRAWS,
        },
    ),
    regression.least_favourable: (
        {"ways": {"one": FIT.coefficients}, "terms": ["a"]},
        "",
        {
            "ways": {"None": None, "list": [1], "empty": {}, "text": {"one": "x"}, "other": {"one": FIRMS}},
            "terms": {name: value for name, value in TERMS.items() if name != "twice"},
        },
    ),
    regression.restrict: ({"model": FIT}, "", {}),  # has a test of its own
    indicators.normalise: (
        MATRIX,
        "p",
        {
            "directions": DIRECTIONS,
            "method": WORD | {"without goalposts": "target"},
            "goalposts": {"text": "x", "list": [1], "None inside": {"p": None}, "three": {"p": (1, 2, 3)}},
        },
    ),
    indicators.equal_weights: ({"indicators": ["p", "q"]}, "", {"indicators": LIST}),
    indicators.ahp_weights: (
        {"judgements": JUDGED},
        "p",
        {
            "judgements": {
                "negative": -JUDGED,
                "zero": JUDGED * 0,
                "nan": JUDGED * np.nan,
                "infinite": JUDGED * np.inf,
                "half": JUDGED.iloc[:2],
                "other order": JUDGED.iloc[[1, 0, 2]],
                "one": JUDGED.iloc[:1, :1],
                "not reciprocal": JUDGED + 1,
                "sixteen": pd.DataFrame(np.ones((16, 16))).rename(index=str, columns=str),
            },
            "method": WORD,
        },
    ),
    indicators.entropy_weights: (MATRIX, "p", {"directions": DIRECTIONS, "scaling": WORD}),
    indicators.critic_weights: (MATRIX, "p", {"directions": DIRECTIONS}),
    indicators.component_weights: (MATRIX, "p", {"directions": DIRECTIONS}),
    indicators.combined_weights: ({}, "", {}),  # has a test of its own
    indicators.given_weights: (
        {"weights": {"p": 0.5, "q": 0.5}},
        "",
        {"weights": SHARES | {"None": None}, "method": {"None": None, "number": 3}},
    ),
    indicators.composite: (
        {"normalised": SCALED, "weights": EQUAL},
        "",
        {"normalised": MODEL, "weights": WEIGHTS, "method": WORD},
    ),
    indicators.topsis: (MATRIX | {"weights": EQUAL}, "p", {"directions": DIRECTIONS, "weights": WEIGHTS}),
    indicators.layered_index: (
        {"normalised": SCALED, "layers": {"p": "one", "q": "one", "r": "two"}},
        "",
        {
            "normalised": MODEL,
            "layers": {
                "None": None,
                "text": "x",
                "lacking": {"p": "one"},
                "numbers": {"p": 1, "q": 2, "r": 1},
            },
            "within": {
                "text": "x",
                "of text": {"one": "x"},
                "other": {"one": OTHERS},
                "unknown": {"z": EQUAL},
            },
            "between": {"text": "x", "sum": {"one": 0.1, "two": 0.1}, "nan": {"one": np.nan, "two": 0.5}},
        },
    ),
    indicators.compare_schemes: (
        MATRIX | {"schemes": {"one": EQUAL}},
        "p",
        {
            "directions": DIRECTIONS,
            "schemes": {
                "None": None,
                "empty": {},
                "of text": {"a": "x"},
                "list": [EQUAL],
                "other": {"a": OTHERS},
            },
            "method": WORD,
        },
    ),
    indicators.weight_stability: (
        {"normalised": SCALED, "draws": 20},
        "",
        {"normalised": MODEL, "draws": DRAWS, "seed": WHOLE, "shown": WHOLE},
    ),
    indicators.share_of_weights: (
        PAIR,
        "",
        {"first": NOT_A_SERIES | NOT_FINITE, "second": NOT_A_SERIES | NOT_FINITE},
    ),
    indicators.order_kept: (
        {"stability": STABLE, "scores": SCORES},
        "",
        {"stability": MODEL, "scores": NOT_A_SERIES | NOT_FINITE, "level": SHARE},
    ),
    indicators.resampling_stability: (
        MATRIX | {"weighting": "entropy", "draws": 5},
        "p",
        {"directions": DIRECTIONS, "weighting": WORD | WEIGHTS, "draws": DRAWS, "seed": WHOLE},
    ),
    indicators.market_share_growth: (
        {"gain": 1.0, "conversion": 0.5, "draws": 1000},
        "",
        {
            "gain": NUMBER,
            "conversion": NUMBER,
            "gain_se": NUMBER | {"negative": -1.0},
            "conversion_se": NUMBER | {"negative": -1.0},
            "correlation": NUMBER | {"two": 2.0},
            "draws": DRAWS | {"few": 10},
            "seed": WHOLE,
            "level": SHARE,
        },
    ),
    indicators.rivals: ({"table": TABLE}, "", {"table": MODEL}),
    indicators.rivals_in_composite: ({"table": TABLE, "parts": PARTS}, "", {"table": MODEL, "parts": LIST}),
    indicators.extreme_weights: ({"table": TABLE, "parts": PARTS}, "", {"table": MODEL, "parts": LIST}),
    indicators.latest_rows: (
        {"data": COUNTS, "unit": "firm", "period": "period"},
        ["firm", "period"],
        {"unit": COLUMN, "period": {"None": None, "number": 3, "list": ["period"]}},
    ),
    indicators.compute: (
        {"data": COUNTS},
        ["customers_start"],
        {
            "definitions": MODEL | {"None": 3},
            "indicators": LIST | {"None": 3, "unknown": ["zz"]},
            "columns": {"text": "x", "number": {"customers_start": 3}, "unknown": {"customers_start": "zz"}},
        },
    ),
    indicators.read_definitions: ({}, "", {"file": FILE}),
    indicators.read_quality_rules: ({}, "", {"file": FILE}),
    indicators.customer_data_quality: (
        {"customers": CUSTOMERS, "rules": RULES, "draws": 10},
        ["email", "age", "age_ref", "begin", "when"],
        {
            "rules": WRONG_RULES,
            "as_of": {"number": 3, "text": "x", "list": ["2026-01-01"], "nan": np.nan, "none": pd.NaT},
            "weights": SHARES,
            "by": MAYBE,
            "draws": DRAWS,
            "seed": WHOLE,
        },
    ),
    indicators.damage_ladder: (
        {"customers": CUSTOMERS, "rules": RULES, "shares": (0.2, 0.4)},
        ["email", "age", "when"],
        {
            "rules": WRONG_RULES,
            "shares": {"None": None, "text": "x", "falling": (0.4, 0.2), "nan": (np.nan,), "empty": ()},
            "within": NUMBER | {"negative": -0.1, "wide": 0.5},
            "weights": SHARES,
            "as_of": {"number": 3, "text": "x"},
            "seed": WHOLE,
        },
    ),
    regression.adoption_estimates: (ADOPTED, ["y", "g", "t", "on"], ADOPTION | {"level": SHARE}),
    regression.honest_bounds: (
        ADOPTED | {"magnitudes": [0, 1]},
        ["y", "on"],
        ADOPTION | {"magnitudes": LOOKS | {"falling": [-1.0], "over": ["x"]}, "level": SHARE},
    ),
    two_arms.compare_rates: (
        {"data": TRIALS, "control": ("ok", "at"), "treatment": ("sold", "seen"), "cluster": "g"},
        ["ok", "at", "g"],
        {"control": TWO_COLUMNS, "treatment": TWO_COLUMNS, "cluster": MAYBE, "level": SHARE},
    ),
    two_arms.compare_means: (
        {"data": FIRMS, "outcome": "y", "arm": "on", "control": "0", "cluster": "g"},
        ["y", "on", "g"],
        {"outcome": COLUMN, "arm": COLUMN, "control": MAYBE, "cluster": MAYBE, "level": SHARE},
    ),
    forecasts.rolling_forecasts: (
        {"data": FIRMS, "outcome": "y", "unit": "g", "period": "t", "apart": "on"},
        ["y", "g", "t", "on"],
        {"outcome": COLUMN, "unit": COLUMN, "period": COLUMN, "apart": MAYBE, "level": SHARE},
    ),
    interrupted_series.interrupted: (
        {"values": SERIES, "start": 8, "control": SERIES**2},
        "",
        {
            "values": {name: value for name, value in NO_SERIES.items() if name != "still"},
            "start": NUMBER | {"far": 99, "early": 1},
            "control": {name: value for name, value in NO_SERIES.items() if name not in ("None", "still")},
            "level": SHARE,
        },
    ),
    sequential_looks.peeking_error: (
        {"looks": 3},
        "",
        {"looks": WHOLE | {"many": 101, "none": 0}, "level": SHARE},
    ),
    sequential_looks.spending_limits: (
        {"fractions": [0.5, 1.0]},
        "",
        {"fractions": LOOKS, "rule": WORD, "level": SHARE},
    ),
    survival.kaplan_meier: ({"time": TIMES, "left": GONE}, "", {"time": ROW, "left": ZERO_ONE}),
    survival.log_rank: (
        {"time": TIMES, "left": GONE, "group": ["a", "b"] * 20},
        "",
        {"time": ROW, "left": ZERO_ONE, "group": LEVELS},
    ),
    survival.cox: (
        {"data": FIRMS.assign(at=FIRMS["at"].astype(float)), "time": "at", "left": "on", "terms": ["a"]},
        ["at", "on", "a"],
        {
            "time": COLUMN,
            "left": COLUMN | {"other": "a"},
            "terms": {"None": None, "text": "a", "unknown": ["zz"]},
            "entry": MAYBE,
        },
    ),
    survival.hazard: (
        {"data": FIRMS, "left": "on", "terms": ["a"]},
        ["on", "a"],
        {
            "left": COLUMN | {"other": "a"},
            "terms": {"None": None, "text": "a", "unknown": ["zz"]},
            "link": WORD,
            "dummies": MAYBE,
        },
    ),
    survival.fit_hazard: (
        {"data": FIRMS, "left": "on", "terms": ["a"]},
        ["on", "a"],
        {
            "left": COLUMN,
            "terms": {"None": None, "text": "a", "unknown": ["zz"]},
            "link": WORD,
            "dummies": MAYBE,
        },
    ),
    warning_scores.auc: ({"happened": GONE, "score": TIMES}, "", {"happened": ZERO_ONE, "score": ROW}),
    warning_scores.auc_difference: (
        {"happened": GONE, "score": TIMES, "other": TIMES[::-1].to_numpy()},
        "",
        {"happened": ZERO_ONE, "score": ROW, "other": ROW},
    ),
    warning_scores.net_benefit: (
        {"happened": GONE, "chance": TIMES / 10, "threshold": 0.3},
        "",
        {"happened": ZERO_ONE, "chance": ROW, "threshold": SHARE},
    ),
    warning_scores.brier_difference: (
        {"happened": GONE, "chance": TIMES / 10, "other": TIMES / 9},
        "",
        {"happened": ZERO_ONE, "chance": ROW, "other": ROW},
    ),
    warning_scores.calibration: (
        {"happened": GONE, "chance": TIMES / 10, "groups": 4},
        "",
        {"happened": ZERO_ONE, "chance": ROW, "groups": WHOLE | {"many": 41, "none": 0}},
    ),
    warning_scores.warned_first: (
        {"happened": GONE, "score": TIMES, "shares": [0.1, 0.5]},
        "",
        {"happened": ZERO_ONE, "score": ROW, "shares": LOOKS | {"falling": [0.0], "over": [2.0]}},
    ),
    lifetime.purchases_model: (
        {"frequency": BOUGHT, "recency": LAST, "age": AGE},
        "",
        {"frequency": ROW | {"negative": BOUGHT - 1}, "recency": ROW | {"late": LAST + 9}, "age": ROW},
    ),
    lifetime.histories: ({"x": BOUGHT, "t": LAST, "T": AGE}, "", {"x": ROW, "t": ROW, "T": ROW}),
    lifetime.expected_total: (
        {"model": OF_PURCHASES, "x": BOUGHT, "t": LAST, "T": AGE, "ahead": 5.0},
        "",
        {
            "model": MODEL,
            "x": ROW,
            "t": ROW,
            "T": ROW,
            "ahead": NUMBER,
            "draws": WHOLE | {"one": 1},
            "seed": WHOLE,
        },
    ),
    lifetime.expected_purchases: (
        {"parameters": [0.24, 4.4, 0.8, 2.4], "x": BOUGHT, "t": LAST, "T": AGE, "ahead": 5.0},
        "",
        {"parameters": MODEL_OF_FOUR, "x": ROW, "t": ROW, "T": ROW, "ahead": NUMBER},
    ),
    lifetime.alive: (
        {"parameters": [0.24, 4.4, 0.8, 2.4], "x": BOUGHT, "t": LAST, "T": AGE},
        "",
        {"parameters": MODEL_OF_FOUR, "x": ROW, "t": ROW, "T": ROW},
    ),
    lifetime.value_model: (
        {"frequency": BOUGHT, "value": LAST + 10},
        "",
        {"frequency": ROW, "value": {name: value for name, value in ROW.items() if name != "nan"}},
    ),
    lifetime.expected_value: (
        {"parameters": [6.0, 4.0, 15.0], "x": BOUGHT, "m": LAST},
        "",
        {"parameters": MODEL_OF_FOUR | {"three": [1, 2]}, "x": ROW, "m": {"None": None, "short": LAST[:5]}},
    ),
    latent_classes.patterns: ({"answers": UNITS.round()}, "pq", {}),
    latent_classes.fit_classes: (
        {"found": KNOWN, "k": 2, "starts": 3, "seed": 1},
        "",
        {"found": MODEL, "k": CLASSES, "starts": WHOLE, "seed": WHOLE},
    ),
    latent_classes.fit_resampled: (
        {"found": KNOWN, "weights": [KNOWN.counts, KNOWN.counts], "k": 2},
        "",
        {"found": MODEL, "weights": TABLES, "k": CLASSES, "starts": WHOLE, "seed": WHOLE, "most": WHOLE},
    ),
    latent_classes.memberships: (
        {"found": KNOWN, "shares": [[1.0]], "answers": np.full((1, 1, 6), 0.5)},
        "",
        {"found": MODEL, "shares": TABLES, "answers": TABLES | {"small": np.ones((1, 1, 2))}},
    ),
    latent_classes.number_of_classes: (
        {"found": KNOWN, "most": 2},
        "",
        {"found": MODEL, "most": CLASSES, "starts": WHOLE, "seed": WHOLE},
    ),
    latent_classes.bootstrap_ratio: (
        {"fits": FITS, "k": 1, "draws": 2},
        "",
        {
            "fits": MODEL | {"other": {1: 3}},
            "k": CLASSES | {"far": 7},
            "draws": WHOLE | {"none": 0},
            "seed": WHOLE,
        },
    ),
    segment_stability.stability: (
        {"answers": UNITS.round(), "k": 2, "pairs": 2},
        "pq",
        {"k": CLASSES | {"one": 1}, "pairs": WHOLE | {"none": 0}, "seed": WHOLE},
    ),
    class_regressions.bch_weights: ({"posterior": [[0.9, 0.1], [0.2, 0.8]]}, "", {"posterior": TABLES}),
    class_regressions.class_regressions: (
        {
            "terms": UNITS[["p"]],
            "outcome": UNITS["q"],
            "posterior": np.tile([[0.9, 0.1], [0.2, 0.8]], (10, 1)),
        },
        "p",
        {"outcome": NOT_A_SERIES | {"texts": UNITS["q"].astype(str)}, "posterior": TABLES, "level": SHARE},
    ),
    policy_value.folds_of: (
        {"n": 10, "folds": 2, "seed": 1},
        "",
        {"n": {"None": None, "text": "x", "none": 0}, "folds": WHOLE | {"none": 0}, "seed": WHOLE},
    ),
    policy_value.robust_scores: (
        {
            "outcome": [1.0, 3, 1, 3],
            "arm": [0, 1, 0, 1],
            "segment": [0] * 4,
            "chances": [0.5, 0.5],
            "fold": [0, 0, 1, 1],
        },
        "",
        {
            "outcome": ROW,
            "arm": ROW | {"many": [0, 1, 2, 3]},
            "segment": ROW | {"far": [0, 1, 2, 10**8]},
            "chances": {name: ROW[name] for name in ("None", "text", "number", "nan", "frame")}
            | {"zero": [0.0, 1.0]},
            "fold": ROW,
        },
    ),
    policy_value.policy_value: (
        {"outcome": GAIN, "arm": ARM, "segment": PART, "folds": 2},
        "",
        {
            "outcome": NO_GAINS,
            "arm": NO_LEVELS | {"one": pd.Series(["a"] * 80)},
            "segment": NO_LEVELS,
            "chances": {"text": "x", "zero": {"a": 0.0}, "nan": {"a": np.nan}},
            "folds": WHOLE | {"many": 81},
            "seed": WHOLE,
            "level": SHARE,
        },
    ),
    policy_value.aimed_campaign: (
        {
            "outcomes": GAIN.to_frame("y"),
            "arm": ARM,
            "segment": PART,
            "treatment": "a",
            "control": "b",
            "steer": "y",
            "folds": 2,
        },
        "y",
        {
            "arm": NO_LEVELS,
            "segment": NO_LEVELS,
            "treatment": COLUMN,
            "control": COLUMN | {"same": "a"},
            "steer": COLUMN,
            "folds": WHOLE | {"many": 81},
            "seed": WHOLE,
            "level": SHARE,
        },
    ),
    rfm.histories: (
        {"purchases": PAID, "customer": "who", "time": "when", "amount": "paid", "until": 30.0},
        ["who", "when", "paid"],
        {"customer": COLUMN, "time": COLUMN, "amount": COLUMN, "until": NUMBER | {"before": -1.0}},
    ),
    rfm.rfm_scores: (
        {"recency": GAIN, "frequency": GAIN, "monetary": GAIN, "bins": 4},
        "",
        {
            "recency": NO_GAINS,
            "frequency": NO_GAINS,
            "monetary": NO_GAINS,
            "bins": WHOLE | {"one": 1, "many": 1000},
        },
    ),
    rfm.tiers: (
        {"scores": rfm.rfm_scores(GAIN, GAIN, GAIN), "tenure": GAIN, "new_within": 0.5},
        "",
        {
            "scores": NOT_A_TABLE | {"without": GAIN.to_frame("recency")},
            "tenure": {k: v for k, v in NO_GAINS.items() if k != "None"},
            "new_within": NUMBER,
            "least": DRAWS,
        },
    ),
    segment_prediction.predicted_by_segment: (
        {"outcome": GAIN, "segment": PART, "folds": 2},
        "",
        {
            "outcome": NO_GAINS | {"alike": GAIN * 0},
            "segment": NOT_A_SERIES | {"missing": PART.where(PART == "x"), "short": PART[:9]},
            "folds": WHOLE | {"many": 81},
            "seed": WHOLE,
            "level": SHARE,
        },
    ),
    segment_prediction.prediction_gain: (
        {"outcome": GAIN, "predicted": GAIN.to_numpy(), "fold": np.arange(80) % 2},
        "",
        {
            "outcome": NO_GAINS,
            "predicted": {"text": "x", "short": [1.0], "nan": np.full(80, np.nan)},
            "fold": {"text": "x", "short": [1], "one": np.zeros(80), "half": np.full(80, 0.5)},
            "level": SHARE,
        },
    ),
    segment_stability.agreement_of: (
        {"first": ARM, "second": PART, "draws": 5},
        "",
        {
            "first": NOT_A_SERIES | {"missing": ARM.where(ARM == "a"), "short": ARM[:9]},
            "second": NOT_A_SERIES | {"missing": PART.where(PART == "x"), "short": PART[:9]},
            "draws": WHOLE | {"one": 1, "many": 10**6},
            "seed": WHOLE,
            "level": SHARE,
        },
    ),
    uplift.places_by_gain: (
        {"outcome": GAIN, "treated": TREATED, "posterior": np.full((80, 2), 0.5), "folds": 2},
        "",
        {
            "outcome": NO_GAINS,
            "treated": {"text": "x", "short": [1.0], "two": TREATED * 2, "none": TREATED * 0},
            "posterior": TABLES,
            "folds": WHOLE | {"many": 81},
            "seed": WHOLE,
        },
    ),
    uplift.uplift_curve: (
        {"outcome": GAIN, "treated": TREATED, "expected": GAIN.to_numpy(), "draws": 5},
        "",
        {
            "outcome": NO_GAINS,
            "treated": {"text": "x", "short": [1.0], "two": TREATED * 2, "none": TREATED * 0},
            "expected": {"text": "x", "short": [1.0], "nan": np.full(80, np.nan)},
            "draws": WHOLE | {"one": 1, "many": 10**6},
            "seed": WHOLE,
            "level": SHARE,
        },
    ),
    hidden_stages.sequences: (
        {"data": SPELLS, "customer": "who", "period": "when", "indicators": {"bought": 3}},
        ["who", "when", "bought"],
        {
            "customer": COLUMN,
            "period": COLUMN,
            "indicators": {
                "None": None,
                "text": "bought",
                "empty": {},
                "one": {"bought": 1},
                "unknown": {"zz": 3},
            },
        },
    ),
    hidden_stages.fit_stages: (
        {"data": CHAIN, "stages": 2},
        "",
        {
            "data": MODEL,
            "stages": CLASSES,
            "forward": FLAG,
            "starts": {"text": "x", "far": ((9, 1),), "way": ((0, 2),)},
        },
    ),
    **{
        function: ({"model": STAGES, "data": CHAIN}, "", {"model": MODEL, "data": MODEL})
        for function in (hidden_stages.predictive, hidden_stages.chances, hidden_stages.filtered)
    },
    pairs.paired: (
        {"first": UNITS["p"], "second": UNITS["q"]},
        "",
        {"first": NOT_A_SERIES, "second": NOT_A_SERIES, "at_least": WHOLE | {"many": 99}},
    ),
    before_after.compare: (
        {"before": UNITS["p"], "after": UNITS["q"]},
        "",
        {
            "before": NOT_A_SERIES
            | {
                "texts": UNITS["p"].astype(str),
                "missing": UNITS["p"] * np.nan,
                "yes and no": UNITS["p"] > 3,
                "complex": UNITS["p"].astype(complex),
                "short": UNITS["p"][:2],
                "huge": UNITS["p"] * 1e300,
            },
            "maximum": NUMBER | {"None": "x", "below": 1.0},
            "level": SHARE,
            "seed": WHOLE,
            "draws": DRAWS,
        },
    ),
    gain_relation.relate_gains: (
        {"x": UNITS["p"], "y": UNITS["q"]},
        "",
        {"x": NOT_A_SERIES | {"constant": UNITS["p"] * 0}, "y": NOT_A_SERIES, "level": SHARE},
    ),
    before_after.small_sample_correction: ({"df": 5}, "", {"df": NUMBER | {"one": 1, "negative": -1}}),
    before_after.noncentrality_interval: (
        {"t": 2.0, "df": 5},
        "",
        {"t": NUMBER, "df": NUMBER | {"zero": 0, "negative": -1}, "level": SHARE},
    ),
}


def cells(frame, name):
    """The frame with cells of one column that are wrong or strange, and of strange shapes."""
    column, n = frame[name], len(frame)
    numeric = pd.api.types.is_numeric_dtype(column)
    number = column.astype(float) if numeric else pd.Series(2.0, index=frame.index)
    values = {
        "None": None,
        "nan": np.nan,
        "infinite": np.inf,
        "text": "x",
        "constant": 1.0,
        "zero": 0.0,
        "negative": -1.0,
        "bool": True,
        "complex": number.astype(complex),
        "date": pd.Timestamp("2020-01-01"),
        "lists": pd.Series([[1]] * n, index=frame.index),
        "texts of numbers": column.astype(str),
        "objects": column.astype(object),
        "categories": pd.Categorical(column.astype(str)),
        "nullable": pd.array(np.arange(n), dtype="Int64"),
        "half missing": column.where(np.arange(n) > n // 2),
        "one infinite": number.where(np.arange(n) > 0, np.inf),
        "huge": number * 1e300,
    }
    frames = {kind: frame.assign(**{name: value}) for kind, value in values.items()}
    return frames | {
        "twice": pd.concat([frame, frame[[name]]], axis=1),
        "one row": frame.iloc[:1],
        "no row": frame.iloc[:0],
        "gone": frame.drop(columns=name),
        "numbered": frame.set_axis(range(frame.shape[1]), axis=1),
        "two levels": pd.concat({"z": frame}, axis=1),
    }


def called(function, arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return function(**arguments)


WRONG = [
    pytest.param(function, call | {argument: value}, argument, id=f"{function.__name__}-{argument}-{kind}")
    for function, (call, _, wrong) in CALLS.items()
    for argument, values in wrong.items()
    for kind, value in values.items()
]
WRONG += [
    pytest.param(function, call | {argument: value}, argument, id=f"{function.__name__}-{argument}-{kind}")
    for function, (call, _, _) in CALLS.items()
    for argument in list(call)[:1]
    if isinstance(call[argument], pd.DataFrame)
    for kind, value in NOT_A_TABLE.items()
]
STRANGE = [
    pytest.param(function, call, argument, name, id=f"{function.__name__}-{name}")
    for function, (call, columns, _) in CALLS.items()
    for argument in list(call)[:1]
    for name in columns
]


@pytest.mark.parametrize(("function", "arguments", "argument"), WRONG)
def test_what_is_of_a_wrong_kind_is_refused(function, arguments, argument):
    with pytest.raises(WorkbenchError) as error:
        called(function, arguments)
    assert len(str(error.value)) < 6000


@pytest.mark.parametrize(("function", "call", "argument", "name"), STRANGE)
def test_strange_cells_are_used_or_refused(function, call, argument, name):
    for frame in cells(call[argument], name).values():
        with suppress(WorkbenchError):
            called(function, call | {argument: frame})


@pytest.mark.parametrize("function", [f for f, (call, *_) in CALLS.items() if call], ids=lambda f: f.__name__)
def test_what_is_right_is_used(function):
    call = CALLS[function][0]
    if function is not regression.restrict:
        assert called(function, call) is not None


def _own(module) -> list[str]:
    """Names of what a module defines itself."""
    own = module.__name__
    return [name for name, value in vars(module).items() if getattr(value, "__module__", "") == own]


def test_every_public_function_of_the_rooms_is_swept():
    rooms = [(room, room.__all__) for room in (regression, indicators)]
    rooms += [(module, _own(module)) for module in EVALUATION]
    public = {
        value
        for room, names in rooms
        for name in names
        if inspect.isfunction(value := getattr(room, name)) and not name.startswith("_")
        if value.__module__.startswith("workbench.") and value.__module__ != doors.__name__
    }
    assert public == set(CALLS)
    for function, (call, _, wrong) in CALLS.items():
        if wrong:
            tables = {name for name, value in call.items() if isinstance(value, pd.DataFrame)}
            assert set(inspect.signature(function).parameters) - tables <= set(wrong) | {"after"}, function


@pytest.mark.parametrize(
    "restrictions",
    [
        (),
        (3,),
        (("a", 1),),
        (({"a": "x"}, 1),),
        (({"a": 1}, None),),
        (({"a": 1}, np.nan),),
        (({"z": 1}, 1),),
        ({"a": 1},),
    ],
)
def test_restrictions_of_a_wrong_kind_are_refused(restrictions):
    with pytest.raises(SpecificationError):
        regression.restrict(FIT, *restrictions)


@pytest.mark.parametrize(
    "parts", [(), (EQUAL,), (EQUAL, 3), (EQUAL, None), (EQUAL, OTHERS), (EQUAL, EQUAL.weights)]
)
def test_sets_of_weights_of_a_wrong_kind_are_refused(parts):
    with pytest.raises(SpecificationError):
        indicators.combined_weights(*parts)
    with pytest.raises(SpecificationError, match="multiplicative"):
        indicators.combined_weights(EQUAL, EQUAL, method="multiply")


def test_a_message_says_which_argument_what_was_given_and_what_to_write():
    with pytest.raises(SpecificationError, match=r"level=95: a number between 0 and 1 .* level=0.95"):
        regression.ols(FIRMS, "y", ["a"], level=95)
    with pytest.raises(SpecificationError, match=r"terms: a list of columns is needed, not the text 'a'"):
        regression.ols(FIRMS, "y", "a")
    with pytest.raises(SpecificationError, match=r"ols has no se=. It has data, outcome, terms, covariance"):
        regression.ols(FIRMS, "y", ["a"], se="HC3")
    with pytest.raises(SpecificationError, match=r"no clusters=; did you mean cluster=\?"):
        regression.ols(FIRMS, "y", ["a"], clusters="g")
    with pytest.raises(SpecificationError, match="missing a required argument: 'terms'"):
        regression.ols(FIRMS, "y")
    with pytest.raises(SpecificationError, match="2 faults"):
        regression.ols(FIRMS, 3, ["a"], level=2)
    with pytest.raises(WorkbenchError, match=r"two brackets, data\[\['q1'\]\]"):
        indicators.normalise(UNITS["p"], WAYS)
    with pytest.raises(SpecificationError, match="indicators names one twice"):
        indicators.equal_weights(["p", "p"])


def test_a_polars_frame_gives_what_pandas_gives():
    polars = pytest.importorskip("polars")
    ours = regression.ols(FIRMS, "y", ["a", "b"]).coefficients
    theirs = regression.ols(polars.from_pandas(FIRMS), "y", ["a", "b"]).coefficients
    pd.testing.assert_frame_equal(ours, theirs)
    weights = indicators.entropy_weights(polars.from_pandas(UNITS), WAYS).weights
    pd.testing.assert_series_equal(weights, indicators.entropy_weights(UNITS, WAYS).weights)


def test_numbers_kept_as_objects_are_numbers_and_no_categories():
    kept = FIRMS.assign(a=FIRMS["a"].round().astype(object).where(np.arange(N) > 2, None))
    plain = FIRMS.assign(a=FIRMS["a"].round().where(np.arange(N) > 2))
    pd.testing.assert_frame_equal(
        regression.ols(kept, "y", ["a"]).coefficients, regression.ols(plain, "y", ["a"]).coefficients
    )


def test_what_a_fit_of_counts_warns_of_is_in_the_result():
    call = {"outcome": "share", "terms": ["a"]}
    rare = called(regression.proportion_model, call | {"data": FIRMS.assign(share=FIRMS["share"] * 1e-9)})
    assert any("The fit warns: Perfect separation" in text for text in rare.warnings)
    with pytest.raises(WorkbenchError, match="a coefficient has no bound"):
        called(regression.proportion_model, call | {"data": FIRMS.assign(share=(FIRMS["a"] > 0) * 1.0)})
