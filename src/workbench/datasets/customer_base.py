"""A simulated base of customers: who they are, what they do quarter by quarter, and when they leave.

>>> from workbench.datasets.customer_base import load_customer_base
>>> base = load_customer_base().simulate()
>>> list(base.quarters.columns[:3])    # a row for each customer and quarter, as long as the customer stays
['customer', 'quarter', 'tenure']
>>> base.hidden["class"].value_counts().idxmax()
'price_sensitive'

Simulated: a study of this base shows that its method recovers what was planted, nothing about any customer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench.datasets.customer_base_schema import CustomerDescription, Effect
from workbench.datasets.customer_quarters import Chance, follow
from workbench.datasets.customer_table import customer_codebook, describe_customers, quarter_codebook, treat
from workbench.datasets.population_reading import check_form, description_file, parse_yaml
from workbench.errors import SpecificationError
from workbench.survey.yaml_lines import read_text

if TYPE_CHECKING:
    import pandas as pd


def load_customer_base(name: str | Path = "customer_base") -> CustomerBasePopulation:
    """The base of a shipped name or of a description file of the reader's own.

    Raises
    ------
    SpecificationError : no such file, or a description that does not follow the language (with lines).
    """
    path = description_file(name)
    document = parse_yaml(read_text(path, "description", SpecificationError), path.name)
    return CustomerBasePopulation(check_form(CustomerDescription, document.content, document), path.stem)


@dataclass(frozen=True)
class CustomerBase:
    """A simulated base and its truth.

    customers : one row a customer. quarters : one row a customer and quarter. hidden : one row a customer:
    class, rate of purchases a quarter, value of a purchase. stages : hidden stage, rows as ``quarters``.
    """

    customers: pd.DataFrame
    quarters: pd.DataFrame
    hidden: pd.DataFrame
    stages: pd.Series
    description: CustomerDescription


@dataclass(frozen=True)
class CustomerBasePopulation:
    """A base of customers as it is described; every effect can be taken away."""

    description: CustomerDescription
    name: str

    def effect(self, name: str) -> float:
        """The planted value of an effect."""
        return self._effect(name).value

    def with_effects(self, **values: float) -> CustomerBasePopulation:
        """The same base with other values of some effects (0: none)."""
        effects = dict(self.description.effects)
        for name, value in values.items():
            effects[name] = self._effect(name).model_copy(update={"value": float(value)})
        return self._with(effects=effects)

    def with_stages(self, **changes: dict) -> CustomerBasePopulation:
        """The same base with other values in some stages: ``with_stages(end={"moves": {"keep": 0.2}})``."""
        stages = dict(self.description.stages)
        for name, change in changes.items():
            if name not in stages:
                raise SpecificationError(f"there is no stage {name!r}; stages are {', '.join(stages)}")
            stages[name] = stages[name].model_copy(update=change)
        return self._with(stages=stages)

    def with_classes(self, **changes: dict) -> CustomerBasePopulation:
        """The same base with other values in some classes, such as the effects of treatments."""
        classes = dict(self.description.classes)
        for name, change in changes.items():
            if name not in classes:
                raise SpecificationError(f"there is no class {name!r}; classes are {', '.join(classes)}")
            classes[name] = classes[name].model_copy(update=change)
        return self._with(classes=classes)

    def _effect(self, name: str) -> Effect:
        effects = self.description.effects
        if name not in effects:
            raise SpecificationError(f"there is no effect {name!r}; effects are {', '.join(effects)}")
        return effects[name]

    def _with(self, **change: object) -> CustomerBasePopulation:
        return replace(self, description=self.description.model_copy(update=change))

    def simulate(self, seed: int | None = None, *, customers: int | None = None) -> CustomerBase:
        """Draw the base; the same seed gives the same base on every machine.

        Parameters
        ----------
        seed : of the uniform stream; the description's by default.
        customers : how many; the description's by default. A million take some half a minute.
        """
        d = self.description
        chance = Chance(d.seed if seed is None else seed, d.customers if customers is None else customers)
        return _draw(d, chance)

    def codebooks(self) -> dict[str, dict]:
        """Codebooks of both tables, in the form that ``open_survey`` reads."""
        source = f"data/populations/{self.name}.yaml"
        return {
            "customer_base": customer_codebook(self.description, source),
            "customer_quarters": quarter_codebook(self.description, source),
        }


def _draw(d: CustomerDescription, chance: Chance) -> CustomerBase:
    import pandas as pd

    n = chance.size
    kind = chance.pick(np.array([[one.share for one in d.classes.values()]]))
    rate = 1.0 + 1.25 * chance.gamma(2)  # purchases a quarter, 3.5 on average
    value = 5.0 * 60.0 / chance.gamma(6) * np.where(kind == 0, 0.9, 1.05)  # yuan a purchase, near 60
    before = chance.uniform() < 0.5
    joined = np.where(before, 1, 1 + (chance.uniform() * d.joining).astype(int))
    tenure = np.where(before, 1 + (-10.0 * np.log(chance.uniform())).astype(int), 0)
    parts, ends = follow(d, chance, rate, value, joined, tenure)
    quarters = pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    order = np.lexsort((quarters["quarter"].to_numpy(), quarters["customer"].to_numpy()))
    quarters = quarters.take(order).reset_index(drop=True)
    stages = quarters.pop("stage").map(dict(enumerate(d.stages)))
    last = quarters["last_purchase_week"].to_numpy()
    quarters["last_purchase_week"] = pd.array(np.where(last > 0, last, np.nan), dtype="Float64").astype(
        "Int64"
    )
    tier = np.where(before, np.where(rate * value > 420.0, "VIP", "regular"), "new")
    customers = describe_customers(d, chance, kind, joined, tenure, tier)
    customers = customers.assign(**treat(d, chance, kind, rate * value, ends))
    hidden = pd.DataFrame({
        "customer": np.arange(1, n + 1),
        "class": np.array(list(d.classes))[kind],
        "rate": rate,
        "value": value,
    })  # fmt: skip
    return CustomerBase(customers, quarters, hidden, stages, d)
