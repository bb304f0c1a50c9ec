"""Arguments at the doors of this room: of the right kind, or one message that says what is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from workbench.errors import SpecificationError
from workbench.sem.wording import near

LARGEST = 2**63 - 1

# lavaan's arguments, by their names without dots and underscores, and what does it here
COUNTERPARTS = {
    "se": "estimator='MLR' or 'MLM' has robust standard errors, information= says on which information they "
    "rest, and fit.bootstrap(draws=...) draws them",
    "test": "the estimator names its test: MLM (Satorra-Bentler), MLR (Yuan-Bentler), MLMV and WLSMV (scaled "
    "and shifted); fit.bootstrap(kind='bollen_stine') has the bootstrap's",
    "bootstrap": "fit.bootstrap(draws=...)",
    "cluster": "cluster-robust standard errors are not there: where clusters are few, name them in group=",
    "samplingweights": "sampling weights are not there: weighted moments can be given as sem.moments(cov, n)",
    "weights": "sampling weights are not there: weighted moments can be given as sem.moments(cov, n)",
    "samplecov": "sem.moments(cov, n, mean) instead of the data",
    "samplenobs": "sem.moments(cov, n, mean) instead of the data",
    "samplemean": "sem.moments(cov, n, mean) instead of the data",
    "aux": "auxiliary=",
    "categorical": "ordered=",
    "constraints": "write constraints into the model, a line each",
    "start": "write start(0.5)*x into the model",
    "bounds": "write lower() and upper() into the model",
    "stdov": "fit.standardized has standardized estimates; scale the columns if they are to be fitted so",
    "rotation": "measurement.efa rotates",
    "rotationargs": "measurement.efa rotates",
    "conditionalx": "ordered items are conditional on exogenous variables unless fixed_x=False",
    "level": "intervals of fit.estimates have 95 %; fit.vcov gives any other",
    "likelihood": "likelihood='normal' is meant, with covariances of divisor n",
    "mimic": "defaults are those of lavaan; say information= and estimator= where others are wanted",
    "grouplabel": "groups come in the order of their first appearance: sort or filter the data",
    "grouppartial": "group_partial=",
    "groupequal": "group_equal=",
    "dofit": "sem.plan and sem.fit(...).table show a model without data of its own",
    "effectcoding": "write the constraint into the model, as in 'a + b + c == 3'",
    "verbose": "fit.warnings says what is to be known",
    "warn": "fit.warnings says what is to be known",
}


def refuse_unknown(given: Iterable[str], known: Sequence[str], function: str) -> None:
    """Raise for arguments that a function does not have, with what does the same here."""
    messages = []
    for name in given:
        plain = "".join(letter for letter in name.casefold() if letter.isalnum())
        same = next((other for other in known if other.replace("_", "") == plain), None)
        if same:
            messages.append(f"{name}= is written {same}= here")
        elif plain in COUNTERPARTS:
            messages.append(f"{function} has no {name}=; instead: {COUNTERPARTS[plain]}")
        else:
            messages.append(f"{function} has no {name}={near(name, known) or '. It has ' + ', '.join(known)}")
    if messages:
        raise SpecificationError(". ".join(messages))


def _kind(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"a {type(value).__name__}"


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise SpecificationError(f"{name}={_kind(value)}: give True or False")
    return bool(value)


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise SpecificationError(f"{name}={_kind(value)}: give a text")
    return value


def choice(name: str, value: Any, known: Sequence[str]) -> str:
    """One of the known words, whatever its case."""
    for word in known:
        if isinstance(value, str) and value.casefold() == word.casefold():
            return word
    meant = near(value, known) if isinstance(value, str) else ""
    raise SpecificationError(f"{name}={_kind(value)} is unknown{meant}. Known: {', '.join(known)}")


def names(name: str, value: Any, example: str) -> tuple[str, ...]:
    """Names, given as one text or as several; none for None."""
    if value is None or (isinstance(value, tuple) and not value):
        return ()
    if isinstance(value, str):
        return (value,)
    listed = list(value) if isinstance(value, Iterable) and not isinstance(value, (bytes, dict)) else [value]
    if any(not isinstance(part, str) for part in listed):
        raise SpecificationError(f"{name}={_kind(value)}: it takes names, as in {name}={example}")
    return tuple(str(part) for part in listed)


def column(name: str, value: Any) -> Any:
    """The name of a column, or None."""
    if value is not None and not isinstance(value, (str, Integral)):
        raise SpecificationError(f"{name}={_kind(value)}: it takes the name of one column")
    return value


def whole(name: str, value: Any, least: int = 1, instead: str = "") -> int:
    """A whole number of at least ``least``."""
    right = isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and np.isfinite(float(value))
    if not right or int(value) != value or not least <= int(value) <= LARGEST:
        raise SpecificationError(f"{name}={_kind(value)}: give a whole number of at least {least}{instead}")
    return int(value)


def optional_whole(name: str, value: Any, least: int = 1) -> int | None:
    """The same, or None."""
    return None if value is None else whole(name, value, least, " (or None)")


def share(name: str, value: Any) -> float:
    """A number between 0 and 1, both left out."""
    right = isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    if not right or not 0 < float(value) < 1:
        raise SpecificationError(f"{name}={_kind(value)}: give a share between 0 and 1, such as 0.95")
    return float(value)
