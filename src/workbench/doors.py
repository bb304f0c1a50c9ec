"""Arguments at a function's door: each of the kind that is wanted, or one message that says what to write.

``@door(data=table, level=share)`` names the check of every argument. A check takes the argument's name and
its value and gives back what the function is to work with: a polars table comes in as a pandas one. Whether
the numbers in a table can be used is said by the function itself, which knows what it needs them for.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from workbench.errors import DataError, Fault, SpecificationError
from workbench.given_tables import SIZE, kind_of
from workbench.given_tables import is_number as is_number
from workbench.given_tables import named_table as named_table
from workbench.given_tables import need_columns as need_columns
from workbench.given_tables import of_polars as of_polars
from workbench.given_tables import series as series
from workbench.given_tables import table as table
from workbench.given_tables import usable as usable

Given = ParamSpec("Given")
Result = TypeVar("Result")
Check = Callable[[str, Any], Any]

LARGEST = 2**31 - 1  # of draws and the like: more is a slip of the hand


def door(**checks: Check) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Check every argument of a function before it runs; all that is wrong is said at once."""

    def guarded(function: Callable[Given, Result]) -> Callable[Given, Result]:
        signature = inspect.signature(function)
        if set(checks) != set(signature.parameters):
            raise TypeError(f"the door of {function.__name__} has to name each of its arguments")

        @wraps(function)
        def entered(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                raise SpecificationError(
                    _not_called_so(function.__name__, signature, kwargs, error)
                ) from None
            bound.apply_defaults()
            faults: list[Fault] = []
            kinds = set()
            for name, value in bound.arguments.items():
                try:
                    bound.arguments[name] = checks[name](name, value)
                except (DataError, SpecificationError) as error:
                    faults += error.faults
                    kinds.add(type(error))
            if faults:
                raise (DataError if kinds == {DataError} else SpecificationError)(faults)
            return function(*bound.args, **bound.kwargs)

        return entered

    return guarded


def _not_called_so(
    function: str, signature: inspect.Signature, given: Mapping[str, Any], error: TypeError
) -> str:
    known = [name for name, part in signature.parameters.items() if part.kind is not part.VAR_POSITIONAL]
    unknown = [name for name in given if name not in known]
    if not unknown:
        return f"{function}: {error}. It is {function}({', '.join(known)})"
    close = get_close_matches(unknown[0], known)
    meant = f"; did you mean {close[0]}=?" if close else ""
    return f"{function} has no {unknown[0]}={meant or '.'} It has {', '.join(known)}"


def _shown(value: Any) -> str:
    return repr(value[:40]) if isinstance(value, str) else kind_of(value)


def column(name: str, value: Any) -> str:
    """The name of a column; whether there is one is asked later."""
    if not isinstance(value, str):
        raise SpecificationError(
            f"{name}={_shown(value)}: the name of one column is needed, as in {name}='q1'"
        )
    return value


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise SpecificationError(f"{name}={_shown(value)}: a text is needed")
    return value


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise SpecificationError(f"{name}={_shown(value)}: write True or False")
    return bool(value)


def share(name: str, value: Any) -> float:
    """A number between 0 and 1, neither of them."""
    if not is_finite(value) or not 0 < float(value) < 1:
        raise SpecificationError(
            f"{name}={_shown(value)}: a number between 0 and 1 is needed, as in {name}=0.95"
        )
    return float(value)


def whole(least: int = 0) -> Check:
    """A whole number of at least ``least``."""

    def check(name: str, value: Any) -> int:
        if (
            isinstance(value, (bool, np.bool_))
            or not isinstance(value, Integral)
            or not least <= int(value) <= LARGEST
        ):
            raise SpecificationError(
                f"{name}={_shown(value)}: a whole number of at least {least} is needed "
                f"(and at most {LARGEST:,}), as in {name}={max(least, 1)}"
            )
        return int(value)

    return check


def number(name: str, value: Any) -> float:
    """A finite number."""
    if not is_finite(value):
        raise SpecificationError(f"{name}={_shown(value)}: a finite number is needed, as in {name}=1.5")
    return float(value)


def is_finite(value: Any) -> bool:
    """Whether a value is a number that is neither missing nor infinite."""
    if not isinstance(value, Real) or isinstance(value, (bool, np.bool_)):
        return False
    try:
        return bool(np.isfinite(float(value)))
    except OverflowError:  # a whole number beyond what a float holds
        return False


def one_of(*known: str) -> Check:
    """One of the known words."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            close = get_close_matches(value, known) if isinstance(value, str) else []
            meant = f"; did you mean {close[0]!r}?" if close else "."
            raise SpecificationError(
                f"{name} {_shown(value)} is unknown{meant} Use one of {', '.join(map(repr, known))}"
            )
        return value

    return check


def names(name: str, value: Any) -> list[str]:
    """Names in a list; one text is one name and no list of them."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise SpecificationError(
            f"{name}={_shown(value)}: a list of names is needed, as in {name}=['q1', 'q2']"
        )
    listed = list(value)
    wrong = [part for part in listed if not isinstance(part, str)]
    if wrong:
        raise SpecificationError(
            f"{name} holds {_shown(wrong[0])}, which is no name, as in {name}=['q1', 'q2']"
        )
    return listed


