"""A customer table of every firm of a panel, with planted faults: what data quality is measured on.

The table holds what the firm has on file and, for a checked part of the customers, what a telephone check
found (``*_verified``). Four kinds of faults are planted, each more often with firms of poor data quality:

wrong          city, birth year or channel on file is not the true one
empty          a field was never filled in
contradictory  region or postcode are not those of the city, or the last order precedes the first day
stale          the row was last updated more than two years before the day of the table
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from workbench.datasets.inverse_distributions import Floats, inverse_normal, inverse_poisson
from workbench.datasets.panel_schema import CustomerTable

if TYPE_CHECKING:
    import pandas as pd

# City: region, first three digits of its postcodes.
CITIES = {
    "Beijing": ("north", "100"),
    "Tianjin": ("north", "300"),
    "Shenyang": ("north", "110"),
    "Shanghai": ("east", "200"),
    "Hangzhou": ("east", "310"),
    "Nanjing": ("east", "210"),
    "Guangzhou": ("south", "510"),
    "Shenzhen": ("south", "518"),
    "Nanning": ("south", "530"),
    "Chengdu": ("west", "610"),
    "Chongqing": ("west", "400"),
    "Xian": ("west", "710"),
}
CHANNELS = ("app", "e-mail", "telephone")
CHECKED = ("city", "birth_year", "channel")
MAY_BE_EMPTY = ("city", "region", "postcode", "birth_year", "channel", "last_order")
FRESH_DAYS = 730


@dataclass(frozen=True)
class FirmCustomers:
    """The customer table and which faults were planted (one column a kind of fault, rows alike)."""

    frame: pd.DataFrame
    faults: pd.DataFrame


def customer_table(d: CustomerTable, score: Floats, seed: int) -> FirmCustomers:
    """Draw the customer table.

    Parameters
    ----------
    d : what the description says about it. score : true data quality of every firm. seed : of the uniforms.
    """
    import pandas as pd

    n = len(score) * d.per_firm
    # A stream of its own: the table does not move when a series is added to the panel.
    draws = iter(np.random.Generator(np.random.PCG64(seed + 1)).random((40, n)) + 2.0**-54)
    worse = np.repeat(-d.slope * score, d.per_firm)

    def happens(share: float) -> np.ndarray:
        return next(draws) < 1.0 / (1.0 + np.exp(-(np.log(share / (1.0 - share)) + worse)))

    def among(count: int) -> np.ndarray:
        return np.minimum((next(draws) * count).astype(int), count - 1)

    names = np.array(list(CITIES))
    true_city, true_year, true_channel = among(len(CITIES)), 1946 + among(58), among(len(CHANNELS))
    wrong = {field: happens(d.wrong) for field in CHECKED}
    city = np.where(wrong["city"], (true_city + 1 + among(len(CITIES) - 1)) % len(CITIES), true_city)
    year = np.where(wrong["birth_year"], true_year + np.array([-10, -1, 1, 10])[among(4)], true_year)
    channel = np.where(wrong["channel"], (true_channel + 1 + among(2)) % len(CHANNELS), true_channel)
    contradictory, which = happens(d.contradictory), among(3)
    # Three cities a region, side by side: three to nine places on is always another region.
    elsewhere = (city + 3 + among(len(CITIES) - 5)) % len(CITIES)
    regions = np.array([region for region, _ in CITIES.values()])
    prefixes = np.array([prefix for _, prefix in CITIES.values()])
    region = regions[np.where(contradictory & (which == 0), elsewhere, city)]
    prefix = prefixes[np.where(contradictory & (which == 1), elsewhere, city)]
    since_days = 30 + (1500 * np.exp(0.8 * inverse_normal(next(draws)))).astype(int)
    since_days = np.minimum(since_days, 9000)
    order_days = (next(draws) * since_days).astype(int)
    early = contradictory & (which == 2)
    order_days = np.where(early, since_days + 1 + among(400), order_days)
    stale = happens(d.stale)
    age = np.where(stale, FRESH_DAYS + 1 + among(1500), among(FRESH_DAYS + 1))
    as_of = date.fromisoformat(d.as_of)
    firm = np.repeat(np.arange(1, len(score) + 1), d.per_firm)
    number = np.tile(np.arange(1, d.per_firm + 1), len(score))
    checked = next(draws) < d.checked
    fields: dict[str, np.ndarray] = {
        "city": names[city],
        "region": region,
        "postcode": np.char.add(prefix, np.char.zfill(among(1000).astype(str), 3)),
        "birth_year": year.astype(str),
        "channel": np.array(CHANNELS)[channel],
        "customer_since": _days_before(as_of, since_days),
        "last_order": _days_before(as_of, order_days),
        "orders": (1 + inverse_poisson(next(draws), np.full(n, 4.0))).astype(str),
        "updated": _days_before(as_of, age),
    }
    empty = {field: happens(d.empty) for field in MAY_BE_EMPTY}
    columns: dict[str, object] = {
        "customer": [f"{f:03d}-{c:02d}" for f, c in zip(firm, number, strict=True)],
        "firm": firm,
    }
    for field, values in fields.items():
        blank = empty.get(field, np.zeros(n, dtype=bool))
        columns[field] = [None if gap else value for gap, value in zip(blank, values.tolist(), strict=True)]
    truth = {"city": names[true_city], "birth_year": true_year.astype(str)}
    truth["channel"] = np.array(CHANNELS)[true_channel]
    for field in CHECKED:
        known = zip(checked, truth[field].tolist(), strict=True)
        columns[f"{field}_verified"] = [value if seen else None for seen, value in known]
    faults = {f"wrong_{field}": where & ~empty[field] for field, where in wrong.items()}
    faults |= {f"empty_{field}": where for field, where in empty.items()}
    hidden = np.where(
        which == 0, empty["region"], np.where(which == 1, empty["postcode"], empty["last_order"])
    )
    hidden = hidden | (empty["city"] & (which < 2))
    faults |= {"contradictory": contradictory & ~hidden, "stale": stale}
    return FirmCustomers(pd.DataFrame(columns), pd.DataFrame(faults))


def customer_codebook(d: CustomerTable, title: str, source: str) -> dict:
    """Codebook of the customer table, in the form that ``open_survey`` reads."""
    texts = {
        "firm": ("Firm", "企业", "number"),
        "city": ("City on file", "城市", "text"),
        "region": ("Region on file", "地区", "text"),
        "postcode": ("Postcode on file (its first three digits are the city's)", "邮政编码", "text"),
        "birth_year": ("Year of birth on file", "出生年份", "number"),
        "channel": ("Preferred channel on file", "首选渠道", "text"),
        "customer_since": ("Customer since", "成为客户的日期", "text"),
        "last_order": ("Day of the last order", "最近订单日期", "text"),
        "orders": ("Orders so far", "累计订单数", "number"),
        "updated": (f"Last update of the row (table of {d.as_of})", "最近更新日期", "text"),
        "city_verified": ("City as verified by telephone (empty: not checked)", "核实后的城市", "text"),
        "birth_year_verified": ("Year of birth as verified", "核实后的出生年份", "number"),
        "channel_verified": ("Preferred channel as verified", "核实后的首选渠道", "text"),
    }
    return {
        "title": title,
        "kind": "simulated",
        "source": source,
        "id": "customer",
        "variables": {
            name: {"label": {"en": en, "zh": zh}, "type": kind} for name, (en, zh, kind) in texts.items()
        },
    }


def _days_before(day: date, ago: np.ndarray) -> np.ndarray:
    return np.array([(day - timedelta(days=int(days))).isoformat() for days in ago])
