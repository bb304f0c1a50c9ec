"""The model of study 04 as text: CRM use, five dimensions, satisfaction, loyalty, and its rivals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING

from workbench.measurement.measurement_models import correlated_factors

if TYPE_CHECKING:
    from workbench.survey import Survey

FIRST_TIER = ("responsiveness", "assurance")
SECOND_TIER = ("empathy", "tangibles", "reliability")
DIMENSIONS = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
CONSTRUCTS = ("crm_use", *DIMENSIONS, "satisfaction", "loyalty")
OUTCOMES = ("satisfaction", "loyalty")
MARKER = "marker"
EFFECTS = (
    *(f"via_{name}" for name in DIMENSIONS),
    "indirect_satisfaction",
    "direct_satisfaction",
    "total_satisfaction",
    "indirect_loyalty",
    "direct_loyalty",
    "total_loyalty",
)
TIERS = {
    "first tier above second": {
        **{f"{name} ~ crm_use": 1 / len(FIRST_TIER) for name in FIRST_TIER},
        **{f"{name} ~ crm_use": -1 / len(SECOND_TIER) for name in SECOND_TIER},
    }
}
PAIRS = {
    f"{first} above {second}": {f"{first} ~ crm_use": 1.0, f"{second} ~ crm_use": -1.0}
    for first, second in product(FIRST_TIER, SECOND_TIER)
}

Constructs = Mapping[str, Sequence[str]]


def named(survey: Survey, names: Iterable[str] = CONSTRUCTS) -> dict[str, str]:
    """The documents' names of constructs → those of the survey, by ``stands_for`` or by the name itself.

    Raises
    ------
    NotApplicable : constructs that the survey does not have.
    """
    book = survey.codebook
    found = {name: book.stands_for.get(name, name) for name in names}
    survey.require(*found.values())
    return found


def constructs_of(survey: Survey, names: Iterable[str] = CONSTRUCTS) -> dict[str, list[str]]:
    """Items of the constructs, by the documents' names."""
    return {name: list(survey.construct(own).items) for name, own in named(survey, names).items()}


def marker_of(survey: Survey) -> list[str]:
    """Items of the marker construct, two or more; empty where the survey asked none."""
    own = survey.codebook.stands_for.get(MARKER, MARKER)
    items = list(survey.codebook.constructs[own].items) if own in survey.codebook.constructs else []
    return items if len(items) > 1 else []


def labels_of(survey: Survey) -> dict[str, str]:
    """What to print for every construct, by the documents' names, and for their items."""
    book = survey.codebook
    constructs = {name: book.label(own) for name, own in named(survey).items()}
    return constructs | {item: book.label(item) for own in constructs_of(survey).values() for item in own}


def _sum(terms: Iterable[str]) -> str:
    return " + ".join(terms)


def model_text(constructs: Constructs) -> str:
    """CRM use → five dimensions → satisfaction → loyalty, with both direct effects.

    The effects of CRM use are defined by ``:=``, so are the share of its effect on satisfaction that runs
    through the dimensions and the tiers' difference. What the dimensions share beside CRM use is left to
    their covariances.
    """
    via = _sum(f"via_{name}" for name in DIMENSIONS)
    first, second = (_sum(f"a_{name}" for name in tier) for tier in (FIRST_TIER, SECOND_TIER))
    return "\n".join(
        [
            correlated_factors({name: constructs[name] for name in CONSTRUCTS}),
            *structure(),
            *(f"via_{name} := a_{name}*b_{name}" for name in DIMENSIONS),
            f"indirect_satisfaction := {via}",
            f"total_satisfaction := direct_satisfaction + {via}",
            f"indirect_loyalty := (direct_satisfaction + {via})*c",
            f"total_loyalty := direct_loyalty + (direct_satisfaction + {via})*c",
            "share_satisfaction := indirect_satisfaction / total_satisfaction",
            f"tiers := ({first})/{len(FIRST_TIER)} - ({second})/{len(SECOND_TIER)}",
        ]
    )


def structure() -> list[str]:
    """The regressions and the free covariances of the dimensions."""
    return [
        *(f"{name} ~ a_{name}*crm_use" for name in DIMENSIONS),
        f"satisfaction ~ direct_satisfaction*crm_use + {_sum(f'b_{d}*{d}' for d in DIMENSIONS)}",
        "loyalty ~ direct_loyalty*crm_use + c*satisfaction",
        *(f"{a} ~~ {b}" for a, b in combinations(DIMENSIONS, 2)),
    ]


def with_waiting(constructs: Constructs, waiting: str) -> str:
    """The model with an observed waiting time: CRM shortens it, it lowers responsiveness and satisfaction."""
    return "\n".join(
        [
            model_text(constructs).replace("\nsatisfaction ~ ", f"\nsatisfaction ~ {waiting} + "),
            f"{waiting} ~ crm_use",
            f"responsiveness ~ {waiting}",
        ]
    )


def causal_orders(constructs: Constructs) -> dict[str, str]:
    """The structure of D0 beside others that the same answers could come from."""
    measured = correlated_factors({name: constructs[name] for name in CONSTRUCTS})
    dims = _sum(DIMENSIONS)
    base = [measured, *(f"{a} ~~ {b}" for a, b in combinations(DIMENSIONS, 2))]
    to_dims = [f"{name} ~ crm_use" for name in DIMENSIONS]
    to_satisfaction, to_loyalty = f"satisfaction ~ crm_use + {dims}", "loyalty ~ crm_use + satisfaction"
    apart = [f"{name} ~~ 0*loyalty" for name in DIMENSIONS]
    orders = {
        "as D0 says": [*to_dims, to_satisfaction, to_loyalty],
        "through service alone": [*to_dims, f"satisfaction ~ {dims}", "loyalty ~ satisfaction"],
        "past service": [
            *to_dims,
            "satisfaction ~ crm_use",
            to_loyalty,
            *(f"satisfaction ~~ 0*{name}" for name in DIMENSIONS),
        ],
        "service colours CRM": [f"crm_use ~ {dims}", to_satisfaction, to_loyalty],
        "satisfaction colours service": [
            "satisfaction ~ crm_use",
            *(f"{name} ~ satisfaction + crm_use" for name in DIMENSIONS),
            to_loyalty,
            *apart,
        ],
        "loyalty first": [*to_dims, "loyalty ~ crm_use", f"{to_satisfaction} + loyalty", *apart],
    }
    return {name: "\n".join([*base, *lines]) for name, lines in orders.items()}
