"""Design matrices from columns: dummy coding, centring and products, without any formula text.

A column name is only ever looked up, never read as an expression, so a name such as ``__import__('os')`` is a
name and nothing else. A term is a column name, or a tuple of column names for their product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.doors import door, flag, is_number, usable
from workbench.errors import DataError, Fault, SpecificationError
from workbench.regression import doors

Term = str | tuple[str, ...]
INTERCEPT = "(Intercept)"


@dataclass(frozen=True)
class Design:
    """Outcome, design matrix and what they were made from, on the complete rows.

    ``terms`` maps each term's label to its columns of ``x``, ``sources`` to the columns of the data it is
    made from; ``references`` each category column to the level that the intercept stands for; ``centres``
    each centred column to the mean taken off; ``rows`` holds the source columns of the rows used.
    """

    outcome: str
    y: np.ndarray
    x: pd.DataFrame
    terms: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, tuple[str, ...]]
    references: Mapping[str, object]
    centres: Mapping[str, float]
    rows: pd.DataFrame
    warnings: tuple[str, ...]

    @property
    def slopes(self) -> list[str]:
        """Columns of the matrix other than the intercept."""
        return [column for column in self.x.columns if column != INTERCEPT]


def label(term: Term) -> str:
    """How a term is written in tables: a column's name, or names joined by ``:`` for a product."""
    return term if isinstance(term, str) else ":".join(term)


def columns_of(terms: Iterable[Term]) -> list[str]:
    """Source columns that the terms need, each once, in order."""
    names = (name for term in terms for name in ((term,) if isinstance(term, str) else term))
    return list(dict.fromkeys(names))


@door(**doors.REGRESSION, center=doors.center, complete=doors.complete, intercept=flag)
def design(
    data: pd.DataFrame,
    outcome: str,
    terms: Sequence[Term],
    *,
    center: Sequence[str] | Mapping[str, float] = (),
    complete: Sequence[str] = (),
    intercept: bool = True,
) -> Design:
    """Outcome and design matrix of a regression.

    Parameters
    ----------
    data : DataFrame, one row for each unit of analysis.
    outcome : numeric column.
    terms : columns, and tuples of columns for products. Text, boolean and categorical columns become dummies
        against their first level (order of the categories, otherwise sorted).
    center : numeric columns from which their mean over the rows used is taken off before products are
        formed; or a mapping of column → value to take off, such as the middle of its scale.
    complete : further columns in which a row must be complete (clusters, exposure, terms of a larger model).
    intercept : whether the matrix has a column of ones.

    Returns
    -------
    Design

    Raises
    ------
    SpecificationError : unknown or repeated terms, or terms that determine one another.
    DataError : a column that is not numeric where it must be, infinite values, too few rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> frame = pd.DataFrame({"y": [1.0, 3, 2, 5, 4], "x": [1, 2, 3, 4, 5], "city": list("abaab")})
    >>> regression.design(frame, "y", ["x", "city"]).x.head(2)
       (Intercept)    x  city[b]
    0          1.0  1.0      0.0
    1          1.0  2.0      1.0
    """
    needed = list(dict.fromkeys([outcome, *columns_of(terms), *complete]))
    _check_terms(data, outcome, terms, needed, center)
    rows = usable(data.loc[:, needed])
    used = rows.dropna()
    warnings = []
    if len(used) < len(rows):
        lost = rows.isna().sum()
        worst = ", ".join(f"{count:,} in {name}" for name, count in lost[lost > 0].items())
        warnings.append(
            f"Left out: {len(rows) - len(used):,} of {len(rows):,} rows, for a missing value ({worst})."
        )
    y = _number(used, outcome)
    blocks: dict[str, pd.DataFrame] = {}
    references: dict[str, object] = {}
    centres: dict[str, float] = {}
    for name in columns_of(terms):
        blocks[name] = _coded(used, name, references)
        if name in center:
            if name in references:
                raise DataError(
                    Fault(
                        "has categories and no mean to be centred at",
                        column=name,
                        fix="Leave it out of center.",
                    )
                )
            at = center[name] if isinstance(center, Mapping) else blocks[name][name].mean()
            centres[name] = float(at)
            blocks[name] = blocks[name] - centres[name]
    parts, owners, sources = [], {}, {}
    for term in terms:
        block = blocks[term] if isinstance(term, str) else _product([blocks[name] for name in term])
        owners[label(term)] = tuple(block.columns)
        sources[label(term)] = (term,) if isinstance(term, str) else tuple(term)
        parts.append(block)
    if intercept:
        parts.insert(0, pd.DataFrame({INTERCEPT: 1.0}, index=used.index))
    x = pd.concat(parts, axis=1)
    _check_rank(x, outcome)
    return Design(
        outcome,
        y,
        x,
        owners,
        sources,
        references,
        centres,
        used,
        tuple(warnings),
    )


