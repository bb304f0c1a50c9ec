"""What a table gives to study 13: firms over periods, with or without adoption, or units in two arms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import indicators
from workbench.errors import Fault, NotApplicable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.survey import Survey

UNIT, PERIOD, TREATED, ARM = "firm", "period", "treated", "arm"
# Counts of an offer tried out against the old one: bought, shown.
OLD, NEW = ("script_a_bought", "script_a_shown"), ("script_b_bought", "script_b_shown")
# Indicators that the table's counts allow, as D2 defines them.
COMPUTED = ("retention", "growth", "growth_net", "complaints_per_thousand", "conversion_plan")
SHARES = ("retention", "growth", "growth_net", "conversion_plan")  # here in per cent
MANY, BY_CHANCE = 10, 0.001  # values of ids at least; chance that rows of one value never part by arm
IDS = re.compile(
    r"(^|_)(id|customer|client|respondent|person|user|member|household|firm|company)(_?id)?$", re.I
)
WORTH = ("margin", "sales_crm", "customers_start", "customers_lost")


@dataclass(frozen=True)
class Given:
    """A table as study 13 reads it.

    data : one row for each unit and period, or for each unit in its arm; indicators computed from counts
        stand beside the columns. outcomes : columns that an improvement may have moved. panel : whether units
        are followed. adoption : whether some adopt at known times and others later or never. trial : whether
        single units were assigned to arms. repeated : a column that looks like the ids of units with several
        rows where none is named; the rows are then no units, and arms are not compared.
    """

    data: pd.DataFrame
    unit: str
    period: str
    treated: str
    arm: str
    outcomes: tuple[str, ...]
    panel: bool
    adoption: bool
    trial: bool
    kind: str
    repeated: str | None = None

    @property
    def units(self) -> int:
        return int(self.data[self.unit].nunique()) if self.panel or self.cluster else len(self.data)

    @property
    def cluster(self) -> str | None:
        """The column of units where they have several rows, by which errors of arms are clustered."""
        return self.unit if self.unit in self.data and self.data[self.unit].duplicated().any() else None

    def used(self, outcome: str) -> int:
        """How many units have the outcome in every period."""
        return self.units - self.lost(outcome)

    def rows(self, outcome: str) -> pd.DataFrame:
        """The rows of the units that have the outcome in every period; all rows where nothing is followed."""
        if not self.panel:
            return self.data
        needed = [outcome, *([self.treated] if self.adoption else [])]
        whole = self.data[needed].notna().all(axis=1)
        seen = whole.groupby(self.data[self.unit]).sum()
        periods = self.data[self.period].nunique()
        return self.data[self.data[self.unit].map(seen) == periods]

    def lost(self, outcome: str) -> int:
        """How many units lack the outcome in a period, and are left out where it is looked at."""
        return self.units - int(self.rows(outcome)[self.unit].nunique()) if self.panel else 0

    @property
    def place(self) -> dict[str, Any]:
        """The columns of unit and period, as the estimators ask for them."""
        return {"unit": self.unit, "period": self.period}

    @property
    def adopting(self) -> dict[str, Any]:
        """The same with the column of adoption."""
        return {**self.place, "treated": self.treated}


def begin(
    survey: Survey,
    *,
    unit: str = UNIT,
    period: str = PERIOD,
    treated: str = TREATED,
    arm: str = ARM,
    outcomes: Sequence[str] = (),
) -> Given:
    """Read a table, and refuse one that has neither arms nor units over periods.

    Parameters
    ----------
    survey : the table with its codebook. unit, period, treated, arm : columns.
    outcomes : columns to look at; every number that is none of the others where none is named.

    Raises
    ------
    NotApplicable : neither ``arm`` nor ``unit`` and ``period`` is there.
    DataError : an outcome that is not there or holds no numbers.
    """
    data = survey.responses
    panel = {unit, period} <= set(data)
    trial = arm in data
    if not panel and not trial:
        raise NotApplicable(
            Fault(
                f"no improvement can be judged here: the table has neither {unit} and {period} nor {arm}",
                survey.codebook.file or survey.file,
                fix="Name under variables the columns of unit and period (and treated, 0 or 1), or "
                "that of the "
                "arm to which chance assigned; 'column:' gives the header",
            )
        )
    data = with_indicators(data) if panel else data
    roles = {unit, period, treated, arm, survey.codebook.id, "adopted_in", *OLD, *NEW}
    named = list(outcomes)
    faults = [
        Fault("no such column of numbers", survey.file, column=name, fix="Name columns of the table")
        for name in named
        if not _numeric(data, name)
    ]
    if faults:
        raise NotApplicable(faults)
    found = tuple(named) or tuple(name for name in data if name not in roles and _numeric(data, name))
    if not found:
        raise NotApplicable(
            Fault(
                "the table has no column of numbers that an improvement could have moved",
                survey.file,
                fix="Name it under variables",
            )
        )
    adoption = panel and treated in data and _varies(data, treated)
    repeated = repeated_units(data, survey, unit, period, arm) if trial else None
    return Given(data, unit, period, treated, arm, found, panel, adoption, trial, survey.kind, repeated)


def repeated_units(data: pd.DataFrame, survey: Survey, unit: str, period: str, arm: str) -> str | None:
    """The column that says that rows repeat units although no column of units is there; None without one.

    Periods say so, a column called like ids in which values repeat, and texts whose rows never part between
    the arms although chance would part them.
    """
    if unit in data or survey.codebook.id:  # the ids of a codebook are all different
        return None
    if period in data:
        return period
    share = data[arm].value_counts(normalize=True)
    for name in data.columns.drop(arm):
        sizes = data[name].value_counts()
        if len(sizes) < MANY or not (sizes > 1).any() or pd.api.types.is_float_dtype(data[name]):
            continue
        alike = data.groupby(name, observed=True)[arm].nunique().max() == 1
        chance = (share.to_numpy() ** sizes.to_numpy()[:, None]).sum(axis=1).prod()
        text = not pd.api.types.is_numeric_dtype(data[name])
        if IDS.search(name) or (text and alike and chance < BY_CHANCE):
            return str(name)
    return None


def main_outcome(given: Given, named: str = "") -> str:
    """The outcome that is looked at first: the named one, satisfaction, or the first.

    Raises
    ------
    NotApplicable : the named one is no column of numbers.
    """
    if named and not _numeric(given.data, named):
        fix = f"Columns of numbers: {', '.join(given.outcomes)}"
        raise NotApplicable(Fault("no such column of numbers", column=named, fix=fix))
    return named or ("satisfaction" if "satisfaction" in given.outcomes else given.outcomes[0])


def sample(given: Given) -> pd.DataFrame:
    """How many units adopt when, and for how many periods they are seen: adopts, units, before, after."""
    data, periods = given.data, given.data[given.period].nunique()
    if not given.adoption:
        return pd.DataFrame(
            {"units": [given.units], "before": [periods], "after": [0]},
            index=pd.Index(["nobody"], name="adopts"),
        )
    first = data[data[given.treated] == 1].groupby(given.unit)[given.period].min()
    first = first.reindex(data[given.unit].unique())
    rows = [
        (f"{start:g}", int((first == start).sum()), int((data[given.period].unique() < start).sum()))
        for start in sorted(first.dropna().unique())
    ]
    rows += [("never", int(first.isna().sum()), periods)]
    table = pd.DataFrame(rows, columns=["adopts", "units", "before"])
    return table.assign(after=periods - table["before"]).set_index("adopts")


def with_indicators(data: pd.DataFrame) -> pd.DataFrame:
    """The table with those of D2's indicators that its counts allow, shares in per cent, and with churn and
    what a customer is worth."""
    definitions = indicators.read_definitions()
    able = [
        name
        for name in COMPUTED
        if name not in data and set(definitions.indicators[name].columns) <= set(data)
    ]
    found = indicators.compute(data, indicators=able).values if able else pd.DataFrame(index=data.index)
    extra: dict[str, Any] = {name: values * (100 if name in SHARES else 1) for name, values in found.items()}
    if "retention" in extra:
        extra["churn"] = 100 - extra["retention"]
    if set(WORTH) <= set(data) and "lifetime_value" not in data:
        extra["lifetime_value"] = lifetime_value(data)
    return data.assign(**extra)


def lifetime_value(data: pd.DataFrame) -> pd.Series:
    """What a customer earns until leaving if everything stays as in the period, in thousand yuan.

    Margin times sales of a customer over the rate of leaving, the rate with half a customer added so that a
    firm that loses none has one.
    """
    leaving = (data["customers_lost"] + 0.5) / (data["customers_start"] + 1)
    return data["margin"] / 100 * data["sales_crm"] / data["customers_start"] / leaving


def _numeric(data: pd.DataFrame, name: str) -> bool:
    return name in data and pd.api.types.is_numeric_dtype(data[name]) and data[name].nunique() > 1


def _varies(data: pd.DataFrame, name: str) -> bool:
    return bool(data[name].nunique() > 1)
