"""Ordered answers at the door: categories as the user gave them, and polychoric correlations for anyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import DataError, Fault, SpecificationError
from workbench.sem import arguments
from workbench.sem.data.frame import as_frame, numbers
from workbench.sem.data.moments import Moments
from workbench.sem.ordered.polychoric_acov import Layout, asymptotic_covariance, statistics
from workbench.sem.ordered.two_step import Coded, TwoStep, two_step
from workbench.sem.roles import variables_of
from workbench.sem.syntax import parse
from workbench.sem.wording import near

if TYPE_CHECKING:
    import pandas as pd

MANY = 12
"""An item with more categories than this is named in a warning: it may be a measurement, not a scale."""


@dataclass(frozen=True)
class Polychoric:
    """Polychoric, polyserial and product-moment correlations of a table.

    correlations: DataFrame, variables x variables. n: rows. Computed when first asked for, because they cost
    more than the correlations: ``acov``, ``thresholds`` and their standard errors.
    """

    correlations: pd.DataFrame
    n: int
    warnings: tuple[str, ...]
    coded: Coded = field(repr=False)
    found: TwoStep = field(repr=False)
    layout: Layout = field(repr=False)

    @cached_property
    def acov(self) -> pd.DataFrame:
        """Covariance matrix of thresholds, means, variances and covariances, named as in lavaan."""
        import pandas as pd

        labels = self.layout.names(self.coded.names)
        acov = asymptotic_covariance(self.coded, self.found, self.layout) / self.n
        return pd.DataFrame(acov, labels, labels)

    @cached_property
    def thresholds(self) -> pd.DataFrame:
        """Thresholds: item, threshold (t1, t2, …), estimate, se."""
        import pandas as pd

        layout, names, cut = self.layout, self.coded.names, self.layout.thresholds
        return pd.DataFrame(
            {
                "item": [names[layout.ordered[item]] for item in layout.threshold_item],
                "threshold": [f"t{number + 1}" for number in layout.threshold_number],
                "estimate": statistics(self.found, layout)[cut],
                "se": np.sqrt(np.diagonal(self.acov)[cut]),
            }
        )


def category_codes(
    data: pd.DataFrame, ordered: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, tuple], list[str]]:
    """The data with ordered columns as category numbers 0, 1, … (NaN: missing), the categories, warnings.

    Categories are the distinct values in their order: of numbers, or of an ordered pandas categorical. Text
    and unordered categoricals have no order and are refused.
    """
    faults: list[Fault] = []
    columns: dict[str, np.ndarray] = {}
    categories: dict[str, tuple] = {}
    said: list[str] = []
    for name in ordered:
        if name not in data.columns:
            meant = near(name, data.columns)
            faults.append(Fault(f"is named in ordered= and is no column of the data{meant}", column=name))
            continue
        if data[name].ndim != 1:
            faults.append(Fault("the data have this column more than once", column=name, fix="Keep one."))
            continue
        column = data[name]
        if str(column.dtype) == "category":
            if not column.cat.ordered:
                fix = "Say which category comes first: pandas.Categorical(..., ordered=True)."
                faults.append(Fault("is categorical without an order", column=name, fix=fix))
                continue
            codes = column.cat.codes.to_numpy().astype(float)
            used = [level for place, level in enumerate(column.cat.categories) if (codes == place).any()]
            codes = np.searchsorted(np.unique(codes[codes >= 0]), codes).astype(float)
            codes[column.isna().to_numpy()] = np.nan
        elif getattr(column.dtype, "kind", "O") in "fiub":
            values = column.to_numpy(dtype=float, na_value=np.nan)
            if np.isinf(values).any():
                faults.append(Fault("holds infinite values", column=name, fix="Mark them as missing."))
                continue
            missing = np.isnan(values)
            used = np.unique(values[~missing]).tolist()
            codes = np.searchsorted(used, values).astype(float)
            codes[missing] = np.nan
            used = [int(value) if float(value).is_integer() else value for value in used]
        else:
            fix = "Give category numbers, or an ordered pandas categorical."
            faults.append(Fault("has no order", column=name, fix=fix))
            continue
        if len(used) < 2:
            faults.append(Fault(f"has {len(used)} category", column=name, fix="Leave it out."))
            continue
        if len(used) > MANY:
            said.append(f"{name} has {len(used)} categories: is it ordered, or a measurement?")
        columns[name], categories[name] = codes, tuple(used)
    if faults:
        raise DataError(faults)
    return _with_columns(data, columns), categories, said


def _with_columns(data: pd.DataFrame, columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """The data with these columns in the place of their own, as one block: `assign` takes one at a time."""
    import pandas as pd

    if not columns:
        return data
    others = data.loc[:, ~data.columns.isin(list(columns))]
    coded = pd.DataFrame(np.array(list(columns.values())).T, data.index, list(columns))
    return pd.concat([others, coded], axis=1)


def polychoric(
    data: pd.DataFrame, ordered: Sequence[str] | None = None, missing: str = "listwise"
) -> Polychoric:
    """Polychoric correlations of ordered items; polyserial and product-moment ones with continuous variables.

    Parameters
    ----------
    data : DataFrame, a row for each respondent; rows with a missing value are left out and counted.
    ordered : names of the ordered columns; all of them by default. The others are continuous.
    missing : ``"pairwise"`` keeps the rows that answered both items of a pair (ordered items alone).

    Returns
    -------
    Polychoric

    Raises
    ------
    DataError for a column without an order or with a single category, and for fewer than two complete rows.

    Notes
    -----
    Two steps: thresholds τ_k = Φ⁻¹(share of answers up to category k) of each item, then for each pair the ρ
    that maximises Σ n_ab log P_ab(τ, ρ) (Olsson 1979; Muthén 1984).
    R: ``lavaan::lavCor(data, ordered = names(data))``.

    Examples
    --------
    >>> from workbench import sem
    >>> from workbench.datasets import open_dataset
    >>> answers = open_dataset("customer_survey").items("crm_use").iloc[:, :2]
    >>> round(float(sem.polychoric(answers).correlations.iloc[0, 1]), 2)
    0.71
    """
    import pandas as pd

    data = as_frame(data)
    if isinstance(data, Moments):
        raise DataError("polychoric correlations need the rows of the data, and only moments are given")
    if not len(data.columns):
        raise DataError("the data have no columns")
    missing = arguments.choice("missing", missing, ("listwise", "pairwise"))
    names = tuple(str(name) for name in data.columns)
    chosen = names if ordered is None else arguments.names("ordered", ordered, "['q1', 'q2']")
    if missing == "pairwise" and len(chosen) < len(names):
        raise SpecificationError("missing='pairwise': polychoric knows it where all variables are ordered")
    frame, categories, said = category_codes(data, chosen)
    values = numbers(frame, names).T
    holes = np.isnan(values)
    complete = ~(holes.any(axis=1) if missing == "listwise" else holes.all(axis=1))
    if (lost := int((~complete).sum())) > 0:
        what = "have missing values and were left out (listwise)"
        said.append(f"{lost:,} of {len(values):,} rows {what if missing == 'listwise' else 'hold no answer'}")
    values = values[complete]
    if len(values) < 2:
        raise DataError(f"{len(values)} complete rows: polychoric correlations need more")
    unused = [
        name
        for name, column in zip(names, values.T, strict=True)
        if name in categories and len(np.unique(column[~np.isnan(column)])) < len(categories[name])
    ]
    if unused:
        raise DataError(
            f"a category of {', '.join(unused)} is used by incomplete rows alone; join categories"
        )
    is_ordered = np.array([name in categories for name in names])
    used = tuple(len(categories[name]) for name in names if name in categories)
    codes = np.nan_to_num(values[:, is_ordered], nan=-1.0).astype(int)
    coded = Coded(names, is_ordered, codes, used, values[:, ~is_ordered])
    found = two_step(coded)
    return Polychoric(
        pd.DataFrame(found.correlations, names, names),
        coded.n,
        (*said, *found.warnings),
        coded,
        found,
        Layout.of(is_ordered, used),
    )


def refuse_ordered_causes(model: str, ordered: Sequence[str]) -> None:
    """Raise where a variable that only explains others is named as ordered."""
    variables = variables_of(parse(model).terms)
    exogenous = (*variables.exogenous_observed, *variables.treated_as_random)
    both = [name for name in exogenous if name in ordered]
    if both:
        raise SpecificationError(
            f"{', '.join(both)}: an ordered variable that only explains others needs no threshold model. "
            "Leave it out of ordered= (0/1 columns for its categories, if need be)"
        )
