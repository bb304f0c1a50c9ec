"""The table of customers: geography, demography, psychography, behaviour, tier, and a treatment by lot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.datasets.customer_base_schema import CustomerDescription
from workbench.datasets.customer_quarters import ITEMS, WEEKS, Chance

if TYPE_CHECKING:
    import pandas as pd

    from workbench.datasets.inverse_distributions import Floats

REGIONS = ("north", "east", "south", "west")
PLACES = ("metropolis", "city", "town")
CHANNELS = ("app", "shop", "telephone")
# Chances by class: price-sensitive, service-sensitive, all others.
OF_PLACE = np.array([[0.25, 0.35, 0.40], [0.40, 0.35, 0.25], [0.33, 0.34, 0.33]])
OF_CHANNEL = np.array([[0.55, 0.30, 0.15], [0.30, 0.35, 0.35], [0.45, 0.35, 0.20]])
OF_REGION = np.array([[0.30, 0.32, 0.22, 0.16]])


def describe_customers(
    d: CustomerDescription,
    chance: Chance,
    kind: np.ndarray,
    joined: np.ndarray,
    tenure: np.ndarray,
    tier: np.ndarray,
) -> pd.DataFrame:
    """What is known of a customer before anything happens; it says a little about the class."""
    import pandas as pd

    group = np.minimum(kind, 2)
    age = np.clip(np.round(44.0 + np.array([-4.0, 5.0, 0.0])[group] + 13.0 * chance.normal()), 18, 85)
    income = np.clip(np.round(3.0 + np.array([-0.4, 0.4, 0.0])[group] + 1.1 * chance.normal()), 1, 5)
    columns: dict[str, np.ndarray] = {
        "customer": np.arange(1, chance.size + 1),
        "joined": joined,
        "tenure_before": tenure,
        "tier": tier,
        "region": np.array(REGIONS)[chance.pick(OF_REGION)],
        "place": np.array(PLACES)[chance.pick(OF_PLACE[group])],
        "age": age.astype(int),
        "gender": np.where(chance.uniform() < 0.52, "female", "male"),
        "income": income.astype(int),
        "household": 1 + np.minimum((chance.uniform() * 4.0).astype(int), 3),
        "channel": np.array(CHANNELS)[chance.pick(OF_CHANNEL[group])],
    }
    for name, shift in (("novelty", np.array([0.2, -0.1, 0.0])), ("tradition", np.array([-0.1, 0.2, 0.0]))):
        score = 3.0 + shift[group] + chance.normal()
        for item in (1, 2):
            columns[f"{name}_{item}"] = np.clip(np.round(score + 0.7 * chance.normal()), 1, 5).astype(int)
    for name in ("price", "service"):
        chances = np.array([getattr(one, name) for one in d.classes.values()])
        for item in (1, 2, 3):
            columns[f"{name}_{item}"] = 1 + chance.pick(chances[kind])
    return pd.DataFrame(columns)


def treat(
    d: CustomerDescription, chance: Chance, kind: np.ndarray, usual: Floats, ends: dict[str, np.ndarray]
) -> dict[str, object]:
    """A treatment by lot for those who are still there, and the half-year after it.

    Spending is lognormal about twice the last quarter's (a third of it) and the usual (two thirds).
    """
    import pandas as pd

    names = list(d.treatments)
    lot = np.minimum((chance.uniform() * len(names)).astype(int), len(names) - 1)
    spends = np.array([[one.spends.get(name, 0.0) for name in names] for one in d.classes.values()])
    stays = np.array([[one.stays.get(name, 0.0) for name in names] for one in d.classes.values()])
    level = np.log(2.0 * (ends["spent"] / 3.0 + usual / 1.5)) + spends[kind, lot]
    spending = np.round(np.exp(level + 0.45 * chance.normal() - 0.1))
    stayed = chance.uniform() < 1.0 / (1.0 + np.exp(-(1.2 + stays[kind, lot])))
    spending = np.where(stayed, spending, np.round(spending * chance.uniform()))
    there = ends["there"]

    def whole(values: np.ndarray) -> object:
        return pd.array(np.where(there, values, np.nan), dtype="Float64").astype("Int64")

    return {
        "treatment": np.where(there, np.array(names, dtype=object)[lot], None),
        "treatment_cost": whole(np.array(list(d.treatments.values()))[lot]),
        "spending_after": whole(spending),
        "stayed_after": whole(stayed.astype(float)),
    }


def customer_codebook(d: CustomerDescription, source: str) -> dict:
    """Codebook of the table of customers, in the form that ``open_survey`` reads."""
    agree = "agree5"
    return {
        "title": f"{d.title.en}: customers",
        "kind": "simulated",
        "source": source,
        "id": "customer",
        "scales": {agree: {"min": 1, "max": 5, "labels": {1: "not at all", 5: "very much"}}},
        "constructs": {
            "price_sensitivity": _construct("Price sensitivity", "价格敏感度", agree, {
                "price_1": ("I compare prices before I buy", "购买前我会比较价格"),
                "price_2": ("I wait for offers", "我会等优惠"),
                "price_3": ("For a lower price I change the shop", "为了更低的价格我会换商家"),
            }),
            "service_sensitivity": _construct("Service sensitivity", "服务敏感度", agree, {
                "service_1": ("I want someone who knows my case", "我希望有人了解我的情况"),
                "service_2": ("I pay more for good advice", "好的建议值得我多付钱"),
                "service_3": ("A quick answer matters more than the price", "快速答复比价格重要"),
            }),
            "novelty": _construct("Search for what is new", "求新", agree, {
                "novelty_1": ("I like to try new products", "我喜欢尝试新产品"),
                "novelty_2": ("I am among the first to buy", "我是最先购买的人之一"),
            }),
            "tradition": _construct("Keeping to what is known", "传统", agree, {
                "tradition_1": ("I keep to brands that I know", "我坚持用熟悉的品牌"),
                "tradition_2": ("Good old ways need no change", "好的老办法不需要改变"),
            }),
        },
        "groups": {
            "tier": _label("Tier", "客户等级"),
            "region": _label("Region", "地区"),
            "place": _label("Kind of place", "城镇类型"),
            "gender": _label("Gender", "性别"),
            "channel": _label("Channel", "渠道"),
            "treatment": _label("Treatment by lot (empty: has left)", "随机处理（空：已流失）"),
        },
        "variables": {
            "joined": _number("Quarter of joining, 1 for all who were there before", "加入的季度"),
            "tenure_before": _number("Quarters as a customer before the first", "此前的客户季度数"),
            "age": _number("Age", "年龄"),
            "income": _number("Income, five classes", "收入（五级）"),
            "household": _number("Persons in the household", "家庭人数"),
            "treatment_cost": _number("Cost of the treatment", "处理成本", "yuan"),
            "spending_after": _number("Spending in the half-year after", "处理后半年的消费", "yuan"),
            "stayed_after": _number("Still a customer after that half-year", "半年后仍为客户", "0 or 1"),
        },
    }  # fmt: skip


def quarter_codebook(d: CustomerDescription, source: str) -> dict:
    """Codebook of the table of quarters."""
    agree = "agree7"
    texts = {
        "satisfaction": (
            ("All in all I am satisfied", "总体上我感到满意"),
            ("The firm meets what I expect", "公司符合我的期望"),
            ("The last months went well", "最近几个月情况良好"),
        ),
        "loyalty": (
            ("This firm is my first choice", "这家公司是我的首选"),
            ("I would stay if others made me an offer", "即使别家有优惠我也会留下"),
            ("I feel attached to the firm", "我对这家公司有归属感"),
        ),
    }
    labels = {"satisfaction": ("Satisfaction", "满意度"), "loyalty": ("Loyalty", "忠诚度")}
    constructs = {
        name: _construct(*labels[name], agree, {f"{name}_{i}": text for i, text in enumerate(texts[name], 1)})
        for name in ITEMS
    }
    for name, item, label, text in (
        (
            "crm_use",
            "crm_1",
            ("CRM use as the customer meets it", "CRM应用"),
            ("Staff know my case", "员工了解我的情况"),
        ),
        (
            "valued",
            "valued_1",
            ("Feeling valued", "感到被重视"),
            ("I feel valued as a customer", "我感到被重视"),
        ),
    ):
        constructs[name] = _construct(*label, agree, {item: text})
    constructs["recommendation"] = _construct("Recommendation", "推荐", "likely11", {
        "recommend": ("How likely are you to recommend the firm?", "您有多大可能推荐这家公司？"),
    })  # fmt: skip
    return {
        "title": f"{d.title.en}: quarters",
        "kind": "simulated",
        "source": source,
        "scales": {
            agree: {"min": 1, "max": 7, "labels": {1: "not at all", 7: "fully"}},
            "likely11": {"min": 0, "max": 10, "labels": {0: "not at all likely", 10: "extremely likely"}},
        },
        "constructs": constructs,
        "variables": {
            "customer": _number("Customer", "客户"),
            "quarter": _number("Quarter", "季度"),
            "tenure": _number("Quarters as a customer before this one", "此前的客户季度数"),
            "purchases": _number("Purchases in the quarter", "购买次数"),
            "spending": _number("Spending in the quarter", "消费额", "yuan"),
            "last_purchase_week": _number(
                f"Week of the last purchase, 1 to {WEEKS} (empty: none)", "最后一次购买的周次"
            ),
            "categories": _number("Categories bought, of six", "购买的品类数"),
            "contacts": _number("Contacts with the firm", "联系次数"),
            "share_of_demand": _number("Share of the customer's demand", "占客户需求的份额", "per cent"),
            "complaints": _number("Complaints", "投诉次数"),
            "response_hours": _number("Hours until the complaint was answered", "投诉答复小时数", "hours"),
            "referrals": _number("New customers referred", "推荐的新客户数"),
            "marketing_cost": _number("Marketing cost", "营销成本", "yuan"),
            "margin": _number("Margin after marketing and complaints", "利润贡献", "yuan"),
            "left": _number("Left at the end of the quarter", "季度末流失", "0 or 1"),
        },
    }


def _label(en: str, zh: str) -> dict:
    return {"label": {"en": en, "zh": zh}}


def _number(en: str, zh: str, unit: str = "") -> dict:
    return _label(en, zh) | ({"unit": unit} if unit else {}) | {"type": "number"}


def _construct(en: str, zh: str, scale: str, items: dict[str, tuple[str, str]]) -> dict:
    texts = {name: {"en": text, "zh": chinese} for name, (text, chinese) in items.items()}
    return _label(en, zh) | {"scale": scale, "items": texts}
