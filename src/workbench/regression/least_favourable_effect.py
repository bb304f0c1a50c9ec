"""One effect estimated in several ways: the estimate that a cautious reader goes by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from workbench.doors import door, mapping, names, table
from workbench.errors import Fault, SpecificationError

COLUMNS = ["estimate", "ci_lower", "ci_upper"]


@door(ways=mapping(table, "{'HC3': model.coefficients}"), terms=names)
def least_favourable(ways: Mapping[str, pd.DataFrame], terms: Sequence[str]) -> pd.DataFrame:
    """For each term, the estimate whose interval reaches lowest.

    Parameters
    ----------
    ways : name of a way to estimate → frame by term with estimate, ci_lower, ci_upper, finite.
    terms : terms to compare; every way has them.

    Returns
    -------
    DataFrame by term with way, estimate, ci_lower, ci_upper, the lowest interval first.

    Raises
    ------
    SpecificationError : a way without one of the terms, or with an interval that is not finite.

    Notes
    -----
    To ask that these intervals lie above zero is to ask it of every way: an intersection–union test, which
    finds an effect that is not there at most as often as the strictest of the ways does (Berger 1982).

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench import regression
    >>> columns = ["estimate", "ci_lower", "ci_upper"]
    >>> ways = {"HC3": pd.DataFrame([[0.4, 0.2, 0.6]], ["use"], columns),
    ...         "clusters": pd.DataFrame([[0.4, 0.1, 0.7]], ["use"], columns)}
    >>> regression.least_favourable(ways, ["use"])
               way  estimate  ci_lower  ci_upper
    term
    use   clusters       0.4       0.1       0.7
    """
    faults = [
        Fault(f"{way!r} has no finite estimate with interval", column=term)
        for way, table in ways.items()
        for term in terms
        if term not in table.index or not table.loc[term, COLUMNS].notna().all()
    ]
    if faults or not ways or not terms:
        raise SpecificationError(faults or "give at least one way and one term")
    stacked = pd.concat({way: table.loc[list(terms), COLUMNS] for way, table in ways.items()})
    stacked = stacked.rename_axis(["way", "term"]).reset_index("way").sort_values("ci_lower", kind="stable")
    return stacked[~stacked.index.duplicated()]
