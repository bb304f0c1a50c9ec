"""What a table gives to study 14: items to divide customers by, and an experiment, if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import Fault, NotApplicable, ParameterError
from workbench.studies.reader_columns import Reader

if TYPE_CHECKING:
    from workbench.survey import Survey

SENSITIVITIES = ("price_sensitivity", "service_sensitivity")
FEWEST_ITEMS, FEWEST = 3, 50
MOST_ITEMS, MOST_ANSWERS = 30, 11
BANDS = (5, 3, 2)  # neighbouring answers joined where customers are few for so many answers
FEWEST_ARM = 50  # customers in an arm


@dataclass(frozen=True)
class Trial:
    """An experiment inside the table, of those customers who were in it.

    arm : of every customer, the index that of the table. control : the arm that gets nothing. outcomes :
    ``net`` (margin of the money, less cost) and ``kept``, whatever is there. cost : of a treatment, by arm.
    money : the outcome as it stands in the table. spent : on a customer's treatment.
    """

    arm: pd.Series
    control: str
    outcomes: pd.DataFrame
    cost: dict[str, float]
    money: pd.Series | None = None
    spent: pd.Series | None = None

    def at(self, margin: float) -> Trial:
        """The same experiment with another share of the money left after goods and work are paid."""
        if self.money is None:
            return self
        net = margin * self.money - (0.0 if self.spent is None else self.spent)
        rest = self.outcomes.drop(columns="net", errors="ignore")
        return replace(self, outcomes=pd.concat({"net": net, **rest}, axis=1))

    @property
    def treatments(self) -> list[str]:
        """The arms but the control, by name."""
        return sorted(name for name in self.arm.unique() if name != self.control)


@dataclass(frozen=True)
class Given:
    """A table as study 14 reads it.

    items : answers that divide customers; rows are the customers with at least half of them. left_out : the
    others. divisions : other columns that divide them. trial : None where nothing was assigned by chance.
    attitudes : scores by customer, such as loyalty and satisfaction, where they were asked.
    sensitivities : items of price and of service sensitivity, where both are among the items. bands : how
    many bands the answers of an item were joined to at most; 0 where none were.
    """

    survey: Survey
    items: pd.DataFrame
    left_out: int
    divisions: pd.DataFrame
    trial: Trial | None
    attitudes: pd.DataFrame
    sensitivities: dict[str, tuple[str, ...]]
    bands: int

    @property
    def kind(self) -> str:
        return self.survey.kind


def begin(
    survey: Survey,
    *,
    items: Sequence[str] = (),
    treatment: str = "treatment",
    control: str = "none",
    outcome: str = "spending_after",
    cost: str = "treatment_cost",
    kept: str = "stayed_after",
    margin: float = 1.0,
    waves: Survey | None = None,
) -> Given:
    """Read a table, and refuse one without items to divide customers by.

    Parameters
    ----------
    survey : customers with their codebook. items : columns that divide them; the items of price and service
        sensitivity if none is named, or all rated items where the table has no such constructs.
    treatment, control : column of the arm to which chance assigned, and the arm that got nothing.
    outcome, cost, kept : columns of money after it, of what it cost, and of who stayed (0 or 1).
    margin : share of the money that is left once goods and work are paid, above 0 and at most 1.
    waves : answers of the same customers over time, of which the last ones count.

    Raises
    ------
    NotApplicable : fewer than three items or fifty customers. ParameterError : a margin that is no share.
    DataError : a column of the experiment that is no number.
    """
    if not 0 < margin <= 1:
        raise ParameterError(Fault(f"margin={margin}: a share above 0 and at most 1 is needed"))
    survey = survey.in_documents_terms()
    book, data = survey.codebook, survey.responses
    known = {name: tuple(book.constructs[name].items) for name in SENSITIVITIES if name in book.constructs}
    named = list(items) or _rated(survey, known)
    lacking = [name for name in named if name not in data]
    if lacking:
        raise NotApplicable(
            Fault("no such column", survey.file, column=lacking[0], fix="Name columns of the table")
        )
    answers, wide = _divided(survey, data[[name for name in named if data[name].nunique() > 1]])
    there = answers.notna().mean(axis=1) >= 0.5
    answers = answers[there]
    answers = answers.loc[:, answers.nunique() > 1]
    if answers.shape[1] < FEWEST_ITEMS or len(answers) < FEWEST:
        raise NotApplicable(
            Fault(
                f"segments need {FEWEST_ITEMS} items answered by {FEWEST} customers; here are "
                f"{answers.shape[1]} answered by {len(answers):,}",
                book.file or survey.file,
                fix="Put rated items under constructs, or name columns with the parameter items",
            )
        )
    answers, bands = _joined(answers)
    bands = bands or (BANDS[0] if wide else 0)
    whole = set(sum(known.values(), ()))
    data = data.loc[answers.index]
    divisions = data[[name for name in survey.groups if name != treatment and 1 < data[name].nunique() <= 10]]
    return Given(
        survey=survey,
        items=answers,
        left_out=int((~there).sum()),
        divisions=divisions,
        trial=_trial(survey, data, treatment, control, outcome, cost, kept, margin),
        attitudes=_attitudes(survey, data, waves),
        sensitivities=known if len(known) == len(SENSITIVITIES) and whole <= {*answers} else {},
        bands=bands,
    )


def _divided(survey: Survey, answers: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Columns of too many different values to describe a class by in bands; whether there were any."""
    wide = [name for name in answers if answers[name].nunique() > MOST_ANSWERS]
    for name in wide:
        if not pd.api.types.is_numeric_dtype(answers[name]):
            raise NotApplicable(
                Fault(
                    f"{answers[name].nunique():,} different texts cannot divide customers",
                    survey.file,
                    column=name,
                    fix=f"Take a column of numbers, or of at most {MOST_ANSWERS} answers",
                )
            )
    return answers.assign(**{name: banded(answers[name], BANDS[0]) for name in wide}), bool(wide)


