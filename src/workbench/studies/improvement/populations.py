"""What study 13 runs on: the shipped panel, changes of it, and what holds in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studies import drawn_like

if TYPE_CHECKING:
    from workbench.datasets.panel import PanelPopulation
    from workbench.survey import Survey

SHIPPED = "firm_panel"
NOTHING = "adoption and satisfaction that change nothing"
LATER = "satisfaction and ability that work a half-year later"
LOYAL = "loyalty that brings growth and margin"
WALK = "satisfaction that walks at random"
RISING = "adopters that were on the rise anyway and an adoption that changes nothing"


def population() -> PanelPopulation:
    """The shipped panel of firms."""
    from workbench.datasets.panel import load_panel

    return load_panel(SHIPPED)


def simulate(population: PanelPopulation, seed: int) -> Survey:
    """A panel drawn from a population, of firms that are drawn with it."""
    series = population.simulate(seed=seed, firms=seed).frame.astype({"firm": float, "period": float})
    return drawn_like(SHIPPED, series)


def truths(population: PanelPopulation) -> dict[str, bool]:
    """Which hypotheses hold in a population, from its terms."""
    series = population.description.series

    def gains(name: str) -> float:
        gain = series[name].gain
        return gain.value if gain else 0.0

    def later(name: str, cause: str) -> float:
        return sum(term.value for term in series[name].terms if term.lag and term.from_ == cause)

    def at_once(name: str) -> float:
        return sum(term.value for term in series[name].terms if term.observed and not term.lag)

    def by_satisfaction(name: str) -> float:
        """A period later, by itself and by the loyalty that it brings at once."""
        return later(name, "satisfaction") + later(name, "loyalty") * at_once("loyalty")

    growth = {
        cause: later("customers_new", cause) - later("customers_lost", cause)
        for cause in ("loyalty", "satisfaction")
    }
    improves = gains("satisfaction") > 0 and gains("loyalty") >= 0 and gains("customers_lost") <= 0
    return {
        "D2-7": gains("satisfaction") > 0,
        "D2-11": not series["satisfaction"].walk,
        "D2-13": gains("satisfaction") > 0 and gains("loyalty") > 0 and at_once("customers_lost") < 0,
        "D2-14": gains("relationship_ability") > 0 and later("customers_lost", "relationship_ability") < 0,
        "D4-7": improves and gains("sales_crm") >= 0,
        "D0-13": by_satisfaction("complaints") < 0 and by_satisfaction("after_sales_cost") < 0,
        "D1-8": by_satisfaction("margin") > 0,
        "D4-14": by_satisfaction("customers_lost") < 0 < by_satisfaction("customers_new"),
        "D3-24": growth["loyalty"] > max(growth["satisfaction"], 0.0)
        and later("margin", "loyalty") > max(later("margin", "satisfaction"), 0.0),
    }


def nulls(population: PanelPopulation) -> dict[str, PanelPopulation]:
    """Populations in which claims are false, and some in which others hold that do not in the shipped one."""
    from workbench.datasets.panel_schema import PanelTerm

    def later(cause: str, value: float, about: float) -> PanelTerm:
        source = "so that the rule can be met"
        return PanelTerm.model_validate(
            {"from": cause, "lag": 1, "about": about, "value": value, "source": source}
        )

    idle = without_gains(population).with_term("customers_lost", "satisfaction", 0.0, observed=True)
    idle = idle.with_term("margin", "satisfaction", 0.0).with_term("after_sales_cost", "satisfaction", 0.0)
    slow = population.with_more(
        "customers_lost", later("satisfaction", -0.7, 3.6), later("relationship_ability", -0.4, 3.1)
    )
    slow = slow.with_more("customers_new", later("satisfaction", 0.6, 3.6))
    slow = slow.with_more("complaints", later("satisfaction", -0.5, 3.6))
    loyal = population.with_more("customers_lost", later("loyalty", -1.0, 3.3))
    loyal = loyal.with_more("customers_new", later("loyalty", 1.0, 3.3))
    loyal = loyal.with_more("margin", later("loyalty", 6.0, 3.3))
    return {
        NOTHING: idle,
        LATER: slow,
        LOYAL: loyal,
        WALK: population.walking("satisfaction").with_gain("satisfaction", 0.0),
        RISING: without_gains(population).with_trend("satisfaction", "readiness", 0.03),
    }


def without_gains(population: PanelPopulation) -> PanelPopulation:
    """The same panel with an adoption that moves nothing."""
    for name, series in population.description.series.items():
        if series.gain is not None:
            population = population.with_gain(name, 0.0)
    return population
