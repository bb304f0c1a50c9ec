"""Opening study 15 on a table of customers by period, or on one with a row a customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.datasets import open_dataset, study_survey
from workbench.studies.customer_lifetime import stays as staying
from workbench.studies.customer_lifetime.planted import SHIPPED
from workbench.studies.customer_lifetime.rows import Base
from workbench.studies.customer_lifetime.rules import Parts, parts

if TYPE_CHECKING:
    from workbench.studies.customer_lifetime.stays import Stays
    from workbench.survey import Survey

CUSTOMERS = "customer_base"


@dataclass(frozen=True)
class Opened:
    """A study's data. known : of a table by period; None for one with a row a customer. unit : of time."""

    survey: Survey
    stays: Stays
    known: Parts | None
    unit: str = "periods followed"


def begin(
    survey_file: str = "",
    codebook_file: str = "",
    customers_file: str = "",
    customers_codebook: str = "",
    *,
    customer: str = "customer",
    period: str = "quarter",
    left: str = "left",
    time: str = "tenure",
    group: str = "",
    seed: int = 1,
) -> Opened:
    """Open the tables and compute what all parts of the study share.

    Parameters
    ----------
    survey_file, codebook_file : a reader's table; empty: the shipped one.
    customers_file, customers_codebook : a table of customers beside one of periods, for groups.
    customer, period, left : columns of a table by period; without ``customer`` and ``period`` the table has a
        row a customer. time, left : columns of such a table. group : column of the curves; empty: the first.
    seed : of whatever is drawn.

    Raises
    ------
    NotApplicable : the columns are lacking.
    """
    from workbench.survey import open_survey

    survey = study_survey(SHIPPED, survey_file, codebook_file)
    answers = survey.responses
    if not {customer, period} <= set(answers):
        stays = staying.of_customers(survey, time=time, left=left, group=group)
        return Opened(survey, stays, None, survey.codebook.label(time))
    beside = None
    if customers_file:
        beside = open_survey(customers_file, codebook=customers_codebook)
    elif not survey_file:
        beside = open_dataset(CUSTOMERS)
    base = Base(survey, beside, customer, period, left)
    known = parts(base, seed=seed)
    return Opened(survey, staying.of_periods(base, known.found, group), known)