def _joined(answers: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Answers in fewer bands of even size, until two classes take half as many parameters as customers."""
    numeric = all(pd.api.types.is_numeric_dtype(answers[name]) for name in answers)
    for bands in (0, *BANDS):
        made = answers if not bands else answers.apply(lambda one, most=bands: banded(one, most))
        parameters = 1 + 2 * int((made.nunique() - 1).sum())
        if not numeric or 2 * parameters <= len(answers):
            return made, bands
    return made, bands


def banded(item: pd.Series, most: int) -> pd.Series:
    """An item in at most so many bands of about the same size; equal answers stay together."""
    if item.nunique() <= most:
        return item
    shares = item.rank(method="average", pct=True)
    return (shares * most).clip(upper=most - 1e-9).floordiv(1).rank(method="dense").astype("Float64")


def _rated(survey: Survey, known: dict[str, tuple[str, ...]]) -> list[str]:
    if len(known) == len(SENSITIVITIES):
        return list(sum(known.values(), ()))
    return list(survey.codebook.items)[:MOST_ITEMS]


def _trial(
    survey: Survey,
    data: pd.DataFrame,
    treatment: str,
    control: str,
    outcome: str,
    cost: str,
    kept: str,
    margin: float,
) -> Trial | None:
    if treatment not in data or not {outcome, kept} & {*data}:
        return None
    read, numbers = Reader(survey), dict[str, Any]()
    if outcome in data:
        numbers["money"] = read.number(outcome).loc[data.index]
    if kept in data:
        numbers["kept"] = read.number(kept).loc[data.index]
    outcomes = pd.DataFrame(numbers)
    there = data[treatment].notna() & outcomes.notna().all(axis=1)
    arm = data.loc[there, treatment].astype(str)
    sizes = arm.value_counts()
    arm = arm[arm.map(sizes) >= FEWEST_ARM]
    if control not in arm.unique() or arm.nunique() < 2:
        return None
    outcomes = outcomes.loc[arm.index]
    spent = read.number(cost).loc[arm.index].fillna(0.0) if cost in data else None
    costs = {} if spent is None else spent.groupby(arm).mean().to_dict()
    money = outcomes.pop("money") if "money" in outcomes else None
    return Trial(arm, control, outcomes, costs, money, spent).at(margin)


def _attitudes(survey: Survey, data: pd.DataFrame, waves: Survey | None) -> pd.DataFrame:
    """Scores of loyalty, satisfaction and feeling valued, means of items; the last wave's if many."""
    source = survey if waves is None else waves
    names = [name for name in ("loyalty", "satisfaction", "valued") if name in source.codebook.constructs]
    scores = pd.DataFrame({name: source.items(name).mean(axis=1) for name in names})
    if waves is None:
        return scores.reindex(data.index)
    identity = survey.codebook.id
    if identity is None or identity not in data or identity not in waves.responses:
        return pd.DataFrame(index=data.index)
    last = scores.assign(who=waves.responses[identity]).groupby("who").last()
    return last.reindex(data[identity]).set_axis(data.index)
