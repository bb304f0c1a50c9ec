"""The language in which a questionnaire population is written down.

A description is a YAML file. Its parts, in the order in which a file is best read:

``constructs``  what the questionnaire measures: wording of every item in English and Chinese, loading, scale
``hidden``      factors that no item measures (a halo over all quality ratings, how fast the firm answers)
``structure``   the latent linear equations, in causal order; a term may have a knot (``above``) or a partner
                (``times``). Every term says where its value comes from: ``claim`` (a sentence of a document)
                or ``source`` (why the magnitude is plausible)
``pairs``       items that share more than their constructs (correlated errors), as real items do
``groups``      grouping variables, the share of every level and how levels differ
``variables``   what is not an item: times, counts, yes/no outcomes
``answering``   how people answer: skipped items, refusals, careless respondents, a method factor
``borrow``      constructs that another population in the same folder words, with its scales and shapes
``base``        another population of the same folder that this one varies: its file has the changes only

Every latent variable has mean 0 and variance 1 in the base description: residual variances are implied by the
paths. A level of a group may add to means, paths, loadings and intercepts.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Share = Annotated[float, Field(ge=0, le=1)]
MethodLoading = Annotated[float, Field(ge=0, lt=0.6)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Wording(_Part):
    """A text in English and, where the reader needs it, Chinese."""

    en: str
    zh: str | None = None


class Sourced(_Part):
    """A planted value that says where it comes from: a claim of a document, or a plausible magnitude."""

    claim: str | None = Field(default=None, pattern=r"^D\d-\d+$")
    source: str | None = None

    @model_validator(mode="after")
    def _says_where_from(self) -> Sourced:
        if self.claim is None and self.source is None:
            raise ValueError("a planted value needs 'claim' (such as D0-2) or 'source' (why it is plausible)")
        return self


class Term(Sourced):
    """One term of an equation: value × from, value × max(0, from − above), or value × from × times."""

    from_: Name = Field(alias="from")
    value: float
    above: float | None = None
    times: Name | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Term:
        if self.above is not None and self.times is not None:
            raise ValueError("a term has 'above' or 'times', not both")
        return self


class Scale(_Part):
    """An answer scale of whole numbers, as in a codebook."""

    min: int
    max: int
    labels: dict[int, str] = {}
    missing: list[int] = []


class Shape(_Part):
    """How answers spread over a scale, lowest category first: this is what sets the thresholds."""

    shares: Annotated[list[Share], Field(min_length=2)]

    @model_validator(mode="after")
    def _whole(self) -> Shape:
        if abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError(f"the shares add up to {sum(self.shares):.4g}, not 1")
        return self


class Item(_Part):
    """One question: wording, standardized loading, and a shape or direction of its own.

    ``also`` are smaller loadings on other latent variables, as few questions measure one thing only.
    """

    en: str
    zh: str
    loading: Annotated[float, Field(gt=0, lt=1)]
    also: dict[Name, float] = {}
    shape: str | None = None
    reverse: bool = False


class Construct(_Part):
    """What a set of items measures."""

    label: Wording
    scale: str
    shape: str
    role: Literal["expectation", "perception", "importance", "outcome", "driver"] | None = None
    source: str
    items: Annotated[dict[Name, Item], Field(min_length=1)]


class Pair(Sourced):
    """Two items whose answers share more than their constructs: the correlation of their errors."""

    items: tuple[Name, Name]
    correlation: Annotated[float, Field(gt=0, lt=0.6)]


class PathChange(Sourced):
    """What a group level adds to one path."""

    to: Name
    from_: Name = Field(alias="from")
    change: float


class Level(_Part):
    """One level of a grouping variable: its share and what it adds to the base description."""

    share: Share
    label: Wording | None = None
    means: dict[Name, float] = {}
    paths: list[PathChange] = []
    loadings: dict[Name, float] = {}
    intercepts: dict[Name, float] = {}
    source: str | None = None

    @model_validator(mode="after")
    def _says_where_from(self) -> Level:
        if (self.means or self.loadings or self.intercepts) and self.source is None:
            raise ValueError("a level that differs needs 'source' (why the difference is plausible)")
        return self


class Group(_Part):
    """A grouping variable."""

    label: Wording
    levels: Annotated[dict[str, Level], Field(min_length=2)]

    @model_validator(mode="after")
    def _whole(self) -> Group:
        total = sum(level.share for level in self.levels.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares of the levels add up to {total:.4g}, not 1")
        return self


class Lognormal(_Part):
    """exp(log(median) + spread × score)."""

    median: Annotated[float, Field(gt=0)]
    spread: Annotated[float, Field(gt=0)]
    score: Name


class Rate(_Part):
    """Linear predictor of a yes/no outcome (logit) or a count (log mean)."""

    intercept: float
    terms: list[Term] = []


class Instructed(_Part):
    """An item that tells respondents what to answer; ``attentive`` is the share of careful ones who do."""

    answer: int
    attentive: Share


class Variable(_Part):
    """A column that is not an item. Exactly one of the four ways to draw it."""

    label: Wording
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    decimals: int = 0
    careless_times: Annotated[float, Field(gt=0)] = 1.0
    lognormal: Lognormal | None = None
    logit: Rate | None = None
    poisson: Rate | None = None
    instructed: Instructed | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Variable:
        ways = [self.lognormal, self.logit, self.poisson, self.instructed]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("give exactly one of lognormal, logit, poisson, instructed")
        if self.instructed is not None and (self.min is None or self.max is None):
            raise ValueError("an instructed item needs min and max")
        return self


class Refusal(Sourced):
    """Items that some levels of a group refuse more often: missing at random, given the group."""

    constructs: list[Name]
    group: Name
    shares: dict[str, Share]


class Careless(Sourced):
    """Respondents who do not read: one answer throughout (``straight``), the others answer at random.

    ``favourites`` : which answer the first kind sticks to, as shares of five places from lowest to highest.
    """

    share: Share
    straight: Share
    favourites: tuple[Share, Share, Share, Share, Share] = (0.04, 0.08, 0.38, 0.40, 0.10)


class CommonMethod(Sourced):
    """A way of answering that colours items whatever they ask: a factor that pushes towards agreement.

    loading : of every item on the method factor, as a correlation with the latent answer; ``constructs`` has
    those whose items load otherwise (0 frees a construct; ``loading: 0`` leaves only those named).
    """

    loading: MethodLoading = 0.0
    constructs: dict[Name, MethodLoading] = {}

    def of(self, construct: str) -> float:
        """Method loading of the items of a construct."""
        return self.constructs.get(construct, self.loading)


class Tendency(Sourced):
    """exp(value) is how many times as often someone does it who stands one standard deviation higher."""

    from_: Name = Field(alias="from")
    value: float


class Answering(_Part):
    """How people answer.

    skipped : share of all answers left out; ``skippers`` is the share of respondents who leave out anything
    (gaps come in clusters). skipping : who those are; nothing here means anyone alike (completely at random),
    a latent variable here means that answers are missing by what the items measure: not at random for its own
    items, and at random for the rest as far as those items are answered.
    """

    skipped: Share = 0.0
    skippers: Annotated[float, Field(gt=0, le=1)] = 1.0
    skipping: list[Tendency] = []
    refused: list[Refusal] = []
    careless: Careless | None = None
    common_method: CommonMethod | None = None

    def method_loading(self, construct: str) -> float:
        """Loading of a construct's items on the method factor, 0 where there is none."""
        return 0.0 if self.common_method is None else self.common_method.of(construct)


class Borrow(_Part):
    """Constructs taken over, wording and loadings, from another population of the same folder."""

    population: Name
    constructs: list[Name]


class Description(_Part):
    """A questionnaire population, as read from its file."""

    title: Wording
    about: str
    id: Name = "respondent"
    n: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]
    scales: dict[Name, Scale]
    shapes: dict[Name, Shape]
    constructs: dict[Name, Construct]
    hidden: dict[Name, Wording] = {}
    pairs: list[Pair] = []
    structure: dict[Name, list[Term]] = {}
    groups: dict[Name, Group] = {}
    variables: dict[Name, Variable] = {}
    answering: Answering = Answering()

    @property
    def latent(self) -> tuple[str, ...]:
        """Latent variables in causal order: those without an equation, then as ``structure`` has them."""
        names = (*self.constructs, *self.hidden)
        return (*(name for name in names if name not in self.structure), *self.structure)

    @property
    def items(self) -> dict[str, tuple[str, Item]]:
        """Item name → (construct, item), in the order of the questionnaire."""
        return {
            name: (construct, item)
            for construct, parts in self.constructs.items()
            for name, item in parts.items.items()
        }
