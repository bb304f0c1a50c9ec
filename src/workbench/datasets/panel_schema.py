"""The language in which a panel of firms is written down: series by firm and period, and staggered adoption.

A panel stands on a firm survey (``survey``): the same firms with the same true scores. ``series`` are drawn
in their order, period by period; each is a level on a scale of its own (units, log odds, logs) plus

    drift × (period − 1) + common shock of the period + Σ value × (score of the firm or earlier series)
    + firm × z(firm) + noise × z(firm, period), or the sum of these up to the period where the series walks
    + gain × strength(cohort) × (1 + growth × periods since adoption)

so that effects of adoption differ between cohorts and grow with time, as two-way fixed effects do not expect.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from workbench.datasets.population_schema import Name, Share, Sourced, Wording, _Part


class Cohort(_Part):
    """Firms that adopt in the same period (none: never) and how strong the effect is with them."""

    share: Share
    period: Annotated[int, Field(ge=2)] | None = None
    strength: float = 1.0


class Adoption(Sourced):
    """Who adopts when: firms in the order of ``score``, earliest cohort first, with ``chance`` mixed in."""

    score: Name
    chance: Annotated[float, Field(ge=0)]
    growth: Annotated[float, Field(ge=0)]
    cohorts: Annotated[dict[str, Cohort], Field(min_length=2)]


class PanelTerm(Sourced):
    """value × (x − about), or value × (x − about) × (times − about); x: a firm's true score or, if there
    is none of that name or the term says ``observed``, an earlier series. With a ``lag`` any series, as many
    periods ago; in the first periods, which know none, the term adds nothing."""

    from_: Name = Field(alias="from")
    value: float
    times: Name | None = None
    about: float = 0.0
    observed: bool = False
    lag: Annotated[int, Field(ge=0)] = 0


class Gain(Sourced):
    """What adoption adds in its first period, at strength 1, on the scale of the level."""

    value: float


class Stock(_Part):
    """A stock: lognormal at first, then last period's value minus and plus the named series."""

    median: dict[str, float]
    by: Name
    spread: float
    minus: Name
    plus: Name


class Series(_Part):
    """One column of the panel.

    kind : ``normal`` (level in units), ``lognormal`` and ``poisson`` (level is a log; times ``of`` if given),
    ``binomial`` (level is log odds, ``of`` the trials), ``stock`` (carried over from period to period).
    """

    label: Wording
    unit: str
    kind: Literal["normal", "lognormal", "poisson", "binomial", "stock"]
    level: float = 0.0
    drift: float = 0.0
    shock: Annotated[float, Field(ge=0)] = 0.0
    firm: Annotated[float, Field(ge=0)] = 0.0
    noise: Annotated[float, Field(ge=0)] = 0.0
    walk: bool = False
    terms: tuple[PanelTerm, ...] = ()
    gain: Gain | None = None
    of: Name | None = None
    stock: Stock | None = None
    min: float | None = None
    max: float | None = None
    decimals: int = 0
    source: str

    @model_validator(mode="after")
    def _complete(self) -> Series:
        if self.kind == "binomial" and self.of is None:
            raise ValueError("a binomial series needs 'of', its trials")
        if (self.kind == "stock") != (self.stock is not None):
            raise ValueError("'stock' goes with kind: stock")
        return self


class CustomerTable(_Part):
    """A table of customers of every firm, with faults planted in it.

    Shares are those of an average firm; ``slope`` is how much a standard deviation of ``score`` (the firm's
    true data quality) takes off the log odds of every fault. ``checked`` is the share of customers whose
    city, birth year and channel were verified by telephone. ``wrong`` and ``empty`` count fields,
    ``contradictory`` and ``stale`` rows.
    """

    per_firm: Annotated[int, Field(ge=1)]
    score: Name
    slope: float
    as_of: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    checked: Share
    wrong: Share
    empty: Share
    contradictory: Share
    stale: Share
    source: str


class PanelDescription(_Part):
    """A panel of firms, as read from its file.

    ``follows``: how many of the survey's firms, the first ones; all without it.
    """

    title: Wording
    about: str
    survey: Name
    follows: Annotated[int, Field(ge=2)] | None = None
    seed: Annotated[int, Field(ge=0)]
    periods: Annotated[int, Field(ge=2)]
    groups: list[Name]
    adoption: Adoption
    series: Annotated[dict[Name, Series], Field(min_length=1)]
    customers: CustomerTable