def _check_terms(
    data: pd.DataFrame, outcome: str, terms: Sequence[Term], needed: list[str], center: Iterable[str]
) -> None:
    faults = []
    known = set(data.columns)
    for name in needed:
        if name not in known:
            faults.append(
                Fault("no such column in the data", column=name, fix=f"Columns: {_some(data.columns)}.")
            )
        elif list(data.columns).count(name) > 1:
            faults.append(Fault("the data hold this column twice", column=name))
    labels = [label(term) for term in terms]
    faults += [
        Fault("term given twice", column=name) for name in sorted({n for n in labels if labels.count(n) > 1})
    ]
    if outcome in columns_of(terms):
        faults.append(Fault("the outcome cannot be one of its own predictors", column=outcome))
    faults += not_in_terms(center, terms)
    if not terms:
        faults.append(Fault("a regression needs at least one term"))
    if faults:
        raise SpecificationError(faults)


def not_in_terms(center: Iterable[str], terms: Sequence[Term]) -> list[Fault]:
    """Columns asked to be centred that no term uses."""
    used = columns_of(terms)
    return [Fault("asked to be centred, but no term uses it", column=n) for n in center if n not in used]


def _some(names: Iterable[object], most: int = 12) -> str:
    texts = [str(name) for name in names]
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


def _number(rows: pd.DataFrame, name: str) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(rows[name]):
        fix = "Recode it to numbers first, pd.to_numeric(…) where it holds numbers as texts."
        raise DataError(Fault("must be numeric", column=name, fix=fix))
    values = rows[name].to_numpy(float)
    if len(values) < 3 or np.ptp(values) == 0:
        raise DataError(Fault(f"does not vary over the {len(values)} complete rows", column=name))
    return values


def _coded(rows: pd.DataFrame, name: str, references: dict[str, object]) -> pd.DataFrame:
    """A numeric column as it is; any other as 0/1 columns, one for each level after the first."""
    column = rows[name]
    if is_number(column):
        return pd.DataFrame({name: column.to_numpy(float)}, index=rows.index)
    ordered = isinstance(column.dtype, pd.CategoricalDtype)
    present = list(column.unique())
    levels = [lv for lv in column.cat.categories if lv in present] if ordered else sorted(present, key=str)
    if len(levels) < 2:
        raise DataError(
            Fault("has a single level on the complete rows", column=name, fix="Leave the term out.")
        )
    references[name] = levels[0]
    values = column.to_numpy(object)
    return pd.DataFrame(
        {f"{name}[{level}]": (values == level).astype(float) for level in levels[1:]}, index=rows.index
    )


def _product(blocks: Sequence[pd.DataFrame]) -> pd.DataFrame:
    out = blocks[0]
    for block in blocks[1:]:
        out = pd.DataFrame(
            {f"{a}:{b}": out[a] * block[b] for a in out.columns for b in block.columns}, index=out.index
        )
    return out


def _check_rank(x: pd.DataFrame, outcome: str) -> None:
    """Refuse columns that the earlier ones determine exactly, and too few rows."""
    if len(x) <= x.shape[1]:
        raise DataError(
            Fault(
                f"{len(x)} complete rows cannot estimate {x.shape[1]} coefficients",
                column=outcome,
                fix="Use fewer terms or more data.",
            )
        )
    scaled = x.to_numpy() / np.maximum(np.sqrt((x.to_numpy() ** 2).sum(axis=0)), np.finfo(float).tiny)
    r = np.linalg.qr(scaled, mode="r")
    bad = [x.columns[i] for i in np.flatnonzero(np.abs(np.diag(r)) < 1e-9)]
    if bad:
        raise SpecificationError(
            [
                Fault(
                    "is determined exactly by the terms before it (or is constant)",
                    column=name,
                    fix="Leave it out, or leave out what determines it.",
                )
                for name in bad
            ]
        )