def numbers(name: str, value: Any) -> list[float]:
    """Finite numbers in a list."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise SpecificationError(f"{name}={_shown(value)}: a list of numbers is needed, as in {name}=[1, 2]")
    found = [number(name, part) for part in value]
    if not found:
        raise SpecificationError(f"{name} is empty: a list of numbers is needed, as in {name}=[1, 2]")
    return found


def array(dimensions: int = 1, *, gaps: bool = False) -> Check:
    """Finite numbers in a row, a table or a block; with ``gaps`` some may be missing."""
    shapes = {1: "a row of numbers", 2: "a table of numbers", 3: "a block of numbers"}

    def check(name: str, value: Any) -> np.ndarray:
        found = np.empty(0)
        with contextlib.suppress(TypeError, ValueError, OverflowError), np.errstate(all="ignore"):
            given = np.asarray(value)
            found = found if np.iscomplexobj(given) else np.asarray(value, dtype=float)
        if found.ndim != dimensions or not found.size:
            raise DataError(f"{name}: {shapes[dimensions]} is needed, not {kind_of(value)}")
        odd = np.isinf(found) if gaps else ~np.isfinite(found)
        if odd.any() or np.abs(found[np.isfinite(found)]).max(initial=0.0) > SIZE:
            raise DataError(f"{name} holds a value that is missing, infinite or too large to be squared")
        return found

    return check


def codes(name: str, value: Any) -> np.ndarray:
    """Whole numbers from 0 on in a row."""
    found = array()(name, value)
    if (found < 0).any() or (found % 1 != 0).any() or found.max() > LARGEST:
        raise DataError(f"{name}: whole numbers of 0 or more are needed")
    return found.astype(np.int64)


def same_length(**rows: Any) -> None:
    """Refuse rows that are not of the same length."""
    lengths = {name: len(value) for name, value in rows.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        raise DataError(f"rows of the same length are needed; there are {said}")


def yes_no(name: str, value: Any) -> np.ndarray:
    """Zeros and ones in a row."""
    found = array()(name, value)
    if not np.isin(found, (0.0, 1.0)).all():
        raise DataError(f"{name}: 0 or 1 is needed throughout")
    return found


def mapping(inner: Check, example: str) -> Check:
    """Names with something to each; ``inner`` checks what belongs to a name."""

    def check(name: str, value: Any) -> dict[str, Any]:
        value = value.to_dict() if isinstance(value, pd.Series) else value
        if not isinstance(value, Mapping) or any(not isinstance(key, str) for key in value):
            raise SpecificationError(
                f"{name}={_shown(value)}: a mapping by name is needed, as in {name}={example}"
            )
        return {key: inner(f"{name}[{key!r}]", part) for key, part in value.items()}

    return check


def made_by(kind: type, function: str) -> Check:
    """What another function gives back."""

    def check(name: str, value: Any) -> Any:
        if not isinstance(value, kind):
            raise SpecificationError(f"{name}: what {function} gives back is needed, not {kind_of(value)}")
        return value

    return check


def anything(name: str, value: Any) -> Any:
    """What the function checks itself."""
    return value


def optional(inner: Check) -> Check:
    """The same, or None."""

    def check(name: str, value: Any) -> Any:
        return None if value is None else inner(name, value)

    return check


def either(*inner: Check) -> Check:
    """The first that fits; where none does, the message of the last."""

    def check(name: str, value: Any) -> Any:
        for part in inner[:-1]:
            try:
                return part(name, value)
            except (DataError, SpecificationError):
                continue
        return inner[-1](name, value)

    return check


def each(inner: Check) -> Check:
    """Of arguments that are listed (``*parts``): every one of them."""

    def check(name: str, value: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(inner(f"{name} {place}", part) for place, part in enumerate(value, 1))

    return check
